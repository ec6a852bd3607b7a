"""What more of something costs: frontiers of cost against clean share, date, or risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import require
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.resolve import Change, Resolve, sweep
from gigaplan.expansion.stochastic import TwoStage, TwoStageSolution, solve_two_stage


@dataclass(frozen=True)
class FrontierPoint:
    """The plan of least cost at one value of what is traded against cost.

    Parameters
    ----------
    value : float
    plan : Resolve
        Its `solution` has cost, bound and gap; None where no plan reaches the value.
    """

    value: float
    plan: Resolve


def clean_share_frontier(
    problem: ExpansionProblem, shares: Sequence[float], *, gap: float = 1e-4
) -> tuple[FrontierPoint, ...]:
    """Return the plans whose clean share is at least each of `shares` wherever one is asked.

    A share that the problem asks already is kept where it is higher. Without any in the problem,
    every period is held to the share.

    Parameters
    ----------
    problem : ExpansionProblem
    shares : sequence of float
        From 0 to 1.
    gap : float
        Relative gap of each plan.
    """
    asked = problem.limits.clean_share_fraction
    base = np.zeros(len(problem.periods)) if asked is None else problem.by_period(asked)
    where = np.ones(len(base), dtype=bool) if asked is None else base > 0

    def held(share: float) -> ExpansionProblem:
        require(0 <= share <= 1, f"a clean share is {share:g}; it must be from 0 to 1.")
        least = np.where(where, np.maximum(base, share), base)
        return replace(problem, limits=replace(problem.limits, clean_share_fraction=least))

    return _frontier(problem, [(share, held(share)) for share in shares], gap)


def date_frontier(
    problem: ExpansionProblem, years_later: Sequence[int], *, gap: float = 1e-4
) -> tuple[FrontierPoint, ...]:
    """Return the plans that reach the compute target so many periods later, or earlier (< 0).

    Before the first period that a target moved later leaves, none is asked; after the last, the
    last holds.

    Raises
    ------
    InputError
        If the problem has no target.
    """
    goal = problem.goal
    if goal is None or goal.target_it_mw is None:
        require(False, "the problem has no compute target whose date could move.", field="goal")
        return ()
    target = problem.by_period(goal.target_it_mw)
    place = np.arange(len(target))
    found = []
    for later in years_later:
        source = place - later
        moved = np.where(source < 0, 0.0, target[np.clip(source, 0, len(target) - 1)])
        found.append((float(later), replace(problem, goal=replace(goal, target_it_mw=moved))))
    return _frontier(problem, found, gap)


def risk_frontier(
    two_stage: TwoStage, weights: Sequence[float], *, gap: float = 1e-4
) -> tuple[tuple[float, TwoStageSolution], ...]:
    """Return each CVaR weight with its plan: expected cost against the mean of the worst cases."""
    return tuple(
        (weight, solve_two_stage(replace(two_stage, cvar_weight=weight), gap=gap))
        for weight in weights
    )


def _frontier(
    problem: ExpansionProblem, variants: list[tuple[float, ExpansionProblem]], gap: float
) -> tuple[FrontierPoint, ...]:
    changes: dict[str, Change] = {f"{value:g}": variant for value, variant in variants}
    _, *plans = sweep(problem, changes, gap=gap)
    return tuple(
        FrontierPoint(value, plan) for (value, _), plan in zip(variants, plans, strict=True)
    )
