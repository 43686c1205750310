"""The reader of expressions such as ``Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)``.

A shift-reduce parser over a stack of its own: no text, however deeply nested, can exhaust the
stack of the interpreter. The time is linear in the length of the text, and limits on what a
text may hold keep it about a second; saved data keep to the same limits.
"""

from __future__ import annotations

import inspect
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from typing import Any, NoReturn, TypeGuard, cast

from ._domains import shown
from .change import Scale, written_out
from .combine import Product, Sequential, Sum
from .schedule import DEEPEST, KINDS, Schedule

MOST_TOKENS = 200_000
"""How many words and signs an expression may hold; a row of numbers counts as one."""

MOST_SCHEDULES, MOST_NUMBERS = 20_000, 1_000_000
"""How many schedules, what they stand for included, or numbers in tuples are saved or read."""

WEIGHT = MOST_NUMBERS // MOST_SCHEDULES - 1
"""How many numbers take the time of a schedule; its place in a tuple counts as one more."""

DEPTH = 20
"""How deep so many may be nested; half as many may be nested twice as deep, and so on."""

NUMBER = r"(?:\d++(?:_\d++)*+(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?"

ROW = re.compile(rf"(?:\s*+-?{NUMBER}\s*+,)++", re.ASCII)
"""Numbers, each with a comma after it."""

TOKEN = re.compile(
    rf"""\s*+(?:
        (?P<number>{NUMBER})
      | (?P<name>[A-Za-z_]\w*(?:\.from_\w+)?)
      | (?P<string>'[^'\\\n]*'|"[^"\\\n]*")
      | (?P<sign>>>|[-+*/(),=\[\]])
      | (?P<end>$)
    )""",
    re.VERBOSE | re.ASCII,
)

BINDS = {">>": 1, "+": 2, "-": 2, "*": 3, "/": 3, "negative": 4}

NUMBERS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "negative": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}

WORDS = {"None": None, "True": True, "False": False}

CHAINS: dict[str, type[Sequential | Sum | Product]] = {">>": Sequential, "+": Sum, "*": Product}


def nearest(name: str) -> str | None:
    """Return the name of a schedule that is much like another name, if there is one."""
    near: list[str] = get_close_matches(name[:100], KINDS, n=1)
    return near[0] if near else None


def placed(where: str, error: TypeError | ValueError) -> TypeError | ValueError:
    """Return an error with the place of the fault before its message."""
    # A subclass may ask for more than a message.
    kind = TypeError if isinstance(error, TypeError) else ValueError
    return kind(f"{where}: {error}")


class Budget:
    """Keeps what is read, or saved, so small that it is built in about a second.

    Args:
        what: what is read or saved, for the message.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._size = 0
        self._work = 0

    def numbers(self, count: int, depth: int) -> None:
        """Count the numbers of a tuple.

        Raises:
            ValueError: if it becomes too much.
        """
        self._size += count
        self._work += count * depth
        if self._size > MOST_NUMBERS or self._work > MOST_NUMBERS * DEPTH:
            raise ValueError(
                f"{self._what} must hold at most {MOST_SCHEDULES} schedules, or {MOST_NUMBERS}"
                f" numbers; fewer if they are nested deeper than {DEPTH}"
            )

    def schedule(self, depth: int) -> None:
        """Count a schedule before it is built; see :meth:`numbers`."""
        self.numbers(WEIGHT, depth)

    def built(self, schedule: Schedule) -> None:
        """Count what a schedule stands for, if it is another one; see :meth:`numbers`."""
        if isinstance(schedule._derived, Schedule):
            self.numbers(WEIGHT * written_out(schedule._derived), 1)


@dataclass
class _Run:
    """Schedules that are chained by one operator, and built at once when the chain is over."""

    sign: str
    parts: list[Schedule]


@dataclass
class _Level:
    """What has been read since a bracket was opened."""

    closes: str
    column: int = 1
    maker: Any = None  # what is called with the arguments, if anything
    values: list[Any] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)  # operators between the values
    arguments: list[Any] = field(default_factory=list)
    keywords: dict[str, Any] = field(default_factory=dict)
    keyword: str | None = None
    commas: int = 0


class Reader:
    """Reads one expression."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.column = 1
        self._at = 0  # where the next token starts
        self._budget = Budget("text")
        self.levels = [_Level(closes="")]

    def read(self) -> Any:
        """Return the value of the whole text."""
        operand = False  # whether an operand has just been read
        tokens = self._tokens()
        for kind, token in tokens:
            level = self.levels[-1]
            if operand and kind in ("number", "string", "name"):
                self._fail(f"an operator or a comma is missing before {shown(token)}")
            if kind == "number":
                level.values.append(_number(token))
                operand = True
            elif kind == "string":
                level.values.append(token[1:-1])
                operand = True
            elif kind == "name":
                operand = self._name(token, tokens)
            elif kind == "end" or token in (")", "]"):
                self._close(token, operand)
                operand = True
            elif token in ("(", "[") and not operand:
                self._open(_Level(closes=")" if token == "(" else "]"))
                self._row()
            elif token == "," and operand and len(self.levels) > 1:
                self._finish(level)
                level.commas += 1
                operand = False
                self._row()
            elif token in BINDS and operand:
                self._reduce(level, BINDS[token])
                level.waiting.append(token)
                operand = False
            elif token == "-":
                level.waiting.append("negative")
            else:
                self._fail(f"{shown(token)} is not expected here")
        return self.levels[0].arguments[0]

    def _fail(self, message: str) -> NoReturn:
        raise ValueError(f"column {self.column}: {message}")

    def _tokens(self) -> Iterator[tuple[str, str]]:
        count = 0
        while True:
            match = TOKEN.match(self.text, self._at)
            if match is None:
                rest = self.text[self._at :].lstrip()
                self.column = len(self.text) - len(rest) + 1
                self._fail(f"{shown(rest[0])} is not expected here")
            kind = cast(str, match.lastgroup)
            self.column = match.start(kind) + 1
            count += 1
            if count > MOST_TOKENS:
                self._fail(f"text must have at most {MOST_TOKENS} words and signs")
            self._at = match.end()
            yield kind, match[kind]
            if kind == "end":
                return

    def _row(self) -> None:
        """Read all at once the numbers that are next in a tuple, save the last."""
        level = self.levels[-1]
        row = ROW.match(self.text, self._at) if level.maker is None else None
        if row is not None:
            numbers = row[0].split(",")[:-1]
            self._budget.numbers(len(numbers), len(self.levels))
            level.arguments.extend(_number(number.strip()) for number in numbers)
            level.commas += len(numbers)
            self._at = row.end()

    def _name(self, token: str, tokens: Iterator[tuple[str, str]]) -> bool:
        """Read what starts with a name; return whether it is a whole operand already."""
        if token in WORDS:
            self.levels[-1].values.append(WORDS[token])
            return True
        column = self.column
        _, sign = next(tokens)
        if sign == "=":
            self._keyword(token, column)
            return False
        self.column = column
        name, _, constructor = token.partition(".")
        if name not in KINDS:
            near = nearest(name)
            remedy = f"did you mean {near}?" if near else "lrcurves.define registers new kinds"
            self._fail(f"{shown(name)} is not the name of a schedule: {remedy}")
        maker = getattr(KINDS[name], constructor, None) if constructor else KINDS[name]
        if constructor and not inspect.ismethod(maker):
            self._fail(f"{name} has no constructor {constructor[:100]}")
        if sign != "(":
            self._fail(f"{token} must be followed by its arguments in brackets")
        self._open(_Level(closes=")", column=column, maker=maker))
        return False

    def _keyword(self, name: str, column: int) -> None:
        level = self.levels[-1]
        if level.maker is None or level.values or level.waiting or level.keyword:
            self._fail("'=' is not expected here")
        if name in level.keywords:
            self.column = column
            self._fail(f"{name[:100]} is given twice")
        level.keyword = name

    def _open(self, level: _Level) -> None:
        # A schedule in a tuple in a schedule takes two brackets.
        if len(self.levels) > 2 * DEEPEST + 2:
            self._fail(f"brackets are nested deeper than {2 * DEEPEST + 2}")
        self.levels.append(level)

    def _close(self, token: str, operand: bool) -> None:
        """Finish the level that ``token`` closes, and hand its value to the one around it."""
        level = self.levels[-1]
        if level.closes != token:
            self._fail(f"{token!r} closes nothing" if token else f"{level.closes!r} is missing")
        if operand:
            self._finish(level)
        elif level.waiting or level.keyword or not token:
            self._fail("an operand is missing")
        if token:
            self.levels.pop()
            self.levels[-1].values.append(self._value(level))

    def _value(self, level: _Level) -> Any:
        if level.maker is None:
            single = level.closes == ")" and len(level.arguments) == 1 and not level.commas
            return level.arguments[0] if single else tuple(level.arguments)
        self._budget.schedule(len(self.levels))
        try:
            made = level.maker(*level.arguments, **level.keywords)
        except (TypeError, ValueError) as error:
            self._fits(level)
            raise placed(f"column {level.column}", error) from None
        self._budget.built(made)
        return made

    def _fits(self, level: _Level) -> None:
        """Refuse arguments that are too many, too few, or not known."""
        self._known(level)
        try:
            _signature(level.maker).bind(*level.arguments, **level.keywords)
        except TypeError as error:
            name = level.maker.__qualname__
            raise TypeError(f"column {level.column}: {name}: {error}") from None

    def _known(self, level: _Level) -> None:
        known = _signature(level.maker).parameters
        if any(p.kind is p.VAR_KEYWORD for p in known.values()):
            return
        for keyword in level.keywords:
            if keyword not in known:
                what = "field" if inspect.isclass(level.maker) else "argument"
                raise TypeError(
                    f"column {level.column}: {level.maker.__qualname__} has no {what}"
                    f" {shown(keyword)}, only {', '.join(known)}"
                )

    def _finish(self, level: _Level) -> None:
        """Compute what stands before a comma or a closing bracket."""
        self._reduce(level, 0)
        value = self._whole(level.values.pop())
        if level.keyword is not None:
            level.keywords[level.keyword] = value
            level.keyword = None
        elif level.keywords:
            self._fail("a positional argument must come before the named ones")
        else:
            level.arguments.append(value)

    def _reduce(self, level: _Level, binds: int) -> None:
        """Apply the waiting operators that bind at least so tightly."""
        while level.waiting and BINDS[level.waiting[-1]] >= binds:
            sign = level.waiting.pop()
            right = self._whole(level.values.pop())
            left = 0 if sign == "negative" else level.values.pop()
            level.values.append(self._applied(sign, left, right))

    def _applied(self, sign: str, left: Any, right: Any) -> Any:
        if sign in CHAINS and isinstance(right, Schedule):
            if isinstance(left, _Run) and left.sign == sign:
                left.parts.append(right)
                return left
            left = self._whole(left)
            if isinstance(left, Schedule):
                return _Run(sign, [left, right])
        left = self._whole(left)
        if sign in NUMBERS and _is_number(left) and _is_number(right):
            if sign == "/" and right == 0:
                self._fail("a number is divided by 0")
            return NUMBERS[sign](float(left), float(right))
        if sign == "*" and isinstance(left, Schedule) and _is_number(right):
            return self._made(Scale, left, right)
        if sign == "*" and _is_number(left) and isinstance(right, Schedule):
            return self._made(Scale, right, left)
        sign = "-" if sign == "negative" else sign
        return self._fail(f"{sign!r} does not go with {shown(left)} and {shown(right)}")

    def _whole(self, value: Any) -> Any:
        """Return a value, built if it is a run of schedules."""
        if isinstance(value, _Run):
            return self._made(CHAINS[value.sign], tuple(value.parts))
        return value

    def _made(self, kind: type[Schedule], *values: Any) -> Schedule:
        """Return what an operator makes."""
        try:
            return kind(*values)
        except (TypeError, ValueError) as error:
            raise placed(f"column {self.column}", error) from None


_signature = cache(inspect.signature)


def _number(token: str) -> float:
    return int(token) if token.isdigit() and len(token) < 16 else float(token)


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
