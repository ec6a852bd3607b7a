"""Yearly loans of a project: level payments, or payments sculpted to cash flow.

A level loan ``D`` at rate ``r`` over ``n`` years pays ``D * crf`` with
``crf = r / (1 - (1 + r)**-n)``. A sculpted loan pays ``cash_t / dscr`` and is worth
the present value of those payments at ``r``. The balance is in both cases the
present value of the payments still to come, so it ends at zero.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def capital_recovery(rate_fraction: float, periods: int) -> float:
    """Return the payment per period and USD lent that repays a loan in `periods` equal payments."""
    if rate_fraction == 0:
        return 1 / periods
    return float(rate_fraction / -np.expm1(-periods * np.log1p(rate_fraction)))


def balances(
    payments: NDArray[np.float64], rate_fraction: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return balance, interest and principal of a loan from its payments.

    Parameters
    ----------
    payments : array, shape [period, ...]
        Debt service at the end of each period; that of period 0 is nought.
    rate_fraction : float
        Interest per period.

    Returns
    -------
    tuple of arrays, shape [period, ...]
        Balance at the period's end (that of period 0 is the loan), interest, principal.
    """
    periods = payments.shape[0]
    growth = (1 + rate_fraction) ** np.arange(periods)
    growth = growth.reshape(-1, *[1] * (payments.ndim - 1))
    worth = payments / growth
    # Summed from the end, so that the balance after the last payment is zero to the bit.
    to_come = np.zeros_like(worth)
    to_come[:-1] = np.cumsum(worth[:0:-1], axis=0)[::-1]
    balance = to_come * growth
    interest = np.zeros_like(balance)
    interest[1:] = balance[:-1] * rate_fraction
    principal = np.zeros_like(balance)
    principal[1:] = balance[:-1] - balance[1:]
    return balance, interest, principal
