"""Taxes of a site as a level yearly amount."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.finance.property_tax import PropertyTax, property_tax
from gigaplan.programme.site_taxes import SiteTaxFigures, level_property_tax


def test_without_discounting_a_straight_line_is_taxed_on_half_of_cost() -> None:
    assert level_property_tax(0.02, 0.0, 0.0, 30.0, 0.0) == pytest.approx(0.01)
    assert level_property_tax(0.02, 1.0, 30.0, 30.0, 0.05) == 0.0
    # the second half of a life of 2 years is taxed on a quarter of cost
    assert level_property_tax(0.02, 1.0, 1.0, 2.0, 0.0) == pytest.approx(0.02 * 0.25 / 2)


@settings(deadline=None)
@given(
    abated=st.floats(0, 1),
    years=st.integers(0, 20),
    life=st.integers(3, 30),
    rate=st.floats(0.0, 0.12),
)
def test_the_level_amount_is_worth_what_the_months_taxes_are(
    abated: float, years: int, life: int, rate: float
) -> None:
    months = 12 * life
    service = np.zeros((months + 1, 1))
    service[0] = 1.0
    due = property_tax(service, months, (PropertyTax(0.02, abated, 12 * years),))[1:, 0]
    discount = (1 + rate) ** -((np.arange(months) + 0.5) / 12)
    level = level_property_tax(0.02, abated, years, life, rate)
    # by the month taxes fall on values at the month's start, by the year on those of its middle
    assert level == pytest.approx(12 * float(due @ discount / discount.sum()), rel=0.04, abs=1e-4)


def test_sales_tax_is_spread_over_a_server_s_life() -> None:
    taxes = SiteTaxFigures(sales_tax_fraction=0.08, sales_exempt_fraction=0.75)
    assert taxes.level_of_servers(5.0, 0.0) == pytest.approx(0.02 / 5)
