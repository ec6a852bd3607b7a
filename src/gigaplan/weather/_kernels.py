"""Compiled loops of the weather generator."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.core.random_streams import uniform_pair


@nb.njit(cache=True, nogil=True)
def autoregress(innovations: NDArray[np.float64], persistence: float) -> NDArray[np.float64]:
    """Return a stationary first-order autoregression of unit variance.

    ``y[0] = e[0]``, ``y[t] = r y[t-1] + sqrt(1 - r^2) e[t]``.
    """
    out = np.empty_like(innovations)
    gain = np.sqrt(1.0 - persistence * persistence)
    state = innovations[0]
    out[0] = state
    for t in range(1, innovations.size):
        state = persistence * state + gain * innovations[t]
        out[t] = state
    return out


@nb.njit(cache=True, nogil=True)
def days_to_hours(
    daily: NDArray[np.float64], first_day: float, hours: int, persistence: float
) -> NDArray[np.float64]:
    """Return a daily process of unit variance at every hour, again of unit variance.

    Between days d and d + 1 the value is ``(1 - w) y[d] + w y[d+1]``, divided by its own
    standard deviation for an autocorrelation of `persistence` at one day.

    Parameters
    ----------
    daily : ndarray
        Shape [day].
    first_day : float
        Where in `daily` the first hour stands.
    hours : int
        Hours wanted.
    persistence : float
        Autocorrelation at one day.
    """
    out = np.empty(hours)
    for h in range(hours):
        at = first_day + h / 24.0
        day = int(np.floor(at))
        w = at - day
        value = (1.0 - w) * daily[day] + w * daily[day + 1]
        variance = (1.0 - w) ** 2 + w * w + 2.0 * w * (1.0 - w) * persistence
        out[h] = value / np.sqrt(variance)
    return out


@nb.njit(cache=True, nogil=True)
def between_tables(
    tables: NDArray[np.float64],
    low: float,
    step: float,
    score: NDArray[np.float64],
    month: NDArray[np.int64],
    weight: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return quantiles read from monthly tables, on a straight line in score and in date.

    Parameters
    ----------
    tables : ndarray
        Quantile at scores ``low + step * i``, shape [month, i].
    low, step : float
        The grid of scores.
    score : ndarray
        Standard normal scores, shape [hour].
    month : ndarray
        Month whose middle was last passed, shape [hour].
    weight : ndarray
        Weight of the month after, shape [hour].
    """
    out = np.empty_like(score)
    last = tables.shape[1] - 2
    for h in range(score.size):
        at = (score[h] - low) / step
        i = min(max(int(np.floor(at)), 0), last)
        w = min(max(at - i, 0.0), 1.0)
        m = month[h]
        after = (m + 1) % 12
        here = (1.0 - w) * tables[m, i] + w * tables[m, i + 1]
        there = (1.0 - w) * tables[after, i] + w * tables[after, i + 1]
        out[h] = (1.0 - weight[h]) * here + weight[h] * there
    return out


@nb.njit(cache=True, nogil=True)
def add_normals(key: np.uint64, draw: np.uint64, weight: float, out: NDArray[np.float64]) -> None:
    """Add `weight` times the standard normals of a stream to `out`, in place.

    Numbers 2 i and 2 i + 1 are the Box-Muller pair of the stream's uniform pair i: twice
    as fast as inversion, and each number is still a function of key, draw and index alone.
    """
    n = out.size
    for i in range((n + 1) // 2):
        first, second = uniform_pair(key, draw, np.uint64(i))
        radius = weight * math.sqrt(-2.0 * math.log(first))
        angle = 2.0 * math.pi * second
        out[2 * i] += radius * math.cos(angle)
        if 2 * i + 1 < n:
            out[2 * i + 1] += radius * math.sin(angle)
