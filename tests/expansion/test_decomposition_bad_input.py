"""Odd and impossible problems: an exact answer or a clear message, never a wrong plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError, InputError, SolverError
from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Goal,
    Hours,
    InfeasiblePlanError,
    Limits,
    Period,
    Phase,
    ShedTier,
    Site,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.decomposition import decompose

from .both_ways import encloses
from .decomposition_cases import changed, programme
from .test_decomposition import without_zone_projects
from .test_properties import random_problem

Builder = Callable[..., ExpansionProblem]


@pytest.mark.parametrize("wrong", [np.nan, -0.1, np.inf])
def test_availability_that_is_no_share_is_refused_by_name_and_hour(wrong: float) -> None:
    problem = random_problem(1)
    sun = next(o for o in problem.supplies if o.name == "sun a")
    series = np.array(sun.availability)
    series[7] = wrong
    with pytest.raises(InputError, match=r"sun a.availability: found .* at \[7\]"):
        replace(problem, supplies=(replace(sun, availability=series),))


def test_a_year_of_no_load_costs_nothing_to_run(one_site: Builder) -> None:
    problem = one_site(
        site={"it_load_fraction": np.zeros(2)},
        weights=(4380.0, 4380.0),
        supplies=(Supply(name="plant", site="here", capex_usd_per_mw=1e6),),
    )
    found = decompose(problem)
    assert found.objective_usd == pytest.approx(0.0, abs=1.0)
    assert found.status == "optimal"


@pytest.mark.parametrize("change", [{"max_mw": 0.0}, {"max_mwh": 0.0}])
def test_storage_of_no_power_or_no_energy_is_no_storage(change: dict[str, float]) -> None:
    problem = without_zone_projects(random_problem(1))
    empty = replace(
        problem,
        storages=(replace(problem.storages[0], **change),),  # type: ignore[arg-type]
    )
    none = replace(problem, storages=())
    assert encloses(empty, solve(empty)).objective_usd == pytest.approx(
        solve(none).objective_usd, rel=2e-5
    )


def test_identical_projects_cost_what_one_of_double_size_does() -> None:
    problem = without_zone_projects(random_problem(4))
    gas = problem.supplies[0]
    halves = [
        replace(
            gas,
            name=f"half {n}",
            max_mw=200.0,
            existing_mw=np.asarray(gas.existing_mw) / 2,
        )
        for n in (1, 2)
    ]
    twins = replace(problem, supplies=(*halves, *problem.supplies[1:]))
    assert encloses(twins, solve(twins)).objective_usd == pytest.approx(
        solve(problem).objective_usd, rel=2e-5
    )


def test_a_target_that_no_sites_reach_is_named_with_what_is_missing() -> None:
    problem = without_zone_projects(random_problem(1))
    hard = replace(problem, goal=Goal(target_it_mw=[150.0, 900.0]))
    with pytest.raises(InfeasibleError, match="compute target in 2032: 600 IT MW less"):
        decompose(hard)


def test_load_that_must_be_served_and_cannot_be_is_named_with_place_and_year(
    one_site: Builder,
) -> None:
    # 100 MW, and 60 of plant
    problem = one_site(supplies=(Supply(name="plant", site="here", max_mw=60.0),))
    with pytest.raises(InfeasibleError, match="firm power at here in 2030: 40 MW more"):
        decompose(problem)


def test_firm_power_that_can_be_served_is_served_whatever_it_costs(one_site: Builder) -> None:
    # one hour a year lacks sun; its power comes from plant at 100 million USD a MW and year
    sun = np.ones(24)
    sun[5] = 0.0
    problem = one_site(
        weights=np.full(24, 1.0),
        supplies=(
            Supply(name="sun", site="here", availability=sun),
            Supply(name="plant", site="here", fixed_usd_per_mw_year=1e8),
        ),
    )
    found = decompose(problem, gap=1e-6)
    assert found.capacity.supply_mw["plant"] == pytest.approx([100.0], rel=1e-6)
    assert found.energy_mwh["here"]["unserved"] == pytest.approx([0.0], abs=1e-6)


def test_a_clean_share_that_no_operation_keeps_is_named(one_site: Builder) -> None:
    problem = one_site(
        site={"shed": (ShedTier(name="all", load_fraction=1.0, usd_per_mwh=500.0),)},
        supplies=(
            Supply(name="gas", site="here", dirty_fraction=1.0, variable_usd_per_mwh=40.0),
            Supply(name="sun", site="here", max_mw=50.0, availability=0.2),
        ),
        limits=Limits(clean_share_fraction=0.5),
    )
    # 10 of 100 MW can be clean: 50% of 876 GWh less 87.6
    with pytest.raises(InfeasibleError, match=r"clean energy in 2030: 350\.4 GWh short"):
        decompose(problem)


def test_what_costs_nothing_to_build_is_built() -> None:
    problem = without_zone_projects(random_problem(6))
    free = tuple(replace(o, capex_usd_per_mw=0.0) for o in problem.supplies)
    found = replace(problem, supplies=free)
    encloses(found, solve(found))


def test_costs_of_twelve_orders_of_magnitude_give_the_exact_answer(one_site: Builder) -> None:
    # cheap power covers 99 of 100 MW; the last is dear by 12 orders of magnitude
    problem = one_site(
        supplies=(
            Supply(name="cheap", site="here", variable_usd_per_mwh=1e-6, max_mw=99.0),
            Supply(name="dear", site="here", variable_usd_per_mwh=1e6, max_mw=10.0),
        ),
    )
    found = decompose(problem)
    assert found.objective_usd == pytest.approx(8760 * (99 * 1e-6 + 1 * 1e6), rel=1e-6)


@pytest.mark.slow
def test_ten_thousand_candidates_are_planned(one_site: Builder) -> None:
    rng = np.random.default_rng(3)
    cost = rng.uniform(50.0, 150.0, 10_000)
    problem = one_site(
        supplies=tuple(
            Supply(name=f"p{n}", site="here", max_mw=0.01, fixed_usd_per_mw_year=float(usd) * 1e3)
            for n, usd in enumerate(cost)
        ),
        it_mw=50.0,
    )
    # the 5,000 cheapest
    found = decompose(problem, gap=1e-6)
    assert found.objective_usd == pytest.approx(10.0 * np.sort(cost)[:5000].sum(), rel=2e-6)


def test_many_sites_with_odd_figures_are_enclosed() -> None:
    rng = np.random.default_rng(8)
    hours = 48
    names = [f"s{n}" for n in range(12)]
    problem = ExpansionProblem(
        periods=(Period(2030), Period(2031)),
        hours=Hours(np.full(hours, 182.5), (hours,)),
        zones=(Zone(name="z", price_usd_per_mwh=rng.uniform(-50, 200, hours), dirty_fraction=0.9),),
        sites=tuple(
            Site(
                name=name,
                zone="z",
                connection_mw=0.0 if n % 3 else 1e5,
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=3000.0),),
            )
            for n, name in enumerate(names)
        ),
        supplies=tuple(
            Supply(
                name=f"sun {name}",
                site=name,
                capex_usd_per_mw=0.0 if n % 4 == 0 else 7e5,
                availability=rng.uniform(0, 1, hours) if n % 2 else 0.0,
                max_mw=10.0**n / 1e3,
            )
            for n, name in enumerate(names[:8])
        ),
        storages=tuple(
            Storage(name=f"b {name}", site=name, duration_hours=1000.0, capex_usd_per_mw=1e5)
            for name in names[:2]
        ),
        campuses=tuple(
            Campus(
                name=f"it {name}",
                site=name,
                phases=(Phase(name="one", it_mw=100.0, whole=False),),
                capex_usd_per_it_mw=1e7,
            )
            for name in names
        ),
        goal=Goal(target_it_mw=[300.0, 600.0]),
        limits=Limits(clean_share_fraction=[0.1, 0.3]),
    )
    encloses(problem, solve(problem))


def test_a_negative_gap_is_refused() -> None:
    with pytest.raises(InputError, match="gap is -1"):
        decompose(random_problem(1), gap=-1.0)


@pytest.mark.parametrize("field", ["price_usd_per_mwh"])
def test_a_market_that_always_pays_for_use_is_planned(field: str) -> None:
    problem = without_zone_projects(random_problem(9))
    changes: dict[str, Any] = {field: -20.0}
    paid = replace(problem, zones=tuple(replace(z, **changes) for z in problem.zones))
    encloses(paid, solve(paid))


def starved(fast_share: float = 5.0) -> ExpansionProblem:
    """Return the small programme with a site that must be served and has little to serve it."""
    problem = changed(changed(programme(), "b", shed=(), connection_mw=10.0), "line b", max_mw=5.0)
    for name in ("gas b", "sun b"):
        problem = changed(problem, name, max_mw=fast_share)
    return problem


@pytest.mark.parametrize("fast", [True, False])
@pytest.mark.parametrize(
    "tight",
    [
        starved(),
        changed(
            changed(changed(starved(20.0), "b", connection_mw=0.0), "line b", max_mw=0.0),
            "gas b",
            max_mw=0.0,
        ),
    ],
    ids=["too little plant", "too little sun for its storage"],
)
def test_the_site_that_cannot_be_served_is_named_and_the_change_said_to_do_does(
    tight: ExpansionProblem, fast: bool
) -> None:
    with pytest.raises(InfeasiblePlanError, match="firm power at b in 20"):
        solve(tight)
    with pytest.raises(InfeasiblePlanError, match="firm power at b in 20") as caught:
        decompose(tight, fast=fast)
    assert "at a in" not in str(caught.value)
    more = caught.value.alternatives["firm power"][0]
    # firm power of that size, at no cost
    relief = Supply(name="relief", site="b", max_mw=more.amount * (1 + 1e-6) + 1e-6)
    eased = replace(tight, supplies=(*tight.supplies, relief))
    assert solve(eased).status == "optimal"


@pytest.mark.parametrize("fast", [True, False])
def test_a_site_that_storage_just_carries_is_planned(fast: bool) -> None:
    problem = changed(changed(programme(), "b", shed=(), connection_mw=0.0), "line b", max_mw=0.0)
    problem = changed(problem, "gas b", max_mw=0.0)
    found = encloses(problem, solve(problem), fast=fast)
    assert found.energy_mwh["b"]["unserved"] == pytest.approx([0.0] * 3, abs=1e-3)


def test_a_period_without_load_is_planned_beside_one_with_it() -> None:
    load = np.vstack([np.zeros(24), np.full(24, 0.8), np.zeros(24)])
    problem = changed(programme(), "a", it_load_fraction=load)
    encloses(problem, solve(problem))


def test_no_time_for_load_that_must_be_served_is_a_clear_message() -> None:
    problem = changed(programme(), "b", shed=(), connection_mw=0.0)
    try:
        found = decompose(problem, gap=1e-6, time_limit_s=0.0)
    except SolverError as error:
        told = str(error)
        assert "in the time allowed" in told
        return
    assert found.energy_mwh["b"]["unserved"] == pytest.approx([0.0] * 3, abs=1e-3)


@pytest.mark.parametrize("name", ["price_usd_per_mwh", "dirty_fraction"])
def test_a_market_with_a_hole_in_its_figures_is_refused(name: str) -> None:
    series = np.full(24, 0.5)
    series[3] = np.nan
    with pytest.raises(InputError, match=rf"zones.za.{name}: found nan at \[3\]"):
        changed(programme(), "za", **{name: series})


def test_a_programme_with_nothing_to_build_runs_what_stands() -> None:
    bare = replace(programme(), supplies=(), storages=(), connections=())
    encloses(bare, solve(bare))


def test_identical_sites_cost_what_their_sum_does() -> None:
    problem = programme()
    here = [o for o in problem.supplies if o.site == "a"]
    twin = replace(
        problem,
        sites=(problem.sites[0], replace(problem.sites[0], name="b")),
        supplies=(*here, *(replace(o, name=f"{o.name} b", site="b") for o in here)),
        storages=(problem.storages[0], replace(problem.storages[0], name="other", site="b")),
        connections=(
            problem.connections[0],
            replace(problem.connections[0], name="line b", site="b"),
        ),
        campuses=(problem.campuses[0], replace(problem.campuses[0], name="it b", site="b")),
    )
    encloses(twin, solve(twin))
