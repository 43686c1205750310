"""Cosine waves."""

from __future__ import annotations

from .._domains import Power, Rate, Steps
from .._ops import Num, Ops, ease, half_wave
from ..schedule import Schedule, define


@define
class Cosine(Schedule):
    r"""Half a cosine wave from one rate to another, then flat.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot
              \left(\frac{1 + \cos(\pi \min(t / T, 1))}{2}\right)^p

    >>> s = Cosine(base_lr=0.1, steps=90)
    >>> s.lr(0), round(s.lr(30), 12), round(s.lr(60), 12), s.lr(90), s.lr(1000)
    (0.1, 0.075, 0.025, 0.0, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        power: :math:`p`, a finite number > 0.

    Source: Loshchilov and Hutter, `SGDR <https://arxiv.org/abs/1608.03983>`_, without restarts;
    ``optax.cosine_decay_schedule`` (``exponent`` is ``power``). Torch's ``CosineAnnealingLR``
    climbs again after :math:`T`; this one does not.
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
        return ease(self.base_lr, self.final_lr, t, self.steps, half_wave, self.power, xp)
