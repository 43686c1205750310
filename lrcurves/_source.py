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
        if t.__class__ is not float:
            if t.__class__ is not int or t > 9007199254740992:
                return None
            t = t + 0.0
        if not 0.0 <= t < inf:
            return None
        x1 = 100.0 - t
        x2 = x1 if x1 > 0.0 else 0.0
        x4 = x2 / 100.0
        x5 = x4 * 0.1
        x6 = 1.0 - x4
        x7 = x6 * 0.0
        x8 = x5 + x7
        return x8
    except ArithmeticError:
        return None
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, cast

from ._ops import FLOATS, PI_REST, Formula, Num, Ops

LONGEST = 500
"""Lines of a function; beyond them, the floats are fast enough."""

MOST_PIECES = 8
"""Beyond so many pieces one after another a bisection is faster."""

_HEAD = """\
def lr(t):
    try:
        if t.__class__ is not float:
            if t.__class__ is not int or t > 9007199254740992:
                return None
            t = t + 0.0
        if not 0.0 <= t < inf:
            return None
"""
_TAIL = """\
    except ArithmeticError:
        return None
"""


class TooLongError(Exception):
    """A formula of which no flat function can be made."""


class Variable:
    """A number that will be known when the function runs."""

    __slots__ = ("_lines", "name")

    def __init__(self, lines: Lines, name: str) -> None:
        self._lines = lines
        self.name = name

    def _made(self, left: object, sign: str, right: object) -> Variable:
        return self._lines.add(f"{_text(left)} {sign} {_text(right)}")

    def __add__(self, other: object) -> Variable:
        return self._made(self, "+", other)

    def __radd__(self, other: object) -> Variable:
        return self._made(other, "+", self)

    def __sub__(self, other: object) -> Variable:
        return self._made(self, "-", other)

    def __rsub__(self, other: object) -> Variable:
        return self._made(other, "-", self)

    def __mul__(self, other: object) -> Any:
        # The time is finite, and 0 times it is how a formula says that a rate is constant.
        if self.name == "t" and other == 0.0:
            return 0.0
        return self if other == 1.0 else self._made(self, "*", other)

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Variable:
        return self if other == 1.0 else self._made(self, "/", other)

    def __rtruediv__(self, other: object) -> Variable:
        return self._made(other, "/", self)

    def __neg__(self) -> Variable:
        return self._lines.add(f"-{self.name}")


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
        return sine * sine

    def power(self, x: Any, y: Any) -> Any:
        if isinstance(x, Variable) or isinstance(y, Variable):
            return self.lines.add(f"{_text(x)} ** {_text(y)}")
        return FLOATS.power(x, y)

    def minimum(self, x: Any, y: Any) -> Any:
        if isinstance(x, Variable) or isinstance(y, Variable):
            return self.lines.add(f"{_text(x)} if {_text(x)} < {_text(y)} else {_text(y)}")
        return FLOATS.minimum(x, y)

    def maximum(self, x: Any, y: Any) -> Any:
        if isinstance(x, Variable) or isinstance(y, Variable):
            return self.lines.add(f"{_text(x)} if {_text(x)} > {_text(y)} else {_text(y)}")
        return FLOATS.maximum(x, y)

    def clip(self, x: Any, low: float, high: float) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        if not isinstance(t, Variable):
            return FLOATS.stairs(t, every)
        rest = self.lines.add(f"fmod({t.name}, {_text(every)})")
        whole = (t - rest) / every
        if math.frexp(every)[0] == 0.5:  # the quotient by a power of two is exact
            return whole, rest
        # Adding and taking away 2**52 rounds to the nearest whole number.
        return self.lines.add(
            f"{whole.name} + 4503599627370496.0 - 4503599627370496.0"
            f" if {whole.name} < 4503599627370496.0 else {whole.name}"
        ), rest

    split = stairs

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
        for i in range(len(edges) + 1):
            test = f"if {t.name} < {_text(edges[i])}" if i < len(edges) else "se"
            self.lines.write(f"{test}:" if i == 0 else f"el{test}:")
            self.lines.depth += 1
            self.lines.write(f"{result.name} = {_text(piece(i, t))}")
            self.lines.depth -= 1
        return result


_NAMES = re.compile(r"x\d+")
_FUNCTIONS = ("exp", "expm1", "fmod", "log1p", "sin", "sqrt", "tanh")


def written_out(formula: Formula) -> tuple[str, dict[str, Any]]:
    """Return the text of a function, and the constants that it needs.

    Raises:
        TooLongError: if the function would be too long.
    """
    xp = Source()
    result = formula(cast(Num, Variable(xp.lines, "t")), cast(Ops, xp))
    xp.lines.write(f"return {_text(result)}")
    return _HEAD + "".join(_needed(xp.lines.lines)) + _TAIL, xp.constants


def _needed(lines: Sequence[str]) -> list[str]:
    """Return the lines without those whose results nobody uses."""
    used: set[str] = set()
    kept = []
    for line in reversed(lines):
        name, _, expression = line.strip().partition(" = ")
        if not expression or name in used:
            used.update(_NAMES.findall(expression or name))
            kept.append(line)
    return kept[::-1]


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
