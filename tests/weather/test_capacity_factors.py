from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gigaplan.weather import (
    HourlyWeather,
    Provenance,
    read_weather,
    solar_capacity_factor,
    wind_capacity_factor,
)

POINTS = [("west_texas", "30.66"), ("minnesota", "47.5"), ("gulf", "29.2")]


def steady(**fields: float) -> HourlyWeather:
    """Return weather that never changes."""
    arrays = {k: np.full(8760, v) for k, v in fields.items() if k != "wind_height_m"}
    return HourlyWeather(
        latitude=30.0,
        longitude=-100.0,
        elevation_m=0.0,
        provenance=Provenance("generated", "nowhere", "test"),
        wind_height_m=fields.get("wind_height_m", 100.0),
        **arrays,
    )


def known(shared: Path, column: str) -> NDArray[np.float64]:
    """Return a column of the capacity factors made by others, turned to UTC."""
    rows = list(csv.DictReader((shared / "data/renewables/cf_2013.csv").read_text().splitlines()))
    return np.roll([float(row[column]) for row in rows], 6)


@pytest.mark.parametrize(("name", "point"), POINTS)
def test_solar_agrees_with_the_shared_capacity_factors(shared: Path, name: str, point: str) -> None:
    weather = read_weather(next((shared / "data/renewables").glob(f"{point}*psm*.csv")))
    found, expected = solar_capacity_factor(weather), known(shared, f"solar_{name}")
    # the sun stands where it does in 2001, not 2013, and the air is refracting: 1% of the year
    assert found.mean() == pytest.approx(expected.mean(), rel=0.01)
    assert np.corrcoef(found, expected)[0, 1] > 0.9999
    assert np.abs(found - expected).max() < 0.05


@pytest.mark.parametrize(("name", "point"), POINTS)
def test_wind_agrees_with_the_shared_capacity_factors(shared: Path, name: str, point: str) -> None:
    path = next((shared / "data/renewables").glob(f"{point}*.srw"))
    found = wind_capacity_factor(read_weather(path, time_zone="-06:00"))
    assert np.abs(found - known(shared, f"wind_{name}")).max() < 1e-4


@pytest.mark.parametrize(
    ("speed", "expected"),
    [(2.9, 0.0), (25.1, 0.0), (12.0, 0.88), (7.0, 0.88 * (343 - 27) / (10.5**3 - 27))],
)
def test_the_power_curve_is_the_documented_one_at_standard_density(
    speed: float, expected: float
) -> None:
    standard_k = 101_325 / (287.05 * 1.225)
    weather = steady(temp_c=standard_k - 273.15, pressure_pa=101_325, wind_m_per_s=speed)
    assert wind_capacity_factor(weather)[0] == pytest.approx(expected)


def test_wind_at_10_m_is_carried_up_by_the_seventh_root() -> None:
    low = steady(temp_c=15, wind_m_per_s=5.0, wind_height_m=10.0)
    high = steady(temp_c=15, wind_m_per_s=5.0 * 10 ** (1 / 7), wind_height_m=100.0)
    assert np.allclose(wind_capacity_factor(low), wind_capacity_factor(high))


def test_no_sun_makes_no_power_and_warm_cells_make_less() -> None:
    dark = steady(temp_c=20, ghi_w_per_m2=0, dni_w_per_m2=0, dhi_w_per_m2=0)
    assert solar_capacity_factor(dark).max() == 0
    light = {"ghi_w_per_m2": 400.0, "dni_w_per_m2": 300.0, "dhi_w_per_m2": 200.0}
    cool = solar_capacity_factor(steady(temp_c=0, **light)).sum()
    warm = solar_capacity_factor(steady(temp_c=40, **light)).sum()
    # 40 C at -0.34% per C of output at 25 C
    assert warm / cool == pytest.approx(1 - 40 * 0.0034, abs=0.03)


def test_capacity_factors_stay_between_0_and_1() -> None:
    bright = steady(
        temp_c=-20, ghi_w_per_m2=1200, dni_w_per_m2=1100, dhi_w_per_m2=300, wind_m_per_s=30
    )
    assert solar_capacity_factor(bright).max() <= 1
    assert wind_capacity_factor(bright).max() == 0
