"""Full-year designs of wind, solar and battery per second, beside a recursion in plain Python.

The peer goes through the minutes of a year one after the other, as tools for this question do; it
is written here, since the best known of them (Carbon Explorer) is on no package index and may not
be used commercially. Both sides must give the same coverage to 1e-9.

Run ``python benchmarks/sizing.py [--quick] [--json]``. Wall-clock seconds on two threads, the
median of repeats with their spread; the peer runs one design on one.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.operations.sizing import FlexibleWork, LithiumBattery, designs, sweep

Floats = NDArray[np.float64]
HOURS = 8760


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    case: str
    ours_s: float
    peer: str
    peer_s: float
    ratio: float
    same_answer: bool
    peak_mb: float
    spread: float
    designs_per_s: float


def year() -> tuple[Floats, Floats, Floats]:
    """Return load, wind and solar of a made-up year with days, seasons and calms."""
    random, hour = np.random.default_rng(1), np.arange(HOURS)
    calm = np.convolve(random.normal(size=HOURS), np.ones(36) / 6, "same")
    wind = np.clip(0.4 + 0.25 * calm, 0, 1)
    sun = np.clip(np.sin((hour % 24 - 6) * np.pi / 12), 0, None)
    solar = sun * (0.65 - 0.3 * np.cos(hour * 2 * np.pi / HOURS))
    return 50 * (1 + 0.05 * np.sin(hour * np.pi / 12)), wind, solar


def in_plain_python(load: Floats, wind: Floats, solar: Floats, size: Floats) -> float:
    """Return the coverage of one design, minute by minute."""
    cell, step = LithiumBattery(), 1 / 60
    per_in, per_out = cell.charge_efficiency, 1 / cell.discharge_efficiency
    capacity = float(size[2])
    inside, short = cell.initial_fraction * capacity, 0.0
    most_in = cell.charge_rate_per_hour * capacity / per_in
    most_out = cell.discharge_rate_per_hour * capacity / per_out
    gaps = (load - size[0] * wind - size[1] * solar).tolist()
    for gap in gaps:
        given = 0.0
        for _ in range(60):
            if gap > 0:
                limit = inside / (cell.taper_discharge_hours + step * per_out)
                mw = min(gap, most_out, limit)
                inside -= mw * step * per_out
                given += mw * step
            else:
                limit = (capacity - inside) / (cell.taper_charge_hours + step * per_in)
                inside += min(-gap, most_in, limit) * step * per_in
        short += max(gap, 0.0) - given
    return float(1 - short / load.sum())


def measure(name: str, flexible: FlexibleWork | None, count: int, repeats: int) -> Case:
    """Return one case: a grid of count^3 designs."""
    load, wind, solar = year()
    many = designs(
        np.linspace(0, 400, count), np.linspace(0, 400, count), np.linspace(0, 1200, count)
    )
    found = sweep(load, wind, solar, many, flexible=flexible, threads=2)
    took = []
    for _ in range(repeats):
        start = time.perf_counter()
        sweep(load, wind, solar, many, flexible=flexible, threads=2)
        took.append(time.perf_counter() - start)
    middle = float(np.median(took))
    # the peer moves no work: its answer is compared where none moves
    still = found if flexible is None else sweep(load, wind, solar, many, threads=2)
    one = len(many) - 3
    start = time.perf_counter()
    peer = in_plain_python(load, wind, solar, many[one])
    peer_s = (time.perf_counter() - start) * len(many)
    return Case(
        name,
        middle,
        "plain Python by the minute",
        peer_s,
        peer_s / middle,
        bool(abs(still.coverage_fraction[one] - peer) < 1e-9),
        resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        (max(took) - min(took)) / middle,
        len(many) / middle,
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer designs")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    count, repeats = (8, 3) if asked.quick else (20, 7)
    cases = [
        measure("wind, solar, battery", None, count, repeats),
        measure("the same with flexible work", FlexibleWork(0.4, 75.0), count, repeats),
    ]
    if asked.json:
        print(json.dumps({"cases": [asdict(case) for case in cases]}, indent=2))
    else:
        print("| case | ours | peer | its time | ratio | same answer | spread | designs a second |")
        print("|---|---|---|---|---|---|---|---|")
        for case in cases:
            print(
                f"| {case.case} | {case.ours_s:.3g} s | {case.peer} | {case.peer_s:.3g} s | "
                f"{case.ratio:,.0f} | {'yes' if case.same_answer else 'NO'} | "
                f"±{case.spread / 2:.0%} | {case.designs_per_s:,.0f} |"
            )
    if not all(case.same_answer for case in cases):
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()
