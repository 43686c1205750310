"""Pictures, as text and as SVG."""

from __future__ import annotations

import math
import xml.etree.ElementTree as ET

import pytest
from catalogue import EXAMPLES

from lrcurves import Constant, Cosine, Exponential, Linear, PowerLaw, Schedule, StepDecay
from lrcurves._svg import curve, short, ticks
from lrcurves.plot import chart, sparkline
from lrcurves.schedule import horizon

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


@every_example
def test_a_picture_is_well_formed_and_within_its_frame(s: Schedule) -> None:
    root = ET.fromstring(s._repr_svg_())
    (line,) = root.findall("{http://www.w3.org/2000/svg}polyline")
    points = [tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()]

    assert len(points) == 601
    assert all(64 <= x <= 624 and 34 <= y <= 220 for x, y in points)


def test_a_picture_leaves_out_what_is_infinite() -> None:
    assert "inf" not in curve([0.0, 1.0, 2.0], [1.0, math.inf, 2.0], "t")
    assert "polyline" in curve([0.0, 1.0], [math.inf, math.inf], "t")


def test_a_long_title_is_cut_and_escaped() -> None:
    root = ET.fromstring(curve([0.0, 1.0], [0.0, 1.0], "<" * 200))

    title = root.find("{http://www.w3.org/2000/svg}text")
    assert title is not None
    assert title.text == "<" * 77 + "…"


@pytest.mark.parametrize(
    ("schedule", "until"),
    [
        (Cosine(0.1, 1000), 1100),
        (Constant(0.1), 400),
        (StepDecay(0.1, 0.5, 30), 152),
        (Exponential(0.1, 0.9), 38),
        (Exponential(0.1, 2.0), 5.1),
        (Linear(0, 0.1, 5) >> Exponential(0.1, 0.999), 3300),
        (Cosine(0.1, 1e289), 1.1e289),
        (PowerLaw(0.1, alpha=0.5, timescale=10), 4379),
    ],
)
def test_a_picture_shows_what_is_characteristic(schedule: Schedule, until: float) -> None:
    assert horizon(schedule) == pytest.approx(until, rel=0.05)


def test_a_constant_that_is_over_at_once_has_a_picture() -> None:
    from lrcurves import Until

    assert horizon(Until(Constant(1), 0)) == 1.0


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 10_000, [0, 2000, 4000, 6000, 8000, 10_000]),
        (3, 3, [3]),
        (0, 1e-7, [0, 2e-8, 4e-8, 6e-8, 8e-8, 1e-7]),
    ],
)
def test_ticks_are_round(low: float, high: float, marks: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(marks)


def test_labels_are_short() -> None:
    labels = [short(x) for x in (0, 0.05, 1e-9, 9000, 12_500, 1.5e6, 7e9, 3e15)]

    assert labels == ["0", "0.05", "1e-09", "9000", "12.5k", "1.5M", "7G", "3e+15"]


@every_example
@pytest.mark.parametrize("width", [1, 20, 80])
def test_text_fits_its_width(s: Schedule, width: int) -> None:
    assert len(sparkline(s, 100, width)) == width
    lines = chart(s, 100, width, height=5).splitlines()
    assert len(lines) == 7
    assert max(map(len, lines)) <= max(width, 20) + 4


def test_what_cannot_be_drawn_is_refused() -> None:
    with pytest.raises(TypeError, match="schedule must be a schedule, got 3"):
        chart(3, 10)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="steps must be a finite number > 0, got 0"):
        sparkline(Constant(1), 0)


def test_a_chart_of_growth_beyond_all_bounds_is_drawn() -> None:
    assert "█" in chart(Exponential(0.1, 10.0), steps=1000, width=40)


def test_a_chart_has_its_peak_on_the_axis() -> None:
    text = chart(Linear(0, 0.1, 50) >> Linear(0.1, 0, 50), steps=100, width=60)

    assert text.startswith("0.1 ┤")
    assert text.splitlines()[-1].split() == ["0", "50", "100"]
