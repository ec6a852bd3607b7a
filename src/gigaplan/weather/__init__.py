"""Hourly weather and what follows from it: read from real files, or generated.

Every result says which kind it is. Importing this room loads no pandas and no
pvlib; the functions load them when called.
"""

from gigaplan.weather.climate import Station, station, station_at, station_names
from gigaplan.weather.cooling import CoolingFigures, pue, water_l_per_kwh
from gigaplan.weather.data_folder import data_files, find_site_weather, find_zone_data
from gigaplan.weather.download import DownloadError, download
from gigaplan.weather.generator import generate
from gigaplan.weather.hourly_csv import CsvColumn
from gigaplan.weather.markets import market_normals
from gigaplan.weather.model import (
    COOLING_DESIGNS,
    HourlySeries,
    HourlyWeather,
    MarketNormals,
    Provenance,
    Series,
    SiteSeries,
    ZoneSeries,
)
from gigaplan.weather.reading import read_series, read_weather
from gigaplan.weather.series import read_named, series_for
from gigaplan.weather.site_series import site_series
from gigaplan.weather.solar import solar_capacity_factor
from gigaplan.weather.wind import wind_capacity_factor
from gigaplan.weather.zone_generator import GridYear, generate_zone

__all__ = [
    "COOLING_DESIGNS",
    "CoolingFigures",
    "CsvColumn",
    "DownloadError",
    "GridYear",
    "HourlySeries",
    "HourlyWeather",
    "MarketNormals",
    "Provenance",
    "Series",
    "SiteSeries",
    "Station",
    "ZoneSeries",
    "data_files",
    "download",
    "find_site_weather",
    "find_zone_data",
    "generate",
    "generate_zone",
    "market_normals",
    "pue",
    "read_named",
    "read_series",
    "read_weather",
    "series_for",
    "site_series",
    "solar_capacity_factor",
    "station",
    "station_at",
    "station_names",
    "water_l_per_kwh",
    "wind_capacity_factor",
]
