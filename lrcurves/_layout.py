"""Ranges of times, laid out as matrices: region by region, until all rates are written.

A region is some of the times in their order. If the formula asks for another layout, it is cut,
or its rows are made longer or shorter, and it is tried again. The points beside a cut are
computed by the floats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np
from numpy.lib.stride_tricks import as_strided

from . import _grid, _in_order, _numpy
from ._grid import Grid
from ._matrix import (
    Line,
    Points,
    Products,
    Ramp,
    Rows,
    across,
    as_products,
    is_ready,
    settled,
)
from ._numpy import NumPy
from ._ops import FLOATS, Formula, Num, Ops
from ._requests import WIDEST, WIDEST_PRODUCT, Align, Blocks, Cut, Cycles, Split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

SHORTEST_ROW = 256
"""A period of so many points is one row, so that a count of periods varies along rows only."""

SMALLEST = 1 << 13
"""Below so many points a matrix does not pay."""

LARGEST = 1 << 27
"""So many points at once, so that the factors of a matrix do not grow with the range."""

TRIES = 8
"""So many layouts may fail, and two more for each shortest piece; the rest is blocks.

Otherwise the sum of a thousand lines that all end nearby would be cut a thousand times.
"""

SHORTEST_SMOOTH = 1 << 18
"""Below so many points interpolation does not pay."""

NARROWER = 16
"""So many times narrower are rows where a function is not smooth enough."""

NARROWEST = 16
"""No row has fewer columns then, and no part of a cycle."""

SHORTEST_NARROWED = 1 << 16
"""Below so many points, where rows have been narrowed, that does not pay any more."""

LAYOUTS = 64
"""So many numbers of rows are considered."""

FEW = 16
"""So few points are computed one by one."""

MOST_FLOPS = 250_000
"""OpenBLAS hands products of more than 2**18 multiplications to several threads."""

PRODUCT_SIZE = 1 << 15
POINTS_SIZE = 1 << 14
"""How many results are computed at once, so that they stay in the cache."""

MOST_APART = 32
"""So many rows at once that are apart in memory, for a processor keeps few places at hand."""

FEWEST_AT_ONCE = 1 << 12
"""But at least so many results: fewer take longer to ask for than to compute."""


@dataclass(frozen=True)
class Region:
    """Some of the times of a range, and how they may be laid out."""

    start: int
    stop: int
    widest: int = WIDEST
    unit: int = 1

    def layout(self) -> tuple[int, int]:
        """Return how many rows and columns the matrix has; a few points may be left over."""
        size = self.stop - self.start
        width = max(16, min(self.widest, math.isqrt(4 * size)))
        if self.unit > 1:
            width = self.unit * (1 if self.unit >= SHORTEST_ROW else max(1, width // self.unit))
            return size // width, width
        most = max(1, size // width)
        # Among some numbers of rows, the one that leaves the fewest points over.
        rows = min(range(most, most + min(most, LAYOUTS)), key=lambda rows: size % rows)
        return rows, size // rows


def fill_range(formula: Formula, times: range, out: Array) -> None:
    """Write ``formula`` at every time of a range of at least one.

    Args:
        formula: of a schedule.
        times: none of them above 2**53.
        out: an array of one dimension, of any float type.
    """
    starts = range(0, len(times), LARGEST)
    regions = [Region(at, min(at + LARGEST, len(times))) for at in reversed(starts)]
    alone = {0, len(times) - 1, *starts, *(at - 1 for at in starts[1:])}
    tries = _tries(len(times))
    while regions:
        region = regions.pop()
        start, stop = region.start, region.stop
        if stop - start < SMALLEST or not tries:
            if stop - start < FEW:
                alone |= {*range(start, stop)}
            else:
                _in_blocks(formula, times[start:stop], out[start:stop])
            continue
        rows, width = region.layout()
        try:
            t = _ramp(times, region, rows, width)
            value = settled(formula(cast(Num, t), cast(Ops, Grid(region.unit, stop - start))))
            size = rows * width
            write(value, out[start : start + size].reshape(rows, width))
        except Cut as cut:
            tries -= 1
            marks = [start, *(start + at for at in cut.at), stop]
            last = len(marks) - 2
            for i in range(last + 1):
                narrow = min(cut.narrow[0] if i == 0 else cut.narrow[1], region.widest)
                first = marks[i] + (i > 0)
                regions.append(Region(first, marks[i + 1] - (i < last), narrow))
                alone |= {marks[i + 1] - 1, marks[i + 1]} if i < last else set()
        except Cycles as cycles:
            tries -= 1
            _fill_cycles(formula, times, start + cycles.starts, out)
            first, last = start + int(cycles.starts[0]), start + int(cycles.starts[-1])
            regions += [Region(start, first), Region(last, stop)]
            alone |= {first - 1, first, last - 1, last}
        except Align as align:
            tries -= 1
            first = start + align.lead
            regions.append(Region(first, stop, region.widest, align.unit))
            if first > start:
                regions.append(Region(start, first, region.widest))
                alone |= {first - 1, first}
        except Blocks:
            _in_blocks(formula, times[start:stop], out[start:stop])
        else:
            regions.append(Region(start + size, stop, region.widest))
            if start + size < stop:  # a seam may lie there as well
                alone |= {start + size - 1, start + size}
    for at in alone:
        out[at] = formula(float(times[at]), FLOATS)


def _tries(points: int) -> int:
    return TRIES + 2 * points // _grid.SHORTEST_PIECE


def _fill_cycles(formula: Formula, times: range, starts: Array, out: Array) -> None:
    """Write some cycles, each of which begins where the one before it ends."""
    sizes = np.diff(starts)
    width = int(sizes.min())
    for more in range(width, int(sizes.max())):  # one at most, but for the rounding of times
        _point_by_point(formula, times, starts[:-1][sizes > more] + more, 1, out)
    parts = [(starts[:-1], width)]
    tries = _tries(int(starts[-1] - starts[0]))
    while parts:
        starts, width = parts.pop()
        points = len(starts) * width
        if not tries or width < NARROWEST or points < SMALLEST:
            _point_by_point(formula, times, starts, width, out)
            continue
        try:
            t = _cycles_ramp(times, starts, width)
            value = settled(formula(cast(Num, t), cast(Ops, Grid(1, points, of_cycles=True))))
        except Split as split:
            tries -= 1
            column = 0
            for some, others in (*split.columns, (width, width)):
                if column < some:
                    parts.append((starts + column, some - column))
                if some < others:
                    _point_by_point(formula, times, starts + some, others - some, out)
                column = max(column, others)
        except Cut as cut:
            tries -= 1
            row = 0
            for at in (*cut.at, points):
                if row < at // width:
                    parts.append((starts[row : at // width], width))
                row = -(-at // width)
                if at % width:
                    _point_by_point(formula, times, starts[row - 1 : row], width, out)
        except Blocks:
            _point_by_point(formula, times, starts, width, out)
        else:
            _write_cycles(value, starts, width, out)


def _cycles_ramp(times: range, starts: Array, width: int) -> Ramp:
    columns = np.arange(width) * float(abs(times.step))
    if times.step < 0:
        columns = columns[::-1].copy()
        starts = starts + (width - 1)
    is_long = len(starts) * width >= SHORTEST_SMOOTH and width >= SHORTEST_ROW
    line = Line(columns, is_long=is_long, is_time=True)
    return Ramp(float(times.start) + starts * float(times.step), columns, line)


def _write_cycles(value: Any, starts: Array, width: int, out: Array) -> None:
    """Write a value whose rows begin at some points.

    Some number of cycles is nearly a whole number of points, so that every so many rows are
    equally far apart for a while: a matrix in memory.
    """
    rows, size = len(starts), out.strides[0]
    mean = Fraction(int(starts[-1] - starts[0]), max(rows - 1, 1))
    every = mean.limit_denominator(math.isqrt(rows)).denominator
    gaps = starts[every:] - starts[:-every]
    for row in range(every):
        while row < rows:
            start, alike = int(starts[row]), gaps[row::every]
            gap = int(alike[0]) if len(alike) else width
            alike = alike == gap
            count = 1 + (len(alike) if alike.all() else int(alike.argmin()))
            memory = as_strided(out[start:], (count, width), (gap * size, size))
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


def _in_blocks(formula: Formula, times: range, out: Array) -> None:
    _in_order.fill_range(formula, times, out, exact_ends=False)


def _ramp(times: range, region: Region, rows: int, width: int) -> Ramp:
    """Return the times themselves, both parts >= 0."""
    columns = np.arange(width) * float(abs(times.step))
    if times.step < 0:
        columns = columns[::-1].copy()
    first = region.start if times.step > 0 else region.start + width - 1
    shortest = SHORTEST_SMOOTH if region.widest == WIDEST else SHORTEST_NARROWED
    narrow = width // NARROWER
    if narrow < NARROWEST or region.unit > 1:
        narrow = 0
    line = Line(
        columns,
        is_long=region.stop - region.start >= shortest,
        narrow=narrow,
        is_time=True,
    )
    return Ramp(
        float(times[first]) + np.arange(rows) * float(width * times.step),
        columns,
        line,
    )


def write(value: Any, out: Array, which: slice = slice(None)) -> None:
    """Write some rows of a value to a matrix that is part of the result."""
    if isinstance(value, Rows):
        out[...] = value.x[which, None]
    elif isinstance(value, Points):
        batches = _batches(out, POINTS_SIZE)
        spare = np.empty((batches[0].stop, out.shape[1]))
        start, step = which.start or 0, which.step or 1
        for rows in batches:
            mine = slice(start + rows.start * step, start + rows.stop * step, step)
            value.write(mine, out[rows], spare)
    elif isinstance(value, Ramp | Products):
        products = as_products(value)
        c, f = products.c[which], np.ascontiguousarray(products.f)
        if c.shape[1] == 1:  # a second product of zeros makes it faster
            c = np.concatenate([c, np.zeros_like(c)], 1)
            f = np.concatenate([f, np.zeros_like(f)], 0)
        size = min(PRODUCT_SIZE, MOST_FLOPS // c.shape[1])
        ready = is_ready(out)
        for at in range(0, out.shape[1], WIDEST_PRODUCT):
            columns = slice(at, at + WIDEST_PRODUCT)
            part, factors = out[:, columns], f[:, columns]
            if ready:
                for rows in _batches(part, size):
                    np.matmul(c[rows], factors, out=part[rows])
            else:
                for rows in _batches(part, size):
                    part[rows] = c[rows] @ factors
    else:
        out[...] = across(value)


def _batches(out: Array, size: int) -> list[slice]:
    rows = max(1, size // out.shape[1])
    if out.strides[0] != out.shape[1] * out.strides[1]:
        rows = min(rows, max(MOST_APART, FEWEST_AT_ONCE // out.shape[1]))
    return [slice(at, min(at + rows, len(out))) for at in range(0, len(out), rows)]
