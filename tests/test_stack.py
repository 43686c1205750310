"""Parts of a sequence that differ in their numbers alone, all computed at once.

``python tests/test_stack.py SECONDS`` searches longer than the tests do, and prints the worst
that it finds of each kind.
"""

from __future__ import annotations

import copy
import itertools
import math
import pickle
import sys
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_accuracy import EPS, LEAVES, NESTS, Miss, assert_kept
from test_cells import hunt
from test_cells import shrunk as with_small_cells
from test_grid import SIZES, drawn, miss_at

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Linear,
    MultiStep,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    Repeat,
    Scale,
    Schedule,
    Sequential,
    Staircase,
    StepDecay,
    Tanh,
    Until,
    Warmup,
)
from lrcurves import _cells as cells
from lrcurves import _grid as grid
from lrcurves import _in_order as in_order
from lrcurves import _layout as layout
from lrcurves import _numpy as blocks
from lrcurves import _rows as rows
from lrcurves import _stack as stacks
from lrcurves._matrix import Products
from lrcurves._numpy import stack_of
from lrcurves._ops import OnClocks
from lrcurves._requests import Blocks, Cut, Pieces
from lrcurves._search import Edges
from lrcurves.schedule import FLOATS, Num, Ops, Power, Rate, Steps, define

KINDS = LEAVES | NESTS

Array = np.ndarray[Any, Any]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a few parts be enough, of a few points each."""
    shrunk(monkeypatch.setattr)


def shrunk(replace: Callable[[Any, str, Any], None]) -> None:
    with_small_cells(replace)
    for name, module in SIZES.items():
        replace(module, name, 16)
    replace(rows, "SHORTEST_PIECE_ROW", 16)
    replace(rows, "FEWEST_PIECES", 2)
    replace(grid, "SHORTEST_PIECE", 1 << 13)
    replace(grid, "FEWEST_PARTS", 4)
    replace(grid, "SHORTEST_PART", 4)
    replace(cells, "MANY_PIECES", 4)
    replace(blocks, "MANY_PARTS", 4)
    replace(in_order, "MANY_PARTS", 4)
    replace(stacks, "PARTS_PER_MODEL", 0)
    replace(blocks, "MOST_COMPARED", 4)


def in_sequence(rng: Random, kind: type[Schedule]) -> Sequential:
    """Return many schedules of one kind, one after another, of few lengths or of many."""
    lengths = [rng.randint(1, 300) for _ in range(rng.choice((1, 2, 30)))]
    first = drawn(rng, kind, whole=True)
    parts = []
    for _ in range(rng.choice((12, 40))):
        part = first if rng.random() < 0.2 else drawn(rng, kind, whole=True)
        parts.append(Until(part, rng.choice(lengths)) if rng.random() < 0.8 else part)
    return Sequential(tuple(part for part in parts if 0 < part.end < 1e5) or (Constant(0.1),))


def misses_in(schedule: Sequential, ts: Array, rates: Array) -> Iterator[Miss]:
    """Yield how wrong some rates are, each compared with the part that it is of."""
    starts = np.array(schedule._starts)
    for t, lr in zip(ts.tolist(), rates.tolist(), strict=True):
        i = int(starts.searchsorted(t, side="right")) - 1
        yield from miss_at(schedule.parts[i], t - schedule._starts[i], lr)


def searched(kind: type[Schedule], rng: Random, draws: int) -> list[Miss]:
    """Return how wrong ranges and arrays over random sequences of a kind are."""
    found: list[Miss] = []
    for _ in range(draws):
        schedule = in_sequence(rng, kind)
        size = int(min(schedule._starts[-1], 20_000)) + 40
        step = rng.choice((1, 1, 2, 3, 7))
        ts = range(rng.randrange(size), size, step)
        ts = rng.choice((ts, ts[::-1]))
        found += ranges(rng, schedule, ts)
        times = np.array([rng.uniform(0.0, size) for _ in range(500)])
        found += arrays(schedule, times)
    return found


def ranges(rng: Random, schedule: Sequential, ts: range) -> Iterator[Miss]:
    rates = schedule.lr_array(ts)
    starts = np.array(schedule._starts)
    which = starts.searchsorted(np.array(ts), side="right")
    ends = np.flatnonzero(np.diff(which))
    beside = {0, len(ts) - 1, *ends.tolist(), *(ends + 1).tolist()}
    for i in rng.sample(sorted(beside), min(len(beside), 24)):
        assert rates[i] == schedule.lr(ts[i]), (schedule, ts, ts[i])
    some = rng.sample(range(len(ts)), min(len(ts), 12))
    yield from misses_in(schedule, np.array(ts)[some].astype(float), rates[some])


def arrays(schedule: Sequential, times: Array) -> Iterator[Miss]:
    low, high = float(times.min()), float(times.max())
    out = np.full(times.shape, math.nan)
    with np.errstate(all="ignore"):
        for fill in (
            lambda: blocks.fill(schedule._formula, times, out),
            lambda: cells.fill(schedule._formula, times, low, high, out),
        ):
            fill()
            assert not np.isnan(out).any()
            yield from misses_in(schedule, times[:8], out[:8])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", KINDS)
def test_many_parts_of_any_kind_keep_the_promise(name: str) -> None:
    assert_kept(searched(KINDS[name], Random(f"stack {name}"), draws=4))


def test_the_search_reaches_every_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of one part each, rows of some of a part, columns for points and for cells."""
    shrunk(monkeypatch.setattr)
    seen: set[tuple[Any, str]] = set()

    def watch(owner: Any, name: str) -> None:
        real = getattr(owner, name)

        def watched(*args: Any, **options: Any) -> Any:
            seen.add((owner, name))
            return real(*args, **options)

        monkeypatch.setattr(owner, name, watched)

    ways = [
        (rows, "_rows_of"),
        (rows, "_write_rows"),
        (rows, "_write_regular_rows"),
        (blocks, "Edges"),
        (blocks.NumPy, "_by_models"),
        (in_order.InOrder, "_by_models"),
        (cells._Forks, "_by_models"),
    ]
    for owner, name in ways:
        watch(owner, name)
    for name in ("Linear", "Constant", "REX"):
        searched(KINDS[name], Random(0), draws=10)
    assert seen >= set(ways[:-1])


# Which parts have one model.


def kinds_of(parts: Sequence[Schedule]) -> list[int]:
    """Return the number of the model of each part, -1 for parts without one."""
    schedule = Sequential(tuple(Until(part, 10) for part in parts))
    stack = stack_of(OnClocks(schedule._derived, FLOATS))
    return stack.group.tolist()


@pytest.mark.parametrize(
    ("make", "models"),
    [
        (lambda i: Linear(0.1, 0.01 * (i % 3), 9), 2),  # to 0 is a formula of its own
        (lambda i: Linear(0.1 * (i % 2), 0.1 * ((i + 1) % 2), 9), 2),
        (lambda i: Cosine(0.1 + i, 9 + i), 1),
        (lambda i: Polynomial(0.1 + i, 9 + i, power=1.7), 1),
        (lambda i: Polynomial(0.1, 9, power=1.6 + 0.01 * i), 1),
        (lambda i: OneMinusSqrt(0.1, 9 + i), 1),
        (lambda i: Exponential(0.1 + i, 0.9), 1),
        (lambda i: StepDecay(0.1 + i, 0.9, 3), 1),
        (lambda i: CosineRestarts(0.1 + i, 3), 1),
        (lambda i: MultiStep(0.1, 0.5, (2, 4)), 1),
        (lambda i: Scale(Floor(Cosine(0.1 + i, 9), 0.01), 2.0 + i), 1),
        (lambda i: Linear(0.1, 0, 9) if i % 2 else Cosine(0.1, 9), 2),
        (lambda i: Scale(Linear(0.1, 0, 9) if i % 2 else Cosine(0.1, 9), 2), 2),
        (lambda i: Floor(Cosine(0.1, 9), 0.01, "direct" if i % 2 else "offset"), 2),
    ],
)
def test_parts_that_differ_in_numbers_alone_have_one_model(
    make: Callable[[int], Schedule], models: int
) -> None:
    found = kinds_of([make(i) for i in range(40)])

    assert set(found) == set(range(models))


@pytest.mark.parametrize(
    "make",
    [
        lambda i: Exponential(0.1, 0.9 + 0.001 * i),  # the logarithm of a float
        lambda i: StepDecay(0.1, 0.9, 3 + i),
        lambda i: CosineRestarts(0.1, 3 + i),
        lambda i: MultiStep(0.1, 0.5, (2 + i, 100)),
        lambda i: MultiStep(0.1 + i, 0.5, (2, 100)),  # a table of rates for each
        lambda i: MultiStep(0.1, 0.5, tuple(range(2, 3 + i % 5))),
        lambda i: Polynomial(0, 9, 0.1 + i, power=1.7),  # a fork in time
        lambda i: Warmup(Cosine(0.1 + i, 9), 3),
    ],
)
def test_other_parts_are_computed_one_by_one(make: Callable[[int], Schedule]) -> None:
    assert set(kinds_of([make(i) for i in range(40)])) == {-1}


def test_a_few_parts_that_are_like_no_others_have_no_model() -> None:
    found = kinds_of([Cosine(0.1, 9)] * 30 + [Linear(0.1, 0.2, 9)] * 7)

    assert found == [0] * 30 + [-1] * 7


def test_parts_of_many_kinds_are_given_up_after_some_tries() -> None:
    """Each has as many values as none of the others."""
    parts = [PiecewiseConstant(range(1, i + 2), range(1, i + 1)) for i in range(1, 400)]

    assert set(kinds_of(parts)) == {-1}


# Kinds of one's own, whose formulas do what they like.


def own(formula: Callable[[Any, Any, Any], Any]) -> Callable[[int], Schedule]:
    """Return how to make some schedules that have this formula, which differ in ``x``."""

    class Own(Schedule):
        x: Rate
        n: Power = 2.0

        def _formula(self, t: Num, xp: Ops) -> Num:
            rate: Num = formula(self, t, xp)
            return rate

    Own.__name__ = Own.__qualname__ = f"Own{next(NUMBERS)}"
    kind: Any = define(Own)
    return lambda i: kind(0.1 + 0.01 * i, 1.0 + i % 3)


NUMBERS = itertools.count()


@pytest.mark.parametrize(
    "formula",
    [
        lambda s, t, xp: t * s.x if isinstance(s.x, float) else t,
        lambda s, t, xp: t * math.floor(10.0 * s.x),
        lambda s, t, xp: t * {1.0: 2.0}.get(s.n, 3.0),
        lambda s, t, xp: t * (hash(s.x) % 7),
        lambda s, t, xp: sum(s.x * t for _ in range(int(s.n))),
        lambda s, t, xp: t * (s.x if s.n in (1.0, 2.0) else 0.5),
        lambda s, t, xp: t * max(s.x, 0.2, 0.01 * s.n),
        lambda s, t, xp: t * abs(0.25 - s.x),
        lambda s, t, xp: t * (s.x if s.n > 1.0 and s.x > 0.2 else 0.5),
        lambda s, t, xp: t * (1.0 if not s.x - 0.2 else s.x),
        lambda s, t, xp: t * s.x**s.n,
        lambda s, t, xp: xp.power(s.x, t),
        lambda s, t, xp: xp.power(t, s.n),
        lambda s, t, xp: xp.power(s.x, s.n) * t,
        lambda s, t, xp: xp.clip(t * s.x, 0.1 * s.x, 0.5 * s.n),
        lambda s, t, xp: xp.minimum(s.x, t) + xp.maximum(0.01 * t, s.x),
        lambda s, t, xp: xp.stairs(t, 2.0 * s.n)[1] * s.x,
        lambda s, t, xp: xp.stairs(t, 2.5)[0] * s.x,
        lambda s, t, xp: xp.pick(t, (3.0, 5.0), (1.0, 2.0, s.x))[0],
        lambda s, t, xp: xp.pick(t, (3.0, 5.0 * s.n), (1.0, 2.0, 3.0))[0],
        lambda s, t, xp: xp.pick(t, (3.0, 5.0), (1.0, 2.0, 3.0))[0] * s.x,
        lambda s, t, xp: xp.piecewise(t, (4.0,), lambda i, t: (i + s.x) * t),
        lambda s, t, xp: xp.growth(1.0 + s.x, t, 3.0),
        lambda s, t, xp: xp.growth(0.9, t, 3.0) * s.x,
        lambda s, t, xp: xp.growth(0.9, s.x, 3.0) * t,
        lambda s, t, xp: xp.stairs(9.0 * s.x, 0.25)[0] * t,
        lambda s, t, xp: xp.pick(s.x, (0.2, 0.3), (1.0, 2.0, s.n))[0] * t,
        lambda s, t, xp: xp.piecewise(s.x, (0.2, 0.3), lambda i, x: (i + x) * t),
        lambda s, t, xp: s.x,
        lambda s, t, xp: s.x + 0.0 * t,
        lambda s, t, xp: xp.exp(-s.x) * s.n,
        lambda s, t, xp: float(s.x) * t,
        lambda s, t, xp: s.x.as_integer_ratio()[0] * t,
    ],
)
@pytest.mark.parametrize("ts", [range(1_000), range(999, -1, -3)], ids=["rising", "falling"])
def test_a_formula_of_ones_own_may_do_what_it_likes(
    formula: Callable[[Any, Any, Any], Any], ts: range, small: None
) -> None:
    make = own(formula)
    schedule = Sequential(tuple(Until(make(i), 20 + i % 2) for i in range(48)))
    expected = np.array([schedule.lr(t) for t in ts])

    np.testing.assert_allclose(schedule.lr_array(ts), expected, 8 * EPS, 0)
    np.testing.assert_allclose(schedule.lr_array(list(ts)), expected, 8 * EPS, 0)
    shuffled = np.random.default_rng(0).permutation(len(ts))
    times, out = np.array(ts, np.float64)[shuffled], np.empty(len(ts))
    blocks.fill(schedule._formula, times, out)
    np.testing.assert_allclose(out, expected[shuffled], 8 * EPS, 0)


def test_a_formula_that_cares_late_or_seldom_is_found_out(small: None) -> None:
    """It does something else with a number that is no float, near the end of each part."""

    def formula(self: Any, t: Any, xp: Any) -> Any:
        late = xp.maximum(t - 15.0, 0.0) if isinstance(self.x, float) else 0.0 * t
        return self.x + late

    make = own(formula)
    schedule = Sequential(tuple(Until(make(i), 20) for i in range(48)))
    expected = [schedule.lr(t) for t in range(960)]
    np.testing.assert_allclose(schedule.lr_array(range(960)), expected, 8 * EPS, 0)


@pytest.mark.parametrize(
    "formula",
    [
        lambda s, t, xp: s.x + 0.0 * t if s.x - s.n else s.n + t,
        lambda s, t, xp: t * (s.x - s.n or 1.0),
        lambda s, t, xp: t if not (s.x - s.n) else t * s.x,
        lambda s, t, xp: xp.maximum(t / (s.x - 1000.0), 0.0) + 1.0,
        lambda s, t, xp: xp.maximum(1.0 + xp.minimum(t, 300.0) / (s.x - 1000.0), 0.0),
        lambda s, t, xp: xp.power(s.x, xp.minimum(t, 300.0)),
        lambda s, t, xp: xp.stairs(t, 1e-9 * s.x)[1],
        lambda s, t, xp: xp.stairs(
            1e9 * xp.maximum(t / s.steps - 0.8, 0.8 - t / s.steps), 1.0 + s.x
        )[1],  # of very many plateaus, but at some times
        lambda s, t, xp: xp.pick(t, (5.0, 10.0), (1.0, s.x, 2.0))[0],  # seldom a column
        lambda s, t, xp: xp.pick(t, (0.01,), (1.0, s.x))[0],
        lambda s, t, xp: xp.pick(t, (700.0,), (s.x, 1.0))[0],
        lambda s, t, xp: xp.pick(t, (0.01 * s.x, 700.0), (2.0, 3.0, 1.0))[0],
    ],
)
@pytest.mark.parametrize("equal", [True, False])
def test_rows_decide_as_each_part_would(formula: Any, equal: bool) -> None:
    class Own(Schedule):
        x: Rate
        n: Rate
        steps: Steps

        def _formula(self, t: Num, xp: Ops) -> Num:
            rate: Num = formula(self, t, xp)
            return rate

        @property
        def end(self) -> float:
            return self.steps

    Own.__name__ = Own.__qualname__ = f"Own{next(NUMBERS)}"
    kind: Any = define(Own)
    rates = [0.1 + i / 1_000 for i in range(400)]
    schedule = Sequential(
        tuple(kind(x, x if equal else x / 2, 400 + i * 37 % 300) for i, x in enumerate(rates))
    )
    late = np.array(
        [s + 0.8 * part.end for s, part in zip(schedule._starts, schedule.parts, strict=True)]
    )
    for ts in (range(150_000), range(149_999, -1, -3), np.arange(0.5, 20_000), late):
        expected = [schedule.lr(t) for t in ts[::7]]
        got = schedule.lr_array(ts)[::7]
        np.testing.assert_allclose(got, expected, 12 * EPS, 1e-290)


def test_a_formula_that_raises_does_so_as_it_would_alone() -> None:
    def formula(self: Any, t: Any, xp: Any) -> Any:
        raise RuntimeError("no rate today")

    make = own(formula)
    schedule = Sequential(tuple(Until(make(i), 20) for i in range(48)))
    with pytest.raises(RuntimeError, match="no rate today"):
        schedule.lr_array(range(900))


# What is kept, and by whom.


LINES = Sequential(
    tuple(Linear(0.1 * (i % 3), 0.1 * ((i + 1) % 3), 50 + i % 5) for i in range(300))
)


def test_a_thousand_parts_are_a_few_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Sequential(tuple(Linear(0.1, 0.01, 100 + i % 7) for i in range(1_000)))
    asked: list[int] = []
    real = OnClocks.__call__

    def counted(self: OnClocks, i: int, t: Any) -> Any:
        asked.append(i)
        return real(self, i, t)

    monkeypatch.setattr(OnClocks, "__call__", counted)
    schedule.lr_array(range(102_000))
    schedule.lr_array(np.random.default_rng(0).random(50_000) * 1e5)
    assert len(asked) < 50  # those that the last block has a few of


@pytest.mark.parametrize("step", [1, -1, -3])
def test_rows_of_parts_are_products(step: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of two kinds, in no order, and of unequal lengths, rising as well as falling."""
    written: list[type] = []

    def write(value: Any, *args: Any) -> None:
        written.append(type(value))

    in_blocks: list[int] = []
    monkeypatch.setattr(rows, "write", write)
    monkeypatch.setattr(
        rows, "in_blocks", lambda formula, times, out, xp: in_blocks.append(len(times))
    )
    rng = Random(0)
    parts = [
        Linear(0.1, 0.2 if rng.random() < 0.3 else 0.05, rng.randint(400, 2_000))
        for _ in range(600)
    ]
    Sequential(tuple(parts)).lr_array(range(600_000)[::step])
    assert written
    assert set(written) == {Products}
    assert sum(in_blocks) < 6_000


def test_what_has_been_found_out_is_no_part_of_a_schedule() -> None:
    fresh = Sequential(LINES.parts)
    fresh.lr_array(range(3_000))
    assert stack_of(OnClocks(fresh._derived, FLOATS)) is fresh._derived.stack
    assert fresh == LINES
    assert hash(fresh) == hash(LINES)
    assert repr(fresh) == repr(LINES)
    for copied in (pickle.loads(pickle.dumps(fresh)), copy.copy(fresh), copy.deepcopy(fresh)):
        assert copied == fresh
        assert list(copied.lr_array(range(3_000))) == list(fresh.lr_array(range(3_000)))


def test_for_a_few_times_nothing_is_found_out() -> None:
    """To look at all parts would take longer than the rates."""
    fresh = Sequential(LINES.parts)
    for ts in (range(0, 15_000, 150), np.random.default_rng(0).random(200) * 15_000):
        fresh.lr_array(ts)
        assert fresh._derived.stack is None
    fresh.lr_array(np.random.default_rng(0).random(400) * 15_000)
    assert fresh._derived.stack is not None


def test_threads_may_find_it_out_together() -> None:
    expected = LINES.lr_array(range(16_000))
    for _ in range(5):
        fresh = Sequential(LINES.parts)
        with ThreadPoolExecutor(6) as threads:
            found = list(threads.map(fresh.lr_array, [range(16_000)] * 6))
        assert all(np.array_equal(rates, expected) for rates in found)


def test_memory_does_not_grow_with_the_number_of_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """There are more than are written at once."""
    rng = Random(0)
    parts = tuple(Linear(0.1, 0.01 + i * 1e-7, rng.randint(1_000, 9_000)) for i in range(4_000))
    schedule, out = Sequential(parts), np.empty(20_000_000, np.float32)
    schedule.lr_array(range(40_000))  # with what is kept
    at_once: list[int] = []
    fill_rows = rows._fill_rows

    def counted(formula: Any, times: range, starts: Array, *args: Any) -> bool:
        at_once.append(len(starts))
        return fill_rows(formula, times, starts, *args)

    monkeypatch.setattr(rows, "_fill_rows", counted)
    tracemalloc.start()
    schedule.lr_array(range(20_000_000), out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 64 * 2**20
    assert sum(at_once) > max(at_once) == rows.MOST_ROWS
    some = np.random.default_rng(0).integers(0, 20_000_000, 500)
    expected = [np.float32(schedule.lr(int(t))) for t in some]
    assert (out[some] == expected).mean() > 0.99  # a last digit may round the other way
    np.testing.assert_allclose(out[some], expected, 1e-7, 0)


# Where in a range parts begin, and where among edges times lie.


@pytest.mark.parametrize("step", [1, 2, 3, 7, -1, -2, -7])
@pytest.mark.parametrize("low", [0, 1, 333, 5_000])
def test_every_point_of_many_parts_is_written(step: int, low: int, small: None) -> None:
    for schedule in (
        LINES,
        Sequential(tuple(Linear(0.1, 0.2 + i, 0.4 * i) for i in range(1, 200))),
        Repeat(Sequential(tuple(Linear(0.1, 0.2 + i, 30 + i % 3) for i in range(60)))),
        Floor(Sequential(tuple(Cosine(0.1 + i, 70) for i in range(100))), 0.05),
        LINES * Sequential(tuple(Cosine(0.1 + i, 77) for i in range(100))),
        Sequential(tuple(Until(Cyclic(0.1, 0.2 + i, 30), 99) for i in range(100))),
    ):
        ts = range(low, 16_500, step) if step > 0 else range(16_500, low, step)
        expected = [schedule.lr(t) for t in ts]
        for out in (np.full(len(ts), np.nan), np.full(2 * len(ts), np.nan)[::-2]):
            schedule.lr_array(ts, out=out)
            np.testing.assert_allclose(out, expected, 12 * EPS, 0)
        out32 = schedule.lr_array(ts, dtype=np.float32)
        np.testing.assert_allclose(out32, expected, 1e-7, 0)


@pytest.mark.parametrize("length", [20, 400])
@pytest.mark.parametrize("step", [1, 3, -1, -7])
@pytest.mark.parametrize(
    "make",
    [
        lambda i, n: Cosine(0.1 + i / 997, n, 0.001 * i),
        lambda i, n: Polynomial(0.1 + i / 997, n, power=1.7),
        lambda i, n: Tanh(0.1 + i / 997, n),
        lambda i, n: Until(Exponential(0.1 + i / 997, 0.99), n),
        lambda i, n: Until(Exponential(0.1 + i / 997, 0.9 + i / 9_970), n),
        lambda i, n: Linear(0.1 + i / 997, 1 / (i + 1), n),
    ],
)
def test_both_sides_of_all_seams_are_what_single_calls_give(
    make: Callable[[int, int], Schedule], length: int, step: int
) -> None:
    for some in (1, 50):  # of equal length, and not
        parts = [make(i, length + i * 7 % some) for i in range(400)]
        schedule = Sequential(tuple(parts))
        ts = range(int(schedule.end) + 9)[::step]
        which = np.searchsorted(schedule._starts, np.array(ts), side="right")
        ends = np.flatnonzero(np.diff(which))
        rates = schedule.lr_array(ts)
        for i in (0, *ends.tolist(), *(ends + 1).tolist(), len(ts) - 1):
            assert rates[i] == schedule.lr(ts[i])


def test_a_seam_may_lie_where_a_matrix_ends() -> None:
    """What is left over, in a falling range, begins with the last point of a part."""
    size = 258_480
    count, width = layout.Region(0, size).layout()
    left = size - count * width
    assert left > layout.FEW
    for i in range(20):
        part = Until(Exponential(0.1, 0.9 + i / 999), (size - left) // 200)
        schedule = Sequential((Until(part, left), *[part] * 201))
        rates = schedule.lr_array(range(size - 1, -1, -1))
        for t in (0, left - 1, left, size - 1):
            assert rates[size - 1 - t] == schedule.lr(t)


@pytest.mark.parametrize("length", [130, 400])
def test_two_sequences_have_rows_of_one(length: int, small: None) -> None:
    """Of the other one there may be two parts in a row, or one; and these of several kinds."""
    first = Sequential(tuple(Linear(0.1, 0.2 + i, 100) for i in range(300)))
    parts = [Linear(0.1, 0.2 + i, length) for i in range(300)]
    for other in (parts, [p if i % 2 else Cosine(0.1, length) for i, p in enumerate(parts)]):
        schedule = first + Sequential(tuple(other))
        expected = [schedule.lr(t) for t in range(30_000)]
        np.testing.assert_allclose(schedule.lr_array(range(30_000)), expected, 8 * EPS, 0)


def endless(formula: Callable[[Any, Any], Any]) -> Callable[[int, float], Schedule]:
    """Return how to make schedules that go on as if they had no end."""

    class Own(Schedule):
        x: Rate
        steps: Steps

        def _formula(self, t: Num, xp: Ops) -> Num:
            rate: Num = formula(self, t)
            return rate

        @property
        def end(self) -> float:
            return self.steps

    Own.__name__ = Own.__qualname__ = f"Own{next(NUMBERS)}"
    kind: Any = define(Own)
    return lambda i, steps: kind(0.1 + i, steps)


@pytest.mark.parametrize("length", [130, 400])
def test_parts_that_do_not_know_their_ends_do_not_go_on(length: int, small: None) -> None:
    rising, steady = endless(lambda s, t: s.x + t), endless(lambda s, t: s.x + 0.0 * t)
    first = Sequential(tuple(rising(i, 100) for i in range(300)))
    for second in (rising, steady):
        parts = [(second if i % 2 else rising)(i, length) for i in range(300)]
        schedule = first + Sequential(tuple(parts))
        expected = [schedule.lr(t) for t in range(30_000)]
        np.testing.assert_allclose(schedule.lr_array(range(30_000)), expected, 8 * EPS, 0)


def test_rates_that_are_out_of_range_for_products_are_computed() -> None:
    huge = Sequential(tuple(Linear(1e300 + i * 1e290, 0, 1_000) for i in range(150)))
    cycles = Repeat(Linear(1e300, 0, 400.37))
    for schedule in (huge, cycles):
        rates = schedule.lr_array(range(150_000))
        expected = [schedule.lr(t) for t in range(0, 150_000, 77)]
        np.testing.assert_allclose(rates[::77], expected, 8 * EPS, 0)


@pytest.mark.parametrize(
    ("length", "spread", "asks"),
    [
        (9_000, 0, True),  # longer than pieces that are cut
        (9_000, 5_000, True),
        (20_000, 1, True),
        (20_000, 5_000, False),
        (300_000, 0, False),
        (60, 10, False),
    ],
)
def test_parts_of_some_lengths_are_rows(length: int, spread: int, asks: bool) -> None:
    rng = Random(0)
    lengths = [length + rng.randint(-spread, spread) for _ in range(200)]
    for of_length in (1, -1):
        schedule = Sequential(tuple(Linear(0.1, 0.2 + i, n) for i, n in enumerate(lengths)))
        ts = range(int(schedule._starts[-1]))[::of_length]
        region = layout.Region(0, len(ts))
        t = layout._ramp(ts, region, *region.layout())
        with pytest.raises((Pieces, Cut, Blocks)) as caught:
            schedule._formula(cast(Num, t), cast(Ops, grid.Grid(1, len(ts))))
        assert isinstance(caught.value, Pieces) == asks


@pytest.mark.parametrize("step", [1, 3, -1, -3])
def test_a_range_may_go_far_beyond_the_last_part(step: int) -> None:
    """That is no row, however long it is held, and no reason to do without."""
    schedule = Sequential(tuple(Cosine(0.1 + i / 997, 3_000, 0.01) for i in range(200)))
    ts = range(6_000_000)[::step]
    region = layout.Region(0, len(ts))
    t = layout._ramp(ts, region, *region.layout())
    with pytest.raises(Pieces) as caught:
        schedule._formula(cast(Num, t), cast(Ops, grid.Grid(1, len(ts))))
    starts = caught.value.starts
    assert len(starts) == 200 == len(caught.value.kinds) + 1
    assert starts[-1] - starts[0] == len([t for t in ts if t < 199 * 3_000])
    rates = schedule.lr_array(ts)
    expected = [schedule.lr(t) for t in ts[::997]]
    np.testing.assert_allclose(rates[::997], expected, 5 * EPS, 0)
    which = np.searchsorted(schedule._starts, np.array(ts), side="right")
    ends = np.flatnonzero(np.diff(which))
    for i in (0, *ends.tolist(), *(ends + 1).tolist(), len(ts) - 1):
        assert rates[i] == schedule.lr(ts[i])


def test_plateaus_of_many_parts_are_no_rows_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Their time stands still for a while, so that it tells of no number of points."""
    asked: list[Any] = []
    monkeypatch.setattr(grid, "firsts", lambda *args: asked.append(args))
    schedule = Staircase(Sequential(tuple(Linear(0.1, 0.2 + i, 700) for i in range(300))), 50)
    rates = schedule.lr_array(range(210_000))
    assert rates[::97].tolist() == [schedule.lr(t) for t in range(0, 210_000, 97)]
    assert not asked


def test_memory_does_not_grow_with_the_number_of_times() -> None:
    """What is made of a tuple is kept by the tuple, which must not be made again and again."""
    edges = tuple(float(i + 1) for i in range(3_000))
    values = tuple(0.1 + i for i in range(3_001))
    pieces = Until(PiecewiseConstant(values, edges), 5_000)
    schedule = Sequential(tuple(Scale(pieces, 1.0 + i) for i in range(100)))
    times = np.random.default_rng(0).random(3_000_000) * 5e5
    out = np.empty_like(times)
    schedule.lr_array(times[:300_000])
    tracemalloc.start()
    schedule.lr_array(times, out=out)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 40 * 2**20


EDGES = st.one_of(
    st.lists(st.floats(0, 1e300, exclude_min=True), min_size=1, max_size=80),
    st.lists(st.integers(1, 50).map(float), min_size=1, max_size=80),
    st.lists(st.integers(1, 50).map(lambda i: i * 5e-324), min_size=1, max_size=80),
    st.tuples(st.floats(1, 2), st.integers(1, 90)).map(
        lambda drawn: [drawn[0] * i for i in range(1, drawn[1])] or [1.0]
    ),
)


@given(EDGES, st.lists(st.floats(0, sys.float_info.max), max_size=20))
def test_edges_are_found_as_by_searching(edges: list[float], more: list[float]) -> None:
    array = np.sort(np.array(edges))
    beside = [array, np.nextafter(array, 0), np.nextafter(array, math.inf), more, [0.0]]
    times = np.concatenate(beside)
    with np.errstate(over="ignore"):
        found = Edges(array).passed(times)
    assert found.tolist() == array.searchsorted(times, side="right").tolist()


@pytest.mark.parametrize("count", [10, 1_000, 30_000, 300_000])
@pytest.mark.parametrize("spread", [1.0, 4.0])
def test_many_edges_are_found_as_by_searching(count: int, spread: float) -> None:
    """Evenly, or so that many are near together; of the most there is no table."""
    rng = np.random.default_rng(count)
    array = np.sort(rng.random(count) ** spread) * 1e6
    times = np.concatenate([array[:1_000], rng.random(20_000) * 1.1e6])
    edges = Edges(array)
    assert edges.passed(times).tolist() == array.searchsorted(times, side="right").tolist()
    assert Edges(np.arange(30_000.0))._before is not None


if __name__ == "__main__":
    shrunk(setattr)
    hunt(partial(searched, draws=1), float(sys.argv[1]))
