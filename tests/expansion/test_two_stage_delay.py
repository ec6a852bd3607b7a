"""Orders that come late: what stands, what is paid, and what the wait costs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion import (
    Campus,
    ExpansionProblem,
    Goal,
    Limits,
    Period,
    Phase,
    Storage,
    Supply,
    solve,
)
from gigaplan.expansion.stochastic import (
    Scenario,
    TwoStage,
    evaluate_first_stage,
    formulate_scenario,
    solve_two_stage,
    value_of_stochastic_solution,
)
from gigaplan.expansion.stochastic.delay import serves

Builder = Callable[..., ExpansionProblem]
YEARS = tuple(Period(year) for year in (2030, 2031, 2032, 2033))


def plant_problem(one_site: Builder, plant: dict[str, Any] | None = None, **rest: Any) -> Any:
    """Return halls of 100 MW that a plant must power; a missing MW-year costs 1 million.

    The plant costs 1 million a MW over ten years at rate 0: 10 million a year for 100 MW.
    """
    own = {"name": "plant", "site": "here", "capex_usd_per_mw": 1e6, "life_years": 10.0}
    return one_site(
        periods=YEARS,
        supplies=(Supply(**{**own, **(plant or {})}),),
        goal=Goal(target_it_mw=100.0, shortfall_usd_per_it_mw_year=1e6),
        **rest,
    )


def late_or_not(problem: ExpansionProblem, years: float, **rest: Any) -> TwoStage:
    rest.setdefault("decision_year", 2031)
    return TwoStage(
        (Scenario("on time", 0.5, problem), Scenario("late", 0.5, problem, {"plant": years})),
        **rest,
    )


def test_a_late_plant_is_paid_for_while_it_does_not_serve(one_site: Builder) -> None:
    # on time: 4 years of 10 million. Late by two: those too, and 100 MW missing for two years
    found = solve_two_stage(late_or_not(plant_problem(one_site), 2))
    on_time, late = found.scenarios
    assert on_time.cost_usd == pytest.approx(40e6)
    assert late.cost_usd == pytest.approx(40e6 + 200e6)
    assert found.expected_cost_usd == pytest.approx(140e6)
    assert late.solution.costs.capital == pytest.approx(40e6)
    assert late.solution.costs.shortfall == pytest.approx(200e6)
    assert late.solution.capacity.supply_mw["plant"] == pytest.approx([0, 0, 100, 100])
    assert late.solution.shortfall_it_mw == pytest.approx([100, 100, 0, 0])
    assert [(o.year, o.serves_from_year) for o in late.orders] == [(2030, 2032)]
    assert [b.year for b in late.solution.builds] == [2032]
    assert late.solution.builds[0].mw == pytest.approx(100)
    assert late.solution.capex_usd == pytest.approx([100e6, 0, 0, 0])


def test_a_plant_later_than_the_horizon_is_paid_for_and_never_serves(one_site: Builder) -> None:
    late = solve_two_stage(late_or_not(plant_problem(one_site), 4)).scenarios[1]
    assert late.cost_usd == pytest.approx(40e6 + 400e6)
    assert [o.serves_from_year for o in late.orders] == [None]
    assert late.solution.builds == ()


def test_the_tail_sees_delay(one_site: Builder) -> None:
    # a bridge costs 30 million a year: 120 for certain. The plant costs 40, or, late by two years
    # once in ten times, 240; the delay is known too late to bridge it. Mean: 60; worst tenth: 240
    def problem() -> ExpansionProblem:
        plain: ExpansionProblem = plant_problem(one_site)
        bridge = Supply(name="bridge", site="here", capex_usd_per_mw=3e6, life_years=10.0)
        return replace(plain, supplies=(*plain.supplies, bridge))

    two_stage = TwoStage(
        (
            Scenario("on time", 0.9, problem()),
            Scenario("late", 0.1, problem(), {"plant": 2}),
        ),
        decision_year=2032,
    )
    plain = solve_two_stage(two_stage)
    careful = solve_two_stage(replace(two_stage, cvar_weight=1.0))
    assert {order.name for order in plain.first_stage} == {"plant"}
    assert plain.expected_cost_usd == pytest.approx(40e6 + 0.1 * 200e6)
    assert plain.cvar_usd == pytest.approx(240e6)
    assert {order.name for order in careful.first_stage} == {"bridge"}
    assert careful.cvar_usd == pytest.approx(120e6)


def test_recourse_after_a_delay_orders_what_is_quicker(one_site: Builder) -> None:
    # known at 2031 that the plant is two years late: rent at 200 USD/MWh would cost 175 million
    # a year, more than the 100 million it saves; at 50 USD/MWh it costs 43.8 and is taken
    plain: ExpansionProblem = plant_problem(one_site)
    rent = Supply(name="rent", site="here", variable_usd_per_mwh=50.0, earliest_year=2031)
    problem = replace(plain, supplies=(*plain.supplies, rent))
    late = solve_two_stage(late_or_not(problem, 2)).scenarios[1]
    assert late.cost_usd == pytest.approx(40e6 + 100e6 + 100 * 8760 * 50)
    assert {(o.name, o.shared) for o in late.orders} == {("plant", True), ("rent", False)}


def test_dates_bind_the_order_and_life_runs_from_service(one_site: Builder) -> None:
    # ordered for 2030 at the latest, two years late, for a life of two: it serves 2032 and 2033,
    # and its two payments fall in 2030 and 2031
    problem = plant_problem(one_site, {"latest_year": 2030, "life_years": 2.0})
    late = solve_two_stage(late_or_not(problem, 2)).scenarios[1]
    assert late.solution.capacity.supply_mw["plant"] == pytest.approx([0, 0, 100, 100])
    assert late.solution.costs.capital == pytest.approx(100e6)
    assert {o.year for o in late.orders} == {2030}


def test_budgets_and_slots_are_taken_as_ordered(one_site: Builder) -> None:
    limits = Limits(capex_usd=[60e6, 0.0, 0.0, 0.0], slots={"vendor": [50.0, 0.0, 0.0, 0.0]})
    problem = plant_problem(one_site, {"slot_class": "vendor"}, limits=limits)
    late = solve_two_stage(late_or_not(problem, 1)).scenarios[1]
    assert late.solution.capacity.supply_mw["plant"] == pytest.approx([0, 50, 50, 50])


def test_no_more_is_ordered_than_may_be_for_a_period(one_site: Builder) -> None:
    problem = plant_problem(one_site, {"max_build_mw": [30.0, 0.0, 20.0, 0.0]})
    late = solve_two_stage(late_or_not(problem, 1)).scenarios[1]
    assert late.solution.capacity.supply_mw["plant"] == pytest.approx([0, 30, 30, 50])


def test_whole_units_are_whole_as_ordered(one_site: Builder) -> None:
    problem = plant_problem(one_site, {"unit_mw": 40.0})
    found = solve_two_stage(late_or_not(problem, 1))
    assert [order.units for order in found.first_stage] == [3]
    assert found.scenarios[1].solution.capacity.supply_mw["plant"] == pytest.approx(
        [0, 120, 120, 120]
    )


def test_a_committed_hall_is_committed_however_late(one_site: Builder) -> None:
    campus = Campus(
        name="plant",
        site="here",
        phases=(Phase(name="one", it_mw=100.0, committed_year=2031),),
        capex_usd_per_it_mw=1e6,
        life_years=10.0,
    )
    problem = one_site(
        periods=YEARS,
        supplies=(Supply(name="power", site="here", existing_mw=100.0),),
        campuses=(campus,),
    )
    found = solve_two_stage(late_or_not(problem, 1, decision_year=2040))
    on_time, late = found.scenarios
    assert on_time.solution.online_it_mw["here"] == pytest.approx([0, 100, 100, 100])
    assert late.solution.online_it_mw["here"] == pytest.approx([0, 0, 100, 100])
    assert late.cost_usd == pytest.approx(on_time.cost_usd)


def test_a_delayed_store_brings_power_and_energy_together(one_site: Builder) -> None:
    # free power of 200 in one of two hours, none in the other; a store carries 100 over
    store = Storage(
        name="store",
        site="here",
        capex_usd_per_mw=1e5,
        capex_usd_per_mwh=1e5,
        life_years=10.0,
        charge_efficiency_fraction=1.0,
        discharge_efficiency_fraction=1.0,
    )
    problem = one_site(
        periods=YEARS,
        weights=(4380.0, 4380.0),
        supplies=(
            Supply(name="sun", site="here", existing_mw=200.0, availability=np.array([1.0, 0.0])),
        ),
        storages=(store,),
        goal=Goal(target_it_mw=100.0, shortfall_usd_per_it_mw_year=1e6),
    )
    found = solve_two_stage(
        TwoStage(
            (Scenario("on time", 0.5, problem), Scenario("late", 0.5, problem, {"store": 1.0})),
            2031,
        )
    )
    late = found.scenarios[1].solution
    assert late.capacity.storage_mw["store"] == pytest.approx([0, 100, 100, 100])
    assert late.capacity.storage_mwh["store"] == pytest.approx([0, 100, 100, 100])
    assert late.shortfall_it_mw == pytest.approx([100, 0, 0, 0])


def test_no_delay_is_the_plain_program(one_site: Builder) -> None:
    problem = plant_problem(one_site)
    plain = formulate_scenario(Scenario("a", 1.0, problem)).program
    zero = formulate_scenario(Scenario("a", 1.0, problem, {"plant": 0.0})).program
    np.testing.assert_array_equal(plain.matrix.toarray(), zero.matrix.toarray())
    np.testing.assert_array_equal(plain.upper, zero.upper)
    found = solve_two_stage(TwoStage((Scenario("a", 1.0, problem, {"plant": 0}),), 2031))
    assert found.objective_usd == pytest.approx(solve(problem).objective_usd)


def test_an_order_serves_from_the_first_period_after_it_arrives() -> None:
    periods = tuple(Period(year, 5.0) for year in (2030, 2035, 2040, 2045))
    yes = True
    # arrives 2031, 2036, ...: serves from the next period's beginning, until ten years on
    assert serves(periods, 10.0, 1.0).tolist() == [
        [not yes, yes, yes, not yes],
        [not yes, not yes, yes, yes],
        [not yes, not yes, not yes, yes],
        [not yes, not yes, not yes, not yes],
    ]
    # what lives less than a period serves the one it arrives in, as it does on time
    assert serves(periods, 3.0, 1.0)[0].tolist() == [not yes, yes, not yes, not yes]
    assert np.array_equal(serves(periods, 3.0, 0.0), np.eye(4, dtype=bool))


def test_a_plan_on_the_mean_delay_can_be_evaluated(one_site: Builder) -> None:
    # a planner on the mean delay of one year also orders at once: the same commitments
    found = value_of_stochastic_solution(late_or_not(plant_problem(one_site), 2))
    assert found.usd == pytest.approx(0.0, abs=1e-3)
    nothing = evaluate_first_stage(late_or_not(plant_problem(one_site), 2), [])
    # ordered for 2031 once known: a year missing, or three
    assert [s.cost_usd for s in nothing.scenarios] == pytest.approx(
        [100e6 + 30e6, 300e6 + 30e6], rel=1e-6
    )


def test_a_target_that_a_delay_makes_impossible_names_the_scenario(one_site: Builder) -> None:
    problem = replace(plant_problem(one_site), goal=Goal(target_it_mw=100.0))
    with pytest.raises(InfeasibleError, match=r"'late': No plan(.*\n)+.*compute target.*2030"):
        solve_two_stage(late_or_not(problem, 1))
