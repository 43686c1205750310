"""Named compositions: the schedules of training recipes, each of which is a few lines."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, TypeAlias

from .._domains import (
    Flag,
    Fraction,
    Growth,
    OneOf,
    Phase,
    PositiveRate,
    Power,
    Rate,
    Steps,
)
from ..change import Until
from ..combine import Sequential
from ..schedule import Recipe, Schedule, define
from .exponential import Geometric
from .power import Constant, Linear, OneMinusSqrt, Polynomial
from .wave import Cosine

_SHAPES = ("linear", "cosine", "1-sqrt", "exponential", "polynomial")
Shape: TypeAlias = Annotated[str, OneOf(_SHAPES)]
RampShape: TypeAlias = Annotated[str, OneOf((*_SHAPES, "constant"))]
OneCycleShape: TypeAlias = Annotated[str, OneOf(_SHAPES[:4])]
RangeShape: TypeAlias = Annotated[str, OneOf(("exponential", "linear"))]


def ramp(
    shape: str, first: float, last: float, steps: float, power: float = 1.0
) -> Schedule | None:
    """Return the way from one rate to another in a given shape, or ``None`` for no steps.

    A rise is a fall mirrored in time: a 1-sqrt or a polynomial one starts slowly.

    >>> ramp("polynomial", 0.0, 0.1, steps=10, power=2).lr(5)
    0.025
    """
    if steps == 0:
        return None
    if shape == "linear":
        return Linear(first, last, steps)
    if shape == "cosine":
        return Cosine(first, steps, last)
    if shape == "1-sqrt":
        return OneMinusSqrt(first, steps, last)
    if shape == "constant":
        return Until(Constant(first), steps)
    if shape == "polynomial":
        if first >= last:
            return Polynomial(first, steps, last, power=power)
        return Polynomial(first, steps, last, k_decay=power)
    if not (first > 0 and last > 0):
        raise ValueError(
            f"an exponential shape needs two rates > 0, got {first:g} and {last:g}: give"
            " start_lr or final_lr, or choose another shape"
        )
    return Geometric(first, last, steps)


def phases(parts: Iterable[Schedule | None]) -> Schedule:
    """Return one phase after another, without those that are ``None``."""
    return Sequential(tuple(part for part in parts if part is not None))


def rest(steps: float, **used: float) -> float:
    """Return how many steps the named phases leave; fewer than none is an error."""
    left = steps - math.fsum(used.values())
    if left < 0:
        sizes = " + ".join(f"{phase}={size:g}" for phase, size in used.items())
        raise ValueError(f"{' + '.join(used)} must be <= steps, got {sizes} > {steps:g}")
    return left


@define
class WSD(Recipe):
    r"""Warm up, stay, decay: a trapezoid.

    .. math:: \mathrm{lr}(t) = \begin{cases}
              l + (p - l)\, t / W, & t < W \\ p, & W \le t < T - D \\
              \mathrm{tail}(t - T + D), & T - D \le t < T \\ f, & t \ge T \end{cases}

    >>> s = WSD(peak_lr=0.1, steps=100, warmup=10, decay=20)
    >>> s.lr(5), s.lr(50), s.lr(90), s.lr(100)
    (0.05, 0.1, 0.05, 0.0)

    Args:
        peak_lr: :math:`p`, a finite number >= 0.
        steps: :math:`T`, the whole length, warm-up and decay included, a finite number > 0.
        warmup: :math:`W`, 0 or a finite number >= 1.
        decay: :math:`D`, 0 or a finite number >= 1.
        final_lr: :math:`f`, a finite number >= 0; > 0 for an exponential tail.
        start_lr: :math:`l`, the rate at :math:`t = 0`, a finite number >= 0.
        shape: of the tail: ``"linear"``, ``"cosine"``, ``"1-sqrt"``, ``"exponential"`` or
            ``"polynomial"``.
        power: of a polynomial tail, a finite number > 0.

    Raises:
        ValueError: if ``warmup + decay > steps``.

    Source: Hu et al., `MiniCPM <https://arxiv.org/abs/2404.06395>`_;
    ``transformers.get_wsd_schedule``, whose warm-up starts from the smallest rate.
    """

    peak_lr: Rate
    steps: Steps
    warmup: Phase
    decay: Phase
    final_lr: Rate = 0.0
    start_lr: Rate = 0.0
    shape: Shape = "linear"
    power: Power = 1.0

    def expand(self) -> Schedule:
        stable = rest(self.steps, warmup=self.warmup, decay=self.decay)
        return phases(
            [
                ramp("linear", self.start_lr, self.peak_lr, self.warmup),
                ramp("constant", self.peak_lr, self.peak_lr, stable),
                ramp(self.shape, self.peak_lr, self.final_lr, self.decay, self.power),
            ]
        )


@define
class FlatCosine(Recipe):
    """A constant rate, then half a cosine wave; ``steps`` counts both.

    >>> s = FlatCosine(base_lr=0.1, steps=100, flat=70)
    >>> s.lr(69), round(s.lr(85), 12), s.lr(100)
    (0.1, 0.05, 0.0)

    Args:
        base_lr: the rate at first, a finite number >= 0.
        steps: the whole length, a finite number > 0.
        flat: how long the rate stays, 0 or a finite number >= 1.
        final_lr: the rate from ``steps`` on, a finite number >= 0.

    Raises:
        ValueError: if ``flat > steps``.

    Source: fastai's ``fit_flat_cos``.
    """

    base_lr: Rate
    steps: Steps
    flat: Phase
    final_lr: Rate = 0.0

    def expand(self) -> Schedule:
        left = rest(self.steps, flat=self.flat)
        return phases(
            [
                ramp("constant", self.base_lr, self.base_lr, self.flat),
                ramp("cosine", self.base_lr, self.final_lr, left),
            ]
        )


@define
class TriStage(Recipe):
    """A linear warm-up, a constant rate, an exponential decay; ``steps`` counts all three.

    >>> s = TriStage(peak_lr=0.1, steps=100, warmup=10, hold=40, final_lr=0.001)
    >>> s.lr(5), s.lr(30), round(s.lr(75), 12), s.lr(100)
    (0.05, 0.1, 0.01, 0.001)

    Args:
        peak_lr: the rate in the middle, a finite number > 0.
        steps: the whole length, a finite number > 0.
        warmup: the length of the warm-up, 0 or a finite number >= 1.
        hold: how long the rate stays, 0 or a finite number >= 1.
        final_lr: the rate from ``steps`` on, a finite number > 0.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0.

    Raises:
        ValueError: if ``warmup + hold > steps``.

    Source: Park et al., `SpecAugment <https://arxiv.org/abs/1904.08779>`_; fairseq's
    ``tri_stage``.
    """

    peak_lr: PositiveRate
    steps: Steps
    warmup: Phase
    hold: Phase
    final_lr: PositiveRate
    start_lr: Rate = 0.0

    def expand(self) -> Schedule:
        left = rest(self.steps, warmup=self.warmup, hold=self.hold)
        return phases(
            [
                ramp("linear", self.start_lr, self.peak_lr, self.warmup),
                ramp("constant", self.peak_lr, self.peak_lr, self.hold),
                ramp("exponential", self.peak_lr, self.final_lr, left),
            ]
        )


@define
class OneCycle(Recipe):
    r"""Up to a peak and down to almost nothing.

    .. math:: p / d \to p \to p / (d\, e) \quad\text{at}\quad
              t = 0,\; \mathrm{pct} \cdot T,\; T

    With three phases the way down stops at :math:`p / d` at :math:`2\,\mathrm{pct}\cdot T`.

    >>> s = OneCycle(peak_lr=0.1, steps=100)
    >>> s.lr(0), s.lr(30), s.lr(100)
    (0.004, 0.1, 4e-07)

    Args:
        peak_lr: :math:`p`, the largest rate, a finite number >= 0.
        steps: :math:`T`, a finite number > 0.
        pct_start: the share of the run before the peak, from 0 to 1, or to 0.5 with three
            phases.
        div_factor: :math:`d`, a finite number >= 1.
        final_div_factor: :math:`e`, a finite number >= 1.
        shape: ``"linear"``, ``"cosine"``, ``"1-sqrt"`` or ``"exponential"``.
        three_phase: whether the way down comes back to the first rate as slowly as it rose.

    Source: Smith and Topin, `Super-convergence <https://arxiv.org/abs/1708.07120>`_;
    ``torch.optim.lr_scheduler.OneCycleLR``, where the peak and the end come one step earlier.
    """

    peak_lr: Rate
    steps: Steps
    pct_start: Fraction = 0.3
    div_factor: Growth = 25.0
    final_div_factor: Growth = 1e4
    shape: OneCycleShape = "cosine"
    three_phase: Flag = False

    def expand(self) -> Schedule:
        start = self.peak_lr / self.div_factor
        final = start / self.final_div_factor
        up = self.steps * self.pct_start
        if not self.three_phase:
            return phases(
                [
                    ramp(self.shape, start, self.peak_lr, up),
                    ramp(self.shape, self.peak_lr, final, self.steps - up),
                ]
            )
        if self.pct_start > 0.5:
            raise ValueError(
                "OneCycle.pct_start must be <= 0.5 with three phases, got"
                f" {self.pct_start!r}: it counts twice"
            )
        return phases(
            [
                ramp(self.shape, start, self.peak_lr, up),
                ramp(self.shape, self.peak_lr, start, up),
                ramp(self.shape, start, final, self.steps - 2.0 * up),
            ]
        )


@define
class SlantedTriangular(Recipe):
    """A short line up and a long line down.

    >>> s = SlantedTriangular(peak_lr=0.32, steps=100)
    >>> s.lr(0), s.lr(10), round(s.lr(55), 12), s.lr(100)
    (0.01, 0.32, 0.165, 0.01)

    Args:
        peak_lr: the largest rate, a finite number >= 0.
        steps: the whole length, a finite number > 0.
        cut_frac: the share of the run before the peak, from 0 to 1; the peak is at a whole
            step.
        ratio: how many times smaller the first and the last rate are, a finite number >= 1.

    Source: Howard and Ruder, `ULMFiT <https://arxiv.org/abs/1801.06146>`_.
    """

    peak_lr: Rate
    steps: Steps
    cut_frac: Fraction = 0.1
    ratio: Growth = 32.0

    def expand(self) -> Schedule:
        cut = float(math.floor(self.steps * self.cut_frac))
        low = self.peak_lr / self.ratio
        return phases(
            [
                ramp("linear", low, self.peak_lr, cut),
                ramp("linear", self.peak_lr, low, self.steps - cut),
            ]
        )


@define
class RangeTest(Recipe):
    """A rise over orders of magnitude, to see from which rate on training diverges.

    >>> s = RangeTest(start_lr=1e-6, final_lr=1.0, steps=600)
    >>> s.lr(0), round(s.lr(300), 12), s.lr(600)
    (1e-06, 0.001, 1.0)

    Args:
        start_lr: the rate at :math:`t = 0`, a finite number >= 0; > 0 for an exponential rise.
        final_lr: the rate from ``steps`` on, a finite number >= 0.
        steps: the length, a finite number > 0.
        shape: ``"exponential"`` or ``"linear"``.

    Source: Smith, `Cyclical learning rates <https://arxiv.org/abs/1506.01186>`_.
    """

    start_lr: Rate
    final_lr: Rate
    steps: Steps
    shape: RangeShape = "exponential"

    def expand(self) -> Schedule:
        return phases([ramp(self.shape, self.start_lr, self.final_lr, self.steps)])
