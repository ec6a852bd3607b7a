"""Plans a programme: its figures and series as an expansion problem, and the solution as a Plan.

Investment is yearly; operation of each year is on representative days of all weather years.
Series on the chosen days are scaled to their true means. What the days leave out besides is told
in the plan's notes: how far the means were off before that, and how far the duration curves are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import InputError, require
from gigaplan.expansion import programme_options as options
from gigaplan.expansion.model import (
    CumulativeCapex,
    EitherOr,
    ExpansionProblem,
    Goal,
    Limits,
    Period,
    Prerequisite,
    Rule,
    ShedTier,
    Site,
    Zone,
)
from gigaplan.expansion.options import FloatArray, Storage, Supply
from gigaplan.expansion.plan_tables import plan_of
from gigaplan.expansion.representative import Extreme, RepresentativeDays, choose_days
from gigaplan.expansion.solution import Progress, Solution
from gigaplan.expansion.solve import solve
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme, SiteFigures, SupplyFigures
from gigaplan.weather.model import Series

FIRM_SHED_MULTIPLE = 10.0
"""Unserved firm inference costs this many times what unserved training does. Assumed."""

SALE_PRICE_FRACTION = 0.99
"""What contracts deliver beyond need settles at the market's price; a hair below it, so that what
is contracted is used before energy is bought."""

LONGEST_STEP_HOURS = 6
QUICK_SITE_STEPS = 8_000
"""Sites times years times steps that plan in about ten seconds on two cores."""
_KG_PER_T = 1e3


@dataclass(frozen=True)
class PlannedProgramme:
    """A plan with the problem and solution it was read from."""

    plan: Plan
    problem: ExpansionProblem
    solution: Solution
    days: RepresentativeDays


def plan(
    programme: ResolvedProgramme,
    series: Series,
    *,
    gap: float = 0.01,
    time_limit_s: float | None = None,
    threads: int | None = None,
    days: int | None = None,
    step_hours: int | None = None,
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
        Representative days; the programme's own number if None.
    step_hours : int
        Hours averaged into one step of operation; as few as keep the program quick if None.
    progress : callable, optional
        Called with the share of the work done, 0 to 1, after each stage.

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
        progress=progress,
    ).plan


def plan_in_full(
    programme: ResolvedProgramme,
    series: Series,
    *,
    gap: float = 0.01,
    time_limit_s: float | None = None,
    threads: int | None = None,
    days: int | None = None,
    step_hours: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> PlannedProgramme:
    """Return the plan together with the problem and solution behind it; parameters as `plan`."""
    count = programme.representative_days if days is None else days
    step_hours = step_hours or quick_step_hours(programme, count)
    chosen = representative_days(programme, series, days=days, step_hours=step_hours)
    problem = problem_from_programme(programme, series, chosen)
    solution = solve(
        problem,
        gap=gap,
        time_limit_s=time_limit_s,
        threads=threads,
        progress=_shares(progress),
    )
    return PlannedProgramme(
        plan_of(programme, problem, solution, _notes(programme, series, chosen, problem, solution)),
        problem,
        solution,
        chosen,
    )


_STAGE_SHARE = {"built": 0.05, "relaxed": 0.5, "done": 1.0}


def _shares(progress: Callable[[float], None] | None) -> Callable[[Progress], None] | None:
    """Return what tells `progress` the share of the work that a stage completes."""
    if progress is None:
        return None
    return lambda at: progress(_STAGE_SHARE.get(at.stage, 0.9))


def representative_days(
    programme: ResolvedProgramme,
    series: Series,
    *,
    days: int | None = None,
    step_hours: int = 1,
) -> RepresentativeDays:
    """Return the days that stand for the weather years of every site and zone.

    The day of the highest price over all zones is among them where there is room for it.
    """
    _check_series(programme, series)
    count = programme.representative_days if days is None else days
    features: dict[str, FloatArray] = {}
    for name in programme.sites:
        features[f"pue of {name}"] = series.sites[name].pue
    for project in programme.power.values():
        if project.resource in ("solar", "wind"):
            place = project.site or project.zone
            features[f"{project.resource} of {place}"] = _resource(project, programme, series)
    for name in programme.zones:
        features[f"{name} price"] = series.zones[name].price_usd_per_mwh
    features["mean price"] = np.mean(
        [series.zones[name].price_usd_per_mwh for name in programme.zones], axis=0
    )
    extremes: tuple[Extreme, ...] = (("mean price", "highest"),) if count >= 4 else ()
    return choose_days(features, count, extremes=extremes, step_hours=step_hours)


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
    programme: ResolvedProgramme, series: Series, days: RepresentativeDays
) -> ExpansionProblem:
    """Return the expansion problem of a programme, operated on `days`.

    Discounting is to the beginning of the first planning year, flows at mid-year; capital is
    spread at the programme's own real rate.
    """
    years = programme.years
    rate = programme.discount_fraction
    periods = tuple(
        Period(year, 1.0, float((1 + rate) ** -(position + 0.5)))
        for position, year in enumerate(years)
    )
    supplies, storages = _power(programme, series, days)
    limits = programme.capex_limit_usd
    cumulative: tuple[CumulativeCapex, ...] = ()
    if programme.cumulative_limit_usd is not None and programme.cumulative_limit_year is not None:
        cumulative = (
            CumulativeCapex(
                through_year=programme.cumulative_limit_year, usd=programme.cumulative_limit_usd
            ),
        )
    return ExpansionProblem(
        periods=periods,
        hours=days.hours,
        zones=tuple(_zone(name, programme, series, days) for name in programme.zones),
        sites=tuple(_site(site, programme, series, days) for site in programme.sites.values()),
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


def _zone(
    name: str, programme: ResolvedProgramme, series: Series, days: RepresentativeDays
) -> Zone:
    found = series.zones[name]
    return Zone(
        name=name,
        price_usd_per_mwh=days.take(found.price_usd_per_mwh, keep_mean=True),
        dirty_fraction=np.clip(1 - days.take(found.clean_share_fraction), 0, 1),
        co2_t_per_mwh=days.take(found.carbon_kg_per_mwh) / _KG_PER_T,
        sale_price_fraction=SALE_PRICE_FRACTION,
    )


def _site(
    site: SiteFigures, programme: ResolvedProgramme, series: Series, days: RepresentativeDays
) -> Site:
    found = series.sites[site.name]
    here = [c for c in programme.campuses.values() if c.site == site.name]
    size = np.array([sum(phase.it_mw for phase in c.phases) for c in here])
    share = size / size.sum() if size.sum() > 0 else np.zeros(len(here))
    load = float(share @ [c.load_factor_fraction for c in here]) if here else 1.0
    firm = float(share @ [c.firm_inference_fraction for c in here]) if here else 1.0
    pue = np.maximum(days.take(found.pue, keep_mean=True), 1.0)
    mean_pue = float(np.average(pue, weights=days.hours.weights))
    worth = programme.shortfall_usd_per_it_mw_year / (8760 * load * mean_pue)
    return Site(
        name=site.name,
        zone=site.zone,
        it_load_fraction=load,
        pue=pue,
        connection_mw=options.connection_mw(site, programme.years),
        shed=(
            ShedTier(name="training and batch", load_fraction=1 - firm, usd_per_mwh=worth),
            ShedTier(
                name="firm inference",
                load_fraction=firm,
                usd_per_mwh=worth * FIRM_SHED_MULTIPLE,
            ),
        ),
        reserve_margin_fraction=programme.reserve_margin_fraction or None,
        water_m3_per_it_mwh=days.take(found.water_l_per_kwh_it),
        max_water_m3=site.water_m3_per_year_max,
    )


def _power(
    programme: ResolvedProgramme, series: Series, days: RepresentativeDays
) -> tuple[tuple[Supply, ...], tuple[Storage, ...]]:
    supplies, storages = [], []
    for project in programme.power.values():
        slot = next(
            (s.name for s in programme.slots.values() if project.technology in s.technologies),
            None,
        )
        if project.resource == "storage":
            require(
                project.site is not None,
                "a battery is planned behind the meter only; give it a site.",
                field=f"power.{project.name}.zone",
            )
            storages.append(options.storage(project, programme, slot))
        else:
            available = _availability(project, programme, series, days)
            supplies.append(options.supply(project, programme, available, slot))
    return tuple(supplies), tuple(storages)


def _availability(
    project: SupplyFigures,
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
) -> FloatArray | float:
    """Return output over capacity on the chosen days; outages are taken at their mean."""
    up = options.firm_availability(project)
    if project.resource not in ("solar", "wind"):
        return up
    return np.clip(days.take(_resource(project, programme, series), keep_mean=True) * up, 0, 1)


def _resource(project: SupplyFigures, programme: ResolvedProgramme, series: Series) -> FloatArray:
    """Return output over capacity as the weather allows, [weather year, hour]."""
    names = [project.site] if project.site else _sites_of(project.zone, programme)
    found = [
        series.sites[name].solar_cf if project.resource == "solar" else series.sites[name].wind_cf
        for name in names
    ]
    return np.asarray(np.mean(found, axis=0))


def _sites_of(zone: str, programme: ResolvedProgramme) -> list[str]:
    inside = [name for name, site in programme.sites.items() if site.zone == zone]
    return inside or list(programme.sites)


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


def _notes(
    programme: ResolvedProgramme,
    series: Series,
    days: RepresentativeDays,
    problem: ExpansionProblem,
    solution: Solution,
) -> tuple[str, ...]:
    kinds = sorted({series.sites[name].kind for name in programme.sites})
    return (
        f"Operation is on {len(days.days)} representative days in steps of {days.step_hours} h, "
        f"chosen from {series.weather_years} weather years ({' and '.join(kinds)} weather).",
        f"Before scaling to their true means, the mean of no series on them was off by more than "
        f"{days.worst_mean_fraction:.1%}; duration curves are off by at most "
        f"{days.worst_duration_curve_fraction:.1%} of their range (root mean square).",
        f"Solved as one program of {solution.rows:,} rows and {solution.columns:,} columns "
        f"({solution.route}, {solution.method}) in {solution.seconds:.1f} s; worst residual "
        f"{solution.largest_residual:.1g}.",
        "Each year is operated as it stands at its end; chips in operating halls are taken as "
        "evenly aged; surplus of contracts is sold at the zone's price.",
        f"Unserved training costs what missing compute does; firm inference "
        f"{FIRM_SHED_MULTIPLE:g} times that (assumed).",
        *series.notes,
    )
