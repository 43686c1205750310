"""The values that the tests of other projects expect, of schedules written here.

``published.json`` holds the tables with the place where each was published.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Exponential,
    Interpolated,
    InverseSqrt,
    InverseTime,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    Shift,
    StepDecay,
    Until,
    Warmup,
    WarmupCosine,
    WarmupLinear,
)
from lrcurves.compat import torch

TABLES = json.loads(Path(__file__).with_name("published.json").read_text(encoding="utf-8"))

TORCH: dict[str, Schedule] = {
    "step": torch.StepLR(0.05, step_size=3, gamma=0.1),
    "multistep": torch.MultiStepLR(0.05, milestones=[2, 5, 9], gamma=0.1),
    "constant factor": torch.ConstantLR(0.05, factor=0.5, total_iters=5),
    "linear warmup": torch.LinearLR(0.05, start_factor=0.5, total_iters=4),
    "linear up to .6": torch.LinearLR(0.05, start_factor=0.25, end_factor=0.6, total_iters=4),
    "exponential": torch.ExponentialLR(0.05, gamma=0.9),
    "polynomial": torch.PolynomialLR(0.05, total_iters=5, power=0.9),
    "cosine": torch.CosineAnnealingLR(0.05, T_max=10, eta_min=1e-10),
    "cyclic triangular": torch.CyclicLR(1, 5, step_size_up=4),
    "cyclic triangular2": torch.CyclicLR(1, 5, step_size_up=4, mode="triangular2"),
    "cyclic up 4 down 6": torch.CyclicLR(1, 5, step_size_up=4, step_size_down=6),
    "cyclic triangular2 up 2 down 6": torch.CyclicLR(1, 5, 2, 6, mode="triangular2"),
    "cyclic exp_range": torch.CyclicLR(1, 5, step_size_up=4, mode="exp_range", gamma=0.9),
    "onecycle linear (max 25, total 10, div 25, final_div 2)": torch.OneCycleLR(
        25, total_steps=10, anneal_strategy="linear", final_div_factor=2
    ),
    "onecycle linear momentum": torch.OneCycleMomentum(
        total_steps=10, anneal_strategy="linear", base_momentum=1, max_momentum=22
    ),
    "onecycle three-phase linear": torch.OneCycleLR(
        25, 10, pct_start=0.4, anneal_strategy="linear", final_div_factor=4, three_phase=True
    ),
    "onecycle cosine": torch.OneCycleLR(25, total_steps=10, final_div_factor=2),
    **{
        f"warm restarts T_mult={growth}, fractional/jumping epochs": (
            torch.CosineAnnealingWarmRestarts(0.05, T_0=10, T_mult=growth, eta_min=1e-10)
        )
        for growth in (1, 2, 3)
    },
    "sequential: exp(.8) | step(.1,4) at 3": torch.SequentialLR(
        [torch.ExponentialLR(0.05, gamma=0.8), torch.StepLR(0.05, step_size=4)],
        milestones=[3],
    ),
    "sequential: const(.1)|exp(.8)|step(.1,2) at 3,6": torch.SequentialLR(
        [
            torch.ConstantLR(0.05, factor=0.1),
            torch.ExponentialLR(0.05, gamma=0.8),
            torch.StepLR(0.05, step_size=2),
        ],
        milestones=[3, 6],
    ),
    "sequential: chained(lin .1 x const .1, 5) | const .5 at 5": torch.SequentialLR(
        [
            torch.LinearLR(0.05, start_factor=0.1) * torch.ConstantLR(1.0, factor=0.1),
            torch.ConstantLR(0.05, factor=0.5),
        ],
        milestones=[5],
    ),
    "sequential: lin(.1->.8,4)|lin(.8->.1,4)": torch.SequentialLR(
        [torch.LinearLR(2.0, 0.1, 0.8, 4), torch.LinearLR(2.0, 0.8, 0.1, 4)], milestones=[4]
    ),
    "product: lin(.4,3) x multistep[4,8,10]": (
        torch.LinearLR(0.05, start_factor=0.4, total_iters=3)
        * torch.MultiStepLR(1.0, milestones=[4, 8, 10])
    ),
    "product: exp .9 x const(.2,4) x step(.1,3)": (
        torch.ExponentialLR(0.05, gamma=0.9)
        * torch.ConstantLR(1.0, factor=0.2, total_iters=4)
        * torch.StepLR(1.0, step_size=3)
    ),
    "product: step(.1,3) x multistep[2,5,9]": (
        torch.StepLR(0.05, step_size=3) * torch.MultiStepLR(1.0, milestones=[2, 5, 9])
    ),
}

TRANSFORMERS: dict[str, Schedule] = {
    "constant + warmup 4": Warmup(Constant(10), steps=4),
    "linear warmup 2 total 10": WarmupLinear(10, steps=10, warmup=2),
    "cosine warmup 2 total 10": WarmupCosine(10, steps=10, warmup=2),
    "cosine hard restarts x2": Warmup(CosineRestarts(10, period=4), steps=2),
    "polynomial power 2, lr_end 1e-7": Warmup(Polynomial(10, 8, 1e-7, power=2), steps=2),
    "inverse sqrt warmup 2": Warmup(InverseSqrt(10, timescale=2), steps=2),
}

OPTAX: dict[str, Schedule] = {
    "linear 10->20 in 10": Linear(10, 20, steps=10),
    "poly 2 30->10 in 10 begin 4": Shift(Polynomial(30, 10, final_lr=10, power=2), by=4),
    "cosine exponent 2 (rtol 1e-6)": Cosine(0.1, steps=100, power=2),
    "cosine giant steps T=1e10": Cosine(1000, steps=1e10),
    "piecewise linear interp 200 {5:1.5, 10:.25}": Interpolated((0, 5, 10), (200, 300, 75)),
    "piecewise cosine interp 400 {3:.6, 5:1.2, 7:1}": Interpolated(
        (0, 3, 5, 7), (400, 240, 288, 288), shape="cosine"
    ),
    "onecycle linear 10 steps peak 1000": Interpolated((0, 3, 7, 10), (100, 1000, 100, 1)),
    "onecycle cosine 5 steps peak 1000": OneCycle(
        1000, steps=5, pct_start=0.4, div_factor=10, final_div_factor=100
    ),
}

KERAS: dict[str, Schedule] = {
    "exponential staircase (.1, 3, .96)": StepDecay(0.1, gamma=0.96, step_size=3),
    # A boundary belongs to the piece before it: among whole steps, that is one later.
    "piecewise constant [100,110,120]; boundary belongs to the LEFT piece": PiecewiseConstant(
        (1, 0.1, 0.01, 0.001), boundaries=(101, 111, 121)
    ),
    # After each multiple of the length the curve is that of a length one greater.
    "polynomial cycle power .5 (.05, 10, .001) t=15": (
        Until(Polynomial(0.05, 10, final_lr=0.001, power=0.5), steps=11)
        >> Shift(Polynomial(0.05, 20, final_lr=0.001, power=0.5), by=-11)
    ),
    "inverse time (.1, 10, .96)": InverseTime(0.1, rate=0.96, every=10),
    "cosine alpha .1 T=1000": Cosine(1.0, steps=1000, final_lr=0.1),
}

COMPOSER: dict[str, Schedule] = {
    "cosine T=30 alpha_f .5": Cosine(1.0, steps=30, final_lr=0.5),
    "warm restarts t_0=3000 t_mult 1.5": CosineRestarts(1.0, period=3000, period_mult=1.5),
    "poly 2 T=100 alpha_f .5": Polynomial(1.0, steps=100, final_lr=0.5, power=2),
    "multistep + warmup 10, [20,40]": Linear(0, 1, steps=10) * MultiStep(1, 0.1, (20, 40)),
    "cosine + warmup .9dur of 1e6": WarmupCosine(1.0, steps=1e6, warmup=9e5),
    "poly(2) + warmup .9dur": Warmup(Polynomial(1.0, steps=1e5, power=2), steps=9e5),
}

FVCORE: dict[str, Schedule] = {
    "cosine .1->0, 10 updates, t/10": Cosine(0.1, steps=10),
    "exponential start 2.0 decay .1": Exponential(2.0, gamma=0.1, every=10),
}

PROJECTS = {
    "pytorch/pytorch": TORCH,
    "huggingface/transformers": TRANSFORMERS,
    "google-deepmind/optax": OPTAX,
    "keras-team/keras": KERAS,
    "mosaicml/composer": COMPOSER,
    "facebookresearch/fvcore": FVCORE,
}


def project(table: dict[str, Any]) -> str:
    name: str = table["source"].partition(":")[0]
    return name


def misses(table: dict[str, Any]) -> list[float]:
    """Return how far each value is off, as a share of what its source allows.

    A time before 0 is an error here, and counts as a value that is met.
    """
    schedule = PROJECTS[project(table)][table["case"]]
    found = []
    for t, expected in zip(table["t"], table["expected"], strict=True):
        if t < 0:
            with pytest.raises(ValueError, match=rf"t must be a finite number >= 0, got {t}"):
                schedule.lr(t)
            found.append(0.0)
        else:
            found.append(abs(schedule.lr(t) - expected) / table["atol"])
    return found


@pytest.mark.parametrize(
    "table", TABLES, ids=lambda table: f"{project(table).partition('/')[2]}: {table['case']}"
)
def test_each_published_value_is_met(table: dict[str, Any]) -> None:
    assert max(misses(table)) <= 1.0, table["source"]


def test_every_table_has_its_schedule_and_the_other_way_round() -> None:
    tables = [(project(table), table["case"]) for table in TABLES]
    schedules = [(name, case) for name, cases in PROJECTS.items() for case in cases]

    assert sorted(tables) == sorted(schedules)


def test_534_values_are_checked_one_of_them_at_a_time_before_0(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = [miss for table in TABLES for miss in misses(table)]
    before = [t for table in TABLES for t in table["t"] if t < 0]

    with capsys.disabled():
        print(f"\npublished: {len(TABLES)} tables, {len(found)} values met")
    assert sum(miss <= 1.0 for miss in found) == 534
    assert len(found) == 534
    assert before == [-999]
