"""The proof that every framework gives the same rate: rows of schedules, counts and rates.

Each example of the catalogue is written in ever shorter units of time, so that it lasts from a
thousand steps to the last count that an int32 holds; it is asked for at its seams and its ends,
beside them, and at random counts. What a framework answers in float32 must be ``lr(t)`` rounded
once; the last digit may differ where the exact rate lies between two floats, which is rare.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from random import Random

import numpy as np
from catalogue import EXAMPLES
from strategies import landmarks

from lrcurves import Schedule
from lrcurves.schedule import horizon

LENGTHS = (10**3, 10**6, 10**7, 10**9, 2**31 - 2)
LAST_COUNT = 2**31 - 1
SMALLEST_NORMAL = np.finfo(np.float32).tiny


@dataclass(frozen=True)
class Row:
    """A schedule of some length, the counts to ask for, and its rates in float32."""

    name: str
    length: int
    schedule: Schedule
    counts: tuple[int, ...]
    rates: tuple[float, ...]

    def neighbours(self, got: object) -> int:
        """Return how many rates differ in the last digit; fail if one differs by more."""
        want, answer = np.array(self.rates, np.float32), np.asarray(got)
        assert answer.dtype == np.float32, answer.dtype
        assert answer.shape == want.shape
        normal = want >= SMALLEST_NORMAL
        apart = np.abs(answer.view(np.int32).astype(np.int64) - want.view(np.int32))
        worst = int(np.where(normal, apart, 0).argmax())
        assert apart[worst] <= 1 or not normal[worst], (
            f"{self.schedule!r} at {self.counts[worst]}: got {answer[worst]!r},"
            f" want {want[worst]!r}"
        )
        # Below the normal numbers a compiler may round to 0, but nothing else.
        assert (np.abs(answer - want)[~normal] <= SMALLEST_NORMAL).all(), self.schedule
        return int(apart[normal].sum())


@cache
def rows() -> tuple[Row, ...]:
    """Return the rows: the same ones in every process."""
    return tuple(_rows(Random(20)))


def _rows(rng: Random) -> Iterator[Row]:
    for length in LENGTHS:
        for name, example in EXAMPLES.items():
            lasts = example.end if example.end < math.inf else horizon(example)
            schedule = example._stretched(length / lasts) if lasts > 0 else example
            marks = landmarks(schedule)
            chosen = [0.0, float(length), *rng.sample(marks, min(len(marks), 8))]
            near = {math.floor(mark) + i for mark in chosen for i in (-2, -1, 0, 1, 2)}
            random = {rng.randint(0, length) for _ in range(16)}
            counts = tuple(sorted(t for t in near | random if 0 <= t <= LAST_COUNT))
            rates = tuple(float(np.float32(schedule.lr(t))) for t in counts)
            yield Row(name, length, schedule, counts, rates)
