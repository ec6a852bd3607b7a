from __future__ import annotations

import numpy as np
import pandas as pd
import pvlib
import pytest

from gigaplan.weather.sun import clear_sky_ghi_w_per_m2, split_global, sun_year


@pytest.mark.parametrize("place", [(40.0, -83.0), (31.8, -106.4), (-33.9, 151.2), (60.0, 25.0)])
def test_the_sun_stands_where_pvlib_says(place: tuple[float, float]) -> None:
    middles = pd.date_range("2001-01-01 00:30", periods=8760, freq="h", tz="UTC")
    known = pvlib.solarposition.get_solarposition(middles, *place)
    found = sun_year(*place)
    up = known["apparent_zenith"].to_numpy() < 90
    zenith_off = found.zenith_degrees - known["apparent_zenith"].to_numpy()
    assert np.abs(zenith_off[up]).max() < 0.02
    # azimuth is steep where the sun stands overhead
    clear = up & (known["apparent_zenith"].to_numpy() > 5)
    turn = (found.azimuth_degrees - known["azimuth"].to_numpy() + 180) % 360 - 180
    assert np.abs(turn[clear]).max() < 0.05


def test_clear_sky_agrees_with_another_clear_sky_model() -> None:
    # Ineichen and Perez with a Linke turbidity of 3, a usual rural value
    sun = sun_year(40.0, -83.0)
    ours = clear_sky_ghi_w_per_m2(40.0, -83.0, 250.0, (1.5,) * 12)
    up = sun.zenith_degrees < 80
    airmass = pvlib.atmosphere.get_relative_airmass(sun.zenith_degrees[up])
    other = pvlib.clearsky.ineichen(
        sun.zenith_degrees[up], airmass, 3.0, altitude=250.0, dni_extra=sun.extra_w_per_m2[up]
    )["ghi"]
    assert ours[up].sum() == pytest.approx(other.sum(), rel=0.06)


def test_split_light_adds_up_to_the_whole() -> None:
    sun = sun_year(40.0, -83.0)
    ghi = 0.7 * clear_sky_ghi_w_per_m2(40.0, -83.0, 250.0, (1.5,) * 12)
    direct, diffuse = split_global(ghi, sun, 98_000.0)
    assert np.allclose(direct * sun.cos_zenith + diffuse, ghi)
    assert direct.min() >= 0
    assert diffuse.min() > -1e-9
