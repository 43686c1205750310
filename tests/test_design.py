"""Decays from numbers: what follows from what, and which numbers do not go together."""

from __future__ import annotations

import json
import math
from fractions import Fraction

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from lrcurves import Exponential, Geometric, StepDecay
from lrcurves._design import DECAYS, WORDS, design
from lrcurves.serial import parse

EPS = 2.0**-52

CURVE = {"base_lr": 0.4, "final_lr": 0.1, "steps": 20}
"""Two halvings in twenty steps: the half-life is 10."""

HALVED = {
    "gamma": 0.5**0.1,
    "half_life": 10.0,
    "rate": math.log(2) / 10,
    "decay_percent": 100 * (1 - 0.5**0.1),
}
DROPS = {"gamma": 0.5, "half_life": 10.0, "rate": math.log(2) / 10, "decay_percent": 50.0}


@pytest.mark.parametrize("decay", [None, *DECAYS])
@pytest.mark.parametrize("missing", [None, "base_lr", "final_lr", "steps"])
@pytest.mark.parametrize("kind", ["exponential", "geometric", "step"])
def test_each_quantity_follows_from_the_other_three(
    kind: str, missing: str | None, decay: str | None
) -> None:
    if (decay is None) != (missing is None):
        return  # too few numbers, or too many
    known = {name: x for name, x in CURVE.items() if name != missing}
    table = DROPS if kind == "step" else HALVED
    if decay is not None:
        known[decay] = table[decay]
    if kind == "step":
        known["step_size"] = 10
    found = design(known, kind)

    expected = CURVE | table | {"halvings": 2}
    for name, x in expected.items():
        assert found.numbers[name] == pytest.approx(x, rel=1e-14)
    s = found.schedule
    assert (s.lr(0), s.lr(20)) == pytest.approx((0.4, 0.1), rel=1e-14)
    assert type(s).__name__.lower().startswith(kind)
    if kind == "step":
        assert (found.numbers["step_size"], found.numbers["drops"]) == (10, 2)
        assert found.numbers["steps_to_1pct"] == 70
    else:
        assert found.numbers["steps_to_1pct"] == pytest.approx(10 * math.log2(100))


@given(
    base=st.floats(1e-6, 10),
    ratio=st.floats(1e-9, 0.9),
    steps=st.floats(1, 1e9),
    decay=st.sampled_from(DECAYS),
)
def test_a_decay_that_was_found_finds_the_rest_again(
    base: float, ratio: float, steps: float, decay: str
) -> None:
    first = design({"base_lr": base, "final_lr": base * ratio, "steps": steps}).numbers
    assume(0 < first["gamma"] < 1 and 0 < first["decay_percent"] < 100)
    # The number is rounded once: so far is the logarithm of what one step leaves from exact.
    gamma, span = first["gamma"], steps * first["rate"]
    error = {"gamma": 1.0, "decay_percent": 1.0 / gamma}.get(decay, first["rate"]) * 4 * EPS
    bound = (steps * error + 64 * EPS * (1 + span)) * max(1.0, 1.0 / span)
    assume(bound < 1e-3)
    for missing in CURVE:
        known = {name: first[name] for name in CURVE if name != missing}
        again = design(known | {decay: first[decay]}).numbers
        for name in CURVE:
            assert again[name] == pytest.approx(first[name], rel=bound)


@pytest.mark.parametrize(("floor", "steps", "size"), [("direct", 90, 30), ("offset", 89, 30)])
def test_drops_take_the_place_of_steps_or_of_their_size(
    floor: str, steps: float, size: float
) -> None:
    ends = {"base_lr": 0.1, "final_lr": 1e-4}
    for known in (
        {"steps": steps, "drops": 3},
        {"step_size": size, "drops": 3},
        {"steps": steps, "step_size": size},
    ):
        s = design(ends | known, floor=floor).schedule
        assert s == StepDecay.from_final_lr(0.1, 1e-4, steps, size, floor)
        assert s.lr(steps - 1) > 1.5 * s.lr(steps) == pytest.approx(1.5e-4)


@pytest.mark.parametrize("floor", ["direct", "offset"])
def test_a_step_decay_has_come_to_the_final_rate_at_the_steps_that_follow(floor: str) -> None:
    for final in (0.099, 0.05, 0.03, 0.025, 1e-5):
        known = {"base_lr": 0.1, "final_lr": final, "gamma": 0.5, "step_size": 7}
        found = design(known, floor=floor)
        steps = found.numbers["steps"]
        lr = found.schedule.lr
        assert lr(steps) <= final * (1 + 1e-9) < lr(steps - 1) * (1 + 2e-9)
        assert found.numbers["final_lr"] == pytest.approx(lr(steps), rel=1e-9)


def test_a_rate_between_two_drops_is_passed_and_not_met() -> None:
    for known, reached, message in (
        (
            {"base_lr": 0.1, "gamma": 0.5, "step_size": 10, "final_lr": 0.03},
            0.025,
            "reached 0.025 at t = 20, below the 0.03 asked for: for 0.03 there, give --steps 20"
            " in place of --gamma",
        ),
        (
            {"base_lr": 0.1, "half_life": 10, "step_size": 30, "final_lr": 0.001},
            0.1 / 512,
            "reached 0.0001953125 at t = 90, below the 0.001 asked for: for 0.001 there, give"
            " --steps 90 in place of --half-life",
        ),
    ):
        found = design(known)
        assert found.notes[0] == message
        assert found.numbers["final_lr"] == found.schedule.lr(found.numbers["steps"])
        assert found.numbers["final_lr"] == pytest.approx(reached, rel=4 * EPS)
        assert found.numbers["halvings"] == pytest.approx(math.log2(0.1 / reached))
        # What the note says works.
        known = known | {"steps": found.numbers["steps"]}
        known = {name: x for name, x in known.items() if name not in ("gamma", "half_life")}
        met = design(known)
        assert met.schedule.lr(known["steps"]) == pytest.approx(known["final_lr"], rel=4 * EPS)
        assert not any(note.startswith("reached") for note in met.notes)


@pytest.mark.parametrize("floor", ["direct", "offset"])
def test_a_last_drop_that_no_update_sees_is_pointed_out(floor: str) -> None:
    known = {"base_lr": 0.1, "final_lr": 0.001, "steps": 90, "drops": 3}
    found = design(known, floor=floor)

    size = 22.5 if floor == "direct" else 22.75
    assert found.notes == (
        "the last drop comes at t = 90, after the last update of a run of 90 steps, which has"
        f" 0.0046415888: for 3 drops within the run, give --drops 3 --step-size {size} and no"
        " --steps",
    )
    del known["steps"]
    better = design(known | {"step_size": size}, floor=floor).schedule
    assert better.lr(89) == pytest.approx(0.001, rel=4 * EPS)
    assert better.lr(90) < better.lr(89)


def test_a_last_drop_that_is_seen_needs_no_note() -> None:
    known = {"base_lr": 0.1, "gamma": 0.1, "steps": 90, "step_size": 40}

    assert design(known).notes == ()
    assert design(known | {"step_size": 30.0}, floor="offset").notes == ()
    assert design({"base_lr": 0.1, "gamma": 0.1, "steps": 90}).notes == ()


def test_a_run_too_short_for_the_drops_gets_no_advice() -> None:
    (note,) = design({"base_lr": 1, "gamma": 0.5, "steps": 2, "drops": 2}).notes
    assert note.endswith("after the last update of a run of 2 steps, which has 0.5")

    (note,) = design({"base_lr": 1, "gamma": 0.5, "steps": 2, "drops": 1}).notes
    assert note.endswith(
        "1: for 1 drop within the run, give --drops 1 --step-size 1 and no --steps"
    )


def test_without_a_run_the_note_says_how_long_one_must_be() -> None:
    found = design({"base_lr": 0.1, "gamma": 0.5, "drops": 3, "step_size": 22.5})

    assert found.notes == (
        "the last drop comes at t = 67.5: a run needs at least 69 steps for an update with"
        " 0.0125",
    )
    assert found.schedule.lr(67) > found.schedule.lr(68) == 0.0125


@given(
    drops=st.integers(1, 900),
    steps=st.integers(1, 10**6),
    floor=st.sampled_from(["direct", "offset"]),
)
@example(drops=3, steps=100, floor="direct")
def test_all_drops_have_happened_at_the_steps(drops: int, steps: int, floor: str) -> None:
    """Also where the step size is rounded."""
    run = {"base_lr": 1, "steps": steps, "drops": drops}
    for known in (run | {"gamma": 0.5}, run | {"final_lr": 0.5**drops}):
        found = design(known, floor=floor)
        assert found.numbers["drops"] == drops
        assert round(-math.log2(found.schedule.lr(steps))) == drops
        assert round(-math.log2(found.numbers["final_lr"])) == drops
    exact = (Fraction(steps) + (floor == "offset")) / drops
    assert found.numbers["step_size"] == pytest.approx(float(exact), rel=2 * EPS)


@given(
    drops=st.integers(1, 50),
    size=st.floats(0.01, 1e4),
    floor=st.sampled_from(["direct", "offset"]),
)
@example(drops=3, size=33.333333333333336, floor="direct")
def test_steps_that_follow_are_late_enough_for_all_drops(
    drops: int, size: float, floor: str
) -> None:
    assume(size > 1.0 or floor == "direct")
    for last in ({"drops": drops}, {"final_lr": 0.5**drops}):
        known = {"base_lr": 1, "gamma": 0.5, "step_size": size} | last
        found = design(known, floor=floor)
        steps = found.numbers["steps"]
        assert found.numbers["drops"] == drops
        assert round(-math.log2(found.schedule.lr(steps))) == drops
        before = max(steps - size / 2, 0.0)
        assert round(-math.log2(found.schedule.lr(before))) == drops - 1


def test_a_last_drop_at_the_start_is_refused() -> None:
    for last in ({"drops": 1}, {"final_lr": 0.5}):
        for size in (0.5, 1):
            known = {"base_lr": 1, "gamma": 0.5, "step_size": size} | last
            with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared
                design(known, floor="offset")
            assert str(error.value) == (
                "--step-size must be so large that the last drop comes after t = 0, got"
                f" {size} with --floor offset"
            )


def test_drops_may_be_closer_than_a_step() -> None:
    found = design({"base_lr": 1, "gamma": 0.5, "step_size": 0.3, "drops": 7}, floor="offset")

    assert found.schedule.lr(found.numbers["steps"]) == pytest.approx(0.5**7)
    assert found.numbers["steps"] == pytest.approx(1.1)
    assert found.numbers["steps_to_1pct"] == found.numbers["steps"]


def test_one_gamma_is_printed() -> None:
    for known in (
        {"base_lr": 0.1, "final_lr": 0.001, "steps": 90, "drops": 3},
        {"base_lr": 0.1, "half_life": 10, "step_size": 30},
        {"base_lr": 0.1, "decay_percent": 7, "step_size": 30},
        {"base_lr": 0.1, "decay_percent": 7},
    ):
        found = design(known)
        assert isinstance(found.schedule, StepDecay | Exponential)
        assert found.numbers["gamma"] == found.schedule.gamma


def test_an_end_is_not_needed() -> None:
    found = design({"base_lr": 0.1, "half_life": 700})

    assert found.schedule == Exponential.from_half_life(0.1, 700)
    assert found.numbers.keys().isdisjoint({"final_lr", "steps", "halvings"})
    assert design({"base_lr": 0.1, "rate": 0.5}).schedule == Exponential.from_rate(0.1, 0.5)
    assert design({"base_lr": 0.1, "decay_percent": 5}).schedule == Exponential(0.1, 0.95)
    endless = design({"base_lr": 0.1, "gamma": 0.5, "step_size": 7})
    assert endless.schedule == StepDecay(0.1, 0.5, 7)
    assert "drops" not in endless.numbers


def test_the_numbers_are_those_of_the_schedule() -> None:
    assert design(CURVE).schedule == Exponential.from_final_lr(0.4, 0.1, 20)
    assert design(CURVE, "geometric").schedule == Geometric(0.4, 0.1, 20)
    known = {"base_lr": 0.1, "gamma": 0.5, "steps": 10}
    assert design(known).numbers["final_lr"] == 0.1 / 1024
    assert design(known, "geometric").schedule == Geometric(0.1, 0.1 / 1024, 10)


def test_the_printed_and_the_plain_form_say_the_same() -> None:
    known = {"base_lr": 0.1, "final_lr": 1e-4, "steps": 90, "drops": 3}
    found = design(known)
    data = json.loads(json.dumps(found.to_dict()))
    lines = str(found).splitlines()

    assert parse(lines[0]) == found.schedule == parse(data["spec"])
    assert set(data) == {"spec", "notes", *WORDS}
    assert data["notes"] == list(found.notes)
    assert lines[1] == lines[-2] == ""
    assert lines[-1] == f"note: {found.notes[0]}"
    for line, name in zip(lines[2:-2], found.numbers, strict=True):
        label, unit = WORDS[name]
        value, _, rest = line.removeprefix(f"  {label:<12}").partition(" ")
        assert float(value) == pytest.approx(data[name], rel=1e-7)
        assert rest.strip() == unit.format("drop")
    assert data["drops"] == 3
    assert isinstance(data["steps"], int)


@pytest.mark.parametrize(
    ("known", "kind", "message"),
    [
        (
            {},
            None,
            "give --base-lr and one of --gamma, --half-life, --rate, --decay-percent; or"
            " --base-lr, --final-lr and --steps; or two of these three and how fast it falls",
        ),
        (
            {"base_lr": 0.1, "final_lr": 0.1, "steps": 9},
            None,
            "--final-lr must be < --base-lr, got 0.1 >= 0.1: a rate that grows is no decay",
        ),
        (
            {"base_lr": 0.1, "final_lr": 0, "steps": 9},
            None,
            "--final-lr must be a finite number > 0, got 0: an exponential never reaches 0;"
            " Linear and Cosine do",
        ),
        ({"base_lr": 0}, None, "--base-lr must be a finite number > 0, got 0"),
        (
            {"base_lr": 1, "half_life": 0},
            None,
            "--half-life must be a finite number > 0, got 0",
        ),
        (
            {"base_lr": 1, "rate": 0},
            None,
            "--rate must be a finite number >= 1e-290 and <= 1e+290, got 0",
        ),
        (
            {"base_lr": 1, "gamma": 1},
            None,
            "--gamma must be < 1, got 1: 1 stays as it is, and more than 1 grows:"
            " Exponential(base_lr, gamma) does",
        ),
        (
            {"base_lr": 1, "decay_percent": 100},
            None,
            "--decay-percent must be < 100, got 100: 100 leaves nothing",
        ),
        (
            {"base_lr": 1, "gamma": 0.5, "half_life": 3},
            None,
            "--gamma and --half-life say the same thing: leave out all but one",
        ),
        (
            {**CURVE, "rate": 0.5},
            None,
            "--rate follows from --base-lr, --final-lr and --steps: leave out one of the four",
        ),
        (
            {**CURVE, "drops": 2, "step_size": 3},
            None,
            "--drops follows from --steps and --step-size: leave out one of the three",
        ),
        (
            {"base_lr": 1, "gamma": 0.5, "drops": 2},
            None,
            "--drops needs --steps or --step-size too",
        ),
        (
            {"base_lr": 1, "gamma": 0.5},
            "geometric",
            "--kind geometric has an end: give --final-lr or --steps too",
        ),
        (
            {"base_lr": 1, "gamma": 0.5},
            "step",
            "--kind step needs --step-size, or --drops and --steps",
        ),
        (
            {"base_lr": 1, "gamma": 0.5, "step_size": 2},
            "exponential",
            "--step-size and --drops go with --kind step, got --kind exponential",
        ),
        (
            {**CURVE, "step_size": 21},
            None,
            "--steps must be long enough for a drop, got 20 with --step-size 21 and --floor"
            " direct",
        ),
        (
            {"base_lr": 1, "gamma": 0.5, "steps": 1e5},
            None,
            "after 100000 steps nothing is left: take fewer",
        ),
        (
            {"base_lr": 1, "gamma": 0.5, "steps": 1e5},
            "geometric",
            "after 100000 steps nothing is left: take fewer",
        ),
        (
            {"final_lr": 1e300, "gamma": 0.5, "steps": 1000},
            None,
            "--base-lr would be beyond all floats: take fewer --steps",
        ),
        (
            {"base_lr": 1, "decay_percent": 1e-20},
            None,
            "--decay-percent must leave a gamma > 0 and < 1, got 1e-20, which rounds to a gamma"
            " of 1",
        ),
        (
            {"base_lr": 1, "half_life": 1e-9, "step_size": 10},
            None,
            "--half-life must leave a gamma > 0 and < 1, got 1e-09, which rounds to a gamma"
            " of 0",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(
    known: dict[str, float], kind: str | None, message: str
) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared
        design(known, kind)
    assert str(error.value) == message
