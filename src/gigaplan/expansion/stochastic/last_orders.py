"""Problems in which an option cannot be ordered at all, or not after the decision date."""

from __future__ import annotations

from dataclasses import replace
from typing import TypeVar

from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import Accelerator, Campus, Connection, Storage, Supply
from gigaplan.expansion.stochastic.model import TwoStage, known

Option = TypeVar("Option", Supply, Storage, Connection)


def without_new(two_stage: TwoStage, name: str) -> TwoStage:
    """Return the problem in which nothing new can be had of an option, campus or generation.

    What exists stays; phases that are committed stay committed.
    """
    known(name, two_stage.scenarios[0].problem, "name")
    return _ordered_until(two_stage, name, two_stage.scenarios[0].problem.periods[0].year - 1)


def now_or_never(two_stage: TwoStage, name: str) -> TwoStage:
    """Return the problem in which an option can be ordered only before the decision date."""
    known(name, two_stage.scenarios[0].problem, "name")
    years = [period.year for period in two_stage.scenarios[0].problem.periods]
    shared = [year for year in years if two_stage.is_shared(name, year)]
    return _ordered_until(two_stage, name, shared[-1] if shared else years[0] - 1)


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
