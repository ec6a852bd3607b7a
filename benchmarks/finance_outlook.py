"""Speed and memory of money over very many worlds: the bundled `meta-compute`, monthly to 2046.

usage: python benchmarks/finance_outlook.py [--quick] [--json]

The programme is planned, delivered and operated once in 1,000 worlds; then dates and money of
100,000 worlds are counted (20,000 with --quick), on two threads. The peer is `finance.fund`,
which keeps every world, on the same threads: as many of its worlds as the operated ones. The same
answer: over those worlds the means of both agree to 1e-9. Memory is that of a process of its own.
"""

from __future__ import annotations

import argparse
import json
import pickle
import resource
import statistics
import subprocess
import sys
import time
from dataclasses import asdict, dataclass

import numpy as np

from gigaplan.finance import FinanceResult, fund
from gigaplan.programme.bundled import locate
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.study import outlook
from gigaplan.study.pipeline import Results, Settings, go_on, make_plan, make_series

THREADS, OPERATED = 2, 1000
_ALONE = "--alone"


@dataclass(frozen=True)
class Case:
    """One line: seconds of dates and money, and of as many worlds by the peer."""

    case: str
    draws: int
    dates_s: float
    ours_s: float
    spread: float
    peer: str
    peer_s: float
    ratio: float
    same_answer: bool
    peak_mb: float
    peak_mb_at_20000: float


def held() -> Results:
    """Return the programme, planned, delivered and operated."""
    settings = Settings(draws=OPERATED, threads=THREADS)
    found = make_series(resolve(read_programme(locate("meta-compute"))), settings, _quiet)
    make_plan(found, settings, _quiet)
    return go_on(found, "operate", settings, _quiet)


def _quiet(stage: str, share: float) -> None:
    """Show no progress."""


def means(found: FinanceResult) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the mean of every line and figure."""
    lines = [line.value.mean for line in (*found.capex, *found.cash, *found.statements)]
    return np.array(lines + [m.value.mean for m in found.metrics if m.value is not None])


def pay(results: Results) -> FinanceResult:
    """Return the money of the operated worlds, each of them kept."""
    assert results.plan is not None
    assert results.trajectories is not None
    assert results.operations is not None
    return fund(
        results.programme,
        results.plan,
        results.trajectories,
        results.operations.summary,
        threads=THREADS,
    )


def _alone(results: Results, draws: int) -> float:
    command = [sys.executable, __file__, _ALONE, str(draws)]
    # without the hourly series, which no outlook looks at
    held = Results(results.programme, None, results.plan, results.trajectories)  # type: ignore[arg-type]
    held.operations = results.operations
    done = subprocess.run(command, input=pickle.dumps(held), capture_output=True, check=True)
    return float(done.stdout)


def measure(draws: int, times: int) -> Case:
    """Return the case."""
    results = held()
    first = pay(results)
    outlook.of_results(results, OPERATED, THREADS)  # compiled
    start = time.perf_counter()
    pay(results)
    peer = (time.perf_counter() - start) * draws / OPERATED
    seconds, dates = [], []
    for _ in range(times):
        found = outlook.of_results(results, draws, THREADS)
        seconds.append(found.seconds["money"])
        dates.append(found.seconds["dates"])
    again = outlook.of_results(results, OPERATED, THREADS).money
    same = np.allclose(means(again), means(first), rtol=1e-9, atol=1.0)
    ours = statistics.median(seconds)
    return Case(
        "meta-compute, monthly to 2046",
        draws,
        statistics.median(dates),
        ours,
        (max(seconds) - min(seconds)) / 2 / ours,
        f"fund, {OPERATED:,} worlds kept",
        peer,
        peer / ours,
        bool(same),
        _alone(results, draws),
        _alone(results, 20_000),
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Speed of money over very many worlds.")
    parser.add_argument("--quick", action="store_true", help="fewer worlds, once")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(_ALONE, type=int, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone:
        outlook.of_results(pickle.loads(sys.stdin.buffer.read()), asked.alone, THREADS)
        print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
        return
    case = measure(*((20_000, 1) if asked.quick else (100_000, 3)))
    if asked.json:
        print(json.dumps({"cases": [asdict(case)]}, indent=1))
        return
    print(f"{case.case}, {case.draws:,} worlds on {THREADS} threads: money {case.ours_s:.1f} s")
    print(f"  (± {case.spread:.0%}), dates {case.dates_s:.1f} s beside it.")
    print(f"  {case.peer}: {case.peer_s:.1f} s for as many, {case.ratio:.1f} times as long.")
    print(f"  Same answer: {case.same_answer}. Peak memory {case.peak_mb:.0f} MB,")
    print(f"  {case.peak_mb_at_20000:.0f} MB at 20,000 worlds.")


if __name__ == "__main__":
    main()
