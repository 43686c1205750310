"""Rates given at certain times: constant or interpolated in between."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

from .._domains import Edges, Gamma, Milestones, OneOf, Rate, Rates
from .._ops import FLOATS, Num, Ops, half_wave, line
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

    Raises:
        ValueError: if a rate would overflow.

    Source: ``torch.optim.lr_scheduler.MultiStepLR``.
    """

    base_lr: Rate
    gamma: Gamma
    milestones: Milestones

    def expand(self) -> Schedule:
        values = {0.0: self.base_lr}
        for i, milestone in enumerate(self.milestones, 1):
            rate = self.base_lr and self.base_lr * FLOATS.power(self.gamma, float(i))
            if rate == math.inf:
                raise ValueError(
                    f"MultiStep.gamma must keep the rate finite, got {self.gamma!r}: milestone"
                    f" {i} overflows"
                )
            values[milestone] = rate
        _, *boundaries = values
        return PiecewiseConstant(tuple(values.values()), tuple(boundaries))


Between: TypeAlias = Annotated[str, OneOf(("linear", "cosine"))]


@define
class Interpolated(Schedule):
    r"""Given rates at given times, joined by straight lines or by half cosine waves.

    .. math:: \mathrm{lr}(t) = v_i + (v_{i+1} - v_i) \, w\left(
              \frac{t - t_i}{t_{i+1} - t_i}\right) \quad\text{for}\quad t_i \le t < t_{i+1}

    with :math:`w(x) = x` or :math:`(1 - \cos \pi x) / 2`; the first value holds before the
    first time, the last after the last.

    >>> s = Interpolated(times=(0, 10, 30), values=(0.0, 0.1, 0.02))
    >>> s.lr(5), s.lr(10), round(s.lr(20), 12), s.lr(99)
    (0.05, 0.1, 0.06, 0.02)

    Args:
        times: :math:`t_i`, finite numbers >= 0, increasing.
        values: :math:`v_i`, a finite number >= 0 for each time.
        shape: ``"linear"`` or ``"cosine"``.

    Raises:
        ValueError: if the numbers of times and values differ.

    Source: ``numpy.interp``, ``optax.piecewise_interpolate_schedule``.
    """

    times: Edges
    values: Rates
    shape: Between = "linear"

    def _check(self) -> None:
        if len(self.times) != len(self.values):
            raise ValueError(
                "Interpolated.values must hold one for each time, got"
                f" {len(self.values)} values and {len(self.times)} times"
            )

    @property
    def end(self) -> float:
        """The last of the times."""
        return self.times[-1]

    def _derive(self) -> tuple[tuple[float, ...], ...]:
        """Return, for each piece, the larger and the smaller rate, the time of the smaller,
        which way time runs from there, and the length.
        """
        rows = [(self.values[0], self.values[0], 0.0, 0.0, 1.0)]
        for i in range(1, len(self.times)):
            start, stop = self.times[i - 1 : i + 1]
            first, last = self.values[i - 1 : i + 1]
            if first < last:
                rows.append((last, first, start, 1.0, stop - start))
            else:
                rows.append((first, last, stop, -1.0, stop - start))
        rows.append((self.values[-1], self.values[-1], 0.0, 0.0, 1.0))
        return tuple(zip(*rows, strict=True))

    def _formula(self, t: Num, xp: Ops) -> Num:
        high, low, origin, way, length = xp.pick(t, self.times, *self._derived)
        share = line if self.shape == "linear" else half_wave
        weight = share((t - origin) * way, length, xp)
        return high * weight + low * (1.0 - weight)
