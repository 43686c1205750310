"""At which points of a range time passes something: a level, an edge, the end of a cycle."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from ._matrix import Ramp
from ._numpy import NumPy
from ._ops import FLOATS
from ._requests import Cut, Split

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


def cut(t: Ramp, levels: Sequence[float]) -> Cut | Split:
    """Return the request to tell both sides of each of some levels apart."""
    if not t.line.is_cycle:
        return Cut(sorted({_passes(t, level) for level in levels}))
    rises = t.b[0] < t.b[-1]
    low, high = t.a.min() + t.b, t.a.max() + t.b
    columns = []
    for level in levels:
        some, all_ = (high >= level, low >= level) if rises else (low < level, high < level)
        columns.append((_first_true(some), _first_true(all_)))
    return Split(sorted(columns))


def _passes(t: Ramp, level: float) -> int:
    """Return the number of the first point on the other side of ``level``."""
    width = len(t.b)
    rises = t.first < t.last

    def beyond(at: int) -> bool:
        x = t.a[at // width] + t.b[at % width]
        return bool(x >= level if rises else x < level)

    size = len(t.a) * width
    share = (level - t.first) / (t.last - t.first)
    guess = int(min(max(0.0, share), 1.0) * (size - 1))  # right to a few points
    low, high = max(guess - 2, 0), min(guess + 3, size)
    if (low > 0 and beyond(low - 1)) or (high < size and not beyond(high)):
        low, high = 0, size
    return bisect_left(range(size), True, low, high, key=beyond)


def _first_true(x: Array) -> int:
    return int(x.argmax()) if x[-1] else len(x)
