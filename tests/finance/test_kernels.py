"""Compiled loops against plain Python written another way."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from gigaplan.finance import _kernels as kernels
from gigaplan.finance import depreciation
from gigaplan.finance.rates import _kernels as rates

Array = NDArray[np.float64]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 9999), life=st.integers(1, 90))
def test_straight_line_writes_each_addition_off_in_equal_parts(seed: int, life: int) -> None:
    added = np.random.default_rng(seed).gamma(0.5, 10.0, (80, 2))
    plain = np.zeros_like(added)
    for month, money in enumerate(added):
        plain[month + 1 : month + 1 + life] += money / life
    np.testing.assert_allclose(kernels.straight_line(added, life), plain, atol=1e-9)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 9999),
    first=st.integers(24300, 24330),
    name=st.sampled_from(["macrs_5", "macrs_15", "straight_39"]),
)
def test_tax_write_off_gives_each_calendar_year_its_share(seed: int, first: int, name: str) -> None:
    added = np.random.default_rng(seed).gamma(0.3, 10.0, (140, 2))
    shares = depreciation.schedule(name)
    plain = np.zeros_like(added)
    for month, money in enumerate(added):
        left = 12 - (first + month) % 12
        plain[month : month + left] += shares[0] * money / left
        for age, share in enumerate(shares[1:]):
            start = month + left + 12 * age
            plain[start : start + 12] += share * money / 12
    np.testing.assert_allclose(kernels.tax_write_off(added, first, shares), plain, atol=1e-9)


def _balance_in_words(
    net: Array,
    taxable: Array,
    other: float,
    rate: float,
    bond: tuple[float, float, int],
    line: float,
) -> tuple[list[float], list[float], list[float]]:
    """Return cash, tax and unfunded need of one draw: one bond, one line, no fees, no floor."""
    coupon, most, tenor = bond
    cash, losses, unfunded, drawn = 50.0, 0.0, 0.0, 0.0
    issues: dict[int, float] = {}
    cashes, taxes, gaps = [], [], []
    for month, flow in enumerate(net):
        standing = sum(issues.values())
        interest = standing * coupon / 12 + drawn * 0.05 / 12
        income = other + taxable[month] - interest
        relief = min(losses, 0.8 * max(income, 0.0))
        losses += max(-income, 0.0) - relief
        tax = rate * (max(income, 0.0) - relief - other)
        cash += flow - interest - tax - issues.pop(month - tenor, 0.0)
        if cash < 0:
            issued = min(-cash, most - sum(issues.values()))
            issues[month] = issued
            cash += issued
            more = min(-cash, line - drawn)
            drawn += more
            cash += more
            unfunded += -cash
            cash = 0.0
        else:
            back = min(cash, unfunded)
            unfunded, cash = unfunded - back, cash - back
            back = min(cash, drawn)
            drawn, cash = drawn - back, cash - back
        cashes.append(cash)
        taxes.append(tax)
        gaps.append(unfunded)
    return cashes, taxes, gaps


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 9999),
    mean=st.floats(-30, 30),
    other=st.floats(0, 40),
    tenor=st.integers(1, 40),
    most=st.floats(0, 400),
    line=st.floats(0, 100),
)
def test_the_balancing_of_cash_is_that_written_out_in_words(
    seed: int, mean: float, other: float, tenor: int, most: float, line: float
) -> None:
    rng = np.random.default_rng(seed)
    # Tens of dollars; a cent is rounding in the kernel, so amounts are scaled to thousands.
    net, taxable = 1000 * rng.normal(mean, 40, (60, 1)), 1000 * rng.normal(0, 30, (60, 1))
    flows, issued = np.zeros((7, 60, 1)), np.zeros((2, 60, 1))
    repaid, owed = np.zeros((2, 60, 1)), np.zeros((2, 60, 1))
    kernels.balance_cash(
        net,
        taxable,
        np.full((60, 1), 1000 * other),
        np.zeros(60),
        50.0,
        0.0,
        0.25,
        0.8,
        24312,
        np.array([0, 1]),
        np.array([0.06, 0.05]) / 12,
        np.zeros(2),
        np.zeros(2),
        1000 * np.array([most, line]),
        np.full(2, np.inf),
        np.zeros(2, dtype=np.int64),
        np.array([tenor, 1]),
        flows,
        issued,
        repaid,
        owed,
    )
    cash, tax, unfunded = _balance_in_words(
        net[:, 0], taxable[:, 0], 1000 * other, 0.25, (0.06, 1000 * most, tenor), 1000 * line
    )
    np.testing.assert_allclose(flows[1, :, 0], tax, rtol=1e-9, atol=0.1)
    np.testing.assert_allclose(flows[5, :, 0], unfunded, rtol=1e-9, atol=0.1)
    np.testing.assert_allclose(flows[0, :, 0], cash, rtol=1e-9, atol=0.1)


def test_present_value_is_the_sum_of_its_parts() -> None:
    flows = np.array([-100.0, 60.0, 60.0])
    for rate in (-0.5, 0.0, 0.3):
        plain = sum(flow / (1 + rate) ** t for t, flow in enumerate(flows))
        scale = (1 + rate) ** 2 if rate < 0 else 1.0
        found = rates.present_value_at(flows, np.array([np.log1p(rate)]))[0]
        assert found == pytest.approx(plain * scale, rel=1e-12)
