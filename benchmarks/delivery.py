"""How fast delivery is: the schedule kernel, the outlook and the explorer, each beside a peer.

Peers, in the same run: a vectorised NumPy loop on the same network (with slots, too); pmcontrols,
an open schedule engine from the package index, on the same uncorrelated network (``--peers`` names
a folder that holds it; without it the case says so); ``deliver`` with exact quantiles beside the
outlook; a whole new preparation beside the explorer. Both sides must give the same answer.

Run ``python benchmarks/delivery.py [--quick] [--json] [--peers FOLDER]``. Kernel times are of one
thread; outlook and explorer use two. Each time is the median of repeats, and the spread is theirs.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.metadata
import json
import pickle
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.core.quantile_sketch import CELLS
from gigaplan.delivery import Activity, Explorer, Factors, Slots, deliver, outlook
from gigaplan.delivery.durations import QuantileTable
from gigaplan.delivery.scores._kernels import BLOCK, look_up, scores, words
from gigaplan.delivery.simulate import Schedule
from gigaplan.programme.bundled import locate
from gigaplan.programme.changed import with_value
from gigaplan.programme.plan import Plan
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.pipeline import Settings, make_plan, make_series

Floats = NDArray[np.float64]
Planned = tuple[ResolvedProgramme, Plan]
PROJECTS, STAGES, CREWS = 500, 6, 40
FACTORS = ("licensing", "supply_chain", "labour", "grid")
LOADINGS = (("licensing", 0.4), ("labour", 0.3))
SHARES = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
MONTHS = np.array([1.0, 3.0, 5.0, 7.0, 9.0, 14.0, 30.0])


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    case: str
    ours_s: float | None
    peer: str
    peer_s: float | None
    ratio: float | None
    same_answer: bool | None
    peak_mb: float
    spread: float
    note: str = ""
    rate_m_per_core_s: float | None = None
    more: dict[str, float] = field(default_factory=dict)


def peak_mb() -> float:
    """Return the most memory this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def timed(run: Callable[[], object], repeats: int) -> tuple[float, float]:
    """Return median seconds, and the spread: largest less smallest over the median."""
    run()
    found = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        found.append(time.perf_counter() - start)
    middle = float(np.median(found))
    return middle, (max(found) - min(found)) / middle


def network(slots: bool, loadings: Sequence[tuple[str, float]], length: Any) -> list[Activity]:
    """Return projects of stages in series; one stage in six needs a crew if there are slots."""
    return [
        Activity(
            f"{p}.{s}",
            length,
            [f"{p}.{s - 1}"] if s else [],
            loadings=dict(loadings),
            slots="crew" if slots and s == 2 else None,
            priority=float(p),
            project=str(p),
        )
        for p in range(PROJECTS)
        for s in range(STAGES)
    ]


def schedule(slots: bool) -> Schedule:
    """Return the network of the kernel's cases, its projects' last stages kept."""
    return Schedule(
        network(slots, LOADINGS, QuantileTable(tuple(SHARES), tuple(MONTHS))),
        factors=Factors(FACTORS),
        slots={"crew": Slots(CREWS)} if slots else None,
        keep=[f"{p}.{STAGES - 1}" for p in range(PROJECTS)],
        critical=False,
    )


def numpy_network(draws: int, slots: bool, seed: int) -> NDArray[np.float32]:
    """Return the last ends of the same network by whole-array NumPy, 512 draws at a time."""
    from scipy.special import ndtr

    random = np.random.default_rng(seed)
    out = np.empty((PROJECTS, draws), np.float32)
    load = np.array([dict(LOADINGS).get(name, 0.0) for name in FACTORS], np.float32)
    own = np.float32(np.sqrt(1 - np.sum(load**2)))
    for at in range(0, draws, 512):
        width = min(512, draws - at)
        shared = load @ random.standard_normal((len(FACTORS), width), np.float32)
        end = np.zeros((PROJECTS, width), np.float32)
        for s in range(STAGES):
            z = own * random.standard_normal((PROJECTS, width), np.float32) + shared
            months = np.interp(ndtr(z), SHARES, MONTHS).astype(np.float32)
            if slots and s == 2:
                end = _in_line(end, months)
            else:
                end += months
        out[:, at : at + width] = end
    return out


def _in_line(ready: NDArray[np.float32], months: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return ends of work that takes a crew each, project by project, in their order."""
    free = np.zeros((CREWS, ready.shape[1]), np.float32)
    draw, end = np.arange(ready.shape[1]), np.empty_like(ready)
    for p in range(PROJECTS):
        place = free.argmin(axis=0)
        end[p] = np.maximum(ready[p], free[place, draw]) + months[p]
        free[place, draw] = end[p]
    return end


def agree(a: Floats, b: Floats) -> bool:
    """Return whether means and three quantiles of two samples are within 4.5 standard errors.

    Over projects [project, draw]; quantiles by their rank, whose error needs no density.
    """
    n, m = a.shape[1], b.shape[1]
    error = np.hypot(a.std(axis=1) / np.sqrt(n), b.std(axis=1) / np.sqrt(m))
    same = bool(np.all(np.abs(a.mean(axis=1) - b.mean(axis=1)) <= 4.5 * error))
    for share in (0.1, 0.5, 0.9):
        level = np.quantile(a, share, axis=1, keepdims=True)
        off = np.abs((b <= level).mean(axis=1) - share)
        same &= bool(np.all(off <= 4.5 * np.sqrt(share * (1 - share) * (1 / n + 1 / m))))
    return same


def kernel_case(slots: bool, draws: int, peer_draws: int, repeats: int) -> Case:
    """Return the kernel beside NumPy."""
    ours = schedule(slots)
    seconds, spread = timed(lambda: ours.simulate(draws), repeats)
    start = time.perf_counter()
    peer = numpy_network(peer_draws, slots, 1)
    peer_s = (time.perf_counter() - start) * draws / peer_draws
    same = agree(ours.simulate(draws).finish_months, peer.astype(np.float64))
    made = PROJECTS * STAGES * draws / 1e6
    return Case(
        "kernel, 40 crews" if slots else "kernel, correlated",
        seconds,
        f"NumPy {np.__version__}",
        peer_s,
        peer_s / seconds,
        same,
        peak_mb(),
        spread,
        f"{made / seconds:.0f} million activity-draws per core-second; NumPy {made / peer_s:.0f}",
        made / seconds,
    )


@dataclass(frozen=True)
class Beta:
    """The beta duration of PERT, as pmcontrols draws it."""

    low: float
    likely: float
    high: float

    def at_scores(self, z: Floats) -> Floats:
        """Return months at normal scores."""
        from scipy.special import betaincinv, ndtr

        first = 1 + 4 * (self.likely - self.low) / (self.high - self.low)
        inside = betaincinv(first, 6 - first, ndtr(z))
        return np.asarray(self.low + (self.high - self.low) * inside)


def pmcontrols_case(folder: str | None, draws: int, repeats: int) -> Case:
    """Return the kernel beside pmcontrols, critical shares counted by both."""
    if folder:
        sys.path.append(folder)
    try:
        peer = importlib.import_module("pmcontrols")
        version = importlib.metadata.version("pmcontrols")
    except ImportError:
        note = "not installed: give --peers FOLDER"
        return Case("open engine", None, "pmcontrols", None, None, None, peak_mb(), 0.0, note)
    work = network(False, (), Beta(2.0, 5.0, 14.0))
    ours = Schedule(work, keep=[f"{p}.{STAGES - 1}" for p in range(PROJECTS)])
    seconds, spread = timed(lambda: ours.simulate(draws), repeats)
    records = [
        {"id": a.id, "predecessors": list(a.predecessors), "a": 2.0, "m": 5.0, "b": 14.0}
        for a in work
    ]
    start = time.perf_counter()
    found = peer.pert(records, n_sim=draws)
    peer_s = time.perf_counter() - start
    last = ours.simulate(draws).finish_months.max(axis=0)
    off = abs(last.mean() - found.stats["mc_mean"]) / (last.std() * np.sqrt(2 / draws))
    made = PROJECTS * STAGES * draws / 1e6
    return Case(
        "open engine, no correlation",
        seconds,
        f"pmcontrols {version}",
        peer_s,
        peer_s / seconds,
        bool(off <= 4),
        peak_mb(),
        spread,
        f"{made / seconds:.0f} and {made / peer_s:.1f} million activity-draws a second, critical "
        "shares with them",
        made / seconds,
    )


def outlook_case(work: Planned, quick: bool) -> Case:
    """Return the outlook of meta-compute beside `deliver` with exact quantiles."""
    draws, few = (20_000, 5_000) if quick else (100_000, 20_000)
    seconds, spread = timed(lambda: outlook(*work, draws=draws, threads=2), 3 if quick else 5)
    memory = [_peak_alone(work, n) for n in (few, draws)]
    start = time.perf_counter()
    online = deliver(*work, draws=few, threads=2).online_it_mw()
    np.quantile(online, SHARES[1:-1], axis=1)
    peer_s = (time.perf_counter() - start) * draws / few
    found = outlook(*work, draws=few, threads=2, shares=tuple(SHARES[1:-1]))
    return Case(
        f"outlook, {draws:,} draws",
        seconds,
        "deliver, exact quantiles",
        peer_s,
        peer_s / seconds,
        _within_a_tenth_of_a_percentile(online, found.online_it_mw),
        memory[1],
        spread,
        f"peak {memory[0]:.0f} MB at {few:,} draws, {memory[1]:.0f} MB at {draws:,}",
    )


def _within_a_tenth_of_a_percentile(online: NDArray[Any], found: Floats) -> bool:
    """Return whether found[share, month] is between exact quantiles a tenth of a percentile off.

    Give or take the width of a cell, within which a streamed quantile is not told apart.
    """
    low, high = np.quantile(online, [0.001, 0.999], axis=1)
    width = (high - low) / CELLS + 1e-6 * np.abs(high)
    for share, value in zip(SHARES[1:-1], found, strict=True):
        least = np.quantile(online, share - 1e-3, axis=1, method="lower") - width
        most = np.quantile(online, share + 1e-3, axis=1, method="higher") + width
        if np.any((value < least) | (value > most)):
            return False
    return True


def _peak_alone(work: Planned, draws: int) -> float:
    """Return the peak memory in MB of a process that only makes an outlook."""
    code = (
        "import pickle, sys; from gigaplan.delivery import outlook; "
        "outlook(*pickle.load(sys.stdin.buffer), draws=int(sys.argv[1]), threads=2); "
        "print(next(x for x in open('/proc/self/status') if x.startswith('VmHWM')).split()[1])"
    )
    command = [sys.executable, "-c", code, str(draws)]
    done = subprocess.run(command, input=pickle.dumps(work), capture_output=True, check=True)
    # not the resource usage, which begins with that of the process it was started from
    return float(done.stdout.split()[-1]) / 1024


def planned() -> Planned:
    """Return meta-compute and its plan."""
    programme = resolve(read_programme(locate("meta-compute")))
    settings = Settings()
    results = make_series(programme, settings, lambda stage, share: None)
    return programme, make_plan(results, settings, lambda stage, share: None)


def explorer_case(work: Planned, looks: int) -> Case:
    """Return looks while one figure is moved beside a whole new delivery, 4,096 draws."""
    programme, plan = work
    explorer = Explorer(programme, plan, draws=4096, threads=2)
    moves = [f"sites.{name}.connection_delay_months.p50" for name in programme.sites]
    moves += ["power.oklo-pike.licence_fail_probability", "shared_cause_share.grid"]
    took: dict[str, list[float]] = {path: [] for path in moves}
    for path in moves:
        for i in range(looks + 1):
            value = 8.0 + 0.5 * i if path.startswith("sites") else 0.2 + 0.01 * i
            changed = with_value(programme, path, value)
            start = time.perf_counter()
            look = explorer.look(changed)
            if i:  # the first puts back what was moved before, too
                took[path].append(time.perf_counter() - start)
    start = time.perf_counter()
    fresh = Explorer(changed, plan, draws=4096, threads=2).look()
    peer_s = time.perf_counter() - start
    every = took.pop("shared_cause_share.grid")
    single = np.concatenate([np.array(found) for found in took.values()])
    high = float(np.quantile(single, 0.95))
    return Case(
        "explorer, p95 of a look",
        high,
        "a new explorer",
        peer_s,
        peer_s / high,
        bool(np.array_equal(look.online_it_mw, fresh.online_it_mw)),
        peak_mb(),
        float(np.ptp(single) / np.median(single)),
        f"median {1e3 * np.median(single):.0f} ms, p95 {1e3 * high:.0f} ms; where every site "
        f"moves {1e3 * np.median(every):.0f} and {1e3 * np.quantile(every, 0.95):.0f} ms",
    )


@nb.njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _bare(blocks: int, word: Any, near: Any, z: Any, knot: Any, table: Any, how: int) -> None:
    for block in range(blocks):
        words(np.uint64(7), block, word)
        if how > 0:
            scores(word, near, z)
        if how > 1:
            look_up(z, knot, table, near)


def floor_case(repeats: int) -> Case:
    """Return the least that the kernel must do: words, scores and look-ups alone."""
    word, knot = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.uint32)
    near, z = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    table = np.linspace(1.0, 30.0, 1665).astype(np.float32)
    blocks, rate = 40_000, {}
    for how, name in enumerate(("words", "scores", "months")):
        seconds, _ = timed(
            lambda how=how: _bare(blocks, word, near, z, knot, table, how),  # type: ignore[misc]
            repeats,
        )
        rate[name] = blocks * BLOCK / seconds / 1e6
    ours = schedule(False)
    draws = 8192
    seconds, spread = timed(lambda: ours.simulate(draws), repeats)
    made = PROJECTS * STAGES * draws / 1e6 / seconds
    return Case(
        "floor of the kernel",
        seconds,
        "words, scores, look-ups alone",
        seconds * made / rate["months"],
        made / rate["months"],
        None,
        peak_mb(),
        spread,
        f"words {rate['words']:.0f}, with scores {rate['scores']:.0f}, with months "
        f"{rate['months']:.0f} million a core-second; the kernel {made:.0f}, "
        f"{made / rate['months']:.0%} of that",
        made,
        rate,
    )


def row(case: Case) -> str:
    """Return a case as a row of the table."""

    def shown(value: float | None, unit: str = "") -> str:
        return "" if value is None else f"{value:.3g}{unit}"

    same = {True: "yes", False: "NO", None: ""}[case.same_answer]
    cells = [case.case, shown(case.ours_s, " s"), case.peer, shown(case.peer_s, " s")]
    cells += [shown(case.ratio), same, f"±{case.spread / 2:.0%}", case.note]
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer draws and repeats")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--peers", help="folder with pmcontrols, put there by pip --target")
    asked = parser.parse_args()
    draws, repeats = (2048, 3) if asked.quick else (8192, 9)
    work = planned()
    cases = [
        kernel_case(False, draws, draws // 2, repeats),
        kernel_case(True, draws, draws // 4, repeats),
        pmcontrols_case(asked.peers, draws, repeats),
        floor_case(repeats),
        outlook_case(work, asked.quick),
        explorer_case(work, 5 if asked.quick else 12),
    ]
    if asked.json:
        print(json.dumps({"cases": [asdict(case) for case in cases]}, indent=2))
    else:
        print("| case | ours | peer | its time | ratio | same answer | spread | |")
        print("|---|---|---|---|---|---|---|---|")
        for case in cases:
            print(row(case))
    if any(case.same_answer is False for case in cases):
        sys.exit("the answers differ")


if __name__ == "__main__":
    main()
