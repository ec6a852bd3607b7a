"""Energy of worlds that operations has not run, from those it has.

World d takes the weather, outages and prices of the operated draw d modulo their number. Where
its compute or a project's plants differ, what differs is counted at the mean of all operated
draws: load by IT MW, a project's energy by MW in service, each by year. The market makes up the
balance at its mean price of the year. Where nothing differs, the result is the operated draw's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources
from gigaplan.finance.energy_cost import EnergyBook, by_year
from gigaplan.programme.operating import OperatingSummary


@dataclass(frozen=True)
class Operated:
    """Worlds that operations has run.

    Parameters
    ----------
    summary : OperatingSummary
    mean_it_mw : ndarray, shape [year, draw]
        Mean online compute.
    serving_mw : mapping of project to ndarray, shape [year, draw]
        Mean MW in service.
    """

    summary: OperatingSummary
    mean_it_mw: Array
    serving_mw: Mapping[str, Array]

    @classmethod
    def of(cls, sources: Sources, energy: EnergyBook) -> Operated:
        """Return the worlds of `sources`, `energy` being theirs."""
        return cls(sources.operating, energy.mean_it_mw, serving_by_year(sources))


def serving_by_year(sources: Sources) -> dict[str, Array]:
    """Return mean MW of each project in service, [year, draw]."""
    everyone = slice(0, sources.trajectories.draws)
    return {
        name: by_year(sources, sources.serving_mw(name, everyone))
        for name in sources.operating.project_energy_mwh
    }


def carried_over(
    operated: Operated, sources: Sources, mean_it_mw: Array, first_draw: int
) -> OperatingSummary:
    """Return energy of the worlds of `sources`, the first of which is world `first_draw`.

    Parameters
    ----------
    operated : Operated
    sources : Sources
        Other worlds, whose own operating summary is not looked at.
    mean_it_mw : ndarray, shape [year, draw]
        Their mean online compute.
    first_draw : int
    """
    known, now = operated.summary, serving_by_year(sources)
    like = (first_draw + np.arange(mean_it_mw.shape[1])) % operated.mean_it_mw.shape[1]
    more_it = mean_it_mw - operated.mean_it_mw[:, like]

    def by_it(table: Array) -> Array:
        moved = table[:, like] + _per(table, operated.mean_it_mw) * more_it
        return np.maximum(moved, 0.0)

    load = by_it(known.load_mwh)
    grid_more = load - known.load_mwh[:, like]
    made, variable = {}, {}
    for name, mwh in known.project_energy_mwh.items():
        before, cost = operated.serving_mw[name], known.project_variable_usd[name]
        more = _per(mwh, before) * (now[name] - before[:, like])
        made[name] = np.maximum(mwh[:, like] + more, 0.0)
        more = made[name] - mwh[:, like]
        variable[name] = np.maximum(cost[:, like] + _per(cost, mwh) * more, 0.0)
        grid_more = grid_more - more
    price = _per(known.grid_cost_usd, known.grid_energy_mwh)
    carbon = _per(known.co2_t, known.load_mwh)
    return OperatingSummary(
        years=known.years,
        project_energy_mwh=made,
        project_variable_usd=variable,
        grid_energy_mwh=np.maximum(known.grid_energy_mwh[:, like] + grid_more, 0.0),
        grid_cost_usd=known.grid_cost_usd[:, like] + price * grid_more,
        export_usd=known.export_usd[:, like],
        load_mwh=load,
        wanted_it_mwh=by_it(known.wanted_it_mwh),
        served_it_mwh=by_it(known.served_it_mwh),
        co2_t=np.maximum(known.co2_t[:, like] + carbon * (load - known.load_mwh[:, like]), 0.0),
    )


def _per(amount: Array, of: Array) -> Array:
    """Return the sum over draws of one over that of another, by year, [year, 1]."""
    below = of.sum(axis=1, keepdims=True)
    ratio: Array = amount.sum(axis=1, keepdims=True) / np.where(below > 0, below, np.inf)
    return ratio
