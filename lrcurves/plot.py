"""Pictures of schedules: with matplotlib, for notebooks, and as text.

All of them draw the same points: close ones everywhere, and both sides of each seam, so that a
jump is upright and no peak falls between two points.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, overload

from ._domains import Interval, OneOf, shown
from ._seams import Seams, jet, seams
from ._svg import Point, curve, lowest, short, ticks
from .clock import Clock
from .schedule import Schedule, horizon

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    Schedules: TypeAlias = Schedule | Iterable[Schedule] | Mapping[str, Schedule]
    Trace: TypeAlias = tuple[str, list[Point], Seams]

LENGTH = Interval(0, includes_low=False, time=True)
SIZE = Interval(1, 10_000, whole=True)
UNIT = OneOf(("epochs", "percent", "samples", "tokens"))

EIGHTHS = " ▁▂▃▄▅▆▇█"

CELLS = 600
"""Into so many cells of equal length a picture is divided, with a point at each border."""

CROWD = 300
"""So many seams are looked for: more of them cannot be told apart."""

GOLDEN = (math.sqrt(5.0) - 1.0) / 2.0
"""The fractional parts of its multiples are spread evenly and follow no rhythm."""

MOST_MARKS = 60
"""A curve with more seams than this has no marks: they would hide it."""


def traced(schedule: Schedule, steps: float) -> tuple[list[Point], Seams]:
    """Return the points of a curve from 0 to ``steps``, in order, and its seams.

    >>> from lrcurves import PiecewiseConstant
    >>> points, found = traced(PiecewiseConstant((1.0, 0.5), boundaries=(0.3,)), steps=1)
    >>> [lr for t, lr in points if t == 0.3], [(seam.t, seam.kind) for seam in found]
    ([1.0, 0.5], [(0.3, 'jump')])
    """
    found = Seams([], 0.0, more=True)
    if not _is_crowded(schedule, steps):
        found = seams(schedule, steps, CROWD)
    ts = [steps * (i / CELLS) for i in range(CELLS + 1)]
    if found.more:
        # Each smooth piece that is met tells its ends: the peaks and valleys are among them. At
        # equal distances, regular waves would look like other waves.
        for i in range(1, 2 * CELLS - 1):
            piece = jet(schedule, steps * ((i + i * GOLDEN % 1.0) / 2 / CELLS))
            ts += [piece.since, math.nextafter(min(piece.until, steps), 0.0)]
    at = {seam.t for seam in found}
    points = [(t, schedule.lr(t)) for t in ts if t not in at]
    for seam in found:
        points += [(seam.t, seam.before), (seam.t, seam.after)]
    return sorted(points, key=itemgetter(0)), found


def _is_crowded(schedule: Schedule, steps: float) -> bool:
    """Return whether a curve has more pieces than a picture has columns, by a small sample.

    To look for the seams of such a curve would take long, and show nothing.
    """
    some = [jet(schedule, steps * (i * GOLDEN % 1.0)) for i in range(1, 16)]
    lengths = sorted(min(piece.until, steps) - piece.since for piece in some)
    return lengths[len(lengths) // 2] * 2 * CELLS < steps


def picture(schedule: Schedule) -> str:
    """Return the SVG picture of a schedule that notebooks show.

    It has a second, logarithmic panel if for a quarter of the time the rate is so small that a
    linear axis shows next to nothing: above 0, and at most a tenth of the peak.
    """
    points, _ = traced(schedule, horizon(schedule))
    small = 0.1 * _ends((points,), log=False)[1]
    end = min(schedule.end, points[-1][0])
    pairs = [(a, b) for a, b in pairwise(points) if b[0] <= end]
    length = sum(b[0] - a[0] for a, b in pairs if 0 < max(a[1], b[1]) <= small)
    scales = ("linear", "log") if length >= 0.25 * end else ("linear",)
    return curve(points, repr(schedule), scales)


def sparkline(schedule: Schedule, steps: float, width: int = 40, *, log: bool = False) -> str:
    """Return a schedule from 0 to ``steps`` as one line of blocks.

    >>> from lrcurves import Cosine, Linear
    >>> sparkline(Linear(0, 0.1, 25) >> Cosine(0.1, 75), steps=100, width=20)
    '▁▂▄▅▇███▇▇▆▅▄▄▃▂▂▁▁▁'

    Args:
        schedule: what to draw.
        steps: the time at the right edge, a finite number > 0.
        width: how many characters to draw; a peak between two is shown by the nearer one.
        log: whether the height of a block is the logarithm of the rate.
    """
    steps, width = _checked("sparkline", schedule, steps, width=width)
    points, _ = traced(schedule, steps)
    shares = _shares(schedule, points, width, log)
    return "".join(EIGHTHS[1 + round(7 * share)] for share in shares)


def chart(
    schedule: Schedule, steps: float, width: int = 72, height: int = 12, *, log: bool = False
) -> str:
    """Return a schedule from 0 to ``steps`` as a chart with labelled axes.

    >>> from lrcurves import Linear
    >>> print(chart(Linear(0.1, 0.0, steps=100), steps=100, width=30, height=3))
    0.1 ┤█▇▆▅▄▃▂▁
        │█████████▇▆▅▄▃▂▁
        │█████████████████▇▆▅▄▃▂▁
      0 ┼─────────────────────────
         0           50        100

    Args:
        schedule: what to draw.
        steps: the time at the right edge, a finite number > 0.
        width: how many characters to fill, labels included; the curve has at least 10, and the
            chart is wider if it must be for that.
        height: how many lines the curve takes.
        log: whether the axis of the rate is logarithmic.
    """
    steps, width, height = _checked("chart", schedule, steps, width=width, height=height)
    points, _ = traced(schedule, steps)
    low, top = _ends((points,), log)
    label = max(len(short(low)), len(short(top)))
    columns = max(width - label - 2, 10)
    shares = _shares(schedule, points, columns, log)
    lines = []
    for row in range(height, 0, -1):
        cells = (min(max(8 * (height * share - row + 1), 0), 8) for share in shares)
        text = "".join(EIGHTHS[round(cell)] for cell in cells).rstrip()
        edge = f"{short(top):>{label}} ┤" if row == height else f"{'':{label}} │"
        lines.append(edge + text)
    lines.append(f"{short(low):>{label}} ┼{'─' * columns}")
    lines.append(" " * (label + 2) + _time_axis(steps, columns))
    return "\n".join(lines)


def _checked(name: str, schedule: object, steps: float, **sizes: int) -> tuple[Any, ...]:
    """Return the numbers as they are used, if they and the schedule are what they must be."""
    if not isinstance(schedule, Schedule):
        raise TypeError(f"{name}: schedule must be a schedule, got {shown(schedule)}")
    numbers = [int(SIZE.validated(f"{name}: {field}", size)) for field, size in sizes.items()]
    return LENGTH.validated(f"{name}: steps", steps), *numbers


def _ends(curves: Iterable[Iterable[Point]], log: bool) -> tuple[float, float]:
    """Return the rates at the lower and at the upper end of the axis.

    On a logarithmic one each curve is shown as far down as if it were alone.
    """
    each = [[rate for _, rate in points if rate < math.inf] for points in curves]
    top = max(chain.from_iterable(each), default=0.0) or 1.0
    if not log:
        return 0.0, top
    low = min((lowest(rates) for rates in each if any(rates)), default=top)
    return (low if low < top else max(top / 10.0, 5e-324)), top


def _shares(
    schedule: Schedule, points: Sequence[Point], columns: int, log: bool
) -> list[float]:
    """Return how high a chart is in each column, from 0 to 1.

    A column has the rate of its own time, unless there is a peak nearby: a rate larger than
    that of the column and of its neighbours.
    """
    steps, (low, top) = points[-1][0], _ends((points,), log)
    apart = max(columns - 1, 1)
    own = [schedule.lr(steps * (i / apart)) for i in range(columns)]
    largest = list(own)
    for t, rate in points:
        i = round(apart * (t / steps)) if columns > 1 else 0
        largest[i] = max(largest[i], rate)
    rates = [
        most if most > max(own[max(i - 1, 0) : i + 2]) else rate
        for i, (rate, most) in enumerate(zip(own, largest, strict=True))
    ]
    if not log:
        return [min(rate / top, 1.0) for rate in rates]
    depth = math.log(top) - math.log(low) or 1.0
    return [
        1.0 - (math.log(top) - math.log(min(max(rate, low), top))) / depth for rate in rates
    ]


def _time_axis(steps: float, columns: int) -> str:
    """Return the labels below a chart, none upon another."""
    text = ""
    for mark in ticks(0.0, steps, about=max(columns // 12, 2)):
        label = short(mark)
        at = min(round((columns - 1) * (mark / steps)), columns - len(label))
        if at > len(text) or not text:
            text = f"{text:{at}}{label}"
    return text


@overload
def plot(
    schedules: Schedules,
    steps: float,
    log: Literal["both"],
    ax: Sequence[Axes] | None = None,
    *,
    clock: Clock | None = None,
    unit: str = "epochs",
    marks: bool = True,
) -> tuple[Axes, Axes]: ...
@overload
def plot(
    schedules: Schedules,
    steps: float,
    log: bool = False,
    ax: Axes | None = None,
    *,
    clock: Clock | None = None,
    unit: str = "epochs",
    marks: bool = True,
) -> Axes: ...
def plot(
    schedules: Schedules,
    steps: float,
    log: bool | Literal["both"] = False,
    ax: Any = None,
    *,
    clock: Clock | None = None,
    unit: str = "epochs",
    marks: bool = True,
) -> Any:
    """Draw schedules from 0 to ``steps`` with matplotlib.

    A dot marks each seam, where the curve jumps or has a corner; at a jump, the dot is on the
    rate from then on, and a ring on the rate until then.

    >>> from lrcurves import Exponential, Floor
    >>> decay = Exponential.from_final_lr(0.1, 1e-5, steps=1000)
    >>> ax = plot(decay, steps=1000, log=True)                           # a straight line
    >>> both = {"plain": decay, "floor": Floor(decay, 1e-4)}
    >>> linear, logarithmic = plot(both, steps=1000, log="both")         # side by side
    >>> [text.get_text() for text in linear.get_legend().get_texts()]
    ['plain', 'floor']

    Args:
        schedules: a schedule, some of them, or a mapping from names to schedules.
        steps: the time at the right edge, a finite number > 0.
        log: whether the axis of the rate is logarithmic; ``"both"`` for one of each.
        ax: the axes to draw into, two of them for both; new ones if not given. Limits, grid and
            title of given axes are left alone.
        clock: if given, there is a second axis of time above, in one of its units.
        unit: that unit: "epochs", "percent", "samples" or "tokens".
        marks: whether to mark the seams of each curve that has no more than a few dozens.

    Returns:
        The axes, which are two for both.

    Raises:
        ImportError: if new axes are needed and matplotlib is not installed.
        TypeError: if an argument has the wrong type.
        ValueError: if ``steps`` is not > 0, a word is unknown, there is nothing to draw, or the
            clock does not know the unit.
    """
    named = _named(schedules)
    steps = LENGTH.validated("plot: steps", steps)
    unit = UNIT.validated("plot: unit", unit)
    if not isinstance(log, bool) and log != "both":
        raise ValueError(f"plot: log must be True, False or 'both', got {shown(log)}")
    if clock is not None and not isinstance(clock, Clock):
        raise TypeError(f"plot: clock must be a Clock, got {shown(clock)}")
    each = 0.0 if clock is None else getattr(clock, unit)(1)
    scales = (False, True) if log == "both" else (log,)
    axes = _new_axes(len(scales)) if ax is None else _given_axes(ax, len(scales))
    traces = [(name, *traced(schedule, steps)) for name, schedule in named]
    for one, scale in zip(axes, scales, strict=True):
        if scale:
            one.set_yscale("log")
        if ax is None:
            _frame(one, [points for _, points, _ in traces], steps, scale)
        _draw(one, traces, marks)
        if clock is not None:
            above = one.secondary_xaxis(
                "top", functions=(lambda t: t * each, lambda x: x / each)
            )
            above.set_xlabel(unit)
    if len(traces) > 1 or isinstance(schedules, Mapping):
        axes[0].legend(fontsize="small")
    elif ax is None:
        title = axes[0].figure.suptitle if log == "both" else axes[0].set_title
        title(traces[0][0], fontsize="medium")
    return tuple(axes) if log == "both" else axes[0]


def _named(schedules: Any) -> list[tuple[str, Schedule]]:
    """Return the schedules with their names."""
    if isinstance(schedules, Schedule):
        schedules = (schedules,)
    rule = "a schedule, a sequence of them, or a mapping from names to schedules"
    if isinstance(schedules, str) or not isinstance(schedules, Iterable):
        raise TypeError(f"plot: schedules must be {rule}, got {shown(schedules)}")
    if isinstance(schedules, Mapping):
        found = [(str(name), schedule) for name, schedule in schedules.items()]
    else:
        found = [(shown(schedule, 72), schedule) for schedule in schedules]
    for _, schedule in found:
        if not isinstance(schedule, Schedule):
            raise TypeError(f"plot: schedules must be {rule}, got {shown(schedule)} among them")
    if not found:
        raise ValueError(f"plot: schedules must be {rule}, got none")
    return found


def _new_axes(count: int) -> list[Any]:
    try:
        from matplotlib import pyplot
    except ImportError as error:
        msg = 'plot needs matplotlib: pip install "lrcurves[plot]"'
        raise ImportError(msg) from error
    figure = pyplot.figure(figsize=(5.4 * count + 1.0, 4.0), layout="constrained")
    return list(figure.subplots(1, count, squeeze=False)[0])


def _given_axes(ax: Any, count: int) -> list[Any]:
    axes = list(ax) if isinstance(ax, Iterable) else [ax]
    if len(axes) != count or not all(hasattr(one, "secondary_xaxis") for one in axes):
        rule = "two matplotlib axes if log is 'both'" if count == 2 else "matplotlib axes"
        raise TypeError(f"plot: ax must be {rule}, got {shown(ax)}")
    return axes


def _draw(ax: Any, traces: Iterable[Trace], marks: bool) -> None:
    """Draw the curves and mark their seams."""
    for name, points, found in traces:
        rates = [rate if rate < math.inf else math.nan for _, rate in points]
        (line,) = ax.plot([t for t, _ in points], rates, label=name)
        if marks and not found.more and len(found) <= MOST_MARKS:
            style = {"linestyle": "", "markersize": 4, "color": line.get_color()}
            rings = [(seam.t, seam.before) for seam in found if seam.kind == "jump"]
            dots = [(seam.t, seam.after) for seam in found]
            for spots, filled in ((rings, "none"), (dots, "full")):
                ts, rates = [t for t, _ in spots], [rate for _, rate in spots]
                ax.plot(ts, rates, marker="o", fillstyle=filled, **style)
    ax.set_xlabel(ax.get_xlabel() or "t")
    ax.set_ylabel(ax.get_ylabel() or "lr")


def _frame(ax: Any, curves: Iterable[Iterable[Point]], steps: float, log: bool) -> None:
    """Give new axes a grid, and limits that show the whole of each curve."""
    low, top = _ends(curves, log)
    if log:
        room = (math.log10(top) - math.log10(low)) * 0.05
        # matplotlib puts its ticks on a log axis up to two strides beyond what it shows.
        most = 1e200 if room > 5.0 else 1e307
        ax.set_ylim(max(low / 10.0**room, 1e-320), min(top * 10.0**room, most))
    else:
        ax.set_ylim(-0.02 * top, min(top * 1.05, 1e307))
    ax.set_xlim(0.0, steps)
    ax.grid(alpha=0.3)
