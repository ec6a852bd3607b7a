from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gigaplan.weather import anchors

FIELD = anchors.Field("test", 400.0)


def test_distance_meets_a_known_great_circle() -> None:
    # London 51.5074 N 0.1278 W to Paris 48.8566 N 2.3522 E: 343.5 km
    away = anchors.distance_km(51.5074, -0.1278, np.array([48.8566]), np.array([2.3522]))
    assert away[0] == pytest.approx(343.5, abs=1.0)


@settings(max_examples=30, deadline=None)
@given(
    st.floats(-60, 70),
    st.floats(-180, 180),
    st.floats(-8, 8),
    st.floats(-8, 8),
    st.sampled_from([100.0, 330.0, 600.0]),
)
def test_correlation_falls_with_distance_as_the_formula_says(
    latitude: float, longitude: float, north: float, east: float, scale: float
) -> None:
    there = latitude + north, (longitude + east + 180) % 360 - 180
    away = float(
        anchors.distance_km(latitude, longitude, np.array([there[0]]), np.array([there[1]]))[0]
    )
    found = anchors.correlation(anchors.Field("any", scale), (latitude, longitude), there)
    assert found == pytest.approx(math.exp(-(away**2) / (4 * scale**2)), abs=0.03)


def test_weights_make_unit_variance_anywhere() -> None:
    for place in [(0.0, 0.0), (89.0, 10.0), (-89.9, -170.0), (40.0, -83.0)]:
        _, weights = anchors.anchor_weights(300.0, *place)
        assert (weights**2).sum() == pytest.approx(1)


def test_noise_is_standard_normal_and_correlates_as_told() -> None:
    here, there = (40.0, -83.0), (42.0, -80.0)
    a = anchors.noise(FIELD, *here, 1, 0, 40_000)
    b = anchors.noise(FIELD, *there, 1, 0, 40_000)
    four_errors = 4 / math.sqrt(40_000)
    assert abs(a.mean()) < four_errors
    assert a.std() == pytest.approx(1, abs=four_errors)
    assert np.corrcoef(a, b)[0, 1] == pytest.approx(
        anchors.correlation(FIELD, here, there), abs=four_errors
    )


def test_years_seeds_and_fields_are_independent() -> None:
    base = anchors.noise(FIELD, 40, -83, 1, 0, 10_000)
    for other in [
        anchors.noise(FIELD, 40, -83, 2, 0, 10_000),
        anchors.noise(FIELD, 40, -83, 1, 1, 10_000),
        anchors.noise(anchors.Field("other", 400.0), 40, -83, 1, 0, 10_000),
    ]:
        assert abs(np.corrcoef(base, other)[0, 1]) < 0.05
