"""Headroom of 22 areas over nine years of hours, beside bisection in NumPy as studies do it.

The peer seeks, for each area and share, the load whose curtailed energy is that share, halving the
interval to a ten-thousandth of the area's peak. Both sides must give the same load to that.
The file of demand is made up (days, weeks, seasons and weather), written and read again.

Run ``python benchmarks/headroom.py [--quick] [--json]``. Wall-clock seconds, the median of repeats
with their spread.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gigaplan.operations.headroom import RATES, AreaDemand, headroom, read_demand

Floats = NDArray[np.float64]
PART_OF_PEAK = 1e-4


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


def write(path: Path, areas: int, years: int) -> None:
    """Write hourly demand of several areas."""
    random = np.random.default_rng(0)
    first = np.datetime64("2014-01-01T00", "h")
    stamps = np.arange(first, np.datetime64(f"{2014 + years}-01-01T00", "h"))
    hour = np.arange(stamps.size)
    columns = []
    for area in range(areas):
        size = 2000.0 * 1.25**area
        day = 0.12 * np.sin((hour % 24 - 9) * np.pi / 12)
        season = 0.15 * np.cos(hour * 4 * np.pi / 8766 + area)
        weather = np.convolve(random.normal(size=hour.size), np.ones(72) / 72, "same")
        columns.append(size * (1 + day + season + weather))
    table = np.column_stack(columns)
    with path.open("w", encoding="utf-8") as file:
        file.write("time," + ",".join(f"area {a}" for a in range(areas)) + "\n")
        for stamp, row in zip(stamps, table, strict=True):
            file.write(f"{stamp}:00Z," + ",".join(f"{mw:.1f}" for mw in row) + "\n")


def by_bisection(area: AreaDemand, rate: float) -> float:
    """Return the MW of new load whose curtailed share is `rate`."""
    season = ((area.month >= 4) & (area.month <= 9)).astype(np.int64)
    peak = np.array([area.demand_mw[season == i].max() for i in (0, 1)])
    margin = peak[season] - area.demand_mw
    low, high = 0.0, float(peak.max())
    while high - low > PART_OF_PEAK * peak.max():
        load = (low + high) / 2
        curtailed = np.maximum(load - margin, 0.0).sum() / (load * margin.size)
        low, high = (load, high) if curtailed < rate else (low, load)
    return (low + high) / 2


def measure(areas: int, years: int, repeats: int) -> list[Case]:
    """Return the case with reading, and the question alone."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "demand.csv"
        write(path, areas, years)
        read: list[float] = []
        ours: list[float] = []
        for _ in range(repeats + 1):  # the first compiles
            start = time.perf_counter()
            found = read_demand(path)
            between = time.perf_counter()
            answers = [[one.headroom_mw for one in headroom(area)] for area in found]
            read.append(between - start)
            ours.append(time.perf_counter() - between)
    start = time.perf_counter()
    theirs = [[by_bisection(area, rate) for rate in RATES] for area in found]
    peer_s = time.perf_counter() - start
    same = all(
        abs(a - b) <= 2 * PART_OF_PEAK * area.demand_mw.max()
        for area, mine, other in zip(found, answers, theirs, strict=True)
        for a, b in zip(mine, other, strict=True)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out = []
    for name, seconds in (
        (f"{areas} areas x {years} years, with reading", np.add(read, ours)[1:]),
        (f"{areas} areas x {years} years, errors and stretches counted", np.array(ours)[1:]),
    ):
        middle = float(np.median(seconds))
        spread = float(np.ptp(seconds)) / middle
        out.append(
            Case(
                name,
                middle,
                "NumPy bisection, load only",
                peer_s,
                peer_s / middle,
                same,
                peak,
                spread,
            )
        )
    return out


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer repeats")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    asked = parser.parse_args()
    cases = measure(22, 9, 2 if asked.quick else 5)
    if asked.json:
        print(json.dumps({"cases": [asdict(case) for case in cases]}, indent=2))
    else:
        for case in cases:
            print(
                f"{case.case:55} {case.ours_s:6.2f} s (spread {case.spread:.0%}), {case.peer} "
                f"{case.peer_s:.2f} s, same answer: {'yes' if case.same_answer else 'NO'}, "
                f"{case.peak_mb:.0f} MB"
            )
    if not all(case.same_answer for case in cases):
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()
