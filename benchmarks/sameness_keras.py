"""How far Keras' own schedules, in float32, are from the rates that they stand for.

``python -m benchmarks.sameness_keras jax`` (or ``torch``, ``tensorflow``) prints the worst
relative error over the last counts, the seams and random ones, compiled as Keras compiles a
training step, beside that of ``CurveSchedule`` with the same schedule.
"""

from __future__ import annotations

import importlib
import os
import sys
from random import Random
from typing import Any

import numpy as np

from lrcurves import Schedule

LENGTHS = (10**4, 10**7, 10**9)


def arguments(steps: int) -> dict[str, dict[str, Any]]:
    """Return what makes each of Keras' schedules last some number of steps."""
    third = steps // 3
    return {
        "ExponentialDecay": {"decay_steps": steps, "decay_rate": 1e-3},
        "ExponentialDecay, staircase": {
            "decay_steps": steps // 97,
            "decay_rate": 0.95,
            "staircase": True,
        },
        "CosineDecay": {"decay_steps": steps},
        "PolynomialDecay": {"decay_steps": steps, "end_learning_rate": 0.0},
        "PolynomialDecay, square": {
            "decay_steps": steps,
            "end_learning_rate": 0.0,
            "power": 2.0,
        },
        "PiecewiseConstantDecay": {
            "boundaries": [third, 2 * third],
            "values": [0.1, 0.01, 0.001],
        },
    }


def counts(steps: int) -> list[int]:
    rng = Random(0)
    seams = {i * (steps // n) + j for n in (97, 3) for i in range(n) for j in (-1, 0, 1, 2)}
    last = {steps - i for i in (1, 2, 3, 10, 100, 1000)}
    return sorted(
        t for t in seams | last | {rng.randrange(steps) for _ in range(3000)} if t >= 0
    )


def worst(rates: Any, schedule: Schedule, ts: list[int]) -> float:
    exact = schedule.lr_array(np.array(ts, np.float64))
    got = np.asarray(rates, np.float64)
    return float(np.max(np.abs(got - exact)[exact > 0] / exact[exact > 0]))


def main(backend: str) -> None:
    os.environ |= {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    keras: Any = importlib.import_module("keras")
    ours: Any = importlib.import_module("lrcurves.adapters.keras")
    compat: Any = importlib.import_module("lrcurves.compat.keras")

    def compiled(function: Any) -> Any:
        if backend == "torch":  # which Keras does not compile
            return function
        framework = importlib.import_module(backend)
        if backend == "jax":
            return framework.jit(function)
        return framework.function(function, jit_compile=True, autograph=False)

    print(f"Keras {keras.__version__} on {backend}: worst relative error of a float32 rate")
    for name in arguments(1000):
        for steps in LENGTHS:
            given, kind, ts = arguments(steps)[name], name.partition(",")[0], counts(steps)
            if "values" not in given:
                given["initial_learning_rate"] = 0.1
            own = getattr(keras.optimizers.schedules, kind)(**given)
            schedule = getattr(compat, kind)(**given)
            here = keras.ops.convert_to_tensor(np.array(ts, np.int32))
            errors = [
                worst(keras.ops.convert_to_numpy(compiled(rate)(here)), schedule, ts)
                for rate in (own, ours.CurveSchedule(schedule))
            ]
            print(f"{name:28} {steps:7.0e} steps: Keras {errors[0]:.1e}, ours {errors[1]:.1e}")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "jax")
