"""One door to every reader of hourly files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.epw import read_epw
from gigaplan.weather.hourly_csv import CsvColumn, HourLabel, read_csv_series, read_csv_weather
from gigaplan.weather.hourly_grid import MOST_GAP_HOURS
from gigaplan.weather.model import HourlySeries, HourlyWeather
from gigaplan.weather.nrel_files import read_nsrdb, read_srw

WeatherFormat = Literal["epw", "nsrdb", "srw", "csv"]


def read_weather(
    path: str | Path,
    format: WeatherFormat | None = None,
    *,
    latitude: float | None = None,
    longitude: float | None = None,
    elevation_m: float = 0.0,
    columns: Mapping[str, CsvColumn] | None = None,
    time_column: str | None = None,
    time_zone: str | None = None,
    hour_label: HourLabel = "beginning",
    wind_height_m: float = 10.0,
    year: int | None = None,
    most_gap_hours: int = MOST_GAP_HOURS,
) -> HourlyWeather:
    """Read one year of weather from a file, as 8,760 UTC hours.

    Parameters
    ----------
    path : str or Path
        The file.
    format : {"epw", "nsrdb", "srw", "csv"}, optional
        Its format; told from its ending (``.epw``, ``.srw``) or its first line if left out.
    latitude, longitude, elevation_m : float
        Place of a CSV file, which does not say it.
    columns, time_column, hour_label, wind_height_m
        Of a CSV file; see `gigaplan.weather.hourly_csv.read_csv_weather`.
    time_zone : str, optional
        Zone of a CSV file's stamps (UTC if left out), or of an .srw file's rows (the zone of its
        longitude in whole hours if left out).
    year : int, optional
        Which year to take of a file with several.
    most_gap_hours : int
        Longest gap filled on a straight line; longer gaps are refused.

    Returns
    -------
    HourlyWeather
        With every treatment told in its provenance.

    Raises
    ------
    InputError
        For every fault of the file, with its line and column.
    """
    file = Path(path)
    kind = format or guess_format(file)
    if kind == "epw":
        return read_epw(file, most_gap_hours=most_gap_hours)
    if kind == "nsrdb":
        return read_nsrdb(file, year=year, most_gap_hours=most_gap_hours)
    if kind == "srw":
        return read_srw(file, time_zone=time_zone)
    if latitude is None or longitude is None:
        raise InputError(
            Problem("a CSV file does not say where it is from; give latitude and longitude.",
                    file=str(file))
        )  # fmt: skip
    return read_csv_weather(
        file,
        latitude=latitude,
        longitude=longitude,
        elevation_m=elevation_m,
        columns=columns,
        time_column=time_column,
        time_zone=time_zone or "UTC",
        hour_label=hour_label,
        wind_height_m=wind_height_m,
        year=year,
        most_gap_hours=most_gap_hours,
    )


def guess_format(path: Path) -> WeatherFormat:
    """Return the format of a file by its ending, or for ``.csv`` by its first line."""
    ending = path.suffix.lower()
    if ending == ".epw":
        return "epw"
    if ending == ".srw":
        return "srw"
    if ending != ".csv":
        raise InputError(
            Problem(
                f"the ending '{ending}' tells no format; say one of epw, nsrdb, srw, csv.",
                file=str(path),
            )
        )
    if not path.is_file():
        raise InputError(Problem("there is no such file.", file=str(path)))
    with path.open("rb") as handle:
        first = handle.readline(4096)
    return "nsrdb" if first.startswith(b"Source,Location ID") else "csv"


def read_series(
    path: str | Path,
    column: str,
    *,
    unit: str,
    time_column: str | None = None,
    time_zone: str = "UTC",
    hour_label: HourLabel = "beginning",
    year: int | None = None,
    most_gap_hours: int = MOST_GAP_HOURS,
) -> HourlySeries:
    """Read one column of a comma-separated file as 8,760 UTC hours.

    Parameters
    ----------
    path : str or Path
        The file.
    column : str
        The column's header.
    unit : str
        Its unit, such as usd_per_mwh, kg_per_mwh, lb_per_mwh, mw, fraction, percent.
    time_column : str, optional
        Header of the time stamps; the first of the usual names if left out. A column ``hour`` of
        numbers 0 to 8,759 is a year without dates.
    time_zone : str
        Zone of the stamps.
    hour_label : {"beginning", "ending"}
        Whether a stamp names the beginning or the end of its hour.
    year : int, optional
        Which year to take of a file with several.
    most_gap_hours : int
        Longest gap filled on a straight line.

    Raises
    ------
    InputError
        For every fault of the file, with its line and column.
    """
    return read_csv_series(
        Path(path),
        column,
        unit=unit,
        time_column=time_column,
        time_zone=time_zone,
        hour_label=hour_label,
        year=year,
        most_gap_hours=most_gap_hours,
    )
