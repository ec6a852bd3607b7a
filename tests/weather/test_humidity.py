from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gigaplan.weather import humidity


@pytest.mark.parametrize(
    ("dry_c", "rel", "pressure_pa", "wet_c"),
    [
        # ASHRAE psychrometric chart no. 1, sea level
        (30.0, 0.50, 101_325.0, 22.0),
        (20.0, 0.50, 101_325.0, 13.8),
        (35.0, 0.30, 101_325.0, 21.6),
        (10.0, 0.80, 101_325.0, 8.2),
        # Stull's worked example: 20 C, 50% -> 13.7 C
        (20.0, 0.50, 101_325.0, 13.7),
    ],
)
def test_wet_bulb_meets_published_psychrometric_values(
    dry_c: float, rel: float, pressure_pa: float, wet_c: float
) -> None:
    found = humidity.wet_bulb_c(np.array([dry_c]), np.array([rel]), pressure_pa)[0]
    assert found == pytest.approx(wet_c, abs=0.25)


def test_wet_bulb_agrees_with_stull_at_sea_level() -> None:
    # Stull (2011) gives errors of -1 to +0.65 C, mean under 0.3 C, for 5% to 99% and -20 to 50 C
    dry, rel = np.meshgrid(np.arange(0, 41, 2.0), np.arange(0.2, 0.99, 0.05))
    ours = humidity.wet_bulb_c(dry, rel, 101_325.0)
    stull = humidity.wet_bulb_stull_c(dry, rel)
    assert np.abs(ours - stull).max() < 1.0
    assert np.abs(ours - stull).mean() < 0.3


@given(st.floats(-30, 48), st.floats(0.03, 1.0), st.floats(70_000, 105_000))
def test_wet_bulb_lies_between_dew_point_and_dry_bulb(dry: float, rel: float, p: float) -> None:
    wet = humidity.wet_bulb_c(np.array([dry]), np.array([rel]), p)[0]
    dew = humidity.dew_point_c(np.array([dry]), np.array([rel]))[0]
    assert dew - 1e-6 <= wet <= dry + 1e-9


@given(st.floats(-40, 50), st.floats(0.02, 1.0))
def test_dew_point_and_relative_humidity_undo_each_other(dry: float, rel: float) -> None:
    dew = humidity.dew_point_c(np.array([dry]), np.array([rel]))
    back = humidity.rel_humidity_fraction(np.array([dry]), dew)[0]
    assert back == pytest.approx(rel, rel=1e-9)


def test_saturation_pressure_meets_the_steam_tables() -> None:
    # IAPWS: 0.01 C 611.7 Pa, 20 C 2339.3 Pa, 40 C 7384.9 Pa
    found = humidity.saturation_pressure_pa(np.array([0.01, 20.0, 40.0]))
    assert found == pytest.approx([611.7, 2339.3, 7384.9], rel=3e-3)


def test_pressure_falls_with_height_as_the_standard_atmosphere() -> None:
    assert humidity.pressure_at_height_pa(0) == pytest.approx(101_325)
    assert humidity.pressure_at_height_pa(2000) == pytest.approx(79_495, rel=1e-3)
