"""Monthly normals and fidelity figures of a year of weather, real or generated.

The normals that ship in `climate.csv` with the mark *derived* are what
`monthly_normals` gives for the files named as their source; the fidelity table
compares real and generated years by `character`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.weather import humidity
from gigaplan.weather.model import FloatArray, HourlyWeather
from gigaplan.weather.sun import (
    MONTH_DAYS,
    MONTH_OF_DAY,
    MONTH_OF_HOUR,
    clear_sky_ghi_w_per_m2,
    water_cm,
)

_SUN_UP_W_PER_M2 = 150.0
# daily means of a month vary about that month's own mean; about the climate's mean they vary
# more, by this factor for a daily persistence of 0.7
_MONTH_MEAN_CORRECTION = 1.08


def local_days(weather: HourlyWeather, values: FloatArray) -> FloatArray:
    """Return hourly values by local day and hour, shape [day, hour of day]."""
    return np.roll(values, round(weather.longitude / 15)).reshape(365, 24)


def by_month(daily: FloatArray) -> FloatArray:
    """Return monthly means of daily values, shape [month]."""
    result: FloatArray = np.bincount(MONTH_OF_DAY, daily) / MONTH_DAYS
    return result


def spread_by_month(daily: FloatArray) -> FloatArray:
    """Return monthly standard deviations of daily values, smoothed 1-2-1, shape [month]."""
    return _smooth_spread(by_month(daily**2) - by_month(daily) ** 2)


def _smooth_spread(variance: FloatArray) -> FloatArray:
    """Return the root of monthly variances, each the 1-2-1 geometric mean with its neighbours."""
    log = np.log(variance)
    result: FloatArray = np.exp((np.roll(log, 1) + 2 * log + np.roll(log, -1)) / 8)
    return result


def clear_sky_of(weather: HourlyWeather) -> FloatArray:
    """Return the clear-sky irradiance that clearness is measured against [W/m2]."""
    temp = np.bincount(MONTH_OF_HOUR, weather.temp_c) / MONTH_DAYS / 24
    dew = np.bincount(MONTH_OF_HOUR, weather.need("dew_point_c")) / MONTH_DAYS / 24
    water = water_cm(temp, humidity.rel_humidity_fraction(temp, dew))
    return clear_sky_ghi_w_per_m2(
        weather.latitude, weather.longitude, weather.elevation_m, tuple(float(w) for w in water)
    )


def monthly_normals(
    weather: HourlyWeather, wind: HourlyWeather | None = None
) -> dict[str, FloatArray]:
    """Return the monthly normals of a year, by field name of `climate.csv`, each of shape [month].

    Parameters
    ----------
    weather : HourlyWeather
        Temperature, dew point and global irradiance.
    wind : HourlyWeather, optional
        Wind 100 m above ground; without it the two wind fields are left out.
    """
    temp = local_days(weather, weather.temp_c)
    depression = local_days(weather, weather.temp_c - weather.need("dew_point_c")).mean(axis=1)
    ghi = local_days(weather, weather.need("ghi_w_per_m2"))
    out = {
        "temp_mean_c": by_month(temp.mean(axis=1)),
        "temp_spread_c": _MONTH_MEAN_CORRECTION * spread_by_month(temp.mean(axis=1)),
        "temp_range_c": by_month(np.ptp(temp, axis=1)),
        "dew_point_c": by_month(local_days(weather, weather.need("dew_point_c")).mean(axis=1)),
        "dew_point_depression_spread_c": spread_by_month(depression),
        "ghi_kwh_per_m2_day": by_month(ghi.sum(axis=1)) / 1000,
        "clear_sky_index_spread": _clearness_spread(weather),
    }
    if wind is not None:
        speed = wind.need("wind_m_per_s")
        mean = np.bincount(MONTH_OF_HOUR, speed) / MONTH_DAYS / 24
        variance = np.bincount(MONTH_OF_HOUR, speed**2) / MONTH_DAYS / 24 - mean**2
        out["wind_100m_m_per_s"] = mean
        out["wind_100m_spread_m_per_s"] = _smooth_spread(variance)
    return out


def _clearness_spread(weather: HourlyWeather) -> FloatArray:
    clear = clear_sky_of(weather)
    up = clear > _SUN_UP_W_PER_M2
    index = weather.need("ghi_w_per_m2")[up] / clear[up]
    month = MONTH_OF_HOUR[up]
    count = np.bincount(month, minlength=12)
    mean = np.bincount(month, index, minlength=12) / count
    variance = np.bincount(month, index**2, minlength=12) / count - mean**2
    return _smooth_spread(variance)


def daily_scores(weather: HourlyWeather) -> Mapping[str, FloatArray]:
    """Return daily means of temperature, clearness, dryness and wind as scores.

    Each is less its month's mean and over its month's spread, both on straight
    lines between months; shape [day], by name of `climate.LINKED`.
    """
    clear = local_days(weather, clear_sky_of(weather)).sum(axis=1)
    ghi = local_days(weather, weather.need("ghi_w_per_m2")).sum(axis=1)
    dry = weather.temp_c - weather.need("dew_point_c")
    return {
        "temp": score(local_days(weather, weather.temp_c).mean(axis=1)),
        "clearness": score(ghi / clear),
        "dryness": score(local_days(weather, dry).mean(axis=1)),
        "wind": score(local_days(weather, weather.need("wind_m_per_s")).mean(axis=1)),
    }


def score(daily: FloatArray) -> FloatArray:
    """Return daily values less their month's mean, over their month's spread, shape [day]."""
    middles = np.cumsum(MONTH_DAYS) - MONTH_DAYS / 2
    days = np.arange(365)
    mean = np.interp(days, middles, by_month(daily), period=365)
    spread = np.interp(days, middles, spread_by_month(daily), period=365)
    result: FloatArray = (daily - mean) / spread
    return result


def autocorrelation(values: FloatArray, lag: int) -> float:
    """Return the autocorrelation of a series at a lag."""
    centred = values - values.mean()
    return float(np.mean(centred[lag:] * centred[:-lag]) / np.mean(centred**2))


def spell_lengths(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Return the lengths of the runs of True."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    return np.asarray(np.flatnonzero(edges == -1) - np.flatnonzero(edges == 1), dtype=np.int64)


@dataclass(frozen=True)
class Character:
    """What a weather year is like, for comparison of real with generated years.

    Parameters
    ----------
    temp_mean_c, temp_p01_c, temp_p10_c, temp_p50_c, temp_p90_c, temp_p99_c : float
        Mean and quantiles of hourly temperature.
    dew_point_mean_c, wet_bulb_p99_c : float
        Mean dew point; 99th percentile of wet bulb.
    ghi_kwh_per_m2_day, dni_kwh_per_m2_day : float
        Mean daily irradiation.
    wind_mean_m_per_s, wind_cv : float
        Mean and coefficient of variation of hourly wind.
    temp_lag1, temp_lag24, wind_lag1, wind_lag24 : float
        Autocorrelation at 1 and 24 hours, of temperature less its monthly diurnal cycle and of
        wind.
    clearness_day_lag1 : float
        Autocorrelation of daily clearness at one day.
    cold_snap_mean_days, cold_snap_longest_days : float
        Runs of days one spread or more under their month's mean, December to February.
    calm_spell_mean_hours, calm_spell_longest_hours : float
        Runs of hours under half the year's mean wind.
    solar_wind_daily : float
        Correlation of daily scores of clearness and wind.
    """

    temp_mean_c: float
    temp_p01_c: float
    temp_p10_c: float
    temp_p50_c: float
    temp_p90_c: float
    temp_p99_c: float
    dew_point_mean_c: float
    wet_bulb_p99_c: float
    ghi_kwh_per_m2_day: float
    dni_kwh_per_m2_day: float
    wind_mean_m_per_s: float
    wind_cv: float
    temp_lag1: float
    temp_lag24: float
    wind_lag1: float
    wind_lag24: float
    clearness_day_lag1: float
    cold_snap_mean_days: float
    cold_snap_longest_days: float
    calm_spell_mean_hours: float
    calm_spell_longest_hours: float
    solar_wind_daily: float


def character(weather: HourlyWeather) -> Character:
    """Return the figures that real and generated years are compared by."""
    temp = weather.temp_c
    dew = weather.need("dew_point_c")
    wind = weather.need("wind_m_per_s")
    pressure = (
        weather.pressure_pa
        if weather.pressure_pa is not None
        else humidity.pressure_at_height_pa(weather.elevation_m)
    )
    wet = humidity.wet_bulb_c(temp, humidity.rel_humidity_fraction(temp, dew), pressure)
    scores = daily_scores(weather)
    anomaly = _less_monthly_cycle(weather)
    low, tenth, middle, ninetieth, high = np.quantile(temp, (0.01, 0.1, 0.5, 0.9, 0.99))
    winter = np.roll(scores["temp"] < -1.0, 31)[: 31 + 59]
    cold = spell_lengths(winter)
    calm = spell_lengths(wind < 0.5 * wind.mean())
    return Character(
        temp_mean_c=float(temp.mean()),
        temp_p01_c=float(low),
        temp_p10_c=float(tenth),
        temp_p50_c=float(middle),
        temp_p90_c=float(ninetieth),
        temp_p99_c=float(high),
        dew_point_mean_c=float(dew.mean()),
        wet_bulb_p99_c=float(np.quantile(wet, 0.99)),
        ghi_kwh_per_m2_day=float(weather.need("ghi_w_per_m2").sum() / 365_000),
        dni_kwh_per_m2_day=float(weather.need("dni_w_per_m2").sum() / 365_000),
        wind_mean_m_per_s=float(wind.mean()),
        wind_cv=float(wind.std() / wind.mean()),
        temp_lag1=autocorrelation(anomaly, 1),
        temp_lag24=autocorrelation(anomaly, 24),
        wind_lag1=autocorrelation(wind, 1),
        wind_lag24=autocorrelation(wind, 24),
        clearness_day_lag1=autocorrelation(scores["clearness"], 1),
        cold_snap_mean_days=float(cold.mean()) if cold.size else 0.0,
        cold_snap_longest_days=float(cold.max(initial=0)),
        calm_spell_mean_hours=float(calm.mean()) if calm.size else 0.0,
        calm_spell_longest_hours=float(calm.max(initial=0)),
        solar_wind_daily=float(np.corrcoef(scores["clearness"], scores["wind"])[0, 1]),
    )


def _less_monthly_cycle(weather: HourlyWeather) -> FloatArray:
    """Return hourly temperature less each month's mean diurnal cycle."""
    days = local_days(weather, weather.temp_c)
    cycle = np.stack([days[m == MONTH_OF_DAY].mean(axis=0) for m in range(12)])
    result: FloatArray = (days - cycle[MONTH_OF_DAY]).ravel()
    return result
