"""Readers of NSRDB/PSM and WIND Toolkit .srw files.

The NSRDB format is that of `pvlib.iotools.read_nsrdb_psm4`, against which the
tests check every column; both are read here so that every fault is told with
its line.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.core.time_zones import parse_zone
from gigaplan.weather.columns import TYPICAL_YEAR, Place, build, converted, header_number
from gigaplan.weather.hourly_grid import MOST_GAP_HOURS, choose_year, minutes_of, year_of_hours
from gigaplan.weather.model import HourlyWeather, Provenance
from gigaplan.weather.table import Table, column_index, numbers, read_lines
from gigaplan.weather.units import Conversion

_NSRDB: Final[Sequence[tuple[str, str, str]]] = (
    ("Temperature", "temp_c", "c"),
    ("Dew Point", "dew_point_c", "c"),
    ("Relative Humidity", "rel_humidity_fraction", "percent"),
    ("Pressure", "pressure_pa", "mbar"),
    ("GHI", "ghi_w_per_m2", "w/m2"),
    ("DNI", "dni_w_per_m2", "w/m2"),
    ("DHI", "dhi_w_per_m2", "w/m2"),
    ("Wind Speed", "wind_m_per_s", "m/s"),
)
_NSRDB_UNITS: Final = {
    "c": (1.0, 0.0),
    "%": (0.01, 0.0),
    "percent": (0.01, 0.0),
    "mbar": (100.0, 0.0),
    "millibars": (100.0, 0.0),
    "hpa": (100.0, 0.0),
    "pa": (1.0, 0.0),
    "w/m2": (1.0, 0.0),
    "m/s": (1.0, 0.0),
}
_SRW: Final = {
    "Temperature": ("temp_c", {"c": (1.0, 0.0), "k": (1.0, -273.15)}),
    "Pressure": ("pressure_pa", {"atm": (101325.0, 0.0), "pa": (1.0, 0.0), "hpa": (100.0, 0.0)}),
    "Speed": ("wind_m_per_s", {"m/s": (1.0, 0.0)}),
}
_HUB_HEIGHT_M = 100.0


def read_nsrdb(
    path: Path, *, year: int | None = None, most_gap_hours: int = MOST_GAP_HOURS
) -> HourlyWeather:
    """Read an NSRDB/PSM file: two header lines of names and figures, then rows.

    Rows stand for the interval in which they are stamped (usually its middle), in
    the standard time of the header.
    """
    file = str(path)
    lines = read_lines(path)
    if len(lines) < 4 or "Latitude" not in [cell.strip() for cell in lines[0]]:
        raise InputError(
            Problem(
                "an NSRDB file begins with two header lines of names (Latitude, Time Zone, ...) "
                "and figures; this one does not.",
                file=file,
                line=1,
            )
        )
    head = [cell.strip() for cell in lines[0]]

    def figure(name: str) -> float:
        return header_number(file, 2, lines[1], column_index(head, name, file, 1), name.lower())

    columns = [cell.strip() for cell in lines[2]]
    names = {name.lower() for name in columns}
    wanted = [each for each in _NSRDB if each[0].lower() in names]
    if "temperature" not in names:
        column_index(columns, "Temperature", file, 3)
    conversions = [(q, _nsrdb_conversion(file, head, lines[1], n, unit)) for n, q, unit in wanted]
    index = [(column_index(columns, name, file, 3), name) for name, _, _ in wanted]
    stamp_names = ("Year", "Month", "Day", "Hour", "Minute")
    stamp_index = [(column_index(columns, name, file, 3), name) for name in stamp_names]
    rows = lines[3:]
    table = converted(numbers(file, rows, 4, index), conversions)
    stamps = numbers(file, rows, 4, stamp_index)
    minutes = _minutes_of_stamps(stamps)
    chosen = choose_year(table, minutes, year)
    offset = figure("Time Zone")
    hours, notes = year_of_hours(table, minutes, chosen, offset, most_gap_hours=most_gap_hours)
    source = lines[1][column_index(head, "Source", file, 1)].strip() if "Source" in head else ""
    place = Place(
        f"{figure('Latitude'):.2f} N {figure('Longitude'):.2f} E",
        figure("Latitude"),
        figure("Longitude"),
        figure("Elevation"),
    )
    return build(
        hours,
        [quantity for _, quantity, _ in wanted],
        place,
        Provenance(
            kind="real",
            place=place.name,
            source=f"{source or 'NSRDB'} {chosen}",
            licence="NREL NSRDB, public with credit",
            file=file,
            year=chosen,
            treatments=tuple(notes),
        ),
    )


def _nsrdb_conversion(
    file: str, head: Sequence[str], figures: Sequence[str], name: str, usual: str
) -> Conversion:
    """Return the conversion of the unit the header names for a column."""
    key = f"{name} Units"
    unit = figures[head.index(key)].strip().lower() if key in head else usual
    if unit not in _NSRDB_UNITS:
        raise InputError(
            Problem(
                f"unit '{unit}' of {name} is not known; one of {', '.join(_NSRDB_UNITS)}.",
                file=file,
                line=2,
                field=f"header {key}",
            )
        )
    return _NSRDB_UNITS[unit]


def _minutes_of_stamps(stamps: Table) -> NDArray[np.int64]:
    minutes = np.empty(stamps.values.shape[0], dtype=np.int64)
    for row, stamp in enumerate(stamps.values):
        try:
            minutes[row] = minutes_of(*(int(part) for part in stamp))
        except (ValueError, OverflowError):
            raise InputError(
                Problem(
                    f"{', '.join(f'{n} {v:g}' for n, v in zip(stamps.columns, stamp, strict=True))}"
                    " is not a time.",
                    file=stamps.file,
                    line=int(stamps.lines[row]),
                    field="time",
                )
            ) from None
    return minutes


def read_srw(
    path: Path,
    *,
    time_zone: str | None = None,
    hub_height_m: float = _HUB_HEIGHT_M,
) -> HourlyWeather:
    """Read a WIND Toolkit .srw file: five header lines, then 8,760 unstamped rows.

    The format holds no time zone: the rows are local standard time, first hour 0,
    of `time_zone`, or of the whole-hour zone of the longitude if that is left out
    (a fixed zone; one with summer time is refused). Of several heights the one nearest
    `hub_height_m` is taken.
    """
    file = str(path)
    lines = read_lines(path)
    if len(lines) < 6 or len(lines[0]) < 8:
        raise InputError(
            Problem(
                "an .srw file begins with five header lines (place, note, names, units, heights); "
                "this one does not.",
                file=file,
                line=1,
            )
        )
    head = lines[0]
    year = int(header_number(file, 1, head, 4, "year"))
    latitude, longitude = (
        header_number(file, 1, head, i, what) for i, what in ((5, "latitude"), (6, "longitude"))
    )
    names = [cell.strip() for cell in lines[2]]
    units = [cell.strip().lower() for cell in lines[3]]
    heights = [header_number(file, 5, lines[4], i, "height") for i in range(len(names))]
    height, wanted = _srw_columns(file, names, units, heights, hub_height_m)
    table = numbers(file, lines[5:], 6, [(i, f"{names[i]} at {height:g} m") for i, _, _ in wanted])
    table = converted(table, [(quantity, to) for _, quantity, to in wanted])
    n = table.values.shape[0]
    if n not in (8760, 8784):
        raise InputError(
            Problem(
                f"the file holds {n:,} rows; 8,760 hours (8,784 in a leap year) are needed.",
                file=file,
                line=int(table.lines[-1]),
            )
        )
    utc_offset_hours = _fixed_offset_hours(file, time_zone, longitude)
    notes = [
        f"hours taken as local standard time UTC{utc_offset_hours:+g}, first hour 0 (the format "
        "names no zone)"
    ]
    calendar_year = (year if year % 4 == 0 else 2000) if n == 8784 else TYPICAL_YEAR
    minutes = minutes_of(calendar_year) + 60 * np.arange(n, dtype=np.int64)
    hours, more = year_of_hours(table, minutes, calendar_year, utc_offset_hours)
    place = Place(f"{latitude:.2f} N {longitude:.2f} E", latitude, longitude, 0.0)
    return build(
        hours,
        [quantity for _, quantity, _ in wanted],
        place,
        Provenance(
            kind="real",
            place=place.name,
            source=f"WIND Toolkit {year}",
            licence="NREL WIND Toolkit, public with credit",
            file=file,
            year=year,
            treatments=(*notes, *more),
        ),
        wind_height_m=height,
    )


def _fixed_offset_hours(file: str, time_zone: str | None, longitude: float) -> float:
    if time_zone is None:
        return float(round(longitude / 15))
    offset = parse_zone(time_zone).utcoffset(None)
    if offset is None:
        raise InputError(
            Problem(
                f"'{time_zone}' has summer time; an .srw file is in standard time: write an "
                "offset such as -06:00.",
                file=file,
            )
        )
    return offset.total_seconds() / 3600


def _srw_columns(
    file: str,
    names: Sequence[str],
    units: Sequence[str],
    heights: Sequence[float],
    hub_height_m: float,
) -> tuple[float, list[tuple[int, str, Conversion]]]:
    """Return the height taken and (column, quantity, conversion) of its figures."""
    speeds = sorted({h for n, h in zip(names, heights, strict=True) if n == "Speed"})
    if not speeds:
        raise InputError(
            Problem(
                f"there is no column Speed; the file has {', '.join(names)}.", file=file, line=3
            )
        )
    height = min(speeds, key=lambda h: abs(h - hub_height_m))
    wanted = []
    for i, (name, at) in enumerate(zip(names, heights, strict=True)):
        if at != height or name not in _SRW:
            continue
        quantity, known = _SRW[name]
        if i >= len(units) or units[i] not in known:
            raise InputError(
                Problem(
                    f"unit '{units[i] if i < len(units) else ''}' of {name} is not known; one of "
                    f"{', '.join(known)}.",
                    file=file,
                    line=4,
                )
            )
        wanted.append((i, quantity, known[units[i]]))
    return height, wanted
