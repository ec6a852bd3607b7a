"""A loan for the time of construction, repaid in one sum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import LoanFlows, Months, capped, loan
from gigaplan.finance.instruments.effects import Effects, loan_effects
from gigaplan.finance.instruments.terms import Found, asset_problems


@dataclass(frozen=True)
class ConstructionLoan:
    """A loan drawn with a share of some capital and repaid in one sum a month after service.

    What repays it is the company's cash, or whatever is drawn when cash runs short: a bond
    that takes it out. Accounting: a liability; interest before service is added to it and to the
    asset's book value, the fee on what is not drawn is an expense.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital it lends to; nothing is lent after service.
    service_month : ndarray, shape [draw]
        Month of service; past the end if never.
    asset : str
        Asset class whose book value takes the interest.
    max_usd : float
        Size of the loan.
    fee_fraction : float
        Yearly fee on what is not drawn before service, of a loan of `max_usd` or, where that is
        endless, of all that is drawn in the end.
    """

    name: str
    capital_usd: Array
    service_month: Months
    share_fraction: float
    rate_fraction: float
    asset: str
    max_usd: float = np.inf
    fee_fraction: float = 0.0

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return asset_problems(self.asset, assets, self.capital_usd, self.service_month, shape)

    def flows(self) -> LoanFlows:
        """Return the loan by month."""
        month = np.arange(len(self.capital_usd))[:, None]
        lent = np.where(month <= self.service_month, self.capital_usd, 0.0)
        drawn = capped(self.share_fraction * lent, self.max_usd)
        return loan(drawn, self.service_month, 1, self.rate_fraction)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        flow = self.flows()
        month, total = np.arange(len(self.capital_usd))[:, None], to_date(flow.drawn_usd)
        size = total[-1] if np.isinf(self.max_usd) else np.full(total.shape[1], self.max_usd)
        open_ = (month < self.service_month) & (total[-1] > 0)
        fee = np.where(open_, self.fee_fraction / 12 * (size - total), 0.0)
        return loan_effects(self.name, flow, self.asset, fee)
