"""Where a curve is exponential, and how fast it falls there."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import NamedTuple

from ._seams import SAME_BEND, Smooth, pieces
from .change import Floor, Scale, Shift, Staircase, Until
from .combine import Sequential
from .families import Exponential, Geometric, StepDecay
from .schedule import Recipe, Schedule

MOST_PIECES = 200
"""In so many smooth pieces an exponential is looked for, if no field tells."""

SHORTEST = 2.0
"""Of fewer steps nothing is exponential, or everything."""


class Decay(NamedTuple):
    """An exponential stretch of a curve, plateaus that follow an exponential included.

    Args:
        gamma: the factor of one step; above 1 the rate grows.
        rate: the decay per step, ``-log(gamma)``.
        half_life: the steps in which the rate halves, ``None`` if it grows.
        start: where it starts.
        stop: where it stops, or the run does.
        to_a_rate: whether the rate at its end was given, rather than the factor.
        every: the time in which the rate is multiplied by the field ``gamma``, if it has one.
        field: the name of the field that holds that time; empty if there is none.
    """

    gamma: float
    rate: float
    half_life: float | None
    start: float
    stop: float
    to_a_rate: bool
    every: float
    field: str


class _Stretch(NamedTuple):
    """The rate is multiplied by ``gamma`` in ``every`` steps from ``start`` to ``stop``.

    In plateaus it is so only where one follows another.
    """

    gamma: float
    every: float
    start: float
    stop: float
    to_a_rate: bool = False
    in_plateaus: bool = False
    field: str = ""

    def within(self, start: float, stop: float) -> _Stretch:
        return self._replace(start=max(self.start, start), stop=min(self.stop, stop))

    def later(self, by: float) -> _Stretch:
        return self._replace(start=self.start + by, stop=self.stop + by)


def decay(schedule: Schedule, steps: float) -> Decay | None:
    """Return the longest exponential stretch of the first ``steps`` steps, if there is one.

    >>> from lrcurves import Cosine, Exponential, Warmup
    >>> decay(Warmup(Exponential.from_half_life(0.1, half_life=30), steps=10), 200)[2:5]
    (30.0, 10.0, 200)
    >>> decay(Cosine(0.1, 100), 100)
    """
    found = [stretch.within(0.0, steps) for stretch in _by_fields(schedule)]
    found = [stretch for stretch in found if _changes(schedule, stretch)]
    if not found:
        found = list(_by_slopes(schedule, steps))
    if not found:
        return None
    longest = max(found, key=lambda stretch: stretch.stop - stretch.start)
    gamma, every, log = longest.gamma, longest.every, math.log(longest.gamma)
    return Decay(
        gamma=gamma if every == 1.0 else math.exp(log / every),
        rate=-log / every,
        half_life=every * (math.log(0.5) / log) if log < 0.0 else None,
        start=longest.start,
        stop=longest.stop,
        to_a_rate=longest.to_a_rate,
        every=every,
        field=longest.field,
    )


def _changes(schedule: Schedule, stretch: _Stretch) -> bool:
    """Return whether a stretch has a length, and if it is made of plateaus more than one."""
    start, stop = stretch.start, stretch.stop
    if start >= stop or not stretch.in_plateaus:
        return start < stop
    return schedule.lr(start) != schedule.lr(math.nextafter(stop, 0.0))


def _by_fields(schedule: Schedule) -> Iterator[_Stretch]:
    """Yield the exponential stretches that the fields of a schedule tell of."""
    if isinstance(schedule, Exponential):
        if schedule.base_lr > 0.0 and schedule.gamma != 1.0:
            yield _Stretch(schedule.gamma, schedule.every, 0.0, math.inf, field="every")
    elif isinstance(schedule, Sequential):
        starts = schedule._starts
        for part, (start, stop) in zip(
            schedule.parts, pairwise((*starts, math.inf)), strict=True
        ):
            for stretch in _by_fields(part):
                yield stretch.later(start).within(start, stop)
    elif isinstance(schedule, Recipe):
        for stretch in _by_fields(schedule._derived):
            if isinstance(schedule, Geometric):
                stretch = stretch._replace(to_a_rate=True)
            elif isinstance(schedule, StepDecay):
                stretch = stretch._replace(field="step_size")
            yield stretch
    elif isinstance(schedule, Shift):
        for stretch in _by_fields(schedule.schedule):
            yield stretch.later(schedule.by)
    elif isinstance(schedule, Until):
        for stretch in _by_fields(schedule.schedule):
            yield stretch.within(0.0, schedule.steps)
    elif isinstance(schedule, Floor) and schedule.mode == "direct":
        for stretch in _by_fields(schedule.schedule):
            yield stretch.within(0.0, _reaches(schedule, stretch))
    elif isinstance(schedule, Staircase):
        for stretch in _by_fields(schedule.schedule):
            yield stretch._replace(in_plateaus=True)
    elif isinstance(schedule, Scale) and schedule.by > 0.0:
        yield from _by_fields(schedule.schedule)


def _reaches(floor: Floor, stretch: _Stretch) -> float:
    """Return when an exponential stretch comes down to a smallest rate."""
    first, low = floor.schedule.lr(stretch.start), floor.min_lr
    if first <= low or low == 0.0 or stretch.gamma > 1.0:
        return stretch.stop if first > low else stretch.start
    return stretch.start + stretch.every * math.log(low / first) / math.log(stretch.gamma)


def _by_slopes(schedule: Schedule, steps: float) -> Iterator[_Stretch]:
    """Yield the smooth pieces in which the slope is a constant share of the rate."""
    for piece in islice(pieces(schedule, steps), MOST_PIECES):
        if piece.stop - piece.start >= SHORTEST and (share := _share(piece)):
            yield _Stretch(math.exp(share), 1.0, piece.start, piece.stop)


def _share(piece: Smooth) -> float:
    """Return the slope as a share of the rate, if it is the same everywhere, else 0."""
    jets = [piece.at(piece.start + (piece.stop - piece.start) * i / 8.0) for i in range(9)]
    if not all(0.0 < jet.lr < math.inf for jet in jets):
        return 0.0
    shares = [jet.slope / jet.lr for jet in jets]
    share = shares[4]
    unsure = SAME_BEND * abs(share)
    if unsure and all(abs(x - share) <= unsure for x in shares) and abs(share) < 700.0:
        return share
    return 0.0
