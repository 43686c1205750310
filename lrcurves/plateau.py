"""A factor on the rate that falls when a metric stops improving.

This is no schedule, and cannot be one: a schedule is a function of time, and this depends on
what was measured on the way. It has no table, no picture and no end, and ``t`` alone does not
resume it. So it is kept apart: a :class:`Plateau` is the rule, a :class:`PlateauState` what the
rule has seen so far, and ``update`` makes the next state from a state and a metric, changing
nothing. The rate of an update is ``schedule.lr(t) * state.scale``, with any schedule:

>>> from lrcurves import Constant, Linear
>>> schedule = Linear(0, 0.1, steps=2) >> Constant(0.1)
>>> plateau = Plateau(factor=0.5, patience=1)
>>> state = plateau.initial()
>>> for epoch, loss in enumerate([3.0, 2.0, 1.0, 1.0, 1.0, 1.0, 1.0]):
...     lr = schedule.lr(epoch) * state.scale  # train with it, then measure the loss
...     state = plateau.update(state, loss)
...     print(epoch, lr, state.scale)
0 0.0 1.0
1 0.05 1.0
2 0.1 1.0
3 0.1 1.0
4 0.1 0.5
5 0.05 0.5
6 0.05 0.25

Save the state beside ``t``, as plain data:

>>> saved = state.to_dict()
>>> saved
{'scale': 0.25, 'best': 1.0, 'bad': 0, 'cooldown': 0}
>>> PlateauState.from_dict(saved) == state
True
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from numbers import Real
from typing import Any

from ._domains import Interval, OneOf, OrNone, real, shown
from .resume import entry

_COUNT = Interval(0, whole=True)
_SCALE = Interval(0, 1)
_BEST = OrNone(Interval())
_AMOUNT = Interval(0)
_MODE = OneOf(("min", "max"))
_THRESHOLD_MODE = OneOf(("rel", "abs"))


@dataclass(frozen=True, slots=True)
class PlateauState:
    """What a :class:`Plateau` has seen so far, in four numbers.

    Attributes:
        scale: what the rate is multiplied by, from 1 down.
        best: the best metric, or ``None`` before there was one.
        bad: how many metrics in a row have not improved on it.
        cooldown: how many of the next metrics are not counted, because the rate has just
            fallen.

    Raises:
        TypeError: if a field has the wrong type.
        ValueError: if a field is outside its domain.
    """

    scale: float = 1.0
    best: float | None = None
    bad: int = 0
    cooldown: int = 0

    def __post_init__(self) -> None:
        _set(self, "scale", _SCALE.validated("PlateauState.scale", self.scale))
        _set(self, "best", _BEST.validated("PlateauState.best", self.best))
        _set(self, "bad", int(_COUNT.validated("PlateauState.bad", self.bad)))
        _set(self, "cooldown", int(_COUNT.validated("PlateauState.cooldown", self.cooldown)))

    def to_dict(self) -> dict[str, Any]:
        """Return the state as plain data, which JSON and any checkpoint hold.

        >>> PlateauState(scale=0.5, best=0.25, bad=3).to_dict()
        {'scale': 0.5, 'best': 0.25, 'bad': 3, 'cooldown': 0}
        """
        return asdict(self)

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> PlateauState:
        """Return the state that :meth:`to_dict` wrote; further entries are left to their owner.

        >>> PlateauState.from_dict({"scale": 0.5, "best": None, "bad": 0, "cooldown": 0})
        PlateauState(scale=0.5, best=None, bad=0, cooldown=0)

        Raises:
            TypeError: if something has the wrong type.
            ValueError: if something is missing or has the wrong value.
        """
        return cls(**{name: entry("state", data, name) for name in cls.__slots__})


@dataclass(frozen=True, slots=True)
class Plateau:
    r"""Multiply the rate by a factor when a metric has not improved for too long.

    With the best metric so far :math:`b`, a metric :math:`m` is an improvement if

    .. math:: \begin{array}{lll}
              & \text{rel} & \text{abs} \\
              \text{min:} & m < b (1 - \varepsilon) & m < b - \varepsilon \\
              \text{max:} & m > b (1 + \varepsilon) & m > b + \varepsilon \end{array}

    The first finite metric always is. When more than ``patience`` metrics in a row are none,
    the scale becomes
    :math:`\max(\mathrm{scale} \cdot \mathrm{factor}, \mathrm{min\_scale})`, and the count
    starts again after ``cooldown`` metrics.

    >>> plateau = Plateau(factor=0.1, patience=2)
    >>> state = plateau.initial()
    >>> for loss in (1.0, 1.0, 1.0, 1.0):
    ...     state = plateau.update(state, loss)
    >>> state.scale
    0.1

    Args:
        factor: a finite number > 0 and < 1.
        patience: how many metrics without improvement are borne, a whole number >= 0; the next
            one makes the rate fall.
        threshold: :math:`\varepsilon`, by how much a metric must be better, a finite number
            >= 0; < 1 for mode ``"min"`` with ``"rel"``.
        threshold_mode: ``"rel"``, a share of the best metric, or ``"abs"``, for metrics that
            may be 0 or negative.
        mode: ``"min"`` for a metric that should fall, ``"max"`` for one that should rise.
        cooldown: how many metrics after a fall are not counted, a whole number >= 0.
        min_scale: the least scale, from 0 to 1: the least rate as a share of the schedule. For
            a least rate whatever the schedule, write ``max(s.lr(t) * state.scale, min_lr)``.
        eps: a fall of the scale by no more than this is left out, a finite number >= 0.

    Raises:
        TypeError: if a field has the wrong type.
        ValueError: if a field is outside its domain.

    Source: ``torch.optim.lr_scheduler.ReduceLROnPlateau``, which counts the same. There
    ``min_lr`` and ``eps`` are rates: divide them by the rate of the optimizer. Keras and optax
    include in ``patience`` the metric that makes the rate fall: give it less 1. Keras includes
    in ``cooldown`` the first metric that counts again: give it less 1 too, unless it is 0. Its
    threshold is ``"abs"``; neither has an ``eps``.
    """

    factor: float = 0.1
    patience: int = 10
    threshold: float = 1e-4
    threshold_mode: str = "rel"
    mode: str = "min"
    cooldown: int = 0
    min_scale: float = 0.0
    eps: float = 1e-8

    def __post_init__(self) -> None:
        rule = "a finite number > 0 and < 1"
        factor = real("Plateau.factor", rule, self.factor)
        if not 0.0 < factor < 1.0:
            raise ValueError(f"Plateau.factor must be {rule}, got {shown(self.factor)}")
        _set(self, "factor", factor)
        _set(self, "patience", int(_COUNT.validated("Plateau.patience", self.patience)))
        _set(self, "threshold", _AMOUNT.validated("Plateau.threshold", self.threshold))
        words = _THRESHOLD_MODE.validated("Plateau.threshold_mode", self.threshold_mode)
        _set(self, "threshold_mode", words)
        _set(self, "mode", _MODE.validated("Plateau.mode", self.mode))
        _set(self, "cooldown", int(_COUNT.validated("Plateau.cooldown", self.cooldown)))
        _set(self, "min_scale", _SCALE.validated("Plateau.min_scale", self.min_scale))
        _set(self, "eps", _AMOUNT.validated("Plateau.eps", self.eps))
        if self.threshold >= 1.0 and (self.mode, self.threshold_mode) == ("min", "rel"):
            raise ValueError(
                "Plateau.threshold must be < 1 for mode 'min' with threshold_mode 'rel', got"
                f" {self.threshold!r}: no metric >= 0 could improve by that share; use"
                " threshold_mode='abs'"
            )

    def initial(self) -> PlateauState:
        """Return the state before the first metric.

        >>> Plateau().initial()
        PlateauState(scale=1.0, best=None, bad=0, cooldown=0)
        """
        return PlateauState()

    def update(self, state: PlateauState, metric: Any) -> PlateauState:
        """Return the state after a metric; ``state`` stays as it is.

        A fold over all metrics gives the last state: ``functools.reduce(plateau.update,
        metrics, plateau.initial())``.

        >>> plateau = Plateau(patience=0, mode="max")
        >>> state = plateau.update(plateau.initial(), 0.8)
        >>> plateau.update(state, 0.7)
        PlateauState(scale=0.1, best=0.8, bad=0, cooldown=0)

        Args:
            state: the state before it.
            metric: a number, or a tensor that holds a single one. One that is NaN, or infinite
                on the bad side, is no improvement, as in torch: a loss that has diverged.

        Raises:
            TypeError: if ``state`` is no state, or ``metric`` no number.
            ValueError: if ``metric`` is infinite on the good side: no other could ever improve
                on it.
        """
        if not isinstance(state, PlateauState):
            raise TypeError(
                f"Plateau.update: state must be a PlateauState, got {shown(state)}:"
                " plateau.initial() is the first one, PlateauState.from_dict(...) a saved one"
            )
        value = _number("Plateau.update: metric", metric)
        if value == (-math.inf if self.mode == "min" else math.inf):
            raise ValueError(
                f"Plateau.update: metric must not be {value} in mode {self.mode!r}: no other"
                " could improve on it"
            )
        scale, best, bad = state.scale, state.best, state.bad + 1
        if self._improves(value, best):
            best, bad = value, 0
        cooldown = max(state.cooldown - 1, 0)
        if state.cooldown > 0:
            bad = 0
        if bad > self.patience:
            bad, cooldown = 0, self.cooldown
            smaller = max(scale * self.factor, self.min_scale)
            if scale - smaller > self.eps:
                scale = smaller
        return PlateauState(scale, best, bad, cooldown)

    def _improves(self, metric: float, best: float | None) -> bool:
        if best is None:
            return math.isfinite(metric)
        if self.mode == "min":
            share = 1.0 - self.threshold
            bar = best * share if self.threshold_mode == "rel" else best - self.threshold
            return metric < bar
        share = 1.0 + self.threshold
        bar = best * share if self.threshold_mode == "rel" else best + self.threshold
        return metric > bar


def _set(owner: object, name: str, value: object) -> None:
    object.__setattr__(owner, name, value)


def _number(name: str, value: Any) -> float:
    """Return a number, or what a tensor of one number holds, as a float."""
    if not isinstance(value, Real) and getattr(value, "shape", None) == ():
        read = getattr(value, "item", None) or value.numpy  # TensorFlow has no item
        value = read()
    return real(name, "a number", value)
