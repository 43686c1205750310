"""The promise of accuracy (DESIGN.md, section 6), measured against ``oracle.py``.

Errors are counted in eps, 2**-52, of the exact value. The bounds are those of the promise, not
those of the code: nothing is fitted. ``python tests/test_accuracy.py`` searches longer than
the tests do, and prints the worst that it finds of each kind.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache
from random import Random
from typing import Any, NamedTuple

import numpy as np
import oracle
import pytest
from catalogue import EXAMPLES, FAMILIES
from mpmath import mp, mpf  # type: ignore[import-untyped]
from oracle import end_of, exact, visited
from strategies import a_time, beside, holds_schedules, kinds, landmarks, of_kind

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Geometric,
    Linear,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    PolynomialRestarts,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Tanh,
    Until,
    Warmup,
)
from lrcurves.schedule import Interval, Recipe

EPS = 2.0**-52
SMALLEST, LARGEST = sys.float_info.min, sys.float_info.max

# The promise: so many eps, at any time up to LATEST.
PROMISED = {"lr": 4.0, "lr_array": 5.0}
PER_POWER = 3.0
PER_OPERATOR = 2.0
LATEST = 1e12
FEW = 8.0
"""By so many times the smallest float a subnormal number may be wrong."""

LEAVES = {kind.__name__: kind for kind in kinds(nested=False)}
NESTS = {kind.__name__: kind for kind in kinds(nested=True)}


def promised(schedule: Schedule, way: str) -> float:
    """Return by how many eps of the exact value ``schedule`` may be wrong."""
    parts = parts_of(schedule)
    if not parts:
        powers = [getattr(schedule, name, 1.0) for name in ("power", "k_decay", "alpha")]
        units = sum(max(power - 1.0, 0.0) for power in powers)
        if powers[1] != 1.0:  # the share that is raised to the power comes from a power itself
            units += max(powers[0], 1.0)
        return PROMISED[way] + PER_POWER * units
    if type(schedule).__name__ == "Product":  # relative errors add up, and so do the bounds
        return sum(promised(part, way) for part in parts)
    operators = max(len(parts) - 1, 1) if type(schedule).__name__ == "Sum" else 1
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
    bound: float
    way: str
    schedule: Schedule
    t: float
    got: float
    true: Any

    @property
    def excess(self) -> float:
        """By how much the error is above the promise."""
        return self.error - self.bound

    def __str__(self) -> str:
        return (
            f"{self.schedule!r}.{self.way}({self.t!r}) is {mp.nstr(self.true, 20)}, got"
            f" {self.got!r}: {self.error:.2f} eps, promised {self.bound:.2f}"
        )


def eps_between(got: float, true: Any, of: Any = None) -> float:
    """Return by how many eps of the exact value, or ``of`` another, ``got`` misses it.

    An overflow has to be infinite. Below the smallest normal number an eps stays what it is
    there: the smallest float.
    """
    if not math.isfinite(got):
        return 0.0 if got == math.inf and true > LARGEST else math.inf
    return float(abs(mpf(got) - true) / (EPS * max(true if of is None else of, SMALLEST)))


def named(schedule: Schedule) -> set[float]:
    """Return the rates that are fields of ``schedule`` or of one in it."""
    rates: set[float] = set()
    for part in walk(schedule):
        for name in part._domains:
            if name == "values" or "lr" in name.split("_"):
                value = getattr(part, name)
                rates.update(value if isinstance(value, tuple) else (value,))
    return rates


def misses(
    schedule: Schedule,
    ts: Iterable[float],
    ways: Iterable[str] = tuple(PROMISED),
    of: Any = None,
) -> Iterator[Miss]:
    """Yield how wrong each way to ask is at each time, in eps ``of`` the exact value."""
    ts = list(ts)
    got = {"lr": map(schedule.lr, ts), "lr_array": schedule.lr_array(np.array(ts)).tolist()}
    rates = [exact(schedule, t) for t in ts]
    # A decay that is subnormal has lost its digits before a first rate above 1 multiplies it.
    tiny = SMALLEST * max([1.0, *named(schedule)]) if of is None else 0.0
    for way in ways:
        bound = promised(schedule, way)
        for t, lr, true in zip(ts, got[way], rates, strict=True):
            if true < tiny:
                yield Miss(eps_between(lr, true, tiny), FEW, way, schedule, t, lr, true)
            else:
                yield Miss(eps_between(lr, true, of), bound, way, schedule, t, lr, true)


def assert_kept(found: Iterable[Miss]) -> None:
    """Fail with the worst, if it is worse than promised."""
    worst = max(found, key=lambda miss: miss.excess, default=None)
    assert worst is None or worst.excess <= 0.0, str(worst)


def rounds(schedule: Schedule, t: float) -> bool:
    """Return whether ``schedule`` has to compute with a time that may be no float.

    Differences and multiples of whole numbers are floats. 4.7 - 0.1 is not, nor 1 + 0.1: there
    the last digits of a short remainder are lost, and the promise is one about the peak.
    """
    whole, early = clockwork(schedule)
    return not whole or (early and t % 1 != 0)


@lru_cache(maxsize=100)
def clockwork(schedule: Schedule) -> tuple[bool, bool]:
    """Return whether all clocks in ``schedule`` are whole, and whether one of them is early."""
    early = any(
        getattr(part, "floor", "") == "offset" or (isinstance(part, Shift) and part.by < 0)
        for part in walk(schedule)
    )
    return all(clock % 1 == 0 for clock in clocks(schedule)), early


def times_in(schedule: Schedule) -> Iterator[float]:
    """Yield the fields of ``schedule`` that are times."""
    for name, domain in schedule._domains.items():
        if isinstance(domain, Interval) and domain.time:
            yield getattr(schedule, name)


def clocks(schedule: Schedule) -> Iterator[float]:
    """Yield the times that ``schedule`` subtracts from others, or multiplies."""
    match schedule:
        case Stretch():
            yield from (schedule.by, *landmarks(schedule.schedule))
        case CosineRestarts() | PolynomialRestarts() | Repeat() if schedule.period_mult != 1:
            yield from landmarks(schedule)
            yield schedule.period_mult
        case OneCycle():
            exact_up = Fraction(schedule.steps) * Fraction(schedule.pct_start)
            yield schedule.steps * schedule.pct_start if exact_up % 1 == 0 else 0.5
        case Cyclic():
            yield from (schedule.up, schedule.up if schedule.down is None else schedule.down)
        case Recipe() if type(schedule).__module__.endswith((".phased", ".warmup")):
            yield from times_in(schedule)
            yield from clocks(schedule.expand())
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


# The catalogue, as it is and with all its times multiplied.

LENGTHS = (1, 1_000, 1_000_000, 1_000_000_000)

every_example = pytest.mark.parametrize("name", EXAMPLES)
every_length = pytest.mark.parametrize("by", LENGTHS)


def longer(name: str, by: int) -> Schedule:
    """Return an example ``by`` times as long: still a family where it was one."""
    return Stretch(EXAMPLES[name], by).expand() if by > 1 else EXAMPLES[name]


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
    return sorted(t for t in ts if t <= LATEST)


def sure_times_of(schedule: Schedule) -> list[float]:
    """Return those that the schedule does not have to round."""
    return [t for t in times_of(schedule) if not rounds(schedule, t)]


@every_length
@every_example
def test_lr_is_within_four_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    assert_kept(misses(schedule, sure_times_of(schedule), ["lr"]))


@every_length
@every_example
def test_lr_array_is_within_five_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    assert_kept(misses(schedule, sure_times_of(schedule), ["lr_array"]))


@every_length
@every_example
def test_a_range_is_within_five_eps_of_the_exact_value(name: str, by: int) -> None:
    schedule = longer(name, by)
    rng = Random(name)
    for mark in [0.0, *landmarks(schedule)]:
        start, step = max(math.floor(mark) - 5_000, 0), rng.choice((1, 1, 3, 1000))
        span = range(start, start + 10_000 * step, step)
        lrs = schedule.lr_array(span).tolist()
        for i in (0, 4_999, 5_000, 5_001, 9_999, *(rng.randrange(10_000) for _ in range(4))):
            error = eps_between(lrs[i], exact(schedule, span[i]))
            assert rounds(schedule, span[i]) or error <= promised(schedule, "lr_array"), (
                span,
                span[i],
                lrs[i],
            )


# The ends.


def wrong_ends(schedule: Schedule) -> list[str]:
    """Return where the first or last rate is one that ``schedule`` names, and lr another."""
    rates, end = named(schedule), schedule.end
    ts = [0.0] if end == math.inf else [0.0, end, end + 1, 2 * end, max(end, LATEST)]
    wrong = []
    for t, lr in zip(ts, schedule.lr_array(np.array(ts)).tolist(), strict=True):
        true = exact(schedule, t)
        if true in rates and not schedule.lr(t) == lr == true:
            wrong.append(f"{schedule!r} at {t!r}: lr {schedule.lr(t)!r}, lr_array {lr!r}")
    return wrong


@every_length
@every_example
def test_the_ends_are_exact(name: str, by: int) -> None:
    assert wrong_ends(longer(name, by)) == []


@pytest.mark.parametrize("name", FAMILIES)
def test_a_family_starts_at_its_first_rate_and_ends_at_its_final_rate(name: str) -> None:
    schedule: Any = FAMILIES[name]
    first = schedule.values[0] if hasattr(schedule, "values") else schedule.base_lr
    assert schedule.lr(0) == schedule.lr_array([0])[0] == schedule.lr_array(range(9))[0]
    if not isinstance(schedule, Tanh):  # which comes near it
        assert schedule.lr(0) == first
    if hasattr(schedule, "final_lr") and schedule.end < math.inf:
        end, last = int(schedule.end), schedule.final_lr
        assert schedule.lr(end) == schedule.lr(10**12) == last
        assert schedule.lr_array([end - 1, end, end + 1]).tolist()[1:] == [last, last]
        assert schedule.lr_array(range(end + 2)).tolist()[end:] == [last, last]


@pytest.mark.parametrize("kind", LEAVES)
def test_no_parameters_of_a_family_move_its_ends(kind: str) -> None:
    rng = Random(kind)
    for _ in range(300):
        assert wrong_ends(of_kind(rng, LEAVES[kind])) == []


# Extremes, chosen by hand.

EXTREMES: dict[str, Schedule] = {
    "linear-long": Linear(0.1, 1e-9, steps=1e12),
    "linear-almost-flat": Linear(0.1, math.nextafter(0.1, 1), steps=1e12),
    "geometric-deep": Geometric(1, 1e-9, steps=1e12),
    "geometric-deepest": Geometric(1e149, 1e-150, steps=1e6),
    "geometric-high": Geometric(1e-30, 10, steps=999_999_937),
    "exponential-steep": Exponential(0.1, gamma=1e-12, every=1e6),
    "exponential-steepest": Exponential(0.1, gamma=5e-324, every=1e6),
    "exponential-slow": Exponential(0.1, gamma=0.999999999),
    "exponential-odd": Exponential(0.1, gamma=0.3, every=1 / 3),
    "step-decay-slow": StepDecay(0.1, gamma=0.999999999, step_size=7),
    "step-decay-offset": StepDecay(0.1, gamma=0.97, step_size=999_983, floor="offset"),
    "floor-offset-near": Floor(Cosine(0.1, 1e6), min_lr=0.0999999, mode="offset"),
    "floor-offset-low": Floor(Geometric(0.1, 1e-9, 1e6), min_lr=1e-9, mode="offset"),
    "warmup": Warmup(Cosine(0.1, steps=1e12 - 1e6), steps=1e6),
    "warmup-cosine": Warmup(Geometric(0.1, 1e-9, 1e6), 1e9, shape="cosine"),
    "warmup-exponential": Warmup(Cosine(0.1, 1e9), 1e6, start_lr=1e-30, shape="exponential"),
    "three": Linear(0, 0.1, 1e6) >> Until(Constant(0.1), 1e12 - 2e6) >> Cosine(0.1, 1e6),
    "stretch-dyadic": Stretch(Cosine(0.1, steps=1000), by=2.0**-10),
    "product-of-three": Linear(1, 0, 1e6) * Geometric(0.1, 1e-9, 1e6) * StepDecay(1, 0.5, 9),
} | {
    f"{kind.__name__.lower()}-{way}-{power}": kind(*ends, power)
    for kind in (Polynomial, Cosine)
    for way, ends in {
        "down": (0.1, 1e12, 0.0),
        "down-to": (0.1, 999_983, 1e-9),
        "up": (0.0, 1e12, 0.1),
        "up-from": (1e-9, 999_983, 0.1),
    }.items()
    for power in (0.03, 0.5, 1.5, 5.0)
}


@pytest.mark.parametrize("name", EXTREMES)
def test_extreme_parameters_keep_the_promise(name: str) -> None:
    schedule = EXTREMES[name]
    rng = Random(name)
    ts = {*times_of(schedule), *(a_time(rng, schedule, LATEST) for _ in range(50))}
    sure = [t for t in sorted(ts) if name == "stretch-dyadic" or not rounds(schedule, t)]
    assert_kept(misses(schedule, sure))
    assert wrong_ends(schedule) == []


HALF_WAVE = Cosine(0.9518550913575675, steps=30611, final_lr=5.690313429021678e-07)

WORST: dict[str, tuple[Schedule, float]] = {
    "cosine": (HALF_WAVE, 25455.26628355319),
    "cosine-up": (Cosine(0.00018578376528807998, 281, 1.1607658411086772), 46),
    "cosine-power-1.5": (Cosine(1.03, steps=5747, power=1.5), 4813),
    "cosine-power-2": (Cosine(1.01, steps=22307, power=2), 22250),
    "cosine-power-3": (Cosine(1.03, steps=537, power=3), 526),
    "cosine-power-5": (Cosine(1, steps=50139, power=5), 41933),
    "cosine-up-power-0.25": (Cosine(0, steps=6196190, final_lr=4, power=0.25), 89646),
    "cosine-up-power-0.9": (Cosine(0, steps=9829, final_lr=1.03, power=0.9), 907),
    "cosine-up-power-0.99": (
        Cosine(
            4.886769115449776e-20, 6268039.999999994, 8.284109535579045e-06, 0.9884219104101695
        ),
        16965.490089161296,
    ),
    "product": (HALF_WAVE * HALF_WAVE, 25455.26628355319),
}
"""Found by searches far longer than those below: random numbers, then steps uphill."""


@pytest.mark.parametrize("name", WORST)
def test_the_worst_known_parameters_keep_the_promise(name: str) -> None:
    schedule, t = WORST[name]
    assert_kept(misses(schedule, [t]))


@pytest.mark.parametrize(
    "schedule",
    [StepDecay(1, 0.5, step_size=2, floor="offset"), Staircase(Linear(1, 0, 9), 2, "offset")],
    ids=["step-decay", "staircase"],
)
def test_an_offset_staircase_climbs_at_the_exact_time(schedule: Schedule) -> None:
    assert_kept(misses(schedule, [math.nextafter(1, 0), 1.0]))


@pytest.mark.parametrize(
    ("schedule", "t"),
    [
        (0 * Exponential(1, gamma=10), 1000),
        (Constant(0) * Exponential(1, gamma=10), 1000),
        (Floor(Exponential(0.1, gamma=2), 0.01, mode="offset"), 5000),
    ],
    ids=["scale", "product", "floor"],
)
def test_an_overflow_is_infinite_and_never_a_nan(schedule: Schedule, t: float) -> None:
    assert_kept(misses(schedule, [t]))


# Times that have to be rounded.

ROUNDED: dict[str, Schedule] = {
    "sequential-two-rounded": Linear(0, 0.1, steps=0.3) >> Cosine(0.1, steps=9.7),
    "sequential-three-rounded": (
        Linear(0, 0.1, 300.3) >> Until(Constant(0.1), 100.1) >> Linear(0.1, 0, 599.6)
    ),
    "sequential-jump-rounded": (
        Until(PiecewiseConstant((1, 2), (0.3,)), 0.7) >> Linear(1, 2, 0.9) >> Constant(3)
    ),
    "warmup-rounded": Warmup(Cosine(0.1, steps=89.5), steps=10.1),
    "shift-rounded": Shift(Cosine(0.1, steps=100), by=0.1),
    "shift-earlier-rounded": Shift(Polynomial(0.1, steps=100, power=2), by=-0.1),
    "stretch-rounded": Stretch(Cosine(0.1, steps=90), by=390.625 / 3),
    "stretch-stairs-rounded": Stretch(StepDecay(0.1, gamma=0.5, step_size=10), by=390.1),
    "stretch-short-rounded": Stretch(Linear(0, 0.1, 5) >> Cosine(0.1, 95), by=0.1),
    "staircase-rounded": Staircase(Cosine(0.1, steps=9.5), every=0.1),
    "staircase-offset-rounded": Staircase(Linear(0.1, 0, steps=9.5), every=0.3, floor="offset"),
    "step-decay-rounded": StepDecay(0.1, gamma=0.5, step_size=0.1),
    # Where the rate changes by much in the last digit of a time, the peak does not bound it.
    "root-after-warmup": Warmup(Polynomial(0.1, steps=100, power=0.5), steps=10.1),
    "root-later": Shift(Polynomial(0, steps=7913988, final_lr=0.1, power=0.33), by=2.86455),
    "steep-staircase": Staircase(Geometric(1e-20, 1, steps=12329.4), every=0.1),
    "short-after-long": Until(Constant(0.1), 1e6 + 0.1) >> Linear(0.1, 1, 0.3) >> Cosine(1, 9),
}
ROUNDED |= {
    name: schedule
    for name, schedule in EXAMPLES.items()
    if any(rounds(schedule, t) for t in times_of(schedule))
}


def within_a_digit(schedule: Schedule, t: float) -> list[Any]:
    """Return the rates at ``t`` and beside it; and beside the start of its plateau, if any."""
    digits = [Fraction(i * EPS) for i in (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)]
    rates = [exact(schedule, Fraction(t) * (1 + digit)) for digit in digits]
    if isinstance(schedule, Staircase):
        early = 1 if schedule.floor == "offset" else 0
        start = Fraction(schedule.every) * ((Fraction(t) + early) // Fraction(schedule.every))
        rates += [exact(schedule.schedule, start * (1 + digit)) for digit in digits]
    return rates


@pytest.mark.parametrize("name", ROUNDED)
def test_a_rounded_time_costs_no_more_of_the_peak(name: str) -> None:
    schedule = ROUNDED[name]
    rng = Random(name)
    ts = sorted({*times_of(schedule), *(a_time(rng, schedule, LATEST) for _ in range(200))})
    peak = max(exact(schedule, t) for t in ts)
    for miss in misses(schedule, ts, of=peak):
        # A rate that moves by much within the last digit of a time, or jumps there, is right
        # if it is that of a time within the digit.
        near = within_a_digit(schedule, miss.t)
        if not min(near) <= miss.got <= max(near):
            away = min(abs(mpf(miss.got) - rate) for rate in near)
            assert float(away / (EPS * peak)) <= miss.bound, str(miss)


# A search for the worst.


def searched(kind: type[Schedule], seed: int, draws: int, steps: int) -> list[Miss]:
    """Return the worst of many random parameters and times, and of steps uphill from those."""
    rng = Random(f"{kind.__name__} {seed}")
    worst: dict[str, list[Miss]] = {way: [] for way in PROMISED}

    def measure(schedule: Schedule, *ts: float) -> None:
        for miss in misses(schedule, [t for t in ts if not rounds(schedule, t)]):
            found = worst[miss.way]
            found.append(miss)
            if len(found) > 200:
                found.sort(key=lambda miss: miss.excess, reverse=True)
                del found[20:]

    for i in range(draws):
        schedule = of_kind(rng, kind, whole=i % 4 > 0)
        measure(schedule, *(a_time(rng, schedule, LATEST) for _ in range(2)))
    for _ in range(steps):
        start = rng.choice(worst[rng.choice(tuple(PROMISED))][:10])
        try:
            measure(*nudged(rng, start.schedule, start.t))
        except ValueError:  # out of the domain of the field
            continue
    return [miss for found in worst.values() for miss in found]


def nudged(rng: Random, schedule: Schedule, t: float) -> tuple[Schedule, float]:
    """Return a schedule and a time that differ a little, in one number."""

    def near(x: float) -> float:
        way = rng.random()
        if way < 0.3:
            return math.nextafter(x, rng.choice((0.0, math.inf)))
        if way < 0.8:
            return x * (1.0 + rng.uniform(-1.0, 1.0) * math.pow(10.0, rng.uniform(-15.5, -1.0)))
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
    assert_kept(searched(LEAVES[kind], 0, draws=600, steps=400))


def composed(kind: type[Schedule], seed: int, draws: int) -> list[Miss]:
    """Return how wrong random compositions are, whose times are all whole."""
    rng = Random(f"{kind.__name__} {seed}")
    found: list[Miss] = []
    for _ in range(draws):
        schedule = of_kind(rng, kind, max_depth=rng.choice((2, 2, 3)), wild=False, whole=True)
        for _ in range(3):
            t = a_time(rng, schedule, LATEST)
            seen = visited(schedule, t)
            # An operand that is almost an underflow or an overflow has lost its digits already.
            if not rounds(schedule, t) and all(
                lr == 0 or 1e-250 < lr < 1e250 for _, _, lr in seen
            ):
                of = max(lr for _, _, lr in seen) if cancels(seen) else None
                found.extend(misses(schedule, [t], of=of))
    return found


def cancels(seen: list[tuple[Any, Fraction, Any]]) -> bool:
    """Return whether rates are subtracted: in an offset Floor under a schedule that rises."""
    return any(
        isinstance(part, Floor)
        and part.mode == "offset"
        and exact(part.schedule, t) > exact(part.schedule, 0)
        for part, t, _ in seen
    )


@pytest.mark.parametrize("kind", NESTS)
def test_an_operator_adds_two_eps(kind: str) -> None:
    assert_kept(composed(NESTS[kind], 0, draws=150))


def main(seeds: int = 10) -> None:
    """Print the worst of each kind, of several times as many trials as in a test."""
    print("| kind | lr: eps (promised) | lr_array: eps (promised) | the worst | t |")
    print("| --- | --- | --- | --- | --- |")
    for name, kind in (LEAVES | NESTS).items():
        found: list[Miss] = []
        for seed in range(seeds):
            if name in LEAVES:
                found += searched(kind, seed, draws=1_500, steps=1_000)
            else:
                found += composed(kind, seed, draws=500)
        for schedule, t in WORST.values():
            if type(schedule) is kind:
                found += misses(schedule, [t])
        found.sort(key=lambda miss: miss.excess, reverse=True)
        lr, lr_array = (next(miss for miss in found if miss.way == way) for way in PROMISED)
        figures = (f"{miss.error:.2f} ({miss.bound:g})" for miss in (lr, lr_array))
        case = f"`{found[0].schedule!r}` | {found[0].t!r}"
        print(f"| {name} | {' | '.join(figures)} | {case} |", flush=True)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
