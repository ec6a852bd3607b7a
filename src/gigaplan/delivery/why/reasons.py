"""All that tells why a delivery comes out as it does, found in one go."""

from __future__ import annotations

from dataclasses import dataclass

from gigaplan.delivery.explain import MustGoRight
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.why.conditions import Headline, headline, must_go_right
from gigaplan.delivery.why.earlier import Earlier, month_earlier
from gigaplan.delivery.why.relief import Relief, bottleneck_relief
from gigaplan.delivery.why.site_dates import SiteDate, site_dates
from gigaplan.delivery.why.spread import Spread, spread_of
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

_MOST_DRAWS = 1000
_SPREAD_DRAWS = 512
"""Each of some 256 evaluations; shares are then known to a few points."""


@dataclass(frozen=True)
class Reasons:
    """Why a delivery comes out as it does.

    Parameters
    ----------
    year : int
        The year that dates, spread and conditions are asked for.
    relief : Relief
        What it brings if one kind of thing is never late.
    earlier : list of Earlier
        What a month earlier brings of each thing.
    dates : list of SiteDate
        When each site has most of its compute, and the work that set it.
    spread : Spread
        Which causes the spread comes from.
    outcome : Headline
        What worlds are parted by.
    conditions : MustGoRight
        What tells those that meet it from those that miss it.
    """

    year: int
    relief: Relief
    earlier: list[Earlier]
    dates: list[SiteDate]
    spread: Spread
    outcome: Headline
    conditions: MustGoRight


def reasons_for(
    programme: ResolvedProgramme,
    plan: Plan,
    trajectories: Trajectories,
    year: int,
    *,
    threads: int = 1,
) -> Reasons:
    """Return why a delivery comes out as it does.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    trajectories : Trajectories
        What `deliver` gave; its first draws are the worlds looked at.
    year : int
        Within the timeline.
    threads : int
        Threads to use; results do not depend on it.
    """
    work = PreparedDelivery(programme, plan, seed=trajectories.seed)
    draws = min(trajectories.draws, _MOST_DRAWS)
    outcome = headline(trajectories, year)
    return Reasons(
        year=year,
        relief=bottleneck_relief(work, draws, threads=threads),
        earlier=month_earlier(work, draws, threads=threads),
        dates=site_dates(work, work.draw(draws, threads=threads), year),
        spread=spread_of(work, [year], draws=_SPREAD_DRAWS),
        outcome=outcome,
        conditions=must_go_right(trajectories, outcome),
    )
