"""Frontiers: every point is its own optimum, and more never costs less."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.expansion import ExpansionProblem, Limits, Supply, solve
from gigaplan.expansion.frontier import clean_share_frontier, date_frontier, risk_frontier

from .test_decomposition import without_zone_projects
from .test_properties import random_problem
from .test_two_stage import reactor_case

Builder = Callable[..., ExpansionProblem]


def test_a_clean_share_costs_what_the_dearer_clean_energy_costs(one_site: Builder) -> None:
    # 100 MW; dirty energy 30 a MWh, clean 70: each hundredth of share costs 40 x 8.76 GWh
    problem = one_site(
        supplies=(
            Supply(name="gas", site="here", variable_usd_per_mwh=30.0, dirty_fraction=1.0),
            Supply(name="clean", site="here", variable_usd_per_mwh=70.0),
        ),
        limits=Limits(clean_share_fraction=0.1),
    )
    points = clean_share_frontier(problem, [0.0, 0.1, 0.5, 1.0], gap=1e-7)
    costs = [p.plan.solution.objective_usd for p in points if p.plan.solution is not None]
    energy = 876_000.0
    expected = [energy * (30 + 40 * share) for share in (0.1, 0.1, 0.5, 1.0)]
    assert costs == pytest.approx(expected, rel=1e-6)


def test_more_clean_energy_never_costs_less_and_each_point_is_an_optimum() -> None:
    problem = without_zone_projects(random_problem(4))
    points = clean_share_frontier(problem, [0.5, 0.7, 0.9], gap=1e-5)
    costs = []
    for point in points:
        assert point.plan.solution is not None
        alone = solve(point.plan.problem).objective_usd
        near = 1e-6 * abs(alone)
        assert point.plan.solution.bound_usd <= alone + near
        assert point.plan.solution.objective_usd >= alone - near
        costs.append(alone)
    assert costs == sorted(costs)


def test_a_target_that_comes_later_never_costs_more_where_missing_it_costs() -> None:
    problem = without_zone_projects(random_problem(1))
    points = date_frontier(problem, [0, 1], gap=1e-5)
    now, later = (p.plan.solution for p in points)
    assert now is not None
    assert later is not None
    assert later.bound_usd <= now.objective_usd
    assert points[1].plan.problem.goal is not None
    assert points[1].plan.problem.goal.target_it_mw == pytest.approx(np.array([0.0, 150.0]))


def test_a_problem_without_a_target_has_no_date_to_move(one_site: Builder) -> None:
    with pytest.raises(InputError, match="no compute target"):
        date_frontier(one_site(supplies=(Supply(name="gas", site="here"),)), [1])


def test_more_weight_on_the_worst_cases_buys_a_lower_tail_at_a_higher_mean(
    one_site: Builder,
) -> None:
    points = risk_frontier(reactor_case(one_site), [0.0, 1.0])
    (_, calm), (_, wary) = points
    assert [order.name for order in calm.first_stage] == ["reactor"]
    assert [order.name for order in wary.first_stage] == ["gas"]
    assert wary.cvar_usd < calm.cvar_usd
    assert wary.expected_cost_usd > calm.expected_cost_usd
