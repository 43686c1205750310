"""Cycles and pieces of any length as rows of matrices: where each begins is up to it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import _grid, _in_order, _numpy
from ._grid import Grid
from ._in_order import InOrder
from ._matrix import Line, Ramp, as_products, settled
from ._numpy import NumPy
from ._ops import Formula, Num, Ops
from ._requests import Blocks, Cut, Split
from ._write import POINTS_SIZE, rows_apart, write

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

SHORTEST_ROW = 256
"""A period of so many points is one row, so that a count of periods varies along rows only."""

SMALLEST = 1 << 13
"""Below so many points a matrix does not pay."""

TRIES = 8
"""So many layouts may fail, and two more for each shortest piece; the rest is blocks.

Otherwise the sum of a thousand lines that all end nearby would be cut a thousand times.
"""

SHORTEST_SMOOTH = 1 << 18
"""Below so many points interpolation does not pay."""

NARROWEST = 16
"""No row has fewer columns then, and no part of a cycle."""

SHORTEST_PIECE_ROW = 128
"""Points in a row that is some of a piece."""

FEWEST_PIECES = 16
"""So many pieces that are alike are rows of one matrix."""

MOST_CACHED = 1 << 20
"""So many results at most are written in turns, so that they stay in the cache meanwhile."""

MOST_ROWS = 1 << 16
"""So many at once, so that their factors stay small."""


def tries_of(points: int) -> int:
    """Return how many layouts of so many points may fail."""
    return TRIES + 2 * points // _grid.SHORTEST_PIECE


def in_blocks(formula: Formula, times: range, out: Array, xp: InOrder | None = None) -> None:
    """Write the rates at some times whose ends are written by others."""
    _in_order.fill_range(formula, times, out, exact_ends=False, xp=xp)


def fill_cycles(formula: Formula, times: range, starts: Array, out: Array) -> None:
    """Write some cycles, each of which begins where the one before it ends."""
    sizes = np.diff(starts)
    width = int(sizes.min())
    for more in range(width, int(sizes.max())):  # one at most, but for the rounding of times
        _point_by_point(formula, times, starts[:-1][sizes > more] + more, 1, out)
    if not _fill_rows(formula, times, starts[:-1], width, out):
        _point_by_point(formula, times, starts[:-1], width, out)


def fill_pieces(
    formula: Formula, times: range, starts: Array, kinds: Array, out: Array
) -> None:
    """Write pieces that follow one another, those of one kind in rows of one matrix."""
    sizes = np.diff(starts)
    left = sizes > 0
    alike = list(_alike(kinds, sizes))
    if 2 * sum(sizes[mine].sum() for mine, _ in alike) < sizes.sum():
        alike = []  # between them there would be many ranges of a few pieces each
    alone = [starts[:1], starts[-1:] - 1]
    for mine, width in alike:
        rows = _rows_of(starts[mine], sizes[mine], width)
        several = [rows[at : at + MOST_ROWS] for at in range(0, len(rows), MOST_ROWS)]
        if all(_fill_rows(formula, times, some, width, out) for some in several):
            left[mine] = False
            alone += [starts[mine], starts[mine + 1] - 1]
    xp = InOrder()
    ends = np.flatnonzero(np.diff(left, prepend=False, append=False))
    for first, last in starts[ends].reshape(-1, 2).tolist():
        in_blocks(formula, times[first:last], out[first:last], xp)
        alone.append(np.array([first, last - 1]))
    _in_order.fill_points(formula, times, np.unique(np.concatenate(alone)), out)


def _alike(kinds: Array, sizes: Array) -> Iterator[tuple[Array, int]]:
    """Yield the pieces of which rows of so many points are made.

    Those of one size are a row each. What is left of a kind, if it is long enough, is cut.
    """
    is_long = (kinds >= 0) & (sizes >= SHORTEST_PIECE_ROW)
    for kind in np.unique(kinds[is_long]):
        mine = np.flatnonzero(is_long & (kinds == kind))
        widths, which, counts = np.unique(sizes[mine], return_inverse=True, return_counts=True)
        are_rows = (counts >= FEWEST_PIECES) & (counts * widths >= SMALLEST)
        for i in np.flatnonzero(are_rows):
            yield mine[which == i], int(widths[i])
        rest = mine[~are_rows[which]]
        if len(rest) >= FEWEST_PIECES and sizes[rest].sum() >= SMALLEST:
            yield rest, SHORTEST_PIECE_ROW


def _rows_of(starts: Array, sizes: Array, width: int) -> Array:
    """Return where rows begin that cover some pieces; the last two of each may overlap."""
    counts = -(-sizes // width)
    ends = np.cumsum(counts)
    rows: Array = starts.repeat(counts) + width * (
        np.arange(ends[-1]) - (ends - counts).repeat(counts)
    )
    rows[ends - 1] = starts + sizes - width
    return rows


def _fill_rows(formula: Formula, times: range, starts: Array, width: int, out: Array) -> bool:
    """Write rows of so many points, each of which is in one cycle, or one piece.

    Returns:
        whether that has been done; a formula that wants blocks has them elsewhere.
    """
    parts, is_first = [(starts, width)], True
    tries = tries_of(len(starts) * width)
    while parts:
        starts, width = parts.pop()
        points = len(starts) * width
        if not tries or width < NARROWEST or points < SMALLEST:
            _point_by_point(formula, times, starts, width, out)
            continue
        try:
            t = _rows_ramp(times, starts, width)
            value = settled(formula(cast(Num, t), cast(Ops, Grid(1, points, of_cycles=True))))
            if isinstance(value, Ramp):
                value = as_products(value)
        except Split as split:
            tries, is_first = tries - 1, False
            column = 0
            for some, others in (*split.columns, (width, width)):
                if column < some:
                    parts.append((starts + column, some - column))
                if some < others:
                    _point_by_point(formula, times, starts + some, others - some, out)
                column = max(column, others)
        except Cut as cut:
            tries, is_first = tries - 1, False
            row = 0
            for at in (*cut.at, points):
                if row < at // width:
                    parts.append((starts[row : at // width], width))
                row = -(-at // width)
                if at % width:
                    _point_by_point(formula, times, starts[row - 1 : row], width, out)
        except Blocks:
            if is_first:
                return False
            _point_by_point(formula, times, starts, width, out)
        else:
            _write_rows(value, starts, width, out)
    return True


def _rows_ramp(times: range, starts: Array, width: int) -> Ramp:
    columns = np.arange(width) * float(abs(times.step))
    if times.step < 0:
        columns = columns[::-1].copy()
        starts = starts + (width - 1)
    is_long = len(starts) * width >= SHORTEST_SMOOTH and width >= SHORTEST_ROW
    line = Line(columns, is_long=is_long, is_time=True)
    return Ramp(float(times.start) + starts * float(times.step), columns, line)


def _write_rows(value: Any, starts: Array, width: int, out: Array) -> None:
    """Write a value whose rows begin at some points."""
    size, gaps = out.strides[0], np.diff(starts)
    windows = as_strided(out, (len(out) - width + 1, width), (size, size))
    if not len(gaps) or np.ptp(gaps) <= 1:
        _write_regular_rows(value, starts, windows)
        return
    spare = np.empty((max(1, POINTS_SIZE // width), width))
    for at in range(0, len(starts), len(spare)):
        rows = slice(at, min(at + len(spare), len(starts)))
        some = spare[: rows.stop - at]
        write(value, some, rows)
        windows[starts[rows]] = some


def _write_regular_rows(value: Any, starts: Array, windows: Array) -> None:
    """Write a value whose rows are about equally far apart.

    Some number of rows is nearly a whole number of points, so that every so many of them are
    equally far apart for a while: a matrix in memory. As many such matrices as lie among one
    another are written while they are in the cache.

    Args:
        value: which has a row for each of the starts.
        starts: where each begins.
        windows: the result from each of its points on, as long as a row.
    """
    rows, width = len(starts), windows.shape[1]
    at_once = rows_apart(width)
    mean = Fraction(int(starts[-1] - starts[0]), max(rows - 1, 1))
    most = max(1, min(math.isqrt(rows), MOST_CACHED // (at_once * width)))
    every = mean.limit_denominator(most).denominator
    gaps = starts[every:] - starts[:-every]
    is_steady = bool((gaps == gaps[:1]).all())
    for first in range(0, rows, every * at_once):
        last = min(first + every * at_once, rows)
        for row in range(first, min(first + every, last)):
            while row < last:
                start, alike = int(starts[row]), gaps[row : last - every : every]
                gap = int(alike[0]) if len(alike) else 1
                count = 1 + len(alike)
                if not is_steady and not (alike := alike == gap).all():
                    count = 1 + int(alike.argmin())
                memory = windows[start : start + count * gap : gap]
                write(value, memory, slice(row, row + count * every, every))
                row += count * every


def _point_by_point(
    formula: Formula, times: range, starts: Array, width: int, out: Array
) -> None:
    """Compute so many points from each start on."""
    rows = max(1, _numpy.BLOCK // width)
    for at in range(0, len(starts), rows):
        points = (starts[at : at + rows, None] + np.arange(width)).ravel()
        t = float(times.start) + points * float(times.step)
        out[points] = formula(cast(Num, t), cast(Ops, NumPy()))
