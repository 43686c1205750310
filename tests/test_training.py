"""The main job: a real model on real data, stopped, resumed, and the same to the bit."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from killed import DECAY, RECORD, Plain, records_in, train
from sklearn.datasets import load_digits  # type: ignore[import-untyped]
from torch import nn

from lrcurves import Exponential, Warmup
from lrcurves.adapters.torch import CurveLR

BATCH, EPOCHS = 64, 6
KILLED = Path(__file__).with_name("killed.py")


class Run:
    """A small classifier of handwritten digits under a warm-up and an exponential decay."""

    def __init__(self, seed: int = 0) -> None:
        images, labels = load_digits(return_X_y=True)
        self.images = torch.tensor(images / 16, dtype=torch.float32)
        self.labels = torch.tensor(labels)
        self.per_epoch = len(labels) // BATCH
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))
        self.optimizer = torch.optim.AdamW(self.net.parameters())
        decay = Exponential.from_half_life(0.02, half_life=2 * self.per_epoch)
        self.schedule = Warmup(decay, steps=self.per_epoch)
        self.scheduler = CurveLR(self.optimizer, self.schedule)

    def train(self, first: int, last: int) -> list[float]:
        """Do the updates from ``first`` to before ``last``; return the rates that they used."""
        used = []
        for t in range(first, last):
            epoch, batch = divmod(t, self.per_epoch)
            shuffle = torch.Generator().manual_seed(epoch)
            order = torch.randperm(len(self.labels), generator=shuffle)
            chosen = order[batch * BATCH : (batch + 1) * BATCH]
            loss = nn.functional.cross_entropy(
                self.net(self.images[chosen]), self.labels[chosen]
            )
            self.optimizer.zero_grad()
            loss.backward()
            used.append(self.optimizer.param_groups[0]["lr"])
            self.optimizer.step()
            self.scheduler.step()
        return used

    def state(self) -> dict[str, Any]:
        return {
            "net": self.net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
        }

    def load(self, state: dict[str, Any]) -> None:
        self.net.load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])


@pytest.fixture
def _one_thread() -> Iterator[None]:
    """A model so small takes several times as long on several threads."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.usefixtures("_one_thread")
def test_a_stopped_run_continues_bit_identically(tmp_path: Path) -> None:
    whole = Run()
    steps = EPOCHS * whole.per_epoch
    used = whole.train(0, steps)
    correct = (whole.net(whole.images).argmax(1) == whole.labels).float().mean()

    for stop in (1, whole.per_epoch - 1, whole.per_epoch, steps // 2 + 3):
        first = Run()
        rates = first.train(0, stop)
        torch.save(first.state(), tmp_path / "checkpoint.pt")
        second = Run(seed=99)
        second.load(torch.load(tmp_path / "checkpoint.pt", weights_only=True))
        rates += second.train(stop, steps)

        assert rates == used == [whole.schedule.lr(t) for t in range(steps)]
        for ours, theirs in zip(second.net.parameters(), whole.net.parameters(), strict=True):
            assert torch.equal(ours, theirs)
    assert correct > 0.95


def trained(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run trainings that are killed; ``tests/killed.py`` compares them with one that is not."""
    return subprocess.run(
        [sys.executable, KILLED, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
    )


def test_a_record_that_a_kill_cut_off_is_dropped(tmp_path: Path) -> None:
    cut_off = RECORD.pack(0, DECAY.lr(0), 1)[:16]
    (tmp_path / "records").write_bytes(cut_off)
    train(Plain(DECAY), tmp_path, late=0)
    assert [(t, lr) for t, lr, _ in records_in(tmp_path)] == [
        (t, DECAY.lr(t)) for t in range(Plain.steps)
    ]


@pytest.mark.parametrize(("loop", "kills"), [("plain", 24), ("torch", 20)])
def test_a_training_that_is_killed_goes_on_bit_identically(loop: str, kills: int) -> None:
    """``KILLS`` and ``SEED`` in the environment ask for more, and for other moments."""
    kills = int(os.environ.get("KILLS", kills))
    done = trained(loop, kills, os.environ.get("SEED", 0))

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["kills"] >= kills
    assert found["updates again"] > 0


def test_a_training_that_goes_on_one_update_late_is_noticed() -> None:
    done = trained("plain", 2, 0, 1)

    assert done.returncode == 1
    assert "AssertionError: update" in done.stderr
