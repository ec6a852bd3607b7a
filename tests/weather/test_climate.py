from __future__ import annotations

import csv
from importlib.resources import files

import numpy as np
import pytest

from gigaplan.core.errors import InputError
from gigaplan.weather import station, station_at, station_names
from gigaplan.weather.climate import MONTHLY_FIELDS, links

ROWS = list(
    csv.DictReader(
        (files("gigaplan.catalogue") / "data" / "climate.csv")
        .read_text(encoding="utf-8")
        .splitlines()
    )
)


def test_every_figure_has_a_unit_a_date_a_source_and_a_mark() -> None:
    for row in ROWS:
        assert row["id"].startswith("climate.")
        assert row["mark"] in {"stated", "derived", "assumed"}, row["id"]
        assert np.isfinite(float(row["value"]))
        assert row["unit"], row["id"]
        assert row["as_of"], row["id"]
        assert row["source_title"], row["id"]
        if row["low"] and row["high"]:
            assert float(row["low"]) <= float(row["value"]) <= float(row["high"]), row["id"]


def test_ids_are_unique() -> None:
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids))


def test_recalled_figures_are_marked_assumed() -> None:
    assert all(row["mark"] == "assumed" for row in ROWS if "recalled" in row["source_title"])


@pytest.mark.parametrize("name", station_names())
def test_normals_are_what_climate_can_be(name: str) -> None:
    found = station(name)
    for field in MONTHLY_FIELDS:
        assert getattr(found, field).shape == (12,)
    assert (found.dew_point_c < found.temp_mean_c).all()
    assert (found.temp_spread_c > 0).all()
    assert found.temp_mean_c[[5, 6, 7]].mean() > found.temp_mean_c[[11, 0, 1]].mean() + 8
    assert found.ghi_kwh_per_m2_day[5] > found.ghi_kwh_per_m2_day[11]


@pytest.mark.parametrize("name", station_names())
def test_links_are_correlations(name: str) -> None:
    for season in links(name):
        assert np.allclose(season, season.T)
        assert np.linalg.eigvalsh(season).min() > 0.01
    # cloudy days are moist days everywhere
    assert (links(name)[:, 1, 2] > 0).all()


def test_the_sites_of_the_reference_programme_lie_near_a_station() -> None:
    for latitude, longitude, expected in [
        (40.08, -82.81, "columbus_oh"),
        (32.5, -91.6, "monroe_la"),
        (31.9, -106.3, "el_paso_tx"),
        (40.05, -86.47, "indianapolis_in"),
        (39.07, -83.0, "columbus_oh"),
        (41.8, -110.5, "kemmerer_wy"),
        (31.0, -102.0, "west_texas"),
        (41.65, -93.47, "des_moines_ia"),
        (44.3, -120.8, "redmond_or"),
        (39.04, -77.49, "dulles_va"),
    ]:
        found, notes = station_at(latitude, longitude)
        assert found.name == expected
        assert len(notes) == 1


def test_latitude_moves_the_temperature_and_coordinates_are_checked() -> None:
    moved, _ = station_at(39.0, -82.88)
    base = station("columbus_oh")
    shift = 0.75 * (base.latitude - 39.0)
    assert np.allclose(moved.temp_mean_c, base.temp_mean_c + shift)
    with pytest.raises(InputError, match="longitude 200 is outside"):
        station_at(0, 200)
