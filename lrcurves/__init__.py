"""Learning-rate schedules as immutable values, the same in every framework."""

from .combine import (
    Floor,
    Product,
    Scale,
    Sequential,
    Shift,
    Staircase,
    Stretch,
    Sum,
    Until,
)
from .families import (
    Constant,
    Cosine,
    Exponential,
    Geometric,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    StepDecay,
    Warmup,
)
from .schedule import Schedule, define

__version__ = "0.1.0"

__all__ = [
    "Constant",
    "Cosine",
    "Exponential",
    "Floor",
    "Geometric",
    "Linear",
    "MultiStep",
    "PiecewiseConstant",
    "Polynomial",
    "Product",
    "Scale",
    "Schedule",
    "Sequential",
    "Shift",
    "Staircase",
    "StepDecay",
    "Stretch",
    "Sum",
    "Until",
    "Warmup",
    "define",
]
