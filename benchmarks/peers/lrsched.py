"""lrsched: closures over validated numbers, of whole steps."""

from __future__ import annotations

from collections.abc import Callable

import lrsched

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Linear,
    MultiStep,
    OneCycle,
    Polynomial,
    Schedule,
    Sequential,
    StepDecay,
    Warmup,
    WarmupCosine,
)

from ..curves import Curve
from . import Peer, Scalar


def _scalar(curve: Curve) -> Scalar | None:
    return _closure(curve.schedule)  # type: ignore[return-value]  # of whole steps


def _closure(s: Schedule) -> Callable[[int], float] | None:
    match s:
        case Constant(lr):
            return lrsched.constant(lr=lr)
        case Linear(b, f, steps):
            return lrsched.linear(base_lr=b, end_lr=f, total_steps=int(steps))
        case Polynomial(b, steps, f, power, k_decay=1):
            return lrsched.polynomial(base_lr=b, end_lr=f, total_steps=int(steps), power=power)
        case Exponential(b, gamma, every=1):
            return lrsched.exponential(base_lr=b, gamma=gamma)
        case Exponential(b, gamma, every):
            return lrsched.exponential_decay(
                base_lr=b, decay_rate=gamma, decay_steps=int(every)
            )
        case StepDecay(b, gamma, size, floor="direct"):
            return lrsched.step_decay(base_lr=b, drop=gamma, step_size=int(size))
        case MultiStep(b, gamma, marks):
            return lrsched.multi_step(
                base_lr=b, gamma=gamma, milestones=[int(m) for m in marks]
            )
        case Cosine(b, steps, f, power=1, k_decay=1):
            return lrsched.cosine(base_lr=b, min_lr=f, total_steps=int(steps))
        case CosineRestarts(b, period, f, mult, peak_mult=1) if period == int(period):
            return lrsched.cosine_restarts(
                base_lr=b, min_lr=f, period=int(period), t_mult=int(mult)
            )
        case Cyclic(low, high, up, down=None, mode="triangular"):
            return lrsched.triangular(min_lr=low, max_lr=high, step_size=int(up))
        case OneCycle(b, steps, share, first, last, shape="cosine", three_phase=False):
            return lrsched.one_cycle(
                max_lr=b,
                total_steps=int(steps),
                pct_start=share,
                initial_div=first,
                final_div=first * last,
            )
        case WSD(b, steps, warmup, decay, f, start, shape="linear"):
            return lrsched.warmup_stable_decay(
                base_lr=b,
                warmup_steps=int(warmup),
                decay_steps=int(decay),
                total_steps=int(steps),
                final_lr=f,
                warmup_start=start,
                decay_shape="linear",
            )
        case Warmup(inner, steps, start, shape="linear"):
            then = _closure(inner)
            return then and lrsched.with_warmup(then, warmup_steps=int(steps), start_lr=start)
        case WarmupCosine(b, steps, warmup, f, start):
            return _closure(Warmup(Cosine(b, steps - warmup, f), warmup, start))
        case Sequential(parts):
            lengths = [int(part.end) for part in parts]
            if any(length != part.end for length, part in zip(lengths, parts, strict=True)):
                return None
            lengths[-1] += 1  # it holds what it gives one step before its end
            closures = [closure for part in parts if (closure := _closure(part))]
            return lrsched.sequential(list(zip(lengths, closures, strict=True)))
    return None


PEER = Peer("lrsched", scalar=_scalar, imports="import lrsched", whole=True)
