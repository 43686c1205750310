"""Peers: other ways to the same curve. One file each, which is found by lying here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ..curves import Curve

Array: TypeAlias = NDArray[Any]
Times: TypeAlias = Array | range
Scalar: TypeAlias = Callable[[float], float]
Table: TypeAlias = Callable[[Times], Array]
Traced: TypeAlias = Callable[[Any], Any]
Stepper: TypeAlias = Callable[[Any], Any]


def lacks(curve: Curve) -> None:
    """Say that a peer does not have a curve; by default it has none."""


@dataclass(frozen=True)
class Peer:
    """One other way to compute curves.

    Each file in this folder defines one of these, by the name ``PEER``. Each of its functions
    takes a curve and returns ``None`` if the peer does not have it.

    The tolerances are those of a formula in float64 that knows no better. Such a formula
    rounds ``1 - t / T`` and ``1 + cos(x)`` to the last places of the *peak*, hence the
    absolute part: eight roundings. Near the end, where little is left of the difference, its
    square root keeps half of the relative error, eps / 2 * T / 2 = 6e-10 at the last of 1e7
    steps; a rounded exponent costs eps times the logarithm of the decay, which is less.

    Args:
        name: as it is printed.
        scalar: makes the function of one time.
        table: makes the function of an array of times (or a range) to a new array.
        traced: makes a function of one int32 that ``jax.jit`` can compile.
        stepper: makes the function of a torch optimizer to a scheduler for it.
        imports: what a user of it imports.
        heavy: whether that takes seconds.
        whole: whether it takes whole times only.
        holds: whether it holds the last rate beyond the end of the run.
        eps: of the type it computes in.
        relative: the error allowed, in units of the rate.
    """

    name: str
    scalar: Callable[[Curve], Scalar | None] = lacks
    table: Callable[[Curve], Table | None] = lacks
    traced: Callable[[Curve], Traced | None] = lacks
    stepper: Callable[[Curve], Stepper | None] = lacks
    imports: str = ""
    heavy: bool = False
    whole: bool = False
    holds: bool = True
    eps: float = 2.0**-52
    relative: float = 1e-9

    @property
    def absolute(self) -> float:
        """The error allowed besides, in units of the peak."""
        return 8 * self.eps

    @property
    def exact(self) -> bool:
        """Whether it computes in float64, so that one of us is wrong where we differ."""
        return self.eps <= 2.0**-52

    def knows(self, ts: Times, steps: int) -> Array | None:
        """Return a mask of the times in a run that it can be asked for; ``None`` for all."""
        if self.holds and not self.whole:
            return None
        t = np.asarray(ts)
        return np.asarray((self.holds | (t < steps)) & (not self.whole or t == np.floor(t)))


FLOAT32 = 2.0**-23
"""The eps of a peer that computes in float32. It may be off by 64 of the rate, because an
exponential multiplies the errors of its exponent by the logarithm of the decay. One that is
further off, for all that it knows are seven digits, is not timed, and the table says so."""


def load() -> tuple[list[Peer], list[str]]:
    """Return the peers, and the names of the libraries that others need and are not here."""
    found, missing = [], set[str]()
    for module in iter_modules(__path__):
        try:
            found.append(import_module(f"{__name__}.{module.name}").PEER)
        except ModuleNotFoundError as error:
            if str(error.name).startswith(("benchmarks", "lrcurves")):
                raise
            missing.add(str(error.name).partition(".")[0])
    return found, sorted(missing)


def as_array(ts: Times) -> Array:
    """Return the times as the array that one would make of a range."""
    return np.arange(ts.start, ts.stop, ts.step) if isinstance(ts, range) else ts


def as_float32(ts: Times) -> Array:
    """Return the times as frameworks want them: an int32, or else a float32."""
    t = as_array(ts)
    return t.astype(np.float32 if t.dtype.kind == "f" else np.int32)
