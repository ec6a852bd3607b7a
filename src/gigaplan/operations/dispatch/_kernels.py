"""Compiled loop of a year's dispatch.

First the merit order of every hour at once, source by source, as if storage
stood still: loops that the processor runs several hours at a time. Then, in
order of time, only the hours in which more happens (shortage, storage that may
act, work to make up, export) are dispatched afresh.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.operations._kernels import column_of, fill_available, fill_demand, window_buffers
from gigaplan.operations.arrays import (
    CLEAN_MADE,
    CLEAN_MATCHED,
    COOLING_M3,
    IMPORT,
    IMPORT_KG,
    IMPORT_USD,
    LOAD,
    PRICE,
    SCALARS,
    SERVED,
    SOLD_USD,
    SPILL,
    T_AVAILABLE,
    T_CLEAN,
    T_CLEAN_MADE,
    T_IMPORT,
    T_LOAD,
    T_PRICE,
    T_SOLD,
    T_SPILL,
    TIER_ROWS,
    TIER_WANTED_IT,
    TRACE_SCALARS,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    UnitArrays,
)
from gigaplan.operations.hour._kernels import State, dispatch_hour


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
    sources, tiers = dispatch.cost_usd_per_mwh.size, dispatch.tier_share.size
    available = np.empty((sources + 1, hours))
    starts, ends = window_buffers(units, hours)
    peak_hour = np.empty((hours + 23) // 24, np.int64)
    left, connection = np.empty(hours), np.empty(hours)
    year = np.empty(table.shape[0])
    tracing = trace.shape[0] > 0
    hourly = trace
    if not tracing:
        hourly = np.zeros((TRACE_SCALARS + sources + dispatch.power_mw.size + tiers, hours))
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        fill_available(units, buckets, load, sample, weather, row, starts, ends, available)
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
        _add_up(load, dispatch, available, weather, year, hourly)
        table[:, s] = year
    if tracing:
        hourly[T_AVAILABLE, :] = 0.0
        for g in range(sources + 1):
            hourly[T_AVAILABLE] += available[g]


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


@nb.njit(cache=True, nogil=True)
def _storage_may_act(
    d: DispatchArrays,
    charge: Array,
    step: int,
    column: int,
    price: float,
    spill: float,
    marginal: float,
) -> bool:
    for k in range(charge.size):
        if marginal > d.discharge_above[k]:
            return True
        if charge[k] < d.energy_mwh[k] * d.storage_scale[k, step, column] and (
            spill > 0.0 or d.cheap_source[k] > 0 or price <= d.charge_below[k]
        ):
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
    sources, stores, tiers = d.cost_usd_per_mwh.size, d.power_mw.size, d.tier_share.size
    state = State(
        np.zeros(stores),
        np.zeros(stores),
        np.zeros(stores),
        np.zeros(tiers),
        np.zeros(tiers),
        np.zeros(sources),
        np.zeros(sources + 1),
        np.zeros(4),
        np.full(1, -2),
        np.zeros(1, np.int64),
    )
    column = column_of(d.storage_scale, sample)
    steps, price = load.step_of_hour, d.price_usd_per_mwh[weather]
    spill, marginal = hourly[T_SPILL], hourly[T_PRICE]
    for k in range(stores):
        size = d.storage_scale[k, steps[0], column]
        state.charge[k] = d.initial_fraction[k] * d.energy_mwh[k] * size
    always = d.export_limit_mw > 0.0
    for h in range(left.size):
        if (
            left[h] > load.tolerance_mw
            or always
            or state.waiting[0] == 1
            or (
                stores > 0
                and _storage_may_act(
                    d, state.charge, steps[h], column, price[h], spill[h], marginal[h]
                )
            )
        ):
            dispatch_hour(
                load,
                d,
                available,
                hourly[T_LOAD, h],
                peak_hour,
                h,
                weather,
                column,
                state,
                year,
                hour,
                hourly,
            )
        if tracing:
            for k in range(stores):
                hourly[TRACE_SCALARS + sources + k, h] = state.charge[k]


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _sum(values: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _dot(values: Array, weights: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h] * weights[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _it_and_water(demand: Array, pue: Array, water: Array) -> tuple[float, float]:
    energy, volume = 0.0, 0.0
    for h in range(demand.size):
        it = demand[h] / pue[h]
        energy += it
        volume += it * water[h]
    return energy, volume


@nb.njit(cache=True, nogil=True)
def _add_up(
    load: LoadArrays, d: DispatchArrays, available: Array, weather: int, year: Array, hourly: Array
) -> None:
    """Add up the year's hours; what `dispatch_hour` counted is there already."""
    sources, tiers = d.cost_usd_per_mwh.size, d.tier_share.size
    at_source = SCALARS + TIER_ROWS * tiers
    price = d.price_usd_per_mwh[weather]
    energy = _sum(hourly[T_LOAD])
    wanted_it, cooling = _it_and_water(
        hourly[T_LOAD], load.pue[weather], load.water_m3_per_it_mwh[weather]
    )
    year[LOAD] = energy
    year[SERVED] += energy
    year[COOLING_M3] += cooling
    for t in range(tiers):
        year[SCALARS + TIER_ROWS * t + TIER_WANTED_IT] = d.tier_share[t] * wanted_it
    year[CLEAN_MATCHED] = _sum(hourly[T_CLEAN])
    year[CLEAN_MADE] = _sum(hourly[T_CLEAN_MADE])
    year[PRICE] = _sum(hourly[T_PRICE])
    if d.must_run > 0:
        year[SPILL] = _sum(hourly[T_SPILL])
    imported = hourly[T_IMPORT]
    year[IMPORT] = _sum(imported)
    year[IMPORT_USD] = _dot(imported, price)
    year[IMPORT_KG] = _dot(imported, d.grid_kg_per_mwh[weather])
    sold = hourly[T_SOLD]
    sold[:] = 0.0
    for g in range(sources):
        year[at_source + g] = _sum(hourly[TRACE_SCALARS + g])
        if d.remote[g] > 0.0:
            # The rest is sold in the hours that pay for it; it counts in the year's clean
            # energy, not in the hour's.
            room, out, cost = available[g], hourly[TRACE_SCALARS + g], d.cost_usd_per_mwh[g]
            total = 0.0
            for h in range(sold.size):
                rest = room[h] - out[h] if price[h] >= cost else 0.0
                sold[h] += rest
                total += rest
            year[at_source + sources + g] = total
            year[CLEAN_MADE] += total * d.clean[g]
    if d.remote.sum() > 0.0:
        year[SOLD_USD] = _dot(sold, price)
