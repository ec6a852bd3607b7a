"""Compiled sums of a dispatched year, and of its months.

What `dispatch_hour` counted (losses, work made up) is in the year's figures already.
"""

from __future__ import annotations

import numba as nb

from gigaplan.operations.arrays import (
    CLEAN_MADE,
    CLEAN_MATCHED,
    COOLING_M3,
    IMPORT,
    IMPORT_KG,
    IMPORT_USD,
    LOAD,
    M_CLEAN_MADE,
    M_CLEAN_MATCHED,
    M_CO2_KG,
    M_LOAD,
    M_SERVED,
    M_WATER_M3,
    MONTH_FIGURES,
    PRICE,
    SCALARS,
    SERVED,
    SHARE,
    SOLD_USD,
    SPILL,
    T_CLEAN,
    T_CLEAN_MADE,
    T_IMPORT,
    T_LOAD,
    T_PRICE,
    T_SOLD,
    T_SPILL,
    TIER_ROWS,
    TIER_WANTED_IT,
    TRACE_SCALARS,
    Array,
    DispatchArrays,
    LoadArrays,
)


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _sum(values: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _dot(values: Array, weights: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h] * weights[h]
    return total


@nb.njit(cache=True, nogil=True, fastmath={"reassoc", "nsz"})
def _it_and_water(demand: Array, pue: Array, water: Array) -> tuple[float, float]:
    energy, volume = 0.0, 0.0
    for h in range(demand.size):
        it = demand[h] / pue[h]
        energy += it
        volume += it * water[h]
    return energy, volume


@nb.njit(cache=True, nogil=True)
def add_up(
    load: LoadArrays, d: DispatchArrays, available: Array, weather: int, year: Array, hourly: Array
) -> None:
    """Add up the year's hours, month by month where they are a year's."""
    _sell(d, available, weather, hourly)
    months = load.month_start.size - 1
    at_month = year.size - MONTH_FIGURES * months
    if months == 0:
        _add_up_part(load, d, available, weather, 0, hourly.shape[1], year, hourly, 0, 0)
    for month in range(months):
        first, end = load.month_start[month], load.month_start[month + 1]
        _add_up_part(
            load, d, available, weather, first, end, year, hourly, at_month + month, months
        )


@nb.njit(cache=True, nogil=True)
def _sell(d: DispatchArrays, available: Array, weather: int, hourly: Array) -> None:
    """Fill what remote units sell: what the load does not take, in the hours that pay for it.

    `available` of a remote source becomes what it sells.
    """
    price, sold = d.price_usd_per_mwh[weather], hourly[T_SOLD]
    sold[:] = 0.0
    for g in range(d.cost_usd_per_mwh.size):
        if d.remote[g] > 0.0:
            room, out, cost = available[g], hourly[TRACE_SCALARS + g], d.cost_usd_per_mwh[g]
            for h in range(sold.size):
                rest = room[h] - out[h] if price[h] >= cost else 0.0
                sold[h] += rest
                room[h] = rest


@nb.njit(cache=True, nogil=True)
def _add_up_part(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    weather: int,
    first: int,
    end: int,
    year: Array,
    hourly: Array,
    at_month: int,
    months: int,
) -> None:
    """Add up the hours from `first` and before `end`, for the year and their month."""
    sources, tiers = d.cost_usd_per_mwh.size, d.tiers.shape[0]
    at_source = SCALARS + TIER_ROWS * tiers
    price = d.price_usd_per_mwh[weather, first:end]
    demand, imported = hourly[T_LOAD, first:end], hourly[T_IMPORT, first:end]
    energy = _sum(demand)
    wanted_it, cooling = _it_and_water(
        demand, load.pue[weather, first:end], load.water_m3_per_it_mwh[weather, first:end]
    )
    matched, made = _sum(hourly[T_CLEAN, first:end]), _sum(hourly[T_CLEAN_MADE, first:end])
    grid_kg = _dot(imported, d.grid_kg_per_mwh[weather, first:end])
    carbon, water = grid_kg, cooling
    year[LOAD] += energy
    year[SERVED] += energy
    year[COOLING_M3] += cooling
    for t in range(tiers):
        year[SCALARS + TIER_ROWS * t + TIER_WANTED_IT] += d.tiers[t, SHARE] * wanted_it
    year[PRICE] += _sum(hourly[T_PRICE, first:end])
    if d.must_run > 0:
        year[SPILL] += _sum(hourly[T_SPILL, first:end])
    year[IMPORT] += _sum(imported)
    year[IMPORT_USD] += _dot(imported, price)
    year[IMPORT_KG] += grid_kg
    for g in range(sources):
        used, sold = _sum(hourly[TRACE_SCALARS + g, first:end]), 0.0
        if d.remote[g] > 0.0:
            # Sold energy counts in the year's clean energy, not in the hour's. The grid's clean
            # part is then of what is bought less what is sold, or it would count twice.
            sold = _sum(available[g, first:end])
            made += sold * d.clean[g]
        year[at_source + g] += used
        year[at_source + sources + g] += sold
        carbon += (used + sold) * d.co2_kg_per_mwh[g]
        water += (used + sold) * d.water_m3_per_mwh[g]
    if d.remote.sum() > 0.0:
        sold_mw = hourly[T_SOLD, first:end]
        year[SOLD_USD] += _dot(sold_mw, price)
        made -= _dot(sold_mw, d.grid_clean[weather, first:end])
    year[CLEAN_MATCHED] += matched
    year[CLEAN_MADE] += made
    if months > 0:
        year[at_month + months * M_LOAD] += energy
        year[at_month + months * M_SERVED] += energy
        year[at_month + months * M_CLEAN_MATCHED] += matched
        year[at_month + months * M_CLEAN_MADE] += made
        year[at_month + months * M_CO2_KG] += carbon
        year[at_month + months * M_WATER_M3] += water
