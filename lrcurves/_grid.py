r"""Arithmetic progressions of times: the same formulas, at the speed of memory.

The times of a range are laid out as a matrix, :math:`t_{ij} = a_i + b_j`: a coarse part for
each row, a fine part for each column. Then the addition theorems

.. math:: e^{a + b} = e^a e^b, \qquad \sin(a + b) = \sin a \cos b + \cos a \sin b, \qquad
          (a + b)^2 = a^2 + 2ab + b^2

make of every exponential, sinusoid and polynomial a short sum of products
:math:`\sum_k c_{ik} f_{kj}`: a matrix of small rank. Any other smooth function is interpolated
in each row (:mod:`._smooth`), which makes it one, too. Ten million rates cost some thousand
calls of each function, and one product of matrices, which is as fast as filling the memory.

What a formula computes with here, besides numbers, are the values of :mod:`._matrix`.

An operation that depends on where in the range one is asks for another layout
(:mod:`._requests`, :mod:`._layout`): for a cut where pieces meet, for rows of whole periods, so
that the phase is the same in all, or for rows that begin where the cycles do.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._extremes import Extreme
from ._matrix import (
    Columns,
    Line,
    Points,
    Products,
    Ramp,
    Rows,
    Value,
    across,
    alike,
    is_zero,
    outer,
    settled,
    subtract,
)
from ._numpy import NumPy, stack_of
from ._ops import FLOATS, PI_REST, Num, OnClocks, Ops, growth_by_parts
from ._passed import cut, firsts, lead, starts
from ._requests import WIDEST_PRODUCT, Align, Blocks, Cycles, Pieces

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

LONGEST_PERIOD = 1 << 18
"""Beyond so many points a period is cut at its ends, and no row of its own."""

FEWEST_ROWS = 16
"""Fewer periods of more than ``WIDEST_PRODUCT`` points are cut, too."""

SHORTEST_PIECE = 1 << 13
"""Points between two seams at which cutting is faster than blocks, where there are many."""

SHORTEST_PICKED = 1 << 12
"""And where blocks would pick numbers for each point."""

SHORTEST_CYCLE = 1 << 14
"""Points between the ends of two periods at which that is so, where there are few."""

LONGEST_CYCLE = 1 << 17
"""Points between them at which that is faster than to make each cycle a row."""

SHORTEST_CYCLE_ROW = 24
"""Points in a cycle that is no whole number of them, where one cycle is one row."""

SHORTEST_OF_CYCLES = 1 << 17
"""Points in all of them from which on that pays."""

FEWEST_PARTS = 128
"""With fewer parts of a sequence blocks are faster than a row for each, or some."""

SHORTEST_PART = 64
"""Points in a part of mean length from which on rows are."""

LONGEST_PART, LONGEST_UNEVEN = 1 << 18, 1 << 14
"""Points up to which they are, if most parts are equal, and if not; longer ones are cut."""


def _plain(name: str) -> Callable[..., Any]:
    """Return the function of that name, for values that have no addition theorem."""
    of_floats = getattr(FLOATS, name)
    of_arrays = getattr(NumPy, name)

    def function(self: Grid, x: Any, /) -> Any:
        if not isinstance(x, Value):
            return of_floats(x)
        if isinstance(x, Rows | Columns):
            return type(x)(of_arrays(x.x))
        return Points(of_arrays, x)

    return function


class Grid:
    """The vocabulary of formulas on a range of times."""

    pi = math.pi
    pi_rest = PI_REST
    log1p = _plain("log1p")
    tanh = _plain("tanh")
    _exp = _plain("exp")
    _expm1 = _plain("expm1")
    _sin = _plain("sin")
    _sin2 = _plain("sin2")

    def __init__(self, unit: int, points: int, *, of_cycles: bool = False) -> None:
        self._unit = unit
        self._points = points
        self._of_cycles = of_cycles
        self._numpy = NumPy()

    def exp(self, x: Any) -> Any:
        if isinstance(x, Ramp):
            return outer([np.exp(x.a)], [np.exp(x.b)], line=x.line)
        return self._exp(x)

    def expm1(self, x: Any) -> Any:
        if isinstance(x, Ramp):
            x = x.one_signed()
            low, high = x.ends
            if low >= 0.0 or high <= 0.0:
                sign = 1.0 if low >= 0.0 else -1.0
                rows = [np.expm1(x.a), sign * np.exp(x.a)]
                columns = [np.ones_like(x.b), sign * np.expm1(x.b)]
                return outer(rows, columns, line=x.line)
        return self._expm1(x)

    def sin(self, x: Any) -> Any:
        if isinstance(x, Ramp) and _within_a_quarter(x):
            rows = [np.sin(x.a), np.cos(x.a)]
            return outer(rows, [np.cos(x.b), np.sin(x.b)], line=x.line)
        return self._sin(x)

    def sin2(self, x: Any) -> Any:
        if isinstance(x, Ramp) and _within_a_quarter(x):
            s, c, sb, cb = np.sin(x.a), np.cos(x.a), np.sin(x.b), np.cos(x.b)
            rows = [s * s, 2.0 * (s * c), c * c]
            return outer(rows, [cb * cb, sb * cb, sb * sb], line=x.line)
        return self._sin2(x)

    def sqrt(self, x: Any) -> Any:
        if isinstance(x, Rows | Columns):
            return type(x)(np.sqrt(x.x))
        return self.power(x, 0.5) if isinstance(x, Value) else FLOATS.sqrt(x)

    def power(self, x: Any, y: Any) -> Any:
        if not isinstance(x, Value):
            return self._power_of(x, y)
        if isinstance(x, Rows | Columns):
            return type(x)(NumPy.power(x.x, y))
        if y == 1.0:
            return x
        if y not in (2.0, 3.0, 4.0):
            return Points(np.power, x, y)
        if isinstance(x, Ramp) and x.ends[0] >= 0.0:
            terms = range(int(y) + 1)
            rows = [math.comb(int(y), k) * np.power(x.a, y - k) for k in terms]
            return outer(rows, [np.power(x.b, float(k)) for k in terms], 1, x.line)
        return Points(lambda z: _whole_power(z, int(y)), x)

    def _power_of(self, x: float, y: Any) -> Any:
        if not isinstance(y, Value):
            return FLOATS.power(x, y)
        if isinstance(y, Rows | Columns):
            return type(y)(NumPy.power(x, y.x))
        if isinstance(y, Ramp):
            return outer([np.power(x, y.a)], [np.power(x, y.b)], line=y.line)
        return Points(np.power, x, y)

    def minimum(self, x: Any, y: Any) -> Any:
        return self._extreme(x, y, False)

    def maximum(self, x: Any, y: Any) -> Any:
        return self._extreme(x, y, True)

    def _extreme(self, x: Any, y: Any, largest: bool) -> Any:
        if not (isinstance(x, Value) or isinstance(y, Value)):
            return FLOATS.maximum(x, y) if largest else FLOATS.minimum(x, y)
        function = NumPy.maximum if largest else NumPy.minimum
        if kind := alike(x, y):
            return kind(function(across(x), across(y)))
        gap = subtract(x, y) if _is_line(x) and _is_line(y) else None
        if not isinstance(gap, Ramp):
            x, y = settled(x), settled(y)
            if isinstance(x, Products) and x.sign > 0 and is_zero(y):
                return x if largest else 0.0
            return Extreme(function, x, y, largest=largest).winner(slice(None))
        low, high = gap.ends
        if low >= 0.0:
            return x if largest else y
        if high <= 0.0:
            return y if largest else x
        raise cut(gap, (0.0,))

    def clip(self, x: Any, low: float, high: float) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        if not isinstance(t, Value):
            return FLOATS.stairs(t, every)
        if isinstance(t, Rows | Columns):
            whole, rest = NumPy.stairs(t.x, every)
            return type(t)(whole), type(t)(rest)
        if not isinstance(t, Ramp) or not t.line.is_time or t.ends[0] < 0.0:
            return self._stairs_of_points(t, every)
        low, high = t.ends
        first, last = FLOATS.stairs(low, every)[0], FLOATS.stairs(high, every)[0]
        least = t.b.min()
        a, b = t.a + least, t.b - least
        wholes, rests = NumPy.stairs(a, every)
        if first == last:
            return first, Ramp(rests, b, t.line)
        if self._of_cycles and rests.max() + b.max() < every:
            return Rows(wholes), Ramp(rests, b, Line(b, is_long=t.line.is_long, is_cycle=True))
        rest = rests[0]
        sums = rest + b
        if (rests == rest).all() and (sums - b == rest).all():
            more, rest = NumPy.stairs(sums, every)
            if not more.any():
                return Rows(wholes), Columns(rest)
            return Ramp(wholes, more, Line(more, is_long=t.line.is_long)), Columns(rest)
        raise self._realigned(t, every, last - first, abs(float(b[1] - b[0])))

    def growth(self, factor: float, t: Any, every: float) -> Any:
        if not isinstance(t, Value):
            return FLOATS.growth(factor, t, every)

        def grown(x: Array) -> Array:
            grown = growth_by_parts(factor, cast(Num, x), every, cast(Ops, self._numpy))
            return cast("Array", grown)

        if isinstance(t, Rows | Columns):
            return type(t)(grown(t.x))
        if isinstance(t, Ramp) and t.ends[0] >= 0.0:
            least = t.b.min()
            return outer([grown(t.a + least)], [grown(t.b - least)], line=t.line)
        return Points(grown, t)

    def _realigned(self, t: Ramp, every: float, wraps: float, gap: float) -> Exception:
        """Return a request: rows of whole periods, a cut at each, rows of cycles, or blocks."""
        if self._of_cycles:
            return Blocks()
        period = Fraction(every) / Fraction(gap)
        unit = math.lcm(self._unit, period.numerator)
        rows = 2 if unit <= WIDEST_PRODUCT else FEWEST_ROWS
        longest = LONGEST_PERIOD if period.denominator == 1 else WIDEST_PRODUCT
        if unit <= longest and rows * unit <= self._points and self._unit % unit:
            return Align(unit, lead(t, every, gap) if unit == period else 0)
        few = wraps < FEWEST_ROWS
        if wraps * (SHORTEST_CYCLE if few else LONGEST_CYCLE) <= self._points:
            first = FLOATS.stairs(min(t.first, t.last), every)[0] + 1.0
            levels = [(first + i) * every for i in range(int(wraps))]
            return cut(t, levels)
        long = self._points >= SHORTEST_OF_CYCLES and every >= SHORTEST_CYCLE_ROW * gap
        if long and wraps > 1.0:
            return Cycles(starts(t, every, wraps))
        return Blocks()

    def _stairs_of_points(self, t: Any, every: float) -> tuple[Any, Any]:
        both = Points(lambda x: NumPy.stairs(x, every), t, smooth=False)
        return Points(lambda pair: pair[0], both), Points(lambda pair: pair[1], both)

    def pick(
        self, t: Any, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Any, ...]:
        if not isinstance(t, Value):
            return FLOATS.pick(t, edges, *columns)
        if isinstance(t, Rows | Columns):
            return tuple(type(t)(x) for x in self._numpy.pick(t.x, edges, *columns))
        piece = self._piece(t, edges, SHORTEST_PICKED)
        if piece is not None:
            return tuple(column[piece] for column in columns)
        return tuple(
            Points(
                lambda x, column=column: self._numpy.pick(x, edges, column)[0], t, smooth=False
            )
            for column in columns
        )

    def piecewise(
        self, t: Any, edges: Sequence[float], piece: Callable[[int, Any], Any]
    ) -> Any:
        if not isinstance(t, Value):
            return FLOATS.piecewise(t, edges, piece)
        if isinstance(t, Rows | Columns):
            return self._piecewise_along(t, edges, piece)
        if isinstance(t, Ramp) and t.line.is_time and isinstance(piece, OnClocks):
            rates = self._pieces_in_rows(t, edges, piece)
            if rates is not None:
                return rates
        which = self._piece(t, edges, SHORTEST_PIECE)
        if which is None:
            raise Blocks
        return piece(which, t)

    def _piece(self, t: Any, edges: Sequence[float], shortest: int) -> int | None:
        """Return the piece that holds the whole range; cut it if there are a few, long ones."""
        if not isinstance(t, Ramp):
            return None
        low, high = t.ends
        first, last = bisect_right(edges, low), bisect_right(edges, high)
        if first == last:
            return first
        if (last - first) * shortest > self._points:
            return None
        raise cut(t, edges[first:last])

    def _pieces_in_rows(self, t: Ramp, edges: Sequence[float], piece: OnClocks) -> Any:
        """Return the rates of parts, if each row is in one of them, and all have one model.

        Raises:
            Pieces: to ask for such rows, where there are many parts that have models.
        """
        first, last = (bisect_right(edges, end) for end in t.ends)
        if self._of_cycles:
            return self._parts_of_one_model(t, edges, piece) if first < last else None
        if not FEWEST_PARTS <= last - first <= self._points / SHORTEST_PART:
            return None
        kinds = stack_of(piece).group[first : last + 1]
        levels = self._numpy.as_array(edges)[first:last]
        begins = firsts(t, levels, lambda times: times >= levels)
        begins = np.concatenate([[0], begins, [len(t.a) * len(t.b)]])
        rises = t.first <= t.last
        if not rises:
            kinds = kinds[::-1]
        if last == len(edges):  # the last part goes on when it has ended
            kinds, begins = (kinds[:-1], begins[:-1]) if rises else (kinds[1:], begins[1:])
        sizes = np.diff(begins)
        mean = sizes.mean()
        are_equal = np.mean(abs(sizes - np.median(sizes)) <= 1) >= 0.5
        if not SHORTEST_PART <= mean <= (LONGEST_PART if are_equal else LONGEST_UNEVEN):
            return None
        if 2 * np.count_nonzero(kinds >= 0) < len(kinds):
            return None
        raise Pieces(begins, kinds)

    def _parts_of_one_model(self, t: Ramp, edges: Sequence[float], piece: OnClocks) -> Any:
        stack, array = stack_of(piece), self._numpy.as_array(edges)
        least = t.b.min()
        low, high = t.a + least, t.a + t.b.max()
        which = array.searchsorted(low, side="right")
        number = stack.group[which[0]]
        if (
            (which != array.searchsorted(high, side="right")).any()
            or (stack.group.take(which) != number).any()
            or number < 0
        ):
            return None
        group, place = stack.groups[number], stack.place.take(which)
        columns = t.b - least
        line = Line(columns, is_long=t.line.is_long, is_time=True, is_cycle=True)
        part = group.model.of(lambda x: Rows(x.take(place)))
        try:
            return part._formula(Ramp(low - group.starts.take(place), columns, line), self)
        except TypeError:  # a word that takes no rows where it takes a number
            raise Blocks from None

    def _piecewise_along(
        self,
        t: Rows | Columns,
        edges: Sequence[float],
        piece: Callable[[int, Any], Any],
    ) -> Any:
        which = np.searchsorted(np.array(edges), t.x, side="right")
        result = np.empty_like(t.x)
        for i in np.unique(which):
            mine = which == i
            result[mine] = across(piece(int(i), type(t)(t.x[mine])))
        return type(t)(result)


def _is_line(x: Any) -> bool:
    return isinstance(x, Ramp) or not isinstance(x, Value)


def _within_a_quarter(x: Ramp) -> bool:
    """Return whether all sines and cosines of both parts are >= 0."""
    return bool(x.a.min() >= 0.0 and x.b.min() >= 0.0 and x.a.max() + x.b.max() < 1.5708)


def _whole_power(x: Array, y: int) -> Array:
    square = x * x
    return square if y == 2 else square * x if y == 3 else square * square
