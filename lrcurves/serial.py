"""Schedules as plain data and as text, and back.

The saved form is a dictionary of numbers, strings, lists and dictionaries: it goes through
JSON, YAML, TOML, checkpoints and config systems, and reads well in each of them.

>>> from lrcurves import Cosine, Linear
>>> s = Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)
>>> to_dict(s)["parts"][0]
{'type': 'Linear', 'base_lr': 0, 'final_lr': 0.1, 'steps': 500}
>>> from_dict(to_dict(s)) == s, from_json(to_json(s)) == s, parse(repr(s)) == s
(True, True, True)

**The format**, version 1. A schedule is a dictionary:

* ``type`` is the name of its kind, one of those that :func:`lrcurves.define` has registered;
* ``format`` is the version. It stands in the outermost dictionary; parts may carry one too, so
  that saved schedules can be put together by hand. Without it, the newest is meant;
* each further entry is a field. A number is a number; a float that is whole and below 1e15 is
  written as an integer, which reads back as the same float. A tuple is a list, a word a string,
  a schedule a dictionary like this one, and what was not given is ``null`` where the field
  allows that. TOML has no null: leave such an entry out.

Every field is written, so that a changed default cannot change a saved schedule; a field that
has a default may be left out when written by hand. YAML takes ``1e-3`` for text: write
``1.0e-3`` there, and ``1.0e+3``.

**What stays.** A version of the format is read for ever: what it says keeps its meaning and its
rates, within the accuracy that formulas promise. If a kind must change its fields, the version
goes up by one, and :func:`from_dict` translates what is older before it reads it. What is newer
than this library is refused with its version.

**Config systems** need nothing of this module. They may call :func:`from_dict` or
:func:`parse`, or the class itself; in Hydra, for example::

    schedule: {_target_: lrcurves.Cosine, base_lr: 0.1, steps: 95}
    schedule: {_target_: lrcurves.serial.parse, text: "Cosine(0.1, steps=95)"}
    schedule: {_target_: lrcurves.serial.from_dict, data: {type: Constant, base_lr: 1}}

Any mapping and any sequence will do as dictionary and list, those of OmegaConf included. Hydra
turns what it has made into a dictionary again where it is an argument of something else: write
``_convert_: object`` beside a ``_target_`` that has others inside.

**What is the same where.** Equal schedules have the same saved form, and so the same
:func:`fingerprint`, in any process and on any machine. ``hash(s)`` is the same within a process
only, because Python salts the hashes of strings: key what outlives it by the fingerprint. A
pickle is for sending a schedule between processes; for keeping it there is the saved form, in
which nothing can be executed, and which depends on no name inside the library.

**Hostile input.** Nothing that is read is ever executed or imported: a ``type`` is looked up
among the registered kinds. What is wrong is a ``TypeError`` or a ``ValueError`` that names the
place, as ``$.parts[2].schedule.steps``, and comes in about a second at worst. To keep it so,
nesting is limited to 200 schedules, JSON to 10 million characters, an expression to a million,
and a schedule to 20 000 others (those that recipes and cycles stand for included) and a million
numbers. :func:`to_dict` refuses what could not be read again, and does so on the day of saving.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from typing import Any, NoReturn, cast

from ._domains import shown
from ._spec import Budget, Reader, nearest, placed
from .schedule import DEEPEST, KINDS, Schedule

FORMAT = 1
"""The version of the saved form that :func:`to_dict` writes; older ones stay readable."""

LONGEST, LONGEST_JSON = 1_000_000, 10_000_000
"""How many characters :func:`parse` and :func:`from_json` read at most."""

_YAML_TEXT = re.compile(r"got '[-+]?[\d.]+[eE][-+]?\d+'$")
_YAML_REMEDY = (
    ": YAML takes a number for text unless it has a point and a signed exponent, as 1.0e-3"
)

_NO_STACK = "is nested too deeply for what is left of Python's stack"

_MANY_DIGITS = re.compile(r"\d{400}")
"""More digits than any float has before its point."""


def to_dict(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as plain data: ``format``, ``type`` and its fields.

    >>> from lrcurves import Constant
    >>> to_dict(Constant(0.1))
    {'format': 1, 'type': 'Constant', 'base_lr': 0.1}

    Raises:
        TypeError: if it is no schedule.
        ValueError: if it holds more than :func:`from_dict` reads.
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    return {"format": FORMAT, **_plain(schedule, 1, Budget("schedule"))}


def _plain(schedule: Schedule, depth: int, budget: Budget) -> dict[str, Any]:
    budget.schedule(depth)
    budget.built(schedule)
    data: dict[str, Any] = {"type": type(schedule).__name__}
    for name, value in schedule._items():
        if isinstance(value, Schedule):
            data[name] = _plain(value, depth + 1, budget)
        elif isinstance(value, tuple):
            budget.numbers(len(value), depth)
            data[name] = items = []
            for x in value:
                inner = isinstance(x, Schedule)
                items.append(_plain(x, depth + 1, budget) if inner else _number(x))
        else:
            data[name] = _number(value)
    return data


def _number(value: Any) -> Any:
    """Return a value as it is written: a float that is whole as an integer."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    return value


def from_dict(data: Mapping[str, Any]) -> Schedule:
    """Return the schedule that :func:`to_dict` or a person wrote as plain data.

    >>> from_dict({"type": "Cosine", "base_lr": 0.1, "steps": 100})
    Cosine(base_lr=0.1, steps=100)
    >>> from_dict({"type": "Cosine", "base_lr": 0.1, "steps": 0})
    Traceback (most recent call last):
    ValueError: $.steps must be a finite number > 0, got 0

    Raises:
        TypeError: if something has the wrong type.
        ValueError: if something has the wrong value; either names the place, as ``$.parts[2]``.
    """
    if not isinstance(data, Mapping):
        raise TypeError(f"$ must be a dictionary with a type, got {shown(data)}")
    try:
        return _built(data, "$", 1, Budget("$"))
    except RecursionError:
        raise ValueError(f"$ {_NO_STACK}") from None


def _built(data: Mapping[str, Any], path: str, depth: int, budget: Budget) -> Schedule:
    """Return the schedule that a dictionary stands for; one frame for each level of nesting."""
    if depth > DEEPEST:
        raise ValueError(f"$ is nested deeper than {DEEPEST} schedules")
    kind = _kind(data, path)
    budget.schedule(depth)
    values: dict[str, Any] = {}
    for name in data:
        if name in ("type", "format"):
            continue
        if name not in kind._domains:
            raise ValueError(
                f"{path}: {kind.__name__} has no field {shown(name)},"
                f" only {', '.join(kind._domains)}"
            )
        values[name] = value = data[name]
        if isinstance(value, Mapping):
            values[name] = _built(value, f"{path}.{name}", depth + 1, budget)
        elif isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            budget.numbers(len(value), depth)
            values[name] = items = list(value)
            for i, x in enumerate(items):
                if isinstance(x, Mapping):
                    items[i] = _built(x, f"{path}.{name}[{i}]", depth + 1, budget)
    made = _made(kind, values, path)
    budget.built(made)
    return made


def _kind(data: Mapping[str, Any], path: str) -> type[Schedule]:
    """Return the kind that a dictionary names, in a version of the format that can be read."""
    version = data.get("format", FORMAT)
    number = isinstance(version, int | float) and not isinstance(version, bool)
    if not number or version != FORMAT:
        remedy = ": a newer lrcurves wrote this" if number and version > FORMAT else ""
        raise ValueError(f"{path}.format must be {FORMAT}, got {shown(version)}{remedy}")
    if "type" not in data:
        raise ValueError(f"{path}.type is missing: it names the kind of schedule")
    name = data["type"]
    if not isinstance(name, str):
        raise TypeError(f"{path}.type must be the name of a schedule, got {shown(name)}")
    if name not in KINDS:
        near = nearest(name)
        remedy = "import what registers it, by lrcurves.define, before this is read"
        if near:
            remedy = f"did you mean {near}? If it is your own, {remedy}"
        raise ValueError(
            f"{path}.type must be the name of a schedule, got {shown(name)}: {remedy}"
        )
    return KINDS[name]


def _made(kind: type[Schedule], values: dict[str, Any], path: str) -> Schedule:
    """Return a schedule of a kind, or raise an error that names the place of the fault."""
    for f in fields(cast(Any, kind)):
        if f.name not in values and f.default is MISSING:
            raise ValueError(f"{path}.{f.name} is missing: {kind.__name__} needs it")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        for name, value in values.items():
            _refuse(kind, name, value, path)
        raise placed(path, error) from None


def _refuse(kind: type[Schedule], name: str, value: Any, path: str) -> None:
    """Raise an error that names the place, if a field may not hold such a value."""
    try:
        kind._domains[name].validated(f"{path}.{name}", value)
    except TypeError as error:
        remedy = _YAML_REMEDY if _YAML_TEXT.search(str(error)) else ""
        raise TypeError(f"{error}{remedy}") from None


def to_json(schedule: Schedule, *, indent: int | None = None) -> str:
    """Return a schedule as JSON text.

    >>> from lrcurves import Constant
    >>> to_json(Constant(0.1))
    '{"format": 1, "type": "Constant", "base_lr": 0.1}'
    """
    return json.dumps(to_dict(schedule), allow_nan=False, indent=indent)


def from_json(text: str | bytes) -> Schedule:
    """Return the schedule that :func:`to_json` or a person wrote as JSON text.

    Raises:
        TypeError: if ``text`` is not text, or something in it has the wrong type.
        ValueError: if it is not JSON, or something in it has the wrong value.
    """
    if not isinstance(text, str | bytes | bytearray):
        raise TypeError(f"text must be JSON text, got {shown(text)}")
    if len(text) > LONGEST_JSON:
        raise ValueError(f"text must have at most {LONGEST_JSON} characters, got {len(text)}")
    try:
        if not isinstance(text, str):
            text = text.decode(json.detect_encoding(text))
        data = json.loads(
            text,
            object_pairs_hook=_unique,
            parse_constant=_no_number,
            parse_int=_whole if _MANY_DIGITS.search(text) else None,
        )
    except RecursionError:
        raise ValueError(f"$ is nested deeper than {DEEPEST} schedules") from None
    except ValueError as error:  # its subclasses need more arguments than a message
        raise ValueError(f"text must be JSON, got {shown(text, 40)}: {error}") from None
    return from_dict(data)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = iter(name for name, _ in pairs)
        twice = next(name for name in names if found.pop(name, names) is names)
        raise ValueError(f"{shown(twice)} is given twice")
    return found


def _whole(digits: str) -> float:
    """Return a whole number, as infinity if it is too large for a float, as 1e999 is."""
    return float(digits) if len(digits) >= 400 else int(digits)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number")


def fingerprint(schedule: Schedule) -> str:
    """Return 16 hexadecimal digits that tell schedules apart: equal for equal schedules, on any
    machine and in any process.

    >>> from lrcurves import Constant
    >>> fingerprint(Constant(0.1)), fingerprint(Constant(0.2))
    ('f412cfdb39455bdc', '1a011e778b71c4eb')
    """
    text = json.dumps(to_dict(schedule), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def parse(text: str) -> Schedule:
    """Return the schedule that an expression stands for; ``parse(repr(s)) == s``.

    An expression consists of the names of schedules and of their ``from_...`` constructors,
    numbers, strings, ``None``, ``True``, ``False``,
    tuples, and the operators ``>> + - * /``. It is read, not
    executed.

    >>> parse("Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)").end
    10000.0
    >>> parse("2 * Exponential.from_half_life(0.1, half_life=30*100)").lr(3000)
    0.1
    >>> parse("Cosin(0.1, 100)")
    Traceback (most recent call last):
    ValueError: column 1: 'Cosin' is not the name of a schedule: did you mean Cosine?

    Raises:
        TypeError: if ``text`` is not a string, or a field has the wrong type.
        ValueError: if ``text`` is not such an expression, or a field has the wrong value.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, got {shown(text)}")
    if len(text) > LONGEST:
        raise ValueError(f"text must have at most {LONGEST} characters, got {len(text)}")
    try:
        value = Reader(text).read()
    except RecursionError:
        raise ValueError(f"text {_NO_STACK}") from None
    if not isinstance(value, Schedule):
        raise ValueError(f"text must stand for a schedule, got {shown(text)}")
    return value
