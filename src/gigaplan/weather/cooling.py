"""Power usage effectiveness and water use, hour by hour, by cooling design.

PUE is ``1 + (P - 1) (f + (1 - f) s(h) / S)``: P the sourced annual mean of the
design, f the share of its overhead that does not feel the weather (losses of
transformers, uninterruptible supply, base fans and pumps), s(h) the physics below
and S its mean over the reference climates. Water is ``W d(h) / D`` likewise. So a
design's mean over the reference climates is the sourced figure, and a hot or
humid site comes out above it, a cool one below.

The physics of s and d, with t dry bulb and w wet bulb in C:

- air_evaporative (outside air, cooled by evaporation): s rises with fan speed as
  air warms from 15 to 35 C, and with trim cooling once wet bulb plus a 3 C approach
  passes 27 C supply air; d is the water that brings air from t to 24 C, at most nine
  tenths of the way to the wet bulb, over the 12 C that servers heat it.
- air_chiller (air-cooled chillers, no evaporation): s is compressor power at 45% of
  Carnot from 15 C chilled water to t + 12 C, less free cooling below 12 C.
- liquid_dry (liquid to the chip, dry coolers): s is fan power, rising with the square
  of t above 5 C over 30 C, and a trim chiller for the air-cooled rest above 27 C; d is
  spray on the dry coolers above 30 C.
- evaporative_tower (water-cooled chillers and towers): s is compressor power to
  w + 8 C, less free cooling below a wet bulb of 8 C; d is evaporation, less in cold air.

The reference climates are the stations of the existing US fleet and the three
campuses with TMY3 files; their hours are laid out from monthly normals, not
sampled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.polynomial.hermite_e import hermegauss

from gigaplan import catalogue
from gigaplan.core.errors import InputError, nearest
from gigaplan.weather import humidity
from gigaplan.weather.climate import links, process, station
from gigaplan.weather.model import COOLING_DESIGNS, FloatArray, HourlyWeather

REFERENCE_STATIONS: Final = (
    "columbus_oh",
    "des_moines_ia",
    "redmond_or",
    "monroe_la",
    "el_paso_tx",
)
_WARMEST_HOUR: Final = 14
_FIXED_SHARE: Final[Mapping[str, float]] = {  # assumed
    "air_evaporative": 0.75,
    "air_chiller": 0.45,
    "liquid_dry": 0.60,
    "evaporative_tower": 0.50,
}


@dataclass(frozen=True)
class CoolingFigures:
    """Annual means of a cooling design over the reference climates.

    Parameters
    ----------
    pue : float
        Facility energy over IT energy.
    water_l_per_kwh_it : float
        Litres of water per kWh of IT energy.
    """

    pue: float
    water_l_per_kwh_it: float


def sourced_figures(name: str) -> CoolingFigures:
    """Return the annual means of a cooling design from the catalogue.

    Raises
    ------
    InputError
        If the catalogue has no such design.
    """
    return CoolingFigures(
        catalogue.figure(f"cooling.{name}.pue").value,
        catalogue.figure(f"cooling.{name}.wue_litres_per_it_kwh").value,
    )


def pue(
    weather: HourlyWeather, cooling: str, *, figures: CoolingFigures | None = None
) -> FloatArray:
    """Return facility MW per IT MW, shape [hour].

    Parameters
    ----------
    weather : HourlyWeather
        Temperature, humidity (or dew point) and pressure if it has it.
    cooling : str
        One of `gigaplan.weather.COOLING_DESIGNS`.
    figures : CoolingFigures, optional
        Annual means; the catalogue's if left out.

    Raises
    ------
    InputError
        If the design is unknown, or the weather holds no humidity for a design that needs it.
    """
    name = design_name(cooling)
    mean = (figures or sourced_figures(name)).pue
    fixed = _FIXED_SHARE[name]
    shape = _overhead_shape(name, *_air(weather, name))
    result: FloatArray = 1 + (mean - 1) * (fixed + (1 - fixed) * shape / _reference(name)[0])
    return result


def water_l_per_kwh(
    weather: HourlyWeather, cooling: str, *, figures: CoolingFigures | None = None
) -> FloatArray:
    """Return litres of water taken per kWh of IT energy, shape [hour]; see `pue`."""
    name = design_name(cooling)
    mean = (figures or sourced_figures(name)).water_l_per_kwh_it
    if mean == 0:
        return np.zeros_like(weather.temp_c)
    return mean * _water_shape(name, *_air(weather, name)) / _reference(name)[1]


def design_name(cooling: str) -> str:
    """Return the cooling design of a name, underscores or hyphens alike.

    Raises
    ------
    InputError
        If there is no such design.
    """
    name = cooling.replace("-", "_")
    if name not in COOLING_DESIGNS:
        raise InputError(
            f"there is no cooling design '{cooling}'. {nearest(name, COOLING_DESIGNS)} "
            f"There are: {', '.join(COOLING_DESIGNS)}."
        )
    return name


def _air(weather: HourlyWeather, name: str) -> tuple[FloatArray, FloatArray]:
    """Return dry and wet bulb; designs that never see the wet bulb do not ask for humidity."""
    if name in ("air_chiller", "liquid_dry"):
        return weather.temp_c, weather.temp_c
    if weather.rel_humidity_fraction is not None:
        rel = weather.rel_humidity_fraction
    else:
        rel = humidity.rel_humidity_fraction(weather.temp_c, weather.need("dew_point_c"))
    pressure = (
        humidity.pressure_at_height_pa(weather.elevation_m)
        if weather.pressure_pa is None
        else weather.pressure_pa
    )
    return weather.temp_c, humidity.wet_bulb_c(weather.temp_c, rel, pressure)


def _overhead_shape(name: str, dry_c: FloatArray, wet_c: FloatArray) -> FloatArray:
    if name == "air_evaporative":
        fans = 0.4 * np.clip((dry_c - 15) / 20, 0, 1) ** 2
        trim = np.clip((wet_c + 3 - 27) / 6, 0, 1.5)
        return 0.1 + fans + trim
    if name == "air_chiller":
        return _compressor(dry_c + 12) * (1 - 0.9 * _free_cooling(dry_c, 4, 12))
    if name == "liquid_dry":
        return 0.1 + np.clip((dry_c - 5) / 30, 0, 1.3) ** 2 + 0.8 * np.clip((dry_c - 27) / 10, 0, 2)
    return 0.05 + _compressor(wet_c + 8) * (1 - 0.9 * _free_cooling(wet_c, 2, 8))


def _water_shape(name: str, dry_c: FloatArray, wet_c: FloatArray) -> FloatArray:
    if name == "air_evaporative":
        wanted = np.clip(dry_c - 24, 0, None)
        reached = np.minimum(wanted, 0.9 * (dry_c - wet_c))
        return np.minimum(reached, 12.0) / 12.0
    if name == "liquid_dry":
        return np.clip((dry_c - 30) / 10, 0, 1)
    if name == "evaporative_tower":
        return np.clip(0.65 + 0.02 * dry_c, 0.4, 1.4)
    return np.ones_like(dry_c)


def _compressor(condensing_c: FloatArray) -> FloatArray:
    """Return compressor energy per heat moved, at 45% of Carnot from 15 C chilled water."""
    evaporating_k = 273.15 + 13.0
    lift = np.maximum(condensing_c + 273.15 - evaporating_k, 8.0)
    return lift / (0.45 * evaporating_k)


def _free_cooling(temp_c: FloatArray, whole_below_c: float, none_above_c: float) -> FloatArray:
    """Return the share of the load that outside air carries without a compressor."""
    return np.clip((none_above_c - temp_c) / (none_above_c - whole_below_c), 0, 1)


@cache
def _reference(name: str) -> tuple[float, float]:
    """Return the means of overhead and water shapes over the reference climates."""
    overheads, waters = [], []
    for each in REFERENCE_STATIONS:
        dry, wet, weight = _normal_air(each)
        overheads.append(float((weight * _overhead_shape(name, dry, wet)).sum()))
        waters.append(float((weight * _water_shape(name, dry, wet)).sum()))
    return float(np.mean(overheads)), float(np.mean(waters))


@cache
def _normal_air(station_name: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return dry bulb, wet bulb and weight of a station's year from its normals.

    Months x hours x levels of the day's temperature (five) x widths of its cycle
    (three) x levels of hourly noise (three), as the generator spreads them; the dew
    point moves with the day's temperature.
    """
    normals = station(station_name)
    levels, weights = hermegauss(5)
    three, three_weights = hermegauss(3)
    grid = np.ix_(np.arange(12), np.arange(24), np.arange(5), np.arange(3), np.arange(3))
    month, hour, level, width, gust = grid
    spread = normals.temp_spread_c[month]
    cycle = 0.5 * process("diurnal_range_share") * normals.temp_range_c[month]
    # clear days have the wider cycle, and where hot days are clear ones they are hotter still
    link = links(station_name)[(month + 1) % 12 // 3, 0, 1]
    clearness = link * levels[level] + np.sqrt(1 - link**2) * three[width]
    cycle = cycle * (1 + process("range_per_clearness") * clearness)
    anomaly = spread * levels[level]
    dry = (
        normals.temp_mean_c[month]
        + anomaly
        + cycle * np.cos(2 * np.pi * (hour - _WARMEST_HOUR) / 24)
        + process("temp_hourly_share") * spread * three[gust]
    )
    dew = np.minimum(normals.dew_point_c[month] + 0.8 * anomaly, dry)
    pressure = humidity.pressure_at_height_pa(normals.elevation_m)
    wet = humidity.wet_bulb_c(dry, humidity.rel_humidity_fraction(dry, dew), pressure)
    weight = weights[level] * three_weights[width] * three_weights[gust] + 0 * (month + hour)
    return dry.ravel(), wet.ravel(), (weight / weight.sum()).ravel()
