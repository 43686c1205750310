"""Timing in turns: a noisy moment of the machine then hits all rivals alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import ceil
from statistics import quantiles
from time import perf_counter

FEWEST, MOST = 5, 99
"""Rounds: with fewer, quartiles say nothing; more do not make them better."""


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Args:
        sizes: the lengths of the tables.
        seconds: to spend on one row, unless the fewest rounds take longer.
        turn: how long one turn of one rival lasts at least, in seconds; far above the
            resolution of the clock.
        launches: of fresh processes.
    """

    sizes: tuple[int, ...]
    seconds: float
    turn: float
    launches: int


FULL = Effort(sizes=(10**6, 10**7), seconds=0.6, turn=0.004, launches=15)
QUICK = Effort(sizes=(10**4,), seconds=0.01, turn=0.0005, launches=3)


@dataclass(frozen=True)
class Spread:
    """A median between its quartiles."""

    low: float
    median: float
    high: float

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        return cls(*quantiles(values, n=4, method="inclusive"))


@dataclass(frozen=True)
class Rounds:
    """What each rival took in each round, in seconds."""

    seconds: Mapping[str, list[float]]

    def __len__(self) -> int:
        return min(map(len, self.seconds.values()))

    def cost(self, rival: str, unit: float) -> Spread:
        """Return what a rival took, in units of so many seconds."""
        return Spread.of(taken / unit for taken in self.seconds[rival])

    def ratio(self, rival: str, other: str) -> Spread:
        """Return how many times as long as the other a rival took, compared round by round."""
        pairs = zip(self.seconds[rival], self.seconds[other], strict=True)
        return Spread.of(a / b for a, b in pairs)


def take_turns(rivals: Mapping[str, Callable[[], object]], effort: Effort) -> Rounds:
    """Run all rivals once per round, each round in another order."""
    repeats = {name: _repeats(run, effort.turn) for name, run in rivals.items()}
    order = list(rivals)
    seconds: dict[str, list[float]] = {name: [] for name in order}
    deadline = perf_counter() + effort.seconds
    for i in range(MOST):
        if i >= FEWEST and perf_counter() > deadline:
            break
        for name in order:
            seconds[name].append(_timed(rivals[name], repeats[name]))
        order.append(order.pop(0))
    return Rounds(seconds)


def _repeats(run: Callable[[], object], turn: float) -> int:
    """Return how often to repeat a run that makes one turn."""
    once = min(_timed(run, 1), _timed(run, 1))  # the first may load and allocate
    return ceil(turn / once)


def _timed(run: Callable[[], object], repeats: int) -> float:
    collecting = gc.isenabled()
    gc.disable()  # as timeit does: a collection would hit whoever's turn it is
    try:
        begin = perf_counter()
        for _ in range(repeats):
            run()
        return (perf_counter() - begin) / repeats
    finally:
        if collecting:
            gc.enable()
