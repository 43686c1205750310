"""The curves: one row each, as a schedule and as the formula that one would write by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrcurves import (
    REX,
    WSD,
    Constant,
    Cosine,
    CosineRestarts,
    Cyclic,
    Exponential,
    Floor,
    Geometric,
    InverseSqrt,
    InverseTime,
    Linear,
    Maximum,
    MultiStep,
    OneCycle,
    OneMinusSqrt,
    PiecewiseConstant,
    Polynomial,
    PowerLaw,
    Schedule,
    Staircase,
    StepDecay,
    Warmup,
    WarmupCosine,
)

from .parts import Parts

NEVER_SLOWER, WELL_BELOW = 1.0, 0.75
"""How long an array that is no range may take, as a share of the NumPy one-liner's time."""


@dataclass(frozen=True)
class Curve:
    """One curve, twice, and how fast it should be.

    Args:
        name: the kind of the schedule, then a comma and what is special about this one.
        schedule: ours.
        formula: the same as a Python expression of ``t``, over the functions of ``math``,
            ``min``, ``max``, ``bisect_right`` and ``interp``. It is text, so that each peer
            that evaluates formulas can read it in its own way.
        in_order: how many times as long as filling its buffer a range may take, if anybody
            has said.
        any_order: how many times as long as the one-liner another array may take.
        parameters: the numbers that a formula may name.
    """

    name: str
    schedule: Schedule
    formula: str
    in_order: float | None
    any_order: float
    parameters: Mapping[str, Any]


SHORT = (
    "Constant",
    "Polynomial, power 2",
    "InverseSqrt",
    "StepDecay, direct",
    "Cosine, to 0",
    "CosineRestarts, long",
    "WarmupCosine",
    "Floor, Cosine",
    "Sequential, 10 lines",
    "Sequential, 1000 lines",
)
"""One of each target, for whoever has no time."""


def chosen(steps: int, *, every: bool) -> list[Curve]:
    """Return all curves, or the short list."""
    return [curve for curve in curves(steps) if every or curve.name in SHORT]


def curves(steps: int) -> list[Curve]:
    """Return every curve, laid out over a run of so many steps."""
    b, f, T = 0.1, 0.001, steps  # noqa: N806 - as in the formulas
    W, S, g = T // 10, T // 30, 0.01 ** (1.0 / T)  # noqa: N806
    marks, values = (T // 3, T // 2, T // 4 * 3), (b, 0.03, 0.01, f)
    few, many = Parts.of(T, 10), Parts.of(T, 1000)
    fall = "0.5 * (1 + cos(pi * min(t, T) / T))"
    cosine, waning = Cosine(b, T), Exponential(b, g)
    rows: list[tuple[str, Schedule, str, float | None, float]] = [
        ("Constant", Constant(b), "b", 1.3, NEVER_SLOWER),
        ("Linear", Linear(b, f, T), "b + (f - b) * min(t, T) / T", 1.3, NEVER_SLOWER),
        *(
            (
                f"Polynomial, power {power:g}",
                Polynomial(b, T, f, power=power),
                f"f + (b - f) * (1 - min(t, T) / T) ** {power:g}",
                limit,
                NEVER_SLOWER,
            )
            for power, limit in ((2, 1.3), (3, 1.3), (0.5, 2.5), (2.5, 2.5))
        ),
        (
            "Polynomial, rising power 0.5",
            Polynomial(0, T, b, power=0.5),
            "b * (1 - (1 - min(t, T) / T) ** 0.5)",
            2.5,
            NEVER_SLOWER,
        ),
        (
            "Polynomial, k-decay 1.5",
            Polynomial(b, T, f, k_decay=1.5),
            "f + (b - f) * (1 - (min(t, T) / T) ** 1.5)",
            2.5,
            NEVER_SLOWER,
        ),
        (
            "OneMinusSqrt",
            OneMinusSqrt(b, T),
            "b * (1 - (min(t, T) / T) ** 0.5)",
            None,
            NEVER_SLOWER,
        ),
        ("REX", REX(b, T), "b * (T - min(t, T)) / (T - min(t, T) / 2)", None, NEVER_SLOWER),
        ("Exponential, per step", waning, "b * g ** t", 1.3, NEVER_SLOWER),
        (
            "Exponential, half-life",
            Exponential.from_half_life(b, S),
            "b * 0.5 ** (t / S)",
            1.3,
            NEVER_SLOWER,
        ),
        ("Geometric", Geometric(b, f, T), "b * (f / b) ** (min(t, T) / T)", 1.5, NEVER_SLOWER),
        ("InverseSqrt", InverseSqrt(b, S), "b / (1 + t / S) ** 0.5", 2.5, NEVER_SLOWER),
        ("InverseTime", InverseTime(b, 0.5, S), "b / (1 + 0.5 * t / S)", 2.5, NEVER_SLOWER),
        ("PowerLaw", PowerLaw(b, 0.7, S), "b * (1 + t / S) ** -0.7", 2.5, NEVER_SLOWER),
        ("StepDecay, direct", StepDecay(b, 0.8, S), "b * 0.8 ** (t // S)", 1.8, WELL_BELOW),
        (
            "StepDecay, offset",
            StepDecay(b, 0.8, S, "offset"),
            "b * 0.8 ** ((1 + t) // S)",
            1.8,
            WELL_BELOW,
        ),
        (
            "StepDecay, every 1000",
            StepDecay(b, g**1000, 1000),
            "b * (g ** 1000) ** (t // 1000)",
            1.8,
            WELL_BELOW,
        ),
        (
            "Staircase, Cosine",
            Staircase(cosine, S),
            "b * 0.5 * (1 + cos(pi * min(t // S * S, T) / T))",
            1.8,
            WELL_BELOW,
        ),
        (
            "MultiStep",
            MultiStep(b, 0.3, marks),
            "b * 0.3 ** bisect_right(marks, t)",
            1.8,
            WELL_BELOW,
        ),
        (
            "PiecewiseConstant",
            PiecewiseConstant(values, marks),
            "values[bisect_right(marks, t)]",
            1.8,
            WELL_BELOW,
        ),
        ("Cosine, to 0", cosine, f"b * {fall}", 1.5, WELL_BELOW),
        ("Cosine, to 1e-3", Cosine(b, T, f), f"f + (b - f) * {fall}", 1.5, WELL_BELOW),
        *(
            (
                f"CosineRestarts, {named}",
                CosineRestarts(b, period, f),
                f"f + (b - f) * 0.5 * (1 + cos(pi * (t % {period}) / {period}))",
                limit,
                WELL_BELOW,
            )
            for named, period, limit in (
                ("every 1000", 1000, 1.5),
                ("irregular", 1047.1975511965977, 1.5),
                ("long", T // 100, 3.5),
            )
        ),
        (
            "Cyclic",
            Cyclic(f, b, up=2000),
            "f + (b - f) * (1 - abs(t % 4000 / 2000 - 1))",
            1.5,
            WELL_BELOW,
        ),
        (
            "Warmup, Exponential",
            Warmup(waning, W),
            "b * t / W if t < W else b * g ** (t - W)",
            1.5,
            WELL_BELOW,
        ),
        (
            "WarmupCosine",
            WarmupCosine(b, T, W),
            "b * t / W if t < W else b * 0.5 * (1 + cos(pi * min(t - W, D) / D))",
            1.5,
            WELL_BELOW,
        ),
        (
            "WSD",
            WSD(b, T, W, W),
            "b * min(t / W, 1) * max(min((T - t) / W, 1), 0)",
            1.5,
            WELL_BELOW,
        ),
        (
            "OneCycle",
            OneCycle(b, T),
            "b / 25 + (b - b / 25) * 0.5 * (1 - cos(pi * t / U)) if t < U else"
            " b / 25e4 + (b - b / 25e4) * 0.5 * (1 + cos(pi * min((t - U) / (T - U), 1)))",
            1.5,
            WELL_BELOW,
        ),
        ("Floor, Cosine", Floor(cosine, f), f"max(b * {fall}, f)", 3.0, WELL_BELOW),
        (
            "Maximum, Cosine and Exponential",
            Maximum((cosine, waning)),
            f"max(b * {fall}, b * g ** t)",
            3.0,
            WELL_BELOW,
        ),
        (
            "Product, Cosine * Exponential",
            cosine * Exponential(1.0, g),
            f"b * {fall} * g ** t",
            None,
            WELL_BELOW,
        ),
        ("Sequential, 10 lines", few.lines(), "interp(t, *few)", None, NEVER_SLOWER),
        ("Sequential, 1000 lines", many.lines(), "interp(t, *many)", 30.0, NEVER_SLOWER),
        (
            "Sequential, 1000 cosines",
            many.cosines(),
            "ladder[bisect_right(many[0], t)] * 0.5 * (1 + cos(pi * (t % M) / M))"
            " if t < E else 0",
            30.0,
            WELL_BELOW,
        ),
    ]
    numbers = {
        "b": b,
        "f": f,
        "g": g,
        "T": T,
        "W": W,
        "D": T - W,
        "S": S,
        "U": 0.3 * T,
        "M": T // 1000,
        "E": T // 1000 * 1000,
    }
    tuples = {"marks": marks, "values": values, "few": few.knots, "many": many.knots}
    tuples["ladder"] = (0.0, *many.knots[1])
    return [Curve(*row, numbers | tuples) for row in rows]
