"""Kinds of schedule: how a class becomes one, and the register of all of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, field, fields
from typing import (
    Annotated,
    Any,
    TypeVar,
    cast,
    dataclass_transform,
    get_args,
    get_origin,
    get_type_hints,
)

from ._domains import Domain, shown

KINDS: dict[str, type[Any]] = {}
"""Every kind of schedule by its name; :func:`define` adds to it."""

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def define(cls: type[T]) -> type[T]:
    """Make a class of fields a schedule: frozen, checked, comparable, saved by its name.

    Every field needs a domain, such as :data:`Rate` or :data:`Steps`. Times must be declared
    as times (``Steps``, ``Length``, ``Phase``, ``Delay``, ``Edges``), because ``Stretch``
    multiplies them.

    Raises:
        TypeError: if the class is no ``Schedule``, or a field has no domain, or a name that is
            taken, or an option that saving would lose.
        ValueError: if another kind has this name already.
    """
    if not hasattr(cls, "_formula"):
        name = getattr(cls, "__name__", cls)
        raise TypeError(f"{name} must be a subclass of Schedule to be defined as one")
    if "__post_init__" in vars(cls):
        raise TypeError(f"{cls.__name__} must check its fields in _check, not __post_init__")
    # Schedule freezes and compares them all; what is left to make takes a third of the time.
    # With weakref_slot, because jax.jit keeps weak references to functions that it is given.
    made = cast(Any, dataclass(eq=False, repr=False, slots=True, weakref_slot=True)(cls))
    _repair_super(cls, made)
    name = made.__name__
    known = KINDS.get(name)
    again = (cls.__module__, cls.__qualname__) if "<" not in cls.__qualname__ else None
    # A cell of a notebook that is run again, or a reloaded module, defines the same kind.
    if known is not None and (known.__module__, known.__qualname__) != again:
        raise ValueError(
            f"{name} is already the name of a schedule, {known.__module__}."
            f"{known.__qualname__}: schedules are saved by name, so choose another"
        )
    made._domains = dict(_domains_of(made))
    KINDS[name] = made
    return cast("type[T]", made)


def _repair_super(old: type[Any], new: type[Any]) -> None:
    """Let ``super()`` in the methods of a class mean the copy of it that slots need."""
    for value in vars(old).values():
        method = getattr(value, "__func__", getattr(value, "fget", value))
        for cell in getattr(method, "__closure__", None) or ():
            if cell.cell_contents is old:
                cell.cell_contents = new


def _hints_of(cls: type[Any]) -> dict[str, Any]:
    """Return the annotations of the fields, read if they are text."""
    hints = {}
    for f in fields(cls):
        owner = next(c for c in cls.__mro__ if f.name in vars(c).get("__annotations__", ()))
        hint = f.type
        if isinstance(hint, str):
            # Nearly all are the name of a domain, and to look that up is to import in time.
            hint = vars(sys.modules[owner.__module__]).get(hint)
        if hint is None:
            return get_type_hints(cls, include_extras=True)
        hints[f.name] = hint
    return hints


def _domains_of(cls: type[Any]) -> Iterator[tuple[str, Domain]]:
    try:
        hints = _hints_of(cls)
    except NameError as error:
        raise TypeError(
            f"{cls.__name__}: {error}; the domains in annotations that are text must be"
            " imported at the top of the module"
        ) from None
    taken = {name for base in cls.__mro__[1:] for name in vars(base)}
    taken -= {name for base in cls.__mro__[1:] for name in vars(base).get("_domains", ())}
    for f in fields(cls):
        if f.name in ("type", "format"):
            raise TypeError(
                f"{cls.__name__}.{f.name}: the saved form of a schedule uses this name"
                " itself, so choose another"
            )
        if f.name in taken:
            raise TypeError(
                f"{cls.__name__}.{f.name}: every schedule has something of this name already,"
                " so choose another"
            )
        if not f.init or f.kw_only or f.default_factory is not MISSING:
            raise TypeError(
                f"{cls.__name__}.{f.name} must be a plain field, with a default or without:"
                " a schedule is saved and copied through its fields"
            )
        hint = hints[f.name]
        notes = get_args(hint)[1:] if get_origin(hint) is Annotated else ()
        domain = next((note for note in notes if isinstance(note, Domain)), None)
        if domain is None:
            raise TypeError(
                f"{cls.__name__}.{f.name} must be annotated with a domain, such as"
                f" lrcurves.schedule.Rate, got {shown(hint)}"
            )
        yield f.name, domain
