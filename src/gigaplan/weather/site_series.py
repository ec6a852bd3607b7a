"""What a site's plant and halls feel, over one or many weather years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from gigaplan.core.errors import require
from gigaplan.weather.climate import station_at
from gigaplan.weather.cooling import CoolingFigures, pue, water_l_per_kwh
from gigaplan.weather.generator import generate
from gigaplan.weather.model import HourlyWeather, SiteSeries
from gigaplan.weather.solar import solar_capacity_factor
from gigaplan.weather.wind import HUB_HEIGHT_M, wind_capacity_factor

_HIGH_ENOUGH_M: Final = 60.0


def site_series(
    latitude: float,
    longitude: float,
    cooling: str,
    *,
    weather_years: int = 1,
    seed: int = 1,
    weather: HourlyWeather | None = None,
    figures: CoolingFigures | None = None,
) -> SiteSeries:
    """Return capacity factors, PUE, water use and temperature of a site.

    Parameters
    ----------
    latitude, longitude : float
        Where the site is.
    cooling : str
        Its cooling design.
    weather_years : int
        Generated weather years wanted; a real file gives one year, repeated.
    seed : int
        Seed of the generator.
    weather : HourlyWeather, optional
        Real weather instead of generated, such as of `read_weather`. Low wind is carried to hub
        height by `with_hub_wind`; wind or irradiance it lacks altogether is an error.
    figures : CoolingFigures, optional
        Annual means of the cooling design; the catalogue's if left out.

    Returns
    -------
    SiteSeries
        Arrays of shape [weather_year, hour].

    Raises
    ------
    InputError
        If the coordinates, the design or the weather are wrong.
    """
    if weather is not None:
        weather = with_hub_wind(weather, latitude, longitude)
    require(1 <= weather_years <= 1000, f"{weather_years} weather years; 1 to 1,000 are allowed.")
    if weather is not None:
        return _of([weather] * weather_years, latitude, longitude, cooling, figures)
    years = [generate([(latitude, longitude)], y, seed)[0] for y in range(weather_years)]
    return _of(years, latitude, longitude, cooling, figures)


def with_hub_wind(weather: HourlyWeather, latitude: float, longitude: float) -> HourlyWeather:
    """Return weather whose wind is 100 m above ground.

    Wind measured lower, as at airports in the lee of buildings, says little of
    the wind aloft: it is scaled to the mean of the nearest station's normals at
    100 m, and that is told. Wind measured at 60 m or more stays as it is. A file
    without wind gets none.
    """
    if weather.wind_m_per_s is None or weather.wind_height_m >= _HIGH_ENOUGH_M:
        return weather
    mean = float(weather.wind_m_per_s.mean())
    require(mean > 0, f"the wind of {weather.provenance.place} is 0 all year.")
    normals, _ = station_at(latitude, longitude)
    wanted = float(normals.wind_100m_m_per_s.mean())
    told = (
        f"wind at {weather.wind_height_m:g} m scaled by {wanted / mean:.2f} to the mean at 100 m "
        f"of {normals.title} ({wanted:.1f} m/s)"
    )
    tag = weather.provenance
    return replace(
        weather,
        wind_m_per_s=weather.wind_m_per_s * (wanted / mean),
        wind_height_m=HUB_HEIGHT_M,
        provenance=replace(tag, treatments=(*tag.treatments, told)),
    )


def _of(
    years: Sequence[HourlyWeather],
    latitude: float,
    longitude: float,
    cooling: str,
    figures: CoolingFigures | None,
) -> SiteSeries:
    distinct = {id(w): w for w in years}
    solar = {k: solar_capacity_factor(w, latitude, longitude) for k, w in distinct.items()}
    wind = {k: wind_capacity_factor(w) for k, w in distinct.items()}
    use = {k: pue(w, cooling, figures=figures) for k, w in distinct.items()}
    water = {k: water_l_per_kwh(w, cooling, figures=figures) for k, w in distinct.items()}
    return SiteSeries(
        solar_cf=np.stack([solar[id(w)] for w in years]),
        wind_cf=np.stack([wind[id(w)] for w in years]),
        pue=np.stack([use[id(w)] for w in years]),
        water_l_per_kwh_it=np.stack([water[id(w)] for w in years]),
        temp_c=np.stack([w.temp_c for w in years]),
        provenance=tuple(w.provenance for w in years),
    )
