"""How the public names look to a type checker: never run, read by ``mypy --strict``."""

from typing import Any, assert_type

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


def mistakes() -> None:
    Cosine()  # type: ignore[call-arg]
    Cosine(0.1, "x")  # type: ignore[arg-type]
    Cosine(0.1, step=3)  # type: ignore[call-arg]
    Linear(0.1, 0.0, 100).steps = 3  # type: ignore[misc]
    StepDecay(0.1, 0.5, 10) >> 3  # type: ignore[operator]
    Constant(0.1).lr("3")  # type: ignore[arg-type]
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
