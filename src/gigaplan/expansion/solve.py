"""Solves an expansion problem: the reference form through HiGHS, checked by our own arithmetic.

Linear problems are solved once. With whole units the linear relaxation gives a first bound;
small programs then go to branch and bound; in large ones a dive (round a few columns, solve
again from the last basis, repeat) finds a plan first, which is returned if its gap to the
bound is as asked and otherwise starts branch and bound. Prices of a whole-unit plan come from
the linear program with those units fixed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import SolverError, require
from gigaplan.expansion.dive import dive
from gigaplan.expansion.formulation import Formulation, formulate
from gigaplan.expansion.highs import Method, Point, Session, check_point
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.read_back import (
    read_builds,
    read_capacity,
    read_capex,
    read_costs,
    read_dispatch,
    read_online,
    read_prices,
    read_run,
    read_shortfall,
)
from gigaplan.expansion.solution import Progress, Route, Solution, relative_gap

DIVE_FROM_COLUMNS = 20_000
SIMPLEX_UP_TO_COLUMNS = 20_000


@dataclass(frozen=True)
class _Found:
    """A point whose prices are known, and the bound on the whole problem."""

    point: Point
    bound: float
    route: Route
    residual: float


def solve(
    problem: ExpansionProblem,
    *,
    time_limit_s: float | None = None,
    gap: float = 1e-4,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    method: Method | None = None,
) -> Solution:
    """Return the least-cost plan of `problem`.

    Parameters
    ----------
    problem : ExpansionProblem
    time_limit_s : float, optional
        Wall seconds after which the best plan found is returned.
    gap : float
        Relative gap at which a plan with whole units is good enough.
    threads : int, optional
        Most threads; the solver's choice if None.
    progress : callable, optional
        Called with a `Progress` after each stage.
    method : {"simplex", "ipx", "hipo"}, optional
        Linear method; chosen by size if None.

    Raises
    ------
    InfeasibleError
        If no plan meets the problem's own statements; says which, and what relaxing each takes.
    SolverError
        If the solver ended with no result that passes our checks.
    """
    require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
    began = time.perf_counter()
    form = formulate(problem)
    chosen: Method = method or (
        "simplex" if form.program.matrix.shape[1] <= SIMPLEX_UP_TO_COLUMNS else "ipx"
    )

    def report(stage: str, objective: float, bound: float) -> None:
        if progress is not None:
            apart = relative_gap(objective, bound)
            progress(Progress(stage, objective, bound, apart, time.perf_counter() - began))

    def left() -> float | None:
        return None if time_limit_s is None else time_limit_s - (time.perf_counter() - began)

    report("built", np.inf, -np.inf)
    session = Session(form.program, threads=threads)
    relaxed = session.solve_linear(chosen, time_limit_s=left())
    if relaxed.status == "infeasible":
        raise explain_infeasible(form, threads=threads)
    if relaxed.status == "unbounded":
        raise SolverError("the plan has no least cost: something earns without limit.")
    if relaxed.status != "optimal":
        raise SolverError(
            f"the linear program ended with '{relaxed.status}' before any plan was found."
        )
    residual = check_point(form.program, relaxed, linear=True)
    report("relaxed", np.inf, relaxed.bound)
    if form.program.whole.any():
        found = _solve_whole(form, session, relaxed, gap, left, report, threads)
    else:
        found = _Found(relaxed, relaxed.bound, "linear", residual)
    apart = relative_gap(found.point.objective, found.bound)
    report("done", found.point.objective, found.bound)
    met = apart <= max(gap, 1e-6)
    return _solution(form, found, apart, met, chosen, time.perf_counter() - began)


def _solve_whole(
    form: Formulation,
    session: Session,
    relaxed: Point,
    gap: float,
    left: Callable[[], float | None],
    report: Callable[[str, float, float], None],
    threads: int | None,
) -> _Found:
    """Return the best plan with whole units that dive, or branch and bound, finds."""
    program = form.program
    route: Route = "whole by branch and bound"
    best: Point | None = None
    if program.matrix.shape[1] > DIVE_FROM_COLUMNS or _is_whole(form, relaxed):
        best = dive(session, relaxed, left)
        if best is not None:
            route = "whole by dive"
            report("dived", best.objective, relaxed.bound)
    bound = relaxed.bound
    if best is None or relative_gap(best.objective, bound) > gap:
        seconds = left()
        if seconds is None or seconds > 1.0:
            session.release()
            start = None if best is None else best.values
            branched = session.solve_whole(gap=gap, time_limit_s=seconds, start=start)
            if branched.status == "infeasible":
                raise explain_infeasible(form, threads=threads)
            bound = max(bound, branched.bound)
            if len(branched.values) and (
                best is None or branched.objective < best.objective - 1e-9 * abs(best.objective)
            ):
                best, route = branched, "whole by branch and bound"
    if best is None:
        raise SolverError("no plan with whole units was found in the time allowed.")
    fixed = session.fix_whole(best.values)
    if fixed.status != "optimal":
        raise SolverError("the units found do not hold when they are fixed.")
    residual = check_point(program, fixed, linear=True)
    return _Found(fixed, min(bound, fixed.objective), route, residual)


def _is_whole(form: Formulation, point: Point) -> bool:
    counted = point.values[form.program.whole]
    return bool(np.abs(counted - np.round(counted)).max(initial=0.0) < 1e-6)


def _solution(
    form: Formulation, found: _Found, apart: float, met: bool, method: str, seconds: float
) -> Solution:
    values = found.point.values
    dispatch = read_dispatch(form, values)
    return Solution(
        status="optimal" if met else "time limit",
        objective_usd=found.point.objective,
        bound_usd=found.bound,
        gap=apart,
        route=found.route,
        method=method,
        builds=read_builds(form, values),
        capacity=read_capacity(form, values),
        online_it_mw=read_online(form, values),
        run_it_mw=read_run(form, values),
        shortfall_it_mw=read_shortfall(form, values),
        capex_usd=read_capex(form, values),
        costs=read_costs(form, values),
        dispatch=dispatch,
        prices=read_prices(form, found.point.row_duals, dict(dispatch.load_mw)),
        largest_residual=found.residual,
        rows=form.program.matrix.shape[0],
        columns=form.program.matrix.shape[1],
        seconds=seconds,
    )
