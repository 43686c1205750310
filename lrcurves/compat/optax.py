"""The functions of ``optax.schedules``, by their own names, as schedules.

Each function takes what optax's takes and returns a schedule that gives at ``t`` what optax's
gives at the count ``t``. Optax computes in float32 unless told otherwise, and loses digits in
long runs; these do not. Optax itself is not needed.

>>> schedule = warmup_cosine_decay_schedule(0.0, 0.1, warmup_steps=10, decay_steps=100)
>>> schedule.lr(5), schedule.lr(10), round(schedule.lr(55), 12), schedule.lr(100)
(0.05, 0.1, 0.05, 0.0)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, NoReturn

from .._domains import Domain, Interval, OneOf, TupleOf, YesOrNo, shown
from ..change import Floor, Shift, Until
from ..combine import Minimum, Sequential
from ..families.exponential import Exponential, StepDecay
from ..families.phased import phases, ramp
from ..families.pieces import Interpolated, PiecewiseConstant
from ..families.power import Constant, Polynomial
from ..families.wave import Cosine
from ..schedule import Schedule


def constant_schedule(value: float) -> Schedule:
    """Return optax's ``constant_schedule``.

    >>> constant_schedule(0.1).lr(1000)
    0.1

    Args:
        value: the rate.
    """
    _check("constant_schedule", value=value)
    return Constant(value)


def linear_schedule(
    init_value: float, end_value: float, transition_steps: float, transition_begin: float = 0
) -> Schedule:
    """Return optax's ``linear_schedule``.

    With ``transition_steps <= 0`` it never leaves ``init_value``, which optax logs; a
    ``transition_begin`` below 0 counts as 0.

    >>> s = linear_schedule(1.0, 0.0, transition_steps=10, transition_begin=5)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(15), s.lr(99)
    (1.0, 1.0, 0.5, 0.0, 0.0)

    Args:
        init_value: the rate until ``transition_begin``.
        end_value: the rate from ``transition_begin + transition_steps`` on.
        transition_steps: the length of the line.
        transition_begin: when the line begins.
    """
    of = "linear_schedule"
    return _power_of_time(of, init_value, end_value, 1.0, transition_steps, transition_begin)


def polynomial_schedule(
    init_value: float,
    end_value: float,
    power: float,
    transition_steps: float,
    transition_begin: float = 0,
) -> Schedule:
    """Return optax's ``polynomial_schedule``.

    The power is that of the time that is left, even in a rise, which is steep at first. With
    ``transition_steps <= 0`` it never leaves ``init_value``, which optax logs; a
    ``transition_begin`` below 0 counts as 0.

    >>> s = polynomial_schedule(0.0, 1.0, power=2, transition_steps=4)
    >>> [s.lr(t) for t in range(6)]
    [0.0, 0.4375, 0.75, 0.9375, 1.0, 1.0]

    Args:
        init_value: the rate until ``transition_begin``.
        end_value: the rate from ``transition_begin + transition_steps`` on.
        power: the power of the share of the time that is left, a finite number > 0.
        transition_steps: the length of the transition.
        transition_begin: when it begins.
    """
    of = "polynomial_schedule"
    return _power_of_time(of, init_value, end_value, power, transition_steps, transition_begin)


def cosine_decay_schedule(
    init_value: float, decay_steps: float, alpha: float = 0.0, exponent: float = 1.0
) -> Schedule:
    """Return optax's ``cosine_decay_schedule``.

    The last rate is a share of the first, ``alpha * init_value``, and is held.

    >>> s = cosine_decay_schedule(1.0, decay_steps=10, alpha=0.25)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), s.lr(99)
    (1.0, 0.625, 0.25, 0.25)

    Args:
        init_value: the rate at first.
        decay_steps: the length of the fall, a finite number > 0.
        alpha: the last rate as a share of the first.
        exponent: the power of the half wave, a finite number > 0.
    """
    of = "cosine_decay_schedule"
    _check(of, init_value=init_value, decay_steps=decay_steps, alpha=alpha, exponent=exponent)
    return Cosine(init_value, decay_steps, alpha * init_value, power=exponent)


def exponential_decay(
    init_value: float,
    transition_steps: float,
    decay_rate: float,
    transition_begin: float = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Return optax's ``exponential_decay``.

    ``end_value`` is a bound for the whole curve, its first rate included: a lower one if
    ``decay_rate < 1``, else an upper one. With ``transition_steps <= 0`` or ``decay_rate == 0``
    it never leaves ``init_value``, whatever the bound, which optax logs; a ``transition_begin``
    below 0 counts as 0. Whole stairs of a length that is no whole number are counted exactly,
    where optax rounds the quotient.

    >>> s = exponential_decay(1.0, 10, 0.5, transition_begin=5, end_value=0.2)
    >>> s.lr(5), s.lr(15), s.lr(25), s.lr(35)
    (1.0, 0.5, 0.25, 0.2)
    >>> exponential_decay(1.0, 10, 0.5, staircase=True).lr(19)
    0.5

    Args:
        init_value: the rate until ``transition_begin``.
        transition_steps: the time in which the rate is multiplied by ``decay_rate``.
        decay_rate: the factor, a finite number >= 0.
        transition_begin: when the decay begins.
        staircase: whether it is multiplied at once, after that time.
        end_value: the bound, if there is one.
    """
    of = "exponential_decay"
    _check(of, init_value=init_value, transition_steps=transition_steps)
    _check(of, decay_rate=decay_rate, transition_begin=transition_begin, staircase=staircase)
    if end_value is not None:
        _check(of, end_value=end_value)
    if transition_steps <= 0 or decay_rate == 0:
        return Constant(init_value)
    family = StepDecay if staircase else Exponential
    decay = _begun(family(init_value, decay_rate, transition_steps), transition_begin)
    if end_value is None:
        return decay
    if decay_rate < 1:
        return Floor(decay, end_value)
    return Minimum((decay, Constant(end_value)))


def piecewise_constant_schedule(
    init_value: float, boundaries_and_scales: Mapping[int, float] | None = None
) -> Schedule:
    """Return optax's ``piecewise_constant_schedule``.

    A scale multiplies the rate that is in force, not ``init_value``; the new rate is that of
    the boundary itself.

    >>> s = piecewise_constant_schedule(1.0, {10: 0.5, 20: 0.1})
    >>> s.lr(9), s.lr(10), s.lr(20)
    (1.0, 0.5, 0.05)

    Args:
        init_value: the rate before the first boundary.
        boundaries_and_scales: the factor for each time, in any order; the times are finite
            numbers >= 0.
    """
    of = "piecewise_constant_schedule"
    rates = _rates(of, init_value, boundaries_and_scales, _TIME)
    _, *boundaries = rates
    return PiecewiseConstant(tuple(rates.values()), tuple(boundaries))


def piecewise_interpolate_schedule(
    interpolate_type: str,
    init_value: float,
    boundaries_and_scales: Mapping[int, float] | None = None,
) -> Schedule:
    """Return optax's ``piecewise_interpolate_schedule``.

    A scale multiplies the rate at the boundary before, not ``init_value``; a boundary at 0
    replaces the first rate.

    >>> s = piecewise_interpolate_schedule("linear", 1.0, {10: 0.5, 20: 0.1})
    >>> s.lr(0), s.lr(5), s.lr(10), round(s.lr(15), 12), s.lr(20), s.lr(99)
    (1.0, 0.75, 0.5, 0.275, 0.05, 0.05)

    Args:
        interpolate_type: ``"linear"`` or ``"cosine"``.
        init_value: the rate at first.
        boundaries_and_scales: the factor for each time, in any order; the times are whole
            numbers >= 0.
    """
    of = "piecewise_interpolate_schedule"
    _check(of, interpolate_type=interpolate_type)
    rates = _rates(of, init_value, boundaries_and_scales, _NUMBER)
    if len(rates) == 1:
        return Constant(rates[0.0])
    return Interpolated(tuple(rates), tuple(rates.values()), interpolate_type)


def linear_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    pct_final: float = 0.85,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Return optax's ``linear_onecycle_schedule``.

    Its turns are at whole steps, rounded down; where two of them meet, the later one replaces
    the factor of the earlier, so that a cycle of few steps has no peak.

    >>> s = linear_onecycle_schedule(100, peak_value=1.0)
    >>> s.lr(0), s.lr(30), s.lr(85), round(s.lr(100), 12)
    (0.04, 1.0, 0.04, 4e-06)

    Args:
        transition_steps: the length, a whole number >= 1.
        peak_value: the peak.
        pct_start: the share of the steps before the peak.
        pct_final: the share of the steps before the first rate is reached again.
        div_factor: how many times smaller than the peak the first rate is.
        final_div_factor: how many times smaller than the first rate the last is.
    """
    of = "linear_onecycle_schedule"
    _COUNT.validated(f"{of}.transition_steps", transition_steps)
    _check(of, peak_value=peak_value, pct_start=pct_start)
    _check(of, pct_final=pct_final, div_factor=div_factor, final_div_factor=final_div_factor)
    turns = {
        int(pct_start * transition_steps): div_factor,
        int(pct_final * transition_steps): 1.0 / div_factor,
        int(transition_steps): 1.0 / final_div_factor,
    }
    return piecewise_interpolate_schedule("linear", peak_value / div_factor, turns)


def cosine_onecycle_schedule(
    transition_steps: int,
    peak_value: float,
    pct_start: float = 0.3,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
) -> Schedule:
    """Return optax's ``cosine_onecycle_schedule``.

    The peak is at ``int(pct_start * transition_steps)`` and the end at ``transition_steps``;
    where they meet there is no peak, and where the peak would be at 0 it is the first rate.

    >>> s = cosine_onecycle_schedule(100, peak_value=1.0)
    >>> s.lr(0), s.lr(30), s.lr(100), s.lr(999)
    (0.04, 1.0, 4e-06, 4e-06)

    Args:
        transition_steps: the length, a whole number >= 1.
        peak_value: the peak.
        pct_start: the share of the steps before the peak.
        div_factor: how many times smaller than the peak the first rate is.
        final_div_factor: how many times smaller than the first rate the last is.
    """
    of = "cosine_onecycle_schedule"
    _COUNT.validated(f"{of}.transition_steps", transition_steps)
    _check(of, peak_value=peak_value, pct_start=pct_start)
    _check(of, div_factor=div_factor, final_div_factor=final_div_factor)
    turns = {
        int(pct_start * transition_steps): div_factor,
        int(transition_steps): 1.0 / (div_factor * final_div_factor),
    }
    return piecewise_interpolate_schedule("cosine", peak_value / div_factor, turns)


def warmup_constant_schedule(
    init_value: float, peak_value: float, warmup_steps: float
) -> Schedule:
    """Return optax's ``warmup_constant_schedule``.

    Without steps it never leaves ``init_value``, which optax logs: not the peak, as one would
    think.

    >>> s = warmup_constant_schedule(0.0, 1.0, warmup_steps=10)
    >>> s.lr(5), s.lr(10), warmup_constant_schedule(0.0, 1.0, warmup_steps=0).lr(10)
    (0.5, 1.0, 0.0)

    Args:
        init_value: the rate at first.
        peak_value: the rate from ``warmup_steps`` on.
        warmup_steps: the length of the warm-up.
    """
    of = "warmup_constant_schedule"
    _check(of, init_value=init_value, peak_value=peak_value, transition_steps=warmup_steps)
    return ramp("linear", init_value, peak_value, max(warmup_steps, 0)) or Constant(init_value)


def warmup_cosine_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: float,
    decay_steps: float,
    end_value: float = 0.0,
    exponent: float = 1.0,
) -> Schedule:
    """Return optax's ``warmup_cosine_decay_schedule``.

    ``decay_steps`` counts the warm-up too; with a ``peak_value`` of 0 the ``end_value`` is of
    no account.

    >>> s = warmup_cosine_decay_schedule(0.0, 1.0, warmup_steps=20, decay_steps=100)
    >>> s.lr(10), s.lr(20), round(s.lr(60), 12), s.lr(100)
    (0.5, 1.0, 0.5, 0.0)

    Args:
        init_value: the rate at first.
        peak_value: the rate at ``warmup_steps``.
        warmup_steps: the length of the warm-up, a finite number >= 0.
        decay_steps: the whole length, a finite number > ``warmup_steps``.
        end_value: the rate from ``decay_steps`` on.
        exponent: the power of the half wave, a finite number > 0.
    """
    of = "warmup_cosine_decay_schedule"
    _check(of, init_value=init_value, peak_value=peak_value, warmup_steps=warmup_steps)
    _check(of, decay_steps=decay_steps, end_value=end_value, exponent=exponent)
    if not decay_steps > warmup_steps:
        raise ValueError(
            f"{of}.decay_steps must be > warmup_steps, got {decay_steps:g} with warmup_steps="
            f"{warmup_steps:g}: it counts the warm-up too"
        )
    last = end_value if peak_value else 0.0
    decay = Cosine(peak_value, decay_steps - warmup_steps, last, power=exponent)
    return phases([ramp("linear", init_value, peak_value, warmup_steps), decay])


def warmup_exponential_decay_schedule(
    init_value: float,
    peak_value: float,
    warmup_steps: float,
    transition_steps: float,
    decay_rate: float,
    transition_begin: float = 0,
    staircase: bool = False,
    end_value: float | None = None,
) -> Schedule:
    """Return optax's ``warmup_exponential_decay_schedule``.

    The clock of the decay, and of ``transition_begin``, starts when the warm-up is over; it is
    that of :func:`exponential_decay` in all else.

    >>> s = warmup_exponential_decay_schedule(0.0, 1.0, 10, transition_steps=5, decay_rate=0.5)
    >>> s.lr(5), s.lr(10), s.lr(15), s.lr(20)
    (0.5, 1.0, 0.5, 0.25)

    Args:
        init_value: the rate at first.
        peak_value: the rate at ``warmup_steps``.
        warmup_steps: the length of the warm-up, a finite number >= 0.
        transition_steps: as for :func:`exponential_decay`, as are
        decay_rate: and
        transition_begin: and
        staircase: and
        end_value: which does not bound the warm-up.
    """
    of = "warmup_exponential_decay_schedule"
    _check(of, init_value=init_value, peak_value=peak_value, warmup_steps=warmup_steps)
    decay = exponential_decay(
        peak_value, transition_steps, decay_rate, transition_begin, staircase, end_value
    )
    return phases([ramp("linear", init_value, peak_value, warmup_steps), decay])


def join_schedules(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """Return optax's ``join_schedules``, of schedules of this library.

    The next schedule starts, from its own ``t = 0``, at each boundary, whether or not the one
    before has come to its end. Boundaries out of order, which hide a schedule, and too many or
    too few, of which optax drops the surplus, are errors.

    >>> s = join_schedules([constant_schedule(0.5), linear_schedule(1.0, 0.0, 10)], [3])
    >>> s.lr(2), s.lr(3), s.lr(8), s.lr(13)
    (0.5, 1.0, 0.5, 0.0)

    Args:
        schedules: at least one.
        boundaries: finite numbers >= 0 in order, one fewer than there are schedules.
    """
    parts = tuple(schedules)
    times = TupleOf(_TIME, "in order").validated("join_schedules.boundaries", boundaries)
    if len(times) != len(parts) - 1:
        raise ValueError(
            "join_schedules.boundaries must hold one fewer than schedules, got"
            f" {len(times)} boundaries and {len(parts)} schedules"
        )
    lengths = [stop - start for start, stop in pairwise((0.0, *times))]
    bounded = [Until(part, n) for part, n in zip(parts[:-1], lengths, strict=True)]
    return Sequential((*bounded, parts[-1]))


def sgdr_schedule(cosine_kwargs: Iterable[Mapping[str, Any]]) -> Schedule:
    """Return optax's ``sgdr_schedule``: several :func:`warmup_cosine_decay_schedule` in turn.

    Each cycle lasts for its ``decay_steps``, its warm-up included.

    >>> cycle = {"init_value": 0.0, "peak_value": 1.0, "warmup_steps": 2, "decay_steps": 10}
    >>> s = sgdr_schedule([cycle, {**cycle, "peak_value": 0.5}])
    >>> s.lr(2), s.lr(10), s.lr(12), s.lr(20), s.lr(99)
    (1.0, 0.0, 0.5, 0.0, 0.0)

    Args:
        cosine_kwargs: the arguments of each cycle.
    """
    cycles = tuple(cosine_kwargs)
    if not cycles:
        raise ValueError("sgdr_schedule.cosine_kwargs must hold at least 1, got none")
    for i, cycle in enumerate(cycles):
        if not isinstance(cycle, Mapping):
            raise TypeError(
                f"sgdr_schedule.cosine_kwargs[{i}] must be a mapping, got {shown(cycle)}"
            )
    return Sequential(tuple(warmup_cosine_decay_schedule(**cycle) for cycle in cycles))


def inject_hyperparams(*args: object, **kwargs: object) -> NoReturn:
    """Refuse optax's ``inject_hyperparams``, which makes optimizers, not schedules.

    >>> inject_hyperparams(None)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: inject_hyperparams cannot be a schedule: ...
    """
    raise _refusal("inject_hyperparams")


def inject_stateful_hyperparams(*args: object, **kwargs: object) -> NoReturn:
    """Refuse optax's ``inject_stateful_hyperparams``, which makes optimizers, not schedules.

    >>> inject_stateful_hyperparams(None)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: inject_stateful_hyperparams cannot be a schedule: ...
    """
    raise _refusal("inject_stateful_hyperparams")


def _refusal(name: str) -> TypeError:
    return TypeError(
        f"{name} cannot be a schedule: it wraps an optimizer: keep optax's, which takes the"
        " schedules of this library as they are"
    )


_RATE, _FACTOR, _ANY = Interval(0), Interval(0, includes_low=False), Interval(time=True)
_NUMBER, _COUNT = Interval(0, whole=True), Interval(1, whole=True)
_TIME, _LENGTH = Interval(0, time=True), Interval(0, includes_low=False, time=True)
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("value", "init_value", "end_value", "peak_value"), _RATE),
    **dict.fromkeys(("alpha", "decay_rate", "pct_start", "pct_final"), _RATE),
    **dict.fromkeys(("power", "exponent", "div_factor", "final_div_factor"), _FACTOR),
    **dict.fromkeys(("transition_steps", "transition_begin"), _ANY),
    "decay_steps": _LENGTH,
    "warmup_steps": _TIME,
    "staircase": YesOrNo(),
    "interpolate_type": OneOf(("linear", "cosine")),
}
"""What optax's arguments may be."""


def _check(of: str, **arguments: object) -> None:
    """Reject what a family would reject too, but under the names that optax gives it."""
    for name, value in arguments.items():
        _DOMAINS[name].validated(f"{of}.{name}", value)


def _begun(schedule: Schedule, begin: float) -> Schedule:
    return Shift(schedule, begin) if begin > 0 else schedule


def _power_of_time(
    of: str, first: float, last: float, power: float, steps: float, begin: float
) -> Schedule:
    _check(of, init_value=first, end_value=last, power=power)
    _check(of, transition_steps=steps, transition_begin=begin)
    if steps <= 0:
        return Constant(first)
    if power == 1:
        return _begun(phases([ramp("linear", first, last, steps)]), begin)
    return _begun(Polynomial(first, steps, last, power=power), begin)


def _rates(
    of: str, first: float, scales: Mapping[int, float] | None, times: Domain
) -> dict[float, float]:
    """Return the rate from each time on, in order, from 0 on."""
    _check(of, init_value=first)
    name = f"{of}.boundaries_and_scales"
    if not isinstance(scales, Mapping | None):
        raise TypeError(f"{name} must be None or a mapping, got {shown(scales)}")
    factors: dict[float, float] = {
        times.validated(f"{name}: boundary", time): _RATE.validated(f"{name}[{time}]", scale)
        for time, scale in (scales or {}).items()
    }
    rates, rate = {0.0: float(first)}, float(first)
    for time in sorted(factors):
        rate *= factors[time]
        rates[time] = rate
    return rates
