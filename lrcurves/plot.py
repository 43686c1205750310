"""Curves as text: one line, or a chart for the terminal."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ._domains import Interval, shown
from ._svg import short, ticks
from .schedule import Schedule

EIGHTHS = " ▁▂▃▄▅▆▇█"


def sparkline(schedule: Schedule, steps: float, width: int = 40) -> str:
    """Return a schedule from 0 to ``steps`` as one line of blocks.

    >>> from lrcurves import Cosine, Linear
    >>> sparkline(Linear(0, 0.1, 25) >> Cosine(0.1, 75), steps=100, width=20)
    '▁▂▄▅▇███▇▇▆▅▄▄▃▂▂▁▁▁'

    Args:
        schedule: what to draw.
        steps: the time at the right edge, a finite number > 0.
        width: how many characters to draw.
    """
    rates = _sampled(schedule, steps, width)
    top = _top(rates)
    return "".join(EIGHTHS[1 + round(7 * min(rate / top, 1.0))] for rate in rates)


def chart(schedule: Schedule, steps: float, width: int = 72, height: int = 12) -> str:
    """Return a schedule from 0 to ``steps`` as a chart with labelled axes.

    >>> from lrcurves import Linear
    >>> print(chart(Linear(0.1, 0.0, steps=100), steps=100, width=30, height=3))
    0.1 ┤█▇▆▅▄▃▂▁
        │█████████▇▆▅▄▃▂▁
        │█████████████████▇▆▅▄▃▂▁
      0 ┼─────────────────────────
         0           50          100

    Args:
        schedule: what to draw.
        steps: the time at the right edge, a finite number > 0.
        width: how many characters to fill, labels included.
        height: how many lines the curve takes.
    """
    top = _top(_sampled(schedule, steps, 1001))
    label = len(short(top))
    columns = max(width - label - 2, 10)
    rates = _sampled(schedule, steps, columns)
    lines = []
    for row in range(height, 0, -1):
        cells = (min(max(8 * (height * (rate / top) - row + 1), 0), 8) for rate in rates)
        text = "".join(EIGHTHS[round(cell)] for cell in cells).rstrip()
        edge = f"{short(top)} ┤" if row == height else f"{'':{label}} │"
        lines.append(edge + text)
    lines.append(f"{0:>{label}} ┼{'─' * columns}")
    axis = [" "] * (columns + 12)
    for mark in ticks(0.0, steps, about=4):
        at = round((columns - 1) * mark / steps)
        axis[at : at + len(short(mark))] = short(mark)
    lines.append(" " * (label + 2) + "".join(axis).rstrip())
    return "\n".join(lines)


def _sampled(schedule: Schedule, steps: float, count: int) -> list[float]:
    """Return the rates at equal distances from 0 to ``steps``."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"schedule must be a schedule, got {shown(schedule)}")
    steps = Interval(0, includes_low=False, time=True).validated("steps", steps)
    return [schedule.lr(steps * i / max(count - 1, 1)) for i in range(count)]


def _top(rates: Sequence[float]) -> float:
    """Return the largest finite rate, or 1 if there is none above 0."""
    return max((rate for rate in rates if rate < math.inf), default=0.0) or 1.0
