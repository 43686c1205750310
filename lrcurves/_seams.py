"""Where one smooth piece of a curve ends and the next begins, and how a curve changes there.

With numbers that know their derivatives (:mod:`._jets`) one evaluation tells the rate, its
slope, its bend, and the stretch of time around it in which the formula is one smooth piece:

>>> from lrcurves import Cosine, Linear
>>> jet(Linear(0, 0.5, steps=8) >> Cosine(0.5, steps=90), 4)
Jet(lr=0.25, slope=0.0625, bend=0.0, since=0.0, until=8.0)

From piece to piece one walks along a curve, however long it is; where the rate, its slope or
its curvature differs from one piece to the next, there is a seam:

>>> from lrcurves import MultiStep
>>> for seam in seams(MultiStep(0.1, gamma=0.5, milestones=(30, 60)), steps=90):
...     print(seam)
Seam(t=30.0, kind='jump', before=0.1, after=0.05)
Seam(t=60.0, kind='jump', before=0.05, after=0.025)
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ._domains import Interval, shown
from ._jets import EPS, SAME_RATE, Jet, Margin, Moving, Walk, first
from .schedule import Schedule

SHORTEST = 1e-100
"""A piece is longer: a bound that keeps a quotient finite at 0 is a fork there, but no seam."""

SAMPLES = 6
"""At so many times in a piece two curves are compared, to see where they cross."""

SAME_SLOPE = 2.0**12 * EPS
"""Likewise for a slope, whose digits depend on how well a formula is conditioned."""

SAME_BEND = 2.0**22 * EPS
"""Likewise for a second derivative, which is a difference of such terms."""

SHAKE = 512.0
"""A time is rounded by an ulp; before a power of 0.03 ends that is worth so many slopes."""

PIECES_PER_SEAM = 4
"""So many pieces are visited for each seam asked for: most pieces begin with one."""


class Seam(NamedTuple):
    """A time at which a curve is not smooth.

    Args:
        t: the first time after it.
        kind: ``"jump"``, or ``"kink"`` if only the slope or the curvature changes.
        before: the rate as it was about to become.
        after: the rate at ``t``.
    """

    t: float
    kind: str
    before: float
    after: float


class Seams(list[Seam]):
    """Seams in the order of time.

    Attributes:
        more: whether the search stopped before the end, because there were too many.
        until: the time that it reached.
    """

    def __init__(self, found: Sequence[Seam], until: float, *, more: bool) -> None:
        super().__init__(found)
        self.until = until
        self.more = more


@dataclass(frozen=True)
class Smooth:
    """A stretch of time in which a formula takes the same way through all of its forks.

    Args:
        schedule: whose formula it is.
        start: the first time.
        stop: the first time after it.
        path: the way.
    """

    schedule: Schedule
    start: float
    stop: float
    path: tuple[float, ...]

    def at(self, t: float) -> Jet:
        """Return the rate and its derivatives from ``start`` to ``stop``, both included.

        At ``stop`` they are what they are about to become.
        """
        rate = self._rate(t)
        return Jet(rate.x, *self.derivatives(t, rate), self.start, self.stop)

    def derivatives(self, t: float, rate: Moving) -> tuple[float, float]:
        """Return the derivatives of a rate, as limits where they cannot be computed."""
        slope, bend = rate.d, rate.dd
        # inf - inf is what comes out where a root begins. A second derivative is a difference
        # of larger terms there, and is looked for less close to it.
        if slope != slope:
            slope = _limit(self._near(t, 2.0**-25, 256.0).d, self._near(t, 2.0**-40, 4.0).d)
        if bend != bend:
            bend = _limit(self._near(t, 2.0**-13, 256.0).dd, self._near(t, 2.0**-26, 4.0).dd)
        return slope, bend

    def _near(self, t: float, share: float, digits: float) -> Moving:
        """Return the rate at a share of the piece from its start or end, or some ulps."""
        way, room = (1.0, self.stop - t) if t < self.stop else (-1.0, t - self.start)
        return self._rate(t + way * max(room * share, digits * math.ulp(t)))

    def _rate(self, t: float) -> Moving:
        return Walk(t, self.path, search=False).rate(self.schedule._formula)

    def margins(self, t: float) -> list[Margin]:
        """Return how far the comparisons of curves are from coming out differently."""
        walk = Walk(t, self.path, search=False)
        walk.rate(self.schedule._formula)
        return walk.margins

    def crossing(self) -> tuple[float, tuple[float, ...]] | None:
        """Return where two curves cross first, and the path up to that fork, if they do."""
        length = self.stop - self.start
        shares = {i / SAMPLES for i in range(1, SAMPLES + 1)}
        early = 1.0 / (4 * SAMPLES)
        while early * length > 1.0:
            shares.add(early)
            early /= 4.0
        # For each comparison the last time at which it has come out clearly.
        clear = [(self.start, margin) for margin in self.margins(self.start)]
        for share in sorted(shares):
            time = self.start + length * share
            found = []
            margins = self.margins(time)
            for i, ((low, then), now) in enumerate(zip(clear, margins, strict=True)):
                high, lowest = time, now
                if now.gap >= -now.noise and then.slope < 0.0 < now.slope:
                    high = self._lowest(i, low, time)
                    lowest = self.margins(high)[i]
                if lowest.gap < -lowest.noise:
                    found.append((self._crosses(i, low, high, then), i))
                elif now.gap > now.noise:
                    clear[i] = time, now
            if found:
                at, i = min(found)
                return at, (*self.path[: margins[i].place], margins[i].other)
        return None

    def _lowest(self, i: int, low: float, high: float) -> float:
        """Return where margin ``i``, which falls at first and rises at last, is smallest."""
        return first(lambda t: self.margins(t)[i].slope >= 0.0, low, high, math.nan)

    def _crosses(self, i: int, low: float, high: float, then: Margin) -> float:
        guess = low - then.gap / then.slope if then.slope < 0.0 else math.nan
        if then.gap > 0.0:
            return first(lambda t: self.margins(t)[i].gap <= 0.0, low, high, guess)
        return first(lambda t: self.margins(t)[i].gap < 0.0, low, high, guess)


def _limit(near: float, nearer: float) -> float:
    """Return the limit of a power or of something smooth, given its last two values."""
    return math.copysign(math.inf, nearer) if abs(nearer) > 1.01 * abs(near) else nearer


def jet(schedule: Schedule, t: float) -> Jet:
    """Return the rate at ``t``, its derivatives, and the stretch in which they are smooth.

    >>> from lrcurves import StepDecay
    >>> jet(StepDecay(0.1, gamma=0.5, step_size=30), 65)
    Jet(lr=0.025, slope=0.0, bend=0.0, since=60.0, until=90.0)

    Args:
        schedule: the curve.
        t: a finite number >= 0. At a seam the slope is that to the right of it.

    Raises:
        TypeError: if ``schedule`` is no schedule, or ``t`` no real number.
        ValueError: if ``t`` is negative, infinite or NaN.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    t = _TIME.validated("t", t)
    walk, rate = _walk(schedule, t)
    stop = walk.until if walk.until < math.inf else 2.0 * t + 1.0
    piece = Smooth(schedule, walk.since, stop, tuple(walk.path))
    return Jet(rate.x, *piece.derivatives(t, rate), walk.since, walk.until)


def _walk(schedule: Schedule, t: float, known: tuple[float, ...] = ()) -> tuple[Walk, Moving]:
    """Return the walk through a formula from ``t`` on, and the rate there."""
    walk = Walk(t, known)
    rate = walk.rate(schedule._formula)
    if walk.until - t < SHORTEST:
        after = Walk(walk.until)
        rate.d, rate.dd = math.nan, math.nan
        after.rate(schedule._formula)
        after.since = walk.since
        walk = after
    if walk.since < SHORTEST:
        walk.since = 0.0
    return walk, rate


def pieces(schedule: Schedule, steps: float) -> Iterator[Smooth]:
    """Yield the stretches from 0 to ``steps`` in which the formula is one smooth function.

    They end where a choice by time changes, and where two curves cross of which one is chosen.
    Two curves that cross and cross back within a sixth of a stretch may be overlooked if
    their distance has several extrema there.

    >>> from lrcurves import Exponential, Floor
    >>> for piece in pieces(Floor(Exponential(0.1, gamma=0.5, every=10), 0.0125), steps=90):
    ...     print(piece.start, piece.stop)
    0.0 30.0
    30.0 90.0
    """
    start, steps = 0.0, float(steps)
    known: tuple[float, ...] = ()
    while start < steps:
        walk, _ = _walk(schedule, start, known)
        stop, path, known = min(walk.until, steps), tuple(walk.path), ()
        if walk.margins:
            crossing = Smooth(schedule, start, stop, path).crossing()
            if crossing and start < crossing[0] < stop:
                stop, known = crossing
        yield Smooth(schedule, start, stop, path)
        start = stop


def seams(schedule: Schedule, steps: float, limit: int = 1000) -> Seams:
    """Return every time between 0 and ``steps`` at which a curve jumps or has a kink.

    A kink is where the slope changes or, if that does not, the curvature. A fork of a formula
    that changes none of these is no seam.

    >>> from lrcurves import WSD
    >>> [(seam.t, seam.kind) for seam in seams(WSD(0.1, 100, warmup=10, decay=20), steps=200)]
    [(10.0, 'kink'), (80.0, 'kink'), (100.0, 'kink')]
    >>> from lrcurves import Repeat, Linear
    >>> many = seams(Repeat(Linear(0.1, 0.0, steps=1)), steps=10**7, limit=5)
    >>> len(many), many[-1].t, many.more
    (5, 5.0, True)

    Args:
        schedule: the curve.
        steps: where to stop, a finite number > 0, not included.
        limit: how many seams to find, a whole number >= 1. The list has an attribute ``more``,
            which says whether there is more to find, and ``until``, the time that was reached.

    Raises:
        TypeError: if ``schedule`` is no schedule, or another argument no real number.
        ValueError: if an argument is outside its domain.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    steps = _STEPS.validated("seams: steps", steps)
    limit = int(_LIMIT.validated("seams: limit", limit))
    found: list[Seam] = []
    left: Smooth | None = None
    for visited, right in enumerate(pieces(schedule, steps)):
        if visited > PIECES_PER_SEAM * (limit + SAMPLES):
            return Seams(found, right.start, more=True)
        # Two ways to compute the same time may differ in the last digit: no piece is so short.
        if right.stop - right.start <= 4.0 * math.ulp(right.stop):
            continue
        if left is not None and (kind := _kind(left, right)):
            if len(found) == limit:
                return Seams(found, right.start, more=True)
            at = _told(right.start, kind)
            found.append(Seam(at, kind, max(_end_of(left).lr, 0.0), schedule.lr(at)))
        left = right
    return Seams(found, steps, more=False)


def _told(t: float, kind: str) -> float:
    """Return a whole number in place of one that a rounding has moved by a digit.

    Where a rate jumps that must not come before the jump.
    """
    near = float(round(t))
    least = 0.0 if kind == "jump" else -2.0 * math.ulp(t)
    return near if least <= near - t <= 2.0 * math.ulp(t) else t


def _end_of(piece: Smooth) -> Jet:
    """Return what the rate and its derivatives are about to become where a piece ends."""
    end = piece.at(piece.stop)
    if math.isfinite(end.lr):
        return end
    return piece.at(math.nextafter(piece.stop, 0.0))


def _kind(left: Smooth, right: Smooth) -> str:
    """Return how one piece follows another, or nothing if it does so smoothly."""
    before, after = _end_of(left), right.at(right.start)
    if math.inf in (before.lr, after.lr):
        return "jump" if before.lr != after.lr else ""
    top = max(abs(before.lr), abs(after.lr))
    length = min(left.stop - left.start, right.stop - right.start)
    shake = SHAKE * math.ulp(right.start)
    eight = 8.0 * math.ulp(right.start)
    slopes = [
        jet.slope if math.isfinite(jet.slope) else inside.slope
        for jet, inside in (
            (before, left.at(max(left.stop - eight, left.start))),
            (after, right.at(min(right.start + eight, right.stop))),
        )
    ]
    steepest = max(map(abs, slopes))
    if abs(before.lr - after.lr) > SAME_RATE * top + shake * steepest:
        return "jump"
    bends = [abs(jet.bend) if math.isfinite(jet.bend) else 0.0 for jet in (before, after)]
    unsure = SAME_SLOPE * (steepest + top / length) + shake * max(bends)
    if _differ(before.slope, after.slope, unsure):
        return "kink"
    unsure = SAME_BEND * (max(bends) + top / length / length)
    return "kink" if _differ(before.bend, after.bend, unsure) else ""


def _differ(x: float, y: float, unsure: float) -> bool:
    return x != y and abs(x - y) > unsure


_TIME = Interval(0)
_STEPS = Interval(0, includes_low=False)
_LIMIT = Interval(1, whole=True)
