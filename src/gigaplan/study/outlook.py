"""Dates and money of a programme over many more worlds than operations runs."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from gigaplan.core.freed_memory import keep_freed_memory
from gigaplan.core.statistics import Percentiles
from gigaplan.delivery import Outlook, PreparedDelivery, delivered_worlds, outlook
from gigaplan.finance import FinanceResult, Line, money_outlook
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories
from gigaplan.study.pipeline import (
    Progress,
    Results,
    Settings,
    go_on,
    make_plan,
    make_series,
    programme_of,
)

SHARES = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class LookAhead:
    """Quantiles of what is delivered and of what it comes to, in real and nominal money.

    Parameters
    ----------
    programme : ResolvedProgramme
    delivery : Outlook
    money : FinanceResult
        Without single draws.
    operated : int
        Worlds that operations ran; the others carry their energy over.
    seconds : mapping of str to float
        What each part took.
    """

    programme: ResolvedProgramme
    delivery: Outlook
    money: FinanceResult
    operated: int
    seconds: dict[str, float]


def look_ahead(
    programme: str | Path,
    draws: int,
    settings: Settings | None = None,
    *,
    progress: Progress = lambda stage, share: None,
) -> LookAhead:
    """Plan, deliver and operate a programme; then deliver and pay for it in many more worlds.

    Parameters
    ----------
    programme : str or Path
    draws : int
        Worlds, at least as many as `settings` has.
    settings : Settings, optional
        Its draws are those that operations runs.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If the programme cannot be, or fewer draws are asked for than operations runs.
    """
    settings = settings or Settings()
    resolved = programme_of(programme, settings)
    results = make_series(resolved, settings, progress)
    make_plan(results, settings, progress)
    go_on(results, "operate", settings, progress)
    return of_results(results, draws, settings.workers, progress=progress)


def of_results(
    results: Results,
    draws: int,
    threads: int,
    *,
    progress: Progress = lambda stage, share: None,
) -> LookAhead:
    """Return the same of a programme that is operated already."""
    programme, plan = results.programme, results.plan
    moves, operations = results.trajectories, results.operations
    assert plan is not None
    assert moves is not None
    assert operations is not None
    keep_freed_memory()
    work = PreparedDelivery(programme, plan, seed=programme.seed)

    def worlds(first: int, count: int) -> Trajectories:
        return delivered_worlds(work, count, first_draw=first, name_bottlenecks=False)

    start = time.perf_counter()
    dates = outlook(
        programme,
        plan,
        draws=draws,
        seed=programme.seed,
        threads=threads,
        shares=SHARES,
        progress=lambda share: progress("dates", share),
    )
    between = time.perf_counter()
    money = money_outlook(
        programme,
        plan,
        moves,
        operations.summary,
        worlds,
        draws=draws,
        threads=threads,
        progress=lambda share: progress("money", share),
    )
    seconds = {"dates": between - start, "money": time.perf_counter() - between}
    return LookAhead(programme, dates, money, moves.draws, seconds)


def as_text(found: LookAhead) -> str:
    """Return what a terminal shows: compute and its target by year, money by year, metrics."""
    draws = found.delivery.draws
    lines = [f"{found.programme.title}: {draws:,} worlds, {found.operated:,} of them operated", ""]
    lines += _columns("IT GW online at year's end", ("P10", "P50", "P90", "target", "chance"))
    for target in found.delivery.targets:
        month = 12 * target.year + 11 - found.delivery.timeline.first
        row = [f"{v / 1000:.2f}" for v in found.delivery.online_it_mw[:, month]]
        chance = f"{target.probability:.2%}"
        lines.append(_row(str(target.year), [*row, f"{target.target_it_mw / 1000:.2f}", chance]))
    for title, rows in _by_year(found.money).items():
        lines += ["", *_columns(title, ("P10", "P50", "P90", "mean", "± error"))]
        lines += [_row(period, _money(value)) for period, value in rows]
    lines += ["", *_columns("Over all years", ("P10", "P50", "P90", "mean", "± error"))]
    for metric in found.money.metrics:
        if metric.value is not None:
            unit, words = _NAMES[metric.name]
            lines.append(_row(words, _money(metric.value, unit)))
    took = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in found.seconds.items())
    return "\n".join([*lines, "", f"Took {took}."])


def _by_year(money: FinanceResult) -> dict[str, list[tuple[str, Percentiles]]]:
    capex = [(str(year), value) for year, value in money.capex_usd_by_year.items()]
    return {
        "Capital, bn USD of the base year": capex,
        "Free cash flow, bn USD nominal": _of(money.statements, "free cash flow"),
        "Depreciation, bn USD nominal": [
            (year, Percentiles(-v.p90, -v.p50, -v.p10, -v.mean, v.standard_error))
            for year, v in _of(money.statements, "programme depreciation")
        ],
    }


def _of(lines: Iterable[Line], name: str) -> list[tuple[str, Percentiles]]:
    return [(line.period, line.value) for line in lines if line.name == name]


_NAMES = {
    "npv_usd": (1e9, "net present value, bn USD"),
    "required_revenue_usd_per_gw_year": (1e9, "required revenue, bn USD/GW-year"),
    "irr": (0.01, "rate of return, % a year"),
    "mirr": (0.01, "modified rate of return, % a year"),
    "payback_years": (1.0, "payback, years"),
    "break_even_price_ratio": (1.0, "break-even price over stated"),
    "break_even_sold_fraction": (0.01, "break-even utilisation, %"),
    "funding_gap_usd": (1e9, "greatest funding gap, bn USD"),
    "peak_debt_usd": (1e9, "peak debt, bn USD"),
    "lcoe_usd_per_mwh": (1.0, "cost of electricity, USD/MWh"),
    "cost_usd_per_gpu_hour": (1.0, "cost of a GPU-hour, USD"),
    "cost_usd_per_exaflop": (1.0, "cost of 10^18 FLOP of training, USD"),
    "cost_usd_per_million_tokens": (1.0, "cost of a million tokens, USD"),
    "capex_usd": (1e9, "capital, bn USD"),
}


def _columns(title: str, names: Iterable[str]) -> list[str]:
    return [_row(title, list(names)), "-" * 78]


def _row(name: str, values: list[str]) -> str:
    return f"{name:<35.35}" + "".join(f"{value:>9}" for value in values)


def _money(value: Percentiles, unit: float = 1e9) -> list[str]:
    figures = (value.p10, value.p50, value.p90, value.mean, value.standard_error)
    return [f"{round(figure / unit, 2) + 0.0:,.2f}" for figure in figures]


def as_json(found: LookAhead) -> dict[str, Any]:
    """Return the same for machines."""
    dates = found.delivery
    return {
        "programme": found.programme.name,
        "draws": dates.draws,
        "operated": found.operated,
        "seconds": found.seconds,
        "targets": [asdict(target) for target in dates.targets],
        "online_it_mw": {
            f"p{100 * share:g}": row.tolist()
            for share, row in zip(dates.shares, dates.online_it_mw, strict=True)
        },
        "first_month": dates.timeline.first,
        "capex_usd": {str(y): asdict(v) for y, v in found.money.capex_usd_by_year.items()},
        "metrics": {m.name: asdict(m.value) if m.value else None for m in found.money.metrics},
        "cash": [asdict(line) for line in found.money.cash],
        "funding_gap": [asdict(line) for line in found.money.funding_gap],
        "statements": [asdict(line) for line in found.money.statements],
        "notes": list(found.money.notes),
    }
