"""Reader of comma-separated hourly files with declared columns, units and time zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import numpy as np

from gigaplan.core.errors import InputError, Problem
from gigaplan.core.time_zones import parse_zone
from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.weather.columns import TYPICAL_YEAR, Place, build, converted
from gigaplan.weather.hourly_grid import MOST_GAP_HOURS, choose_year, minutes_of, year_of_hours
from gigaplan.weather.model import HourlySeries, HourlyWeather, Provenance
from gigaplan.weather.table import Table, check_range, column_index, numbers, read_lines
from gigaplan.weather.time_stamps import Stamps, read_stamps
from gigaplan.weather.units import SERIES_RANGE, series_conversion, weather_conversion

HourLabel = Literal["beginning", "ending"]
_TIME_HEADERS: Final = ("time_utc", "time", "datetime", "timestamp", "date_time", "hour")


@dataclass(frozen=True)
class CsvColumn:
    """A column of a file and the unit it is in.

    Parameters
    ----------
    header : str
        The column's header.
    unit : str
        Its unit: c, k, f; fraction, percent; pa, hpa, mbar, kpa, atm; w_per_m2, kw_per_m2;
        m_per_s, km_per_h, mph, knots.
    """

    header: str
    unit: str


# headers that say their own unit, taken when no column map is given
_KNOWN: Final[Mapping[str, tuple[str, str]]] = {
    "temp_c": ("temp_c", "c"),
    "temp_f": ("temp_c", "f"),
    "dew_point_c": ("dew_point_c", "c"),
    "rel_humidity_fraction": ("rel_humidity_fraction", "fraction"),
    "rel_humidity_pct": ("rel_humidity_fraction", "percent"),
    "pressure_pa": ("pressure_pa", "pa"),
    "pressure_hpa": ("pressure_pa", "hpa"),
    "ghi_w_per_m2": ("ghi_w_per_m2", "w_per_m2"),
    "dni_w_per_m2": ("dni_w_per_m2", "w_per_m2"),
    "dhi_w_per_m2": ("dhi_w_per_m2", "w_per_m2"),
    "wind_m_per_s": ("wind_m_per_s", "m_per_s"),
    "wind_10m_kmh": ("wind_m_per_s", "km_per_h"),
    "wind_10m_m_per_s": ("wind_m_per_s", "m_per_s"),
    "wind_100m_m_per_s": ("wind_m_per_s", "m_per_s"),
}


def read_csv_weather(
    path: Path,
    *,
    latitude: float,
    longitude: float,
    elevation_m: float = 0.0,
    columns: Mapping[str, CsvColumn] | None = None,
    time_column: str | None = None,
    time_zone: str = "UTC",
    hour_label: HourLabel = "beginning",
    wind_height_m: float = 10.0,
    year: int | None = None,
    most_gap_hours: int = MOST_GAP_HOURS,
) -> HourlyWeather:
    """Read weather from a comma-separated file.

    Parameters
    ----------
    path : Path
        The file; one header line, one row per hour or part of one.
    latitude, longitude, elevation_m : float
        Where the figures are from; the file does not say.
    columns : mapping of str to CsvColumn, optional
        Our quantity (``temp_c``, ``ghi_w_per_m2``, ...) to the file's column and unit. Without
        it, headers that name their own unit are taken, such as ``temp_c``.
    time_column : str, optional
        Header of the time stamps; the first of the usual names if left out.
    time_zone : str
        Zone of the stamps.
    hour_label : {"beginning", "ending"}
        Whether a stamp names the beginning or the end of its hour.
    wind_height_m : float
        Height of the wind figures. [m]
    year : int, optional
        Which year to take of a file with several.
    most_gap_hours : int
        Longest gap filled on a straight line.

    Raises
    ------
    InputError
        For every fault of the file, with line and column.
    """
    lines = _rows(path)
    header = [cell.strip() for cell in lines[0]]
    chosen = columns if columns is not None else _known_columns(header)
    if "temp_c" not in chosen:
        raise InputError(
            Problem(
                "no column is known to hold the temperature; name it temp_c or give a column map.",
                file=str(path),
                line=1,
            )
        )
    conversions = [(name, weather_conversion(name, c.unit)) for name, c in chosen.items()]
    table, stamps = _table(
        path, lines, [c.header for c in chosen.values()], time_column, time_zone, hour_label
    )
    table = converted(table, conversions)
    taken = _year(table, stamps, year)
    hours, notes = year_of_hours(
        table, stamps.minutes, taken, stamps.utc_offset_hours, most_gap_hours=most_gap_hours
    )
    return build(
        hours,
        list(chosen),
        Place(path.stem, latitude, longitude, elevation_m),
        Provenance(
            kind="real",
            place=path.stem,
            source="comma-separated file",
            file=str(path),
            year=0 if stamps.typical else taken,
            treatments=(*stamps.notes, *notes),
        ),
        wind_height_m=100.0 if _wind_header(chosen).startswith("wind_100m") else wind_height_m,
    )


def read_csv_series(
    path: Path,
    column: str,
    *,
    unit: str,
    time_column: str | None = None,
    time_zone: str = "UTC",
    hour_label: HourLabel = "beginning",
    year: int | None = None,
    most_gap_hours: int = MOST_GAP_HOURS,
) -> HourlySeries:
    """Read one column of a comma-separated file as UTC hours; see `read_csv_weather`."""
    ours, factor = series_conversion(unit)
    table, stamps = _table(path, _rows(path), [column], time_column, time_zone, hour_label)
    scaled = factor * table.values
    if ours in SERIES_RANGE:
        check_range(table, 0, *SERIES_RANGE[ours], ours, scaled[:, 0])
    taken = _year(table, stamps, year)
    hours, notes = year_of_hours(
        Table(table.file, table.lines, table.columns, scaled),
        stamps.minutes,
        taken,
        stamps.utc_offset_hours,
        most_gap_hours=most_gap_hours,
    )
    return HourlySeries(
        np.ascontiguousarray(hours[:, 0]),
        ours,
        Provenance(
            kind="real",
            place=column,
            source=f"column {column} of a comma-separated file",
            file=str(path),
            year=0 if stamps.typical else taken,
            treatments=(*stamps.notes, *notes),
        ),
    )


def years_in(path: Path, *, time_column: str | None = None, time_zone: str = "UTC") -> list[int]:
    """Return the calendar years a file holds more than nine tenths of."""
    lines = _rows(path)
    header = [cell.strip() for cell in lines[0]]
    index = _time_index(header, time_column, str(path))
    years: dict[str, int] = {}
    for row in lines[1:]:
        if len(row) > index:
            years[row[index].strip()[:4]] = years.get(row[index].strip()[:4], 0) + 1
    parse_zone(time_zone)
    return sorted(
        int(text) for text, n in years.items() if text.isdigit() and n > 0.9 * HOURS_PER_YEAR
    )


def _rows(path: Path) -> list[list[str]]:
    lines = read_lines(path)
    if len(lines) < 2:
        raise InputError(Problem("the file has no rows below its header.", file=str(path), line=1))
    return lines


def _known_columns(header: Sequence[str]) -> dict[str, CsvColumn]:
    found: dict[str, CsvColumn] = {}
    for name in header:
        if name.lower() in _KNOWN:
            quantity, unit = _KNOWN[name.lower()]
            found.setdefault(quantity, CsvColumn(name, unit))
    return found


def _wind_header(chosen: Mapping[str, CsvColumn]) -> str:
    return chosen["wind_m_per_s"].header.lower() if "wind_m_per_s" in chosen else ""


def _time_index(header: Sequence[str], time_column: str | None, file: str) -> int:
    if time_column is not None:
        return column_index(header, time_column, file, 1)
    lower = [name.lower() for name in header]
    for name in _TIME_HEADERS:
        if name in lower:
            return lower.index(name)
    raise InputError(
        Problem(
            f"no column of time stamps is known; the file has {', '.join(header[:40])}.",
            file=file,
            line=1,
            hint="Name the column time_utc, or say which it is.",
        )
    )


def _table(
    path: Path,
    lines: list[list[str]],
    headers: Sequence[str],
    time_column: str | None,
    time_zone: str,
    hour_label: HourLabel,
) -> tuple[Table, Stamps]:
    """Return the wanted columns and the start of the interval each row stands for."""
    file = str(path)
    header = [cell.strip() for cell in lines[0]]
    time_index = _time_index(header, time_column, file)
    index = [(column_index(header, name, file, 1), name) for name in headers]
    table = numbers(file, lines[1:], 2, index)
    cells = [
        lines[line - 1][time_index] if len(lines[line - 1]) > time_index else ""
        for line in table.lines
    ]
    if header[time_index].lower() == "hour":
        return table, _numbered_hours(table, cells, time_zone)
    stamps = read_stamps(file, table.lines, cells, time_zone, header[time_index])
    if hour_label == "beginning":
        return table, stamps
    steps = np.diff(stamps.minutes)
    step = int(np.median(steps)) if steps.size else 60
    return table, Stamps(
        stamps.minutes - step,
        stamps.utc_offset_hours,
        (*stamps.notes, "stamps name the end of their interval; moved to its beginning"),
    )


def _numbered_hours(table: Table, cells: Sequence[str], time_zone: str) -> Stamps:
    """Return stamps of rows that carry the number of their hour, 0 to 8,759."""
    minutes = np.empty(len(cells), dtype=np.int64)
    for row, cell in enumerate(cells):
        if not cell.strip().isdigit() or int(cell) >= HOURS_PER_YEAR:
            raise InputError(
                Problem(
                    f"found hour '{cell.strip()[:40]}'; hours are numbered 0 to 8,759.",
                    file=table.file,
                    line=int(table.lines[row]),
                    field="column hour",
                )
            )
        minutes[row] = minutes_of(TYPICAL_YEAR) + 60 * int(cell)
    offset = parse_zone(time_zone).utcoffset(None)
    hours = offset.total_seconds() / 3600 if offset is not None else 0.0
    return Stamps(minutes, hours, ("hours numbered from 1 January, without a date",), typical=True)


def _year(table: Table, stamps: Stamps, year: int | None) -> int:
    return TYPICAL_YEAR if stamps.typical else choose_year(table, stamps.minutes, year)
