"""Hourly demand of areas, read with the line and column of every fault."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.weather.table import check_range, column_index, numbers, read_lines
from gigaplan.weather.time_stamps import read_stamps

Floats = NDArray[np.float64]
_MOST_MW = 1e6
_LEAST_HOURS = 8760


@dataclass(frozen=True)
class AreaDemand:
    """Demand of an area in hours that follow each other.

    Parameters
    ----------
    name : str
    demand_mw : ndarray [hour]
    month, year : ndarray of int [hour]
        Calendar month, 1 to 12, and year.
    """

    name: str
    demand_mw: Floats
    month: NDArray[np.int64]
    year: NDArray[np.int64]


def read_demand(
    path: Path,
    areas: Sequence[str] = (),
    *,
    time_column: str | None = None,
    time_zone: str = "UTC",
) -> list[AreaDemand]:
    """Read hourly demand in MW, one area per column.

    Parameters
    ----------
    path : Path
        Comma-separated text with a column of time stamps.
    areas : sequence of str
        Columns wanted; all if none is named.
    time_column : str, optional
        The first column if left out.
    time_zone : str
        Zone of the stamps. Months and years are those of this zone.

    Raises
    ------
    InputError
        For an hour that is missing, comes twice or has no number above 0, less than a year of
        hours, and whatever else is wrong with the file; with its line and column.
    """
    lines, file = read_lines(path), str(path)
    header = [cell.strip() for cell in lines[0]]
    at = 0 if time_column is None else column_index(header, time_column, file, 1)
    wanted = list(areas) or [name for i, name in enumerate(header) if i != at]
    if not wanted:
        raise InputError(Problem("the file has no column of demand.", file=file, line=1))
    table = numbers(
        file, lines[1:], 2, [(column_index(header, name, file, 1), name) for name in wanted]
    )
    cells = [lines[line - 1][at] for line in table.lines]
    stamps = read_stamps(file, table.lines, cells, time_zone, header[at])
    _check_hours(file, stamps.minutes, table.lines, header[at])
    for column, name in enumerate(wanted):
        _check_demand(file, table.values[:, column], table.lines, name)
        check_range(table, column, 0.0, _MOST_MW, "MW", table.values[:, column])
    calendar = stamps.minutes.astype("datetime64[m]")
    months = calendar.astype("datetime64[M]").astype(np.int64)
    month, year = months % 12 + 1, months // 12 + 1970
    return [
        AreaDemand(name, np.ascontiguousarray(table.values[:, column]), month, year)
        for column, name in enumerate(wanted)
    ]


def _check_hours(
    file: str, minutes: NDArray[np.int64], lines: NDArray[np.int64], column: str
) -> None:
    step = np.diff(minutes)
    wrong = np.flatnonzero(step != 60)
    if wrong.size:
        row = int(wrong[0]) + 1
        after = int(step[row - 1])
        what = "comes before or with the row above" if after <= 0 else f"comes {after} min after it"
        raise InputError(
            Problem(
                f"the row {what}; hours must follow each other, none missing and none twice.",
                file=file,
                line=int(lines[row]),
                field=f"column {column}",
            )
        )
    if minutes.size < _LEAST_HOURS:
        raise InputError(
            Problem(
                f"found {minutes.size:,} hours; at least a year ({_LEAST_HOURS:,}) is needed, as a "
                "season's peak cannot be told from less.",
                file=file,
            )
        )


def _check_demand(file: str, mw: Floats, lines: NDArray[np.int64], name: str) -> None:
    wrong = np.flatnonzero(~(mw > 0))
    if wrong.size:
        row = int(wrong[0])
        found = "no number" if np.isnan(mw[row]) else f"{mw[row]:g} MW"
        more = f" ({wrong.size:,} such hours in all)" if wrong.size > 1 else ""
        raise InputError(
            Problem(
                f"found {found}{more}; demand above 0 is needed in every hour.",
                file=file,
                line=int(lines[row]),
                field=f"column {name}",
                hint="Fill the hour from its neighbours, or leave the area out.",
            )
        )
