"""Source text: a formula written out as one flat Python function of a time.

A formula calls a method for each word of the vocabulary, and each part of a composition calls
the formulas of its parts: that takes longer than the arithmetic. Here the formula runs once, on
names of variables in place of numbers; each operation becomes a line of text, with everything
that does not depend on the time worked out. The same operations in the same order give the
same bits as the floats.

>>> from lrcurves import Linear
>>> print(written_out(Linear(0.1, 0.0, steps=100)._formula)[0].rstrip())
def lr(t):
    try:
        if t.__class__ is int:
            if not 0 <= t <= 9007199254740992:
                return None
            t = t + 0.0
        elif t.__class__ is not float or not 0.0 <= t <= 9007199254740992.0:
            return None
        x1 = 100.0 - t
        return ((x1 if x1 > 0.0 else 0.0) / 100.0) * 0.1
    except ArithmeticError:
        return None
"""

from __future__ import annotations

import math
import operator
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from ._ops import FLOATS, PI_REST, Formula, Num, Ops, growth_by_parts

LONGEST = 500
"""Lines of a function; beyond them, the floats are fast enough."""

MOST_PIECES = 64
"""Beyond so many pieces it takes too long to write them all."""

DEEPEST = 50
"""Python reads a hundred levels of indentation."""

WIDEST = 100
"""Characters of an expression: one that is longer gets a line of its own."""

_HEAD = """\
def lr(t):
    try:
        if t.__class__ is int:
            if not 0 <= t <= 9007199254740992:
                return None
            t = t + 0.0
        elif t.__class__ is not float or not 0.0 <= t <= 9007199254740992.0:
            return None
"""
_AS_FLOAT = "            t = t + 0.0\n"
_TAIL = """\
    except ArithmeticError:
        return None
"""


class TooLongError(Exception):
    """A formula of which no flat function can be made."""


class Variable:
    """A number that will be known when the function runs, and is between ``low`` and ``high``.

    Bounds that are infinite are none: the number may be NaN. Rounding keeps an order, so that
    bounds of a sum or product come from those of its parts, rounded as the numbers will be.
    """

    __slots__ = ("_lines", "high", "low", "multiple", "name", "whole")

    def __init__(
        self, lines: Lines, name: str, low: float = -math.inf, high: float = math.inf
    ) -> None:
        self._lines = lines
        self.name = name
        self.low = low
        self.high = high
        self.whole = False
        self.multiple: tuple[Variable, float] | None = None  # a whole number times another

    @property
    def is_bounded(self) -> bool:
        return -math.inf < self.low <= self.high < math.inf

    def _made(self, left: object, sign: str, right: object) -> Variable:
        made = self._lines.add(f"{_text(left)} {sign} {_text(right)}")
        apply, (low, high) = _SIGNS[sign], _bounds(right)
        if _are_bounded(left, right) and not (sign == "/" and low <= 0.0 <= high):
            ends = [apply(x, y) for x in _bounds(left) for y in (low, high)]
            made.low, made.high = min(ends), max(ends)
        return made

    def __add__(self, other: object) -> Variable:
        whole = self.whole and isinstance(other, float) and other.is_integer()
        if whole and other == 0.0:
            return self
        made = self._made(self, "+", other)
        made.whole = whole
        return made

    def __radd__(self, other: object) -> Variable:
        return self._made(other, "+", self)

    def __sub__(self, other: object) -> Variable:
        return self if other == 0.0 else self._made(self, "-", other)

    def __rsub__(self, other: object) -> Variable:
        return self._made(other, "-", self)

    def __mul__(self, other: object) -> Any:
        if not isinstance(other, float):
            return self._made(self, "*", other)
        if other == 0.0 and self.is_bounded:
            return 0.0
        made = self if other == 1.0 else self._made(self, "*", other)
        if self.whole and other.is_integer() and 0.0 <= made.low <= made.high <= 2.0**53:
            made.multiple = self, other
        return made

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Variable:
        return self if other == 1.0 else self._made(self, "/", other)

    def __rtruediv__(self, other: object) -> Variable:
        return self._made(other, "/", self)

    def __neg__(self) -> Variable:
        return self._made(-1.0, "*", self)


_SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    ">": operator.gt,
}


def _bounds(x: Any) -> tuple[float, float]:
    return (x.low, x.high) if isinstance(x, Variable) else (x, x)


def _are_bounded(*numbers: object) -> bool:
    """Return whether all are finite for sure, as constants are."""
    return all(not isinstance(x, Variable) or x.is_bounded for x in numbers)


def _text(value: object) -> str:
    if isinstance(value, Variable):
        return value.name
    number = repr(float(cast(float, value)))
    return f"({number})" if number.startswith("-") else number


class Lines:
    """The lines of a function, as they come."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.depth = 2
        self._count = 0

    def write(self, line: str) -> None:
        if len(self.lines) == LONGEST:
            raise TooLongError
        self.lines.append(f"{'    ' * self.depth}{line}\n")

    @contextmanager
    def indented(self) -> Iterator[None]:
        if self.depth == DEEPEST:
            raise TooLongError
        self.depth += 1
        yield
        self.depth -= 1

    def fresh(self) -> Variable:
        self._count += 1
        return Variable(self, f"x{self._count}")

    def add(self, expression: str) -> Variable:
        made = self.fresh()
        self.write(f"{made.name} = {expression}")
        return made


def _called(name: str) -> Callable[[Source, Any], Any]:
    of_floats = getattr(FLOATS, name)

    def function(self: Source, x: Any, /) -> Any:
        if not isinstance(x, Variable):
            return of_floats(x)
        return self.lines.add(f"{name}({x.name})")

    return function


class Source:
    """The vocabulary of formulas on variables."""

    pi = math.pi
    pi_rest = PI_REST
    exp = _called("exp")
    expm1 = _called("expm1")
    log1p = _called("log1p")
    sin = _called("sin")
    sqrt = _called("sqrt")
    tanh = _called("tanh")

    def __init__(self) -> None:
        self.lines = Lines()
        self.constants: dict[str, Any] = {
            "bisect_right": bisect_right,
            "inf": math.inf,
            **{name: getattr(math, name) for name in _FUNCTIONS},
        }

    def _constant(self, value: Sequence[float]) -> str:
        name = f"c{len(self.constants)}"
        self.constants[name] = value
        return name

    def sin2(self, x: Any) -> Any:
        sine = self.sin(x)
        square = sine * sine
        if isinstance(square, Variable):
            square.low, square.high = 0.0, 1.0
        return square

    def power(self, x: Any, y: Any) -> Any:
        if isinstance(x, Variable) or isinstance(y, Variable):
            return self.lines.add(f"{_text(x)} ** {_text(y)}")
        return FLOATS.power(x, y)

    def minimum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, "<", y, min)

    def maximum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, ">", y, max)

    def _chosen(self, x: Any, sign: str, y: Any, best: Callable[..., float]) -> Any:
        """Return ``x`` if it is before ``y``, else ``y``; it may be known beforehand."""
        before = _SIGNS[sign]
        answers = {before(p, q) for p in _bounds(x) for q in _bounds(y)}
        if len(answers) == 1:
            return x if answers.pop() else y
        made = self.lines.add(f"{_text(x)} if {_text(x)} {sign} {_text(y)} else {_text(y)}")
        if _are_bounded(x, y):
            made.low, made.high = map(best, _bounds(x), _bounds(y))
        return made

    def clip(self, x: Any, low: float, high: float) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        if not isinstance(t, Variable):
            return FLOATS.stairs(t, every)
        if t.multiple:
            whole, of = t.multiple
            if of >= every and math.frexp(of / every)[0] == 0.5:  # times a power of two
                return whole * (of / every), 0.0
        whole = self.lines.add(f"{t.name} // {_text(every)}")
        whole.whole = True
        rest = self.lines.add(f"{t.name} % {_text(every)}")
        if t.is_bounded:
            whole.low, whole.high = t.low // every, t.high // every
            rest.low, rest.high = 0.0, every
        return whole, rest

    def growth(self, factor: float, t: Any, every: float) -> Any:
        return growth_by_parts(factor, t, every, cast(Ops, self))

    def pick(
        self, t: Any, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Any, ...]:
        if not isinstance(t, Variable):
            return FLOATS.pick(t, edges, *columns)
        which = self.lines.add(f"bisect_right({self._constant(edges)}, {t.name})")
        return tuple(
            self.lines.add(f"{self._constant(column)}[{which.name}]") for column in columns
        )

    def piecewise(
        self, t: Any, edges: Sequence[float], piece: Callable[[int, Any], Any]
    ) -> Any:
        if not isinstance(t, Variable):
            return FLOATS.piecewise(t, edges, piece)
        if len(edges) >= MOST_PIECES:
            raise TooLongError
        if not edges:
            return piece(0, t)
        result = self.lines.fresh()
        self._bisect(t, edges, piece, result, 0, len(edges))
        return result

    def _bisect(
        self,
        t: Variable,
        edges: Sequence[float],
        piece: Callable[[int, Any], Any],
        result: Variable,
        first: int,
        last: int,
    ) -> None:
        """Write the choice among some of the pieces, from the first to the last."""
        if first == last:
            low, high = (t.low, *edges, math.inf)[first : first + 2]
            here = Variable(self.lines, t.name, low, min(math.nextafter(high, 0.0), t.high))
            self.lines.write(f"{result.name} = {_text(piece(first, here))}")
            return
        middle = (first + last) // 2
        self.lines.write(f"if {t.name} < {_text(edges[middle])}:")
        for start, stop in (first, middle), (middle + 1, last):
            with self.lines.indented():
                self._bisect(t, edges, piece, result, start, stop)
            if stop < last:
                self.lines.write("else:")


_NAMES = re.compile(r"x\d+")
_TIME = re.compile(r"\bt\b")
_ATOM = re.compile(r"[\w.]+")
_FUNCTIONS = ("exp", "expm1", "log1p", "sin", "sqrt", "tanh")


def written_out(formula: Formula) -> tuple[str, dict[str, Any]]:
    """Return the text of a function, and the constants that it needs.

    Raises:
        TooLongError: if the function would be too long.
    """
    xp = Source()
    result = formula(cast(Num, Variable(xp.lines, "t", 0.0, 2.0**53)), cast(Ops, xp))
    xp.lines.write(f"return {_text(result)}")
    body = "".join(_joined(_needed(xp.lines.lines)))
    head = _HEAD if _TIME.search(body) else _HEAD.replace(_AS_FLOAT, "")
    return head + body + _TAIL, xp.constants


def _needed(lines: Sequence[str]) -> list[str]:
    """Return the lines without those whose results nobody uses."""
    used: set[str] = set()
    kept = []
    for line in reversed(lines):
        name, expression = _parts(line)
        if not name or name in used:
            used.update(_NAMES.findall(expression))
            kept.append(line)
    return kept[::-1]


def _joined(lines: Sequence[str]) -> list[str]:
    """Return the lines with every result that is used once in the place where it is used."""
    made, used = Counter[str](), Counter[str]()
    for line in lines:
        name, expression = _parts(line)
        made[name] += 1
        used.update(_NAMES.findall(expression))
    waiting: dict[str, str] = {}
    kept = []

    def place(found: re.Match[str]) -> str:
        text = waiting.get(found[0], found[0])
        around = found.string[: found.start()][-1:] + found.string[found.end() :][:1]
        return text if around in ("", "()") or _ATOM.fullmatch(text) else f"({text})"

    for line in lines:
        name, expression = _parts(line)
        joined = _NAMES.sub(place, expression)
        if made[name] == used[name] == 1 and len(joined) < WIDEST:
            waiting[name] = joined
        else:
            kept.append(line.replace(expression, joined))
    return kept


def _parts(line: str) -> tuple[str, str]:
    """Return the name that a line gives to a result, if it does, and what it computes."""
    name, _, expression = line.strip().removeprefix("return ").rpartition(" = ")
    return name, expression


def flat(formula: Formula) -> Callable[[Any], float | None] | None:
    """Return a function that gives ``formula`` at a time, and ``None`` where it cannot.

    That is where the time is no finite number >= 0, and where something overflows. There is
    none of a formula that is too long.
    """
    try:
        text, constants = written_out(formula)
    except TooLongError:
        return None
    # The text holds nothing but names and numbers that were made here.
    exec(compile(text, "<lrcurves: a formula written out>", "exec"), constants)
    # Left there it would be a reference cycle.
    return cast("Callable[[Any], float | None]", constants.pop("lr"))
