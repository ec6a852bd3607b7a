"""What near-optimal plans have in common, against the whole program with its cost held."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csr_matrix, vstack

from gigaplan.expansion import ExpansionProblem, solve
from gigaplan.expansion.alternatives import near_optimal
from gigaplan.expansion.formulation import formulate

from .test_decomposition import without_zone_projects
from .test_properties import random_problem

SLACK = 0.03


def ends(problem: ExpansionProblem, most_usd: float, name: str) -> tuple[float, float]:
    """Return the least and most new capacity of a supply in the last period, by another solver."""
    form = formulate(problem)
    program, asset = form.program, form.assets.supply[name]
    weights = np.zeros(len(program.cost))
    alive = form.program.matrix[form.assembly.rows["capacity", "supply", name][-1:]]
    weights[asset.build] = -alive[:, asset.build].toarray().ravel()
    scale = 1e-6
    matrix = csr_matrix(vstack([program.matrix, csr_matrix(program.cost * scale)]))
    low = np.append(program.row_lower, -np.inf)
    high = np.append(program.row_upper, most_usd * scale)
    equal = low == high
    above, below = ~equal & np.isfinite(high), ~equal & np.isfinite(low)
    solver: Any = linprog
    found = []
    for sign in (1.0, -1.0):
        answer: Any = solver(
            sign * weights,
            A_ub=vstack([matrix[above], -matrix[below]]),
            b_ub=np.append(high[above], -low[below]),
            A_eq=matrix[equal],
            b_eq=high[equal],
            bounds=np.column_stack([program.lower, program.upper]),
            method="highs",
        )
        assert answer.status == 0
        found.append(float(sign * answer.fun))
    return found[0], found[1]


@pytest.mark.parametrize("seed", [0, 3, 5])
def test_ranges_enclose_those_of_the_whole_program(seed: int) -> None:
    problem = without_zone_projects(random_problem(seed))
    groups = {option.name: [option.name] for option in problem.supplies}
    found = near_optimal(problem, slack_fraction=SLACK, gap=1e-3, groups=groups)
    assert found.complete
    assert found.most_usd == pytest.approx((1 + SLACK) * solve(problem).objective_usd, rel=5e-3)
    for span in found.ranges:
        least, most = ends(problem, found.most_usd, span.group.name)
        near = 1e-4 * max(most, 1.0)
        assert span.least_bound <= least + near
        assert span.least >= least - near
        assert span.most <= most + near
        assert span.most_bound >= most - near
        assert span.least - 1e-6 <= span.planned <= span.most + 1e-6 or found.whole_units


def test_what_is_in_all_plans_and_what_in_none_is_said() -> None:
    problem = without_zone_projects(random_problem(3))
    found = near_optimal(problem, slack_fraction=SLACK)
    names = {span.group.name for span in found.ranges}
    assert set(found.must) | set(found.optional) | set(found.never) == names
    for span in found.ranges:
        if span.verdict == "must":
            assert span.least_bound > 0
        if span.verdict == "never":
            assert span.most_bound == pytest.approx(0.0, abs=1.0)
    assert all(plan.cost_usd <= found.most_usd * (1 + 1e-6) for plan in found.alternatives)


def test_more_room_in_cost_never_narrows_a_range() -> None:
    problem = without_zone_projects(random_problem(5))
    narrow = near_optimal(problem, slack_fraction=0.01)
    wide = near_optimal(problem, slack_fraction=0.05)
    for one, two in zip(narrow.ranges, wide.ranges, strict=True):
        assert two.least_bound <= one.least + 1e-6
        assert two.most_bound >= one.most - 1e-6
