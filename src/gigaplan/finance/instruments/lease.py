"""Equipment that a lessor pays for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from gigaplan.finance._kernels import straight_line
from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import capped, level
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, asset_problems


@dataclass(frozen=True)
class Lease:
    """Equipment that a lessor buys in the company's place and leases to it, month by month.

    Each month's equipment has level payments of its own from the next month on, which with what
    it is worth at the end (`residual_fraction` of cost) give the lessor `rate_fraction`. At the end
    the equipment goes back; of a guaranteed residual the company pays what it then falls short.

    Accounting (ASC 842). Finance: the present value of the payments is debt and an asset written
    off straight over the term; interest and write-off are expenses. Operating: the same present
    value stands on both sides, not as debt, and the payment is the expense. Tax: the lessor owns
    it; payments are deducted. What is owed on operating leases, and the guaranteed residual of
    equipment in use, count in economic leverage.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal purchases that the lessor pays, up to `max_usd` in all.
    asset : str
        Asset class they would be of.
    kind : 'finance' or 'operating'
    asset_life_months : int
        Life of the equipment; no lease is longer.
    guaranteed_fraction, end_value_fraction : float
        Residual that the company guarantees, and what the equipment is worth then, over cost.
    """

    name: str
    capital_usd: Array
    asset: str
    rate_fraction: float
    lease_months: int
    asset_life_months: int
    kind: Literal["finance", "operating"] = "operating"
    residual_fraction: float = 0.0
    guaranteed_fraction: float = 0.0
    end_value_fraction: float = 0.0
    max_usd: float = np.inf

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        nobody = np.zeros(shape[1], dtype=np.int64)
        found = asset_problems(self.asset, assets, self.capital_usd, nobody, shape)
        if self.lease_months > self.asset_life_months:
            found.append(
                (
                    "lease_months",
                    f"{self.lease_months} months is longer than the equipment's life of "
                    f"{self.asset_life_months}.",
                )
            )
        if not 0 <= self.guaranteed_fraction <= self.residual_fraction:
            found.append(
                (
                    "guaranteed_fraction",
                    f"found {self.guaranteed_fraction:g}; from 0 to the residual of "
                    f"{self.residual_fraction:g} is allowed.",
                )
            )
        return found

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        cost = capped(self.capital_usd, self.max_usd)
        later = (1 + self.rate_fraction / 12) ** -self.lease_months
        value = cost * (1 - self.residual_fraction * later)
        at_once = np.zeros(cost.shape[1], dtype=np.int64)
        owed, interest, paid = level(value, at_once, self.lease_months, self.rate_fraction)
        short, at_risk = self._guarantee(cost)
        shared = Effects(
            like=cost,
            uses={f"{self.name} payments": paid + short},
            taxable=-paid - short,
            capital_paid={self.asset: cost},
        )
        if self.kind == "operating":
            return replace(
                shared,
                income={"rent and guarantees": -paid - short},
                cash_flow={"cash from operations": -paid - short},
                assets={"leased equipment": owed},
                liabilities={self.name: owed},
                hidden_debt=owed + at_risk,
            )
        written = straight_line(value, self.lease_months)
        return replace(
            shared,
            income={
                "rent and guarantees": -short,
                "lease amortisation": -written,
                "interest": -interest,
            },
            cash_flow={
                "cash from operations": -interest - short,
                "leases": -(paid - interest),
            },
            assets={"leased equipment": to_date(value - written)},
            debt={self.name: owed},
            hidden_debt=at_risk,
        )

    def _guarantee(self, cost: Array) -> tuple[Array, Array]:
        """Return what guarantees cost in each month, and the most that those in force could."""
        ended = np.zeros_like(cost)
        if self.lease_months < len(cost):
            ended[self.lease_months :] = cost[: -self.lease_months]
        short = max(self.guaranteed_fraction - self.end_value_fraction, 0.0) * ended
        return short, self.guaranteed_fraction * to_date(cost - ended)
