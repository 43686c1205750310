"""What may be wrong with a schedule for a run of some length.

>>> from lrcurves import WarmupCosine
>>> for finding in check(WarmupCosine(0.1, steps=90, warmup=5), steps=90 * 391):
...     print(finding)
note starts-at-zero: the first update has the rate 0: it changes nothing
  -> usual for a warm-up; for a first update that counts, give start_lr > 0
warning ends-early: the curve ends at t = 90, after 0.256 % of the run of 35190 steps; the other
35100 updates have the rate 0
  -> if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from ._decays import decay
from ._domains import Interval, shown, written
from ._runs import LONGEST_DENSE, Run, checked_run
from ._seams import jet
from .change import Floor, Scale, Shift, Stretch, Until
from .combine import Sequential, _Fold
from .families import Geometric, PiecewiseConstant, RangeTest, StepDecay, Warmup
from .schedule import Recipe, Schedule, horizon

MOST_HALVINGS = 10.0
"""An exponential that halves more often spends most of the run at next to nothing."""

FEW = 3.0
"""A root is 0 two steps after the last update, if its slope stays; other falls are sooner."""

TAIL = 0.05
"""A curve that falls to 0 may have tiny rates in this share of the run: it passes through."""

SAME = 1e-9
"""Rates on the two sides of a seam that differ by a smaller share are meant to be the same."""

BEGUN = 0.5
"""A curve that ends before this share of the run, or after its reciprocal, was made for another
one."""

AT_THE_TOP = 0.99
"""A rate of this share of the peak counts as the peak."""

MOST = 3
"""So many findings of one code are listed; the last of them tells how many more there are."""


@dataclass(frozen=True)
class Finding:
    """Something about a schedule that may not be meant.

    Args:
        code: a word that stays the same from version to version.
        severity: ``"warning"`` or ``"note"``.
        message: what was found, with the numbers.
        remedy: what to do about it.
    """

    code: str
    severity: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.severity} {self.code}: {self.message}\n  -> {self.remedy}"

    def to_dict(self) -> dict[str, str]:
        """Return the finding as plain data."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


def check(schedule: Schedule, steps: int, min_acceptable_lr: float = 1e-8) -> list[Finding]:
    """Return what may be wrong with a schedule for a run of ``steps`` updates.

    ==================== ======== =========================================================
    ``all-zero``         warning  every update has the rate 0
    ``overflow``         warning  a rate is infinite
    ``starts-at-zero``   note     the first update has the rate 0, as warm-ups usually do
    ``final-lr-tiny``    warning  the last update has a rate below ``min_acceptable_lr``; if the
                                  curve falls to 0, the last 5 % of the updates have
    ``half-life-long``   warning  an exponential does not halve once in its time
    ``half-life-short``  note     it halves more than ten times
    ``jump``             warning  the rate jumps where one part of a sequence follows another;
                                  drops and restarts, and constants, are meant to
    ``never-reached``    warning  a part of a sequence, or a milestone, comes after the run
    ``ends-early``       warning  the curve ends in the first half of the run (a note if it
                                  stays at its peak)
    ``ends-late``        warning  it takes more than twice as long as the run
    ``peak-not-reached`` warning  the run ends on the way up to the peak
    ``growth``           warning  the rate grows for ever; a note, if it only ends at its peak
    ==================== ======== =========================================================

    >>> from lrcurves import Exponential
    >>> [finding.code for finding in check(Exponential(0.1, gamma=0.9999), steps=100)]
    ['half-life-long']

    Args:
        schedule: the schedule.
        steps: the number of updates, a whole number from 1 to 2**53.
        min_acceptable_lr: the rate below which an update is lost, a finite number >= 0.

    Raises:
        TypeError: if ``schedule`` is no schedule, or another argument no number.
        ValueError: if a number is outside its domain, or the run is both longer than 2**32
            steps and made of more than a thousand pieces.
    """
    steps = checked_run("check", schedule, steps)
    least = _LEVEL.validated("check: min_acceptable_lr", min_acceptable_lr)
    run = _Checked(schedule, steps, least)
    if run.peak == 0.0:
        return [
            Finding(
                "all-zero",
                "warning",
                f"all {steps} updates have the rate 0",
                "give a rate > 0",
            )
        ]
    return [finding for rule in _RULES for finding in _some(list(rule(run)))]


def _some(found: list[Finding]) -> list[Finding]:
    """Return the first few findings of a rule; the last of them tells of the others."""
    more = len(found) - MOST
    if more <= 0:
        return found
    last = found[MOST - 1]
    return [*found[: MOST - 1], replace(last, message=f"{last.message} (and {more} more)")]


class _Checked:
    """A run and what several rules ask of it."""

    def __init__(self, schedule: Schedule, steps: int, least: float) -> None:
        self.schedule = schedule
        self.steps = steps
        self.least = least
        self.peak_at, self.peak = Run(schedule, steps - 1).peak()
        self.end = schedule.end
        self.ends_early = 0.0 < self.end < BEGUN * steps
        self.climbs = _climbs(self)


Rule = Callable[[_Checked], Iterator[Finding]]


def _overflow(run: _Checked) -> Iterator[Finding]:
    if run.peak == math.inf:
        yield Finding(
            "overflow",
            "warning",
            f"the rate is infinite at t = {run.peak_at}",
            "take a smaller gamma or peak_mult, or put a cap on it:"
            " Minimum((schedule, Constant(cap)))",
        )


def _zero_start(run: _Checked) -> Iterator[Finding]:
    if run.schedule.lr(0) == 0.0:
        yield Finding(
            "starts-at-zero",
            "note",
            "the first update has the rate 0: it changes nothing",
            "usual for a warm-up; for a first update that counts, give start_lr > 0",
        )


def _tiny_end(run: _Checked) -> Iterator[Finding]:
    def tiny(t: int) -> bool:
        return run.schedule.lr(t) < run.least

    last = run.steps - 1
    if not tiny(last) or (run.ends_early and tiny(math.ceil(run.end))):
        return
    back = 1
    while back <= last and tiny(last - back):
        back *= 2
    low = max(last - back, 0)
    since = bisect_left(range(low, last), True, key=tiny) + low
    lost = run.steps - since
    end = jet(run.schedule, last)
    falls_to_zero = run.schedule.lr(run.steps) == 0.0 or end.lr + FEW * end.slope <= 0.0
    if lost > TAIL * run.steps or not falls_to_zero:
        yield Finding(
            "final-lr-tiny",
            "warning",
            f"the rate is below {run.least:g} from t = {since} on: the last {lost} of"
            f" {run.steps} updates are lost ({run.schedule.lr(last):.3g} at the last one)",
            "decay more slowly, or give the curve a smallest rate: Floor(schedule, min_lr)",
        )


def _half_life(run: _Checked) -> Iterator[Finding]:
    found = decay(run.schedule, run.steps)
    if found is None or found.half_life is None or found.to_a_rate:
        return
    length = found.stop - found.start
    halvings = length / found.half_life
    where = f"the {length:g} steps from t = {found.start:g} to {found.stop:g}"
    if halvings < 1.0:
        yield Finding(
            "half-life-long",
            "warning",
            f"the half-life of {found.half_life:.6g} steps is longer than {where}: the rate"
            f" falls by {-100.0 * math.expm1(-found.rate * length):.3g} % only",
            f"for one halving in that time, gamma={0.5 ** (1.0 / length):.8g} per step;"
            " Exponential.from_final_lr(base_lr, final_lr, steps) finds the gamma for any end",
        )
    elif halvings > MOST_HALVINGS:
        yield Finding(
            "half-life-short",
            "note",
            f"the half-life of {found.half_life:.6g} steps is less than a tenth of {where}:"
            f" the rate halves {halvings:.3g} times",
            "if gamma was meant for an epoch, give every=steps_per_epoch;"
            " Exponential.from_final_lr(base_lr, final_lr, steps) finds the gamma for any end",
        )


def _jumps(run: _Checked) -> Iterator[Finding]:
    for t, before, after in _hand_overs(run.schedule, 0.0):
        if not 0.0 < t < run.steps:
            continue
        left, right = before.lr(before.end), after.lr(0.0)
        if _close(left, right) or (_level(before) and _level(after)):
            continue
        was, now = run.schedule.lr(math.nextafter(t, 0.0)), run.schedule.lr(t)
        if not _close(was, now):
            yield Finding(
                "jump",
                "warning",
                f"the rate jumps from {was:.6g} to {now:.6g} at t = {written(t)}, where"
                f" {shown(before, 60)} hands over to {shown(after, 60)}",
                "let the second start at the rate at which the first ends",
            )


def _unreached(run: _Checked) -> Iterator[Finding]:
    for t, what in _beginnings(run.schedule, 0.0):
        if t >= run.steps:
            yield Finding(
                "never-reached",
                "warning",
                f"{what} starts at t = {written(t)}, after the last of {run.steps} updates",
                "make the parts before it shorter, or the run longer",
            )


def _length(run: _Checked) -> Iterator[Finding]:
    steps, end = run.steps, run.end
    if run.ends_early:
        final = run.schedule.lr(end)
        rest = steps - math.ceil(end)
        yield Finding(
            "ends-early",
            "note" if final == run.peak else "warning",
            f"the curve ends at t = {written(end)}, after {100.0 * end / steps:.3g} % of the"
            f" run of {steps} steps; the other {rest} updates have the rate {final:g}",
            "if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch)",
        )
    elif steps / BEGUN < end < math.inf:
        yield Finding(
            "ends-late",
            "warning",
            f"the curve ends at t = {written(end)}, {end / steps:.3g} times the run of"
            f" {steps} steps, which comes to {run.schedule.lr(steps):.3g} in place of"
            f" {run.schedule.lr(end):.3g}",
            "give the schedule the number of updates of this run, or count the run in the same"
            " unit: lrcurves.clock.Clock",
        )


def _climbs(run: _Checked) -> tuple[float, float] | None:
    """Return where the peak of the whole curve is, and the peak, if the run ends before it."""
    if run.peak_at < run.steps - 1:  # it comes down again
        return None
    far = horizon(run.schedule) if run.end == math.inf else run.end
    if not run.steps < far <= LONGEST_DENSE:
        return None
    at, peak = Run(run.schedule, math.ceil(far)).peak()
    grows = run.end == math.inf and _close(run.schedule.lr(math.ceil(far)), peak)
    return None if grows or at <= run.steps or _close(run.peak, peak) else (at, peak)


def _no_peak(run: _Checked) -> Iterator[Finding]:
    if run.climbs is not None:
        at, peak = run.climbs
        yield Finding(
            "peak-not-reached",
            "warning",
            f"the run of {run.steps} steps ends at a rate of {run.peak:.6g}, before the peak of"
            f" {peak:.6g} at t = {written(at)}",
            "shorten the warm-up, or count it in updates of this run",
        )


def _growth(run: _Checked) -> Iterator[Finding]:
    steps, first = run.steps, run.schedule.lr(0)
    rising = run.peak_at > BEGUN * steps and run.schedule.lr(steps - 1) > AT_THE_TOP * run.peak
    if not rising or run.climbs is not None or isinstance(run.schedule, RangeTest):
        return
    later = [run.schedule.lr(float(steps * k)) for k in (1, 2, 4)]
    if run.end == math.inf and (later[0] < later[1] < later[2] or later[1] == math.inf):
        yield Finding(
            "growth",
            "warning",
            f"the rate grows for ever: {first:.6g} at first, {later[0]:.6g} at t = {steps},"
            f" {later[1]:.6g} at t = {2 * steps}",
            "a gamma < 1 decays; to end a rise, write Until(schedule, steps)",
        )
    else:
        yield Finding(
            "growth",
            "note",
            f"the run ends near its highest rate, {run.peak:.6g}; it starts with {first:.6g}",
            "usual for a warm-up or a range test; else let a decay follow: schedule >> decay",
        )


def _close(x: float, y: float) -> bool:
    return x == y or abs(x - y) <= SAME * max(x, y)


def _level(schedule: Schedule) -> bool:
    """Return whether a schedule is a constant, for some time or for ever."""
    if isinstance(schedule, Until | Scale):
        return _level(schedule.schedule)
    return schedule._steady


def _hand_overs(schedule: Any, start: float) -> Iterator[tuple[float, Schedule, Schedule]]:
    """Yield when one part of a sequence follows another, and which they are."""
    if isinstance(schedule, Sequential):
        starts, parts = schedule._derived, schedule.parts
        for i, part in enumerate(parts):
            if i > 0:
                yield start + starts[i], parts[i - 1], part
            yield from _hand_overs(part, start + starts[i])
    else:
        for part, later in _parts(schedule):
            yield from _hand_overs(part, start + later)


def _beginnings(schedule: Any, start: float) -> Iterator[tuple[float, str]]:
    """Yield when the parts of sequences start, and the values of steps; and what they are."""
    if isinstance(schedule, Sequential):
        parts = schedule.parts
        for i, (at, part) in enumerate(zip(schedule._derived, parts, strict=True)):
            if i > 0:
                yield start + at, f"part {i + 1} of {len(parts)}, {shown(part, 60)},"
            yield from _beginnings(part, start + at)
    elif isinstance(schedule, PiecewiseConstant):
        for at, value in zip(schedule.boundaries, schedule.values[1:], strict=True):
            yield start + at, f"the rate {value:.6g}"
    elif isinstance(schedule, Recipe) and not isinstance(schedule, Geometric | StepDecay):
        yield from _beginnings(schedule._derived, start)
    else:
        for part, later in _parts(schedule):
            yield from _beginnings(part, start + later)


def _parts(schedule: Any) -> Iterator[tuple[Schedule, float]]:
    """Yield the schedules in one that run on its clock, and by how much later they start.

    Not those in a ``Staircase`` or ``Repeat``, whose jumps are meant.
    """
    if isinstance(schedule, _Fold):
        yield from ((part, 0.0) for part in schedule.parts)
    elif isinstance(schedule, Warmup):
        yield schedule.schedule, schedule.steps
    elif isinstance(schedule, Shift):
        yield schedule.schedule, schedule.by
    elif isinstance(schedule, Scale | Floor | Until):
        yield schedule.schedule, 0.0
    elif isinstance(schedule, Stretch):
        yield schedule._derived, 0.0


_RULES: tuple[Rule, ...] = (
    _overflow,
    _zero_start,
    _tiny_end,
    _half_life,
    _jumps,
    _unreached,
    _length,
    _no_peak,
    _growth,
)
_LEVEL = Interval(0)
