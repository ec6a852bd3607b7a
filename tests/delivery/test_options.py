"""Options on draws against published values, closed forms, and trees counted out in full."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import norm

from gigaplan.core.errors import InputError
from gigaplan.delivery import Activity, Approval, simulate
from gigaplan.delivery.options import (
    ThresholdRule,
    Window,
    best_threshold,
    compare_policies,
    investment_trigger,
    least_squares_value,
    value_of_rule,
)

Floats = NDArray[np.float64]
RATE, STRIKE, DATES = 0.06, 40.0, 50


def paths(start: float, volatility: float, years: int, draws: int) -> tuple[Floats, Floats]:
    """Return antithetic lognormal paths [step, draw], and discount factors [step]."""
    steps, dt = DATES * years, 1 / DATES
    z = np.random.default_rng(1).standard_normal((steps, draws // 2))
    growth = (RATE - volatility**2 / 2) * dt + volatility * np.sqrt(dt) * np.hstack([z, -z])
    return start * np.exp(np.cumsum(growth, axis=0)), np.exp(-RATE * dt * np.arange(1, steps + 1))


def european_put(price: Floats | float, volatility: float, years: Floats | float) -> Floats:
    """F. Black and M. Scholes (1973)."""
    spread = volatility * np.sqrt(np.maximum(years, 1e-12))
    d = (np.log(price / STRIKE) + (RATE + volatility**2 / 2) * years) / spread
    paid = STRIKE * np.exp(-RATE * np.asarray(years)) * norm.cdf(spread - d)
    return np.asarray(paid - price * norm.cdf(-d))


def assert_published(row: dict[str, float], draws: int) -> None:
    volatility, years = row["sigma"], int(row["T"])
    price, factor = paths(row["S0"], volatility, years, draws)
    left = years - np.arange(1, len(price) + 1)[:, None] / DATES
    fair = european_put(price, volatility, left) * factor[:, None]
    now = float(european_put(row["S0"], volatility, years))
    found = least_squares_value(
        price, STRIKE - price, factor, degree=5, antithetic=True, control=(fair, now)
    )
    assert found.value.mean == pytest.approx(row["fd_published"], abs=0.01)
    assert found.value.mean < row["bermudan50_binomial"] + 3 * found.value.standard_error


def table(shared: Path) -> dict[str, list[dict[str, float]]]:
    name = "vectors/options/longstaff_schwartz_dixit_pindyck.json"
    found: dict[str, list[dict[str, float]]] = json.loads((shared / name).read_text())
    return found


@pytest.mark.parametrize("row", [0, 4])
def test_the_american_put_is_worth_what_was_published(shared: Path, row: int) -> None:
    assert_published(table(shared)["rows"][row], 60_000)


@pytest.mark.slow
@pytest.mark.parametrize("row", range(10))
def test_every_published_american_put_is_met_to_a_cent(shared: Path, row: int) -> None:
    assert_published(table(shared)["rows"][row], 100_000)


def test_the_trigger_is_that_of_the_closed_form(shared: Path) -> None:
    for row in table(shared)["dixit_pindyck"]:
        found = investment_trigger(row["r"], row["delta"], row["sigma"])
        assert found.beta == pytest.approx(row["beta1"], rel=1e-9)
        assert found.value_over_cost == pytest.approx(row["V_star_over_I"], rel=1e-9)


def test_the_right_to_build_is_worth_more_than_building_until_the_trigger_and_joins_smoothly() -> (
    None
):
    found = investment_trigger(0.04, 0.04, 0.2)
    assert found.option_value_usd(1.0, 1.0) == pytest.approx(0.25)  # Dixit and Pindyck, fig. 5.3
    assert found.option_value_usd(2.0, 1.0) == pytest.approx(1.0)
    assert found.option_value_usd(2.0 - 1e-6, 1.0) == pytest.approx(1.0 - 1e-6, abs=1e-9)
    assert found.option_value_usd(3.0, 1.0) == 2.0


def test_least_squares_exercises_an_endless_option_near_its_trigger() -> None:
    # twenty-five years of half-years are all but endless at 12% a year
    rate, payout, volatility, draws, steps = 0.12, 0.10, 0.25, 40_000, 50
    z = np.random.default_rng(3).standard_normal((steps, draws // 2))
    z = np.hstack([z, -z])
    dt = 0.5
    growth = (rate - payout - volatility**2 / 2) * dt + volatility * np.sqrt(dt) * z
    value = np.exp(np.cumsum(growth, axis=0))
    factor = np.exp(-rate * dt * np.arange(1, steps + 1))
    found = least_squares_value(value, value - 1.0, factor, antithetic=True)
    exact = investment_trigger(rate, payout, volatility)
    assert found.value.mean == pytest.approx(exact.option_value_usd(1.0, 1.0), rel=0.05)
    parted = [b for b in found.boundary[5:25] if b is not None]
    assert np.median(parted) == pytest.approx(exact.value_over_cost, rel=0.12)


# A licence costs 10 to apply for and is refused with probability 0.3. Once it is granted, what is
# built is worth one of three values; a step later it is that times one of three factors.
WORTH, FACTOR, PRICE, REFUSED = (60.0, 100.0, 160.0), (0.5, 1.0, 1.4), 90.0, 0.3
TREE_DISCOUNT = np.array([0.9, 0.8])


def tree_value() -> float:
    """Return the right to build before the licence is decided, counted out by hand."""
    ahead = []
    for worth in WORTH:
        wait = np.mean([max(worth * f - PRICE, 0.0) for f in FACTOR]) * TREE_DISCOUNT[1]
        ahead.append(max((worth - PRICE) * TREE_DISCOUNT[0], wait))
    return float((1 - REFUSED) * np.mean(ahead))


def tree_draws(draws: int) -> tuple[Floats, Floats]:
    """Return worth [step, draw], and payoff: none where the licence is refused."""
    licence = Activity("licence", 12.0, approval=Approval(1 - REFUSED))
    granted = np.isfinite(simulate([licence], draws=draws, seed=4).finish("licence"))
    rng = np.random.default_rng(5)
    first = rng.choice(WORTH, draws)
    state = np.array([first, first * rng.choice(FACTOR, draws)])
    return state, np.where(granted, state - PRICE, -np.inf)


def test_a_tree_with_a_licence_that_may_fail_is_met_by_regression_and_by_a_searched_rule() -> None:
    state, payoff = tree_draws(100_000)
    exact = tree_value()
    found = least_squares_value(state, payoff, TREE_DISCOUNT, degree=2)
    assert found.value.mean == pytest.approx(exact, abs=3 * found.value.standard_error)
    # at 160 it is built at once; at 100 it is better to wait, and to build then if it still is
    rule = best_threshold(state, payoff, TREE_DISCOUNT, sloped=True).value
    assert rule.value.mean == pytest.approx(exact, abs=3 * rule.value.standard_error)
    assert found.exercise_share.sum() + found.never_share == pytest.approx(1.0, abs=1e-12)
    assert found.exercise_share[0] == pytest.approx(
        (1 - REFUSED) / 3, abs=3 * found.exercise_error[0]
    )


def exact_tree(values: list[float], price: float, open_: list[bool]) -> float:
    """Return an option on a recombining walk of equal chances, by backward induction."""
    up, down = 1.25, 0.8
    worth = np.zeros(len(open_) + 2)
    for t in range(len(open_) - 1, -1, -1):
        level = values[0] * up ** np.arange(t + 1, -1.0, -1) * down ** np.arange(0, t + 2.0)
        wait = 0.95 * (worth[:-1] + worth[1:]) / 2 if t < len(open_) - 1 else np.zeros(t + 2)
        worth = np.maximum(wait, level - price if open_[t] else -np.inf)
    return float(0.95 * worth.mean())


@pytest.mark.parametrize("price", [70.0, 100.0, 130.0])
def test_all_paths_of_a_walk_give_its_exact_value_and_the_order_of_draws_does_not_matter(
    price: float,
) -> None:
    moves = np.array(list(product([1.25, 0.8], repeat=6))).T
    state = np.tile(100 * np.cumprod(moves, axis=0), 400)
    factor = np.power(0.95, np.arange(1.0, 7.0))
    found = least_squares_value(state, state - price, factor, degree=5)
    exact = exact_tree([100.0], price, [True] * 6)
    assert found.value.mean == pytest.approx(exact, abs=3 * found.value.standard_error)
    order = np.random.default_rng(0).permutation(state.shape[1])
    mixed = least_squares_value(state[:, order], (state - price)[:, order], factor, degree=5)
    assert mixed.value.mean == pytest.approx(found.value.mean, rel=0.02)


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    price=st.floats(0.5, 2.0),
    rise=st.floats(0.0, 1.0),
)
def test_values_keep_their_order(seed: int, price: float, rise: float) -> None:
    rng = np.random.default_rng(seed)
    state = np.exp(np.cumsum(0.3 * rng.standard_normal((4, 300)), axis=0))
    factor = np.power(0.9, np.arange(4.0))
    found = {p.policy: p for p in compare_policies(state, state - price, factor, degree=2)}
    foresight = found["with foresight"].value.mean
    assert all(p.value.mean <= foresight + 1e-12 for p in found.values())
    assert foresight >= max(0.0, found["exercise at once"].value.mean) - 1e-12
    dearer = {p.policy: p for p in compare_policies(state, state - price - rise, factor)}
    assert dearer["with foresight"].value.mean <= foresight + 1e-12
    assert (
        dearer["wait for the last step"].value.mean
        <= found["wait for the last step"].value.mean + 1e-12
    )


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000), st.floats(60, 140))
def test_a_longer_window_is_never_worth_less(seed: int, price: float) -> None:
    rng = np.random.default_rng(seed)
    open_ = [bool(x) for x in rng.random(6) < 0.5]
    longer = [a or bool(b) for a, b in zip(open_, rng.random(6) < 0.5, strict=True)]
    assert exact_tree([100.0], price, longer) >= exact_tree([100.0], price, open_) - 1e-12


def test_a_rule_exercises_at_the_first_step_beyond_its_threshold_whether_it_pays_or_not() -> None:
    state = np.array([[1.0, 5.0], [3.0, 1.0], [9.0, 1.0]])
    payoff, factor = state - 4.0, np.array([1.0, 0.5, 0.25])
    found = value_of_rule(ThresholdRule(2.0), state, payoff, factor)
    assert found.exercise_step.tolist() == [1, 0]
    assert found.brings_usd.tolist() == [-0.5, 1.0]
    low = value_of_rule(ThresholdRule(1.0, above=False), state, payoff, factor)
    assert low.exercise_step.tolist() == [0, 1]
    falling = value_of_rule(ThresholdRule(2.0, slope_per_step=2.0), state, payoff, factor)
    assert falling.exercise_step.tolist() == [2, -1]


def test_the_searched_threshold_is_the_best_of_all_thresholds() -> None:
    rng = np.random.default_rng(2)
    state = np.exp(np.cumsum(0.2 * rng.standard_normal((5, 400)), axis=0))
    payoff, factor = state - 1.0, np.power(0.9, np.arange(5.0))
    found = best_threshold(state, payoff, factor).rule
    every = [
        value_of_rule(ThresholdRule(x), state, payoff, factor).value.mean for x in np.unique(state)
    ]
    best = value_of_rule(found, state, payoff, factor).value.mean
    assert best == pytest.approx(max(every), rel=1e-12)


def test_an_option_that_can_never_be_exercised_is_refused() -> None:
    with pytest.raises(InputError, match="never"):
        Window(30, 20)
    with pytest.raises(InputError, match="never be exercised"):
        Window(30, 40).steps([10, 20])
    assert Window(15, 40).steps([10, 20, 50]).tolist() == [False, True, False]
    with pytest.raises(InputError, match="price of exercising"):
        Window(1, 2, -5.0)
    never = np.full((2, 3), -np.inf)
    with pytest.raises(InputError, match="no draw at any step"):
        least_squares_value(np.ones((2, 3)), never, np.ones(2))
    with pytest.raises(InputError, match="not a number"):
        least_squares_value(np.ones((2, 3)), np.full((2, 3), np.nan), np.ones(2))
    with pytest.raises(InputError, match="are of shape"):
        least_squares_value(np.ones((2, 3)), np.ones((3, 3)), np.ones(2))
    with pytest.raises(InputError, match="looks at one state"):
        best_threshold(np.ones((2, 3, 2)), np.ones((2, 3)), np.ones(2))
    for rates in ((0.0, 0.1, 0.2), (0.1, 0.0, 0.2), (0.1, 0.1, 0.0)):
        with pytest.raises(InputError, match="above 0 is allowed"):
            investment_trigger(*rates)
