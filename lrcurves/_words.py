"""Which words of the vocabulary a formula uses: some take longer than to look rates up."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._numpy import NumPy
from ._ops import Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

FEW_EDGES = 12
"""To pick one of a few numbers takes less time than to look a rate up."""

MOST_PIECES = 64
"""So many pieces are asked: the others are much like them."""


class _Used(Exception):  # noqa: N818 - it is an answer, not an error
    """One of the words is."""


class _Listener(NumPy):
    def __init__(self, words: frozenset[str]) -> None:
        super().__init__()
        self._words = words

    def __getattribute__(self, name: str) -> Any:
        words = object.__getattribute__(self, "__dict__").get("_words", ())
        if name in words and name != "pick":
            raise _Used
        return super().__getattribute__(name)

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        if "pick" in self._words and len(edges) > FEW_EDGES:
            raise _Used
        return super().pick(t, edges, *columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        for i in range(min(len(edges) + 1, MOST_PIECES)):
            piece(i, t)
        return t


def uses(formula: Formula, words: frozenset[str]) -> bool:
    """Return whether a formula uses any of some words, in any of its pieces.

    To pick among up to :data:`FEW_EDGES` and one numbers does not count.
    """
    try:
        formula(cast(Num, np.ones(1)), cast(Ops, _Listener(words)))
    except _Used:
        return True
    return False


class _Searched(Exception):  # noqa: N818 - it is an answer, not an error
    """Most times have to be searched for in which piece they are."""


class _Searches(NumPy):
    """Looks for pieces that differ between the least time and the largest."""

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        if len(edges) > FEW_EDGES and _are_parted(t, edges):
            raise _Searched
        return super().pick(t, edges, *columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        if _are_parted(t, edges):
            raise _Searched
        return super().piecewise(t, edges, piece)


def _are_parted(times: Array, edges: Sequence[float]) -> bool:
    return bisect_right(edges, times.min()) != bisect_right(edges, times.max())


def searches(formula: Formula, times: Array) -> bool:
    """Return whether a formula has to look for pieces: most of some times are not in one."""
    most = np.quantile(times, [0.02, 0.98])
    try:
        formula(cast(Num, most), cast(Ops, _Searches()))
    except _Searched:
        return True
    return False
