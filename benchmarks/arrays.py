"""Question 2: what does a table of rates cost, of steps in order and of any others?"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from .check import Refused, agree, checked, telling
from .curves import Curve, curves
from .harness import Effort, take_turns
from .peers import Array, Peer, Times
from .report import Results, Row

FORMS: dict[str, Callable[[int], Times]] = {
    "range(n); peers make their own arange": range,
    "arange(n)": np.arange,
    "shuffled whole steps": lambda n: np.random.default_rng(0).permutation(n),
}
"""The times to ask for."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time every curve in every form of times at every size."""
    for size in effort.sizes:
        for form, make in FORMS.items():
            ts, buffer = make(size), np.empty(size)
            rows = [_row(curve, ts, buffer, peers, effort) for curve in curves(size)]
            title = f"lr_array of {form}, n = {size:,}"
            unit = "ns per step; x: times as long as, and out= as a limit"
            yield Results(title, unit, rows)


def _row(curve: Curve, ts: Times, buffer: Array, peers: Sequence[Peer], effort: Effort) -> Row:
    ours = curve.schedule.lr_array
    theirs = {peer.name: f for peer in peers if (f := peer.table(curve))}
    limits = {peer.name: peer.limit for peer in peers if peer.limit}
    checked(curve.name, theirs)
    for peer in peers:
        if peer.name in theirs:
            for times in (telling(len(ts)), ts):
                rates = ours(times), theirs[peer.name](times)
                agree(curve.name, peer, np.asarray(times), *rates)
    if not np.array_equal(ours(ts), ours(ts, out=buffer)):
        raise Refused(f"{curve.name}: lr_array gives something else into a ready buffer")
    rivals: dict[str, Callable[[], Any]] = {"lr_array": partial(ours, ts)}
    rivals["with out="] = partial(ours, ts, out=buffer)
    rivals |= {name: partial(f, ts) for name, f in theirs.items()}
    rivals |= {name: partial(limit, buffer) for name, limit in limits.items()}
    rounds = take_turns(rivals, effort)
    costs = {name: rounds.cost(name, unit=len(ts) * 1e-9) for name in rivals}
    # Like with like: a peer makes a new array, as lr_array does; a limit has its buffer.
    ratios = {name: rounds.ratio("lr_array", name) for name in theirs}
    ratios |= {name: rounds.ratio("with out=", name) for name in limits}
    return Row(curve.name, costs, ratios, len(rounds))
