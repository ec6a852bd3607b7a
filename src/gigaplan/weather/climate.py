"""Monthly normals of climate stations, from the catalogue file `climate.csv`.

Ids are ``climate.<station>.<field>_<month>`` with months ``jan`` to ``dec``. Links
between temperature, clearness, dryness and wind by season (``djf``, ``mam``,
``jja``, ``son``) stand with a station or, for the others, with the entries
``humid`` and ``arid``; ``process`` holds
persistence, shares and ranges that every station shares.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import numpy as np

from gigaplan.core.errors import InputError, nearest, require
from gigaplan.weather.anchors import distance_km
from gigaplan.weather.model import FloatArray

MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
SEASONS: Final = ("djf", "mam", "jja", "son")
MONTHLY_FIELDS: Final = (
    "temp_mean_c",
    "temp_spread_c",
    "temp_range_c",
    "dew_point_c",
    "dew_point_depression_spread_c",
    "ghi_kwh_per_m2_day",
    "clear_sky_index_spread",
    "wind_100m_m_per_s",
    "wind_100m_spread_m_per_s",
)
LINKED: Final = ("temp", "clearness", "dryness", "wind")
Mark = Literal["derived", "assumed", "stated"]

# assumed: how mean temperature falls per degree of latitude at one height, United States
_C_PER_DEGREE_LATITUDE: Final = -0.75
_ARID_DEPRESSION_C: Final = 9.0


@dataclass(frozen=True)
class Station:
    """Monthly normals of one place; every array has shape [month].

    Parameters
    ----------
    name : str
        Id in the catalogue.
    title : str
        Name for people.
    latitude, longitude, elevation_m : float
        Where it stands.
    temp_mean_c, temp_spread_c, temp_range_c : ndarray
        Mean; standard deviation of daily means about it; mean daily maximum less minimum. [C]
    dew_point_c : ndarray
        Mean dew point. [C]
    dew_point_depression_spread_c : ndarray
        Standard deviation of the daily mean of temperature less dew point. [C]
    ghi_kwh_per_m2_day : ndarray
        Mean global horizontal irradiation of a day.
    clear_sky_index_spread : ndarray
        Standard deviation of hourly global irradiance over its clear-sky value.
    wind_100m_m_per_s, wind_100m_spread_m_per_s : ndarray
        Mean and standard deviation of hourly wind 100 m above ground. [m/s]
    mark : str
        The weakest mark among its figures: stated, derived or assumed.
    source : str
        Source of its temperature normals.
    """

    name: str
    title: str
    latitude: float
    longitude: float
    elevation_m: float
    temp_mean_c: FloatArray
    temp_spread_c: FloatArray
    temp_range_c: FloatArray
    dew_point_c: FloatArray
    dew_point_depression_spread_c: FloatArray
    ghi_kwh_per_m2_day: FloatArray
    clear_sky_index_spread: FloatArray
    wind_100m_m_per_s: FloatArray
    wind_100m_spread_m_per_s: FloatArray
    mark: Mark
    source: str

    @property
    def is_arid(self) -> bool:
        """Whether the mean dew point lies more than 9 C under the temperature."""
        return float(np.mean(self.temp_mean_c - self.dew_point_c)) > _ARID_DEPRESSION_C


@dataclass(frozen=True)
class _Row:
    name: str
    value: float
    mark: Mark
    source_title: str


@cache
def _rows() -> dict[str, _Row]:
    """Return every figure of `climate.csv` by id."""
    path = files("gigaplan.catalogue") / "data" / "climate.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    marks: dict[str, Mark] = {"derived": "derived", "assumed": "assumed", "stated": "stated"}
    return {
        row["id"]: _Row(row["name"], float(row["value"]), marks[row["mark"]], row["source_title"])
        for row in csv.DictReader(lines)
    }


def row_value(row_id: str) -> float:
    """Return the value of a figure of `climate.csv` by its whole id."""
    return _rows()[row_id].value


def has_row(row_id: str) -> bool:
    """Return whether `climate.csv` holds a figure."""
    return row_id in _rows()


@cache
def station_names() -> tuple[str, ...]:
    """Return the ids of all bundled climate stations."""
    end = ".temp_mean_c_jan"
    return tuple(sorted(i.split(".")[1] for i in _rows() if i.endswith(end)))


@cache
def station(name: str) -> Station:
    """Return one station's normals.

    Raises
    ------
    InputError
        If there is no such station.
    """
    if name not in station_names():
        raise InputError(
            f"there is no climate station '{name}'. {nearest(name, station_names())} "
            f"There are: {', '.join(station_names())}."
        )
    rows = _rows()

    def at(field: str) -> float:
        return rows[f"climate.{name}.{field}"].value

    def months(field: str) -> FloatArray:
        return np.array([at(f"{field}_{month}") for month in MONTHS])

    marks = {row.mark for key, row in rows.items() if key.startswith(f"climate.{name}.")}
    worst: Mark = "assumed" if "assumed" in marks else "derived"
    return Station(
        name=name,
        title=rows[f"climate.{name}.latitude"].name.partition(":")[0],
        latitude=at("latitude"),
        longitude=at("longitude"),
        elevation_m=at("elevation_m"),
        **{field: months(field) for field in MONTHLY_FIELDS},
        mark=worst,
        source=rows[f"climate.{name}.temp_mean_c_jan"].source_title,
    )


def station_at(latitude: float, longitude: float) -> tuple[Station, tuple[str, ...]]:
    """Return the nearest station's normals moved to a place, and what was adjusted.

    Temperature and dew point move by 0.75 C per degree of latitude (assumed); the
    daily global irradiation keeps its clearness, as the sun is that of the place.
    Height is taken as the station's.

    Raises
    ------
    InputError
        If the coordinates are outside the globe.
    """
    require(-90 <= latitude <= 90, f"latitude {latitude:g} is outside -90 to 90.")
    require(-180 <= longitude <= 180, f"longitude {longitude:g} is outside -180 to 180.")
    names = station_names()
    all_stations = [station(name) for name in names]
    away = distance_km(
        latitude,
        longitude,
        np.array([s.latitude for s in all_stations]),
        np.array([s.longitude for s in all_stations]),
    )
    best = int(np.argmin(away))
    found = all_stations[best]
    if away[best] < 1.0:
        return found, ()
    shift = _C_PER_DEGREE_LATITUDE * (abs(latitude) - abs(found.latitude))
    notes = [
        f"normals of {found.title}, {away[best]:.0f} km away, with {shift:+.1f} C for latitude"
    ]
    if away[best] > 300:
        notes.append(
            f"no bundled station lies within 300 km of {latitude:.2f}, {longitude:.2f}: "
            "use a real weather file for results that matter"
        )
    moved = replace(
        found,
        temp_mean_c=found.temp_mean_c + shift,
        dew_point_c=found.dew_point_c + shift,
    )
    return moved, tuple(notes)


@cache
def process(name: str) -> float:
    """Return one figure that all stations share, such as ``temp_persistence``."""
    return _rows()[f"climate.process.{name}"].value


@cache
def links(station_name: str) -> FloatArray:
    """Return correlations of daily temperature, clearness, dryness and wind at a station.

    A station without links of its own takes those of its kind of climate, humid or arid.

    Returns
    -------
    ndarray
        Shape [season, 4, 4] in the order of `LINKED`, seasons from December on.
    """
    rows = _rows()
    entry = station_name
    if f"climate.{entry}.link_temp_wind_djf" not in rows:
        entry = "arid" if station(station_name).is_arid else "humid"
    out = np.tile(np.eye(4), (4, 1, 1))
    for s, season in enumerate(SEASONS):
        for i in range(4):
            for j in range(i + 1, 4):
                value = rows[f"climate.{entry}.link_{LINKED[i]}_{LINKED[j]}_{season}"].value
                out[s, i, j] = out[s, j, i] = value
    return out
