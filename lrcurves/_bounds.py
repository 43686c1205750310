"""Numbers that are not known yet, and between which numbers they are."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

SIGNS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "<": operator.lt,
    ">": operator.gt,
}


class Unknown:
    """A number that will be known later, and is between ``low`` and ``high``.

    If both are infinite nothing is known: it may be NaN. Rounding keeps an order, so that the
    bounds of a sum or product come from those of its parts, rounded as the numbers will be.
    What changes no number is no operation.

    Args:
        low: not above the number.
        high: not below it.
    """

    __slots__ = ("high", "low", "whole")

    def __init__(self, low: float = -math.inf, high: float = math.inf) -> None:
        self.low = low
        self.high = high
        self.whole = False

    def _made(self, left: object, sign: str, right: object) -> Any:
        """Return the result of an operation on two numbers, of which one is this."""
        raise NotImplementedError

    def __add__(self, other: object) -> Any:
        if self.whole and other == 0.0:
            return self
        made = self._made(self, "+", other)
        made.whole = self.whole and is_whole(other)
        return made

    def __radd__(self, other: object) -> Any:
        return self._made(other, "+", self)

    def __sub__(self, other: object) -> Any:
        if other == 0.0:
            return self
        made = self._made(self, "-", other)
        made.whole = self.whole and is_whole(other)
        return made

    def __rsub__(self, other: object) -> Any:
        return self._made(other, "-", self)

    def __mul__(self, other: object) -> Any:
        if other == 0.0 and 0.0 <= self.low <= self.high < math.inf:
            return other
        return self if other == 1.0 else self._made(self, "*", other)

    def __rmul__(self, other: object) -> Any:
        return self * other

    def __truediv__(self, other: object) -> Any:
        return self if other == 1.0 else self._made(self, "/", other)

    def __rtruediv__(self, other: object) -> Any:
        return self._made(other, "/", self)

    def __neg__(self) -> Any:
        return self._made(-1.0, "*", self)


def is_whole(x: object) -> bool:
    """Return whether a constant is a whole number."""
    return isinstance(x, float) and x.is_integer()


def bounds(x: Any) -> tuple[float, float]:
    """Return between which numbers an unknown number is, or a number."""
    return (x.low, x.high) if isinstance(x, Unknown) else (x, x)


def are_bounded(x: object, y: object = 0.0) -> bool:
    """Return whether a number is finite for sure, or two are."""
    (low, high), (least, most) = bounds(x), bounds(y)
    return -math.inf < low <= high < math.inf and -math.inf < least <= most < math.inf


def bounds_of(left: object, sign: str, right: object) -> tuple[float, float]:
    """Return between which numbers the result of an operation is."""
    apply, (first, last), (low, high) = SIGNS[sign], bounds(left), bounds(right)
    if not are_bounded(left, right) or (sign == "/" and low <= 0.0 <= high):
        return -math.inf, math.inf
    ends = [apply(first, low), apply(last, low)]
    if low != high:
        ends += apply(first, high), apply(last, high)
    return min(ends), max(ends)


def is_before(x: object, sign: str, y: object) -> bool | None:
    """Return whether ``x < y`` or ``x > y``; ``None`` if it depends."""
    answers = {SIGNS[sign](p, q) for p in bounds(x) for q in bounds(y)}
    return answers.pop() if len(answers) == 1 else None
