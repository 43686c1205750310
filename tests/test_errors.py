"""Every message, word for word: it names the field, the rule, the value and the remedy."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

import lrcurves.schedule as schedule_module
from lrcurves import (
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    FlatCosine,
    Floor,
    Geometric,
    Interpolated,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    RangeTest,
    Repeat,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Tanh,
    TriStage,
    Until,
    Warmup,
    WarmupCosine,
    define,
)
from lrcurves._domains import shown

S: Any = Cosine(0.1, steps=100)
UP: Any = Linear(0.0, 0.1, steps=10)
NAN, INF = math.nan, math.inf
HUGE = 10**400
A_RATE, A_LENGTH = "a finite number >= 0", "a finite number > 0"

FIELDS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    # A number of the wrong size
    (lambda: Cosine(0.1, 0), ValueError, f"Cosine.steps must be {A_LENGTH}, got 0"),
    (lambda: Cosine(0.1, -3), ValueError, f"Cosine.steps must be {A_LENGTH}, got -3"),
    (lambda: Cosine(0.1, NAN), ValueError, f"Cosine.steps must be {A_LENGTH}, got nan"),
    (lambda: Cosine(0.1, INF), ValueError, f"Cosine.steps must be {A_LENGTH}, got inf"),
    (
        lambda: Cosine(0.1, HUGE),
        ValueError,
        f"Cosine.steps must be {A_LENGTH}, got a number too large for a float",
    ),
    (
        lambda: PiecewiseConstant((0.1, HUGE), (5,)),
        ValueError,
        f"PiecewiseConstant.values[1] must be {A_RATE}, got a number too large for a float",
    ),
    (lambda: Cosine(-0.1, 9), ValueError, f"Cosine.base_lr must be {A_RATE}, got -0.1"),
    (lambda: Cosine(0.1, 9, -1), ValueError, f"Cosine.final_lr must be {A_RATE}, got -1"),
    (
        lambda: Cosine(0.1, 9, power=0),
        ValueError,
        f"Cosine.power must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Polynomial(0.1, 9, power=-1.5),
        ValueError,
        f"Polynomial.power must be {A_LENGTH}, got -1.5",
    ),
    (
        lambda: Exponential(0.1, 0),
        ValueError,
        f"Exponential.gamma must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Exponential(0.1, -0.9),
        ValueError,
        f"Exponential.gamma must be {A_LENGTH}, got -0.9",
    ),
    (
        lambda: StepDecay(0.1, INF, 10),
        ValueError,
        f"StepDecay.gamma must be {A_LENGTH}, got inf",
    ),
    (
        lambda: StepDecay(0.1, 0.5, 0),
        ValueError,
        f"StepDecay.step_size must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Geometric(0, 0.1, 10),
        ValueError,
        f"Geometric.base_lr must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Geometric(1e200, 1e-200, 10),
        ValueError,
        "Geometric.final_lr / base_lr must lie between 1e-300 and 1e300, got 1e-200 / 1e+200",
    ),
    (lambda: Shift(S, NAN), ValueError, "Shift.by must be a finite number, got nan"),
    (
        lambda: Shift(S, -5e-324),
        ValueError,
        "Shift.by must be a finite number, got -5e-324: times lie between 1e-290 and 1e+290",
    ),
    (lambda: Stretch(S, 0), ValueError, f"Stretch.by must be {A_LENGTH}, got 0"),
    (lambda: Until(S, -1), ValueError, f"Until.steps must be {A_RATE}, got -1"),
    (lambda: -1 * S, ValueError, f"Scale.by must be {A_RATE}, got -1"),
    (lambda: Staircase(S, 0), ValueError, f"Staircase.every must be {A_LENGTH}, got 0"),
    (lambda: Floor(S, -0.1), ValueError, f"Floor.min_lr must be {A_RATE}, got -0.1"),
    (
        lambda: Warmup(S, steps=0.03),
        ValueError,
        "Warmup.steps must be 0 or a finite number >= 1, got 0.03: it is a number of steps;"
        " for a share of the run, multiply the share by the number of steps",
    ),
    # Something that is no number
    (lambda: Cosine(0.1, "9"), TypeError, f"Cosine.steps must be {A_LENGTH}, got '9'"),
    (lambda: Cosine(True, 9), TypeError, f"Cosine.base_lr must be {A_RATE}, got True"),
    (lambda: Cosine(None, 9), TypeError, f"Cosine.base_lr must be {A_RATE}, got None"),
    (lambda: Cosine(1j, 9), TypeError, f"Cosine.base_lr must be {A_RATE}, got 1j"),
    (
        lambda: Cosine(Decimal("0.1"), 9),
        TypeError,
        f"Cosine.base_lr must be {A_RATE}, got Decimal('0.1')",
    ),
    (
        lambda: Cosine(np.array([0.1]), 9),
        TypeError,
        f"Cosine.base_lr must be {A_RATE}, got array([0.1])",
    ),
    # Words
    (
        lambda: StepDecay(0.1, 0.5, 10, floor="up"),
        ValueError,
        "StepDecay.floor must be 'direct' or 'offset', got 'up'",
    ),
    (
        lambda: Staircase(S, 10, floor=1),
        TypeError,
        "Staircase.floor must be 'direct' or 'offset', got 1",
    ),
    (
        lambda: Floor(S, 0.01, mode="clip"),
        ValueError,
        "Floor.mode must be 'direct' or 'offset', got 'clip'",
    ),
    (
        lambda: Warmup(S, 10, shape="square"),
        ValueError,
        "Warmup.shape must be 'linear' or 'cosine' or '1-sqrt' or 'exponential' or"
        " 'polynomial' or 'constant', got 'square'",
    ),
    # Sequences
    (
        lambda: Stretch(Cosine(0.1, 1e200), 1e200),
        ValueError,
        f"Stretch: Cosine.steps must be {A_LENGTH}, got inf",
    ),
    (
        lambda: Cosine(0.1, 1e-300),
        ValueError,
        f"Cosine.steps must be {A_LENGTH}, got 1e-300: times lie between 1e-290 and 1e+290",
    ),
    (
        lambda: MultiStep(0.1, 1e200, (1, 2)),
        ValueError,
        "MultiStep.gamma must keep the rate finite, got 1e+200: milestone 2 overflows",
    ),
    (
        lambda: WSD(0.1, steps=100, warmup=60, decay=50),
        ValueError,
        "WSD: warmup + decay must be <= steps, got warmup=60 + decay=50 > 100",
    ),
    (
        lambda: WarmupCosine(0.1, steps=100, warmup=101),
        ValueError,
        "WarmupCosine: warmup must be <= steps, got warmup=101 > 100",
    ),
    (
        lambda: TriStage(0.1, steps=100, warmup=60, hold=50, final_lr=0.01),
        ValueError,
        "TriStage: warmup + hold must be <= steps, got warmup=60 + hold=50 > 100",
    ),
    (
        lambda: FlatCosine(0.1, steps=100, flat=101),
        ValueError,
        "FlatCosine: flat must be <= steps, got flat=101 > 100",
    ),
    (
        lambda: WSD(0.1, steps=100, warmup=0.1, decay=50),
        ValueError,
        "WSD.warmup must be 0 or a finite number >= 1, got 0.1: it is a number of steps; for a"
        " share of the run, multiply the share by the number of steps",
    ),
    (
        lambda: OneCycle(0.1, steps=100, pct_start=0.6, three_phase=True),
        ValueError,
        "OneCycle.pct_start must be <= 0.5 with three phases, got 0.6: it counts twice",
    ),
    (
        lambda: OneCycle(0.1, steps=100, pct_start=1.1),
        ValueError,
        "OneCycle.pct_start must be a finite number >= 0 and <= 1, got 1.1",
    ),
    (
        lambda: OneCycle(0.1, steps=100, three_phase=1),
        TypeError,
        "OneCycle.three_phase must be True or False, got 1",
    ),
    (
        lambda: RangeTest(0, 1, 100),
        ValueError,
        "RangeTest: an exponential shape needs two rates > 0, got 0 and 1: give start_lr or"
        " final_lr, or choose another shape",
    ),
    (
        lambda: Interpolated((0, 10), (0.1,)),
        ValueError,
        "Interpolated.values must hold one for each time, got 1 values and 2 times",
    ),
    (
        lambda: Tanh(0.1, 100, lower=3, upper=-3),
        ValueError,
        "Tanh.lower must be < upper, and both between -100 and 100, got 3.0 and -3.0",
    ),
    (
        lambda: CosineRestarts(0.1, 10, final_lr=0.2),
        ValueError,
        "CosineRestarts.final_lr must be <= base_lr, got 0.2 > 0.1: to restart a rise, write"
        " Repeat(...)",
    ),
    (
        lambda: CosineRestarts(0.1, 10, period_mult=0.5),
        ValueError,
        "CosineRestarts.period_mult must be a finite number >= 1, got 0.5",
    ),
    (
        lambda: CosineRestarts(0.1, 10, period_mult=1.000001),
        ValueError,
        "CosineRestarts.period_mult must be 1, or large enough that 100000 cycles reach 2**53,"
        " got 1.000001",
    ),
    (
        lambda: Repeat(Constant(0.1)),
        ValueError,
        "Repeat.schedule must have an end > 0, got Constant(base_lr=0.1), whose end is inf:"
        " wrap it in Until(..., steps=...)",
    ),
    (
        lambda: Repeat(S, count=1.5),
        ValueError,
        "Repeat.count must be None or a whole number >= 1, got 1.5",
    ),
    (
        lambda: Repeat(S, period_mult=1.000001),
        ValueError,
        "Repeat.period_mult must be 1, or so large that its cycles hold at most 10000"
        " schedules, got 1.000001, with 18316129 cycles of 1: give a smaller count",
    ),
    (
        lambda: Cyclic(0.2, 0.1, up=4, mode="exp_range", gamma=1.1),
        ValueError,
        "Cyclic.gamma must be <= 1 where peak_lr < base_lr, got 1.1: the rate would fall below"
        " 0",
    ),
    (
        lambda: Staircase(S, 10, floor=10**5000),
        TypeError,
        "Staircase.floor must be 'direct' or 'offset', got a huge int",
    ),
    (
        lambda: Cyclic(0.1, 0.2, up=4, down=0),
        ValueError,
        f"Cyclic.down must be None or {A_LENGTH}, got 0",
    ),
    (
        lambda: MultiStep(0.1, 0.1, (60, 30)),
        ValueError,
        "MultiStep.milestones must be in order, got 60 before 30 at index 1",
    ),
    (
        lambda: MultiStep(0.1, 0.1, (30, NAN)),
        ValueError,
        f"MultiStep.milestones[1] must be {A_RATE}, got nan",
    ),
    (
        lambda: MultiStep(0.1, 0.1, 30),
        TypeError,
        f"MultiStep.milestones must be a sequence, each item {A_RATE}, got 30",
    ),
    (
        lambda: PiecewiseConstant((1, 2, 3), (30, 30)),
        ValueError,
        "PiecewiseConstant.boundaries must be increasing, got 30 before 30 at index 1",
    ),
    (
        lambda: PiecewiseConstant((1, 2), (30, 60)),
        ValueError,
        "PiecewiseConstant.values must hold one more than boundaries, got 2 values and 2"
        " boundaries",
    ),
    (
        lambda: PiecewiseConstant((), ()),
        ValueError,
        "PiecewiseConstant.values must hold at least 1, got none",
    ),
    (
        lambda: Sequential("ab"),
        TypeError,
        "Sequential.parts must be a sequence, each item a schedule, got 'ab'",
    ),
    (
        lambda: Sequential((S, 0.1)),
        TypeError,
        "Sequential.parts[1] must be a schedule, got 0.1: write Constant(...)",
    ),
    # Fields that do not go together
    (
        lambda: Constant(0.1) >> S,
        ValueError,
        "Sequential.parts[0] must end before parts[1] can start, got Constant(base_lr=0.1),"
        " which never ends: wrap it in Until(..., steps=...)",
    ),
    (
        lambda: Floor(S, 0.1, "offset"),
        ValueError,
        "Floor.min_lr must be < 0.1, the first rate of the schedule, in mode 'offset', got"
        " 0.1: put Floor around the part that decays, or use mode='direct'",
    ),
    (
        lambda: Floor(1e300 * Constant(1e300), 0.1, "offset"),
        ValueError,
        "Floor.schedule must start at a finite rate in mode 'offset', got 1e+300 *"
        " Constant(base_lr=1e+300), which starts at inf",
    ),
    (
        lambda: Warmup(S, 10, shape="exponential"),
        ValueError,
        "Warmup: an exponential shape needs two rates > 0, got 0 and 0.1: give start_lr or"
        " final_lr, or choose another shape",
    ),
    (lambda: Scale_of("a"), TypeError, "Scale.schedule must be a schedule, got 'a'"),
    # Other ways in
    (
        lambda: Exponential.from_half_life(0.1, 0),
        ValueError,
        f"Exponential.from_half_life: half_life must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Exponential.from_rate(0.1, -1),
        ValueError,
        f"Exponential.from_rate: rate must be {A_LENGTH}, got -1",
    ),
    (
        lambda: Exponential.from_final_lr(0.1, 0, 100),
        ValueError,
        f"Exponential.from_final_lr: final_lr must be {A_LENGTH}, got 0",
    ),
    (
        lambda: Exponential.from_final_lr(0.1, 0.01, 0),
        ValueError,
        f"Exponential.from_final_lr: steps must be {A_LENGTH}, got 0",
    ),
    (
        lambda: StepDecay.from_final_lr(0.1, 0.01, 9, 10),
        ValueError,
        "StepDecay.from_final_lr: steps must be long enough for a drop, got steps=9 with"
        " step_size=10 and floor='direct': take a step_size <= 9",
    ),
    (
        lambda: StepDecay.from_final_lr(0.1, 0.01, 8, 10, floor="offset"),
        ValueError,
        "StepDecay.from_final_lr: steps must be long enough for a drop, got steps=8 with"
        " step_size=10 and floor='offset': take a step_size <= 9",
    ),
    (
        lambda: StepDecay.from_final_lr(0.1, 0.01, 90, 10, floor="up"),
        ValueError,
        "StepDecay.from_final_lr: floor must be 'direct' or 'offset', got 'up'",
    ),
    (
        lambda: S.replace(step=5),
        TypeError,
        "Cosine has no field 'step', only base_lr, steps, final_lr, power, k_decay",
    ),
    (lambda: S.replace(steps=0), ValueError, f"Cosine.steps must be {A_LENGTH}, got 0"),
]


def Scale_of(x: object) -> Schedule:  # noqa: N802 - reads like the class in the table
    from lrcurves import Scale

    return Scale(x, 2)  # type: ignore[arg-type]


TIMES: list[tuple[Any, type[Exception], str]] = [
    (-1, ValueError, "t must be a finite number >= 0, got -1.0"),
    (-1e-300, ValueError, "t must be a finite number >= 0, got -1e-300"),
    (NAN, ValueError, "t must be a finite number >= 0, got nan"),
    (INF, ValueError, "t must be a finite number >= 0, got inf"),
    (HUGE, ValueError, "t must be a finite number >= 0, got a number too large for a float"),
    ("3", TypeError, "t must be a finite number >= 0, got '3'"),
    (None, TypeError, "t must be a finite number >= 0, got None"),
    (1j, TypeError, "t must be a finite number >= 0, got 1j"),
    (True, TypeError, "t must be a finite number >= 0, got True"),
    ([3], TypeError, "t must be a finite number >= 0, got [3]"),
    (
        np.array([3]),
        TypeError,
        "t must be a single number, got array([3]): use schedule.lr_array(ts) for an array,"
        " schedule(t) for a tensor",
    ),
]

LISTS: list[tuple[Any, type[Exception], str]] = [
    ([0, 5, -1, 7], ValueError, "ts must hold finite numbers >= 0, got -1 at index 2"),
    ([0.0, NAN], ValueError, "ts must hold finite numbers >= 0, got nan at index 1"),
    (
        [[0.0, 1], [INF, 2]],
        ValueError,
        "ts must hold finite numbers >= 0, got inf at index (1, 0)",
    ),
    (-2.5, ValueError, "ts must hold finite numbers >= 0, got -2.5"),
    (range(-2, 5), ValueError, "ts must hold finite numbers >= 0, got -2 at index 0"),
    ([1, 10**400], ValueError, "ts must hold finite numbers >= 0, got inf at index 1"),
    (
        range(10**400, 10**400 + 3),
        ValueError,
        "ts must hold finite numbers >= 0, got inf at index 0",
    ),
    (
        np.array([1, np.longdouble("1e400")]),
        ValueError,
        "ts must hold finite numbers >= 0, got np.longdouble('1e+400') at index 1",
    ),
    (range(5, -3, -1), ValueError, "ts must hold finite numbers >= 0, got -2 at index 7"),
    (
        "abc",
        TypeError,
        "ts must hold ints or floats, got array('abc', dtype='<U3') of dtype <U3",
    ),
    (
        ["0", "1"],
        TypeError,
        "ts must hold ints or floats, got array(['0', '1'], dtype='<U1') of dtype <U1",
    ),
    (
        None,
        TypeError,
        "ts must hold ints or floats, got array(None, dtype=object) of dtype object",
    ),
    (
        [1, None],
        TypeError,
        "ts must hold ints or floats, got array([1, None], dtype=object) of dtype object",
    ),
    ([1j], TypeError, "ts must hold ints or floats, got array([0.+1.j]) of dtype complex128"),
    ([True], TypeError, "ts must hold ints or floats, got array([ True]) of dtype bool"),
    ([[1, 2], [3]], ValueError, "ts must be a regular array of numbers, got [[1, 2], [3]]"),
]


@pytest.mark.parametrize(("make", "kind", "message"), FIELDS)
def test_impossible_input_fails_at_construction(
    make: Callable[[], Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        make()

    assert str(error.value) == message
    assert type(error.value) is kind


@pytest.mark.parametrize(("t", "kind", "message"), TIMES)
def test_a_bad_time_is_refused(t: Any, kind: type[Exception], message: str) -> None:
    for schedule in (S, Constant(0.1), Warmup(S, 10)):
        with pytest.raises(kind) as error:
            schedule.lr(t)

        assert str(error.value) == message
        assert type(error.value) is kind


@pytest.mark.parametrize(("ts", "kind", "message"), LISTS)
def test_a_bad_time_inside_an_array_is_refused(
    ts: Any, kind: type[Exception], message: str
) -> None:
    for schedule in (S, Constant(0.1)):
        with pytest.raises(kind) as error:
            schedule.lr_array(ts)

        assert str(error.value) == message


def test_a_value_of_several_lines_is_shown_in_one() -> None:
    class Long:
        def __repr__(self) -> str:
            return "Long (\n    first: 1\n" + "    other: 2\n" * 99 + ")"

    assert shown(np.array([[1], [2]])) == "array([[1], [2]])"
    assert shown(Long(), 30) == "Long ( first:...: 2 other: 2 )"
    assert len(shown(Long(), 30)) == 30
    assert shown("a  b\n") == r"'a  b\n'"


def test_a_value_that_cannot_be_shown_is_named_by_its_class() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError("it has no text")

    assert re.fullmatch(r"<Broken instance at 0x[0-9a-f]+>", shown(Broken()))


def test_a_bad_time_far_inside_leaves_the_output_untouched() -> None:
    ts = np.arange(100_000.0)
    ts[99_999] = -1
    out = np.full(100_000, 7.0)
    with pytest.raises(ValueError, match=r"got -1\.0 at index 99999"):
        S.lr_array(ts, out=out)

    assert (out == 7).all()


@pytest.mark.parametrize(
    ("options", "kind", "message"),
    [
        ({"dtype": int}, TypeError, "dtype must be a real floating-point type, got int64"),
        (
            {"dtype": complex},
            TypeError,
            "dtype must be a real floating-point type, got complex128",
        ),
        ({"out": [0.0] * 3}, TypeError, "out must be a NumPy array, got [0.0, 0.0, 0.0]"),
        (
            {"out": np.zeros(3, int)},
            TypeError,
            "dtype must be a real floating-point type, got int64",
        ),
        ({"out": np.zeros(2)}, ValueError, "out must have the shape of ts, (3,), got (2,)"),
        (
            {"out": np.zeros(3), "dtype": np.float32},
            ValueError,
            "dtype must be that of out, float64, got float32",
        ),
        (
            {"out": np.broadcast_to(np.zeros(1), 3)},
            ValueError,
            "out must be writeable, got a read-only array",
        ),
    ],
)
def test_an_output_that_does_not_fit_is_refused(
    options: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind) as error:
        S.lr_array([1, 2, 3], **options)

    assert str(error.value) == message


@pytest.mark.parametrize("other", [None, "s", [S]])
def test_operators_refuse_what_is_no_schedule(other: Any) -> None:
    for operate in (
        lambda: S >> other,
        lambda: other >> S,
        lambda: S + other,
        lambda: other + S,
        lambda: S * other,
    ):
        with pytest.raises(TypeError):
            operate()


@pytest.mark.parametrize(
    ("sign", "operate"),
    [
        (">>", lambda number: S >> number),
        (">>", lambda number: number >> S),
        ("+", lambda number: S + number),
        ("+", lambda number: number + S),
    ],
)
def test_a_number_in_place_of_a_schedule_has_a_remedy(
    sign: str, operate: Callable[[Any], Any]
) -> None:
    with pytest.raises(TypeError) as error:
        operate(0.1)

    assert str(error.value) == (
        f"a schedule {sign} a number: write Constant(0.1) for a rate that stays, Scale or * to"
        " multiply, Sum and Sequential for many schedules"
    )


def test_the_sum_of_a_list_has_a_remedy() -> None:
    with pytest.raises(TypeError, match="Sum and Sequential for many schedules"):
        sum([S, S])


def test_an_array_times_a_schedule_is_refused() -> None:
    with pytest.raises(TypeError):
        _ = np.arange(3) * S


def test_a_tensor_given_to_lr_says_what_to_use() -> None:
    import torch

    with pytest.raises(TypeError, match=r"use schedule\.lr_array\(ts\) for an array, schedule"):
        S.lr(torch.tensor(3.0))


RATE = schedule_module.Rate


class _Formula(Schedule):
    """A formula, and no field yet."""

    __slots__ = ()

    def _formula(self, t: float, xp: schedule_module.Ops) -> float:
        return 0.1 + 0 * t


def _with(name: str, default: Any = ..., **attributes: Any) -> Callable[[], Any]:
    """Return what defines a kind with one field, of which something is wrong."""

    def make() -> Any:
        body = {"__annotations__": {name: RATE}, **attributes}
        if default is not ...:
            body[name] = default
        return define(type("Odd", (_Formula,), body))

    return make


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: define(type("Odd", (), {"__annotations__": {"base_lr": RATE}})),
            "Odd must be a subclass of Schedule to be defined as one",
        ),
        (
            _with("lr"),
            "Odd.lr: every schedule has something of this name already, so choose another",
        ),
        (
            _with("_derived"),
            "Odd._derived: every schedule has something of this name already, so choose"
            " another",
        ),
        (
            _with("base_lr", dataclasses.field(kw_only=True)),
            "Odd.base_lr must be a plain field, with a default or without: a schedule is saved"
            " and copied through its fields",
        ),
        (
            _with("base_lr", __post_init__=lambda self: None),
            "Odd must check its fields in _check, not __post_init__",
        ),
    ],
)
def test_a_class_that_would_misbehave_is_refused(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeError) as error:
        make()

    assert str(error.value) == message
    assert "Odd" not in schedule_module.KINDS


def test_a_domain_that_cannot_be_found_is_explained() -> None:
    body = {"__annotations__": {"base_lr": "Nowhere"}}
    with pytest.raises(TypeError) as error:
        define(type("Odd", (_Formula,), body))

    assert str(error.value) == (
        "Odd: name 'Nowhere' is not defined; the domains in annotations that are text must be"
        " imported at the top of the module"
    )


def test_a_subclass_without_define_is_refused() -> None:
    class Plain(Constant):
        """Not decorated."""

    with pytest.raises(TypeError, match="Plain must be decorated with @define"):
        Plain(0.1)


def test_a_schedule_cannot_be_changed_and_says_what_to_do() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError) as error:
        S.steps = 3

    assert str(error.value) == (
        "Cosine cannot be changed: schedule.replace(steps=...) makes another"
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        S.other = 3
    with pytest.raises(dataclasses.FrozenInstanceError):
        del S.steps


def test_methods_of_a_kind_of_ones_own_may_call_super() -> None:
    @define
    class Twice(Constant):
        def _formula(self, t: float, xp: schedule_module.Ops) -> float:
            return 2 * super()._formula(t, xp)

    assert Twice(0.1).lr(3) == 0.2
    del schedule_module.KINDS["Twice"]


def test_two_kinds_of_one_name_are_refused() -> None:
    with pytest.raises(
        ValueError, match=r"Cosine is already the name of a schedule, lrcurves\."
    ):

        @define
        class Cosine(Schedule):
            base_lr: schedule_module.Rate

            def _formula(self, t: float, xp: schedule_module.Ops) -> float:
                return self.base_lr + 0 * t


def test_a_field_without_a_domain_is_refused() -> None:
    with pytest.raises(TypeError) as error:

        @define
        class Odd(Schedule):
            base_lr: float

            def _formula(self, t: float, xp: schedule_module.Ops) -> float:
                return self.base_lr + 0 * t

    assert str(error.value) == (
        "Odd.base_lr must be annotated with a domain, such as lrcurves.schedule.Rate, got"
        " <class 'float'>"
    )


def test_a_field_name_that_the_saved_form_uses_is_refused() -> None:
    with pytest.raises(TypeError, match=r"Odd\.type: the saved form of a schedule uses this"):

        @define
        class Odd(Schedule):
            type: schedule_module.Rate

            def _formula(self, t: float, xp: schedule_module.Ops) -> float:
                return self.type + 0 * t


def test_a_long_value_is_cut_in_the_message() -> None:
    with pytest.raises(TypeError) as error:
        Cosine("x" * 10_000, 9)  # type: ignore[arg-type]

    assert len(str(error.value)) < 200
