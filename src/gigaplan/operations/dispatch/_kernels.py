"""Compiled loop of the hourly dispatch.

Each hour, in this order: must-run output; other sources, grid and storage by
rising cost until the load is met; tiers shed, least value first; deferred work
made up; storage charged; surplus exported; what is left of must-run is spilled.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.operations._kernels import (
    column_of,
    count_loss,
    fill_available,
    fill_demand,
    window_buffers,
)
from gigaplan.operations.arrays import (
    CLEAN_MADE,
    CLEAN_MATCHED,
    COOLING_M3,
    EXPORT,
    EXPORT_USD,
    IMPORT,
    IMPORT_KG,
    IMPORT_USD,
    LOAD,
    LOST_USD,
    PRICE,
    SCALARS,
    SERVED,
    SOLD_USD,
    SPILL,
    T_AVAILABLE,
    T_CHARGE,
    T_CLEAN,
    T_DISCHARGE,
    T_EXPORT,
    T_IMPORT,
    T_LOAD,
    T_MADE_UP,
    T_PRICE,
    T_SHED,
    T_SOLD,
    T_SPILL,
    TIER_HOURS,
    TIER_LOST_IT,
    TIER_MADE_UP,
    TIER_ROWS,
    TIER_SHED,
    TIER_WANTED_IT,
    TRACE_SCALARS,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    UnitArrays,
)

SURPLUS, IMPORTED, COST, CONNECTED = 0, 1, 2, 3  # places in `now`


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
    available = np.empty((dispatch.cost_usd_per_mwh.size + 1, hours))
    starts, ends = window_buffers(units, hours)
    demand, peak_hour = np.empty(hours), np.empty((hours + 23) // 24, np.int64)
    year = np.empty(table.shape[0])
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        fill_available(units, buckets, load, sample, weather, row, starts, ends, available)
        fill_demand(load, weather, column_of(load.load_scale, sample), demand, peak_hour)
        year[:] = 0.0
        _dispatch_year(
            load, dispatch, available, demand, peak_hour, sample, weather, year, hour, trace
        )
        table[:, s] = year


@nb.njit(cache=True, nogil=True)
def _take(
    amount: float,
    ceiling: float,
    must_run: int,
    cost: Array,
    remote: Array,
    room: Array,
    price: float,
    out: Array,
    now: Array,
) -> float:
    """Return up to `amount` MW, raised in merit order from what costs at most `ceiling`.

    Must-run surplus goes first. `room` holds MW available by source and, last,
    of the connection, which imports (whose price stands among the costs) and
    remote sources share.
    """
    taken = min(amount, now[SURPLUS])
    now[SURPLUS] -= taken
    left = amount - taken
    sources = cost.size
    grid_waits = price <= ceiling
    for g in range(must_run, sources):
        if left <= 0.0 or cost[g] > ceiling:
            break
        if grid_waits and price < cost[g]:
            grid_waits = False
            left -= _import(left, room[sources], price, now)
        more = min(left, room[g] - out[g])
        if remote[g] > 0.0:
            more = min(more, room[sources] - now[CONNECTED])
            if more > 0.0:
                now[CONNECTED] += more
        if more > 0.0:
            out[g] += more
            left -= more
            now[COST] = cost[g]
    if grid_waits and left > 0.0:
        left -= _import(left, room[sources], price, now)
    return amount - left


@nb.njit(cache=True, nogil=True, inline="always")
def _import(amount: float, limit: float, price: float, now: Array) -> float:
    """Import up to `amount` MW within what the connection has left."""
    more = min(amount, limit - now[CONNECTED])
    if more <= 0.0:
        return 0.0
    now[IMPORTED] += more
    now[CONNECTED] += more
    now[COST] = price
    return more


@nb.njit(cache=True, nogil=True)
def _discharge(
    k: int,
    efficiency: float,
    limit_mw: float,
    amount: float,
    keep_mwh: float,
    state: Array,
    clean: Array,
) -> tuple[float, float]:
    """Discharge storage k towards `amount` MW, not below `keep_mwh`; return MW, clean MW."""
    mw = min(amount, min(limit_mw, (state[k] - keep_mwh) * efficiency))
    if mw <= 0.0:
        return 0.0, 0.0
    share = clean[k] / state[k]
    drawn = min(mw / efficiency, state[k])
    state[k] -= drawn
    clean[k] -= min(drawn * share, clean[k])
    return mw, mw * share


@nb.njit(cache=True, nogil=True)
def _shed(
    short: float,
    demand: float,
    pue: float,
    share: Array,
    value: Array,
    catch_up: Array,
    restart: Array,
    shed: Array,
    backlog: Array,
    year: Array,
) -> float:
    """Shed `short` MW from the tier of least value upward; return the value of the last one."""
    left, last_value = short, 0.0
    for t in range(share.size):
        cut = min(left, share[t] * demand)
        if t == share.size - 1:
            cut = left  # the last tier takes the rounding of the shares
        left -= cut
        if cut > 0.0:
            base = SCALARS + TIER_ROWS * t
            newly = max(cut - shed[t], 0.0)
            year[base + TIER_SHED] += cut
            year[base + TIER_HOURS] += 1.0
            year[base + TIER_LOST_IT] += (cut + newly * restart[t]) / pue
            year[LOST_USD] += cut * value[t]
            last_value = value[t]
            if catch_up[t] > 0.0:
                backlog[t] += cut / pue
        shed[t] = cut
    return last_value


@nb.njit(cache=True, nogil=True)
def _make_up(
    demand: float,
    pue: float,
    price: float,
    must_run: int,
    cost: Array,
    remote: Array,
    room: Array,
    share: Array,
    value: Array,
    catch_up: Array,
    out: Array,
    now: Array,
    backlog: Array,
    year: Array,
) -> float:
    """Make up deferred work, dearest tier first, from spare that costs less than its value."""
    total = 0.0
    for t in range(share.size - 1, -1, -1):
        if backlog[t] > 0.0:
            want = min(backlog[t] * pue, catch_up[t] * share[t] * demand)
            mw = _take(want, value[t], must_run, cost, remote, room, price, out, now)
            total += mw
            backlog[t] = max(backlog[t] - mw / pue, 0.0)
            base = SCALARS + TIER_ROWS * t
            year[base + TIER_MADE_UP] += mw
            year[base + TIER_LOST_IT] -= mw / pue
    return total


@nb.njit(cache=True, nogil=True)
def _clean_mw(clean: Array, out: Array, now: Array, grid_clean: float, must_clean: float) -> float:
    """Return clean MW of sources and import, less the clean part of must-run surplus."""
    total = now[IMPORTED] * grid_clean - now[SURPLUS] * must_clean
    for g in range(clean.size):
        total += out[g] * clean[g]
    return total


@nb.njit(cache=True, nogil=True)
def _dispatch_year(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    demand_mw: Array,
    peak_hour: Array,
    sample: int,
    weather: int,
    year: Array,
    hour: Array,
    trace: Array,
) -> None:
    """Dispatch one sample; writes its figures into `year`."""
    cost, clean, remote, must_run = d.cost_usd_per_mwh, d.clean, d.remote, d.must_run
    power, energy, above = d.power_mw, d.energy_mwh, d.discharge_above
    efficiency, reserve, scales = d.discharge_efficiency, d.reserve_fraction, d.storage_scale
    share, value, catch_up = d.tier_share, d.tier_usd_per_mwh, d.tier_catch_up
    prices, grid_kg, grid_clean = d.price_usd_per_mwh, d.grid_kg_per_mwh, d.grid_clean
    steps, pues, waters = load.step_of_hour, load.pue, load.water_m3_per_it_mwh
    tolerance = load.tolerance_mw
    hours, sources, stores, tiers = demand_mw.size, cost.size, power.size, share.size
    out, now, room = np.zeros(sources), np.zeros(4), np.zeros(sources + 1)
    state, clean_state, given = np.zeros(stores), np.zeros(stores), np.zeros(stores)
    shed, backlog = np.zeros(tiers), np.zeros(tiers)
    at_source = SCALARS + TIER_ROWS * tiers
    at_sold = at_source + sources
    at_store = at_sold + sources
    column = column_of(scales, sample)
    for k in range(stores):
        state[k] = d.initial_fraction[k] * energy[k] * scales[k, steps[0], column]
    last, wanted_it, waiting = -2, 0.0, False
    for h in range(hours):
        step, pue, price = steps[h], pues[weather, h], prices[weather, h]
        demand = demand_mw[h]
        for g in range(sources + 1):
            room[g] = available[g, h]
        made, must_clean = 0.0, 0.0
        for g in range(must_run):
            out[g] = room[g]
            made += room[g]
            must_clean += room[g] * clean[g]
        for g in range(must_run, sources):
            out[g] = 0.0
        if made > 0.0:
            must_clean /= made
        now[SURPLUS], now[IMPORTED], now[COST], now[CONNECTED] = made, 0.0, 0.0, 0.0

        # Serve the load: what is cheaper than a storage's discharge price goes before it.
        left, given_all, given_clean = demand, 0.0, 0.0
        for k in range(stores):
            given[k] = 0.0
            if left > 0.0:
                left -= _take(left, above[k], must_run, cost, remote, room, price, out, now)
            if left > 0.0:
                size = scales[k, step, column]
                given[k], part = _discharge(
                    k,
                    efficiency[k],
                    power[k] * size,
                    left,
                    reserve[k] * energy[k] * size,
                    state,
                    clean_state,
                )
                left -= given[k]
                given_all += given[k]
                given_clean += part
                if given[k] > 0.0 and np.isfinite(above[k]):
                    now[COST] = above[k]
        if left > 0.0:
            left -= _take(left, np.inf, must_run, cost, remote, room, price, out, now)
        if left > tolerance:
            for k in range(stores):  # the reserve is for hours that would be short
                if reserve[k] > 0.0 and left > 0.0:
                    limit = power[k] * scales[k, step, column] - given[k]
                    more, part = _discharge(k, efficiency[k], limit, left, 0.0, state, clean_state)
                    given[k] += more
                    left -= more
                    given_all += more
                    given_clean += part

        short = 0.0
        if left > tolerance:
            short = left
            count_loss(year, h, last, short, peak_hour, hour)
            last = h
            now[COST] = _shed(
                short,
                demand,
                pue,
                share,
                value,
                catch_up,
                d.tier_restart_hours,
                shed,
                backlog,
                year,
            )
            waiting = True
        else:
            demand -= left  # rounding: within the tolerance the load is met
            if last == h - 1:
                shed[:] = 0.0
        marginal = now[COST]

        made_up = 0.0
        if waiting:
            if short == 0.0:
                made_up = _make_up(
                    demand,
                    pue,
                    price,
                    must_run,
                    cost,
                    remote,
                    room,
                    share,
                    value,
                    catch_up,
                    out,
                    now,
                    backlog,
                    year,
                )
            if h % 24 == 23:  # what was not made up by the day's end is lost
                backlog[:] = 0.0
                waiting = False
        served = demand - short + made_up

        # Charge from spare that is cheap enough; a storage that discharged does not charge.
        charged = 0.0
        for k in range(stores):
            size = scales[k, step, column]
            full = energy[k] * size
            if given[k] > 0.0:
                year[at_store + 2 * k + 1] += given[k]
            elif short == 0.0 and state[k] < full:
                gain = d.charge_efficiency[k]
                want = min(power[k] * size, (full - state[k]) / gain)
                mw = _take(want, d.charge_below[k], must_run, cost, remote, room, price, out, now)
                if mw > 0.0:
                    spare = _clean_mw(clean, out, now, grid_clean[weather, h], must_clean)
                    spare += given_clean - served - charged
                    clean_state[k] += min(mw, max(spare, 0.0)) * gain
                    state[k] = min(state[k] + mw * gain, full)
                    charged += mw
                    year[at_store + 2 * k] += mw

        export = 0.0
        if d.export_limit_mw > 0.0 and now[CONNECTED] <= tolerance and price >= 0.0:
            room[sources] = 0.0  # nothing comes in to go out
            export = _take(
                d.export_limit_mw,
                np.nextafter(price, -np.inf),
                must_run,
                cost,
                remote,
                room,
                price,
                out,
                now,
            )
            year[EXPORT] += export
            year[EXPORT_USD] += export * price

        clean_made = _clean_mw(clean, out, now, grid_clean[weather, h], must_clean)
        matched = min(served, clean_made + given_clean)
        sold = 0.0
        for g in range(sources):
            year[at_source + g] += out[g]
            if remote[g] > 0.0:
                rest = room[g] - out[g]
                year[at_sold + g] += rest
                sold += rest
                clean_made += rest * clean[g]  # it counts in the year, not in the hour
        year[SOLD_USD] += sold * price
        wanted_it += demand / pue
        year[LOAD] += demand
        year[SERVED] += served
        year[CLEAN_MATCHED] += matched
        year[CLEAN_MADE] += clean_made
        year[PRICE] += marginal
        year[SPILL] += now[SURPLUS]
        year[COOLING_M3] += served / pue * waters[weather, h]
        if now[IMPORTED] > 0.0:
            year[IMPORT] += now[IMPORTED]
            year[IMPORT_USD] += now[IMPORTED] * price
            year[IMPORT_KG] += now[IMPORTED] * grid_kg[weather, h]
        if trace.shape[0] > 0:
            trace[T_LOAD, h], trace[T_SHED, h], trace[T_MADE_UP, h] = demand, short, made_up
            trace[T_IMPORT, h], trace[T_EXPORT, h] = now[IMPORTED], export
            trace[T_CHARGE, h], trace[T_DISCHARGE, h] = charged, given_all
            trace[T_SPILL, h], trace[T_PRICE, h] = now[SURPLUS], marginal
            trace[T_CLEAN, h], trace[T_SOLD, h] = matched, sold
            trace[T_AVAILABLE, h] = available[:, h].sum()
            trace[TRACE_SCALARS : TRACE_SCALARS + sources, h] = out
            trace[TRACE_SCALARS + sources : TRACE_SCALARS + sources + stores, h] = state
            trace[TRACE_SCALARS + sources + stores :, h] = shed
    for t in range(tiers):
        year[SCALARS + TIER_ROWS * t + TIER_WANTED_IT] = share[t] * wanted_it
