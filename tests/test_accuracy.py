"""The promise of accuracy (DESIGN.md, section 6), measured against ``tests/oracle.py``.

Errors are counted in eps, 2**-52, of the exact value. The bounds are those of the promise, not
those of the code: nothing here was fitted. ``python -m tests.test_accuracy`` searches longer than
the tests do, and prints the worst that it finds for each kind.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

import numpy as np
import pytest
from mpmath import mp, mpf  # type: ignore[import-untyped]

from lrcurves import (
    Constant,
    Cosine,
    Exponential,
    Floor,
    Geometric,
    Linear,
    MultiStep,
    Polynomial,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Until,
    Warmup,
)
from lrcurves.schedule import Recipe
from tests import oracle
from tests.catalogue import EXAMPLES, FAMILIES
from tests.oracle import end_of, exact, visited
from tests.strategies import a_time, beside, holds_schedules, kinds, landmarks, of_kind

EPS = 2.0**-52
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max

# The promise: in eps, at any time up to LATEST.
PROMISED = {"lr": 4.0, "lr_array": 5.0}
PER_POWER = 3.0
PER_OPERATOR = 2.0
LATEST = 1e12
FEW = 8.0
"""A subnormal result may be wrong by a few times the smallest float: by so many."""

LEAVES = {kind.__name__: kind for kind in kinds(nested=False)}
NESTS = {kind.__name__: kind for kind in kinds(nested=True)}
LENGTHS = (1, 1_000, 1_000_000, 1_000_000_000)


def promised(schedule: Schedule, way: str) -> float:
    """Return by how many eps of the exact value ``schedule`` may be wrong."""
    parts = parts_of(schedule)
    if not parts:
        return PROMISED[way] + PER_POWER * max(getattr(schedule, "power", 1.0) - 1.0, 0.0)
    operators = max(len(parts) - 1, 1) if type(schedule).__name__ in ("Sum", "Product") else 1
    return max(promised(part, way) for part in parts) + PER_OPERATOR * operators


def parts_of(schedule: Schedule) -> list[Schedule]:
    """Return the schedules that ``schedule`` holds."""
    held: list[Schedule] = []
    for name, domain in schedule._domains.items():
        if holds_schedules(domain):
            value = getattr(schedule, name)
            held.extend(value if isinstance(value, tuple) else (value,))
    return held


def walk(schedule: Schedule) -> Iterator[Schedule]:
    """Yield ``schedule`` and every schedule in it."""
    yield schedule
    for part in parts_of(schedule):
        yield from walk(part)


class Miss(NamedTuple):
    """A value and how wrong it is."""

    error: float
    excess: float  # over the promise
    way: str
    schedule: Schedule
    t: float
    got: float
    true: Any

    def __str__(self) -> str:
        return (
            f"{self.schedule!r}.{self.way}({self.t!r}) is {mp.nstr(self.true, 20)}, got"
            f" {self.got!r}: {self.error:.2f} eps, promised {self.error - self.excess:.2f}"
        )


def eps_between(got: float, true: Any, of: Any = None) -> float:
    """Return by how many eps of the exact value, or ``of`` another, ``got`` misses it.

    An overflow has to be infinite. Below the smallest normal number eps stays as it is there,
    where it is the smallest float.
    """
    if not math.isfinite(got):
        return 0.0 if got == math.inf and true > LARGEST else math.inf
    return float(abs(mpf(got) - true) / (EPS * max(true if of is None else of, SMALLEST)))


def missed(way: str, schedule: Schedule, t: float, got: float, of: Any = None) -> Miss:
    true = exact(schedule, t)
    error = eps_between(got, true, of)
    bound = FEW if true < SMALLEST and of is None else promised(schedule, way)
    return Miss(error, error - bound, way, schedule, t, got, true)


def by_lr(schedule: Schedule, ts: Iterable[float]) -> list[Miss]:
    """Return how wrong ``lr`` is at each time."""
    return [missed("lr", schedule, t, schedule.lr(t)) for t in ts]


def by_lr_array(schedule: Schedule, ts: Iterable[float]) -> list[Miss]:
    """Return how wrong ``lr_array`` is at each time, all times being asked for at once."""
    lrs = schedule.lr_array(np.array(ts)).tolist()
    return [missed("lr_array", schedule, t, lr) for t, lr in zip(ts, lrs, strict=True)]


def assert_kept(misses: Iterable[Miss]) -> None:
    """Fail with the worst, if it is worse than promised."""
    worst = max(misses, key=lambda miss: miss.excess)
    assert worst.excess <= 0.0, str(worst)


def rounds(schedule: Schedule, t: float) -> bool:
    """Return whether ``schedule`` has to compute with a time that may be no float.

    Differences and multiples of whole numbers are floats. 4.7 - 0.1 is not, nor 1 + 0.1: there
    the last digits of a short remainder are lost, and the promise is one about the peak.
    """
    early = any(
        getattr(part, "floor", "") == "offset" or (isinstance(part, Shift) and part.by < 0)
        for part in walk(schedule)
    )
    return (early and t % 1 != 0) or any(clock % 1 != 0 for clock in clocks(schedule))


def clocks(schedule: Schedule) -> Iterator[float]:
    """Yield the times that ``schedule`` subtracts from others, or multiplies."""
    match schedule:
        case Stretch():
            yield from (schedule.by, *landmarks(schedule.schedule))
        case Recipe():
            yield from clocks(schedule.expand())
        case Shift():
            yield schedule.by
        case Staircase():
            yield schedule.every
        case Sequential() if not all(map(oracle.steady, schedule.parts[1:])):
            yield from (part.end for part in schedule.parts[:-1])
    for part in parts_of(schedule):
        yield from clocks(part)


def cancels(schedule: Schedule, t: float) -> bool:
    """Return whether a difference of rates is taken at ``t``: in an offset Floor that climbs."""
    return any(
        isinstance(part, Floor)
        and part.mode == "offset"
        and oracle.rate(part.schedule, at) > oracle.rate(part.schedule, Fraction(0))
        for part, at, _ in visited(schedule, t)
    )


# The oracle itself.


def test_the_oracle_defines_every_kind() -> None:
    assert (LEAVES | NESTS).keys() <= oracle.RATES.keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_oracle_has_digits_to_spare(name: str) -> None:
    schedule = EXAMPLES[name]
    for t in [*times_of(schedule), 1e-9, 1e-3]:
        once = exact(schedule, t)
        with mp.workdps(2 * oracle.digits(schedule, t)):
            twice = oracle.rate(schedule, Fraction(t))
            assert abs(once - twice) <= abs(twice) * mpf(10) ** -40


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_end_is_that_of_the_oracle(name: str) -> None:
    assert EXAMPLES[name].end == end_of(EXAMPLES[name])


# The catalogue.


def times_of(schedule: Schedule) -> list[float]:
    """Return 0, the times beside whatever happens, some in between, and some far away."""
    rng = Random(repr(schedule))
    marks = landmarks(schedule) or [100.0]
    last = marks[-1]
    ts = {0.0, 5e-324, 1e-300, 1.0, 1e6, 1e9, LATEST, 1.1 * last, 7.0 * last}
    for mark in marks:
        ts |= {mark / 2, *beside(mark)}
    for _ in range(6):
        ts |= {last * rng.random(), float(rng.randrange(math.ceil(last)))}
    return sorted(t for t in ts if t <= LATEST and not rounds(schedule, t))


def longer(name: str, by: int) -> Schedule:
    """Return an example with all its times multiplied: still a family where it was one."""
    return Stretch(EXAMPLES[name], by).expand() if by > 1 else EXAMPLES[name]


@pytest.mark.parametrize("by", LENGTHS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_lr_is_within_four_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    assert_kept(by_lr(schedule, times_of(schedule)))


@pytest.mark.parametrize("by", LENGTHS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_lr_array_is_within_five_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    assert_kept(by_lr_array(schedule, times_of(schedule)))


@pytest.mark.parametrize("by", LENGTHS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_a_range_is_within_five_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    rng = Random(name)
    for mark in [0.0, *landmarks(schedule)]:
        start, step = max(math.floor(mark) - 5_000, 0), rng.choice((1, 1, 3, 1000))
        span = range(start, start + 10_000 * step, step)
        lrs = schedule.lr_array(span).tolist()
        beside_mark = range(4_999, 5_002)
        picked = {0, *beside_mark, 9_999, *(rng.randrange(10_000) for _ in range(4))}
        assert_kept(missed("lr_array", schedule, span[i], lrs[i]) for i in picked)


# The ends.


def wrong_ends(schedule: Schedule) -> list[str]:
    """Return where the first or last rate is one that ``schedule`` names, and lr another."""
    named: set[float] = set()
    for part in walk(schedule):
        for name in part._domains:
            if name == "values" or "lr" in name.split("_"):
                value = getattr(part, name)
                named.update(value if isinstance(value, tuple) else (value,))
    end = schedule.end
    ts = [0.0] if end == math.inf else [0.0, end, end + 1, 2 * end, max(end, LATEST)]
    wrong = []
    for t, lr in zip(ts, schedule.lr_array(np.array(ts)).tolist(), strict=True):
        if exact(schedule, t) in named and not schedule.lr(t) == lr == exact(schedule, t):
            wrong.append(f"{schedule!r} at {t!r}: lr {schedule.lr(t)!r}, lr_array {lr!r}")
    return wrong


@pytest.mark.parametrize("by", LENGTHS)
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_ends_are_exact(name: str, by: int) -> None:
    assert wrong_ends(longer(name, by)) == []


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_starts_at_its_first_rate_and_ends_at_its_final_rate(name: str) -> None:
    schedule: Any = FAMILIES[name]
    first = schedule.values[0] if hasattr(schedule, "values") else schedule.base_lr
    assert (
        schedule.lr(0) == schedule.lr_array([0])[0] == schedule.lr_array(range(9))[0] == first
    )
    if hasattr(schedule, "final_lr"):
        end, last = int(schedule.end), schedule.final_lr
        assert schedule.lr(end) == schedule.lr(10**12) == last
        assert schedule.lr_array([end - 1, end, end + 1]).tolist()[1:] == [last, last]
        assert schedule.lr_array(range(end + 2)).tolist()[end:] == [last, last]


# A search for the worst.


def searched(kind: type[Schedule], seed: int, draws: int, nudges: int) -> list[Miss]:
    """Return the worst of many random parameters and times, and of steps uphill from those."""
    rng = Random(f"{kind.__name__} {seed}")
    found: list[Miss] = []

    def measure(schedule: Schedule, t: float) -> None:
        if not rounds(schedule, t):
            found.extend(by_lr(schedule, [t]) + by_lr_array(schedule, [t]))

    def keep(best: int) -> None:
        found.sort(key=lambda miss: miss.excess, reverse=True)
        del found[best:]

    for i in range(draws):
        schedule = of_kind(rng, kind, whole=i % 4 > 0)
        for _ in range(2):
            measure(schedule, a_time(rng, schedule, LATEST))
        if len(found) > 1000:
            keep(20)
    keep(20)
    for _ in range(nudges):
        start = rng.choice(found[:10])
        try:
            measure(*nudged(rng, start.schedule, start.t))
        except ValueError:  # out of the domain of the field
            continue
        if len(found) > 60:
            keep(20)
    keep(20)
    return found


def nudged(rng: Random, schedule: Schedule, t: float) -> tuple[Schedule, float]:
    """Return a schedule and a time that differ a little, in one number."""

    def near(x: float) -> float:
        way = rng.random()
        if way < 0.3:
            return math.nextafter(x, rng.choice((0.0, math.inf)))
        if way < 0.8:
            return x * (1.0 + rng.uniform(-1.0, 1.0) * 10.0 ** rng.uniform(-15.5, -1.0))
        return max(1.0, float(round(x) + rng.randint(-5, 5)))

    name = rng.choice(["t", *schedule._domains])
    if name == "t":
        return schedule, min(near(t), LATEST)
    value = getattr(schedule, name)
    if isinstance(value, tuple):
        return schedule.replace(**{name: tuple(map(near, value))}), t
    return schedule.replace(**{name: near(value)} if isinstance(value, float) else {}), t


@pytest.mark.parametrize("kind", LEAVES)
def test_no_parameters_of_a_family_are_worse_than_promised(kind: str) -> None:
    for seed in range(4):
        assert_kept(searched(LEAVES[kind], seed, draws=2_000, nudges=1_000))


@pytest.mark.parametrize("kind", LEAVES)
def test_no_parameters_of_a_family_move_its_ends(kind: str) -> None:
    rng = Random(kind)
    for _ in range(1_000):
        assert wrong_ends(of_kind(rng, LEAVES[kind])) == []


def composed(kind: type[Schedule], seed: int, draws: int) -> list[Miss]:
    """Return how wrong random compositions are, whose times are all whole."""
    rng = Random(f"{kind.__name__} {seed}")
    found = []
    for _ in range(draws):
        schedule = of_kind(rng, kind, max_depth=rng.choice((2, 2, 3)), wild=False, whole=True)
        for _ in range(3):
            t = a_time(rng, schedule, LATEST)
            seen = [lr for _, _, lr in visited(schedule, t)]
            if rounds(schedule, t) or any(lr and not 1e-250 < lr < 1e250 for lr in seen):
                continue  # an operand that has lost its digits already, to an underflow
            of = max(seen) if cancels(schedule, t) else None
            found.append(missed("lr", schedule, t, schedule.lr(t), of))
            found.append(missed("lr_array", schedule, t, float(schedule.lr_array([t])[0]), of))
    return found


@pytest.mark.parametrize("kind", NESTS)
def test_an_operator_adds_two_eps(kind: str) -> None:
    assert_kept(composed(NESTS[kind], 0, draws=500))
