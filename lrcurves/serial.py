"""Schedules as plain data and as text, and back.

The saved form is a dictionary of numbers, strings, lists and dictionaries: it goes through
JSON, YAML, TOML, checkpoints and config systems, and reads well in each of them.

>>> from lrcurves import Cosine, Linear
>>> s = Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500)
>>> to_dict(s)["parts"][0]
{'type': 'Linear', 'base_lr': 0, 'final_lr': 0.1, 'steps': 500}
>>> from_dict(to_dict(s)) == s, from_json(to_json(s)) == s, parse(repr(s)) == s
(True, True, True)

Every field is written, so that a changed default cannot change a saved schedule; a field that
has a default may be left out when written by hand. Nothing that is read is ever executed or
imported: a ``type`` is looked up among the kinds that :func:`lrcurves.define` has registered.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, NoReturn, cast

from ._domains import shown
from ._spec import Reader, kind_hint
from .schedule import DEEPEST, KINDS, Schedule

FORMAT = 1
"""The version of the saved form that :func:`to_dict` writes; older ones stay readable."""

LONGEST = 1_000_000
"""How many characters :func:`parse` reads at most."""


def to_dict(schedule: Schedule) -> dict[str, Any]:
    """Return a schedule as plain data: ``format``, ``type`` and its fields.

    >>> from lrcurves import Constant
    >>> to_dict(Constant(0.1))
    {'format': 1, 'type': 'Constant', 'base_lr': 0.1}
    """
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    return {"format": FORMAT, **_plain(schedule)}


def _plain(value: Any) -> Any:
    if isinstance(value, Schedule):
        items = ((name, _plain(x)) for name, x in value._items())
        return {"type": type(value).__name__, **dict(items)}
    if isinstance(value, tuple):
        return [_plain(x) for x in value]
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
    version = data.get("format", FORMAT)
    if version != FORMAT or isinstance(version, bool):
        raise ValueError(
            f"$.format must be {FORMAT}, got {shown(version)}: a newer lrcurves wrote this"
        )
    return _built({key: data[key] for key in data if key != "format"}, "$", 1)


def _built(data: Mapping[str, Any], path: str, depth: int) -> Schedule:
    if depth > DEEPEST:
        raise ValueError(f"$ is nested deeper than {DEEPEST} schedules")
    if "type" not in data:
        raise ValueError(f"{path}.type is missing: it names the kind of schedule")
    kind = _kind(data["type"], f"{path}.type")

    def read(value: Any, at: str) -> Any:
        return _built(value, at, depth + 1) if isinstance(value, Mapping) else value

    values = {}
    for name, value in data.items():
        at = f"{path}.{name}"
        if isinstance(value, list | tuple):
            values[name] = [read(x, f"{at}[{i}]") for i, x in enumerate(value)]
        else:
            values[name] = read(value, at)
    del values["type"]
    return _made(kind, values, path)


def _kind(name: object, where: str) -> type[Schedule]:
    if not isinstance(name, str):
        raise TypeError(f"{where} must be the name of a schedule, got {shown(name)}")
    if name not in KINDS:
        raise ValueError(
            f"{where} must be the name of a schedule, got {shown(name)}: {kind_hint(name)}"
        )
    return KINDS[name]


def _made(kind: type[Schedule], values: dict[str, Any], path: str) -> Schedule:
    """Return a schedule of a kind, or raise an error that names the place of the fault."""
    for name in values:
        if name not in kind._domains:
            raise ValueError(
                f"{path}: {kind.__name__} has no field {shown(name)},"
                f" only {', '.join(kind._domains)}"
            )
    for f in fields(cast(Any, kind)):
        if f.name in values:
            name = f"{path}.{f.name}"
            values[f.name] = kind._domains[f.name].validated(name, values[f.name])
        elif f.default is MISSING:
            raise ValueError(f"{path}.{f.name} is missing: {kind.__name__} needs it")
    try:
        return kind(**values)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{path}: {error}") from None


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
    try:
        data = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_number)
    except RecursionError:
        raise ValueError(f"$ is nested deeper than {DEEPEST} schedules") from None
    except ValueError as error:  # its subclasses need more arguments than a message
        raise ValueError(f"text must be JSON, got {shown(text, 40)}: {error}") from None
    return from_dict(data)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"{shown(max(names, key=names.count))} is given twice")
    return found


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
    value = Reader(text).read()
    if not isinstance(value, Schedule):
        raise ValueError(f"text must stand for a schedule, got {shown(text)}")
    return value
