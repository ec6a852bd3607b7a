"""Halls that hold the servers, and the designs that cool them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import ClassVar

from gigaplan.catalogue.entry import Maybe, Needed, TypedEntry


@dataclass(frozen=True)
class Hall(TypedEntry):
    """A type of hall. Cost is per kW of IT, and holds no servers, chips or network.

    ``cost_usd_per_it_kw`` is the sum of shell, electrical, cooling and fit-out.
    """

    of_kind: ClassVar[str] = "hall"

    cost_usd_per_it_kw = Needed()
    shell_usd_per_it_kw = Needed()
    electrical_usd_per_it_kw = Needed()
    cooling_usd_per_it_kw = Needed()
    fit_out_usd_per_it_kw = Needed()
    construct_months = Needed()
    life_years = Needed()
    load_factor_fraction = Needed()
    firm_inference_fraction = Needed()
    deferrable_batch_fraction = Needed()
    installed_over_critical_ratio = Needed()
    land_acres_per_it_mw = Maybe()


@dataclass(frozen=True)
class Cooling(TypedEntry):
    """A cooling design: yearly mean PUE, and litres of water per kWh of IT energy."""

    of_kind: ClassVar[str] = "cooling"

    pue = Needed()
    wue_litres_per_it_kwh = Needed()


@cache
def hall(name: str) -> Hall:
    """Return a type of hall.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Hall.named(name)


@cache
def cooling(name: str) -> Cooling:
    """Return a cooling design.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    return Cooling.named(name)
