"""Question 1: what does ``lr(t)`` cost in a training loop?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from .check import agree, checked, telling
from .curves import Curve, curves
from .harness import Effort, take_turns
from .peers import Peer, Scalar
from .report import Results, Row

STEPS, CALLS = 100_000, 1000


def measure(peers: Sequence[Peer], effort: Effort) -> Results:
    """Time single calls, with a thousand steps from all over the run."""
    rows = [_row(curve, peers, effort) for curve in curves(STEPS)]
    title = "lr(t), one call at a time, in a loop that itself takes some 10 ns"
    return Results(title, "ns per call; x: times as long as", rows)


def _row(curve: Curve, peers: Sequence[Peer], effort: Effort) -> Row:
    ours = curve.schedule.lr
    whole = list(range(0, STEPS, STEPS // CALLS))
    ts = np.concatenate([whole, telling(STEPS)])
    theirs = {peer.name: f for peer in peers if (f := peer.scalar(curve))}
    checked(curve.name, theirs)
    for peer in peers:
        if peer.name in theirs:
            for times in (ts.tolist(), (ts + 0.5).tolist()):
                rates = [np.array([f(t) for t in times]) for f in (ours, theirs[peer.name])]
                agree(curve.name, peer, np.array(times), *rates)
    rivals = {"lr(int)": partial(_loop, ours, whole)}
    rivals["lr(float)"] = partial(_loop, ours, [float(t) for t in whole])
    rivals |= {name: partial(_loop, f, whole) for name, f in theirs.items()}
    rounds = take_turns(rivals, effort)
    costs = {name: rounds.cost(name, unit=CALLS * 1e-9) for name in rivals}
    ratios = {name: rounds.ratio("lr(int)", name) for name in theirs}
    return Row(curve.name, costs, ratios, len(rounds))


def _loop(f: Scalar, ts: Sequence[float]) -> None:
    for t in ts:
        f(t)
