"""The formula of a curve as a closure over its numbers, on the functions of ``math``."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence

from ..curves import Curve
from . import Peer, Scalar


def _interp(t: float, times: Sequence[float], rates: Sequence[float]) -> float:
    i = min(bisect_right(times, t), len(times) - 1)
    share = min(1.0, (t - times[i - 1]) / (times[i] - times[i - 1]))
    return rates[i - 1] + (rates[i] - rates[i - 1]) * share


_NAMES = {"pi": math.pi, "cos": math.cos, "bisect_right": bisect_right, "interp": _interp}


def closure(curve: Curve) -> Scalar:
    numbers = ", ".join(curve.parameters)
    make = eval(f"lambda {numbers}: lambda t: {curve.formula}", dict(_NAMES))
    rate: Scalar = make(**curve.parameters)
    return rate


PEER = Peer("plain Python", scalar=closure)
