"""Compiled loops of the site-year: cost-to-go, duals, and the states of an optimal dispatch.

The algebra stands in `gigaplan.expansion.oracle.site_year`. Segments of the cost-to-go lie in
two arrays from the highest value (an empty storage) to the lowest (a full one).
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.expansion.oracle.arrays import Array, Stack, StorageLaw

REMEMBERED = 2048
"""Segments that a remembered cost-to-go may have."""

WHOLE_LAPS = 3
"""Laps before the value at the turn of the year is searched for instead."""


@nb.njit(cache=True, nogil=True)
def demand_of(stack: Stack, q: Array, t: int) -> float:
    """Return the MW that the stack must meet in hour `t` when storage rests."""
    total = 0.0
    for i in range(stack.demand_key.shape[0]):
        total += stack.demand_factor[t, i] * q[stack.demand_key[i]]
    return total


@nb.njit(cache=True, nogil=True)
def hour_segments(
    stack: Stack, law: StorageLaw, q: Array, t: int, power: float, burn: bool, out: Array
) -> tuple[int, float, float]:
    """Write what one MWh more in store after hour `t` costs, ascending: value and width.

    Returns how many segments, and the least and the most that the state can change.
    """
    if power <= 0.0:
        return 0, 0.0, 0.0
    demand = demand_of(stack, q, t)
    low, high = demand - power, demand + power
    first = max(0.0, low)
    into, outof, wear = law.charge, law.discharge, law.wear
    least = into * (first - low) - power / outof if burn else (first - demand) / outof
    made, n, most = 0.0, 0, least
    for i in range(stack.cost.shape[1]):
        size = stack.factor[t, i] * q[stack.key[t, i]]
        if size <= 0.0:
            continue
        price = stack.cost[t, i]
        begin = made
        made += size
        if burn and price >= law.burn_price:
            at = min(max(begin, first), high) - demand
            width = (power - abs(at)) * (1.0 / outof - into)
            out[0, n], out[1, n] = law.burn_value, width
            most += width
            n += 1
            burn = False
        if begin >= high:
            break
        below = min(made, demand) - max(begin, low)
        above = min(made, high) - max(begin, demand)
        # while the storage burns energy it charges first and then stops to discharge
        for part in range(2):
            length = below if part == 0 else above
            if length <= 0.0:
                continue
            if (part == 0) == burn:
                value, width = price / into, length * into
            else:
                value, width = (price - wear) * outof, length / outof
            out[0, n], out[1, n] = value, width
            most += width
            n += 1
    if burn:
        at = min(max(made, first), high) - demand
        width = (power - abs(at)) * (1.0 / outof - into)
        out[0, n], out[1, n] = law.burn_value, width
        most += width
        n += 1
    return n, least, most


@nb.njit(cache=True, nogil=True)
def _step(
    stack: Stack,
    law: StorageLaw,
    q: Array,
    t: int,
    power: float,
    energy: float,
    togo: Array,
    a: int,
    b: int,
    hour: Array,
) -> tuple[int, int, float, float]:
    """Carry the cost-to-go over hour `t`; return its new place and its lowest and highest value.

    A new place of -1 says that the segments no longer fit.
    """
    burn = law.burn_price > -np.inf and (
        energy <= 0.0
        or stack.cost[t, 0] < law.burn_price
        or (b > a and togo[0, b - 1] < law.burn_value)
    )
    m, least, most = hour_segments(stack, law, q, t, power, burn, hour)
    g = 0
    cut = most
    high = np.inf
    while cut > 0.0 and (m > g or b > a):
        if m > g and (b == a or hour[0, m - 1] >= togo[0, a]):
            high = hour[0, m - 1]
            if hour[1, m - 1] > cut:
                hour[1, m - 1] -= cut
                break
            cut -= hour[1, m - 1]
            m -= 1
        else:
            high = togo[0, a]
            if togo[1, a] > cut:
                togo[1, a] -= cut
                break
            cut -= togo[1, a]
            a += 1
    cut = -least
    low = -np.inf
    while cut > 0.0 and (m > g or b > a):
        if m > g and (b == a or hour[0, g] <= togo[0, b - 1]):
            low = hour[0, g]
            if hour[1, g] > cut:
                hour[1, g] -= cut
                break
            cut -= hour[1, g]
            g += 1
        else:
            low = togo[0, b - 1]
            if togo[1, b - 1] > cut:
                togo[1, b - 1] -= cut
                break
            cut -= togo[1, b - 1]
            b -= 1
    if energy <= 0.0 or (m == g and b == a):
        # a store without room: its value may be anything between what ends on either side
        return a, a, min(low, high), high
    a, b = _merge(togo, a, b, hour, g, m)
    if a < 0:
        return a, b, 0.0, 0.0
    return a, b, togo[0, b - 1], togo[0, a]


@nb.njit(cache=True, nogil=True)
def _merge(togo: Array, a: int, b: int, hour: Array, g: int, m: int) -> tuple[int, int]:
    """Merge the hour's ascending segments into the descending ones; equal values join."""
    i, kept = b - 1, g
    for j in range(g, m):
        value = hour[0, j]
        while i >= a and togo[0, i] < value:
            i -= 1
        if i >= a and togo[0, i] == value:
            togo[1, i] += hour[1, j]
        elif kept > g and hour[0, kept - 1] == value:
            hour[1, kept - 1] += hour[1, j]
        else:
            hour[0, kept], hour[1, kept] = value, hour[1, j]
            kept += 1
    more = kept - g
    room = togo.shape[1]
    if b + more > room:
        if b - a + more > room // 2:
            return -1, -1
        for k in range(b - a):
            togo[0, k], togo[1, k] = togo[0, a + k], togo[1, a + k]
        a, b = 0, b - a
    i, place, j = b - 1, b + more - 1, g
    while j < kept:
        if i >= a and togo[0, i] < hour[0, j]:
            togo[0, place], togo[1, place] = togo[0, i], togo[1, i]
            i -= 1
        else:
            togo[0, place], togo[1, place] = hour[0, j], hour[1, j]
            j += 1
        place -= 1
    return a, b + more


@nb.njit(cache=True, nogil=True)
def _same(togo: Array, a: int, b: int, other: Array, n: int, slack: float) -> bool:
    """Return whether two cost-to-go have the same segments."""
    if b - a != n:
        return False
    for k in range(n):
        if togo[0, a + k] != other[0, k] or abs(togo[1, a + k] - other[1, k]) > slack:
            return False
    return True


@nb.njit(cache=True, nogil=True)
def _laps(
    stack: Stack, law: StorageLaw, q: Array, start: float, ends: Array, togo: Array, hour: Array
) -> int:
    """Go round the year backwards until the cost-to-go repeats; write its end values by hour.

    Returns 1 if it repeats, 0 if not within a few laps, -1 if the segments do not fit.
    """
    hours = stack.cost.shape[0]
    power, energy = q[law.power_key], q[law.energy_key]
    slack = 1e-11 * max(power, energy)
    memory = np.empty((24, 2, REMEMBERED))
    counts = np.full(24, -1)
    a = b = 0
    if energy > 0.0:
        togo[0, 0], togo[1, 0] = start, energy
        b = 1
    for lap in range(WHOLE_LAPS):
        check, slot = 32, 0
        for t in range(hours - 1, -1, -1):
            a, b, low, high = _step(stack, law, q, t, power, energy, togo, a, b, hour)
            if a < 0:
                return -1
            ends[0, t], ends[1, t] = low, high
            if hours - t == check or t == 0:
                if lap > 0 and _same(togo, a, b, memory[slot], counts[slot], slack):
                    return 1
                counts[slot] = -1
                if b - a <= REMEMBERED:
                    counts[slot] = b - a
                    memory[slot, :, : b - a] = togo[:, a:b]
                check *= 2
                slot += 1
    return 0


@nb.njit(cache=True, nogil=True)
def _pass(
    stack: Stack, law: StorageLaw, q: Array, turn: float, ends: Array, togo: Array, hour: Array
) -> int:
    """Go backwards once from a store worth `turn` per MWh at the year's end.

    Returns whether energy at the turn of the year is worth more (1), less (-1) or `turn` (0);
    -2 if the segments do not fit.
    """
    hours = stack.cost.shape[0]
    power, energy = q[law.power_key], q[law.energy_key]
    togo[0, 0], togo[1, 0] = turn, energy
    a, b = 0, 1
    for t in range(hours - 1, -1, -1):
        a, b, low, high = _step(stack, law, q, t, power, energy, togo, a, b, hour)
        if a < 0:
            return -2
        ends[0, t], ends[1, t] = low, high
    above = equal = 0.0
    for k in range(a, b):
        if togo[0, k] > turn:
            above += togo[1, k]
        elif togo[0, k] == turn:
            equal += togo[1, k]
    first = min(max(turn, ends[0, 0]), ends[1, 0])
    first_least, first_most = above, above + equal
    if first < turn:
        first_least = first_most = 0.0
    elif first > turn:
        first_least = first_most = energy
    least, most, water = first_most, first_least, turn
    for t in range(hours):
        now = min(max(water, ends[0, t]), ends[1, t])
        if t > 0 and now != water:
            least = most = 0.0 if now < water else energy
        water = now
        down, up = hour_range(stack, law, q, t, power, water, hour)
        least = max(least + down, 0.0)
        most = min(most + up, energy)
    if water != turn:
        least = most = 0.0 if water > turn else energy
    slack = 1e-10 * max(power, energy)
    if first_least - most > slack:
        return 1
    if first_most - least < -slack:
        return -1
    return 0


@nb.njit(cache=True, nogil=True)
def hour_range(
    stack: Stack, law: StorageLaw, q: Array, t: int, power: float, water: float, hour: Array
) -> tuple[float, float]:
    """Return the least and the most change of state that is optimal in hour `t` at `water`."""
    n, least, _ = hour_segments(stack, law, q, t, power, law.burn_price > -np.inf, hour)
    most = least
    for k in range(n):
        if hour[0, k] < water:
            least += hour[1, k]
            most += hour[1, k]
        elif hour[0, k] == water:
            most += hour[1, k]
    return least, most


@nb.njit(cache=True, nogil=True)
def _search(
    stack: Stack, law: StorageLaw, q: Array, ends: Array, togo: Array, hour: Array
) -> float:
    """Return what a MWh is worth at the turn of the year; NaN if the segments do not fit.

    Its breaks are the values that a price of the stack can give, so halving their list ends.
    """
    prices = np.unique(stack.cost.ravel())
    n = len(prices)
    found = np.empty(2 * n + 1)
    for k in range(n):
        found[k] = prices[k] / law.charge
        found[n + k] = (prices[k] - law.wear) * law.discharge
    found[2 * n] = law.burn_value if law.burn_price > -np.inf else found[0]
    values = np.unique(found)
    low, high = 0, len(values) - 1
    middle = 0
    while low <= high:
        middle = (low + high) // 2
        side = _pass(stack, law, q, values[middle], ends, togo, hour)
        if side == -2:
            return np.nan
        if side == 0:
            break
        if side > 0:
            low = middle + 1
        else:
            high = middle - 1
    return float(values[middle])


@nb.njit(cache=True, nogil=True)
def price_of(
    stack: Stack, q: Array, t: int, target: float, power: float, bid: float, ask: float
) -> float:
    """Return where stack, discharge (at `ask`) and charge left undone (at `bid`) meet `target`."""
    low, high = min(bid, ask), max(bid, ask)
    extra = 0 if power > 0.0 else 2
    made, price = 0.0, float(stack.cost[t, 0])
    i, n = 0, stack.cost.shape[1]
    while i < n or extra < 2:
        other = low if extra == 0 else high
        if extra < 2 and (i >= n or other <= stack.cost[t, i]):
            price = other
            made += power
            extra += 1
        else:
            price = stack.cost[t, i]
            made += stack.factor[t, i] * q[stack.key[t, i]]
            i += 1
        if made >= target:
            break
    return price


@nb.njit(cache=True, nogil=True)
def _duals(
    stack: Stack, law: StorageLaw, q: Array, turn: float, ends: Array, slope: Array, series: Array
) -> None:
    """Write water value and power price by hour and add up what each capacity saves."""
    power = q[law.power_key]
    water = turn
    save_power = save_energy = 0.0
    for t in range(stack.cost.shape[0]):
        now = min(max(water, ends[0, t]), ends[1, t])
        save_energy += max(0.0, now - water)
        water = now
        bid, ask = water * law.charge, water / law.discharge + law.wear
        target = demand_of(stack, q, t) + power
        price = price_of(stack, q, t, target, power, bid, ask)
        series[0, t], series[1, t] = price, water
        save_power += max(0.0, bid - price) + max(0.0, price - ask)
        for i in range(stack.demand_key.shape[0]):
            slope[stack.demand_key[i]] += price * stack.demand_factor[t, i]
        for i in range(stack.cost.shape[1]):
            margin = price - stack.cost[t, i]
            if margin <= 0.0:
                break
            slope[stack.key[t, i]] -= margin * stack.factor[t, i]
    save_energy += max(0.0, turn - water)
    slope[law.power_key] -= save_power
    slope[law.energy_key] -= save_energy


@nb.njit(cache=True, nogil=True)
def evaluate(
    stack: Stack, law: StorageLaw, q: Array, room: int, slope: Array, series: Array
) -> int:
    """Add the slopes of the cost in each capacity to `slope`, and write price and water value.

    Returns 0; 1 if a storage needed the search at the turn of the year; -1 if `room` is too
    small for its segments.
    """
    hours = stack.cost.shape[0]
    ends = np.empty((2, hours))
    hour = np.empty((2, 2 * stack.cost.shape[1] + 2))
    togo = np.empty((2, room))
    power = q[law.power_key]
    turn, samples = 0.0, 0
    for t in range(0, hours, max(1, hours // 64)):
        turn += price_of(stack, q, t, demand_of(stack, q, t), 0.0, np.inf, np.inf)
        samples += 1
    turn /= samples
    route = 0
    if power <= 0.0:
        ends[0], ends[1] = -np.inf, np.inf
    else:
        found = _laps(stack, law, q, turn, ends, togo, hour)
        if found == 0:
            route = 1
            turn = _search(stack, law, q, ends, togo, hour)
        if found < 0 or turn != turn:
            return -1
        if found == 1:
            # one lap of clips has a fixed point after one lap
            for t in range(hours):
                turn = min(max(turn, ends[0, t]), ends[1, t])
    _duals(stack, law, q, turn, ends, slope, series)
    return route


@nb.njit(cache=True, nogil=True)
def evaluate_all(
    stack: Stack, law: StorageLaw, capacities: Array, room: int, slopes: Array, routes: Array
) -> None:
    """Evaluate each row of `capacities`; a storage that does not fit gets more room."""
    series = np.empty((2, stack.cost.shape[0]))
    for k in range(capacities.shape[0]):
        base = slopes[k].copy()
        space = room
        while True:
            routes[k] = evaluate(stack, law, capacities[k], space, slopes[k], series)
            if routes[k] >= 0:
                break
            slopes[k] = base
            space *= 4
