"""The laws of every schedule, in every number system, over the catalogue and over random draws.

A law looks at the rates of one schedule at some times, as one system gives them, and returns
the times at which it is broken.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random

import pytest
from bounds import bounds
from catalogue import EXAMPLES
from hypothesis import given, settings
from oracle import exact
from strategies import FAR, beside, landmarks, schedules
from systems import FRAMEWORKS, IN_FLOATS, SYSTEMS, WITH_MPMATH, in_floats
from test_accuracy import named, promised, rounds

from lrcurves import Schedule

EPS = 2.0**-52
SMALLEST = 1e-290
"""Below it a decay has lost digits, before whatever else multiplies it."""


EVERY_SYSTEM = WITH_MPMATH | FRAMEWORKS


@dataclass(frozen=True)
class Asked:
    """Rates of a schedule at some times, from one number system."""

    schedule: Schedule
    system: str
    ts: tuple[float, ...]
    rates: tuple[float, ...]

    def again(self, ts: Sequence[float]) -> list[float]:
        return EVERY_SYSTEM[self.system](self.schedule, ts)

    def is_alike(self, x: float, y: float) -> bool:
        """Return whether two rates are the same: to the last bit if computed in floats, else to
        within what is promised of either.
        """
        if x == y or self.system in IN_FLOATS:
            return x == y
        near = promised(self.schedule, "lr") + promised(self.schedule, "lr_array")
        return abs(x - y) <= near * EPS * max(x, y) + SMALLEST

    def where(self, broken: Callable[[float, float], bool]) -> list[tuple[float, float]]:
        return [(t, r) for t, r in zip(self.ts, self.rates, strict=True) if broken(t, r)]


@lru_cache(maxsize=2000)
def asked(schedule: Schedule, system: str) -> Asked:
    ts = times_of(schedule)
    return Asked(schedule, system, ts, tuple(EVERY_SYSTEM[system](schedule, ts)))


@lru_cache(maxsize=200)
def times_of(schedule: Schedule) -> tuple[float, ...]:
    """Return the times beside whatever happens, and those beyond all training."""
    at = {0.0, 0.5, 1.0, *FAR}
    for mark in landmarks(schedule)[:8]:
        at |= {*beside(mark), mark / 2, 3 * mark}
    return tuple(sorted(at))


Law = Callable[[Asked], object]


def a_rate_is_a_number(of: Asked) -> object:
    """It is a Python float, not negative, and finite unless there is growth without an end."""
    grows = bounds(of.schedule)[1] == math.inf
    return of.where(
        lambda t, lr: type(lr) is not float or not lr >= 0.0 or (math.isinf(lr) and not grows)
    )


def a_rate_stays_within_its_bounds(of: Asked) -> object:
    low, high = bounds(of.schedule)
    near = promised(of.schedule, "lr_array") * EPS
    return of.where(
        lambda t, lr: not low * (1 - near) - SMALLEST <= lr <= high * (1 + near) + SMALLEST
    )


def the_ends_are_exact(of: Asked) -> object:
    """Where the first or the last rate is one that the schedule names, it is that very one."""
    end = of.schedule.end
    ts = [0.0, *(t for t in (end, end + 1, 2 * end) if t <= 2.0**53)]
    true = [exact(of.schedule, t) for t in ts]
    known = [(t, float(lr)) for t, lr in zip(ts, true, strict=True) if lr in named(of.schedule)]
    got = of.again([t for t, _ in known])
    return [(*want, lr) for want, lr in zip(known, got, strict=True) if lr != want[1]]


def the_last_rate_is_held(of: Asked) -> object:
    end = of.schedule.end
    if end > 2.0**53:
        return []
    (last,) = of.again([end])
    return of.where(lambda t, lr: t >= end and not of.is_alike(lr, last))


def the_order_of_times_does_not_matter(of: Asked) -> object:
    order = list(range(len(of.ts)))
    Random(0).shuffle(order)
    shuffled = dict(zip(order, of.again([of.ts[i] for i in order]), strict=True))
    rates = {t: shuffled[i] for i, t in enumerate(of.ts)}
    return of.where(lambda t, lr: not of.is_alike(lr, rates[t]))


def a_rate_is_that_of_the_floats(of: Asked) -> object:
    rates = dict(zip(of.ts, in_floats(of.schedule, of.ts), strict=True))
    sure = of.system != "mpmath"  # which does not round a time that the others have to
    return of.where(
        lambda t, lr: not of.is_alike(lr, rates[t]) and (sure or not rounds(of.schedule, t))
    )


LAWS: tuple[Law, ...] = (
    a_rate_is_a_number,
    a_rate_stays_within_its_bounds,
    the_ends_are_exact,
    the_last_rate_is_held,
    the_order_of_times_does_not_matter,
    a_rate_is_that_of_the_floats,
)

every_law = pytest.mark.parametrize("law", LAWS, ids=[law.__name__ for law in LAWS])


@pytest.mark.parametrize("system", WITH_MPMATH)
@every_law
def test_a_law_holds_for_the_whole_catalogue(law: Law, system: str) -> None:
    broken = {name: law(asked(s, system)) for name, s in EXAMPLES.items()}

    assert {name: what for name, what in broken.items() if what} == {}


@pytest.mark.parametrize("system", SYSTEMS)
@every_law
@settings(max_examples=settings.default.max_examples // 3)  # times systems, times laws
@given(schedules())
def test_a_law_holds_for_any_schedule(law: Law, system: str, s: Schedule) -> None:
    assert not law(asked(s, system))
