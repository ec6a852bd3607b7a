"""Identities of the monthly waterfall, its statements and its instruments."""

from __future__ import annotations

import dataclasses
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gigaplan import finance
from gigaplan.core.errors import InputError
from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import month_index
from gigaplan.finance.property_tax import PropertyTax

Array = NDArray[np.float64]
CENT = 0.01
INDEX = PriceIndex({2025: 1.0, 2026: 1.03}, 0.025)
FIRST = month_index("2026-03")
TAXES = (PropertyTax(0.004), PropertyTax(0.01, 0.75, 60))
ASSETS = MappingProxyType(
    {
        "hall": finance.AssetClass(360, {"straight_39": 1.0}, 0.0, 12, TAXES),
        "servers": finance.AssetClass(66, {"macrs_5": 1.0}, 1.0, 1, TAXES[:1]),
        "power": finance.AssetClass(480, {"macrs_15": 1.0}, 0.0, 20),
    }
)


def real(values: Array) -> finance.RealUsd:
    return finance.RealUsd(values, 2025)


def company(months: int, **changes: Any) -> finance.CompanyFlows:
    month = np.ones(months)
    plain: dict[str, Any] = {
        "cash_usd": 8e9,
        "minimum_cash_usd": 3e9,
        "operating_cash_usd": 1.0e9 * month,
        "reallocated_usd": 5e7 * month,
        "other_capex_usd": 2e8 * month,
        "shareholder_usd": 1e8 * month,
        "depreciation_usd": 1.5e8 * month,
        "taxable_usd": 6e8 * month,
        "ebitda_usd": 1.1e9 * month,
        "interest_usd": 2e7 * month,
        "plant_usd": 1.6e11,
        "debt_usd": 5.8e10,
    }
    return finance.CompanyFlows(**(plain | changes))


def programme(
    seed: int, months: int, draws: int, *, revenue: bool = True
) -> finance.ProgrammeFlows:
    rng = np.random.default_rng(seed)

    def money(scale: float) -> finance.RealUsd:
        return real(scale * rng.gamma(0.7, 1.0, (months, draws)))

    return finance.ProgrammeFlows(
        FIRST,
        {name: money(scale) for name, scale in (("hall", 4e8), ("servers", 9e8), ("power", 3e8))},
        ASSETS,
        money(8e8) if revenue else None,
        money(1e8),
        money(1e8),
        rng.uniform(0, 1e7, (months, draws)),
    )


def instruments(
    flows: finance.ProgrammeFlows, seed: int, factors: Array
) -> tuple[finance.Instrument, ...]:
    rng = np.random.default_rng(seed)
    halls = flows.capex_usd["hall"].values * factors[:, None]
    power = flows.capex_usd["power"].values * factors[:, None]
    months, draws = halls.shape
    service = rng.integers(0, months + 10, draws)
    return (
        finance.Bond("bonds", 0.053, int(rng.integers(5, 90)), 3e10, 6e9, 0.005, 2),
        finance.ProjectDebt("loan", power, service, 0.6, 0.07, 48, "power", 4e9),
        finance.JointVenture(
            "venture",
            0.7 * halls,
            service,
            6e9,
            0.2,
            0.1,
            0.0658,
            0.11,
            20,
            80,
            "hall",
            residual_guarantee_months=60,
            upfront_distribution_usd=5e8,
            exit_month=int(rng.integers(30, 150)) if seed % 2 else None,
            exit_value_fraction=0.4,
        ),
        finance.Equity("shares", 2e9, 1e9, 0.02),
        finance.Revolver("line", 0.05, 1e9, 0.001),
    )


TERMS = finance.Terms(INDEX, 0.25, 0.03)


def run(seed: int, months: int = 120, draws: int = 7, **changes: Any) -> finance.Waterfall:
    flows = programme(seed, months, draws)
    factors = finance.month_factors(INDEX, 2025, FIRST, months)
    return finance.waterfall(
        flows, company(months, **changes), instruments(flows, seed, factors), TERMS
    )


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), income=st.floats(0, 2e9))
def test_sources_equal_uses_in_every_month_and_draw(seed: int, income: float) -> None:
    flow = run(seed, operating_cash_usd=np.full(120, income))
    left = sum(flow.sources.values())
    right = sum(flow.uses.values())
    assert np.abs(left - right).max() < CENT
    for name, values in flow.sources.items():
        assert values.min() >= 0, name
    for name, values in flow.uses.items():
        assert name == "tax" or values.min() >= 0, name


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000), income=st.floats(0, 2e9), taxable=st.floats(0, 1e9))
def test_the_balance_sheet_balances_to_the_cent_in_every_month_and_draw(
    seed: int, income: float, taxable: float
) -> None:
    flow = run(seed, operating_cash_usd=np.full(120, income), taxable_usd=np.full(120, taxable))
    made = finance.statements(flow, TERMS)
    assert made.imbalance_usd() < CENT
    change = np.diff(flow.cash, axis=0, prepend=8e9)
    assert np.abs(made.cash_flow["change of cash"] - change).max() < CENT
    assert made.balance_sheet["joint ventures"].min() >= -CENT
    assert made.balance_sheet["plant of the programme"].min() >= -CENT


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_cash_never_falls_below_what_is_kept_and_a_gap_comes_only_when_lines_are_full(
    seed: int,
) -> None:
    flow = run(seed, operating_cash_usd=np.full(120, 3e8))
    assert flow.cash.min() >= 3e9 - CENT
    new = flow.sources["funding gap"] > 0
    # Where there is a new gap the credit line, last in order, is fully drawn.
    assert np.all(flow.debt["line"][new] >= 1e9 - CENT)
    np.testing.assert_allclose(np.cumsum(flow.gap, axis=0), flow.unfunded, atol=CENT)


def test_the_numbers_of_draws_beside_a_draw_do_not_change_it() -> None:
    flows = programme(3, 120, 9)
    factors = finance.month_factors(INDEX, 2025, FIRST, 120)
    tools = instruments(flows, 3, factors)
    whole = finance.waterfall(flows, company(120), tools, TERMS)

    def one(values: Any) -> Any:
        return values[:, 4:5]

    def real_one(money: finance.RealUsd | None) -> finance.RealUsd | None:
        return None if money is None else real(one(money.values))

    alone = finance.ProgrammeFlows(
        FIRST,
        {name: real(one(money.values)) for name, money in flows.capex_usd.items()},
        ASSETS,
        real_one(flows.revenue_usd),
        real_one(flows.running_usd),
        real_one(flows.energy_usd),
        one(flows.credits_usd),
    )
    single = finance.waterfall(alone, company(120), tuple(_draw(item, 4) for item in tools), TERMS)
    assert np.array_equal(single.cash[:, 0], whole.cash[:, 4])
    assert np.array_equal(single.tax[:, 0], whole.tax[:, 4])


def _draw(item: finance.Instrument, draw: int) -> finance.Instrument:
    if isinstance(item, finance.ProjectDebt | finance.JointVenture):
        return dataclasses.replace(
            item,
            capital_usd=item.capital_usd[:, draw : draw + 1],
            service_month=item.service_month[draw : draw + 1],
        )
    return item


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rate=st.floats(0.0, 0.15),
    tenor=st.integers(1, 60),
    start=st.integers(0, 40),
)
def test_project_debt_ends_at_zero_and_is_worth_nothing_at_its_own_rate(
    seed: int, rate: float, tenor: int, start: int
) -> None:
    capital = np.zeros((160, 3))
    capital[:50] = np.random.default_rng(seed).gamma(0.5, 1e8, (50, 3))
    loan = finance.ProjectDebt(
        "loan", capital, np.full(3, start), 0.7, rate, tenor, "power"
    ).flows()
    assert np.abs(loan.balance_usd[-1]).max() < CENT
    growth = (1 + rate / 12) ** -np.arange(160.0)[:, None]
    worth = ((loan.drawn_usd - loan.payment_usd) * growth).sum(axis=0)
    assert np.abs(worth).max() < CENT
    assert np.all(loan.payment_usd[: start + 1] == 0)
    # What is paid is what was drawn and the interest on it.
    np.testing.assert_allclose(
        loan.payment_usd.sum(axis=0),
        (loan.drawn_usd + loan.interest_usd).sum(axis=0),
        atol=CENT,
    )


def test_a_loan_drawn_at_once_pays_its_textbook_level_payment() -> None:
    capital = np.zeros((80, 1))
    capital[0] = 1e9
    loan = finance.ProjectDebt("loan", capital, np.array([0]), 1.0, 0.06, 60, "power").flows()
    payment = 1e9 * 0.005 / (1 - 1.005**-60)
    np.testing.assert_allclose(loan.payment_usd[1:61, 0], payment, rtol=1e-12)
    assert np.all(loan.payment_usd[61:] == 0)


def test_interest_during_construction_compounds_into_the_loan_and_the_asset() -> None:
    capital = np.zeros((60, 1))
    capital[0] = 1e9
    loan = finance.ProjectDebt("loan", capital, np.array([24]), 0.5, 0.06, 30, "power").flows()
    assert loan.balance_usd[24, 0] == pytest.approx(5e8 * 1.005**24, rel=1e-12)
    assert loan.capitalised_usd.sum() == pytest.approx(5e8 * (1.005**24 - 1), rel=1e-12)


def venture(**changes: Any) -> finance.JointVenture:
    capital = np.zeros((300, 1))
    capital[:36] = 27.3e9 / 36
    plain: dict[str, Any] = {
        "name": "hyperion",
        "capital_usd": capital,
        "service_month": np.array([36]),
        "max_usd": 27e9,
        "company_share_fraction": 0.2,
        "equity_fraction": 0.08,
        "debt_rate_fraction": 0.0658,
        "equity_return_fraction": 0.11,
        "lease_start_month": 36,
        "lease_months": 240,
        "asset": "hall",
        "residual_guarantee_months": 192,
    }
    return finance.JointVenture(**(plain | changes))


def test_rent_repays_the_venture_s_bonds_and_gives_its_equity_the_stated_return() -> None:
    tool = venture()
    flows = tool.flows()
    assert flows.funded_usd.sum() == pytest.approx(27e9, rel=1e-12)
    rent = flows.rent_usd[:, 0]
    np.testing.assert_allclose(rent[37:277], rent[37], rtol=1e-9)
    assert np.all(rent[:37] == 0)
    assert np.all(rent[277:] == 0)
    assert abs(flows.bond_balance_usd[-1, 0]) < CENT
    assert abs(flows.stake_usd[-1, 0]) < CENT
    month = np.arange(300.0)
    bonds = 0.92 * flows.funded_usd[:, 0] - flows.bond_payment_usd[:, 0]
    assert abs(np.sum(bonds * (1 + 0.0658 / 12) ** -month)) < 1.0
    stake = flows.contribution_usd[:, 0] - flows.distribution_usd[:, 0]
    assert abs(np.sum(stake * (1 + 0.11 / 12) ** -month)) < 1.0


def test_a_venture_s_own_books_balance_and_its_cash_comes_and_goes() -> None:
    books = {
        key: values[:, 0]
        for key, values in venture(upfront_distribution_usd=3e9).flows().books().items()
    }
    cash = sum(v for (statement, _), v in books.items() if statement == "cash_flow")
    assert np.abs(cash).max() < CENT
    held = books["balance_sheet", "net investment in the lease"]
    owed = books["balance_sheet", "bonds"] + books["balance_sheet", "members' equity"]
    np.testing.assert_allclose(held, owed, atol=CENT)
    # what is invested grows with what it earns and spends, and falls with rent
    grows = books["income", "lease income"] - books["cash_flow", "rent and guarantees"]
    grows = grows - books["cash_flow", "halls"] - books["cash_flow", "paid at closing"]
    np.testing.assert_allclose(np.diff(held, prepend=0.0), grows, atol=CENT)
    earned = books["income", "lease income"] + books["income", "interest"]
    np.testing.assert_allclose(earned, books["income", "net income"], atol=CENT)


def test_capital_after_the_lease_has_begun_raises_the_rent_and_is_still_repaid() -> None:
    flows = venture(lease_start_month=20, service_month=np.array([20])).flows()
    assert flows.rent_usd[40, 0] > flows.rent_usd[22, 0] > 0
    assert abs(flows.bond_balance_usd[-1, 0]) < CENT


def test_leaving_costs_what_the_halls_fall_short_while_the_guarantee_runs() -> None:
    stay = venture().flows()
    leave = venture(exit_month=84, exit_value_fraction=0.5).flows()
    owed = stay.bond_balance_usd[84, 0] + stay.stake_usd[84, 0] / 0.2
    assert leave.guarantee_usd[84, 0] == pytest.approx(owed - 0.5 * 27e9, rel=1e-9)
    assert leave.rent_usd[85:].sum() == 0
    assert leave.bond_balance_usd[84:].sum() == 0
    late = venture(exit_month=250, exit_value_fraction=0.0).flows()
    assert late.guarantee_usd.sum() == 0


def test_bonds_are_repaid_in_one_sum_when_due() -> None:
    flow = run(11)
    drawn, back = flow.sources["bonds"], flow.uses["bonds repaid"]
    first = int(np.flatnonzero(drawn.any(axis=1))[0])
    gap = int(np.flatnonzero(back.any(axis=1))[0]) - first
    np.testing.assert_array_equal(back[first + gap], drawn[first])


def test_a_loss_beyond_other_income_is_carried_forward_and_used() -> None:
    months = 36
    spent = np.zeros((months, 1))
    spent[0] = 1e9
    earned = np.zeros((months, 1))
    earned[1:] = 1e8
    flows = finance.ProgrammeFlows(
        month_index("2026-12"),
        {"servers": real(spent)},
        {"servers": finance.AssetClass(60, {"macrs_5": 1.0}, 1.0, 0)},
        real(earned),
    )
    flat = PriceIndex({2025: 1.0}, 0.0)
    terms = finance.Terms(flat, 0.2, loss_limit_fraction=0.8)
    alone = finance.CompanyFlows.none(months, cash_usd=5e9)
    tax = finance.waterfall(flows, alone, (), terms).tax[:, 0]
    # 1e9 written off in December 2026; 80% of each month's 1e8 is offset until it is used.
    assert tax[0] == 0
    np.testing.assert_allclose(tax[1:13], 0.2 * 0.2 * 1e8)
    np.testing.assert_allclose(tax[13], 0.2 * (1e8 - 4e7))
    np.testing.assert_allclose(tax[14:], 0.2 * 1e8)


def test_a_loss_within_other_income_lowers_tax_at_once() -> None:
    months = 24
    spent = np.zeros((months, 1))
    spent[0] = 1e9
    flows = finance.ProgrammeFlows(
        month_index("2026-12"),
        {"servers": real(spent)},
        {"servers": finance.AssetClass(60, {"macrs_5": 1.0}, 1.0, 0)},
    )
    terms = finance.Terms(PriceIndex({2025: 1.0}, 0.0), 0.2)
    rich = company(months, taxable_usd=np.full(months, 2e9))
    assert finance.waterfall(flows, rich, (), terms).tax[0, 0] == pytest.approx(-2e8)


def test_two_programmes_together_have_the_flows_of_both() -> None:
    one, two = programme(1, 120, 4), programme(2, 120, 4)

    def both(a: finance.RealUsd | None, b: finance.RealUsd | None) -> finance.RealUsd:
        assert a is not None
        assert b is not None
        return a + b

    assert one.credits_usd is not None
    assert two.credits_usd is not None
    joint = finance.ProgrammeFlows(
        FIRST,
        {name: both(one.capex_usd[name], two.capex_usd[name]) for name in one.capex_usd},
        ASSETS,
        both(one.revenue_usd, two.revenue_usd),
        both(one.running_usd, two.running_usd),
        both(one.energy_usd, two.energy_usd),
        one.credits_usd + two.credits_usd,
    )
    # Tax adds up where other income takes every loss.
    rich = company(120, taxable_usd=np.full(120, 1e12), cash_usd=1e12)
    terms = finance.Terms(INDEX, 0.25)
    a, b, c = (finance.waterfall(flows, rich, (), terms) for flows in (one, two, joint))
    for name in ("tax", "energy", "property tax", "capital: hall"):
        np.testing.assert_allclose(a.uses[name] + b.uses[name], c.uses[name], atol=CENT, rtol=1e-9)
    for name in ASSETS:
        np.testing.assert_allclose(
            a.book_depreciation[name] + b.book_depreciation[name],
            c.book_depreciation[name],
            atol=CENT,
        )


@settings(max_examples=30, deadline=None)
@given(inflation=st.floats(-0.05, 0.2), scale=st.floats(1e-3, 1e12))
def test_indexing_forth_and_back_returns_the_start(inflation: float, scale: float) -> None:
    index = PriceIndex({2024: 0.97, 2025: 1.0}, inflation)
    factors = finance.month_factors(index, 2025, FIRST, 240)
    start = real(scale * np.ones((240, 2)))
    back = start.to_nominal(factors).to_real(factors, 2025)
    np.testing.assert_allclose(back.values, start.values, rtol=1e-14)
    assert back.base_year == 2025


def test_real_and_nominal_money_do_not_add() -> None:
    money = real(np.ones(3))
    with pytest.raises(InputError, match="RealUsd and NominalUsd cannot be added"):
        money + finance.NominalUsd(np.ones(3))  # type: ignore[operator]
    with pytest.raises(InputError, match="USD of 2025 and USD of 2024"):
        money + finance.RealUsd(np.ones(3), 2024)


def test_prices_reach_the_index_of_a_year_at_its_middle() -> None:
    factors = finance.month_factors(INDEX, 2025, month_index("2026-01"), 12)
    assert factors[5] < 1.03 < factors[6]


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        (finance.Bond("b", 0.05, -3, 1e9), r"b\.tenor_months: found -3"),
        (finance.Bond("b", 0.05, 12, -1e9), r"b\.max_usd_total: found -1e\+09"),
        (finance.Revolver("r", float("nan"), 1e9), r"r\.rate_fraction: found nan"),
        (
            finance.ProjectDebt("p", np.ones((24, 1)), np.array([3]), 1.4, 0.05, 12, "hall"),
            r"p\.share_fraction: found 1.4; allowed is 0 to 1",
        ),
        (
            finance.ProjectDebt("p", np.ones((24, 1)), np.array([3]), 0.4, 0.05, 12, "reactors"),
            r"p\.asset: there is no capital of class 'reactors'; there is hall, servers, power",
        ),
        (
            finance.ProjectDebt("p", np.ones((20, 1)), np.array([3]), 0.4, 0.05, 12, "hall"),
            r"p\.capital_usd: is of shape \(20, 1\)",
        ),
    ],
)
def test_terms_that_cannot_be_are_refused(tool: finance.Instrument, message: str) -> None:
    with pytest.raises(InputError, match=message):
        finance.waterfall(programme(0, 24, 1), company(24), (tool,), TERMS)


def test_a_venture_that_pays_more_than_is_spent_is_refused() -> None:
    flows = programme(0, 24, 1)
    tool = venture(
        capital_usd=10 * flows.capex_usd["hall"].values + 1e9,
        service_month=np.array([12]),
        lease_start_month=12,
    )
    with pytest.raises(InputError, match="'hyperion' pays more hall capital than is spent"):
        finance.waterfall(flows, company(24), (tool,), TERMS)


def test_two_instruments_of_one_name_are_refused() -> None:
    twice = (finance.Revolver("line", 0.05, 1e9), finance.Revolver("line", 0.06, 1e9))
    with pytest.raises(InputError, match="two instruments are named 'line'"):
        finance.waterfall(programme(0, 24, 1), company(24), twice, TERMS)


def test_months_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="has 20 months, not 24"):
        finance.waterfall(programme(0, 24, 1), company(20), (), TERMS)
