"""Peers: other ways to the same curve. One file each, which is found by lying here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeAlias

from numpy.typing import NDArray

from ..curves import Curve

Array: TypeAlias = NDArray[Any]
Times: TypeAlias = Array | range
Scalar: TypeAlias = Callable[[float], float]
Table: TypeAlias = Callable[[Times], Array]


def lacks(curve: Curve) -> None:
    """Say that a peer does not have a curve; by default it has none."""


@dataclass(frozen=True)
class Peer:
    """One other way to compute curves.

    Each file in this folder defines one of these, by the name ``PEER``.

    The tolerances are those of a formula in float64 that knows no better. Such a formula
    rounds ``1 - t / T`` and ``1 + cos(x)`` to the last places of the *peak*, hence the
    absolute part: eight roundings. Near the end, where little is left of the difference, its
    square root keeps half of the relative error, eps / 2 * T / 2 = 6e-10 at the last of 1e7
    steps; a rounded exponent costs eps times the logarithm of the decay, which is less.

    Args:
        name: as it is printed.
        scalar: makes the function of one time; ``None`` for a curve that it does not have.
        table: makes the function of an array of times (or a range) to a new array; likewise.
        limit: what it does to a ready buffer without computing any curve: a bound on the
            speed of all others, so there is nothing to compare.
        relative: the error allowed, in units of the rate.
        absolute: the error allowed besides, in units of the peak.
    """

    name: str
    scalar: Callable[[Curve], Scalar | None] = lacks
    table: Callable[[Curve], Table | None] = lacks
    limit: Callable[[Array], object] | None = None
    relative: float = 1e-9
    absolute: float = 8 * 2.0**-52


def load() -> tuple[list[Peer], list[str]]:
    """Return the peers, and the names of the libraries that others need and are not here."""
    found, missing = [], set[str]()
    for module in iter_modules(__path__):
        try:
            found.append(import_module(f"{__name__}.{module.name}").PEER)
        except ModuleNotFoundError as error:
            if str(error.name).startswith(("benchmarks", "lrcurves")):
                raise
            missing.add(str(error.name))
    return found, sorted(missing)
