"""What a schedule is made of in time: parts that follow one another, plateaus and cycles."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from ._brief import brief
from .change import Floor, Repeat, Scale, Shift, Staircase, Stretch, Until
from .combine import Sequential, _Fold
from .families import Cyclic, PiecewiseConstant, StepDecay, Warmup
from .families.wave import _Restarts
from .schedule import Recipe, Schedule

WIDTH = 60
"""So many characters of a schedule are shown within a sentence."""


class Beginning(NamedTuple):
    """When a part of a sequence, a value or a first plateau comes.

    Args:
        t: when.
        what: what comes then, with its verb.
        remedy: what to do so that it comes sooner.
        idle: whether the rate stays what it would be without it.
    """

    t: float
    what: str
    remedy: str
    idle: bool = False


class Cycles(NamedTuple):
    """Cycles that follow one another.

    Args:
        schedule: the schedule that consists of them.
        start: when the first begins.
        stop: when another part of a sequence follows; ``inf`` if none does.
        period: the length of the first.
        way: the part of it after which it has shown both its highest and its lowest rate.
        period_mult: by which each is longer than the one before.
        peak_mult: by which its peak is higher.
        field: the name of the field that holds that factor, or makes it.
    """

    schedule: Schedule
    start: float
    stop: float
    period: float
    way: float
    period_mult: float
    peak_mult: float
    field: str

    def before(self, t: float) -> float:
        """Return about how many cycles have begun before ``t``."""
        left = min(t, self.stop) - self.start
        if left <= 0.0:
            return 0.0
        growth = self.period_mult - 1.0
        if growth == 0.0:
            return left / self.period
        return math.log1p(left / self.period * growth) / math.log1p(growth)


def hand_overs(schedule: Any, start: float = 0.0) -> Iterator[tuple[float, Schedule, Schedule]]:
    """Yield when one part of a sequence follows another, and which they are."""
    if isinstance(schedule, Sequential):
        starts, parts = schedule._starts, schedule.parts
        for i, part in enumerate(parts):
            if i > 0:
                yield start + starts[i], parts[i - 1], part
            yield from hand_overs(part, start + starts[i])
    else:
        for part, later in _parts(schedule):
            yield from hand_overs(part, start + later)


def beginnings(schedule: Any, start: float = 0.0) -> Iterator[Beginning]:
    """Yield when the parts of sequences, the values of steps and the first plateaus come."""
    if isinstance(schedule, Sequential):
        parts = schedule.parts
        for i, (at, part) in enumerate(zip(schedule._starts, parts, strict=True)):
            if i > 0:
                before = parts[i - 1]
                what = f"part {i + 1} of {len(parts)}, {brief(part, WIDTH)}, starts"
                remedy = "make the parts before it shorter, or the run longer"
                idle = is_level(part) and close(part.lr(0.0), before.lr(before.end))
                yield Beginning(start + at, what, remedy, idle)
            yield from beginnings(part, start + at)
    elif isinstance(schedule, PiecewiseConstant):
        remedy = "give its time in updates of this run, or make the run longer"
        for at, (value, following) in zip(
            schedule.boundaries, pairwise(schedule.values), strict=True
        ):
            idle = close(value, following)
            yield Beginning(start + at, f"the rate {following:.6g} starts", remedy, idle)
    elif isinstance(schedule, Staircase | StepDecay):
        yield from _first_plateau(schedule, start)
    elif isinstance(schedule, Recipe):
        yield from beginnings(schedule._derived, start)
    else:
        for part, later in _parts(schedule):
            yield from beginnings(part, start + later)


def _first_plateau(schedule: Any, start: float) -> Iterator[Beginning]:
    """Yield when the first plateau ends, if the rate changes then."""
    field = "step_size" if isinstance(schedule, StepDecay) else "every"
    length = getattr(schedule, field)
    at = length if schedule.floor == "direct" else max(length - 1.0, 0.0)
    first, second = schedule.lr(0.0), schedule.lr(at)
    if first != second:
        what = f"the first {'drop' if second < first else 'rise'} comes"
        yield Beginning(start + at, what, f"make {field} shorter, or the run longer")


def cycles(schedule: Any, start: float = 0.0, stop: float = math.inf) -> Iterator[Cycles]:
    """Yield the cycles in a schedule."""
    if isinstance(schedule, _Restarts):
        period = schedule.period
        factors = schedule.period_mult, schedule.peak_mult, "peak_mult"
        yield Cycles(schedule, start, stop, period, period, *factors)
    elif isinstance(schedule, Repeat):
        period = schedule.schedule.end
        factors = schedule.period_mult, schedule.peak_mult, "peak_mult"
        end = min(stop, start + schedule.end)
        yield Cycles(schedule, start, end, period, period, *factors)
    elif isinstance(schedule, Cyclic):
        period = schedule.up + (schedule.up if schedule.down is None else schedule.down)
        growth = schedule._derived[0].lr(period) if schedule.mode == "exp_range" else 1.0
        yield Cycles(schedule, start, stop, period, schedule.up, 1.0, growth, "gamma")
    elif isinstance(schedule, Sequential):
        starts = schedule._starts
        for at, until, part in zip(
            starts, (*starts[1:], math.inf), schedule.parts, strict=True
        ):
            yield from cycles(part, start + at, min(stop, start + until))
    elif isinstance(schedule, Recipe):
        yield from cycles(schedule._derived, start, stop)
    else:
        if isinstance(schedule, Until):
            stop = min(stop, start + schedule.steps)
        for part, later in _parts(schedule):
            yield from cycles(part, start + later, stop)


def is_level(schedule: Schedule) -> bool:
    """Return whether a schedule is a constant, for some time or for ever."""
    if isinstance(schedule, Until | Scale):
        return is_level(schedule.schedule)
    return schedule._steady


def restarts(before: Schedule, after: Schedule) -> bool:
    """Return whether a schedule goes the way of another of its kind once more."""
    if type(_bare(before)) is not type(_bare(after)):
        return False
    return _way(before) == _way(after)


def _bare(schedule: Schedule) -> Schedule:
    while isinstance(schedule, Until | Scale | Stretch):
        schedule = schedule.schedule
    return schedule


def _way(schedule: Schedule) -> int:
    """Return whether a schedule ends lower than it starts, or higher."""
    first, last = schedule.lr(0.0), schedule.lr(min(schedule.end, 2.0**53))
    return (last > first) - (last < first)


SAME = 1e-9
"""Rates on the two sides of a seam that differ by a smaller share are meant to be the same."""


def close(x: float, y: float) -> bool:
    """Return whether two rates are meant to be the same."""
    return x == y or abs(x - y) <= SAME * max(x, y)


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
