"""Programme metrics against closed forms."""

from __future__ import annotations

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
FIRST = month_index("2026-01")
FLAT = PriceIndex({2025: 1.0}, 0.0)


def flows(
    months: int,
    spend: float,
    life: int,
    *,
    yearly: float = 0.0,
    revenue: float | None = None,
    taxes: tuple[PropertyTax, ...] = (),
) -> finance.ProgrammeFlows:
    capital = np.zeros((months, 1))
    capital[0] = spend
    running = np.full((months, 1), yearly / 12)

    def real(values: Array) -> finance.RealUsd:
        return finance.RealUsd(values, 2025)

    return finance.ProgrammeFlows(
        FIRST,
        {"servers": real(capital)},
        {"servers": finance.AssetClass(life, {"macrs_5": 1.0}, property_tax=taxes)},
        None if revenue is None else real(np.full((months, 1), revenue / 12)),
        real(running),
    )


def gigawatt(months: int) -> finance.Compute:
    return finance.Compute(np.full((months, 1), 1000.0))


def test_without_tax_required_revenue_is_the_annuity_of_capital_and_running_cost() -> None:
    months, rate = 120, 0.09
    found = finance.programme_metrics(
        flows(months, 3e10, months, yearly=1e9),
        finance.Terms(FLAT, 0.0),
        gigawatt(months),
        hurdle_fraction=rate,
    )
    middles = (np.arange(months) + 0.5) / 12
    annuity = 3e10 * (1 + rate) ** (-0.5 / 12) / np.sum((1 + rate) ** -middles / 12)
    assert found.required_revenue_usd_per_gw_year[0] == pytest.approx(annuity + 1e9, rel=1e-9)


def test_the_annuity_residual_makes_the_answer_free_of_where_cash_flows_stop() -> None:
    terms = finance.Terms(PriceIndex({2025: 1.0}, 0.02), 0.0)
    answers = [
        finance.programme_metrics(
            flows(months, 3e10, 240), terms, gigawatt(months), hurdle_fraction=0.09
        ).required_revenue_usd_per_gw_year[0]
        for months in (60, 120, 180, 240)
    ]
    np.testing.assert_allclose(answers, answers[-1], rtol=1e-9)
    book = finance.programme_metrics(
        flows(60, 3e10, 240), terms, gigawatt(60), hurdle_fraction=0.09, residual="none"
    )
    assert book.required_revenue_usd_per_gw_year[0] > 2 * answers[-1]


@settings(max_examples=40, deadline=None)
@given(
    tax=st.floats(0, 0.5),
    inflation=st.floats(0, 0.06),
    hurdle=st.floats(0.02, 0.2),
    property_tax=st.floats(0, 0.02),
    abated=st.integers(0, 150),
    life=st.integers(12, 300),
    residual=st.sampled_from(["annuity", "book", "none"]),
)
def test_earning_the_required_revenue_makes_net_present_value_zero_and_returns_the_hurdle(
    tax: float,
    inflation: float,
    hurdle: float,
    property_tax: float,
    abated: int,
    life: int,
    residual: str,
) -> None:
    months = 132
    terms = finance.Terms(PriceIndex({2025: 1.0}, inflation), tax)
    taxes = (PropertyTax(property_tax), PropertyTax(0.01, 0.6, abated))
    kind: finance.Residual = residual  # type: ignore[assignment]
    first = finance.programme_metrics(
        flows(months, 3e10, life, yearly=1e9, taxes=taxes),
        terms,
        gigawatt(months),
        hurdle_fraction=hurdle,
        residual=kind,
    )
    needed = float(first.required_revenue_usd_per_gw_year[0])
    again = finance.programme_metrics(
        flows(months, 3e10, life, yearly=1e9, revenue=needed, taxes=taxes),
        terms,
        gigawatt(months),
        hurdle_fraction=hurdle,
        residual=kind,
    )
    assert abs(again.npv_usd[0]) < 1e-9 * 3e10
    parts = sum(value[0] for value in first.cost_split_usd_per_gw_year.values())
    assert parts == pytest.approx(needed, rel=1e-9)


def test_the_rate_of_return_nears_the_hurdle_at_the_required_revenue() -> None:
    months, terms = 240, finance.Terms(PriceIndex({2025: 1.0}, 0.02), 0.25)
    needed = finance.programme_metrics(
        flows(months, 3e10, 200, yearly=1e9), terms, gigawatt(months), hurdle_fraction=0.09
    ).required_revenue_usd_per_gw_year[0]
    found = finance.programme_metrics(
        flows(months, 3e10, 200, yearly=1e9, revenue=float(needed)),
        terms,
        gigawatt(months),
        hurdle_fraction=0.09,
    )
    assert found.returns is not None
    # Calendar-year flows put capital of January with revenue of the whole year.
    assert found.returns.irr.rate_fraction[0] == pytest.approx(0.09, abs=0.01)


def test_a_gpu_hour_costs_required_revenue_over_the_hours_of_the_chips() -> None:
    months = 60
    compute = finance.Compute(
        np.full((months, 1), 1000.0), np.full((months, 1), 5e5), used_fraction=0.6
    )
    found = finance.programme_metrics(
        flows(months, 3e10, 60), finance.Terms(FLAT, 0.2), compute, hurdle_fraction=0.09
    )
    assert found.cost_usd_per_gpu_hour is not None
    expected = found.required_revenue_usd_per_gw_year[0] / (5e5 * 8760 * 0.6)
    assert found.cost_usd_per_gpu_hour[0] == pytest.approx(expected, rel=1e-12)


def test_an_operation_costs_required_revenue_over_what_the_chips_can_do() -> None:
    months = 60
    compute = finance.Compute(np.full((months, 1), 1000.0), served_flops=np.full((months, 1), 1e21))
    found = finance.programme_metrics(
        flows(months, 3e10, 60), finance.Terms(FLAT, 0.2), compute, hurdle_fraction=0.09
    )
    assert found.cost_usd_per_peak_exaflop is not None
    a_year = 1e21 * 8760 * 3600 / 1e18
    expected = found.required_revenue_usd_per_gw_year[0] / a_year
    assert found.cost_usd_per_peak_exaflop[0] == pytest.approx(expected, rel=1e-12)


def test_without_compute_nothing_is_required_and_the_draw_is_marked() -> None:
    found = finance.programme_metrics(
        flows(24, 1e9, 60),
        finance.Terms(FLAT),
        finance.Compute(np.zeros((24, 1))),
        hurdle_fraction=0.09,
    )
    assert not found.defined[0]
    assert found.required_revenue_usd_per_gw_year[0] == 0
    assert found.returns is None


def test_a_hurdle_of_zero_is_refused() -> None:
    with pytest.raises(InputError, match="a hurdle rate is above 0"):
        finance.programme_metrics(
            flows(24, 1e9, 60), finance.Terms(FLAT), gigawatt(24), hurdle_fraction=0.0
        )
