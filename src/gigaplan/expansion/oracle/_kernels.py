"""Compiled loops of the site-year: cost, water values and slopes at each point.

The algebra stands in `gigaplan.expansion.oracle.site_year`.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.expansion.oracle.arrays import Array, Parts, Rows, StorageLaw, Terms
from gigaplan.expansion.oracle.hour._kernels import empty_rows, fill_rows, write_prices
from gigaplan.expansion.oracle.togo._kernels import NO_ROOM, write_ends, write_water


@nb.njit(cache=True, nogil=True)
def priced_cost(parts: Parts, terms: Terms, prices: Array) -> Array:
    """Return the cost of each part with the prices of its quantities."""
    if not (prices != 0.0).any():
        return parts.cost
    cost = parts.cost.copy()
    for k in range(terms.part.shape[0]):
        usd, i = prices[terms.quantity[k]], terms.part[k]
        if usd != 0.0:
            for t in range(cost.shape[1]):
                cost[i, t] += usd * terms.amount[k, t]
    return cost


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})
def _margin(price: Array, cost: Array, factor: Array) -> float:
    """Return what a MW of a part earns over the hours."""
    total = 0.0
    for h in range(price.shape[0]):
        total += max(price[h] - cost[h], 0.0) * factor[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})
def _paid(price: Array, factor: Array) -> float:
    """Return what a MW of demand pays over the hours."""
    total = 0.0
    for h in range(price.shape[0]):
        total += price[h] * factor[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})
def _power_rent(price: Array, water: Array, law: StorageLaw) -> float:
    """Return what a MW of the storage's power earns over the hours."""
    total = 0.0
    for h in range(price.shape[0]):
        total += max(water[h] * law.charge - price[h], 0.0)
        total += max(price[h] - law.wear - water[h] * law.per_discharge, 0.0)
    return total


@nb.njit(cache=True, nogil=True)
def chain_values(
    parts: Parts,
    priced: Array,
    law: StorageLaw,
    q: Array,
    chain: int,
    limit: int,
    rows: Rows,
    ends: Array,
    hour: Array,
    slope: Array,
    price: Array,
    water: Array,
) -> int:
    """Write price and water value by hour of a chain, and add what each capacity saves in it.

    Returns the route.
    """
    first = 0 if chain == 0 else parts.chain_end[chain - 1]
    last = parts.chain_end[chain]
    hours, weight = last - first, parts.chain_weight[chain]
    power, energy = q[law.power_key], q[law.energy_key] / law.step_hours
    fill_rows(parts, priced, q, first, hours, rows)
    route: int
    route, turn = write_ends(rows, law, hours, power, energy, limit, ends, hour)
    if route == NO_ROOM:
        return route
    p, w = price[first:last], water[first:last]
    rent = write_water(ends, turn, w)
    write_prices(rows, law, power, w, p)
    slope[law.energy_key] -= weight * rent / law.step_hours
    slope[law.power_key] -= weight * _power_rent(p, w, law)
    for i in range(parts.demand_key.shape[0]):
        slope[parts.demand_key[i]] += weight * _paid(p, parts.demand_factor[i, first:last])
    for i in range(parts.key.shape[0]):
        saved = _margin(p, priced[i, first:last], parts.factor[i, first:last])
        slope[parts.key[i]] -= weight * saved
    return route


@nb.njit(cache=True, nogil=True)
def longest(parts: Parts) -> int:
    """Return the hours of the longest chain."""
    most: int = 0
    first = 0
    for c in range(parts.chain_end.shape[0]):
        most = max(most, parts.chain_end[c] - first)
        first = parts.chain_end[c]
    return most


@nb.njit(cache=True, nogil=True)
def evaluate(
    parts: Parts,
    terms: Terms,
    law: StorageLaw,
    prices: Array,
    points: Array,
    limit: int,
    slopes: Array,
    routes: Array,
) -> None:
    """Add the slopes of the cost at each point to its row of `slopes`, and write its route."""
    priced = priced_cost(parts, terms, prices)
    hours, most = parts.cost.shape[1], longest(parts)
    rows = empty_rows(most, parts.key.shape[0])
    ends, series = np.empty((2, most)), np.empty((2, hours))
    hour = np.empty((2, 2 * parts.key.shape[0] + 4))
    for k in range(points.shape[0]):
        routes[k] = 0
        for c in range(parts.chain_end.shape[0]):
            route = chain_values(
                parts,
                priced,
                law,
                points[k],
                c,
                limit,
                rows,
                ends,
                hour,
                slopes[k],
                series[0],
                series[1],
            )
            routes[k] = route if route < 0 else max(routes[k], route)
            if route < 0:
                break
