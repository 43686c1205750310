"""Warm-ups: a ramp before any schedule, and the recipes that are known by theirs."""

from __future__ import annotations

import math
from typing import Annotated, TypeAlias

from .._domains import Gamma, Interval, Phase, PositiveRate, Power, Rate, Steps
from ..schedule import Part, Recipe, Schedule, define
from .phased import RampShape, phases, ramp, rest
from .power import InverseSqrt, Linear

WarmupSteps: TypeAlias = Annotated[float, Interval(1, time=True)]


@define
class Warmup(Recipe):
    r"""A schedule after a ramp from ``start_lr`` up to its first rate.

    .. math:: \mathrm{lr}(t) = \begin{cases}
              \mathrm{ramp}(t), & t < W \\ s(t - W), & t \ge W \end{cases}

    The clock of the schedule starts when the ramp is over. Without steps there is no ramp.

    >>> s = Warmup(Linear(0.1, 0.0, steps=90), steps=10)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(55), s.end
    (0.0, 0.05, 0.1, 0.05, 100.0)

    Args:
        schedule: :math:`s`.
        steps: :math:`W`, in the unit of :math:`t`, 0 or a finite number >= 1.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0; > 0 for an exponential ramp.
        shape: of the ramp: ``"linear"``, ``"cosine"``, ``"1-sqrt"``, ``"exponential"``,
            ``"polynomial"``, or ``"constant"``, which stays at ``start_lr`` and then jumps.
        power: of a polynomial ramp, a finite number > 0.

    Raises:
        ValueError: if an exponential ramp would start or end at 0.

    Source: Goyal et al., `Accurate, large minibatch SGD <https://arxiv.org/abs/1706.02677>`_.
    """

    schedule: Part
    steps: Phase
    start_lr: Rate = 0.0
    shape: RampShape = "linear"
    power: Power = 1.0

    def expand(self) -> Schedule:
        top = self.schedule.lr(0.0)
        return phases(
            [ramp(self.shape, self.start_lr, top, self.steps, self.power), self.schedule]
        )


class _WarmupThen(Recipe):
    """A linear warm-up and a decay that share the whole length."""

    __slots__ = ()

    peak_lr: Rate
    steps: Steps
    warmup: Phase
    final_lr: Rate
    start_lr: Rate

    def _then(self, shape: str) -> Schedule:
        left = rest(self.steps, warmup=self.warmup)
        return phases(
            [
                ramp("linear", self.start_lr, self.peak_lr, self.warmup),
                ramp(shape, self.peak_lr, self.final_lr, left),
            ]
        )


@define
class WarmupCosine(_WarmupThen):
    """A linear warm-up, then half a cosine wave; ``steps`` counts both.

    >>> s = WarmupCosine(peak_lr=0.1, steps=100, warmup=10)
    >>> s.lr(5), s.lr(10), round(s.lr(55), 12), s.lr(100)
    (0.05, 0.1, 0.05, 0.0)

    Args:
        peak_lr: the rate at the end of the warm-up, a finite number >= 0.
        steps: the whole length, a finite number > 0.
        warmup: the length of the warm-up, 0 or a finite number >= 1.
        final_lr: the rate from ``steps`` on, a finite number >= 0.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0.

    Raises:
        ValueError: if ``warmup > steps``.

    Source: ``optax.warmup_cosine_decay_schedule``,
    ``transformers.get_cosine_schedule_with_warmup``. Keras' ``CosineDecay`` adds
    ``warmup_steps`` to ``decay_steps``.
    """

    peak_lr: Rate
    steps: Steps
    warmup: Phase
    final_lr: Rate = 0.0
    start_lr: Rate = 0.0

    def expand(self) -> Schedule:
        return self._then("cosine")


@define
class WarmupLinear(_WarmupThen):
    """A linear warm-up, then a straight line down; ``steps`` counts both.

    >>> s = WarmupLinear(peak_lr=0.1, steps=100, warmup=20)
    >>> s.lr(10), s.lr(20), s.lr(60), s.lr(100)
    (0.05, 0.1, 0.05, 0.0)

    Args:
        peak_lr: the rate at the end of the warm-up, a finite number >= 0.
        steps: the whole length, a finite number > 0.
        warmup: the length of the warm-up, 0 or a finite number >= 1.
        final_lr: the rate from ``steps`` on, a finite number >= 0.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0.

    Raises:
        ValueError: if ``warmup > steps``.

    Source: ``transformers.get_linear_schedule_with_warmup``.
    """

    peak_lr: Rate
    steps: Steps
    warmup: Phase
    final_lr: Rate = 0.0
    start_lr: Rate = 0.0

    def expand(self) -> Schedule:
        return self._then("linear")


@define
class WarmupExponential(_WarmupThen):
    """A linear warm-up, then an exponential decay to a final rate; ``steps`` counts both.

    >>> s = WarmupExponential(peak_lr=0.1, steps=110, warmup=10, final_lr=0.001)
    >>> s.lr(5), s.lr(10), round(s.lr(60), 12), s.lr(110)
    (0.05, 0.1, 0.01, 0.001)

    Args:
        peak_lr: the rate at the end of the warm-up, a finite number > 0.
        steps: the whole length, a finite number > 0.
        warmup: the length of the warm-up, 0 or a finite number >= 1.
        final_lr: the rate from ``steps`` on, a finite number > 0.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0.

    Raises:
        ValueError: if ``warmup > steps``.

    Source: ``optax.warmup_exponential_decay_schedule`` with ``end_value``, which adds the
    warm-up to the decay.
    """

    peak_lr: PositiveRate
    steps: Steps
    warmup: Phase
    final_lr: PositiveRate
    start_lr: Rate = 0.0

    def expand(self) -> Schedule:
        return self._then("exponential")


@define
class Noam(Recipe):
    r"""The schedule of the first transformer: a line up, then an inverse square root.

    .. math:: \mathrm{lr}(t) = c\, d^{-1/2} \min(t^{-1/2},\; t\, W^{-3/2})

    >>> s = Noam(d_model=400, warmup=100)
    >>> s.lr(0), round(s.lr(50), 12), round(s.lr(100), 12), round(s.lr(400), 12)
    (0.0, 0.0025, 0.005, 0.0025)

    Args:
        d_model: :math:`d`, a finite number > 0.
        warmup: :math:`W`, the time of the peak, a finite number >= 1.
        factor: :math:`c`, a finite number >= 0.

    Source: Vaswani et al., `Attention is all you need <https://arxiv.org/abs/1706.03762>`_.
    """

    d_model: Gamma
    warmup: WarmupSteps
    factor: Rate = 1.0

    def expand(self) -> Schedule:
        peak = self.factor / math.sqrt(self.d_model * self.warmup)
        return Linear(0.0, peak, self.warmup) >> InverseSqrt(peak, self.warmup)
