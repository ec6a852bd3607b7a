"""Two stages by rounds: the same optimum as one program of every scenario and hour."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion import ExpansionProblem, Goal
from gigaplan.expansion.solution import relative_gap
from gigaplan.expansion.stochastic import (
    InfeasibleScenarioError,
    Scenario,
    TwoStage,
    evaluate_first_stage,
    solve_two_stage,
    value_of_option,
    value_of_waiting,
    wait_and_see,
)
from gigaplan.expansion.stochastic.by_rounds import ScenarioPlanner, worth_of_option

from .decomposition_cases import changed, limited, programme

GAP = 1e-4
ROUNDING = 1e-6


def wanted(problem: ExpansionProblem, factor: float = 1.0) -> ExpansionProblem:
    """Return the problem with a target that may be missed at a price."""
    target = factor * np.array([140.0, 220.0, 260.0])
    return replace(problem, goal=Goal(target_it_mw=target, shortfall_usd_per_it_mw_year=2.5e6))


def futures(seed: int = 12, **rest: object) -> TwoStage:
    """Return four futures: as planned, a late dear reactor, dear gas, more demand."""
    base = limited(
        programme(seed), clean_share_fraction=0.3, slots={"turbines": [90.0, 60.0, 60.0]}
    )
    base = wanted(base)
    dear = changed(base, "reactor", capex_usd_per_mw=6.5e6)
    fuel = changed(base, "gas a", variable_usd_per_mwh=80.0)
    scenarios = (
        Scenario("as planned", 0.4, base),
        Scenario("reactor late", 0.2, dear, {"reactor": 2.0}),
        Scenario("dear gas", 0.2, changed(fuel, "gas b", variable_usd_per_mwh=95.0)),
        Scenario("demand", 0.2, wanted(base, 1.25), {"line b": 2.0, "it b": 2.0}),
    )
    lead = {"reactor": 4.0, "gas a": 2.0, "gas b": 2.0}
    return TwoStage(scenarios, decision_year=2031, lead_years=lead, **rest)  # type: ignore[arg-type]


@pytest.mark.parametrize("seed", [3, 7, 12])
@pytest.mark.parametrize("weight", [0.0, 0.5, 1.0])
def test_the_optimum_is_that_of_one_program_of_all_hours(seed: int, weight: float) -> None:
    two_stage = futures(seed, cvar_weight=weight, cvar_level=0.7)
    exact = solve_two_stage(two_stage, gap=1e-8)
    found = ScenarioPlanner(gap=GAP, threads=2).commit(two_stage)
    assert found.status == "optimal"
    assert found.gap <= GAP
    assert found.bound_usd <= exact.objective_usd * (1 + ROUNDING)
    assert found.objective_usd >= exact.objective_usd * (1 - ROUNDING)


def test_each_scenario_costs_what_its_own_program_says_of_these_commitments() -> None:
    two_stage = futures()
    found = ScenarioPlanner(gap=GAP, threads=2).commit(two_stage)
    exact = evaluate_first_stage(two_stage, found.first_stage)
    for mine, theirs in zip(found.scenarios, exact.scenarios, strict=True):
        assert mine.bound_usd <= theirs.cost_usd * (1 + ROUNDING)
        assert mine.cost_usd >= theirs.cost_usd * (1 - ROUNDING)
        assert relative_gap(mine.cost_usd, mine.bound_usd) <= GAP


def test_knowing_the_future_is_worth_what_each_scenario_alone_says() -> None:
    two_stage = futures()
    found = ScenarioPlanner(gap=GAP, threads=2).commit(two_stage)
    known = wait_and_see(two_stage)
    assert found.perfect_information_usd <= known.objective_usd * (1 + ROUNDING)
    assert found.perfect_information_usd >= known.objective_usd * (1 - GAP)
    assert found.perfect_information_usd <= found.objective_usd


def test_commitments_found_elsewhere_are_evaluated_in_new_scenarios() -> None:
    two_stage = futures()
    planner = ScenarioPlanner(gap=GAP, threads=2)
    found = planner.commit(two_stage)
    fresh = futures(3)
    (mine,) = planner.recourse(fresh, found.first_stage)
    exact = evaluate_first_stage(fresh, found.first_stage)
    for one, other in zip(mine, exact.scenarios, strict=True):
        assert one.bound_usd <= other.cost_usd * (1 + ROUNDING)
        assert one.cost_usd >= other.cost_usd * (1 - ROUNDING)


def test_commitments_are_whole_units_where_units_are_whole() -> None:
    two_stage = futures()
    whole = tuple(
        replace(s, problem=changed(s.problem, "reactor", unit_mw=75.0)) for s in two_stage.scenarios
    )
    found = ScenarioPlanner(gap=GAP, threads=2).commit(replace(two_stage, scenarios=whole))
    reactors = [order for order in found.first_stage if order.name == "reactor"]
    assert reactors
    for order in reactors:
        assert order.mw == pytest.approx(75.0 * order.units)
    exact = solve_two_stage(replace(two_stage, scenarios=whole), gap=1e-6)
    assert found.bound_usd <= exact.objective_usd * (1 + ROUNDING)
    assert found.objective_usd >= found.bound_usd


def test_the_plan_does_not_depend_on_the_number_of_threads() -> None:
    one = ScenarioPlanner(gap=GAP, threads=1).commit(futures())
    two = ScenarioPlanner(gap=GAP, threads=2).commit(futures())
    assert one.objective_usd == two.objective_usd
    assert one.first_stage == two.first_stage


def test_a_scenario_without_a_plan_is_named() -> None:
    two_stage = futures()
    last = two_stage.scenarios[-1]
    cannot = replace(last, problem=replace(last.problem, goal=Goal(target_it_mw=1e6)))
    with pytest.raises(InfeasibleScenarioError, match="'demand'"):
        ScenarioPlanner(gap=GAP).commit(
            replace(two_stage, scenarios=(*two_stage.scenarios[:-1], cannot))
        )


def test_commitments_that_no_scenario_can_take_are_refused() -> None:
    two_stage = futures()
    planner = ScenarioPlanner(gap=GAP, threads=2)
    found = planner.commit(two_stage)
    order = next(o for o in found.first_stage if o.name == "reactor")
    with pytest.raises(InfeasibleError, match="as planned"):
        planner.recourse(two_stage, [replace(order, mw=1e5)])


@pytest.mark.parametrize("name", ["reactor", "gas a", "sun b"])
def test_an_option_and_waiting_on_it_are_worth_what_one_program_says(name: str) -> None:
    two_stage = futures()
    found = worth_of_option(ScenarioPlanner(gap=1e-6, threads=2), two_stage, name)
    having = value_of_option(two_stage, name, gap=1e-8).usd
    waiting = value_of_waiting(two_stage, name, gap=1e-8).usd
    room = 1e-6 * abs(solve_two_stage(two_stage).objective_usd)
    for mine, exact in ((found.having, having), (found.waiting, waiting)):
        assert mine.low_usd - room <= exact <= mine.high_usd + room
        assert mine.high_usd - mine.low_usd <= 3 * room
