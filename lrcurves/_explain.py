"""Why a schedule has the rate that it has: which part, on which clock, by which formula."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from ._brief import brief
from ._domains import Interval, shown, written
from ._jets import SAME_RATE
from ._ops import FLOATS
from ._seams import jet
from .change import Floor, Repeat, Scale, Shift, Staircase, Until
from .combine import Maximum, Minimum, Product, Sequential, Sum
from .families import Cyclic, Exponential, Interpolated, PiecewiseConstant
from .families.wave import _Restarts
from .schedule import Recipe, Schedule

WIDTH = 76
"""So many characters of a schedule are shown on one line."""

FORMULAS = {
    "Constant": "base_lr",
    "Linear": "base_lr + (final_lr - base_lr) * x, with x = min(t / steps, 1)",
    "Polynomial": "final_lr + (base_lr - final_lr) * (1 - x**k_decay)**power,"
    " with x = min(t / steps, 1)",
    "OneMinusSqrt": "final_lr + (base_lr - final_lr) * (1 - sqrt(x)),"
    " with x = min(t / steps, 1)",
    "REX": "final_lr + (base_lr - final_lr) * (1 - x) / (1 - x / 2),"
    " with x = min(t / steps, 1)",
    "PowerLaw": "base_lr * (1 + t / timescale)**-alpha",
    "Exponential": "base_lr * gamma**(t / every)",
    "Tanh": "final_lr + (base_lr - final_lr) * (1 - tanh(z)) / 2 while t < steps, then"
    " final_lr, with z = lower + (upper - lower) * t / steps",
    "PiecewiseConstant": "values[i] for boundaries[i - 1] <= t < boundaries[i]",
    "Interpolated": "values[i] + (values[i + 1] - values[i]) * w(x),"
    " with x = (t - times[i]) / (times[i + 1] - times[i])",
    "Cosine": "final_lr + (base_lr - final_lr) * ((1 + cos(pi * x**k_decay)) / 2)**power,"
    " with x = min(t / steps, 1)",
    "CosineRestarts": "final_lr + (peak - final_lr) * (1 + cos(pi * x)) / 2,"
    " with x = the share of the cycle",
    "PolynomialRestarts": "final_lr + (peak - final_lr) * (1 - x)**power,"
    " with x = the share of the cycle",
    "Cyclic": "base_lr + (peak_lr - base_lr) * min(r / up, (up + down - r) / down),"
    " with r = the time since the cycle began",
    "Cyclic triangular2": "base_lr + (peak_lr - base_lr) * amplitude * min(r / up, (up + down -"
    " r) / down), with r = the time since the cycle began, amplitude = 0.5**(cycles before it)",
    "Cyclic exp_range": "base_lr + (peak_lr - base_lr) * amplitude * min(r / up, (up + down -"
    " r) / down), with r = the time since the cycle began, amplitude = gamma**(t / every)",
    "Sequential": "the part in whose time t is, on its own clock",
    "Sum": "the sum of the parts",
    "Product": "the product of the parts",
    "Maximum": "the largest of the parts",
    "Minimum": "the smallest of the parts",
    "Scale": "by * schedule(t)",
    "Shift": "schedule(max(t - by, 0))",
    "Until": "schedule(min(t, steps))",
    "Staircase": "schedule(every * floor(t / every))",
    "Staircase offset": "schedule(every * floor((1 + t) / every))",
    "Floor": "max(schedule(t), min_lr)",
    "Floor offset": "schedule(t) + min_lr * (1 - schedule(t) / schedule(0))",
    "Repeat": "peak_mult**i * schedule(r / period_mult**i),"
    " with r = the time since cycle i began",
}
"""Formulas as one types them, of all kinds that are not another kind in disguise.

A second word is that of a field ``mode`` or ``floor``.
"""


@dataclass(frozen=True)
class Explanation:
    """Why a schedule has its rate at some time; printed, it is a tree.

    Args:
        schedule: the schedule.
        t: the time on its own clock.
        lr: its rate.
        formula: how it computes that; empty for a schedule that stands for another.
        note: where in the schedule that time is.
        parts: the explanations of the schedules in it that have a say at that time.
    """

    schedule: Schedule
    t: float
    lr: float
    formula: str
    note: str
    parts: tuple[Explanation, ...] = ()

    def __str__(self) -> str:
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        """Yield the lines, those of parts indented; in a loop, however deep it is."""
        waiting: list[tuple[int, Explanation]] = [(0, self)]
        while waiting:
            depth, node = waiting.pop()
            indent = "  " * depth
            yield f"{indent}{node.lr!r} at t = {written(node.t)}: {brief(node.schedule, WIDTH)}"
            for text in (node.formula, node.note):
                if text:
                    yield f"{indent}  | {text}"
            waiting += [(depth + 1, part) for part in reversed(node.parts)]


def explain(schedule: Schedule, t: float) -> Explanation:
    """Return why a schedule has the rate that it has at ``t``.

    >>> from lrcurves import Linear
    >>> print(explain(Linear(0, 1, 8) >> Linear(1, 0, 40), t=18))
    0.75 at t = 18: Linear(...) >> Linear(...)
      | the part in whose time t is, on its own clock
      | part 2 of 2, from t = 8 to 48: its clock shows 18 - 8 = 10
      0.75 at t = 10: Linear(base_lr=1, final_lr=0, steps=40)
        | base_lr + (final_lr - base_lr) * x, with x = min(t / steps, 1)
        | 25 % of its length; -0.025 per step

    Args:
        schedule: the schedule.
        t: a finite number >= 0.

    Raises:
        TypeError: if ``schedule`` is no schedule, or ``t`` no real number.
        ValueError: if ``t`` is negative, infinite or NaN.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"explain: schedule must be a schedule, got {shown(schedule)}")
    return _explained(schedule, _TIME.validated("explain: t", t))


def _explained(schedule: Schedule, t: float) -> Explanation:
    kind = type(schedule).__name__
    word = getattr(schedule, "mode", getattr(schedule, "floor", ""))
    formula = FORMULAS.get(f"{kind} {word}", FORMULAS.get(kind, ""))
    for of, describe in _NOTES.items():
        if isinstance(schedule, of):
            note, parts = describe(schedule, t)
            break
    else:
        note, parts = _of_a_leaf(schedule, t), ()
        summary = (type(schedule).__doc__ or "").strip().partition("\n")[0]
        formula = formula or summary
    explained = tuple(_explained(part, local) for part, local in parts)
    return Explanation(schedule, t, schedule.lr(t), formula, note, explained)


Note = tuple[str, tuple[tuple[Schedule, float], ...]]
"""What to say of a schedule, and its parts that have a say, each with its local time."""


def _of_a_leaf(schedule: Schedule, t: float) -> str:
    """Return where in its length a curve is, and how fast it changes there."""
    end = schedule.end
    if not 0.0 < end < math.inf:
        return _change(schedule, t, schedule.lr(t), max(t, 1.0))
    if t >= end:
        return f"ended at t = {written(end)}, holding its last rate"
    change = _change(schedule, t, max(schedule.lr(0.0), schedule.lr(end)), end)
    return f"{100.0 * t / end:.4g} % of its length; {change}"


def _change(schedule: Schedule, t: float, top: float, length: float) -> str:
    """Return how fast a rate changes; what rounding does to ``top / length`` is no change."""
    slope = jet(schedule, t).slope
    return f"{slope:.6g} per step" if abs(slope) > SAME_RATE * top / length else "level"


def _of_a_recipe(schedule: Any, t: float) -> Note:
    return "stands for the schedule below", ((schedule._derived, t),)


def _of_a_sequence(schedule: Any, t: float) -> Note:
    starts: tuple[float, ...] = schedule._starts
    i = bisect_right(starts, t, lo=1) - 1
    local = t - starts[i]
    stop = starts[i + 1] if i + 1 < len(starts) else schedule.end
    held = f", ended at {written(stop)}" if t >= stop else f" to {written(stop)}"
    clock = f": its clock shows {written(t)} - {written(starts[i])} = {written(local)}"
    note = f"part {i + 1} of {len(starts)}, from t = {written(starts[i])}{held}"
    return note + (clock if i else ""), ((schedule.parts[i], local),)


def _of_a_fold(schedule: Any, t: float) -> Note:
    return "", tuple((part, t) for part in schedule.parts)


def _of_a_choice(schedule: Any, t: float) -> Note:
    rates = [part.lr(t) for part in schedule.parts]
    chosen = rates.index(schedule.lr(t)) + 1
    return f"part {chosen} of {len(rates)} is it", _of_a_fold(schedule, t)[1]


def _of_a_scale(schedule: Any, t: float) -> Note:
    return f"times {written(schedule.by)}", ((schedule.schedule, t),)


def _of_a_shift(schedule: Any, t: float) -> Note:
    local = max(t - schedule.by, 0.0)
    waits = ", waiting" if t < schedule.by else ""
    note = f"its clock shows {written(local)}{waits}"
    return note, ((schedule.schedule, local),)


def _of_an_until(schedule: Any, t: float) -> Note:
    if t >= schedule.steps:
        note = f"ended at t = {written(schedule.steps)}, holding the rate of then"
    else:
        note = f"not ended before t = {written(schedule.steps)}"
    return note, ((schedule.schedule, min(t, schedule.steps)),)


def _of_a_floor(schedule: Any, t: float) -> Note:
    low = written(schedule.min_lr)
    if schedule.mode == "offset":
        note = f"bent towards {low}"
    elif schedule.schedule.lr(t) > schedule.min_lr:
        note = f"above the smallest rate, {low}"
    else:
        note = f"held at the smallest rate, {low}"
    return note, ((schedule.schedule, t),)


def _of_stairs(schedule: Any, t: float) -> Note:
    every = schedule.every
    if schedule.floor == "direct":
        stair, _ = FLOATS.stairs(t, every)
    elif every > 1.0:
        early = t - (every - 1.0)
        stair = 0.0 if early < 0.0 else FLOATS.stairs(early, every)[0] + 1.0
    else:
        stair, _ = FLOATS.stairs(t + 1.0, every)
    local = stair * every
    began = max(local if schedule.floor == "direct" else local - 1.0, 0.0)
    note = (
        f"plateau {written(stair + 1.0)}, since t = {written(began)}: the schedule below is"
        f" held at {written(local)}"
    )
    return note, ((schedule.schedule, local),)


def _of_a_repeat(schedule: Any, t: float) -> Note:
    cycles = schedule._derived
    if cycles is not None:
        starts = cycles._starts
        i = bisect_right(starts, t, lo=1) - 1
        local = t - starts[i]
        return f"cycle {i + 1}, since t = {written(starts[i])}", ((cycles.parts[i], local),)
    period = schedule.schedule.end
    if t >= schedule.end:
        cycle, local = schedule.count - 1.0, period
        note = f"ended after {written(schedule.count)} cycles, at t = {written(schedule.end)}"
    else:
        cycle, local = FLOATS.stairs(t, period)
        note = f"cycle {written(cycle + 1.0)}, since t = {written(t - local)}"
    factor = FLOATS.power(schedule.peak_mult, cycle)
    scaled = f", times {factor:.6g}" if factor != 1.0 else ""
    return note + scaled, ((schedule.schedule, local),)


def _of_restarts(schedule: Any, t: float) -> Note:
    if schedule.period_mult == 1.0:
        cycle, local = FLOATS.stairs(t, schedule.period)
        start, length = t - local, schedule.period
    else:
        edges, starts, lengths, _ = schedule._derived
        i = bisect_right(edges, t)
        cycle, start, length = float(i), starts[i], lengths[i]
    peak = schedule.lr(start)
    note = (
        f"cycle {written(cycle + 1.0)}, since t = {written(start)}, {written(length)} long,"
        f" from a peak of {peak:.6g}"
    )
    return note, ()


def _of_triangles(schedule: Any, t: float) -> Note:
    up = schedule.up
    down = up if schedule.down is None else schedule.down
    whole, rest = FLOATS.stairs(t, up + down)
    amplitude = 1.0
    if schedule.mode == "triangular2":
        amplitude = FLOATS.power(0.5, whole)
    elif schedule.mode == "exp_range":
        amplitude = schedule._derived[0].lr(t)
    rises = rest < up
    share = 100.0 * (rest / up if rises else (rest - up) / down)
    if amplitude == 1.0:
        way = "from base_lr to peak_lr" if rises else "back to base_lr"
    else:
        way = f"{'up' if rises else 'down'}, with an amplitude of {amplitude:.6g}"
    note = f"cycle {written(whole + 1.0)}, since t = {written(t - rest)}"
    return f"{note}: {share:.4g} % of the way {way}", ()


def _of_values(schedule: Any, t: float) -> Note:
    edges = schedule.boundaries
    i = bisect_right(edges, t)
    since = f", since t = {written(edges[i - 1])}" if i else ""
    until = f", until t = {written(edges[i])}" if i < len(edges) else ""
    return f"values[{i}] of {len(schedule.values)}{since}{until}", ()


def _of_points(schedule: Any, t: float) -> Note:
    i = bisect_right(schedule.times, t)
    if i == 0:
        return f"before the first time, {written(schedule.times[0])}", ()
    if i == len(schedule.times):
        return f"after the last time, {written(schedule.times[-1])}", ()
    start, stop = schedule.times[i - 1 : i + 1]
    share = 100.0 * (t - start) / (stop - start)
    return f"{share:.4g} % of the way from times[{i - 1}] to times[{i}]", ()


def _of_an_exponential(schedule: Any, t: float) -> Note:
    return f"the factor {written(schedule.gamma)} to the power {t / schedule.every:.6g}", ()


_NOTES: dict[type | tuple[type, ...], Callable[[Any, float], Note]] = {
    Recipe: _of_a_recipe,
    Sequential: _of_a_sequence,
    (Sum, Product): _of_a_fold,
    (Maximum, Minimum): _of_a_choice,
    Scale: _of_a_scale,
    Shift: _of_a_shift,
    Until: _of_an_until,
    Floor: _of_a_floor,
    Staircase: _of_stairs,
    Repeat: _of_a_repeat,
    _Restarts: _of_restarts,
    Cyclic: _of_triangles,
    PiecewiseConstant: _of_values,
    Interpolated: _of_points,
    Exponential: _of_an_exponential,
}
_TIME = Interval(0)
