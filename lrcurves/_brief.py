"""A schedule in one line of limited length, cut where it is made of parts.

>>> from lrcurves import Cosine, Linear
>>> brief(Linear(0, 0.1, steps=10) >> Cosine(0.1, steps=90), 60)
'Linear(...) >> Cosine(...)'
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import MISSING, fields
from typing import Any, cast

from ._domains import written
from .change import Scale
from .combine import _Chain
from .schedule import Schedule

MORE = "…"
"""Stands at the end of a list for the items that did not fit."""

LIST = 30
"""So many characters of a tuple are shown."""


def brief(schedule: Schedule, width: int) -> str:
    """Return the ``repr`` of a schedule, or what fits of it, never cut within a number or name.

    Schedules within it are named if the whole does not fit; items that do not fit either are
    replaced by one ``…`` at the end.

    >>> from lrcurves import Cosine, PiecewiseConstant, Staircase
    >>> brief(Staircase(Cosine(0.1, steps=1000), every=10), 50)
    'Staircase(schedule=Cosine(...), every=10)'
    >>> brief(PiecewiseConstant([0.5] * 9, range(1, 9)), 80)
    'PiecewiseConstant(values=(0.5, 0.5, 0.5, 0.5, 0.5, …), …)'

    Args:
        schedule: the schedule.
        width: so many characters fit, if only the first item does.
    """
    text = repr(schedule)
    if len(text) <= width:
        return text
    if isinstance(schedule, Scale):
        return _named(schedule)
    if isinstance(schedule, _Chain) and schedule._sign and len(schedule.parts) > 1:
        return _fitted("", [_named(part) for part in schedule.parts], schedule._sign, "", width)
    shows = []
    for field in fields(cast(Any, schedule)):
        value = getattr(schedule, field.name)
        if field.default is MISSING or value != field.default:
            shows.append(f"{field.name}={_value(value)}")
    return _fitted(f"{type(schedule).__name__}(", shows, ",", ")", width)


def _named(schedule: Schedule) -> str:
    """Return the name of a schedule, and by what it is multiplied."""
    factors = ""
    while isinstance(schedule, Scale):
        factors += f"{written(schedule.by)} * "
        schedule = schedule.schedule
    return f"{factors}{type(schedule).__name__}(...)"


def _value(value: Any) -> str:
    if isinstance(value, Schedule):
        return _named(value)
    if not isinstance(value, tuple):
        return written(value)
    items = [_named(x) if isinstance(x, Schedule) else written(x) for x in value]
    return _fitted("(", items, ",", ",)" if len(items) == 1 else ")", LIST)


def _fitted(opening: str, items: Sequence[str], sign: str, closing: str, width: int) -> str:
    """Return as many of some items as fit, at least one, and a mark if these are not all."""
    between = f"{sign} " if sign == "," else f" {sign} "
    text = opening + "".join(items[:1])
    for i, item in enumerate(items[1:], 1):
        longer = f"{text}{between}{item}"
        rest = "" if i == len(items) - 1 else between + MORE
        if len(longer + rest + closing) > width:
            return text + between + MORE + closing
        text = longer
    return text + closing
