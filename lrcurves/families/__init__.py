"""The families of schedules, one file for each shape of formula."""

from .exponential import Exponential, Geometric, StepDecay
from .phased import Warmup
from .pieces import MultiStep, PiecewiseConstant
from .power import Constant, Linear, Polynomial
from .wave import Cosine

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "Geometric",
    "Linear",
    "MultiStep",
    "PiecewiseConstant",
    "Polynomial",
    "StepDecay",
    "Warmup",
]
