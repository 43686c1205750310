"""Schedules in optax: every optimizer uses the rates of ``lr(t)``, and nothing else is kept."""

from __future__ import annotations

import math
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from benchmarks import sameness
from lrcurves import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    PiecewiseConstant,
    Polynomial,
    Sequential,
    Until,
    WarmupCosine,
)
from lrcurves.adapters.optax import curve, table

SCHEDULE = WarmupCosine(0.1, steps=100, warmup=10)
STEPS = 120
RATES = SCHEDULE.lr_array(range(STEPS), dtype="float32")
FORMS: dict[str, Any] = {
    "schedule": SCHEDULE,
    "curve": curve(SCHEDULE),
    "table": table(SCHEDULE, 100),
}

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")

Rule = optax.GradientTransformation


def test_the_rates_to_compare_with_are_those_of_lr() -> None:
    assert RATES.tolist() == [np.float32(SCHEDULE.lr(t)) for t in range(STEPS)]


def trained(rule: Rule, steps: int = STEPS, gradient: float = 1.0) -> tuple[Any, Any]:
    """Return the updates of some steps in one compiled loop, and the last state.

    The gradient of the first parameter is always the same: with plain descent the updates are
    the rates, with the sign turned.
    """
    params = {"w": jnp.ones(2), "b": jnp.zeros(())}
    grads = jax.tree.map(lambda p: jnp.full_like(p, gradient), params)

    @jax.jit
    def run(params: Any, state: Any) -> Any:
        def step(carry: Any, _: None) -> Any:
            params, state = carry
            updates, state = rule.update(grads, state, params)
            return (optax.apply_updates(params, updates), state), updates["w"][0]

        return jax.lax.scan(step, (params, state), None, length=steps)

    (_, state), updates = run(params, rule.init(params))
    return np.asarray(updates), state


RULES: dict[str, Callable[[Any], Rule]] = {
    "sgd": optax.sgd,
    "chain": lambda s: optax.chain(optax.clip(10.0), optax.scale_by_learning_rate(s)),
    "scale_by_schedule": lambda s: optax.chain(optax.scale_by_schedule(s), optax.scale(-1.0)),
    "inject_hyperparams": lambda s: optax.inject_hyperparams(optax.sgd)(learning_rate=s),
    "apply_if_finite": lambda s: optax.apply_if_finite(optax.sgd(s), 3),
    "multi_transform": lambda s: optax.multi_transform(
        {"a": optax.sgd(s), "b": optax.sgd(Constant(7.0))}, {"w": "a", "b": "b"}
    ),
    "masked": lambda s: optax.masked(optax.sgd(s), {"w": True, "b": False}),
}


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rule", RULES)
def test_every_update_uses_the_rate_of_its_number(rule: str, form: str) -> None:
    updates, _ = trained(RULES[rule](FORMS[form]))

    assert updates.dtype == np.float32
    assert np.array_equal(-updates, RATES)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("whole", "direction"),
    [
        (optax.adamw, lambda: [optax.scale_by_adam(), optax.add_decayed_weights(1e-4)]),
        (optax.lion, lambda: [optax.scale_by_lion(), optax.add_decayed_weights(1e-3)]),
        (optax.rmsprop, lambda: [optax.scale_by_rms()]),
        (optax.adagrad, lambda: [optax.scale_by_rss()]),
    ],
)
def test_optimizers_multiply_their_direction_by_the_rate(
    whole: Any, direction: Any, form: str
) -> None:
    """Fed with the rates themselves, step by step, they take the same steps."""
    rates = jnp.asarray(RATES)
    fed = optax.chain(*direction(), optax.scale_by_learning_rate(lambda count: rates[count]))

    updates, _ = trained(whole(FORMS[form]), gradient=0.3)

    assert np.array_equal(updates, trained(fed, gradient=0.3)[0])
    assert len(set(updates.tolist())) > 90


def test_training_reaches_the_minimum_and_never_compiles_again() -> None:
    rule = optax.adamw(SCHEDULE, weight_decay=0.0)
    target = jnp.array([0.5, -0.25])
    traces = []

    @jax.jit
    def step(params: Any, state: Any) -> Any:
        traces.append(1)
        grads = jax.grad(lambda p: ((p - target) ** 2).sum())(params)
        updates, state = rule.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    params = jnp.zeros(2)
    state = rule.init(params)
    for _ in range(100):
        params, state = step(params, state)

    assert len(traces) == 1
    assert np.abs(params - target).max() < 0.05  # of a way of 0.5


def test_multi_steps_counts_real_updates() -> None:
    rule = optax.MultiSteps(optax.sgd(SCHEDULE), every_k_schedule=3)

    updates, _ = trained(rule.gradient_transformation(), steps=60)

    assert np.array_equal(-updates[2::3], RATES[:20])
    assert not updates.reshape(20, 3)[:, :2].any()


def test_a_schedule_may_say_how_many_batches_make_an_update() -> None:
    growing = PiecewiseConstant((1, 4), boundaries=(3,))
    rule = optax.MultiSteps(optax.sgd(0.5), lambda count: growing(count).astype(jnp.int32))

    updates, _ = trained(rule.gradient_transformation(), steps=11)

    assert np.flatnonzero(updates).tolist() == [0, 1, 2, 6, 10]


def test_an_update_that_is_skipped_is_not_counted() -> None:
    rule = optax.apply_if_finite(optax.sgd(SCHEDULE), 5)
    params = jnp.ones(())
    state = rule.init(params)
    seen = []
    for gradient in (1.0, 1.0, math.nan, 1.0, math.inf, 1.0):
        update, state = rule.update(jnp.float32(gradient), state, params)
        seen.append(-float(update))

    assert seen == [RATES[0], RATES[1], 0.0, RATES[2], 0.0, RATES[3]]


@pytest.mark.parametrize("form", FORMS)
def test_join_schedules_restarts_the_clock_as_our_own_operator_does(form: str) -> None:
    joined = optax.join_schedules([optax.constant_schedule(0.03), FORMS[form]], [7])
    counts = jnp.arange(STEPS)
    ours = Until(Constant(0.03), 7) >> SCHEDULE

    got = jax.jit(jax.vmap(joined))(counts)

    assert np.array_equal(got, ours.lr_array(range(STEPS), dtype="float32"))


# What a checkpoint holds.


@pytest.mark.parametrize("form", FORMS)
def test_a_checkpoint_holds_the_count_and_nothing_else(form: str) -> None:
    state = optax.scale_by_learning_rate(FORMS[form]).init(jnp.ones(3))
    (leaf,) = jax.tree.leaves(state)

    assert leaf.dtype == jnp.int32
    assert leaf.shape == ()


@pytest.mark.parametrize("form", FORMS)
def test_a_run_resumes_bit_for_bit(form: str) -> None:
    rule = optax.adamw(FORMS[form])
    params = jnp.array([1.0, -2.0])

    @jax.jit
    def step(params: Any, state: Any) -> Any:
        updates, state = rule.update(2 * params, state, params)
        return optax.apply_updates(params, updates), state

    whole = (params, rule.init(params))
    for t in range(40):
        whole = step(*whole)
        if t == 17:
            saved = pickle.dumps([np.asarray(leaf) for leaf in jax.tree.leaves(whole)])
    structure = jax.tree.structure((params, rule.init(params)))
    again = jax.tree.unflatten(structure, map(jnp.asarray, pickle.loads(saved)))
    for _ in range(18, 40):
        again = step(*again)

    assert jax.tree.all(jax.tree.map(np.array_equal, whole, again))


@pytest.mark.parametrize("form", FORMS)
def test_the_last_count_is_held(form: str) -> None:
    """Optax stops counting at the largest int32."""
    rule = optax.sgd(FORMS[form])
    params = jnp.ones(())
    state = jax.tree.map(lambda leaf: jnp.full_like(leaf, 2**31 - 1), rule.init(params))

    for _ in range(2):
        update, state = jax.jit(rule.update)(jnp.ones(()), state, params)
        assert -update == RATES[100] == 0.0
        assert jax.tree.leaves(state) == [2**31 - 1]


# The rate in the state.


def test_the_rate_in_force_can_be_read_from_the_state() -> None:
    rule = optax.inject_hyperparams(optax.adamw)(learning_rate=SCHEDULE, weight_decay=0.01)
    params = jnp.ones(3)
    state = rule.init(params)
    update = jax.jit(rule.update)

    assert state.hyperparams["learning_rate"] == RATES[0]
    for t in range(12):
        _, state = update(params, state, params)
        assert state.hyperparams["learning_rate"] == RATES[t]
    with pytest.raises(KeyError):  # why the docstring says state.hyperparams
        optax.tree.get(state, "learning_rate")


def test_several_hyperparameters_follow_schedules_of_their_own() -> None:
    decay = Cosine(0.01, steps=50)
    rule = optax.inject_hyperparams(optax.adamw)(SCHEDULE, weight_decay=decay, b1=Constant(0.8))

    _, state = trained(rule, steps=31)

    assert state.hyperparams["learning_rate"] == RATES[30]
    assert state.hyperparams["weight_decay"] == np.float32(decay.lr(30))
    assert state.hyperparams["b1"] == np.float32(0.8)


@pytest.mark.parametrize("form", FORMS)
def test_beside_bfloat16_parameters_the_rate_stays_in_float32(form: str) -> None:
    """One of a weak type is rounded: 0.037 becomes 0.037109."""
    params = jnp.ones(3, jnp.bfloat16)

    def rate_in_the_state(schedule: Any) -> Any:
        rule = optax.inject_hyperparams(optax.sgd)(learning_rate=schedule)
        state = rule.init(params)
        before = jax.tree.map(jax.typeof, state)
        updates, state = jax.jit(rule.update)(params, state, params)
        assert jax.tree.map(jax.typeof, state) == before  # or it would compile twice
        assert optax.apply_updates(params, updates).dtype == jnp.bfloat16
        return updates.dtype, state.hyperparams["learning_rate"]

    constant: dict[str, Any] = {
        "schedule": Constant(0.037),
        "curve": curve(Constant(0.037)),
        "table": table(Constant(0.037), 1),
    }
    assert rate_in_the_state(constant[form]) == (jnp.float32, np.float32(0.037))
    weak = optax.constant_schedule(0.037)
    assert rate_in_the_state(weak) == (jnp.bfloat16, jnp.bfloat16(0.037109))


def test_plain_optimizers_round_the_rate_to_the_type_of_the_gradient() -> None:
    params = jnp.ones(3, jnp.bfloat16)
    rule = optax.sgd(Constant(0.037))

    updates, _ = jax.jit(rule.update)(params, rule.init(params), params)

    assert updates.dtype == jnp.bfloat16
    assert -updates[0] == jnp.bfloat16(0.037)


def test_rates_can_be_fed_from_outside_with_one_compilation() -> None:
    rule = optax.inject_hyperparams(optax.sgd)(learning_rate=0.0)
    params = jnp.ones(())
    state = rule.init(params)
    traces = []

    @jax.jit
    def update(state: Any) -> Any:
        traces.append(1)
        return rule.update(jnp.ones(()), state, params)

    for t in range(15):
        state.hyperparams["learning_rate"] = jnp.float32(SCHEDULE.lr(t))
        step, state = update(state)
        assert -step == RATES[t]
    assert len(traces) == 1
    state.hyperparams["learning_rate"] = SCHEDULE.lr(15)  # the trap that the docstring names
    update(state)
    assert len(traces) == 2


def test_rates_can_be_the_input_of_a_scan() -> None:
    def step(weight: Any, rate: Any) -> Any:
        return weight - rate, rate

    weight, used = jax.lax.scan(step, jnp.float32(0.0), jnp.asarray(RATES))

    assert np.array_equal(used, RATES)
    assert weight == pytest.approx(-RATES.sum(), rel=1e-5)


def test_a_loss_has_a_gradient_through_training_steps() -> None:
    """With respect to the first parameter, three updates earlier: a product of 1 - 2 lr(t)."""
    rule = optax.sgd(SCHEDULE)

    def loss(start: Any) -> Any:
        params, state = start, rule.init(start)
        for _ in range(3):
            updates, state = rule.update(2 * params, state, params)
            params = optax.apply_updates(params, updates)
        return params**2

    got = jax.jit(jax.grad(loss))(jnp.float32(1.0))

    kept = math.prod(1 - 2 * SCHEDULE.lr(t) for t in range(3))
    assert got == pytest.approx(2 * kept**2, rel=1e-6)


# curve and table themselves.


@pytest.mark.parametrize("make", [curve, lambda s: table(s, 100)])
def test_every_count_is_answered_with_an_array_of_strong_float32(make: Any) -> None:
    rate = make(SCHEDULE)
    many = np.array([[0, 5], [50, 2**40]])

    for count in (5, np.int64(5), np.array(5), jnp.int32(5)):
        got = rate(count)
        assert isinstance(got, jax.Array)
        assert (got.dtype, got.shape, got.weak_type) == (jnp.float32, (), False)
        assert got == RATES[5]
    assert np.array_equal(rate(many), [[RATES[0], RATES[5]], [RATES[50], 0.0]])
    assert rate(2**40) == 0.0


@pytest.mark.parametrize("make", [curve, lambda s: table(s, 100)])
def test_what_is_made_of_equal_schedules_is_equal_and_compiles_once(make: Any) -> None:
    traces = []

    def used(rate: Any, count: Any) -> Any:
        traces.append(1)
        return rate(count)

    compiled = jax.jit(used, static_argnums=0)
    for _ in range(2):
        assert compiled(make(WarmupCosine(0.1, 100, 10)), jnp.int32(5)) == RATES[5]
    assert len(traces) == 1
    assert make(SCHEDULE) == make(SCHEDULE) != make(Constant(1))
    assert jax.jit(make(SCHEDULE))(jnp.int32(5)) == RATES[5]


@pytest.mark.parametrize("form", FORMS)
def test_a_schedule_can_be_sent_to_another_process(form: str) -> None:
    again = pickle.loads(pickle.dumps(FORMS[form]))

    assert again == FORMS[form]
    assert again(jnp.int32(5)) == RATES[5]
    with pytest.raises(AttributeError, match="local object"):
        pickle.dumps(optax.linear_schedule(0.1, 0.0, 10))


def test_a_curve_takes_any_time_that_its_schedule_takes() -> None:
    rate = curve(SCHEDULE)

    assert rate(2.5) == np.float32(SCHEDULE.lr(2.5))
    assert rate(jnp.float32(2.5)) == np.float32(SCHEDULE.lr(2.5))


@pytest.mark.parametrize(
    "count",
    [-1, -0.5, -math.inf, -(10**400), np.int8(-3), np.float32(-3), jnp.int32(-3)],
    ids=repr,
)
def test_a_curve_takes_a_count_below_0_as_0(count: Any) -> None:
    assert curve(SCHEDULE)(count) == RATES[0]


def test_a_curve_takes_counts_below_0_in_an_array_as_0() -> None:
    for counts in (np.array([-3, 0, 5]), np.array([-3.0, -0.0, 5.0]), jnp.array([-3, 0, 5])):
        assert curve(SCHEDULE)(counts).tolist() == RATES[[0, 0, 5]].tolist()
    assert curve(SCHEDULE)(np.array(-3)) == RATES[0]


@pytest.mark.parametrize(
    "count",
    [math.nan, math.inf, np.float32("nan"), np.array([-1.0, math.nan]), np.array([True])],
    ids=repr,
)
@pytest.mark.parametrize("refusing", [SCHEDULE, curve(SCHEDULE)], ids=["schedule", "curve"])
def test_a_curve_refuses_what_is_no_count_as_its_schedule_does(
    refusing: Any, count: Any
) -> None:
    with pytest.raises((TypeError, ValueError), match="must "):
        refusing(count)


def test_curves_are_joined_outside_compiled_code_too() -> None:
    first = Linear(0.5, 0.1, 10)
    joined = optax.join_schedules([curve(first), curve(SCHEDULE)], [10])
    ours = Until(first, 10) >> SCHEDULE

    for t in range(STEPS):
        assert joined(t) == joined(np.int64(t)) == np.float32(ours.lr(t))
    with pytest.raises(ValueError, match=r"t must be a finite number >= 0, got -5"):
        optax.join_schedules([first, SCHEDULE], [10])(5)


def test_the_type_of_a_curve_follows_the_global_switch_and_that_of_a_table_does_not() -> None:
    with jax.enable_x64(True):
        assert curve(SCHEDULE)(3).dtype == curve(SCHEDULE)(jnp.int64(3)).dtype == jnp.float64
        assert curve(SCHEDULE)(3) == SCHEDULE.lr(3)
        assert table(SCHEDULE, 100)(jnp.int64(3)).dtype == jnp.float32


@pytest.mark.parametrize("dtype", ["int8", "int16", "int32", "uint8", "uint32"])
def test_a_table_clips_counts_of_every_type(dtype: str) -> None:
    long = Linear(1.0, 0.0, steps=1000)
    low, high = (int(x) for x in (jnp.iinfo(dtype).min, jnp.iinfo(dtype).max))
    counts = jnp.array([low, 0, 3, high], dtype)
    want = [np.float32(long.lr(t)) for t in (0, 0, 3, min(high, 1000))]

    with jax.numpy_dtype_promotion("strict"):
        got = jax.jit(table(long, 1000))(counts)

    assert np.array_equal(got, want)


def test_a_table_holds_the_rate_at_its_last_count() -> None:
    rate = table(Exponential(0.1, gamma=0.5), steps=3)

    assert np.array_equal(
        rate(jnp.array([2, 3, 4, 99])), np.float32([0.025, 0.0125] + [0.0125] * 2)
    )
    assert table(SCHEDULE, 0)(jnp.int32(9)) == SCHEDULE.lr(0)


def test_a_table_works_under_a_jax_that_cannot_compute_in_float64(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jax, "__version__", "0.6.2")
    monkeypatch.setattr(jax, "__version_info__", (0, 6, 2))

    assert np.array_equal(-trained(optax.sgd(table(SCHEDULE, 100)))[0], RATES)
    with pytest.raises(RuntimeError, match=r"needs jax >= 0\.7\.2"):
        trained(optax.sgd(SCHEDULE))


def test_a_table_of_a_schedule_with_thousands_of_parts_compiles_at_once() -> None:
    whole = Sequential(tuple(Cosine(0.1 + i * 1e-5, steps=10 + i % 7) for i in range(2000)))
    rate = table(whole, int(whole.end))
    counts = np.arange(0, int(whole.end), 37)

    got = jax.jit(rate)(jnp.asarray(counts, jnp.int32))

    assert np.array_equal(got, whole.lr_array(range(0, int(whole.end), 37), dtype="float32"))
    program = jax.jit(rate).lower(jnp.int32(0)).as_text()
    assert sum("stablehlo." in line for line in program.splitlines()) < 50


@pytest.mark.parametrize("count", [True, 1.5, None, "3", 2j, jnp.float32(3), jnp.ones(2, bool)])
def test_a_table_refuses_what_is_no_whole_count(count: Any) -> None:
    with pytest.raises(TypeError):
        table(SCHEDULE, 100)(count)


def test_a_table_says_where_fractions_are_to_be_had() -> None:
    message = r"count must be an int or an array of ints, got 1.5: a table has no rates in"

    with pytest.raises(TypeError, match=message):
        table(SCHEDULE, 100)(1.5)


@pytest.mark.parametrize("make", [curve, lambda s: table(s, 100)])
def test_what_is_no_schedule_is_refused_when_it_is_given(make: Any) -> None:
    with pytest.raises(
        TypeError, match=r"schedule must be a Schedule, got 0.1: write Constant"
    ):
        make(0.1)
    with pytest.raises(TypeError, match=r"schedule must be a Schedule, got <function"):
        make(optax.constant_schedule(0.1))


@pytest.mark.parametrize(
    ("steps", "error"), [(-1, ValueError), (True, ValueError), (1.5, TypeError)]
)
def test_a_table_needs_a_whole_length(steps: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=rf"steps must be an int >= 0, got {steps}"):
        table(SCHEDULE, steps)


# Optax's own schedules have these defects; the README says so.


def test_training_with_a_root_does_not_end_in_nan() -> None:
    """Optax's power 0.5 is NaN at the end for about half of all lengths, under compilation."""
    lengths = (5, 6, 7, 8, 9, 10)

    def weight_after(schedule: Any, steps: int) -> float:
        return float(trained(optax.sgd(schedule), steps + 2)[0].sum())

    ours = [weight_after(Polynomial(0.1, steps, power=0.5), steps) for steps in lengths]
    theirs = [
        weight_after(optax.polynomial_schedule(0.1, 0.0, 0.5, steps), steps)
        for steps in lengths
    ]

    assert all(map(math.isfinite, ours))
    assert not all(map(math.isfinite, theirs))


@pytest.fixture(scope="module")
def measured() -> dict[str, sameness.Row]:
    return {row.curve: row for row in sameness.measure()}


@pytest.mark.parametrize("name", sameness.calls(1000))
def test_the_table_of_errors_has_none_of_ours(
    name: str, measured: dict[str, sameness.Row]
) -> None:
    row = measured[name]

    assert set(map(str, row.ours)) == {"none"}
    assert not any(error.share <= 2**-24 for error in row.optax)


def test_the_table_of_errors_shows_what_the_readme_says_of_optax(
    measured: dict[str, sameness.Row],
) -> None:
    def error(name: str, steps: int) -> sameness.Error:
        return measured[name].optax[sameness.LENGTHS.index(steps)]

    def worst(steps: int) -> list[float]:
        names = "linear to 0", "cosine to 0", "polynomial, power 0.5", "exponential, each step"
        return [error(name, steps).share for name in names]

    line, cosine, root, decay = worst(10**7)
    assert "| 10^7 steps | > 10 % | 100 % | NaN | > 20 % | none |" in README
    assert line > 0.1
    assert error("linear to 0", 10**7).end != 0.0
    assert cosine == 1.0  # its last rates are 0
    assert math.isnan(root)
    assert decay > 0.2

    line, cosine, root, decay = worst(10**9)
    assert "| 10^9 steps | > 2000 % | 100 % | > 400 % | > 90 000 % | none |" in README
    assert line > 20.0
    assert cosine == 1.0
    assert root > 4.0
    assert decay == pytest.approx(999.0)  # gamma is 1


def test_an_error_is_seen_wherever_it_is() -> None:
    nan = sameness.error([0.5, math.nan], [0.5, 0.0])

    assert str(sameness.error([0.5, 0.0], [0.5, 0.0])) == "none"
    assert str(sameness.error([0.5, 1e-9], [0.5, 0.0])) == "0 %; not 0 at the end"
    assert str(sameness.error([0.5 + 2**-25, 0.0], [0.5, 0.0])) == "0.000006 %"
    assert str(nan) == "NaN"
