"""TensorFlow tensors in, TensorFlow tensors out; ``test_keras.py`` proves the sameness."""

from __future__ import annotations

import logging
import math
import os
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")  # before the import: it tells of its CPU

import numpy as np
import pytest
import tensorflow as tf
from catalogue import EXAMPLES
from strategies import landmarks

from lrcurves import Cosine, Linear, Schedule

EPS = 2.0**-52
S = Linear(0, 0.1, 10) >> Cosine(0.1, 90)

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def points(s: Schedule) -> list[float]:
    """Return 0, the seams, the ends, times beside and between them, and large ones."""
    at = {0.0, 1.0, 0.5, 3.25, 1e6, 2.0**31 - 1}
    for mark in landmarks(s):
        at |= {mark, max(mark - 1, 0), mark + 1, mark / 2, math.nextafter(mark, 0)}
    return sorted(at)


@every_example
def test_a_tensor_comes_back_as_a_tensor_of_the_default_float(s: Schedule) -> None:
    want = np.float32([s.lr(t) for t in (0, 5, 70)]).tolist()
    for dtype in (tf.int32, tf.int64, tf.uint8, tf.float32, tf.bfloat16, tf.float16):
        rate = s(tf.constant([0, 5, 70], dtype))
        assert rate.dtype == tf.float32
        assert rate.numpy().tolist() == want
    assert s(tf.constant(5)).shape == ()
    assert s(tf.constant(5.0, tf.float64)).dtype == tf.float64
    assert s(tf.Variable([[5], [70]])).numpy().tolist() == [[want[1]], [want[2]]]


@every_example
def test_float64_tensors_agree_with_floats(s: Schedule) -> None:
    ts = points(s)
    rates = s(tf.constant(ts, tf.float64))

    np.testing.assert_allclose(rates, [s.lr(t) for t in ts], rtol=8 * EPS, atol=1e-300)


@every_example
def test_the_slope_is_finite_at_every_time(s: Schedule) -> None:
    t = tf.Variable([t for t in points(s) if s.lr(t) < 1e300], dtype=tf.float64)
    with tf.GradientTape() as tape:
        rates = s(t)
    slope = tape.gradient(rates, t, unconnected_gradients=tf.UnconnectedGradients.ZERO)

    assert np.isfinite(slope.numpy()).all()


def test_the_slope_is_that_of_the_formula() -> None:
    t = tf.constant([0.5, 5.0, 9.5, 55.0, 100.0, 300.0], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(t)
        rates = S(t)
    want = [0.01] * 3 + [-0.1 * math.pi / 2 / 90, 0.0, 0.0]

    np.testing.assert_allclose(tape.gradient(rates, t), want, rtol=8 * EPS, atol=EPS)


def test_every_example_compiles_with_and_without_xla() -> None:
    schedules = list(EXAMPLES.values())[::3]
    ts = [points(s) for s in schedules]
    graph = tf.function(
        lambda given: [s(t) for s, t in zip(schedules, given, strict=True)], autograph=False
    )
    xla = tf.function(lambda given: graph(given), jit_compile=True, autograph=False)
    given = [tf.constant(t, tf.float64) for t in ts]
    for run in (graph, xla):
        for s, t, rates in zip(schedules, ts, run(given), strict=True):
            want = np.array([s.lr(x) for x in t])
            # TensorFlow makes 100 - (t + 50) into 50 - t, which rounds a fractional time less;
            # and XLA may give 0 for what is below the smallest normal number.
            rounded = np.where(t == np.floor(t), 0.0, 4 * EPS * want.max())
            apart = np.abs(rates - want)
            assert (apart <= 8 * EPS * want + rounded + 2.3e-308).all(), s


def doubled(t: Any) -> Any:
    """Call a schedule in code that AutoGraph does convert."""
    rate = S(t)
    if t < 0:
        rate = -rate
    return 2 * rate


@pytest.mark.parametrize("jit", [False, True])
@pytest.mark.parametrize("function", [S, doubled, S.__call__])
def test_autograph_has_nothing_to_say(
    function: Any, jit: bool, caplog: pytest.LogCaptureFixture
) -> None:
    logger = logging.getLogger("tensorflow")
    logger.addHandler(caplog.handler)
    compiled = tf.function(function, jit_compile=jit)
    rates = [float(compiled(tf.constant(t))) for t in (0, 5, 10, 60, 100, 2**31 - 1)]
    logger.removeHandler(caplog.handler)

    times = 2 if function is doubled else 1
    assert rates == [times * float(np.float32(S.lr(t))) for t in (0, 5, 10, 60, 100, 2**31 - 1)]
    assert not caplog.records


def test_the_log_of_autograph_is_read(caplog: pytest.LogCaptureFixture) -> None:
    """Shows that the test above can fail."""
    logger = logging.getLogger("tensorflow")
    logger.addHandler(caplog.handler)
    tf.get_logger().warning("AutoGraph could not transform it")
    logger.removeHandler(caplog.handler)

    assert len(caplog.records) >= 1


def test_a_negative_time_counts_as_0_and_nan_gives_nan() -> None:
    for s in EXAMPLES.values():
        low, first, nan = s(tf.constant([-5.0, 0.0, math.nan])).numpy()
        assert low == first
        assert math.isnan(nan)
    assert S(tf.constant(-5)).numpy() == 0.0


@pytest.mark.parametrize("t", [True, 1j, "a"])
def test_a_tensor_of_something_else_is_refused(t: Any) -> None:
    with pytest.raises(TypeError, match="t must be a tensor of ints or floats, got dtype"):
        S(tf.constant(t))


def test_an_optimizer_step_in_a_custom_loop_follows_the_schedule() -> None:
    weight, count = tf.Variable(0.0), tf.Variable(0, dtype=tf.int64)

    @tf.function(jit_compile=True)
    def step() -> None:
        weight.assign_sub(S(count))
        count.assign_add(1)

    total = np.float32(0.0)
    for t in range(120):
        step()
        total -= np.float32(S.lr(t))
        assert weight.numpy() == total
