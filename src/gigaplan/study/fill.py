"""The cheapest fill of a funding gap: which of a programme's sources of money are needed for it.

Each instrument is paid with by itself, and what its money costs after tax is what makes its cash
worth nothing. Then they are added in that order, the cheapest first, until in enough worlds no
month lacks money; what is left over is not needed. Plan, dates and hours are the same throughout.
"""

from __future__ import annotations

import dataclasses
import textwrap
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gigaplan.core.errors import require
from gigaplan.finance import FinanceResult, InstrumentCash
from gigaplan.programme.instruments import Instrument
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.pipeline import (
    Progress,
    Results,
    Settings,
    cash_of,
    go_on,
    make_plan,
    make_series,
    paid_again,
    programme_of,
)

IN_WORLDS = 0.9
"""Share of worlds in which no month may lack money."""


@dataclass(frozen=True)
class Source:
    """An instrument, and the gap once it and all cheaper ones are there.

    Parameters
    ----------
    name, title, kind : str
    cost_fraction : float or None
        What its money costs a year after tax; None if it has no single such rate.
    brings_usd : float
        The most that it has brought on balance by itself, mean over worlds, nominal.
    gap_p50_usd, gap_p90_usd : float
        Greatest gap with it and all before it, nominal.
    without_gap_fraction : float
        Share of worlds without a gap.
    needed : bool
        Whether those before it leave a gap in too many worlds.
    """

    name: str
    title: str
    kind: str
    cost_fraction: float | None
    brings_usd: float
    gap_p50_usd: float
    gap_p90_usd: float
    without_gap_fraction: float
    needed: bool


@dataclass(frozen=True)
class Quarter:
    """New gap of a quarter, P90 over worlds, nominal: with no instrument, and with those needed."""

    quarter: str
    alone_usd: float
    filled_usd: float


@dataclass(frozen=True)
class Fill:
    """The cheapest fill.

    Parameters
    ----------
    programme : str
    in_worlds : float
        Share of worlds asked for.
    alone_p50_usd, alone_p90_usd : float
        Greatest gap with no instrument.
    sources : tuple of Source
        The cheapest first.
    quarters : tuple of Quarter
        Those with a gap.
    """

    programme: str
    in_worlds: float
    alone_p50_usd: float
    alone_p90_usd: float
    sources: tuple[Source, ...]
    quarters: tuple[Quarter, ...]

    @property
    def holds(self) -> bool:
        """Return whether all instruments together leave no gap in enough worlds."""
        last = self.sources[-1] if self.sources else None
        return last is not None and last.without_gap_fraction >= self.in_worlds


def fill_gap(
    programme: str | Path,
    settings: Settings | None = None,
    *,
    in_worlds: float = IN_WORLDS,
    progress: Progress = lambda stage, share: None,
) -> Fill:
    """Return which of a programme's sources of money fill its gap at least cost.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    settings : Settings, optional
    in_worlds : float
        Share of worlds in which no month may lack money.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If the programme names no source of money.
    """
    settings = settings or Settings()
    resolved = programme_of(programme, settings)
    require(bool(resolved.instruments), "names no source of money.", field="instruments")
    results = make_series(resolved, settings, progress)
    make_plan(results, settings, progress)
    go_on(results, "operate", settings, progress)
    progress("fill", 0.0)
    found = _fill(results, in_worlds, settings, progress)
    progress("fill", 1.0)
    return found


def _fill(results: Results, in_worlds: float, settings: Settings, progress: Progress) -> Fill:
    programme = results.programme
    alone = _paid(results, {}, settings)
    each = [
        (name, item, cash_of(results, _with(programme, {name: item}), name))
        for name, item in programme.instruments.items()
    ]
    each.sort(key=lambda one: _order(one[2]))
    taken: dict[str, Instrument] = {}
    now, kept, sources = alone, alone, []
    for i, (name, item, cash) in enumerate(each):
        needed = _without_gap(now) < in_worlds
        taken[name] = item
        now = _paid(results, taken, settings)
        if needed:
            kept = now
        gap = now.funding_gap_usd
        sources.append(
            Source(
                name,
                item.title,
                item.kind,
                cash.cost_fraction(),
                float(cash.brings_usd().mean()),
                gap.p50,
                gap.p90,
                _without_gap(now),
                needed,
            )
        )
        progress("fill", (i + 1) / len(each))
    return Fill(
        programme.name,
        in_worlds,
        alone.funding_gap_usd.p50,
        alone.funding_gap_usd.p90,
        tuple(sources),
        _quarters(alone, kept),
    )


def _order(cash: InstrumentCash) -> float:
    """Return what instruments are put in order by: what is paid back never costs least."""
    cost = cash.cost_fraction()
    if cost is not None:
        return cost
    return -np.inf if cash.cash_usd.mean(axis=1).min() >= 0 else np.inf


def _without_gap(found: FinanceResult) -> float:
    return float((found.outcomes.funding_gap_usd < 1.0).mean())


def _quarters(alone: FinanceResult, kept: FinanceResult) -> tuple[Quarter, ...]:
    filled = {line.period: line.value.p90 for line in kept.funding_gap}
    return tuple(
        Quarter(line.period, line.value.p90, filled.get(line.period, 0.0))
        for line in alone.funding_gap
        if max(line.value.p90, filled.get(line.period, 0.0)) >= 1.0
    )


def _with(programme: ResolvedProgramme, items: dict[str, Instrument]) -> ResolvedProgramme:
    return dataclasses.replace(programme, instruments=dict(items))


def _paid(results: Results, items: dict[str, Instrument], settings: Settings) -> FinanceResult:
    return paid_again(results, _with(results.programme, items), settings)


def as_text(found: Fill) -> str:
    """Return it as text of 80 columns."""

    def bn(usd: float) -> str:
        return f"{usd / 1e9:,.1f}"

    lines = [
        f"{found.programme}: the cheapest fill of the funding gap, billion USD, nominal",
        "",
        f"{'':<22}{'costs':>8}{'brings':>8}{'gap, P50':>10}{'P90':>9}{'no gap in':>10}",
        f"{'no instrument':<22}{'':>8}{'':>8}{bn(found.alone_p50_usd):>10}"
        f"{bn(found.alone_p90_usd):>9}",
    ]
    for one in found.sources:
        cost = "" if one.cost_fraction is None else f"{one.cost_fraction:.2%}"
        mark = "" if one.needed else "  not needed"
        lines.append(
            f"{'+ ' + one.name:<22.22}{cost:>8}{bn(one.brings_usd):>8}{bn(one.gap_p50_usd):>10}"
            f"{bn(one.gap_p90_usd):>9}{one.without_gap_fraction:>10.0%}{mark}"
        )
    words = (
        "Costs are a year, after tax, of each by itself; the cheapest comes first. "
        f"Those not marked fill the gap in {found.in_worlds:.0%} of worlds."
    )
    if not found.holds:
        words = (
            "Costs are a year, after tax, of each by itself; the cheapest comes first. All "
            f"together leave a gap in more than {1 - found.in_worlds:.0%} of worlds."
        )
    lines += ["", *textwrap.wrap(words, 80)]
    if found.quarters:
        lines += ["", f"{'quarter':<12}{'new gap, P90: no instrument':>32}{'those needed':>16}"]
        lines += [
            f"{q.quarter:<12}{bn(q.alone_usd):>32}{bn(q.filled_usd):>16}" for q in found.quarters
        ]
    return "\n".join(lines)


def as_json(found: Fill) -> dict[str, Any]:
    """Return plain values."""
    return {"schema_version": 1, "fill": asdict(found) | {"holds": found.holds}}
