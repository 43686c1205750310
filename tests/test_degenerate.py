"""Every schedule with a length, at its smallest: runs of 1 to 12 steps, phases of none or all.

A row says what a schedule is by its legs: how long, from which rate, to which. The legs follow
from what the README says of the fields (those of an operator from the rates of a line, which
has rows of its own): a leg of no length vanishes, a seam belongs to the leg that begins there,
the last rate is held. From them follows where a
rate is exact, and between which two it lies everywhere else.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import accumulate, pairwise, product
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pytest
from strategies import kinds
from test_accuracy import PER_POWER, PROMISED

from lrcurves import (
    Constant,
    Linear,
    Schedule,
    Until,
)
from lrcurves.schedule import KINDS, Interval, Recipe

EPS = 2.0**-52
TOTALS = range(1, 13)
SHORT = 4
"""Up to here every combination has all rates; longer runs of many phases have the first."""
LONGER = 3
"""By so many steps the times go beyond a run."""


class Leg(NamedTuple):
    """A part of a run in which the rate goes from one value to another and never turns."""

    length: float
    first: float
    last: float
    starts: bool = True  # whether ``first`` is the rate at its start, not a bound alone
    turns: bool = False


class Row(NamedTuple):
    """The fields of a schedule, and what it is."""

    fields: dict[str, Any]
    legs: tuple[Leg, ...] = ()
    held: float | None = None  # where that is not where the last leg of some length goes to
    end: float | None = None  # where that is not the sum of the legs
    power: float = 1.0
    refused: tuple[float, ...] = ()  # the numbers that its message has to name


Array: TypeAlias = "np.ndarray[Any, Any]"
Rows: TypeAlias = "Iterator[Row]"
GRID: dict[str, Callable[[int], Rows]] = {}

RATES = ((0.0, 0.1, 0.0), (0.01, 0.1, 0.007), (0.3, 0.1, 0.2), (0.1, 0.1, 0.1), (0.0, 0.0, 0.0))
"""First, middle and last: up and down, to rates above 0, down and up, level, none at all."""

SHAPES: tuple[dict[str, Any], ...] = (
    {"shape": "linear"},
    {"shape": "cosine"},
    {"shape": "1-sqrt"},
    {"shape": "exponential"},
    {"shape": "polynomial", "power": 2.0},
    {"shape": "polynomial", "power": 0.5},
)
SHARES = (0.0, 0.1, 0.25, 0.3, 1 / 3, 0.5, 0.7, 1.0)


def row(kind: str) -> Callable[[Callable[[int], Rows]], Callable[[int], Rows]]:
    """Enter the rows of a kind, for a run of so many steps, into the grid."""

    def enter(rows: Callable[[int], Rows]) -> Callable[[int], Rows]:
        GRID[kind] = rows
        return rows

    return enter


def shaped(fields: dict[str, Any], *legs: Leg, curved: tuple[Leg, ...]) -> Row:
    """Return a row, refused if a leg that is exponential would start or end at 0."""
    power = fields.get("power", 1.0) if fields.get("shape") == "polynomial" else 1.0
    for leg in curved:
        if fields["shape"] == "exponential" and leg.length > 0 and 0 in (leg.first, leg.last):
            return Row(fields, refused=(leg.first, leg.last))
    return Row(fields, legs, power=power)


# Families.


def eased(kind: str, *variants: dict[str, float], starts: bool = True) -> None:
    """Enter a family that goes from ``base_lr`` to ``final_lr`` in ``steps``."""

    def rows(total: int) -> Rows:
        for more, (first, last) in product(variants or ({},), ends(RATES)):
            fields = {"base_lr": first, "final_lr": last, "steps": total, **more}
            power = max(more.get("power", 1.0), 1.0) + max(more.get("k_decay", 1.0), 1.0) - 1.0
            yield Row(fields, (Leg(total, first, last, starts),), power=power)

    row(kind)(rows)


def ends(rates: tuple[tuple[float, ...], ...]) -> list[tuple[float, float]]:
    """Return pairs of neighbours in some tuples of rates."""
    return sorted({pair for several in rates for pair in pairwise(several)})


POWERS = ({}, {"power": 2.0}, {"power": 0.5})
eased("Linear")
eased("Polynomial", *POWERS, {"k_decay": 2.0})
eased("Cosine", *POWERS, {"k_decay": 2.0})
eased("OneMinusSqrt")
eased("REX")
eased("Tanh", starts=False)


@row("Geometric")
def _geometric(total: int) -> Rows:
    for first, last in ends(RATES):
        fields = {"base_lr": first, "final_lr": last, "steps": total}
        refused = (0.0,) if 0.0 in (first, last) else ()
        yield Row(fields, (Leg(total, first, last),), refused=refused)


def endless(kind: str, *fields: str, **more: float) -> None:
    """Enter a family that falls from ``base_lr`` towards 0, with its times."""

    def rows(total: int) -> Rows:
        times = dict.fromkeys(fields, total)
        yield Row({"base_lr": 0.1, **times, **more}, (Leg(math.inf, 0.1, 0.0),))
        yield Row({"base_lr": 0.0, **times, **more}, (Leg(math.inf, 0.0, 0.0),))

    row(kind)(rows)


endless("Exponential", "every", gamma=0.5)
endless("PowerLaw", "timescale", alpha=1.0)
endless("InverseTime", "every", rate=0.5)
endless("InverseSqrt", "timescale")


def stairs(every: float, floor: str, until: float) -> Iterator[tuple[int, float]]:
    """Yield each plateau and how long it is, until some time is over."""
    early = Fraction(1 if floor == "offset" else 0)
    i, start = math.floor(early / Fraction(every)), Fraction(0)
    while start < until:
        stop = (i + 1) * Fraction(every) - early
        yield i, float(stop - start)
        i, start = i + 1, stop


@row("StepDecay")
def _step_decay(total: int) -> Rows:
    for size, floor in product((total, total / 2, 0.25), ("direct", "offset")):
        fields = {"base_lr": 0.1, "gamma": 0.5, "step_size": size, "floor": floor}
        plateaus = stairs(size, floor, total + LONGER + 1)
        legs = [Leg(length, 0.1 * 0.5**i, 0.1 * 0.5**i) for i, length in plateaus]
        yield Row(fields, tuple(legs), end=math.inf)


@row("MultiStep")
def _multi_step(total: int) -> Rows:
    for first, second in product(range(total + 1), repeat=2):
        fields = {"base_lr": 0.1, "gamma": 0.5, "milestones": (first, second)}
        if first > second:
            yield Row(fields, refused=(first, second))
            continue
        legs = (Leg(first, 0.1, 0.1), Leg(second - first, 0.05, 0.05))
        yield Row(fields, (*legs, Leg(math.inf, 0.025, 0.025)))


@row("PiecewiseConstant")
def _piecewise_constant(total: int) -> Rows:
    for first, second in product(range(total + 1), repeat=2):
        fields = {"values": (0.1, 0.0, 0.3), "boundaries": (first, second)}
        if first >= second:
            yield Row(fields, refused=(first, second))
            continue
        legs = (Leg(first, 0.1, 0.1), Leg(second - first, 0.0, 0.0))
        yield Row(fields, (*legs, Leg(math.inf, 0.3, 0.3)))


@row("Interpolated")
def _interpolated(total: int) -> Rows:
    for first, second, shape in product(
        range(total + 1), range(total + 1), ("linear", "cosine")
    ):
        for start, peak, final in RATES if total <= SHORT else RATES[:2]:
            times, values = (first, second, total), (start, peak, final)
            fields = {"times": times, "values": values, "shape": shape}
            if not first < second < total:
                bad = times[:2] if first >= second else times[1:]
                yield Row(fields, refused=bad)
                continue
            legs = (Leg(second - first, start, peak), Leg(total - second, peak, final))
            yield Row(fields, (Leg(first, start, start), *legs))


def restarted(kind: str, *variants: dict[str, float]) -> None:
    """Enter a family that falls again and again."""

    def rows(total: int) -> Rows:
        more = variants or ({},)
        for period, longer, lower, final, extra in product(
            (total, total / 2, 0.25), (1.0, 1.5, 2.0), (1.0, 0.5), (0.0, 0.01, 0.1), more
        ):
            fields = {"base_lr": 0.1, "period": period, "final_lr": final}
            fields |= {"period_mult": longer, "peak_mult": lower, **extra}
            legs, gone, i = [], Fraction(0), 0
            while gone <= total + LONGER + 1:
                length = Fraction(period) * Fraction(longer) ** i
                legs.append(Leg(float(length), max(0.1 * lower**i, final), final))
                gone, i = gone + length, i + 1
            power = extra.get("power", 1.0)
            yield Row(fields, tuple(legs), end=math.inf, power=power)
        yield Row({"base_lr": 0.1, "period": total, "final_lr": 0.2}, refused=(0.1, 0.2))

    row(kind)(rows)


restarted("CosineRestarts")
restarted("PolynomialRestarts", *POWERS)


@row("Cyclic")
def _cyclic(total: int) -> Rows:
    modes = ("triangular", "triangular2", "exp_range")
    for up, down, mode in product((total, 0.25), (None, total, 0.5), modes):
        for base, peak in ((0.0, 0.1), (0.01, 0.1), (0.1, 0.01), (0.1, 0.1)):
            fields = {"base_lr": base, "peak_lr": peak, "up": up, "down": down, "mode": mode}
            fields |= {"gamma": 0.5} if mode == "exp_range" else {}
            legs: list[Leg] = []
            for i in range(math.ceil((total + LONGER + 1) / up)):
                top = base + (peak - base) * 0.5**i if mode == "triangular2" and i else peak
                sure = mode == "triangular" or base == 0.0 or i == 0
                turns = mode == "exp_range"
                legs.append(Leg(up, base, top, turns=turns))
                legs.append(Leg(down or up, top, base, starts=sure and not turns, turns=turns))
            yield Row(fields, tuple(legs), end=math.inf)


# Recipes.


@row("Warmup")
def _warmup(total: int) -> Rows:
    shapes = (*SHAPES, {"shape": "constant"})
    for warmup, after, more in product(range(total + 1), (0, total), shapes):
        for start, peak, final in RATES if total <= SHORT else RATES[:2]:
            then = Until(Linear(peak, final, total), after)
            fields = {"schedule": then, "steps": warmup, "start_lr": start, **more}
            ramp = Leg(warmup, start, peak)
            if more["shape"] == "constant":
                ramp = Leg(warmup, start, start)
            decay = Leg(after, peak, final)
            held = None if after else peak  # a jump that comes at the very end is kept
            if not after and warmup:
                held = ramp.last
            yield shaped(fields, ramp, decay, curved=(ramp,))._replace(held=held)


@row("WSD")
def _wsd(total: int) -> Rows:
    for warmup, decay in product(range(total + 1), repeat=2):
        rates = RATES if total <= SHORT else RATES[:2]
        for (start, peak, final), more in product(rates, SHAPES):
            fields = {"peak_lr": peak, "steps": total, "warmup": warmup, "decay": decay}
            fields |= {"final_lr": final, "start_lr": start, **more}
            stay = total - warmup - decay
            if stay < 0:
                yield Row(fields, refused=(warmup, decay, total))
                continue
            tail = Leg(decay, peak, final)
            legs = (Leg(warmup, start, peak), Leg(stay, peak, peak), tail)
            yield shaped(fields, *legs, curved=(tail,))


def warmed(kind: str, rates: tuple[tuple[float, float, float], ...]) -> None:
    """Enter a linear warm-up and a decay that share a run."""

    def rows(total: int) -> Rows:
        for warmup, (start, peak, final) in product(range(total + 4), rates):
            fields = {"peak_lr": peak, "steps": total, "warmup": warmup}
            fields |= {"final_lr": final, "start_lr": start}
            legs = (Leg(warmup, start, peak), Leg(total - warmup, peak, final))
            refused = (warmup, total) if warmup > total else ()
            yield Row(fields, legs, refused=refused)

    row(kind)(rows)


LIT = tuple(rates for rates in RATES if 0.0 not in rates[1:])
warmed("WarmupCosine", RATES)
warmed("WarmupLinear", RATES)
warmed("WarmupExponential", (*LIT, (0.0, 0.1, 0.007)))


@row("FlatCosine")
def _flat_cosine(total: int) -> Rows:
    for flat, (first, last) in product(range(total + 4), ends(RATES)):
        fields = {"base_lr": first, "steps": total, "flat": flat, "final_lr": last}
        legs = (Leg(flat, first, first), Leg(total - flat, first, last))
        yield Row(fields, legs, refused=(flat, total) if flat > total else ())


@row("TriStage")
def _tri_stage(total: int) -> Rows:
    for warmup, hold in product(range(total + 1), repeat=2):
        for start, peak, final in (*LIT, (0.0, 0.1, 0.007)):
            fields = {"peak_lr": peak, "steps": total, "warmup": warmup, "hold": hold}
            fields |= {"final_lr": final, "start_lr": start}
            left = total - warmup - hold
            legs = (Leg(warmup, start, peak), Leg(hold, peak, peak), Leg(left, peak, final))
            yield Row(fields, legs, refused=(warmup, hold, total) if left < 0 else ())


@row("OneCycle")
def _one_cycle(total: int) -> Rows:
    shares = {*SHARES, *(k / total for k in range(total + 1))}
    for share, shape, three in product(sorted(shares), SHAPES[:4], (False, True)):
        for peak, divide, divide_more in (
            (0.1, 32.0, 1024.0),
            (0.1, 1.0, 1.0),
            (0.0, 25.0, 1e4),
        ):
            fields = {"peak_lr": peak, "steps": total, "pct_start": share, **shape}
            fields |= {"div_factor": divide, "final_div_factor": divide_more}
            fields |= {"three_phase": three}
            start = peak / divide
            final = start / divide_more
            up = total * share
            if three and share > 0.5:
                yield Row(fields, refused=(share,))
                continue
            legs = (Leg(up, start, peak), Leg(total - up, peak, final))
            if three:
                legs = (legs[0], Leg(up, peak, start), Leg(total - 2 * up, start, final))
            yield shaped(fields, *legs, curved=legs)._replace(end=float(total))


@row("SlantedTriangular")
def _slanted_triangular(total: int) -> Rows:
    for share, ratio in product((*SHARES, *(k / total for k in range(total))), (32.0, 1.0)):
        fields = {"peak_lr": 0.1, "steps": total, "cut_frac": share, "ratio": ratio}
        cut, low = math.floor(total * share), 0.1 / ratio
        yield Row(fields, (Leg(cut, low, 0.1), Leg(total - cut, 0.1, low)))


@row("Noam")
def _noam(total: int) -> Rows:
    for warmup in range(1, total + 1):
        # The square root of 100 * warmup * warmup is whole: the peak is a single quotient.
        fields = {"d_model": 100.0 * warmup, "warmup": warmup, "factor": 0.1}
        peak = 0.1 / (10 * warmup)
        yield Row(fields, (Leg(warmup, 0.0, peak), Leg(math.inf, peak, 0.0)))
    yield Row({"d_model": 512.0, "warmup": 0}, refused=(0,))
    yield Row({"d_model": 512.0, "warmup": 0.5}, refused=(0.5,))


@row("RangeTest")
def _range_test(total: int) -> Rows:
    for (first, last), shape in product(ends(RATES), ("linear", "exponential")):
        fields = {"start_lr": first, "final_lr": last, "steps": total, "shape": shape}
        leg = Leg(total, first, last)
        yield shaped(fields, leg, curved=(leg,))


# Operators with a time, over a line of as many steps.


@row("Sequential")
def _sequential(total: int) -> Rows:
    for first, second in product(range(total + 1), repeat=2):
        rest = max(total - first - second, 0)
        legs = (Leg(first, 0.1, 0.1), Leg(second, 0.2, 0.0), Leg(rest, 0.3, 0.3))
        parts = (
            Until(Constant(0.1), first),
            Until(Linear(0.2, 0.0, max(second, 1)), second),
            Until(Constant(0.3), rest),
        )
        yield Row({"parts": parts}, legs)


@row("Shift")
def _shift(total: int) -> Rows:
    line = Linear(0.1, 0.0, total)
    for by in range(-total - 1, total + 2):
        fields = {"schedule": line, "by": by}
        first = line.lr(max(-by, 0))
        yield Row(
            fields, (Leg(max(by, 0), 0.1, 0.1), Leg(max(total + min(by, 0), 0), first, 0))
        )


@row("Stretch")
def _stretch(total: int) -> Rows:
    for by, warmup in product((0.5, 1.0, 3.0, 391.0), range(total + 1)):
        fields = {"peak_lr": 0.1, "steps": total, "warmup": warmup}
        legs = (Leg(by * warmup, 0.0, 0.1), Leg(by * (total - warmup), 0.1, 0.0))
        yield Row({"schedule": KINDS["WarmupLinear"](**fields), "by": by}, legs)


@row("Until")
def _until(total: int) -> Rows:
    line = Linear(0.1, 0.0, total)
    for steps in range(total + LONGER):
        last = line.lr(steps)
        legs = (Leg(min(steps, total), 0.1, last), Leg(max(steps - total, 0), last, last))
        yield Row({"schedule": line, "steps": steps}, legs, held=last)


@row("Staircase")
def _staircase(total: int) -> Rows:
    line = Linear(0.1, 0.0, total)
    for every, floor in product((*range(1, total + 2), 0.5, 2.5), ("direct", "offset")):
        end = every * math.ceil(total / Fraction(every))
        fields = {"schedule": line, "every": every, "floor": floor}
        plateaus = stairs(every, floor, end)
        legs = [Leg(long, line.lr(i * every), line.lr(i * every)) for i, long in plateaus]
        yield Row(fields, tuple(legs), held=0.0, end=end)


@row("Repeat")
def _repeat(total: int) -> Rows:
    line = Linear(0.1, 0.01, total)
    for count, longer, lower in product((1, 2, 3), (1.0, 1.5, 2.0), (1.0, 0.5)):
        fields = {"schedule": line, "count": count}
        fields |= {"period_mult": longer, "peak_mult": lower}
        cycles = [(total * longer**i, lower**i) for i in range(count)]
        yield Row(fields, tuple(Leg(long, 0.1 * by, 0.01 * by) for long, by in cycles))
    for steps in (0, math.inf):
        never = Until(line, 0) if steps == 0 else Constant(0.1)
        yield Row({"schedule": never}, refused=(steps,))


# What is true of every row.


class Sheet(NamedTuple):
    """A schedule, what it should be at some times, and what it is, however it is asked."""

    schedule: Schedule
    power: float
    end: float
    ts: Array
    low: Array
    high: Array
    exact: Array  # NaN where a rate lies between two
    way: Array  # 1 where the rate must not fall up to the next time, -1 where not rise
    rates: dict[str, tuple[Any, Array]]  # by the way to ask: at which of the times, and what

    def promised(self, way: str) -> float:
        """Return by which share of it a rate may be wrong."""
        eps = PROMISED["lr" if way == "lr" else "lr_array"]
        return (eps + PER_POWER * max(self.power - 1.0, 0.0)) * EPS


def whole_legs(made: Row) -> list[Leg]:
    """Return the legs that take time."""
    return [leg for leg in made.legs if leg.length > 0]


def moments(seams: list[float], total: int, ends: bool) -> Array:
    """Return all halves of steps, and the seams with what is between and behind them."""
    halves = np.arange(2 * (total + LONGER) + 1) / 2
    marks = np.array(seams)
    at = np.concatenate([halves, marks, (marks[1:] + marks[:-1]) / 2, 2.0 * marks[-1:] + 1.0])
    # The legs of a schedule without an end go as far as the halves need, and no further.
    return np.unique(at[at < (math.inf if ends else seams[-1])])


def sheet(kind: str, made: Row, total: int) -> Sheet:
    """Return what a schedule should be and what it is."""
    legs = whole_legs(made)
    held = (legs or made.legs)[-1].last if made.held is None else made.held
    seams = list(accumulate((leg.length for leg in legs), initial=0.0))
    end = seams[-1] if made.end is None else made.end
    legs.append(Leg(0.0, held, held))
    times = moments(seams, total, ends=end < math.inf)
    ts = times.tolist()

    of = np.searchsorted(seams, times, side="right") - 1
    _, first, last, starts, turns = np.array(legs)[of].T
    known = (starts == 1) & ((times == np.array(seams)[of]) | (of == len(legs) - 1))
    goes_on = (turns == 0) & (of == np.append(of[1:], -1))

    s = KINDS[kind](**made.fields)
    steps = range(total + LONGER + 1)
    rng = np.random.default_rng(total)
    ints = rng.permutation(len(steps))
    halves = rng.permutation(2 * len(steps) - 1) / 2
    rates = {
        "lr": (slice(None), np.array([s.lr(t) for t in ts])),
        "lr_array": (slice(None), s.lr_array(times)),
        "a range": (np.searchsorted(times, steps), s.lr_array(steps)),
        "ints": (np.searchsorted(times, ints), s.lr_array(ints)),
        "halves": (np.searchsorted(times, halves), s.lr_array(halves)),
    }
    return Sheet(
        s,
        made.power,
        end,
        times,
        low=np.minimum(first, last),
        high=np.maximum(first, last),
        exact=np.where(known, first, math.nan),
        way=np.where(goes_on, np.sign(last - first), 0.0),
        rates=rates,
    )


@pytest.fixture(scope="module", params=sorted(GRID))
def sheets(request: pytest.FixtureRequest) -> list[Sheet]:
    """Every schedule of a kind, one kind after another."""
    kind = request.param
    return [
        sheet(kind, made, total)
        for total in TOTALS
        for made in GRID[kind](total)
        if not made.refused
    ]


def has_lengths(kind: type[Schedule]) -> bool:
    """Return whether a kind is a recipe, or has a field that is a time."""
    items = [getattr(domain, "item", domain) for domain in kind._domains.values()]
    times = [isinstance(item, Interval) and item.time for item in items]
    return issubclass(kind, Recipe) or any(times)


def test_every_kind_with_a_length_is_in_the_grid() -> None:
    ours = (*kinds(nested=False), *kinds(nested=True))

    assert {kind.__name__ for kind in ours if has_lengths(kind)} <= GRID.keys()


def test_a_short_schedule_ends_where_its_phases_do(sheets: list[Sheet]) -> None:
    for of in sheets:
        assert of.schedule.end == of.end, of.schedule


def test_a_short_schedule_is_exact_at_its_ends_and_seams(sheets: list[Sheet]) -> None:
    for of in sheets:
        known = ~np.isnan(of.exact)
        assert known.any() or of.schedule.end == math.inf, of.schedule
        for way, (at, rates) in of.rates.items():
            wrong = known[at] & (rates != of.exact[at])
            assert not wrong.any(), (of.schedule, way, of.ts[at][wrong], rates[wrong])


def test_a_short_schedule_stays_between_the_rates_of_each_phase(sheets: list[Sheet]) -> None:
    for of in sheets:
        for way, (at, rates) in of.rates.items():
            near = of.promised(way)  # of a rate that itself lies between the two
            fits = (of.low[at] * (1 - near) <= rates) & (rates <= of.high[at] * (1 + near))
            assert fits.all(), (of.schedule, way, of.ts[at][~fits], rates[~fits])


def test_a_short_schedule_never_turns_within_a_phase(sheets: list[Sheet]) -> None:
    for of in sheets:
        for way in ("lr", "lr_array"):
            turns = np.diff(of.rates[way][1]) * of.way[:-1] < 0
            assert not turns.any(), (of.schedule, way, of.ts[:-1][turns])


def test_a_short_schedule_is_the_same_however_it_is_asked(sheets: list[Sheet]) -> None:
    for of in sheets:
        _, scalars = of.rates["lr"]
        for way, (at, rates) in of.rates.items():
            near = (of.promised("lr") + of.promised(way)) * scalars[at]  # either may be wrong
            same = np.abs(rates - scalars[at]) <= near
            assert same.all(), (of.schedule, way, of.ts[at][~same], rates[~same])


@pytest.mark.parametrize("kind", sorted(GRID))
def test_what_cannot_be_fails_at_construction_and_names_its_numbers(kind: str) -> None:
    for total in TOTALS:
        for made in GRID[kind](total):
            if made.refused:
                with pytest.raises(ValueError, match=r"must|needs") as error:
                    KINDS[kind](**made.fields)
                named = {float(x) for x in NUMBER.findall(str(error.value))}
                assert named >= set(made.refused), (made.fields, str(error.value))


NUMBER = re.compile(r"\d+(?:\.\d+)?(?:e[+-]?\d+)?|inf")


def lengths() -> Iterator[tuple[str, str, Interval]]:
    """Yield the kinds of the grid with their fields that are single times."""
    for kind in sorted(GRID):
        for name, domain in KINDS[kind]._domains.items():
            item = domain if isinstance(domain, Interval) else getattr(domain, "item", None)
            if isinstance(item, Interval) and item.time and not hasattr(domain, "order"):
                yield kind, name, item


@pytest.mark.parametrize(("kind", "name", "domain"), list(lengths()))
def test_a_length_that_is_none_is_refused_by_its_number(
    kind: str, name: str, domain: Interval
) -> None:
    good = next(made for made in GRID[kind](6) if not made.refused)
    for bad in (-1.0, 0.0, 0.5, math.inf, math.nan):
        if bad not in domain:
            message = rf"{kind}\.{name} must be .*, got {bad!r}(:|$)"
            with pytest.raises(ValueError, match=message):
                KINDS[kind](**good.fields | {name: bad})
