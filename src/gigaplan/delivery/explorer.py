"""Online compute again after a change, on the same worlds, quickly enough for a slider.

Each activity's random numbers hang on its name alone, so two looks differ by what was changed
and nothing else: their difference is far better known than either. What a look finds is what
`deliver` would find with as many draws. Only sites whose steps of capacity moved in some draw
are worked out again.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.timeline import MONTHS_PER_YEAR, Timeline
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_sites import ProgrammeSite
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import BOTTLENECKS, TargetChance

Floats = NDArray[np.float64]
_MOST_DRAWS = 100_000
_REACHED = 1e-3


@dataclass(frozen=True)
class Look:
    """Online compute of a programme.

    Parameters
    ----------
    timeline : Timeline
        The months.
    draws, seed : int
    shares : tuple of float
        Shares of draws that lie below each quantile.
    online_it_mw : ndarray, shape [share, month]
        Online compute of all sites, IT MW: a drawn value, as `numpy.quantile` with ``lower``.
    bottleneck_share : ndarray, shape [month, bottleneck]
        Share of site-draws that each of `BOTTLENECKS` holds.
    targets : tuple of TargetChance
        Chance of each year's target, with its standard error.
    moved : tuple of str
        Sites whose steps are not those of the look before.
    """

    timeline: Timeline
    draws: int
    seed: int
    shares: tuple[float, ...]
    online_it_mw: Floats
    bottleneck_share: Floats
    targets: tuple[TargetChance, ...]
    moved: tuple[str, ...]


@dataclass(frozen=True)
class _SiteLook:
    """What a site came to: its steps, and compute [month, draw] that follows from them."""

    site: ProgrammeSite
    when: Floats
    online_it_mw: NDArray[np.float32]
    bottlenecks: NDArray[np.int64]

    def holds_for(self, site: ProgrammeSite, when: Floats) -> bool:
        """Return whether the same steps come in the same months, in every draw."""
        ours, theirs = self.site.layout, site.layout
        return (
            ours.campuses == theirs.campuses
            and ours.pue == theirs.pue
            and ours.first_month == theirs.first_month
            and np.array_equal(ours.kind, theirs.kind)
            and np.array_equal(ours.mw, theirs.mw)
            and np.array_equal(ours.plan, theirs.plan)
            and np.array_equal(self.when, when)
        )


class Explorer:
    """A plan to be looked at again and again, with one thing changed each time.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    draws : int
        Worlds.
    seed : int, optional
        The programme's own if left out.
    shares : tuple of float
        Quantiles asked for.
    threads : int
        Threads that share the work; results do not depend on it.

    Notes
    -----
    A look replaces what is kept of the one before, so an explorer serves one caller at a time.

    Examples
    --------
    >>> explorer = Explorer(programme, plan)  # doctest: +SKIP
    >>> explorer.look().online_it_mw[1, -1]  # doctest: +SKIP
    >>> slower = with_value(programme, "sites.hyperion.connection_delay_months.p90", 48)
    ... # doctest: +SKIP
    >>> explorer.look(slower).moved  # doctest: +SKIP
    ('hyperion',)
    """

    def __init__(
        self,
        programme: ResolvedProgramme,
        plan: Plan,
        *,
        draws: int = 4096,
        seed: int | None = None,
        shares: tuple[float, ...] = (0.1, 0.5, 0.9),
        threads: int = 1,
    ) -> None:
        require(
            1 <= draws <= _MOST_DRAWS, f"{draws} draws were asked for; 1 to {_MOST_DRAWS} can be."
        )
        require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
        for share in shares:
            require(0 <= share <= 1, f"a quantile at {share:g} was asked for; 0 to 1 can be.")
        self.programme, self.plan = programme, plan
        self.draws, self.shares, self.threads = draws, shares, threads
        self.seed = programme.seed if seed is None else seed
        self._known: dict[str, _SiteLook] = {}
        self._first: PreparedDelivery | None = None
        self._spare: dict[str, NDArray[np.float32]] = {}
        self._sum, self._quantiles = np.empty((0, 0)), np.empty((0, 0))

    def look(self, programme: ResolvedProgramme | None = None, plan: Plan | None = None) -> Look:
        """Return online compute of a programme and plan, those of the explorer if left out.

        Raises
        ------
        InputError
            If the plan builds what the programme does not have, or a figure is out of range.
        """
        programme, plan = programme or self.programme, plan or self.plan
        work = PreparedDelivery(
            programme, plan, seed=self.seed, compute_only=True, like=self._first
        )
        self._first = self._first or work
        result = work.draw(self.draws, threads=self.threads)
        with ThreadPoolExecutor(self.threads) as pool:
            sites = list(pool.map(lambda site: self._site(site, result.finish_months), work.sites))
            moved = [look for look in sites if self._known.get(look.site.layout.name) is not look]
            changed = self._add_up(sites, moved, len(programme.timeline), pool)
            self._find_quantiles(changed, pool)
        self._known = {look.site.layout.name: look for look in sites}
        total = self._sum
        counts = np.zeros((total.shape[0], len(BOTTLENECKS)), np.int64)
        for look in sites:
            counts += look.bottlenecks
        return Look(
            timeline=programme.timeline,
            draws=self.draws,
            seed=self.seed,
            shares=self.shares,
            online_it_mw=self._quantiles.copy(),
            bottleneck_share=counts / (self.draws * max(1, len(sites))),
            targets=_targets(programme, total),
            moved=tuple(look.site.layout.name for look in moved),
        )

    def _site(self, site: ProgrammeSite, finish_months: Floats) -> _SiteLook:
        when = site.months(finish_months)
        known = self._known.get(site.layout.name)
        if known is not None and known.holds_for(site, when):
            return known
        months = site.layout.plan.shape[1]
        online = self._spare.pop(site.layout.name, None)
        if online is None or len(online) != months:
            online = np.empty((months, self.draws), np.float32)
        counts = np.zeros((months, len(BOTTLENECKS)), np.int64)
        site.layout.count(when, online, counts)
        return _SiteLook(site, when, online, counts)

    def _add_up(
        self, sites: list[_SiteLook], moved: list[_SiteLook], months: int, pool: ThreadPoolExecutor
    ) -> NDArray[np.int64]:
        """Bring the compute of all sites [month, draw] up to date; return the months that changed.

        Single precision leaves a sum of some sites room to be exact in double, so what a site had
        can be taken off again.
        """
        before = {look.site.layout.name: self._known.get(look.site.layout.name) for look in moved}
        steps: list[tuple[NDArray[np.float32], NDArray[np.float32] | None]] = []
        whole = self._sum.shape != (months, self.draws) or len(self._known) != len(sites)
        if whole or any(old is None for old in before.values()):
            self._sum = np.zeros((months, self.draws))
            self._quantiles = np.zeros((len(self.shares), months))
            whole = True
            steps += [(look.online_it_mw, None) for look in sites]
        else:
            steps += [
                (look.online_it_mw, old.online_it_mw)
                for look in moved
                if (old := before[look.site.layout.name]) is not None
            ]
        changed = np.full(months, whole)

        def add(span: tuple[int, int]) -> None:
            at, to = span
            for new, old in steps:
                self._sum[at:to] += new[at:to]
                if old is not None:
                    self._sum[at:to] -= old[at:to]
                    changed[at:to] |= np.any(new[at:to] != old[at:to], axis=1)

        list(pool.map(add, _spans(months)))
        for look in moved:
            old = before[look.site.layout.name]
            if old is not None:
                self._spare[look.site.layout.name] = old.online_it_mw  # memory for the next look
        return np.flatnonzero(changed)

    def _find_quantiles(self, months: NDArray[np.int64], pool: ThreadPoolExecutor) -> None:
        """Bring the quantiles of some months up to date."""
        place = np.floor(np.array(self.shares) * (self.draws - 1)).astype(np.int64)

        def find(span: tuple[int, int]) -> None:
            rows = months[span[0] : span[1]]
            self._quantiles[:, rows] = np.sort(self._sum[rows], axis=1)[:, place].T

        list(pool.map(find, _spans(len(months))))


def _spans(rows: int, each: int = 16) -> list[tuple[int, int]]:
    return [(at, min(at + each, rows)) for at in range(0, rows, each)]


def _targets(programme: ResolvedProgramme, total: Floats) -> tuple[TargetChance, ...]:
    out = []
    for year, target in zip(programme.years, programme.target_it_mw, strict=True):
        month = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
        if programme.timeline.first <= month <= programme.timeline.last:
            reached = total[month - programme.timeline.first] >= target - _REACHED
            share = float(reached.mean())
            error = float(np.sqrt(share * (1 - share) / reached.size))
            out.append(TargetChance(year, target, share, error))
    return tuple(out)
