"""The schedules of ``transformers.optimization``, by their own names, as schedules.

Each function takes what the original takes, with ``base_lr``, the rate of the optimizer, in the
place of the optimizer. Its schedule gives at ``t`` what transformers applies in update number
``t``, if the scheduler is stepped after each update. Transformers itself is not needed.

>>> schedule = get_scheduler("linear", 0.1, num_warmup_steps=10, num_training_steps=100)
>>> schedule.lr(5), schedule.lr(10), schedule.lr(55), schedule.lr(100)
(0.05, 0.1, 0.05, 0.0)

In all of them ``num_training_steps`` includes the warm-up. Where it is not larger than the
warm-up, transformers decays in one step, or not at all; these do as it does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any, NoReturn

from .._domains import Domain, Interval, OneOf
from ..change import Repeat, Shift, Until
from ..combine import Sequential
from ..families.phased import phases, ramp
from ..families.power import Constant, InverseSqrt, Polynomial
from ..families.wave import Cosine, CosineRestarts
from ..schedule import Schedule


def get_constant_schedule(base_lr: float) -> Schedule:
    """Return transformers' ``get_constant_schedule``.

    There is no warm-up: :func:`get_scheduler` ignores one that it is given for it.

    >>> get_constant_schedule(0.1).lr(1000)
    0.1

    Args:
        base_lr: the rate of the optimizer.
    """
    _check("get_constant_schedule", base_lr=base_lr)
    return Constant(base_lr)


def get_constant_schedule_with_warmup(base_lr: float, num_warmup_steps: int) -> Schedule:
    """Return transformers' ``get_constant_schedule_with_warmup``.

    The first update is done with a rate of 0.

    >>> s = get_constant_schedule_with_warmup(0.1, num_warmup_steps=10)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(1000)
    (0.0, 0.05, 0.1, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
    """
    of = "get_constant_schedule_with_warmup"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    return phases([_rise(base_lr, num_warmup_steps), Constant(base_lr)])


def get_linear_schedule_with_warmup(
    base_lr: float, num_warmup_steps: int, num_training_steps: int
) -> Schedule:
    """Return transformers' ``get_linear_schedule_with_warmup``.

    Where the warm-up takes all the steps, the rate drops to 0 at its end.

    >>> s = get_linear_schedule_with_warmup(0.1, num_warmup_steps=10, num_training_steps=110)
    >>> s.lr(0), s.lr(10), s.lr(60), s.lr(110), s.lr(999)
    (0.0, 0.1, 0.05, 0.0, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
    """
    of = "get_linear_schedule_with_warmup"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    _check(of, num_training_steps=num_training_steps)
    fall = ramp("linear", base_lr, 0.0, max(num_training_steps - num_warmup_steps, 0))
    return _then(0.0, _rise(base_lr, num_warmup_steps), fall)


def get_cosine_schedule_with_warmup(
    base_lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
) -> Schedule:
    """Return transformers' ``get_cosine_schedule_with_warmup``.

    It does not stop at ``num_training_steps``: the wave climbs again, for ever up and down.
    :class:`lrcurves.WarmupCosine` stops.

    >>> s = get_cosine_schedule_with_warmup(0.1, num_warmup_steps=10, num_training_steps=110)
    >>> s.lr(5), s.lr(10), round(s.lr(60), 12), s.lr(110), round(s.lr(160), 12), s.lr(210)
    (0.05, 0.1, 0.05, 0.0, 0.05, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
        num_cycles: the number of whole waves after the warm-up, a finite number >= 0; one half
            is a single fall.
    """
    of = "get_cosine_schedule_with_warmup"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    _check(of, num_training_steps=num_training_steps, num_cycles=num_cycles)
    length = max(num_training_steps - num_warmup_steps, 1)
    wave = _wave(base_lr, 0.0, length, num_cycles)
    return phases([_rise(base_lr, num_warmup_steps), wave])


def get_cosine_with_hard_restarts_schedule_with_warmup(
    base_lr: float, num_warmup_steps: int, num_training_steps: int, num_cycles: int = 1
) -> Schedule:
    """Return transformers' ``get_cosine_with_hard_restarts_schedule_with_warmup``.

    From ``num_training_steps`` on the rate is 0, wherever the wave was. Transformers misses
    some restarts, and is at 0 there, from a rounded product; this one does not.

    >>> s = get_cosine_with_hard_restarts_schedule_with_warmup(0.1, 10, 110, num_cycles=2)
    >>> s.lr(10), round(s.lr(35), 12), s.lr(60), round(s.lr(85), 12), s.lr(110)
    (0.1, 0.05, 0.1, 0.05, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
        num_cycles: the number of falls, a finite number >= 0.
    """
    of = "get_cosine_with_hard_restarts_schedule_with_warmup"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    _check(of, num_training_steps=num_training_steps, num_cycles=num_cycles)
    length = max(num_training_steps - num_warmup_steps, 1)
    falls = Until(_falls(base_lr, length, num_cycles), length)
    return _then(0.0, _rise(base_lr, num_warmup_steps), falls)


def get_polynomial_decay_schedule_with_warmup(
    base_lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    lr_end: float = 1e-7,
    power: float = 1.0,
) -> Schedule:
    """Return transformers' ``get_polynomial_decay_schedule_with_warmup``.

    It ends at 1e-7 unless told otherwise. In a parameter group with another rate than that of
    the optimizer, transformers scales ``lr_end`` with it; give this one the scaled ``lr_end``.

    >>> s = get_polynomial_decay_schedule_with_warmup(0.1, 10, 110, lr_end=0.02, power=2)
    >>> s.lr(5), s.lr(10), round(s.lr(60), 12), s.lr(110)
    (0.05, 0.1, 0.04, 0.02)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
        lr_end: the last rate, a finite number >= 0, < base_lr.
        power: of the share that is left, a finite number > 0.

    Raises:
        ValueError: if the warm-up is as long as the whole, where transformers divides by zero.
    """
    of = "get_polynomial_decay_schedule_with_warmup"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    _check(of, num_training_steps=num_training_steps, lr_end=lr_end, power=power)
    if not lr_end < base_lr:
        raise ValueError(f"{of}.lr_end must be < base_lr, got {lr_end!r} >= {base_lr!r}")
    if num_training_steps == num_warmup_steps:
        raise ValueError(
            f"{of}.num_training_steps must not be equal to num_warmup_steps, got"
            f" {num_training_steps!r} twice: transformers divides by zero there"
        )
    if num_training_steps < num_warmup_steps:
        return _then(lr_end, _rise(base_lr, num_warmup_steps))
    fall = Polynomial(base_lr, num_training_steps - num_warmup_steps, lr_end, power)
    return phases([_rise(base_lr, num_warmup_steps), fall])


def get_inverse_sqrt_schedule(
    base_lr: float, num_warmup_steps: int, timescale: int | None = None
) -> Schedule:
    """Return transformers' ``get_inverse_sqrt_schedule``.

    The time scale is the length of the warm-up unless given, or 10 000 without a warm-up.

    >>> s = get_inverse_sqrt_schedule(0.1, num_warmup_steps=100)
    >>> s.lr(50), s.lr(100), s.lr(400), s.lr(1600)
    (0.05, 0.1, 0.05, 0.025)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        timescale: a third of the time in which the rate halves after the warm-up, a finite
            number > 0.
    """
    of = "get_inverse_sqrt_schedule"
    scale = (num_warmup_steps or 10_000) if timescale is None else timescale
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps, timescale=scale)
    return phases([_rise(base_lr, num_warmup_steps), InverseSqrt(base_lr, scale)])


def get_cosine_with_min_lr_schedule_with_warmup(
    base_lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
) -> Schedule:
    """Return transformers' ``get_cosine_with_min_lr_schedule_with_warmup``.

    The warm-up starts from 0, not from the minimum; after ``num_training_steps`` the wave
    climbs again.

    >>> s = get_cosine_with_min_lr_schedule_with_warmup(0.1, 10, 110, min_lr_rate=0.2)
    >>> s.lr(0), s.lr(10), round(s.lr(60), 12), round(s.lr(110), 12), s.lr(210)
    (0.0, 0.1, 0.06, 0.02, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
        num_cycles: the number of whole waves after the warm-up, a finite number >= 0.
        min_lr: the lowest rate of the wave, a finite number >= 0; or else
        min_lr_rate: its share of ``base_lr``.
    """
    of = "get_cosine_with_min_lr_schedule_with_warmup"
    low = _lowest(of, base_lr, min_lr, min_lr_rate)
    _check(of, num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps)
    _check(of, num_cycles=num_cycles)
    length = max(num_training_steps - num_warmup_steps, 1)
    wave = _wave(base_lr, low, length, num_cycles)
    return phases([_rise(base_lr, num_warmup_steps), wave])


def get_cosine_with_min_lr_schedule_with_warmup_lr_rate(
    base_lr: float,
    num_warmup_steps: int,
    num_training_steps: int,
    num_cycles: float = 0.5,
    min_lr: float | None = None,
    min_lr_rate: float | None = None,
    warmup_lr_rate: float | None = None,
) -> Schedule:
    """Return transformers' ``get_cosine_with_min_lr_schedule_with_warmup_lr_rate``.

    All of it is one step early: the warm-up ends at ``num_warmup_steps - 1``, the wave is at
    its lowest at ``num_training_steps - 1`` and climbs again; without a warm-up it starts one
    step into the wave.

    >>> s = get_cosine_with_min_lr_schedule_with_warmup_lr_rate(0.1, 10, 110, min_lr=0.02)
    >>> s.lr(0), s.lr(9), round(s.lr(59), 12), round(s.lr(109), 12), s.lr(209)
    (0.01, 0.1, 0.06, 0.02, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0.
        num_cycles: the number of whole waves after the warm-up, a finite number >= 0.
        min_lr: the lowest rate of the wave, a finite number >= 0; or else
        min_lr_rate: its share of ``base_lr``.
        warmup_lr_rate: the first rate as a share of ``base_lr``, a finite number >= 0;
            ``1 / num_warmup_steps`` unless given.
    """
    of = "get_cosine_with_min_lr_schedule_with_warmup_lr_rate"
    low = _lowest(of, base_lr, min_lr, min_lr_rate)
    _check(of, num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps)
    _check(of, num_cycles=num_cycles)
    length = max(num_training_steps - num_warmup_steps, 1)
    wave = _wave(base_lr, low, length, num_cycles)
    if warmup_lr_rate is not None:
        _check(of, warmup_lr_rate=warmup_lr_rate)
    if num_warmup_steps == 0:
        return Shift(wave, by=-1.0)
    first = base_lr / num_warmup_steps
    if warmup_lr_rate is not None:
        first = base_lr * warmup_lr_rate
    if num_warmup_steps == 1:
        return phases([ramp("constant", first, first, 1.0), Shift(wave, by=-1.0)])
    return phases([ramp("linear", first, base_lr, num_warmup_steps - 1), wave])


def get_wsd_schedule(
    base_lr: float,
    num_warmup_steps: int,
    num_decay_steps: int,
    num_training_steps: int | None = None,
    num_stable_steps: int | None = None,
    warmup_type: str = "linear",
    decay_type: str = "cosine",
    min_lr_ratio: float = 0,
    num_cycles: float = 0.5,
) -> Schedule:
    """Return transformers' ``get_wsd_schedule``: warm up, stay, decay.

    The warm-up starts from the minimum, not from 0. Where ``num_training_steps`` is too short
    for both, the decay has begun before the warm-up ends; ``num_stable_steps`` overrules it.

    >>> s = get_wsd_schedule(0.1, 10, 40, num_training_steps=100, min_lr_ratio=0.2)
    >>> [round(s.lr(t), 12) for t in (0, 5, 10, 59, 80, 100)]
    [0.02, 0.06, 0.1, 0.1, 0.06, 0.02]

    Args:
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up, a whole number >= 0.
        num_decay_steps: the length of the decay, a whole number >= 0.
        num_training_steps: the whole length, a whole number >= 0; or else
        num_stable_steps: how long the rate stays, a whole number >= 0.
        warmup_type: ``"linear"``, ``"cosine"`` or ``"1-sqrt"``.
        decay_type: likewise.
        min_lr_ratio: the share of ``base_lr`` at both ends, from 0 to 1.
        num_cycles: the number of whole waves of a cosine decay, a finite number >= 0; other
            than one half, the rate jumps to the minimum at the end.

    Raises:
        ValueError: if neither length is given.
    """
    of = "get_wsd_schedule"
    _check(of, base_lr=base_lr, num_warmup_steps=num_warmup_steps)
    _check(of, num_decay_steps=num_decay_steps, min_lr_ratio=min_lr_ratio)
    _check(of, warmup_type=warmup_type, decay_type=decay_type, num_cycles=num_cycles)
    if num_stable_steps is not None:
        _check(of, num_stable_steps=num_stable_steps)
        stable = num_stable_steps
    elif num_training_steps is not None:
        _check(of, num_training_steps=num_training_steps)
        stable = num_training_steps - num_warmup_steps - num_decay_steps
    else:
        raise ValueError(f"{of} must be given num_training_steps or num_stable_steps")
    low = base_lr * min_lr_ratio
    fall = ramp(decay_type, base_lr, low, num_decay_steps)
    if fall is not None and decay_type == "cosine" and num_cycles != 0.5:
        fall = Until(_wave(base_lr, low, num_decay_steps, num_cycles), num_decay_steps)
    if fall is not None and stable < 0:
        fall = Shift(fall, by=stable) if stable + num_decay_steps > 0 else None
    return _then(
        low,
        ramp(warmup_type, low, base_lr, num_warmup_steps),
        ramp("constant", base_lr, base_lr, max(stable, 0)),
        fall,
    )


def get_reduce_on_plateau_schedule(*args: object, **kwargs: object) -> NoReturn:
    """Refuse transformers' ``get_reduce_on_plateau_schedule``, which is no function of time.

    >>> get_reduce_on_plateau_schedule(0.1, patience=5)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: get_reduce_on_plateau_schedule cannot be a schedule: ...
    """
    raise _refusal("get_reduce_on_plateau_schedule")


def get_greedy_schedule(*args: object, **kwargs: object) -> NoReturn:
    """Refuse transformers' ``get_greedy_schedule``, which is no function of time.

    >>> get_greedy_schedule(0.1, patience=5)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: get_greedy_schedule cannot be a schedule: ...
    """
    raise _refusal("get_greedy_schedule")


def get_adafactor_schedule(*args: object, **kwargs: object) -> NoReturn:
    """Refuse transformers' ``get_adafactor_schedule``, which only reads the optimizer.

    >>> get_adafactor_schedule(0.1)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: get_adafactor_schedule cannot be a schedule: ...
    """
    raise _refusal("get_adafactor_schedule")


def get_scheduler(
    name: str,
    base_lr: float,
    num_warmup_steps: int | None = None,
    num_training_steps: int | None = None,
    scheduler_specific_kwargs: Mapping[str, Any] | None = None,
) -> Schedule:
    """Return the schedule that transformers' ``get_scheduler`` and its ``Trainer`` call so.

    What a name has no use for is ignored: the warm-up of ``"constant"``, for example.

    >>> s = get_scheduler("cosine_with_min_lr", 0.1, 10, 110, {"min_lr": 0.02})
    >>> s.lr(10), round(s.lr(60), 12), s.lr(110)
    (0.1, 0.06, 0.02)

    Args:
        name: a name of transformers' ``SchedulerType``.
        base_lr: the rate of the optimizer.
        num_warmup_steps: the length of the warm-up; only ``"constant"`` does without.
        num_training_steps: the whole length.
        scheduler_specific_kwargs: what else the function of that name takes.

    Raises:
        TypeError: if the name stands for no function of time.
        ValueError: if there is no such name, or it needs a length that is not given.
    """
    OneOf(tuple(_NAMES)).validated("get_scheduler.name", name)
    name = next(known for known in _NAMES if known == name)  # a SchedulerType hashes otherwise
    make, more = _NAMES[name], dict(scheduler_specific_kwargs or {})
    if name in ("constant", "reduce_lr_on_plateau", "greedy"):
        return make(base_lr)
    if num_warmup_steps is None:
        raise ValueError(f"get_scheduler.num_warmup_steps must be given for {name!r}")
    if name == "constant_with_warmup":
        return make(base_lr, num_warmup_steps)
    if name == "inverse_sqrt":
        return make(base_lr, num_warmup_steps, **more)
    if name != "warmup_stable_decay" and num_training_steps is None:
        raise ValueError(f"get_scheduler.num_training_steps must be given for {name!r}")
    more.update(num_warmup_steps=num_warmup_steps, num_training_steps=num_training_steps)
    return make(base_lr, **more)


_NAMES: dict[str, Callable[..., Schedule]] = {
    "linear": get_linear_schedule_with_warmup,
    "cosine": get_cosine_schedule_with_warmup,
    "cosine_with_restarts": get_cosine_with_hard_restarts_schedule_with_warmup,
    "polynomial": get_polynomial_decay_schedule_with_warmup,
    "constant": get_constant_schedule,
    "constant_with_warmup": get_constant_schedule_with_warmup,
    "inverse_sqrt": get_inverse_sqrt_schedule,
    "reduce_lr_on_plateau": get_reduce_on_plateau_schedule,
    "cosine_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup,
    "cosine_warmup_with_min_lr": get_cosine_with_min_lr_schedule_with_warmup_lr_rate,
    "warmup_stable_decay": get_wsd_schedule,
    "greedy": get_greedy_schedule,
}

_METRIC = (
    "its rate follows from a metric, not from time: keep that of transformers, or multiply a"
    " schedule by a factor of your own"
)
_REASONS = {
    "get_reduce_on_plateau_schedule": _METRIC,
    "get_greedy_schedule": _METRIC,
    "get_adafactor_schedule": (
        "it reports the rates that Adafactor computes from the parameters and sets none: with"
        " relative_step=False, Adafactor takes any schedule"
    ),
}


def _refusal(name: str) -> TypeError:
    return TypeError(f"{name} cannot be a schedule: {_REASONS[name]}")


_RATE, _POSITIVE = Interval(0), Interval(0, includes_low=False)
_NUMBER = Interval(0, whole=True)
_SHAPE = OneOf(("linear", "cosine", "1-sqrt"))
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("base_lr", "lr_end", "min_lr", "min_lr_rate", "num_cycles"), _RATE),
    "warmup_lr_rate": _RATE,
    "min_lr_ratio": Interval(0, 1),
    "power": _POSITIVE,
    "timescale": Interval(0, includes_low=False, time=True),
    **dict.fromkeys(("num_warmup_steps", "num_training_steps"), _NUMBER),
    **dict.fromkeys(("num_stable_steps", "num_decay_steps"), _NUMBER),
    **dict.fromkeys(("warmup_type", "decay_type"), _SHAPE),
}
"""What transformers' arguments may be."""


def _check(of: str, **arguments: object) -> None:
    """Reject what a family would reject too, but under the names that transformers gives it."""
    for name, value in arguments.items():
        _DOMAINS[name].validated(f"{of}.{name}", value)


def _lowest(of: str, base_lr: float, min_lr: float | None, min_lr_rate: float | None) -> float:
    """Return the lowest rate of a wave, which is given in one of two ways."""
    _check(of, base_lr=base_lr)
    if (min_lr is None) == (min_lr_rate is None):
        raise ValueError(
            f"{of} must be given min_lr or min_lr_rate, and not both, got min_lr={min_lr!r} and"
            f" min_lr_rate={min_lr_rate!r}"
        )
    if min_lr_rate is not None:
        _check(of, min_lr_rate=min_lr_rate)
        return base_lr * min_lr_rate
    _POSITIVE.validated(f"{of}.base_lr", base_lr)  # transformers divides by it
    _check(of, min_lr=min_lr)
    return float(min_lr or 0.0)


def _rise(base_lr: float, steps: float) -> Schedule | None:
    return ramp("linear", 0.0, base_lr, steps)


def _then(last: float, *parts: Schedule | None) -> Schedule:
    """Return one part after another, and from their end on ``last``, with a jump if need be."""
    found = [part for part in parts if part is not None]
    if not found:
        return Constant(last)
    way = phases(found)
    if way.lr(way.end) == last:
        return way
    return Until(Sequential((way, Constant(last))), way.end)


def _wave(high: float, low: float, length: float, num_cycles: float) -> Schedule:
    """Return a cosine that makes so many whole waves in ``length``, and goes on for ever."""
    if num_cycles == 0:
        return Constant(high)
    half = length / (2.0 * num_cycles)
    return Repeat(Cosine(high, half, low) >> Cosine(low, half, high))


def _falls(base_lr: float, length: float, num_cycles: float) -> Schedule:
    """Return half a cosine, so many times in ``length``."""
    if num_cycles == 0:
        return Constant(base_lr)
    if num_cycles == 1:
        return Cosine(base_lr, length)
    # Only every so many restarts is a whole step: these must not be missed by a rounding.
    period = Fraction(length) / Fraction(num_cycles)
    restarts = CosineRestarts(base_lr, float(period))
    if period.denominator == 1 or period.numerator >= length:
        return restarts
    return Repeat(Until(restarts, period.numerator))
