"""Single facts that nothing else shows, found by breaking the formulas (``mutants.py``)."""

from __future__ import annotations

from lrcurves import Constant, Linear, Shift, Until


def test_a_constant_that_ends_counts_for_the_end_of_a_sum() -> None:
    assert (Until(Constant(1.0), 9) + Linear(0, 1, 7)).end == 9
    assert (Until(Constant(1.0) + Constant(2.0), 3) + Constant(1.0)).end == 3


def test_a_delay_of_less_than_a_step_holds_the_first_rate_too() -> None:
    late = Shift(Linear(0.1, 0.0, steps=100), by=0.5)

    assert late.lr(0.25) == late.lr_array([0.25])[0] == 0.1
    assert late.lr(1) < 0.1
