"""What delivery and operations say of a programme, as the blocks of draws are made from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.credits import CreditLaw
from gigaplan.finance.flows import AssetClass
from gigaplan.finance.worlds._kernels import in_service, mean_in_service, share_of_spending
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import Trajectories

GROUP_OF_KIND: Mapping[str, str] = {
    "unit": "power",
    "phase": "hall",
    "accelerator": "servers",
    "connection": "connection",
}


@dataclass(frozen=True)
class Sources:
    """What every block is made from.

    ``credits`` holds the law of each credit by its name in the programme; ``first_draw`` is the
    number of the first world of ``trajectories``.
    """

    programme: ResolvedProgramme
    plan: Plan
    trajectories: Trajectories
    operating: OperatingSummary
    assets: Mapping[str, AssetClass]
    credits: Mapping[str, CreditLaw]
    first_draw: int = 0

    @property
    def months(self) -> int:
        """Months of the cash flows."""
        return len(self.programme.timeline)

    @property
    def first_month(self) -> int:
        """Month number of the first."""
        return self.programme.timeline.first

    @cached_property
    def calendar(self) -> NDArray[np.int64]:
        """Calendar year of each month."""
        return (self.first_month + np.arange(self.months)) // MONTHS_PER_YEAR

    @cached_property
    def planning_year(self) -> NDArray[np.int64]:
        """Return the place of the planning year whose energy each month has: its own or the last.

        Months before the first have the first's.
        """
        planned = np.array(self.operating.years)
        place = np.searchsorted(planned, self.calendar, side="right") - 1
        return np.clip(place, 0, len(planned) - 1)

    @cached_property
    def _positions(self) -> Mapping[tuple[str, str], list[int]]:
        found: dict[tuple[str, str], list[int]] = {}
        for i, entity in enumerate(self.trajectories.entities):
            found.setdefault((entity.kind, entity.owner), []).append(i)
        return found

    def entities(self, kind: str, *owners: str) -> list[int]:
        """Return positions of the entities of a kind, of some owners if given."""
        chosen = owners or [owner for (k, owner) in self._positions if k == kind]
        return sorted(i for owner in chosen for i in self._positions.get((kind, owner), []))

    def aligned(self, values: NDArray[np.floating], *, hold: bool) -> Array:
        """Return [month, draw] on the finance months; past delivery's end held or nought."""
        shift = self.first_month - self.trajectories.timeline.first
        position = np.arange(self.months) + shift
        inside = np.clip(position, 0, len(values) - 1)
        out = np.asarray(values, dtype=np.float64)[inside]
        out[position < 0] = 0.0
        if not hold:
            out[position >= len(values)] = 0.0
        return out

    def online_mw(self, positions: list[int], part: slice, first: int = 0) -> Array:
        """Return net MW of some entities in service, [month, draw], from row `first` on."""
        return self._serving(positions, np.inf, part, first)

    def serving_mw(self, project: str, part: slice, first: int = 0) -> Array:
        """Return MW of a power project's units in service, [month, draw], from row `first` on.

        A unit leaves at the end of its life or contract, as in delivery and operations, if that
        is within the planning years; what ends later is taken as renewed on the same terms,
        since energy is held at what it costs in the last of them.
        """
        return self._serving(self.entities("unit", project), self._stay(project), part, first)

    def power_mw(self, site: str, part: slice, first: int) -> Array:
        """Return facility MW of connection and firm generation at a site, from row `first` on."""
        positions = self.entities("connection", site)
        stays, shares = [np.inf] * len(positions), [1.0] * len(positions)
        for name, project in self.programme.power.items():
            if project.site == site:
                units = self.entities("unit", name)
                share = 1.0 if project.resource == "firm" else project.capacity_credit_fraction
                positions = positions + units
                stays += [self._stay(name)] * len(units)
                shares += [share] * len(units)
        return self._serving(positions, np.array(stays), part, first, np.array(shares))

    def generation_mw(self, accelerator: str, stay_months: float, part: slice) -> Array:
        """Return IT MW of an accelerator in service, wherever it stands, [month, draw]."""
        return self._serving(self._of_generation.get(accelerator, []), stay_months, part, 0)

    @cached_property
    def _of_generation(self) -> Mapping[str, list[int]]:
        found: dict[str, list[int]] = {}
        for i in self.entities("accelerator"):
            # named by generation and year of purchase
            generation = self.trajectories.entities[i].name.rpartition("-")[0]
            found.setdefault(generation, []).append(i)
        return found

    def serving_by_year(self, project: str, part: slice) -> Array:
        """Return the mean over each planning year of a project's MW in service, [year, draw]."""
        online, mw = self._named(self.entities("unit", project), part)
        ends = self.first_month + self.months
        # Years of operations that begin or end beyond the months count the months there are.
        january = MONTHS_PER_YEAR * np.array(self.operating.years, np.int64)
        begin, end = np.maximum(january, self.first_month), np.minimum(january + 12, ends)
        out = np.zeros((len(begin), online.shape[1]))
        mean_in_service(online, mw, self._stay(project), self._last, begin, end, out)
        return out

    def _stay(self, project: str) -> float:
        figures, contract = self.programme.power[project], self.programme.power[project].contract
        years = figures.life_years if contract.kind == "own" else contract.term_years
        return float(MONTHS_PER_YEAR * years)

    @property
    def _last(self) -> int:
        last = MONTHS_PER_YEAR * (self.programme.years[-1] + 1)
        return min(last, self.first_month + self.months)

    def _named(self, positions: list[int], part: slice) -> tuple[Array, Array]:
        online = self.trajectories.online_month[positions, part]
        return online, np.array([self.trajectories.entities[i].mw for i in positions], np.float64)

    def _serving(
        self,
        positions: list[int],
        stay: float | Array,
        part: slice,
        first: int,
        shares: float | Array = 1.0,
    ) -> Array:
        online, mw = self._named(positions, part)
        total = np.empty((self.months - first, online.shape[1]))
        stays = np.zeros(len(mw)) + stay
        in_service(online, mw * shares, stays, self.first_month + first, self._last, total)
        return total

    def first_service(self, positions: list[int], part: slice) -> NDArray[np.int64]:
        """Return the row in which the first of some entities serves, [draw].

        One past the end where none is built in time.
        """
        online = self.trajectories.online_month[positions, part]
        built = self.trajectories.entity_capex_usd[positions, part] > 0
        never = float(self.months + 1)
        rows = np.where(built & np.isfinite(online), online - self.first_month, never)
        first = np.ceil(rows.min(axis=0, initial=never))
        result: NDArray[np.int64] = np.clip(first, 0, never).astype(np.int64)
        return result

    def share_of_spending(
        self, kind: str, chosen: list[int], months_before: Mapping[int, float], part: slice
    ) -> Array:
        """Return the share that some entities have of what a kind spends, [month, draw].

        Each spends evenly over its months before service, in `months_before` by position.
        """
        positions, trajectories = self.entities(kind), self.trajectories
        share = np.empty((self.months, trajectories.online_month[0, part].size))
        share_of_spending(
            trajectories.online_month[positions, part],
            np.array([float(trajectories.entities[i].planned_month) for i in positions]),
            np.array([max(1, round(months_before[i])) for i in positions]),
            np.asarray(trajectories.entity_capex_usd[positions, part], np.float64),
            np.isin(positions, chosen),
            self.first_month,
            share,
        )
        return share


def server_life_months(sources: Sources) -> int:
    """Return the planned purchases' mean life."""
    figures, bought = sources.programme.accelerators, sources.plan.accelerators
    weight = sum(purchase.it_mw for purchase in bought)
    if weight <= 0:
        return round(MONTHS_PER_YEAR * sources.programme.finance.book_life_servers_years)
    life = sum(p.it_mw * figures[p.accelerator].life_years for p in bought) / weight
    return max(1, round(MONTHS_PER_YEAR * life))
