"""Power markets, fuels and grid connection."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Entry, Maybe, Needed, TypedEntry
from gigaplan.core.errors import InputError, Problem


@dataclass(frozen=True)
class Market(TypedEntry):
    """A market area. Gas basis is the mean over 2026 to 2040 above the fuel ``gas``.

    `gas_price_path` is better where years matter: the gap to the reference moves.
    """

    of_kind: ClassVar[str] = "market"

    power_price_usd_per_mwh = Needed()
    gas_basis_usd_per_mmbtu = Needed()
    carbon_kg_per_mwh = Needed()
    clean_share_fraction = Needed()
    generation_queue_months = Needed()
    capacity_price_usd_per_mw_day = Maybe()
    solar_ppa_usd_per_mwh = Maybe()
    wind_ppa_usd_per_mwh = Maybe()
    solar_capacity_factor_fraction = Needed()
    wind_capacity_factor_fraction = Needed()

    def gas_price_path(self, years: Iterable[int]) -> tuple[float, ...]:
        """Return the gas price to power plants in each year, USD per MMBtu.

        Raises
        ------
        InputError
            If a year has no price.
        """
        return _path(self, "gas_usd_per_mmbtu_", years)


@dataclass(frozen=True)
class Fuel(TypedEntry):
    """A fuel with its price by year."""

    of_kind: ClassVar[str] = "fuel"

    co2_kg_per_mmbtu = Needed()

    @property
    def years(self) -> tuple[int, ...]:
        """Years that have a price."""
        start = "usd_per_mmbtu_"
        return tuple(int(f.removeprefix(start)) for f in self.by_field if f.startswith(start))

    def price_path(self, years: Iterable[int]) -> tuple[float, ...]:
        """Return the price in each year, USD per MMBtu of the figures' dollar year.

        Raises
        ------
        InputError
            If a year has no price.
        """
        return _path(self, "usd_per_mmbtu_", years)


@dataclass(frozen=True)
class Connection(TypedEntry):
    """What it takes to be connected, or a long-lead item of it."""

    of_kind: ClassVar[str] = "connection"

    upgrade_usd_per_kw = Maybe()
    delay_months = Maybe()
    lead_months = Maybe()


def _path(entry: Entry, start: str, years: Iterable[int]) -> tuple[float, ...]:
    known = [int(f.removeprefix(start)) for f in entry.by_field if f.startswith(start)]
    wanted = tuple(years)
    missing = [year for year in wanted if year not in known]
    if missing:
        raise InputError(
            Problem(
                f"the {entry.kind} '{entry.name}' has prices for {min(known)} to {max(known)}, "
                f"not for {missing[0]}."
            )
        )
    return tuple(entry.value(f"{start}{year}") for year in wanted)


@cache
def market(name: str) -> Market:
    """Return a market area.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Market.named(name)


@cache
def fuel(name: str) -> Fuel:
    """Return a fuel.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Fuel.named(name)


@cache
def connection(name: str) -> Connection:
    """Return a kind of connection, or a long-lead item of it.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Connection.named(name)
