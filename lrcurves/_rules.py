"""What may be wrong with a schedule: one function for each rule, and what they share."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ._brief import brief
from ._composition import (
    WIDTH,
    beginnings,
    close,
    cycles,
    hand_overs,
    is_level,
    restarts,
)
from ._decays import Decay, decay
from ._domains import written
from ._runs import LONGEST_DENSE, Run, at_once
from ._seams import jet
from .families import RangeTest
from .schedule import Schedule, horizon

MOST_HALVINGS = 10.0
"""An exponential that halves more often spends most of the run at next to nothing."""

TAIL = 0.05
"""A curve may have tiny rates in this share of the run, at its end: it passes through."""

USUAL_LEAST = 1e-8
"""The smallest rate that counts unless the caller gives another, for peaks from 1e-4 on."""

LEAST_OF_PEAK = 1e-4
"""For a smaller peak it is this share of the peak."""

BEGUN = 0.5
"""A curve that ends by this share of the run, or its reciprocal, was made for another one."""

FLAT = 0.1
"""One without an end that changes no more after this share of the run was so too."""

LATER = (1.3, 2.7, 31.7, 1e6)
"""After so many runs its rate is looked at again, to see that it changes no more."""

AT_THE_TOP = 0.99
"""A rate of this share of the peak counts as the peak."""

MANY_CYCLES = 1000.0
"""More of them are seldom meant."""

MOST_AT_ONCE = 32
"""Of more formulas at once it takes long to find out where they make an exponential."""

PER_EPOCH = "if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch)"


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


class Checked:
    """A run and what several rules ask of it."""

    def __init__(self, schedule: Schedule, steps: int, least: float) -> None:
        self.schedule = schedule
        self.steps = steps
        run = Run(schedule, steps - 1, quick=True)
        self.peak_at, self.peak = run.peak()
        self.least = _least(least, self.peak)
        self.flat_since = _flat_since(run, self.peak)
        self.end = schedule.end if self.flat_since is None else self.flat_since
        self.ends_early = 0.0 < self.end <= BEGUN * steps
        self.climbs = _climbs(self)


def _least(given: float, peak: float) -> float:
    """Return the rate below which an update is lost."""
    small = USUAL_LEAST >= given <= peak
    return min(given, LEAST_OF_PEAK * peak) if small else given


def _flat_since(run: Run, peak: float) -> float | None:
    """Return since when a curve without an end has one rate, below its peak, for good.

    ``None`` if that is not early in the run. A rate of 0 is one that is lost, or underflows.
    """
    schedule, steps = run.schedule, run.steps + 1
    last = schedule.lr(run.steps)
    if schedule.end < math.inf or not 0.0 < last < AT_THE_TOP * peak:
        return None
    if not all(close(schedule.lr(steps * runs), last) for runs in LATER):
        return None
    since = run.settled()
    return float(since) if since <= FLAT * steps else None


Rule = Callable[[Checked], Iterator[Finding]]


def _overflow(run: Checked) -> Iterator[Finding]:
    if run.peak == math.inf:
        yield Finding(
            "overflow",
            "warning",
            f"the rate is infinite at t = {run.peak_at}",
            "take a smaller gamma or peak_mult, or put a cap on it:"
            " Minimum((schedule, Constant(cap)))",
        )


def _zero_start(run: Checked) -> Iterator[Finding]:
    if run.schedule.lr(0) == 0.0:
        yield Finding(
            "starts-at-zero",
            "note",
            "the first update has the rate 0: it changes nothing",
            "usual for a warm-up; for a first update that counts, give start_lr > 0",
        )


def _tiny_end(run: Checked) -> Iterator[Finding]:
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
    few = lost <= TAIL * run.steps
    if few and not 0.0 < run.schedule.lr(run.steps) < run.least:  # it falls to 0, or restarts
        return
    floor = "give the curve a smallest rate: Floor(schedule, min_lr)"
    yield Finding(
        "final-lr-tiny",
        "note" if few else "warning",
        f"the rate is below {run.least:g} from t = {since} on: the last {lost} of"
        f" {run.steps} updates are lost ({run.schedule.lr(last):.3g} at the last one)",
        f"usual where a curve is to end near 0; else {floor}"
        if few
        else f"decay more slowly, or {floor}",
    )


def _half_life(run: Checked) -> Iterator[Finding]:
    if at_once(run.schedule) > MOST_AT_ONCE:
        return
    found = decay(run.schedule, run.steps)
    if found is None or found.half_life is None or found.to_a_rate:
        return
    length = found.stop - found.start
    halvings = length / found.half_life
    where = f"the {length:g} steps from t = {found.start:g} to {found.stop:g}"
    if halvings < 1.0:
        gamma = 0.5 ** (found.every / length)
        time = "step" if found.every == 1.0 else f"{found.every:.6g} steps"
        yield Finding(
            "half-life-long",
            "warning",
            f"the half-life of {found.half_life:.6g} steps is longer than {where}: the rate"
            f" falls by {-100.0 * math.expm1(-found.rate * length):.3g} % only",
            f"for one halving in that time, gamma={gamma:.8g} per {time}; {_for_any(found)}",
        )
    elif halvings > MOST_HALVINGS:
        times = {
            "every": "if gamma was meant for an epoch, give every=steps_per_epoch",
            "step_size": "if step_size was meant in epochs, multiply it by steps_per_epoch",
        }.get(found.field, PER_EPOCH)
        yield Finding(
            "half-life-short",
            "note",
            f"the half-life of {found.half_life:.6g} steps is less than a tenth of {where}:"
            f" the rate halves {halvings:.3g} times",
            f"{times}; {_for_any(found)}",
        )


def _for_any(found: Decay) -> str:
    """Return how to come to a given rate with a curve of the kind that was found."""
    size = found.field == "step_size"
    make = "StepDecay.from_final_lr" if size else "Exponential.from_final_lr"
    fields = "base_lr, final_lr, steps, step_size" if size else "base_lr, final_lr, steps"
    return f"{make}({fields}) finds the gamma for any end"


def _jumps(run: Checked) -> Iterator[Finding]:
    for t, before, after in hand_overs(run.schedule):
        if not 0.0 < t < run.steps:
            continue
        levels = is_level(before) + is_level(after)
        meant = levels == 2 or restarts(before, after)
        if meant or close(before.lr(before.end), after.lr(0.0)):
            continue
        was, now = run.schedule.lr(math.nextafter(t, 0.0)), run.schedule.lr(t)
        if not close(was, now):
            yield Finding(
                "jump",
                "note" if levels else "warning",
                f"the rate jumps from {was:.6g} to {now:.6g} at t = {written(t)}, where"
                f" {brief(before, WIDTH)} hands over to {brief(after, WIDTH)}",
                "let the second start at the rate at which the first ends",
            )


def _unreached(run: Checked) -> Iterator[Finding]:
    for t, what, remedy, idle in beginnings(run.schedule):
        if t >= run.steps and not idle:
            yield Finding(
                "never-reached",
                "warning",
                f"{what} at t = {written(t)}, after the last of {run.steps} updates",
                remedy,
            )


def _length(run: Checked) -> Iterator[Finding]:
    steps, end = run.steps, run.end
    if run.ends_early:
        final = run.schedule.lr(end)
        rest = steps - math.ceil(end)
        ends = "ends at" if run.flat_since is None else "changes no more from"
        yield Finding(
            "ends-early",
            "note" if final == run.peak else "warning",
            f"the curve {ends} t = {written(end)}, after {100.0 * end / steps:.3g} % of the"
            f" run of {steps} steps; the other {rest} updates have the rate {final:g}",
            PER_EPOCH,
        )
    elif steps / BEGUN <= end < math.inf:
        yield _late(
            f"the curve ends at t = {written(end)}, {end / steps:.3g} times the run of"
            f" {steps} steps, which comes to {run.schedule.lr(steps):.3g} in place of"
            f" {run.schedule.lr(end):.3g}",
        )


def _late(message: str) -> Finding:
    return Finding(
        "ends-late",
        "warning",
        message,
        "give the schedule the number of updates of this run, or count the run in the same"
        " unit: lrcurves.clock.Clock",
    )


def _cycles(run: Checked) -> Iterator[Finding]:
    steps = run.steps
    for found in cycles(run.schedule):
        name, count = brief(found.schedule, WIDTH), found.before(steps)
        if count > MANY_CYCLES:
            yield Finding(
                "many-cycles",
                "note",
                f"{name} goes through {count:.0f} cycles in the run of {steps} steps; the first"
                f" takes {found.period:g} of them",
                PER_EPOCH,
            )
        elif count and run.end == math.inf and found.start + found.way >= steps / BEGUN:
            yield _late(
                f"the first cycle of {name} takes {found.period:g} steps,"
                f" {found.period / steps:.3g} times the run of {steps} steps, which comes to"
                f" {run.schedule.lr(steps):.3g} within it",
            )


def _climbs(run: Checked) -> tuple[float, float] | None:
    """Return where the peak of the whole curve is, and the peak, if the run ends before it."""
    if run.peak_at < run.steps - 1:  # it comes down again
        return None
    far = horizon(run.schedule) if run.end == math.inf else run.end
    if not run.steps < far <= LONGEST_DENSE:
        return None
    at, peak = Run(run.schedule, math.ceil(far), quick=True).peak()
    grows = run.end == math.inf and close(run.schedule.lr(math.ceil(far)), peak)
    return None if grows or at <= run.steps or close(run.peak, peak) else (at, peak)


def _no_peak(run: Checked) -> Iterator[Finding]:
    if run.climbs is not None:
        at, peak = run.climbs
        yield Finding(
            "peak-not-reached",
            "warning",
            f"the run of {run.steps} steps ends at a rate of {run.peak:.6g}, before the peak of"
            f" {peak:.6g} at t = {written(at)}",
            "shorten the warm-up, or count it in updates of this run",
        )


def _growth(run: Checked) -> Iterator[Finding]:
    if run.climbs is not None or isinstance(run.schedule, RangeTest):
        return
    for found in cycles(run.schedule):
        second = found.start + found.period
        if found.peak_mult > 1.0 and second <= run.peak_at:
            yield Finding(
                "growth",
                "warning" if run.schedule.end == math.inf else "note",
                f"each cycle of {brief(found.schedule, WIDTH)} has {found.peak_mult:.6g} times"
                f" the peak of the one before, up to {run.peak:.6g} at t = {run.peak_at}",
                f"a {found.field} < 1 lets the peaks fall",
            )
            return
    if _ends_at_the_top(run):
        yield _growing(run)


def _ends_at_the_top(run: Checked) -> bool:
    """Return whether the last update is on the way up to the peak, or past a rise to it."""
    last = jet(run.schedule, run.steps - 1)
    slope = max(last.slope, 0.0)
    if run.peak == math.inf or last.lr + slope < AT_THE_TOP * run.peak:
        return False
    return run.peak_at > BEGUN * run.steps or not close(last.lr, last.lr + slope * run.steps)


def _growing(run: Checked) -> Finding:
    steps, first = run.steps, run.schedule.lr(0)
    later = [run.schedule.lr(float(steps * k)) for k in (1, 2, 4)]
    if run.end == math.inf and (later[0] < later[1] < later[2] or later[1] == math.inf):
        return Finding(
            "growth",
            "warning",
            f"the rate grows for ever: {first:.6g} at first, {later[0]:.6g} at t = {steps},"
            f" {later[1]:.6g} at t = {2 * steps}",
            "a gamma < 1 decays; to end a rise, write Until(schedule, steps)",
        )
    return Finding(
        "growth",
        "note",
        f"the run ends near its highest rate, {run.peak:.6g}; it starts with {first:.6g}",
        "usual for a warm-up or a range test; else let a decay follow: schedule >> decay",
    )


RULES: tuple[Rule, ...] = (
    _overflow,
    _zero_start,
    _tiny_end,
    _half_life,
    _jumps,
    _unreached,
    _length,
    _cycles,
    _no_peak,
    _growth,
)
