"""Turns units, storage, grid and tiers into the arrays of the compiled loops."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, require
from gigaplan.core.random_streams import stream_key
from gigaplan.operations import arrays
from gigaplan.operations.model import (
    HOURS_PER_MONTH,
    ByDraw,
    Floats,
    Grid,
    Storage,
    Tier,
    Unit,
    hourly,
)

TOLERANCE = 1e-9
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


@dataclass(frozen=True)
class System:
    """A checked system, ready to run."""

    hours: int
    units: arrays.UnitArrays
    buckets: arrays.BucketArrays
    load: arrays.LoadArrays
    dispatch: arrays.DispatchArrays
    sources: tuple[Source, ...]
    storage: tuple[Storage, ...]
    tiers: tuple[Tier, ...]

    @property
    def rows(self) -> int:
        """Rows of a block's table."""
        tiers, stores = len(self.tiers), len(self.storage)
        return arrays.SCALARS + arrays.TIER_ROWS * tiers + 2 * len(self.sources) + 2 * stores

    @property
    def trace_rows(self) -> int:
        """Rows of a trace."""
        return arrays.TRACE_SCALARS + len(self.sources) + len(self.storage) + len(self.tiers)


def _names_differ(names: Sequence[str], what: str) -> None:
    seen: set[str] = set()
    for name in names:
        require(name not in seen, f"two {what} are named '{name}'; each needs its own name.")
        seen.add(name)


class _Profiles:
    """Hourly profiles, each held once."""

    def __init__(self, hours: int) -> None:
        self.hours = hours
        self.rows: list[Floats] = []
        self._row_of: dict[bytes, int] = {}
        self._seen: dict[int, tuple[object, int]] = {}

    def row(self, value: Floats, name: str, *, low: float = 0.0) -> int:
        """Return the row of a profile, -1 if it is one in every hour."""
        if id(value) in self._seen:
            return self._seen[id(value)][1]
        array = hourly(value, self.hours, name)
        if array.min() < low:
            weather, hour = np.unravel_index(int(array.argmin()), array.shape)
            raise InputError(
                f"hour {hour} holds {array[weather, hour]:g}; at least {low:g} is needed.",
                field=name,
            )
        digest = hashlib.blake2b(array.tobytes(), digest_size=16).digest() + bytes(
            str(array.shape), "ascii"
        )
        row = self._row_of.setdefault(digest, len(self.rows))
        if row == len(self.rows):
            self.rows.append(array)
        self._seen[id(value)] = (value, row)
        return row


def _stack(rows: Sequence[Floats], weathers: int, hours: int) -> Floats:
    """Return series of one or all weather years as [row, weather, hour]."""
    out = np.empty((len(rows), weathers, hours))
    for i, row in enumerate(rows):
        out[i] = row
    return out


def _weathers(arrays: Sequence[Floats]) -> int:
    counts = {array.shape[0] for array in arrays} - {1}
    require(
        len(counts) <= 1,
        f"found series of {' and '.join(map(str, sorted(counts)))} weather years; "
        "all series must hold the same years.",
    )
    return counts.pop() if counts else 1


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


def build(
    units: Sequence[Unit],
    load_mw: Floats,
    storage: Sequence[Storage],
    tiers: Sequence[Tier],
    grid: Grid | None,
    *,
    dispatch: bool,
    pue: float | Floats,
    water_m3_per_it_mwh: float | Floats,
    temperature_celsius: Floats | None,
    by_draw: ByDraw | None,
    samples: int,
    seed: int,
) -> System:
    """Return a checked system; see `gigaplan.operations.assess` for the parameters."""
    require(np.ndim(load_mw) > 0, "found one number; a load has one MW per hour.", field="load_mw")
    hours = int(np.shape(load_mw)[0])
    require(hours > 0, "found no hours; a load has one MW per hour.", field="load_mw")
    load = hourly(load_mw, hours, "load_mw")
    require(
        bool(load.min() >= 0), f"found {load.min():g} MW; a load is at least 0.", field="load_mw"
    )
    require(bool(load.max() > 0), "found no load in any hour; give a load.", field="load_mw")
    _names_differ([unit.name for unit in units] + ([grid.name] if grid else []), "units")
    _names_differ([store.name for store in storage], "storages")
    _names_differ([tier.name for tier in tiers], "tiers")
    share = sum(tier.share_fraction for tier in tiers)
    require(
        abs(share - 1) < 1e-9, f"the tiers' shares add up to {share:g}; 1 is needed.", field="tiers"
    )

    require(
        grid is not None or not any(unit.remote for unit in units),
        "a remote unit reaches the load through the grid; give a grid.",
        field="grid",
    )
    require(
        dispatch or not any(unit.remote for unit in units),
        "remote units need the hourly dispatch; leave out dispatch=False.",
        field="dispatch",
    )
    profiles = _Profiles(hours)
    sources = sorted({source_of(unit) for unit in units}, key=_merit)
    if not dispatch:
        sources = []
    entries = [_entry(unit, sources, profiles) for unit in units]
    hourly_grid = _grid_series(grid, hours)
    if grid is not None:
        entries.append(_grid_entry(grid, len(sources), profiles))
    entries.sort(key=lambda entry: entry.bucket)
    pue_series = hourly(pue, hours, "pue")
    require(
        bool(pue_series.min() >= 1), f"found {pue_series.min():g}; PUE is at least 1.", field="pue"
    )
    celsius = (
        None
        if temperature_celsius is None
        else hourly(temperature_celsius, hours, "temperature_celsius")
    )
    water = hourly(water_m3_per_it_mwh, hours, "water_m3_per_it_mwh")
    series = [load, pue_series, water, *hourly_grid, *profiles.rows]
    weathers = _weathers(series + ([] if celsius is None else [celsius]))
    unit_arrays = _unit_arrays(entries, hours, samples, seed, celsius, weathers)
    return System(
        hours,
        unit_arrays,
        _bucket_arrays(entries, _stack(profiles.rows, weathers, hours)),
        _load_arrays(_stack([load, pue_series, water], weathers, hours), by_draw, hours, samples),
        _dispatch_arrays(
            sources,
            _stack(hourly_grid, weathers, hours),
            grid,
            storage,
            tiers,
            by_draw,
            hours,
            samples,
        ),
        tuple(sources),
        tuple(sorted(storage, key=_by_discharge_price)),
        tuple(sorted(tiers, key=_by_value)),
    )


def _merit(source: Source) -> tuple[bool, float, str]:
    return (not source.must_run, source.variable_usd_per_mwh, source.name)


def _by_value(tier: Tier) -> float:
    return tier.lost_usd_per_mwh


def _by_discharge_price(store: Storage) -> float:
    return store.discharge_above_usd_per_mwh


@dataclass(frozen=True, slots=True)
class _Entry:
    unit: Unit
    bucket: tuple[int, int, bool]  # source, profile, whether it is the grid
    capacity_mw: float


def _entry(unit: Unit, sources: Sequence[Source], profiles: _Profiles) -> _Entry:
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
    return _Entry(unit, (source, profile, False), mw)


def _grid_entry(grid: Grid, row: int, profiles: _Profiles) -> _Entry:
    limit = (
        np.broadcast_to(np.asarray(grid.limit_mw, dtype=np.float64), (profiles.hours,))
        if np.ndim(grid.limit_mw) == 0
        else np.asarray(grid.limit_mw, dtype=np.float64)
    )
    profile = profiles.row(limit, f"{grid.name}.limit_mw")
    unit = Unit(grid.name, 1.0, mttf_hours=grid.mttf_hours, mttr_hours=grid.mttr_hours)
    return _Entry(unit, (row, profile, True), 1.0)


def _grid_series(grid: Grid | None, hours: int) -> list[Floats]:
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


def _columns(values: Sequence[object], samples: int, names: Sequence[str]) -> NDArray[np.int64]:
    """Return integers by unit and sample; one column if no unit differs by sample."""
    width = samples if any(np.ndim(value) > 0 for value in values) else 1  # type: ignore[arg-type]
    out = np.empty((len(values), width), np.int64)
    for i, value in enumerate(values):
        array = np.asarray(value)
        require(
            array.ndim == 0 or array.shape == (samples,),
            f"found shape {list(array.shape)}; one hour, or [{samples}] (one per sample).",
            field=names[i],
        )
        out[i] = array
    return out


def _unit_arrays(
    entries: Sequence[_Entry],
    hours: int,
    samples: int,
    seed: int,
    celsius: Floats | None,
    weathers: int,
) -> arrays.UnitArrays:
    units = [entry.unit for entry in entries]
    names = [unit.name for unit in units]
    windows = [_merged(unit.planned_hours, hours) for unit in units]
    rates, rate_row = _failure_rates(units, hours, celsius, weathers)
    ends = [hours if unit.end_hour is None else unit.end_hour for unit in units]
    refuel = [unit.refuelling for unit in units]
    return arrays.UnitArrays(
        key=np.array([stream_key(seed, "operations.outage", name) for name in names], np.uint64),
        capacity_mw=np.array([entry.capacity_mw for entry in entries]),
        mttf_hours=np.array([unit.mean_up_hours for unit in units]),
        mttr_hours=np.array([float(unit.mttr_hours or 0.0) for unit in units]),
        rate_row=rate_row,
        first_hour=np.clip(_columns([unit.first_hour for unit in units], samples, names), 0, hours),
        end_hour=np.clip(_columns(ends, samples, names), 0, hours),
        cycle_hours=np.array([r.cycle_months * HOURS_PER_MONTH if r else 0.0 for r in refuel]),
        refuel_hours=np.array([round(24 * r.length_days) if r else 0.0 for r in refuel], float),
        phase=np.array([r.phase_fraction if r else 0.0 for r in refuel]),
        window_offset=np.cumsum([0, *map(len, windows)]).astype(np.int64),
        window_start=np.array([first for w in windows for first, _ in w], np.int64),
        window_end=np.array([end for w in windows for _, end in w], np.int64),
        failure_rate=rates,
        highest_rate=rates.max(axis=2) if rates.size else np.zeros((0, weathers)),
        refuel_key=stream_key(seed, "operations.refuelling"),
    )


def _merged(windows: Sequence[tuple[int, int]], hours: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for first, end in sorted(windows):
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif first < hours:
            out.append((first, end))
    return out


def _failure_rates(
    units: Sequence[Unit], hours: int, celsius: Floats | None, weathers: int
) -> tuple[Floats, NDArray[np.int64]]:
    rows: list[Floats] = []
    row_of: dict[tuple[object, float], int] = {}
    rate_row = np.full(len(units), -1, np.int64)
    for i, unit in enumerate(units):
        table = unit.temperature_outages
        if table is None:
            continue
        require(
            celsius is not None,
            "its outages go by temperature; give temperature_celsius.",
            field=f"{unit.name}.temperature_outages",
        )
        assert celsius is not None
        assert unit.mttr_hours is not None
        key = (table, unit.mttr_hours)
        if key not in row_of:
            row_of[key] = len(rows)
            fraction = np.interp(celsius, table.celsius, table.outage_fraction)
            rows.append(fraction / (1 - fraction) / unit.mttr_hours)
        rate_row[i] = row_of[key]
    return _stack(rows, weathers, hours), rate_row


def _bucket_arrays(entries: Sequence[_Entry], profiles: Floats) -> arrays.BucketArrays:
    keys = sorted({entry.bucket for entry in entries})
    counts = [sum(entry.bucket == key for entry in entries) for key in keys]
    return arrays.BucketArrays(
        unit_offset=np.cumsum([0, *counts]).astype(np.int64),
        source=np.array([source for source, _, _ in keys], np.int64),
        profile=np.array([profile for _, profile, _ in keys], np.int64),
        is_grid=np.array([is_grid for _, _, is_grid in keys], np.int64),
        profiles=profiles,
    )


def _by_step(values: Floats | None, steps: int, samples: int, name: str) -> Floats:
    if values is None:
        return np.ones((steps, 1))
    array = np.ascontiguousarray(values, dtype=np.float64)
    require(
        array.shape in ((steps, 1), (steps, samples)),
        f"found shape {list(array.shape)}; [{steps}, {samples}] (step, sample) is needed.",
        field=name,
    )
    require(bool(np.isfinite(array).all()), "found a step without a number.", field=name)
    require(bool(array.min() >= 0), "found a factor below 0.", field=name)
    return array


def _load_arrays(
    series: Floats, by_draw: ByDraw | None, hours: int, samples: int
) -> arrays.LoadArrays:
    step = np.zeros(hours, np.int64) if by_draw is None else np.asarray(by_draw.step_of_hour)
    require(
        step.shape == (hours,) and np.issubdtype(step.dtype, np.integer) and step.min() >= 0,
        f"found shape {list(step.shape)}; one whole number from 0 for each of {hours} hours.",
        field="by_draw.step_of_hour",
    )
    steps = int(step.max()) + 1
    scale = _by_step(by_draw and by_draw.load_scale, steps, samples, "by_draw.load_scale")
    limit = _by_step(
        by_draw and by_draw.grid_limit_scale, steps, samples, "by_draw.grid_limit_scale"
    )
    peak = float(series[0].max() * scale.max())
    return arrays.LoadArrays(
        series[0], series[1], series[2], step.astype(np.int64), scale, limit, TOLERANCE * peak
    )


def _dispatch_arrays(
    sources: Sequence[Source],
    grid_series: Floats,
    grid: Grid | None,
    storage: Sequence[Storage],
    tiers: Sequence[Tier],
    by_draw: ByDraw | None,
    hours: int,
    samples: int,
) -> arrays.DispatchArrays:
    stores = sorted(storage, key=_by_discharge_price)
    levels = sorted(tiers, key=_by_value)
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
    width = max([scale.shape[1] for scale in scales], default=1)
    storage_scale = np.ones((len(stores), steps, width))
    for k, scale in enumerate(scales):
        storage_scale[k] = scale
    return arrays.DispatchArrays(
        must_run=sum(source.must_run for source in sources),
        cost_usd_per_mwh=np.array([s.variable_usd_per_mwh for s in sources], float),
        clean=np.array([float(s.clean) for s in sources]),
        remote=np.array([float(s.remote) for s in sources]),
        price_usd_per_mwh=grid_series[0],
        grid_kg_per_mwh=grid_series[1],
        grid_clean=grid_series[2],
        export_limit_mw=float(grid.export_limit_mw) if grid else 0.0,
        power_mw=np.array([s.power_mw for s in stores], float),
        energy_mwh=np.array([s.energy_mwh for s in stores], float),
        charge_efficiency=np.array([s.charge_efficiency for s in stores], float),
        discharge_efficiency=np.array([s.discharge_efficiency for s in stores], float),
        charge_below=np.array([s.charge_below_usd_per_mwh for s in stores], float),
        discharge_above=np.array([s.discharge_above_usd_per_mwh for s in stores], float),
        reserve_fraction=np.array([s.reserve_fraction for s in stores], float),
        initial_fraction=np.array([s.initial_fraction for s in stores], float),
        storage_scale=storage_scale,
        tier_share=np.array([t.share_fraction for t in levels], float),
        tier_usd_per_mwh=np.array([t.lost_usd_per_mwh for t in levels], float),
        tier_catch_up=np.array([t.catch_up_fraction for t in levels], float),
        tier_restart_hours=np.array([t.restart_hours for t in levels], float),
    )
