"""The vocabulary of formulas, its meaning on floats, and the shapes that formulas share.

A formula is one straight line of arithmetic over :class:`Ops`. Written once, it runs on
floats (here), on NumPy blocks, on tensors and in arbitrary precision: each of these *number
systems* gives the same words its own fastest or most exact meaning.

Time arrives as a float >= 0 of the number system. Four rules keep a formula exact in all of
them, XLA included, which rewrites ``x / T`` into ``x * (1 / T)``:

* count what remains, ``T - t``, and divide that: ``1 - t / T`` is not 0 at ``t = T``;
* choose a branch by comparing ``t`` itself, never ``t / T``;
* cycles come from the remainder (:meth:`Ops.stairs`), never from ``floor(t / every)``;
* the weight of the larger end of a blend is computed from its own side.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

Num: TypeAlias = float
"""Formulas are typed as functions of floats and run on anything that computes like one."""

PI_REST = 1.2246467991473532e-16
"""The real number pi less ``math.pi``."""

Piece: TypeAlias = Callable[[int, Num], Num]
"""What :meth:`Ops.piecewise` asks for: the number of a piece and a time, to a value."""

Share: TypeAlias = "Callable[[Num, float, Ops], Num]"
"""A shape: from 0 at count 0 to 1 at count ``steps``."""


class Ops(Protocol):
    """What a formula may use besides ``+ - * /``.

    ``**`` is not among them (on floats it can turn complex), nor are ``if`` and comparisons
    of ``t``: :meth:`piecewise` is the only fork. Overflow gives ``inf`` and underflow 0,
    silently, in every number system.
    """

    @property
    def pi(self) -> Num: ...
    @property
    def pi_rest(self) -> Num:
        """What ``pi`` lacks of the real number."""

    def exp(self, x: Num, /) -> Num: ...
    def expm1(self, x: Num, /) -> Num: ...
    def log1p(self, x: Num, /) -> Num: ...
    def sin(self, x: Num, /) -> Num: ...
    def sqrt(self, x: Num, /) -> Num: ...
    def tanh(self, x: Num, /) -> Num: ...

    def sin2(self, x: Num, /) -> Num:
        """Return the square of the sine of ``x``."""

    def power(self, x: Num, y: Num, /) -> Num:
        """Return ``x`` to the power ``y``, for ``x >= 0``; one of the two is a constant."""

    def minimum(self, x: Num, y: Num, /) -> Num:
        """Return the smaller number; ``y`` where ``x`` is NaN."""

    def maximum(self, x: Num, y: Num, /) -> Num:
        """Return the larger number; ``y`` where ``x`` is NaN."""

    def clip(self, x: Num, low: float, high: float, /) -> Num: ...

    def stairs(self, t: Num, every: float, /) -> tuple[Num, Num]:
        """Return how many whole ``every`` fit into ``t``, and the exact remainder."""

    def growth(self, factor: float, t: Num, every: float, /) -> Num:
        """Return ``factor ** (t / every)``, with all digits: the quotient is not rounded."""

    def pick(
        self, t: Num, edges: Sequence[float], /, *columns: Sequence[float]
    ) -> tuple[Num, ...]:
        """Return ``column[i]`` of each column, ``i`` being the number of edges ``<= t``."""

    def piecewise(self, t: Num, edges: Sequence[float], piece: Piece, /) -> Num:
        """Return ``piece(i, t)``, ``i`` being the number of edges ``<= t``.

        A number system may evaluate a piece at a time clamped into ``edges[i - 1], edges[i]``.
        """


class _Floats:
    """Python floats: bisects, and evaluates one piece."""

    pi = math.pi
    pi_rest = PI_REST
    sin = staticmethod(math.sin)
    sqrt = staticmethod(math.sqrt)
    tanh = staticmethod(math.tanh)

    @staticmethod
    def exp(x: float) -> float:
        try:
            return math.exp(x)
        except OverflowError:
            return math.inf

    @staticmethod
    def expm1(x: float) -> float:
        try:
            return math.expm1(x)
        except OverflowError:
            return math.inf

    @staticmethod
    def log1p(x: float) -> float:
        return math.log1p(x) if x > -1.0 else -math.inf

    @staticmethod
    def sin2(x: float) -> float:
        sine = math.sin(x)
        return sine * sine

    @staticmethod
    def power(x: float, y: float) -> float:
        try:
            return math.pow(x, y)
        except OverflowError:
            return math.inf
        except ValueError:  # 0 to a negative power
            return math.inf

    @staticmethod
    def minimum(x: float, y: float) -> float:
        return x if x < y else y

    @staticmethod
    def maximum(x: float, y: float) -> float:
        return x if x > y else y

    @staticmethod
    def clip(x: float, low: float, high: float) -> float:
        return low if x < low else high if x > high else x

    @staticmethod
    def stairs(t: float, every: float) -> tuple[float, float]:
        return divmod(t, every)

    @staticmethod
    def growth(factor: float, t: float, every: float) -> float:
        return growth_by_parts(factor, t, every, FLOATS)

    @staticmethod
    def pick(t: float, edges: Sequence[float], *columns: Sequence[float]) -> tuple[float, ...]:
        i = bisect_right(edges, t)
        return tuple([column[i] for column in columns])

    @staticmethod
    def piecewise(t: float, edges: Sequence[float], piece: Piece) -> float:
        return piece(bisect_right(edges, t), t)


class Clocks:
    """Formulas that follow one another, each on a clock that starts when it does.

    Args:
        parts: what has them.
        starts: when each starts.

    Attributes:
        stack: the same as few formulas of many parts, when somebody has asked for that.
    """

    __slots__ = ("edges", "parts", "stack", "starts")

    def __init__(self, parts: Sequence[Any], starts: tuple[float, ...]) -> None:
        self.parts = parts
        self.starts = starts
        self.edges = starts[1:]
        self.stack: Any = None


class OnClocks:
    """A :data:`Piece` of which number systems may see what it consists of."""

    __slots__ = ("clocks", "xp")

    def __init__(self, clocks: Clocks, xp: Ops) -> None:
        self.clocks = clocks
        self.xp = xp

    def __call__(self, i: int, t: Num) -> Num:
        clocks = self.clocks
        rate: Num = clocks.parts[i]._formula(t - clocks.starts[i], self.xp)
        return rate


def growth_by_parts(factor: float, t: Num, every: float, xp: Ops) -> Num:
    """Return :meth:`Ops.growth` in other words.

    To round ``t / every`` would multiply the error by the exponent. The number of whole parts
    of a period has none, and the rest is small: no part grows by more than a factor of e. The
    parts are a power of two, which keeps the count of periods exact.
    """
    if math.frexp(every)[0] == 0.5:  # the quotient by a power of two is exact
        return xp.power(factor, t / every)
    parts = 1.0
    while abs(math.log(factor)) > parts:
        parts *= 2.0
    whole, rest = xp.stairs(t, every / parts)
    return xp.power(factor, whole / parts) * xp.power(factor, rest / every)


FLOATS: Ops = _Floats()

Formula: TypeAlias = Callable[[Num, Ops], Num]
"""A time of some number system, and that system, to the rate."""


def remaining(t: Num, steps: float, xp: Ops) -> Num:
    """Return how much of ``steps`` is left at ``t``: ``steps`` at 0, and 0 from the end on.

    >>> remaining(30.0, 100.0, FLOATS), remaining(101.0, 100.0, FLOATS)
    (70.0, 0.0)
    """
    return xp.maximum(steps - t, 0.0)


def elapsed(t: Num, steps: float, xp: Ops) -> Num:
    """Return how much of ``steps`` has gone by at ``t``: 0 at 0, ``steps`` from the end on.

    >>> elapsed(30.0, 100.0, FLOATS), elapsed(101.0, 100.0, FLOATS)
    (30.0, 100.0)
    """
    return xp.minimum(t, steps)


def mix(high: float, low: float, weight: Num) -> Num:
    """Return ``high`` at weight 1 and ``low`` at weight 0, both to the last bit.

    With ``high >= low`` and the weight computed from the side of ``high``, no digit is lost
    anywhere: both terms are non-negative. ``low + (high - low) * weight`` never falls where the
    weight rises, but may miss ``high``; then each end has a product of its own.

    >>> mix(0.1, 0.001, 0.5)
    0.0505
    >>> 0.001 + (0.01 - 0.001), mix(0.01, 0.001, 1.0)
    (0.010000000000000002, 0.01)
    """
    span = high - low
    if low == 0.0 or low + span != high:
        return blend(high, low, weight)
    return low + span * weight


def blend(high: Num, low: float, weight: Num) -> Num:
    """Return ``high`` at weight 1 and ``low`` at weight 0; ``high`` may change with time.

    >>> blend(0.1, 0.001, 0.5)
    0.0505
    """
    if low == 0.0:
        return high * weight
    return high * weight + low * (1.0 - weight)


def line(n: Num, steps: float, xp: Ops) -> Num:
    """Return the share ``n / steps`` of a straight line.

    >>> line(25.0, 100.0, FLOATS)
    0.25
    """
    return n / steps


def half_wave(n: Num, steps: float, xp: Ops) -> Num:
    """Return the share of half a cosine wave: ``(1 - cos(pi * n / steps)) / 2``.

    As the square of a sine it keeps its relative accuracy down to ``n = 0``. The square doubles
    the error of the angle, and a power multiplies it, so ``pi / 2 / steps`` is taken to more
    digits than a float has, and the product of its first half and that of ``n`` is exact.

    >>> half_wave(0.0, 100.0, FLOATS), half_wave(100.0, 100.0, FLOATS)
    (0.0, 1.0)
    >>> round(half_wave(25.0, 100.0, FLOATS), 6)
    0.146447
    """
    turn = xp.pi / 2.0 / steps
    high = _first_half(turn)
    low = (xp.pi / 2.0 - high * steps + xp.pi_rest / 2.0) / steps
    most = _first_half(n)
    return xp.sin2(most * high + ((n - most) * high + n * low))


def _first_half(x: Num) -> Num:
    """Return ``x`` rounded to 26 bits: the product of two such numbers is exact."""
    spread = x * 134217729.0
    return spread - (spread - x)


def one_minus_sqrt(n: Num, rest: Num, steps: float, xp: Ops) -> Num:
    """Return ``1 - sqrt(1 - n / steps)``, the share of a 1-sqrt tail with ``n`` steps to go.

    >>> one_minus_sqrt(75.0, 25.0, 100.0, FLOATS), one_minus_sqrt(100.0, 0.0, 100.0, FLOATS)
    (0.5, 1.0)
    """
    return n / steps / (1.0 + xp.sqrt(rest / steps))


def ease(
    first: float,
    last: float,
    t: Num,
    steps: float,
    share: Share,
    power: float,
    xp: Ops,
    k: float = 1.0,
) -> Num:
    r"""Go from ``first`` at 0 to ``last`` at ``steps``, as a power of the share that is left.

    .. math:: \mathrm{last} + (\mathrm{first} - \mathrm{last})\, \ell^p, \qquad
              \ell = \mathrm{share}\bigl(T - T (\min(t, T) / T)^k\bigr)

    A fall takes its weight from what is left. A rise needs :math:`1 - \ell^p`, which loses all
    its digits near the start if computed like that; with :math:`g = 1 - \ell` computed from the
    elapsed time, :math:`-\operatorname{expm1}(p \operatorname{log1p}(-g))` is the same number
    and exact to the last digits in the first half, and
    :math:`-\operatorname{expm1}(-p \operatorname{log1p}(g / \ell))` everywhere, for any power.
    Powers such as 1/2, 3/2 and 2 need no logarithm: :math:`1 - \ell^2 = g\,(1 + \ell)`.

    >>> ease(0.1, 0.0, 75.0, 100.0, line, 0.5, FLOATS)
    0.05
    >>> ease(0.0, 0.1, 100.0, 100.0, line, 0.5, FLOATS)
    0.1
    """
    if first >= last:
        left = share(_left(t, steps, k, xp), steps, xp)
        return mix(first, last, left if power == 1.0 else xp.power(left, power))
    if power == 1.0:
        return mix(last, first, share(_gone(t, steps, k, xp), steps, xp))
    if _is_simple(power):
        gone, left = (share(of(t, steps, k, xp), steps, xp) for of in (_gone, _left))
        return mix(last, first, _complement(left, gone, power, xp))

    def rise(i: int, t: Num) -> Num:
        if i == 2:
            return last + 0.0 * t
        gone = share(_gone(t, steps, k, xp), steps, xp)
        if i == 0:  # one share is enough here, and one rounding less
            return mix(last, first, -xp.expm1(power * xp.log1p(-gone)))
        left = share(_left(t, steps, k, xp), steps, xp)
        return mix(last, first, _complement(left, gone, power, xp))

    return xp.piecewise(t, (steps / 2.0, steps), rise)


def _gone(t: Num, steps: float, k: float, xp: Ops) -> Num:
    gone = elapsed(t, steps, xp)
    return gone if k == 1.0 else steps * xp.power(gone / steps, k)


def _left(t: Num, steps: float, k: float, xp: Ops) -> Num:
    left = remaining(t, steps, xp)
    if k == 1.0:
        return left
    gone, of = elapsed(t, steps, xp), steps
    if steps < 2.0**-500:  # where the bound in _complement would underflow
        gone, left, of = gone * 2.0**500, left * 2.0**500, steps * 2.0**500
    return steps * _complement(gone, left, k, xp, of)


def _is_simple(power: float) -> bool:
    """Return whether twice the power is a whole number, and a small one."""
    return power <= 3.0 and (2.0 * power) % 1.0 == 0.0


def _complement(share: Num, rest: Num, power: float, xp: Ops, of: float = 1.0) -> Num:
    """Return ``1 - (share / of) ** power``, given ``rest = of - share`` from its own side."""
    if _is_simple(power):
        # 1 - x ** n is (1 - x) * (1 + x + ... + x ** (n - 1)), and also the product of
        # 1 - x ** (n / 2) and 1 + x ** (n / 2).
        is_whole = power % 1.0 == 0.0
        share, terms = share / of, 1.0
        for _ in range(int(power if is_whole else 2.0 * power) - 1):
            terms = terms * share + 1.0
        whole = rest / of * terms
        return whole if is_whole else whole / (1.0 + xp.power(share, power))
    # The bound keeps the quotient and its derivative finite at 0, where tensors evaluate them
    # too; it is low enough to give exactly 1 there for any power above 0.11.
    return -xp.expm1(-power * xp.log1p(rest / xp.maximum(share, of * 2.0**-500)))
