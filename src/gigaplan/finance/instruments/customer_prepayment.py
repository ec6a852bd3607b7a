"""Compute that a customer pays for before it is there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import Months
from gigaplan.finance.instruments.delivered import delivered
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class CustomerPrepayment:
    """Money received for compute that is delivered later.

    Accounting: deferred revenue, a liability that is no debt; revenue in equal monthly parts from
    the month after service over `tenor_months`, what comes in later over the months left. Tax
    (26 USC 451(c)): what is not yet revenue is income in the year after it is received.

    Parameters
    ----------
    receipts_usd : ndarray, shape [month, draw]
        Nominal money received.
    service_month : ndarray, shape [draw]
        Month from which compute is delivered; past the end if never.
    """

    name: str
    receipts_usd: Array
    service_month: Months
    tenor_months: int

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return array_problems("receipts_usd", self.receipts_usd, shape)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        got = self.receipts_usd
        earned = delivered(got, self.service_month, self.tenor_months)
        received, recognised = to_date(got), to_date(earned)
        # Received by the end of the calendar year before: income by now, delivered or not.
        month = np.arange(len(got))
        last = month - 1 - (first_month + month) % 12
        before = np.where(last[:, None] >= 0, received[last], 0.0)
        taxed = np.diff(np.maximum(recognised, before), axis=0, prepend=0.0)
        return Effects(
            like=got,
            sources={self.name: got},
            income={"revenue": earned},
            cash_flow={"cash from operations": got},
            liabilities={self.name: received - recognised},
            taxable=taxed,
        )
