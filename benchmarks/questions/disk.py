"""What a table costs that is a file, mapped into memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ..check import RefusedError
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..memory import above
from ..peers import Array, Peer, Table
from ..report import Results, Row
from .arrays import contest


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time writing a range to a file of either type."""
    exact = [peer for peer in peers if peer.exact]
    for dtype in (np.float64, np.float32):
        with TemporaryDirectory() as folder:
            file = np.memmap(Path(folder, "rates"), dtype, "w+", shape=(effort.smaller,))
            rows = [
                _row(curve, file, exact, effort)
                for curve in chosen(effort.smaller, every=effort.complete)
            ]
            del file  # Windows cannot delete it before
        title = f"lr_array of range({effort.smaller:,}) to disk, as {np.dtype(dtype)}"
        unit = "ns per step; peak in MiB above the file"
        yield Results(title, unit, rows, effort.judged)


def _row(curve: Curve, file: Array, peers: Sequence[Peer], effort: Effort) -> Row:
    ts, name = range(len(file)), "NumPy one-liner"
    contest(curve, ts, np.empty(len(file)), peers)
    rates = curve.schedule.lr_array(ts)
    if not np.array_equal(curve.schedule.lr_array(ts, out=file), rates.astype(file.dtype)):
        raise RefusedError(f"{curve.name}: lr_array writes something else to disk")
    del rates

    ours = partial(curve.schedule.lr_array, ts, out=file)
    rivals: dict[str, Callable[[], object]] = {"fill": partial(file.fill, 0.1)}
    for table in (peer.table(curve) for peer in peers if peer.name == name):
        if table:
            rivals[name] = partial(_assign, file, table)
    rounds = take_turns({"out=": ours, **rivals}, effort)
    ratios = {rival: rounds.ratio("out=", rival) for rival in rivals}
    costs = {"out=": rounds.cost("out=", unit=len(file) * 1e-9)}
    return Row(curve.name, costs, ratios, len(rounds), memory=above(ours))


def _assign(file: Array, table: Table) -> Any:
    file[:] = table(range(len(file)))
