"""The curves: one row each, as a schedule and as the formula that one would write by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lrcurves import (
    Constant,
    Cosine,
    Exponential,
    Floor,
    Geometric,
    Linear,
    MultiStep,
    PiecewiseConstant,
    Polynomial,
    Schedule,
    StepDecay,
    Warmup,
)


@dataclass(frozen=True)
class Curve:
    """One curve, twice.

    Args:
        name: the kind of the schedule, then a comma and what is special about this one.
        schedule: ours.
        formula: the same as a Python expression of ``t``, over the functions of ``math``,
            ``min``, ``max`` and ``bisect_right``. It is text, so that each peer that
            evaluates formulas can read it in its own way.
        parameters: the numbers that a formula may name.
    """

    name: str
    schedule: Schedule
    formula: str
    parameters: Mapping[str, Any]


def curves(steps: int) -> list[Curve]:
    """Return every curve, laid out over a run of so many steps."""
    warmup, size, gamma = steps // 10, steps // 30, 0.01 ** (1.0 / steps)
    marks, values = (steps // 3, steps // 2, steps // 4 * 3), (0.1, 0.03, 0.01, 0.001)
    parameters = {
        "b": 0.1,
        "f": 0.001,
        "g": gamma,
        "T": steps,
        "W": warmup,
        "D": steps - warmup,
        "S": size,
        "marks": marks,
        "values": values,
    }
    rows: list[tuple[str, Schedule, str]] = [
        ("Constant", Constant(0.1), "b"),
        ("Linear", Linear(0.1, 0.001, steps), "b + (f - b) * min(t, T) / T"),
        (
            "Polynomial, power 2",
            Polynomial(0.1, steps, 0.001, power=2),
            "f + (b - f) * (1 - min(t, T) / T) ** 2",
        ),
        (
            "Polynomial, power 0.5",
            Polynomial(0.1, steps, 0.001, power=0.5),
            "f + (b - f) * (1 - min(t, T) / T) ** 0.5",
        ),
        ("Exponential, per step", Exponential(0.1, gamma), "b * g ** t"),
        (
            "Exponential, half-life",
            Exponential.from_half_life(0.1, size),
            "b * 0.5 ** (t / S)",
        ),
        ("Geometric", Geometric(0.1, 0.001, steps), "b * (f / b) ** (min(t, T) / T)"),
        ("StepDecay, direct", StepDecay(0.1, 0.8, size), "b * 0.8 ** (t // S)"),
        ("StepDecay, offset", StepDecay(0.1, 0.8, size, "offset"), "b * 0.8 ** ((1 + t) // S)"),
        ("MultiStep", MultiStep(0.1, 0.3, marks), "b * 0.3 ** bisect_right(marks, t)"),
        (
            "PiecewiseConstant",
            PiecewiseConstant(values, marks),
            "values[bisect_right(marks, t)]",
        ),
        ("Cosine, to 0", Cosine(0.1, steps), "b * 0.5 * (1 + cos(pi * min(t, T) / T))"),
        (
            "Cosine, to 1e-3",
            Cosine(0.1, steps, final_lr=0.001),
            "f + (b - f) * 0.5 * (1 + cos(pi * min(t, T) / T))",
        ),
        (
            "Warmup, Exponential",
            Warmup(Exponential(0.1, gamma), warmup),
            "b * t / W if t < W else b * g ** (t - W)",
        ),
        (
            "Sequential, Linear >> Cosine",
            Linear(0.0, 0.1, warmup) >> Cosine(0.1, steps - warmup),
            "b * t / W if t < W else b * 0.5 * (1 + cos(pi * min(t - W, D) / D))",
        ),
        (
            "Floor, Cosine",
            Floor(Cosine(0.1, steps), 0.001),
            "max(b * 0.5 * (1 + cos(pi * min(t, T) / T)), f)",
        ),
    ]
    return [Curve(*row, parameters) for row in rows]
