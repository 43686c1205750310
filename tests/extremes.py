"""Schedules at the edges of what may be written: rates of 0 and 1e300, steps of 1e-290.

Each number is drawn from the ends of its domain, from beside them, and now and then from what
is usual, so that extremes meet one another and the ordinary.
"""

from __future__ import annotations

import math
from random import Random
from typing import Any

import strategies
from hypothesis import strategies as st
from strategies import Magnitude, landmarks

from lrcurves import Schedule, Sequential, Until
from lrcurves._domains import LONGEST, SHORTEST, Interval, OneOf, OrNone, TupleOf, YesOrNo

SMALL = (5e-324, 2.0**-1074 * 3, 1e-308, 1e-300)
LARGE = (1e300, 1.7e308)

EXTREMES: dict[Magnitude, tuple[float, ...]] = {
    strategies.RATE: (0.0, *SMALL, 1e-30, 1.0, 1e30, *LARGE),
    strategies.GAMMA: (*SMALL, 1e-8, 0.999, 1.0, 1.001, 2.0, 10.0, 1e8, *LARGE),
    strategies.GROWTH: (1.0, 1.0, 2.0, 10.0, 1e9, *LARGE),
    strategies.WARP: (0.125, 1.0, 2.0, 1e3, *LARGE),
    strategies.POWER: (*SMALL, 0.03, 0.5, 1.0, 2.0, 1e3, *LARGE),
    strategies.TIME: (SHORTEST, 1e-12, 1.0, 10.0, 1e3, 1e6, 2.0**31, 1e12, 2.0**53, LONGEST),
    strategies.FACTOR: (0.0, *SMALL, 0.1, 1.0, 2.0, *LARGE),
    strategies.STRETCH: (SHORTEST, 1e-3, 1.0, 391.0, 1e12, LONGEST),
}
"""The ends of what a number may be, by what it is; in between what turns something over."""

TIMES = (0.0, 5e-324, 1e-300, 0.5, 1.0, 1e3, 1e6, 2.0**31, 1e12, 1e15, 2.0**53)


def extremes(max_depth: int = 3) -> st.SearchStrategy[Schedule]:
    """Draw a schedule of extreme numbers, at most ``max_depth`` kinds deep."""
    return st.randoms(use_true_random=False).map(lambda rng: extreme(rng, max_depth))


def extreme(rng: Random, max_depth: int = 3) -> Schedule:
    """Return a schedule of any kind, of extreme numbers."""
    nested = strategies.kinds(nested=True) if max_depth > 1 else []
    return extreme_of(rng, rng.choice(strategies.kinds(nested=False) + nested), max_depth)


def extreme_of(rng: Random, kind: type[Schedule], max_depth: int = 2) -> Schedule:
    """Return a schedule of one kind; usual numbers where all extreme ones are refused."""
    for _ in range(100):
        count = rng.randint(1, 4)
        try:
            return kind(
                **{
                    name: _field(rng, kind, name, domain, count, max_depth)
                    for name, domain in kind._domains.items()
                }
            )
        except ValueError:
            continue
    return strategies.of_kind(rng, kind, max_depth)


def _field(
    rng: Random, kind: type[Schedule], name: str, domain: Any, count: int, max_depth: int
) -> Any:
    if isinstance(domain, OrNone):
        return rng.choice((None, _field(rng, kind, name, domain.item, count, max_depth)))
    if isinstance(domain, OneOf):
        return rng.choice(domain.words)
    if isinstance(domain, YesOrNo):
        return rng.random() < 0.5
    if isinstance(domain, Interval):
        return _number(rng, domain, strategies.magnitude(kind, name))
    if not strategies.holds_schedules(domain):
        # As many values as times, or one more.
        length = count + (kind.__name__ == "PiecewiseConstant" and name == "values")
        like = strategies.magnitude(kind, name)
        several = [_number(rng, domain.item, like) for _ in range(length)]
        return tuple(sorted(several) if domain.order else several)
    if not isinstance(domain, TupleOf):
        return extreme(rng, max_depth - 1)
    parts = [extreme(rng, max_depth - 1) for _ in range(rng.randint(1, 3))]
    if kind is Sequential:
        parts[:-1] = [
            Until(part, rng.choice((1.0, 1e3, 1e12))) if part.end == math.inf else part
            for part in parts[:-1]
        ]
    return tuple(parts)


def _number(rng: Random, domain: Interval, like: Magnitude) -> float:
    for _ in range(1000):
        if math.isfinite(domain.low) and math.isfinite(domain.high):
            x = rng.choice((domain.low, domain.low + 1e-300, 0.5, domain.high))
        else:
            x = rng.choice(EXTREMES[like] if rng.random() < 0.6 else like.usual)
            x *= rng.choice((1.0, 1.0, 3.0))
        if domain.low < 0 and rng.random() < 0.5:
            x = -x
        if x in domain:
            return x
    raise AssertionError(f"no number for {domain!r}")


def far_and_near(schedule: Schedule) -> list[float]:
    """Return times at which something may happen, and beside them, from 5e-324 to 2**53."""
    ts = set(TIMES)
    for mark in landmarks(schedule)[:6]:
        ts |= {mark, mark / 2, math.nextafter(mark, 0), math.nextafter(mark, math.inf)}
        ts |= {2 * mark, 3 * mark}
    return sorted(t for t in ts if t <= 2.0**53)
