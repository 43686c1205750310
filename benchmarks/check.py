"""A result counts only if it agrees with another way to the same curve."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

import numpy as np

from .curves import Curve
from .peers import Array, Peer, Scalar, Table, Times

CHUNK = 1 << 20
"""Points to compare at once: the temporaries of 1e7 would take as much memory as all else."""


class RefusedError(Exception):
    """Something that must not be timed, because it is wrong or could not be checked."""


def admit(
    curve: Curve,
    ours: Table,
    rivals: Iterable[tuple[Peer, Table]],
    timed: Times,
    more: Iterable[Times] = (),
) -> dict[str, str]:
    """Compare a curve with its peers.

    Args:
        curve: one that shall be timed.
        ours: its rates.
        rivals: those of its peers.
        timed: the times at which all of them shall be timed.
        more: times at which peers in float64 are compared, too.

    Returns:
        Why some peers must not be timed: they differ by more than their type explains.

    Raises:
        RefusedError: if a peer that computes in float64 differs, or if there is none.
    """
    rivals, differ, rates = list(rivals), dict[str, str](), ours(timed)
    if not any(peer.exact for peer, _ in rivals):
        raise RefusedError(
            f"{curve.name}: no peer has this curve, so there is nothing to check it by"
        )
    for peer, table in rivals:
        try:
            if not agree(curve, peer, timed, rates, table):
                raise RefusedError(f"{curve.name}: {peer.name} has no rates at these times")
        except RefusedError as refused:
            if peer.exact:
                raise
            differ[peer.name] = str(refused)
    for times in more:
        rates = ours(times)
        for peer, table in rivals:
            if peer.exact:
                agree(curve, peer, times, rates, table)
    return differ


def agree(curve: Curve, peer: Peer, ts: Times, ours: Array, table: Table) -> bool:
    """Refuse our rates unless a peer has the same, within its tolerance.

    Returns:
        Whether it has rates at any of the times.
    """
    known = peer.knows(ts, curve.parameters["T"])
    if known is not None:
        ts, ours = np.asarray(ts)[known], ours[known]
    if not len(ts):
        return False
    theirs = table(ts)
    if ours.shape != theirs.shape:
        raise RefusedError(
            f"{curve.name}: lrcurves gives {ours.shape}, {peer.name} {theirs.shape}"
        )
    peak = float(np.max(np.abs(theirs)))
    if not isfinite(peak):
        raise RefusedError(f"{curve.name}: {peer.name} gives {peak}")
    for at in range(0, len(ours), CHUNK):
        a, b = ours[at : at + CHUNK], theirs[at : at + CHUNK]
        allowed = peer.absolute * peak + peer.relative * np.abs(b)
        good = np.abs(a - b) <= allowed  # false for NaN, too
        if not good.all():
            i = int(good.argmin())
            raise RefusedError(
                f"{curve.name}: lr({ts[at + i]}) is {float(a[i])!r} in lrcurves,"
                f" {float(b[i])!r} in {peer.name}"
            )
    return True


def mapped(rate: Scalar) -> Table:
    """Return a function of one time as a function of many."""

    def table(ts: Times) -> Array:
        return np.array([rate(t) for t in (ts if isinstance(ts, range) else ts.tolist())])

    return table


def telling(steps: int) -> Array:
    """Return times at which a curve of so many steps goes wrong first: its ends and seams."""
    seams = [steps // part * k for part in (2, 3, 4, 10, 30) for k in (1, 2, 3)]
    near = [seam + by for seam in [*seams, steps] for by in (-1, 0, 1)]
    return np.unique([0, 1, *near, 2 * steps])
