"""Says which statements no plan keeps, where operation shows it: load to serve, yearly limits."""

from __future__ import annotations

from collections import defaultdict

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion.assembly import Key
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.result import Operated
from gigaplan.expansion.decomposition.some_hours import windows
from gigaplan.expansion.formulation import formulate
from gigaplan.expansion.highs import Session
from gigaplan.expansion.infeasible import InfeasiblePlanError, explain_infeasible
from gigaplan.expansion.options import FloatArray

LEAST_MWH = 1e-3
MOST_LINES = 8
MOST_DAYS = 6
WHOLE_SITE_HOURS = 50_000
"""Steps of all sites and periods up to which a problem is explained as one program."""
LIMITS = {
    "clean": ("clean energy", "GWh"),
    "carbon": ("carbon", "kt"),
    "water": ("water", "thousand m3"),
    "paid energy": ("take-or-pay energy", "million USD"),
}


def unserved(operated: Operated, weights: FloatArray) -> dict[tuple[str, int], float]:
    """Return MWh by site and period that a plan leaves unserved though no tier allows it."""
    found: dict[tuple[str, int], float] = defaultdict(float)
    for period, settled in zip(operated.periods, operated.blocks, strict=True):
        for site, mw in settled.emergency_mw.items():
            mwh = float(mw @ weights)
            if mwh > LEAST_MWH:
                found[site, period] += mwh
    return dict(found)


def cannot_serve(master: Master, operated: Operated, threads: int | None) -> InfeasibleError:
    """Return the error of load that must be served and cannot be.

    A small problem is explained as one program. Of a large one the days on which most goes
    unserved are; if they alone leave no plan, that says which statements conflict, and the least
    change that would do on these days.
    """
    problem = master.problem
    missing = unserved(operated, problem.hours.weights)
    size = len(problem.sites) * len(problem.periods) * len(problem.hours)
    worst = _worst_steps(operated)
    if worst:
        whole = size <= WHOLE_SITE_HOURS
        form = formulate(problem if whole else windows(problem, worst))
        if Session(form.program, threads=threads).solve_linear().status == "infeasible":
            found = explain_infeasible(form, threads=threads)
            if whole:
                return found
            note = "These amounts are for the days that lack most; others may need more."
            return InfeasiblePlanError(found.relaxations, found.alternatives, found.conflict, note)
    lines = [
        f"  {site} in {problem.periods[y].year}: {mwh:,.4g} MWh"
        for (site, y), mwh in sorted(missing.items(), key=lambda item: -item[1])
    ]
    return InfeasibleError(
        "No plan serves the load that must be served. The least that is left unserved:\n"
        + _listed(lines)
        + "\nAllow more supply there, ask for less compute, or let a share of the load go "
        "unserved at a price (`shed`)."
    )


def _worst_steps(operated: Operated) -> list[int]:
    """Return the steps in which most goes unserved: that of each block, the worst blocks' only."""
    worst = [
        (float(mw.max()), int(mw.argmax()))
        for settled in operated.blocks
        for mw in settled.emergency_mw.values()
    ]
    return [step for _, step in sorted(worst, reverse=True)[:MOST_DAYS]]


def cannot_keep(master: Master, missed: list[tuple[int, float]]) -> InfeasibleError:
    """Return the error of yearly limits that no operation keeps."""
    names = {row: key for key, rows in master.form.assembly.rows.items() for row in rows.tolist()}
    lines = [f"  {_said(master, names[row], row)}: {_amount(names[row], by)}" for row, by in missed]
    return InfeasibleError(
        "No plan keeps every yearly limit. The least by which they are missed:\n" + _listed(lines)
    )


def _listed(lines: list[str]) -> str:
    more = len(lines) - MOST_LINES
    return "\n".join(lines[:MOST_LINES]) + (f"\n  and {more} more" if more > 0 else "")


def _amount(key: Key, by: float) -> str:
    unit = LIMITS[str(key[0])][1]
    return f"{abs(by):,.4g} {unit} {'short' if by > 0 else 'over'}"


def _said(master: Master, key: Key, row: int) -> str:
    """Return a limit in words: what, of what, in which year."""
    what = LIMITS[str(key[0])][0]
    by_place = key[0] == "water"
    y = int(row - master.form.assembly.rows[key][0]) if by_place else int(key[-1])
    place = f" of {key[1]}" if key[0] in ("water", "paid energy") else ""
    return f"{what}{place} in {master.problem.periods[y].year}"
