"""Wind capacity factor of an illustrative turbine.

The power curve is that of a low-specific-power machine (about 200 W/m2), drawn
by four figures: cut-in at 3 m/s, the cube of speed up to rated power at 10.5 m/s,
cut-out at 25 m/s; speed is corrected for air density as IEC 61400-12-1 does. It
is no maker's curve. Wind is carried to hub height by a power law.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gigaplan.weather.model import FloatArray, HourlyWeather

CUT_IN_M_PER_S: Final = 3.0
RATED_M_PER_S: Final = 10.5
CUT_OUT_M_PER_S: Final = 25.0
LOSSES_FRACTION: Final = 0.12
HUB_HEIGHT_M: Final = 100.0
SHEAR_EXPONENT: Final = 1 / 7
_GAS_CONSTANT_DRY_AIR: Final = 287.05
_STANDARD_DENSITY_KG_PER_M3: Final = 1.225
_KELVIN: Final = 273.15


def wind_at_height(
    wind_m_per_s: FloatArray, measured_at_m: float, wanted_at_m: float
) -> FloatArray:
    """Return wind carried to another height by the one-seventh power law [m/s]."""
    result: FloatArray = wind_m_per_s * (wanted_at_m / measured_at_m) ** SHEAR_EXPONENT
    return result


def wind_capacity_factor(
    weather: HourlyWeather, *, hub_height_m: float = HUB_HEIGHT_M
) -> FloatArray:
    """Return output per MW of the illustrative turbine, shape [hour].

    Parameters
    ----------
    weather : HourlyWeather
        Wind, temperature, and pressure if it has it (sea level's if not).
    hub_height_m : float
        Height of the hub. [m]

    Raises
    ------
    InputError
        If the weather holds no wind.
    """
    speed = wind_at_height(weather.need("wind_m_per_s"), weather.wind_height_m, hub_height_m)
    pressure = 101_325.0 if weather.pressure_pa is None else weather.pressure_pa
    density = pressure / (_GAS_CONSTANT_DRY_AIR * (weather.temp_c + _KELVIN))
    felt = speed * (density / _STANDARD_DENSITY_KG_PER_M3) ** (1 / 3)
    cubed = (felt**3 - CUT_IN_M_PER_S**3) / (RATED_M_PER_S**3 - CUT_IN_M_PER_S**3)
    output = np.clip(cubed, 0.0, 1.0)
    output[(felt < CUT_IN_M_PER_S) | (speed > CUT_OUT_M_PER_S)] = 0.0
    result: FloatArray = (1 - LOSSES_FRACTION) * output
    return result
