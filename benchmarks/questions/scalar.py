"""What ``lr(t)`` costs in a training loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from ..check import admit, mapped, telling
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..peers import Peer, Scalar
from ..report import Results, Row

STEPS = 100_000

TARGETS = {"lrsched": 1.0, "plain Python": 2.0}
"""At or under the fastest library, and never twice a closure that checks nothing."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time single calls, with steps from all over the run."""
    rows = [_row(curve, peers, effort) for curve in chosen(STEPS, every=effort.complete)]
    title = "lr(t), called in a loop, its own 10 ns included"
    yield Results(title, "ns per call", rows, effort.judged)


def _row(curve: Curve, peers: Sequence[Peer], effort: Effort) -> Row:
    ours = curve.schedule.lr
    whole = range(0, STEPS, STEPS // effort.calls)
    theirs = {peer: rate for peer in peers if (rate := peer.scalar(curve))}
    tables = [(peer, mapped(rate)) for peer, rate in theirs.items()]
    ends = telling(STEPS)
    differ = admit(curve, mapped(ours), tables, whole, (ends, ends + 0.5))

    steps = list(whole)
    rivals = {"lr(int)": partial(_loop, ours, steps)}
    rivals["lr(float)"] = partial(_loop, ours, [float(t) for t in whole])
    slow = {p.name: partial(_loop, rate, steps) for p, rate in theirs.items()}
    rivals |= {name: run for name, run in slow.items() if name not in differ}
    rounds = take_turns(rivals, effort)
    costs = {n: rounds.cost(n, unit=len(whole) * 1e-9) for n in ("lr(int)", "lr(float)")}
    ratios = {p.name: rounds.ratio("lr(int)", p.name) for p in theirs if p.name in rivals}
    return Row(curve.name, costs, ratios, len(rounds), TARGETS, differ=differ)


def _loop(rate: Scalar, ts: Sequence[float]) -> None:
    for t in ts:
        rate(t)
