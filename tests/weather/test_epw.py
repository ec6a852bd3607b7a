from __future__ import annotations

from pathlib import Path

import numpy as np
import pvlib
import pytest

from gigaplan.core.errors import InputError
from gigaplan.weather import read_weather

HEADER = (
    "LOCATION,Testville,OH,USA,TMY3,1,40.0,-83.0,-5.0,250.0\n"
    + "\n".join(f"HEADER {i}" for i in range(7))
    + "\n"
)


def epw(path: Path, *, leap: bool = False, cells: dict[tuple[int, int], str] | None = None) -> Path:
    """Write an EPW whose dry bulb of row i is i/1000; `cells` replaces (row, column) texts."""
    days = np.arange(
        np.datetime64("2000-01-01" if leap else "2001-01-01"),
        np.datetime64("2001-01-01" if leap else "2002-01-01"),
    )
    rows = []
    for d, day in enumerate(days):
        _, month, date = str(day).split("-")
        for hour in range(1, 25):
            i = 24 * d + hour - 1
            row = ["1999", str(int(month)), str(int(date)), str(hour), "0", "flags"]
            row += [f"{i / 1000}", "-5", "60", "99000", "0", "0", "300", "100", "50", "80"]
            row += ["0"] * 5 + ["3.0"] + ["0"] * 13
            rows.append(row)
    for (i, column), text in (cells or {}).items():
        rows[i][column] = text
    path.write_text(HEADER + "\n".join(",".join(row) for row in rows))
    return path


@pytest.mark.parametrize("station", ["USA_OH", "USA_LA", "USA_TX_El"])
def test_real_files_agree_with_pvlib_column_by_column(shared: Path, station: str) -> None:
    path = next((shared / "data/weather").glob(f"{station}*.epw"))
    ours = read_weather(path)
    frame, meta = pvlib.iotools.read_epw(str(path), coerce_year=2001)
    shift = round(-meta["TZ"])
    for mine, theirs, factor in [
        ("temp_c", "temp_air", 1),
        ("dew_point_c", "temp_dew", 1),
        ("rel_humidity_fraction", "relative_humidity", 0.01),
        ("pressure_pa", "atmospheric_pressure", 1),
        ("ghi_w_per_m2", "ghi", 1),
        ("dni_w_per_m2", "dni", 1),
        ("dhi_w_per_m2", "dhi", 1),
        ("wind_m_per_s", "wind_speed", 1),
    ]:
        expected = np.roll(factor * frame[theirs].to_numpy(float), shift)
        assert np.allclose(ours.need(mine), np.minimum(expected, 1) if factor != 1 else expected)
    assert (ours.latitude, ours.longitude) == (meta["latitude"], meta["longitude"])
    assert ours.provenance.kind == "real"
    assert ours.provenance.year == 0
    assert "US DOE/NREL" in ours.provenance.source


def test_the_first_row_is_the_first_local_hour(tmp_path: Path) -> None:
    found = read_weather(epw(tmp_path / "a.epw"))
    assert found.temp_c[5] == 0.0  # 00:00 at UTC-5
    assert found.temp_c[0] == pytest.approx(8.755)


def test_a_leap_typical_year_loses_29_february(tmp_path: Path) -> None:
    found = read_weather(epw(tmp_path / "a.epw", leap=True))
    local = np.roll(found.temp_c, -5)
    assert local[24 * 59] == pytest.approx(24 * 60 / 1000)
    assert any("29 February left out" in note for note in found.provenance.treatments)


def test_missing_codes_are_gaps(tmp_path: Path) -> None:
    found = read_weather(epw(tmp_path / "a.epw", cells={(100, 6): "99.9", (200, 21): "999"}))
    assert found.temp_c[105] == pytest.approx(0.1)
    assert sum("1 missing hours" in note for note in found.provenance.treatments) == 2


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ({(10, 6): "warm"}, ":19: column dry bulb temperature: found 'warm'; a number is needed."),
        ({(10, 6): "88"}, ":19: column dry bulb temperature: found 88 c; -90 to 65 is allowed."),
        ({(10, 3): "25"}, ":19: columns month, day, hour: month 1, day 1, hour 25 is not a time"),
        ({(10, 2): "31", (10, 1): "2"}, ":19: columns month, day, hour: month 2, day 31"),
        ({(10, 14): "-4"}, "direct normal radiation: found -4 w_per_m2; 0 to 1500 is allowed."),
    ],
)
def test_faults_are_told_with_line_and_column(
    tmp_path: Path, cells: dict[tuple[int, int], str], message: str
) -> None:
    path = epw(tmp_path / "a.epw", cells=cells)
    with pytest.raises(InputError) as error:
        read_weather(path)
    assert message in str(error.value)


def test_a_long_gap_in_one_column_is_refused(tmp_path: Path) -> None:
    path = epw(tmp_path / "a.epw", cells={(i, 13): "9999" for i in range(4000, 4010)})
    with pytest.raises(InputError, match=r":4009: column global horizontal radiation: 10 hours"):
        read_weather(path)


def test_half_a_file_is_refused(tmp_path: Path) -> None:
    path = epw(tmp_path / "a.epw")
    path.write_text("\n".join(path.read_text().splitlines()[:4000]))
    with pytest.raises(InputError, match="a whole year of 8,760 is needed"):
        read_weather(path)


def test_another_kind_of_file_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.epw"
    path.write_text("hello,world\n1,2\n")
    with pytest.raises(InputError, match="the first line begins with 'hello'; an EPW file"):
        read_weather(path)
    path.write_text(HEADER.replace("-5.0", "east"))
    with pytest.raises(InputError, match=r":1: header time zone: found 'east' for the time zone"):
        read_weather(path)
