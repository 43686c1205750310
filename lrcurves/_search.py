"""Among how many edges a time lies: looked up, and not searched for.

A search among a thousand edges takes ten steps, each of which waits for the memory and guesses
wrong half the time. Here the edges are counted once, for some thousand cells of equal width. A
time is compared with those alone that lie in its own cell.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

CELLS_PER_EDGE = 4

MOST_CELLS = 1 << 16
"""A table of so many stays in the second-level cache."""

MOST_IN_A_CELL = 3
"""With more edges in one cell, narrower ones are tried, or times are searched for."""


class Edges:
    """Sorted numbers, among which many others are to be found.

    Args:
        edges: the numbers.
    """

    def __init__(self, edges: Array) -> None:
        self._edges = edges
        self._before: Array | None = None  # how many edges are in the cells before each
        self._most = 0  # in one cell
        low, high = float(edges[0]), float(edges[-1])
        if not 1e-280 < high - low <= high < 1e280:
            return
        cells = min(1 << (CELLS_PER_EDGE * len(edges) - 1).bit_length(), MOST_CELLS)
        while cells <= MOST_CELLS:
            self._low, self._last, self._scale = low, cells - 1.0, cells / (high - low)
            counts = np.bincount(self._cell(edges), minlength=cells)
            self._most = int(counts.max())
            if self._most <= MOST_IN_A_CELL:
                self._before = np.cumsum(counts) - counts
                self._edges = np.append(edges, np.full(self._most, np.inf))
                return
            cells *= 4

    def _cell(self, t: Array) -> Array:
        """Return the cell of each number; a larger one is in no cell before it."""
        place = t - self._low
        place *= self._scale
        np.clip(place, 0.0, self._last, out=place)
        return place.astype(np.intp)

    def passed(self, t: Array) -> Array:
        """Return how many edges are ``<= t``."""
        if self._before is None:
            return self._edges.searchsorted(t, side="right")
        before = self._before.take(self._cell(t))
        passed = before.copy()
        for i in range(self._most):
            passed += self._edges.take(before + i if i else before) <= t
        return passed
