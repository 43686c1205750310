"""Waves: half a cosine, cosines that restart, triangles."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from typing import Annotated, TypeAlias

from .._domains import LONGEST, Gamma, Growth, MaybeSteps, OneOf, Power, Rate, Steps, Warp
from .._ops import FLOATS, Num, Ops, Share, blend, ease, half_wave, line, mix
from ..schedule import Schedule, define
from .exponential import Exponential
from .power import Finite

MOST_CYCLES = 100_000
"""Beyond so many cycles of growing length a schedule is refused."""


@define
class Cosine(Finite):
    r"""Half a cosine wave from one rate to another, then flat.

    .. math:: \mathrm{lr}(t) = f + (b - f) \cdot
              \left(\frac{1 + \cos(\pi x^k)}{2}\right)^p, \qquad x = \min(t / T, 1)

    >>> s = Cosine(base_lr=0.1, steps=90)
    >>> s.lr(0), round(s.lr(30), 12), round(s.lr(60), 12), s.lr(90), s.lr(1000)
    (0.1, 0.075, 0.025, 0.0, 0.0)

    Args:
        base_lr: :math:`b`, the rate at :math:`t = 0`, a finite number >= 0.
        steps: :math:`T`, a finite number > 0, in the unit of :math:`t`.
        final_lr: :math:`f`, the rate from :math:`t = T` on, a finite number >= 0.
        power: :math:`p`, a finite number > 0.
        k_decay: :math:`k`, a finite number >= 0.125; above 1 the rate stays high for longer.

    Source: Loshchilov and Hutter, `SGDR <https://arxiv.org/abs/1608.03983>`_, without restarts;
    ``optax.cosine_decay_schedule`` (``exponent`` is ``power``); Zhang and Li, `k-decay
    <https://arxiv.org/abs/2004.05909>`_. Torch's ``CosineAnnealingLR`` climbs again after
    :math:`T`; this one does not.
    """

    base_lr: Rate
    steps: Steps
    final_lr: Rate = 0.0
    power: Power = 1.0
    k_decay: Warp = 1.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        first, last, k = self.base_lr, self.final_lr, self.k_decay
        return ease(first, last, t, self.steps, half_wave, self.power, xp, k)


class _Restarts(Schedule):
    """A fall, again and again, in cycles that may grow, from peaks that may change."""

    __slots__ = ()

    base_lr: Rate
    period: Steps
    final_lr: Rate
    period_mult: Growth
    peak_mult: Gamma

    def _check(self) -> None:
        if self.final_lr > self.base_lr:
            raise ValueError(
                f"{type(self).__name__}.final_lr must be <= base_lr, got {self.final_lr!r} >"
                f" {self.base_lr!r}: to restart a rise, write Repeat(...)"
            )

    def _derive(self) -> tuple[tuple[float, ...], ...]:
        """Return the starts of all cycles but the first, and lengths and peaks of all cycles.

        Sums and products are taken to 50 digits, so that each start is the nearest float. They
        cover every time up to 2**53; equal cycles need no table.
        """
        if self.period_mult == 1.0:
            return ()
        starts, lengths, peaks = [0.0], [self.period], [self.base_lr]
        with localcontext(prec=50):
            growth = Decimal(self.period_mult)
            length = Decimal(self.period)
            start = Decimal(0)
            while starts[-1] + lengths[-1] < 2.0**53:
                if len(starts) == MOST_CYCLES:
                    raise ValueError(
                        f"{type(self).__name__}.period_mult must be 1, or large enough that"
                        f" {MOST_CYCLES} cycles reach 2**53, got {self.period_mult!r}"
                    )
                start += length
                length *= growth
                starts.append(float(start))
                lengths.append(min(float(length), LONGEST))
                growth_of_peak = FLOATS.power(self.peak_mult, float(len(peaks)))
                peak = self.base_lr and self.base_lr * growth_of_peak  # 0 times inf is 0
                peaks.append(max(peak, self.final_lr))
        return tuple(starts[1:]), tuple(starts), tuple(lengths), tuple(peaks)

    def _fall(self, t: Num, share: Share, power: float, xp: Ops) -> Num:
        first, last, varies = self.base_lr, self.final_lr, self.peak_mult != 1.0
        if self.period_mult == 1.0:
            length: Num = self.period
            whole, gone = xp.stairs(t, self.period)
            if varies:
                peak = xp.maximum(first * xp.power(self.peak_mult, whole), last)
        else:
            edges, *columns = self._derived
            start, length, peak = xp.pick(t, edges, *columns)
            gone = xp.minimum(t - start, length)  # after 2**53 there are no more cycles
        left = share(length - gone, length, xp)
        weight = left if power == 1.0 else xp.power(left, power)
        rate = blend(peak, last, weight) if varies else mix(first, last, weight)
        # A peak that has overflowed times a share that underflows is 0, not NaN.
        return xp.maximum(rate, last) if self.peak_mult > 1.0 else rate


@define
class CosineRestarts(_Restarts):
    r"""Half a cosine wave, again and again.

    .. math:: \mathrm{lr}(t) = f + (b_i - f) \cdot \frac{1 + \cos(\pi (t - s_i) / T_i)}{2},
              \qquad T_i = T m^i, \quad b_i = \max(b c^i, f)

    in cycle :math:`i`, which starts at :math:`s_i = T_0 + \dots + T_{i - 1}`.

    >>> s = CosineRestarts(base_lr=0.1, period=10, period_mult=2, peak_mult=0.5)
    >>> s.lr(0), round(s.lr(5), 12), s.lr(10), round(s.lr(20), 12), s.lr(30)
    (0.1, 0.05, 0.05, 0.025, 0.025)

    Args:
        base_lr: :math:`b`, the first peak, a finite number >= 0.
        period: :math:`T`, the length of the first cycle, in the unit of :math:`t`, a finite
            number > 0.
        final_lr: :math:`f`, towards which each cycle falls, a finite number >= 0, <= base_lr.
        period_mult: :math:`m`, by which each cycle is longer than the one before, a finite
            number >= 1; not so close to 1 that more than 100 000 cycles come before 2**53.
        peak_mult: :math:`c`, by which each peak is higher, a finite number > 0.

    Source: Loshchilov and Hutter, `SGDR <https://arxiv.org/abs/1608.03983>`_;
    ``torch.optim.lr_scheduler.CosineAnnealingWarmRestarts``. Keras' ``m_mul`` also scales the
    distance to the floor: there peak :math:`i` is :math:`(b - f) c^i + f`.
    """

    base_lr: Rate
    period: Steps
    final_lr: Rate = 0.0
    period_mult: Growth = 1.0
    peak_mult: Gamma = 1.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self._fall(t, half_wave, 1.0, xp)


@define
class PolynomialRestarts(_Restarts):
    r"""A power of the time that is left in a cycle, again and again.

    .. math:: \mathrm{lr}(t) = f + (b_i - f) \cdot (1 - (t - s_i) / T_i)^p, \qquad
              T_i = T m^i, \quad b_i = \max(b c^i, f)

    in cycle :math:`i`, which starts at :math:`s_i = T_0 + \dots + T_{i - 1}`.

    >>> s = PolynomialRestarts(base_lr=0.1, period=10, power=2)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(15)
    (0.1, 0.025, 0.1, 0.025)

    Args:
        base_lr: :math:`b`, the first peak, a finite number >= 0.
        period: :math:`T`, the length of the first cycle, a finite number > 0.
        final_lr: :math:`f`, towards which each cycle falls, a finite number >= 0, <= base_lr.
        power: :math:`p`, a finite number > 0; 1 is a saw.
        period_mult: :math:`m`, by which each cycle is longer than the one before, a finite
            number >= 1; not so close to 1 that more than 100 000 cycles come before 2**53.
        peak_mult: :math:`c`, by which each peak is higher, a finite number > 0.

    Source: timm's ``PolyLRScheduler`` with ``cycle_mul`` and ``cycle_decay``.
    """

    base_lr: Rate
    period: Steps
    final_lr: Rate = 0.0
    power: Power = 1.0
    period_mult: Growth = 1.0
    peak_mult: Gamma = 1.0

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self._fall(t, line, self.power, xp)


CyclicMode: TypeAlias = Annotated[str, OneOf(("triangular", "triangular2", "exp_range"))]


@define
class Cyclic(Schedule):
    r"""Up and down again in straight lines, for ever.

    .. math:: \mathrm{lr}(t) = b + (p - b) \cdot a(t) \cdot
              \min\left(\frac{r}{u}, \frac{u + d - r}{d}\right), \qquad r = t \bmod (u + d)

    with the amplitude :math:`a = 1` (``"triangular"``), halved after each cycle
    (``"triangular2"``), or :math:`\gamma^{t / k}` (``"exp_range"``).

    >>> s = Cyclic(base_lr=0.01, peak_lr=0.05, up=4, down=8, mode="triangular2")
    >>> s.lr(0), round(s.lr(2), 12), s.lr(4), round(s.lr(8), 12), s.lr(12), round(s.lr(16), 12)
    (0.01, 0.03, 0.05, 0.03, 0.01, 0.03)

    Args:
        base_lr: :math:`b`, the rate at the start of each cycle, a finite number >= 0.
        peak_lr: :math:`p`, the other end of the first cycle, a finite number >= 0.
        up: :math:`u`, the time from ``base_lr`` to ``peak_lr``, a finite number > 0.
        down: :math:`d`, the time back, a finite number > 0; as long as ``up`` unless given.
        mode: ``"triangular"``, ``"triangular2"`` or ``"exp_range"``.
        gamma: :math:`\gamma`, a finite number > 0, for ``"exp_range"``.
        every: :math:`k`, the time in which the amplitude is multiplied by ``gamma`` once, a
            finite number > 0.

    Raises:
        ValueError: if the rate would fall below 0, as an amplitude that grows makes it do where
            ``peak_lr < base_lr``.

    Source: Smith, `Cyclical learning rates <https://arxiv.org/abs/1506.01186>`_;
    ``torch.optim.lr_scheduler.CyclicLR``.
    """

    base_lr: Rate
    peak_lr: Rate
    up: Steps
    down: MaybeSteps = None
    mode: CyclicMode = "triangular"
    gamma: Gamma = 1.0
    every: Steps = 1.0

    def _check(self) -> None:
        if self.mode == "exp_range" and self.gamma > 1.0 and self.peak_lr < self.base_lr:
            raise ValueError(
                f"Cyclic.gamma must be <= 1 where peak_lr < base_lr, got {self.gamma!r}: the"
                " rate would fall below 0"
            )

    def _derive(self) -> tuple[Exponential, float]:
        """Return the amplitude as an exponential, and the logarithm of gamma."""
        return Exponential(1.0, self.gamma, self.every), math.log(self.gamma)

    def _formula(self, t: Num, xp: Ops) -> Num:
        derived: tuple[Exponential, float] = self._derived
        up, down = self.up, self.up if self.down is None else self.down
        whole, rest = xp.stairs(t, up + down)
        near = xp.minimum(rest / up, (up + down - rest) / down)
        if self.mode == "triangular" and self.peak_lr >= self.base_lr:
            return mix(self.peak_lr, self.base_lr, near)
        far = xp.maximum((up - rest) / up, (rest - up) / down)
        if self.mode == "triangular":
            return mix(self.base_lr, self.peak_lr, far)
        if self.mode == "triangular2":
            amplitude = xp.power(0.5, whole)
            missing = 1.0 - amplitude
        else:
            exponential, log_gamma = derived
            amplitude = exponential._formula(t, xp)
            if self.gamma > 1.0:
                above = (self.peak_lr - self.base_lr) * (near * amplitude)
                # 0 times an amplitude that has overflowed is 0, not NaN.
                return self.base_lr + xp.maximum(above, 0.0)
            missing = -xp.expm1(log_gamma * (t / self.every))
        return self.base_lr * (far + near * missing) + self.peak_lr * (near * amplitude)
