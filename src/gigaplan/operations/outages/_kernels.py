"""Compiled loops: when units are up, and MW available by hour.

A unit alternates between up and down. Its durations come from its own stream,
one pair of exponentials per cycle, so what another unit does never moves it. Only
the hours in which a unit starts or stops are written (plus and minus its MW in
a row of differences); one running sum then gives the MW available by hour.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.random_streams import uniform, uniform_pair
from gigaplan.core.references import uncounted
from gigaplan.operations._kernels import column_of
from gigaplan.operations.arrays import Array, Scratch, UnitArrays
from gigaplan.operations.outage_model import LARGEST
from gigaplan.operations.outages.simple._kernels import LATER, add_simple, between, later_pairs

_KINDS = 1 << 32
"""First index of the numbers that say whether a failure derates."""


@uncounted()
def draw_events(units: UnitArrays, sample: int, weather: int, hours: int, scratch: Scratch) -> None:
    """Draw when each common cause strikes in a sample (by thinning), and for how long.

    An event may be on at the start. What is beyond `MOST_EVENTS` is left out.
    """
    for c in range(units.cause_key.size):
        key, count = units.cause_key[c], 0
        mean, highest = units.cause_hours[c], units.cause_highest[c, weather]
        on, left = uniform_pair(key, np.uint64(sample), np.uint64(0))
        if on < -np.expm1(-units.cause_rate[c, weather, 0] * mean):
            scratch.event_start[c, 0] = 0
            scratch.event_end[c, 0] = np.int64(np.ceil(-mean * np.log(left)))
            count = 1
        time, index = 0.0, 1
        while highest > 0.0 and count < scratch.event_start.shape[1]:
            wait, accept = uniform_pair(key, np.uint64(sample), np.uint64(index))
            length, _ = uniform_pair(key, np.uint64(sample), np.uint64(index + 1))
            index += 2
            time -= np.log(wait) / highest
            if time >= hours:
                break
            if accept * highest < units.cause_rate[c, weather, int(time)]:
                scratch.event_start[c, count] = np.int64(np.ceil(time))
                scratch.event_end[c, count] = np.int64(np.ceil(time - mean * np.log(length)))
                count += 1
        scratch.events[c] = count


@uncounted()
def _put(first: int, last: int, n: int, starts: Array, ends: Array) -> int:
    """Put a window among n sorted ones; return how many there are."""
    if last <= first:
        return n
    i = n
    while i > 0 and starts[i - 1] > first:
        starts[i] = starts[i - 1]
        ends[i] = ends[i - 1]
        i -= 1
    starts[i] = first
    ends[i] = last
    return n + 1


@uncounted()
def _windows(
    units: UnitArrays, unit: int, sample: int, place: float, hours: int, scratch: Scratch
) -> int:
    """Write the sorted windows of a unit in one sample, planned and of common causes; how many."""
    starts, ends = scratch.starts, scratch.ends
    n = 0
    for i in range(units.window_offset[unit], units.window_offset[unit + 1]):
        n = _put(units.window_start[i], units.window_end[i], n, starts, ends)
    cycle = units.cycle_hours[unit]
    if cycle > 0:
        into = (place + units.phase[unit]) % 1.0
        start = -into * cycle
        while start < hours:
            first = int(np.floor(start))
            n = _put(first, first + int(units.refuel_hours[unit]), n, starts, ends)
            start += cycle
    for i in range(units.cause_offset[unit], units.cause_offset[unit + 1]):
        c = units.causes[i]
        for k in range(scratch.events[c]):
            hit = uniform(units.cause_key[c] ^ units.key[unit], np.uint64(sample), np.uint64(k))
            if hit < units.cause_hit[c]:
                n = _put(scratch.event_start[c, k], scratch.event_end[c, k], n, starts, ends)
    return n


@uncounted(inline="always")
def _add(
    row: Array, mark: Array, mw: float, first: int, end: int, starts: Array, ends: Array, n: int
) -> None:
    """Add MW from first to end, except in planned windows."""
    cursor = first
    for i in range(n):
        if starts[i] >= end:
            break
        if starts[i] > cursor:
            between(row, mark, mw, cursor, starts[i])
        if ends[i] > cursor:
            cursor = ends[i]
    if cursor < end:
        between(row, mark, mw, cursor, end)


@uncounted()
def _pair(
    units: UnitArrays, unit: int, sample: int, i: int, scratch: Scratch
) -> tuple[float, float]:
    """Return a unit's pair i of exponentials; later ones are drawn as they are needed."""
    rows, more = scratch.begin.shape[0], scratch.more
    if i < rows:
        return scratch.pairs[2 * i, unit], scratch.pairs[2 * i + 1, unit]
    k = 2 * ((i - rows) % LATER)
    if k == 0:
        later_pairs(units.key[unit], sample, i, scratch.more_word, scratch.more_near, more)
    return more[k], more[k + 1]


@uncounted(inline="always")
def _hour(time: float, low: int, high: int) -> int:
    """Return the first whole hour at or after a time, within low and high."""
    if time <= low:
        return low
    if time >= high:
        return high
    return int(np.ceil(time))


@uncounted()
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


@uncounted()
def _lasts(units: UnitArrays, unit: int, kind: int, e: float) -> float:
    """Return hours of a life (kind 0) or repair (1) that a standard exponential stands for."""
    count = units.sample_count[unit, kind]
    if count > 0:
        place = min(int(-np.expm1(-e) * count), count - 1)
        return float(units.sample_hours[units.sample_offset[unit, kind] + place])
    power = units.power[unit, kind]
    return float(units.scale[unit, kind] * (e if power == 1.0 else e**power))


@uncounted()
def _rest(units: UnitArrays, unit: int, kind: int, e: float) -> float:
    """Return what is left of the state at the start; of an exponential, as long as a whole one."""
    row = units.rest_row[unit, kind]
    if row < 0:
        return float(units.scale[unit, kind] * e)
    table = units.rest_hours[row]
    at = min(e / LARGEST * (table.size - 1), table.size - 1.000001)
    i = int(at)
    return float(table[i] + (at - i) * (table[i + 1] - table[i]))


@uncounted()
def _first_state(
    units: UnitArrays, unit: int, weather: int, chance: float, e: float
) -> tuple[int, float]:
    """Return the state at the start (0 up, 1 down, 2 derated) and when it ends."""
    mttf, mttr = units.mttf_hours[unit], units.mttr_hours[unit]
    if units.rate_row[unit] >= 0:
        rate = units.failure_rate[units.rate_row[unit], weather, 0]
        down = chance < rate * mttr / (1.0 + rate * mttr)
        return (1, mttr * e) if down else (0, 0.0)
    share, derated = units.derate[unit, 0], units.derate[unit, 2]
    out, less = (1.0 - share) * mttr, share * derated
    whole = mttf + out + less
    if chance < out / whole:
        return 1, _rest(units, unit, 1, e)
    if chance < (out + less) / whole:
        return 2, derated * e
    return 0, _rest(units, unit, 0, e)


@uncounted()
def _add_unit(
    units: UnitArrays,
    unit: int,
    sample: int,
    weather: int,
    place: float,
    hours: int,
    row: Array,
    mark: Array,
    scratch: Scratch,
) -> None:
    """Add a unit's available MW of one sample to a row of differences, and mark where.

    The state at an hour's start holds for the hour, which keeps the outage
    fraction exact; an outage that begins and ends within an hour is not seen.
    The scratch is as `draw` left it.
    """
    pairs, starts, ends = scratch.pairs, scratch.starts, scratch.ends
    column = column_of(units.first_hour, sample)
    low, high = units.first_hour[unit, column], units.end_hour[unit, column]
    if low >= high:
        return
    mw, share = units.capacity_mw[unit], units.derate[unit, 0]
    n = _windows(units, unit, sample, place, hours, scratch)
    driven = units.rate_row[unit] >= 0
    if not driven and np.isinf(units.mttf_hours[unit]):
        _add(row, mark, mw, low, high, starts, ends, n)
        return
    # an exponential exceeds -ln p with the chance p
    state, time = _first_state(units, unit, weather, np.exp(-pairs[0, unit]), pairs[1, unit])
    since, thinned, i = 0.0, 0, 1
    if driven and state == 0:
        time, thinned = _up_until(units, unit, sample, weather, 0.0, thinned, hours)
    while True:
        if state != 1:
            begin, end = _hour(since, low, high), _hour(time, low, high)
            if begin < end:
                part = mw if state == 0 else mw * (1.0 - units.derate[unit, 1])
                _add(row, mark, part, begin, end, starts, ends, n)
        if time >= high:
            return
        since = time
        if state == 0:
            repair, _ = _pair(units, unit, sample, i, scratch)
            state = 1
            if (
                share > 0.0
                and uniform(units.key[unit], np.uint64(sample), np.uint64(_KINDS + i)) < share
            ):
                state = 2
            time += units.derate[unit, 2] * repair if state == 2 else _lasts(units, unit, 1, repair)
        else:
            # the life after a repair is of the repair's own pair
            _, life = _pair(units, unit, sample, i, scratch)
            i += 1
            state = 0
            if driven:
                time, thinned = _up_until(units, unit, sample, weather, time, thinned, hours)
            else:
                time += _lasts(units, unit, 0, life)


@uncounted()
def _add_constant(
    units: UnitArrays,
    unit: int,
    sample: int,
    place: float,
    hours: int,
    row: Array,
    mark: Array,
    scratch: Scratch,
) -> None:
    """Add a unit of constant rates that is there for a part of the year or out as planned."""
    starts, ends, mw = scratch.starts, scratch.ends, units.capacity_mw[unit]
    column, rows = column_of(units.first_hour, sample), scratch.begin.shape[0]
    low, high = units.first_hour[unit, column], units.end_hour[unit, column]
    if low >= high:
        return
    n = _windows(units, unit, sample, place, hours, scratch)
    for i in range(rows):
        first, end = max(scratch.begin[i, unit], low), min(scratch.end[i, unit], high)
        if first < end:
            _add(row, mark, mw, first, end, starts, ends, n)
    i, now = rows, scratch.time[unit]
    while now < high:
        repair, life = _pair(units, unit, sample, i, scratch)
        up = now + scratch.repair_hours[unit] * repair
        now = up + scratch.life_hours[unit] * life
        first, end = _hour(up, low, high), _hour(now, low, high)
        if first < end:
            _add(row, mark, mw, first, end, starts, ends, n)
        i += 1


@uncounted()
def add_units(
    units: UnitArrays,
    first: int,
    last: int,
    sample: int,
    weather: int,
    place: float,
    hours: int,
    row: Array,
    mark: Array,
    scratch: Scratch,
) -> None:
    """Add the available MW of units `first` to `last` - 1 to a row of differences [hour + 1].

    mark[hour >> GROUP_BITS] is set where the row changed.
    """
    add_simple(
        first,
        last,
        units.simple,
        units.key,
        units.capacity_mw,
        scratch.life_hours,
        scratch.repair_hours,
        sample,
        scratch.time,
        scratch.begin,
        scratch.end,
        scratch.more_word,
        scratch.more_near,
        scratch.more,
        row[: hours + 1],
        mark,
    )
    for u in range(first, last):
        if units.simple[u]:
            continue
        if units.constant[u]:
            _add_constant(units, u, sample, place, hours, row, mark, scratch)
        else:
            _add_unit(units, u, sample, weather, place, hours, row, mark, scratch)
