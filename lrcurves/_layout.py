"""Ranges of times, laid out as matrices: region by region, until all rates are written.

A region is some of the times in their order. If the formula asks for another layout, it is cut,
or its rows are made longer or shorter, and it is tried again. The points beside a cut are
computed by the floats.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from . import _in_order, _rows
from ._grid import Grid
from ._matrix import Line, Ramp, settled
from ._ops import Formula, Num, Ops
from ._requests import WIDEST, Align, Blocks, Cut, Cycles, Pieces
from ._rows import NARROWEST, SHORTEST_ROW, fill_cycles, fill_pieces, in_blocks, tries_of
from ._write import write

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

LARGEST = 1 << 27
"""So many points at once, so that the factors of a matrix do not grow with the range."""

NARROWER = 16
"""So many times narrower are rows where a function is not smooth enough."""

SHORTEST_NARROWED = 1 << 16
"""Below so many points, where rows have been narrowed, that does not pay any more."""

LAYOUTS = 64
"""So many numbers of rows are considered."""

FEW = 16
"""So few points are computed one by one."""


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
    tries = tries_of(len(times))
    while regions:
        region = regions.pop()
        start, stop = region.start, region.stop
        if stop - start < _rows.SMALLEST or not tries:
            if stop - start < FEW:
                alone |= {*range(start, stop)}
            else:
                in_blocks(formula, times[start:stop], out[start:stop])
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
            fill_cycles(formula, times, start + cycles.starts, out)
            first, last = start + int(cycles.starts[0]), start + int(cycles.starts[-1])
            regions += [Region(start, first), Region(last, stop)]
            alone |= {first - 1, first, last - 1, last}
        except Pieces as pieces:
            tries -= 1
            fill_pieces(formula, times, start + pieces.starts, pieces.kinds, out)
            first, last = start + int(pieces.starts[0]), start + int(pieces.starts[-1])
            regions += [Region(start, first), Region(last, stop)]
            alone |= {at for at in (first - 1, last) if start <= at < stop}
        except Align as align:
            tries -= 1
            first = start + align.lead
            regions.append(Region(first, stop, region.widest, align.unit))
            if first > start:
                regions.append(Region(start, first, region.widest))
                alone |= {first - 1, first}
        except Blocks:
            in_blocks(formula, times[start:stop], out[start:stop])
        else:
            regions.append(Region(start + size, stop, region.widest))
            if start + size < stop:  # a seam may lie there as well
                alone |= {start + size - 1, start + size}
    _in_order.fill_points(formula, times, np.array(sorted(alone)), out)


def _ramp(times: range, region: Region, rows: int, width: int) -> Ramp:
    """Return the times themselves, both parts >= 0."""
    columns = np.arange(width) * float(abs(times.step))
    if times.step < 0:
        columns = columns[::-1].copy()
    first = region.start if times.step > 0 else region.start + width - 1
    shortest = _rows.SHORTEST_SMOOTH if region.widest == WIDEST else SHORTEST_NARROWED
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
