"""The formulas of the package in further number systems: mpmath, torch, strict array API.

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
from lrcurves._tensors import Tensors, formula_at
from lrcurves.schedule import Ops


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

    split = stairs

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
    with np.errstate(over="ignore", under="ignore"):
        lr = formula_at(schedule._formula, t, STRICT)
    assert lr.dtype == array_api_strict.float64
    return [float(x) for x in lr]


def in_torch(schedule: Schedule, ts: Sequence[float]) -> list[float]:
    """Return the rates as torch computes them in float64."""
    return cast("list[float]", schedule(torch.tensor(ts, dtype=torch.float64)).tolist())
