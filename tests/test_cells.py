"""Times in any order, as quartics in cells: as exact as promised, or computed.

``python tests/test_cells.py SECONDS`` searches longer than the tests do, and prints the worst
that it finds of each kind.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from random import Random
from typing import Any

import numpy as np
import pytest
from strategies import landmarks
from test_accuracy import EPS, LATEST, LEAVES, NESTS, Miss, assert_kept, promised
from test_grid import drawn, miss_at

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    InverseSqrt,
    Linear,
    Maximum,
    MultiStep,
    Polynomial,
    PolynomialRestarts,
    Repeat,
    Scale,
    Schedule,
    Sequential,
    Staircase,
    Until,
    Warmup,
    WarmupCosine,
)
from lrcurves import _cells as cells
from lrcurves import _numpy as blocks
from lrcurves import _table as tables
from lrcurves._words import cycle, searches, uses

KINDS = LEAVES | NESTS

Array = np.ndarray[Any, Any]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let some thousand times, and however few good cells, be enough."""
    shrunk(monkeypatch.setattr)


def shrunk(replace: Callable[[Any, str, float], None]) -> None:
    replace(cells, "FEWEST_TIMES", 16)
    replace(cells, "CELLS", (1 << 11,))
    replace(cells, "FEWEST_PER_CELL", 0)
    replace(tables, "FEW", 16)
    replace(cells, "uses", lambda formula, words: True)
    replace(cells, "MOST_BAD", (0.999,))


def times_about(rng: Random, schedule: Schedule, size: int) -> Array:
    """Return times around a landmark or far away; those beside landmarks come first."""
    marks = [mark for mark in landmarks(schedule) if mark < LATEST]
    mark = rng.choice([0.0, *marks, LATEST])
    length = rng.choice([max(mark, 1.0), 1e-3 * mark + 1.0, 10.0 * mark + 1.0, float(size)])
    low = max(0.0, mark - rng.choice([0.0, 0.5, 1.0, rng.random()]) * length)
    high = min(low + length, 2.0 * LATEST)
    near = [t for mark in marks for t in (math.nextafter(mark, 0), mark, mark * (1 + 1e-15))]
    some = rng.sample(near, min(len(near), 12))
    drawn = [rng.uniform(low, high) for _ in range(size)]
    if rng.random() < 0.3:
        drawn = [float(round(t)) for t in drawn]
    return np.array([*(t for t in some if low <= t <= high), *drawn])


def misses_in(rng: Random, schedule: Schedule, times: Array) -> Iterator[Miss]:
    out = np.full(times.shape, math.nan)
    with np.errstate(all="ignore"):
        done = cells.fill(schedule._formula, times, float(times.min()), float(times.max()), out)
    if done:
        assert not np.isnan(out).any()
        for i in range(24):
            yield from miss_at(schedule, float(times[i]), float(out[i]))


def searched(kind: type[Schedule], rng: Random, draws: int) -> list[Miss]:
    """Return how wrong arrays of random schedules of a kind are."""
    found: list[Miss] = []
    for i in range(draws):
        schedule = drawn(rng, kind, whole=i % 4 > 0)
        times = times_about(rng, schedule, rng.choice((300, 5_000, 20_000)))
        found += misses_in(rng, schedule, times)
    return found


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", KINDS)
def test_cells_of_any_kind_keep_the_promise(name: str) -> None:
    rng = Random(f"cells {name}")
    found: list[Miss] = []
    while len(found) < 240:
        found += searched(KINDS[name], rng, draws=4)
    assert_kept(found)


# What goes by cells, and how it is written.


CURVES: list[Schedule] = [
    Cosine(0.1, 90_000, 0.01),
    WSD(0.1, 90_000, 1_000, 30_000),
    CosineRestarts(0.1, 7_777.7),
    Sequential(tuple(Linear(0.1 * (i % 3), 0.1 * ((i + 1) % 3), 901) for i in range(100))),
    MultiStep(0.1, 0.9, (100, 1_500, *range(2_000, 2_150, 10), 2_999)),
    Maximum((Cosine(0.1, 90_000), Linear(0.05, 0.01, 90_000))),
]


@pytest.fixture
def tables_made(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return a list to which every table of quartics is added."""
    made: list[Any] = []
    real = cells._table

    def kept(*args: Any) -> Any:
        made.append(real(*args))
        return made[-1]

    monkeypatch.setattr(cells, "_table", kept)
    monkeypatch.setattr(tables, "LONGEST", 0)
    return made


def assert_same(schedule: Schedule, rates: Any, times: Any) -> None:
    """Compare with single calls: two values, each within what is promised of it."""
    singles = [schedule.lr(t) for t in np.ravel(times).tolist()]
    bound = (promised(schedule, "lr") + promised(schedule, "lr_array")) * EPS
    if np.asarray(rates).dtype.itemsize < 8:
        singles, bound = (
            np.array(singles, rates.dtype).tolist(),
            float(np.finfo(rates.dtype).eps),
        )
    np.testing.assert_allclose(np.ravel(rates), singles, rtol=bound, atol=0)


TIMES = np.random.default_rng(0).uniform(0.0, 100_000.0, 6_000)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "times",
    [
        TIMES,
        TIMES.astype(np.float32),
        TIMES.astype(np.longdouble),
        TIMES.astype(">f8"),
        TIMES.astype(np.int64),
        TIMES.astype(np.uint32),
        TIMES[::-3],
        TIMES.reshape(20, 30, 10),
        TIMES.reshape(60, 100).T,
        TIMES.reshape(60, 100)[::2, ::-3],
        np.sort(TIMES),
        np.append(TIMES, 0.0),
        TIMES + 2.0**20,
    ],
    ids=lambda times: f"{times.dtype}-{times.shape}-{times.strides}",
)
@pytest.mark.parametrize("schedule", CURVES, ids=lambda s: type(s).__name__)
def test_times_of_any_kind_are_looked_up(
    schedule: Schedule, times: Array, tables_made: list[Any]
) -> None:
    rates = schedule.lr_array(times)
    assert len(tables_made) == 1
    assert rates.shape == times.shape
    assert_same(schedule, rates, times)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("schedule", CURVES, ids=lambda s: type(s).__name__)
def test_an_output_of_any_kind_is_written(
    schedule: Schedule, tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "AT_ONCE", 100)  # many times are computed before the last block
    monkeypatch.setattr(blocks, "BLOCK", 512)
    times = TIMES.reshape(60, 100)
    for out in (
        np.empty((60, 100)),
        np.empty((60, 100), np.float32),
        np.empty((60, 100), ">f4"),
        np.empty((60, 100), np.longdouble),
        np.empty((100, 60)).T,
        np.empty((100, 60), np.float32).T[::-1],
        np.empty((120, 300))[::2, ::-3],
    ):
        assert schedule.lr_array(times, out=out) is out
        assert_same(schedule, out, times)
    assert len(tables_made) == 7


@pytest.mark.usefixtures("small")
def test_the_first_rate_and_those_at_seams_have_the_bits_of_blocks() -> None:
    schedule = Linear(0.01, 0.1, 1_024) >> Cosine(0.1, 2_048, 0.003) >> Cosine(0.2, 4_096, 0.01)
    times = np.append(
        np.random.default_rng(0).uniform(0, 8_192, 5_000), [0, 1_024, 3_072, 7_168]
    )
    rates = schedule.lr_array(times)
    assert rates[-4:].tolist() == [0.01, 0.1, 0.2, 0.01]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("schedule", "times"),
    [
        (CURVES[0], np.full(3_000, 77.0)),
        (CURVES[0], np.append(np.full(3_000, 1e12), 1e12 + 1.0)),
        (CURVES[0], np.append(np.full(3_000, 1.0), 1e300)),
        (CURVES[0], np.append(np.full(3_000, 0.0), 1e-290)),
        (CURVES[0], TIMES[:15]),
        (Linear(0.1, 0.01, 90_000), TIMES),
        (Exponential(0.1, 0.5, 90_000), TIMES),
        (Polynomial(0.1, 90_000, 0.01, power=2.5), TIMES),
        (InverseSqrt(0.1, 100), TIMES),
    ],
)
def test_times_too_few_too_near_or_too_far_are_computed_and_so_is_arithmetic(
    schedule: Schedule, times: Array, tables_made: list[Any]
) -> None:
    assert_same(schedule, schedule.lr_array(times), times)
    assert not tables_made


def test_a_curve_of_mostly_bad_cells_is_computed(
    tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "FEWEST_TIMES", 16)
    monkeypatch.setattr(cells, "FEWEST_PER_CELL", 0)
    schedule = CosineRestarts(0.1, 10, peak_mult=0.999)
    assert_same(schedule, schedule.lr_array(TIMES), TIMES)
    assert tables_made == [None, None, None]


@pytest.mark.parametrize(
    ("size", "tried"), [(1 << 17, 0), (1 << 18, 2), ((1 << 20) - 1, 2), (1 << 20, 3)]
)
def test_narrower_cells_need_more_times(
    size: int, tried: int, tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    schedule = CosineRestarts(0.1, 10, peak_mult=0.999)
    laid_out = 0
    real = cells._quartics

    def counted(*args: Any) -> Any:
        nonlocal laid_out
        laid_out += 1
        return real(*args)

    monkeypatch.setattr(cells, "_quartics", counted)
    schedule.lr_array(np.random.default_rng(0).uniform(0.0, 1e5, size))
    assert tables_made == [None] * tried
    assert laid_out == tried  # some cells of each width are enough to see it


@pytest.mark.parametrize(("longer", "tried"), [(2.0, 2), (1.1, 3)])
def test_the_narrowest_cells_are_for_slow_formulas(
    longer: float, tried: int, tables_made: list[Any]
) -> None:
    """To pick among 42 edges takes less time than their table, among 300 it does not."""
    schedule = PolynomialRestarts(0.1, 100, 0.001, power=0.5, period_mult=longer)
    times = np.random.default_rng(0).uniform(0.0, 1e6, 1 << 20)
    assert_same(schedule, schedule.lr_array(times)[:900], times[:900])
    assert len(tables_made) == tried


def test_a_transient_between_the_start_of_a_cell_and_its_first_node_is_seen() -> None:
    """The seam is in the cell before, and at every node of this one all is over."""
    times = np.random.default_rng(0).uniform(0.0, 2.0**30, 1 << 20)
    end = 1_000.5 * 2**19 - 3
    schedule = Warmup(Exponential(0.1, 0.1, every=16) + Cosine(0.01, 2.0**31), steps=end)
    times[:200] = end + np.arange(200) / 8.0
    rates = schedule.lr_array(times)
    assert_same(schedule, rates[:200], times[:200])


@pytest.mark.parametrize("of", ["places", "steps"])
def test_times_that_are_mostly_in_bad_cells_are_computed(
    of: str, tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "FEWEST_TIMES", 16)
    monkeypatch.setattr(cells, "FEWEST_PER_CELL", 0)
    schedule = Cosine(0.1, 90_000, 0.01) >> Cosine(0.1, 1e9)
    looked_up: list[Any] = []
    monkeypatch.setattr(cells, "_look_up", lambda *args: looked_up.append(args))
    middle = 0.0 if of == "places" else 90_000.0
    times = np.append(np.abs(np.random.default_rng(0).normal(middle, 1, 6_000)), 1e9)
    assert_same(schedule, schedule.lr_array(times), times)
    assert len(tables_made) == (2 if of == "steps" else 0)
    assert not looked_up


def test_times_in_order_are_computed_unless_there_are_sines(
    tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "FEWEST_TIMES", 16)
    monkeypatch.setattr(cells, "FEWEST_PER_CELL", 0)
    wsd, cosine = CURVES[1], CURVES[0] >> CURVES[2]
    for times in (np.sort(TIMES), np.sort(TIMES)[::-1]):
        assert_same(wsd, wsd.lr_array(times), times)
        assert not tables_made
    assert_same(cosine, cosine.lr_array(np.sort(TIMES)), np.sort(TIMES))
    assert len(tables_made) == 3


def test_times_may_be_written_over(monkeypatch: pytest.MonkeyPatch) -> None:
    shrunk(monkeypatch.setattr)
    for schedule in (*CURVES, Linear(0.1, 0.01, 90_000)):
        expected = schedule.lr_array(TIMES)
        for times in (TIMES.copy(), TIMES.reshape(60, 100).T.copy("K")):
            kept = times.copy("K")
            schedule.lr_array(times, out=times)
            np.testing.assert_array_equal(np.sort(times.ravel()), np.sort(expected))
            assert_same(schedule, times, kept)


@pytest.mark.parametrize(
    ("schedule", "slow", "searched"),
    [
        (Linear(0.1, 0.01, 50), False, False),
        (Cosine(0.1, 50), True, False),
        (WSD(0.1, 90, 10, 30), False, True),
        (WSD(0.1, 90, 10, 30, shape="cosine"), True, True),
        (Linear(0, 0.1, 1e9) >> Cosine(0.1, 50), True, False),  # most times are in one piece
        (Linear(0, 0.1, 1e9) >> Linear(0.1, 0, 50), False, False),
        (MultiStep(0.1, 0.5, (30, 60)), False, False),
        (MultiStep(0.1, 0.5, tuple(range(1, 99))), False, True),
        (MultiStep(0.1, 0.5, tuple(range(200, 299))), False, False),
    ],
    ids=repr,
)
def test_what_takes_long_is_known(schedule: Schedule, slow: bool, searched: bool) -> None:
    times = np.random.default_rng(0).uniform(0, 100, 1_000)
    assert uses(schedule._formula, cells.SLOW) is slow
    assert searches(schedule._formula, times) is searched


@pytest.mark.parametrize(("edges", "looked_up"), [(12, False), (13, True)])
def test_few_edges_are_picked_faster_than_looked_up(edges: int, looked_up: bool) -> None:
    picked = MultiStep(0.1, 0.5, tuple(range(1, edges + 1)))
    assert uses(picked._formula, tables.LOOKED_UP) is looked_up


# Cycles.


@pytest.mark.parametrize(
    ("schedule", "length"),
    [
        (CosineRestarts(0.1, 7.5), 7.5),
        (CosineRestarts(0.1, 7.5, peak_mult=0.9), None),
        (CosineRestarts(0.1, 7.5, period_mult=2), None),
        (Repeat(WarmupCosine(0.1, 90, 10)), 90.0),
        (Repeat(WarmupCosine(0.1, 90, 10), count=9), None),
        (Repeat(WarmupCosine(0.1, 90, 10), peak_mult=0.5), None),
        (Scale(CosineRestarts(0.1, 30), 0.5), 30.0),
        (CosineRestarts(0.1, 30) + Cosine(0.1, 30), None),
        (Floor(CosineRestarts(0.1, 30), 0.01), 30.0),
        (Warmup(CosineRestarts(0.1, 30), 10), None),
        (Staircase(Cosine(0.1, 90), 10), None),
        (Repeat(Staircase(Cosine(0.1, 90), 10)), 90.0),
        (Repeat(Until(MultiStep(0.1, 0.5, (10, 15)), 20) >> Linear(0.2, 0.1, 10)), 30.0),
        (Cyclic(0.01, 0.1, up=20, down=5), 25.0),
        (Cyclic(0.01, 0.1, up=20, mode="triangular2"), None),
        (Constant(0.1), None),
    ],
    ids=repr,
)
def test_what_repeats_itself_is_known(schedule: Schedule, length: float | None) -> None:
    assert cycle(schedule._formula) == length


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("period", [77.0, 77.7, 1e-3])
def test_of_a_curve_that_repeats_itself_one_cycle_is_laid_out(
    period: float, tables_made: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "MOST_BAD", (0.25,))
    schedule = CosineRestarts(0.1, period, 0.001)
    seams = np.arange(1.0, 400.0) * period
    for times in (TIMES, np.concatenate([np.nextafter(seams, 0), seams, TIMES])):
        assert_same(schedule, schedule.lr_array(times), times)
    assert [table is None for table in tables_made] == [False, False]
    first = TIMES * (period / 100_000.0)
    assert_same(schedule, schedule.lr_array(first), first)


# Straight lines.


def lines() -> Schedule:
    return Sequential(
        tuple(Linear(0.1 * (i % 3), 0.1 * ((i + 1) % 3), 9_000) for i in range(9))
    )


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    ("schedule", "columns"),
    [
        (WSD(0.1, 90_000, 10_000, 30_000), 2),
        (lines(), 2),
        (Linear(0, 0.1, 10_000) >> Cosine(0.1, 1e6), 5),
        (lines() + Scale(Cosine(0.1, 90_000), 1e-9), 5),
        (lines() + Scale(Cosine(0.1, 80_000), 1e-20), 2),
    ],
    ids=repr,
)
def test_pieces_that_are_lines_are_looked_up_as_lines(
    schedule: Schedule, columns: int, tables_made: list[Any]
) -> None:
    rates = schedule.lr_array(TIMES)

    assert [table.shape[1] for table in tables_made] == [columns]
    assert_same(schedule, rates, TIMES)


def test_a_cell_that_is_bent_among_lines_is_bad() -> None:
    table = np.zeros((200, 5))
    table[:, :2] = 1.0, 1e-3
    table[3, 2], table[5, 3] = 9.0 * EPS, -17.0 * EPS  # a quarter and an eighth of it are left
    table[4, 2], table[6, 3] = 7.0 * EPS, -15.0 * EPS
    table[7, 1:3] = 0.9, 6.0 * EPS  # at one end the rate is only 0.55
    table[8, 0] = math.nan

    straight = cells._straightened(table)

    assert straight.shape == (200, 2)
    assert np.flatnonzero(np.isnan(straight[:, 0])).tolist() == [3, 5, 7, 8]
    table[:7, 2] = 9.0 * EPS
    assert cells._straightened(table) is table


# Which cells are bad.


def bad_cells(formula: Any, count: int = 40) -> list[int]:
    with np.errstate(all="ignore"):
        quartics = cells._quartics(formula, np.arange(float(count)), 1.0)
    return np.flatnonzero(np.isnan(quartics[:, 0])).tolist()


@pytest.mark.parametrize("at", [7.3, 7.5, 7.7, 8.0, math.nextafter(8.5, 0)])
def test_a_fork_makes_its_cell_bad(at: float) -> None:
    """A cell is half a width to each side, and what begins where it begins is inside."""
    cell = 8 if at == 7.5 else round(at)
    formulas: tuple[Any, ...] = (
        lambda t, xp: xp.piecewise(t, (at,), lambda i, t: 1.0 + 0.0 * t),
        lambda t, xp: 1.0 + 0.0 * xp.pick(t, (at,), (1.0, 2.0))[0],
        lambda t, xp: 1.0 + 0.0 * xp.piecewise(t, (3.0,), lambda i, t: xp.minimum(t, at)),
        lambda t, xp: 1.0 + 0.0 * xp.clip(t, at, 30.0),
    )
    for formula in formulas:
        assert cell in bad_cells(formula)


def test_a_piece_may_depend_on_a_picked_number() -> None:
    def formula(t: Any, xp: Any) -> Any:
        (level,) = xp.pick(t, (10.2,), (1.0, 5.0))
        later = xp.piecewise(level, (3.0,), lambda i, x: x + 0.5 * i)
        return xp.minimum(later, 9.0) * (xp.minimum(t, 99.0) + 3.0)

    assert bad_cells(formula) == [0, 10]


def test_a_wrap_makes_its_cell_bad() -> None:
    bad = bad_cells(lambda t, xp: 1.0 + 0.0 * xp.stairs(t, 10.2)[0])
    assert bad == [0, 10, 20, 31]


def test_curves_that_cross_twice_between_two_nodes_make_a_bad_cell() -> None:
    """No node sees it; that they come so near does."""
    middle = 20.0 + float(cells.PLACES[3] + cells.PLACES[4]) / 2.0
    bump = lambda t: 1.0 - 1e-6 * (t - middle) * (t - middle)  # noqa: E731
    top = 1.0 - 1e-6 * 0.01**2
    places = 20.0 + cells.PLACES
    assert (bump(places) < top).all()

    def formula(t: Any, xp: Any) -> Any:
        return xp.maximum(bump(t), top)

    assert 20 in bad_cells(formula)


def test_a_curve_that_is_no_quartic_makes_bad_cells() -> None:
    assert bad_cells(lambda t, xp: 1.0 + xp.sin2(t / 2e4)) == [0]
    assert bad_cells(lambda t, xp: 1.0 + xp.sin2(t / 2e1)) == list(range(40))
    assert bad_cells(lambda t, xp: 1e-9 + 1e-3 * xp.maximum(20.25 - t, 0.0)) == [0, 19, 20, 21]


def share_of_bound(miss: Miss) -> float:
    return miss.error / miss.bound


def hunt(search: Callable[[type[Schedule], Random], list[Miss]], seconds: float) -> None:
    """Print the worst that a search finds of each kind, in so many seconds."""
    rng, until = Random(time.time_ns()), time.monotonic() + seconds
    worst: dict[str, Miss] = {}
    count = 0
    while time.monotonic() < until:
        for name, kind in KINDS.items():
            found = search(kind, rng)
            count += len(found)
            for miss in found:
                worst[name] = max(worst.get(name, miss), miss, key=share_of_bound)
    for name, miss in worst.items():
        print(
            f"{name:20} {miss.error:5.2f} of {miss.bound:4.1f}, t={miss.t!r}, {miss.schedule!r}"
        )
    print(f"{count} rates")


if __name__ == "__main__":
    shrunk(setattr)
    hunt(partial(searched, draws=1), float(sys.argv[1]))
