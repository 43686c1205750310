"""Interpolation in rows: exact to the last digits, or refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from mpmath import mp
from systems import MPMATH, lifted
from test_accuracy import promised

from lrcurves import (
    REX,
    Cosine,
    Exponential,
    InverseSqrt,
    InverseTime,
    Linear,
    Maximum,
    OneMinusSqrt,
    Polynomial,
    PowerLaw,
    Product,
    Schedule,
    StepDecay,
    Sum,
    Tanh,
)
from lrcurves import _grid as grid
from lrcurves import _layout as layout
from lrcurves import _matrix as matrix
from lrcurves._matrix import Line, Points, Products, Ramp, settled
from lrcurves._requests import WIDEST, Cut
from lrcurves._smooth import NODES, interpolated

EPS = 2.0**-52
COLUMNS = np.arange(200.0)
ROWS = np.arange(1_000.0, 50_000.0, 200.0)

Array = np.ndarray[Any, Any]


def by_column(function: Callable[[Array], Array], rows: Array = ROWS) -> Any:
    return lambda columns: function(rows + COLUMNS[columns, None])


def missed(function: Callable[[Array], Array], rows: Array = ROWS) -> tuple[Array, Array]:
    """Return by how many eps each row misses, and which rows are called good."""
    made = interpolated(COLUMNS, by_column(function, rows))
    assert made is not None
    true = function(rows[:, None] + COLUMNS)
    return np.abs(made.rows.T @ made.columns / true - 1).max(1) / EPS, made.good


@pytest.mark.parametrize("function", [np.sqrt, np.log, np.reciprocal, np.cbrt])
def test_rows_far_from_a_singularity_are_exact(function: Callable[[Array], Array]) -> None:
    errors, good = missed(function, ROWS + 20_000)

    assert good.all()
    assert errors.max() < 4


@pytest.mark.parametrize("power", [0.5, -1.0, -0.3, 1.5])
def test_rows_beside_a_singularity_are_refused(power: float) -> None:
    errors, good = missed(lambda t: np.power(t - 999.0, power))

    assert not good[0]
    assert good[-1]
    assert errors[0] > 1e6
    assert errors[good].max() < 4


def test_rows_that_cross_zero_are_refused() -> None:
    made = interpolated(COLUMNS, by_column(lambda t: t - 9_099.5))

    assert made is not None
    assert ROWS[~made.good].tolist() == list(range(5_800, 12_400, 200))


def test_a_corner_in_a_row_is_refused() -> None:
    _, good = missed(lambda t: 1e4 + np.abs(t - 9_077.0))

    assert ROWS[~good].tolist() == [9_000.0]


def test_what_is_no_number_is_refused() -> None:
    with np.errstate(all="ignore"):
        _, good = missed(lambda t: np.exp(t / 60.0))

    assert not good.any()


def test_columns_may_repeat_and_come_in_any_order() -> None:
    columns = np.repeat(np.arange(60.0)[::-1], 3)
    made = interpolated(columns, lambda at: np.sqrt(1e5 + ROWS + columns[at, None]))

    assert made is not None
    assert made.good.all()
    true = np.sqrt(1e5 + ROWS[:, None] + columns)
    np.testing.assert_allclose(made.rows.T @ made.columns, true, rtol=4 * EPS)


def test_few_columns_are_left_alone() -> None:
    assert interpolated(np.arange(NODES - 1.0), by_column(np.sqrt)) is None
    assert interpolated(np.repeat(np.arange(NODES - 1.0), 9), by_column(np.sqrt)) is None


def curve(
    power: float, *, past: float = 0.0, is_long: bool = True, narrow: int = 12
) -> tuple[Points, Line]:
    line = Line(COLUMNS, is_long=is_long, narrow=narrow)
    return Points(np.power, Ramp(ROWS - past, COLUMNS, line), power), line


def test_a_smooth_function_becomes_products_with_its_sign() -> None:
    value, line = curve(0.5, past=-30_000.0)
    made = settled(value)

    assert isinstance(made, Products)
    assert made.line is line
    assert made.sign == 1
    assert settled(matrix.multiply(value, -1.0)).sign == -1


def test_a_smooth_function_of_either_sign_has_none() -> None:
    line = Line(COLUMNS, is_long=True)
    rows = np.array([-90_000.0, 90_000.0])
    made = settled(Points(np.power, Ramp(rows, COLUMNS, line), 3.0))

    assert isinstance(made, Products)
    assert made.sign == 0


def test_the_range_is_cut_where_rows_begin_to_be_good_or_end() -> None:
    value, _ = curve(0.5, past=999.0)
    with pytest.raises(Cut) as cut:
        settled(value)
    (at,) = cut.value.at
    assert 0 < at % (200 * len(ROWS)) < 20_000
    assert cut.value.narrow == (12, WIDEST)

    line = Line(COLUMNS, is_long=True, narrow=12)
    falling = Points(np.power, Ramp(ROWS[::-1] - 999.0, COLUMNS, line), 0.5)
    with pytest.raises(Cut) as cut:
        settled(falling)
    assert cut.value.at == (200 * len(ROWS) - at,)
    assert cut.value.narrow == (WIDEST, 12)


def test_rows_of_which_none_is_good_are_all_made_narrow() -> None:
    line = Line(COLUMNS, is_long=True, narrow=12)
    with pytest.raises(Cut) as cut:
        settled(Points(np.power, Ramp(np.arange(0.0, 600.0, 200.0), COLUMNS, line), 0.5))

    assert cut.value.at == ()
    assert cut.value.narrow == (12, 12)


@pytest.mark.parametrize("options", [{"is_long": False}, {"narrow": 0}])
def test_what_does_not_pay_stays_as_it_is(options: dict[str, Any]) -> None:
    value, _ = curve(0.5, past=999.0, **options)

    assert settled(value) is value


def test_what_is_not_smooth_or_of_two_lines_stays_as_it_is() -> None:
    value, _ = curve(0.5, past=-30_000.0)
    other, _ = curve(0.5, past=-30_000.0)
    for stays in (
        Points(np.maximum, value, 300.0, smooth=False),
        Points(np.add, value, other),
        Points(np.add, value, matrix.Columns(COLUMNS)),
    ):
        assert settled(stays) is stays


LONG: list[Schedule] = [
    Polynomial(0, 3_000_000, 0.1, power=0.5),
    Polynomial(0, 3_000_000, 0.1, power=2.2),
    Polynomial(0.1, 3_000_000, 0.01, power=2.5, k_decay=1.5),
    Cosine(0.1, 3_000_000, power=1.5),
    Cosine(0.001, 3_000_000, 0.1, k_decay=0.5),
    OneMinusSqrt(0.1, 3_000_000),
    OneMinusSqrt(0, 3_000_000, 0.1),
    REX(0.1, 3_000_000),
    Tanh(0.1, 3_000_000, 0.01),
    InverseSqrt(0.1, 1_000),
    InverseTime(0.1, 0.001),
    PowerLaw(0.1, 0.7, 1_000),
    Product((InverseSqrt(0.1, 1_000), Cosine(0.1, 3_000_000))),
    Product((InverseSqrt(0.1, 1_000), StepDecay(1, 0.99999, 10))),
    Sum((InverseSqrt(0.1, 1_000), StepDecay(0.1, 0.99999, 500))),
    Sum((Linear(0.1, 0, 3_000_000), REX(0.1, 3_000_000))),
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_of_two_long_curves_the_one_that_counts_is_written(dtype: type) -> None:
    fall, decay = Cosine(0.1, 900_000), Exponential(0.05, 0.5, 300_000)
    larger = Maximum((fall, decay)).lr_array(range(900_000), dtype=dtype)

    for t in range(0, 900_000, 7_919):
        expected = dtype(max(fall.lr(t), decay.lr(t)))
        assert larger[t] == pytest.approx(expected, rel=8 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("schedule", LONG, ids=repr)
def test_long_ranges_are_interpolated_within_the_promised_bound(
    schedule: Schedule, monkeypatch: pytest.MonkeyPatch
) -> None:
    products = 0

    def counted(value: Any) -> Any:
        nonlocal products
        made = settled(value)
        products += isinstance(value, Points) and isinstance(made, Products)
        return made

    monkeypatch.setattr(matrix, "settled", counted)
    monkeypatch.setattr(grid, "settled", counted)
    monkeypatch.setattr(layout, "settled", counted)
    rates = schedule.lr_array(range(2_900_000))
    assert products > 0

    exact = lifted(schedule)
    with mp.workprec(200):
        for t in (*range(1, 2_900_000, 9_973), 2_899_999):
            true = exact._formula(mp.mpf(t), MPMATH)
            assert abs(float((rates[t] - true) / true)) <= promised(schedule, "lr_array") * EPS
