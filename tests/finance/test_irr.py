"""Rates of return against pyxirr, closed forms and flows with no or several roots."""

from __future__ import annotations

import numpy as np
import pytest
import pyxirr
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan import finance
from gigaplan.core.errors import InputError


def test_a_bond_at_par_returns_its_coupon() -> None:
    found = finance.irr([-100.0] + [7.0] * 9 + [107.0])
    assert found.value_fraction == pytest.approx(0.07, abs=1e-13)
    assert found.root_count == 1
    assert found.reason == ""


def test_two_roots_are_both_found_and_neither_is_the_answer() -> None:
    # 1.1 and 1.2 are the roots of (1 + r)**2 - 2.3 (1 + r) + 1.32.
    found = finance.irr([-1.0, 2.3, -1.32])
    assert found.value_fraction is None
    assert found.roots_fraction == pytest.approx((0.1, 0.2), abs=1e-9)
    assert "2 rates" in found.reason
    assert found.modified_fraction is not None


def test_two_roots_nearer_than_the_grid_are_both_found() -> None:
    low, high = 1.1, 1.1003
    found = finance.irr([-1.0, low + high, -low * high])
    assert found.roots_fraction == pytest.approx((0.1, 0.1003), abs=1e-7)


def test_a_value_that_only_touches_zero_has_one_root() -> None:
    assert finance.irr([-100.0, 230.0, -132.25]).value_fraction == pytest.approx(0.15, abs=1e-6)


def test_flows_of_one_sign_have_no_rate_and_say_so() -> None:
    found = finance.irr([-1.0, -2.0, -3.0])
    assert found.value_fraction is None
    assert "never change sign" in found.reason


def test_three_sign_changes_with_one_root_are_answered() -> None:
    flows = [-100.0, 60.0, -10.0, 90.0]
    found = finance.irr(flows)
    assert found.sign_changes == 3
    assert found.value_fraction == pytest.approx(pyxirr.irr(flows), abs=1e-10)


def test_the_modified_rate_is_that_of_its_definition() -> None:
    found = finance.mirr([-100.0, 50.0, 80.0], finance_fraction=0.1, reinvest_fraction=0.05)
    assert found == pytest.approx(((50 * 1.05 + 80) / 100) ** 0.5 - 1, rel=1e-14)


@settings(max_examples=150, deadline=None)
@given(
    outlays=st.lists(st.floats(1.0, 1e3), min_size=1, max_size=8),
    receipts=st.lists(st.floats(0.5, 1e3), min_size=1, max_size=40),
    unit=st.sampled_from([1.0, 1e-6, 1e9]),
)
def test_the_rate_makes_the_present_value_zero_and_is_that_of_pyxirr(
    outlays: list[float], receipts: list[float], unit: float
) -> None:
    flows = unit * np.array([-x for x in outlays] + receipts)
    found = finance.irr(flows)
    if found.value_fraction is None:
        assert "no rate between" in found.reason
        return
    powers = (1 + found.value_fraction) ** -np.arange(float(len(flows)))
    assert abs(flows @ powers) <= 1e-9 * (np.abs(flows) @ powers)
    peer = pyxirr.irr(flows * (1e6 / unit))  # it stops at an absolute value
    if peer is not None and -0.9 < peer < 5:
        assert found.value_fraction == pytest.approx(peer, abs=1e-8)


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), periods=st.integers(2, 60), draws=st.integers(1, 200))
def test_many_draws_at_once_give_what_each_gives_alone(seed: int, periods: int, draws: int) -> None:
    rng = np.random.default_rng(seed)
    flows = rng.normal(5, 6, (periods, draws))
    flows[0] = -rng.uniform(1, 200, draws)
    many = finance.irr_draws(flows)
    for draw in range(0, draws, 7):
        alone = finance.irr(flows[:, draw])
        assert many.root_count[draw] == alone.root_count
        if alone.value_fraction is not None:
            assert many.rate_fraction[draw] == alone.value_fraction


def test_loans_seen_from_the_borrower_have_the_lender_s_rate() -> None:
    flows = np.array([[100.0], [-60.0], [-60.0]])
    lender = finance.irr(-flows[:, 0]).value_fraction
    assert finance.irr_draws(flows).rate_fraction[0] == pytest.approx(lender, abs=1e-13)


def test_monthly_flows_of_forty_years_stay_finite() -> None:
    flows = np.concatenate([[-1e9], np.full(480, 1e7)])
    found = finance.irr(flows).value_fraction
    assert found == pytest.approx(pyxirr.irr(flows), abs=1e-10)


@pytest.mark.parametrize("flows", [[1.0], [float("nan"), 1.0], [float("inf"), -1.0]])
def test_flows_that_are_no_numbers_are_refused(flows: list[float]) -> None:
    with pytest.raises(InputError):
        finance.irr(flows)
