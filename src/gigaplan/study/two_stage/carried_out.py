"""Plans delivered and operated on fresh draws: nothing follows what turns out, everything can fail.

Where a fresh future lets the best recourse follow, this does not: each plan's commitments and what
follows them in the median future are carried out as they stand, unit by unit, with their own
licences, queues and outages. It is the other end of what a plan may come to.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories
from gigaplan.study.two_stage.commit import Hedge, fresh_seed
from gigaplan.study.two_stage.futures import Floats
from gigaplan.weather.model import Series


@dataclass(frozen=True)
class CarriedOut:
    """What one plan comes to by delivery and operations.

    Parameters
    ----------
    name : str
    missing_it_mw_years : array [draw]
        Compute missing to the target at each year's end, summed over the years.
    capex_usd : array [draw]
        Capital through the planning years, base-year USD.
    online_it_mw : array [year, draw]
        At each year's end.
    unserved_fraction : tuple of Estimate
        Load not served in its hour, over load, by year.
    """

    name: str
    missing_it_mw_years: Floats
    capex_usd: Floats
    online_it_mw: Floats
    unserved_fraction: tuple[Estimate, ...]

    def more_missing(self, other: CarriedOut) -> Estimate:
        """Return how much more compute is missing under this plan, paired by draw."""
        return estimate(self.missing_it_mw_years - other.missing_it_mw_years)


def carry_out(
    programme: ResolvedProgramme,
    series: Series,
    found: Hedge,
    *,
    draws: int = 400,
    threads: int = 1,
    progress: Callable[[str, float], None] = lambda stage, share: None,
) -> tuple[CarriedOut, ...]:
    """Return what each plan of a hedge comes to when it is delivered and operated as it stands.

    Parameters
    ----------
    draws : int
        Fresh worlds, the same for every plan.
    """
    from gigaplan import delivery, operations

    seed = fresh_seed(programme.seed)
    out = []
    for number, tested in enumerate(found.tested):
        progress("delivered and operated", number / len(found.tested))
        came = delivery.deliver(programme, tested.plan, draws=draws, seed=seed, threads=threads)
        ran = operations.operate(programme, tested.plan, came, series, seed=seed, threads=threads)
        online = _at_year_ends(programme, came)
        target = np.array(programme.target_it_mw)[:, None]
        years = came.timeline.year_of_month
        planned = (years >= programme.years[0]) & (years <= programme.years[-1])
        spent = np.sum([usd[planned].sum(axis=0) for usd in came.capex_usd.values()], axis=0)
        out.append(
            CarriedOut(
                tested.name,
                np.asarray(np.maximum(target - online, 0.0).sum(axis=0)),
                np.asarray(spent),
                online,
                tuple(period.neue_fraction for period in ran.by_period),
            )
        )
    progress("delivered and operated", 1.0)
    return tuple(out)


def _at_year_ends(programme: ResolvedProgramme, came: Trajectories) -> Floats:
    online = came.online_it_mw()
    ends = [
        came.timeline.position(MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1)
        for year in programme.years
    ]
    return online[ends]
