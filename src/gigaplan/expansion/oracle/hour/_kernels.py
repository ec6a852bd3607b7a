"""Compiled loops of one hour: its stack by cost, its price, and what storage may do in it.

The algebra stands in `gigaplan.expansion.oracle.site_year`.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.expansion.oracle.arrays import Array, Parts, Rows, StorageLaw


@nb.njit(cache=True, nogil=True)
def sort_parts(cost: Array, order: Array) -> None:
    """Bring the parts of each hour in order of cost, from the order they are in."""
    for t in range(order.shape[0]):
        for j in range(1, order.shape[1]):
            part = order[t, j]
            usd = cost[part, t]
            k = j
            while k > 0 and cost[order[t, k - 1], t] > usd:
                order[t, k] = order[t, k - 1]
                k -= 1
            order[t, k] = part


@nb.njit(cache=True, nogil=True)
def empty_rows(hours: int, places: int) -> Rows:
    """Return room for the stacks of so many hours."""
    return Rows(
        np.empty((hours, places)),
        np.empty((hours, places)),
        np.empty((hours, places), np.int16),
        np.empty(hours, np.int64),
        np.empty(hours, np.int64),
        np.empty(hours),
    )


@nb.njit(cache=True, nogil=True)
def fill_rows(parts: Parts, priced: Array, q: Array, first: int, hours: int, rows: Rows) -> None:
    """Write the stack and the demand of each hour of a chain, at `priced` cost."""
    places = parts.order.shape[1]
    cost, end, part, demand = rows.cost, rows.end, rows.part, rows.demand
    demand[:hours] = 0.0
    for i in range(parts.demand_key.shape[0]):
        size = q[parts.demand_key[i]]
        for h in range(hours):
            demand[h] += parts.demand_factor[i, first + h] * size
    for h in range(hours):
        t = first + h
        n = 0
        for j in range(places):
            i = parts.order[t, j]
            size = parts.factor[i, t] * q[parts.key[i]]
            if size <= 0.0:
                continue
            usd = priced[i, t]
            k = n
            while k > 0 and cost[h, k - 1] > usd:
                cost[h, k], end[h, k], part[h, k] = cost[h, k - 1], end[h, k - 1], part[h, k - 1]
                k -= 1
            cost[h, k], end[h, k], part[h, k] = usd, size, i
            n += 1
        made, at = 0.0, 0
        for k in range(n):
            made += end[h, k]
            end[h, k] = made
            at += made <= demand[h]
        if n == 0:
            # nothing to run: the price is that of what would come first
            cost[h, 0] = priced[parts.order[t, 0], t]
        rows.filled[h], rows.at[h] = n, at


@nb.njit(cache=True, nogil=True)
def write_prices(rows: Rows, law: StorageLaw, power: float, water: Array, price: Array) -> None:
    """Write the price at which stack and storage meet demand at the water value of each hour."""
    cost, end, filled, at, demand = rows.cost, rows.end, rows.filled, rows.at, rows.demand
    for h in range(water.shape[0]):
        n, j = filled[h], at[h]
        # with storage at rest the price is that of the last MW that demand takes
        if j > 0 and (j == n or end[h, j - 1] >= demand[h]):
            j -= 1
        usd = cost[h, j]
        if power > 0.0:
            bid, ask = water[h] * law.charge, water[h] * law.per_discharge + law.wear
            if bid > ask:
                # it charges below the bid and discharges above the ask: here both
                bid, ask = ask, bid
            if usd < bid:
                high = demand[h] + power
                while j < n and cost[h, j] < bid and end[h, j] < high:
                    j += 1
                usd = min(bid, cost[h, j]) if j < n else bid
            elif usd > ask:
                low = demand[h] - power
                while j > 0 and cost[h, j] > ask and end[h, j - 1] >= low:
                    j -= 1
                usd = max(ask, cost[h, j]) if j > 0 or low > 0.0 else ask
        price[h] = usd


@nb.njit(cache=True, nogil=True)
def split_list(
    cost: Array,
    end: Array,
    demand: Array,
    law: StorageLaw,
    h: int,
    places: int,
    power: float,
    out: Array,
) -> tuple[int, int, float]:
    """Write what one MWh more in store after the hour costs, ascending: value and width.

    For a storage with losses, in an hour in which it may burn energy.

    Returns the segment in which the state does not change, how many there are, and the width of
    that segment on the side of discharging.
    """
    rest = demand[h]
    low, high = rest - power, rest + power
    first = max(0.0, low)
    into, outof = law.charge, law.per_discharge
    least = into * (first - low) - power * outof
    made, n, burn, i, part = 0.0, 0, True, 0, 0
    while burn or (i < places and made < high):
        if burn and (i >= places or cost[h, i] >= law.burn_price or made >= high):
            at = min(max(made, first), high) - rest
            out[0, n], out[1, n] = law.burn_value, (power - abs(at)) * (outof - into)
            n += 1
            burn = False
            continue
        begin, made = made, end[h, i]
        # while the storage burns energy it charges first and then stops to discharge
        for side in range(2):
            if side == 0:
                length = min(made, rest) - max(begin, low)
            else:
                length = min(made, high) - max(begin, rest)
            if length > 0.0:
                if (side == 0) == burn:
                    out[0, n], out[1, n] = cost[h, i] * law.per_charge, length * into
                else:
                    out[0, n] = (cost[h, i] - law.wear) * law.discharge
                    out[1, n] = length * outof
                n += 1
        i += 1
    before = -least
    while part < n and out[1, part] <= before:
        before -= out[1, part]
        part += 1
    return part, n, before


@nb.njit(cache=True, nogil=True)
def write_ranges(
    rows: Rows, law: StorageLaw, power: float, water: Array, span: Array, hour: Array
) -> None:
    """Write the least and the most change of state that is optimal at each water value."""
    cost, end, filled, at, demand = rows.cost, rows.end, rows.filled, rows.at, rows.demand
    for h in range(water.shape[0]):
        least = most = 0.0
        worth, i, n, begin = water[h], at[h], filled[h], demand[h]
        high, low = begin + power, max(0.0, begin - power)
        if power > 0.0 and i < n and cost[h, i] < law.burn_price:
            middle, length, before = split_list(cost, end, demand, law, h, n, power, hour)
            for k in range(length):
                value, width = hour[0, k], hour[1, k]
                down = width if k < middle else before if k == middle else 0.0
                if value < worth:
                    least += width - down
                else:
                    least -= down
                if value <= worth:
                    most += width - down
                else:
                    most -= down
            span[0, h], span[1, h] = least, most
            continue
        while i < n and begin < high:
            value = cost[h, i] * law.per_charge
            if value > worth:
                break
            stop = min(end[h, i], high)
            most += (stop - begin) * law.charge
            if value < worth:
                least = most
            begin = stop
            i += 1
        i, stop, burnt = min(at[h], n - 1), demand[h], False
        while True:
            if i >= 0 and stop > low and (burnt or cost[h, i] >= law.burn_price):
                begin = max(end[h, i - 1], low) if i > 0 else low
                value = cost[h, i] * law.per_charge
                width = (stop - begin) * law.charge
                if not burnt:
                    value = (cost[h, i] - law.wear) * law.discharge
                    width = (stop - begin) * law.per_discharge
                stop = begin
                i -= 1
            elif not burnt:
                # after all that is better discharged than burnt, both at once
                value, burnt = law.burn_value, True
                width = (power - (demand[h] - stop)) * (law.per_discharge - law.charge)
            else:
                break
            if value < worth:
                break
            least -= width
            if value > worth:
                most -= width
        span[0, h], span[1, h] = least, most


@nb.njit(cache=True, nogil=True)
def burning_flows(
    cost: Array,
    end: Array,
    demand: Array,
    law: StorageLaw,
    h: int,
    places: int,
    power: float,
    change: float,
) -> tuple[float, float]:
    """Return MW charged and discharged that change the state by so much at least cost.

    For a storage with losses, in an hour in which it may burn energy.
    """
    into, outof, made, i = law.charge, law.per_discharge, 0.0, 0
    while i < places and cost[h, i] < law.burn_price:
        made = end[h, i]
        i += 1
    rest = demand[h]
    net = min(max(made, rest - power, 0.0), rest + power) - rest
    plain = max(net, 0.0) * into - max(-net, 0.0) * outof
    charge, discharge = max(change, 0.0) * law.per_charge, max(-change, 0.0) * law.discharge
    if change < plain:
        both = min((plain - change) / (outof - into), max(0.0, power - abs(net)))
        charge, discharge = max(net, 0.0) + both, max(-net, 0.0) + both
        # what is still too much: not all that is cheap is wanted, at full throughput
        less = max(0.0, plain - both * (outof - into) - change)
        more = min(less * law.discharge, max(0.0, power - discharge))
        discharge += more
        charge = max(0.0, charge - max(0.0, less - more * outof) * law.per_charge)
    return charge, discharge


@nb.njit(cache=True, nogil=True)
def write_rest(
    rows: Rows, law: StorageLaw, hours: int, power: float, ends: Array, hour: Array
) -> None:
    """Write between which values a storage without energy rests, hour by hour."""
    cost, end, filled, at, demand = rows.cost, rows.end, rows.filled, rows.at, rows.demand
    for h in range(hours):
        j, n = at[h], filled[h]
        if j < n and cost[h, j] < law.burn_price:
            k, length, before = split_list(cost, end, demand, law, h, n, power, hour)
            ends[1, h] = hour[0, k] if k < length else np.inf
            ends[0, h] = hour[0, k] if k < length and before > 0.0 else hour[0, k - 1]
            continue
        ends[1, h] = cost[h, j] * law.per_charge if j < n else np.inf
        if j > 0 and (j == n or end[h, j - 1] >= demand[h]):
            j -= 1
        discharges = demand[h] > 0.0 and n > 0 and cost[h, j] >= law.burn_price
        ends[0, h] = (cost[h, j] - law.wear) * law.discharge if discharges else law.burn_value
