"""Any schedule, and the times that are hard for it, drawn by hypothesis.

Fields are drawn from their domains, in the magnitudes of training; one time in some also far
outside them. A new kind is drawn from the day it is defined.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import reject
from hypothesis import strategies as st

from lrcurves import Schedule, Sequential, Until
from lrcurves._domains import Domain, Interval, OneOf, TupleOf
from lrcurves.schedule import KINDS, Recipe, _APart

LARGEST_WHOLE = 2.0**53
"""Up to here every whole number is a float."""


@dataclass(frozen=True)
class Magnitude:
    """What numbers of a kind are like.

    Args:
        usual: the numbers that people write.
        low, high: the range of those that programs compute, drawn in their logarithm.
        least, most: the range of the extreme ones.
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
POWER = Magnitude((2.0, 1.0, 0.5, 0.9), 0.25, 5.0, 0.03, 30.0)
TIME = Magnitude((100, 10, 1000, 1, 30, 90, 391), 1, 1e7, 1e-3, 1e12, whole=True)
FACTOR = Magnitude((2.0, 0.5, 3.0, 10.0, 0.1, 1.0), 0.01, 100.0, 1e-6, 1e6)
STRETCH = Magnitude((391, 10, 2, 0.5, 1000), 1, 1e5, 1e-3, 1e6, whole=True)


def magnitude(kind: type[Schedule], name: str) -> Magnitude:
    """Return what the numbers in a field are like, judged by its domain and by its name."""
    domain = kind._domains[name]
    item = domain.item if isinstance(domain, TupleOf) else domain
    if isinstance(item, Interval) and item.time:
        return TIME
    if name == "by" and kind.__name__ == "Stretch":
        return STRETCH
    if name == "values" or "lr" in name.split("_"):
        return RATE
    if "gamma" in name or name.endswith("_mult"):
        return GAMMA
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


@cache
def powers_of_ten(low: float, high: float) -> st.SearchStrategy[float]:
    """Draw from ``low`` to ``high``, every order of magnitude being equally likely."""
    return st.floats(math.log10(low), math.log10(high)).map(lambda e: 10.0**e)


@cache
def numbers(domain: Interval, like: Magnitude) -> st.SearchStrategy[float]:
    """Draw a member of ``domain``: mostly a realistic one, sometimes an extreme one."""
    if math.isfinite(domain.low) and math.isfinite(domain.high):
        return st.floats(domain.low, domain.high).filter(domain.__contains__)
    usual = st.sampled_from(like.usual)
    computed = powers_of_ten(like.low, like.high)
    drawn = st.one_of(
        usual,
        usual,
        computed.map(lambda x: float(round(x))) if like.whole else computed,
        computed.map(lambda x: float(f"{x:.2g}")),
        powers_of_ten(like.least, like.most),
    )
    if 0 in domain:
        drawn = st.one_of(drawn, drawn, drawn, st.just(0.0))
    if domain.low < 0:
        drawn = st.builds(math.copysign, drawn, st.sampled_from((1.0, -1.0)))
    return drawn.filter(domain.__contains__)


@st.composite
def tuples(draw: st.DrawFn, domain: TupleOf, like: Magnitude, size: int) -> tuple[float, ...]:
    """Draw as many numbers of a domain, in its order."""
    assert isinstance(domain.item, Interval)
    item = numbers(domain.item, like)
    several = draw(
        st.lists(item, min_size=size, max_size=size, unique=domain.order == "increasing")
    )
    return tuple(sorted(several) if domain.order else several)


@st.composite
def _of_kind(draw: st.DrawFn, kind: type[Schedule], max_depth: int) -> Schedule:
    domains = kind._domains
    held: dict[str, Any] = {}
    for name, domain in domains.items():
        if isinstance(domain, TupleOf) and holds_schedules(domain):
            part = schedules(max_depth=max_depth - 1)
            parts = draw(st.lists(part, min_size=domain.at_least, max_size=3))
            if kind is Sequential:  # which refuses parts without an end, save the last
                parts[:-1] = [_ended(draw, part) for part in parts[:-1]]
            held[name] = tuple(parts)
        elif holds_schedules(domain):
            held[name] = draw(schedules(max_depth=max_depth - 1))
    for _ in range(8):
        # Some kinds refuse some combinations: two tuples have to go together, one rate must be
        # less than another, phases must fit into a length. Most draws are good; try again.
        length = draw(st.integers(0, 4))
        longer = draw(st.integers(0, 1))  # for the first tuple: of values, say, for boundaries
        fields = held.copy()
        for name, domain in domains.items():
            if name in held:
                continue
            like = magnitude(kind, name)
            if isinstance(domain, TupleOf):
                size = max(length + longer, domain.at_least)
                fields[name] = draw(tuples(domain, like, size))
                longer = 0
            elif isinstance(domain, OneOf):
                fields[name] = draw(st.sampled_from(domain.words))
            elif isinstance(domain, Interval):
                fields[name] = draw(numbers(domain, like))
            else:
                raise NotImplementedError(f"tests/strategies.py cannot draw {domain!r} yet")
        try:
            return kind(**fields)
        except ValueError:
            continue
    return reject()


def _ended(draw: st.DrawFn, part: Schedule) -> Schedule:
    """Return ``part``, cut short if it has no end."""
    if part.end < math.inf:
        return part
    return Until(part, draw(numbers(Interval(0), TIME)))


def leaves() -> st.SearchStrategy[Schedule]:
    """Draw a schedule of any kind that holds no other schedule."""
    return _nested(1, len(KINDS))


def schedules(max_depth: int = 3) -> st.SearchStrategy[Schedule]:
    """Draw a schedule of any registered kind, at most ``max_depth`` kinds deep."""
    return _nested(max(max_depth, 1), len(KINDS))


@cache  # strategies are costly to make and to validate; another kind makes them anew
def _nested(max_depth: int, known: int) -> st.SearchStrategy[Schedule]:
    alone = [_of_kind(kind, 0) for kind in kinds(nested=False)]
    around = [_of_kind(kind, max_depth) for kind in kinds(nested=True)]
    return st.one_of(alone if max_depth == 1 else alone + around)


def landmarks(schedule: Schedule) -> list[float]:
    """Return the finite times at which something may happen: ends, seams, periods.

    >>> landmarks(Until(Constant(1), 5) >> Until(Constant(2), 7))
    [5.0, 12.0]
    """
    return sorted({at for at in _landmarks(schedule) if 0 <= at < math.inf})


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
    near = [at, at - 1, at - 0.5, at + 1, math.nextafter(at, 0.0), math.nextafter(at, math.inf)]
    return [t for t in near if t >= 0]


FAR = (*beside(2.0**31), *beside(2.0**32), 1e9, 1e12, 2.0**53 - 1, 2.0**53)
"""Times at which integers of some kind overflow, and times beyond all training."""


@st.composite
def times(draw: st.DrawFn, schedule: Schedule) -> float | int:
    """Draw a time that matters to ``schedule``, or one far away; an int or a float."""
    marks = landmarks(schedule) or [100.0]
    mark = draw(st.sampled_from(marks))
    match draw(st.integers(0, 6)):
        case 0:
            t = draw(st.sampled_from([0.0, mark / 2]))
        case 1:
            t = draw(st.sampled_from(beside(mark)))
        case 2:  # a later stair, a later cycle
            t = draw(st.sampled_from(beside(mark * draw(st.integers(2, 1000)))))
        case 3:
            t = mark * draw(st.floats(0.0, 1.0))
        case 4:
            longest = max(1.0, min(2 * marks[-1], LARGEST_WHOLE))
            t = float(draw(st.integers(0, math.ceil(longest))))
        case 5:
            t = draw(powers_of_ten(1e-9, 1e15))
        case _:
            t = draw(st.sampled_from(FAR))
    whole = t <= LARGEST_WHOLE and t.is_integer()
    return int(t) if whole and draw(st.booleans()) else t


@st.composite
def ranges(draw: st.DrawFn, schedule: Schedule, max_size: int = 1000) -> range:
    """Draw a range of times that passes something of ``schedule``: up or down, or empty."""
    mark = draw(st.sampled_from([0.0, *landmarks(schedule), 2.0**31]))
    size = draw(st.one_of(st.integers(0, 20), st.integers(0, max_size)))
    step = draw(st.sampled_from([1, 1, 1, 2, 7, 1000, -1, -3]))
    before = draw(st.integers(0, max(size - 1, 0)))
    start = max(math.floor(min(mark, 1e15)) - before * step, 0 if step > 0 else -step * size)
    return range(start, start + step * size, step)
