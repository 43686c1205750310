"""One formula in every number system: floats, NumPy blocks, mpmath, torch, strict array API."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import array_api_strict as strict
import numpy as np
import pytest
import torch
from catalogue import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp  # type: ignore[import-untyped]
from oracle import exact
from strategies import landmarks
from systems import STRICT, in_mpmath, in_strict, in_torch

from lrcurves import Cosine, Exponential, Linear, PiecewiseConstant, Schedule, Sequential
from lrcurves._numpy import NumPy
from lrcurves._ops import FLOATS

EPS = 2.0**-52
ROUNDED = {
    EXAMPLES[name]
    for name in (
        *("geometric-down", "geometric-up", "multi-step", "warmup-exponential"),
        *("warmup-then-exponential", "wsd-exponential", "tri-stage", "noam", "range-test"),
        *("one-cycle", "one-cycle-linear", "one-cycle-three-phase", "slanted-triangular"),
        *(
            "tanh",
            "tanh-up",
            "cyclic-exp-range",
            "cosine-restarts-longer",
            "polynomial-restarts-longer",
            "inverse-time",
        ),
    )
}
"""Those that hold a number rounded when they were built: a ratio of rates, a product."""

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def points(s: Schedule) -> list[float]:
    at = {0.0, 1.0, 0.5, 3.25, 1e6, 2.0**31 - 1}
    for mark in landmarks(s):
        at |= {mark, max(mark - 1, 0), mark + 1, mark / 2, mark / 4, math.nextafter(mark, 0)}
    return sorted(at)


@every_example
def test_the_formula_without_rounding_is_the_definition(s: Schedule) -> None:
    with mp.workdps(60):
        for t in points(s):
            rate = in_mpmath(s, t)
            expected = exact(s, t)
            bound = 2 * EPS if s in ROUNDED else 1e-40
            assert abs(rate - expected) <= bound * expected


@every_example
def test_tensors_agree_with_floats(s: Schedule) -> None:
    ts = points(s)
    scalars = [s.lr(t) for t in ts]
    for rates in (in_torch(s, ts), in_strict(s, ts)):
        np.testing.assert_allclose(rates, scalars, rtol=8 * EPS, atol=1e-300)


@every_example
def test_tensors_hit_the_ends(s: Schedule) -> None:
    assert in_torch(s, [0.0])[0] == pytest.approx(s.lr(0), rel=2 * EPS, abs=0)
    if s.end < math.inf:
        last = s.lr(s.end)
        np.testing.assert_allclose(
            in_torch(s, [s.end, s.end + 1, 2.0**40]), last, rtol=4 * EPS, atol=0
        )


@every_example
def test_the_slope_is_finite_at_every_time(s: Schedule) -> None:
    ts = [t for t in points(s) if s.lr(t) < 1e300]
    t = torch.tensor(ts, dtype=torch.float64, requires_grad=True)
    s(t).sum().backward()

    assert t.grad is not None
    assert torch.isfinite(t.grad).all()


@every_example
def test_a_tensor_comes_back_as_a_tensor(s: Schedule) -> None:
    for dtype in (torch.int64, torch.int32, torch.float32, torch.float16):
        rate = s(torch.tensor([0, 5, 70], dtype=dtype))
        assert rate.dtype == torch.float32
        assert rate.tolist() == np.float32([s.lr(0), s.lr(5), s.lr(70)]).tolist()
    assert s(torch.tensor(5.0, dtype=torch.float64)).dtype == torch.float64
    assert s(torch.tensor(5)).shape == ()
    assert s(torch.nn.Parameter(torch.tensor([5.0]))).shape == (1,)


def test_in_a_tensor_a_negative_time_counts_as_0_and_nan_gives_nan() -> None:
    for s in EXAMPLES.values():
        low, nan = in_torch(s, [-5.0, math.nan])
        assert low == in_torch(s, [0.0])[0]
        assert math.isnan(nan)


@pytest.mark.parametrize("t", [torch.tensor(True), torch.tensor(1j)])
def test_a_tensor_of_something_else_is_refused(t: torch.Tensor) -> None:
    with pytest.raises(TypeError, match="t must be a tensor of ints or floats, got dtype"):
        Cosine(0.1, 9)(t)


def test_a_tensor_compiles_into_one_graph() -> None:
    s = Linear(0, 0.1, 10) >> Cosine(0.1, 90)
    compiled = torch.compile(s, fullgraph=True, backend="eager")

    for t in (0, 5, 10, 60, 100):
        assert compiled(torch.tensor(t)).item() == np.float32(s.lr(t))


def test_calling_evaluates_in_kind() -> None:
    s = Cosine(0.1, 100)

    assert s(50) == s.lr(50)
    assert isinstance(s(np.float64(50)), float)
    assert isinstance(s([0, 50]), np.ndarray)
    assert isinstance(s(np.array(50)), np.ndarray)
    assert s(range(3)).tolist() == s.lr_array(range(3)).tolist()
    for wrong in ("a", None, 1j):
        with pytest.raises(TypeError, match="t must be a number, an array or a tensor, got"):
            s(wrong)


def test_a_call_without_a_count_names_the_adapter_of_keras() -> None:
    s: Callable[..., Any] = Cosine(0.1, 100)
    for call in (s, lambda: s(None)):
        with pytest.raises(TypeError) as error:
            call()

        assert str(error.value) == (
            "t must be a number, an array or a tensor, got None: Keras calls a learning rate"
            " without a count: give it lrcurves.adapters.keras.CurveSchedule(schedule)"
        )


@given(
    st.one_of(st.integers(1, 1000).map(float), st.floats(1e-3, 1e6)),
    st.one_of(st.integers(0, 2**53).map(float), st.floats(0, 1e9)),
)
def test_stairs_are_exact_in_every_system(every: float, t: float) -> None:
    ts = [t, math.nextafter(t - math.fmod(t, every), 0), t - math.fmod(t, every), every]
    ts = [x for x in ts if x >= 0]
    whole, rest = NumPy.stairs(np.array(ts), every)
    for i, x in enumerate(ts):
        q = Fraction(x) // Fraction(every)
        r = Fraction(x) - q * Fraction(every)
        assert Fraction(float(rest[i])) == r == Fraction(FLOATS.stairs(x, every)[1])
        if q < 2**52:
            assert float(whole[i]) == q == FLOATS.stairs(x, every)[0]
            single = torch.tensor(x, dtype=torch.float64)
            assert float(torch.remainder(single, every)) == r


@pytest.mark.parametrize(
    ("name", "x"),
    [(n, x) for n in ("exp", "expm1", "sqrt", "tanh", "sin") for x in (0.0, 1e-9, 0.5, 3.0)]
    + [("exp", 1e4), ("expm1", 1e4), ("log1p", -1.0), ("log1p", 1e9)],
)
def test_the_vocabulary_means_the_same_everywhere(name: str, x: float) -> None:
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(x)
        value = getattr(STRICT, name)(strict.asarray(x, dtype=strict.float64))
    assert getattr(FLOATS, name)(x) == pytest.approx(expected, rel=2 * EPS)
    assert float(value) == pytest.approx(expected, rel=2 * EPS)


@pytest.mark.parametrize("factor", [0.3, 0.999, 1.0, 1.7, 40.0])
@pytest.mark.parametrize("every", [0.1, 1.0, 7.0, 3e9])
def test_growth_backwards_in_time_is_the_inverse(factor: float, every: float) -> None:
    t = np.linspace(0.0, 9.0, 50) * every
    there, back = NumPy().growth(factor, t, every), NumPy().growth(factor, -t, every)

    bound = 2 * 5 + 1  # of either, and of their product
    np.testing.assert_allclose(there * back, 1.0, rtol=bound * EPS)


def test_powers_of_zero() -> None:
    assert FLOATS.power(0.0, 0.5) == 0.0
    assert FLOATS.power(0.0, -1.0) == math.inf
    assert FLOATS.power(10.0, 400.0) == math.inf
    assert FLOATS.clip(5.0, 0.0, 1.0) == 1.0
    assert FLOATS.clip(-5.0, 0.0, 1.0) == 0.0
    assert FLOATS.clip(0.5, 0.0, 1.0) == 0.5


def test_a_shuffled_block_over_many_pieces() -> None:
    edges = tuple(float(i) for i in range(1, 5000))
    s = PiecewiseConstant(tuple(i / 1000 for i in range(5000)), edges)
    ts = np.random.default_rng(0).permutation(6000)

    assert (s.lr_array(ts) == np.minimum(ts, 4999) / 1000).all()
    assert [s.lr(float(t)) for t in ts[:100]] == (np.minimum(ts, 4999) / 1000)[:100].tolist()


def test_float32_output_is_the_float64_value_rounded_once() -> None:
    s = Linear(0, 0.1, 500) >> Cosine(0.1, 9500)
    ts = np.arange(20_000)
    rates = s.lr_array(ts)
    memory = np.zeros(40_000, np.float32)

    assert (s.lr_array(ts, dtype=np.float32) == rates.astype(np.float32)).all()
    assert (s.lr_array(range(20_000), dtype=np.float32) == rates.astype(np.float32)).all()
    s.lr_array(ts, out=memory[::2])
    assert (memory[::2] == rates.astype(np.float32)).all()
    assert (memory[1::2] == 0).all()
    s.lr_array(range(20_000), out=memory[1::2])
    assert (memory[1::2] == rates.astype(np.float32)).all()


def test_any_shape_and_any_layout() -> None:
    s = Cosine(0.1, 1000)
    ts = np.arange(1200.0).reshape(30, 40)
    rates = s.lr_array(ts)

    assert rates.shape == (30, 40)
    assert (s.lr_array(ts.T) == rates.T).all()
    assert (s.lr_array(ts[::-2, ::3]) == rates[::-2, ::3]).all()
    assert s.lr_array(5).shape == ()
    assert s.lr_array([]).shape == (0,)
    assert s.lr_array(np.zeros((0, 3))).shape == (0, 3)
    for dtype in (np.int8, np.uint64, np.float16, np.float32, ">f8", "<i2"):
        assert s.lr_array(np.array([0, 5, 100], dtype)).tolist() == [
            s.lr(0),
            s.lr_array(5),
            s.lr_array(100),
        ]


def test_ints_beyond_64_bits_are_times_too() -> None:
    s = Exponential(0.1, gamma=0.5, every=1e20)

    assert s.lr_array([0, 2**70]).tolist() == [s.lr(0), s.lr(2**70)]
    assert s.lr_array(range(0, 2**71, 2**70)).tolist() == [s.lr(0), s.lr(2**70)]


@pytest.mark.parametrize("ts", [range(30_000), range(29_999, -1, -1), range(5, 90_000, 3)])
@every_example
def test_a_range_has_the_bits_of_single_calls_at_its_ends_and_seams(
    s: Schedule, ts: range
) -> None:
    rates = s.lr_array(ts)

    assert (rates[0], rates[-1]) == (s.lr(ts[0]), s.lr(ts[-1]))
    if isinstance(s, Sequential):
        for seam in s._starts[1:]:
            beside = [i for i in range(len(ts)) if abs(ts[i] - seam) < abs(ts.step)]
            assert [rates[i] for i in beside] == [s.lr(ts[i]) for i in beside]


def test_the_output_may_be_the_input_or_overlap_it() -> None:
    s = Cosine(0.1, 50_000)
    expected = s.lr_array(range(50_000))
    ts = np.arange(50_000.0)

    assert s.lr_array(ts, out=ts) is ts
    assert (ts == expected).all()
    both = np.arange(50_001.0)
    s.lr_array(both[:-1], out=both[1:])
    assert (both[1:] == expected).all()


@pytest.mark.parametrize(
    ("t", "slope"), [(0.0, 0.125), (4.0, 0.125), (8.0, -0.0625), (16.0, -0.0625)]
)
def test_the_slope_at_the_start_and_at_a_seam_is_that_of_the_curve(
    t: float, slope: float
) -> None:
    time = torch.tensor(t, dtype=torch.float64, requires_grad=True)
    (Linear(0.0, 1.0, steps=8) >> Linear(1.0, 0.0, steps=16))(time).backward()

    assert time.grad is not None
    assert time.grad.item() == slope
