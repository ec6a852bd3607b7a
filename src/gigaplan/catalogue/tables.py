"""Figures that make a row of numbers: by year of life, by year of construction, by temperature."""

from __future__ import annotations

from gigaplan.catalogue.entry import Entry, entry
from gigaplan.catalogue.figures import entries
from gigaplan.core.errors import InputError, Problem


def macrs_fractions(years: int) -> tuple[float, ...]:
    """Return the share of the depreciable basis written off in each tax year.

    Parameters
    ----------
    years : int
        Class life: 5, 7, 15, 20 (declining balance, half-year convention) or 39
        (straight line, the mid-month convention averaged over the months).

    Returns
    -------
    tuple of float
        One per year from the first in service; adds up to one.

    Raises
    ------
    InputError
        If there is no table of this life.
    """
    known = [e for e in entries("tax") if e.startswith("macrs_")]
    if f"macrs_{years}" not in known:
        lives = ", ".join(e.removeprefix("macrs_") for e in known)
        raise InputError(
            Problem(f"there is no depreciation table of {years} years; there are {lives}.")
        )
    return _by_year(entry("tax", f"macrs_{years}"))


def construction_spend_fractions(name: str) -> tuple[float, ...]:
    """Return the share of overnight cost spent in each year of construction.

    Parameters
    ----------
    name : str
        Entry of the kind spend_schedule, such as ``six_years``.

    Returns
    -------
    tuple of float
        One per year; adds up to one.

    Raises
    ------
    InputError
        If there is no such schedule.
    """
    return _by_year(entry("spend_schedule", name))


def forced_outage_by_temperature(name: str) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Return temperatures and the share of a fleet forced out at each.

    Between the temperatures the share is read on a straight line, outside them
    it is held. Source: Murphy, Sowell and Apt (2019), PJM fleet 1995 to 2018.

    Parameters
    ----------
    name : str
        Prime mover: ``combined_cycle``, ``combustion_turbine``, ``diesel``,
        ``hydro_and_psh``, ``nuclear`` or ``steam``.

    Returns
    -------
    tuple of tuple of float
        Degrees Celsius, rising, and shares.

    Raises
    ------
    InputError
        If there is no such prime mover, or it has no shares by temperature.
    """
    table = entry("outage", name)
    start, end = "forced_fraction_at_", "_c"
    pairs = []
    for field in table.by_field:
        if field.startswith(start):
            degrees = field.removeprefix(start).removesuffix(end).replace("minus_", "-")
            pairs.append((float(degrees), table.value(field)))
    if not pairs:
        raise InputError(Problem(f"'{name}' has no outage shares by temperature."))
    pairs.sort()
    return tuple(t for t, _ in pairs), tuple(share for _, share in pairs)


def _by_year(table: Entry) -> tuple[float, ...]:
    return tuple(table.value(f"year_{i}_fraction") for i in range(1, len(table.by_field) + 1))
