"""Every function of ``compat.keras`` gives what Keras gives, at every step."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import keras
import pytest
from keras.optimizers import schedules as original

from lrcurves import Schedule
from lrcurves.compat import keras as compat
from lrcurves.serial import from_json, parse, to_json

TOLERANCE = 1e-12
"""Of the largest rate."""


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    """Let Keras compute in float64 for the time of a test."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    yield
    keras.config.set_floatx(before)


@dataclass(frozen=True)
class Row:
    """One call, which is the same in Keras and here."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    steps: int = 40

    def ours(self) -> Schedule:
        made: Schedule = getattr(compat, self.name)(**self.arguments)
        return made

    def theirs(self) -> Any:
        return getattr(original, self.name)(**self.arguments)

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


def decays() -> Iterator[Row]:
    for steps in (1, 2, 3, 7, 2.5, 30):
        for staircase in (False, True):
            for rate in (0.5, 0.97, 1.1):
                given = {"decay_steps": steps, "decay_rate": rate, "staircase": staircase}
                yield Row("ExponentialDecay", {"initial_learning_rate": 0.1, **given})
                yield Row("InverseTimeDecay", {"initial_learning_rate": 0.1, **given})
    given = {"initial_learning_rate": 0.1, "decay_steps": 5, "decay_rate": 0.0}
    yield Row("InverseTimeDecay", given)
    yield Row("InverseTimeDecay", {**given, "staircase": True})


def polynomials() -> Iterator[Row]:
    for steps in (1, 2, 3, 4, 7, 2.5, 30):
        for power in (0.5, 1.0, 2.7):
            for end in (0.01, 0.1, 0.3):
                given = {
                    "initial_learning_rate": 0.1,
                    "decay_steps": steps,
                    "end_learning_rate": end,
                    "power": power,
                }
                yield Row("PolynomialDecay", given)
                if end <= 0.1 and steps != 2.5:
                    yield Row("PolynomialDecay", {**given, "cycle": True})
    given = {"initial_learning_rate": 0.1, "decay_steps": 20}
    yield Row("PolynomialDecay", given)
    yield Row("PolynomialDecay", {**given, "cycle": True}, steps=3000)


def cosines() -> Iterator[Row]:
    for steps in (1, 2, 3, 7, 2.5, 30):
        for alpha in (0.0, 0.1, 1.5):
            given = {"initial_learning_rate": 0.1, "decay_steps": steps, "alpha": alpha}
            yield Row("CosineDecay", given)
            yield Row("CosineDecay", {**given, "warmup_steps": 5})
            for warmup in (0, 1, 3, 10, 2.5):
                for target in (0.3, 0.05):
                    yield Row(
                        "CosineDecay",
                        {**given, "warmup_target": target, "warmup_steps": warmup},
                    )
    zero = {"initial_learning_rate": 0.0, "decay_steps": 20, "warmup_steps": 10}
    yield Row("CosineDecay", {**zero, "warmup_target": 0.1})
    yield Row("CosineDecay", {**zero, "warmup_target": 0.0, "alpha": 0.5})


def restarts() -> Iterator[Row]:
    for first in (1, 2, 3, 10, 2.5):
        for t_mul in (1.0, 1.5, 2.0, 3.0):
            for m_mul in (0.0, 0.5, 1.0, 1.1):
                for alpha in (0.0, 0.1, 1.0):
                    yield Row(
                        "CosineDecayRestarts",
                        {
                            "initial_learning_rate": 0.1,
                            "first_decay_steps": first,
                            "t_mul": t_mul,
                            "m_mul": m_mul,
                            "alpha": alpha,
                        },
                    )
            yield Row(
                "CosineDecayRestarts",
                {
                    "initial_learning_rate": 0.1,
                    "first_decay_steps": first,
                    "t_mul": t_mul,
                    "alpha": 1.5,
                },
            )
    given = {"initial_learning_rate": 0.1, "first_decay_steps": 10}
    yield Row("CosineDecayRestarts", given, steps=1000)
    yield Row("CosineDecayRestarts", {**given, "t_mul": 1.2, "alpha": 0.05}, steps=500)


def pieces() -> Iterator[Row]:
    for boundaries in ([3], [0], [2, 5, 9], [1, 2, 3], [0, 1], [3, 3], [2.2, 2.7, 8.5], [100]):
        values = [0.1, 0.5, 0.02, 0.3][: len(boundaries) + 1]
        yield Row("PiecewiseConstantDecay", {"boundaries": boundaries, "values": values})


ROWS = (*decays(), *polynomials(), *cosines(), *restarts(), *pieces())


def differences(row: Row) -> list[float]:
    """Return the difference at every step, as a share of the largest rate involved."""
    original = row.theirs()
    expected = [float(original(t)) for t in range(row.steps)]
    schedule = row.ours()
    ours = [schedule.lr(t) for t in range(row.steps)]
    largest = max(expected) or 1.0
    table = schedule.lr_array(range(row.steps))
    assert list(table) == pytest.approx(ours, rel=1e-14, abs=1e-14 * largest)
    return [abs(a - b) / largest for a, b in zip(ours, expected, strict=True)]


found: dict[str, list[float]] = {}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rate_is_keras_at_every_step(row: Row) -> None:
    found[str(row)] = differences(row)
    worst = max(found[str(row)])

    assert worst <= TOLERANCE, f"{worst:.2e} of the largest rate"


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    values = [
        difference for row in ROWS for difference in found.get(str(row)) or differences(row)
    ]

    with capsys.disabled():
        print(f"\nkeras: {len(ROWS)} rows, {len(values)} values, worst {max(values):.1e}")
    assert len(ROWS) > 500
    assert len(values) > 20_000


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_is_made_of_the_kinds_that_there_are(row: Row) -> None:
    schedule = row.ours()

    assert from_json(to_json(schedule)) == schedule == parse(repr(schedule))


CLASSES = [name for name, _ in inspect.getmembers(original, inspect.isclass)]


def test_every_class_of_keras_is_there_and_compared() -> None:
    assert {row.name for row in ROWS} | {"LearningRateSchedule"} == set(CLASSES)


@pytest.mark.parametrize("name", CLASSES)
def test_the_arguments_and_defaults_are_keras(name: str) -> None:
    theirs = inspect.signature(getattr(original, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    if "args" in ours:
        with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: .*: "):
            getattr(compat, name)()
        return

    assert [(key, ours[key].default) for key in ours] == [
        (key, theirs[key].default) for key in theirs
    ]


def test_the_module_loads_no_framework() -> None:
    code = "import sys, lrcurves.compat.keras; assert not {'keras', 'numpy'} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_first_rate_that_is_an_int_does_not_cut_the_others() -> None:
    cut = original.ExponentialDecay(1, 10, 0.96)

    assert [float(cut(t)) for t in (0, 1, 10)] == [1.0, 0.0, 0.0]
    assert compat.ExponentialDecay(1, 10, 0.96).lr(10) == 0.96


def test_no_restart_is_missed_as_keras_misses_some_in_float32() -> None:
    keras.config.set_floatx("float32")
    wave = original.CosineDecayRestarts(0.1, 5, 1.2)

    assert float(wave(11)) < 1e-8
    assert compat.CosineDecayRestarts(0.1, 5, 1.2).lr(11) == 0.1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compat.ExponentialDecay(-1, 10, 0.9),
            r"^ExponentialDecay\.initial_learning_rate must be a finite number >= 0, got -1",
        ),
        (lambda: compat.ExponentialDecay(1, 0, 0.9), r"^ExponentialDecay\.decay_steps must be"),
        (lambda: compat.ExponentialDecay(1, 5, 0), r"^ExponentialDecay\.decay_rate must be a"),
        (lambda: compat.InverseTimeDecay(1, 5, -1), r"^InverseTimeDecay\.decay_rate must be a"),
        (lambda: compat.PolynomialDecay(1, 5, power=0), r"^PolynomialDecay\.power must be"),
        (
            lambda: compat.PolynomialDecay(1, 2.5, cycle=True),
            r"^PolynomialDecay\.decay_steps must be a whole number >= 1, got 2\.5",
        ),
        (
            lambda: compat.PolynomialDecay(0.1, 5, 0.2, cycle=True),
            r"must be <= initial_learning_rate if cycle=True, got 0\.2 > 0\.1",
        ),
        (
            lambda: compat.PiecewiseConstantDecay([5, 2], [1, 2, 3]),
            r"^PiecewiseConstantDecay\.boundaries must be in order, got 5 before 2",
        ),
        (
            lambda: compat.PiecewiseConstantDecay([5], [1]),
            r"values must hold one more than boundaries, got 1 values and 1 boundaries",
        ),
        (lambda: compat.CosineDecay(1, 5, alpha=-1), r"^CosineDecay\.alpha must be a finite"),
        (lambda: compat.CosineDecayRestarts(1, 5, 0.5), r"^CosineDecayRestarts\.t_mul must be"),
        (
            lambda: compat.CosineDecayRestarts(1, 5, m_mul=0.5, alpha=1.5),
            r"alpha must be <= 1 unless m_mul is 1, got alpha=1\.5 with m_mul=0\.5: no",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(
    call: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("word", ["staircase", "cycle"])
def test_a_number_is_no_flag(word: str) -> None:
    name = {"staircase": "InverseTimeDecay", "cycle": "PolynomialDecay"}[word]

    with pytest.raises(TypeError, match=rf"^{name}\.{word} must be True or False, got 1"):
        getattr(compat, name)(0.1, 5, 0.05, **{word: 1})
