"""Every function of ``compat.torch`` gives what torch applies, at every step."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import torch
from torch.optim import SGD, Adam, Optimizer, lr_scheduler, swa_utils

from lrcurves import Constant, Schedule
from lrcurves.adapters.torch import CurveLR
from lrcurves.compat import torch as compat
from lrcurves.serial import from_json, parse, to_json

TOLERANCE = 1e-12
"""Of the largest rate; torch's recursions lose a few digits more than one rounding a step."""


def sgd(*rates: Any) -> SGD:
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates]
    return SGD(groups, lr=1.0, momentum=0.9)


def applied(
    build: Callable[[Optimizer], Any], rate: Any, steps: int, key: str = "lr"
) -> Iterator[float]:
    """Yield what each update of a plain training loop is done with."""
    optimizer = sgd(rate)
    scheduler = build(optimizer)
    for t in range(steps):
        yield float(optimizer.param_groups[0][key])
        optimizer.step()
        if t < steps - 1:
            scheduler.step()


@dataclass(frozen=True)
class Row:
    """One call, which is the same in torch and here but for the first argument."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)
    steps: int = 40
    rate: float = 0.1

    def ours(self) -> Schedule:
        make = getattr(compat, self.name)
        if self.name in ("OneCycleLR", "CyclicLR"):  # they replace the rate of the optimizer
            return make(**self.arguments)
        return make(self.rate, **self.arguments)

    def theirs(self, optimizer: Optimizer) -> Any:
        module = swa_utils if self.name == "SWALR" else lr_scheduler
        return getattr(module, self.name)(optimizer, **self.arguments)

    def __str__(self) -> str:
        inner = ", ".join(f"{name}={value}" for name, value in self.arguments.items())
        return f"{self.name}({inner})"


@dataclass(frozen=True)
class Sequence:
    """Several rows, one after another."""

    rows: tuple[Row, ...]
    milestones: tuple[int, ...]
    steps: int = 40
    rate: float = 0.1

    def ours(self) -> Schedule:
        return compat.SequentialLR([row.ours() for row in self.rows], list(self.milestones))

    def theirs(self, optimizer: Optimizer) -> Any:
        parts = [row.theirs(optimizer) for row in self.rows]
        return lr_scheduler.SequentialLR(optimizer, parts, list(self.milestones))

    def __str__(self) -> str:
        return f"SequentialLR({', '.join(map(str, self.rows))}; {self.milestones})"


def one_cycles() -> Iterator[Row]:
    for strategy in ("cos", "linear"):
        for three_phase in (False, True):
            for total, share in (
                *((total, 0.3) for total in (1, 2, 3, 4, 7, 10, 50, 100, 1000)),
                *((10, share) for share in (0.0, 0.05, 0.25, 0.4, 0.5, 0.55, 0.75, 1.0)),
                (3, 0.5),
                (2, 1.0),
                (101, 0.0),
            ):
                yield Row(
                    "OneCycleLR",
                    {
                        "max_lr": 0.3,
                        "total_steps": total,
                        "pct_start": share,
                        "anneal_strategy": strategy,
                        "three_phase": three_phase,
                    },
                    steps=total,
                )
    yield Row("OneCycleLR", {"max_lr": 2.0, "epochs": 5, "steps_per_epoch": 7}, steps=35)
    yield Row(
        "OneCycleLR",
        {"max_lr": 25.0, "total_steps": 10, "div_factor": 25.0, "final_div_factor": 2.0},
        steps=10,
    )
    yield Row(
        "OneCycleLR",
        {"max_lr": 0.1, "total_steps": 30, "div_factor": 1.0, "final_div_factor": 1.0},
        steps=30,
    )


def cyclics() -> Iterator[Row]:
    for mode, gamma in (
        ("triangular", 1.0),
        ("triangular2", 1.0),
        ("exp_range", 0.9),
        ("exp_range", 0.999),
        ("exp_range", 1.01),
        ("exp_range", 1.0),
    ):
        for up, down in ((1, None), (1, 2), (2, 1), (3, 3), (4, 6), (7, 3), (20, None), (2, 6)):
            yield Row(
                "CyclicLR",
                {
                    "base_lr": 0.01,
                    "max_lr": 0.3,
                    "step_size_up": up,
                    "step_size_down": down,
                    "mode": mode,
                    "gamma": gamma,
                },
                steps=100,
            )
    yield Row("CyclicLR", {"base_lr": 0.0, "max_lr": 1.0, "step_size_up": 2.5}, steps=60)
    yield Row("CyclicLR", {"base_lr": 0.3, "max_lr": 0.1, "step_size_up": 4}, steps=60)
    yield Row("CyclicLR", {"base_lr": 0.1, "max_lr": 0.1, "step_size_up": 3}, steps=20)
    yield Row("CyclicLR", {"base_lr": 0.1, "max_lr": 0.5}, steps=9000)


ROWS: tuple[Row | Sequence, ...] = (
    *(Row("StepLR", {"step_size": s}) for s in (1, 2, 3, 7, 100)),
    *(Row("StepLR", {"step_size": 4, "gamma": g}) for g in (0.5, 0.97, 1.0, 1.5)),
    Row("StepLR", {"step_size": 391, "gamma": 0.9}, steps=4000),
    *(
        Row("MultiStepLR", {"milestones": m, "gamma": 0.3})
        for m in ([], [1], [3, 3], [2, 5, 9], [9, 2, 5], [3, 3, 3, 10, 10], [0, 4], [0, 0])
    ),
    Row("MultiStepLR", {"milestones": [30, 80]}, steps=120),
    Row("MultiStepLR", {"milestones": [5], "gamma": 2.0}),
    *(Row("ConstantLR", {"total_iters": n}) for n in (0, 1, 2, 3, 5, 100)),
    *(Row("ConstantLR", {"factor": f}) for f in (0.01, 0.5, 1.0)),
    Row("ConstantLR"),
    *(Row("LinearLR", {"total_iters": n}) for n in (0, 1, 2, 3, 5, 100)),
    *(
        Row("LinearLR", {"start_factor": a, "end_factor": b, "total_iters": n})
        for a, b in ((1.0, 1.0), (1.0, 0.0), (0.25, 0.6), (0.8, 0.1), (1e-6, 1.0), (0.5, 0.5))
        for n in (1, 2, 3, 4, 30)
    ),
    Row("LinearLR"),
    *(Row("ExponentialLR", {"gamma": g}, steps=200) for g in (0.5, 0.9, 0.999, 1.0, 1.01)),
    *(
        Row("PolynomialLR", {"total_iters": n, "power": p})
        for n in (0, 1, 2, 3, 5, 30)
        for p in (0.5, 0.9, 1.0, 2.0, 3.0)
    ),
    Row("PolynomialLR"),
    *(
        Row("CosineAnnealingLR", {"T_max": n, "eta_min": low})
        for n in (1, 2, 3, 4, 5, 7, 10, 2.5, 100)
        for low in (0.0, 0.01, 0.1, 0.3)
    ),
    Row("CosineAnnealingLR", {"T_max": 1000}, steps=5000),
    *(
        Row("CosineAnnealingWarmRestarts", {"T_0": n, "T_mult": m, "eta_min": low}, steps=200)
        for n in (1, 2, 3, 10)
        for m in (1, 2, 3)
        for low in (0.0, 0.01, 0.3)
    ),
    Row("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3}, steps=1100),
    *one_cycles(),
    *cyclics(),
    *(
        Row("SWALR", {"swa_lr": 0.05, "anneal_epochs": n, "anneal_strategy": word})
        for n in (0, 1, 2, 3, 10)
        for word in ("cos", "linear")
    ),
    Row("SWALR", {"swa_lr": 0.5}),
    Sequence((Row("ExponentialLR", {"gamma": 0.8}), Row("StepLR", {"step_size": 4})), (3,)),
    Sequence(
        (
            Row("ConstantLR", {"factor": 0.1}),
            Row("ExponentialLR", {"gamma": 0.8}),
            Row("StepLR", {"step_size": 2}),
        ),
        (3, 6),
    ),
    Sequence(
        (
            Row("LinearLR", {"start_factor": 0.1, "total_iters": 5}),
            Row("CosineAnnealingLR", {"T_max": 15, "eta_min": 0.001}),
        ),
        (5,),
    ),
    Sequence(
        (
            Row("LinearLR", {"start_factor": 0.1, "total_iters": 9}),
            Row("CosineAnnealingWarmRestarts", {"T_0": 3, "T_mult": 2, "eta_min": 0.01}),
        ),
        (5,),
    ),
    Sequence(
        (
            Row("LinearLR"),
            Row("MultiStepLR", {"milestones": [0, 4, 4], "gamma": 0.5}),
            Row("PolynomialLR", {"total_iters": 10, "power": 2.0}),
        ),
        (6, 12),
    ),
    Sequence(
        (
            Row("ExponentialLR", {"gamma": 0.5}),
            Row("StepLR", {"step_size": 2}),
            Row("LinearLR"),
        ),
        (3, 3),
    ),
    Sequence(
        (Row("LinearLR", {"total_iters": 0}), Row("CosineAnnealingLR", {"T_max": 10})), (0,)
    ),
    Sequence((Row("ConstantLR"), Row("ExponentialLR", {"gamma": 0.9})), (1,)),
    Sequence(
        (
            Row("ConstantLR"),
            Row("CyclicLR", {"base_lr": 0.01, "max_lr": 0.3, "step_size_up": 4}),
        ),
        (5,),
    ),
    Sequence(
        (
            Row("CosineAnnealingWarmRestarts", {"T_0": 4}),
            Row("OneCycleLR", {"max_lr": 0.3, "total_steps": 30}),
        ),
        (10,),
    ),
    Sequence((Row("CosineAnnealingLR", {"T_max": 4}),), ()),
)

LIVE = tuple(row for row in ROWS if not isinstance(row, Row) or row.name != "SWALR")


def differences(row: Row | Sequence) -> list[float]:
    """Return the difference at every step, as a share of the largest rate involved."""
    theirs = list(applied(row.theirs, row.rate, row.steps))
    schedule = row.ours()
    ours = [schedule.lr(t) for t in range(row.steps)]
    assert list(schedule.lr_array(range(row.steps))) == pytest.approx(ours, rel=1e-14)
    largest = max(row.rate, *theirs)
    return [abs(a - b) / largest for a, b in zip(ours, theirs, strict=True)]


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_rate_is_torchs_at_every_step(row: Row | Sequence) -> None:
    worst = max(differences(row))

    assert worst <= TOLERANCE, f"{worst:.2e} of the largest rate"


def test_the_table_is_long(capsys: pytest.CaptureFixture[str]) -> None:
    found = [difference for row in ROWS for difference in differences(row)]

    with capsys.disabled():
        print(f"\ntorch: {len(ROWS)} rows, {len(found)} values, worst {max(found):.1e}")
    assert len(ROWS) > 250
    assert len(found) > 30_000


@pytest.mark.parametrize("row", LIVE, ids=str)
def test_a_live_scheduler_turns_into_the_same_schedule(row: Row | Sequence) -> None:
    optimizer = sgd(row.rate)
    live = row.theirs(optimizer)
    for t in range(min(row.steps, 8)):
        if t > 0:
            optimizer.step()
            live.step()
        schedule = compat.from_scheduler(live)

        assert live.last_epoch == t
        assert schedule == row.ours()
        rate = optimizer.param_groups[0]["lr"]
        assert schedule.lr(t) == pytest.approx(rate, rel=TOLERANCE, abs=TOLERANCE)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_the_schedule_is_made_of_the_kinds_that_there_are(row: Row | Sequence) -> None:
    schedule = row.ours()

    assert from_json(to_json(schedule)) == schedule == parse(repr(schedule))


def momentum_row(name: str, ours: Schedule, **arguments: Any) -> Any:
    return pytest.param(ours, lambda o: getattr(lr_scheduler, name)(o, **arguments), id=name)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        *(
            momentum_row(
                "OneCycleLR",
                compat.OneCycleMomentum(20, anneal_strategy=strategy, three_phase=phases),
                max_lr=0.1,
                total_steps=20,
                anneal_strategy=strategy,
                three_phase=phases,
            )
            for strategy in ("cos", "linear")
            for phases in (False, True)
        ),
        momentum_row(
            "OneCycleLR",
            compat.OneCycleMomentum(
                epochs=4, steps_per_epoch=5, pct_start=0.01, base_momentum=0, max_momentum=1
            ),
            max_lr=0.1,
            total_steps=20,
            pct_start=0.01,
            base_momentum=0.0,
            max_momentum=1.0,
        ),
        *(
            momentum_row(
                "CyclicLR",
                compat.CyclicLR(0.9, 0.8, 3, 4, mode, gamma=0.9),
                base_lr=0.1,
                max_lr=0.2,
                step_size_up=3,
                step_size_down=4,
                mode=mode,
                gamma=0.9,
            )
            for mode in ("triangular", "triangular2", "exp_range")
        ),
    ],
)
def test_the_momentum_is_torchs_at_every_step(
    ours: Schedule, theirs: Callable[[Optimizer], Any]
) -> None:
    values = list(applied(theirs, 0.1, steps=20, key="momentum"))

    assert [ours.lr(t) for t in range(20)] == pytest.approx(values, rel=TOLERANCE)


@pytest.mark.parametrize("name", [*sorted({*lr_scheduler.__all__} - {"LRScheduler"}), "SWALR"])
def test_the_arguments_and_defaults_are_torchs(name: str) -> None:
    module = swa_utils if name == "SWALR" else lr_scheduler
    theirs = inspect.signature(getattr(module, name)).parameters
    ours = inspect.signature(getattr(compat, name)).parameters
    if "args" in ours:
        with pytest.raises(TypeError, match=f"^{name} cannot be a schedule: .*: "):
            getattr(compat, name)()
        return
    arguments = {
        key.replace("schedulers", "schedules"): parameter.default
        for key, parameter in theirs.items()
        if key not in ("optimizer", "last_epoch")
    }

    assert {key: ours[key].default for key in arguments} == arguments
    assert list(ours)[-len(arguments) :] == list(arguments)  # the order too
    assert set(ours) - set(arguments) <= {"base_lr"}


def test_the_module_does_not_load_torch() -> None:
    code = "import sys, lrcurves.compat.torch; assert not {'torch', 'numpy'} & set(sys.modules)"

    subprocess.run([sys.executable, "-c", code], check=True)


def test_past_its_end_one_cycle_holds_where_torch_is_wrong() -> None:
    def theirs(optimizer: Optimizer) -> Any:
        return lr_scheduler.OneCycleLR(optimizer, 1.0, 10, anneal_strategy="linear")

    ours = compat.OneCycleLR(1.0, 10, anneal_strategy="linear")

    assert list(applied(theirs, 1.0, steps=11))[-1] < -0.1
    assert ours.lr(10) == ours.lr(9) == ours.lr(99) == 1 / 25 / 1e4
    assert ours.end == 9


def test_one_cycle_is_refused_where_torch_divides_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        lr_scheduler.OneCycleLR(sgd(0.1), 0.1, 10, pct_start=0.1)
    with pytest.raises(ValueError, match=r"OneCycleLR.pct_start must not be 1 / total_steps"):
        compat.OneCycleLR(0.1, 10, pct_start=0.1)


def test_a_constant_factor_of_0_goes_on_where_torch_divides_by_zero() -> None:
    with pytest.raises(ZeroDivisionError):
        list(applied(lambda o: lr_scheduler.ConstantLR(o, 0.0, 2), 0.1, steps=5))

    assert [compat.ConstantLR(0.1, 0.0, 2).lr(t) for t in range(4)] == [0, 0, 0.1, 0.1]


def test_no_restart_is_missed_as_torch_misses_some_with_an_epoch() -> None:
    optimizer = sgd(0.1)
    theirs = lr_scheduler.CosineAnnealingWarmRestarts(optimizer, T_0=1, T_mult=3)
    optimizer.step()
    theirs.step(121)

    assert optimizer.param_groups[0]["lr"] == 0.0
    assert compat.CosineAnnealingWarmRestarts(0.1, T_0=1, T_mult=3).lr(121) == 0.1


def test_a_chain_is_the_product_of_its_parts_if_no_part_adds() -> None:
    def theirs(optimizer: Optimizer) -> Any:
        return lr_scheduler.ChainedScheduler(
            [lr_scheduler.ConstantLR(optimizer, 0.2, 4), lr_scheduler.StepLR(optimizer, 3)]
        )

    ours = compat.ConstantLR(0.1, 0.2, 4) * compat.StepLR(1.0, 3)

    assert [ours.lr(t) for t in range(20)] == pytest.approx(list(applied(theirs, 0.1, 20)))


def test_a_chain_is_not_the_product_of_its_parts_in_general() -> None:
    def theirs(optimizer: Optimizer) -> Any:
        return lr_scheduler.ChainedScheduler(
            [
                lr_scheduler.LinearLR(optimizer, 0.5, total_iters=2),
                lr_scheduler.CosineAnnealingLR(optimizer, 4, eta_min=0.1),
            ]
        )

    product = compat.LinearLR(1.0, 0.5, total_iters=2) * compat.CosineAnnealingLR(1.0, 4, 0.1)

    assert list(applied(theirs, 1.0, 2))[1] - product.lr(1) == pytest.approx(0.00366, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: compat.StepLR(0.1, 2.5),
            r"StepLR\.step_size must be a whole number >= 1, got",
        ),
        (lambda: compat.StepLR(-1, 2), r"StepLR\.base_lr must be a finite number >= 0, got -1"),
        (
            lambda: compat.MultiStepLR(0.1, [1, 2.5]),
            r"MultiStepLR\.milestones\[1\] must be a whole",
        ),
        (
            lambda: compat.ConstantLR(0.1, 1.5),
            r"ConstantLR\.factor must be a finite number >= 0 and",
        ),
        (
            lambda: compat.LinearLR(0.1, 0.0),
            r"LinearLR\.start_factor must be a finite number > 0",
        ),
        (lambda: compat.CosineAnnealingLR(0.1, 0), r"CosineAnnealingLR\.T_max must be"),
        (
            lambda: compat.CosineAnnealingWarmRestarts(0.1, 5, 1.5),
            r"Restarts\.T_mult must be a whole",
        ),
        (lambda: compat.OneCycleLR(0.1), "OneCycleLR must be given total_steps, or epochs and"),
        (lambda: compat.OneCycleLR(0.1, epochs=3), "OneCycleLR must be given total_steps, or"),
        (
            lambda: compat.OneCycleLR(0.1, 9, pct_start=2),
            r"OneCycleLR\.pct_start must be a finite",
        ),
        (lambda: compat.OneCycleLR(0.1, 9, anneal_strategy="no"), "must be 'cos' or 'linear'"),
        (lambda: compat.CyclicLR(0.1, 0.2, mode="up"), "must be 'triangular' or 'triangular2'"),
        (lambda: compat.SequentialLR([], []), r"must hold one fewer than schedules, got 0 mil"),
        (
            lambda: compat.SequentialLR([compat.ExponentialLR(0.1, 0.9)] * 3, [5, 2]),
            r"SequentialLR\.milestones must be in order, got 5 before 2",
        ),
    ],
)
def test_what_torch_cannot_do_either_is_refused_by_name(
    call: Callable[[], Schedule], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        call()


def test_a_scale_fn_is_refused() -> None:
    with pytest.raises(TypeError, match=r"CyclicLR\.scale_fn must be None, got .*: a function"):
        compat.CyclicLR(0.1, 0.2, scale_fn=lambda x: 1.0)

    live = lr_scheduler.CyclicLR(sgd(0.1), 0.1, 0.2, scale_fn=lambda x: 1.0)
    with pytest.raises(TypeError, match=r"CyclicLR\.scale_fn must be None"):
        compat.from_scheduler(live)


def test_each_group_has_its_own_schedule() -> None:
    optimizer = sgd(0.1, 0.3)
    live = lr_scheduler.CosineAnnealingLR(optimizer, 10, eta_min=0.2)
    cycle = lr_scheduler.OneCycleLR(sgd(0.1, 0.1), [0.1, 0.5], 10)
    wave = lr_scheduler.CyclicLR(sgd(0.1, 0.1), [0.1, 0.5], [1.0, 2.0], 10)

    assert compat.from_scheduler(live, group=1) == compat.CosineAnnealingLR(0.3, 10, 0.2)
    assert compat.from_scheduler(cycle, group=1) == compat.OneCycleLR(0.5, 10)
    assert compat.from_scheduler(wave, group=1) == compat.CyclicLR(0.5, 2.0, 10)
    for group in (2, -1):
        with pytest.raises(ValueError, match="group must be one of the 2 parameter groups"):
            compat.from_scheduler(live, group=group)


def test_a_rate_that_is_a_tensor_is_read() -> None:
    parameter = torch.nn.Parameter(torch.zeros(1))
    optimizer = Adam([parameter], lr=torch.tensor(0.5), capturable=False, foreach=False)

    schedule = compat.from_scheduler(lr_scheduler.StepLR(optimizer, 3))

    assert schedule == compat.StepLR(0.5, 3)


def test_a_scheduler_that_was_resumed_is_read() -> None:
    state = lr_scheduler.MultiStepLR(sgd(0.1), [2, 2, 7], 0.5).state_dict()
    live = lr_scheduler.MultiStepLR(sgd(0.3), [1])
    live.load_state_dict(state)

    assert compat.from_scheduler(live) == compat.MultiStepLR(0.1, [2, 2, 7], 0.5)


@pytest.mark.parametrize(
    ("build", "remedy"),
    [
        (lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0), "LambdaLR cannot .* Interpolated"),
        (
            lambda o: lr_scheduler.LambdaLR(o, lambda t: 1.0),
            r"lrcurves\.compat\.transformers by",
        ),
        (lambda o: CurveLR(o, Constant(0.1)), r"torch itself, got .*CurveLR .*: take its sch"),
        (lambda o: lr_scheduler.MultiplicativeLR(o, lambda t: 1.0), "MultiplicativeLR cannot"),
        (lr_scheduler.ReduceLROnPlateau, "ReduceLROnPlateau cannot be a schedule: its rate"),
        (lambda o: swa_utils.SWALR(o, 0.05), r"SWALR cannot be .* call SWALR\(base_lr"),
        (
            lambda o: lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(o, 3)]),
            "ChainedScheduler cannot be a schedule: .* a . b",
        ),
        (
            lambda o: lr_scheduler.SequentialLR(
                o, [lr_scheduler.LinearLR(o), lr_scheduler.LambdaLR(o, lambda t: 1.0)], [5]
            ),
            "LambdaLR cannot be a schedule",
        ),
        (lambda o: "cosine", "live must be a scheduler of torch itself, got 'cosine'"),
        (lambda o: type("Mine", (lr_scheduler.StepLR,), {})(o, 3), "another class may follow"),
    ],
)
def test_what_is_no_function_of_time_is_refused_by_name(
    build: Callable[[Optimizer], Any], remedy: str
) -> None:
    with pytest.raises(TypeError, match=remedy):
        compat.from_scheduler(build(sgd(0.1)))


def test_a_sequence_in_a_sequence_is_refused_as_torch_switches_it_early() -> None:
    optimizer = sgd(0.1)
    inner = lr_scheduler.SequentialLR(
        optimizer,
        [
            lr_scheduler.ConstantLR(optimizer, 0.5, total_iters=9),
            lr_scheduler.StepLR(optimizer, 9),
        ],
        milestones=[3],
    )
    optimizer.step()
    live = lr_scheduler.SequentialLR(
        optimizer, [inner, lr_scheduler.StepLR(optimizer, 9)], milestones=[9]
    )
    rates = []
    for _ in range(4):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        live.step()

    assert rates == [0.05, 0.05, 0.1, 0.1]
    with pytest.raises(TypeError, match="torch steps the inner one once too often"):
        compat.from_scheduler(live)


def test_a_sequence_whose_first_rate_torch_has_replaced_is_refused() -> None:
    optimizer = sgd(0.1)
    parts = [lr_scheduler.LinearLR(optimizer), lr_scheduler.OneCycleLR(optimizer, 1.0, 30)]
    live = lr_scheduler.SequentialLR(optimizer, parts, [5])

    with pytest.raises(
        ValueError, match=r"built for a rate of 0\.1, but torch starts it at 0\.04"
    ):
        compat.from_scheduler(live)
