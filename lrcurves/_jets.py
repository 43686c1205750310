"""Rates that know how they change: one more number system for the formulas.

A number here carries its first and second derivative along, by the chain rule. At every fork
it also finds out how long the choice taken stays the same, in the very floats that the formula
compares. So one evaluation tells the rate, its slope, its bend, and the stretch of time around
it in which the formula is one smooth piece; :mod:`._seams` walks from piece to piece.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, cast

from ._ops import FLOATS, PI_REST, Formula, Ops, Piece

EPS = 2.0**-52

FARTHEST = 1e290
"""Choices that have not changed until then never do."""

DEEPEST = 200
"""Straight lines of more operations are treated as curves: each is a call within a call."""

SAME_RATE = 64.0 * EPS
"""Two ways to compute a rate, both exact to a few eps, differ by less, relative to it."""


class Jet(NamedTuple):
    """A rate, its derivatives, and where the formula takes the same way.

    Args:
        lr: the rate, as ``schedule.lr`` returns it.
        slope: its derivative, to the right of the time asked for.
        bend: its second derivative.
        since: the first time of the stretch in which all comparisons of time come out alike.
        until: the first time after that stretch, ``inf`` if there is none. Where two curves
            cross is no comparison of time: :func:`pieces` finds it.
    """

    lr: float
    slope: float
    bend: float
    since: float
    until: float


class Moving:
    """A number that changes with time.

    Args:
        x: the number.
        d: its derivative.
        dd: its second derivative.
        at: for a straight line, the function of time that it is, in floats; else ``None``.
        depth: of how many operations that function is made.
    """

    __slots__ = ("at", "d", "dd", "depth", "x")

    def __init__(
        self,
        x: float,
        d: float,
        dd: float,
        at: Callable[[float], float] | None = None,
        depth: int = 0,
    ) -> None:
        self.x = x
        self.d = d
        self.dd = dd
        self.at = at if depth < DEEPEST else None
        self.depth = depth

    def __add__(self, other: Any) -> Moving:
        x = self.at
        if not isinstance(other, Moving):
            line = None if x is None else lambda t: x(t) + other
            return Moving(self.x + other, self.d, self.dd, line, self.depth + 1)
        y = other.at
        line = None if x is None or y is None else lambda t: x(t) + y(t)
        depth = max(self.depth, other.depth) + 1
        return Moving(self.x + other.x, self.d + other.d, self.dd + other.dd, line, depth)

    __radd__ = __add__

    def __neg__(self) -> Any:
        return self * -1.0

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Moving):
            x = self.at
            line = None if x is None else lambda t: x(t) * other
            return Moving(self.x * other, self.d * other, self.dd * other, line, self.depth + 1)
        d = self.d * other.x + self.x * other.d
        dd = self.dd * other.x + 2.0 * self.d * other.d + self.x * other.dd
        return Moving(self.x * other.x, d, dd)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Moving:
        if not isinstance(other, Moving):
            x = self.at
            line = None if x is None else lambda t: x(t) / other
            return Moving(self.x / other, self.d / other, self.dd / other, line, self.depth + 1)
        return _quotient(self.x, self.d, self.dd, other)

    def __rtruediv__(self, other: float) -> Moving:
        return _quotient(other, 0.0, 0.0, self)

    def through(self, value: float, first: float, second: float) -> Moving:
        """Return a function of this number, given its value and its derivatives."""
        if not self.d and not self.dd:  # and not inf times 0
            return Moving(value, 0.0, 0.0)
        bend = second * self.d * self.d
        return Moving(value, first * self.d, bend + first * self.dd if self.dd else bend)


def _quotient(x: float, d: float, dd: float, by: Moving) -> Moving:
    value = x / by.x
    if by.x == math.inf and x < math.inf:  # an overflow, after which it stays 0
        return Moving(value, 0.0, 0.0)
    slope = (d - value * by.d) / by.x
    return Moving(value, slope, (dd - 2.0 * slope * by.d - value * by.dd) / by.x)


class Margin(NamedTuple):
    """How far a comparison of curves is from coming out differently.

    Args:
        place: the number of the fork.
        other: the choice on the other side.
        gap: a number that is negative there.
        slope: its derivative.
        noise: a bound of its rounding.
    """

    place: int
    other: float
    gap: float
    slope: float
    noise: float


class Walk:
    """The number system: numbers that change with time, and the path through all forks.

    Args:
        t: the time.
        path: the choices to take at the first forks, whatever the numbers say.
        search: whether to find out how long the choices stay the same.
    """

    pi = math.pi
    pi_rest = PI_REST

    def __init__(self, t: float, path: Sequence[float] = (), *, search: bool = True) -> None:
        self.t = t
        self.since = 0.0
        self.until = math.inf
        self.path: list[float] = []
        self.margins: list[Margin] = []
        self._given = path
        self._search = search

    def rate(self, formula: Formula) -> Moving:
        """Return the rate of a formula at the time."""
        time = Moving(self.t, 1.0, 0.0, lambda t: t)
        rate: Any = formula(cast(Any, time), cast(Ops, self))
        return rate if isinstance(rate, Moving) else Moving(rate, 0.0, 0.0)

    def _choose(self, natural: float) -> float:
        """Return the choice at the next fork."""
        place = len(self.path)
        choice = self._given[place] if place < len(self._given) else natural
        self.path.append(choice)
        return choice

    def _holds(self, same: Callable[[float], bool], after: float, before: float) -> None:
        """Narrow the stretch to that in which ``same`` holds, as it does at ``t``.

        Args:
            same: a function of time that changes once at most in either direction.
            after: about how long it goes on to hold.
            before: about how long it has held.
        """
        if not self._search:
            return
        if after < math.inf:
            last = min(math.nextafter(self.until, 0.0), FARTHEST)
            if self.t < last and not same(last):
                self.until = first(lambda t: not same(t), self.t, last, self.t + after)
        if before < math.inf and not same(self.since):
            self.since = first(same, self.since, self.t, self.t - before)

    def _compare(self, x: Any, y: Any, sign: float) -> Any:
        """Return the larger number, or the smaller one if ``sign`` is -1."""
        larger = FLOATS.maximum if sign > 0 else FLOATS.minimum
        if not isinstance(x, Moving) and not isinstance(y, Moving):
            return larger(x, y)
        a = x if isinstance(x, Moving) else Moving(x, 0.0, 0.0, lambda t: x)
        b = y if isinstance(y, Moving) else Moving(y, 0.0, 0.0, lambda t: y)
        value = larger(a.x, b.x)
        gap, slope = sign * (a.x - b.x), sign * (a.d - b.d)
        parallel = abs(slope) <= SAME_RATE * max(abs(a.d), abs(b.d))
        one, two = a.at, b.at
        if one is not None and two is not None:

            def wins(p: float, q: float) -> bool:
                return sign * p > sign * q or (p == q and slope > 0.0)

            choice = self._choose(wins(a.x, b.x))
            if not parallel:
                lasts = abs(gap / slope)
                grows = (slope > 0.0) == choice
                self._holds(
                    lambda t: wins(one(t), two(t)) == choice,
                    math.inf if grows else lasts,
                    lasts if grows else math.inf,
                )
        else:
            noise = SAME_RATE * max(abs(a.x), abs(b.x))
            if abs(gap) > noise:
                natural = gap > 0.0
            else:  # the one that will be ahead
                natural = slope > 0.0 if not parallel else sign * (a.dd - b.dd) > 0.0
            choice = self._choose(natural)
            way = 1.0 if choice else -1.0
            self.margins.append(
                Margin(len(self.path) - 1, not choice, way * gap, way * slope, noise)
            )
        chosen, given = (a, x) if choice else (b, y)
        if given is not chosen:  # a constant
            return value
        return Moving(value, chosen.d, chosen.dd, chosen.at, chosen.depth)

    def maximum(self, x: Any, y: Any, /) -> Any:
        return self._compare(x, y, 1.0)

    def minimum(self, x: Any, y: Any, /) -> Any:
        return self._compare(x, y, -1.0)

    def clip(self, x: Any, low: float, high: float, /) -> Any:
        return self.minimum(self.maximum(x, low), high)

    def _inside(
        self, t: Moving, low: float, high: float, same: Callable[[float], bool]
    ) -> None:
        """Note that the piece chosen last is that in which ``t`` is between two edges."""
        below, above = t.x - low, high - t.x
        line = t.at
        if line is None:
            noise = SAME_RATE * abs(t.x)
            place = len(self.path) - 1
            for step, gap, slope in ((-1, below, t.d), (1, above, -t.d)):
                if gap < math.inf:
                    other = self.path[place] + step
                    self.margins.append(Margin(place, other, gap, slope, noise))
        elif t.d != 0.0:
            ahead, behind = (above, below) if t.d > 0.0 else (below, above)
            speed = abs(t.d)
            self._holds(lambda u: same(line(u)), ahead / speed, behind / speed)

    def stairs(self, t: Any, every: float, /) -> tuple[float, Any]:
        if not isinstance(t, Moving):
            return FLOATS.stairs(t, every)
        whole, rest = FLOATS.stairs(t.x, every)
        chosen = self._choose(whole)
        low = t.x - rest + (chosen - whole) * every

        def same(x: float) -> bool:
            return math.isfinite(x) and FLOATS.stairs(x, every)[0] == chosen

        self._inside(t, low, low + every, same)
        if chosen != whole:  # at the end of a stair
            rest = min(max(rest + (whole - chosen) * every, 0.0), every)
        line = t.at
        kept = None if line is None else lambda u: FLOATS.stairs(line(u), every)[1]
        return chosen, Moving(rest, t.d, t.dd, kept, t.depth + 1)

    def growth(self, factor: float, t: Any, every: float, /) -> Any:
        if not isinstance(t, Moving):
            return FLOATS.growth(factor, t, every)
        value, rate = FLOATS.growth(factor, t.x, every), math.log(factor) / every
        return t.through(value, value * rate, value * rate * rate)

    def _piece(self, t: Moving, edges: Sequence[float]) -> int:
        i = int(self._choose(bisect_right(edges, t.x)))
        low = edges[i - 1] if i > 0 else -math.inf
        high = edges[i] if i < len(edges) else math.inf
        self._inside(t, low, high, lambda x: low <= x < high)
        return i

    def pick(
        self, t: Any, edges: Sequence[float], /, *columns: Sequence[float]
    ) -> tuple[float, ...]:
        if not isinstance(t, Moving):
            return FLOATS.pick(t, edges, *columns)
        i = self._piece(t, edges)
        return tuple([column[i] for column in columns])

    def piecewise(self, t: Any, edges: Sequence[float], piece: Piece, /) -> Any:
        if not isinstance(t, Moving):
            return FLOATS.piecewise(t, edges, piece)
        return piece(self._piece(t, edges), cast(Any, t))

    def exp(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.exp(x)
        value = FLOATS.exp(x.x)
        return x.through(value, value, value)

    def expm1(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.expm1(x)
        grown = FLOATS.exp(x.x)
        return x.through(FLOATS.expm1(x.x), grown, grown)

    def log1p(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.log1p(x)
        first = 1.0 / (1.0 + x.x) if x.x > -1.0 else math.inf
        return x.through(FLOATS.log1p(x.x), first, -first * first)

    def sin(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.sin(x)
        sine = FLOATS.sin(x.x)
        return x.through(sine, math.cos(x.x), -sine)

    def sin2(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.sin2(x)
        sine, cosine = math.sin(x.x), math.cos(x.x)
        turned = 2.0 * (cosine - sine) * (cosine + sine)
        return x.through(FLOATS.sin2(x.x), 2.0 * sine * cosine, turned)

    def sqrt(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.sqrt(x)
        root = FLOATS.sqrt(max(x.x, 0.0))  # a path leads on before a piece begins
        first = 0.5 / root if root else math.inf
        return x.through(root, first, -2.0 * first * first * first)

    def tanh(self, x: Any, /) -> Any:
        if not isinstance(x, Moving):
            return FLOATS.tanh(x)
        value = FLOATS.tanh(x.x)
        first = 1.0 / math.cosh(x.x) ** 2 if abs(x.x) < 350.0 else 0.0
        return x.through(value, first, -2.0 * value * first)

    def power(self, x: Any, y: Any, /) -> Any:
        if isinstance(y, Moving):
            value = FLOATS.power(x, y.x)
            log = math.log(x) if x > 0.0 else 0.0
            return y.through(value, value * log, value * log * log)
        value = FLOATS.power(x.x if isinstance(x, Moving) else x, y)
        if not isinstance(x, Moving):
            return value
        first = y * FLOATS.power(x.x, y - 1.0) if y else 0.0
        second = y * (y - 1.0) * FLOATS.power(x.x, y - 2.0) if y * (y - 1.0) else 0.0
        return x.through(value, first, second)


def first(happened: Callable[[float], bool], low: float, high: float, guess: float) -> float:
    """Return the first float from which on something has happened, as at ``high``.

    It has not at ``low``. A good guess makes it a matter of two or three calls.
    """
    step = math.ulp(guess) if math.isfinite(guess) else 0.0
    while low < guess < high:
        if happened(guess):
            high, guess = guess, guess - step
        else:
            low, guess = guess, guess + step
        step *= 8.0
    while low < (middle := low + (high - low) / 2.0) < high:
        if happened(middle):
            high = middle
        else:
            low = middle
    return high
