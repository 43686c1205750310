"""The second question: what a table of rates costs, of steps in order and of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from .check import RefusedError, agree, compared, telling
from .curves import Curve, curves
from .harness import Effort, take_turns
from .peers import Array, Peer, Table, Times
from .report import Results, Row

FORMS: dict[str, Callable[[int], Times]] = {
    "range(n)": range,
    "arange(n)": np.arange,
    "n shuffled whole steps": lambda n: np.random.default_rng(0).permutation(n),
}
"""The times to ask for. Of a range, peers make their arange, which is part of their time."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time every curve in every form of times at every size."""
    for size in effort.sizes:
        for form, make in FORMS.items():
            ts, buffer = make(size), np.empty(size)
            rows = [_row(curve, ts, buffer, peers, effort) for curve in curves(size)]
            yield Results(f"lr_array of {form}, n = {size:,}", "ns per step", rows)


def _row(curve: Curve, ts: Times, buffer: Array, peers: Sequence[Peer], effort: Effort) -> Row:
    ours = curve.schedule.lr_array
    theirs = [(peer, table) for peer in peers if (table := peer.table(curve))]
    limits = [(peer.name, peer.limit) for peer in peers if peer.limit]
    _check(curve, ts, buffer, theirs)

    rivals: dict[str, Callable[[], object]] = {"lr_array": partial(ours, ts)}
    rivals["with out="] = partial(ours, ts, out=buffer)
    rivals |= {peer.name: partial(table, ts) for peer, table in theirs}
    rivals |= {name: partial(limit, buffer) for name, limit in limits}
    rounds = take_turns(rivals, effort)
    costs = {name: rounds.cost(name, unit=len(ts) * 1e-9) for name in rivals}
    # Like with like: a peer makes a new array, as lr_array does; a limit has its buffer.
    ratios = {peer.name: rounds.ratio("lr_array", peer.name) for peer, _ in theirs}
    ratios |= {name: rounds.ratio("with out=", name) for name, _ in limits}
    return Row(curve.name, costs, ratios, len(rounds))


def _check(
    curve: Curve, ts: Times, buffer: Array, theirs: Sequence[tuple[Peer, Table]]
) -> None:
    """Compare whole tables, and the times at which a curve goes wrong first."""
    compared(curve.name, theirs)
    ours, ends = curve.schedule.lr_array, telling(len(ts))
    for times in (ends, ends + 0.5, ts):
        rates = ours(times)
        for peer, table in theirs:
            agree(curve.name, peer, times, rates, table(times))
    if not np.array_equal(ours(ts, out=buffer), rates):
        raise RefusedError(f"{curve.name}: lr_array gives something else into a ready buffer")
