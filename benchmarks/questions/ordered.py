"""What a table of steps in order costs: a range, or an array that holds one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from ..check import admit, telling
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..memory import above
from ..peers import Array, Peer, Times
from ..report import Results, Row
from .arrays import contest

ARANGE = 4.5
"""The most that an array of steps in order may cost, in times of filling the buffer."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time a run from its start, then other ways to ask for steps in order."""
    size, buffer = effort.size, np.empty(effort.size)
    unit = "ns per step; peak in MiB above the buffer"
    rows = [_row(curve, buffer, peers, effort) for curve in chosen(size, every=effort.complete)]
    yield Results(f"lr_array of range({size:,})", unit, rows, effort.judged)

    forms: dict[str, Times] = {
        "fill, arange": np.arange(size),
        "fill, int32": np.arange(size, dtype=np.int32),
        "fill, from 1001 by 3": range(1001, 1001 + 3 * size, 3),
        "fill, backwards": range(size - 1, -1, -1),
    }
    others = [
        _other(curve, buffer, forms, peers, effort)
        for curve in chosen(size, every=effort.complete)
    ]
    title = f"lr_array(..., out=) of {size:,} other steps in order"
    yield Results(title, "ns per step of the arange", others, effort.judged)


def _row(curve: Curve, buffer: Array, peers: Sequence[Peer], effort: Effort) -> Row:
    ts, ends = range(len(buffer)), telling(len(buffer))
    rivals, differ = contest(curve, ts, buffer, peers, (ends, ends + 0.5))
    new, into = (
        partial(curve.schedule.lr_array, ts),
        partial(curve.schedule.lr_array, ts, out=buffer),
    )
    runs: dict[str, Callable[[], object]] = {"out": into, "new": new}
    runs["fill"] = partial(buffer.fill, 0.1)
    runs["np.full"] = partial(np.full, len(ts), 0.1)
    # Two contests: among slow peers there would be few rounds.
    quick = take_turns(runs, effort)
    slow = take_turns({"new": new, **rivals}, effort)
    costs = {
        "lr_array": quick.cost("new", unit=len(ts) * 1e-9),
        "with out=": quick.cost("out", unit=len(ts) * 1e-9),
    }
    ratios = {"fill": quick.ratio("out", "fill"), "np.full": quick.ratio("new", "np.full")}
    ratios |= {name: slow.ratio("new", name) for name in rivals}
    targets = {"fill": curve.in_order} if curve.in_order else {}
    return Row(curve.name, costs, ratios, len(quick), targets, above(into), differ)


def _other(
    curve: Curve,
    buffer: Array,
    forms: dict[str, Times],
    peers: Sequence[Peer],
    effort: Effort,
) -> Row:
    exact = [(peer, t) for peer in peers if peer.exact and (t := peer.table(curve))]
    ours = curve.schedule.lr_array
    for ts in forms.values():
        admit(curve, ours, exact, ts)
    runs = {name: partial(ours, ts, out=buffer) for name, ts in forms.items()}
    rounds = take_turns({**runs, "fill": partial(buffer.fill, 0.1)}, effort)
    cost = {"arange": rounds.cost("fill, arange", unit=len(buffer) * 1e-9)}
    ratios = {name: rounds.ratio(name, "fill") for name in forms}
    # An array cannot cost less than its range.
    arange = max(ARANGE, curve.in_order or 0.0)
    most = {
        name: curve.in_order if isinstance(ts, range) else arange for name, ts in forms.items()
    }
    targets = {name: limit for name, limit in most.items() if limit}
    return Row(curve.name, cost, ratios, len(rounds), targets)
