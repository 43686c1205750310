"""Rates that are constant between given times."""

from __future__ import annotations

from .._domains import Edges, Gamma, Milestones, Rate, Rates
from .._ops import FLOATS, Num, Ops
from ..schedule import Recipe, Schedule, define


@define
class PiecewiseConstant(Schedule):
    r"""One rate after another, changing at given times.

    .. math:: \mathrm{lr}(t) = v_i \quad\text{for}\quad b_{i-1} \le t < b_i

    >>> s = PiecewiseConstant(values=(0.1, 0.01, 0.001), boundaries=(30, 60))
    >>> s.lr(29), s.lr(30), s.lr(60)
    (0.1, 0.01, 0.001)

    Args:
        values: :math:`v_i`, finite numbers >= 0, one more than there are boundaries.
        boundaries: :math:`b_i`, finite numbers >= 0, increasing: the first times of the later
            values.

    Raises:
        ValueError: if the numbers of values and boundaries do not go together.

    Source: ``optax.piecewise_constant_schedule``. Keras' ``PiecewiseConstantDecay`` keeps the
    old value at a boundary: give it each boundary less 1.
    """

    values: Rates
    boundaries: Edges

    def _check(self) -> None:
        if len(self.values) != len(self.boundaries) + 1:
            raise ValueError(
                "PiecewiseConstant.values must hold one more than boundaries, got"
                f" {len(self.values)} values and {len(self.boundaries)} boundaries"
            )

    @property
    def _steady(self) -> bool:
        return not self.boundaries

    def _formula(self, t: Num, xp: Ops) -> Num:
        (value,) = xp.pick(t, self.boundaries, self.values)
        return value


@define
class MultiStep(Recipe):
    r"""A rate that is multiplied by a factor at given times.

    .. math:: \mathrm{lr}(t) = b \cdot \gamma^{\#\{i : m_i \le t\}}

    A milestone that is given twice multiplies twice.

    >>> s = MultiStep(base_lr=0.1, gamma=0.1, milestones=(30, 80))
    >>> s.lr(29), s.lr(30), s.lr(80)
    (0.1, 0.010000000000000002, 0.0010000000000000002)

    Args:
        base_lr: :math:`b`, the rate before the first milestone, a finite number >= 0.
        gamma: :math:`\gamma`, the factor, a finite number > 0.
        milestones: :math:`m_i`, finite numbers >= 0, in order.

    Source: ``torch.optim.lr_scheduler.MultiStepLR``.
    """

    base_lr: Rate
    gamma: Gamma
    milestones: Milestones

    def expand(self) -> Schedule:
        values = {0.0: self.base_lr}
        for i, milestone in enumerate(self.milestones, 1):
            values[milestone] = self.base_lr * FLOATS.power(self.gamma, float(i))
        _, *boundaries = values
        return PiecewiseConstant(tuple(values.values()), tuple(boundaries))
