"""Moist air: dew point, relative humidity, wet bulb, pressure by height.

Saturation pressure over water is the Magnus form of Alduchov and Eskridge
(1996), "Improved Magnus form approximation of saturation vapor pressure".
Wet bulb is solved from the psychrometer equation at the station's pressure
(World Meteorological Organization, Guide to Instruments, WMO-No. 8, annex 4.B);
Stull (2011), "Wet-bulb temperature from relative humidity and air
temperature", is its start and the tests' check at sea level.
"""

from __future__ import annotations

import numpy as np

from gigaplan.weather.model import FloatArray

_MAGNUS_A_PA = 610.94
_MAGNUS_B = 17.625
_MAGNUS_C_C = 243.04
_STANDARD_PRESSURE_PA = 101_325.0
# psychrometer coefficient of a ventilated wet bulb over water, 1/K (WMO-No. 8)
_PSYCHROMETER_PER_K = 6.53e-4


def saturation_pressure_pa(temp_c: FloatArray) -> FloatArray:
    """Return the saturation pressure of water vapour over water at `temp_c` [Pa]."""
    result: FloatArray = _MAGNUS_A_PA * np.exp(_MAGNUS_B * temp_c / (_MAGNUS_C_C + temp_c))
    return result


def rel_humidity_fraction(temp_c: FloatArray, dew_point_c: FloatArray) -> FloatArray:
    """Return relative humidity, at most 1."""
    return np.minimum(saturation_pressure_pa(dew_point_c) / saturation_pressure_pa(temp_c), 1.0)


def dew_point_c(temp_c: FloatArray, rel_humidity: FloatArray) -> FloatArray:
    """Return the dew point of air at `temp_c` and a relative humidity of 0 to 1 [C]."""
    gamma = np.log(np.maximum(rel_humidity, 1e-4)) + _MAGNUS_B * temp_c / (_MAGNUS_C_C + temp_c)
    result: FloatArray = _MAGNUS_C_C * gamma / (_MAGNUS_B - gamma)
    return result


def pressure_at_height_pa(elevation_m: float) -> float:
    """Return the mean pressure of the US Standard Atmosphere 1976 at a height [Pa]."""
    return float(_STANDARD_PRESSURE_PA * (1 - 2.25577e-5 * elevation_m) ** 5.25588)


def wet_bulb_stull_c(temp_c: FloatArray, rel_humidity: FloatArray) -> FloatArray:
    """Return the wet bulb at sea-level pressure by Stull (2011), equation 1 [C]."""
    rh = 100 * np.clip(rel_humidity, 0.01, 1.0)
    result: FloatArray = (
        temp_c * np.arctan(0.151977 * np.sqrt(rh + 8.313659))
        + np.arctan(temp_c + rh)
        - np.arctan(rh - 1.676331)
        + 0.00391838 * rh**1.5 * np.arctan(0.023101 * rh)
        - 4.686035
    )
    return result


def wet_bulb_c(
    temp_c: FloatArray, rel_humidity: FloatArray, pressure_pa: FloatArray | float
) -> FloatArray:
    """Return the wet bulb, solved from the psychrometer equation [C].

    Parameters
    ----------
    temp_c : ndarray
        Dry bulb. [C]
    rel_humidity : ndarray
        Relative humidity, 0 to 1.
    pressure_pa : ndarray or float
        Station pressure. [Pa]

    Returns
    -------
    ndarray
        Between the dew point and the dry bulb.
    """
    vapour = rel_humidity * saturation_pressure_pa(temp_c)
    wet = np.minimum(wet_bulb_stull_c(temp_c, rel_humidity), temp_c)
    for _ in range(4):  # Newton; the residual is smooth and convex, four steps reach 1e-9 K
        saturation = saturation_pressure_pa(wet)
        gamma = _PSYCHROMETER_PER_K * (1 + 0.000944 * wet) * pressure_pa
        residual = saturation - gamma * (temp_c - wet) - vapour
        slope = saturation * _MAGNUS_B * _MAGNUS_C_C / (_MAGNUS_C_C + wet) ** 2 + gamma
        wet = wet - residual / slope
    return np.minimum(wet, temp_c)
