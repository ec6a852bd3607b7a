"""Compiled loops: when units are up, and MW available by hour.

A unit alternates between up and down. Its durations come from its own stream,
one pair of exponentials per cycle, so what another unit does never moves it. Only
the hours in which a unit starts or stops are written (plus and minus its MW in
a row of differences); one running sum then gives the MW available by hour.

The first pairs of all units are drawn together: random words and their logarithms
then come several units at a time. Pair i of a unit and sample takes half of the
Philox4x32 counter (sample, i div 2, 1). Exponentials are of single precision: off by some 1e-7.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core._kernels import exponentials
from gigaplan.core.random_streams import philox4x32, uniform, uniform_pair
from gigaplan.operations._kernels import column_of, scale_by_step
from gigaplan.operations.arrays import Array, BucketArrays, LoadArrays, Scratch, UnitArrays

PAIRS = 8
"""Pairs of exponentials that are drawn at once for every unit."""

GROUP_BITS = 3
"""Hours of a group, as a power of two; a group that no unit's change touches is not summed up."""
_GROUP = 1 << GROUP_BITS

_MASK, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def draw_pairs(key: Array, sample: int, scratch: Scratch) -> None:
    """Fill scratch.pairs with the first pairs of every unit.

    Row 2 i is the first of pair i, row 2 i + 1 the second.
    """
    word, near, out = scratch.word, scratch.near, scratch.pairs
    low, high = np.uint64(sample) & _MASK, np.uint64(sample) >> _32
    for j in range(PAIRS // 2):
        index = np.uint64(j)
        for u in range(key.size):
            a, b, c, d = philox4x32(low, high, index, np.uint64(1), key[u] & _MASK, key[u] >> _32)
            word[4 * j, u] = np.int32(a)
            word[4 * j + 1, u] = np.int32(b)
            word[4 * j + 2, u] = np.int32(c)
            word[4 * j + 3, u] = np.int32(d)
    exponentials(word.reshape(-1), near.reshape(-1), out.reshape(-1))


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _more_pairs(
    key: np.uint64, sample: int, first: int, word: Array, near: Array, out: Array
) -> None:
    """Fill out[2 PAIRS] with the pairs of a unit from pair `first` on, which is even."""
    low, high = np.uint64(sample) & _MASK, np.uint64(sample) >> _32
    for j in range(PAIRS // 2):
        index = np.uint64(first // 2 + j)
        a, b, c, d = philox4x32(low, high, index, np.uint64(1), key & _MASK, key >> _32)
        word[4 * j], word[4 * j + 1] = np.int32(a), np.int32(b)
        word[4 * j + 2], word[4 * j + 3] = np.int32(c), np.int32(d)
    exponentials(word, near, out)


@nb.njit(cache=True, nogil=True, error_model="numpy")
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


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _between(row: Array, mark: Array, mw: float, first: int, end: int) -> None:
    """Add MW from first to end."""
    row[first] += mw
    row[end] -= mw
    mark[first >> GROUP_BITS] = 1
    mark[end >> GROUP_BITS] = 1


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _add(
    row: Array, mark: Array, mw: float, first: int, end: int, starts: Array, ends: Array, n: int
) -> None:
    """Add MW from first to end, except in planned windows."""
    cursor = first
    for i in range(n):
        if starts[i] >= end:
            break
        if starts[i] > cursor:
            _between(row, mark, mw, cursor, starts[i])
        if ends[i] > cursor:
            cursor = ends[i]
    if cursor < end:
        _between(row, mark, mw, cursor, end)


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _hour(time: float, low: int, high: int) -> int:
    """Return the first whole hour at or after a time, within low and high."""
    if time <= low:
        return low
    if time >= high:
        return high
    return int(np.ceil(time))


@nb.njit(cache=True, nogil=True, error_model="numpy")
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


@nb.njit(cache=True, nogil=True, error_model="numpy")
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
    scratch.pairs are those of `draw_pairs`.
    """
    pairs, starts, ends = scratch.pairs, scratch.starts, scratch.ends
    more_word, more_near, more = scratch.more_word, scratch.more_near, scratch.more
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
        _add(row, mark, mw, low, high, starts, ends, n)
        return
    else:
        out_fraction = mttr / (mttf + mttr)
    # an exponential exceeds -ln p with the chance p
    down = np.exp(-pairs[0, unit]) < out_fraction
    # what is left of the first state is as long as a whole one: exponentials forget
    wait = mttr if down else mttf
    time = wait * pairs[1, unit]
    up_since, thinned, i = 0.0, 0, 1
    if driven and not down:
        time, thinned = _up_until(units, unit, sample, weather, 0.0, thinned, hours)
    while True:
        if not down:
            begin, end = _hour(up_since, low, high), _hour(time, low, high)
            if begin < end:
                _add(row, mark, mw, begin, end, starts, ends, n)
        if time >= high:
            return
        if i < PAIRS:
            repair, life = pairs[2 * i, unit], pairs[2 * i + 1, unit]
        else:
            if i % PAIRS == 0:
                _more_pairs(units.key[unit], sample, i, more_word, more_near, more)
            repair, life = more[2 * (i % PAIRS)], more[2 * (i % PAIRS) + 1]
        i += 1
        if not down:
            time += mttr * repair
        down = False
        up_since = time
        if driven:
            time, thinned = _up_until(units, unit, sample, weather, time, thinned, hours)
        else:
            time += mttf * life


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _add_simple(
    first: int,
    last: int,
    key: Array,
    capacity_mw: Array,
    mttf_hours: Array,
    mttr_hours: Array,
    simple: Array,
    sample: int,
    pairs: Array,
    more_word: Array,
    more_near: Array,
    more: Array,
    row: Array,
    mark: Array,
) -> None:
    """Add units `first` to `last` - 1 that are simple: see `_add_unit`, whose answer this is.

    Plain arrays and one loop: handing on tuples of arrays costs more than the work.
    """
    hours = row.size - 1
    for u in range(first, last):
        if not simple[u]:
            continue
        mw, mttf, mttr = capacity_mw[u], mttf_hours[u], mttr_hours[u]
        down = np.exp(-pairs[0, u]) < mttr / (mttf + mttr)
        time = (mttr if down else mttf) * pairs[1, u]
        if not down:
            _between(row, mark, mw, 0, _hour(time, 0, hours))
        i = 1
        while time < hours:
            if i < PAIRS:
                repair, life = pairs[2 * i, u], pairs[2 * i + 1, u]
            else:
                if i % PAIRS == 0:
                    _more_pairs(key[u], sample, i, more_word, more_near, more)
                repair, life = more[2 * (i % PAIRS)], more[2 * (i % PAIRS) + 1]
            i += 1
            begin = time if down else time + mttr * repair
            down = False
            time = begin + mttf * life
            _between(row, mark, mw, _hour(begin, 0, hours), _hour(time, 0, hours))


@nb.njit(cache=True, nogil=True, error_model="numpy")
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
    _add_simple(
        first,
        last,
        units.key,
        units.capacity_mw,
        units.mttf_hours,
        units.mttr_hours,
        units.simple,
        sample,
        scratch.pairs,
        scratch.more_word,
        scratch.more_near,
        scratch.more,
        row[: hours + 1],
        mark,
    )
    for u in range(first, last):
        if not units.simple[u]:
            _add_unit(units, u, sample, weather, place, hours, row, mark, scratch)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def sample_changes(
    units: UnitArrays,
    buckets: BucketArrays,
    sample: int,
    weather: int,
    hours: int,
    changes: Array,
    mark: Array,
    scratch: Scratch,
) -> None:
    """Write changes of MW [bucket, hour + 1] of one sample, and mark [bucket, group] where.

    Both are nought before. Buckets whose units never fail have no changes.
    """
    place = uniform(units.refuel_key, np.uint64(sample), np.uint64(0))
    draw_pairs(units.key, sample, scratch)
    for b in range(buckets.source.size):
        if buckets.steady_mw[b] < 0.0:
            first, last = buckets.unit_offset[b], buckets.unit_offset[b + 1]
            add_units(
                units, first, last, sample, weather, place, hours, changes[b], mark[b], scratch
            )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _sum_up(row: Array, mark: Array, first: int, count: int, running: float, mw: Array) -> float:
    """Fill mw[count] from changes since hour `first`, which become nought; return the last sum.

    `first` is a multiple of a group's hours.
    """
    begin, value = 0, max(running, 0.0)
    while begin < count:
        group, end = (first + begin) >> GROUP_BITS, begin
        while end < count and not mark[group]:
            end += _GROUP
            group += 1
        mw[begin : min(end, count)] = value
        begin = end
        if begin < count:
            end = min(begin + _GROUP, count)
            for i in range(begin, end):
                running += row[first + i]
                row[first + i] = 0.0
                mw[i] = max(running, 0.0)
            mark[group] = 0
            begin, value = end, max(running, 0.0)
    return running


@nb.njit(cache=True, nogil=True, error_model="numpy")
def fill_part(
    buckets: BucketArrays,
    load: LoadArrays,
    sample: int,
    weather: int,
    first: int,
    count: int,
    changes: Array,
    mark: Array,
    running: Array,
    mw: Array,
    available: Array,
) -> None:
    """Write MW available by source [source, count] in the hours from `first` on.

    Parts follow each other in time: running[bucket] holds the sums so far. `first` is a multiple
    of 24, and `mw` [count] is scratch. A row that no bucket is of is left as it is.
    """
    column = column_of(load.grid_limit_mw, sample)
    for b in range(buckets.source.size):
        source, profile, steady = buckets.source[b], buckets.profile[b], buckets.steady_mw[b]
        another = b > 0 and buckets.source[b - 1] == source
        out = mw if another else available[source]
        if steady >= 0.0:
            out[:count] = steady
        else:
            running[b] = _sum_up(changes[b], mark[b], first, count, running[b], out)
        if profile >= 0:
            shape = buckets.profiles[profile, weather, first : first + count]
            for i in range(count):
                out[i] *= shape[i]
        if buckets.is_grid[b]:
            steps = load.step_of_hour[first : first + count]
            scale_by_step(out[:count], steps, load.grid_limit_mw, column, out)
        if another:
            whole = available[source]
            for i in range(count):
                whole[i] += mw[i]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def clear_end(hours: int, changes: Array, mark: Array, running: Array) -> None:
    """Forget what changes at the very end of a sample, and the sums."""
    changes[:, hours] = 0.0
    mark[:, hours >> GROUP_BITS] = 0
    running[:] = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def fill_available(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    sample: int,
    available: Array,
) -> None:
    """Write MW available by source and hour of one sample, [source + 1, hour]; the last is grid."""
    hours, count = available.shape[1], buckets.source.size
    available[:] = 0.0
    changes, mark = make_changes(count, hours)
    weather = sample % load.load_mw.shape[0]
    sample_changes(
        units, buckets, sample, weather, hours, changes, mark, make_scratch(units, hours)
    )
    fill_part(
        buckets,
        load,
        sample,
        weather,
        0,
        hours,
        changes,
        mark,
        np.zeros(count),
        np.empty(hours),
        available,
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def make_changes(rows: int, hours: int) -> tuple[Array, Array]:
    """Return changes of MW [row, hour + 1] and marks [row, group], all nought."""
    return np.zeros((rows, hours + 1)), np.zeros((rows, (hours >> GROUP_BITS) + 1), np.uint8)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def make_scratch(units: UnitArrays, hours: int) -> Scratch:
    """Return room to sample any unit in."""
    most = 0
    for u in range(units.key.size):
        count = units.window_offset[u + 1] - units.window_offset[u]
        if units.cycle_hours[u] > 0:
            count += int(hours / units.cycle_hours[u]) + 2
        most = max(most, count)
    shape = (2 * PAIRS, units.key.size)
    return Scratch(
        np.empty(shape, np.int32),
        np.empty(shape, np.float32),
        np.empty(shape, np.float32),
        np.empty(2 * PAIRS, np.int32),
        np.empty(2 * PAIRS, np.float32),
        np.empty(2 * PAIRS, np.float32),
        np.empty(most + 1, np.int64),
        np.empty(most + 1, np.int64),
    )
