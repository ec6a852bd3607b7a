"""A partner, such as a sovereign fund, who pays a share of some capital for a share of its cash."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import capped
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class CoInvestment:
    """A partner pays a share of capital and receives that share of the cash it earns.

    His share goes to him until his money has returned `equity_return_fraction`; after that the
    company keeps `promote_fraction` of it. Accounting: the company consolidates; the partner's
    claim (what he paid and his return, less what he received) stands as "partners" beside debt,
    and his return is his share of income. Tax: his share of income is taxed with him. The claim
    counts in economic leverage, since the assets must earn it before the promote.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital of what he shares in.
    cash_usd : ndarray, shape [month, draw]
        Cash it earns before financing and tax.
    max_usd : float
        Most he pays.
    """

    name: str
    capital_usd: Array
    cash_usd: Array
    share_fraction: float
    equity_return_fraction: float
    promote_fraction: float = 0.0
    max_usd: float = np.inf

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return array_problems("capital_usd", self.capital_usd, shape) + array_problems(
            "cash_usd", self.cash_usd, shape
        )

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        paid_in = capped(self.share_fraction * self.capital_usd, self.max_usd)
        # Where his money is capped, so is his share of what is earned.
        wanted = to_date(self.capital_usd)
        share = np.divide(to_date(paid_in), wanted, out=np.zeros_like(wanted), where=wanted > 0)
        his, claim, gain, paid = share * self.cash_usd, *np.zeros((3, *paid_in.shape))
        owed, rate = np.zeros(paid_in.shape[1]), self.equity_return_fraction / 12
        for m in range(len(paid_in)):
            due = owed * (1 + rate)
            first = np.minimum(his[m], due)
            beyond = (1 - self.promote_fraction) * (his[m] - first)
            gain[m] = owed * rate + beyond
            paid[m] = first + beyond
            owed = due - first + paid_in[m]
            claim[m] = owed
        return Effects(
            like=paid_in,
            sources={self.name: paid_in},
            uses={f"{self.name} distributions": paid},
            income={"partners' share": -gain},
            cash_flow={"partners": paid_in - paid},
            liabilities={"partners": claim},
            taxable=-gain,
            hidden_debt=claim,
        )
