"""Compiled loops: the hours of a part in merit order, without storage."""

from __future__ import annotations

import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import (
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
    DispatchArrays,
)

# The loops below touch few arrays each: beyond some eight pairs of which one is written, the
# compiler does not run several hours at a time, for fear that the arrays overlap.


@uncounted()
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


@uncounted()
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


@uncounted()
def _raise_source(cost: float, room: Array, left: Array, out: Array, marginal: Array) -> None:
    """Serve what is left from one source, in every hour."""
    for h in range(left.size):
        more = min(left[h], room[h])
        out[h] = more
        left[h] -= more
        marginal[h] = cost if more > 0.0 else marginal[h]


@uncounted()
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


@uncounted()
def above(values: Array, limit: float) -> int:
    """Return how many hours have more than a limit."""
    count = 0
    for h in range(values.size):
        count += values[h] > limit
    return count


@uncounted()
def _add_times(values: Array, factor: float, total: Array) -> None:
    for h in range(values.size):
        total[h] += values[h] * factor


@uncounted()
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


@uncounted()
def merit_order(
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
        served = served or above(left, 0.0) == 0
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
