"""What a schedule costs inside ``jax.jit``: for a call, and for a step of a compiled loop."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..check import admit, mapped, telling
from ..curves import Curve, chosen
from ..harness import Effort, take_turns
from ..peers import Peer, Table, Traced
from ..report import Results, Row

STEPS = 10_000

REFERENCE = Peer("lr_array, rounded")
"""Ours outside of compiled code, after one rounding: compiled code must give the very same, but
the tolerance of a float64 formula is near enough to tell any two neighbours apart."""


def measure(peers: Sequence[Peer], effort: Effort) -> Iterator[Results]:
    """Time compiled curves, of those that a peer has by name."""
    rows = [
        _row(curve, peers, effort)
        for curve in chosen(STEPS, every=effort.complete)
        if any(peer.traced(curve) for peer in peers)
    ]
    if rows:
        yield Results("inside jax.jit, in float32", "ns per step", rows)


def _row(curve: Curve, peers: Sequence[Peer], effort: Effort) -> Row:
    import jax

    names = {peer: rate for peer in peers if (rate := peer.traced(curve))}
    exact = [(peer, t) for peer in peers if peer.exact and (t := peer.table(curve))]
    ends = telling(STEPS)
    admit(curve, curve.schedule.lr_array, exact, ends)
    differ = admit(
        curve,
        mapped(jax.jit(curve.schedule)),
        [(REFERENCE, _rounded(curve)), *((p, mapped(jax.jit(r))) for p, r in names.items())],
        ends,
    )
    rates: dict[str, Traced] = {"ours": curve.schedule}
    rates |= {peer.name: rate for peer, rate in names.items() if peer.name not in differ}
    runs = {f"{name}, call": _calls(rate, effort.calls) for name, rate in rates.items()}
    runs |= {f"{name}, loop": _loop(rate) for name, rate in rates.items()}
    rounds = take_turns(runs, effort)
    units = {"call": effort.calls * 1e-9, "loop": STEPS * 1e-9}
    costs = {how: rounds.cost(f"ours, {how}", unit) for how, unit in units.items()}
    ratios = {
        f"{name}, {how}": rounds.ratio(f"ours, {how}", f"{name}, {how}")
        for how in units
        for name in rates
        if name != "ours"
    }
    return Row(curve.name, costs, ratios, len(rounds), differ=differ)


def _rounded(curve: Curve) -> Table:
    return lambda ts: curve.schedule.lr_array(ts, dtype=np.float32)


def _calls(rate: Traced, calls: int) -> partial[None]:
    """Return calls from outside, each with a count that is on the device, as optax's are."""
    import jax

    compiled = jax.jit(rate)
    counts = [jax.numpy.int32(t) for t in range(0, STEPS, STEPS // calls)]

    def run() -> None:
        for count in counts:
            last: Any = compiled(count)
        last.block_until_ready()

    run()  # compiles
    return partial(run)


def _loop(rate: Traced) -> partial[Any]:
    """Return a loop that is compiled as a whole, as a training loop on a device is."""
    import jax

    @jax.jit
    def total(start: Any) -> Any:
        return jax.lax.fori_loop(0, STEPS, lambda i, so_far: so_far + rate(start + i), 0.0)

    start = jax.numpy.int32(0)
    total(start)  # compiles
    return partial(lambda: total(start).block_until_ready())
