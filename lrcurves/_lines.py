"""Lines of Python: numbers that will be known when these run, and what is known of them before.

An operation on a :class:`Variable` becomes a line of text that computes another one. Those that
nobody uses are left out at the end, and those that are used once move to where they are used.
"""

from __future__ import annotations

import math
import operator
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

LONGEST = 500
"""Lines of a function; beyond them, the floats are fast enough."""

DEEPEST = 50
"""Python reads a hundred levels of indentation."""

WIDEST = 100
"""Characters of an expression: one that is longer gets a line of its own."""

NAMES = re.compile(r"x\d+")
ATOM = re.compile(r"[\w.]+")


class TooLongError(Exception):
    """A formula of which no flat function can be made."""


class Variable:
    """A number that will be known when the function runs, and is between ``low`` and ``high``.

    If both are infinite nothing is known: it may be NaN. Rounding keeps an order, so that the
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

    def _made(self, left: object, sign: str, right: object) -> Variable:
        made = self._lines.add(f"{as_text(left)} {sign} {as_text(right)}")
        apply, (low, high) = SIGNS[sign], bounds(right)
        if are_bounded(left, right) and not (sign == "/" and low <= 0.0 <= high):
            ends = [apply(x, y) for x in bounds(left) for y in (low, high)]
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
        if other == 0.0 and 0.0 <= self.low <= self.high < math.inf:
            return other
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


SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    ">": operator.gt,
}


def bounds(x: Any) -> tuple[float, float]:
    """Return between which numbers a variable is, or a number."""
    return (x.low, x.high) if isinstance(x, Variable) else (x, x)


def are_bounded(*numbers: object) -> bool:
    """Return whether all are finite for sure."""
    return all(-math.inf < low <= high < math.inf for low, high in map(bounds, numbers))


def as_text(value: object) -> str:
    """Return a variable or a number as part of a line."""
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


def needed(lines: Sequence[str]) -> list[str]:
    """Return the lines without those whose results nobody uses."""
    used: set[str] = set()
    kept: list[str] = []
    for line in reversed(lines):
        name, expression = _parts(line)
        is_head = line.endswith(":\n")  # of other lines, if these are kept
        if name in used or (not name and not (is_head and _depth(kept[-1]) <= _depth(line))):
            used.update(NAMES.findall(expression))
            kept.append(line)
    return kept[::-1]


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def joined(lines: Sequence[str]) -> list[str]:
    """Return the lines with every result that is used once in the place where it is used."""
    made, used = Counter[str](), Counter[str]()
    for line in lines:
        name, expression = _parts(line)
        made[name] += 1
        used.update(NAMES.findall(expression))
    waiting: dict[str, str] = {}
    kept = []

    def place(found: re.Match[str]) -> str:
        text = waiting.get(found[0], found[0])
        around = found.string[: found.start()][-1:] + found.string[found.end() :][:1]
        return text if around in ("", "()") or ATOM.fullmatch(text) else f"({text})"

    for line in lines:
        name, expression = _parts(line)
        longer = NAMES.sub(place, expression)
        if made[name] == used[name] == 1 and len(longer) < WIDEST:
            waiting[name] = longer
        else:
            kept.append(line.replace(expression, longer))
    return kept


def _parts(line: str) -> tuple[str, str]:
    """Return the name that a line gives to a result, if it does, and what it computes."""
    name, _, expression = line.strip().removeprefix("return ").rpartition(" = ")
    return name, expression
