"""Facts that nothing else showed when ``mutants.py`` broke the formulas, one test for each."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from itertools import accumulate, takewhile

import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]
from test_accuracy import promised

from lrcurves import (
    REX,
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    FlatCosine,
    Floor,
    Geometric,
    Interpolated,
    Linear,
    MultiStep,
    OneCycle,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    PolynomialRestarts,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    SlantedTriangular,
    Staircase,
    StepDecay,
    Tanh,
    TriStage,
    Until,
)
from lrcurves._ops import blend, mix
from lrcurves.schedule import FLOATS, Recipe, half_wave

EPS = 2.0**-52


def close(x: float, eps: float = 4) -> object:
    return pytest.approx(x, rel=eps * EPS, abs=0)


def beside(t: float) -> float:
    """Return the last time before ``t``."""
    return math.nextafter(t, 0.0)


# Whole numbers.


@pytest.mark.parametrize(("every", "cycles"), [(3.1, 209), (6.6, 44), (0.7, 1806), (5.8, 123)])
def test_cycles_are_counted_in_whole_numbers(every: float, cycles: int) -> None:
    """The quotient of the two floats would miss it by its last digit."""
    s = Repeat(Until(Constant(1.0), every), peak_mult=0.5)
    gone = Fraction(cycles * every) // Fraction(every)

    assert (cycles * every - math.fmod(cycles * every, every)) / every != gone
    assert s.lr(cycles * every) == 0.5**gone


def test_plateaus_are_counted_one_by_one_beyond_2_to_the_52() -> None:
    s = Staircase(PiecewiseConstant((0.1, 0.2), boundaries=(2.0**52 + 1.0,)), every=1)

    assert s.lr(2**52) == 0.1
    assert s.lr(2**52 + 1) == 0.2


@pytest.mark.parametrize("growth", [1.5, 2.0, 3.0, 10.0])
@pytest.mark.parametrize("period", [1.0, 5.0, 7.0])
def test_every_restart_below_2_to_the_53_is_the_sum_of_the_cycles_before(
    growth: float, period: float
) -> None:
    s = CosineRestarts(0.1, period, final_lr=0.01, period_mult=growth)
    cycles = (Fraction(period) * Fraction(growth) ** i for i in range(200))
    starts = list(takewhile(lambda start: start < 2**53, accumulate(cycles, initial=0)))

    assert len(starts) > 15
    assert {s.lr(float(start)) for start in starts} == {0.1}


def test_every_repeat_below_2_to_the_53_starts_at_its_first_rate() -> None:
    s = Repeat(Linear(0.1, 0.0, steps=1), period_mult=2)

    assert {s.lr(2**i - 1) for i in range(54)} == {0.1}


def test_a_slanted_triangle_has_its_peak_at_the_whole_step_before_the_cut() -> None:
    s = SlantedTriangular(0.32, steps=105, cut_frac=0.1)

    assert s.lr(10) == 0.32
    assert s.lr(11) < 0.32


# Words of a formula.


@pytest.mark.parametrize(
    ("word", "given", "expected"),
    [
        (FLOATS.exp, (1e4,), math.inf),
        (FLOATS.expm1, (1e4,), math.inf),
        (FLOATS.log1p, (-1.0,), -math.inf),
        (FLOATS.log1p, (-0.5,), -math.log(2.0)),
        (FLOATS.power, (10.0, 400.0), math.inf),
        (FLOATS.power, (0.0, -1.0), math.inf),
        (FLOATS.power, (0.0, 0.5), 0.0),
        (FLOATS.clip, (-5.0, 0.0, 1.0), 0.0),
        (FLOATS.clip, (0.5, 0.0, 1.0), 0.5),
        (FLOATS.clip, (5.0, 0.0, 1.0), 1.0),
    ],
)
def test_a_word_of_a_formula_has_a_value_at_its_edges(
    word: Callable[..., float], given: tuple[float, ...], expected: float
) -> None:
    assert word(*given) == expected


# Digits.


@pytest.mark.parametrize(
    ("n", "steps"),
    [
        (23465531523.495117, 408750265781.0),
        (990827196.0, 749034253557.0),
        (17745309288.25604, 770902440575.0),
    ],
)
def test_the_share_of_half_a_wave_is_exact_to_what_a_unit_of_power_may_cost(
    n: float, steps: float
) -> None:
    with mp.workdps(40):
        true = mp.sin(mp.pi / 2 * mpf(n) / mpf(steps)) ** 2
        assert abs(mpf(half_wave(n, steps, FLOATS)) - true) <= 3 * EPS * true


@pytest.mark.parametrize("steps", [3, 7, 10, 49, 333])
def test_a_line_from_0_to_1_is_the_quotient_of_the_steps(steps: int) -> None:
    s = Linear(0.0, 1.0, steps)

    assert [s.lr(t) for t in range(steps + 1)] == [t / steps for t in range(steps + 1)]


def test_a_slow_rise_keeps_its_digits_up_to_its_last_step() -> None:
    left = -math.expm1(0.03 * math.log(1e-9))

    assert Polynomial(0.0, 1e9, final_lr=1.0, power=0.03).lr(1e9 - 1) == close(left)
    assert Polynomial(0.2, 1e9, final_lr=1.0, power=0.03).lr(1e9 - 1) == close(0.2 + 0.8 * left)


@pytest.mark.parametrize("t", [1000 / 3, 400.1, 450.7, 499.3, 500.1, 1000 / 1.5, 999.3])
@pytest.mark.parametrize(("lower", "upper"), [(-6.0, 100.0), (-100.0, 6.0)])
def test_a_steep_tanh_keeps_its_digits_at_times_that_are_not_whole(
    lower: float, upper: float, t: float
) -> None:
    s = Tanh(0.1, steps=1000, lower=lower, upper=upper)

    with mp.workdps(200):
        z = lower + (mpf(upper) - lower) * mpf(t) / 1000
        true = mpf(0.1) * (1 - mp.tanh(z)) / 2
        for rate in (s.lr(t), s.lr_array([t])[0]):
            assert abs(mpf(float(rate)) - true) <= 4 * EPS * true


def test_rex_keeps_its_digits_at_its_smaller_end() -> None:
    assert REX(0.1, steps=1e9).lr(1e9 - 1) == close(0.2 / (1e9 + 1))
    assert REX(0.0, steps=1e9, final_lr=0.1).lr(1) == close(0.1 / (2e9 - 1))


def test_interpolation_keeps_its_digits_at_the_smaller_value() -> None:
    assert Interpolated((0, 1e9), (0.0, 0.1)).lr(1) == close(1e-10)
    assert Interpolated((0, 1e9), (0.1, 0.0)).lr(1e9 - 1) == close(1e-10)


def test_interpolation_holds_the_first_and_the_last_value_to_the_last_bit() -> None:
    s = Interpolated((1e9, 2e9), (0.3, 0.7))

    assert {s.lr(t) for t in (0, 1, 10, 1e6 / 3, 1e9)} == {0.3}
    assert {s.lr(t) for t in (2e9, 1e10 / 3, 1e12)} == {0.7}


@pytest.mark.parametrize(
    ("s", "flat"),
    [
        (WSD(0.1, steps=1000, warmup=100, decay=200), range(100, 801)),
        (FlatCosine(0.1, steps=1000, flat=700), range(701)),
        (TriStage(0.1, steps=1000, warmup=100, hold=400, final_lr=0.001), range(100, 501)),
    ],
)
def test_a_phase_that_stays_has_its_rate_to_the_last_bit(s: Schedule, flat: range) -> None:
    assert {s.lr(t) for t in flat} == {0.1} == set(s.lr_array(flat))


# Values by hand.

SHORT = 1e-200
RISING = Polynomial(0.02, 100, final_lr=0.1, power=2)
THREE = OneCycle(0.1, 100, 0.25, 10.0, 100.0, shape="linear", three_phase=True)
RANGE = Cyclic(0.01, 0.05, up=10, mode="exp_range", gamma=0.5, every=20)


@pytest.mark.parametrize(
    ("schedule", "t", "rate"),
    [
        (Linear(2.0, 1.0, 100), 50, 1.5),
        (RISING, 10, 0.1 - 0.08 * 0.81),
        (RISING, 90, 0.0992),
        (RISING.replace(power=0.5), 75, 0.06),
        (RISING.replace(k_decay=2.0), 80, 0.1 - 0.08 * 0.36**2),
        (Cosine(0.02, 90, final_lr=0.1, power=2), 60, 0.095),
        (OneMinusSqrt(0.02, 100, final_lr=0.1), 75, 0.06),
        (Polynomial(0.1, SHORT, k_decay=0.5), SHORT / 4, 0.05),
        (Polynomial(0.1, SHORT, k_decay=0.125), 0, 0.1),
        (Polynomial(0.1, 1e-140, k_decay=0.5), 0, 0.1),
        (0.0 * Linear(0.1, 0.0, 100), 0, 0.0),
        (0.0 * Linear(0.1, 0.0, 100), 5, 0.0),
        (0.0 * Exponential(0.1, gamma=10.0), 1e6, 0.0),
        (Exponential(0.0, gamma=0.5), 0, 0.0),
        (Floor(Linear(0.1, 0.3, 10), 0.02, mode="offset"), 10, 0.26),
        (Floor(Linear(0.1, 0.3, 10), 0.02, mode="offset"), 5, 0.18),
        (Repeat(Linear(0.1, 0.0, 1.0)), 1.5, 0.05),
        (Repeat(Linear(0.1, 0.0, 0.5)), 0.75, 0.05),
        (Repeat(Linear(0.1, 0.0, 10), peak_mult=2), 10, 0.2),
        (Repeat(Linear(0.1, 0.0, 10), period_mult=2, peak_mult=2), 10, 0.2),
        (MultiStep(1.0, 0.5, milestones=(1,)), 0, 1.0),
        (CosineRestarts(0.1, 10, final_lr=0.05, peak_mult=0.5), 20, 0.05),
        (PolynomialRestarts(0.1, 10, power=2, period_mult=2, peak_mult=1.5), 10, 0.15),
        (PolynomialRestarts(0.1, 10, power=2, period_mult=2, peak_mult=1.5), 20, 0.0375),
        (RANGE, 30, 0.01 + 0.04 * 0.5**1.5),
        (RANGE.replace(base_lr=0.05, peak_lr=0.01), 30, 0.05 - 0.04 * 0.5**1.5),
        (RANGE.replace(base_lr=0.05, peak_lr=0.01, gamma=1.0), 30, 0.01),
        (RANGE.replace(gamma=1.5), 30, 0.01 + 0.04 * 1.5**1.5),
        (THREE, 0, 0.01),
        (THREE, 12.5, 0.055),
        (THREE, 25, 0.1),
        (THREE, 37.5, 0.055),
        (THREE, 50, 0.01),
        (THREE, 75, 0.00505),
        (THREE, 100, 0.0001),
        (THREE.replace(pct_start=0.5), 50, 0.1),
        (THREE.replace(pct_start=0.5), 100, 0.01),
    ],
)
def test_a_rate_computed_by_hand(schedule: Schedule, t: float, rate: float) -> None:
    assert schedule.lr(t) == close(rate)


@pytest.mark.parametrize(
    ("every", "t", "held"),
    [
        (0.5, 0, 1),
        (0.5, 0.49, 1),
        (0.5, 0.5, 1.5),
        (1, 0, 1),
        (1, 0.99, 1),
        (1, 1, 2),
        (1.5, 0, 0),
        (1.5, beside(0.5), 0),
        (1.5, 0.5, 1.5),
        (1.5, 2, 3),
    ],
)
def test_a_staircase_that_is_one_step_early_may_be_as_short_as_a_step(
    every: float, t: float, held: float
) -> None:
    line = Linear(1.0, 0.0, steps=100)

    stairs = Staircase(line, every, floor="offset")

    assert stairs.lr(t) == stairs.lr_array([t])[0] == line.lr(held)


def test_a_staircase_that_is_one_step_early_is_not_earlier_in_an_array_of_far_times() -> None:
    s = Staircase(Linear(1.0, 0.0, steps=100), every=25, floor="offset")

    assert s.lr_array([22.5, 23.5, 24, 2.0**52]).tolist() == [1.0, 1.0, 0.75, 0.0]


def test_peaks_that_change_may_be_asked_for_at_once() -> None:
    s = PolynomialRestarts(0.1, period=10, peak_mult=0.5)

    assert s.lr_array([0, 10, 25]).tolist() == [0.1, 0.05, close(0.0125)]


def test_a_tanh_may_be_asked_for_on_both_sides_of_its_middle_and_after_its_end_at_once() -> (
    None
):
    s = Tanh(0.1, steps=1000, final_lr=0.01)
    ts = (100.0, 700.0, 1200.0)

    assert s.lr_array(ts).tolist() == [close(s.lr(t)) for t in ts]


@pytest.mark.parametrize(
    "s",
    [
        *(Linear(0.1, 0.1, 10), Polynomial(0.1, 10, 0.1, power=0.5), Cosine(0.1, 10, 0.1)),
        *(OneMinusSqrt(0.1, 10, 0.1), REX(0.1, 10, 0.1), Tanh(0.1, 10, 0.1)),
        *(CosineRestarts(0.1, 10, 0.1), PolynomialRestarts(0.1, 10, 0.1)),
        Cyclic(0.1, 0.1, up=10),
    ],
    ids=repr,
)
def test_two_equal_rates_are_one_rate(s: Schedule) -> None:
    assert [s.lr(t) for t in range(12)] == [close(0.1, 2)] * 12


# Ends.


def test_what_changes_at_given_times_never_ends_and_what_does_not_ends_nothing() -> None:
    line = Linear(0.0, 0.1, 7)

    assert (PiecewiseConstant((0.1,), boundaries=()) + line).end == 7
    assert (PiecewiseConstant((0.1, 0.2), boundaries=(5,)) + line).end == math.inf


@pytest.mark.parametrize(
    "s",
    [
        Linear(0.0, 0.1, 8.8) >> Linear(0.1, 0.0, 2.1),
        Linear(0.0, 0.1, 3.0) >> Linear(0.1, 0.0, 0.4),
        Shift(Linear(0.1, 0.0, 0.8), by=2.5),
    ],
    ids=repr,
)
def test_the_end_is_the_first_time_at_which_the_last_rate_is_reached(s: Schedule) -> None:
    assert s.lr(s.end) == 0.0 < s.lr(beside(s.end))


@pytest.mark.parametrize(
    ("every", "steps", "end"),
    [
        (5.3, 869.1999999999999, 869.2),
        (7.9, 150.1, 150.10000000000002),
        (0.5, 0.75, 1.0),
    ],
)
def test_a_staircase_ends_at_the_first_time_of_the_plateau_that_holds_the_last_rate(
    every: float, steps: float, end: float
) -> None:
    s = Staircase(Linear(0.1, 0.0, steps), every)

    assert s.end == end
    assert s.lr(end) == 0.0 < s.lr(beside(end))


# What vanishes, and what is refused.


@pytest.mark.parametrize("steps", [0.5, 1.0])
def test_a_part_of_a_step_or_less_does_not_vanish(steps: float) -> None:
    s = Linear(0.0, 0.1, steps) >> Cosine(0.1, 10)

    assert s.end == steps + 10
    assert s.lr(steps / 2) == 0.05


def test_of_parts_that_all_have_no_length_the_last_one_stays() -> None:
    nothing = [Until(Constant(rate), 0) for rate in (0.1, 0.2, 0.3)]

    assert Sequential(nothing) == Sequential(nothing[2:])
    assert Sequential(nothing).lr(0) == 0.3


def test_a_part_in_the_middle_that_never_ends_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Sequential\.parts\[1\] must end before parts\[2\]"):
        Linear(0.0, 0.1, 5) >> Constant(0.1) >> Linear(0.1, 0.0, 5)


def test_cycles_may_hold_ten_thousand_schedules_and_no_more() -> None:
    line = Linear(0.1, 0.0, 1)

    assert Repeat(line, period_mult=1.001, count=10_000).lr(0) == 0.1
    assert Repeat(line, period_mult=1.0001, count=3).end < 3.01
    with pytest.raises(ValueError, match="with 10001 cycles of 1: give a smaller count"):
        Repeat(line, period_mult=1.001, count=10_001)
    with pytest.raises(ValueError, match="with 4000 cycles of 3: give a smaller count"):
        Repeat(line >> line, period_mult=1.001, count=4000)


def test_what_has_no_length_cannot_be_repeated() -> None:
    with pytest.raises(ValueError, match=r"Repeat\.schedule must have an end > 0, got"):
        Repeat(Until(Constant(0.1), 0))


def test_one_drop_is_enough_to_reach_a_final_rate() -> None:
    assert StepDecay.from_final_lr(1.0, 0.25, steps=10, step_size=10).gamma == 0.25


@pytest.mark.parametrize(("lower", "upper"), [(-100, 3), (-6, 100), (-100, 100)])
def test_a_tanh_may_reach_from_minus_100_to_100(lower: float, upper: float) -> None:
    assert Tanh(0.1, 10, lower=lower, upper=upper).lr(10) == 0.0


@pytest.mark.parametrize(("lower", "upper"), [(-100.5, 3), (-6, 100.5), (2, 2)])
def test_a_tanh_may_not_reach_further_nor_stand_still(lower: float, upper: float) -> None:
    with pytest.raises(ValueError, match=r"Tanh\.lower must be < upper, and both between"):
        Tanh(0.1, 10, lower=lower, upper=upper)


@pytest.mark.parametrize("final_lr", [1e-300, 1e300, 1.5e300])
def test_rates_further_apart_than_1e300_have_no_exponential(final_lr: float) -> None:
    with pytest.raises(ValueError, match="must lie between 1e-300 and 1e300"):
        Geometric(1.0, final_lr, 10)


def test_an_exponential_phase_to_0_is_refused_in_words_that_help() -> None:
    with pytest.raises(ValueError, match=r"an exponential shape needs two rates > 0, got 0\.1"):
        WSD(0.1, 100, 10, 20, shape="exponential")


# Ends and how they are mixed.

WEIGHTS = [i / 97 for i in range(98)]


@pytest.mark.parametrize(("high", "low"), [(0.01, 0.001), (0.013, 0.003), (0.1, 0.001)])
def test_both_ends_of_a_mix_are_exact_whatever_their_difference_rounds_to(
    high: float, low: float
) -> None:
    assert (low + (high - low) == high) == (high == 0.1)

    assert [mix(high, low, w) for w in (0.0, 1.0)] == [low, high]
    assert [blend(high, low, w) for w in (0.0, 1.0)] == [low, high]


def test_one_product_is_enough_where_the_difference_leads_to_the_high_end() -> None:
    want = [0.001 + (0.1 - 0.001) * w for w in WEIGHTS]

    assert [mix(0.1, 0.001, w) for w in WEIGHTS] == want
    assert [blend(0.1, 0.001, w) for w in WEIGHTS] != want


def test_nothing_is_added_to_a_product_that_falls_to_0() -> None:
    for mixing in (mix, blend):
        assert str(mixing(0.1, 0.0, -0.0)) == "-0.0"


def test_what_is_blended_with_a_rate_of_1_falls_to_1() -> None:
    assert blend(2.0, 1.0, 0.25) == 1.25


def test_restarts_from_one_peak_have_the_bits_of_their_first_fall() -> None:
    for mult in (1.0, 2.0):
        restarts = CosineRestarts(0.1, 100, final_lr=0.001, period_mult=mult)
        fall = Cosine(0.1, 100, final_lr=0.001)
        assert [restarts.lr(t) for t in range(100)] == [fall.lr(t) for t in range(100)]


def test_restarts_may_double_their_peaks() -> None:
    assert CosineRestarts(0.1, 100, peak_mult=2.0).lr(200) == 0.4


@pytest.mark.parametrize(
    "schedule",
    [WSD(0.1, 100, 10, 20), FlatCosine(0.1, 100, 70), TriStage(0.1, 100, 10, 40, 0.001)],
    ids=repr,
)
def test_a_phase_that_holds_a_rate_is_a_constant(schedule: Recipe) -> None:
    assert "Until(schedule=Constant(base_lr=0.1), " in repr(schedule.expand())


# Overflow.


def test_a_peak_that_overflows_is_0_where_its_share_is() -> None:
    assert PolynomialRestarts(1.0, 1, power=1e4, peak_mult=1.5).lr(2000.5) == 0.0


def test_a_cycle_whose_amplitude_overflows_slowly_is_infinite_at_its_peak() -> None:
    assert Cyclic(0.1, 0.2, up=1, mode="exp_range", gamma=1.5).lr(2001) == math.inf


# Rises, and what is left of a time that is bent.

POWERS = (
    0.2,
    0.3,
    0.4,
    0.5,
    0.6,
    2 / 3,
    0.75,
    1,
    1.25,
    4 / 3,
    1.5,
    1.6,
    2,
    2.2,
    2.5,
    8 / 3,
    3,
    3.5,
    5,
)


@pytest.mark.parametrize("k", [0.5, 0.7, 1, 1.3, 1.5, 2, 2.5, 3, 4])
@pytest.mark.parametrize("power", POWERS)
@pytest.mark.parametrize(("first", "last"), [(0, 0.1), (0.02, 0.1), (0.1, 0.003)])
def test_powers_with_and_without_a_logarithm(
    first: float, last: float, power: float, k: float
) -> None:
    schedule = Polynomial(first, 96, last, power, k)
    for t in (1, 20, 47, 48, 49, 80, 95):
        with mp.workprec(200):
            left = 1 - (mpf(t) / 96) ** mpf(k)
            true = mpf(last) + (mpf(first) - mpf(last)) * left ** mpf(power)
            assert abs(mpf(schedule.lr(t)) / true - 1) <= promised(schedule, "lr") * EPS


# Triangles.


@pytest.mark.parametrize("mode", ["triangular", "triangular2"])
def test_a_triangle_that_starts_at_its_top(mode: str) -> None:
    schedule = Cyclic(0.05, 0.01, up=4, down=8, mode=mode)
    assert schedule.lr(0) == 0.05
    assert schedule.lr(2) == close(0.03)
    assert schedule.lr(4) == 0.01
    assert schedule.lr(8) == close(0.03)
    assert schedule.lr(11) == close(0.045)


@pytest.mark.parametrize("t", [1, 99_999, 100_001, 199_999, 200_001, 299_999])
def test_a_triangle_keeps_its_digits_at_both_ends(t: int) -> None:
    share = Fraction(min(t % 200_000, 200_000 - t % 200_000), 100_000)
    low, high = Fraction(1e-12), Fraction(1)
    up, down = Cyclic(1e-12, 1.0, up=100_000), Cyclic(1.0, 1e-12, up=100_000)
    assert up.lr(t) == close(float(low + (high - low) * share))
    assert down.lr(t) == close(float(low + (high - low) * (1 - share)))
