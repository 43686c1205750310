"""The table in the docstring of ``lrcurves.compat``: every call in it is executed, here and in
the library that it is a call of.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from parity import conventions
from parity.conventions import LAST, LIBRARIES, NOWHERE, ROWS, VALUES, Cell, Row

import lrcurves
from lrcurves import Schedule
from lrcurves.schedule import KINDS

TOLERANCE = 1e-12
"""Of the largest rate."""

RATELESS = ("OneCycleLR", "OneCycleMomentum", "CyclicLR", "SequentialLR")
"""These have no rate in the place of the optimizer."""

CALLS = [
    pytest.param(row, cell, values, id=f"{cell.library}-{row.ours}-{number}")
    for row in ROWS
    for cell in row.cells
    for number, values in enumerate(VALUES)
]


def evaluated(text: str, scope: dict[str, Any], values: dict[str, Any]) -> Any:
    return eval(text, {**scope, **values})


def ours(row: Row, values: dict[str, Any]) -> Schedule:
    scope = {name: getattr(lrcurves, name) for name in lrcurves.__all__}
    schedule: Schedule = evaluated(row.ours, scope, values)
    return schedule


def compat(cell: Cell, values: dict[str, Any]) -> Schedule:
    schedule: Schedule = evaluated(cell.call, conventions.functions(cell.library), values)
    return schedule


def rates(schedule: Schedule) -> list[float]:
    return [schedule.lr(t) for t in range(LAST + 1)]


def apart(some: list[float], others: list[float]) -> set[int]:
    """Return the steps at which rates differ, as far as both go."""
    limit = TOLERANCE * max(some)
    pairs = enumerate(zip(some, others, strict=False))
    return {t for t, (a, b) in pairs if not abs(a - b) <= limit}


# What the libraries themselves make of a call: their rates, as far as they give any. Where the
# call has a rate, torch, transformers and timm are given an optimizer of that rate.


class Stepped:
    """Calls whose schedulers all belong to one optimizer, and the rates that they set."""

    def __init__(self, original: Callable[[str], Any], place: Callable[[str], int]) -> None:
        self.original, self.place = original, place
        self.optimizer: Any = None
        self.key = "lr"

    def at(self, rate: float) -> Any:
        import torch

        if self.optimizer is None:
            parameter = torch.nn.Parameter(torch.zeros(1))
            self.optimizer = torch.optim.SGD([parameter], lr=rate, momentum=0.9)
        assert self.optimizer.defaults["lr"] == rate  # all parts share it
        return self.optimizer

    def named(self, name: str) -> Callable[..., Any]:
        def make(*given: Any, **named: Any) -> Any:
            arguments, place = list(given), self.place(name)
            if name == "OneCycleMomentum":
                self.key = "momentum"
                return self.original("OneCycleLR")(self.at(1.0), 1.0, *given, **named)
            if name in RATELESS:
                optimizer = self.optimizer or self.at(1.0)
                return self.original(name)(optimizer, *given, **named)
            arguments[place] = self.at(arguments[place])
            return self.original(name)(*arguments, **named)

        return make

    def rates(self, scheduler: Any) -> Iterator[float]:
        for _ in range(LAST + 1):
            yield float(self.optimizer.param_groups[0][self.key])
            self.optimizer.step()
            try:
                scheduler.step()
            except ValueError:
                return


def by_torch(cell: Cell, values: dict[str, Any]) -> list[float]:
    from torch.optim import lr_scheduler, swa_utils

    def original(name: str) -> Any:
        return getattr(swa_utils if name == "SWALR" else lr_scheduler, name)

    stepped = Stepped(original, lambda name: 0)
    scope = {name: stepped.named(name) for name in conventions.functions("torch")}
    return list(stepped.rates(evaluated(cell.call, scope, values)))


def by_transformers(cell: Cell, values: dict[str, Any]) -> list[float]:
    from parity.test_transformers import optimization

    def original(name: str) -> Any:
        return getattr(optimization, name)

    stepped = Stepped(original, lambda name: int(name == "get_scheduler"))
    scope = {name: stepped.named(name) for name in conventions.functions("transformers")}
    return list(stepped.rates(evaluated(cell.call, scope, values)))


def by_timm(cell: Cell, values: dict[str, Any]) -> list[float]:
    from parity.test_timm import timm

    stepped = Stepped(lambda name: getattr(timm, name), lambda name: 0)
    scope = {name: stepped.named(name) for name in conventions.functions("timm")}
    live = evaluated(cell.call, scope, values)
    if isinstance(live, tuple):  # create_scheduler_v2 returns a length too
        live, _ = live
    return [float(live._get_lr(t)[0]) for t in range(LAST + 1)]


def by_optax(cell: Cell, values: dict[str, Any]) -> list[float]:
    import jax
    import numpy as np
    import optax

    with jax.enable_x64(True):
        schedule = evaluated(cell.call, vars(optax), values)
        found = jax.vmap(schedule)(jax.numpy.arange(LAST + 1))
        found = np.broadcast_to(np.asarray(found, dtype=np.float64), (LAST + 1,))
    return [float(rate) for rate in found]


def by_keras(cell: Cell, values: dict[str, Any]) -> list[float]:
    from parity.test_keras import keras, original

    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        schedule = evaluated(cell.call, vars(original), values)
        return [float(schedule(t)) for t in range(LAST + 1)]
    finally:
        keras.config.set_floatx(before)


LIBRARY = {
    "torch": by_torch,
    "optax": by_optax,
    "keras": by_keras,
    "transformers": by_transformers,
    "timm": by_timm,
}


@pytest.mark.parametrize(("row", "cell", "values"), CALLS)
def test_the_rates_are_the_same_but_where_the_table_says_that_they_differ(
    row: Row, cell: Cell, values: dict[str, Any]
) -> None:
    said = {
        t
        for t in range(LAST + 1)
        if cell.differs and evaluated(cell.differs, {}, {**values, "t": t})
    }

    assert apart(rates(ours(row, values)), rates(compat(cell, values))) == said


@pytest.mark.parametrize(("row", "cell", "values"), CALLS)
def test_the_library_itself_says_the_same_as_long_as_it_says_anything(
    row: Row, cell: Cell, values: dict[str, Any]
) -> None:
    found = LIBRARY[cell.library](cell, values)
    last = values[cell.until] if cell.until else LAST

    assert last < len(found) <= min(last + 2, LAST + 1)
    assert not apart(rates(compat(cell, values)), found[: last + 1])


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_ends_early_enough_to_see_what_follows(row: Row) -> None:
    for values in VALUES:
        end = ours(row, values).end

        assert end == float("inf") or 2 * end <= LAST


def test_no_difference_is_told_that_is_never_seen() -> None:
    for row in ROWS:
        for cell in row.cells:
            seen = [
                evaluated(cell.differs, {}, {**values, "t": t})
                for values in VALUES
                for t in range(LAST + 1)
                if cell.differs
            ]

            assert any(seen) == bool(cell.differs)
            assert cell.note or not cell.differs


def test_the_values_tell_the_arguments_apart() -> None:
    """Two that are equal in one set of values differ in another."""
    for row in ROWS:
        for cell in row.cells:
            used = conventions.names(cell.call) & set(VALUES[0])
            seen = {name: tuple(str(values[name]) for values in VALUES) for name in used}

            assert len(set(seen.values())) == len(used)


def test_a_wrong_condition_or_call_is_noticed() -> None:
    """Shows that the comparison can fail, by one step and by one part in a million."""
    values = VALUES[0]
    steps = range(LAST + 1)
    some = rates(lrcurves.Cosine(0.1, values["steps"]))

    assert apart(some, rates(lrcurves.Cosine(0.1, values["steps"] + 1))) == set(steps[1:13])
    assert apart(some, rates(lrcurves.Cosine(0.1000001, values["steps"]))) == set(steps[:12])


def test_every_kind_is_in_a_row_or_in_none_of_the_libraries() -> None:
    public = {name for name in KINDS if getattr(lrcurves, name, None) is KINDS[name]}
    used = {name for row in ROWS for name in conventions.names(row.ours)} & public
    used |= {"Sequential" for row in ROWS if ">>" in row.ours}

    assert used | set(NOWHERE) == public
    assert not used & set(NOWHERE)


@pytest.mark.parametrize("library", LIBRARIES)
def test_every_function_of_a_library_is_in_a_row_unless_it_refuses(library: str) -> None:
    there = set(conventions.functions(library))
    calls = [cell.call for row in ROWS for cell in row.cells if cell.library == library]
    called = {name for call in calls for name in conventions.names(call)} & there

    assert called == there - set(conventions.refused(library))


def test_what_an_argument_is_unless_given_is_its_default() -> None:
    for row in ROWS:
        for cell in row.cells:
            there = conventions.functions(cell.library)
            called = [there[name] for name in conventions.names(cell.call) if name in there]
            told = re.findall(r"(\w+) is (\S+) unless given", cell.note)
            assert len(told) == cell.note.count("unless")
            for argument, value in told:
                defaults = [
                    inspect.signature(function).parameters[argument].default
                    for function in called
                    if argument in inspect.signature(function).parameters
                ]
                assert eval(value) in defaults, cell


@pytest.mark.parametrize("library", LIBRARIES)
def test_what_is_said_to_be_refused_is(library: str) -> None:
    for name in conventions.refused(library):
        with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: "):
            conventions.functions(library)[name]()


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_heading_names_real_fields(row: Row) -> None:
    calls = [node for node in ast.walk(ast.parse(row.ours)) if isinstance(node, ast.Call)]
    for call in calls:
        assert isinstance(call.func, ast.Name)
        fields = list(KINDS[call.func.id]._domains)
        assert {keyword.arg for keyword in call.keywords} <= set(fields)
        if len(calls) == 1:  # in a combination one name may be a field of several parts
            for field, given in zip(fields, call.args, strict=False):
                assert not isinstance(given, ast.Name) or given.id == field


def test_the_libraries_of_a_row_are_in_order() -> None:
    for row in ROWS:
        order = [LIBRARIES.index(cell.library) for cell in row.cells]

        assert order == sorted(order)


def test_the_docstring_holds_the_table() -> None:
    source = conventions.PATH.read_text(encoding="utf-8")

    assert conventions.written(source) == source, "python tests/parity/conventions.py --write"


def test_the_table_fits_in_help() -> None:
    import lrcurves.compat

    text = lrcurves.compat.__doc__ or ""

    assert max(map(len, text.splitlines())) <= conventions.WIDTH
    assert all(line.rstrip() == line for line in text.splitlines())


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [cell for row in ROWS for cell in row.cells]

    with capsys.disabled():
        differing = sum(bool(cell.differs) for cell in cells)
        print(
            f"\nconventions: {len(ROWS)} rows, {len(cells)} calls, {differing} of them differ,"
            f" each with {len(VALUES)} sets of values, here and in its library"
        )
    assert len(ROWS) > 40
    assert len(cells) > 100
