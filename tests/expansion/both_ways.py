"""A problem solved as one program and by rounds, which must agree."""

from __future__ import annotations

from typing import Any

import pytest

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion import ExpansionProblem, Solution, solve
from gigaplan.expansion.decomposition import decompose

LINEAR_GAP, WHOLE_GAP = 1e-5, 1e-3
ROUNDING = 1e-6
"""Part of a cost within which two solvers agree."""


def solve_both_ways(problem: ExpansionProblem, **options: Any) -> Solution:
    """Return the reference's answer, once decomposition was held to it."""
    try:
        reference = solve(problem, **options)
    except InfeasibleError:
        with pytest.raises(InfeasibleError):
            decompose(problem)
        raise
    encloses(problem, reference)
    return reference


def encloses(problem: ExpansionProblem, reference: Solution, **options: Any) -> Solution:
    """Return the decomposed plan, held to enclose an optimum with its bound and objective.

    `reference` may itself be off by its gap.
    """
    whole = bool(reference.whole)
    asked = WHOLE_GAP if whole else LINEAR_GAP
    found = decompose(problem, gap=asked, **options)
    near = ROUNDING * max(abs(reference.objective_usd), 1.0)
    assert found.bound_usd <= reference.objective_usd + near
    assert found.objective_usd >= reference.bound_usd - near
    assert found.gap <= asked
    assert found.status == "optimal"
    assert found.objective_usd == pytest.approx(found.costs.total())
    assert found.largest_residual < 1e-6
    return found
