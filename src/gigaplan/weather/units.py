"""Units that hourly files may declare, and what turns each into ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, nearest

# unit written in a file -> (factor, offset) to ours: ours = factor * written + offset
Conversion = tuple[float, float]

_TEMPERATURE: Final[Mapping[str, Conversion]] = {
    "c": (1, 0),
    "k": (1, -273.15),
    "f": (5 / 9, -160 / 9),
}
_FRACTION: Final[Mapping[str, Conversion]] = {"fraction": (1, 0), "percent": (0.01, 0)}
_PRESSURE: Final[Mapping[str, Conversion]] = {
    "pa": (1, 0),
    "hpa": (100, 0),
    "mbar": (100, 0),
    "kpa": (1000, 0),
    "atm": (101325, 0),
}
_IRRADIANCE: Final[Mapping[str, Conversion]] = {"w_per_m2": (1, 0), "kw_per_m2": (1000, 0)}
_WIND: Final[Mapping[str, Conversion]] = {
    "m_per_s": (1, 0),
    "km_per_h": (1 / 3.6, 0),
    "mph": (0.44704, 0),
    "knots": (1852 / 3600, 0),
}
WEATHER_UNITS: Final[Mapping[str, Mapping[str, Conversion]]] = {
    "temp_c": _TEMPERATURE,
    "dew_point_c": _TEMPERATURE,
    "rel_humidity_fraction": _FRACTION,
    "pressure_pa": _PRESSURE,
    "ghi_w_per_m2": _IRRADIANCE,
    "dni_w_per_m2": _IRRADIANCE,
    "dhi_w_per_m2": _IRRADIANCE,
    "wind_m_per_s": _WIND,
}
# what a figure may be, in our unit, before it is taken for a mistake
WEATHER_RANGE: Final[Mapping[str, tuple[float, float]]] = {
    "temp_c": (-90, 65),
    "dew_point_c": (-100, 45),
    "rel_humidity_fraction": (0, 1.10),
    "pressure_pa": (30_000, 110_000),
    "ghi_w_per_m2": (0, 1600),
    "dni_w_per_m2": (0, 1500),
    "dhi_w_per_m2": (0, 1200),
    "wind_m_per_s": (0, 90),
}
# unit written -> (our unit, factor)
SERIES_UNITS: Final[Mapping[str, tuple[str, float]]] = {
    "usd_per_mwh": ("usd_per_mwh", 1),
    "usd_per_kwh": ("usd_per_mwh", 1000),
    "kg_per_mwh": ("kg_per_mwh", 1),
    "g_per_kwh": ("kg_per_mwh", 1),
    "t_per_mwh": ("kg_per_mwh", 1000),
    "lb_per_mwh": ("kg_per_mwh", 0.45359237),
    "mw": ("mw", 1),
    "gw": ("mw", 1000),
    "mwh": ("mwh", 1),
    "fraction": ("fraction", 1),
    "percent": ("fraction", 0.01),
    "c": ("c", 1),
}
SERIES_RANGE: Final[Mapping[str, tuple[float, float]]] = {
    "usd_per_mwh": (-20_000, 50_000),
    "kg_per_mwh": (0, 2_500),
    "mw": (-1e7, 1e7),
    "mwh": (-1e7, 1e7),
    "fraction": (0, 1),
    "c": (-90, 65),
}


def weather_conversion(quantity: str, unit: str) -> Conversion:
    """Return factor and offset that turn `unit` into the unit of a weather quantity.

    Raises
    ------
    InputError
        If the quantity or the unit is not known.
    """
    if quantity not in WEATHER_UNITS:
        raise InputError(
            f"'{quantity}' is not a weather quantity. {nearest(quantity, WEATHER_UNITS)} "
            f"Allowed: {', '.join(WEATHER_UNITS)}."
        )
    allowed = WEATHER_UNITS[quantity]
    if unit not in allowed:
        raise InputError(f"unit '{unit}' of {quantity} is not known; one of {', '.join(allowed)}.")
    return allowed[unit]


def series_conversion(unit: str) -> tuple[str, float]:
    """Return our unit and the factor to it, for the declared unit of a series.

    Raises
    ------
    InputError
        If the unit is not known.
    """
    if unit not in SERIES_UNITS:
        raise InputError(
            f"unit '{unit}' is not known. {nearest(unit, SERIES_UNITS)} "
            f"Allowed: {', '.join(SERIES_UNITS)}."
        )
    return SERIES_UNITS[unit]


def apply(conversion: Conversion, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `values` in our unit."""
    factor, offset = conversion
    return factor * values + offset
