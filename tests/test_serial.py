"""Schedules as plain data and as text; hostile input."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import schedules

from lrcurves import Constant, Cosine, Exponential, Linear, Schedule, Sequential, StepDecay
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
        "$.type must be the name of a schedule, got 'os.system': lrcurves.define registers"
        " new kinds",
    ),
    (
        {"type": "Cosin"},
        ValueError,
        "$.type must be the name of a schedule, got 'Cosin': did you mean Cosine?",
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


def test_only_schedules_can_be_saved() -> None:
    with pytest.raises(TypeError, match="schedule must be a schedule, got 3"):
        to_dict(3)  # type: ignore[arg-type]


@contextmanager
def within_two_seconds() -> Iterator[None]:
    """A second is the promise; a busy machine gets another."""
    start = time.perf_counter()
    yield
    assert time.perf_counter() - start < 2


DEEP = 10**5
JUNK: list[tuple[Callable[[Any], Schedule], Any]] = [
    (from_json, '{"type":"Floor","schedule":' * DEEP),
    (from_json, "[" * DEEP + "]" * DEEP),
    (from_json, '{"type": "Constant", "base_lr": NaN}'),
    (from_json, '{"type": "Constant", "base_lr": -Infinity}'),
    (from_json, '{"type": "Constant", "base_lr": 1e999}'),
    (from_json, '{"type": "Constant", "base_lr": 1' + "0" * 5000 + "}"),
    (from_json, '{"type": "Constant", "base_lr": 1' + "0" * 400 + "}"),
    (from_json, '{"type": "Constant", "base_lr": 1, "base_lr": 2}'),
    (from_json, "x" * 10**7),
    (from_json, "[" + "1," * 10**6 + "1]"),
    (from_json, b"\xff\xfe\x00"),
    (from_json, ""),
    (from_json, 3),
    (parse, "(" * DEEP + ")" * DEEP),
    (parse, "Floor(" * DEEP),
    (parse, "-" * DEEP + "1"),
    (parse, "1+" * DEEP + "1"),
    (parse, "[" * DEEP),
    (parse, "Constant(" + "9" * 5000 + ")"),
    (parse, "Constant(1e999)"),
    (parse, "x" * 10**7),
    (parse, "x" * 10**6),
    (parse, "\x00"),
    (parse, ""),
    (parse, "   "),
    (parse, "()"),
    (parse, "'text'"),
    (parse, "__import__('os').system('true')"),
    (parse, "Cosine.__class__"),
    (parse, "Cosine(0.1, steps=(lambda: 9)())"),
    (parse, b"Constant(1)"),
    (parse, None),
]


@pytest.mark.parametrize(("read", "junk"), JUNK)
def test_hostile_input_is_an_error_and_quick(
    read: Callable[[Any], Schedule], junk: Any
) -> None:
    with within_two_seconds(), pytest.raises((ValueError, TypeError)) as error:
        read(junk)

    assert len(str(error.value)) < 400


def test_data_nested_too_deeply_is_refused() -> None:
    data: dict[str, Any] = COSINE
    for _ in range(DEEP):
        data = {"type": "Until", "steps": 9, "schedule": data}
    with pytest.raises(ValueError, match="nested deeper than 200 schedules"):
        from_dict(data)
    itself: dict[str, Any] = {"type": "Until", "steps": 9}
    itself["schedule"] = itself
    with pytest.raises(ValueError, match="nested deeper than 200 schedules"):
        from_dict(itself)


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


PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.text(max_size=9)
    | st.sampled_from(["Cosine", "Sequential", "Floor", "direct"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["type", "base_lr", "steps", "parts", "schedule", "format", "min_lr"]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=30,
)


@given(PLAIN)
def test_any_data_is_a_schedule_or_a_clear_error(data: Any) -> None:
    for read in (from_dict, lambda data: from_json(json.dumps(data))):
        with suppress(TypeError, ValueError):  # which explain themselves: DATA and JUNK
            assert isinstance(read(data), Schedule)


WORDS = st.sampled_from(
    [
        *("Cosine", "Linear", "Sequential", "Floor", "Exponential.from_half_life", "steps"),
        *("(", ")", "[", "]", ",", "=", ">>", "+", "-", "*", "/", "'a'", "0.1", "9", "1e999"),
        *("parts", "None", "True", ".", "_", "\\", "\n", "#", "é", "0x1", "1_0"),
    ]
)


@given(st.lists(WORDS, max_size=25).map("".join) | st.text())
def test_any_text_is_a_schedule_or_a_clear_error(text: str) -> None:
    with suppress(TypeError, ValueError):
        assert isinstance(parse(text), Schedule)


@given(schedules(), st.data())
def test_a_damaged_file_is_a_schedule_or_a_clear_error(
    s: Schedule, data: st.DataObject
) -> None:
    for write, read in ((to_json, from_json), (repr, parse)):
        text = write(s)  # type: ignore[operator]
        at = data.draw(st.integers(0, len(text)))
        damaged = (
            text[:at]
            + data.draw(st.sampled_from(["", "9", "}", '"', "-", "e"]))
            + text[at + 1 :]
        )
        with suppress(TypeError, ValueError):
            assert isinstance(read(damaged), Schedule)
