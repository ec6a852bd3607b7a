"""Runs a delivered programme's sites hour by hour, each planning year, on delivery's draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gigaplan.core.errors import InputError, require
from gigaplan.operations.assessment import assess
from gigaplan.operations.model import MONTH_OF_HOUR, ByDraw, Floats
from gigaplan.operations.months import months_of
from gigaplan.operations.programme_results import (
    MonthsResult,
    OperationsResult,
    SiteDisplay,
    SiteYear,
    period_result,
    summarise,
)
from gigaplan.operations.results import Adequacy, Trace
from gigaplan.operations.site_system import (
    BATCH_MULTIPLE,
    FIRM_MULTIPLE,
    RESTART_HOURS,
    SiteSystem,
    SiteSystems,
)
from gigaplan.operations.traces import worst_event
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories
from gigaplan.weather.model import Series

Run = tuple[SiteYear, Trace | None, Trace | None]
"""A site's year, a typical week of it, and the hours around its worst event."""


def operate(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    series: Series,
    *,
    samples: int | None = None,
    seed: int | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> OperationsResult:
    """Run every site of a programme through its planning years.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
        Gives the years.
    trajectories : Trajectories
        What is online when, by draw. Sample s is of draw s modulo its draws, and
        meets weather year s modulo the weather years, at every site alike.
    series : Series
    samples : int, optional
        Sampled years per planning year and site, a multiple of the draws; the draws
        if left out.
    seed : int, optional
        Seed of the outages; the programme's if left out.
    threads : int, optional
        The result is the same for any number.
    progress : callable, optional
        Called with the share that is done.

    Raises
    ------
    InputError
        If `samples` is no multiple of the draws, or a series is missing.
    """
    draws = trajectories.draws
    samples = draws if samples is None else samples
    require(
        samples >= draws and samples % draws == 0,
        f"found {samples}; a multiple of the {draws} draws of delivery is needed.",
        field="samples",
    )
    missing = [f"site '{name}'" for name in programme.sites if name not in series.sites]
    missing += [f"zone '{name}'" for name in programme.zones if name not in series.zones]
    if missing:
        raise InputError(f"the series lack {', '.join(missing)}.")
    systems = SiteSystems(programme, trajectories, series)
    years = tuple(year for year in plan.years if year in programme.years)
    tasks = [(site, year) for year in years for site in programme.sites]
    seed = programme.seed if seed is None else seed

    def run(task: tuple[str, int]) -> tuple[Run, Floats] | None:
        site, year = task
        system = systems.at(site, year)
        if system is None:
            return None
        found = _assess(system, samples, seed)
        assert found.by_sample is not None
        part = _site_year(site, year, system, found, programme.carbon_usd_per_tonne)
        return (part, *_shown(found)), found.by_sample.by_month

    runs: list[Run] = []
    months = _Months()
    with ThreadPoolExecutor(threads or 1) as pool:
        for done, result in enumerate(pool.map(run, tasks), start=1):
            if result is not None:
                runs.append(result[0])
                months.record(result[0][0], result[1])
            if progress is not None:
                progress(done / len(tasks))
    return _result(years, samples, draws, runs, months.results())


class _Months:
    """Months of sites, and of all together: only the year at hand is kept sample by sample."""

    def __init__(self) -> None:
        self._all: list[MonthsResult] = []
        self._sites: list[MonthsResult] = []
        self._year, self._total = 0, np.zeros(())

    def record(self, part: SiteYear, by_month: Floats) -> None:
        """Take in a site's year [figure, month, sample]; the years come in their order."""
        if part.year != self._year:
            self._close()
            self._year, self._total = part.year, np.zeros(by_month.shape)
        self._total += by_month
        if part.load_mwh.any():
            self._sites.append(MonthsResult(part.year, part.site, months_of(by_month)))

    def _close(self) -> None:
        if self._total.any():
            self._all.append(MonthsResult(self._year, "", months_of(self._total)))

    def results(self) -> tuple[MonthsResult, ...]:
        """Return all years of all sites, then of each."""
        self._close()
        return (*self._all, *self._sites)


def _assess(system: SiteSystem, samples: int, seed: int) -> Adequacy:
    return assess(
        system.units,
        system.load_per_it_mw,
        storage=system.storage,
        tiers=system.tiers,
        grid=system.grid,
        samples=samples,
        seed=seed,
        pue=system.pue,
        water_m3_per_it_mwh=system.water_m3_per_it_mwh,
        temperature_celsius=system.temperature_celsius,
        common_causes=system.common_causes,
        load_outages=system.load_outages,
        fuels=system.fuels,
        by_draw=ByDraw(
            MONTH_OF_HOUR,
            load_scale=system.it_mw,
            grid_limit_scale=system.grid_mw,
            storage_scale=system.storage_scale,
        ),
        keep_worst=1,
        keep_samples=True,
    )


def _shown(found: Adequacy) -> tuple[Trace | None, Trace | None]:
    worst = worst_event(found.worst[0]) if found.worst else None
    return found.dispatch_week, worst


def _site_year(
    site: str, year: int, system: SiteSystem, found: Adequacy, carbon_usd_per_tonne: float
) -> SiteYear:
    """Return what finance and the report need of an assessment, sample by sample."""
    by = found.by_sample
    assert by is not None
    made = {name: by.source_mwh[name] + by.sold_mwh[name] for name in by.source_mwh}
    # The dispatch orders by cost with carbon; money is without it where nobody is paid for it.
    grid_usd = by.import_usd - carbon_usd_per_tonne * by.import_co2_t
    sales = by.export_usd + by.sold_usd
    variable = {name: system.variable_usd_per_mwh[name] * mwh for name, mwh in made.items()}
    cost = grid_usd - sales
    for name, mwh in made.items():
        cost = cost + variable[name] + system.contract_usd_per_mwh[name] * mwh
    return SiteYear(
        year=year,
        site=site,
        lolh_hours=by.lolh_hours,
        eue_mwh=by.eue_mwh,
        load_mwh=by.load_mwh,
        served_mwh=by.served_mwh,
        clean_matched_mwh=by.clean_matched_mwh,
        clean_made_mwh=by.clean_made_mwh,
        water_m3=by.water_m3,
        co2_t=by.co2_t,
        cost_usd=cost,
        grid_mwh=by.import_mwh,
        grid_usd=grid_usd,
        sales_usd=sales,
        project_mwh=made,
        project_sold_mwh=_sold(system, made, by.sold_mwh),
        project_variable_usd=variable,
        wanted_it_mwh=by.wanted_it_mwh,
        lost_it_mwh=by.lost_it_mwh,
    )


def _sold(
    system: SiteSystem, made: Mapping[str, Floats], sold: Mapping[str, Floats]
) -> dict[str, Floats]:
    """Return what each project sells; contracts that must be taken sell alike by what they make.

    The dispatch uses them one after the other, which says nothing of them: none costs more.
    """
    alike = {unit.source for unit in system.units if unit.remote and unit.must_run}
    names = [name for name in sold if name in alike]
    zero = np.zeros_like(next(iter(made.values()))) if made else np.zeros(1)
    all_made = sum((made[name] for name in names), start=zero)
    all_sold = sum((sold[name] for name in names), start=zero)
    share = np.divide(all_sold, all_made, out=np.zeros_like(all_made), where=all_made > 0)
    return dict(sold) | {name: made[name] * share for name in names}


def _result(
    years: tuple[int, ...],
    samples: int,
    draws: int,
    runs: list[Run],
    months: tuple[MonthsResult, ...],
) -> OperationsResult:
    parts = [part for part, _, _ in runs]
    loaded = [part for part in parts if part.load_mwh.any()]
    return OperationsResult(
        years=years,
        samples=samples,
        by_period=tuple(
            period_result(year, "", [p for p in parts if p.year == year], samples) for year in years
        ),
        by_site=tuple(period_result(p.year, p.site, [p], samples) for p in loaded),
        by_month=months,
        summary=summarise(years, parts, draws),
        displays=_displays(runs),
        notes=_notes(),
    )


def _displays(runs: list[Run]) -> tuple[SiteDisplay, ...]:
    out = []
    for site in dict.fromkeys(part.site for part, _, _ in runs):
        mine = [run for run in runs if run[0].site == site and run[0].load_mwh.any()]
        if not mine:
            continue
        last, week, _ = mine[-1]
        assert week is not None
        events = [(part.year, worst) for part, _, worst in mine if worst is not None]
        if events:
            year, worst = max(events, key=_shed)
            out.append(SiteDisplay(site, last.year, week, year, worst))
        else:
            out.append(SiteDisplay(site, last.year, week, None, None))
    return tuple(out)


def _shed(event: tuple[int, Trace]) -> float:
    return float(event[1].shed_mw.sum())


def _notes() -> tuple[str, ...]:
    return (
        "Units and connections fail and are repaired at exponential times, gas turbines on site "
        "by the hour's temperature; the zone's market can always deliver what the connection "
        "carries.",
        "Unserved training is worth the target's shortfall price per MWh, batch "
        f"{BATCH_MULTIPLE:g} and firm inference {FIRM_MULTIPLE:g} times that; training that "
        f"stops loses {RESTART_HOURS:g} h of work (assumed).",
        "Storage charges at prices in the lowest quarter of the zone's hours and discharges in "
        "the highest, and keeps half of its energy for shortage.",
        "A zone's projects are shared by its sites in proportion to their online compute; what "
        "they make beyond need is sold at the hour's price.",
    )
