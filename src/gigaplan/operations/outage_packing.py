"""Packs how units fail into the arrays of the compiled loops."""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import nearest, require
from gigaplan.core.random_streams import stream_key
from gigaplan.operations import arrays
from gigaplan.operations.model import Floats, Unit
from gigaplan.operations.outage_model import (
    HOURS_PER_MONTH,
    POINTS,
    CommonCause,
    Durations,
    Empirical,
    rest_table,
)
from gigaplan.operations.series import stack


@dataclass(frozen=True, slots=True)
class Years:
    """What outages are drawn for.

    Parameters
    ----------
    hours, samples, seed, weathers : int
    celsius : ndarray [weather, hour] or None
    causes : sequence of CommonCause
    """

    hours: int
    samples: int
    seed: int
    weathers: int
    celsius: Floats | None
    causes: Sequence[CommonCause] = ()


def _columns(values: Sequence[object], samples: int, names: Sequence[str]) -> NDArray[np.int64]:
    """Return integers by unit and draw; one column if no unit differs by draw."""
    widths = {np.size(np.asarray(value)) for value in values} - {1}
    width = max(widths, default=1)
    out = np.empty((len(values), width), np.int64)
    for i, value in enumerate(values):
        array = np.asarray(value)
        require(
            array.ndim <= 1 and array.size in (1, width) and samples % width == 0,
            f"found shape {list(array.shape)}; one hour, or one per draw, is needed, the draws "
            f"being a divisor of {samples} samples.",
            field=names[i],
        )
        out[i] = array
    return out


def unit_arrays(units: Sequence[Unit], capacity_mw: Floats, years: Years) -> arrays.UnitArrays:
    """Return the units, in their order."""
    hours, weathers = years.hours, years.weathers
    names = [unit.name for unit in units]
    windows = [_merged(unit.planned_hours, hours) for unit in units]
    rates, rate_row = _failure_rates(units, years)
    ends = [hours if unit.end_hour is None else unit.end_hour for unit in units]
    refuel = [unit.refuelling for unit in units]
    hit = hit_by(years.causes)
    causes = _causes(names, years)
    return arrays.UnitArrays(
        key=np.array(
            [stream_key(years.seed, "operations.outage", name) for name in names], np.uint64
        ),
        capacity_mw=capacity_mw,
        mttf_hours=np.array([unit.mean_up_hours for unit in units]),
        mttr_hours=np.array([unit.mean_repair_hours for unit in units]),
        rate_row=rate_row,
        constant=np.array([_fails_alike(unit) for unit in units], bool),
        simple=np.array([_is_simple(unit, hours, hit) for unit in units], bool),
        first_hour=np.clip(
            _columns([unit.first_hour for unit in units], years.samples, names), 0, hours
        ),
        end_hour=np.clip(_columns(ends, years.samples, names), 0, hours),
        cycle_hours=np.array([r.cycle_months * HOURS_PER_MONTH if r else 0.0 for r in refuel]),
        refuel_hours=np.array([round(24 * r.length_days) if r else 0.0 for r in refuel], float),
        phase=np.array([r.phase_fraction if r else 0.0 for r in refuel]),
        window_offset=np.cumsum([0, *map(len, windows)]).astype(np.int64),
        window_start=np.array([first for w in windows for first, _ in w], np.int64),
        window_end=np.array([end for w in windows for _, end in w], np.int64),
        **_durations(units),
        derate=np.array([_derate(unit) for unit in units], float).reshape(-1, 3),
        **causes,
        failure_rate=rates,
        highest_rate=rates.max(axis=2) if rates.size else np.zeros((0, weathers)),
        refuel_key=stream_key(years.seed, "operations.refuelling"),
    )


def hit_by(causes: Sequence[CommonCause]) -> frozenset[str]:
    """Return the names of units that common causes may hit."""
    return frozenset(name for cause in causes for name in cause.units)


def never_fails(unit: Unit, hours: int, hit: Collection[str]) -> bool:
    """Return whether a unit is up in every hour of every sample."""
    fails = unit.temperature_outages is not None or math.isfinite(unit.mean_up_hours)
    return not fails and unit.name not in hit and _is_there_all_year(unit, hours)


def _fails_alike(unit: Unit) -> bool:
    """Return whether a unit fails, and is repaired, at constant rates."""
    special = unit.temperature_outages or unit.time_to_failure or unit.time_to_repair
    return math.isfinite(unit.mean_up_hours) and not special and unit.derating is None


def _is_simple(unit: Unit, hours: int, hit: Collection[str]) -> bool:
    """Return whether a unit fails at a constant rate, all year long, with nothing planned."""
    return _fails_alike(unit) and unit.name not in hit and _is_there_all_year(unit, hours)


def _is_there_all_year(unit: Unit, hours: int) -> bool:
    """Return whether a unit stands from the first hour to the last, with nothing planned."""
    lasts = unit.end_hour is None or int(np.min(unit.end_hour)) >= hours
    planned = unit.refuelling is not None or bool(unit.planned_hours)
    return lasts and not planned and int(np.max(unit.first_hour)) == 0


def _derate(unit: Unit) -> tuple[float, float, float]:
    d = unit.derating
    return (0.0, 0.0, 0.0) if d is None else (d.share_of_failures, d.lost_fraction, d.mean_hours)


def _durations(units: Sequence[Unit]) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """Return how long lives and repairs last; see `arrays.UnitArrays`."""
    shape = (len(units), 2)
    power, scale = np.ones(shape), np.ones(shape)
    offset, count = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
    rest_row = np.full(shape, -1, np.int64)
    hours: list[float] = []
    tables: dict[Durations, int] = {}
    for i, unit in enumerate(units):
        means = (unit.mean_up_hours, unit.mean_repair_hours)
        for k, given in enumerate((unit.time_to_failure, unit.time_to_repair)):
            scale[i, k] = means[k]
            if given is None:
                continue
            rest_row[i, k] = tables.setdefault(given, len(tables))
            if isinstance(given, Empirical):
                offset[i, k], count[i, k] = len(hours), len(given.hours)
                hours += sorted(given.hours)
            else:
                power[i, k], scale[i, k] = 1 / given.shape, given.scale_hours
    return {
        "power": power,
        "scale": scale,
        "sample_offset": offset,
        "sample_count": count,
        "sample_hours": np.array(hours, np.float64),
        "rest_row": rest_row,
        "rest_hours": np.array([rest_table(d) for d in tables]).reshape(-1, POINTS),
    }


def _causes(names: Sequence[str], years: Years) -> dict[str, NDArray[np.float64]]:
    """Return common causes, and which of them may hit each unit."""
    known = set(names)
    seen: set[str] = set()
    for cause in years.causes:
        require(
            cause.name not in seen,
            f"two common causes are named '{cause.name}'; each needs its own name.",
        )
        seen.add(cause.name)
        for name in cause.units:
            require(
                name in known,
                f"no unit is named '{name}'.{nearest(name, names)}",
                field=f"{cause.name}.units",
            )
    mine = [[c for c, cause in enumerate(years.causes) if name in cause.units] for name in names]
    rates = stack(
        [_cause_rate(cause, years) for cause in years.causes], years.weathers, years.hours
    )
    keys = [stream_key(years.seed, "operations.common_cause", c.name) for c in years.causes]
    found: dict[str, NDArray[np.float64]] = {
        "cause_offset": np.cumsum([0, *map(len, mine)]).astype(np.int64),
        "causes": np.array([c for own in mine for c in own], np.int64),
        "cause_key": np.array(keys, np.uint64),
        "cause_rate": rates,
        "cause_highest": rates.max(axis=2) if rates.size else np.zeros((0, years.weathers)),
        "cause_hours": np.array([cause.mean_hours for cause in years.causes], float),
        "cause_hit": np.array([cause.hit_fraction for cause in years.causes], float),
    }
    return found


def _cause_rate(cause: CommonCause, years: Years) -> Floats:
    """Return events begun per hour [weather, hour]; over the weather years, as many as stated."""
    low, high = cause.below_celsius, cause.above_celsius
    if low is None and high is None:
        return np.full((1, years.hours), cause.events_per_year / 8760)
    require(
        years.celsius is not None,
        "its events go by temperature; give temperature_celsius.",
        field=cause.name,
    )
    assert years.celsius is not None
    may = np.zeros(years.celsius.shape, bool)
    if low is not None:
        may |= years.celsius < low
    if high is not None:
        may |= years.celsius > high
    limit = " or ".join(
        f"{word} {value:g} degrees"
        for word, value in (("below", low), ("above", high))
        if value is not None
    )
    require(bool(may.any()), f"no hour of the weather is {limit}.", field=cause.name)
    per_hour = cause.events_per_year / 8760 / may.mean()
    return np.where(may, per_hour, 0.0)


def _merged(windows: Sequence[tuple[int, int]], hours: int) -> list[tuple[int, int]]:
    out: list[tuple[int, int]] = []
    for first, end in sorted(windows):
        if out and first <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        elif first < hours:
            out.append((first, end))
    return out


def _failure_rates(units: Sequence[Unit], years: Years) -> tuple[Floats, NDArray[np.int64]]:
    celsius = years.celsius
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
        key = (table, unit.mean_repair_hours)
        if key not in row_of:
            row_of[key] = len(rows)
            fraction = np.interp(celsius, table.celsius, table.outage_fraction)
            rows.append(fraction / (1 - fraction) / unit.mean_repair_hours)
        rate_row[i] = row_of[key]
    return stack(rows, years.weathers, years.hours), rate_row
