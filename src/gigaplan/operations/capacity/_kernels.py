"""Compiled loop: capacity against load, day by day.

Without prices, only shortage matters. A day whose load is met even if every loss of capacity
within it came first is passed over whole; the hours of other days are gone through one by one, as
are those in which a storage is not full or work waits to be made up.
"""

from __future__ import annotations

from typing import NamedTuple

import numba as nb
import numpy as np

from gigaplan.core.random_streams import uniform
from gigaplan.core.references import borrowed, uncounted
from gigaplan.operations._kernels import (
    DAY,
    changes,
    column_of,
    count_loss,
    is_day_peak,
    most_by_day,
    scale_by_step,
)
from gigaplan.operations.arrays import (
    CATCH_UP,
    ENERGY,
    EUE,
    GAIN,
    INITIAL,
    LOAD,
    POWER,
    RESERVE,
    SCALARS,
    SERVED,
    SHARE,
    TIER_LOST_IT,
    TIER_MADE_UP,
    TIER_ROWS,
    TIER_WANTED_IT,
    YIELD,
    Array,
    BucketArrays,
    DispatchArrays,
    LoadArrays,
    Scratch,
    UnitArrays,
)
from gigaplan.operations.hour._kernels import BACKLOG, SHED, shed
from gigaplan.operations.outages._kernels import add_units, draw_events
from gigaplan.operations.outages.simple._kernels import draw, make_changes, make_scratch


class Work(NamedTuple):
    """Room for one sample; days are whole ones, the last perhaps beyond the end."""

    row: Array  # [hour + 1] changes of MW
    mark: Array  # [group]
    net: Array  # [hour] load less what never fails
    own_net: Array  # [hour] and less what has a profile
    most: Array  # [day] greatest net load
    total: Array  # [day] sum of changes
    falls: Array  # [day] sum of those below nought
    demand: Array  # [hour]
    size: Array  # [storage] over the full size
    charge: Array  # [storage] MWh
    given: Array  # [storage] MW
    tier_state: Array  # [tier, 2] see `hour`
    year: Array  # [row of the table]
    scratch: Scratch


@uncounted(inline="always")
def _is_plain(buckets: BucketArrays, b: int) -> bool:
    """Return whether a bucket's units may fail and have no profile: changes alone tell its MW."""
    grid = buckets.is_grid[b] > 0
    return bool(buckets.profile[b] < 0 and not grid and buckets.steady_mw[b] < 0.0)


@uncounted(inline="always")
def _is_steady(buckets: BucketArrays, b: int) -> bool:
    return bool(buckets.steady_mw[b] >= 0.0 and buckets.is_grid[b] == 0)


@uncounted()
def _net_of_steady(buckets: BucketArrays, weather: int, demand: Array, net: Array) -> None:
    """Fill net[hour] with load less what units that never fail can give; padded hours need none."""
    hours = demand.size
    net[hours:] = -np.inf
    for h in range(hours):
        net[h] = demand[h]
    for b in range(buckets.source.size):
        if _is_steady(buckets, b):
            steady, profile = buckets.steady_mw[b], buckets.profile[b]
            for h in range(hours):
                one = buckets.profiles[profile, weather, h] if profile >= 0 else 1.0
                net[h] -= steady * one


@uncounted()
def _take_off_others(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    sample: int,
    weather: int,
    place: float,
    row: Array,
    mark: Array,
    scratch: Scratch,
    net: Array,
) -> None:
    """Take off net[hour] what units give that may fail and have a profile, and the connection."""
    hours, column = load.load_mw.shape[1], column_of(load.grid_limit_mw, sample)
    for b in range(buckets.source.size):
        if _is_steady(buckets, b) or _is_plain(buckets, b):
            continue
        first, last = buckets.unit_offset[b], buckets.unit_offset[b + 1]
        add_units(units, first, last, sample, weather, place, hours, row, mark, scratch)
        running, profile, grid = 0.0, buckets.profile[b], buckets.is_grid[b] > 0
        for h in range(hours):
            running += row[h]
            row[h] = 0.0
            mw = max(running, 0.0)
            if grid:  # feeds together carry at most the limit
                mw = min(mw, 1.0)
            if profile >= 0:
                mw *= buckets.profiles[profile, weather, h]
            if grid:
                mw *= load.grid_limit_mw[load.step_of_hour[h], column]
            net[h] -= mw
        row[hours] = 0.0


@uncounted()
def _discharge(short: float, store: Array, size: Array, charge: Array, given: Array) -> float:
    """Discharge towards a shortage; return what stays short.

    Every storage down to its reserve first, then the reserves, in the order of the storages.
    `given` is scratch.
    """
    left = short
    given[:] = 0.0
    for turn in range(2):
        for k in range(size.size):
            keep = store[k, RESERVE] * store[k, ENERGY] * size[k] if turn == 0 else 0.0
            room = store[k, POWER] * size[k] - given[k]
            mw = min(left, min(room, (charge[k] - keep) * store[k, YIELD]))
            if mw > 0.0:
                charge[k] = max(charge[k] - mw / store[k, YIELD], 0.0)
                given[k] += mw
                left -= mw
    return left


@uncounted()
def _charge(spare: float, store: Array, size: Array, charge: Array) -> bool:
    """Charge from spare MW, storage by storage; return whether all are full."""
    left, full = spare, True
    for k in range(size.size):
        most = store[k, ENERGY] * size[k]
        if charge[k] < most:
            want = min(store[k, POWER] * size[k], (most - charge[k]) / store[k, GAIN])
            mw = min(left, want)
            if mw > 0.0:
                charge[k] = min(charge[k] + mw * store[k, GAIN], most)
                left -= mw
            full = full and charge[k] >= most
    return full


@uncounted()
def _make_up(
    spare: float, demand: float, pue: float, tier: Array, tier_state: Array, year: Array
) -> tuple[float, bool]:
    """Make up deferred work from spare MW, dearest tier first; return MW, and if work still waits.

    Spare has no price here: all of it may be used.
    """
    left, waits = spare, False
    for t in range(tier.shape[0] - 1, -1, -1):
        if tier_state[t, BACKLOG] > 0.0:
            most = tier[t, CATCH_UP] * tier[t, SHARE] * demand
            mw = min(left, min(tier_state[t, BACKLOG] * pue, most))
            left -= mw
            tier_state[t, BACKLOG] = max(tier_state[t, BACKLOG] - mw / pue, 0.0)
            base = SCALARS + TIER_ROWS * t
            year[base + TIER_MADE_UP] += mw
            year[base + TIER_LOST_IT] -= mw / pue
            waits = waits or tier_state[t, BACKLOG] > 0.0
    return spare - left, waits


@uncounted()
def _go_through(
    load: LoadArrays,
    d: DispatchArrays,
    sample: int,
    weather: int,
    demand: Array,
    net: Array,
    work: Work,
    hour: Array,
) -> None:
    """Go through a sample's days; `work.row` holds changes of capacity and is left at nought."""
    most, row, total, falls, year = work.most, work.row, work.total, work.falls, work.year
    hours, tolerance, steps = demand.size, load.tolerance_mw, load.step_of_hour
    store, tier, pue = d.stores, d.tiers, load.pue[weather]
    column = column_of(d.storage_scale, sample)
    size, charge, tier_state = work.size, work.charge, work.tier_state
    size[:] = 0.0
    charge[:] = 0.0
    tier_state[:] = 0.0
    step, last, full, waits = -1, -2, store.shape[0] == 0, False
    lasting = d.storage_scale.shape[1] == 1
    running = 0.0
    changes(row, total, falls)
    for day in range(most.size):
        first = DAY * day
        if (
            full
            and not waits
            and (lasting or steps[first] == step)
            and running + falls[day] >= most[day]
        ):
            running += total[day]
            continue
        for h in range(first, min(first + DAY, hours)):
            running += row[h]
            if steps[h] != step:
                step = steps[h]
                for k in range(size.size):
                    size[k] = d.storage_scale[k, step, column]
                    if h == 0:
                        charge[k] = store[k, INITIAL] * store[k, ENERGY] * size[k]
                full = False
            short = net[h] - max(running, 0.0)
            if short <= tolerance:
                spare = max(-short, 0.0)
                if waits:
                    used, waits = _make_up(spare, demand[h], pue[h], tier, tier_state, year)
                    year[SERVED] += used
                    spare -= used
                if not full:
                    full = _charge(spare, store, size, charge)
            else:
                short = _discharge(short, store, size, charge, work.given)
                full = store.shape[0] == 0
                if short > tolerance:
                    if last != h - 1:
                        tier_state[:, SHED] = 0.0
                    count_loss(year, h, last, short, is_day_peak(demand, h), hour)
                    shed(short, demand[h], pue[h], tier, tier_state, year)
                    last, waits = h, True
            if waits and h % DAY == DAY - 1:  # what was not made up by the day's end is lost
                tier_state[:, BACKLOG] = 0.0
                waits = False
    row[:] = 0.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _make_work(units: UnitArrays, d: DispatchArrays, hours: int, rows: int) -> Work:
    """Return room to run samples in, one by one."""
    days, stores = (hours + DAY - 1) // DAY, d.stores.shape[0]
    return Work(
        np.zeros(DAY * days + 1),
        make_changes(1, hours)[1][0],
        np.empty(DAY * days),
        np.empty(DAY * days),
        np.empty(days),
        np.empty(days),
        np.empty(days),
        np.empty(hours),
        np.empty(stores),
        np.empty(stores),
        np.empty(stores),
        np.empty((d.tiers.shape[0], 2)),
        np.empty(rows),
        make_scratch(units, hours),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def capacity_block(
    units: UnitArrays,
    buckets: BucketArrays,
    load: LoadArrays,
    dispatch: DispatchArrays,
    first_sample: int,
    table: Array,
    hour: Array,
) -> None:
    """Compare available MW with load for one block of samples.

    `table` [row, sample] and `hour` [2, hour] (losses, MWh short) are written.
    """
    own = _make_work(units, dispatch, load.load_mw.shape[1], table.shape[0])
    units, buckets, work = borrowed(units), borrowed(buckets), borrowed(own)
    load, dispatch = borrowed(load), borrowed(dispatch)
    table, hour = borrowed(table), borrowed(hour)
    weathers, hours = load.load_mw.shape
    row, mark, scratch, year = work.row, work.mark, work.scratch, work.year
    net, own_net, most, demand = work.net, work.own_net, work.most, work.demand
    tiers, others = dispatch.tiers.shape[0], False
    for b in range(buckets.source.size):
        others = others or not (_is_plain(buckets, b) or _is_steady(buckets, b))
    demand_of, energy, wanted_it = -1, 0.0, 0.0
    for s in range(table.shape[1]):
        sample = first_sample + s
        weather, column = sample % weathers, column_of(load.load_scale, sample)
        if column * weathers + weather != demand_of:
            scale_by_step(load.load_mw[weather], load.step_of_hour, load.load_scale, column, demand)
            _net_of_steady(buckets, weather, demand, net)
            most_by_day(net, most)
            energy, wanted_it = demand.sum(), 0.0
            for h in range(hours):
                wanted_it += demand[h] / load.pue[weather, h]
            demand_of = column * weathers + weather
        place = uniform(units.refuel_key, np.uint64(sample), np.uint64(0))
        draw(units, sample, scratch)
        draw_events(units, sample, weather, hours, scratch)
        ours = net
        if others:
            own_net[:] = net
            _take_off_others(
                units, buckets, load, sample, weather, place, row, mark, scratch, own_net
            )
            most_by_day(own_net, most)
            ours = own_net
        for b in range(buckets.source.size):
            if _is_plain(buckets, b):
                first, last = buckets.unit_offset[b], buckets.unit_offset[b + 1]
                add_units(units, first, last, sample, weather, place, hours, row, mark, scratch)
        year[:] = 0.0
        _go_through(
            load,
            dispatch,
            sample,
            weather,
            demand,
            ours,
            work,
            hour,
        )
        year[LOAD] = energy
        year[SERVED] += energy - year[EUE]
        for t in range(tiers):
            year[SCALARS + TIER_ROWS * t + TIER_WANTED_IT] = dispatch.tiers[t, SHARE] * wanted_it
        table[:, s] = year
    own.year[:] = 0.0  # what is borrowed is kept until here
