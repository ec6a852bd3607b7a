"""What a block did in a year: energy, cost by part, and what its power was worth."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from gigaplan.expansion.options import FloatArray


@dataclass
class Settled:
    """Yearly sums of one dispatch, or of several mixed by their weights.

    Parameters
    ----------
    cost_usd : mapping of part to float
        "energy", "market", "unserved", as in `Costs`.
    energy_mwh : mapping of (site, source) to float
        As in `Solution.energy_mwh`; "grid" is left out where the market settles it.
    emergency_mw : mapping of site to array [hour]
        Load left unserved that no tier allows, where there is any: the plan is none.
    amounts : array [amount]
    drawn_mwh : mapping of site to array [hour]
        Drawn through the connection, where a market settles it by the hour.
    made_mwh : mapping of project to array [hour]
        Made by a zone's project in a market.
    connection_usd_per_mw_year : mapping of site to float
        What a MW of connection saves, where it is no input of the block alone.
    residual : float
        Worst violation of an hour's balance or limit, over the size of the block.
    """

    cost_usd: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    energy_mwh: dict[tuple[str, str], float] = field(default_factory=lambda: defaultdict(float))
    emergency_mw: dict[str, FloatArray] = field(default_factory=dict)
    amounts: FloatArray = field(default_factory=lambda: np.empty(0))
    drawn_mwh: dict[str, FloatArray] = field(default_factory=dict)
    made_mwh: dict[str, FloatArray] = field(default_factory=dict)
    connection_usd_per_mw_year: dict[str, float] = field(default_factory=dict)
    residual: float = 0.0


def mixed(parts: list[tuple[float, Settled]]) -> Settled:
    """Return the sum of dispatches times their weights; prices are those of the heaviest."""
    found = Settled(amounts=np.zeros_like(parts[0][1].amounts))
    for weight, part in parts:
        for name, usd in part.cost_usd.items():
            found.cost_usd[name] += weight * usd
        for key, mwh in part.energy_mwh.items():
            found.energy_mwh[key] += weight * mwh
        found.amounts = found.amounts + weight * part.amounts
        for mine, given in (
            (found.drawn_mwh, part.drawn_mwh),
            (found.made_mwh, part.made_mwh),
            (found.emergency_mw, part.emergency_mw),
        ):
            for name, series in given.items():
                mine[name] = mine.get(name, 0.0) + weight * series
        found.residual = max(found.residual, part.residual)
    heaviest = max(parts, key=lambda entry: entry[0])[1]
    found.connection_usd_per_mw_year = heaviest.connection_usd_per_mw_year
    return found
