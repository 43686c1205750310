"""The laws of the operators, over schedules of any kind.

Where two ways to write a schedule do the same arithmetic, they are the same to the last bit,
at every time, alone and in an array; most laws here are of that sort. Where one of them rounds
more often, the bound counts the roundings: each is half an eps, 2**-53, of numbers that are
never negative. Where they reach a time by different sums, times are whole, and no sum rounds.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from dataclasses import fields
from functools import reduce
from itertools import accumulate, permutations
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import (
    ONE_WAY,
    falling,
    kinds,
    landmarks,
    moments,
    rises,
    schedules,
    schedules_of,
)
from test_accuracy import promised

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Floor,
    Linear,
    Maximum,
    Minimum,
    Polynomial,
    PolynomialRestarts,
    Product,
    Repeat,
    Scale,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    Stretch,
    Sum,
    Until,
)
from lrcurves.schedule import Recipe

EPS = 2.0**-52
ROUNDING = EPS / 2
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max

FOLDS = (Sum, Product, Maximum, Minimum)
POINTWISE: dict[type[Schedule], Callable[[Any, Any], Any]] = {
    Sum: np.add,
    Product: lambda x, y: np.fmax(np.multiply(x, y), 0.0),  # 0 times an overflow is 0
    Maximum: np.fmax,
    Minimum: np.fmin,
}
# Of the examples of the profile, a third, or a sixth where a law is one of several folds.
some = settings(max_examples=settings.default.max_examples // 3)
few = settings(max_examples=settings.default.max_examples // 6)
each_fold = pytest.mark.parametrize("fold", FOLDS)

factors = st.one_of(st.sampled_from([0.5, 1.0, 2.0, 1024.0]), st.floats(1e-6, 1e6))
doublings = st.integers(-8, 8).map(lambda n: 2.0**n)
rates = st.one_of(st.sampled_from([0.0, 0.1, 0.01]), st.floats(0.0, 10.0))
counts = st.integers(0, 1000).map(float)
lengths = st.one_of(counts, st.floats(0.01, 1e6))
plateaus = st.one_of(st.integers(1, 1000).map(float), st.floats(0.01, 1e6))


on_whole_clocks = schedules(2, whole=True).filter(
    lambda s: all(mark % 1 == 0 for mark in landmarks(s))
)


def ended(s: Schedule, steps: float = 100) -> Schedule:
    """Return a schedule that ends: itself, or its first steps."""
    return s if s.end < math.inf else Until(s, steps)


def lone(s: Schedule) -> Schedule:
    """Return a schedule as one part: a sum within a sum is spliced, and rounds in turn."""
    return Scale(s, 1) if isinstance(s, FOLDS) else s


def assert_same(a: Schedule, b: Schedule, ts: list[float]) -> None:
    """Fail unless two schedules are the same to the last bit, however they are asked."""
    assert [a.lr(t) for t in ts] == [b.lr(t) for t in ts]
    assert a.lr_array(ts).tolist() == b.lr_array(ts).tolist()


def assert_near(
    a: Schedule, b: Schedule, ts: list[float], roundings: float | None = None
) -> None:
    """Fail if two schedules differ by more than some roundings, or than is promised of both.

    Below the smallest normal number a rounding is one of that number.
    """
    found = {"lr": [[*map(s.lr, ts)] for s in (a, b)]}
    found["lr_array"] = [s.lr_array(ts).tolist() for s in (a, b)]
    for way, (xs, ys) in found.items():
        both = promised(a, way) + promised(b, way)
        near = both * EPS if roundings is None else roundings * ROUNDING
        for t, x, y in zip(ts, xs, ys, strict=True):
            big = max(x, y, SMALLEST)
            # One of the two may overflow a little earlier.
            assert x == y or abs(x - y) <= near * big or big > LARGEST / 2, (a, b, way, t)


# One schedule after another.


@some
@given(schedules(2), schedules(2), schedules(2))
def test_then_is_associative(a: Schedule, b: Schedule, c: Schedule) -> None:
    a, b = ended(a), ended(b)

    assert (a >> b) >> c == a >> (b >> c) == Sequential((a, b, c))
    assert Sequential((a, Sequential((b, c)))) == a >> b >> c


@some
@given(schedules(2), st.data())
def test_a_sequence_of_one_is_that_one(a: Schedule, data: st.DataObject) -> None:
    one = Sequential((a,))

    assert one.end == a.end
    assert_same(one, a, data.draw(moments(a)))


@some
@given(schedules(2), schedules(2), schedules(2), rates)
def test_parts_without_length_vanish_wherever_they_are(
    a: Schedule, b: Schedule, c: Schedule, rate: float
) -> None:
    a, nothing = ended(a), (Until(Constant(rate), 0), Until(c, 0))
    assume(a.end > 0 and b.end > 0)

    assert Sequential((*nothing, a, *nothing, b, *nothing)) == a >> b
    assert Sequential((*nothing, b)) == Sequential((b,))


@some
@given(on_whole_clocks, on_whole_clocks, st.data())
def test_a_sequence_is_its_parts_each_on_its_own_clock(
    a: Schedule, b: Schedule, data: st.DataObject
) -> None:
    a = ended(a)
    assume(a.end > 0 and b.end > 0)
    both = a >> b
    ts = data.draw(moments(both, a))

    assert [both.lr(t) for t in ts] == [a.lr(t) if t < a.end else b.lr(t - a.end) for t in ts]


@some
@given(schedules(1), schedules(1))
def test_a_sequence_ends_at_the_first_time_at_which_its_last_part_has_ended(
    a: Schedule, b: Schedule
) -> None:
    a, b = ended(a), ended(b, steps=0.1)
    end = (a >> b).end

    assert end - a.end >= b.end > math.nextafter(end, 0.0) - a.end


@some
@given(schedules(2), schedules(2), st.data())
def test_a_sequence_cut_before_its_seam_is_its_first_part(
    a: Schedule, b: Schedule, data: st.DataObject
) -> None:
    a = ended(a)
    before = math.nextafter(a.end, 0.0)
    assume(a.end > 0)

    assert_same(Until(a >> b, before), Until(a, before), data.draw(moments(a, b)))


# Several on one clock.


@each_fold
@few
@given(a=schedules(2), b=schedules(2), c=schedules(2))
def test_every_fold_is_associative(
    fold: type[Any], a: Schedule, b: Schedule, c: Schedule
) -> None:
    assert fold((fold((a, b)), c)) == fold((a, fold((b, c)))) == fold((a, b, c))


@some
@given(schedules(2), schedules(2))
def test_the_signs_are_the_folds(a: Schedule, b: Schedule) -> None:
    assert a + b == Sum((a, b))
    assert a * b == Product((a, b))
    assert 3 * a == a * 3 == Scale(a, 3)


@each_fold
@few
@given(a=schedules(2), b=schedules(2), c=schedules(2), data=st.data())
def test_a_fold_is_its_arithmetic_at_every_time(
    fold: type[Any], a: Schedule, b: Schedule, c: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, b, c))
    a, b, c = lone(a), lone(b), lone(c)
    s, join = fold((a, b, c)), POINTWISE[fold]
    with np.errstate(all="ignore"):
        alone = reduce(join, ([part.lr(t) for t in ts] for part in (a, b, c)))
        inside = reduce(join, (part.lr_array(ts) for part in (a, b, c)))

    assert [s.lr(t) for t in ts] == alone.tolist()
    assert s.lr_array(ts).tolist() == inside.tolist()


@each_fold
@few
@given(a=schedules(2), b=schedules(2), data=st.data())
def test_every_fold_commutes(
    fold: type[Any], a: Schedule, b: Schedule, data: st.DataObject
) -> None:
    a, b = lone(a), lone(b)

    assert fold((a, b)).end == fold((b, a)).end
    assert_same(fold((a, b)), fold((b, a)), data.draw(moments(a, b)))


@each_fold
@few
@given(a=schedules(2), b=schedules(2), c=schedules(2), data=st.data())
def test_the_order_of_three_changes_no_more_than_the_rounding(
    fold: type[Any], a: Schedule, b: Schedule, c: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, b, c))
    a, b, c = lone(a), lone(b), lone(c)
    for order in permutations((a, b, c)):
        if fold in (Maximum, Minimum):
            assert_same(fold(order), fold((a, b, c)), ts)
        elif fold is Sum:
            assert_near(fold(order), fold((a, b, c)), ts, roundings=4)  # two on either side


@each_fold
@few
@given(a=schedules(2), data=st.data())
def test_a_fold_of_one_is_that_one(fold: type[Any], a: Schedule, data: st.DataObject) -> None:
    assert fold((a,)).end == a.end
    assert_same(fold((a,)), a, data.draw(moments(a)))


@pytest.mark.parametrize(
    ("fold", "neutral"),
    [(Sum, 0.0), (Product, 1.0), (Maximum, 0.0), (Minimum, LARGEST)],
)
@few
@given(a=schedules(2), data=st.data())
def test_every_fold_has_a_constant_that_changes_nothing(
    fold: type[Any], neutral: float, a: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(a))
    assume(fold is not Minimum or max(a.lr(t) for t in ts) < math.inf)

    assert_same(fold((a, Constant(neutral))), a, ts)
    assert fold((a, Constant(neutral))).end == a.end


@some
@given(schedules(2), st.data())
def test_nothing_times_anything_is_nothing(a: Schedule, data: st.DataObject) -> None:
    ts = data.draw(moments(a))

    assert_same(a * Constant(0.0), Constant(0.0), ts)
    assert_same(0 * a, Constant(0.0), ts)


@some
@given(schedules(2), schedules(2), schedules(2), st.data())
def test_maximum_and_minimum_are_a_lattice(
    a: Schedule, b: Schedule, c: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, b, c))

    for high, low in ((Maximum, Minimum), (Minimum, Maximum)):
        assert_same(high((a, a)), a, ts)
        assert_same(high((a, low((a, b)))), a, ts)
        assert_same(high((a, low((b, c)))), low((high((a, b)), high((a, c)))), ts)


@some
@given(schedules(2), schedules(2), schedules(2), st.data())
def test_a_sum_and_a_product_keep_what_is_larger(
    a: Schedule, b: Schedule, c: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, b, c))
    a, b, c = lone(a), lone(b), lone(c)

    assert_same(a + Maximum((b, c)), Maximum((a + b, a + c)), ts)
    assert_same(a * Maximum((b, c)), Maximum((a * b, a * c)), ts)


@some
@given(schedules(2), schedules(2), schedules(2), st.data())
def test_a_product_distributes_over_a_sum(
    a: Schedule, b: Schedule, c: Schedule, data: st.DataObject
) -> None:
    a, b, c = lone(a), lone(b), lone(c)

    # Two roundings and two: of a sum and of a product, of two products and of a sum.
    assert_near(a * (b + c), a * b + a * c, data.draw(moments(a, b, c)), roundings=4)


# Scale.


@some
@given(schedules(2), st.data())
def test_once_a_schedule_is_the_schedule(a: Schedule, data: st.DataObject) -> None:
    assert (1 * a).end == a.end
    assert_same(1 * a, a, data.draw(moments(a)))


@some
@given(schedules(2), factors, factors, st.data())
def test_factors_multiply(a: Schedule, x: float, y: float, data: st.DataObject) -> None:
    # One rounding of x * y and one of the rate, or two of rates.
    assert_near(x * (y * a), (x * y) * a, data.draw(moments(a)), roundings=4)


@some
@given(schedules(2), schedules(2), factors, st.data())
def test_a_factor_goes_into_every_part(
    a: Schedule, b: Schedule, by: float, data: st.DataObject
) -> None:
    first, ts = ended(a), data.draw(moments(a, b))
    a, b = lone(a), lone(b)

    assert_same(by * (first >> b), (by * first) >> (by * b), ts)
    assert_same(by * Maximum((a, b)), Maximum((by * a, by * b)), ts)
    assert_same(by * Minimum((a, b)), Minimum((by * a, by * b)), ts)
    assert_near(by * (a + b), by * a + by * b, ts, roundings=4)
    assert_near(by * (a * b), (by * a) * b, ts, roundings=4)


@some
@given(schedules(2), st.floats(0.0, 1e6), rates, st.data())
def test_a_factor_lifts_a_floor(
    a: Schedule, by: float, least: float, data: st.DataObject
) -> None:
    assert_same(by * Floor(a, least), Floor(by * a, by * least), data.draw(moments(a)))


# Changes in time, of whatever is under them.


def in_time(data: st.DataObject) -> Callable[[Schedule], Schedule]:
    """Draw a change in time."""
    floor = data.draw(st.sampled_from(["direct", "offset"]))
    by, every = data.draw(lengths), data.draw(plateaus)
    changes: dict[str, Callable[[Schedule], Schedule]] = {
        "later": lambda s: Shift(s, by),
        "earlier": lambda s: Shift(s, -by),
        "until": lambda s: Until(s, by),
        "stairs": lambda s: Staircase(s, every, floor),
        "stretch": lambda s: Stretch(s, every),
    }
    return changes[data.draw(st.sampled_from(sorted(changes)))]


@some
@given(schedules(2), schedules(2), st.data())
def test_a_change_in_time_goes_through_every_change_in_value(
    a: Schedule, b: Schedule, data: st.DataObject
) -> None:
    change = in_time(data)
    by, least = data.draw(factors), data.draw(rates)
    ts = data.draw(moments(a, b, change(a)))
    a, b = lone(a), lone(b)

    for fold in FOLDS:
        assert_same(change(fold((a, b))), fold((change(a), change(b))), ts)
    assert_same(change(by * a), by * change(a), ts)
    assert_same(change(Floor(a, least)), Floor(change(a), least), ts)


@some
@given(schedules(2), st.data())
def test_changes_in_time_by_nothing_change_nothing(a: Schedule, data: st.DataObject) -> None:
    ts = data.draw(moments(a))

    assert_same(Shift(a, 0), a, ts)
    assert_same(Stretch(a, 1), Stretch(a, 1).expand(), ts)
    assert_same(Until(a, max(a.end if a.end < math.inf else 0.0, ts[-1])), a, ts)
    assert Shift(a, 0).end == a.end == Stretch(a, 1).end
    if a.end < math.inf:
        assert_same(Until(a, a.end), a, ts)


@some
@given(schedules(2), lengths, st.data())
def test_a_delay_holds_the_first_rate_and_a_head_start_skips(
    a: Schedule, by: float, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, Until(a, by)))

    assert [Shift(a, by).lr(t) for t in ts] == [a.lr(max(t - by, 0.0)) for t in ts]
    assert [Shift(a, -by).lr(t) for t in ts] == [a.lr(t + by) for t in ts]


@some
@given(on_whole_clocks, counts, counts, st.data())
def test_delays_add_up(a: Schedule, x: float, y: float, data: st.DataObject) -> None:
    ts = data.draw(moments(a, whole=True))

    assert_same(Shift(Shift(a, x), y), Shift(a, x + y), ts)
    assert_same(Shift(Shift(a, -x), -y), Shift(a, -x - y), ts)
    assert_same(Shift(Shift(a, x), -y), Shift(a, x - y), ts)  # a delay taken back
    assert Shift(Shift(a, x), y).end == Shift(a, x + y).end


@some
@given(on_whole_clocks, counts, st.data())
def test_a_delay_is_a_rate_that_stays_and_then_the_schedule(
    a: Schedule, by: float, data: st.DataObject
) -> None:
    stays = Until(Constant(a.lr(0)), by)
    ts = data.draw(moments(a, stays))

    assert_same(Shift(a, by), stays >> a, ts)
    assert Shift(a, by).end == (stays >> a).end


@some
@given(on_whole_clocks, on_whole_clocks, st.data())
def test_a_sequence_that_starts_at_its_seam_is_its_second_part(
    a: Schedule, b: Schedule, data: st.DataObject
) -> None:
    a = ended(a)
    assume(0 < a.end < 2**50 and b.end > 0)
    ts = [t for t in data.draw(moments(b, whole=True)) if t < 2**50]

    assert_same(Shift(a >> b, -a.end), b, ts)


@some
@given(schedules(2), lengths, lengths, st.data())
def test_of_two_ends_the_earlier_counts(
    a: Schedule, x: float, y: float, data: st.DataObject
) -> None:
    twice = Until(Until(a, x), y)
    ts = data.draw(moments(a, twice))

    assert twice.end == y
    assert_same(twice, Until(a, min(x, y)), ts)
    assert [Until(a, x).lr(t) for t in ts] == [a.lr(min(t, x)) for t in ts]


# Stretch.


@some
@given(schedules(2), doublings, doublings, st.data())
def test_stretches_multiply(a: Schedule, x: float, y: float, data: st.DataObject) -> None:
    once, twice = Stretch(a, x * y), Stretch(Stretch(a, x), y)

    assert twice.expand() == once.expand()
    assert_same(twice, once, data.draw(moments(once)))
    assert Stretch(Stretch(a, x), 1 / x).expand() == Stretch(a, 1).expand()


@some
@given(schedules(2), doublings, st.data())
def test_a_power_of_two_stretches_without_a_rounding(
    a: Schedule, by: float, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, whole=True))
    slow = Stretch(a, by)

    assert slow.end == a.end * by
    assert [slow.lr(t * by) for t in ts] == [a.lr(t) for t in ts]
    slow_array, array = slow.lr_array(np.multiply(ts, by)), a.lr_array(ts)
    assert slow_array.tolist() == array.tolist()


IN_THEIR_OWN_UNIT = {"SlantedTriangular", "Noam"}
"""The peak of the one is at a whole step, that of the other as low as the warm-up is long."""

TIMES = {
    *("steps", "warmup", "decay", "hold", "flat", "every", "timescale", "step_size"),
    *("period", "up", "down", "milestones", "boundaries", "times"),
}


def longer(s: Schedule, by: float) -> Schedule:
    """Return a family with all its times multiplied."""
    values = {field.name: getattr(s, field.name) for field in fields(cast(Any, s))}
    for name in TIMES & values.keys():
        value = values[name]
        if isinstance(value, tuple):
            values[name] = tuple(by * t for t in value)
        elif value is not None:
            values[name] = by * value
    return type(s)(**values)


families = st.sampled_from(
    [kind for kind in kinds(nested=False) if kind.__name__ not in IN_THEIR_OWN_UNIT]
)


@given(families.flatmap(schedules_of), st.data())
def test_a_stretched_family_is_the_family_written_in_the_shorter_unit(
    s: Schedule, data: st.DataObject
) -> None:
    assume(getattr(s, "floor", "direct") == "direct")  # "offset" is early by a step of its unit
    # What a recipe derives from its times is rounded, so that its lengths are powers of two.
    exact = isinstance(s, Recipe)
    by = 2.0 ** data.draw(st.integers(0, 20)) if exact else data.draw(st.floats(1.0, 1e6))

    assert Stretch(s, by).expand() == Stretch(longer(s, by), 1).expand()


@some
@given(schedules(2), schedules(2), plateaus, st.data())
def test_a_stretch_goes_into_every_change_in_time(
    a: Schedule, b: Schedule, by: float, data: st.DataObject
) -> None:
    first = ended(a)
    ts = data.draw(moments(Stretch(a, by), b))
    d, every = data.draw(counts), data.draw(plateaus)

    assert_same(Stretch(first >> b, by), Stretch(first, by) >> Stretch(b, by), ts)
    assert_same(Stretch(Shift(a, d), by), Shift(Stretch(a, by), d * by), ts)
    assert_same(Stretch(Shift(a, -d), by), Shift(Stretch(a, by), -d * by), ts)
    assert_same(Stretch(Until(a, d), by), Until(Stretch(a, by), d * by), ts)
    assert_same(Stretch(Staircase(a, every), by), Staircase(Stretch(a, by), every * by), ts)


# Floor.


@some
@given(schedules(2), rates, rates, st.data())
def test_a_floor_is_a_maximum(a: Schedule, x: float, y: float, data: st.DataObject) -> None:
    ts = data.draw(moments(a))

    assert_same(Floor(a, x), Maximum((a, Constant(x))), ts)
    assert_same(Floor(Floor(a, x), y), Floor(a, max(x, y)), ts)
    assert_same(Floor(a, 0), a, ts)
    assert Floor(a, x).end == a.end


@some
@given(schedules(2), st.floats(0.0, 1.0, exclude_max=True), st.data())
def test_a_bent_schedule_starts_as_before_and_ends_at_the_floor_where_it_ended_at_nothing(
    a: Schedule, share: float, data: st.DataObject
) -> None:
    assume(0 < a.lr(0) < math.inf)
    least = share * a.lr(0)
    assume(least < a.lr(0))
    bent = Floor(a, least, mode="offset")
    ts = data.draw(moments(a))

    assert bent.lr(0) == a.lr(0)
    assert bent.lr_array([0]).tolist() == a.lr_array([0]).tolist()
    assert all(bent.lr(t) == least for t in ts if a.lr(t) == 0)


@some
@given(schedules(2), st.data())
def test_bent_towards_nothing_is_not_bent(a: Schedule, data: st.DataObject) -> None:
    assume(0 < a.lr(0) < math.inf)

    # Above its first rate, that and what is above are counted apart: a difference, a product,
    # a quotient and a sum.
    bent = Floor(a, 0, mode="offset")
    assert_near(bent, a, data.draw(moments(a)), roundings=4)


# Staircase.


@some
@given(schedules(2), plateaus, st.sampled_from(["direct", "offset"]), st.data())
def test_a_staircase_of_a_constant_is_the_constant(
    a: Schedule, every: float, floor: str, data: st.DataObject
) -> None:
    ts = data.draw(moments(a))
    level = Constant(a.lr(ts[0]) if a.lr(ts[0]) < math.inf else 0.3)

    assert_same(Staircase(level, every, floor), level, ts)


@some
@given(schedules(2), st.integers(1, 1000), st.data())
def test_a_staircase_is_the_schedule_at_the_start_of_each_plateau(
    a: Schedule, every: int, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, Staircase(a, every)))
    direct, offset = Staircase(a, every), Staircase(a, every, "offset")

    assert [direct.lr(t) for t in ts] == [a.lr(int(t) // every * every) for t in ts]
    assert [offset.lr(t) for t in ts] == [a.lr((int(t) + 1) // every * every) for t in ts]


@some
@given(schedules(2), st.integers(1, 1000), st.integers(1, 10), st.data())
def test_a_staircase_on_a_staircase_has_the_longer_plateaus(
    a: Schedule, every: int, more: int, data: st.DataObject
) -> None:
    ts = data.draw(moments(a, Staircase(a, every), whole=True))
    long, short = Staircase(a, every * more), Staircase(a, every)

    assert_same(Staircase(short, every * more), long, ts)
    assert_same(Staircase(short, every), short, ts)
    assert_same(Staircase(a, 1), a, ts)


# Repeat.


@some
@given(schedules(2), st.data())
def test_repeated_once_is_not_repeated(a: Schedule, data: st.DataObject) -> None:
    a = ended(a)
    assume(a.end > 0)
    growth, factor = data.draw(st.floats(1, 3)), data.draw(st.floats(0.1, 3))
    once = Repeat(a, growth, factor, count=1)

    assert once.end == a.end
    assert_same(once, a, data.draw(moments(a)))


@some
@given(on_whole_clocks, st.integers(1, 5), doublings, st.data())
def test_repeated_is_one_copy_after_another(
    a: Schedule, count: int, factor: float, data: st.DataObject
) -> None:
    a = ended(a)
    assume(a.end > 0)
    copies = Sequential(tuple(factor**i * a for i in range(count)))
    repeated = Repeat(a, peak_mult=factor, count=count)
    ts = data.draw(moments(copies, a, whole=True))

    assert repeated.end == copies.end == count * a.end
    assert_same(repeated, copies, ts)
    before = [t for t in ts if t < repeated.end]
    assert_same(Repeat(a, peak_mult=factor), repeated, before)


@some
@given(on_whole_clocks, st.integers(1, 5), st.sampled_from([2.0, 4.0]), doublings, st.data())
def test_repeated_ever_longer_is_one_stretched_copy_after_another(
    a: Schedule, count: int, growth: float, factor: float, data: st.DataObject
) -> None:
    a = ended(a)
    assume(a.end > 0)
    copies = Sequential(tuple(factor**i * Stretch(a, growth**i) for i in range(count)))
    repeated = Repeat(a, growth, factor, count)

    assert repeated.end == copies.end
    assert_same(repeated, copies, data.draw(moments(copies, a)))


@some
@given(schedules(2), st.integers(1, 5), st.sampled_from([2.0, 4.0]), doublings, st.data())
def test_with_fractional_seams_that_holds_at_a_time_within_its_last_digits(
    a: Schedule, count: int, growth: float, factor: float, data: st.DataObject
) -> None:
    a = ended(a)
    assume(a.end > 0)
    copies = Sequential(tuple(factor**i * Stretch(a, growth**i) for i in range(count)))
    repeated = Repeat(a, growth, factor, count)
    ts = data.draw(moments(copies, a))

    assert abs(repeated.end - copies.end) <= 2 * count * math.ulp(copies.end)
    peak = max(copies.lr(t) for t in (*ts, *landmarks(copies)))
    slack = (promised(copies, "lr") + promised(repeated, "lr")) * EPS * peak
    for t in ts:
        digit = math.ulp(t)
        around = [copies.lr(max(t + i * digit, 0.0)) for i in range(-4 * count, 4 * count + 1)]
        assert min(around) - slack <= repeated.lr(t) <= max(around) + slack, (a, t)


@some
@given(on_whole_clocks, st.integers(1, 5), st.integers(1, 5), st.data())
def test_repeats_of_repeats_multiply(
    a: Schedule, inner: int, outer: int, data: st.DataObject
) -> None:
    a = ended(a)
    assume(a.end > 0)
    nested = Repeat(Repeat(a, count=inner), count=outer)
    flat = Repeat(a, count=inner * outer)

    assert nested.end == flat.end
    assert_same(nested, flat, data.draw(moments(flat, a, whole=True)))


@pytest.mark.parametrize("growth", [1.0, 2.0, 3.0])
@few
@given(
    peak=rates, steps=counts, power=st.sampled_from([1.0, 2.0]), factor=factors, data=st.data()
)
def test_the_restarts_of_a_family_are_its_repeats(
    growth: float, peak: float, steps: float, power: float, factor: float, data: st.DataObject
) -> None:
    assume(steps > 0)
    repeats = (
        (Repeat(Cosine(peak, steps), growth), CosineRestarts(peak, steps, 0.0, growth)),
        (
            Repeat(Polynomial(peak, steps, power=power), growth, factor),
            PolynomialRestarts(peak, steps, 0.0, power, growth, factor),
        ),
    )
    for general, special in repeats:
        ts = data.draw(moments(special, whole=True))
        assert_near(general, special, [t for t in ts if t < 1e12])


@pytest.mark.parametrize("count", [None, 1000])
def test_nothing_times_a_growth_that_overflows_is_nothing(
    count: int | None,
) -> None:
    s = Repeat(Linear(0.0, 0.1, steps=10), peak_mult=10, count=count)
    down = Repeat(Linear(0.1, 0.0, steps=10), peak_mult=10, count=count)

    assert s.lr(4000) == s.lr_array([4000])[0] == 0
    assert s.lr(4005) == s.lr_array([4005])[0] == math.inf
    if count is not None:
        assert down.lr(10_000) == down.lr_array([10_000])[0] == 0


@pytest.mark.parametrize("growth", [1.0, 2.0])
@pytest.mark.parametrize("kind", [CosineRestarts, PolynomialRestarts])
def test_restarts_from_nothing_stay_at_nothing(kind: type[Any], growth: float) -> None:
    s = kind(0.0, 10, period_mult=growth, peak_mult=1e7)
    ts = [0, 5, 10, 2**40, 2**52, 2**53]

    assert [s.lr(t) for t in ts] == s.lr_array(ts).tolist() == [0.0] * len(ts)


def test_cycles_whose_factor_overflows_are_refused_by_their_number() -> None:
    message = r"^Repeat.peak_mult must keep .* finite, got 1e\+100: give a count <= 4$"
    with pytest.raises(ValueError, match=message):
        Repeat(Linear(0.1, 0.0, steps=10), period_mult=2, peak_mult=1e100)

    assert Repeat(Linear(0.1, 0.0, 10), 2, 1e100, count=4).lr(70) == 1e300 * 0.1


# What any schedule keeps.


@some
@given(schedules(3), st.data())
def test_the_last_rate_is_held_to_the_last_bit(a: Schedule, data: st.DataObject) -> None:
    a = ended(a)
    later = [t for t in data.draw(moments(a)) if t >= a.end]
    ts = [a.end, math.nextafter(a.end, math.inf), 2 * a.end + 1, 1e12 + a.end, *later]

    assert {a.lr(t) for t in ts} == {a.lr(a.end)}
    assert len(set(a.lr_array(ts).tolist())) == 1


@given(st.sampled_from([*kinds(nested=False), *kinds(nested=True)]), st.data())
def test_a_field_that_is_replaced_can_be_put_back(
    kind: type[Schedule], data: st.DataObject
) -> None:
    a, b = data.draw(schedules_of(kind)), data.draw(schedules_of(kind))
    names = [field.name for field in fields(cast(Any, kind))]

    assert a.replace() == a
    assert a.replace(**{name: getattr(b, name) for name in names}) == b
    for name in names:
        try:
            mixed = a.replace(**{name: getattr(b, name)})
        except ValueError:  # some fields must go together
            continue
        assert getattr(mixed, name) == getattr(b, name)
        assert mixed.replace(**{name: getattr(a, name)}) == a


def in_order(data: st.DataObject, s: Schedule) -> list[float]:
    """Draw times in order, each with its neighbours."""
    ts = data.draw(moments(s, size=20))
    around = {math.nextafter(t, to) for t in ts for to in (0.0, math.inf)}
    return sorted(around.union(ts))


def assert_falls(s: Schedule, ts: list[float], way: float = 1.0) -> None:
    """Fail if a rate is above an earlier one by more than both may be wrong; or below it."""
    for name, lrs in ("lr", [*map(s.lr, ts)]), ("lr_array", s.lr_array(ts).tolist()):
        near = 2.0 * promised(s, name) * EPS
        lrs = lrs if way > 0 else lrs[::-1]
        for so_far, lr in zip(accumulate(lrs, min), lrs, strict=True):
            assert lr <= so_far * (1.0 + near) + SMALLEST, (s, name, so_far, lr)


@given(st.sampled_from(ONE_WAY).flatmap(schedules_of), st.data())
def test_a_family_of_one_way_never_turns(s: Schedule, data: st.DataObject) -> None:
    assert_falls(s, in_order(data, s), way=-1.0 if rises(s) > 0 else 1.0)


@some
@given(falling(), st.data())
def test_whatever_is_made_of_falls_falls(s: Schedule, data: st.DataObject) -> None:
    assert_falls(s, in_order(data, s))


@some
@given(falling(2), st.data())
def test_a_fall_lies_between_its_first_and_its_last_rate(
    s: Schedule, data: st.DataObject
) -> None:
    ts = data.draw(moments(s))
    last = s.lr(s.end) if s.end < math.inf else 0.0
    near = 2.0 * promised(s, "lr") * EPS

    for lr in map(s.lr, ts):
        assert last * (1.0 - near) - SMALLEST <= lr <= s.lr(0) * (1.0 + near) + SMALLEST
