from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.weather import (
    CoolingFigures,
    data_files,
    find_site_weather,
    find_zone_data,
    site_series,
)

FIGURES = CoolingFigures(1.08, 0.26)


@pytest.mark.parametrize(
    ("place", "file", "told"),
    [
        ((40.08, -82.81), "USA_OH", "13 km"),  # New Albany
        ((32.5, -91.6), "USA_LA", "40 km"),  # Richland Parish
        ((31.9, -106.3), "USA_TX_El", "24 km"),  # El Paso
        ((40.05, -86.47), "USA_OH", "306 km"),  # Lebanon: the nearest there is
        ((31.0, -102.0), "30.6617", "48 km"),  # West Texas
    ],
)
def test_sites_take_the_nearest_file_and_say_how_far(
    shared: Path, place: tuple[float, float], file: str, told: str
) -> None:
    weather = find_site_weather(shared / "data", *place)
    assert weather is not None
    assert Path(weather.provenance.file).name.startswith(file)
    assert told in weather.provenance.treatments[-1]


def test_a_site_far_from_every_file_has_none(shared: Path) -> None:
    assert find_site_weather(shared / "data", 41.8, -110.5) is None  # Kemmerer


def test_a_solar_point_takes_the_wind_of_its_twin(shared: Path) -> None:
    weather = find_site_weather(shared / "data", 30.66, -101.71)
    assert weather is not None
    assert weather.wind_height_m == 100
    assert any(".srw" in note for note in weather.provenance.treatments)


def test_airport_wind_is_scaled_to_hub_height_and_told(shared: Path) -> None:
    weather = find_site_weather(shared / "data", 40.08, -82.81)
    series = site_series(40.08, -82.81, "air_evaporative", weather=weather, figures=FIGURES)
    assert any("scaled by" in note for note in series.provenance[0].treatments)
    assert 0.25 < series.wind_cf.mean() < 0.45
    assert series.kind == "real"


def test_a_real_year_is_repeated(shared: Path) -> None:
    weather = find_site_weather(shared / "data", 40.08, -82.81)
    series = site_series(
        40.08, -82.81, "air_evaporative", weather=weather, weather_years=3, figures=FIGURES
    )
    assert series.temp_c.shape == (3, 8760)
    assert np.array_equal(series.temp_c[0], series.temp_c[2])


def test_zones_take_the_files_of_their_operator(shared: Path) -> None:
    ercot = find_zone_data(shared / "data", "ercot_west")
    assert ercot.price is not None
    assert ercot.price.values.mean() == pytest.approx(64.32, abs=0.01)
    assert ercot.mix is not None
    pjm = find_zone_data(shared / "data", "pjm_aep")
    assert pjm.price is None
    assert pjm.mix is not None
    # EIA-930 2022: nuclear 32.4%, hydro 1.9%, wind 3.8%, sun 0.9% of PJM's energy
    assert pjm.mix.clean_share_fraction.mean() == pytest.approx(0.39, abs=0.01)
    assert 330 < pjm.mix.carbon_kg_per_mwh.mean() < 420
    assert pjm.demand is not None
    assert find_zone_data(shared / "data", "wecc").mix is None


def test_every_file_that_could_be_used_is_listed(shared: Path) -> None:
    names = [path.name for path in data_files(shared / "data")]
    assert len(names) == len(set(names)) >= 13
    assert any(name.endswith(".srw") for name in names)


def test_a_folder_without_data_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no such folder of data"):
        data_files(tmp_path / "none")
    with pytest.raises(InputError, match="the folder holds no data file that is known"):
        data_files(tmp_path)
