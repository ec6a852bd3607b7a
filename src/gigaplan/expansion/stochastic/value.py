"""What knowing, choosing and waiting are worth: differences between two two-stage solutions.

    perfect information    wait and see         <= with recourse   (every future known at once)
    stochastic solution    with recourse        <= plan on the mean, evaluated in every scenario
    an option              with it              <= without any new capacity of it
    waiting with it        ordered at any time  <= ordered before the decision date or never
    the decision date      all of the above at another date

Each is worth ``worse - better >= 0`` in the objective, so in money weighed by risk where CVaR has
a weight. The two optima are known within their bounds only, so the worth is too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypedDict, Unpack

from gigaplan.expansion.solution import Build, Progress
from gigaplan.expansion.stochastic.last_orders import now_or_never, without_new
from gigaplan.expansion.stochastic.mean_problem import mean_scenario
from gigaplan.expansion.stochastic.model import Scenario, TwoStage
from gigaplan.expansion.stochastic.solution import Order, TwoStageSolution, Worth
from gigaplan.expansion.stochastic.solve import (
    evaluate_first_stage,
    solve_two_stage,
    wait_and_see,
)


class Limits(TypedDict, total=False):
    """How each solve is run, as in `solve_two_stage`; the time limit holds for each."""

    gap: float
    time_limit_s: float | None
    threads: int | None
    progress: Callable[[Progress], None] | None


def worth(better: TwoStageSolution, worse: TwoStageSolution) -> Worth:
    """Return by how much one objective is lower, with the interval that both gaps leave."""
    return Worth(
        usd=worse.objective_usd - better.objective_usd,
        low_usd=worse.bound_usd - better.objective_usd,
        high_usd=worse.objective_usd - better.bound_usd,
        better=better,
        worse=worse,
    )


def value_of_perfect_information(
    two_stage: TwoStage, *, base: TwoStageSolution | None = None, **limits: Unpack[Limits]
) -> Worth:
    """Return what knowing the scenario before any order is worth (EVPI).

    Parameters
    ----------
    base : TwoStageSolution, optional
        The solution of `two_stage`, where it is at hand; here and below.
    """
    return worth(wait_and_see(two_stage, **limits), base or solve_two_stage(two_stage, **limits))


def value_of_stochastic_solution(
    two_stage: TwoStage,
    *,
    reference: Scenario | Iterable[Build | Order] | None = None,
    base: TwoStageSolution | None = None,
    **limits: Unpack[Limits],
) -> Worth:
    """Return what planning on scenarios saves over planning on one future (VSS).

    Parameters
    ----------
    reference : Scenario or iterable of Build or Order, optional
        The one future planned on, or the plan itself by the year ordered for; None: the mean of
        every figure (`mean_scenario`). Its orders before the decision date are held; recourse
        to them is free.

    Raises
    ------
    InfeasibleScenarioError
        If that plan leaves no plan in some scenario: its cost is without limit.
    """
    if reference is None:
        reference = mean_scenario(two_stage)
    if isinstance(reference, Scenario):
        certain = replace(two_stage, scenarios=(replace(reference, probability=1.0),))
        reference = solve_two_stage(certain, **limits).first_stage
    return worth(
        base or solve_two_stage(two_stage, **limits),
        evaluate_first_stage(two_stage, reference, **limits),
    )


def value_of_option(
    two_stage: TwoStage,
    name: str,
    *,
    base: TwoStageSolution | None = None,
    **limits: Unpack[Limits],
) -> Worth:
    """Return what it is worth that an option, campus or generation of chips can be ordered at all.

    Without it what exists stays and nothing new of it can be had; phases that are committed stay
    committed. It is the most to pay for the right to order it at the stated costs.
    """
    without = without_new(two_stage, name)
    return worth(base or solve_two_stage(two_stage, **limits), solve_two_stage(without, **limits))


def value_of_waiting(
    two_stage: TwoStage,
    name: str,
    *,
    base: TwoStageSolution | None = None,
    **limits: Unpack[Limits],
) -> Worth:
    """Return what it is worth that an option can still be ordered after the decision date.

    The other case is now or never: it can be ordered only before the date.
    """
    never = now_or_never(two_stage, name)
    return worth(base or solve_two_stage(two_stage, **limits), solve_two_stage(never, **limits))


def value_of_decision_year(
    two_stage: TwoStage,
    other_year: float,
    *,
    base: TwoStageSolution | None = None,
    **limits: Unpack[Limits],
) -> Worth:
    """Return what it is worth to know the scenario in the earlier of two years.

    Infinity as the other year asks that all be ordered at once and for good.
    """
    here = base or solve_two_stage(two_stage, **limits)
    there = solve_two_stage(replace(two_stage, decision_year=other_year), **limits)
    earlier = other_year < two_stage.decision_year
    return worth(there, here) if earlier else worth(here, there)
