"""What the README says in words and tables; its code runs as doctests."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import lrcurves
from lrcurves import Exponential, Floor, Schedule, StepDecay

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def row(start: str) -> list[float]:
    """Return the numbers of the row of a table that starts with a cell."""
    (line,) = re.findall(rf"^\| {re.escape(start)} \|(.*)\|$", README, re.MULTILINE)
    return [float(cell) for cell in line.split("|")]


DROPS = StepDecay(1.0, gamma=0.5, step_size=4)
DECAY = Exponential(0.1, gamma=0.5)


@pytest.mark.parametrize(
    ("start", "schedule"),
    [
        ('`floor="direct"`', DROPS),
        ('`floor="offset"`', DROPS.replace(floor="offset")),
        ("without", DECAY),
        ('`mode="direct"`', Floor(DECAY, 0.02)),
        ('`mode="offset"`', Floor(DECAY, 0.02, mode="offset")),
    ],
)
def test_the_tables_of_the_two_floors_are_right(start: str, schedule: Schedule) -> None:
    numbers = row(start)

    assert len(numbers) in (6, 9)
    assert numbers == pytest.approx([schedule.lr(t) for t in range(len(numbers))], rel=1e-12)


def test_every_schedule_is_in_a_table() -> None:
    for name in lrcurves.__all__:
        if name not in ("Schedule", "define", "Sum", "Product", "Scale"):
            assert re.search(rf"^\|.*`.*\b{name}\b", README, re.MULTILINE), name


def test_the_set_up_commands_are_those_that_are_run() -> None:
    commands = re.findall(r"^```sh\n(.*?)\n```$", README, re.MULTILINE | re.DOTALL)
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")

    assert len(commands) == 2
    for command in commands:
        for part in command.split(" && "):
            said = part.removeprefix("pip install ").removeprefix("lrcurves ")
            assert said in script or said == ".", said


def test_the_package_needs_numpy_alone() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert [name.split(">")[0] for name in project["dependencies"]] == ["numpy"]
    assert len(README.splitlines()) <= 250


def test_the_promise_of_accuracy_is_that_of_the_tests() -> None:
    from test_accuracy import PER_OPERATOR, PER_POWER, PROMISED

    assert f"within {PROMISED['lr']:g} eps" in README
    assert f"`lr_array` within {PROMISED['lr_array']:g}." in README
    assert f"adds at most {PER_OPERATOR:g}" in README
    assert f"above 1 adds {PER_POWER:g}" in README
