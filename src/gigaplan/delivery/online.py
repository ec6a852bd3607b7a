"""Online compute: IT MW that has permission, a hall, chips and power in the same month.

At a site, campus c could run ``ready_c = min(permission_c, hall_c, chips_c)``; the site has
power for ``(connection + generation) / (PUE x load factor)`` IT MW, shared among its campuses;
so ``online = min(sum_c ready_c, power)``. Capacity counts from the first whole month after its
date.

The bottleneck of a month and draw is `none` where what was planned for that month is online.
Otherwise it is the least of permission, hall, chips and power (the first of equals: a phase
without permission has no hall either). Power is the `connection` where connection is further
behind its plan than generation, in MW, and else `power`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.site_layout import lay_out_site

Floats = NDArray[np.float64]
KINDS: tuple[str, ...] = ("none", "permission", "hall", "chips", "connection", "power")
"""Bottleneck codes, by position."""


@dataclass(frozen=True)
class Capacity:
    """Steps of capacity of one kind.

    Parameters
    ----------
    mw : ndarray, shape [step]
        What each step adds; less than zero for what leaves.
    months : ndarray, shape [step, draw]
        Absolute month of each step in each draw; infinity where never.
    planned_months : ndarray, shape [step]
        Month of each step in the plan.
    """

    mw: Floats
    months: Floats
    planned_months: Floats

    def __post_init__(self) -> None:
        require(
            self.months.ndim == 2 and len(self.mw) == len(self.months) == len(self.planned_months),
            f"{len(self.mw)} steps of capacity have {len(self.months)} rows of months and "
            f"{len(self.planned_months)} planned months; as many are needed.",
        )
        require(
            not (np.isnan(self.months).any() or np.isnan(self.mw).any()),
            "a step of capacity has no number; give MW and a month, infinity for never.",
        )


@dataclass(frozen=True)
class CampusCapacity:
    """IT MW of a campus that is permitted, built, and filled with chips."""

    name: str
    permission: Capacity
    hall: Capacity
    chips: Capacity


@dataclass(frozen=True)
class SiteCapacity:
    """A site: its campuses in IT MW, its power in facility MW.

    Parameters
    ----------
    name : str
    campuses : sequence of CampusCapacity
    connection, generation : Capacity
        Facility MW of grid connection, and of firm generation behind the meter.
    pue : float
        Facility MW per IT MW, 1 or more. Compute is online only with power for all its chips at
        full load at once.
    """

    name: str
    campuses: Sequence[CampusCapacity]
    connection: Capacity
    generation: Capacity
    pue: float

    def __post_init__(self) -> None:
        require(self.pue >= 1, f"PUE of '{self.name}' is {self.pue:g}; 1 or more is allowed.")

    @property
    def rows(self) -> list[Capacity]:
        """Permission, hall and chips of each campus, then connection and generation."""
        of_campus = [c for x in self.campuses for c in (x.permission, x.hall, x.chips)]
        return [*of_campus, self.connection, self.generation]


@dataclass(frozen=True)
class OnlineCompute:
    """Online compute by site.

    Parameters
    ----------
    sites : tuple of str
    first_month : int
        Absolute month of the month axis' beginning.
    online_it_mw : ndarray of float32, shape [site, month, draw]
    bottleneck : ndarray of int8, shape [site, month, draw]
        Position in `KINDS`.
    planned_it_mw : ndarray, shape [site, month]
        What is online if every step comes when planned.
    """

    sites: tuple[str, ...]
    first_month: int
    online_it_mw: NDArray[np.float32]
    bottleneck: NDArray[np.int8]
    planned_it_mw: Floats

    def total_it_mw(self) -> Floats:
        """Return online compute of all sites, shape [month, draw]."""
        total: Floats = self.online_it_mw.sum(axis=0, dtype=np.float64)
        return total

    def bottleneck_share(self) -> Floats:
        """Return the share of site-draws that each bottleneck holds, shape [month, kind]."""
        return np.stack(
            [(self.bottleneck == code).mean(axis=(0, 2)) for code in range(len(KINDS))], axis=1
        )

    def target_probability(self, month: int, target_it_mw: float) -> Estimate:
        """Return the chance that all sites together reach a target in an absolute month."""
        return chance_of(self.online_it_mw[:, month - self.first_month], target_it_mw)


def chance_of(online_it_mw: NDArray[np.float32], target_it_mw: float) -> Estimate:
    """Return the chance that sites [site, draw] together reach a target."""
    reached = online_it_mw.sum(axis=0, dtype=np.float64) >= target_it_mw - 1e-3
    share = float(reached.mean())
    return Estimate(share, float(np.sqrt(share * (1 - share) / reached.size)))


def online_compute(
    sites: Sequence[SiteCapacity],
    *,
    first_month: int,
    months: int,
    draws: int,
    threads: int = 1,
) -> OnlineCompute:
    """Return online compute and its bottleneck by site, month and draw.

    Parameters
    ----------
    sites : sequence of SiteCapacity
    first_month, months : int
        The months asked for, from an absolute month on.
    draws : int
        Draws that every step's months have.
    threads : int
        Threads that share the draws; results do not depend on it.

    Raises
    ------
    InputError
        If months of a step have another number of draws.
    """
    require(months >= 1, f"{months} months were asked for; 1 or more can be.")
    online = np.empty((len(sites), months, draws), np.float32)
    bottleneck = np.empty((len(sites), months, draws), np.int8)
    planned = np.empty((len(sites), months))
    for i, site in enumerate(sites):
        for row in site.rows:
            require(
                row.months.shape[1] == draws,
                f"a step of '{site.name}' has {row.months.shape[1]} draws; {draws} are needed.",
            )
        layout = lay_out_site(
            site.name,
            [(row.mw, row.planned_months) for row in site.rows],
            campuses=len(site.campuses),
            pue=site.pue,
            first_month=first_month,
            months=months,
        )
        when = np.concatenate([row.months for row in site.rows])
        layout.fill(when, online[i], bottleneck[i], threads)
        planned[i] = layout.plan[0]
    return OnlineCompute(
        tuple(site.name for site in sites), first_month, online, bottleneck, planned
    )
