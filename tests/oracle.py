"""The schedules again, slowly and obviously, in exact and in arbitrary-precision arithmetic.

Nothing here comes from ``lrcurves``: a schedule is read through its public fields alone, and
told by the name of its type. Every formula is the definition of a textbook (``1 - t / T`` and
``cos``, where the package counts what remains and squares a sine), so that an agreement is
evidence. A field is the real number that its float is. Time is a ``Fraction``: no comparison,
no floor and no seam is ever rounded. Rates are ``mpf``, with digits to spare for cancellation.

A new kind is one function under :func:`kind`, with its end if it has one.

>>> from lrcurves import Cosine, Linear
>>> s = Linear(0, 0.1, steps=10) >> Cosine(0.1, steps=90)
>>> print(mp.nstr(exact(s, 99), 20), end_of(s))
0.000030458649045213501379 100
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from functools import lru_cache
from typing import Any, TypeAlias

from mpmath import mp, mpf  # type: ignore[import-untyped]

End: TypeAlias = "Fraction | float"
"""A length: exact, or ``inf``."""

Rate: TypeAlias = Callable[[Any, Fraction], Any]

RATES: dict[str, Rate] = {}
"""By kind: the rate of a schedule at a time, as an ``mpf`` of the current precision."""

ENDS: dict[str, Callable[[Any], End]] = {}
"""By kind: the declared length."""

STEADY: dict[str, Callable[[Any], bool]] = {}
"""By kind: whether the rate never changes by construction."""


def exact(schedule: object, t: float | Fraction) -> Any:
    """Return the rate of ``schedule`` at exactly ``t``, right to 40 digits and more."""
    _visits.clear()
    with mp.workdps(digits(schedule, t)):
        return +rate(schedule, Fraction(t))


def end_of(schedule: object) -> End:
    """Return the declared length of ``schedule``: exact, or ``inf``."""
    return ENDS[_name(schedule)](schedule)


def digits(schedule: object, t: float | Fraction) -> int:
    """Return a number of decimal digits that no cancellation in a formula here can use up.

    A difference such as ``1 - cos(pi * t / T)`` or ``1 - (1 - t / T)**p`` is about as small as
    the square of the ratio of two of the numbers in it.
    """
    return 60 + 2 * math.ceil((_magnitude(t) + _widest(schedule)) * _steepest(schedule))


def visited(schedule: object, t: float | Fraction) -> list[tuple[Any, Fraction, Any]]:
    """Return each schedule that the rate at ``t`` depends on, with its own time and rate."""
    exact(schedule, t)
    return _visits.copy()


_visits: list[tuple[Any, Fraction, Any]] = []


def rate(schedule: object, t: Fraction) -> Any:
    """Return the rate of ``schedule`` at ``t``, in the current precision."""
    lr = RATES[_name(schedule)](schedule, t)
    _visits.append((schedule, t, lr))
    return lr


def steady(schedule: object) -> bool:
    """Return whether ``schedule`` never changes, by construction."""
    return STEADY[_name(schedule)](schedule)


def real(x: float | Fraction) -> Any:
    """Return ``x`` as an ``mpf`` of the current precision."""
    return mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else mpf(x)


def _name(schedule: object) -> str:
    name = type(schedule).__name__
    if name not in RATES:
        raise NotImplementedError(f"tests/oracle.py has no definition of {name}: write one")
    return name


def _magnitude(x: float | Fraction) -> float:
    """Return about how many decimal digits lie between ``x`` and 1, either way."""
    if x == 0:
        return 0.0
    over, under = x.as_integer_ratio()
    return abs(over.bit_length() - under.bit_length()) * math.log10(2) + 1


@lru_cache(maxsize=10_000)
def _steepest(value: Any) -> float:
    """Return the largest power of a share in ``value``, and so for the bounds of a tanh."""
    if isinstance(value, tuple):
        return max(map(_steepest, value), default=1.0)
    if value is None or isinstance(value, str | bool | float | int):
        return 1.0
    names = [field.name for field in fields(value)]
    powers = [getattr(value, n) for n in names if n == "k_decay"]
    bounds = [1 + abs(getattr(value, n)) / 9 for n in names if n in ("lower", "upper")]
    inside = [_steepest(getattr(value, n)) for n in names]
    return max([1.0, *powers, *bounds, *inside])


@lru_cache(maxsize=10_000)
def _widest(value: Any) -> float:
    if value is None or isinstance(value, str | bool):
        return 0.0
    if isinstance(value, float | int):
        return _magnitude(value)
    held = (
        value
        if isinstance(value, tuple)
        else [getattr(value, field.name) for field in fields(value)]
    )
    return max(map(_widest, held), default=0.0)


def _endless(s: Any) -> End:
    return math.inf


def _steps(s: Any) -> End:
    return Fraction(s.steps)


def _never(s: Any) -> bool:
    return False


def kind(
    name: str,
    end: Callable[[Any], End] = _endless,
    steady: Callable[[Any], bool] = _never,
) -> Callable[[Rate], Rate]:
    """Register the definition of a kind: its rate, its end, and whether it is steady."""

    def register(rate: Rate) -> Rate:
        RATES[name], ENDS[name], STEADY[name] = rate, end, steady
        return rate

    return register


# Families.


@kind("Constant", steady=lambda s: True)
def _constant(s: Any, t: Fraction) -> Any:
    return real(s.base_lr)


@kind("Linear", end=_steps)
def _linear(s: Any, t: Fraction) -> Any:
    share = real(min(t / Fraction(s.steps), Fraction(1)))
    return real(s.base_lr) + (real(s.final_lr) - real(s.base_lr)) * share


@kind("Polynomial", end=_steps)
def _polynomial(s: Any, t: Fraction) -> Any:
    left = 1 - real(min(t / Fraction(s.steps), Fraction(1))) ** real(s.k_decay)
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left ** real(s.power)


@kind("Cosine", end=_steps)
def _cosine(s: Any, t: Fraction) -> Any:
    share = min(t / Fraction(s.steps), Fraction(1))
    if share == 1:
        return real(s.final_lr)  # where the cosine of a rounded pi is not quite -1
    left = (1 + mp.cos(mp.pi * real(share) ** real(s.k_decay))) / 2
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left ** real(s.power)


@kind("OneMinusSqrt", end=_steps)
def _one_minus_sqrt(s: Any, t: Fraction) -> Any:
    share = real(min(t / Fraction(s.steps), Fraction(1)))
    first, last = real(s.base_lr), real(s.final_lr)
    if first >= last:
        return last + (first - last) * (1 - mp.sqrt(share))
    return first + (last - first) * (1 - mp.sqrt(1 - share))


@kind("REX", end=_steps)
def _rex(s: Any, t: Fraction) -> Any:
    share = real(min(t / Fraction(s.steps), Fraction(1)))
    left = (1 - share) / (1 - share / 2)
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left


@kind("Tanh", end=_steps)
def _tanh(s: Any, t: Fraction) -> Any:
    if t >= s.steps:
        return real(s.final_lr)
    lower, upper = real(s.lower), real(s.upper)
    argument = lower + (upper - lower) * real(t / Fraction(s.steps))
    left = (1 - mp.tanh(argument)) / 2
    return real(s.final_lr) + (real(s.base_lr) - real(s.final_lr)) * left


@kind("PowerLaw")
def _power_law(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) * real(1 + t / Fraction(s.timescale)) ** -real(s.alpha)


@kind("InverseTime")
def _inverse_time(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) / (1 + real(s.rate) * real(t / Fraction(s.every)))


@kind("InverseSqrt")
def _inverse_sqrt(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) / mp.sqrt(1 + real(t / Fraction(s.timescale)))


@kind("Interpolated", end=lambda s: Fraction(s.times[-1]))
def _interpolated(s: Any, t: Fraction) -> Any:
    for i in range(1, len(s.times)):
        start, stop = map(Fraction, s.times[i - 1 : i + 1])
        if start <= t < stop:
            share = real((t - start) / (stop - start))
            weight = share if s.shape == "linear" else (1 - mp.cos(mp.pi * share)) / 2
            first, last = map(real, s.values[i - 1 : i + 1])
            return first + (last - first) * weight
    return real(s.values[0] if t < s.times[0] else s.values[-1])


def _cycle(s: Any, period: End, t: Fraction) -> tuple[int, Fraction]:
    """Return the number of the cycle that ``t`` is in, and its share that is over."""
    growth = Fraction(s.period_mult)
    if growth == 1:
        return int(t // period), t % period / period
    i, length = 0, Fraction(period)
    while t >= length:
        t, length, i = t - length, length * growth, i + 1
    return i, t / length


def _restarts(fall: Callable[[Any, Any], Any]) -> Rate:
    def rate(s: Any, t: Fraction) -> Any:
        i, share = _cycle(s, Fraction(s.period), t)
        peak = max(real(s.base_lr) * real(s.peak_mult) ** i, real(s.final_lr))
        return real(s.final_lr) + (peak - real(s.final_lr)) * fall(s, real(share))

    return rate


kind("CosineRestarts")(_restarts(lambda s, share: (1 + mp.cos(mp.pi * share)) / 2))
kind("PolynomialRestarts")(_restarts(lambda s, share: (1 - share) ** real(s.power)))


@kind("Cyclic")
def _cyclic(s: Any, t: Fraction) -> Any:
    up, down = Fraction(s.up), Fraction(s.up if s.down is None else s.down)
    cycle, rest = t // (up + down), t % (up + down)
    share = rest / up if rest <= up else (up + down - rest) / down
    amplitude = mpf(1)
    if s.mode == "triangular2":
        amplitude = mpf(2) ** -int(cycle)
    elif s.mode == "exp_range":
        amplitude = real(s.gamma) ** real(t / Fraction(s.every))
    return real(s.base_lr) + (real(s.peak_lr) - real(s.base_lr)) * amplitude * real(share)


@kind("Exponential")
def _exponential(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) * real(s.gamma) ** real(t / Fraction(s.every))


@kind("Geometric", end=_steps)
def _geometric(s: Any, t: Fraction) -> Any:
    share = min(t / Fraction(s.steps), Fraction(1))
    if share == 1:
        return real(s.final_lr)
    return real(s.base_lr) * (real(s.final_lr) / real(s.base_lr)) ** real(share)


@kind("StepDecay")
def _step_decay(s: Any, t: Fraction) -> Any:
    drops = _plateau(t, s.step_size, s.floor)
    return real(s.base_lr) * real(s.gamma) ** drops


@kind("MultiStep", steady=lambda s: not any(m > 0 for m in s.milestones))
def _multi_step(s: Any, t: Fraction) -> Any:
    return real(s.base_lr) * real(s.gamma) ** sum(m <= t for m in s.milestones)


@kind("PiecewiseConstant", steady=lambda s: not s.boundaries)
def _piecewise_constant(s: Any, t: Fraction) -> Any:
    return real(s.values[sum(b <= t for b in s.boundaries)])


@kind(
    "Warmup",
    end=lambda s: Fraction(s.steps) + end_of(s.schedule),
    steady=lambda s: s.steps == 0 and steady(s.schedule),
)
def _warmup(s: Any, t: Fraction) -> Any:
    if t >= s.steps:
        return rate(s.schedule, t - Fraction(s.steps))
    start, top = real(s.start_lr), rate(s.schedule, Fraction(0))
    return _ramp(s.shape, start, top, real(t / Fraction(s.steps)), real(s.power))


def _ramp(shape: str, first: Any, last: Any, x: Any, power: Any) -> Any:
    """Return the rate after the share ``x`` of the way; a rise mirrors a fall in time."""
    if shape == "constant":
        return first
    if shape == "exponential":
        return first * (last / first) ** x
    if first < last:
        return _ramp(shape, last, first, 1 - x, power)
    left = {
        "linear": lambda: 1 - x,
        "cosine": lambda: (1 + mp.cos(mp.pi * x)) / 2,
        "1-sqrt": lambda: 1 - mp.sqrt(x),
        "polynomial": lambda: (1 - x) ** power,
    }[shape]()
    return last + (first - last) * left


Leg: TypeAlias = tuple[str, Any, Any, Fraction]
"""A shape, the rates that it goes from and to, and how long it takes."""


def legs(name: str, power: Callable[[Any], float] = lambda s: 1.0) -> Callable[..., Any]:
    """Register a kind by its legs, one after another; those of no length vanish."""

    def register(made: Callable[[Any], list[Leg]]) -> Callable[[Any], list[Leg]]:
        def rate(s: Any, t: Fraction) -> Any:
            rows = [row for row in made(s) if row[3] > 0]
            for shape, first, last, length in rows:
                if t < length:
                    share = real(t / length)
                    return _ramp(shape, real(first), real(last), share, real(power(s)))
                t -= length
            return real(rows[-1][2])

        kind(name, end=lambda s: sum((row[3] for row in made(s)), Fraction(0)))(rate)
        return made

    return register


def _then(s: Any, shape: str) -> list[Leg]:
    steps, warmup = Fraction(s.steps), Fraction(s.warmup)
    return [
        ("linear", s.start_lr, s.peak_lr, warmup),
        (shape, s.peak_lr, s.final_lr, steps - warmup),
    ]


legs("WarmupCosine")(lambda s: _then(s, "cosine"))
legs("WarmupLinear")(lambda s: _then(s, "linear"))
legs("WarmupExponential")(lambda s: _then(s, "exponential"))


@legs("WSD", power=lambda s: s.power)
def _wsd(s: Any) -> list[Leg]:
    steps, warmup, decay = Fraction(s.steps), Fraction(s.warmup), Fraction(s.decay)
    return [
        ("linear", s.start_lr, s.peak_lr, warmup),
        ("constant", s.peak_lr, s.peak_lr, steps - warmup - decay),
        (s.shape, s.peak_lr, s.final_lr, decay),
    ]


@legs("FlatCosine")
def _flat_cosine(s: Any) -> list[Leg]:
    flat = Fraction(s.flat)
    return [
        ("constant", s.base_lr, s.base_lr, flat),
        ("cosine", s.base_lr, s.final_lr, Fraction(s.steps) - flat),
    ]


@legs("TriStage")
def _tri_stage(s: Any) -> list[Leg]:
    warmup, hold = Fraction(s.warmup), Fraction(s.hold)
    return [
        ("linear", s.start_lr, s.peak_lr, warmup),
        ("constant", s.peak_lr, s.peak_lr, hold),
        ("exponential", s.peak_lr, s.final_lr, Fraction(s.steps) - warmup - hold),
    ]


@legs("OneCycle")
def _one_cycle(s: Any) -> list[Leg]:
    peak, steps = Fraction(s.peak_lr), Fraction(s.steps)
    start = peak / Fraction(s.div_factor)
    final = start / Fraction(s.final_div_factor)
    up = steps * Fraction(s.pct_start)
    if s.three_phase:
        return [
            (s.shape, start, peak, up),
            (s.shape, peak, start, up),
            (s.shape, start, final, steps - 2 * up),
        ]
    return [(s.shape, start, peak, up), (s.shape, peak, final, steps - up)]


@legs("SlantedTriangular")
def _slanted_triangular(s: Any) -> list[Leg]:
    peak, cut = Fraction(s.peak_lr), Fraction(math.floor(s.steps * s.cut_frac))
    low = peak / Fraction(s.ratio)
    return [("linear", low, peak, cut), ("linear", peak, low, Fraction(s.steps) - cut)]


@legs("RangeTest")
def _range_test(s: Any) -> list[Leg]:
    return [(s.shape, s.start_lr, s.final_lr, Fraction(s.steps))]


@kind("Noam")
def _noam(s: Any, t: Fraction) -> Any:
    scale, warmup = real(s.factor) / mp.sqrt(real(s.d_model)), real(s.warmup)
    if t <= s.warmup:
        return scale * real(t) * warmup ** (mpf(-3) / 2)
    return scale / mp.sqrt(real(t))


# Operators.


@kind(
    "Sequential",
    end=lambda s: sum(map(end_of, _that_last(s)), Fraction(0)),
    steady=lambda s: all(map(steady, _that_last(s))),
)
def _sequential(s: Any, t: Fraction) -> Any:
    *early, last = _that_last(s)
    for part in early:
        if t < end_of(part):
            return rate(part, t)
        t -= Fraction(end_of(part))
    return rate(last, t)


def _that_last(s: Any) -> list[Any]:
    """Return the parts of a Sequential that take time: those without vanish."""
    return [part for part in s.parts if end_of(part) > 0] or [s.parts[-1]]


def _last_end(s: Any) -> End:
    ends = [end_of(part) for part in s.parts if not steady(part)]
    return max(ends, default=math.inf)


def _all_steady(s: Any) -> bool:
    return all(map(steady, s.parts))


@kind("Sum", end=_last_end, steady=_all_steady)
def _sum(s: Any, t: Fraction) -> Any:
    return sum((rate(part, t) for part in s.parts), mpf(0))


@kind("Product", end=_last_end, steady=_all_steady)
def _product(s: Any, t: Fraction) -> Any:
    product = mpf(1)
    for part in s.parts:
        product *= rate(part, t)
    return product


@kind("Maximum", end=_last_end, steady=_all_steady)
def _maximum(s: Any, t: Fraction) -> Any:
    return max(rate(part, t) for part in s.parts)


@kind("Minimum", end=_last_end, steady=_all_steady)
def _minimum(s: Any, t: Fraction) -> Any:
    return min(rate(part, t) for part in s.parts)


def _inner_end(s: Any) -> End:
    return end_of(s.schedule)


def _inner_steady(s: Any) -> bool:
    return steady(s.schedule)


@kind("Scale", end=_inner_end, steady=_inner_steady)
def _scale(s: Any, t: Fraction) -> Any:
    return real(s.by) * rate(s.schedule, t)


@kind(
    "Shift",
    end=lambda s: max(end_of(s.schedule) + Fraction(s.by), Fraction(0)),
    steady=_inner_steady,
)
def _shift(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, max(t - Fraction(s.by), Fraction(0)))


@kind("Stretch", end=lambda s: end_of(s.schedule) * Fraction(s.by), steady=_inner_steady)
def _stretch(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, t / Fraction(s.by))


@kind("Floor", end=_inner_end, steady=_inner_steady)
def _floor(s: Any, t: Fraction) -> Any:
    lr, least = rate(s.schedule, t), real(s.min_lr)
    if s.mode == "direct":
        return max(lr, least)
    assert s.mode == "offset"
    first = rate(s.schedule, Fraction(0))
    return lr + least * (first - lr) / first


@kind("Until", end=_steps)
def _until(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, min(t, Fraction(s.steps)))


def _end_of_stairs(s: Any) -> End:
    end, every = end_of(s.schedule), Fraction(s.every)
    return end if end == math.inf else every * math.ceil(end / every)


@kind("Staircase", end=_end_of_stairs, steady=_inner_steady)
def _staircase(s: Any, t: Fraction) -> Any:
    return rate(s.schedule, Fraction(s.every) * _plateau(t, s.every, s.floor))


def _plateau(t: Fraction, every: float, floor: str) -> int:
    """Return the number of the plateau that ``t`` is on, in either convention."""
    if floor == "direct":
        return math.floor(t / Fraction(every))
    assert floor == "offset"
    return math.floor((1 + t) / Fraction(every))


def _end_of_cycles(s: Any) -> End:
    if s.count is None:
        return math.inf
    growth, period = Fraction(s.period_mult), Fraction(end_of(s.schedule))
    return period * sum(growth**i for i in range(int(s.count)))


@kind("Repeat", end=_end_of_cycles, steady=_inner_steady)
def _repeat(s: Any, t: Fraction) -> Any:
    period = Fraction(end_of(s.schedule))
    if s.count is not None and t >= _end_of_cycles(s):
        return real(s.peak_mult) ** (int(s.count) - 1) * rate(s.schedule, period)
    i, share = _cycle(s, period, t)
    return real(s.peak_mult) ** i * rate(s.schedule, share * period)
