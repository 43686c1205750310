"""Schedules as plain data and as text, and what is said of mistakes in them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Annotated, Any

import pytest

from lrcurves import (
    Constant,
    Cosine,
    Exponential,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Repeat,
    Schedule,
    Sequential,
    StepDecay,
    Sum,
    Until,
    define,
)
from lrcurves.schedule import KINDS, Interval, Num, Ops, remaining
from lrcurves.serial import fingerprint, from_dict, from_json, parse, to_dict, to_json

FORMAT_1 = """
{"format": 1, "type": "Sequential", "parts": [
  {"type": "Linear", "base_lr": 0, "final_lr": 0.1, "steps": 500},
  {"type": "Floor", "mode": "offset", "min_lr": 1e-05,
   "schedule": {"type": "Exponential", "base_lr": 0.1, "gamma": 0.5, "every": 700}}]}
"""
"""A file that version 0.1 wrote; it stays readable."""


def test_a_file_of_format_1_reads() -> None:
    s = from_json(FORMAT_1)

    assert repr(s) == (
        "Linear(base_lr=0, final_lr=0.1, steps=500) >> Floor(schedule=Exponential(base_lr=0.1,"
        " gamma=0.5, every=700), min_lr=1e-05, mode='offset')"
    )
    assert from_dict(to_dict(s)) == s
    assert to_dict(s) == json.loads(FORMAT_1)


def test_a_config_file_may_leave_out_what_has_a_default() -> None:
    assert from_dict({"type": "Cosine", "base_lr": 0.1, "steps": 9}) == Cosine(0.1, 9)


def test_the_json_form_is_plain_and_readable() -> None:
    assert to_json(StepDecay(0.1, 0.5, 10)) == (
        '{"format": 1, "type": "StepDecay", "base_lr": 0.1, "gamma": 0.5, "step_size": 10,'
        ' "floor": "direct"}'
    )
    assert to_json(Constant(1), indent=2).count("\n") == 4
    assert from_json(to_json(Constant(1)).encode()) == Constant(1)


def test_classes_take_what_config_systems_give_them() -> None:
    """Hydra instantiates ``_target_: lrcurves.Sequential`` with a list of its own parts."""
    assert Sequential(parts=[Cosine(0.1, 9)]) == Sequential((Cosine(0.1, 9),))  # type: ignore[arg-type]


def test_equal_schedules_have_equal_fingerprints_in_any_process() -> None:
    s = Linear(0, 0.1, 500) >> StepDecay(0.1, 0.5, 10)
    code = (
        "from lrcurves.serial import *;"
        f"print(fingerprint(parse({repr(s)!r})), fingerprint(from_json({to_json(s)!r})))"
    )
    found = set()
    for seed in ("0", "1"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        )
        found |= set(done.stdout.split())

    assert found == {fingerprint(s)}
    assert fingerprint(s) != fingerprint(s.replace(parts=s.parts[:1]))  # type: ignore[attr-defined]


COSINE: dict[str, Any] = {"type": "Cosine", "base_lr": 0.1, "steps": 9}


def within(part: object) -> dict[str, Any]:
    return {"type": "Sequential", "parts": [COSINE, {"type": "Floor", **part}]}  # type: ignore[dict-item]


DATA: list[tuple[Any, type[Exception], str]] = [
    ([], TypeError, "$ must be a dictionary with a type, got []"),
    (None, TypeError, "$ must be a dictionary with a type, got None"),
    ({}, ValueError, "$.type is missing: it names the kind of schedule"),
    ({"type": 3}, TypeError, "$.type must be the name of a schedule, got 3"),
    (
        {"type": "os.system"},
        ValueError,
        "$.type must be the name of a schedule, got 'os.system': import what registers it, by"
        " lrcurves.define, before this is read",
    ),
    (
        {"type": "Cosin"},
        ValueError,
        "$.type must be the name of a schedule, got 'Cosin': did you mean Cosine? If it is your"
        " own, import what registers it, by lrcurves.define, before this is read",
    ),
    (
        {**COSINE, "format": 2},
        ValueError,
        "$.format must be 1, got 2: a newer lrcurves wrote this",
    ),
    ({"type": "Cosine", "base_lr": 1}, ValueError, "$.steps is missing: Cosine needs it"),
    (
        {**COSINE, "step": 1},
        ValueError,
        "$: Cosine has no field 'step', only base_lr, steps, final_lr, power, k_decay",
    ),
    (
        {**COSINE, "steps": "9"},
        TypeError,
        "$.steps must be a finite number > 0, got '9'",
    ),
    (
        within({"schedule": {**COSINE, "steps": 0}, "min_lr": 0}),
        ValueError,
        "$.parts[1].schedule.steps must be a finite number > 0, got 0",
    ),
    (
        within({"schedule": COSINE, "min_lr": 1, "mode": "offset"}),
        ValueError,
        "$.parts[1]: Floor.min_lr must be < 0.1, the first rate of the schedule, in mode"
        " 'offset', got 1.0: put Floor around the part that decays, or use mode='direct'",
    ),
    (
        within({"schedule": 3, "min_lr": 1}),
        TypeError,
        "$.parts[1].schedule must be a schedule, got 3: write Constant(...)",
    ),
    (
        {"type": "Sequential", "parts": [[[[COSINE]]]]},
        TypeError,
        "$.parts[0] must be a schedule, got [[[{'base_lr': 0.1, 'steps': 9, 'type':"
        " 'Cosine'}]]]",
    ),
]


@pytest.mark.parametrize(("data", "kind", "message"), DATA)
def test_bad_data_is_refused_with_its_place(
    data: Any, kind: type[Exception], message: str
) -> None:
    for read in (from_dict, lambda data: from_json(json.dumps(data))):
        with pytest.raises(kind) as error:
            read(data)

        assert str(error.value) == message


@pytest.fixture
def ours() -> Iterator[type[Schedule]]:
    """A kind of a user's own, which refuses one length with an error of its own."""

    class TooRoundError(ValueError):
        def __init__(self, steps: float, why: str) -> None:
            super().__init__(f"{steps:g} is {why}")

    @define
    class Quadratic(Schedule):
        base_lr: Annotated[float, Interval(0)]
        steps: Annotated[float, Interval(1, time=True)] = 10.0

        def _check(self) -> None:
            if self.steps == 1000:
                raise TooRoundError(self.steps, "too round")

        @property
        def end(self) -> float:
            return self.steps

        def _formula(self, t: Num, xp: Ops) -> Num:
            left = remaining(t, self.steps, xp) / self.steps
            return self.base_lr * (left * left)

        @classmethod
        def from_halves(cls, base_lr: float, *, halves: int, **more: Any) -> Schedule:
            return cls(base_lr, 2.0**halves)  # type: ignore[call-arg]

    yield Quadratic
    del KINDS["Quadratic"]


def test_a_kind_of_ones_own_is_saved_and_read_like_any_other(ours: Any) -> None:
    s = ours(0.1, steps=50) >> 2 * ours(0.2)

    assert to_dict(ours(0.1)) == {"format": 1, "type": "Quadratic", "base_lr": 0.1, "steps": 10}
    assert from_dict(to_dict(s)) == from_json(to_json(s)) == parse(repr(s)) == s
    assert from_dict({"type": "Quadratic", "base_lr": 0.1}) == ours(0.1)
    assert parse("Quadratic.from_halves(0.1, halves=3)") == ours(0.1, 8)


def test_a_constructor_of_ones_own_may_take_any_names(ours: Any) -> None:
    assert parse("Quadratic.from_halves(1, halves=3, other=4)") == ours(1, 8)
    with pytest.raises(TypeError, match=r"from_halves: missing a required argument: 'halves'$"):
        parse("Quadratic.from_halves(1, other=4)")


def test_an_error_of_ones_own_is_placed_like_any_other(ours: Any) -> None:
    with pytest.raises(ValueError, match=r"^\$\.parts\[0\]: 1000 is too round$") as error:
        from_dict(
            {"type": "Sum", "parts": [{"type": "Quadratic", "base_lr": 1, "steps": 1000}]}
        )
    assert type(error.value) is ValueError
    with pytest.raises(ValueError, match=r"^column 5: 1000 is too round$"):
        parse("2 * Quadratic(1, 1000)")


def test_a_kind_that_is_not_registered_is_named_with_what_to_do() -> None:
    for name in ("Quadratic", "MyCosine"):
        with pytest.raises(ValueError, match=name) as error:
            from_dict({"type": "Sum", "parts": [{"type": name, "base_lr": 0.1}]})

        assert str(error.value).startswith(
            f"$.parts[0].type must be the name of a schedule, got '{name}': "
        )
        assert str(error.value).endswith(
            "import what registers it, by lrcurves.define, before this is read"
        )


def test_what_could_not_be_read_again_is_not_saved() -> None:
    many = Sum((Constant(1),) * 20_000)
    for write in (to_dict, to_json, fingerprint):
        with pytest.raises(ValueError, match=r"^schedule must hold at most 20000 schedules"):
            write(many)  # type: ignore[operator]
    fewer = many.replace(parts=many.parts[1:])
    assert from_json(to_json(fewer)) == fewer
    assert len(to_dict(fewer)["parts"]) == 19_999


def test_a_recipe_counts_with_what_it_stands_for() -> None:
    cycles = Repeat(Linear(0.1, 0.01, 9), period_mult=1.01)
    several = Sum((cycles,) * 6)

    assert from_dict(to_dict(several)) == several
    with pytest.raises(ValueError, match=r"^schedule must hold at most 20000 schedules"):
        to_dict(Sum((cycles,) * 7))


def test_numbers_count_more_where_they_are_deep() -> None:
    s: Schedule = MultiStep(1, 1, range(100_000))  # type: ignore[arg-type]
    for _ in range(150):
        s = Until(s, 1000)
    assert to_dict(s)["type"] == "Until"
    while s._depth < 200:
        s = Until(s, 1000)
    with pytest.raises(ValueError, match=r"fewer if they are nested deeper than 20$"):
        to_dict(s)


def test_an_expression_may_hold_a_long_table() -> None:
    values, boundaries = (0.5, 1e-3) * 40_000 + (0.25,), range(1, 80_001)
    text = f"PiecewiseConstant([{'0.5, 1e-3,' * 40_000} .25,], boundaries={(*boundaries,)})"

    assert parse(text) == PiecewiseConstant(values, boundaries)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("numbers", "read"),
    [
        ("(1, 2)", (1, 2)),
        ("[ 1 , 2.5,3 ]", (1, 2.5, 3)),
        ("(1_0, 2_0.5, .5e2, 1e+2,)", (10, 20.5, 50, 100)),
        ("(0, -0.0, 1)", (0, 0, 1)),
        ("(1, 1+1, 3, 2*2, 5)", (1, 2, 3, 4, 5)),
        ("(1,)", (1,)),
        ("(\n1,\n2,\n)", (1, 2)),
    ],
)
def test_a_row_of_numbers_reads_as_one_number_after_another(
    numbers: str, read: tuple[float, ...]
) -> None:
    assert parse(f"MultiStep(1, 1, {numbers})") == MultiStep(1, 1, read)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ("(1, 2, -3, 4)", "column 1: MultiStep.milestones[2] must be a finite number >= 0"),
        ("(1, 2, 3", "column 26: ')' is missing"),
        ("(1, 2 3, 4)", "column 23: an operator or a comma is missing before '3'"),
        ("(1, 2,, 4)", "column 23: ',' is not expected here"),
        ("(1, 2, gamma=3)", "column 29: '=' is not expected here"),
        ("(1, 2]", "column 22: ']' closes nothing"),
    ],
)
def test_a_mistake_in_a_row_of_numbers_is_placed(numbers: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the message follows
        parse(f"MultiStep(1, 1, {numbers})")

    assert str(error.value).startswith(message)


def test_only_schedules_can_be_saved() -> None:
    with pytest.raises(TypeError, match="schedule must be a schedule, got 3"):
        to_dict(3)  # type: ignore[arg-type]


SPECS: list[tuple[str, str]] = [
    ("Cosine(0.1, 9", "column 14: ')' is missing"),
    ("Cosine(0.1, 9))", "column 15: ')' closes nothing"),
    ("(Cosine(0.1, 9)]", "column 16: ']' closes nothing"),
    ("", "column 1: an operand is missing"),
    ("Cosine(0.1, 9) >>", "column 18: an operand is missing"),
    ("Cosine(0.1,, 9)", "column 12: ',' is not expected here"),
    ("Cosine(0.1 9)", "column 12: an operator or a comma is missing before '9'"),
    ("Cosine(0.1, steps=9, steps=8)", "column 22: steps is given twice"),
    (
        "Cosine(steps=9, 0.1)",
        "column 20: a positional argument must come before the named ones",
    ),
    ("Cosine(0.1, steps=)", "column 19: an operand is missing"),
    ("Cosine", "column 1: Cosine must be followed by its arguments in brackets"),
    ("Cosine(0.1, 9)(3)", "column 15: '(' is not expected here"),
    ("steps=3", "column 6: '=' is not expected here"),
    ("Cosine(0.1, 3 + steps=9)", "column 22: '=' is not expected here"),
    (
        "cosine(0.1, 9)",
        "column 1: 'cosine' is not the name of a schedule: did you mean Cosine?",
    ),
    (
        "open('x')",
        "column 1: 'open' is not the name of a schedule: lrcurves.define registers new kinds",
    ),
    ("Cosine.from_magic(3)", "column 1: Cosine has no constructor from_magic"),
    ("Cosine.lr(3)", "column 7: '.' is not expected here"),
    (
        "Cosine(0.1, 9) + 3",
        "column 19: '+' does not go with Cosine(base_lr=0.1, steps=9) and 3",
    ),
    (
        "3 - Cosine(0.1, 9)",
        "column 19: '-' does not go with 3 and Cosine(base_lr=0.1, steps=9)",
    ),
    ("Cosine(0.1, 9 / 0)", "column 18: a number is divided by 0"),
    ("Cosine(0.1, 9 >> 3)", "column 19: '>>' does not go with 9 and 3"),
    ("Cosine(0.1, 'a' * 3)", "column 20: '*' does not go with 'a' and 3"),
    ("Cosine(0.1, 9) ? 3", "column 16: '?' is not expected here"),
    ("3", "text must stand for a schedule, got '3'"),
    ("Cosine(0.1, steps=0)", "column 1: Cosine.steps must be a finite number > 0, got 0"),
]


@pytest.mark.parametrize(("text", "message"), SPECS)
def test_a_spec_that_does_not_parse_says_where(text: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message follows
        parse(text)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Cosine(0.1)", "column 1: Cosine: missing a required argument: 'steps'"),
        (
            "Cosine(0.1, 9, step=3)",
            "column 1: Cosine has no field 'step', only base_lr, steps, final_lr, power,"
            " k_decay",
        ),
        (
            "2 * Cosine(0.1, stps=5)",
            "column 5: Cosine has no field 'stps', only base_lr, steps, final_lr, power,"
            " k_decay",
        ),
        (
            "Exponential.from_half_life(0.1, halflife=7)",
            "column 1: Exponential.from_half_life has no argument 'halflife', only base_lr,"
            " half_life",
        ),
        (
            "Cosine(0.1, 9, base_lr=3)",
            "column 1: Cosine: multiple values for argument 'base_lr'",
        ),
        ("Cosine(0.1, None)", "column 1: Cosine.steps must be a finite number > 0, got None"),
        (
            "Exponential.from_half_life(0.1)",
            "column 1: Exponential.from_half_life: missing a required argument: 'half_life'",
        ),
    ],
)
def test_a_spec_with_wrong_arguments_says_which(text: str, message: str) -> None:
    with pytest.raises(TypeError) as error:
        parse(text)

    assert str(error.value) == message


@pytest.mark.parametrize(
    ("text", "schedule"),
    [
        ("Cosine(1e-1, steps=10_000)", Cosine(0.1, 10_000)),
        ("Cosine(.1, steps=9*(1+2)-27/3)", Cosine(0.1, 18)),
        ("Cosine(0.1, steps=--9)", Cosine(0.1, 9)),
        ("  ( Cosine ( 0.1 ,\n9, ) )", Cosine(0.1, 9)),
        ('StepDecay(1, .5, 9, floor="offset")', StepDecay(1, 0.5, 9, "offset")),
        ("Sequential([Cosine(1, 9)])", Sequential((Cosine(1, 9),))),
        ("Cosine(1, 9) * 2", 2 * Cosine(1, 9)),
        (
            "Constant(1) + Constant(2) * Constant(3) * 2",
            Constant(1) + 2 * (Constant(2) * Constant(3)),
        ),
        (
            "Exponential.from_half_life(0.1, half_life=7)",
            Exponential.from_half_life(0.1, half_life=7),
        ),
    ],
)
def test_what_people_write_parses(text: str, schedule: Schedule) -> None:
    assert parse(text) == schedule
