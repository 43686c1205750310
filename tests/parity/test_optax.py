"""Every function of ``compat.optax`` gives what optax gives, at every step."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from lrcurves import Schedule
from lrcurves.compat import optax as compat
from lrcurves.serial import from_json, parse, to_json

TOLERANCE = 1e-12
"""Of the largest rate."""


@dataclass(frozen=True)
class Row:
    """One call, which is the same in optax and here."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    steps: int = 50

    def made_by(self, module: Any) -> Any:
        return getattr(module, self.name)(**self.arguments)

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


@dataclass(frozen=True)
class Joined:
    """Several rows, one after another."""

    rows: tuple[Row, ...]
    boundaries: tuple[float, ...]
    steps: int = 60

    def made_by(self, module: Any) -> Any:
        parts = [row.made_by(module) for row in self.rows]
        return module.join_schedules(parts, list(self.boundaries))

    def __str__(self) -> str:
        return f"join_schedules({', '.join(map(str, self.rows))}; {self.boundaries})"


def powers() -> Iterator[Row]:
    for first, last in ((0.1, 0.02), (0.0, 0.3), (1, 0)):
        for steps in (-3, 0, 1, 2, 3, 7, 2.5):
            for begin in (-2, 0, 5):
                given = {
                    "init_value": first,
                    "end_value": last,
                    "transition_steps": steps,
                    "transition_begin": begin,
                }
                yield Row("linear_schedule", given)
                for power in (0.5, 1, 2.0) if begin > 0 else (3.0,):
                    yield Row("polynomial_schedule", {**given, "power": power})
    yield Row("linear_schedule", {"init_value": 1, "end_value": 0, "transition_steps": 5})


def cosines() -> Iterator[Row]:
    for steps in (1, 2, 3, 7, 2.5, 50):
        for alpha in (0.0, 0.1, 1.0, 1.5):
            for exponent in (0.5, 1.0, 3):
                yield Row(
                    "cosine_decay_schedule",
                    {
                        "init_value": 0.3,
                        "decay_steps": steps,
                        "alpha": alpha,
                        "exponent": exponent,
                    },
                )
    yield Row("cosine_decay_schedule", {"init_value": 0.3, "decay_steps": 1000}, steps=1500)
    yield Row("cosine_decay_schedule", {"init_value": 0.0, "decay_steps": 10, "alpha": 0.5})


def exponentials() -> Iterator[Row]:
    for rate in (0.0, 0.5, 0.97, 1.0, 1.1):
        for steps in (-1, 0, 1, 2, 3, 10, 2.5):
            for staircase in (False, True):
                for begin, end in ((0, None), (4, 0.05), (-3, 0.2)):
                    given = {
                        "transition_steps": steps,
                        "decay_rate": rate,
                        "transition_begin": begin,
                        "staircase": staircase,
                        "end_value": end,
                    }
                    yield Row("exponential_decay", {"init_value": 0.1, **given})
    for warmup in (0, 1, 2, 5, 2.5):
        for staircase, begin, end in ((False, 0, None), (True, 3, 0.01), (False, 2, 0.5)):
            yield Row(
                "warmup_exponential_decay_schedule",
                {
                    "init_value": 0.02,
                    "peak_value": 0.1,
                    "warmup_steps": warmup,
                    "transition_steps": 4,
                    "decay_rate": 0.6,
                    "transition_begin": begin,
                    "staircase": staircase,
                    "end_value": end,
                },
            )
    grow = {"transition_steps": 4, "decay_rate": 1.2, "end_value": 0.4}
    start = {"init_value": 0.0, "peak_value": 0.1, "warmup_steps": 5}
    yield Row("warmup_exponential_decay_schedule", {**start, **grow})
    yield Row("warmup_exponential_decay_schedule", {**start, **grow, "transition_steps": 0})
    yield Row("warmup_exponential_decay_schedule", {**start, **grow, "decay_rate": 0.0})


def piecewise() -> Iterator[Row]:
    tables: tuple[dict[int, float] | None, ...] = (
        None,
        {},
        {1: 0.5},
        {30: 0.1, 10: 0.5},
        {3: 2.0, 4: 0.5, 5: 0.0, 9: 3.0},
        {0: 0.5},
        {0: 0.5, 7: 0.1, 20: 10.0},
        {1: 0.3, 2: 0.3, 3: 0.3},
        {100: 0.5},
    )
    for table in tables:
        given = {"init_value": 0.3, "boundaries_and_scales": table}
        yield Row("piecewise_constant_schedule", given)
        for shape in ("linear", "cosine"):
            yield Row("piecewise_interpolate_schedule", {"interpolate_type": shape, **given})
    yield Row(
        "piecewise_constant_schedule",
        {"init_value": 1.0, "boundaries_and_scales": {2.5: 0.1, 4.0: 0.1}},
    )


def one_cycles() -> Iterator[Row]:
    for steps in (1, 2, 3, 4, 5, 7, 10, 50):
        for share in (0.0, 0.3, 0.5, 1.0):
            given = {"transition_steps": steps, "peak_value": 0.3, "pct_start": share}
            yield Row("cosine_onecycle_schedule", given)
            for final in (0.2, 0.85, 1.3):
                yield Row("linear_onecycle_schedule", {**given, "pct_final": final})
    given = {"transition_steps": 29, "peak_value": 3, "div_factor": 3.0}
    for name in ("cosine_onecycle_schedule", "linear_onecycle_schedule"):
        yield Row(name, {**given, "final_div_factor": 0.7})
        yield Row(name, {"transition_steps": 1000, "peak_value": 1.0}, steps=1200)


def warmups() -> Iterator[Row]:
    for first, peak in ((0.01, 0.3), (0.5, 0.1), (0.1, 0.0)):
        for warmup in (-2, 0, 1, 2, 3, 10, 2.5):
            given = {"init_value": first, "peak_value": peak, "warmup_steps": warmup}
            yield Row("warmup_constant_schedule", given)
            if warmup < 0:
                continue
            for decay in (1, 2, 3, 20, 40.5):
                for end, exponent in ((0.0, 1.0), (0.2, 0.5)):
                    if decay > warmup:
                        yield Row(
                            "warmup_cosine_decay_schedule",
                            {
                                **given,
                                "decay_steps": decay,
                                "end_value": end,
                                "exponent": exponent,
                            },
                        )


def cycle(warmup: int, decay: int, peak: float = 0.1, end: float = 0.0) -> dict[str, Any]:
    return {
        "init_value": 0.01,
        "peak_value": peak,
        "warmup_steps": warmup,
        "decay_steps": decay,
        "end_value": end,
    }


LINE = Row("linear_schedule", {"init_value": 0.0, "end_value": 0.1, "transition_steps": 5})
FALL = Row("cosine_decay_schedule", {"init_value": 0.3, "decay_steps": 20, "alpha": 0.1})
STEPS = Row(
    "exponential_decay",
    {"init_value": 0.2, "transition_steps": 3, "decay_rate": 0.5, "staircase": True},
)

ROWS: tuple[Row | Joined, ...] = (
    Row("constant_schedule", {"value": 0.1}),
    Row("constant_schedule", {"value": 0}),
    *powers(),
    *cosines(),
    *exponentials(),
    *piecewise(),
    *one_cycles(),
    *warmups(),
    *(
        Row("sgdr_schedule", {"cosine_kwargs": cycles})
        for cycles in (
            [cycle(2, 10)],
            [cycle(0, 1), cycle(0, 2), cycle(0, 3), cycle(1, 4)],
            [cycle(3, 10), cycle(0, 20, 0.05, 0.01), cycle(5, 6, 0.4, 0.002)],
        )
    ),
    Joined((LINE,), ()),
    Joined((LINE, FALL), (5,)),
    Joined((LINE, FALL), (3,)),
    Joined((LINE, FALL), (12,)),
    Joined((LINE, FALL), (0,)),
    Joined((LINE, FALL), (2.5,)),
    Joined((STEPS, LINE, FALL), (7, 7)),
    Joined((STEPS, LINE, FALL, STEPS), (4, 9, 40)),
)


@cache
def _counts(steps: int) -> Any:
    return jnp.arange(steps)


def theirs(row: Row | Joined) -> list[float]:
    """Return optax's rates, in float64 for this thread and this call alone."""
    with jax.enable_x64(True):
        values = jax.vmap(row.made_by(optax))(_counts(row.steps))
        values = np.broadcast_to(np.asarray(values, dtype=np.float64), (row.steps,))
    return [float(value) for value in values]


def differences(row: Row | Joined) -> list[float]:
    """Return the difference at every step, as a share of the largest rate involved."""
    expected = theirs(row)
    schedule = row.made_by(compat)
    ours = [schedule.lr(t) for t in range(row.steps)]
    largest = max(expected) or 1.0
    table = schedule.lr_array(range(row.steps))
    assert list(table) == pytest.approx(ours, rel=1e-14, abs=1e-14 * largest)
    return [abs(a - b) / largest for a, b in zip(ours, expected, strict=True)]


found: dict[str, list[float]] = {}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rate_is_optaxs_at_every_step(row: Row | Joined) -> None:
    found[str(row)] = differences(row)
    worst = max(found[str(row)])

    assert worst <= TOLERANCE, f"{worst:.2e} of the largest rate"


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    values = [
        difference for row in ROWS for difference in found.get(str(row)) or differences(row)
    ]

    with capsys.disabled():
        print(f"\noptax: {len(ROWS)} rows, {len(values)} values, worst {max(values):.1e}")
    assert len(ROWS) > 600
    assert len(values) > 30_000


@pytest.mark.parametrize("row", [LINE, FALL, STEPS, *one_cycles()][::5], ids=str)
def test_one_count_at_a_time_is_the_same(row: Row) -> None:
    with jax.enable_x64(True):
        schedule = row.made_by(optax)
        single = [float(schedule(t)) for t in range(0, row.steps, 7)]

    assert single == pytest.approx(theirs(row)[::7], rel=TOLERANCE)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_is_made_of_the_kinds_that_there_are(row: Row | Joined) -> None:
    schedule = row.made_by(compat)

    assert from_json(to_json(schedule)) == schedule == parse(repr(schedule))


FUNCTIONS = [name for name, _ in inspect.getmembers(optax.schedules, inspect.isfunction)]


def test_every_function_of_optax_is_there_and_compared() -> None:
    refused = {"inject_hyperparams", "inject_stateful_hyperparams"}
    compared = {row.name for row in ROWS if isinstance(row, Row)} | {"join_schedules"}

    assert compared | refused == set(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_arguments_and_defaults_are_optaxs(name: str) -> None:
    theirs = inspect.signature(getattr(optax.schedules, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    if "args" in ours:
        with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: .*: "):
            getattr(compat, name)()
        return

    assert [(key, ours[key].default) for key in ours] == [
        (key, theirs[key].default) for key in theirs
    ]


def test_the_module_loads_no_framework() -> None:
    code = (
        "import sys, lrcurves.compat.optax;"
        " assert not {'optax', 'jax', 'numpy'} & set(sys.modules)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)


def test_boundaries_out_of_order_hide_a_schedule_in_optax_and_are_refused_here() -> None:
    parts = [optax.constant_schedule(value) for value in (1.0, 2.0, 3.0)]
    joined = optax.join_schedules(parts, [9, 5])

    assert [float(joined(t)) for t in (0, 5, 9)] == [1.0, 3.0, 3.0]
    with pytest.raises(ValueError, match=r"join_schedules\.boundaries must be in order, got 9"):
        compat.join_schedules([compat.constant_schedule(0.1)] * 3, [9, 5])


def test_a_surplus_schedule_is_dropped_by_optax_and_refused_here() -> None:
    parts = [optax.constant_schedule(value) for value in (1.0, 2.0, 3.0)]

    assert float(optax.join_schedules(parts, [5])(99)) == 2.0
    with pytest.raises(ValueError, match="one fewer than schedules, got 1 boundaries and 3"):
        compat.join_schedules([compat.constant_schedule(0.1)] * 3, [5])


def test_stairs_of_a_length_that_is_no_whole_number_are_counted_exactly() -> None:
    with jax.enable_x64(True):
        rounded = float(optax.exponential_decay(1.0, 0.1, 0.5, staircase=True)(3))
    ours = compat.exponential_decay(1.0, 0.1, 0.5, staircase=True)

    assert 3 / 0.1 == 30  # and yet the float 0.1 is more than a tenth
    assert rounded == pytest.approx(0.5**30, rel=1e-12)
    assert ours.lr(3) == pytest.approx(0.5**29, rel=1e-12)


def test_a_short_cycle_has_no_peak() -> None:
    row = Row("linear_onecycle_schedule", {"transition_steps": 1, "peak_value": 1.0})

    assert max(theirs(row)) < 0.1
    assert row.made_by(compat).lr(0) == pytest.approx(0.04**2)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compat.linear_schedule(-0.1, 0, 5),
            r"^linear_schedule\.init_value must be a finite number >= 0, got -0\.1",
        ),
        (lambda: compat.polynomial_schedule(1, 0, 0, 5), r"^polynomial_schedule\.power must"),
        (lambda: compat.cosine_decay_schedule(0.1, 0), r"schedule\.decay_steps must be a fin"),
        (lambda: compat.cosine_decay_schedule(0.1, 5, -1), r"schedule\.alpha must be a fin"),
        (lambda: compat.exponential_decay(0.1, 5, -1), r"^exponential_decay\.decay_rate must"),
        (
            lambda: compat.piecewise_constant_schedule(0.1, {5: -1}),
            r"schedule\.boundaries_and_scales\[5\] must be a finite number >= 0, got -1",
        ),
        (
            lambda: compat.piecewise_interpolate_schedule("linear", 0.1, {2.5: 1}),
            r"boundaries_and_scales: boundary must be a whole number >= 0, got 2\.5",
        ),
        (
            lambda: compat.piecewise_interpolate_schedule("cubic", 0.1),
            r"interpolate_type must be 'linear' or 'cosine', got 'cubic'",
        ),
        (lambda: compat.linear_onecycle_schedule(0, 1), r"transition_steps must be a whole"),
        (lambda: compat.cosine_onecycle_schedule(2.5, 1), r"transition_steps must be a whole"),
        (
            lambda: compat.warmup_cosine_decay_schedule(0, 1, 10, 10),
            r"decay_steps must be > warmup_steps, got 10 with warmup_steps=10: it counts",
        ),
        (lambda: compat.warmup_cosine_decay_schedule(0, 1, -1, 9), r"warmup_steps must be a"),
        (lambda: compat.sgdr_schedule([]), r"cosine_kwargs must hold at least 1, got none"),
        (lambda: compat.join_schedules([], []), r"one fewer than schedules, got 0 boundaries"),
    ],
)
def test_what_makes_no_schedule_is_refused_by_name(
    call: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compat.exponential_decay(0.1, 5, 0.9, staircase=1),  # type: ignore[arg-type]
            r"^exponential_decay\.staircase must be True or False, got 1",
        ),
        (
            lambda: compat.piecewise_constant_schedule(0.1, [5]),  # type: ignore[arg-type]
            r"boundaries_and_scales must be None or a mapping, got \[5\]",
        ),
        (
            lambda: compat.sgdr_schedule([5]),  # type: ignore[list-item]
            r"^sgdr_schedule\.cosine_kwargs\[0\] must be a mapping, got 5",
        ),
    ],
)
def test_what_is_of_another_type_is_refused_by_name(
    call: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(TypeError, match=message):
        call()
