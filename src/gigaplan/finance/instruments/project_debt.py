"""A loan to a project, drawn with its capital."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.amortising import LoanFlows, Months, capped, loan
from gigaplan.finance.instruments.effects import Effects, loan_effects
from gigaplan.finance.instruments.terms import Found, asset_problems


@dataclass(frozen=True)
class ProjectDebt:
    """A loan that pays a share of some capital and is repaid level after service.

    Interest before service is added to the loan and to the asset's book value
    (interest during construction). What is drawn after service begins is levelled over
    a tenor of its own. A government's loan has a fee as well, paid with each draw: its
    expense, deducted when paid.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital it lends to.
    service_month : ndarray, shape [draw]
        Month of service, from the start of the cash flows; past the end if never.
    asset : str
        Asset class whose book value takes the interest during construction.
    fee_fraction : float
        Fee on what is drawn, a government's credit subsidy cost among it.
    """

    name: str
    capital_usd: Array
    service_month: Months
    share_fraction: float
    rate_fraction: float
    tenor_months: int
    asset: str
    max_usd: float = np.inf
    fee_fraction: float = 0.0

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return asset_problems(self.asset, assets, self.capital_usd, self.service_month, shape)

    def flows(self) -> LoanFlows:
        """Return the loan by month."""
        drawn = capped(self.share_fraction * self.capital_usd, self.max_usd)
        return loan(drawn, self.service_month, self.tenor_months, self.rate_fraction)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        flow = self.flows()
        return loan_effects(self.name, flow, self.asset, self.fee_fraction * flow.drawn_usd)
