"""What a field may hold: domains check a value and word the error.

A domain is attached to a type in an annotation (``base_lr: Rate``), so that the word in
front of the reader is also the check and the error message.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable
from dataclasses import dataclass
from numbers import Real
from reprlib import Repr
from typing import Annotated, Any, Protocol, TypeAlias, runtime_checkable

SHORTEST, LONGEST = 1e-290, 1e290
"""Between these, quotients and sums of times neither overflow nor underflow."""


@runtime_checkable
class Domain(Protocol):
    """What every field's domain can do."""

    def validated(self, name: str, value: Any) -> Any:
        """Return ``value`` as it is stored, or raise an error that starts with ``name``."""

    def stretched(self, value: Any, by: float) -> Any:
        """Return ``value`` in a unit of time that is ``by`` times shorter."""


class _OneLine(Repr):
    """Shortens what is shown, in one line."""

    def repr_instance(self, x: Any, level: int) -> str:
        try:
            text = " ".join(repr(x).split())
        except Exception:  # then only the class is named
            return super().repr_instance(x, level)
        if len(text) <= self.maxother:
            return text
        start = max(0, (self.maxother - 3) // 2)
        return f"{text[:start]}...{text[len(text) - max(0, self.maxother - 3 - start) :]}"


def shown(value: object, limit: int = 120) -> str:
    """Return a ``repr`` that fits into an error message, whatever the value.

    >>> shown("x" * 300, limit=12), shown([[[[[[[[]]]]]]]])
    ("'xxx...xxxx'", '[[[[[[[...]]]]]]]')
    """
    brief = _OneLine()
    brief.maxstring = brief.maxother = brief.maxlong = limit
    try:
        return brief.repr(value)
    except ValueError:  # an int of more digits than Python converts to text
        return f"a huge {type(value).__name__}"


def written(value: object) -> str:
    """Return the shortest text that reads back as ``value``.

    >>> written((100.0, 0.1))
    '(100, 0.1)'
    """
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(written, value))}{',' if len(value) == 1 else ''})"
    return repr(value)


def real(name: str, rule: object, value: object) -> float:
    """Return ``value`` as a float; bools, strings, arrays and complex numbers are refused."""
    if isinstance(value, bool) or not isinstance(value, Real):
        raise TypeError(f"{name} must be {rule}, got {shown(value)}")
    try:
        return float(value) + 0.0  # -0.0 becomes 0.0: equal schedules have equal bits
    except OverflowError:
        msg = f"{name} must be {rule}, got a number too large for a float"
        raise ValueError(msg) from None


@dataclass(frozen=True)
class Interval:
    """The finite numbers between two bounds.

    >>> str(Interval(0, includes_low=False))
    'a finite number > 0'
    >>> Interval(0).validated("Cosine.base_lr", -1)
    Traceback (most recent call last):
    ValueError: Cosine.base_lr must be a finite number >= 0, got -1

    Args:
        low: the lower bound; ``-inf`` for none.
        high: the upper bound, a member if finite; ``inf`` for none.
        includes_low: whether the lower bound is a member.
        or_zero: whether 0 is a member although it lies below ``low``.
        whole: whether the members are whole numbers.
        time: whether the number is a time or a duration, which ``Stretch`` multiplies.
        remedy: what to do instead, appended to the error.
    """

    low: float = -math.inf
    high: float = math.inf
    includes_low: bool = True
    or_zero: bool = False
    whole: bool = False
    time: bool = False
    remedy: str = ""

    def __contains__(self, x: float) -> bool:
        if not math.isfinite(x) or (self.whole and not x.is_integer()):
            return False
        if self.time and not (x == 0 or SHORTEST <= abs(x) <= LONGEST):
            return False
        if x == self.low:
            return self.includes_low
        return self.low < x <= self.high or (self.or_zero and x == 0)

    def __str__(self) -> str:
        bounds = []
        if self.low != -math.inf:
            bounds.append(f"{'>=' if self.includes_low else '>'} {self.low:g}")
        if self.high != math.inf:
            bounds.append(f"<= {self.high:g}")
        number = "a whole number" if self.whole else "a finite number"
        rule = f"{number} {' and '.join(bounds)}".rstrip()
        return f"0 or {rule}" if self.or_zero else rule

    def validated(self, name: str, value: Any) -> float:
        x = real(name, self, value)
        if x not in self:
            remedy = f": {self.remedy}" if self.remedy else ""
            if self.time and math.isfinite(x) and (abs(x) > LONGEST or 0 < abs(x) < SHORTEST):
                remedy = f": times lie between {SHORTEST:g} and {LONGEST:g}"
            raise ValueError(f"{name} must be {self}, got {shown(value)}{remedy}")
        return x

    def members(self, values: tuple[Any, ...]) -> tuple[float, ...] | None:
        """Return many ints and floats as they are stored, ``None`` unless all are members."""
        if not values or self.whole or not set(map(type, values)) <= {float, int}:
            return None
        try:
            found = tuple([value + 0.0 for value in values])
        except OverflowError:
            return None
        extremes = {min(found), max(found), min(filter(None, map(abs, found)), default=0.0)}
        inside = all(map(self.__contains__, extremes)) and all(map(math.isfinite, found))
        return found if inside and not (self.or_zero and self.low > 0) else None

    def stretched(self, value: float, by: float) -> float:
        return value * by if self.time else value


@dataclass(frozen=True)
class OneOf:
    """One of a few words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " or ".join(map(repr, self.words))

    def validated(self, name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise TypeError(f"{name} must be {self}, got {shown(value)}")
        if value not in self.words:
            raise ValueError(f"{name} must be {self}, got {shown(value)}")
        return str(value)

    def stretched(self, value: str, by: float) -> str:
        return value


@dataclass(frozen=True)
class TupleOf:
    """Some members of another domain, in a given order if there is one.

    >>> TupleOf(Interval(0), "increasing").validated("Kink.edges", [3, 2])
    Traceback (most recent call last):
    ValueError: Kink.edges must be increasing, got 3 before 2 at index 1
    """

    item: Domain
    order: str = ""  # "increasing", "in order" (equal neighbours allowed), or none
    at_least: int = 0

    def __str__(self) -> str:
        return f"a sequence, each item {self.item}"

    def validated(self, name: str, value: Any) -> tuple[Any, ...]:
        if isinstance(value, str | bytes | dict | set | frozenset) or not (
            isinstance(value, Iterable)
        ):
            raise TypeError(f"{name} must be {self}, got {shown(value)}")
        given = tuple(value)
        items = self.item.members(given) if isinstance(self.item, Interval) else None
        if items is None:  # one by one, to say which is no member
            items = tuple(self.item.validated(f"{name}[{i}]", x) for i, x in enumerate(given))
        if len(items) < self.at_least:
            raise ValueError(f"{name} must hold at least {self.at_least}, got none")
        follows = operator.lt if self.order == "increasing" else operator.le
        sorted_already = not self.order or all(map(follows, items, items[1:]))
        for i in range(1, 0 if sorted_already else len(items)):
            if items[i - 1] > items[i] or (
                items[i - 1] == items[i] and self.order == "increasing"
            ):
                raise ValueError(
                    f"{name} must be {self.order}, got {shown(given[i - 1])}"
                    f" before {shown(given[i])} at index {i}"
                )
        return items

    def stretched(self, value: tuple[Any, ...], by: float) -> tuple[Any, ...]:
        return tuple(self.item.stretched(x, by) for x in value)


@dataclass(frozen=True)
class OrNone:
    """A member of another domain, or ``None`` for a value that follows from other fields."""

    item: Domain

    def __str__(self) -> str:
        return f"None or {self.item}"

    def validated(self, name: str, value: Any) -> Any:
        if value is None:
            return None
        try:
            return self.item.validated(name, value)
        except (TypeError, ValueError) as error:
            raise type(error)(str(error).replace(str(self.item), str(self), 1)) from None

    def stretched(self, value: Any, by: float) -> Any:
        return None if value is None else self.item.stretched(value, by)


@dataclass(frozen=True)
class YesOrNo:
    """``True`` or ``False``."""

    def __str__(self) -> str:
        return "True or False"

    def validated(self, name: str, value: Any) -> bool:
        if not isinstance(value, bool):
            raise TypeError(f"{name} must be {self}, got {shown(value)}")
        return value

    def stretched(self, value: bool, by: float) -> bool:
        return value


Flag: TypeAlias = Annotated[bool, YesOrNo()]
Rate: TypeAlias = Annotated[float, Interval(0)]
Rates: TypeAlias = Annotated[tuple[float, ...], TupleOf(Interval(0), at_least=1)]
Factor: TypeAlias = Annotated[float, Interval(0)]
Positive: TypeAlias = Annotated[float, Interval(0, includes_low=False)]
PositiveRate: TypeAlias = Positive
Gamma: TypeAlias = Positive
Power: TypeAlias = Positive
Warp: TypeAlias = Annotated[float, Interval(0.125)]
Fraction: TypeAlias = Annotated[float, Interval(0, 1)]
Growth: TypeAlias = Annotated[float, Interval(1)]
Steps: TypeAlias = Annotated[float, Interval(0, includes_low=False, time=True)]
MaybeSteps: TypeAlias = Annotated[
    float | None, OrNone(Interval(0, includes_low=False, time=True))
]
Length: TypeAlias = Annotated[float, Interval(0, time=True)]
Phase: TypeAlias = Annotated[
    float,
    Interval(
        1,
        or_zero=True,
        time=True,
        remedy="it is a number of steps; for a share of the run, multiply the share by"
        " the number of steps",
    ),
]
Number: TypeAlias = Annotated[float, Interval()]
MaybeCount: TypeAlias = Annotated[float | None, OrNone(Interval(1, whole=True))]
Delay: TypeAlias = Annotated[float, Interval(time=True)]
Edges: TypeAlias = Annotated[tuple[float, ...], TupleOf(Interval(0, time=True), "increasing")]
Milestones: TypeAlias = Annotated[
    tuple[float, ...], TupleOf(Interval(0, time=True), "in order")
]
FloorWord: TypeAlias = Annotated[str, OneOf(("direct", "offset"))]
