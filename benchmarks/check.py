"""A result counts only if it agrees with another way to the same curve."""

from __future__ import annotations

import numpy as np

from .peers import Array, Peer

CHUNK = 1 << 20


class Refused(Exception):
    """Something that must not be timed, because it is wrong or could not be checked."""


def agree(curve: str, peer: Peer, ts: Array, ours: Array, theirs: Array) -> None:
    """Refuse ``ours`` unless it agrees with the peer's rates, within the peer's tolerance."""
    if ours.shape != theirs.shape:
        raise Refused(f"{curve}: lrcurves gives {ours.shape}, {peer.name} {theirs.shape}")
    slack = peer.absolute * float(np.max(np.abs(theirs)))
    # In chunks, because the temporaries of 1e7 points at once would crowd out a small machine.
    for at in range(0, len(ours), CHUNK):
        a, b = ours[at : at + CHUNK], theirs[at : at + CHUNK]
        good = np.abs(a - b) <= slack + peer.relative * np.abs(b)  # false for NaN, too
        if not good.all():
            i = int(good.argmin())
            raise Refused(
                f"{curve}: lr({ts[at + i]}) is {a[i]!r} in lrcurves, {b[i]!r} in {peer.name}"
            )


def checked(curve: str, by: object) -> None:
    """Refuse a curve that no peer has."""
    if not by:
        raise Refused(f"{curve}: no peer has this curve, so there is nothing to check it by")


def telling(steps: int) -> Array:
    """Return times at which a curve of so many steps goes wrong first: its ends and seams."""
    seams = [steps // part * k for part in (2, 3, 4, 10, 30) for k in (1, 2, 3)]
    near = [seam + by for seam in [*seams, steps] for by in (-1, 0, 1)]
    return np.array([0, 1, *near, 2 * steps])
