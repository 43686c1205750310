"""Tables of rates: what may be asked for, and the fastest way to each.

A range becomes a grid. So does an array that turns out to be an arithmetic progression. At
times in any order cheap formulas are a list of calls (:mod:`._straight`). Of the others, whole
numbers are looked up in a table of the range that they cover, other times in one of quartics
(:mod:`._cells`). The rest is computed in blocks.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, NoReturn, TypeAlias, cast

import numpy as np

from . import _cells, _in_order, _layout, _numpy, _straight
from ._domains import shown
from ._numpy import LARGEST_WHOLE
from ._ops import Formula
from ._words import uses

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array: TypeAlias = NDArray[Any]

LARGEST = sys.float_info.max

LARGEST_BITS = {
    **{np.dtype(f"i{size}"): 2 ** (8 * size - 1) - 1 for size in (1, 2, 4, 8)},
    **{
        np.dtype(f"f{size}"): int(np.finfo(f"f{size}").max.view(f"u{size}"))
        for size in (2, 4, 8)
    },
}
"""The bits of the largest time of each type, read as an unsigned whole number.

Negative numbers, -0.0, infinity and NaN are above it. Other types are looked at more slowly.
"""

FEW = 1 << 11
"""So few times are computed in blocks without further thought."""

MANY = 1 << 16
"""So many are worth a program of their own."""

LOOKED_UP = frozenset(("sin", "sin2", "tanh", "expm1", "log1p", "stairs", "pick", "piecewise"))
"""Words that take as long as to look a rate up."""

LONGEST = 1 << 22
"""Entries of a table in which whole times are looked up, at most: 32 MiB."""


def table(
    formula: Formula, ts: ArrayLike | range, dtype: DTypeLike | None, out: Array | None
) -> Array:
    """Return ``formula`` at every time in ``ts``, block by block."""
    times: Array | range
    if isinstance(ts, range):
        times, shape = ts, (len(ts),)
    else:
        array = _as_array(ts)
        times, shape = _as_range(array) or array, array.shape
    if isinstance(times, range):
        _check_range(times)
    if out is None:
        out = np.empty(shape, _float_type(dtype))
    else:
        _check_out(out, shape, dtype)
    with np.errstate(all="ignore"):
        if isinstance(times, range):
            _fill_range(formula, times, out)
        else:
            _fill_any(formula, times, out)
    return out


def _fill_range(formula: Formula, times: range, out: Array) -> None:
    if len(times) < FEW or max(times[0], times[-1]) > LARGEST_WHOLE:
        _in_order.fill_range(formula, times, out)
    else:
        _layout.fill_range(formula, times, out)


def _as_range(times: Array) -> range | None:
    """Return the range that an array of one dimension holds, if it holds one."""
    if times.ndim != 1 or times.size < FEW or times.dtype.kind not in "iuf":
        return None
    first, second, last = (times[i].item() for i in (0, 1, -1))
    if not all(0 <= t <= LARGEST_WHOLE and t == int(t) for t in (first, second, last)):
        return None
    step = second - first
    if step == 0:
        return None
    ramp = np.arange(_numpy.BLOCK) * int(step)
    if times.dtype.kind == "f":
        ramp = ramp.astype(np.float64)
    for at in range(0, len(times), len(ramp)):
        block = times[at : at + len(ramp)]
        # Not by differences: those of unsigned integers wrap, those of floats are rounded.
        if not np.array_equal(block, ramp[: len(block)] + type(step)(first + at * step)):
            return None
    return range(int(first), int(first + len(times) * step), int(step))


def _fill_any(formula: Formula, times: Array, out: Array) -> None:
    """Fill an array of times that are no range."""
    if times.dtype.kind not in "iuf" and times.size:
        raise TypeError(
            f"ts must hold ints or floats, got {shown(times)} of dtype {times.dtype}"
        )
    if not times.size:
        return
    latest = _latest(times)
    if times.size >= MANY:
        program = _straight.program(formula, latest)
        if program:
            for some, rates in _numpy.some_at_once(times, out):
                program.run(some, rates)
            return
    if times.size >= FEW and uses(formula, LOOKED_UP):
        earliest = float(min(np.minimum.reduce(block) for block in _in_cache(times)))
        if (
            latest - earliest + 1.0 <= min(LONGEST, times.size)
            and latest <= LARGEST_WHOLE
            and _are_whole(times)
        ):
            _look_up(formula, times, int(earliest), int(latest), out)
            return
        if _cells.fill(formula, times, earliest, latest, out):
            return
    _numpy.fill(formula, times, out)


def _look_up(formula: Formula, times: Array, first: int, last: int, out: Array) -> None:
    """Compute the rates of all whole times, and take those that are asked for."""
    rates = np.empty(last - first + 1)
    _fill_range(formula, range(first, last + 1), rates)
    blocks = np.nditer(
        [_numpy.apart(times, out), out],
        flags=["external_loop", "buffered"],
        op_flags=[["readonly"], ["writeonly"]],
        op_dtypes=[np.int64, np.float64],
        casting="unsafe",
        buffersize=_numpy.BLOCK,
    )
    with blocks:
        for t, lr in blocks:
            rates.take(t - first, out=lr, mode="clip")


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


def _check_range(times: range) -> None:
    for at in (0, len(times) - 1):
        if len(times) and not 0 <= times[at] <= LARGEST:
            _refuse(_as_float(times[at]) if times[at] > 0 else times[at], at)


def _in_cache(times: Array) -> Iterator[Array]:
    """Yield the times, some at once."""
    if times.flags.c_contiguous:
        some = 4 * _numpy.BLOCK
        return (times.reshape(-1)[at : at + some] for at in range(0, times.size, some))
    flags: Any = ["external_loop", "buffered", "zerosize_ok"]
    return cast("Iterator[Array]", np.nditer(times, flags=flags, buffersize=4 * _numpy.BLOCK))


def _latest(times: Array) -> float:
    """Return the last of some times, if all of them are times."""
    largest, unsigned = LARGEST_BITS.get(times.dtype, -1), f"u{times.itemsize}"
    if largest >= 0:
        bits = max(np.maximum.reduce(block.view(unsigned)) for block in _in_cache(times))
        if bits <= largest:
            return float(bits.view(times.dtype))
    for block in _in_cache(times):
        if not (np.minimum.reduce(block) >= 0 and float(np.maximum.reduce(block)) <= LARGEST):
            _refuse_first(times)
    return max(float(np.maximum.reduce(block)) for block in _in_cache(times))


def _are_whole(times: Array) -> bool:
    return times.dtype.kind != "f" or all(
        bool((block == np.floor(block)).all()) for block in _in_cache(times)
    )


def _refuse_first(times: Array) -> NoReturn:
    with np.errstate(over="ignore"):
        floats = times.astype(np.float64)
    bad = ~((floats >= 0) & (floats <= LARGEST))
    index = tuple(map(int, np.unravel_index(int(bad.argmax()), times.shape)))
    _refuse(times[index].item(), index[0] if len(index) == 1 else index)


def _refuse(value: float, at: int | tuple[int, ...]) -> NoReturn:
    place = f" at index {at}" if at != () else ""
    raise ValueError(f"ts must hold finite numbers >= 0, got {value!r}{place}")
