"""Cycles of no whole number of steps in a range: each is a row of a matrix."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from test_accuracy import Miss, assert_kept, eps_between
from test_grid import miss_at

from lrcurves import (
    WSD,
    Cosine,
    CosineRestarts,
    Cyclic,
    Floor,
    Linear,
    MultiStep,
    PolynomialRestarts,
    Product,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Sum,
    Until,
    Warmup,
)
from lrcurves import _grid as grid
from lrcurves import _layout as layout
from lrcurves import _passed as passed
from lrcurves import _rows as rows
from lrcurves._matrix import Line, Products, Ramp
from lrcurves._requests import Split

Array = np.ndarray[Any, Any]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Return how many points were computed as cycles, and how many of them by themselves."""
    points = {"cycles": 0, "by themselves": 0}
    cycles, by_point = rows.fill_cycles, rows._point_by_point

    def counted_cycles(formula: Any, times: range, starts: Array, out: Array) -> None:
        points["cycles"] += int(starts[-1] - starts[0])
        cycles(formula, times, starts, out)

    def counted(formula: Any, times: range, starts: Array, width: int, out: Array) -> None:
        points["by themselves"] += len(starts) * width
        by_point(formula, times, starts, width, out)

    monkeypatch.setattr(grid, "SHORTEST_OF_CYCLES", 0)
    monkeypatch.setattr(layout, "fill_cycles", counted_cycles)
    monkeypatch.setattr(rows, "_point_by_point", counted)
    return points


def checked(
    schedule: Schedule, period: float, ts: range, rates: Any, rng: Random, count: int
) -> list[Miss]:
    """Return how wrong some rates are, half of them beside the ends of cycles."""
    found: list[Miss] = []
    for i in range(count):
        at = rng.randrange(len(ts))
        if i % 2:
            end = round((math.ceil(ts[at] / period) * period - ts.start) / ts.step)
            at = min(max(end + rng.randint(-1, 1), 0), len(ts) - 1)
        found += miss_at(schedule, float(ts[at]), float(rates[at]))
    return found


CURVES: list[tuple[Schedule, float]] = [
    (CosineRestarts(0.1, 1_047.2), 1_047.2),
    (CosineRestarts(0.1, 333.3, 0.01, peak_mult=0.999), 333.3),
    (CosineRestarts(0.1, 100 * math.pi, 0.01), 100 * math.pi),
    (PolynomialRestarts(0.1, 777.7, 0.01, 2), 777.7),
    (PolynomialRestarts(0.1, 777.7, 0.01, 0.5), 777.7),
    (StepDecay(0.1, 0.999, 1_047.2), 1_047.2),
    (StepDecay(0.1, 0.9, 60.3, floor="offset"), 60.3),
    (Staircase(Cosine(0.1, 90_000, 0.01), 333.3), 333.3),
    (Floor(CosineRestarts(0.1, 1_047.2), 0.01), 1_047.2),
    (Cyclic(0.1, 0.2, 523.6, every=1_047.2), 1_047.2),
    (Cyclic(0.1, 0.2, 523.6, mode="exp_range", gamma=0.99999), 523.6),
    (Repeat(Linear(0, 0.1, 100.7) >> Cosine(0.1, 900.2, 0.001)), 1_000.9),
    (Shift(CosineRestarts(0.1, 1_047.2, 0.01), 300.5), 1_047.2),
    (Linear(0, 0.1, 5_000.5) >> CosineRestarts(0.1, 1_047.2, 0.001), 1_047.2),
    (Sum((CosineRestarts(0.1, 1_047.2), WSD(0.1, 90_000, 1_000, 30_000))), 1_047.2),
    (Product((StepDecay(0.1, 0.999, 1_047.2), Cosine(1.0, 90_000, 0.01))), 1_047.2),
]
RANGES = [
    range(100_000),
    range(99_999, -1, -1),
    range(7, 300_007, 3),
    range(300_000, 0, -3),
    range(10**9, 10**9 + 100_000),
]


@pytest.mark.parametrize("ts", RANGES, ids=repr)
@pytest.mark.parametrize(("schedule", "period"), CURVES, ids=repr)
def test_cycles_of_any_length_keep_the_promise(
    schedule: Schedule, period: float, ts: range, ways: dict[str, int]
) -> None:
    rates = schedule.lr_array(ts)
    if ts.step in (1, -1):
        assert ways["cycles"] > 0.9 * len(ts)
    assert ways["by themselves"] < 0.05 * len(ts)
    assert_kept(checked(schedule, period, ts, rates, Random(repr((schedule, ts))), 80))
    assert rates[0] == schedule.lr(ts[0])
    assert rates[-1] == schedule.lr(ts[-1])


@pytest.mark.parametrize("seed", range(40))
def test_periods_of_any_length_keep_the_promise(seed: int) -> None:
    rng = Random(seed)
    period = rng.choice([1.0, 0.5, 1.0 + 1e-9]) * round(
        10.0 ** rng.uniform(1.4, 4.5), rng.randint(0, 9)
    )
    schedule = rng.choice(
        [
            CosineRestarts(0.1, period, 0.001),
            StepDecay(0.1, 0.9999, period),
            Cyclic(0.1, 0.2, period / 3, period / 1.5),
            Staircase(Cosine(0.1, 1e6, 0.01), period),
        ]
    )
    step, size = rng.choice([1, 1, 2, 5, -1, -4]), rng.randint(8_192, 200_000)
    low = rng.choice([0, round(period), rng.randint(0, 10**6), 10**11])
    ts = range(low, low + size * abs(step), abs(step))
    ts = ts if step > 0 else ts[::-1]
    assert_kept(checked(schedule, period, ts, schedule.lr_array(ts), rng, 60))


@pytest.mark.parametrize(("schedule", "period"), CURVES[:12], ids=repr)
def test_any_output_holds_the_rates_of_cycles(schedule: Schedule, period: float) -> None:
    ts = range(round(57 * period))
    expected = schedule.lr_array(ts)
    for out in (
        np.empty(len(ts), np.float32),
        np.empty(len(ts), np.longdouble),
        np.empty(3 * len(ts))[::3],
        np.empty(len(ts))[::-1],
        np.empty(2 * len(ts), np.float32)[::-2],
    ):
        schedule.lr_array(ts, out=out)
        assert np.array_equal(out, expected.astype(out.dtype))


def test_every_point_of_many_cycles_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    """So few at once that there are many parts, and an end in each."""
    schedule = CosineRestarts(0.1, 100 * math.pi, 0.01)
    ts = range(200_000)
    expected = schedule.lr_array(ts)
    monkeypatch.setattr(passed, "MOST_CYCLES", 37)
    some = np.full(200_000, math.nan)
    schedule.lr_array(ts, out=some)
    np.testing.assert_allclose(some, expected, rtol=8 * 2.0**-52, atol=0)


@pytest.mark.parametrize("size", [2.0**-52, 2.0**-46, 2.0**-40, 2.0**-36])
@pytest.mark.parametrize("period", [25, 32, 50, 100])
@pytest.mark.parametrize("step", [1, -1])
def test_a_time_that_is_rounded_across_the_end_of_a_cycle_is_written(
    period: int, size: float, step: int, ways: dict[str, int]
) -> None:
    """A cycle starts late, and the next one on time: there are three lengths of cycles."""
    for part in (0.51, 0.55, 0.6, 0.75, 1.0):
        for low in (1.0, 5.0, 1_000.0):
            schedule = Warmup(CosineRestarts(0.1, period), steps=low * (1.0 + part * size))
            out = np.full(100_000, math.nan)
            schedule.lr_array(range(100_000)[::step], out=out)
            assert not np.isnan(out).any()


@pytest.mark.parametrize("step", [1, 3, -1, -7])
@pytest.mark.parametrize("every", [24.1, 77.0, 100 * math.pi, 1_047.2, 2_999.999])
def test_a_cycle_starts_where_the_count_of_whole_ones_rises(every: float, step: int) -> None:
    times = range(5, 5 + 40_000 * abs(step), abs(step))[:: 1 if step > 0 else -1]
    t = layout._ramp(times, layout.Region(0, 40_000), 200, 200)
    wholes = np.floor_divide(np.array(times, float), every)
    expected = np.flatnonzero(np.diff(wholes)) + 1
    assert passed.starts(t, every, float(len(expected))).tolist() == expected.tolist()


@pytest.mark.parametrize("mean", [25.0, 30.3, 33.5, 10 * math.pi, 47.999])
def test_rows_are_written_wherever_they_begin(mean: float) -> None:
    starts = np.ceil(np.arange(500) * mean).astype(int) + 3
    width = int(np.diff(starts).min())
    out = np.full(starts[-1] + width + 5, math.nan)
    a, b = np.arange(500.0), np.arange(width) / 100.0
    ramp = Ramp(a, b, Line(b, is_long=False, is_cycle=True))
    rows._write_rows(ramp, starts, width, out)

    expected = np.full(out.shape, math.nan)
    for row, start in enumerate(starts):
        expected[start : start + width] = a[row] + b
    np.testing.assert_allclose(out, expected, rtol=1e-15)


# Where a cycle forks.


def columns_of(ask: Callable[[], Any]) -> list[tuple[int, int]]:
    with pytest.raises(Split) as caught:
        ask()
    return list(caught.value.columns)


@pytest.mark.parametrize("falls", [False, True])
def test_a_fork_in_a_cycle_splits_columns(falls: bool) -> None:
    """Some rows are beyond it in a column, others are not: that one is computed apart."""
    a, b = np.array([0.0, 0.4, 0.9, 0.1]), np.arange(20.0)
    t = Ramp(a, b[::-1].copy() if falls else b, Line(b, is_long=False, is_cycle=True))
    vocabulary = grid.Grid(1, 10**6, of_cycles=True)

    assert t.ends == (0.0, 19.9)
    for level, some, every in ((5.0, 5, 5), (5.5, 5, 6), (12.0, 12, 12), (18.95, 18, 19)):
        apart = (some, every)
        if falls:
            apart = tuple(20 - x for x in reversed(apart))
        found = columns_of(lambda level=level: vocabulary.minimum(t, level))
        assert columns_of(lambda level=level: vocabulary.pick(t, (level,), (1.0, 2.0))) == found
        ((first, last),) = found
        rows = t.a[:, None] + t.b
        beyond = rows < level if falls else rows >= level
        mixed = np.flatnonzero(beyond.any(0) & ~beyond.all(0))
        assert set(mixed) <= set(range(first, last))
        assert last - first <= 1
    assert vocabulary.minimum(t, 20.0) is t
    assert vocabulary.maximum(t, 20.0) == 20.0


def test_cycles_in_cycles_are_computed_by_points() -> None:
    schedule = Sum((CosineRestarts(0.1, 1_047.2), StepDecay(0.1, 0.99, 333.3)))
    rates = schedule.lr_array(range(200_000))
    for t in range(0, 200_000, 397):
        assert eps_between(rates[t], schedule.lr(t)) < 12


def test_products_know_their_rows() -> None:
    value = Products(np.arange(1.0, 7.0)[:, None], np.ones((1, 30)), 1.0, 6.0, 1, None)
    out = np.zeros(2_000)
    rows._write_rows(value, np.array([0, 40, 81, 121, 300, 340]), 30, out)
    assert [out[i] for i in (0, 29, 40, 81, 121, 300, 340, 369)] == [1, 1, 2, 3, 4, 5, 6, 6]
    assert not out[[30, 39, 70, 80, 111, 151, 299, 330, 370]].any()


@pytest.mark.parametrize(
    ("schedule", "period"),
    [
        (Repeat(Sequential(tuple(Linear(0.1, 0.01 * i, 100.7) for i in range(12)))), 1_208.4),
        (
            Sum((CosineRestarts(0.1, 333.3), Until(StepDecay(0.1, 0.9, 99_999), 70_001.5))),
            333.3,
        ),
        (Sum((CosineRestarts(0.1, 333.3), MultiStep(0.1, 0.5, (333, 334, 40_000)))), 333.3),
    ],
    ids=repr,
)
def test_forks_in_cycles_and_between_them_are_few(
    schedule: Schedule, period: float, ways: dict[str, int]
) -> None:
    """However many parts a cycle has, its columns are split, and its rows where time forks."""
    ts = range(120_000)
    rates = schedule.lr_array(ts)
    assert ways["cycles"] > 0.9 * len(ts)
    assert ways["by themselves"] < 0.2 * len(ts)
    assert_kept(checked(schedule, period, ts, rates, Random(0), 200))


@pytest.mark.parametrize(
    ("schedule", "tries"),
    [
        (Repeat(Sequential(tuple(Linear(0.1, 0.01 * i, 30.3) for i in range(40)))), 100),
        (Repeat(Linear(0, 0.1, 100.7) >> Cosine(0.1, 900.2, 0.001)), 0),
        (Repeat(Linear(0, 0.1, 10.7) >> Cosine(0.1, 20.2, 0.001)), 100),
    ],
    ids=["many forks", "no tries", "narrow parts"],
)
def test_what_cannot_be_laid_out_is_computed_point_by_point(
    schedule: Schedule, tries: int, ways: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rows, "tries_of", lambda points: tries or points // 30_000)
    rates = schedule.lr_array(range(30_000))
    assert ways["by themselves"] > 0.3 * ways["cycles"] > 5_000
    singles = [schedule.lr(t) for t in range(30_000)]
    np.testing.assert_allclose(rates, singles, rtol=12 * 2.0**-52, atol=0)
