"""Compiled steps of one hour: take in merit order, discharge, shed, make up, charge, export.

In this order: must-run output; other sources, import and storage by rising
cost until the load is met; tiers shed, least value first; deferred work made
up; storage charged; surplus exported; what is left of must-run is spilled.

The functions take plain arrays: taking arrays out of a tuple costs more here
than the hour's arithmetic.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.operations._kernels import count_loss, is_day_peak
from gigaplan.operations.arrays import (
    ABOVE,
    BELOW,
    CATCH_UP,
    COOLING_M3,
    ENERGY,
    EXPORT,
    EXPORT_USD,
    GAIN,
    LOST_USD,
    M_EUE,
    M_SERVED,
    M_WATER_M3,
    POWER,
    RESERVE,
    RESTART,
    SCALARS,
    SERVED,
    SHARE,
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
    VALUE,
    YIELD,
    Array,
)

# Small functions are compiled into their callers: in hours gone through one by one, a fifth of the
# time went into handing arrays on.

# Places in `now`, the hour's own figures: must-run surplus, its clean share, import, MW through
# the connection, cost of the last MW, MW from storage, its clean part; and what is carried from
# hour to hour: the last hour of loss, whether work waits to be made up, the step of the hour; and
# by how much a MW of import lifts the price.
SURPLUS, MUST_CLEAN, IMPORTED, CONNECTED, COST, GIVEN_ALL, GIVEN_CLEAN, LAST_SHORT, WAITS = range(9)
STEP, SLOPE = 9, 10
NOW = 11
# Places in `inside` [storage, 3] and `tier_state` [tier, 2], carried from hour to hour.
CHARGE, CLEAN_CHARGE, GIVEN = range(3)
SHED, BACKLOG = range(2)


@uncounted()
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
    remote sources share. Where imports lift their price they go on until one
    more would cost what the next source does.
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
            grid_waits = now[SLOPE] > 0.0
            left -= _import(left, room[sources], price, cost[g], now)
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
        left -= _import(left, room[sources], price, ceiling, now)
    return float(amount - left)


@uncounted(inline="always")
def _import(amount: float, limit: float, price: float, dearest: float, now: Array) -> float:
    """Import up to `amount` MW within what the connection has left.

    Where import lifts the price, no MW that costs more than `dearest`: q MW cost
    q (price + slope q), so one more costs price + 2 slope q.
    """
    twice = 2.0 * now[SLOPE]
    more = min(amount, limit - now[CONNECTED])
    if twice > 0.0:
        more = min(more, (dearest - price) / twice - now[IMPORTED])
    if more <= 0.0:
        return 0.0
    now[IMPORTED] += more
    now[CONNECTED] += more
    now[COST] = price + twice * now[IMPORTED]
    return float(more)


@uncounted(forceinline=True)
def _export(
    limit: float,
    must_run: int,
    cost: Array,
    remote: Array,
    room: Array,
    price: float,
    out: Array,
    now: Array,
) -> float:
    """Export surplus, and what costs less than it earns, up to `limit` MW; return MW.

    Where export lowers the price, x MW earn x (price - slope x), one more price - 2 slope x.
    """
    room[cost.size] = 0.0  # nothing comes in to go out
    if now[SLOPE] == 0.0:
        below = np.nextafter(price, -np.inf)
        return float(take(limit, below, must_run, cost, remote, room, price, out, now))
    per_usd = 1.0 / (2.0 * now[SLOPE])
    most = min(limit, price * per_usd)
    sold = take(most, -np.inf, must_run, cost, remote, room, price, out, now)
    for g in range(must_run, cost.size):
        most = min(limit, (price - cost[g]) * per_usd)
        if most > sold:
            sold += take(most - sold, cost[g], must_run, cost, remote, room, price, out, now)
    return float(sold)


@uncounted(forceinline=True)
def _discharge(
    k: int,
    store: Array,
    limit_mw: float,
    amount: float,
    keep_mwh: float,
    inside: Array,
    now: Array,
) -> float:
    """Discharge storage k towards `amount` MW, not below `keep_mwh`; return MW."""
    charge = inside[k, CHARGE]
    mw = min(amount, min(limit_mw, (charge - keep_mwh) * store[k, YIELD]))
    if mw <= 0.0:
        return 0.0
    share = inside[k, CLEAN_CHARGE] / charge
    drawn = min(mw / store[k, YIELD], charge)
    inside[k, CHARGE] -= drawn
    inside[k, CLEAN_CHARGE] -= min(drawn * share, inside[k, CLEAN_CHARGE])
    inside[k, GIVEN] += mw
    now[GIVEN_ALL] += mw
    now[GIVEN_CLEAN] += mw * share
    return float(mw)


@uncounted(forceinline=True)
def _serve(
    demand: float,
    tolerance: float,
    store: Array,
    size: Array,
    must_run: int,
    cost: Array,
    remote: Array,
    room: Array,
    price: float,
    out: Array,
    now: Array,
    inside: Array,
) -> float:
    """Serve the load; return MW still short.

    What is cheaper than a storage's discharge price goes before that storage;
    its reserve only in hours that would be short.
    """
    left = demand
    for k in range(size.size):
        inside[k, GIVEN] = 0.0
        if left > 0.0:
            left -= take(left, store[k, ABOVE], must_run, cost, remote, room, price, out, now)
        if left > tolerance:
            keep = store[k, RESERVE] * store[k, ENERGY] * size[k]
            mw = _discharge(k, store, store[k, POWER] * size[k], left, keep, inside, now)
            left -= mw
            if mw > 0.0 and np.isfinite(store[k, ABOVE]):
                now[COST] = store[k, ABOVE]
    if left > 0.0:
        left -= take(left, np.inf, must_run, cost, remote, room, price, out, now)
    for k in range(size.size):
        if left > tolerance and store[k, RESERVE] > 0.0:
            limit = store[k, POWER] * size[k] - inside[k, GIVEN]
            left -= _discharge(k, store, limit, left, 0.0, inside, now)
    return float(left)


@uncounted()
def shed(
    short: float, demand: float, pue: float, tier: Array, tier_state: Array, year: Array
) -> float:
    """Shed `short` MW from the tier of least value upward; return the value of the last one."""
    left, last_value = short, 0.0
    for t in range(tier.shape[0]):
        cut = min(left, tier[t, SHARE] * demand)
        if t == tier.shape[0] - 1:
            cut = left  # the last tier takes the rounding of the shares
        left -= cut
        if cut > 0.0:
            base = SCALARS + TIER_ROWS * t
            newly = max(cut - tier_state[t, SHED], 0.0)
            year[base + TIER_SHED] += cut
            year[base + TIER_HOURS] += 1.0
            year[base + TIER_LOST_IT] += (cut + newly * tier[t, RESTART]) / pue
            year[LOST_USD] += cut * tier[t, VALUE]
            last_value = tier[t, VALUE]
            if tier[t, CATCH_UP] > 0.0:
                tier_state[t, BACKLOG] += cut / pue
        tier_state[t, SHED] = cut
    return float(last_value)


@uncounted(forceinline=True)
def _make_up(
    demand: float,
    pue: float,
    tier: Array,
    tier_state: Array,
    must_run: int,
    cost: Array,
    remote: Array,
    room: Array,
    price: float,
    out: Array,
    now: Array,
    year: Array,
) -> float:
    """Make up deferred work, dearest tier first, from spare that costs less than its value."""
    total = 0.0
    for t in range(tier.shape[0] - 1, -1, -1):
        if tier_state[t, BACKLOG] > 0.0:
            most = tier[t, CATCH_UP] * tier[t, SHARE] * demand
            want = min(tier_state[t, BACKLOG] * pue, most)
            mw = take(want, tier[t, VALUE], must_run, cost, remote, room, price, out, now)
            total += mw
            tier_state[t, BACKLOG] = max(tier_state[t, BACKLOG] - mw / pue, 0.0)
            base = SCALARS + TIER_ROWS * t
            year[base + TIER_MADE_UP] += mw
            year[base + TIER_LOST_IT] -= mw / pue
    return float(total)


@uncounted(forceinline=True)
def _clean_mw(clean: Array, out: Array, now: Array, grid_clean: float) -> float:
    """Return clean MW of sources and import, less the clean part of must-run surplus."""
    total = now[IMPORTED] * grid_clean - now[SURPLUS] * now[MUST_CLEAN]
    for g in range(clean.size):
        total += out[g] * clean[g]
    return float(total)


@uncounted(forceinline=True)
def _charge(
    served: float,
    store: Array,
    size: Array,
    must_run: int,
    cost: Array,
    clean: Array,
    remote: Array,
    room: Array,
    price: float,
    grid_clean: float,
    out: Array,
    now: Array,
    inside: Array,
    charged_rows: Array,
) -> float:
    """Charge from spare that is cheap enough, storage by storage; return MW.

    A storage that discharged does not charge. Clean energy serves the load
    first; what is over goes into storage first.
    """
    charged = 0.0
    for k in range(size.size):
        full = store[k, ENERGY] * size[k]
        if inside[k, GIVEN] > 0.0 or inside[k, CHARGE] >= full:
            continue
        gain = store[k, GAIN]
        want = min(store[k, POWER] * size[k], (full - inside[k, CHARGE]) / gain)
        mw = take(want, store[k, BELOW], must_run, cost, remote, room, price, out, now)
        if mw > 0.0:
            spare = _clean_mw(clean, out, now, grid_clean) + now[GIVEN_CLEAN] - served - charged
            inside[k, CLEAN_CHARGE] += min(mw, max(spare, 0.0)) * gain
            inside[k, CHARGE] = min(inside[k, CHARGE] + mw * gain, full)
            charged += mw
            charged_rows[2 * k] += mw
    return float(charged)


@uncounted()
def dispatch_hour(
    h: int,
    i: int,
    demands: Array,
    pue: float,
    price: float,
    grid_clean: float,
    water: float,
    tolerance: float,
    export_limit: float,
    must_run: int,
    cost: Array,
    clean: Array,
    remote: Array,
    store: Array,
    size: Array,
    tier: Array,
    available: Array,
    out: Array,
    room: Array,
    now: Array,
    inside: Array,
    tier_state: Array,
    year: Array,
    hour: Array,
    hourly: Array,
    tracing: bool,
    at_month: int,
    months: int,
) -> None:
    """Dispatch hour h afresh and write it over column i of `hourly` [row, hour of the part].

    `demands` and `available` go by i, too. `size` [storage] is each storage's size this month
    over its full size; `at_month` is the row of `year` with the month's first figure.
    """
    demand, sources, stores, tiers = demands[i], cost.size, size.size, tier.shape[0]
    made, clean_made = 0.0, 0.0
    for g in range(sources):
        room[g] = available[g, i]
        out[g] = 0.0
        if g < must_run:
            out[g] = room[g]
            made += room[g]
            clean_made += room[g] * clean[g]
    room[sources] = available[sources, i]
    now[:LAST_SHORT] = 0.0
    now[SURPLUS] = made
    now[MUST_CLEAN] = clean_made / made if made > 0.0 else 0.0

    left = _serve(
        demand, tolerance, store, size, must_run, cost, remote, room, price, out, now, inside
    )
    at_store = SCALARS + TIER_ROWS * tiers + 2 * sources
    for k in range(stores):
        year[at_store + 2 * k + 1] += inside[k, GIVEN]
    short = 0.0
    if left > tolerance:
        short = left
        last = int(now[LAST_SHORT])
        if last != h - 1:
            tier_state[:, SHED] = 0.0
        count_loss(year, h, last, short, is_day_peak(demands, i), hour)
        now[LAST_SHORT] = h
        now[COST] = shed(short, demand, pue, tier, tier_state, year)
        now[WAITS] = 1.0
    marginal = now[COST]

    made_up = 0.0
    if now[WAITS] > 0.0:
        if short == 0.0:
            made_up = _make_up(
                demand, pue, tier, tier_state, must_run, cost, remote, room, price, out, now, year
            )
        if h % 24 == 23:  # what was not made up by the day's end is lost
            tier_state[:, BACKLOG] = 0.0
            now[WAITS] = 0.0
    served = demand - short + made_up
    charged = 0.0
    if short == 0.0 and stores > 0:
        charged = _charge(
            served,
            store,
            size,
            must_run,
            cost,
            clean,
            remote,
            room,
            price,
            grid_clean,
            out,
            now,
            inside,
            year[at_store:],
        )
    export = 0.0
    if export_limit > 0.0 and now[CONNECTED] <= tolerance and price >= 0.0:
        export = _export(export_limit, must_run, cost, remote, room, price, out, now)
        year[EXPORT] += export
        year[EXPORT_USD] += export * (price - now[SLOPE] * export)
    year[SERVED] += made_up - short
    year[COOLING_M3] += (made_up - short) / pue * water
    if months > 0:
        year[at_month + months * M_EUE] += short
        year[at_month + months * M_SERVED] += made_up - short
        year[at_month + months * M_WATER_M3] += (made_up - short) / pue * water

    hourly[T_IMPORT, i], hourly[T_SPILL, i] = now[IMPORTED], now[SURPLUS]
    hourly[T_PRICE, i] = marginal
    clean_made = _clean_mw(clean, out, now, grid_clean)
    hourly[T_CLEAN_MADE, i] = clean_made
    hourly[T_CLEAN, i] = min(served, clean_made + now[GIVEN_CLEAN])
    for g in range(sources):
        hourly[TRACE_SCALARS + g, i] = out[g]
    if tracing:
        hourly[T_SHED, i], hourly[T_MADE_UP, i], hourly[T_EXPORT, i] = short, made_up, export
        hourly[T_CHARGE, i], hourly[T_DISCHARGE, i] = charged, now[GIVEN_ALL]
        if short > 0.0:
            for t in range(tiers):
                hourly[TRACE_SCALARS + sources + stores + t, i] = tier_state[t, SHED]
