"""Property tax on book value, and what agreements abate of it."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.finance.programme_taxes import (
    property_taxes,
    sales_tax_fraction,
    untaxed_sites,
)
from gigaplan.finance.property_tax import PropertyTax, property_tax
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.site_taxes import SiteTaxFigures


def by_vintage(
    service: NDArray[np.float64], life: int, taxes: tuple[PropertyTax, ...]
) -> NDArray[np.float64]:
    """Reckon each vintage's book value by its own age."""
    due = np.zeros_like(service)
    for start in range(len(service)):
        for m in range(start + 1, len(service)):
            age = m - 1 - start
            value = service[start] * max(1 - age / life, 0.0)
            for tax in taxes:
                kept = 1 - tax.abated_fraction * (age < tax.abated_months)
                due[m] += tax.rate_fraction / 12 * kept * value
    return due


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 1000),
    life=st.integers(1, 60),
    abated=st.floats(0, 1),
    months=st.integers(0, 70),
)
def test_each_vintage_is_taxed_on_its_own_book_value_and_abated_by_its_own_age(
    seed: int, life: int, abated: float, months: int
) -> None:
    service = np.random.default_rng(seed).gamma(0.5, 1e6, (48, 3))
    taxes = (PropertyTax(0.012), PropertyTax(0.02, abated, months))
    expected = by_vintage(service, life, taxes)
    np.testing.assert_allclose(
        property_tax(service, life, taxes), expected, rtol=1e-9, atol=1e-9 * expected.max()
    )


def test_capital_of_an_abated_site_pays_nothing_until_its_years_are_over() -> None:
    service = np.zeros((60, 1))
    service[0] = 1e9
    due = property_tax(service, 360, (PropertyTax(0.018, 1.0, 24),))
    assert (due[:25] == 0).all()
    # in the 25th month after service it is taxed on 1 - 24/360 of its cost
    assert due[25, 0] == pytest.approx(0.018 / 12 * 1e9 * (1 - 24 / 360))


def at_site(**taxes: float) -> ResolvedProgramme:
    plain = small.programme()
    site = small.site("ohio", taxes=SiteTaxFigures(**taxes))
    finance_terms = dataclasses.replace(plain.finance, property_tax_fraction=None)
    return dataclasses.replace(plain, sites={"ohio": site}, finance=finance_terms)


def test_halls_and_servers_are_taxed_where_they_stand_and_power_is_not() -> None:
    programme = at_site(
        hall_property_tax_fraction=0.02,
        server_property_tax_fraction=0.01,
        halls_abated_fraction=0.5,
        halls_years=10.0,
    )
    taxes = property_taxes(programme, small.plan())
    assert taxes["hall"] == (PropertyTax(0.02, 0.5, 120),)
    assert taxes["servers"] == (PropertyTax(0.01),)
    assert taxes["power"] == taxes["connection"] == ()
    assert untaxed_sites(programme, small.plan()) == ()
    assert untaxed_sites(at_site(), small.plan()) == ("ohio",)
    one = dataclasses.replace(
        programme, finance=dataclasses.replace(programme.finance, property_tax_fraction=0.004)
    )
    assert set(property_taxes(one, small.plan()).values()) == {(PropertyTax(0.004),)}


def test_sales_tax_makes_servers_dearer_by_what_is_not_exempt() -> None:
    world = small.trajectories(20)

    def servers(programme: ResolvedProgramme) -> float:
        result = finance.fund(programme, small.plan(), world, small.operating(world))
        return sum(x.value.mean for x in result.capex if x.name == "servers")

    taxed = at_site(sales_tax_fraction=0.08, sales_exempt_fraction=0.75)
    assert sales_tax_fraction(taxed, small.plan()) == pytest.approx(0.02)
    assert servers(taxed) == pytest.approx(1.02 * servers(at_site()))
