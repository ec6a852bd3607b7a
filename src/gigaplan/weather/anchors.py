"""Random weather fields that tie places together without knowing which places are asked for.

A field is white noise on a fixed net of anchor points over the whole globe, each
point with its own stream of random numbers. The noise of a place is the sum over
near anchors with a Gaussian kernel of the distance d,

    e(place) = sum_k w_k z_k / sqrt(sum_k w_k^2),   w_k = exp(-d_k^2 / (2 s^2)),

so that it is standard normal, and two places at distance D correlate close to
exp(-D^2 / (4 s^2)). The numbers of a place depend on its coordinates alone:
asking for another place changes none.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gigaplan.core import random_streams
from gigaplan.weather._kernels import add_normals
from gigaplan.weather.model import FloatArray

_EARTH_RADIUS_KM = 6371.0
_KM_PER_DEGREE = 111.2
_REACH = 2.8  # kernel widths; the weight there is 0.02
_SPACING = 1.2  # kernel widths; the sum of squared weights then ripples by less than 0.2%


@dataclass(frozen=True)
class Field:
    """A random field.

    Parameters
    ----------
    name : str
        What it is for; part of the key of its random numbers.
    scale_km : float
        Width s of the kernel.
    """

    name: str
    scale_km: float


def distance_km(
    latitude: float, longitude: float, latitudes: FloatArray, longitudes: FloatArray
) -> FloatArray:
    """Return great-circle distances from one place to others [km]."""
    a, b = np.radians(latitude), np.radians(latitudes)
    c = np.radians(longitudes - longitude)
    h = np.sin((b - a) / 2) ** 2 + np.cos(a) * np.cos(b) * np.sin(c / 2) ** 2
    result: FloatArray = 2 * _EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(h, 1.0)))
    return result


@lru_cache(maxsize=1024)
def anchor_weights(
    scale_km: float, latitude: float, longitude: float
) -> tuple[tuple[tuple[int, int], ...], FloatArray]:
    """Return the anchors near a place as (row, column) of the net, and their weights.

    The weights' squares add up to one.
    """
    degrees = _SPACING * scale_km / _KM_PER_DEGREE
    rows = max(2, round(180 / degrees))
    reach_rows = int(np.ceil(_REACH / _SPACING)) + 1
    middle = int((latitude + 90) / 180 * rows)
    keys: list[tuple[int, int]] = []
    weights: list[NDArray[np.float64]] = []
    for row in range(max(0, middle - reach_rows), min(rows, middle + reach_rows + 1)):
        row_latitude = -90 + (row + 0.5) * 180 / rows
        columns = max(1, round(360 * np.cos(np.radians(row_latitude)) / degrees))
        longitudes = -180 + (np.arange(columns) + 0.5) * 360 / columns
        away = distance_km(latitude, longitude, np.full(columns, row_latitude), longitudes)
        near = np.flatnonzero(away < _REACH * scale_km)
        keys += [(row, int(column)) for column in near]
        weights.append(np.exp(-((away[near] / scale_km) ** 2) / 2))
    weight = np.concatenate(weights)
    return tuple(keys), weight / np.sqrt((weight**2).sum())


def noise(
    field: Field, latitude: float, longitude: float, seed: int, weather_year: int, count: int
) -> FloatArray:
    """Return `count` independent standard normals of a field at a place, shape [count]."""
    keys, weights = anchor_weights(field.scale_km, latitude, longitude)
    total = np.zeros(count)
    for (row, column), weight in zip(keys, weights, strict=True):
        key = random_streams.stream_key(seed, f"weather.{field.name}", f"{row},{column}")
        add_normals(key, np.uint64(weather_year), weight, total)
    return total


def correlation(field: Field, here: tuple[float, float], there: tuple[float, float]) -> float:
    """Return the exact correlation of a field's noise at two places (latitude, longitude)."""
    keys, weights = anchor_weights(field.scale_km, *here)
    other_keys, other_weights = anchor_weights(field.scale_km, *there)
    other = dict(zip(other_keys, other_weights, strict=True))
    return float(sum(w * other.get(key, 0.0) for key, w in zip(keys, weights, strict=True)))
