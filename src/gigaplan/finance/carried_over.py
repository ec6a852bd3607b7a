"""Energy of worlds that operations has not run, from those it has.

World d takes the weather, outages and prices of the operated draw d modulo their number. Where
its compute or a project's plants differ, what differs is counted at the mean of all operated
draws: load by IT MW, a project's energy by MW in service, each by year. The market makes up the
balance at its mean price of the year. Where nothing differs, the result is the operated draw's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.draws import Sources
from gigaplan.finance.energy_cost import EnergyBook
from gigaplan.finance.worlds._kernels import carry_energy
from gigaplan.programme.operating import OperatingSummary


@dataclass(frozen=True)
class Operated:
    """Worlds that operations has run; projects are those of ``summary.project_energy_mwh``.

    Parameters
    ----------
    summary : OperatingSummary
    mean_it_mw : ndarray, shape [year, draw]
        Mean online compute.
    serving_mw, energy_mwh, variable_usd : ndarray, shape [project, year, draw]
        Mean MW in service, energy made and its variable cost.
    """

    summary: OperatingSummary
    mean_it_mw: Array
    serving_mw: Array
    energy_mwh: Array
    variable_usd: Array

    @classmethod
    def of(cls, sources: Sources, energy: EnergyBook) -> Operated:
        """Return the worlds of `sources`, `energy` being theirs."""
        summary = sources.operating
        none = np.zeros((0, *summary.load_mwh.shape))
        made, variable = summary.project_energy_mwh, summary.project_variable_usd
        return cls(
            summary,
            energy.mean_it_mw,
            _serving(sources),
            np.stack([*made.values()]) if made else none,
            np.stack([variable[name] for name in made]) if made else none,
        )


def _serving(sources: Sources) -> Array:
    names = [*sources.operating.project_energy_mwh]
    out = np.empty((len(names), len(sources.operating.years), sources.trajectories.draws))
    for row, name in zip(out, names, strict=True):
        row[:] = sources.serving_by_year(name, slice(0, sources.trajectories.draws))
    return out


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
    known = operated.summary
    like = (first_draw + np.arange(mean_it_mw.shape[1])) % operated.mean_it_mw.shape[1]
    more_it = mean_it_mw - operated.mean_it_mw[:, like]

    def by_it(table: Array) -> Array:
        moved = table[:, like] + _per(table, operated.mean_it_mw) * more_it
        return np.maximum(moved, 0.0)

    load = by_it(known.load_mwh)
    serving = _serving(sources)
    made, variable, more = np.empty_like(serving), np.empty_like(serving), np.empty_like(load)
    carry_energy(
        like,
        serving,
        operated.serving_mw,
        operated.energy_mwh,
        operated.variable_usd,
        _per(operated.energy_mwh, operated.serving_mw)[..., 0],
        _per(operated.variable_usd, operated.energy_mwh)[..., 0],
        made,
        variable,
        more,
    )
    load_more = load - known.load_mwh[:, like]
    grid_more = load_more - more
    price = _per(known.grid_cost_usd, known.grid_energy_mwh)
    carbon = _per(known.co2_t, known.load_mwh)
    names = [*known.project_energy_mwh]
    return OperatingSummary(
        years=known.years,
        project_energy_mwh=dict(zip(names, made, strict=True)),
        project_variable_usd=dict(zip(names, variable, strict=True)),
        grid_energy_mwh=np.maximum(known.grid_energy_mwh[:, like] + grid_more, 0.0),
        grid_cost_usd=known.grid_cost_usd[:, like] + price * grid_more,
        export_usd=known.export_usd[:, like],
        load_mwh=load,
        wanted_it_mwh=by_it(known.wanted_it_mwh),
        served_it_mwh=by_it(known.served_it_mwh),
        co2_t=np.maximum(known.co2_t[:, like] + carbon * load_more, 0.0),
    )


def _per(amount: Array, of: Array) -> Array:
    """Return the sum over draws of one over that of another, by year, [year, 1]."""
    below = of.sum(axis=-1, keepdims=True)
    ratio: Array = amount.sum(axis=-1, keepdims=True) / np.where(below > 0, below, np.inf)
    return ratio
