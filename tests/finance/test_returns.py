"""Payback, modified rates of return and the price that breaks even."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.finance.returns import mirr_draws, payback, returns_of
from gigaplan.programme.resolved import RevenueFigures

FLOWS = st.lists(st.floats(-100, 100).map(lambda x: round(x, 3)), min_size=2, max_size=30)


def column(*flows: float) -> np.ndarray[tuple[int, int], np.dtype[np.float64]]:
    return np.array(flows, np.float64)[:, None]


@settings(max_examples=80, deadline=None)
@given(FLOWS)
def test_the_modified_rate_of_many_draws_is_that_of_each(flows: list[float]) -> None:
    found = mirr_draws(column(*flows), 0.08)[0]
    if min(flows) < 0 < max(flows):
        alone = finance.mirr(flows, finance_fraction=0.08, reinvest_fraction=0.08)
        assert found == pytest.approx(alone, rel=1e-9, abs=1e-12)
    else:
        assert np.isinf(found)


@pytest.mark.parametrize(
    ("flows", "years"),
    [
        ((-100, 50, 50, 50), 3.0),  # by the end of the third year
        ((-100, 40, 40, 40, 40), 3.5),
        ((-100, 30, 30), np.inf),
        ((10, 20, 30), 0.0),
        # earned again, then paid once more: only the second time is for good
        ((-100, 200, -150, 100), 3.5),
    ],
)
def test_payback_is_when_all_is_earned_again_for_good(
    flows: tuple[float, ...], years: float
) -> None:
    assert payback(column(*flows))[0] == pytest.approx(years)


@settings(max_examples=80, deadline=None)
@given(FLOWS, st.floats(0.1, 50))
def test_more_at_the_end_of_the_first_year_never_pays_back_later(
    flows: list[float], more: float
) -> None:
    before = payback(column(*flows))[0]
    after = payback(column(flows[0] + more, *flows[1:]))[0]
    assert after <= before + 1e-9


def test_one_rate_of_return_stands_with_its_modified_rate_between_it_and_the_hurdle() -> None:
    found = returns_of(column(-100, 30, 40, 60, 20), 0.05)
    rate = float(found.irr.rate_fraction[0])
    assert 0.05 < found.mirr_fraction[0] < rate


def test_at_the_break_even_price_the_programme_is_worth_nothing_in_every_world() -> None:
    moves = small.trajectories(30)
    base = small.programme()

    def at(price: float) -> finance.FinanceResult:
        terms = replace(base.finance, revenue=RevenueFigures("capacity", price))
        programme = replace(base, finance=terms)
        return finance.fund(programme, small.plan(), moves, small.operating(moves))

    stated = at(9e6)
    ratio = stated.metric("break_even_price_ratio").value
    payback_years = stated.metric("payback_years")
    modified = stated.metric("mirr").value
    assert ratio is not None
    assert modified is not None
    assert payback_years.unit == "years"
    required = stated.metric("required_revenue_usd_per_gw_year").value
    assert required is not None
    # paid by capacity at a constant real price, the break-even price is the required revenue
    assert ratio.mean * 9e6 * 1000 == pytest.approx(required.mean, rel=1e-9)
    dearer = at(18e6).metric("break_even_price_ratio").value
    assert dearer is not None
    assert dearer.p50 == pytest.approx(ratio.p50 / 2, rel=1e-9)
