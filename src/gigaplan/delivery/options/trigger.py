"""When an investment that can wait for ever is worth making: the closed form.

The value V of what is built follows a geometric Brownian motion of volatility sigma and pays
out a share delta of itself a year once built; a dollar is discounted at r, certain. Building
costs I. It is right to wait until V reaches ``V* = I beta / (beta - 1)``, beta the greater root
of ``sigma^2 beta (beta - 1) / 2 + (r - delta) beta - r = 0``; until then the right to build is
worth ``(V* - I) (V / V*)^beta``.

A. K. Dixit and R. S. Pindyck, Investment under Uncertainty, Princeton 1994, chapter 5.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from gigaplan.core.errors import require


@dataclass(frozen=True, slots=True)
class InvestmentTrigger:
    """Where waiting ends.

    Parameters
    ----------
    beta : float
        Power of V in the value of waiting, above 1.
    value_over_cost : float
        V over I from which it is right to build.
    """

    beta: float
    value_over_cost: float

    def option_value_usd(self, value_usd: float, cost_usd: float) -> float:
        """Return what the right to build is worth, given what the thing is worth and costs."""
        require(
            value_usd >= 0 and cost_usd > 0,
            f"a value of {value_usd:g} and a cost of {cost_usd:g} USD; 0 or more and above 0.",
        )
        trigger = self.value_over_cost * cost_usd
        if value_usd >= trigger:
            return value_usd - cost_usd
        return float((trigger - cost_usd) * (value_usd / trigger) ** self.beta)


def investment_trigger(
    discount_fraction: float, payout_fraction: float, volatility_fraction: float
) -> InvestmentTrigger:
    """Return where waiting ends, for rates per year.

    Raises
    ------
    InputError
        If a rate is not above 0: without a payout it is never right to build, and without a
        discount rate waiting costs nothing.
    """
    for what, rate in (
        ("discount rate", discount_fraction),
        ("payout rate", payout_fraction),
        ("volatility", volatility_fraction),
    ):
        require(
            math.isfinite(rate) and rate > 0, f"the {what} is {rate:g} a year; above 0 is allowed."
        )
    variance = volatility_fraction**2
    drift = (discount_fraction - payout_fraction) / variance
    beta = 0.5 - drift + math.sqrt((drift - 0.5) ** 2 + 2 * discount_fraction / variance)
    return InvestmentTrigger(beta, beta / (beta - 1))
