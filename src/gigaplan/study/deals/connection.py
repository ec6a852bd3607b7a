"""What a grid connection is worth that comes earlier: the programme with it and as it is.

The steps that are not energised yet are promised some months earlier; how late they come is drawn
as before, so draw d is the same world. Once the plan is kept, and only dates move; and once it is
made anew, so that halls, chips and power come to use the earlier connection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.deals.worth import Worth, between, plan_gap_usd
from gigaplan.study.pipeline import Progress, Results, Settings, go_on, whole_run

MONTHS = (6, 12, 24)
"""Months earlier that are looked at unless others are asked for."""


@dataclass(frozen=True)
class Earlier:
    """A connection that comes some months earlier.

    Parameters
    ----------
    months : int
    kept : Worth
        The plan as it is.
    anew : Worth
        The plan made for it.
    plan_gap_usd : float
        By how much both plans may miss the best, discounted.
    """

    months: int
    kept: Worth
    anew: Worth
    plan_gap_usd: float

    @property
    def most_usd(self) -> Estimate:
        """Return the most to pay for it at the programme's start, base-year USD."""
        return max(self.kept.usd, self.anew.usd, key=lambda one: one.mean)


@dataclass(frozen=True)
class ConnectionDeal:
    """What an earlier connection of a site is worth.

    Parameters
    ----------
    deal, title : str
        The site.
    mw : float
        Facility MW that come earlier.
    earlier : tuple of Earlier
    bears : str
        Who bears which risk.
    """

    deal: str
    title: str
    mw: float
    earlier: tuple[Earlier, ...]
    bears: str


def value_connection(
    programme: ResolvedProgramme,
    deal: str,
    months: Sequence[int],
    settings: Settings,
    progress: Progress,
) -> ConnectionDeal:
    """Return what an earlier connection of a site is worth to a programme."""
    for value in months:
        require(1 <= value <= 120, f"found {value:g}; 1 to 120 months are needed.", field="earlier")
    site = programme.sites[deal]
    waiting = sum(step.added_mw for step in site.connection if not step.firm)
    require(
        waiting > 0, f"no step of connection at '{deal}' is promised and not there.", field="deal"
    )
    plain = whole_run(programme, settings, progress, "as it is: ")
    return ConnectionDeal(
        deal=deal,
        title=site.title,
        mw=waiting,
        earlier=tuple(
            _earlier(programme, deal, value, plain, settings, progress) for value in months
        ),
        bears="you bear that an earlier promise is as late as the first: worth is over the same "
        "delays; pay at energisation, not at signature",
    )


def sooner(programme: ResolvedProgramme, site: str, months: int) -> ResolvedProgramme:
    """Return the programme with a site's connection promised some months earlier."""
    figures, first = programme.sites[site], programme.timeline.first
    steps = tuple(
        step if step.firm else dataclasses.replace(step, month=max(step.month - months, first))
        for step in figures.connection
    )
    moved = dataclasses.replace(figures, connection=steps)
    return dataclasses.replace(programme, sites={**programme.sites, site: moved})


def _earlier(
    programme: ResolvedProgramme,
    site: str,
    months: int,
    plain: Results,
    settings: Settings,
    progress: Progress,
) -> Earlier:
    changed, which = sooner(programme, site, months), f"{months} months earlier: "
    kept = Results(changed, plain.series, plain.plan)
    go_on(kept, "finance", settings, lambda stage, share: progress(which + stage, share))
    anew = whole_run(changed, settings, progress, which)
    assert plain.finance is not None
    assert kept.finance is not None
    assert anew.finance is not None
    base = plain.finance.outcomes
    return Earlier(
        months,
        between(programme, kept.finance.outcomes, base)[0],
        between(programme, anew.finance.outcomes, base)[0],
        plan_gap_usd(plain, anew),
    )
