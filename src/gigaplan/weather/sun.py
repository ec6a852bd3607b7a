"""The sun over a place for one common year: position, clear sky, and the split of global light.

The sun's declination and right ascension are those of NREL's solar position algorithm
(pvlib), worked out once; hour angle, elevation, azimuth and refraction (Bennett 1982)
follow by spherical trigonometry, within 0.01 degrees of the whole algorithm. Clear sky
is the Solis model of Ineichen (2008), by pvlib. Direct light is split from global by DISC (Maxwell
1987, "A quasi-physical model for converting hourly global horizontal to direct normal
insolation"), which came within 3% of the year's direct light of the six real files
where Erbs et al. (1982) fell 3-8% short.
Figures stand at the middle of each UTC hour of 2001; from year to year the sun
at a given hour moves by less than a quarter of a degree.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np

from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.weather.humidity import pressure_at_height_pa
from gigaplan.weather.model import FloatArray

_YEAR: Final = 2001
_AEROSOL_DEPTH_700NM: Final = 0.1  # clean continental air; clearness normals are relative to it
_LOW_SUN_DEGREES: Final = 3.0
_SUNSET_DEGREES: Final = -0.8333  # the sun's radius and refraction at the horizon
_DELTA_T_SECONDS: Final = 64.1  # terrestrial less universal time in 2001
MONTH_DAYS: Final = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_OF_DAY: Final = np.repeat(np.arange(12), MONTH_DAYS)
MONTH_OF_HOUR: Final = np.repeat(MONTH_OF_DAY, 24)
DAY_OF_YEAR: Final = 1 + np.arange(HOURS_PER_YEAR) // 24


@dataclass(frozen=True)
class SunYear:
    """The sun at the middle of every UTC hour, shape [hour].

    Parameters
    ----------
    zenith_degrees, azimuth_degrees : ndarray
        Apparent (refracted) zenith; azimuth clockwise from north.
    extra_w_per_m2 : ndarray
        Normal irradiance above the atmosphere.
    cos_zenith : ndarray
        Cosine of the true zenith, not below 0.
    """

    zenith_degrees: FloatArray
    azimuth_degrees: FloatArray
    extra_w_per_m2: FloatArray
    cos_zenith: FloatArray


@lru_cache(maxsize=1)
def _celestial() -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return sidereal time at Greenwich, right ascension and declination, in degrees by hour."""
    import pandas as pd
    import pvlib

    middles = pd.date_range(f"{_YEAR}-01-01 00:30", periods=HOURS_PER_YEAR, freq="h", tz="UTC")
    seconds = np.array([stamp.timestamp() for stamp in middles])
    found = pvlib.spa.solar_position_numpy(
        seconds, 0, 0, 0, 1013.25, 12, _DELTA_T_SECONDS, 0.5667, None, sst=True
    )
    sidereal, ascension, declination = (np.asarray(each, dtype=float) for each in found)
    return sidereal, ascension, declination


@lru_cache(maxsize=128)
def sun_year(latitude: float, longitude: float) -> SunYear:
    """Return the sun's year over a place."""
    import pvlib

    sidereal, ascension, declination = _celestial()
    hour_angle = np.radians(sidereal + longitude - ascension)
    north, tilt = np.radians(latitude), np.radians(declination)
    sine = np.sin(north) * np.sin(tilt) + np.cos(north) * np.cos(tilt) * np.cos(hour_angle)
    elevation = np.degrees(np.arcsin(np.clip(sine, -1, 1)))
    azimuth = 180 + np.degrees(
        np.arctan2(
            np.sin(hour_angle),
            np.cos(hour_angle) * np.sin(north) - np.tan(tilt) * np.cos(north),
        )
    )
    bent = np.maximum(elevation, _SUNSET_DEGREES)
    lifted = 1.02 / (60 * np.tan(np.radians(bent + 10.3 / (bent + 5.11))))
    apparent = elevation + np.where(elevation >= _SUNSET_DEGREES, lifted, 0.0)
    extra = pvlib.irradiance.get_extra_radiation(DAY_OF_YEAR)
    return SunYear(90 - apparent, azimuth, np.asarray(extra, dtype=float), np.maximum(sine, 0.0))


@lru_cache(maxsize=128)
def clear_sky_ghi_w_per_m2(
    latitude: float, longitude: float, elevation_m: float, water_cm_by_month: tuple[float, ...]
) -> FloatArray:
    """Return the clear-sky global irradiance of every UTC hour [W/m2].

    Parameters
    ----------
    latitude, longitude, elevation_m : float
        The place.
    water_cm_by_month : tuple of float
        Water in the air column, by month. [cm]
    """
    import pvlib

    sun = sun_year(latitude, longitude)
    clear = pvlib.clearsky.simplified_solis(
        90 - sun.zenith_degrees,
        aod700=_AEROSOL_DEPTH_700NM,
        precipitable_water=np.asarray(water_cm_by_month)[MONTH_OF_HOUR],
        pressure=pressure_at_height_pa(elevation_m),
        dni_extra=sun.extra_w_per_m2,
    )
    result: FloatArray = np.where(sun.zenith_degrees < 90, np.nan_to_num(clear["ghi"]), 0.0)
    return result


def water_cm(temp_c: FloatArray, rel_humidity: FloatArray) -> FloatArray:
    """Return the water in the air column from surface air, by Gueymard (1994) [cm]."""
    import pvlib

    result: FloatArray = np.asarray(pvlib.atmosphere.gueymard94_pw(temp_c, 100 * rel_humidity))
    return result


def split_global(
    ghi_w_per_m2: FloatArray, sun: SunYear, pressure_pa: float
) -> tuple[FloatArray, FloatArray]:
    """Return (direct normal, diffuse horizontal) of global irradiance by DISC.

    Parameters
    ----------
    ghi_w_per_m2 : ndarray
        Global horizontal irradiance, shape [hour].
    sun : SunYear
        The sun over the place.
    pressure_pa : float
        Mean station pressure. [Pa]
    """
    import pvlib

    found = pvlib.irradiance.disc(
        ghi_w_per_m2, sun.zenith_degrees, DAY_OF_YEAR, pressure=pressure_pa
    )
    direct = np.maximum(np.nan_to_num(np.asarray(found["dni"], dtype=float)), 0.0)
    high = sun.cos_zenith > np.sin(np.radians(_LOW_SUN_DEGREES))
    # the beam never carries more than all the light there is
    most = np.divide(ghi_w_per_m2, sun.cos_zenith, out=np.zeros_like(direct), where=high)
    direct = np.minimum(direct, most)
    return direct, ghi_w_per_m2 - direct * sun.cos_zenith
