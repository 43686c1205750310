"""Every function of ``compat.transformers`` gives what transformers applies, at every step."""

from __future__ import annotations

import inspect
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import product
from typing import Any

import pytest
import torch
from torch.optim import SGD

from lrcurves import Schedule
from lrcurves.compat import transformers as compat
from lrcurves.serial import from_json, parse, to_json

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    optimization = pytest.importorskip("transformers.optimization")
    SchedulerType = pytest.importorskip("transformers.trainer_utils").SchedulerType

TOLERANCE = 1e-12
"""Of the largest rate."""

LENGTHS = ((0, 1), (0, 2), (0, 3), (1, 2), (1, 3), (2, 3), (0, 10), (3, 10), (7, 40))
TOO_SHORT = ((0, 0), (1, 1), (3, 3), (5, 3), (4, 0))
"""A warm-up that takes all the steps, or more."""


def applied(make: Callable[..., Any], rate: float, steps: int) -> Iterator[float]:
    """Yield what each update of a plain training loop is done with."""
    optimizer = SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)
    scheduler = make(optimizer)
    for _ in range(steps):
        yield float(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()


@dataclass(frozen=True, eq=False)
class Row:
    """One call, which is the same in transformers and here but for the optimizer."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    steps: int = 100
    rate: float = 0.1

    def ours(self) -> Schedule:
        if self.name == "get_scheduler":
            return compat.get_scheduler(base_lr=self.rate, **self.arguments)
        make: Callable[..., Schedule] = getattr(compat, self.name)
        return make(self.rate, **self.arguments)

    def theirs(self) -> list[float]:
        make = partial(getattr(optimization, self.name), **self.arguments)
        if self.name == "get_scheduler":
            arguments = dict(self.arguments)
            make = partial(optimization.get_scheduler, arguments.pop("name"), **arguments)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of two lengths of a WSD
            return list(applied(make, self.rate, self.steps))

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


def rows(name: str, lengths: tuple[tuple[int, int], ...], *more: dict[str, Any]) -> list[Row]:
    return [
        Row(name, {"num_warmup_steps": warmup, "num_training_steps": total, **arguments})
        for warmup, total in lengths
        for arguments in (more or ({},))
    ]


def wsd() -> Iterator[Row]:
    for (warmup, decay, total), ratio, shapes in product(
        (
            *((0, 1, 1), (0, 0, 1), (1, 1, 2), (1, 1, 3), (2, 0, 3), (3, 4, 20), (0, 5, 20)),
            *((0, 20, 20), (5, 15, 20), (7, 10, 12), (7, 10, 7), (7, 10, 3), (0, 0, 0)),
            *((12, 7, 13), (4, 0, 2)),
        ),
        (0, 0.1, 1.0),
        (
            *(("linear", "linear"), ("cosine", "cosine"), ("1-sqrt", "1-sqrt")),
            ("1-sqrt", "linear"),
        ),
    ):
        yield Row(
            "get_wsd_schedule",
            {
                "num_warmup_steps": warmup,
                "num_decay_steps": decay,
                "num_training_steps": total,
                "min_lr_ratio": ratio,
                "warmup_type": shapes[0],
                "decay_type": shapes[1],
            },
            steps=40,
        )
    for cycles, ratio in product((0, 0.3, 1, 1.5, 2.25), (0, 0.1)):
        for stable in (0, 3):
            arguments = {"num_decay_steps": 20, "num_stable_steps": stable}
            arguments |= {"num_warmup_steps": 5, "num_cycles": cycles, "min_lr_ratio": ratio}
            yield Row("get_wsd_schedule", arguments)
        arguments = {"num_decay_steps": 20, "num_training_steps": 20, "num_warmup_steps": 5}
        yield Row("get_wsd_schedule", arguments | {"num_cycles": cycles, "min_lr_ratio": ratio})
    both = {"num_stable_steps": 3, "num_training_steps": 90}
    yield Row("get_wsd_schedule", {"num_warmup_steps": 5, "num_decay_steps": 20, **both})


WAVES = tuple({"num_cycles": n} for n in (0, 0.25, 0.5, 1, 1.5, 2, 2.7, 7))
LOWEST = (
    *({"min_lr_rate": rate, "num_cycles": n} for rate in (0, 0.1, 1, 1.5) for n in (0.5, 1.3)),
    *({"min_lr": rate} for rate in (0, 1e-6, 0.05, 0.1, 0.3)),
)
HARD = (
    *({"num_cycles": n} for n in (0, 1, 2, 3, 4, 6, 9)),
    *({"num_cycles": n} for n in (0.5, 1.5, 2.5, 0.1)),
)

ROWS: tuple[Row, ...] = (
    Row("get_constant_schedule"),
    *(
        Row("get_constant_schedule_with_warmup", {"num_warmup_steps": n})
        for n in (0, 1, 2, 3, 7, 50)
    ),
    *rows("get_linear_schedule_with_warmup", (*LENGTHS, *TOO_SHORT, (13, 90))),
    *rows("get_cosine_schedule_with_warmup", (*LENGTHS, *TOO_SHORT), {}, *WAVES),
    *rows(
        "get_cosine_with_hard_restarts_schedule_with_warmup",
        (*LENGTHS, *TOO_SHORT),
        {},
        *HARD,
    ),
    *rows(
        "get_polynomial_decay_schedule_with_warmup",
        (*LENGTHS, (5, 3), (4, 0)),
        {},
        *({"lr_end": end, "power": p} for end in (0.0, 0.02, 0.0999) for p in (0.5, 1, 2, 3)),
    ),
    *(
        Row("get_inverse_sqrt_schedule", {"num_warmup_steps": n, "timescale": scale}, steps=300)
        for n in (0, 1, 2, 3, 20)
        for scale in (None, 1, 2.5, 10, 500)
    ),
    *rows("get_cosine_with_min_lr_schedule_with_warmup", (*LENGTHS, *TOO_SHORT), *LOWEST),
    *rows(
        "get_cosine_with_min_lr_schedule_with_warmup_lr_rate",
        (*LENGTHS, *TOO_SHORT),
        *LOWEST,
        *({"min_lr_rate": 0.2, "warmup_lr_rate": rate} for rate in (0, 0.05, 1, 1.2)),
    ),
    *wsd(),
    *(
        Row("get_scheduler", {"name": name, "num_warmup_steps": 5, "num_training_steps": 40})
        for name in ("linear", "cosine", "cosine_with_restarts", "polynomial", "constant")
    ),
    Row("get_scheduler", {"name": "constant"}),
    *(
        Row("get_scheduler", {"name": name, "num_warmup_steps": 5})
        for name in ("constant_with_warmup", "inverse_sqrt")
    ),
    *(
        Row(
            "get_scheduler",
            {
                "name": name,
                "num_warmup_steps": 5,
                "num_training_steps": 40,
                "scheduler_specific_kwargs": more,
            },
        )
        for name, more in (
            ("cosine", {"num_cycles": 2}),
            ("cosine_with_restarts", {"num_cycles": 5}),
            ("polynomial", {"power": 2.0}),
            ("inverse_sqrt", {"timescale": 3}),
            ("cosine_with_min_lr", {"min_lr": 0.01}),
            ("cosine_warmup_with_min_lr", {"min_lr_rate": 0.1, "warmup_lr_rate": 0.2}),
            ("warmup_stable_decay", {"num_decay_steps": 10}),
            ("constant_with_warmup", {"of_no": "account"}),
        )
    ),
    Row("get_linear_schedule_with_warmup", {"num_warmup_steps": 100, "num_training_steps": 999},
        steps=1200, rate=5e-5),
    Row("get_cosine_schedule_with_warmup", {"num_warmup_steps": 100, "num_training_steps": 999},
        steps=3000, rate=3e-4),
)  # fmt: skip


@cache
def differences(row: Row) -> list[float]:
    """Return the difference at every step, as a share of the largest rate involved."""
    theirs = row.theirs()
    schedule = row.ours()
    ours = [schedule.lr(t) for t in range(row.steps)]
    array = list(schedule.lr_array(range(row.steps)))
    assert array == pytest.approx(ours, rel=1e-14, abs=1e-14 * row.rate)
    largest = max(row.rate, *theirs)
    return [abs(a - b) / largest for a, b in zip(ours, theirs, strict=True)]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rate_is_that_of_transformers_at_every_step(row: Row) -> None:
    worst = max(differences(row))

    assert worst <= TOLERANCE, f"{worst:.2e} of the largest rate"


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    found = [difference for row in ROWS for difference in differences(row)]

    with capsys.disabled():
        print(f"\ntransformers: {len(ROWS)} rows, {len(found)} values, worst {max(found):.1e}")
    assert len(ROWS) > 800
    assert len(found) > 70_000


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_is_made_of_the_kinds_that_there_are(row: Row) -> None:
    schedule = row.ours()

    assert from_json(to_json(schedule)) == schedule == parse(repr(schedule))


NAMES = sorted(name for name in vars(optimization) if name.startswith("get_"))
REFUSED = (
    "get_adafactor_schedule",
    "get_greedy_schedule",
    "get_reduce_on_plateau_schedule",
)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in REFUSED])
def test_the_arguments_and_defaults_are_those_of_transformers(name: str) -> None:
    theirs = inspect.signature(getattr(optimization, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    arguments = {
        "base_lr" if key == "optimizer" else key: parameter.default
        for key, parameter in theirs.items()
        if key != "last_epoch"
    }

    assert {key: parameter.default for key, parameter in ours.items()} == arguments
    assert list(ours) == list(arguments)  # the order too


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_function_of_time_is_refused_by_name(name: str) -> None:
    assert name in NAMES
    with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: .*: "):
        getattr(compat, name)(0.1)


@pytest.mark.parametrize("name", list(SchedulerType))
def test_every_name_of_get_scheduler_is_known(name: Any) -> None:
    more = {"num_decay_steps": 5} if name == "warmup_stable_decay" else {}
    more |= {"min_lr": 0.01} if "with_min_lr" in name.value else {}
    if name in ("reduce_lr_on_plateau", "greedy"):
        with pytest.raises(TypeError, match="cannot be a schedule: its rate follows from a me"):
            compat.get_scheduler(name, 0.1, 5, 40, more)
        return

    schedule = compat.get_scheduler(name, 0.1, 5, 40, more)
    assert schedule == compat.get_scheduler(name.value, 0.1, 5, 40, more)


def test_the_module_does_not_load_transformers() -> None:
    modules = "{'transformers', 'torch', 'numpy'} & set(sys.modules)"
    code = f"import sys, lrcurves.compat.transformers; assert not {modules}"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_no_restart_is_missed_as_transformers_misses_some() -> None:
    name = "get_cosine_with_hard_restarts_schedule_with_warmup"
    row = Row(name, {"num_warmup_steps": 0, "num_training_steps": 98, "num_cycles": 49})
    theirs, ours = row.theirs(), row.ours()

    assert theirs[2] == pytest.approx(0.0, abs=1e-12)
    assert [ours.lr(t) for t in range(0, 98, 2)] == [0.1] * 49


@pytest.mark.parametrize("total", range(2, 61))
def test_every_restart_at_a_whole_step_is_taken(total: int) -> None:
    for cycles in range(1, total):
        make = compat.get_cosine_with_hard_restarts_schedule_with_warmup
        schedule = make(0.1, 0, total, cycles)
        peaks = [t for t in range(total) if t * cycles % total == 0]

        assert [schedule.lr(t) for t in peaks] == [0.1] * len(peaks), cycles


def test_a_polynomial_is_refused_where_transformers_divides_by_zero() -> None:
    name = "get_polynomial_decay_schedule_with_warmup"
    row = Row(name, {"num_warmup_steps": 3, "num_training_steps": 3})
    with pytest.raises(ZeroDivisionError):
        row.theirs()
    with pytest.raises(ValueError, match="must not be equal to num_warmup_steps, got 3 twice"):
        row.ours()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: compat.get_constant_schedule(-1), r"get_constant_schedule\.base_lr must be"),
        (
            lambda: compat.get_linear_schedule_with_warmup(0.1, 0.06, 100),
            r"get_linear_schedule_with_warmup\.num_warmup_steps must be a whole number >= 0",
        ),
        (
            lambda: compat.get_linear_schedule_with_warmup(0.1, 5, -1),
            r"num_training_steps must be a whole number >= 0, got -1",
        ),
        (
            lambda: compat.get_cosine_schedule_with_warmup(0.1, 5, 10, -0.5),
            r"get_cosine_schedule_with_warmup\.num_cycles must be a finite number >= 0",
        ),
        (
            lambda: compat.get_polynomial_decay_schedule_with_warmup(0.1, 5, 10, lr_end=0.1),
            r"lr_end must be < base_lr, got 0\.1 >= 0\.1",
        ),
        (
            lambda: compat.get_inverse_sqrt_schedule(0.1, 5, timescale=0),
            r"timescale must be a finite number > 0, got 0",
        ),
        (
            lambda: compat.get_cosine_with_min_lr_schedule_with_warmup(0.1, 5, 10),
            r"must be given min_lr or min_lr_rate, and not both, got min_lr=None",
        ),
        (
            lambda: compat.get_cosine_with_min_lr_schedule_with_warmup(
                0.1, 5, 10, min_lr=0.1, min_lr_rate=0.1
            ),
            r"must be given min_lr or min_lr_rate, and not both",
        ),
        (
            lambda: compat.get_cosine_with_min_lr_schedule_with_warmup(0, 5, 10, min_lr=0.1),
            r"base_lr must be a finite number > 0, got 0",
        ),
        (lambda: compat.get_wsd_schedule(0.1, 5, 10), "must be given num_training_steps or"),
        (
            lambda: compat.get_wsd_schedule(0.1, 5, 10, 50, decay_type="exp"),
            r"get_wsd_schedule\.decay_type must be 'linear' or 'cosine' or '1-sqrt', got 'exp'",
        ),
        (
            lambda: compat.get_wsd_schedule(0.1, 5, 10, 50, min_lr_ratio=1.5),
            r"min_lr_ratio must be a finite number >= 0 and <= 1, got 1\.5",
        ),
        (
            lambda: compat.get_scheduler("cosin", 0.1),
            r"get_scheduler\.name must be 'linear' or",
        ),
        (
            lambda: compat.get_scheduler("linear", 0.1),
            "num_warmup_steps must be given for 'lin",
        ),
        (
            lambda: compat.get_scheduler("linear", 0.1, 5),
            "num_training_steps must be given for",
        ),
    ],
)
def test_impossible_arguments_are_refused_by_name(
    call: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()
