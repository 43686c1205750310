"""Straight lines and powers of the time that is left."""

from __future__ import annotations

from .._domains import Gamma, Power, Rate, Steps, Warp
from .._ops import Num, Ops, ease, elapsed, line, mix, one_minus_sqrt, remaining
from ..schedule import Recipe, Schedule, define


class Finite(Schedule):
    """A schedule that is as long as its field ``steps`` says."""

    __slots__ = ()

    steps: Steps

    @property
    def end(self) -> float:
        """The time at which ``final_lr`` is reached, ``steps``."""
        return self.steps


@define
class Constant(Schedule):
    r"""The same rate for ever.

    .. math:: \mathrm{lr}(t) = b

    >>> Constant(0.1).lr(1_000_000)
    0.1

    Args:
        base_lr: :math:`b`, the rate, a finite number >= 0.
    """

    base_lr: Rate

    @property
    def _steady(self) -> bool:
        return True

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self.base_lr + 0.0 * t


@define
class Linear(Finite):
    r"""A straight line from one rate to another, up or down, then flat.

    .. math:: \mathrm{lr}(t) = b + (f - b) \cdot \min(t / T, 1)

    >>> s = Linear(base_lr=0.1, final_lr=0.02, steps=100)
    >>> s.lr(0), round(s.lr(50), 12), s.lr(100), s.lr(1000)
    (0.1, 0.06, 0.02, 0.02)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.

    Source: ``torch.optim.lr_scheduler.LinearLR``, ``optax.linear_schedule``.
    """

    base_lr: Rate
    final_lr: Rate
    steps: Steps

    def _formula(self, t: Num, xp: Ops) -> Num:
        return ease(self.base_lr, self.final_lr, t, self.steps, line, 1.0, xp)


@define
class Polynomial(Finite):
    r"""A power of the time that is left, then flat.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot \max\bigl(1 - (t / T)^k, 0\bigr)^p

    >>> s = Polynomial(base_lr=0.1, steps=100, power=2)
    >>> s.lr(0), s.lr(50), round(s.lr(90), 12), s.lr(100)
    (0.1, 0.025, 0.001, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        power: :math:`p`, a finite number > 0; 1 is a straight line.
        k_decay: :math:`k`, a finite number >= 0.125; above 1 the rate stays high for longer.

    Source: ``tf.keras.optimizers.schedules.PolynomialDecay``, ``optax.polynomial_schedule``;
    Zhang and Li, `k-decay <https://arxiv.org/abs/2004.05909>`_.
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0
    power: Power = 1.0
    k_decay: Warp = 1.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        first, last, k = self.base_lr, self.final_lr, self.k_decay
        return ease(first, last, t, self.steps, line, self.power, xp, k)


@define
class OneMinusSqrt(Finite):
    r"""A fall that is steep at first, or a rise that mirrors it in time, then flat.

    .. math:: \mathrm{lr}(t) = \begin{cases}
              f + (b - f)\,(1 - \sqrt{t / T}), & b \ge f \\
              b + (f - b)\,(1 - \sqrt{1 - t / T}), & b < f \end{cases}

    >>> s = OneMinusSqrt(base_lr=0.1, steps=100)
    >>> s.lr(0), s.lr(25), round(s.lr(81), 12), s.lr(100)
    (0.1, 0.05, 0.01, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.

    Source: Hägele et al., `Scaling laws and compute-optimal training beyond fixed training
    durations <https://arxiv.org/abs/2405.18392>`_.
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        first, last, steps = self.base_lr, self.final_lr, self.steps
        left, gone = remaining(t, steps, xp), elapsed(t, steps, xp)
        if first >= last:
            return mix(first, last, one_minus_sqrt(left, gone, steps, xp))
        return mix(last, first, one_minus_sqrt(gone, left, steps, xp))


@define
class REX(Finite):
    r"""Reflected exponential: slow at first, then ever faster, then flat.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot \frac{1 - x}{1 - x / 2}, \qquad
              x = \min(t / T, 1)

    >>> s = REX(base_lr=0.1, steps=100)
    >>> s.lr(0), round(s.lr(50), 6), s.lr(100)
    (0.1, 0.066667, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.

    Source: Chen, Wolfe and Kyrillidis, `REX <https://arxiv.org/abs/2107.04197>`_.
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        left = remaining(t, self.steps, xp)
        if self.base_lr >= self.final_lr:
            return mix(self.base_lr, self.final_lr, 2.0 * left / (self.steps + left))
        gone = elapsed(t, self.steps, xp)
        return mix(self.final_lr, self.base_lr, gone / (self.steps + left))


@define
class PowerLaw(Schedule):
    r"""A power of the time itself, for ever: faster than any line at first, slower later.

    .. math:: \mathrm{lr}(t) = b \cdot (1 + t / \tau)^{-\alpha}

    >>> s = PowerLaw(base_lr=0.1, alpha=2, timescale=100)
    >>> s.lr(0), s.lr(100), round(s.lr(900), 12)
    (0.1, 0.025, 0.001)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        alpha: :math:`\alpha`, a finite number > 0.
        timescale: :math:`\tau`, the time after which the rate has fallen by
            :math:`2^{-\alpha}`, a finite number > 0.

    Source: Zhai et al., `Scaling vision transformers <https://arxiv.org/abs/2106.04560>`_, for
    :math:`\alpha = 1/2`.
    """

    base_lr: Rate
    alpha: Power
    timescale: Steps = 1.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self.base_lr * xp.power((self.timescale + t) / self.timescale, -self.alpha)


@define
class InverseTime(Recipe):
    r"""Decay with the reciprocal of time, for ever.

    .. math:: \mathrm{lr}(t) = \frac{b}{1 + \lambda t / k}

    >>> s = InverseTime(base_lr=0.1, rate=0.5, every=100)
    >>> s.lr(0), s.lr(200), s.lr(600)
    (0.1, 0.05, 0.025)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        rate: :math:`\lambda`, a finite number > 0.
        every: :math:`k`, the time in which the denominator grows by ``rate``, a finite number
            > 0.

    Source: ``keras.optimizers.schedules.InverseTimeDecay``.
    """

    base_lr: Rate
    rate: Gamma
    every: Steps = 1.0

    def expand(self) -> Schedule:
        return PowerLaw(self.base_lr, alpha=1.0, timescale=self.every / self.rate)


@define
class InverseSqrt(Recipe):
    r"""Decay with the square root of the reciprocal of time, for ever.

    .. math:: \mathrm{lr}(t) = \frac{b}{\sqrt{1 + t / \tau}}

    >>> s = InverseSqrt(base_lr=0.1, timescale=1000)
    >>> s.lr(0), s.lr(3000), s.lr(15_000)
    (0.1, 0.05, 0.025)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        timescale: :math:`\tau`, a finite number > 0; a third of the time in which the rate
            halves.

    Source: ``transformers.get_inverse_sqrt_schedule``; there it follows a warm-up of
    :math:`\tau` steps: ``Warmup(InverseSqrt(b, tau), tau)``.
    """

    base_lr: Rate
    timescale: Steps

    def expand(self) -> Schedule:
        return PowerLaw(self.base_lr, alpha=0.5, timescale=self.timescale)
