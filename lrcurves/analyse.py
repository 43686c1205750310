"""What a schedule does in a run: its figures, findings, differences and reasons.

>>> from lrcurves import Exponential
>>> report = analyse(Exponential.from_half_life(0.1, half_life=25), steps=100)
>>> report.final_lr, report.half_life, report.halvings, report.first_below(0.03)
(0.00625, 25.0, 4.0, 44)

All of it counts updates: a run of ``steps`` has those with the numbers 0 to ``steps - 1``.
Sums and means are over them. The rate at ``steps``, where a curve of that length has reached
its end, is one more point, which a peak or a first step below a level may be.

Up to some millions of steps every rate is looked at. Longer runs, up to 2**53 steps, are
integrated and searched piece by piece, and as exact; only a run that is longer than 2**32 and
has more than a thousand pieces is refused.
"""

from __future__ import annotations

import math
import operator
from dataclasses import dataclass, field
from typing import Any

from ._brief import brief
from ._decays import decay
from ._domains import Interval, shown
from ._explain import Explanation, explain
from ._jets import SAME_RATE
from ._runs import LONGEST_DENSE, Run, checked_run
from .findings import Finding, check
from .schedule import Schedule
from .serial import to_dict

__all__ = [
    "Comparison",
    "Explanation",
    "Finding",
    "Report",
    "analyse",
    "check",
    "compare",
    "explain",
]

BLOCK = 1 << 18
"""So many rates of each schedule are compared at once."""

WIDTH = 120
"""So many characters of a schedule are shown above its figures."""

SMALLEST = 2.0**-1022
"""A rate below it has fewer digits than others."""


@dataclass(frozen=True)
class Report:
    """The figures of a run; printed, it is a table.

    Args:
        schedule: the schedule.
        steps: the number of updates.
        initial_lr: the rate of the first update, ``lr(0)``.
        final_lr: the rate that the run has come to, ``lr(steps)``.
        last_lr: the rate of the last update, ``lr(steps - 1)``.
        peak_lr: the largest rate at a whole step from 0 to ``steps``.
        peak_at: the first whole step that has it.
        mean_lr: the mean rate of the updates.
        total_lr: the sum of the rates of the updates, sometimes called the budget.
        total_decay_factor: ``final_lr / initial_lr``; ``None`` if the first rate is 0.
        gamma: the factor of one step where the curve is exponential, or follows an exponential
            in plateaus; ``None`` if it is so nowhere. Of several such stretches it is the
            longest.
        rate: the decay per step there, ``-log(gamma)``.
        half_life: the steps there in which the rate halves; ``None`` if it grows.
        exponential: from where to where that stretch goes, or ``None``.
        halvings: how often the rate has halved, ``log2(initial_lr / final_lr)``; ``None`` if
            one of them is 0.
        lr_at: the times 0, 1/4, 1/2, 3/4 and 1 of the run, each with its rate.
        steps_to_1pct: the first whole step after the peak at which the rate is 1 % of the peak
            or less, but for rounding; ``None`` if there is none.
    """

    schedule: Schedule
    steps: int
    initial_lr: float
    final_lr: float
    last_lr: float
    peak_lr: float
    peak_at: int
    mean_lr: float
    total_lr: float
    total_decay_factor: float | None
    gamma: float | None
    rate: float | None
    half_life: float | None
    exponential: tuple[float, float] | None
    halvings: float | None
    lr_at: tuple[tuple[float, float], ...]
    steps_to_1pct: int | None
    _run: Run = field(repr=False, compare=False)

    def first_below(self, lr: float) -> int | None:
        """Return the first whole step from 0 to ``steps`` at which the rate is below ``lr``.

        >>> from lrcurves import WarmupCosine
        >>> report = analyse(WarmupCosine(0.1, steps=1000, warmup=100, start_lr=0.05), 1000)
        >>> report.first_below(0.04), report.first_below(0.0)
        (608, None)

        Args:
            lr: a finite number >= 0.

        Raises:
            TypeError: if ``lr`` is no real number.
            ValueError: if it is negative, infinite or NaN.
        """
        level = _LEVEL.validated("first_below: lr", lr)
        return self._run.first(operator.lt, level)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as plain data, which JSON holds.

        A figure that overflows is ``None``, as is one that does not exist.

        >>> from lrcurves import Linear
        >>> data = analyse(Linear(0.1, 0.0, steps=4), steps=4).to_dict()
        >>> data["schedule"]["type"], data["lr_at"][1], data["halvings"]
        ('Linear', {'t': 1.0, 'lr': 0.07500000000000001}, None)
        """
        data: dict[str, Any] = {"schedule": to_dict(self.schedule)}
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if name == "lr_at":
                data[name] = [{"t": t, "lr": _finite(lr)} for t, lr in value]
            elif name == "exponential":
                data[name] = value and list(value)
            elif name not in ("schedule", "_run"):
                data[name] = _finite(value)
        return data

    def __str__(self) -> str:
        rows = [
            ("first rate", self.initial_lr, "at t = 0"),
            ("peak rate", self.peak_lr, f"first at t = {self.peak_at}"),
            ("last rate", self.last_lr, f"of the last update, t = {self.steps - 1}"),
            ("final rate", self.final_lr, f"at t = {self.steps}"),
            ("mean rate", self.mean_lr, "of the updates"),
            ("total", self.total_lr, "the sum of their rates"),
            ("final / first", self.total_decay_factor, ""),
            ("halvings", self.halvings, "log2(first / final)"),
            ("1 % of the peak", self.steps_to_1pct, "steps until then"),
        ]
        if self.exponential is not None:
            start, stop = self.exponential
            where = f"where it is exponential, t = {_figure(start)} to {_figure(stop)}"
            rows += [
                ("gamma", self.gamma, f"per step, {where}"),
                ("rate", self.rate, "decay per step, there"),
                ("half-life", self.half_life, "steps, there"),
            ]
        rows += [("rate at", lr, f"t = {_figure(t)}") for t, lr in self.lr_at[1:4]]
        width = max(len(_figure(value)) for _, value, _ in rows)
        lines = [f"{brief(self.schedule, WIDTH)} over {self.steps} steps"]
        for name, value, note in rows:
            lines.append(f"  {name:<16}{_figure(value):<{width}}  {note}".rstrip())
        return "\n".join(lines)


def analyse(schedule: Schedule, steps: int) -> Report:
    """Return the figures of a run under a schedule.

    >>> from lrcurves import WarmupCosine
    >>> print(analyse(WarmupCosine(0.1, steps=1000, warmup=100), steps=1000))
    WarmupCosine(peak_lr=0.1, steps=1000, warmup=100) over 1000 steps
      first rate      0            at t = 0
      peak rate       0.1          first at t = 100
      last rate       3.04617e-07  of the last update, t = 999
      final rate      0            at t = 1000
      mean rate       0.05         of the updates
      total           50           the sum of their rates
      final / first   none
      halvings        none         log2(first / final)
      1 % of the peak 943          steps until then
      rate at         0.0933013    t = 250
      rate at         0.0586824    t = 500
      rate at         0.0178606    t = 750

    Args:
        schedule: the schedule.
        steps: the number of updates, a whole number from 1 to 2**53.

    Raises:
        TypeError: if ``schedule`` is no schedule, or ``steps`` no number.
        ValueError: if ``steps`` is no whole number from 1 to 2**53, or the run is both longer
            than 2**32 steps and made of more than a thousand pieces.
    """
    steps = checked_run("analyse", schedule, steps)
    run = Run(schedule, steps)
    initial, final = schedule.lr(0), schedule.lr(steps)
    peak_at, peak = run.peak()
    total = run.total()
    found = decay(schedule, steps)
    fell = initial > 0.0 and final > 0.0 and max(initial, final) < math.inf
    return Report(
        schedule=schedule,
        steps=steps,
        initial_lr=initial,
        final_lr=final,
        last_lr=schedule.lr(steps - 1),
        peak_lr=peak,
        peak_at=peak_at,
        mean_lr=total / steps,
        total_lr=total,
        total_decay_factor=final / initial if initial > 0.0 else None,
        gamma=found and found.gamma,
        rate=found and found.rate,
        half_life=found and found.half_life,
        exponential=found and (found.start, found.stop),
        halvings=math.log2(initial) - math.log2(final) if fell else None,
        lr_at=tuple((steps * i / 4, schedule.lr(steps * i / 4)) for i in range(5)),
        steps_to_1pct=_to_a_hundredth(run, peak_at, peak),
        _run=run,
    )


@dataclass(frozen=True)
class Comparison:
    """How the rates of two schedules differ at the whole steps from 0 to ``steps``.

    Args:
        a: one schedule.
        b: the other.
        steps: the number of updates.
        rtol: what difference counts, as a share of the larger rate.
        first_difference: the first step at which the rates differ by more than rounding,
            ``None`` if they do not.
        first_beyond: the first step at which they differ by more than ``rtol``.
        largest_gap: the largest difference, 0 if there is none but of rounding.
        gap_at: the first step that has it, ``None`` if there is no difference.
        total_a: the sum of the rates of all updates under ``a``.
        total_b: that under ``b``.
        total_ratio: ``total_b / total_a``; ``None`` if ``total_a`` is 0.
    """

    a: Schedule
    b: Schedule
    steps: int
    rtol: float
    first_difference: int | None
    first_beyond: int | None
    largest_gap: float
    gap_at: int | None
    total_a: float
    total_b: float
    total_ratio: float | None

    @property
    def equal(self) -> bool:
        """Whether the two are the same schedule, and not only the same rates in this run."""
        return self.a == self.b

    def __str__(self) -> str:
        lines = [f"a: {brief(self.a, WIDTH)}", f"b: {brief(self.b, WIDTH)}"]
        if self.equal:
            return "\n".join([*lines, "the schedules are equal"])
        if self.first_difference is None:
            lines.append(f"different schedules with the same rates from t = 0 to {self.steps}")
            return "\n".join(lines)
        lines.append(f"first difference at t = {self.first_difference}")
        if self.first_beyond is None:
            lines.append(f"nowhere more than a share of {self.rtol:g}")
        else:
            t = self.first_beyond
            a, b = _figure(self.a.lr(t)), _figure(self.b.lr(t))
            lines.append(f"more than a share of {self.rtol:g} from t = {t}: {a} and {b}")
        lines.append(f"largest gap {_figure(self.largest_gap)} at t = {self.gap_at}")
        totals = f"{_figure(self.total_a)} and {_figure(self.total_b)}"
        ratio = "" if self.total_ratio is None else f", ratio {_figure(self.total_ratio)}"
        lines.append(f"sums of the rates {totals}{ratio}")
        return "\n".join(lines)


def compare(a: Schedule, b: Schedule, steps: int, rtol: float = 1e-9) -> Comparison:
    """Return where and by how much two schedules differ in a run.

    Every step is looked at, which takes seconds for thousands of millions. A difference of at
    most 64 eps of the larger rate, 1.4e-14 of it, is one of rounding, and counts as none: two
    ways to write the same curve may differ by so much, and so may two ways to compute it.

    >>> from lrcurves import Linear
    >>> print(compare(Linear(0.1, 0.0, steps=100), Linear(0.1, 0.02, steps=100), steps=100))
    a: Linear(base_lr=0.1, final_lr=0, steps=100)
    b: Linear(base_lr=0.1, final_lr=0.02, steps=100)
    first difference at t = 1
    more than a share of 1e-09 from t = 1: 0.099 and 0.0992
    largest gap 0.02 at t = 100
    sums of the rates 5.05 and 6.04, ratio 1.19604

    Args:
        a: a schedule.
        b: another.
        steps: the number of updates, a whole number from 1 to 2**32.
        rtol: what difference counts in ``first_beyond``, a finite number >= 0, as a share of
            the larger rate; below that of rounding it is that.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if a number is outside its domain.
    """
    import numpy as np

    for name, schedule in (("a", a), ("b", b)):
        if not isinstance(schedule, Schedule):
            raise TypeError(f"compare: {name} must be a schedule, got {shown(schedule)}")
    steps = int(_COMPARED.validated("compare: steps", steps))
    rtol = _LEVEL.validated("compare: rtol", rtol)
    differ: int | None = None
    beyond: int | None = None
    largest, at = 0.0, None
    for start in range(0, steps + 1, BLOCK):
        block = range(start, min(start + BLOCK, steps + 1))
        x, y = a.lr_array(block), b.lr_array(block)
        larger = np.maximum(np.maximum(x, y), SMALLEST)
        with np.errstate(invalid="ignore"):
            gaps = np.where(x != y, np.abs(x - y), 0.0)
            other = (gaps > SAME_RATE * larger) | (gaps == np.inf)
            far = other & ((gaps > rtol * larger) | (gaps == np.inf))
        if not other.any():
            continue
        gaps[~other] = 0.0
        if differ is None:
            differ = start + int(other.argmax())
        if beyond is None and far.any():
            beyond = start + int(far.argmax())
        i = int(gaps.argmax())
        if gaps[i] > largest:
            largest, at = float(gaps[i]), start + i
    total_a, total_b = Run(a, steps).total(), Run(b, steps).total()
    return Comparison(
        a=a,
        b=b,
        steps=steps,
        rtol=rtol,
        first_difference=differ,
        first_beyond=beyond,
        largest_gap=largest,
        gap_at=at,
        total_a=total_a,
        total_b=total_b,
        total_ratio=total_b / total_a if total_a > 0.0 else None,
    )


def _to_a_hundredth(run: Run, peak_at: int, peak: float) -> int | None:
    if not 0.0 < peak < math.inf:
        return None
    return run.first(operator.le, peak / 100.0 * (1.0 + SAME_RATE), since=peak_at)


def _figure(value: float | None) -> str:
    """Return a number as one reads it in a table."""
    if value is None:
        return "none"
    return (
        str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    )


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


_LEVEL = Interval(0)
_COMPARED = Interval(1, float(LONGEST_DENSE), whole=True)
