"""Federal tax credits of clean power: what a unit earns, by when it was begun.

An investment credit (48E) is a share of capital in the month of service; a production
credit (45Y) an amount per MWh for some years, indexed to prices. Both fall with the year
construction begins: full through `full_through_year`, then by `later_fractions` year by
year, then nothing. That of plants that stand (45U) falls with what their energy sells for,
and ends; that of the first advanced reactors (45J) is not indexed, and has a most in a year.
A sold credit brings `1 - transfer_discount_fraction` of its value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CreditLaw:
    """One credit as the law gives it.

    Parameters
    ----------
    name : str
        Such as ``48E``.
    share_fraction : float
        Share of capital; zero for a production credit.
    usd_per_mwh : float
        Per MWh in USD of the programme's base year, nominal if it is not indexed; zero for an
        investment credit.
    years : int
        Years a production credit is paid from service.
    first_service_year : int
        First calendar year of service that earns it.
    last_year : int
        Last calendar year of a production credit.
    full_through_year : int
        Last year of construction start for the whole credit.
    later_fractions : tuple of float
        Share of the credit for starts in the years after that, in order.
    transfer_discount_fraction : float
        What a buyer of the credit keeps.
    for_standing : bool
        Whether it is of plants that stood before the programme, and of no others.
    is_indexed : bool
        Whether a production credit follows prices.
    threshold_usd_per_mwh, reduction_fraction : float
        Price of energy, base-year USD, above which the credit falls, and by what share of the rest.
    most_usd_per_mw_year : float
        Most in a year, nominal; a twelfth of it in each month.
    """

    name: str
    share_fraction: float = 0.0
    usd_per_mwh: float = 0.0
    years: int = 10
    first_service_year: int = 0
    last_year: int = 9999
    full_through_year: int = 9999
    later_fractions: tuple[float, ...] = ()
    transfer_discount_fraction: float = 0.0
    for_standing: bool = False
    is_indexed: bool = True
    threshold_usd_per_mwh: float = np.inf
    reduction_fraction: float = 0.0
    most_usd_per_mw_year: float = np.inf

    def __post_init__(self) -> None:
        require(
            not (self.share_fraction > 0 and self.usd_per_mwh > 0),
            f"{self.name} is claimed on capital and on energy; the law gives one of the two.",
        )
        require(0 <= self.share_fraction <= 1, "a credit's share of capital is between 0 and 1.")
        require(self.usd_per_mwh >= 0, "a credit per MWh is at least 0.")

    def kept_fraction(self, start_year: NDArray[np.int64]) -> Array:
        """Return the share of the credit left for construction begun in each year."""
        after = start_year - self.full_through_year
        steps = np.array([1.0, *self.later_fractions, 0.0])
        position = np.clip(after, 0, len(steps) - 1)
        kept: Array = steps[position] * (1 - self.transfer_discount_fraction)
        return kept

    def nominal_usd_per_mwh(
        self, factors: Array, calendar: NDArray[np.int64], price_usd_per_mwh: float
    ) -> Array:
        """Return what a MWh earns in each month.

        Parameters
        ----------
        factors : ndarray, shape [month]
            Nominal USD per USD of the base year.
        calendar : ndarray, shape [month]
            Calendar years.
        price_usd_per_mwh : float
            What the energy sells for, base-year USD.
        """
        above = max(price_usd_per_mwh - self.threshold_usd_per_mwh, 0.0)
        rate = max(self.usd_per_mwh - self.reduction_fraction * above, 0.0)
        nominal = rate * factors if self.is_indexed else np.full_like(factors, rate)
        return np.where(calendar > self.last_year, 0.0, nominal)
