"""Random small systems that several tests run."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gigaplan.operations import FuelSupply, Grid, Storage, Tier, Trace, Unit, trace

HOURS = 240


@dataclass
class Case:
    """A random system."""

    units: list[Unit]
    load_mw: NDArray[np.float64]
    pue: NDArray[np.float64]
    storage: list[Storage]
    tiers: list[Tier]
    grid: Grid | None
    fuels: list[FuelSupply] = field(default_factory=list)

    def run(self) -> Trace:
        return trace(
            self.units,
            self.load_mw,
            0,
            storage=self.storage,
            tiers=self.tiers,
            grid=self.grid,
            pue=self.pue,
            fuels=self.fuels,
        )


def random_case(number: int) -> Case:
    random = np.random.default_rng(number)
    with_grid = bool(random.random() < 0.6)
    units = [
        Unit(
            f"u{i}",
            float(random.uniform(5, 40)),
            forced_outage_fraction=float(random.uniform(0.02, 0.3)),
            mttr_hours=float(random.uniform(2, 30)),
            variable_usd_per_mwh=float(random.choice([0.0, 10.0, 20.0, 40.0, 70.0])),
            clean=bool(random.random() < 0.5),
            must_run=bool(random.random() < 0.25),
            remote=with_grid and bool(random.random() < 0.2),
            availability_fraction=random.uniform(0, 1, HOURS) if random.random() < 0.3 else None,
        )
        for i in range(int(random.integers(1, 6)))
    ]
    storage = []
    for k in range(int(random.integers(0, 3))):
        low, high = sorted(random.uniform(0, 80, 2)) if random.random() < 0.6 else (math.inf,) * 2
        storage.append(
            Storage(
                f"b{k}",
                float(random.uniform(2, 20)),
                float(random.uniform(5, 80)),
                charge_efficiency=float(random.uniform(0.7, 1)),
                discharge_efficiency=float(random.uniform(0.7, 1)),
                charge_below_usd_per_mwh=float(low),
                discharge_above_usd_per_mwh=float(high),
                reserve_fraction=float(random.choice([0.0, 0.4])),
                initial_fraction=float(random.uniform(0, 1)),
            )
        )
    firm = float(random.uniform(0.1, 0.5))
    tiers = [
        Tier("firm", firm, 5000.0),
        Tier("batch", 0.2, 400.0, catch_up_fraction=float(random.choice([0.0, 1.5]))),
        Tier("training", 1 - firm - 0.2, 100.0, restart_hours=2.0),
    ]
    grid = None
    if with_grid:
        grid = Grid(
            random.uniform(0, 30, HOURS),
            random.uniform(-10, 100, HOURS),
            co2_kg_per_mwh=300.0,
            clean_share_fraction=random.uniform(0, 0.6, HOURS),
            mttf_hours=100.0,
            mttr_hours=5.0,
            export_limit_mw=float(random.choice([0.0, 25.0])),
        )
    load = random.uniform(20, 80, HOURS)
    return Case(units, load, random.uniform(1.05, 1.4, HOURS), storage, tiers, grid)


def available_by_unit(case: Case) -> dict[str, NDArray[np.float64]]:
    """Return each unit's MW by hour, run alone: other units must not change it."""
    flat = np.ones(HOURS)
    up = {}
    for unit in case.units:
        alone = Unit(
            unit.name,
            unit.capacity_mw,
            forced_outage_fraction=unit.forced_outage_fraction,
            mttr_hours=unit.mttr_hours,
            availability_fraction=unit.availability_fraction,
        )
        up[unit.name] = trace([alone], flat, 0).available_mw
    if case.grid is not None:
        up["grid"] = trace([], flat, 0, grid=case.grid).available_mw
    return up
