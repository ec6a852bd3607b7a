"""When a site reaches most of the compute planned for it, and the chain of work that sets that.

In each draw the date is set by the last thing to come before it: of the kind that was in the way
the month before, the one that came last. The work that led to it is traced back.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import median_months
from gigaplan.delivery.explain import Chain, aggregate, trace_chain
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_sites import ProgrammeSite
from gigaplan.delivery.why.relief import stage_of, step_kinds
from gigaplan.programme.trajectories import BOTTLENECKS

Floats = NDArray[np.float64]
SHARE = 0.9
"""Share of the planned compute whose date is asked for: all of it may wait for one last hall."""

_FIRST = 1e6


@dataclass(frozen=True)
class SiteDate:
    """The date of one site.

    Parameters
    ----------
    site : str
    wanted_it_mw : float
        The compute whose date it is.
    planned_month : int
        Absolute month in which it is online if all comes as planned.
    month : ndarray, shape [draw]
        First month with that much online, infinity where there is none.
    set_by : mapping of str to float
        Share of draws in which each of `BOTTLENECKS` came last, and ``never`` that without a
        date.
    chain : Chain, optional
        What led to it, by project and stage, named ``project|stage``; None if it has no date in
        any draw that work set.
    """

    site: str
    wanted_it_mw: float
    planned_month: int
    month: Floats
    set_by: dict[str, float]
    chain: Chain | None


def site_dates(work: PreparedDelivery, result: SimulationResult, year: int) -> list[SiteDate]:
    """Return the date of each site that has more compute planned for a year's end than at first.

    Parameters
    ----------
    work : PreparedDelivery
    result : SimulationResult
        What `work.draw` gave.
    year : int
        At whose end the plan is asked what is wanted.
    """
    medians = np.array([median_months(activity.duration) for activity in work.activities])
    last = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1 - work.programme.timeline.first
    out = []
    for site in work.sites:
        plan = site.layout.plan[0]
        wanted = SHARE * float(plan[min(last, len(plan) - 1)])
        if wanted > plan[0]:
            out.append(_site_date(work, result, site, wanted, medians))
    return out


def _site_date(
    work: PreparedDelivery,
    result: SimulationResult,
    site: ProgrammeSite,
    wanted: float,
    medians: Floats,
) -> SiteDate:
    layout, first = site.layout, work.programme.timeline.first
    months = layout.plan.shape[1]
    when = site.months(result.finish_months)
    online = np.empty((months, result.draws), np.float32)
    code = np.empty((months, result.draws), np.int8)
    layout.fill(when, online, code)
    there = online >= wanted - 1e-3
    reached = there.any(axis=0)
    at = np.where(reached, there.argmax(axis=0), 0)
    draws = np.arange(result.draws)
    before = code[np.maximum(at - 1, 0), draws]
    step, known = _last_steps(site, when, first + at, before)
    row = np.where(reached & known, site.source[step], -1)
    kinds = step_kinds(site)[step]
    set_by = {
        name: float(np.mean(reached & known & (kinds == i)))
        for i, name in enumerate(BOTTLENECKS)
        if i > 0
    }
    chain = None
    if (row >= 0).any():
        found = trace_chain(
            work.activities, result, row, reference_months=medians, start_month=float(first)
        )
        label = {a.id: f"{a.project}|{stage_of(a)}" for a in work.activities}
        chain = aggregate(found, label)
    return SiteDate(
        site=layout.name,
        wanted_it_mw=wanted,
        planned_month=first + int(np.argmax(layout.plan[0] >= wanted - 1e-3)),
        month=np.where(reached, first + at, np.inf),
        set_by={**set_by, "never": float(1 - reached.mean())},
        chain=chain,
    )


def _last_steps(
    site: ProgrammeSite, when: Floats, month: NDArray[np.int64], before: NDArray[np.int8]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return the step that came last in each draw's month, and whether one came."""
    came = np.ceil(when - 1e-9) == month
    came &= (site.layout.mw > 0)[:, None]
    score = np.where(came, when, -np.inf)
    score += np.where(step_kinds(site)[:, None] == before, _FIRST, 0.0)
    step = score.argmax(axis=0)
    return step, np.isfinite(score.max(axis=0))
