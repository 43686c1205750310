"""How the public names look to a type checker: never run, read by ``mypy --strict``."""

from collections.abc import Callable
from typing import Any, assert_type

import jax
import numpy as np

from lrcurves import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    Schedule,
    Sequential,
    StepDecay,
    define,
)
from lrcurves.adapters.keras import CurveCallback, CurveSchedule
from lrcurves.adapters.optax import curve, table
from lrcurves.schedule import Num, Ops, Rate, Steps, remaining
from lrcurves.serial import from_dict, parse, to_dict


def values() -> None:
    s = Cosine(0.1, steps=100)
    assert_type(s.lr(3), float)
    assert_type(s(3), float)
    assert_type(s(np.float64(3)), float)
    assert_type(s.lr_array(range(3)), np.ndarray[Any, Any])
    assert_type(s.lr_array([1, 2.5], dtype=np.float32), np.ndarray[Any, Any])
    assert_type(s(np.arange(3)), np.ndarray[Any, Any])
    assert_type(s.end, float)
    assert_type(s.replace(steps=200), Cosine)
    assert_type(s.base_lr, float)
    assert_type(s >> Constant(0.1), Schedule)
    assert_type(2 * s + s * s, Schedule)
    assert_type(Sequential((s, s)).parts, tuple[Schedule, ...])
    assert_type(Exponential.from_half_life(0.1, 30), Exponential)
    assert_type(parse("Constant(1)"), Schedule)
    assert_type(from_dict(to_dict(s)), Schedule)


def in_jax(count: jax.Array) -> None:
    s = Cosine(0.1, steps=100)
    assert_type(curve(s)(count), jax.Array)
    assert_type(curve(s)(3), jax.Array)
    assert_type(table(s, steps=100)(count), jax.Array)
    # What optax.Schedule stands for: a schedule is one as it is.
    schedules: list[Callable[[jax.typing.ArrayLike], jax.typing.ArrayLike]]
    schedules = [s, curve(s), table(s, 100)]
    assert schedules


def in_keras() -> None:
    s = Cosine(0.1, steps=100)
    assert_type(CurveSchedule(s, every=2).schedule, Schedule)
    assert_type(CurveSchedule(s).every, int)
    assert_type(CurveSchedule(s).get_config(), dict[str, Any])
    assert_type(CurveSchedule.from_config({"schedule": to_dict(s)}), CurveSchedule)
    assert_type(CurveCallback(s).scale, float)
    CurveSchedule(0.1)  # type: ignore[arg-type]
    CurveSchedule(s, every=1.5)  # type: ignore[arg-type]
    CurveCallback(0.1)  # type: ignore[arg-type]


def mistakes() -> None:
    Cosine()  # type: ignore[call-arg]
    Cosine(0.1, "x")  # type: ignore[arg-type]
    Cosine(0.1, step=3)  # type: ignore[call-arg]
    Linear(0.1, 0.0, 100).steps = 3  # type: ignore[misc]
    StepDecay(0.1, 0.5, 10) >> 3  # type: ignore[operator]
    Constant(0.1).lr("3")  # type: ignore[arg-type]
    curve(0.1)  # type: ignore[arg-type]
    table(Constant(0.1), 1.5)  # type: ignore[arg-type]
    Schedule()  # type: ignore[abstract]


@define
class Parabola(Schedule):
    """A kind of one's own."""

    base_lr: Rate
    steps: Steps

    def _formula(self, t: Num, xp: Ops) -> Num:
        left = remaining(t, self.steps, xp) / self.steps
        return self.base_lr * (left * left)


assert_type(Parabola(0.1, steps=100).lr(3), float)
