"""What it would bring if one kind of thing came as planned, everything else as drawn.

All else being the same draws, the gain is known far better than either figure. Gains do not add
up: where two things are late, relieving either alone may bring nothing. One may be below zero in
a late year: chips that came sooner wear out sooner.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import standard_error
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import Duration, median_months
from gigaplan.delivery.model import Activity
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_sites import ProgrammeSite
from gigaplan.programme.trajectories import BOTTLENECKS

Floats = NDArray[np.float64]
RELIEVED = (*BOTTLENECKS[1:], "all")
"""What may come as planned, one at a time; and all of them."""

_NOT_GIVEN_UP_MONTHS = 1e6
_KIND_OF_ID = {"phase": "hall", "chips": "chips", "connection": "connection"}


@dataclass(frozen=True)
class Relief:
    """Gains at each year's end.

    Parameters
    ----------
    years : tuple of int
    relieved : tuple of str
        As `RELIEVED`.
    mean_it_mw : ndarray, shape [year]
        Mean of online compute as it is drawn.
    gain_it_mw, gain_error_it_mw : ndarray, shape [relieved, year]
        Mean of what is gained, and its standard error (paired draws).
    """

    years: tuple[int, ...]
    relieved: tuple[str, ...]
    mean_it_mw: Floats
    gain_it_mw: Floats
    gain_error_it_mw: Floats


def bottleneck_relief(work: PreparedDelivery, draws: int, *, threads: int = 1) -> Relief:
    """Return what relieving each bottleneck would bring, by year, on common draws.

    The work of that kind is then never late: permission and connection come without delay or
    refusal, the stages of power, halls and chips take at most their medians, no project is given
    up, and no design stands still. What waits for that work moves with it.

    Parameters
    ----------
    work : PreparedDelivery
    draws : int
        Worlds.
    threads : int
        Threads that share them; results do not depend on it.
    """
    timeline = work.programme.timeline
    months = [
        MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
        for year in work.programme.years
        if timeline.first <= MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1 <= timeline.last
    ]
    drawn = _online(work, months, draws, threads)
    gain, error = [], []
    for kind in RELIEVED:
        eased = work.with_activities(partial(_eased, kind))
        more = _online(eased, months, draws, threads) - drawn
        gain.append(more.mean(axis=1))
        error.append(standard_error(more))
    return Relief(
        years=tuple(month // MONTHS_PER_YEAR for month in months),
        relieved=RELIEVED,
        mean_it_mw=drawn.mean(axis=1),
        gain_it_mw=np.array(gain),
        gain_error_it_mw=np.array(error),
    )


def kind_of(activity: Activity) -> str:
    """Return which of `BOTTLENECKS` an activity is the work of."""
    if stage_of(activity) == "permission":
        return "permission"
    return _KIND_OF_ID.get(activity.id.partition(" ")[0], "power")


def stage_of(activity: Activity) -> str:
    """Return the stage that an activity's id ends with, or licence, or fate."""
    for stage in ("licence", "fate"):
        if activity.id.startswith(f"{stage} of "):
            return stage
    return activity.id.rpartition(".")[2]


def _eased(relieved: str, activity: Activity) -> Activity:
    """Return an activity as planned if it is of the kind that is relieved."""
    kind = kind_of(activity)
    if relieved not in (kind, "all"):
        return activity
    if stage_of(activity) == "fate":
        return replace(activity, duration=_NOT_GIVEN_UP_MONTHS)
    if kind in ("permission", "connection"):
        length: Duration | float = 0.0
    else:
        length = _AtMost(activity.duration, median_months(activity.duration))
    return replace(activity, duration=length, approval=None, design=None)


@dataclass(frozen=True)
class _AtMost:
    """A length that is cut off at some months: a fast draw stays fast."""

    duration: Duration | float
    months: float

    def at_scores(self, z: Floats) -> Floats:
        """Return months at normal scores."""
        if isinstance(self.duration, int | float):
            return np.full(z.shape, min(float(self.duration), self.months))
        return np.minimum(self.duration.at_scores(z), self.months)


def _online(work: PreparedDelivery, months: list[int], draws: int, threads: int) -> Floats:
    """Return online compute of all sites, shape [month asked for, draw]."""
    result = work.draw(draws, threads=threads)
    when = [site.months(result.finish_months) for site in work.sites]
    return np.array([online_in(work, when, month) for month in months])


def online_in(work: PreparedDelivery, when: list[Floats], month: int) -> Floats:
    """Return online compute of all sites in one absolute month, shape [draw]."""
    out = np.zeros(when[0].shape[1] if when else 0)
    for site, at in zip(work.sites, when, strict=True):
        out += site.layout.online_in(at, month)
    return out


def step_kinds(site: ProgrammeSite) -> NDArray[np.int64]:
    """Return the position in `BOTTLENECKS` of what each step of a site is, shape [step]."""
    kind, power = site.layout.kind, 3 * site.layout.campuses
    return np.asarray(np.where(kind < power, 1 + kind % 3, 4 + kind - power))
