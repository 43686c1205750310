"""The formula of a curve in torch's ``LambdaLR``, which has room for any."""

from __future__ import annotations

from functools import partial

from torch.optim.lr_scheduler import LambdaLR

from ..curves import Curve
from . import Peer, Stepper, plain_python


def _stepper(curve: Curve) -> Stepper:
    rate, base = plain_python.closure(curve), curve.parameters["b"]
    return partial(LambdaLR, lr_lambda=lambda t: rate(t) / base)


PEER = Peer("LambdaLR", stepper=_stepper)
