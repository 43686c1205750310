"""One schedule, changed in value or in time."""

from __future__ import annotations

import math

from ._domains import (
    Delay,
    Factor,
    FloorWord,
    Gamma,
    Growth,
    Length,
    MaybeCount,
    Positive,
    Rate,
    Steps,
    shown,
    written,
)
from ._ops import FLOATS, Num, Ops
from .combine import PRODUCT, Sequential, sum_of_times
from .schedule import Part, Recipe, Schedule, define

MOST_COPIES = 10_000
"""Beyond so many schedules in cycles of growing length a schedule is refused."""


def written_out(schedule: Schedule) -> int:
    """Return how many schedules there are in one, if what it stands for is written out."""
    if isinstance(schedule._derived, Schedule):
        return written_out(schedule._derived)
    size = 1
    for value in schedule._values():
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, Schedule):
                size += written_out(part)
    return size


class _Changed(Schedule):
    """One schedule, changed in value or in time."""

    __slots__ = ()

    schedule: Part

    @property
    def end(self) -> float:
        """The end of the schedule."""
        return self.schedule.end

    @property
    def _steady(self) -> bool:
        return self.schedule._steady


@define
class Scale(_Changed):
    r"""A schedule times a number.

    .. math:: \mathrm{lr}(t) = c \cdot s(t)

    Usually written ``2 * s``.

    >>> from lrcurves import Cosine
    >>> (2 * Cosine(0.1, steps=100)).lr(0)
    0.2

    Args:
        schedule: :math:`s`.
        by: :math:`c`, a finite number >= 0.
    """

    schedule: Part
    by: Factor

    def _formula(self, t: Num, xp: Ops) -> Num:
        if self.by == 0.0:  # and not 0 times a growth that overflows
            return 0.0 * t
        return self.by * self.schedule._formula(t, xp)

    def _text(self, binds: int) -> str:
        text = f"{written(self.by)} * {self.schedule._text(PRODUCT)}"
        return f"({text})" if binds >= PRODUCT else text


@define
class Shift(_Changed):
    r"""A schedule that runs later, holding its first value until then; or earlier.

    .. math:: \mathrm{lr}(t) = s(\max(t - d, 0))

    >>> from lrcurves import Linear
    >>> later = Shift(Linear(0.1, 0.0, steps=100), by=10)
    >>> later.lr(10), later.lr(60), later.end
    (0.1, 0.05, 110.0)
    >>> Shift(Linear(0.1, 0.0, steps=100), by=-50).lr(0)
    0.05

    Args:
        schedule: :math:`s`.
        by: :math:`d`, in the unit of :math:`t`, a finite number; negative to start in the
            middle of ``schedule``.
    """

    schedule: Part
    by: Delay

    @property
    def end(self) -> float:
        """The end of the schedule, shifted."""
        return max(sum_of_times(self.by, self.schedule.end), 0.0)

    def _formula(self, t: Num, xp: Ops) -> Num:
        local = t - self.by
        return self.schedule._formula(xp.maximum(local, 0.0) if self.by > 0 else local, xp)


@define
class Stretch(Recipe):
    r"""A schedule in another unit of time: ``Stretch(per_epoch, by=steps_per_epoch)``.

    .. math:: \mathrm{lr}(t) = s(t / k)

    Every time in ``schedule`` is multiplied by ``by`` and rounded once, so that the result is
    as exact as the same schedule written in the other unit.

    >>> from lrcurves import StepDecay
    >>> per_step = Stretch(StepDecay(0.1, gamma=0.5, step_size=10), by=391)
    >>> per_step.lr(3909), per_step.lr(3910)
    (0.1, 0.05)

    Args:
        schedule: :math:`s`.
        by: :math:`k`, a finite number > 0.
    """

    schedule: Part
    by: Positive

    def expand(self) -> Schedule:
        return self.schedule._stretched(self.by)


@define
class Floor(_Changed):
    r"""A schedule with a smallest rate.

    .. math:: \text{direct:}\; \max(s(t), m) \qquad
              \text{offset:}\; s(t) + m \cdot \frac{s(0) - s(t)}{s(0)}

    Mode ``"direct"`` follows the schedule until it meets ``min_lr`` and stays there; mode
    ``"offset"`` bends the whole curve, so that it starts at :math:`s(0)` as before and decays
    towards ``min_lr`` instead of towards 0.

    >>> from lrcurves import Exponential
    >>> s = Exponential(0.1, gamma=0.5, every=10)
    >>> [round(Floor(s, 0.02).lr(t), 4) for t in (0, 10, 20, 30)]
    [0.1, 0.05, 0.025, 0.02]
    >>> [round(Floor(s, 0.02, mode="offset").lr(t), 4) for t in (0, 10, 20, 30)]
    [0.1, 0.06, 0.04, 0.03]

    Args:
        schedule: :math:`s`.
        min_lr: :math:`m`, the smallest rate.
        mode: ``"direct"`` or ``"offset"``.

    Raises:
        ValueError: in mode ``"offset"``, unless :math:`s(0) > m`.
    """

    schedule: Part
    min_lr: Rate
    mode: FloorWord = "direct"

    def _derive(self) -> float:
        """Return the first rate."""
        first = self.schedule.lr(0.0)
        if self.mode == "offset" and first == math.inf:
            raise ValueError(
                "Floor.schedule must start at a finite rate in mode 'offset', got"
                f" {shown(self.schedule)}, which starts at inf"
            )
        if self.mode == "offset" and not first > self.min_lr:
            raise ValueError(
                f"Floor.min_lr must be < {first!r}, the first rate of the schedule, in mode"
                f" 'offset', got {self.min_lr!r}: put Floor around the part that decays, or"
                " use mode='direct'"
            )
        return first

    def _formula(self, t: Num, xp: Ops) -> Num:
        lr = self.schedule._formula(t, xp)
        if self.mode == "direct":
            return xp.maximum(lr, self.min_lr)
        first: float = self._derived
        # What lies above the first rate is counted apart: there the bracket would be negative.
        low, above = xp.minimum(lr, first), xp.maximum(lr - first, 0.0)
        bent = low + self.min_lr * (1.0 - low / first)
        return bent + above * ((first - self.min_lr) / first)


@define
class Until(_Changed):
    r"""A schedule that ends at a given time and holds the rate that it has then.

    .. math:: \mathrm{lr}(t) = s(\min(t, T))

    >>> from lrcurves import Constant, Linear
    >>> s = Until(Constant(0.1), steps=80) >> Linear(0.1, 0.0, steps=20)
    >>> s.lr(79), s.lr(90), s.end
    (0.1, 0.05, 100.0)

    Args:
        schedule: :math:`s`.
        steps: :math:`T`, in the unit of :math:`t`, a finite number >= 0.
    """

    schedule: Part
    steps: Length

    @property
    def end(self) -> float:
        """The time given, ``steps``."""
        return self.steps

    @property
    def _steady(self) -> bool:
        return False

    def _formula(self, t: Num, xp: Ops) -> Num:
        return self.schedule._formula(xp.minimum(t, self.steps), xp)


@define
class Staircase(_Changed):
    r"""A schedule held on plateaus of equal length.

    .. math:: \text{direct:}\; s\left(k \left\lfloor \frac{t}{k} \right\rfloor\right) \qquad
              \text{offset:}\; s\left(k \left\lfloor \frac{1 + t}{k} \right\rfloor\right)

    With floor ``"direct"`` the first step is at :math:`t = k`, as in torch, optax and Keras;
    with ``"offset"`` at :math:`t = k - 1`, as in the formula of many Keras tutorials.

    >>> from lrcurves import Linear
    >>> s = Linear(0.1, 0.0, steps=100)
    >>> [Staircase(s, every=25).lr(t) for t in (0, 24, 25, 99, 100)]
    [0.1, 0.1, 0.07500000000000001, 0.025, 0.0]
    >>> [Staircase(s, every=25, floor="offset").lr(t) for t in (0, 23, 24, 98, 99)]
    [0.1, 0.1, 0.07500000000000001, 0.025, 0.0]

    Args:
        schedule: :math:`s`.
        every: :math:`k`, the length of a plateau in the unit of :math:`t`, a finite number > 0.
        floor: ``"direct"`` or ``"offset"``.
    """

    schedule: Part
    every: Steps
    floor: FloorWord = "direct"

    @property
    def end(self) -> float:
        """The end of the plateau in which the schedule ends."""
        length = self.schedule.end
        if length == math.inf:
            return math.inf
        stairs, rest = FLOATS.stairs(length, self.every)
        if stairs == math.inf:  # floats are farther apart than plateaus
            return length
        stairs += rest > 0
        end = max(stairs * self.every, length)
        while FLOATS.stairs(end, self.every)[0] < stairs:
            end = math.nextafter(end, math.inf)
        return end

    def _formula(self, t: Num, xp: Ops) -> Num:
        every = self.every

        def held(t: Num, more: float) -> Num:
            whole, _ = xp.stairs(t, every)
            return self.schedule._formula((whole + more) * every, xp)

        def piece(i: int, t: Num) -> Num:
            # 1 + t might be rounded up to the next step; this difference is exact.
            return held(0.0 * t, 0.0) if i == 0 else held(t - (every - 1.0), 1.0)

        if self.floor == "direct":
            return held(t, 0.0)
        return xp.piecewise(t, (every - 1.0,), piece) if every > 1.0 else held(t + 1.0, 0.0)

    def _stretched(self, by: float) -> Schedule:
        stairs = Staircase(self.schedule._stretched(by), self.every * by)
        if self.floor == "direct":
            return stairs
        # The one step by which "offset" is early is a time too.
        early = Shift(stairs, -by)
        return early if self.end == math.inf else Until(early, self.end * by)


@define
class Repeat(_Changed):
    r"""A schedule again and again, in cycles that may grow, with peaks that may change.

    .. math:: \mathrm{lr}(t) = c^i \cdot s\left(\frac{t - s_i}{m^i}\right)
              \quad\text{in cycle } i \text{, which starts at } s_i

    Cycle :math:`i` is :math:`m^i` times as long as the schedule.

    >>> from lrcurves import Linear
    >>> s = Repeat(Linear(0.1, 0.0, steps=10), period_mult=2, peak_mult=0.5, count=3)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(20), s.lr(30), s.lr(70), s.end
    (0.1, 0.05, 0.05, 0.025, 0.025, 0.0, 70.0)

    Args:
        schedule: :math:`s`, which must end.
        period_mult: :math:`m`, a finite number >= 1.
        peak_mult: :math:`c`, a finite number > 0.
        count: how many cycles, a whole number >= 1, after which the last rate is held; for ever
            if ``None``.

    Raises:
        ValueError: if the schedule never ends, or has no length, if the factor of a cycle
            overflows where cycles differ in length, or if there are too many of those.
    """

    schedule: Part
    period_mult: Growth = 1.0
    peak_mult: Gamma = 1.0
    count: MaybeCount = None

    def _check(self) -> None:
        if not 0 < self.schedule.end < math.inf:
            raise ValueError(
                "Repeat.schedule must have an end > 0, got"
                f" {shown(self.schedule)}, whose end is {self.schedule.end:g}: wrap it in"
                " Until(..., steps=...)"
            )

    def _derive(self) -> Schedule | None:
        """Return the cycles as a sequence, if they differ in length."""
        if self.period_mult == 1.0:
            return None
        self._check_cycles()
        cycles: list[Schedule] = []
        start, longer, factor = 0.0, 1.0, 1.0
        while start < 2.0**53 and (self.count is None or len(cycles) < self.count):
            if factor == math.inf:
                raise ValueError(
                    "Repeat.peak_mult must keep the factor of every cycle finite, got"
                    f" {self.peak_mult!r}: give a count <= {len(cycles)}"
                )
            cycle = self.schedule._stretched(longer)
            cycles.append(cycle if factor == 1.0 else Scale(cycle, factor))
            start += cycle.end
            longer *= self.period_mult
            factor *= self.peak_mult
        return Sequential(tuple(cycles))

    def _check_cycles(self) -> None:
        """Refuse so many cycles, each of them a copy of the schedule, that it takes long."""
        grown = min(2.0**53 / self.schedule.end * (self.period_mult - 1.0), 1e300)
        count = math.ceil(math.log1p(grown) / math.log(self.period_mult))
        if self.count is not None:
            count = min(count, int(self.count))
        size = written_out(self.schedule)
        if count * size > MOST_COPIES:
            raise ValueError(
                "Repeat.period_mult must be 1, or so large that its cycles hold at most"
                f" {MOST_COPIES} schedules, got {self.period_mult!r}, with {count} cycles of"
                f" {size}: give a smaller count"
            )

    @property
    def end(self) -> float:
        """The end of the last cycle; ``inf`` if there is none."""
        if self.count is None:
            return math.inf
        cycles: Schedule | None = self._derived
        return self.schedule.end * self.count if cycles is None else cycles.end

    def _formula(self, t: Num, xp: Ops) -> Num:
        cycles: Schedule | None = self._derived
        if cycles is not None:
            return cycles._formula(t, xp)
        period, factor = self.schedule.end, self.peak_mult

        def scaled(rate: Num, times: Num) -> Num:
            # A growth that has overflowed times a rate of 0 is 0, not NaN.
            return xp.maximum(xp.power(factor, times) * rate, 0.0)

        def piece(i: int, t: Num) -> Num:
            if i == 1:  # after the last cycle
                last = self.schedule._formula(period + 0.0 * t, xp)
                return scaled(last, self.end / period - 1.0)
            whole, rest = xp.stairs(t, period)
            cycle = self.schedule._formula(rest, xp)
            return cycle if factor == 1.0 else scaled(cycle, whole)

        return piece(0, t) if self.count is None else xp.piecewise(t, (self.end,), piece)
