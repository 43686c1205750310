"""Exponentials of many times: a power from a short table, times one that is near 1."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array: TypeAlias = NDArray[Any]

LARGEST_EXPONENT = 700.0
"""The exponential of a number up to this size is far from the ends of the floats."""


class GrowthByTable(NamedTuple):
    """How to compute ``factor ** (t / every)`` as a power from a table, times a small one.

    The whole parts of time are so long that the factor of a part lies between ``exp(1/2)`` and
    e, or the inverse of these. Hence a table of all of them is short. What is left of a time
    is exact: the product of a whole number below 2**11 and a float of 42 bits is, and so is the
    difference of two numbers that are so near.

    Args:
        factor: as said.
        share: of ``every`` in a part.
        inverse: 1 by a part.
        high: a part, in 42 bits.
        low: the rest of it.
        rate: the logarithm of the factor, by ``every``.
    """

    factor: float
    share: float
    inverse: float
    high: float
    low: float
    rate: float

    @classmethod
    def of(cls, factor: float, every: float, latest: float) -> GrowthByTable | None:
        """Return how, if that is possible up to the latest time."""
        log = math.log(factor)
        if log == 0.0 or not 1e-280 < every < 1e280:  # near the ends of the floats
            return None
        part = math.ldexp(every, -math.frexp(log)[1])
        high, rate = rounded(part, 42), log / every
        if not (latest * (1.0 / part) + 0.5) * abs(rate * part) <= LARGEST_EXPONENT:
            return None
        return cls(factor, part / every, 1.0 / part, high, part - high, rate)

    def powers(self, latest: float) -> Array:
        """Return the powers of the factor to any number of parts."""
        return np.power(self.factor, np.arange(latest * self.inverse + 1.5) * self.share)


def rounded(x: float, bits: int) -> float:
    """Return the nearest number of so many bits."""
    mantissa, exponent = math.frexp(x)
    return math.ldexp(round(math.ldexp(mantissa, bits)), exponent - bits)
