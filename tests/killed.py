"""Trainings that are killed again and again, and go on from their last checkpoint.

``python tests/killed.py plain 25 0`` trains once undisturbed, then again with 25 kills at
random moments, and compares every rate, the weights after every update, and the last ones. Each
training is a process of its own, forked from this one, and gets a SIGKILL, which nothing can
catch; the moment may be in the middle of an update or of writing a checkpoint.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import sys
import time
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from lrcurves import Cosine, Exponential, Floor, Linear, Schedule, Warmup
from lrcurves.resume import resume, state

RECORD = struct.Struct("<qdL")
"""The number of an update, its rate, and a checksum of the weights after it."""

Record = tuple[int, float, int]

DECAY = Warmup(Exponential.from_half_life(0.05, half_life=300), steps=50)
SCHEDULES: tuple[Schedule, ...] = (
    DECAY,
    Linear(0.0, 0.05, 100) >> Floor(Cosine(0.05, 900), 1e-3, mode="offset"),
)


class Plain:
    """A linear regression with momentum in NumPy, and a loop that keeps ``t`` itself."""

    steps, every = 2000, 9

    def __init__(self, schedule: Schedule) -> None:
        self.schedule = schedule
        self.t = 0
        self.weights = np.zeros(8)
        self.speed = np.zeros(8)

    def update(self) -> float:
        rng = np.random.default_rng(self.t)
        x = rng.standard_normal((16, 8))
        slope = x.T @ (x @ (self.weights - np.arange(8.0)) + rng.standard_normal(16)) / 16
        lr = self.schedule.lr(self.t)
        self.speed = 0.9 * self.speed - lr * slope
        self.weights = self.weights + self.speed
        self.t += 1
        return lr

    def save(self, path: Path) -> None:
        saved = json.dumps(state(self.schedule, self.t))
        with path.open("wb") as file:
            np.savez(file, weights=self.weights, speed=self.speed, state=saved)

    def load(self, path: Path) -> None:
        with np.load(path) as saved:
            self.t = resume(self.schedule, json.loads(str(saved["state"])))
            self.weights, self.speed = saved["weights"], saved["speed"]

    def bits(self) -> bytes:
        return self.weights.tobytes()


class Torch:
    """A small network under AdamW and :class:`lrcurves.adapters.torch.CurveLR`."""

    steps, every = 300, 7

    def __init__(self, schedule: Schedule) -> None:
        import torch

        from lrcurves.adapters.torch import CurveLR

        torch.set_num_threads(1)  # a process that is forked has one
        torch.manual_seed(os.getpid())
        self.torch = torch
        self.net = torch.nn.Sequential(
            torch.nn.Linear(8, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1)
        )
        with torch.no_grad():
            for weights in self.net.parameters():
                weights.copy_(torch.linspace(-1, 1, weights.numel()).view_as(weights))
        self.optimizer = torch.optim.AdamW(self.net.parameters())
        self.scheduler = CurveLR(self.optimizer, schedule)

    @property
    def t(self) -> int:
        return int(self.scheduler.last_epoch)

    def update(self) -> float:
        seeded = self.torch.Generator().manual_seed(self.t)
        x = self.torch.randn(16, 8, generator=seeded)
        loss = (self.net(x) - x.sum(1, keepdim=True)).square().mean()
        self.optimizer.zero_grad()
        loss.backward()
        lr = float(self.optimizer.param_groups[0]["lr"])
        self.optimizer.step()
        self.scheduler.step()
        return lr

    def save(self, path: Path) -> None:
        parts = ("net", "optimizer", "scheduler")
        self.torch.save({name: getattr(self, name).state_dict() for name in parts}, path)

    def load(self, path: Path) -> None:
        saved = self.torch.load(path, weights_only=True)
        for name, part in saved.items():
            getattr(self, name).load_state_dict(part)

    def bits(self) -> bytes:
        return b"".join(x.detach().numpy().tobytes() for x in self.net.parameters())


LOOPS: dict[str, type[Plain] | type[Torch]] = {"plain": Plain, "torch": Torch}


def train(loop: Plain | Torch, folder: Path, late: int) -> None:
    """Go on from the last checkpoint, if there is one, to the end; write down every update.

    Args:
        loop: the training.
        folder: where its checkpoint and its records are.
        late: by how many updates to go on too late, to see that this is noticed.
    """
    checkpoint, draft = folder / "checkpoint", folder / "draft"
    if checkpoint.exists():
        loop.load(checkpoint)
        for _ in range(late):
            loop.t += 1  # type: ignore[misc]
    records = os.open(folder / "records", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    # A record across two pages may have been cut off: a kill comes between them, too.
    os.ftruncate(records, os.fstat(records).st_size // RECORD.size * RECORD.size)
    while loop.t < loop.steps:
        if loop.t % loop.every == 0:
            loop.save(draft)
            draft.replace(checkpoint)  # all of it, or none
        t = loop.t
        lr = loop.update()
        os.write(records, RECORD.pack(t, lr, zlib.crc32(loop.bits())))
    (folder / "weights").write_bytes(loop.bits())


def forked(work: Callable[[], None]) -> int:
    """Return the id of a new process that does some work, and nothing after it."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        finally:
            os._exit(status)
    return child


def records_in(folder: Path) -> list[Record]:
    data = (folder / "records").read_bytes() if (folder / "records").exists() else b""
    return list(RECORD.iter_unpack(data[: len(data) // RECORD.size * RECORD.size]))


def killed(work: Callable[[], None], folder: Path, after: int, more: float) -> None:
    """Let a training run until so many updates are done, and a little more; then kill it."""
    child = forked(work)
    records = folder / "records"
    while not records.exists() or records.stat().st_size < after * RECORD.size:
        assert os.waitpid(child, os.WNOHANG) == (0, 0), "it ended before it was killed"
        time.sleep(5e-5)
    until = time.perf_counter() + more
    while time.perf_counter() < until:
        pass
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL, "it ended before it was killed"


def finished(work: Callable[[], None]) -> None:
    _, status = os.waitpid(forked(work), 0)
    assert status == 0, "the training failed"


def compared(kind: str, schedule: Schedule, kills: int, rng: Random, late: int) -> int:
    """Compare a training with kills and one without; return how many updates were repeated."""
    loop = LOOPS[kind]

    def work(folder: Path, late: int = 0) -> Callable[[], None]:
        return lambda: train(loop(schedule), folder, late)

    with TemporaryDirectory() as undisturbed, TemporaryDirectory() as disturbed:
        whole, parts = Path(undisturbed), Path(disturbed)
        finished(work(whole))
        want = records_in(whole)
        assert [(t, lr) for t, lr, _ in want] == [
            (t, schedule.lr(t)) for t in range(loop.steps)
        ]

        for k in range(kills):
            # Spread over nine tenths of the run, counted in new updates.
            goal = (k + rng.random()) / kills * 0.9 * loop.steps
            done = records_in(parts)
            new = max(round(goal) - max((t for t, *_ in done), default=0), 1)
            killed(work(parts, late), parts, len(done) + new, rng.random() * 2e-3)
        finished(work(parts, late))
        done = records_in(parts)
        for t, lr, bits in done:
            assert (t, lr, bits) == want[t], f"update {t}: {(lr, bits)}, not {want[t][1:]}"
        assert {t for t, *_ in done} == set(range(loop.steps))
        assert (parts / "weights").read_bytes() == (whole / "weights").read_bytes()
    return len(done) - len(want)


def main(kind: str, kills: int, seed: int, late: int = 0) -> None:
    """Print, as JSON, how often a training was killed and how many updates it repeated."""
    rng = Random(seed)
    schedules = SCHEDULES if kind == "plain" else SCHEDULES[:1]
    LOOPS[kind](DECAY)  # what it imports is imported once, before there are processes
    again = [compared(kind, schedule, kills, rng, late) for schedule in schedules]
    found: dict[str, Any] = {"kills": kills * len(schedules), "updates again": sum(again)}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:]))
