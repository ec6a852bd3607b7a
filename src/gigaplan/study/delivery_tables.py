"""Trajectories as tables; see docs/run-format.md for the columns."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import percentiles, standard_error
from gigaplan.core.timeline import month_text
from gigaplan.programme import BOTTLENECKS, CAPEX_GROUPS, Entity, Plan, Trajectories
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.plan_tables import Row, planned_it_mw

_QUANTILES = (0.1, 0.5, 0.9)


def online_rows(trajectories: Trajectories, plan: Plan, programme: ResolvedProgramme) -> list[Row]:
    """Return online compute by month, for the programme and for each site.

    ``planned_it_mw`` is what is online if everything comes in the month it is planned for.
    """
    from gigaplan.delivery import planned_online_it_mw

    sites, planned = planned_online_it_mw(programme, plan)
    rows = _online_of("programme", trajectories.online_it_mw(), planned.sum(axis=0), trajectories)
    for i, site in enumerate(trajectories.sites):
        online = trajectories.site_online_it_mw[i]
        rows += _online_of(site, online, planned[sites.index(site)], trajectories)
    return rows


def _online_of(
    name: str, online: NDArray[Any], planned: NDArray[Any], trajectories: Trajectories
) -> list[Row]:
    values = online.astype(np.float64)
    low, middle, high = np.quantile(values, _QUANTILES, axis=1)
    mean, error = values.mean(axis=1), standard_error(values)
    return [
        {
            "month": month,
            "site": name,
            "planned_it_mw": float(planned[i]),
            "p10": float(low[i]),
            "p50": float(middle[i]),
            "p90": float(high[i]),
            "mean": float(mean[i]),
            "standard_error": float(error[i]),
        }
        for i, month in enumerate(trajectories.timeline.months)
    ]


def bottleneck_rows(trajectories: Trajectories) -> list[Row]:
    """Return how often each bottleneck holds compute back, by month and site."""
    rows = []
    shares = {"programme": trajectories.bottleneck_share()}
    for i, site in enumerate(trajectories.sites):
        codes = trajectories.bottleneck[i]
        shares[site] = np.stack(
            [(codes == code).mean(axis=1) for code in range(len(BOTTLENECKS))], axis=1
        )
    for site, table in shares.items():
        for m, month in enumerate(trajectories.timeline.months):
            rows += [
                {
                    "month": month,
                    "site": site,
                    "bottleneck": name,
                    "share_fraction": float(table[m, code]),
                }
                for code, name in enumerate(BOTTLENECKS)
            ]
    return rows


def target_rows(trajectories: Trajectories, plan: Plan) -> list[Row]:
    """Return each year's target with what is planned and what is likely."""
    online = trajectories.online_it_mw()
    rows = []
    for chance in trajectories.targets:
        at = trajectories.timeline.position(12 * chance.year + 11)
        spread = percentiles(online[at])
        rows.append(
            {
                "year": chance.year,
                "target_it_mw": chance.target_it_mw,
                "planned_it_mw": planned_it_mw(plan, chance.year),
                "p10": spread.p10,
                "p50": spread.p50,
                "p90": spread.p90,
                "probability": chance.probability,
                "standard_error": chance.standard_error,
            }
        )
    return rows


def entity_rows(trajectories: Trajectories, programme: ResolvedProgramme) -> list[Row]:
    """Return one row per thing delivered: planned and likely dates and costs."""
    rows = []
    last = trajectories.timeline.last
    for i, entity in enumerate(trajectories.entities):
        months = trajectories.online_month[i]
        cost = trajectories.entity_capex_usd[i]
        low, middle, high = np.quantile(months, _QUANTILES, method="higher")
        cost_low, cost_middle, cost_high = np.quantile(cost, _QUANTILES)
        multiplier = float(np.median(trajectories.cost_multiplier[i]))
        rows.append(
            {
                **_identity(entity, programme),
                "planned_month": month_text(entity.planned_month)
                if entity.planned_month <= last
                else None,
                "p10_month": _month(low, last),
                "p50_month": _month(middle, last),
                "p90_month": _month(high, last),
                "online_probability": float(np.mean(months <= last)),
                "planned_usd": float(cost_middle) / multiplier if multiplier > 0 else 0.0,
                "p10_usd": float(cost_low),
                "p50_usd": float(cost_middle),
                "p90_usd": float(cost_high),
            }
        )
    return rows


def _month(value: float, last: int) -> str | None:
    return month_text(int(np.floor(value))) if value <= last else None


def _identity(entity: Entity, programme: ResolvedProgramme) -> Row:
    title, technology, status = entity.name, "", ""
    if entity.kind == "unit":
        project = programme.power[entity.owner]
        title, technology, status = project.title, project.technology, project.status
    elif entity.kind == "phase":
        campus = programme.campuses[entity.owner]
        title = f"{campus.title}, {entity.name}"
        status = next((p.status for p in campus.phases if p.name == entity.name), "")
    site = programme.sites.get(entity.site)
    return {
        "kind": entity.kind,
        "owner": entity.owner,
        "name": entity.name,
        "title": title,
        "site": entity.site,
        "technology": technology,
        "status": status,
        "mw": entity.mw,
        "latitude": site.latitude if site else None,
        "longitude": site.longitude if site else None,
    }


def capex_rows(trajectories: Trajectories, plan: Plan) -> list[Row]:
    """Return capital by year and group, base-year USD, beside the planned total."""
    years = trajectories.timeline.year_of_month
    planned = dict(zip(plan.years, plan.capex_usd_by_year, strict=True))
    rows = []
    for year in trajectories.timeline.years:
        of_year = years == year
        groups = {g: trajectories.capex_usd[g][of_year].sum(axis=0) for g in CAPEX_GROUPS}
        groups["total"] = np.sum(list(groups.values()), axis=0)
        for group, values in groups.items():
            spread = percentiles(values)
            rows.append(
                {
                    "year": year,
                    "group": group,
                    "planned_usd": planned.get(year, 0.0) if group == "total" else None,
                    "p10": spread.p10,
                    "p50": spread.p50,
                    "p90": spread.p90,
                    "mean": spread.mean,
                    "standard_error": spread.standard_error,
                }
            )
    return rows


def overrun_rows(trajectories: Trajectories) -> list[Row]:
    """Return what each owner's things are estimated to cost and what they come to, dearest first.

    The estimate is of all that is planned, without overrun; a world in which something is never
    built counts only what is spent on it. ``programme`` is the whole.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        plain = trajectories.entity_capex_usd / trajectories.cost_multiplier
    estimate = np.nanmax(np.where(np.isfinite(plain), plain, 0.0), axis=1)
    members: dict[tuple[str, str], list[int]] = {}
    for i, entity in enumerate(trajectories.entities):
        members.setdefault((entity.kind, entity.owner), []).append(i)
        members.setdefault(("programme", "programme"), []).append(i)
    rows: list[Row] = []
    for (kind, owner), rows_of in members.items():
        if estimate[rows_of].sum() <= 0:
            continue
        spread = percentiles(trajectories.entity_capex_usd[rows_of].sum(axis=0))
        rows.append(
            {
                "kind": kind,
                "owner": owner,
                "estimate_usd": float(estimate[rows_of].sum()),
                "p10": spread.p10,
                "p50": spread.p50,
                "p90": spread.p90,
                "mean": spread.mean,
                "standard_error": spread.standard_error,
            }
        )
    return sorted(rows, key=lambda row: -row["estimate_usd"])


def delivery_summary(trajectories: Trajectories) -> dict[str, Any]:
    """Return delivery's part of a run's summary."""
    online = trajectories.online_it_mw()
    low, middle, high = np.quantile(online, _QUANTILES, axis=1)
    share = trajectories.bottleneck_share()
    return {
        "months": list(trajectories.timeline.months),
        "online_it_mw": {"p10": low.tolist(), "p50": middle.tolist(), "p90": high.tolist()},
        "target_probability": {
            str(c.year): {
                "probability": c.probability,
                "standard_error": c.standard_error,
                "target_it_mw": c.target_it_mw,
            }
            for c in trajectories.targets
        },
        "bottleneck_share": {
            name: share[:, code].tolist() for code, name in enumerate(BOTTLENECKS)
        },
    }
