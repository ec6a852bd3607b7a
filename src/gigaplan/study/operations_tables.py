"""Operations as tables; see docs/run-format.md for the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gigaplan.core.statistics import Estimate
from gigaplan.study.plan_tables import Row

if TYPE_CHECKING:
    from gigaplan.operations import OperationsResult, Trace
    from gigaplan.operations.programme_results import PeriodResult

_ESTIMATES = (
    "lolh_hours",
    "eue_mwh",
    "clean_share_hourly",
    "clean_share_annual",
)
_MEANS = ("water_m3", "co2_t", "load_mwh", "cost_usd")


def operations_rows(result: OperationsResult) -> list[Row]:
    """Return one row per planning year for the programme and for each site with load."""
    periods = (*result.by_period, *result.by_site)
    tiers = dict.fromkeys(tier for period in periods for tier in period.served_share)
    # a year without load loses no compute of any tier
    lost = {f"lost_compute_fraction_{tier}": 0.0 for tier in tiers}
    return [{**_period_row(period), **lost, **_lost(period)} for period in periods]


def _lost(period: PeriodResult) -> Row:
    return {
        f"lost_compute_fraction_{tier}": 1.0 - share.mean
        for tier, share in period.served_share.items()
    }


def _period_row(period: PeriodResult) -> Row:
    row: Row = {"year": period.year, "site": period.site or "programme"}
    for name in _ESTIMATES:
        row.update(_with_error(name, getattr(period, name)))
    for name in _MEANS:
        row[name] = getattr(period, name).mean
    return row


def _with_error(name: str, value: Estimate) -> Row:
    return {name: value.mean, f"{name}_standard_error": value.standard_error}


def month_rows(result: OperationsResult) -> list[Row]:
    """Return one row per month for the programme and for each site with load."""
    return [
        {
            "year": of.year,
            "site": of.site or "programme",
            "month": month.month,
            **_with_error("clean_share_hourly", month.clean_share_hourly),
            **_with_error("clean_share_monthly", month.clean_share_monthly),
            **_with_error("eue_mwh", month.eue_mwh),
            **_with_error("water_m3", month.water_m3),
            **_with_error("co2_t", month.co2_t),
            "load_mwh": month.load_mwh.mean,
        }
        for of in result.by_month
        for month in of.months
    ]


def energy_rows(result: OperationsResult) -> list[Row]:
    """Return energy that serves the sites by year, site and source, and what is sold beside it."""
    return [
        {
            "year": period.year,
            "site": period.site or "programme",
            "source": source,
            "mwh": energy.mean - sold,
            "sold_mwh": sold,
        }
        for period in (*result.by_period, *result.by_site)
        for source, energy in period.energy_mwh.items()
        for sold in (period.sold_mwh[source].mean if source in period.sold_mwh else 0.0,)
    ]


def dispatch_rows(result: OperationsResult) -> list[Row]:
    """Return the hours of each site's typical week and worst event, by source."""
    rows: list[Row] = []
    for shown in result.displays:
        rows += _trace_rows(shown.site, shown.week_year, "typical_week", shown.dispatch_week)
        if shown.worst_event is not None and shown.worst_year is not None:
            rows += _trace_rows(shown.site, shown.worst_year, "worst_event", shown.worst_event)
    return rows


def _trace_rows(site: str, year: int, window: str, trace: Trace) -> list[Row]:
    lines: dict[str, Any] = dict(trace.source_mw)
    lines["grid"] = trace.import_mw
    lines["storage"] = trace.discharge_mw
    lines["unserved"] = trace.shed_mw
    lines["load"] = trace.load_mw
    return [
        {
            "site": site,
            "year": year,
            "window": window,
            "hour": trace.first_hour + i,
            "source": source,
            "mw": float(mw),
        }
        for source, values in lines.items()
        if source in ("load", "unserved") or float(values.max(initial=0.0)) > 0
        for i, mw in enumerate(values)
    ]


def operations_summary(result: OperationsResult) -> dict[str, Any]:
    """Return operations' part of a run's summary."""
    names = {"year", "water_m3", "co2_t", "load_mwh"}
    names |= {n for name in _ESTIMATES for n in (name, f"{name}_standard_error")}
    rows = [_period_row(period) for period in result.by_period]
    return {
        "by_period": [{k: v for k, v in row.items() if k in names} for row in rows],
        "samples": result.samples,
        "notes": list(result.notes),
    }
