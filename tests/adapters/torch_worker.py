"""What each of several processes runs: ``python torch_worker.py SCENARIO FOLDER``.

The rank and the number of processes come from the environment, as every launcher sets them.
Each process writes what it has seen to ``FOLDER/SCENARIO-RANK.pt``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from lrcurves import Cosine, Linear
from lrcurves.adapters.torch import CurveLR

SCHEDULE = Linear(0, 0.1, 3) >> Cosine(0.1, 9)
STEPS = 12
"""How many updates a run has."""
STOP = 5
"""The update with which a run goes on that was stopped."""
BATCH = 8


class Run:
    """A small model that one or several processes train on the same batches."""

    def __init__(self, seed: int, wrap: Callable[[nn.Module], nn.Module] = lambda net: net):
        torch.manual_seed(seed)
        self.net = wrap(nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Linear(8, 1)))
        self.optimizer = torch.optim.AdamW(self.net.parameters(), lr=1.0)
        self.scheduler = CurveLR(self.optimizer, {"lr": SCHEDULE, "weight_decay": SCHEDULE})
        self.rates: list[float] = []

    @property
    def weights(self) -> torch.Tensor:
        return torch.cat([p.detach().flatten() for p in self.net.parameters()])

    def train(self, first: int, last: int, rank: int = 0, world: int = 1) -> None:
        """Do some updates, each on this process's share of a batch of its own."""
        for t in range(first, last):
            batch = torch.randn(BATCH, 5, generator=torch.Generator().manual_seed(t))
            share = batch[rank::world]
            self.optimizer.zero_grad()
            (self.net(share[:, :4]).squeeze(-1) - share[:, 4]).square().mean().backward()
            self.rates.append(self.optimizer.param_groups[0]["lr"])
            self.optimizer.step()
            self.scheduler.step()

    def state(self) -> dict[str, Any]:
        net = getattr(self.net, "module", self.net)
        return {
            "net": net.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": self.scheduler.state_dict(),
        }

    def load(self, path: Path) -> None:
        state = torch.load(path, weights_only=True)
        getattr(self.net, "module", self.net).load_state_dict(state["net"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scheduler.load_state_dict(state["scheduler"])


def _refuse(*args: Any, **kwargs: Any) -> NoReturn:
    raise AssertionError("a rate was sent from one process to another")


def data_parallel(folder: Path, rank: int, world: int) -> dict[str, Any]:
    """Train from the start, and once more from the checkpoint of a single process."""
    dist.init_process_group("gloo")
    whole, resumed = (Run(seed=rank, wrap=DistributedDataParallel) for _ in range(2))
    for name in ("broadcast", "broadcast_object_list", "all_gather", "all_gather_object"):
        setattr(dist, name, _refuse)
    whole.train(0, STOP, rank, world)
    if rank == 0:
        torch.save(whole.state(), folder / "two.pt")
    whole.train(STOP, STEPS, rank, world)
    resumed.load(folder / "one.pt")
    resumed.train(STOP, STEPS, rank, world)
    dist.destroy_process_group()
    return {
        "whole": (whole.rates, whole.weights),
        "resumed": (resumed.rates, resumed.weights),
        "scheduler": whole.scheduler.state_dict(),
    }


def accelerated(folder: Path, rank: int, world: int) -> dict[str, Any]:
    """Train under accelerate as it comes, and with each of the settings that repair it."""
    from accelerate import Accelerator
    from accelerate.state import AcceleratorState, GradientState
    from accelerate.utils import DataLoaderConfiguration
    from torch.utils.data import DataLoader, TensorDataset

    settings: dict[str, dict[str, Any]] = {
        "default": {},
        "decoupled": {"step_scheduler_with_optimizer": False},
        "split": {"dataloader_config": DataLoaderConfiguration(split_batches=True)},
        "accumulating": {
            "step_scheduler_with_optimizer": False,
            "gradient_accumulation_steps": 2,
        },
    }
    seen = {}
    for name, setting in settings.items():
        accelerator = Accelerator(cpu=True, **setting)
        run = Run(seed=rank)
        data = torch.randn(2 * STEPS * BATCH, 5, generator=torch.Generator().manual_seed(0))
        net, optimizer, scheduler, loader = accelerator.prepare(
            run.net, run.optimizer, run.scheduler, DataLoader(TensorDataset(data), BATCH)
        )
        rates = []
        for (batch,) in loader:
            with accelerator.accumulate(net):
                loss = (net(batch[:, :4]).squeeze(-1) - batch[:, 4]).square().mean()
                accelerator.backward(loss)
                if accelerator.sync_gradients:
                    rates.append(run.optimizer.param_groups[0]["lr"])
                optimizer.step()
                if accelerator.sync_gradients:
                    scheduler.step()
                optimizer.zero_grad()
        seen[name] = {
            "processes": accelerator.num_processes,
            "wrapped": type(scheduler).__name__,
            "rates": rates,
            "t": run.scheduler.last_epoch,
            "weights": run.weights,
        }
        AcceleratorState._reset_state()
        GradientState._reset_state()
    dist.destroy_process_group()
    return seen


if __name__ == "__main__":
    torch.set_num_threads(1)
    at = Path(sys.argv[2])
    ours, all_of_them = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
    found = globals()[sys.argv[1]](at, ours, all_of_them)
    torch.save(found, at / f"{sys.argv[1]}-{ours}.pt")
