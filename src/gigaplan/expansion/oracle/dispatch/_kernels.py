"""Compiled loops of the dispatch: a path of states that is optimal at the water values.

At a water value the change of state in an hour may lie anywhere in an interval. Where the value
rises the storage is full, where it falls it is empty. From such an hour backwards goes the
interval of states from which the next one can be reached, then forwards a path inside.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.expansion.oracle._kernels import chain_values, longest, priced_cost
from gigaplan.expansion.oracle.arrays import Array, Parts, Rows, StorageLaw, Sums, Terms
from gigaplan.expansion.oracle.hour._kernels import burning_flows, empty_rows, write_ranges
from gigaplan.expansion.oracle.togo._kernels import NO_ROOM


@nb.njit(cache=True, nogil=True)
def _path(
    rows: Rows,
    law: StorageLaw,
    hours: int,
    power: float,
    energy: float,
    water: Array,
    span: Array,
    state: Array,
    hour: Array,
) -> None:
    """Write the state before each hour, in MW steps.

    `span` is [4, hour]: the least and the most change in it, the least and the most state before.
    """
    least, most, low, high = span[0], span[1], span[2], span[3]
    write_ranges(rows, law, power, water, span, hour)
    start, before = -1, water[hours - 1]
    for h in range(hours):
        now = water[h]
        low[h], high[h] = 0.0, energy
        if now != before:
            low[h] = high[h] = 0.0 if now < before else energy
            start = h
        before = now
    if start < 0:
        # full and empty at no hour for sure: the least state that a lap can come back to
        start, at, drawn, need = 0, 0.0, 0.0, 0.0
        for h in range(hours):
            at = max(at + least[h], 0.0)
            drawn += most[h]
            need = max(need, -drawn)
        low[0] = high[0] = min(max(at, need), energy)
    for k in range(hours - 1):
        h = start - 1 - k
        h += hours if h < 0 else 0
        after = h + 1 if h + 1 < hours else 0
        if low[h] < high[h]:
            low[h] = min(max(low[after] - most[h], 0.0), energy)
            high[h] = min(max(high[after] - least[h], low[h]), energy)
    state[start] = low[start]
    for k in range(hours - 1):
        h = start + k
        h -= hours if h >= hours else 0
        after = h + 1 if h + 1 < hours else 0
        now = state[h]
        # it rests where it may; in rounding the bounds of the state come first
        now = min(max(now, max(low[after], now + least[h])), min(high[after], now + most[h]))
        state[after] = max(now, 0.0)


@nb.njit(cache=True, nogil=True)
def _run(
    parts: Parts,
    rows: Rows,
    law: StorageLaw,
    q: Array,
    hours: int,
    first: int,
    span: Array,
    flows: Array,
    out: Array,
) -> float:
    """Write charge, discharge and the output of each part; return the widest miss of an interval.

    `flows` is [3, hour]: charge and discharge are written, state is read.
    """
    charge, discharge, state, least, most = flows[0], flows[1], flows[2], span[0], span[1]
    cost, filled, at, demand = rows.cost, rows.filled, rows.at, rows.demand
    end, part, factor, size_of = rows.end, rows.part, parts.factor, q[parts.key]
    miss, power, lossless = 0.0, q[law.power_key], law.burn_price == -np.inf
    for h in range(hours):
        change = state[h + 1 if h + 1 < hours else 0] - state[h]
        miss = max(miss, change - most[h], least[h] - change)
        charge[h] = max(change, 0.0) * law.per_charge
        discharge[h] = max(-change, 0.0) * law.discharge
        j = min(at[h], filled[h] - 1)
        plain = change >= 0.0 and j >= 0 and cost[h, j] >= law.burn_price
        if not (plain or lossless) and power > 0.0:
            n = filled[h]
            charge[h], discharge[h] = burning_flows(cost, end, demand, law, h, n, power, change)
    for h in range(hours):
        made, begin, k = demand[h] + charge[h] - discharge[h], 0.0, 0
        while k < filled[h] and begin < made:
            # the size itself, not a difference of sums: what is small would drown in rounding
            i = part[h, k]
            out[i, first + h] = min(factor[i, first + h] * size_of[i], made - begin)
            begin = end[h, k]
            k += 1
    return miss


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})
def _sum(series: Array) -> float:
    """Return the sum of a series."""
    total = 0.0
    for h in range(series.shape[0]):
        total += series[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz", "contract"})
def _product(series: Array, other: Array) -> float:
    """Return the sum of products."""
    total = 0.0
    for h in range(series.shape[0]):
        total += series[h] * other[h]
    return total


@nb.njit(cache=True, nogil=True)
def _most_used(out: Array, factor: Array, q: float) -> float:
    """Return the least capacity that can make this output, of `q` that can."""
    most, nothing = 0.0, 1e-12 * q
    for h in range(out.shape[0]):
        # a product is compared: a division in every hour takes longer
        if out[h] > nothing and out[h] > most * factor[h]:
            most = out[h] / factor[h]
    return most


@nb.njit(cache=True, nogil=True)
def _tally(
    parts: Parts,
    terms: Terms,
    law: StorageLaw,
    q: Array,
    source: Array,
    first: int,
    last: int,
    weight: float,
    flows: Array,
    out: Array,
    sums: Sums,
) -> None:
    """Add a chain to the sums."""
    for i in range(parts.key.shape[0]):
        sums.energy_mwh[i] += weight * _sum(out[i, first:last])
        sums.cost_usd[0] += weight * _product(out[i, first:last], parts.cost[i, first:last])
    sums.cost_usd[0] += weight * law.wear * _sum(flows[1, first:last])
    for k in range(terms.part.shape[0]):
        made = _product(out[terms.part[k], first:last], terms.amount[k, first:last])
        sums.amount[terms.quantity[k]] += weight * made
    for s in range(source.shape[0]):
        one, other, sale = source[s, 0], source[s, 1], source[s, 2]
        key = parts.key[one]
        made, factor = out[one, first:last], parts.factor[one, first:last]
        if sale:
            most = _most_used(q[key] * factor - made, factor, q[key])
        elif other >= 0:
            most = _most_used(
                made + out[other, first:last], factor + parts.factor[other, first:last], q[key]
            )
        else:
            most = _most_used(made, factor, q[key])
        sums.used[key] = max(sums.used[key], most)
    most = max(flows[0, first:last].max(), flows[1, first:last].max())
    sums.used[law.power_key] = max(sums.used[law.power_key], most)
    most = law.step_hours * (flows[2, first:last].max() - flows[2, first:last].min())
    sums.used[law.energy_key] = max(sums.used[law.energy_key], most)


@nb.njit(cache=True, nogil=True)
def operate(
    parts: Parts,
    terms: Terms,
    law: StorageLaw,
    prices: Array,
    q: Array,
    source: Array,
    limit: int,
    slope: Array,
    series: Array,
    flows: Array,
    out: Array,
    sums: Sums,
) -> tuple[int, float]:
    """Write an optimal operation and what it adds up to, and add the slopes of its cost.

    Returns the route and the widest miss of an interval, MW steps. `series` is [2, hour]: price
    and water value; `flows` is [3, hour]: charge, discharge and the state before, in MW steps.
    """
    priced = priced_cost(parts, terms, prices)
    most = longest(parts)
    rows = empty_rows(most, parts.key.shape[0])
    ends, span = np.empty((2, most)), np.empty((4, most))
    hour = np.empty((2, 2 * parts.key.shape[0] + 4))
    power, energy = q[law.power_key], q[law.energy_key] / law.step_hours
    worst, miss, first = 0, 0.0, 0
    for c in range(parts.chain_end.shape[0]):
        last, weight = parts.chain_end[c], parts.chain_weight[c]
        hours = last - first
        route = chain_values(
            parts, priced, law, q, c, limit, rows, ends, hour, slope, series[0], series[1]
        )
        if route == NO_ROOM:
            return route, 0.0
        worst = max(worst, route)
        water, here = series[1, first:last], flows[:, first:last]
        _path(rows, law, hours, power, energy, water, span, here[2], hour)
        miss = max(miss, _run(parts, rows, law, q, hours, first, span, here, out))
        _tally(parts, terms, law, q, source, first, last, weight, flows, out, sums)
        first = last
    return worst, miss
