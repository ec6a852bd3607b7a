"""Solves an expansion problem: the reference form through HiGHS, checked by our own arithmetic.

Linear problems are solved once. With whole units the linear relaxation gives a first bound.
Then the whole numbers of an earlier plan are tried, if one is given; large programs are dived
into (round a few columns, solve again from the last basis, repeat); and where the gap to the
bound is still above what was asked, branch and bound goes on from the best plan. Prices of a
whole-unit plan come from the linear program with those units held.

The linear method is the one that was fastest for the size (`benchmarks/expansion_reference.py`):
dual simplex up to 100,000 columns, above that the HiPO interior method with crossover.
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
    read_draws,
    read_energy,
    read_online,
    read_prices,
    read_run,
    read_shortfall,
    read_whole,
)
from gigaplan.expansion.solution import Progress, Route, Solution, relative_gap
from gigaplan.expansion.unchosen import find_unchosen, reduced_costs
from gigaplan.expansion.why import find_worth

SIMPLEX_UP_TO_COLUMNS = 100_000
DIVE_FROM_COLUMNS = 20_000


def solve(
    problem: ExpansionProblem,
    *,
    time_limit_s: float | None = None,
    gap: float = 1e-4,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    method: Method | None = None,
    start: Solution | None = None,
) -> Solution:
    """Return the least-cost plan of `problem`.

    Parameters
    ----------
    problem : ExpansionProblem
    time_limit_s : float, optional
        Wall seconds after which the best plan found is returned.
    gap : float
        Relative gap that is good enough for a plan with whole units.
    threads : int, optional
        Most threads; the solver's choice if None.
    progress : callable, optional
        Called with a `Progress` after each stage.
    method : {"simplex", "ipx", "hipo"}, optional
        Linear method; chosen by size if None.
    start : Solution, optional
        A plan for the same options on other hours, whose whole units are tried first.

    Raises
    ------
    InfeasibleError
        If no plan meets the problem's own statements; says which, and what relaxing each takes.
    SolverError
        If the solver ended with no result that passes our checks.
    """
    require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
    run = _Run(formulate(problem), gap, time_limit_s, threads, progress, method)
    return run.solve(start)


@dataclass(frozen=True)
class _Found:
    """A point whose prices are known, the bound on the whole problem, and the worst residual."""

    point: Point
    bound: float
    route: Route
    residual: float


class _Run:
    """One call of `solve`: the program, its limits, and what is known so far."""

    def __init__(
        self,
        form: Formulation,
        gap: float,
        time_limit_s: float | None,
        threads: int | None,
        progress: Callable[[Progress], None] | None,
        method: Method | None,
    ) -> None:
        self._began = time.perf_counter()
        self._form = form
        self._gap = gap
        self._limit = time_limit_s
        self._threads = threads
        self._progress = progress
        small = form.program.matrix.shape[1] <= SIMPLEX_UP_TO_COLUMNS
        self._method: Method = method or ("simplex" if small else "hipo")
        self._report("built", np.inf, -np.inf)
        self._session = Session(form.program, threads=threads)

    def solve(self, start: Solution | None) -> Solution:
        """Return the plan."""
        form = self._form
        relaxed = self._session.solve_linear(self._method, time_limit_s=self._left())
        if relaxed.status == "infeasible":
            raise explain_infeasible(form, threads=self._threads)
        if relaxed.status == "unbounded":
            raise SolverError("the plan has no least cost: something earns without limit.")
        if relaxed.status != "optimal":
            raise SolverError(
                f"the linear program ended with '{relaxed.status}' before any plan was found."
            )
        residual = check_point(form.program, relaxed)
        self._report("relaxed", np.inf, relaxed.bound)
        found = _Found(relaxed, relaxed.bound, "linear", residual)
        if form.program.whole.any():
            found = self._solve_whole(relaxed, start)
        self._report("done", found.point.objective, found.bound)
        return self._solution(found)

    def _left(self) -> float | None:
        if self._limit is None:
            return None
        return self._limit - (time.perf_counter() - self._began)

    def _report(self, stage: str, objective: float, bound: float) -> None:
        if self._progress is not None:
            seconds = time.perf_counter() - self._began
            apart = relative_gap(objective, bound)
            self._progress(Progress(stage, objective, bound, apart, seconds))

    def _solve_whole(self, relaxed: Point, start: Solution | None) -> _Found:
        """Return the best plan with whole units, by the cheapest way that meets the gap."""
        best, route = self._tried(start)
        if best is None or relative_gap(best.objective, relaxed.bound) > self._gap:
            self._session.release()
            dived = self._dived(relaxed)
            if dived is not None and (best is None or dived.objective < best.objective):
                best, route = dived, "whole by dive"
        bound = relaxed.bound
        seconds = self._left()
        if (best is None or relative_gap(best.objective, bound) > self._gap) and (
            seconds is None or seconds > 1.0
        ):
            self._session.release()
            branched = self._session.solve_whole(
                gap=self._gap,
                time_limit_s=seconds,
                start=None if best is None else best.values,
            )
            if branched.status == "infeasible":
                raise explain_infeasible(self._form, threads=self._threads)
            bound = max(bound, branched.bound)
            if len(branched.values) and (
                best is None or branched.objective < best.objective - 1e-9 * abs(best.objective)
            ):
                best, route = branched, "whole by branch and bound"
        if best is None:
            raise SolverError("no plan with whole units was found in the time allowed.")
        self._report(route, best.objective, bound)
        best = self._held(best)
        residual = check_point(self._form.program, best)
        return _Found(best, min(bound, best.objective), route, residual)

    def _held(self, best: Point) -> Point:
        """Return the linear optimum with the whole columns of `best` held, for its prices."""
        whole = np.flatnonzero(self._form.program.whole)
        fixed = self._session.fix(whole, best.values[whole])
        if fixed.status != "optimal":
            raise SolverError("the units found leave no plan when they are held.")
        return fixed

    def _tried(self, start: Solution | None) -> tuple[Point | None, Route]:
        """Return the optimum with the whole numbers of an earlier plan, if they leave one."""
        route: Route = "whole by earlier plan"
        if start is None:
            return None, route
        blocks = self._form.assembly.columns
        fitting = [
            (blocks[key], values)
            for key, values in start.whole.items()
            if key in blocks and len(blocks[key]) == len(values)
        ]
        if not fitting:
            return None, route
        columns = np.concatenate([columns for columns, _ in fitting])
        values = np.concatenate([values for _, values in fitting])
        point = self._session.fix(columns, values, time_limit_s=self._left())
        whole = np.flatnonzero(self._form.program.whole)
        if point.status != "optimal" or len(np.setdiff1d(whole, columns)):
            return None, route
        self._report("earlier plan", point.objective, -np.inf)
        return point, route

    def _dived(self, relaxed: Point) -> Point | None:
        program = self._form.program
        counted = relaxed.values[program.whole]
        settled = bool(np.abs(counted - np.round(counted)).max(initial=0.0) < 1e-6)
        if settled or program.matrix.shape[1] > DIVE_FROM_COLUMNS:
            return dive(self._session, relaxed, self._left)
        return None

    def _solution(self, found: _Found) -> Solution:
        form, values = self._form, found.point.values
        dispatch = read_dispatch(form, values)
        duals = found.point.row_duals
        reduced = reduced_costs(form, duals)
        prices = read_prices(form, duals, dict(dispatch.load_mw))
        apart = relative_gap(found.point.objective, found.bound)
        return Solution(
            status="optimal" if apart <= max(self._gap, 1e-6) else "time limit",
            objective_usd=found.point.objective,
            bound_usd=found.bound,
            gap=apart,
            route=found.route,
            method=self._method,
            builds=read_builds(form, values),
            capacity=read_capacity(form, values),
            online_it_mw=read_online(form, values),
            run_it_mw=read_run(form, values),
            shortfall_it_mw=read_shortfall(form, values),
            capex_usd=read_capex(form, values),
            fund_usd=read_draws(form, values),
            unchosen=find_unchosen(form, values, reduced),
            worth=find_worth(
                form, values, duals=duals, reduced=reduced, prices=prices, threads=self._threads
            ),
            costs=read_costs(form, values),
            dispatch=dispatch,
            prices=prices,
            largest_residual=found.residual,
            whole=read_whole(form, values),
            rows=form.program.matrix.shape[0],
            columns=form.program.matrix.shape[1],
            seconds=time.perf_counter() - self._began,
            energy_mwh=read_energy(form, dispatch),
        )
