"""What a grid connection is worth that comes earlier because it accepts curtailment.

The area's hours say how a load of the site's size would be curtailed; delivery says, on the same
worlds, how much compute comes sooner. Until the firm connection would have come, the compute that
is gained loses the curtailed share; after that nothing is lost.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.why import months_earlier
from gigaplan.operations.headroom import AreaDemand, Headroom, curtailment
from gigaplan.study.pipeline import Settings, make_plan, make_series, programme_of

MONTHS = (6.0, 12.0, 24.0)
"""Months earlier that are looked at unless others are asked for."""


@dataclass(frozen=True)
class EarlierConnection:
    """A connection that comes some months earlier.

    Parameters
    ----------
    months : float
    it_mw_months : Estimate
        Compute gained before curtailment.
    lost_it_mw_months : Estimate
        The part of it that curtailment takes.
    usd : Estimate
        Present value of what is left, base-year USD.
    """

    months: float
    it_mw_months: Estimate
    lost_it_mw_months: Estimate
    usd: Estimate


@dataclass(frozen=True)
class FlexibleConnection:
    """What accepting curtailment is worth to a site.

    Parameters
    ----------
    site : str
    connection_mw : float
        The most that the plan connects.
    curtailed : Headroom
        How a load of that size would be curtailed in its area.
    earlier : tuple of EarlierConnection
    """

    site: str
    connection_mw: float
    curtailed: Headroom
    earlier: tuple[EarlierConnection, ...]


def flexible_connection(
    programme: str | Path,
    site: str,
    area: AreaDemand,
    settings: Settings,
    *,
    months: Sequence[float] = MONTHS,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> FlexibleConnection:
    """Plan a programme, and say what a site's connection is worth if it comes earlier.

    Parameters
    ----------
    programme : str or Path
        A programme file, its folder, or a bundled name.
    site : str
    area : AreaDemand
        Where the site connects.
    settings : Settings
    months : sequence of float
        How much earlier.
    progress : callable
        Called with a stage and the share of it that is done.

    Raises
    ------
    InputError
        If there is no such site, or the plan connects nothing there.
    """
    for value in months:
        require(0 < value <= 120, f"found {value:g}; 0 to 120 months are needed.", field="earlier")
    resolved = programme_of(programme, settings)
    if site not in resolved.sites:
        raise InputError(
            Problem(f"the programme has no site '{site}'.", hint=nearest(site, resolved.sites))
        )
    results = make_series(resolved, settings, progress)
    work = PreparedDelivery(resolved, make_plan(results, settings, progress))
    layout = next((s.layout for s in work.sites if s.layout.name == site), None)
    planned = layout.mw[layout.kind == 3 * layout.campuses] if layout is not None else np.zeros(0)
    require(bool(planned.size), f"the plan connects nothing at '{site}'.", field="site")
    curtailed = curtailment(area, float(planned.sum()))
    kept = 1 - curtailed.rate_fraction
    progress("earlier", 0.0)
    gains = months_earlier(
        work, "connection", site, months, settings.draws, threads=settings.workers
    )
    found = tuple(
        EarlierConnection(
            value, gain.it_mw_months, gain.it_mw_months.scaled(1 - kept), gain.usd.scaled(kept)
        )
        for value, gain in zip(months, gains, strict=True)
    )
    progress("earlier", 1.0)
    return FlexibleConnection(site, float(planned.sum()), curtailed, found)


def as_text(found: FlexibleConnection) -> str:
    """Return it as text of 80 columns."""
    c = found.curtailed
    lines = textwrap.wrap(
        f"{found.site}: {found.connection_mw / 1000:,.2f} GW of connection in {c.area} would be "
        f"curtailed for {c.rate_fraction:.2%} of its energy, {c.hours_per_year:,.0f} hours a year "
        f"({c.most_hours_in_year:,.0f} in the worst), {c.mean_hours:.1f} h at a time and at most "
        f"{c.longest_hours}, {c.mean_depth_fraction:.0%} deep.",
        80,
    )
    lines += [
        "",
        f"{'earlier':>10} {'gained':>16} {'lost to':>16} {'worth, million':>22}",
        f"{'months':>10} {'IT MW-months':>16} {'curtailment':>16} {'USD of base year':>22}",
    ]
    for one in found.earlier:
        worth = f"{one.usd.mean / 1e6:,.0f} ± {one.usd.standard_error / 1e6:,.0f}"
        lines.append(
            f"{one.months:>10g} {one.it_mw_months.mean:>16,.0f} "
            f"{one.lost_it_mw_months.mean:>16,.1f} {worth:>22}"
        )
    return "\n".join(lines)


def as_json(found: FlexibleConnection) -> dict[str, Any]:
    """Return plain values."""
    value = asdict(found)
    years = value["curtailed"].pop("by_year_fraction")
    value["curtailed"]["by_year_fraction"] = {str(y): v for y, v in years.items()}
    return value
