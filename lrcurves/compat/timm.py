"""The schedulers of ``timm.scheduler``, by their own names, as schedules.

Each function takes what the class takes, with ``base_lr``, the rate of the optimizer, in the
place of the optimizer. Its schedule gives at ``t`` what timm sets by ``step(t)``, or by
``step_update(t)``: which of the two, and so ``t_in_epochs``, is for the caller to know. Timm
itself is not needed.

>>> schedule = CosineLRScheduler(0.1, t_initial=100, warmup_t=20, warmup_prefix=True)
>>> schedule.lr(10), schedule.lr(20), round(schedule.lr(70), 12), schedule.lr(120)
(0.05, 0.1, 0.05, 0.0)

With ``warmup_prefix=False`` the decay runs during the warm-up, which aims at the full rate all
the same: at its end the rate jumps down. Noise is refused: timm draws it from torch's random
numbers, which no formula gives. The other arguments of noise, and ``initialize``, are of no
account.
"""

# ruff: noqa: N802 - the names are timm's

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeAlias

from .._domains import Domain, Interval, OneOf, TupleOf, shown
from ..change import Floor, Repeat, Shift, Until
from ..combine import Product, Sequential, Sum
from ..families.exponential import Exponential, StepDecay, Tanh
from ..families.phased import phases, ramp
from ..families.pieces import MultiStep
from ..families.power import Constant, Linear, OneMinusSqrt, Polynomial, PowerLaw
from ..families.wave import Cosine
from ..schedule import Schedule

_Noise: TypeAlias = Sequence[float] | float | None


def StepLRScheduler(
    base_lr: float,
    decay_t: float,
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``StepLRScheduler``.

    The first drop is at ``t = decay_t``, as in torch.

    >>> s = StepLRScheduler(0.1, decay_t=30, decay_rate=0.5, warmup_t=10)
    >>> s.lr(5), s.lr(10), s.lr(39), s.lr(40)
    (0.05, 0.1, 0.1, 0.05)

    Args:
        base_lr: the rate of the optimizer.
        decay_t: the time between two drops, a finite number > 0.
        decay_rate: the factor of a drop, a finite number > 0.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        warmup_prefix: whether the decay waits for the end of the warm-up.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        initialize: likewise.
    """
    of = "StepLRScheduler"
    _no_noise(of, noise_range_t)
    _check(of, base_lr=base_lr, decay_t=decay_t, decay_rate=decay_rate)
    steps = StepDecay(base_lr, decay_rate, decay_t)
    return _warmed(of, steps, base_lr, warmup_t, warmup_lr_init, warmup_prefix)


def MultiStepLRScheduler(
    base_lr: float,
    decay_t: Iterable[int],
    decay_rate: float = 1.0,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = True,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``MultiStepLRScheduler``.

    A drop is one step early: a milestone of 30 counts from ``t = 29`` on, and one of 0 or 1
    from the start.

    >>> s = MultiStepLRScheduler(0.1, decay_t=[30, 80], decay_rate=0.5)
    >>> s.lr(28), s.lr(29), s.lr(79)
    (0.1, 0.05, 0.025)

    Args:
        base_lr: the rate of the optimizer.
        decay_t: finite numbers >= 0 in order; one that is given twice multiplies twice.
        decay_rate: the factor of a drop, a finite number > 0.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        warmup_prefix: whether the decay waits for the end of the warm-up.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        initialize: likewise.
    """
    of = "MultiStepLRScheduler"
    _no_noise(of, noise_range_t)
    _check(of, base_lr=base_lr, decay_rate=decay_rate)
    times = TupleOf(_DURATION, "in order").validated(f"{of}.decay_t", decay_t)
    early = tuple(max(time - 1.0, 0.0) for time in times)
    steps = MultiStep(base_lr, decay_rate, early)
    return _warmed(of, steps, base_lr, warmup_t, warmup_lr_init, warmup_prefix)


def PlateauLRScheduler(*args: object, **kwargs: object) -> NoReturn:
    """Refuse timm's ``PlateauLRScheduler``, which is no function of time.

    >>> PlateauLRScheduler(0.1, patience_t=5)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: PlateauLRScheduler cannot be a schedule: ...
    """
    raise TypeError(
        "PlateauLRScheduler cannot be a schedule: its rate follows from a metric, not from"
        " time: keep timm's, or multiply a schedule by a factor of your own"
    )


def CosineLRScheduler(
    base_lr: float,
    t_initial: int,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    k_decay: float = 1.0,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``CosineLRScheduler``.

    A peak that has decayed below ``lr_min`` stays there: that cycle climbs. Timm misses some
    restarts if ``cycle_mul`` is not 1, from a rounded logarithm; this one does not.

    >>> s = CosineLRScheduler(0.1, t_initial=10, cycle_mul=2, cycle_decay=0.5, cycle_limit=2)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), round(s.lr(20), 12), s.lr(30)
    (0.1, 0.05, 0.05, 0.025, 0.0)
    >>> overlaid = CosineLRScheduler(0.1, t_initial=10, warmup_t=5)
    >>> round(overlaid.lr(4), 12), round(overlaid.lr(5), 12)
    (0.08, 0.05)

    Args:
        base_lr: the rate of the optimizer.
        t_initial: the length of the first cycle, a finite number > 0.
        lr_min: the rate at the end of each cycle, and after the last.
        cycle_mul: by which each cycle is longer than the one before, a finite number >= 1;
            where it is less, timm itself fails after some time.
        cycle_decay: by which each peak is higher, a finite number > 0.
        cycle_limit: the number of cycles, a whole number >= 1.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        warmup_prefix: whether the decay waits for the end of the warm-up.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        k_decay: the power of the time, a finite number >= 0.125.
        initialize: is of no account.
    """
    of = "CosineLRScheduler"
    _no_noise(of, noise_range_t)
    _check(of, base_lr=base_lr, t_initial=t_initial, lr_min=lr_min, k_decay=k_decay)

    def fall(first: float, last: float) -> Schedule:
        return Cosine(first, t_initial, last, k_decay=k_decay)

    cycles = _cycles(of, fall, base_lr, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(of, cycles, base_lr, warmup_t, warmup_lr_init, warmup_prefix)


def PolyLRScheduler(
    base_lr: float,
    t_initial: int,
    power: float = 0.5,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    k_decay: float = 1.0,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``PolyLRScheduler``.

    It is a square root unless told otherwise, and its cycles are those of
    :func:`CosineLRScheduler`.

    >>> s = PolyLRScheduler(0.1, t_initial=100)
    >>> s.lr(0), s.lr(75), s.lr(100)
    (0.1, 0.05, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        t_initial: the length of the first cycle, a finite number > 0.
        power: of the share that is left, a finite number > 0.
        lr_min: the rate at the end of each cycle, and after the last.
        cycle_mul: by which each cycle is longer than the one before, a finite number >= 1.
        cycle_decay: by which each peak is higher, a finite number > 0.
        cycle_limit: the number of cycles, a whole number >= 1.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        warmup_prefix: whether the decay waits for the end of the warm-up.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        k_decay: the power of the time, a finite number >= 0.125.
        initialize: is of no account.
    """
    of = "PolyLRScheduler"
    _no_noise(of, noise_range_t)
    _check(of, base_lr=base_lr, t_initial=t_initial, power=power, lr_min=lr_min)
    _check(of, k_decay=k_decay)

    def fall(first: float, last: float) -> Schedule:
        return Polynomial(first, t_initial, last, power, k_decay)

    cycles = _cycles(of, fall, base_lr, lr_min, cycle_mul, cycle_decay, cycle_limit)
    return _warmed(of, cycles, base_lr, warmup_t, warmup_lr_init, warmup_prefix)


def TanhLRScheduler(
    base_lr: float,
    t_initial: int,
    lb: float = -7.0,
    ub: float = 3.0,
    lr_min: float = 0.0,
    cycle_mul: float = 1.0,
    cycle_decay: float = 1.0,
    cycle_limit: int = 1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    warmup_prefix: bool = False,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``TanhLRScheduler``.

    Without ``warmup_prefix`` its warm-up, unlike the others, aims at the rate that the decay
    has by then: there is no jump.

    >>> s = TanhLRScheduler(0.1, t_initial=100, warmup_t=70)
    >>> s.lr(0), round(s.lr(35), 12), round(s.lr(70), 12), s.lr(100)
    (0.0, 0.025, 0.05, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        t_initial: the length of the first cycle, a finite number > 0.
        lb: the argument of the tanh at the start of a cycle, and
        ub: at its end; both from -100 to 100.
        lr_min: the rate to which each cycle would jump at its end, and after the last.
        cycle_mul: by which each cycle is longer than the one before, a finite number >= 1.
        cycle_decay: by which each peak is higher, a finite number > 0.
        cycle_limit: the number of cycles, a whole number >= 1.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        warmup_prefix: whether the decay waits for the end of the warm-up.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        initialize: likewise.
    """
    of = "TanhLRScheduler"
    _no_noise(of, noise_range_t)
    _check(of, base_lr=base_lr, t_initial=t_initial, lb=lb, ub=ub, lr_min=lr_min)
    _check(of, warmup_t=warmup_t)
    if not lb < ub:
        raise ValueError(f"{of}.lb must be < ub, got {lb!r} and {ub!r}")

    def fall(first: float, last: float) -> Schedule:
        return Tanh(first, t_initial, last, lb, ub)

    cycles = _cycles(of, fall, base_lr, lr_min, cycle_mul, cycle_decay, cycle_limit)
    top = base_lr if warmup_prefix else cycles.lr(warmup_t)
    return _warmed(of, cycles, top, warmup_t, warmup_lr_init, warmup_prefix)


def WSDLRScheduler(
    base_lr: float,
    t_initial: int,
    decay_t: int,
    lr_min: float = 0.0,
    stable_fn: str = "constant",
    stable_timescale: float | None = None,
    stable_power: float = 0.5,
    decay_fn: str = "1-sqrt",
    decay_power: float = 0.5,
    decay_ratio: float = 0.1,
    warmup_t: int = 0,
    warmup_lr_init: float = 0.0,
    t_in_epochs: bool = True,
    noise_range_t: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    initialize: bool = True,
) -> Schedule:
    """Return timm's ``WSDLRScheduler``: warm up, stay, decay.

    The warm-up comes on top of ``t_initial``, and a stable phase that sinks goes on sinking
    under the decay. The decay ``"exp"`` is a difference of rates: it is refused unless
    ``lr_min`` is large enough to make it a sum.

    >>> s = WSDLRScheduler(0.1, t_initial=90, decay_t=20, warmup_t=10, decay_fn="linear")
    >>> s.lr(5), s.lr(10), s.lr(80), s.lr(90), s.lr(100)
    (0.05, 0.1, 0.1, 0.05, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        t_initial: the length after the warm-up, a finite number > 0.
        decay_t: the length of the decay at its end, a finite number > 0, <= t_initial.
        lr_min: the last rate.
        stable_fn: ``"constant"``, ``"rsqrt"`` or ``"power"``.
        stable_timescale: of the last two, a finite number > 0; ``warmup_t`` unless given.
        stable_power: of the last one, a finite number > 0.
        decay_fn: ``"linear"``, ``"1-sqrt"``, ``"cosine"``, ``"power"`` or ``"exp"``; no
            function.
        decay_power: of ``"power"``, a finite number >= 0.125.
        decay_ratio: of ``"exp"``, between 0 and 1.
        warmup_t: the length of the warm-up, a finite number >= 0.
        warmup_lr_init: the rate at its start.
        t_in_epochs: is of no account.
        noise_range_t: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: and
        initialize: likewise.
    """
    of = "WSDLRScheduler"
    _no_noise(of, noise_range_t)
    if callable(decay_fn):
        raise TypeError(
            f"{of}.decay_fn must be the name of one, got {shown(decay_fn)}: a function can be"
            " neither compared nor saved"
        )
    _check(of, base_lr=base_lr, t_initial=t_initial, decay_t=decay_t, lr_min=lr_min)
    _check(of, stable_fn=stable_fn, stable_power=stable_power, decay_fn=decay_fn)
    _check(of, decay_power=decay_power, decay_ratio=decay_ratio, warmup_t=warmup_t)
    if not decay_t <= t_initial:
        raise ValueError(f"{of}.decay_t must be <= t_initial, got {decay_t!r} > {t_initial!r}")
    stable = t_initial - decay_t

    def decay(first: float, last: float) -> Schedule:
        hold = ramp("constant", first, first, stable)
        how = (decay_fn, decay_t, decay_power, decay_ratio)
        return phases([hold, _decay(of, first, last, *how)])

    if stable_fn == "constant":
        curve = decay(max(base_lr, lr_min), lr_min)
    else:
        scale = warmup_t if stable_timescale is None else stable_timescale
        _check(of, stable_timescale=scale)
        power = 0.5 if stable_fn == "rsqrt" else stable_power
        sinking: Schedule = PowerLaw(base_lr, power, scale)
        if lr_min > 0:
            sinking = Floor(sinking, lr_min)
        curve = Product((sinking, decay(1.0, 0.0)))
        if lr_min > 0:
            curve = Sum((curve, decay(0.0, lr_min)))
        curve = Until(curve, t_initial)
    return _warmed(of, curve, base_lr, warmup_t, warmup_lr_init, True)


def create_scheduler_v2(
    base_lr: float,
    sched: str = "cosine",
    num_epochs: int = 300,
    decay_epochs: float | None = None,
    decay_milestones: Sequence[int] = (90, 180, 270),
    cooldown_epochs: int = 0,
    patience_epochs: int = 10,
    decay_rate: float = 0.1,
    min_lr: float = 0.0,
    warmup_lr: float = 1e-5,
    warmup_epochs: int = 0,
    warmup_prefix: bool = False,
    noise: _Noise = None,
    noise_pct: float = 0.67,
    noise_std: float = 1.0,
    noise_seed: int = 42,
    cycle_mul: float = 1.0,
    cycle_decay: float = 0.1,
    cycle_limit: int = 1,
    k_decay: float = 1.0,
    decay_fn: str | None = None,
    stable_timescale: float | None = None,
    plateau_mode: str = "max",
    step_on_epochs: bool = True,
    updates_per_epoch: int = 0,
) -> Schedule:
    """Return the schedule that timm's ``create_scheduler_v2`` builds, without its length.

    Here ``decay_rate`` is the power of ``"poly"``, ``cycle_decay`` is 0.1 and not 1, the
    warm-up starts at 1e-5 and lies over the decay, also for ``"step"`` and ``"multistep"``,
    whose classes put it in front. Without a schedule, ``"none"``, the rate is constant.

    >>> s = create_scheduler_v2(0.1, "cosine", num_epochs=100, warmup_epochs=5)
    >>> s.lr(0), round(s.lr(50), 12), s.lr(100)
    (1e-05, 0.05, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        sched: ``"cosine"``, ``"tanh"``, ``"step"``, ``"multistep"``, ``"poly"``, ``"wsd"``,
            ``"rsqrt"``, ``"constant"`` or ``"none"``; ``"plateau"`` is refused.
        num_epochs: the length of the first cycle, or of the whole.
        decay_epochs: the time between two drops; or the length of the decay of ``"wsd"`` and
            ``"rsqrt"``, where a number below 1 is a share.
        decay_milestones: of ``"multistep"``.
        cooldown_epochs: is of no account: the last rate is held.
        patience_epochs: belongs to ``"plateau"``.
        decay_rate: the factor of a drop, or the power of ``"poly"``.
        min_lr: the last rate.
        warmup_lr: the rate at the start of the warm-up.
        warmup_epochs: its length.
        warmup_prefix: whether the decay waits for its end.
        noise: must be ``None``; then these are of no account:
        noise_pct: and
        noise_std: and
        noise_seed: likewise.
        cycle_mul: as for :func:`CosineLRScheduler`, as are
        cycle_decay: and
        cycle_limit: and
        k_decay: too.
        decay_fn: as for :func:`WSDLRScheduler`; linear after ``"rsqrt"`` unless given, else
            1-sqrt.
        stable_timescale: of ``"rsqrt"``.
        plateau_mode: belongs to ``"plateau"``.
        step_on_epochs: whether the schedule counts epochs; else updates, of which there are
        updates_per_epoch: in an epoch, a whole number >= 1.
    """
    of = "create_scheduler_v2"
    _no_noise(of, noise, "noise")
    _check(of, sched=sched, base_lr=base_lr)
    if sched == "none":
        return Constant(base_lr)
    unit = 1
    if not step_on_epochs:
        _check(of, updates_per_epoch=updates_per_epoch)
        unit = updates_per_epoch
    _check(of, num_epochs=num_epochs, warmup_epochs=warmup_epochs, warmup_lr=warmup_lr)
    length, warmup = num_epochs * unit, warmup_epochs * unit
    if sched in ("wsd", "rsqrt"):
        length = length if warmup_prefix else length - warmup
        given = 0.2 if decay_epochs is None else decay_epochs
        _check(of, decay_epochs=given)
        decay = round(given * length if 0 < given < 1 else given * unit)
        if not 0 < decay <= length:
            raise ValueError(
                f"{of}.decay_epochs must make a decay > 0 and <= {length:g}, the length after"
                f" the warm-up, got {given!r}, which makes {decay}"
            )
        return WSDLRScheduler(
            base_lr,
            length,
            decay,
            min_lr,
            stable_fn="rsqrt" if sched == "rsqrt" else "constant",
            stable_timescale=None if stable_timescale is None else stable_timescale * unit,
            decay_fn=decay_fn or ("linear" if sched == "rsqrt" else "1-sqrt"),
            warmup_t=warmup,
            warmup_lr_init=warmup_lr,
        )
    warm: dict[str, Any] = {"warmup_t": warmup, "warmup_prefix": warmup_prefix}
    warm["warmup_lr_init"] = warmup_lr
    cycles = {"cycle_mul": cycle_mul, "cycle_decay": cycle_decay, "cycle_limit": cycle_limit}
    whole = {"t_initial": length, "lr_min": min_lr, **cycles, **warm}
    if sched == "cosine":
        return CosineLRScheduler(base_lr, k_decay=k_decay, **whole)
    if sched == "poly":
        return PolyLRScheduler(base_lr, power=decay_rate, k_decay=k_decay, **whole)
    if sched == "tanh":
        return TanhLRScheduler(base_lr, **whole)
    if sched == "step":
        every = (90 if decay_epochs is None else decay_epochs) * unit
        return StepLRScheduler(base_lr, every, decay_rate, **warm)
    if sched == "multistep":
        milestones = [milestone * unit for milestone in decay_milestones]
        return MultiStepLRScheduler(base_lr, milestones, decay_rate, **warm)
    if sched == "constant":
        return StepLRScheduler(base_lr, 1, 1.0, **warm)
    return PlateauLRScheduler()


_RATE, _POSITIVE = Interval(0), Interval(0, includes_low=False)
_DURATION, _LENGTH = Interval(0, time=True), Interval(0, includes_low=False, time=True)
_WARP, _BOUND = Interval(0.125), Interval(-100, 100)
_SCHEDS = ("cosine", "tanh", "step", "multistep", "poly", "wsd", "rsqrt", "constant", "plateau")
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("base_lr", "lr_min", "warmup_lr_init", "warmup_lr"), _RATE),
    **dict.fromkeys(("decay_rate", "cycle_decay", "power", "stable_power"), _POSITIVE),
    **dict.fromkeys(("t_initial", "decay_t", "stable_timescale", "num_epochs"), _LENGTH),
    "decay_epochs": _LENGTH,
    **dict.fromkeys(("warmup_t", "warmup_epochs"), _DURATION),
    "cycle_mul": Interval(1, remedy="below 1 timm itself fails after some time"),
    **dict.fromkeys(("cycle_limit", "updates_per_epoch"), Interval(1, whole=True)),
    **dict.fromkeys(("k_decay", "decay_power"), _WARP),
    **dict.fromkeys(("lb", "ub"), _BOUND),
    "decay_ratio": Interval(0, 1, includes_low=False),
    "stable_fn": OneOf(("constant", "rsqrt", "power")),
    "decay_fn": OneOf(("linear", "1-sqrt", "cosine", "power", "exp")),
    "sched": OneOf((*_SCHEDS, "none")),
}
"""What timm's arguments may be."""


def _check(of: str, **arguments: object) -> None:
    """Reject what a family would reject too, but under the names that timm gives it."""
    for name, value in arguments.items():
        _DOMAINS[name].validated(f"{of}.{name}", value)


def _no_noise(of: str, noise: object, name: str = "noise_range_t") -> None:
    if noise is not None:
        raise TypeError(
            f"{of}.{name} must be None, got {shown(noise)}: timm draws the noise from torch's"
            " random numbers, which no formula gives"
        )


def _cycles(
    of: str,
    fall: Callable[[float, float], Schedule],
    base_lr: float,
    lr_min: float,
    cycle_mul: float,
    cycle_decay: float,
    cycle_limit: int,
) -> Schedule:
    """Return a fall again and again, of which only the peaks change, and not ``lr_min``."""
    _check(of, cycle_mul=cycle_mul, cycle_decay=cycle_decay, cycle_limit=cycle_limit)
    if cycle_limit == 1:
        return fall(base_lr, lr_min)
    if cycle_decay == 1.0 or lr_min == 0.0:
        return Repeat(fall(base_lr, lr_min), cycle_mul, cycle_decay, cycle_limit)
    # Each fall is a share of its peak, and the rest of lr_min.
    peaks = Repeat(fall(base_lr, 0.0), cycle_mul, cycle_decay, cycle_limit)
    return Sum((peaks, Repeat(fall(0.0, lr_min), cycle_mul, count=cycle_limit)))


def _decay(
    of: str,
    first: float,
    last: float,
    decay_fn: str,
    steps: float,
    power: float,
    ratio: float,
) -> Schedule:
    """Return the way from one rate to another, ``last`` to ``first`` weighted by a decay."""
    if first == last:
        return Until(Constant(last), steps)
    if decay_fn == "linear":
        return Linear(first, last, steps)
    if decay_fn == "cosine":
        return Cosine(first, steps, last)
    if decay_fn == "1-sqrt" and first > last:
        return OneMinusSqrt(first, steps, last)
    if decay_fn != "exp":  # a rise of 1-sqrt, here, is no mirror image of the fall
        return Polynomial(first, steps, last, k_decay=0.5 if decay_fn == "1-sqrt" else power)
    # last + (first - last) * (ratio ** x - ratio) / (1 - ratio)
    scale = (first - last) / (1.0 - ratio) if ratio < 1.0 else math.inf
    rest = last - ratio * scale
    if (
        abs(rest) <= 4.0 * sys.float_info.epsilon * last
    ):  # last is ratio * first, but for a rounding
        rest = 0.0
    if not (0.0 < scale < math.inf and rest >= 0.0):
        raise ValueError(
            f"{of}.decay_fn must not be 'exp' here, got lr_min={last!r} for a decay from"
            f" {first!r} with decay_ratio={ratio!r}: it is a difference of two rates, and"
            " schedules only add: take stable_fn='constant' with lr_min >= decay_ratio *"
            " base_lr, or another decay, or write Geometric"
        )
    curve: Schedule = Exponential(scale, ratio, every=steps)
    return _then(Until(Sum((Constant(rest), curve)), steps), last)


def _then(way: Schedule, last: float) -> Schedule:
    """Return a way, and from its end on ``last``."""
    return Until(Sequential((way, Constant(last))), way.end)


def _warmed(
    of: str, schedule: Schedule, top: float, warmup_t: float, start: float, prefix: bool
) -> Schedule:
    """Return a line up to ``top``, and then the schedule, on its own clock or on the same."""
    _check(of, warmup_t=warmup_t, warmup_lr_init=start)
    rise = ramp("linear", start, top, warmup_t)
    if rise is None:
        return schedule
    if prefix:
        return Sequential((rise, schedule))
    if schedule.end <= warmup_t:  # it is over when the warm-up is
        return _then(rise, schedule.lr(warmup_t))
    return Sequential((rise, Shift(schedule, by=-warmup_t)))
