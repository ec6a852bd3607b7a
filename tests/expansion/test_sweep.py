"""Variants that begin with what earlier ones found must plan as if they were alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.expansion import ExpansionProblem, Goal, solve
from gigaplan.expansion.resolve import sweep

from .test_decomposition import without_zone_projects
from .test_properties import random_problem

Change = Callable[[ExpansionProblem], ExpansionProblem]
GAP = 1e-5


def supply(**fields: Any) -> Change:
    """Return a change of the first supply."""
    return lambda p: replace(p, supplies=(replace(p.supplies[0], **fields), *p.supplies[1:]))


def store(**fields: Any) -> Change:
    return lambda p: replace(p, storages=(replace(p.storages[0], **fields), *p.storages[1:]))


def site(**fields: Any) -> Change:
    return lambda p: replace(p, sites=(replace(p.sites[0], **fields), *p.sites[1:]))


def zone(**fields: Any) -> Change:
    return lambda p: replace(p, zones=tuple(replace(z, **fields) for z in p.zones))


def limits(**fields: Any) -> Change:
    return lambda p: replace(p, limits=replace(p.limits, **fields))


CHANGES: dict[str, Change] = {
    "capital": supply(capex_usd_per_mw=9e5),
    "fixed cost": supply(fixed_usd_per_mw_year=9e4),
    "life": supply(life_years=8.0),
    "fuel": supply(variable_usd_per_mwh=120.0),
    "availability": supply(availability=0.8),
    "dirt": supply(dirty_fraction=0.2),
    "carbon of fuel": supply(co2_t_per_mwh=0.9),
    "must run": supply(must_run_fraction=0.5),
    "size": supply(max_mw=100.0),
    "storage losses": store(charge_efficiency_fraction=0.6),
    "storage wear": store(variable_usd_per_mwh=25.0),
    "storage price": store(capex_usd_per_mwh=5e4),
    "connection": site(connection_mw=40.0),
    "overhead": site(pue=1.7),
    "load": site(it_load_fraction=0.5),
    "shedding": lambda p: site(
        shed=tuple(replace(t, usd_per_mwh=2.0 * t.usd_per_mwh) for t in p.sites[0].shed)
    )(p),
    "delivery": site(delivery_usd_per_mwh=12.0),
    "market": zone(price_usd_per_mwh=75.0),
    "clean grid": zone(dirty_fraction=0.1),
    "carbon price": limits(carbon_usd_per_t=150.0),
    "clean share": limits(clean_share_fraction=[0.3, 0.7]),
    "matching": limits(clean_matching="hourly"),
    "budget": limits(capex_usd=2e9),
    "target": lambda p: replace(
        p, goal=Goal(target_it_mw=[100.0, 220.0], shortfall_usd_per_it_mw_year=9e6)
    ),
    "discounting": lambda p: replace(
        p, periods=tuple(replace(period, discount_factor=0.5) for period in p.periods)
    ),
    "rate": lambda p: replace(p, capital_rate_fraction=0.11),
}


def start() -> ExpansionProblem:
    problem = without_zone_projects(random_problem(1))
    return limits(clean_matching="annual", clean_share_fraction=[0.2, 0.5])(problem)


def test_each_kind_of_change_plans_as_if_it_were_alone_and_back_again() -> None:
    problem = start()
    changes: dict[str, ExpansionProblem] = {}
    for name, change in CHANGES.items():
        changes[name] = change(problem)
        changes[f"{name}, and back"] = problem
    found = {one.name: one for one in sweep(problem, changes, gap=GAP)}
    for name, one in found.items():
        alone = solve(one.problem).objective_usd
        near = 1e-6 * abs(alone)
        assert one.solution is not None, name
        assert one.solution.bound_usd <= alone + near, name
        assert one.solution.objective_usd >= alone - near, name
        assert one.solution.gap <= GAP, name


@pytest.mark.parametrize("name", ["capital", "budget", "target", "clean share", "rate"])
def test_what_leaves_operation_alone_keeps_all_that_was_found(name: str) -> None:
    problem = start()
    found = sweep(problem, {name: CHANGES[name]}, gap=GAP)
    assert found[1].warm.kept == 4
    assert found[1].warm.begun == 0


@pytest.mark.parametrize("name", ["fuel", "availability", "overhead", "market", "storage losses"])
def test_what_changes_operation_asks_again_where_it_does(name: str) -> None:
    problem = start()
    found = sweep(problem, {name: CHANGES[name]}, gap=GAP)
    assert found[1].warm.asked == (4 if name == "market" else 2)


def test_neighbours_take_fewer_rounds_than_the_first() -> None:
    problem = start()
    costs = np.linspace(0.9, 1.1, 6)
    capex = np.asarray(problem.supplies[1].capex_usd_per_mw)

    def dearer(factor: float) -> ExpansionProblem:
        sun = replace(problem.supplies[1], capex_usd_per_mw=capex * factor)
        return replace(problem, supplies=(problem.supplies[0], sun, *problem.supplies[2:]))

    first, *rest = sweep(problem, [dearer(factor) for factor in costs], gap=GAP)
    assert first.solution is not None
    rounds = [one.solution.rounds for one in rest if one.solution is not None]
    assert len(rounds) == len(costs)
    assert np.mean(rounds) < first.solution.rounds


def test_a_variant_without_a_plan_says_why_and_the_next_goes_on() -> None:
    problem = start()
    impossible = replace(problem, goal=Goal(target_it_mw=[1e4, 1e4]))
    _, none, again = sweep(problem, {"none": impossible, "again": problem}, gap=GAP)
    assert none.solution is None
    assert "compute target" in none.infeasible
    assert again.solution is not None
