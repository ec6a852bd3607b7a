"""What compute earns, by capacity, hour and token."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.finance import small_programme as small

from gigaplan import finance
from gigaplan.finance.money import Money
from gigaplan.finance.revenue import ramped
from gigaplan.programme.funding import Revenue
from gigaplan.programme.resolved import RevenueFigures

DRAWS = slice(0, 30)


def paid(terms: RevenueFigures) -> tuple[Any, Money]:
    programme = small.programme()
    programme = replace(programme, finance=replace(programme.finance, revenue=terms))
    moves = small.trajectories(30)
    money = Money.of(programme, small.plan(), moves, small.operating(moves))
    return money.paid(DRAWS), money


def earned(terms: RevenueFigures) -> Any:
    found, _ = paid(terms)
    assert found.flows.revenue_usd is not None
    return found.flows.revenue_usd.values


def test_capacity_earns_its_price_for_every_mw_online() -> None:
    found, _ = paid(RevenueFigures("capacity", 12e6))
    np.testing.assert_allclose(found.flows.revenue_usd.values, found.compute.it_mw * 1e6)


def test_hours_and_tokens_earn_for_what_is_sold_and_has_power() -> None:
    found, _ = paid(RevenueFigures("gpu_hour", 2.0, sold_fraction=0.5))
    served = found.compute.served_flops / np.where(
        found.compute.peak_flops > 0, found.compute.peak_flops, 1.0
    )
    assert (served <= 1).all()
    by_hand = found.compute.chips * 730 * served * 0.5 * 2.0
    np.testing.assert_allclose(found.flows.revenue_usd.values, by_hand, rtol=1e-12)
    tokens, _ = paid(RevenueFigures("tokens", 3.0))
    # 100 billion parameters at two operations each, at 20% of the peak
    a_million = 2 * 100e9 * 1e6
    by_hand = tokens.compute.served_flops * 730 * 3600 * 0.2 / a_million * 3.0
    np.testing.assert_allclose(tokens.flows.revenue_usd.values, by_hand, rtol=1e-12)


def test_earning_the_cost_of_a_gpu_hour_in_every_hour_is_worth_nothing_in_the_mean() -> None:
    """The required price and the revenue are reckoned apart; at that price value is nought."""
    moves = small.trajectories(30)
    base = small.programme()
    cost = finance.fund(base, small.plan(), moves, small.operating(moves))
    needed = cost.metric("required_revenue_usd_per_gw_year").value
    assert needed is not None
    for draw in (3, 11):
        alone = Money.of(base, small.plan(), moves, small.operating(moves))
        one = alone.outcome(slice(draw, draw + 1))["single"]
        price = float(one["required_revenue_usd_per_gw_year"][0, 0]) / 1000
        programme = replace(
            base, finance=replace(base.finance, revenue=RevenueFigures("capacity", price))
        )
        paying = Money.of(programme, small.plan(), moves, small.operating(moves))
        npv = paying.outcome(slice(draw, draw + 1))["single"]["npv_usd"][0, 0]
        assert abs(npv) < 1e-6 * abs(float(one["npv_usd"][0, 0]))


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 30), st.lists(st.floats(0, 500), min_size=1, max_size=50))
def test_a_ramp_sells_no_more_than_is_online_at_most_and_all_of_it_in_the_end(
    months: int, levels: list[float]
) -> None:
    amount = np.repeat(np.array(levels)[:, None], 2, axis=1)
    sold = ramped(amount, months)
    assert (sold <= amount.max() + 1e-9).all()
    assert (sold >= -1e-9).all()
    steady = ramped(np.full((80, 1), 100.0), months)
    assert steady[-1, 0] == pytest.approx(100.0)
    if months > 1:
        np.testing.assert_allclose(steady[:months, 0], 100.0 * np.arange(1, months + 1) / months)


def test_the_price_falls_at_its_rate_and_differs_by_world_as_stated() -> None:
    sure, _ = paid(RevenueFigures("capacity", 12e6, change_fraction=-0.2))
    level = sure.flows.revenue_usd.values / np.maximum(sure.compute.it_mw, 1e-9) / 1e6
    online = sure.compute.it_mw > 0
    years = (np.arange(len(level)) / 12 + 2026 - 2025)[:, None]
    np.testing.assert_allclose(level[online], np.broadcast_to(0.8**years, level.shape)[online])
    unsure, money = paid(RevenueFigures("capacity", 12e6, -0.2, change_spread=0.05))
    other = unsure.flows.revenue_usd.values / np.maximum(unsure.compute.it_mw, 1e-9) / 1e6
    last = other[-1][unsure.compute.it_mw[-1] > 0]
    assert len(set(np.round(last, 9))) == len(last)
    # a world's price is its own, however the worlds are divided
    part = money.paid(slice(10, 20)).flows.revenue_usd
    assert part is not None
    np.testing.assert_array_equal(part.values, unsure.flows.revenue_usd.values[:, 10:20])


@pytest.mark.parametrize(
    ("terms", "message"),
    [
        ({}, "found none; write one price"),
        ({"usd_per_gpu_hour": 2.0, "usd_per_it_mw_year": 1e7}, "write one price"),
        ({"usd_per_gpu_hour": 2.0, "change_low_fraction": -0.3}, "a range has two ends"),
        (
            {
                "usd_per_gpu_hour": 2.0,
                "change_fraction": 0.2,
                "change_low_fraction": -0.3,
                "change_high_fraction": 0.1,
            },
            "0.2 is not from -0.3 to 0.1",
        ),
    ],
)
def test_prices_that_say_nothing_or_two_things_are_refused(
    terms: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        Revenue(**terms)
