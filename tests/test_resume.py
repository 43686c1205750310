"""What a plain loop saves, and how another schedule is noticed when it goes on."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES

from lrcurves import Constant, Cosine, Exponential, Interpolated, Linear, Schedule, Until
from lrcurves.resume import entry, require_same, resume, state

S = Linear(0, 0.1, 5) >> Cosine(0.1, 15)


@pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)
def test_a_plain_loop_goes_on_with_the_same_rates(s: Schedule) -> None:
    whole = [s.lr(t) for t in range(40)]
    used = []
    for t in range(17):
        used.append(s.lr(t))
        saved = json.dumps(state(s, t + 1))
    for t in range(resume(s, json.loads(saved)), 40):
        used.append(s.lr(t))

    assert used == whole


@pytest.mark.parametrize(
    ("t", "kind"), [(7, int), (7.0, int), (2.5, float), (np.int64(7), int), (2**53, int)]
)
def test_times_come_back_as_plain_numbers(t: Any, kind: type) -> None:
    saved = state(S, t)

    assert type(saved["t"]) is kind is type(resume(S, saved))
    assert saved["t"] == t == resume(S, saved)


def test_further_entries_are_left_to_their_owner() -> None:
    checkpoint = state(S, 7) | {"weights": [1.0]}
    before = copy.deepcopy(checkpoint)

    assert resume(S, checkpoint) == 7
    assert checkpoint == before


def test_an_equal_schedule_written_otherwise_is_the_same() -> None:
    assert resume(Constant(0) + Constant(1), state(Constant(0.0) + Constant(1.0), 3)) == 3


def test_another_schedule_is_refused_with_both_rates_now_and_next() -> None:
    with pytest.raises(ValueError, match="another") as error:
        resume(S, state(Exponential(0.3, 0.5), 3))

    assert str(error.value) == (
        "state['schedule'] must be the present schedule, got another: at t = 3 and 4 it gives"
        " 0.0375 and 0.01875, the present one 0.06 and 0.08. Saved: Exponential(base_lr=0.3,"
        " gamma=0.5). Present: Linear(base_lr=0, final_lr=0.1, steps=5) >> Cosine(base_lr=0.1,"
        " steps=15). To change it on purpose, take state['t'] as it is"
    )


@pytest.mark.parametrize(
    ("saved", "t", "found"),
    [
        (
            Until(Constant(0.1), 20) >> Constant(0.05),
            3,
            "at t = 3 and 4 both give 0.1 and 0.1, at t = 35 it gives 0.05, the present one"
            " 0.1",
        ),
        (
            Until(Constant(0.1), 2**50) >> Constant(0.05),
            0,
            "at t = 0 and 1 both give 0.1 and 0.1, at t = 1125899906842624.0 it gives 0.05,"
            " the present one 0.1",
        ),
        (
            Constant(0.1) * Linear(1, 1, 10),
            2.5,
            "at t = 2.5 and 3.5 both give 0.1 and 0.1, and later rates agree, but the fields"
            " differ",
        ),
        (
            Constant(0.1 + 2**-50),
            1234567,
            "at t = 1234567 and 1234568 it gives 0.1000000000000009 and 0.1000000000000009,"
            " the present one 0.1 and 0.1",
        ),
    ],
)
def test_a_schedule_that_differs_only_later_or_little_is_refused_too(
    saved: Schedule, t: float, found: str
) -> None:
    with pytest.raises(ValueError, match="got another") as error:
        resume(Constant(0.1), state(saved, t))

    assert f"got another: {found}. Saved: " in str(error.value)


def test_long_schedules_are_shortened_in_the_message() -> None:
    long = Interpolated(tuple(range(5000)), tuple(1.0 + i for i in range(5000)))
    with pytest.raises(
        ValueError, match=r"Saved: Interpolated\(times=\(0, 1, .*\.\.\."
    ) as error:
        resume(S, state(long, 3))

    assert len(str(error.value)) < 700


@pytest.mark.parametrize(
    ("saved", "kind", "message"),
    [
        (None, TypeError, "state must be a dictionary, got None"),
        (
            {},
            ValueError,
            "state['t'] is missing, it is empty: something else wrote this",
        ),
        ({"t": 3}, ValueError, "state['schedule'] is missing, only 't' there"),
        ({"t": -1}, ValueError, "state['t'] must be a finite number >= 0, got -1"),
        ({"t": "3"}, TypeError, "state['t'] must be a finite number >= 0, got '3'"),
        ({"t": True}, TypeError, "state['t'] must be a finite number >= 0, got True"),
        ({"t": 3, "schedule": None}, TypeError, "state['schedule']: $ must be a dictionary"),
        (
            {"t": 3, "schedule": {"type": "Cosin"}},
            ValueError,
            "state['schedule']: $.type must be the name of a schedule, got 'Cosin'",
        ),
        (
            {"t": 3, "schedule": {"format": 2, "type": "Cosine"}},
            ValueError,
            "state['schedule']: $.format must be 1, got 2: a newer lrcurves wrote this",
        ),
    ],
)
def test_what_is_no_state_is_refused(saved: Any, kind: type[Exception], message: str) -> None:
    with pytest.raises(kind) as error:
        resume(S, saved)

    assert str(error.value).startswith(message)


@pytest.mark.parametrize("t", [-1, float("nan"), float("inf"), "3", None, True])
def test_an_impossible_time_is_not_saved(t: Any) -> None:
    with pytest.raises((TypeError, ValueError)) as error:
        state(S, t)

    assert str(error.value).startswith("t must be a finite number >= 0, got ")


@pytest.mark.parametrize("schedule", [None, 0.1, {"type": "Constant", "base_lr": 0.1}])
def test_what_is_no_schedule_is_refused(schedule: Any) -> None:
    for call in (lambda: state(schedule, 3), lambda: resume(schedule, state(S, 3))):
        with pytest.raises(TypeError, match="schedule must be a schedule, got"):
            call()


def test_the_message_names_the_place_and_ends_with_the_remedy() -> None:
    saved = state(Constant(0.1), 0)["schedule"]
    require_same("place", saved, Constant(0.1), 5, "Do this")
    with pytest.raises(ValueError, match=r"^place must be .*\. Do this$"):
        require_same("place", saved, Constant(0.2), 5, "Do this")


def test_a_missing_entry_is_named_beside_those_that_are_there() -> None:
    with pytest.raises(ValueError, match=r"^place\['t'\] is missing, only 'a', 3 there"):
        entry("place", {"a": 1, 3: 4}, "t")
