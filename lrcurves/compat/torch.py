"""The schedulers of ``torch.optim.lr_scheduler``, by their own names, as schedules.

Each function takes what the class takes, with ``base_lr``, the rate of the optimizer, in the
place of the optimizer. Its schedule gives at ``t`` what torch applies in update number ``t``,
if the scheduler is stepped after each update. Torch itself is not needed.

>>> schedule = CosineAnnealingLR(0.1, T_max=10)
>>> schedule.lr(10), schedule.lr(20)
(0.0, 0.1)

A scheduler that is alive turns into a schedule by :func:`from_scheduler`.
"""

# ruff: noqa: N802, N803 - the names are torch's

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NoReturn, TypeAlias

from .._domains import Domain, Interval, OneOf, TupleOf, shown
from ..change import Repeat, Shift, Until
from ..combine import Sequential
from ..families.exponential import Exponential, StepDecay
from ..families.phased import phases, ramp
from ..families.pieces import MultiStep, PiecewiseConstant
from ..families.power import Constant, Linear, Polynomial
from ..families.wave import Cosine, CosineRestarts, Cyclic
from ..schedule import Schedule


def StepLR(base_lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """Return torch's ``StepLR``.

    The first drop is at ``t = step_size``.

    >>> s = StepLR(0.1, step_size=30)
    >>> s.lr(29), round(s.lr(30), 12), round(s.lr(60), 12)
    (0.1, 0.01, 0.001)

    Args:
        base_lr: the rate of the optimizer.
        step_size: a whole number >= 1.
        gamma: the factor of a drop.
    """
    _check("StepLR", base_lr=base_lr, step_size=step_size, gamma=gamma)
    return StepDecay(base_lr, gamma, step_size)


def MultiStepLR(base_lr: float, milestones: Iterable[int], gamma: float = 0.1) -> Schedule:
    """Return torch's ``MultiStepLR``.

    A milestone that is given twice multiplies twice; they may come in any order.

    >>> s = MultiStepLR(0.1, milestones=[80, 30, 80], gamma=0.5)
    >>> s.lr(29), s.lr(30), s.lr(80)
    (0.1, 0.05, 0.0125)

    Args:
        base_lr: the rate of the optimizer.
        milestones: whole numbers >= 0.
        gamma: the factor of a drop.
    """
    _check("MultiStepLR", base_lr=base_lr, gamma=gamma)
    times = TupleOf(_NUMBER).validated("MultiStepLR.milestones", milestones)
    return MultiStep(base_lr, gamma, tuple(sorted(times)))


def ConstantLR(base_lr: float, factor: float = 1.0 / 3, total_iters: int = 5) -> Schedule:
    """Return torch's ``ConstantLR``: a share of the rate, then the rate.

    With ``total_iters=0`` torch never takes the factor back.

    >>> s = ConstantLR(0.1, factor=0.5, total_iters=4)
    >>> s.lr(0), s.lr(3), s.lr(4)
    (0.05, 0.05, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        factor: the share, from 0 to 1; where torch divides by 0 this one goes on.
        total_iters: when the rate returns, a whole number >= 0.
    """
    _check("ConstantLR", base_lr=base_lr, factor=factor, total_iters=total_iters)
    if total_iters == 0:
        return Constant(base_lr * factor)
    return PiecewiseConstant((base_lr * factor, base_lr), (total_iters,))


def LinearLR(
    base_lr: float,
    start_factor: float = 1.0 / 3,
    end_factor: float = 1.0,
    total_iters: int = 5,
) -> Schedule:
    """Return torch's ``LinearLR``: a line from one share of the rate to another.

    With ``total_iters=0`` torch never leaves the first share.

    >>> s = LinearLR(0.1, start_factor=0.5, total_iters=4)
    >>> s.lr(0), round(s.lr(2), 12), s.lr(4), s.lr(9)
    (0.05, 0.075, 0.1, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        start_factor: the first share, > 0 and <= 1.
        end_factor: the last share, from 0 to 1.
        total_iters: the length of the line, a whole number >= 0.
    """
    _check("LinearLR", base_lr=base_lr, start_factor=start_factor, end_factor=end_factor)
    _check("LinearLR", total_iters=total_iters)
    if total_iters == 0:
        return Constant(base_lr * start_factor)
    return Linear(base_lr * start_factor, base_lr * end_factor, total_iters)


def ExponentialLR(base_lr: float, gamma: float) -> Schedule:
    """Return torch's ``ExponentialLR``.

    It goes on for ever; torch has no smallest rate.

    >>> round(ExponentialLR(0.1, gamma=0.9).lr(5), 12)
    0.059049

    Args:
        base_lr: the rate of the optimizer.
        gamma: the factor of every step.
    """
    _check("ExponentialLR", base_lr=base_lr, gamma=gamma)
    return Exponential(base_lr, gamma)


def PolynomialLR(base_lr: float, total_iters: int = 5, power: float = 1.0) -> Schedule:
    """Return torch's ``PolynomialLR``.

    It falls to 0; with ``total_iters=0`` torch never leaves the first rate.

    >>> s = PolynomialLR(0.1, total_iters=10, power=2.0)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(20)
    (0.1, 0.025, 0.0, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        total_iters: the length of the fall, a whole number >= 0.
        power: the power of the share that is left, a finite number > 0.
    """
    _check("PolynomialLR", base_lr=base_lr, total_iters=total_iters, power=power)
    if total_iters == 0:
        return Constant(base_lr)
    return Polynomial(base_lr, total_iters, power=power)


def CosineAnnealingLR(base_lr: float, T_max: float, eta_min: float = 0.0) -> Schedule:
    """Return torch's ``CosineAnnealingLR``.

    It does not stop at ``T_max``: it climbs back to ``base_lr`` at ``2 * T_max``, for ever up
    and down. :class:`lrcurves.Cosine` stops.

    >>> s = CosineAnnealingLR(0.1, T_max=10)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), round(s.lr(15), 12), s.lr(20), s.lr(30)
    (0.1, 0.05, 0.0, 0.05, 0.1, 0.0)

    Args:
        base_lr: the rate of the optimizer.
        T_max: the length of a fall, a finite number > 0.
        eta_min: the rate to which it falls.
    """
    _check("CosineAnnealingLR", base_lr=base_lr, T_max=T_max, eta_min=eta_min)
    return Repeat(Cosine(base_lr, T_max, eta_min) >> Cosine(eta_min, T_max, base_lr))


def CosineAnnealingWarmRestarts(
    base_lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0
) -> Schedule:
    """Return torch's ``CosineAnnealingWarmRestarts``, stepped without an epoch.

    The peaks stay as high, and ``eta_min`` is never quite reached: a cycle restarts when it
    would be. ``step(epoch)`` of torch misses some restarts, from a rounded logarithm; this one
    does not.

    >>> s = CosineAnnealingWarmRestarts(0.1, T_0=10, T_mult=2)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), round(s.lr(20), 12), s.lr(30)
    (0.1, 0.05, 0.1, 0.05, 0.1)

    Args:
        base_lr: the rate of the optimizer.
        T_0: the length of the first cycle, a whole number >= 1.
        T_mult: by which each cycle is longer than the one before, a whole number >= 1.
        eta_min: the rate towards which it falls.
    """
    of = "CosineAnnealingWarmRestarts"
    _check(of, base_lr=base_lr, T_0=T_0, T_mult=T_mult, eta_min=eta_min)
    if eta_min > base_lr:
        return Repeat(Cosine(base_lr, T_0, eta_min), T_mult)
    return CosineRestarts(base_lr, T_0, eta_min, T_mult)


def OneCycleLR(
    max_lr: float,
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    cycle_momentum: bool = True,
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> Schedule:
    """Return the rate of torch's ``OneCycleLR``; the momentum is :func:`OneCycleMomentum`.

    The peak is at ``pct_start * total_steps - 1`` and the end at ``total_steps - 1``, one step
    earlier than one would think. From there on this schedule holds; torch takes one more step,
    to a rate that is wrong (it climbs, or is negative), and then raises.

    >>> s = OneCycleLR(0.1, total_steps=100)
    >>> s.lr(0), s.lr(29), s.lr(99), s.lr(100)
    (0.004, 0.1, 4e-07, 4e-07)

    Args:
        max_lr: the peak; there is no ``base_lr``, as torch ignores the rate of the optimizer.
        total_steps: the length, a whole number >= 1; or else
        epochs: and
        steps_per_epoch: whose product it is.
        pct_start: the share of the steps before the peak, from 0 to 1.
        anneal_strategy: ``"cos"`` or ``"linear"``.
        cycle_momentum: is of no account here, nor are
        base_momentum: and
        max_momentum: which :func:`OneCycleMomentum` takes.
        div_factor: how many times smaller than the peak the first rate is.
        final_div_factor: how many times smaller than the first rate the last is.
        three_phase: whether it comes back to the first rate as fast as it rose.

    Raises:
        ValueError: if ``pct_start * total_steps`` is 1, where torch divides by zero.
    """
    of = "OneCycleLR"
    _check(of, max_lr=max_lr, div_factor=div_factor, final_div_factor=final_div_factor)
    steps, peak_at = _one_cycle_times(of, total_steps, epochs, steps_per_epoch, pct_start)
    shape = _shape(of, anneal_strategy)
    first = max_lr / div_factor
    last = first / final_div_factor
    rates = (first, max_lr, first, last) if three_phase else (first, max_lr, last)
    return _one_cycle(rates, peak_at, steps, shape)


def OneCycleMomentum(
    total_steps: int | None = None,
    epochs: int | None = None,
    steps_per_epoch: int | None = None,
    pct_start: float = 0.3,
    anneal_strategy: str = "cos",
    base_momentum: float = 0.85,
    max_momentum: float = 0.95,
    three_phase: bool = False,
) -> Schedule:
    """Return the momentum of torch's ``OneCycleLR``, lowest where the rate is highest.

    Its turns are those of :func:`OneCycleLR`, one step earlier than one would think.

    >>> s = OneCycleMomentum(total_steps=100)
    >>> s.lr(0), s.lr(29), s.lr(99)
    (0.95, 0.85, 0.95)

    Args:
        total_steps: as for :func:`OneCycleLR`, as are
        epochs: and
        steps_per_epoch: and
        pct_start: and
        anneal_strategy: in ``"cos"`` or ``"linear"``.
        base_momentum: the lowest momentum.
        max_momentum: the momentum at both ends.
        three_phase: whether the momentum is back as fast as it fell, and stays.
    """
    of = "OneCycleMomentum"
    _check(of, base_momentum=base_momentum, max_momentum=max_momentum)
    steps, peak_at = _one_cycle_times(of, total_steps, epochs, steps_per_epoch, pct_start)
    low, high = base_momentum, max_momentum
    values = (high, low, high, high) if three_phase else (high, low, high)
    return _one_cycle(values, peak_at, steps, _shape(of, anneal_strategy))


def CyclicLR(
    base_lr: float,
    max_lr: float,
    step_size_up: float = 2000,
    step_size_down: float | None = None,
    mode: str = "triangular",
    gamma: float = 1.0,
    scale_fn: None = None,
    scale_mode: str = "cycle",
    cycle_momentum: bool = True,
    base_momentum: float = 0.8,
    max_momentum: float = 0.9,
) -> Schedule:
    """Return the rate of torch's ``CyclicLR``.

    In mode ``"exp_range"`` the amplitude shrinks with every step, not with every cycle. The
    momentum is ``CyclicLR(max_momentum, base_momentum, ...)``: the same wave upside down.

    >>> s = CyclicLR(0.01, max_lr=0.05, step_size_up=4, step_size_down=8, mode="triangular2")
    >>> s.lr(0), s.lr(4), round(s.lr(8), 12), s.lr(12), round(s.lr(16), 12)
    (0.01, 0.05, 0.03, 0.01, 0.03)

    Args:
        base_lr: the rate at the start of each cycle.
        max_lr: the peak of the first cycle.
        step_size_up: the time of the rise, a finite number > 0.
        step_size_down: the time of the fall; as long as the rise unless given.
        mode: ``"triangular"``, ``"triangular2"`` or ``"exp_range"``.
        gamma: the factor of every step in mode ``"exp_range"``.
        scale_fn: must be ``None``.
        scale_mode: belongs to ``scale_fn`` and is of no account.
        cycle_momentum: is of no account here, nor are
        base_momentum: and
        max_momentum: which describe the momentum.

    Raises:
        TypeError: if there is a ``scale_fn``.
    """
    of = "CyclicLR"
    if scale_fn is not None:
        raise TypeError(f"CyclicLR.scale_fn must be None, got {shown(scale_fn)}: {_FUNCTION}")
    down = step_size_up if step_size_down is None else step_size_down
    _check(of, base_lr=base_lr, max_lr=max_lr, step_size_up=step_size_up, step_size_down=down)
    _check(of, mode=mode, gamma=gamma)
    used = gamma if mode == "exp_range" else 1.0
    return Cyclic(base_lr, max_lr, step_size_up, down, mode, used)


def SequentialLR(schedules: Sequence[Schedule], milestones: Sequence[int]) -> Schedule:
    """Return torch's ``SequentialLR``, of schedules in the place of schedulers.

    The next schedule starts, from its own ``t = 0``, at each milestone, whether or not the one
    before has come to its end; two equal milestones skip one.

    >>> s = SequentialLR([ConstantLR(0.1, 0.5), ExponentialLR(0.1, gamma=0.5)], milestones=[3])
    >>> s.lr(2), s.lr(3), s.lr(4)
    (0.05, 0.1, 0.05)

    Args:
        schedules: at least one.
        milestones: whole numbers >= 0 in order, one fewer than there are schedules.
    """
    parts = tuple(schedules)
    times = TupleOf(_NUMBER, "in order").validated("SequentialLR.milestones", milestones)
    if len(times) != len(parts) - 1:
        raise ValueError(
            "SequentialLR.milestones must hold one fewer than schedules, got"
            f" {len(times)} milestones and {len(parts)} schedules"
        )
    lengths = [stop - start for start, stop in pairwise((0.0, *times))]
    bounded = [Until(part, n) for part, n in zip(parts[:-1], lengths, strict=True)]
    return Sequential((*bounded, parts[-1]))


def SWALR(
    base_lr: float, swa_lr: float, anneal_epochs: int = 10, anneal_strategy: str = "cos"
) -> Schedule:
    """Return torch's ``SWALR`` (of ``torch.optim.swa_utils``), on a clock that starts with it.

    It leaves from whatever rate is in force when it starts: that is ``base_lr``.

    >>> s = SWALR(0.1, swa_lr=0.05, anneal_epochs=10)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), s.lr(99)
    (0.1, 0.075, 0.05, 0.05)

    Args:
        base_lr: the rate in force at first.
        swa_lr: the rate from ``anneal_epochs`` on.
        anneal_epochs: the length of the way, a whole number >= 0.
        anneal_strategy: ``"cos"`` or ``"linear"``.
    """
    _check("SWALR", base_lr=base_lr, swa_lr=swa_lr, anneal_epochs=anneal_epochs)
    shape = _shape("SWALR", anneal_strategy)
    return ramp(shape, base_lr, swa_lr, anneal_epochs) or Constant(swa_lr)


def LambdaLR(*args: object, **kwargs: object) -> NoReturn:
    """Refuse torch's ``LambdaLR``, which is a function of Python and no value.

    >>> LambdaLR(0.1, lambda t: 0.95 ** t)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: LambdaLR cannot be a schedule: ...
    """
    raise _refusal("LambdaLR")


def MultiplicativeLR(*args: object, **kwargs: object) -> NoReturn:
    """Refuse torch's ``MultiplicativeLR``, which is a function of Python and no value.

    >>> MultiplicativeLR(0.1, lambda t: 0.95)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: MultiplicativeLR cannot be a schedule: ...
    """
    raise _refusal("MultiplicativeLR")


def ReduceLROnPlateau(*args: object, **kwargs: object) -> NoReturn:
    """Refuse torch's ``ReduceLROnPlateau``, which is no function of time.

    >>> ReduceLROnPlateau(0.1, patience=5)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: ReduceLROnPlateau cannot be a schedule: ...
    """
    raise _refusal("ReduceLROnPlateau")


def ChainedScheduler(*args: object, **kwargs: object) -> NoReturn:
    """Refuse torch's ``ChainedScheduler``, which is not the product of its parts.

    Each part goes on from the rate that the part before has left: with a rate that passes 0,
    or with an ``eta_min``, no closed form describes the outcome.

    >>> ChainedScheduler([LinearLR(0.1), ExponentialLR(0.1, gamma=0.9)])  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    TypeError: ChainedScheduler cannot be a schedule: ...
    >>> product = LinearLR(0.1) * ExponentialLR(1.0, gamma=0.9)
    >>> round(product.lr(5), 12)
    0.059049
    """
    raise _refusal("ChainedScheduler")


def from_scheduler(live: Any, group: int = 0) -> Schedule:
    """Return the schedule that a torch scheduler follows, from its own start.

    It reads the parameters of the scheduler, not the rate in force: the schedule at
    ``live.last_epoch`` is the rate that the scheduler would have set by now. An outside change
    of the rate, which torch carries on, is not in it.

    >>> import torch
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.1)
    >>> live = torch.optim.lr_scheduler.LinearLR(optimizer, 0.5, total_iters=4)
    >>> from_scheduler(live)
    Linear(base_lr=0.05, final_lr=0.1, steps=4)

    Args:
        live: a scheduler of ``torch.optim.lr_scheduler``, built or stepped.
        group: the parameter group whose rate it is.

    Raises:
        TypeError: if ``live`` is something else, or holds a function, or is driven by a metric,
            or chains others; the message says what to do instead.
        ValueError: if there is no such group, or torch itself does not follow the parameters.
    """
    kind = type(live)
    if kind.__module__ not in ("torch.optim.lr_scheduler", "torch.optim.swa_utils"):
        ours = any(base.__module__ == _ADAPTER for base in kind.__mro__)
        remedy = "take its schedule" if ours else "another class may follow another curve"
        raise TypeError(
            f"live must be a scheduler of torch itself, got {shown(live)}: {remedy}"
        )
    if kind.__name__ not in _READERS:
        raise _refusal(kind.__name__)
    groups = live.optimizer.param_groups
    if group not in range(len(groups)):
        raise ValueError(
            f"group must be one of the {len(groups)} parameter groups, counted from 0, got"
            f" {shown(group)}"
        )
    return _READERS[kind.__name__](live, group)


_Reader: TypeAlias = Callable[[Any, int], Schedule]


def _base_lr(live: Any, group: int) -> float:
    return float(live.base_lrs[group])  # it may be a tensor


def _reader(make: Callable[..., Schedule], *arguments: str) -> _Reader:
    """Return the reader of a class whose attributes are called as its arguments are."""

    def read(live: Any, group: int) -> Schedule:
        return make(_base_lr(live, group), *(getattr(live, name) for name in arguments))

    return read


def _read_multi_step(live: Any, group: int) -> Schedule:
    return MultiStepLR(_base_lr(live, group), live.milestones.elements(), live.gamma)


def _read_one_cycle(live: Any, group: int) -> Schedule:
    settings = live.optimizer.param_groups[group]
    first, peak, last = (float(settings[key]) for key in ("initial_lr", "max_lr", "min_lr"))
    turns = live._schedule_phases
    rates = (first, peak, last) if len(turns) == 2 else (first, peak, first, last)
    shape = _shape("OneCycleLR", live._anneal_func_type)
    return _one_cycle(rates, turns[0]["end_step"], float(live.total_steps), shape)


def _read_cyclic(live: Any, group: int) -> Schedule:
    total, share = live.total_size, live.step_ratio
    up = float(round(share * total))
    if up / total != share:  # the times of torch need not be whole
        up = share * total
    return CyclicLR(
        _base_lr(live, group),
        float(live.max_lrs[group]),
        up,
        total - up,
        live.mode,
        live.gamma,
        live._scale_fn_custom,
    )


def _read_sequential(live: Any, group: int) -> Schedule:
    children, milestones = live._schedulers, live._milestones
    for child in children:
        if type(child) is type(live):
            raise TypeError(
                "a SequentialLR inside another cannot be a schedule: torch steps the inner one"
                " once too often: put all schedulers into one"
            )
    running = children[bisect_right(milestones, 0)]
    start = float(live.optimizer.param_groups[group]["initial_lr"])
    if hasattr(running, "_get_closed_form_lr") and start != _base_lr(running, group):
        raise ValueError(
            "the first part of SequentialLR was built for a rate of"
            f" {_base_lr(running, group):g}, but torch starts it at {start:g}, as a part that"
            " was built later has replaced the initial rate: write SequentialLR(schedules, ...)"
        )
    return SequentialLR([from_scheduler(child, group) for child in children], milestones)


_READERS: dict[str, _Reader] = {
    "StepLR": _reader(StepLR, "step_size", "gamma"),
    "MultiStepLR": _read_multi_step,
    "ConstantLR": _reader(ConstantLR, "factor", "total_iters"),
    "LinearLR": _reader(LinearLR, "start_factor", "end_factor", "total_iters"),
    "ExponentialLR": _reader(ExponentialLR, "gamma"),
    "PolynomialLR": _reader(PolynomialLR, "total_iters", "power"),
    "CosineAnnealingLR": _reader(CosineAnnealingLR, "T_max", "eta_min"),
    "CosineAnnealingWarmRestarts": _reader(
        CosineAnnealingWarmRestarts, "T_0", "T_mult", "eta_min"
    ),
    "OneCycleLR": _read_one_cycle,
    "CyclicLR": _read_cyclic,
    "SequentialLR": _read_sequential,
}

_ADAPTER = f"{__name__.rsplit('.', 2)[0]}.adapters.torch"

_FUNCTION = (
    "a function can be neither compared nor saved: write the formula as a class with"
    " lrcurves.define, or sample the function into Interpolated(times, values)"
)
_REASONS = {
    "LambdaLR": (
        f"{_FUNCTION}; those of transformers are in lrcurves.compat.transformers by name"
    ),
    "MultiplicativeLR": _FUNCTION,
    "ReduceLROnPlateau": (
        "its rate follows from a metric, not from time: keep torch's, or multiply a schedule by"
        " a factor of your own"
    ),
    "ChainedScheduler": (
        "each part goes on from the rate that the part before has left, which no closed form"
        " describes: multiply the closed forms, a * b, with the base rate in one of them and 1"
        " in the others"
    ),
    "SWALR": (
        "it leaves from whatever rate another scheduler has set: call SWALR(base_lr, swa_lr,"
        " ...) with that rate"
    ),
}


def _refusal(name: str) -> TypeError:
    reason = _REASONS.get(name, "it is not known here")
    return TypeError(f"{name} cannot be a schedule: {reason}")


_SHAPES = {"cos": "cosine", "linear": "linear"}

_RATE, _FACTOR = Interval(0), Interval(0, includes_low=False)
_SHARE, _SOME = Interval(0, 1), Interval(0, 1, includes_low=False)
_NUMBER, _COUNT = Interval(0, whole=True), Interval(1, whole=True)
_LENGTH = Interval(0, includes_low=False, time=True)
_DOMAINS: dict[str, Domain] = {
    **dict.fromkeys(("base_lr", "max_lr", "swa_lr", "eta_min"), _RATE),
    **dict.fromkeys(("base_momentum", "max_momentum"), _RATE),
    **dict.fromkeys(("gamma", "power", "div_factor", "final_div_factor"), _FACTOR),
    **dict.fromkeys(("factor", "end_factor", "pct_start"), _SHARE),
    "start_factor": _SOME,
    **dict.fromkeys(("total_iters", "anneal_epochs"), _NUMBER),
    **dict.fromkeys(("step_size", "T_0", "T_mult"), _COUNT),
    **dict.fromkeys(("total_steps", "epochs", "steps_per_epoch"), _COUNT),
    **dict.fromkeys(("T_max", "step_size_up", "step_size_down"), _LENGTH),
    "anneal_strategy": OneOf(tuple(_SHAPES)),
    "mode": OneOf(("triangular", "triangular2", "exp_range")),
}
"""What torch's arguments may be."""


def _check(of: str, **arguments: object) -> None:
    """Reject what a family would reject too, but under the names that torch gives it."""
    for name, value in arguments.items():
        _DOMAINS[name].validated(f"{of}.{name}", value)


def _shape(of: str, anneal_strategy: str) -> str:
    _check(of, anneal_strategy=anneal_strategy)
    return _SHAPES[anneal_strategy]


def _one_cycle_times(
    of: str,
    total_steps: int | None,
    epochs: int | None,
    steps_per_epoch: int | None,
    pct_start: float,
) -> tuple[float, float]:
    """Return the number of steps, and the time of the peak, which may lie before 0."""
    if total_steps is not None:
        _check(of, total_steps=total_steps)
    elif epochs is not None and steps_per_epoch is not None:
        _check(of, epochs=epochs, steps_per_epoch=steps_per_epoch)
        total_steps = epochs * steps_per_epoch
    else:
        raise ValueError(f"{of} must be given total_steps, or epochs and steps_per_epoch")
    _check(of, pct_start=pct_start)
    if pct_start * total_steps == 1.0:
        raise ValueError(
            f"{of}.pct_start must not be 1 / total_steps, got {pct_start!r}: torch divides by"
            " zero there: take pct_start=0.0 to start next to the peak"
        )
    return total_steps, pct_start * total_steps - 1.0


def _one_cycle(values: tuple[float, ...], peak_at: float, steps: float, shape: str) -> Schedule:
    """Return the way from value to value: the first turns are ``peak_at`` apart."""
    end = steps - 1.0
    turns = [peak_at * i for i in range(len(values) - 1)] + [end]
    if peak_at < 0.0:  # torch is in the last phase at once, and counts it from before 0
        start = turns[-2]
        return Shift(phases([ramp(shape, values[-2], values[-1], end - start)]), by=start)
    ways = zip(pairwise(values), pairwise(turns), strict=True)
    way = phases(
        ramp(shape, first, last, max(stop - start, 0.0))
        for (first, last), (start, stop) in ways
    )
    return way if way.end == end else Until(way, end)
