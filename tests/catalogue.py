"""One realistic instance for each kind of schedule and each of its conventions.

A schedule enters the whole test matrix (laws, accuracy, number systems, saving) by a row here;
``test_laws.py`` fails if a registered kind has none.
"""

from __future__ import annotations

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
    Product,
    Schedule,
    Sequential,
    Shift,
    Staircase,
    StepDecay,
    Stretch,
    Sum,
    Until,
    Warmup,
)

FAMILIES: dict[str, Schedule] = {
    "constant": Constant(0.1),
    "constant-zero": Constant(0.0),
    "linear-down": Linear(0.1, 0.001, steps=1000),
    "linear-up": Linear(0.003, 0.7, steps=333),
    "linear-to-zero": Linear(0.3, 0.0, steps=9999),
    "polynomial-sqrt": Polynomial(0.1, steps=1000, power=0.5),
    "polynomial-square": Polynomial(0.1, steps=777, final_lr=0.003, power=2.0),
    "polynomial-up": Polynomial(0.0, steps=1000, final_lr=0.1, power=2.0),
    "polynomial-up-sqrt": Polynomial(0.01, steps=1000, final_lr=0.1, power=0.5),
    "polynomial-up-slow": Polynomial(0.0, steps=1000, final_lr=0.1, power=0.03),
    "exponential": Exponential(0.1, gamma=0.9),
    "exponential-half-life": Exponential.from_half_life(0.1, half_life=700),
    "exponential-rate": Exponential.from_rate(0.3, rate=0.05),
    "exponential-steep": Exponential.from_final_lr(0.1, 1e-9, steps=1000),
    "exponential-growth": Exponential(1e-6, gamma=1.001),
    "geometric-down": Geometric(0.1, 1e-5, steps=1000),
    "geometric-up": Geometric(1e-5, 0.1, steps=777),
    "step-decay": StepDecay(0.1, gamma=0.5, step_size=10),
    "step-decay-offset": StepDecay(0.1, gamma=0.3, step_size=7, floor="offset"),
    "multi-step": MultiStep(0.1, gamma=0.1, milestones=(30, 60, 60, 90)),
    "piecewise-constant": PiecewiseConstant((0.1, 0.03, 0.2), boundaries=(100, 250.5)),
    "cosine": Cosine(0.1, steps=1000),
    "cosine-floor": Cosine(0.1, steps=777, final_lr=0.01),
    "cosine-up": Cosine(0.0, steps=333, final_lr=0.1),
    "cosine-squared": Cosine(0.1, steps=1000, power=2.0),
    "cosine-up-sqrt": Cosine(0.001, steps=1000, final_lr=0.1, power=0.5),
}
"""Formulas, and schedules in disguise that are one formula."""

COMPOSITIONS: dict[str, Schedule] = {
    "sequential": Linear(0, 0.1, steps=500) >> Cosine(0.1, steps=9500),
    "sequential-three": (
        Linear(0, 0.1, steps=10) >> Until(Constant(0.1), 80) >> Polynomial(0.1, steps=10)
    ),
    "sequential-open": Linear(0, 0.1, steps=100) >> Exponential(0.1, gamma=0.99),
    "sequential-one": Sequential((Cosine(0.1, steps=100),)),
    "sum": Constant(0.01) + Cosine(0.1, steps=100),
    "sum-one": Sum((Linear(0.1, 0.0, steps=100),)),
    "product": Linear(0, 1, steps=100) * Exponential(0.1, gamma=0.5, every=100),
    "product-one": Product((Linear(0.1, 0.0, steps=100),)),
    "scale": 0.3 * Cosine(0.1, steps=100),
    "shift-later": Shift(Cosine(0.1, steps=100), by=50),
    "shift-earlier": Shift(Cosine(0.1, steps=100), by=-50),
    "stretch": Stretch(StepDecay(0.1, gamma=0.5, step_size=10), by=391),
    "stretch-offset": Stretch(
        Staircase(Linear(0.1, 0.0, steps=95), every=10, floor="offset"), by=391
    ),
    "floor-direct": Floor(Exponential(0.1, gamma=0.9), min_lr=0.001),
    "floor-offset": Floor(Exponential(0.1, gamma=0.9), min_lr=0.001, mode="offset"),
    "until": Until(Exponential(0.1, gamma=0.99), steps=100),
    "staircase": Staircase(Cosine(0.1, steps=1000), every=100),
    "staircase-offset": Staircase(Linear(0.1, 0, steps=95), every=10, floor="offset"),
    "warmup": Warmup(Exponential(0.1, gamma=0.999), steps=100),
    "warmup-cosine": Warmup(Cosine(0.1, steps=900), 100, start_lr=0.01, shape="cosine"),
    "warmup-exponential": Warmup(
        Cosine(0.1, steps=900), 100, start_lr=0.001, shape="exponential"
    ),
    "warmup-none": Warmup(Cosine(0.1, steps=900), steps=0),
    "nested": Floor(
        Stretch(2 * (Linear(0, 0.1, 5) >> Staircase(Cosine(0.1, 95), every=5)), by=100)
        * (Exponential(1.0, gamma=0.5, every=5000) + Constant(0.1)),
        min_lr=1e-5,
    ),
}
"""Operators, and recipes that are one."""

EXAMPLES = FAMILIES | COMPOSITIONS
