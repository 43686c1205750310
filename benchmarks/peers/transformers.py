"""transformers: factors of a first rate, given to torch's ``LambdaLR``."""

from __future__ import annotations

from functools import partial

import torch
from transformers import (
    get_constant_schedule,
    get_cosine_schedule_with_warmup,
    get_cosine_with_min_lr_schedule_with_warmup,
    get_inverse_sqrt_schedule,
    get_polynomial_decay_schedule_with_warmup,
    get_wsd_schedule,
)

from lrcurves import WSD, Constant, Cosine, InverseSqrt, Linear, Polynomial, WarmupCosine

from ..curves import Curve
from . import Peer, Scalar, Stepper


def _stepper(curve: Curve) -> Stepper | None:
    match curve.schedule:
        case Constant():
            return get_constant_schedule
        case Linear(_, f, steps):
            return _polynomial(steps, f, 1.0)
        case Polynomial(b, steps, f, power, k_decay=1) if f < b:
            return _polynomial(steps, f, power)
        case InverseSqrt(_, timescale):
            return partial(
                get_inverse_sqrt_schedule, num_warmup_steps=0, timescale=int(timescale)
            )
        case Cosine(_, steps, f, power=1, k_decay=1):
            return partial(
                get_cosine_with_min_lr_schedule_with_warmup,
                num_warmup_steps=0,
                num_training_steps=int(steps),
                min_lr=f,
            )
        case WarmupCosine(_, steps, warmup, final_lr=0, start_lr=0):
            return partial(
                get_cosine_schedule_with_warmup,
                num_warmup_steps=int(warmup),
                num_training_steps=int(steps),
            )
        case WSD(b, steps, warmup, decay, f, start_lr=0, shape="linear"):
            return partial(
                get_wsd_schedule,
                num_warmup_steps=int(warmup),
                num_decay_steps=int(decay),
                num_training_steps=int(steps),
                decay_type="linear",
                min_lr_ratio=f / b,
            )
    return None


def _polynomial(steps: float, final_lr: float, power: float) -> Stepper:
    return partial(
        get_polynomial_decay_schedule_with_warmup,
        num_warmup_steps=0,
        num_training_steps=int(steps),
        lr_end=final_lr,
        power=power,
    )


def _scalar(curve: Curve) -> Scalar | None:
    make, base = _stepper(curve), curve.parameters["b"]
    if make is None:
        return None
    factor = make(torch.optim.SGD([torch.zeros(1)], lr=base)).lr_lambdas[0]
    return lambda t: base * factor(t)


PEER = Peer(
    "transformers",
    scalar=_scalar,
    stepper=_stepper,
    imports="from transformers import get_wsd_schedule",
    heavy=True,
    whole=True,
    holds=False,
)
