"""An investor who pays for credits and write-offs that the company cannot use soon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class TaxEquity:
    """A partnership that flips: an investor has most of a plant's tax until he has his return.

    Until his money has returned `rate_fraction` he has `before_fraction` of credits and of taxable
    income or loss, and `cash_fraction` of cash; from then on `after_fraction` of all three. The
    month in which he has it is divided. A month's loss is worth his tax on it at once.

    Accounting: a financing, as owed at his rate: cash, credits and the worth of losses repay it.
    What is owed stands as "partners" beside debt; his return, less the worth of losses that are
    his, is his share of income, as is what he has after the flip. Tax: his share of taxable income
    is taxed with him.

    Parameters
    ----------
    contribution_usd : ndarray, shape [month, draw]
        Nominal money he pays.
    cash_usd : ndarray, shape [month, draw]
        Cash of the plant before tax.
    write_off_usd : ndarray, shape [month, draw]
        Its tax depreciation; taxable income is cash less this.
    credits_usd : ndarray, shape [month, draw]
        Its credits, which the programme's credits must hold: his part is paid on to him.
    investor_tax_fraction : float
        His rate of tax.
    """

    name: str
    contribution_usd: Array
    cash_usd: Array
    write_off_usd: Array
    credits_usd: Array
    rate_fraction: float
    before_fraction: float = 0.99
    cash_fraction: float = 0.2
    after_fraction: float = 0.05
    investor_tax_fraction: float = 0.21

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        found: Found = []
        for field in ("contribution_usd", "cash_usd", "write_off_usd", "credits_usd"):
            found += array_problems(field, getattr(self, field), shape)
        return found

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        shape = self.contribution_usd.shape
        owed_at_end, gain, cash, credits, taxed = np.zeros((5, *shape))
        owed, rate = np.zeros(shape[1]), self.rate_fraction / 12
        has_flipped = np.zeros(shape[1], dtype=bool)
        for m in range(shape[0]):
            income = self.cash_usd[m] - self.write_off_usd[m]
            loss = -self.investor_tax_fraction * self.before_fraction * income
            his_cash = self.cash_fraction * self.cash_usd[m]
            his_credits = self.before_fraction * self.credits_usd[m]
            got, due = his_cash + his_credits + loss, owed * (1 + rate)
            # The part of the month before the flip; all of it while he is owed more than he has.
            ends = ~has_flipped & (owed > 0) & (got >= due)
            before = np.where(has_flipped | (owed <= 0), 0.0, 1.0)
            before = np.where(ends, np.divide(due, got, out=before.copy(), where=got > 0), before)
            has_flipped |= ends
            after = np.where(has_flipped, self.after_fraction * (1 - before), 0.0)
            cash[m] = before * his_cash + after * self.cash_usd[m]
            credits[m] = before * his_credits + after * self.credits_usd[m]
            taxed[m] = (before * self.before_fraction + after) * income
            gain[m] = owed * rate - before * loss + after * (self.cash_usd[m] + self.credits_usd[m])
            owed = np.where(ends, 0.0, due - before * got) + self.contribution_usd[m]
            owed_at_end[m] = owed
            has_flipped &= owed <= 0  # money paid later is returned before it flips again
        return Effects(
            like=cash,
            sources={self.name: self.contribution_usd},
            uses={f"{self.name} distributions": cash, f"{self.name} credits": credits},
            income={"partners' share": -gain},
            cash_flow={"partners": self.contribution_usd - cash - credits},
            liabilities={"partners": owed_at_end},
            taxable=-taxed,
            hidden_debt=owed_at_end,
        )
