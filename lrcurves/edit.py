"""A schedule changed in the middle of a run: what is past stays as it was, bit for bit.

Each function takes the schedule of the run and ``at``, the number of the first update that the
change may touch, and returns another schedule on the same clock. Save it in place of the old
one and go on with the same ``t``.

>>> from lrcurves import Cosine
>>> s = Cosine(0.1, steps=100)
>>> longer = extend(s, at=50, steps=200)
>>> longer
Until(schedule=Cosine(base_lr=0.1, steps=100), steps=50) >>
Shift(schedule=Cosine(base_lr=0.1, steps=300), by=-150)
>>> [round(longer.lr(t), 4) for t in (0, 49, 50, 51, 200)]
[0.1, 0.0516, 0.05, 0.0495, 0.0]
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from fractions import Fraction
from typing import cast

from ._domains import Interval, shown, written
from .change import Scale, Shift, Until
from .combine import Sequential
from .families import WSD, Constant, Geometric, Linear, PiecewiseConstant
from .families.phased import ramp
from .schedule import Recipe, Schedule

_AT = Interval(0, time=True)
_TOTAL = Interval(0, includes_low=False, time=True)
_COOLDOWN = Interval(
    1,
    time=True,
    remedy="it is a number of steps; for a share of the run, multiply the share by the number"
    " of steps",
)

_JUMP = 2.0**-26
"""Where half of the digits of a rate have changed, it was not by rounding."""

_ULPS = 4
"""By so many floats a time may be off that was multiplied, divided and subtracted."""


def branch(s: Schedule, at: float, tail: Schedule) -> Schedule:
    r"""Return ``s`` before ``at``, and ``tail`` from then on.

    .. math:: \mathrm{lr}(t) = \begin{cases}
              s(t), & t < t_0 \\ \mathrm{tail}(t - t_0), & t \ge t_0 \end{cases}

    The clock of ``tail`` starts at ``at``. The curve is continuous if ``tail`` starts at
    ``s.lr(at)``; :func:`cooldown` is such a branch. Parts of ``s`` that are never reached any
    more are left out, so that branch upon branch stays a flat sequence.

    >>> from lrcurves import Constant, Cosine, Linear
    >>> s = branch(Linear(0, 0.1, 10) >> Cosine(0.1, 90), at=40, tail=Constant(0.01))
    >>> s
    Linear(base_lr=0, final_lr=0.1, steps=10) >>
    Until(schedule=Cosine(base_lr=0.1, steps=90), steps=30) >> Constant(base_lr=0.01)
    >>> s.lr(5), round(s.lr(39), 4), s.lr(40)
    (0.05, 0.0765, 0.01)

    Args:
        s: the schedule so far. If it ends before ``at``, it holds its last rate until then.
        at: :math:`t_0`, the number of the first update under ``tail``, a finite number >= 0.
        tail: the schedule from then on.

    Raises:
        TypeError: if something has the wrong type.
        ValueError: if ``at`` is negative, infinite or NaN.
    """
    s = _schedule("branch: s", s)
    at = _AT.validated("branch: at", at)
    tail = _schedule("branch: tail", tail)
    return _past(s, at) >> tail if at > 0.0 else tail


def cooldown(
    s: Schedule,
    at: float,
    steps: float,
    final_lr: float = 0.0,
    shape: str = "linear",
    power: float = 1.0,
) -> Schedule:
    """Return ``s`` before ``at``, then a way from its rate there to ``final_lr``.

    The curve is continuous: at ``at`` it has the rate of ``s``, to the last bit. It reaches
    ``final_lr`` ``steps`` later and holds it; above ``s.lr(at)`` that makes the way a rise.

    >>> from lrcurves import Constant
    >>> s = cooldown(Constant(0.1), at=800, steps=200)
    >>> s
    Until(schedule=Constant(base_lr=0.1), steps=800) >>
    Linear(base_lr=0.1, final_lr=0, steps=200)
    >>> s.lr(800), s.lr(900), s.lr(1000), s.end
    (0.1, 0.05, 0.0, 1000.0)

    Args:
        s: the schedule so far.
        at: the number of the update at which the cooldown starts, a finite number >= 0.
        steps: how long it takes, a finite number >= 1.
        final_lr: the rate at its end, a finite number >= 0.
        shape: ``"linear"``, ``"cosine"``, ``"1-sqrt"``, ``"exponential"`` or
            ``"polynomial"``.
        power: of a polynomial cooldown, a finite number > 0.

    Raises:
        TypeError: if something has the wrong type.
        ValueError: if something has the wrong value, if the rate at ``at`` has overflowed, or
            if an exponential cooldown would start or end at 0.

    Source: Hägele et al., `Scaling laws and compute-optimal training beyond fixed training
    durations <https://arxiv.org/abs/2405.18392>`_, for cooldowns that branch off a run; its
    favourite is ``"1-sqrt"``.
    """
    s = _schedule("cooldown: s", s)
    at = _AT.validated("cooldown: at", at)
    steps = _COOLDOWN.validated("cooldown: steps", steps)
    final_lr = WSD._domains["final_lr"].validated("cooldown: final_lr", final_lr)
    shape = WSD._domains["shape"].validated("cooldown: shape", shape)
    power = WSD._domains["power"].validated("cooldown: power", power)
    first = _finite_rate("cooldown", s, at)
    if shape == "exponential" and not (first > 0.0 and final_lr > 0.0):
        raise ValueError(
            "cooldown: shape 'exponential' needs two rates > 0, got"
            f" {first:g} at t = {written(at)} and final_lr = {final_lr:g}: give a final_lr > 0"
            " where the schedule is > 0, or choose another shape"
        )
    return branch(s, at, cast(Schedule, ramp(shape, first, final_lr, steps, power)))


def extend(s: Schedule, at: float, steps: float) -> Schedule:
    r"""Return ``s`` with the part after ``at`` stretched, or shrunk, to end at ``steps``.

    .. math:: \mathrm{lr}(t) = \begin{cases} s(t), & t < t_0 \\
              s\left(t_0 + (t - t_0) \, \dfrac{E - t_0}{T - t_0}\right), & t \ge t_0
              \end{cases}

    where :math:`E` is the end of ``s``. The rates so far stay as they were, the curve goes on
    from there without a jump, takes the values that were still to come, more slowly or faster,
    and reaches the last one at ``steps``. To write the schedule anew with another length, as
    ``s.replace(steps=...)`` does, changes the past too and jumps at ``at``.

    >>> from lrcurves import Linear
    >>> s = extend(Linear(0.1, 0.0, steps=100), at=50, steps=150)
    >>> s
    Until(schedule=Linear(base_lr=0.1, final_lr=0, steps=100), steps=50) >>
    Linear(base_lr=0.05, final_lr=0, steps=100)
    >>> s.lr(0), s.lr(50), s.lr(100), s.lr(150), s.end
    (0.1, 0.05, 0.025, 0.0, 150.0)

    Every time in the rest is multiplied and rounded once, so that milestones which fall on
    whole numbers do so exactly.

    Args:
        s: the schedule so far, which must end.
        at: :math:`t_0`, the number of the next update, a finite number >= 0, before the end.
        steps: :math:`T`, where the new schedule ends, counted from ``t = 0``, a finite number
            greater than ``at``.

    Raises:
        TypeError: if something has the wrong type.
        ValueError: if ``s`` never ends or has ended at ``at``, or ``steps <= at``.
    """
    s = _schedule("extend: s", s)
    at = _AT.validated("extend: at", at)
    steps = _TOTAL.validated("extend: steps", steps)
    if s.end == math.inf:
        raise ValueError(
            f"extend: s must have an end, got {shown(s)}, which never ends: there is nothing to"
            " stretch; wrap it in Until(..., steps=...) if the run has a length"
        )
    if at >= s.end:
        raise ValueError(
            f"extend: at must be < {written(s.end)}, the end of s, got {written(at)}: nothing"
            " is left to stretch; branch(s, at, tail) goes on with another schedule"
        )
    if steps <= at:
        raise ValueError(
            f"extend: steps must be > at, got steps={written(steps)} and at={written(at)}:"
            " steps counts from t = 0; cooldown(s, at, steps) counts from at"
        )
    if steps == s.end:
        return s
    last = _finite_rate("extend", s, s.end)
    whole = branch(s, at, _rest(s, at, _Ratio(steps - at, s.end - at)))
    if whole.end > steps or _apart(whole.lr(steps), last):
        # Rounding has carried the end, or a drop at the end, past steps.
        whole = branch(whole, steps, Constant(last))
    return whole if whole.end == steps else Until(whole, steps)


class _Ratio(float):
    """A quotient of two durations; a float times it is rounded once, as if it were exact."""

    exact: Fraction

    def __new__(cls, longer: float, shorter: float) -> _Ratio:
        exact = Fraction(longer) / Fraction(shorter)
        self = super().__new__(cls, _rounded(exact))
        self.exact = exact
        return self

    def __rmul__(self, value: float) -> float:
        return _rounded(Fraction(value) * self.exact)


def _rounded(x: Fraction) -> float:
    try:
        return float(x)
    except OverflowError:
        return math.inf


def _schedule(name: str, value: object) -> Schedule:
    schedule: Schedule = Until._domains["schedule"].validated(name, value)
    return schedule


def _finite_rate(name: str, s: Schedule, t: float) -> float:
    rate = s.lr(t)
    if rate == math.inf:
        raise ValueError(
            f"{name}: s must have a finite rate at t = {written(t)}, got inf: it has overflowed"
        )
    return rate


def _apart(x: float, y: float) -> bool:
    """Return whether two rates differ by more than rounding: there is a jump between them."""
    return x != y and abs(x - y) > _JUMP * max(x, y)


def _past(s: Schedule, at: float) -> Schedule:
    """Return a schedule that is ``s`` before ``at > 0`` and ends there."""
    if isinstance(s, Until) and at <= s.steps:
        return _past(s.schedule, at)
    if isinstance(s, Sequential):
        starts = s._starts
        n = bisect_left(starts, at, lo=1)
        last = _ended(s.parts[n - 1], at - starts[n - 1])
        if starts[n - 1] + last.end == at:  # else fractions are rounded: better exact than flat
            return Sequential((*s.parts[: n - 1], last)) if n > 1 else last
    return _ended(s, at)


def _ended(s: Schedule, at: float) -> Schedule:
    if s.end == at:
        return s
    return Until(s.schedule if isinstance(s, Until) and at < s.steps else s, at)


def _rest(s: Schedule, at: float, ratio: _Ratio) -> Schedule:
    """Return what is left of ``s`` at ``at``, with every time in it multiplied by ``ratio``."""
    if at == 0.0:
        return s._stretched(ratio)
    if s._steady:
        return s
    match s:
        case Linear() | Geometric() if at < s.end:
            return s.replace(base_lr=s.lr(at), steps=(s.end - at) * ratio)
        case PiecewiseConstant():
            n = bisect_right(s.boundaries, at)
            left = tuple((edge - at) * ratio for edge in s.boundaries[n:])
            return PiecewiseConstant(s.values[n:], left)
        case Sequential():
            starts = s._starts
            n = bisect_right(starts, at)
            now = _rest(s.parts[n - 1], at - starts[n - 1], ratio)
            later = [part._stretched(ratio) for part in s.parts[n:]]
            return Sequential((now, *later)) if later else now
        case Scale():
            return Scale(_rest(s.schedule, at, ratio), s.by)
        case Until() if at < s.steps:
            return Until(_rest(s.schedule, at, ratio), (s.steps - at) * ratio)
        case Shift():
            if at < s.by:
                return Shift(s.schedule._stretched(ratio), (s.by - at) * ratio)
            return _rest(s.schedule, at - s.by, ratio)
        case Recipe():
            return _rest(s._derived, at, ratio)
    return _moved(s, at, ratio)


def _moved(s: Schedule, at: float, ratio: _Ratio) -> Schedule:
    """Return ``s`` stretched and then shifted, so that it starts with its rate at ``at``."""
    longer = s._stretched(ratio)
    by = at * ratio
    if at < s.end < math.inf:
        # Counted back from its end, it ends when it should.
        back = longer.end - (s.end - at) * ratio
        if abs(back - by) <= _ULPS * math.ulp(by):
            by = back
    rate = s.lr(at)
    if _apart(longer.lr(by), rate):
        # A drop or a restart is at ``at`` or next to it, and rounding has carried it past.
        below, above = [by], [by]
        for _ in range(_ULPS):
            below.append(math.nextafter(below[-1], 0.0))
            above.append(math.nextafter(above[-1], math.inf))
        by = next((x for x in above + below if not _apart(longer.lr(x), rate)), by)
    return Shift(longer, -by)
