"""A hundred variants of one campus, each begun with what the others found, against each alone.

usage: python benchmarks/expansion_sweep.py [--quick] [--json]

The campus is that of `expansion.py` (8,760 hours, gap 1e-4). Its variants change capital and fuel
of each option, market prices and the clean share. The peer is our own `decompose` without memory.
Answers are the same where the bounds and plans of both leave room for one optimum. `--quick` takes
every fifth variant.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from benchmarks.expansion_cases import (
    CaseSize,
    load_module,
    peers_folder,
    problem_from_case,
    raw_case,
    tiny_case,
)

from gigaplan.expansion import ExpansionProblem, decompose
from gigaplan.expansion.resolve import sweep

Change = Callable[[ExpansionProblem], ExpansionProblem]
GAP = 1e-4
NEAR = 1e-9


def of_supply(place: int, field: str, factor: float) -> Change:
    """Return a change of one figure of one supply."""

    def change(problem: ExpansionProblem) -> ExpansionProblem:
        supplies = list(problem.supplies)
        value = getattr(supplies[place], field) * factor
        supplies[place] = replace(supplies[place], **{field: value})
        return replace(problem, supplies=tuple(supplies))

    return change


def of_market(factor: float) -> Change:
    """Return a change of the market's price."""
    return lambda p: replace(
        p,
        zones=tuple(
            replace(z, price_usd_per_mwh=np.asarray(z.price_usd_per_mwh) * factor) for z in p.zones
        ),
    )


def of_share(share: float) -> Change:
    """Return a change of the clean share."""
    return lambda p: replace(p, limits=replace(p.limits, clean_share_fraction=share))


def variants() -> dict[str, Change]:
    """Return a hundred changes, neighbours beside each other."""
    found: dict[str, Change] = {}
    for place in range(4):
        for factor in np.linspace(0.7, 1.3, 15):
            found[f"capital {place} x {factor:.2f}"] = of_supply(
                place, "fixed_usd_per_mw_year", float(factor)
            )
    for share in np.linspace(0.5, 0.95, 15):
        found[f"clean share {share:.2f}"] = of_share(float(share))
    for factor in np.linspace(0.7, 1.3, 15):
        found[f"gas x {factor:.2f}"] = of_supply(3, "variable_usd_per_mwh", float(factor))
    for factor in np.linspace(0.8, 1.2, 10):
        found[f"market x {factor:.2f}"] = of_market(float(factor))
    return found


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    folder = peers_folder()
    if folder is None:
        print("needs the shared peers folder beside the repository.", file=sys.stderr)
        return 2
    casegen = load_module(folder, "casegen")
    case = casegen.load(raw_case(CaseSize(name="campus", kind="single"), casegen))
    problem = problem_from_case(case)
    decompose(problem_from_case(tiny_case()))  # compiles
    changes = variants()
    if asked.quick:
        changes = dict(list(changes.items())[::5])
    began = time.perf_counter()
    found = sweep(problem, changes, gap=GAP)
    ours_s = time.perf_counter() - began
    began = time.perf_counter()
    alone = [decompose(one.problem, gap=GAP) for one in found]
    peer_s = time.perf_counter() - began
    same = all(
        one.solution is not None
        and one.solution.bound_usd <= peer.objective_usd * (1 + NEAR)
        and peer.bound_usd <= one.solution.objective_usd * (1 + NEAR)
        for one, peer in zip(found, alone, strict=True)
    )
    rounds = [one.solution.rounds for one in found if one.solution is not None]
    said = {
        "case": f"{len(changes)} variants of one campus, 8,760 h, gap {GAP:g}",
        "ours_s": ours_s,
        "peer": "each alone",
        "peer_s": peer_s,
        "ratio": peer_s / ours_s,
        "same_answer": same,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rounds": float(np.mean(rounds)),
        "peer_rounds": float(np.mean([peer.rounds for peer in alone])),
    }
    if asked.json:
        print(json.dumps(said))
    else:
        print(
            f"{said['case']}: {ours_s:.1f} s ({said['rounds']:.1f} rounds each), each alone "
            f"{peer_s:.1f} s ({said['peer_rounds']:.1f}), {said['ratio']:.1f} times, "
            f"{'same answers' if same else 'ANSWERS DIFFER'}"
        )
    return 0 if same else 1


if __name__ == "__main__":
    sys.exit(main())
