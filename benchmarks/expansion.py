"""Speed of expansion against PyPSA and a lean whole-program method, with the same answers.

usage: python benchmarks/expansion.py [--quick] [--json] [--case NAME ...] [--repeat N]
           [--peer-limit-s S] [--no-peers] [--keep FOLDER] [--list]

Each case is solved by ours and by peers, each run in a process of its own (`expansion_peers.py`)
on at most two cores. Every run of ours has its seconds, and a peer's answer in under a minute is
repeated as well: medians count. Two answers are the same where the peer's objective lies between
our bound and our objective, which are no farther apart than the gap of the case, up to the error
that each states of its own number.

A speed-up counts as the lesser of two ratios, of wall seconds and of CPU seconds. A peer that was
stopped gives a ratio that is at least what is printed; one that did not fit gives none. Goals are
judged on this run: "open" where it cannot tell, as with a peer that was stopped early. Memory is
that of the whole process, 1 GB = 1,024 MB. Growth is the exponent b of ``site-years ** b`` that
fits best over sizes: time is linear up to 1.1, rounds are flat up to 0.1 (20 times the sites,
1.35 times the rounds).

`--quick` ends in five minutes on two cores. Generated hours lie in a temporary folder, or stay in
``--keep FOLDER``. Ends with 1 if an answer differs or ours breaks off. The operation of one
site-year has a benchmark of its own, `expansion_oracle.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import json
import math
import os
import platform
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.expansion_cases import CaseSize, PreparedCase, load_module, peers_folder, prepare
from benchmarks.expansion_goals import (
    BENCHES,
    PYPSA,
    Bench,
    Comparison,
    Measured,
    Peer,
    Verdict,
    compare,
    judge,
    judge_growth,
)
from benchmarks.expansion_peers import Answer, run_lean, run_ours, run_pypsa

PACKAGES = ("gigaplan", "pypsa", "linopy", "highspy", "highspy-extras", "numpy", "numba")
CORES = 2
REPEATED_BELOW_S = 60.0
PEER_LIMIT_S = 600.0
QUICK_S = 270.0
"""Wall seconds of `--quick`, after which no run starts; the rest of five minutes ends the last."""
QUICK_LIMIT_S = 30.0
WIDTH = 100


# ---- running -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Asked:
    """What the command line asks for; no run starts after `ends_at` (of `perf_counter`)."""

    quick: bool
    repeat: int
    peer_limit_s: float | None
    no_peers: bool
    ends_at: float

    def peer_limits_s(self, bench: Bench) -> dict[Peer, float]:
        """Return the peers of a case and their limits."""
        if self.no_peers:
            return {}
        limits = dict.fromkeys(bench.peers, QUICK_LIMIT_S if self.quick else PEER_LIMIT_S)
        if self.quick and bench.quick_limits_s:
            limits = dict(bench.quick_limits_s)
        if self.peer_limit_s is not None:
            limits = dict.fromkeys(limits, self.peer_limit_s)
        return limits


@dataclass(frozen=True)
class Outcome:
    """A case as it ran."""

    bench: Bench
    ours: Measured
    beside: dict[Peer, Comparison]
    verdicts: list[Verdict]


def run_bench(bench: Bench, folder: Path, into: Path, asked: Asked) -> Outcome:
    """Run one case: ours, then its peers."""
    name = bench.size.name
    _say(f"{name}: making hours")
    prepared = prepare_whole(bench.size, folder, into)
    limit_s = min(bench.limit_s, QUICK_LIMIT_S) if asked.quick else bench.limit_s
    ours = _measure(f"{name}: gigaplan", partial(_run_ours, bench, prepared), limit_s, asked)
    ours = replace(ours, cut=was_cut(ours, bench.limit_s))
    beside: dict[Peer, Comparison] = {}
    for peer, limit_s in asked.peer_limits_s(bench).items():
        run = partial(_run_peer, peer, prepared, folder)
        below_s = 0.0 if asked.quick else REPEATED_BELOW_S
        found = _measure(f"{name}: {peer}", run, limit_s, asked, below_s)
        beside[peer] = compare(ours, found, bench.gap)
    return Outcome(bench, ours, beside, [judge(goal, ours, beside) for goal in bench.goals])


def late_or_said(answer: Answer, limit_s: float) -> Answer:
    """Return an answer; a method that broke off past its limit did not finish in it."""
    if answer.status != "failed" or (answer.seconds or 0.0) < limit_s:
        return answer
    note = f"did not finish in {limit_s:g} s ({answer.note})"
    return replace(answer, status="did not finish", note=note)


def was_cut(found: Measured, own_limit_s: float) -> bool:
    """Return whether a method took a limit that was less than its own without an answer."""
    taken = found.answer.seconds
    stopped = taken is None or taken >= 0.9 * found.limit_s  # less: it gave up by itself
    return found.answer.status == "did not finish" and stopped and found.limit_s < own_limit_s


def prepare_whole(size: CaseSize, folder: Path, into: Path) -> PreparedCase:
    """Return a prepared case of a folder, made if it is not there in full or was made otherwise."""
    casegen = load_module(folder, "casegen")
    made_by = (folder / "casegen.py").read_bytes() + repr(size).encode()
    home = into / f"{size.name}-{hashlib.sha256(made_by).hexdigest()[:12]}"
    if not home.exists():
        # a run that is broken off leaves no half-written hours under the name
        aside = Path(tempfile.mkdtemp(dir=into))
        prepare(size, casegen, aside)
        aside.rename(home)
    return prepare(size, casegen, home)


def _measure(
    what: str,
    run: Callable[[float], Answer],
    limit_s: float,
    asked: Asked,
    repeat_below_s: float = math.inf,
) -> Measured:
    """Run a method, again if it answered in under so many seconds, and keep what each run took."""
    answers: list[Answer] = []
    run_s = limit_s
    while len(answers) < asked.repeat:
        run_s = float(round(min(limit_s, asked.ends_at - time.perf_counter())))
        if run_s < 1:
            break
        _say(f"{what}, run {len(answers) + 1}, limit {run_s:.0f} s")
        answers.append(late_or_said(run(run_s), run_s))
        if answers[-1].status != "answered" or (answers[-1].seconds or 0.0) >= repeat_below_s:
            break
    if not answers:
        late = Answer(what, "did not finish", "not run: the time of --quick was up")
        return Measured(late, limit_s=0.0)
    worst = max(answers, key=lambda a: (a.status != "answered", a.peak_mb or 0.0))
    return Measured(
        worst,
        tuple(a.seconds for a in answers if a.seconds is not None),
        tuple(a.cpu_s for a in answers if a.cpu_s is not None),
        run_s,
    )


def _run_ours(bench: Bench, prepared: PreparedCase, limit_s: float) -> Answer:
    return run_ours(prepared, gap=bench.gap, limit_s=limit_s, reference=False)


def _run_peer(peer: Peer, prepared: PreparedCase, folder: Path, limit_s: float) -> Answer:
    if peer not in PYPSA:
        return run_lean(prepared, limit_s)
    if find_spec("pypsa") is None:
        return Answer(peer, "failed", "PyPSA is not installed")
    found = run_pypsa(prepared, folder, "hipo" if peer == "PyPSA + HiPO" else "default", limit_s)
    if found.status == "answered" and prepared.size.turbine_unit_mw is not None:
        return Answer(found.who, "failed", "turbines of any size there: another problem")
    return found


def _say(text: str) -> None:
    print(f"[{time.strftime('%H:%M:%S')}] {text}", file=sys.stderr, flush=True)


# ---- printing ----------------------------------------------------------------------------------


def objects(outcome: Outcome) -> list[dict[str, Any]]:
    """Return one object for each peer of a case, or one without a peer."""
    bench, ours = outcome.bench, outcome.ours
    shared = {
        "case": bench.title,
        "name": bench.size.name,
        "goal": bench.goal,
        "verdicts": [asdict(verdict) for verdict in outcome.verdicts],
        "site_years": bench.size.site_years,
        **_said("ours", ours),
        "peak_mb": ours.answer.peak_mb,
        **{key: getattr(ours.answer, key) for key in ("gap", "rounds", "route", "idle_it_mw")},
        "versions": _versions(),
        "cores": len(os.sched_getaffinity(0)),
    }
    blank = {"peer": None, "peer_s": None, "ratio": None, "cpu_ratio": None, "same_answer": None}
    made = [
        {
            **shared,
            "peer": peer,
            **_said("peer", beside.peer),
            "peer_peak_mb": beside.peer.answer.peak_mb,
            "ratio": beside.ratio,
            "cpu_ratio": beside.cpu_ratio,
            "ratio_at_least": beside.least,
            "same_answer": beside.same,
        }
        for peer, beside in outcome.beside.items()
    ]
    return made or [shared | blank]


def _said(whose: str, found: Measured) -> dict[str, Any]:
    taken = found.seconds
    return {
        f"{whose}_s": median(taken) if taken else None,
        f"{whose}_s_min": min(taken, default=None),
        f"{whose}_s_max": max(taken, default=None),
        f"{whose}_cpu_s": median(found.cpu_s) if found.cpu_s else None,
        f"{whose}_runs": len(taken),
        f"{whose}_who": found.answer.who,
        f"{whose}_status": found.answer.status,
        f"{whose}_note": found.answer.note,
        f"{whose}_objective_usd": found.answer.objective_usd,
        f"{whose}_bound_usd": found.answer.bound_usd,
    }


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "absent"
    return found


def as_json(value: dict[str, Any]) -> str:
    """Return an object as a line of JSON, in which numbers that are not finite are null."""
    finite = {
        k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in value.items()
    }
    return json.dumps(finite, allow_nan=False)


def print_objects(outcome: Outcome) -> None:
    """Print the objects of a case, one a line."""
    for made in objects(outcome):
        print(as_json(made))


def print_growth_object(verdicts: Sequence[Verdict]) -> None:
    """Print what growth was found, as one object."""
    print(as_json({"case": "growth", "verdicts": [asdict(verdict) for verdict in verdicts]}))


def print_head() -> None:
    """Print versions and the names of columns."""
    used = ", ".join(f"{name} {number}" for name, number in _versions().items())
    _print_wrapped(f"{used}; {platform.machine()}, {len(os.sched_getaffinity(0))} cores", "")
    columns = f"{'wall s':>9}{'min-max':>17}{'CPU s':>9}{'peak MB':>9}{'x wall':>9}{'x CPU':>9}"
    print(f"{'':19}{columns}  same answer")


def print_case(outcome: Outcome) -> None:
    """Print a case: ours, each peer, and each goal."""
    ours = outcome.ours
    print(f"\n{outcome.bench.title}  [{outcome.bench.size.name}]")
    rounds = f"{ours.answer.rounds} rounds, gap {ours.answer.gap or 0.0:.1e}"
    print(_line("gigaplan", ours, f"  {rounds}" if ours.answered else ""))
    for peer, beside in outcome.beside.items():
        ratios = f"{'':18}"
        if beside.ratio is not None and beside.cpu_ratio is not None:
            least = ">" if beside.least else ""
            ratios = f"{f'{least}{beside.ratio:,.1f}':>9}{f'{least}{beside.cpu_ratio:,.1f}':>9}"
        same = {True: "yes", False: "NO", None: "-"}[beside.same]
        print(_line(peer, beside.peer, f"{ratios}  {same}"))
    for who, found in (("gigaplan", ours), *((p, b.peer) for p, b in outcome.beside.items())):
        if found.answer.note:
            _print_wrapped(f"{who}: {found.answer.note}", "  ")
    if (ours.answer.idle_it_mw or 0.0) > 1e-3:
        _print_wrapped(f"gigaplan: {ours.answer.idle_it_mw:,.1f} MW of halls stand idle", "  ")
    print_verdicts(outcome.verdicts)


def print_growth(verdicts: Sequence[Verdict]) -> None:
    """Print what growth was found."""
    print("\ngrowth over sites x 10 years x 672 h")
    print_verdicts(verdicts)


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print goals and whether this run met them."""
    for verdict in verdicts:
        met = {True: "met", False: "NOT MET", None: "open"}[verdict.met]
        _print_wrapped(f"goal {verdict.goal}: {met} ({verdict.found})", "  ")


def _line(who: str, found: Measured, rest: str) -> str:
    wall, spread, cpu = "-", "-", "-"
    if found.seconds:
        wall = f"{median(found.seconds):,.2f}"
        spread = f"{min(found.seconds):,.2f}-{max(found.seconds):,.2f}"
        cpu = f"{median(found.cpu_s):,.2f}"
    peak = "-" if found.answer.peak_mb is None else f"{found.answer.peak_mb:,.0f}"
    return f"  {who:17}{wall:>9}{spread:>17}{cpu:>9}{peak:>9}{rest}".rstrip()


def _print_wrapped(text: str, indent: str) -> None:
    print(textwrap.fill(text, WIDTH, initial_indent=indent, subsequent_indent=indent + "  "))


# ---- the command -------------------------------------------------------------------------------


def chosen(names: Sequence[str], quick: bool) -> list[Bench]:
    """Return the cases of these names, or all, or those of `--quick`."""
    if not names:
        return [bench for bench in BENCHES if bench.quick_limits_s or not quick]
    known = ["growth", *(bench.size.name for bench in BENCHES)]
    unknown = [name for name in names if name not in known]
    if unknown:
        raise SystemExit(f"no case {', '.join(unknown)}; there are {', '.join(known)}")
    return [b for b in BENCHES if b.size.name in names or (b.grows and "growth" in names)]


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Return the command line's options."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--case", nargs="+", default=[], metavar="NAME", help="or growth")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--peer-limit-s", type=float)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--keep", type=Path, metavar="FOLDER")
    parser.add_argument("--list", action="store_true")
    return parser.parse_args(arguments)


@contextlib.contextmanager
def _hours_folder(keep: Path | None) -> Iterator[Path]:
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="expansion-") as made:
            yield Path(made)
    else:
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()


def main() -> int:
    """Run the cases and print them; 1 if an answer differs or ours breaks off."""
    options = parse()
    benches = chosen(options.case, options.quick)
    if options.list:
        for bench in benches:
            print(f"{bench.size.name:17} {bench.goal}".rstrip())
        return 0
    folder = peers_folder()
    if folder is None:
        print("needs casegen.py and pypsa_baseline.py in ../shared/peers", file=sys.stderr)
        return 2
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:CORES])
    os.environ["TQDM_DISABLE"] = "1"  # linopy's bars would bury our own progress
    ends_at = time.perf_counter() + QUICK_S if options.quick else math.inf
    asked = Asked(options.quick, options.repeat, options.peer_limit_s, options.no_peers, ends_at)

    show, show_growth = (
        (print_objects, print_growth_object) if options.json else (print_case, print_growth)
    )
    if not options.json:
        print_head()
    outcomes = []
    with _hours_folder(options.keep) as into:
        for bench in benches:
            outcomes.append(run_bench(bench, folder, into, asked))
            show(outcomes[-1])
            sys.stdout.flush()
    grown = [(o.bench, o.ours) for o in outcomes if o.bench.grows]
    if grown:
        show_growth(judge_growth(grown))
    differs = any(b.same is False for o in outcomes for b in o.beside.values())
    return int(differs or any(o.ours.answer.status == "failed" for o in outcomes))


if __name__ == "__main__":
    sys.exit(main())
