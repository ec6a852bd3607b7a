"""The six deals of docs/finance-cases.md, each figure found in the engine's answer."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan import finance
from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import month_index

Array = NDArray[np.float64]
SAID = (Path(__file__).parents[2] / "docs" / "finance-cases.md").read_text("utf-8")
FIRST = month_index("2026-01")
FLAT = PriceIndex({2026: 1.0}, 0.0)


def said(text: str, per_unit: float = 1.0) -> float:
    """Return a figure that the page holds, in units."""
    assert text in SAID, f"the page does not say {text}"
    return float(text.replace(",", "")) * per_unit


def close(text: str, per_unit: float = 1.0) -> object:
    """Return what equals a printed figure to its last digit."""
    digits = len(text.partition(".")[2])
    return pytest.approx(said(text, per_unit), abs=0.5001 * 10.0**-digits * per_unit)


def once(usd: float, months: int) -> Array:
    out = np.zeros((months, 1))
    out[0] = usd
    return out


def test_case_1_a_joint_venture_that_leases_halls_back() -> None:
    halls = finance.AssetClass(360, {"straight_39": 1.0})
    flows = finance.ProgrammeFlows(
        FIRST, {"hall": finance.RealUsd(once(27e9, 300), 2026)}, {"hall": halls}
    )

    def run(exit_month: int | None) -> finance.Effects:
        tool = finance.JointVenture(
            name="vehicle",
            capital_usd=once(27e9, 300),
            service_month=np.array([0]),
            max_usd=27e9,
            company_share_fraction=0.2,
            equity_fraction=0.08,
            debt_rate_fraction=0.0658,
            equity_return_fraction=0.11,
            lease_start_month=0,
            lease_months=240,
            asset="hall",
            residual_guarantee_months=192,
            exit_month=exit_month,
            exit_value_fraction=0.5,
        )
        flow = finance.waterfall(
            flows, finance.CompanyFlows.none(300, cash_usd=1e12), (tool,), finance.Terms(FLAT, 0.0)
        )
        made = finance.statements(flow, finance.Terms(FLAT, 0.0))
        assert made.imbalance_usd() < 0.01
        assert not flow.debt
        return flow.effects["vehicle"]

    stay = run(None)
    rent = stay.uses["vehicle rent"][:, 0]
    assert rent[1:241] == close("208.67", 1e6)
    assert said("186.37") + said("22.30") == close("208.67")
    assert stay.uses["vehicle contributions"][0, 0] == pytest.approx(432e6)
    assert stay.sources["vehicle distributions"][1, 0] == close("4.459", 1e6)
    assert stay.hidden_debt is not None
    assert stay.hidden_debt[0, 0] == close("26.568", 1e9)
    leave = run(84)
    cost = leave.uses["vehicle rent"][84, 0] - rent[84]
    assert cost == close("7.852", 1e9)
    assert said("19.506") + said("1.846") - 13.5 == close("7.852")


def test_case_2_power_paid_for_before_it_is_there() -> None:
    found = finance.PowerPrepayment("power", once(1.2e9, 300), np.array([48]), 240).effects(FIRST)
    cost = -found.income["energy"][:, 0]
    assert cost[49:289] == pytest.approx(np.full(240, 5e6))
    assert cost.sum() == pytest.approx(1.2e9)
    assert found.assets["prepaid power"][48, 0] == pytest.approx(1.2e9)
    worth = ((cost > 0) * 1e5) @ (1 + 0.08 / 12) ** -np.arange(300.0)
    assert 1.2e9 / worth == close("138.08")


def test_case_3_a_sovereign_fund_beside_the_company() -> None:
    cash = np.full((120, 1), 20.0)
    cash[0] = 0.0
    fund = finance.CoInvestment("fund", once(1000.0, 120), cash, 0.3, 0.08, promote_fraction=0.5)
    found = fund.effects(FIRST)
    paid = found.uses["fund distributions"][:, 0]
    assert paid[1:62] == pytest.approx(np.full(61, 6.0))
    assert paid[62] == close("3.067")
    assert said("0.134") + (6 - said("0.134")) / 2 == close("3.067")
    assert paid[63:] == pytest.approx(np.full(57, 3.0))
    assert found.liabilities["partners"][0, 0] == 300
    assert found.liabilities["partners"][62:].max() < 1e-9
    # The fund's own rate of return until the promote begins is what it was promised.
    flow = np.concatenate([[-300.0], paid[1:62], [said("0.134")]])
    rate = finance.irr(flow).value_fraction
    assert rate is not None
    assert 12 * rate == pytest.approx(0.08, abs=1e-5)


def test_case_4_a_lease_with_a_guaranteed_residual() -> None:
    def lease(kind: str) -> finance.Effects:
        return finance.Lease(
            name="servers",
            capital_usd=once(1e9, 60),
            asset="servers",
            rate_fraction=0.09,
            lease_months=48,
            asset_life_months=60,
            kind="finance" if kind == "finance" else "operating",
            residual_fraction=0.2,
            guaranteed_fraction=0.15,
            end_value_fraction=0.05,
        ).effects(FIRST)

    hire, owned = lease("operating"), lease("finance")
    paid = hire.uses["servers payments"][:, 0]
    assert paid[1:48] == close("21.408", 1e6)
    assert paid[48] - paid[1] == pytest.approx(100e6)
    assert hire.liabilities["servers"][0, 0] == close("860.28", 1e6)
    assert hire.hidden_debt is not None
    assert hire.hidden_debt[0, 0] == close("1,010.28", 1e6)
    assert owned.debt["servers"][0, 0] == close("860.28", 1e6)
    assert -sum(values[1, 0] for values in owned.income.values()) == close("24.375", 1e6)


def test_case_5_credits_sold() -> None:
    found = finance.CreditTransfer("48E", once(300e6, 24), 0.08, lag_months=3).effects(FIRST)
    assert found.sources["48E"][3, 0] == close("276", 1e6)
    assert found.sources["48E"].sum() == close("276", 1e6)
    assert found.taxable is None
    assert close("252.5") == 300 / 1.09**2
    assert close("270.1") == 276 / 1.09**0.25


def test_case_6_the_company_beside_its_programme() -> None:
    month, capital = np.ones(12), finance.RealUsd(np.full((12, 1), 18e9 / 12), 2026)
    flows = finance.ProgrammeFlows(
        FIRST, {"hall": capital}, {"hall": finance.AssetClass(360, {"straight_39": 1.0})}
    )
    zero = 0.0 * month

    def run(moved: float) -> finance.Waterfall:
        company = finance.CompanyFlows(
            cash_usd=8e9,
            minimum_cash_usd=3e9,
            operating_cash_usd=10e9 / 12 * month,
            reallocated_usd=moved / 12 * month,
            other_capex_usd=zero,
            shareholder_usd=2e9 / 12 * month,
            depreciation_usd=zero,
            taxable_usd=zero,
            ebitda_usd=zero,
            interest_usd=zero,
        )
        bonds = finance.Bond("bonds", 0.06, 120, 2e9)
        return finance.waterfall(flows, company, (bonds,), finance.Terms(FLAT, 0.0))

    flow = run(1.92e9)
    drawn, gap = flow.sources["bonds"][:, 0], flow.sources["funding gap"][:, 0]
    assert drawn[:7].sum() == 0
    assert [float(x) for x in drawn[7:11]] == [
        close("0.38667", 1e9),
        close("0.67527", 1e9),
        close("0.67864", 1e9),
        close("0.25942", 1e9),
    ]
    assert gap[10] == close("0.42261", 1e9)
    assert gap[11] == close("0.68333", 1e9)
    assert flow.unfunded[-1, 0] == close("1.10595", 1e9)
    assert flow.cash[-1, 0] == pytest.approx(3e9)
    more = run(0.0).unfunded[-1, 0] - flow.unfunded[-1, 0]
    sooner = run(0.0).interest.sum() - flow.interest.sum()
    assert more == pytest.approx(1.92e9 + sooner)
    assert sooner > 0
