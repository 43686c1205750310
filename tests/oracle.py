"""The schedules again, slowly and obviously, in exact and in arbitrary-precision arithmetic.

Nothing here comes from ``lrcurves``: a schedule is read through its public fields alone, and
told by the name of its type. Every formula is the definition of a textbook (``1 - t / T`` and
``cos``, where the package counts what remains and squares a sine), so that an agreement is
evidence. A field is the real number that its float is. Time is a ``Fraction``: no comparison,
no floor and no seam is ever rounded. Rates are ``mpf``, with digits to spare for cancellation.

A new kind is one function under :func:`kind`, with its end if it has one.

>>> from lrcurves import Cosine, Linear
>>> s = Linear(0, 0.1, steps=10) >> Cosine(0.1, steps=90)
>>> print(mp.nstr(exact(s, 99), 20), end_of(s))
0.000030458649045213501379 100
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from mpmath import mp, mpf  # type: ignore[import-untyped]

End: TypeAlias = "Fraction | float"
"""A length: exact, or ``inf``."""

Rate: TypeAlias = Callable[[Any, Fraction], Any]

RATES: dict[str, Rate] = {}
"""By kind: the rate of a schedule at a time, as an ``mpf`` of the current precision."""

ENDS: dict[str, Callable[[Any], End]] = {}
"""By kind: the declared length."""

STEADY: dict[str, Callable[[Any], bool]] = {}
"""By kind: whether the rate never changes by construction."""


def exact(schedule: object, t: float | Fraction) -> Any:
    """Return the rate of ``schedule`` at exactly ``t``, right to 40 digits and more."""
    _visits.clear()
    with mp.workdps(digits(schedule, t)):
        return +rate(schedule, Fraction(t))


def end_of(schedule: object) -> End:
    """Return the declared length of ``schedule``: exact, or ``inf``."""
    return ENDS[_name(schedule)](schedule)


def digits(schedule: object, t: float | Fraction) -> int:
    """Return a number of decimal digits that no cancellation in a formula here can use up.

    A difference such as ``1 - cos(pi * t / T)`` or ``1 - (1 - t / T)**p`` is about as small as
    the square of the ratio of two of the numbers in it.
    """
    return 60 + 2 * math.ceil(_magnitude(t) + _widest(schedule))


def visited(schedule: object, t: float | Fraction) -> list[tuple[Any, Fraction, Any]]:
    """Return each schedule that the rate at ``t`` depends on, with its own time and rate."""
    exact(schedule, t)
    return _visits.copy()


_visits: list[tuple[Any, Fraction, Any]] = []


def rate(schedule: object, t: Fraction) -> Any:
    """Return the rate of ``schedule`` at ``t``, in the current precision."""
    lr = RATES[_name(schedule)](schedule, t)
    _visits.append((schedule, t, lr))
    return lr


def steady(schedule: object) -> bool:
    """Return whether ``schedule`` never changes, by construction."""
    return STEADY[_name(schedule)](schedule)


def real(x: float | Fraction) -> Any:
    """Return ``x`` as an ``mpf`` of the current precision."""
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def _name(schedule: object) -> str:
    name = type(schedule).__name__
    if name not in RATES:
        raise NotImplementedError(f"tests/oracle.py has no definition of {name}: write one")
    return name


def _magnitude(x: float | Fraction) -> float:
    """Return about how many decimal digits lie between ``x`` and 1, either way."""
    if x == 0:
        return 0.0
    over, under = x.as_integer_ratio()
    return abs(over.bit_length() - under.bit_length()) * math.log10(2) + 1


@lru_cache(maxsize=10_000)
def _widest(value: Any) -> float:
    if isinstance(value, str):
        return 0.0
    if isinstance(value, float | int):
        return _magnitude(value)
    held = (
        value
        if isinstance(value, tuple)
        else [getattr(value, field.name) for field in fields(value)]
    )
    return max(map(_widest, held), default=0.0)


def _endless(s: Any) -> End:
    return math.inf


def _steps(s: Any) -> End:
    return Fraction(s.steps)


def _never(s: Any) -> bool:
    return False


def kind(
    name: str,
    end: Callable[[Any], End] = _endless,
    steady: Callable[[Any], bool] = _never,
) -> Callable[[Rate], Rate]:
    """Register the definition of a kind: its rate, its end, and whether it is steady."""

    def register(rate: Rate) -> Rate:
        RATES[name], ENDS[name], STEADY[name] = rate, end, steady
        return rate

    return register


# Families.


@kind("Constant", steady=lambda s: True)
def _constant(s: Any, t: Fraction) -> Any:
    return real(s.base_lr)


@kind("Linear", end=_steps)
def _linear(s: Any, t: Fraction) -> Any:
    share = real(min(t / Fraction(s.steps), Fraction(1)))
    return real(s.base_lr) + (real(s.final_lr) - real(s.base_lr)) * share


@kind("Polynomial", end=_steps)
def _polynomial(s: Any, t: Fraction) -> Any:
    left = real(max(1 - t / Fraction(s.steps), Fraction(0)))
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left ** real(s.power)


@kind("Cosine", end=_steps)
def _cosine(s: Any, t: Fraction) -> Any:
    share = min(t / Fraction(s.steps), Fraction(1))
    if share == 1:
        return real(s.final_lr)  # where the cosine of a rounded pi is not quite -1
    left = (1 + mp.cos(mp.pi * real(share))) / 2
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left ** real(s.power)


@kind("Exponential")
def _exponential(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) * real(s.gamma) ** real(t / Fraction(s.every))


@kind("Geometric", end=_steps)
def _geometric(s: Any, t: Fraction) -> Any:
    share = min(t / Fraction(s.steps), Fraction(1))
    if share == 1:
        return real(s.final_lr)
    return real(s.base_lr) * (real(s.final_lr) / real(s.base_lr)) ** real(share)


@kind("StepDecay")
def _step_decay(s: Any, t: Fraction) -> Any:
    drops = _plateau(t, s.step_size, s.floor)
    return real(s.base_lr) * real(s.gamma) ** drops


@kind("MultiStep", steady=lambda s: not any(m > 0 for m in s.milestones))
def _multi_step(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) * real(s.gamma) ** sum(m <= t for m in s.milestones)


@kind("PiecewiseConstant", steady=lambda s: not s.boundaries)
def _piecewise_constant(s: Any, t: Fraction) -> Any:
    return real(s.values[sum(b <= t for b in s.boundaries)])


@kind(
    "Warmup",
    end=lambda s: Fraction(s.steps) + end_of(s.schedule),
    steady=lambda s: s.steps == 0 and steady(s.schedule),
)
def _warmup(s: Any, t: Fraction) -> Any:
    if t >= s.steps:
        return rate(s.schedule, t - Fraction(s.steps))
    start, top = real(s.start_lr), rate(s.schedule, Fraction(0))
    share = real(t / Fraction(s.steps))
    if s.shape == "linear":
        return start + (top - start) * share
    if s.shape == "cosine":
        return start + (top - start) * (1 - mp.cos(mp.pi * share)) / 2
    assert s.shape == "exponential"
    return start * (top / start) ** share


# Operators.


@kind(
    "Sequential",
    end=lambda s: sum(map(end_of, _that_last(s)), Fraction(0)),
    steady=lambda s: all(map(steady, _that_last(s))),
)
def _sequential(s: Any, t: Fraction) -> Any:
    *early, last = _that_last(s)
    for part in early:
        if t < end_of(part):
            return rate(part, t)
        t -= Fraction(end_of(part))
    return rate(last, t)


def _that_last(s: Any) -> list[Any]:
    """Return the parts of a Sequential that take time: those without vanish."""
    return [part for part in s.parts if end_of(part) > 0] or [s.parts[-1]]


def _last_end(s: Any) -> End:
    ends = [end_of(part) for part in s.parts if not steady(part)]
    return max(ends, default=math.inf)


def _all_steady(s: Any) -> bool:
    return all(map(steady, s.parts))


@kind("Sum", end=_last_end, steady=_all_steady)
def _sum(s: Any, t: Fraction) -> Any:
    return sum((rate(part, t) for part in s.parts), mpf(0))


@kind("Product", end=_last_end, steady=_all_steady)
def _product(s: Any, t: Fraction) -> Any:
    product = mpf(1)
    for part in s.parts:
        product *= rate(part, t)
    return product


def _inner_end(s: Any) -> End:
    return end_of(s.schedule)


def _inner_steady(s: Any) -> bool:
    return steady(s.schedule)


@kind("Scale", end=_inner_end, steady=_inner_steady)
def _scale(s: Any, t: Fraction) -> Any:
    return real(s.by) * rate(s.schedule, t)


@kind(
    "Shift",
    end=lambda s: max(end_of(s.schedule) + Fraction(s.by), Fraction(0)),
    steady=_inner_steady,
)
def _shift(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, max(t - Fraction(s.by), Fraction(0)))


@kind("Stretch", end=lambda s: end_of(s.schedule) * Fraction(s.by), steady=_inner_steady)
def _stretch(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, t / Fraction(s.by))


@kind("Floor", end=_inner_end, steady=_inner_steady)
def _floor(s: Any, t: Fraction) -> Any:
    lr, least = rate(s.schedule, t), real(s.min_lr)
    if s.mode == "direct":
        return max(lr, least)
    assert s.mode == "offset"
    first = rate(s.schedule, Fraction(0))
    return lr + least * (first - lr) / first


@kind("Until", end=_steps)
def _until(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, min(t, Fraction(s.steps)))


def _end_of_stairs(s: Any) -> End:
    end, every = end_of(s.schedule), Fraction(s.every)
    return end if end == math.inf else every * math.ceil(end / every)


@kind("Staircase", end=_end_of_stairs, steady=_inner_steady)
def _staircase(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, Fraction(s.every) * _plateau(t, s.every, s.floor))


def _plateau(t: Fraction, every: float, floor: str) -> int:
    """Return the number of the plateau that ``t`` is on, in either convention."""
    if floor == "direct":
        return math.floor(t / Fraction(every))
    assert floor == "offset"
    return math.floor((1 + t) / Fraction(every))
