"""How wrong float32 is: ``python -m benchmarks.sameness`` prints a table in Markdown.

Optax computes schedules in float32. Here its own ones, compiled, are compared with the exact
rates, at the first steps, at the last ones, around each quarter and at random ones; and so are
ours. Both are made by the same call, of ``optax`` and of ``lrcurves.compat.optax``.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy

LENGTHS = (10**4, 10**7, 10**9)
PEAK = 0.1
LAST = 1e-3
"""The rate at the end of the exponential curves, as a share of the first."""
ENDS = "not 0 at the end"


@dataclass(frozen=True)
class Error:
    """How wrong the rates of a run are.

    Args:
        share: the largest error of a rate that is not 0, as a share of it: 0 if each is the
            exact one rounded once, NaN if one is.
        end: what the last rate is where it should be 0; 0 elsewhere.
    """

    share: float
    end: float

    def __str__(self) -> str:
        if self == Error(0.0, 0.0):
            return "none"
        share = shown(self.share)
        return share if self.end == 0.0 or self.share != self.share else f"{share}; {ENDS}"


@dataclass(frozen=True)
class Row:
    """The errors of a curve, for each of :data:`LENGTHS`."""

    curve: str
    optax: tuple[Error, ...]
    ours: tuple[Error, ...]

    def __str__(self) -> str:
        ours = ", ".join(dict.fromkeys(map(str, self.ours)))
        return f"| {' | '.join([self.curve, *map(str, self.optax), ours])} |"


def calls(steps: int) -> dict[str, tuple[str, tuple[Any, ...]]]:
    """Return the curves that last so many steps: the names of functions and their arguments."""
    warmup, gamma = steps // 10, LAST ** (1 / steps)
    return {
        "linear to 0": ("linear_schedule", (PEAK, 0.0, steps)),
        "cosine to 0": ("cosine_decay_schedule", (PEAK, steps)),
        "warm-up, cosine to 0": (
            "warmup_cosine_decay_schedule",
            (0.0, PEAK, warmup, steps),
        ),
        "polynomial, power 2": ("polynomial_schedule", (PEAK, 0.0, 2.0, steps)),
        "polynomial, power 0.5": ("polynomial_schedule", (PEAK, 0.0, 0.5, steps)),
        "exponential, over the run": ("exponential_decay", (PEAK, steps, LAST)),
        "exponential, each step": ("exponential_decay", (PEAK, 1, gamma)),
        "exponential, 83 stairs": (
            "exponential_decay",
            (PEAK, steps // 83, LAST ** (1 / 83), 0, True),
        ),
    }


def counts(steps: int) -> list[int]:
    """Return the counts that are compared: some thousands, the same in every run."""
    rng = Random(steps)
    stairs = (i * (steps // 83) for i in range(84))
    near = (i * steps // 4 + j for i in range(5) for j in range(-500, 501))
    drawn = (rng.randrange(steps) for _ in range(1000))
    return sorted({t for t in (*stairs, *near, *drawn) if 0 <= t <= steps})


def measure(lengths: Iterable[int] = LENGTHS) -> list[Row]:
    """Return one row for each curve."""
    import jax
    import optax  # type: ignore[import-untyped]

    from lrcurves.compat import optax as compat

    errors: dict[str, list[list[Error]]] = {}
    for steps in lengths:
        ts = counts(steps)
        at = jax.numpy.array(ts, jax.numpy.int32)
        for curve, (name, arguments) in calls(steps).items():
            ours = getattr(compat, name)(*arguments)
            theirs = getattr(optax, name)(*arguments)
            want = [ours.lr(t) for t in ts]
            found = (jax.jit(jax.vmap(schedule))(at).tolist() for schedule in (theirs, ours))
            errors.setdefault(curve, []).append([error(got, want) for got in found])
    return [
        Row(curve, *map(tuple, zip(*pairs, strict=True))) for curve, pairs in errors.items()
    ]


def error(got: Sequence[float], want: Sequence[float]) -> Error:
    """Return how far float32 rates are from the exact ones.

    >>> error([0.5, 0.25, 0.0], [0.5, 0.2, 0.0])
    Error(share=0.25, end=0.0)
    """
    rounded = numpy.array(want, numpy.float32).tolist()
    if any(map(math.isnan, got)):
        return Error(math.nan, math.nan)
    shares = (
        abs(found - exact) / exact
        for found, near, exact in zip(got, rounded, want, strict=True)
        if found != near and near > 0.0
    )
    return Error(round(max(shares, default=0.0), 12), got[-1] if want[-1] == 0.0 else 0.0)


def shown(share: float) -> str:
    """Return an error as a percentage, in one or two digits, or as a factor.

    >>> shown(0.153), shown(1.0), shown(3.2e-7), shown(999.0), shown(math.nan)
    ('15 %', '100 %', '0.00003 %', '1000 times', 'NaN')
    """
    if math.isnan(share):
        return "NaN"
    if share == 0.0:
        return "0 %"
    if share >= 10.0:
        return f"{share + 1.0:.0f} times"
    digits = 0 if share >= 0.01 else -math.floor(math.log10(share * 100))
    return f"{share * 100:.{digits}f} %"


def main() -> int:
    """Print the table."""
    lengths = " | ".join(f"10^{round(math.log10(steps))} steps" for steps in LENGTHS)
    print(f"| worst error in float32 | optax, {lengths} | lrcurves |")
    print("| --- " * (len(LENGTHS) + 2) + "|")
    for row in measure():
        print(row)
    return 0


if __name__ == "__main__":
    sys.exit(main())
