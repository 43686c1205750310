"""What is true of every schedule, whichever it is."""

from __future__ import annotations

import copy
import functools
import math
import operator
import pickle
import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from strategies import kinds, landmarks, ranges, schedules, times

from lrcurves import (
    Constant,
    Linear,
    Maximum,
    Minimum,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    Stretch,
    Until,
    Warmup,
)
from lrcurves.serial import from_dict, from_json, parse, to_dict, to_json

EPS = 2.0**-52

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def points(s: Schedule) -> list[float]:
    """Return times that matter to a schedule, in no order."""
    at = {0.0, 1.0, 0.5, 2.0**31, 2.0**31 - 1, 2.0**53, 1e12}
    for mark in landmarks(s):
        at |= {mark, max(mark - 1, 0), mark + 1, mark / 2, 3 * mark, math.nextafter(mark, 0)}
    return sorted(at, reverse=True)


def test_every_registered_kind_has_an_example() -> None:
    ours = {kind.__name__ for kind in (*kinds(nested=False), *kinds(nested=True))}

    assert {type(s).__name__ for s in EXAMPLES.values()} == ours


@every_example
def test_a_rate_is_a_finite_python_float(s: Schedule) -> None:
    for t in points(s):
        assert type(s.lr(t)) is float
        assert s.lr(t) >= 0
        assert s.lr(t) < math.inf or s is EXAMPLES["exponential-growth"]


@every_example
def test_the_order_of_evaluation_does_not_matter(s: Schedule) -> None:
    ts = points(s)
    rates = {t: s.lr(t) for t in ts}
    random.Random(0).shuffle(ts)
    with ThreadPoolExecutor(4) as threads:
        again = list(threads.map(s.lr, ts * 3))

    assert again == [rates[t] for t in ts * 3]


@every_example
def test_the_last_rate_is_held_for_ever(s: Schedule) -> None:
    if s.end < math.inf:
        last = s.lr(s.end)
        assert {s.lr(t) for t in (s.end, s.end + 1, 2 * s.end, s.end + 1e12)} == {last}
        held = s.lr_array([s.end, s.end + 0.5, 3 * s.end, 2.0**53])
        assert len(set(held)) == 1
        assert held[0] == pytest.approx(last, rel=9 * EPS, abs=0)


@given(st.floats(0.01, 50), st.floats(0.1, 5000), st.sampled_from(["direct", "offset"]))
def test_a_staircase_has_reached_its_last_rate_at_its_end(
    every: float, steps: float, floor: str
) -> None:
    s = Staircase(Linear(0.1, 0.0, steps), every, floor)

    assert s.lr(s.end) == s.lr(2 * s.end) == s.lr(s.end + 1e6) == 0.0


@given(
    st.floats(1, 1e5),
    st.floats(0.1, 1e3),
    st.floats(-100, 100).filter(lambda x: x == 0 or abs(x) > 1e-290),  # shorter is refused
)
def test_a_sequence_has_reached_its_last_rate_at_its_end(
    first: float, second: float, by: float
) -> None:
    for s in (
        Linear(0.0, 0.1, first) >> Linear(0.1, 0.0, second),
        Shift(Linear(0.1, 0.0, second), by),
    ):
        assert s.lr(s.end) == s.lr(2 * s.end) == 0.0


@every_example
def test_ints_and_floats_of_numpy_and_python_are_the_same_time(s: Schedule) -> None:
    expected = s.lr(7.0)
    for t in (7, np.int64(7), np.float64(7), np.float32(7), np.uint8(7)):
        assert s.lr(t) == expected == s(t)
        assert type(s.lr(t)) is float is type(s(t))


@every_example
def test_an_array_is_many_scalars(s: Schedule) -> None:
    ts = points(s)
    rates = s.lr_array(ts)

    assert rates.dtype == np.float64
    scalars = [s.lr(t) for t in ts]
    # An exponent of thousands has as many relative errors: NumPy's power and libm's are both
    # within an eps of the exact value, which test_accuracy.py shows; here they may add up.
    np.testing.assert_allclose(rates, scalars, rtol=9 * EPS, atol=1e-300)


@every_example
def test_a_range_is_the_array_of_its_steps(s: Schedule) -> None:
    for ts in (range(20_000), range(5, 40_000, 3), range(9_000, -1, -1), range(0)):
        as_array = s.lr_array(np.array(ts, dtype=np.int64))
        np.testing.assert_allclose(s.lr_array(ts), as_array, rtol=9 * EPS, atol=1e-300)


@every_example
def test_the_order_of_an_array_does_not_matter(s: Schedule) -> None:
    ts = np.arange(30_000.0) / 7
    order = np.random.default_rng(0).permutation(len(ts))
    sorted_rates = s.lr_array(ts)

    np.testing.assert_allclose(
        s.lr_array(ts[order]), sorted_rates[order], rtol=9 * EPS, atol=1e-300
    )


@every_example
def test_a_schedule_is_a_value(s: Schedule) -> None:
    twin = from_dict(to_dict(s))

    assert twin == s
    assert hash(twin) == hash(s)
    assert s != Linear(0.123, 0.456, 789)
    assert s != "a string"
    assert len({s, twin, copy.copy(s), copy.deepcopy(s), s.replace()}) == 1


@every_example
def test_a_schedule_cannot_be_changed(s: Schedule) -> None:
    name = next(iter(s._domains))
    with pytest.raises(FrozenInstanceError):
        setattr(s, name, getattr(s, name))
    with pytest.raises((FrozenInstanceError, AttributeError, TypeError)):
        s.another = 1  # type: ignore[attr-defined]


@every_example
def test_every_field_can_be_given_by_keyword(s: Schedule) -> None:
    assert type(s)(**dict(s._items())) == s


@every_example
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_schedule_survives_pickle(s: Schedule, protocol: int) -> None:
    twin = pickle.loads(pickle.dumps(s, protocol))

    assert twin == s
    assert [twin.lr(t) for t in points(s)] == [s.lr(t) for t in points(s)]


@every_example
def test_a_schedule_survives_json_and_its_own_repr(s: Schedule) -> None:
    for twin in (from_json(to_json(s)), parse(repr(s))):
        assert twin == s
        assert repr(twin) == repr(s)
        assert [twin.lr(t) for t in points(s)] == [s.lr(t) for t in points(s)]


@every_example
def test_a_schedule_draws_itself(s: Schedule) -> None:
    assert s._repr_svg_().startswith("<svg")


@given(st.data())
def test_any_schedule_at_any_time(data: st.DataObject) -> None:
    s = data.draw(schedules())
    t = data.draw(times(s))
    rate = s.lr(t)

    assert type(rate) is float
    assert rate >= 0
    assert s.lr(t) == rate
    array = s.lr_array([t])[0]
    assert array == pytest.approx(rate, rel=1e-9, abs=1e-300)
    if t >= s.end:
        assert rate == pytest.approx(s.lr(s.end), rel=4 * EPS)


@given(st.data())
def test_any_range_of_any_schedule(data: st.DataObject) -> None:
    s = data.draw(schedules())
    ts = data.draw(ranges(s))
    rates = s.lr_array(ts)

    assert rates.shape == (len(ts),)
    for i in {0, len(ts) // 2, len(ts) - 1} if len(ts) else set():
        assert rates[i] == pytest.approx(s.lr(ts[i]), rel=1e-9, abs=1e-300)


@given(schedules())
def test_any_schedule_survives_saving(s: Schedule) -> None:
    assert from_json(to_json(s)) == s
    assert parse(repr(s)) == s
    assert pickle.loads(pickle.dumps(s)) == s


def test_ten_thousand_parts_are_flat_and_quick() -> None:
    parts = tuple(Linear(0.1, 0.1 / (i + 1), 10) for i in range(10_000))
    s = Sequential(parts)

    assert s.end == 100_000
    assert s.lr(99_995) == parts[-1].lr(5)
    assert parse(repr(s)) == s == from_json(to_json(s))
    assert s.lr_array(range(0, 100_000, 1000))[99] == s.lr(99_000)


@pytest.mark.parametrize("join", [operator.rshift, operator.add, operator.mul])
def test_a_loop_over_an_operator_is_flat_from_either_side(
    join: Callable[[Any, Any], Schedule],
) -> None:
    parts = [Linear(0.1, 0.1 / (i + 1), 10) for i in range(1000)]
    left = functools.reduce(join, parts)
    right = functools.reduce(lambda done, part: join(part, done), reversed(parts))

    assert left == right == parse(repr(left)) == from_json(to_json(left))
    assert left.parts == tuple(parts)  # type: ignore[attr-defined]
    assert left._depth == right._depth == parse(repr(left))._depth == 2
    assert functools.reduce(join, [parts[0]] * 1000) == type(left)((parts[0],) * 1000)  # type: ignore[call-arg]


@pytest.mark.parametrize(
    "around",
    [
        lambda s: Warmup(s, 1),
        lambda s: Stretch(s, 1.0) >> Linear(0.1, 0.0, 9),
        lambda s: Minimum((Maximum((s,)),)),
        lambda s: Until(s >> Constant(0.1), 9),
        lambda s: Constant(0.1) * (Constant(0.1) + s),
    ],
)
def test_what_is_nested_too_deeply_is_refused_when_it_is_made(
    around: Callable[[Schedule], Schedule],
) -> None:
    s: Schedule = Linear(0.1, 0.0, 100)
    while s._depth < 196:
        s = around(s)
    with pytest.raises(ValueError, match="nested deeper than 200 schedules"):
        around(around(around(around(around(s)))))


def test_200_levels_work_and_201_are_refused() -> None:
    s: Schedule = Linear(0.1, 0.0, 100)
    for i in range(199):
        s = Until(s, 100) if i % 2 else s + Constant(0.0) if i % 3 else 1.0 * s

    assert s.lr(50) == s.lr_array([50])[0] == pickle.loads(pickle.dumps(s)).lr(50)
    assert from_json(to_json(s)) == s == parse(repr(s))
    assert hash(s) == hash(from_json(to_json(s)))
    while s._depth < 200:
        s = Until(s, 100)
    with pytest.raises(ValueError, match="nested deeper than 200 schedules"):
        Until(s, 100)


@pytest.mark.parametrize(
    ("steps", "every"),
    [
        (6.64792172385909e16, 7.0),
        (902430045837210.6, 0.1),
        (5.2877439132389946e17, 6.7),
        (1e290, 1e-290),
    ],
)
def test_a_staircase_of_more_plateaus_than_floats_count_has_an_end(
    steps: float, every: float
) -> None:
    assert steps <= Staircase(Linear(0.1, 0.0, steps), every).end <= steps * 1.001
