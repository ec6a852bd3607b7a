"""Compiled loops that several parts of operations share: load by hour, days, counting losses."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.operations.arrays import (
    DAYS_SHORT,
    EUE,
    EVENTS,
    LOLE_DAYS,
    LOLH,
    PEAK,
    Array,
    LoadArrays,
)

DAY = 24


@nb.njit(cache=True, nogil=True, inline="always")
def column_of(array: Array, sample: int) -> int:
    """Return the column of a sample in what differs by draw: columns repeat."""
    return int(sample % array.shape[-1])


@nb.njit(cache=True, nogil=True)
def fill_demand(
    load: LoadArrays, weather: int, column: int, demand: Array, peak_hour: Array
) -> None:
    """Write MW of load by hour, and the hour of each day's greatest load."""
    hours = demand.size
    steps, scales, series = load.step_of_hour, load.load_scale, load.load_mw[weather]
    for h in range(hours):
        demand[h] = series[h] * scales[steps[h], column]
    for day in range(peak_hour.size):
        most = 24 * day
        for h in range(most + 1, min(24 * day + 24, hours)):
            if demand[h] > demand[most]:
                most = h
        peak_hour[day] = most


@nb.njit(cache=True, nogil=True)
def most_by_day(net: Array, most: Array) -> None:
    """Fill most[day] with the day's greatest net load."""
    for day in range(most.size):
        top = -np.inf
        for h in range(DAY * day, DAY * day + DAY):
            top = max(top, net[h])
        most[day] = top


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def changes(row: Array, total: Array, falls: Array) -> None:
    """Fill total[day] with the sum of a day's changes, and falls[day] with those below nought."""
    for day in range(total.size):
        first, up, down = DAY * day, 0.0, 0.0
        for i in range(DAY):
            x = row[first + i]
            up += x
            down += min(x, 0.0)
        total[day], falls[day] = up, down


@nb.njit(cache=True, nogil=True)
def count_loss(year: Array, h: int, last: int, short: float, peak_hour: Array, hour: Array) -> None:
    """Count one hour of loss in a year's figures; `last` is the hour of loss before it."""
    day = h // 24
    year[LOLH] += 1.0
    year[EUE] += short
    if last != h - 1:
        year[EVENTS] += 1.0
    if last < 24 * day:
        year[DAYS_SHORT] += 1.0
    if peak_hour[day] == h:
        year[LOLE_DAYS] += 1.0
    year[PEAK] = max(year[PEAK], short)
    hour[0, h] += 1.0
    hour[1, h] += short
