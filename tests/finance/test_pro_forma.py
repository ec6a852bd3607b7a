"""The pro forma against NREL's Single Owner, closed forms and bad input."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.finance import sam_cases

from gigaplan import finance
from gigaplan.core.errors import InputError

CASES = (
    "so01_unlevered_sl20",
    "so02_debtpct60_level",
    "so04_dscr130_sculpted",
    "so05_dscr130_itc30",
)
# A cent on billions: SAM's own rounding leaves 5e-6 USD on a balance that is zero.
CENT = 1e-2


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest, shared: Path) -> dict[str, Any]:
    return sam_cases.load(shared, request.param)


def plain(**changes: Any) -> finance.Project:
    base = finance.Project(
        capacity_mw=100.0,
        installed_cost_usd=5e8,
        first_year_energy_mwh=8e5,
        life_years=25,
        price_usd_per_mwh=90.0,
        operating=finance.OperatingCosts(capacity_usd_per_kw_year=60.0, production_usd_per_mwh=3.0),
        reserves=finance.Reserves(6.0, 6.0, 0.02),
        depreciation=MappingProxyType({"macrs_15": 1.0}),
        state_tax_fraction=0.05,
    )
    return dataclasses.replace(base, **changes)


def test_every_cash_flow_line_is_that_of_single_owner(case: dict[str, Any]) -> None:
    result = finance.evaluate(sam_cases.project_of(case))
    checked = 0
    for theirs, expected in case["cashflows_nonzero"].items():
        if theirs in sam_cases.IRR_LINES:
            continue
        ours, factor = sam_cases.LINES[theirs]
        found = result.line(ours) * factor
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=CENT, err_msg=theirs)
        checked += 1
    assert checked >= 46


def test_the_rate_of_return_up_to_each_year_is_that_of_single_owner(case: dict[str, Any]) -> None:
    result = finance.evaluate(sam_cases.project_of(case))
    checked = 0
    for theirs, ours in sam_cases.IRR_LINES.items():
        flows = result.line(ours)
        for year, expected in enumerate(case["cashflows_nonzero"][theirs]):
            # Their search gives up on some early years (stored as none) and their
            # "max" line floors at zero; where they give a number ours is the same.
            if expected is None or (theirs.endswith("max_irr") and expected == 0):
                continue
            found = finance.irr(flows[: year + 1]).value_fraction
            assert found is not None
            # Their search stops once the present value is within a millionth of the
            # outlay (5.2e-5 points at worst here), so that is what their rate must meet
            # on our flows; over the whole life the rates agree to 5e-5 points.
            powers = (1 + expected / 100) ** -np.arange(year + 1.0)
            assert abs(flows[: year + 1] @ powers) <= 1e-6 * -flows[0], (theirs, year)
            tolerance = 5e-5 if year == len(flows) - 1 else 6e-5
            assert 100 * found == pytest.approx(expected, abs=tolerance), (theirs, year)
            if expected > -50:
                peer = pyxirr.irr(flows[: year + 1])
                assert found == pytest.approx(peer, abs=1e-9)
            checked += 1
    assert checked > 40


def test_the_scalars_are_those_of_single_owner(case: dict[str, Any]) -> None:
    result = finance.evaluate(sam_cases.project_of(case))
    expected = case["outputs_scalar_nonzero"]
    assert result.npv_usd == pytest.approx(expected["project_return_aftertax_npv"], rel=1e-9)
    assert result.irr.value_fraction is not None
    assert 100 * result.irr.value_fraction == pytest.approx(
        expected["project_return_aftertax_irr"], abs=5e-5
    )
    assert result.irr.root_count == 1
    assert result.wacc_fraction is not None
    assert 100 * result.wacc_fraction == pytest.approx(expected["wacc"], abs=5e-5)
    for ours, theirs in (
        (result.lcoe_nominal_usd_per_mwh, "lcoe_nom"),
        (result.lcoe_real_usd_per_mwh, "lcoe_real"),
        (result.lppa_nominal_usd_per_mwh, "lppa_nom"),
        (result.lppa_real_usd_per_mwh, "lppa_real"),
    ):
        assert ours / 10 == pytest.approx(expected[theirs], rel=1e-9)
    assert result.debt_usd == pytest.approx(expected.get("size_of_debt", 0.0), rel=1e-9)
    assert result.equity_usd == pytest.approx(expected["size_of_equity"], rel=1e-9)
    assert result.total_cost_usd == pytest.approx(expected["cost_installed"], rel=1e-9)
    if result.debt_usd:
        assert result.min_dscr == pytest.approx(expected["min_dscr"], rel=1e-9)
    else:
        assert result.min_dscr is None


def test_debt_above_cost_is_refused_with_its_share(shared: Path) -> None:
    project = sam_cases.project_of(sam_cases.load(shared, "so06x_overlevered_nan_irr"))
    with pytest.raises(InputError, match=r"debt comes to 100\.8% of total cost"):
        finance.evaluate(project)


def test_a_cap_scales_sculpted_debt_to_it(shared: Path) -> None:
    case = sam_cases.load(shared, "so06x_overlevered_nan_irr")
    result = finance.evaluate(sam_cases.project_of(case, maximum_fraction=0.7))
    assert result.debt_fraction == pytest.approx(0.7, rel=1e-12)
    covers = result.line("dscr")[1:26]
    np.testing.assert_allclose(covers, covers[0], rtol=1e-12)
    assert covers[0] > 1.4
    assert result.irr.value_fraction is not None
    # Lines that debt does not touch stay those of Single Owner, the production credit too.
    for theirs in ("cf_ptc_fed", "cf_ebitda", "cf_pv_cash_for_ds", "cf_feddepr_total"):
        ours, factor = sam_cases.LINES[theirs]
        expected = case["cashflows_nonzero"][theirs]
        np.testing.assert_allclose(result.line(ours) * factor, expected, rtol=1e-9, atol=CENT)


def test_a_cap_that_does_not_bind_changes_nothing() -> None:
    free = finance.evaluate(plain(debt=finance.SculptedDebt(2.5, 0.06, 15, 0.02)))
    capped = finance.evaluate(plain(debt=finance.SculptedDebt(2.5, 0.06, 15, 0.02, 0, 0.9)))
    assert free.debt_usd == capped.debt_usd


def test_the_fixed_charge_cost_is_that_of_sam(shared: Path) -> None:
    case = sam_cases.load(shared, "lcoefcr14_nuclearlike")
    given_ = case["inputs"]
    found = finance.lcoe_fixed_charge(
        given_["capital_cost"],
        given_["fixed_operating_cost"],
        1000 * given_["variable_operating_cost"],
        given_["fixed_charge_rate"],
        given_["annual_energy"] / 1000,
    )
    assert found / 1000 == pytest.approx(case["outputs_scalar_nonzero"]["lcoe_fcr"], rel=1e-9)


def test_a_draw_is_worth_what_the_project_alone_is_worth() -> None:
    project = plain(debt=finance.SculptedDebt(1.6, 0.06, 15, 0.02))
    costs = np.array([4.5e8, 5e8, 6e8])
    prices = np.array([90.0, 95.0, 100.0])
    many = finance.evaluate_draws(project, installed_cost_usd=costs, price_usd_per_mwh=prices)
    for draw, (cost, price) in enumerate(zip(costs, prices, strict=True)):
        one = finance.evaluate(
            dataclasses.replace(project, installed_cost_usd=cost, price_usd_per_mwh=price)
        )
        assert many.npv_usd[draw] == pytest.approx(one.npv_usd, rel=1e-12)
        assert many.irr.rate_fraction[draw] == pytest.approx(one.irr.value_fraction, rel=1e-10)
        assert many.lcoe_real_usd_per_mwh[draw] == pytest.approx(one.lcoe_real_usd_per_mwh)


def test_the_block_size_does_not_change_a_bit() -> None:
    project = plain(debt=finance.LevelDebt(0.5, 0.06, 15, 0.02))
    costs = np.linspace(4e8, 6e8, 100)
    a = finance.evaluate_draws(project, installed_cost_usd=costs, block=7)
    b = finance.evaluate_draws(project, installed_cost_usd=costs, block=100)
    assert np.array_equal(a.npv_usd, b.npv_usd)
    assert np.array_equal(a.irr.rate_fraction, b.irr.rate_fraction)


@settings(max_examples=60, deadline=None)
@given(
    share=st.floats(0.05, 0.8),
    rate=st.floats(0.0, 0.12),
    tenor=st.integers(1, 25),
    price=st.floats(60, 150),
    months=st.floats(0, 6),
)
def test_a_loan_ends_at_zero_and_is_worth_nothing_at_its_own_rate(
    share: float, rate: float, tenor: int, price: float, months: float
) -> None:
    result = finance.evaluate(
        plain(
            debt=finance.LevelDebt(share, rate, tenor, 0.01),
            price_usd_per_mwh=price,
            reserves=finance.Reserves(6.0, months, 0.02),
        )
    )
    assert result.line("debt_balance_usd")[-1] == 0.0
    flows = -result.line("debt_payment_usd")
    flows[0] += result.debt_usd
    worth = np.sum(flows / (1 + rate) ** np.arange(len(flows)))
    assert abs(worth) < 1e-9 * result.debt_usd
    assert np.isfinite(result.npv_usd)
    # Reserves are given back in full.
    assert np.sum(result.line("working_reserve_flow_usd")) == pytest.approx(0, abs=CENT)
    assert np.sum(result.line("debt_reserve_flow_usd")) == pytest.approx(0, abs=CENT)


@settings(max_examples=30, deadline=None)
@given(cost=st.floats(1e8, 1e9), price=st.floats(30, 200), scale=st.floats(0.1, 3))
def test_flows_of_two_projects_add_up_to_those_of_both_in_one(
    cost: float, price: float, scale: float
) -> None:
    small = plain(installed_cost_usd=cost, price_usd_per_mwh=price)
    other = dataclasses.replace(
        small,
        capacity_mw=scale * small.capacity_mw,
        installed_cost_usd=scale * cost,
        first_year_energy_mwh=scale * small.first_year_energy_mwh,
    )
    both = dataclasses.replace(
        small,
        capacity_mw=(1 + scale) * small.capacity_mw,
        installed_cost_usd=(1 + scale) * cost,
        first_year_energy_mwh=(1 + scale) * small.first_year_energy_mwh,
    )
    a, b, c = (
        finance.evaluate(project).line("after_tax_flow_usd") for project in (small, other, both)
    )
    np.testing.assert_allclose(a + b, c, rtol=1e-9, atol=CENT)


def test_a_price_equal_to_levelised_cost_makes_npv_zero_without_tax() -> None:
    project = plain(federal_tax_fraction=0.0, state_tax_fraction=0.0, reserves=finance.Reserves())
    cost = finance.evaluate(project).lcoe_nominal_usd_per_mwh
    even = finance.evaluate(dataclasses.replace(project, price_usd_per_mwh=cost))
    assert abs(even.npv_usd) < 1e-6 * project.installed_cost_usd


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"debt": finance.LevelDebt(1.1, 0.05, 10)}, "debt cannot pay for all"),
        ({"debt": finance.LevelDebt(0.5, 0.05, -3)}, "debt.tenor_years: found -3"),
        ({"debt": finance.LevelDebt(0.5, 0.05, 40)}, "1 to the project's 25 years"),
        ({"debt": finance.SculptedDebt(0.0, 0.05, 10)}, "debt.dscr: found 0"),
        (
            {"credits": (finance.InvestmentCredit(0.3), finance.ProductionCredit(30.0))},
            "2 credits are claimed on one project",
        ),
        ({"price_usd_per_mwh": float("nan")}, "price_usd_per_mwh: is not a finite number"),
        ({"depreciation": {"macrs_6": 1.0}}, "no depreciation class 'macrs_6'"),
        ({"depreciation": {"macrs_5": 0.7, "macrs_15": 0.7}}, "add up to 1.4"),
        ({"installed_cost_usd": -1.0}, "installed_cost_usd: found -1"),
        (
            {"debt": finance.SculptedDebt(1.3, 0.05, 10), "price_usd_per_mwh": 5.0},
            "below zero in year 1",
        ),
    ],
)
def test_bad_input_is_refused_in_words(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        finance.evaluate(plain(**changes))


def test_an_unknown_line_names_those_there_are() -> None:
    with pytest.raises(InputError, match="after_tax_flow_usd"):
        finance.evaluate(plain()).line("aftertax")
