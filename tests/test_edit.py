"""Schedules changed in mid-run: the past stays, the rest goes where it was told to."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from strategies import falling, leaves, moments, schedules
from test_accuracy import promised

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    Floor,
    Geometric,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Until,
    Warmup,
    WarmupCosine,
)
from lrcurves.edit import branch, cooldown, extend
from lrcurves.serial import from_json, parse, to_json

EPS = 2.0**-52
SHAPES = ("linear", "cosine", "1-sqrt", "exponential", "polynomial")

S = Linear(0, 0.1, 10) >> Cosine(0.1, 90)


def that_ends(schedule: Schedule) -> Schedule:
    return Until(schedule, 100) if schedule.end == math.inf else schedule


def is_a_time(t: float) -> bool:
    """Return whether a schedule may hold ``t`` as a time."""
    return t == 0.0 or t > 1e-280


# branch


@given(st.data(), schedules(), leaves())
def test_the_past_of_a_branch_is_bit_identical(
    data: st.DataObject, s: Schedule, tail: Schedule
) -> None:
    *before, at = data.draw(moments(s))
    assume(is_a_time(at))
    new = branch(s, at, tail)

    assert [new.lr(t) for t in before if t < at] == [s.lr(t) for t in before if t < at]
    if at > 0:
        last = math.nextafter(at, 0.0)
        assert new.lr(last) == s.lr(last)


@given(st.data(), schedules(), leaves())
def test_the_clock_of_a_tail_starts_at_the_branch(
    data: st.DataObject, s: Schedule, tail: Schedule
) -> None:
    assume(tail.end > 0)
    at = data.draw(moments(s, size=1))[0]
    assume(is_a_time(at))
    new = branch(s, at, tail)

    for t in (at, *(at + later for later in data.draw(moments(tail)))):
        assert new.lr(t) == tail.lr(t - at)


@given(schedules())
def test_a_branch_at_0_is_the_tail(tail: Schedule) -> None:
    assert branch(S, 0, tail) is tail


def test_what_is_never_reached_any_more_is_left_out() -> None:
    assert branch(S, 10, Constant(0.3)) == Linear(0, 0.1, 10) >> Constant(0.3)
    assert branch(S, 5, Constant(0.3)) == Until(Linear(0, 0.1, 10), 5) >> Constant(0.3)
    assert branch(Cosine(0.1, 90), 90, Constant(0.3)) == Cosine(0.1, 90) >> Constant(0.3)


def test_branch_upon_branch_stays_flat() -> None:
    s: Schedule = Cosine(0.1, 1000)
    for at in range(100, 1000, 100):
        s = branch(s, at, Cosine(0.1, 1000))
    later = branch(s, 950, Constant(0.3))

    assert [type(part) for part in s.parts] == [*([Until] * 9), Cosine]  # type: ignore[attr-defined]
    assert branch(later, 50, Constant(0.2)) == Until(Cosine(0.1, 1000), 50) >> Constant(0.2)


def test_an_end_that_is_never_reached_any_more_is_left_out() -> None:
    s = Until(S, 60)

    assert branch(s, 5, Constant(0.3)) == branch(S, 5, Constant(0.3))
    assert branch(s, 60, Constant(0.3)) == branch(S, 60, Constant(0.3))
    assert branch(s, 70, Constant(0.3)) == Until(s, 70) >> Constant(0.3)
    assert branch(Constant(1) * S >> Until(S, 60), 120, Constant(0.3)) == (
        Constant(1) * S >> Until(S, 20) >> Constant(0.3)
    )


def test_a_schedule_that_has_ended_holds_its_last_rate_until_the_branch() -> None:
    new = branch(Linear(0.1, 0.02, 10), 50, Constant(0.3))

    assert [new.lr(t) for t in (10, 49, 50)] == [0.02, 0.02, 0.3]


def test_a_seam_that_rounding_would_move_is_kept_where_it_is() -> None:
    s = Until(Constant(0.3), 0.1) >> Linear(0.3, 0.0, 1)
    at = next(at for at in (i / 1000 for i in range(101, 1100)) if 0.1 + (at - 0.1) != at)
    new = branch(s, at, Constant(1))

    assert new == Until(s, at) >> Constant(1)
    assert (new.lr(math.nextafter(at, 0.0)), new.lr(at)) == (s.lr(math.nextafter(at, 0)), 1)


# cooldown


@given(st.data(), schedules(), st.sampled_from(SHAPES))
def test_a_cooldown_starts_at_the_rate_of_the_schedule(
    data: st.DataObject, s: Schedule, shape: str
) -> None:
    *before, at = data.draw(moments(s))
    assume(is_a_time(at) and 1e-100 < s.lr(at) < 1e100)
    new = cooldown(s, at, 50, final_lr=1e-9, shape=shape, power=2)

    assert new.lr(at) == s.lr(at)
    assert [new.lr(t) for t in before if t < at] == [s.lr(t) for t in before if t < at]
    assert new.lr(new.end) == 1e-9


@given(st.integers(0, 10**9), st.integers(1, 10**9), st.sampled_from(SHAPES))
def test_a_cooldown_ends_when_it_should(at: int, steps: int, shape: str) -> None:
    new = cooldown(Constant(0.1), at, steps, final_lr=0.001, shape=shape)

    assert new.end == at + steps
    assert (new.lr(at + steps), new.lr(at + steps + 1)) == (0.001, 0.001)
    assert new.lr(at + steps - 1) > 0.001


@pytest.mark.parametrize(
    ("shape", "power", "middle"),
    [
        ("linear", 1, 0.045),
        ("cosine", 1, 0.045),
        ("1-sqrt", 1, 0.01 + 0.07 * (1 - math.sqrt(0.5))),
        ("exponential", 1, math.sqrt(0.08 * 0.01)),
        ("polynomial", 2, 0.01 + 0.07 / 4),
    ],
)
def test_a_cooldown_has_the_shape_that_was_asked_for(
    shape: str, power: float, middle: float
) -> None:
    new = cooldown(Linear(0, 0.1, 100), 80, 20, 0.01, shape=shape, power=power)

    assert new.lr(90) == pytest.approx(middle, rel=8 * EPS, abs=0)


def test_a_cooldown_of_a_plateau_is_a_trapezoid() -> None:
    s = Warmup(Constant(0.1), 100)
    trapezoid = WSD(0.1, steps=1000, warmup=100, decay=200, shape="1-sqrt")
    new = cooldown(s, 800, 200, shape="1-sqrt")

    assert [new.lr(t) for t in range(1010)] == [trapezoid.lr(t) for t in range(1010)]


def test_a_cooldown_to_a_higher_rate_rises() -> None:
    new = cooldown(Constant(0.1), 10, 10, final_lr=0.2)

    assert [new.lr(t) for t in (9, 10, 15, 20)] == [0.1, 0.1, pytest.approx(0.15), 0.2]


def test_a_cooldown_at_0_is_all_there_is() -> None:
    assert cooldown(Constant(0.1), 0, 10) == Linear(0.1, 0, 10)


def test_a_cooldown_can_be_branched_off_a_cooldown() -> None:
    s = cooldown(cooldown(Constant(0.1), 100, 50), 120, 10, shape="cosine")

    assert s == (
        Until(Constant(0.1), 100) >> Until(Linear(0.1, 0, 50), 20) >> Cosine(s.lr(120), 10)
    )


# extend


@given(st.data(), schedules(max_depth=3))
def test_an_extended_schedule_keeps_its_past_and_ends_when_it_should(
    data: st.DataObject, s: Schedule
) -> None:
    s = that_ends(s)
    *before, at = data.draw(moments(s))
    assume(0 < s.end < 2**40)  # a Repeat is cut at 2**53, in whatever unit
    at = math.fmod(at, s.end)
    steps = at + (s.end - at) * data.draw(st.sampled_from([0.01, 0.3, 0.5, 1.7, 3.0, 1e4]))
    assume(is_a_time(at) and at < steps)
    new = extend(s, at, steps)
    past = [t for t in (*before, math.nextafter(at, 0.0)) if 0 <= t < at]

    assert [new.lr(t) for t in past] == [s.lr(t) for t in past]
    assert new.end == steps
    assert new.lr(steps) == new.lr(steps + 1) == new.lr(2**53)
    assert parse(repr(new)) == new == from_json(to_json(new))


@given(st.data(), falling())
def test_the_rest_of_a_schedule_is_stretched(data: st.DataObject, s: Schedule) -> None:
    """Times may be rounded, by a few floats of the whole length, and rates as promised."""
    s = that_ends(s)
    assume(1 <= s.end < 2**40)
    at = math.floor(math.fmod(data.draw(moments(s, size=1))[0], s.end))
    steps = at + math.ceil((s.end - at) * data.draw(st.sampled_from([0.2, 0.7, 1.3, 2.0, 9.1])))
    new = extend(s, at, steps)
    rounding = 8 * EPS * s.end
    bound = (promised(s, "lr") + promised(new, "lr")) * EPS * s.lr(0)

    for part in (0.0, 1.0, *data.draw(st.lists(st.floats(0, 1), min_size=5, max_size=5))):
        t = at + (steps - at) * part
        per_step = (Fraction(s.end) - Fraction(at)) / (Fraction(steps) - Fraction(at))
        there = float(Fraction(at) + (Fraction(t) - Fraction(at)) * per_step)
        high, low = s.lr(max(there - rounding, 0.0)), s.lr(there + rounding)

        assert low - bound <= new.lr(t) <= high + bound


@given(st.data(), schedules(max_depth=2, wild=False, whole=True), st.integers(1, 4))
def test_times_that_stay_whole_are_exact(data: st.DataObject, s: Schedule, by: int) -> None:
    s = that_ends(s)
    assume(1 < s.end < 2**30)
    at, *later = data.draw(moments(s, whole=True))
    assume(at < s.end)
    new = extend(s, at, at + by * (s.end - at))
    expected = [s.lr(t) for t in later]
    bound = (promised(s, "lr") + promised(new, "lr")) * EPS * max(expected)

    for t, rate in zip(later, expected, strict=True):
        assert abs(new.lr(at + by * (t - at)) - rate) <= bound


ROUGH = {
    "restarts": Until(CosineRestarts(0.1, 10), 100),
    "repeat": Repeat(Linear(0.1, 0.01, 10), count=10),
    "offset repeat": Shift(Repeat(Linear(0.1, 0.01, 10), count=10), 5),
    "stairs": Until(StepDecay(0.1, 0.5, 10), 100),
    "offset stairs": Until(StepDecay(0.1, 0.5, 10, floor="offset"), 99),
    "held line": Staircase(Linear(0.1, 0.0, 100), 10),
    "steps": Until(MultiStep(0.1, 0.5, range(10, 100, 10)), 100),
    "parts": Sequential([Linear(0.1, 0.02, 10)] * 10),
    "scaled parts": 3 * Sequential([Linear(0.1, 0.02, 10)] * 10),
    "product": Sequential([Linear(0.1, 0.02, 10)] * 10) * Constant(1),
}


@pytest.mark.parametrize("s", ROUGH.values(), ids=ROUGH)
@pytest.mark.parametrize("at", [10, 29, 30, 31, 70, 90])
@pytest.mark.parametrize("steps", [91, 97, 101, 123, 149, 1001])
def test_a_drop_or_a_restart_at_the_edit_is_not_missed(
    s: Schedule, at: int, steps: int
) -> None:
    new = extend(s, at, steps)

    assert new.lr(at) == pytest.approx(s.lr(at), rel=1e-12, abs=0)
    assert new.lr(steps) == pytest.approx(s.lr(s.end), rel=1e-12, abs=0)


@pytest.mark.parametrize("at", [0, 50])
def test_drops_that_fall_on_whole_numbers_are_exact(at: int) -> None:
    s = Until(MultiStep(0.1, 0.5, (50, 57, 71, 92)), 99)
    new = extend(s, at, at + (99 - at) // 7 * 3)  # 50, 53, 59, 68 and 71 if at is 50

    if at:
        assert [t for t in range(1, 90) if new.lr(t) < new.lr(t - 1)] == [50, 53, 59, 68]
    else:
        assert [t for t in range(1, 90) if new.lr(t) < new.lr(t - 1)] == [22, 25, 31, 40]


@pytest.mark.parametrize("left", [7, 49, 61, 98])
def test_every_drop_comes_at_the_first_whole_step_after_its_time(left: int) -> None:
    values = range(left, -1, -1)
    s = Until(PiecewiseConstant((99, *values), range(10, 11 + left)), 10 + left)
    for steps in range(1, 2 * left):
        new = extend(s, 10, 10 + steps)

        assert [new.lr(10 + t) for t in range(steps + 1)] == [
            values[t * left // steps] for t in range(steps + 1)
        ]


@pytest.mark.parametrize(
    "s",
    [
        Cosine(0.1, 1000, 0.007),
        WSD(0.1, 1000, 100, 300, 0.007, shape="1-sqrt"),
        WSD(0.1, 1000, 100, 300, 0.007, shape="exponential"),
        Warmup(Cosine(0.1, 900, 0.007, power=0.7), 100),
        Floor(Cosine(0.1, 1000), 0.007, mode="offset"),
    ],
    ids=str,
)
def test_the_last_rate_is_reached_to_the_last_bit(s: Schedule) -> None:
    for at in range(1, 1000, 37):
        for steps in range(at + 1, 3000, 131):
            new = extend(s, at, steps)

            assert (new.lr(steps), new.end) == (s.lr(1000), steps)


def test_the_rest_of_a_curve_is_a_single_part() -> None:
    s = Cosine(0.1, 1000)
    for at in range(100, 1000, 37):
        for steps in range(at + 1, 3000, 131):
            kept, rest = extend(s, at, steps).parts if steps != 1000 else (None, None)

            assert steps == 1000 or kept == Until(s, at)
            assert steps == 1000 or (type(rest), rest.end) == (Shift, steps - at)


def test_the_same_end_changes_nothing() -> None:
    assert extend(S, 30, 100) is S


def test_the_rest_is_written_as_plainly_as_it_can_be() -> None:
    half = Until(Constant(0.1), 50) >> Linear(0.1, 0, 50)
    geometric = extend(Geometric(0.1, 0.001, 100), 50, 200)

    assert extend(S, 10, 190) == Linear(0, 0.1, 10) >> Cosine(0.1, 180)
    assert extend(S, 55, 145) == (
        Linear(0, 0.1, 10) >> Until(Cosine(0.1, 90), 45) >> Shift(Cosine(0.1, 180), -90)
    )
    assert extend(S, 0, 200) == Linear(0, 0.1, 20) >> Cosine(0.1, 180)
    assert extend(half, 20, 180) == (
        Until(Constant(0.1), 20) >> Until(Constant(0.1), 60) >> Linear(0.1, 0, 100)
    )
    assert geometric.parts[1:] == (Geometric(geometric.lr(50), 0.001, 150),)  # type: ignore[attr-defined]
    assert extend(2 * S, 10, 190) == Until(2 * S, 10) >> 2 * Cosine(0.1, 180)
    assert extend(Shift(Linear(0.1, 0, 90), 10), 4, 196) == (
        Until(Shift(Linear(0.1, 0, 90), 10), 4) >> Shift(Linear(0.1, 0, 180), 12)
    )
    assert extend(Until(PiecewiseConstant((3, 2, 1), (30, 60)), 100), 40, 160) == (
        Until(PiecewiseConstant((3, 2, 1), (30, 60)), 40)
        >> Until(PiecewiseConstant((2, 1), (40,)), 120)
    )
    assert extend(WarmupCosine(0.1, 100, 10), 55, 145) == (
        Until(WarmupCosine(0.1, 100, 10), 55) >> Shift(Cosine(0.1, 180), -90)
    )
    assert extend(Floor(Cosine(0.1, 100), 0.01), 50, 150) == (
        Until(Floor(Cosine(0.1, 100), 0.01), 50) >> Shift(Floor(Cosine(0.1, 200), 0.01), -100)
    )


def test_a_part_that_has_ended_inside_another_stays_ended() -> None:
    s = Until(Until(Linear(0.1, 0.02, 10), 20) * Until(Exponential(1, 0.5, 10), 100), 100)
    line = Until(Linear(0.1, 0.02, 10), 20)
    geometric = Until(Geometric(0.1, 0.02, 10), 100)

    assert extend(s, 50, 150).lr(100) == pytest.approx(s.lr(75), rel=8 * EPS, abs=0)
    assert extend(Until(line, 100), 50, 150).lr(100) == 0.02
    assert extend(geometric, 50, 150).lr(100) == 0.02


def test_extensions_can_be_extended() -> None:
    s: Schedule = Cosine(0.1, 100)
    for at in range(50, 100, 10):
        before = s
        s = extend(s, at, 2 * s.end - at)
        assert s.lr(at) == pytest.approx(before.lr(at), rel=8 * EPS, abs=0)
        assert s.lr(at - 1) == before.lr(at - 1)
    *past, last = s.parts  # type: ignore[attr-defined]

    assert [part.end for part in past] == [50, 10, 10, 10, 10]
    assert all(type(part.schedule) in (Cosine, Shift) for part in past)
    assert isinstance(last, Shift)
    assert isinstance(last.schedule, Cosine)


def test_an_extension_that_is_taken_back_leaves_the_old_schedule() -> None:
    s = extend(extend(S, 40, 220), 40, 100)

    assert [s.lr(t) for t in range(110)] == pytest.approx(
        [S.lr(t) for t in range(110)], rel=32 * EPS, abs=0
    )


def test_a_last_rate_that_rounding_would_miss_is_written_down() -> None:
    s = Until(StepDecay(0.1, 0.5, 100), 1000)
    new = extend(s, 169, 1268)

    assert isinstance(new, Until)
    assert isinstance(new.schedule, Sequential)
    assert new.schedule.parts[-1] == Constant(s.lr(1000))
    assert new.lr(1267) == pytest.approx(s.lr(999), rel=16 * EPS, abs=0)
    assert (new.lr(1268), new.end) == (s.lr(1000), 1268)


@given(st.integers(1, 10**6), st.floats(1e-15, 1e-3))
def test_the_last_moment_can_be_extended(steps: int, left: float) -> None:
    s = Cosine(0.1, steps)
    at = min(steps * (1 - left), math.nextafter(steps, 0))
    new = extend(s, at, 2 * steps)

    assert (new.end, new.lr(2 * steps)) == (2 * steps, 0)
    assert new.lr(at) == pytest.approx(s.lr(at), rel=0, abs=16 * EPS * 0.1)


def test_arrays_of_an_extended_schedule_are_its_rates() -> None:
    new = extend(WSD(0.1, 1000, 100, 200, shape="cosine"), 950, 1700)

    assert new.lr_array(range(1800)) == pytest.approx(
        np.array([new.lr(t) for t in range(1800)]), rel=0, abs=16 * EPS * 0.1
    )


def test_numbers_of_numpy_are_numbers() -> None:
    assert extend(S, np.int64(55), np.float32(145)) == extend(S, 55, 145)


# refusals


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: branch(0.1, 5, S),  # type: ignore[arg-type]
            TypeError,
            "branch: s must be a schedule, got 0.1: write Constant(...)",
        ),
        (
            lambda: branch(S, 5, 0.1),  # type: ignore[arg-type]
            TypeError,
            "branch: tail must be a schedule, got 0.1: write Constant(...)",
        ),
        (
            lambda: branch(S, -1, S),
            ValueError,
            "branch: at must be a finite number >= 0, got -1",
        ),
        (
            lambda: branch(S, True, S),
            TypeError,
            "branch: at must be a finite number >= 0, got True",
        ),
        (
            lambda: cooldown("S", 5, 5),  # type: ignore[arg-type]
            TypeError,
            "cooldown: s must be a schedule, got 'S'",
        ),
        (
            lambda: cooldown(S, math.nan, 5),
            ValueError,
            "cooldown: at must be a finite number >= 0, got nan",
        ),
        (
            lambda: cooldown(S, 5, 0.1),
            ValueError,
            "cooldown: steps must be a finite number >= 1, got 0.1: it is a number of steps;"
            " for a share of the run, multiply the share by the number of steps",
        ),
        (
            lambda: cooldown(S, 5, 0),
            ValueError,
            "cooldown: steps must be a finite number >= 1, got 0: it is a number of steps;"
            " for a share of the run, multiply the share by the number of steps",
        ),
        (
            lambda: cooldown(S, 5, 5, final_lr=-0.1),
            ValueError,
            "cooldown: final_lr must be a finite number >= 0, got -0.1",
        ),
        (
            lambda: cooldown(S, 5, 5, shape="sqrt"),
            ValueError,
            "cooldown: shape must be 'linear' or 'cosine' or '1-sqrt' or 'exponential' or"
            " 'polynomial', got 'sqrt'",
        ),
        (
            lambda: cooldown(S, 5, 5, power=0),
            ValueError,
            "cooldown: power must be a finite number > 0, got 0",
        ),
        (
            lambda: cooldown(S, 5, 5, shape="exponential"),
            ValueError,
            "cooldown: shape 'exponential' needs two rates > 0, got 0.05 at t = 5 and final_lr"
            " = 0: give a final_lr > 0 where the schedule is > 0, or choose another shape",
        ),
        (
            lambda: cooldown(S, 100, 5, 0.1, shape="exponential"),
            ValueError,
            "cooldown: shape 'exponential' needs two rates > 0, got 0 at t = 100 and final_lr"
            " = 0.1: give a final_lr > 0 where the schedule is > 0, or choose another shape",
        ),
        (
            lambda: cooldown(Exponential(0.1, 10), 1000, 5),
            ValueError,
            "cooldown: s must have a finite rate at t = 1000, got inf: it has overflowed",
        ),
        (
            lambda: extend(None, 5, 5),  # type: ignore[arg-type]
            TypeError,
            "extend: s must be a schedule, got None",
        ),
        (
            lambda: extend(S, "50%", 5),  # type: ignore[arg-type]
            TypeError,
            "extend: at must be a finite number >= 0, got '50%'",
        ),
        (
            lambda: extend(S, 5, math.inf),
            ValueError,
            "extend: steps must be a finite number > 0, got inf",
        ),
        (
            lambda: extend(Constant(0.1), 5, 50),
            ValueError,
            "extend: s must have an end, got Constant(base_lr=0.1), which never ends: there is"
            " nothing to stretch; wrap it in Until(..., steps=...) if the run has a length",
        ),
        (
            lambda: extend(S, 100, 200),
            ValueError,
            "extend: at must be < 100, the end of s, got 100: nothing is left to stretch;"
            " branch(s, at, tail) goes on with another schedule",
        ),
        (
            lambda: extend(S, 50, 50),
            ValueError,
            "extend: steps must be > at, got steps=50 and at=50: steps counts from t = 0;"
            " cooldown(s, at, steps) counts from at",
        ),
        (
            lambda: extend(Until(Exponential(0.1, 10), 1000), 5, 50),
            ValueError,
            "extend: s must have a finite rate at t = 1000, got inf: it has overflowed",
        ),
        (
            lambda: extend(Until(Cosine(0.1, 1e250), 1), 0, 1e200),
            ValueError,
            "Cosine.steps must be a finite number > 0, got inf",
        ),
    ],
)
def test_bad_input_is_refused(call: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        call()

    assert str(raised.value) == message
