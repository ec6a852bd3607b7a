"""Sampled years per second of the operations engine, beside other ways to the same answer.

Peers: a vectorised NumPy loop that goes through the hours once and updates every unit of every
sample at each; a compiled loop over hours and units, as PRAS goes about it; and assetra, an open
engine from the package index (``--peers`` names a folder made with ``pip install --no-deps
--target FOLDER assetra netCDF4 cftime xarray``). Both sides must give the same answer: EUE (and
energy cost with dispatch) within four standard errors.

Run ``python benchmarks/operations_adequacy.py [--quick] [--json] [--peers FOLDER]``. Times are of
one core, CPU seconds, after compilation.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.adequacy_peers import Answer, Assetra, hour_by_unit, numpy_loop

from gigaplan.operations import Adequacy, Grid, Storage, Tier, Unit, assess
from gigaplan.operations.areas import Area, Line, assess_network

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


Peer = Callable[[list[Unit], Floats, int], Answer]


def measure(
    name: str, count: int, samples: int, peer_name: str, peer: Peer, peer_samples: int
) -> Case:
    """Return one case; with dispatch if the peer gives a cost."""
    units = fleet(count)
    load = load_for(units, 0.82)
    peer(units, load, 2)  # compiled, where it is
    start = time.process_time()
    theirs = peer(units, load, peer_samples)
    peer_seconds = time.process_time() - start
    dispatch = bool(theirs.cost_usd.any())
    found = ours(units, load, samples, dispatch=dispatch)
    seconds = timed(lambda: ours(units, load, samples, dispatch=dispatch))
    by = found.by_sample
    assert by is not None
    same = agree(by.eue_mwh, theirs.eue_mwh)
    if dispatch:
        same = same and agree(by.cost_usd, theirs.cost_usd)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Case(
        name,
        samples,
        seconds,
        samples / seconds,
        peer_name,
        peer_seconds,
        peer_samples / peer_seconds,
        (samples / seconds) / (peer_samples / peer_seconds),
        same,
        peak,
    )


def with_battery(units: list[Unit], load: Floats, samples: int) -> Answer:
    """Return NumPy's answer with the battery, and what all costs."""
    return numpy_loop(units, load, samples, BATTERY)


def rate(run: Callable[[int], object], samples: int) -> float:
    """Return sampled years per core-second of something that has no peer here."""
    run(min(samples, 100))
    return samples / timed(lambda: run(samples))


def alone(less: int) -> dict[str, float]:
    """Return sampled years per core-second of further cases."""
    units, small = fleet(100), fleet(30)
    load, high = load_for(units, 0.82), load_for(small, 0.9)
    stores = [Storage(f"storage {i}", 50.0, 200.0) for i in range(8)]
    price = 40 + 25 * np.sin(np.arange(HOURS) / 5)
    grid = Grid(500.0, price, 300.0, 0.4, mttf_hours=5000.0, mttr_hours=5.0)
    five, eight = network(5, 0.75), network(8, 0.65)

    def stored(samples: int) -> None:
        assess(units, load, storage=stores, tiers=TIERS, samples=samples, dispatch=False)

    def priced(samples: int) -> None:
        assess(small, high, storage=[BATTERY], tiers=TIERS, grid=grid, samples=samples)

    return {
        "capacity, 100 units, 8 storages, 2 tiers": rate(stored, 10_000 // less),
        "dispatch with a priced grid connection": rate(priced, 2000 // less),
        "network, 5 areas, 95 units, 6 lines that fail": rate(
            lambda n: assess_network(*five, samples=n), 3000 // less
        ),
        "network, 8 areas, 96 units, 9 lines that fail": rate(
            lambda n: assess_network(*eight, samples=n), 3000 // less
        ),
    }


def network(count: int, share: float) -> tuple[list[Area], list[Line]]:
    """Return areas in a ring with one line across; their own reserve alone is far too small."""
    size = 96 // count
    units = fleet(96)
    areas = []
    for i in range(count):
        own = units[size * i : size * i + size]
        areas.append(Area(f"area {i}", own, load_for(own, share)))
    ends = [(i, (i + 1) % count) for i in range(count)] + [(0, count // 2)]
    lines = [
        Line(f"area {a}", f"area {b}", 200.0, mttf_hours=2000.0, mttr_hours=20.0, name=f"line {i}")
        for i, (a, b) in enumerate(ends)
    ]
    return areas, lines


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer samples")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--peers", type=Path, help="folder with assetra installed")
    asked = parser.parse_args()
    less = 10 if asked.quick else 1
    plan = [
        ("capacity, 32 units", 32, 20_000, "NumPy hour loop", numpy_loop, 1000),
        ("capacity, 100 units", 100, 10_000, "NumPy hour loop", numpy_loop, 500),
        ("capacity, 100 units", 100, 10_000, "hour by unit, numba", hour_by_unit, 2000),
        ("dispatch, 30 units, battery, 2 tiers", 30, 5000, "NumPy hour loop", with_battery, 500),
    ]
    if asked.peers:
        peer = Assetra(asked.peers)
        plan.insert(3, ("capacity, 100 units", 100, 10_000, peer.name, peer, 200))
    cases = [
        measure(name, count, n // less, peer_name, peer, max(m // less, 50))
        for name, count, n, peer_name, peer, m in plan
    ]
    others = alone(less)
    if asked.json:
        document = {"cases": [asdict(case) for case in cases], "per_s": others}
        print(json.dumps(document, indent=2))
    else:
        print("| case | sampled years a core-second | peer | its own | ratio | same answer |")
        print("|---|---|---|---|---|---|")
        for case in cases:
            print(
                f"| {case.case} | {case.ours_per_s:,.0f} | {case.peer} | {case.peer_per_s:,.0f} "
                f"| {case.ratio:.0f} | {'yes' if case.same_answer else 'NO'} |"
            )
        for name, per_s in others.items():
            print(f"| {name} | {per_s:,.0f} | | | | |")
        print(f"\nPeak memory {max(case.peak_mb for case in cases):.0f} MB.")
    if not all(case.same_answer for case in cases):
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()
