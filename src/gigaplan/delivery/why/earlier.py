"""What a month earlier, or some, brings: one thing's planned months moved, all else as drawn.

The gain is compute that is online sooner. It is valued at what the programme says that a missing
MW of compute costs in a year; that the money is then spent a month sooner is not counted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.model import Activity
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.why.relief import kind_of

Floats = NDArray[np.float64]
_KIND_OF_ENTITY = {
    "unit": "power",
    "phase": "hall",
    "accelerator": "chips",
    "connection": "connection",
}


@dataclass(frozen=True)
class Earlier:
    """What one thing brings if all of it is planned a month earlier, or some.

    Parameters
    ----------
    kind : str
        As of an `Entity`.
    owner : str
        Project, campus or site.
    it_mw_months : Estimate
        Compute gained over all months; below zero where chips that come sooner leave sooner.
    usd : Estimate
        The same in present value, base-year USD.
    """

    kind: str
    owner: str
    it_mw_months: Estimate
    usd: Estimate


def month_earlier(work: PreparedDelivery, draws: int, *, threads: int = 1) -> list[Earlier]:
    """Return what a month earlier brings of each thing that is still to come, the most first.

    Parameters
    ----------
    work : PreparedDelivery
    draws : int
        Worlds.
    threads : int
        Threads that share them; results do not depend on it.
    """
    gains = _Gains(work, draws, threads)
    found = []
    for kind, owner in _still_to_come(work):
        months, usd = gains.of(work.with_activities(partial(_sooner, kind, owner, 1.0)))
        found.append(Earlier(kind, owner, estimate(months), estimate(usd)))
    return sorted(found, key=lambda e: (-e.usd.mean, e.kind, e.owner))


def months_earlier(
    work: PreparedDelivery,
    kind: str,
    owner: str,
    months: Sequence[float],
    draws: int,
    *,
    threads: int = 1,
) -> list[Earlier]:
    """Return what one thing brings if all of it is planned so many months earlier, for each.

    Parameters
    ----------
    work : PreparedDelivery
    kind, owner : str
        As of an `Entity` that the plan builds.
    months : sequence of float
    draws, threads : int
        As for `month_earlier`.
    """
    gains = _Gains(work, draws, threads)
    found = []
    for value in months:
        gained, usd = gains.of(work.with_activities(partial(_sooner, kind, owner, value)))
        found.append(Earlier(kind, owner, estimate(gained), estimate(usd)))
    return found


def _still_to_come(work: PreparedDelivery) -> Iterator[tuple[str, str]]:
    first, last = work.programme.timeline.first, work.programme.timeline.last
    later = (i.entity for i in work.delivered if first < i.entity.planned_month <= last)
    yield from dict.fromkeys((entity.kind, entity.owner) for entity in later)


def _sooner(kind: str, owner: str, months: float, activity: Activity) -> Activity:
    """Return an activity some months earlier if it is work of that kind for that owner."""
    ours = activity.project == owner and activity.earliest_month is not None
    if not ours or not _is_work_of(kind, activity):
        return activity
    assert activity.earliest_month is not None
    return replace(activity, earliest_month=activity.earliest_month - months)


def _is_work_of(kind: str, activity: Activity) -> bool:
    found = kind_of(activity)
    return found == _KIND_OF_ENTITY[kind] or (kind == "phase" and found == "permission")


class _Gains:
    """Compares changed schedules with the one as drawn."""

    def __init__(self, work: PreparedDelivery, draws: int, threads: int) -> None:
        self.draws, self.threads = draws, threads
        timeline, programme = work.programme.timeline, work.programme
        years = np.arange(len(timeline)) / MONTHS_PER_YEAR + (
            timeline.first / MONTHS_PER_YEAR - programme.base_year
        )
        worth = programme.shortfall_usd_per_it_mw_year / MONTHS_PER_YEAR
        self.usd = worth * (1 + programme.discount_fraction) ** -years
        self.when = self._when(work)
        self.online = [self._online(work, i, when) for i, when in enumerate(self.when)]

    def of(self, changed: PreparedDelivery) -> tuple[Floats, Floats]:
        """Return IT MW-months and present value gained, each [draw]."""
        months, usd = np.zeros(self.draws), np.zeros(self.draws)
        for i, when in enumerate(self._when(changed)):
            if np.array_equal(when, self.when[i]):
                continue
            gain = self._online(changed, i, when).astype(np.float64) - self.online[i]
            months += gain.sum(axis=0)
            usd += self.usd @ gain
        return months, usd

    def _when(self, work: PreparedDelivery) -> list[Floats]:
        result = work.draw(self.draws, threads=self.threads)
        return [site.months(result.finish_months) for site in work.sites]

    def _online(self, work: PreparedDelivery, site: int, when: Floats) -> NDArray[np.float32]:
        months = len(work.programme.timeline)
        online = np.empty((months, self.draws), np.float32)
        code = np.empty((months, self.draws), np.int8)
        work.sites[site].layout.fill(when, online, code, self.threads)
        return online
