"""The weather generator: correlated hourly years from monthly normals.

For a place with normals of its climate station, and one weather year:

1. Four daily processes of unit variance: temperature, clearness, dryness (dew
   point depression) and wind. Each is a first-order autoregression of the noise
   of its random field (`anchors`), so near places move together; temperature
   adds a slow field that holds for weeks. Weather reaches a place later the
   further east it lies.
2. The four are linked by season: ``x = L y``, with ``L L' `` the correlation matrix
   of the station's kind of climate.
3. Between days they pass to hours on a straight line, kept at unit variance.
   Clearness, wind and temperature add an hourly autoregression of a field of short
   reach.
4. Scores become figures through each month's own distribution: temperature by a
   skewed normal about mean and diurnal cycle; dew point depression and wind by a
   Weibull; clearness (global irradiance over clear sky) by a beta distribution.
5. The diurnal cycle of temperature follows Parton and Logan (1981), "A model for
   diurnal variation in soil and air temperature", with the month's mean range,
   wider on clear days.

Random numbers are keyed by seed, weather year, field and anchor: asking for more
places or years changes none of those already made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, gamma, ndtr

from gigaplan.core.errors import require
from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.weather import humidity
from gigaplan.weather._kernels import autoregress, between_tables, days_to_hours
from gigaplan.weather.anchors import Field, noise
from gigaplan.weather.climate import Station, links, process, station, station_at
from gigaplan.weather.model import FloatArray, HourlyWeather, Provenance
from gigaplan.weather.sun import (
    MONTH_DAYS,
    MONTH_OF_HOUR,
    clear_sky_ghi_w_per_m2,
    split_global,
    sun_year,
    water_cm,
)

Place = str | tuple[float, float]

HUB_HEIGHT_M: Final = 100.0
_PAD_DAYS: Final = 30  # room for the time weather takes to travel to any longitude
_DAYS: Final = 365 + 2 * _PAD_DAYS + 2
_REFERENCE_LONGITUDE: Final = -95.0
_SCORES: Final = np.linspace(-4.5, 4.5, 181)
_MOST_CLEAR: Final = 1.09  # hourly global irradiance over clear sky: broken cloud reflects
_SOURCE: Final = "gigaplan weather generator"


def generate(places: Sequence[Place], weather_year: int, seed: int) -> tuple[HourlyWeather, ...]:
    """Return one generated weather year for each place.

    Parameters
    ----------
    places : sequence of str or (latitude, longitude)
        Names of bundled climate stations, or coordinates, which take the nearest station's
        normals moved to their latitude.
    weather_year : int
        Number of the weather year, from 0; years are independent of each other.
    seed : int
        Same seed, same bits.

    Returns
    -------
    tuple of HourlyWeather
        In the order of `places`; wind 100 m above ground.

    Raises
    ------
    InputError
        If a station is unknown or coordinates are outside the globe.
    """
    require(weather_year >= 0, f"weather year {weather_year} is below 0.")
    return tuple(_generate_one(place, weather_year, seed) for place in places)


@dataclass(frozen=True)
class _Frame:
    """What does not change from year to year at a place; arrays have shape [hour]."""

    month: NDArray[np.int64]
    weight: FloatArray
    temp_mean_c: FloatArray
    temp_spread_c: FloatArray
    temp_skew: FloatArray
    diurnal_c: FloatArray
    depression_mean_c: FloatArray
    depression_cv: FloatArray
    dew_point_spread_c: FloatArray
    clear_ghi_w_per_m2: FloatArray
    clearness_tables: FloatArray
    wind_mean_m_per_s: FloatArray
    wind_cv: FloatArray
    mixing: FloatArray
    lag_days: float


def _generate_one(place: Place, weather_year: int, seed: int) -> HourlyWeather:
    if isinstance(place, str):
        normals = station(place)
        latitude, longitude = normals.latitude, normals.longitude
        notes: tuple[str, ...] = ()
    else:
        latitude, longitude = float(place[0]), float(place[1])
        normals, notes = station_at(latitude, longitude)
    frame = _frame(latitude, longitude)
    x = _daily_scores(frame, latitude, longitude, seed, weather_year)

    def hourly(name: str, scale: str, persistence: str) -> FloatArray:
        field = Field(name, process(scale))
        white = noise(field, latitude, longitude, seed, weather_year, HOURS_PER_YEAR)
        out: FloatArray = autoregress(white, process(persistence))
        return out

    temp_noise = hourly("hourly_temp", "local_scale_km", "temp_hourly_persistence")
    temp_c, slow_temp_c = _temperature(frame, x[0], x[1], temp_noise)
    dew_c = _dew_point(frame, temp_c, slow_temp_c, x[2])
    share = process("clearness_daily_share")
    cloud_noise = hourly("hourly_clearness", "local_scale_km", "clearness_hourly_persistence")
    clearness = between_tables(
        frame.clearness_tables,
        _SCORES[0],
        _SCORES[1] - _SCORES[0],
        np.sqrt(share) * x[1] + np.sqrt(1 - share) * cloud_noise,
        frame.month,
        frame.weight,
    )
    ghi = frame.clear_ghi_w_per_m2 * clearness
    pressure_pa = humidity.pressure_at_height_pa(normals.elevation_m)
    dni, dhi = split_global(ghi, sun_year(latitude, longitude), pressure_pa)
    share = process("wind_daily_share")
    wind_noise = hourly("hourly_wind", "local_scale_km", "wind_hourly_persistence")
    wind_score = np.sqrt(share) * x[3] + np.sqrt(1 - share) * wind_noise
    wind = _weibull(wind_score, frame.wind_mean_m_per_s, frame.wind_cv)
    return HourlyWeather(
        latitude=latitude,
        longitude=longitude,
        elevation_m=normals.elevation_m,
        temp_c=temp_c,
        dew_point_c=dew_c,
        rel_humidity_fraction=humidity.rel_humidity_fraction(temp_c, dew_c),
        pressure_pa=np.full(HOURS_PER_YEAR, pressure_pa),
        ghi_w_per_m2=ghi,
        dni_w_per_m2=dni,
        dhi_w_per_m2=dhi,
        wind_m_per_s=wind,
        wind_height_m=HUB_HEIGHT_M,
        provenance=Provenance(
            kind="generated",
            place=normals.title,
            source=f"{_SOURCE} on monthly normals ({normals.mark}): {normals.source}",
            licence="made by gigaplan",
            year=weather_year,
            treatments=notes,
        ),
    )


def _daily_scores(
    frame: _Frame, latitude: float, longitude: float, seed: int, weather_year: int
) -> FloatArray:
    """Return the linked daily processes at every hour, shape [4, hour], in the order of LINKED."""

    def daily(name: str, persistence: float) -> FloatArray:
        field = Field(f"daily_{name}", process(f"{name}_scale_km"))
        white = noise(field, latitude, longitude, seed, weather_year, _DAYS)
        out: FloatArray = days_to_hours(
            autoregress(white, persistence),
            _PAD_DAYS - frame.lag_days,
            HOURS_PER_YEAR,
            persistence,
        )
        return out

    slow_share = process("slow_temp_share")
    y = np.stack(
        [
            np.sqrt(1 - slow_share) * daily("temp", process("temp_persistence"))
            + np.sqrt(slow_share) * daily("slow_temp", process("slow_temp_persistence")),
            daily("clearness", process("clearness_persistence")),
            daily("dryness", process("dryness_persistence")),
            daily("wind", process("wind_persistence")),
        ]
    )
    out: FloatArray = np.einsum("dij,jdh->idh", frame.mixing, y.reshape(4, 365, 24)).reshape(
        4, HOURS_PER_YEAR
    )
    return out


def _temperature(
    frame: _Frame, score: FloatArray, clearness: FloatArray, hourly_noise: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return hourly temperature, and the same without its diurnal cycle [C]."""
    slow = frame.temp_mean_c + frame.temp_spread_c * _skewed(score, frame.temp_skew)
    widened = np.clip(1 + process("range_per_clearness") * clearness, 0.2, 1.8)
    fast = process("temp_hourly_share") * frame.temp_spread_c * hourly_noise
    return slow + frame.diurnal_c * widened + fast, slow


def _dew_point(
    frame: _Frame, temp_c: FloatArray, slow_temp_c: FloatArray, score: FloatArray
) -> FloatArray:
    """Return hourly dew point, never above temperature [C].

    It is the day's depression under the day's temperature, with anomalies skewed
    downwards: dry air has no floor near, moist air the sea's temperature for a lid.
    """
    depression = _weibull(score, frame.depression_mean_c, frame.depression_cv)
    mean = frame.temp_mean_c - frame.depression_mean_c
    anomaly = (slow_temp_c - depression - mean) / frame.dew_point_spread_c
    skewed = _skewed(anomaly, process("dew_point_skew"))
    return np.minimum(mean + frame.dew_point_spread_c * skewed, temp_c - 0.1)


def _skewed(score: FloatArray, skew: FloatArray | float) -> FloatArray:
    """Return scores of mean 0, variance 1 and about `skew`: ``(z + k/6 (z^2 - 1)) / norm``."""
    bounded = np.clip(score, -4.0, 4.0)
    result: FloatArray = (bounded + skew / 6 * (bounded**2 - 1)) / np.sqrt(1 + skew**2 / 18)
    return result


def _weibull(score: FloatArray, mean: FloatArray, cv: FloatArray) -> FloatArray:
    """Return Weibull quantiles of normal scores for a mean and a coefficient of variation.

    The shape is cv^-1.086 (Justus et al. 1978), good to 1% of the spread for cv 0.2 to 1.
    """
    shape = cv**-1.086
    survival = np.maximum(ndtr(-score), 1e-12)
    result: FloatArray = mean / gamma(1 + 1 / shape) * (-np.log(survival)) ** (1 / shape)
    return result


@lru_cache(maxsize=128)
def _frame(latitude: float, longitude: float) -> _Frame:
    normals, _ = station_at(latitude, longitude)
    month, weight = _between_months()
    solar_hour = (np.arange(HOURS_PER_YEAR) + 0.5 + longitude / 15) % 24
    wind_cycle = 1 + process("wind_diurnal_amplitude") * np.cos(
        2 * np.pi * (solar_hour - process("wind_diurnal_peak_hour")) / 24
    )
    clear, tables = _clearness(normals, latitude, longitude)
    depression = normals.temp_mean_c - normals.dew_point_c
    range_c = process("diurnal_range_share") * normals.temp_range_c
    dry = normals.dew_point_depression_spread_c
    together = _by_season(links(normals.name)[:, 0, 2]) * _smooth(normals.temp_spread_c * dry)
    dew_variance = _smooth(normals.temp_spread_c**2 + dry**2) - 2 * together
    wind = normals.wind_100m_m_per_s
    wind_cv = np.sqrt(
        np.maximum(
            (normals.wind_100m_spread_m_per_s / wind) ** 2
            - process("wind_diurnal_amplitude") ** 2 / 2,
            0.01,
        )
    )
    return _Frame(
        month=month,
        weight=weight,
        temp_mean_c=_smooth(normals.temp_mean_c),
        temp_spread_c=_smooth(normals.temp_spread_c),
        temp_skew=_by_season(
            np.array([process(f"temp_skew_{s}") for s in ("djf", "mam", "jja", "son")])
        ),
        diurnal_c=_smooth(range_c) * diurnal_shape(latitude, longitude),
        depression_mean_c=_smooth(depression),
        depression_cv=_smooth(dry / depression),
        dew_point_spread_c=np.sqrt(np.maximum(dew_variance, 0.25)),
        clear_ghi_w_per_m2=clear,
        clearness_tables=tables,
        wind_mean_m_per_s=_smooth(wind) * wind_cycle,
        wind_cv=_smooth(wind_cv),
        mixing=_mixing(normals.name),
        lag_days=(longitude - _REFERENCE_LONGITUDE) / process("travel_degrees_per_day"),
    )


def _clearness(
    normals: Station, latitude: float, longitude: float
) -> tuple[FloatArray, FloatArray]:
    """Return clear-sky irradiance at the place, and beta quantiles of clearness by month."""
    rel = humidity.rel_humidity_fraction(normals.temp_mean_c, normals.dew_point_c)
    water = tuple(float(w) for w in water_cm(normals.temp_mean_c, rel))
    at_station = clear_sky_ghi_w_per_m2(
        normals.latitude, normals.longitude, normals.elevation_m, water
    )
    clear_kwh = np.bincount(MONTH_OF_HOUR, at_station) / 1000 / MONTH_DAYS
    mean = np.clip(normals.ghi_kwh_per_m2_day / clear_kwh, 0.05, 1.05) / _MOST_CLEAR
    spread = normals.clear_sky_index_spread / _MOST_CLEAR
    size = np.maximum(mean * (1 - mean) / spread**2 - 1, 0.4)
    tables = _MOST_CLEAR * betaincinv(
        (mean * size)[:, None], ((1 - mean) * size)[:, None], ndtr(_SCORES)[None, :]
    )
    here = clear_sky_ghi_w_per_m2(latitude, longitude, normals.elevation_m, water)
    return here, np.ascontiguousarray(tables)


@lru_cache(maxsize=64)
def _mixing(station_name: str) -> FloatArray:
    """Return the Cholesky factor of the links for each day, shape [day, 4, 4]."""
    by_season = links(station_name)
    daily = np.stack(
        [_by_season(by_season[:, i, j])[::24] for i in range(4) for j in range(4)], axis=-1
    ).reshape(365, 4, 4)
    factor: FloatArray = np.linalg.cholesky(daily).astype(np.float64)
    return factor


@lru_cache(maxsize=1)
def _between_months() -> tuple[NDArray[np.int64], FloatArray]:
    """Return the month whose middle was last passed, and the weight of the next, by hour."""
    middles = 24 * (np.cumsum(MONTH_DAYS) - MONTH_DAYS / 2)
    hours = np.arange(HOURS_PER_YEAR) + 0.5
    month = (np.searchsorted(middles, hours, side="right") - 1) % 12
    since = (hours - middles[month]) % HOURS_PER_YEAR
    length = (np.roll(middles, -1)[month] - middles[month]) % HOURS_PER_YEAR
    return month.astype(np.int64), since / length


@lru_cache(maxsize=1)
def _mean_keeping() -> FloatArray:
    """Return the matrix from monthly means to mid-month values whose lines keep the means."""
    month, weight = _between_months()
    lines = np.zeros((HOURS_PER_YEAR, 12))
    rows = np.arange(HOURS_PER_YEAR)
    np.add.at(lines, (rows, month), 1 - weight)
    np.add.at(lines, (rows, (month + 1) % 12), weight)
    means = np.stack([lines[m == MONTH_OF_HOUR].mean(axis=0) for m in range(12)])
    return np.linalg.inv(means)


def _smooth(monthly: FloatArray) -> FloatArray:
    """Return hourly values on straight lines between months, with the months' means kept."""
    month, weight = _between_months()
    middle = _mean_keeping() @ monthly
    if monthly.min() > 0:
        middle = np.maximum(middle, 0.3 * monthly)
    result: FloatArray = (1 - weight) * middle[month] + weight * middle[(month + 1) % 12]
    return result


def _by_season(values: FloatArray) -> FloatArray:
    """Return hourly values on straight lines between mid-January, April, July and October."""
    middles = 24 * np.array([15.5, 105.5, 196.5, 288.5])
    result: FloatArray = np.interp(
        np.arange(HOURS_PER_YEAR), middles, values, period=HOURS_PER_YEAR
    )
    return result


def diurnal_shape(latitude: float, longitude: float) -> FloatArray:
    """Return the diurnal cycle of temperature by Parton and Logan (1981), shape [hour].

    Each day has mean 0 and range 1: a sine from sunrise to sunset that peaks 1.86 h
    after solar noon, then an exponential fall through the night.
    """
    day = np.arange(HOURS_PER_YEAR) // 24
    solar_hour = (np.arange(HOURS_PER_YEAR) + 0.5 + longitude / 15) % 24
    declination = np.radians(23.45) * np.sin(2 * np.pi * (284 + day + 1) / 365)
    cosine = -np.tan(np.radians(latitude)) * np.tan(declination)
    length = np.clip(np.degrees(np.arccos(np.clip(cosine, -1, 1))) / 7.5, 4, 20)
    since_rise = (solar_hour - (12 - length / 2)) % 24
    by_day = np.sin(np.pi * since_rise / (length + 2 * _PEAK_LAG_HOURS))
    at_sunset = np.sin(np.pi * length / (length + 2 * _PEAK_LAG_HOURS))
    night = np.maximum(since_rise - length, 0) / (24 - length)
    left = np.exp(-_NIGHT_DECAY)
    fall = (np.exp(-_NIGHT_DECAY * night) - left) / (1 - left)
    shape = np.where(since_rise <= length, by_day, at_sunset * fall)
    # local days do not start at 00:00 UTC: take the mean over the 24 hours around each hour
    around = np.concatenate((shape[-12:], shape, shape[:12]))
    mean = np.convolve(around, np.ones(24) / 24, mode="valid")[:HOURS_PER_YEAR]
    result: FloatArray = shape - mean
    return result


_PEAK_LAG_HOURS: Final = 1.86
_NIGHT_DECAY: Final = 2.20
