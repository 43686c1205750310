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
            t = t + 0.0
        elif t.__class__ is not float:
            return None
        if not (t >= 0.0 and t <= 9007199254740992.0):
            return None
        x1 = 100.0 - t
        return ((x1 if x1 > 0.0 else 0.0) / 100.0) * 0.1
    except (ArithmeticError, ValueError):
        return None
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, cast

from ._bounds import are_bounded, bounds, is_before
from ._lines import Lines, TooLongError, Variable, as_text, joined, needed
from ._ops import FLOATS, PI_REST, Formula, Num, Ops, growth_by_parts

MOST_PIECES = 64
"""Beyond so many pieces it takes too long to write them all."""

_HEAD = """\
def lr(t):
    try:
        if t.__class__ is int:
            t = t + 0.0
        elif t.__class__ is not float:
            return None
        if not (t >= 0.0 and t <= 9007199254740992.0):
            return None
"""
_HEAD_OF_CONSTANT = """\
def lr(t):
    try:
        if t.__class__ is int:
            if not 0 <= t <= 9007199254740992:
                return None
        elif t.__class__ is not float or not 0.0 <= t <= 9007199254740992.0:
            return None
"""
_TAIL = """\
    except (ArithmeticError, ValueError):
        return None
"""


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
            "nan": math.nan,
            "power": FLOATS.power,
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
        if not isinstance(x, Variable) and not isinstance(y, Variable):
            return FLOATS.power(x, y)
        if bounds(x)[0] >= 0.0:
            return self.lines.add(f"{as_text(x)} ** {as_text(y)}")
        # With the operator a power of a negative number would be complex.
        return self.lines.add(f"power({as_text(x)}, {as_text(y)})")

    def minimum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, "<", y, min)

    def maximum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, ">", y, max)

    def _chosen(self, x: Any, sign: str, y: Any, best: Callable[..., float]) -> Any:
        """Return ``x`` if it is before ``y``, else ``y``; it may be known beforehand."""
        before = is_before(x, sign, y)
        if before is not None:
            return x if before else y
        made = self.lines.add(
            f"{as_text(x)} if {as_text(x)} {sign} {as_text(y)} else {as_text(y)}"
        )
        if are_bounded(x, y):
            made.low, made.high = map(best, bounds(x), bounds(y))
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
        whole = self.lines.add(f"{t.name} // {as_text(every)}")
        whole.whole = True
        rest = self.lines.add(f"{t.name} % {as_text(every)}")
        if are_bounded(t):
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
            here = t
            if are_bounded(t):
                low, high = (t.low, *edges, math.inf)[first : first + 2]
                high = min(math.nextafter(high, 0.0), t.high)
                here = Variable(self.lines, t.name, low, high)
            self.lines.write(f"{result.name} = {as_text(piece(first, here))}")
            return
        middle = (first + last) // 2
        self.lines.write(f"if {t.name} < {as_text(edges[middle])}:")
        for start, stop in (first, middle), (middle + 1, last):
            with self.lines.indented():
                self._bisect(t, edges, piece, result, start, stop)
            if stop < last:
                self.lines.write("else:")


_TIME = re.compile(r"\bt\b")
_FUNCTIONS = ("exp", "expm1", "log1p", "sin", "sqrt", "tanh")


def written_out(formula: Formula) -> tuple[str, dict[str, Any]]:
    """Return the text of a function, and the constants that it needs.

    Raises:
        TooLongError: if the function would be too long.
    """
    xp = Source()
    result = formula(cast(Num, Variable(xp.lines, "t", 0.0, 2.0**53)), cast(Ops, xp))
    xp.lines.write(f"return {as_text(result)}")
    body = "".join(joined(needed(xp.lines.lines)))
    head = _HEAD if _TIME.search(body) else _HEAD_OF_CONSTANT
    return head + body + _TAIL, xp.constants


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
