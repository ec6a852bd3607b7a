"""A project whose output only sells: what a MW of it earns in a year is all there is to know.

Virtual contracts sell at their zone's price; so do a zone's projects where the zone's market
takes and gives at nearly one price, see `market`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.settled import Settled
from gigaplan.expansion.options import FloatArray


@dataclass(frozen=True)
class Merchant:
    """Operates ``must run * a K <= output <= a K`` at least cost.

    Parameters
    ----------
    energy_mwh : array [hour]
        Most MWh a year that a MW makes in each hour, the hour's weight included.
    usd_per_mwh : array [hour]
        Cost less what it sells for.
    amounts_per_mwh : array [amount, hour]
    must_run_fraction : float
    name : str
    """

    energy_mwh: FloatArray
    usd_per_mwh: FloatArray
    amounts_per_mwh: FloatArray
    must_run_fraction: float
    name: str

    def run(self, prices: FloatArray) -> FloatArray:
        """Return the share of what is available that is made in each hour."""
        margin = self.usd_per_mwh + prices @ self.amounts_per_mwh
        return np.where(margin < 0, 1.0, self.must_run_fraction)

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost output and its cut."""
        made = self.energy_mwh * self.run(prices)
        cost = float(made @ self.usd_per_mwh)
        amounts = self.amounts_per_mwh @ made
        per_mw = cost + float(prices @ amounts)
        size = float(inputs[0])
        return Answer(
            value_usd=per_mw * size,
            slopes=np.array([per_mw]),
            cost_usd=cost * size,
            amounts=amounts * size,
            used=inputs.copy(),
        )

    def settle(self, inputs: FloatArray, prices: FloatArray) -> Settled:
        """Return what the output comes to in the year."""
        made = self.energy_mwh * self.run(prices) * float(inputs[0])
        found = Settled(amounts=self.amounts_per_mwh @ made)
        found.cost_usd["energy"] = float(made @ self.usd_per_mwh)
        found.made_mwh[self.name] = made
        return found
