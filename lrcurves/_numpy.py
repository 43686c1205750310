"""NumPy, in blocks that stay in the cache.

A formula makes a temporary array for each of its operations. In blocks of some thousand points
these stay in the second-level cache, which makes them several times faster than over the whole
array, and bounds the memory to the result whatever its length.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

from ._ops import FLOATS, PI_REST, Formula, Num, Ops, growth_by_parts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

BLOCK = 1 << 13

MOST_SORTED = 1 << 20
"""So many points at once are sorted, where many pieces have a few points of each block."""

MOST_STAIRS = 2.0**26 - 1.0
"""Up to here a whole number times what 53 bits less its own leave of a float is exact."""

LARGEST_EXPONENT = 700.0
"""The exponential of a number up to this size is far from the ends of the floats."""

FEW_PIECES = 5
"""Up to here the points of each piece are looked for."""

MANY_PIECES = 16
"""Beyond so many pieces it is faster to sort the times of many blocks first."""

MOST_COMPARED = 48
"""Up to so many edges, to compare all times with each is faster than to search among them."""

LARGEST_WHOLE = 2.0**53
"""Up to here every whole number is a float."""


class Sort(Exception):  # noqa: N818 - it is a request, not an error
    """Sort the times first: the block has too many pieces to look for the points of each."""


class NumPy:
    """One block of times. A block inside one piece runs plain; a mixed one is split.

    Args:
        may_sort: whether a block of many pieces asks for its times in order.
    """

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

    def __init__(self, *, may_sort: bool = False) -> None:
        self._may_sort = may_sort
        self._arrays: dict[int, tuple[object, Array]] = {}
        self._tables: dict[GrowthByTable, Array] = {}
        self.places: Array | None = None  # of the points at hand in the block, if it has any

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
        if isinstance(y, np.ndarray) and not isinstance(x, np.ndarray):
            return _power_of(x, y)
        return cast("Array", np.power(x, y))

    @staticmethod
    def stairs(t: Array, every: float) -> tuple[Array, Array]:
        whole = np.floor(t / every)
        most = float(whole.max())
        if not most <= MOST_STAIRS:
            rest = np.fmod(t, every)
            return np.rint((t - rest) / every), rest
        # A whole number times either half of ``every`` is exact, and so is what is left, for it
        # is the remainder. Only the quotient may have been rounded up to a whole number.
        high = rounded(every, 53 - int(most).bit_length())
        rest = t - whole * high
        if high != every:
            rest -= whole * (every - high)
        if rest.min() < 0.0:
            early = rest < 0.0
            whole -= early
            rest += every * early
        return whole, rest

    def growth(self, factor: float, t: Array, every: float) -> Array:
        """Return ``factor ** (t / every)``: a power from a table, times a small one."""
        latest = float(t.max())
        by_table = GrowthByTable.of(factor, every, latest)
        if by_table and t.min() >= 0.0:
            whole = np.rint(t * by_table.inverse)
            rest = t - whole * by_table.high
            if by_table.low:
                rest -= whole * by_table.low
            rest *= by_table.rate
            powers = self._tables.get(by_table)
            if powers is None or len(powers) <= latest * by_table.inverse + 0.5:
                powers = self._tables[by_table] = by_table.powers(latest)
            grown = np.exp(rest, out=rest)
            grown *= powers.take(whole.astype(np.intp))
            return grown
        return cast("Array", growth_by_parts(factor, cast(Num, t), every, cast(Ops, self)))

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return tuple(np.full(t.shape, column[first]) for column in columns)
        which = self._pieces(t, edges, first, last)
        return tuple(self._array(column)[first : last + 1].take(which) for column in columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return piece(first, t)
        which = self._pieces(t, edges, first, last)
        sizes = _sizes(which, last - first + 1)
        result, around = np.empty_like(t), self.places
        for i, mine in self._members(which, sizes):
            here = t[mine]
            if around is not None:
                self._enter(around[mine])
            elif here.size == t.size:
                here = _within(t, edges, first + i)
            result[mine] = piece(first + i, here)
        self.places = around
        return result

    def _enter(self, places: Array) -> None:
        """Go on with some of the points."""
        self.places = places

    def _pieces(self, t: Array, edges: Sequence[float], first: int, last: int) -> Array:
        """Return how many edges after the first ones are ``<= t``."""
        if last - first > MOST_COMPARED:
            return np.searchsorted(self._array(edges)[first:last], t, side="right")
        which = (t >= edges[first]).view(np.uint8)
        for edge in edges[first + 1 : last]:
            which += t >= edge
        return which

    def _members(
        self, which: Array, sizes: Sequence[int]
    ) -> Iterator[tuple[int, slice | Array]]:
        """Give the number of each piece that has any points, and where they are."""
        cuts = [0, *accumulate(sizes)]
        count = len(sizes)
        if (which[1:] >= which[:-1]).all():
            yield from ((i, slice(cuts[i], cuts[i + 1])) for i in range(count) if sizes[i])
        elif count <= FEW_PIECES:
            yield from self._few_members(which, sizes)
        elif self._may_sort and count > MANY_PIECES:
            raise Sort
        else:
            # Narrow numbers are sorted by counting.
            wide = which.itemsize > 1 and count < 1 << 16
            order = np.argsort(which.astype(np.uint16) if wide else which, kind="stable")
            yield from ((i, order[cuts[i] : cuts[i + 1]]) for i in range(count) if sizes[i])

    def _few_members(
        self, which: Array, sizes: Sequence[int]
    ) -> Iterator[tuple[int, slice | Array]]:
        """Look for the points of each piece.

        A piece of most points comes first, with all points: that is faster than to gather its
        own, and the others overwrite theirs.
        """
        main = -1
        if self.places is None and 2 * max(sizes) >= which.size:
            main = sizes.index(max(sizes))
            yield main, slice(0, which.size)
        for i, size in enumerate(sizes):
            if size and i != main:
                yield i, np.flatnonzero(which == i)


def _sizes(which: Array, count: int) -> list[int]:
    """Return how often each of so many numbers is there."""
    if count > FEW_PIECES:
        return cast("list[int]", np.bincount(which.ravel(), minlength=count).tolist())
    return [int(np.count_nonzero(which == i)) for i in range(count)]


def _within(t: Array, edges: Sequence[float], i: int) -> Array:
    """Return times at the nearest place in piece ``i``."""
    if i > 0:
        t = np.fmax(t, edges[i - 1])
    if i < len(edges):
        t = np.fmin(t, math.nextafter(edges[i], 0.0))
    return t


def _power_of(x: float, y: Array) -> Array:
    """Return a constant to some powers, of which a few whole ones are often all."""
    low, high = float(y.min()), float(y.max())
    if low == high:
        return np.full(y.shape, FLOATS.power(x, low))
    if high - low < y.size / 4 and low.is_integer() and (y == np.rint(y)).all():
        few: Array = np.power(x, np.arange(low, high + 1.0))
        return few.take((y - low).astype(np.intp))
    return np.power(x, y)


class GrowthByTable(NamedTuple):
    """How to compute ``factor ** (t / every)`` as a power from a table, times a small one.

    The whole parts of time are so long that the factor of a part lies between ``exp(1/2)`` and
    e, or the inverse of these. Hence a table of all of them is short. What is left of a time
    is exact: the product of a whole number below 2**11 and a float of 42 bits is, and so is the
    difference of two numbers that are so near.

    Args:
        factor: as said.
        share: of ``every`` in a part.
        inverse: 1 by a part.
        high: a part, in 42 bits.
        low: the rest of it.
        rate: the logarithm of the factor, by ``every``.
    """

    factor: float
    share: float
    inverse: float
    high: float
    low: float
    rate: float

    @classmethod
    def of(cls, factor: float, every: float, latest: float) -> GrowthByTable | None:
        """Return how, if that is possible up to the latest time."""
        log = math.log(factor)
        if log == 0.0 or not 1e-280 < every < 1e280:  # near the ends of the floats
            return None
        part = math.ldexp(every, -math.frexp(log)[1])
        high, rate = rounded(part, 42), log / every
        if not (latest * (1.0 / part) + 0.5) * abs(rate * part) <= LARGEST_EXPONENT:
            return None
        return cls(factor, part / every, 1.0 / part, high, part - high, rate)

    def powers(self, latest: float) -> Array:
        """Return the powers of the factor to any number of parts."""
        return np.power(self.factor, np.arange(latest * self.inverse + 1.5) * self.share)


def rounded(x: float, bits: int) -> float:
    """Return the nearest number of so many bits."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits)


def apart(times: Array, out: Array) -> Array:
    """Return the times, or a copy if to write some rates would change other times."""
    same = (
        times.__array_interface__["data"][0] == out.__array_interface__["data"][0]
        and times.strides == out.strides
        and times.itemsize == out.itemsize
    )
    return times if same or not np.may_share_memory(times, out) else times.copy()


def some_at_once(times: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    """Yield some of the times, in an array of one dimension, and where their rates belong.

    Args:
        times: of any shape and type.
        out: an array of the same shape, of any float type.
    """
    times = apart(times, out)
    for many, rates in _flat(times, out):
        for at in range(0, len(many), MOST_SORTED):
            yield many[at : at + MOST_SORTED], rates[at : at + MOST_SORTED]


def _flat(times: Array, out: Array) -> Iterator[tuple[Array, Array]]:
    if times.flags.c_contiguous and out.flags.c_contiguous:
        yield times.reshape(-1), out.reshape(-1)
        return
    blocks = np.nditer(
        [times, out],
        flags=["external_loop", "buffered", "zerosize_ok"],
        op_flags=[["readonly"], ["writeonly"]],
        buffersize=MOST_SORTED,
    )
    with blocks:
        yield from blocks


def fill(formula: Formula, times: Array, out: Array) -> None:
    """Write ``formula`` at every time in an array, block by block."""
    xp = NumPy(may_sort=True)
    for some, rates in some_at_once(times, out):
        _fill_in_blocks(formula, some, rates, xp)


def _fill_in_blocks(formula: Formula, times: Array, out: Array, xp: NumPy) -> None:
    for at in range(0, len(times), BLOCK):
        block = slice(at, at + BLOCK)
        t = times[block].astype(np.float64, copy=False)
        try:
            out[block] = formula(cast(Num, t), cast(Ops, xp))
        except Sort:  # all that are left; the others may have been overwritten
            _fill_in_order(formula, times[at:], out[at:])
            return


def _order(times: Array) -> Array:
    """Return an order in which times >= 0 rise, but for some that are nearly the same.

    To sort numbers is several times faster than to sort places by numbers. Hence the last
    digits of each time make room for its place.
    """
    keys = times.astype(np.float64).view(np.uint64)
    places = np.uint64((1 << len(keys).bit_length()) - 1)
    keys &= ~places
    keys |= np.arange(len(keys), dtype=np.uint64)
    keys.sort()
    keys &= places
    return keys.view(np.int64)


def _fill_in_order(formula: Formula, times: Array, out: Array) -> None:
    order = _order(times)
    rates = times.take(order, mode="clip").astype(np.float64, copy=False)  # unchecked
    _fill_in_blocks(formula, rates, rates, NumPy())
    out[order] = rates
