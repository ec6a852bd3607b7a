"""Depreciation tables, credits and rates of the US federal tax."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Maybe, TypedEntry
from gigaplan.catalogue.figures import entries
from gigaplan.core.errors import InputError, Problem


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

    def share_by_start_year(self, year: int) -> float:
        """Return the share of the credit left if construction starts in `year`."""
        last = self.find("last_full_start_year")
        if last is None or year <= last.value:
            return 1.0
        share = self.find(f"share_for_start_{year}_fraction")
        return 0.0 if share is None else share.value


def macrs_fractions(years: int) -> tuple[float, ...]:
    """Return the share of the depreciable basis written off in each tax year.

    Parameters
    ----------
    years : int
        Class life: 5, 7, 15, 20 (declining balance, half-year convention) or 39
        (straight line, mid-month convention averaged over the months).

    Returns
    -------
    tuple of float
        One per year from the first in service; adds up to one.

    Raises
    ------
    InputError
        If there is no table of this life.
    """
    name = f"macrs_{years}"
    known = [e for e in entries("tax") if e.startswith("macrs_")]
    if name not in known:
        lives = ", ".join(e.removeprefix("macrs_") for e in known)
        raise InputError(
            Problem(f"there is no depreciation table of {years} years; there are {lives}.")
        )
    table = TypedTable.named(name)
    return tuple(table.value(f"year_{i}_fraction") for i in range(1, len(table.by_field) + 1))


@dataclass(frozen=True)
class TypedTable(TypedEntry):
    """An entry of the kind tax that is a table by year."""

    of_kind: ClassVar[str] = "tax"


@cache
def credit(name: str) -> Credit:
    """Return a federal credit, such as ``48e``.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Credit.named(name)
