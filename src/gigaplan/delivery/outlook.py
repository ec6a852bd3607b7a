"""A plan's delivery in quantiles, from any number of draws in memory that does not grow.

Draws are made in parts of 1,024 and counted (`core.quantile_sketch`); none is kept. Chances and
bottlenecks are exact counts. A part's numbers depend on its draws alone, and parts are added in
their order, so results do not depend on the threads.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.quantile_sketch import QuantileSketch
from gigaplan.core.timeline import MONTHS_PER_YEAR, Timeline
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.months._kernels import yearly_spend
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import BOTTLENECKS, CAPEX_GROUPS, Entity, TargetChance

Floats = NDArray[np.float64]
SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
PART = 1024
"""Draws that are worked on at once."""

_SITE_CELLS = 512  # a site's compute moves in steps, each of which has a cell to itself
_MONEY_CELLS = 8192  # a year's money may be a few thousand dollars or a hundred billion
_MOST_DRAWS = 50_000_000
_REACHED = 1e-3


@dataclass(frozen=True)
class Outlook:
    """What is online when, and what it costs: quantiles over draws.

    Parameters
    ----------
    timeline : Timeline
        The months.
    draws, seed : int
        How many worlds, and the seed they come from.
    shares : tuple of float
        Shares of draws that lie below each quantile.
    sites : tuple of str
    entities : tuple of Entity
        Everything delivered.
    online_it_mw : ndarray, shape [share, month]
        Online compute of all sites, IT MW.
    online_error_it_mw : ndarray, shape [share, month]
        Its standard error: half the distance between the quantiles one standard error of the
        rank below and above.
    mean_online_it_mw, mean_error_it_mw : ndarray, shape [month]
        Mean of online compute, and its standard error.
    site_online_it_mw : ndarray, shape [share, site, quarter]
        In the last month of each quarter.
    entity_month : ndarray, shape [share, entity]
        Month number (fractional) of first service; infinity where never.
    entity_never : ndarray, shape [entity]
        Share of draws in which it never comes.
    entity_capex_usd : ndarray, shape [share, entity]
        Capital over all months, base-year USD.
    capex_by_year_usd : mapping of group to ndarray, shape [share, year]
        Capital by `CAPEX_GROUPS` and for ``all``, base-year USD.
    capex_to_date_usd : ndarray, shape [share, year]
        Capital of all groups up to a year's end.
    quarters : tuple of int
        Month number that each quarter ends with.
    years : tuple of int
        Of the year axes.
    bottleneck_share : ndarray, shape [month, bottleneck]
        Share of site-draws that each of `BOTTLENECKS` holds.
    targets : tuple of TargetChance
    """

    timeline: Timeline
    draws: int
    seed: int
    shares: tuple[float, ...]
    sites: tuple[str, ...]
    entities: tuple[Entity, ...]
    online_it_mw: Floats
    online_error_it_mw: Floats
    mean_online_it_mw: Floats
    mean_error_it_mw: Floats
    site_online_it_mw: Floats
    entity_month: Floats
    entity_never: Floats
    entity_capex_usd: Floats
    capex_by_year_usd: Mapping[str, Floats]
    capex_to_date_usd: Floats
    quarters: tuple[int, ...]
    years: tuple[int, ...]
    bottleneck_share: Floats
    targets: tuple[TargetChance, ...]


def outlook(
    programme: ResolvedProgramme,
    plan: Plan,
    *,
    draws: int = 100_000,
    seed: int | None = None,
    threads: int = 1,
    shares: Sequence[float] = SHARES,
    progress: Callable[[float], None] = lambda share: None,
) -> Outlook:
    """Return quantiles of when a plan is delivered, what it costs, and what is online.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    draws : int
        Worlds; they are those of `deliver`, draw for draw.
    seed : int, optional
        The programme's own if left out.
    threads : int
        Threads that share the draws; results do not depend on it, to the last bit.
    shares : sequence of float
        Quantiles asked for, from 0 to 1.
    progress : callable
        Called with the share of the draws that is done.

    Raises
    ------
    InputError
        If the plan builds what the programme does not have, or the numbers are out of range.
    """
    require(1 <= draws <= _MOST_DRAWS, f"{draws} draws were asked for; 1 to {_MOST_DRAWS} can be.")
    require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
    for share in shares:
        require(0 <= share <= 1, f"a quantile at {share:g} was asked for; 0 to 1 can be.")
    work = PreparedDelivery(programme, plan, seed=seed)
    counted = _Counted(work, min(draws, PART))
    parts = range(0, draws, PART)
    sums = _Sums.zero(work)
    with ThreadPoolExecutor(threads) as pool:
        found = pool.map(lambda at: counted.count(at, min(PART, draws - at)), parts)
        for at, part in zip(parts, found, strict=True):
            sums.add(part)
            progress(min(1.0, (at + PART) / draws))
    return _summed_up(work, counted, sums, draws, tuple(shares))


@dataclass
class _Part:
    """What is drawn in a part: [row, draw] of each kind; online by site is handed on as made."""

    total: Floats
    result: SimulationResult
    entity_usd: Floats
    year_usd: Floats


@dataclass
class _Sums:
    """What is added up over the parts in their order."""

    online: Floats
    square: Floats
    reached: NDArray[np.int64]
    bottleneck: NDArray[np.int64]

    @classmethod
    def zero(cls, work: PreparedDelivery) -> _Sums:
        months, years = len(work.programme.timeline), len(work.programme.years)
        return cls(
            np.zeros(months),
            np.zeros(months),
            np.zeros(years, np.int64),
            np.zeros((months, len(BOTTLENECKS)), np.int64),
        )

    def add(self, part: _Sums) -> None:
        self.online += part.online
        self.square += part.square
        self.reached += part.reached
        self.bottleneck += part.bottleneck


class _Counted:
    """Sketches of all rows, which parts are counted into from any thread."""

    def __init__(self, work: PreparedDelivery, pilot_draws: int) -> None:
        self.work, self.sites = work, work.sites
        timeline = work.programme.timeline
        month = np.arange(timeline.first, timeline.last + 1)
        self.years = tuple(int(y) for y in np.unique(month // MONTHS_PER_YEAR))
        self._quarter = np.flatnonzero(month % 3 == 2)
        self.quarters = tuple(int(m) for m in month[self._quarter])
        self._year = month // MONTHS_PER_YEAR - self.years[0]
        self._lock = [Lock() for _ in range(len(self.sites) + 4)]
        self.site: list[QuantileSketch] = []
        pilot = self._draw(
            0,
            pilot_draws,
            lambda i, online: self.site.append(QuantileSketch(online[self._quarter], _SITE_CELLS)),
            _Sums.zero(work).bottleneck,
        )
        self.total = QuantileSketch(pilot.total)
        self.entity_month = QuantileSketch(pilot.result.finish_months[work.last])
        self.entity_usd = QuantileSketch(pilot.entity_usd)
        self.year_usd = QuantileSketch(pilot.year_usd, _MONEY_CELLS)

    def count(self, first_draw: int, draws: int) -> _Sums:
        """Count a part's draws; return what is to be added up in the parts' order."""
        sums = _Sums.zero(self.work)
        part = self._draw(first_draw, draws, self._count_site, sums.bottleneck)
        found = (
            (self.total, part.total),
            (self.entity_month, part.result.finish_months[self.work.last]),
            (self.entity_usd, part.entity_usd),
            (self.year_usd, part.year_usd),
        )
        for lock, (sketch, values) in zip(self._lock[len(self.sites) :], found, strict=True):
            with lock:
                sketch.count(values)
        sums.online[:] = part.total.sum(axis=1)
        sums.square[:] = np.einsum("md,md->m", part.total, part.total)
        for i, (month, target) in enumerate(self.targets()):
            if month >= 0:
                sums.reached[i] = np.count_nonzero(part.total[month] >= target - _REACHED)
        return sums

    def targets(self) -> list[tuple[int, float]]:
        """Return the month, -1 if it is not among those counted, and IT MW of each target."""
        programme = self.work.programme
        out = []
        for year, target in zip(programme.years, programme.target_it_mw, strict=True):
            month = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
            inside = programme.timeline.first <= month <= programme.timeline.last
            out.append((month - programme.timeline.first if inside else -1, target))
        return out

    def _count_site(self, i: int, online: NDArray[np.float32]) -> None:
        with self._lock[i]:
            self.site[i].count(online[self._quarter])

    def _draw(
        self,
        first_draw: int,
        draws: int,
        take_site: Callable[[int, NDArray[np.float32]], object],
        bottlenecks: NDArray[np.int64],
    ) -> _Part:
        work, months = self.work, len(self.work.programme.timeline)
        result = work.draw(draws, first_draw=first_draw)
        money = work.capital(result, first_draw=first_draw)
        year_usd = np.empty((len(CAPEX_GROUPS), len(self.years), draws))
        yearly_spend(money.change_usd, self._year, year_usd)
        total = np.zeros((months, draws))
        online = np.empty((months, draws), np.float32)
        for i, site in enumerate(self.sites):
            site.layout.count(site.months(result.finish_months), online, bottlenecks)
            total += online
            take_site(i, online)
        spent = year_usd.sum(axis=0)
        by_year = [*year_usd, spent, np.cumsum(spent, axis=0)]
        return _Part(total, result, money.by_entity_usd, np.concatenate(by_year))


def _summed_up(
    work: PreparedDelivery,
    counted: _Counted,
    sums: _Sums,
    draws: int,
    shares: tuple[float, ...],
) -> Outlook:
    """Return the outlook from what was counted and added up."""
    p, years = np.array(shares), len(counted.years)
    error = np.sqrt(p * (1 - p) / draws)
    quantiles = [counted.total.quantiles(np.clip(p + e, 0, 1)) for e in (0.0, -error, error)]
    mean = sums.online / draws
    variance = np.maximum(sums.square / draws - mean**2, 0.0)
    money = counted.year_usd.quantiles(p).reshape(len(p), -1, years)
    groups = (*CAPEX_GROUPS, "all")
    sites = [sketch.quantiles(p) for sketch in counted.site]
    return Outlook(
        timeline=work.programme.timeline,
        draws=draws,
        seed=work.seed,
        shares=shares,
        sites=tuple(site.layout.name for site in counted.sites),
        entities=tuple(item.entity for item in work.delivered),
        online_it_mw=quantiles[0],
        online_error_it_mw=(quantiles[2] - quantiles[1]) / 2,
        mean_online_it_mw=mean,
        mean_error_it_mw=np.sqrt(variance / draws),
        site_online_it_mw=np.stack(sites, axis=1)
        if sites
        else np.zeros((len(p), 0, len(counted.quarters))),
        entity_month=counted.entity_month.quantiles(p),
        entity_never=counted.entity_month.infinite / draws,
        entity_capex_usd=counted.entity_usd.quantiles(p),
        capex_by_year_usd={g: money[:, i] for i, g in enumerate(groups)},
        capex_to_date_usd=money[:, -1],
        quarters=counted.quarters,
        years=counted.years,
        bottleneck_share=sums.bottleneck / (draws * max(1, len(counted.sites))),
        targets=_chances(work.programme, counted, sums, draws),
    )


def _chances(
    programme: ResolvedProgramme, counted: _Counted, sums: _Sums, draws: int
) -> tuple[TargetChance, ...]:
    out = []
    for year, (month, target), reached in zip(
        programme.years, counted.targets(), sums.reached, strict=True
    ):
        if month >= 0:
            share = float(reached) / draws
            out.append(
                TargetChance(year, target, share, float(np.sqrt(share * (1 - share) / draws)))
            )
    return tuple(out)
