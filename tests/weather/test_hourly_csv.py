from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.core.errors import InputError
from gigaplan.weather import CsvColumn, read_series, read_weather

WriteCsv = Callable[..., Path]


def read(path: Path, **options: object) -> NDArray[np.float64]:
    return read_series(path, "usd_per_mwh", unit="usd_per_mwh", **options).values  # type: ignore[arg-type]


def test_a_plain_utc_year_comes_back_unchanged(write_csv: WriteCsv) -> None:
    assert np.array_equal(read(write_csv()), np.arange(8760))


def test_a_leap_year_loses_29_february_and_says_so(write_csv: WriteCsv) -> None:
    series = read_series(
        write_csv(start="2020-01-01", rows=8784), "usd_per_mwh", unit="usd_per_mwh"
    )
    feb_29 = 24 * 59
    expected = np.r_[np.arange(feb_29), np.arange(feb_29 + 24, 8784)]
    assert np.array_equal(series.values, expected)
    assert any("29 February left out" in note for note in series.provenance.treatments)


def test_hour_ending_stamps_move_to_the_hour_they_end(write_csv: WriteCsv) -> None:
    path = write_csv(start="2021-01-01 01:00")
    assert np.array_equal(read(path, hour_label="ending"), np.arange(8760))


def test_half_hours_are_averaged_and_told(write_csv: WriteCsv) -> None:
    series = read_series(write_csv(rows=17520, step_minutes=30), "usd_per_mwh", unit="usd_per_mwh")
    assert np.array_equal(series.values, 2 * np.arange(8760) + 0.5)
    assert any("30-minute values averaged" in note for note in series.provenance.treatments)


def test_a_fixed_zone_is_turned_to_utc_as_a_ring(write_csv: WriteCsv) -> None:
    found = read(write_csv(), time_zone="Etc/GMT+6")
    assert found[6] == 0  # 00:00 at UTC-6 is 06:00 UTC
    assert found[0] == 8754


def test_summer_time_is_undone_through_both_changes(tmp_path: Path) -> None:
    zone = ZoneInfo("America/Chicago")
    first = datetime(2021, 1, 1, 6, tzinfo=ZoneInfo("UTC"))
    lines = ["time,usd_per_mwh"]
    for i in range(8760):
        local = (first + timedelta(hours=i)).astimezone(zone)
        lines.append(f"{local:%Y-%m-%d %H:%M},{i}")
    path = tmp_path / "local.csv"
    path.write_text("\n".join(lines))
    assert np.array_equal(read(path, time_zone="America/Chicago"), np.roll(np.arange(8760), 6))


def test_short_gaps_are_filled_on_a_straight_line_and_told(write_csv: WriteCsv) -> None:
    series = read_series(write_csv(leave_out=range(100, 104)), "usd_per_mwh", unit="usd_per_mwh")
    assert np.allclose(series.values, np.arange(8760))
    assert any(
        "4 missing hours" in note and "longest gap 4 h" in note
        for note in series.provenance.treatments
    )


def test_nan_cells_are_gaps(write_csv: WriteCsv) -> None:
    values: list[object] = list(range(8760))
    values[50], values[51] = "NaN", ""
    assert np.allclose(read(write_csv(values=values)), np.arange(8760))


def test_a_long_gap_is_refused_with_its_line_and_column(write_csv: WriteCsv) -> None:
    path = write_csv(leave_out=range(100, 108))
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == (
        f"{path}:101: column usd_per_mwh: 8 hours without a value from 2021-01-05 04:00; "
        "gaps of up to 6 hours are filled. Fill the gap in the file, or take another year."
    )


def test_a_short_file_is_refused_with_its_span(write_csv: WriteCsv) -> None:
    with pytest.raises(InputError, match=r"holds 4,000 hours, 2021-01-01 00:00 to 2021-06-16"):
        read(write_csv(rows=4000))


def test_two_zones_in_one_file_are_refused(write_csv: WriteCsv) -> None:
    path = write_csv(suffix="-06:00")
    text = path.read_text().splitlines()
    text[500] = text[500].replace("-06:00", "-05:00")
    path.write_text("\n".join(text))
    with pytest.raises(InputError, match=r":501: column time_utc: .*another time zone than"):
        read(path, time_zone="-06:00")


def test_a_bare_stamp_among_stamps_with_zones_is_refused(write_csv: WriteCsv) -> None:
    path = write_csv(suffix="+00:00")
    text = path.read_text().splitlines()
    text[500] = text[500].replace("+00:00", "")
    path.write_text("\n".join(text))
    with pytest.raises(InputError, match=r":501: .*names no time zone and line 500 does"):
        read(path)


def test_a_repeated_hour_is_refused_and_points_to_summer_time(write_csv: WriteCsv) -> None:
    path = write_csv()
    text = path.read_text().splitlines()
    text.insert(301, text[300])
    path.write_text("\n".join(text))
    with pytest.raises(InputError, match=r":302: time: .*repeats the time of line 301.*Chicago"):
        read(path)


def test_several_years_need_one_to_be_named(write_csv: WriteCsv) -> None:
    path = write_csv(rows=2 * 8760)
    with pytest.raises(InputError, match="holds the years 2021 to 2022; say which"):
        read(path)
    assert np.array_equal(read(path, year=2022), np.arange(8760, 17520))
    with pytest.raises(InputError, match="does not hold the year 2019"):
        read(path, year=2019)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty."),
        (b"\x00\x01\x02", "the file holds binary data; comma-separated text is needed."),
        (b"time_utc,usd_per_mwh\n", "the file has no rows below its header."),
        (b"time_utc,price\n2021-01-01,1\n", "column 'usd_per_mwh' is missing"),
        (b"when,usd_per_mwh\n2021-01-01,1\n", "no column of time stamps is known"),
        (b"time_utc,usd_per_mwh\nyesterday,1\n", "found 'yesterday'; write a time as"),
        (b"time_utc,usd_per_mwh\n2021-01-01,cheap\n", "found 'cheap'; a number is needed."),
        (b"time_utc,usd_per_mwh\n2021-01-01\n", "the row has 1 cells; at least 2 are needed."),
        (b"time_utc,usd_per_mwh\n2021-01-01,inf\n", "found 'inf'; a number is needed."),
        (b"time_utc,usd_per_mwh\n2021-01-01,1\n", "the file has one row"),
        (b"time_utc,usd_per_mwh\n2021-01-01,1e30\n", "-20000 to 50000 is allowed"),
        (b"time_utc,usd_per_mwh\n2021-01-01,1\n2021-01-02,1\n", "rows are 1440 minutes apart"),
    ],
)
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "broken.csv"
    path.write_bytes(content)
    with pytest.raises(InputError) as error:
        read(path)
    assert str(path) in str(error.value)
    assert message in str(error.value)


def test_a_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such file"):
        read(tmp_path / "none.csv")


def test_units_are_converted_and_unknown_ones_refused(write_csv: WriteCsv) -> None:
    path = write_csv(column="carbon", values=[1000] * 8760)
    found = read_series(path, "carbon", unit="lb_per_mwh")
    assert found.unit == "kg_per_mwh"
    assert np.allclose(found.values, 453.59237)
    with pytest.raises(InputError, match=r"unit 'lbs_per_mwh' is not known\. Did you mean"):
        read_series(path, "carbon", unit="lbs_per_mwh")


def test_a_zone_that_is_none_is_refused(write_csv: WriteCsv) -> None:
    with pytest.raises(InputError, match="there is no time zone 'Mars/Olympus'"):
        read(write_csv(), time_zone="Mars/Olympus")


def test_numbered_hours_need_no_dates(tmp_path: Path) -> None:
    path = tmp_path / "cf.csv"
    path.write_text("hour,cf\n" + "".join(f"{h},{h / 8760}\n" for h in range(8760)))
    found = read_series(path, "cf", unit="fraction", time_zone="-06:00")
    assert np.allclose(found.values[6:], np.arange(8754) / 8760)


def test_weather_columns_are_mapped_with_their_units(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    start = datetime(2021, 1, 1)
    rows = [f"{start + timedelta(hours=i)},68,50,36" for i in range(8760)]
    path.write_text("when,t_f,rh,v\n" + "\n".join(rows))
    found = read_weather(
        path,
        latitude=40,
        longitude=-83,
        columns={
            "temp_c": CsvColumn("t_f", "f"),
            "rel_humidity_fraction": CsvColumn("rh", "percent"),
            "wind_m_per_s": CsvColumn("v", "km_per_h"),
        },
        time_column="when",
    )
    assert np.allclose(found.temp_c, 20)
    assert np.allclose(found.need("rel_humidity_fraction"), 0.5)
    assert np.allclose(found.need("wind_m_per_s"), 10)
    with pytest.raises(InputError, match="has no ghi_w_per_m2"):
        found.need("ghi_w_per_m2")


def test_a_wrong_unit_shows_as_an_impossible_value(tmp_path: Path) -> None:
    path = tmp_path / "site.csv"
    path.write_text("time_utc,temp_c\n2021-01-01 00:00,68\n2021-01-01 01:00,68\n")
    with pytest.raises(InputError, match=r":2: column temp_c: found 68 c .*-90 to 65 is allowed"):
        read_weather(path, latitude=40, longitude=-83)


def test_the_real_multi_year_files_are_read(shared: Path) -> None:
    demand = shared / "data/demand/eia930_demand_2020_2024.csv"
    found = read_series(demand, "PJM-AEP", unit="mw", year=2020, hour_label="ending")
    assert found.values[0] == 15548  # the row stamped 01:00 ends the first hour
    assert any("leap year 2020" in note for note in found.provenance.treatments)
    gaps = shared / "data/grid_mix/PJM_eia930_2022.csv"
    with pytest.raises(InputError, match="22 hours without a value"):
        read_series(gaps, "NUC", unit="mwh")
