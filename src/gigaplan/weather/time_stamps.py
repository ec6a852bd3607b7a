"""Time stamps of comma-separated files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.core.time_zones import parse_zone

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Stamps:
    """Time stamps of rows, as minutes since 1970 in one standard time.

    Parameters
    ----------
    minutes : ndarray
        Shape [row].
    utc_offset_hours : float
        That standard time less UTC.
    notes : tuple of str
        What was done.
    typical : bool
        True if the rows are numbered hours of a year without a date.
    """

    minutes: NDArray[np.int64]
    utc_offset_hours: float
    notes: tuple[str, ...]
    typical: bool = False


def read_stamps(
    file: str, lines: NDArray[np.int64], cells: Sequence[str], zone_name: str, column: str
) -> Stamps:
    """Return the stamps of a column of ISO 8601 times.

    Parameters
    ----------
    file : str
        For messages.
    lines : ndarray
        Line of each row, shape [row].
    cells : sequence of str
        Text of each stamp, shape [row].
    zone_name : str
        Zone declared for the file; stamps with an offset of their own must agree with it.
    column : str
        Header of the column, for messages.

    Raises
    ------
    InputError
        If a stamp is no time, or the file mixes time zones.
    """
    zone = parse_zone(zone_name)
    fixed = zone.utcoffset(None)
    standard = fixed if fixed is not None else _standard_offset(zone)
    minutes = np.empty(len(cells), dtype=np.int64)
    bare = -1
    aware = -1
    last_local: datetime | None = None
    fold = 0
    problem: tuple[int, str] | None = None
    for row, cell in enumerate(cells):
        try:
            stamp = datetime.fromisoformat(cell.strip())
        except ValueError:
            problem = (
                row,
                (
                    f"found '{cell.strip()[:40]}'; write a time as YYYY-MM-DD hh:mm, such as "
                    "2021-02-15 06:00."
                ),
            )
            break
        if stamp.tzinfo is not None:
            aware = row
            if bare >= 0:
                problem = (
                    row,
                    (
                        f"'{cell.strip()[:40]}' names a time zone and line {lines[bare]} does not; "
                        "one file must keep one time zone."
                    ),
                )
                break
            if (
                stamp.utcoffset()
                != stamp.replace(tzinfo=None, fold=0).replace(tzinfo=zone).utcoffset()
                and stamp.utcoffset() != stamp.replace(tzinfo=zone, fold=1).utcoffset()
            ):
                problem = (
                    row,
                    (
                        f"'{cell.strip()[:40]}' is in another time zone than the declared "
                        f"{zone_name}; one file must keep one time zone."
                    ),
                )
                break
        else:
            if aware >= 0:
                problem = (
                    row,
                    (
                        f"'{cell.strip()[:40]}' names no time zone and line {lines[aware]} does; "
                        "one file must keep one time zone."
                    ),
                )
                break
            bare = row
            if fixed is None:
                # the second pass through a repeated autumn hour is standard time
                if last_local is not None and stamp <= last_local:
                    fold = 1
                elif (
                    fold
                    and stamp.replace(tzinfo=zone).utcoffset()
                    == stamp.replace(tzinfo=zone, fold=1).utcoffset()
                ):
                    fold = 0
                last_local = stamp
                stamp = stamp.replace(tzinfo=zone, fold=fold)
            else:
                stamp = stamp.replace(tzinfo=zone)
        minutes[row] = (stamp - _EPOCH + standard) // timedelta(minutes=1)
    if problem is not None:
        row, message = problem
        raise InputError(
            Problem(message, file=file, line=int(lines[row]), field=f"column {column}")
        )
    notes = () if fixed is not None else (f"local time of {zone_name} with summer time undone",)
    return Stamps(minutes, standard.total_seconds() / 3600, notes)


def _standard_offset(zone: tzinfo) -> timedelta:
    """Return the offset of a zone without summer time: the smaller of January's and July's."""
    offsets = [datetime(2023, month, 1, tzinfo=zone).utcoffset() for month in (1, 7)]
    return min(offset for offset in offsets if offset is not None)
