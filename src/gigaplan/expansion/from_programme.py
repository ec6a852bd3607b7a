"""Plans a programme: its figures and series as an expansion problem, and the solution as a Plan.

Investment is yearly; each year is operated over every hour of every weather year, block by block
(`decomposition`). Where the programme or the caller asks for representative days, operation is on
these, in one program: series on the chosen days are scaled to their true means, and what the days
leave out besides is told in the plan's notes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import InputError
from gigaplan.expansion import programme_options as options
from gigaplan.expansion.decomposition import decompose
from gigaplan.expansion.model import (
    CumulativeCapex,
    EitherOr,
    ExpansionProblem,
    Goal,
    Hours,
    Limits,
    Period,
    Prerequisite,
    Rule,
)
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.plan_notes import notes_on_days, notes_on_every_hour
from gigaplan.expansion.plan_tables import plan_of
from gigaplan.expansion.programme_places import power, resource, site_of, zone_of
from gigaplan.expansion.redispatch import FullYear, redispatch
from gigaplan.expansion.representative import Extreme, RepresentativeDays, choose_days
from gigaplan.expansion.solution import Progress, Solution
from gigaplan.expansion.solve import solve
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.weather.model import Series

LONGEST_STEP_HOURS = 6
GAP = 0.005
"""Relative gap that is good enough: far below what the figures are sure to."""

QUICK_SITE_STEPS = 8_000
"""Sites times years times steps that plan in about ten seconds on two cores."""


@dataclass(frozen=True)
class PlannedProgramme:
    """A plan with the problem and solution it was read from."""

    plan: Plan
    problem: ExpansionProblem
    solution: Solution
    days: RepresentativeDays | None
    """None where every hour is operated."""


def plan(
    programme: ResolvedProgramme,
    series: Series,
    *,
    gap: float = GAP,
    time_limit_s: float | None = None,
    threads: int | None = None,
    days: int | None = None,
    step_hours: int | None = None,
    check_last_year: bool = True,
    progress: Callable[[float], None] | None = None,
) -> Plan:
    """Return the least-cost plan of a programme.

    Parameters
    ----------
    programme : ResolvedProgramme
    series : Series
        Hourly series of every site and zone.
    gap : float
        Relative gap between the plan and its bound that is good enough.
    time_limit_s : float, optional
        Wall seconds after which the best plan found is returned.
    threads : int, optional
        Most threads of the solver.
    days : int, optional
        Representative days; the programme's own number if None, and if it has none every hour of
        every weather year is operated.
    step_hours : int
        Hours averaged into one step of representative days; as few as keep the program quick if
        None.
    check_last_year : bool
        Whether a plan on representative days has its last year operated over all hours too, for
        the notes.
    progress : callable, optional
        Called with the share of the work done, 0 to 1, as it grows.

    Raises
    ------
    InputError
        If `series` lacks a site or zone of the programme.
    InfeasibleError
        If the programme's statements leave no plan.
    """
    return plan_in_full(
        programme,
        series,
        gap=gap,
        time_limit_s=time_limit_s,
        threads=threads,
        days=days,
        step_hours=step_hours,
        check_last_year=check_last_year,
        progress=progress,
    ).plan


def plan_in_full(
    programme: ResolvedProgramme,
    series: Series,
    *,
    gap: float = GAP,
    time_limit_s: float | None = None,
    threads: int | None = None,
    days: int | None = None,
    step_hours: int | None = None,
    check_last_year: bool = True,
    progress: Callable[[float], None] | None = None,
) -> PlannedProgramme:
    """Return the plan together with the problem and solution behind it; parameters as `plan`."""
    count = programme.representative_days if days is None else days
    if count is None:
        return _plan_every_hour(programme, series, gap, time_limit_s, threads, progress)
    step_hours = step_hours or quick_step_hours(programme, count)
    chosen = representative_days(programme, series, days=count, step_hours=step_hours)
    problem = problem_from_programme(programme, series, chosen)
    solution = solve(
        problem,
        gap=gap,
        time_limit_s=time_limit_s,
        threads=threads,
        progress=_stages(progress),
    )
    last: FullYear | None = None
    if check_last_year:
        last = operate_last_year(programme, series, problem, solution, threads=threads)
    notes = notes_on_days(programme, series, chosen, solution, last)
    return PlannedProgramme(plan_of(programme, problem, solution, notes), problem, solution, chosen)


def _plan_every_hour(
    programme: ResolvedProgramme,
    series: Series,
    gap: float,
    time_limit_s: float | None,
    threads: int | None,
    progress: Callable[[float], None] | None,
) -> PlannedProgramme:
    """Return the plan operated over every hour of every weather year."""
    problem = full_chronology(programme, series)
    solution = decompose(
        problem,
        gap=gap,
        time_limit_s=time_limit_s,
        threads=threads,
        progress=_closing(progress, gap),
    )
    if progress is not None:
        progress(1.0)
    notes = notes_on_every_hour(programme, series, solution)
    return PlannedProgramme(plan_of(programme, problem, solution, notes), problem, solution, None)


def operate_last_year(
    programme: ResolvedProgramme,
    series: Series,
    problem: ExpansionProblem,
    solution: Solution,
    *,
    threads: int | None = None,
) -> FullYear:
    """Return the plan's last year operated over all hours of the first weather year."""
    full = full_chronology(programme, series, weather_years=[0])
    last = [problem.periods[-1].year]
    return redispatch(full, problem, solution, years=last, threads=threads)[0]


_STAGE_SHARE = {"built": 0.05, "relaxed": 0.5, "done": 1.0}


def _stages(progress: Callable[[float], None] | None) -> Callable[[Progress], None] | None:
    """Return what tells `progress` the share of the work that a stage completes."""
    if progress is None:
        return None
    return lambda at: progress(_STAGE_SHARE.get(at.stage, 0.9))


def _closing(
    progress: Callable[[float], None] | None, gap: float
) -> Callable[[Progress], None] | None:
    """Return what tells `progress` how far plan and bound have closed in on the gap asked for.

    Each round closes about the same part of the gap, so its logarithm says what is left.
    """
    if progress is None:
        return None
    most = 0.0

    def tell(at: Progress) -> None:
        nonlocal most
        left = np.log(max(at.gap, gap) / gap) / np.log(1.0 / gap) if 0 < gap < 1 else 0.0
        most = max(most, 0.95 * float(np.clip(1.0 - left, 0.0, 1.0)))
        progress(most)

    return tell


def representative_days(
    programme: ResolvedProgramme,
    series: Series,
    *,
    days: int,
    step_hours: int = 1,
) -> RepresentativeDays:
    """Return the days that stand for the weather years of every site and zone.

    The day of the highest price over all zones is among them where there is room for it.
    """
    _check_series(programme, series)
    features: dict[str, FloatArray] = {}
    for name in programme.sites:
        features[f"pue of {name}"] = series.sites[name].pue
    for project in programme.power.values():
        if project.resource in ("solar", "wind"):
            place = project.site or project.zone
            features[f"{project.resource} of {place}"] = resource(project, programme, series)
    for name in programme.zones:
        features[f"{name} price"] = series.zones[name].price_usd_per_mwh
    features["mean price"] = np.mean(
        [series.zones[name].price_usd_per_mwh for name in programme.zones], axis=0
    )
    extremes: tuple[Extreme, ...] = (("mean price", "highest"),) if days >= 4 else ()
    return choose_days(features, days, extremes=extremes, step_hours=step_hours)


def quick_step_hours(programme: ResolvedProgramme, days: int) -> int:
    """Return the shortest step under which sites, years and steps make a quick program."""
    place_days = len(programme.sites) * len(programme.years) * days
    for step in (1, 2, 3, 4):
        if place_days * 24 / step <= QUICK_SITE_STEPS:
            return step
    return LONGEST_STEP_HOURS


def _check_series(programme: ResolvedProgramme, series: Series) -> None:
    missing = [f"site '{name}'" for name in programme.sites if name not in series.sites]
    missing += [f"zone '{name}'" for name in programme.zones if name not in series.zones]
    if missing:
        raise InputError(f"the series lack {', '.join(missing)}.")


def problem_from_programme(
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
    *,
    scaled: bool = True,
) -> ExpansionProblem:
    """Return the expansion problem of a programme, operated on `days`.

    With `scaled` (the usual), prices, sun, wind and PUE keep their true means.

    Discounting is to the beginning of the first planning year, flows at mid-year; capital is
    spread at the programme's own real rate.
    """
    years = programme.years
    rate = programme.discount_fraction
    periods = tuple(
        Period(year, 1.0, float((1 + rate) ** -(position + 0.5)))
        for position, year in enumerate(years)
    )
    supplies, storages = power(programme, series, days, scaled)
    limits = programme.capex_limit_usd
    cumulative = tuple(
        CumulativeCapex(through_year=year, usd=usd)
        for year, usd in programme.cumulative_limit_usd.items()
    )
    return ExpansionProblem(
        periods=periods,
        hours=days.hours,
        zones=tuple(zone_of(name, series, days, scaled) for name in programme.zones),
        sites=tuple(
            site_of(site, programme, series, days, scaled) for site in programme.sites.values()
        ),
        supplies=supplies,
        storages=storages,
        connections=tuple(
            options.reinforcement(site)
            for site in programme.sites.values()
            if site.reinforcement_max_mw > 0
        ),
        campuses=tuple(options.campus(c, programme) for c in programme.campuses.values()),
        accelerators=tuple(
            options.accelerator(a, programme) for a in programme.accelerators.values()
        ),
        goal=Goal(
            target_it_mw=programme.target_it_mw,
            shortfall_usd_per_it_mw_year=programme.shortfall_usd_per_it_mw_year,
        ),
        limits=Limits(
            capex_usd=None
            if all(limit is None for limit in limits)
            else [np.inf if limit is None else limit for limit in limits],
            cumulative_capex=cumulative,
            slots={name: slot.mw_by_year for name, slot in programme.slots.items()},
            clean_share_fraction=programme.clean_share_fraction
            if any(programme.clean_share_fraction)
            else None,
            carbon_usd_per_t=programme.carbon_usd_per_tonne,
        ),
        rules=_rules(programme),
        capital_rate_fraction=rate,
    )


def full_chronology(
    programme: ResolvedProgramme,
    series: Series,
    *,
    weather_years: Sequence[int] | None = None,
) -> ExpansionProblem:
    """Return the problem of a programme on all hours of some weather years, or of all.

    Storage ends each weather year as full as it began it; an hour of n years weighs 1/n.
    """
    _check_series(programme, series)
    chosen = range(series.weather_years) if weather_years is None else weather_years
    days = np.concatenate([np.arange(365, dtype=np.int64) + 365 * year for year in chosen])
    count = len(days) // 365
    every = RepresentativeDays(days, np.full(len(days), 1.0 / count), 1, {})
    hours = Hours(np.full(8760 * count, 1.0 / count), (8760,) * count)
    return replace(problem_from_programme(programme, series, every, scaled=False), hours=hours)


def _rules(programme: ResolvedProgramme) -> tuple[Rule, ...]:
    found: list[Rule] = []
    for rule in programme.rules:
        if rule.kind == "either_or":
            found.append(EitherOr((rule.first, rule.second)))
        else:
            second = programme.power[rule.second]
            least = second.unit_mw if second.units is not None else second.max_mw
            found.append(Prerequisite(rule.first, rule.second, least))
    return tuple(found)
