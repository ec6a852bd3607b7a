"""Solves any program, linear or with whole columns, and checks what comes out.

The order of `gigaplan.expansion.solve`: the linear relaxation gives a bound; whole numbers known
from elsewhere are tried; large programs are dived into; branch and bound goes on where the gap is
above what was asked; the values are those of the linear program with the whole columns held.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import InfeasibleError, SolverError
from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.dive import dive
from gigaplan.expansion.highs import Method, Point, Session, check_point
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Route, relative_gap
from gigaplan.expansion.solve import DIVE_FROM_COLUMNS, SIMPLEX_UP_TO_COLUMNS


@dataclass(frozen=True)
class Found:
    """A point that passed the checks, and a bound on the whole program.

    Parameters
    ----------
    row_duals : array [row]
        With the whole columns held.
    """

    values: FloatArray
    row_duals: FloatArray
    objective: float
    bound: float
    route: Route
    method: Method
    residual: float


class Clock:
    """Seconds since it was made, and how many are left."""

    def __init__(self, limit_s: float | None) -> None:
        self._began = time.perf_counter()
        self._limit_s = limit_s

    def seconds(self) -> float:
        """Return the seconds gone."""
        return time.perf_counter() - self._began

    def left(self) -> float | None:
        """Return the seconds left; None without a limit."""
        return None if self._limit_s is None else self._limit_s - self.seconds()

    def part(self, share: float) -> Clock:
        """Return a clock of a share of what is left."""
        left = self.left()
        return Clock(None if left is None else share * left)


def solve_program(
    program: LinearProgram,
    *,
    gap: float,
    clock: Clock,
    threads: int | None = None,
    start: FloatArray | None = None,
    report: Callable[[str, float, float], None] | None = None,
) -> Found:
    """Return the least-cost point of `program`.

    Parameters
    ----------
    start : array [column], optional
        A point whose whole numbers are tried first. The linear programs then take the time they
        need, so that there is an answer when the search for it has used all of the clock.
    report : callable, optional
        Called with stage, objective and bound.

    Raises
    ------
    InfeasibleError
        If there is no point.
    SolverError
        If none that passes the checks was found in the time left.
    """
    tell = report or (lambda stage, objective, bound: None)
    small = program.matrix.shape[1] <= SIMPLEX_UP_TO_COLUMNS
    method: Method = "simplex" if small else "hipo"
    session = Session(program, threads=threads)
    linear_s = clock.left() if start is None else None
    relaxed = session.solve_linear(method, time_limit_s=linear_s)
    if relaxed.status == "infeasible":
        raise InfeasibleError("the program has no point.")
    if relaxed.status != "optimal":
        raise SolverError(f"the linear program ended with '{relaxed.status}'.")
    residual = check_point(program, relaxed)
    tell("relaxed", np.inf, relaxed.bound)
    point, bound = relaxed, relaxed.bound
    route: Route = "linear"
    if program.whole.any():
        point, bound, route = _whole(session, relaxed, gap, clock, start, tell)
        residual = check_point(program, point)
    return Found(
        values=point.values,
        row_duals=point.row_duals,
        objective=point.objective,
        bound=min(bound, point.objective),
        route=route,
        method=method,
        residual=residual,
    )


def _whole(
    session: Session,
    relaxed: Point,
    gap: float,
    clock: Clock,
    start: FloatArray | None,
    tell: Callable[[str, float, float], None],
) -> tuple[Point, float, Route]:
    """Return the best point with whole columns held, the bound, and how it was found."""
    program = session.program
    whole = np.flatnonzero(program.whole)
    best: Point | None = None
    route: Route = "whole by earlier plan"
    if start is not None:
        tried = session.fix(whole, start[whole])
        best = tried if tried.status == "optimal" else None

    def enough(bound: float) -> bool:
        return best is not None and relative_gap(best.objective, bound) <= gap

    counted = relaxed.values[whole]
    settled = bool(np.abs(counted - np.round(counted)).max(initial=0.0) < 1e-6)
    if not enough(relaxed.bound) and (settled or program.matrix.shape[1] > DIVE_FROM_COLUMNS):
        session.release()
        dived = dive(session, relaxed, clock.left)
        if dived is not None and (best is None or dived.objective < best.objective):
            best, route = dived, "whole by dive"
    bound = relaxed.bound
    seconds = clock.left()
    if not enough(bound) and (seconds is None or seconds > 0.1):
        session.release()
        values = None if best is None else best.values
        branched = session.solve_whole(gap=gap, time_limit_s=seconds, start=values)
        if branched.status == "infeasible":
            raise InfeasibleError("the program has no point with whole numbers.")
        bound = max(bound, branched.bound)
        if len(branched.values) and (
            best is None or branched.objective < best.objective - 1e-9 * abs(best.objective)
        ):
            best, route = branched, "whole by branch and bound"
    if best is None:
        raise SolverError("no plan with whole units was found in the time allowed.")
    tell(route, best.objective, bound)
    session.release()
    held = session.fix(whole, best.values[whole])
    if held.status != "optimal":
        raise SolverError("the units found leave no plan when they are held.")
    return held, bound, route
