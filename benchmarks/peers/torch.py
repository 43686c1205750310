"""The schedulers that torch has by name."""

from __future__ import annotations

from functools import partial

from torch.optim import lr_scheduler as own

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Linear,
    MultiStep,
    Polynomial,
    StepDecay,
)

from ..curves import Curve
from . import Peer, Stepper


def _stepper(curve: Curve) -> Stepper | None:
    match curve.schedule:
        case Constant():
            return partial(own.ConstantLR, factor=1.0)
        case Linear(b, f, steps):
            return partial(
                own.LinearLR, start_factor=1.0, end_factor=f / b, total_iters=int(steps)
            )
        case Polynomial(_, steps, 0, power, k_decay=1):
            return partial(own.PolynomialLR, total_iters=int(steps), power=power)
        case Exponential(_, gamma, every=1):
            return partial(own.ExponentialLR, gamma=gamma)
        case StepDecay(_, gamma, size, floor="direct"):
            return partial(own.StepLR, step_size=int(size), gamma=gamma)
        case MultiStep(_, gamma, marks):
            return partial(own.MultiStepLR, milestones=[int(m) for m in marks], gamma=gamma)
        case Cosine(_, steps, f, power=1, k_decay=1):
            return partial(own.CosineAnnealingLR, T_max=int(steps), eta_min=f)
        case CosineRestarts(_, period, f, mult, peak_mult=1) if period == int(period):
            return partial(
                own.CosineAnnealingWarmRestarts, T_0=int(period), T_mult=int(mult), eta_min=f
            )
        case Cyclic(low, high, up, down=None, mode="triangular"):
            return partial(
                own.CyclicLR,
                base_lr=low,
                max_lr=high,
                step_size_up=int(up),
                cycle_momentum=False,
            )
    return None


PEER = Peer("torch", stepper=_stepper, imports="import torch", heavy=True, holds=False)
