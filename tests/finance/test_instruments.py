"""Instruments whose flows are known beforehand: their own books, and hand-reckoned cases."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.finance.test_waterfall import FIRST, INDEX, TERMS, company, programme

from gigaplan import finance
from gigaplan.core.errors import InputError

Array = NDArray[np.float64]
CENT = 0.01
MONTHS, DRAWS = 120, 5


def some(seed: int, capital: dict[str, Array]) -> list[finance.Scheduled]:
    """Return one instrument of every kind, of random terms, none paying what another pays."""
    rng = np.random.default_rng(seed)
    shape = capital["hall"].shape
    service = rng.integers(0, MONTHS + 20, DRAWS)
    rate, tenor = float(rng.uniform(0, 0.15)), int(rng.integers(1, 90))
    residual = float(rng.uniform(0, 0.4))
    lump = rng.gamma(0.3, 1e8, shape)

    def lease(name: str, kind: Any, share: float) -> finance.Lease:
        return finance.Lease(
            name,
            share * capital["servers"],
            "servers",
            rate,
            tenor,
            tenor + 5,
            kind,
            residual,
            0.5 * residual,
            0.2 * residual,
        )

    return [
        finance.ProjectDebt(
            "loan", capital["power"], service, 0.5, rate, tenor, "power", 3e9, 0.02
        ),
        finance.ConstructionLoan(
            "building", capital["hall"], service, 0.4, rate, "hall", 5e9, fee_fraction=0.01
        ),
        finance.JointVenture(
            "venture", 0.3 * capital["hall"], service, 6e9, 0.2, 0.1, rate, 0.11, 20, 80, "hall"
        ),
        finance.VendorFinance("vendor", capital["servers"], 0.3, rate, tenor, 2e9),
        lease("rack lease", "finance", 0.2),
        lease("hire", "operating", 0.3),
        finance.CustomerPrepayment("customer", lump, service, tenor),
        finance.PowerPrepayment("reactors", 0.5 * lump, service, tenor),
        finance.CoInvestment(
            "fund", capital["power"], 2 * lump, 0.3, rate, float(rng.uniform(0, 1)), 1e9
        ),
        finance.SculptedLoan(
            "sculpted",
            0.4 * capital["power"],
            2 * lump,
            service,
            float(rng.uniform(1, 2)),
            rate,
            tenor,
            "power",
            float(rng.uniform(0, 1)),
            int(rng.integers(0, 12)),
        ),
        finance.TaxEquity(
            "investor", 0.2 * lump, lump, 0.7 * lump[::-1], 0.3 * lump, float(rng.uniform(0, 0.2))
        ),
        finance.CreditTransfer("credits sold", 0.1 * lump, 0.08, int(rng.integers(0, 12))),
    ]


def nominal(flows: finance.ProgrammeFlows) -> dict[str, Array]:
    factors = finance.month_factors(INDEX, 2025, FIRST, MONTHS)[:, None]
    return {name: money.values * factors for name, money in flows.capex_usd.items()}


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 100_000))
def test_every_instrument_s_own_books_balance_in_every_month_and_draw(seed: int) -> None:
    for item in some(seed, nominal(programme(seed, MONTHS, DRAWS))):
        found = item.effects(FIRST)
        assert np.abs(found.imbalance()).max() < CENT, item.name
        by_line = sum(found.cash_flow.values(), np.zeros((MONTHS, DRAWS)))
        assert np.abs(by_line - found.cash()).max() < CENT, item.name
        for side in (found.sources, found.uses, found.debt, found.liabilities):
            assert all(values.min() >= -CENT for values in side.values()), item.name


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 100_000), income=st.floats(0, 2e9))
def test_together_their_sources_are_their_uses_and_the_balance_sheet_balances(
    seed: int, income: float
) -> None:
    flows = programme(seed, MONTHS, DRAWS)
    tools: list[finance.Instrument] = [*some(seed, nominal(flows))]
    tools.append(finance.Revolver("line", 0.05, 1e9, 0.001))
    flow = finance.waterfall(
        flows, company(MONTHS, taxable_usd=np.full(MONTHS, income)), tools, TERMS
    )
    sources, uses = sum(flow.sources.values()), sum(flow.uses.values())
    assert np.abs(sources - uses).max() < CENT
    made = finance.statements(flow, TERMS)
    assert made.imbalance_usd() < CENT
    cash = np.diff(flow.cash, axis=0, prepend=flow.company.cash_usd)
    assert np.abs(made.cash_flow["change of cash"] - cash).max() < CENT


def once(usd: float, month: int = 0, months: int = MONTHS) -> Array:
    out = np.zeros((months, 1))
    out[month] = usd
    return out


def test_a_lease_s_payments_and_residual_give_the_lessor_his_rate() -> None:
    tool = finance.Lease(
        "hire", once(1e9), "servers", 0.09, 48, 60, "operating", residual_fraction=0.2
    )
    paid = tool.effects(FIRST).uses["hire payments"][:, 0]
    i = 0.09 / 12
    by_hand = 1e9 * (1 - 0.2 * (1 + i) ** -48) * i / (1 - (1 + i) ** -48)
    assert paid[1:49] == pytest.approx(np.full(48, by_hand), rel=1e-12)
    worth = paid @ (1 + i) ** -np.arange(float(MONTHS)) + 0.2e9 * (1 + i) ** -48
    assert worth == pytest.approx(1e9, rel=1e-12)


def test_a_finance_lease_costs_its_payments_in_the_end_and_more_at_first() -> None:
    found = finance.Lease("rack", once(1e9), "servers", 0.09, 48, 60, "finance").effects(FIRST)
    expense = -np.sum(list(found.income.values()), axis=0)[:, 0]
    paid = found.uses["rack payments"][:, 0]
    assert expense.sum() == pytest.approx(paid.sum(), rel=1e-12)
    assert expense[1] > paid[1]
    assert expense[48] < paid[48]
    assert abs(found.debt["rack"][-1, 0]) < CENT
    assert abs(found.assets["leased equipment"][-1, 0]) < CENT


def test_a_guarantee_costs_what_the_equipment_falls_short_when_it_goes_back() -> None:
    tool = finance.Lease(
        "hire",
        once(1e9, 3),
        "servers",
        0.09,
        48,
        60,
        "operating",
        0.3,
        0.25,
        end_value_fraction=0.1,
    )
    found = tool.effects(FIRST)
    without = finance.Lease("hire", once(1e9, 3), "servers", 0.09, 48, 60, "operating", 0.3)
    more = found.uses["hire payments"] - without.effects(FIRST).uses["hire payments"]
    assert more[51, 0] == pytest.approx(0.15e9)
    assert more.sum() == pytest.approx(0.15e9)
    assert found.hidden_debt is not None
    assert found.hidden_debt[50, 0] == pytest.approx(found.liabilities["hire"][50, 0] + 0.25e9)
    assert found.hidden_debt[51:].max() < CENT


def test_a_construction_loan_is_repaid_with_its_interest_the_month_after_service() -> None:
    tool = finance.ConstructionLoan("c", once(1e9), np.array([24]), 0.6, 0.06, "hall", 1e9, 0.012)
    found = tool.effects(FIRST)
    owed = 6e8 * 1.005**24
    paid = found.uses["c service"][:, 0]
    assert paid[25] == pytest.approx(owed * 1.005, rel=1e-12)
    # Of a line of 1 billion 400 million are not drawn, at a tenth of a per cent a month.
    assert paid[:24] == pytest.approx(np.full(24, 4e5))
    assert paid[26:].sum() == 0
    assert found.capitalised["hall"].sum() == pytest.approx(owed - 6e8, rel=1e-12)


def test_a_sculpted_loan_is_covered_alike_in_every_month_and_worth_nothing_at_its_own_rate() -> (
    None
):
    capital, cash = np.zeros((MONTHS, 1)), np.zeros((MONTHS, 1))
    capital[:24] = 9e7
    cash[24:, 0] = 4e7 * (1 + 0.3 * np.sin(np.arange(MONTHS - 24)))
    tool = finance.SculptedLoan(
        "p", capital, cash, np.array([23]), 1.4, 0.07, 60, "power", reserve_months=6
    )
    flow = tool.flows()
    paid = flow.payment_usd[:, 0]
    assert cash[24:84, 0] / paid[24:84] == pytest.approx(np.full(60, 1.4))
    assert paid[84:].sum() == 0
    assert abs(flow.balance_usd[-1, 0]) < CENT
    i = 0.07 / 12
    worth = (flow.drawn_usd[:, 0] - paid) @ (1 + i) ** -np.arange(float(MONTHS))
    assert abs(worth) < CENT
    assert flow.balance_usd[23, 0] == pytest.approx(
        paid[24:84] @ (1 + i) ** -np.arange(1.0, 61.0), rel=1e-12
    )
    found = tool.effects(FIRST)
    held = found.assets["debt service reserves"][:, 0]
    assert held[23] == pytest.approx(paid[24:30].sum())
    assert held[22] == 0
    assert held[83:].max() < CENT


def test_a_sculpted_loan_lends_no_more_than_its_cap_and_is_then_covered_better() -> None:
    capital, cash = once(1e9), np.full((MONTHS, 1), 5e7)
    tool = finance.SculptedLoan("p", capital, cash, np.array([0]), 1.2, 0.06, 96, "power", 0.5)
    flow = tool.flows()
    assert flow.drawn_usd.sum() == pytest.approx(5e8)
    cover = cash[1:97, 0] / flow.payment_usd[1:97, 0]
    assert cover == pytest.approx(np.full(96, cover[0]))
    assert cover[0] > 1.2
    assert abs(flow.balance_usd[-1, 0]) < CENT


def test_a_tax_equity_investor_has_his_return_and_then_the_plant_flips() -> None:
    cash, credits = np.full((MONTHS, 1), 2e6), np.full((MONTHS, 1), 3e6)
    write_off = np.zeros((MONTHS, 1))
    write_off[1:61] = 5e6
    tool = finance.TaxEquity("flip", once(1.5e8), cash, write_off, credits, 0.07)
    found = tool.effects(FIRST)
    paid = found.uses["flip distributions"][:, 0] + found.uses["flip credits"][:, 0]
    owed = found.liabilities["partners"][:, 0]
    flip = int(np.flatnonzero(owed == 0)[0])
    assert 20 < flip < 60
    # By hand, a month before: a fifth of cash, 99% of credits and of the worth of the losses.
    benefit = 0.2 * 2e6 + 0.99 * 3e6 + 0.21 * 0.99 * (5e6 - 2e6)
    i = 0.07 / 12
    left = 1.5e8 * (1 + i) ** (flip - 1) - benefit * ((1 + i) ** (flip - 1) - 1) / i
    assert owed[flip - 1] == pytest.approx(left, rel=1e-9)
    assert 0 < left * (1 + i) <= benefit
    assert paid[1:flip] == pytest.approx(np.full(flip - 1, 0.2 * 2e6 + 0.99 * 3e6))
    assert paid[flip + 1 :] == pytest.approx(np.full(MONTHS - flip - 1, 0.05 * 5e6))
    assert found.taxable is not None
    assert found.taxable[1, 0] == pytest.approx(0.99 * 3e6)  # the loss is his
    assert found.taxable[flip + 1, 0] == pytest.approx(0.05 * 3e6)


def test_what_a_vendor_lends_is_repaid_level_from_the_next_month() -> None:
    found = finance.VendorFinance("v", once(1e9, 2) + once(5e8, 9), 0.8, 0.12, 24).effects(FIRST)
    due = 0.01 / (1 - 1.01**-24)
    paid = found.uses["v service"][:, 0]
    assert paid[3:10] == pytest.approx(np.full(7, 8e8 * due))
    assert paid[10:27] == pytest.approx(np.full(17, 12e8 * due))
    assert paid[27:34] == pytest.approx(np.full(7, 4e8 * due))
    assert abs(found.debt["v"][-1, 0]) < CENT


def test_a_customer_s_prepayment_is_taxed_when_earned_or_the_year_after_it_comes() -> None:
    # March 2026: 1,200 come; compute from September 2027 on over 24 months, 50 a month.
    tool = finance.CustomerPrepayment("anchor", once(1200.0), np.array([17]), 24)
    found = tool.effects(FIRST)
    assert found.taxable is not None
    taxable = found.taxable[:, 0]
    january_2027 = 10
    assert taxable[january_2027] == pytest.approx(1200.0)
    assert np.delete(taxable, january_2027) == pytest.approx(np.zeros(MONTHS - 1))
    revenue = found.income["revenue"][:, 0]
    assert revenue[18:42] == pytest.approx(np.full(24, 50.0))
    assert found.liabilities["anchor"][29, 0] == pytest.approx(1200 - 12 * 50)
    # One that is delivered in the year it comes is taxed as it is delivered.
    soon = finance.CustomerPrepayment("anchor", once(1200.0), np.array([0]), 6).effects(FIRST)
    assert soon.taxable is not None
    assert soon.taxable[1:7, 0] == pytest.approx(np.full(6, 200.0))


def test_power_that_never_comes_is_never_written_off() -> None:
    tool = finance.PowerPrepayment("p", once(1e9), np.array([MONTHS + 9]), 240)
    found = tool.effects(FIRST)
    assert found.income["energy"].sum() == 0
    assert found.assets["prepaid power"][-1, 0] == pytest.approx(1e9)


def test_a_partner_has_his_return_before_the_company_has_its_promote() -> None:
    # He pays 300 of 1,000 and has 30% of 20 a month until 8% is returned, then half of it.
    cash = np.full((MONTHS, 1), 20.0)
    cash[0] = 0.0
    tool = finance.CoInvestment("fund", once(1000.0), cash, 0.3, 0.08, promote_fraction=0.5)
    paid = tool.effects(FIRST).uses["fund distributions"][:, 0]
    i = 0.08 / 12
    months_due = int(np.ceil(-np.log(1 - 300 * i / 6) / np.log(1 + i)))
    assert paid[1:months_due] == pytest.approx(np.full(months_due - 1, 6.0))
    assert paid[months_due + 1 :] == pytest.approx(np.full(MONTHS - months_due - 1, 3.0))
    last = 300 * (1 + i) ** months_due - 6 * ((1 + i) ** (months_due - 1) - 1) / i * (1 + i)
    assert paid[months_due] == pytest.approx(last + 0.5 * (6 - last))


def test_a_partner_whose_money_is_capped_has_the_share_he_paid_for() -> None:
    cash = once(100.0, 30)
    tool = finance.CoInvestment("fund", once(1000.0), cash, 0.5, 0.0, max_usd=200.0)
    assert tool.effects(FIRST).uses["fund distributions"][30, 0] == pytest.approx(20.0)


def test_credits_are_sold_at_a_discount_and_not_taxed() -> None:
    found = finance.CreditTransfer("ptc", once(1e8, 5), 0.07, lag_months=3).effects(FIRST)
    assert found.sources["ptc"][8, 0] == pytest.approx(0.93e8)
    assert found.taxable is None


@pytest.mark.parametrize(
    ("tool", "message"),
    [
        (
            finance.Lease("hire", once(1.0), "servers", 0.09, 72, 60),
            r"hire\.lease_months: 72 months is longer than the equipment's life of 60",
        ),
        (
            finance.Lease("hire", once(1.0), "servers", 0.09, 48, 60, "finance", 0.2, 0.3),
            r"hire\.guaranteed_fraction: found 0.3; from 0 to the residual of 0.2",
        ),
        (
            finance.CreditTransfer("ptc", once(1.0), 0.07, -2),
            r"ptc\.lag_months: found -2; at least 0",
        ),
        (
            finance.CustomerPrepayment("c", -once(1.0), np.array([3]), 12),
            r"c\.receipts_usd: holds a number that is not finite or below 0",
        ),
        (
            finance.SculptedLoan("p", once(1.0), once(1.0), np.array([3]), 0.8, 0.05, 12, "power"),
            r"p\.dscr: found 0.8; a cover of at least 1",
        ),
        (
            finance.VendorFinance("v", once(1.0), 0.5, 0.05, -3),
            r"v\.tenor_months: found -3; allowed is 1 to 1200",
        ),
    ],
)
def test_terms_that_cannot_be_are_refused(tool: finance.Scheduled, message: str) -> None:
    with pytest.raises(InputError, match=message):
        finance.waterfall(programme(0, MONTHS, 1), company(MONTHS), (tool,), TERMS)
