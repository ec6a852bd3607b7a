"""Leverage and cover by year, and what a rating's limits on them leave room for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gigaplan.finance.amounts import Array, total
from gigaplan.finance.waterfall import Waterfall
from gigaplan.programme.funding import RatingLimits

BEYOND = "debt beyond limits"


@dataclass(frozen=True)
class Leverage:
    """What lenders look at, nominal USD, [year, draw].

    Parameters
    ----------
    debt_usd : ndarray
        The company's at the start, and the programme's, at the year's end.
    hidden_usd : ndarray
        What is owed economically and not reported as debt.
    unfunded_usd : ndarray
        What no instrument covers; against limits it counts as debt, since somebody must lend it.
    ebitda_usd, interest_usd : ndarray
        Of company and programme, of the year.
    """

    debt_usd: Array
    hidden_usd: Array
    unfunded_usd: Array
    ebitda_usd: Array
    interest_usd: Array

    @classmethod
    def of(
        cls, flow: Waterfall, income: Mapping[str, Array], sheet: Mapping[str, Array]
    ) -> Leverage:
        """Return that of a yearly waterfall and its statements."""
        company, effects = flow.company, flow.effects.values()
        ebitda = income["programme EBITDA"] + company.ebitda_usd[:, None]
        return cls(
            sheet["debt at the start"] + total([sheet[name] for name in flow.debt], ebitda),
            total([e.hidden_debt for e in effects if e.hidden_debt is not None], ebitda),
            flow.unfunded,
            ebitda,
            company.interest_usd[:, None] - income["interest"],
        )

    def ratios(self) -> dict[str, Array]:
        """Return the ratios, infinity where what is divided by is not above nought."""
        return {
            "debt to EBITDA": _over(self.debt_usd, self.ebitda_usd),
            "economic debt to EBITDA": _over(self.debt_usd + self.hidden_usd, self.ebitda_usd),
            "EBITDA to interest": _over(self.ebitda_usd, self.interest_usd),
        }

    def against(self, limits: RatingLimits) -> dict[str, Array]:
        """Return 1 where a limit is broken, by its name, and by how much debt is beyond them.

        For cover, the debt whose interest is more than the cover allows, interest going with debt.
        """
        earned = np.maximum(self.ebitda_usd, 0.0)
        owed = self.debt_usd + self.unfunded_usd
        over: dict[str, Array] = {}
        if limits.debt_to_ebitda_max is not None:
            over["debt_to_ebitda_max"] = owed - limits.debt_to_ebitda_max * earned
        if limits.economic_debt_to_ebitda_max is not None:
            most = limits.economic_debt_to_ebitda_max * earned
            over["economic_debt_to_ebitda_max"] = owed + self.hidden_usd - most
        if limits.ebitda_to_interest_min:
            interest = np.maximum(self.interest_usd, 1e-9)
            kept = earned / limits.ebitda_to_interest_min / interest
            over["ebitda_to_interest_min"] = self.debt_usd * (1 - kept)
        if not over:
            return {}
        beyond = np.max([np.zeros_like(owed), *over.values()], axis=0)
        return {name: (usd > 0) * 1.0 for name, usd in over.items()} | {BEYOND: beyond}


def _over(top: Array, bottom: Array) -> Array:
    ratio: Array = np.divide(top, bottom, out=np.full(top.shape, np.inf), where=bottom > 0)
    return ratio
