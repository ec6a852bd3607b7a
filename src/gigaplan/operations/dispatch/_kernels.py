"""Compiled loop of a year's dispatch.

Part by part of a few days, whose figures stay in the processor's fastest memory: first the merit
order of every hour at once, source by source, as if storage stood still, in loops that run several
hours at a time; then, in order of time, only the hours in which more happens (shortage, storage
that may act, work to make up, export) are dispatched afresh.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.references import borrowed, uncounted
from gigaplan.operations._kernels import column_of, next_flagged, scale_by_step
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
    T_DISCHARGE,
    T_EXPORT,
    T_LOAD,
    T_MADE_UP,
    T_PRICE,
    T_SHED,
    T_SPILL,
    TRACE_SCALARS,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    UnitArrays,
)
from gigaplan.operations.dispatch.fuel._kernels import burn, cut_budget, limit_hours
from gigaplan.operations.dispatch.merit._kernels import above, merit_order
from gigaplan.operations.dispatch.work._kernels import State, begin, go_back, keep, make_work
from gigaplan.operations.hour._kernels import (
    CHARGE,
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
from gigaplan.operations.outages.simple._kernels import draw
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
    own = make_work(units, buckets, campus, load, dispatch, table.shape[0])
    units, buckets, campus = borrowed(units), borrowed(buckets), borrowed(campus)
    load, dispatch, work = borrowed(load), borrowed(dispatch), borrowed(own)
    table, hour, trace = borrowed(table), borrowed(hour), borrowed(trace)
    weathers, hours = load.load_mw.shape
    sources, stores = dispatch.cost_usd_per_mwh.size, dispatch.stores.shape[0]
    changes, mark, running, scratch = work.changes, work.mark, work.running, work.scratch
    campus_changes, campus_mark = work.campus_changes, work.campus_mark
    campus_running, campus_scratch = work.campus_running, work.campus_scratch
    mw, available, hourly, year = work.mw, work.available, work.hourly, work.year
    left, connection, state, fuels = work.left, work.connection, work.state, dispatch.fuels
    events, budgeted = campus.key.size > 0, np.isfinite(fuels.budget).any()
    tracing = trace.shape[0] > 0
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
        begin(dispatch, state)
        work.used[:] = 0.0
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
            losses = hour[:, first : first + count]
            limit_hours(fuels, weather, first, count, available)
            if budgeted:
                keep(work, losses)
            while True:
                merit_order(dispatch, available, weather, first, count, left, connection, hourly)
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
                if not cut_budget(fuels, part, count, work.used, hourly, available):
                    break
                go_back(work, losses)
            burn(fuels, count, hourly, work.used)
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
    own.year[:] = 0.0  # what is borrowed is kept until here


@uncounted()
def _stop_load(all_parts: float, up: Array, pue: Array, demand: Array) -> float:
    """Take off the load what the campus's own events stop; return the IT MWh that this loses."""
    lost = 0.0
    for i in range(up.size):
        part = min(max(all_parts - up[i], 0.0), 1.0)
        if part > 1e-12:
            lost += part * demand[i] / pue[i]
            demand[i] *= 1.0 - part
    return lost


@uncounted()
def _clear_trace(hourly: Array, rows: int) -> None:
    """Clear what only dispatched hours write."""
    for row in (T_SHED, T_MADE_UP, T_EXPORT, T_CHARGE, T_DISCHARGE):
        hourly[row] = 0.0
    hourly[TRACE_SCALARS + rows :] = 0.0


@uncounted(inline="always")
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


@uncounted()
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


@uncounted(inline="always")
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


@uncounted()
def _resize(load: LoadArrays, d: DispatchArrays, sample: int, h: int, state: State) -> None:
    """Set the storages' sizes of an hour's step."""
    step = load.step_of_hour[h]
    state.now[STEP] = step
    column = column_of(d.storage_scale, sample)
    for k in range(state.size.size):
        state.size[k] = d.storage_scale[k, step, column]
        if h == 0:
            state.inside[k, CHARGE] = d.stores[k, INITIAL] * d.stores[k, ENERGY] * state.size[k]


@uncounted()
def _nothing_more(
    load: LoadArrays, d: DispatchArrays, first: int, left: Array, state: State
) -> bool:
    """Return whether a part is done in merit order: no storage, loss, export or work to make up."""
    if state.size.size > 0 or d.export_limit_mw > 0.0 or state.now[WAITS] > 0.0:
        return False
    return bool(above(left, load.tolerance_mw) == 0)


@uncounted()
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
    after = 0
    while True:
        i = after if every_hour or now[WAITS] > 0.0 else next_flagged(flags, watched, after, count)
        if i >= count:
            return
        after, h = i + 1, first + i
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
