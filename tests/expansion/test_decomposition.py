"""Plans by rounds against the whole problem as one program, and against themselves.

Problems that have answers by hand or by PyPSA are held to both methods in their own modules, see
`conftest.by_both_methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar, cast

import numpy as np
import pytest

from gigaplan.expansion import ExpansionProblem, Progress, Solution, Storage, solve
from gigaplan.expansion.decomposition import decompose, market
from gigaplan.expansion.operation import demand_per_it_mw

from .both_ways import encloses
from .decomposition_cases import least_cost_of_plan, programme
from .test_properties import random_problem


def one_price(problem: ExpansionProblem) -> ExpansionProblem:
    """Return the problem with zones that are prices only, which the quick oracle knows."""
    zones = tuple(replace(z, max_import_mw=None, sale_price_fraction=0.99) for z in problem.zones)
    limits = replace(problem.limits, carbon_usd_per_t=0.0, clean_matching="annual")
    return replace(problem, zones=zones, limits=limits)


def without_zone_projects(problem: ExpansionProblem) -> ExpansionProblem:
    """Return the problem with sites that share nothing within an hour."""
    zones = tuple(replace(z, max_import_mw=None) for z in problem.zones)
    here = tuple(o for o in problem.supplies if o.route != "zone")
    return replace(problem, zones=zones, supplies=here)


@pytest.mark.parametrize("seed", range(20))
def test_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    problem = without_zone_projects(random_problem(seed))
    found = encloses(problem, solve(problem))
    assert found.operated_by == {"storage value": 4}


@pytest.mark.parametrize("seed", range(6))
def test_places_that_share_a_zone_are_one_program_by_the_hour(seed: int) -> None:
    problem = random_problem(seed)
    found = encloses(problem, solve(problem))
    assert found.operated_by == {"hourly program": 2}


@pytest.mark.parametrize("seed", range(10))
def test_with_whole_units_the_optimum_lies_between_bound_and_plan(seed: int) -> None:
    problem = random_problem(seed, whole=True)
    if seed % 2:
        problem = without_zone_projects(problem)
    found = encloses(problem, solve(problem, gap=1e-6))
    assert found.route.startswith("rounds, whole")
    assert found.whole
    for values in found.whole.values():
        assert values == pytest.approx(np.round(values), abs=1e-6)


@pytest.mark.parametrize("seed", range(4))
def test_a_large_zone_of_one_price_is_left_to_its_market_with_an_honest_gap(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(market, "SMALL_SITE_HOURS", 0)
    problem = one_price(random_problem(seed))
    reference, found = solve(problem), decompose(problem, gap=1e-5)
    assert "sales" in found.operated_by
    near = 1e-6 * abs(reference.objective_usd)
    assert found.bound_usd <= reference.objective_usd + near
    assert found.objective_usd >= reference.objective_usd - near
    assert found.status == ("optimal" if found.gap <= 1e-5 else "gap left")
    assert found.gap <= 0.02


@pytest.mark.parametrize("seed", range(3))
def test_the_value_of_storage_and_an_hourly_program_give_the_same_plan(seed: int) -> None:
    problem = without_zone_projects(random_problem(seed))
    quick = decompose(problem, gap=1e-6)
    slow = decompose(problem, gap=1e-6, fast=False)
    assert slow.operated_by == {"hourly program": 4}
    assert quick.objective_usd == pytest.approx(slow.objective_usd, rel=3e-6)


def test_a_second_storage_at_a_site_takes_the_hourly_route_there_only() -> None:
    problem = without_zone_projects(random_problem(3))
    second = Storage(name="second", site="a", duration_hours=8.0, capex_usd_per_mw=9e5, max_mw=50.0)
    lossy = replace(problem.storages[1], standing_loss_fraction_per_hour=0.01)
    two = replace(problem, storages=(*problem.storages, second))
    assert encloses(two, solve(two)).operated_by == {"storage value": 2, "hourly program": 2}
    leaky = replace(problem, storages=(problem.storages[0], lossy))
    assert encloses(leaky, solve(leaky)).operated_by == {"storage value": 2, "hourly program": 2}


def same(one: Solution, two: Solution) -> bool:
    """Return whether two plans are the same to the last bit."""
    values = zip(one.capacity.supply_mw.values(), two.capacity.supply_mw.values(), strict=True)
    return (
        one.objective_usd == two.objective_usd
        and one.bound_usd == two.bound_usd
        and one.builds == two.builds
        and all((a == b).all() for a, b in values)
    )


@pytest.mark.parametrize("whole", [False, True])
def test_the_plan_does_not_depend_on_threads_or_on_being_asked_twice(whole: bool) -> None:
    problem = without_zone_projects(random_problem(11, whole=whole))
    one, two, again = (decompose(problem, threads=n) for n in (1, 2, 2))
    assert same(one, two)
    assert same(two, again)


@pytest.mark.parametrize("market_of_one_price", [False, True])
def test_places_that_share_a_zone_give_the_same_plan_on_any_threads_and_twice(
    market_of_one_price: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    problem = random_problem(2)
    if market_of_one_price:
        monkeypatch.setattr(market, "SMALL_SITE_HOURS", 0)
        problem = one_price(problem)
    one, two, again = (decompose(problem, threads=n) for n in (1, 2, 2))
    assert ("sales" in one.operated_by) == market_of_one_price
    assert same(one, two)
    assert same(two, again)


@pytest.mark.parametrize("seed", range(4))
def test_energy_by_source_makes_the_load(seed: int) -> None:
    problem = replace(without_zone_projects(random_problem(seed)), storages=())
    sites = tuple(replace(s, export_price_fraction=None) for s in problem.sites)
    problem = replace(problem, sites=sites)
    found = decompose(problem)
    for site in problem.sites:
        per_it_mw = [
            demand_per_it_mw(problem, site, y) @ problem.hours.weights
            for y in range(len(problem.periods))
        ]
        load = found.online_it_mw[site.name] * np.array(per_it_mw)
        made: Mapping[str, np.ndarray] = found.energy_mwh[site.name]
        assert np.sum(list(made.values()), axis=0) == pytest.approx(load, rel=1e-6)


Priced = TypeVar("Priced")


def in_other_money(item: Priced, factor: float) -> Priced:
    """Return a part of a problem with every USD in it multiplied."""
    names = [f.name for f in fields(cast(Any, item)) if "usd" in f.name]
    values = {n: np.asarray(getattr(item, n)) for n in names if getattr(item, n) is not None}
    changed = {n: float(factor * v) if v.ndim == 0 else factor * v for n, v in values.items()}
    return cast(Priced, replace(cast(Any, item), **changed))


@pytest.mark.parametrize("factor", [1e-3, 1e3])
def test_a_plan_in_other_money_is_the_same_plan(factor: float) -> None:
    problem = without_zone_projects(random_problem(2))

    def money(item: Priced) -> Priced:
        return in_other_money(item, factor)

    sites = [replace(s, shed=tuple(money(t) for t in s.shed)) for s in problem.sites]
    dearer = replace(
        problem,
        zones=tuple(money(z) for z in problem.zones),
        sites=tuple(money(s) for s in sites),
        supplies=tuple(money(s) for s in problem.supplies),
        storages=tuple(money(s) for s in problem.storages),
        connections=tuple(money(c) for c in problem.connections),
        campuses=tuple(money(c) for c in problem.campuses),
        goal=money(problem.goal),
        limits=money(problem.limits),
    )
    plain, scaled = decompose(problem, gap=1e-5), decompose(dearer, gap=1e-5)
    assert scaled.objective_usd == pytest.approx(factor * plain.objective_usd, rel=2e-5)


@pytest.mark.parametrize("seed", range(3))
def test_more_connection_never_costs_more(seed: int) -> None:
    problem = without_zone_projects(random_problem(seed))
    wider = replace(
        problem,
        sites=tuple(
            replace(s, connection_mw=np.asarray(s.connection_mw) + 50.0) for s in problem.sites
        ),
    )
    assert decompose(wider).bound_usd <= decompose(problem).objective_usd


def test_every_round_tells_a_bound_below_its_plan_and_a_gap_that_shrinks() -> None:
    told: list[Progress] = []
    found = decompose(without_zone_projects(random_problem(5)), gap=1e-5, progress=told.append)
    assert len(told) == found.rounds
    assert all(at.bound_usd <= at.objective_usd for at in told)
    gaps = [at.gap for at in told]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] <= 1e-5


def test_a_user_who_stops_gets_the_best_plan_so_far_with_its_gap() -> None:
    problem = without_zone_projects(random_problem(5))

    def stop(at: Progress) -> None:
        if at.gap < 0.2:
            raise KeyboardInterrupt

    found = decompose(problem, gap=1e-6, progress=stop)
    reference = solve(problem)
    assert found.status == "interrupted"
    assert 1e-6 < found.gap < 0.25
    assert found.bound_usd <= reference.objective_usd * (1 + 1e-6)
    assert found.objective_usd >= reference.objective_usd * (1 - 1e-6)


def test_a_user_who_stops_at_once_gets_a_plan_that_can_be_carried_out() -> None:
    problem = programme()

    def stop(at: Progress) -> None:
        raise KeyboardInterrupt

    try:
        found = decompose(problem, gap=1e-6, progress=stop)
    except KeyboardInterrupt:  # would end the whole test run
        pytest.fail("the interruption was not caught")
    assert found.status == "interrupted"
    assert found.rounds == 1
    assert found.gap == pytest.approx(1 - found.bound_usd / found.objective_usd)
    assert found.objective_usd >= least_cost_of_plan(problem, found) * (1 - 1e-6)


def test_a_plan_made_in_no_time_is_a_plan_with_its_gap() -> None:
    problem = without_zone_projects(random_problem(5))
    found = decompose(problem, gap=1e-6, time_limit_s=0.0)
    assert found.status == "time limit"
    assert found.objective_usd >= solve(problem).objective_usd * (1 - 1e-6)
    assert found.gap > 1e-6
