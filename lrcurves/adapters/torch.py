"""A schedule as a torch learning-rate scheduler.

>>> import torch
>>> from lrcurves import Exponential
>>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
>>> scheduler = CurveLR(optimizer, Exponential(0.1, gamma=0.5, every=2))
>>> rates = []
>>> for _ in range(5):
...     rates.append(optimizer.param_groups[0]["lr"])
...     optimizer.step()
...     scheduler.step()
>>> rates == [scheduler.schedule.lr(t) for t in range(5)]
True
"""

from __future__ import annotations

import operator
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from .._domains import real, shown
from ..schedule import Schedule
from ..serial import from_dict, to_dict


class CurveLR(LRScheduler):
    """Sets the rate of every parameter group to ``schedule.lr(t)``.

    ``t`` is ``last_epoch``, which counts the calls of :meth:`step`; call it after each update
    of the optimizer. The rate is absolute: it replaces that of the optimizer and whatever
    another scheduler has set. A tensor rate is written in place.

    A group that is added later follows from the next :meth:`step` on; until then it has the
    rate that it was added with.

    Nothing but ``last_epoch`` and the rates in force need to be restored, so a checkpoint
    resumes exactly in whichever order the optimizer and the scheduler are built and loaded.

    Args:
        optimizer: a torch optimizer.
        schedule: the curve.
        last_epoch: ``k - 1`` to continue with update number ``k`` without a checkpoint.

    Raises:
        TypeError: if ``optimizer`` or ``schedule`` is something else.
    """

    def __init__(self, optimizer: Optimizer, schedule: Schedule, last_epoch: int = -1) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"optimizer must be a torch optimizer, got {shown(optimizer)}")
        if not isinstance(schedule, Schedule):
            raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
        last_epoch = _epoch("last_epoch", last_epoch)
        self.schedule = schedule
        shared = set()
        for group in optimizer.param_groups:
            if isinstance(group["lr"], torch.Tensor):
                # One tensor given as the rate of the optimizer is that of every group.
                if id(group["lr"]) in shared:
                    group["lr"] = group["lr"].clone()
                shared.add(id(group["lr"]))
            # torch asks for it when it resumes, although an absolute rate has no use for it.
            rate = group["lr"]
            group.setdefault(
                "initial_lr", rate.clone() if isinstance(rate, torch.Tensor) else rate
            )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Return the rate of each parameter group at ``last_epoch``."""
        rate = self.schedule.lr(max(self.last_epoch, 0))
        return [rate for _ in self.optimizer.param_groups]

    def _get_closed_form_lr(self) -> list[float | torch.Tensor]:
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return plain data: ``torch.load(weights_only=True)`` reads it."""
        state = super().state_dict()
        state["schedule"] = to_dict(self.schedule)
        state["group_lrs"] = [float(group["lr"]) for group in self.optimizer.param_groups]
        return state

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue from a :meth:`state_dict`, with the rates that were in force then.

        Raises:
            ValueError: if it was saved with another schedule, or for another number of
                parameter groups; nothing is changed then.
        """
        if not isinstance(state_dict, dict):
            raise TypeError(f"state_dict must be a dictionary, got {shown(state_dict)}")
        state = dict(state_dict)
        for name in ("schedule", "group_lrs", "last_epoch"):
            if name not in state:
                raise ValueError(f"state_dict[{name!r}] is missing: CurveLR did not save this")
        saved, rates = from_dict(state.pop("schedule")), state.pop("group_lrs")
        state["last_epoch"] = _epoch("state_dict['last_epoch']", state["last_epoch"])
        if to_dict(saved) != to_dict(self.schedule):
            t = max(state["last_epoch"], 0)
            raise ValueError(
                f"state_dict was saved with another schedule: at step {t} the rate was"
                f" {saved.lr(t):g}, and would be {self.schedule.lr(t):g}. Saved: {saved!r}."
                f" Now: {self.schedule!r}. To change the schedule on purpose, build"
                f" CurveLR(optimizer, schedule, last_epoch={t - 1}) instead of loading"
            )
        groups = self.optimizer.param_groups
        if len(rates) != len(groups):
            raise ValueError(
                f"state_dict must hold a rate for each of {len(groups)} parameter groups,"
                f" got {len(rates)}"
            )
        rates = [
            real(f"state_dict['group_lrs'][{i}]", "a number", rate)
            for i, rate in enumerate(rates)
        ]
        super().load_state_dict(state)
        for group, rate in zip(groups, rates, strict=True):
            if isinstance(group["lr"], torch.Tensor):
                group["lr"].fill_(rate)
            else:
                group["lr"] = rate


def _epoch(name: str, value: Any) -> int:
    """Return a number of steps, or -1 for none, as an ``int``."""
    try:
        epoch = -2 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an int >= -1, got {shown(value)}") from None
    if epoch < -1:
        raise ValueError(f"{name} must be an int >= -1, got {shown(value)}")
    return epoch
