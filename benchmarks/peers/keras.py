"""Keras' own schedules, in float32; on JAX unless another backend is asked for."""

from __future__ import annotations

import os
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")  # before the import

import keras  # type: ignore[import-untyped]
from keras.optimizers import schedules  # type: ignore[import-untyped]

from lrcurves import (
    Cosine,
    CosineRestarts,
    Exponential,
    InverseTime,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    StepDecay,
    WarmupCosine,
)

from ..curves import Curve
from . import FLOAT32, Array, Peer, Scalar, Table, Times, Traced, as_float32


def _schedule(s: Schedule) -> Any:
    match s:
        case Linear(b, f, steps):
            return schedules.PolynomialDecay(b, int(steps), f)
        case Polynomial(b, steps, f, power, k_decay=1):
            return schedules.PolynomialDecay(b, int(steps), f, power)
        case Exponential(b, gamma, every):
            return schedules.ExponentialDecay(b, int(every), gamma)
        case InverseTime(b, rate, every):
            return schedules.InverseTimeDecay(b, int(every), rate)
        case StepDecay(b, gamma, size, floor="direct"):
            return schedules.ExponentialDecay(b, int(size), gamma, staircase=True)
        case MultiStep(b, gamma, marks):
            rates = [b * gamma**i for i in range(len(marks) + 1)]
            return schedules.PiecewiseConstantDecay([int(m) - 1 for m in marks], rates)
        case PiecewiseConstant(values, marks):
            return schedules.PiecewiseConstantDecay([int(m) - 1 for m in marks], list(values))
        case Cosine(b, steps, f, power=1, k_decay=1):
            return schedules.CosineDecay(b, int(steps), f / b)
        case CosineRestarts(b, period, f, mult, peak_mult=1) if period == int(period):
            return schedules.CosineDecayRestarts(b, int(period), mult, 1.0, f / b)
        case WarmupCosine(b, steps, warmup, f, start):
            return schedules.CosineDecay(
                start, int(steps - warmup), f / b, warmup_target=b, warmup_steps=int(warmup)
            )
    return None


def _scalar(curve: Curve) -> Scalar | None:
    rate = _schedule(curve.schedule)
    if rate is None or isinstance(curve.schedule, CosineRestarts | WarmupCosine):
        return None  # it compiles a branch in each call, which takes a sixth of a second
    return lambda t: float(rate(t))


def _table(curve: Curve) -> Table | None:
    rate = _schedule(curve.schedule)
    if rate is None or isinstance(curve.schedule, WarmupCosine):
        return None  # it chooses a branch, for one time only

    def table(ts: Times) -> Array:
        rates: Array = keras.ops.convert_to_numpy(rate(as_float32(ts)))
        return rates

    return table


def _traced(curve: Curve) -> Traced | None:
    return _schedule(curve.schedule) if keras.config.backend() == "jax" else None


PEER = Peer(
    "keras",
    scalar=_scalar,
    table=_table,
    traced=_traced,
    imports="import keras",
    heavy=True,
    eps=FLOAT32,
    relative=64 * FLOAT32,
)
