"""Everything a run keeps: its tables and its summary, see docs/run-format.md."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.version import VERSION
from gigaplan.study import delivery_tables as delivery
from gigaplan.study import finance_tables as finance
from gigaplan.study import operations_tables as operations
from gigaplan.study import option_tables as options
from gigaplan.study import plan_tables as plans
from gigaplan.study.drivers import driver_rows
from gigaplan.study.pipeline import Results, Settings
from gigaplan.study.why_tables import why_tables

SCHEMA_VERSION = 1
"""Version of the summary's keys and the tables' columns."""

Tables = dict[str, Any]
Floats = NDArray[np.float64]


def all_tables(results: Results) -> Tables:
    """Return every table of a run, by name, as rows."""
    out: Tables = {}
    for until in ("plan", "deliver", "operate", "finance"):
        out.update(stage_tables(until, results))
    outcomes = _outcomes(results)
    assert results.trajectories is not None
    out["draws"] = {"draw": np.arange(results.trajectories.draws), **outcomes}
    out["drivers"] = driver_rows(outcomes, results.trajectories, results.programme)
    return out


def stage_summary(until: str, results: Results) -> dict[str, Any]:
    """Return one engine's part of the summary."""
    if until == "plan":
        assert results.plan is not None
        return plans.plan_summary(results.plan, results.programme)
    if until == "deliver":
        assert results.trajectories is not None
        return delivery.delivery_summary(results.trajectories)
    if until == "operate":
        assert results.operations is not None
        return operations.operations_summary(results.operations)
    assert results.finance is not None
    return finance.finance_summary(results.finance)


def stage_tables(until: str, results: Results) -> Tables:
    """Return one engine's tables, by name, as rows."""
    programme, plan, moves = results.programme, results.plan, results.trajectories
    assert plan is not None
    if until == "plan":
        return {
            "decisions": plans.decision_rows(plan, programme),
            "shadow_prices": plans.shadow_price_rows(plan),
            "unchosen": plans.unchosen_rows(plan, programme),
            "worth": plans.worth_rows(plan, programme),
            "planned_energy": plans.planned_energy_rows(plan),
        }
    assert moves is not None
    if until == "deliver":
        assert results.reasons is not None
        return {
            "online": delivery.online_rows(moves, plan, programme),
            "bottlenecks": delivery.bottleneck_rows(moves),
            "targets": delivery.target_rows(moves, plan),
            "entities": delivery.entity_rows(moves, programme),
            "capex": delivery.capex_rows(moves, plan),
            "overruns": delivery.overrun_rows(moves),
            **why_tables(results.reasons, programme),
            "bridges": options.bridge_rows(results.bridges),
            "option_worth": options.option_worth_rows(results.purchases),
            "option_exercise": options.option_exercise_rows(results.purchases),
        }
    if until == "operate":
        assert results.operations is not None
        return {
            "operations": operations.operations_rows(results.operations),
            "operations_months": operations.month_rows(results.operations),
            "energy": operations.energy_rows(results.operations),
            "dispatch": operations.dispatch_rows(results.operations),
        }
    assert results.finance is not None
    assert results.world is not None
    return {
        "capex": finance.capex_rows(results.finance, plan),
        "cash": finance.cash_rows(results.finance),
        "funding_gap": finance.gap_rows(results.finance),
        "statements": finance.statement_rows(results.finance),
        "metrics": finance.metric_rows(results.finance),
        "cost_split": finance.cost_split_rows(results.finance),
        "fleet": finance.fleet_rows(results.finance, programme),
        "stated_capital": finance.stated_rows(results.finance),
        "rating_limits": finance.rating_rows(results.finance, programme),
        "one_world": finance.world_rows(results.world),
        "one_world_terms": finance.world_term_rows(results.world),
        "one_world_statements": finance.world_statement_rows(results.world),
    }


def _outcomes(results: Results) -> dict[str, Floats]:
    """Return the outcomes that runs are compared on and drivers explain, each [draw]."""
    moves, found = results.trajectories, results.finance
    assert moves is not None
    assert found is not None
    assert results.operations is not None
    online = moves.online_it_mw()
    out: dict[str, Floats] = {}
    for chance in moves.targets:
        at = moves.timeline.position(12 * chance.year + 11)
        out[f"online_it_mw_{chance.year}"] = online[at]
    served = results.operations.summary
    out["served_it_mwh"] = served.served_it_mwh.sum(axis=0)
    out["lost_it_mwh"] = (served.wanted_it_mwh - served.served_it_mwh).sum(axis=0)
    out["co2_t"] = served.co2_t.sum(axis=0)
    out["capex_usd"] = found.outcomes.capex_usd
    out["funding_gap_usd"] = found.outcomes.funding_gap_usd
    out["npv_usd"] = found.outcomes.npv_usd
    if found.outcomes.defined.all():
        out["required_revenue_usd_per_gw_year"] = found.outcomes.required_revenue_usd_per_gw_year
    out |= found.outcomes.others
    return out


def summary(run_id: str, results: Results, settings: Settings) -> dict[str, Any]:
    """Return the summary of a whole run."""
    programme = results.programme
    return {
        "schema_version": SCHEMA_VERSION,
        "run_id": run_id,
        "programme": programme.name,
        "title": programme.title,
        "base_year": programme.base_year,
        "gigaplan_version": VERSION,
        "created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "seed": programme.seed,
        "draws": settings.draws,
        "weather_years": settings.weather_years,
        "weather_kind": _weather_kind(results),
        "capex_limit": {
            "usd_by_year": dict(
                zip(map(str, programme.years), programme.capex_limit_usd, strict=True)
            ),
            "cumulative_usd": next(iter(programme.cumulative_limit_usd.values()), None),
            "through": next(iter(programme.cumulative_limit_usd), None),
        },
        "plan": stage_summary("plan", results),
        "delivery": stage_summary("deliver", results),
        "operations": stage_summary("operate", results),
        "finance": stage_summary("finance", results),
        "seconds": rounded_seconds(results),
    }


def _weather_kind(results: Results) -> str:
    """Say whether the hourly series are real, generated, or some of each."""
    series = results.series
    kinds = {site.kind for site in series.sites.values()}
    for zone in series.zones.values():
        kinds |= {p.kind for p in (*zone.price_provenance, *zone.carbon_provenance)}
    return kinds.pop() if len(kinds) == 1 else "mixed"


def rounded_seconds(results: Results) -> dict[str, float]:
    """Return the seconds each stage took so far, to the millisecond."""
    return {name: round(value, 3) for name, value in results.seconds.items()}
