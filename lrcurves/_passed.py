"""At which points of a range its cycles and pieces begin."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._matrix import Ramp
from ._numpy import NumPy
from ._ops import FLOATS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

MOST_CYCLES = 1 << 16
"""So many cycles at once, so that their rows stay small."""


def lead(t: Ramp, every: float, gap: float) -> int:
    """Return after how many points a period begins, or ends if time falls."""
    rest = FLOATS.stairs(t.first, every)[1]
    if t.first < t.last:
        return math.ceil((every - rest) / gap) if rest > 0.0 else 0
    return math.floor(rest / gap) + 1


def starts(t: Ramp, every: float, wraps: float) -> Array:
    """Return the numbers of the points in which a new cycle begins."""
    first = FLOATS.stairs(t.ends[0], every)[0] + 1.0
    cycle = first + np.arange(min(wraps, MOST_CYCLES))
    return firsts(t, cycle * every, lambda times: NumPy.stairs(times, every)[0] >= cycle)


def firsts(t: Ramp, levels: Array, beyond: Callable[[Array], Array]) -> Array:
    """Return the numbers of the first points on the other side of some rising levels.

    Args:
        t: time, which passes all of them.
        levels: nearly where they are.
        beyond: whether a time for each of them is there.
    """
    width, size = len(t.b), len(t.a) * len(t.b)
    rises = t.first < t.last

    def at(point: Array) -> Array:
        point = point if rises else size - 1 - point
        return beyond(t.a[point // width] + t.b[point % width])

    gap = abs(float(t.b[1] - t.b[0]))
    first = np.clip(np.ceil((levels - t.ends[0]) / gap), 1, size - 1).astype(np.intp)
    while True:  # right to a point or two
        move = 1 * ~at(first) - at(first - 1)
        if not move.any():
            return first if rises else (size - first)[::-1]
        first += move
