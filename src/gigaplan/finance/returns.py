"""How yearly flows pay back: rates of return, and the year from which all is earned again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.finance.amounts import Array
from gigaplan.finance.irr import IrrDraws, irr_draws


@dataclass(frozen=True)
class Returns:
    """What flows return, by draw; infinity where a draw has no such figure.

    Parameters
    ----------
    irr : IrrDraws
    mirr_fraction : ndarray, shape [draw]
        Modified rate of return, outlays and receipts carried at the hurdle rate; none of flows
        without an outlay or without a receipt.
    payback_years : ndarray, shape [draw]
        Years from the start of the first until the sum of all flows is no longer below nought,
        for good; within its last year as if evenly earned. None where it ends below nought.
    """

    irr: IrrDraws
    mirr_fraction: Array
    payback_years: Array


def returns_of(yearly: Array, hurdle_fraction: float) -> Returns:
    """Return what flows [year, draw] return."""
    require(len(yearly) > 1, "a rate of return needs cash flows over at least two years.")
    return Returns(irr_draws(yearly), mirr_draws(yearly, hurdle_fraction), payback(yearly))


def mirr_draws(yearly: Array, rate_fraction: float) -> Array:
    """Return the modified rate of return of [year, draw], both rates the same; see `irr.mirr`."""
    last = len(yearly) - 1
    year = np.arange(last + 1)[:, None]
    out = (np.maximum(-yearly, 0.0) * (1 + rate_fraction) ** -year).sum(axis=0)
    come = (np.maximum(yearly, 0.0) * (1 + rate_fraction) ** (last - year)).sum(axis=0)
    there = (out > 0) & (come > 0)
    ratio = np.divide(come, out, out=np.ones_like(out), where=there)
    return np.where(there, ratio ** (1 / last) - 1, np.inf)


def payback(yearly: Array) -> Array:
    """Return years until flows [year, draw] have paid back for good, infinity where never."""
    total = np.cumsum(yearly, axis=0)
    years, draws = total.shape
    below = total < 0
    # the last year whose end is below nought, -1 if none is
    last = np.where(below.any(axis=0), years - 1 - np.argmax(below[::-1], axis=0), -1)
    after, column = np.clip(last + 1, 0, years - 1), np.arange(draws)
    owed = -total[np.clip(last, 0, years - 1), column]
    earned = yearly[after, column]
    part = np.divide(owed, earned, out=np.zeros(draws), where=(last >= 0) & (earned > 0))
    return np.where(last == years - 1, np.inf, np.where(last < 0, 0.0, last + 1 + part))
