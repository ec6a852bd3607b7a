"""Trajectories: what delivery draws and operations and finance share, by month and draw."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import Timeline

BOTTLENECKS: tuple[str, ...] = (
    "none",
    "permission",
    "hall",
    "chips",
    "connection",
    "power",
)
"""What can hold a site's compute back; ``none`` where every planned IT MW is online."""

DECADE_END = 2030
"""The year that is looked at first, where a programme has it."""

CAPEX_GROUPS: tuple[str, ...] = ("hall", "servers", "power", "connection")


@dataclass(frozen=True, slots=True)
class Entity:
    """One thing that is delivered: a unit of a project, a phase, a purchase or a connection step.

    ``kind`` is unit, phase, accelerator or connection; ``owner`` the project,
    campus or site; ``mw`` net MW of a unit or connection, IT MW of the others.
    """

    kind: str
    owner: str
    name: str
    site: str
    mw: float
    planned_month: int


@dataclass(frozen=True, slots=True)
class TargetChance:
    """Chance that the programme's online compute reaches a target by a year's end."""

    year: int
    target_it_mw: float
    probability: float
    standard_error: float


@dataclass(frozen=True)
class Trajectories:
    """Months first, draws last; draw d is the same world in every engine.

    Parameters
    ----------
    timeline : Timeline
        The months.
    draws, seed : int
        How many worlds, and the seed they come from.
    entities : tuple of Entity
        Everything delivered.
    online_month : ndarray, shape [entity, draw]
        Month number (fractional) of first service; infinity where never.
    cost_multiplier : ndarray, shape [entity, draw]
        Final over estimated capital cost.
    sites : tuple of str
        Sites with a campus, the order of the site axes.
    site_online_it_mw : ndarray, shape [site, month, draw]
        Online compute: IT MW with hall, chips and power.
    bottleneck : ndarray of int8, shape [site, month, draw]
        Position in `BOTTLENECKS`.
    capex_usd : mapping of group to ndarray, shape [month, draw]
        Capital by `CAPEX_GROUPS`, real base-year USD, what the programme itself pays.
    entity_capex_usd : ndarray, shape [entity, draw]
        Capital of each entity, real base-year USD, summed over months; zero for bought energy.
    targets : tuple of TargetChance
        Chance of each year's target.
    notes : tuple of str
        How the draws were made.
    """

    timeline: Timeline
    draws: int
    seed: int
    entities: tuple[Entity, ...]
    online_month: NDArray[np.float64]
    cost_multiplier: NDArray[np.float64]
    sites: tuple[str, ...]
    site_online_it_mw: NDArray[np.float32]
    bottleneck: NDArray[np.int8]
    capex_usd: Mapping[str, NDArray[np.float64]]
    entity_capex_usd: NDArray[np.float64]
    targets: tuple[TargetChance, ...]
    notes: tuple[str, ...] = ()

    def online_it_mw(self) -> NDArray[np.float64]:
        """Return the programme's online compute, IT MW, shape [month, draw]."""
        total: NDArray[np.float64] = self.site_online_it_mw.sum(axis=0, dtype=np.float64)
        return total

    def bottleneck_share(self) -> NDArray[np.float64]:
        """Return the share of site-draws each bottleneck holds back, shape [month, bottleneck]."""
        months = self.bottleneck.shape[1]
        cells = self.bottleneck.shape[0] * self.draws
        out = np.empty((months, len(BOTTLENECKS)))
        for month in range(months):
            counts = np.bincount(self.bottleneck[:, month].ravel(), minlength=len(BOTTLENECKS))
            out[month] = counts / cells
        return out


def headline_year(years: Iterable[int]) -> int | None:
    """Return the target year an answer is given for: 2030 if it is one, else the last."""
    found = sorted(years)
    if not found:
        return None
    return DECADE_END if DECADE_END in found else found[-1]
