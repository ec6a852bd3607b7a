"""From stamped rows to 8,760 UTC hours: leap days, half hours, gaps, time zones, length.

Steps, each told in the notes that come back:

1. rows must rise in time and be an hour apart, or a whole part of one (then averaged);
2. the calendar year is taken in the file's own standard time;
3. 29 February is left out;
4. gaps of up to `MOST_GAP_HOURS` are filled on a straight line, longer ones refused;
5. the year is closed into a ring and turned to start at 00:00 UTC.
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.core.timeline import HOURS_PER_YEAR
from gigaplan.weather.table import Table

MOST_GAP_HOURS = 6
_STEPS_MINUTES = (5, 10, 15, 20, 30, 60)
_FEB_29_FIRST_HOUR = 24 * 59
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def minutes_of(year: int, month: int = 1, day: int = 1, hour: int = 0, minute: int = 0) -> int:
    """Return minutes since 1970-01-01 00:00 of a time in whatever zone it is written."""
    return (
        int((datetime(year, month, day, hour, minute, tzinfo=UTC) - _EPOCH).total_seconds()) // 60
    )


def time_text(minutes: int) -> str:
    """Return ``YYYY-MM-DD hh:mm`` of minutes since 1970."""
    return (_EPOCH + timedelta(minutes=int(minutes))).strftime("%Y-%m-%d %H:%M")


def _problem(table: Table, row: int, message: str, hint: str = "") -> InputError:
    return InputError(
        Problem(message, file=table.file, line=int(table.lines[row]), field="time", hint=hint)
    )


def step_minutes(table: Table, minutes: NDArray[np.int64]) -> int:
    """Return the minutes between rows.

    Raises
    ------
    InputError
        If time stands still or runs back, or the step is not a whole part of an hour.
    """
    if minutes.size < 2:
        raise _problem(table, 0, f"the file has one row; {HOURS_PER_YEAR:,} hours are needed.")
    steps = np.diff(minutes)
    wrong = np.flatnonzero(steps <= 0)
    if wrong.size:
        row = int(wrong[0]) + 1
        here, before = time_text(minutes[row]), time_text(minutes[row - 1])
        what = "repeats the time of" if here == before else "goes back in time from"
        raise _problem(
            table,
            row,
            f"the row of {here} {what} line {int(table.lines[row - 1])} ({before}).",
            "If the file is in local time with summer time, declare a zone such as "
            "America/Chicago; write every hour once.",
        )
    step = int(np.median(steps))
    if step not in _STEPS_MINUTES:
        raise _problem(
            table,
            1,
            f"rows are {step} minutes apart; an hour or a whole part of one "
            f"({', '.join(map(str, _STEPS_MINUTES))} minutes) is needed.",
        )
    return step


def choose_year(table: Table, minutes: NDArray[np.int64], year: int | None) -> int:
    """Return the calendar year to take from a table.

    Raises
    ------
    InputError
        If the file holds several years and none was named, or not the one named.
    """
    years = minutes.astype("datetime64[m]").astype("datetime64[Y]").astype(int) + 1970
    found, rows = np.unique(years, return_counts=True)
    # a few hours of a neighbouring year come with files kept in another zone
    whole = [int(y) for y, n in zip(found, rows, strict=True) if n > 0.02 * rows.max()]
    if year is None:
        if len(whole) > 1:
            raise InputError(
                Problem(
                    f"the file holds the years {whole[0]} to {whole[-1]}; say which to take.",
                    file=table.file,
                )
            )
        return whole[0]
    if year not in whole:
        raise InputError(
            Problem(
                f"the file does not hold the year {year}; it holds {', '.join(map(str, whole))}.",
                file=table.file,
            )
        )
    return year


def year_of_hours(
    table: Table,
    minutes: NDArray[np.int64],
    year: int,
    utc_offset_hours: float,
    *,
    most_gap_hours: int = MOST_GAP_HOURS,
) -> tuple[NDArray[np.float64], list[str]]:
    """Return one year of a table as UTC hours, and what was done to get there.

    Parameters
    ----------
    table : Table
        Rows; NaN where the file has no value.
    minutes : ndarray
        Start of the interval each row stands for, minutes since 1970 in the file's standard
        time, shape [row].
    year : int
        Calendar year to take.
    utc_offset_hours : float
        Standard time less UTC, such as -6.
    most_gap_hours : int
        Longest gap that is filled.

    Returns
    -------
    values : ndarray
        Shape [hour, column], 8,760 hours from 00:00 UTC on 1 January.
    notes : list of str
        The treatments.

    Raises
    ------
    InputError
        For a gap longer than `most_gap_hours`, or a wrong length; names file, line and column.
    """
    step = step_minutes(table, minutes)
    notes: list[str] = []
    in_year = HOURS_PER_YEAR + (24 if calendar.isleap(year) else 0)
    hour = (minutes - minutes_of(year)) // 60
    rows = np.flatnonzero((hour >= 0) & (hour < in_year))
    if rows.size == 0:
        raise InputError(Problem(f"the file has no rows of the year {year}.", file=table.file))
    _check_length(table, minutes, rows, step, in_year, most_gap_hours)
    if step < 60:
        notes.append(f"{step}-minute values averaged to hours")
    elif minutes[rows[0]] % 60:
        notes.append(
            f"stamped at minute {int(minutes[rows[0]] % 60)}; taken as the mean of its hour"
        )
    values = _hour_means(table.values[rows], hour[rows], in_year)
    lines = np.zeros(in_year, dtype=np.int64)
    np.maximum.at(lines, hour[rows], table.lines[rows])
    if calendar.isleap(year):
        feb_29 = np.arange(_FEB_29_FIRST_HOUR, _FEB_29_FIRST_HOUR + 24)
        values, lines = np.delete(values, feb_29, axis=0), np.delete(lines, feb_29)
        notes.append(f"leap year {year}: 29 February left out (8,784 to 8,760 hours)")
    notes += _fill_gaps(table, values, lines, year, most_gap_hours)
    shift = round(utc_offset_hours)
    if shift != utc_offset_hours:
        notes.append(f"UTC{utc_offset_hours:+g} h rounded to {shift:+d} h")
    if shift:
        notes.append(f"turned from UTC{shift:+d} to UTC; the year is closed into a ring")
    return np.roll(values, -shift, axis=0), notes


def _check_length(
    table: Table,
    minutes: NDArray[np.int64],
    rows: NDArray[np.int64],
    step: int,
    in_year: int,
    most_gap_hours: int,
) -> None:
    """Refuse a file that ends early, begins late, or lost most of its rows."""
    hours = rows.size * step / 60
    span = (int(minutes[rows[-1]]) - int(minutes[rows[0]]) + step) / 60
    if span < in_year - most_gap_hours:
        raise InputError(
            Problem(
                f"the file holds {hours:,.0f} hours, {time_text(minutes[rows[0]])} to "
                f"{time_text(minutes[rows[-1]])}; a whole year of {in_year:,} is needed.",
                file=table.file,
                line=int(table.lines[rows[-1]]),
                field="time",
            )
        )


def _hour_means(
    values: NDArray[np.float64], hour: NDArray[np.int64], hours: int
) -> NDArray[np.float64]:
    """Return the mean of the values there are in each hour; NaN where there is none."""
    there = np.isfinite(values)
    total = np.zeros((hours, values.shape[1]))
    count = np.zeros((hours, values.shape[1]))
    np.add.at(total, hour, np.where(there, values, 0.0))
    np.add.at(count, hour, there.astype(float))
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _fill_gaps(
    table: Table,
    values: NDArray[np.float64],
    lines: NDArray[np.int64],
    year: int,
    most_gap_hours: int,
) -> list[str]:
    """Fill short gaps in place on a straight line; refuse long ones."""
    notes = []
    n = values.shape[0]
    for column, name in enumerate(table.columns):
        missing = np.isnan(values[:, column])
        if not missing.any():
            continue
        if missing.all():
            raise InputError(
                Problem(
                    f"column {name} has no values in {year}.",
                    file=table.file,
                    field=f"column {name}",
                )
            )
        start, length = _longest_run(missing)
        if length > most_gap_hours:
            before = int(lines[:start][lines[:start] > 0].max(initial=0))
            raise InputError(
                Problem(
                    f"{length:,} hours without a value from "
                    f"{time_text(minutes_of(year) + 60 * _calendar_hour(start, year))}; "
                    f"gaps of up to {most_gap_hours} hours are filled.",
                    file=table.file,
                    line=int(lines[start]) or before,
                    field=f"column {name}",
                    hint="Fill the gap in the file, or take another year.",
                )
            )
        there = np.flatnonzero(~missing)
        values[missing, column] = np.interp(
            np.flatnonzero(missing), there, values[there, column], period=n
        )
        notes.append(
            f"column {name}: {int(missing.sum()):,} missing hours filled on a straight line "
            f"(longest gap {length} h)"
        )
    return notes


def _calendar_hour(hour: int, year: int) -> int:
    return hour + 24 if calendar.isleap(year) and hour >= _FEB_29_FIRST_HOUR else hour


def _longest_run(flags: NDArray[np.bool_]) -> tuple[int, int]:
    """Return where the longest run of True begins and how long it is."""
    edges = np.diff(np.concatenate(([0], flags.astype(np.int8), [0])))
    starts, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest] - starts[longest])
