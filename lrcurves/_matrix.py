r"""Matrices of small rank, and what can be done to them without losing that.

A value is a number for each point of a matrix of rows and columns:

* :class:`Rows` and :class:`Columns` vary along one side only, so any function works on them;
* :class:`Ramp` is a sum :math:`a_i + b_j` that rises or falls along the whole range, as time
  does;
* :class:`Products` is a sum of products :math:`\sum_k c_{ik} f_{kj}`;
* :class:`Points` is whatever has no small rank. It is computed point by point, in blocks,
  unless it is a smooth function of one line: that is interpolated (:mod:`._smooth`).

No digits are lost: both parts of a ramp have the sign of their sum wherever that has one, and
products whose terms might cancel become points.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._requests import WIDEST, Blocks, Cut
from ._smooth import interpolated

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

HIGHEST_RANK = 16

TINY, HUGE = 1e-290, 1e290

DEEPEST = 64
"""How many steps of point-by-point arithmetic may follow one another: each is three calls."""


class Value:
    """What a formula computes with."""

    __slots__ = ()

    def __add__(self, other: Any) -> Any:
        return add(self, other)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return multiply(self, -1.0)

    def __sub__(self, other: Any) -> Any:
        return subtract(self, other)

    def __rsub__(self, other: Any) -> Any:
        return subtract(other, self)

    def __mul__(self, other: Any) -> Any:
        return multiply(self, other)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        return divide(self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return divide(other, self)


def _compared(holds: Callable[[Any, Any], Any]) -> Callable[[Rows, object], bool]:
    """Return the comparison that holds for all rows or for none, as in parts of one model."""

    def compared(self: Rows, other: object) -> bool:
        return bool(holds(self.x, across(other)).all())

    return compared


class Rows(Value):
    """Numbers that differ from row to row. They are compared all at once."""

    __slots__ = ("x",)

    def __init__(self, x: Array) -> None:
        self.x = x

    __eq__ = _compared(operator.eq)
    __ne__ = _compared(operator.ne)
    __lt__ = _compared(operator.lt)
    __le__ = _compared(operator.le)
    __gt__ = _compared(operator.gt)
    __ge__ = _compared(operator.ge)
    __hash__ = None  # type: ignore[assignment]

    def __bool__(self) -> bool:
        return self != 0.0


class Columns(Value):
    """Numbers that differ from column to column."""

    __slots__ = ("x",)

    def __init__(self, x: Array) -> None:
        self.x = x


class Line:
    """What a ramp is a straight line of: time itself, or the steps of a staircase.

    Sums of ramps of the same line are ramps, and smooth functions of it are interpolated.

    Args:
        columns: its numbers in the columns.
        is_long: whether there are so many points that it pays to interpolate.
        narrow: how wide rows are made where a function is not smooth enough, 0 if they cannot.
        is_time: whether it is time itself.
        is_cycle: whether it is the time since the start of the cycle that a row is. Then it
            rises or falls along each row, and not along the whole range.
    """

    __slots__ = ("columns", "is_cycle", "is_long", "is_time", "narrow")

    def __init__(
        self,
        columns: Array,
        *,
        is_long: bool,
        narrow: int = 0,
        is_time: bool = False,
        is_cycle: bool = False,
    ) -> None:
        self.columns = columns
        self.is_long = is_long
        self.narrow = narrow
        self.is_time = is_time
        self.is_cycle = is_cycle


class Ramp(Value):
    """A number for each row plus one for each column, rising or falling along the whole range.

    Args:
        a: the numbers of the rows.
        b: those of the columns.
        line: what it is a straight line of.
    """

    __slots__ = ("a", "b", "line")

    def __init__(self, a: Array, b: Array, line: Line) -> None:
        self.a = a
        self.b = b
        self.line = line

    def scaled(self, by: float) -> Ramp:
        return Ramp(self.a * by, self.b * by, self.line)

    def divided(self, by: float) -> Ramp:
        return Ramp(self.a / by, self.b / by, self.line)

    @property
    def first(self) -> float:
        return float(self.a[0] + self.b[0])

    @property
    def last(self) -> float:
        return float(self.a[-1] + self.b[-1])

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest of its numbers."""
        if self.line.is_cycle:
            return float(self.a.min() + self.b.min()), float(self.a.max() + self.b.max())
        first, last = self.first, self.last
        return (first, last) if first <= last else (last, first)

    def one_signed(self) -> Ramp:
        """Return it with both parts of the sign of their sum, if that has one."""
        low, high = self.ends
        columns = float(self.b[0]), float(self.b[-1])
        move = min(columns) if low >= 0.0 else max(columns) if high <= 0.0 else 0.0
        return Ramp(self.a + move, self.b - move, self.line) if move else self


class Products(Value):
    """A sum of products of a number for the row and one for the column.

    Args:
        c: the factors of the rows, a column for each product.
        f: the factors of the columns, a row for each product.
        least: no factor but 0 is smaller, up to its sign.
        most: none is larger.
        sign: 1 or -1 if all sums have that sign and lose no digits, 0 if that is not known.
        line: what they are a smooth function of, if they are.
    """

    __slots__ = ("c", "f", "least", "line", "most", "sign")

    def __init__(
        self, c: Array, f: Array, least: float, most: float, sign: int, line: Line | None
    ) -> None:
        if c.shape[1] > HIGHEST_RANK:
            c, f = _merged(c, f)
        if not most < HUGE:
            raise Blocks  # 0 times inf would be NaN
        if least < TINY and most > 1.0:
            raise Blocks  # digits that are lost down there must not be multiplied up
        self.c = c
        self.f = f
        self.least = least
        self.most = most
        self.sign = sign
        self.line = line

    def scaled(self, by: float) -> Products:
        return self._times(self.c * by, abs(by), self.sign if by > 0.0 else -self.sign)

    def divided(self, by: float) -> Products:
        return self._times(self.c / by, 1.0 / abs(by), self.sign if by > 0.0 else -self.sign)

    def _times(self, c: Array, size: float, sign: int) -> Products:
        least, most = self.least * min(size, 1.0), self.most * max(size, 1.0)
        return Products(c, self.f, least, most, sign, self.line)


class Points(Value):
    """Numbers that are computed point by point, some rows at a time.

    Args:
        function: which one.
        of: its arguments.
        smooth: whether it is a smooth function of these.
    """

    __slots__ = ("_depth", "_done", "_known", "function", "line", "of")

    def __init__(self, function: Callable[..., Any], *of: Any, smooth: bool = True) -> None:
        self.line = _line_of(*of) if smooth else None
        self._depth: int = 1 + max((x._depth for x in of if isinstance(x, Points)), default=0)
        if self._depth > DEEPEST:
            raise Blocks
        self.function = function
        self.of = of
        self._done: slice | None = None
        self._known: Any = None

    def at(self, rows: slice) -> Any:
        if rows is not self._done:
            self._known = self.function(*(numbers_at(value, rows) for value in self.of))
            self._done = rows
        return self._known

    def write(self, rows: slice, out: Array, spare: Array) -> None:
        """Write some rows, with a spare array for one of two operands."""
        if not isinstance(self.function, np.ufunc):
            out[...] = self.at(rows)
            return
        into = (out if is_ready(out) else None, spare[: len(out)])
        of = (
            numbers_at(value, rows, place) for value, place in zip(self.of, into, strict=False)
        )
        self.function(*of, out=out)


def numbers_at(value: Any, rows: slice, into: Array | None = None) -> Any:
    """Return the numbers in some rows, in a form that NumPy broadcasts.

    Args:
        value: of them all.
        rows: which.
        into: an array for them; one that is used again is in the cache.
    """
    if isinstance(value, Ramp):
        return np.add(value.a[rows, None], value.b, out=into)
    if isinstance(value, Products):
        c, f = value.c[rows], value.f
        return np.multiply(c, f, out=into) if len(f) == 1 else np.matmul(c, f, out=into)
    if isinstance(value, Points):
        return value.at(rows)
    if isinstance(value, Rows):
        return value.x[rows, None]
    return value.x[None, :] if isinstance(value, Columns) else value


def as_products(value: Any) -> Products:
    if isinstance(value, Products):
        return value
    if isinstance(value, Ramp):
        ones, more = np.ones_like(value.a), np.ones_like(value.b)
        return outer([value.a, ones], [more, value.b], line=value.line)
    if isinstance(value, Rows):
        return outer([value.x], [_ONE])
    return outer([_ONE], [value.x if isinstance(value, Columns) else _ONE * value])


_ONE = np.ones(1)


def outer(
    rows: Sequence[Array] | Array,
    columns: Sequence[Array] | Array,
    sign: int = 0,
    line: Line | None = None,
) -> Products:
    """Return the sum of the products of two by two of the factors.

    Args:
        rows: the factors of the rows, one array for each product.
        columns: those of the columns.
        sign: that of the sums, if it is known and none of them loses digits.
        line: what they are a smooth function of, if they are.
    """
    c, f = np.array(rows).T, np.array(columns)
    sizes = np.abs(np.concatenate([c.ravel("K"), f.ravel()]))
    least = float(np.minimum.reduce(sizes, initial=math.inf, where=sizes > 0.0))
    if not sign and f.min() >= 0.0:
        sign = 1 if c.min() >= 0.0 else -1 if c.max() <= 0.0 else 0
    return Products(c, f, least, float(sizes.max()), sign, line)


def _line_of(*values: Any) -> Line | None:
    """Return the line of which all values are smooth functions, if there is one."""
    lines = {getattr(value, "line", None) for value in values if isinstance(value, Value)}
    return lines.pop() if len(lines) == 1 else None


def settled(value: Any) -> Any:
    """Return a value as products, if it is a smooth function of a line."""
    if not isinstance(value, Points) or value.line is None or not value.line.is_long:
        return value
    line = value.line
    known: dict[int, Any] = {}
    made = interpolated(line.columns, lambda columns: _at_columns(value, columns, known))
    if made is None:
        return value
    if made.good.all():
        signs = np.sign(made.rows[0])
        sign = int(signs[0]) if (signs == signs[0]).all() else 0
        return outer(made.rows, made.columns, sign, line)
    if not line.narrow:
        return value
    if not made.good.any():
        raise Cut((), (line.narrow, line.narrow))
    width = len(line.columns)
    if made.good[0]:
        raise Cut((int(made.good.argmin()) * width,), (WIDEST, line.narrow))
    raise Cut((int(made.good.argmax()) * width,), (line.narrow, WIDEST))


def _at_columns(value: Any, columns: Array, known: dict[int, Any]) -> Any:
    """Return the numbers of a smooth function in some columns, an array for each."""
    if isinstance(value, Ramp):
        return value.b[columns, None] + value.a
    if isinstance(value, Products):
        return value.f[:, columns].T @ value.c.T
    if not isinstance(value, Points):
        return value
    if id(value) not in known:
        of = [_at_columns(x, columns, known) for x in value.of]
        known[id(value)] = value.function(*of)
    return known[id(value)]


def _join(x: Products, y: Products, line: Line | None) -> Products:
    k = len(x.f)
    c = np.empty((max(len(x.c), len(y.c)), k + len(y.f)))
    f = np.empty((k + len(y.f), max(x.f.shape[1], y.f.shape[1])))
    c[:, :k], c[:, k:] = x.c, y.c
    f[:k], f[k:] = x.f, y.f
    sign = x.sign if x.sign == y.sign else 0
    return Products(c, f, min(x.least, y.least), max(x.most, y.most), sign, line)


def _merged(c: Array, f: Array) -> tuple[Array, Array]:
    """Return the same sum, with products whose factors of the columns are equal made one."""
    rows: dict[bytes, int] = {}
    which = [rows.setdefault(row.tobytes(), len(rows)) for row in f]
    if len(rows) > HIGHEST_RANK:
        raise Blocks
    firsts = [which.index(i) for i in range(len(rows))]
    return c @ np.eye(len(rows))[which], f[firsts]


def is_zero(x: Any) -> bool:
    return not isinstance(x, Value) and x == 0.0


def alike(x: Any, y: Any) -> type[Rows] | type[Columns] | None:
    """Return the side along which both vary, if it is one and the same."""
    for kind in (Rows, Columns):
        if type(x) is kind:
            return kind if type(y) is kind or not isinstance(y, Value) else None
        if type(y) is kind:
            return kind if not isinstance(x, Value) else None
    return None


def across(value: Any) -> Any:
    """Return the numbers along the one side along which a value varies."""
    return value.x if isinstance(value, Rows | Columns) else value


def add(x: Any, y: Any) -> Any:
    if kind := alike(x, y):
        return kind(across(x) + across(y))
    if is_zero(y):
        return x
    if isinstance(y, Ramp) and (isinstance(x, Rows) or not isinstance(x, Value)):
        x, y = y, x
    if isinstance(x, Ramp) and not isinstance(y, Value):
        return Ramp(x.a + y, x.b, x.line).one_signed()
    if isinstance(x, Ramp) and isinstance(y, Ramp) and x.line is y.line:
        return Ramp(x.a + y.a, x.b + y.b, x.line).one_signed()
    if isinstance(x, Ramp) and isinstance(y, Rows) and x.line.is_cycle:
        return Ramp(x.a + y.x, x.b, x.line).one_signed()
    line = _line_of(x, y)
    if line is None:
        x, y = settled(x), settled(y)
    if isinstance(x, Points) or isinstance(y, Points):
        return Points(np.add, x, y)
    p, q = as_products(x), as_products(y)
    # A complement of a weight is negative in part; what it is added to is not smaller.
    return _join(p, q, line) if p.sign > 0 or q.sign > 0 else Points(np.add, x, y)


def subtract(x: Any, y: Any) -> Any:
    if kind := alike(x, y):
        return kind(across(x) - across(y))
    if isinstance(y, Ramp) and (not isinstance(x, Value) or isinstance(x, Ramp | Rows)):
        return add(x, Ramp(-y.a, -y.b, y.line))
    if isinstance(x, Ramp) and (isinstance(y, Rows) or not isinstance(y, Value)):
        return add(x, -y)
    if not isinstance(x, Value) and isinstance(y, Products):
        if y.c.shape[1] > 1:
            return _join(as_products(x), y.scaled(-1.0), y.line)
        most = y.f.max()
        if y.sign > 0 and y.c.max() * most <= x:  # what the largest leaves, and what is less
            c, f = y.c[:, 0], y.f[0]
            return outer([x - c * most, c], [np.ones_like(f), most - f], 1, y.line)
    return Points(np.subtract, x, y)


def multiply(x: Any, y: Any) -> Any:
    if kind := alike(x, y):
        return kind(across(x) * across(y))
    if not isinstance(y, Value):
        if y == 0.0:
            return 0.0
        if isinstance(x, Ramp | Products):
            return x.scaled(y)
        return Points(np.multiply, x, y)
    line = _line_of(x, y)
    if line is None:
        x, y = settled(x), settled(y)
    if isinstance(x, Points) or isinstance(y, Points):
        return Points(np.multiply, x, y)
    p, q = as_products(x), as_products(y)
    if not (p.sign > 0 and q.sign > 0):
        return Points(np.multiply, x, y)
    c = (p.c[:, :, None] * q.c[:, None, :]).reshape(max(len(p.c), len(q.c)), -1)
    f = (p.f[:, None, :] * q.f).reshape(-1, max(p.f.shape[1], q.f.shape[1]))
    return Products(c, f, min(p.least * q.least, 1.0), p.most * q.most, 1, line)


def divide(x: Any, y: Any) -> Any:
    if kind := alike(x, y):
        return kind(across(x) / across(y))
    if isinstance(x, Ramp | Products) and not isinstance(y, Value):
        return x.divided(y)
    if isinstance(x, Ramp | Products) and isinstance(y, Rows):
        products, signs = as_products(x), np.sign(y.x)
        sign = int(signs[0]) * products.sign if (signs == signs[0]).all() else 0
        return outer((products.c / y.x[:, None]).T, products.f, sign, products.line)
    return Points(np.divide, x, y)


def is_ready(out: Array) -> bool:
    """Return whether floats can be written there without another copy."""
    return out.dtype == np.float64 and out.strides[-1] == out.itemsize and out.flags.aligned
