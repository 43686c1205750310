"""Single facts that nothing else shows, found by breaking the formulas (``mutants.py``)."""

from __future__ import annotations

import sys

import pytest

from lrcurves import Constant, CosineRestarts, Linear, PolynomialRestarts, Shift, Until


def test_a_constant_that_ends_counts_for_the_end_of_a_sum() -> None:
    assert (Until(Constant(1.0), 9) + Linear(0, 1, 7)).end == 9
    assert (Until(Constant(1.0) + Constant(2.0), 3) + Constant(1.0)).end == 3


def test_a_delay_of_less_than_a_step_holds_the_first_rate_too() -> None:
    late = Shift(Linear(0.1, 0.0, steps=100), by=0.5)

    assert late.lr(0.25) == late.lr_array([0.25])[0] == 0.1
    assert late.lr(1) < 0.1


@pytest.mark.parametrize("power", [0.5, 0.9, 1.0, 2.0, 3.7])
@pytest.mark.parametrize(
    ("longer", "higher"), [(2.0, 1.0), (2.03, 0.4), (3.0, 2.0), (1.01, 1.0)]
)
def test_restarts_end_with_the_last_cycle_that_begins_before_2_to_the_53(
    power: float, longer: float, higher: float
) -> None:
    for schedule in (
        CosineRestarts(0.1, 100, 0.01, longer, higher),
        PolynomialRestarts(0.1, 100, 0.01, power, longer, higher),
    ):
        far = [2.0**53, 2.0**53 + 2.0, 2.0**54, 1e17, 1e100, 1e300, sys.float_info.max]
        rates = [schedule.lr(t) for t in far]
        assert all(0.01 <= rate <= schedule.lr(2.0**53) for rate in rates)
        assert rates[-1] == 0.01
        assert schedule.lr_array(far).tolist() == pytest.approx(rates, rel=1e-12)
