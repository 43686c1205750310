"""Stopping and going on: the number of the next update, and which schedule it belongs to.

A schedule has no state, so a plain loop saves one number. Beside it goes the schedule as plain
data, so that a run cannot go on under another one unnoticed:

>>> from lrcurves import Cosine
>>> s = Cosine(0.1, steps=100)
>>> checkpoint = state(s, 40)
>>> checkpoint["t"], checkpoint["schedule"]["type"]
(40, 'Cosine')
>>> for t in range(resume(s, checkpoint), 42):
...     print(t, round(s.lr(t), 4))
40 0.0655
41 0.0639

It is a dictionary of numbers and strings, which JSON holds, ``torch.save`` (to be read with
``weights_only=True``) and any other checkpoint. The adapters compare what they load in the same
way.

``t`` is the number of the next update: save it after an update, together with the weights that
this has left, or a run that goes on does one update twice or not at all. A run may be killed
while it writes; so write a checkpoint under another name, and rename that when it is whole::

    torch.save({"net": net.state_dict(), "run": state(s, t)}, "draft.pt")
    os.replace("draft.pt", "checkpoint.pt")

A run that goes on like this has the same rates to the last bit as one that never stopped, and
the same weights if everything else that it does depends on ``t`` and what was saved alone, the
order of its data included. Under another schedule it is refused, by a message that shows both
schedules' rates at ``t`` and one update later. Where a change is intended,
:mod:`lrcurves.edit` makes a schedule that keeps the past, and ``state["t"]`` says where it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._domains import Interval, shown, written
from .schedule import Schedule
from .serial import from_dict, to_dict

_TIME = Interval(0)


def state(schedule: Schedule, t: float) -> dict[str, Any]:
    """Return what a run under a schedule needs to go on with update number ``t``.

    >>> from lrcurves import Constant
    >>> state(Constant(0.1), 7)
    {'t': 7, 'schedule': {'format': 1, 'type': 'Constant', 'base_lr': 0.1}}

    Raises:
        TypeError: if ``schedule`` is no schedule, or ``t`` no number.
        ValueError: if ``t`` is negative, infinite or NaN.
    """
    return {"t": _time("t", t), "schedule": to_dict(schedule)}


def resume(schedule: Schedule, state: Mapping[str, Any]) -> Any:
    """Return the time saved in a :func:`state`, an ``int`` if it is whole.

    >>> from lrcurves import Constant, Linear
    >>> resume(Linear(0, 0.1, steps=100), state(Constant(0.1), 40))
    Traceback (most recent call last):
    ValueError: state['schedule'] must be the present schedule, got another: at t = 40 and 41
    it gives 0.1 and 0.1, the present one 0.04 and 0.041. Saved: Constant(base_lr=0.1).
    Present: Linear(base_lr=0, final_lr=0.1, steps=100). To change it on purpose, take
    state['t'] as it is

    Args:
        schedule: the schedule of the run that goes on.
        state: what :func:`state` returned; further entries are left to their owner.

    Raises:
        TypeError: if something has the wrong type.
        ValueError: if it was saved with another schedule, or something in it is missing or has
            the wrong value.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    t = _time("state['t']", entry("state", state, "t"))
    remedy = "To change it on purpose, take state['t'] as it is"
    require_same("state['schedule']", entry("state", state, "schedule"), schedule, t, remedy)
    return t


def entry(name: str, state: Mapping[str, Any], key: str) -> Any:
    """Return an entry of a saved dictionary.

    >>> entry("state", {"step": 3}, "t")
    Traceback (most recent call last):
    ValueError: state['t'] is missing, only 'step' there: something else wrote this

    Raises:
        TypeError: if ``state`` is no dictionary.
        ValueError: if the entry is missing.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"{name} must be a dictionary, got {shown(state)}")
    if key not in state:
        there = ", ".join(shown(key, 30) for key in list(state)[:8])
        found = f"only {there} there" if there else "it is empty"
        raise ValueError(f"{name}[{key!r}] is missing, {found}: something else wrote this")
    return state[key]


def require_same(name: str, saved: Any, schedule: Schedule, t: float, remedy: str) -> None:
    """Refuse plain data of another schedule, by the rates at ``t`` and one step later.

    Where these agree, by those at the first of ``t + 2**k`` at which they do not.

    Args:
        name: the place of the data, for the message.
        saved: what :func:`lrcurves.serial.to_dict` wrote.
        schedule: the schedule that it must be.
        t: the time at which the run goes on.
        remedy: what to do about it, the end of the message.

    Raises:
        TypeError: if something in ``saved`` has the wrong type.
        ValueError: if it is another schedule, or something in it has the wrong value.
    """
    try:
        found = from_dict(saved)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{name}: {error}") from None
    if to_dict(found) != to_dict(schedule):
        raise ValueError(
            f"{name} must be the present schedule, got another:"
            f" {_difference(found, schedule, t)}."
            f" Saved: {_brief(found)}. Present: {_brief(schedule)}. {remedy}"
        )


def _difference(saved: Schedule, present: Schedule, t: float) -> str:
    """Return where two schedules differ, and their rates there."""
    start = f"at t = {written(t)} and {written(t + 1)}"
    before, now = _texts(saved, present, t, t + 1)
    if before != now:
        return f"{start} it gives {before}, the present one {now}"
    for k in range(1, 53):
        later = t + 2.0**k
        then, instead = _texts(saved, present, later)
        if then != instead:
            return (
                f"{start} both give {before}, at t = {written(later)} it gives {then}, the"
                f" present one {instead}"
            )
    return f"{start} both give {before}, and later rates agree, but the fields differ"


def _texts(saved: Schedule, present: Schedule, *ts: float) -> list[str]:
    """Return the rates of two schedules as texts, as long as it takes to tell them apart."""
    rates = [[s.lr(t) for t in ts] for s in (saved, present)]
    show = "{:g}".format
    short = [" and ".join(map(show, row)) for row in rates]
    if short[0] == short[1] and rates[0] != rates[1]:
        return [" and ".join(map(repr, row)) for row in rates]
    return short


def _brief(schedule: Schedule, limit: int = 300) -> str:
    text = repr(schedule)
    return text if len(text) <= limit else f"{text[: limit // 2]}...{text[-limit // 2 :]}"


def _time(name: str, value: Any) -> int | float:
    t = _TIME.validated(name, value)
    return int(t) if t.is_integer() else t
