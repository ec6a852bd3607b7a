"""Power that is paid for before it is there."""

from __future__ import annotations

from dataclasses import dataclass

from gigaplan.finance.amounts import Array, to_date
from gigaplan.finance.instruments.amortising import Months
from gigaplan.finance.instruments.delivered import delivered
from gigaplan.finance.instruments.effects import Effects
from gigaplan.finance.instruments.terms import Found, array_problems


@dataclass(frozen=True)
class PowerPrepayment:
    """Money paid for power that is delivered later.

    Accounting: an asset, and a cost of energy in equal monthly parts from the month after service
    over `tenor_months`, what is paid later over the months left. Tax: deducted as power is
    delivered (26 USC 461(h)).

    Parameters
    ----------
    payments_usd : ndarray, shape [month, draw]
        Nominal money paid.
    service_month : ndarray, shape [draw]
        Month from which power is delivered; past the end if never: then nothing is written off.
    """

    name: str
    payments_usd: Array
    service_month: Months
    tenor_months: int

    def problems(self, assets: tuple[str, ...], shape: tuple[int, int]) -> Found:
        """Return the terms that cannot be."""
        return array_problems("payments_usd", self.payments_usd, shape)

    def effects(self, first_month: int) -> Effects:
        """Return what it does."""
        paid = self.payments_usd
        used = delivered(paid, self.service_month, self.tenor_months)
        return Effects(
            like=paid,
            uses={self.name: paid},
            income={"energy": -used},
            cash_flow={"cash from operations": -paid},
            assets={"prepaid power": to_date(paid - used)},
            taxable=-used,
        )
