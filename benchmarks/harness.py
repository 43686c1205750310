"""Timing in turns: a noisy moment of the machine then hits all rivals alike."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from statistics import quantiles
from time import perf_counter

FEWEST, MOST = 4, 99
"""Rounds: with fewer, quartiles say nothing; more do not make them better."""


@dataclass(frozen=True)
class Effort:
    """How much to measure.

    Args:
        size: the length of the ranges.
        smaller: the length of the tables of which a peer takes seconds: other arrays, files.
        lengths: of the tables that show how time grows.
        seconds: to spend on one comparison, unless the fewest rounds take longer.
        turn: how long one turn of one rival lasts at least, in seconds; far above the
            resolution of the clock.
        calls: of a function, in a loop that counts as one run.
        launches: of fresh processes.
        complete: whether to take the time for all curves, and to import whole frameworks again
            and again.
        judged: whether the targets hold for these lengths.
    """

    size: int
    smaller: int
    lengths: tuple[int, ...]
    seconds: float
    turn: float
    calls: int
    launches: int
    complete: bool = True
    judged: bool = True


FULL = Effort(10**7, 2 * 10**6, tuple(10**i for i in range(2, 9)), 0.5, 0.004, 1000, 5)
QUICK = Effort(10**4, 10**4, (100, 1000, 10**4, 10**5), 0.002, 0.0002, 20, 2, False, False)


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
    """Run all rivals once per round, in an order that is drawn for each round."""
    order, seconds = list(rivals), {name: list[float]() for name in rivals}
    random = Random(0)  # nobody always finds the cache as the same rival has left it
    deadline = perf_counter() + effort.seconds
    for i in range(MOST):
        if i >= FEWEST and perf_counter() > deadline:
            break
        random.shuffle(order)
        for name in order:
            seconds[name].append(_turn(rivals[name], effort.turn))
    return Rounds(seconds)


def _turn(run: Callable[[], object], at_least: float) -> float:
    """Return the seconds that a run takes, repeated until the clock can tell."""
    collecting = gc.isenabled()
    gc.disable()  # as timeit does: a collection would hit whoever's turn it is
    try:
        repeats, taken, begin = 0, 0.0, perf_counter()
        while taken < at_least:
            for _ in range(repeats or 1):  # doubles, so that the clock is read a few times only
                run()
            repeats = 2 * repeats or 1
            taken = perf_counter() - begin
        return taken / repeats
    finally:
        if collecting:
            gc.enable()
