from __future__ import annotations

from pathlib import Path

import numpy as np
import pvlib
import pytest

from gigaplan.core.errors import InputError
from gigaplan.weather import read_weather

POINTS = ["30.6617", "47.5", "29.2"]


@pytest.mark.parametrize("point", POINTS)
def test_nsrdb_files_agree_with_pvlib_column_by_column(shared: Path, point: str) -> None:
    path = next((shared / "data/renewables").glob(f"{point}*psm*.csv"))
    ours = read_weather(path)
    frame, _ = pvlib.iotools.read_nsrdb_psm4(str(path), map_variables=False)
    for mine, theirs, factor in [
        ("temp_c", "Temperature", 1),
        ("dew_point_c", "Dew Point", 1),
        ("pressure_pa", "Pressure", 100),
        ("ghi_w_per_m2", "GHI", 1),
        ("dni_w_per_m2", "DNI", 1),
        ("dhi_w_per_m2", "DHI", 1),
        ("wind_m_per_s", "Wind Speed", 1),
    ]:
        assert np.allclose(ours.need(mine), np.roll(factor * frame[theirs].to_numpy(float), 6))
    assert ours.provenance.year == 2013
    assert any("stamped at minute 30" in note for note in ours.provenance.treatments)


@pytest.mark.parametrize("point", POINTS)
def test_srw_files_hold_the_hub_height_wind(shared: Path, point: str) -> None:
    path = next((shared / "data/renewables").glob(f"{point}*.srw"))
    ours = read_weather(path, time_zone="-06:00")
    lines = path.read_text().splitlines()
    heights = [float(h) for h in lines[4].split(",")]
    speed = [i for i, n in enumerate(lines[2].split(",")) if n == "Speed"]
    column = next(i for i in speed if heights[i] == 100)
    expected = [float(line.split(",")[column]) for line in lines[5:] if line]
    assert ours.wind_height_m == 100
    assert np.allclose(np.roll(ours.need("wind_m_per_s"), -6), expected[:8760])


def test_wind_and_sun_of_one_point_join_only_for_the_same_year(shared: Path) -> None:
    folder = shared / "data/renewables"
    solar = read_weather(next(folder.glob("47.5*psm*.csv")))
    wind = read_weather(next(folder.glob("47.5*.srw")), time_zone="-06:00")
    joined = solar.with_wind_of(wind)
    assert joined.wind_height_m == 100
    assert np.array_equal(joined.temp_c, solar.temp_c)
    typical = read_weather(next((shared / "data/weather").glob("USA_OH*.epw")))
    with pytest.raises(InputError, match="only one year's wind and sun belong together"):
        typical.with_wind_of(wind)


def srw(rows: int = 8760, *, unit: str = "m/s", cell: str = "5.0") -> str:
    head = "1,city,OH,US,2013,40.0,-83.0,n/a,1,8760\nnote\n"
    head += f"Temperature,Pressure,Speed\nC,atm,{unit}\n100,100,100\n"
    return head + "\n".join(f"10.0,0.98,{cell}" for _ in range(rows))


def test_an_srw_file_takes_the_zone_of_its_longitude_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "a.srw"
    path.write_text(srw())
    found = read_weather(path)
    assert any("UTC-6" in note and "names no zone" in note for note in found.provenance.treatments)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (srw(100), "the file holds 100 rows; 8,760 hours"),
        (srw(unit="knots"), "unit 'knots' of Speed is not known; one of m/s."),
        (srw(cell="calm"), ":6: column Speed at 100 m: found 'calm'; a number is needed."),
        (srw().replace("Speed", "Gust"), "there is no column Speed"),
        ("a,b\n", "an .srw file begins with five header lines"),
    ],
)
def test_broken_srw_files_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.srw"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_weather(path)
    assert message in str(error.value)


def nsrdb(rows: int = 8760, *, header: str = "Temperature,GHI", unit: str = "c") -> str:
    text = "Source,Location ID,Latitude,Longitude,Time Zone,Elevation,Temperature Units\n"
    text += f"NSRDB,1,40,-83,-5,250,{unit}\nYear,Month,Day,Hour,Minute,{header}\n"
    stamps = np.datetime64("2013-01-01T00:30") + np.arange(rows) * np.timedelta64(60, "m")
    lines = []
    for stamp in stamps.astype(str):
        day, clock = stamp.split("T")
        lines.append(",".join([*day.split("-"), *clock.split(":")[:2], "10", "100"]))
    return text + "\n".join(lines)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (nsrdb(header="Warmth,GHI"), "column 'Temperature' is missing"),
        (nsrdb(unit="rankine"), "unit 'rankine' of Temperature is not known"),
        (nsrdb(3000), "the file holds 3,000 hours"),
        (nsrdb().replace("2013,02,01,00,30", "2013,02,31,00,30"), "Day 31"),
        ("Source,Location ID\n", "an NSRDB file begins with two header lines"),
    ],
)
def test_broken_nsrdb_files_are_told(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "a.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        read_weather(path, "nsrdb")
    assert message in str(error.value)
