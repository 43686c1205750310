"""Formulas as calls of NumPy into a few buffers: as exact as promised, or left to others.

``python tests/test_straight.py SECONDS`` searches longer than the tests do, and prints what is
worst of each kind.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Any

import numpy as np
import pytest
from strategies import landmarks
from test_accuracy import EPS, LEAVES, NESTS, Miss, assert_kept
from test_cells import TIMES, assert_same, hunt, times_about
from test_grid import drawn, miss_at

from lrcurves import (
    REX,
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Geometric,
    InverseSqrt,
    InverseTime,
    Linear,
    Maximum,
    MultiStep,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    PowerLaw,
    Repeat,
    Schedule,
    Sequential,
    Staircase,
    StepDecay,
    Sum,
    Tanh,
    Warmup,
)
from lrcurves import _calls as calls
from lrcurves import _straight as straight
from lrcurves import _table as tables
from lrcurves._ops import FLOATS

KINDS = LEAVES | NESTS

Array = np.ndarray[Any, Any]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some times be many, and no strip hold them all."""
    monkeypatch.setattr(tables, "MANY", 16)
    monkeypatch.setattr(tables, "FEW", 16)
    monkeypatch.setattr(calls, "STRIP", 1_000)
    monkeypatch.setattr(straight, "STRIP", 1_000)


def program(schedule: Schedule, latest: float) -> calls.Program | None:
    with np.errstate(all="ignore"):  # as every table is made
        return straight.program(schedule._formula, latest)


def called(schedule: Schedule, latest: float) -> list[str]:
    """Return the names of the functions that are called for each strip."""
    found = program(schedule, latest)
    assert found is not None
    return [function.__name__ for function, _, _ in found.calls]


def misses_in(rng: Random, schedule: Schedule, times: Array) -> Iterator[Miss]:
    are_whole = bool((times == np.rint(times)).all() and times.max() < 2**53)
    ts = times.astype(np.int64) if are_whole else times
    found = program(schedule, float(ts.max()))
    if found is None:
        return
    out = np.full(times.shape, math.nan)
    with np.errstate(all="ignore"):
        found.run(ts, out)
    assert not np.isnan(out).any()
    for i in range(24):
        yield from miss_at(schedule, float(times[i]), float(out[i]))


def searched(kind: type[Schedule], rng: Random, draws: int) -> list[Miss]:
    """Return how wrong arrays of random schedules of a kind are."""
    found: list[Miss] = []
    for i in range(draws):
        schedule = drawn(rng, kind, whole=i % 4 > 0)
        times = times_about(rng, schedule, 300)
        found += misses_in(rng, schedule, times)
    return found


NEVER = {"Cosine", "CosineRestarts", "MultiStep", "OneCycle", "PiecewiseConstant", "Tanh"}
"""Kinds that have a sine, or as many pieces as there are, within most random times."""


@pytest.mark.parametrize("name", KINDS)
def test_a_program_of_any_kind_keeps_the_promise(name: str) -> None:
    rng = Random(f"straight {name}")
    found: list[Miss] = []
    for _ in range(25):
        found += searched(KINDS[name], rng, draws=4)
    assert_kept(found)
    assert found or name in NEVER


def test_seams_have_the_bits_of_single_calls() -> None:
    rng = Random("seams")
    seen = 0
    for name in sorted(LEAVES):
        for i in range(60):
            schedule = drawn(rng, LEAVES[name], whole=i % 2 > 0)
            marks = [0.0, *landmarks(schedule)]
            times = np.array([*marks, max(marks) + rng.choice([0.0, 0.5, 10.0])])
            found = program(schedule, float(times.max()))
            if found is None:
                continue
            out = np.empty(len(times))
            with np.errstate(all="ignore"):
                found.run(times, out)
            ends = {0.0, schedule.end}
            for t, lr in zip(times.tolist(), out.tolist(), strict=True):
                if t in ends:
                    assert lr == schedule.lr(t), (schedule, t)
                    seen += 1
    assert seen > 500


# What becomes a program.


CURVES: list[Schedule] = [
    Constant(0.1),
    Linear(0.1, 0.01, 90_000),
    Linear(0.0, 0.1, 90_000.5),
    Polynomial(0.1, 90_000, 0.01, power=3),
    Polynomial(0.0, 90_000, 0.1, power=0.5),
    Polynomial(0.1, 90_000, 0.01, k_decay=1.5),
    OneMinusSqrt(0.1, 90_000),
    REX(0.1, 90_000),
    Exponential(0.1, 0.9999),
    Exponential(0.1, 0.5, every=700),
    Geometric(0.1, 0.001, 200_000),
    InverseSqrt(0.1, 100),
    InverseTime(0.1, 0.5, 100),
    PowerLaw(0.1, 0.7, 100),
    StepDecay(0.1, 0.8, 3_000),
    StepDecay(0.1, 0.8, 3_000.7),
    StepDecay(0.1, 0.8, 3_000, "offset"),
    Staircase(Cosine(0.1, 90_000), 1_000),
    Staircase(Tanh(0.1, 90_000), 1_000),
    Cyclic(0.01, 0.1, up=2_000),
    Cyclic(0.1, 0.01, up=2_000.3, down=999),
    Cyclic(0.01, 0.1, up=2_000, mode="triangular2"),
    Repeat(Polynomial(0.1, 1_000.5, 0.01, power=2)),
    WSD(0.1, 90_000, 10_000, 30_000),
    Warmup(Exponential(0.1, 0.9999), 10_000),
    Floor(Linear(0.1, 0.0, 90_000), 0.01),
    Maximum((Linear(0.1, 0.0, 90_000), InverseSqrt(0.05, 1_000))),
    Linear(0.1, 0.0, 90_000) * StepDecay(1.0, 0.5, 10_000),
]

OTHERS: list[Schedule] = [
    Cosine(0.1, 90_000),
    Tanh(0.1, 90_000),
    CosineRestarts(0.1, 1_000),
    Cyclic(0.01, 0.1, up=2_000, mode="exp_range", gamma=0.9999),
    MultiStep(0.1, 0.5, (100, 200)),
    PiecewiseConstant((0.1, 0.01), (100,)),
    Exponential(0.1, 0.5, every=3.0),  # to 0 long before the last time
    Staircase(Cosine(0.1, 90_000), 0.7),  # more plateaus than a table should have
    Sequential(tuple(Linear(0.1, 0.0, 1_000) for _ in range(4))),
    StepDecay(0.1, 0.8, 1e-6),  # too many plateaus to count them in floats
]


@pytest.fixture
def programs_run(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Return a list that tells of each table whether a program was made."""
    made: list[bool] = []
    real = straight.program

    def kept(*args: Any, **options: Any) -> Any:
        found = real(*args, **options)
        made.append(found is not None)
        return found

    monkeypatch.setattr(straight, "program", kept)
    return made


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("schedule", CURVES, ids=repr)
def test_cheap_formulas_become_programs(schedule: Schedule, programs_run: list[bool]) -> None:
    for times in TIMES, TIMES.astype(np.int64):
        assert_same(schedule, schedule.lr_array(times), times)
    assert programs_run == [True, True]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("schedule", OTHERS, ids=repr)
def test_others_do_not(schedule: Schedule, programs_run: list[bool]) -> None:
    assert_same(schedule, schedule.lr_array(TIMES), TIMES)
    assert programs_run == [False]


@pytest.mark.usefixtures("small")
def test_a_formula_of_thousands_of_operations_is_left_to_others(
    programs_run: list[bool],
) -> None:
    lines = Sum(tuple(Linear(0.1, 0.01, 90_000 + i) for i in range(2_000)))
    np.testing.assert_allclose(lines.lr_array(TIMES[:99])[5], lines.lr(TIMES[5]), rtol=1e-12)
    assert programs_run == [False]


def test_what_is_used_often_is_looked_at_once() -> None:
    def formula(t: Any, xp: Any) -> Any:
        x = t / 64.0
        for _ in range(40):
            x = (x + x) / 3.0
        return xp.power(x, 2.0)

    assert straight.program(formula, 9.0) is None


def test_few_times_are_not_worth_a_program(programs_run: list[bool]) -> None:
    times = np.random.default_rng(0).uniform(0, 9, tables.MANY)
    CURVES[1].lr_array(times[1:])
    assert not programs_run
    CURVES[1].lr_array(times)
    assert programs_run == [True]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "times",
    [
        TIMES.astype(np.float32),
        TIMES.astype(np.longdouble),
        TIMES.astype(">f8"),
        TIMES.astype(np.uint32),
        TIMES.astype(np.int32)[::2],
        TIMES[::-3],
        TIMES.reshape(20, 30, 10),
        TIMES.reshape(60, 100).T,
        TIMES.reshape(60, 100)[::2, ::-3],
        np.append(TIMES, [0.0, -0.0]),
        TIMES + 2.0**20,
    ],
    ids=lambda times: f"{times.dtype}-{times.shape}-{times.strides}",
)
@pytest.mark.parametrize("i", [0, 1, 14, 19, 24])
def test_times_of_any_kind_are_computed(i: int, times: Array, programs_run: list[bool]) -> None:
    rates = CURVES[i].lr_array(times)
    assert programs_run == [True]
    assert rates.shape == times.shape
    assert_same(CURVES[i], rates, times)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("i", [0, 1, 14, 19, 24])
def test_an_output_of_any_kind_is_written(i: int, programs_run: list[bool]) -> None:
    times = TIMES.reshape(60, 100)
    for out in (
        np.empty((60, 100)),
        np.empty((60, 100), np.float32),
        np.empty((60, 100), ">f4"),
        np.empty((60, 100), ">f8"),
        np.empty((60, 100), np.longdouble),
        np.empty((100, 60)).T,
        np.empty((120, 300))[::2, ::-3],
    ):
        assert CURVES[i].lr_array(times, out=out) is out
        assert_same(CURVES[i], out, times)
    assert programs_run == [True] * 7


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("schedule", CURVES, ids=repr)
def test_times_may_be_written_over(schedule: Schedule, programs_run: list[bool]) -> None:
    expected = schedule.lr_array(TIMES)
    for times in TIMES.copy(), TIMES[::-1].copy()[::-1]:
        schedule.lr_array(times, out=times)
        np.testing.assert_array_equal(times, expected)
    shifted = np.append(TIMES, 7.0)
    schedule.lr_array(shifted[:-1], out=shifted[1:])
    np.testing.assert_array_equal(shifted[1:], expected)
    assert programs_run == [True] * 4


@pytest.mark.usefixtures("small")
def test_a_wrong_time_is_refused_before_anything_is_written() -> None:
    for wrong in (-1.0, math.nan, math.inf):
        times, out = np.append(TIMES, wrong), np.full(6_001, 7.0)
        with pytest.raises(ValueError, match=r"finite numbers >= 0, got .* at index 6000"):
            CURVES[1].lr_array(times, out=out)
        assert (out == 7.0).all()


# What is left out, and what is computed instead.


def test_no_bound_is_asked_for_that_no_time_reaches() -> None:
    line = Linear(0.1, 0.02, 64)
    assert called(line, 64.0) == ["subtract", "multiply", "add"]
    assert called(line, 64.5) == ["subtract", "fmax", "multiply", "add"]
    assert called(Linear(0.0, 0.1, 64), 63.0) == ["multiply"]
    assert called(Linear(0.0, 0.1, 64), 65.0) == ["fmin", "multiply"]
    assert called(Geometric(0.1, 0.01, 64), 63.9) == ["divide", "power_of", "multiply"]


@pytest.mark.parametrize(("steps", "share"), [(64.0, 0), (47.0, 0), (49.0, 1), (237.0, None)])
def test_a_reciprocal_is_taken_where_the_whole_stays_whole(
    steps: float, share: int | None
) -> None:
    """Or a neighbour of it, if that does it; there may be none."""
    inverse = 1.0 / steps
    near = [inverse, math.nextafter(inverse, 1.0), math.nextafter(inverse, 0.0)]
    whole = [steps * x == 1.0 for x in near]
    assert whole.index(True) == share if share is not None else not any(whole)

    call = "divide" if share is None else "multiply"
    root = Polynomial(0.1, steps, power=0.5)
    assert called(root, 10.0) == ["subtract", call, "sqrt", "multiply"]
    law = PowerLaw(0.1, 0.7, timescale=steps)
    assert called(law, 10.0) == ["add", call, "power", "multiply"]


def test_a_constant_goes_to_one_of_two_factors() -> None:
    """Both ways: what a share of steps is multiplied by, and what a product is."""
    decay = Polynomial(0.1, 2_000_000, 0.001, k_decay=1.5)
    assert called(decay, 1e6).count("multiply") == 5
    assert called(OneMinusSqrt(0.1, 2_000_000), 1e6).count("multiply") == 2


def run(formula: Any, times: list[float], latest: float) -> list[float]:
    rates = np.empty(len(times))
    made = straight.program(formula, latest)
    assert made is not None
    made.run(np.array(times), rates)
    return list(map(float, rates))


@pytest.mark.parametrize("i", range(1, 40))
def test_a_constant_in_a_product_leaves_the_first_rate_and_the_bounds(i: int) -> None:
    def product(t: Any, xp: Any) -> Any:
        return ((t + i) * 0.3) * ((t + 11.0) * 0.7) * 0.1

    limit = product(64.0, FLOATS)
    assert run(product, [0.0], 64.0) == [product(0.0, FLOATS)]
    for formula in (
        lambda t, xp: xp.minimum(product(t, xp), limit),
        lambda t, xp: 2.0 * limit - xp.maximum(2.0 * limit - product(t, xp), limit),
    ):
        assert max(run(formula, [63.0, 63.99, 64.0], 64.0)) <= limit


@pytest.mark.parametrize("steps", [47.0, 49.0, 237.0, 239.0, 1_003.0])
def test_a_multiple_that_comes_to_its_divisor_is_1_there(steps: float) -> None:
    for factor in (3.0, 0.3, 0.7, 11.0):
        whole = factor * steps
        assert run(lambda t, xp, f=factor, w=whole: t * f / w, [steps], 2.0 * steps) == [1.0]


@pytest.mark.parametrize("power", [1.0, 1.5, 2.0, 3.0])
@pytest.mark.parametrize("k", [0.5, 1.5, 2.0, 2.5])
@pytest.mark.parametrize(("first", "last"), [(0.1, 0.001), (0.0036, 0.1), (0.0, 0.1)])
def test_no_constant_is_lost_among_products(
    first: float, last: float, k: float, power: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two complements, one in the other: products of products, of which some were written."""
    monkeypatch.setattr(straight, "MOST_CALLS", 99)
    for steps in (10.0, 64.0, 237.0):
        schedule = Polynomial(first, steps, last, power=power, k_decay=k)
        times = np.array([0.0, 0.1 * steps, 0.7 * steps, steps, steps + 1.0])
        rates = np.empty(5)
        made = program(schedule, steps + 2.0)
        assert made is not None
        made.run(times, rates)
        assert_same(schedule, rates, times)
        assert rates[[0, 3, 4]].tolist() == [first, last, last]


def test_a_quotient_under_a_large_power_is_rounded_once() -> None:
    assert called(Polynomial(0.1, 64.5, power=2.5), 9.0)[:3] == ["subtract", "divide", "power"]


def test_powers_that_are_roots_squares_and_quotients() -> None:
    law = {alpha: called(PowerLaw(0.1, alpha, 64), 9.0)[2:] for alpha in (0.5, 1.0, 2.0, 0.7)}
    assert law == {
        0.5: ["sqrt", "divide"],
        1.0: ["divide"],
        2.0: ["divide", "square", "multiply"],
        0.7: ["power", "multiply"],
    }
    fall = {p: called(Polynomial(1.0, 64, power=p), 9.0)[2:] for p in (1.5, 2.0, 3.0)}
    assert fall == {1.5: ["sqrt", "multiply"], 2.0: ["square"], 3.0: ["square", "multiply"]}


def test_plateaus_come_from_a_table() -> None:
    for of in (lambda every: StepDecay(0.1, 0.8, every)), cosine_stairs:
        assert called(of(30), 1e4) == ["divide", "floor", "place", "take"]
        found = called(of(30.5), 1e4)
        assert found == ["divide", "floor", "multiply", "subtract", "_less", "place", "take"]


def cosine_stairs(every: float) -> Schedule:
    return Staircase(Cosine(0.1, 900), every)


@pytest.mark.parametrize("every", [2.0, 30.0, 30.5, 1.1])
def test_plateaus_that_begin_a_step_early_need_no_fork(every: float) -> None:
    schedule = StepDecay(0.1, 0.9, every, "offset")
    assert "either" not in called(schedule, 1e3)
    seams = np.arange(1.0, 300.0) * every - 1.0
    times = np.concatenate(
        [[0.0], np.nextafter(seams, 0), seams, np.nextafter(seams, math.inf)]
    )
    found = program(schedule, float(times.max()))
    assert found is not None
    out = np.empty(len(times))
    found.run(times, out)
    assert_same(schedule, out, times)


def test_a_first_piece_that_is_no_plateau_before_stays() -> None:
    """Only where the number of the plateau is negative before, and a constant there."""
    times = np.arange(100.0)
    for edge, first in (9.0, 0.0), (10.0, 1.0):

        def formula(t: Any, xp: Any, edge: float = edge, first: float = first) -> Any:
            def piece(i: int, t: Any) -> Any:
                held = xp.stairs(t - 9.0 if i else t, 10.0)[0]
                return 7.0 + first * held if i == 0 else xp.power(0.5, held)

            return xp.piecewise(t, (edge,), piece)

        found = straight.program(formula, 99.0)
        assert found is not None
        out = np.empty(100)
        found.run(times, out)
        expected = [formula(t, FLOATS) for t in times.tolist()]
        assert out.tolist() == expected


def test_a_quotient_that_is_rounded_up_to_a_whole_number_starts_no_plateau() -> None:
    every = 0.1
    ends = np.array([math.nextafter(n * every, 0) for n in range(1, 3_000)])
    ends = ends[np.floor(ends / every) != np.array([t // every for t in ends.tolist()])]
    assert len(ends) > 100
    for schedule in StepDecay(1.0, 0.999, every), Repeat(Linear(0.1, 0.01, every)):
        found = program(schedule, 300.0)
        assert found is not None
        out = np.empty(len(ends))
        found.run(ends, out)
        assert_same(schedule, out, ends)


def assert_like_floats(formula: Any, times: Array, eps: float) -> None:
    with np.errstate(all="ignore"):
        found = straight.program(formula, float(times.max()))
        assert found is not None
        out = np.empty(len(times))
        found.run(times, out)
    expected = [formula(t, FLOATS) for t in times.tolist()]
    np.testing.assert_allclose(out, expected, rtol=eps * EPS, atol=0)


def test_a_quotient_decides_about_pieces_and_exponents_as_it_is_on_floats() -> None:
    times = np.arange(47.0)
    for k in range(1, 47):

        def jumps(t: Any, xp: Any, edge: float = k / 47.0) -> Any:
            return xp.piecewise(t / 47.0, (edge,), lambda i, t: 1.0 + i + 0.0 * t)

        assert_like_floats(jumps, times, 0)
    assert_like_floats(lambda t, xp: xp.growth(0.5, t / 47.0, 0.0017), times, 4)
    assert_like_floats(lambda t, xp: xp.power(0.5, t / 47.0 * 700.0), times, 4)
    assert_like_floats(lambda t, xp: xp.exp(t / 47.0 * -700.0), times, 4)


def test_constants_whose_product_is_no_float_stay_apart() -> None:
    times = np.array([0.0, 1e240, 3e250])
    assert_like_floats(lambda t, xp: t * 1e-200 * 1e-150 * 1e200, times, 2)
    assert_like_floats(lambda t, xp: t / 1e200 / 1e150 * 1e200, times, 2)


# What a reviewer broke.


@pytest.mark.parametrize("n", [12, 77, 643_944])
def test_the_end_is_exact_where_the_last_time_is_the_end(n: int) -> None:
    for i in range(1, 60):
        schedule = REX(0.001 * i, n, i / 59.0)
        found = program(schedule, float(n))
        assert found is not None
        out = np.empty(3)
        found.run(np.array([0.0, n - 1.0, n]), out)
        assert out[[0, 2]].tolist() == [schedule.lr(0), schedule.lr(n)]


def test_a_triangle_has_its_peak() -> None:
    for up in range(2_000, 4_000, 13):
        found = program(Cyclic(0.01, 0.1, up=up), 1e5)
        assert found is not None
        out = np.empty(2)
        found.run(np.array([up, 2.0 * up]), out)
        assert out.tolist() == [0.1, 0.01]


def test_no_rate_is_below_a_smallest_one() -> None:
    rng = np.random.default_rng(0)
    for latest in range(3_000, 3_400, 7):
        line = Linear(0.01, 0.0, 8_798)
        floor = line.lr(latest)
        found = program(Floor(line, floor), float(latest))
        assert found is not None
        out = np.empty(500)
        found.run(np.append(rng.integers(0, latest, 499), latest), out)
        assert out.min() >= floor


def test_bounds_are_those_of_what_is_computed() -> None:
    for b in range(2, 60):
        times = np.array([0.0, 26.0 * b])
        assert_like_floats(
            lambda t, xp, b=b: 1.0 + xp.sqrt(xp.maximum(1.0 - t / 26.0 / b, 0.0)), times, 2**27
        )


@pytest.mark.parametrize("at_once", [7, 1_000])
def test_times_are_not_written_over_before_they_are_read(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(calls, "STRIP", at_once)

    def later(t: Any, xp: Any) -> Any:
        return xp.piecewise(t, (5.0,), lambda i, t: 5.0 if i == 0 else t)

    def plateaus(t: Any, xp: Any) -> Any:
        whole, _ = xp.stairs(t, 10.0)
        return xp.piecewise(whole, (3.0,), lambda i, n: 3.0 if i == 0 else n)

    for formula in later, plateaus:
        times = TIMES[:500] / 100.0
        expected = [formula(t, FLOATS) for t in times.tolist()]
        found = straight.program(formula, 1e3)
        assert found is not None
        found.run(times, times)
        assert times.tolist() == expected


def test_a_quotient_by_what_may_be_0_has_no_bounds() -> None:
    times = np.array([0.0, 1.0, 4.9, 5.1, 6.0, 9.0])
    assert_like_floats(lambda t, xp: xp.maximum(1.0 / (t - 5.0), 0.3), times, 0)
    assert_like_floats(lambda t, xp: xp.minimum(t / (5.0 - t), 9.0), times, 0)


def test_a_piece_may_divide_by_its_time() -> None:
    def formula(t: Any, xp: Any) -> Any:
        return xp.piecewise(t, (10.0,), lambda i, t: t / 10.0 if i == 0 else 0.1 * (10.0 / t))

    assert_like_floats(formula, TIMES, 4)


def test_large_whole_times_are_in_the_right_plateau() -> None:
    every = 2**40 + 1
    times = np.arange(2**22, 2**22 + 900) * every - 1
    for schedule in Repeat(Linear(0.1, 0.01, every)), StepDecay(0.1, 0.9999, every):
        found = program(schedule, float(times.max()))
        assert found is not None
        out = np.empty(len(times))
        found.run(times, out)
        assert_same(schedule, out, times)


@pytest.mark.parametrize(
    ("schedule", "latest", "eps"),
    [
        (REX(1e250, 1e60), 1e60, 4),
        (REX(1e-250, 1e-60), 1e-60, 4),
        (PowerLaw(1e300, 2.0, 1e-143), 1e12, 2**8),  # a power of 14 digits, for floats too
        (Exponential(1e200, 2.0, every=7.3), 2.6e3, 4),
        (Exponential(1e-300, 0.5, every=7.3), 100.0, 4),
    ],
    ids=repr,
)
def test_what_is_no_float_in_between_is_not_computed(
    schedule: Schedule, latest: float, eps: float
) -> None:
    times = np.append(TIMES[:500] * (latest / 1e5), latest)
    assert_like_floats(schedule._formula, times, eps)


def test_a_growth_of_negative_times_is_left_to_others() -> None:
    assert straight.program(lambda t, xp: xp.growth(0.5, t - 5.0, 3.0), 9.0) is None


def test_no_table_of_plateaus_is_longer_than_that() -> None:
    many = 1.1 * (straight.MOST_PLATEAUS + 9.0)
    early = StepDecay(0.1, 0.99999, 1.1, "offset")
    assert "either" in called(early, many)
    assert "either" not in called(early, 0.9 * many)


def test_a_looked_up_rate_is_divided_and_not_multiplied_by_a_reciprocal() -> None:
    def formula(t: Any, xp: Any) -> Any:
        def piece(i: int, t: Any) -> Any:
            return 49.0 if i == 0 else xp.power(0.9, xp.stairs(t - 9.0, 10.0)[0])

        return xp.piecewise(t, (9.0,), piece) / 49.0

    found = straight.program(formula, 99.0)
    assert found is not None
    out = np.empty(1)
    found.run(np.zeros(1), out)
    assert out[0] == 1.0


def test_a_negative_zero_is_not_before_zero() -> None:
    def formula(t: Any, xp: Any) -> Any:
        return xp.piecewise(-t, (0.0,), lambda i, t: 1.0 + i + 0.0 * t)

    assert straight.program(formula, 9.0) is None


def test_a_time_just_before_a_multiple_of_a_whole_number_is_before_it() -> None:
    """The quotient is never rounded up: between two such multiples there is room enough."""
    rng = np.random.default_rng(0)
    for every in (1, 3, 7, 10, 49, 127, 128, 129, 1_000_003, 2**31 - 1, 2**40 + 1):
        most = min(2**26, 2**53 // every) - 1
        multiples = every * np.append(rng.integers(1, most, 2_000), most)
        ends = np.nextafter(multiples.astype(float), 0)
        for times in ends, multiples.astype(float):
            found = straight.program(
                lambda t, xp, every=float(every): xp.stairs(t, every)[0], float(times.max())
            )
            assert found is not None
            out = np.empty(len(times))
            found.run(times, out)
            assert (out == multiples // every - (times is ends)).all()


def test_of_a_few_pieces_the_bits_of_the_right_one_are_taken() -> None:
    """What the others are there does not matter, if it is infinite or no number."""
    edges = 3.0, 7.0

    def piece(i: int, t: Any) -> Any:
        return (t - 1.0) / (t - 5.0) if i == 0 else 2.0 if i == 1 else 1.0 / (t - 3.0)

    def formula(t: Any, xp: Any) -> Any:
        return xp.piecewise(t, edges, piece)

    times = np.array([0.0, math.nextafter(3.0, 0), 3.0, 5.0, math.nextafter(7.0, 0), 7.0, 9.0])
    found = straight.program(formula, 9.0)
    assert found is not None
    out = np.empty(len(times))
    with np.errstate(all="ignore"):
        found.run(times, out)
    np.testing.assert_allclose(
        out, [piece(sum(t >= edge for edge in edges), t) for t in times.tolist()], rtol=1e-15
    )


def test_a_program_may_run_again() -> None:
    found = program(CURVES[23], 1e5)
    assert found is not None
    first, again = np.empty((2, len(TIMES)))
    found.run(TIMES, first)
    found.run(TIMES[::-1], again)
    np.testing.assert_array_equal(first, again[::-1])


if __name__ == "__main__":
    hunt(partial(searched, draws=4), float(sys.argv[1]))
