"""Epochs, percent, samples and tokens as numbers of steps: converted once, in the open.

A schedule counts whatever its caller counts, and that should be steps, the updates of the
optimizer. A clock turns other units into these before the schedule is built, and shows how:

>>> from lrcurves import WarmupCosine
>>> clock = Clock.from_data(50_000, batch_size=32, processes=4, accumulate=2, epochs=90)
>>> print(clock.arithmetic)
50000 examples / 4 processes = 12500 examples each
12500 examples / 32 a batch = 391 batches (the last of 20)
391 batches / 2 a step = 196 steps an epoch (the last of 1)
90 epochs x 196 steps = 17640 steps
>>> WarmupCosine(0.1, steps=clock.total_steps, warmup=clock.steps("5ep"))
WarmupCosine(peak_lr=0.1, steps=17640, warmup=980)
>>> print(clock.explain("3%"))
3% of 17640 steps = 529.2, rounded up to 530 steps

**Rounding.** What is not a whole number of steps is rounded up, whatever its unit: the result
is the first step by which so much of the run is over. So nothing above 0 becomes 0, and the
numbers are those of transformers, for its share of warm-up steps and a fraction of an epoch.
Decimals count as they are written: 10 % of 1000 steps are 100, never 101. Where two phases fill
a run, compute one as the rest: two shares, both rounded up, may be too long.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from fractions import Fraction
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from ._domains import Interval, OrNone, real, shown, written

if TYPE_CHECKING:
    from numpy import ndarray

    Times = TypeVar("Times", float, ndarray[Any, Any])

LARGEST = 2**53
"""Up to here every whole number is a float."""


class _Unit(NamedTuple):
    """A unit of time, and the field of a clock that tells its length."""

    words: tuple[str, ...]
    field: str


_STEPS = _Unit(("steps", "step", "updates", "update", ""), "")
_EPOCHS = _Unit(("epochs", "epoch", "ep"), "steps_per_epoch")
_PERCENT = _Unit(("%", "percent"), "total_steps")
_SAMPLES = _Unit(("samples", "sample", "sp"), "samples_per_step")
_TOKENS = _Unit(("tokens", "token", "tok"), "tokens_per_step")
_UNITS = {
    word: unit for unit in (_STEPS, _EPOCHS, _PERCENT, _SAMPLES, _TOKENS) for word in unit.words
}
_MULTIPLES = {"k": 10**3, "K": 10**3, "M": 10**6, "B": 10**9, "G": 10**9, "T": 10**12}
_AMOUNT = re.compile(r"([-+]?[0-9._]{1,40}(?:[eE][-+]?[0-9]{1,2})?)([^0-9]*)")
_RULE = "a whole number of steps >= 0, or a text such as '5ep', '10%', '2.5M samples'"

_LEFTOVERS = "True, False or 'loader'"

_COUNT = Interval(1, LARGEST, whole=True)
_EPOCH = Interval(
    1, LARGEST, whole=True, remedy="Clock.from_data(examples, batch_size) counts them"
)
_SIZE = Interval(0, includes_low=False)
_FIELDS = {
    "steps_per_epoch": (_EPOCH, "steps an epoch"),
    "total_steps": (_COUNT, "steps in all"),
    "samples_per_step": (_SIZE, "samples a step"),
    "tokens_per_step": (_SIZE, "tokens a step"),
}


@dataclass(frozen=True, slots=True, repr=False)
class Clock:
    """How long the units of a run are, counted in steps, the updates of the optimizer.

    >>> clock = Clock(steps_per_epoch=391, total_steps=35_190)
    >>> clock.steps("5ep"), clock.steps("10%"), clock.steps(500), clock.epochs(1955)
    (1955, 3519, 500, 5.0)
    >>> clock.steps(0.03)
    Traceback (most recent call last):
    ValueError: Clock.steps: amount must be a whole number of steps, got 0.03: for a share of
    the run write '3%', which is 1056 steps

    Args:
        steps_per_epoch: the steps of one epoch, a whole number >= 1.
        total_steps: the steps of the run, a whole number >= 1.
        samples_per_step: the examples of one step, over all processes and accumulated batches,
            a finite number > 0; the mean, where steps differ.
        tokens_per_step: the tokens of one step, likewise.

    All are optional; a unit that needs one that is missing says so. The whole run is
    ``clock.steps("100%")`` too, which is an ``int`` to a type checker.

    Attributes:
        arithmetic: how :meth:`from_data` came to its numbers, in lines; for another clock, the
            fields in words.

    Raises:
        TypeError: if a field has the wrong type.
        ValueError: if a field is outside its domain.
    """

    steps_per_epoch: int | None = None
    total_steps: int | None = None
    samples_per_step: float | Fraction | None = None
    tokens_per_step: float | Fraction | None = None
    arithmetic: str = field(default="", init=False, compare=False)

    def __post_init__(self) -> None:
        lines = []
        for name, (domain, words) in _FIELDS.items():
            given = getattr(self, name)
            value = OrNone(domain).validated(f"Clock.{name}", given)
            if value is not None:
                plain = _plain(given if isinstance(given, Fraction) else value)
                object.__setattr__(self, name, plain)
                lines.append(f"{_text(plain)} {words}")
        object.__setattr__(self, "arithmetic", "\n".join(lines))

    def __repr__(self) -> str:
        values = ((name, getattr(self, name)) for name in _FIELDS)
        return f"Clock({', '.join(f'{name}={x!r}' for name, x in values if x is not None)})"

    @classmethod
    def from_data(
        cls,
        examples: int,
        batch_size: int,
        processes: int = 1,
        accumulate: int = 1,
        epochs: float | None = None,
        drop_last: bool | str = False,
        *,
        tokens_per_example: float | None = None,
    ) -> Clock:
        """Return the clock of a loop over a data set, exact for incomplete last batches.

        Every process gets its share of the examples and cuts it into batches. There is a step
        after every ``accumulate`` batches, and one after the last batch of an epoch, as in
        transformers, accelerate and Lightning. (A loop that carries gradients over into the
        next epoch makes fewer steps, and one that throws them away too: count those by
        yourself, and write ``Clock(steps_per_epoch, total_steps)``.)

        >>> Clock.from_data(1000, batch_size=64, epochs=3)
        Clock(steps_per_epoch=16, total_steps=48, samples_per_step=62.5)
        >>> Clock.from_data(1000, batch_size=64, epochs=3, drop_last=True).total_steps
        45

        Args:
            examples: the length of the data set, a whole number >= 1.
            batch_size: the examples of a batch of one process, a whole number >= 1.
            processes: how many processes share the examples, a whole number >= 1.
            accumulate: how many batches of a process make a step, a whole number >= 1.
            epochs: how often the data set is passed, a finite number > 0. The steps of a
                fraction of an epoch are rounded up. ``None`` leaves ``total_steps`` out.
            drop_last: what happens where the examples do not come out even.

                * ``False``: some are repeated, so that all shares are equal, and the last batch
                  is a smaller one. That is torch's ``DistributedSampler`` and ``DataLoader`` as
                  they are; a loader that accelerate prepares has as many batches.
                * ``True``: some are left out, so that all shares are equal, and so is the
                  incomplete batch. That is ``drop_last=True`` given to both; a loader with
                  ``drop_last=True`` that accelerate prepares has as many batches.
                * ``"loader"``: some are repeated, so that all shares are equal, and the
                  incomplete batch is left out. That is ``drop_last=True`` given to the
                  ``DataLoader`` alone.
            tokens_per_example: the length of a sequence, a finite number > 0, from which
                ``tokens_per_step`` follows.

        ``samples_per_step`` is the mean over an epoch, with the examples that are repeated.

        Raises:
            TypeError: if an argument has the wrong type.
            ValueError: if an argument is outside its domain, or no batch would be complete.
        """
        of = "Clock.from_data: "
        examples = _whole(f"{of}examples", examples)
        batch_size = _whole(f"{of}batch_size", batch_size)
        processes = _whole(f"{of}processes", processes)
        accumulate = _whole(f"{of}accumulate", accumulate)
        if not isinstance(drop_last, bool | str):
            raise TypeError(f"{of}drop_last must be {_LEFTOVERS}, got {shown(drop_last)}")
        if drop_last not in (True, False, "loader"):
            raise ValueError(f"{of}drop_last must be {_LEFTOVERS}, got {shown(drop_last)}")
        repeats, cuts = drop_last is not True, drop_last is not False

        share, rest = _divided(examples, processes, up=repeats)
        left = f" ({processes - rest} repeated)" if repeats else f" ({rest} left out)"
        start = f"{_count(examples, 'example')} / {_count(processes, 'process')}"
        lines = [f"{start} = {_count(share, 'example')} each" + (left if rest else "")]
        batches, rest = _divided(share, batch_size, up=not cuts)
        if not batches:
            raise ValueError(
                f"{of}examples must fill a batch of each process with drop_last={drop_last!r},"
                f" got {examples} for processes={processes} and batch_size={batch_size}: take"
                " a smaller batch_size, or drop_last=False"
            )
        left = f" ({rest} left out)" if cuts else f" (the last of {rest})"
        start = f"{_count(share, 'example')} / {batch_size} a batch"
        lines.append(f"{start} = {_count(batches, 'batch')}" + (left if rest else ""))
        steps, rest = _divided(batches, accumulate, up=True)
        left = f" (the last of {rest})" if rest else ""
        start = f"{_count(batches, 'batch')} / {accumulate} a step"
        lines.append(f"{start} = {_count(steps, 'step')} an epoch{left}")

        seen = processes * (batches * batch_size if cuts else share)
        samples = Fraction(seen, steps)
        tokens = None
        if tokens_per_example is not None:
            length = _SIZE.validated(f"{of}tokens_per_example", tokens_per_example)
            tokens = _plain(samples * _exact(length))
        clock = cls(steps, None, _plain(samples), tokens)
        if epochs is not None:
            passes = _exact(_SIZE.validated(f"{of}epochs", epochs))
            total, line = clock._converted(f"{of}epochs", epochs, passes, _EPOCHS)
            lines.append(line)
            clock = cls(steps, total, _plain(samples), tokens)
        object.__setattr__(clock, "arithmetic", "\n".join(lines))
        return clock

    def steps(self, amount: float | str) -> int:
        """Return an amount of time as a whole number of steps, rounded up if it must be.

        >>> clock = Clock(391, 35_190, samples_per_step=128, tokens_per_step=65_536)
        >>> [clock.steps(x) for x in ("2.5 epochs", "10%", "2.5M samples", "3B tokens", "10k")]
        [978, 3519, 19532, 45777, 10000]

        Args:
            amount: a whole number of steps, or a text: a number, ``k``, ``M``, ``B`` (or
                ``G``) or ``T`` for thousand to trillion, and a unit. The units are ``steps``
                (or none), ``epochs`` or ``ep``, ``%``, ``samples`` or ``sp``, and ``tokens`` or
                ``tok``.

        Raises:
            TypeError: if it is neither a number nor a text.
            ValueError: if it is negative, a fraction of a step, not understood, or in a unit
                of which the clock does not know the length.
        """
        return self._worked("Clock.steps: amount", amount)[0]

    def explain(self, amount: float | str) -> str:
        """Return the arithmetic of :meth:`steps`, as text.

        >>> clock = Clock(391, 35_190, samples_per_step=128)
        >>> print(clock.explain("5ep"))
        5 epochs x 391 steps = 1955 steps
        >>> print(clock.explain("2.5M samples"))
        2500000 samples / 128 a step = 19531.25, rounded up to 19532 steps
        """
        return self._worked("Clock.explain: amount", amount)[1]

    def epochs(self, t: Times) -> Times:
        """Return how many epochs are over at time ``t``.

        Like its three siblings it takes a number, or an array, and so labels an axis.

        >>> Clock(steps_per_epoch=391).epochs(1955)
        5.0

        Raises:
            TypeError: if ``t`` is neither.
            ValueError: if a number is negative, infinite or NaN, or the clock lacks the field.
        """
        return self._measured("epochs", t, _EPOCHS)

    def percent(self, t: Times) -> Times:
        """Return how many percent of the run are over at time ``t``.

        >>> Clock(total_steps=2000).percent(500)
        25.0
        """
        return self._measured("percent", t, _PERCENT)

    def samples(self, t: Times) -> Times:
        """Return how many samples have been seen at time ``t``.

        >>> Clock(samples_per_step=128).samples(500)
        64000.0
        """
        return self._measured("samples", t, _SAMPLES)

    def tokens(self, t: Times) -> Times:
        """Return how many tokens have been seen at time ``t``.

        >>> Clock(tokens_per_step=65_536).tokens(500)
        32768000.0
        """
        return self._measured("tokens", t, _TOKENS)

    def _worked(self, name: str, amount: float | str) -> tuple[int, str]:
        """Return an amount in steps, and the arithmetic."""
        number, unit = _read(name, amount)
        if unit is not _STEPS:
            return self._converted(name, amount, number, unit)
        if number.denominator != 1:
            remedy = "write its unit, such as 'ep'"
            if 0 < number < 1:
                share = f"{_text(100 * number)}%"
                remedy = f"for a share of the run write {share!r}"
                if self.total_steps is not None:
                    steps = math.ceil(number * self.total_steps)
                    remedy += f", which is {_count(steps, 'step')}"
            raise ValueError(
                f"{name} must be a whole number of steps, got {shown(amount)}: {remedy}"
            )
        return _rounded(name, amount, number)

    def _converted(
        self, name: str, amount: float | str, number: Fraction, unit: _Unit
    ) -> tuple[int, str]:
        """Return so much of another unit than steps in steps, and the arithmetic."""
        length = self._length(unit)
        start = f"{_text(number)} {unit.words[number == 1]}"
        if unit is _EPOCHS:
            steps, text = _rounded(name, amount, number * length)
            return steps, f"{start} x {_count(int(length), 'step')} = {text}"
        if unit is _PERCENT:
            steps, text = _rounded(name, amount, number * length / 100)
            return steps, f"{_text(number)}% of {_count(int(length), 'step')} = {text}"
        steps, text = _rounded(name, amount, number / length)
        return steps, f"{start} / {_text(length)} a step = {text}"

    def _measured(self, method: str, t: Times, unit: _Unit) -> Times:
        """Return a time in another unit than steps."""
        at: Any = t
        if not hasattr(t, "shape") or isinstance(t, Real):
            at = _number(f"Clock.{method}: t", "a finite number >= 0, or an array", t)
        length = self._length(unit)
        if unit in (_EPOCHS, _PERCENT):
            length = (1 if unit is _EPOCHS else 100) / length
        value: Times = at * float(length.numerator) / float(length.denominator)
        return value

    def _length(self, unit: _Unit) -> Fraction:
        """Return the field for a unit."""
        value = getattr(self, unit.field)
        if value is None:
            raise ValueError(
                f"Clock.{unit.field} must be known to convert {unit.words[0]}, got None:"
                f" Clock({unit.field}=...) says it"
            )
        return _exact(value)


def _read(name: str, amount: float | str) -> tuple[Fraction, _Unit]:
    """Return the number and the unit of an amount."""
    if not isinstance(amount, str):
        return _exact(_number(name, _RULE, amount)), _STEPS
    found = _AMOUNT.fullmatch(amount.strip())
    try:
        number = Fraction(found[1]) if found else Fraction(-1)
    except ValueError:  # 1.2.3
        number = Fraction(-1)
    if found is None or number < 0:
        raise ValueError(f"{name} must be {_RULE}, got {shown(amount)}")
    word = found[2].strip()
    times = 1
    if word.lower() not in _UNITS and word[0] in _MULTIPLES:
        times, word = _MULTIPLES[word[0]], word[1:].strip()
    if word.lower() not in _UNITS:
        raise ValueError(
            f"{name} must be in steps, epochs (ep), %, samples (sp) or tokens (tok), got"
            f" {shown(amount)}: k, M, B and T multiply the unit that follows"
        )
    return number * times, _UNITS[word.lower()]


def _number(name: str, rule: str, value: object) -> float:
    """Return a finite number >= 0, which is not all that the rule allows."""
    x = real(name, rule, value)
    if not 0.0 <= x < math.inf:
        raise ValueError(f"{name} must be {rule}, got {shown(value)}")
    return x


def _rounded(name: str, amount: float | str, steps: Fraction) -> tuple[int, str]:
    """Return a number of steps rounded up, and what to say of it."""
    whole = math.ceil(steps)
    if whole > LARGEST:
        raise ValueError(f"{name} must be at most {LARGEST} steps, got {shown(amount)}")
    text = _count(whole, "step")
    return whole, text if whole == steps else f"{_text(steps)}, rounded up to {text}"


def _whole(name: str, value: int) -> int:
    return int(_COUNT.validated(name, value))


def _divided(whole: int, by: int, *, up: bool) -> tuple[int, int]:
    """Return a quotient rounded up or down, and the rest that was left when rounded down."""
    quotient, rest = divmod(whole, by)
    return quotient + (up and rest > 0), rest


def _exact(x: float | Fraction) -> Fraction:
    """Return a number as its decimals say: 0.1 as a tenth."""
    return Fraction(written(x)) if isinstance(x, float) else Fraction(x)


def _plain(x: float | Fraction) -> float | Fraction:
    """Return a number as an int if it is whole, else as a float if that is exact."""
    if x == math.floor(x):
        return int(x)
    return float(x) if float(x) == x else x


def _count(count: int, word: str) -> str:
    """Return a count of something, such as '2 batches'."""
    plural = word + ("es" if word in ("batch", "process") else "s")
    return f"{count} {word if count == 1 else plural}"


def _text(x: float | Fraction) -> str:
    return written(float(f"{float(x):.12g}"))
