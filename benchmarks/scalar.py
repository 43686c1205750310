"""The first question: what ``lr(t)`` costs in a training loop."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np

from .check import agree, compared, telling
from .curves import Curve, curves
from .harness import Effort, take_turns
from .peers import Peer, Scalar
from .report import Results, Row

STEPS, CALLS = 100_000, 1000


def measure(peers: Sequence[Peer], effort: Effort) -> Results:
    """Time single calls, with a thousand steps from all over the run."""
    rows = [_row(curve, peers, effort) for curve in curves(STEPS)]
    return Results("lr(t), called in a loop, its own 10 ns included", "ns per call", rows)


def _row(curve: Curve, peers: Sequence[Peer], effort: Effort) -> Row:
    ours = curve.schedule.lr
    whole = list(range(0, STEPS, STEPS // CALLS))
    theirs = [(peer, rate) for peer in peers if (rate := peer.scalar(curve))]
    _check(curve, whole, theirs)

    rivals = {"lr(int)": partial(_loop, ours, whole)}
    rivals["lr(float)"] = partial(_loop, ours, [float(t) for t in whole])
    rivals |= {peer.name: partial(_loop, rate, whole) for peer, rate in theirs}
    rounds = take_turns(rivals, effort)
    costs = {name: rounds.cost(name, unit=CALLS * 1e-9) for name in rivals}
    ratios = {peer.name: rounds.ratio("lr(int)", peer.name) for peer, _ in theirs}
    return Row(curve.name, costs, ratios, len(rounds))


def _check(curve: Curve, whole: list[int], theirs: Sequence[tuple[Peer, Scalar]]) -> None:
    """Compare ints and floats, and the times at which a curve goes wrong first."""
    compared(curve.name, theirs)
    ends = telling(STEPS)
    for times in (whole, [float(t) for t in whole], ends.tolist(), (ends + 0.5).tolist()):
        rates = np.array([curve.schedule.lr(t) for t in times])
        for peer, rate in theirs:
            agree(curve.name, peer, times, rates, np.array([rate(t) for t in times]))


def _loop(rate: Scalar, ts: Sequence[float]) -> None:
    for t in ts:
        rate(t)
