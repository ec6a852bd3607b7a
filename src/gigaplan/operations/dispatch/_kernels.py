"""Compiled loop of a year's dispatch.

First the merit order of every hour at once, source by source, as if storage
stood still: loops that the processor runs several hours at a time. Then, in
order of time, only the hours in which more happens (shortage, storage that may
act, work to make up, export) are dispatched afresh.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.operations._kernels import column_of, fill_demand
from gigaplan.operations.arrays import (
    ABOVE,
    BELOW,
    CHEAP,
    ENERGY,
    INITIAL,
    MONTH_FIGURES,
    RESERVE,
    T_AVAILABLE,
    T_CLEAN,
    T_CLEAN_MADE,
    T_IMPORT,
    T_LOAD,
    T_PRICE,
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
    WAITS,
    dispatch_hour,
)
from gigaplan.operations.outages._kernels import fill_available, make_scratch
from gigaplan.operations.totals._kernels import add_up


@nb.njit(cache=True, nogil=True)
def dispatch_block(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    dispatch: DispatchArrays,
    first_sample: int,
    table: Array,
    hour: Array,
    trace: Array,
) -> None:
    """Run one block of samples; `trace` [row, hour], if it has rows, keeps the last one."""
    weathers, hours = load.load_mw.shape
    row = np.zeros(hours + 1)
    sources, tiers = dispatch.cost_usd_per_mwh.size, dispatch.tiers.shape[0]
    available = np.empty((sources + 1, hours))
    scratch = make_scratch(units, hours)
    peak_hour = np.empty((hours + 23) // 24, np.int64)
    left, connection = np.empty(hours), np.empty(hours)
    year = np.empty(table.shape[0])
    tracing = trace.shape[0] > 0
    hourly = trace
    if not tracing:
        hourly = np.zeros((TRACE_SCALARS + sources + dispatch.stores.shape[0] + tiers, hours))
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        fill_available(units, buckets, load, sample, weather, row, scratch, available)
        column = column_of(load.load_scale, sample)
        fill_demand(load, weather, column, hourly[T_LOAD], peak_hour)
        _merit_order(dispatch, available, weather, left, connection, hourly)
        year[:] = 0.0
        _in_time(
            load,
            dispatch,
            available,
            left,
            peak_hour,
            sample,
            weather,
            year,
            hour,
            hourly,
            tracing,
        )
        if tracing:
            hourly[T_AVAILABLE, :] = 0.0
            for g in range(sources + 1):
                hourly[T_AVAILABLE] += available[g]
        add_up(load, dispatch, available, weather, year, hourly)
        table[:, s] = year


@nb.njit(cache=True, nogil=True)
def _import_between(
    low: float,
    high: float,
    price: Array,
    left: Array,
    connection: Array,
    imported: Array,
    marginal: Array,
) -> None:
    """Import in the hours whose price stands from `low` and below `high`."""
    for h in range(left.size):
        more = min(left[h], connection[h])
        more = more if price[h] >= low and price[h] < high else 0.0
        imported[h] += more
        connection[h] -= more
        left[h] -= more
        marginal[h] = price[h] if more > 0.0 else marginal[h]


@nb.njit(cache=True, nogil=True)
def _raise_source(
    cost: float, room: Array, left: Array, out: Array, marginal: Array, clean: Array, share: float
) -> None:
    """Serve what is left from one source, in every hour."""
    for h in range(left.size):
        more = min(left[h], room[h])
        out[h] = more
        left[h] -= more
        marginal[h] = cost if more > 0.0 else marginal[h]
        clean[h] += more * share


@nb.njit(cache=True, nogil=True)
def _start(
    must_run: int,
    clean_share: Array,
    available: Array,
    demand: Array,
    left: Array,
    connection: Array,
    hourly: Array,
) -> None:
    """Write must-run output and what is left to serve."""
    limit, hours = available[available.shape[0] - 1], demand.size
    clean, spill = hourly[T_CLEAN_MADE], hourly[T_SPILL]
    for h in range(hours):
        left[h] = demand[h]
        connection[h] = limit[h]
    hourly[T_IMPORT, :] = 0.0
    hourly[T_PRICE, :] = 0.0
    clean[:] = 0.0
    if must_run == 0:
        return
    made = hourly[T_AVAILABLE]  # free until the sums
    made[:] = 0.0
    for g in range(must_run):
        room, out, share = available[g], hourly[TRACE_SCALARS + g], clean_share[g]
        for h in range(hours):
            out[h] = room[h]
            made[h] += room[h]
            clean[h] += room[h] * share
    for h in range(hours):
        surplus = max(made[h] - demand[h], 0.0)
        spill[h] = surplus
        left[h] = max(demand[h] - made[h], 0.0)
        clean[h] -= surplus * (clean[h] / made[h] if made[h] > 0.0 else 0.0)


@nb.njit(cache=True, nogil=True)
def _merit_order(
    d: DispatchArrays,
    available: Array,
    weather: int,
    left: Array,
    connection: Array,
    hourly: Array,
) -> None:
    """Serve every hour in merit order without storage; `left` is what stays short."""
    demand, imported, marginal = hourly[T_LOAD], hourly[T_IMPORT], hourly[T_PRICE]
    clean, price = hourly[T_CLEAN_MADE], d.price_usd_per_mwh[weather]
    sources, low = d.cost_usd_per_mwh.size, -np.inf
    _start(d.must_run, d.clean, available, demand, left, connection, hourly)
    for g in range(d.must_run, sources):
        cost, out = d.cost_usd_per_mwh[g], hourly[TRACE_SCALARS + g]
        if d.import_before[weather, g]:
            _import_between(low, cost, price, left, connection, imported, marginal)
        low = cost
        if d.remote[g] > 0.0:
            # Within the connection: cut the room, then take off what went through.
            room = hourly[T_SOLD]  # free until the sums
            for h in range(left.size):
                room[h] = min(available[g, h], connection[h])
            _raise_source(cost, room, left, out, marginal, clean, d.clean[g])
            for h in range(left.size):
                connection[h] -= out[h]
        else:
            _raise_source(cost, available[g], left, out, marginal, clean, d.clean[g])
    if d.import_before[weather, sources]:
        _import_between(low, np.inf, price, left, connection, imported, marginal)
    matched, grid_clean = hourly[T_CLEAN], d.grid_clean[weather]
    for h in range(left.size):
        clean[h] += imported[h] * grid_clean[h]
        matched[h] = min(demand[h], clean[h])


@nb.njit(cache=True, nogil=True, inline="always")
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


@nb.njit(cache=True, nogil=True)
def _in_time(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    left: Array,
    peak_hour: Array,
    sample: int,
    weather: int,
    year: Array,
    hour: Array,
    hourly: Array,
    tracing: bool,
) -> None:
    """Go through the hours in order; dispatch those afresh in which more happens."""
    cost, clean, remote, store, tier = d.cost_usd_per_mwh, d.clean, d.remote, d.stores, d.tiers
    steps, price, grid_clean = (
        load.step_of_hour,
        d.price_usd_per_mwh[weather],
        d.grid_clean[weather],
    )
    pue, water = load.pue[weather], load.water_m3_per_it_mwh[weather]
    demand, spill, marginal = hourly[T_LOAD], hourly[T_SPILL], hourly[T_PRICE]
    tolerance, export_limit, must_run = load.tolerance_mw, d.export_limit_mw, d.must_run
    sources, stores = cost.size, store.shape[0]
    out, room, now = np.zeros(sources), np.zeros(sources + 1), np.zeros(NOW)
    inside, tier_state = np.zeros((stores, 3)), np.zeros((tier.shape[0], 2))
    now[LAST_SHORT] = -2.0
    column = column_of(d.storage_scale, sample)
    size, step = np.zeros(stores), -1
    months, month = load.month_start.size - 1, 0
    first_month = year.size - MONTH_FIGURES * months
    for h in range(left.size):
        if months > 0 and h >= load.month_start[month + 1]:
            month += 1
        if steps[h] != step:
            step = steps[h]
            for k in range(stores):
                size[k] = d.storage_scale[k, step, column]
                if h == 0:
                    inside[k, CHARGE] = store[k, INITIAL] * store[k, ENERGY] * size[k]
        if (
            left[h] > tolerance
            or export_limit > 0.0
            or now[WAITS] > 0.0
            or _may_act(store, size, inside, price[h], spill[h], marginal[h])
        ):
            dispatch_hour(
                h,
                demand[h],
                pue[h],
                price[h],
                grid_clean[h],
                water[h],
                tolerance,
                export_limit if available[sources, h] > 0.0 or d.export_only else 0.0,
                must_run,
                cost,
                clean,
                remote,
                store,
                size,
                tier,
                available,
                peak_hour,
                out,
                room,
                now,
                inside,
                tier_state,
                year,
                hour,
                hourly,
                tracing,
                first_month + month,
                months,
            )
        if tracing:
            for k in range(stores):
                hourly[TRACE_SCALARS + sources + k, h] = inside[k, CHARGE]
