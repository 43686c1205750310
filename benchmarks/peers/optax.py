"""optax as it is called outside of compiled code, operation by operation, in float32.

Tables are compiled by those who wait for them: see ``optax_jit.py``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import jax.numpy as jnp
import numpy as np
import optax  # type: ignore[import-untyped]

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    Exponential,
    Geometric,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    StepDecay,
    Warmup,
    WarmupCosine,
)

from ..curves import Curve
from . import FLOAT32, Array, Peer, Scalar, Table, Times, Traced, as_float32


def schedule(s: Schedule) -> Any:
    """Return optax's own schedule of the same curve."""
    match s:
        case Constant(lr):
            return optax.constant_schedule(lr)
        case Linear(b, f, steps):
            return optax.linear_schedule(b, f, int(steps))
        case Polynomial(b, steps, f, power, k_decay=1):
            return optax.polynomial_schedule(b, f, power, int(steps))
        case Exponential(b, gamma, every):
            return optax.exponential_decay(b, int(every), gamma)
        case Geometric(b, f, steps):
            return optax.exponential_decay(b, int(steps), f / b, end_value=f)
        case StepDecay(b, gamma, size, floor="direct"):
            return optax.exponential_decay(b, int(size), gamma, staircase=True)
        case MultiStep(b, gamma, marks):
            return optax.piecewise_constant_schedule(b, {int(m): gamma for m in marks})
        case PiecewiseConstant(values, marks):
            scales = [new / old for old, new in pairwise(values)]
            return optax.piecewise_constant_schedule(
                values[0], dict(zip(map(int, marks), scales, strict=True))
            )
        case Cosine(b, steps, f, power, k_decay=1):
            return optax.cosine_decay_schedule(b, int(steps), f / b, power)
        case WarmupCosine(b, steps, warmup, f, start):
            return optax.warmup_cosine_decay_schedule(start, b, int(warmup), int(steps), f)
        case OneCycle(b, steps, share, first, last, shape="cosine", three_phase=False):
            return optax.cosine_onecycle_schedule(int(steps), b, share, first, last)
        case Warmup(Exponential() as inner, steps, start, shape="linear"):
            up = optax.linear_schedule(start, inner.base_lr, int(steps))
            then = schedule(inner)
            return then and optax.join_schedules([up, then], [int(steps)])
        case WSD(b, steps, warmup, decay, f, start, shape="linear"):
            parts = [
                optax.linear_schedule(start, b, int(warmup)),
                optax.constant_schedule(b),
                optax.linear_schedule(b, f, int(decay)),
            ]
            return optax.join_schedules(parts, [int(warmup), int(steps - decay)])
    return None


def _scalar(curve: Curve) -> Scalar | None:
    rate = schedule(curve.schedule)
    return rate and (lambda t: float(rate(t)))


def as_table(rate: Traced) -> Table:
    """Return a function of a JAX array as one of NumPy arrays."""

    def table(ts: Times) -> Array:
        t = jnp.asarray(as_float32(ts))
        return np.asarray(jnp.broadcast_to(rate(t), t.shape))

    return table


PEER = Peer(
    "optax eager",
    scalar=_scalar,
    imports="import optax",
    heavy=True,
    eps=FLOAT32,
    relative=64 * FLOAT32,
)
