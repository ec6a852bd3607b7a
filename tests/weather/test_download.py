from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pvlib
import pytest

from gigaplan.core.errors import InputError
from gigaplan.weather import DownloadError, download, read_weather


def answer(unit: float = 1.0) -> pd.DataFrame:
    """Return a table as the services give it: a typical year of mixed years."""
    hours = pd.date_range("2005-01-01", periods=8760, freq="h", tz="UTC")
    stamps = [t.replace(year=2005 + t.month % 3) for t in hours]
    values = np.arange(8760, dtype=float)
    return pd.DataFrame(
        {
            "temp_air": values / 1000,
            "relative_humidity": 50.0,
            "pressure": 99_000.0 * unit,
            "ghi": 100.0,
            "dni": 50.0,
            "dhi": 80.0,
            "wind_speed": 3.0,
        },
        index=pd.DatetimeIndex(stamps),
    )


def test_what_is_fetched_is_read_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pvlib.iotools, "get_pvgis_tmy", lambda *a, **k: (answer(), {}))
    path = download(40, -83, out=tmp_path / "new" / "site.csv")
    weather = read_weather(path, latitude=40, longitude=-83)
    assert np.allclose(weather.temp_c, np.arange(8760) / 1000)
    assert np.allclose(weather.need("pressure_pa"), 99_000)


def test_nsrdb_pressure_is_in_millibar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        pvlib.iotools, "get_nsrdb_psm4_aggregated", lambda *a, **k: (answer(0.01), {})
    )
    path = download(40, -83, "nsrdb", out=tmp_path / "s.csv", api_key="k", email="a@b.c")
    found = read_weather(path, latitude=40, longitude=-83)
    assert np.allclose(found.need("pressure_pa"), 99_000)


def test_offline_says_so_and_writes_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise ConnectionError("[Errno -2] Name or service not known")

    monkeypatch.setattr(pvlib.iotools, "get_pvgis_tmy", refuse)
    with pytest.raises(DownloadError) as error:
        download(40, -83, out=tmp_path / "site.csv")
    assert str(error.value) == (
        "PVGIS could not be reached or refused the request ([Errno -2] Name or service not "
        "known). Without a network, use the weather generator (leave weather_file out) or a file "
        "you have."
    )
    assert not list(tmp_path.iterdir())


def test_an_answer_without_a_column_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = answer().drop(columns="dni")
    monkeypatch.setattr(pvlib.iotools, "get_pvgis_tmy", lambda *a, **k: (bare, {}))
    with pytest.raises(DownloadError, match="lacks dni"):
        download(40, -83, out=tmp_path / "site.csv")


def test_wrong_requests_are_refused_before_any_network(tmp_path: Path) -> None:
    out = tmp_path / "site.csv"
    with pytest.raises(InputError, match="latitude 99 is outside"):
        download(99, 0, out=out)
    with pytest.raises(InputError, match="NSRDB needs a key"):
        download(40, -83, "nsrdb", out=out)
    with pytest.raises(InputError, match="PVGIS gives a typical year"):
        download(40, -83, out=out, year=2020)
    with pytest.raises(InputError, match="'noaa' is no source of weather"):
        download(40, -83, "noaa", out=out)  # type: ignore[arg-type]
    out.write_text("mine")
    with pytest.raises(InputError, match="is there already"):
        download(40, -83, out=out)
