"""Shares of draws, with errors that are never zero by luck."""

from __future__ import annotations

import math

from gigaplan.core.statistics import Estimate


def proportion(having: int, draws: int) -> Estimate:
    """Return the share of draws that have something, and its standard error.

    The error is the standard deviation of what the share may be given the draws, if all shares
    were as likely before: beta with ``having + 1`` and ``draws - having + 1``. It is
    ``sqrt(p (1 - p) / n)`` for many draws, and still says something where none or all of them
    have it; that formula then says zero. T. Bayes, Phil. Trans. 53 (1763) 370-418.

    A share of no draws is zero with infinite error.
    """
    if draws == 0:
        return Estimate(0.0, math.inf)
    centre = (having + 1) / (draws + 2)
    return Estimate(having / draws, math.sqrt(centre * (1 - centre) / (draws + 3)))
