"""Says why no plan exists, in the words of the input, by letting its statements give way.

Each statement (a target, a budget, slots, a clean share, a connection ...) gets a slack that
costs its amount over the statement's own size. The least total slack is one way out; then each
kind of statement is tried alone, which gives the ways out a planner can choose between; after
twenty seconds no further kind is tried. A smallest set of statements that cannot all hold is found
by letting all others go.
"""

from __future__ import annotations

import time
from collections import defaultdict
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack

from gigaplan.core.errors import InfeasibleError
from gigaplan.expansion.assembly import IntArray, Key, LinearProgram
from gigaplan.expansion.conflict import smallest_conflict
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.highs import Session
from gigaplan.expansion.model import EitherOr
from gigaplan.expansion.operation import demand_per_it_mw
from gigaplan.expansion.options import FloatArray

_LEAST = 1e-5
_BRANCH_SECONDS = 60.0
ALTERNATIVES_SECONDS = 20.0
CONFLICT_SECONDS = 20.0
MOST_LINES = 12
_HELD = {
    True: "These cannot all hold, and without any one of them the others can",
    False: "This cannot hold, whatever else does",
}


@dataclass(frozen=True)
class Relaxation:
    """One statement of the input that gives way.

    Parameters
    ----------
    kind : str
        What kind of statement, such as "compute target".
    place : str
        Site, zone, campus or class it is about; empty if it is about all.
    year : int
        First year of its period; 0 if it is about all years.
    amount : float
        By how much it gives way, in `unit`.
    direction : {"less", "more"}
        Whether less is asked or more is allowed.
    """

    kind: str
    place: str
    year: int
    amount: float
    unit: str
    direction: str

    def __str__(self) -> str:
        place = f" at {self.place}" if self.place else ""
        year = f" in {self.year}" if self.year else ""
        return f"{self.kind}{place}{year}: {self.amount:,.4g} {self.unit} {self.direction}"


@dataclass(frozen=True)
class Conflicting:
    """One of a smallest set of statements that cannot all hold; parameters as `Relaxation`."""

    kind: str
    place: str
    year: int


class InfeasiblePlanError(InfeasibleError):
    """No plan meets the statements of the input.

    Parameters
    ----------
    relaxations : tuple of Relaxation
        The least change, over the size of each statement, that leaves a plan.
    alternatives : mapping of str to tuple of Relaxation
        For each kind of statement that would do alone, its least change.
    conflict : tuple of Conflicting
        Statements that cannot all hold, while without any one of them the others can; empty where
        none was found in time, or only whole units leave no plan.
    note : str
        What the amounts rest on, where that is not all of the problem.
    """

    def __init__(
        self,
        relaxations: tuple[Relaxation, ...],
        alternatives: dict[str, tuple[Relaxation, ...]],
        conflict: tuple[Conflicting, ...] = (),
        note: str = "",
    ) -> None:
        self.relaxations = relaxations
        self.alternatives = alternatives
        self.conflict = conflict
        lines = ["No plan meets every statement. The least change that leaves one:"]
        if conflict:
            lines = [f"No plan meets every statement. {_HELD[len(conflict) > 1]}:"]
            lines += [f"  {item}" for item in _listed(conflict)]
            lines.append("The least change that leaves a plan:")
        lines += [f"  {item}" for item in relaxations]
        if alternatives:
            lines.append("Any one of these would do alone:")
            for items in alternatives.values():
                lines.append("  " + "; ".join(str(item) for item in items))
        if note:
            lines.append(note)
        super().__init__("\n".join(lines))


@dataclass(frozen=True)
class _Statement:
    """Rows that one statement of the input became, and how they give way together."""

    kind: str
    place: str
    year: int
    unit: str
    direction: str
    rows: IntArray
    sign: float
    size: float


def explain_infeasible(form: Formulation, *, threads: int | None = None) -> InfeasiblePlanError:
    """Return the error that says which statements of `form` conflict."""
    began = time.perf_counter()
    statements = _statements(form)
    least = _least_change(form.program, statements, threads) or ()
    alternatives: dict[str, tuple[Relaxation, ...]] = {}
    # what gives way in the least change is likeliest to do alone, so it is tried first
    kinds = dict.fromkeys([item.kind for item in least] + [item.kind for item in statements])
    for kind in kinds:
        if time.perf_counter() - began > ALTERNATIVES_SECONDS:
            break
        alone = [statement for statement in statements if statement.kind == kind]
        found = _least_change(form.program, alone, threads)
        if found:
            alternatives[kind] = found
    program, slack, size = _elastic(form.program, statements)
    ends_at = time.perf_counter() + CONFLICT_SECONDS
    places = smallest_conflict(program, slack, size, threads=threads, ends_at=ends_at)
    conflict = tuple(
        Conflicting(s.kind, s.place, s.year) for s in (statements[place] for place in places)
    )
    return InfeasiblePlanError(least, alternatives, conflict)


def _listed(conflict: tuple[Conflicting, ...]) -> list[str]:
    """Return a line for each kind and place, with its years."""
    years: dict[tuple[str, str], list[str]] = {}
    for item in conflict:
        found = years.setdefault((item.kind, item.place), [])
        if item.year:
            found.append(str(item.year))
    lines = []
    for (kind, place), when in years.items():
        at = f" at {place}" if place else ""
        lines.append(f"{kind}{at}" + (f" in {', '.join(when)}" if when else ""))
    more = len(lines) - MOST_LINES
    return lines[:MOST_LINES] + ([f"and {more} more"] if more > 0 else [])


def _least_change(
    program: LinearProgram, statements: list[_Statement], threads: int | None
) -> tuple[Relaxation, ...] | None:
    """Return what gives way at least relative cost; None if these alone leave no plan."""
    elastic, slack, _ = _elastic(program, statements)
    session = Session(elastic, threads=threads)
    point = session.solve_linear()
    if point.status != "optimal":
        return None
    if program.whole.any() and point.objective < _LEAST:
        point = session.solve_whole(gap=1e-2, time_limit_s=_BRANCH_SECONDS)
        if not len(point.values):
            return None
    amounts = point.values[slack]
    return tuple(
        Relaxation(s.kind, s.place, s.year, float(amount), s.unit, s.direction)
        for s, amount in zip(statements, amounts, strict=True)
        if amount > _LEAST * max(s.size, 1e-6)
    )


def _elastic(
    program: LinearProgram, statements: list[_Statement]
) -> tuple[LinearProgram, IntArray, FloatArray]:
    """Return the program with a column by which each statement gives way, and its size."""
    rows = np.concatenate([statement.rows for statement in statements])
    owner = np.repeat(np.arange(len(statements)), [len(s.rows) for s in statements])
    sign = np.array([statement.sign for statement in statements])
    slack = csr_matrix(
        (sign[owner], (rows, owner)), shape=(program.matrix.shape[0], len(statements))
    )
    size = np.array([max(statement.size, 1e-6) for statement in statements])
    none = np.zeros(len(statements))
    elastic = replace(
        program,
        matrix=csr_matrix(hstack([program.matrix, slack])),
        cost=np.concatenate([np.zeros_like(program.cost), 1.0 / size]),
        lower=np.concatenate([program.lower, none]),
        upper=np.concatenate([program.upper, none + np.inf]),
        whole=np.concatenate([program.whole, np.zeros(len(statements), dtype=bool)]),
    )
    return elastic, np.arange(len(program.cost), len(elastic.cost)), size


_PER_PERIOD = {
    "budget": ("capital budget", "million USD", "more", -1.0),
    "fund": ("fund", "million USD", "more", -1.0),
    "slots": ("build slots", "slots", "more", -1.0),
    "deliveries": ("accelerator deliveries", "IT MW", "more", -1.0),
    "water": ("water", "thousand m3", "more", -1.0),
    "land": ("land", "acres", "more", -1.0),
    "reserve": ("reserve margin", "accredited MW", "less", 1.0),
}
_PER_BLOCK = {
    "target": ("compute target", "IT MW", "less", 1.0),
    "clean": ("clean share", "GWh", "less", 1.0),
    "carbon": ("carbon cap", "kt", "more", -1.0),
    "connection": ("grid connection", "MW", "more", -1.0),
    "market depth": ("market depth", "MW", "more", -1.0),
    "balance": ("firm power", "MW", "more", 1.0),
    "halls": ("halls", "IT MW", "more", -1.0),
}


def _statements(form: Formulation) -> list[_Statement]:
    """Return every statement that may give way, ordered as the rows are."""
    program, problem = form.program, form.problem
    years = [period.year for period in problem.periods]
    load = _largest_load(form)
    found: list[_Statement] = []
    for key, rows in form.assembly.rows.items():
        name = str(key[0])
        if name in _PER_PERIOD:
            kind, unit, direction, sign = _PER_PERIOD[name]
            place = str(key[1]) if len(key) > 1 else ""
            for y, row in enumerate(rows):
                size = _size(program, row, load)
                one = rows[y : y + 1]
                found.append(_Statement(kind, place, years[y], unit, direction, one, sign, size))
        elif name in _PER_BLOCK:
            kind, unit, direction, sign = _PER_BLOCK[name]
            place = str(key[1]) if len(key) > 2 else ""
            size = load if name == "balance" else _size(program, rows[0], load)
            year = years[int(key[-1])]
            found.append(_Statement(kind, place, year, unit, direction, rows, sign, size))
        elif name == "total budget":
            limit = problem.limits.cumulative_capex[int(key[1])]
            size = _size(program, rows[0], load)
            found.append(
                _Statement(
                    f"total capital budget through {limit.through_year}",
                    "",
                    0,
                    "million USD",
                    "more",
                    rows,
                    -1.0,
                    size,
                )
            )
        elif name == "fund total":
            size = _size(program, rows[0], load)
            where = str(key[1])
            found.append(
                _Statement("fund in all", where, 0, "million USD", "more", rows, -1.0, size)
            )
        elif name == "rule":
            found.append(_rule_statement(form, key, rows))
    return found


def _rule_statement(form: Formulation, key: Key, rows: IntArray) -> _Statement:
    rule = form.problem.rules[int(key[1])]
    if isinstance(rule, EitherOr):
        names = ", ".join(rule.names)
        return _Statement(f"at most {rule.at_most} of {names}", "", 0, "", "more", rows, -1.0, 1.0)
    return _Statement(
        f"{rule.name} needs {rule.requires}", "", 0, "MW", "less", rows, 1.0, rule.required_mw
    )


def _size(program: LinearProgram, row: int, otherwise: float) -> float:
    """Return the size of a row's bound, or `otherwise` where that is zero or free."""
    edges = [abs(edge) for edge in (program.row_lower[row], program.row_upper[row])]
    stated = [float(edge) for edge in edges if np.isfinite(edge) and edge > 0]
    return max(stated, default=otherwise)


def _largest_load(form: Formulation) -> float:
    """Return a facility load of the problem's order, MW."""
    problem = form.problem
    it_mw: dict[str, float] = defaultdict(float)
    for campus in problem.campuses:
        halls = sum(phase.it_mw for phase in campus.phases)
        it_mw[campus.site] += halls + float(problem.by_period(campus.existing_it_mw).max())
    loads = [
        it_mw[site.name] * float(demand_per_it_mw(problem, site, y).max())
        for site in problem.sites
        for y in range(len(problem.periods))
    ]
    return max([1.0, *loads])
