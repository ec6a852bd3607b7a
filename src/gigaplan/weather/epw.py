"""Reader of EnergyPlus weather files.

The format is that of `pvlib.iotools.read_epw`, against which the tests check
every column; it is read here so that every fault is told with its line.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.columns import TYPICAL_YEAR, Place, build, converted, header_number
from gigaplan.weather.hourly_grid import MOST_GAP_HOURS, minutes_of, year_of_hours
from gigaplan.weather.model import HourlyWeather, Provenance
from gigaplan.weather.table import Table, numbers, read_lines
from gigaplan.weather.units import Conversion

# EPW column -> (header for messages, our quantity, to our unit, codes for "no value")
_EPW: Final[Sequence[tuple[int, str, str, Conversion, Collection[float]]]] = (
    (6, "dry bulb temperature", "temp_c", (1, 0), (99.9,)),
    (7, "dew point temperature", "dew_point_c", (1, 0), (99.9,)),
    (8, "relative humidity", "rel_humidity_fraction", (0.01, 0), (999.0,)),
    (9, "atmospheric station pressure", "pressure_pa", (1, 0), (999999.0,)),
    (13, "global horizontal radiation", "ghi_w_per_m2", (1, 0), (9999.0,)),
    (14, "direct normal radiation", "dni_w_per_m2", (1, 0), (9999.0,)),
    (15, "diffuse horizontal radiation", "dhi_w_per_m2", (1, 0), (9999.0,)),
    (21, "wind speed", "wind_m_per_s", (1, 0), (999.0,)),
)
_EPW_HEADER_LINES = 8
_TYPICAL_LEAP_YEAR: Final = 2000


def read_epw(path: Path, *, most_gap_hours: int = MOST_GAP_HOURS) -> HourlyWeather:
    """Read an EnergyPlus weather file.

    Rows are hour-ending (1 to 24) in the local standard time of the header;
    row h is taken for the hour that ends then.
    """
    file = str(path)
    lines = read_lines(path)
    head = lines[0]
    if not head or head[0].strip().upper() != "LOCATION":
        raise InputError(
            Problem(
                f"the first line begins with '{(head[0] if head else '')[:40]}'; an EPW file "
                "begins with LOCATION.",
                file=file,
                line=1,
            )
        )
    place = Place(
        f"{head[1].strip()}, {head[2].strip()}" if len(head) > 2 else "unnamed",
        *(
            header_number(file, 1, head, index, what)
            for index, what in ((6, "latitude"), (7, "longitude"), (9, "elevation"))
        ),
    )
    offset = header_number(file, 1, head, 8, "time zone")
    rows = lines[_EPW_HEADER_LINES:]
    stamps = numbers(
        file,
        rows,
        _EPW_HEADER_LINES + 1,
        [(i, name) for i, name in enumerate(("year", "month", "day", "hour"))],
    )
    table = numbers(
        file,
        rows,
        _EPW_HEADER_LINES + 1,
        [(i, name) for i, name, _, _, _ in _EPW],
        missing=[codes for *_, codes in _EPW],
    )
    table = converted(table, [(quantity, to) for _, _, quantity, to, _ in _EPW])
    source = head[4].strip() if len(head) > 4 else ""
    minutes, on, year, notes = _epw_minutes(stamps, typical_source="TMY" in source.upper())
    hours, more = year_of_hours(table, minutes, on, offset, most_gap_hours=most_gap_hours)
    return build(
        hours,
        [quantity for _, _, quantity, _, _ in _EPW],
        place,
        Provenance(
            kind="real",
            place=place.name,
            source=f"EPW {source}" + (", US DOE/NREL" if source == "TMY3" else ""),
            licence="US DOE/NREL public data, with credit" if source == "TMY3" else "",
            file=file,
            year=year,
            treatments=(*notes, *more),
        ),
    )


def _epw_minutes(
    stamps: Table, *, typical_source: bool
) -> tuple[NDArray[np.int64], int, int, list[str]]:
    """Return interval starts, the calendar they are on, the year (0 if typical), and notes."""
    years = stamps.values[:, 0]
    notes = ["hour-ending stamps taken as the hour they end"]
    # an hour-ending file of one year may stamp its last hour with the next one
    typical = typical_source or np.unique(years).size > 2 or abs(years[-1] - years[0]) > 1
    year = 0 if typical else int(years[0])
    leap_day = bool(((stamps.values[:, 1] == 2) & (stamps.values[:, 2] == 29)).any())
    on = year or (_TYPICAL_LEAP_YEAR if leap_day else TYPICAL_YEAR)
    if typical:
        notes.append("typical year: months of different calendar years set end to end")
    minutes = np.empty(years.size, dtype=np.int64)
    for row, (_, month, day, hour) in enumerate(stamps.values):
        try:
            if not 1 <= hour <= 24:
                raise ValueError
            minutes[row] = minutes_of(on, int(month), int(day)) + 60 * (int(hour) - 1)
        except ValueError:
            raise InputError(
                Problem(
                    f"month {month:g}, day {day:g}, hour {hour:g} is not a time; an EPW file "
                    "counts hours 1 to 24.",
                    file=stamps.file,
                    line=int(stamps.lines[row]),
                    field="columns month, day, hour",
                )
            ) from None
    return minutes, on, year, notes
