"""Tax credits that are sold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.effects import CREDIT_LINE, Effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class CreditTransfer:
    """Credits sold to a taxpayer at a discount (26 USC 6418).

    Accounting: income of the month in which cash comes; not taxable income, and what the buyer
    keeps is no deduction.

    Parameters
    ----------
    credits_usd : ndarray, shape [month, draw]
        Face value, by the month it is earned; not to be counted among the programme's credits too.
    discount_fraction : float
        What the buyer keeps of the face value.
    lag_months : int
        Months from earning to cash.
    """

    name: str
    credits_usd: Array
    discount_fraction: float
    lag_months: int = 0

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        found = array_problems("credits_usd", self.credits_usd, shape)
        if self.lag_months < 0:
            found.append(("lag_months", f"found {self.lag_months}; at least 0 is allowed."))
        return found

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        cash = np.zeros_like(self.credits_usd)
        kept = max(len(cash) - self.lag_months, 0)
        cash[len(cash) - kept :] = (1 - self.discount_fraction) * self.credits_usd[:kept]
        return Effects(
            like=cash,
            sources={self.name: cash},
            income={CREDIT_LINE: cash},
            cash_flow={"cash from operations": cash},
        )
