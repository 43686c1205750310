"""fvcore: functions of the share of a run that is over, which is 1 never."""

from __future__ import annotations

from typing import Any

from fvcore.common import param_scheduler as fv  # type: ignore[import-untyped]

from lrcurves import (
    Constant,
    Cosine,
    Geometric,
    Linear,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    WarmupCosine,
)

from ..curves import Curve
from . import Peer, Scalar


def _scalar(curve: Curve) -> Scalar | None:
    of_share, steps = _function(curve.schedule, curve.parameters["T"]), curve.parameters["T"]
    return of_share and (lambda t: of_share(t / steps))


def _function(s: Schedule, steps: int) -> Any:
    match s:
        case Constant(lr):
            return fv.ConstantParamScheduler(lr)
        case Linear(b, f):
            return fv.LinearParamScheduler(b, f)
        case Polynomial(b, final_lr=0, power=power, k_decay=1):
            return fv.PolynomialDecayParamScheduler(b, power)
        case Geometric(b, f):
            return fv.ExponentialParamScheduler(b, f / b)
        case PiecewiseConstant(values, marks):
            return fv.MultiStepParamScheduler(list(values), steps, [int(m) for m in marks])
        case Cosine(b, final_lr=f, power=1, k_decay=1):
            return fv.CosineParamScheduler(b, f)
        case WarmupCosine(b, _, warmup, f, start):
            return fv.CompositeParamScheduler(
                [fv.LinearParamScheduler(start, b), fv.CosineParamScheduler(b, f)],
                [warmup / steps, 1 - warmup / steps],
                ["rescaled", "rescaled"],
            )
    return None


PEER = Peer(
    "fvcore",
    scalar=_scalar,
    imports="import fvcore.common.param_scheduler",
    whole=True,
    holds=False,
)
