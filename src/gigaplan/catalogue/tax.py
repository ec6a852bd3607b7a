"""Credits of the US federal tax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Maybe, TypedEntry


@dataclass(frozen=True)
class Credit(TypedEntry):
    """A federal credit; per MWh or as a share of investment.

    ``share_by_start_year`` is what is left of the full credit for a plant whose
    construction starts in a year.
    """

    of_kind: ClassVar[str] = "tax"

    investment_fraction = Maybe()
    usd_per_mwh = Maybe()
    usd_per_tonne = Maybe()
    years = Maybe()
    energy_community_bonus_fraction = Maybe()
    last_full_start_year = Maybe()
    revenue_threshold_usd_per_mwh = Maybe()
    reduction_fraction = Maybe()
    last_year = Maybe()
    most_usd_per_mw_year = Maybe()

    def share_by_start_year(self, year: int) -> float:
        """Return the share of the credit left if construction starts in `year`."""
        last = self.find("last_full_start_year")
        if last is None or year <= last.value:
            return 1.0
        share = self.find(f"share_for_start_{year}_fraction")
        return 0.0 if share is None else share.value


@cache
def credit(name: str) -> Credit:
    """Return a federal credit, such as ``48e``.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Credit.named(name)
