from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.core.money import PriceIndex

# Annual averages of the US consumer price index (all urban consumers, 1982-84 = 100).
CPI = PriceIndex({2020: 258.811, 2021: 270.970, 2022: 292.655, 2023: 304.702}, 0.02)
YEARS = st.integers(2000, 2060)


def test_a_dollar_moves_by_the_ratio_of_price_levels() -> None:
    assert CPI.factor(2020, 2023) == pytest.approx(304.702 / 258.811)
    assert CPI.factor(2023, 2020) == pytest.approx(258.811 / 304.702)


def test_the_index_goes_on_at_constant_inflation_past_its_ends() -> None:
    assert CPI.factor(2023, 2033) == pytest.approx(1.02**10)
    assert CPI.factor(2010, 2020) == pytest.approx(1.02**10)


def test_a_half_year_is_the_geometric_mean_of_its_neighbours() -> None:
    assert CPI.level(2021.5) == pytest.approx(math.sqrt(270.970 * 292.655))


@given(YEARS, YEARS, YEARS)
def test_moving_a_dollar_by_way_of_another_year_changes_nothing(a: int, b: int, c: int) -> None:
    assert CPI.factor(a, b) * CPI.factor(b, c) == pytest.approx(CPI.factor(a, c), rel=1e-12)


def test_nominal_money_of_the_base_year_is_real_money() -> None:
    factors = CPI.nominal_factors(2023, np.array([2021, 2023, 2024, 2025]))
    np.testing.assert_allclose(factors, [270.970 / 304.702, 1, 1.02, 1.02**2], rtol=1e-12)


@pytest.mark.parametrize(
    ("levels", "inflation", "message"),
    [
        ({}, 0.02, "needs at least one year"),
        ({2020: 1.0, 2022: 1.1}, 0.02, "needs consecutive years"),
        ({2020: 1.0, 2021: 0.0}, 0.02, "must be above zero"),
        ({2020: 1.0}, -1.0, "inflation must be above -100%"),
    ],
)
def test_an_index_that_cannot_be_is_refused(
    levels: dict[int, float], inflation: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PriceIndex(levels, inflation)
