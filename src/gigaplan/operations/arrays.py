"""The arrays that the compiled loops read, and the rows of the tables they write."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Array = Any  # numba infers the element types

# Rows of a block's table [row, sample] that every system has.
LOLH, LOLE_DAYS, EUE, EVENTS, PEAK, LOAD, SERVED, CLEAN_MATCHED, CLEAN_MADE, PRICE = range(10)
SPILL, IMPORT, IMPORT_USD, IMPORT_KG, EXPORT, EXPORT_USD, LOST_USD = range(10, 17)
DAYS_SHORT, COOLING_M3, SOLD_USD, CAMPUS_LOST_IT = range(17, 21)
SCALARS = 21
# Then, for each tier, TIER_ROWS rows; two per source (used, sold); two per storage (in, out).
TIER_SHED, TIER_HOURS, TIER_MADE_UP, TIER_LOST_IT, TIER_WANTED_IT = range(5)
TIER_ROWS = 5

# Then, where the hours are a year's, MONTH_FIGURES by month, each for all months in a row.
M_LOAD, M_SERVED, M_EUE, M_CLEAN_MATCHED, M_CLEAN_MADE, M_CO2_KG, M_WATER_M3 = range(7)
MONTH_FIGURES = 7

# Rows of one sample hour by hour that every system has; then sources, charge, tiers shed.
T_LOAD, T_SHED, T_MADE_UP, T_IMPORT, T_EXPORT, T_CHARGE, T_DISCHARGE, T_SPILL = range(8)
T_PRICE, T_CLEAN, T_AVAILABLE, T_SOLD, T_CLEAN_MADE = range(8, 13)
TRACE_SCALARS = 13


# Columns of a storage.
(
    POWER,  # MW
    ENERGY,  # MWh
    GAIN,  # charge efficiency
    YIELD,  # discharge efficiency
    BELOW,  # charges from what costs at most this, USD/MWh
    ABOVE,  # discharges in place of what costs more than this, USD/MWh
    RESERVE,  # share of the energy kept for shortage
    INITIAL,  # share of the energy inside at the start
    CHEAP,  # 1 if a source that may be raised costs little enough to charge from
) = range(9)
# Columns of a tier.
SHARE, VALUE, CATCH_UP, RESTART = range(4)


class UnitArrays(NamedTuple):
    """Units, sorted by bucket; MW of a bucket's units share one hourly profile and source."""

    key: Array  # [unit] stream of the unit
    capacity_mw: Array  # [unit]
    mttf_hours: Array  # [unit] inf if it never fails
    mttr_hours: Array  # [unit]
    rate_row: Array  # [unit] row of failure_rate, -1 for a constant rate
    constant: Array  # [unit] fails, and is repaired, at constant rates
    simple: Array  # [unit] the same, all year long, with nothing planned
    first_hour: Array  # [unit, column]
    end_hour: Array  # [unit, column]
    cycle_hours: Array  # [unit] refuelling cycle, 0 for none
    refuel_hours: Array  # [unit]
    phase: Array  # [unit] where in the cycle it stands, in cycles
    window_offset: Array  # [unit + 1] into window_start, window_end
    window_start: Array  # planned hours
    window_end: Array
    power: Array  # [unit, life or repair] a standard exponential e lasts scale e^power hours,
    scale: Array  # [unit, life or repair] unless it is one of
    sample_offset: Array  # [unit, life or repair]
    sample_count: Array  # [unit, life or repair] 0 for none
    sample_hours: Array  # hours on record, rising by group
    rest_row: Array  # [unit, life or repair] row of rest_hours, -1 if exponential
    rest_hours: Array  # [rest row, point] what is left of a state at the start
    derate: Array  # [unit, 3] share of failures, fraction lost, mean hours
    cause_offset: Array  # [unit + 1] into causes
    causes: Array  # common causes of each unit
    cause_key: Array  # [cause]
    cause_rate: Array  # [cause, weather, hour] events begun per hour
    cause_highest: Array  # [cause, weather]
    cause_hours: Array  # [cause] mean length
    cause_hit: Array  # [cause] chance that an event stops a unit
    failure_rate: Array  # [rate row, weather, hour] per hour, of temperature-driven units
    highest_rate: Array  # [rate row, weather]
    refuel_key: np.uint64  # stream of the common place in the cycle


class BucketArrays(NamedTuple):
    """What units of one source and one hourly profile share."""

    unit_offset: Array  # [bucket + 1] into the units
    source: Array  # [bucket] row of the available MW
    profile: Array  # [bucket] row of profiles, -1 for none
    steady_mw: Array  # [bucket] MW of units that are always up, -1 if any may be down
    is_grid: Array  # [bucket] 1 for grid import, whose limit goes by step and draw
    profiles: Array  # [profile, weather, hour]


class Scratch(NamedTuple):
    """Room that units are sampled in."""

    word: Array  # [2 pair, unit] int32
    near: Array  # [2 pair, unit] float32
    pairs: Array  # [2 pair, unit] float32, the first exponentials of every unit
    more_word: Array  # [2 later pair] the same for one unit
    more_near: Array
    more: Array
    down_above: Array  # [unit] one of constant rates whose first exponential is above begins down
    life_hours: Array  # [unit] mean time to failure; nought of units whose rates are not constant
    repair_hours: Array  # [unit] the same of repairs
    begins: Array  # [unit] nought, and beyond the end of units whose rates are not constant
    hours: float
    time: Array  # [unit] when the last life of `end` ends
    late: Array  # [unit]
    begin: Array  # [pair, unit] first hours of lives, at constant rates, int32
    end: Array  # [pair, unit] first hours after them
    starts: Array  # planned windows of a unit
    ends: Array
    events: Array  # [cause] number of events of the sample
    event_start: Array  # [cause, event] hour
    event_end: Array  # [cause, event]


class LoadArrays(NamedTuple):
    """Load and the calendar of what differs by draw; a single column serves every sample."""

    load_mw: Array  # [weather, hour]
    pue: Array  # [weather, hour]
    water_m3_per_it_mwh: Array  # [weather, hour]
    step_of_hour: Array  # [hour]
    part_start: Array  # [part + 1] first hours of parts that are gone through one by one
    part_month: Array  # [part]
    months: int  # 0 if the hours are none of a year
    load_scale: Array  # [step, column]
    grid_limit_mw: Array  # [step, column]
    tolerance_mw: float


class FuelArrays(NamedTuple):
    """Fuel that sources share."""

    rate: Array  # [fuel, source] MMBtu/MWh, nought of sources that do not burn it
    most_by_hour: Array  # [fuel, weather, hour] MMBtu
    limits_hours: Array  # [fuel] bool, whether the one before is finite anywhere
    budget: Array  # [fuel] MMBtu in all hours
    released: Array  # [part] share of a budget that may be burnt by the end of the part's month


class DispatchArrays(NamedTuple):
    """Economics; sources stand with must-run first, then by rising cost."""

    must_run: int  # number of must-run sources
    cost_usd_per_mwh: Array  # [source]
    co2_kg_per_mwh: Array  # [source]
    water_m3_per_mwh: Array  # [source]
    clean: Array  # [source] 0 or 1
    remote: Array  # [source] 1 if it reaches the load through the grid connection
    price_usd_per_mwh: Array  # [weather, hour]
    price_slope: float  # USD/MWh that a MW of import adds to its price
    grid_kg_per_mwh: Array  # [weather, hour]
    grid_clean: Array  # [weather, hour]
    import_before: Array  # [weather, source + 1] 1 if the price ever stands just below a source
    export_limit_mw: float
    export_only: bool  # the connection has no import limit above nought in any hour
    stores: Array  # [storage, STORE_COLUMNS], by rising discharge price
    storage_scale: Array  # [storage, step, column]
    tiers: Array  # [tier, TIER_COLUMNS], by rising value
    fuels: FuelArrays
