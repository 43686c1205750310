"""Numbers that people have published or computed by hand."""

from __future__ import annotations

import math

import pytest

from lrcurves import (
    Constant,
    Cosine,
    Cyclic,
    Exponential,
    Floor,
    Geometric,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Until,
    Warmup,
)

EPS = 2.0**-52


def close(x: float, eps: float = 8) -> object:
    return pytest.approx(x, rel=eps * EPS, abs=0)


@pytest.mark.parametrize(
    ("first", "last", "rate"),
    [(0, 9, 0.1), (10, 19, 0.05), (20, 29, 0.025), (30, 39, 0.0125)],
)
def test_halving_every_ten_epochs(first: int, last: int, rate: float) -> None:
    s = StepDecay(0.1, gamma=0.5, step_size=10)

    assert {s.lr(t) for t in range(first, last + 1)} == {rate}
    assert set(s.lr_array(range(first, last + 1))) == {rate}


def test_the_first_epochs_of_a_decay_by_a_tenth() -> None:
    s = Exponential(0.1, gamma=0.9)

    published = [0.09, 0.081, 0.0729, 0.0656, 0.0590]
    assert [round(s.lr(t), 4) for t in range(1, 6)] == [round(x, 4) for x in published]


@pytest.mark.parametrize(
    ("gamma", "half_life", "left"),
    [
        (0.99, 69, 0.366),
        (0.995, 138, 0.606),
        (0.999, 693, 0.905),
        (0.95, 13.5, 0.0059),
        (0.9, 6.6, 0.00003),
    ],
)
def test_half_lives_and_what_is_left_after_100_epochs(
    gamma: float, half_life: float, left: float
) -> None:
    s = Exponential(1.0, gamma)

    assert s.lr(math.log(0.5) / math.log(gamma)) == close(0.5)
    assert math.log(0.5) / math.log(gamma) == pytest.approx(half_life, abs=0.51)
    assert s.lr(100) == pytest.approx(left, rel=0.12 if left < 1e-3 else 5e-3)


def test_from_a_tenth_to_a_ten_thousandth_in_100_epochs_gamma_is_9333() -> None:
    """Some tutorials print .9313, with which the rate would end at 0.00008."""
    s = Exponential.from_final_lr(0.1, 0.0001, steps=100)

    assert round(s.lr(1) / s.lr(0), 4) == 0.9333
    assert s.lr(100) == close(0.0001)
    assert Exponential(0.1, gamma=0.9313).lr(100) == pytest.approx(0.00008, rel=0.02)


def test_a_staircase_of_five_epochs_holds_the_exponential() -> None:
    smooth = Exponential(0.1, gamma=0.9)
    held = Staircase(smooth, every=5)

    for t in range(50):
        assert held.lr(t) == smooth.lr(t // 5 * 5)


@pytest.mark.parametrize("half_lives", [1, 2, 10, 1000])
def test_a_half_life_is_exact_after_any_number_of_them(half_lives: int) -> None:
    s = Exponential.from_half_life(0.3, half_life=777)

    assert s.lr(777 * half_lives) == 0.3 * 0.5**half_lives


def test_a_rate_is_the_logarithm_of_the_decay() -> None:
    s = Exponential.from_rate(0.1, rate=0.05)

    assert s.lr(20) == close(0.1 * math.exp(-1))
    assert s.lr(0) == 0.1


@pytest.mark.parametrize(
    ("floor", "steps", "drops"),
    [("direct", 100, 3), ("direct", 90, 3), ("direct", 89, 2), ("offset", 89, 3)],
)
def test_step_decay_reaches_its_final_rate_after_the_drops_that_fit(
    floor: str, steps: int, drops: int
) -> None:
    s = StepDecay.from_final_lr(0.1, 0.0001, steps, step_size=30, floor=floor)

    assert s.gamma == close(0.001 ** (1 / drops), 2)
    assert s.lr(steps) == close(0.0001, drops / 2 + 2)


DROPS = StepDecay(1.0, gamma=0.5, step_size=4)

ROWS: list[tuple[Schedule, float, float]] = [
    (Constant(0.1), 1e12, 0.1),
    (Linear(0.1, 0.02, 100), 25, 0.08),
    (Linear(0.0, 0.1, 100), 25, 0.025),
    (Polynomial(0.1, 100, power=2), 50, 0.025),
    (Polynomial(0.1, 100, power=2), 90, 0.001),
    (Polynomial(0.1, 100, final_lr=0.02, power=0.5), 75, 0.06),
    (Polynomial(0.0, 100, final_lr=1.0, power=2), 10, 0.19),
    (Exponential(0.1, 0.5, every=30), 45, 0.1 * 0.5**1.5),
    (Exponential(1e-6, 2.0), 10, 1024e-6),
    (Geometric(0.1, 0.0001, 90), 30, 0.01),
    (Geometric(0.0001, 0.1, 90), 60, 0.01),
    (DROPS, 3, 1.0),
    (DROPS, 4, 0.5),
    (DROPS, 3.999, 1.0),
    (DROPS.replace(floor="offset"), 2, 1.0),
    (DROPS.replace(floor="offset"), 3, 0.5),
    (DROPS.replace(floor="offset"), 7, 0.25),
    (MultiStep(1.0, 0.5, (10, 20, 20)), 19, 0.5),
    (MultiStep(1.0, 0.5, (10, 20, 20)), 20, 0.125),
    (MultiStep(1.0, 0.5, (0, 5)), 0, 0.5),
    (MultiStep(1.0, 0.5, ()), 99, 1.0),
    (PiecewiseConstant((0.1, 0.01), (30,)), 29.9, 0.1),
    (PiecewiseConstant((0.1, 0.01), (30,)), 30, 0.01),
    (Cosine(0.1, 90), 30, 0.075),
    (Cosine(0.1, 90), 60, 0.025),
    (Cosine(0.1, 90, final_lr=0.02), 45, 0.06),
    (Cosine(0.0, 90, final_lr=0.1), 30, 0.025),
    (Cosine(0.1, 90, power=2), 60, 0.1 / 16),
    (Linear(0, 0.1, 10) >> Cosine(0.1, 90), 55, 0.05),
    (Constant(0.01) + Constant(0.02), 5, 0.03),
    (Linear(0, 1, 10) * Constant(0.3), 5, 0.15),
    (3 * Constant(0.1), 0, 0.3),
    (Shift(Linear(0.1, 0.0, 100), by=10), 5, 0.1),
    (Shift(Linear(0.1, 0.0, 100), by=10), 60, 0.05),
    (Shift(Linear(0.1, 0.0, 100), by=-50), 25, 0.025),
    (Stretch(Linear(0.1, 0.0, 10), by=100), 500, 0.05),
    (Stretch(StepDecay(1.0, 0.5, 2, floor="offset"), by=100), 99, 1.0),
    (Stretch(StepDecay(1.0, 0.5, 2, floor="offset"), by=100), 100, 0.5),
    (Floor(Exponential(0.1, 0.5), 0.02), 2, 0.025),
    (Floor(Exponential(0.1, 0.5), 0.02), 3, 0.02),
    (Floor(Exponential(0.1, 0.5), 0.02, "offset"), 1, 0.06),
    (Floor(Exponential(0.1, 0.5), 0.02, "offset"), 3, 0.03),
    (Until(Linear(0.1, 0.0, 100), 50), 80, 0.05),
    (Staircase(Linear(0.1, 0.0, 100), 25), 49, 0.075),
    (Staircase(Linear(0.1, 0.0, 100), 25, "offset"), 49, 0.05),
    (Warmup(Exponential(0.1, 0.5, every=10), 10), 5, 0.05),
    (Warmup(Exponential(0.1, 0.5, every=10), 10), 20, 0.05),
    (Warmup(Constant(0.1), 10, 0.001, "exponential"), 5, 0.01),
    (Warmup(Constant(0.1), 30, shape="cosine"), 10, 0.025),
]


@pytest.mark.parametrize(("schedule", "t", "rate"), ROWS)
def test_a_rate_computed_by_hand(schedule: Schedule, t: float, rate: float) -> None:
    assert schedule.lr(t) == close(rate)
    assert schedule.lr_array([t])[0] == close(rate)


@pytest.mark.parametrize(
    ("schedule", "end"),
    [
        (Constant(0.1), math.inf),
        (Exponential(0.1, 0.9), math.inf),
        (DROPS, math.inf),
        (MultiStep(0.1, 0.1, (30,)), math.inf),
        (PiecewiseConstant((0.1, 0.2), (30,)), math.inf),
        (Linear(0, 1, 7), 7),
        (Polynomial(1, 7), 7),
        (Geometric(1, 2, 7), 7),
        (Cosine(1, 7), 7),
        (Linear(0, 1, 7) >> Cosine(1, 7), 14),
        (Linear(0, 1, 7) >> Constant(1), math.inf),
        (Linear(0, 1, 7) + Cosine(1, 9) + Constant(1), 9),
        (Linear(0, 1, 7) * Exponential(1, 0.9), math.inf),
        (Constant(1) + Constant(2), math.inf),
        (Linear(0, 1, 7) + 2 * Constant(2), 7),
        (2 * Linear(0, 1, 7), 7),
        (Shift(Linear(0, 1, 7), by=3), 10),
        (Shift(Linear(0, 1, 7), by=-9), 0),
        (Stretch(Linear(0, 1, 7), by=3), 21),
        (Stretch(DROPS, by=3), math.inf),
        (Floor(Linear(1, 0, 7), 0.1), 7),
        (Until(Constant(1), 5), 5),
        (Staircase(Linear(0, 1, 7), every=5), 10),
        (Staircase(Linear(0, 1, 10), every=5), 10),
        (Staircase(Linear(0, 1, 10), every=5, floor="offset"), 10),
        (Stretch(Staircase(Linear(0, 1, 7), every=5, floor="offset"), by=2), 20),
        (Warmup(Cosine(1, 7), 3), 10),
        (Warmup(Cosine(1, 7), 0), 7),
    ],
)
def test_the_declared_length(schedule: Schedule, end: float) -> None:
    assert schedule.end == end


def test_a_milestone_given_twice_multiplies_twice() -> None:
    assert MultiStep(0.1, 0.1, (3, 3)).lr(3) == close(0.001)


def test_parts_of_length_zero_vanish() -> None:
    nothing = Until(Constant(9.0), 0)
    line = Linear(0.1, 0.0, 10)

    assert nothing >> line == Sequential((line,)) == line >> nothing
    assert (line >> nothing >> Cosine(0.1, 5)) == line >> Cosine(0.1, 5)
    assert Sequential((nothing, nothing)).lr(3) == 9.0


def test_two_ways_to_warm_up() -> None:
    decay = Exponential(0.1, gamma=0.5, every=10)

    assert (Linear(0, 0.1, 10) >> decay).lr(10) == 0.1
    assert (Linear(0, 1, 10) * decay).lr(10) == 0.05


def test_a_policy_for_numbers_out_of_range() -> None:
    """Overflow gives inf and underflow 0, silently, in every system."""
    up, down = Exponential(0.1, gamma=10.0), Exponential(0.1, gamma=0.1)

    for rate in (up.lr(1e6), up.lr_array([1e6])[0]):
        assert rate == math.inf
    for rate in (down.lr(1e6), down.lr_array([1e6])[0]):
        assert rate == 0.0
    assert Exponential(0.0, gamma=10.0).lr(1e6) == 0.0


@pytest.mark.parametrize("peak_lr", [0.1, 0.2])
def test_a_cycle_whose_amplitude_overflows_still_starts_at_its_base(peak_lr: float) -> None:
    s = Cyclic(0.1, peak_lr, up=100, mode="exp_range", gamma=10.0)

    assert s.lr(1000) == s.lr(1000.0) == 0.1
    assert s.lr(950) == (0.1 if peak_lr == 0.1 else math.inf)
    assert s.lr_array([1000, 950]).tolist() == [0.1, s.lr(950)]
    assert s.lr_array(range(900, 20_000, 50)).tolist()[:3] == [
        s.lr(t) for t in (900, 950, 1000)
    ]
