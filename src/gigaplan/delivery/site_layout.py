"""One site's steps of capacity, laid out for the compiled loop, and what its plan brings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gigaplan.delivery.months._kernels import add_up_site
from gigaplan.delivery.parallel import over_draws

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class SiteLayout:
    """Steps of capacity of a site, and its plan by month.

    Parameters
    ----------
    name : str
    campuses : int
    pue : float
        Facility MW per IT MW.
    first_month : int
        Absolute month of the month axis' beginning.
    kind : ndarray of int, shape [step]
        Row of capacity: permission, hall, chips of each campus, then connection and generation.
    mw : ndarray, shape [step]
        What each step adds; less than zero for what leaves.
    planned_months : ndarray, shape [step]
        Month of each step in the plan.
    plan : ndarray, shape [3, month]
        IT MW online, connection and generation if every step comes when planned.
    """

    name: str
    campuses: int
    pue: float
    first_month: int
    kind: NDArray[np.int64]
    mw: Floats
    planned_months: Floats
    plan: Floats

    def fill(
        self,
        when: Floats,
        online: NDArray[np.float32],
        bottleneck: NDArray[np.int8],
        threads: int = 1,
    ) -> None:
        """Fill online and bottleneck [month, draw] from the month of each step, [step, draw]."""
        unused = np.zeros((0, 0), np.int64)
        over_draws(
            lambda at, to: self._add_up(when, at, to, online, bottleneck, unused),
            when.shape[1],
            threads,
        )

    def count(self, when: Floats, online: NDArray[np.float32], counts: NDArray[np.int64]) -> None:
        """Fill online as `fill` does, and add bottlenecks to counts[month, bottleneck]."""
        not_kept = np.empty((0, 0), np.int8)
        self._add_up(when, 0, when.shape[1], online, not_kept, counts)

    def online_in(self, when: Floats, month: int) -> Floats:
        """Return online IT MW in one absolute month, shape [draw]."""
        alone = replace(self, first_month=month, plan=np.zeros((3, 1)))
        online = np.empty((1, when.shape[1]), np.float32)
        alone.count(when, online, np.zeros((1, 1), np.int64))
        found: Floats = online[0].astype(np.float64)
        return found

    def _add_up(
        self,
        when: Floats,
        at: int,
        to: int,
        online: NDArray[np.float32],
        bottleneck: NDArray[np.int8],
        counts: NDArray[np.int64],
    ) -> None:
        add_up_site(
            self.kind,
            self.mw,
            when,
            self.campuses,
            self.pue,
            self.first_month,
            self.plan,
            at,
            to,
            online,
            bottleneck,
            counts,
        )


def lay_out_site(
    name: str,
    rows: Sequence[tuple[Sequence[float] | Floats, Sequence[float] | Floats]],
    *,
    campuses: int,
    pue: float,
    first_month: int,
    months: int,
) -> SiteLayout:
    """Return a site's layout from MW and planned months of the steps of each row of capacity."""
    kind = np.repeat(np.arange(len(rows)), [len(mw) for mw, _ in rows])
    mw = np.concatenate([np.asarray(mw, np.float64) for mw, _ in rows])
    planned = np.concatenate([np.asarray(when, np.float64) for _, when in rows])
    plan = np.zeros((3, months))
    calendar = np.arange(first_month, first_month + months)
    for row in (0, 1):
        chosen = kind == 3 * campuses + row
        live = planned[chosen][:, None] <= calendar[None, :]
        plan[row + 1] = (mw[chosen][:, None] * live).sum(axis=0)
    layout = SiteLayout(name, campuses, pue, first_month, kind, mw, planned, plan)
    online, unused = np.empty((months, 1), np.float32), np.empty((months, 1), np.int8)
    layout.fill(np.ascontiguousarray(planned[:, None]), online, unused)
    plan[0] = online[:, 0]
    return layout
