"""A result counts only if it agrees with another way to the same curve."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np

from .peers import Array, Peer, Times

CHUNK = 1 << 20
"""Points to compare at once: the temporaries of 1e7 would take as much memory as all else."""


class RefusedError(Exception):
    """Something that must not be timed, because it is wrong or could not be checked."""


def agree(
    curve: str, peer: Peer, ts: Times | Sequence[float], ours: Array, theirs: Array
) -> None:
    """Refuse ``ours`` unless it agrees with the peer's rates, within the peer's tolerance."""
    if ours.shape != theirs.shape:
        raise RefusedError(f"{curve}: lrcurves gives {ours.shape}, {peer.name} {theirs.shape}")
    peak = float(np.max(np.abs(theirs)))
    if not isfinite(peak):
        raise RefusedError(f"{curve}: {peer.name} gives {peak}")
    for at in range(0, len(ours), CHUNK):
        a, b = ours[at : at + CHUNK], theirs[at : at + CHUNK]
        good = np.abs(a - b) <= peer.absolute * peak + peer.relative * np.abs(
            b
        )  # false for NaN, too
        if not good.all():
            i = int(good.argmin())
            raise RefusedError(
                f"{curve}: lr({ts[at + i]}) is {float(a[i])!r} in lrcurves,"
                f" {float(b[i])!r} in {peer.name}"
            )


def compared(curve: str, peers: Sequence[object]) -> None:
    """Refuse a curve that no peer has."""
    if not peers:
        raise RefusedError(
            f"{curve}: no peer has this curve, so there is nothing to check it by"
        )


def telling(steps: int) -> Array:
    """Return times at which a curve of so many steps goes wrong first: its ends and seams."""
    seams = [steps // part * k for part in (2, 3, 4, 10, 30) for k in (1, 2, 3)]
    near = [seam + by for seam in [*seams, steps] for by in (-1, 0, 1)]
    return np.array([0, 1, *near, 2 * steps])
