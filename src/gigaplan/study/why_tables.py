"""Why a delivery comes out as it does, as tables; see docs/run-format.md for the columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gigaplan.core.statistics import Estimate
from gigaplan.core.timeline import month_text
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.plan_tables import Row

if TYPE_CHECKING:
    from gigaplan.delivery.why import Reasons, SiteDate

_QUANTILES = (0.1, 0.5, 0.9)


def why_tables(reasons: Reasons, programme: ResolvedProgramme) -> dict[str, list[Row]]:
    """Return the tables that tell why a delivery comes out as it does, by name."""
    last = programme.timeline.last
    return {
        "relief": relief_rows(reasons),
        "month_earlier": earlier_rows(reasons),
        "site_dates": [_date_row(date, last, reasons.year) for date in reasons.dates],
        "date_causes": date_cause_rows(reasons),
        "date_chains": chain_rows(reasons),
        "spread": spread_rows(reasons),
        "must_go_right": condition_rows(reasons),
    }


def relief_rows(reasons: Reasons) -> list[Row]:
    """Return what it brings by year if one kind of thing is never late."""
    relief = reasons.relief
    return [
        {
            "year": year,
            "relieved": name,
            "mean_it_mw": float(relief.mean_it_mw[y]),
            "gain_it_mw": float(relief.gain_it_mw[k, y]),
            "standard_error": float(relief.gain_error_it_mw[k, y]),
        }
        for k, name in enumerate(relief.relieved)
        for y, year in enumerate(relief.years)
    ]


def earlier_rows(reasons: Reasons) -> list[Row]:
    """Return what a month earlier of each thing brings, that which brings most first."""
    return [
        {
            "kind": found.kind,
            "owner": found.owner,
            "it_mw_months": found.it_mw_months.mean,
            "it_mw_months_standard_error": found.it_mw_months.standard_error,
            "usd": found.usd.mean,
            "usd_standard_error": found.usd.standard_error,
        }
        for found in reasons.earlier
    ]


def _date_row(date: SiteDate, last: int, year: int) -> Row:
    low, middle, high = np.quantile(date.month, _QUANTILES, method="higher")
    return {
        "year": year,
        "site": date.site,
        "wanted_it_mw": date.wanted_it_mw,
        "planned_month": month_text(date.planned_month),
        "p10_month": _month(low, last),
        "p50_month": _month(middle, last),
        "p90_month": _month(high, last),
    }


def _month(value: float, last: int) -> str | None:
    return month_text(int(value)) if value <= last else None


def date_cause_rows(reasons: Reasons) -> list[Row]:
    """Return in how many worlds each kind of thing set a site's date."""
    return [
        {"site": date.site, "set_by": name, "share_fraction": share}
        for date in reasons.dates
        for name, share in date.set_by.items()
    ]


def chain_rows(reasons: Reasons) -> list[Row]:
    """Return the work on the chain to each site's date, the most frequent first.

    Work without a length is left out: it marks a month and takes none.
    """
    rows: list[Row] = []
    for date in reasons.dates:
        chain = date.chain
        if chain is None:
            continue
        order = sorted(range(len(chain.names)), key=lambda i: (-chain.share[i], chain.names[i]))
        for i in order:
            if chain.share[i] <= 0 or chain.months[i] <= 0:
                continue
            project, _, stage = chain.names[i].partition("|")
            rows.append(
                {
                    "site": date.site,
                    "project": project,
                    "stage": stage,
                    "share_fraction": float(chain.share[i]),
                    "share_standard_error": float(chain.share_standard_error[i]),
                    "months": float(chain.months[i]),
                    "later_months": float(chain.later_months[i]),
                    "later_months_standard_error": float(chain.later_months_standard_error[i]),
                }
            )
    return rows


def spread_rows(reasons: Reasons) -> list[Row]:
    """Return shares of variance by output and cause, the largest Shapley effect first."""
    spread = reasons.spread
    rows: list[Row] = []
    for j, output in enumerate(spread.outputs):
        if not spread.shares.moves[j]:
            continue
        for share in spread.shares.ranked(j):
            row: Row = {"output": output, "cause": share.group}
            for name in ("shapley", "first_order", "total_effect"):
                row |= _estimate(name, getattr(share, name))
            rows.append(row)
    return rows


def condition_rows(reasons: Reasons) -> list[Row]:
    """Return what tells the worlds that meet the outcome from the others, the clearest first."""
    outcome = reasons.outcome
    rows: list[Row] = []
    for condition in reasons.conditions.conditions:
        kind, _, owner = condition.name.partition("|")
        row: Row = {
            "year": outcome.year,
            "wanted_it_mw": outcome.wanted_it_mw,
            "is_target": outcome.is_target,
            "kind": kind,
            "owner": owner,
        }
        for name in ("holds_if_met", "holds_if_missed", "met_if_holds", "met_if_fails"):
            row |= _estimate(name, getattr(condition, name))
        rows.append(row)
    return rows


def _estimate(name: str, found: Estimate) -> dict[str, Any]:
    return {name: found.mean, f"{name}_standard_error": found.standard_error}
