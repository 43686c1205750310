"""Named compositions."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from .._domains import OneOf, Phase, Rate
from ..combine import Sequential
from ..schedule import Part, Recipe, Schedule, define
from .exponential import Geometric
from .power import Linear
from .wave import Cosine

Shape: TypeAlias = Annotated[str, OneOf(("linear", "cosine", "exponential"))]


@define
class Warmup(Recipe):
    r"""A schedule after a ramp from ``start_lr`` up to its first rate.

    .. math:: \mathrm{lr}(t) = \begin{cases}
              \mathrm{ramp}(t), & t < W \\ s(t - W), & t \ge W \end{cases}

    The clock of the schedule starts when the ramp is over. Without steps there is no ramp.

    >>> s = Warmup(Linear(0.1, 0.0, steps=90), steps=10)
    >>> s.lr(0), s.lr(5), s.lr(10), s.lr(55), s.end
    (0.0, 0.05, 0.1, 0.05, 100.0)

    Args:
        schedule: :math:`s`.
        steps: :math:`W`, 0 or a finite number >= 1.
        start_lr: the rate at :math:`t = 0`, a finite number >= 0; > 0 for an exponential ramp.
        shape: of the ramp: ``"linear"``, ``"cosine"``, or ``"exponential"``.
    """

    schedule: Part
    steps: Phase
    start_lr: Rate = 0.0
    shape: Shape = "linear"

    def expand(self) -> Schedule:
        if self.steps == 0:
            return self.schedule
        start, top = self.start_lr, self.schedule.lr(0.0)
        if self.shape == "linear":
            ramp: Schedule = Linear(start, top, self.steps)
        elif self.shape == "cosine":
            ramp = Cosine(start, self.steps, top)
        elif start > 0 and top > 0:
            ramp = Geometric(start, top, self.steps)
        else:
            raise ValueError(
                "Warmup.start_lr and the first rate of the schedule must be > 0 for an"
                f" exponential ramp, got {start:g} and {top:g}"
            )
        return Sequential((ramp, self.schedule))
