"""What a vendor lends to sell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.amortising import LoanFlows, capped, level
from gigaplan.finance.instruments.effects import Effects, loan_effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class VendorFinance:
    """Each month's purchases of a kind, a share of them repaid level over a tenor of their own.

    Accounting: debt, since what was bought is owned; interest is an expense from the first month,
    what is bought being in service at once.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal purchases.
    max_usd : float
        Most that is lent in all.
    """

    name: str
    capital_usd: Array
    share_fraction: float
    rate_fraction: float
    tenor_months: int
    max_usd: float = np.inf

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return array_problems("capital_usd", self.capital_usd, shape)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        lent = capped(self.share_fraction * self.capital_usd, self.max_usd)
        at_once = np.zeros(lent.shape[1], dtype=np.int64)
        owed, interest, paid = level(lent, at_once, self.tenor_months, self.rate_fraction)
        return loan_effects(
            self.name, LoanFlows(lent, interest, np.zeros_like(interest), paid, owed)
        )
