"""Leverage against a rating's limits."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.finance.rating import BEYOND, Leverage
from gigaplan.programme.funding import RatingLimits


def leverage(
    debt: float, hidden: float, unfunded: float, ebitda: float, interest: float
) -> Leverage:
    return Leverage(*(np.array([[value]]) for value in (debt, hidden, unfunded, ebitda, interest)))


def test_each_limit_is_broken_by_what_it_is_of_and_the_debt_beyond_it_is_the_most() -> None:
    at = leverage(debt=30.0, hidden=20.0, unfunded=0.0, ebitda=10.0, interest=2.0)
    limits = RatingLimits(
        debt_to_ebitda_max=2.5, economic_debt_to_ebitda_max=6.0, ebitda_to_interest_min=10.0
    )
    found = {name: float(value[0, 0]) for name, value in at.against(limits).items()}
    # debt 30 over 25; 50 within 60; cover 5 where 10 is asked: half of the debt is too much
    assert found == {
        "debt_to_ebitda_max": 1.0,
        "economic_debt_to_ebitda_max": 0.0,
        "ebitda_to_interest_min": 1.0,
        BEYOND: 15.0,
    }


def test_what_nobody_funds_counts_as_debt_and_earnings_below_nought_carry_none() -> None:
    limits = RatingLimits(debt_to_ebitda_max=3.0)
    assert leverage(20.0, 0.0, 11.0, 10.0, 1.0).against(limits)[BEYOND] == 1.0
    assert leverage(20.0, 0.0, 0.0, -5.0, 1.0).against(limits)[BEYOND] == 20.0
    assert leverage(0.0, 0.0, 0.0, -5.0, 0.0).against(limits)["debt_to_ebitda_max"] == 0.0
    assert leverage(1.0, 0.0, 0.0, 1.0, 1.0).against(RatingLimits()) == {}


def test_a_programme_says_in_what_share_of_worlds_its_limits_are_broken_by_year() -> None:
    world = small.trajectories(60)

    def broken(most: float) -> dict[str, float]:
        rating = RatingLimits(debt_to_ebitda_max=most)
        programme = dataclasses.replace(
            small.programme(),
            company=small.company(operating_cash_flow_usd=1.2e9, rating=rating),
        )
        found = finance.fund(programme, small.plan(), world, small.operating(world))
        return {x.period: x.value.mean for x in found.limits if x.name != BEYOND}

    none, some = broken(1000.0), broken(0.5)
    assert set(none.values()) == {0.0}
    assert max(some.values()) == pytest.approx(1.0)
    assert all(some[year] >= none[year] for year in none)


def test_break_even_utilisation_sells_what_the_break_even_price_would_have_earned() -> None:
    from gigaplan.programme.resolved import RevenueFigures

    world = small.trajectories(30)

    def at(price: float) -> finance.FinanceResult:
        terms = dataclasses.replace(
            small.programme().finance, revenue=RevenueFigures("gpu_hour", price, sold_fraction=0.6)
        )
        programme = dataclasses.replace(small.programme(), finance=terms)
        return finance.fund(programme, small.plan(), world, small.operating(world))

    rich = at(20.0)
    sold, ratio = (
        rich.metric(name).value for name in ("break_even_sold_fraction", "break_even_price_ratio")
    )
    assert sold is not None
    assert ratio is not None
    assert sold.mean == pytest.approx(0.6 * ratio.mean)
    poor = at(0.01).metric("break_even_sold_fraction")
    assert poor.value is None
    assert "not even all of it sold would do" in poor.reason
