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
from typing import TypedDict, TypeVar, Unpack

from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import Accelerator, Campus, Connection, Storage, Supply
from gigaplan.expansion.solution import Build, Progress
from gigaplan.expansion.stochastic.mean_problem import mean_scenario
from gigaplan.expansion.stochastic.model import Scenario, TwoStage, known
from gigaplan.expansion.stochastic.solution import Order, TwoStageSolution, Worth
from gigaplan.expansion.stochastic.solve import (
    evaluate_first_stage,
    solve_two_stage,
    wait_and_see,
)

Option = TypeVar("Option", Supply, Storage, Connection)


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
    known(name, two_stage.scenarios[0].problem, "name")
    first = two_stage.scenarios[0].problem.periods[0].year
    without = _ordered_until(two_stage, name, first - 1)
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
    known(name, two_stage.scenarios[0].problem, "name")
    years = [period.year for period in two_stage.scenarios[0].problem.periods]
    shared = [year for year in years if two_stage.is_shared(name, year)]
    never_later = _ordered_until(two_stage, name, shared[-1] if shared else years[0] - 1)
    return worth(
        base or solve_two_stage(two_stage, **limits), solve_two_stage(never_later, **limits)
    )


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


def _ordered_until(two_stage: TwoStage, name: str, year: int) -> TwoStage:
    """Return the problem with an option that can be ordered for no later year."""
    return replace(
        two_stage,
        scenarios=tuple(
            replace(scenario, problem=_until(scenario.problem, name, year))
            for scenario in two_stage.scenarios
        ),
    )


def _until(problem: ExpansionProblem, name: str, year: int) -> ExpansionProblem:
    def last(own: int | None) -> int:
        return year if own is None else min(own, year)

    def option(item: Option) -> Option:
        return replace(item, latest_year=last(item.latest_year)) if item.name == name else item

    def campus(item: Campus) -> Campus:
        if item.name != name:
            return item
        phases = tuple(
            part
            if part.committed_year is not None
            else replace(part, latest_year=last(part.latest_year))
            for part in item.phases
        )
        return replace(item, phases=phases)

    def chips(item: Accelerator) -> Accelerator:
        if item.name != name:
            return item
        return replace(item, available_until_year=last(item.available_until_year))

    return replace(
        problem,
        supplies=tuple(option(item) for item in problem.supplies),
        storages=tuple(option(item) for item in problem.storages),
        connections=tuple(option(item) for item in problem.connections),
        campuses=tuple(campus(item) for item in problem.campuses),
        accelerators=tuple(chips(item) for item in problem.accelerators),
    )
