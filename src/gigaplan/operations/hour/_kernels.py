"""Compiled steps of one hour: take in merit order, discharge, shed, make up, charge, export.

In this order: must-run output; other sources, import and storage by rising
cost until the load is met; tiers shed, least value first; deferred work made
up; storage charged; surplus exported; what is left of must-run is spilled.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gigaplan.operations._kernels import count_loss
from gigaplan.operations.arrays import (
    COOLING_M3,
    EXPORT,
    EXPORT_USD,
    LOST_USD,
    SCALARS,
    SERVED,
    T_CHARGE,
    T_CLEAN,
    T_CLEAN_MADE,
    T_DISCHARGE,
    T_EXPORT,
    T_IMPORT,
    T_MADE_UP,
    T_PRICE,
    T_SHED,
    T_SPILL,
    TIER_HOURS,
    TIER_LOST_IT,
    TIER_MADE_UP,
    TIER_ROWS,
    TIER_SHED,
    TRACE_SCALARS,
    Array,
    DispatchArrays,
    LoadArrays,
)

SURPLUS, IMPORTED, COST, CONNECTED = 0, 1, 2, 3  # places in `now`


class State(NamedTuple):
    """What one sample carries from hour to hour, and room for the hour's own figures."""

    charge: Array  # [storage] MWh inside
    clean_charge: Array  # [storage] clean MWh of it
    given: Array  # [storage] MW discharged in the hour
    shed: Array  # [tier] MW shed in the last hour that was short
    backlog: Array  # [tier] IT MWh deferred
    out: Array  # [source] MW in the hour
    room: Array  # [source + 1] MW available in the hour; last, the connection
    now: Array  # surplus, import, cost of the last MW, MW through the connection
    last_short: Array  # [1] hour of the last loss
    waiting: Array  # [1] 1 if any backlog is not empty


@nb.njit(cache=True, nogil=True)
def take(
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
    return float(amount - left)


@nb.njit(cache=True, nogil=True, inline="always")
def _import(amount: float, limit: float, price: float, now: Array) -> float:
    """Import up to `amount` MW within what the connection has left."""
    more = min(amount, limit - now[CONNECTED])
    if more <= 0.0:
        return 0.0
    now[IMPORTED] += more
    now[CONNECTED] += more
    now[COST] = price
    return float(more)


@nb.njit(cache=True, nogil=True)
def _discharge(
    d: DispatchArrays, k: int, limit_mw: float, amount: float, keep_mwh: float, state: State
) -> tuple[float, float]:
    """Discharge storage k towards `amount` MW, not below `keep_mwh`; return MW, clean MW."""
    efficiency = d.discharge_efficiency[k]
    mw = min(amount, min(limit_mw, (state.charge[k] - keep_mwh) * efficiency))
    if mw <= 0.0:
        return 0.0, 0.0
    share = state.clean_charge[k] / state.charge[k]
    drawn = min(mw / efficiency, state.charge[k])
    state.charge[k] -= drawn
    state.clean_charge[k] -= min(drawn * share, state.clean_charge[k])
    return mw, mw * share


@nb.njit(cache=True, nogil=True)
def _serve(
    load: LoadArrays,
    d: DispatchArrays,
    price: float,
    step: int,
    column: int,
    demand: float,
    state: State,
) -> tuple[float, float, float]:
    """Serve the load; return MW still short, MW discharged and its clean part.

    What is cheaper than a storage's discharge price goes before that storage;
    its reserve only in hours that would be short.
    """
    left, given_all, given_clean = demand, 0.0, 0.0
    for k in range(d.power_mw.size):
        state.given[k] = 0.0
        if left > 0.0:
            left -= take(
                left,
                d.discharge_above[k],
                d.must_run,
                d.cost_usd_per_mwh,
                d.remote,
                state.room,
                price,
                state.out,
                state.now,
            )
        if left > 0.0:
            size = d.storage_scale[k, step, column]
            keep = d.reserve_fraction[k] * d.energy_mwh[k] * size
            mw, part = _discharge(d, k, d.power_mw[k] * size, left, keep, state)
            state.given[k] = mw
            left -= mw
            given_all += mw
            given_clean += part
            if mw > 0.0 and np.isfinite(d.discharge_above[k]):
                state.now[COST] = d.discharge_above[k]
    if left > 0.0:
        left -= take(
            left,
            np.inf,
            d.must_run,
            d.cost_usd_per_mwh,
            d.remote,
            state.room,
            price,
            state.out,
            state.now,
        )
    for k in range(d.power_mw.size):
        if left > load.tolerance_mw and d.reserve_fraction[k] > 0.0:
            limit = d.power_mw[k] * d.storage_scale[k, step, column] - state.given[k]
            mw, part = _discharge(d, k, limit, left, 0.0, state)
            state.given[k] += mw
            left -= mw
            given_all += mw
            given_clean += part
    return left, given_all, given_clean


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
    d: DispatchArrays, demand: float, pue: float, price: float, state: State, year: Array
) -> float:
    """Make up deferred work, dearest tier first, from spare that costs less than its value."""
    total = 0.0
    for t in range(d.tier_share.size - 1, -1, -1):
        if state.backlog[t] > 0.0:
            most = d.tier_catch_up[t] * d.tier_share[t] * demand
            mw = take(
                min(state.backlog[t] * pue, most),
                d.tier_usd_per_mwh[t],
                d.must_run,
                d.cost_usd_per_mwh,
                d.remote,
                state.room,
                price,
                state.out,
                state.now,
            )
            total += mw
            state.backlog[t] = max(state.backlog[t] - mw / pue, 0.0)
            base = SCALARS + TIER_ROWS * t
            year[base + TIER_MADE_UP] += mw
            year[base + TIER_LOST_IT] -= mw / pue
    return total


@nb.njit(cache=True, nogil=True)
def _clean_mw(d: DispatchArrays, state: State, grid_clean: float, must_clean: float) -> float:
    """Return clean MW of sources and import, less the clean part of must-run surplus."""
    total = state.now[IMPORTED] * grid_clean - state.now[SURPLUS] * must_clean
    for g in range(d.clean.size):
        total += state.out[g] * d.clean[g]
    return float(total)


@nb.njit(cache=True, nogil=True)
def _charge(
    d: DispatchArrays,
    price: float,
    step: int,
    column: int,
    grid_clean: float,
    must_clean: float,
    clean_wanted: float,
    state: State,
    year: Array,
) -> float:
    """Charge from spare that is cheap enough, storage by storage; return MW.

    A storage that discharged does not charge. Clean energy serves the load
    first (`clean_wanted` MW of it); what is over goes into storage first.
    """
    charged = 0.0
    at_store = SCALARS + TIER_ROWS * d.tier_share.size + 2 * d.clean.size
    for k in range(d.power_mw.size):
        size = d.storage_scale[k, step, column]
        full = d.energy_mwh[k] * size
        if state.given[k] > 0.0 or state.charge[k] >= full:
            continue
        gain = d.charge_efficiency[k]
        want = min(d.power_mw[k] * size, (full - state.charge[k]) / gain)
        mw = take(
            want,
            d.charge_below[k],
            d.must_run,
            d.cost_usd_per_mwh,
            d.remote,
            state.room,
            price,
            state.out,
            state.now,
        )
        if mw > 0.0:
            spare = _clean_mw(d, state, grid_clean, must_clean) - clean_wanted - charged
            state.clean_charge[k] += min(mw, max(spare, 0.0)) * gain
            state.charge[k] = min(state.charge[k] + mw * gain, full)
            charged += mw
            year[at_store + 2 * k] += mw
    return charged


@nb.njit(cache=True, nogil=True)
def dispatch_hour(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    demand: float,
    peak_hour: Array,
    h: int,
    weather: int,
    column: int,
    state: State,
    year: Array,
    hour: Array,
    hourly: Array,
) -> None:
    """Dispatch hour h afresh and write it over its column of `hourly` [row, hour]."""
    sources, stores = d.cost_usd_per_mwh.size, d.power_mw.size
    step, pue = load.step_of_hour[h], load.pue[weather, h]
    price, grid_clean = d.price_usd_per_mwh[weather, h], d.grid_clean[weather, h]
    made, must_clean = 0.0, 0.0
    for g in range(sources + 1):
        state.room[g] = available[g, h]
    for g in range(sources):
        state.out[g] = 0.0
        if g < d.must_run:
            state.out[g] = state.room[g]
            made += state.room[g]
            must_clean += state.room[g] * d.clean[g]
    if made > 0.0:
        must_clean /= made
    state.now[SURPLUS] = made
    state.now[IMPORTED] = state.now[COST] = state.now[CONNECTED] = 0.0

    left, given, given_clean = _serve(load, d, price, step, column, demand, state)
    at_store = SCALARS + TIER_ROWS * d.tier_share.size + 2 * sources
    for k in range(stores):
        year[at_store + 2 * k + 1] += state.given[k]
    short = 0.0
    if left > load.tolerance_mw:
        short = left
        if state.last_short[0] != h - 1:
            state.shed[:] = 0.0
        count_loss(year, h, state.last_short[0], short, peak_hour, hour)
        state.last_short[0] = h
        state.now[COST] = _shed(
            short,
            demand,
            pue,
            d.tier_share,
            d.tier_usd_per_mwh,
            d.tier_catch_up,
            d.tier_restart_hours,
            state.shed,
            state.backlog,
            year,
        )
        state.waiting[0] = 1
    marginal = state.now[COST]

    made_up = 0.0
    if state.waiting[0] == 1:
        if short == 0.0:
            made_up = _make_up(d, demand, pue, price, state, year)
        if h % 24 == 23:  # what was not made up by the day's end is lost
            state.backlog[:] = 0.0
            state.waiting[0] = 0
    served = demand - short + made_up
    charged = 0.0
    if short == 0.0:
        charged = _charge(
            d, price, step, column, grid_clean, must_clean, served - given_clean, state, year
        )
    export = 0.0
    if d.export_limit_mw > 0.0 and state.now[CONNECTED] <= load.tolerance_mw and price >= 0.0:
        state.room[sources] = 0.0  # nothing comes in to go out
        export = take(
            d.export_limit_mw,
            np.nextafter(price, -np.inf),
            d.must_run,
            d.cost_usd_per_mwh,
            d.remote,
            state.room,
            price,
            state.out,
            state.now,
        )
        year[EXPORT] += export
        year[EXPORT_USD] += export * price
    year[SERVED] += made_up - short
    year[COOLING_M3] += (made_up - short) / pue * load.water_m3_per_it_mwh[weather, h]

    hourly[T_SHED, h], hourly[T_MADE_UP, h], hourly[T_EXPORT, h] = short, made_up, export
    hourly[T_CHARGE, h], hourly[T_DISCHARGE, h] = charged, given
    hourly[T_IMPORT, h], hourly[T_SPILL, h] = state.now[IMPORTED], state.now[SURPLUS]
    hourly[T_PRICE, h] = marginal
    clean = _clean_mw(d, state, grid_clean, must_clean)
    hourly[T_CLEAN_MADE, h] = clean
    hourly[T_CLEAN, h] = min(served, clean + given_clean)
    for g in range(sources):
        hourly[TRACE_SCALARS + g, h] = state.out[g]
    if short > 0.0:
        for t in range(d.tier_share.size):
            hourly[TRACE_SCALARS + sources + stores + t, h] = state.shed[t]
