"""Dollar years, and the border between real and nominal money.

Engines work in real USD of the programme's base year. A `PriceIndex` moves an
amount between dollar years, and into nominal money only where finance asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require


@dataclass(frozen=True)
class PriceIndex:
    """A price level by calendar year, extended at a constant rate past its ends.

    Parameters
    ----------
    level_by_year : mapping of int to float
        Price level, any base; consecutive years.
    future_inflation_fraction : float
        Yearly inflation assumed after the last year (and before the first).
    """

    level_by_year: Mapping[int, float]
    future_inflation_fraction: float

    def __post_init__(self) -> None:
        years = sorted(self.level_by_year)
        require(bool(years), "a price index needs at least one year.")
        require(
            years == list(range(years[0], years[-1] + 1)), "a price index needs consecutive years."
        )
        require(min(self.level_by_year.values()) > 0, "a price level must be above zero.")
        require(self.future_inflation_fraction > -1, "inflation must be above -100%.")

    def levels(self, years: NDArray[np.floating]) -> NDArray[np.float64]:
        """Return the price levels of calendar years; a part of a year lies between two by ratio."""
        known = sorted(self.level_by_year)
        logs = np.log([self.level_by_year[year] for year in known])
        beyond = years - np.clip(years, known[0], known[-1])
        inside = np.interp(years, known, logs)
        out: NDArray[np.float64] = np.exp(
            inside + beyond * np.log1p(self.future_inflation_fraction)
        )
        return out

    def level(self, year: float) -> float:
        """Return the price level of a calendar year."""
        return float(self.levels(np.array([float(year)]))[0])

    def factor(self, from_year: float, to_year: float) -> float:
        """Return what one USD of `from_year` is worth in USD of `to_year`."""
        return self.level(to_year) / self.level(from_year)

    def nominal_factors(
        self, base_year: int, years: NDArray[np.integer | np.floating]
    ) -> NDArray[np.float64]:
        """Return nominal USD per real USD of `base_year`, for each year in `years`."""
        return self.levels(np.asarray(years, np.float64)) / self.level(base_year)
