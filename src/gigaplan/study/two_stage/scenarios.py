"""Turns drawn futures into the scenarios of a two-stage problem, few that stand for many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.expansion import ExpansionProblem
from gigaplan.expansion.from_programme import full_chronology
from gigaplan.expansion.model import Fund, Limits
from gigaplan.expansion.options import PerPeriod, Prepayment, Supply
from gigaplan.expansion.stochastic import Scenario, ScenarioReduction, TwoStage, reduce_scenarios
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.study.two_stage.futures import PATHS, Floats, Futures, reinforcement_of
from gigaplan.study.two_stage.prices import on_path
from gigaplan.weather.model import Series

OVERRUN_COST_FRACTION = 0.2
"""What a USD above a year's budget costs beyond itself, present value: about 225 basis points (the
Hyperion bonds' spread over Treasuries at issue, October 2025) over some nine years. Assumed."""

LONGEST_DELAY_YEARS = 5
"""Delays beyond count as this long where scenarios are told apart."""


@dataclass(frozen=True)
class World:
    """A programme as two-stage problems need it: its problem on each price path, its leads.

    Parameters
    ----------
    programme : ResolvedProgramme
    on_path : tuple of ExpansionProblem
        By the position of the path in `PATHS`; budgets may be exceeded at a price.
    lead_years : mapping of str to float
    """

    programme: ResolvedProgramme
    on_path: tuple[ExpansionProblem, ...]
    lead_years: dict[str, float]

    @classmethod
    def of(cls, programme: ResolvedProgramme, series: Series) -> World:
        """Return the world of a programme, on every hour of its weather years."""
        problems = []
        for path in range(len(PATHS)):
            problem = full_chronology(*on_path(programme, series, path))
            problems.append(with_soft_budgets(problem))
        return cls(programme, tuple(problems), lead_years(programme))

    def scenario(self, futures: Futures, draw: int, name: str, probability: float) -> Scenario:
        """Return one draw as a scenario."""
        base = self.on_path[int(futures.price_path[draw])]

        factor = {name: float(values[draw]) for name, values in futures.cost_factor.items()}

        def usd(name: str, estimate: PerPeriod) -> PerPeriod:
            return np.asarray(estimate) * factor.get(name, 1.0)

        assert base.goal is not None
        problem = replace(
            base,
            sites=tuple(
                replace(site, connection_mw=futures.connection_mw[site.name][draw])
                for site in base.sites
            ),
            supplies=tuple(_supply_at(o, factor.get(o.name, 1.0)) for o in base.supplies),
            storages=tuple(
                replace(
                    o,
                    capex_usd_per_mw=usd(o.name, o.capex_usd_per_mw),
                    capex_usd_per_mwh=usd(o.name, o.capex_usd_per_mwh),
                )
                for o in base.storages
            ),
            connections=tuple(
                replace(o, capex_usd_per_mw=usd(o.name, o.capex_usd_per_mw))
                for o in base.connections
            ),
            campuses=tuple(
                replace(c, capex_usd_per_it_mw=usd(c.name, c.capex_usd_per_it_mw))
                for c in base.campuses
            ),
            goal=replace(base.goal, target_it_mw=futures.target_it_mw[draw]),
        )
        names = {option.name for option in (*base.supplies, *base.storages, *base.connections)}
        names |= {campus.name for campus in base.campuses}
        delays = {
            option: float(years[draw])
            for option, years in futures.delay_years.items()
            if option in names and years[draw] > 0
        }
        return Scenario(name, probability, problem, delays)

    def two_stage(
        self,
        futures: Futures,
        draws: Sequence[int],
        probabilities: Sequence[float],
        *,
        decision_year: float,
        cvar_level: float = 0.9,
        cvar_weight: float = 0.0,
    ) -> TwoStage:
        """Return some draws as the scenarios of a two-stage problem."""
        scenarios = tuple(
            self.scenario(futures, int(draw), f"draw {draw}", float(chance))
            for draw, chance in zip(draws, probabilities, strict=True)
        )
        return TwoStage(scenarios, decision_year, self.lead_years, cvar_level, cvar_weight)

    def reduced(self, futures: Futures, count: int) -> ScenarioReduction:
        """Return `count` draws that stand for all, by the money at stake in what differs."""
        equal = np.full(futures.draws, 1.0 / futures.draws)
        return reduce_scenarios(stakes_musd(self, futures), equal, count)


def median_future(futures: Futures, programme: ResolvedProgramme) -> Futures:
    """Return the one future of a planner who takes the median of everything as certain."""

    def middle(values: Any) -> Any:
        return np.quantile(values, 0.5, axis=0, keepdims=True, method="lower")

    return Futures(
        draws=1,
        delay_years={name: middle(years) for name, years in futures.delay_years.items()},
        cost_factor={name: middle(factor) for name, factor in futures.cost_factor.items()},
        connection_mw={name: middle(mw) for name, mw in futures.connection_mw.items()},
        price_path=np.array([PATHS.index("value")]),
        target_it_mw=np.array([programme.target_it_mw]),
    )


def _supply_at(option: Supply, factor: float) -> Supply:
    """Return a supply whose capital, or what is prepaid for it, is a multiple of the estimate."""
    if factor == 1.0:
        return option
    contract = option.contract
    if isinstance(contract, Prepayment):
        prepaid = np.asarray(contract.prepaid_usd_per_mw) * factor
        contract = replace(contract, prepaid_usd_per_mw=prepaid)
    usd = np.asarray(option.capex_usd_per_mw) * factor
    return replace(option, capex_usd_per_mw=usd, contract=contract)


def with_soft_budgets(problem: ExpansionProblem) -> ExpansionProblem:
    """Return a problem whose budgets may be exceeded at a price.

    What is committed must be paid for, whatever it comes to cost. A budget through some year is
    taken off the last years that it covers.
    """
    limits = problem.limits
    if limits.capex_usd is None and not limits.cumulative_capex:
        return problem
    free = np.inf if limits.capex_usd is None else limits.capex_usd
    most = np.array(problem.by_period(free))
    years = np.array([period.year for period in problem.periods])
    for total in limits.cumulative_capex:
        covered = np.flatnonzero(years <= total.through_year)
        left = total.usd
        for y in covered:
            most[y] = min(most[y], max(left, 0.0))
            left -= most[y]
    funds = (
        *limits.funds,
        Fund(name="budget", usd=most),
        Fund(name="above the budget", cost_fraction=OVERRUN_COST_FRACTION),
    )
    soft: Limits = replace(limits, capex_usd=None, cumulative_capex=(), funds=funds)
    return replace(problem, limits=soft)


def lead_years(programme: ResolvedProgramme) -> dict[str, float]:
    """Return years from order to service by option.

    Of a project its stages after the licence, at their medians, or from the last month to exercise
    an option on it; of a campus its longest construction; of a reinforcement the time from the
    programme's start to its earliest month. Chips are ordered when their halls are sure, so
    they are decided after everything is known.
    """
    found = {name: _project_lead(project) for name, project in programme.power.items()}
    for name, campus in programme.campuses.items():
        months = max((phase.construct_months.p50 for phase in campus.phases), default=0.0)
        found[name] = months / MONTHS_PER_YEAR
    for site in programme.sites.values():
        if site.reinforcement_max_mw > 0:
            months = site.reinforcement_month - programme.timeline.first
            found[reinforcement_of(site.name)] = max(months, 0) / MONTHS_PER_YEAR
    return found | dict.fromkeys(programme.accelerators, -np.inf)


def _project_lead(project: SupplyFigures) -> float:
    if project.exercise_by is not None:
        return max(project.month - project.exercise_by, 0) / MONTHS_PER_YEAR
    ends: dict[str, float] = {}
    for stage in project.stages:
        begin = max((ends[name] for name in stage.after if name in ends), default=0.0)
        ends[stage.name] = begin + stage.months.p50
    return max(max(ends.values(), default=0.0) - ends.get("licence", 0.0), 0.0) / MONTHS_PER_YEAR


def stakes_musd(world: World, futures: Futures) -> Floats:
    """Return the money that moves with each thing that differs, million USD, [draw, feature].

    Compute that is late or unasked for counts at the price of missing compute; bought energy that
    is late at its market's mean price; capital at its estimate. Only the proportions matter.
    """
    programme, problem = world.programme, world.on_path[PATHS.index("value")]
    short = programme.shortfall_usd_per_it_mw_year / 1e6
    pue = {site.name: site.design_pue for site in programme.sites.values()}
    prices = {zone.name: float(np.mean(zone.price_usd_per_mwh)) for zone in problem.zones}
    found: list[Floats] = []

    def add(name: str, usd_per_year_late: float, capital: float) -> None:
        late = np.minimum(futures.delay_years[name], LONGEST_DELAY_YEARS)
        found.append(late * usd_per_year_late)
        found.append((futures.cost_factor[name] - 1) * capital)

    for project in programme.power.values():
        if project.name in futures.delay_years:
            late = 8760 * prices[project.zone] / 1e6
            if project.site is not None:
                late = short / pue[project.site]
            capital = project.overnight_usd_per_kw * 1e3 / 1e6 * project.max_mw
            add(project.name, late * project.max_mw, capital)
    for campus in programme.campuses.values():
        mw = sum(phase.it_mw for phase in campus.phases if phase.status != "operating")
        if campus.name in futures.delay_years:
            add(campus.name, mw * short, mw * campus.hall_usd_per_it_kw * 1e3 / 1e6)
    for site in problem.sites:
        missing = np.asarray(site.connection_mw) - futures.connection_mw[site.name]
        found.append(missing.sum(axis=1) * short / pue[site.name])
    path = [np.mean([np.mean(zone.price_usd_per_mwh) for zone in p.zones]) for p in world.on_path]
    energy = 8760 * float(np.sum(programme.target_it_mw)) / 1e6
    found.append(np.array(path)[futures.price_path] * energy)
    found.append(futures.target_it_mw.sum(axis=1) * short)
    return np.stack(found, axis=1)
