"""Between which two rates a schedule stays, by what its documentation says of its fields.

Nothing is computed by a formula here: the bounds of a composition follow from those of its
parts.
"""

from __future__ import annotations

import math
from typing import Any

from lrcurves import Schedule


def bounds(schedule: Any) -> tuple[float, float]:
    """Return the least rate that a schedule may have, and the largest.

    >>> from lrcurves import Cosine, Linear
    >>> bounds(Linear(0, 0.1, steps=10) >> Cosine(0.1, steps=90, final_lr=0.01))
    (0.0, 0.1)
    >>> bounds(2 * Cosine(0.1, steps=90, final_lr=0.01))
    (0.02, 0.2)
    """
    s, kind = schedule, type(schedule).__name__
    if kind in COMPOSED:
        return _composed(s, kind)
    if kind in ("Exponential", "StepDecay", "MultiStep"):
        return (0.0, s.base_lr) if s.gamma <= 1.0 else (s.base_lr, math.inf)
    if kind in ("PowerLaw", "InverseTime", "InverseSqrt"):
        return 0.0, s.base_lr
    if kind in ("CosineRestarts", "PolynomialRestarts"):
        return s.final_lr, s.base_lr if s.peak_mult <= 1.0 else math.inf
    if kind == "Cyclic" and s.mode == "exp_range" and s.gamma > 1.0:
        return s.base_lr, math.inf
    if kind == "OneCycle":
        return s.peak_lr / s.div_factor / s.final_div_factor, s.peak_lr
    if kind == "SlantedTriangular":
        return s.peak_lr / s.ratio, s.peak_lr
    if kind == "Noam":
        return 0.0, s.factor / math.sqrt(s.d_model) / math.sqrt(s.warmup)
    return _between(_rates(s))


COMPOSED = (
    *("Sequential", "Sum", "Product", "Maximum", "Minimum", "Warmup"),
    *("Scale", "Shift", "Stretch", "Floor", "Until", "Staircase", "Repeat"),
)


def _composed(s: Any, kind: str) -> tuple[float, float]:
    parts = s.parts if hasattr(s, "parts") else (s.schedule,)
    lows, highs = zip(*map(bounds, parts), strict=True)
    match kind:
        case "Sum":
            return sum(lows), sum(highs)
        case "Product":
            return _product(*lows), _product(*highs)
        case "Maximum":
            return max(lows), max(highs)
        case "Minimum":
            return min(lows), min(highs)
        case "Scale":
            return _product(s.by, *lows), _product(s.by, *highs)
        case "Floor":
            return max(s.min_lr, *lows), max(s.min_lr, *highs)
        case "Repeat":
            return (0.0, *highs) if s.peak_mult <= 1.0 else (*lows, math.inf)
        case "Warmup":
            return _between([s.start_lr, *lows, *highs])
    return min(lows), max(highs)


def _rates(schedule: Schedule) -> list[float]:
    """Return all fields that are rates."""
    found: list[float] = []
    for name, value in schedule._items():
        if name == "values":
            found.extend(value)
        elif "lr" in name.split("_"):
            found.append(value)
    return found


def _between(rates: list[float]) -> tuple[float, float]:
    return min(rates), max(rates)


def _product(*factors: float) -> float:
    """Return a product in which 0 times anything is 0."""
    return 0.0 if 0.0 in factors else math.prod(factors)
