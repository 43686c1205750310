"""Numbers to the text of an SVG picture; knows no schedule.

The picture has no background and draws its text in the colour of the text around it, so that it
reads on light and on dark pages.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

WIDTH, HEIGHT = 640, 260
LEFT, RIGHT, TOP, BOTTOM = 64, 16, 34, 40


def ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Return round numbers from ``low`` to ``high``.

    >>> ticks(0, 1000), ticks(0, 0.07)
    ([0, 200, 400, 600, 800, 1000], [0.0, 0.02, 0.04, 0.06])
    """
    span = high - low
    if not 0 < span / about < math.inf:
        return [low]
    magnitude = 10.0 ** math.floor(math.log10(span / about))
    step = next(m for m in (1, 2, 5, 10) if m * magnitude * about >= span * 0.99) * magnitude
    first, last = math.ceil(low / step), math.floor(high / step * (1 + 1e-9))
    numbers = [float(f"{i * step:.6g}") for i in range(first, last + 1)]
    return [int(x) for x in numbers] if step >= 1 else numbers


def short(x: float) -> str:
    """Return a number as a label: 0.1, 2e-05, 10k, 3M.

    >>> [short(x) for x in (0, 0.1, 2e-5, 10000, 3e6, 2.5e9)]
    ['0', '0.1', '2e-05', '10k', '3M', '2.5G']
    """
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if size <= x < 1e12:
            return f"{x / (1e3 if letter == 'k' else size):.4g}{letter}"
    return f"{x:.4g}"


def curve(ts: Sequence[float], values: Sequence[float], title: str) -> str:
    """Return a picture of a curve with labelled axes.

    Args:
        ts: times, increasing.
        values: a finite value >= 0 at each of them; others are left out.
        title: text above the curve, cut to fit.
    """
    points = [(t, v) for t, v in zip(ts, values, strict=True) if math.isfinite(v)]
    top = max((v for _, v in points), default=0.0) * 1.05 or 1.0
    until = ts[-1]

    def x(t: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (t / until)

    def y(v: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (v / top)

    path = " ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in points)
    title = title if len(title) <= 78 else title[:77] + "…"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' width="{WIDTH}" height="{HEIGHT}" font-family="sans-serif" font-size="12"'
        f' fill="currentColor" role="img"><title>{escape(title)}</title>',
        f'<text x="{LEFT}" y="20">{escape(title)}</text>',
    ]
    for v in ticks(0.0, top):
        parts.append(
            f'<path d="M{LEFT} {y(v):.1f}H{WIDTH - RIGHT}" stroke="currentColor"'
            f' stroke-opacity="0.15"/><text x="{LEFT - 8}" y="{y(v) + 4:.1f}"'
            f' text-anchor="end">{short(v)}</text>'
        )
    for t in ticks(0.0, until, about=8):
        parts.append(
            f'<path d="M{x(t):.1f} {TOP}V{HEIGHT - BOTTOM}" stroke="currentColor"'
            f' stroke-opacity="0.15"/><text x="{x(t):.1f}" y="{HEIGHT - BOTTOM + 16}"'
            f' text-anchor="middle">{short(t)}</text>'
        )
    parts.append(
        f'<polyline points="{path}" fill="none" stroke="#3b82f6" stroke-width="2"'
        ' stroke-linejoin="round"/>'
        f'<text x="{(LEFT + WIDTH - RIGHT) / 2:.0f}" y="{HEIGHT - 6}"'
        ' text-anchor="middle">t</text>'
        f'<text x="14" y="{(TOP + HEIGHT - BOTTOM) / 2:.0f}" text-anchor="middle"'
        f' transform="rotate(-90 14 {(TOP + HEIGHT - BOTTOM) / 2:.0f})">lr</text></svg>'
    )
    return "".join(parts)
