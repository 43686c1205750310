"""What a schedule is: some fields, one formula, its end.

To add one, subclass :class:`Schedule` under :func:`define`, list the fields with their domains,
and write the formula:

>>> from lrcurves.schedule import Num, Ops, Rate, Schedule, Steps, define, remaining
>>> @define
... class Quadratic(Schedule):
...     base_lr: Rate
...     steps: Steps
...
...     @property
...     def end(self) -> float:
...         return self.steps
...
...     def _formula(self, t: Num, xp: Ops) -> Num:
...         left = remaining(t, self.steps, xp) / self.steps
...         return self.base_lr * (left * left)
>>> s = Quadratic(0.1, steps=100)
>>> s, s.lr(50), s.lr_array([0, 50, 100])
(Quadratic(base_lr=0.1, steps=100), 0.025, array([0.1  , 0.025, 0.   ]))
>>> Quadratic(0.1, steps=0)
Traceback (most recent call last):
ValueError: Quadratic.steps must be a finite number > 0, got 0
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import MISSING, FrozenInstanceError, dataclass, fields
from numbers import Real
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NoReturn, TypeAlias, cast, overload

from ._domains import (
    Delay,
    Domain,
    Edges,
    Factor,
    FloorWord,
    Fraction,
    Gamma,
    Growth,
    Interval,
    Length,
    Milestones,
    OneOf,
    Phase,
    Positive,
    PositiveRate,
    Power,
    Rate,
    Rates,
    Steps,
    TupleOf,
    Warp,
    real,
    shown,
    written,
)
from ._kinds import KINDS, define
from ._ops import (
    FLOATS,
    Num,
    Ops,
    ease,
    elapsed,
    half_wave,
    line,
    mix,
    one_minus_sqrt,
    remaining,
)

if TYPE_CHECKING:
    from typing import Self

    from numpy import floating, ndarray
    from numpy.typing import ArrayLike, DTypeLike

    Array: TypeAlias = ndarray[Any, Any]

__all__ = [
    "FLOATS",
    "KINDS",
    "Delay",
    "Domain",
    "Edges",
    "Factor",
    "FloorWord",
    "Fraction",
    "Gamma",
    "Growth",
    "Interval",
    "Length",
    "Milestones",
    "Num",
    "OneOf",
    "Ops",
    "Part",
    "Parts",
    "Phase",
    "Positive",
    "PositiveRate",
    "Power",
    "Rate",
    "Rates",
    "Recipe",
    "Schedule",
    "Steps",
    "TupleOf",
    "Warp",
    "define",
    "ease",
    "elapsed",
    "half_wave",
    "horizon",
    "line",
    "mix",
    "one_minus_sqrt",
    "remaining",
]

MANY_CALLS = 100
"""After so many calls of ``lr`` half a millisecond is well spent to make it much faster."""

DEEPEST = 200
"""How deep schedules may be nested: far beyond use, well within Python's recursion limit."""


class Schedule(ABC):
    """A learning rate as a pure function of time: immutable, comparable, hashable, savable.

    A schedule is a few numbers and one formula. Time starts at 0 and counts whatever its caller
    counts: ``lr(0)`` drives the first update. A schedule that ends holds its last value.

    Attributes:
        end: the declared length; ``inf`` where there is none.

    Raises:
        TypeError: at construction, if a field has the wrong type.
        ValueError: at construction, if a field is outside its domain, or fields do not go
            together. Either message names the field, the rule, the value and the remedy.
    """

    __slots__ = ("_calls", "_depth", "_derived", "_flat")

    __array_ufunc__ = None  # NumPy numbers leave 2 * schedule to the schedule
    _calls: int
    _depth: int
    _derived: Any
    _flat: Callable[[Any], float | None]
    _domains: ClassVar[dict[str, Domain]] = {}

    @abstractmethod
    def _formula(self, t: Num, xp: Ops) -> Num:
        """Return the rate at ``t``, in straight-line arithmetic over ``xp``."""

    def _check(self) -> None:  # noqa: B027 - most schedules need none
        """Reject what no field can reject alone."""

    def _flatten(self) -> None:  # noqa: B027 - likewise
        """Write the fields in a plainer way that means the same, before they are checked."""

    def _derive(self) -> Any:  # noqa: B027 - likewise
        """Return what follows from the fields; it is kept in ``_derived``."""

    def __post_init__(self) -> None:
        if "_domains" not in vars(type(self)):
            raise TypeError(f"{type(self).__name__} must be decorated with @define")
        for name, domain in self._domains.items():
            given = getattr(self, name)
            setattr(self, name, domain.validated(f"{type(self).__name__}.{name}", given))
        self._flatten()
        depth = 0
        for value in self._values():
            if isinstance(value, Schedule):
                depth = max(depth, value._depth)
            elif isinstance(value, tuple):
                depths = (part._depth for part in value if isinstance(part, Schedule))
                depth = max(depth, *depths, 0)
        if depth < DEEPEST:
            self._check()
            self._derived = self._derive()
            if isinstance(self._derived, Schedule):
                depth = max(depth, self._derived._depth)
        if depth >= DEEPEST:
            raise ValueError(
                f"{type(self).__name__} is nested deeper than {DEEPEST} schedules:"
                " a >> b >> c and Sequential(parts) are flat, whatever their length"
            )
        self._calls = 0
        self._flat = _not_yet
        self._depth = depth + 1  # from now on it is frozen

    @property
    def end(self) -> float:
        """The declared length, from which on the rate is held; ``inf`` where there is none."""
        return math.inf

    @property
    def _steady(self) -> bool:
        """Whether the rate never changes at all, by construction."""
        return False

    def lr(self, t: float) -> float:
        """Return the learning rate of update number ``t``, counted from 0.

        Args:
            t: a finite number >= 0, whole or not.

        Raises:
            TypeError: if ``t`` is not a real number.
            ValueError: if ``t`` is negative, infinite or NaN.
        """
        lr = self._flat(t)
        return self._in_floats(t) if lr is None else lr

    def _in_floats(self, t: Any) -> float:
        """Check the time and call the formula; after many calls, have it written out."""
        if t.__class__ is not float:
            t = _time(t)
        if not 0.0 <= t < math.inf:
            raise ValueError(f"t must be a finite number >= 0, got {t!r}")
        if self._calls <= MANY_CALLS:
            object.__setattr__(self, "_calls", self._calls + 1)
            if self._calls == MANY_CALLS:
                from ._source import flat

                object.__setattr__(self, "_flat", flat(self._formula) or _not_yet)
        return self._formula(t, FLOATS)

    def lr_array(
        self,
        ts: ArrayLike | range,
        *,
        dtype: DTypeLike | None = None,
        out: Array | None = None,
    ) -> Array:
        """Return the learning rate at every time in ``ts``.

        Args:
            ts: finite numbers >= 0, of any shape; a ``range`` needs no array of times.
            dtype: the type of the result, ``float64`` unless given; a narrower one is the
                ``float64`` value rounded once.
            out: an array of the shape of ``ts`` to write to, in place of a new one.

        Raises:
            TypeError: if ``ts`` does not hold ints or floats, or ``dtype`` is not a float type.
            ValueError: if a time is negative, infinite or NaN, or ``out`` does not fit;
                nothing has been written then.
        """
        from ._table import table

        return table(self._formula, ts, dtype, out)

    @overload
    def __call__(self, t: float | floating[Any]) -> float: ...
    @overload
    def __call__(self, t: Array) -> Array: ...
    @overload
    def __call__(self, t: Any) -> Any: ...
    def __call__(self, t: Any = None) -> Any:
        """Return the rate at ``t``: a float for a number, an array for an array, and for a
        tensor a tensor of its framework, computed in float64.
        """
        if isinstance(t, float | Real):
            return self.lr(cast(float, t))
        if t is None or isinstance(t, str | bytes | complex):
            remedy = (
                ": Keras calls a learning rate without a count: give it"
                " lrcurves.adapters.keras.CurveSchedule(schedule)"
            )
            raise TypeError(
                f"t must be a number, an array or a tensor, got {shown(t)}"
                f"{remedy if t is None else ''}"
            )
        from ._tensors import evaluate

        value = evaluate(self._formula, t)
        return self.lr_array(t) if value is NotImplemented else value

    def replace(self, **changes: Any) -> Self:
        """Return this schedule with some fields changed.

        Raises:
            TypeError: if there is no such field.
        """
        for name in changes:
            if name not in self._domains:
                raise TypeError(
                    f"{type(self).__name__} has no field {name!r},"
                    f" only {', '.join(self._domains)}"
                )
        return type(self)(**dict(self._items()) | changes)

    def _items(self) -> Iterator[tuple[str, Any]]:
        return ((name, getattr(self, name)) for name in self._domains)

    def _values(self) -> tuple[Any, ...]:
        return tuple([getattr(self, name) for name in self._domains])

    def _stretched(self, by: float) -> Schedule:
        """Return this schedule in a unit of time that is ``by`` times shorter."""
        changes = {
            name: domain.stretched(getattr(self, name), by)
            for name, domain in self._domains.items()
        }
        return type(self)(**changes)

    def __rshift__(self, other: Schedule) -> Schedule:
        from .combine import Sequential

        return Sequential((self, other)) if _joins(other, ">>") else NotImplemented

    def __add__(self, other: Schedule) -> Schedule:
        from .combine import Sum

        return Sum((self, other)) if _joins(other, "+") else NotImplemented

    def __rrshift__(self, other: object) -> Schedule:
        _joins(other, ">>")
        return NotImplemented

    def __radd__(self, other: object) -> Schedule:
        _joins(other, "+")
        return NotImplemented

    def __mul__(self, other: Schedule | float) -> Schedule:
        from .change import Scale
        from .combine import Product

        if isinstance(other, Schedule):
            return Product((self, other))
        if isinstance(other, float | Real):
            return Scale(self, other)
        return NotImplemented

    __rmul__ = __mul__

    def __repr__(self) -> str:
        return self._text(0)

    def _text(self, binds: int) -> str:
        """Return the ``repr``, in brackets if an operator around it binds so tightly.

        One frame for each level of nesting, so that the deepest schedule has a ``repr``.
        """
        shows = []
        for f in fields(cast(Any, self)):
            value = getattr(self, f.name)
            if isinstance(value, Schedule):
                shows.append(f"{f.name}={value._text(0)}")
            elif f.default is MISSING or value != f.default:
                shows.append(f"{f.name}={written(value)}")
        return f"{type(self).__name__}({', '.join(shows)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._values() == other._values()

    def __hash__(self) -> int:
        return hash(self._values())

    def __setattr__(self, name: str, value: object) -> None:
        if hasattr(self, "_depth"):
            raise FrozenInstanceError(
                f"{type(self).__name__} cannot be changed: schedule.replace({name}=...) makes"
                " another"
            )
        object.__setattr__(self, name, value)

    def __delattr__(self, name: str) -> NoReturn:
        raise FrozenInstanceError(f"{type(self).__name__} cannot be changed")

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: object) -> Self:
        return self

    def __reduce__(self) -> tuple[type[Self], tuple[Any, ...]]:
        # Only the fields travel; what is derived from them is made again, and checked.
        return type(self), self._values()

    def _repr_svg_(self) -> str:
        from .plot import picture

        return picture(self)


def _not_yet(t: object) -> None:
    """Stand for a formula that is not written out."""


def _joins(other: object, sign: str) -> bool:
    """Return whether ``other`` is a schedule; for a number there is a better answer than no."""
    if isinstance(other, float | Real):
        raise TypeError(
            f"a schedule {sign} a number: write Constant({other!r}) for a rate that stays,"
            " Scale or * to multiply, Sum and Sequential for many schedules"
        )
    return isinstance(other, Schedule)


def _time(t: Any) -> float:
    if t.__class__ is int and abs(t) <= 1 << 53:
        return float(t)
    if hasattr(t, "shape") and not isinstance(t, Real):
        raise TypeError(
            f"t must be a single number, got {shown(t)}: use schedule.lr_array(ts) for an"
            " array, schedule(t) for a tensor"
        )
    return real("t", "a finite number >= 0", t)


@dataclass(frozen=True)
class _APart:
    """The domain of a field that holds a schedule."""

    def __str__(self) -> str:
        return "a schedule"

    def validated(self, name: str, value: Any) -> Schedule:
        if not isinstance(value, Schedule):
            hint = ": write Constant(...)" if isinstance(value, float | int) else ""
            raise TypeError(f"{name} must be {self}, got {shown(value)}{hint}")
        return value

    def stretched(self, value: Schedule, by: float) -> Schedule:
        return value._stretched(by)


Part: TypeAlias = Annotated[Schedule, _APart()]
Parts: TypeAlias = Annotated[tuple[Schedule, ...], TupleOf(_APart(), at_least=1)]


class Recipe(Schedule):
    """A schedule that is another one in disguise: :meth:`expand` says which.

    >>> from lrcurves import Warmup, Cosine
    >>> Warmup(Cosine(0.1, steps=900), steps=100).expand()
    Linear(base_lr=0, final_lr=0.1, steps=100) >> Cosine(base_lr=0.1, steps=900)
    """

    __slots__ = ()

    _derived: Schedule

    @abstractmethod
    def expand(self) -> Schedule:
        """Return the schedule that this one stands for."""

    def _derive(self) -> Schedule:
        try:
            return self.expand()
        except ValueError as error:
            name, message = type(self).__name__, str(error)
            # What a part says of itself would puzzle those who have not written that part.
            raise ValueError(
                message if message.startswith(name) else f"{name}: {message}"
            ) from None

    @property
    def end(self) -> float:
        return self._derived.end

    @property
    def _steady(self) -> bool:
        return self._derived._steady

    def _stretched(self, by: float) -> Schedule:
        return self._derived._stretched(by)

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self._derived._formula(t, xp)


def horizon(schedule: Schedule) -> float:
    """Return a length over which a picture shows what is characteristic of a schedule.

    This is its end with a tenth more where it has one; else the time at which its rate has
    changed twentyfold, if it ever does; else some of its longest times.
    """
    if schedule.end != math.inf:
        return schedule.end * 1.1 or 1.0
    longest = max(_times(schedule), default=100.0)
    first = peak = schedule.lr(0)
    for i in range(1, 60):
        until = longest * 1.5**i
        rate = schedule.lr(until)
        peak = max(peak, rate)
        if rate <= 0.05 * peak or rate > 20.0 * first > 0.0:
            return until
    return 4.0 * longest


def _times(schedule: Schedule) -> Iterator[float]:
    """Yield the times and durations in the fields of a schedule and of its parts."""
    if isinstance(schedule, Recipe):
        yield from _times(schedule._derived)
    else:
        for name, domain in schedule._domains.items():
            held = getattr(schedule, name)
            for item in held if isinstance(held, tuple) else (held,):
                if isinstance(item, Schedule):
                    yield from _times(item)
                elif domain.stretched(held, 2.0) != held:
                    yield abs(item)
