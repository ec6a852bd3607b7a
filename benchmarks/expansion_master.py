"""Speed of the arrow solver against HiGHS on master problems of a decomposed expansion.

usage: python benchmarks/expansion_master.py [--quick] [--json] [--threads N]

Two kinds of generated programs over ten years: the outer one holds cuts of every site-year's
operating cost, the inner one mixes dispatches found before. HiGHS is timed on `run` alone, for
each of its methods (interior ones without crossover) on one thread; the best counts among those
that answer. Ours is timed whole. Both are asked for a gap of 1e-6, and the answers agree when
ours lies between its own bound and 1e-6 above it, and within 2e-6 of HiGHS' simplex or best.
`--quick` takes 10 sites, otherwise 10, 50 and 200.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from importlib.metadata import version
from typing import Any, Literal

import highspy
import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.arrow import solve_arrow
from gigaplan.expansion.assembly import Assembly, LinearProgram

Kind = Literal["outer", "inner"]
Floats = NDArray[np.float64]

ASSETS = 8
HALLS = 3
CLASSES = 3
HOURS = 8760.0
TOLERANCE = 1e-6
PEER_LIMIT_S = 300.0


def master(
    kind: Kind, sites: int, pieces: int, *, years: int = 10, seed: int = 0
) -> tuple[LinearProgram, NDArray[np.int64]]:
    """Return a generated master problem and the block (site) of each column.

    `pieces` is the number of cuts (outer) or of dispatches (inner) of each site-year.
    """
    rng = np.random.default_rng(seed)
    build = Assembly()
    owner: list[NDArray[np.int64]] = []

    def columns(site: int, name: str, count: int, **bounds: Any) -> NDArray[np.int64]:
        owner.append(np.full(count, site))
        return build.add_columns((name, site), count, **bounds)

    year = np.arange(years)
    weight = 1.07**-year
    target_mw = 300.0 * sites * np.linspace(0.4, 1.0, years)
    short = columns(-1, "short", years, cost=weight * 9e7)
    load_row = build.add_rows(("load",), years, lower=target_mw)
    budget_row = build.add_rows(("budget",), years, upper=1.5e9 * sites)
    slot_row = [build.add_rows(("slot", c), years, upper=180.0 * sites) for c in range(CLASSES)]
    dirty_row = build.add_rows(("dirty",), years, upper=0.0)
    build.add_entries(load_row, short, 1.0)
    for site in range(sites):
        campus = _Campus(rng, years)
        load = columns(site, "load", years, upper=np.inf)
        run = columns(site, "run", HALLS * years, upper=rng.uniform(50, 400)).reshape(HALLS, years)
        same = build.add_rows(("sum", site), years, lower=0.0, upper=0.0)
        build.add_entries(same, load, -1.0)
        build.add_entries(same, run, 1.0)
        build.add_entries(load_row, load, 1.0)
        build.add_entries(dirty_row, load, -0.3 * HOURS)
        dirty = columns(site, "dirty", years, lower=-np.inf)
        build.add_entries(dirty_row, dirty, 1.0)
        capex = rng.uniform(0.8e6, 5e6, ASSETS) * (0.97 ** year[:, None])
        capacity = np.empty((ASSETS, years), dtype=np.int64)
        for a in range(ASSETS):
            existing = rng.uniform(0, 200) * (rng.random() < 0.4)
            built = columns(
                site,
                f"build{a}",
                years,
                cost=weight * capex[:, a],
                upper=np.where(year >= rng.integers(0, 3), rng.uniform(50, 600), 0.0),
            )
            most = rng.uniform(600, 3000)
            capacity[a] = columns(site, f"mw{a}", years, lower=0.0, upper=most)
            row = build.add_rows(("mw", site, a), years, lower=existing, upper=existing)
            build.add_entries(row, capacity[a], 1.0)
            alive = (year[:, None] >= year) & (year[:, None] < year + rng.integers(8, 25))
            late, early = np.nonzero(alive)
            build.add_entries(row[late], built[early], -1.0)
            build.add_entries(budget_row, built, capex[:, a])
            if a < CLASSES:
                build.add_entries(slot_row[a], built, 1.0)
        for y in range(years):
            at = (capacity[:, y], load[y], dirty[y])
            if kind == "outer":
                theta = columns(site, f"theta{y}", 1, cost=weight[y], lower=-np.inf)
                _add_cuts(build, theta, campus, y, pieces, at, ("cut", site, y))
            else:
                used, served = campus.points(pieces)
                unmet = campus.unmet(used, served)
                mix = columns(site, f"mix{y}", pieces, cost=weight[y] * (unmet @ campus.price[y]))
                _add_mixes(build, mix, campus, (used, served, unmet), at, ("use", site, y))
    return build.program(), np.concatenate(owner)


class _Campus:
    """A site's operating cost, whose tangents and samples make the pieces.

    What capacity leaves unmet in each of 48 sample hours is bought at that hour's price, and is
    dirty by that hour's rate; points to linearise at scatter around a middle, less and less.
    """

    def __init__(self, rng: np.random.Generator, years: int) -> None:
        self.rng = rng
        self.shape = rng.uniform(0.9, 1.1, 48)
        self.available = rng.beta(0.8, 1.2, (48, ASSETS)) * (rng.random(ASSETS) < 0.95)
        self.price = rng.uniform(20, 150, (years, 48)) + 400 * (rng.random((years, 48)) < 0.05)
        self.rate = rng.uniform(0.2, 0.7, 48)
        self.middle = rng.uniform(0.1, 0.6, ASSETS)

    def points(self, pieces: int) -> tuple[Floats, Floats]:
        """Return capacities [piece, asset] and loads [piece], in MW."""
        rng = self.rng
        load = rng.uniform(150, 500) * np.exp(rng.normal(0, 0.3, pieces))
        spread = 0.8 / (1 + np.arange(pieces)) ** 0.5
        share = self.middle * np.exp(rng.normal(0, 1, (pieces, ASSETS)) * spread[:, None])
        return load[:, None] * share, load

    def unmet(self, capacity: Floats, load: Floats) -> Floats:
        """Return the MWh a year that each hour stands for and capacity does not serve."""
        gap = self.shape * load[:, None] - capacity @ self.available.T
        return np.maximum(gap, 0.0) * (HOURS / 48)


def _add_cuts(
    build: Assembly,
    theta: NDArray[np.int64],
    campus: _Campus,
    y: int,
    pieces: int,
    at: tuple[NDArray[np.int64], np.int64, np.int64],
    key: tuple[str, int, int],
) -> None:
    """Add ``theta >= slope of load * L - slopes of capacity * K - price * D``."""
    capacity, load, dirty = at
    lack = campus.unmet(*campus.points(pieces)) > 0
    lack[0] = False  # the cost is never negative
    carbon = campus.rng.uniform(0, 80, pieces) * (campus.rng.random(pieces) < 0.7)
    carbon[0] = 0.0
    paid = lack * (campus.price[y] + carbon[:, None] * campus.rate) * (HOURS / 48)
    row = build.add_rows(key, pieces, lower=0.0)
    build.add_entries(row, theta, 1.0)
    build.add_entries(row[:, None], capacity, paid @ campus.available)
    build.add_entries(row, load, -(paid @ campus.shape))
    build.add_entries(row, dirty, carbon)


def _add_mixes(
    build: Assembly,
    mix: NDArray[np.int64],
    campus: _Campus,
    drawn: tuple[Floats, Floats, Floats],
    at: tuple[NDArray[np.int64], np.int64, np.int64],
    key: tuple[str, int, int],
) -> None:
    """Add dispatches to mix: capacity used, load served and dirty energy made by each."""
    capacity, load, dirty = at
    used, served, unmet = drawn
    row = build.add_rows(key, ASSETS, upper=0.0)
    build.add_entries(row[:, None], mix, used.T)
    build.add_entries(row, capacity, -1.0)
    balance = build.add_rows(("balance", *key[1:]), 2, lower=0.0, upper=0.0)
    build.add_entries(balance[0], mix, served)
    build.add_entries(balance[0], load, -1.0)
    build.add_entries(balance[1], mix, unmet @ campus.rate)
    build.add_entries(balance[1], dirty, -1.0)


def by_highs(
    program: LinearProgram, method: str, limit_s: float = PEER_LIMIT_S
) -> tuple[float, float]:
    """Return objective and seconds of HiGHS; the objective is infinite if it did not answer."""
    solver = highspy.Highs()
    solver.setOptionValue("output_flag", False)
    solver.resetGlobalScheduler(True)
    solver.setOptionValue("threads", 1)
    solver.setOptionValue("solver", method)
    solver.setOptionValue("time_limit", limit_s)
    if method != "simplex":
        solver.setOptionValue("run_crossover", "off")
        solver.setOptionValue("ipm_optimality_tolerance", TOLERANCE)
    scale = 1e-6  # millions
    matrix = program.matrix
    passed = highspy.HighsLp()
    passed.num_row_, passed.num_col_ = matrix.shape
    passed.col_cost_ = program.cost * scale
    passed.col_lower_, passed.col_upper_ = program.lower, program.upper
    passed.row_lower_, passed.row_upper_ = program.row_lower, program.row_upper
    passed.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    passed.a_matrix_.start_ = matrix.indptr
    passed.a_matrix_.index_ = matrix.indices
    passed.a_matrix_.value_ = matrix.data
    solver.passModel(passed)
    began = time.perf_counter()
    solver.run()
    seconds = time.perf_counter() - began
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return np.inf, seconds
    return float(solver.getInfo().objective_function_value) / scale, seconds


def compare(
    kind: Kind, sites: int, pieces: int, threads: int, repeats: int, limit_s: float
) -> dict[str, Any]:
    """Return seconds and agreement of both on one program."""
    program, block = master(kind, sites, pieces)
    solve_arrow(*master(kind, 2, 5), tolerance=TOLERANCE)  # compiles
    seconds = []
    for _ in range(repeats):
        began = time.perf_counter()
        found = solve_arrow(program, block, tolerance=TOLERANCE, threads=threads)
        seconds.append(time.perf_counter() - began)
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peers = {method: by_highs(program, method, limit_s) for method in ("simplex", "ipx", "hipo")}
    answered = {method: got for method, got in peers.items() if np.isfinite(got[0])}
    best = min(answered or peers, key=lambda method: peers[method][1])
    truth = answered["simplex" if "simplex" in answered else best][0] if answered else np.nan
    gap = (found.objective - found.bound) / abs(found.objective)
    apart = abs(found.objective / truth - 1)
    return {
        "case": f"{kind} master, {sites} sites, {pieces} per site-year",
        "ours_s": min(seconds),
        "peer": f"highspy {version('highspy')} {best}",
        "peer_s": peers[best][1],
        "ratio": peers[best][1] / min(seconds),
        "same_answer": bool(found.status == "optimal" and gap <= 1e-6 and apart <= 2e-6),
        "relative_difference": float(apart),
        "relative_gap": float(gap),
        "primal_residual": found.primal_residual,
        "iterations": found.iterations,
        "peers_s": {method: round(got[1], 3) for method, got in peers.items()},
        "peak_mb": peak_mb,
    }


def main() -> int:
    """Run the cases and print them; 1 if an answer differs."""
    parser = argparse.ArgumentParser(description="speed of the arrow solver")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--threads", type=int, default=1)
    asked = parser.parse_args()
    good = True
    kinds: tuple[Kind, ...] = ("outer", "inner")
    for kind in kinds:
        for sites in (10,) if asked.quick else (10, 50, 200):
            repeats = 5 if sites <= 10 else 2
            row = compare(kind, sites, 15, asked.threads, repeats, PEER_LIMIT_S)
            good &= row["same_answer"]
            if asked.json:
                print(json.dumps(row), flush=True)
            else:
                print(
                    f"{row['case']}: {row['ours_s']:.3f} s ({row['iterations']} iterations), "
                    f"{row['peer']} {row['peer_s']:.2f} s, {row['ratio']:.1f} times, "
                    f"differs by {row['relative_difference']:.1e}; {row['peers_s']}",
                    flush=True,
                )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
