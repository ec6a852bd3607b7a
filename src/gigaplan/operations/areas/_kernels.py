"""Compiled loop over the years of areas that help each other.

As in the loop of capacity against load, a day is passed over whole if no area can be short in it
even if all its losses came first; flows are sought only in hours in which some area is short.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gigaplan.core.random_streams import uniform
from gigaplan.core.references import borrowed, uncounted
from gigaplan.operations._kernels import DAY, changes, most_by_day
from gigaplan.operations.areas.arrays import (
    AREA_EUE,
    AREA_LOAD,
    AREA_LOLH,
    AREA_ROWS,
    EUE,
    EVENTS,
    FLOW,
    FULL,
    LINE_ROWS,
    LINES_PER_MASK,
    LOAD,
    LOLH,
    SCALARS,
    USED,
    NetworkArrays,
)
from gigaplan.operations.areas.hour._kernels import charge_all, discharge, share
from gigaplan.operations.arrays import ENERGY, INITIAL, Array, BucketArrays, Scratch, UnitArrays
from gigaplan.operations.outages._kernels import add_units, draw_events
from gigaplan.operations.outages.simple._kernels import draw, make_changes, make_scratch


class Inside(NamedTuple):
    """Room for one hour, and what is carried from hour to hour."""

    now: Array  # [area] MW over the load, below nought short
    room: Array  # [edge] MW that it may still carry
    limit: Array  # [edge] MW
    running: Array  # [row] sum of the changes so far
    queue: Array  # [area] int
    via: Array  # [area] int
    extra: Array  # [area]
    missing: Array  # [area]
    charge: Array  # [storage] MWh
    able: Array  # [storage]
    seen: Array  # [line] whether it was up when limits were last set


class Work(NamedTuple):
    """Room for one sample; days are whole ones, the last perhaps beyond the end."""

    row: Array  # [row + 1, hour + 1] changes; the last for units with a profile
    mark: Array  # [group]
    net: Array  # [area, hour] load less what never fails
    most: Array  # [area, day] greatest net load
    total: Array  # [row, day] sum of changes
    falls: Array  # [row, day] sum of those below nought
    energy: Array  # [area] load of the year
    year: Array  # [row of the table]
    scratch: Scratch
    inside: Inside


@uncounted()
def _net_of_steady(n: NetworkArrays, buckets: BucketArrays, weather: int, net: Array) -> None:
    """Fill net[area, hour] with load less what units that never fail give, -inf beyond the end."""
    areas, _, hours = n.load_mw.shape
    net[:, hours:] = -np.inf
    for a in range(net.shape[0]):
        for h in range(hours):
            net[a, h] = n.load_mw[a, weather, h]
    for b in range(buckets.source.size):
        steady, profile = buckets.steady_mw[b], buckets.profile[b]
        place = n.place[buckets.source[b]]
        if steady >= 0.0 and place < areas:
            for h in range(hours):
                one = buckets.profiles[profile, weather, h] if profile >= 0 else 1.0
                net[place, h] -= steady * one


@uncounted()
def _sample(
    units: UnitArrays,
    buckets: BucketArrays,
    n: NetworkArrays,
    sample: int,
    weather: int,
    net: Array,
    most: Array,
    row: Array,
    mark: Array,
    scratch: Scratch,
) -> None:
    """Add changes of MW to row[area or group, hour], and take off net[area, hour] the rest.

    The rest are units that may fail and have a profile; their areas' `most` [area, day] follows.
    """
    hours = n.load_mw.shape[2]
    place_in_cycle = uniform(units.refuel_key, np.uint64(sample), np.uint64(0))
    draw(units, sample, scratch)
    draw_events(units, sample, weather, hours, scratch)
    spare = row[row.shape[0] - 1]
    for b in range(buckets.source.size):
        place, profile = n.place[buckets.source[b]], buckets.profile[b]
        if buckets.steady_mw[b] >= 0.0:
            continue
        first, last = buckets.unit_offset[b], buckets.unit_offset[b + 1]
        into = row[place] if profile < 0 else spare
        add_units(units, first, last, sample, weather, place_in_cycle, hours, into, mark, scratch)
        if profile >= 0:
            running = 0.0
            for h in range(hours):
                running += spare[h]
                spare[h] = 0.0
                net[place, h] -= max(running, 0.0) * buckets.profiles[profile, weather, h]
            spare[hours] = 0.0
            most_by_day(net[place], most[place])


@uncounted()
def _count_without(n: NetworkArrays, row: Array, weather: int, year: Array) -> None:
    """Count an hour in which a line can carry nothing as one of full use."""
    areas, _, hours = n.load_mw.shape
    for group in range(n.always_up.size):
        up, first = np.int64(n.always_up[group]), 0
        changed = row[areas + group]
        low = LINES_PER_MASK * group
        high = min(low + LINES_PER_MASK, n.open_hours.shape[0])
        for i in range(low, high):
            year[SCALARS + AREA_ROWS * areas + LINE_ROWS * i + USED] += hours
        for h in range(hours + 1):
            if changed[h] == 0.0 and h < hours:
                continue
            for i in range(low, high):
                if (up >> (i - low)) & 1:
                    carried = n.open_hours[i, weather, h] - n.open_hours[i, weather, first]
                    year[SCALARS + AREA_ROWS * areas + LINE_ROWS * i + USED] -= carried
            up += np.int64(changed[h])
            first = h


@uncounted()
def _count(
    margin: Array, room: Array, limit: Array, short: bool, tolerance: float, year: Array
) -> float:
    """Count an hour's shortages and flows; return MWh short."""
    areas = margin.size
    lost = 0.0
    for a in range(areas):
        if margin[a] < -tolerance:
            year[SCALARS + AREA_ROWS * a + AREA_LOLH] += 1.0
            year[SCALARS + AREA_ROWS * a + AREA_EUE] -= margin[a]
            lost -= margin[a]
    for i in range(room.size // 2):
        flow = limit[2 * i] - room[2 * i]  # below nought where more goes back
        if flow == 0.0 and not short:
            continue
        most = limit[2 * i] if flow > 0.0 else limit[2 * i + 1]
        at = SCALARS + AREA_ROWS * areas + LINE_ROWS * i
        year[at + FLOW] += flow
        if most > 0.0:
            year[at + USED] += abs(flow) / most
        if short and abs(flow) >= most - tolerance:
            year[at + FULL] += 1.0
    return lost


@uncounted()
def _limits(
    n: NetworkArrays, running: Array, weather: int, h: int, seen: Array, limit: Array
) -> None:
    """Fill limit[edge] of an hour; running[areas + group] tell which lines are up.

    Nothing is written if limits are the same in every hour, and the same lines as in seen[group].
    """
    areas, lines, same = n.load_mw.shape[0], limit.size // 2, n.limits_last
    for group in range(seen.size):
        same = same and running[areas + group] == seen[group]
        seen[group] = running[areas + group]
    if same:
        return
    for e in range(limit.size):
        limit[e] = n.limit_mw[weather, h, e]
    for i in range(lines):
        if not (np.int64(seen[i // LINES_PER_MASK]) >> (i % LINES_PER_MASK)) & 1:
            limit[2 * i] = limit[2 * i + 1] = 0.0


@uncounted()
def _hours_short(
    net: Array, most: Array, row: Array, falls: Array, running: Array, day: int, tolerance: float
) -> int:
    """Return a bit for each hour of a day in which some area is short on its own."""
    bits = 0
    for a in range(net.shape[0]):
        mw = running[a]
        if mw + falls[a, day] >= most[a, day]:
            continue
        for i in range(DAY):
            h = DAY * day + i
            mw += row[a, h]
            bits |= int(net[a, h] - max(mw, 0.0) > tolerance) << i
    return bits


@uncounted(inline="always")
def _add_changes(row: Array, first: int, end: int, running: Array) -> None:
    for h in range(first, end):
        for r in range(running.size):
            running[r] += row[r, h]


@uncounted()
def _go_through(
    n: NetworkArrays,
    net: Array,
    most: Array,
    row: Array,
    total: Array,
    falls: Array,
    weather: int,
    inside: Inside,
    year: Array,
) -> None:
    """Go through a sample's days; areas are screened apart before any flow is sought."""
    areas, _, hours = n.load_mw.shape
    edges, rows, stores = n.limit_mw.shape[2], total.shape[0], n.store_area.size
    now, room, limit, running = inside.now, inside.room, inside.limit, inside.running
    queue, via, seen = inside.queue, inside.via, inside.seen
    extra, missing, charge, able = inside.extra, inside.missing, inside.charge, inside.able
    running[:areas] = 0.0
    for i in range(n.always_up.size):
        running[areas + i] = n.always_up[i]
    seen[:] = -1.0
    for k in range(stores):
        charge[k] = n.stores[k, INITIAL] * n.stores[k, ENERGY]
    full, last = stores == 0, -2
    for day in range(most.shape[1]):
        first = DAY * day
        bits = _hours_short(net, most, row, falls, running, day, n.tolerance_mw)
        if full and bits == 0:
            for r in range(rows):
                running[r] += total[r, day]
            continue
        at = first  # the first hour whose changes are not in `running`
        for h in range(first, min(first + DAY, hours)):
            short = bool((bits >> (h - first)) & 1)
            if full and not short:
                continue
            _add_changes(row, at, h + 1, running)
            at = h + 1
            for a in range(areas):
                now[a] = max(running[a], 0.0) - net[a, h]
            _limits(n, running, weather, h, seen, limit)
            for e in range(edges):
                room[e] = limit[e]
            if short:
                short = share(now, room, n.graph, queue, via, n.tolerance_mw)
                if short and stores > 0:
                    short = discharge(n, charge, now, room, queue, via, able, extra)
                    full = False
            if not full:
                full = charge_all(n, charge, now, room, queue, via, able, extra, missing)
            lost = _count(now, room, limit, short, n.tolerance_mw, year)
            if lost > 0.0:
                year[LOLH] += 1.0
                year[EUE] += lost
                year[EVENTS] += last != h - 1
                last = h
        _add_changes(row, at, first + DAY, running)


@uncounted()
def _varies(n: NetworkArrays, buckets: BucketArrays) -> bool:
    """Return whether any unit may fail and has a profile: then net load differs by sample."""
    found = False
    for b in range(buckets.source.size):
        found = found or (buckets.steady_mw[b] < 0.0 and buckets.profile[b] >= 0)
    return found


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _make_work(units: UnitArrays, n: NetworkArrays, table_rows: int) -> Work:
    """Return room to run samples in, one by one."""
    areas, _, hours = n.load_mw.shape
    edges, stores = n.limit_mw.shape[2], n.store_area.size
    days, rows = (hours + DAY - 1) // DAY, areas + n.always_up.size
    return Work(
        np.zeros((rows + 1, DAY * days + 1)),
        make_changes(1, hours)[1][0],
        np.empty((areas, DAY * days)),
        np.empty((areas, days)),
        np.empty((rows, days)),
        np.empty((rows, days)),
        np.empty(areas),
        np.empty(table_rows),
        make_scratch(units, hours),
        Inside(
            np.empty(areas),
            np.empty(edges),
            np.empty(edges),
            np.zeros(rows),
            np.empty(areas, np.int64),
            np.empty(areas, np.int64),
            np.empty(areas),
            np.empty(areas),
            np.empty(stores),
            np.empty(stores),
            np.empty(rows - areas),
        ),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def network_block(
    units: UnitArrays, buckets: BucketArrays, n: NetworkArrays, first_sample: int, table: Array
) -> None:
    """Run one block of samples; `table` [row, sample] is written."""
    own = _make_work(units, n, table.shape[0])
    units, buckets, n = borrowed(units), borrowed(buckets), borrowed(n)
    table, work = borrowed(table), borrowed(own)
    areas, weathers, _ = n.load_mw.shape
    row, mark, net, most = work.row, work.mark, work.net, work.most
    total, falls, energy, year = work.total, work.falls, work.energy, work.year
    scratch, varies, net_of = work.scratch, _varies(n, buckets), -1
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather = sample % weathers
        if weather != net_of or varies:
            _net_of_steady(n, buckets, weather, net)
            for a in range(areas):
                most_by_day(net[a], most[a])
                energy[a] = n.load_mw[a, weather].sum()
            net_of = weather
        _sample(units, buckets, n, sample, weather, net, most, row, mark, scratch)
        year[:] = 0.0
        _count_without(n, row, weather, year)
        for r in range(total.shape[0]):
            changes(row[r], total[r], falls[r])
        _go_through(n, net, most, row, total, falls, weather, work.inside, year)
        row[:] = 0.0
        for a in range(areas):
            year[SCALARS + AREA_ROWS * a + AREA_LOAD] = energy[a]
            year[LOAD] += energy[a]
        table[:, s] = year
    own.year[:] = 0.0  # what is borrowed is kept until here
