"""Times in any order: a smooth curve as a quartic polynomial in each of some thousand cells.

To look five coefficients up and add five terms takes as long as a dozen additions, whatever the
formula: less than one sine, and far less than to look for the points of each piece. Cells in
which the curve is no quartic to the last digit are known, and the rates in these are computed;
if there are many, cells are made narrower. Of a curve that repeats itself only the first cycle
is laid out.

Whether a curve is smooth in a cell is not guessed from its rates. The formula is evaluated at
some times in it, with a number system that sees where it forks. What comes and goes between two
of these times without a fork is not seen; no family of ours does that.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

import numpy as np

from . import _numpy
from ._numpy import MANY_PIECES, MOST_COMPARED, NumPy
from ._ops import Formula, Num, Ops
from ._words import cycle, searches, uses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

SLOW = frozenset(("sin", "sin2", "expm1"))
"""Words that take longer than to look a quartic up."""

SOME = 1 << 11
"""Times by which all are judged."""

NEARLY_ALL = 0.9

FEWEST_TIMES = 1 << 18
"""For fewer times a table of cells does not pay."""

CELLS = (1 << 10, 1 << 12, 1 << 14)
"""How many are tried, or up to twice as many; these stay in the second-level cache.

The last is for formulas that take several times as long as to look a quartic up.
"""

FEWEST_PER_CELL = 1 << 6
"""With fewer times to a cell its table takes longer than they do."""

MOST_BAD = (1 / 64, 1 / 64, 1 / 4)
"""With a larger share of bad cells, or of times in them, narrower ones are faster, or none."""

FARTHEST = 1 << 22
"""No cell is more widths away from 0, so that the times in it are exact."""

SOME_CELLS = 32
"""If most of so many are bad, the others are not looked at."""

AT_ONCE = 1 << 19
"""So many times in bad cells are computed together."""

DEGREE = 4

NODES = 10
"""Times in each cell, twice as many as a quartic needs: what is rounded averages out."""

PLACES = np.rint(-np.cos(np.pi * (np.arange(NODES) + 0.5) / NODES) * 2.0**29) / 2.0**30
"""Where in a cell, which is from -1/2 to 1/2: at those of Chebyshev, in 30 bits."""

MOST_MISSED = 1.5 * 2.0**-52
"""How large the terms of higher degrees may be, relative to the least rate: the last digit."""

MOST_MISSED_AT_ENDS = 8.0 * 2.0**-52
"""By how much the rates at the ends of a cell may be missed: they are rounded, too."""

MOST_BENT = 2.0 * 2.0**-52
"""By how much a straight line may differ from its quartic, relative to the least rate."""

MOST_LOST = 1 / 64
"""With a larger share of bent cells quartics stay; with a smaller one these are bad."""

AT_A_TIME = 4
"""So many coefficients are looked up at once: 32 bytes are copied in one piece."""


class _Forks(NumPy):
    """Notes in which cells a formula may fork: told some times in each, a column for a cell.

    What is to be looked at is gathered, for there may be many pieces of a few cells each.
    """

    def __init__(self, cells: int) -> None:
        super().__init__()
        self.places: Array = np.arange(cells)  # the cells at hand
        self._forked = np.zeros(cells, np.bool_)
        self._gaps: list[tuple[Array, Array]] = []  # which must not be 0
        self._counts: list[tuple[Array, Array]] = []  # which must be the same in all of a cell

    def forked(self) -> Array:
        """Return the cells in which it may."""
        for cells, low, high in _least_and_largest(self._counts):
            self._forked[cells[low != high]] = True
        for cells, low, high in _least_and_largest(self._gaps):
            # One that changes by more than it leaves may be 0 where it is not looked at.
            safe = (low == high) | (2.0 * low > high) | (2.0 * high < low)
            self._forked[cells[~safe]] = True
        return self._forked

    def minimum(self, x: Any, y: Any) -> Any:  # type: ignore[override]
        self._gaps.append((self.places, x - y))
        return np.fmin(x, y)

    def maximum(self, x: Any, y: Any) -> Any:  # type: ignore[override]
        self._gaps.append((self.places, x - y))
        return np.fmax(x, y)

    def clip(self, x: Any, low: float, high: float) -> Any:  # type: ignore[override]
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Array, every: float) -> tuple[Array, Array]:  # type: ignore[override]
        whole, rest = NumPy.stairs(t, every)
        self._counts.append((self.places, whole))
        return whole, rest

    def pick(
        self, t: Array, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Array, ...]:
        if np.ndim(t) == 0:  # a constant
            return super().pick(t, edges, *columns)
        which = self._piece_of_each(np.atleast_2d(t), edges)
        return tuple(self.as_array(column).take(which) for column in columns)

    def piecewise(
        self, t: Array, edges: Sequence[float], piece: Callable[[int, Array], Array]
    ) -> Array:
        if np.ndim(t) == 0:  # a constant
            return super().piecewise(t, edges, piece)
        t = np.atleast_2d(t)  # it may be a picked number, one for each cell
        which = self._piece_of_each(t, edges)
        if self._has_models(piece, int(which.min()), int(which.max()), t.size, MANY_PIECES):
            return self._by_models(t, which, piece)
        result = np.empty((len(t), len(which)))
        around = self.places
        order = np.argsort(which, kind="stable")
        ends = np.flatnonzero(np.diff(which[order])) + 1
        for mine in np.split(order, ends):
            self.places = around[mine]
            result[:, mine] = piece(int(which[mine[0]]), t[:, mine])
        self.places = around
        return result

    def _piece_of_each(self, t: Array, edges: Sequence[float]) -> Array:
        """Return in which piece each cell is; of those in more than one any will do."""
        array = self.as_array(edges)
        first: Array = array.searchsorted(t.min(0), side="right")
        self._forked[self.places[first != array.searchsorted(t.max(0), side="right")]] = True
        return first


def _least_and_largest(noted: list[tuple[Array, Array]]) -> Iterator[tuple[Array, ...]]:
    """Yield cells, and the least and the largest number in each."""
    # Others are one number in each cell.
    varied = [(cells, x) for cells, x in noted if np.ndim(x) == 2 and len(x) > 1]
    if varied:
        all_ = np.concatenate([x for _, x in varied], 1)
        yield np.concatenate([cells for cells, _ in varied]), all_.min(0), all_.max(0)


def fill(formula: Formula, times: Array, low: float, high: float, out: Array) -> bool:
    """Write ``formula`` at every time in an array, if cells are the fastest way.

    Args:
        formula: of a schedule.
        times: of any shape and type.
        low: the least of them.
        high: the largest.
        out: an array of the same shape, of any float type.
    """
    if times.size < FEWEST_TIMES or not 1e-280 < high - low <= high < 1e280:
        return False
    some = _some(times)
    period = cycle(formula)
    if period is not None and period < high - low:
        low, high, some = 0.0, period, NumPy.stairs(some, period)[1]
    else:
        period = None
    slow = uses(formula, SLOW)
    if not slow and (_are_in_order(some) or not searches(formula, some)):
        return False
    slow = slow or searches(formula, some, MOST_COMPARED)
    for count, most_bad in zip(CELLS if slow else CELLS[:-1], MOST_BAD, strict=slow):
        width = math.ldexp(0.5, math.frexp((high - low) / count)[1])
        first, last = round(low / width), round(high / width)
        if last >= FARTHEST or times.size < FEWEST_PER_CELL * count:
            return False
        cells_of_some = np.rint(some / width).astype(np.intp)
        if np.mean(cells_of_some == 0) > most_bad:
            continue
        table = _table(formula, range(first, last + 1), width, most_bad)
        if table is None or np.isnan(table[cells_of_some - first, 0]).mean() > most_bad:
            continue
        times = _numpy.apart(times, out)
        axes = np.argsort([-abs(stride) for stride in times.strides], kind="stable")
        places = times.transpose(axes), out.transpose(axes)
        _look_up(formula, Cells(table, first, width, period), *places)
        return True
    return False


class Cells(NamedTuple):
    """Quartics that follow one another.

    Args:
        table: the coefficients of each.
        first: how many widths the first is away from 0.
        width: of a cell.
        period: after so much time they begin again, if they do.
    """

    table: Array
    first: int
    width: float
    period: float | None


def _look_up(formula: Formula, cells: Cells, times: Array, out: Array) -> None:
    """Write what the quartics are, and compute the rates in bad cells."""
    table, first, width, period = cells
    blocks = np.nditer(
        [times, out],
        flags=["external_loop", "buffered"],
        op_flags=[["readonly"], ["writeonly"]],
        op_dtypes=[np.float64, np.float64],
        casting="same_kind",
        order="C",
        buffersize=_numpy.BLOCK,
    )
    bad = _Bad(formula, out)
    degree = table.shape[1] - 1
    tables = [
        np.ascontiguousarray(table[:, k : k + AT_A_TIME])
        for k in range(0, degree + 1, AT_A_TIME)
    ]
    found = [np.empty((_numpy.BLOCK, some.shape[1])) for some in tables]
    at = 0
    with blocks:
        for t, rates in blocks:
            if period is not None:
                t = NumPy.stairs(t, period)[1]
            place = t * (1.0 / width)
            cell = np.rint(place)
            place -= cell
            if first:
                cell -= first
            cell = cell.astype(np.intp)
            c: list[Array] = []
            for some, into in zip(tables, found, strict=True):
                c.extend(some.take(cell, axis=0, out=into[: len(t)], mode="clip").T)
            bad.add(np.flatnonzero(np.isnan(c[0])), t, at)  # which may be overwritten now
            np.multiply(c[degree], place, out=rates)
            for k in range(degree - 1, 0, -1):
                rates += c[k]
                rates *= place
            rates += c[0]
            at += len(t)
    bad.compute()


def _some(times: Array) -> Array:
    """Return some of the times, from all places."""
    places = np.linspace(0, times.size - 1, SOME).astype(np.intp)
    return times[np.unravel_index(places, times.shape)].astype(np.float64)


def _are_in_order(times: Array) -> bool:
    """Return whether nearly all of some times rise, or nearly all fall."""
    steps = np.diff(times)
    return bool(max((steps >= 0.0).mean(), (steps <= 0.0).mean()) > NEARLY_ALL)


class _Bad:
    """The times in bad cells: there may be many pieces, so that many are computed at once."""

    def __init__(self, formula: Formula, out: Array) -> None:
        self._formula = formula
        self._out = out
        self._places: list[Array] = []
        self._times: list[Array] = []
        self._count = 0

    def add(self, bad: Array, times: Array, at: int) -> None:
        """Add some of the times that begin at a place of the whole array."""
        if self._count > AT_ONCE:  # not after these, which have not been written yet
            self.compute()
        self._places.append(bad + at)
        self._times.append(times[bad])
        self._count += len(bad)

    def compute(self) -> None:
        times = np.concatenate(self._times)
        _numpy.fill(self._formula, times, times)
        self._out.flat[np.concatenate(self._places)] = times
        self._places.clear()
        self._times.clear()
        self._count = 0


def _table(formula: Formula, cells: range, width: float, most_bad: float) -> Array | None:
    """Return the coefficients for each cell, NaN for bad ones, if most are good."""
    some = np.linspace(cells.start, cells.stop - 1, SOME_CELLS).round()
    if np.isnan(_quartics(formula, some, width)[:, 0]).mean() > 0.5 + most_bad:
        return None
    few = _numpy.BLOCK // (NODES + 2)
    parts: list[Array] = []
    bad = 0
    for at in range(cells.start, cells.stop, few):
        these = np.arange(float(at), min(at + few, cells.stop))
        parts.append(_quartics(formula, these, width))
        bad += int(np.isnan(parts[-1][:, 0]).sum())
        if bad > most_bad * len(cells):
            return None
    return _straightened(np.concatenate(parts))


def _straightened(table: Array) -> Array:
    """Return straight lines in place of quartics where nearly all of these are lines."""
    size = np.abs(table)
    least = size[:, 0] - 0.5 * size[:, 1]
    bent = np.abs(table[:, 2:] @ _BENT).max(1) > MOST_BENT * least
    if bent.mean() > MOST_LOST:
        return table
    lines = table[:, :2].copy()
    lines[bent, 0] = math.nan
    return lines


def _quartics(formula: Formula, cell: Array, width: float) -> Array:
    """Return these of some of the cells."""
    t = np.empty((NODES + 2, len(cell)))
    t[0] = np.nextafter((cell - 0.5) * width, 0.0)  # a seam at the start counts as inside
    t[1:-1] = (cell + PLACES[:, None]) * width
    t[-1] = (cell + 0.5) * width
    xp = _Forks(len(cell))
    rates = np.broadcast_to(formula(cast(Num, np.maximum(t, 0.0)), cast(Ops, xp)), t.shape)
    nodes = rates[1:-1]
    middle, least = nodes[NODES // 2], np.abs(nodes).min(0)
    change = nodes - middle
    terms = _TERMS @ change
    good = (np.abs(change).max(0) <= least) & ~xp.forked()  # else digits would cancel
    good &= np.abs(terms[DEGREE + 1 :]).max(0) <= MOST_MISSED * least
    good &= cell > 0.0  # the first rate is exact
    quartics = _POWERS @ terms[: DEGREE + 1]
    quartics[0] += middle
    # What begins just before a cell may be over before its first node.
    for end in (0, -1):
        place = t[end] / width - cell
        missed = quartics[DEGREE]
        for k in range(DEGREE - 1, -1, -1):
            missed = missed * place + quartics[k]
        good &= np.abs(missed - rates[end]) <= MOST_MISSED_AT_ENDS * least
    quartics[0, ~good] = math.nan
    return np.ascontiguousarray(quartics.T)


def _chebyshev(places: Array, degree: int) -> Array:
    return np.polynomial.chebyshev.chebvander(2.0 * places, degree)


_TERMS = np.linalg.inv(_chebyshev(PLACES, NODES - 1))
"""Rates at the nodes to the terms of a Chebyshev series, of which a quartic keeps the first."""

_SOME = np.arange(DEGREE + 1) / DEGREE - 0.5
_POWERS = np.linalg.inv(np.vander(_SOME, increasing=True)) @ _chebyshev(_SOME, DEGREE)
"""These to the coefficients of powers of the place in the cell."""

_BENT = np.vander(PLACES, DEGREE + 1, increasing=True).T[2:]
"""Coefficients to how far a quartic is from a straight line, at the nodes."""
