"""Checks a system as a whole and makes it ready to run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.operations import arrays
from gigaplan.operations.fuels import FuelSupply, fuel_arrays, most_by_hour
from gigaplan.operations.model import ByDraw, Floats, Grid, Storage, Tier, Unit
from gigaplan.operations.outage_model import CommonCause, LoadOutage
from gigaplan.operations.outage_packing import Years, hit_by, unit_arrays
from gigaplan.operations.packing import (
    Source,
    bucket_arrays,
    by_discharge_price,
    by_value,
    dispatch_arrays,
    entry_of,
    grid_entries,
    grid_series,
    load_arrays,
    merit,
    source_of,
)
from gigaplan.operations.series import Profiles, hourly, stack, weathers_of


@dataclass(frozen=True)
class System:
    """A checked system, ready to run."""

    hours: int
    units: arrays.UnitArrays
    campus: arrays.UnitArrays
    buckets: arrays.BucketArrays
    load: arrays.LoadArrays
    dispatch: arrays.DispatchArrays
    sources: tuple[Source, ...]
    storage: tuple[Storage, ...]
    tiers: tuple[Tier, ...]
    fuels: tuple[FuelSupply, ...]

    @property
    def rows(self) -> int:
        """Rows of a block's table."""
        tiers, stores = len(self.tiers), len(self.storage)
        own = arrays.SCALARS + arrays.TIER_ROWS * tiers + 2 * len(self.sources) + 2 * stores
        return own + arrays.MONTH_FIGURES * self.months

    @property
    def months(self) -> int:
        """Months of the year: 0 if the hours are none of a year, or only capacity is compared."""
        return self.load.months

    @property
    def trace_rows(self) -> int:
        """Rows of a trace."""
        return arrays.TRACE_SCALARS + len(self.sources) + len(self.storage) + len(self.tiers)


def names_differ(names: Sequence[str], what: str) -> None:
    """Refuse names that repeat; `what` is what they name."""
    seen: set[str] = set()
    for name in names:
        require(name not in seen, f"two {what} are named '{name}'; each needs its own name.")
        seen.add(name)


def _as_unit(outage: LoadOutage) -> Unit:
    """Return a unit that is out while the event lasts."""
    name = f"load outage {outage.name}"
    return Unit(name, 1.0, mttf_hours=outage.mttf_hours, mttr_hours=outage.mttr_hours)


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
    common_causes: Sequence[CommonCause] = (),
    load_outages: Sequence[LoadOutage] = (),
    fuels: Sequence[FuelSupply] = (),
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
    names_differ([unit.name for unit in units] + ([grid.name] if grid else []), "units")
    names_differ([store.name for store in storage], "storages")
    names_differ([outage.name for outage in load_outages], "load outages")
    require(
        dispatch or not load_outages,
        "load outages need the hourly dispatch; leave out dispatch=False.",
        field="load_outages",
    )
    names_differ([fuel.name for fuel in fuels], "fuel supplies")
    require(
        dispatch or not fuels,
        "fuel supplies need the hourly dispatch; leave out dispatch=False.",
        field="fuels",
    )
    names_differ([tier.name for tier in tiers], "tiers")
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
    profiles = Profiles(hours)
    sources = sorted({source_of(unit) for unit in units}, key=merit)
    if not dispatch:
        sources = []
    entries = [entry_of(unit, sources, profiles) for unit in units]
    hourly_grid = grid_series(grid, hours)
    if grid is not None:
        entries += grid_entries(grid, len(sources), profiles)
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
    most_fuel = most_by_hour(fuels, hours)
    series = [load, pue_series, water, *hourly_grid, *profiles.rows, *most_fuel]
    weathers = weathers_of(series + ([] if celsius is None else [celsius]))
    packed = unit_arrays(
        [entry.unit for entry in entries],
        np.array([entry.capacity_mw for entry in entries]),
        Years(hours, samples, seed, weathers, celsius, common_causes),
    )
    campus = unit_arrays(
        [_as_unit(outage) for outage in load_outages],
        np.array([outage.lost_fraction for outage in load_outages]),
        Years(hours, samples, seed, weathers, None),
    )
    packed_load = load_arrays(
        stack([load, pue_series, water], weathers, hours),
        by_draw,
        hours,
        samples,
        months=dispatch,
    )
    return System(
        hours,
        packed,
        campus,
        bucket_arrays(entries, stack(profiles.rows, weathers, hours), hours, hit_by(common_causes)),
        packed_load,
        dispatch_arrays(
            sources,
            stack(hourly_grid, weathers, hours),
            grid,
            storage,
            tiers,
            fuel_arrays(
                fuels,
                sources,
                stack(most_fuel, weathers, hours),
                packed_load.part_start,
                packed_load.part_month,
            ),
            by_draw,
            hours,
            samples,
        ),
        tuple(sources),
        tuple(sorted(storage, key=by_discharge_price)),
        tuple(sorted(tiers, key=by_value)),
        tuple(fuels),
    )
