"""What a table costs whose times are in no order: whole steps, and real times."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from ..check import RefusedError, admit
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..memory import above
from ..peers import Array, Peer, Times
from ..report import Results, Row


def shuffled(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time all whole steps of a run, in any order."""
    ts = np.random.default_rng(0).permutation(effort.smaller)
    title = f"lr_array of {effort.smaller:,} shuffled whole steps"
    yield _table(title, ts, peers, effort)
    yield _parts(ts, effort)


def real(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time as many real times, from anywhere in the run."""
    ts = np.random.default_rng(0).uniform(0, effort.smaller, effort.smaller)
    title = f"lr_array of {effort.smaller:,} real times"
    yield _table(title, ts, peers, effort)


def _table(title: str, ts: Array, peers: Sequence[Peer], effort: Effort) -> Results:
    buffer = np.empty(len(ts))
    rows = [
        _row(curve, ts, buffer, peers, effort)
        for curve in chosen(effort.smaller, every=effort.complete)
    ]
    return Results(title, "ns per step; peak in MiB above the buffer", rows, effort.judged)


def _row(curve: Curve, ts: Array, buffer: Array, peers: Sequence[Peer], effort: Effort) -> Row:
    rivals, differ = contest(curve, ts, buffer, peers)
    ours = {"lr_array": partial(curve.schedule.lr_array, ts)}
    into = partial(curve.schedule.lr_array, ts, out=buffer)
    rounds = take_turns(ours | {"with out=": into} | rivals, effort)
    costs = {name: rounds.cost(name, unit=len(ts) * 1e-9) for name in ("lr_array", "with out=")}
    # Like with like: a peer makes a new array, as lr_array does.
    ratios = {name: rounds.ratio("lr_array", name) for name in rivals}
    targets = {"NumPy one-liner": curve.any_order}
    return Row(curve.name, costs, ratios, len(rounds), targets, above(into), differ)


def contest(
    curve: Curve, ts: Times, buffer: Array, peers: Sequence[Peer], more: Sequence[Array] = ()
) -> tuple[dict[str, Callable[[], object]], dict[str, str]]:
    """Return the peers' runs over a table that has been compared, and why some are missing."""
    ours = curve.schedule.lr_array
    theirs = [(peer, table) for peer in peers if (table := peer.table(curve))]
    differ = admit(curve, ours, theirs, ts, more)
    if not np.array_equal(ours(ts, out=buffer), ours(ts)):
        raise RefusedError(f"{curve.name}: lr_array gives something else into a ready buffer")
    good = {peer.name: partial(table, ts) for peer, table in theirs if peer.name not in differ}
    return dict(good), differ


def _parts(ts: Array, effort: Effort) -> Results:
    """Compare a thousand parts with ten, point by point; both have been checked above."""
    names = ("Sequential, 10 lines", "Sequential, 1000 lines")
    known = {curve.name: curve for curve in chosen(effort.smaller, every=False)}
    few, many = (partial(known[name].schedule.lr_array, ts) for name in names)
    rounds = take_turns({"10": few, "1000": many}, effort)
    costs = {name: rounds.cost(name, unit=len(ts) * 1e-9) for name in ("10", "1000")}
    ratios, targets = {"of 10 parts": rounds.ratio("1000", "10")}, {"of 10 parts": 1.0}
    row = Row("Sequential, 1000 lines", costs, ratios, len(rounds), targets)
    return Results("the same steps, 1000 parts beside ten", "ns per step", [row], effort.judged)
