"""Pictures: SVG for notebooks, matplotlib, and text for terminals."""

from __future__ import annotations

import math
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator

import matplotlib as mpl
import pytest
from catalogue import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import schedules

from lrcurves import (
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Geometric,
    Interpolated,
    Linear,
    MultiStep,
    OneCycle,
    PiecewiseConstant,
    PowerLaw,
    Schedule,
    Sequential,
    StepDecay,
    Until,
    WarmupCosine,
    WarmupExponential,
)
from lrcurves._seams import Seams, seams
from lrcurves._svg import curve, log_ticks, lowest, short, ticks
from lrcurves.clock import Clock
from lrcurves.plot import CROWD, MOST_MARKS, chart, picture, plot, sparkline, traced
from lrcurves.schedule import horizon

mpl.use("Agg")
from matplotlib import pyplot

SVG = "{http://www.w3.org/2000/svg}"

every_example = pytest.mark.parametrize("s", EXAMPLES.values(), ids=EXAMPLES)


def panels(text: str) -> list[tuple[ET.Element, list[tuple[float, float]]]]:
    """Return the inner picture of each panel and the points of its curve."""
    found = []
    for panel in ET.fromstring(text).iterfind(f"{SVG}svg"):
        (line,) = panel.iterfind(f"{SVG}polyline")
        pairs = [pair.split(",") for pair in line.attrib["points"].split()]
        found.append((panel, [(float(x), float(y)) for x, y in pairs]))
    return found


def size(panel: ET.Element) -> tuple[float, float]:
    """Return width and height of the frame, which the inner picture exceeds by a margin."""
    return float(panel.attrib["width"]) - 2, float(panel.attrib["height"]) - 2


@pytest.fixture(autouse=True)
def _figures_are_closed() -> Iterator[None]:
    yield
    pyplot.close("all")


# Notebooks


@every_example
def test_a_picture_is_well_formed_small_and_within_its_frame(s: Schedule) -> None:
    text = s._repr_svg_()

    assert len(text.encode()) < 40_000
    for panel, points in panels(text):
        width, height = size(panel)
        assert points[0][0] == 0
        assert points[-1][0] == width
        assert all(0 <= x <= width for x, _ in points)
        # What is infinite, or 0 on a logarithmic axis, leaves the frame, which clips it.
        assert all(-0.2 * height - 0.1 <= y <= 1.2 * height + 0.1 for _, y in points)


@given(schedules())
@settings(max_examples=60, deadline=None)
def test_any_schedule_has_a_picture_of_finite_numbers(s: Schedule) -> None:
    text = s._repr_svg_()

    assert len(text.encode()) < 40_000
    for _, points in panels(text):
        assert all(math.isfinite(x) and math.isfinite(y) for x, y in points)


@pytest.mark.parametrize(
    "s",
    [
        Constant(0),
        Constant(1e-300),
        Constant(5e-324),
        Constant(1.7e308),
        Cosine(1e300, 10),
        Linear(1e-320, 0.0, 10),
        Until(Exponential(0.1, 10.0), 2000),
        Until(Exponential(0.1, 0.5), 5000),
        Until(Constant(1), 0),
        Cosine(0.1, 1e289),
        Cosine(0.1, 1e-280),
    ],
    ids=repr,
)
def test_the_ends_of_the_floats_have_a_picture(s: Schedule) -> None:
    for panel, points in panels(s._repr_svg_()):
        assert points[-1][0] == size(panel)[0]
        assert "inf" not in repr(points)
        assert "nan" not in repr(points)


def test_a_drop_is_upright_and_at_its_place() -> None:
    ((panel, points),) = panels(Until(PiecewiseConstant((0.2, 0.1), (30,)), 100)._repr_svg_())
    width, height = size(panel)
    x, high, low = (round(v, 1) for v in (width * 30 / 110, height / 21, height * 11 / 21))

    assert points == [(0, high), (x, high), (x, low), (width, low)]


def test_a_peak_is_not_missed_however_narrow_it_is() -> None:
    s = Linear(0.1, 0.1, 5e6) >> Linear(0.1, 1, 1) >> Linear(1, 0.1, 1) >> Constant(0.1)
    points, found = traced(s, 1e7)

    assert max(rate for _, rate in points) == 1
    assert [seam.t for seam in found] == [5e6, 5e6 + 1, 5e6 + 2]


def test_more_waves_than_pixels_fill_the_space_between_valleys_and_peaks() -> None:
    s = Until(Cyclic(0.01, 0.1, up=5), 1e6)
    ((panel, points),) = panels(s._repr_svg_())
    height = size(panel)[1]
    peak, valley = round(height / 21, 1), round(height - height / 10.5, 1)
    for column in range(5, 500, 5):
        ys = [y for x, y in points if column <= x < column + 2]
        assert (min(ys), max(ys)) == (peak, valley)


def test_the_points_of_a_curve_are_in_order_and_on_it() -> None:
    s = StepDecay(0.1, 0.99, 7)
    points, found = traced(s, 7 * (CROWD + 50))

    assert found.more
    assert [t for t, _ in points] == sorted(t for t, _ in points)
    before = {seam.t: seam.before for seam in found}
    assert all(rate in (s.lr(t), before.get(t)) for t, rate in points)


def test_the_seams_of_a_crowd_are_not_searched_for(monkeypatch: pytest.MonkeyPatch) -> None:
    searched: list[float] = []

    def searching(schedule: Schedule, steps: float, limit: int) -> Seams:
        searched.append(steps)
        return seams(schedule, steps, limit)

    monkeypatch.setattr("lrcurves.plot.seams", searching)
    for steps in (100, 1000, 2e4, 1e6):
        points, found = traced(StepDecay(0.1, 0.999, 10), steps)
        assert (points[0], points[-1][0]) == ((0, 0.1), steps)
        assert found.more == (steps > 10 * CROWD)
    assert searched == [100, 1000]


def test_an_exponential_is_a_straight_line_on_the_logarithmic_panel() -> None:
    linear, logarithmic = panels(Geometric(0.1, 1e-5, 1000)._repr_svg_())
    line = logarithmic[1]

    assert len(linear[1]) > 50
    (x0, y0), (x1, y1) = line[0], line[-2]  # from there on the last rate is held
    assert x1 == pytest.approx(size(logarithmic[0])[0] / 1.1, abs=0.1)
    for x, y in line[:-1]:
        assert y == pytest.approx(y0 + (y1 - y0) * (x - x0) / (x1 - x0), abs=0.11)


@pytest.mark.parametrize(
    ("s", "count"),
    [
        (Cosine(0.1, 1000), 1),
        (Linear(0.1, 0, 1000), 1),
        (WarmupCosine(0.1, 1000, 100), 1),
        (OneCycle(0.1, 1000), 1),
        (CosineRestarts(0.1, 100), 1),
        (Constant(0.1), 1),
        (Constant(0), 1),
        (Cyclic(0.01, 0.1, 10), 1),
        (Exponential(0.1, 0.99), 2),
        (Geometric(1e-7, 10, 100), 2),
        (MultiStep(0.1, 0.1, (30, 60, 90)), 2),
        (StepDecay(0.1, 0.1, 30), 2),
    ],
    ids=repr,
)
def test_a_logarithmic_panel_is_there_where_it_shows_more(s: Schedule, count: int) -> None:
    assert len(panels(picture(s))) == count


def test_the_text_of_a_picture_has_the_colour_of_the_page() -> None:
    root = ET.fromstring(Cosine(0.1, 10)._repr_svg_())

    assert root.attrib["fill"] == "currentColor"
    assert root.find(f"{SVG}rect") is None
    # Only where the picture is no part of a page is it the root.
    assert root.findtext(f"{SVG}style") == "svg:root{color:#808080}"


def test_axes_are_labelled() -> None:
    labels = [text.text for text in ET.fromstring(Geometric(0.1, 1e-3, 100)._repr_svg_())]

    assert {"t", "lr", "lr (log scale)", "0.1", "0.01", "0.001", "50"} <= set(labels)


def test_no_two_labels_of_one_axis_overlap() -> None:
    for s in EXAMPLES.values():
        ends = dict.fromkeys(range(300), -1.0)
        for text in ET.fromstring(s._repr_svg_()).iterfind(f"{SVG}text"):
            if text.attrib.get("text-anchor") == "middle" and text.text != "t":
                row, x, half = round(float(text.attrib["y"])), float(text.attrib["x"]), 3.5
                assert x - half * len(text.text or "") > ends[row]
                ends[row] = x + half * len(text.text or "")


def test_a_long_title_is_cut_and_any_title_is_valid() -> None:
    root = ET.fromstring(curve([(0.0, 0.0), (1.0, 1.0)], "<&\x00\ud800" * 200))

    assert root.findtext(f"{SVG}text") == "<&\ufffd\ufffd" * 20 + "<&\ufffd…"
    assert len(root.findtext(f"{SVG}title") or "") == 400


def test_a_picture_of_many_parts_is_small() -> None:
    parts = [Linear(0.1 * (i % 3), 0.1 * ((i + 1) % 3), 7) for i in range(2000)]

    assert len(Sequential(tuple(parts))._repr_svg_()) < 40_000


def test_what_is_infinite_leaves_a_picture_through_its_upper_edge() -> None:
    text = curve([(0.0, 1.0), (1.0, math.inf), (2.0, math.nan), (3.0, 2.0)], "t")
    ((panel, points),) = panels(text)

    assert [x for x, _ in points] == [0.0, round(size(panel)[0] / 3, 1), size(panel)[0]]
    assert points[1][1] < 0
    ((_, points),) = panels(curve([(0.0, math.inf), (1.0, math.inf)], "t"))
    assert all(y < 0 for _, y in points)


def test_nothing_at_all_has_a_picture() -> None:
    ((_, points),) = panels(curve([], "t", ("log",)))

    assert points == []


def test_zero_leaves_a_logarithmic_panel_through_its_lower_edge() -> None:
    ((panel, points),) = panels(curve([(0.0, 1.0), (1.0, 0.1), (2.0, 0.0)], "t", ("log",)))

    assert points[-1][1] > size(panel)[1]
    assert all(0 < y < size(panel)[1] for _, y in points[:-1])


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
    assert horizon(Until(Constant(1), 0)) == 1.0


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0, 10_000, [0, 2000, 4000, 6000, 8000, 10_000]),
        (3, 3, [3]),
        (0, 1e-7, [0, 2e-8, 4e-8, 6e-8, 8e-8, 1e-7]),
        (0, 2e-323, [0]),
    ],
)
def test_ticks_are_round(low: float, high: float, marks: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(marks)


@pytest.mark.parametrize(
    ("low", "high", "marks"),
    [
        (0.01, 1, [0.01, 0.1, 1]),
        (1e-300, 1e300, [1e-240, 1e-120, 1, 1e120, 1e240]),
        (0.015, 0.3, [0.02, 0.05, 0.1, 0.2]),
        (0.3, 0.4, [0.3, 0.32, 0.34, 0.36, 0.38, 0.4]),
        (0.1, 0.1, [0.1]),
        (5e-324, 1e-322, [1e-323, 1e-322]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_round(
    low: float, high: float, marks: list[float]
) -> None:
    assert log_ticks(low, high) == marks


@given(st.floats(1e-300, 1e300), st.floats(1.0, 1e300))
def test_ticks_of_a_logarithmic_axis_are_few_and_on_it(low: float, ratio: float) -> None:
    high = min(low * ratio, 1e300)
    marks = log_ticks(low, high)

    assert 1 <= len(marks) <= 9
    assert all(low * (1 - 1e-6) <= x <= high * (1 + 1e-6) for x in marks)


def test_labels_are_short() -> None:
    labels = [short(x) for x in (0, 0.05, 1e-9, 9000, 12_500, 1.5e6, 7e9, 3e15)]

    assert labels == ["0", "0.05", "1e-09", "9000", "12.5k", "1.5M", "7G", "3e+15"]


def test_a_logarithmic_axis_begins_where_the_curve_is_seen() -> None:
    assert lowest([]) == lowest([0.0, math.inf]) == 1.0
    assert lowest([1.0, 1e-20, math.inf]) == 1e-20
    assert lowest([0.0] + [10.0**-k for k in range(100)]) == 1e-97


# Text


@every_example
@pytest.mark.parametrize("log", [False, True])
@pytest.mark.parametrize("width", [1, 20, 80])
def test_text_fits_its_width(s: Schedule, width: int, log: bool) -> None:
    assert len(sparkline(s, 100, width, log=log)) == width
    lines = chart(s, 100, width, height=5, log=log).splitlines()
    assert len(lines) == 7
    label = lines[0].index("┤") + 1
    assert max(map(len, lines)) <= max(width, label + 10)
    assert lines[5].count("─") == max(width - label, 10)


def test_what_cannot_be_drawn_as_text_is_refused() -> None:
    with pytest.raises(TypeError, match=r"^chart: schedule must be a schedule, got 3$"):
        chart(3, 10)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"^sparkline: steps must be a finite number > 0, got 0$"
    ):
        sparkline(Constant(1), 0)
    with pytest.raises(
        ValueError,
        match=r"^sparkline: width must be a whole number >= 1 and <= 10000, got 2\.5$",
    ):
        sparkline(Constant(1), 10, width=2.5)  # type: ignore[arg-type]
    with pytest.raises(
        ValueError, match=r"^chart: height must be a whole number >= 1 and <= 10000, got 0$"
    ):
        chart(Constant(1), 10, height=0)


@pytest.mark.parametrize("log", [False, True])
def test_a_chart_of_growth_beyond_all_bounds_is_drawn(log: bool) -> None:
    assert "█" in chart(Exponential(0.1, 10.0), steps=1000, width=40, log=log)


def test_a_chart_has_its_peak_on_the_axis() -> None:
    text = chart(Linear(0, 0.1, 50) >> Linear(0.1, 0, 50), steps=100, width=60)

    assert text.startswith("0.1 ┤")
    assert text.splitlines()[-1].split() == ["0", "50", "100"]


def test_a_peak_between_two_characters_is_shown_by_the_nearer_one() -> None:
    s = Interpolated((0, 27, 28, 29, 100), (0.0, 0.0, 0.1, 0.0, 0.0))

    assert sparkline(s, 100, 11) == "▁▁▁█▁▁▁▁▁▁▁"
    assert sparkline(s, 100, 1) == "█"


def test_a_chart_shows_the_rate_at_the_time_of_each_column() -> None:
    lines = chart(Linear(0, 1, 10), 10, width=14, height=10).splitlines()

    assert [line[3:] for line in lines[:10]] == [
        f"{'':{k}}█{'█' * (10 - k)}" for k in range(10, 0, -1)
    ]


def test_an_exponential_is_a_straight_line_on_a_logarithmic_chart() -> None:
    text = chart(Geometric(1, 1e-9, 9), 9, width=17, height=9, log=True)

    bars = [line.split("┤")[-1].split("│")[-1] for line in text.splitlines()[:9]]
    assert text.splitlines()[0].startswith("    1 ┤")
    assert text.splitlines()[9].startswith("1e-09 ┼")
    assert bars == ["█" * k for k in range(1, 10)]


def test_a_constant_has_a_decade_below_it_on_a_logarithmic_chart() -> None:
    lines = chart(Constant(0.5), 10, width=20, height=1, log=True).splitlines()

    assert lines[:2] == [" 0.5 ┤" + "█" * 14, "0.05 ┼" + "─" * 14]
    assert sparkline(Constant(0), 10, 5, log=True) == "▁▁▁▁▁"
    assert sparkline(Constant(5e-324), 10, 5, log=True) == "█████"


@pytest.mark.parametrize("width", range(12, 60))
def test_labels_of_time_are_apart(width: int) -> None:
    for steps, known in (
        (1e7, {"0", "2M", "4M", "5M", "6M", "8M", "10M"}),
        (1e289, {"0", *(f"{k}e+288" for k in (2, 4, 5, 6, 8)), "1e+289"}),
    ):
        labels = chart(Constant(0.1), steps, width, height=1).splitlines()[-1].split()
        assert labels[0] == "0"
        assert set(labels) <= known


# matplotlib


def lines(ax: object) -> list[list[tuple[float, float]]]:
    """Return the points of each curve, without the marks."""
    return [
        list(zip(line.get_xdata(), line.get_ydata(), strict=True))
        for line in ax.get_lines()  # type: ignore[attr-defined]
        if line.get_linestyle() != "None"
    ]


def marks(ax: object, style: str) -> list[tuple[float, float]]:
    return [
        point
        for line in ax.get_lines()  # type: ignore[attr-defined]
        if line.get_linestyle() == "None" and line.get_fillstyle() == style
        for point in zip(line.get_xdata(), line.get_ydata(), strict=True)
    ]


def test_a_plot_is_the_curve() -> None:
    s = Cosine(0.1, 1000)
    ax = plot(s, 1000)

    ((*points, last),) = lines(ax)
    assert all(lr == s.lr(t) for t, lr in points)
    assert (len(points), last) == (600, (1000, 0))
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_title()) == ("t", "lr", repr(s))
    assert (ax.get_xlim(), ax.get_ylim()) == ((0, 1000), pytest.approx((-0.002, 0.105)))
    assert ax.get_yscale() == "linear"
    assert ax.get_legend() is None


def test_a_seam_has_a_dot_and_a_drop_also_a_ring() -> None:
    ax = plot(MultiStep(0.1, 0.5, (30, 60)) * Linear(0, 1, 10), 100)

    assert marks(ax, "full") == [(10, 0.1), (30, 0.05), (60, 0.025)]
    assert marks(ax, "none") == [(30, 0.1), (60, 0.05)]
    (points,) = lines(ax)
    assert [(t, lr) for t, lr in points if t == 30] == [(30, 0.1), (30, 0.05)]


def test_marks_are_left_out_where_they_would_hide_the_curve() -> None:
    s = StepDecay(0.1, 0.9, 1)

    assert len(marks(plot(s, MOST_MARKS + 1), "full")) == MOST_MARKS
    assert marks(plot(s, MOST_MARKS + 2), "full") == []
    assert marks(plot(s, 10, marks=False), "full") == []
    assert len(plot(s, 10_000).get_lines()) == 1


def test_an_exponential_is_a_straight_line_on_logarithmic_axes() -> None:
    ax = plot(Geometric(0.1, 1e-5, 1000), 1000, log=True)

    ax.figure.canvas.draw()
    ((first, *points, last),) = (ax.transData.transform(line) for line in lines(ax))
    for x, y in points:
        share = (x - first[0]) / (last[0] - first[0])
        assert y == pytest.approx(first[1] + share * (last[1] - first[1]), abs=1e-6)


def test_each_of_several_curves_is_shown_as_far_down_as_alone() -> None:
    steps = 35_190
    small = WarmupExponential(0.1, steps, warmup=1955, final_lr=1e-5)
    others = [StepDecay(0.1, 0.1, 11_730), Linear(0, 0.1, 1955) >> Linear(0.1, 0, 33_235)]
    alone = plot(small, steps, log=True).get_ylim()[0]
    together = plot([small, *others], steps, log=True).get_ylim()[0]

    assert together <= alone <= small.lr(steps)


def test_no_curve_that_is_never_0_is_cut_off_by_others() -> None:
    s = Geometric(0.1, 1e-6, 1000)
    for others in ([Linear(0.1, 0, 1000)] * 40, [Constant(0)] * 40):
        assert plot([s, *others], 1000, log=True).get_ylim()[0] < 1e-6


def test_curves_that_are_all_0_have_a_logarithmic_axis_too() -> None:
    low, high = plot([Constant(0), Constant(0)], 10, log=True).get_ylim()

    assert 0 < low < high


def test_several_curves_have_a_legend_and_both_scales_stand_side_by_side() -> None:
    s, r = Cosine(0.1, 100), Exponential(0.1, 0.9)
    linear, logarithmic = plot([s, r], 100, log="both")

    legend = linear.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == [repr(s), repr(r)]
    assert logarithmic.get_legend() is None
    assert (linear.get_yscale(), logarithmic.get_yscale()) == ("linear", "log")
    assert linear.figure is logarithmic.figure
    assert lines(linear) == lines(logarithmic)
    left, right = (ax.get_position() for ax in (linear, logarithmic))
    assert left.x1 < right.x0


def test_names_come_from_a_mapping() -> None:
    legend = plot({"a": Cosine(0.1, 100)}, 100).get_legend()

    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["a"]


def test_one_curve_in_both_scales_has_one_title() -> None:
    linear, logarithmic = plot(Cosine(0.1, 100), 100, log="both")

    assert linear.get_title() == logarithmic.get_title() == ""
    assert linear.figure.get_suptitle() == "Cosine(base_lr=0.1, steps=100)"


def test_given_axes_are_drawn_into_and_keep_their_looks() -> None:
    figure, (left, right) = pyplot.subplots(1, 2)
    left.set(xlabel="updates", xlim=(-5, 50), ylim=(0, 7), title="mine")
    before = pyplot.get_fignums()

    assert plot(Cosine(0.1, 100), 100, ax=left) is left
    assert (left.get_xlabel(), left.get_ylabel(), left.get_title()) == ("updates", "lr", "mine")
    assert (left.get_xlim(), left.get_ylim()) == ((-5, 50), (0, 7))
    assert plot(Cosine(0.1, 100), 100, log="both", ax=(left, right)) == (left, right)
    assert right.get_yscale() == "log"
    assert pyplot.get_fignums() == before
    assert figure.axes == [left, right]


def test_nothing_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pyplot, "show", lambda: pytest.fail("a window was opened"))
    parameters = dict(mpl.rcParams)
    plot([Cosine(0.1, 100), Constant(0)], 100, log="both")

    assert dict(mpl.rcParams) == parameters


@pytest.mark.parametrize(
    ("unit", "at_1000"), [("epochs", 10), ("percent", 50), ("samples", 3.2e4), ("tokens", 5e5)]
)
def test_a_clock_gives_a_second_axis_of_time(unit: str, at_1000: float) -> None:
    clock = Clock(100, 2000, samples_per_step=32, tokens_per_step=500)
    ax = plot(Cosine(0.1, 1000), 1000, clock=clock, unit=unit)

    ax.figure.canvas.draw()
    (above,) = ax.child_axes
    assert above.get_xlabel() == unit
    assert above.get_xlim() == pytest.approx((0, at_1000))


@pytest.mark.parametrize(
    "s",
    [
        Constant(0),
        Constant(1e-300),
        Cosine(1e300, 10),
        Exponential(0.1, 10.0),
        Exponential(0.1, 0.1),
        Constant(1.7e308),
    ],
    ids=repr,
)
def test_the_ends_of_the_floats_are_drawn_without_a_warning(s: Schedule) -> None:
    for ax in plot(s, 2000, log="both"):
        assert all(map(math.isfinite, ax.get_ylim()))
    pyplot.gcf().canvas.draw()


def test_every_kind_is_drawn() -> None:
    figure, (linear, logarithmic) = pyplot.subplots(1, 2)
    for s in EXAMPLES.values():
        plot(s, 100, log="both", ax=(linear, logarithmic))

    figure.canvas.draw()
    assert len(lines(linear)) == len(lines(logarithmic)) == len(EXAMPLES)


def test_what_cannot_be_drawn_is_refused() -> None:
    s = Cosine(0.1, 100)
    rule = (
        "plot: schedules must be a schedule, a sequence of them, or a mapping from names to"
        " schedules"
    )
    for bad, message in (
        (3, f"{rule}, got 3"),
        ("Cosine", f"{rule}, got 'Cosine'"),
        ([s, 3], f"{rule}, got 3 among them"),
        ({"a": None}, f"{rule}, got None among them"),
    ):
        with pytest.raises(TypeError) as error:
            plot(bad, 100)  # type: ignore[arg-type]
        assert str(error.value) == message
    for keywords, message in (
        ({"schedules": []}, f"{rule}, got none"),
        ({"steps": 0}, "plot: steps must be a finite number > 0, got 0"),
        ({"log": "log"}, "plot: log must be True, False or 'both', got 'log'"),
        (
            {"unit": "days"},
            "plot: unit must be 'epochs' or 'percent' or 'samples' or 'tokens', got 'days'",
        ),
        (
            {"clock": Clock(total_steps=5)},
            "Clock.steps_per_epoch must be known to convert epochs, got None:"
            " Clock(steps_per_epoch=...) says it",
        ),
    ):
        with pytest.raises(ValueError) as error:  # noqa: PT011 - the text is compared
            plot(**{"schedules": s, "steps": 100} | keywords)
        assert str(error.value) == message
    ax = plot(s, 100)
    for keywords, message in (
        ({"ax": 3}, "plot: ax must be matplotlib axes, got 3"),
        (
            {"ax": [ax, 3], "log": "both"},
            "plot: ax must be two matplotlib axes if log is 'both'",
        ),
        ({"ax": ax, "log": "both"}, "plot: ax must be two matplotlib axes if log is 'both'"),
        ({"clock": 391}, "plot: clock must be a Clock, got 391"),
    ):
        with pytest.raises(TypeError) as error:
            plot(s, 100, **keywords)
        assert str(error.value).startswith(message)


def test_without_matplotlib_the_error_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    with pytest.raises(ImportError) as error:
        plot(Constant(1), 10)
    assert str(error.value) == 'plot needs matplotlib: pip install "lrcurves[plot]"'
