"""A factor that falls when a metric stops improving: the rule of torch, as a pure function."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import FrozenInstanceError, asdict, replace
from functools import reduce
from itertools import accumulate
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from strategies import schedules

from lrcurves import Constant, Linear
from lrcurves.plateau import Plateau, PlateauState

EPS = 2.0**-52

NEAR = st.integers(-40, 40).map(lambda n: n / 8)
"""Few values, so that metrics are often equal, or just a threshold apart."""

FINITE = st.floats(-1e6, 1e6)


@st.composite
def plateaus(draw: st.DrawFn) -> Plateau:
    return Plateau(
        factor=draw(st.sampled_from([0.1, 0.5, 0.9, 0.25])),
        patience=draw(st.integers(0, 4)),
        threshold=draw(st.sampled_from([0.0, 1e-4, 0.125, 0.5])),
        threshold_mode=draw(st.sampled_from(["rel", "abs"])),
        mode=draw(st.sampled_from(["min", "max"])),
        cooldown=draw(st.integers(0, 3)),
        min_scale=draw(st.sampled_from([0.0, 1e-3, 0.25, 1.0])),
        eps=draw(st.sampled_from([0.0, 1e-8, 0.05, 0.3])),
    )


@st.composite
def runs(draw: st.DrawFn) -> tuple[Plateau, list[float]]:
    """Draw a rule and metrics, some of which have diverged."""
    plateau = draw(plateaus())
    bad = [math.nan, math.inf if plateau.mode == "min" else -math.inf]
    metric = st.one_of(NEAR, NEAR, FINITE, st.sampled_from(bad))
    return plateau, draw(st.lists(metric, max_size=40))


def states(plateau: Plateau, metrics: Iterable[float]) -> list[PlateauState]:
    """Return the state after each metric."""
    return list(accumulate(metrics, plateau.update, initial=plateau.initial()))[1:]


def scales(plateau: Plateau, metrics: Iterable[float]) -> list[float]:
    return [state.scale for state in states(plateau, metrics)]


def torch_rates(
    plateau: Plateau, metrics: Iterable[float], base_lr: float
) -> Iterator[tuple[float, Any]]:
    """Yield the rate after each metric, and the scheduler, of which ``min_lr`` and ``eps`` are
    rates.
    """
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=base_lr)
    given = asdict(plateau)
    given["min_lr"] = given.pop("min_scale") * base_lr
    given["eps"] *= base_lr
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, **given)
    for metric in metrics:
        scheduler.step(metric)
        yield optimizer.param_groups[0]["lr"], scheduler


# parity


@given(runs())
def test_scales_and_counts_are_those_of_torch(run: tuple[Plateau, list[float]]) -> None:
    plateau, metrics = run
    ours = states(plateau, metrics)
    theirs = torch_rates(plateau, metrics, base_lr=1.0)

    for state, (rate, scheduler) in zip(ours, theirs, strict=True):
        best = None if math.isinf(scheduler.best) else scheduler.best
        counts = (scheduler.num_bad_epochs, scheduler.cooldown_counter)
        assert (state.scale, state.best, state.bad, state.cooldown) == (rate, best, *counts)


@given(runs(), st.integers(-10, 10).map(lambda n: 2.0**n))
def test_a_least_rate_of_torch_is_a_least_scale_times_the_rate(
    run: tuple[Plateau, list[float]], base_lr: float
) -> None:
    """A power of two, because torch multiplies rates, and rounds them."""
    plateau, metrics = run
    ours = [base_lr * scale for scale in scales(plateau, metrics)]

    assert ours == [rate for rate, _ in torch_rates(plateau, metrics, base_lr)]


@given(runs(), st.floats(1e-5, 10))
def test_at_any_rate_torch_differs_by_the_rounding_of_its_rates(
    run: tuple[Plateau, list[float]], base_lr: float
) -> None:
    """With neither ``min_lr`` nor ``eps``: where rounding may decide, it is not compared."""
    plateau, metrics = replace(run[0], min_scale=0, eps=0), run[1]
    ours = [base_lr * scale for scale in scales(plateau, metrics)]
    theirs = [rate for rate, _ in torch_rates(plateau, metrics, base_lr)]

    # Each fall rounds once here and once there, the product with the rate once more.
    assert ours == pytest.approx(theirs, rel=(len(metrics) + 1) * EPS, abs=0)


def test_the_defaults_are_those_of_torch() -> None:
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=1.0)
    theirs = vars(torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer))

    for name, value in asdict(Plateau()).items():
        assert theirs["default_min_lr" if name == "min_scale" else name] == value


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")  # in Keras
@given(
    st.lists(NEAR, max_size=30),
    st.integers(1, 4),
    st.integers(0, 3),
    st.sampled_from(["min", "max"]),
    st.sampled_from([0.0, 0.25]),
)
def test_keras_counts_one_less(
    metrics: list[float], patience: int, cooldown: int, mode: str, min_lr: float
) -> None:
    import keras

    class Model:
        optimizer = keras.optimizers.SGD(1.0)

    Model.optimizer.learning_rate = 1.0
    callback = keras.callbacks.ReduceLROnPlateau(
        monitor="m",
        factor=0.5,
        patience=patience,
        mode=mode,
        min_delta=0.125,
        cooldown=cooldown,
        min_lr=min_lr,
    )
    callback.set_model(Model())  # type: ignore[no-untyped-call]
    callback.on_train_begin()  # type: ignore[no-untyped-call]
    theirs = []
    for epoch, metric in enumerate(metrics):
        callback.on_epoch_end(epoch, {"m": metric})  # type: ignore[no-untyped-call]
        theirs.append(float(Model.optimizer.learning_rate))
    ours = Plateau(
        factor=0.5,
        patience=patience - 1,
        threshold=0.125,
        threshold_mode="abs",
        mode=mode,
        cooldown=max(cooldown - 1, 0),
        min_scale=min_lr,
        eps=0,
    )

    assert scales(ours, metrics) == theirs


@pytest.mark.parametrize(("patience", "cooldown"), [(1, 0), (1, 2), (2, 1), (3, 0)])
def test_optax_counts_one_less(patience: int, cooldown: int) -> None:
    import jax
    import optax

    metrics = [3, 2, 2, 2, 1, 1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.375, 0.375, 0.375, 4, 5]
    theirs = optax.contrib.reduce_on_plateau(
        0.5, patience, rtol=0.25, cooldown=cooldown, min_scale=0.125
    )

    def step(state: Any, metric: Any) -> tuple[Any, Any]:
        _, state = theirs.update(1.0, state, value=metric)
        return state, state.scale

    _, found = jax.lax.scan(step, theirs.init(jax.numpy.float32(1)), np.float32(metrics))
    expected = found.tolist()
    ours = Plateau(
        factor=0.5,
        patience=patience - 1,
        threshold=0.25,
        cooldown=cooldown,
        min_scale=0.125,
        eps=0,
    )

    assert scales(ours, metrics) == expected
    assert min(expected) < 1


# the rule, in numbers


@pytest.mark.parametrize(
    ("plateau", "expected"),
    [
        (Plateau(0.5, patience=2), [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25]),
        (Plateau(0.5, patience=0), [1, 0.5, 0.25, 0.125, 2**-4, 2**-5, 2**-6, 2**-7]),
        (Plateau(0.5, patience=2, cooldown=2), [1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5]),
        (Plateau(0.5, patience=1, min_scale=0.4), [1, 1, 0.5, 0.5, 0.4, 0.4, 0.4, 0.4]),
        (Plateau(0.5, patience=1, eps=0.3), [1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5]),
    ],
)
def test_a_metric_that_stays_makes_the_rate_fall_after_patience_is_exceeded(
    plateau: Plateau, expected: list[float]
) -> None:
    assert scales(plateau, [1.0] * 8) == expected


@pytest.mark.parametrize(
    ("mode", "threshold_mode", "better", "same"),
    [
        ("min", "rel", 1.49, 1.5),
        ("min", "abs", 1.74, 1.75),
        ("max", "rel", 2.51, 2.5),
        ("max", "abs", 2.26, 2.25),
    ],
)
def test_an_improvement_is_more_than_the_threshold(
    mode: str, threshold_mode: str, better: float, same: float
) -> None:
    plateau = Plateau(threshold=0.25, mode=mode, threshold_mode=threshold_mode)
    state = plateau.update(plateau.initial(), 2.0)

    assert plateau.update(state, better) == replace(state, best=better)
    assert plateau.update(state, same) == replace(state, bad=1)


def test_a_metric_that_has_diverged_is_no_improvement() -> None:
    plateau = Plateau(0.5, patience=1)

    assert states(plateau, [math.nan, math.inf]) == [
        PlateauState(1.0, None, 1),
        PlateauState(0.5, None, 0),
    ]
    assert states(plateau, [3.0, math.nan, math.inf])[-1] == PlateauState(0.5, 3.0)


def test_warm_up_then_plateau() -> None:
    s = Linear(0, 0.1, 4) >> Constant(0.1)
    plateau = Plateau(0.5, patience=1)
    state, used = plateau.initial(), []
    for t, loss in enumerate([5, 4, 3, 2, 2, 2, 2, 2]):
        used.append(s.lr(t) * state.scale)
        state = plateau.update(state, loss)

    assert used == [s.lr(0), s.lr(1), s.lr(2), s.lr(3), 0.1, 0.1, 0.05, 0.05]
    assert state.scale == 0.25


@given(runs(), schedules(max_depth=2, wild=False))
def test_a_rate_never_exceeds_that_of_the_schedule(
    run: tuple[Plateau, list[float]], s: Any
) -> None:
    plateau, metrics = run

    for t, state in enumerate(states(plateau, metrics)):
        assert plateau.min_scale * s.lr(t) <= s.lr(t) * state.scale <= s.lr(t)


# states


@given(runs())
def test_a_run_resumed_from_json_at_any_point_goes_on_the_same(
    run: tuple[Plateau, list[float]],
) -> None:
    plateau, metrics = run
    whole = states(plateau, metrics)
    resumed, state = [], plateau.initial()
    for metric in metrics:
        text = json.dumps(state.to_dict(), allow_nan=False)
        state = plateau.update(PlateauState.from_dict(json.loads(text)), metric)
        resumed.append(state)

    assert resumed == whole


@given(runs())
def test_updates_are_a_fold_and_change_nothing(run: tuple[Plateau, list[float]]) -> None:
    plateau, metrics = run
    first = plateau.initial()

    assert reduce(plateau.update, metrics, first) == [first, *states(plateau, metrics)][-1]
    assert first == plateau.initial() == PlateauState()


def test_a_state_is_saved_as_plain_numbers() -> None:
    state = PlateauState(np.float32(0.5), np.float64(2), np.int64(3), np.int64(0))
    saved = state.to_dict()

    assert saved == {"scale": 0.5, "best": 2.0, "bad": 3, "cooldown": 0}
    assert [type(value) for value in saved.values()] == [float, float, int, int]


def test_further_entries_of_a_saved_state_are_left_to_their_owner() -> None:
    saved = PlateauState(0.5).to_dict() | {"t": 40}

    assert PlateauState.from_dict(saved) == PlateauState(0.5)


def test_rules_and_states_are_values() -> None:
    assert Plateau(patience=3) == Plateau(patience=np.int64(3))
    assert len({Plateau(), Plateau(), Plateau(0.5)}) == 2
    assert len({PlateauState(), PlateauState(), PlateauState(0.5)}) == 2
    assert repr(PlateauState(0.5)) == "PlateauState(scale=0.5, best=None, bad=0, cooldown=0)"
    with pytest.raises(FrozenInstanceError):
        PlateauState().scale = 0.5  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Plateau().factor = 0.5  # type: ignore[misc]


class TensorFlowTensor:
    """As much of one as is looked at."""

    shape = ()

    def numpy(self) -> Any:
        return np.float32(0.5)


@pytest.mark.parametrize(
    "metric",
    [
        0.5,
        np.float32(0.5),
        np.array(0.5),
        torch.tensor(0.5, requires_grad=True),
        TensorFlowTensor(),
    ],
)
def test_a_metric_may_be_a_tensor_of_one_number(metric: Any) -> None:
    plateau = Plateau()
    best = plateau.update(plateau.initial(), metric).best

    assert (best, type(best)) == (0.5, float)


# refusals

COUNT = "a whole number >= 0"


@pytest.mark.parametrize(
    ("fields", "error", "message"),
    [
        ({"factor": 1}, ValueError, "factor must be a finite number > 0 and < 1, got 1"),
        ({"factor": 0}, ValueError, "factor must be a finite number > 0 and < 1, got 0"),
        (
            {"factor": math.nan},
            ValueError,
            "factor must be a finite number > 0 and < 1, got nan",
        ),
        ({"factor": "x"}, TypeError, "factor must be a finite number > 0 and < 1, got 'x'"),
        ({"patience": -1}, ValueError, f"patience must be {COUNT}, got -1"),
        ({"patience": 2.5}, ValueError, f"patience must be {COUNT}, got 2.5"),
        ({"patience": True}, TypeError, f"patience must be {COUNT}, got True"),
        ({"threshold": -0.1}, ValueError, "threshold must be a finite number >= 0, got -0.1"),
        (
            {"threshold_mode": "relative"},
            ValueError,
            "threshold_mode must be 'rel' or 'abs', got 'relative'",
        ),
        ({"mode": "auto"}, ValueError, "mode must be 'min' or 'max', got 'auto'"),
        ({"cooldown": -1}, ValueError, f"cooldown must be {COUNT}, got -1"),
        (
            {"min_scale": 2},
            ValueError,
            "min_scale must be a finite number >= 0 and <= 1, got 2",
        ),
        ({"eps": math.inf}, ValueError, "eps must be a finite number >= 0, got inf"),
        (
            {"threshold": 1},
            ValueError,
            "threshold must be < 1 for mode 'min' with threshold_mode 'rel', got 1.0: no metric"
            " >= 0 could improve by that share; use threshold_mode='abs'",
        ),
    ],
)
def test_bad_rules_are_refused(
    fields: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        Plateau(**fields)

    assert str(raised.value) == f"Plateau.{message}"


def test_a_large_threshold_is_fine_where_it_can_be_met() -> None:
    assert Plateau(threshold=1, mode="max").threshold == 1
    assert Plateau(threshold=1, threshold_mode="abs").threshold == 1


@pytest.mark.parametrize(
    ("saved", "error", "message"),
    [
        (None, TypeError, "state must be a dictionary, got None"),
        (
            {"scale": 1.0},
            ValueError,
            "state['best'] is missing, only 'scale' there: something else wrote this",
        ),
        (
            {"scale": 2, "best": None, "bad": 0, "cooldown": 0},
            ValueError,
            "PlateauState.scale must be a finite number >= 0 and <= 1, got 2",
        ),
        (
            {"scale": 1, "best": math.inf, "bad": 0, "cooldown": 0},
            ValueError,
            "PlateauState.best must be None or a finite number, got inf",
        ),
        (
            {"scale": 1, "best": None, "bad": 0.5, "cooldown": 0},
            ValueError,
            f"PlateauState.bad must be {COUNT}, got 0.5",
        ),
        (
            {"scale": 1, "best": None, "bad": 0, "cooldown": None},
            TypeError,
            f"PlateauState.cooldown must be {COUNT}, got None",
        ),
    ],
)
def test_bad_states_are_refused(saved: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        PlateauState.from_dict(saved)

    assert str(raised.value) == message


@pytest.mark.parametrize(
    ("mode", "state", "metric", "error", "message"),
    [
        (
            "min",
            {"scale": 1},
            1.0,
            TypeError,
            "state must be a PlateauState, got {'scale': 1}: plateau.initial() is the first"
            " one, PlateauState.from_dict(...) a saved one",
        ),
        ("min", PlateauState(), "1", TypeError, "metric must be a number, got '1'"),
        ("min", PlateauState(), None, TypeError, "metric must be a number, got None"),
        ("min", PlateauState(), True, TypeError, "metric must be a number, got True"),
        ("min", PlateauState(), np.array(True), TypeError, "metric must be a number, got True"),
        (
            "min",
            PlateauState(),
            np.array([1.0]),
            TypeError,
            "metric must be a number, got array([1.])",
        ),
        (
            "min",
            PlateauState(),
            10**400,
            ValueError,
            "metric must be a number, got a number too large for a float",
        ),
        (
            "min",
            PlateauState(),
            -math.inf,
            ValueError,
            "metric must not be -inf in mode 'min': no other could improve on it",
        ),
        (
            "max",
            PlateauState(),
            math.inf,
            ValueError,
            "metric must not be inf in mode 'max': no other could improve on it",
        ),
    ],
)
def test_bad_updates_are_refused(
    mode: str, state: Any, metric: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as raised:
        Plateau(mode=mode).update(state, metric)

    assert str(raised.value) == f"Plateau.update: {message}"
