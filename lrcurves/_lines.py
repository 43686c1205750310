"""Lines of Python: numbers that will be known when these run, and what is known of them before.

An operation on a :class:`Variable` becomes a line of text that computes another one. Those that
nobody uses are left out at the end, and those that are used once move to where they are used.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from ._bounds import Unknown, bounds_of, is_whole

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


class Variable(Unknown):
    """A number that will be known when the function runs."""

    __slots__ = ("_lines", "multiple", "name")

    def __init__(
        self, lines: Lines, name: str, low: float = -math.inf, high: float = math.inf
    ) -> None:
        super().__init__(low, high)
        self._lines = lines
        self.name = name
        self.multiple: tuple[Variable, float] | None = None  # a whole number times another

    def _made(self, left: object, sign: str, right: object) -> Variable:
        made = self._lines.add(f"{as_text(left)} {sign} {as_text(right)}")
        made.low, made.high = bounds_of(left, sign, right)
        return made

    def __mul__(self, other: object) -> Any:
        made = super().__mul__(other)
        is_multiple = self.whole and is_whole(other) and isinstance(made, Variable)
        if is_multiple and 0.0 <= made.low <= made.high <= 2.0**53:
            made.multiple = self, cast(float, other)
        return made


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
