"""Two processes train without sending a rate: each computes it from the same step number."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from adapters import torch_worker
from adapters.torch_worker import SCHEDULE, STEPS, STOP, Run

EXPECTED = [SCHEDULE.lr(t) for t in range(STEPS)]
REORDERED = 1e-5
"""How far weights of size 1 drift when a mean of 8 float32 gradients is summed in another
order: some eps (1.2e-7) an update, times what AdamW makes of it in 12 updates at rate 0.1."""


def processes(scenario: str, folder: Path, count: int = 2) -> list[dict[str, Any]]:
    """Run a scenario of the worker in several processes; return what each has seen."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "WORLD_SIZE": str(count),
        "LOCAL_WORLD_SIZE": str(count),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *sys.path]),
    }
    running = [
        subprocess.Popen(
            [sys.executable, torch_worker.__file__, scenario, str(folder)],
            env=environment | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(count)
    ]
    try:
        errors = [process.communicate(timeout=120)[1] for process in running]
    finally:
        for process in running:
            process.kill()
    for process, error in zip(running, errors, strict=True):
        assert process.returncode == 0, error[-3000:]
    return [torch.load(folder / f"{scenario}-{rank}.pt") for rank in range(count)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the checkpoint of a single process that was stopped."""
    path = tmp_path_factory.mktemp("distributed")
    run = Run(seed=0)
    run.train(0, STOP)
    torch.save(run.state(), path / "one.pt")
    return path


@pytest.fixture(scope="module")
def parallel(folder: Path) -> list[dict[str, Any]]:
    return processes("data_parallel", folder)


def test_the_ranks_agree_to_the_bit_without_any_broadcast(
    parallel: list[dict[str, Any]],
) -> None:
    first, second = (rank["whole"] for rank in parallel)

    assert first[0] == second[0] == EXPECTED
    assert torch.equal(first[1], second[1])
    assert parallel[0]["scheduler"] == parallel[1]["scheduler"]
    assert parallel[0]["scheduler"]["last_epoch"] == STEPS


def test_a_run_of_one_process_goes_on_with_two(parallel: list[dict[str, Any]]) -> None:
    alone = Run(seed=0)
    alone.train(0, STEPS)
    first, second = (rank["resumed"] for rank in parallel)

    assert first[0] == second[0] == EXPECTED[STOP:]
    assert torch.equal(first[1], second[1])
    assert torch.allclose(first[1], alone.weights, rtol=0, atol=REORDERED)


def test_a_run_of_two_processes_goes_on_with_one(
    folder: Path, parallel: list[dict[str, Any]]
) -> None:
    alone = Run(seed=99)
    alone.load(folder / "two.pt")
    alone.train(STOP, STEPS)

    assert alone.rates == EXPECTED[STOP:]
    assert torch.allclose(alone.weights, parallel[0]["whole"][1], rtol=0, atol=REORDERED)


@pytest.fixture(scope="module")
def accelerated(folder: Path) -> list[dict[str, Any]]:
    return processes("accelerated", folder)


def test_accelerate_wraps_the_scheduler_and_both_ranks_agree(
    accelerated: list[dict[str, Any]],
) -> None:
    for name, first in accelerated[0].items():
        second = accelerated[1][name]
        assert first["wrapped"] == second["wrapped"] == "AcceleratedScheduler"
        assert first["processes"] == second["processes"] == 2
        assert first["rates"] == second["rates"]
        assert torch.equal(first["weights"], second["weights"])


def test_accelerate_as_it_comes_steps_once_for_each_process(
    accelerated: list[dict[str, Any]],
) -> None:
    seen = accelerated[0]["default"]

    assert len(seen["rates"]) == STEPS
    assert seen["rates"] == [SCHEDULE.lr(2 * t) for t in range(STEPS)]
    assert seen["t"] == 2 * STEPS


@pytest.mark.parametrize("setting", ["decoupled", "split", "accumulating"])
def test_accelerate_with_the_setting_of_the_readme_steps_once_an_update(
    setting: str, accelerated: list[dict[str, Any]]
) -> None:
    seen = accelerated[0][setting]
    updates = len(seen["rates"])

    assert (
        updates == {"decoupled": STEPS, "split": 2 * STEPS, "accumulating": STEPS // 2}[setting]
    )
    assert seen["rates"] == [SCHEDULE.lr(t) for t in range(updates)]
    assert seen["t"] == updates
