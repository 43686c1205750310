"""How the time of a range grows with its length: the slope on a log-log scale should be 1."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from math import log10

import numpy as np

from ..check import admit
from ..curves import SHORT, Curve, chosen
from ..harness import Effort, Spread, take_turns
from ..peers import Array, Peer
from ..report import Results, Row

FILL = "fill, no curve"

LONG = 3
"""The longest lengths, over which the slope is fitted: there the price of a call is little."""

TARGET = 1.1
"""The most that the slope may be; that of filling alone is above 1 where a cache ends."""

POINTS = 10**5
"""To compare of a table that is longer than that of the other questions."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time ranges of all lengths, each of a run that is as long."""
    buffer = np.empty(max(effort.lengths))
    buffer.fill(0.0)  # gets its pages
    exact = [peer for peer in peers if peer.exact]
    costs: dict[str, dict[str, Spread]] = {name: {} for name in (*SHORT, FILL)}
    rounds = []
    for length in effort.lengths:
        part, unit = buffer[:length], length * 1e-9
        run: Callable[[], object]
        known = {curve.name: curve for curve in chosen(max(length, 3000), every=False)}
        for curve in known.values():
            _check(curve, part, exact)
        for name in (*SHORT, FILL):
            if name == FILL:
                run = partial(part.fill, 0.1)
            else:
                run = partial(known[name].schedule.lr_array, range(length), out=part)
            taken = take_turns({name: run}, effort)
            costs[name][f"1e{log10(length):g}"] = taken.cost(name, unit)
            rounds.append(len(taken))
    rows = [
        Row(name, cost, {SLOPE: slope(cost)}, min(rounds), {SLOPE: TARGET})
        for name, cost in costs.items()
    ]
    yield Results("lr_array(range(n), out=), by n", "ns per step", rows, effort.judged)


SLOPE = "n ** slope"


def slope(costs: dict[str, Spread]) -> Spread:
    """Return the power of the length with which time grows, with its standard error."""
    points = [(float(n), cost.median * float(n)) for n, cost in costs.items()][-LONG:]
    x, y = np.log10(np.array(points)).T
    (fitted, _), residuals, *_ = np.polyfit(x, y, 1, full=True)
    variance = float(residuals.sum()) / max(1, len(x) - 2) / float(((x - x.mean()) ** 2).sum())
    error = variance**0.5
    return Spread(float(fitted) - error, float(fitted), float(fitted) + error)


def _check(curve: Curve, part: Array, peers: Sequence[Peer]) -> None:
    """Compare a table that is too long for the peers at points all over it."""
    written = curve.schedule.lr_array(range(len(part)), out=part)
    ends = [0, 1, len(part) // 2, len(part) - 2, len(part) - 1]
    some = np.random.default_rng(0).integers(0, len(part), min(POINTS, len(part)))
    ts = np.sort(np.concatenate([ends, some]))
    admit(
        curve,
        lambda times: written[np.asarray(times)],
        [(peer, table) for peer in peers if (table := peer.table(curve))],
        ts,
    )
