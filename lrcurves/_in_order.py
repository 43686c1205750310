"""Blocks of times that rise or fall: ranges that are too short for a matrix, or of many pieces.

The points of a piece follow one another, so that each edge has to be found, and not each point.
At seams, as at both ends, rates are the very bits that single calls give. Those that differ in
the last digit come from words that are not rounded correctly; where none has been used there is
nothing to be computed again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._numpy import BLOCK, LARGEST_WHOLE, MANY_PARTS, NumPy
from ._ops import FLOATS, Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]


FEW = 64
"""So few points are computed one by one."""


def _rounded(name: str) -> Any:
    """Return the function of that name, whose last digit may be another one in floats."""
    of_arrays = getattr(NumPy, name)

    def function(self: InOrder, *args: Any) -> Any:
        self.is_exact = False
        return of_arrays(*args)

    return function


class InOrder(NumPy):
    """One block of times in order, of which most pieces are a part."""

    exp = _rounded("exp")
    expm1 = _rounded("expm1")
    log1p = _rounded("log1p")
    sin = _rounded("sin")
    sin2 = _rounded("sin2")
    tanh = _rounded("tanh")
    power = _rounded("power")

    def __init__(self) -> None:
        super().__init__()
        self.is_exact = True
        self._met: list[Array] = []  # places at the ends of pieces that have been met

    def begin(self, places: Array) -> None:
        """Begin a block.

        Args:
            places: the numbers of its points.
        """
        self.places = places
        self.is_exact = True
        self._met.clear()

    def growth(self, factor: float, t: Array, every: float) -> Array:
        self.is_exact = False
        return super().growth(factor, t, every)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        if np.ndim(t) == 0:  # a constant
            return super().piecewise(t, edges, piece)
        rises = t[0] <= t[-1]
        rising = t if rises else t[::-1]
        if (rising[1:] < rising[:-1]).any():  # as what is left of a cycle is, now and then
            return super().piecewise(t, edges, piece)
        first, last = (bisect_right(edges, rising[i]) for i in (0, -1))
        if first == last:
            return piece(first, t)
        around = cast("Array", self.places)
        result = np.empty_like(t)
        marks = rising.searchsorted(self.as_array(edges)[first:last])
        if self._has_models(piece, first, last, len(t), MANY_PARTS):
            sizes = np.diff(marks, prepend=0, append=len(t))
            which = np.arange(first, last + 1).repeat(sizes)
            which = which if rises else which[::-1]
            return self._by_models(t, which, piece)
        for i, (start, stop) in enumerate(pairwise((0, *marks.tolist(), len(t))), first):
            if start < stop:
                mine = slice(start, stop) if rises else slice(len(t) - stop, len(t) - start)
                self._enter(around[mine])
                result[mine] = piece(i, t[mine])
        self.places = around
        return result

    def _by_models(self, t: Array, which: Array, piece: Callable[[int, Array], Array]) -> Array:
        marks = np.flatnonzero(which[1:] != which[:-1])
        self._met += [cast("Array", self.places)[marks + i] for i in (0, 1)]
        return super()._by_models(t, which, piece)

    def _enter(self, places: Array) -> None:
        super()._enter(places)
        self._met.append(places[:: max(len(places) - 1, 1)])

    def seams(self) -> set[int]:
        """Return the places beside the edges that have been met."""
        return {int(end) for ends in self._met for end in ends}


def fill_points(formula: Formula, times: range, at: Array, out: Array) -> None:
    """Write the rates at some of the times, in the very bits that single calls give.

    Args:
        formula: of a schedule.
        times: none of them above 2**53.
        at: the numbers of the points, in their order.
        out: where all rates belong.
    """
    xp = InOrder()
    xp.begin(np.arange(len(at)))
    t = float(times.start) + at * float(times.step)
    if len(at) >= FEW:
        rates = formula(cast(Num, t), cast(Ops, xp))
        if xp.is_exact:
            out[at] = rates
            return
    for i, time in zip(at.tolist(), t.tolist(), strict=True):
        out[i] = formula(time, FLOATS)


def fill_range(
    formula: Formula,
    times: range,
    out: Array,
    *,
    exact_ends: bool = True,
    xp: InOrder | None = None,
) -> None:
    """Write ``formula`` at every time of a range, block by block.

    At seams, and at both ends if asked for, these are the very bits that single calls give.
    """
    xp = xp or InOrder()
    places = np.arange(min(BLOCK, len(times)))
    # Then a float of each time is exact, and the sum of two is.
    exact = max((*times[:1], *times[-1:]), default=0) <= LARGEST_WHOLE
    ramp = places * float(times[1] - times[0] if exact and len(times) > 1 else 0)
    for at in range(0, len(times), BLOCK):
        block = out[at : at + BLOCK]
        if exact:
            t = ramp[: len(block)] + float(times[at])
        else:
            t = np.array([float(x) for x in times[at : at + BLOCK]])
        xp.begin(places[: len(block)])
        block[...] = formula(cast(Num, t), cast(Ops, xp))
        if xp.is_exact:
            continue
        seams = xp.seams()
        if exact_ends or at > 0:  # a seam may lie between two blocks
            seams.add(0)
        if exact_ends or at + BLOCK < len(times):
            seams.add(len(block) - 1)
        for i in seams:
            block[i] = formula(float(t[i]), FLOATS)
