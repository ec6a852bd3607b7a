"""Finance as tables; see docs/run-format.md for the columns."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from gigaplan.core.statistics import Percentiles
from gigaplan.core.timeline import month_text
from gigaplan.programme import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.plan_tables import Row

if TYPE_CHECKING:
    from gigaplan.finance import FinanceResult, Line, Metric, OneWorld


def capex_rows(result: FinanceResult, plan: Plan) -> list[Row]:
    """Return capital by year and group with what is bought again as it wears out, real USD."""
    planned = dict(zip(plan.years, plan.capex_usd_by_year, strict=True))
    rows: list[Row] = [
        {"year": int(line.period), "group": line.name, "planned_usd": None, **asdict(line.value)}
        for line in result.capex
    ]
    return rows + [
        {
            "year": year,
            "group": "total",
            "planned_usd": planned.get(year, 0.0),
            **asdict(value),
        }
        for year, value in result.capex_usd_by_year.items()
    ]


def cash_rows(result: FinanceResult) -> list[Row]:
    """Return sources and uses of cash by year, nominal USD."""
    return [
        {"year": int(line.period), "side": line.group, "item": line.name, **asdict(line.value)}
        for line in result.cash
    ]


def gap_rows(result: FinanceResult) -> list[Row]:
    """Return the money no instrument covered, by quarter, nominal USD."""
    return [{"quarter": line.period, **asdict(line.value)} for line in result.funding_gap]


def statement_rows(result: FinanceResult) -> list[Row]:
    """Return the statements by year, nominal USD; ratios with the share of draws they exist in."""
    return [_statement_row(line) for line in result.statements]


def _statement_row(line: Line) -> Row:
    return {
        "year": int(line.period),
        "statement": line.group,
        "line": line.name,
        **asdict(line.value),
        "defined_fraction": line.defined_fraction,
    }


def metric_rows(result: FinanceResult) -> list[Row]:
    """Return every metric, or why there is none."""
    return [
        {
            "metric": metric.name,
            "unit": metric.unit,
            **(asdict(metric.value) if metric.value else dict.fromkeys(_PERCENTILES)),
            "reason": metric.reason,
        }
        for metric in result.metrics
    ]


_PERCENTILES = ("p10", "p50", "p90", "mean", "standard_error")


def cost_split_rows(result: FinanceResult) -> list[Row]:
    """Return the mean parts of the required revenue per GW-year."""
    return [
        {"component": name, "usd_per_gw_year": value}
        for name, value in result.cost_split_usd_per_gw_year.items()
    ]


def fleet_rows(result: FinanceResult, programme: ResolvedProgramme) -> list[Row]:
    """Return the programme's online IT MW, chips and peak by accelerator at each year's end."""
    rows: list[Row] = []
    for line in result.fleet:
        chip = programme.accelerators[line.name]
        mean = line.value.mean
        rows.append(
            {
                "year": int(line.period),
                "accelerator": line.name,
                **asdict(line.value),
                "mean_chips": mean * chip.chips_per_it_mw,
                "mean_peak_exaflops": mean * chip.bf16_flops_per_it_mw / 1e18,
            }
        )
    return rows


def rating_rows(result: FinanceResult, programme: ResolvedProgramme) -> list[Row]:
    """Return in what share of draws each limit of the rating is broken, by year."""
    company = programme.company
    if company is None or company.rating is None:
        return []
    return [
        {
            "year": int(line.period),
            "limit": line.name,
            "value": getattr(company.rating, line.name),
            "broken_fraction": line.value.mean,
            "standard_error": line.value.standard_error,
        }
        for line in result.limits
        if hasattr(company.rating, line.name)
    ]


def stated_rows(result: FinanceResult) -> list[Row]:
    """Return what the company said it will spend, and what it does, nominal USD."""
    return [
        {
            "name": said.name,
            "title": said.title,
            "first_year": said.first_year,
            "last_year": said.last_year,
            "low_usd": said.low_usd,
            "high_usd": said.high_usd,
            **asdict(said.value),
            "below_fraction": said.below_fraction,
            "above_fraction": said.above_fraction,
        }
        for said in result.stated
    ]


def world_rows(world: OneWorld) -> list[Row]:
    """Return one world by month: what its statements are made from."""
    return [
        {
            "draw": world.draw,
            "kind": kind,
            "owner": owner,
            "line": line,
            "month": month_text(world.first_month + i),
            "value": float(value),
        }
        for (kind, owner, line), values in world.months.items()
        for i, value in enumerate(values)
    ]


def world_term_rows(world: OneWorld) -> list[Row]:
    """Return the terms of that world's money, those drawn in their order last."""
    kinds = dict(world.drawn)
    return [
        {"owner": owner, "kind": kinds.get(owner, ""), "term": term, "value": value}
        for (owner, term), value in world.terms.items()
    ]


def world_statement_rows(world: OneWorld) -> list[Row]:
    """Return the statements of that world, nominal USD."""
    return [
        {"statement": statement, "line": line, "year": year, "value": float(value)}
        for (statement, line), values in world.statements.items()
        for year, value in zip(world.years, values, strict=True)
    ]


def finance_summary(result: FinanceResult) -> dict[str, Any]:
    """Return finance's part of a run's summary."""
    out: dict[str, Any] = {
        "capex_usd_by_year": {
            str(year): asdict(value) for year, value in result.capex_usd_by_year.items()
        },
        "funding_gap_usd": asdict(result.funding_gap_usd),
    }
    gap = next(m for m in result.metrics if m.name == "funding_gap_usd")
    if gap.reason:
        out["funding_gap_usd_reason"] = gap.reason
    for metric in (result.npv_usd, result.irr, result.required_revenue_usd_per_gw_year):
        out.update(_metric_entry(metric))
    out["notes"] = list(result.notes)
    return out


def _metric_entry(metric: Metric) -> dict[str, Any]:
    value: Percentiles | None = metric.value
    if value is None:
        return {metric.name: None, f"{metric.name}_reason": metric.reason}
    found: dict[str, Any] = {metric.name: asdict(value)}
    if metric.reason:
        found[f"{metric.name}_reason"] = metric.reason
    return found
