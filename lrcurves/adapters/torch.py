"""Schedules as a torch learning-rate scheduler.

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

import logging
import operator
from collections.abc import Collection, Mapping
from numbers import Integral
from typing import Any

import torch
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from .._domains import Interval, shown
from ..resume import entry
from ._groups import PerGroup, copy, knobs

FORMAT = 1
"""The version of what :meth:`CurveLR.state_dict` returns."""

_log = logging.getLogger(__name__)


class CurveLR(LRScheduler):
    """Sets the rate of each parameter group, or other hyperparameters, to ``schedule.lr(t)``.

    ``t`` is ``last_epoch``, which counts the calls of :meth:`step`; call it after each update
    of the optimizer. The rate is absolute: it replaces that of the optimizer and whatever
    another scheduler has set. A tensor is written in place.

    A checkpoint holds ``t``, the schedules and the numbers in force, so that a run resumes
    exactly in whichever order the optimizer and the scheduler are built and loaded. A group
    that is added later follows from the next :meth:`step` on; until then it has the rate that
    it was added with. Where a run resumes, add its groups before loading.

    >>> from lrcurves import Constant, Cosine, Linear
    >>> body, head = (torch.nn.Parameter(torch.zeros(1)) for _ in range(2))
    >>> optimizer = torch.optim.AdamW([{"params": [body]}, {"params": [head]}])
    >>> scheduler = CurveLR(
    ...     optimizer,
    ...     {
    ...         "lr": [Cosine(1e-4, steps=900), Cosine(1e-3, steps=900)],
    ...         "weight_decay": Linear(0.1, 0, steps=900),
    ...         "momentum": Constant(0.8),
    ...     },
    ... )
    >>> [(g["lr"], g["weight_decay"], g["betas"]) for g in optimizer.param_groups]
    [(0.0001, 0.1, (0.8, 0.999)), (0.001, 0.1, (0.8, 0.999))]

    Args:
        optimizer: a torch optimizer.
        schedule: that of the rate: one for all groups, or a sequence with one for each group,
            the last of which is also that of groups added later. Or a mapping from
            hyperparameters to these: ``"lr"``, ``"weight_decay"`` or any other number in the
            groups; ``"momentum"`` is ``betas[0]`` where there are betas. A group without the
            hyperparameter is passed over, and a hyperparameter that is not named is left alone.
        last_epoch: ``k - 1`` to continue with update number ``k`` without a checkpoint of the
            scheduler; after loading the optimizer, build this instead of loading one.
        relative: whether a schedule is a factor of what the group held at first: ``True`` for
            all hyperparameters, or the names of some. Groups keep their proportions so
            (layer-wise decay), and a ``weight_decay`` of 0 stays 0.
        log_every: to log the numbers at each ``t`` that is a multiple of it, at level INFO.

    Raises:
        TypeError: if an argument has the wrong type.
        ValueError: if it does not fit the optimizer; that is left as it was in either case.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: PerGroup | Mapping[str, PerGroup],
        last_epoch: int = -1,
        *,
        relative: bool | Collection[str] = False,
        log_every: int | None = None,
    ) -> None:
        if not isinstance(optimizer, Optimizer):
            raise TypeError(
                f"optimizer must be a torch optimizer, got {shown(optimizer)}: of a wrapper,"
                " give the optimizer inside, which has the param_groups"
            )
        last_epoch = _whole("last_epoch", last_epoch, -1)
        self._log_every = None if log_every is None else _whole("log_every", log_every, 1)
        self._knobs = knobs(schedule, relative, optimizer)
        self.schedule = schedule
        groups = optimizer.param_groups
        initial = [float(group.get("initial_lr", group["lr"])) for group in groups]
        for group, rate in zip(groups, initial, strict=True):
            group["initial_lr"] = rate  # which torch asks for when it resumes
        for knob in self._knobs:
            # A tensor that is written in place shall not be the default of later groups.
            knob.unshare((*groups, optimizer.defaults))
        self._adopted: list[dict[str, Any]] = []
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Return the rate of each parameter group at ``last_epoch``."""
        groups = self.optimizer.param_groups
        t = float(max(self.last_epoch, 0))
        if not self._get_lr_called_within_step:
            columns = {knob.name: knob.values(groups, t) for knob in self._knobs}
        else:
            self._adopt(groups)
            columns = {knob.name: knob.values(groups, t) for knob in self._knobs}
            for knob in self._knobs:
                if knob.name != "lr":  # that is for the caller
                    knob.write(groups, columns[knob.name])
            if self._log_every and t % self._log_every == 0:
                _log.info("t = %d: %s", t, _line(columns))
        return columns.get("lr") or [copy(group["lr"]) for group in groups]

    def _adopt(self, groups: list[dict[str, Any]]) -> None:
        """Prepare groups that are new, added or loaded, for being written."""
        if list(map(id, groups)) != list(map(id, self._adopted)):
            for knob in self._knobs:
                knob.adopt(groups, self.optimizer.defaults)
            self._adopted = groups.copy()

    def _get_closed_form_lr(self) -> list[float | torch.Tensor]:
        return self.get_lr()

    def state_dict(self) -> dict[str, Any]:
        """Return plain data: JSON and ``torch.load(weights_only=True)`` read it."""
        groups = self.optimizer.param_groups
        return {
            "format": FORMAT,
            "last_epoch": self.last_epoch,
            "step_count": self._step_count,
            "schedule": {knob.name: knob.state(groups) for knob in self._knobs},
        }

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Continue from a :meth:`state_dict`, with the numbers that were in force then.

        Raises:
            TypeError: if something in it has the wrong type.
            ValueError: if it was saved with another schedule, for another number of parameter
                groups or by something else; nothing is changed in either case.
        """
        version = entry("state_dict", state_dict, "format")
        if version != FORMAT or isinstance(version, bool):
            raise ValueError(
                f"state_dict['format'] must be {FORMAT}, got {shown(version)}: another version"
                " of lrcurves wrote this"
            )
        last_epoch: Any = entry("state_dict", state_dict, "last_epoch")
        number = Interval().validated("state_dict['last_epoch']", last_epoch)
        last_epoch = int(last_epoch) if isinstance(last_epoch, Integral) else number
        step_count = _whole(
            "state_dict['step_count']", entry("state_dict", state_dict, "step_count"), 0
        )
        place, saved = "state_dict['schedule']", entry("state_dict", state_dict, "schedule")
        names = [knob.name for knob in self._knobs]
        if not isinstance(saved, Mapping) or set(saved) != set(names):
            got = list(saved) if isinstance(saved, Mapping) else saved
            raise ValueError(f"{place} must be for {names}, got {shown(got)}")
        groups = self.optimizer.param_groups
        loaded = [
            knob.load(f"{place}[{knob.name!r}]", saved[knob.name], groups, last_epoch)
            for knob in self._knobs
        ]
        self._adopt(groups)
        for knob, (values, initial) in zip(self._knobs, loaded, strict=True):
            knob.write(groups, values)
            for group, first in zip(groups, initial, strict=True):
                if first is not None:
                    group[knob.initial] = first
        self.last_epoch, self._step_count = last_epoch, step_count
        self._last_lr = [copy(group["lr"]) for group in groups]


def _line(columns: Mapping[str, list[Any]]) -> str:
    """Return the numbers of all hyperparameters as text, equal ones once.

    >>> _line({"lr": [0.1, 0.1], "weight_decay": [0.01, None]})
    'lr = 0.1; weight_decay = 0.01, None'
    """
    parts = []
    for name, values in columns.items():
        texts = [f"{value:g}" if value is not None else "None" for value in values]
        parts.append(f"{name} = {texts[0] if len(set(texts)) == 1 else ', '.join(texts)}")
    return "; ".join(parts)


def _whole(name: str, value: Any, least: int) -> int:
    """Return an ``int`` that is not less than another."""
    try:
        number = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        raise TypeError(f"{name} must be an int >= {least}, got {shown(value)}") from None
    if number < least:
        raise ValueError(f"{name} must be an int >= {least}, got {shown(value)}")
    return number
