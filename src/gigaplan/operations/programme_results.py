"""What running a programme's sites gives, by year, site and draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.operations.results import MonthResult, Trace
from gigaplan.programme.operating import OperatingSummary

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class PeriodResult:
    """A planning year, of one site or of all.

    Parameters
    ----------
    year : int
    site : str
        Name of the site; empty for all sites together.
    lolh_hours : Estimate
        Hours short in the year; of all sites, the mean over their load.
    eue_mwh : Estimate
        Load not served in its hour.
    neue_fraction : Estimate
        `eue_mwh` over load.
    load_mwh, served_mwh : Estimate
        Facility energy wanted, and served.
    clean_share_hourly, clean_share_annual : Estimate
        Matched hour by hour, and over the year (at most 1).
    water_m3, co2_t, cost_usd : Estimate
        Of units, cooling and imports. Cost is fuel, variable O&M, what contracts charge
        per MWh, and imports, less sales; base-year USD.
    energy_mwh : mapping of str to Estimate
        Energy made by project (sold elsewhere included), and ``grid`` for imports.
    sold_mwh : mapping of str to Estimate
        The part of it that is sold elsewhere, by project; contracts that must be taken sell
        alike at a site.
    served_share : mapping of str to Estimate
        By tier: IT work done over IT work wanted.
    """

    year: int
    site: str
    lolh_hours: Estimate
    eue_mwh: Estimate
    neue_fraction: Estimate
    load_mwh: Estimate
    served_mwh: Estimate
    clean_share_hourly: Estimate
    clean_share_annual: Estimate
    water_m3: Estimate
    co2_t: Estimate
    cost_usd: Estimate
    energy_mwh: Mapping[str, Estimate]
    sold_mwh: Mapping[str, Estimate]
    served_share: Mapping[str, Estimate]


@dataclass(frozen=True)
class MonthsResult:
    """The months of a planning year, of one site or (empty name) of all."""

    year: int
    site: str
    months: tuple[MonthResult, ...]


@dataclass(frozen=True)
class SiteDisplay:
    """Hours of a site worth looking at.

    Parameters
    ----------
    site : str
    week_year : int
    dispatch_week : Trace
        A typical week of the last year with load.
    worst_year : int or None
        None if the site was never short.
    worst_event : Trace or None
        The hours around the event with most MWh shed, of all years and samples.
    """

    site: str
    week_year: int
    dispatch_week: Trace
    worst_year: int | None
    worst_event: Trace | None


@dataclass(frozen=True)
class OperationsResult:
    """A programme run hour by hour.

    Parameters
    ----------
    years : tuple of int
    samples : int
        Sampled years per planning year and site.
    by_period : tuple of PeriodResult
        One per planning year, all sites together.
    by_site : tuple of PeriodResult
        One per planning year and site with load.
    by_month : tuple of MonthsResult
        One per planning year with load for all sites, then for each site.
    summary : OperatingSummary
        By year and draw, for finance.
    displays : tuple of SiteDisplay
    notes : tuple of str
        Rules and figures that were assumed.
    """

    years: tuple[int, ...]
    samples: int
    by_period: tuple[PeriodResult, ...]
    by_site: tuple[PeriodResult, ...]
    by_month: tuple[MonthsResult, ...]
    summary: OperatingSummary
    displays: tuple[SiteDisplay, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class SiteYear:
    """Figures of one site and year, each [sample]."""

    year: int
    site: str
    lolh_hours: Floats
    eue_mwh: Floats
    load_mwh: Floats
    served_mwh: Floats
    clean_matched_mwh: Floats
    clean_made_mwh: Floats
    water_m3: Floats
    co2_t: Floats
    cost_usd: Floats
    grid_mwh: Floats
    grid_usd: Floats
    sales_usd: Floats
    project_mwh: Mapping[str, Floats]
    project_sold_mwh: Mapping[str, Floats]
    project_variable_usd: Mapping[str, Floats]
    wanted_it_mwh: Mapping[str, Floats]
    lost_it_mwh: Mapping[str, Floats]


def ratio(above: Floats, below: Floats, most: float = np.inf) -> Estimate:
    """Return a ratio of means over samples, its error by the delta method; 0 over 0 is 0."""
    bottom = float(below.mean())
    if bottom == 0.0:
        return Estimate(0.0, 0.0)
    value = float(above.mean()) / bottom
    error = estimate((above - value * below) / bottom).standard_error
    return Estimate(min(value, most), error)


def total(values: Iterable[Mapping[str, Floats]], samples: int) -> dict[str, Floats]:
    """Return the sums of arrays of one name."""
    out: dict[str, Floats] = {}
    for mapping in values:
        for name, array in mapping.items():
            out[name] = out.get(name, np.zeros(samples)) + array
    return out


def period_result(year: int, site: str, parts: list[SiteYear], samples: int) -> PeriodResult:
    """Return the figures of some sites in a year, as one."""

    def summed(name: str) -> Floats:
        out = np.zeros(samples)
        for part in parts:
            out += getattr(part, name)
        return out

    load, served = summed("load_mwh"), summed("served_mwh")
    hours = np.zeros(samples)
    for part in parts:
        hours += part.lolh_hours * part.load_mwh
    wanted = total((part.wanted_it_mwh for part in parts), samples)
    lost = total((part.lost_it_mwh for part in parts), samples)
    energy = total((part.project_mwh for part in parts), samples)
    energy["grid"] = summed("grid_mwh")
    sold = total((part.project_sold_mwh for part in parts), samples)
    return PeriodResult(
        year=year,
        site=site,
        lolh_hours=ratio(hours, load),
        eue_mwh=estimate(summed("eue_mwh")),
        neue_fraction=ratio(summed("eue_mwh"), load),
        load_mwh=estimate(load),
        served_mwh=estimate(served),
        clean_share_hourly=ratio(summed("clean_matched_mwh"), served),
        clean_share_annual=ratio(summed("clean_made_mwh"), served, 1.0),
        water_m3=estimate(summed("water_m3")),
        co2_t=estimate(summed("co2_t")),
        cost_usd=estimate(summed("cost_usd")),
        energy_mwh={name: estimate(mwh) for name, mwh in energy.items()},
        sold_mwh={name: estimate(mwh) for name, mwh in sold.items()},
        served_share={name: ratio(wanted[name] - lost[name], wanted[name]) for name in wanted},
    )


def by_draw(values: Floats, draws: int) -> Floats:
    """Return the mean of each draw's samples; sample s is of draw s modulo draws."""
    result: Floats = values.reshape(-1, draws).mean(axis=0)
    return result


def summarise(years: tuple[int, ...], runs: list[SiteYear], draws: int) -> OperatingSummary:
    """Return yearly energy and cost by draw, summed over sites."""
    shape = (len(years), draws)

    def table(of: list[tuple[int, Floats]]) -> Floats:
        out = np.zeros(shape)
        for year, values in of:
            out[years.index(year)] += by_draw(values, draws)
        return out

    def field(name: str) -> Floats:
        return table([(run.year, getattr(run, name)) for run in runs])

    def by_project(name: str) -> dict[str, Floats]:
        projects = dict.fromkeys(p for run in runs for p in getattr(run, name))
        return {
            p: table([(run.year, getattr(run, name)[p]) for run in runs if p in getattr(run, name)])
            for p in projects
        }

    def it(of: Mapping[str, Floats]) -> Floats:
        return np.asarray(sum(of.values(), start=np.zeros(1)))

    return OperatingSummary(
        years=years,
        project_energy_mwh=by_project("project_mwh"),
        project_variable_usd=by_project("project_variable_usd"),
        grid_energy_mwh=field("grid_mwh"),
        grid_cost_usd=field("grid_usd"),
        export_usd=field("sales_usd"),
        load_mwh=field("load_mwh"),
        wanted_it_mwh=table([(run.year, it(run.wanted_it_mwh)) for run in runs]),
        served_it_mwh=table(
            [(run.year, it(run.wanted_it_mwh) - it(run.lost_it_mwh)) for run in runs]
        ),
        co2_t=field("co2_t"),
    )
