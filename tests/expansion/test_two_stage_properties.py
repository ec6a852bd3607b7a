"""What holds for any two-stage problem: costs in order, one commitment, freedom never costs."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from gigaplan.expansion.stochastic import (
    InfeasibleScenarioError,
    Scenario,
    TwoStage,
    TwoStageSolution,
    evaluate_first_stage,
    mean_scenario,
    solve_two_stage,
    value_of_decision_year,
    value_of_stochastic_solution,
    wait_and_see,
)

quick = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
seeds = st.integers(0, 10_000)
GAP = 1e-6


def random_future(rng: np.random.Generator, *, whole: bool) -> ExpansionProblem:
    """Return a site, three periods and most kinds of option; every draw has the same names."""
    hours = 8
    weights = np.full(hours, 8760 / hours)
    supplies = (
        Supply(
            name="reactor",
            site="here",
            capex_usd_per_mw=float(rng.uniform(3e6, 9e6)),
            life_years=40.0,
            unit_mw=75.0 if whole else None,
            max_mw=300.0,
            slot_class="vendor",
            spend_fractions=(0.6, 0.4),
        ),
        Supply(
            name="gas",
            site="here",
            capex_usd_per_mw=rng.uniform(5e5, 2e6, 3),
            variable_usd_per_mwh=float(rng.uniform(20, 120)),
            max_mw=400.0,
            existing_mw=[60.0, 30.0, 0.0],
        ),
        Supply(
            name="sun",
            site="here",
            capex_usd_per_mw=float(rng.uniform(5e5, 1.2e6)),
            availability=np.maximum(0.0, np.sin(np.arange(hours) * np.pi / 4)),
            max_mw=800.0,
            latest_year=2031,
        ),
    )
    return ExpansionProblem(
        periods=tuple(Period(2030 + y, 1.0, 0.92**y) for y in range(3)),
        hours=Hours(weights, (hours,)),
        zones=(Zone(name="z", price_usd_per_mwh=rng.uniform(10, 150, (3, hours))),),
        sites=(
            Site(
                name="here",
                zone="z",
                pue=1.2,
                connection_mw=float(rng.uniform(0, 60)),
                shed=(ShedTier(name="all", load_fraction=1.0, usd_per_mwh=1500.0),),
            ),
        ),
        supplies=supplies,
        storages=(
            Storage(
                name="cells", site="here", duration_hours=2.0, capex_usd_per_mw=4e5, max_mw=200
            ),
        ),
        campuses=(
            Campus(
                name="it",
                site="here",
                existing_it_mw=50.0,
                phases=tuple(Phase(name=name, it_mw=80.0, whole=whole) for name in ("one", "two")),
                capex_usd_per_it_mw=8e6,
            ),
        ),
        goal=Goal(
            target_it_mw=[50.0, 120.0, float(rng.uniform(120, 210))],
            shortfall_usd_per_it_mw_year=float(rng.uniform(2e6, 9e6)),
        ),
        limits=Limits(capex_usd=float(rng.uniform(8e8, 3e9)), slots={"vendor": 150.0}),
    )


def random_two_stage(seed: int, *, whole: bool = False, delays: bool = True) -> TwoStage:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 5))
    late = rng.integers(0, 3, (count, 2)) * delays
    return TwoStage(
        tuple(
            Scenario(
                f"s{i}",
                float(p),
                random_future(rng, whole=whole),
                {"reactor": int(late[i, 0]), "it": int(late[i, 1]) // 2},
            )
            for i, p in enumerate(rng.dirichlet(np.full(count, 3.0)))
        ),
        decision_year=float(rng.choice([2030.5, 2031.0, 2032.0])),
        lead_years={"reactor": 1.0, "gas": 0.5},
        cvar_level=float(rng.uniform(0.3, 0.9)),
        cvar_weight=float(rng.choice([0.0, 0.4, 1.0])),
    )


def at_most(usd: float) -> float:
    """Return an amount, the gap of a solve, and the rounding of a sum of its size."""
    return usd + (GAP + 1e-7) * abs(usd)


def of_the_mean_plan(two_stage: TwoStage, base: TwoStageSolution) -> float:
    """Return what the mean plan's orders come to; without limit where they leave no plan."""
    try:
        mean = value_of_stochastic_solution(two_stage, base=base, gap=GAP)
    except InfeasibleScenarioError:
        return float("inf")
    assert mean.low_usd <= mean.usd <= mean.high_usd
    return mean.worse.objective_usd


@quick
@given(seeds)
def test_wait_and_see_recourse_and_the_mean_plan_come_in_their_order(seed: int) -> None:
    two_stage = random_two_stage(seed)
    seen = wait_and_see(two_stage, gap=GAP)
    base = solve_two_stage(two_stage, gap=GAP)
    assert seen.objective_usd <= at_most(base.objective_usd)
    assert base.objective_usd <= at_most(of_the_mean_plan(two_stage, base))


@settings(quick, max_examples=5)
@given(seeds)
def test_the_same_order_holds_with_whole_units(seed: int) -> None:
    two_stage = random_two_stage(seed, whole=True)
    seen = wait_and_see(two_stage, gap=GAP)
    base = solve_two_stage(two_stage, gap=GAP)
    assert base.gap <= 2 * GAP
    assert seen.objective_usd <= at_most(base.objective_usd)
    assert base.objective_usd <= at_most(of_the_mean_plan(two_stage, base))


@quick
@given(seeds)
def test_commitments_are_one_number_in_all_scenarios(seed: int) -> None:
    two_stage = random_two_stage(seed)
    found = solve_two_stage(two_stage)
    committed = {(o.kind, o.name, o.part, o.year): o.mw for o in found.first_stage}
    assert all(two_stage.is_shared(name, year) for _, name, _, year in committed)
    for scenario in found.scenarios:
        own = {(o.kind, o.name, o.part, o.year): o.mw for o in scenario.orders if o.shared}
        assert own.keys() == committed.keys()
        for key, mw in own.items():
            assert mw == pytest.approx(committed[key], rel=1e-6, abs=1e-5)


@quick
@given(seeds)
def test_the_objective_is_that_of_the_scenarios_costs_and_meets_its_bound(seed: int) -> None:
    found = solve_two_stage(random_two_stage(seed))
    costs = np.array([s.cost_usd for s in found.scenarios])
    chance = np.array([s.probability for s in found.scenarios])
    assert found.expected_cost_usd == pytest.approx(costs @ chance)
    assert costs.min() <= found.expected_cost_usd <= at_most(found.cvar_usd)
    assert found.cvar_usd <= at_most(costs.max())
    assert found.gap <= 1e-6
    for scenario in found.scenarios:
        assert scenario.solution.costs.total() == pytest.approx(scenario.cost_usd, rel=1e-9)
        assert scenario.bound_usd == pytest.approx(scenario.cost_usd, rel=1e-6)


@settings(quick, max_examples=6)
@given(seeds)
def test_to_know_later_never_costs_less_and_more_weight_never_raises_the_tail(seed: int) -> None:
    two_stage = random_two_stage(seed)
    known = [-np.inf, 2030.5, 2031.0, 2032.0, np.inf]
    found = [
        solve_two_stage(replace(two_stage, decision_year=year)).objective_usd for year in known
    ]
    assert all(sooner <= at_most(later) for sooner, later in pairwise(found))
    by_weight = [solve_two_stage(replace(two_stage, cvar_weight=w)) for w in (0.0, 0.5, 1.0)]
    for less, more in pairwise(by_weight):
        assert more.cvar_usd <= at_most(less.cvar_usd)
        assert less.expected_cost_usd <= at_most(more.expected_cost_usd)


@settings(quick, max_examples=6)
@given(seeds)
def test_equal_futures_leave_nothing_to_know(seed: int) -> None:
    one = random_two_stage(seed, delays=False).scenarios[0].problem
    two_stage = TwoStage((Scenario("a", 0.3, one), Scenario("b", 0.7, one)), 2031, cvar_weight=0.5)
    alone = solve(one).objective_usd
    assert solve_two_stage(two_stage).objective_usd == pytest.approx(alone, rel=1e-6)
    assert value_of_decision_year(two_stage, np.inf).usd == pytest.approx(0, abs=1e-6 * abs(alone))


def test_the_mean_future_has_the_mean_of_every_figure() -> None:
    two_stage = random_two_stage(7)
    chance = two_stage.probabilities
    mean = mean_scenario(two_stage)
    problems = [scenario.problem for scenario in two_stage.scenarios]

    def figures(problem: ExpansionProblem) -> list[Any]:
        assert problem.goal is not None
        assert problem.limits.capex_usd is not None
        return [
            problem.supplies[1].capex_usd_per_mw,
            problem.zones[0].price_usd_per_mwh,
            problem.goal.target_it_mw,
            problem.limits.capex_usd,
            problem.sites[0].connection_mw,
        ]

    each = [figures(problem) for problem in problems]
    for found, of_one in zip(figures(mean.problem), zip(*each, strict=True), strict=True):
        told = sum(p * np.asarray(value) for p, value in zip(chance, of_one, strict=True))
        np.testing.assert_allclose(found, told)
    late = [scenario.delay_years["reactor"] for scenario in two_stage.scenarios]
    assert mean.delay_years.get("reactor", 0.0) == pytest.approx(chance @ late)


def by_enumeration(two_stage: TwoStage) -> dict[int, float]:
    """Return the objective by units of the reactor, each scenario planned alone with them built."""
    found = {}
    for units in range(5):
        mw = 75.0 * units
        costs = []
        for scenario in two_stage.scenarios:
            first = scenario.problem.supplies[0]
            held = replace(
                first, earliest_year=2030, latest_year=2030, min_mw=mw, max_mw=mw, unit_mw=None
            )
            problem = replace(scenario.problem, supplies=(held, *scenario.problem.supplies[1:]))
            costs.append(solve(problem, gap=GAP).objective_usd)
        found[units] = two_stage.risk.objective_usd(costs, two_stage.probabilities)
    return found


@pytest.mark.parametrize("weight", [0.0, 0.6, 1.0])
def test_the_commitment_is_the_best_of_all_that_can_be_made(weight: float) -> None:
    plain = random_two_stage(11, delays=False)
    two_stage = replace(
        plain,
        scenarios=tuple(
            replace(
                s,
                problem=replace(
                    s.problem,
                    limits=Limits(),
                    supplies=(
                        replace(s.problem.supplies[0], unit_mw=75.0, latest_year=2030),
                        *s.problem.supplies[1:],
                    ),
                ),
            )
            for s in plain.scenarios
        ),
        decision_year=2030.0,
        cvar_weight=weight,
    )
    told = by_enumeration(two_stage)
    best = min(told, key=lambda units: told[units])
    found = solve_two_stage(two_stage, gap=GAP)
    assert sum(o.units for o in found.first_stage if o.name == "reactor") == best
    assert found.objective_usd == pytest.approx(told[best], rel=3e-6)


def test_the_same_problem_gives_the_same_answer_twice_and_on_any_threads() -> None:
    def decided(found: TwoStageSolution) -> tuple[object, ...]:
        return found.first_stage, found.objective_usd, [s.orders for s in found.scenarios]

    two_stage = random_two_stage(5, whole=True)
    one, two = (solve_two_stage(two_stage, threads=n) for n in (1, 2))
    assert decided(one) == decided(two)
    again = evaluate_first_stage(two_stage, one.first_stage, gap=GAP)
    assert again.objective_usd <= at_most(one.objective_usd)
