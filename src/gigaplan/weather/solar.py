"""Solar capacity factor of a single-axis tracking plant, by pvlib's models.

Tracking about a north-south axis (Anderson and Mikofski 2020), sky diffuse by
Hay and Davies (1980), cell temperature by the Sandia model (King et al. 2004,
open rack, glass on polymer), direct current linear in light with a temperature
coefficient, clipped at the inverter. The plant: 1.3 MW direct current per MW
alternating current, 14% losses, inverter efficiency 96%, ground cover 0.4.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from gigaplan.weather.model import FloatArray, HourlyWeather
from gigaplan.weather.sun import split_global, sun_year
from gigaplan.weather.wind import wind_at_height

DC_AC_RATIO: Final = 1.3
LOSSES_FRACTION: Final = 0.14
INVERTER_EFFICIENCY: Final = 0.96
GROUND_COVER_RATIO: Final = 0.4
MAX_TILT_DEGREES: Final = 60.0
POWER_PER_C: Final = -0.0034
_ALBEDO: Final = 0.25
_STANDARD_CELL_C: Final = 25.0
# Sandia cell model, open rack, glass front and polymer back (King et al. 2004, table 1)
_SAPM_A: Final = -3.47
_SAPM_B: Final = -0.0594
_SAPM_DELTA_C: Final = 3.0
_SURFACE_WIND_HEIGHT_M: Final = 10.0


def solar_capacity_factor(
    weather: HourlyWeather, latitude: float | None = None, longitude: float | None = None
) -> FloatArray:
    """Return AC output per MWac of a single-axis tracking plant, shape [hour].

    Parameters
    ----------
    weather : HourlyWeather
        Irradiance (global at least), temperature, and wind if it has it (1 m/s if not).
    latitude, longitude : float, optional
        Where the plant stands, if not where the weather is from.

    Raises
    ------
    InputError
        If the weather holds no irradiance.
    """
    import pvlib

    sun = sun_year(
        weather.latitude if latitude is None else latitude,
        weather.longitude if longitude is None else longitude,
    )
    ghi = weather.need("ghi_w_per_m2")
    if weather.dni_w_per_m2 is not None and weather.dhi_w_per_m2 is not None:
        dni, dhi = weather.dni_w_per_m2, weather.dhi_w_per_m2
    else:
        pressure = 101_325.0 if weather.pressure_pa is None else float(weather.pressure_pa.mean())
        dni, dhi = split_global(ghi, sun, pressure)
    tracker = pvlib.tracking.singleaxis(
        sun.zenith_degrees,
        sun.azimuth_degrees,
        axis_tilt=0,
        axis_azimuth=180,
        max_angle=MAX_TILT_DEGREES,
        backtrack=True,
        gcr=GROUND_COVER_RATIO,
    )
    # the tracker has no angle at night
    tilt = np.nan_to_num(np.asarray(tracker["surface_tilt"], dtype=float))
    facing = np.nan_to_num(np.asarray(tracker["surface_azimuth"], dtype=float), nan=180.0)
    light = pvlib.irradiance.get_total_irradiance(
        tilt,
        facing,
        sun.zenith_degrees,
        sun.azimuth_degrees,
        dni,
        ghi,
        dhi,
        dni_extra=sun.extra_w_per_m2,
        albedo=_ALBEDO,
        model="haydavies",
    )["poa_global"]
    poa = np.where(sun.zenith_degrees < 90, np.nan_to_num(np.asarray(light, dtype=float)), 0.0)
    poa = np.maximum(poa, 0.0)
    if weather.wind_m_per_s is None:
        wind = np.ones_like(poa)
    else:
        wind = wind_at_height(weather.wind_m_per_s, weather.wind_height_m, _SURFACE_WIND_HEIGHT_M)
    back_c = poa * np.exp(_SAPM_A + _SAPM_B * wind) + weather.temp_c
    cell_c = back_c + poa / 1000 * _SAPM_DELTA_C
    dc = DC_AC_RATIO * poa / 1000 * (1 + POWER_PER_C * (cell_c - _STANDARD_CELL_C))
    ac = dc * (1 - LOSSES_FRACTION) * INVERTER_EFFICIENCY
    result: FloatArray = np.clip(ac, 0.0, 1.0)
    return result
