"""Runs a system through sampled years: specification, accumulator, result."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate, tail_mean
from gigaplan.operations import arrays
from gigaplan.operations.accumulate import Accumulator, Moments
from gigaplan.operations.blocks import BLOCK, in_blocks
from gigaplan.operations.capacity._kernels import capacity_block
from gigaplan.operations.dispatch._kernels import dispatch_block
from gigaplan.operations.fuels import FuelSupply
from gigaplan.operations.model import ONE_TIER, ByDraw, Floats, Grid, Storage, Tier, Unit
from gigaplan.operations.months import month_results
from gigaplan.operations.outage_model import CommonCause, LoadOutage
from gigaplan.operations.packing import Source
from gigaplan.operations.results import (
    Adequacy,
    Energy,
    Samples,
    SourceResult,
    StorageResult,
    TierResult,
    Trace,
)
from gigaplan.operations.rows import Rows
from gigaplan.operations.systems import System, build
from gigaplan.operations.traces import by_name, run_trace, typical_week

WORST_SHARE = 0.05
"""Part of the years whose mean energy not served is told apart."""
Block = tuple[int, Floats, Floats]


def assess(
    units: Sequence[Unit],
    load_mw: Floats,
    *,
    storage: Sequence[Storage] = (),
    tiers: Sequence[Tier] = ONE_TIER,
    grid: Grid | None = None,
    samples: int = 1000,
    seed: int = 0,
    threads: int = 1,
    dispatch: bool = True,
    pue: float | Floats = 1.0,
    water_m3_per_it_mwh: float | Floats = 0.0,
    temperature_celsius: Floats | None = None,
    common_causes: Sequence[CommonCause] = (),
    load_outages: Sequence[LoadOutage] = (),
    fuels: Sequence[FuelSupply] = (),
    by_draw: ByDraw | None = None,
    keep_worst: int = 3,
    keep_samples: bool = False,
) -> Adequacy:
    """Run a system hour by hour through sampled years of outages.

    Parameters
    ----------
    units : sequence of Unit
    load_mw : ndarray [hour] or [hour, weather]
        Facility load. Sample s meets weather year s modulo the number of years,
        in every series alike.
    storage : sequence of Storage
    tiers : sequence of Tier
        How the load divides; the tier of least value is shed first.
    grid : Grid, optional
    samples, seed, threads : int
        The result is the same, bit for bit, for any number of threads.
    dispatch : bool
        False compares capacity with load only: many times faster, without energy,
        cost and clean share, for storages that are kept full and used only against
        shortage. Work is then made up from any spare, whatever it costs.
    pue : float or ndarray [hour] or [hour, weather]
        Facility MW per IT MW, for compute lost.
    water_m3_per_it_mwh : float or ndarray [hour] or [hour, weather]
        Cooling water per IT MWh served.
    temperature_celsius : ndarray [hour] or [hour, weather], optional
        For units whose outages go by temperature.
    common_causes : sequence of CommonCause
        Events that stop several units at once.
    load_outages : sequence of LoadOutage
        Events of the campus itself; what they stop asks for no power, and its work is lost.
    fuels : sequence of FuelSupply
        Fuel that sources share: pipelines and budgets.
    by_draw : ByDraw, optional
        What differs by sample within the year.
    keep_worst : int
        Worst samples kept hour by hour.
    keep_samples : bool
        Also give the yearly figures of every sample.

    Returns
    -------
    Adequacy

    Raises
    ------
    InputError
        For an hour without a number (its position is named), lengths that do not
        agree, names that repeat, or figures outside their range.
    """
    require(samples >= 1, f"found {samples}; at least one sample is needed.", field="samples")
    require(threads >= 1, f"found {threads}; at least one thread is needed.", field="threads")
    for store in storage:
        require(
            dispatch or np.isinf(store.discharge_above_usd_per_mwh),
            "it trades on price, which needs the hourly dispatch; leave out dispatch=False.",
            field=f"{store.name}.discharge_above_usd_per_mwh",
        )
    system = build(
        units,
        load_mw,
        storage,
        tiers,
        grid,
        dispatch=dispatch,
        pue=pue,
        water_m3_per_it_mwh=water_m3_per_it_mwh,
        temperature_celsius=temperature_celsius,
        common_causes=common_causes,
        load_outages=load_outages,
        fuels=fuels,
        by_draw=by_draw,
        samples=samples,
        seed=seed,
    )
    kept = Accumulator(system.rows, system.hours, keep_worst if dispatch else 0, keep_samples)
    for block in in_blocks(_runner(system, dispatch, samples), samples, threads):
        kept.record(*block)
    return _result(system, kept, dispatch)


def trace(
    units: Sequence[Unit],
    load_mw: Floats,
    sample: int,
    *,
    storage: Sequence[Storage] = (),
    tiers: Sequence[Tier] = ONE_TIER,
    grid: Grid | None = None,
    seed: int = 0,
    pue: float | Floats = 1.0,
    water_m3_per_it_mwh: float | Floats = 0.0,
    temperature_celsius: Floats | None = None,
    common_causes: Sequence[CommonCause] = (),
    load_outages: Sequence[LoadOutage] = (),
    fuels: Sequence[FuelSupply] = (),
    by_draw: ByDraw | None = None,
    samples: int = 1000,
) -> Trace:
    """Return one sample of `assess` with the same parameters, hour by hour."""
    system = build(
        units,
        load_mw,
        storage,
        tiers,
        grid,
        dispatch=True,
        pue=pue,
        water_m3_per_it_mwh=water_m3_per_it_mwh,
        temperature_celsius=temperature_celsius,
        common_causes=common_causes,
        load_outages=load_outages,
        fuels=fuels,
        by_draw=by_draw,
        samples=samples,
        seed=seed,
    )
    require(
        0 <= sample < samples, f"found {sample}; 0 to {samples - 1} is allowed.", field="sample"
    )
    return run_trace(system, sample)


def _runner(system: System, dispatch: bool, samples: int) -> Callable[[int], Block]:
    no_trace = np.empty((0, 0))

    def run(first: int) -> Block:
        table = np.empty((system.rows, min(BLOCK, samples - first)))
        by_hour = np.zeros((2, system.hours))
        if dispatch:
            dispatch_block(
                system.units,
                system.buckets,
                system.campus,
                system.load,
                system.dispatch,
                first,
                table,
                by_hour,
                no_trace,
            )
        else:
            capacity_block(
                system.units,
                system.buckets,
                system.load,
                system.dispatch,
                first,
                table,
                by_hour,
            )
        return first, table, by_hour

    return run


def _result(system: System, kept: Accumulator, dispatch: bool) -> Adequacy:
    moments = kept.moments
    at = Rows(system)
    worst = tuple(run_trace(system, sample) for sample in kept.worst_samples())
    week = None
    if dispatch:
        sample = kept.typical_sample(slice(at.source, at.sold))
        week = typical_week(run_trace(system, sample))
    return Adequacy(
        samples=moments.count,
        hours=system.hours,
        lole_days=moments.row(arrays.LOLE_DAYS),
        days_short=moments.row(arrays.DAYS_SHORT),
        lolh_hours=moments.row(arrays.LOLH),
        eue_mwh=moments.row(arrays.EUE),
        neue_fraction=moments.ratio(at.of((arrays.EUE, 1)), at.of((arrays.LOAD, 1))),
        eue_worst_mwh=tail_mean(np.concatenate(kept.eue_mwh), WORST_SHARE),
        events_per_year=moments.row(arrays.EVENTS),
        event_hours=moments.ratio(at.of((arrays.LOLH, 1)), at.of((arrays.EVENTS, 1))),
        peak_short_mw=kept.peak_short_mw,
        load_mwh=moments.row(arrays.LOAD),
        lolp_by_hour=kept.by_hour[0] / moments.count,
        eue_by_hour_mwh=kept.by_hour[1] / moments.count,
        campus_lost_it_mwh=moments.row(arrays.CAMPUS_LOST_IT),
        tiers=tuple(_tier(tier.name, t, moments, at) for t, tier in enumerate(system.tiers)),
        energy=_energy(system, moments, at) if dispatch else None,
        worst=worst,
        dispatch_week=week,
        by_sample=_by_sample(system, kept, at, dispatch) if kept.tables else None,
    )


def _energy(system: System, moments: Moments, at: Rows) -> Energy:
    served = at.of((arrays.SERVED, 1))
    annual = moments.ratio(at.of((arrays.CLEAN_MADE, 1)), served)
    return Energy(
        sources=_sources(system, moments, at),
        storage=tuple(
            StorageResult(
                store.name, moments.row(at.store + 2 * k), moments.row(at.store + 2 * k + 1)
            )
            for k, store in enumerate(system.storage)
        ),
        served_mwh=moments.row(arrays.SERVED),
        import_mwh=moments.row(arrays.IMPORT),
        import_usd=moments.row(arrays.IMPORT_USD),
        export_mwh=moments.row(arrays.EXPORT),
        export_usd=moments.row(arrays.EXPORT_USD),
        spill_mwh=moments.row(arrays.SPILL),
        sold_usd=moments.row(arrays.SOLD_USD),
        cost_usd=moments.linear(at.total(system, "cost")),
        lost_load_usd=moments.row(arrays.LOST_USD),
        co2_t=moments.linear(at.total(system, "co2")),
        co2_kg_per_mwh=moments.ratio(at.total(system, "co2"), served).scaled(1000),
        water_m3=moments.linear(at.total(system, "water")),
        cooling_water_m3=moments.row(arrays.COOLING_M3),
        fuel_mmbtu={
            fuel.name: moments.linear(
                at.of(*((at.source + g, float(rate)) for g, rate in enumerate(rates)))
            )
            for fuel, rates in zip(system.fuels, system.dispatch.fuels.rate, strict=True)
        },
        marginal_price_usd_per_mwh=moments.row(arrays.PRICE, 1 / system.hours),
        clean_share_hourly=moments.ratio(at.of((arrays.CLEAN_MATCHED, 1)), served),
        clean_share_annual=Estimate(min(annual.mean, 1.0), annual.standard_error),
        by_month=month_results(moments, at.month, system.months),
    )


def _sources(system: System, moments: Moments, at: Rows) -> tuple[SourceResult, ...]:
    out = []
    for name in dict.fromkeys(source.name for source in system.sources):
        parts = [(g, source) for g, source in enumerate(system.sources) if source.name == name]

        def total(figure: str, parts: list[tuple[int, Source]] = parts) -> Estimate:
            made = [(row + g, getattr(s, figure)) for g, s in parts for row in (at.source, at.sold)]
            return moments.linear(at.of(*made))

        out.append(
            SourceResult(
                name,
                moments.linear(at.of(*((at.source + g, 1.0) for g, _ in parts))),
                moments.linear(at.of(*((at.sold + g, 1.0) for g, _ in parts))),
                cost_usd=total("variable_usd_per_mwh"),
                co2_t=total("co2_kg_per_mwh").scaled(1 / 1000),
                water_m3=total("water_m3_per_mwh"),
                clean=all(s.clean for _, s in parts),
            )
        )
    return tuple(out)


def _tier(name: str, tier: int, moments: Moments, at: Rows) -> TierResult:
    wanted = at.of((at.tier(tier, arrays.TIER_WANTED_IT), 1))
    lost = at.of((at.tier(tier, arrays.TIER_LOST_IT), 1))
    return TierResult(
        name,
        moments.row(at.tier(tier, arrays.TIER_SHED)),
        moments.row(at.tier(tier, arrays.TIER_HOURS)),
        moments.row(at.tier(tier, arrays.TIER_MADE_UP)),
        moments.linear(wanted),
        moments.linear(lost),
        moments.ratio(wanted - lost, wanted),
    )


def _by_sample(system: System, kept: Accumulator, at: Rows, dispatch: bool) -> Samples:
    table = np.concatenate(kept.tables, axis=1)
    zero = np.zeros(table.shape[1])
    tiers = range(len(system.tiers))
    used = table[at.source : at.sold] if dispatch else table[:0]
    sold = table[at.sold : at.store] if dispatch else table[:0]
    names = [source.name for source in system.sources]
    return Samples(
        lolh_hours=table[arrays.LOLH],
        eue_mwh=table[arrays.EUE],
        load_mwh=table[arrays.LOAD],
        served_mwh=table[arrays.SERVED],
        cost_usd=at.total(system, "cost") @ table if dispatch else zero,
        co2_t=at.total(system, "co2") @ table if dispatch else zero,
        water_m3=at.total(system, "water") @ table if dispatch else zero,
        import_mwh=table[arrays.IMPORT],
        import_usd=table[arrays.IMPORT_USD],
        import_co2_t=table[arrays.IMPORT_KG] / 1000,
        export_usd=table[arrays.EXPORT_USD],
        sold_usd=table[arrays.SOLD_USD],
        clean_matched_mwh=table[arrays.CLEAN_MATCHED],
        clean_made_mwh=table[arrays.CLEAN_MADE],
        source_mwh=by_name(names, used),
        sold_mwh=by_name(names, sold),
        wanted_it_mwh={
            system.tiers[t].name: table[at.tier(t, arrays.TIER_WANTED_IT)] for t in tiers
        },
        lost_it_mwh={system.tiers[t].name: table[at.tier(t, arrays.TIER_LOST_IT)] for t in tiers},
        by_month=table[at.month :].reshape(arrays.MONTH_FIGURES, system.months, -1)
        if system.months
        else np.zeros((arrays.MONTH_FIGURES, 0, table.shape[1])),
    )
