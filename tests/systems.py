"""The formulas of the package in every number system that runs in this process.

``SYSTEMS`` asks for the rates of a schedule in each of them. Two are for tests alone: mpmath,
and the strict namespace of the array API.

``MPMATH`` runs the very formula of a schedule in arbitrary precision, on fields that are
mpmath numbers: compared with the oracle it shows that the formula is right, and compared with
the floats how much they round.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, cast

import array_api_strict
import numpy as np
import torch
from mpmath import mp, mpf  # type: ignore[import-untyped]

from lrcurves import Floor, Schedule
from lrcurves._layout import fill_range
from lrcurves._numpy import fill
from lrcurves._ops import Clocks
from lrcurves._seams import jet
from lrcurves._source import flat
from lrcurves._tensors import Tensors, formula_at
from lrcurves.schedule import FLOATS, Ops


class Mpmath:
    """Numbers of arbitrary precision."""

    exp = staticmethod(mp.exp)
    expm1 = staticmethod(mp.expm1)
    log1p = staticmethod(mp.log1p)
    sin = staticmethod(mp.sin)
    sqrt = staticmethod(mp.sqrt)
    tanh = staticmethod(mp.tanh)
    minimum = staticmethod(min)
    maximum = staticmethod(max)

    @property
    def pi(self) -> Any:
        return +mp.pi

    pi_rest = 0

    @staticmethod
    def sin2(x: Any) -> Any:
        return mp.sin(x) ** 2

    @staticmethod
    def power(x: Any, y: Any) -> Any:
        return mp.power(x, y)

    @staticmethod
    def clip(x: Any, low: float, high: float) -> Any:
        return min(max(x, low), high)

    @staticmethod
    def stairs(t: Any, every: float) -> tuple[Any, Any]:
        whole = mp.floor(t / every)
        return whole, t - whole * every

    @staticmethod
    def growth(factor: Any, t: Any, every: Any) -> Any:
        return mp.power(factor, t / every)

    @staticmethod
    def pick(t: Any, edges: Sequence[Any], *columns: Sequence[Any]) -> tuple[Any, ...]:
        i = bisect_right(edges, t)
        return tuple(column[i] for column in columns)

    @staticmethod
    def piecewise(t: Any, edges: Sequence[Any], piece: Callable[[int, Any], Any]) -> Any:
        return piece(bisect_right(edges, t), t)


MPMATH = cast("Ops", Mpmath())


def lifted(value: Any) -> Any:
    """Return a schedule with every number in it an mpmath number, past all validation."""
    if isinstance(value, Schedule):
        twin = object.__new__(type(value))
        for name, field in value._items():
            object.__setattr__(twin, name, lifted(field))
        derived = lifted(value._derived)
        if isinstance(value, Floor):  # whose first rate is a rounded value, not a number given
            derived = lifted(value.schedule)._formula(mpf(0), MPMATH)
        object.__setattr__(twin, "_derived", derived)
        return twin
    if isinstance(value, tuple):
        return tuple(map(lifted, value))
    if isinstance(value, Clocks):
        return Clocks(lifted(value.parts), lifted(value.starts))
    return mpf(value) if isinstance(value, float) else value


def in_mpmath(schedule: Schedule, t: float) -> Any:
    """Return the formula's value at ``t`` without rounding, to the current precision."""
    return lifted(schedule)._formula(mpf(t), MPMATH)


STRICT = Tensors(
    array_api_strict,
    lambda numbers, like: array_api_strict.asarray(numbers, dtype=array_api_strict.float64),
)


def in_strict(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as array-api-strict computes them, which refuses any mix of types."""
    t = array_api_strict.asarray(ts, dtype=array_api_strict.float64)
    with np.errstate(all="ignore"):
        lr = formula_at(schedule._formula, t, STRICT)
    assert lr.dtype == array_api_strict.float64
    return [float(x) for x in lr]


def in_torch(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as torch computes them in float64."""
    return cast("list[float]", schedule(torch.tensor(ts, dtype=torch.float64)).tolist())


def in_floats(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as the formula gives them, one by one."""
    return [schedule._formula(t, FLOATS) for t in ts]


def in_calls(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as a training loop asks for them."""
    return [schedule.lr(t) for t in ts]


def in_source(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates of the formula written out; where there is none, those of the floats."""
    written = flat(schedule._formula)
    rates = [None if written is None else written(t) for t in ts]
    return [
        schedule._formula(t, FLOATS) if lr is None else lr
        for t, lr in zip(ts, rates, strict=True)
    ]


def in_jets(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as they come with their derivatives."""
    return [jet(schedule, t).lr for t in ts]


def in_blocks(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as NumPy computes them, all in one block, in the order given."""
    rates = np.empty(len(ts))
    with np.errstate(all="ignore"):
        fill(schedule._formula, np.array(ts, np.float64), rates)
    return cast("list[float]", rates.tolist())


def in_blocks_of_one(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as NumPy computes them, each time in a block of its own."""
    return [schedule.lr_array([t]).item() for t in ts]


def in_a_range(schedule: Schedule, ts: range) -> list[float]:
    """Return the rates of a range as a grid computes them, however short it is."""
    rates = np.empty(len(ts))
    with np.errstate(all="ignore"):
        fill_range(schedule._formula, ts, rates)
    return cast("list[float]", rates.tolist())


def in_arbitrary_precision(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as mpmath computes them, rounded once."""
    with mp.workdps(60):
        twin = lifted(schedule)
        return [float(twin._formula(mpf(t), MPMATH)) for t in ts]


SYSTEMS: dict[str, Callable[[Schedule, Sequence[float]], list[float]]] = {
    "floats": in_floats,
    "calls": in_calls,
    "source": in_source,
    "jets": in_jets,
    "blocks": in_blocks,
    "blocks-of-one": in_blocks_of_one,
    "torch": in_torch,
    "strict": in_strict,
}
"""Every way to ask for rates at given times, in float64; a range is asked for otherwise."""


def in_jax(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as XLA computes them in float64, operation by operation."""
    import jax

    with jax.enable_x64(True):
        lr = schedule(jax.numpy.asarray(ts, jax.numpy.float64))
        assert lr.dtype == jax.numpy.float64
        return cast("list[float]", lr.tolist())


def in_tensorflow(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as TensorFlow computes them in float64."""
    import tensorflow as tf  # type: ignore[import-untyped]

    return cast("list[float]", schedule(tf.constant(ts, tf.float64)).numpy().tolist())


FRAMEWORKS: dict[str, Callable[[Schedule, Sequence[float]], list[float]]] = {
    "jax": in_jax,
    "tensorflow": in_tensorflow,
}
"""Those that take seconds to import: their tests are in ``adapters/test_law_suite.py``."""

WITH_MPMATH = SYSTEMS | {"mpmath": in_arbitrary_precision}
"""In arbitrary precision nothing overflows, and what is too large takes too long."""

IN_FLOATS = ("floats", "calls", "source", "jets")
"""Those that promise the very bits of ``lr(t)``."""
