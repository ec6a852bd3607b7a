"""Shares of the company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class Equity:
    """Shares sold when cash runs short; never repaid. Accounting: paid-in capital."""

    name: str
    max_usd_total: float
    max_usd_per_year: float = np.inf
    fee_fraction: float = 0.0
    first_month: int = 0
