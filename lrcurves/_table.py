"""Tables of rates: what may be asked for, and the fastest way to each.

A range becomes a grid. So does an array that turns out to be an arithmetic progression. Whole
numbers in any order are looked up in a table of the range that they cover. The rest is computed
in blocks.
"""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias, cast

import numpy as np

from . import _grid, _numpy
from ._domains import shown
from ._numpy import LARGEST_WHOLE, NumPy
from ._ops import Formula, Num, Ops

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import ArrayLike, DTypeLike, NDArray

    Array: TypeAlias = NDArray[Any]

LARGEST = sys.float_info.max

FEW = 1 << 11
"""So few times are computed in blocks without further thought."""

WINDOW = 1 << 22
"""Entries of a table in which times are looked up: 32 MiB."""

MOST_WINDOWS = 3
"""So many tables, one after the other, are faster than to sort times by many pieces."""


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
    span = _check_range(times) if isinstance(times, range) else _check_times(times)
    if out is None:
        out = np.empty(shape, _float_type(dtype))
    else:
        _check_out(out, shape, dtype)
    with np.errstate(all="ignore"):
        if isinstance(times, range):
            _fill_range(formula, times, out)
        elif _pays_to_look_up(formula, times, span, out):
            _look_up(formula, times, span, out)
        else:
            _numpy.fill(formula, times, out)
    return out


def _fill_range(formula: Formula, times: range, out: Array) -> None:
    if len(times) < FEW or max(times[0], times[-1]) > LARGEST_WHOLE:
        _numpy.fill_range(formula, times, out)
    else:
        _grid.fill_range(formula, times, out)


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


def _pays_to_look_up(formula: Formula, times: Array, span: Span, out: Array) -> bool:
    """Return whether a table of all rates in the span of some times is the fastest way."""
    if times.size < FEW or span.high > LARGEST_WHOLE:
        return False
    size = span.high - span.low + 1.0
    if size > min(WINDOW * MOST_WINDOWS, times.size):
        return False
    # A second pass must not read times that the first has overwritten.
    most = 1 if np.may_share_memory(times, out) else MOST_WINDOWS
    return size <= WINDOW * min(_tables_worth(formula), most) and _are_whole(times)


class _Costly(Exception):  # noqa: N818 - it is an answer, not an error
    """There is a word that takes as long as looking rates up in so many tables."""

    def __init__(self, tables: int) -> None:
        super().__init__(tables)
        self.tables = tables


class _Arithmetic(NumPy):
    """What is faster than that."""

    def __getattribute__(self, name: str) -> Any:
        if name in ("sin", "sin2", "tanh", "stairs", "pick"):
            raise _Costly(1)
        return super().__getattribute__(name)

    def piecewise(self, t: Array, edges: Sequence[float], piece: object) -> NoReturn:
        raise _Costly(MOST_WINDOWS if len(edges) > _numpy.MANY_PIECES else 1)


def _tables_worth(formula: Formula) -> int:
    """Return in how many tables rates are looked up faster than they are computed."""
    try:
        formula(cast(Num, np.ones(1)), cast(Ops, _Arithmetic()))
    except _Costly as costly:
        return costly.tables
    return 0


def _look_up(formula: Formula, times: Array, span: Span, out: Array) -> None:
    """Compute the rates of all whole times, some at once, and take those that are asked for."""
    first, last = int(span.low), int(span.high)
    rates = np.empty(min(WINDOW, last - first + 1))
    for start in range(first, last + 1, WINDOW):
        window = range(start, min(start + WINDOW, last + 1))
        _fill_range(formula, window, rates[: len(window)])
        blocks = np.nditer(
            [times, out],
            flags=["external_loop", "buffered", "copy_if_overlap"],
            op_flags=[["readonly"], ["readwrite"]],
            op_dtypes=[np.int64, np.float64],
            casting="unsafe",
            buffersize=_numpy.BLOCK,
        )
        with blocks:
            for t, lr in blocks:
                at = t - start
                if last - first < WINDOW:
                    rates.take(at, out=lr, mode="clip")
                else:
                    mine = (at >= 0) & (at < len(window))
                    lr[mine] = rates[at[mine]]


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


class Span(NamedTuple):
    """The least of some times and the largest."""

    low: float
    high: float


def _check_range(times: range) -> Span:
    for at in (0, len(times) - 1):
        if len(times) and not 0 <= times[at] <= LARGEST:
            _refuse(_as_float(times[at]) if times[at] > 0 else times[at], at)
    return Span(0.0, 0.0)


def _in_cache(times: Array) -> Iterator[Array]:
    """Yield the times, some at once."""
    flags: Any = ["external_loop", "buffered"]
    return cast("Iterator[Array]", np.nditer(times, flags=flags, buffersize=4 * _numpy.BLOCK))


def _check_times(times: Array) -> Span:
    """Refuse what is no time."""
    low, high = math.inf, 0.0
    if not times.size:
        return Span(low, high)
    if times.dtype.kind not in "iuf":
        raise TypeError(
            f"ts must hold ints or floats, got {shown(times)} of dtype {times.dtype}"
        )
    for block in _in_cache(times):
        least, most = block.min(), block.max()
        if not (least >= 0 and float(most) <= LARGEST):
            _refuse_first(times)
        low, high = min(low, float(least)), max(high, float(most))
    return Span(low, high)


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
