"""The families of schedules, one file for each shape of formula."""

from .exponential import Exponential, Geometric, StepDecay, Tanh
from .phased import WSD, FlatCosine, OneCycle, RangeTest, SlantedTriangular, TriStage
from .pieces import Interpolated, MultiStep, PiecewiseConstant
from .power import (
    REX,
    Constant,
    InverseSqrt,
    InverseTime,
    Linear,
    OneMinusSqrt,
    Polynomial,
    PowerLaw,
)
from .warmup import Noam, Warmup, WarmupCosine, WarmupExponential, WarmupLinear
from .wave import Cosine, CosineRestarts, Cyclic, PolynomialRestarts

__all__ = [
    "Constant",
    "Cosine",
    "CosineRestarts",
    "Cyclic",
    "Exponential",
    "FlatCosine",
    "Geometric",
    "Interpolated",
    "InverseSqrt",
    "InverseTime",
    "Linear",
    "MultiStep",
    "Noam",
    "OneCycle",
    "OneMinusSqrt",
    "PiecewiseConstant",
    "Polynomial",
    "PolynomialRestarts",
    "PowerLaw",
    "REX",
    "RangeTest",
    "SlantedTriangular",
    "StepDecay",
    "Tanh",
    "TriStage",
    "WSD",
    "Warmup",
    "WarmupCosine",
    "WarmupExponential",
    "WarmupLinear",
]
