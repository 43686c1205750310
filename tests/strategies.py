"""Any schedule, and the times that are hard for it: for hypothesis, and for seeded searches.

Fields are drawn from their domains, in the magnitudes of training; now and then ("wild") far
outside them. A new kind is drawn from the day it is defined. Everything is written once, over a
``random.Random``: hypothesis brings its own, and records and shrinks every decision of it.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from typing import Any

from hypothesis import strategies as st

from lrcurves import Schedule, Sequential, Until
from lrcurves._domains import Domain, Interval, OneOf, OrNone, TupleOf, YesOrNo
from lrcurves.schedule import KINDS, Recipe, _APart

LARGEST_WHOLE = 2.0**53
"""Up to here every whole number is a float."""


def leaves() -> st.SearchStrategy[Schedule]:
    """Draw a schedule of any kind that holds no other schedule."""
    return schedules(max_depth=1)


def schedules(
    max_depth: int = 3, *, wild: bool = True, whole: bool = False
) -> st.SearchStrategy[Schedule]:
    """Draw a schedule of any registered kind, at most ``max_depth`` kinds deep.

    Args:
        max_depth: 1 for schedules that hold no other.
        wild: whether some numbers are far outside of what is usual.
        whole: whether all times in it are whole.
    """
    return _DICE.map(lambda rng: a_schedule(rng, max_depth, wild=wild, whole=whole))


def schedules_of(
    kind: type[Schedule], max_depth: int = 2, *, wild: bool = True, whole: bool = False
) -> st.SearchStrategy[Schedule]:
    """Draw a schedule of one kind."""
    return _DICE.map(lambda rng: of_kind(rng, kind, max_depth, wild=wild, whole=whole))


def falling(max_depth: int = 3) -> st.SearchStrategy[Schedule]:
    """Draw a schedule that never rises, of families and operators of which that is known."""
    return _DICE.map(lambda rng: a_fall(rng, max_depth))


def times(schedule: Schedule) -> st.SearchStrategy[float | int]:
    """Draw a time that matters to ``schedule``, or one far away; an int or a float."""

    def drawn(rng: Random) -> float | int:
        t = a_time(rng, schedule)
        return int(t) if t <= LARGEST_WHOLE and t % 1 == 0 and rng.random() < 0.5 else t

    return _DICE.map(drawn)


def moments(
    *schedules: Schedule, size: int = 8, whole: bool = False
) -> st.SearchStrategy[list[float]]:
    """Draw times that matter to one of some schedules, in order; only whole ones if asked."""

    def drawn(rng: Random) -> list[float]:
        ts = [a_time(rng, rng.choice(schedules)) for _ in range(size)]
        return sorted(float(math.floor(t)) if whole else t for t in ts)

    return _DICE.map(drawn)


def ranges(schedule: Schedule, max_size: int = 1000) -> st.SearchStrategy[range]:
    """Draw a range of times that passes something of ``schedule``: up or down, or empty."""
    return _DICE.map(lambda rng: a_range(rng, schedule, max_size))


_DICE: st.SearchStrategy[Random] = st.randoms(use_true_random=False)


@dataclass(frozen=True)
class Magnitude:
    """What numbers of a kind are like.

    Args:
        usual: the numbers that people write.
        low: the least of those that programs compute, drawn in their logarithm.
        high: the greatest.
        least: the least of the wild ones.
        most: the greatest.
        whole: whether most are whole.
    """

    usual: tuple[float, ...]
    low: float
    high: float
    least: float
    most: float
    whole: bool = False


RATE = Magnitude((0.1, 0.01, 0.001, 3e-4, 1.0), 1e-8, 10.0, 1e-30, 1e6)
GAMMA = Magnitude((0.5, 0.1, 0.9, 0.99, 0.94, 0.999999999), 0.1, 1.01, 1e-12, 100.0)
GROWTH = Magnitude((1.0, 2.0, 1.5, 1.0, 3.0), 1.1, 4.0, 1.05, 100.0)
WARP = Magnitude((1.0, 2.0, 1.5, 1.0), 0.25, 4.0, 0.125, 6.0)
POWER = Magnitude((2.0, 1.0, 0.5, 0.9), 0.25, 5.0, 0.03, 30.0)
TIME = Magnitude((100.0, 10.0, 1000.0, 1.0, 30.0, 391.0), 1.0, 1e7, 1e-3, 1e12, whole=True)
FACTOR = Magnitude((2.0, 0.5, 3.0, 10.0, 0.1, 1.0), 0.01, 100.0, 1e-6, 1e6)
STRETCH = Magnitude((391.0, 10.0, 2.0, 0.5, 1000.0), 1.0, 1e5, 1e-3, 1e6, whole=True)


def magnitude(kind: type[Schedule], name: str) -> Magnitude:
    """Return what the numbers in a field are like, judged by its domain and by its name."""
    domain = kind._domains[name]
    item = domain.item if isinstance(domain, TupleOf | OrNone) else domain
    if isinstance(item, Interval) and item.time:
        return TIME
    if name == "by" and kind.__name__ == "Stretch":
        return STRETCH
    if name == "values" or "lr" in name.split("_"):
        return RATE
    if name == "period_mult":
        return GROWTH
    if "gamma" in name or name.endswith("_mult"):
        return GAMMA
    if name == "k_decay":
        return WARP
    return POWER if "power" in name else FACTOR


def kinds(*, nested: bool) -> list[type[Schedule]]:
    """Return the registered kinds that hold schedules, or those that hold none, by name."""
    return [
        kind
        for name, kind in sorted(KINDS.items())
        # A doctest or a test may have defined some of its own.
        if kind.__module__.partition(".")[0] == "lrcurves"
        and getattr(sys.modules.get(kind.__module__), name, None) is kind
        and nested == any(map(holds_schedules, kind._domains.values()))
    ]


def holds_schedules(domain: Domain) -> bool:
    """Return whether a field of ``domain`` holds a schedule or several."""
    return isinstance(domain.item if isinstance(domain, TupleOf) else domain, _APart)


def a_number(
    rng: Random, domain: Interval, like: Magnitude, *, wild: bool = True, whole: bool = False
) -> float:
    """Return a member of ``domain``."""
    if math.isfinite(domain.low) and math.isfinite(domain.high):
        like = Magnitude((domain.high,), 1e-3, 1.0, 1e-9, 1.0)
    for _ in range(1000):
        way = rng.random()
        if way < 0.3:
            x = rng.choice(like.usual)
        elif way < 0.9 or not wild:
            x = 10.0 ** rng.uniform(math.log10(like.low), math.log10(like.high))
            if like.whole and way < 0.8:
                x = float(round(x))
            elif way < 0.6:
                x = float(f"{x:.2g}")
        elif way < 0.95:
            x = 10.0 ** rng.uniform(math.log10(like.least), math.log10(like.most))
        else:
            x = 0.0
        if whole and like.whole:
            x = float(round(x))
        if math.isfinite(domain.low) and math.isfinite(domain.high):
            x = domain.low + (domain.high - domain.low) * x
        elif domain.low < 0 and rng.random() < 0.5:
            x = -x
        if x in domain:
            return x
    raise AssertionError(f"no number for {domain!r}")


def of_kind(
    rng: Random,
    kind: type[Schedule],
    max_depth: int = 2,
    *,
    wild: bool = True,
    whole: bool = False,
) -> Schedule:
    """Return a schedule of ``kind``."""
    held = {
        name: _held(rng, kind, domain, max_depth, wild, whole)
        for name, domain in kind._domains.items()
        if holds_schedules(domain)
    }
    for _ in range(1000):
        # Some kinds refuse some combinations: two tuples have to go together, one rate must be
        # less than another, phases must fit into a length. Many draws are good, so draw again.
        size, more = rng.randint(0, 4), rng.randint(0, 1)
        fields: dict[str, Any] = dict(held)
        for name, domain in kind._domains.items():
            like = magnitude(kind, name)
            if isinstance(domain, OrNone):
                fields[name] = None
                if rng.random() < 0.5:
                    continue
                domain = domain.item
            if isinstance(domain, OneOf):
                fields[name] = rng.choice(domain.words)
            elif isinstance(domain, YesOrNo):
                fields[name] = rng.random() < 0.5
            elif isinstance(domain, Interval):
                fields[name] = a_number(rng, domain, like, wild=wild, whole=whole)
            elif isinstance(domain, TupleOf) and isinstance(domain.item, Interval):
                several = [
                    a_number(rng, domain.item, like, wild=wild, whole=whole)
                    for _ in range(max(size + more, domain.at_least))
                ]
                fields[name] = tuple(sorted(several) if domain.order else several)
                more = 0  # one value more than there are boundaries
            elif name not in held:
                raise NotImplementedError(f"tests/strategies.py cannot draw {domain!r} yet")
        try:
            return kind(**fields)
        except ValueError:
            if held and rng.random() < 0.2:
                break
    return of_kind(rng, kind, max_depth, wild=wild, whole=whole)


def _held(
    rng: Random, kind: type[Schedule], domain: Domain, max_depth: int, wild: bool, whole: bool
) -> Schedule | tuple[Schedule, ...]:
    def part() -> Schedule:
        return a_schedule(rng, max_depth - 1, wild=wild, whole=whole)

    if not isinstance(domain, TupleOf):
        return part()
    parts = [part() for _ in range(rng.randint(max(domain.at_least, 1), 3))]
    if kind is Sequential:  # which refuses parts without an end, save the last
        for i, endless in enumerate(parts[:-1]):
            if endless.end == math.inf:
                steps = a_number(rng, Interval(0), TIME, wild=wild, whole=whole)
                parts[i] = Until(endless, steps)
    return tuple(parts)


def a_schedule(
    rng: Random, max_depth: int = 3, *, wild: bool = True, whole: bool = False
) -> Schedule:
    """Return a schedule of any registered kind, at most ``max_depth`` kinds deep."""
    choice = kinds(nested=False) + (kinds(nested=True) if max_depth > 1 else [])
    return of_kind(rng, rng.choice(choice), max_depth, wild=wild, whole=whole)


ONE_WAY = tuple(
    KINDS[name]
    for name in (
        *("Linear", "Polynomial", "Cosine", "OneMinusSqrt", "REX", "Tanh", "Geometric"),
        *("FlatCosine", "RangeTest", "PowerLaw", "InverseTime", "InverseSqrt"),
        *("Exponential", "StepDecay", "MultiStep"),
    )
)
"""The kinds whose rate only falls, or only rises."""


def rises(schedule: Any) -> float:
    """Return a number > 0 if a schedule of such a kind rises, < 0 if it falls, else 0."""
    if hasattr(schedule, "gamma"):
        return math.log(schedule.gamma) * schedule.base_lr
    if hasattr(schedule, "final_lr"):
        first = schedule.start_lr if hasattr(schedule, "start_lr") else schedule.base_lr
        return float(schedule.final_lr - first)
    return -1.0


def a_fall(rng: Random, max_depth: int = 3) -> Schedule:
    """Return a schedule that never rises."""
    if max_depth == 1 or rng.random() < 0.2:
        fall = of_kind(rng, rng.choice(ONE_WAY))
        return fall if rises(fall) <= 0 else a_fall(rng, 1)
    joins = ("Sum", "Product", "Maximum", "Minimum")
    changes = ("Scale", "Shift", "Stretch", "Floor", "Until", "Staircase")
    name = rng.choice((*joins, *changes))
    one = a_fall(rng, max_depth - 1)
    if name in joins:
        return KINDS[name]((one, a_fall(rng, max_depth - 1)))
    for _ in range(100):
        other = of_kind(rng, KINDS[name], 2)
        try:
            return other.replace(schedule=one)
        except ValueError:  # a floor must be below the first rate
            continue
    return one


def landmarks(schedule: Schedule) -> list[float]:
    """Return the finite times > 0 at which something may happen: ends, seams, periods.

    >>> from lrcurves import Constant
    >>> landmarks(Until(Constant(1), 5) >> Until(Constant(2), 7))
    [5.0, 7.0, 12.0]
    """
    return list(_sorted_landmarks(schedule))


@lru_cache(maxsize=100)
def _sorted_landmarks(schedule: Schedule) -> tuple[float, ...]:
    return tuple(sorted({at for at in _landmarks(schedule) if 0 < at < math.inf}))


def _landmarks(schedule: Schedule) -> Iterator[float]:
    yield schedule.end
    if isinstance(schedule, Recipe):
        yield from _landmarks(schedule.expand())
    for name, domain in schedule._domains.items():
        value = getattr(schedule, name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Schedule):
                yield from _landmarks(item)
            elif not isinstance(item, str) and domain.stretched(value, 2.0) != value:
                yield abs(item)
    if isinstance(schedule, Sequential):
        start = 0.0
        for part in schedule.parts:
            yield from (start + at for at in _landmarks(part))
            start += part.end


def beside(at: float) -> list[float]:
    """Return ``at`` and the times next to it."""
    below, above = math.nextafter(at, 0.0), math.nextafter(at, math.inf)
    return [t for t in (at, at - 1, at + 1, at - 0.5, below, above) if t >= 0]


FAR = (*beside(2.0**31), *beside(2.0**32), 1e9, 1e12, 2.0**53 - 1, 2.0**53)
"""Times at which integers of some kind overflow, and times beyond all training."""


def a_time(rng: Random, schedule: Schedule, latest: float = LARGEST_WHOLE) -> float:
    """Return a time that matters to ``schedule``, or one far away."""
    marks = landmarks(schedule) or [100.0]
    mark = rng.choice(marks)
    match rng.randint(0, 8):
        case 0:
            t = rng.choice([0.0, mark / 2, 1.0, 0.5])
        case 1:
            t = rng.choice(beside(mark))
        case 2:  # a later stair, a later cycle
            t = rng.choice(beside(mark * rng.randint(2, 1000)))
        case 3:
            t = mark * rng.random()
        case 4:
            t = mark * 10.0 ** rng.uniform(-9, 0)
        case 5:
            t = mark * (1.0 - 10.0 ** rng.uniform(-16, 0))
        case 6:
            t = float(rng.randint(0, math.ceil(min(2 * marks[-1] + 1, LARGEST_WHOLE))))
        case 7:
            t = float(round(min(mark, 1e15) * 10.0 ** rng.uniform(-1, 3)))
        case _:
            t = rng.choice(FAR)
    return min(t, latest)


def a_range(rng: Random, schedule: Schedule, max_size: int = 1000) -> range:
    """Return a range of times that passes something of ``schedule``: up or down, or empty."""
    mark = math.floor(min(rng.choice([0.0, *landmarks(schedule), 2.0**31]), 1e15))
    size = rng.choice((rng.randint(0, 20), rng.randint(0, max_size)))
    step = rng.choice((1, 1, 2, 7, 1000, -1, -3))
    start = max(mark - step * rng.randint(0, size), 0 if step > 0 else -step * size)
    return range(start, start + step * size, step)
