"""Where the figures of a block's table stand, and weights that add them up."""

from __future__ import annotations

import numpy as np

from gigaplan.operations import arrays
from gigaplan.operations.model import Floats
from gigaplan.operations.systems import System


class Rows:
    """Weights of rows, by what they hold."""

    def __init__(self, system: System) -> None:
        self.rows = system.rows
        self.source = arrays.SCALARS + arrays.TIER_ROWS * len(system.tiers)
        self.sold = self.source + len(system.sources)
        self.store = self.sold + len(system.sources)
        self.month = self.rows - arrays.MONTH_FIGURES * system.months

    def of(self, *pairs: tuple[int, float]) -> Floats:
        """Return weights of the given rows."""
        weights = np.zeros(self.rows)
        for row, factor in pairs:
            weights[row] += factor
        return weights

    def tier(self, tier: int, row: int) -> int:
        """Return the row of a tier's figure."""
        return arrays.SCALARS + arrays.TIER_ROWS * tier + row

    def total(self, system: System, what: str) -> Floats:
        """Return weights that add up cost, carbon (t) or water over the sources and the grid."""
        weights = np.zeros(self.rows)
        for g, source in enumerate(system.sources):
            weights[[self.source + g, self.sold + g]] = {
                "cost": source.variable_usd_per_mwh,
                "co2": source.co2_kg_per_mwh / 1000,
                "water": source.water_m3_per_mwh,
            }[what]
        if what == "cost":
            weights[arrays.IMPORT_USD] = 1.0
            weights[[arrays.EXPORT_USD, arrays.SOLD_USD]] = -1.0
        if what == "water":
            weights[arrays.COOLING_M3] = 1.0
        if what == "co2":
            weights[arrays.IMPORT_KG] = 1 / 1000
        return weights
