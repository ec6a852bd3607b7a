"""Whole units: a dive over dispatches for plans, branch and bound over cuts for the bound."""

from __future__ import annotations

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.dive import dive
from gigaplan.expansion.highs import Point, Session
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Route, relative_gap

MOST_TRIES = 12


class WholeSearch:
    """Search for whole units from rounds that have met without them.

    Parameters
    ----------
    rounds : Rounds
    gap : float
        Relative gap at which to stop.
    threads : int, optional
        Threads of branch and bound.
    """

    def __init__(self, rounds: Rounds, gap: float, threads: int | None) -> None:
        self._rounds = rounds
        self._gap = gap
        self._threads = threads
        self._columns: IntArray = np.flatnonzero(rounds.master.program.whole)
        self._tried: set[bytes] = set()
        self._best: Met | None = None
        self._bound = -np.inf

    def run(self, met: Met) -> tuple[Met, Route]:
        """Return the best plan with whole units and its bound.

        Raises
        ------
        SolverError
            If no whole units that leave a plan were found.
        """
        self._bound = met.bound
        route: Route = "rounds, whole by dive"
        found = self._dived(met.plan)
        if found is not None:
            self._price(found)
        for _ in range(MOST_TRIES):
            if self._close() or (self._best is not None and self._rounds.late):
                break
            branched = self._branched()
            if branched is None or not self._price(branched):
                break
            route = "rounds, whole by branch and bound"
        if self._best is None:
            raise SolverError("no plan with whole units was found in the time allowed.")
        best = self._best
        return Met(
            best.plan, best.bounding, best.objective, min(self._bound, best.objective)
        ), route

    def _close(self) -> bool:
        if self._best is None:
            return False
        return relative_gap(self._best.objective, self._bound) <= self._gap

    def _left(self) -> float | None:
        left = self._rounds.seconds_left
        return None if left == np.inf else left

    def _dived(self, relaxed: Point) -> FloatArray | None:
        program = self._rounds.program("inner")
        session = Session(program, threads=1)
        start = session.solve_linear()
        if start.status != "optimal":
            return None
        point = dive(session, start, self._left)
        return None if point is None else np.round(point.values[self._columns])

    def _branched(self) -> FloatArray | None:
        """Return units that branch and bound over the cuts finds, and raise the bound."""
        session = Session(self._rounds.program("outer"), threads=self._threads)
        point = session.solve_whole(gap=0.3 * self._gap, time_limit_s=self._left())
        self._bound = max(self._bound, point.bound)
        return np.round(point.values[self._columns]) if len(point.values) else None

    def _price(self, units: FloatArray) -> bool:
        """Find the plan of some units, unless they were tried; return whether they are new."""
        mark = units.astype(np.int64).tobytes()
        if mark in self._tried:
            return False
        self._tried.add(mark)
        met = self._rounds.converge(0.3 * self._gap, held=(self._columns, units))
        if self._best is None or met.objective < self._best.objective:
            self._best = met
        best = self._best
        bound = min(self._bound, best.objective)
        self._rounds.tell("units", Met(best.plan, best.bounding, best.objective, bound))
        return True
