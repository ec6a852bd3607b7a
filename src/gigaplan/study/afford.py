"""What a company can afford: the plan that keeps its rating's limits in most worlds.

The programme is planned, delivered, operated and paid for; where a ratio is beyond its limit in
more worlds than allowed, capital through that year is cut by what debt is too high, and all is
done again, until the limits hold or no more can be cut. Cuts are limits on cumulative capital,
which the planner meets at least cost, so what is given up is what is worth least.
"""

from __future__ import annotations

import dataclasses
import math
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gigaplan.core.errors import InfeasibleError, require
from gigaplan.finance import FinanceResult
from gigaplan.finance.rating import BEYOND
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.pipeline import Progress, Results, Settings, programme_of, whole_run

ROUNDS = 6
MOST_BROKEN = 0.1
"""Share of worlds in which a limit may be broken in a year."""
_BEYOND = 1.05
"""What is cut over what debt is too high, so that few rounds suffice."""
_LEAST = 0.02
"""Part of capital that is cut at least: too few worlds may be too many and yet not one in ten."""


@dataclass(frozen=True)
class Year:
    """A year of the plan as it was and as it can be afforded, base-year USD.

    Parameters
    ----------
    year : int
    first_usd, usd : float
        Planned capital from the start through the year, as it was and as it is.
    limit_usd : float or None
        Most capital through the year; None where nothing was cut.
    first_it_mw, it_mw : float
        Planned compute.
    first_broken_fraction, broken_fraction : float
        Share of worlds in which a limit is broken.
    """

    year: int
    first_usd: float
    usd: float
    limit_usd: float | None
    first_it_mw: float
    it_mw: float
    first_broken_fraction: float
    broken_fraction: float


@dataclass(frozen=True)
class Afforded:
    """The plan that keeps the limits.

    Parameters
    ----------
    programme : str
    limits : mapping of str to float
        The rating's limits, by name.
    rounds : int
        Plans that were made.
    holds : bool
        Whether each limit holds in enough worlds in every year of the cash flows.
    years : tuple of Year
    """

    programme: str
    limits: Mapping[str, float]
    rounds: int
    holds: bool
    years: tuple[Year, ...]


def afford(
    programme: str | Path,
    settings: Settings | None = None,
    *,
    most_broken: float = MOST_BROKEN,
    progress: Progress = lambda stage, share: None,
) -> Afforded:
    """Return the plan that keeps the limits of a company's rating.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name; its company has a ``rating``.
    settings : Settings, optional
    most_broken : float
        Share of worlds in which a limit may be broken in a year.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If the company has no limits.
    """
    settings = settings or Settings()
    resolved = programme_of(programme, settings)
    company = resolved.company
    require(
        company is not None and company.rating is not None,
        "the company has no limits to keep; write them under company.rating.",
        field="company.rating",
    )
    assert company is not None
    assert company.rating is not None
    limits = {k: v for k, v in company.rating.model_dump().items() if v is not None}
    require(bool(limits), "names no limit; write at least one.", field="company.rating")
    first = whole_run(resolved, settings, progress, "as it was: ")
    now, changed, rounds, holds = first, resolved, 1, False
    while not (holds := _holds(now, most_broken)) and rounds < ROUNDS:
        tighter = _tightened(changed, now, most_broken)
        if tighter is None:
            break
        try:
            now = whole_run(tighter, settings, progress, f"round {rounds + 1}: ")
        except InfeasibleError:
            break
        changed, rounds = tighter, rounds + 1
    return Afforded(resolved.name, limits, rounds, holds, tuple(_years(first, now, resolved)))


def _broken(found: FinanceResult) -> dict[int, float]:
    """Return in what share of worlds the limit that is broken most is broken, by year."""
    worst: dict[int, float] = {}
    for line in found.limits:
        if line.name == BEYOND:
            continue
        year = int(line.period)
        worst[year] = max(worst.get(year, 0.0), line.value.mean)
    return worst


def _holds(results: Results, most_broken: float) -> bool:
    assert results.finance is not None
    return all(share <= most_broken for share in _broken(results.finance).values())


def _tightened(
    programme: ResolvedProgramme, results: Results, most_broken: float
) -> ResolvedProgramme | None:
    """Return the programme with less capital through the years that break; None if none is left."""
    assert results.plan is not None
    assert results.finance is not None
    limits, cut, last = dict(programme.cumulative_limit_usd), False, results.plan.years[-1]
    to_date = np.cumsum(results.plan.capex_usd_by_year)
    spent = dict(zip(results.plan.years, to_date.tolist(), strict=True))
    for year, share in _broken(results.finance).items():
        if share <= most_broken:
            continue
        level = programme.price_index.factor(programme.base_year, year)
        through = min(max(year, results.plan.years[0]), last)  # what is later follows from the plan
        before = min(spent[through], limits.get(through, math.inf))
        over = _BEYOND * _debt_too_high(results.finance, year) / level
        left = max(spent[through] - max(over, _LEAST * before), 0.0)
        if left < before * (1 - 1e-6):
            limits[through], cut = left, True
    if not cut:
        return None
    most = math.inf
    for year in sorted(limits, reverse=True):  # no more through a year than through a later one
        most = limits[year] = min(limits[year], most)
    return dataclasses.replace(programme, cumulative_limit_usd=dict(sorted(limits.items())))


def _debt_too_high(found: FinanceResult, year: int) -> float:
    """Return by how much debt is beyond the limits in one of ten worlds, nominal USD."""
    return next(
        line.value.p90 for line in found.limits if (line.name, line.period) == (BEYOND, str(year))
    )


def _years(first: Results, now: Results, programme: ResolvedProgramme) -> list[Year]:
    """Return the planning years, as planned first and as can be afforded."""
    assert first.plan is not None
    assert now.plan is not None
    assert first.finance is not None
    assert now.finance is not None
    spent, spends = (np.cumsum(plan.capex_usd_by_year) for plan in (first.plan, now.plan))
    broken, breaks = _broken(first.finance), _broken(now.finance)
    before, limits = programme.cumulative_limit_usd, now.programme.cumulative_limit_usd
    return [
        Year(
            year,
            float(spent[i]),
            float(spends[i]),
            limits.get(year) if limits.get(year) != before.get(year) else None,
            first.plan.it_mw_by_year[i],
            now.plan.it_mw_by_year[i],
            broken.get(year, 0.0),
            breaks.get(year, 0.0),
        )
        for i, year in enumerate(programme.years)
    ]


def as_text(found: Afforded) -> str:
    """Return it as text of 80 columns."""
    names = {
        "debt_to_ebitda_max": "debt to EBITDA at most",
        "economic_debt_to_ebitda_max": "economic debt to EBITDA at most",
        "ebitda_to_interest_min": "EBITDA to interest at least",
    }
    limits = ", ".join(f"{names[name]} {value:g}" for name, value in found.limits.items())
    lines = [
        *textwrap.wrap(f"{found.programme}: what can be afforded with {limits}", 80),
        "",
        f"{'':>6}{'capital to date, bn USD':>26}{'planned IT MW':>22}{'worlds beyond limits':>26}",
        f"{'year':>6}{'as it was':>14}{'afforded':>12}{'as it was':>12}{'afforded':>10}"
        f"{'as it was':>14}{'afforded':>12}",
    ]
    lines += [
        f"{y.year:>6}{y.first_usd / 1e9:>14,.1f}{y.usd / 1e9:>12,.1f}{y.first_it_mw:>12,.0f}"
        f"{y.it_mw:>10,.0f}{y.first_broken_fraction:>14.0%}{y.broken_fraction:>12.0%}"
        for y in found.years
    ]
    if found.rounds == 1 and found.holds:
        words = "The plan keeps the limits as it is."
    elif found.holds:
        kept = ", ".join(
            f"{y.year}: {y.limit_usd / 1e9:,.1f} billion USD"
            for y in found.years
            if y.limit_usd is not None
        )
        words = (
            f"The limits hold after {found.rounds} plans. To keep them in every run, write "
            f"spend_limit.cumulative_usd_by_year: {{{kept}}}."
        )
    else:
        words = (
            f"After {found.rounds} plans the limits do not hold: what is committed, or the company "
            "without the programme, is beyond them."
        )
    return "\n".join([*lines, "", *textwrap.wrap(words, 80)])


def as_json(found: Afforded) -> dict[str, Any]:
    """Return plain values."""
    return {"schema_version": 1, "afforded": asdict(found)}
