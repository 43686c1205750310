"""Straight lines and powers of the time that is left."""

from __future__ import annotations

from .._domains import Power, Rate, Steps
from .._ops import Num, Ops, ease, line
from ..schedule import Schedule, define


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
class Linear(Schedule):
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

    @property
    def end(self) -> float:
        """The time at which ``final_lr`` is reached, ``steps``."""
        return self.steps

    def _formula(self, t: Num, xp: Ops) -> Num:
        return ease(self.base_lr, self.final_lr, t, self.steps, line, 1.0, xp)


@define
class Polynomial(Schedule):
    r"""A power of the time that is left, then flat.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot \max(1 - t / T, 0)^p

    >>> s = Polynomial(base_lr=0.1, steps=100, power=2)
    >>> s.lr(0), s.lr(50), round(s.lr(90), 12), s.lr(100)
    (0.1, 0.025, 0.001, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        power: :math:`p`, a finite number > 0; 1 is a straight line.

    Source: ``tf.keras.optimizers.schedules.PolynomialDecay``, ``optax.polynomial_schedule``.
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0
    power: Power = 1.0

    @property
    def end(self) -> float:
        """The time at which ``final_lr`` is reached, ``steps``."""
        return self.steps

    def _formula(self, t: Num, xp: Ops) -> Num:
        return ease(self.base_lr, self.final_lr, t, self.steps, line, self.power, xp)
