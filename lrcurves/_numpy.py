"""NumPy, in blocks that stay in the cache.

A formula makes a temporary array for each of its operations. In blocks of some thousand points
these stay in the second-level cache, which makes them several times faster than over the whole
array, and bounds the memory to the result whatever its length.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, chain
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._growth import GrowthByTable, rounded
from ._ops import FLOATS, PI_REST, Formula, Num, OnClocks, Ops, Piece, growth_by_parts
from ._search import Edges
from ._stack import Column, NoModel, Stack

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

BLOCK = 1 << 13

MOST_SORTED = 1 << 20
"""So many points at once are sorted, where many pieces have a few points of each block."""

MOST_STAIRS = 2.0**26 - 1.0
"""Up to here a whole number times what 53 bits less its own leave of a float is exact."""

FEW_PIECES = 5
"""Up to here the points of each piece are looked for."""

MANY_PIECES = 16
"""Beyond so many pieces it is faster to sort the times of many blocks first."""

MANY_PARTS = 48
"""From so many parts on, it is faster to compute all that are alike at once."""

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
        self._searched: dict[int, tuple[object, Edges]] = {}
        self._tables: dict[GrowthByTable, Array] = {}
        self._points = 0  # that were in many pieces so far
        self.places: Array | None = None  # of the points at hand in the block, if it has any

    def as_array(self, numbers: Sequence[float]) -> Array:
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
        if isinstance(y, np.ndarray) and not isinstance(x, np.ndarray | Column):
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
        if np.ndim(t) == 0:
            return cast("Array", FLOATS.growth(factor, cast(Num, t), every))
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
        if np.ndim(t) == 0:  # a constant
            return cast("tuple[Array, ...]", FLOATS.pick(cast(Num, t), edges, *columns))
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return tuple(np.full(t.shape, column[first]) for column in columns)
        which = self._pieces(t, edges, first, last)
        return tuple(self.as_array(column)[first : last + 1].take(which) for column in columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        if np.ndim(t) == 0:
            return cast("Array", FLOATS.piecewise(cast(Num, t), edges, cast(Piece, piece)))
        first, last = bisect_right(edges, t.min()), bisect_right(edges, t.max())
        if first == last:
            return piece(first, t)
        which = self._pieces(t, edges, first, last)
        if self._has_models(piece, first, last, t.size, MANY_PARTS):
            return self._by_models(t, first + which.astype(np.intp), piece)
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

    def _has_models(self, piece: object, first: int, last: int, points: int, many: int) -> bool:
        """Return whether to compute some pieces by their models.

        Args:
            piece: what computes one of them.
            first: the number of the first.
            last: that of the last.
            points: how many times there are.
            many: so many pieces at least.
        """
        if last - first < many or not isinstance(piece, OnClocks):
            return False
        self._points += points
        # For a few times to look for models takes longer than they do.
        is_worth_it = piece.clocks.stack is not None or self._points >= len(piece.clocks.parts)
        return is_worth_it and stack_of(piece).covers(first, last)

    def _by_models(self, t: Array, which: Array, piece: Callable[[int, Array], Array]) -> Array:
        """Return the rates at some times, computed by the models of the parts they are in.

        Args:
            t: the times; the last axis is that of the parts.
            which: the number of the part.
            piece: the parts on their clocks.
        """
        result, around = np.empty_like(t), self.places
        stack = stack_of(cast(OnClocks, piece))
        for group, mine in stack.members(which):
            if around is not None:
                self._enter(around[mine])
            if isinstance(group, int):
                result[..., mine] = piece(group, t[..., mine])
            else:
                places = stack.place.take(which[mine])
                result[..., mine] = group.rates(t[..., mine], places, cast(Ops, self))
        self.places = around
        return result

    def _enter(self, places: Array) -> None:
        """Go on with some of the points."""
        self.places = places

    def _pieces(self, t: Array, edges: Sequence[float], first: int, last: int) -> Array:
        """Return how many edges after the first ones are ``<= t``."""
        if last - first > MOST_COMPARED:
            if t.size < len(edges):
                return self.as_array(edges)[first:last].searchsorted(t, side="right")
            known = self._searched.get(id(edges))
            if known is None:
                known = self._searched[id(edges)] = edges, Edges(self.as_array(edges))
            return known[1].passed(t) - first
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


class _OnColumns(NumPy):
    """Refuses what cannot be done with columns, or only at some times.

    The other words raise an error if they need a float where a column is, at any time.
    """

    def piecewise(self, t: Any, edges: Any, piece: Any) -> Any:
        raise NoModel

    def pick(self, t: Any, edges: Any, *columns: Any) -> Any:
        if any(isinstance(x, Column) for x in chain(edges, *columns)):
            raise NoModel
        return super().pick(t, edges, *columns)

    def stairs(self, t: Any, every: Any) -> Any:  # type: ignore[override]
        if isinstance(every, Column):
            raise NoModel
        return super().stairs(t, every)


def stack_of(piece: OnClocks) -> Stack:
    """Return the models of the parts of a sequence, which keeps them."""
    clocks = piece.clocks
    if clocks.stack is None:
        systems = cast(Ops, _OnColumns()), cast(Ops, NumPy())
        clocks.stack = Stack(clocks.parts, clocks.starts, *systems)
    return cast(Stack, clocks.stack)


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
