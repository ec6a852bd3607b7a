"""Other ways to the same adequacy: NumPy by the hour, a loop over hours and units, and assetra."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.operations import Storage, Unit

Floats = NDArray[np.float64]
HOURS = 8760


@dataclass(frozen=True)
class Answer:
    """What both sides must agree on, sample by sample."""

    eue_mwh: Floats
    cost_usd: Floats


def _rates(units: Sequence[Unit]) -> tuple[Floats, Floats, Floats]:
    """Return MW and the rates per hour of failure and of repair."""
    capacity = np.array([float(unit.capacity_mw) for unit in units])
    fail = np.array([1 / float(unit.mttf_hours or np.inf) for unit in units])
    repair = np.array([1 / float(unit.mttr_hours or 1.0) for unit in units])
    return capacity, fail, repair


def numpy_loop(
    units: Sequence[Unit], load: Floats, samples: int, battery: Storage | None = None
) -> Answer:
    """Return the same figures by one NumPy step per hour for a batch of samples."""
    random = np.random.default_rng(0)
    capacity, fail, repair = (values[:, None] for values in _rates(units))
    # A continuous chain seen every hour: chances of a change within the hour.
    both = fail + repair
    to_down, to_up = (rate / both * -np.expm1(-both) for rate in (fail, repair))
    up = random.random((len(units), samples)) >= fail / both
    cost = np.array([unit.variable_usd_per_mwh for unit in units])
    order = np.argsort(cost, kind="stable")
    eue, spent = np.zeros(samples), np.zeros(samples)
    charge = np.zeros(samples)
    if battery is not None:
        charge += battery.initial_fraction * battery.energy_mwh
    for h in range(HOURS):
        if h:
            draw = random.random(up.shape)
            up = np.where(up, draw >= to_down, draw < to_up)
        available = (capacity * up)[order]
        stacked = np.cumsum(available, axis=0)
        short = np.maximum(load[h] - stacked[-1], 0.0)
        if battery is not None:
            wanted = np.full(samples, load[h])
            give = np.minimum(
                np.minimum(short, battery.power_mw), charge * battery.discharge_efficiency
            )
            spare = np.maximum(stacked[-1] - load[h], 0.0)
            room = (battery.energy_mwh - charge) / battery.charge_efficiency
            take = np.where(short > 0, 0.0, np.minimum(np.minimum(spare, battery.power_mw), room))
            charge += take * battery.charge_efficiency - give / battery.discharge_efficiency
            short = short - give
            wanted = wanted + take
            output = np.clip(wanted - (stacked - available), 0.0, available)
            spent += cost[order] @ output
        eue += np.where(short > 1e-9, short, 0.0)
    return Answer(eue, spent)


@nb.njit  # type: ignore[untyped-decorator]
def _hour_by_unit(
    random: np.random.Generator,
    capacity: Floats,
    mttf: Floats,
    mttr: Floats,
    load: Floats,
    eue: Floats,
) -> None:
    up, turns = np.empty(capacity.size, np.bool_), np.empty(capacity.size)
    for s in range(eue.size):
        for u in range(capacity.size):
            up[u] = random.random() >= mttr[u] / (mttf[u] + mttr[u])
            turns[u] = random.exponential() * (mttf[u] if up[u] else mttr[u])
        for h in range(load.size):
            total = 0.0
            for u in range(capacity.size):
                while turns[u] <= h:
                    up[u] = not up[u]
                    turns[u] += random.exponential() * (mttf[u] if up[u] else mttr[u])
                if up[u]:
                    total += capacity[u]
            eue[s] += max(load[h] - total, 0.0)


def hour_by_unit(units: Sequence[Unit], load: Floats, samples: int) -> Answer:
    """Return EUE by a compiled loop over hours and units, each with its next turn, as in PRAS."""
    capacity, fail, repair = _rates(units)
    eue = np.zeros(samples)
    _hour_by_unit(np.random.default_rng(0), capacity, 1 / fail, 1 / repair, load, eue)
    return Answer(eue, np.zeros(samples))


class Assetra:
    """The open engine assetra; each hour and unit is drawn on its own."""

    def __init__(self, folder: Path) -> None:
        sys.path.append(str(folder))
        self.name = f"assetra {importlib.metadata.version('assetra')}"

    def __call__(self, units: Sequence[Unit], load: Floats, samples: int) -> Answer:
        """Return EUE; its constructor's work is part of the run."""
        import xarray
        from assetra.simulation import ProbabilisticSimulation
        from assetra.system import EnergySystemBuilder
        from assetra.units import DemandUnit, StochasticUnit

        capacity, fail, repair = _rates(units)
        time = xarray.date_range("2001-01-01", periods=HOURS, freq="h")

        def series(values: Any) -> Any:
            return xarray.DataArray(np.broadcast_to(values, HOURS), {"time": time}, ["time"])

        builder = EnergySystemBuilder()
        builder.add_unit(DemandUnit(0, series(load)))
        for i, (mw, down) in enumerate(
            zip(capacity.tolist(), (fail / (fail + repair)).tolist(), strict=True), start=1
        ):
            builder.add_unit(StochasticUnit(i, mw, series(mw), series(down)))
        run = ProbabilisticSimulation(str(time[0]), str(time[-1]), samples)
        run.assign_energy_system(builder.build())
        run.run()
        net = run.net_hourly_capacity_matrix
        return Answer(-np.minimum(net.values, 0.0).sum(axis=1), np.zeros(samples))
