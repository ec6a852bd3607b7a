"""Compiled loop of a year's dispatch.

Part by part of a few days, whose figures stay in the processor's fastest memory: first the merit
order of every hour at once, source by source, as if storage stood still, in loops that run several
hours at a time; then, in order of time, only the hours in which more happens (shortage, storage
that may act, work to make up, export) are dispatched afresh.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gigaplan.operations._kernels import column_of, scale_by_step
from gigaplan.operations.arrays import (
    ABOVE,
    BELOW,
    CHEAP,
    ENERGY,
    INITIAL,
    MONTH_FIGURES,
    RESERVE,
    T_AVAILABLE,
    T_CHARGE,
    T_CLEAN,
    T_CLEAN_MADE,
    T_DISCHARGE,
    T_EXPORT,
    T_IMPORT,
    T_LOAD,
    T_MADE_UP,
    T_PRICE,
    T_SHED,
    T_SOLD,
    T_SPILL,
    TRACE_SCALARS,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    UnitArrays,
)
from gigaplan.operations.hour._kernels import (
    CHARGE,
    LAST_SHORT,
    NOW,
    SLOPE,
    STEP,
    WAITS,
    dispatch_hour,
)
from gigaplan.operations.outages._kernels import add_units
from gigaplan.operations.outages.series._kernels import (
    clear_end,
    fill_part,
    sample_changes,
    sum_up,
)
from gigaplan.operations.outages.simple._kernels import draw, make_changes, make_scratch
from gigaplan.operations.totals._kernels import add_up


@nb.njit(cache=True, nogil=True, error_model="numpy")
def dispatch_block(
    units: UnitArrays,
    buckets: BucketArrays,
    campus: UnitArrays,
    load: LoadArrays,
    dispatch: DispatchArrays,
    first_sample: int,
    table: Array,
    hour: Array,
    trace: Array,
) -> None:
    """Run one block of samples; `trace` [row, hour], if it has rows, keeps the last one."""
    weathers, hours = load.load_mw.shape
    sources, tiers, stores = (
        dispatch.cost_usd_per_mwh.size,
        dispatch.tiers.shape[0],
        dispatch.stores.shape[0],
    )
    longest = 0
    for part in range(load.part_month.size):
        longest = max(longest, load.part_start[part + 1] - load.part_start[part])
    changes, mark = make_changes(buckets.source.size, hours)
    running, mw = np.zeros(buckets.source.size), np.empty(longest)
    available = np.zeros((sources + 1, longest))
    hourly = np.zeros((TRACE_SCALARS + sources + stores + tiers, longest))
    scratch = make_scratch(units, hours)
    events = campus.key.size > 0
    campus_changes, campus_mark = make_changes(1, hours if events else 0)
    campus_scratch, campus_running = make_scratch(campus, hours), np.zeros(1)
    left, connection = np.empty(longest), np.empty(longest)
    state = State(
        np.zeros(sources),
        np.zeros(sources + 1),
        np.zeros(NOW),
        np.zeros((stores, 3)),
        np.zeros((tiers, 2)),
        np.zeros(stores),
        np.zeros(longest, np.int64),
    )
    tracing = trace.shape[0] > 0
    year = np.empty(table.shape[0])
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        sample_changes(units, buckets, sample, weather, hours, changes, mark, scratch)
        if events:
            draw(campus, sample, campus_scratch)
            add_units(
                campus,
                0,
                campus.key.size,
                sample,
                weather,
                0.0,
                hours,
                campus_changes[0],
                campus_mark[0],
                campus_scratch,
            )
        year[:] = 0.0
        _begin(dispatch, state)
        for part in range(load.part_month.size):
            first, month = load.part_start[part], load.part_month[part]
            count = load.part_start[part + 1] - first
            fill_part(
                buckets,
                load,
                sample,
                weather,
                first,
                count,
                changes,
                mark,
                running,
                mw,
                available,
            )
            scale_by_step(
                load.load_mw[weather, first : first + count],
                load.step_of_hour[first : first + count],
                load.load_scale,
                column_of(load.load_scale, sample),
                hourly[T_LOAD],
            )
            lost_it = 0.0
            if events:
                campus_running[0] = sum_up(
                    campus_changes[0], campus_mark[0], first, count, campus_running[0], mw
                )
                lost_it = _stop_load(
                    campus.capacity_mw.sum(),
                    mw[:count],
                    load.pue[weather, first : first + count],
                    hourly[T_LOAD],
                )
            _merit_order(dispatch, available, weather, first, count, left, connection, hourly)
            if tracing:
                _clear_trace(hourly, sources + stores)
            _in_time(
                load,
                dispatch,
                available,
                left,
                sample,
                weather,
                first,
                count,
                month,
                state,
                year,
                hour,
                hourly,
                tracing,
            )
            if tracing:
                hourly[T_AVAILABLE, :] = 0.0
                for g in range(sources + 1):
                    hourly[T_AVAILABLE] += available[g]
            add_up(load, dispatch, available, weather, first, count, month, lost_it, year, hourly)
            if tracing:
                trace[:, first : first + count] = hourly[:, :count]
        clear_end(hours, changes, mark, running)
        if events:
            clear_end(hours, campus_changes, campus_mark, campus_running)
        table[:, s] = year


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _stop_load(all_parts: float, up: Array, pue: Array, demand: Array) -> float:
    """Take off the load what the campus's own events stop; return the IT MWh that this loses."""
    lost = 0.0
    for i in range(up.size):
        part = min(max(all_parts - up[i], 0.0), 1.0)
        if part > 1e-12:
            lost += part * demand[i] / pue[i]
            demand[i] *= 1.0 - part
    return lost


class State(NamedTuple):
    """What is carried from hour to hour, and room for one hour."""

    out: Array  # [source] MW
    room: Array  # [source + 1] MW
    now: Array  # [NOW] see `hour`
    inside: Array  # [storage, 3]
    tier: Array  # [tier, 2]
    size: Array  # [storage] over the full size
    flags: Array  # [hour of the part]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _begin(d: DispatchArrays, state: State) -> None:
    """Set what is carried to the start of a sample."""
    state.now[:] = 0.0
    state.now[LAST_SHORT] = -2.0
    state.now[STEP] = -1.0
    state.now[SLOPE] = d.price_slope
    state.inside[:] = 0.0
    state.tier[:] = 0.0
    state.size[:] = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _clear_trace(hourly: Array, rows: int) -> None:
    """Clear what only dispatched hours write."""
    for row in (T_SHED, T_MADE_UP, T_EXPORT, T_CHARGE, T_DISCHARGE):
        hourly[row] = 0.0
    hourly[TRACE_SCALARS + rows :] = 0.0


# The loops below touch few arrays each: beyond some eight pairs of which one is written, the
# compiler does not run several hours at a time, for fear that the arrays overlap.


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _import_between(
    low: float,
    high: float,
    price: Array,
    left: Array,
    connection: Array,
    imported: Array,
    marginal: Array,
    more: Array,
) -> None:
    """Import in the hours whose price stands from `low` and below `high`; `more` is scratch."""
    for h in range(price.size):
        mw = min(left[h], connection[h])
        more[h] = mw if price[h] >= low and price[h] < high else 0.0
    for h in range(price.size):
        imported[h] += more[h]
        connection[h] -= more[h]
        left[h] -= more[h]
    for h in range(price.size):
        marginal[h] = price[h] if more[h] > 0.0 else marginal[h]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _import_rising(
    high: float,
    twice: float,
    price: Array,
    left: Array,
    connection: Array,
    imported: Array,
    marginal: Array,
    more: Array,
) -> None:
    """Import until one MW more would cost `high`, each lifting that by `twice`; `more` is scratch.

    See `hour.take`.
    """
    for h in range(price.size):
        most = (high - price[h]) / twice - imported[h]
        more[h] = max(min(min(left[h], connection[h]), most), 0.0)
    for h in range(price.size):
        imported[h] += more[h]
        connection[h] -= more[h]
        left[h] -= more[h]
    for h in range(price.size):
        marginal[h] = price[h] + twice * imported[h] if more[h] > 0.0 else marginal[h]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _raise_source(cost: float, room: Array, left: Array, out: Array, marginal: Array) -> None:
    """Serve what is left from one source, in every hour."""
    for h in range(left.size):
        more = min(left[h], room[h])
        out[h] = more
        left[h] -= more
        marginal[h] = cost if more > 0.0 else marginal[h]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _raise_remote(
    cost: float, room: Array, connection: Array, left: Array, out: Array, marginal: Array
) -> None:
    """Serve what is left from one source, in every hour, within the connection."""
    for h in range(left.size):
        out[h] = min(left[h], min(room[h], connection[h]))
    for h in range(left.size):
        left[h] -= out[h]
        connection[h] -= out[h]
        marginal[h] = cost if out[h] > 0.0 else marginal[h]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _above(values: Array, limit: float) -> int:
    """Return how many hours have more than a limit."""
    count = 0
    for h in range(values.size):
        count += values[h] > limit
    return count


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _add_times(values: Array, factor: float, total: Array) -> None:
    for h in range(values.size):
        total[h] += values[h] * factor


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _start(
    must_run: int,
    clean_share: Array,
    available: Array,
    left: Array,
    connection: Array,
    hourly: Array,
) -> None:
    """Write must-run output and what is left to serve."""
    limit, demand = available[available.shape[0] - 1], hourly[T_LOAD]
    clean, spill = hourly[T_CLEAN_MADE], hourly[T_SPILL]
    for h in range(left.size):
        left[h] = demand[h]
    for h in range(left.size):
        connection[h] = limit[h]
    clean[:] = 0.0
    hourly[T_IMPORT, :] = 0.0
    hourly[T_PRICE, :] = 0.0
    if must_run == 0:
        return
    made = hourly[T_AVAILABLE]  # free until the sums
    made[:] = 0.0
    for g in range(must_run):
        room, out, share = available[g], hourly[TRACE_SCALARS + g], clean_share[g]
        for h in range(left.size):
            out[h] = room[h]
            made[h] += room[h]
            clean[h] += room[h] * share
    for h in range(left.size):
        spill[h] = max(made[h] - demand[h], 0.0)
        left[h] = max(demand[h] - made[h], 0.0)
    for h in range(left.size):
        clean[h] -= spill[h] * (clean[h] / made[h] if made[h] > 0.0 else 0.0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _merit_order(
    d: DispatchArrays,
    available: Array,
    weather: int,
    first: int,
    count: int,
    left_room: Array,
    connection_room: Array,
    hourly: Array,
) -> None:
    """Serve a part's hours in merit order without storage; `left_room` is what stays short."""
    left, connection = left_room[:count], connection_room[:count]
    demand, imported, marginal = hourly[T_LOAD], hourly[T_IMPORT], hourly[T_PRICE]
    clean, price = hourly[T_CLEAN_MADE], d.price_usd_per_mwh[weather, first : first + count]
    more = hourly[T_SOLD]  # free until the sums
    sources, low, twice = d.cost_usd_per_mwh.size, -np.inf, 2.0 * d.price_slope
    _start(d.must_run, d.clean, available, left, connection, hourly)
    served = False
    for g in range(d.must_run, sources):
        cost, out = d.cost_usd_per_mwh[g], hourly[TRACE_SCALARS + g]
        served = served or _above(left, 0.0) == 0
        if served:
            out[:] = 0.0
            continue
        if d.import_before[weather, g] and twice > 0.0:
            _import_rising(cost, twice, price, left, connection, imported, marginal, more)
        elif d.import_before[weather, g]:
            _import_between(low, cost, price, left, connection, imported, marginal, more)
        low = cost
        if d.remote[g] > 0.0:
            _raise_remote(cost, available[g], connection, left, out, marginal)
        else:
            _raise_source(cost, available[g], left, out, marginal)
        if d.clean[g] > 0.0:
            _add_times(out[:count], d.clean[g], clean)
    if d.import_before[weather, sources] and not served:
        if twice > 0.0:
            _import_rising(np.inf, twice, price, left, connection, imported, marginal, more)
        else:
            _import_between(low, np.inf, price, left, connection, imported, marginal, more)
    matched, grid_clean = hourly[T_CLEAN], d.grid_clean[weather, first : first + count]
    for h in range(count):
        clean[h] += imported[h] * grid_clean[h]
        matched[h] = min(demand[h], clean[h])


@nb.njit(cache=True, nogil=True, inline="always", error_model="numpy")
def _may_act(
    store: Array, size: Array, inside: Array, price: float, spill: float, marginal: float
) -> bool:
    """Return whether any storage would discharge or charge, the merit order being as it is."""
    for k in range(size.size):
        charge, full = inside[k, CHARGE], store[k, ENERGY] * size[k]
        if marginal > store[k, ABOVE] and charge > store[k, RESERVE] * full:
            return True
        # Cheap sources have spare only if nothing dearer was taken (a cost of 0: perhaps nothing).
        cheap = store[k, CHEAP] > 0.0 and (marginal <= store[k, BELOW] or marginal == 0.0)
        if charge < full and (spill > 0.0 or cheap or price <= store[k, BELOW]):
            return True
    return False


# Bits of an hour's flags: short; a new step; a storage might discharge; one might charge.
_SHORT, _STEP, _DEAR, _CHEAP = 1, 2, 4, 8


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _flag(
    tolerance: float,
    last_step: int,
    steps: Array,
    store: Array,
    left: Array,
    price: Array,
    spill: Array,
    marginal: Array,
    flags: Array,
) -> None:
    """Fill flags[hour]: what might happen beside the merit order, whatever storages hold."""
    for i in range(left.size):
        flags[i] = np.int64(left[i] > tolerance) * _SHORT
    for i in range(1, left.size):
        flags[i] |= np.int64(steps[i] != steps[i - 1]) * _STEP
    flags[0] |= np.int64(steps[0] != last_step) * _STEP
    for k in range(store.shape[0]):
        above, below, cheap = store[k, ABOVE], store[k, BELOW], store[k, CHEAP] > 0.0
        if np.isfinite(above):
            for i in range(left.size):
                flags[i] |= np.int64(marginal[i] > above) * _DEAR
        for i in range(left.size):
            free = (marginal[i] <= below) | (marginal[i] == 0.0)
            may = (spill[i] > 0.0) | (cheap & free) | (price[i] <= below)
            flags[i] |= np.int64(may) * _CHEAP


@nb.njit(cache=True, nogil=True, error_model="numpy", inline="always")
def _watched(store: Array, size: Array, inside: Array) -> int:
    """Return the flags that matter, storages being as full as they are."""
    watched = _SHORT | _STEP
    for k in range(size.size):
        full = store[k, ENERGY] * size[k]
        if inside[k, CHARGE] > store[k, RESERVE] * full:
            watched |= _DEAR
        if inside[k, CHARGE] < full:
            watched |= _CHEAP
    return watched


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _resize(load: LoadArrays, d: DispatchArrays, sample: int, h: int, state: State) -> None:
    """Set the storages' sizes of an hour's step."""
    step = load.step_of_hour[h]
    state.now[STEP] = step
    column = column_of(d.storage_scale, sample)
    for k in range(state.size.size):
        state.size[k] = d.storage_scale[k, step, column]
        if h == 0:
            state.inside[k, CHARGE] = d.stores[k, INITIAL] * d.stores[k, ENERGY] * state.size[k]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _nothing_more(
    load: LoadArrays, d: DispatchArrays, first: int, left: Array, state: State
) -> bool:
    """Return whether a part is done in merit order: no storage, loss, export or work to make up."""
    if state.size.size > 0 or d.export_limit_mw > 0.0 or state.now[WAITS] > 0.0:
        return False
    return bool(_above(left, load.tolerance_mw) == 0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _in_time(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    left: Array,
    sample: int,
    weather: int,
    first: int,
    count: int,
    month: int,
    state: State,
    year: Array,
    hour: Array,
    hourly: Array,
    tracing: bool,
) -> None:
    """Go through the hours in order; dispatch those afresh in which more happens."""
    if _nothing_more(load, d, first, left[:count], state):
        return
    cost, clean, remote, store, tier = d.cost_usd_per_mwh, d.clean, d.remote, d.stores, d.tiers
    end = first + count
    price, grid_clean = d.price_usd_per_mwh[weather, first:end], d.grid_clean[weather, first:end]
    pue, water = load.pue[weather, first:end], load.water_m3_per_it_mwh[weather, first:end]
    demand, spill, marginal = hourly[T_LOAD, :count], hourly[T_SPILL], hourly[T_PRICE]
    tolerance, export_limit, must_run = load.tolerance_mw, d.export_limit_mw, d.must_run
    sources, stores, tier_state = cost.size, store.shape[0], state.tier
    out, room, now, inside, size = state.out, state.room, state.now, state.inside, state.size
    steps, months = load.step_of_hour[first:end], load.months
    export_only = d.export_only
    at_month = year.size - MONTH_FIGURES * months + month
    flags, every_hour = state.flags[:count], tracing or export_limit > 0.0
    _flag(tolerance, now[STEP], steps, store, left[:count], price, spill, marginal, flags)
    watched = _watched(store, size, inside)
    for i in range(count):
        if flags[i] & watched == 0 and not every_hour and now[WAITS] == 0.0:
            continue
        h = first + i
        if flags[i] & _STEP:
            _resize(load, d, sample, h, state)
        if (
            left[i] > tolerance
            or export_limit > 0.0
            or now[WAITS] > 0.0
            or _may_act(store, size, inside, price[i], spill[i], marginal[i])
        ):
            dispatch_hour(
                h,
                i,
                demand,
                pue[i],
                price[i],
                grid_clean[i],
                water[i],
                tolerance,
                export_limit if available[sources, i] > 0.0 or export_only else 0.0,
                must_run,
                cost,
                clean,
                remote,
                store,
                size,
                tier,
                available,
                out,
                room,
                now,
                inside,
                tier_state,
                year,
                hour,
                hourly,
                tracing,
                at_month,
                months,
            )
        watched = _watched(store, size, inside)
        if tracing:
            for k in range(stores):
                hourly[TRACE_SCALARS + sources + k, i] = inside[k, CHARGE]
