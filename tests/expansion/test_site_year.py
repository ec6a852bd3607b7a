"""The site-year oracle against HiGHS, as cuts, and by what must hold for any cost function."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.expansion.oracle import SiteYear, Source

from . import site_year_peer as peer

quick = settings(max_examples=40, deadline=None, derandomize=True)
seeds = st.integers(0, 1_000_000)


def scale(case: peer.Case) -> float:
    """Return the USD that a cost near zero is measured by: all that may be earned or paid."""
    return max(1.0, 1e-3 * float(case.weights.sum() * case.capacities[:-1].sum()))


@quick
@given(seeds)
def test_the_least_cost_is_that_of_highs(seed: int) -> None:
    case = peer.random_case(seed)
    found = case.ours().value(case.capacities, case.load_mw, case.prices)
    assert found.cost_usd[0] == pytest.approx(
        peer.highs_cost(case), rel=1e-9, abs=1e-9 * scale(case)
    )


@pytest.mark.slow
def test_the_least_cost_is_that_of_highs_on_500_site_years() -> None:
    for seed in range(500):
        case = peer.random_case(seed)
        found = case.ours().value(case.capacities, case.load_mw, case.prices)
        truth = peer.highs_cost(case)
        assert found.cost_usd[0] == pytest.approx(truth, rel=1e-9, abs=1e-9 * scale(case)), seed


@quick
@given(seeds, seeds)
def test_its_slopes_are_a_cut_at_any_other_capacities(seed: int, other: int) -> None:
    case = peer.random_case(seed)
    ours = case.ours()
    rng = np.random.default_rng(other)
    points = np.vstack(
        [case.capacities, rng.uniform(0, 300, (12, 7)) * (rng.random((12, 7)) < 0.8)]
    )
    load = np.concatenate([[case.load_mw], rng.uniform(0, 200, 12)])
    found = ours.value(points, load, case.prices)
    cuts = found.per_capacity @ points.T + found.per_load_mw[:, None] * load
    worth = np.abs(found.per_capacity) @ points.T + np.abs(found.per_load_mw)[:, None] * load
    assert (cuts <= found.cost_usd + 1e-10 * (1 + worth)).all()
    assert np.diag(cuts) == pytest.approx(found.cost_usd)


@quick
@given(seeds)
def test_its_slopes_lie_between_the_differences_on_either_side(seed: int) -> None:
    case = peer.random_case(seed)
    ours = case.ours()
    q = np.append(case.capacities, case.load_mw)
    step = 1e-3
    # on a kink the left and the right difference hold the slope between them
    up = np.vstack([q, q + step * np.eye(8)])
    down = np.maximum(q - step * np.eye(8), 0)
    at = ours.value(up[:, :7], up[:, 7], case.prices)
    below = ours.value(down[:, :7], down[:, 7], case.prices)
    slope = np.append(at.per_capacity[0], at.per_load_mw[0])
    slack = 1e-6 * (1 + np.abs(slope)) + 1e-11 * abs(at.cost_usd[0]) / step
    right = (at.cost_usd[1:] - at.cost_usd[0]) / step
    assert (slope <= right + slack).all()
    room = q >= step
    left = (at.cost_usd[0] - below.cost_usd) / step
    assert (slope[room] >= (left - slack)[room]).all()


@quick
@given(seeds, st.floats(0.01, 1000))
def test_twice_the_capacity_and_load_cost_twice_as_much(seed: int, times: float) -> None:
    case = peer.random_case(seed)
    ours = case.ours()
    one = ours.value(case.capacities, case.load_mw)
    more = ours.value(times * case.capacities, times * case.load_mw)
    assert more.cost_usd[0] == pytest.approx(
        times * one.cost_usd[0], rel=1e-9, abs=1e-9 * times * scale(case)
    )


@quick
@given(seeds, seeds)
def test_cost_is_convex_in_capacity_and_load(seed: int, other: int) -> None:
    case = peer.random_case(seed)
    rng = np.random.default_rng(other)
    ends = np.vstack([np.append(case.capacities, case.load_mw), rng.uniform(0, 300, 8)])
    points = np.vstack([ends, ends.mean(axis=0)])
    cost = case.ours().value(points[:, :7], points[:, 7]).cost_usd
    assert cost[2] <= cost[:2].mean() + 1e-9 * (scale(case) + np.abs(cost).max())


def test_a_battery_buys_the_cheap_hour_and_serves_the_dear_one() -> None:
    # 10 MWh bought at 20 give 9 in store and 8.1 MW: 10 MW at 100 fall to 1.9 MW, with 1 MW of wear
    year = SiteYear(
        [1.0, 1.0],
        [Source("line", [20.0, 100.0])],
        charge_efficiency_fraction=0.9,
        discharge_efficiency_fraction=0.9,
        wear_usd_per_mwh=1.0,
    )
    found = year.value([50.0, 20.0, 9.0], 10.0)
    assert found.cost_usd[0] == pytest.approx(20 * 20 + 1.9 * 100 + 8.1)
    # one more MWh of store costs 20/0.9 to fill and saves 0.9 MWh at 100 less wear
    assert found.per_capacity[0, 2] == pytest.approx(20 / 0.9 - 0.9 * 99)
    assert found.per_capacity[0, 0] == 0.0


def test_without_load_or_capacity_nothing_is_paid() -> None:
    year = SiteYear(np.ones(48), [Source("line", 40.0), Source("gas", 30.0)])
    found = year.value(np.zeros(4), 0.0)
    assert found.cost_usd[0] == 0.0
    assert np.isfinite(found.per_capacity).all()
    unserved = year.value(np.zeros(4), 2.0)
    assert unserved.cost_usd[0] == pytest.approx(48 * 2 * 9000)


def test_many_points_cost_what_each_does_alone_on_any_thread() -> None:
    case = peer.random_case(7)
    ours = case.ours()
    points = np.random.default_rng(1).uniform(0, 300, (16, 7))
    together = ours.value(points, 100.0)
    with ThreadPoolExecutor(4) as pool:
        alone = list(pool.map(lambda row: ours.value(row, 100.0), points))
    assert (together.cost_usd == np.array([one.cost_usd[0] for one in alone])).all()
    assert (together.per_capacity == np.vstack([one.per_capacity for one in alone])).all()


def test_a_store_of_a_thousand_hours_is_exact_over_a_whole_year() -> None:
    case = peer.random_case(11, 2000)
    long = replace(case, capacities=np.array([60.0, 120, 90, 20, 30, 40, 40_000]), load_mw=100.0)
    found = long.ours().value(long.capacities, 100.0, long.prices)
    assert found.cost_usd[0] == pytest.approx(peer.highs_cost(long), rel=1e-9)


def test_what_is_wrong_is_said_in_words() -> None:
    with pytest.raises(InputError, match="availability of sun is wrong or missing in hour 1"):
        SiteYear([1.0, 1.0], [Source("sun", 0.0, [0.5, np.nan])])
    with pytest.raises(InputError, match="0 or more"):
        SiteYear([1.0, -1.0], [])
    with pytest.raises(InputError, match="cover less than the load"):
        SiteYear([1.0], [], ((0.5, 9000.0),))
    with pytest.raises(InputError, match="charge_efficiency_fraction is 0"):
        SiteYear([1.0], [], charge_efficiency_fraction=0.0)
    with pytest.raises(InputError, match="negative or not finite"):
        SiteYear([1.0], []).value([0.0, -1.0], 1.0)
    with pytest.raises(InputError, match="one each of"):
        SiteYear([1.0], []).value([0.0], 1.0)
