"""The hyperparameters of a torch optimizer, as schedules drive them.

torch keeps them in ``optimizer.param_groups``, a dictionary for each group of parameters. They
are floats, or tensors, which compiled and captured code reads: these are written in place.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import torch
from torch.optim import Optimizer

from .._domains import Interval, shown
from ..resume import entry, require_same
from ..schedule import Schedule
from ..serial import to_dict

Group: TypeAlias = dict[str, Any]
PerGroup: TypeAlias = Schedule | Sequence[Schedule]


@dataclass(frozen=True)
class Knob:
    """One hyperparameter, with a schedule for each parameter group.

    Args:
        name: what the groups call it, or ``"momentum"`` for the first beta.
        schedules: groups past the last one follow it.
        relative: whether they are factors of the groups' initial numbers.
    """

    name: str
    schedules: tuple[Schedule, ...]
    relative: bool

    @cached_property
    def initial(self) -> str:
        """What the groups call the number that they held at first."""
        return f"initial_{self.name}"

    def read(self, group: Group) -> Any:
        """Return the number in a group, ``None`` if it has none."""
        if self.name == "momentum" and "betas" in group:
            return group["betas"][0]
        return group.get(self.name)

    def replace(self, group: Group, value: Any) -> None:
        if self.name == "momentum" and "betas" in group:
            group["betas"] = (value, *group["betas"][1:])
        else:
            group[self.name] = value

    def write(self, groups: list[Group], values: list[Any]) -> None:
        """Set the number in every group that has one, a tensor in place."""
        for group, value in zip(groups, values, strict=True):
            present = self.read(group)
            if isinstance(present, torch.Tensor):
                present.fill_(value)
            elif present is not None:
                self.replace(group, value)

    def unshare(self, groups: Iterable[Group]) -> None:
        """Give each group a tensor of its own: one given to the optimizer is that of all."""
        taken = set()
        for group in groups:
            value = self.read(group)
            if isinstance(value, torch.Tensor):
                if id(value) in taken:
                    value = value.clone()
                    self.replace(group, value)
                taken.add(id(value))

    def adopt(self, groups: list[Group], defaults: Group) -> None:
        """Prepare the groups for :meth:`write`, of which some may be new."""
        self.unshare((defaults, *groups))
        for group in groups:
            first = group.get(self.initial, self.read(group))
            # A float, once: weights_only checkpoints refuse NumPy's, and to read a tensor is
            # to wait for its device.
            if first is not None and (type(first) is not float or self.initial not in group):
                group[self.initial] = float(first)

    def values(self, groups: list[Group], t: float) -> list[Any]:
        """Return what each group is to hold at ``t``."""
        rates: list[Any] = [schedule.lr(t) for schedule in self.schedules]
        rates += rates[-1:] * (len(groups) - len(rates))
        if self.relative:
            for i, group in enumerate(groups):
                first = group.get(self.initial)
                if first is None:
                    first = _number(self.read(group))
                rates[i] = None if first is None else float(first) * rates[i]
        return rates[: len(groups)]

    def state(self, groups: list[Group]) -> dict[str, Any]:
        """Return the schedules and the numbers in the groups as plain data."""
        return {
            "relative": self.relative,
            "schedules": [to_dict(schedule) for schedule in self.schedules],
            "values": [_number(self.read(group)) for group in groups],
            "initial": [_number(group.get(self.initial)) for group in groups],
        }

    def load(
        self, place: str, saved: Any, groups: list[Group], last_epoch: float
    ) -> tuple[list[Any], list[Any]]:
        """Return the numbers of a :meth:`state`, those in force and the initial ones."""
        schedules = entry(place, saved, "schedules")
        if not isinstance(schedules, list | tuple) or not schedules:
            raise TypeError(f"{place}['schedules'] must be a list, got {shown(schedules)}")
        t = max(last_epoch, 0)
        remedy = (
            "To change it on purpose, after loading the optimizer, build CurveLR(optimizer,"
            f" schedule, last_epoch={math.floor(t) - 1}) instead of loading this"
        )
        for i in range(max(len(schedules), len(self.schedules))):
            at = min(i, len(schedules) - 1)
            ours = self.schedules[min(i, len(self.schedules) - 1)]
            require_same(f"{place}['schedules'][{at}]", schedules[at], ours, t, remedy)
        if entry(place, saved, "relative") is not self.relative:
            raise ValueError(
                f"{place}['relative'] must be {self.relative}, got"
                f" {shown(saved['relative'])}: build CurveLR as it was built then"
            )
        values, initial = (
            self._column(f"{place}[{key!r}]", entry(place, saved, key), groups)
            for key in ("values", "initial")
        )
        return values, initial

    def _column(self, place: str, column: Any, groups: list[Group]) -> list[float | None]:
        if not isinstance(column, list | tuple) or len(column) != len(groups):
            raise ValueError(
                f"{place} must hold a number for each of {len(groups)} parameter groups,"
                f" got {shown(column)}: add the groups before loading"
            )
        return [
            None
            if value is None is self.read(group)
            else Interval().validated(f"{place}[{i}]", value)
            for i, (group, value) in enumerate(zip(groups, column, strict=True))
        ]


def knobs(schedule: Any, relative: Any, optimizer: Optimizer) -> tuple[Knob, ...]:
    """Return a knob for each hyperparameter that a schedule is given for."""
    groups = optimizer.param_groups
    named = schedule if isinstance(schedule, Mapping) else {"lr": schedule}
    if not named:
        raise ValueError("schedule must name a hyperparameter, got an empty mapping")
    if isinstance(relative, bool):
        relative = tuple(named) if relative else ()
    elif isinstance(relative, str):
        relative = (relative,)
    names = list(named)
    if not isinstance(relative, Collection):
        raise TypeError(f"relative must be a bool or some of {names}, got {shown(relative)}")
    if not all(name in names for name in relative):
        raise ValueError(f"relative must be a bool or some of {names}, got {shown(relative)}")
    known = {
        name
        for group in groups
        for name in (*group, "momentum")
        if not str(name).startswith("initial_")
        if _is_number(Knob(name, (), False).read(group))
    }
    found = []
    for name, curves in named.items():
        if name not in known:
            raise ValueError(
                f"schedule must be for hyperparameters of {type(optimizer).__name__}, got"
                f" {shown(name)}: it has {', '.join(sorted(known))}"
            )
        where = f"schedule[{name!r}]" if named is schedule else "schedule"
        found.append(Knob(name, _each(where, curves, len(groups)), name in relative))
    return tuple(found)


def _each(name: str, curves: Any, groups: int) -> tuple[Schedule, ...]:
    """Return one schedule for each group, less those at the end that repeat the last."""
    if isinstance(curves, Schedule):
        return (curves,)
    if not isinstance(curves, Sequence) or isinstance(curves, str | bytes):
        rule = "a schedule, or a sequence of one for each parameter group"
        raise TypeError(f"{name} must be {rule}, got {shown(curves)}")
    for i, curve in enumerate(curves):
        if not isinstance(curve, Schedule):
            raise TypeError(f"{name}[{i}] must be a schedule, got {shown(curve)}")
    if len(curves) != groups:
        raise ValueError(
            f"{name} must hold one schedule for each of {groups} parameter groups, got"
            f" {len(curves)}: a schedule by itself is for all"
        )
    last = groups
    while last > 1 and curves[last - 1] == curves[last - 2]:
        last -= 1
    return tuple(curves[:last])


def _is_number(value: Any) -> bool:
    if isinstance(value, torch.Tensor):
        return value.numel() == 1
    return isinstance(value, float | int) and not isinstance(value, bool)


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def copy(value: Any) -> float | torch.Tensor:
    """Return a rate that is no alias of the one in a group."""
    return value.clone() if isinstance(value, torch.Tensor) else float(value)
