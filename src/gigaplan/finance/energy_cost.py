"""What energy costs a programme: every contract priced, by planning year, then by month.

Operations gives energy by planning year and draw. Within a planning year cost follows
online compute. A month of a year that is not planned costs what the planning year
before it did in that draw, plus, for each IT MW online beyond that year's mean, the
mean cost per IT MW over all draws of that year: a draw whose compute came late would
else be priced by the few MW it had.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources
from gigaplan.finance.held_compute import online_it_mw
from gigaplan.finance.worlds._kernels import months_of_years

_HOURS_PER_YEAR = 8760.0
_BLOCK = 200


@dataclass(frozen=True)
class EnergyBook:
    """Yearly energy of all draws, [year, draw], and its means per IT MW over draws, [year].

    Parameters
    ----------
    cost_usd, load_mwh, mean_it_mw : array, shape [year, draw]
        Real USD with every contract's charge, facility energy, mean online compute.
    cost_per_it_mw, load_per_it_mw : array, shape [year]
        Sums over draws, divided.
    """

    cost_usd: Array
    load_mwh: Array
    mean_it_mw: Array
    cost_per_it_mw: Array
    load_per_it_mw: Array

    @classmethod
    def of(cls, sources: Sources) -> EnergyBook:
        """Price every draw's energy."""
        draws, years = sources.trajectories.draws, sources.operating.years
        cost, mean = np.empty((2, len(years), draws))
        for first in range(0, draws, _BLOCK):
            part = slice(first, min(first + _BLOCK, draws))
            cost[:, part] = _yearly_cost(sources, part)
            mean[:, part] = by_year(sources, online_it_mw(sources, part))
        load = sources.operating.load_mwh
        online = mean.sum(axis=1)
        per = np.where(online > 0, online, np.inf)
        return cls(cost, load, mean, cost.sum(axis=1) / per, load.sum(axis=1) / per)

    def of_worlds(self, sources: Sources, mean_it_mw: Array) -> EnergyBook:
        """Return the energy of other worlds, whose means per IT MW are these."""
        cost = _yearly_cost(sources, slice(0, sources.trajectories.draws))
        return replace(
            self, cost_usd=cost, load_mwh=sources.operating.load_mwh, mean_it_mw=mean_it_mw
        )

    def by_month(self, sources: Sources, it_mw: Array, part: slice) -> tuple[Array, Array]:
        """Return cost and facility MWh of some draws, [month, draw]."""
        place = sources.planning_year
        own = sources.calendar == np.array(sources.operating.years)[place]
        mean = self.mean_it_mw[:, part]
        cost, load = np.empty((2, *it_mw.shape))
        for yearly, per_it_mw, out in (
            (self.cost_usd, self.cost_per_it_mw, cost),
            (self.load_mwh, self.load_per_it_mw, load),
        ):
            months_of_years(place, own, it_mw, mean, yearly[:, part], per_it_mw, out)
        return cost, np.maximum(load, 0.0, out=load)


def _yearly_cost(sources: Sources, part: slice) -> Array:
    operating = sources.operating
    cost = operating.grid_cost_usd[:, part] - operating.export_usd[:, part]
    for name, mwh in operating.project_energy_mwh.items():
        cost = cost + operating.project_variable_usd[name][:, part]
        cost = cost + _contract_cost(sources, name, mwh[:, part], part)
    return cost


def by_year(sources: Sources, values: Array) -> Array:
    """Return the mean over each planning year's months, nought if there are none, [year, draw]."""
    out = np.zeros((len(sources.operating.years), values.shape[1]))
    for row, year in zip(out, sources.operating.years, strict=True):
        chosen = sources.calendar == year
        if chosen.any():
            row[:] = values[chosen].mean(axis=0)
    return out


def _contract_cost(sources: Sources, name: str, mwh: Array, part: slice) -> Array:
    """Return what a project's contract charges for its energy, [year, draw]."""
    project = sources.programme.power[name]
    contract = project.contract
    if contract.kind == "prepayment":
        return contract.price_usd_per_mwh * mwh
    if contract.kind != "ppa":
        return np.zeros_like(mwh)
    years = np.array(sources.operating.years)
    age = np.maximum(years - project.month // MONTHS_PER_YEAR, 0)
    price = contract.price_usd_per_mwh * (1 + contract.escalation_fraction) ** age
    paid = mwh
    if contract.take == "take_or_pay" and project.resource == "firm":
        paid = np.maximum(mwh, _expected_mwh(sources, name, part))
    result: Array = price[:, None] * paid
    return result


def _expected_mwh(sources: Sources, name: str, part: slice) -> Array:
    project = sources.programme.power[name]
    available = (1 - project.forced_outage_fraction) * (1 - project.planned_outage_fraction)
    return sources.serving_by_year(name, part) * (_HOURS_PER_YEAR * available)
