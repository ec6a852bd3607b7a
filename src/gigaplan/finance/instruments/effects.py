"""What an instrument does to the company, in one form that waterfall and statements add up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import numpy as np

from gigaplan.finance.amounts import Array, total
from gigaplan.finance.instruments.amortising import LoanFlows

Lines = Mapping[str, Array]

EBITDA_LINES = ("revenue", "energy", "rent and guarantees")
"""Income lines above EBITDA that an instrument may change."""
OTHER_LINES = (
    "lease amortisation",
    "interest",
    "fees",
    "share of joint ventures",
    "partners' share",
)
"""Income lines below it, before tax."""
CREDIT_LINE = "tax credits"
"""Income line after tax."""


def _none() -> Lines:
    return MappingProxyType({})


@dataclass(frozen=True)
class Effects:
    """What an instrument does by month, nominal USD, [month, draw]; what is left out is nought.

    Parameters
    ----------
    sources, uses : mapping of str to ndarray
        Cash received and paid, by label, never below nought.
    income : mapping of str to ndarray
        Change of each income line (`EBITDA_LINES`, `OTHER_LINES`, `CREDIT_LINE`); gains are above
        nought.
    cash_flow : mapping of str to ndarray
        The same cash by line of the cash flow statement; all lines together are sources less uses.
    assets, debt, liabilities : mapping of str to ndarray
        Balances at the month's end: assets, debt, and what is owed otherwise.
    taxable : ndarray
        Change of taxable income.
    capital_paid : mapping of str to ndarray
        Capital of an asset class that others pay for and own.
    capitalised : mapping of str to ndarray
        What is added to the book value of an asset class without cash.
    plant_given : ndarray
        Plant of the company's own that is handed over for cash, at book value.
    hidden_debt : ndarray
        What is owed economically and not reported as debt.
    """

    like: Array
    sources: Lines = field(default_factory=_none)
    uses: Lines = field(default_factory=_none)
    income: Lines = field(default_factory=_none)
    cash_flow: Lines = field(default_factory=_none)
    assets: Lines = field(default_factory=_none)
    debt: Lines = field(default_factory=_none)
    liabilities: Lines = field(default_factory=_none)
    taxable: Array | None = None
    capital_paid: Lines = field(default_factory=_none)
    capitalised: Lines = field(default_factory=_none)
    plant_given: Array | None = None
    hidden_debt: Array | None = None

    def cash(self) -> Array:
        """Return cash received less cash paid, [month, draw]."""
        return total([*self.sources.values()], self.like) - total([*self.uses.values()], self.like)

    def imbalance(self) -> Array:
        """Return what keeps the instrument's own books from balancing; nought of a right one.

        Cash, change of assets and what is added to plant, less plant given, are income and the
        change of what is owed.
        """
        owed = total([*self.debt.values()], self.like) + total(
            [*self.liabilities.values()], self.like
        )
        held = total([*self.assets.values()], self.like)
        given = 0.0 if self.plant_given is None else self.plant_given
        left = self.cash() + _change(held) + total([*self.capitalised.values()], self.like) - given
        result: Array = left - total([*self.income.values()], self.like) - _change(owed)
        return result


def loan_effects(
    name: str, flow: LoanFlows, asset: str | None = None, fee: Array | None = None
) -> Effects:
    """Return what a loan does: debt, interest an expense unless it is capitalised, and a fee.

    Parameters
    ----------
    name : str
    flow : LoanFlows
    asset : str, optional
        Asset class whose book value takes the interest that is capitalised; of a loan without
        such interest there is none.
    fee : ndarray, optional
        Paid and deducted in its month.
    """
    expense = flow.interest_usd - flow.capitalised_usd
    cost = expense if fee is None else expense + fee
    return Effects(
        like=expense,
        sources={name: flow.drawn_usd},
        uses={f"{name} service": flow.payment_usd + (cost - expense)},
        income={"interest": -expense} | ({} if fee is None else {"fees": -fee}),
        cash_flow={
            "cash from operations": -cost,
            "project debt": flow.drawn_usd - (flow.payment_usd - expense),
        },
        debt={name: flow.balance_usd},
        taxable=-cost,
        capitalised={} if asset is None else {asset: flow.capitalised_usd},
    )


@runtime_checkable
class Scheduled(Protocol):
    """An instrument whose flows are known before the cash is balanced."""

    @property
    def name(self) -> str:
        """What it is called in sources, uses and balances."""
        ...

    def effects(self, first_month: int) -> Effects:
        """Return what it does; `first_month` is the month number of row 0."""
        ...

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> list[tuple[str, str]]:
        """Return the terms that cannot be, as field and message."""
        ...


def _change(balance: Array) -> Array:
    result: Array = np.diff(balance, axis=0, prepend=0.0)
    return result
