"""What a torch scheduler's ``step()`` costs, for one parameter group and for eight."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..check import admit
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..peers import Array, Peer, Stepper, Table, Times
from ..report import Results, Row

STEPS, GROUPS = 12_000, (1, 8)


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time steps, of the curves that a peer has by name."""
    for groups in GROUPS:
        rows = [
            _row(curve, groups, peers, effort)
            for curve in chosen(STEPS, every=effort.complete)
            if len([peer for peer in peers if peer.stepper(curve)]) > 1
        ]
        if rows:
            title = f"scheduler.step() of torch, {groups} parameter group(s)"
            yield Results(title, "ns per step", rows)


def _row(curve: Curve, groups: int, peers: Sequence[Peer], effort: Effort) -> Row:
    from lrcurves.adapters.torch import CurveLR

    ours = partial(CurveLR, schedule=curve.schedule)
    theirs = {peer: make for peer in peers if (make := peer.stepper(curve))}
    tables = [(peer, _table(make, groups, curve)) for peer, make in theirs.items()]
    differ = admit(curve, _table(ours, groups, curve), tables, np.arange(effort.calls))

    makers: dict[str, Stepper] = {"CurveLR": ours}
    makers |= {peer.name: make for peer, make in theirs.items()}
    runs = {name: _steps(make, groups, curve, effort.calls) for name, make in makers.items()}
    rounds = take_turns(runs, effort)
    costs = {"CurveLR": rounds.cost("CurveLR", unit=effort.calls * 1e-9)}
    ratios = {peer.name: rounds.ratio("CurveLR", peer.name) for peer in theirs}
    return Row(curve.name, costs, ratios, len(rounds), differ=differ)


def _scheduler(make: Stepper, groups: int, curve: Curve) -> Any:
    """Return a scheduler after the first update, without which torch warns of its order."""
    import torch

    parameters = [{"params": [torch.zeros(1)]} for _ in range(groups)]
    optimizer = torch.optim.SGD(parameters, lr=curve.parameters["b"])
    scheduler = make(optimizer)
    optimizer.step()
    return scheduler


def _table(make: Stepper, groups: int, curve: Curve) -> Table:
    def table(ts: Times) -> Array:
        scheduler, rates = _scheduler(make, groups, curve), []
        for _ in ts:
            rates.append([group["lr"] for group in scheduler.optimizer.param_groups])
            scheduler.step()
        assert all(len(set(row)) == 1 for row in rates)
        return np.array(rates)[:, 0]

    return table


def _steps(make: Stepper, groups: int, curve: Curve, steps: int) -> Callable[[], None]:
    scheduler = _scheduler(make, groups, curve)
    rates = [group["lr"] for group in scheduler.optimizer.param_groups]

    def run() -> None:
        scheduler.last_epoch = 0  # the same steps again, whose rates have been compared
        for group, rate in zip(scheduler.optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
        for _ in range(steps):
            scheduler.step()

    return run
