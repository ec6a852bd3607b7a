"""The dispatch of a site-year: truly possible, of the least cost, and added up right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.core.errors import InputError
from gigaplan.expansion.oracle import SiteYear, SiteYearHours, Source

from . import site_year_peer as peer

quick = settings(max_examples=60, deadline=None, derandomize=True)
seeds = st.integers(0, 1_000_000)
Floats = peer.Floats


def most_money(case: peer.Case) -> float:
    """Return the USD that a cost near zero is measured by: all that may be earned or paid."""
    return max(1.0, 1e-3 * float(case.weights.sum() * case.capacities[:-1].sum()))


def priced_cost(case: peer.Case, hours: SiteYearHours) -> float:
    """Return what a dispatch costs, from what each source makes and sells."""
    size = dict(zip(case.names, case.capacities, strict=True))
    cost: Floats = case.wear * hours.discharge_mw
    for source in case.sources:
        usd = peer.unit_cost(case, source)
        if source.sale:
            cost = cost - usd * hours.sold_mw[source.name]
            continue
        always = source.must_run_fraction * np.asarray(source.availability) * size[source.name]
        # must-run output is paid for in any case, and used first unless the rest pays to run
        used = hours.output_mw[source.name]
        rest = (1 - source.must_run_fraction) * np.asarray(source.availability) * size[source.name]
        dear = np.maximum(0.0, used - always)
        beyond = np.where(usd < 0, np.minimum(used, rest), dear)
        cost = cost + usd * (always + beyond)
    for unserved, (_, lost) in zip(hours.unserved_mw, case.shed, strict=True):
        cost = cost + lost * unserved
    return float(np.sum(case.weights * cost))


def check(case: peer.Case) -> None:
    """Hold a case's dispatch to the statement of the problem."""
    ours = case.ours()
    found = ours.operate(case.capacities, case.load_mw, case.prices, hourly=True)
    hours = found.hours
    assert hours is not None
    size = dict(zip(case.names, case.capacities, strict=True))
    power, energy = size["storage_mw"], size["storage_mwh"]
    slack = 1e-9 * (1 + case.load_mw + float(case.capacities[:-1].max()))
    made = sum(hours.output_mw.values()) + hours.unserved_mw.sum(axis=0)
    taken = case.load_mw * case.shape + sum(hours.sold_mw.values())
    assert made + hours.discharge_mw == pytest.approx(taken + hours.charge_mw, abs=slack)
    for source in case.sources:
        mw = (hours.sold_mw if source.sale else hours.output_mw)[source.name]
        assert (mw >= -slack).all()
        assert (mw <= np.asarray(source.availability) * size[source.name] + slack).all()
    for mw, (share, _) in zip(hours.unserved_mw, case.shed, strict=True):
        assert (mw >= -slack).all()
        assert (mw <= share * case.load_mw * case.shape + slack).all()
    for mw in (hours.charge_mw, hours.discharge_mw):
        assert (mw >= 0).all()
        assert (mw <= power + slack).all()
    state, first = hours.state_mwh, 0
    assert (state >= 0).all()
    assert (state <= energy * (1 + 1e-12)).all()
    after = state + case.step_hours * (
        case.charge * hours.charge_mw - hours.discharge_mw / case.discharge
    )
    for length in case.chain_lengths:
        span = slice(first, first + length)
        assert after[span] == pytest.approx(np.roll(state[span], -1), abs=slack + 1e-11 * energy)
        first += length
    near = 1e-9 * most_money(case)
    assert priced_cost(case, hours) == pytest.approx(found.cost_usd, rel=1e-9, abs=near)
    prices = sum(case.prices.get(name, 0.0) * much for name, much in found.quantities.items())
    assert found.unpriced_cost_usd + prices == pytest.approx(found.cost_usd, rel=1e-9, abs=near)
    value = ours.value(case.capacities, case.load_mw, case.prices)
    assert found.cost_usd == pytest.approx(value.cost_usd[0], rel=1e-9, abs=near)
    assert (found.per_capacity == value.per_capacity[0]).all()
    assert found.per_load_mw == value.per_load_mw[0]
    for name, mw in hours.output_mw.items():
        assert found.energy_mwh[name] == pytest.approx(float(case.weights @ mw), abs=1e-6)
    for name, mw in hours.sold_mw.items():
        assert found.sold_mwh[name] == pytest.approx(float(case.weights @ mw), abs=1e-6)
    assert found.unserved_mwh == pytest.approx(hours.unserved_mw @ case.weights, abs=1e-6)
    assert (found.used <= case.capacities * (1 + 1e-9) + 1e-9).all()


@quick
@given(seeds)
def test_the_dispatch_is_possible_and_has_the_least_cost(seed: int) -> None:
    check(peer.random_case(seed))


@pytest.mark.slow
def test_the_dispatch_is_possible_and_has_the_least_cost_on_500_site_years() -> None:
    for seed in range(500):
        check(peer.random_case(seed))


@quick
@given(seeds)
def test_the_same_dispatch_is_possible_at_the_capacities_it_uses(seed: int) -> None:
    case = peer.random_case(seed)
    found = case.ours().operate(case.capacities, case.load_mw, case.prices)
    # less capacity cannot cost less to run, other than must-run output that is paid for
    sources = tuple(replace(source, must_run_fraction=0.0) for source in case.sources)
    free = replace(case, sources=sources)
    wide = free.ours().operate(case.capacities, case.load_mw, case.prices)
    used = replace(free, capacities=np.minimum(wide.used, case.capacities))
    tight = used.ours().operate(used.capacities, case.load_mw, case.prices)
    assert tight.cost_usd == pytest.approx(
        wide.cost_usd, rel=1e-7, abs=1e-7 * most_money(case) + 1e-9
    )
    assert (found.used >= 0).all()


def test_a_battery_charges_in_the_cheap_hour_and_uses_what_it_must() -> None:
    year = SiteYear(
        [1.0, 1.0],
        [Source("line", [20.0, 100.0], quantities={"carbon": [0.1, 0.4]})],
        charge_efficiency_fraction=0.9,
        discharge_efficiency_fraction=0.9,
        wear_usd_per_mwh=1.0,
    )
    found = year.operate([50.0, 20.0, 9.0], 10.0, hourly=True)
    assert found.hours is not None
    assert found.hours.charge_mw == pytest.approx([10.0, 0.0])
    assert found.hours.discharge_mw == pytest.approx([0.0, 8.1])
    assert found.hours.state_mwh == pytest.approx([0.0, 9.0])
    assert found.hours.price_usd_per_mwh == pytest.approx([20.0, 100.0])
    assert found.energy_mwh == pytest.approx({"line": 21.9})
    assert found.quantities == pytest.approx({"carbon": 20 * 0.1 + 1.9 * 0.4})
    assert found.unpriced_cost_usd == pytest.approx(20 * 20 + 1.9 * 100 + 8.1)
    assert found.used == pytest.approx([20.0, 10.0, 9.0])
    # a price of carbon is paid on what is emitted and is no part of the unpriced cost
    priced = year.operate([50.0, 20.0, 9.0], 10.0, {"carbon": 30.0})
    assert priced.cost_usd == pytest.approx(priced.unpriced_cost_usd + 30 * 2.76)


def test_at_a_negative_price_a_battery_charges_and_discharges_at_once() -> None:
    year = SiteYear(
        [1.0],
        [Source("line", -10.0)],
        charge_efficiency_fraction=0.8,
        discharge_efficiency_fraction=1.0,
    )
    found = year.operate([100.0, 10.0, 50.0], 20.0, hourly=True)
    assert found.hours is not None
    # 10 MW in and 8 MW out at once keep the state and burn 2 MW
    assert found.hours.charge_mw == pytest.approx([10.0])
    assert found.hours.discharge_mw == pytest.approx([8.0])
    assert found.cost_usd == pytest.approx(-220.0)


def test_weather_years_weighted_alike_cost_the_mean_of_each_alone() -> None:
    case = peer.random_case(7, 90)
    point, load = [60.0, 80, 50, 30, 40, 35, 140], 100.0
    cut = {name: slice(first, first + 30) for name, first in (("a", 0), ("b", 30), ("c", 60))}

    def part(series: object, span: slice) -> Floats | float:
        array = np.asarray(series, dtype=np.float64)
        return float(array) if array.ndim == 0 else array[span]

    alone = []
    for span in cut.values():
        sources = [
            replace(
                source,
                usd_per_mwh=part(source.usd_per_mwh, span),
                availability=part(source.availability, span),
                quantities={k: part(v, span) for k, v in source.quantities.items()},
            )
            for source in case.sources
        ]
        alone.append(SiteYear(case.shape[span], sources, case.shed).operate(point, load))
    together = SiteYear(
        case.shape, case.sources, case.shed, chain_lengths=(30, 30, 30), weights=1 / 3
    ).operate(point, load)
    assert together.cost_usd == pytest.approx(np.mean([one.cost_usd for one in alone]))
    slopes = np.mean([one.per_capacity for one in alone], axis=0)
    assert together.per_capacity == pytest.approx(slopes)
    assert together.used == pytest.approx(np.max([one.used for one in alone], axis=0))
    for name, amount in together.quantities.items():
        assert amount == pytest.approx(np.mean([one.quantities[name] for one in alone]))


def test_a_step_of_three_hours_is_three_hours_of_the_same() -> None:
    price = [20.0, 90.0, 35.0, 70.0]
    fine = SiteYear(np.ones(12), [Source("line", np.repeat(price, 3))])
    coarse = SiteYear(np.ones(4), [Source("line", price)], step_hours=3.0)
    point = [50.0, 8.0, 24.0]
    one, other = fine.operate(point, 20.0), coarse.operate(point, 20.0)
    assert other.cost_usd == pytest.approx(one.cost_usd)
    assert other.energy_mwh == pytest.approx(one.energy_mwh)
    assert other.used[2] == pytest.approx(24.0)


def test_another_cost_of_one_source_is_as_if_it_had_been_given() -> None:
    case = peer.random_case(3, 60)
    usd = np.linspace(-30, 90, 60)
    point = [60.0, 80, 50, 30, 40, 35, 140]
    for name in ("gas", "reactor", "line"):
        for share in (0.0, 0.4, 1.0) if name == "reactor" else (0.0,):
            sources = [
                replace(s, must_run_fraction=share if s.name == "reactor" else 0.0)
                for s in case.sources
            ]
            anew = [replace(s, usd_per_mwh=usd) if s.name == name else s for s in sources]
            base = SiteYear(case.shape, [s for s in sources if not s.sale], case.shed)
            given_anew = SiteYear(case.shape, [s for s in anew if not s.sale], case.shed)
            before = base.value(point, 100.0).cost_usd
            changed = base.with_cost(name, usd).operate(point, 100.0, {"clean": -9.0})
            truth = given_anew.operate(point, 100.0, {"clean": -9.0})
            assert changed.cost_usd == pytest.approx(truth.cost_usd)
            assert changed.unpriced_cost_usd == pytest.approx(truth.unpriced_cost_usd)
            assert (base.value(point, 100.0).cost_usd == before).all()
    both = SiteYear([1.0], [Source("line", 40.0), Source("line", 30.0, sale=True)])
    sold = both.with_cost("line", 50.0, sale=True).operate([10.0, 0, 0], 4.0)
    assert sold.sold_mwh == pytest.approx({"line": 6.0})
    with pytest.raises(InputError, match="0 sources that are not sales have the name wind"):
        both.with_cost("wind", 1.0)
    with pytest.raises(InputError, match="usd_per_mwh of line is wrong or missing in hour 0"):
        both.with_cost("line", [np.nan])


def test_without_sun_load_or_storage_a_dispatch_is_still_exact() -> None:
    dark = SiteYear(np.ones(30), [Source("sun", 0.0, 0.0), Source("gas", 40.0)])
    for point, load, cost in (
        ([9.0, 5.0, 0.0, 10.0], 2.0, 30 * 2 * 40),
        ([9.0, 5.0, 4.0, 0.0], 2.0, 30 * 2 * 40),
        ([9.0, 5.0, 4.0, 10.0], 0.0, 0.0),
        ([9.0, 0.0, 4.0, 10.0], 2.0, 30 * 2 * 9000),
    ):
        found = dark.operate(point, load)
        assert found.cost_usd == pytest.approx(cost)
        assert found.unpriced_cost_usd == pytest.approx(cost)
        assert found.used[0] == 0.0


def test_threads_on_one_object_get_what_each_gets_alone() -> None:
    case = peer.random_case(11, 400)
    ours = case.ours()
    points = np.random.default_rng(1).uniform(0, 300, (16, 7))
    prices = [{"carbon": float(k), "clean": -float(k)} for k in range(16)]
    alone = [ours.operate(q, 100.0, p) for q, p in zip(points, prices, strict=True)]
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(lambda q, p: ours.operate(q, 100.0, p), points, prices))
    for one, other in zip(alone, threaded, strict=True):
        assert one.cost_usd == other.cost_usd
        assert one.quantities == other.quantities
        assert (one.used == other.used).all()


def test_what_is_wrong_with_chains_prices_or_points_is_said_in_words() -> None:
    with pytest.raises(InputError, match=r"weights differ within chain 1: 1 in hour 1, 2 in hour"):
        SiteYear(np.ones(3), [], chain_lengths=(1, 2), weights=[1.0, 1.0, 2.0])
    with pytest.raises(InputError, match=r"chain_lengths are \(1, 1\); allowed"):
        SiteYear(np.ones(3), [], chain_lengths=(1, 1))
    with pytest.raises(InputError, match="weights is wrong or missing in hour 0"):
        SiteYear(np.ones(3), [], weights=-1.0)
    with pytest.raises(InputError, match="step_hours is 0"):
        SiteYear(np.ones(3), [], step_hours=0.0)
    year = SiteYear([1.0], [Source("gas", 40.0, quantities={"carbon": 0.4})])
    with pytest.raises(InputError, match="the price of carbon is not finite"):
        year.value([1.0, 0, 0], 1.0, {"carbon": np.inf})
    with pytest.raises(InputError, match="2 points are given"):
        year.operate(np.ones((2, 3)), 1.0)
    with pytest.raises(InputError, match="carbon of gas has shape"):
        SiteYear([1.0], [Source("gas", 40.0, quantities={"carbon": [0.4, 0.4]})])
