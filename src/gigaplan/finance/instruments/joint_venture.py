"""A vehicle that owns halls and leases them to the company."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.amortising import Months, capped, level
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, asset_problems


@dataclass(frozen=True)
class VentureFlows:
    """A joint venture by month, [month, draw].

    ``funded_usd`` is capital it pays; ``stake_usd`` the company's investment;
    ``economic_debt_usd`` what the bonds and the partner are owed.
    """

    funded_usd: Array
    rent_usd: Array
    contribution_usd: Array
    distribution_usd: Array
    income_usd: Array
    stake_usd: Array
    closing_usd: Array
    guarantee_usd: Array
    economic_debt_usd: Array
    bond_balance_usd: Array
    bond_payment_usd: Array
    bond_interest_usd: Array
    bond_drawn_usd: Array
    equity_balance_usd: Array
    equity_paid_usd: Array
    equity_gain_usd: Array
    equity_drawn_usd: Array

    def books(self) -> dict[tuple[str, str], Array]:
        """Return the statements of a vehicle that the company does not leave, by month.

        The lease is a financing of the halls (ASC 842, a direct financing lease): what is owed on
        bonds and equity is its net investment in it.
        """
        income = self.bond_interest_usd + self.equity_gain_usd
        return {
            ("income", "lease income"): income,
            ("income", "interest"): -self.bond_interest_usd,
            ("income", "net income"): self.equity_gain_usd,
            ("cash_flow", "rent and guarantees"): self.rent_usd + self.guarantee_usd,
            ("cash_flow", "halls"): -self.funded_usd,
            ("cash_flow", "paid at closing"): -self.closing_usd,
            ("cash_flow", "bonds issued"): self.bond_drawn_usd,
            ("cash_flow", "bondholders"): -self.bond_payment_usd,
            ("cash_flow", "members' money"): self.equity_drawn_usd,
            ("cash_flow", "members"): -self.equity_paid_usd,
            ("balance_sheet", "net investment in the lease"): self.bond_balance_usd
            + self.equity_balance_usd,
            ("balance_sheet", "bonds"): self.bond_balance_usd,
            ("balance_sheet", "members' equity"): self.equity_balance_usd,
        }


@dataclass(frozen=True)
class JointVenture:
    """A vehicle that pays for halls with bonds and equity and leases them to the company.

    The rent is level: it repays the vehicle's bonds at `debt_rate_fraction` and its
    equity at `equity_return_fraction` by the end of the lease, counted from
    `lease_start_month` or the month the halls begin service if that is later. Capital
    spent after the lease has begun raises the rent for the months left. Until then
    interest and return are added to what is owed.

    Accounting: rent is an operating lease expense; the halls and the bonds are not on
    the company's balance sheet. Its share of the equity is an investment by the equity
    method: contributions and its share of the return, less distributions. What the
    bonds and the partner are still owed is counted in economic leverage.

    If the company leaves at `exit_month`, rent ends, and while the residual-value
    guarantee runs it pays what the halls' value falls short of what is owed.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital of the halls it may pay for; it pays up to `max_usd`.
    service_month : ndarray, shape [draw]
        Month the halls begin service.
    asset : str
        Asset class of the halls.
    upfront_distribution_usd, closing_month
        Paid by the vehicle to the company for assets it brings, in that month.
    residual_guarantee_months : int
        Months of the lease in which the guarantee runs.
    exit_month, exit_value_fraction
        Month the company leaves, and the halls' value then over their cost.
    """

    name: str
    capital_usd: Array
    service_month: Months
    max_usd: float
    company_share_fraction: float
    equity_fraction: float
    debt_rate_fraction: float
    equity_return_fraction: float
    lease_start_month: int
    lease_months: int
    asset: str
    residual_guarantee_months: int = 0
    upfront_distribution_usd: float = 0.0
    closing_month: int = 0
    exit_month: int | None = None
    exit_value_fraction: float = 0.0

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return asset_problems(self.asset, assets, self.capital_usd, self.service_month, shape)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        flow = self.flows()
        rent = flow.rent_usd + flow.guarantee_usd
        expense = -rent
        received = flow.distribution_usd + flow.closing_usd
        return Effects(
            like=rent,
            sources={f"{self.name} distributions": received},
            uses={f"{self.name} rent": rent, f"{self.name} contributions": flow.contribution_usd},
            income={"rent and guarantees": expense, "share of joint ventures": flow.income_usd},
            cash_flow={
                "cash from operations": expense,
                "joint ventures": received - flow.contribution_usd,
            },
            assets={"joint ventures": flow.stake_usd},
            taxable=flow.income_usd - rent,
            capital_paid={self.asset: flow.funded_usd},
            plant_given=flow.closing_usd,
            hidden_debt=flow.economic_debt_usd,
        )

    def flows(self) -> VentureFlows:
        """Return the venture by month, seen from the company."""
        funded = capped(self.capital_usd, self.max_usd)
        months = len(funded)
        if self.exit_month is not None:
            funded[self.exit_month + 1 :] = 0.0
        closing = np.zeros_like(funded)
        if self.closing_month < months:
            closing[self.closing_month] = self.upfront_distribution_usd
        raised = funded + closing
        start = np.maximum(self.service_month, self.lease_start_month)
        lent, equity = (1 - self.equity_fraction) * raised, self.equity_fraction * raised
        owed, bond_interest, bond_paid = level(
            lent, start, self.lease_months, self.debt_rate_fraction, common_end=True
        )
        worth, gain, equity_paid = level(
            equity, start, self.lease_months, self.equity_return_fraction, common_end=True
        )
        rent, guarantee = bond_paid + equity_paid, np.zeros_like(funded)
        share, last = self.company_share_fraction, self.exit_month
        if last is not None and last < months - 1:
            covered = (last <= start + self.residual_guarantee_months) & (last > start)
            value = self.exit_value_fraction * raised[: last + 1].sum(axis=0)
            total_owed = owed[last] + worth[last]
            guarantee[last] = np.where(covered, np.maximum(total_owed - value, 0.0), 0.0)
            # The halls are sold: bonds first, then equity, from their value and the guarantee.
            realised = np.minimum(value + guarantee[last], total_owed)
            to_equity = np.maximum(realised - owed[last], 0.0)
            loss = worth[last] - to_equity
            equity_paid[last] += to_equity
            gain[last] -= loss
            for flow in (rent, bond_paid, equity_paid, gain, owed, worth, bond_interest, equity):
                flow[last + 1 :] = 0.0
            owed[last] = 0.0
            worth[last] = 0.0
        return VentureFlows(
            funded_usd=funded,
            rent_usd=rent,
            contribution_usd=share * equity,
            distribution_usd=share * equity_paid,
            income_usd=share * gain,
            stake_usd=share * worth,
            closing_usd=closing,
            guarantee_usd=guarantee,
            economic_debt_usd=owed + (1 - share) * worth,
            bond_balance_usd=owed,
            bond_payment_usd=bond_paid,
            bond_interest_usd=bond_interest,
            bond_drawn_usd=lent,
            equity_balance_usd=worth,
            equity_paid_usd=equity_paid,
            equity_gain_usd=gain,
            equity_drawn_usd=equity,
        )
