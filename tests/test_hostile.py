"""Hostile input: whatever is read is a schedule or a clear error, in about a second.

``python tests/test_hostile.py 600``, with the repository on ``PYTHONPATH``, makes up input for
ten minutes, and prints how many there were of each sort and the slowest.
"""

from __future__ import annotations

import copy
import inspect
import io
import json
import random
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import a_schedule

from lrcurves import Constant, Floor, Schedule
from lrcurves._domains import shown
from lrcurves.cli import main as command
from lrcurves.serial import from_dict, from_json, parse, to_dict, to_json

SECONDS = 1.0
"""The promise, for a core of its own."""

SLOWER = 3.0 if sys.gettrace() is None else 15.0
"""How much slower a shared core is, and Python under a tracer, such as coverage has."""

MILLION = 10**6


@contextmanager
def within_the_promise() -> Iterator[None]:
    start = time.process_time()
    yield
    assert time.process_time() - start < SLOWER * SECONDS


def nested(inner: Any, around: dict[str, Any], times: int, name: str = "schedule") -> Any:
    for _ in range(times):
        inner = {**around, name: inner}
    return inner


def shared(times: int) -> Any:
    """Return data that is small, and 10**times schedules long: each list holds one thing."""
    data: Any = ONE
    for i in range(times):
        data = {"type": "Sum" if i % 2 else "Product", "parts": [data] * 10}
    return data


def itself() -> Any:
    data: dict[str, Any] = {"type": "Until", "steps": 9}
    data["schedule"] = data
    return data


ONE: dict[str, Any] = {"type": "Constant", "base_lr": 1}
STEPS: dict[str, Any] = {"type": "MultiStep", "base_lr": 1, "gamma": 1}
FULL = (
    "must hold at most 20000 schedules, or 1000000 numbers; fewer if they are nested deeper"
    " than 20"
)
DEEP = "$ is nested deeper than 200 schedules"
FINITE = "must be a finite number >= 0, got"

DATA: dict[str, tuple[Any, str]] = {
    "a million parts": ({"type": "Sum", "parts": [ONE] * MILLION}, f"$ {FULL}"),
    "many parts, the last one wrong": (
        {"type": "Sum", "parts": [ONE] * 12_000 + [{"type": "Cosine", "base_lr": 1}]},
        "$.parts[12000].steps is missing: Cosine needs it",
    ),
    "ten million numbers": ({**STEPS, "milestones": range(10**7)}, f"$ {FULL}"),
    "a billion laughs": (shared(9), f"$ {FULL}"),
    "a million numbers, many times": (
        {"type": "Sum", "parts": [{**STEPS, "milestones": [1] * MILLION}] * 9},
        f"$ {FULL}",
    ),
    "many parts, deeply nested": (
        nested({"type": "Sum", "parts": [ONE] * 12_000}, {"type": "Until", "steps": 1}, 150),
        f"$ {FULL}",
    ),
    "too deep": (nested(ONE, {"type": "Until", "steps": 9}, 10**5), DEEP),
    "itself": (itself(), DEEP),
    "too deep lists": (
        {"type": "Sum", "parts": json.loads("[" * 900 + "]" * 900)},
        "$.parts[0] must be a schedule, got [[[[[[[...]]]]]]]",
    ),
    "a million fields": (
        {"type": "Constant", **dict.fromkeys(map(str, range(MILLION)), 1)},
        "$: Constant has no field '0', only base_lr",
    ),
    "a field with a long name, and more in it": (
        {"type": "Constant", "x" * 10**7: {"type": 3}},
        "$: Constant has no field 'xxxx",
    ),
    "a kind with a long name": (
        {"type": "\ud800" * 10**7},
        r"$.type must be the name of a schedule, got '\ud800",
    ),
    "control characters": (
        {"type": "Cosine\x00\x1b[31m\n"},
        r"$.type must be the name of a schedule, got 'Cosine\x00\x1b[31m\n': did you mean",
    ),
    "a huge integer": ({**ONE, "base_lr": 10**5000}, "$.base_lr must be a finite number >= 0"),
    "a huge version": (
        {**ONE, "format": 10**5000},
        "$.format must be 1, got a huge int: a newer",
    ),
    "a version that is text": ({**ONE, "format": "1"}, "$.format must be 1, got '1'"),
    "a version within": (
        {"type": "Sum", "parts": [ONE, {**ONE, "format": 2}]},
        "$.parts[1].format must be 1, got 2: a newer lrcurves wrote this",
    ),
    "not a number": ({**ONE, "base_lr": float("nan")}, f"$.base_lr {FINITE} nan"),
    "infinity": ({**ONE, "base_lr": float("inf")}, f"$.base_lr {FINITE} inf"),
    "a decimal": ({**ONE, "base_lr": Decimal("0.1")}, f"$.base_lr {FINITE} Decimal('0.1')"),
    "an array": ({**ONE, "base_lr": np.zeros(3)}, f"$.base_lr {FINITE} array([0., 0., 0.])"),
    "bytes": ({**STEPS, "milestones": b"12"}, "$.milestones must be a sequence"),
    "a deep place": (
        {
            "type": "Sum",
            "parts": [ONE, nested({**ONE, "base_lr": -1}, {"type": "Until", "steps": 1}, 3)],
        },
        f"$.parts[1].schedule.schedule.schedule.base_lr {FINITE} -1",
    ),
}

TEXT: dict[str, tuple[Any, str]] = {
    "junk": ("x" * 10**7, "text must be JSON, got 'xxx"),
    "more junk": (
        "x" * (10**7 + 1),
        "text must have at most 10000000 characters, got 10000001",
    ),
    "spaces": (" " * 10**7, "text must be JSON, got '   "),
    "brackets": ("[" * 10**5 + "]" * 10**5, "$ is nested deeper than 200 schedules"),
    "braces": ('{"type":"Until","schedule":' * 10**5, "$ is nested deeper than 200 schedules"),
    "a list": ("[" + "1," * MILLION + "1]", "$ must be a dictionary with a type, got [1, 1,"),
    "a million numbers": (
        '{"type":"MultiStep","base_lr":1,"gamma":1,"milestones":[' + "1," * MILLION + "1]}",
        f"$ {FULL}",
    ),
    "many parts": (
        '{"type":"Sum","parts":[' + '{"type":"Constant","base_lr":1},' * 10**5 + "1]}",
        f"$ {FULL}",
    ),
    "not a number": ('{"type":"Constant","base_lr":NaN}', "NaN is not a number"),
    "infinity": ('{"type":"Constant","base_lr":-Infinity}', "-Infinity is not a number"),
    "overflow": ('{"type":"Constant","base_lr":1e999}', f"$.base_lr {FINITE} inf"),
    "underflow": ('{"type":"Cosine","base_lr":1,"steps":1e-999}', "$.steps must be a finite"),
    "a million digits": (
        '{"type":"Constant","base_lr":' + "9" * MILLION + "}",
        f"$.base_lr {FINITE} inf",
    ),
    "many long integers": (
        '{"type":"MultiStep","base_lr":1,"gamma":1,"milestones":['
        + ("9" * 4000 + ",") * 2000
        + "1]}",
        "$.milestones[0] must be a finite number >= 0, got inf",
    ),
    "a million digits after the point": (
        '{"type":"Constant","base_lr":-0.' + "9" * MILLION + "}",
        f"$.base_lr {FINITE} -1.0",
    ),
    "a name given twice": (
        '{"type":"Constant","base_lr":1,"base_lr":2}',
        "'base_lr' is given twice",
    ),
    "one name of a million given twice": (
        "{" + ",".join(f'"{i}":1' for i in range(500_000)) + ',"77":1}',
        "'77' is given twice",
    ),
    "a byte order mark": ('\ufeff{"type":"Constant"}', "text must be JSON, got '\\ufeff{"),
    "half a surrogate": (
        '{"type":"\\ud800"}',
        r"$.type must be the name of a schedule, got '\ud800'",
    ),
    "control characters": ('{"type":"Cosine\n"}', "text must be JSON, got"),
    "bytes that are no text": (b"\xff\xfe\x00", "text must be JSON, got b'\\xff\\xfe\\x00'"),
    "null bytes": (b"\0" * 10**7, "text must be JSON, got '\\x00"),
    "nothing": ("", "text must be JSON, got ''"),
    "a number": ("3", "$ must be a dictionary with a type, got 3"),
    "null": ("null", "$ must be a dictionary with a type, got None"),
    "no text": (3, "text must be JSON text, got 3"),
}

MOST_TOKENS = "text must have at most 200000 words and signs"

SPECS: dict[str, tuple[Any, str]] = {
    "a sum of ones": ("1+" * 499_999 + "1", f"column 200001: {MOST_TOKENS}"),
    "copies": ("Repeat(Cosine(1,1),period_mult=1.0004)", "Repeat.period_mult must be 1, or so"),
    "copies of copies": (
        "Repeat(" * 3 + "Cosine(1,1)" + ",period_mult=1.0005,count=2000)" * 3,
        "Repeat.period_mult must be 1, or so",
    ),
    "signs": ("-" * 999_999 + "1", f"column 200001: {MOST_TOKENS}"),
    "a product": ("1*" * 490_000 + "Constant(1)", f"column 200001: {MOST_TOKENS}"),
    "a tuple": ("(" + "1," * 490_000 + ")", "text must stand for a schedule, got '(1,1,"),
    "a tuple of sums": ("(" + "1+1," * 240_000 + ")", f"column 200001: {MOST_TOKENS}"),
    "recipes": ("WarmupCosine(1,9,1)+" * 49_000 + "1", f"text {FULL}"),
    "cycles": (
        "Repeat(Cosine(1,9),period_mult=1.02)+" * 20_000 + "1",
        f"text {FULL}",
    ),
    "tuples": ("(" + "(1,2)," * 160_000 + ")", MOST_TOKENS),
    "a sum": ("Constant(1)+" * 80_000 + "1", f"text {FULL}"),
    "a sequence": ("Until(Constant(1),1)>>" * 40_000 + "1", f"text {FULL}"),
    "parts": ("Sum((" + "Constant(1)," * 80_000 + "))", f"text {FULL}"),
    "deep parts": (
        "Sum((" * 190 + "Constant(1)," * 80_000 + "))" * 190,
        f"text {FULL}",
    ),
    "arguments": (
        "Constant(" + ",".join(f"a{i}=1" for i in range(90_000)) + ")",
        f"{MOST_TOKENS}",
    ),
    "positional arguments": (
        "Constant(" + "1," * 40_000 + ")",
        "column 1: Constant: too many positional arguments",
    ),
    "doubled": ("Constant(1)" + "*2" * 490_000, "Scale is nested deeper than 200 schedules"),
    "brackets": ("(" * MILLION, "column 403: brackets are nested deeper than 402"),
    "calls": ("Until(" * 160_000, "brackets are nested deeper than 402"),
    "digits": ("Constant(" + "9" * 999_900 + ")", f"column 1: Constant.base_lr {FINITE} inf"),
    "digits without a comma": ("(" + "9" * 999_900, "')' is missing"),
    "underscores": ("Constant(" + "1_" * 499_000 + ")", "is missing before '_'"),
    "overflow": ("Constant(1e999)", f"column 1: Constant.base_lr {FINITE} inf"),
    "no number": ("Constant(1e999-1e999)", f"column 1: Constant.base_lr {FINITE} nan"),
    "a long name": ("x" * 999_000 + "(", "is not the name of a schedule"),
    "a long constructor": ("Cosine.from_" + "x" * 900_000 + "(", "has no constructor from_xxx"),
    "a long keyword": (
        "Constant(" + "x" * 400_000 + "=1," + "x" * 400_000 + "=1)",
        "xxx is given twice",
    ),
    "a long string": ("Constant('" + "x" * 900_000 + "')", f"Constant.base_lr {FINITE} 'xxx"),
    "lines": ("\n" * 999_999 + "?", "column 1000000: '?' is not expected here"),
    "too long": (" " * (MILLION + 1), "text must have at most 1000000 characters"),
    "a surrogate": ("\ud800", r"column 1: '\ud800' is not expected here"),
    "a null byte": ("\0", r"column 1: '\x00' is not expected here"),
    "a byte order mark": ("\ufeffConstant(1)", r"column 1: '\ufeff' is not expected here"),
    "digits of another script": ("Constant(٣)", "column 10: '٣' is not expected here"),
    "an import": ("__import__('os').system('true')", "'__import__' is not the name of a"),
    "an attribute": ("Cosine.__class__", "column 7: '.' is not expected here"),
    "a lambda": ("Constant((lambda: 1)())", "is not expected here"),
    "an endless part": (
        "Constant(1) >> Constant(2)",
        "column 27: Sequential.parts[0] must end before parts[1] can start",
    ),
    "a negative factor": ("Constant(1) * -2", "column 17: Scale.by must be"),
    "a factor before": ("(0-2) * Constant(1)", "column 20: Scale.by must be"),
    "no text": (b"Constant(1)", "text must be a string, got b'Constant(1)'"),
}


def refused(read: Callable[[Any], Schedule], given: Any, message: str) -> None:
    with within_the_promise(), pytest.raises((TypeError, ValueError)) as error:
        read(given)

    assert message in str(error.value)
    assert len(str(error.value)) < 600
    assert type(error.value) in (TypeError, ValueError)


@pytest.mark.parametrize(("data", "message"), DATA.values(), ids=DATA)
def test_hostile_data_is_refused_in_time(data: Any, message: str) -> None:
    refused(from_dict, data, message)


@pytest.mark.parametrize(("text", "message"), TEXT.values(), ids=TEXT)
def test_hostile_json_is_refused_in_time(text: Any, message: str) -> None:
    refused(from_json, text, message)


@pytest.mark.parametrize(("text", "message"), SPECS.values(), ids=SPECS)
def test_a_hostile_expression_is_refused_in_time(text: Any, message: str) -> None:
    refused(parse, text, message)


def deeply(frames: int, call: Callable[[], Any]) -> Any:
    """Return what a call returns that so many others surround."""
    return deeply(frames - 1, call) if frames else call()


@pytest.mark.parametrize("left", [40, 100, 150])
def test_a_stack_that_is_nearly_used_up_is_an_error_like_any_other(left: int) -> None:
    s: Schedule = Constant(1)
    for _ in range(190):
        s = Floor(s, 0.5, mode="offset")
    frames = sys.getrecursionlimit() - len(inspect.stack()) - left
    for read, written in ((from_dict, to_dict(s)), (parse, repr(s)), (from_json, to_json(s))):
        with pytest.raises(ValueError, match=r"^(\$|text) is nested") as error:
            deeply(frames, partial(read, written))  # type: ignore[arg-type]
        assert "stack" in str(error.value) or "200 schedules" in str(error.value)
        assert read(written) == s  # type: ignore[operator]


class Sort(NamedTuple):
    """A sort of input, and what is to be done with it."""

    made: Callable[[random.Random], Any]
    read: Callable[[Any], Any]


VALUES: tuple[Any, ...] = (
    *(None, True, False, -1, 0, 0.5, 2, 1e308, 5e-324, -0.0, 2**53 + 1, 10**400, 10**5000),
    *(float("nan"), float("inf"), float("-inf"), "9", "nan", "direct", "", "\ud800", "x" * 999),
    *(b"9", [], {}, [[]], [1, 2], [0.1, None], {"type": "Cosine"}, (), range(3), {1, 2}),
    *(1j, Decimal("NaN"), Fraction(1, 3), np.float32(1), np.zeros(2), object(), Constant(1)),
    *({"type": "os.system"}, {"type": ["Cosine"]}, {"format": 2}, {3: 4}, ONE),
)
"""What may stand where something else should."""

NAMES = (
    "type",
    "format",
    "schedule",
    "parts",
    "steps",
    "base_lr",
    "",
    "\ud800",
    "__class__",
    3,
)


def some_data(rng: random.Random) -> Any:
    """Return the saved form of a schedule with up to four things wrong in it, or no such."""
    if rng.random() < 0.1:
        return rng.choice(VALUES)
    data = to_dict(a_schedule(rng, 3))
    for _ in range(rng.randint(1, 4)):
        box = rng.choice(list(boxes(data)))
        keys = list(box) if isinstance(box, dict) else list(range(len(box)))
        if not keys:
            continue
        key, way = rng.choice(keys), rng.randrange(5)
        value = copy.copy(rng.choice(VALUES))
        if way == 0:
            box[key] = value
        elif way == 1:
            del box[key]
        elif way == 2:
            box[key] = rng.choice(
                [[box[key]], [box[key]] * 3, {"type": "Sum", "parts": box[key]}]
            )
        elif way == 3 and isinstance(box, dict):
            box[rng.choice(NAMES)] = value
        else:  # a part becomes another
            box[key] = copy.deepcopy(rng.choice(list(boxes(data))))
    return data


def boxes(data: Any) -> Iterator[Any]:
    """Yield the dictionaries and lists in plain data."""
    if isinstance(data, dict | list):
        yield data
        for value in list(data.values()) if isinstance(data, dict) else data:
            yield from boxes(value)


TOKENS = (
    *(
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "=",
        '"',
        "'",
        "\\",
        "+",
        "-",
        "*",
        "/",
        ">>",
        "#",
    ),
    *("0", "9", "1e999", "-1", "1_0", "0x1", ".", "e", "NaN", "null", "None", "True", "true"),
    *("Cosine", "Sequential((", "Until(", "from_half_life", "steps", "parts", "lambda: 1"),
    *(
        " ",
        "\n",
        "\0",
        "\x1b[31m",
        "\ud800",
        "\ufeff",
        "é",
        "٣",
        "9" * 500,
        "(" * 500,
        "x" * 500,
    ),
    *("[" * 300, "1+" * 300, ".json", "-", "{", "__import__('os')", "1.0", "0.5"),
)


def some_text(rng: random.Random) -> str:
    """Return a schedule as text with up to four things wrong in it, or words at random."""
    if rng.random() < 0.2:
        return "".join(rng.choices(TOKENS, k=rng.randint(0, 25)))
    s = a_schedule(rng, rng.randint(1, 3))
    text = to_json(s) if rng.random() < 0.5 else repr(s)
    for _ in range(rng.randint(1, 4)):
        start = rng.randrange(len(text) + 1)
        stop = min(start + rng.choice((0, 1, 1, 5, 50)), len(text))
        cut = text[start:stop]
        new = rng.choice((rng.choice(TOKENS), "", cut * rng.choice((2, 3, 50)), cut[::-1]))
        text = text[:start] + new + text[stop:]
    return text


def some_command(rng: random.Random) -> list[str]:
    """Return arguments of the command line, most of them about a schedule."""
    text = some_text(rng) if rng.random() < 0.7 else repr(a_schedule(rng, 2))
    steps = rng.choice(("10", "1e3", "1", "0", "-1", "nan", "1e999", "5ep", "x", "9" * 30, ""))
    arguments = [rng.choice(("show", "check", "table", "check", "nothing")), text]
    if rng.random() < 0.9:
        arguments += ["--steps", rng.choice((steps, "7"))]
    if rng.random() < 0.2:
        arguments.insert(
            rng.randrange(4) % len(arguments), rng.choice((*TOKENS, "--log", "--json"))
        )
    # "-" reads from standard input, and the length of the run is the length of a table.
    return [argument for argument in arguments if argument != "-"]


def checked(read: Callable[[Any], Schedule], given: Any, places: tuple[str, ...]) -> None:
    """Read something, and require a schedule that can be saved, or an error with its place."""
    refusal: Exception | None = None
    try:
        s = read(given)
    except (TypeError, ValueError) as error:
        refusal = error
    if refusal is None:
        assert from_dict(to_dict(s)) == s == parse(repr(s))
    else:
        assert type(refusal) in (TypeError, ValueError)
        assert str(refusal).startswith(places), refusal
        assert len(str(refusal)) < 2000


def commanded(arguments: list[str]) -> None:
    """Run a command, and require an exit status and at most one line about what is wrong."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            status = command(arguments)
        except SystemExit as left:
            status = left.code
    assert status in (0, 1, 2)
    assert err.getvalue().count("\n") == (status == 2), err.getvalue()
    assert len(err.getvalue()) < 4000


SORTS = {
    "from_dict": Sort(some_data, lambda data: checked(from_dict, data, ("$",))),
    "from_json": Sort(some_text, lambda text: checked(from_json, text, ("$", "text "))),
    "parse": Sort(some_text, lambda text: checked(parse, text, ("column ", "text "))),
    "the command line": Sort(some_command, commanded),
}


@pytest.mark.parametrize("name", SORTS)
@given(data=st.data())
def test_any_input_is_a_schedule_or_a_clear_error(name: str, data: st.DataObject) -> None:
    sort = SORTS[name]
    made = sort.made(data.draw(st.randoms(use_true_random=False)))

    with within_the_promise():
        sort.read(made)


def main(seconds: float, seed: int = 0) -> None:
    """Print how many inputs of each sort were read in so many seconds, and the slowest."""
    begin = time.monotonic()
    counts, slowest = dict.fromkeys(SORTS, 0), dict.fromkeys(SORTS, (0.0, ""))
    while time.monotonic() - begin < seconds:
        for name, sort in SORTS.items():
            made = sort.made(random.Random(f"{seed} {name}"))
            start = time.process_time()
            try:
                sort.read(made)
            except BaseException:
                print(f"{name}, seed {seed}: {shown(made, 2000)}", flush=True)
                raise
            took = time.process_time() - start
            counts[name] += 1
            slowest[name] = max(slowest[name], (took, shown(made, 300)))
        seed += 1
    for name, (took, text) in slowest.items():
        print(f"{name}: {counts[name]} inputs, the slowest in {took:.3f} s: {text}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 60.0, *map(int, sys.argv[2:]))
