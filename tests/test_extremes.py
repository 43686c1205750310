"""One policy for numbers out of range, in every number system.

Whatever its fields, a schedule either refuses them with a ``ValueError`` when it is made, or
has a rate at every time: a number >= 0, infinite where it is too large for a float and 0 where
it is too small, and the same however it is asked for. No rate is ever NaN.
"""

from __future__ import annotations

import math
from random import Random

import pytest
from extremes import extreme_of, extremes, far_and_near
from hypothesis import example, given
from strategies import kinds, landmarks
from systems import FRAMEWORKS, SYSTEMS, in_a_range, in_floats

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Linear,
    Polynomial,
    PolynomialRestarts,
    Repeat,
    Schedule,
    Tanh,
)

SMALLEST = 1e-300
"""Below it numbers have lost digits, and systems differ in which."""

LARGEST = 1e307
"""Above it one system may overflow where another just does not."""


def is_alike(x: float, y: float) -> bool:
    """Return whether two systems mean the same rate; false for NaN."""
    if math.isinf(x) or math.isinf(y):
        return min(x, y) > LARGEST
    return abs(x - y) <= 1e-9 * max(x, y) + SMALLEST


def wrong(s: Schedule, system: str, ts: list[float]) -> list[tuple[float, float, float]]:
    """Return where a system gives another rate than the floats."""
    ask = (SYSTEMS | FRAMEWORKS)[system]
    rates = zip(ts, in_floats(s, ts), ask(s, ts), strict=True)
    return [(t, want, got) for t, want, got in rates if not is_alike(want, got)]


KNOWN: tuple[Schedule, ...] = (
    # 0 times inf, and inf less inf.
    Cyclic(0.1, 0.1, up=100, mode="exp_range", gamma=10.0),
    PolynomialRestarts(5e-324, period=1e-290, power=1e300, peak_mult=10.0),
    PolynomialRestarts(1.0, period=100, final_lr=0.1, power=3e300, peak_mult=6.0),
    Constant(0.0) * Exponential(1.0, gamma=10.0),
    0.0 * Exponential(1.0, gamma=10.0),
    Floor(Exponential(0.1, gamma=2.0), 0.01, mode="offset"),
    # A second cycle that is longer than all time.
    CosineRestarts(0.1, period=1000, period_mult=1e300),
    PolynomialRestarts(1e300, period=2.0**33, final_lr=0.01, period_mult=1e300, peak_mult=2.0),
    # A bound that underflows.
    Cosine(1e30, steps=1e-290, final_lr=1e-300, power=0.5, k_decay=0.125),
    Polynomial(0.1, steps=1e-200, k_decay=0.5),
    # A constant power of a constant that overflows.
    Repeat(Linear(0.1, 0.01, steps=10), peak_mult=3.0, count=1e300),
    Repeat(Tanh(0.1, steps=100, final_lr=1.0), peak_mult=1e300, count=3),
)


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("s", KNOWN, ids=repr)
def test_what_went_wrong_once_does_not_again(s: Schedule, system: str) -> None:
    assert wrong(s, system, far_and_near(s)) == []


@pytest.mark.parametrize("kind", [*kinds(nested=False), *kinds(nested=True)])
def test_extreme_fields_make_no_rate_that_is_not_a_number(kind: type[Schedule]) -> None:
    rng = Random(kind.__name__)
    for _ in range(60):
        s = extreme_of(rng, kind)
        for t, rate in zip(ts := far_and_near(s), in_floats(s, ts), strict=True):
            assert rate >= 0.0, (s, t)


@pytest.mark.parametrize("system", SYSTEMS)
@given(extremes())
def test_every_system_has_the_same_rate_of_extreme_fields(system: str, s: Schedule) -> None:
    assert wrong(s, system, far_and_near(s)) == []


@given(extremes())
@example(KNOWN[0])
def test_a_range_has_the_same_rates_of_extreme_fields(s: Schedule) -> None:
    for mark in [0.0, *landmarks(s)][:4]:
        for step in (1, 10**6, 2**30):
            start = max(math.floor(min(mark, 2.0**52)) - 4000 * step, 0)
            ts = range(start, start + 9000 * step, step)
            if ts[-1] <= 2**53:
                asked = (0, 1, 3999, 4000, 4001, 8999)
                got = in_a_range(s, ts)
                rates = zip(asked, in_floats(s, [float(ts[i]) for i in asked]), strict=True)
                assert all(rate >= 0.0 for rate in got)
                assert [i for i, want in rates if not is_alike(want, got[i])] == [], ts
