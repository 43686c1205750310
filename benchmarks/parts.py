"""Runs of many parts: what a sequence of ten or of a thousand costs."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from lrcurves import Cosine, Linear, Sequential


@dataclass(frozen=True)
class Parts:
    """A run in parts of equal length, a whole number, so that nobody rounds where they meet.

    Args:
        knots: the times at which they meet, and the rates there.
    """

    knots: tuple[tuple[float, ...], tuple[float, ...]]

    @classmethod
    def of(cls, steps: int, count: int) -> Parts:
        """Return parts that go down and up again, ever less."""
        times = tuple(float(steps // count * i) for i in range(count + 1))
        rates = tuple(0.1 * (1 - 0.5 * i / count) * (1 - i % 2 / 2) for i in range(count + 1))
        return cls((times, rates))

    def lines(self) -> Sequential:
        """Return the polygon through all knots."""
        length, rates = self.knots[0][1], self.knots[1]
        return Sequential(tuple(Linear(*ends, length) for ends in pairwise(rates)))

    def cosines(self) -> Sequential:
        """Return a cosine to 0 from each knot but the last."""
        length, rates = self.knots[0][1], self.knots[1]
        return Sequential(tuple(Cosine(rate, length) for rate in rates[:-1]))
