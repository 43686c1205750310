"""NumPy, in blocks that stay in the cache.

A formula makes a temporary array for each of its operations. In blocks of some thousand points
these stay in the second-level cache, which makes them several times faster than over the whole
array, and bounds the memory to the result whatever its length.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._ops import FLOATS, PI_REST, Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

BLOCK = 1 << 13

LARGEST_WHOLE = 2.0**53
"""Up to here every whole number is a float."""


class NumPy:
    """One block of times. A block inside one piece runs plain; a mixed one is split."""

    pi = math.pi
    pi_rest = PI_REST
    exp = np.exp
    expm1 = np.expm1
    log1p = np.log1p
    sin = np.sin
    sqrt = np.sqrt
    tanh = np.tanh
    minimum = np.fmin
    maximum = np.fmax
    clip = staticmethod(np.clip)

    def __init__(self) -> None:
        self._arrays: dict[int, tuple[object, Array]] = {}
        self.places: Array | None = (
            None  # of the points at hand in the block, if it is in order
        )
        self.seams: set[int] = set()  # places beside the edges that have been met

    def _array(self, numbers: Sequence[float]) -> Array:
        """Return a tuple of a schedule as an array, made once and not for each block."""
        known = self._arrays.get(id(numbers))
        if known is None:
            known = self._arrays[id(numbers)] = numbers, np.array(numbers, np.float64)
        return known[1]

    @staticmethod
    def sin2(x: Array) -> Array:
        return np.square(np.sin(x))

    @staticmethod
    def power(x: Array | float, y: Array | float) -> Array:
        if isinstance(y, np.ndarray) and not y.any():
            return np.ones_like(y)
        return cast("Array", np.power(x, y))

    @staticmethod
    def stairs(t: Array, every: float) -> tuple[Array, Array]:
        whole = np.floor(t / every)
        unit = every.as_integer_ratio()[1].bit_length() - 1  # every is whole in 2**-unit
        if not t.max() <= math.ldexp(1.0, 53 - unit):
            rest = np.fmod(t, every)
            return np.rint((t - rest) / every), rest
        # Multiples of ``every`` are exact up to here, hence the difference is, too. Only the
        # quotient may have been rounded up to a whole number.
        rest = t - whole * every
        if rest.min() < 0.0:
            early = rest < 0.0
            whole -= early
            rest += every * early
        return whole, rest

    split = stairs

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return tuple(np.full(t.shape, column[first]) for column in columns)
        which = np.searchsorted(self._array(edges), t, side="right")
        return tuple(self._array(column).take(which) for column in columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return piece(first, t)
        which = np.searchsorted(self._array(edges), t, side="right")
        if len(edges) < 1 << 16:  # narrow numbers are sorted by counting
            which = which.astype(np.uint16)
        order = np.argsort(which, kind="stable")
        cuts = np.searchsorted(which[order], np.arange(first, last + 2))
        result, around = np.empty_like(t), self.places
        for i, start, stop in zip(range(first, last + 1), cuts, cuts[1:], strict=False):
            if start < stop:
                mine = order[start:stop]
                if around is not None:
                    self.places = around[mine]
                    self.seams |= {int(self.places[0]), int(self.places[-1])}
                result[mine] = piece(i, t[mine])
        self.places = around
        return result


def fill(formula: Formula, times: Array, out: Array) -> None:
    """Write ``formula`` at every time in an array, block by block."""
    xp = cast(Ops, NumPy())
    blocks = np.nditer(
        [times, out],
        flags=["external_loop", "buffered", "zerosize_ok", "copy_if_overlap"],
        op_flags=[["readonly"], ["writeonly"]],
        op_dtypes=[np.float64, np.float64],
        casting="unsafe",
        buffersize=BLOCK,
    )
    with blocks:
        for t, lr in blocks:
            lr[...] = formula(cast(Num, t), xp)


def fill_range(formula: Formula, times: range, out: Array) -> None:
    """Write ``formula`` at every time of a range, block by block."""
    xp = NumPy()
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
        xp.places = places[: len(block)]
        block[...] = formula(cast(Num, t), cast(Ops, xp))
        # At seams and ends a range gives the very bits that single calls give.
        for i in {*xp.seams, *({0} if at == 0 else ()), len(block) - 1}:
            block[i] = formula(float(t[i]), FLOATS)
        xp.seams.clear()
