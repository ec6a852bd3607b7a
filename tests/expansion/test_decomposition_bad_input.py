"""Odd and impossible problems: an exact answer or a clear message, never a wrong plan."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError, InputError
from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Goal,
    Hours,
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
