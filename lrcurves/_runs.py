"""A run: the rates of updates 0, 1, 2, ... under a schedule, summed and searched.

Up to some millions of steps every rate is looked at. A longer run is cut into the pieces in
which its formula is smooth. The sum over a long piece is its integral with the correction of
Euler and Maclaurin, and parts of it are halved until two ways to integrate agree; a peak, or
the first rate below a level, is found from the slope. A search that would take longer than a
second or two can be cut short: only some of the steps are looked at then.

>>> import operator
>>> from lrcurves import Linear
>>> run = Run(Linear(0.0, 1.0, steps=10**12), 10**12)
>>> run.total() == (10**12 - 1) / 2, run.first(operator.gt, 0.25)
(True, 250000000001)
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice, pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from ._domains import Interval, shown
from ._jets import EPS, SAME_RATE, first
from ._seams import Smooth, pieces
from .combine import Sequential
from .schedule import Recipe, Schedule

if TYPE_CHECKING:
    from numpy import ndarray

DENSE = 1 << 22
"""Of so many steps each is looked at."""

MOST_PIECES = 1000
"""A run of more pieces is looked at step by step."""

LONGEST_DENSE = 1 << 32
"""Steps that take seconds; a run of more, and of too many pieces, is refused."""

BLOCK = 1 << 20
"""So many rates are held at once."""

SHORT = 1 << 12
"""So many steps of a piece are summed one by one, at its ends and wherever it is steep."""

NODES = 16
"""Of a Gauss rule; in an interval as far from an end as it is long they are exact enough."""

NEAR = 1 << 12
"""Around a peak that was found from the slope so many steps are looked at on either side."""

MOST_RATES = 1 << 26
"""A quick search computes no more rates in arrays, times the formulas that each is made of."""

MOST_SLOPES = 1 << 14
"""Likewise for slopes, each of which takes as long as a few thousand rates."""

SLOPES_PER_PIECE = 24
"""So many it takes about to find where a piece ends."""

STEPS = Interval(1, 2.0**53, whole=True)

Test = Callable[[Any, float], Any]
"""How a rate, or each of an array of rates, compares with a level: as in ``operator``."""


class Span(NamedTuple):
    """Some steps of a run, from ``start`` up to, but without, ``stop``.

    Args:
        start: the first step.
        stop: the step after the last.
        piece: the smooth piece in which they all lie; ``None`` if there are several or few.
        level: the rate of a piece in which it does not change.
        every: one of so many steps is looked at.
    """

    start: int
    stop: int
    piece: Smooth | None = None
    level: float | None = None
    every: int = 1


class Sample(NamedTuple):
    """A step of a smooth piece, its rate and its slope."""

    t: int
    lr: float
    slope: float


def checked_run(function: str, schedule: Schedule, steps: float) -> int:
    """Return a number of steps as an ``int``, or refuse it or the schedule."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"{function}: schedule must be a schedule, got {shown(schedule)}")
    return int(STEPS.validated(f"{function}: steps", steps))


class Run:
    """The rates of a schedule at the whole steps 0, 1, ..., ``steps``.

    Args:
        schedule: the schedule.
        steps: the number of updates, from 0 to ``steps - 1``; the rate at ``steps``, where the
            run is over, is searched but not summed.
        quick: whether to look at some of the steps only if all of them would take longer than
            a second or two. Such a run has a ``peak()``, the highest rate that was seen, and
            can tell when it has ``settled()``.

    Raises:
        ValueError: if the run is both too long to look at every step and made of too many
            pieces, and not to be quick.
    """

    def __init__(self, schedule: Schedule, steps: int, *, quick: bool = False) -> None:
        self.schedule = schedule
        self.steps = steps
        self._sampled: dict[Span, list[Sample]] = {}
        formulas = at_once(schedule) if quick else 0
        most = MOST_SLOPES // (SLOPES_PER_PIECE * formulas) if quick else MOST_PIECES
        smooth: list[Smooth] = []
        if steps > DENSE:
            smooth = list(islice(pieces(schedule, steps), most + 1))
            if len(smooth) > most:
                smooth = []
        if quick and not smooth and steps * formulas > MOST_RATES:
            self._spans = tuple(self._some(formulas))
            return
        if not smooth and steps > LONGEST_DENSE:
            raise ValueError(
                f"steps must be <= {LONGEST_DENSE} for a schedule of more than {MOST_PIECES}"
                f" pieces, got {steps}: look at a shorter run of it"
            )
        self._spans = tuple(self._cut(smooth))
        if quick and _slopes(self._spans) * formulas > MOST_SLOPES:
            self._spans = tuple(self._some(formulas))

    def _some(self, formulas: int) -> Iterator[Span]:
        """Yield steps at the start and at the end, and some that are between them."""
        size = min(max(MOST_RATES // (4 * formulas), NEAR), BLOCK, self.steps // 3)
        last = self.steps - size
        yield Span(0, size)
        yield Span(size, last, every=math.ceil((last - size) / size))
        yield Span(last, self.steps)

    def _cut(self, smooth: Sequence[Smooth]) -> Iterator[Span]:
        """Yield long pieces, and all other steps."""
        begun = 0
        for piece in smooth:
            start, stop = math.ceil(piece.start), min(math.ceil(piece.stop), self.steps)
            if stop - start > 4 * SHORT:
                yield from self._blocks(begun, start)
                yield Span(start, stop, piece, _level(piece))
                begun = stop
        yield from self._blocks(begun, self.steps)

    @staticmethod
    def _blocks(start: int, stop: int) -> Iterator[Span]:
        for at in range(start, stop, BLOCK):
            yield Span(at, min(at + BLOCK, stop))

    def _rates(self, start: int, stop: int, every: int = 1) -> ndarray[Any, Any]:
        return self.schedule.lr_array(range(start, stop, every))

    def total(self) -> float:
        """Return the sum of the rates of all updates.

        The relative error is below 1e-13 in addition to that of the rates.
        """
        import numpy as np

        with np.errstate(over="ignore"):
            sums = [part for span in self._spans for part in self._sums(span)]
        whole = sum(sums)
        return math.fsum(sums) if whole < math.inf else whole

    def _sums(self, span: Span) -> Iterator[float]:
        """Yield some sums that together make that of a span."""
        if span.piece is None:
            yield float(self._rates(span.start, span.stop).sum())
        elif span.level is not None:
            yield span.level * (span.stop - span.start)
        else:
            yield from _Sum(span.piece).over(span.start, span.stop)

    def peak(self) -> tuple[int, float]:
        """Return the first step with the largest rate, and that rate.

        In a run that is too long to look at every step, of several steps whose rates are the
        same but for rounding it may be another.
        """
        best = self.steps, self.schedule.lr(self.steps)
        for span in self._spans:
            for start, stop in self._tops(span):
                rates = self._rates(start, stop)
                i = int(rates.argmax())
                found = start + i, float(rates[i])
                if found[1] >= best[1] and (found[1] > best[1] or found[0] < best[0]):
                    best = found
        return best

    def _tops(self, span: Span) -> Iterator[tuple[int, int]]:
        """Yield ranges of steps that hold the largest rates of a span."""
        if span.every > 1:
            seen = self._rates(span.start, span.stop, span.every)
            top = span.start + int(seen.argmax()) * span.every
            yield max(top - NEAR, span.start), min(top + NEAR, span.stop)
            return
        if span.piece is None:
            yield span.start, span.stop
            return
        if span.level is not None:
            yield span.start, span.start + 1
            return
        samples = self._samples(span, span.piece)
        highest = max(samples, key=lambda sample: sample.lr)
        tops = {highest.t}
        for low, high in pairwise(samples):
            if low.slope > 0.0 > high.slope:
                tops.add(_turn(span.piece, low, high))
        for top in sorted(tops):
            yield max(top - NEAR, span.start), min(top + NEAR, span.stop)

    def first(self, test: Test, level: float, since: int = 0) -> int | None:
        """Return the first step from ``since`` on whose rate passes a test, if any does.

        A table may differ from ``lr(t)`` by its rounding: so close to the level ``lr(t)``
        decides.

        Args:
            test: a comparison of a rate, or of an array of them, with the level.
            level: a rate.
            since: the first step to look at.
        """
        for span in self._spans:
            if span.stop > since:
                part = span._replace(start=max(span.start, since))
                found = self._first_in(part, test, level)
                if found is not None:
                    return found
        return self.steps if test(self.schedule.lr(self.steps), level) else None

    def settled(self) -> int:
        """Return the first step from which on the rate stays the same, but for rounding.

        Where a table is close to the limit ``lr(t)`` decides, as in :meth:`first`.
        """
        last = self.schedule.lr(self.steps)

        def stays(rates: Any, share: float = 1.0) -> Any:
            return abs(rates - last) <= share * SAME_RATE * last

        for span in reversed(self._spans):
            since = self._since(span, stays)
            if since > span.start:
                return since
        return 0

    def _since(self, span: Span, stays: Callable[..., Any]) -> int:
        """Return the step of a span from which on all of its rates pass a test."""
        if span.level is not None:
            return span.start if stays(span.level) else span.stop
        if span.piece is None:
            rates = self._rates(span.start, span.stop, span.every)
            surely_others, others = (_up_to_last(~stays(rates, share)) for share in (1.5, 0.5))
            start = span.start + max((surely_others - 1) * span.every + 1, 0)
            stop = min(span.start + others * span.every, span.stop)
            return self._between(start, stop, stays)
        samples = self._samples(span, span.piece)
        if not stays(samples[-1].lr):
            return span.stop
        for low, high in reversed(list(pairwise(samples))):
            if not stays(low.lr):
                return self._between(low.t, high.t, stays)
        return span.start

    def _between(self, low: int, high: int, stays: Callable[[Any], Any]) -> int:
        """Return the first step from ``low`` on whose rate passes a test, as at ``high``."""
        steps = range(low, high)
        return low + bisect_left(steps, True, key=lambda t: bool(stays(self.schedule.lr(t))))

    def _samples(self, span: Span, piece: Smooth) -> list[Sample]:
        if span not in self._sampled:
            self._sampled[span] = _samples(piece, span.start, span.stop)
        return self._sampled[span]

    def _first_in(self, span: Span, test: Test, level: float) -> int | None:
        def passes(t: int) -> bool:
            return bool(test(self.schedule.lr(t), level))

        if span.piece is None:
            return self._first_of(span, test, level, passes)
        if span.level is not None:
            return span.start if test(span.level, level) else None
        samples = self._samples(span, span.piece)
        if test(samples[0].lr, level):
            return span.start
        for low, high in pairwise(samples):
            ends = [high.t]
            if low.slope * high.slope < 0.0:  # between them it is lowest, or highest
                turn = _turn(span.piece, low, high)
                ends = [turn - 1, turn, high.t]
            for end in ends:
                if passes(end):
                    return low.t + bisect_left(range(low.t, end), True, key=passes)
        return None

    def _first_of(
        self, span: Span, test: Test, level: float, passes: Callable[[int], bool]
    ) -> int | None:
        """Return the first step of a table whose rate passes a test."""
        import numpy as np

        rates = self._rates(span.start, span.stop)
        unsure = abs(rates - level) <= SAME_RATE * level
        sure = test(rates, level) & ~unsure
        found = int(sure.argmax()) if sure.any() else len(rates)
        near = np.flatnonzero(unsure[:found])
        parted = (np.diff(near) != 1) | (np.diff(rates[near]) != 0.0)
        # On a plateau, or as good as one, the first and the last step tell of all.
        for plateau in np.split(near, np.flatnonzero(parted) + 1):
            ends = [span.start + int(i) for i in plateau[[0, -1]]] if len(plateau) else []
            if any(map(passes, ends)):
                low, high = ends
                return (
                    low
                    if passes(low)
                    else low + bisect_left(range(low, high), True, key=passes)
                )
        return span.start + found if found < len(rates) else None


def _up_to_last(x: Any) -> int:
    """Return after how many truth values there is no true one any more."""
    return len(x) - int(x[::-1].argmax()) if x.any() else 0


def at_once(schedule: Schedule) -> int:
    """Return of how many formulas a rate is made at most, those of operators included.

    >>> from lrcurves import Constant, Cosine, Linear
    >>> at_once(Linear(0.0, 1.0, 10) >> Constant(0.1) + Cosine(0.9, 90))
    4
    """
    if isinstance(schedule, Recipe):
        return at_once(schedule._derived)
    values = (value for _, value in schedule._items())
    items = chain.from_iterable(x if isinstance(x, tuple) else (x,) for x in values)
    held = [at_once(item) for item in items if isinstance(item, Schedule)]
    return 1 + (max(held) if isinstance(schedule, Sequential) else sum(held))


def _slopes(spans: Iterable[Span]) -> int:
    """Return how many slopes a search of some spans takes."""
    long = (span for span in spans if span.piece is not None and span.level is None)
    return sum(4 * len(_graded(span.start, span.stop)) for span in long)


def _level(piece: Smooth) -> float | None:
    """Return the rate of a piece that is level, else ``None``."""
    jets = [piece.at(piece.start + (piece.stop - piece.start) * i / 4.0) for i in range(5)]
    rate = jets[0].lr
    if any(jet.slope or jet.bend or abs(jet.lr - rate) > SAME_RATE * rate for jet in jets):
        return None
    return rate


def _turn(piece: Smooth, low: Sample, high: Sample) -> int:
    """Return the first step after a rate, between two steps, has been highest or lowest."""
    way = math.copysign(1.0, low.slope)
    t = first(lambda t: piece.at(t).slope * way <= 0.0, float(low.t), float(high.t), math.nan)
    return min(max(math.ceil(t), low.t + 1), high.t)


def _graded(start: int, stop: int) -> list[int]:
    """Return steps from ``start`` to ``stop``, ever closer together towards both ends."""
    middle = (start + stop) // 2
    steps = {start, middle, stop}
    size = SHORT
    while 2 * size < stop - start:
        steps |= {start + size, stop - size}
        size *= 2
    return sorted(steps)


def _samples(piece: Smooth, start: int, stop: int) -> list[Sample]:
    """Return some steps of a smooth piece with their slopes, more of them near its ends."""
    edges = _graded(start, stop - 1)
    steps = {start, stop - 1}
    for low, high in pairwise(edges):
        steps |= {low + (high - low) * i // 4 for i in range(4)}
    found = []
    for t in sorted(steps):
        jet = piece.at(float(t))
        found.append(Sample(t, jet.lr, jet.slope))
    return found


class _Sum:
    """The sum of the rates at the whole steps of a smooth piece."""

    def __init__(self, piece: Smooth) -> None:
        from numpy.polynomial.legendre import leggauss

        self._piece = piece
        self._nodes, self._weights = leggauss(NODES)

    def over(self, start: int, stop: int) -> Iterator[float]:
        """Yield some sums that together make that from ``start`` up to ``stop``."""
        edges = _graded(start, stop)
        first, *middle, last = pairwise(edges)
        yield self._one_by_one(*first)
        yield self._one_by_one(*last)
        integrals = [self._integral(low, high) for low, high in middle]
        if not all(map(math.isfinite, integrals)):
            yield math.inf
            return
        # What is as small as the rounding of the whole need not be known any better.
        enough = 2.0**-12 * sum(integrals)
        parts = list(zip(middle, integrals, strict=True))
        while parts:
            (low, high), integral = parts.pop()
            half = (low + high) // 2
            left, right = self._integral(low, half), self._integral(half, high)
            correction, unsure = self._correction(low, high)
            error = abs(left + right - integral) + unsure
            if error <= 64.0 * EPS * (left + right + enough):
                yield left
                yield right
                yield correction
            elif high - low <= 2 * SHORT:
                yield self._one_by_one(low, high)
            else:
                parts += [((low, half), left), ((half, high), right)]

    def _one_by_one(self, start: int, stop: int) -> float:
        return float(self._piece.schedule.lr_array(range(start, stop)).sum())

    def _integral(self, low: int, high: int) -> float:
        half = (high - low) / 2.0
        rates = self._piece.schedule.lr_array(low + half + half * self._nodes)
        return float(half * (self._weights @ rates))

    def _correction(self, low: int, high: int) -> tuple[float, float]:
        """Return what a sum has in excess of an integral, and about how uncertain that is."""
        a, b = self._piece.at(float(low)), self._piece.at(float(high))
        inner, outer = self._piece.at(low + 1.0), self._piece.at(high - 1.0)
        third = abs(b.bend - outer.bend) + abs(inner.bend - a.bend)
        return (a.lr - b.lr) / 2.0 + (b.slope - a.slope) / 12.0, third / 720.0
