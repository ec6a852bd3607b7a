"""What holds for any plan by rounds: its bound, sums and energy; that freedom never costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gigaplan.expansion import (
    ExpansionProblem,
    Goal,
    Solution,
    Supply,
    solve,
)
from gigaplan.expansion.decomposition import decompose
from gigaplan.expansion.operation import demand_per_it_mw

from .both_ways import encloses
from .decomposition_cases import PARTS, changed, least_cost_of_plan, limited, programme
from .test_decomposition import in_other_money, without_zone_projects
from .test_properties import random_problem

quick = settings(
    max_examples=6,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
seeds = st.integers(0, 10_000)
GAP = 1e-5


@st.composite
def programmes(draw: st.DrawFn) -> ExpansionProblem:
    """Return the small programme with limits, zones and figures of any kind."""
    problem = programme(draw(seeds))
    if draw(st.booleans()):
        problem = changed(problem, "b", zone="za")
        if draw(st.booleans()):
            problem = changed(problem, "za", max_import_mw=draw(st.floats(20.0, 200.0)))
    if draw(st.booleans()):
        wind = Supply(
            name="wind",
            zone="za",
            route="zone",
            capex_usd_per_mw=draw(st.floats(4e5, 2e6)),
            availability=draw(st.floats(0.3, 0.9)),
            max_mw=300.0,
        )
        problem = replace(problem, supplies=(*problem.supplies, wind))
        problem = changed(problem, "za", sale_price_fraction=draw(st.sampled_from([0.0, 0.9, 1.0])))
    if draw(st.booleans()):
        problem = changed(problem, "b", export_price_fraction=draw(st.floats(0.0, 1.0)))
    if draw(st.booleans()):
        loss = draw(st.sampled_from([0.0, 0.02]))
        problem = changed(
            problem, "block", capex_usd_per_mw=3e5, standing_loss_fraction_per_hour=loss
        )
    if draw(st.booleans()):
        share = draw(st.floats(0.1, 0.8))
        matching = draw(st.sampled_from(["annual", "hourly"]))
        problem = limited(problem, clean_share_fraction=share, clean_matching=matching)
    if draw(st.booleans()):
        problem = limited(problem, carbon_t=draw(st.floats(2e5, 6e5)))
    if draw(st.booleans()):
        problem = limited(problem, capex_usd=draw(st.floats(2e8, 1e9)))
    if draw(st.booleans()):
        usd = draw(st.floats(2e5, 2e6))
        goal = Goal(target_it_mw=[140.0, 220.0, 260.0], shortfall_usd_per_it_mw_year=usd)
        problem = replace(problem, goal=goal)
    else:
        # what limits leave no plan for is tested elsewhere
        problem = replace(problem, goal=replace(problem.goal or Goal(), **SOFT))
    return problem


SOFT: dict[str, Any] = {"shortfall_usd_per_it_mw_year": 2e7}


@settings(quick, max_examples=15)
@given(programmes())
def test_any_programme_is_enclosed_and_can_be_carried_out(problem: ExpansionProblem) -> None:
    reference = solve(problem)
    found = encloses(problem, reference)
    assert found.bound_usd <= found.objective_usd
    usd = least_cost_of_plan(problem, found)
    size = max(abs(usd), 1.0)
    assert found.objective_usd >= usd - 1e-6 * size
    assert found.objective_usd <= usd + 2e-5 * size


def checked_sums(problem: ExpansionProblem, found: Solution) -> None:
    """Hold a plan's costs and energy to their sums."""
    assert found.objective_usd == pytest.approx(found.costs.total(), rel=1e-9)
    allowed = {"grid", "unserved"} | {o.name for o in problem.supplies}
    for site in problem.sites:
        sources = found.energy_mwh[site.name]
        assert set(sources) <= allowed
        assert all((mwh >= -1e-6).all() for mwh in sources.values())
        for y in range(len(problem.periods)):
            per_it_mw = float(demand_per_it_mw(problem, site, y) @ problem.hours.weights)
            load = found.online_it_mw[site.name][y] * per_it_mw
            made = sum(float(mwh[y]) for mwh in sources.values())
            assert made == pytest.approx(load, rel=1e-6, abs=1e-3), (site.name, y)


def without_stores(problem: ExpansionProblem) -> ExpansionProblem:
    """Return a problem in which energy goes nowhere but to the load."""
    sites = tuple(replace(site, export_price_fraction=None) for site in problem.sites)
    return replace(problem, storages=(), sites=sites)


@pytest.mark.parametrize("fast", [True, False])
@quick
@given(seed=seeds)
def test_energy_by_source_sums_to_the_load_of_each_site_year(seed: int, fast: bool) -> None:
    problem = without_stores(without_zone_projects(random_problem(seed)))
    checked_sums(problem, decompose(problem, gap=1e-4, fast=fast))


@quick
@given(seeds)
def test_energy_of_a_zones_projects_sums_to_the_load_too(seed: int) -> None:
    problem = without_stores(random_problem(seed))
    checked_sums(problem, decompose(problem, gap=1e-4))


@quick
@given(seeds, st.floats(0.05, 0.6))
def test_load_that_goes_unserved_is_counted_in_energy_and_cost(seed: int, share: float) -> None:
    problem = without_stores(programme(seed))
    for name in ("gas a", "gas b", "sun a", "sun b", "reactor", "line a", "line b"):
        problem = changed(problem, name, max_mw=share * 100.0)
    problem = changed(changed(problem, "a", connection_mw=20.0), "b", connection_mw=20.0)
    found = decompose(problem, gap=1e-4)
    checked_sums(problem, found)
    mwh = sum(float(found.energy_mwh[s]["unserved"].sum()) for s in ("a", "b"))
    assert (mwh > 1.0) == (found.costs.unserved > 1e3)


@quick
@given(seeds, st.floats(1.0, 100.0))
def test_more_land_or_connection_never_costs_more(seed: int, more: float) -> None:
    problem = programme(seed)
    for name in ("a", "b"):
        problem = changed(problem, name, land_acres=300.0, connection_mw=50.0)
    tight = decompose(problem, gap=GAP)
    for figure, was in (("land_acres", 300.0), ("connection_mw", 50.0)):
        wider = changed(problem, "a", **{figure: was + more})
        found = decompose(wider, gap=GAP)
        near = 1e-9 * abs(tight.objective_usd)
        assert found.bound_usd <= tight.objective_usd + near
        assert found.objective_usd <= tight.objective_usd * (1 + GAP) + near


@quick
@given(seeds)
def test_an_option_more_never_costs_more(seed: int) -> None:
    problem = programme(seed)
    fewer = replace(problem, supplies=problem.supplies[:-1], storages=())
    best, without = decompose(problem, gap=GAP), decompose(fewer, gap=GAP)
    assert best.bound_usd <= without.objective_usd
    assert best.objective_usd <= without.objective_usd * (1 + GAP)


def in_money(problem: ExpansionProblem, factor: float) -> ExpansionProblem:
    """Return a problem with every USD in it multiplied."""
    parts: dict[str, Any] = {
        part: tuple(in_other_money(item, factor) for item in getattr(problem, part))
        for part in PARTS
    }
    parts["sites"] = tuple(
        replace(site, shed=tuple(in_other_money(tier, factor) for tier in site.shed))
        for site in parts["sites"]
    )
    goal = in_other_money(problem.goal, factor)
    return replace(problem, goal=goal, limits=in_other_money(problem.limits, factor), **parts)


@quick
@given(seeds, st.sampled_from([1e-4, 1e-2, 3.7, 1e2, 1e4]))
def test_all_costs_times_a_factor_is_the_cost_times_it(seed: int, factor: float) -> None:
    problem = limited(programme(seed), capex_usd=6e8, carbon_usd_per_t=30.0)
    plain, scaled = (decompose(p, gap=GAP) for p in (problem, in_money(problem, factor)))
    assert scaled.status == "optimal"
    assert scaled.objective_usd == pytest.approx(factor * plain.objective_usd, rel=2 * GAP)
    assert scaled.bound_usd <= factor * plain.objective_usd * (1 + 1e-9)


@quick
@given(seeds)
def test_the_order_in_which_sites_and_options_are_given_does_not_matter(seed: int) -> None:
    problem = programme(seed)
    parts: dict[str, Any] = {part: tuple(reversed(getattr(problem, part))) for part in PARTS}
    turned = replace(problem, **parts)
    one, two = decompose(problem, gap=GAP), decompose(turned, gap=GAP)
    assert one.objective_usd == pytest.approx(two.objective_usd, rel=2 * GAP)


@quick
@given(seeds)
def test_twice_everything_costs_twice(seed: int) -> None:
    problem = programme(seed)

    def doubled(item: Any, *names: str) -> Any:
        return replace(item, **{n: 2.0 * np.asarray(getattr(item, n)) for n in names})

    twice = replace(
        problem,
        sites=tuple(doubled(s, "connection_mw") for s in problem.sites),
        supplies=tuple(doubled(s, "max_mw") for s in problem.supplies),
        storages=tuple(
            replace(doubled(s, "max_mw"), max_mwh=2 * s.max_mwh)
            if s.duration_hours is None
            else doubled(s, "max_mw")
            for s in problem.storages
        ),
        connections=tuple(doubled(c, "max_mw") for c in problem.connections),
        campuses=tuple(
            replace(
                doubled(c, "existing_it_mw"),
                phases=tuple(replace(p, it_mw=2 * p.it_mw) for p in c.phases),
            )
            for c in problem.campuses
        ),
        goal=doubled(problem.goal, "target_it_mw"),
    )
    one, two = decompose(problem, gap=GAP), decompose(twice, gap=GAP)
    assert two.objective_usd == pytest.approx(2.0 * one.objective_usd, rel=2 * GAP)
