"""Every function of ``compat.timm`` gives what timm computes, at every step."""

from __future__ import annotations

import importlib.util
import inspect
import subprocess
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from itertools import product
from typing import Any

import pytest
import torch
from torch.optim import SGD

from lrcurves import Schedule
from lrcurves.compat import timm as compat
from lrcurves.serial import from_json, parse, to_json

TOLERANCE = 1e-12
"""Of the largest rate."""


def scheduler_package() -> Any:
    """Import ``timm.scheduler`` alone: timm itself would load torchvision."""
    found = importlib.util.find_spec("timm")
    if found is None:
        pytest.skip("timm is not installed", allow_module_level=True)
    before = {name for name in sys.modules if name.split(".")[0] == "timm"}
    if not before:
        package = types.ModuleType("timm")
        package.__path__ = list(found.submodule_search_locations or ())
        sys.modules["timm"] = package
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return importlib.import_module("timm.scheduler")
    finally:  # nobody else shall take the bare package for timm
        for name in [name for name in sys.modules if name.split(".")[0] == "timm"]:
            if not before:
                del sys.modules[name]


timm = scheduler_package()


def sgd(rate: float) -> SGD:
    return SGD([torch.nn.Parameter(torch.zeros(1))], lr=rate)


@dataclass(frozen=True, eq=False)
class Row:
    """One call, which is the same in timm and here but for the optimizer."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    steps: int = 60
    rate: float = 0.1

    def ours(self) -> Schedule:
        make: Callable[..., Schedule] = getattr(compat, self.name)
        return make(self.rate, **self.arguments)

    def theirs(self) -> list[float]:
        live = getattr(timm, self.name)(sgd(self.rate), **self.arguments)
        if self.name == "create_scheduler_v2":
            live, _ = live
            if live is None:
                return [self.rate] * self.steps
        return [float(live._get_lr(t)[0]) for t in range(self.steps)]

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


WARMUPS: tuple[dict[str, Any], ...] = (
    {},
    *(
        {"warmup_t": n, "warmup_lr_init": start, "warmup_prefix": prefix}
        for n, start in ((1, 0.0), (2, 0.01), (3, 0.0), (7, 0.2), (25, 1e-6), (2.5, 0.0))
        for prefix in (False, True)
    ),
)
"""Short, long, falling, longer than the schedule."""

CYCLES: tuple[dict[str, Any], ...] = (
    {"lr_min": 0.01},
    {"lr_min": 0.3},
    {"cycle_limit": 3},
    {"cycle_limit": 3, "cycle_decay": 0.5},
    {"cycle_limit": 5, "cycle_decay": 0.3, "lr_min": 0.02},
    {"cycle_limit": 3, "cycle_decay": 1.5, "lr_min": 0.02},
    {"cycle_limit": 1000, "cycle_decay": 0.9, "lr_min": 0.01},
    {"cycle_limit": 4, "cycle_mul": 2.0},
    {"cycle_limit": 4, "cycle_mul": 2.0, "cycle_decay": 0.5, "lr_min": 0.03},
    {"cycle_limit": 2, "cycle_mul": 4.0, "cycle_decay": 0.5},
    {"cycle_limit": 10_000, "cycle_mul": 2.0, "cycle_decay": 0.5, "lr_min": 0.001},
)


def cyclic(name: str, *more: dict[str, Any], bends: bool) -> Iterator[Row]:
    for length in (1, 2, 3, 10):
        for warmup, extra in product(WARMUPS, more):
            yield Row(name, {"t_initial": length, **warmup, **extra})
        for warmup, cycles in product(WARMUPS[::3], CYCLES):
            yield Row(name, {"t_initial": length, **warmup, **cycles})
    # The edges of other factors lie where a rounded logarithm misses them: no whole step.
    for factor, length in ((1.5, 7.3), (2.5, 7.3), (1.1, 7.3), (3.0, 7.3)):
        for cycles in CYCLES[2:7]:
            arguments = {"t_initial": length, **cycles, "cycle_mul": factor}
            yield Row(name, arguments, steps=150)
            yield Row(name, arguments | {"warmup_t": 4, "warmup_prefix": True}, steps=150)
    for k in (0.5, 1.5, 2.0, 3.0) if bends else ():
        for cycles in ({}, CYCLES[0], CYCLES[1], CYCLES[4], CYCLES[8]):
            for length in (1, 2, 3, 10, 32):
                yield Row(name, {"t_initial": length, "k_decay": k, **cycles}, steps=100)


def wsd() -> Iterator[Row]:
    decays: tuple[dict[str, Any], ...] = (
        {},
        {"decay_fn": "linear"},
        {"decay_fn": "cosine"},
        *({"decay_fn": "power", "decay_power": p} for p in (0.5, 1.0, 2.0)),
    )
    for (length, decay), fn, low, warmup in product(
        ((1, 1), (2, 1), (3, 3), (20, 5), (20, 20), (20, 1)),
        decays,
        (0.0, 0.01, 0.1, 0.3),
        ({}, {"warmup_t": 1}, {"warmup_t": 5, "warmup_lr_init": 0.01}),
    ):
        arguments = {"t_initial": length, "decay_t": decay, "lr_min": low, **fn, **warmup}
        yield Row("WSDLRScheduler", arguments, steps=40)
        for stable in (
            {"stable_fn": "rsqrt", "stable_timescale": 3},
            {"stable_fn": "power", "stable_power": 1.3, "stable_timescale": 2.5},
        ):
            yield Row("WSDLRScheduler", arguments | stable, steps=40)
    for ratio, low in ((0.1, 0.01), (0.1, 0.03), (0.5, 0.06), (0.01, 0.1), (0.1, 0.5)):
        for length, decay in ((1, 1), (20, 7), (20, 20)):
            arguments = {"t_initial": length, "decay_t": decay, "lr_min": low}
            arguments |= {"decay_fn": "exp", "decay_ratio": ratio, "warmup_t": 4}
            yield Row("WSDLRScheduler", arguments, steps=40)
    arguments = {"t_initial": 50, "decay_t": 10, "warmup_t": 8, "stable_fn": "rsqrt"}
    yield Row("WSDLRScheduler", arguments, steps=90)


def made() -> Iterator[Row]:
    scheds = ("cosine", "tanh", "step", "multistep", "poly", "wsd", "rsqrt", "constant", "none")
    ways: tuple[dict[str, Any], ...] = (
        {"warmup_epochs": 3},
        {"warmup_epochs": 3, "warmup_prefix": True},
        {"warmup_epochs": 3, "step_on_epochs": False, "updates_per_epoch": 4},
        {"warmup_epochs": 2, "min_lr": 1e-4, "warmup_lr": 1e-3, "cooldown_epochs": 5},
    )
    for sched, way in product(scheds, ways):
        yield Row("create_scheduler_v2", {"sched": sched, "num_epochs": 20, **way}, steps=120)
    for more in (
        {},
        {"sched": "step"},
        {"sched": "step", "decay_epochs": 2.4, "decay_rate": 0.7},
        {"sched": "multistep", "decay_milestones": [3, 7], "decay_rate": 0.5},
        {"sched": "cosine", "num_epochs": 10, "cycle_limit": 3, "cycle_mul": 2.0},
        {"sched": "cosine", "num_epochs": 10, "k_decay": 1.5},
        {"sched": "poly", "num_epochs": 10, "decay_rate": 2.0, "k_decay": 0.5},
        {"sched": "wsd", "num_epochs": 30, "decay_epochs": 7, "decay_fn": "cosine"},
        {"sched": "rsqrt", "num_epochs": 30, "decay_epochs": 0.5, "stable_timescale": 4},
    ):
        yield Row("create_scheduler_v2", more, steps=320)


ROWS: tuple[Row, ...] = (
    *(
        Row("StepLRScheduler", {"decay_t": every, "decay_rate": rate, **warmup})
        for every in (1, 2, 3, 7, 2.5, 0.7, 100)
        for rate in (0.5, 1.0, 1.05)
        for warmup in WARMUPS
    ),
    Row("StepLRScheduler", {"decay_t": 3}),
    *(
        Row("MultiStepLRScheduler", {"decay_t": times, "decay_rate": 0.3, **warmup})
        for times in ([], [0], [1], [2], [0, 1, 2], [3, 3], [5, 9, 30], [2.5, 7.5])
        for warmup in WARMUPS
    ),
    Row("MultiStepLRScheduler", {"decay_t": [3]}),
    *cyclic("CosineLRScheduler", {}, bends=True),
    *cyclic("PolyLRScheduler", {}, *({"power": p} for p in (0.9, 1.0, 2.0)), bends=True),
    *cyclic("TanhLRScheduler", {}, {"lb": -6.0, "ub": 4.0}, {"lb": 1, "ub": 2}, bends=False),
    *wsd(),
    *made(),
)


@cache
def differences(row: Row) -> list[float]:
    """Return the difference at every step, as a share of the largest rate involved."""
    theirs = row.theirs()
    schedule = row.ours()
    ours = [schedule.lr(t) for t in range(row.steps)]
    largest = max(row.rate, *theirs)
    array = list(schedule.lr_array(range(row.steps)))
    assert array == pytest.approx(ours, rel=1e-14, abs=1e-14 * largest)
    return [abs(a - b) / largest for a, b in zip(ours, theirs, strict=True)]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rate_is_timms_at_every_step(row: Row) -> None:
    worst = max(differences(row))

    assert worst <= TOLERANCE, f"{worst:.2e} of the largest rate"


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    found = [difference for row in ROWS for difference in differences(row)]

    with capsys.disabled():
        print(f"\ntimm: {len(ROWS)} rows, {len(found)} values, worst {max(found):.1e}")
    assert len(ROWS) > 1500
    assert len(found) > 80_000


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_is_made_of_the_kinds_that_there_are(row: Row) -> None:
    schedule = row.ours()

    assert from_json(to_json(schedule)) == schedule == parse(repr(schedule))


@pytest.mark.parametrize(
    "name",
    sorted(
        name
        for name in vars(timm)
        if (name.endswith("Scheduler") and name != "Scheduler") or name == "create_scheduler_v2"
    ),
)
def test_the_arguments_and_defaults_are_timms(name: str) -> None:
    theirs = inspect.signature(getattr(timm, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    if name == "PlateauLRScheduler":
        with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: .*: "):
            getattr(compat, name)(0.1)
        return
    arguments = {
        "base_lr" if key == "optimizer" else key: parameter.default
        for key, parameter in theirs.items()
    }

    assert {key: parameter.default for key, parameter in ours.items()} == arguments
    assert list(ours) == list(arguments)  # the order too


def test_the_module_does_not_load_timm() -> None:
    modules = "{'timm', 'torch', 'numpy'} & set(sys.modules)"
    code = f"import sys, lrcurves.compat.timm; assert not {modules}"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_overlaid_warmup_jumps_but_that_of_tanh() -> None:
    arguments = {"t_initial": 8, "warmup_t": 4}
    cosine, tanh = compat.CosineLRScheduler(1, **arguments), compat.TanhLRScheduler(1, 8, -1, 1)
    warmed = compat.TanhLRScheduler(1, 8, -1, 1, warmup_t=4)

    assert [round(cosine.lr(t), 12) for t in (3, 3.99, 4)] == [0.75, 0.9975, 0.5]
    assert warmed.lr(4) == tanh.lr(4) == pytest.approx(0.5)
    assert warmed.lr(3) == pytest.approx(0.375)


def test_no_restart_is_missed_as_timm_misses_some() -> None:
    arguments = {"t_initial": 1, "cycle_mul": 3.0, "cycle_limit": 9}
    row = Row("CosineLRScheduler", arguments, steps=122)
    starts = (0, 1, 4, 13, 40, 121)

    assert row.theirs()[121] == 0.0
    assert [row.ours().lr(t) for t in starts] == [0.1] * 6


def test_cycles_that_shrink_are_refused_as_timm_fails_in_time() -> None:
    arguments = {"t_initial": 10, "cycle_mul": 0.5}
    with pytest.raises(ValueError, match=r"math domain error|expected a positive input"):
        Row("CosineLRScheduler", arguments).theirs()
    with pytest.raises(
        ValueError, match=r"cycle_mul must be a finite number >= 1, got 0\.5: b"
    ):
        Row("CosineLRScheduler", arguments).ours()


@pytest.mark.parametrize("low", [0.0, 0.009])
def test_an_exponential_decay_is_refused_where_it_is_a_difference(low: float) -> None:
    with pytest.raises(ValueError, match=r"WSDLRScheduler\.decay_fn must not be 'exp' here"):
        compat.WSDLRScheduler(0.1, 20, 10, low, decay_fn="exp")
    with pytest.raises(ValueError, match=r"WSDLRScheduler\.decay_fn must not be 'exp' here"):
        compat.WSDLRScheduler(
            0.1, 20, 10, 0.09, decay_fn="exp", stable_fn="rsqrt", stable_timescale=3
        )


@pytest.mark.parametrize(
    "name",
    [name for name in dir(compat) if name.endswith("LRScheduler") and "Plateau" not in name],
)
def test_noise_is_refused(name: str) -> None:
    times = {"decay_t": [3]} if "Multi" in name else {"decay_t": 3}
    arguments = times if "Step" in name else {"t_initial": 10}
    arguments |= {"decay_t": 3} if "WSD" in name else {}

    assert getattr(compat, name)(0.1, **arguments, noise_std=0.5, noise_seed=1)
    with pytest.raises(
        TypeError, match=rf"{name}\.noise_range_t must be None, got 5: timm dra"
    ):
        getattr(compat, name)(0.1, **arguments, noise_range_t=5)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: compat.StepLRScheduler(0.1, 0),
            ValueError,
            r"StepLRScheduler\.decay_t must be",
        ),
        (
            lambda: compat.MultiStepLRScheduler(0.1, [5, 2]),
            ValueError,
            r"MultiStepLRScheduler\.decay_t must be in order, got 5 before 2",
        ),
        (
            lambda: compat.CosineLRScheduler(0.1, 10, cycle_limit=0),
            ValueError,
            r"CosineLRScheduler\.cycle_limit must be a whole number >= 1, got 0",
        ),
        (
            lambda: compat.CosineLRScheduler(0.1, 10, warmup_t=-1),
            ValueError,
            r"CosineLRScheduler\.warmup_t must be a finite number >= 0, got -1",
        ),
        (
            lambda: compat.PolyLRScheduler(0.1, 10, power=0),
            ValueError,
            r"power must be a finite",
        ),
        (lambda: compat.TanhLRScheduler(0.1, 10, 3, 3), ValueError, r"lb must be < ub, got 3"),
        (
            lambda: compat.WSDLRScheduler(0.1, 10, 11),
            ValueError,
            r"WSDLRScheduler\.decay_t must be <= t_initial, got 11 > 10",
        ),
        (
            lambda: compat.WSDLRScheduler(0.1, 10, 5, decay_fn=lambda x: 1 - x),
            TypeError,
            r"WSDLRScheduler\.decay_fn must be the name of one, got .*: a function",
        ),
        (
            lambda: compat.WSDLRScheduler(0.1, 10, 5, stable_fn="rsqrt"),
            ValueError,
            r"WSDLRScheduler\.stable_timescale must be a finite number > 0, got 0",
        ),
        (
            lambda: compat.create_scheduler_v2(0.1, "plateau"),
            TypeError,
            r"PlateauLRScheduler cannot be a schedule: its rate follows from a metric",
        ),
        (
            lambda: compat.create_scheduler_v2(0.1, "sine"),
            ValueError,
            r"sched must be 'cosine'",
        ),
        (
            lambda: compat.create_scheduler_v2(0.1, noise=[0.4, 0.9]),
            TypeError,
            r"create_scheduler_v2\.noise must be None, got \[0\.4, 0\.9\]: timm draws",
        ),
        (
            lambda: compat.create_scheduler_v2(0.1, step_on_epochs=False),
            ValueError,
            r"create_scheduler_v2\.updates_per_epoch must be a whole number >= 1, got 0",
        ),
        (
            lambda: compat.create_scheduler_v2(0.1, "wsd", 20, decay_epochs=30),
            ValueError,
            r"decay_epochs must make a decay > 0 and <= 20, .*, got 30, which makes 30",
        ),
    ],
)
def test_what_cannot_be_said_is_refused_by_name(
    call: Callable[[], Schedule], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        call()
