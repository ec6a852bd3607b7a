"""What one instrument changes in the company's cash, against closed forms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.core.errors import InputError
from gigaplan.finance.irr import per_year
from gigaplan.programme import instruments as money
from gigaplan.programme.resolved import ResolvedProgramme, RevenueFigures

DRAWS = 40


WORLD = small.trajectories(DRAWS)


def cash_of(name: str, programme: ResolvedProgramme) -> finance.InstrumentCash:
    operating = small.operating(WORLD)
    return finance.instrument_cash(programme, small.plan(), WORLD, operating, name)


def fund(programme: ResolvedProgramme) -> finance.FinanceResult:
    return finance.fund(programme, small.plan(), WORLD, small.operating(WORLD))


def untaxed(**instruments: money.Instrument) -> ResolvedProgramme:
    plain = small.programme()
    terms = dataclasses.replace(plain.finance, tax_rate_fraction=0.0, property_tax_fraction=0.0)
    return dataclasses.replace(plain, instruments=instruments, finance=terms)


def loan(**changes: float) -> money.ProjectDebt:
    plain = money.ProjectDebt(
        title="Loan",
        projects=["reactor"],
        share_of_cost_fraction=0.6,
        rate_fraction=0.07,
        tenor_years=4,
        max_usd=1e12,
    )
    return plain.model_copy(update=changes)


def test_a_loan_without_fee_and_tax_is_worth_nothing_at_its_own_rate() -> None:
    found = cash_of("loan", untaxed(loan=loan()))
    lent = np.maximum(found.cash_usd, 0).sum(axis=0)
    ends = found.end_usd == 0  # what is repaid within the cash flows
    assert ends.any()
    worth = found.present_usd(per_year(0.07 / 12))
    assert np.abs(worth[ends]).max() < 1e-9 * lent.max()
    assert found.present_usd(0.03)[ends].max() < 0 < found.present_usd(0.12)[ends].min()


def test_the_cost_of_a_loan_is_its_rate_and_a_fee_makes_it_dearer() -> None:
    plain = cash_of("loan", untaxed(loan=loan(tenor_years=2.0)))
    dear = cash_of("loan", untaxed(loan=loan(tenor_years=2.0, fee_fraction=0.03)))
    assert (plain.end_usd == 0).all()
    assert plain.cost_fraction() == pytest.approx(per_year(0.07 / 12), rel=1e-9)
    assert dear.cost_fraction() > per_year(0.07 / 12) + 0.005  # type: ignore[operator]


def test_a_bonds_cash_is_what_it_brings_less_what_it_takes_after_tax() -> None:
    programme = small.programme(company=small.company(cash_usd=1.1e9))
    found = cash_of("bonds", programme)
    result = fund(programme)
    brought = sum(
        line.value.mean for line in result.cash if (line.group, line.name) == ("source", "bonds")
    )
    repaid = sum(
        line.value.mean
        for line in result.cash
        if (line.group, line.name) == ("use", "bonds repaid")
    )
    assert brought > 0
    assert found.end_usd.mean() == pytest.approx(repaid - brought)
    paid = brought - repaid - found.cash_usd.sum(axis=0).mean()
    assert paid > 0.75 * 0.006 * brought  # interest and fee after tax


def test_a_credit_that_is_sold_costs_its_discount() -> None:
    sold = money.CreditTransfer(title="Sold", projects=["reactor"], discount_fraction=0.08)
    plain = untaxed(sold=sold)
    reactor = dataclasses.replace(plain.power["reactor"], credit="48e")
    programme = dataclasses.replace(plain, power={"reactor": reactor})
    found = cash_of("sold", programme)
    credits = fund(dataclasses.replace(programme, instruments={}))
    face = sum(x.value.mean for x in credits.cash if x.name == "tax credits")
    assert face > 0
    assert found.cash_usd.sum(axis=0).mean() == pytest.approx(-0.08 * face)
    assert (found.cash_usd <= 1e-6).all()


def test_compute_that_is_paid_ahead_earns_nothing_else() -> None:
    anchor = money.CustomerPrepayment(
        title="Anchor", campus="lebanon", usd_by_year={2026: 1e9}, it_mw=50.0, delivery_years=3
    )
    programme = untaxed(anchor=anchor)
    unpriced = cash_of("anchor", programme)
    assert unpriced.cash_usd.sum(axis=0) == pytest.approx(1e9)
    assert (unpriced.gw_years > 0).all()
    price = RevenueFigures("capacity", 1e7)
    terms = dataclasses.replace(programme.finance, revenue=price)
    priced = cash_of("anchor", dataclasses.replace(programme, finance=terms))
    assert (priced.gw_years == 0).all()
    real = (priced.cash_usd - unpriced.cash_usd) / finance.month_factors(
        programme.price_index, 2025, programme.timeline.first, len(priced.cash_usd)
    )[:, None]
    # 50 MW for 36 months at 10 million a MW-year, where so much is online from the start
    assert real.sum(axis=0).min() == pytest.approx(-50 * 3 * 1e7)


def test_who_lends_is_asked_for_by_name() -> None:
    with pytest.raises(InputError, match="no instrument 'nobody'"):
        cash_of("nobody", small.programme())


@pytest.mark.parametrize("kind", ["sculpted", "partner", "flip"])
def test_what_lives_of_the_plants_cash_balances_and_costs_what_its_terms_say(kind: str) -> None:
    shared = {"title": kind, "projects": ["reactor"], "price_usd_per_mwh": 90.0}
    tools: dict[str, money.Instrument] = {
        "sculpted": money.SculptedLoan(
            **shared, dscr=1.3, rate_fraction=0.06, tenor_years=5, share_of_cost_fraction=0.7
        ),
        "partner": money.CoInvestment(
            **shared, share_of_cost_fraction=0.3, equity_return_fraction=0.08, max_usd=1e12
        ),
        "flip": money.TaxEquity(**shared, share_of_cost_fraction=0.2, rate_fraction=0.075),
    }
    programme = dataclasses.replace(small.programme(), instruments={kind: tools[kind]})
    result = fund(programme)
    brings = sum(line.value.mean for line in result.cash if line.name == kind)
    takes = sum(line.value.mean for line in result.cash if line.name.startswith(f"{kind} "))
    assert brings > 0
    assert takes > 0
    for year in {line.period for line in result.statements if line.group == "balance_sheet"}:
        rows = {
            r.name: r.value.mean
            for r in result.statements
            if (r.group, r.period) == ("balance_sheet", year)
        }
        against = rows["total liabilities"] + rows["equity"]
        assert rows["total assets"] == pytest.approx(against, abs=0.02)
