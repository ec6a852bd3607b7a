"""Runs one method on one prepared case in a process of its own, and says what it took.

    python -m benchmarks.expansion_peers ours CASE.json SERIES.npz --gap 1e-3
    python -m benchmarks.expansion_peers lean CASE.json SERIES.npz

Methods. "ours" is the decomposition (or, with ``--reference``, the reference program), its
compiled loops run once on `tiny_case` before the clock starts. "lean" is our reference program
handed to HiGHS as one matrix, HiPO without crossover: the least a whole-program method can cost.
PyPSA is `pypsa_baseline.py` of the shared folder. Times are wall and CPU seconds from the case in
memory (hours made, modules imported) to the answer, building included.

A method is stopped, and said to be, when it passes its time or the memory of the machine; where
the size of its program alone needs more memory than there is, it is not started. Peak memory is
the process's high-water mark of resident memory, read while it runs.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal, TypeAlias

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.expansion_cases import (
    REACTORS,
    Case,
    CaseSize,
    PreparedCase,
    problem_from_case,
    read_prepared,
    tiny_case,
)

Status: TypeAlias = Literal["answered", "did not finish", "does not fit", "failed"]

ROOT = Path(__file__).resolve().parents[1]
MEMORY_SHARE = 0.85
"""Share of the machine's free memory that a method may take before it is stopped."""
PYPSA_BYTES_PER_ROW = 170.0
"""Least memory of a model in PyPSA 1.4 and linopy, before any solver has it (measured on 6.8
million rows: 1,490 MB less the 340 MB of the imports)."""
LEAN_BYTES_PER_ENTRY = 60.0
"""Least memory of a program's entry: collected, made a matrix, and held by HiGHS (counted)."""
ANSWER_TOLERANCE = 1e-6
WHOLE_TOLERANCE = 1e-4
"""Relative error of an objective: of a linear program, and HiGHS's own gap for whole units."""


@dataclass(frozen=True)
class ProgramSize:
    """Rows, columns and entries of a linear program."""

    rows: float
    columns: float
    entries: float


@dataclass(frozen=True)
class Answer:
    """What a method said of a case, and what that took.

    Parameters
    ----------
    who : str
        Method and versions.
    status : str
        `note` says more.
    objective_usd, bound_usd : float, optional
        None without an answer; the bound only where the method gives one.
    tolerance_fraction : float
        How far the objective may be from the optimum by the method's own word.
    seconds, cpu_s : float, optional
        For a method that did not finish: what it had taken when it was stopped.
    peak_mb : float, optional
        High-water mark of resident memory.
    """

    who: str
    status: Status
    note: str = ""
    objective_usd: float | None = None
    bound_usd: float | None = None
    gap: float | None = None
    tolerance_fraction: float = ANSWER_TOLERANCE
    seconds: float | None = None
    cpu_s: float | None = None
    peak_mb: float | None = None
    rounds: int | None = None
    route: str = ""
    idle_it_mw: float | None = None


# ---- how large a program would be -------------------------------------------------------------


def _reactor_years(case: Case) -> list[int]:
    """Return in how many years each reactor option of each site may stand."""
    return [
        case["years"] - case["units"][name]["first"]
        for place in case["sites"]
        for name, _ in REACTORS
        if place[f"{name}_ok"]
    ]


def lean_size(case: Case, hours: int) -> ProgramSize:
    """Return the size of our reference program, its hourly part only."""
    if case["kind"] == "single":
        return ProgramSize(11.0 * hours, 9.0 * hours, 33.0 * hours)
    site_hours = len(case["sites"]) * case["years"] * hours
    reactor_hours = sum(_reactor_years(case)) * hours
    return ProgramSize(
        10.0 * site_hours + reactor_hours,
        8.0 * site_hours + reactor_hours,
        30.0 * site_hours + 3.0 * reactor_hours,
    )


def pypsa_size(case: Case, hours: int) -> ProgramSize:
    """Return the size of PyPSA's program, where each build year is a component; hourly part."""
    if case["kind"] == "single":
        return ProgramSize(21.0 * hours, 10.0 * hours, 42.0 * hours)
    years, sites = case["years"], len(case["sites"])
    lots = years * (years + 1) / 2  # build year and year operated
    reactor_lots = sum(count * (count + 1) / 2 for count in _reactor_years(case))
    columns = hours * (sites * (9 * lots + years) + reactor_lots)
    rows = hours * (sites * (17 * lots + 4 * years) + 2 * reactor_lots)
    return ProgramSize(rows, columns, 2 * rows)


# ---- a process under limits -------------------------------------------------------------------


@dataclass(frozen=True)
class Finished:
    """How a process ended."""

    output: str
    code: int
    stopped: Literal["", "time", "memory"]
    seconds: float
    cpu_s: float
    peak_mb: float


def free_mb() -> float:
    """Return the memory of the machine that is free to use."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) / 1024
    raise OSError("/proc/meminfo has no MemAvailable")


def run_limited(command: Sequence[str], limit_s: float, memory_mb: float) -> Finished:
    """Run a command, stop it when it passes its limits, and return what it took."""
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
    peak_mb, cpu_s = 0.0, 0.0
    stopped: Literal["", "time", "memory"] = ""
    began = time.perf_counter()
    with tempfile.TemporaryFile("w+") as output:
        process = subprocess.Popen(command, stdout=output, cwd=ROOT, env=environment)
        while process.poll() is None:
            now_mb, peak_mb, cpu_s = _watched(process.pid, peak_mb, cpu_s)
            if time.perf_counter() - began > limit_s:
                stopped = "time"
            elif now_mb > memory_mb:
                stopped = "memory"
            if stopped:
                process.kill()
                break
            time.sleep(0.02)
        code = process.wait()
        seconds = time.perf_counter() - began
        output.seek(0)
        return Finished(output.read(), code, stopped, seconds, cpu_s, peak_mb)


def _watched(pid: int, peak_mb: float, cpu_s: float) -> tuple[float, float, float]:
    """Return resident memory now and at most, and CPU seconds, as far as they can be read."""
    now_mb = 0.0
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                peak_mb = max(peak_mb, int(line.split()[1]) / 1024)
            elif line.startswith("VmRSS:"):
                now_mb = int(line.split()[1]) / 1024
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        cpu_s = ticks / os.sysconf("SC_CLK_TCK")
    return now_mb, peak_mb, cpu_s


def _spare_seconds(size: CaseSize) -> float:
    """Return what imports and the making of hours may take on top of a limit."""
    return 60.0 + 2.0 * size.sites


def _last_json(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.startswith("{")]
    found: dict[str, Any] = json.loads(lines[-1]) if lines else {}
    return found


def _without_answer(who: str, ended: Finished, limit_s: float) -> Answer:
    """Return what to say of a process that was stopped or broke off."""
    status: Status = "failed"
    note = f"ended with code {ended.code}"
    if ended.stopped == "time":
        status, note = "did not finish", f"did not finish in {limit_s:g} s"
    elif ended.stopped == "memory" or ended.code == -9:
        status, note = "does not fit", f"stopped at {ended.peak_mb:,.0f} MB"
    return Answer(
        who, status, note, seconds=ended.seconds, cpu_s=ended.cpu_s, peak_mb=ended.peak_mb
    )


def _too_large(who: str, need_mb: float, size: ProgramSize) -> Answer | None:
    if need_mb <= free_mb():
        return None
    note = (
        f"does not fit: {size.rows / 1e6:,.0f} million rows need more than "
        f"{need_mb / 1024:,.0f} GB, {free_mb() / 1024:,.0f} GB are free; not started"
    )
    return Answer(who, "does not fit", note)


# ---- PyPSA ------------------------------------------------------------------------------------


def run_pypsa(prepared: PreparedCase, folder: Path, solver: str, limit_s: float) -> Answer:
    """Return PyPSA's answer; `solver` is "default" or "hipo" (``solver=ipm``)."""
    who = f"PyPSA {version('pypsa')} + HiGHS {version('highspy')} {solver}"
    case: Case = json.loads(prepared.case.read_text(encoding="utf-8"))
    size = pypsa_size(case, prepared.size.hour_count)
    large = _too_large(who, size.rows * PYPSA_BYTES_PER_ROW / 2**20, size)
    if large is not None:
        return large
    command = [sys.executable, str(folder / "pypsa_baseline.py"), str(prepared.case)]
    command += ["--time-limit", str(limit_s)]
    if solver == "hipo":
        command += ["--solver-option", "solver=ipm"]
    ended = run_limited(command, limit_s + _spare_seconds(prepared.size), MEMORY_SHARE * free_mb())
    said = _last_json(ended.output)
    if ended.stopped or "build_s" not in said:
        return _without_answer(who, ended, limit_s)
    seconds = said["build_s"] + said["solve_s"]
    # building runs on one thread, so its CPU seconds are its seconds
    cpu_s = said["build_s"] + said.get("solve_cpu_s", 0.0)
    taken = {"seconds": seconds, "cpu_s": cpu_s, "peak_mb": ended.peak_mb}
    if said["status"] == "time_limit" or seconds > limit_s:
        return Answer(who, "did not finish", f"did not finish in {limit_s:g} s", **taken)
    if said["status"] != "optimal":
        return Answer(who, "failed", f"{said['status']} {said.get('error', '')}".strip(), **taken)
    return Answer(
        who,
        "answered",
        objective_usd=said["objective"],
        tolerance_fraction=WHOLE_TOLERANCE if prepared.size.whole else ANSWER_TOLERANCE,
        **taken,
    )


# ---- our own processes ------------------------------------------------------------------------


def run_lean(prepared: PreparedCase, limit_s: float) -> Answer:
    """Return the answer of HiPO without crossover on our reference program (linear only)."""
    who = f"lean CSR + HiGHS {version('highspy')} HiPO without crossover"
    case: Case = json.loads(prepared.case.read_text(encoding="utf-8"))
    size = lean_size(case, prepared.size.hour_count)
    large = _too_large(who, size.entries * LEAN_BYTES_PER_ENTRY / 2**20, size)
    return large or _run_here("lean", who, prepared, limit_s, ["--limit", str(limit_s)])


def run_ours(prepared: PreparedCase, *, gap: float, limit_s: float, reference: bool) -> Answer:
    """Return our answer; `reference` takes the whole program in place of the decomposition."""
    who = f"gigaplan {version('gigaplan')}{' reference' if reference else ''}"
    options = ["--gap", str(gap), "--limit", str(limit_s)]
    options += ["--reference"] if reference else []
    return _run_here("ours", who, prepared, limit_s, options)


def _run_here(
    method: str, who: str, prepared: PreparedCase, limit_s: float, options: list[str]
) -> Answer:
    command = [sys.executable, "-m", "benchmarks.expansion_peers", method]
    command += [str(prepared.case), str(prepared.series), *options]
    ended = run_limited(command, limit_s + _spare_seconds(prepared.size), MEMORY_SHARE * free_mb())
    said = _last_json(ended.output)
    if ended.stopped or not said:
        return _without_answer(who, ended, limit_s)
    return Answer(who=who, peak_mb=ended.peak_mb, **said)


def ours_here(case: Case, *, gap: float, limit_s: float, reference: bool) -> dict[str, Any]:
    """Solve a loaded case in this process and return the fields of its `Answer`."""
    from benchmarks.expansion_cases import idle_it_mw

    _solve_ours(tiny_case(), 1e-3, 60.0, reference)  # compiles
    began, cpu = time.perf_counter(), time.process_time()
    found = _solve_ours(case, gap, limit_s, reference)
    said: dict[str, Any] = {
        "status": "answered" if found.gap <= gap * (1 + 1e-6) else "did not finish",
        "note": "" if found.gap <= gap * (1 + 1e-6) else f"gap {found.gap:.2e} when stopped",
        "seconds": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "objective_usd": found.objective_usd,
        "bound_usd": found.bound_usd,
        "gap": found.gap,
        "route": str(found.route),
        "rounds": getattr(found, "rounds", None),
    }
    online = getattr(found, "online_it_mw", None)
    if online is not None and case["kind"] == "multi":
        said["idle_it_mw"] = idle_it_mw(found.builds, online)
    return said


def _solve_ours(case: Case, gap: float, limit_s: float, reference: bool) -> Any:
    problem = problem_from_case(case)
    if reference:
        from gigaplan.expansion import solve

        return solve(problem, gap=gap, time_limit_s=limit_s)
    decompose = importlib.import_module("gigaplan.expansion.decomposition").decompose
    return decompose(problem, gap=gap, time_limit_s=limit_s)


def lean_here(case: Case, limit_s: float) -> dict[str, Any]:
    """Solve a loaded case as one matrix in this process and return the fields of its `Answer`.

    HiPO without crossover may call a point optimal that is not: its objective counts only with
    the distance to the bound that its own duals give (weak duality) and its worst residual.
    """
    import highspy

    from gigaplan.expansion.formulation import formulate
    from gigaplan.expansion.highs import cost_scale, dual_bound, implied_upper, largest_residual

    began, cpu = time.perf_counter(), time.process_time()
    program = formulate(problem_from_case(case)).program
    scale = cost_scale(program.cost)
    matrix = program.matrix
    rows, columns = matrix.shape
    solver: Any = highspy.Highs()
    for name, value in (
        ("output_flag", False),
        ("solver", "hipo"),
        ("run_crossover", "off"),
        ("time_limit", limit_s - (time.perf_counter() - began)),
    ):
        if solver.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise ValueError(f"HiGHS refused the option {name} = {value}")
    solver.passModel(
        columns,
        rows,
        matrix.nnz,
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        0.0,
        program.cost * scale,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        matrix.indptr.astype(np.int32),
        matrix.indices.astype(np.int32),
        matrix.data,
        np.zeros(columns, dtype=np.int32),
    )
    solver.run()
    taken = {"seconds": time.perf_counter() - began, "cpu_s": time.process_time() - cpu}
    ended = solver.getModelStatus()
    solution = solver.getSolution()
    if ended == highspy.HighsModelStatus.kTimeLimit or not solution.value_valid:
        late = ended == highspy.HighsModelStatus.kTimeLimit
        note = f"did not finish in {limit_s:g} s" if late else solver.modelStatusToString(ended)
        return {"status": "did not finish" if late else "failed", "note": note, **taken}
    values = np.asarray(solution.col_value)
    objective = float(program.cost @ values)
    duals = np.asarray(solution.row_dual) / scale
    bound = dual_bound(program, duals, implied_upper(program))
    residual = largest_residual(program, values)
    apart = abs(objective - bound) / abs(objective)
    return {
        "status": "answered",
        "note": f"residual {residual:.1e}, {apart:.1e} from its own dual bound",
        "objective_usd": objective,
        "bound_usd": bound,
        "gap": apart,
        "tolerance_fraction": max(ANSWER_TOLERANCE, apart),
        **taken,
    }


def main() -> None:
    """Run one of our own methods on one case and print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("method", choices=["ours", "lean"])
    parser.add_argument("case", type=Path)
    parser.add_argument("series", type=Path)
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--limit", type=float, default=3600.0)
    parser.add_argument("--reference", action="store_true")
    asked = parser.parse_args()
    case = read_prepared(asked.case, asked.series)
    if asked.method == "lean":
        said = lean_here(case, asked.limit)
    else:
        said = ours_here(case, gap=asked.gap, limit_s=asked.limit, reference=asked.reference)
    print(json.dumps(said))


if __name__ == "__main__":
    main()
