"""The numbers of a decay: exact, consistent with one another and with the schedules."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from mpmath import mp, mpf  # type: ignore[import-untyped]

from lrcurves import Exponential, StepDecay, calibrate

EPS = 2.0**-52
mp.prec = 200


class Word(NamedTuple):
    """One way to name a decay: to gamma and back, and both by way of the exact rate."""

    to_gamma: Callable[[float], float]
    of_gamma: Callable[[float], float]
    to_rate: Callable[[Any], Any]
    of_rate: Callable[[Any], Any]


WORDS = {
    "gamma": Word(float, float, lambda g: -mp.log(g), lambda r: mp.exp(-r)),
    "rate": Word(calibrate.gamma_for_rate, calibrate.rate, mpf, mpf),
    "half_life": Word(
        calibrate.gamma_for_half_life,
        calibrate.half_life,
        lambda h: mp.log(2) / h,
        lambda r: mp.log(2) / r,
    ),
    "decay_percent": Word(
        calibrate.gamma_for_decay_percent,
        calibrate.decay_percent,
        lambda p: -mp.log(1 - p / 100),
        lambda r: 100 * (1 - mp.exp(-r)),
    ),
    "steps_to_1pct": Word(
        calibrate.gamma_for_steps_to_1pct,
        calibrate.steps_to_1pct,
        lambda t: mp.log(100) / t,
        lambda r: mp.log(100) / r,
    ),
    "steps_to_reach a quarter": Word(
        lambda t: calibrate.gamma_for_final_lr(4.0, 1.0, t),
        lambda g: calibrate.steps_to_reach(0.25, g),
        lambda t: mp.log(4) / t,
        lambda r: mp.log(4) / r,
    ),
}
every_word = pytest.mark.parametrize("word", WORDS.values(), ids=WORDS)
every_other = pytest.mark.parametrize("other", WORDS.values(), ids=WORDS)

rates = st.floats(math.log(1e-6), math.log(20.0)).map(math.exp)
"""Of decays from a millionth a step to all but 2e-9 a step."""

gammas = rates.map(lambda r: math.exp(-r))
lengths = st.floats(-3.0, 12.0).map(lambda x: 10.0**x)
falls = st.tuples(st.floats(1e-12, 10.0), st.floats(1e-12, 10.0)).filter(lambda x: x[0] > x[1])
floors = st.sampled_from(["direct", "offset"])


def off(value: float, exact: Any) -> float:
    """Return by how many eps of the exact value a number is wrong."""
    return float(abs((mpf(value) - exact) / exact)) / EPS


@every_word
@given(r=rates)
def test_gamma_is_exact_to_two_eps(word: Word, r: float) -> None:
    x = float(word.of_rate(r))

    assert off(word.to_gamma(x), mp.exp(-word.to_rate(mpf(x)))) <= 2


@every_word
@given(gamma=gammas)
def test_what_follows_from_gamma_is_exact_to_two_eps(word: Word, gamma: float) -> None:
    assert off(word.of_gamma(gamma), word.of_rate(-mp.log(mpf(gamma)))) <= 2


@every_word
@every_other
@given(r=rates)
def test_every_word_converts_to_every_other(word: Word, other: Word, r: float) -> None:
    """Gamma is rounded between them: two eps of it are 2 eps / r of a rate r."""
    x = float(word.of_rate(r))
    value = other.of_gamma(word.to_gamma(x))

    assert off(value, other.of_rate(word.to_rate(mpf(x)))) <= 2 / r + 3


@every_word
@given(gamma=gammas)
def test_every_word_leads_back_to_gamma(word: Word, gamma: float) -> None:
    """Two eps of a rate r are 2 r eps of gamma; those of a percentage are 2 (1 - gamma)."""
    back = word.to_gamma(word.of_gamma(gamma))
    share = (1 - gamma) / gamma if word is WORDS["decay_percent"] else -math.log(gamma)

    assert off(back, mpf(gamma)) <= 2 * share + 3


@given(r=rates)
def test_rate_and_half_life_convert_without_gamma(r: float) -> None:
    h = calibrate.half_life_for_rate(r)

    assert off(h, mp.log(2) / mpf(r)) <= 1.5
    assert off(calibrate.rate_for_half_life(h), mpf(r)) <= 3


def test_a_slow_decay_keeps_its_digits_without_gamma() -> None:
    rate = calibrate.rate_for_half_life(1e9)

    assert off(rate, mp.log(2) / mpf(1e9)) <= 1.5
    assert off(calibrate.rate(calibrate.gamma_for_half_life(1e9)), mp.log(2) / mpf(1e9)) > 1e4


@given(fall=falls, steps=lengths)
def test_gamma_for_a_final_rate_is_exact_to_two_eps(
    fall: tuple[float, float], steps: float
) -> None:
    base_lr, final_lr = fall
    exact = (mpf(final_lr) / mpf(base_lr)) ** (1 / mpf(steps))
    assume(1e-300 < exact < 1 - EPS)

    assert off(calibrate.gamma_for_final_lr(base_lr, final_lr, steps), exact) <= 2


@given(base_lr=st.floats(0.1, 1.0), ratio=st.floats(0.8, 0.999), steps=st.floats(0.001, 0.01))
def test_the_quotient_of_two_rates_loses_nothing_in_a_fraction_of_a_step(
    base_lr: float, ratio: float, steps: float
) -> None:
    """Its rounding, half an eps, would be 50 to 500 eps of gamma."""
    final_lr = ratio * base_lr
    exact = (mpf(final_lr) / mpf(base_lr)) ** (1 / mpf(steps))

    assert off(calibrate.gamma_for_final_lr(base_lr, final_lr, steps), exact) <= 2


@given(fall=falls, steps=st.floats(1.0, 1e12))
def test_gamma_for_a_final_rate_is_that_of_the_schedule(
    fall: tuple[float, float], steps: float
) -> None:
    s = Exponential.from_final_lr(*fall, steps)
    assume(1e-300 < s.lr(1) / s.lr(0) < 1 - EPS)

    # lr is within 4 eps of its formula, and so is the quotient of two rates within 8.
    gamma = calibrate.gamma_for_final_lr(*fall, steps)
    assert off(gamma, mpf(s.lr(1)) / mpf(s.lr(0))) <= 10


@given(h=st.floats(0.01, 1e6))
def test_gamma_for_a_half_life_is_that_of_the_schedule(h: float) -> None:
    gamma = calibrate.gamma_for_half_life(h)

    assert off(Exponential.from_half_life(1.0, h).lr(1), mpf(gamma)) <= 6


@given(r=rates)
def test_gamma_for_a_rate_is_that_of_the_schedule(r: float) -> None:
    # from_rate stores 1 / rate and e**-1, both rounded: either changes the power by up to half
    # an eps of r.
    gamma = calibrate.gamma_for_rate(r)
    assert off(Exponential.from_rate(1.0, r).lr(1), mpf(gamma)) <= 6 + r


@pytest.mark.parametrize("h", [0.5, 1.0, 0.25, 0.125])
def test_half_lives_that_are_powers_of_two_are_exact(h: float) -> None:
    gamma = calibrate.gamma_for_half_life(h)

    assert gamma == 0.5 ** (1 / h)
    assert calibrate.half_life(gamma) == h


@given(ratio=st.floats(1e-9, 1.0), gamma=st.floats(0.01, 0.95))
@example(ratio=1 - 2**-53, gamma=0.25)  # in so few steps that a float of 1 more of them is 1
def test_steps_to_reach_a_ratio_are_those_that_multiplication_takes(
    ratio: float, gamma: float
) -> None:
    steps = Fraction(calibrate.steps_to_reach(ratio, gamma))
    n, left = 0, Fraction(1)
    while left > Fraction(ratio):
        n, left = n + 1, left * Fraction(gamma)

    within = 2 * Fraction(EPS)
    assert steps * (1 - within) <= n < steps * (1 + within) + 1


def test_a_ratio_of_one_is_reached_at_once() -> None:
    assert str(calibrate.steps_to_reach(1, 0.5)) == "0.0"


@given(
    base_lr=st.floats(1e-9, 1e3), gamma=gammas, steps=st.floats(0.001, 1e6, exclude_min=True)
)
def test_the_final_rate_is_that_of_the_schedule(
    base_lr: float, gamma: float, steps: float
) -> None:
    assert calibrate.final_lr(base_lr, gamma, steps) == Exponential(base_lr, gamma).lr(steps)


@given(fall=falls)
def test_halvings_are_exact_to_two_eps(fall: tuple[float, float]) -> None:
    base_lr, final_lr = fall

    assert off(calibrate.halvings(*fall), mp.log(mpf(base_lr) / mpf(final_lr), 2)) <= 2


@given(fall=falls, half_life=st.floats(1.0, 1e6))
def test_so_many_half_lives_make_so_many_halvings(
    fall: tuple[float, float], half_life: float
) -> None:
    base_lr, final_lr = fall
    count = calibrate.halvings(base_lr, final_lr)
    rate = Exponential.from_half_life(base_lr, half_life).lr(count * half_life)

    # The time has three roundings of half an eps to two of the count; n ln 2 of them show.
    assert off(rate, mpf(final_lr)) <= 4 + 3 * count * math.log(2)


# drops ------------------------------------------------------------------------------------


def drops_seen(schedule: StepDecay, t: float) -> int:
    """Count the drops of a step decay from 1 by halves."""
    return round(-math.log2(schedule.lr(t)))


@given(steps=st.integers(0, 500), step_size=st.integers(1, 60), floor=floors)
def test_drops_are_those_that_a_step_decay_has_made(
    steps: int, step_size: int, floor: str
) -> None:
    s = StepDecay(1.0, 0.5, step_size, floor)

    assert calibrate.drops(steps, step_size, floor) == drops_seen(s, steps)


@given(steps=st.integers(0, 800), quarters=st.integers(1, 100), floor=floors)
def test_drops_are_those_of_a_step_decay_in_fractions_of_a_step(
    steps: int, quarters: int, floor: str
) -> None:
    s = StepDecay(1.0, 0.5, quarters / 4, floor)
    assume(steps / quarters < 1000)

    assert calibrate.drops(steps / 4, quarters / 4, floor) == drops_seen(s, steps / 4)


@given(steps=st.floats(0.0, 1e3), step_size=st.floats(1.0, 1e3))
def test_drops_are_those_of_a_step_decay_at_any_time(steps: float, step_size: float) -> None:
    s = StepDecay(1.0, 0.5, step_size)

    assert calibrate.drops(steps, step_size) == drops_seen(s, steps)


def test_drops_are_counted_without_rounding() -> None:
    assert calibrate.drops(1e290, 1e-3) == Fraction(1e290) // Fraction(1e-3)
    assert calibrate.drops(math.nextafter(1.0, 0.0), 2, floor="offset") == 0
    assert type(calibrate.drops(np.float32(90), np.int64(30))) is int


@given(fall=falls, steps=st.integers(1, 10_000), step_size=st.integers(1, 10_000), floor=floors)
def test_gamma_for_a_step_decay_is_that_of_the_schedule(
    fall: tuple[float, float], steps: int, step_size: int, floor: str
) -> None:
    count = calibrate.drops(steps, step_size, floor)
    assume(count)
    gamma = StepDecay.from_final_lr(*fall, steps, step_size, floor).gamma
    assume(gamma < 1)

    assert calibrate.gamma_for_step_decay(*fall, steps, step_size, floor) == gamma
    assert calibrate.gamma_for_drops(*fall, count) == gamma


@given(fall=falls, count=st.integers(1, 1000))
def test_gamma_for_drops_is_exact_to_two_eps(fall: tuple[float, float], count: int) -> None:
    base_lr, final_lr = fall
    exact = (mpf(final_lr) / mpf(base_lr)) ** (1 / mpf(count))
    assume(exact < 1 - EPS)

    assert off(calibrate.gamma_for_drops(base_lr, final_lr, count), exact) <= 2


# rules of thumb ---------------------------------------------------------------------------


@pytest.mark.parametrize(("half_life", "left"), [(25, 16.0), (35, 7.25)])
def test_half_lives_of_25_and_35_epochs_leave_a_16th_and_a_7th_of_100(
    half_life: float, left: float
) -> None:
    s = Exponential.from_half_life(1.0, half_life)

    assert round(1 / s.lr(100), 2) == left
    assert calibrate.recommended_half_life(100, s.lr(100)) == pytest.approx(half_life, rel=EPS)


@pytest.mark.parametrize(
    ("ratio", "half_life"), [(1 / 50, 17.72), (1 / 100, 15.05), (1 / 200, 13.08)]
)
def test_to_leave_a_50th_to_a_200th_takes_18_to_13_epochs_of_100(
    ratio: float, half_life: float
) -> None:
    assert round(calibrate.recommended_half_life(100, ratio), 2) == half_life
    s = Exponential.from_half_life(1.0, calibrate.recommended_half_life(100, ratio))
    assert off(s.lr(100), mpf(ratio)) <= 4 + 2 * -math.log(ratio)


def test_a_hundredth_is_recommended_unless_another_ratio_is_given() -> None:
    assert calibrate.recommended_half_life(90) == calibrate.recommended_half_life(90, 0.01)


@given(steps=lengths, ratio=st.floats(1e-12, 0.999))
def test_the_recommended_half_life_is_exact_to_two_eps(steps: float, ratio: float) -> None:
    exact = -mpf(steps) / mp.log(mpf(ratio), 2)

    assert off(calibrate.recommended_half_life(steps, ratio), exact) <= 2


# batch sizes and optimizers ---------------------------------------------------------------

sizes = st.integers(1, 1 << 20)


@given(lr=st.floats(1e-9, 10.0), batch=sizes, reference=sizes)
def test_the_linear_rule_keeps_the_movement_in_an_epoch(
    lr: float, batch: int, reference: int
) -> None:
    scaled = calibrate.scale_lr(lr, batch, reference)

    assert off(scaled / batch, mpf(lr) / reference) <= 2


@given(lr=st.floats(1e-9, 10.0), batch=sizes, reference=sizes)
def test_the_square_root_keeps_the_variance_of_an_update(
    lr: float, batch: int, reference: int
) -> None:
    scaled = calibrate.scale_lr(lr, batch, reference, rule="sqrt")

    before = calibrate.update_variance(lr, 3.0, reference)
    assert off(calibrate.update_variance(scaled, 3.0, batch), mpf(before)) <= 6


def test_the_rate_for_the_same_batch_size_is_the_same() -> None:
    assert calibrate.scale_lr(0.1, 96, 96) == 0.1
    assert calibrate.scale_lr(0.1, 96, 96, "sqrt") == 0.1


def test_the_variance_of_an_update_is_that_over_all_batches() -> None:
    gradients, batch, lr = (1, 2, 6, -3), 3, Fraction(1, 8)
    mean = Fraction(sum(gradients), len(gradients))
    of_one = sum((g - mean) ** 2 for g in gradients) / len(gradients)
    batches = list(itertools.product(gradients, repeat=batch))
    updates = [lr * Fraction(sum(drawn), batch) for drawn in batches]
    center = sum(updates) / len(updates)
    variance = sum((update - center) ** 2 for update in updates) / len(updates)

    assert calibrate.update_variance(float(lr), float(of_one), batch) == float(variance)


@given(
    t=st.integers(0, 10**7), beta1=st.floats(0, 0.9999), beta2=st.floats(0, 1, exclude_max=True)
)
def test_the_effective_rate_of_adam_is_exact(t: int, beta1: float, beta2: float) -> None:
    """Each share has a logarithm, a product and an expm1: 2.5 eps; then come three more."""
    exact = mp.sqrt(1 - mpf(beta2) ** (t + 1)) / (1 - mpf(beta1) ** (t + 1))

    assert off(calibrate.effective_adam_lr(1.0, t, beta1, beta2), exact) <= 5.25


def test_the_effective_rate_of_adam_is_what_torch_multiplies() -> None:
    import torch

    lr, beta1, beta2, eps = 0.01, 0.8, 0.99, 1e-3
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    adam = torch.optim.Adam([weight], lr=lr, betas=(beta1, beta2), eps=eps)
    m = v = 0.0
    for t in range(50):
        gradient = math.sin(t + 1.0)
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        before = weight.item()
        adam.step()
        m = beta1 * m + (1 - beta1) * gradient
        v = beta2 * v + (1 - beta2) * gradient**2
        small = eps * math.sqrt(1 - beta2 ** (t + 1))
        rate = calibrate.effective_adam_lr(lr, t, beta1, beta2)

        # The difference of two weights below 1 is known to some of their last digits.
        assert abs((before - weight.item()) - rate * m / (math.sqrt(v) + small)) <= 4 * EPS


def test_under_a_constant_gradient_each_update_of_adam_has_the_full_size() -> None:
    import torch

    gradient, lr = 0.3, 1.0
    weight = torch.nn.Parameter(torch.zeros(1, dtype=torch.float64))
    adam = torch.optim.Adam([weight], lr=lr, eps=0.0)
    for t in range(1001):
        weight.data.zero_()  # the size of the update is then known to its last digits
        weight.grad = torch.tensor([gradient], dtype=torch.float64)
        adam.step()
        # An average gains two roundings an update and keeps a share of them, 0.9 or 0.999; the
        # root halves those of v, and a few come after.
        assert abs(-weight.item() - lr) <= (20 + 1000 + 8) * EPS
        if t in (0, 10, 100):
            assert calibrate.effective_adam_lr(lr, t) < lr / 3


def test_without_averages_adam_has_the_rate_that_it_is_given() -> None:
    assert calibrate.effective_adam_lr(0.1, 0, beta1=0, beta2=0) == 0.1


# errors -----------------------------------------------------------------------------------

LASTS = "1 stays as it is, and more than 1 grows"
NEVER = "an exponential never reaches 0; Linear and Cosine do"
OTHERS = "Geometric(base_lr, final_lr, steps) grows too, Constant(base_lr) stays"
BELOW_ONE = "a finite number > 0 and < 1"
POSITIVE = "a finite number > 0"

ERRORS: list[tuple[Callable[..., Any], tuple[Any, ...], str]] = [
    (calibrate.gamma_for_final_lr, (0, 0.1, 10), f"base_lr must be {POSITIVE}, got 0"),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0, 10),
        f"final_lr must be {POSITIVE}, got 0: {NEVER}",
    ),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0.2, 10),
        f"final_lr must be < base_lr for a decay, got 0.2 and 0.1: {OTHERS}",
    ),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0.1, 10),
        f"final_lr must be < base_lr for a decay, got 0.1 and 0.1: {OTHERS}",
    ),
    (calibrate.gamma_for_final_lr, (0.1, 0.01, 0), f"steps must be {POSITIVE}, got 0"),
    (calibrate.gamma_for_final_lr, (0.1, 0.01, -5), f"steps must be {POSITIVE}, got -5"),
    (calibrate.gamma_for_final_lr, (0.1, 0.01, math.nan), f"steps must be {POSITIVE}, got nan"),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0.01, 1e300),
        f"steps must be {POSITIVE}, got 1e+300: times lie between 1e-290 and 1e+290",
    ),
    (
        calibrate.gamma_for_final_lr,
        (1e200, 1e-200, 10),
        "final_lr / base_lr must be >= 1e-300, got 1e-200 / 1e+200",
    ),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0.01, 1e17),
        "steps must leave a gamma between 1e-300 and 1, got 1e+17, which makes it 1.0:"
        " Exponential.from_final_lr(base_lr, final_lr, steps) needs none",
    ),
    (
        calibrate.gamma_for_final_lr,
        (0.1, 0.01, 1e-5),
        "steps must leave a gamma between 1e-300 and 1, got 1e-05, which makes it 0.0:"
        " Exponential.from_final_lr(base_lr, final_lr, steps) needs none",
    ),
    (calibrate.gamma_for_half_life, (0,), f"half_life must be {POSITIVE}, got 0"),
    (calibrate.gamma_for_half_life, (math.inf,), f"half_life must be {POSITIVE}, got inf"),
    (
        calibrate.gamma_for_half_life,
        (10**17,),
        "half_life must leave a gamma between 1e-300 and 1, got 100000000000000000, which"
        " makes it 1.0: Exponential.from_half_life(base_lr, half_life) needs none",
    ),
    (calibrate.gamma_for_rate, (0,), f"rate must be {POSITIVE}, got 0"),
    (
        calibrate.gamma_for_rate,
        (1e-20,),
        "rate must leave a gamma between 1e-300 and 1, got 1e-20, which makes it 1.0:"
        " Exponential.from_rate(base_lr, rate) needs none",
    ),
    (
        calibrate.gamma_for_rate,
        (1e4,),
        "rate must leave a gamma between 1e-300 and 1, got 10000.0, which makes it 0.0:"
        " Exponential.from_rate(base_lr, rate) needs none",
    ),
    *[
        (
            calibrate.gamma_for_decay_percent,
            (percent,),
            f"percent must be a finite number > 0 and < 100, got {percent}: what loses"
            " everything in one step has no gamma",
        )
        for percent in (0, 100, -1, 250)
    ],
    (
        calibrate.gamma_for_decay_percent,
        (1e-20,),
        "percent must leave a gamma between 1e-300 and 1, got 1e-20, which makes it 1.0:"
        " Exponential.from_rate(base_lr, percent / 100) is the same for so small a loss",
    ),
    (calibrate.gamma_for_steps_to_1pct, (0,), f"steps must be {POSITIVE}, got 0"),
    (
        calibrate.gamma_for_steps_to_1pct,
        (1e18,),
        "steps must leave a gamma between 1e-300 and 1, got 1e+18, which makes it 1.0:"
        " Exponential(base_lr, gamma=0.01, every=steps) takes 0.01 as it is",
    ),
    (
        calibrate.gamma_for_drops,
        (0.1, 0.01, 0),
        "drops must be a whole number >= 1 and <= 9.0072e+15, got 0",
    ),
    (
        calibrate.gamma_for_drops,
        (0.1, 0.01, 2.5),
        "drops must be a whole number >= 1 and <= 9.0072e+15, got 2.5",
    ),
    (
        calibrate.gamma_for_drops,
        (0.1, 0.0999999, 1 << 53),
        "drops must leave a gamma between 1e-300 and 1, got 9007199254740992, which makes it"
        " 1.0: take fewer drops",
    ),
    (
        calibrate.gamma_for_drops,
        (0.1, 0.2, 3),
        f"final_lr must be < base_lr for a decay, got 0.2 and 0.1: {OTHERS}",
    ),
    (
        calibrate.gamma_for_step_decay,
        (0.1, 0.01, 20, 30),
        "steps must be long enough for a drop, got steps=20 with step_size=30 and"
        " floor='direct': take a step_size <= 20",
    ),
    (
        calibrate.gamma_for_step_decay,
        (0.1, 0.01, 20, 30, "offset"),
        "steps must be long enough for a drop, got steps=20 with step_size=30 and"
        " floor='offset': take a step_size <= 21",
    ),
    (calibrate.gamma_for_step_decay, (0.1, 0.01, 0, 30), f"steps must be {POSITIVE}, got 0"),
    (calibrate.gamma_for_step_decay, (0.1, 0.01, 9, 0), f"step_size must be {POSITIVE}, got 0"),
    (
        calibrate.gamma_for_step_decay,
        (0.1, 0.2, 90, 30),
        f"final_lr must be < base_lr for a decay, got 0.2 and 0.1: {OTHERS}",
    ),
    *[
        (function, args, f"gamma must be {BELOW_ONE}, got {args[-1]}: {LASTS}")
        for gamma in (1, 1.5, 0, -0.5, math.inf, math.nan)
        for function, args in (
            (calibrate.rate, (gamma,)),
            (calibrate.half_life, (gamma,)),
            (calibrate.decay_percent, (gamma,)),
            (calibrate.steps_to_1pct, (gamma,)),
            (calibrate.steps_to_reach, (0.5, gamma)),
        )
    ],
    (calibrate.final_lr, (0.1, 1, 10), f"gamma must be {BELOW_ONE}, got 1: {LASTS}"),
    (calibrate.final_lr, (0.1, 0.9, 0), f"steps must be {POSITIVE}, got 0"),
    (calibrate.final_lr, (0, 0.9, 9), f"base_lr must be {POSITIVE}, got 0"),
    *[
        (
            calibrate.steps_to_reach,
            (ratio, 0.9),
            f"ratio must be a finite number > 0 and <= 1, got {ratio}",
        )
        for ratio in (0, 1.5, -1)
    ],
    (calibrate.rate_for_half_life, (0,), f"half_life must be {POSITIVE}, got 0"),
    (calibrate.half_life_for_rate, (0,), f"rate must be {POSITIVE}, got 0"),
    (
        calibrate.halvings,
        (0.1, 0.2),
        f"final_lr must be < base_lr for a decay, got 0.2 and 0.1: {OTHERS}",
    ),
    (calibrate.drops, (-1, 30), "steps must be a finite number >= 0, got -1"),
    (calibrate.drops, (90, 0), f"step_size must be {POSITIVE}, got 0"),
    (calibrate.drops, (90, 30, "up"), "floor must be 'direct' or 'offset', got 'up'"),
    (calibrate.recommended_half_life, (0,), f"steps must be {POSITIVE}, got 0"),
    *[
        (
            calibrate.recommended_half_life,
            (100, ratio),
            f"final_ratio must be {BELOW_ONE}, got {ratio}: it is the share of the rate that"
            " is left",
        )
        for ratio in (0, 1, 50)
    ],
    (calibrate.scale_lr, (-0.1, 32, 32), "base_lr must be a finite number >= 0, got -0.1"),
    *[
        (
            calibrate.scale_lr,
            args,
            f"{name} must be a finite number >= 1 and <= 9.0072e+15, got 0",
        )
        for name, args in (("batch_size", (0.1, 0, 32)), ("reference", (0.1, 32, 0)))
    ],
    (
        calibrate.scale_lr,
        (0.1, 64, 32, "cubic"),
        "rule must be 'linear' or 'sqrt', got 'cubic'",
    ),
    (calibrate.update_variance, (-1, 1, 1), "lr must be a finite number >= 0, got -1"),
    (
        calibrate.update_variance,
        (1, -1, 1),
        "gradient_variance must be a finite number >= 0, got -1",
    ),
    (
        calibrate.update_variance,
        (1, 1, 0),
        "batch_size must be a finite number >= 1 and <= 9.0072e+15, got 0",
    ),
    (calibrate.effective_adam_lr, (-1, 0), "lr must be a finite number >= 0, got -1"),
    (calibrate.effective_adam_lr, (0.1, -1), "t must be a whole number >= 0, got -1"),
    (calibrate.effective_adam_lr, (0.1, 0.5), "t must be a whole number >= 0, got 0.5"),
    *[
        (
            calibrate.effective_adam_lr,
            (0.1, 0, *betas),
            f"{name} must be a finite number >= 0 and < 1, got {wrong}",
        )
        for wrong in (1, -0.1, math.nan)
        for name, betas in (("beta1", (wrong,)), ("beta2", (0.9, wrong)))
    ],
]


@pytest.mark.parametrize(
    ("function", "args", "message"),
    ERRORS,
    ids=[f"{f.__name__}{args}" for f, args, _ in ERRORS],
)
def test_what_is_impossible_is_refused_with_a_remedy(
    function: Callable[..., Any], args: tuple[Any, ...], message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        function(*args)

    assert str(caught.value) == f"{function.__name__}: {message}"


PROPER: dict[Callable[..., Any], tuple[Any, ...]] = {
    calibrate.gamma_for_final_lr: (0.1, 0.01, 10),
    calibrate.gamma_for_half_life: (10,),
    calibrate.gamma_for_rate: (0.1,),
    calibrate.gamma_for_decay_percent: (5,),
    calibrate.gamma_for_steps_to_1pct: (10,),
    calibrate.gamma_for_drops: (0.1, 0.01, 3),
    calibrate.gamma_for_step_decay: (0.1, 0.01, 90, 30, "direct"),
    calibrate.rate: (0.9,),
    calibrate.half_life: (0.9,),
    calibrate.decay_percent: (0.9,),
    calibrate.steps_to_1pct: (0.9,),
    calibrate.steps_to_reach: (0.5, 0.9),
    calibrate.rate_for_half_life: (10,),
    calibrate.half_life_for_rate: (0.1,),
    calibrate.final_lr: (0.1, 0.9, 10),
    calibrate.halvings: (0.1, 0.01),
    calibrate.drops: (90, 30, "direct"),
    calibrate.recommended_half_life: (100, 0.01),
    calibrate.scale_lr: (0.1, 64, 32, "linear"),
    calibrate.update_variance: (0.1, 1, 32),
    calibrate.effective_adam_lr: (0.1, 0, 0.9, 0.999),
}


def test_every_public_function_is_in_the_table_of_proper_arguments() -> None:
    public = {
        name
        for name, value in vars(calibrate).items()
        if getattr(value, "__module__", None) == calibrate.__name__ and not name.startswith("_")
    }

    assert public == {function.__name__ for function in PROPER}


@pytest.mark.parametrize("function", PROPER, ids=lambda f: f.__name__)
def test_what_is_no_number_is_refused_wherever_it_stands(function: Callable[..., Any]) -> None:
    args = PROPER[function]
    function(*args)
    for i, wrong in itertools.product(range(len(args)), (True, None, 1j, [0.5], b"1")):
        with pytest.raises(TypeError, match=rf"^{function.__name__}: \w+ must be .*, got "):
            function(*args[:i], wrong, *args[i + 1 :])


@pytest.mark.parametrize("function", PROPER, ids=lambda f: f.__name__)
def test_numpy_numbers_are_numbers_and_give_python_ones(function: Callable[..., Any]) -> None:
    args = PROPER[function]
    numpy = [x if isinstance(x, str) else np.asarray(x)[()] for x in args]
    value = function(*numpy)

    assert value == function(*args)
    assert type(value) in (int, float)
