from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm, spearmanr

from gigaplan.core.errors import InputError
from gigaplan.core.random_streams import normals, uniforms
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.explain import Bar, tornado

Array = np.ndarray


def near(found: Estimate, expected: float, errors: float = 3.0) -> bool:
    return abs(found.mean - expected) <= errors * found.standard_error


def normal_pair(rho: float, draws: int, seed: int = 0) -> tuple[Array, Array]:
    x, own = normals(seed, "test", "", 2, draws)
    return x, 60 + 8 * (rho * x + math.sqrt(1 - rho**2) * own)


@pytest.mark.parametrize("rho", [-0.9, -0.3, 0.0, 0.6, 0.95])
@pytest.mark.parametrize("share", [0.1, 0.25, 0.5])
def test_tails_of_two_normals_have_their_closed_form(rho: float, share: float) -> None:
    x, y = normal_pair(rho, 20_000, seed=3)
    (bar,) = tornado(y, {"x": x}, share)
    beyond = float(norm.pdf(norm.ppf(share))) / share * rho * 8
    assert near(bar.high, 60 + beyond)
    assert near(bar.low, 60 - beyond)
    assert near(bar.width, 2 * beyond)
    # rank correlation of a normal copula, W. H. Kruskal (1958)
    assert near(bar.rank_correlation, 6 / math.pi * math.asin(rho / 2))
    assert float(bar.low_up_to) == pytest.approx(norm.ppf(share), abs=0.05)
    assert float(bar.high_from) == pytest.approx(-norm.ppf(share), abs=0.05)


def repeated(rho: float, rounded: bool) -> list[Bar]:
    bars = []
    for seed in range(300):
        x, y = normal_pair(rho, 600, seed)
        bars += tornado(y, {"x": np.round(x) if rounded else x})
    return bars


@pytest.mark.parametrize("rho", [0.2, 0.9])
@pytest.mark.parametrize("rounded", [False, True])
def test_standard_errors_are_the_spread_over_seeds(rho: float, rounded: bool) -> None:
    bars = repeated(rho, rounded)
    for what in ("low", "high", "width", "rank_correlation"):
        found = [getattr(bar, what) for bar in bars]
        spread = np.std([one.mean for one in found], ddof=1)
        stated = np.mean([one.standard_error for one in found])
        # the spread over 300 seeds is itself known to 4%
        assert stated == pytest.approx(spread, rel=0.15), what


def test_two_values_compare_their_groups() -> None:
    u, own = uniforms(1, "test", "", 2, 20_000)
    refused = u < 0.3
    outcome = 60 + 12 * refused + own
    as_flag, as_label = tornado(
        outcome, {"flag": refused, "label": np.where(refused, "refused", "granted")}
    )
    assert as_flag.kind == as_label.kind == "two values"
    assert (as_flag.low_up_to, as_flag.high_from) == (0.0, 1.0)
    assert (as_label.low_up_to, as_label.high_from) == ("granted", "refused")
    assert as_flag.low.mean == pytest.approx(outcome[~refused].mean(), rel=1e-12)
    assert as_flag.high == as_label.high
    assert near(as_flag.width, 12.0)
    groups = outcome[refused], outcome[~refused]
    pooled = math.sqrt(sum(g.var(ddof=1) / g.size for g in groups))
    assert as_flag.width.standard_error == pytest.approx(pooled, rel=1e-3)


def test_a_group_of_one_draw_has_no_known_error() -> None:
    flag = np.arange(30) == 7
    (bar,) = tornado(np.arange(30.0), {"flag": flag})
    assert bar.high == Estimate(7.0, math.inf)
    assert bar.width.standard_error == math.inf
    assert math.isfinite(bar.low.standard_error)


def test_bars_are_sorted_by_width_and_constants_come_last() -> None:
    x = normals(0, "test", "", 3, 4096)
    outcome = x[0] - 3 * x[1] + 0.5 * x[2]
    bars = tornado(
        outcome, {"a": x[0], "b": x[1], "c": x[2], "same": np.ones(4096), "also": np.ones(4096)}
    )
    assert [bar.input for bar in bars] == ["b", "a", "c", "also", "same"]
    assert bars[0].width.mean < 0
    assert bars[-1].kind == "constant"
    assert bars[-1].width == bars[-1].rank_correlation == Estimate(0.0, 0.0)
    assert bars[-1].low.mean == pytest.approx(outcome.mean())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.integers(2, 9), st.integers(1, 9), st.integers(20, 70))
def test_ties_count_by_equal_parts_whatever_the_order_of_draws(
    seed: int, values: int, outcomes: int, draws: int
) -> None:
    u = uniforms(seed, "test", "", 3, draws)
    x, y = np.floor(values * u[0]), np.floor(outcomes * u[1])
    shuffled = np.argsort(u[2])
    (bar,), (again,) = (tornado(b, {"x": a}) for a, b in ((x, y), (x[shuffled], y[shuffled])))
    for what in ("low", "high", "width", "rank_correlation"):
        one, other = getattr(bar, what), getattr(again, what)
        assert one.mean == pytest.approx(other.mean, abs=1e-9)
        assert one.standard_error == pytest.approx(other.standard_error, abs=1e-9)
    if bar.kind == "tails":
        assert bar.low.mean == pytest.approx(expected_lowest(x, y, 0.1 * draws))
        assert bar.high.mean == pytest.approx(expected_lowest(-x, y, 0.1 * draws))
    if len(set(x)) > 1 and len(set(y)) > 1:
        assert bar.rank_correlation.mean == pytest.approx(spearmanr(x, y).statistic, abs=1e-12)


def expected_lowest(x: Array, y: Array, wanted: float) -> float:
    """Mean of y over the `wanted` draws of least x, if those that tie are picked at random."""
    total, left = 0.0, wanted
    for value in np.unique(x):
        tied = y[x == value]
        taken = min(left, tied.size)
        total, left = total + taken * tied.mean(), left - taken
    return total / wanted


def test_a_date_that_never_comes_may_be_an_input() -> None:
    x = np.where(np.arange(1000) % 4 == 0, np.inf, np.arange(1000.0))
    (bar,) = tornado(np.arange(1000.0) % 4, {"licence": x})
    assert bar.high.mean == 0.0
    assert bar.high_from == math.inf


@pytest.mark.parametrize(
    ("outcome", "given_input", "share", "message"),
    [
        (np.zeros((2, 50)), np.zeros(50), 0.1, r"outcome of shape \(2, 50\)"),
        (np.full(50, np.inf), np.zeros(50), 0.1, "50 of 50 outcomes are not finite"),
        (np.zeros(50), np.zeros(49), 0.1, r"input 'x' has shape \(49,\).*each of 50 draws"),
        (np.zeros(50), np.full(50, np.nan), 0.1, "50 of 50 values of input 'x'"),
        (np.zeros(50), np.array(["a", "b", "c", "d", "e"] * 10), 0.1, "5 labels; two are"),
        (np.zeros(50), np.array([None] * 50), 0.1, "numbers or labels"),
        (np.zeros(50), np.zeros(50), 0.6, "a tail of 0.6"),
        (np.zeros(50), np.zeros(50), 0.0, "a tail of 0"),
        (np.zeros(19), np.zeros(19), 0.1, "fewer than two draws"),
    ],
)
def test_input_that_cannot_be_used_is_named(
    outcome: Array, given_input: Any, share: float, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        tornado(outcome, {"x": given_input}, share)
