"""Numbers to the text of an SVG picture; knows no schedule.

The picture has no background and draws its text in the colour of the text around it, so that it
reads on light and on dark pages. Shown as a file or an image of its own it has no text around
it: then, and only then, its style rule applies, and the text is of a grey that reads on both.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from html import escape
from itertools import groupby
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

WIDTH, HEIGHT = 640, 270
LEFT, RIGHT, TOP, BOTTOM = 60, 16, 48, 40

ALONE = "svg:root{color:#808080}"
"""In an HTML page the root is not an SVG element, and the page decides."""

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``.

    >>> ticks(0, 1000), ticks(0, 0.07)
    ([0, 200, 400, 600, 800, 1000], [0.0, 0.02, 0.04, 0.06])
    """
    span = high - low
    if not 1e-320 < span / about < math.inf:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(span / about))
    step = next(m for m in (1, 2, 5, 10) if m * magnitude * about >= span * 0.99) * magnitude
    first, last = math.ceil(low / step), math.floor(high / step * (1 + 1e-9))
    numbers = [float(f"{i * step:.6g}") for i in range(first, last + 1)]
    return [int(x) for x in numbers] if step >= 1 else numbers


def log_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``, both > 0, for a logarithmic axis.

    >>> log_ticks(1e-5, 0.2), log_ticks(1e-12, 1), log_ticks(0.02, 0.1)
    ([1e-05, 0.0001, 0.001, 0.01, 0.1], [1e-12, 1e-09, 1e-06, 0.001, 1.0], [0.02, 0.05, 0.1])
    """
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    stride = math.ceil((last - first) / about) or 1
    tens = [float(f"1e{k}") for k in range(first, last + 1) if k % stride == 0]
    finer = [float(f"{m}e{k}") for k in range(first, last + 1) for m in (1, 2, 5)]
    for marks in (tens, finer):
        within = [x for x in marks if low <= x <= high]
        if len(within) > 1:
            return within
    return ticks(low, high, about)


def short(x: float) -> str:
    """Return a number as a label: 0.1, 2e-05, 10k, 3M.

    >>> [short(x) for x in (0, 0.1, 2e-5, 10000, 3e6, 2.5e9)]
    ['0', '0.1', '2e-05', '10k', '3M', '2.5G']
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size <= x < 1e12:
            return f"{x / (1e3 if letter == 'k' else size):.4g}{letter}"
    return f"{x:.4g}"


def lowest(values: Iterable[float]) -> float:
    """Return where a logarithmic axis begins: the smallest finite value > 0, or 1 if none is.

    If some values are 0, then those on the way to 0 are as small as one cares to look: the
    smallest fiftieth is left out, and the curve leaves the picture through its lower edge.

    >>> lowest([0.1, 0.01, 0.001]), lowest([0.0, 1e-20, *[0.1] * 50])
    (0.001, 0.1)
    """
    finite = sorted(v for v in values if v < math.inf)
    positive = [v for v in finite if v > 0]
    if not positive:
        return 1.0
    return positive[0 if len(positive) == len(finite) else len(positive) // 50]


def curve(points: Iterable[Point], title: str, scales: Sequence[str] = ("linear",)) -> str:
    """Return a picture of a curve with labelled axes.

    Args:
        points: times from 0 on, in order, each with a value >= 0; two points of one time are a
            jump. What is infinite runs out of the picture, and NaN is left out.
        title: text above the curve, cut to fit.
        scales: "linear" or "log", one for each panel.
    """
    drawn = [point for point in points if not math.isnan(point[1])]
    title = NOT_XML.sub("\ufffd", title)
    width = WIDTH // len(scales)
    panels = (
        _panel(drawn, i * width, width - LEFT - RIGHT, scale) for i, scale in enumerate(scales)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12"'
        f' fill="currentColor" role="img"><title>{escape(_cut(title, 400))}</title>'
        f'<style>{ALONE}</style><text x="{LEFT}" y="18">{escape(_cut(title, 84))}</text>'
        f"{''.join(panels)}</svg>"
    )


def _panel(points: Sequence[Point], start: int, width: int, scale: str) -> str:
    """Return one pair of axes and the curve between them."""
    left, right = start + LEFT, start + LEFT + width
    bottom, height = HEIGHT - BOTTOM, HEIGHT - BOTTOM - TOP
    until = max((t for t, _ in points), default=0.0) or 1.0
    values = [v for _, v in points if v < math.inf]
    share, marks = _log_axis(values) if scale == "log" else _linear_axis(values)

    def pixel(point: Point) -> Point:
        t, v = point
        return round(width * (t / until), 1), round(height * (1.0 - share(v)), 1)

    parts = []
    for v in marks:
        y = bottom - height * share(v)
        parts.append(
            f'<path d="M{left} {y:.1f}H{right}" stroke="currentColor" stroke-opacity="0.15"/>'
            f'<text x="{left - 8}" y="{y + 4:.1f}" text-anchor="end">{short(v)}</text>'
        )
    for t in ticks(0.0, until, about=width // 70):
        x = left + width * (t / until)
        parts.append(
            f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="currentColor" stroke-opacity="0.15"/>'
            f'<text x="{x:.1f}" y="{bottom + 16}" text-anchor="middle">{short(t)}</text>'
        )
    label = "lr (log scale)" if scale == "log" else "lr"
    path = " ".join(f"{x:g},{y:g}" for x, y in _thinned(map(pixel, points)))
    # The inner picture clips, with room for half the width of the line on each side.
    parts.append(
        f'<text x="{(left + right) // 2}" y="{HEIGHT - 6}" text-anchor="middle">t</text>'
        f'<text x="{left}" y="{TOP - 6}">{label}</text>'
        f'<svg x="{left - 1}" y="{TOP - 1}" width="{width + 2}" height="{height + 2}"'
        f' viewBox="-1 -1 {width + 2} {height + 2}"><polyline points="{path}" fill="none"'
        ' stroke="#3b82f6" stroke-width="2" stroke-linejoin="round"/></svg>'
    )
    return "".join(parts)


def _linear_axis(values: Sequence[float]) -> tuple[Callable[[float], float], list[float]]:
    """Return the map from values to shares of the height, and where the marks are."""
    peak = max(values, default=0.0) or 1.0
    top = peak * 1.05 if peak < 1e308 else peak
    return lambda v: min(v / top, 1.2), ticks(0.0, top)


def _log_axis(values: Sequence[float]) -> tuple[Callable[[float], float], list[float]]:
    """Return the same for a logarithmic axis; 0 lies below it."""
    low, high = (math.log10(v) for v in (lowest(values), max(values, default=0.0) or 1.0))
    room = (high - low) * 0.05 or 0.5
    low, high = max(low - room, -323.0), min(high + room, 308.0)

    def share(v: float) -> float:
        above = math.log10(v) - low if v > 0 else -math.inf
        return min(max(above / (high - low), -0.2), 1.2)

    return share, log_ticks(10.0**low, 10.0**high, about=6)


def _thinned(points: Iterable[Point]) -> list[Point]:
    """Return what is left of a line when nothing is drawn that cannot be seen.

    Of the points in one column of pixels that is the first, the last, and where they are
    highest and lowest; of those on one straight line, the ends.
    """
    kept: list[Point] = []
    for _, column in groupby(points, key=lambda point: math.floor(point[0])):
        found = list(column)
        ys = [y for _, y in found]
        at = {0, len(ys) - 1}
        for extreme in (min(ys), max(ys)):
            at |= {ys.index(extreme), len(ys) - 1 - ys[::-1].index(extreme)}
        for point in (found[i] for i in sorted(at)):
            if len(kept) > 1 and _straight(kept[-2], kept[-1], point):
                kept[-1] = point
            else:
                kept.append(point)
    return kept


def _straight(a: Point, b: Point, c: Point) -> bool:
    """Return whether the way from ``a`` over ``b`` to ``c`` is the straight one."""
    (ax, ay), (bx, by), (cx, cy) = a, b, c
    turn = (bx - ax) * (cy - by) - (by - ay) * (cx - bx)
    return abs(turn) < 1e-9 and (by - ay) * (cy - by) >= 0


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
