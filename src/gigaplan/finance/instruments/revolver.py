"""A credit line."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Revolver:
    """A credit line: drawn last, repaid first from surplus.

    `fee_fraction` is paid yearly on what is not drawn. Accounting: a liability;
    interest and fee are expenses.
    """

    name: str
    rate_fraction: float
    max_usd: float
    fee_fraction: float = 0.0
    first_month: int = 0
