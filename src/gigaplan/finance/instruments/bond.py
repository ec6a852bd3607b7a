"""Corporate bonds, issued when cash runs short."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Bond:
    """Bonds issued when cash runs short, repaid in one sum.

    Accounting: a liability at face value; the fee is an expense of the month of issue.
    `first_month` counts from the start of the cash flows.
    """

    name: str
    rate_fraction: float
    tenor_months: int
    max_usd_total: float
    max_usd_per_year: float = np.inf
    fee_fraction: float = 0.0
    first_month: int = 0
