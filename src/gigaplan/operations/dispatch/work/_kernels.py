"""Room for a dispatch: what is carried from hour to hour, and rows of a part of the year."""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import (
    TRACE_SCALARS,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    Scratch,
    UnitArrays,
)
from gigaplan.operations.hour._kernels import (
    LAST_SHORT,
    NOW,
    SLOPE,
    STEP,
)
from gigaplan.operations.outages.simple._kernels import make_changes, make_scratch


class State(NamedTuple):
    """What is carried from hour to hour, and room for one hour."""

    out: Array  # [source] MW
    room: Array  # [source + 1] MW
    now: Array  # [NOW] see `hour`
    inside: Array  # [storage, 3]
    tier: Array  # [tier, 2]
    size: Array  # [storage] over the full size
    flags: Array  # [hour of the part]


class Work(NamedTuple):
    """Room for one sample, and for one part of its hours."""

    changes: Array  # [bucket, hour + 1] of MW
    mark: Array  # [bucket, group]
    running: Array  # [bucket] sum of the changes so far
    scratch: Scratch
    campus_changes: Array  # [1, hour + 1] of the share of the campus that is up
    campus_mark: Array
    campus_running: Array
    campus_scratch: Scratch
    mw: Array  # [hour of the part]
    available: Array  # [source + 1, hour of the part] MW, the last of the connection
    hourly: Array  # [row, hour of the part] see `arrays`
    left: Array  # [hour of the part] MW not served
    connection: Array  # [hour of the part] MW that the connection has left
    state: State
    kept: State  # as it was before a part
    kept_year: Array  # [row of the table]
    kept_hour: Array  # [2, hour of the part]
    used: Array  # [fuel] MMBtu burnt so far
    year: Array  # [row of the table]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _make_state(sources: int, stores: int, tiers: int, hours: int) -> State:
    return State(
        np.zeros(sources),
        np.zeros(sources + 1),
        np.zeros(NOW),
        np.zeros((stores, 3)),
        np.zeros((tiers, 2)),
        np.zeros(stores),
        np.zeros(hours, np.int64),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def make_work(
    units: UnitArrays,
    buckets: BucketArrays,
    campus: UnitArrays,
    load: LoadArrays,
    d: DispatchArrays,
    rows: int,
) -> Work:
    """Return room to run samples in, one by one."""
    hours, count = load.load_mw.shape[1], buckets.source.size
    sources, stores, tiers = d.cost_usd_per_mwh.size, d.stores.shape[0], d.tiers.shape[0]
    longest = 0
    for part in range(load.part_month.size):
        longest = max(longest, load.part_start[part + 1] - load.part_start[part])
    changes, mark = make_changes(count, hours)
    campus_changes, campus_mark = make_changes(1, hours if campus.key.size > 0 else 0)
    return Work(
        changes,
        mark,
        np.zeros(count),
        make_scratch(units, hours),
        campus_changes,
        campus_mark,
        np.zeros(1),
        make_scratch(campus, hours),
        np.empty(longest),
        np.zeros((sources + 1, longest)),
        np.zeros((TRACE_SCALARS + sources + stores + tiers, longest)),
        np.empty(longest),
        np.empty(longest),
        _make_state(sources, stores, tiers, longest),
        _make_state(sources, stores, tiers, longest),
        np.empty(rows),
        np.empty((2, longest)),
        np.empty(d.fuels.budget.size),
        np.empty(rows),
    )


@uncounted()
def begin(d: DispatchArrays, state: State) -> None:
    """Set what is carried to the start of a sample."""
    state.now[:] = 0.0
    state.now[LAST_SHORT] = -2.0
    state.now[STEP] = -1.0
    state.now[SLOPE] = d.price_slope
    state.inside[:] = 0.0
    state.tier[:] = 0.0
    state.size[:] = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _copy(one: State, other: State) -> None:
    """Copy what is carried from hour to hour."""
    other.now[:] = one.now
    other.inside[:] = one.inside
    other.tier[:] = one.tier
    other.size[:] = one.size


@nb.njit(cache=True, nogil=True, error_model="numpy")
def keep(work: Work, hour: Array) -> None:
    """Keep all that dispatching a part changes; `hour` [2, hour of the part] are its losses."""
    _copy(work.state, work.kept)
    work.kept_year[:] = work.year
    work.kept_hour[:, : hour.shape[1]] = hour


@nb.njit(cache=True, nogil=True, error_model="numpy")
def go_back(work: Work, hour: Array) -> None:
    """Put back what `keep` kept."""
    _copy(work.kept, work.state)
    work.year[:] = work.kept_year
    hour[:] = work.kept_hour[:, : hour.shape[1]]
