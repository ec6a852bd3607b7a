"""Commitments under uncertainty against answers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError, InputError
from gigaplan.expansion import (
    Build,
    Campus,
    ExpansionProblem,
    Goal,
    Limits,
    Period,
    Phase,
    Supply,
    solve,
)
from gigaplan.expansion.solution import Progress
from gigaplan.expansion.stochastic import (
    InfeasibleScenarioError,
    Scenario,
    TwoStage,
    evaluate_first_stage,
    solve_two_stage,
    value_of_decision_year,
    value_of_option,
    value_of_perfect_information,
    value_of_stochastic_solution,
    value_of_waiting,
    wait_and_see,
)

Builder = Callable[..., ExpansionProblem]


def even(*problems: ExpansionProblem, **rest: Any) -> TwoStage:
    """Return scenarios 'a', 'b', ... of even odds."""
    scenarios = tuple(
        Scenario(name, 1 / len(problems), problem)
        for name, problem in zip("abcdef", problems, strict=False)
    )
    rest.setdefault("decision_year", 2031)
    return TwoStage(scenarios, **rest)


# The reactor and the gas plant ----------------------------------------------------------------
#
# 1,200 MW through 8,000 hours: 9.6 TWh. The reactor's year of capital is 50 or 320 USD/kW, its
# energy 2.5 USD/MWh: 60 + 24 = 84 or 384 + 24 = 408 million, 246 in the mean. Gas is 50 USD/kW and
# 20 USD/MWh: 60 + 192 = 252 million for certain. A plan with CVaR on operation alone sees 24
# against 192 and builds the reactor at any weight.


def reactor_or_gas(one_site: Builder, reactor_usd_per_kw_year: float) -> ExpansionProblem:
    def plant(name: str, usd_per_kw_year: float, usd_per_mwh: float) -> Supply:
        return Supply(
            name=name,
            site="here",
            capex_usd_per_mw=usd_per_kw_year * 1e3 * 40,
            life_years=40,
            variable_usd_per_mwh=usd_per_mwh,
            unit_mw=300.0,
            max_mw=1200.0,
        )

    return one_site(
        it_mw=1200.0,
        weights=(8000.0,),
        supplies=(plant("reactor", reactor_usd_per_kw_year, 2.5), plant("gas", 50.0, 20.0)),
    )


def reactor_case(one_site: Builder, **risk: float) -> TwoStage:
    return even(reactor_or_gas(one_site, 50.0), reactor_or_gas(one_site, 320.0), **risk)


def test_a_reactor_of_uncertain_capital_is_built_when_only_the_mean_counts(
    one_site: Builder,
) -> None:
    found = solve_two_stage(reactor_case(one_site))
    assert [(order.name, order.units) for order in found.first_stage] == [("reactor", 4)]
    assert found.expected_cost_usd == pytest.approx(246e6)
    assert found.objective_usd == pytest.approx(246e6)
    assert [s.cost_usd for s in found.scenarios] == pytest.approx([84e6, 408e6])
    assert found.cvar_usd == pytest.approx(408e6)
    assert found.scenarios[1].solution.costs.capital == pytest.approx(384e6)


def test_the_reactor_is_refused_when_the_worst_tenth_counts_in_full(one_site: Builder) -> None:
    found = solve_two_stage(reactor_case(one_site, cvar_level=0.9, cvar_weight=1.0))
    assert [(order.name, order.units) for order in found.first_stage] == [("gas", 4)]
    assert [s.cost_usd for s in found.scenarios] == pytest.approx([252e6, 252e6])
    assert found.objective_usd == found.cvar_usd == pytest.approx(252e6)
    assert found.bound_usd == pytest.approx(252e6)


def test_the_reactor_is_refused_from_the_weight_at_which_its_tail_costs_more(
    one_site: Builder,
) -> None:
    # all reactor: (1 - w) 246 + w 408 = 246 + 162 w; gas: 252; equal at w = 6 / 162 = 0.037
    below = solve_two_stage(reactor_case(one_site, cvar_weight=0.036))
    above = solve_two_stage(reactor_case(one_site, cvar_weight=0.038))
    assert {order.name for order in below.first_stage} == {"reactor"}
    assert below.objective_usd == pytest.approx(246e6 + 0.036 * 162e6)
    assert {order.name for order in above.first_stage} == {"gas"}


def test_scenarios_outside_the_tail_are_run_at_their_own_least_cost(one_site: Builder) -> None:
    # committed to the reactor, the cheap scenario is no part of the tail, yet costs its 84
    two_stage = reactor_case(one_site, cvar_weight=1.0)
    reactor = [Build("supply", "reactor", "", 2030, 1200.0, 4, 0.0)]
    found = evaluate_first_stage(two_stage, reactor)
    assert [s.cost_usd for s in found.scenarios] == pytest.approx([84e6, 408e6])
    assert found.objective_usd == pytest.approx(408e6)
    assert found.route == "given"


def test_the_option_of_a_reactor_is_worth_what_it_saves(one_site: Builder) -> None:
    found = value_of_option(reactor_case(one_site), "reactor")
    assert found.usd == pytest.approx(6e6)
    assert found.low_usd <= found.usd <= found.high_usd
    assert found.low_usd == pytest.approx(found.high_usd, abs=1e3)
    careful = value_of_option(reactor_case(one_site, cvar_weight=1.0), "reactor")
    assert careful.usd == pytest.approx(0.0, abs=1.0)
    assert value_of_option(reactor_case(one_site), "gas").usd == pytest.approx(0.0, abs=1.0)


# A factory now, or next year when the price is known -------------------------------------------
#
# Dixit and Pindyck, Investment under Uncertainty, chapter 2: a factory costs 1,600 and makes a
# widget a year for ever; a widget sells at 200 this year, then at 300 or 100 for ever, even odds;
# money costs 10% a year. Now: -1600 + 200 * 11 = 600. Next year, if the price rose:
# 0.5 * (-1600 / 1.1 + 300 * 10) = 772.7. The two periods weigh 1 and 10; a capital of 1,600 over
# eleven years at rate 0 pays 1,600 if it begins now and 1,600 / 1.1 if it begins next year.


def factory(one_site: Builder, later_price: float, price: float = 200.0) -> ExpansionProblem:
    return one_site(
        periods=(Period(2030, 1.0, 1.0), Period(2031, 10.0, 1.0)),
        weights=(8760.0,),
        supplies=(Supply(name="power", site="here", existing_mw=1.0, max_mw=1.0),),
        campuses=(
            Campus(
                name="factory",
                site="here",
                phases=(Phase(name="one", it_mw=1.0),),
                capex_usd_per_it_mw=1600.0,
                life_years=11.0,
            ),
        ),
        goal=Goal(value_usd_per_it_mw_year=[price, later_price]),
    )


@pytest.fixture
def factories(one_site: Builder) -> TwoStage:
    return even(factory(one_site, 300.0), factory(one_site, 100.0), decision_year=2031)


def test_waiting_to_know_the_price_gives_the_textbooks_773(factories: TwoStage) -> None:
    found = solve_two_stage(factories)
    assert found.objective_usd == pytest.approx(-0.5 * (3000 - 1600 / 1.1))  # 772.7
    assert found.first_stage == ()
    high, low = found.scenarios
    assert [(order.year, order.shared) for order in high.orders] == [(2031, False)]
    assert low.orders == ()
    assert low.cost_usd == pytest.approx(0.0)


def test_waiting_is_worth_the_textbooks_173(factories: TwoStage) -> None:
    found = value_of_waiting(factories, "factory")
    assert found.worse.objective_usd == pytest.approx(-600.0)
    assert found.usd == pytest.approx(0.5 * (3000 - 1600 / 1.1) - 600)  # 172.7
    assert [order.year for order in found.worse.first_stage] == [2030]


def test_to_know_a_year_later_costs_as_much_as_not_to_wait(factories: TwoStage) -> None:
    # next year's order placed blind: -1600 / 1.1 + 200 * 10 = 545 < 600, so it is built at once
    assert value_of_decision_year(factories, 2032).usd == pytest.approx(
        0.5 * (3000 - 1600 / 1.1) - 600
    )
    # known from the start: 0.5 * (-1600 + 200 + 3000) = 800
    early = value_of_decision_year(factories, 2030)
    assert early.usd == pytest.approx(800 - 0.5 * (3000 - 1600 / 1.1))
    assert value_of_perfect_information(factories).usd == pytest.approx(early.usd)


def test_a_lead_of_a_year_takes_the_choice_to_wait_away(factories: TwoStage) -> None:
    led = solve_two_stage(replace(factories, lead_years={"factory": 1.0}))
    assert led.objective_usd == pytest.approx(-600.0)


def test_planning_on_the_mean_price_builds_at_once(factories: TwoStage) -> None:
    found = value_of_stochastic_solution(factories)
    assert [order.year for order in found.worse.first_stage] == [2030]
    assert found.usd == pytest.approx(0.5 * (3000 - 1600 / 1.1) - 600)
    one = value_of_stochastic_solution(factories, reference=factories.scenarios[1])
    assert one.usd == pytest.approx(0.0, abs=1e-6)  # who plans on the low price waits too


def test_the_option_to_build_at_all_is_worth_773(factories: TwoStage) -> None:
    assert value_of_option(factories, "factory").usd == pytest.approx(0.5 * (3000 - 1600 / 1.1))


# What holds for any -----------------------------------------------------------------------------


def test_one_scenario_is_the_deterministic_plan(one_site: Builder) -> None:
    problem = reactor_or_gas(one_site, 320.0)
    alone, staged = solve(problem), solve_two_stage(even(problem))
    assert staged.objective_usd == pytest.approx(alone.objective_usd, rel=1e-9)
    assert staged.expected_cost_usd == pytest.approx(staged.objective_usd, rel=1e-12)
    assert staged.cvar_usd == pytest.approx(staged.objective_usd, rel=1e-12)
    found = staged.scenarios[0].solution
    assert found.builds == alone.builds
    assert found.costs.total() == pytest.approx(alone.costs.total())
    np.testing.assert_allclose(found.capacity.supply_mw["gas"], alone.capacity.supply_mw["gas"])


def test_commitments_are_the_same_in_every_scenario_and_recourse_is_not(
    one_site: Builder,
) -> None:
    def problem(price: float) -> ExpansionProblem:
        # the reactor is ordered two years ahead; gas in the year it serves
        return replace(
            reactor_or_gas(one_site, 250.0),
            periods=(Period(2030), Period(2031), Period(2032)),
            campuses=(Campus(name="it", site="here", existing_it_mw=[0.0, 600.0, 1200.0]),),
            supplies=(
                Supply(
                    name="reactor", site="here", capex_usd_per_mw=5e6, life_years=20, unit_mw=300.0
                ),
                Supply(
                    name="gas",
                    site="here",
                    capex_usd_per_mw=1e6,
                    life_years=20,
                    variable_usd_per_mwh=price,
                ),
            ),
        )

    found = solve_two_stage(
        even(problem(20.0), problem(60.0), decision_year=2031, lead_years={"reactor": 2})
    )
    low, high = found.scenarios
    shared = [
        [(o.kind, o.name, o.year, round(o.mw, 6)) for o in s.orders if o.shared]
        for s in found.scenarios
    ]
    assert shared[0] == shared[1]
    assert shared[0] == [(o.kind, o.name, o.year, round(o.mw, 6)) for o in found.first_stage]
    assert all(o.shared for s in found.scenarios for o in s.orders if o.name == "reactor")
    assert all(not o.shared for s in found.scenarios for o in s.orders if o.name == "gas")
    # 200 of capital a kW-year more than gas against 160 or 480 of fuel: worth it in the mean
    assert {o.name for o in found.first_stage} == {"reactor"}
    assert low.cost_usd == pytest.approx(high.cost_usd)
    assert found.largest_residual < 1e-6


def test_a_given_plan_holds_only_what_is_ordered_before_the_date(factories: TwoStage) -> None:
    plan = solve(factories.scenarios[0].problem)  # certain of the high price: builds now
    found = evaluate_first_stage(factories, plan.builds)
    assert found.objective_usd == pytest.approx(-600.0)
    later = [replace(build, year=2031) for build in plan.builds]
    assert evaluate_first_stage(factories, later).objective_usd == pytest.approx(
        solve_two_stage(factories).objective_usd
    )


def test_a_solution_evaluated_comes_to_itself(one_site: Builder) -> None:
    two_stage = reactor_case(one_site, cvar_weight=0.5)
    found = solve_two_stage(two_stage)
    again = evaluate_first_stage(two_stage, found.first_stage)
    assert again.objective_usd == pytest.approx(found.objective_usd, rel=1e-9)
    assert again.first_stage == found.first_stage


def test_commitments_that_a_scenario_cannot_live_with_name_it(one_site: Builder) -> None:
    def problem(budget: float) -> ExpansionProblem:
        return replace(reactor_or_gas(one_site, 50.0), limits=Limits(capex_usd=budget))

    two_stage = even(problem(1e10), problem(1e9))  # 1,200 MW of either cost 2.4 billion
    gas = [Build("supply", "gas", "", 2030, 1200.0, 4, 0.0)]
    with pytest.raises(InfeasibleScenarioError, match=r"'b': No plan.*\n.*capital budget") as told:
        evaluate_first_stage(two_stage, gas)
    assert set(told.value.reasons) == {"b"}
    with pytest.raises(InfeasibleScenarioError, match="There is no plan in scenario 'b'"):
        solve_two_stage(two_stage)


def test_a_plan_of_what_a_scenario_does_not_offer_names_it(one_site: Builder) -> None:
    offered = reactor_or_gas(one_site, 50.0)
    refused = replace(
        offered, supplies=(replace(offered.supplies[0], max_build_mw=0.0), offered.supplies[1])
    )
    reactor = [Build("supply", "reactor", "", 2030, 1200.0, 4, 0.0)]
    with pytest.raises(
        InfeasibleScenarioError, match=r"'b': it does not offer .* reactor for 2030: 1,200 MW"
    ):
        evaluate_first_stage(even(offered, refused), reactor)
    # and no commitment to it can be made, for it is one number for both
    found = solve_two_stage(even(offered, refused))
    assert {order.name for order in found.first_stage} == {"gas"}


def test_scenarios_that_no_commitment_suits_are_told_apart_from_impossible_ones(
    one_site: Builder,
) -> None:
    both = reactor_or_gas(one_site, 50.0)
    only = [
        replace(
            both,
            supplies=tuple(
                replace(o, max_build_mw=0.0) if o.name == name else o for o in both.supplies
            ),
        )
        for name in ("reactor", "gas")
    ]
    with pytest.raises(InfeasibleError, match=r"Each scenario has a plan, but no orders .* 2031"):
        solve_two_stage(even(*only))
    assert wait_and_see(even(*only)).expected_cost_usd == pytest.approx((252e6 + 84e6) / 2)


def test_progress_is_told_and_ends_with_the_gap(one_site: Builder) -> None:
    told: list[Progress] = []
    found = solve_two_stage(reactor_case(one_site), progress=told.append)
    assert told[0].stage == "built"
    assert [at.stage for at in told][-3:] == ["scenario a", "scenario b", "done"]
    assert told[-1].gap == found.gap <= 1e-4
    assert found.status == "optimal"


# Faults -----------------------------------------------------------------------------------------


def test_probabilities_must_sum_to_one(one_site: Builder) -> None:
    problem = reactor_or_gas(one_site, 50.0)
    with pytest.raises(InputError, match=r"probabilities: sum to 0\.9; they must sum to 1\."):
        TwoStage((Scenario("a", 0.5, problem), Scenario("b", 0.4, problem)), 2031)
    with pytest.raises(InputError, match="must all be above 0"):
        TwoStage((Scenario("a", 1.0, problem), Scenario("b", 0.0, problem)), 2031)


def test_every_fault_is_told_at_once(one_site: Builder) -> None:
    problem = reactor_or_gas(one_site, 50.0)
    other = replace(problem, supplies=problem.supplies[:1], periods=(Period(2030), Period(2035)))
    with pytest.raises(InputError) as told:
        TwoStage(
            (
                Scenario("a", 0.5, problem, {"reactr": 1}),
                Scenario("a", 0.5, other, {"reactor": -1}),
            ),
            2031,
            lead_years={"gass": 1},
            cvar_level=1.0,
        )
    said = str(told.value)
    for part in (
        "each needs its own name",
        "only one has ['gas']",
        "has periods of [2030, 2035]",
        "names 'reactr', which is no option, campus or accelerator. Did you mean 'reactor'?",
        "found -1; a number of at least 0 is needed",
        "Did you mean 'gas'?",
        "cvar_level: found 1; a number from 0 to below 1 is needed.",
    ):
        assert part in said


def test_shared_units_must_be_of_one_size(one_site: Builder) -> None:
    problem = reactor_or_gas(one_site, 50.0)
    odd = replace(
        problem, supplies=(replace(problem.supplies[0], unit_mw=400.0), problem.supplies[1])
    )
    with pytest.raises(InputError, match=r"options\.reactor\.unit_mw: has units of \[300.0, 400"):
        solve_two_stage(even(problem, odd))


def test_what_has_no_mean_is_named(one_site: Builder) -> None:
    problem = reactor_or_gas(one_site, 50.0)
    later = replace(
        problem,
        supplies=(replace(problem.supplies[0], earliest_year=2035), problem.supplies[1]),
    )
    with pytest.raises(InputError, match=r"problem\.supplies\.reactor\.earliest_year: differs"):
        value_of_stochastic_solution(even(problem, later))


def test_an_unknown_option_has_no_value(factories: TwoStage) -> None:
    for value in (value_of_option, value_of_waiting):
        with pytest.raises(InputError, match="Did you mean 'factory'"):
            value(factories, "factry")
