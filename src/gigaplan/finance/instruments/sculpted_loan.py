"""A project loan sized and repaid by the project's own cash."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import LoanFlows, Months
from gigaplan.finance.instruments.effects import Effects, loan_effects
from gigaplan.finance.instruments.terms import Found, array_problems, asset_problems


@dataclass(frozen=True)
class SculptedLoan:
    """A loan that the project's cash covers `dscr` times in every month of its tenor.

    What is owed at service is the present value of the cash over the cover ratio, or what the
    caps allow, if that is less; payments then are that share of the cash in every month. It is
    drawn as a share of capital until service; interest until then is added to it and to the
    asset's book value. A reserve holds the payments of the next months and is given back as they
    end. Accounting: a liability; interest after service an expense; the reserve an asset.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital it lends to; nothing is lent after service.
    cash_usd : ndarray, shape [month, draw]
        Cash before debt service and tax.
    service_month : ndarray, shape [draw]
        Month of service; past the end if never: then nothing is lent.
    asset : str
        Asset class whose book value takes the interest.
    dscr : float
        Cover, at least 1.
    maximum_fraction : float
        Most that is lent, over capital.
    reserve_months : int
        Payments that the reserve holds.
    """

    name: str
    capital_usd: Array
    cash_usd: Array
    service_month: Months
    dscr: float
    rate_fraction: float
    tenor_months: int
    asset: str
    maximum_fraction: float = 1.0
    reserve_months: int = 0

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        found = asset_problems(self.asset, assets, self.capital_usd, self.service_month, shape)
        found += array_problems("cash_usd", self.cash_usd, shape)
        if not self.dscr >= 1:
            found.append(("dscr", f"found {self.dscr:g}; a cover of at least 1 is allowed."))
        return found

    def flows(self) -> LoanFlows:
        """Return the loan by month."""
        months, growth = len(self.capital_usd), 1 + self.rate_fraction / 12
        month, service = np.arange(months)[:, None], self.service_month
        age = month - service
        serves = (age >= 1) & (age <= self.tenor_months)
        covered = np.where(serves, self.cash_usd / self.dscr, 0.0)
        worth = (covered * growth ** -np.maximum(age, 0).astype(float)).sum(axis=0)
        lent = np.where((age <= 0) & (service < months), self.capital_usd, 0.0)
        # What a unit of share would have grown to at service.
        whole = (lent * growth ** np.maximum(-age, 0).astype(float)).sum(axis=0)
        share = np.divide(worth, whole, out=np.zeros_like(whole), where=whole > 0)
        share = np.minimum(share, self.maximum_fraction)
        scale = np.divide(share * whole, worth, out=np.zeros_like(worth), where=worth > 0)
        drawn, paid = share * lent, scale * covered
        interest, balance, owed = np.zeros_like(drawn), np.zeros_like(drawn), np.zeros_like(worth)
        for m in range(months):
            interest[m] = owed * (growth - 1)
            # The last payment clears what rounding left.
            last = service + self.tenor_months == m
            paid[m] = np.where(last, owed + interest[m], paid[m])
            owed = owed + interest[m] + drawn[m] - paid[m]
            balance[m] = owed
        return LoanFlows(drawn, interest, np.where(age <= 0, interest, 0.0), paid, balance)

    def _reserve(self, paid: Array) -> Array:
        """Return the reserve at each month's end: the payments of the next months."""
        total = np.concatenate([np.zeros((1, paid.shape[1])), to_date(paid)])
        month = np.arange(len(paid))
        ahead = np.minimum(month + 1 + self.reserve_months, len(paid))
        held = total[ahead] - total[month + 1]
        result: Array = np.where(month[:, None] >= self.service_month, held, 0.0)
        return result

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        flow = self.flows()
        plain = loan_effects(self.name, flow, self.asset)
        reserve = self._reserve(flow.payment_usd)
        set_aside = np.diff(reserve, axis=0, prepend=0.0)
        principal = plain.cash_flow["project debt"]
        return replace(
            plain,
            sources={
                **plain.sources,
                f"{self.name} reserve released": np.maximum(-set_aside, 0.0),
            },
            uses={**plain.uses, f"{self.name} reserve": np.maximum(set_aside, 0.0)},
            cash_flow={**plain.cash_flow, "project debt": principal - set_aside},
            assets={"debt service reserves": reserve},
        )
