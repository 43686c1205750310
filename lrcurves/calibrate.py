r"""The numbers of a decay, each from the others, and a rate for another batch size.

A decay is named here by its ``gamma``, the factor of one step, and every other way to name it
converts to that and back:

.. math:: \mathrm{lr}(t) = b \cdot \gamma^t = b \cdot e^{-\lambda t} = b \cdot 2^{-t / h}
          = b \cdot (1 - p / 100)^t

>>> gamma = gamma_for_final_lr(0.1, 0.001, steps=90)
>>> round(gamma, 6), round(rate(gamma), 6), round(half_life(gamma), 3)
(0.950119, 0.051169, 13.546)
>>> round(decay_percent(gamma), 3), round(steps_to_1pct(gamma), 6)
(4.988, 90.0)

A ``gamma`` near 1 has few digits left for what it lacks of 1: through it a half-life of a
million steps comes back with ten digits, not sixteen. Schedules that are given by a half-life,
a rate or a final rate lose none: ``Exponential.from_half_life``, ``from_rate`` and
``from_final_lr``.
"""

from __future__ import annotations

import math
from fractions import Fraction

from ._domains import Interval, OneOf, real, shown
from .families.exponential import Exponential, StepDecay

SMALLEST = 1e-300
"""Ratios of rates, and gammas, below this are refused: there floats begin to lack digits."""

_POSITIVE = Interval(0, includes_low=False)
_DURATION = Interval(0, includes_low=False, time=True)
_COUNT = Interval(1, 2.0**53, whole=True)
_BATCH = Interval(1, 2.0**53)
_FLOOR = OneOf(("direct", "offset"))
_TARGET = Interval(
    0, includes_low=False, remedy="an exponential never reaches 0; Linear and Cosine do"
)


def gamma_for_final_lr(base_lr: float, final_lr: float, steps: float) -> float:
    r"""Return the factor of a step that takes one rate to another.

    .. math:: \gamma = (f / b)^{1 / T}

    >>> gamma_for_final_lr(0.1, 0.025, steps=2)
    0.5

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number > 0.
        final_lr: :math:`f`, the rate at :math:`t = T`, a finite number > 0 and < ``base_lr``.
        steps: :math:`T`, a finite number > 0.

    Raises:
        ValueError: if that is no decay, or so slow that ``gamma`` rounds to 1.
    """
    of = "gamma_for_final_lr"
    base_lr, final_lr, ratio = _fall(of, base_lr, final_lr)
    time = _DURATION.validated(f"{of}: steps", steps)
    # To the gamma of the rounded quotient comes what the rounding took from it.
    lost = float(Fraction(final_lr) / Fraction(base_lr) / Fraction(ratio) - 1)
    gamma = _root(ratio, time)
    gamma += gamma * (lost / time)
    remedy = "Exponential.from_final_lr(base_lr, final_lr, steps) needs none"
    return _gamma_of(f"{of}: steps", steps, gamma, remedy)


def gamma_for_half_life(half_life: float) -> float:
    r"""Return the factor of a step that halves a rate in ``half_life`` steps.

    .. math:: \gamma = 2^{-1 / h}

    >>> gamma_for_half_life(1), gamma_for_half_life(0.5), round(gamma_for_half_life(10), 6)
    (0.5, 0.25, 0.933033)

    Args:
        half_life: :math:`h`, a finite number > 0.

    Raises:
        ValueError: also if it is so long that ``gamma`` rounds to 1, or so short that it
            rounds to 0.
    """
    name = "gamma_for_half_life: half_life"
    steps = _DURATION.validated(name, half_life)
    remedy = "Exponential.from_half_life(base_lr, half_life) needs none"
    return _gamma_of(name, half_life, _root(0.5, steps), remedy)


def gamma_for_rate(rate: float) -> float:
    r"""Return the factor of a step for a decay in continuous time.

    .. math:: \gamma = e^{-\lambda}

    >>> round(gamma_for_rate(0.05), 6)
    0.951229

    Args:
        rate: :math:`\lambda`, the decay per step, a finite number > 0.

    Raises:
        ValueError: also if it is so small that ``gamma`` rounds to 1, or so large that it
            rounds to 0.
    """
    name = "gamma_for_rate: rate"
    decay = _POSITIVE.validated(name, rate)
    remedy = "Exponential.from_rate(base_lr, rate) needs none"
    return _gamma_of(name, rate, math.exp(-decay), remedy)


def gamma_for_decay_percent(percent: float) -> float:
    r"""Return the factor of a step that loses so many percent.

    .. math:: \gamma = 1 - p / 100

    >>> gamma_for_decay_percent(5), gamma_for_decay_percent(12.5)
    (0.95, 0.875)

    Args:
        percent: :math:`p`, a finite number > 0 and < 100.

    Raises:
        ValueError: also if it is so small that ``gamma`` rounds to 1.
    """
    name = "gamma_for_decay_percent: percent"
    lost = _between(name, percent, 100, "what loses everything in one step has no gamma")
    remedy = "Exponential.from_rate(base_lr, percent / 100) is the same for so small a loss"
    return _gamma_of(name, percent, (100.0 - lost) / 100.0, remedy)


def gamma_for_steps_to_1pct(steps: float) -> float:
    r"""Return the factor of a step that leaves 1 % of a rate after ``steps``.

    .. math:: \gamma = 100^{-1 / T}

    >>> round(gamma_for_steps_to_1pct(2), 15), round(gamma_for_steps_to_1pct(100), 6)
    (0.1, 0.954993)

    Args:
        steps: :math:`T`, a finite number > 0.

    Raises:
        ValueError: also if it is so long that ``gamma`` rounds to 1, or so short that it
            rounds to 0.
    """
    name = "gamma_for_steps_to_1pct: steps"
    time = _DURATION.validated(name, steps)
    remedy = "Exponential(base_lr, gamma=0.01, every=steps) takes 0.01 as it is"
    return _gamma_of(name, steps, _root(100.0, -time), remedy)


def gamma_for_drops(base_lr: float, final_lr: float, drops: float) -> float:
    r"""Return the factor of a drop, for a step decay that takes one rate to another.

    .. math:: \gamma = (f / b)^{1 / n}

    >>> round(gamma_for_drops(0.1, 0.0001, drops=3), 15)
    0.1

    Args:
        base_lr: :math:`b`, a finite number > 0.
        final_lr: :math:`f`, the rate after the last drop, a finite number > 0 and
            < ``base_lr``.
        drops: :math:`n`, a whole number >= 1.

    Raises:
        ValueError: also if there are so many drops that ``gamma`` rounds to 1.
    """
    return _gamma_for_drops("gamma_for_drops", base_lr, final_lr, drops)


def gamma_for_step_decay(
    base_lr: float, final_lr: float, steps: float, step_size: float, floor: str = "direct"
) -> float:
    """Return the factor of a drop, for a step decay that has reached ``final_lr`` at ``steps``.

    It is the ``gamma`` of :meth:`StepDecay.from_final_lr <lrcurves.StepDecay.from_final_lr>`:
    that of :func:`gamma_for_drops` for as many drops as :func:`drops` counts.

    >>> round(gamma_for_step_decay(0.1, 0.0001, steps=100, step_size=30), 15)
    0.1

    Args:
        base_lr: the rate before the first drop, a finite number > 0.
        final_lr: the rate at ``t = steps``, a finite number > 0 and < ``base_lr``.
        steps: a finite number > 0.
        step_size: the time between two drops, a finite number > 0.
        floor: ``"direct"`` or ``"offset"``, see :func:`drops`.

    Raises:
        ValueError: also if there is no drop in ``steps``.
    """
    of = "gamma_for_step_decay"
    _fall(of, base_lr, final_lr)
    _DURATION.validated(f"{of}: steps", steps)
    count = _drops(of, steps, step_size, floor)
    if not count:
        most = float(steps) + (floor == "offset")
        raise ValueError(
            f"{of}: steps must be long enough for a drop, got steps={steps:g} with"
            f" step_size={step_size:g} and floor={floor!r}: take a step_size <= {most:g}"
        )
    return _gamma_for_drops(of, base_lr, final_lr, count)


def rate(gamma: float) -> float:
    r"""Return the rate of a decay in continuous time.

    .. math:: \lambda = -\ln \gamma

    >>> round(rate(0.95), 6)
    0.051293

    Args:
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
    """
    return -math.log(_gamma("rate: gamma", gamma))


def half_life(gamma: float) -> float:
    r"""Return the number of steps in which a rate halves.

    .. math:: h = -1 / \log_2 \gamma

    >>> half_life(0.5), half_life(0.25), round(half_life(0.99), 3)
    (1.0, 0.5, 68.968)

    Args:
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
    """
    return -1.0 / math.log2(_gamma("half_life: gamma", gamma))


def decay_percent(gamma: float) -> float:
    r"""Return how many percent of a rate are lost in one step.

    .. math:: p = 100 \, (1 - \gamma)

    >>> decay_percent(0.875)
    12.5

    Args:
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
    """
    return 100.0 * (1.0 - _gamma("decay_percent: gamma", gamma))


def steps_to_1pct(gamma: float) -> float:
    r"""Return the number of steps after which 1 % of a rate is left.

    .. math:: T = -2 / \log_{10} \gamma

    >>> steps_to_1pct(0.1), round(steps_to_1pct(0.95), 3)
    (2.0, 89.781)

    Args:
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
    """
    return -2.0 / math.log10(_gamma("steps_to_1pct: gamma", gamma))


def steps_to_reach(ratio: float, gamma: float) -> float:
    r"""Return the number of steps after which ``ratio`` of a rate is left, whole or not.

    .. math:: t = \ln r / \ln \gamma

    >>> steps_to_reach(0.125, gamma=0.5), round(steps_to_reach(0.01, gamma=0.99), 3)
    (3.0, 458.211)

    Args:
        ratio: :math:`r`, the rate at :math:`t` over that at 0, a finite number > 0 and <= 1.
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
    """
    left = Interval(0, 1, includes_low=False).validated("steps_to_reach: ratio", ratio)
    return math.log2(left) / math.log2(_gamma("steps_to_reach: gamma", gamma)) + 0.0


def rate_for_half_life(half_life: float) -> float:
    r"""Return the rate of a decay in continuous time that halves in ``half_life`` steps.

    .. math:: \lambda = \ln 2 / h

    >>> round(rate_for_half_life(10), 6)
    0.069315

    Args:
        half_life: :math:`h`, a finite number > 0.
    """
    return math.log(2.0) / _DURATION.validated("rate_for_half_life: half_life", half_life)


def half_life_for_rate(rate: float) -> float:
    r"""Return the number of steps in which a decay in continuous time halves.

    .. math:: h = \ln 2 / \lambda

    >>> round(half_life_for_rate(0.05), 3)
    13.863

    Args:
        rate: :math:`\lambda`, the decay per step, a finite number > 0.
    """
    return math.log(2.0) / _DURATION.validated("half_life_for_rate: rate", rate)


def final_lr(base_lr: float, gamma: float, steps: float) -> float:
    r"""Return the rate after ``steps`` of a decay, as ``Exponential(base_lr, gamma)`` has it.

    .. math:: f = b \cdot \gamma^T

    >>> final_lr(0.1, gamma=0.5, steps=1), round(final_lr(0.1, gamma=0.99, steps=500), 8)
    (0.05, 0.00065705)

    Args:
        base_lr: :math:`b`, a finite number > 0.
        gamma: :math:`\gamma`, the factor of a step, a finite number > 0 and < 1.
        steps: :math:`T`, a finite number > 0.
    """
    base_lr = _POSITIVE.validated("final_lr: base_lr", base_lr)
    gamma = _gamma("final_lr: gamma", gamma)
    return Exponential(base_lr, gamma).lr(_DURATION.validated("final_lr: steps", steps))


def halvings(base_lr: float, final_lr: float) -> float:
    r"""Return how many times a rate halves on its way down, whole or not.

    .. math:: n = \log_2 (b / f)

    >>> halvings(0.8, 0.1), round(halvings(0.1, 0.001), 3)
    (3.0, 6.644)

    Args:
        base_lr: :math:`b`, a finite number > 0.
        final_lr: :math:`f`, a finite number > 0 and < ``base_lr``.
    """
    base_lr, final_lr, ratio = _fall("halvings", base_lr, final_lr)
    if ratio > 0.5:  # here the difference is exact, and the quotient would be a rounded one
        return -math.log1p((final_lr - base_lr) / base_lr) / math.log(2.0)
    return -math.log2(ratio)


def drops(steps: float, step_size: float, floor: str = "direct") -> int:
    r"""Return how many times a step decay has dropped at :math:`t` = ``steps``.

    .. math:: \text{direct:}\; \lfloor T / s \rfloor \qquad
              \text{offset:}\; \lfloor (1 + T) / s \rfloor

    That is the rate that update number ``steps``, the first after the run, would get; in the
    run itself the last update is number ``steps - 1``.

    >>> drops(100, step_size=30), drops(89, step_size=30)
    (3, 2)
    >>> drops(89, step_size=30, floor="offset")
    3

    Args:
        steps: :math:`T`, a finite number >= 0.
        step_size: :math:`s`, the time between two drops, a finite number > 0.
        floor: ``"direct"`` for a first drop at :math:`t = s`, as in torch, optax and Keras;
            ``"offset"`` for one at :math:`t = s - 1`, as in many Keras tutorials.
    """
    return _drops("drops", steps, step_size, floor)


def recommended_half_life(steps: float, final_ratio: float = 0.01) -> float:
    r"""Return the half-life that leaves ``final_ratio`` of a rate after ``steps``.

    .. math:: h = T / \log_2 (1 / r)

    It is computed from the ratio that is wanted. Tables in circulation recommend half-lives
    that contradict their own column of final ratios: 25 to 35 epochs of 100 are said to leave
    1/50 to 1/200 of the rate, and leave 1/16 to 1/7. For 1/50 to 1/200 it takes 18 to 13.

    >>> [round(2 ** (100 / h), 2) for h in (25, 35)]
    [16.0, 7.25]
    >>> [round(recommended_half_life(100, 1 / n), 2) for n in (50, 100, 200)]
    [17.72, 15.05, 13.08]

    Args:
        steps: :math:`T`, the length of the training, a finite number > 0.
        final_ratio: :math:`r`, the final rate over the first, a finite number > 0 and < 1.
    """
    of = "recommended_half_life"
    steps = _DURATION.validated(f"{of}: steps", steps)
    remedy = "it is the share of the rate that is left"
    return -steps / math.log2(_between(f"{of}: final_ratio", final_ratio, 1, remedy))


def scale_lr(
    base_lr: float, batch_size: float, reference: float, rule: str = "linear"
) -> float:
    r"""Return the rate for a batch size, from one that is known for another batch size.

    .. math:: \text{linear:}\; b \cdot \frac{B}{B_0} \qquad
              \text{sqrt:}\; b \cdot \sqrt{\frac{B}{B_0}}

    The linear rule keeps the mean movement in an epoch: a batch twice as large makes half as
    many updates, each twice as long. It is the usual one for SGD, and needs a warm-up where the
    rate gets large. The square root keeps the variance of an update (:func:`update_variance`).
    It is the usual one for Adam and RMSprop, whose updates do not grow with the gradient; there
    the derivation also multiplies 1 - beta1 and 1 - beta2 by :math:`B / B_0` and divides eps by
    its square root.

    >>> scale_lr(0.1, batch_size=1024, reference=256)
    0.4
    >>> scale_lr(0.001, batch_size=1024, reference=256, rule="sqrt")
    0.002

    Args:
        base_lr: :math:`b`, the known rate, a finite number >= 0.
        batch_size: :math:`B`, the examples of one update, over all processes and accumulated
            batches, a finite number >= 1.
        reference: :math:`B_0`, the batch size for which ``base_lr`` is known, likewise.
        rule: ``"linear"`` or ``"sqrt"``.

    Source: Goyal et al., `Accurate, large minibatch SGD <https://arxiv.org/abs/1706.02677>`_
    (linear, with warm-up); Malladi et al., `On the SDEs and scaling rules for adaptive gradient
    algorithms <https://arxiv.org/abs/2205.10287>`_ (square root).
    """
    base_lr = Interval(0).validated("scale_lr: base_lr", base_lr)
    batch_size = _BATCH.validated("scale_lr: batch_size", batch_size)
    reference = _BATCH.validated("scale_lr: reference", reference)
    rule = OneOf(("linear", "sqrt")).validated("scale_lr: rule", rule)
    ratio = batch_size / reference
    return base_lr * (math.sqrt(ratio) if rule == "sqrt" else ratio)


def update_variance(lr: float, gradient_variance: float, batch_size: float) -> float:
    r"""Return the variance of one update of SGD, of one weight.

    .. math:: \operatorname{Var}[\Delta w] = \eta^2 \frac{\sigma^2}{B}

    The update is the rate times the mean of the gradients of :math:`B` independent examples.

    >>> round(update_variance(0.1, gradient_variance=4.0, batch_size=16), 12)
    0.0025
    >>> lr = scale_lr(0.1, batch_size=64, reference=16, rule="sqrt")
    >>> lr, round(update_variance(lr, gradient_variance=4.0, batch_size=64), 12)
    (0.2, 0.0025)

    Args:
        lr: :math:`\eta`, a finite number >= 0.
        gradient_variance: :math:`\sigma^2`, of the gradient of one example, a finite
            number >= 0.
        batch_size: :math:`B`, a finite number >= 1.
    """
    lr = Interval(0).validated("update_variance: lr", lr)
    name = "update_variance: gradient_variance"
    gradient_variance = Interval(0).validated(name, gradient_variance)
    batch_size = _BATCH.validated("update_variance: batch_size", batch_size)
    return lr * lr * (gradient_variance / batch_size)


def effective_adam_lr(lr: float, t: float, beta1: float = 0.9, beta2: float = 0.999) -> float:
    r"""Return a rate with the correction of Adam's averages in it, at update number ``t``.

    .. math:: \eta \cdot \frac{\sqrt{1 - \beta_2^{t + 1}}}{1 - \beta_1^{t + 1}}

    It multiplies :math:`m / (\sqrt{v} + \epsilon')`, the averages as they are stored, with
    :math:`\epsilon' = \epsilon \sqrt{1 - \beta_2^{t + 1}}`. These averages begin at 0 and are
    too small at first, and with the usual :math:`\beta_1` and :math:`\beta_2` the root of
    :math:`v` more so than :math:`m`; the factor makes up for that, and no more. It is not the
    size of an update: under a constant gradient each update has the size :math:`\eta`, from the
    first one on. So it is no warm-up, and no reason to leave one out.

    >>> [round(effective_adam_lr(1.0, t), 3) for t in (0, 10, 100, 1000, 10_000)]
    [0.316, 0.152, 0.31, 0.795, 1.0]

    Args:
        lr: :math:`\eta`, the rate given to the optimizer, a finite number >= 0.
        t: the number of the update, counted from 0; Adam's own count is one more.
        beta1: :math:`\beta_1`, a finite number >= 0 and < 1.
        beta2: :math:`\beta_2`, likewise.

    Source: Kingma and Ba, `Adam <https://arxiv.org/abs/1412.6980>`_, end of section 2.
    """
    of = "effective_adam_lr"
    lr = Interval(0).validated(f"{of}: lr", lr)
    count = Interval(0, whole=True).validated(f"{of}: t", t) + 1.0
    first = _share(f"{of}: beta1", beta1, count)
    second = _share(f"{of}: beta2", beta2, count)
    return lr * (math.sqrt(second) / first)


def _share(name: str, beta: float, count: float) -> float:
    """Return the share of the weights of an average that ``count`` numbers have."""
    rule = "a finite number >= 0 and < 1"
    x = real(name, rule, beta)
    if not 0.0 <= x < 1.0:
        raise ValueError(f"{name} must be {rule}, got {shown(beta)}")
    return -math.expm1(count * math.log(x)) if x else 1.0


def _root(x: float, n: float) -> float:
    """Return ``x ** (1 / n)``, for which ``1 / n`` is not rounded."""
    exponent = 1.0 / n
    lost = float(1 / Fraction(n) - Fraction(exponent))
    root = math.pow(x, exponent)
    return root + root * (lost * math.log(x))


def _between(name: str, value: float, top: float, remedy: str) -> float:
    """Return a number between 0 and ``top``, neither included."""
    rule = f"a finite number > 0 and < {top}"
    x = real(name, rule, value)
    if not 0.0 < x < top:
        raise ValueError(f"{name} must be {rule}, got {shown(value)}: {remedy}")
    return x


def _gamma(name: str, value: float) -> float:
    """Return the factor of a decay."""
    return _between(name, value, 1, "1 stays as it is, and more than 1 grows")


def _gamma_of(name: str, value: float, gamma: float, remedy: str) -> float:
    """Return a computed factor, if it is one of a decay after rounding too."""
    if not SMALLEST <= gamma < 1.0:
        raise ValueError(
            f"{name} must leave a gamma between {SMALLEST:g} and 1, got {shown(value)}, which"
            f" makes it {gamma!r}: {remedy}"
        )
    return gamma


def _fall(of: str, base_lr: float, final_lr: float) -> tuple[float, float, float]:
    """Return two rates, of which the second is lower, and their quotient."""
    base = _POSITIVE.validated(f"{of}: base_lr", base_lr)
    final = _TARGET.validated(f"{of}: final_lr", final_lr)
    if final >= base:
        raise ValueError(
            f"{of}: final_lr must be < base_lr for a decay, got {final!r} and {base!r}:"
            " Geometric(base_lr, final_lr, steps) grows too, Constant(base_lr) stays"
        )
    ratio = final / base
    if ratio < SMALLEST:
        raise ValueError(
            f"{of}: final_lr / base_lr must be >= {SMALLEST:g}, got {final!r} / {base!r}"
        )
    return base, final, ratio


def _gamma_for_drops(of: str, base_lr: float, final_lr: float, drops: float) -> float:
    base, final, _ = _fall(of, base_lr, final_lr)
    count = _COUNT.validated(f"{of}: drops", drops)
    gamma = StepDecay.from_final_lr(base, final, steps=count, step_size=1.0).gamma
    return _gamma_of(f"{of}: drops", drops, gamma, "take fewer drops")


def _drops(of: str, steps: float, step_size: float, floor: str) -> int:
    time = Interval(0).validated(f"{of}: steps", steps)
    size = _DURATION.validated(f"{of}: step_size", step_size)
    floor = _FLOOR.validated(f"{of}: floor", floor)
    return (Fraction(time) + (floor == "offset")) // Fraction(size)
