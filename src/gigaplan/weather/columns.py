"""What the readers share: places, header figures, and weather from columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.model import FloatArray, HourlyWeather, Provenance
from gigaplan.weather.table import Table, check_range
from gigaplan.weather.units import WEATHER_RANGE, Conversion, apply

# a common year: its calendar stands for a year made of many
TYPICAL_YEAR: Final = 2001


@dataclass(frozen=True)
class Place:
    """Where a file's figures are from."""

    name: str
    latitude: float
    longitude: float
    elevation_m: float


def header_number(file: str, line: int, cells: Sequence[str], index: int, what: str) -> float:
    """Return a figure of a file's header.

    Raises
    ------
    InputError
        If the cell is missing or not a number.
    """
    try:
        return float(cells[index])
    except (IndexError, ValueError):
        found = cells[index].strip()[:40] if index < len(cells) else "nothing"
        raise InputError(
            Problem(
                f"found '{found}' for the {what}; a number is needed.",
                file=file,
                line=line,
                field=f"header {what}",
            )
        ) from None


def converted(table: Table, wanted: Sequence[tuple[str, Conversion]]) -> Table:
    """Return a table in our units, every value checked against what its quantity can be."""
    values = np.empty_like(table.values)
    for i, (quantity, conversion) in enumerate(wanted):
        values[:, i] = apply(conversion, table.values[:, i])
        low, high = WEATHER_RANGE[quantity]
        check_range(table, i, low, high, quantity.partition("_")[2], values[:, i])
    return Table(table.file, table.lines, table.columns, values)


def build(
    hours: FloatArray,
    quantities: Sequence[str],
    place: Place,
    provenance: Provenance,
    wind_height_m: float = 10.0,
) -> HourlyWeather:
    """Return `HourlyWeather` of columns in our units."""
    columns = {name: np.ascontiguousarray(hours[:, i]) for i, name in enumerate(quantities)}
    if "rel_humidity_fraction" in columns:
        np.clip(columns["rel_humidity_fraction"], 0, 1, out=columns["rel_humidity_fraction"])
    return HourlyWeather(
        latitude=place.latitude,
        longitude=place.longitude,
        elevation_m=place.elevation_m,
        provenance=provenance,
        wind_height_m=wind_height_m,
        **columns,
    )
