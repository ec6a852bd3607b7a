"""Compiled loops of the cost-to-go of a storage, backwards round a chain of hours.

Its segments lie in two arrays from the highest value (an empty storage) to the lowest (a full
one), with room at both ends: an hour swaps what is worth more than charging costs for as much at
that cost, from the front, and what is worth less than discharging saves for as much at that, from
the back.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.expansion.oracle.arrays import Array, Rows, StorageLaw
from gigaplan.expansion.oracle.hour._kernels import split_list, write_ranges, write_rest

REMEMBERED = 2048
"""Segments that a remembered cost-to-go may have."""

ROOM = 4096
"""Segments that there is room for at first."""

NO_ROOM = -1
"""Route of a point whose storage needs more segments than allowed."""


@nb.njit(cache=True, nogil=True, inline="always")
def _insert(
    worth: Array, width: Array, a: int, b: int, value: float, moved: float
) -> tuple[int, int]:
    """Put a segment in its place, or add it to one of the same value; return the new ends."""
    low, high = a, b
    while low < high:
        middle = (low + high) // 2
        if worth[middle] > value:
            low = middle + 1
        else:
            high = middle
    if low < b and worth[low] == value:
        width[low] += moved
    elif moved > 0.0:
        if low - a < b - low:
            a -= 1
            low -= 1
            for m in range(a, low):
                worth[m], width[m] = worth[m + 1], width[m + 1]
        else:
            for m in range(b, low, -1):
                worth[m], width[m] = worth[m - 1], width[m - 1]
            b += 1
        worth[low], width[low] = value, moved
    return a, b


@nb.njit(cache=True, nogil=True)
def _sweep(
    rows: Rows,
    law: StorageLaw,
    power: float,
    togo: Array,
    ends: Array,
    a: int,
    b: int,
    h: int,
    last: int,
    hour: Array,
) -> tuple[int, int, int]:
    """Carry the cost-to-go back from hour `h`, until there is no room left.

    Returns the hour that is next, the one before `last` if none, and the new ends. It is one long
    loop because handing arrays on by the hour takes longer than the work.
    """
    cost, end, filled, at, demand = rows.cost, rows.end, rows.filled, rows.at, rows.demand
    worth, width, lowest, highest = togo[0], togo[1], ends[0], ends[1]
    spare = 2 * cost.shape[1] + 4
    room = worth.shape[0] - spare
    while h >= last:
        if a < spare or b > room:
            break
        n, i, begin, length, before = filled[h], at[h], demand[h], 0, 0.0
        high, low = begin + power, max(0.0, begin - power)
        listed = i < n and cost[h, i] < law.burn_price
        if listed:
            i, length, before = split_list(cost, end, demand, law, h, n, power, hour)
        middle, width_before = i, before
        while True:
            if listed:
                if i >= length:
                    break
                value, most = hour[0, i], hour[1, i] - before
                before = 0.0
            else:
                if i >= n or begin >= high:
                    break
                stop = min(end[h, i], high)
                value, most = cost[h, i] * law.per_charge, (stop - begin) * law.charge
                begin = stop
            if worth[a] <= value:
                break
            i += 1
            moved = 0.0
            while a < b and worth[a] > value:
                have, left = width[a], most - moved
                if have > left:
                    width[a] = have - left
                    moved = most
                    break
                moved += have
                a += 1
            a, b = _insert(worth, width, a, b, value, moved)
        i, stop, before, burnt = min(middle, n - 1), demand[h], width_before, False
        if listed:
            i = min(middle, length - 1)
        while True:
            if listed:
                if i < 0:
                    break
                value, most = hour[0, i], before if i == middle else hour[1, i]
                i -= 1
            elif i >= 0 and stop > low and (burnt or cost[h, i] >= law.burn_price):
                begin = max(end[h, i - 1], low) if i > 0 else low
                value = cost[h, i] * law.per_charge
                most = (stop - begin) * law.charge
                if not burnt:
                    value = (cost[h, i] - law.wear) * law.discharge
                    most = (stop - begin) * law.per_discharge
                stop = begin
                i -= 1
            elif not burnt:
                # after all that is better discharged than burnt, both at once
                value, burnt = law.burn_value, True
                most = (power - (demand[h] - stop)) * (law.per_discharge - law.charge)
            else:
                break
            if worth[b - 1] >= value:
                break
            moved = 0.0
            while a < b and worth[b - 1] < value:
                have, left = width[b - 1], most - moved
                if have > left:
                    width[b - 1] = have - left
                    moved = most
                    break
                moved += have
                b -= 1
            a, b = _insert(worth, width, a, b, value, moved)
        lowest[h], highest[h] = worth[b - 1], worth[a]
        h -= 1
    return h, a, b


@nb.njit(cache=True, nogil=True)
def _back(
    rows: Rows,
    law: StorageLaw,
    power: float,
    togo: Array,
    ends: Array,
    a: int,
    b: int,
    h: int,
    last: int,
    hour: Array,
) -> tuple[int, int]:
    """Carry the cost-to-go back from hour `h` to `last`; return its new ends.

    A new front of -1 says that the segments do not fit.
    """
    spare, room = 2 * rows.cost.shape[1] + 4, togo.shape[1]
    while h >= last:
        if a < spare or b > room - spare:
            if b - a + 4 * spare > room:
                return -1, 0
            to = (room - (b - a)) // 2
            togo[:, to : to + b - a] = togo[:, a:b].copy()
            a, b = to, to + b - a
        h, a, b = _sweep(rows, law, power, togo, ends, a, b, h, last, hour)
    return a, b


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
    rows: Rows,
    law: StorageLaw,
    hours: int,
    power: float,
    energy: float,
    start: float,
    ends: Array,
    togo: Array,
    hour: Array,
) -> int:
    """Go round the chain backwards until the cost-to-go repeats; write its end values by hour.

    Returns 1 if it repeats, 0 if not within two laps, -1 if the segments do not fit.
    """
    slack = 1e-11 * max(power, energy)
    memory = np.empty((40, 2, REMEMBERED))
    counts = np.full(40, -1)
    a = togo.shape[1] // 2
    b = a + 1
    togo[0, a], togo[1, a] = start, energy
    for lap in range(2):
        slot, h, length = 0, hours - 1, 24
        while h >= 0:
            last = max(0, h + 1 - length)
            a, b = _back(rows, law, power, togo, ends, a, b, h, last, hour)
            if a < 0:
                return -1
            if lap > 0 and _same(togo, a, b, memory[slot], counts[slot], slack):
                return 1
            counts[slot] = -1
            if b - a <= REMEMBERED:
                counts[slot] = b - a
                memory[slot, :, : b - a] = togo[:, a:b]
            h, slot, length = last - 1, slot + 1, max(24, (hours - last) // 2)
    return 0


@nb.njit(cache=True, nogil=True)
def write_water(ends: Array, turn: float, water: Array) -> float:
    """Write the water value by hour; return by how much it rises, round the chain."""
    worth, rent, hours = turn, 0.0, water.shape[0]
    for h in range(hours):
        now = min(max(worth, ends[0, h]), ends[1, h])
        if h > 0:
            rent += max(0.0, now - worth)
        worth = now
        water[h] = worth
    rent += max(0.0, water[0] - worth)
    return float(rent)


@nb.njit(cache=True, nogil=True)
def _turn(ends: Array, hours: int) -> float:
    """Return the water value at the turn: what a lap of clips makes of any other."""
    low, high = -np.inf, np.inf
    for h in range(hours - 1, -1, -1):
        least = min(max(ends[0, h], low), high)
        high = min(max(ends[1, h], low), high)
        low = least
        if low >= high:
            break
    turn: float = max(low, min(high, 0.0))
    return turn


@nb.njit(cache=True, nogil=True)
def _pass(
    rows: Rows,
    law: StorageLaw,
    hours: int,
    power: float,
    energy: float,
    turn: float,
    ends: Array,
    span: Array,
    togo: Array,
    hour: Array,
) -> int:
    """Go backwards once from a store worth `turn` per MWh at the chain's end.

    Returns whether energy at the turn of the chain is worth more (1), less (-1) or `turn` (0);
    -2 if the segments do not fit.
    """
    a = togo.shape[1] // 2
    togo[0, a], togo[1, a] = turn, energy
    a, b = _back(rows, law, power, togo, ends, a, a + 1, hours - 1, 0, hour)
    if a < 0:
        return -2
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
    water = np.empty(hours)
    write_water(ends, turn, water)
    write_ranges(rows, law, power, water, span, hour)
    least, most, before = first_most, first_least, turn
    for h in range(hours):
        if h > 0 and water[h] != before:
            least = most = 0.0 if water[h] < before else energy
        before = water[h]
        least = max(least + span[0, h], 0.0)
        most = min(most + span[1, h], energy)
    if before != turn:
        least = most = 0.0 if before > turn else energy
    slack = 1e-10 * max(power, energy)
    if first_least - most > slack:
        return 1
    if first_most - least < -slack:
        return -1
    return 0


@nb.njit(cache=True, nogil=True)
def _values_between(
    rows: Rows, law: StorageLaw, hours: int, lowest: float, highest: float
) -> Array:
    """Return the values between that a price of the stack can give a MWh in store, ascending."""
    found, n = np.empty(1024), 0
    for h in range(hours):
        for k in range(rows.filled[h]):
            charged = rows.cost[h, k] * law.per_charge
            kept = (rows.cost[h, k] - law.wear) * law.discharge
            if n + 3 > found.shape[0]:
                found = np.append(found, np.empty(n))
            if lowest < charged < highest:
                found[n] = charged
                n += 1
            if lowest < kept < highest:
                found[n] = kept
                n += 1
    if lowest < law.burn_value < highest:
        found[n] = law.burn_value
        n += 1
    return np.unique(found[:n])


@nb.njit(cache=True, nogil=True)
def _search(
    rows: Rows,
    law: StorageLaw,
    hours: int,
    power: float,
    energy: float,
    turn: float,
    ends: Array,
    togo: Array,
    hour: Array,
) -> float:
    """Return what a MWh is worth at the turn of the chain; NaN if the segments do not fit.

    It tries `turn` and what a lap from there leads to. If that does not settle, it halves the list
    of values that the stack can give between what was too low and what was too high.
    """
    span = np.empty((2, hours))
    lowest, highest = -np.inf, np.inf
    for _ in range(6):
        side = _pass(rows, law, hours, power, energy, turn, ends, span, togo, hour)
        if side == -2:
            return np.nan
        if side == 0:
            return turn
        if side > 0:
            lowest = turn
        else:
            highest = turn
        turn = _turn(ends, hours)
        if not lowest < turn < highest:
            break
    values = _values_between(rows, law, hours, lowest, highest)
    low, high = 0, len(values) - 1
    while low <= high:
        middle = (low + high) // 2
        turn = float(values[middle])
        side = _pass(rows, law, hours, power, energy, turn, ends, span, togo, hour)
        if side == -2:
            return np.nan
        if side == 0:
            break
        if side > 0:
            low = middle + 1
        else:
            high = middle - 1
    return turn


@nb.njit(cache=True, nogil=True)
def write_ends(
    rows: Rows,
    law: StorageLaw,
    hours: int,
    power: float,
    energy: float,
    limit: int,
    ends: Array,
    hour: Array,
) -> tuple[int, float]:
    """Write the end values of the cost-to-go by hour; return the route and the value at the turn.

    The route is 0, 1 if the storage needed the search at the turn, or `NO_ROOM`.
    """
    start, samples = 0.0, 0
    for h in range(0, hours, max(1, hours // 64)):
        start += rows.cost[h, min(rows.at[h], max(rows.filled[h] - 1, 0))]
        samples += 1
    start /= samples
    if power <= 0.0:
        ends[0, :hours], ends[1, :hours] = -np.inf, np.inf
        return 0, start
    if energy <= 0.0:
        write_rest(rows, law, hours, power, ends, hour)
        return 0, _turn(ends, hours)
    room = min(limit, ROOM)
    while True:
        togo = np.empty((2, room))
        found = _laps(rows, law, hours, power, energy, start, ends, togo, hour)
        if found == 1:
            return 0, _turn(ends, hours)
        if found == 0:
            turn = _turn(ends, hours)
            turn = _search(rows, law, hours, power, energy, turn, ends, togo, hour)
            if turn == turn:
                return 1, turn
        if room >= limit:
            return NO_ROOM, 0.0
        room = min(4 * room, limit)
