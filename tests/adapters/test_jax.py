"""A schedule on JAX arrays: the rates of ``lr(t)``, in whatever way JAX transforms it."""

from __future__ import annotations

import math
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from catalogue import EXAMPLES, FAMILIES
from jax import export, lax
from sameness import LAST_COUNT, LENGTHS, Row, rows
from strategies import landmarks

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    Exponential,
    Linear,
    Noam,
    Polynomial,
    Schedule,
    StepDecay,
    Stretch,
    WarmupCosine,
)

TOGETHER = 8
"""How many schedules are compiled into one program: more would save little."""


def chunks(items: Sequence[Any], size: int = TOGETHER) -> Iterator[list[Any]]:
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk


def one_by_one(chunk: Sequence[Row]) -> list[np.ndarray[Any, Any]]:
    """Return the rates of some rows as training asks for them.

    One int32 count after another, in a compiled loop.
    """
    widest = max(len(row.counts) for row in chunk)
    counts = np.zeros((widest, len(chunk)), np.int32)
    for i, row in enumerate(chunk):
        counts[: len(row.counts), i] = row.counts
    schedules = [row.schedule for row in chunk]

    @jax.jit
    def answers(counts: Any) -> Any:
        return lax.map(lambda ts: [s(t) for s, t in zip(schedules, ts, strict=True)], counts)

    found = answers(jnp.asarray(counts))
    return [np.asarray(x)[: len(row.counts)] for row, x in zip(chunk, found, strict=True)]


def all_at_once(chunk: Sequence[Row]) -> list[np.ndarray[Any, Any]]:
    """Return the rates of some rows, each at an array of counts."""
    schedules = [row.schedule for row in chunk]

    @jax.jit
    def answers(counts: Any) -> Any:
        return [s(ts) for s, ts in zip(schedules, counts, strict=True)]

    found = answers([jnp.asarray(row.counts, jnp.int32) for row in chunk])
    return [np.asarray(x) for x in found]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_compiled_schedule_gives_lr_rounded_to_float32(length: int) -> None:
    """A float64 result that is off by a few of its digits crosses the border between two
    float32 numbers once in some ten million values: here it must not happen at all.
    """
    these = [row for row in rows() if row.length == length]

    assert len(these) == len(EXAMPLES)
    for chunk in chunks(these):
        for row, got in zip(chunk, one_by_one(chunk), strict=True):
            assert row.neighbours(got) == 0, row.name


def test_so_it_does_on_arrays_which_compile_to_other_instructions() -> None:
    these = [row for row in rows() if row.length == LENGTHS[-1] and row.name in FAMILIES]

    assert len(these) == len(FAMILIES)
    for chunk in chunks(these):
        for row, got in zip(chunk, all_at_once(chunk), strict=True):
            assert row.neighbours(got) == 0, row.name


# One schedule of every sort of formula, evaluated together: one compilation for each transform.

SOME = [
    "constant",
    "linear-to-zero",
    "polynomial-sqrt",
    "exponential-half-life",
    "step-decay-offset",
    "piecewise-constant",
    "cosine",
    "cosine-restarts-longer",
    "cyclic-uneven",
    "sequential",
    "nested",
]
TIMES = (0, 1, 9, 10, 100, 333, 999, 1000, 9999, 10_000, LAST_COUNT)


def some(t: Any) -> Any:
    return jnp.stack([EXAMPLES[name](t) for name in SOME])


def some_lr(t: float) -> np.ndarray[Any, Any]:
    return np.array([EXAMPLES[name].lr(t) for name in SOME], np.float32)


WANT = np.stack([some_lr(t) for t in TIMES])
COUNTS = np.array(TIMES, np.int32)


def the_same(got: Any) -> bool:
    return got.dtype == jnp.float32 and not got.weak_type and np.array_equal(got, WANT)


def under_scan(counts: Any) -> Any:
    def step(count: Any, _: None) -> tuple[Any, Any]:
        return count + 1, some(count)

    return lax.scan(step, counts[0], None, length=3)[1]


def in_a_while_loop(counts: Any) -> Any:
    def body(state: tuple[Any, Any]) -> tuple[Any, Any]:
        i, out = state
        return i + 1, out.at[i].set(some(counts[i]))

    empty = jnp.zeros((len(TIMES), len(SOME)), jnp.float32)
    return lax.while_loop(lambda state: state[0] < len(TIMES), body, (0, empty))[1]


def in_a_branch(counts: Any) -> Any:
    zeros = jnp.zeros(len(SOME), jnp.float32)
    return lax.map(lambda t: lax.cond(t >= 0, some, lambda _: zeros, t), counts)


TRANSFORMS: dict[str, Callable[[Any], Any]] = {
    "vmap": jax.vmap(some),
    "jit of vmap": jax.jit(jax.vmap(some)),
    "an array": jax.jit(lambda ts: some(ts).T),
    "remat": jax.jit(jax.vmap(jax.checkpoint(some))),
    "while": jax.jit(in_a_while_loop),
    "cond": jax.jit(in_a_branch),
}


@pytest.mark.parametrize("name", TRANSFORMS)
def test_the_rate_is_the_same_under_every_transform(name: str) -> None:
    assert the_same(TRANSFORMS[name](jnp.asarray(COUNTS)))


def test_the_rate_is_the_same_without_any_compilation() -> None:
    """Where every number in between is looked at for NaN, too."""
    with jax.numpy_dtype_promotion("strict"), jax.debug_nans(True), jax.disable_jit():
        got = [some(jnp.int32(t)) for t in (0, 100, 1000)]

    assert np.array_equal(got, [some_lr(t) for t in (0, 100, 1000)])


def test_a_scan_counts_on_its_own() -> None:
    got = jax.jit(under_scan)(jnp.array([98], jnp.int32))

    assert np.array_equal(got, np.stack([some_lr(t) for t in (98, 99, 100)]))


def test_the_strict_checks_of_jax_find_nothing() -> None:
    with (
        jax.numpy_dtype_promotion("strict"),
        jax.checking_leaks(),
        jax.debug_nans(True),
        jax.debug_infs(True),
    ):
        got = jax.jit(jax.vmap(some))(jnp.asarray(COUNTS))
        slope = jax.jit(jax.grad(lambda t: some(t).sum()))(jnp.float32(100.0))

    assert the_same(got)
    assert math.isfinite(slope)


def test_a_schedule_can_be_lowered_and_compiled_ahead_of_time() -> None:
    compiled = jax.jit(some).lower(jax.ShapeDtypeStruct((), jnp.int32)).compile()

    assert the_same(jnp.stack([compiled(t) for t in COUNTS]))


def test_an_exported_schedule_is_the_same_after_the_round_trip() -> None:
    shape = jax.ShapeDtypeStruct((len(TIMES),), jnp.int32)
    kept = export.export(jax.jit(jax.vmap(some)))(shape).serialize()

    assert the_same(export.deserialize(kept).call(jnp.asarray(COUNTS)))


@pytest.mark.parametrize("platform", ["cuda", "tpu"])
def test_the_program_for_an_accelerator_computes_in_float64(platform: str) -> None:
    shape = jax.ShapeDtypeStruct((), jnp.int32)
    text = export.export(jax.jit(some), platforms=[platform])(shape).mlir_module()

    assert "f64" in text
    assert export.export(jax.jit(some), platforms=[platform])(shape).out_avals[0].dtype == "f4"


DEVICES = """
import jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
from lrcurves import WarmupCosine
from lrcurves.adapters.optax import table
schedule = WarmupCosine(0.1, 1000, warmup=100)
devices = jax.devices("cpu")
counts = jnp.array([0, 50, 555, 1000], jnp.int32)
want = np.array([schedule.lr(t) for t in (0, 50, 555, 1000)], np.float32)
assert len(devices) == WANTED, devices
mesh = Mesh(devices, ("d",))
sharded = jax.device_put(counts, NamedSharding(mesh, P("d")))
for rate in (schedule, table(schedule, 1000)):
    mapped = jax.shard_map(rate, mesh=mesh, in_specs=P("d"), out_specs=P("d"))
    for got in (
        jax.pmap(jax.vmap(rate))(counts.reshape(WANTED, -1)),
        jax.jit(mapped)(counts),
        jax.jit(rate)(sharded),
    ):
        assert np.array_equal(np.ravel(got), want) and got.dtype == np.float32, got
assert jax.jit(schedule)(sharded).sharding == sharded.sharding
print("the same")
"""


@pytest.mark.parametrize("devices", [1, 4])
def test_every_device_has_the_same_rate(devices: int) -> None:
    flags = f"--xla_force_host_platform_device_count={devices}"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", DEVICES.replace("WANTED", str(devices))],
        capture_output=True,
        text=True,
        env=os.environ | {"XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
        check=False,
    )

    assert (done.stdout, done.returncode) == ("the same\n", 0), done.stderr


# Types.

SCHEDULE = WarmupCosine(0.1, steps=1000, warmup=100)


@pytest.mark.parametrize(
    "dtype", ["int8", "int16", "int32", "uint8", "uint32", "float32", "bfloat16", "float16"]
)
def test_a_count_of_any_type_gives_a_float32_of_strong_type(dtype: str) -> None:
    """A weak type would be rounded to bfloat16 beside parameters of that type."""
    for got in (SCHEDULE(jnp.asarray(96, dtype)), jax.jit(SCHEDULE)(jnp.asarray(96, dtype))):
        assert got.dtype == jnp.float32
        assert not got.weak_type
        assert got == np.float32(SCHEDULE.lr(96))


def test_the_largest_counts_are_counted() -> None:
    """Arithmetic on int32 wraps beyond them; ours is on float64."""
    line = Linear(0.0, 1.0, steps=2**32)
    rate = jax.jit(line)

    assert rate(jnp.int32(2**31 - 1)) == np.float32(line.lr(2**31 - 1))
    assert rate(jnp.uint32(2**32 - 1)) == np.float32(line.lr(2**32 - 1))


def test_a_time_is_multiplied_beyond_the_range_of_an_int32() -> None:
    """A thousand tokens a step: ``count * 1000`` is -1294967296 at 3 million in int32."""
    schedule = Stretch(Cosine(0.1, steps=4e9), by=1 / 1000)
    got = jax.jit(schedule)(jnp.int32(3_000_000))

    assert jax.jit(lambda count: count * 1000)(jnp.int32(3_000_000)) == -1294967296
    assert got == np.float32(schedule.lr(3_000_000)) == np.float32(Cosine(0.1, 4e9).lr(3e9))


def test_lengths_beyond_all_int32_are_no_trouble() -> None:
    schedule = WSD(0.1, steps=10**12, warmup=10**10, decay=10**11)

    assert jax.jit(schedule)(jnp.int32(LAST_COUNT)) == np.float32(schedule.lr(LAST_COUNT))


def test_the_result_follows_the_global_switch() -> None:
    assert jax.jit(SCHEDULE)(jnp.int32(555)).dtype == jnp.float32
    jax.config.update("jax_enable_x64", True)
    try:
        for count in (jnp.int32(555), jnp.int64(555), jnp.float64(555), jnp.float32(555)):
            got = jax.jit(SCHEDULE)(count)
            assert got.dtype == jnp.float64
            assert not got.weak_type
            assert float(got) == pytest.approx(SCHEDULE.lr(555), rel=5 * 2**-52, abs=0)
        far = jax.jit(Linear(0.0, 1.0, steps=2**50))(jnp.int64(2**49 + 1))
        assert float(far) == Linear(0.0, 1.0, steps=2**50).lr(2**49 + 1)
    finally:
        jax.config.update("jax_enable_x64", False)


def test_the_global_switch_is_left_alone() -> None:
    jax.jit(SCHEDULE)(jnp.int32(1))
    jax.grad(SCHEDULE)(1.0)

    assert not jax.config.jax_enable_x64
    assert jnp.arange(3.0).dtype == jnp.float32


@pytest.mark.parametrize("dtype", ["bool", "complex64"])
def test_what_is_no_number_of_updates_is_refused(dtype: str) -> None:
    message = f"t must be a tensor of ints or floats, got dtype {dtype}"

    with pytest.raises(TypeError, match=message):
        SCHEDULE(jnp.ones(3, dtype))
    with pytest.raises(TypeError, match=message):
        jax.jit(SCHEDULE)(jnp.ones(3, dtype))


def test_a_random_key_is_refused() -> None:
    with pytest.raises(TypeError, match=r"t must be a tensor of ints or floats, got dtype key"):
        SCHEDULE(jax.random.key(0))


def test_a_negative_count_counts_as_0_and_nan_gives_nan() -> None:
    for schedule in (SCHEDULE, Exponential(0.1, gamma=0.5), Polynomial(0.1, 10, power=0.5)):
        got = jax.jit(schedule)(jnp.array([-1.0, math.nan, -math.inf], jnp.float32))

        first = np.float32(schedule.lr(0))
        np.testing.assert_array_equal(got, np.array([first, math.nan, first], np.float32))


def test_an_infinite_time_gives_the_rate_of_the_end() -> None:
    assert jax.jit(SCHEDULE)(jnp.float32(math.inf)) == 0.0


# Derivatives with respect to time.


def test_every_derivative_is_finite_at_the_start_the_seams_and_the_end() -> None:
    """In float64, where a time is the seam itself and not only near it."""
    checked = 0
    with jax.enable_x64(True):
        for chunk in chunks(list(EXAMPLES.items())):
            marks = [
                sorted({0.0, 0.5, *landmarks(s)[:20], *(t for t in [s.end] if t < math.inf)})
                for _, s in chunk
            ]
            widest = max(map(len, marks))
            times = jnp.array([m + [0.0] * (widest - len(m)) for m in marks]).T
            slopes = [jax.grad(s) for _, s in chunk]

            def answers(times: Any, slopes: Any = slopes) -> Any:
                return lax.map(lambda ts: [f(t) for f, t in zip(slopes, ts)], times)  # noqa: B905

            for (name, _), got in zip(chunk, jax.jit(answers)(times), strict=True):
                assert np.isfinite(got).all(), (name, times[~np.isfinite(got)])
                checked += len(got)

    assert checked > 5 * len(EXAMPLES)


def test_derivatives_are_right() -> None:
    cosine, line = Cosine(0.1, steps=1000), Linear(0.1, 0.0, steps=1000)
    turn = math.pi / 1000

    slope = jax.grad(cosine)(500.0)
    bend = jax.jit(jax.hessian(cosine))(jnp.float32(750.0))
    batch = jax.vmap(jax.grad(line))(jnp.array([1.0, 10.0, 999.0, 1001.0]))

    assert slope == pytest.approx(-0.05 * turn, rel=2**-22)
    assert bend == pytest.approx(0.05 * turn**2 * math.sqrt(0.5), rel=2**-22)
    assert np.array_equal(batch, np.array([-1e-4, -1e-4, -1e-4, 0.0], np.float32))


def test_a_root_that_meets_a_line_has_a_finite_derivative_at_0() -> None:
    """Where a plain ``where(t < w, t / w, sqrt(w / t))`` has NaN."""

    def plain(t: Any) -> Any:
        return jnp.where(t < 400.0, t / 400.0, jnp.sqrt(400.0 / t))

    noam = Noam(d_model=512, warmup=400)
    slope = jax.jit(jax.grad(noam))

    assert math.isnan(jax.grad(plain)(0.0))
    assert math.isfinite(slope(jnp.float32(0.0)))
    assert slope(jnp.float32(0.5)) == pytest.approx(noam.lr(1), rel=2**-22)


# Compilations.


class Traced:
    """Counts how often a function is traced."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.function = function
        self.times = 0

    def __call__(self, *args: Any) -> Any:
        self.times += 1
        return self.function(*args)


def test_equal_schedules_given_as_static_arguments_compile_once() -> None:
    traced = Traced(lambda schedule, t: schedule(t))
    rate = jax.jit(traced, static_argnums=0)

    for _ in range(3):
        rate(Linear(0, 0.1, 10) >> Cosine(0.1, 90), jnp.int32(5))
    assert traced.times == 1
    assert rate(Linear(0, 0.2, 10) >> Cosine(0.1, 90), jnp.int32(5)) == np.float32(0.1)
    assert traced.times == 2


def test_jit_of_equal_schedules_compiles_once() -> None:
    first, second = jax.jit(Cosine(0.1, 12345)), jax.jit(Cosine(0.1, 12345))
    before = len(COMPILED)

    assert first(jnp.int32(3)) == second(jnp.int32(3))
    assert len(COMPILED) - before == 1


def test_one_program_serves_a_whole_loop() -> None:
    rate = jax.jit(SCHEDULE)
    rate(jnp.int32(0))
    counts = [jnp.int32(t) for t in range(1, 50)]
    before = len(COMPILED)
    got = [rate(count) for count in counts]

    assert len(COMPILED) == before
    assert np.array_equal(got, SCHEDULE.lr_array(range(1, 50), dtype="float32"))


COMPILED: list[str] = []
"""One entry for each program that XLA has compiled since the import of this module."""


def _listen(event: str, duration: float, **_: Any) -> None:
    if event == "/jax/core/compile/backend_compile_duration":
        COMPILED.append(event)


jax.monitoring.register_event_duration_secs_listener(_listen)


def test_a_schedule_in_a_tree_is_a_leaf_that_is_left_alone() -> None:
    tree = {"schedule": SCHEDULE, "weights": jnp.ones(2)}
    leaves, structure = jax.tree.flatten(tree)
    again = jax.tree.unflatten(structure, leaves)

    assert again["schedule"] is SCHEDULE
    assert len(leaves) == 2
    closed = jax.jit(lambda w, t: w * tree["schedule"](t))
    assert closed(jnp.float32(2.0), jnp.int32(100)) == np.float32(0.2)
    with pytest.raises(TypeError, match=r"WarmupCosine"):
        jax.jit(lambda tree: tree)(tree)


def test_a_schedule_that_was_used_is_the_value_that_it_was() -> None:
    schedule = Cosine(0.1, steps=77)
    before = pickle.dumps(schedule)
    jax.jit(schedule)(jnp.int32(1))

    assert pickle.dumps(schedule) == before
    assert schedule == Cosine(0.1, steps=77)


# Versions.


def test_a_jax_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jax, "__version__", "0.6.2")
    monkeypatch.setattr(jax, "__version_info__", (0, 6, 2))
    message = r"needs jax >= 0\.7\.2.* got 0\.6\.2: .*adapters\.optax\.table\(schedule, steps\)"

    with pytest.raises(RuntimeError, match=message):
        jax.jit(Cosine(0.1, 54321))(jnp.int32(1))
    with pytest.raises(RuntimeError, match=message):
        SCHEDULE(jnp.int32(1))
    assert SCHEDULE(100) == 0.1


# What XLA does to the obvious formulas, and not to ours.

LENGTHS_OF_RUNS = range(1, 61)


def at_the_end(make: Callable[[int], Any]) -> np.ndarray[Any, Any]:
    """Return the compiled rate at t = T of a schedule for every T: T is a constant there."""
    schedules = [make(steps) for steps in LENGTHS_OF_RUNS]

    @jax.jit
    def ends(ts: Any) -> Any:
        return [s(t) for s, t in zip(schedules, ts, strict=True)]

    return np.array(ends([jnp.int32(steps) for steps in LENGTHS_OF_RUNS]))


@pytest.mark.parametrize("power", [1.0, 0.5])
def test_the_end_is_exactly_0_for_every_length(power: float) -> None:
    """``1 - t / T`` is not: XLA multiplies by ``1 / T``, and a root of less than 0 is NaN."""

    def plain(steps: int) -> Callable[[Any], Any]:
        return lambda t: 0.1 * (1 - jnp.minimum(t, steps) / steps) ** power

    ours = at_the_end(lambda steps: Polynomial(0.1, steps, power=power))
    theirs = at_the_end(plain)

    assert not ours.any()
    assert not (theirs == 0).all()  # the trap is still there


def test_every_stair_begins_on_time() -> None:
    """``floor(t / D)`` is late for a quarter to two thirds of all stairs of some sizes."""
    sizes = (41, 47, 49, 55, 61, 82, 83, 94, 97, 98, 103, 107, 161)
    schedules: list[Schedule] = [StepDecay(1.0, gamma=0.5, step_size=size) for size in sizes]
    stairs = np.arange(1, 100)
    starts = jnp.array([stairs * size for size in sizes], jnp.int32)

    @jax.jit
    def answers(starts: Any) -> Any:
        ours = jnp.stack([s(ts) for s, ts in zip(schedules, starts, strict=True)])
        plain = [jnp.floor(ts / size) for size, ts in zip(sizes, starts, strict=True)]
        return ours, jnp.stack(plain)

    ours, plain = answers(starts)

    assert np.array_equal(ours, np.tile(0.5**stairs, (len(sizes), 1)).astype(np.float32))
    assert (plain != stairs).any()


def test_a_constant_is_as_long_as_its_times() -> None:
    assert jax.jit(Constant(0.1))(jnp.arange(3)).shape == (3,)
    assert jax.vmap(Constant(0.1))(jnp.arange(3)).dtype == jnp.float32
