"""What holds for any problem: energy balances, duality, and that freedom never costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gigaplan.expansion import (
    Campus,
    Connection,
    ExpansionProblem,
    Goal,
    Hours,
    Limits,
    Period,
    Phase,
    PowerPurchase,
    ShedTier,
    Site,
    Solution,
    Storage,
    Supply,
    Zone,
    solve,
)
from gigaplan.expansion.formulation import formulate
from gigaplan.expansion.highs import Session, dual_bound, implied_upper
from gigaplan.expansion.operation import previous_hour

quick = settings(
    max_examples=20,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
seeds = st.integers(0, 10_000)


def random_problem(seed: int, *, whole: bool = False) -> ExpansionProblem:
    """Return two sites, two periods and every kind of option, from a seed."""
    rng = np.random.default_rng(seed)
    chains = (12, 12)
    hours = sum(chains)
    weights = np.repeat(rng.uniform(100, 600, 2), 12)
    zone = Zone(
        name="z",
        price_usd_per_mwh=rng.uniform(-20, 150, (2, hours)),
        dirty_fraction=rng.uniform(0.2, 1.0, hours),
        co2_t_per_mwh=rng.uniform(0.2, 0.8, hours),
        sale_price_fraction=float(rng.choice([0.0, 0.9])),
        max_import_mw=float(rng.uniform(100, 600)),
    )
    shed = (
        ShedTier(name="batch", load_fraction=0.3, usd_per_mwh=float(rng.uniform(200, 500))),
        ShedTier(name="firm", load_fraction=0.7, usd_per_mwh=5000.0),
    )
    sites = tuple(
        Site(
            name=name,
            zone="z",
            it_load_fraction=rng.uniform(0.6, 1.0, hours),
            pue=rng.uniform(1.05, 1.4, hours),
            connection_mw=float(rng.uniform(0, 150)),
            shed=shed,
            export_price_fraction=float(rng.uniform(0.1, 0.9)) if rng.random() < 0.5 else None,
            reserve_margin_fraction=0.05 if rng.random() < 0.3 else None,
        )
        for name in ("a", "b")
    )
    supplies: list[Supply] = []
    for name in ("a", "b"):
        supplies += [
            Supply(
                name=f"gas {name}",
                site=name,
                capex_usd_per_mw=rng.uniform(5e5, 2e6, 2),
                fixed_usd_per_mw_year=2e4,
                variable_usd_per_mwh=float(rng.uniform(20, 90)),
                dirty_fraction=1.0,
                co2_t_per_mwh=0.4,
                capacity_credit_fraction=0.9,
                unit_mw=40.0 if whole else None,
                max_mw=400.0,
                slot_class="turbines",
                existing_mw=[60.0, 0.0],
            ),
            Supply(
                name=f"sun {name}",
                site=name,
                capex_usd_per_mw=float(rng.uniform(3e5, 1e6)),
                availability=rng.uniform(0, 1, hours),
                max_mw=300.0,
            ),
        ]
    supplies.append(
        Supply(
            name="reactor",
            zone="z",
            route="zone",
            earliest_year=2032,
            availability=0.92,
            max_mw=200.0,
            contract=PowerPurchase(float(rng.uniform(40, 110)), float(rng.choice([0.0, 0.6, 1.0]))),
        )
    )
    storages = (
        Storage(
            name="battery",
            site="a",
            capex_usd_per_mw=2e5,
            capex_usd_per_mwh=1.5e5,
            life_years=15,
            max_mw=200.0,
            max_mwh=900.0,
        ),
        Storage(name="block", site="b", duration_hours=4.0, capex_usd_per_mw=8e5, max_mw=100.0),
    )
    return ExpansionProblem(
        periods=(Period(2030, 2, 0.9), Period(2032, 3, 0.7)),
        hours=Hours(weights, chains),
        zones=(zone,),
        sites=sites,
        supplies=tuple(supplies),
        storages=storages,
        connections=(Connection(name="line", site="a", capex_usd_per_mw=4e5, max_mw=300.0),),
        campuses=tuple(
            Campus(
                name=f"it {name}",
                site=name,
                existing_it_mw=50.0,
                phases=(Phase(name="one", it_mw=100.0, whole=whole),),
                capex_usd_per_it_mw=8e6,
            )
            for name in ("a", "b")
        ),
        goal=Goal(target_it_mw=[150.0, 250.0], shortfall_usd_per_it_mw_year=9e6),
        limits=Limits(
            capex_usd=float(rng.uniform(0.8e9, 3e9)),
            slots={"turbines": 120.0},
            clean_share_fraction=[0.0, 0.5],
            clean_matching="annual" if rng.random() < 0.5 else "hourly",
            carbon_usd_per_t=float(rng.uniform(0, 80)),
        ),
        capital_rate_fraction=0.07,
    )


def at_most(usd: float) -> float:
    """Return an amount and the rounding that a sum of its size may carry."""
    return usd + 1e-7 * abs(usd)


def imbalance_mw(problem: ExpansionProblem, found: Solution) -> float:
    """Return the largest hour's power made, bought and discharged that goes nowhere."""
    run, worst = found.dispatch, 0.0
    for site in problem.sites:
        name = site.name
        power = run.import_mw[name] + run.flow_mw[name] - run.export_mw[name] - run.load_mw[name]
        for tier in site.shed:
            power = power + run.shed_mw[name, tier.name]
        for option in problem.supplies:
            if option.site == name:
                power = power + run.output_mw[option.name]
        for storage in problem.storages:
            if storage.site == name:
                power = power + run.discharge_mw[storage.name] - run.charge_mw[storage.name]
        worst = max(worst, float(np.abs(power).max()))
    return worst


@quick
@given(seeds)
def test_power_balances_in_every_hour_at_every_site(seed: int) -> None:
    problem = random_problem(seed)
    found = solve(problem)
    assert imbalance_mw(problem, found) < 1e-6
    assert found.costs.total() == pytest.approx(found.objective_usd, rel=1e-9)
    assert found.largest_residual < 1e-6


@quick
@given(seeds)
def test_storage_loses_no_energy_but_its_losses(seed: int) -> None:
    problem = random_problem(seed)
    run = solve(problem).dispatch
    before = previous_hour(problem.hours.chain_lengths)
    for storage in problem.storages:
        state = run.state_mwh[storage.name]
        gained = (
            run.charge_mw[storage.name] * storage.charge_efficiency_fraction
            - run.discharge_mw[storage.name] / storage.discharge_efficiency_fraction
        )
        assert np.abs(state - state[:, before] - gained).max() < 1e-6


@quick
@given(seeds)
def test_the_dual_objective_is_the_objective(seed: int) -> None:
    found = solve(random_problem(seed))
    # the bound is our own sum over row duals and reduced costs, so this is strong duality
    assert found.bound_usd == pytest.approx(found.objective_usd, rel=1e-7)
    assert found.bound_usd <= at_most(found.objective_usd)


@quick
@given(seeds, st.integers(0, 2**32 - 1))
def test_any_duals_give_a_bound_that_holds(seed: int, other: int) -> None:
    program = formulate(random_problem(seed)).program
    best = Session(program).solve_linear()
    noise = np.random.default_rng(other).normal(1.0, 0.3, len(best.row_duals))
    upper = implied_upper(program)
    assert np.isfinite(upper).all()
    assert dual_bound(program, best.row_duals * noise, upper) <= at_most(best.objective)


@quick
@given(seeds)
def test_the_implied_bounds_hold_at_the_optimum(seed: int) -> None:
    program = formulate(random_problem(seed)).program
    best = Session(program).solve_linear()
    assert (best.values <= implied_upper(program) * (1 + 1e-7) + 1e-6).all()


@quick
@given(seeds)
def test_more_options_never_cost_more(seed: int) -> None:
    problem = random_problem(seed)
    without = replace(problem, supplies=problem.supplies[:-1], storages=(), connections=())
    assert solve(problem).objective_usd <= at_most(solve(without).objective_usd)


@quick
@given(seeds)
def test_a_limit_relaxed_never_costs_more(seed: int) -> None:
    problem = random_problem(seed)
    tight = solve(problem).objective_usd
    limits = problem.limits
    looser = [
        replace(limits, capex_usd=np.asarray(limits.capex_usd) * 1.5),
        replace(limits, clean_share_fraction=[0.0, 0.3]),
        replace(limits, slots={"turbines": 400.0}),
    ]
    for loose in looser:
        assert solve(replace(problem, limits=loose)).objective_usd <= at_most(tight)


@settings(quick, max_examples=8)
@given(seeds)
def test_whole_units_cost_no_less_and_keep_inside_their_bound(seed: int) -> None:
    parts = solve(random_problem(seed))
    whole = solve(random_problem(seed, whole=True), gap=1e-3)
    assert parts.objective_usd <= at_most(whole.objective_usd)
    assert whole.bound_usd <= whole.objective_usd
    assert whole.gap <= 1e-3
    for build in whole.builds:
        if build.name.startswith("gas"):
            assert build.mw == pytest.approx(40.0 * build.units)


def test_the_budget_price_is_what_a_little_more_budget_saves() -> None:
    problem = random_problem(3)
    base = solve(problem)
    price = base.prices.budget_usd_per_usd
    step = 1e5
    for y in range(2):
        budget = np.full(2, problem.limits.capex_usd, dtype=np.float64)
        budget[y] += step
        more = solve(replace(problem, limits=replace(problem.limits, capex_usd=budget)))
        assert base.objective_usd - more.objective_usd == pytest.approx(price[y] * step, abs=2.0)


@pytest.mark.parametrize("method", ["simplex", "ipx", "hipo"])
def test_every_linear_method_finds_the_same_optimum(method: str) -> None:
    problem = random_problem(11)
    found = solve(problem, method=method)  # type: ignore[arg-type]
    assert found.objective_usd == pytest.approx(solve(problem).objective_usd, rel=1e-9)


def test_the_same_problem_gives_the_same_plan_twice_and_on_any_threads() -> None:
    one, two = (solve(random_problem(5, whole=True), threads=n) for n in (1, 2))
    assert one.objective_usd == two.objective_usd
    assert one.builds == two.builds


def test_an_earlier_plans_units_are_tried_first() -> None:
    problem = random_problem(5, whole=True)
    first = solve(problem)
    again = solve(problem, start=first)
    assert again.route == "whole by earlier plan"
    assert again.objective_usd == pytest.approx(first.objective_usd, rel=1e-9)


def test_progress_is_told_and_ends_with_the_gap() -> None:
    told: list[tuple[str, float]] = []
    found = solve(
        random_problem(5, whole=True), progress=lambda at: told.append((at.stage, at.gap))
    )
    assert told[0][0] == "built"
    assert told[-1] == ("done", found.gap)
