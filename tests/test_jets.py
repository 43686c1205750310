"""Jets: rates with their derivatives, the pieces of a curve, and its seams."""

from __future__ import annotations

import math
import time
from fractions import Fraction
from typing import Any

import pytest
from catalogue import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf  # type: ignore[import-untyped]
from strategies import schedules, times
from systems import MPMATH, in_mpmath, lifted

from lrcurves import (
    REX,
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Interpolated,
    Linear,
    Maximum,
    Minimum,
    MultiStep,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    PolynomialRestarts,
    Repeat,
    Schedule,
    Shift,
    Staircase,
    StepDecay,
    Sum,
    Tanh,
    Until,
    Warmup,
)
from lrcurves._jets import EPS, Moving, Walk, first
from lrcurves._seams import Seam, Seams, Smooth, jet, pieces, seams
from lrcurves.schedule import KINDS, Length, Num, Ops, Rate, define, horizon

below = math.nextafter


def test_a_root_that_begins_after_a_piece_of_no_length_has_a_jet() -> None:
    s = Until(Constant(1.0), 3e-290) >> OneMinusSqrt(3.0, 1e-290, 0.3)

    assert jet(s, 0.0).lr == s.lr(0.0) == 1.0


every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def inside(s: Schedule, count: int = 7) -> list[float]:
    """Return times within the first pieces of a schedule, away from their ends."""
    found = []
    for piece in pieces(s, horizon(s)):
        length = piece.stop - piece.start
        if length > 1e-6:
            found += [piece.start + length * share for share in (0.01, 0.37, 0.99)]
        if len(found) >= 3 * count:
            break
    return found


def times_of(s: Schedule, steps: float, **more: int) -> list[float]:
    return [seam.t for seam in seams(s, steps, **more)]


@every_example
def test_the_value_of_a_jet_has_the_bits_of_the_rate(s: Schedule) -> None:
    steps = horizon(s)
    for t in [0.0, steps, *(steps * i / 97 for i in range(97)), *times_of(s, steps, limit=20)]:
        for at in (t, below(t, 0.0), below(t, math.inf)):
            assert jet(s, at).lr == s.lr(at), at


@given(schedules().flatmap(lambda s: st.tuples(st.just(s), times(s))))
def test_the_value_of_a_jet_has_the_bits_of_the_rate_whatever_the_schedule(
    drawn: tuple[Schedule, float],
) -> None:
    s, t = drawn
    found = jet(s, t)
    assert found.lr == s.lr(t)
    assert found.since <= t < found.until
    if math.isfinite(found.lr):
        assert not math.isnan(found.slope)
        assert not math.isnan(found.bend)


@every_example
def test_the_derivatives_are_those_of_the_formula_without_rounding(s: Schedule) -> None:
    twin = lifted(s)
    with mp.workdps(60):
        for t in inside(s):
            found = jet(s, t)
            length = min(found.until, 2.0 * t + 1.0) - found.since
            slope = mp.diff(lambda t: twin._formula(t, MPMATH), mpf(t), h=mpf(length) / 10**20)
            top = max(found.lr, float(in_mpmath(s, found.since)))
            # A slope is exact to some eps of the quickest change of its terms.
            unsure = 256 * EPS * (abs(found.slope) + top / length)
            assert abs(found.slope - slope) <= unsure, t
            bend = mp.diff(
                lambda t: twin._formula(t, MPMATH), mpf(t), 2, h=mpf(length) / 10**15
            )
            unsure = 2**14 * EPS * (abs(found.bend) + top / length**2)
            assert abs(found.bend - bend) <= unsure, t


@given(schedules(wild=False).flatmap(lambda s: st.tuples(st.just(s), times(s))))
def test_a_stretch_ends_where_the_next_one_starts(drawn: tuple[Schedule, float]) -> None:
    s, t = drawn
    found = jet(s, t)
    if found.until < math.inf:
        assert jet(s, found.until).since == found.until
        assert jet(s, below(found.until, 0.0)).until == found.until
    if found.since > 0.0:
        assert jet(s, found.since).since == found.since
        assert jet(s, below(found.since, 0.0)).until == found.since


def test_a_bound_against_overflow_at_0_ends_no_stretch() -> None:
    s = Cosine(0.1, 100, final_lr=0.1, power=2, k_decay=3.2)  # a quotient is bound below 3e-149

    for t in (0.0, 1e-150, 3e-149, 4e-149, 0.1):
        assert (jet(s, t).since, jet(s, t).until) == (0.0, 100.0), t


@settings(max_examples=50)
@given(schedules(wild=False))
def test_pieces_follow_one_another_without_a_gap(s: Schedule) -> None:
    steps = horizon(s)
    at = 0.0
    for piece, _ in zip(pieces(s, steps), range(50), strict=False):
        assert piece.start == at
        assert piece.stop > at
        at = piece.stop
    assert at <= steps


def at_least(x: Fraction) -> float:
    """Return the smallest float that is not less than a real number."""
    return float(x) if Fraction(float(x)) >= x else below(float(x), math.inf)


EDGES = {
    "multi-step": (MultiStep(0.1, 0.5, (30, 60)), [30.0, 60.0]),
    "step-decay": (StepDecay(0.1, 0.5, 25), [25.0, 50.0, 75.0]),
    "step-decay-offset": (StepDecay(0.1, 0.5, 25, floor="offset"), [24.0, 49.0, 74.0, 99.0]),
    "step-decay-fraction": (
        StepDecay(0.1, 0.5, 0.1),
        [at_least(i * Fraction(0.1)) for i in range(1, 6)],
    ),
    "values": (PiecewiseConstant((1, 2, 3), (0.1, 99.99)), [0.1, 99.99]),
    "points": (Interpolated((10, 20.5, 90), (1, 2, 1)), [10.0, 20.5, 90.0]),
    "cyclic": (Cyclic(0.1, 1, up=10, down=35), [10.0, 45.0, 55.0, 90.0]),
    "restarts": (CosineRestarts(0.1, 30), [30.0, 60.0, 90.0]),
    "longer": (CosineRestarts(0.1, 10, period_mult=2), [10.0, 30.0, 70.0]),
    "saw": (PolynomialRestarts(0.1, 40), [40.0, 80.0]),
    "wsd": (WSD(0.1, 90, warmup=10, decay=20), [10.0, 70.0, 90.0]),
    "sequence": (
        Linear(0, 0.1, 0.3) >> Until(Constant(0.1), 0.7) >> Cosine(0.1, 9) >> Linear(1, 0, 5),
        [0.3, 1.0, 10.0, 15.0],
    ),
    "shift": (Shift(Linear(0, 1, 10), 50), [50.0, 60.0]),
    "shift-back": (Shift(Linear(0, 1, 100), -50), [50.0]),
    "until": (Until(Exponential(0.1, 0.9), 33.25), [33.25]),
    "staircase": (Staircase(Linear(1, 0, 100), 30), [30.0, 60.0, 90.0]),
    "repeat": (Repeat(Linear(1, 0, 30), count=2), [30.0, 60.0]),
    "repeat-longer": (Repeat(Linear(1, 0, 10), period_mult=2, count=3), [10.0, 30.0, 70.0]),
    "warmup": (Warmup(Cosine(0.1, 90), 5), [5.0, 95.0]),
    "sum": (Linear(1, 0, 10) + Linear(1, 0, 20), [10.0, 20.0]),
    "clip": (Minimum((Maximum((Linear(0, 1, 100), Constant(0.25))), Constant(0.5))), [25, 50]),
    "floor": (Floor(Exponential(0.1, 0.5, every=10), 0.0125), [30.0]),
    "cap": (Minimum((Exponential(1, 2, every=10), Constant(8))), [30.0]),
    "lines": (Maximum((Linear(1, 0, 100), Linear(0, 1, 100))), [50.0]),
    "tanh": (Tanh(0.1, 50), [50.0]),
}


@pytest.mark.parametrize(("s", "edges"), EDGES.values(), ids=EDGES)
def test_seams_are_the_edges_to_the_last_bit(s: Schedule, edges: list[float]) -> None:
    assert times_of(s, 100)[: len(edges)] == edges
    if len(edges) != 5:
        assert len(times_of(s, 100)) == len(edges)


def test_a_jump_tells_the_rates_on_both_sides() -> None:
    assert seams(CosineRestarts(0.1, 30, final_lr=0.01, peak_mult=0.5), 50) == [
        Seam(30.0, "jump", 0.01, 0.05)
    ]
    assert seams(Interpolated((10, 20), (0.1, 0.2)), 20) == [Seam(10.0, "kink", 0.1, 0.1)]


@pytest.mark.parametrize(
    ("s", "kinds"),
    [
        (Linear(0.1, 0.0, 50), ["kink"]),
        (Cosine(0.1, 50), ["kink"]),  # the slope is 0 on both sides, the curvature is not
        (REX(0.1, 50), ["kink"]),
        (Polynomial(0.1, 50, power=0.5), ["kink"]),
        (Polynomial(0.0, 50, 0.1, power=0.03), ["kink"]),
        (OneMinusSqrt(0.1, 50), ["kink"]),
        (Tanh(0.1, 50), ["jump"]),
        (Polynomial(0.1, 50, power=3), []),  # smooth up to the second derivative
        (Constant(0.1), []),
        (Exponential(0.1, 0.9), []),
        (Staircase(Constant(0.1), 5), []),
        (MultiStep(0.1, 1.0, (30, 60)), []),
        (Exponential(0.0, 2.0) * Exponential(0.1, 2), []),
    ],
    ids=repr,
)
def test_forks_that_change_nothing_are_no_seams(s: Schedule, kinds: list[str]) -> None:
    assert [seam.kind for seam in seams(s, 100)] == kinds


@pytest.mark.parametrize(
    "s",
    [
        Tanh(0.1, 97, lower=-100, upper=100),
        Tanh(0.0, 97.3, 0.1),
        Polynomial(0.001, 97, 0.1, power=0.3),
        Polynomial(0.001, 97, 0.1, power=7.0, k_decay=3.0),
        Cosine(0.0, 97, 0.1, power=0.7),
        Cosine(0.01, 97, 0.1, power=2.2, k_decay=1.5),
    ],
    ids=repr,
)
def test_where_a_formula_changes_sides_in_the_middle_is_no_seam(s: Schedule) -> None:
    assert len(list(pieces(s, 97))) > 1
    assert seams(s, 97) == []


def test_two_curves_are_found_to_cross_and_to_cross_back() -> None:
    wave, line = Cosine(0.1, 100), Linear(0.1, 0.0, 100)
    # They meet at 0, 50 and 100; the cosine is ahead in the first half.
    (at,) = times_of(Maximum((wave, line)), 100)
    # Both rates are exact to 4 eps of 0.05, and part by so much per step.
    assert abs(at - 50.0) <= 8 * EPS * 0.05 / (0.1 * (math.pi / 2 - 1) / 100)
    dip = Sum((Exponential(1, 0.5, every=100), Exponential(0.001, 2, every=100)))
    low = 2 * math.sqrt(0.001)
    for level in (low * 1.0000001, low * 1.2):
        found = seams(Floor(dip, level), 1000)
        assert [seam.kind for seam in found] == ["kink", "kink"]
        for seam in found:
            assert dip.lr(seam.t) == pytest.approx(level, rel=8 * EPS)
    assert seams(Floor(dip, low * 0.9999999), 1000) == []


def test_a_crossing_early_in_a_long_run_is_found() -> None:
    (seam,) = seams(Floor(Exponential(0.1, 0.9), 0.001), 1e12)
    assert seam.t == pytest.approx(math.log(0.01) / math.log(0.9), rel=8 * EPS)


def test_curves_that_are_the_same_but_for_rounding_do_not_cross() -> None:
    twins = Maximum((Cosine(0.3, 100, power=1.5), 3 * Cosine(0.1, 100, power=1.5)))
    assert times_of(twins, 100) == times_of(Cosine(0.3, 100, power=1.5), 100)
    lines = Maximum((Linear(0.3, 0.1, 100), 3 * Linear(0.1, 0.1 / 3, 100)))
    assert times_of(lines, 200) == [100.0]


def test_seams_stop_at_a_limit_and_say_so() -> None:
    fine = Repeat(Linear(0.1, 0.0, steps=1))
    began = time.perf_counter()
    found = seams(fine, 10**7)
    assert time.perf_counter() - began < 10.0
    assert (len(found), found.more, found.until) == (1000, True, 1001.0)
    assert [seam.t for seam in found] == [float(i) for i in range(1, 1001)]
    some = seams(fine, 5, limit=4)
    assert (some.more, some.until, len(some)) == (False, 5.0, 4)
    assert isinstance(some, Seams)


def test_pieces_without_seams_do_not_take_for_ever() -> None:
    found = seams(Staircase(Constant(0.1), every=1), 10**7, limit=10)
    assert (found, found.more) == ([], True)
    assert 10 < found.until < 1000


def test_pieces_of_less_than_a_digit_are_no_seams() -> None:
    late = Until(Constant(1), 1e6) >> Staircase(Linear(1, 0, 1), every=1e-11)
    assert times_of(late, 1e6 + 1e-9, limit=50) == []


def test_an_overflow_is_a_jump_of_a_jump_only() -> None:
    huge = Exponential(1e300, 1e300)
    assert seams(huge, 100) == []
    assert seams(huge >> Constant(1) if huge.end < math.inf else Until(huge, 9), 100) == []
    (seam,) = seams(Until(huge, 9) >> Constant(1), 100)
    assert seam == Seam(9.0, "jump", math.inf, 1.0)


def test_the_slope_where_a_root_begins_is_infinite() -> None:
    for s in (OneMinusSqrt(0.1, 10, final_lr=0.01), OneMinusSqrt(0.1, 10)):
        assert jet(s, 0).slope == -math.inf
        assert jet(s, 0).bend == math.inf
        assert jet(Until(Constant(0.1), 10**6) >> s, 10**6).slope == -math.inf
    assert jet(Polynomial(0.0, 10, 0.1, k_decay=0.5), 0).slope == math.inf
    # Limits are taken at a share of 2**-40 of the piece, where this one goes with the root.
    level = jet(Polynomial(0.1, 10, 0.01, k_decay=1.5), 0)
    assert abs(level.slope) <= 0.09 * 1.5 / 10 * 2.0**-19
    assert level.bend == -math.inf


def test_a_root_that_is_smooth_after_all_has_a_slope_and_a_bend() -> None:
    warped = jet(Cosine(0.0, 100, 0.1, k_decay=0.5), 0)  # the square of the sine of a root
    turn = (math.pi / 20) ** 2
    assert warped.slope == pytest.approx(0.1 * turn, rel=2.0**-38)
    assert warped.bend == pytest.approx(-0.1 * turn**2 * 2 / 3, rel=2.0**-24)
    assert (warped.since, warped.until) == (0.0, 100.0)


def test_the_slope_at_a_seam_is_that_to_the_right() -> None:
    up_and_down = Linear(0, 1, 8) >> Linear(1, 0, 4)
    assert [jet(up_and_down, t).slope for t in (0, 4, 8, 12)] == [0.125, 0.125, -0.25, 0.0]
    assert jet(Shift(Linear(0, 1, 8), 4), 4).slope == 0.125
    assert [jet(Cyclic(0, 1, 4), t).slope for t in (0, 4, 8)] == [0.25, -0.25, 0.25]


def test_a_piece_at_its_end_is_what_it_was_about_to_become() -> None:
    one, two = list(pieces(CosineRestarts(0.1, 30, final_lr=0.01), 60))
    assert one.at(30.0).lr == 0.01
    assert two.at(30.0).lr == 0.1
    assert one.at(30.0).slope == pytest.approx(0.0, abs=EPS)
    (root, _) = pieces(Polynomial(0.1, 16, power=0.5), 20)
    assert root.at(16.0)[:2] == (0.0, -math.inf)
    (half, *_) = pieces(Cosine(0.1, 16, 0.05, power=0.5), 20)
    assert half.at(16.0).slope == pytest.approx(-0.05 * math.pi / 32, rel=1e-9)


def test_a_line_of_very_many_operations_is_treated_as_a_curve() -> None:
    lines = Sum(tuple(Linear(1.0, 0.0, 100) for _ in range(300)))
    assert times_of(Floor(lines, 150.0), 99) == [50.0]


@define
class Wobble(Schedule):
    """Every word of the vocabulary, at times that are no straight lines."""

    base_lr: Rate
    steps: Length

    def _formula(self, t: Num, xp: Ops) -> Num:
        x = t / self.steps
        curved = 4.0 * x * x
        whole, rest = xp.stairs(curved, 1.0)
        (picked,) = xp.pick(curved, (0.5, 2.5), (1.0, 2.0, 3.0))
        folded = xp.piecewise(curved, (1.5,), lambda i, t: t + i)
        clipped = xp.clip(x, 0.25, 0.75) + xp.clip(curved, 0.3, 3.7)
        smooth = xp.exp(-x) + xp.expm1(x) + xp.log1p(x) + xp.sin(x) + xp.sin2(x)
        smooth = smooth + xp.sqrt(x + 1.0) + xp.tanh(x - 0.5) + 1.0 / (x + 1.0) + x / (1.0 + t)
        smooth = smooth + xp.power(2.0, -x) + xp.power(x + 1.0, 1.5) + xp.power(x, 1.0)
        smooth = smooth + xp.growth(1.5, t, self.steps) + xp.growth(0.7, curved, 1.0)
        number = xp.exp(1.0) + xp.expm1(1.0) + xp.log1p(1.0) + xp.sin(1.0) + xp.sin2(1.0)
        number = number + xp.sqrt(2.0) + xp.tanh(1.0) + xp.power(2.0, 3.0) + xp.minimum(1, 2.0)
        number = number + xp.stairs(2.5, 1.0)[0] + xp.pick(1.0, (0.5,), (1.0, 2.0))[0]
        number = number + xp.piecewise(1.0, (0.5,), lambda i, t: t) + xp.growth(0.7, 1.5, 3.0)
        number = number + xp.pi + xp.pi_rest
        return self.base_lr * (whole + rest + picked + folded + clipped + smooth + number)


del KINDS["Wobble"]  # it is no schedule for other tests to draw

WOBBLE = Wobble(0.1, 100)


def test_forks_at_curved_times_are_found() -> None:
    found = seams(WOBBLE, 110)
    at = {round(100 * math.sqrt(c / 4), 9): c for c in (0.3, 0.5, 1.5, 2.5, 3.7)}
    # Whole and rest of a stair add up to a smooth curve, and so make no seam.
    assert [round(seam.t, 9) for seam in found] == sorted([25.0, 75.0, *at])
    jumps = [at[round(seam.t, 9)] for seam in found if seam.kind == "jump"]
    assert jumps == [0.5, 1.5, 2.5]
    assert len(list(pieces(WOBBLE, 110))) == len(found) + 1 + 4


def test_every_word_of_the_vocabulary_knows_its_derivatives() -> None:
    twin = lifted(WOBBLE)
    with mp.workdps(60):
        for t in (3.0, 31.0, 47.0, 57.0, 68.0, 77.0, 88.0, 97.0, 99.0, 103.0):
            found = jet(WOBBLE, t)
            assert found.lr == WOBBLE.lr(t)
            slope = mp.diff(lambda t: twin._formula(t, MPMATH), t, h=mpf(10) ** -20)
            bend = mp.diff(lambda t: twin._formula(t, MPMATH), t, 2, h=mpf(10) ** -15)
            assert abs(found.slope - slope) <= 256 * EPS * found.lr / 100
            assert abs(found.bend - bend) <= 256 * EPS * found.lr / 100**2


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("sqrt", 0.0, (0.0, math.inf, -math.inf)),
        ("log1p", -1.0, (-math.inf, math.inf, -math.inf)),
        ("tanh", 400.0, (1.0, 0.0, 0.0)),
        ("exp", 800.0, (math.inf, math.inf, math.inf)),
    ],
)
def test_at_the_end_of_its_domain_a_function_has_the_derivative_of_its_limit(
    name: str, x: float, want: tuple[float, ...]
) -> None:
    found: Any = getattr(Walk(0.0), name)(Moving(x, 1.0, 0.0))
    assert (found.x, found.d, found.dd) == want


@pytest.mark.parametrize(
    ("x", "y", "want"),
    [
        (0.0, 1.0, (0.0, 1.0, 0.0)),
        (0.0, 2.0, (0.0, 0.0, 2.0)),
        (0.0, 3.0, (0.0, 0.0, 0.0)),
        (0.0, 0.5, (0.0, math.inf, -math.inf)),
        (0.0, 1.5, (0.0, 0.0, math.inf)),
        (4.0, 0.5, (2.0, 0.25, -1 / 32)),
        (4.0, 0.0, (1.0, 0.0, 0.0)),
    ],
)
def test_powers_near_zero(x: float, y: float, want: tuple[float, ...]) -> None:
    found: Any = Walk(0.0).power(Moving(x, 1.0, 0.0), y)
    assert (found.x, found.d, found.dd) == want
    constant: Any = Walk(0.0).power(0.0, Moving(2.0, 1.0, 0.0))
    assert (constant.x, constant.d) == (0.0, 0.0)


@given(st.floats(0, 1e12), st.floats(0, 1e12), st.floats(0, 1e12), st.floats(-1e13, 1e13))
def test_the_first_float_after_an_event_is_found_whatever_the_guess(
    a: float, b: float, c: float, guess: float
) -> None:
    low, event, high = sorted((a, b, c))
    if low < event:
        assert first(lambda t: t >= event, low, high, guess) == event
        assert first(lambda t: t >= event, low, high, math.nan) == event


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: jet(0.1, 1), TypeError, "schedule must be a schedule, got 0.1"),  # type: ignore[arg-type]
        (lambda: seams(0.1, 1), TypeError, "schedule must be a schedule, got 0.1"),  # type: ignore[arg-type]
        (lambda: jet(Constant(1), -1), ValueError, "t must be a finite number >= 0, got -1"),
        (lambda: jet(Constant(1), True), TypeError, "t must be a finite number >= 0, got True"),
        (
            lambda: seams(Constant(1), 0),
            ValueError,
            "seams: steps must be a finite number > 0, got 0",
        ),
        (
            lambda: seams(Constant(1), 9, limit=0),
            ValueError,
            "seams: limit must be a whole number >= 1, got 0",
        ),
    ],
)
def test_what_is_no_schedule_or_no_time_is_refused(
    call: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


def test_a_piece_tells_its_margins() -> None:
    (piece, _) = pieces(Floor(Exponential(1, 0.5, every=10), 0.25), 90)
    assert isinstance(piece, Smooth)
    (margin,) = piece.margins(10.0)
    assert (margin.gap, margin.other) == (0.25, False)
    assert margin.slope == pytest.approx(-math.log(2) / 20, rel=4 * EPS)


def test_what_is_divided_by_an_overflow_stays_0() -> None:
    vanished = 1.0 / Moving(math.inf, math.inf, math.inf)
    assert (vanished.x, vanished.d, vanished.dd) == (0.0, 0.0, 0.0)
