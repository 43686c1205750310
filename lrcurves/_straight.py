"""Formulas of a few cheap operations, as calls of NumPy that write into a few buffers.

A formula on arrays makes a new one for each operation, in a block so small that allocating it
is cheap; then calling NumPy costs as much as computing. Here the formula runs once, on names of
arrays in place of arrays. That gives a list of calls, which is made for strips of times that
are longer than blocks (:mod:`._calls`). What is known beforehand is left out, as everything is
that does not depend on the time:

* no bound is asked for that no time reaches;
* constants that follow one another become one, and a quotient by a constant is a product with
  its reciprocal, where that leaves the numbers at seams what they are: a share of 1 stays 1;
* powers of 2, 1/2, -1 and the like are squares, roots and quotients;
* what depends on the number of a plateau alone is computed once for each plateau;
* of a few pieces all are computed everywhere, and the bits of the right one are taken.

Of formulas with more pieces, or with a sine, :func:`program` makes none: there are faster ways.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._bounds import are_bounded, bounds
from ._calls import (
    STRIP,
    DearError,
    Program,
    Value,
    as_written,
    before,
    either,
    ends_at_seams,
    in_order,
    place,
    power_of,
    take,
)
from ._growth import GrowthByTable, rounded
from ._numpy import LARGEST_WHOLE, MOST_STAIRS, NumPy
from ._ops import FLOATS, PI_REST, Formula, Num, Ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

MOST_PLATEAUS = 1 << 16
"""Rates of plateaus that are computed beforehand, at most."""

MOST_CHEAP = 4
"""So many cheap calls are made for each time, rather than to look a number up."""

MOST_CALLS = 28
"""More take longer than to look a rate up."""

MOST_PIECES = 3
"""So many are computed everywhere, at most."""


def _dear(name: str) -> Callable[[Straight, Any], Any]:
    """Return a function that is computed for plateaus only."""
    of_floats, of_arrays = getattr(FLOATS, name), getattr(NumPy, name)

    def written(x: Array, out: Array) -> None:
        np.copyto(out, of_arrays(x))

    def function(self: Straight, x: Any, /) -> Any:
        if not isinstance(x, Value):
            return of_floats(x)
        if x.root is None or x.root.high >= MOST_PLATEAUS:
            raise DearError
        return Value(written, (as_written(x),))

    return function


class Straight:
    """The vocabulary of formulas on values."""

    pi = math.pi
    pi_rest = PI_REST
    expm1 = _dear("expm1")
    log1p = _dear("log1p")
    sin = _dear("sin")
    sin2 = _dear("sin2")
    tanh = _dear("tanh")

    def __init__(self) -> None:
        self._stairs: dict[Value, Value] = {}  # numbers of plateaus, and the time they count

    def exp(self, x: Any) -> Any:
        return Value(np.exp, (as_written(x),)) if isinstance(x, Value) else FLOATS.exp(x)

    def sqrt(self, x: Any) -> Any:
        if not isinstance(x, Value):
            return FLOATS.sqrt(x)
        return _sqrt(x)

    def power(self, x: Any, y: Any) -> Any:
        if not isinstance(x, Value) and not isinstance(y, Value):
            return FLOATS.power(x, y)
        if isinstance(y, Value) or abs(y) > 1.5:
            x, y = as_written(x), as_written(y)
        if not isinstance(x, Value):
            return Value(power_of, (np.full(STRIP, x), y))
        made = Value(np.power, (x, y))
        if isinstance(y, Value):
            return made
        if y in SIMPLE_POWERS:
            simple = SIMPLE_POWERS[y](x)
            if simple is not x:
                simple.written = np.power, (x, y)
            return simple
        if y > 0.0 and x.low >= 0.0 and x.high == 1.0:  # the power of 0 or 1 is exact
            made.low = 0.0 if x.low == 0.0 else FLOATS.power(x.low, y) * (1.0 - 1e-15)
            made.high = 1.0
            made.seams = x.low == 0.0 and x.seams[0], x.seams[1]
            if x.low > 0.0 and x.seams[0]:  # another one may differ in its last digit
                made.low = -math.inf
        return made

    def minimum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, "<", y)

    def maximum(self, x: Any, y: Any) -> Any:
        return self._chosen(x, ">", y)

    @staticmethod
    def _chosen(x: Any, sign: str, y: Any) -> Any:
        first, last = (x, y) if sign == "<" else (y, x)
        function, best = (np.fmin, min) if sign == "<" else (np.fmax, max)
        made = Value(function, (x, y))
        if are_bounded(x, y):
            if bounds(first)[1] <= bounds(last)[0]:
                return _beside(x, y)
            if bounds(last)[1] <= bounds(first)[0]:
                return _beside(y, x)
            made.low, made.high = map(best, bounds(x), bounds(y))
            ends = ends_at_seams(x) + ends_at_seams(y)
            made.seams = made.low in ends, made.high in ends
        return made

    def clip(self, x: Any, low: float, high: float) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def stairs(self, t: Any, every: float) -> tuple[Any, Any]:
        if not isinstance(t, Value):
            return FLOATS.stairs(t, every)
        t, most = as_written(t), t.high // every
        if not are_bounded(t) or t.low < 0.0 or not most <= MOST_STAIRS:
            raise DearError
        # As NumPy.stairs does it.
        whole = Value(np.floor, (Value(np.divide, (t, every)),))
        if every.is_integer() and t.high <= LARGEST_WHOLE:
            # Where the multiples are floats, no quotient before one is rounded up to it.
            rest = Value(np.subtract, (t, Value(np.multiply, (whole, every))))
        else:
            high = rounded(every, 53 - int(most).bit_length())
            early = Value(np.subtract, (t, Value(np.multiply, (whole, high))))
            if high != every:
                least = Value(np.multiply, (whole, every - high))
                early = Value(np.subtract, (early, least))
            whole, rest = Value(_less, (whole, early)), Value(_more, (early, every))
        self._stairs[whole] = t
        whole.root = whole
        whole.low, whole.high, whole.seams = t.low // every, most, (t.seams[0], False)
        rest.low, rest.high, rest.seams = 0.0, every, (True, False)
        return whole, rest

    def growth(self, factor: float, t: Any, every: float) -> Any:
        if not isinstance(t, Value):
            return FLOATS.growth(factor, t, every)
        if math.frexp(every)[0] == 0.5:  # the quotient by a power of two is exact
            return self.power(factor, t / every)
        is_time = are_bounded(t) and t.low >= 0.0
        by_table = GrowthByTable.of(factor, every, t.high) if is_time else None
        if by_table is None:
            raise DearError
        # As NumPy.growth does it.
        t = as_written(t)
        whole = Value(np.rint, (Value(np.multiply, (t, by_table.inverse)),))
        rest = Value(np.subtract, (t, Value(np.multiply, (whole, by_table.high))))
        if by_table.low:
            rest = Value(np.subtract, (rest, Value(np.multiply, (whole, by_table.low))))
        small = Value(np.exp, (Value(np.multiply, (rest, by_table.rate)),))
        return small * _from_table(by_table.powers(t.high), whole)

    def pick(
        self, t: Any, edges: Sequence[float], *columns: Sequence[float]
    ) -> tuple[Any, ...]:
        first, last = (bisect_right(edges, end) for end in bounds(t))
        if first != last:
            raise DearError
        return tuple(column[first] for column in columns)

    def piecewise(
        self, t: Any, edges: Sequence[float], piece: Callable[[int, Any], Any]
    ) -> Any:
        if not isinstance(t, Value):
            return FLOATS.piecewise(t, edges, piece)
        first, last = (bisect_right(edges, end) for end in bounds(t))
        if last - first >= MOST_PIECES or not are_bounded(t) or 0.0 in edges[first:last]:
            raise DearError
        result = piece(first, _within(t, edges, first))
        for i in range(first + 1, last + 1):
            edge, later = edges[i - 1], piece(i, _within(t, edges, i))
            if not isinstance(result, Value) and self._counts_from(t, edge, later):
                rates = np.append(result, _for_plateaus(later))
                index = later.root + 1.0
                index.root = None  # before the edge it counts no plateau
                result = _from_table(rates, index)
            else:
                mask = Value(before, (as_written(t), edge))
                result = Value(either, (mask, result, later))
        return result

    def _counts_from(self, t: Value, edge: float, later: Any) -> bool:
        """Return whether a value is that of plateaus, whose numbers are negative before."""
        root = later.root if isinstance(later, Value) else None
        if root is None or root.high >= MOST_PLATEAUS or root not in self._stairs:
            return False
        counted = self._stairs[root]
        if counted.function is not np.subtract or not isinstance(counted.args[0], Value):
            return False
        return counted.args[0].itself is t.itself and counted.args[1] == edge


def _within(t: Value, edges: Sequence[float], i: int) -> Value:
    """Return times as if all were in piece ``i``: elsewhere another one is taken."""
    low = max(edges[i - 1], t.low) if i > 0 else t.low
    high = min(math.nextafter(edges[i], 0.0), t.high) if i < len(edges) else t.high
    return t if (low, high) == bounds(t) else t.within(low, high)


def _beside(x: Any, y: Any) -> Any:
    """Return ``x``, which has a value at a seam where it comes to ``y``."""
    if isinstance(x, Value) and not isinstance(y, Value) and y in bounds(x):
        seams = x.seams[0] or y == x.low, x.seams[1] or y == x.high
        x = x.within(x.low, x.high)
        x.seams = seams
    return x


def _rising(
    function: Callable[..., object], x: Value, of_float: Callable[[float], float]
) -> Value:
    """Return the result of a function that is rounded correctly, so that it keeps an order."""
    made = Value(function, (x,))
    if are_bounded(x) and x.low >= 0.0:
        made.low, made.high, made.seams = of_float(x.low), of_float(x.high), x.seams
    return made


def _sqrt(x: Value) -> Value:
    return _rising(np.sqrt, x, math.sqrt)


def _square(x: Value) -> Value:
    return _rising(np.square, x, lambda x: x * x)


SIMPLE_POWERS: dict[float, Callable[[Value], Any]] = {
    -2.0: lambda x: _square(1.0 / x),
    -1.0: lambda x: 1.0 / x,
    -0.5: lambda x: 1.0 / _sqrt(x),
    0.5: _sqrt,
    1.0: lambda x: x,
    1.5: lambda x: x * _sqrt(x),
    2.0: _square,
    3.0: lambda x: x * _square(x),
}
"""Powers in a few calls, each of which is rounded correctly."""


def _less(whole: Array, early: Array, out: Array) -> None:
    """Write whole numbers, one less where what is left of them is negative."""
    if early.min() < 0.0:
        np.subtract(whole, early < 0.0, out=out)
    elif out is not whole:
        np.copyto(out, whole)


def _more(early: Array, every: float, out: Array) -> None:
    """Write what is left, by ``every`` more where it is negative."""
    if early.min() < 0.0:
        np.add(early, every * (early < 0.0), out=out)
    elif out is not early:
        np.copyto(out, early)


def _from_table(table: Array, whole: Value) -> Value:
    return Value(take, (table, Value(place, (whole,))))


CHEAP = (np.add, np.subtract, np.multiply, np.divide, np.fmin, np.fmax)
"""To call a few of these takes less time than to look a number up."""


def _by_plateau(x: Any) -> Any:
    """Return a value from a table, if it depends on the number of a plateau alone."""
    root = x.root if isinstance(x, Value) else None
    if root is None or x.itself is root or not 0.0 <= root.low <= root.high < MOST_PLATEAUS:
        return x
    values = in_order(x, root)
    if len(values) <= MOST_CHEAP and all(value.function in CHEAP for value in values):
        return x
    return _from_table(_for_plateaus(x), root)


def _for_plateaus(x: Value) -> Array:
    """Return the values for each plateau."""
    root = cast("Value", x.root)
    numbers = np.arange(root.high + 1.0)
    Program(x, root).run(numbers, numbers)
    return numbers


def program(formula: Formula, latest: float) -> Program | None:
    """Return calls that compute a formula, if it is no more than a few cheap ones.

    Args:
        formula: of a schedule.
        latest: no time is later.
    """
    time = Value(None, (), 0.0, latest)
    time.seams = True, False
    try:
        result: Any = formula(cast(Num, time), cast(Ops, Straight()))
    except DearError:
        return None
    if isinstance(result, Value):
        for value in in_order(result, time):
            if value.root is None:
                value.args = tuple(map(_by_plateau, value.args))
    made = Program(_by_plateau(result), time)
    return made if len(made.calls) <= MOST_CALLS else None
