"""Data files that a programme names: gaps, two time zones, wrong units and the rest.

Each case changes a whole year of hourly prices. The message is told by `gigaplan check`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gigaplan import weather
from gigaplan.core.errors import InputError
from gigaplan.study import check

from .corpus import FILE, GOOD, MOST_SECONDS

_CSV = "prices.csv"
_SUMMER_TIME = (
    "If the file is in local time with summer time, declare a zone such as America/Chicago; "
    "write every hour once."
)
_CHECK_UNIT = "Check the unit declared for the column."
Change = Callable[[list[str]], list[str]]


def hourly() -> list[str]:
    """Return a whole file: a header, and 8,760 hours of 2023 on lines 2 to 8,761."""
    start = datetime(2023, 1, 1)
    rows = [f"{start + timedelta(hours=h):%Y-%m-%d %H:%M},{40 + h % 24}" for h in range(8760)]
    return ["time,price", *rows]


def line(number: int, text: str) -> Change:
    """Put `text` in the place of a line, counted from 1."""
    return lambda lines: [*lines[: number - 1], text, *lines[number:]]


def value(number: int, text: str) -> Change:
    """Put `text` in the place of the price on a line."""
    return lambda lines: line(number, f"{lines[number - 1].split(',')[0]},{text}")(lines)


def without(first: int, last: int) -> Change:
    """Leave lines out, both ends included."""
    return lambda lines: [*lines[: first - 1], *lines[last:]]


CSV_FILES: dict[str, tuple[Change, str]] = {
    "a gap of a day": (
        without(100, 123),
        ":99: column price: 24 hours without a value from 2023-01-05 02:00; gaps of up to 6 hours "
        "are filled. Fill the gap in the file, or take another year.",
    ),
    "a day of words for none": (
        lambda lines: [
            *lines[:99],
            *[f"{r.split(',')[0]},NaN" for r in lines[99:123]],
            *lines[123:],
        ],
        ":100: column price: 24 hours without a value from 2023-01-05 02:00; gaps of up to 6 hours "
        "are filled. Fill the gap in the file, or take another year.",
    ),
    "a column of nothing": (
        lambda lines: [lines[0], *[f"{row.split(',')[0]}," for row in lines[1:]]],
        ": column price: column price has no values in 2023.",
    ),
    "a word for a number": (
        value(500, "high"),
        ":500: column price: found 'high'; a number is needed.",
    ),
    "infinity": (value(500, "inf"), ":500: column price: found 'inf'; a number is needed."),
    "a decimal comma": (
        line(500, '2023-01-21 18:00,"43,5"'),
        ":500: column price: found '43,5'; a number is needed.",
    ),
    "a price of another unit": (
        value(500, "4300000"),
        ":500: column price: found 4.3e+06 usd_per_mwh; -20000 to 50000 is allowed. " + _CHECK_UNIT,
    ),
    "a time that is none": (
        line(500, "21 January at six,43"),
        ":500: column time: found '21 January at six'; write a time as YYYY-MM-DD hh:mm, such as "
        "2021-02-15 06:00.",
    ),
    "a date of 30 February": (
        line(500, "2023-02-30 06:00,43"),
        ":500: column time: found '2023-02-30 06:00'; write a time as YYYY-MM-DD hh:mm, such as "
        "2021-02-15 06:00.",
    ),
    "an hour twice": (
        line(501, "2023-01-21 18:00,43"),
        ":501: time: the row of 2023-01-21 18:00 repeats the time of line 500 (2023-01-21 18:00). "
        + _SUMMER_TIME,
    ),
    "time that runs back": (
        line(501, "2023-01-20 18:00,43"),
        ":501: time: the row of 2023-01-20 18:00 goes back in time from line 500 "
        "(2023-01-21 18:00). " + _SUMMER_TIME,
    ),
    "two time zones": (
        line(500, "2023-01-21 18:00-05:00,43"),
        ":500: column time: '2023-01-21 18:00-05:00' names a time zone and line 499 does not; "
        "one file must keep one time zone.",
    ),
    "another time zone than declared": (
        lambda lines: [lines[0], *[row.replace(",", "-05:00,") for row in lines[1:]]],
        ":2: column time: '2023-01-01 00:00-05:00' is in another time zone than the declared UTC; "
        "one file must keep one time zone.",
    ),
    "half a year": (
        lambda lines: lines[:4381],
        ":4381: time: the file holds 4,380 hours, 2023-01-01 00:00 to 2023-07-02 11:00; "
        "a whole year of 8,760 is needed.",
    ),
    "two years": (
        lambda lines: [*lines, *[row.replace("2023-", "2024-", 1) for row in lines[1:]]],
        ": the file holds the years 2023 to 2024; say which to take.",
    ),
    "a row without a price": (
        line(500, "2023-01-21 18:00"),
        ":500: the row has 1 cells; at least 2 are needed.",
    ),
    "no column of that name": (
        line(1, "time,cost"),
        ":1: column 'price' is missing; the file has time, cost.",
    ),
    "the column twice": (
        lambda lines: ["time,price,price", *[f"{row},1" for row in lines[1:]]],
        ":1: column 'price' is there more than once; the file has time, price, price.",
    ),
    "no times": (
        line(1, "when,price"),
        ":1: no column of time stamps is known; the file has when, price. "
        "Name the column time_utc, or say which it is.",
    ),
    "only a header": (lambda lines: lines[:1], ":1: the file has no rows below its header."),
    "one row": (lambda lines: lines[:2], ":2: time: the file has one row; 8,760 hours are needed."),
    "rows seven minutes apart": (
        lambda lines: [
            lines[0],
            *[
                f"{datetime(2023, 1, 1) + timedelta(minutes=7 * i):%Y-%m-%d %H:%M},40"
                for i in range(60)
            ],
        ],
        ":3: time: rows are 7 minutes apart; an hour or a whole part of one (5, 10, 15, 20, 30, 60 "
        "minutes) is needed.",
    ),
}

BYTES: dict[str, tuple[bytes, str]] = {
    "an empty file": (b"", ": the file is empty."),
    "a binary file": (
        b"PAR1\x15\x00\x15",
        ": the file holds binary data; comma-separated text is needed.",
    ),
}


@pytest.fixture(autouse=True)
def _programme_that_names_prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    named = f"price_file: {{path: {_CSV}, column: price, unit: usd_per_mwh}}"
    Path(FILE).write_text(GOOD.replace("power_price_usd_per_mwh: 45", named), "utf-8")


@pytest.fixture(scope="module", autouse=True)
def _readers_are_loaded() -> None:
    assert callable(weather.read_named)


def refused(data: bytes) -> str:
    """Return what `gigaplan check` says of a programme that names a file of `data`."""
    Path(_CSV).write_bytes(data)
    begin = time.process_time()
    with pytest.raises(InputError) as caught:
        check(FILE)
    assert time.process_time() - begin < MOST_SECONDS
    return str(caught.value)


def test_the_file_that_is_broken_below_is_whole() -> None:
    Path(_CSV).write_text("\n".join(hourly()), "utf-8")
    assert check(FILE)["counts"]["data files"] == 1


@pytest.mark.parametrize("what", CSV_FILES)
def test_a_broken_series_says_exactly_what_is_wrong(what: str) -> None:
    change, says = CSV_FILES[what]
    assert refused("\n".join(change(hourly())).encode()) == _CSV + says


@pytest.mark.parametrize("what", BYTES)
def test_a_file_that_is_no_table_is_refused(what: str) -> None:
    data, says = BYTES[what]
    assert refused(data) == _CSV + says


def test_faults_of_two_files_are_told_together() -> None:
    files = (
        "price_file: {path: prices.csv, column: price, unit: usd_per_mwh}, "
        "carbon_file: {path: carbon.csv, column: carbon, unit: lb_per_mwh}"
    )
    Path(FILE).write_text(GOOD.replace("power_price_usd_per_mwh: 45", files), "utf-8")
    Path("carbon.csv").write_text("time,carbon\n2023-01-01 00:00,high\n", "utf-8")
    assert refused(b"") == (
        "prices.csv: the file is empty.\n"
        "carbon.csv:2: column carbon: found 'high'; a number is needed."
    )


def test_a_weather_file_of_another_format_says_so() -> None:
    named = "title: The farm\n    weather_file: {path: prices.csv, format: epw}"
    Path(FILE).write_text(GOOD.replace("title: The farm", named), "utf-8")
    assert refused("\n".join(hourly()).encode()) == (
        "prices.csv:1: the first line begins with 'time'; an EPW file begins with LOCATION."
    )
