"""The classes of ``keras.optimizers.schedules``, by their own names, as schedules.

Each function takes what the class takes and returns a schedule that gives at ``t`` what Keras
gives at step ``t``. Keras computes in float32 unless told otherwise, and if the first rate is
an int, it cuts every other argument to an int as well; these do neither. Keras itself is not
needed.

>>> schedule = CosineDecay(0.0, decay_steps=90, warmup_target=0.1, warmup_steps=10)
>>> schedule.lr(5), schedule.lr(10), round(schedule.lr(55), 12), schedule.lr(100)
(0.05, 0.1, 0.05, 0.0)
"""

# ruff: noqa: N802 - the names are Keras'

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NoReturn

from .._domains import Domain, Interval, TupleOf, YesOrNo
from ..change import Repeat, Scale, Staircase, Until
from ..combine import Sum
from ..families.exponential import Exponential, StepDecay
from ..families.phased import phases, ramp
from ..families.pieces import PiecewiseConstant
from ..families.power import Constant, InverseTime, Polynomial, PowerLaw
from ..families.wave import Cosine, CosineRestarts
from ..schedule import Schedule


def ExponentialDecay(
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
    name: str = "ExponentialDecay",
) -> Schedule:
    """Return Keras' ``ExponentialDecay``.

    It goes on for ever; Keras has no smallest rate here.

    >>> s = ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> s.lr(10), s.lr(20), ExponentialDecay(0.1, 10, 0.5, staircase=True).lr(19)
    (0.05, 0.025, 0.05)

    Args:
        initial_learning_rate: the rate at first.
        decay_steps: the time in which it is multiplied by ``decay_rate``, a finite number > 0.
        decay_rate: the factor, a finite number > 0.
        staircase: whether it is multiplied at once, after that time.
        name: is of no account.
    """
    of = "ExponentialDecay"
    _check(of, initial_learning_rate=initial_learning_rate, decay_steps=decay_steps)
    _FACTOR.validated(f"{of}.decay_rate", decay_rate)
    _check(of, staircase=staircase)
    family = StepDecay if staircase else Exponential
    return family(initial_learning_rate, decay_rate, decay_steps)


def PiecewiseConstantDecay(
    boundaries: Sequence[float], values: Sequence[float], name: str = "PiecewiseConstant"
) -> Schedule:
    """Return Keras' ``PiecewiseConstantDecay``, at whole steps.

    A value still holds at its boundary: the next one starts a step later, at ``boundary + 1``.

    >>> s = PiecewiseConstantDecay([10, 20], [1.0, 0.5, 0.1])
    >>> s.lr(10), s.lr(11), s.lr(20), s.lr(21)
    (1.0, 0.5, 0.5, 0.1)

    Args:
        boundaries: the last steps of all values but the last, finite numbers >= 0 in order.
        values: one more than there are boundaries.
        name: is of no account.
    """
    of = "PiecewiseConstantDecay"
    times = TupleOf(_TIME, "in order").validated(f"{of}.boundaries", boundaries)
    rates = TupleOf(_RATE, at_least=1).validated(f"{of}.values", values)
    if len(rates) != len(times) + 1:
        raise ValueError(
            f"{of}.values must hold one more than boundaries, got {len(rates)} values and"
            f" {len(times)} boundaries"
        )
    starts = dict(zip((math.floor(time) + 1.0 for time in times), rates[1:], strict=True))
    return PiecewiseConstant((rates[0], *starts.values()), tuple(starts))


def PolynomialDecay(
    initial_learning_rate: float,
    decay_steps: float,
    end_learning_rate: float = 0.0001,
    power: float = 1.0,
    cycle: bool = False,
    name: str = "PolynomialDecay",
) -> Schedule:
    """Return Keras' ``PolynomialDecay``; with ``cycle=True``, at whole steps.

    With ``cycle=True`` the time of the fall grows to the next multiple of ``decay_steps``: the
    end rate is reached at every multiple, and one step later the rate is up again, in cycle
    ``n`` to about ``n ** -power`` of the first height.

    >>> s = PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.0)
    >>> [s.lr(t) for t in range(6)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.0]
    >>> s = PolynomialDecay(1.0, decay_steps=4, end_learning_rate=0.0, cycle=True)
    >>> [s.lr(t) for t in range(9)]
    [1.0, 0.75, 0.5, 0.25, 0.0, 0.375, 0.25, 0.125, 0.0]

    Args:
        initial_learning_rate: the rate at first.
        decay_steps: the length of the fall, a finite number > 0; a whole one if ``cycle``.
        end_learning_rate: the rate to which it falls; not above the first if ``cycle``.
        power: the power of the share of the time that is left, a finite number > 0.
        cycle: whether it goes up again.
        name: is of no account.

    Raises:
        ValueError: if ``cycle`` and the rate rises, or ``decay_steps`` is no whole number.
    """
    of = "PolynomialDecay"
    _check(of, initial_learning_rate=initial_learning_rate, decay_steps=decay_steps)
    _check(of, end_learning_rate=end_learning_rate, power=power, cycle=cycle)
    if not cycle:
        return Polynomial(initial_learning_rate, decay_steps, end_learning_rate, power=power)
    Interval(1, whole=True).validated(f"{of}.decay_steps", decay_steps)
    height = initial_learning_rate - end_learning_rate
    if height < 0:
        raise ValueError(
            f"{of}.end_learning_rate must be <= initial_learning_rate if cycle=True, got"
            f" {end_learning_rate!r} > {initial_learning_rate!r}: no schedule is subtracted"
            " from another"
        )
    # In cycle n, n T - t steps are left of n T. That share is a product: of the share of T,
    # which is a saw, and of 1 / n, which is a staircase. A cycle starts one step after a
    # multiple of T, so that both run from t = 1.
    first = Until(Constant(initial_learning_rate), 1)
    if decay_steps == 1:
        return first >> Constant(end_learning_rate)
    left = decay_steps - 1.0
    fall = Polynomial((left / decay_steps) ** power, left, power=power)
    saw = Repeat(Until(fall, decay_steps))
    shrinking = Staircase(PowerLaw(height, power, decay_steps), decay_steps)
    return first >> saw * shrinking + Constant(end_learning_rate)


def InverseTimeDecay(
    initial_learning_rate: float,
    decay_steps: float,
    decay_rate: float,
    staircase: bool = False,
    name: str = "InverseTimeDecay",
) -> Schedule:
    """Return Keras' ``InverseTimeDecay``.

    It goes on for ever.

    >>> s = InverseTimeDecay(0.1, decay_steps=10, decay_rate=0.5)
    >>> s.lr(20), s.lr(60), InverseTimeDecay(0.1, 10, 0.5, staircase=True).lr(29)
    (0.05, 0.025, 0.05)

    Args:
        initial_learning_rate: the rate at first.
        decay_steps: the time in which the denominator grows by ``decay_rate``, a finite number
            > 0.
        decay_rate: a finite number >= 0.
        staircase: whether it grows at once, after that time.
        name: is of no account.
    """
    of = "InverseTimeDecay"
    _check(of, initial_learning_rate=initial_learning_rate, decay_steps=decay_steps)
    _check(of, decay_rate=decay_rate, staircase=staircase)
    if decay_rate == 0:
        return Constant(initial_learning_rate)
    decay = InverseTime(initial_learning_rate, decay_rate, decay_steps)
    return Staircase(decay, decay_steps) if staircase else decay


def CosineDecay(
    initial_learning_rate: float,
    decay_steps: float,
    alpha: float = 0.0,
    name: str = "CosineDecay",
    warmup_target: float | None = None,
    warmup_steps: float = 0,
) -> Schedule:
    """Return Keras' ``CosineDecay``.

    The warm-up is added to ``decay_steps``, and without a ``warmup_target`` there is none,
    whatever ``warmup_steps`` says. The last rate is a share of the peak.

    >>> s = CosineDecay(0.0, 10, alpha=0.25, warmup_target=1.0, warmup_steps=4)
    >>> s.lr(2), s.lr(4), round(s.lr(9), 12), s.lr(14), s.lr(99)
    (0.5, 1.0, 0.625, 0.25, 0.25)

    Args:
        initial_learning_rate: the rate at first.
        decay_steps: the length of the fall, a finite number > 0.
        alpha: the last rate as a share of the peak.
        name: is of no account.
        warmup_target: the peak, if there is a warm-up.
        warmup_steps: the length of the warm-up, a finite number >= 0.
    """
    of = "CosineDecay"
    _check(of, initial_learning_rate=initial_learning_rate, decay_steps=decay_steps)
    _check(of, alpha=alpha, warmup_steps=warmup_steps)
    if warmup_target is None:
        return Cosine(initial_learning_rate, decay_steps, alpha * initial_learning_rate)
    _check(of, warmup_target=warmup_target)
    decay = Cosine(warmup_target, decay_steps, alpha * warmup_target)
    return phases([ramp("linear", initial_learning_rate, warmup_target, warmup_steps), decay])


def CosineDecayRestarts(
    initial_learning_rate: float,
    first_decay_steps: float,
    t_mul: float = 2.0,
    m_mul: float = 1.0,
    alpha: float = 0.0,
    name: str = "SGDRDecay",
) -> Schedule:
    """Return Keras' ``CosineDecayRestarts``.

    ``m_mul`` multiplies the height above the floor, ``alpha * initial_learning_rate``, not the
    peak. Keras finds the cycle by a rounded logarithm, and in float32 it misses some restarts
    by a step; this one does not.

    >>> s = CosineDecayRestarts(1.0, first_decay_steps=10, m_mul=0.5, alpha=0.25)
    >>> s.lr(0), s.lr(10), round(s.lr(20), 12), s.lr(30)
    (1.0, 0.625, 0.4375, 0.4375)

    Args:
        initial_learning_rate: the rate at first.
        first_decay_steps: the length of the first cycle, a finite number > 0.
        t_mul: by which each cycle is longer than the one before, a finite number >= 1; Keras'
            cycles that shrink come to nothing, and then it gives NaN.
        m_mul: by which each cycle is higher, a finite number >= 0.
        alpha: the floor as a share of the first rate.
        name: is of no account.

    Raises:
        ValueError: if ``alpha > 1`` and ``m_mul`` is not 1.
    """
    of = "CosineDecayRestarts"
    _check(of, initial_learning_rate=initial_learning_rate, alpha=alpha)
    _check(of, first_decay_steps=first_decay_steps, t_mul=t_mul, m_mul=m_mul)
    peak, floor = initial_learning_rate, alpha * initial_learning_rate
    if m_mul == 0:
        return Cosine(peak, first_decay_steps, floor)
    if m_mul == 1 and alpha > 1:
        return Repeat(Cosine(peak, first_decay_steps, floor), t_mul)
    if alpha > 1:
        raise ValueError(
            f"{of}.alpha must be <= 1 unless m_mul is 1, got alpha={alpha!r} with"
            f" m_mul={m_mul!r}: no schedule is subtracted from another"
        )
    if m_mul == 1 or alpha == 0:
        return CosineRestarts(peak, first_decay_steps, floor, t_mul, m_mul)
    wave = CosineRestarts(peak, first_decay_steps, 0.0, t_mul, m_mul)
    return Sum((Scale(wave, 1.0 - alpha), Constant(floor)))


def LearningRateSchedule(*args: object, **kwargs: object) -> NoReturn:
    """Refuse Keras' ``LearningRateSchedule``, which is a base for classes of one's own.

    >>> LearningRateSchedule()  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: LearningRateSchedule cannot be a schedule: ...
    """
    raise TypeError(
        "LearningRateSchedule cannot be a schedule: it is a base for classes of one's own:"
        " write the formula as a class with lrcurves.define"
    )


_RATE, _FACTOR = Interval(0), Interval(0, includes_low=False)
_TIME, _LENGTH = Interval(0, time=True), Interval(0, includes_low=False, time=True)
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("initial_learning_rate", "end_learning_rate", "warmup_target"), _RATE),
    **dict.fromkeys(("alpha", "m_mul", "decay_rate"), _RATE),
    "power": _FACTOR,
    "t_mul": Interval(1),
    **dict.fromkeys(("decay_steps", "first_decay_steps"), _LENGTH),
    "warmup_steps": _TIME,
    **dict.fromkeys(("staircase", "cycle"), YesOrNo()),
}
"""What Keras' arguments may be."""


def _check(of: str, **arguments: object) -> None:
    """Reject what a family would reject too, but under the names that Keras gives it."""
    for name, value in arguments.items():
        _DOMAINS[name].validated(f"{of}.{name}", value)
