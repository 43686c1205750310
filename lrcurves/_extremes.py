"""The larger or the smaller of two values of a matrix: most rows have it from one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._matrix import Columns, Points, Products, Ramp, Rows, as_products, is_ready, numbers_at

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

CERTAIN = 1e-12
"""Bounds that are so much apart, for their size, are so whatever was rounded."""


class Extreme(Points):
    """The larger or the smaller of two values, which most rows have wholly from one of them."""

    __slots__ = ("_wins",)

    def __init__(self, function: np.ufunc, x: Any, y: Any, *, largest: bool) -> None:
        super().__init__(function, x, y, smooth=False)
        x_low, x_high, x_size = _bounds(x)
        y_low, y_high, y_size = _bounds(y)
        rounded = CERTAIN * (x_size + y_size)
        above, below = x_low - y_high > rounded, y_low - x_high > rounded
        self._wins = (above, below) if largest else (below, above)

    def winner(self, rows: slice) -> Any:
        """Return what has the numbers of all of some rows, or the two values themselves."""
        for value, wins in zip(self.of, self._wins, strict=True):
            if np.all(wins[rows] if wins.shape else wins):
                return value
        return self

    def at(self, rows: slice) -> Any:
        winner = self.winner(rows)
        return super().at(rows) if winner is self else numbers_at(winner, rows)

    def write(self, rows: slice, out: Array, spare: Array) -> None:
        winner = self.winner(rows)
        if winner is self:
            super().write(rows, out, spare)
        else:
            into = out if is_ready(out) else None
            numbers = numbers_at(winner, rows, into)
            if numbers is not into:
                out[...] = numbers


def _bounds(value: Any) -> tuple[Any, Any, Any]:
    """Return a lower and an upper bound for each row, and one for all that was added up."""
    if isinstance(value, Points):
        return _UNKNOWN
    if isinstance(value, Ramp | Products):
        products = as_products(value)
        c, least, most = products.c, products.f.min(1), products.f.max(1)
        up, down = np.maximum(c, 0.0), np.minimum(c, 0.0)
        size = np.abs(c) @ np.maximum(np.abs(least), np.abs(most))
        return up @ least + down @ most, up @ most + down @ least, size
    if isinstance(value, Columns):
        return value.x.min(), value.x.max(), np.abs(value.x).max()
    if isinstance(value, Rows):
        return value.x, value.x, np.abs(value.x)
    return value, value, abs(value)


_UNKNOWN = np.float64(-math.inf), np.float64(math.inf), np.float64(0.0)
