"""Compiled sums of a part of a dispatched year, for the year and its month.

What `dispatch_hour` counted (losses, work made up) is in the year's figures already.
"""

from __future__ import annotations

from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import (
    CAMPUS_LOST_IT,
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
    TIER_LOST_IT,
    TIER_ROWS,
    TIER_WANTED_IT,
    TRACE_SCALARS,
    Array,
    DispatchArrays,
    LoadArrays,
)


@uncounted(fastmath={"reassoc", "nsz"})
def _sum(values: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h]
    return total


@uncounted(fastmath={"reassoc", "nsz"})
def _dot(values: Array, weights: Array) -> float:
    total = 0.0
    for h in range(values.size):
        total += values[h] * weights[h]
    return total


@uncounted(fastmath={"reassoc", "nsz"})
def _it_and_water(demand: Array, pue: Array, water: Array) -> tuple[float, float]:
    energy, volume = 0.0, 0.0
    for h in range(demand.size):
        it = demand[h] / pue[h]
        energy += it
        volume += it * water[h]
    return energy, volume


@uncounted()
def _sell(d: DispatchArrays, available: Array, price: Array, hourly: Array) -> None:
    """Fill what remote units sell: what the load does not take, in the hours that pay for it.

    `available` of a remote source becomes what it sells.
    """
    sold = hourly[T_SOLD, : price.size]
    sold[:] = 0.0
    for g in range(d.cost_usd_per_mwh.size):
        if d.remote[g] > 0.0:
            room, out, cost = available[g], hourly[TRACE_SCALARS + g], d.cost_usd_per_mwh[g]
            for i in range(price.size):
                rest = room[i] - out[i] if price[i] >= cost else 0.0
                sold[i] += rest
                room[i] = rest


@uncounted()
def add_up(
    load: LoadArrays,
    d: DispatchArrays,
    available: Array,
    weather: int,
    first: int,
    count: int,
    month: int,
    lost_it: float,
    year: Array,
    hourly: Array,
) -> None:
    """Add up a part of `count` hours from `first` on, for the year and their month.

    `lost_it` are the IT MWh that the campus's own events stopped.
    """
    sources, tiers, end = d.cost_usd_per_mwh.size, d.tiers.shape[0], first + count
    at_source = SCALARS + TIER_ROWS * tiers
    price = d.price_usd_per_mwh[weather, first:end]
    _sell(d, available, price, hourly)
    demand, imported = hourly[T_LOAD, :count], hourly[T_IMPORT, :count]
    energy = _sum(demand)
    wanted_it, cooling = _it_and_water(
        demand, load.pue[weather, first:end], load.water_m3_per_it_mwh[weather, first:end]
    )
    matched, made = _sum(hourly[T_CLEAN, :count]), _sum(hourly[T_CLEAN_MADE, :count])
    grid_kg = _dot(imported, d.grid_kg_per_mwh[weather, first:end])
    carbon, water = grid_kg, cooling
    year[LOAD] += energy
    year[SERVED] += energy
    year[COOLING_M3] += cooling
    for t in range(tiers):
        base, share = SCALARS + TIER_ROWS * t, d.tiers[t, SHARE]
        year[base + TIER_WANTED_IT] += share * (wanted_it + lost_it)
        year[base + TIER_LOST_IT] += share * lost_it
    year[CAMPUS_LOST_IT] += lost_it
    year[PRICE] += _sum(hourly[T_PRICE, :count])
    if d.must_run > 0:
        year[SPILL] += _sum(hourly[T_SPILL, :count])
    year[IMPORT] += _sum(imported)
    year[IMPORT_USD] += _dot(imported, price)
    if d.price_slope > 0.0:
        year[IMPORT_USD] += d.price_slope * _dot(imported, imported)
    year[IMPORT_KG] += grid_kg
    for g in range(sources):
        used, sold = _sum(hourly[TRACE_SCALARS + g, :count]), 0.0
        if d.remote[g] > 0.0:
            # Sold energy counts in the year's clean energy, not in the hour's. The grid's clean
            # part is then of what is bought less what is sold, or it would count twice.
            sold = _sum(available[g, :count])
            made += sold * d.clean[g]
        year[at_source + g] += used
        year[at_source + sources + g] += sold
        carbon += (used + sold) * d.co2_kg_per_mwh[g]
        water += (used + sold) * d.water_m3_per_mwh[g]
    if d.remote.sum() > 0.0:
        sold_mw = hourly[T_SOLD, :count]
        year[SOLD_USD] += _dot(sold_mw, price)
        made -= _dot(sold_mw, d.grid_clean[weather, first:end])
    year[CLEAN_MATCHED] += matched
    year[CLEAN_MADE] += made
    if load.months > 0:
        months = load.months
        at_month = year.size - MONTH_FIGURES * months + month
        year[at_month + months * M_LOAD] += energy
        year[at_month + months * M_SERVED] += energy
        year[at_month + months * M_CLEAN_MATCHED] += matched
        year[at_month + months * M_CLEAN_MADE] += made
        year[at_month + months * M_CO2_KG] += carbon
        year[at_month + months * M_WATER_M3] += water
