"""What Keras does with schedules, on the backend that KERAS_BACKEND names.

``test_keras.py`` runs this file once for each backend, each in a process of its own. By itself:
``KERAS_BACKEND=jax python -m pytest tests/adapters/keras_cases.py``. With ``ALL_ROWS=1`` the
proof of sameness takes every row on every backend, which takes minutes.
"""

from __future__ import annotations

import copy
import doctest
import json
import os
import pickle
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from catalogue import EXAMPLES
from keras import ops
from sameness import LENGTHS, Row, rows
from strategies import landmarks

import lrcurves.adapters.keras as adapter
from lrcurves import Constant, Cosine, Cyclic, Exponential, Linear, Schedule, define
from lrcurves.adapters.keras import CurveCallback, CurveSchedule
from lrcurves.schedule import Num, Ops, Rate, Steps, remaining
from lrcurves.serial import to_dict

BACKEND = keras.config.backend()
XLA = {"jax": [True], "torch": ["auto"], "tensorflow": [False, True]}[BACKEND]
"""What ``jit_compile`` can be; to torch, where "auto" means no, it is ``torch.compile``."""

S = Linear(0, 0.1, 5) >> Cosine(0.1, 15)
LONG = Exponential(0.1, gamma=0.5, every=10**8) * (
    Linear(0, 1, 10**6) >> Cosine(1.0, 10**9 - 10**6)
)
NAME = "lrcurves>CurveSchedule"
STEPS = 24

# Keras itself does so where it saves a variable or reads the rate in a callback.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")


@pytest.fixture(autouse=True)
def same_start() -> None:
    keras.utils.set_random_seed(0)


def want(s: Schedule, ts: Sequence[int]) -> list[float]:
    return [float(np.float32(s.lr(t))) for t in ts]


def number(value: Any) -> float:
    return float(numbers(value))


def numbers(value: Any) -> np.ndarray[Any, Any]:
    tensor = ops.convert_to_tensor(value)
    if keras.backend.standardize_dtype(tensor.dtype) == "bfloat16":
        tensor = ops.cast(tensor, "float32")
    return np.asarray(ops.convert_to_numpy(tensor))


def weights(model: Any) -> list[np.ndarray[Any, Any]]:
    return [numbers(v) for v in (*model.variables, *model.optimizer.variables)]


def assert_same(a: Any, b: Any) -> None:
    """Compare two models with their optimizers, bit by bit."""
    for one, other in zip(weights(a), weights(b), strict=True):
        np.testing.assert_array_equal(one, other)


def ledger(optimizer: Any, size: int = STEPS, **options: Any) -> Any:
    """Return a model of which update number t adds the rate to weight number t, from 0."""
    model = keras.Sequential(
        [
            keras.Input((size,)),
            keras.layers.Dense(1, use_bias=False, kernel_initializer="zeros"),
        ]
    )
    model.compile(optimizer, loss=lambda _, given: -ops.mean(given), **options)
    return model


def written(model: Any) -> list[float]:
    return [float(x) for x in numbers(model.trainable_variables[0])[:, 0]]


def feed(model: Any, first: int, last: int, **options: Any) -> Any:
    size = model.input_shape[1]
    x, y = np.eye(size, dtype="float32")[first:last], np.zeros((last - first, 1), "float32")
    return model.fit(x, y, batch_size=1, shuffle=False, verbose=0, **options)


def recording(kind: Any, size: int = STEPS) -> Any:
    """Return a kind of optimizer that notes the rate of each update, inside compiled code."""

    class Recording(kind):  # type: ignore[misc]
        def build(self, variables: Any) -> None:
            super().build(variables)
            self.used = self.add_variable((size,), dtype="float32", name="used")

        def _backend_update_step(self, grads: Any, variables: Any, rate: Any) -> None:
            assert keras.backend.standardize_dtype(rate.dtype) == "float32"
            at = ops.equal(ops.arange(size), ops.cast(self.iterations, "int32"))
            self.used.assign(ops.where(at, *map(ops.convert_to_tensor, (rate, self.used))))
            super()._backend_update_step(grads, variables, rate)

    return Recording


def network(optimizer: Any, **options: Any) -> Any:
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, "tanh"), keras.layers.Dense(1)]
    )
    model.compile(optimizer, loss="mse", **options)
    model.optimizer.build(model.trainable_variables)  # Keras loads no other
    return model


def train(model: Any, epochs: int, **options: Any) -> Any:
    """Train by 4 updates an epoch."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(8, 4)).astype("float32")
    given = {"batch_size": 2, "shuffle": False, "verbose": 0} | options
    return model.fit(x, x[:, :1] * 2, epochs=epochs, **given)


# -- the rate ------------------------------------------------------------------------------


@pytest.mark.parametrize("jit", XLA)
def test_a_fit_uses_the_rate_of_every_update(jit: Any) -> None:
    model = ledger(keras.optimizers.SGD(CurveSchedule(S)), jit_compile=jit)
    feed(model, 0, STEPS)

    assert written(model) == want(S, range(STEPS))
    assert number(model.optimizer.learning_rate) == 0.0


@pytest.mark.parametrize("first", [10**6 - 12, 10**9 - 12, 2**31 - 1 - STEPS])
def test_a_fit_uses_the_exact_rate_after_a_billion_updates(first: int) -> None:
    model = ledger(keras.optimizers.SGD(CurveSchedule(LONG)))
    model.optimizer.iterations.assign(first)
    feed(model, 0, STEPS)

    assert written(model) == want(LONG, range(first, first + STEPS))


def test_keras_counts_in_the_ints_that_we_test() -> None:
    counts = keras.optimizers.SGD(CurveSchedule(S)).iterations

    assert isinstance(counts, keras.Variable)
    assert counts.dtype == {"jax": "int32", "torch": "int32", "tensorflow": "int64"}[BACKEND]


def test_the_rate_can_be_read_outside_of_fit() -> None:
    optimizer = keras.optimizers.SGD(CurveSchedule(LONG))
    for t in (0, 7, 10**6, 123_456_789, 10**9):
        optimizer.iterations.assign(t)
        assert number(optimizer.learning_rate) == want(LONG, [t])[0]


@pytest.mark.parametrize("every", [1, 3])
def test_every_kind_of_count_is_taken(every: int) -> None:
    rate = CurveSchedule(S, every=every)
    kinds: list[Any] = [int, float, np.int64, np.int32, np.float64, np.array]
    kinds.append(lambda t: keras.Variable(t, dtype="int32", trainable=False))
    ints = ("int32", "uint8") if BACKEND == "jax" else ("int32", "int64", "uint8")
    floats = () if every > 1 else ("float32", "bfloat16")
    kinds += [lambda t, d=d: ops.cast(t, d) for d in (*ints, *floats)]
    for make in kinds:
        for t in (0, 1, 4, 5, 13, 20, 60):
            got = rate(make(t))
            assert ops.is_tensor(got)
            assert keras.backend.standardize_dtype(got.dtype) == "float32"
            assert got.shape == ()
            assert number(got) == want(S, [t // every])[0]


def test_several_counts_have_several_rates() -> None:
    got = CurveSchedule(S)(ops.arange(6, dtype="int32"))

    assert numbers(got).tolist() == want(S, range(6))


def test_in_a_tensor_a_negative_count_is_0_and_nan_gives_nan() -> None:
    rate = CurveSchedule(Cosine(0.1, 10))

    assert number(rate(ops.convert_to_tensor(-5))) == want(Constant(0.1), [0])[0]
    assert np.isnan(number(rate(ops.convert_to_tensor(np.float32("nan")))))
    with pytest.raises(ValueError, match="t must be a finite number >= 0, got -5"):
        rate(-5)


def test_a_count_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="t must be a tensor of ints or floats, got dtype"):
        CurveSchedule(S)(ops.convert_to_tensor(True))
    with pytest.raises(TypeError, match=r"step must hold ints if every > 1, got dtype .*float"):
        CurveSchedule(S, every=2)(ops.convert_to_tensor(3.0))
    with pytest.raises(TypeError, match="t must be a number, an array or a tensor, got 'a'"):
        CurveSchedule(S)("a")


def test_updates_are_counted_exactly_up_to_the_last_count() -> None:
    line = Linear(1.0, 0.0, 2**31)
    sizes = (3, 41, 49, 98, 103, 107, 161, 10**9)
    rates = [CurveSchedule(line, every=k) for k in sizes]
    near = {2**31 // k * k + i for k in sizes for i in (-k - 1, -k, -1, 0, 1)}
    near |= {i * k - j for k in sizes for i in (1, 7) for j in (0, 1)}
    ts = sorted(t for t in near if 0 <= t < 2**31)
    run = compiled(lambda counts: [rate(counts) for rate in rates])

    for k, got in zip(sizes, run(ops.array(ts, dtype="int32")), strict=True):
        assert numbers(got).tolist() == want(line, [t // k for t in ts])


@pytest.fixture
def floatx(request: pytest.FixtureRequest) -> Iterator[str]:
    with ExitStack() as stack:
        if BACKEND == "jax" and request.param == "float64":
            import jax

            stack.enter_context(jax.enable_x64(True))
        keras.config.set_floatx(request.param)
        yield request.param
        keras.config.set_floatx("float32")


@pytest.mark.parametrize("floatx", ["float16", "bfloat16", "float32", "float64"], indirect=True)
def test_the_rate_has_the_type_of_keras(floatx: str) -> None:
    optimizer = keras.optimizers.SGD(CurveSchedule(S))
    for t in (0, 3, 7, 11):
        optimizer.iterations.assign(t)
        for got in (optimizer.learning_rate, CurveSchedule(S)(t)):
            assert keras.backend.standardize_dtype(got.dtype) == floatx
            want = number(ops.cast(np.float64(S.lr(t)), floatx))
            assert number(got) == pytest.approx(want, rel=4 * 2.0**-52, abs=0)


# -- the same everywhere -------------------------------------------------------------------


def compiled(function: Any, **options: Any) -> Any:
    """Return a function as this backend compiles it."""
    if BACKEND == "jax":
        import jax

        return jax.jit(function)
    if BACKEND == "tensorflow":
        import tensorflow as tf

        return tf.function(function, autograph=False, **options)
    return function


def chosen() -> list[Row]:
    """Return the rows to compare: one for each example and as many of each length, or all."""
    every = rows()
    if BACKEND == "torch" or os.environ.get("ALL_ROWS"):
        return list(every)
    order = {name: i for i, name in enumerate(EXAMPLES)}
    return [row for row in every if (order[row.name] + LENGTHS.index(row.length)) % 5 == 0]


def without_seams(row: Row, rates: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Return rates, less what is promised of seams at fractional times, where there are some.

    TensorFlow's graphs reorder sums with constants, so that such a seam lies elsewhere in its
    last digit; the promise there is 4 eps of the peak.
    """
    want = np.float32(row.rates)
    if all(mark.is_integer() for mark in landmarks(row.schedule)):
        return rates
    return np.where(np.abs(rates - want) <= 4 * 2.0**-52 * want.max(), want, rates)


@pytest.mark.parametrize(
    "xla", [False, True] if BACKEND == "tensorflow" else [BACKEND == "jax"]
)
def test_every_schedule_has_the_same_rates_here(
    xla: bool, record_property: Any, traced: dict[int, Any]
) -> None:
    values = neighbours = 0
    these = chosen()
    for i in range(0, len(these), 52):  # many at once: each compilation has its price
        part = these[i : i + 52]
        ints = "int64" if BACKEND == "tensorflow" else "int32"  # as Keras counts there
        counts = [ops.array(row.counts, ints) for row in part]
        if i not in traced:
            curves = [CurveSchedule(row.schedule) for row in part]
            traced[i] = compiled(
                lambda ts, fs=curves: [f(t) for f, t in zip(fs, ts, strict=True)]
            )
        run = traced[i]
        if BACKEND == "tensorflow" and xla:
            run = compiled(lambda ts, graph=run: graph(ts), jit_compile=True)
        for row, got in zip(part, run(counts), strict=True):
            rates = numbers(got)
            if BACKEND == "tensorflow" and not xla:
                rates = without_seams(row, rates)
            neighbours += row.neighbours(rates)
            values += len(row.counts)

    record_property("values", f"{len(these)} rows, {values} values, {neighbours} neighbours")
    assert {row.name for row in these} == set(EXAMPLES)
    assert {row.length for row in these} == set(LENGTHS)
    assert values > 2000


@pytest.fixture(scope="module")
def traced() -> dict[int, Any]:
    """Keep what has been traced: TensorFlow compiles the same graphs with XLA."""
    return {}


# -- optimizers ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        ("SGD", "float32"),
        ("AdamW", "float32"),
        ("AdamW", "mixed_bfloat16"),
        ("scaled", "mixed_bfloat16"),
    ],
)
def test_optimizers_use_the_rate_of_every_update(name: str, policy: str) -> None:
    rate = CurveSchedule(S)
    if name == "SGD":
        inner = recording(keras.optimizers.SGD)(rate, momentum=0.9, weight_decay=0.01)
    else:
        inner = recording(keras.optimizers.AdamW)(rate, weight_decay=0.01)
    scaled = keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0)
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        model = network(scaled if name == "scaled" else inner)
        train(model, 6)
    finally:
        keras.config.set_dtype_policy(before)

    assert {v.dtype for v in model.trainable_variables} == {"float32"}
    assert numbers(inner.used).tolist() == want(S, range(24))
    assert number(model.optimizer.learning_rate) == want(S, [24])[0]
    assert all(np.isfinite(value).all() for value in weights(model))


def test_a_step_that_the_loss_scale_skips_does_not_count() -> None:
    inner = recording(keras.optimizers.SGD)(CurveSchedule(S))
    model = ledger(keras.optimizers.LossScaleOptimizer(inner, initial_scale=4.0), size=6)
    x = np.eye(6, dtype="float32")
    x[2] = np.inf
    model.fit(x, np.zeros((6, 1)), batch_size=1, shuffle=False, verbose=0)

    assert int(number(model.optimizer.iterations)) == 5
    assert numbers(inner.used).tolist()[:6] == [*want(S, range(5)), 0.0]


def test_weight_decay_follows_the_rate() -> None:
    optimizer = keras.optimizers.SGD(CurveSchedule(Linear(0.5, 0, 4)), weight_decay=0.5)
    weight = keras.Variable([1.0])
    optimizer.build([weight])
    expected = 1.0
    for t in range(6):
        optimizer.apply([ops.zeros((1,))])
        expected *= 1 - 0.5 * max(0.5 - t / 8, 0.0)

        assert number(weight[0]) == pytest.approx(expected, rel=6 * 2.0**-23)


def test_pure_bfloat16_weights_train_at_the_rate_rounded_by_keras() -> None:
    weight = keras.Variable([0.0], dtype="bfloat16")
    optimizer = keras.optimizers.SGD(CurveSchedule(Cosine(0.037, 100)))
    optimizer.build([weight])
    optimizer.apply([ops.cast([-1.0], "bfloat16")])

    assert number(weight[0]) == number(ops.cast(np.float32(0.037), "bfloat16")) != 0.037
    assert optimizer.learning_rate.dtype == CurveSchedule(S)(0).dtype


@pytest.mark.parametrize("kind", ["SGD", "AdamW"])
def test_accumulated_batches_count_as_one_update_with_every(kind: str) -> None:
    k = 3
    optimizer = recording(getattr(keras.optimizers, kind))(
        CurveSchedule(S, every=k), gradient_accumulation_steps=k
    )
    model = network(optimizer)
    train(model, 12)

    assert int(number(optimizer.iterations)) == 48 // k
    assert numbers(optimizer.used).tolist()[: 48 // k] == want(S, range(48 // k))


def test_without_every_keras_counts_batches_and_the_schedule_runs_too_fast() -> None:
    optimizer = recording(keras.optimizers.SGD)(CurveSchedule(S), gradient_accumulation_steps=3)
    train(network(optimizer), 6)

    assert numbers(optimizer.used).tolist()[:8] == want(S, range(2, 24, 3))


def test_a_bare_schedule_is_called_without_a_count_by_keras() -> None:
    optimizer = keras.optimizers.SGD(S)

    with pytest.raises(TypeError, match=r"give it lrcurves\.adapters\.keras\.CurveSchedule"):
        float(optimizer.learning_rate)


def test_keras_refuses_to_change_the_rate_of_a_schedule() -> None:
    model = network(keras.optimizers.SGD(CurveSchedule(S)))

    with pytest.raises(TypeError, match="its learning rate is not settable"):
        model.optimizer.learning_rate = 0.1
    with pytest.raises(TypeError, match="its learning rate is not settable"):
        train(model, 1, callbacks=[keras.callbacks.LearningRateScheduler(lambda _: 0.1)])


# -- saving --------------------------------------------------------------------------------


def adamw(s: Schedule = S) -> Any:
    return keras.optimizers.AdamW(CurveSchedule(s), weight_decay=0.01)


def through_a_file(model: Any, folder: Path, **options: Any) -> Any:
    path = folder / "model.keras"
    model.save(path)
    return keras.saving.load_model(path, **options)


def test_a_saved_model_resumes_bit_for_bit(tmp_path: Path) -> None:
    straight = network(adamw())
    losses = train(straight, 5).history["loss"]
    model = network(adamw())
    train(model, 2)
    again = through_a_file(model, tmp_path)

    assert again.optimizer._learning_rate.schedule == S
    assert_same(again, model)
    assert number(again.optimizer.learning_rate) == want(S, [8])[0]
    assert train(again, 5, initial_epoch=2).history["loss"] == losses[2:]
    assert_same(again, straight)


def test_the_rates_after_a_resume_are_those_of_the_schedule(tmp_path: Path) -> None:
    model = ledger(keras.optimizers.SGD(CurveSchedule(S)))
    model.compile(model.optimizer, loss="mae")  # a loss that can be saved; its slope is 1
    x, y = np.eye(STEPS, dtype="float32"), np.ones((STEPS, 1), "float32")
    model.fit(x[:9], y[:9], batch_size=1, shuffle=False, verbose=0)
    again = through_a_file(model, tmp_path)
    again.fit(x[9:], y[9:], batch_size=1, shuffle=False, verbose=0, initial_epoch=0)

    assert written(again) == want(S, range(STEPS))


def test_initial_epoch_continues_from_the_count_of_the_optimizer() -> None:
    optimizer = recording(keras.optimizers.SGD)(CurveSchedule(S))
    model = network(optimizer)
    train(model, 2)
    train(model, 5, initial_epoch=2)

    assert int(number(optimizer.iterations)) == 20
    assert numbers(optimizer.used).tolist()[:20] == want(S, range(20))


@pytest.fixture
def unregistered() -> Iterator[None]:
    """Make Keras forget our class, as where nothing has imported the adapter."""
    registry = keras.saving.get_custom_objects()
    kept = registry.pop(NAME)
    yield
    registry[NAME] = kept


def test_loading_needs_our_class_by_its_full_name(tmp_path: Path, unregistered: None) -> None:
    model = network(adamw())
    path = tmp_path / "model.keras"
    model.save(path)

    with pytest.raises(TypeError, match="Could not locate class 'CurveSchedule'"):
        keras.saving.load_model(path)
    with pytest.raises(TypeError, match="Could not locate class 'CurveSchedule'"):
        keras.saving.load_model(path, custom_objects={"CurveSchedule": CurveSchedule})
    assert_same(keras.saving.load_model(path, custom_objects={NAME: CurveSchedule}), model)
    bare = keras.saving.load_model(path, compile=False)
    for one, other in zip(bare.variables, model.variables, strict=True):
        np.testing.assert_array_equal(numbers(one), numbers(other))


def test_a_model_trained_with_every_is_saved_with_it(tmp_path: Path) -> None:
    rate = CurveSchedule(S, every=2)
    model = network(keras.optimizers.SGD(rate, gradient_accumulation_steps=2))

    assert through_a_file(model, tmp_path).optimizer._learning_rate.every == 2


def test_a_schedule_of_ones_own_is_saved(tmp_path: Path) -> None:
    @define
    class KerasCasesSquare(Schedule):
        base_lr: Rate
        steps: Steps

        def _formula(self, t: Num, xp: Ops) -> Num:
            left = remaining(t, self.steps, xp) / self.steps
            return self.base_lr * (left * left)

    own = KerasCasesSquare(0.1, steps=9)
    model = network(keras.optimizers.SGD(CurveSchedule(own)))
    model.optimizer.iterations.assign(4)
    again = through_a_file(model, tmp_path)

    assert again.optimizer._learning_rate.schedule == own
    assert number(again.optimizer.learning_rate) == want(own, [4])[0]


@pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)
def test_the_config_is_plain_data_that_reads_back(s: Schedule) -> None:
    rate = CurveSchedule(s, every=4)
    plain = json.loads(json.dumps(rate.get_config(), allow_nan=False))

    assert plain == rate.get_config() == {"schedule": to_dict(s), "every": 4}
    keras_data = keras.saving.serialize_keras_object(rate)
    assert keras_data["registered_name"] == NAME
    for twin in (
        CurveSchedule.from_config(plain),
        keras.saving.deserialize_keras_object(json.loads(json.dumps(keras_data))),
        keras.optimizers.schedules.deserialize(keras.optimizers.schedules.serialize(rate)),
        copy.deepcopy(rate),
        pickle.loads(pickle.dumps(rate)),
    ):
        assert (twin.schedule, twin.every) == (s, 4)


def test_optimizers_and_models_are_cloned_with_their_schedule() -> None:
    model = network(adamw())
    optimizer = model.optimizer
    twins = [
        type(optimizer).from_config(optimizer.get_config()),
        keras.optimizers.deserialize(keras.optimizers.serialize(optimizer)),
        copy.deepcopy(adamw()),  # Keras copies none that is built
    ]
    clone = keras.models.clone_model(model)
    clone.compile_from_config(model.get_compile_config())
    for twin in (*twins, clone.optimizer):
        assert twin is not optimizer
        assert twin._learning_rate.schedule == S


def without(data: dict[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != key}


GOOD = {"schedule": {"format": 1, "type": "Cosine", "base_lr": 0.1, "steps": 9}, "every": 1}


@pytest.mark.parametrize(
    ("config", "error", "message"),
    [
        ({}, ValueError, r"config\['schedule'\] is missing"),
        ({"schedule": 0.1}, TypeError, r"config\['schedule'\]: \$ must be a dictionary with a"),
        (
            GOOD | {"schedule": without(GOOD["schedule"], "steps")},  # type: ignore[arg-type]
            ValueError,
            r"^config\['schedule'\]: \$\.steps is missing: Cosine needs it",
        ),
        (
            GOOD | {"schedule": GOOD["schedule"] | {"steps": 0}},  # type: ignore[operator]
            ValueError,
            r"^config\['schedule'\]: \$\.steps must be a finite number > 0, got 0",
        ),
        (
            GOOD | {"schedule": GOOD["schedule"] | {"type": "Cosin"}},  # type: ignore[operator]
            ValueError,
            r"^config\['schedule'\]: \$\.type must be .* did you mean Cosine\?",
        ),
        (GOOD | {"every": 0}, ValueError, r"^CurveSchedule\.every must be a whole number >= 1"),
        (GOOD | {"evry": 1}, TypeError, "evry"),
    ],
)
def test_a_mutilated_config_is_refused_with_the_place_of_the_fault(
    config: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CurveSchedule.from_config(config)
    data = keras.saving.serialize_keras_object(CurveSchedule(S)) | {"config": config}
    with pytest.raises(error, match=message):
        keras.saving.deserialize_keras_object(data)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0.1,), TypeError, r"^CurveSchedule\.schedule must be a schedule, got 0\.1$"),
        ((S, 0), ValueError, r"^CurveSchedule\.every must be a whole number >= 1 .*, got 0$"),
        ((S, 1.5), ValueError, r"^CurveSchedule\.every must be a whole number .*, got 1\.5$"),
        ((S, 2**31), ValueError, r"^CurveSchedule\.every must be a whole number .* <= 1e\+09"),
        ((S, True), TypeError, r"^CurveSchedule\.every must be a whole number .*, got True"),
        ((S, "2"), TypeError, r"^CurveSchedule\.every must be a whole number .*, got '2'"),
    ],
)
def test_a_wrong_argument_is_refused_by_name(
    arguments: tuple[Any, ...], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        CurveSchedule(*arguments)


# -- stopping and going on -----------------------------------------------------------------


class Crash(keras.callbacks.Callback):  # type: ignore[misc]
    """A machine that goes down at the end of an epoch."""

    def __init__(self, epoch: int) -> None:
        super().__init__()
        self.epoch = epoch

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        if epoch == self.epoch:
            raise InterruptedError


def test_backup_and_restore_goes_on_bit_for_bit(tmp_path: Path) -> None:
    def backup() -> Any:
        return keras.callbacks.BackupAndRestore(tmp_path / "backup")

    straight = network(adamw())
    train(straight, 5)
    with pytest.raises(InterruptedError):
        train(network(adamw()), 5, callbacks=[backup(), Crash(2)])
    again = network(adamw())
    history = train(again, 5, callbacks=[backup()])

    assert history.epoch == [3, 4]
    assert_same(again, straight)
    assert number(again.optimizer.learning_rate) == want(S, [20])[0]


def test_early_stopping_keeps_the_count_of_the_optimizer() -> None:
    s = Constant(0.01) + Cyclic(0.5, peak_lr=2.0, up=4)  # diverges soon
    model = network(keras.optimizers.SGD(CurveSchedule(s)))
    stop = keras.callbacks.EarlyStopping("loss", patience=1, restore_best_weights=True)
    epochs = len(train(model, 20, callbacks=[stop]).epoch)

    assert epochs < 20
    assert int(number(model.optimizer.iterations)) == 4 * epochs
    assert number(model.optimizer.learning_rate) == want(s, [4 * epochs])[0]


# -- the callback --------------------------------------------------------------------------


@pytest.mark.parametrize("jit", XLA)
def test_the_callback_sets_the_rate_of_every_update(jit: Any) -> None:
    model = ledger(keras.optimizers.SGD(1.0), jit_compile=jit)
    history = feed(model, 0, STEPS, callbacks=[CurveCallback(S)])

    assert written(model) == want(S, range(STEPS))
    assert history.history["learning_rate"] == want(S, [STEPS - 1])


def test_a_loop_of_its_own_may_end_an_epoch_without_logs() -> None:
    model, callback, logs = network(keras.optimizers.SGD(1.0)), CurveCallback(S), {"loss": 1.0}
    callback.set_model(model)
    callback.on_train_begin()
    callback.on_train_batch_begin(0)

    callback.on_epoch_end(0)
    callback.on_epoch_end(0, logs)
    assert logs == {"loss": 1.0, "learning_rate": want(S, [0])[0]}


def test_history_has_the_rate_of_the_last_update_of_each_epoch() -> None:
    called = network(keras.optimizers.SGD(1.0))
    scheduled = network(keras.optimizers.SGD(CurveSchedule(S)))
    history = train(called, 5, callbacks=[CurveCallback(S)]).history

    assert history["learning_rate"] == want(S, [3, 7, 11, 15, 19])
    assert "learning_rate" not in train(scheduled, 5).history
    for one, other in zip(called.variables, scheduled.variables, strict=True):
        np.testing.assert_allclose(numbers(one), numbers(other), rtol=20 * 2.0**-23)


@pytest.mark.parametrize("callback", [False, True])
def test_the_schedule_alone_does_not_mind_several_steps_in_one_execution(
    callback: bool,
) -> None:
    rate = 1.0 if callback else CurveSchedule(S)
    callbacks = [CurveCallback(S)] if callback else []
    model = ledger(keras.optimizers.SGD(rate), size=20, steps_per_execution=5)
    if BACKEND == "torch":
        with pytest.raises(ValueError, match="must be 1 with the PyTorch backend"):
            feed(model, 0, 20, callbacks=callbacks)
        return
    feed(model, 0, 20, callbacks=callbacks)

    assert written(model) == want(S, [t - t % 5 if callback else t for t in range(20)])


def test_the_callback_counts_updates_under_accumulation_and_loss_scaling() -> None:
    inner = recording(keras.optimizers.SGD)(1.0, gradient_accumulation_steps=2)
    model = network(keras.optimizers.LossScaleOptimizer(inner, initial_scale=2.0))
    train(model, 5, callbacks=[CurveCallback(S)])

    assert numbers(inner.used).tolist()[:10] == want(S, range(10))


def test_the_callback_goes_on_where_the_optimizer_stands(tmp_path: Path) -> None:
    model = network(keras.optimizers.AdamW(1.0))
    train(model, 2, callbacks=[CurveCallback(S)])
    again = through_a_file(model, tmp_path)
    history = train(again, 4, initial_epoch=2, callbacks=[CurveCallback(S)])
    straight = network(keras.optimizers.AdamW(1.0))
    train(straight, 4, callbacks=[CurveCallback(S)])

    assert history.history["learning_rate"] == want(S, [11, 15])
    assert_same(again, straight)


@pytest.mark.parametrize("k", [None, 2])
def test_with_a_fresh_optimizer_the_callback_begins_at_the_initial_epoch(k: int | None) -> None:
    model = network(keras.optimizers.SGD(1.0, gradient_accumulation_steps=k))
    rate = CurveCallback(S)
    first = train(model, 4, initial_epoch=3, callbacks=[rate]).history["learning_rate"]
    then = train(model, 5, initial_epoch=4, callbacks=[rate]).history["learning_rate"]

    assert [*first, *then] == want(S, [t // (k or 1) for t in (15, 19)])


@pytest.mark.parametrize("ours_is_first", [False, True])
def test_a_plateau_scales_all_that_follows(ours_is_first: bool) -> None:
    model, rate = ledger(keras.optimizers.SGD(1.0), size=8), CurveCallback(S)
    # Nothing counts as better than the first epoch: halved after the second one.
    plateau = keras.callbacks.ReduceLROnPlateau("val_loss", 0.5, patience=1, min_delta=1e9)
    callbacks = [rate, plateau] if ours_is_first else [plateau, rate]
    x, y = np.eye(8, dtype="float32"), np.zeros((8, 1), "float32")
    given = {"batch_size": 1, "shuffle": False, "verbose": 0, "epochs": 3}
    model.fit(x, y, validation_data=(x, y), callbacks=callbacks, **given)

    assert rate.scale == 0.5
    used = [np.float32(S.lr(t) * (1.0 if t < 16 else 0.5)) for t in range(24)]
    assert written(model) == [
        float(a + b + c) for a, b, c in zip(*np.split(np.array(used), 3), strict=True)
    ]


def test_a_change_by_hand_scales_all_that_follows() -> None:
    class Halve(keras.callbacks.Callback):  # type: ignore[misc]
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if batch in (7, 9):
                optimizer = self.model.optimizer
                optimizer.learning_rate = number(optimizer.learning_rate) / 2

    model = ledger(keras.optimizers.SGD(1.0))
    rate = CurveCallback(S)
    feed(model, 0, STEPS, callbacks=[rate, Halve()])

    factors = [1.0] * 8 + [0.5] * 2 + [0.25] * (STEPS - 10)
    expected = [float(np.float32(f * S.lr(t))) for t, f in enumerate(factors)]
    assert rate.scale == 0.25
    assert written(model) == expected


def test_a_change_at_a_rate_of_0_is_overruled() -> None:
    model = ledger(keras.optimizers.SGD(1.0))
    rate = CurveCallback(S)
    feed(model, 0, 1, callbacks=[rate])  # whose rate is 0
    model.optimizer.learning_rate = 3.0
    feed(model, 1, STEPS, callbacks=[rate])

    assert rate.scale == 1.0
    assert written(model) == want(S, range(STEPS))


def test_another_optimizer_has_no_part_in_the_scale() -> None:
    rate = CurveCallback(S)
    feed(ledger(keras.optimizers.SGD(1.0)), 0, 4, callbacks=[rate])
    model = ledger(keras.optimizers.SGD(7.0))
    feed(model, 0, STEPS, callbacks=[rate])

    assert rate.scale == 1.0
    assert written(model) == want(S, range(STEPS))


@pytest.mark.parametrize("wrapped", [False, True])
def test_the_callback_refuses_an_optimizer_with_a_schedule(wrapped: bool) -> None:
    optimizer = keras.optimizers.SGD(CurveSchedule(S))
    if wrapped:
        optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
    model = ledger(optimizer)

    with pytest.raises(
        TypeError, match=r"^CurveCallback needs an optimizer whose learning_rate"
    ):
        feed(model, 0, 2, callbacks=[CurveCallback(S)])
    with pytest.raises(TypeError, match=r"^CurveCallback\.schedule must be a schedule, got"):
        CurveCallback(CurveSchedule(S))


# -- what is written about it --------------------------------------------------------------


def test_the_doctests_hold_on_this_backend() -> None:
    failed, tried = doctest.testmod(adapter, optionflags=doctest.NORMALIZE_WHITESPACE)

    assert (failed, tried > 10) == (0, True)


def test_the_readme_holds_on_this_backend() -> None:
    text = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    section = text.split("\n## JAX, optax and Keras\n")[1].split("\n## ")[0]
    s = Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)
    test = doctest.DocTestParser().get_doctest(section, {"s": s}, "README", None, 0)
    failed, tried = doctest.DocTestRunner().run(test, clear_globs=False)
    optimizer = test.globs["optimizer"]
    optimizer.iterations.assign(333)

    assert (failed, tried) == (0, 5)
    assert number(optimizer.learning_rate) == want(s, [333])[0]


# -- from one backend to another, at last: the others may still be at work ------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    given = os.environ.get("KERAS_CASES_FILES")
    return Path(given) if given else tmp_path_factory.mktemp("files")


@pytest.fixture(scope="module", autouse=True)
def model_for_others(files: Path) -> None:
    """Save a model in the middle of its training, and what it is, for all backends to load."""
    model = network(adamw(LONG), jit_compile=False)
    model.optimizer.iterations.assign(123_456_789)
    train(model, 2)
    model.save(files / f"{BACKEND}.keras")
    arrays = {str(i): value for i, value in enumerate(weights(model))}
    np.savez(files / f"{BACKEND}-arrays.npz", **arrays)
    (files / f"{BACKEND}.done").touch()


@pytest.mark.parametrize("writer", ["jax", "torch", "tensorflow"])
def test_a_model_of_any_backend_is_loaded_and_resumed(files: Path, writer: str) -> None:
    if writer != BACKEND and "KERAS_CASES_FILES" not in os.environ:
        pytest.skip("the other backends' files come from test_keras.py")
    until = time.monotonic() + 300
    while not (files / f"{writer}.done").exists():
        assert time.monotonic() < until, f"{writer} has saved no model"
        time.sleep(0.1)
    model = keras.saving.load_model(files / f"{writer}.keras")
    first = 123_456_789 + 8

    with np.load(files / f"{writer}-arrays.npz") as saved:
        for i, value in enumerate(weights(model)):
            np.testing.assert_array_equal(value, saved[str(i)])
    loaded = model.optimizer
    assert loaded._learning_rate.schedule == LONG
    if writer == "torch" != BACKEND:
        # Keras saves torch's own class of optimizer, which is loaded anywhere and trains there.
        fresh = keras.optimizers.AdamW.from_config(loaded.get_config())
        fresh.build(model.trainable_variables)
        for variable, value in zip(fresh.variables, loaded.variables, strict=True):
            variable.assign(value)
        model.compile(fresh, loss="mse", jit_compile=False)
    for epoch in range(2):
        assert int(number(model.optimizer.iterations)) == first + 4 * epoch
        assert number(model.optimizer.learning_rate) == want(LONG, [first + 4 * epoch])[0]
        train(model, 1)
