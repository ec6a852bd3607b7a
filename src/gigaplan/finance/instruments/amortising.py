"""Money lent month by month and repaid level: what loans, leases and ventures share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.finance._kernels import cut_at, vintage_loan
from gigaplan.finance.amounts import Array

Months = NDArray[np.int64]


@dataclass(frozen=True)
class LoanFlows:
    """A loan by month: drawn, interest, of it capitalised, paid, owed; [month, draw]."""

    drawn_usd: Array
    interest_usd: Array
    capitalised_usd: Array
    payment_usd: Array
    balance_usd: Array


def capped(flow: Array, limit: float) -> Array:
    """Return a flow [month, draw] cut where its running sum passes `limit`."""
    out = np.empty_like(flow)
    cut_at(np.ascontiguousarray(flow), limit, out)
    return out


def level(
    lent: Array, start: Months, tenor: int, rate_fraction: float, *, common_end: bool = False
) -> tuple[Array, Array, Array]:
    """Return balance, interest and payment of money lent in many months, [month, draw].

    Interest is a twelfth of the yearly rate on the balance at the month's start (30/360). Until
    month `start` [draw] it is added to what is owed; then what is owed is repaid in `tenor` level
    payments, the first a month later. What is lent after has its own `tenor` payments, or, with
    `common_end`, those that are left.
    """
    balance, interest, payment = np.empty((3, *lent.shape))
    vintage_loan(
        np.ascontiguousarray(lent),
        np.ascontiguousarray(start, dtype=np.int64),
        tenor,
        common_end,
        rate_fraction / 12,
        balance,
        interest,
        payment,
    )
    # loans that end leave rounding dust in the running sum of payments, of either sign
    np.maximum(payment, 0.0, out=payment)
    return balance, interest, payment


def loan(drawn: Array, service: Months, tenor: int, rate_fraction: float) -> LoanFlows:
    """Return a loan's flows; interest before service is capitalised."""
    balance, interest, payment = level(drawn, service, tenor, rate_fraction)
    before = np.arange(len(drawn))[:, None] <= service
    return LoanFlows(drawn, interest, np.where(before, interest, 0.0), payment, balance)
