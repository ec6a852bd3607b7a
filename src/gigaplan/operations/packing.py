"""Packs units, storage, grid and tiers into the arrays of the compiled loops."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.operations import arrays
from gigaplan.operations.model import (
    MONTH_START_HOUR,
    ByDraw,
    Floats,
    Grid,
    Storage,
    Tier,
    Unit,
)
from gigaplan.operations.outage_packing import never_fails
from gigaplan.operations.series import Profiles, hourly

PART_HOURS = 24 * 31
"""Most hours of a part that is gone through at once; a multiple of 24."""
TOLERANCE = 1e-10
"""A shortage below this part of the peak load is rounding, not loss."""


@dataclass(frozen=True, slots=True)
class Source:
    """Units that differ in nothing the dispatch sees."""

    name: str
    variable_usd_per_mwh: float
    co2_kg_per_mwh: float
    water_m3_per_mwh: float
    clean: bool
    must_run: bool
    remote: bool


def source_of(unit: Unit) -> Source:
    """Return what the dispatch sees of a unit."""
    return Source(
        unit.source or unit.name,
        float(unit.variable_usd_per_mwh),
        float(unit.co2_kg_per_mwh),
        float(unit.water_m3_per_mwh),
        unit.clean,
        unit.must_run and not unit.remote,
        unit.remote,
    )


def merit(source: Source) -> tuple[bool, float, str]:
    """Return the key that sorts sources: must-run first, then by cost."""
    return (not source.must_run, source.variable_usd_per_mwh, source.name)


def by_value(tier: Tier) -> float:
    """Return the key that sorts tiers: the one shed first comes first."""
    return tier.lost_usd_per_mwh


def by_discharge_price(store: Storage) -> float:
    """Return the key that sorts storages: the one that discharges first comes first."""
    return store.discharge_above_usd_per_mwh


@dataclass(frozen=True, slots=True)
class Entry:
    """A unit with the bucket it is packed into, and its MW where its profile is one."""

    unit: Unit
    bucket: tuple[int, int, bool]  # source, profile, whether it is the grid
    capacity_mw: float


def entry_of(unit: Unit, sources: Sequence[Source], profiles: Profiles) -> Entry:
    """Return the packed form of a unit; its profile is added to `profiles`."""
    capacity, availability = unit.capacity_mw, unit.availability_fraction
    field = f"{unit.name}.capacity_mw"
    if np.ndim(capacity) == 0:
        mw = float(capacity)
        require(
            bool(np.isfinite(mw)) and mw >= 0,
            f"found {mw:g} MW; a finite number of at least 0 is needed.",
            field=field,
        )
        profile = -1
        if availability is not None:
            profile = profiles.row(availability, f"{unit.name}.availability_fraction")
    else:
        mw = 1.0
        series = np.asarray(capacity, dtype=np.float64)
        if availability is not None:
            hourly(series, profiles.hours, field)
            other = np.asarray(availability, dtype=np.float64)
            if series.ndim != other.ndim:
                series, other = (a if a.ndim == 2 else a[:, None] for a in (series, other))
            series = series * other
        profile = profiles.row(series, field)
    source = sources.index(source_of(unit)) if sources else 0
    return Entry(unit, (source, profile, False), mw)


def grid_entries(grid: Grid, row: int, profiles: Profiles) -> list[Entry]:
    """Return the connection's feeds as units of parts of a MW whose profile is its limit."""
    limit = np.asarray(grid.limit_mw, dtype=np.float64)
    if limit.ndim == 0:
        limit = np.full(profiles.hours, limit)
    profile = profiles.row(limit, f"{grid.name}.limit_mw")
    names = [grid.name, *(f"{grid.name} feed {i}" for i in range(2, grid.feeds + 1))]
    return [
        Entry(
            Unit(name, 1.0, mttf_hours=grid.mttf_hours, mttr_hours=grid.mttr_hours),
            (row, profile, True),
            grid.feed_fraction,
        )
        for name in names
    ]


def grid_series(grid: Grid | None, hours: int) -> list[Floats]:
    """Return price, carbon and clean share of imports, each [weather, hour]."""
    if grid is None:
        return [np.zeros((1, hours))] * 3
    names = ("price_usd_per_mwh", "co2_kg_per_mwh", "clean_share_fraction")
    series = [hourly(getattr(grid, key), hours, f"{grid.name}.{key}") for key in names]
    require(
        bool(series[2].min() >= 0 and series[2].max() <= 1),
        "found a share outside 0 to 1.",
        field=f"{grid.name}.clean_share_fraction",
    )
    return series


def _steady_mw(
    entries: Sequence[Entry], key: tuple[int, int, bool], hours: int, hit: Collection[str]
) -> float:
    """Return MW of a bucket whose units are up in every hour of every sample, -1 for another."""
    members = [entry for entry in entries if entry.bucket == key]
    if not all(never_fails(entry.unit, hours, hit) for entry in members):
        return -1.0
    return sum(entry.capacity_mw for entry in members)


def bucket_arrays(
    entries: Sequence[Entry], profiles: Floats, hours: int, hit: Collection[str]
) -> arrays.BucketArrays:
    """Return the buckets of sorted entries."""
    keys = sorted({entry.bucket for entry in entries})
    counts = [sum(entry.bucket == key for entry in entries) for key in keys]
    return arrays.BucketArrays(
        unit_offset=np.cumsum([0, *counts]).astype(np.int64),
        source=np.array([source for source, _, _ in keys], np.int64),
        profile=np.array([profile for _, profile, _ in keys], np.int64),
        steady_mw=np.array([_steady_mw(entries, key, hours, hit) for key in keys]),
        is_grid=np.array([is_grid for _, _, is_grid in keys], np.int64),
        profiles=profiles,
    )


def _parts(starts: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first hours of parts of months (with the end), and the month of each.

    A part's hourly figures stay in the processor's fastest memory while it is worked on.
    """
    first = [
        (hour, month)
        for month, (start, end) in enumerate(pairwise(starts))
        for hour in range(int(start), int(end), PART_HOURS)
    ]
    hours = np.array([hour for hour, _ in first] + [int(starts[-1])], np.int64)
    return hours, np.array([month for _, month in first], np.int64)


def _by_step(values: Floats | None, steps: int, samples: int, name: str) -> Floats:
    if values is None:
        return np.ones((steps, 1))
    array = np.ascontiguousarray(values, dtype=np.float64)
    require(
        array.ndim == 2 and len(array) == steps and array.size > 0 and samples % len(array.T) == 0,
        f"found shape {list(array.shape)}; [{steps}, {samples}] (step, sample) is needed, or "
        "columns that repeat a whole number of times.",
        field=name,
    )
    require(bool(np.isfinite(array).all()), "found a step without a number.", field=name)
    require(bool(array.min() >= 0), "found a factor below 0.", field=name)
    return array


def load_arrays(
    series: Floats, by_draw: ByDraw | None, hours: int, samples: int, *, months: bool
) -> arrays.LoadArrays:
    """Return load, PUE and water [weather, hour] of `series` with what differs by draw."""
    step = np.zeros(hours, np.int64) if by_draw is None else np.asarray(by_draw.step_of_hour)
    require(
        step.shape == (hours,) and np.issubdtype(step.dtype, np.integer) and step.min() >= 0,
        f"found shape {list(step.shape)}; one whole number from 0 for each of {hours} hours.",
        field="by_draw.step_of_hour",
    )
    steps = int(step.max()) + 1
    scale = _by_step(by_draw.load_scale if by_draw else None, steps, samples, "by_draw.load_scale")
    limit = _by_step(
        by_draw.grid_limit_scale if by_draw else None, steps, samples, "by_draw.grid_limit_scale"
    )
    peak = float(series[0].max() * scale.max())
    by_month = months and hours == MONTH_START_HOUR[-1]
    part_start, part_month = _parts(MONTH_START_HOUR if by_month else np.array([0, hours]))
    return arrays.LoadArrays(
        series[0],
        series[1],
        series[2],
        step.astype(np.int64),
        part_start,
        part_month,
        12 if by_month else 0,
        scale,
        limit,
        TOLERANCE * peak,
    )


def _import_before(sources: Sequence[Source], price: Floats, grid: Grid | None) -> Floats:
    """Return, by weather year, before which sources (and after all) imports are ever the cheapest.

    Spares a pass over the hours where no price lies between two sources' costs. A price that
    import lifts may come to lie there from any below.
    """
    ends = [s.variable_usd_per_mwh for s in sources if not s.must_run]
    must_run = len(sources) - len(ends)
    before = np.zeros((price.shape[0], len(sources) + 1))
    for i, (low, high) in enumerate(zip([-np.inf, *ends], [*ends, np.inf], strict=True)):
        if grid is not None:
            rises = grid.price_response_usd_per_mwh_per_mw > 0
            before[:, must_run + i] = ((rises | (price >= low)) & (price < high)).any(axis=1)
    return before


def dispatch_arrays(
    sources: Sequence[Source],
    grid_series: Floats,
    grid: Grid | None,
    storage: Sequence[Storage],
    tiers: Sequence[Tier],
    fuels: arrays.FuelArrays,
    by_draw: ByDraw | None,
    hours: int,
    samples: int,
) -> arrays.DispatchArrays:
    """Return economics, storage and tiers, in the order in which they are used."""
    stores = sorted(storage, key=by_discharge_price)
    levels = sorted(tiers, key=by_value)
    steps = 1 if by_draw is None else int(np.max(by_draw.step_of_hour)) + 1
    given = {} if by_draw is None else dict(by_draw.storage_scale)
    known = {store.name for store in stores}
    for name in given:
        require(name in known, f"no storage is named '{name}'.", field="by_draw.storage_scale")
    scales = [
        _by_step(given.get(s.name), steps, samples, f"by_draw.storage_scale.{s.name}")
        for s in stores
    ]
    for store, scale in zip(stores, scales, strict=True):
        require(
            bool((np.diff(scale, axis=0) >= 0).all()),
            "found a factor that falls within the year; energy inside would vanish.",
            field=f"by_draw.storage_scale.{store.name}",
        )
    widths = {scale.shape[1] for scale in scales} - {1}
    require(
        len(widths) <= 1,
        f"found {' and '.join(map(str, sorted(widths)))} columns; all must hold the same draws.",
        field="by_draw.storage_scale",
    )
    width = max(widths, default=1)
    storage_scale = np.ones((len(stores), steps, width))
    for k, scale in enumerate(scales):
        storage_scale[k] = scale
    return arrays.DispatchArrays(
        must_run=sum(source.must_run for source in sources),
        cost_usd_per_mwh=np.array([s.variable_usd_per_mwh for s in sources], float),
        co2_kg_per_mwh=np.array([s.co2_kg_per_mwh for s in sources], float),
        water_m3_per_mwh=np.array([s.water_m3_per_mwh for s in sources], float),
        clean=np.array([float(s.clean) for s in sources]),
        remote=np.array([float(s.remote) for s in sources]),
        price_usd_per_mwh=grid_series[0],
        price_slope=float(grid.price_response_usd_per_mwh_per_mw) if grid else 0.0,
        grid_kg_per_mwh=grid_series[1],
        grid_clean=grid_series[2],
        import_before=_import_before(sources, grid_series[0], grid),
        export_limit_mw=float(grid.export_limit_mw) if grid else 0.0,
        export_only=grid is None or not bool(np.any(np.asarray(grid.limit_mw) > 0)),
        stores=np.array([_store_row(s, sources) for s in stores], float).reshape(
            -1, arrays.CHEAP + 1
        ),
        storage_scale=storage_scale,
        tiers=np.array([_tier_row(t) for t in levels], float),
        fuels=fuels,
    )


def _store_row(store: Storage, sources: Sequence[Source]) -> list[float]:
    """Return a storage's figures in the order of the columns in `arrays`."""
    cheap = any(
        not s.must_run and s.variable_usd_per_mwh <= store.charge_below_usd_per_mwh for s in sources
    )
    return [
        store.power_mw,
        store.energy_mwh,
        store.charge_efficiency,
        store.discharge_efficiency,
        store.charge_below_usd_per_mwh,
        store.discharge_above_usd_per_mwh,
        store.reserve_fraction,
        store.initial_fraction,
        float(cheap),
    ]


def _tier_row(tier: Tier) -> list[float]:
    """Return a tier's figures in the order of the columns in `arrays`."""
    return [
        tier.share_fraction,
        tier.lost_usd_per_mwh,
        tier.catch_up_fraction,
        tier.restart_hours,
    ]
