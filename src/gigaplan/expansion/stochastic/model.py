"""Scenarios, and when they are told apart.

A decision is an order: capacity of an option that is to enter service in a period. It is placed
``lead`` years before that period begins. Orders placed before `decision_year` are commitments:
one number for all scenarios. Orders placed in or after it, and all operation, are recourse:
each scenario has its own, chosen as if its whole future were known.

A delay of d years holds for all orders of an option in its scenario, committed and later ones. It
moves service and nothing else:

    money     an order costs what the build of the period it was ordered for costs: the same
              annuity from that period on, so a plant that is late is paid for while it does not
              serve, and one that is later than the horizon is paid for and never serves;
              budgets count it, and slots and deliveries are taken, as ordered
    service   it stands from the first period that begins in or after ``year ordered for + d``
              until its life, counted from that date, is over; its fixed cost runs as it stands
    dates     earliest and latest year, `max_build_mw` and `min_mw` bind what is ordered;
              `max_mw` binds what stands
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from gigaplan.core.errors import InputError, Problem, nearest
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.stochastic.reduce_scenarios import check_probabilities
from gigaplan.expansion.stochastic.risk import Risk


@dataclass(frozen=True)
class Scenario:
    """One future.

    Parameters
    ----------
    name : str
    probability : float
        Above 0.
    problem : ExpansionProblem
        What can be built and what it costs if this future comes.
    delay_years : mapping of str to float
        By how much later than ordered an option, campus or generation of chips enters service.
    """

    name: str
    probability: float
    problem: ExpansionProblem
    delay_years: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class TwoStage:
    """Commit now, decide the rest once the scenario is known; checked when made.

    Parameters
    ----------
    scenarios : tuple of Scenario
        With the same options by name and the same periods; any figure may differ.
    decision_year : float
        When the scenario is known: orders placed before it are shared.
    lead_years : float or mapping of str to float
        From order to service, for all or by option, campus and generation; 0 where not named.
        Minus infinity: never shared, ordered only when everything is known.
    cvar_level, cvar_weight : float
        See `Risk`. Costs weighed are whole: capital, delay, operation, shortfall.

    Raises
    ------
    InputError
        With every fault found.
    """

    scenarios: tuple[Scenario, ...]
    decision_year: float
    lead_years: Mapping[str, float] | float = 0.0
    cvar_level: float = 0.9
    cvar_weight: float = 0.0

    def __post_init__(self) -> None:
        check_two_stage(self)

    @property
    def risk(self) -> Risk:
        """How costs are weighed."""
        return Risk(self.cvar_level, self.cvar_weight)

    @property
    def probabilities(self) -> np.ndarray:
        """Probability of each scenario, [scenario]."""
        return np.array([scenario.probability for scenario in self.scenarios])

    def lead(self, name: str) -> float:
        """Return the years from order to service of an option."""
        if isinstance(self.lead_years, Mapping):
            return float(self.lead_years.get(name, 0.0))
        return float(self.lead_years)

    def is_shared(self, name: str, year: int) -> bool:
        """Return whether an order of `name` for `year` is placed before the decision date."""
        return year - self.lead(name) < self.decision_year


def option_names(problem: ExpansionProblem) -> set[str]:
    """Return every name that orders can be of: options, campuses, generations of chips."""
    groups: tuple[Iterable[object], ...] = (
        problem.supplies,
        problem.storages,
        problem.connections,
        problem.campuses,
        problem.accelerators,
    )
    return {str(getattr(item, "name")) for group in groups for item in group}  # noqa: B009


def known(name: str, problem: ExpansionProblem, field_name: str) -> None:
    """Raise `InputError` unless `name` is an option, campus or generation of `problem`."""
    names = option_names(problem)
    if name not in names:
        raise InputError(_unknown(name, names, field_name))


def _unknown(name: str, names: set[str], field_name: str) -> Problem:
    return Problem(
        f"names '{name}', which is no option, campus or accelerator.",
        field=field_name,
        hint=nearest(name, sorted(names)),
    )


def check_two_stage(two_stage: TwoStage) -> None:
    """Raise `InputError` with every fault of `two_stage`."""
    scenarios = two_stage.scenarios
    if not scenarios:
        raise InputError("there is none; at least one is needed.", field="scenarios")
    found: list[Problem] = []
    names = [scenario.name for scenario in scenarios]
    if len(set(names)) < len(names):
        found.append(Problem(f"are named {names}; each needs its own name.", field="scenarios"))
    for check in (
        lambda: check_probabilities(two_stage.probabilities, len(scenarios)),
        lambda: two_stage.risk,
    ):
        try:
            check()
        except InputError as error:
            found.extend(error.problems)
    first = scenarios[0].problem
    offered = option_names(first)
    years = [period.year for period in first.periods]
    for scenario in scenarios:
        at = f"scenarios.{scenario.name}"
        others = option_names(scenario.problem)
        if odd := sorted(offered ^ others):
            found.append(
                Problem(
                    f"and '{names[0]}' do not offer the same: only one has {odd}.",
                    field=at,
                    hint="Offer it in both, with max_build_mw 0 where it cannot be had.",
                )
            )
        if (own := [period.year for period in scenario.problem.periods]) != years:
            found.append(Problem(f"has periods of {own}; '{names[0]}' of {years}.", field=at))
        found += _faults_of_years(scenario.delay_years, others, f"{at}.delay_years")
    lead = two_stage.lead_years
    named = lead if isinstance(lead, Mapping) else {"": lead}
    sooner = {name: 0.0 if years == -np.inf else years for name, years in named.items()}
    found += _faults_of_years(sooner, offered | {""}, "lead_years")
    if np.isnan(two_stage.decision_year):
        found.append(Problem("is not a number.", field="decision_year"))
    if found:
        raise InputError(found)


def _faults_of_years(years: Mapping[str, float], names: set[str], field_name: str) -> list[Problem]:
    found = [_unknown(name, names, field_name) for name in years if name not in names]
    found += [
        Problem(f"found {value:g}; a number of at least 0 is needed.", field=field_name)
        for value in years.values()
        if not (np.isfinite(value) and value >= 0)
    ]
    return found
