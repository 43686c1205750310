"""Formulas that are written out as one function give the very bits of the floats."""

from __future__ import annotations

import gc
import math
import pickle
import threading
import weakref
from collections.abc import Callable
from random import Random
from typing import Any

import numpy as np
import pytest
from catalogue import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from strategies import landmarks, moments, schedules

from lrcurves import (
    WSD,
    Constant,
    Cosine,
    Exponential,
    Linear,
    Maximum,
    Minimum,
    MultiStep,
    OneCycle,
    PolynomialRestarts,
    Product,
    Scale,
    Schedule,
    Sequential,
    Shift,
    StepDecay,
    Until,
)
from lrcurves import schedule as house
from lrcurves._lines import DEEPEST, LONGEST
from lrcurves._ops import FLOATS
from lrcurves._source import MOST_PIECES, flat, written_out
from lrcurves.schedule import KINDS, MANY_CALLS, Num, Ops, Rate, define

NAMES = list(EXAMPLES)


def warmed(schedule: Schedule) -> Schedule:
    """Return the schedule after so many calls that its formula has been written out."""
    for _ in range(MANY_CALLS):
        schedule.lr(0)
    return schedule


def times_of(schedule: Schedule) -> list[float]:
    rng = Random(1)
    marks = [0.0, 1.0, *landmarks(schedule)]
    near = [t for mark in marks for t in (mark, math.nextafter(mark, 0), mark + 0.5)]
    far = [2.0**31, 2.0**53, 1e12, 1e300]
    return [*near, *far, *(rng.random() * 2 * max(marks) for _ in range(50))]


@pytest.mark.parametrize("name", NAMES)
def test_written_out_it_gives_the_bits_of_the_floats(name: str) -> None:
    schedule = EXAMPLES[name]
    function = flat(schedule._formula)
    if function is None:
        assert name == "repeat-longer"  # hundreds of cycles of growing length
        return
    for t in times_of(schedule):
        rate = schedule._formula(t, FLOATS)
        written = function(t)
        # Where something overflows on the way it leaves the answer to the floats.
        assert written == rate or written is None, t
        assert written is not None or t > 1e6, t


@given(st.data(), schedules())
def test_a_schedule_answers_alike_before_and_after(
    data: st.DataObject, schedule: Schedule
) -> None:
    times = data.draw(moments(schedule))
    before = [schedule._formula(t, FLOATS) for t in times]

    assert [warmed(schedule).lr(t) for t in times] == before


def test_a_function_is_made_after_many_calls_and_not_before() -> None:
    schedule = Cosine(0.1, steps=100)
    for _ in range(MANY_CALLS - 1):
        schedule.lr(3)
    assert schedule._flat(3.0) is None

    assert schedule.lr(3) == schedule._flat(3.0) == schedule.lr(np.float64(3))


@pytest.mark.parametrize(
    ("t", "error"),
    [
        (-1, ValueError),
        (-1e-300, ValueError),
        (math.inf, ValueError),
        (math.nan, ValueError),
        (10**400, ValueError),
        (True, TypeError),
        ("3", TypeError),
        (None, TypeError),
        (3j, TypeError),
        (np.array([1.0, 2.0]), TypeError),
    ],
)
def test_the_same_times_are_refused_in_the_same_words(t: Any, error: type[Exception]) -> None:
    def refusal(schedule: Schedule) -> str:
        with pytest.raises(error) as caught:
            schedule.lr(t)
        assert caught.value.__context__ is None or caught.value.__suppress_context__
        return str(caught.value)

    assert refusal(Cosine(0.1, 100)) == refusal(warmed(Cosine(0.1, 100)))


@pytest.mark.parametrize(
    "t", [3, 3.0, np.float32(3), np.int64(3), np.float64(3), 2**53, 2**53 + 2, 2**70]
)
def test_every_kind_of_number_gives_the_same_rate(t: Any) -> None:
    schedule = Exponential(0.1, gamma=0.9999, every=1000)
    cold = schedule.lr(t)

    warm = warmed(schedule).lr(t)

    assert warm == cold
    assert type(warm) is float


def test_what_overflows_is_left_to_the_floats() -> None:
    growth = warmed(Exponential(1.0, gamma=10.0))
    assert growth._flat(400.0) is None
    assert growth.lr(400) == math.inf
    assert growth.lr(2) == growth._flat(2.0) == 100.0


def test_what_has_very_many_pieces_stays_as_it_is() -> None:
    pieces = (Until(Constant(0.1), 1) for _ in range(MOST_PIECES + 1))
    schedule = warmed(house.Schedule.__rshift__(next(pieces), next(pieces)))
    many = schedule
    for piece in pieces:
        many = many >> piece

    assert flat(schedule._formula) is not None
    assert flat(many._formula) is None
    assert warmed(many).lr(3) == 0.1
    assert (
        flat(MultiStep(0.1, 0.9, range(10_000))._formula) is not None
    )  # a table has no pieces


def test_what_is_very_long_stays_as_it_is() -> None:
    total: Schedule = Linear(0.1, 0.0, steps=10)
    for i in range(LONGEST // 4):
        total = total + Linear(0.1, 0.0, steps=11 + i)

    assert flat(total._formula) is None
    assert warmed(total).lr(5) == total._formula(5.0, FLOATS)


def test_what_is_nested_deeply_stays_as_it_is() -> None:
    def nested(depth: int) -> Schedule:
        schedule: Schedule = Until(Constant(0.1), steps=1)
        for _ in range(depth):
            schedule = 0.5 * schedule >> Until(Constant(0.1), steps=1)
        return schedule

    assert flat(nested(DEEPEST - 2)._formula) is not None
    assert flat(nested(DEEPEST - 1)._formula) is None
    assert warmed(nested(DEEPEST)).lr(DEEPEST - 1) == 0.05


@pytest.mark.parametrize("size", [1, 2, 10, 0.5, 2.5, 8.25, 1000, 0.1])
@pytest.mark.parametrize("gamma", [0.99, 0.5, 0.1, 1e-9, 1.5])
@pytest.mark.parametrize("floor", ["direct", "offset"])
def test_stairs_of_stairs_are_taken_once_where_that_is_exact(
    size: float, gamma: float, floor: str
) -> None:
    schedule = StepDecay(0.1, gamma, size, floor=floor)
    function = flat(schedule._formula)
    assert function is not None
    text, _ = written_out(schedule._formula)
    assert text.count("//") == (2 if size in (2.5, 8.25, 0.1) else 1)

    near = (0, 1, 9, 10, 999, 1000, 12_345, 2**31, 2**52 + 1, 2**53 - 1, 2**53)
    for t in (x for n in near for x in (math.nextafter(float(n), 0.0), float(n), n + 0.3)):
        if function(t) is not None:  # what overflows is left to the floats
            assert function(t) == schedule._formula(t, FLOATS)


def test_a_bound_that_its_piece_keeps_is_not_asked_for() -> None:
    parts = tuple(Linear(0.1 * i, 0.1, 10) for i in range(10))
    for schedule in (WSD(0.1, 100, 10, 20), OneCycle(0.1, 100), Sequential(parts)):
        text, _ = written_out(schedule._formula)
        assert text.count(" else ") == 1, schedule  # the end of the last part


@pytest.mark.parametrize("sign", ["<", ">"])
def test_a_comparison_is_left_out_only_where_it_can_come_out_in_one_way(sign: str) -> None:
    def compared(low: float, high: float) -> bool:
        def formula(t: Any, xp: Any) -> Any:
            x = xp.minimum(xp.maximum(t, 1.0), 2.0)
            y = xp.minimum(xp.maximum(t, low), high)
            return (xp.minimum if sign == "<" else xp.maximum)(x, y)

        text, _ = written_out(formula)
        function = flat(formula)
        assert function is not None
        for t in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 3.0):
            assert function(t) == formula(t, FLOATS)
        return text.count(" else ") == 5  # two for each number, and between them

    assert not compared(2.5, 3.0)
    assert not compared(0.0, 0.5)
    assert compared(2.0, 3.0) == (sign == "<")
    assert compared(0.25, 1.0) == (sign == ">")
    assert compared(1.5, 3.0)


HUGE = Scale(Constant(1e308), 10.0)
"""An infinite rate."""


@pytest.mark.parametrize(
    "schedule",
    [
        Minimum((Product((Linear(0, 1, 10), HUGE)), Constant(0.1))),
        Minimum((Product((HUGE, Linear(0, 1, 10))), Constant(0.1))),
        Product((Linear(0, 1, 10), HUGE)),
        Product((Linear(0, 1, 10), Constant(1e300), Constant(1e300))),
        Minimum((Maximum((WSD(0.1, 100, 10, 20), HUGE)), Constant(0.1))),
        Shift(PolynomialRestarts(0.1, period=10, power=0.5, period_mult=2), by=-1e18),
    ],
    ids=repr,
)
def test_infinite_rates_and_times_beyond_2_to_53_are_those_of_the_floats(
    schedule: Schedule,
) -> None:
    times = (0.0, 1.0, 5.0, 10.0, 50.0)
    before = [schedule._formula(t, FLOATS) for t in times]

    assert [repr(warmed(schedule).lr(t)) for t in times] == [repr(lr) for lr in before]


def unbounded(t: Any, xp: Any) -> Any:
    """Return something of which no bound is known: infinite, but for time 0."""
    return xp.sqrt(t) * 1e300 * 1e300


@pytest.mark.parametrize(
    "formula",
    [
        lambda t, xp: xp.maximum(xp.sin2(xp.piecewise(t, (3.0,), lambda i, x: x)), 7.0),
        lambda t, xp: (xp.piecewise(t, (1.0,), lambda i, x: x), t)[1],
        lambda t, xp: xp.piecewise(
            unbounded(t, xp) * 0.0, (1.0,), lambda i, x: xp.maximum(x, 0.5)
        ),
        lambda t, xp: xp.piecewise(unbounded(t, xp), (1.0,), lambda i, x: 0.0 * x + 1.0),
        lambda t, xp: xp.exp(1000.0) * 0.0 + t,
        lambda t, xp: 0.0 * -t,
        lambda t, xp: t * -0.0,
        lambda t, xp: 0.0 * (t - 7.0),
        lambda t, xp: xp.power(t - 7.0, 0.5),
        lambda t, xp: (
            xp.maximum(xp.piecewise(t, (2.0, 4.0), lambda i, x: i + 0.0 * x), 9.0) + t
        ),
    ],
)
def test_formulas_of_every_kind_give_the_bits_of_the_floats(formula: Any) -> None:
    function = flat(formula)
    assert function is not None
    for t in (0.0, 0.5, 1.0, 3.0, 7.0, 9.0):
        assert repr(function(t)) == repr(formula(t, FLOATS)), t


def test_a_multiple_beyond_2_to_53_is_rounded_and_none_any_more() -> None:
    def rest(t: Any, xp: Any) -> Any:
        return xp.stairs(xp.stairs(t, 1.0)[0] * 3.0, 3.0)[1]

    function = flat(rest)
    assert function is not None
    assert function(2.0**53 - 1.0) == rest(2.0**53 - 1.0, FLOATS) == 2.0


def test_what_no_function_of_python_answers_is_left_to_the_floats() -> None:
    function = flat(lambda t, xp: xp.log1p(-t))

    assert function is not None
    assert function(1.0) is None


def test_the_text_holds_only_what_is_needed() -> None:
    text, constants = written_out(Constant(0.1)._formula)

    assert text.count("\n") == 10
    assert "        return 0.1\n" in text
    assert all(isinstance(value, float) or callable(value) for value in constants.values())


@pytest.mark.parametrize("name", NAMES)
def test_a_text_names_nothing_but_its_own_variables_and_functions(name: str) -> None:
    if (EXAMPLES[name]) is EXAMPLES["repeat-longer"]:
        return
    text, constants = written_out(EXAMPLES[name]._formula)
    code = compile(text, name, "exec").co_consts[0]

    known = {"int", "float", "ArithmeticError", "ValueError", "__class__"}
    assert set(code.co_names) <= {*constants, *known}


def test_it_is_neither_pickled_nor_kept_alive_nor_part_of_a_cycle() -> None:
    schedule = warmed(Linear(0.0, 0.1, 5) >> Cosine(0.1, 95))
    copy = pickle.loads(pickle.dumps(schedule))
    assert copy == schedule
    assert copy._flat(3.0) is None
    assert len(pickle.dumps(schedule)) == len(pickle.dumps(copy))

    function, gone = weakref.ref(schedule._flat), weakref.ref(schedule)
    gc.collect()
    gc.disable()
    try:
        del schedule
        assert gone() is None
        assert function() is None
    finally:
        gc.enable()


def test_threads_that_ask_at_once_get_the_same_bits() -> None:
    schedule = Cosine(0.1, steps=1000)
    want = [schedule._formula(float(t), FLOATS) for t in range(1000)]
    answers: list[list[float]] = []

    def ask() -> None:
        answers.append([schedule.lr(t) for t in range(1000)])

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [want] * 8


@pytest.mark.parametrize(
    ("t", "every", "stairs"),
    [
        (67.87239593088918, 0.1, 678.0),
        (521.7901007207386, 1.1, 474.0),
        (719704.6864039542, 0.1, 7197046.0),
        (606338417.7542189, 0.3, 2021128059.0),
    ],
)
def test_stairs_are_whole_where_their_quotient_is_not(
    t: float, every: float, stairs: float
) -> None:
    assert (t - math.fmod(t, every)) / every != stairs  # rounded twice
    function = flat(lambda t, xp: xp.stairs(t, every)[0])

    assert function is not None
    assert function(t) == FLOATS.stairs(t, every)[0] == stairs


WORDS: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda t, xp: xp.exp(-t),
    "exp of a number": lambda t, xp: xp.exp(-1.0) + 0.0 * t,
    "expm1": lambda t, xp: -xp.expm1(-t),
    "log1p": lambda t, xp: xp.log1p(t),
    "sin": lambda t, xp: 1.0 + xp.sin(t),
    "sin2": lambda t, xp: xp.sin2(t),
    "sqrt": lambda t, xp: xp.sqrt(t),
    "tanh": lambda t, xp: xp.tanh(t),
    "power of t": lambda t, xp: xp.power(t, 1.5),
    "power of a number": lambda t, xp: xp.power(0.5, t),
    "power of what is negated": lambda t, xp: xp.power(-xp.expm1(-t), 0.5),
    "power of numbers": lambda t, xp: xp.power(0.5, 3.0) + t,
    "negative power of 0": lambda t, xp: xp.power(t, -1.0),
    "minimum": lambda t, xp: xp.minimum(t, 3.0),
    "minimum of numbers": lambda t, xp: xp.minimum(4.0, 3.0) * t,
    "maximum": lambda t, xp: xp.maximum(3.0, t),
    "maximum of numbers": lambda t, xp: xp.maximum(4.0, 3.0) * t,
    "clip": lambda t, xp: xp.clip(t, 1.0, 4.0),
    "stairs": lambda t, xp: xp.stairs(t, 2.5)[0] + xp.stairs(t, 2.5)[1],
    "stairs of a number": lambda t, xp: xp.stairs(7.0, 2.0)[0] + t,
    "growth": lambda t, xp: xp.growth(0.9, t, 3.0),
    "growth of a number": lambda t, xp: xp.growth(0.9, 2.0, 3.0) + t,
    "pick": lambda t, xp: xp.pick(t, (1.0, 3.0), (1.0, 2.0, 3.0))[0],
    "pick of a number": lambda t, xp: xp.pick(2.0, (1.0, 3.0), (1.0, 2.0, 3.0))[0] + t,
    "piecewise": lambda t, xp: xp.piecewise(t, (1.0, 3.0), lambda i, t: i + t),
    "piecewise of constants": lambda t, xp: xp.piecewise(t, (1.0,), lambda i, t: float(i)),
    "piecewise in pieces": lambda t, xp: xp.piecewise(
        t, (3.0,), lambda i, t: xp.piecewise(t, (1.0, 4.0), lambda j, t: i + j * t)
    ),
    "piecewise of a number": lambda t, xp: xp.piecewise(2.0, (1.0,), lambda i, x: i + t),
    "piecewise without edges": lambda t, xp: xp.piecewise(t, (), lambda i, t: 2.0 * t),
    "arithmetic": lambda t, xp: (2.0 - t / 7.0 + 3.0 / (t + 1.0) - 1.0) * t + -t * -1.0 - -2.0,
    "pi": lambda t, xp: xp.pi + xp.pi_rest + t,
}


@pytest.mark.parametrize("word", WORDS)
def test_every_word_of_the_vocabulary_is_written_out(word: str) -> None:
    formula = WORDS[word]
    function = flat(formula)

    assert function is not None
    for t in (0.0, 0.5, 1.0, 2.0, 2.9, 3.0, 4.0, 7.25, 1e6):
        assert function(t) == formula(t, FLOATS) or (word, t) == ("negative power of 0", 0.0)


def test_a_kind_of_your_own_is_written_out_too() -> None:
    try:

        @define
        class Saw(Schedule):
            """A line up, again and again."""

            base_lr: Rate

            def _formula(self, t: Num, xp: Ops) -> Num:
                return self.base_lr * xp.stairs(t, 10.0)[1]

        saw = warmed(Saw(0.5))
        assert saw.lr(13) == saw._flat(13) == 1.5
    finally:
        KINDS.pop("Saw", None)
