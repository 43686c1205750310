"""Calls of NumPy: arrays that will be known when a program runs, and the program.

An operation on a :class:`Value` makes another one. A :class:`Program` makes the calls of those
that its result depends on, for some times at once, into as few buffers as are in use at once;
the last call writes the result.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from ._bounds import SIGNS, Unknown, are_bounded, bounds, bounds_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

STRIP = 1 << 15
"""Times at once: so many that a call costs little, so few that some buffers fit the cache."""

SMALLEST, LARGEST = 1e-280, 1e280
"""Constants outside are not put together: the product might have fewer digits."""

DEEPEST = 100
"""Calls of which each needs the one before."""

Function: TypeAlias = Callable[..., object]


class DearError(Exception):
    """A formula that is more than a few cheap calls."""


class Value(Unknown):
    """An array that will be known when the program runs: the result of a call.

    Args:
        function: what is called, with ``out`` besides its arguments; ``None`` is the time.
        args: values, and constants.
        low: as for every unknown number.
        high: as well.
    """

    __slots__ = (
        "args",
        "depth",
        "exact",
        "function",
        "itself",
        "multiple",
        "root",
        "seams",
        "written",
    )

    def __init__(
        self,
        function: Function | None,
        args: tuple[Any, ...],
        low: float = -math.inf,
        high: float = math.inf,
    ) -> None:
        super().__init__(low, high)
        self.itself = self  # or the same value, of which less is known
        self.function = function
        self.args = args
        self.seams = (False, False)  # whether the least is a value at a seam, and the largest
        # A value and a constant, and what the product must be where the value is some numbers.
        self.multiple: tuple[Value, float, list[tuple[float, float]]] | None = None
        # The call in the formula, if another one is made.
        self.written: tuple[Function | None, tuple[Any, ...]] | None = None
        self.exact: Value | None = None  # the same in the calls of the formula, once asked for
        values = [arg for arg in args if isinstance(arg, Value)]
        self.depth: int = 1 + max([value.depth for value in values], default=0)
        if self.depth > DEEPEST:
            raise DearError
        roots = {value.root for value in values}
        # The number of a plateau, if the value depends on nothing else.
        self.root: Value | None = roots.pop() if len(roots) == 1 else None

    def within(self, low: float, high: float) -> Value:
        """Return the same value, of which more is known: its least is one at a seam.

        Calls have it among their arguments like any other; the program reads ``itself``.
        """
        made = Value(self.function, self.args, low, high)
        made.itself, made.root = self.itself, self.root
        made.multiple, made.written = self.multiple, self.written
        made.seams = True, high == self.high and self.seams[1]
        return made

    def _made(self, left: Any, sign: str, right: Any) -> Value:
        made = Value(UFUNCS[sign], (left, right), *bounds_of(left, sign, right))
        if are_bounded(made):
            apply = SIGNS[sign]
            ends = [apply(x, y) for x in ends_at_seams(left) for y in ends_at_seams(right)]
            made.seams = made.low in ends, made.high in ends
        if sign == "*" and not isinstance(left, Value):
            left, right = right, left
        if not isinstance(right, Value) and sign in "*/" and SMALLEST < abs(right) < LARGEST:
            _simplify(made, left, sign, right)
        return made

    def _call(self, function: Function | None, *args: Any) -> None:
        """Make the value the result of another call than the formula has."""
        if not (self.function is function and all(map(operator.is_, self.args, args))):
            self.written = self.function, self.args
            self.function, self.args = function, args


UFUNCS: dict[str, Callable[..., Any]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": np.divide,
}


def ends_at_seams(x: Any) -> list[float]:
    """Return the bounds of a value that it has at seams, or a constant."""
    if not isinstance(x, Value):
        return [x]
    first, last = x.seams
    return [x.low, x.high] if first and last else [x.low] if first else [x.high] * last


def _simplify(made: Value, of: Value, sign: str, by: float) -> None:
    """Make a product with a constant another call than that, or of another value.

    At seams, and where a quotient is 1, it must stay what it is.
    """
    if of.function is take:
        made._call(take, UFUNCS[sign](of.args[0], by), of.args[1])
    elif of.function is np.multiply and _is_looked_up(of.args[1]):
        table = UFUNCS[sign](of.args[1].args[0], by)
        if SMALLEST < table.min() <= table.max() < LARGEST:
            made._call(np.multiply, of.args[0], Value(take, (table, of.args[1].args[1])))
    elif are_bounded(made) and of.function is np.divide and isinstance(of.args[1], Value):
        _simplify_quotient(made, of.args[0], of.args[1], sign, by)
    elif are_bounded(made) and _is_product(of):
        _simplify_product(made, of.args[0], of.args[1], sign, by)
    elif are_bounded(made):
        _simplify_multiple(made, of, sign, by)


def _is_looked_up(x: Any) -> bool:
    return isinstance(x, Value) and x.function is take


def _is_product(x: Value) -> bool:
    return x.function is np.multiply and all(isinstance(arg, Value) for arg in x.args)


def _simplify_product(made: Value, x: Value, y: Value, sign: str, by: float) -> None:
    """Multiply one of two factors, if that is a multiple of something already."""
    apply = SIGNS[sign]
    for one, other in ((x, y), (y, x)):
        factor = apply(one, by)
        ends = [(p, q) for p in ends_at_seams(one) for q in ends_at_seams(other)]
        if (
            one.multiple
            and factor.written
            and all(apply(p * q, by) == apply(p, by) * q for p, q in ends)
        ):
            made._call(np.multiply, factor, other)
            made.low, made.high = bounds_of(factor, "*", other)
            return


def _simplify_quotient(made: Value, x: Any, y: Value, sign: str, by: float) -> None:
    """Multiply what is divided, in place of the quotient."""
    apply = SIGNS[sign]
    dividend = apply(x, by)
    same = [
        apply(p / q, by) == apply(p, by) / q for p in ends_at_seams(x) for q in ends_at_seams(y)
    ]
    low, high = bounds_of(dividend, "/", y)
    largest = max(map(abs, bounds(dividend)))
    if all(same) and -math.inf < low <= high < math.inf and largest > SMALLEST:
        made._call(np.divide, dividend, y)
        made.low, made.high = low, high


def _simplify_multiple(made: Value, of: Value, sign: str, by: float) -> None:
    """Put the constants of some products and quotients together."""
    apply = SIGNS[sign]
    has_one = sign == "/" and of.low <= by <= of.high
    source, before, kept = of, 1.0, [(x, x) for x in ends_at_seams(of)]
    if of.multiple and (of.multiple[1] == 1.0 or not has_one):
        source, before, kept = of.multiple
    if has_one:
        kept = [*kept, (by, by)]
    factor = apply(before, by)
    kept = [(x, apply(y, by)) for x, y in kept]
    if SMALLEST < abs(factor) < LARGEST:
        made.multiple = source, factor, kept
        for near in (factor, math.nextafter(factor, math.inf), math.nextafter(factor, 0.0)):
            if all(x * near == y for x, y in kept):
                made._call(np.multiply, source, near)
                made.low, made.high = bounds_of(source, "*", near)
                return


def as_written(x: Any) -> Any:
    """Return a value in the operations of its formula.

    A product with a reciprocal may differ from a quotient in the last digit. That must not
    decide about a plateau, nor be multiplied by an exponent.
    """
    if not isinstance(x, Value):
        return x
    if x.exact is None:
        function, args = x.written or (x.function, x.args)
        exact = tuple(map(as_written, args))
        if x.written is None and all(map(operator.is_, args, exact)):
            x.exact = x
        else:
            x.exact = Value(function, exact, x.low, x.high)
            x.exact.seams, x.exact.root = x.seams, x.root
    return x.exact


def same(x: Array | float, out: Array) -> None:
    """Write a number, or numbers, as they are."""
    if isinstance(x, np.ndarray):
        np.copyto(out, x)
    else:
        out.fill(x)


def power_of(bases: Array, y: Array, out: Array) -> None:
    """Write powers of a number that is there many times: of a single one they take longer."""
    np.power(bases[: len(y)], y, out=out)


def place(x: Array, out: Array) -> None:
    """Write whole numbers as places in a table, into the memory of floats."""
    np.copyto(out.view(np.int64), x, casting="unsafe")


def take(table: Array, places: Array, out: Array) -> None:
    """Write what is at some places of a table."""
    table.take(places.view(np.int64), out=out, mode="clip")


def before(t: Array, edge: float, out: Array) -> None:
    """Write all bits where a time is before an edge, none elsewhere."""
    np.subtract(t, edge, out=out)
    bits = out.view(np.int64)
    np.right_shift(bits, 63, out=bits)  # the sign


def either(mask: Array, x: Array | float, y: Array | float, out: Array) -> None:
    """Write ``x`` where the mask has all bits, else ``y``, without a branch."""
    first, last = _bits(x), _bits(y)
    bits = out.view(np.int64)
    np.bitwise_xor(first, last, out=bits)
    np.bitwise_and(bits, mask.view(np.int64), out=bits)
    np.bitwise_xor(bits, last, out=bits)


def _bits(x: Array | float) -> Any:
    return np.asarray(x, np.float64).view(np.int64)


APART = (place, take, either)
"""Functions that must not write where they read."""


class Program:
    """Calls that compute a value, in order.

    Args:
        result: the value, or a constant.
        time: what it depends on.
    """

    def __init__(self, result: Any, time: Value) -> None:
        self._numbers: list[Any] = [None, None]  # the time, the result; constants and buffers
        self._buffers: list[int] = []  # which of these are
        self.calls: list[tuple[Function, tuple[int, ...], int]] = []
        if not isinstance(result, Value) or result.itself is time or _may_destroy(result, time):
            result = Value(same, (result,))
        values = in_order(result, time)
        args = [
            [arg.itself if isinstance(arg, Value) else arg for arg in value.args]
            for value in values
        ]
        self._needs_time = any(arg is time for some in args for arg in some)
        self._write(values, args, time)

    def _write(self, values: list[Value], args: list[list[Any]], time: Value) -> None:
        last_use = {id(arg): i for i, some in enumerate(args) for arg in some}
        places, free = {id(time): 0}, list[int]()
        for i, (value, some) in enumerate(zip(values, args, strict=True)):
            read = tuple(
                places[id(arg)] if isinstance(arg, Value) else self._number(arg) for arg in some
            )
            done = [
                places.pop(key)
                for key in dict.fromkeys(map(id, some))
                if last_use[key] == i and places.get(key) in self._buffers
            ]
            if value.function not in APART:
                free += done
            to = 1 if i + 1 == len(values) else free.pop() if free else self._buffer()
            if value.function in APART:
                free += done
            places[id(value)] = to
            self.calls.append((cast("Function", value.function), read, to))

    def _number(self, number: Any) -> int:
        self._numbers.append(number)
        return len(self._numbers) - 1

    def _buffer(self) -> int:
        self._buffers.append(self._number(None))
        return self._buffers[-1]

    def run(self, times: Array, out: Array) -> None:
        """Write the result at times in an array of one dimension.

        Args:
            times: of any type.
            out: as many floats of any type; it may be ``times``.
        """
        strip = min(STRIP, len(times))
        buffers = np.empty((len(self._buffers) + 2, strip))
        numbers = self._numbers.copy()
        for at in range(0, len(times), STRIP):
            t, lr = times[at : at + STRIP], out[at : at + STRIP]
            numbers[:2] = buffers[:2, : len(t)]
            if t.dtype == np.float64:
                numbers[0] = t
            elif self._needs_time:
                np.copyto(numbers[0], t, casting="unsafe")
            if lr.dtype == np.float64:
                numbers[1] = lr
            if at == 0 or len(t) < strip:
                for i, buffer in zip(self._buffers, buffers[2:], strict=True):
                    numbers[i] = buffer[: len(t)]
            for function, args, to in self.calls:
                function(*[numbers[i] for i in args], out=numbers[to])
            if lr is not numbers[1]:
                lr[...] = numbers[1]


def _may_destroy(result: Value, time: Value) -> bool:
    """Return whether the last call would read what it has written: both may be one array."""
    values = [arg for arg in result.args if isinstance(arg, Value)]
    return result.function in APART and any(value.itself is time for value in values)


def in_order(result: Value, time: Value) -> list[Value]:
    """Return the values that a result depends on, each after those that it depends on.

    The time is not among them, and the result is the last.
    """
    found: dict[int, Value] = {}

    def visit(value: Value) -> None:
        if value is time or id(value) in found:
            return
        for arg in value.args:
            if isinstance(arg, Value):
                visit(arg.itself)
        found[id(value)] = value

    visit(result.itself)
    return list(found.values())
