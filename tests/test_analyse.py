"""Reports, findings, comparisons and explanations of schedules."""

from __future__ import annotations

import json
import math
import operator
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from mpmath import mp, mpf  # type: ignore[import-untyped]
from strategies import schedules, times

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Geometric,
    Interpolated,
    Linear,
    Maximum,
    MultiStep,
    Noam,
    OneCycle,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    PolynomialRestarts,
    PowerLaw,
    Product,
    RangeTest,
    Repeat,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Sum,
    Tanh,
    Until,
    Warmup,
    WarmupCosine,
    WarmupExponential,
    _runs,
)
from lrcurves._brief import brief
from lrcurves._decays import decay
from lrcurves._explain import FORMULAS
from lrcurves._jets import EPS
from lrcurves.analyse import (
    Comparison,
    Explanation,
    Finding,
    Report,
    analyse,
    check,
    compare,
    explain,
)
from lrcurves.schedule import (
    KINDS,
    Length,
    Num,
    Ops,
    Rate,
    Recipe,
    Schedule,
    Steps,
    define,
    horizon,
)

HOUSE = "lrcurves."
LONG = 1_000_000
"""Steps of a run that is integrated, once ``DENSE`` is made smaller."""

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)
lengths = st.integers(1, 400)


def codes(s: Schedule, steps: int, **more: float) -> list[str]:
    return [finding.code for finding in check(s, steps, **more)]


def own_length(s: Schedule) -> int:
    """Return the run for which a schedule seems to be made."""
    return max(math.ceil(s.end if 0 < s.end < math.inf else horizon(s)), 1)


# The figures


@given(schedules(wild=False), lengths, st.floats(0, 1))
def test_a_report_has_the_figures_of_a_table(s: Schedule, steps: int, share: float) -> None:
    rates = [s.lr(t) for t in range(steps + 1)]
    report = analyse(s, steps)
    peak = max(rates)
    assert report.initial_lr == rates[0]
    assert report.final_lr == rates[-1]
    assert report.last_lr == rates[-2]
    assert report.peak_lr == pytest.approx(peak, rel=16 * EPS)
    assert report.peak_lr == s.lr_array(range(steps + 1)).max()
    total = math.fsum(rates[:-1])
    assert report.total_lr == pytest.approx(total, rel=64 * EPS)
    assert report.mean_lr == report.total_lr / steps
    assert report.lr_at == tuple((steps * i / 4, s.lr(steps * i / 4)) for i in range(5))
    table = s.lr_array(range(steps + 1))
    assert report.peak_at == int(table.argmax())
    level = share * peak
    low = [t for t in range(steps + 1) if table[t] < level]
    assert report.first_below(level) == (low[0] if low else None)
    low = [t for t in range(report.peak_at, steps + 1) if table[t] <= report.peak_lr / 100]
    assert report.steps_to_1pct == (low[0] if low and peak > 0 else None)


@pytest.mark.parametrize("steps", [1, 10, 10**6, 10**7, 10**9, 10**12, 2**53])
def test_the_sum_of_a_line_is_that_of_an_arithmetic_series(steps: int) -> None:
    up, down = Linear(0.0, 1.0, steps), Linear(1.0, 0.0, steps)
    assert analyse(up, steps).total_lr == pytest.approx((steps - 1) / 2, rel=16 * EPS)
    assert analyse(down, steps).total_lr == pytest.approx((steps + 1) / 2, rel=16 * EPS)
    assert analyse(Constant(0.1), steps).total_lr == pytest.approx(0.1 * steps, rel=16 * EPS)


@pytest.mark.parametrize("steps", [1, 10, 10**6, 10**7, 10**9, 10**12, 2**53])
@pytest.mark.parametrize("half_lives", [0.25, 1.0, 16.0, 1000.0])
def test_the_sum_of_an_exponential_is_that_of_a_geometric_series(
    steps: int, half_lives: float
) -> None:
    half_life = steps / half_lives
    with mp.workdps(50):
        factor = mpf(2) ** (-1 / mpf(half_life))
        want = float((1 - factor**steps) / (1 - factor))
    report = analyse(Exponential.from_half_life(1.0, half_life), steps)
    assert report.total_lr == pytest.approx(want, rel=32 * EPS)
    assert report.half_life == half_life
    # Half of it is left after a half-life, and less one step later.
    below = report.first_below(0.5)
    assert below == (math.floor(half_life) + 1 if half_life < steps else None)


def test_the_sum_of_a_root_at_its_end_is_that_of_the_zeta_function() -> None:
    steps = 10**9
    with mp.workdps(30):  # the sum of the roots of 1 to n, but for n**-2.5 / 1920
        n = mpf(steps)
        whole = 2 * n**1.5 / 3 + mp.sqrt(n) / 2 + mp.zeta(-0.5) + 1 / mp.sqrt(n) / 24
        want = float(whole / mp.sqrt(n))
    root = Polynomial(1.0, steps, power=0.5)
    assert analyse(root, steps).total_lr == pytest.approx(want, rel=16 * EPS)
    want = steps - want + 1.0  # of 1 - sqrt(t / n) for t = 0 to n - 1
    tail = OneMinusSqrt(1.0, steps)
    assert analyse(tail, steps).total_lr == pytest.approx(want, rel=64 * EPS)


def test_the_sum_of_a_staircase_of_many_steps() -> None:
    report = analyse(StepDecay(1.0, 0.99, step_size=10**6), 10**9 - 1)
    want = 10**6 * (1 - 0.99**1000) / 0.01 - 0.99**999
    assert report.total_lr == pytest.approx(want, rel=1e-12)
    assert report.half_life == pytest.approx(
        10**6 * math.log(0.5) / math.log(0.99), rel=4 * EPS
    )
    assert report.first_below(0.5) == 69 * 10**6
    assert report.peak_at == 0


@every_example
def test_a_long_run_is_summed_and_searched_as_a_short_one_is(
    s: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    if horizon(s) < LONG:
        s = s._stretched(LONG / horizon(s))
    dense = _runs.Run(s, LONG)
    monkeypatch.setattr(_runs, "DENSE", 1000)
    monkeypatch.setattr(_runs, "SHORT", 512)
    smooth = _runs.Run(s, LONG)
    assert any(span.piece for span in smooth._spans)
    assert smooth.total() == pytest.approx(dense.total(), rel=64 * EPS, abs=0.0)
    at, peak = dense.peak()
    found, rate = smooth.peak()
    assert rate >= peak * (1.0 - 4 * EPS)
    if s.lr(at - 1.0 if at else 0.0) < peak - 4 * EPS * peak:  # it is no rough plateau
        assert found == at
    for share in (math.sqrt(0.998), math.exp(-0.5), math.pi / 9, math.pi / 300):
        level = share * peak
        assert smooth.first(operator.lt, level) == dense.first(operator.lt, level)
        assert smooth.first(operator.lt, level, at) == dense.first(operator.lt, level, at)
        assert smooth.first(operator.ge, level) == dense.first(operator.ge, level)
    assert smooth.settled() == dense.settled()


def test_a_dip_and_a_peak_within_a_piece_are_found() -> None:
    steps = 10**9
    half_life = steps / 20
    dip = Exponential.from_half_life(1.0, half_life) + Exponential(1e-4, 2.0, every=half_life)
    report = analyse(dip, steps)
    low = 2 * math.sqrt(1e-4)
    bottom = half_life * math.log2(1e4) / 2  # where both are alike
    wide = math.acosh(1.001) / math.log(2) * half_life
    assert report.first_below(low * (1 - 1e-12)) is None
    below = report.first_below(low * 1.001)
    assert below is not None
    assert abs(below - (bottom - wide)) < 1e-6 * steps
    assert dip.lr(below) < low * 1.001 <= dip.lr(below - 1)
    hill = Product((Linear(0.0, 1.0, steps), Exponential.from_half_life(1.0, half_life)))
    top = half_life / math.log(2)
    report = analyse(hill, steps)
    # The top is level to the last digit in a neighbourhood of this width.
    assert abs(report.peak_at - top) < 4 * math.sqrt(EPS) * top
    assert report.peak_lr == pytest.approx(top / steps * math.exp(-1), rel=8 * EPS)


@pytest.mark.parametrize("width", [1.0, 1e3, 1e6])
def test_a_steep_middle_of_a_long_run_is_looked_at_ever_more_closely(width: float) -> None:
    @define
    class Slide(Schedule):
        """A rate that falls from 1 to 0 in the middle of a smooth curve."""

        centre: Length
        width: Steps

        def _formula(self, t: Num, xp: Ops) -> Num:
            return 1.0 / (1.0 + xp.exp((t - self.centre) / self.width))

    try:
        centre = 3 * 10**8
        report = analyse(Slide(centre, width), 10**9)
        # Rates at equal distances from the centre add up to 1.
        assert report.total_lr == pytest.approx(centre + 0.5, rel=64 * EPS)
        assert report.first_below(0.5) == centre + 1
    finally:
        del KINDS["Slide"]


def test_an_overflow_has_no_finite_sum() -> None:
    for steps in (10_000, 10**8):
        report = analyse(Exponential(0.1, 1.5), steps)
        assert report.total_lr == report.mean_lr == report.peak_lr == math.inf
        assert report.peak_at == 1751
        assert report.steps_to_1pct is None
        assert report.halvings is None
        data = report.to_dict()
        assert data["total_lr"] is None
        json.dumps(data, allow_nan=False)


def test_a_sum_may_overflow_where_no_rate_does() -> None:
    for steps in (10, _runs.BLOCK + 10, 10**8):
        for huge in (Constant(1.7e308), Linear(1.7e308, 1e308, steps)):
            report = analyse(huge, steps)
            assert report.total_lr == math.inf
            assert report.peak_lr == 1.7e308


def test_a_run_of_very_many_pieces_takes_seconds_or_is_refused() -> None:
    short = Cyclic(0.1, 1.0, up=16, down=48)
    report = analyse(short, 2**23)
    assert report.total_lr == pytest.approx(2**23 * 0.55, rel=64 * EPS)
    began = time.perf_counter()
    with pytest.raises(ValueError, match="steps must be <= 4294967296") as raised:
        analyse(short, 2**33)
    assert time.perf_counter() - began < 5.0
    assert str(raised.value) == (
        "steps must be <= 4294967296 for a schedule of more than 1000 pieces, got 8589934592:"
        " look at a shorter run of it"
    )


def test_a_report_tells_how_far_the_rate_falls() -> None:
    report = analyse(Linear(0.8, 0.1, 100), 100)
    assert report.total_decay_factor == 0.125
    assert report.halvings == pytest.approx(3.0, rel=4 * EPS)
    assert analyse(Linear(0.1, 0.0, 100), 100).total_decay_factor == 0.0
    assert analyse(Linear(0.1, 0.0, 100), 100).halvings is None
    warm = analyse(WarmupCosine(0.1, 1000, 100, final_lr=0.01), 1000)
    assert (warm.total_decay_factor, warm.halvings) == (None, None)
    assert analyse(Constant(0.0), 10).steps_to_1pct is None
    # However small the numbers are, their ratio is not lost.
    tiny = analyse(Geometric(1e-300, 1e-308, 10), 10)
    assert tiny.halvings == pytest.approx(8 * math.log2(10), rel=1e-12)


def test_the_hundredth_of_the_peak_is_looked_for_after_the_peak() -> None:
    report = analyse(WarmupCosine(0.1, steps=1000, warmup=100), 1000)
    assert report.peak_at == 100
    assert report.steps_to_1pct == 943
    assert report.first_below(0.001) == 0


def test_a_hundredth_of_the_peak_is_reached_but_for_rounding() -> None:
    for s in (StepDecay(0.1, 0.1, 30), MultiStep(0.1, 0.1, (30, 60))):
        assert s.lr(60) > 0.1 / 100
        assert analyse(s, 100).steps_to_1pct == 60


@given(schedules(wild=False), lengths, st.floats(0, 1))
def test_a_rate_is_below_itself_nowhere_before_lr_says_so(
    s: Schedule, steps: int, share: float
) -> None:
    rates = [s.lr(t) for t in range(steps + 1)]
    level = rates[round(share * steps)]
    want = next((t for t, rate in enumerate(rates) if rate < level), None)
    assert analyse(s, steps).first_below(level) == want


def test_where_a_table_differs_by_its_rounding_lr_decides() -> None:
    stairs = [Staircase(Exponential(0.1, gamma / 100), 7) for gamma in range(1, 100)]
    below_itself = [s for s in stairs if (s.lr_array(range(101)) < s.lr(100)).any()]
    assert below_itself
    for s in below_itself:
        assert analyse(s, 100).first_below(s.lr(100)) is None
    # Of some steps with the same rate in a table only the last ones may be below a level.
    slow = Linear(0.1, 0.1 * (1 - 8 * EPS), 1000)
    level = slow.lr(400)
    below = analyse(slow, 1000).first_below(level)
    assert below == next(t for t in range(1001) if slow.lr(t) < level)


@pytest.mark.parametrize("dense", [1 << 22, 1000])
@pytest.mark.parametrize(
    ("s", "settled"),
    [
        (MultiStep(0.1, 0.1, (100_000, 600_000)), 600_000),
        (MultiStep(0.1, 0.1, (100_000, 600_000)) * Constant(2.0), 600_000),
        (Until(Constant(0.1), 999_999) >> Constant(0.2), 999_999),
        (Until(Constant(0.1), 10**6) >> Constant(0.2), 10**6),
        (Constant(0.1), 0),
        (Linear(0.1, 0.0, 10**6), 10**6),
        (Linear(0.1, 0.05, 700_000), 700_000),
        (Floor(Linear(1.0, 0.0, 10**6), 0.25), 750_000),
        (Exponential(1.0, 0.5, every=300) + Constant(1.0), 13_797),
        (Constant(0.1) + Linear(1e-17, 0.0, 10**6), 0),
    ],
    ids=repr,
)
def test_a_run_has_settled_where_its_rate_stays(
    s: Schedule, settled: int, dense: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runs, "DENSE", dense)
    monkeypatch.setattr(_runs, "SHORT", 512)
    last = s.lr(10**6)
    found = _runs.Run(s, 10**6).settled()
    assert found == settled
    assert abs(s.lr(found) - last) <= 64 * EPS * last
    assert found == 0 or abs(s.lr(found - 1) - last) > 64 * EPS * last


def test_a_report_is_a_table() -> None:
    assert str(analyse(StepDecay(0.1, 0.5, 30), 100)).splitlines() == [
        "StepDecay(base_lr=0.1, gamma=0.5, step_size=30) over 100 steps",
        "  first rate      0.1        at t = 0",
        "  peak rate       0.1        first at t = 0",
        "  last rate       0.0125     of the last update, t = 99",
        "  final rate      0.0125     at t = 100",
        "  mean rate       0.05375    of the updates",
        "  total           5.375      the sum of their rates",
        "  final / first   0.125",
        "  halvings        3          log2(first / final)",
        "  1 % of the peak none       steps until then",
        "  gamma           0.97716    per step, where it is exponential, t = 0 to 100",
        "  rate            0.0231049  decay per step, there",
        "  half-life       30         steps, there",
        "  rate at         0.1        t = 25",
        "  rate at         0.05       t = 50",
        "  rate at         0.025      t = 75",
    ]


def test_a_long_schedule_is_shortened_at_its_parts() -> None:
    s = PiecewiseConstant([0.5] * 90, range(1, 90))
    line = Linear(0.123456, 0.012345, steps=12345)
    whole = line >> line.replace(steps=54321) >> line
    assert str(analyse(s, 9)).splitlines()[0] == (
        "PiecewiseConstant(values=(0.5, 0.5, 0.5, 0.5, 0.5, …), boundaries=(1, 2, 3, 4, 5, 6,"
        " 7, 8, 9, …)) over 9 steps"
    )
    assert str(compare(whole, line, 9)).splitlines()[:2] == [
        "a: Linear(...) >> Linear(...) >> Linear(...)",
        "b: Linear(base_lr=0.123456, final_lr=0.012345, steps=12345)",
    ]


@every_example
def test_a_report_is_plain_data(s: Schedule) -> None:
    report = analyse(s, own_length(s))
    data = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert set(data) == set(Report.__dataclass_fields__) - {"_run"}
    assert data["total_lr"] == report.total_lr
    assert [(point["t"], point["lr"]) for point in data["lr_at"]] == list(report.lr_at)
    assert report == analyse(s, own_length(s))
    assert "_run" not in repr(report)


# Where a curve is exponential


@pytest.mark.parametrize(
    ("s", "gamma", "half_life", "stretch"),
    [
        (Exponential(0.1, 0.9), 0.9, math.log(0.5) / math.log(0.9), (0, 100)),
        (Exponential(0.1, 0.5, every=25), 0.5**0.04, 25.0, (0, 100)),
        (StepDecay(0.1, 0.5, 30), 0.5 ** (1 / 30), 30.0, (0, 100)),
        (StepDecay(0.1, 0.5, 30, floor="offset"), 0.5 ** (1 / 30), 30.0, (0, 100)),
        (Stretch(StepDecay(0.1, 0.5, 3), 10), 0.5 ** (1 / 30), 30.0, (0, 100)),
        (Geometric(0.8, 0.1, 60), 0.5**0.05, 20.0, (0, 60)),
        (Warmup(Exponential(0.1, 0.5, every=25), 10), 0.5**0.04, 25.0, (10, 100)),
        (WarmupExponential(0.8, 90, 30, 0.1), 0.5**0.05, 20.0, (30, 90)),
        (2 * Exponential(0.1, 0.5, every=25), 0.5**0.04, 25.0, (0, 100)),
        (Shift(Exponential(0.1, 0.5, every=25), 40), 0.5**0.04, 25.0, (40, 100)),
        (Until(Exponential(0.1, 0.5, every=25), 40), 0.5**0.04, 25.0, (0, 40)),
        (Floor(Exponential(0.1, 0.5, every=25), 0.025), 0.5**0.04, 25.0, (0, 50)),
        (Floor(Exponential(0.1, 0.5, every=25), 0.0), 0.5**0.04, 25.0, (0, 100)),
        (Floor(Exponential(0.1, 2.0, every=25), 0.0), 2**0.04, None, (0, 100)),
        (
            Product((Exponential(1, 0.5, 25), Exponential(1, 0.5, 25))),
            0.5**0.08,
            12.5,
            (0, 100),
        ),
        (Linear(0, 1, 20) * Exponential(0.1, 0.5, every=25), 0.5**0.04, 25.0, (20, 100)),
        (RangeTest(1e-6, 1.0, 60), 10**0.1, None, (0, 60)),
    ],
    ids=repr,
)
def test_an_exponential_stretch_is_found_wherever_it_is(
    s: Schedule, gamma: float, half_life: float | None, stretch: tuple[float, float]
) -> None:
    report = analyse(s, 100)
    assert report.gamma == pytest.approx(gamma, rel=4 * EPS)
    assert report.rate == pytest.approx(-math.log(gamma), rel=64 * EPS)
    assert report.half_life == (half_life and pytest.approx(half_life, rel=64 * EPS))
    assert report.exponential == pytest.approx(stretch, rel=8 * EPS)


@pytest.mark.parametrize(
    "s",
    [
        Constant(0.1),
        Constant(0.0),
        Cosine(0.1, 100),
        Linear(0.1, 0.0, 100),
        Noam(512, 40),
        Exponential(0.0, 0.9),
        Exponential(0.1, 1.0),
        0 * Exponential(0.1, 0.9),
        Floor(Exponential(0.1, 0.9), 0.2),
        Floor(Exponential(0.1, 0.9), 0.01, mode="offset"),
        Exponential(0.1, 0.9) + Exponential(0.1, 0.5),
        Cosine(0.1, 100) * Exponential(0.1, 0.99),
        Exponential(0.1, 0.9) * Linear(1, 0, 100),
        MultiStep(0.1, 0.1, (30, 60)),
        StepDecay(0.1, 0.1, 1500),
        StepDecay(0.1, 0.1, 100),
        Until(Constant(0.1), 50) >> StepDecay(0.1, 0.5, 60),
        Repeat(Cosine(0.1, 1)),
        Exponential(1e300, 1e300) * Exponential(1e300, 1e300),
    ],
    ids=repr,
)
def test_what_is_no_exponential_has_no_half_life(s: Schedule) -> None:
    report = analyse(s, 100)
    assert (report.gamma, report.rate, report.half_life) == (None, None, None)
    assert report.exponential is None


def test_of_several_exponential_stretches_the_longest_counts() -> None:
    s = Until(Exponential(1.0, 0.5, every=5), 20) >> Exponential(0.1, 0.5, every=30)
    assert analyse(s, 100).half_life == 30.0
    assert analyse(s, 30).half_life == 5.0
    assert decay(s, 30) == decay(Until(Exponential(1.0, 0.5, every=5), 20), 20)


# Findings


@every_example
def test_a_sensible_schedule_raises_no_warning(s: Schedule) -> None:
    found = check(s, own_length(s))
    warnings = [finding.code for finding in found if finding.severity == "warning"]
    if s == Constant(0.0):
        assert warnings == ["all-zero"]
    elif s in (
        Exponential(1e-6, gamma=1.001),
        PolynomialRestarts(0.1, 10, period_mult=1.2, peak_mult=1.1),
    ):
        assert warnings == ["growth"]
    elif s == Exponential.from_final_lr(0.1, 1e-9, steps=1000):
        assert warnings == ["final-lr-tiny"]
    else:
        assert warnings == []


@pytest.mark.parametrize("steps", [100, 1000, 10**7, 10**10])
def test_a_warm_up_and_a_cosine_are_noted_for_their_start_only(steps: int) -> None:
    assert codes(WarmupCosine(0.1, steps, steps // 10), steps) == ["starts-at-zero"]
    assert codes(WarmupCosine(0.1, steps, steps // 10, start_lr=1e-5), steps) == []
    assert codes(Linear(0.1, 0.0, steps), steps) == []
    assert codes(Polynomial(0.1, steps, power=2), steps) == []
    assert codes(CosineRestarts(0.1, steps / 4), steps) == []


R = 90 * 391
"""The updates of 90 epochs."""

SHORT = ["half-life-short"]

CASES: dict[str, tuple[Schedule, int, list[str]]] = {
    "zero": (Constant(0.0), 10, ["all-zero"]),
    "zero-so-far": (Shift(Linear(0.0, 0.1, 5), 20), 10, ["all-zero"]),
    "overflow": (Exponential(0.1, 1.5), 10**4, ["overflow"]),
    "tiny": (Exponential(0.1, 0.5, every=50), 2000, ["final-lr-tiny", "half-life-short"]),
    "tiny-all-along": (Constant(1e-9), 100, ["final-lr-tiny"]),
    "tiny-last-plateau": (MultiStep(0.1, 1e-4, (50, 90)), 100, ["final-lr-tiny"]),
    "tiny-steep": (Polynomial(0.1, 1000, power=8), 1000, ["final-lr-tiny"]),
    "half-life-long": (Exponential(0.1, 0.9999), 100, ["half-life-long"]),
    "half-life-short": (Exponential(0.1, 0.5, every=9), 100, ["half-life-short"]),
    "half-life-of-stairs": (StepDecay(0.1, 0.5, 200), 100, ["never-reached"]),
    "given-ends": (Geometric(0.1, 0.09, 100), 100, []),
    "given-far-ends": (Geometric(0.1, 1e-6, 100), 100, []),
    "jump-up": (Linear(0.01, 0.1, 10) >> Cosine(0.2, 90), 100, ["jump"]),
    "jump-down": (Linear(0.01, 0.1, 10) >> Cosine(0.05, 90), 100, ["jump"]),
    "jump-inside": (
        0.5 * Floor(Shift(Linear(0.01, 0.1, 10) >> Cosine(0.2, 90), 5), 0.001),
        105,
        ["jump"],
    ),
    "jump-in-a-sum": (
        (Linear(0.01, 0.1, 10) >> Cosine(0.2, 90)) + Constant(0.1),
        100,
        ["jump"],
    ),
    "jump-after-a-warm-up": (
        Warmup(Linear(0.1, 0.05, 10) >> Cosine(0.2, 80), 10, 0.01),
        100,
        ["jump"],
    ),
    "jump-in-epochs": (Stretch(Linear(0.01, 0.1, 1) >> Cosine(0.2, 9), 10), 100, ["jump"]),
    "jump-hidden": (Floor(Linear(0.1, 0, 10) >> Cosine(0.05, 90), 0.08), 100, []),
    "jump-after-the-run": (
        Linear(0.01, 0.1, 10) >> Linear(0.1, 0.05, 90) >> Cosine(0.2, 90),
        100,
        ["never-reached"],
    ),
    "constants": (Until(Constant(0.1), 50) >> (0.1 * Constant(0.1)), 100, []),
    "stairs": (Staircase(Linear(0.1, 0.01, 5) >> Linear(0.5, 0.01, 95), 10), 100, []),
    "repeats": (Repeat(Linear(0.1, 0.01, 25)), 100, []),
    "restarts": (CosineRestarts(0.1, 30, peak_mult=0.5), 100, []),
    "own-jump": (Warmup(Cosine(0.1, 90), 10, 0.01, shape="constant"), 100, []),
    "unreached-part": (
        Linear(0.01, 0.1, 10) >> Until(Constant(0.1), 90) >> Linear(0.1, 0, 50),
        100,
        ["never-reached"],
    ),
    "unreached-tail": (WSD(0.1, 150, 10, 50, start_lr=0.01), 100, ["never-reached"]),
    "unreached-milestones": (MultiStep(0.1, 0.1, (30, 60)), 50, ["never-reached"]),
    "unreached-many": (
        MultiStep(0.1, 0.9, range(100, 200)),
        50,
        ["never-reached"] * 3,
    ),
    "epochs-as-steps": (Cosine(0.1, 90), 35190, ["ends-early"]),
    "steps-as-epochs": (Cosine(0.1, 35190), 90, ["ends-late"]),
    "nearly-half": (Cosine(0.1, 51, 0.01), 100, []),
    "nearly-twice": (Cosine(0.1, 199, 0.01), 100, []),
    "ramp-and-hold": (Linear(0.01, 0.1, 10), 100, ["ends-early"]),
    "no-peak": (
        WarmupCosine(0.1, 1000, 500, start_lr=0.01),
        400,
        ["never-reached", "ends-late", "peak-not-reached"],
    ),
    "no-peak-noam": (
        Noam(512, 4000),
        1000,
        ["starts-at-zero", "never-reached", "peak-not-reached"],
    ),
    "half": (Cosine(0.1, 50, 0.01), 100, ["ends-early"]),
    "twice": (Cosine(0.1, 200, 0.01), 100, ["ends-late"]),
    "flat-steps": (MultiStep(0.1, 0.1, (30, 60, 80)), R, ["ends-early"]),
    "flat-values": (PiecewiseConstant((0.1, 0.01, 0.001), (30, 60)), R, ["ends-early"]),
    "flat-after-a-warm-up": (
        Linear(0.01, 0.1, 5) >> MultiStep(0.1, 0.1, (30, 60)),
        R,
        ["ends-early"],
    ),
    "flat-floor": (Floor(Exponential(0.1, 0.95), 1e-4), R, ["ends-early"]),
    "flat-floor-of-stairs": (Floor(StepDecay(0.1, 0.1, 30), 1e-4), R, ["ends-early"]),
    "flat-maximum": (Maximum((Exponential(0.1, 0.95), Constant(1e-3))), R, ["ends-early"]),
    "flat-at-its-peak": (Linear(0.01, 0.1, 5) >> Constant(0.1), R, []),
    "flat-late": (MultiStep(0.1, 0.1, (30, 60)), 599, []),
    "flat-just-early": (MultiStep(0.1, 0.1, (30, 60)), 600, ["ends-early"]),
    "flat-for-a-while": (MultiStep(0.1, 0.1, (30, R)), R, ["never-reached"]),
    "flat-for-as-long-as-said": (Until(MultiStep(0.1, 0.1, (30, 60)), R), R, []),
    "underflow": (StepDecay(0.1, 0.1, 30), R, ["final-lr-tiny", "half-life-short"]),
    "no-drop": (StepDecay(0.1, 0.1, 1500), 1000, ["never-reached"]),
    "no-drop-of-the-other-floor": (
        StepDecay(0.1, 0.1, 1001, floor="offset"),
        1000,
        ["never-reached"],
    ),
    "one-drop": (StepDecay(0.1, 0.1, 1000, floor="offset"), 1000, []),
    "no-drop-is-needed": (StepDecay(0.1, 0.1, 30), 90, []),
    "no-stair": (Staircase(Constant(0.1), 500), 100, []),
    "no-stair-of-a-part": (
        Stretch(Linear(0.01, 0.1, 1) >> StepDecay(0.1, 0.1, 30), 10),
        100,
        ["never-reached"],
    ),
    "same-value": (MultiStep(0.1, 1.0, (500,)), 100, []),
    "same-rate-held": (Linear(0.01, 0.1, 100) >> Cosine(0.1, 900) >> Constant(0), 1000, []),
    "other-rate-held": (
        Linear(0.01, 0.1, 100) >> Cosine(0.1, 900) >> Constant(0.1),
        1000,
        ["never-reached"],
    ),
    "many-restarts": (CosineRestarts(0.1, 10), R, ["many-cycles"]),
    "many-triangles": (Cyclic(0.01, 0.1, up=5), R, ["many-cycles"]),
    "many-repeats": (Repeat(Cosine(0.1, 10)), R, ["many-cycles"]),
    "many-in-a-sequence": (
        Warmup(Repeat(Linear(0.1, 0.01, 10)), 10, 0.01),
        R,
        ["many-cycles"],
    ),
    "many-for-a-while": (Repeat(Linear(0.1, 0.01, 30), count=1001), R, ["many-cycles"]),
    "many-in-half-the-run": (
        Until(Shift(CosineRestarts(0.1, 10), 20), R / 2 + 10),
        R,
        ["many-cycles"],
    ),
    "many-but-few": (Repeat(Linear(0.1, 0.01, 30), count=1000), 35000, []),
    "many-that-grow": (PolynomialRestarts(0.1, 1, 0.01, period_mult=1.001), R, ["many-cycles"]),
    "not-many-that-grow": (CosineRestarts(0.1, 10, 0.01, period_mult=2), R, []),
    "restarts-in-updates": (CosineRestarts(0.1, 3910, period_mult=2), 90, ["ends-late"]),
    "triangles-in-updates": (Cyclic(0.1, 0.01, up=3910), 90, ["ends-late"]),
    "repeats-in-updates": (Repeat(Cosine(0.1, 180)), 90, ["ends-late"]),
    "repeats-that-end": (Repeat(Cosine(0.1, 180), count=3), 90, ["ends-late"]),
    "repeats-that-come-later": (
        Linear(0.01, 0.1, 10) >> Until(Constant(0.1), 90) >> Repeat(Cosine(0.1, 900)),
        100,
        ["never-reached"],
    ),
    "rising-cycles": (Repeat(Cosine(0.1, 100), peak_mult=1.5), 1000, ["growth"]),
    "rising-triangles": (
        Cyclic(0.01, 0.1, 50, mode="exp_range", gamma=1.01),
        1000,
        ["growth"],
    ),
    "rising-cycles-not-yet": (Repeat(Cosine(0.1, 100), peak_mult=1.5), 100, []),
    "rising-cycles-that-fall": (
        Linear(1, 0, 1000) * CosineRestarts(0.1, 500, peak_mult=1.01),
        1000,
        [],
    ),
    "up-at-last": (Cosine(0.1, 900) >> Linear(0, 0.1, 100), 1000, ["growth"]),
    "up-to-half-at-last": (Cosine(0.1, 900) >> Linear(0, 0.05, 100), 1000, []),
    "restart-of-the-kind": (Cosine(0.1, 100) >> Cosine(0.1, 200), 300, []),
    "restart-scaled": (Cosine(0.1, 100) >> 0.5 * Cosine(0.1, 200), 300, []),
    "restart-of-another-kind": (Cosine(0.1, 100) >> Linear(0.1, 0, 200), 300, ["jump"]),
    "no-restart": (Linear(0.01, 0.1, 100) >> Linear(0.2, 0, 200), 300, ["jump"]),
    "jump-from-a-constant": (
        Until(Constant(0.01), 400) >> MultiStep(0.1, 0.1, (300,)),
        1000,
        ["jump"],
    ),
    "jump-to-a-constant": (Linear(0.01, 0.1, 400) >> Constant(0.05), 1000, ["jump"]),
    "tiny-peak": (WarmupCosine(5e-7, 1000, 100, start_lr=1e-9), 1000, []),
    "tiny-peak-of-a-layer": (0.65**11 * WarmupCosine(2e-5, 5000, 150, start_lr=1e-9), 5000, []),
    "tiny-peak-lost": (Exponential(5e-7, 0.5, every=20), 400, ["final-lr-tiny", *SHORT]),
    "tiny-at-last": (OneCycle(0.001, 3000), 3000, ["final-lr-tiny"]),
    "tiny-at-last-of-three": (OneCycle(0.001, 3000, three_phase=True), 3000, ["final-lr-tiny"]),
    "tiny-end": (Cosine(0.1, R, final_lr=1e-12), R, ["final-lr-tiny"]),
    "tiny-end-not-used": (Linear(0.1, 1e-12, 1000), 1000, []),
    "growth": (Exponential(0.1, 1.01), 300, ["growth"]),
    "growth-of-stairs": (StepDecay(1e-4, 2, 10), 50, ["growth"]),
    "growth-to-overflow": (Exponential(0.1, 1.0, 1) * Exponential(1, 10.0), 160, ["growth"]),
    "growth-for-a-while": (Linear(0.01, 0.1, 100), 100, ["growth"]),
    "range-test": (RangeTest(1e-6, 1.0, 100), 100, []),
    "top-of-a-cycle": (Cyclic(0.01, 0.1, 100), 100, ["growth"]),
    "rising-peaks": (CosineRestarts(0.1, 30, peak_mult=2), 100, ["growth"]),
}


@pytest.mark.parametrize(("s", "steps", "want"), CASES.values(), ids=CASES)
def test_a_finding_has_its_code(s: Schedule, steps: int, want: list[str]) -> None:
    assert codes(s, steps) == want


SEVERITIES = {
    "tiny": "warning note",
    "tiny-last-plateau": "warning",
    "tiny-at-last": "note",
    "tiny-at-last-of-three": "note",
    "tiny-end": "note",
    "ramp-and-hold": "note",
    "flat-steps": "warning",
    "epochs-as-steps": "warning",
    "no-drop": "warning",
    "many-restarts": "note",
    "restarts-in-updates": "warning",
    "rising-peaks": "warning",
    "rising-cycles": "warning",
    "up-at-last": "note",
    "top-of-a-cycle": "note",
    "jump-up": "warning",
    "no-restart": "warning",
    "jump-from-a-constant": "note",
    "jump-to-a-constant": "note",
}


@pytest.mark.parametrize("case", SEVERITIES)
def test_a_finding_has_its_severity(case: str) -> None:
    s, steps, _ = CASES[case]
    found = [finding.severity for finding in check(s, steps)]
    assert " ".join(found) == SEVERITIES[case]


def test_growing_cycles_that_end_are_noted() -> None:
    s = Repeat(Linear(0.1, 0.01, 100), peak_mult=1.5, count=10)
    (finding,) = check(s, 1000)
    assert (finding.code, finding.severity) == ("growth", "note")


def test_a_long_run_is_checked_for_where_it_becomes_flat() -> None:
    (finding,) = check(MultiStep(0.1, 0.1, (30, 60, 80)), 10**10)
    assert finding.code == "ends-early"
    (finding,) = check(Floor(Exponential(0.1, 0.5, every=10**7), 0.025), 10**10)
    assert "changes no more from t = 20000000, after 0.2 %" in finding.message


def test_findings_tell_the_numbers_and_a_remedy() -> None:
    assert check(Linear(0.0, 0.1, 10) >> Cosine(0.2, 30), 100) == [
        Finding(
            "starts-at-zero",
            "note",
            "the first update has the rate 0: it changes nothing",
            "usual for a warm-up; for a first update that counts, give start_lr > 0",
        ),
        Finding(
            "jump",
            "warning",
            "the rate jumps from 0.1 to 0.2 at t = 10, where Linear(base_lr=0, final_lr=0.1,"
            " steps=10) hands over to Cosine(base_lr=0.2, steps=30)",
            "let the second start at the rate at which the first ends",
        ),
        Finding(
            "ends-early",
            "warning",
            "the curve ends at t = 40, after 40 % of the run of 100 steps; the other 60 updates"
            " have the rate 0",
            "if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch)",
        ),
    ]


MESSAGES: list[tuple[Schedule, int, str]] = [
    (Constant(0.0), 10, "all 10 updates have the rate 0"),
    (Exponential(0.1, 1.5), 10**4, "the rate is infinite at t = 1751"),
    (
        StepDecay(1.0, 0.1, 10),
        100,
        "the rate is below 1e-08 from t = 90 on: the last 10 of 100 updates are lost (1e-09 at"
        " the last one)",
    ),
    (
        Exponential(0.1, 0.5, every=200),
        100,
        "the half-life of 200 steps is longer than the 100 steps from t = 0 to 100: the rate"
        " falls by 29.3 % only",
    ),
    (
        Exponential(0.1, 0.5, every=8),
        100,
        "the half-life of 8 steps is less than a tenth of the 100 steps from t = 0 to 100: the"
        " rate halves 12.5 times",
    ),
    (
        MultiStep(0.1, 0.1, (60,)),
        50,
        "the rate 0.01 starts at t = 60, after the last of 50 updates",
    ),
    (
        Until(Constant(0.1), 80) >> Cosine(0.1, 20),
        60,
        "part 2 of 2, Cosine(base_lr=0.1, steps=20), starts at t = 80, after the last of 60"
        " updates",
    ),
    (
        Cosine(0.1, 200),
        50,
        "the curve ends at t = 200, 4 times the run of 50 steps, which comes to 0.0854 in place"
        " of 0",
    ),
    (
        MultiStep(0.1, 0.1, (30, 60)),
        R,
        "the curve changes no more from t = 60, after 0.171 % of the run of 35190 steps; the"
        " other 35130 updates have the rate 0.001",
    ),
    (
        CosineRestarts(0.1, 3910, period_mult=2),
        90,
        "the first cycle of CosineRestarts(base_lr=0.1, period=3910, period_mult=2) takes 3910"
        " steps, 43.4 times the run of 90 steps, which comes to 0.0999 within it",
    ),
    (
        CosineRestarts(0.1, 10),
        R,
        "CosineRestarts(base_lr=0.1, period=10) goes through 3519 cycles in the run of 35190"
        " steps; the first takes 10 of them",
    ),
    (
        StepDecay(0.1, 0.1, 1500),
        1000,
        "the first drop comes at t = 1500, after the last of 1000 updates",
    ),
    (
        StepDecay(0.1, 2.0, 1500),
        1000,
        "the first rise comes at t = 1500, after the last of 1000 updates",
    ),
    (
        OneCycle(0.001, 3000),
        3000,
        "the rate is below 1e-08 from t = 2997 on: the last 3 of 3000 updates are lost"
        " (4.56e-09 at the last one)",
    ),
    (
        CosineRestarts(0.1, 100, peak_mult=2),
        1000,
        "each cycle of CosineRestarts(base_lr=0.1, period=100, peak_mult=2) has 2 times the"
        " peak of the one before, up to 51.2 at t = 900",
    ),
    (
        Linear(0.01, 0.1, 150),
        100,
        "the run of 100 steps ends at a rate of 0.0694, before the peak of 0.1 at t = 150",
    ),
    (
        Exponential(0.1, 2.0, every=100),
        100,
        "the rate grows for ever: 0.1 at first, 0.2 at t = 100, 0.4 at t = 200",
    ),
    (
        Linear(0.01, 0.1, 100),
        100,
        "the run ends near its highest rate, 0.0991; it starts with 0.01",
    ),
]


@pytest.mark.parametrize(("s", "steps", "message"), MESSAGES, ids=lambda x: "")
def test_a_message_tells_the_numbers(s: Schedule, steps: int, message: str) -> None:
    assert message in [finding.message for finding in check(s, steps)]


@pytest.mark.parametrize(
    ("s", "steps", "remedy"),
    [
        (
            Exponential(0.1, 0.5, every=9),
            100,
            "if gamma was meant for an epoch, give every=steps_per_epoch;"
            " Exponential.from_final_lr(base_lr, final_lr, steps) finds the gamma for any end",
        ),
        (
            Warmup(StepDecay(0.1, 0.5, 8), 10, 0.01),
            100,
            "if step_size was meant in epochs, multiply it by steps_per_epoch;"
            " StepDecay.from_final_lr(base_lr, final_lr, steps, step_size) finds the gamma for"
            " any end",
        ),
        (
            Exponential(0.1, 0.5, every=9) * Exponential(1, 0.5, every=9),
            100,
            "if its times count epochs, multiply them: Stretch(schedule, by=steps_per_epoch);"
            " Exponential.from_final_lr(base_lr, final_lr, steps) finds the gamma for any end",
        ),
        (
            Exponential(0.1, 0.9999),
            100,
            "for one halving in that time, gamma=0.9930925 per step;"
            " Exponential.from_final_lr(base_lr, final_lr, steps) finds the gamma for any end",
        ),
        (
            StepDecay(0.1, 0.999, 10),
            100,
            "for one halving in that time, gamma=0.93303299 per 10 steps;"
            " StepDecay.from_final_lr(base_lr, final_lr, steps, step_size) finds the gamma for"
            " any end",
        ),
        (StepDecay(0.1, 0.1, 1500), 1000, "make step_size shorter, or the run longer"),
        (Staircase(Linear(1, 0.1, 600), 600), 500, "make every shorter, or the run longer"),
        (
            MultiStep(0.1, 0.1, (60,)),
            50,
            "give its time in updates of this run, or make the run longer",
        ),
        (
            OneCycle(0.001, 3000),
            3000,
            "usual where a curve is to end near 0; else give the curve a smallest rate:"
            " Floor(schedule, min_lr)",
        ),
        (
            Cyclic(0.01, 0.1, 50, mode="exp_range", gamma=1.01),
            1000,
            "a gamma < 1 lets the peaks fall",
        ),
    ],
    ids=repr,
)
def test_a_remedy_fits_the_kind(s: Schedule, steps: int, remedy: str) -> None:
    (finding,) = check(s, steps)
    assert finding.remedy == remedy


def test_of_many_findings_of_a_kind_the_last_tells_of_the_others() -> None:
    found = check(MultiStep(0.1, 0.9, range(100, 200)), 50)
    assert [finding.message.endswith("(and 97 more)") for finding in found] == [0, 0, 1]


def test_a_tiny_rate_is_what_the_caller_says_it_is() -> None:
    s = Linear(0.1, 0.001, 100)
    assert codes(s, 100) == []
    assert codes(s, 100, min_acceptable_lr=0.01) == ["final-lr-tiny"]
    assert codes(Exponential(0.1, 0.5), 100, min_acceptable_lr=0) == ["half-life-short"]
    (finding,) = check(Linear(0.1, 1e-6, R), R, min_acceptable_lr=1e-5)
    assert (finding.code, finding.severity) == ("final-lr-tiny", "note")
    assert codes(Linear(1e-7, 5e-9, 100), 100) == []
    assert codes(Linear(1e-7, 5e-9, 100), 100, min_acceptable_lr=2e-8) == ["final-lr-tiny"]
    (finding,) = check(s, 100, min_acceptable_lr=0.0505)
    assert "from t = 51 on: the last 49 of 100 updates" in finding.message


def test_a_finding_is_text_and_plain_data() -> None:
    (finding,) = check(Constant(0.0), 10)
    assert (
        str(finding) == "warning all-zero: all 10 updates have the rate 0\n  -> give a rate > 0"
    )
    assert finding.to_dict() == {
        "code": "all-zero",
        "severity": "warning",
        "message": "all 10 updates have the rate 0",
        "remedy": "give a rate > 0",
    }


@settings(max_examples=60, deadline=None)
@given(schedules(), st.sampled_from([1, 2, 3, 10, 1000, 10**6, 10**9, 2**53]))
def test_any_schedule_can_be_checked(s: Schedule, steps: int) -> None:
    for finding in check(s, steps):
        assert finding.severity in ("warning", "note")
        assert "nan" not in finding.message
        assert f"``{finding.code}``" in (check.__doc__ or "")


@pytest.mark.parametrize(
    ("s", "steps", "want"),
    [
        # Its peak may be anywhere in the time after the run.
        (
            Noam(512, 4 * 10**8)
            * Exponential(1.0, gamma=0.999999999)
            * Cyclic(0.1, 1.0, up=30, mode="exp_range", gamma=0.999999),
            7,
            [
                "starts-at-zero",
                "final-lr-tiny",
                "never-reached",
                "ends-late",
                "peak-not-reached",
            ],
        ),
        (Cyclic(0.1, 1.0, up=16, down=48), 2**32, ["many-cycles"]),
        (Cyclic(0.1, 1.0, up=16, down=48), 2**53, ["many-cycles"]),
        (Repeat(Cosine(0.1, steps=10**9)), 10**11, []),
        (Repeat(Cosine(0.1, steps=10**9)) * Cosine(1.0, 10**12), 10**12, []),
        (Sum([Cosine(0.1 + i, steps=1000 + i) for i in range(1000)]), 10**5, ["ends-early"]),
    ],
    ids=range(6),
)
def test_a_check_takes_a_second_or_two(s: Schedule, steps: int, want: list[str]) -> None:
    began = time.process_time()
    assert codes(s, steps) == want
    assert time.process_time() - began < 10.0


@pytest.mark.parametrize(
    "s",
    [
        Cyclic(0.1, 1.0, up=16, down=48),
        Cyclic(0.1, 1.0, up=30, mode="exp_range", gamma=1.00001),
        Repeat(Linear(0.1, 0.01, steps=100), peak_mult=0.5),
        Warmup(Repeat(Linear(0.1, 0.01, steps=100), peak_mult=0.999), steps=271_828),
        Linear(0.2, 0.1, 500_000) >> Until(Constant(0.3), 1000) >> Exponential(0.1, 0.999),
        Linear(0.0, 0.1, 999_000) >> Cosine(0.1, 500) >> Repeat(Cosine(0.01, 10)),
    ],
    ids=repr,
)
def test_a_search_that_is_cut_short_finds_the_same_peak(
    s: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runs, "MOST_RATES", 1 << 16)
    asked: list[range] = []
    whole, quick = _runs.Run(s, LONG), _runs.Run(s, LONG, quick=True)
    monkeypatch.setattr(
        type(s), "lr_array", lambda self, ts: asked.append(ts) or Schedule.lr_array(self, ts)
    )
    found = quick.peak()
    assert sum(map(len, asked)) <= 1 << 16
    assert found == whole.peak()


@pytest.mark.parametrize(
    "s",
    [
        Exponential(0.1, 0.99) + Constant(0.1),
        Linear(0.2, 0.1, 400_000) >> Constant(0.1),
        Linear(0.2, 0.1, 999_000) >> Constant(0.1),
        Constant(0.1),
    ],
    ids=repr,
)
def test_a_search_that_is_cut_short_finds_where_the_rate_stays(
    s: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_runs, "MOST_RATES", 1 << 16)
    assert _runs.Run(s, LONG, quick=True).settled() == _runs.Run(s, LONG).settled()


def test_of_too_many_formulas_no_half_life_is_looked_for() -> None:
    for count, want in ((31, ["half-life-long"]), (32, [])):
        s = Sum([Exponential(0.1, gamma=0.9999)] * count)
        assert codes(s, 100) == want


# Differences


def test_equal_schedules_are_equal() -> None:
    found = compare(Cosine(0.1, 100), Cosine(0.1, 100), 1000)
    assert found.equal
    assert (found.first_difference, found.first_beyond, found.gap_at) == (None, None, None)
    assert (found.largest_gap, found.total_ratio) == (0.0, 1.0)
    assert str(found).splitlines()[-1] == "the schedules are equal"


def test_different_schedules_may_have_the_same_rates() -> None:
    found = compare(Cosine(0.1, 100), Cosine(0.1, 100) >> Constant(1), 99)
    assert not found.equal
    assert found.first_difference is None
    last = "different schedules with the same rates from t = 0 to 99"
    assert str(found).splitlines()[-1] == last


def test_a_comparison_finds_the_first_difference_and_the_largest() -> None:
    a = PiecewiseConstant((0.1, 0.2, 0.1, 0.1), (300_000, 300_001, 600_000))
    b = PiecewiseConstant((0.1, 0.1, 0.1, 0.5), (300_000, 300_001, 600_000))
    found = compare(a, b, 700_000)
    assert (found.first_difference, found.first_beyond) == (300_000, 300_000)
    assert (found.largest_gap, found.gap_at) == (0.4, 600_000)
    assert found.total_ratio == pytest.approx(110_000 / 70_000.1, rel=1e-12)
    assert str(found).splitlines()[2:] == [
        "first difference at t = 300000",
        "more than a share of 1e-09 from t = 300000: 0.2 and 0.1",
        "largest gap 0.4 at t = 600000",
        "sums of the rates 70000.1 and 110000, ratio 1.57143",
    ]


def test_the_largest_gap_may_come_first() -> None:
    found = compare(Linear(0.1, 0.0, 10**6), Linear(0.2, 0.0, 10**6), 10**6)
    assert (found.largest_gap, found.gap_at) == (0.1, 0)


@pytest.mark.parametrize(
    ("a", "b", "steps"),
    [
        (StepDecay(0.1, 0.1, 30), MultiStep(0.1, 0.1, (30, 60, 90)), 100),
        (Exponential(0.1, 0.99), Geometric(0.1, 0.1 * 0.99**100, 100), 100),
        (Linear(0.1, 0.0, 100), Linear(0.1 * (1 + 4 * EPS), 0.0, 100), 100),
        (Exponential(0.3, 0.75), 3 * Exponential(0.1, 0.75), 2600),
    ],
    ids=repr,
)
@pytest.mark.parametrize("rtol", [1e-9, 0.0])
def test_a_difference_of_rounding_is_none(
    a: Schedule, b: Schedule, steps: int, rtol: float
) -> None:
    found = compare(a, b, steps, rtol)
    assert (a.lr_array(range(steps + 1)) != b.lr_array(range(steps + 1))).any()
    assert (found.first_difference, found.first_beyond) == (None, None)
    assert (found.largest_gap, found.gap_at) == (0.0, None)
    last = f"different schedules with the same rates from t = 0 to {steps}"
    assert str(found).splitlines()[-1] == last


def test_a_difference_is_told_from_one_that_counts() -> None:
    a = Linear(0.1, 0.0, 100)
    b = Linear(0.1 * (1 + 128 * EPS), 0.0, 100)
    found = compare(a, b, 100)
    assert (found.first_difference, found.first_beyond, found.gap_at) == (0, None, 0)
    assert "nowhere more than a share of 1e-09" in str(found)
    assert compare(a, b, 100, rtol=0).first_beyond == 0
    tenth = compare(a, Linear(0.1, 0.05, 100), 100, rtol=0.1)
    assert tenth.first_beyond == next(
        t for t in range(101) if 1 - a.lr(t) / tenth.b.lr(t) > 0.1
    )


def test_after_rounding_the_first_real_difference_is_found() -> None:
    a, b = StepDecay(0.1, 0.1, 30), MultiStep(0.1, 0.1, (30, 60))
    assert (a.lr_array(range(90)) != b.lr_array(range(90))).any()
    assert compare(a, b, 100).first_difference == 90


@settings(max_examples=50)
@given(schedules(wild=False), schedules(wild=False), lengths)
def test_a_comparison_is_that_of_two_tables(a: Schedule, b: Schedule, steps: int) -> None:
    x, y = (s.lr_array(range(steps + 1)) for s in (a, b))
    found = compare(a, b, steps)
    other = np.flatnonzero(np.abs(x - y) > 64 * EPS * np.maximum(x, y))
    assert found.first_difference == (int(other[0]) if len(other) else None)
    if found.gap_at is not None:
        assert found.largest_gap == np.abs(x - y).max()
        assert found.gap_at == np.abs(x - y).argmax()
    assert found.total_a == analyse(a, steps).total_lr
    assert found.total_b == analyse(b, steps).total_lr


def test_rates_that_overflow_or_vanish_are_compared() -> None:
    grows = Exponential(0.1, 1.5)
    found = compare(grows, grows + Constant(0.1), 2000)
    assert 0.1 <= found.largest_gap <= 0.2  # where floats are an eighth apart
    found = compare(grows, Constant(0.1), 2000)
    assert (found.largest_gap, found.gap_at) == (math.inf, 1751)
    assert compare(grows, Constant(0.1), 2000, rtol=0.0).first_beyond == 1
    longer, shorter = Until(grows, 1751), Until(grows, 1750)
    assert compare(longer, shorter, 2000, rtol=1.0).first_beyond == 1751
    nothing = compare(Constant(0.0), Constant(0.1), 10)
    assert nothing.total_ratio is None
    assert str(nothing).splitlines()[-1] == "sums of the rates 0 and 1"
    assert isinstance(nothing, Comparison)


# Reasons


def nodes(explanation: Explanation) -> list[Explanation]:
    return [explanation, *(node for part in explanation.parts for node in nodes(part))]


@settings(deadline=None)
@given(schedules().flatmap(lambda s: st.tuples(st.just(s), times(s))))
def test_an_explanation_leads_from_the_rate_to_those_of_its_parts(
    drawn: tuple[Schedule, float],
) -> None:
    s, t = drawn
    found = explain(s, t)
    assert found.lr == s.lr(t)
    for node in nodes(found):
        kind = type(node.schedule).__name__
        rates = [part.lr for part in node.parts]
        assert node.lr == node.schedule.lr(node.t)
        if isinstance(node.schedule, Recipe) or kind in (
            *("Sequential", "Until", "Shift", "Staircase"),
        ):
            assert rates == [node.lr]
        elif kind in ("Maximum", "Minimum"):
            assert node.lr in rates
        elif kind == "Scale" and node.schedule.by > 0:  # type: ignore[attr-defined]
            assert node.lr == node.schedule.by * rates[0]  # type: ignore[attr-defined]
        elif kind == "Floor" and node.note.startswith("above"):
            assert rates == [node.lr]
    lines = str(found).splitlines()
    assert lines[0].startswith(f"{found.lr!r} at t = ")
    assert len(lines) >= len(nodes(found))


def test_every_kind_has_a_formula_or_stands_for_another() -> None:
    for name, kind in KINDS.items():
        if kind.__module__.startswith(HOUSE):
            assert (name in FORMULAS) != issubclass(kind, Recipe), name
    assert {name.partition(" ")[0] for name in FORMULAS} <= set(KINDS)


SUMS: dict[str, Callable[[Any, float], float]] = {
    "Linear": lambda s, t: s.base_lr + (s.final_lr - s.base_lr) * min(t / s.steps, 1),
    "Exponential": lambda s, t: s.base_lr * s.gamma ** (t / s.every),
    "PowerLaw": lambda s, t: s.base_lr * (1 + t / s.timescale) ** -s.alpha,
}
"""Formulas as they stand in an explanation, to see that they are meant literally."""


@pytest.mark.parametrize("name", SUMS)
def test_a_formula_is_meant_literally(name: str) -> None:
    s = next(s for s in EXAMPLES.values() if type(s).__name__ == name)
    for t in (0.0, 3.0, 117.5):
        values = {field: getattr(s, field) for field in s._domains} | {"t": t, "min": min}
        formula, _, rest = FORMULAS[name].partition(", with x = ")
        values["x"] = eval(rest, {}, values) if rest else 0.0
        assert eval(formula, {}, values) == pytest.approx(s.lr(t), rel=1e-12)
        assert SUMS[name](s, t) == pytest.approx(s.lr(t), rel=1e-12)


NOTES: list[tuple[Schedule, float, str]] = [
    (Linear(0, 1, 10), 2.5, "25 % of its length; 0.1 per step"),
    (Linear(0, 1, 10), 12, "ended at t = 10, holding its last rate"),
    (Linear(1, 1, 10), 5, "50 % of its length; level"),
    (Constant(0.1), 5, "level"),
    (Exponential(0.1, 0.5, every=4), 6, "the factor 0.5 to the power 1.5"),
    (Linear(0, 1, 10) >> Linear(1, 0, 40), 4, "part 1 of 2, from t = 0 to 10"),
    (
        Linear(0, 1, 10) >> Linear(1, 0, 40),
        60,
        "part 2 of 2, from t = 10, ended at 50: its clock shows 60 - 10 = 50",
    ),
    (2 * Linear(0, 1, 10), 4, "times 2"),
    (Shift(Linear(0, 1, 10), 4), 2, "its clock shows 0, waiting"),
    (Shift(Linear(0, 1, 10), 4), 6, "its clock shows 2"),
    (Until(Linear(0, 1, 10), 4), 2, "not ended before t = 4"),
    (Until(Linear(0, 1, 10), 4), 9, "ended at t = 4, holding the rate of then"),
    (Floor(Linear(1, 0, 10), 0.5), 2, "above the smallest rate, 0.5"),
    (Floor(Linear(1, 0, 10), 0.5), 5, "held at the smallest rate, 0.5"),
    (Floor(Linear(1, 0, 10), 0.5, mode="offset"), 5, "bent towards 0.5"),
    (Maximum((Constant(1), Linear(0, 4, 4))), 3, "part 2 of 2 is it"),
    (
        Staircase(Linear(1, 0, 100), 10),
        25,
        "plateau 3, since t = 20: the schedule below is held at 20",
    ),
    (
        Staircase(Linear(1, 0, 100), 10, floor="offset"),
        25,
        "plateau 3, since t = 19: the schedule below is held at 20",
    ),
    (
        Staircase(Linear(1, 0, 100), 10, floor="offset"),
        8,
        "plateau 1, since t = 0: the schedule below is held at 0",
    ),
    (
        Staircase(Linear(1, 0, 100), 0.5, floor="offset"),
        8.25,
        "plateau 19, since t = 8: the schedule below is held at 9",
    ),
    (Repeat(Linear(1, 0, 10)), 25, "cycle 3, since t = 20"),
    (Repeat(Linear(1, 0, 10), peak_mult=0.5), 25, "cycle 3, since t = 20, times 0.25"),
    (Repeat(Linear(1, 0, 10), period_mult=2), 35, "cycle 3, since t = 30"),
    (Repeat(Linear(1, 0, 10), count=2), 35, "ended after 2 cycles, at t = 20"),
    (
        CosineRestarts(0.5, 10, peak_mult=0.5),
        25,
        "cycle 3, since t = 20, 10 long, from a peak of 0.125",
    ),
    (
        PolynomialRestarts(0.5, 10, period_mult=2),
        35,
        "cycle 3, since t = 30, 40 long, from a peak of 0.5",
    ),
    (
        Cyclic(0.1, 1, up=10, down=30),
        45,
        "cycle 2, since t = 40: 50 % of the way from base_lr to peak_lr",
    ),
    (Cyclic(0.1, 1, up=10), 35, "cycle 2, since t = 20: 50 % of the way back to base_lr"),
    (
        Cyclic(0.001, 0.006, up=8, mode="triangular2"),
        20,
        "cycle 2, since t = 16: 50 % of the way up, with an amplitude of 0.5",
    ),
    (
        Cyclic(0.001, 0.006, up=8, mode="triangular2"),
        4,
        "cycle 1, since t = 0: 50 % of the way from base_lr to peak_lr",
    ),
    (
        Cyclic(0.001, 0.006, up=8, mode="exp_range", gamma=0.5, every=14),
        14,
        "cycle 1, since t = 0: 75 % of the way down, with an amplitude of 0.5",
    ),
    (Cosine(0.1, 10), 0, "0 % of its length; level"),
    (Cosine(0.1, 10, 0.1 - 1e-9), 5, "50 % of its length; -1.5708e-10 per step"),
    (PowerLaw(0.1, 2.0), 1e12, "-2e-37 per step"),
    (PiecewiseConstant((1, 2, 3), (10, 20)), 5, "values[0] of 3, until t = 10"),
    (PiecewiseConstant((1, 2, 3), (10, 20)), 10, "values[1] of 3, since t = 10, until t = 20"),
    (PiecewiseConstant((1, 2, 3), (10, 20)), 25, "values[2] of 3, since t = 20"),
    (Interpolated((10, 20), (1, 2)), 5, "before the first time, 10"),
    (Interpolated((10, 20), (1, 2)), 15, "50 % of the way from times[0] to times[1]"),
    (Interpolated((10, 20), (1, 2)), 20, "after the last time, 20"),
    (StepDecay(0.1, 0.5, 10), 5, "stands for the schedule below"),
]


@pytest.mark.parametrize(("s", "t", "note"), NOTES, ids=lambda x: "")
def test_a_note_tells_where_one_is(s: Schedule, t: float, note: str) -> None:
    assert explain(s, t).note == note


HEADERS: list[tuple[Schedule, str]] = [
    (Linear(0, 1, 8), "Linear(base_lr=0, final_lr=1, steps=8)"),
    (Linear(0, 1, 8) >> Cosine(0.1, 9), "Linear(...) >> Cosine(...)"),
    (0.25 * (2 * Linear(0, 1, 8)), "0.25 * 2 * Linear(...)"),
    (Linear(0, 1, 8) + 2 * Cosine(0.1, 9), "Linear(...) + 2 * Cosine(...)"),
    (
        Linear(0, 1, 8) * Cosine(1, 9) * Tanh(1, 9) * Linear(0, 1, 9),
        "Linear(...) * Cosine(...) * …",
    ),
    (Staircase(Cosine(0.1, 1000), 10), "Staircase(schedule=Cosine(...), …)"),
    (Maximum((Cosine(0.1, 1000), Constant(1))), "Maximum(parts=(Cosine(...), Constant(...)))"),
    (Sum((Cosine(0.1, 100000, 1e-4),)), "Sum(parts=(Cosine(...),))"),
    (
        PiecewiseConstant((0.5,) * 20, tuple(range(1, 20))),
        "PiecewiseConstant(values=(0.5, 0.5, 0.5, 0.5, 0.5, …), …)",
    ),
    (Cosine(1 / 3, 1e5 / 3, final_lr=1 / 7), "Cosine(base_lr=0.3333333333333333, …)"),
]


@pytest.mark.parametrize(("s", "header"), HEADERS, ids=lambda x: "")
def test_a_schedule_is_shortened_where_it_is_made_of_parts(s: Schedule, header: str) -> None:
    assert brief(s, 38) == header


@given(schedules())
def test_the_header_of_an_explanation_is_the_schedule_or_ends_openly(s: Schedule) -> None:
    line = str(explain(s, 1)).splitlines()[0].partition(": ")[2]
    if len(repr(s)) <= 76:
        assert line == repr(s)
    else:
        assert "(...)" in line or "…" in line
        assert line.count("(") == line.count(")")


def test_an_explanation_shows_the_way_down() -> None:
    s = Linear(0, 0.5, 10) >> (2 * StepDecay(0.25, 0.5, 20))
    assert str(explain(s, 35)).splitlines() == [
        "0.25 at t = 35: Linear(...) >> 2 * StepDecay(...)",
        "  | the part in whose time t is, on its own clock",
        "  | part 2 of 2, from t = 10 to inf: its clock shows 35 - 10 = 25",
        "  0.25 at t = 25: 2 * StepDecay(base_lr=0.25, gamma=0.5, step_size=20)",
        "    | by * schedule(t)",
        "    | times 2",
        "    0.125 at t = 25: StepDecay(base_lr=0.25, gamma=0.5, step_size=20)",
        "      | stands for the schedule below",
        "      0.125 at t = 25: Staircase(schedule=Exponential(base_lr=0.25, gamma=0.5,"
        " every=20), every=20)",
        "        | schedule(every * floor(t / every))",
        "        | plateau 2, since t = 20: the schedule below is held at 20",
        "        0.125 at t = 20: Exponential(base_lr=0.25, gamma=0.5, every=20)",
        "          | base_lr * gamma**(t / every)",
        "          | the factor 0.5 to the power 1",
    ]


def test_a_kind_of_the_user_is_explained_by_its_docstring() -> None:
    @define
    class Ours(Schedule):
        """A line of our own.

        And more about it.
        """

        base_lr: Rate

        def _formula(self, t: Num, xp: Ops) -> Num:
            return self.base_lr + 0.5 * t

    try:
        found = explain(Ours(0.1), 2)
        assert (found.formula, found.note) == ("A line of our own.", "0.5 per step")
    finally:
        del KINDS["Ours"]


def test_the_deepest_schedule_is_explained() -> None:
    s: Schedule = Constant(0.1)
    for _ in range(199):
        s = Until(s, 10)
    assert len(nodes(explain(s, 5))) == 200
    assert codes(s, 10) == []


# Bad input


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: analyse(0.1, 10),  # type: ignore[arg-type]
            TypeError,
            "analyse: schedule must be a schedule, got 0.1",
        ),
        (
            lambda: check("Constant(1)", 10),  # type: ignore[arg-type]
            TypeError,
            "check: schedule must be a schedule, got 'Constant(1)'",
        ),
        (
            lambda: compare(Constant(1), 1, 10),  # type: ignore[arg-type]
            TypeError,
            "compare: b must be a schedule, got 1",
        ),
        (
            lambda: compare(None, Constant(1), 10),  # type: ignore[arg-type]
            TypeError,
            "compare: a must be a schedule, got None",
        ),
        (
            lambda: explain(0.1, 1),  # type: ignore[arg-type]
            TypeError,
            "explain: schedule must be a schedule, got 0.1",
        ),
        (
            lambda: analyse(Constant(1), 0),
            ValueError,
            "analyse: steps must be a whole number >= 1 and <= 9.0072e+15, got 0",
        ),
        (
            lambda: analyse(Constant(1), 10.5),  # type: ignore[arg-type]
            ValueError,
            "analyse: steps must be a whole number >= 1 and <= 9.0072e+15, got 10.5",
        ),
        (
            lambda: check(Constant(1), True),
            TypeError,
            "check: steps must be a whole number >= 1 and <= 9.0072e+15, got True",
        ),
        (
            lambda: check(Constant(1), "90"),  # type: ignore[arg-type]
            TypeError,
            "check: steps must be a whole number >= 1 and <= 9.0072e+15, got '90'",
        ),
        (
            lambda: check(Constant(1), 10, min_acceptable_lr=-1),
            ValueError,
            "check: min_acceptable_lr must be a finite number >= 0, got -1",
        ),
        (
            lambda: compare(Constant(1), Constant(1), 2**33),
            ValueError,
            "compare: steps must be a whole number >= 1 and <= 4.29497e+09, got 8589934592",
        ),
        (
            lambda: compare(Constant(1), Constant(1), 10, rtol=math.nan),
            ValueError,
            "compare: rtol must be a finite number >= 0, got nan",
        ),
        (
            lambda: explain(Constant(1), -1),
            ValueError,
            "explain: t must be a finite number >= 0, got -1",
        ),
        (
            lambda: analyse(Constant(1), 10).first_below(-0.1),
            ValueError,
            "first_below: lr must be a finite number >= 0, got -0.1",
        ),
    ],
    ids=lambda x: "",
)
def test_bad_input_is_refused(
    call: Callable[[], object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        call()
    assert str(raised.value) == message


def test_numbers_of_numpy_are_numbers() -> None:
    report = analyse(Cosine(0.1, 100), np.int64(100))  # type: ignore[arg-type]
    assert report == analyse(Cosine(0.1, 100), 100)
    assert type(report.steps) is int
    assert all(type(lr) is float for _, lr in pairwise(report.lr_at[0] + report.lr_at[1]))
