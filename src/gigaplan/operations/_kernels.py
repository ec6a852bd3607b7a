"""Compiled loops: up times of units, MW available by hour, and capacity against load.

A unit alternates between up and down. Its durations come from its own stream,
one pair of uniforms per cycle, so what another unit does never moves it. Only
the hours in which a unit starts or stops are written (plus and minus its MW in
a row of differences); one running sum then gives the MW available by hour.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.random_streams import uniform, uniform_pair
from gigaplan.operations.arrays import (
    DAYS_SHORT,
    EUE,
    EVENTS,
    LOAD,
    LOLE_DAYS,
    LOLH,
    PEAK,
    SERVED,
    Array,
    BucketArrays,
    LoadArrays,
    UnitArrays,
)


@nb.njit(cache=True, nogil=True, inline="always")
def column_of(array: Array, sample: int) -> int:
    """Return the column of a sample in what differs by draw: columns repeat."""
    return int(sample % array.shape[-1])


@nb.njit(cache=True, nogil=True)
def _planned(
    units: UnitArrays, unit: int, place: float, hours: int, starts: Array, ends: Array
) -> int:
    """Write the sorted planned windows of a unit in one sample; return how many."""
    n = 0
    for i in range(units.window_offset[unit], units.window_offset[unit + 1]):
        starts[n] = units.window_start[i]
        ends[n] = units.window_end[i]
        n += 1
    cycle = units.cycle_hours[unit]
    if cycle > 0:
        into = (place + units.phase[unit]) % 1.0
        start = -into * cycle
        while start < hours:
            first = int(np.floor(start))
            last = first + int(units.refuel_hours[unit])
            if last > 0:
                i = n
                while i > 0 and starts[i - 1] > first:
                    starts[i] = starts[i - 1]
                    ends[i] = ends[i - 1]
                    i -= 1
                starts[i] = first
                ends[i] = last
                n += 1
            start += cycle
    return n


@nb.njit(cache=True, nogil=True, inline="always")
def _add(row: Array, mw: float, first: int, end: int, starts: Array, ends: Array, n: int) -> None:
    """Add MW from first to end, except in planned windows."""
    cursor = first
    for i in range(n):
        if starts[i] >= end:
            break
        if starts[i] > cursor:
            row[cursor] += mw
            row[starts[i]] -= mw
        if ends[i] > cursor:
            cursor = ends[i]
    if cursor < end:
        row[cursor] += mw
        row[end] -= mw


@nb.njit(cache=True, nogil=True, inline="always")
def _hour(time: float, low: int, high: int) -> int:
    """Return the first whole hour at or after a time, within low and high."""
    if time <= low:
        return low
    if time >= high:
        return high
    return int(np.ceil(time))


@nb.njit(cache=True, nogil=True)
def _up_until(
    units: UnitArrays, unit: int, sample: int, weather: int, time: float, index: int, hours: int
) -> tuple[float, int]:
    """Return when a temperature-driven unit next fails (by thinning), and the next index."""
    row = units.rate_row[unit]
    highest = units.highest_rate[row, weather]
    if highest <= 0.0:
        return float(hours), index
    while time < hours:
        wait, accept = uniform_pair(units.key[unit], np.uint64(sample), np.uint64(index))
        index += 1
        time -= np.log(wait) / highest
        if time < hours and accept * highest < units.failure_rate[row, weather, int(time)]:
            break
    return time, index


@nb.njit(cache=True, nogil=True)
def _add_unit(
    units: UnitArrays,
    unit: int,
    sample: int,
    weather: int,
    place: float,
    hours: int,
    row: Array,
    starts: Array,
    ends: Array,
) -> None:
    """Add a unit's available MW of one sample to a row of differences.

    The state at an hour's start holds for the hour, which keeps the outage
    fraction exact; an outage that begins and ends within an hour is not seen.
    """
    column = column_of(units.first_hour, sample)
    low, high = units.first_hour[unit, column], units.end_hour[unit, column]
    if low >= high:
        return
    mw = units.capacity_mw[unit]
    n = _planned(units, unit, place, hours, starts, ends)
    mttf, mttr = units.mttf_hours[unit], units.mttr_hours[unit]
    driven = units.rate_row[unit] >= 0
    if driven:
        rate = units.failure_rate[units.rate_row[unit], weather, 0]
        out_fraction = rate * mttr / (1.0 + rate * mttr)
    elif np.isinf(mttf):
        _add(row, mw, low, high, starts, ends, n)
        return
    else:
        out_fraction = mttr / (mttf + mttr)
    key, draw = units.key[unit], np.uint64(sample)
    state, remaining = uniform_pair(key, draw, np.uint64(0))
    index = 1
    down = state < out_fraction
    time = -mttr * np.log(remaining) if down else 0.0
    first = True
    while time < high:
        # One cycle: up from `time` to `failure`, then down for a repair time.
        repair, life = uniform_pair(key, draw, np.uint64(index))
        index += 1
        if driven:
            failure, index = _up_until(units, unit, sample, weather, time, index, hours)
        elif first and not down:
            failure = -mttf * np.log(remaining)
        else:
            failure = time - mttf * np.log(life)
        first = False
        begin, end = _hour(time, low, high), _hour(failure, low, high)
        if begin < end:
            _add(row, mw, begin, end, starts, ends, n)
        time = failure - mttr * np.log(repair)


@nb.njit(cache=True, nogil=True)
def fill_available(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    sample: int,
    weather: int,
    row: Array,
    starts: Array,
    ends: Array,
    available: Array,
) -> None:
    """Write MW available by source and hour of one sample, [source, hour]."""
    hours = available.shape[1]
    place = uniform(units.refuel_key, np.uint64(sample), np.uint64(0))
    available[:] = 0.0
    column = column_of(load.grid_limit_mw, sample)
    for b in range(buckets.source.size):
        out = available[buckets.source[b]]
        profile = buckets.profile[b]
        steady = buckets.steady_mw[b]
        if steady >= 0.0 and not buckets.is_grid[b]:
            if profile >= 0:
                for h in range(hours):
                    out[h] += steady * buckets.profiles[profile, weather, h]
            else:
                for h in range(hours):
                    out[h] += steady
            continue
        for u in range(buckets.unit_offset[b], buckets.unit_offset[b + 1]):
            _add_unit(units, u, sample, weather, place, hours, row, starts, ends)
        running = 0.0
        for h in range(hours):
            running += row[h]
            row[h] = max(running, 0.0)
        if profile >= 0:
            for h in range(hours):
                row[h] *= buckets.profiles[profile, weather, h]
        if buckets.is_grid[b]:
            for h in range(hours):
                row[h] *= load.grid_limit_mw[load.step_of_hour[h], column]
        for h in range(hours):
            out[h] += row[h]
            row[h] = 0.0
        row[hours] = 0.0


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


@nb.njit(cache=True, nogil=True)
def capacity_block(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    first_sample: int,
    table: Array,
    hour: Array,
) -> None:
    """Compare available MW with load, hour by hour, for one block of samples.

    `table` [row, sample] and `hour` [2, hour] (losses, MWh short) are written.
    """
    weathers, hours = load.load_mw.shape
    row = np.zeros(hours + 1)
    available = np.empty((1, hours))
    starts, ends = window_buffers(units, hours)
    demand, peak_hour = np.empty(hours), np.empty((hours + 23) // 24, np.int64)
    year = np.empty(table.shape[0])
    demand_of, energy = -1, 0.0
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        column = column_of(load.load_scale, sample)
        fill_available(units, buckets, load, sample, weather, row, starts, ends, available)
        if column * weathers + weather != demand_of:
            fill_demand(load, weather, column, demand, peak_hour)
            energy = demand.sum()
            demand_of = column * weathers + weather
        year[:] = 0.0
        last = -2
        for h in range(hours):
            short = demand[h] - available[0, h]
            if short > load.tolerance_mw:
                count_loss(year, h, last, short, peak_hour, hour)
                last = h
        year[LOAD] = energy
        year[SERVED] = energy - year[EUE]
        table[:, s] = year


@nb.njit(cache=True, nogil=True)
def window_buffers(units: UnitArrays, hours: int) -> tuple[Array, Array]:
    """Return room for the planned windows of any unit."""
    most = 0
    for u in range(units.key.size):
        count = units.window_offset[u + 1] - units.window_offset[u]
        if units.cycle_hours[u] > 0:
            count += int(hours / units.cycle_hours[u]) + 2
        most = max(most, count)
    return np.empty(most + 1, np.int64), np.empty(most + 1, np.int64)
