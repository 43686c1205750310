"""NumPy, in blocks that stay in the cache; and the validation of arrays of times.

A formula makes a temporary array for each of its operations. In blocks of some thousand points
these stay in the second-level cache, which makes them several times faster than over the whole
array, and bounds the memory to the result whatever its length.
"""

from __future__ import annotations

import math
import sys
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._domains import shown
from ._ops import FLOATS, PI_REST, Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array: TypeAlias = NDArray[Any]

BLOCK = 1 << 13
LARGEST = sys.float_info.max


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


def table(
    formula: Formula, ts: ArrayLike | range, dtype: DTypeLike | None, out: Array | None
) -> Array:
    """Return ``formula`` at every time in ``ts``, block by block."""
    times = ts if isinstance(ts, range) else _as_array(ts)
    shape = (len(ts),) if isinstance(ts, range) else np.shape(ts)
    _check_times(times)
    if out is None:
        out = np.empty(shape, _float_type(dtype))
    else:
        _check_out(out, shape, dtype)
    xp = NumPy()
    with np.errstate(all="ignore"):
        if isinstance(times, range):
            _fill_range(formula, times, out, xp)
        else:
            _fill(formula, times, out, cast(Ops, xp))
    return out


def _fill(formula: Formula, times: Array, out: Array, xp: Ops) -> None:
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


def _fill_range(formula: Formula, times: range, out: Array, xp: NumPy) -> None:
    places = np.arange(min(BLOCK, len(times)))
    ramp = places * float(times.step)
    for at in range(0, len(times), BLOCK):
        block = out[at : at + BLOCK]
        t = ramp[: len(block)] + float(times[at])
        xp.places = places[: len(block)]
        block[...] = formula(cast(Num, t), cast(Ops, xp))
        # At seams and ends a range gives the very bits that single calls give.
        for i in {*xp.seams, *({0} if at == 0 else ()), len(block) - 1}:
            block[i] = formula(float(t[i]), FLOATS)
        xp.seams.clear()


def _float_type(dtype: DTypeLike | None) -> np.dtype[Any]:
    wanted = np.dtype(np.float64 if dtype is None else dtype)
    if not np.issubdtype(wanted, np.floating):
        raise TypeError(f"dtype must be a real floating-point type, got {wanted}")
    return wanted


def _check_out(out: Array, shape: tuple[int, ...], dtype: DTypeLike | None) -> None:
    if not isinstance(out, np.ndarray):
        raise TypeError(f"out must be a NumPy array, got {shown(out)}")
    _float_type(out.dtype)
    if dtype is not None and np.dtype(dtype) != out.dtype:
        raise ValueError(f"dtype must be that of out, {out.dtype}, got {np.dtype(dtype)}")
    if out.shape != shape:
        raise ValueError(f"out must have the shape of ts, {shape}, got {out.shape}")
    if not out.flags.writeable:
        raise ValueError("out must be writeable, got a read-only array")


def _as_array(ts: ArrayLike) -> Array:
    try:
        array = np.asarray(ts)
    except ValueError:
        raise ValueError(f"ts must be a regular array of numbers, got {shown(ts)}") from None
    if array.dtype == object and all(type(t) is int for t in array.flat):
        floats = [_as_float(t) for t in array.flat]  # ints beyond 64 bits
        return np.array(floats).reshape(array.shape)
    return array


def _as_float(t: int) -> float:
    try:
        return float(t)
    except OverflowError:
        return math.inf if t > 0 else -math.inf


def _check_times(times: Array | range) -> None:
    if len(times) == 0 if isinstance(times, range) else times.size == 0:
        return
    if isinstance(times, range):
        for at in (0, len(times) - 1):
            if not 0 <= times[at] <= LARGEST:
                _refuse(_as_float(times[at]) if times[at] > 0 else times[at], at)
        return
    if times.dtype.kind not in "iuf":
        raise TypeError(
            f"ts must hold ints or floats, got {shown(times)} of dtype {times.dtype}"
        )
    if not (times.min() >= 0 and float(times.max()) <= LARGEST):
        with np.errstate(over="ignore"):
            floats = times.astype(np.float64)
        bad = ~((floats >= 0) & (floats <= LARGEST))
        index = tuple(map(int, np.unravel_index(int(bad.argmax()), times.shape)))
        _refuse(times[index].item(), index[0] if len(index) == 1 else index)


def _refuse(value: float, at: int | tuple[int, ...]) -> None:
    place = f" at index {at}" if at != () else ""
    raise ValueError(f"ts must hold finite numbers >= 0, got {value!r}{place}")
