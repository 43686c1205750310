"""Ranges as matrices of small rank: as exact as promised, soon at an end, in little memory.

Schedules of every kind are measured against the oracle, on ranges that start, step and turn
anywhere. Formulas of random words, which no schedule has, are measured against their own
rounding, which :class:`Rounded` adds up operation by operation. ``python tests/test_grid.py
SECONDS`` searches longer than the tests do, and prints the worst that it finds of each kind.
"""

from __future__ import annotations

import math
import subprocess
import sys
import time
from bisect import bisect_right
from collections.abc import Callable, Iterator
from functools import reduce
from random import Random
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES
from mpmath import mp, mpf  # type: ignore[import-untyped]
from oracle import exact, visited
from strategies import landmarks, of_kind
from test_accuracy import (
    FEW,
    LATEST,
    LEAVES,
    NESTS,
    SMALLEST,
    Miss,
    assert_kept,
    cancels,
    eps_between,
    named,
    promised,
    rounds,
)

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Interpolated,
    Linear,
    Maximum,
    MultiStep,
    Noam,
    OneCycle,
    Polynomial,
    PowerLaw,
    Product,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Sum,
    Until,
)
from lrcurves import _grid as grid
from lrcurves import _layout as layout
from lrcurves import _matrix as matrix
from lrcurves import _rows as rows
from lrcurves import _table as tables
from lrcurves._numpy import BLOCK
from lrcurves._ops import FLOATS, PI_REST
from lrcurves.schedule import Recipe

EPS = 2.0**-52
KINDS = LEAVES | NESTS
STEPS = (1, 1, 1, 2, 3, 7, 1000, -1, -1, -2, -7)
SIZES = {
    "SMALLEST": rows,
    "SHORTEST_PIECE": grid,
    "SHORTEST_CYCLE": grid,
    "SHORTEST_SMOOTH": rows,
    "SHORTEST_NARROWED": layout,
}
"""From so many points on, a matrix pays, or a cut, or an interpolation."""

Formula = Callable[[Any, Any], Any]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let ranges of a few points be matrices."""
    for name, module in SIZES.items():
        monkeypatch.setattr(module, name, 16)
    monkeypatch.setattr(tables, "FEW", 16)


@pytest.fixture
def layouts(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Return a list to which every attempt to lay out a region adds its rows and columns."""
    tried: list[tuple[int, int]] = []
    real = layout._ramp

    def counted(times: range, region: layout.Region, rows: int, width: int) -> layout.Ramp:
        tried.append((rows, width))
        return real(times, region, rows, width)

    monkeypatch.setattr(layout, "_ramp", counted)
    return tried


def rates_of(formula: Formula, ts: range) -> list[float]:
    return list(map(float, tables.table(formula, ts, None, None)))


# Every kind, against the oracle.


def a_span(rng: Random, schedule: Schedule, size: int) -> range:
    """Return a range of ``size`` times that passes a landmark, starts at it, or is far away."""
    step = rng.choice(STEPS)
    length = abs(step) * (size - 1)
    mark = math.floor(min(rng.choice([0.0, *landmarks(schedule), 1e9, LATEST]), LATEST))
    low = rng.choice(
        (0, mark, mark - length // 2, mark - length, mark - rng.randint(0, length))
    )
    low = min(max(low, 0), int(LATEST) - length)
    return (
        range(low, low + length + 1, step) if step > 0 else range(low + length, low - 1, step)
    )


def seams_of(schedule: Schedule) -> tuple[float, ...]:
    """Return where one part of a sequence follows on another."""
    while isinstance(schedule, Recipe):
        schedule = schedule.expand()
    return schedule._starts[1:] if isinstance(schedule, Sequential) else ()


def places(rng: Random, schedule: Schedule, ts: range, more: int) -> list[int]:
    """Return the first and the last place in a range, those beside landmarks, and others."""
    found = {0, len(ts) - 1, *(rng.randrange(len(ts)) for _ in range(more))}
    marks = landmarks(schedule)
    for mark in rng.sample(marks, min(len(marks), 3)):
        at = (math.floor(min(mark, 2.0**60)) - ts.start) // ts.step
        found |= {i for i in (at - 1, at, at + 1) if 0 <= i < len(ts)}
    return sorted(found)


def misses_in(rng: Random, schedule: Schedule, ts: range, more: int) -> Iterator[Miss]:
    """Yield how wrong a range is at some of its places; its ends and seams have to be exact."""
    rates = schedule.lr_array(ts)
    for i in (0, len(ts) - 1):
        assert rates[i] == schedule.lr(ts[i]), (schedule, ts, ts[i])
    for seam in seams_of(schedule):
        i = max(math.ceil((seam - ts.start) / ts.step), 0) if seam < 2.0**53 else len(ts)
        if i < len(ts) and ts[i] == seam:
            assert rates[i] == schedule.lr(seam), (schedule, ts, seam)
    for i in places(rng, schedule, ts, more):
        yield from miss_at(schedule, float(ts[i]), float(rates[i]))


def miss_at(schedule: Schedule, t: float, lr: float) -> Iterator[Miss]:
    """Yield how wrong one rate of an array is, unless the rounding of the time decides."""
    if rounds(schedule, t):
        return
    of = None
    if type(schedule).__name__ in NESTS:  # as test_accuracy.py has it
        seen = visited(schedule, t)
        if not all(rate == 0 or 1e-250 < rate < 1e250 for _, _, rate in seen):
            return
        of = max(rate for _, _, rate in seen) if cancels(seen) else None
    true = exact(schedule, t)
    tiny = SMALLEST * max([1.0, *named(schedule)])
    if true < tiny and of is None:
        yield Miss(eps_between(lr, true, tiny), FEW, "lr_array", schedule, t, lr, true)
    else:
        bound = promised(schedule, "lr_array")
        yield Miss(eps_between(lr, true, of), bound, "lr_array", schedule, t, lr, true)


def drawn(rng: Random, kind: type[Schedule], *, whole: bool) -> Schedule:
    """Return a schedule of a kind, with one or two more in it if it holds any."""
    if kind.__name__ in LEAVES:
        return of_kind(rng, kind, whole=whole)
    return of_kind(rng, kind, rng.choice((2, 2, 3)), wild=False, whole=True)


def searched(
    kind: type[Schedule], rng: Random, sizes: tuple[int, ...], draws: int
) -> list[Miss]:
    """Return how wrong ranges of random schedules of a kind are."""
    found: list[Miss] = []
    for i in range(draws):
        schedule = drawn(rng, kind, whole=i % 4 > 0)
        size = rng.choice(sizes)
        found += misses_in(rng, schedule, a_span(rng, schedule, size), more=4)
    return found


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", KINDS)
def test_a_small_matrix_of_any_kind_keeps_the_promise(name: str) -> None:
    rng = Random(f"small {name}")
    assert_kept(searched(KINDS[name], rng, sizes=(16, 33, 250, 1_000, 4_000), draws=25))


@pytest.mark.parametrize("name", KINDS)
def test_a_range_of_any_kind_keeps_the_promise(name: str) -> None:
    rng = Random(f"large {name}")
    assert_kept(searched(KINDS[name], rng, sizes=(2_048, 5_001, 30_000, 100_000), draws=6))


LONG: dict[str, tuple[Schedule, range]] = {
    "cosine": (Cosine(0.1, 10**7, 0.001), range(10**7 + 1)),
    "cosine-backwards": (Cosine(0.1, 10**7, 0.001), range(10**7, -1, -1)),
    "wsd": (WSD(0.1, 3_000_001, 1_000, 500_000), range(3_000_003)),
    "one-cycle": (OneCycle(0.1, 10**6), range(5, 10**6 + 5)),
    "noam": (Noam(512, 4_000), range(10**6)),
    "late": (Cosine(0.1, 10**12), range(10**12 - 10**6, 10**12 + 1)),
    "sparse": (Cosine(0.1, 10**12) * PowerLaw(1.0, 0.7), range(0, 10**12, 10**6)),
    "two-periods": (CosineRestarts(0.1, 1_000) + Cyclic(0.1, 0.2, 750), range(10**6)),
}


@pytest.mark.parametrize("name", LONG)
def test_a_long_range_keeps_the_promise(name: str) -> None:
    schedule, ts = LONG[name]
    assert_kept(misses_in(Random(name), schedule, ts, more=40))


# Formulas of random words, against their own rounding.


class Unsure(Exception):  # noqa: N818
    """A number is so near to where a formula forks that its rounding decides."""


def one_eps(x: Any) -> Any:
    """Return what one rounding costs; below the smallest normal number floats are further."""
    return max(abs(x), SMALLEST) if x else 0


class Rounded:
    """A number to many digits, and by how many eps floats may miss it: a running error.

    Every operation costs one eps of its result, and passes on the errors of its operands by
    its derivatives.
    """

    def __init__(self, x: Any, error: Any = 0) -> None:
        self.x = mpf(x)
        self.error = mpf(error)

    @staticmethod
    def of(x: Any) -> Rounded:
        return x if isinstance(x, Rounded) else Rounded(x)

    def __add__(self, other: Any) -> Rounded:
        y = Rounded.of(other)
        return Rounded(self.x + y.x, self.error + y.error + one_eps(self.x + y.x))

    __radd__ = __add__

    def __neg__(self) -> Rounded:
        return Rounded(-self.x, self.error)

    def __sub__(self, other: Any) -> Rounded:
        return self + -Rounded.of(other)

    def __rsub__(self, other: Any) -> Rounded:
        return Rounded.of(other) + -self

    def __mul__(self, other: Any) -> Rounded:
        y = Rounded.of(other)
        z = self.x * y.x
        return Rounded(z, abs(self.x) * y.error + abs(y.x) * self.error + one_eps(z))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Rounded:
        y = Rounded.of(other)
        z = self.x / y.x
        return Rounded(z, (self.error + abs(z) * y.error) / abs(y.x) + one_eps(z))

    def __rtruediv__(self, other: Any) -> Rounded:
        return Rounded.of(other) / self


def rounded(
    function: Callable[[Any], Any], slope: Callable[[Any, Any], Any]
) -> Callable[[Any], Rounded]:
    """Return ``function`` on such numbers; ``slope`` is told the argument and the value."""

    def on(x: Any) -> Rounded:
        x = Rounded.of(x)
        if abs(x.x) > 10_000:
            raise Unsure
        y = function(x.x)
        return Rounded(y, abs(slope(x.x, y)) * x.error + one_eps(y))

    return on


class Words:
    """The vocabulary on such numbers."""

    pi, pi_rest = math.pi, PI_REST
    exp = staticmethod(rounded(mp.exp, lambda x, y: y))
    expm1 = staticmethod(rounded(mp.expm1, lambda x, y: y + 1))
    log1p = staticmethod(rounded(mp.log1p, lambda x, y: 1 / (1 + x)))
    sin = staticmethod(rounded(mp.sin, lambda x, y: mp.cos(x)))
    sin2 = staticmethod(rounded(lambda x: mp.sin(x) ** 2, lambda x, y: mp.sin(2 * x)))
    sqrt = staticmethod(rounded(mp.sqrt, lambda x, y: 1 / (2 * y) if y else 0))
    tanh = staticmethod(rounded(mp.tanh, lambda x, y: 1 - y * y))

    @staticmethod
    def power(x: Any, y: Any) -> Rounded:
        if isinstance(y, Rounded):
            return rounded(lambda z: mp.power(x, z), lambda _, p: p * mp.log(x))(y)
        return rounded(lambda z: mp.power(z, y), lambda z, p: y * p / z if z else 0)(x)

    @staticmethod
    def minimum(x: Any, y: Any) -> Rounded:
        x, y = Rounded.of(x), Rounded.of(y)
        return Rounded(min(x.x, y.x), max(x.error, y.error))

    @staticmethod
    def maximum(x: Any, y: Any) -> Rounded:
        return -Words.minimum(-Rounded.of(x), -Rounded.of(y))

    @staticmethod
    def clip(x: Any, low: float, high: float) -> Rounded:
        return Words.minimum(Words.maximum(x, low), high)

    @staticmethod
    def stairs(t: Any, every: float) -> tuple[Rounded, Rounded]:
        t = Rounded.of(t)
        Words.sure(t, mp.nint(t.x / every) * every)
        whole = mp.floor(t.x / every)
        return Rounded(whole), Rounded(t.x - whole * mpf(every), t.error)

    @staticmethod
    def growth(factor: float, t: Any, every: float) -> Rounded:
        rate = mp.log(factor) / every
        return rounded(lambda x: mp.exp(rate * x), lambda _, p: rate * p)(t)

    @staticmethod
    def sure(t: Rounded, edge: Any) -> None:
        """Refuse a time that is not certainly on its side of an edge."""
        if t.error and abs(t.x - edge) <= MOST_ROUNDINGS * t.error * EPS:
            raise Unsure

    @staticmethod
    def place(t: Any, edges: Any) -> int:
        t = Rounded.of(t)
        i = bisect_right(edges, t.x)
        for edge in edges[max(i - 1, 0) : i + 1]:
            Words.sure(t, edge)
        return i

    @staticmethod
    def pick(t: Any, edges: Any, *columns: Any) -> tuple[Rounded, ...]:
        i = Words.place(t, edges)
        return tuple(Rounded(column[i]) for column in columns)

    @staticmethod
    def piecewise(t: Any, edges: Any, piece: Callable[[int, Any], Any]) -> Any:
        return piece(Words.place(t, edges), t)


MOST_ROUNDINGS = 8.0
"""By so many eps a word on a grid may miss where a word on floats is counted with one.

A term of the longest addition theorem, that of the squared sine, is the product of four values
of functions, each up to one eps wrong, by three products, and the last of three terms to be
added up: 4 + 3 / 2 + 2 / 2. The terms of the series of a power fall off as 16**-k.
"""


def wrong_by(formula: Formula, t: float, got: float) -> float:
    """Return how wrong a value is, as a multiple of what floats may miss it by."""
    with mp.workdps(50):
        true = Rounded.of(formula(Rounded(t), Words))
        if true.x != true.x or isinstance(true.x, mp.mpc):
            raise Unsure
        unit = EPS * (max(true.error, abs(true.x)) + SMALLEST)
        return float(abs(mpf(got) - true.x) / unit)


def differences(formula: Formula, ts: range, at: Iterator[int] | list[int]) -> float:
    """Return how wrong the worst of a range is; where floats are infinite, it has to be."""
    rates, worst = rates_of(formula, ts), 0.0
    for i in at:
        single = formula(float(ts[i]), FLOATS)
        if i in (0, len(ts) - 1):
            assert rates[i] == single or single != single
        if SMALLEST < abs(single) < math.inf or single == 0.0:
            try:
                worst = max(worst, wrong_by(formula, float(ts[i]), rates[i]))
            except Unsure:
                continue
        elif single == math.inf:
            assert rates[i] == math.inf, (ts, ts[i])
    return worst


def a_formula(rng: Random, depth: int, length: int) -> str:
    """Return the text of a random formula of ``t`` and ``xp``, such as no schedule has."""

    def mark() -> float:
        return float(rng.choice((length, length // 2 + 1, length // 3 + 1, 2 * length)))

    def every() -> float:
        most = (1, 2, 7, 16, 50, 100, 255, 256, 1000, 4095, 40_000, length // 2 + 1)
        return float(rng.choice((*most, length // 10 + 1, length // 40 + 1, 2.5, 0.75, 1.1)))

    def clock(depth: int) -> str:  # a whole number, a dyadic one, or the rest of one
        way = rng.random()
        if depth == 0 or way < 0.3:
            return "t"
        inner = clock(depth - 1)
        if way < 0.45:
            return f"xp.maximum({mark()} - {inner}, 0.0)"
        if way < 0.6:
            return f"xp.{rng.choice(('minimum', 'maximum'))}({inner}, {mark()})"
        if way < 0.75:
            return f"({inner} * {rng.choice((0.25, 0.5, 2.0, 3.0))})"
        if way < 0.9:
            return f"xp.stairs({inner}, {every()})[{rng.randint(0, 1)}]"
        if way < 0.95:
            return f"({inner} + {clock(depth - 1)})"
        return f"xp.clip({inner}, {length // 5}.0, {length // 2 + 1}.0)"

    def number() -> float:
        return rng.choice((0.1, 0.5, 1.0, 2.0, 3.0, 7.0, 1e-3, 1e-9))

    def edges() -> str:
        several = {
            float(rng.randint(1, 2 * length)) for _ in range(rng.choice((1, 2, 30, 300)))
        }
        return f"{tuple(sorted(several))}"

    def value(depth: int, t: str = "t") -> str:
        def part() -> str:
            return value(depth - 1, t)

        if depth == 0:
            return str(number()) if rng.random() < 0.3 else f"{clock(2)} / {mark()}"
        words: list[Callable[[], str]] = [
            lambda: f"xp.exp(-({part()}))",
            lambda: f"xp.exp({number()} * ({part()}))",
            lambda: f"xp.expm1({number()} * ({part()}))",
            lambda: f"xp.log1p({part()})",
            lambda: f"(1.0 + xp.sin({number()} * ({part()})))",
            lambda: f"xp.sin2({number()} * ({part()}))",
            lambda: f"xp.sqrt({part()})",
            lambda: f"xp.tanh({part()})",
            lambda: f"xp.power({part()}, {rng.choice((0.3, 0.5, 1.0, 2.0, 3.0, 4.0, 5.0))})",
            lambda: f"xp.power({number()} + {part()}, {rng.choice((-2.0, -1.0, -0.5, 0.5))})",
            lambda: f"xp.power({rng.choice((0.5, 0.9, 1.1, 2.0))}, {part()})",
            lambda: f"xp.minimum({part()}, {part()})",
            lambda: f"xp.maximum({part()}, {part()})",
            lambda: f"({part()}) * ({part()})",
            lambda: f"({part()} + {part()})",
            lambda: f"xp.maximum({number()} - ({part()}), 0.0)",
            lambda: f"({part()}) / ({number()} + {part()})",
            lambda: f"xp.clip({part()}, {number() / 10}, {number() + 1})",
            lambda: f"xp.power(0.9, xp.stairs({clock(1)}, {every()})[0])",
            lambda: f"xp.pick({clock(1)}, {edges()}, tuple(i % 7 for i in range(301)))[0]",
            lambda: (
                f"xp.piecewise({clock(1)}, {edges()},"
                f" lambda i, t: {part()} if i % 2 else {part()})"
            ),
        ]
        return rng.choice(words)()

    return f"{value(depth)} + 0.0 * t"


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("seed", range(12))
def test_any_formula_is_as_exact_as_its_rounding_allows(
    seed: int, layouts: list[tuple[int, int]]
) -> None:
    rng = Random(f"formula {seed}")
    for _ in range(30):
        size = rng.choice((17, 64, 333, 1_000, 3_000))
        step = rng.choice(STEPS)
        length = rng.choice((size, size * abs(step), 10 * size, 1_000))
        start = rng.choice((0, 0, 1, 5, length // 2, length, 10**6, 10**12))
        start += size * -step if step < 0 else 0
        ts = range(start, start + size * step, step)
        text = a_formula(rng, rng.choice((1, 2, 3, 4)), length)
        formula = eval(f"lambda t, xp: {text}")
        layouts.clear()
        at = [0, size - 1, size // 2, *(rng.randrange(size) for _ in range(5))]
        try:
            wrong = differences(formula, ts, at)
        except (ZeroDivisionError, OverflowError, ValueError):
            # Where Python's floats refuse, the promise is void; NumPy's do not.
            with pytest.raises((ZeroDivisionError, OverflowError, ValueError)):
                [formula(float(t), FLOATS) for t in ts]
            continue
        assert wrong <= MOST_ROUNDINGS, (text, ts)
        assert len(layouts) <= most_layouts(size), (text, ts)


def most_layouts(size: int) -> int:
    """Return how often a range may be laid out: each failure leaves a few regions at most.

    Of the tries that fail, each is counted; of those that do not, each fills at least half of
    a region of ``SMALLEST`` points or more.
    """
    fail = rows.TRIES + 2 * size // grid.SHORTEST_PIECE
    return fail + 2 * size // rows.SMALLEST + 1


UNUSUAL: dict[str, Formula] = {
    "exp-of-a-ramp-that-crosses-zero": lambda t, xp: xp.exp((t - 3_000.0) / 1_000.0),
    "expm1-below-zero": lambda t, xp: -xp.expm1(-t / 1_000.0),
    "expm1-across-zero": lambda t, xp: xp.expm1((t - 3_000.0) / 1_000.0) + 2.0,
    "expm1-of-points": lambda t, xp: xp.expm1(xp.tanh(t / 5_000.0)),
    "sine-in-a-quarter": lambda t, xp: xp.sin(t / 9_000.0),
    "sine-beyond-a-quarter": lambda t, xp: 1.0 + xp.sin(t / 100.0),
    "product-of-ramps": lambda t, xp: (t + 1.0) * (t / 7.0) * (10_000.0 - t),
    "difference-of-products": lambda t, xp: xp.exp(t / 9e3) - xp.sin2(t / 9e3),
    "one-less-a-square": lambda t, xp: 2.0 - xp.sin2(t / 9e3),
    "one-less-an-exponential": lambda t, xp: 1.0 - xp.exp(-t / 9e3),
    "division-by-a-ramp": lambda t, xp: xp.exp(-t / 9e3) / (t + 3.0),
    "number-by-a-ramp": lambda t, xp: 3.0 / (t + 3.0),
    "stairs-of-stairs": lambda t, xp: xp.stairs(xp.stairs(t, 10.0)[0], 7.0)[1],
    "stairs-of-a-rest": lambda t, xp: xp.stairs(xp.stairs(t, 1_000.0)[1], 7.0)[1],
    "growth": lambda t, xp: xp.growth(0.3, t, 7_000.0),
    "growth-of-a-fall": lambda t, xp: xp.growth(0.3, 9e6 - t, 7e5),
    "growth-of-a-rest": lambda t, xp: xp.growth(0.3, xp.stairs(t, 1_000.0)[1], 70.0),
    "growth-of-stairs": lambda t, xp: xp.growth(0.3, xp.stairs(t, 1_000.0)[0], 0.7),
    "growth-of-points": lambda t, xp: xp.growth(1.3, xp.tanh(t / 5_000.0), 0.7),
    "growth-of-a-square": lambda t, xp: xp.growth(1.3, xp.power(t / 9e3, 2.0), 0.7),
    "the-larger-of-two-curves": lambda t, xp: xp.maximum(xp.exp(-t / 9e3), xp.sin2(t / 9e3)),
    "the-smaller-of-two-curves": lambda t, xp: xp.minimum(xp.exp(-t / 9e3), xp.sin2(t / 9e3)),
    "the-larger-of-curve-and-number": lambda t, xp: xp.maximum(0.3, xp.exp(-t / 9e3)),
    "the-smaller-of-curve-and-columns": lambda t, xp: xp.minimum(
        xp.exp(-t / 9e3), xp.stairs(t, 500.0)[1] / 500.0
    ),
    "the-larger-of-rows-and-columns": lambda t, xp: (
        lambda whole, rest: xp.maximum(20.0 * whole, rest)
    )(*xp.stairs(t, 500.0)),
    "the-larger-of-points": lambda t, xp: xp.maximum(xp.tanh(t / 9e3), xp.exp(-t / 9e3)),
    "time-less-rows": lambda t, xp: 1.0 + xp.maximum(t - 600.0 * xp.stairs(t, 500.0)[0], 0.0),
    "rows-less-columns": lambda t, xp: (lambda q, r: 9e6 + q - r)(*xp.stairs(t, 500.0)),
    "stairs-of-a-fall": lambda t, xp: xp.stairs(9e6 - t, 300.0)[1],
    "stairs-below-zero": lambda t, xp: xp.stairs(xp.maximum(t - 5e3, 0.0), 300.0)[1],
    "three-periods": lambda t, xp: sum(xp.stairs(t, p)[1] for p in (64.0, 96.0, 40.0)),
    "periods-without-a-common-one": lambda t, xp: (
        xp.stairs(t, 997.0)[1] + xp.stairs(t, 1_009.0)[1]
    ),
    "a-short-period-in-a-row": lambda t, xp: xp.power(0.9, xp.stairs(t, 8.0)[0] / 99.0),
    "a-period-of-a-half": lambda t, xp: xp.stairs(t, 0.5)[0] + xp.stairs(t, 2.5)[1],
    "rows-and-columns": lambda t, xp: (lambda q, r: xp.sqrt(q) + xp.exp(-r))(
        *xp.stairs(t, 500.0)
    ),
    "rows-by-columns": lambda t, xp: (lambda q, r: (1.0 + q) * (r / 9.0) * (2.0 + r))(
        *xp.stairs(t, 500.0)
    ),
    "all-words-on-columns": lambda t, xp: (
        lambda r: (
            xp.tanh(r / 99.0)
            + xp.log1p(r)
            + xp.power(r, 2.0)
            + xp.power(0.99, r)
            + xp.minimum(r, 100.0)
            + xp.maximum(r, 50.0)
            + xp.clip(r, 9.0, 99.0)
            + xp.pick(r, (30.0, 90.0), (1.0, 2.0, 3.0))[0]
            + xp.sin2(r / 99.0)
        )
    )(xp.stairs(t, 500.0)[1]),
    "pieces-in-a-period": lambda t, xp: xp.piecewise(
        xp.stairs(t, 500.0)[1],
        (100.0, 300.0),
        lambda i, r: 7.0 if i == 0 else r / 9.0 if i == 1 else 3.0 - r / 999.0,
    ),
    "pieces-of-rows": lambda t, xp: xp.piecewise(
        xp.stairs(t, 500.0)[0], (3.0, 5.0), lambda i, q: q + i
    ),
    "pieces-of-points": lambda t, xp: xp.piecewise(xp.log1p(t), (3.0, 5.0), lambda i, x: x + i),
    "pieces-of-a-number": lambda t, xp: xp.piecewise(0.0 * t + 2.0, (1.0,), lambda i, x: x + i),
    "pick-of-a-number": lambda t, xp: xp.pick(0.0 * t + 2.0, (1.0,), (5.0, 6.0))[0] + 0.0 * t,
    "pick-of-points": lambda t, xp: xp.pick(xp.log1p(t), (3.0, 5.0), (5.0, 6.0, 7.0))[0],
    "pick-of-thousands": lambda t, xp: xp.pick(
        t, tuple(float(i) for i in range(1, 10_001)), tuple(i % 13 for i in range(10_001))
    )[0],
    "pick-in-both-orders": lambda t, xp: sum(
        xp.pick(9_999.0 - t, (500.0, 4_000.0), (1.0, 2.0, 3.0), (4.0, 5.0, 7.0))
    ),
    "minimum-of-two-ramps": lambda t, xp: xp.minimum(t / 7.0, 1_000.0 - t / 3.0),
    "maximum-of-two-ramps": lambda t, xp: xp.maximum(t / 7.0, 1_000.0 - t / 3.0),
    "the-larger-is-the-first": lambda t, xp: xp.maximum(t + 9.0, t / 2.0),
    "the-larger-is-the-second": lambda t, xp: xp.maximum(t / 2.0, t + 9.0),
    "the-smaller-of-two-waves": lambda t, xp: xp.minimum(xp.exp(-t / 9e3), xp.sin(t / 9e3)),
    "the-smaller-of-a-positive-curve-and-0": lambda t, xp: xp.minimum(xp.exp(-t / 9e3), 0.0),
    "extremes-of-numbers": lambda t, xp: xp.maximum(xp.minimum(2.0, 3.0), 1.0) + 0.0 * t,
    "words-on-numbers": lambda t, xp: (
        lambda half: (
            sum(
                f(half) for f in (xp.exp, xp.expm1, xp.sin, xp.sin2, xp.sqrt, xp.tanh, xp.log1p)
            )
            + xp.power(half, 0.5)
            + xp.power(0.5, half)
            + sum(xp.stairs(half, 0.3))
            + xp.growth(0.9, half, 0.3)
        )
    )(0.0 * t + 0.5),
    "powers-of-a-ramp": lambda t, xp: (
        xp.power(t, 1.0) + xp.power(t / 3.0, 2.0) + xp.power(t, 3.0) + xp.power(t, 4.0)
    ),
    "powers-of-a-curve": lambda t, xp: (
        xp.power(1.0 + xp.sin(t), 2.0) + xp.power(xp.tanh(t), 3.0) + xp.power(xp.tanh(t), 4.0)
    ),
    "a-power-of-points": lambda t, xp: xp.power(0.5, xp.tanh(t)),
    "a-root-from-zero-on": lambda t, xp: xp.sqrt(t),
    "a-root-that-falls": lambda t, xp: xp.sqrt(9e6 - t),
    "a-root-in-a-period": lambda t, xp: xp.sqrt(t + 1.0) + xp.stairs(t, 60.0)[1],
    "a-period-then-a-root": lambda t, xp: xp.stairs(t, 60.0)[1] + xp.sqrt(t + 1.0),
    "a-steep-power": lambda t, xp: xp.power(1.0 + t / 100.0, -30.0),
    "growth-that-overflows": lambda t, xp: xp.exp(t / 5.0),
    "decay-that-underflows": lambda t, xp: xp.exp(-t / 5.0),
    "underflow-that-is-multiplied": lambda t, xp: 1e10 * xp.exp(-t / 5.0),
    "underflow-in-a-product": lambda t, xp: xp.exp(-t / 9.0) * (3.0 + t),
    "tiny-rates": lambda t, xp: 1e-300 * (xp.exp(-t / 1e4) + xp.sin2(t / 1e4)),
    "tiny-products": lambda t, xp: xp.exp(-t / 20.0) * xp.exp(-t / 30.0),
    "rate-zero": lambda t, xp: 0.0 * xp.exp(-t / 9.0) + xp.sin(t / 1e4) * 0.0,
    "many-like-terms": lambda t, xp: sum((i + 1.0) * xp.exp(-t / 9e3) for i in range(20)),
    "a-deep-curve": lambda t, xp: reduce(
        lambda x, _: 0.9 + 0.1 * xp.tanh(x), range(40), t / 9e3
    ),
    "many-terms": lambda t, xp: sum(xp.sin2(t / (1e4 + i)) for i in range(7)),
    "products-of-many-terms": lambda t, xp: (
        xp.sin2(t / 1e4) * xp.sin2(t / 2e4) * xp.sin2(t / 3e4)
    ),
    "a-product-of-differences": lambda t, xp: (
        (2.0 - xp.sin2(t / 9e3)) * (3.0 - xp.power(t / 9e3, 2.0))
    ),
    "sums-with-a-number": lambda t, xp: 1.0 + (0.5 + xp.exp(-t / 9e3)),
    "a-sum-of-differences": lambda t, xp: (
        (-xp.sin2(t / 9e3) + -xp.sin2(t / 8e3)) + 2.0 + xp.exp(-t)
    ),
    "parts-of-both-signs": lambda t, xp: xp.power(0.1 * t + 0.05 * (1e6 - t) - 49_999.0, 2.0),
    "whatever-is-left-of-a-square": lambda t, xp: 1.0 - xp.sin2(t * 1e-4),
    "curves-by-numbers": lambda t, xp: xp.sin2(t / 9e3) / 3.0 + xp.log1p(t) / 2.0 + t / 4.0,
    "a-curve-by-a-negative": lambda t, xp: 9.0 - 3.0 * xp.log1p(t / 1e5),
    "a-negative-ramp": lambda t, xp: -t / 9.0 + 1e6,
    "stairs-subtracted-from-time": lambda t, xp: t - xp.stairs(t, 4.0)[0] * 4.0,
    "pieces-in-pieces": lambda t, xp: xp.piecewise(
        t,
        (2_000.0, 6_000.0),
        lambda i, t: xp.piecewise(t, (1_000.0 * i + 500.0,), lambda j, t: t / (i + j + 1.0)),
    ),
}

SPANS = (
    range(10_000),
    range(9_999, -1, -1),
    range(3, 9_000, 2),
    range(500, 20_500),
    range(5_000_000, 5_009_000, 3),
    range(500, 520),
)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", UNUSUAL)
def test_a_formula_uses_words_in_unusual_ways(
    name: str, layouts: list[tuple[int, int]]
) -> None:
    formula, rng = UNUSUAL[name], Random(name)
    for ts in SPANS:
        layouts.clear()
        at = [0, len(ts) - 1, *(rng.randrange(len(ts)) for _ in range(12))]
        assert differences(formula, ts, at) <= MOST_ROUNDINGS, ts
        assert 0 < len(layouts) <= most_layouts(len(ts)), ts


@pytest.mark.parametrize("name", UNUSUAL)
def test_it_does_so_in_a_range_of_real_size(name: str) -> None:
    formula, rng = UNUSUAL[name], Random(name)
    for ts in (range(20_000), range(40_000, 10_000, -3)):
        at = [0, len(ts) - 1, *(rng.randrange(len(ts)) for _ in range(6))]
        assert differences(formula, ts, at) <= MOST_ROUNDINGS, ts


HARD: dict[str, tuple[Formula, Callable[[Any], Any], range, range]] = {
    "parts-of-both-signs": (
        lambda t, xp: xp.power((t + 0.5 * (1e6 - t) - 499_999.5) * 0.1, 2.0),
        lambda t: ((t / 2 + mpf(0.5)) * mpf(0.1)) ** 2,
        range(10_000),
        range(1, 90),
    ),
    "parts-of-both-signs-below-zero": (
        lambda t, xp: -xp.expm1((499_999.5 - t - 0.5 * (1e6 - t)) * 2.0**-20),
        lambda t: -mp.expm1(-(t / 2 + mpf(0.5)) / 2**20),
        range(10_000),
        range(1, 90),
    ),
    "a-square-beyond-a-quarter": (
        lambda t, xp: xp.sin2(t * 2.0**-12),
        lambda t: mp.sin(t / 4096) ** 2,
        range(12_700, 13_200),
        range(150, 190),
    ),
    "a-product-of-differences": (
        lambda t, xp: (2.0 - xp.power(t / 2.0**13, 2.0)) * (2.0 - xp.power(t / 2.0**13, 2.0)),
        lambda t: (2 - (t / 2**13) ** 2) ** 2,
        range(11_000, 11_600),
        range(550, 590),
    ),
    "the-first-digits-of-an-underflow": (
        lambda t, xp: xp.exp(t / 8.0 - 740.0),
        lambda t: mp.exp(t / 8 - 740),
        range(8_000),
        range(256, 400),
    ),
    "a-growth-out-of-an-underflow": (
        lambda t, xp: xp.exp(t * 0.5 - 2_000.0),
        lambda t: mp.exp(t / 2 - 2_000),
        range(5_000),
        range(2_584, 2_900),
    ),
}
"""Formulas whose arguments are exact in floats, so that each word may miss by one eps alone;
what they really are; and places at which the terms of an addition theorem would cancel."""


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", HARD)
def test_no_digit_is_lost_where_terms_would_cancel(name: str) -> None:
    formula, definition, ts, places = HARD[name]
    rates = rates_of(formula, ts)
    for i in places:
        with mp.workdps(60):
            true = definition(mpf(ts[i]))
            assert abs(mpf(rates[i]) - true) <= MOST_ROUNDINGS * EPS * true, (ts[i], rates[i])


@pytest.mark.usefixtures("small")
def test_nothing_is_negative_or_nan_where_floats_are_not() -> None:
    def left(t: Any, xp: Any) -> Any:
        return xp.sqrt(1.0 - xp.sin2(t * (math.pi / 2.0 / steps)))

    for steps in (10**4, 10**6, 10**8, 10**9, 10**12):
        for width in (400, 5_000):
            rates = rates_of(left, range(steps - width, steps + 1))
            assert min(rates) >= 0.0, (steps, width)


# Seams, in every place of a matrix.


@pytest.mark.parametrize("first", [0.013, 0.0493, 0.1, 0.2081, 0.3])
def test_a_seam_behind_the_last_whole_row_has_the_bits_of_single_calls(first: float) -> None:
    later = Linear(0.013, first, 10_000) >> Linear(0.077, 0.02, 33_333)
    schedule = CosineRestarts(first, 5_000) + later

    rates = schedule.lr_array(range(14_999))  # two rows of 5000, and a seam just behind them
    assert rates[9_999:10_001].tolist() == [schedule.lr(9_999), schedule.lr(10_000)]


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("step", [1, 3, -1, -3])
def test_every_seam_has_the_bits_of_single_calls(step: int) -> None:
    for seam in range(1, 700, 4):
        schedule = Linear(0.01, 0.7 / seam, seam) >> Exponential(0.3, 0.99)
        ts = range(0, 600, step) if step > 0 else range(600, -1, step)
        rates = schedule.lr_array(ts)
        for i in (0, len(ts) - 1, *((ts.index(seam),) if seam in ts else ())):
            assert rates[i] == schedule.lr(ts[i])


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize(
    "ts",
    [
        range(1_001, 901_001, 3),
        range(9, 900_009, 3),
        range(10, 900_010, 3),
        range(901_001, 1_001, -3),
        range(899_999, -1, -1),
        range(77, 777_777),
    ],
    ids=repr,
)
@pytest.mark.parametrize(
    "schedule",
    [
        Staircase(Cosine(0.1, 1e6), 30_000),
        StepDecay(0.1, 0.8, 30_000),
        StepDecay(0.1, 0.8, 30_000, "offset"),
    ],
    ids=["staircase", "direct", "offset"],
)
def test_rows_begin_where_plateaus_do(
    schedule: Schedule, ts: range, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then a plateau is one number, and not the product of a row and a column."""
    kinds: set[type] = set()
    real = layout.write

    def write(value: Any, out: Any) -> None:
        kinds.add(type(value))
        real(value, out)

    monkeypatch.setattr(layout, "write", write)
    rates = schedule.lr_array(ts)
    assert matrix.Rows in kinds
    assert kinds <= {matrix.Rows, float}
    expected = [schedule.lr(t) for t in ts[::991]]
    np.testing.assert_allclose(rates[::991], expected, rtol=20 * 2.0**-52, atol=0)
    assert_kept(misses_in(Random(0), schedule, ts, more=100))


@pytest.mark.parametrize("late", range(1, 30))
def test_a_seam_where_the_first_row_begins_has_the_bits_of_single_calls(late: int) -> None:
    after = Shift(Exponential(0.3, 0.7, 12_345.6), -1_000.3 * late)
    waves = Until(Exponential(0.1, 0.5, 3_000.3), 30_000) >> after
    schedule = Product((Staircase(Linear(0.1, 0.01, 1e6), 30_000), waves))
    rates = schedule.lr_array(range(1_000, 901_000))
    assert [rates[28_999], rates[29_000]] == [schedule.lr(29_999), schedule.lr(30_000)]


def test_the_parts_of_a_very_long_range_have_seams_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layout, "LARGEST", 1_000)
    schedule = Interpolated((0, 1_000, 2_000, 3_000), (0.013, 0.0717, 0.3, 0.0191))
    ts = range(5_500)
    rates = schedule.lr_array(ts)

    for i in (0, 999, 1_000, 1_999, 2_000, 2_999, 3_000, 5_499):
        assert rates[i] == schedule.lr(i)
    assert_kept(misses_in(Random(0), schedule, ts, more=100))


# It always ends, and soon.


def test_a_sum_of_many_lines_that_end_nearby_is_not_cut_at_every_end(
    layouts: list[tuple[int, int]],
) -> None:
    schedule = Sum(tuple(Linear(0.1, 0.0, steps=5_000 + 3 * i) for i in range(200)))
    ts = range(10_000)
    rates = schedule.lr_array(ts)

    assert len(layouts) <= most_layouts(len(ts))
    for i in (0, 5_000, 5_001, 5_300, 9_999):
        assert eps_between(rates[i], exact(schedule, i)) <= promised(schedule, "lr_array")


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("apart", [1e-17, 1e-15, 1e-12, 1e-6])
def test_lines_that_almost_coincide_are_cut_a_few_times(
    apart: float, sign: int, layouts: list[tuple[int, int]]
) -> None:
    other = Linear(0.1 * (1 + apart), 0.01 * (1 - apart), steps=99_991)
    schedule = Maximum((Linear(0.1, 0.01, steps=99_991), other))
    ts = range(100_000)[::sign]
    rates = schedule.lr_array(ts)

    assert len(layouts) <= most_layouts(len(ts))
    for i in (0, 1, 49_990, 49_995, 49_996, 50_003, 99_990, 99_999):
        assert eps_between(rates[i], exact(schedule, ts[i])) <= promised(schedule, "lr_array")


def test_a_narrow_region_in_a_period_is_not_narrowed_for_ever(
    layouts: list[tuple[int, int]],
) -> None:
    def formula(t: Any, xp: Any) -> Any:
        return xp.stairs(t, 1_500.0)[1] + xp.sqrt(t + 1.0) + xp.stairs(t, 700.0)[1]

    for ts in (range(100_000), range(100_000, 0, -1)):
        layouts.clear()
        assert differences(formula, ts, [0, 1, 2, 5_000, 99_999]) <= MOST_ROUNDINGS
        assert len(layouts) <= 10


@pytest.mark.parametrize(
    "schedule",
    [
        CosineRestarts(0.1, 2_100.1),
        StepDecay(0.1, 0.999, 40_001),
        Repeat(Linear(0.0, 0.1, 900) >> Cosine(0.1, 4_100.3)),
        Cyclic(0.1, 0.2, 50_000, mode="triangular2"),
        Sequential(tuple(Linear(0.1, 0.01 * i, 2_500) for i in range(40))),
    ],
    ids=repr,
)
def test_the_number_of_regions_grows_with_the_range_and_not_with_its_square(
    schedule: Schedule, layouts: list[tuple[int, int]]
) -> None:
    for size in (50_000, 100_000, 200_000, 400_000):
        layouts.clear()
        schedule.lr_array(range(size))
        assert len(layouts) <= most_layouts(size)


@pytest.mark.parametrize("kind", [Sum, Maximum])
def test_arithmetic_of_hundreds_of_curves_is_not_too_deep(kind: Any) -> None:
    schedule = kind(tuple(PowerLaw(0.1, 0.7, 30 + i) for i in range(500)))
    rates = schedule.lr_array(range(5_000))

    for i in (0, 1, 77, 4_999):
        assert eps_between(rates[i], exact(schedule, i)) <= promised(schedule, "lr_array")


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("name", EXAMPLES)
def test_the_same_range_has_the_same_bits_whatever_it_is_written_to(name: str) -> None:
    schedule, ts = EXAMPLES[name], range(3, 2_203)
    rates = schedule.lr_array(ts)
    wide, narrow = np.zeros((2_200, 3)), np.zeros(6_600, np.float32)
    half, other = np.zeros(2_200, np.float16), np.zeros(2_200, ">f8")

    assert np.array_equal(schedule.lr_array(ts), rates)
    for out in (wide[:, 1], narrow[::-3], half, other, np.zeros(4_400)[::-2]):
        assert schedule.lr_array(ts, out=out) is out
        with np.errstate(over="ignore"):
            assert np.array_equal(out, rates.astype(out.dtype))
    assert not wide[:, ::2].any()
    assert not np.delete(narrow, np.s_[::-3]).any()


# In the bounds of the machine.

QUIET = """
import os, sys, time
import numpy as np
import lrcurves._table
from lrcurves import *
def told(word):
    tasks = set(os.listdir("/proc/self/task")) - {str(os.getpid())}
    return {t: [line for line in open(f"/proc/self/task/{t}/status") if word in line]
            for t in tasks}
def sleepers():
    while any("sleeping" not in state for [state] in told("State").values()):
        time.sleep(0.01)  # a thread of OpenBLAS waits awake for a while after its start
    return told("ctxt")
schedules = [Cosine(0.1, 10**6, 0.01) * Cosine(0.2, 10**6, 0.02), CosineRestarts(0.1, 32768),
    CosineRestarts(0.1, 32768, 0.01) * CosineRestarts(0.1, 16384, 0.01), Polynomial(0.1, 10**6),
    Polynomial(0.1, 10**6, power=0.5), Noam(512, 4000), OneCycle(0.1, 10**6)]
before = sleepers()
for s in schedules:
    s.lr_array(range(10**6))
    s.lr_array(range(10**6), dtype=np.float32)
    s.lr_array(np.arange(10**6)[::-1])
    s.lr_array(np.random.default_rng(0).permutation(10**5))
assert sleepers() == before, (before, sleepers())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_thread_is_started_and_none_is_woken() -> None:
    done = subprocess.run([sys.executable, "-c", QUIET], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


LEAN = """
import threading, time, tempfile
import numpy as np
import lrcurves._table
from lrcurves import *
def anonymous():
    return next(int(s.split()[1]) for s in open("/proc/self/status") if s[:7] == "RssAnon")
schedules = [Cosine(0.1, SIZE, 0.01) * Cosine(0.2, SIZE, 0.02), Polynomial(0.1, SIZE, 0, 2.5),
    Sum(tuple(PowerLaw(0.1, 0.7, 30 + i) for i in range(60))), CosineRestarts(0.1, 2100.1),
    CosineRestarts(0.1, 32768, 0.01) * CosineRestarts(0.1, 16384, 0.01)]
with tempfile.NamedTemporaryFile() as file:
    out = np.memmap(file.name, np.float32, "w+", shape=(SIZE,))
    for s in schedules:
        s.lr_array(range(9000), out=out[:9000])
        before, peak, done = anonymous(), [0], threading.Event()
        def watch():
            while not done.wait(0.001):
                peak[0] = max(peak[0], anonymous())
        watcher = threading.Thread(target=watch)
        watcher.start()
        s.lr_array(range(SIZE), out=out)
        done.set()
        watcher.join()
        assert peak[0] - before < 64 * 1024, (s, peak[0] - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_table_takes_64_mib_beside_the_result() -> None:
    code = LEAN.replace("SIZE", "4_000_000")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_factors_of_a_matrix_do_not_grow_with_the_range() -> None:
    # Each of its rows is at least so wide, and its factors hold so many floats a row: as many
    # as the largest rank allows, and as many again three times over while they are joined.
    rows = layout.LARGEST // layout.WIDEST + 1
    assert rows * matrix.HIGHEST_RANK * 8 * 4 <= 64 * 2**20
    assert len(list(range(0, 10**10, layout.LARGEST))) == 75


@pytest.mark.parametrize("name", EXAMPLES)
def test_numpy_is_asked_for_errors_in_vain(name: str) -> None:
    with np.errstate(all="raise"):
        EXAMPLES[name].lr_array(range(0, 10**7, 1_000))
        EXAMPLES[name].lr_array(np.arange(4_000)[::-1], dtype=np.float16)
        assert set(np.geterr().values()) == {"raise"}


# The places that are hard to reach.


@pytest.mark.usefixtures("small")
def test_times_above_2_to_the_53_are_those_of_single_calls() -> None:
    schedule = Cyclic(0.01, 0.1, up=5)
    for ts in (
        range(2**53 - 300, 2**53 + 900, 3),
        range(2**53 + 1, 2**53 + 60_001, 3),
        range(2**53 + 60_001, 2**53 + 1, -3),
        range(2**60, 2**70, 2**57 + 1),
        range(0, 10**300, 10**298),
    ):
        rates = schedule.lr_array(ts).tolist()
        expected = [schedule.lr(t) for t in ts]
        assert (rates[0], rates[-1]) == (expected[0], expected[-1])
        np.testing.assert_allclose(rates, expected, rtol=9 * EPS, atol=0)


@pytest.mark.parametrize("ts", [range(5, 6, 10**400), range(3, 2, -(10**400)), range(7, 8)])
def test_a_range_of_one_time_may_have_any_step(ts: range) -> None:
    assert Cosine(0.1, 9).lr_array(ts).tolist() == [Cosine(0.1, 9).lr(ts[0])]


@pytest.mark.parametrize("size", [0, 1, 2, 16, 2_047, 2_048, 2_049, BLOCK, BLOCK + 1])
@pytest.mark.parametrize("step", [1, -1])
def test_any_length_about_the_smallest_is_filled(size: int, step: int) -> None:
    schedule = Linear(0.1, 0.013, size // 2 + 1) >> CosineRestarts(0.1, 11)
    ts = range(size)[::step]
    rates = schedule.lr_array(ts).tolist()

    np.testing.assert_allclose(rates, [schedule.lr(t) for t in ts], rtol=9 * EPS, atol=0)


def test_growth_overflows_to_infinity_and_decay_to_zero() -> None:
    up, down = Exponential(1e-300, gamma=1.01), Exponential(1e300, gamma=0.5)
    for ts in (range(300_000), range(300_000, -1, -1)):
        for schedule in (up, down, Shift(up, 77), up + down, Until(up, 200_000)):
            rates = schedule.lr_array(ts)
            singles = np.array([schedule.lr(t) for t in ts[::501]])
            assert not np.isnan(rates).any()
            assert np.array_equal(np.isinf(rates[::501]), np.isinf(singles))
            fine = np.isfinite(singles) & (singles > SMALLEST)
            np.testing.assert_allclose(rates[::501][fine], singles[fine], rtol=11 * EPS)


def test_a_sequence_of_ten_thousand_parts_evaluates_one_of_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    parts = tuple(Linear(0.1, 0.1 / (i + 1), 10) for i in range(10_000))
    schedule = Sequential(parts)
    asked: list[float] = []

    class Compared(float):
        def __lt__(self, other: float) -> bool:
            asked.append(other)
            return float(self) < other

        def __gt__(self, other: float) -> bool:
            asked.append(other)
            return float(self) > other

    evaluated: list[float] = []
    real = Linear._formula
    monkeypatch.setattr(
        Linear, "_formula", lambda self, t, xp: evaluated.append(t) or real(self, t, xp)
    )
    for t in (0.0, 5.0, 49_995.0, 99_999.0, 1e9):
        asked.clear()
        evaluated.clear()
        rate = schedule._formula(Compared(t), FLOATS)
        assert rate == parts[min(int(t // 10), 9_999)].lr(min(t % 10 if t < 1e5 else 10, 10))
        assert len(asked) <= 2 * math.ceil(math.log2(10_000)) + 8
    monkeypatch.undo()
    assert len(evaluated) <= 2


def test_multi_step_of_ten_thousand_milestones_is_one_gather() -> None:
    schedule = MultiStep(0.1, 0.9999, tuple(range(3, 100_003, 10)))
    for ts in (range(120_000), range(0, 10**9, 1_000), range(119_999, -1, -1)):
        rates = schedule.lr_array(ts)
        assert [rates[i] for i in range(0, len(ts), 997)] == [schedule.lr(t) for t in ts[::997]]


@pytest.mark.parametrize("step", [1, -1, -3])
def test_both_sides_of_a_seam_are_what_single_calls_give(step: int) -> None:
    """Of a falling range, too, where a time that is a seam belongs to what comes before."""
    parts = [Until(Exponential(0.1 + i / 97, gamma=0.99, every=7), 9_001) for i in range(17)]
    schedule, ts = Sequential(tuple(parts)), range(149_999)[::step]
    which = np.searchsorted(schedule._starts, np.array(ts), side="right")
    ends = np.flatnonzero(np.diff(which))
    rates = schedule.lr_array(ts)
    for i in (0, *ends.tolist(), *(ends + 1).tolist(), len(ts) - 1):
        assert rates[i] == schedule.lr(ts[i])


def test_constants_polynomials_and_roots_are_written_from_any_layout() -> None:
    for schedule in (Constant(0.1), Constant(0.0), Polynomial(0.1, 10**5, power=0.5)):
        for ts in (range(10**5), range(10**5, 0, -1), range(10**9, 10**9 + 5_000)):
            assert_kept(misses_in(Random(0), schedule, ts, more=30))


def main(seconds: float) -> None:
    """Print the worst of each kind that a search of so many seconds finds."""
    real, worst, trials = [getattr(module, name) for name, module in SIZES.items()], {}, 0
    begin, seed = time.monotonic(), 0
    while time.monotonic() - begin < seconds:
        for name, kind in KINDS.items():
            few = seed % 4 > 0
            for (constant, module), size in zip(SIZES.items(), real, strict=True):
                setattr(module, constant, 16 if few else size)
            tables.FEW = 16 if few else 1 << 11
            sizes = (16, 100, 1_000, 10_000) if few else (2_048, 30_000, 500_000)
            found = searched(kind, Random(f"{seed} {name}"), sizes, draws=5)
            trials += 5
            found += worst.get(name, [])
            worst[name] = sorted(found, key=lambda miss: -miss.excess)[:1]
        seed += 1
    print(f"{trials} schedules and ranges\n")
    print("| kind | eps (promised) | the worst | t |\n| --- | --- | --- | --- |")
    for name, found in worst.items():
        for miss in found:
            case = f"`{miss.schedule!r}` | {miss.t!r}"
            print(f"| {name} | {miss.error:.2f} ({miss.bound:g}) | {case} |")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0)
