"""Sampled years per second of the operations engine, beside a vectorised NumPy loop.

The peer goes through the hours once and updates every unit of every sample of a
batch at each (the natural way to write it in NumPy). Both sides must give the
same answer: EUE (and energy cost with dispatch) within four standard errors.

Run ``python benchmarks/operations_adequacy.py [--quick] [--json]``. Times are
of one core, CPU seconds, after compilation.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.operations import Adequacy, Grid, Storage, Tier, Unit, assess

Floats = NDArray[np.float64]
HOURS = 8760
SIZES_MW = (12.0, 20.0, 50.0, 76.0, 100.0, 155.0, 197.0, 350.0)
TIERS = (Tier("training", 0.6, 100.0), Tier("firm", 0.4, 5000.0))
BATTERY = Storage("battery", 150.0, 600.0, 0.92, 0.92)


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    case: str
    samples: int
    ours_s: float
    ours_per_s: float
    peer: str
    peer_s: float
    peer_per_s: float
    ratio: float
    same_answer: bool
    peak_mb: float


@dataclass(frozen=True)
class Answer:
    """What both sides must agree on, sample by sample."""

    eue_mwh: Floats
    cost_usd: Floats


def fleet(count: int) -> list[Unit]:
    """Return units of eight sizes, each size a source of its own cost."""
    return [
        Unit(
            f"u{i}",
            SIZES_MW[i % 8],
            mttf_hours=400.0 + 90.0 * (i % 8),
            mttr_hours=20.0 + 5.0 * (i % 8),
            source=f"size {i % 8}",
            variable_usd_per_mwh=10.0 + 8.0 * (i % 8),
            co2_kg_per_mwh=400.0,
        )
        for i in range(count)
    ]


def load_for(units: list[Unit], share: float) -> Floats:
    """Return a load with daily and yearly shape, its peak a share of the fleet."""
    total = sum(float(unit.capacity_mw) for unit in units)
    hour = np.arange(HOURS)
    shape = 0.85 + 0.1 * np.cos(hour * 2 * np.pi / 24) + 0.05 * np.cos(hour * 2 * np.pi / HOURS)
    return np.asarray(share * total * shape)


def numpy_loop(units: list[Unit], load: Floats, samples: int, *, dispatch: bool) -> Answer:
    """Return the same figures by one NumPy step per hour for a batch of samples."""
    random = np.random.default_rng(0)
    capacity = np.array([float(unit.capacity_mw) for unit in units])[:, None]
    fail = np.array([1 / float(unit.mttf_hours or np.inf) for unit in units])[:, None]
    repair = np.array([1 / float(unit.mttr_hours or 1.0) for unit in units])[:, None]
    # A continuous chain seen every hour: chances of a change within the hour.
    both = fail + repair
    to_down, to_up = (rate / both * -np.expm1(-both) for rate in (fail, repair))
    up = random.random((len(units), samples)) >= fail / both
    cost = np.array([unit.variable_usd_per_mwh for unit in units])
    order = np.argsort(cost, kind="stable")
    eue, spent = np.zeros(samples), np.zeros(samples)
    charge = np.full(samples, BATTERY.initial_fraction * BATTERY.energy_mwh)
    for h in range(HOURS):
        if h:
            draw = random.random(up.shape)
            up = np.where(up, draw >= to_down, draw < to_up)
        available = (capacity * up)[order]
        stacked = np.cumsum(available, axis=0)
        short = np.maximum(load[h] - stacked[-1], 0.0)
        if dispatch:
            wanted = np.full(samples, load[h])
            give = np.minimum(
                np.minimum(short, BATTERY.power_mw), charge * BATTERY.discharge_efficiency
            )
            spare = np.maximum(stacked[-1] - load[h], 0.0)
            room = (BATTERY.energy_mwh - charge) / BATTERY.charge_efficiency
            take = np.where(short > 0, 0.0, np.minimum(np.minimum(spare, BATTERY.power_mw), room))
            charge += take * BATTERY.charge_efficiency - give / BATTERY.discharge_efficiency
            short = short - give
            wanted = wanted + take
            output = np.clip(wanted - (stacked - available), 0.0, available)
            spent += cost[order] @ output
        eue += np.where(short > 1e-9, short, 0.0)
    return Answer(eue, spent)


def ours(units: list[Unit], load: Floats, samples: int, *, dispatch: bool) -> Adequacy:
    """Return our answer, single thread."""
    if dispatch:
        return assess(
            units, load, storage=[BATTERY], tiers=TIERS, samples=samples, keep_samples=True
        )
    return assess(units, load, samples=samples, dispatch=False, keep_samples=True)


def agree(a: Floats, b: Floats) -> bool:
    """Return whether two means differ by at most four standard errors."""
    error = np.hypot(a.std(ddof=1) / np.sqrt(a.size), b.std(ddof=1) / np.sqrt(b.size))
    return bool(abs(a.mean() - b.mean()) <= 4 * error)


def timed(function: Callable[[], object]) -> float:
    """Return CPU seconds of the faster of two runs."""
    best = np.inf
    for _ in range(2):
        start = time.process_time()
        function()
        best = min(best, time.process_time() - start)
    return best


def measure(name: str, count: int, samples: int, peer_samples: int, *, dispatch: bool) -> Case:
    """Return one case."""
    units = fleet(count)
    load = load_for(units, 0.82)
    found = ours(units, load, samples, dispatch=dispatch)
    seconds = timed(lambda: ours(units, load, samples, dispatch=dispatch))
    start = time.process_time()
    peer = numpy_loop(units, load, peer_samples, dispatch=dispatch)
    peer_seconds = time.process_time() - start
    by = found.by_sample
    assert by is not None
    same = agree(by.eue_mwh, peer.eue_mwh)
    if dispatch:
        same = same and agree(by.cost_usd, peer.cost_usd)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Case(
        name,
        samples,
        seconds,
        samples / seconds,
        "numpy hour loop",
        peer_seconds,
        peer_samples / peer_seconds,
        (samples / seconds) / (peer_samples / peer_seconds),
        same,
        peak,
    )


def measure_storage(samples: int) -> float:
    """Return sampled years per second of capacity alone with 100 units, 8 storages and 2 tiers."""
    units = fleet(100)
    load = load_for(units, 0.82)
    stores = [Storage(f"storage {i}", 50.0, 200.0) for i in range(8)]

    def run() -> None:
        assess(units, load, storage=stores, tiers=TIERS, samples=samples, dispatch=False)

    run()
    return samples / timed(run)


def measure_grid(samples: int) -> float:
    """Return sampled years per second with imports whose price moves in the merit order."""
    units = fleet(30)
    load = load_for(units, 0.9)
    price = 40 + 25 * np.sin(np.arange(HOURS) / 5)
    grid = Grid(500.0, price, 300.0, 0.4, mttf_hours=5000.0, mttr_hours=5.0)

    def run() -> None:
        assess(units, load, storage=[BATTERY], tiers=TIERS, grid=grid, samples=samples)

    run()
    return samples / timed(run)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    less = 10 if asked.quick else 1
    cases = [
        measure("capacity, 32 units", 32, 20_000 // less, 1000 // less, dispatch=False),
        measure("capacity, 100 units", 100, 10_000 // less, 500 // less, dispatch=False),
        measure(
            "dispatch, 30 units, battery, 2 tiers", 30, 5000 // less, 500 // less, dispatch=True
        ),
    ]
    stored, grid = measure_storage(10_000 // less), measure_grid(2000 // less)
    if asked.json:
        document = {
            "cases": [asdict(case) for case in cases],
            "capacity_with_storage_per_s": stored,
            "dispatch_with_grid_per_s": grid,
        }
        print(json.dumps(document, indent=2))
        return
    print(f"{'case':40} {'ours/s':>9} {'peer/s':>8} {'ratio':>7}  same  peak MB")
    for case in cases:
        print(
            f"{case.case:40} {case.ours_per_s:9.0f} {case.peer_per_s:8.0f} {case.ratio:7.0f}  "
            f"{'yes' if case.same_answer else 'NO':4}  {case.peak_mb:.0f}"
        )
    print(f"{'capacity, 100 units, 8 storages, 2 tiers':40} {stored:9.0f}")
    print(f"{'dispatch with a priced grid connection':40} {grid:9.0f}")
    if not all(case.same_answer for case in cases):
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()
