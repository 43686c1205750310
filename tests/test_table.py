"""Arrays of times: whichever way is the fastest to their rates, they are those of single calls.

Progressions are noticed by looking at every element; whole steps in any order are looked up.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES
from test_accuracy import promised

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    InverseSqrt,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Tanh,
    Until,
)
from lrcurves import _cells as cells
from lrcurves import _in_order as in_order
from lrcurves import _layout as layout
from lrcurves import _numpy as blocks
from lrcurves import _table as tables
from lrcurves._brief import brief
from lrcurves._ops import FLOATS

EPS = 2.0**-52
SIZE = 3_000

SCHEDULES: dict[str, Schedule] = {
    "cosine": Cosine(0.1, 2_500, 0.01),
    "wsd": WSD(0.1, 2_700, 100, 900),
    "stairs": StepDecay(0.1, 0.9, 10),
    "jumps": MultiStep(0.1, 0.9, (100, 1_500, *range(2_000, 2_150, 10), 2_999)),
    "restarts": CosineRestarts(0.1, 77),
    "identity": Linear(0.0, 2.0**20, 2.0**20),
}

every_schedule = pytest.mark.parametrize("s", SCHEDULES.values(), ids=SCHEDULES)

Ways = list[str]


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Return a list to which each fast path, or slow one, adds its name when it is taken."""
    taken: Ways = []

    def watched(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any) -> Any:
            taken.append(name)
            return real(*args)

        return call

    monkeypatch.setattr(layout, "fill_range", watched("grid", layout.fill_range))
    monkeypatch.setattr(blocks, "fill", watched("blocks", blocks.fill))
    monkeypatch.setattr(cells, "_quartics", watched("cells", cells._quartics))
    monkeypatch.setattr(tables, "_look_up", watched("look up", tables._look_up))
    return taken


def singles(s: Schedule, ts: Any) -> list[float]:
    return [s.lr(t) for t in np.asarray(ts).ravel().tolist()]


def assert_same(s: Schedule, rates: Any, ts: Any) -> None:
    """Compare with single calls: two values, each within what is promised of it."""
    bound = (promised(s, "lr") + promised(s, "lr_array")) * EPS
    np.testing.assert_allclose(np.ravel(rates), singles(s, ts), rtol=bound, atol=0)


# Progressions.


@pytest.mark.parametrize(
    "ts",
    [
        np.arange(SIZE),
        np.arange(SIZE)[::-1],
        np.arange(SIZE, dtype=np.uint64)[::-1],
        np.arange(SIZE, dtype=np.uint16)[::-1],
        np.arange(5, 5 + 7 * SIZE, 7, dtype=np.int16),
        np.arange(2**31 - 5 - SIZE, 2**31 - 5, dtype=np.int32),
        np.arange(2**31 - 9, 2**31 + SIZE),
        np.arange(2**16 - SIZE, 2**16, dtype=np.uint16),
        np.arange(2**53 - SIZE, 2**53),
        np.arange(2.0**53 - SIZE, 2.0**53),
        np.arange(float(SIZE)),
        np.arange(float(3 * SIZE), 0.0, -3.0),
        np.arange(SIZE, dtype=">f8"),
        np.arange(SIZE, dtype=">i4"),
        np.arange(SIZE, dtype=np.float32),
        np.arange(2_048, dtype=np.float16),
        np.arange(SIZE, dtype=np.longdouble),
        np.arange(3 * SIZE)[::3],
        np.arange(20_000),
        list(range(SIZE)),
        tuple(range(SIZE, 0, -1)),
    ],
    ids=lambda ts: f"{type(ts).__name__}-{getattr(ts, 'dtype', '')}-{ts[0]}-{ts[-1]}",
)
@every_schedule
def test_a_progression_in_an_array_is_a_range(s: Schedule, ts: Any, ways: Ways) -> None:
    first, step = int(ts[0]), int(ts[1]) - int(ts[0])
    as_range = range(first, first + len(ts) * step, step)

    assert np.array_equal(s.lr_array(ts), s.lr_array(as_range))
    assert ways == ["grid", "grid"]


@pytest.mark.parametrize("at", [0, 1, 2, 1_500, 8_191, 8_192, 8_193, 16_383, 19_998, 19_999])
@pytest.mark.parametrize("step", [1, -1, 3])
@pytest.mark.parametrize("by", [1, -1, 2**16, 2**32, 0.5, 1e-9, "next"])
@pytest.mark.parametrize("dtype", [np.int64, np.uint64, np.float64])
def test_one_wrong_element_is_noticed_wherever_it_is(
    at: int, step: int, by: Any, dtype: type, ways: Ways
) -> None:
    ts = (np.arange(20_000) * step + (0 if step > 0 else 19_999) + 2**14).astype(dtype)
    if by == "next":
        by = np.spacing(ts[at]) if dtype is np.float64 else 1
    ts[at] = ts[at] + dtype(by) if not isinstance(by, int) or by > 0 else ts[at] - dtype(-by)
    s = SCHEDULES["identity"]

    if ts[at] == (np.arange(20_000) * step + (0 if step > 0 else 19_999) + 2**14)[at]:
        assert dtype is not np.float64  # a fraction has been cut off
        return
    assert np.array_equal(s.lr_array(ts), np.minimum(ts, 2.0**20))
    assert "grid" not in ways[:1]


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int8, np.int16])
@pytest.mark.parametrize("sign", [1, -1])
def test_numbers_that_wrap_around_are_no_progression(dtype: type, sign: int) -> None:
    for start in (100, 250, 60_000, 65_535 - 2_047):
        ts = (np.arange(start, start + SIZE)[::sign]).astype(dtype)
        ts = np.maximum(ts, 0)  # time is not negative
        assert np.array_equal(SCHEDULES["identity"].lr_array(ts), ts.astype(np.float64))


def test_fractions_that_a_difference_would_lose_are_kept() -> None:
    ts = np.arange(8_191.0, -1.0, -1.0)
    ts[-1], ts[-101] = 1e-20, math.nextafter(100.0, 0.0)

    assert Linear(0.0, 0.1, 10_000).lr_array(ts)[-1] == Linear(0.0, 0.1, 10_000).lr(1e-20) > 0
    assert MultiStep(0.1, 0.1, (100,)).lr_array(ts)[-101] == 0.1


@pytest.mark.parametrize(
    "ts",
    [
        np.full(SIZE, 7),
        np.full(SIZE, 7.5),
        np.zeros(SIZE),
        np.arange(SIZE) / 2.0,
        np.arange(SIZE) + 0.5,
        np.arange(0.0, SIZE * 1.5, 1.5),
        np.arange(3_600).reshape(60, 60),
        np.arange(3_600.0).reshape(60, 60).T,
        np.array([2.0**53, *range(SIZE)]),
        np.array([2**53 + 2, *range(SIZE)], dtype=object),
        np.array([2**70, *range(SIZE)], dtype=object),
        np.array([[2**64, 5], [0, 2**53 + 1]], dtype=object),
        np.array([5]),
        np.array(5),
        np.array([]),
        np.zeros((0, 3)),
        np.zeros((SIZE, 0), np.int8),
        [],
        [[1, 2], [3, 4]],
    ],
    ids=lambda ts: f"{np.asarray(ts).dtype}-{np.shape(ts)}",
)
@every_schedule
def test_any_other_array_has_the_rates_of_single_calls(s: Schedule, ts: Any) -> None:
    rates = s.lr_array(ts)

    assert rates.shape == np.shape(ts)
    assert_same(s, rates, ts)


# Whole steps in any order.


def shuffled(size: int, dtype: Any = np.int64) -> Any:
    return np.random.default_rng(0).permutation(size).astype(dtype)


@pytest.mark.parametrize(
    "ts",
    [
        shuffled(SIZE),
        shuffled(SIZE, np.uint16),
        shuffled(SIZE, np.float32),
        shuffled(SIZE, ">f8"),
        shuffled(SIZE) + 2**40,
        shuffled(SIZE) + 2.0**52,
        shuffled(3_600).reshape(60, 60),
        shuffled(3_600).reshape(60, 60).T,
        shuffled(3_600, np.float64).reshape(60, 60)[::-1, ::-1],
        np.asfortranarray(shuffled(3_600).reshape(6, 20, 30)),
        shuffled(9_000)[::3] // 4,
        np.repeat(np.arange(100), 30),
        np.array([9, 9, *range(SIZE)]),
    ],
    ids=lambda ts: f"{ts.dtype}-{ts.shape}-{ts.strides}",
)
@pytest.mark.parametrize("longest", [None, SIZE, 1_300, 1_000])
@every_schedule
def test_whole_steps_are_looked_up_in_any_order(
    s: Schedule, ts: Any, longest: int | None, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "LONGEST", longest or tables.LONGEST)
    rates = s.lr_array(ts)

    span = int(ts.max()) - int(ts.min()) + 1
    pays = s != SCHEDULES["identity"] and span <= min(tables.LONGEST, ts.size)
    assert ("look up" in ways) == pays
    assert rates.shape == ts.shape
    assert_same(s, rates, ts)


@pytest.mark.parametrize("span", [SIZE - 1, SIZE, SIZE + 1])
def test_a_span_is_looked_up_if_it_has_no_more_steps_than_are_asked_for(
    span: int, ways: Ways
) -> None:
    ts = shuffled(SIZE) % span
    ts[0], ts[1] = 0, span - 1
    assert_same(SCHEDULES["wsd"], SCHEDULES["wsd"].lr_array(ts), ts)
    assert ("look up" in ways) == (span <= SIZE)


@pytest.mark.parametrize("at", [0, 1_234, 10_000, 19_999])
@pytest.mark.parametrize("by", [0.5, -1e-9])
def test_floats_that_are_whole_but_for_one_are_not_looked_up(
    at: int, by: float, ways: Ways
) -> None:
    ts = shuffled(20_000, np.float64)
    ts[at] += by if ts[at] > 0 else 0.5
    assert_same(SCHEDULES["cosine"], SCHEDULES["cosine"].lr_array(ts), ts)
    assert "look up" not in ways


@pytest.mark.parametrize(
    ("s", "way"),
    [
        (Constant(0.1), "blocks"),
        (Polynomial(0.1, 2_500, 0.01, power=0.5), "blocks"),
        (InverseSqrt(0.1, 100), "blocks"),
        (Exponential(0.1, 0.5, 100), "blocks"),
        (Tanh(0.1, 2_500), "look up"),
        (Cyclic(0.1, 0.2, 100), "look up"),
        (Linear(0, 0.1, 100) >> Constant(0.1), "look up"),
    ],
)
def test_rates_are_looked_up_unless_arithmetic_gives_them(
    s: Schedule, way: str, ways: Ways
) -> None:
    ts = shuffled(SIZE)
    assert_same(s, s.lr_array(ts), ts)
    assert ways[0] == way


# Many pieces in any order.


def many_pieces(count: int) -> Schedule:
    parts = (Linear(0.1 * (i % 3), 0.1 * ((i + 1) % 3), 100) for i in range(count))
    return Sequential(tuple(parts))


@pytest.mark.parametrize("size", [10, 3_000, 20_000])
@pytest.mark.parametrize("count", [4, 5, 6, 15, 16, 17, 300])
@pytest.mark.parametrize("many", [1_000, 8_192, 1 << 20])
def test_real_times_over_many_pieces_are_sorted_first(
    size: int, count: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "MOST_SORTED", many)
    s, rng = many_pieces(count), Random(size)
    ts = np.array([rng.uniform(0.0, 105.0 * count) for _ in range(size)])
    seams = ts[: size // 2]
    seams[...] = np.round(seams, -2)  # times at the seams themselves, and twice

    rates = s.lr_array(ts)

    assert rates.tolist() == singles(s, ts)
    assert np.array_equal(s.lr_array(ts, out=ts), rates)


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 5_000])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int64, np.uint16, ">f8"])
def test_times_are_put_in_order_but_for_their_last_digits(size: int, dtype: Any) -> None:
    rng = np.random.default_rng(size)
    times = np.floor(rng.uniform(0, 60_000, size)).astype(dtype)
    times[size // 2 :] = times[0]

    order = blocks._order(times)

    assert sorted(order.tolist()) == list(range(size))
    ordered = times[order].astype(np.float64)
    assert (ordered[:-1] <= ordered[1:] * (1.0 + 2.0**-30)).all()


def test_times_that_are_sorted_keep_their_shape_and_type() -> None:
    s, rng = many_pieces(300), np.random.default_rng(0)
    ts = rng.uniform(0.0, 30_000.0, (70, 90)).astype(np.float32)[::-1, ::2]
    assert s.lr_array(ts, dtype=np.float32).tolist() == (
        np.array(singles(s, ts), np.float32).reshape(ts.shape).tolist()
    )


@pytest.mark.parametrize("way", ["blocks", "look up", "cells"])
def test_the_output_may_overlap_the_times_in_any_way(
    way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tables, "LONGEST", 1 << 22 if way == "look up" else 0)
    monkeypatch.setattr(cells, "FEWEST_TIMES", 0 if way == "cells" else 1 << 22)
    s = Linear(0.0, 2.0 * SIZE, 2 * SIZE) >> Linear(4.0 * SIZE, 9.0, SIZE)  # rates like times
    for order in (np.arange(SIZE), np.arange(SIZE)[::-1], shuffled(SIZE)):
        expected = s.lr_array(order.copy())
        for shift in (0, 1, 700):
            memory = np.zeros(SIZE + 700)
            ts, out = memory[:SIZE], memory[shift : shift + SIZE]
            ts[:] = order
            s.lr_array(ts, out=out)
            assert_same(s, out, order)
            memory[:SIZE] = order
            s.lr_array(memory[:SIZE], out=memory[:SIZE][::-1])
            assert_same(s, memory[:SIZE][::-1], order)
        whole = order.astype(np.int64)
        s.lr_array(whole, out=whole.view(np.float64))
        assert_same(s, whole.view(np.float64), order)
        np.testing.assert_allclose(whole.view(np.float64), expected, rtol=10 * EPS)


@pytest.mark.parametrize("pieces", [1, 300])
def test_times_of_many_blocks_may_be_overwritten(pieces: int) -> None:
    """Some in one piece come first: these have been overwritten when the others are sorted."""
    s = many_pieces(pieces) if pieces > 1 else Polynomial(0.1, 30_000, 0.01)
    order = np.random.default_rng(0).uniform(0, 30_000, 40_000)
    order[:10_000] = np.linspace(1, 99, 10_000)
    expected = s.lr_array(order)
    for first, step in ((0, 1), (7, 1), (0, -1)):
        memory = np.zeros(40_007)
        ts = memory[:40_000]
        ts[:] = order
        out = memory[first : first + 40_000][::step]
        s.lr_array(ts, out=out)
        np.testing.assert_allclose(out, expected, rtol=8 * EPS, atol=0)


# What is written.


@pytest.mark.parametrize("order", ["range", "progression", "shuffled", "fractions"])
@every_schedule
def test_any_output_holds_the_float64_value_rounded_once(
    s: Schedule, order: str, tmp_path: Path
) -> None:
    ts = {
        "range": range(SIZE),
        "progression": np.arange(SIZE),
        "shuffled": shuffled(SIZE),
        "fractions": shuffled(SIZE) / 7.0,
    }[order]
    rates = s.lr_array(ts)
    unaligned = np.zeros(8 * SIZE + 1, np.int8)[1:].view(np.float64)
    outs = [
        np.zeros(SIZE, np.float32),
        np.zeros(SIZE, np.float16),
        np.zeros(SIZE, ">f8"),
        np.zeros(SIZE, np.longdouble),
        np.zeros(2 * SIZE)[::2],
        np.zeros(SIZE)[::-1],
        np.zeros((SIZE, 5))[:, 3],
        np.zeros((SIZE, 5), np.float32, "F")[:, 3],
        unaligned,
        np.memmap(tmp_path / "rates", np.float32, "w+", shape=(SIZE,)),
        np.lib.format.open_memmap(tmp_path / "rates.npy", "w+", np.float64, (SIZE,)),
    ]
    for out in outs:
        assert s.lr_array(ts, out=out) is out
        with np.errstate(over="ignore"):
            assert np.array_equal(out, rates.astype(out.dtype))
        assert s.lr_array(ts, dtype=out.dtype).dtype == out.dtype
        assert np.array_equal(s.lr_array(ts, dtype=out.dtype), out)


@every_schedule
def test_an_output_of_many_dimensions_may_have_any_layout(s: Schedule) -> None:
    for ts in (np.arange(3_600), shuffled(3_600), shuffled(3_600) / 3.0):
        cube = ts.reshape(10, 18, 20)
        expected = s.lr_array(cube)
        assert_same(s, expected, cube)
        for out in (
            np.zeros(cube.shape, np.float64, "F"),
            np.zeros((20, 18, 10)).T,
            np.zeros((10, 36, 20))[:, ::-2],
        ):
            s.lr_array(np.asfortranarray(cube), out=out)
            np.testing.assert_allclose(out, expected, rtol=10 * EPS, atol=0)


@pytest.mark.parametrize("ts", [range(SIZE), np.arange(SIZE), shuffled(SIZE)], ids=type)
def test_an_output_that_does_not_fit_is_left_as_it_is(ts: Any) -> None:
    s = SCHEDULES["cosine"]
    locked = np.full(SIZE, 7.0)
    locked.flags.writeable = False
    for out, error in (
        (locked, ValueError),
        (np.full(SIZE + 1, 7.0), ValueError),
        (np.full((SIZE, 1), 7.0), ValueError),
        (np.broadcast_to(7.0, SIZE), ValueError),
        (np.full(SIZE, 7), TypeError),
        (np.full(SIZE, 7 + 0j), TypeError),
    ):
        with pytest.raises(error, match=r"out must|dtype must"):
            s.lr_array(ts, out=out)
        assert (out == 7).all()
    fine = np.full(SIZE, 7.0)
    for wrong in (
        np.append(np.arange(1.0, SIZE), -1.0),
        np.append(np.arange(1.0, SIZE), np.nan),
    ):
        with pytest.raises(ValueError, match="ts must hold finite numbers >= 0"):
            s.lr_array(wrong, out=fine)
    with pytest.raises(ValueError, match="dtype must be that of out"):
        s.lr_array(ts, out=fine, dtype=np.float32)
    for wrong_span in (range(SIZE - 2, -2, -1), range(-1, SIZE - 1), -np.arange(SIZE)):
        with pytest.raises(ValueError, match="ts must hold finite numbers >= 0"):
            s.lr_array(wrong_span, out=fine)
    assert (fine == 7).all()


def test_what_is_no_time_is_refused_by_its_place() -> None:
    s = SCHEDULES["cosine"]
    for ts, match in (
        ([[1, 2], [3, -4]], r"got -4 at index \(1, 1\)"),
        (np.array([1.0, np.inf]), "got inf at index 1"),
        (np.array(-1.5), "got -1.5$"),
        (range(5, -2, -1), "got -1 at index 6"),
        (range(0, 10**400, 10**399), "got inf at index 9"),
        ([10**400], "got inf at index 0"),
        ([-(10**400)], "got -inf at index 0"),
        ([[1], [2, 3]], "regular array"),
    ):
        with pytest.raises(ValueError, match=match):
            s.lr_array(ts)
    for wrong in (["a"], [True], [1j], np.array(["2020-01-01"], "M8[D]"), [None]):
        with pytest.raises(TypeError, match="ts must hold ints or floats"):
            s.lr_array(wrong)
    with pytest.raises(TypeError, match="out must be a NumPy array"):
        s.lr_array([1], out=[0.0])  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="dtype must be a real floating-point type"):
        s.lr_array([1], dtype=np.int32)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_way_to_ask_for_the_same_times_agrees(name: str) -> None:
    s, rng = EXAMPLES[name], Random(name)
    start, size = rng.choice((0, 50, 990)), 2_500
    ts = range(start, start + size)
    plain = np.array(ts)
    order = np.random.default_rng(1).permutation(size)
    expected = np.array(singles(s, plain))
    bound = (promised(s, "lr") + promised(s, "lr_array")) * EPS
    with np.errstate(all="raise"):
        answers = [
            s.lr_array(ts),
            s.lr_array(plain),
            s.lr_array(plain[order])[np.argsort(order)],
            s.lr_array(plain.reshape(50, 50)).ravel(),
            s.lr_array(plain[::-1])[::-1],
            s.lr_array(np.append(plain, 0.5))[:-1],
        ]
    for rates in answers:
        np.testing.assert_allclose(rates, expected, rtol=bound, atol=2.0**-1022)


def test_a_shuffled_table_of_a_sequence_is_that_of_its_pieces() -> None:
    s = PiecewiseConstant(tuple(i / 7 for i in range(2_001)), tuple(range(1, 2_001)))
    ts = shuffled(SIZE)
    assert np.array_equal(s.lr_array(ts), np.minimum(ts, 2_000) / 7)


@pytest.mark.parametrize("length", [blocks.BLOCK - 1, blocks.BLOCK, blocks.BLOCK + 1])
def test_seams_have_the_bits_of_single_calls_wherever_blocks_begin(length: int) -> None:
    out = np.empty(3 * blocks.BLOCK)
    for late in range(1, 60):
        after = Shift(Exponential(0.3, 0.7, 1234.5), -100.3 * late)
        schedule = Until(Exponential(0.1, 0.5, 3000), length) >> after
        in_order.fill_range(schedule._formula, range(len(out)), out)

        for t in (0, length - 1, length, len(out) - 1):
            assert out[t] == schedule.lr(t)


def test_a_piece_sees_no_times_but_its_own() -> None:
    edges = (0.0, 10.0, 40.0, 100.0)
    bounds = pairwise((-math.inf, *edges, math.inf))
    own = [(low, math.nextafter(high, 0.0)) for low, high in bounds]

    def piece(i: int, t: Any) -> Any:
        assert own[i][0] <= t.min()
        assert t.max() <= own[i][1]
        return t + i

    for longest in (11.0, 30.0, 55.0, 110.0, 900.0):  # another piece has most of the points
        ts = np.random.default_rng(0).uniform(0.0, longest, 3_000)
        rates = blocks.NumPy().piecewise(ts, edges, piece)
        assert rates.tolist() == (ts + np.searchsorted(edges, ts, side="right")).tolist()


# Blocks of times in order.


def knots(count: int, length: float) -> Sequential:
    """Return lines, cosines and plateaus in turn."""
    kinds = (
        Linear(0.1, 0.03, length),
        Cosine(0.1, length, 0.01),
        Until(Constant(0.07), length),
    )
    return Sequential(tuple(kinds[i % 3] for i in range(count)))


def in_blocks(schedule: Schedule, times: range) -> Any:
    out = np.full(len(times), math.nan)
    in_order.fill_range(schedule._formula, times, out)
    return out


@pytest.mark.parametrize(
    "schedule",
    [
        knots(9, 1_000),
        knots(900, 7.5),
        Repeat(knots(5, 100.25)),
        Repeat(knots(5, 100.25), period_mult=1.5),
        knots(9, 900) * Repeat(knots(2, 77)),
        Staircase(knots(9, 1_000), 700, "offset"),
        MultiStep(0.1, 0.5, tuple(range(10, 9_000, 13))),
    ],
    ids=lambda s: brief(s, 60),
)
@pytest.mark.parametrize(
    "times",
    [
        range(20_000),
        range(19_999, -1, -1),
        range(5, 30_000, 3),
        range(9_999, 3, -7),
        range(7, 8),
    ],
    ids=repr,
)
def test_blocks_in_order_are_single_calls(schedule: Schedule, times: range) -> None:
    rates = in_blocks(schedule, times)
    assert_same(schedule, rates, times)
    assert (rates[0], rates[-1]) == (schedule.lr(times[0]), schedule.lr(times[-1]))


def test_blocks_of_arithmetic_are_single_calls_to_the_bit_and_none_is_made(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only words that NumPy rounds in its own way leave anything to be computed again."""
    lines = Sequential(tuple(Linear(0.1 * (i % 3), 0.07 * (i % 5), 999.7) for i in range(20)))
    waves = Sequential(tuple(Cosine(0.1 * (i % 3), 999.7) for i in range(20)))
    times = range(25_000)
    expected = [lines.lr(t) for t in times]
    singles = 0

    class Counted(type(FLOATS)):  # type: ignore[misc]
        def piecewise(self, *args: Any) -> Any:
            nonlocal singles
            singles += 1
            return FLOATS.piecewise(*args)

    monkeypatch.setattr(in_order, "FLOATS", Counted())
    assert in_blocks(lines, times).tolist() == expected
    assert singles == 0
    in_blocks(waves, times)
    assert singles == 2 * (19 + 4)  # beside each seam, and at both ends of each block
    singles = 0
    in_blocks(Cosine(0.1, 5_000) >> lines, times)
    assert singles == 2 * (4 + 1)  # in the first block alone


@pytest.mark.parametrize(
    "ts",
    [
        range(5),
        range(100_000),
        np.array([1.0, 3.0]),
        np.random.default_rng(0).integers(0, 1_000, 100_000),
        np.random.default_rng(0).uniform(0, 1_000, 1 << 18),
    ],
    ids=lambda ts: f"{type(ts).__name__}-{len(ts)}",
)
def test_a_fork_may_depend_on_a_constant(ts: Any) -> None:
    def formula(t: Any, xp: Any) -> Any:
        root = xp.sqrt(100.0)
        (level,) = xp.pick(root, (5.0, 20.0), (1.0, 2.0, 3.0))
        factor = xp.piecewise(root, (5.0, 20.0), lambda i, x: 0.1 * (i + x))
        return level * factor * (1.0 + xp.sin2(t / 100.0))

    rates = tables.table(formula, ts, None, None)
    expected = [formula(float(t), FLOATS) for t in ts[:500]]
    np.testing.assert_allclose(rates[:500], expected, rtol=9 * EPS, atol=0)


def test_edges_become_an_array_once() -> None:
    xp = blocks.NumPy()
    schedule = knots(100, 10)
    for _ in range(3):
        schedule._formula(np.linspace(0.0, 1e3, 50), xp)
    assert len(xp._arrays) == 1
