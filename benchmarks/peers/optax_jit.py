"""optax, compiled by ``jax.jit``, in float32."""

from __future__ import annotations

from functools import cache
from typing import Any

import jax
import jax.numpy as jnp

from lrcurves import OneCycle, Schedule

from ..curves import Curve
from . import FLOAT32, Peer, Scalar, Table, Traced
from .optax import as_table, schedule


def _scalar(curve: Curve) -> Scalar | None:
    compiled = _compiled(curve.schedule)
    return compiled and (lambda t: float(compiled(t)))


def _table(curve: Curve) -> Table | None:
    compiled = _compiled(curve.schedule)
    return compiled and as_table(compiled)


@cache
def _compiled(s: Schedule) -> Any:
    """Return the schedule for any shape, compiled once for all questions."""
    rate = schedule(s)
    if isinstance(s, OneCycle):  # it is a function of one time only
        rate = jnp.vectorize(rate)
    return rate and jax.jit(lambda t: jnp.broadcast_to(rate(t), jnp.shape(t)))


def _traced(curve: Curve) -> Traced | None:
    rate: Traced | None = schedule(curve.schedule)
    return rate


PEER = Peer(
    "optax jit",
    scalar=_scalar,
    table=_table,
    traced=_traced,
    eps=FLOAT32,
    relative=64 * FLOAT32,
)
