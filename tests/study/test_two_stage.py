"""Commitments under uncertainty: what may come, what stands for it, what hedging saves."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from gigaplan import delivery, weather
from gigaplan.core.errors import InputError
from gigaplan.expansion.from_programme import PlannedProgramme, full_chronology, plan_in_full
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.two_stage import (
    CarriedOut,
    CommitSettings,
    Hedge,
    as_json,
    as_text,
    carry_out,
    hedge,
)
from gigaplan.study.two_stage.futures import (
    NEVER_YEARS,
    PATH_ODDS,
    PATHS,
    Futures,
    draw_futures,
    everything_offered,
)
from gigaplan.study.two_stage.prices import on_path
from gigaplan.study.two_stage.scenarios import OVERRUN_COST_FRACTION, World, lead_years
from gigaplan.weather.model import Series

DRAWS = 400
SMALL = CommitSettings(scenarios=6, drawn=200, fresh=16)


def bundled(name: str) -> ResolvedProgramme:
    return resolve(read_programme(locate(name)))


@pytest.fixture(scope="module")
def meta() -> ResolvedProgramme:
    return bundled("meta-compute")


@pytest.fixture(scope="module")
def campus() -> tuple[ResolvedProgramme, Series]:
    programme = bundled("one-campus")
    return programme, weather.series_for(programme, weather_years=1)


@pytest.fixture(scope="module")
def planned(campus: tuple[ResolvedProgramme, Series]) -> PlannedProgramme:
    return plan_in_full(*campus, threads=2)


@pytest.fixture(scope="module")
def futures(campus: tuple[ResolvedProgramme, Series], planned: PlannedProgramme) -> Futures:
    return draw_futures(campus[0], planned.plan, draws=DRAWS, seed=5, threads=2)


@pytest.fixture(scope="module")
def found(campus: tuple[ResolvedProgramme, Series]) -> Hedge:
    return hedge(*campus, SMALL, threads=2)


@pytest.fixture(scope="module")
def carried(campus: tuple[ResolvedProgramme, Series], found: Hedge) -> tuple[CarriedOut, ...]:
    return carry_out(*campus, found, draws=100, threads=2)


def test_every_option_has_a_delay_and_a_cost_in_every_draw(
    campus: tuple[ResolvedProgramme, Series], planned: PlannedProgramme, futures: Futures
) -> None:
    problem = planned.problem
    names = [supply.name for supply in problem.supplies]
    names += [store.name for store in problem.storages]
    names += [line.name for line in problem.connections]
    names += [campus.name for campus in problem.campuses]
    for name in names:
        assert futures.delay_years[name].shape == (DRAWS,)
        assert (futures.delay_years[name] >= 0).all()
        assert (futures.cost_factor[name] >= 0).all()


def test_dates_are_those_that_delivery_finds(
    campus: tuple[ResolvedProgramme, Series], planned: PlannedProgramme, futures: Futures
) -> None:
    programme = replace(campus[0], slots={})
    plan = everything_offered(programme, planned.plan)
    came = delivery.deliver(programme, plan, draws=DRAWS, seed=5)
    unit = next(e for e in came.entities if e.kind == "unit" and e.owner == "engines")
    months = came.online_month[came.entities.index(unit)]
    late = np.floor(months / 12) - unit.planned_month // 12
    assert (futures.delay_years["engines"] == late).all()


def test_what_never_serves_costs_what_was_spent(meta: ResolvedProgramme) -> None:
    series = weather.series_for(meta, weather_years=1)
    plan = plan_in_full(meta, series, threads=2).plan
    drawn = draw_futures(meta, plan, draws=DRAWS, seed=5, threads=2)
    refused = drawn.delay_years["oklo-pike"] == NEVER_YEARS
    assert 0.0 < refused.mean() < 0.5
    # given up while it is commissioned, it has cost all; refused or given up before, less
    spent = drawn.cost_factor["oklo-pike"][refused]
    assert (spent <= 1.0 + 1e-9).all()
    assert (spent < 1.0).any()
    assert (drawn.cost_factor["oklo-pike"][~refused] == 1.0).all()  # its seller bears overruns


def test_futures_do_not_depend_on_threads_or_on_how_many_there_are(
    campus: tuple[ResolvedProgramme, Series], planned: PlannedProgramme, futures: Futures
) -> None:
    fewer = draw_futures(campus[0], planned.plan, draws=50, seed=5, threads=1)
    for name, late in fewer.delay_years.items():
        assert (late == futures.delay_years[name][:50]).all()
    assert (fewer.price_path == futures.price_path[:50]).all()
    assert (fewer.target_it_mw == futures.target_it_mw[:50]).all()


def test_a_tenth_of_demand_lies_beyond_its_low_and_its_high(meta: ResolvedProgramme) -> None:
    series = weather.series_for(meta, weather_years=1)
    plan = plan_in_full(meta, series, threads=2).plan
    drawn = draw_futures(meta, plan, draws=4000, seed=2, threads=2)
    assert (drawn.target_it_mw[:, -1] < 25_000).mean() == pytest.approx(0.1, abs=0.02)
    assert (drawn.target_it_mw[:, -1] > 55_000).mean() == pytest.approx(0.1, abs=0.02)
    for path, odds in enumerate(PATH_ODDS):
        assert (drawn.price_path == path).mean() == pytest.approx(odds, abs=0.03)


def test_prices_on_a_path_are_the_stated_ends_of_their_ranges(meta: ResolvedProgramme) -> None:
    series = weather.series_for(meta, weather_years=1)
    figures = {figure.field: figure for figure in meta.figures}
    gas = figures["zones.ercot-west.gas_price_usd_per_mmbtu.2030"]
    power = figures["zones.ercot-west.power_price_usd_per_mwh"]
    programme, changed = on_path(meta, series, PATHS.index("high"))
    found = programme.zones["ercot-west"].gas_price_usd_per_mmbtu[meta.years.index(2030)]
    assert found == pytest.approx(gas.high)
    project = programme.power["next-texas-gas"]
    assert project.fuel_usd_per_mmbtu[meta.years.index(2030)] == pytest.approx(gas.high)
    ratio = (
        changed.zones["ercot-west"].price_usd_per_mwh / series.zones["ercot-west"].price_usd_per_mwh
    )
    assert power.high is not None
    assert ratio == pytest.approx(power.high / power.value)
    same, unchanged = on_path(meta, series, PATHS.index("value"))
    assert same.power["next-texas-gas"].fuel_usd_per_mmbtu == pytest.approx(
        meta.power["next-texas-gas"].fuel_usd_per_mmbtu
    )
    assert np.array_equal(
        unchanged.zones["wecc"].price_usd_per_mwh, series.zones["wecc"].price_usd_per_mwh
    )


def test_a_scenario_is_the_programme_with_its_draw(
    campus: tuple[ResolvedProgramme, Series], futures: Futures
) -> None:
    programme, series = campus
    world = World.of(programme, series)
    scenario = world.scenario(futures, 3, "three", 1.0)
    base = full_chronology(*on_path(programme, series, int(futures.price_path[3])))
    engines = next(o for o in scenario.problem.supplies if o.name == "engines")
    estimate = next(o for o in base.supplies if o.name == "engines").capex_usd_per_mw
    factor = futures.cost_factor["engines"][3]
    assert np.asarray(engines.capex_usd_per_mw) == pytest.approx(np.asarray(estimate) * factor)
    late = futures.delay_years["engines"][3]
    assert scenario.delay_years.get("engines", 0.0) == late
    site = scenario.problem.sites[0]
    assert np.asarray(site.connection_mw) == pytest.approx(futures.connection_mw[site.name][3])


def test_budgets_may_be_exceeded_at_a_price(meta: ResolvedProgramme) -> None:
    series = weather.series_for(meta, weather_years=1)
    problem = World.of(meta, series).on_path[0]
    budget, above = problem.limits.funds
    limits = np.asarray(budget.usd)
    assert limits[:3].sum() == pytest.approx(600e9)  # the pledge through 2028
    assert limits[4] == pytest.approx(320e9)
    assert above.cost_fraction == OVERRUN_COST_FRACTION
    assert problem.limits.capex_usd is None


def test_an_option_with_a_last_month_to_exercise_leads_from_there(meta: ResolvedProgramme) -> None:
    lead = lead_years(meta)
    assert lead["terrapower-options"] == pytest.approx(2.5)  # 2031-12 to 2034-06
    assert lead["next-texas"] == pytest.approx(1.5)  # 18 months of construction
    assert lead["gb300"] == -np.inf


def test_reduced_scenarios_keep_all_probability_and_state_their_error(
    campus: tuple[ResolvedProgramme, Series], futures: Futures
) -> None:
    world = World.of(*campus)
    few, more = world.reduced(futures, 4), world.reduced(futures, 40)
    assert few.probabilities.sum() == pytest.approx(1.0)
    assert 0.0 < more.error_fraction < few.error_fraction < 1.0


def test_the_hedged_plan_is_best_on_the_scenarios_it_was_made_on(found: Hedge) -> None:
    hedged, *others = found.tested
    assert hedged.in_sample_usd == found.committed.objective_usd
    for other in others:
        assert other.in_sample_usd >= found.committed.bound_usd
    assert found.committed.perfect_information_usd <= found.committed.bound_usd * (1 + 1e-9)


def test_savings_are_paired_by_future(found: Hedge) -> None:
    for other in found.tested[1:]:
        saved = found.saved(other)
        apart = other.costs_usd - found.tested[0].costs_usd
        assert saved.mean == pytest.approx(apart.mean())
        assert saved.standard_error == pytest.approx(apart.std(ddof=1) / 4)
        assert found.tail(other).mean >= other.costs_usd.mean()


def test_plans_are_delivered_and_operated_in_the_same_worlds(
    carried: tuple[CarriedOut, ...], found: Hedge
) -> None:
    assert [one.name for one in carried] == [tested.name for tested in found.tested]
    for one in carried:
        assert (one.missing_it_mw_years >= 0).all()
        assert (one.capex_usd > 0).all()
        assert one.online_it_mw.shape == (len(found.years), 100)
    assert carried[0].more_missing(carried[0]).mean == 0.0


def test_the_same_seed_gives_the_same_hedge_whatever_the_threads(
    campus: tuple[ResolvedProgramme, Series], found: Hedge
) -> None:
    again = hedge(*campus, SMALL, threads=1)
    assert again.committed.first_stage == found.committed.first_stage
    for one, other in zip(again.tested, found.tested, strict=True):
        assert (one.costs_usd == other.costs_usd).all()


def test_a_hedge_is_told_in_lines_that_fit_and_in_plain_values(
    found: Hedge, carried: tuple[CarriedOut, ...]
) -> None:
    text = as_text(found, carried)
    assert max(len(line) for line in text.splitlines()) <= 80
    record = json.loads(json.dumps(as_json(found, carried), allow_nan=False))
    assert [plan["name"] for plan in record["plans"]] == ["hedged", "median", "announced"]
    assert len(record["plans"][0]["fresh_costs_usd"]) == SMALL.fresh


def test_too_few_draws_are_refused() -> None:
    with pytest.raises(InputError, match="at least as many as scenarios"):
        CommitSettings(scenarios=20, drawn=10)
    with pytest.raises(InputError, match="fresh"):
        CommitSettings(fresh=1)


@pytest.mark.parametrize("asked", ["first", 2090])
def test_a_decision_year_that_is_no_later_planning_year_is_refused(
    campus: tuple[ResolvedProgramme, Series], asked: str | int
) -> None:
    programme, series = campus
    year = programme.years[0] if asked == "first" else int(asked)
    with pytest.raises(InputError, match=f"found {year}; a planning year after the first"):
        hedge(programme, series, CommitSettings(decision_year=year))
