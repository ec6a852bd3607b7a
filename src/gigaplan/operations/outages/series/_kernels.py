"""Compiled loops: from units' changes to MW available by source and hour, part by part."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.random_streams import uniform
from gigaplan.core.references import uncounted
from gigaplan.operations._kernels import column_of, next_flagged, scale_by_step
from gigaplan.operations.arrays import Array, BucketArrays, LoadArrays, Scratch, UnitArrays
from gigaplan.operations.outages._kernels import add_units, draw_events
from gigaplan.operations.outages.simple._kernels import GROUP_BITS, draw, make_changes, make_scratch

_GROUP = 1 << GROUP_BITS


@uncounted()
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
    draw(units, sample, scratch)
    draw_events(units, sample, weather, hours, scratch)
    for b in range(buckets.source.size):
        if buckets.steady_mw[b] < 0.0:
            first, last = buckets.unit_offset[b], buckets.unit_offset[b + 1]
            add_units(
                units, first, last, sample, weather, place, hours, changes[b], mark[b], scratch
            )


@uncounted()
def sum_up(row: Array, mark: Array, first: int, count: int, running: float, mw: Array) -> float:
    """Fill mw[count] from changes since hour `first`, which become nought; return the last sum.

    `first` is a multiple of a group's hours.
    """
    begin, value = 0, max(running, 0.0)
    groups = (first + count + _GROUP - 1) >> GROUP_BITS
    while begin < count:
        group = next_flagged(mark, 1, (first + begin) >> GROUP_BITS, groups)
        end = (group << GROUP_BITS) - first
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


@uncounted()
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
            running[b] = sum_up(changes[b], mark[b], first, count, running[b], out)
        if buckets.is_grid[b]:  # feeds together carry at most the limit
            for i in range(count):
                out[i] = min(out[i], 1.0)
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


@uncounted()
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
