"""Epochs, percent, samples and tokens as steps: exact, rounded one way, and in the open."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from lrcurves import WSD, WarmupCosine
from lrcurves.clock import Clock

CLOCK = Clock(391, 35_190, samples_per_step=128, tokens_per_step=65_536)
LARGEST = 2**53

counts = st.integers(1, 10**7)
decimals = st.decimals(0, 1000, places=3).map(str)
"""Numbers as people write them, of at most three decimals."""


# amounts ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("amount", "steps"),
    [
        (500, 500),
        (500.0, 500),
        (0, 0),
        (np.int64(500), 500),
        (np.float32(500), 500),
        (Fraction(1000, 2), 500),
        ("500", 500),
        (" 500 steps ", 500),
        ("1 step", 1),
        ("7updates", 7),
        ("1 update", 1),
        ("10_000", 10_000),
        ("1e6", 10**6),
        ("1.5E+3", 1500),
        ("5.", 5),
        ("+5", 5),
        ("0.5k", 500),
        ("10K steps", 10_000),
        ("2M", 2 * 10**6),
        ("3 G", 3 * 10**9),
        ("1T steps", 10**12),
        ("5ep", 1955),
        ("5 EP", 1955),
        ("5 epochs", 1955),
        ("1 Epoch", 391),
        ("2.5ep", 978),
        (".5ep", 196),
        ("0ep", 0),
        ("10%", 3519),
        ("10 %", 3519),
        ("100%", 35_190),
        ("3 percent", 1056),
        ("0%", 0),
        ("0.001%", 1),
        ("128 samples", 1),
        ("129 samples", 2),
        ("1 sample", 1),
        ("2.5M samples", 19_532),
        ("2.5 Msp", 19_532),
        ("1 token", 1),
        ("3B tokens", 45_777),
        ("3Gtok", 45_777),
        (str(LARGEST), LARGEST),
        (LARGEST, LARGEST),
    ],
)
def test_an_amount_is_a_number_of_steps(amount: Any, steps: int) -> None:
    value = CLOCK.steps(amount)

    assert value == steps
    assert type(value) is int


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (500, "500 steps"),
        ("1", "1 step"),
        ("5ep", "5 epochs x 391 steps = 1955 steps"),
        ("1ep", "1 epoch x 391 steps = 391 steps"),
        ("2.5ep", "2.5 epochs x 391 steps = 977.5, rounded up to 978 steps"),
        ("10%", "10% of 35190 steps = 3519 steps"),
        ("3 percent", "3% of 35190 steps = 1055.7, rounded up to 1056 steps"),
        ("128 samples", "128 samples / 128 a step = 1 step"),
        ("1sp", "1 sample / 128 a step = 0.0078125, rounded up to 1 step"),
        ("2.5M samples", "2500000 samples / 128 a step = 19531.25, rounded up to 19532 steps"),
        ("65536 tokens", "65536 tokens / 65536 a step = 1 step"),
        ("1tok", "1 token / 65536 a step = 1.52587890625e-05, rounded up to 1 step"),
    ],
)
def test_the_arithmetic_of_an_amount_is_shown(amount: Any, text: str) -> None:
    assert CLOCK.explain(amount) == text


def test_a_single_step_is_no_plural() -> None:
    clock = Clock(steps_per_epoch=1, total_steps=1)

    assert clock.explain("1ep") == "1 epoch x 1 step = 1 step"
    assert clock.explain("50%") == "50% of 1 step = 0.5, rounded up to 1 step"


def test_a_mean_is_shown_with_twelve_digits() -> None:
    clock = Clock(samples_per_step=Fraction(100, 3))

    assert clock.explain("100 samples") == "100 samples / 33.3333333333 a step = 3 steps"


@given(number=decimals, length=counts)
def test_a_share_is_exact_and_rounded_up(number: str, length: int) -> None:
    clock = Clock(steps_per_epoch=length, total_steps=length)
    exact = Fraction(number) * length

    assert clock.steps(f"{number}ep") == math.ceil(exact)
    assert clock.steps(f"{number}%") == math.ceil(exact / 100)


@given(number=decimals, size=st.decimals("0.001", 10**6, places=3))
def test_samples_and_tokens_are_exact_and_rounded_up(number: str, size: Any) -> None:
    clock = Clock(samples_per_step=float(size), tokens_per_step=float(size))
    exact = Fraction(number) * 1000 / Fraction(size)

    assert clock.steps(f"{number}k samples") == math.ceil(exact)
    assert clock.steps(f"{number}k tokens") == math.ceil(exact)


@pytest.mark.parametrize(
    ("amount", "total", "steps"), [("10%", 1000, 100), ("0.1%", 3000, 3), ("7%", 100, 7)]
)
def test_decimals_are_taken_as_they_are_written(amount: str, total: int, steps: int) -> None:
    """In floats 7 % of 100 is above 7, and would be rounded up to 8."""
    assert Clock(total_steps=total).steps(amount) == steps


@given(length=counts, share=st.integers(1, 100))
def test_nothing_above_zero_becomes_zero(length: int, share: int) -> None:
    assert Clock(total_steps=length).steps(f"{share / 1000}%") >= 1


@given(t=st.integers(0, 10**7), clock=st.builds(Clock, counts, counts, counts, counts))
def test_what_is_over_after_t_steps_takes_t_steps(t: int, clock: Clock) -> None:
    """The number of steps is that of the first step by which so much of the run is over."""
    for field, unit in (("samples_per_step", "samples"), ("tokens_per_step", "tokens")):
        seen = t * getattr(clock, field)
        assert clock.steps(f"{seen} {unit}") == t
        assert clock.steps(f"{seen + 1} {unit}") == t + 1


def test_steps_from_a_clock_go_into_schedules() -> None:
    s = WarmupCosine(0.1, steps=CLOCK.steps("100%"), warmup=CLOCK.steps("5ep"))

    assert (s.end, s.lr(1955), s.lr(35_190)) == (35_190, 0.1, 0)
    warmup = CLOCK.steps("0.1%")
    WSD(0.1, steps=CLOCK.steps("1ep"), warmup=warmup, decay=391 - warmup)


# the other way ----------------------------------------------------------------------------


def test_a_time_is_shown_in_every_unit() -> None:
    shown = [CLOCK.epochs(1955), CLOCK.percent(3519), CLOCK.samples(10), CLOCK.tokens(0.5)]

    assert shown == [5.0, 10.0, 1280.0, 32_768.0]
    assert {type(x) for x in shown} == {float}


@given(t=st.integers(0, 10**7), length=counts)
def test_the_way_back_is_exact_to_an_eps(t: int, length: int) -> None:
    clock = Clock(length, length, length / 8, Fraction(length, 7))
    for value, exact in (
        (clock.epochs(t), Fraction(t, length)),
        (clock.percent(t), Fraction(100 * t, length)),
        (clock.samples(t), Fraction(t * length, 8)),
        (clock.tokens(t), Fraction(t * length, 7)),
    ):
        assert abs(Fraction(value) - exact) <= exact / 2**52


def test_an_axis_is_labelled_with_arrays() -> None:
    """A margin of a plot goes below 0, which an array may do too."""
    ts = np.array([[-391.0, 0.0], [391.0, 782.0]])

    assert CLOCK.epochs(ts).tolist() == [[-1, 0], [1, 2]]
    assert CLOCK.percent(np.array([35_190])).tolist() == [100]
    assert CLOCK.samples(np.arange(3)).tolist() == [0, 128, 256]
    assert CLOCK.tokens(np.array(2)) == 131_072
    assert type(CLOCK.epochs(np.float32(391))) is float


# data -------------------------------------------------------------------------------------


def test_the_arithmetic_of_a_data_set_is_shown() -> None:
    clock = Clock.from_data(50_001, 32, processes=4, accumulate=2, epochs=1.5)

    assert clock.arithmetic.splitlines() == [
        "50001 examples / 4 processes = 12501 examples each (3 repeated)",
        "12501 examples / 32 a batch = 391 batches (the last of 21)",
        "391 batches / 2 a step = 196 steps an epoch (the last of 1)",
        "1.5 epochs x 196 steps = 294 steps",
    ]


def test_what_is_left_out_is_shown() -> None:
    clock = Clock.from_data(50_003, 32, processes=4, drop_last=True)

    assert clock.arithmetic.splitlines() == [
        "50003 examples / 4 processes = 12500 examples each (3 left out)",
        "12500 examples / 32 a batch = 390 batches (20 left out)",
        "390 batches / 1 a step = 390 steps an epoch",
    ]


def test_what_comes_out_even_is_shown_without_a_remark() -> None:
    clock = Clock.from_data(1, 1, epochs=1)

    assert clock.arithmetic.splitlines() == [
        "1 example / 1 process = 1 example each",
        "1 example / 1 a batch = 1 batch",
        "1 batch / 1 a step = 1 step an epoch",
        "1 epoch x 1 step = 1 step",
    ]


def test_another_clock_shows_its_fields() -> None:
    assert CLOCK.arithmetic.splitlines() == [
        "391 steps an epoch",
        "35190 steps in all",
        "128 samples a step",
        "65536 tokens a step",
    ]
    assert Clock().arithmetic == ""


def loop(
    examples: int, batch: int, processes: int, accumulate: int, sampler: bool, loader: bool
) -> tuple[int, int]:
    """Run an epoch of torch's own loaders; return the steps, and the examples seen in them."""
    from torch.utils.data import DataLoader, DistributedSampler

    steps = set()
    seen = 0
    for rank in range(processes):
        data: Any = range(examples)
        shares: Any = DistributedSampler(
            data, processes, rank, shuffle=False, drop_last=sampler
        )
        batches = list(DataLoader(data, batch, sampler=shares, drop_last=loader))
        seen += sum(len(drawn) for drawn in batches)
        updates = 0
        for i in range(len(batches)):
            updates += (i + 1) % accumulate == 0 or i + 1 == len(batches)
        steps.add(updates)
    (number,) = steps
    return number, seen


@given(
    examples=st.integers(1, 60),
    batch=st.integers(1, 9),
    processes=st.integers(1, 5),
    accumulate=st.integers(1, 4),
    drop_last=st.sampled_from([False, True, "loader"]),
)
def test_an_epoch_has_the_steps_of_the_loaders_of_torch(
    examples: int, batch: int, processes: int, accumulate: int, drop_last: bool | str
) -> None:
    sampler, loader = drop_last is True, drop_last is not False
    steps, seen = loop(examples, batch, processes, accumulate, sampler, loader)
    if not steps:
        with pytest.raises(ValueError, match=r"^Clock.from_data: examples must fill a batch"):
            Clock.from_data(examples, batch, processes, accumulate, drop_last=drop_last)
        return
    clock = Clock.from_data(examples, batch, processes, accumulate, drop_last=drop_last)

    assert clock.steps_per_epoch == steps
    assert clock.samples_per_step == Fraction(seen, steps)
    assert clock.steps(f"{seen} samples") == steps


@given(
    examples=st.integers(1, 60),
    batch=st.integers(1, 9),
    processes=st.integers(1, 5),
    drop_last=st.booleans(),
)
def test_a_process_has_the_batches_of_the_loaders_of_accelerate(
    examples: int, batch: int, processes: int, drop_last: bool
) -> None:
    from accelerate.data_loader import BatchSamplerShard
    from torch.utils.data import BatchSampler

    every = BatchSampler(range(examples), batch, drop_last)
    found = {len(list(BatchSamplerShard(every, processes, i))) for i in range(processes)}
    assume(found != {0})

    (batches,) = found
    clock = Clock.from_data(examples, batch, processes, drop_last=drop_last)
    assert clock.steps_per_epoch == batches


@pytest.mark.parametrize(("drop_last", "steps"), [(False, 1), ("loader", 1)])
def test_a_loader_that_drops_takes_a_batch_of_repeats(
    drop_last: bool | str, steps: int
) -> None:
    """7 examples for 2 processes are 4 each with a repeated one, a full batch; else 3, none."""
    assert Clock.from_data(7, 4, 2, drop_last=drop_last).steps_per_epoch == steps
    with pytest.raises(ValueError, match="got 7 for processes=2 and batch_size=4"):
        Clock.from_data(7, 4, 2, drop_last=True)


@given(examples=counts, batch=st.integers(1, 1000), epochs=st.decimals("0.1", 300, places=1))
def test_a_fraction_of_an_epoch_is_rounded_up_once(
    examples: int, batch: int, epochs: Any
) -> None:
    clock = Clock.from_data(examples, batch, epochs=float(epochs))

    assert clock.steps_per_epoch == math.ceil(Fraction(examples, batch))
    assert clock.total_steps == math.ceil(Fraction(epochs) * clock.steps_per_epoch)
    assert clock.total_steps == clock.steps(f"{epochs}ep")


def test_tokens_follow_from_the_length_of_a_sequence() -> None:
    clock = Clock.from_data(1000, 8, processes=2, accumulate=5, tokens_per_example=2048)

    assert (clock.steps_per_epoch, clock.samples_per_step) == (13, Fraction(1000, 13))
    assert clock.tokens_per_step == Fraction(2_048_000, 13)
    assert clock.steps("2048000 tokens") == 13
    assert Clock.from_data(10, 2, tokens_per_example=0.1).tokens_per_step == Fraction(1, 5)


def test_a_data_set_of_numpy_numbers_gives_python_ones() -> None:
    clock = Clock.from_data(np.int64(1000), np.int32(64), epochs=np.float32(3))  # type: ignore[arg-type]

    assert repr(clock) == repr(Clock.from_data(1000, 64, epochs=3))


# the value --------------------------------------------------------------------------------


def test_a_clock_is_a_value() -> None:
    clock = Clock.from_data(50_000, 128, epochs=90)

    assert clock == Clock(391, 35_190, Fraction(50_000, 391))
    assert hash(clock) == hash(Clock(391.0, 35_190.0, Fraction(50_000, 391)))  # type: ignore[arg-type]
    assert eval(repr(clock)) == clock
    assert clock != Clock(391, 35_190)
    assert dataclasses.replace(clock, total_steps=391).epochs(391) == 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        clock.total_steps = 3  # type: ignore[misc]


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_is_the_same(copied: Any) -> None:
    assert copied(CLOCK) == CLOCK


def test_a_pickled_clock_keeps_its_arithmetic() -> None:
    clock = Clock.from_data(50_000, 128, epochs=90)
    again = pickle.loads(pickle.dumps(clock))

    assert again == clock
    assert again.arithmetic == clock.arithmetic


def test_numbers_are_stored_in_their_plainest_form() -> None:
    clock = Clock(391.0, None, Fraction(128), Fraction(1, 4))  # type: ignore[arg-type]

    text = "Clock(steps_per_epoch=391, samples_per_step=128, tokens_per_step=0.25)"
    assert repr(clock) == text
    assert type(Clock(total_steps=np.int64(500)).total_steps) is int  # type: ignore[arg-type]
    assert Clock(samples_per_step=np.float64(1.5)).samples_per_step.__class__ is float


# errors -----------------------------------------------------------------------------------

RULE = (
    "amount must be a whole number of steps >= 0, or a text such as '5ep', '10%',"
    " '2.5M samples', got"
)
UNITS = "amount must be in steps, epochs (ep), %, samples (sp) or tokens (tok), got"
MULTIPLIES = "k, M, B and T multiply the unit that follows"


@pytest.mark.parametrize("method", ["steps", "explain"])
@pytest.mark.parametrize(
    ("amount", "message"),
    [
        *[(x, f"{RULE} {x!r}") for x in (-1, -0.5, math.inf, math.nan)],
        *[
            (x, f"{RULE} {x!r}")
            for x in ("", "ep", "%", "m", "-5ep", "1.2.3ep", "1__0", "1/3", "5,000", "1e400")
        ],
        *[(x, f"{RULE} {x!r}") for x in ("inf", "nan", "0x10", "٣ep", "5 6", ".", "_")],
        ("9" * 41, f"{RULE} '{'9' * 41}'"),
        (10**400, f"{RULE.removesuffix(', got')}, got a number too large for a float"),
        *[
            (x, f"{UNITS} {x!r}: {MULTIPLIES}")
            for x in ("5 furlongs", "5m", "5e", "5 kk", "5 steps!", "5%%", "5s", "5M b", "-0x")
        ],
        (
            0.03,
            "amount must be a whole number of steps, got 0.03: for a share of the run write"
            " '3%', which is 1056 steps",
        ),
        (
            "0.03",
            "amount must be a whole number of steps, got '0.03': for a share of the run write"
            " '3%', which is 1056 steps",
        ),
        (
            1e-300,
            "amount must be a whole number of steps, got 1e-300: for a share of the run write"
            " '1e-298%', which is 1 step",
        ),
        (
            2.5,
            "amount must be a whole number of steps, got 2.5: write its unit, such as 'ep'",
        ),
        (
            "1.0005k",
            "amount must be a whole number of steps, got '1.0005k': write its unit, such as"
            " 'ep'",
        ),
        (1e300, f"amount must be at most {LARGEST} steps, got 1e+300"),
        (LARGEST + 2, f"amount must be at most {LARGEST} steps, got {LARGEST + 2}"),
        ("1e17 ep", f"amount must be at most {LARGEST} steps, got '1e17 ep'"),
        ("9e99T%", f"amount must be at most {LARGEST} steps, got '9e99T%'"),
        ("1e30 tokens", f"amount must be at most {LARGEST} steps, got '1e30 tokens'"),
    ],
)
def test_an_amount_that_means_nothing_is_refused(
    method: str, amount: Any, message: str
) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        getattr(CLOCK, method)(amount)

    assert str(caught.value) == f"Clock.{method}: {message}"


@pytest.mark.parametrize("amount", [True, None, 1j, b"5ep", [5], np.array([5])])
def test_an_amount_that_is_no_number_is_refused(amount: Any) -> None:
    with pytest.raises(TypeError, match=r"^Clock.steps: amount must be a whole number of st"):
        CLOCK.steps(amount)


def test_without_a_total_a_share_is_not_counted() -> None:
    with pytest.raises(ValueError, match=r"for a share of the run write '3%'$"):
        Clock().steps(0.03)


@given(text=st.text(max_size=12) | st.from_regex(r"[0-9.eE_]{1,6} ?[kMBT]? ?[a-z%]{0,4}"))
def test_any_text_is_a_number_of_steps_or_refused(text: str) -> None:
    steps, message = 0, "Clock.steps: amount must be "
    try:
        steps = CLOCK.steps(text)
    except ValueError as error:
        message = str(error)

    assert message.startswith("Clock.steps: amount must be ")
    assert 0 <= steps <= LARGEST


@pytest.mark.parametrize(
    ("amount", "method", "field", "unit"),
    [
        ("5ep", "epochs", "steps_per_epoch", "epochs"),
        ("10%", "percent", "total_steps", "%"),
        ("10M samples", "samples", "samples_per_step", "samples"),
        ("3Btok", "tokens", "tokens_per_step", "tokens"),
    ],
)
def test_a_unit_of_unknown_length_names_the_field_that_says_it(
    amount: str, method: str, field: str, unit: str
) -> None:
    message = (
        f"^Clock.{field} must be known to convert {unit}, got None:"
        rf" Clock\({field}=\.\.\.\) says it$"
    )
    for clock in (Clock(), dataclasses.replace(CLOCK, **{field: None})):
        with pytest.raises(ValueError, match=message):
            clock.steps(amount)
        with pytest.raises(ValueError, match=message):
            getattr(clock, method)(10)


@pytest.mark.parametrize("method", ["epochs", "percent", "samples", "tokens"])
def test_a_time_that_is_none_is_refused(method: str) -> None:
    rule = f"^Clock.{method}: t must be a finite number >= 0, or an array, got "
    for wrong in (-1, math.nan, math.inf):
        with pytest.raises(ValueError, match=rule):
            getattr(CLOCK, method)(wrong)
    for kind in (True, "5ep", None, [1, 2]):
        with pytest.raises(TypeError, match=rule):
            getattr(CLOCK, method)(kind)


COUNT = "a whole number >= 1 and <= 9.0072e+15"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        *[
            (
                {"steps_per_epoch": wrong},
                f"Clock.steps_per_epoch must be None or {COUNT}, got {wrong}:"
                " Clock.from_data(examples, batch_size) counts them",
            )
            for wrong in (390.625, 0, -5, math.inf, math.nan, 1e16)
        ],
        ({"total_steps": 0.5}, f"Clock.total_steps must be None or {COUNT}, got 0.5"),
        *[
            ({name: 0}, f"Clock.{name} must be None or a finite number > 0, got 0")
            for name in ("samples_per_step", "tokens_per_step")
        ],
    ],
)
def test_a_field_outside_its_domain_is_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        Clock(**fields)

    assert str(caught.value) == message


@pytest.mark.parametrize("name", [f.name for f in dataclasses.fields(Clock) if f.init])
def test_a_field_that_is_no_number_is_refused(name: str) -> None:
    for wrong in (True, "5ep", [1]):
        with pytest.raises(TypeError, match=f"^Clock.{name} must be None or a .*, got "):
            Clock(**{name: wrong})


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        *[
            ({name: wrong}, f"{name} must be {COUNT}, got {wrong}")
            for name in ("examples", "batch_size", "processes", "accumulate")
            for wrong in (0, 1.5, -1)
        ],
        *[
            ({name: wrong}, f"{name} must be a finite number > 0, got {wrong}")
            for name in ("epochs", "tokens_per_example")
            for wrong in (0, -1, math.inf)
        ],
        ({"epochs": 1e300}, f"epochs must be at most {LARGEST} steps, got 1e+300"),
        ({"drop_last": "batch"}, "drop_last must be True, False or 'loader', got 'batch'"),
        (
            {"batch_size": 101, "drop_last": True},
            "examples must fill a batch of each process with drop_last=True, got 100 for"
            " processes=1 and batch_size=101: take a smaller batch_size, or drop_last=False",
        ),
        (
            {"processes": 101, "drop_last": True},
            "examples must fill a batch of each process with drop_last=True, got 100 for"
            " processes=101 and batch_size=8: take a smaller batch_size, or drop_last=False",
        ),
    ],
)
def test_a_data_set_that_cannot_be_is_refused(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the text is compared below
        Clock.from_data(**{"examples": 100, "batch_size": 8} | arguments)

    assert str(caught.value) == f"Clock.from_data: {message}"


@pytest.mark.parametrize(
    "name",
    ["examples", "batch_size", "processes", "accumulate", "epochs", "tokens_per_example"],
)
def test_an_argument_that_is_no_number_is_refused(name: str) -> None:
    for wrong in (True, "5ep", [1]):
        with pytest.raises(TypeError, match=f"^Clock.from_data: {name} must be a .*, got "):
            Clock.from_data(**{"examples": 100, "batch_size": 8} | {name: wrong})  # type: ignore[arg-type]


@pytest.mark.parametrize("wrong", [1, None, 0.0, np.array([1, 2])])
def test_drop_last_is_a_word_or_a_bool(wrong: Any) -> None:
    with pytest.raises(
        TypeError, match=r"^Clock.from_data: drop_last must be True, False or '"
    ):
        Clock.from_data(100, 8, drop_last=wrong)
