"""What must go right for a target: worlds that meet it beside those that miss it.

The conditions are that each project, campus and connection comes within a year of its plan. A
target that hardly any world meets, or misses, tells nothing apart: the best tenth of the worlds
is then set against the others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.explain import MustGoRight, what_must_go_right
from gigaplan.programme.trajectories import Trajectories

WITHIN_MONTHS = 12
_RARE = 0.05
_BEST = 0.9


@dataclass(frozen=True)
class Headline:
    """The outcome that worlds are parted by.

    Parameters
    ----------
    year : int
    wanted_it_mw : float
        Online at the year's end: the target, or the best tenth's least.
    is_target : bool
    met : ndarray of bool, shape [draw]
    """

    year: int
    wanted_it_mw: float
    is_target: bool
    met: NDArray[np.bool_]


def headline(trajectories: Trajectories, year: int) -> Headline:
    """Return what worlds are parted by at a year's end."""
    month = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1 - trajectories.timeline.first
    online = trajectories.site_online_it_mw[:, month].sum(axis=0, dtype=np.float64)
    for target in trajectories.targets:
        if target.year == year and _RARE <= target.probability <= 1 - _RARE:
            met = online >= target.target_it_mw - 1e-3
            return Headline(year, target.target_it_mw, True, met)
    least = float(np.quantile(online, _BEST))
    return Headline(year, least, False, online >= least - 1e-3)


def must_go_right(trajectories: Trajectories, outcome: Headline) -> MustGoRight:
    """Return what tells the worlds that meet an outcome from the others.

    Conditions are named ``kind|owner``: all that is planned by the year's end of a project
    (unit), campus (phase, accelerator) or site (connection) comes within a year of its plan.
    """
    last = MONTHS_PER_YEAR * outcome.year + MONTHS_PER_YEAR - 1
    holds: dict[str, NDArray[np.bool_]] = {}
    for entity, month in zip(trajectories.entities, trajectories.online_month, strict=True):
        if entity.planned_month <= last:
            name = f"{entity.kind}|{entity.owner}"
            in_time = month <= entity.planned_month + WITHIN_MONTHS
            holds[name] = holds[name] & in_time if name in holds else in_time
    return what_must_go_right(outcome.met, holds)
