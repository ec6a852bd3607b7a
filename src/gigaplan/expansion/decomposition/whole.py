"""Whole units: branch and bound over units and cuts, never over hours.

Branch and bound over the outer program gives a bound, and units; rounds with those units held
give their plan, and cuts where they stand. That repeats until plan and bound meet. If branch and
bound finds nothing in its time, units are rounded from the linear program.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.dive import dive
from gigaplan.expansion.highs import Session
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Route, relative_gap

MOST_TRIES = 12
SEARCH_SHARE = 0.6
"""Part of the time left that a search for units may take."""
NEARLY = 0.02
"""Distance from a whole number within which the linear program's units are taken for whole."""
NEAR_SECONDS = 30.0
PART_OF_GAP = 0.3
"""Part of the gap asked for that each of branch and bound and the rounds may leave."""


class WholeSearch:
    """Search for whole units from rounds that have met without them.

    Parameters
    ----------
    rounds : Rounds[Master]
    gap : float
        Relative gap at which to stop.
    threads : int, optional
        Threads of branch and bound.
    """

    def __init__(self, rounds: Rounds[Master], gap: float, threads: int | None) -> None:
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
        InfeasibleError
            If no whole units leave a plan.
        SolverError
            If none were found in the time allowed.
        """
        self._relaxed = met
        self._bound = met.bound
        route: Route = "rounds, whole by branch and bound"
        try:
            route = self._search(route)
        except KeyboardInterrupt:
            self._rounds.pools.trim()
            self._rounds.interrupted = True
        if self._best is None and self._rounds.interrupted:
            self._rounds.expect_no_more()
            units, route = self._dived(), "rounds, whole by dive"
            if units is not None:
                self._price(units)
        if self._best is None:
            raise SolverError("no plan with whole units was found in the time allowed.")
        best = self._best
        bound = min(self._bound, best.objective)
        return Met(best.plan, best.bounding, best.objective, bound), route

    def _search(self, route: Route) -> Route:
        """Search until the gap is met or nothing is left to try; return what found the units."""
        for attempt in range(MOST_TRIES):
            if self._close() or self._rounds.interrupted:
                break
            if self._best is not None and self._rounds.late:
                break
            near = attempt % 3 != 0
            units = self._branched(near)
            if units is None and self._best is None:
                units, route = self._dived(), "rounds, whole by dive"
            if units is None or not self._price(units):
                if near:
                    continue
                break
        return route

    def _close(self) -> bool:
        if self._best is None:
            return False
        return relative_gap(self._best.objective, self._bound) <= self._gap

    def _left(self) -> float | None:
        """Return the seconds a search may take, so that its units can still be priced."""
        left = self._rounds.seconds_left
        return None if left == np.inf else SEARCH_SHARE * left

    def _dived(self) -> FloatArray | None:
        """Return units near those of the linear program over the cuts, or None."""
        session = Session(self._rounds.program("outer"), threads=1)
        point = dive(session, session.solve_linear(), lambda: None)
        return None if point is None else np.round(point.values[self._columns])

    def _branched(self, near: bool) -> FloatArray | None:
        """Return units that branch and bound over the cuts finds.

        If not `near` it seeks among all units and raises the bound. Else it seeks between those
        of the best plan and of the linear program, which is quick and finds what the cuts that
        came with the best plan have made better.
        """
        program, start = self._rounds.program("outer"), None
        left = self._left()
        if self._best is not None:
            start = self._best.bounding.values
        if near and start is not None:
            program = self._between(program, start)
            left = NEAR_SECONDS if left is None else min(left, NEAR_SECONDS)
        session = Session(program, threads=self._threads)
        point = session.solve_whole(
            gap=PART_OF_GAP * self._gap, time_limit_s=left, start=self._start(program, start)
        )
        if not near and point.status == "infeasible":
            raise explain_infeasible(self._rounds.master.form, threads=self._threads)
        if not near:
            self._bound = max(self._bound, point.bound)
        if not len(point.values):
            return None
        self._rounds.operate_at(point.values, self._relaxed.plan.row_duals)
        return np.round(point.values[self._columns])

    def _start(self, program: LinearProgram, values: FloatArray | None) -> FloatArray | None:
        """Return a point with its units exactly whole."""
        if values is None:
            return None
        found = np.clip(values, program.lower, program.upper)
        found[self._columns] = np.round(found[self._columns])
        return found

    def _between(self, program: LinearProgram, best: FloatArray) -> LinearProgram:
        """Return the outer program with units between those of two points."""
        relaxed = self._rounds.bounded().values[self._columns]
        units = np.round(best[self._columns])
        lower, upper = program.lower.copy(), program.upper.copy()
        low = np.minimum(units, np.floor(relaxed + NEARLY))
        high = np.maximum(units, np.ceil(relaxed - NEARLY))
        lower[self._columns] = np.maximum(lower[self._columns], low)
        upper[self._columns] = np.minimum(upper[self._columns], high)
        return replace(program, lower=lower, upper=upper)

    def _price(self, units: FloatArray) -> bool:
        """Find the plan of some units, unless they were tried; return whether they are new."""
        mark = units.astype(np.int64).tobytes()
        if mark in self._tried:
            return False
        self._tried.add(mark)
        held = (self._columns, units)
        met = self._rounds.converge(PART_OF_GAP * self._gap, held=held)
        if self._best is None or met.objective < self._best.objective:
            self._best = self._rounds.settled(met, held)
        best = self._best
        bound = min(self._bound, best.objective)
        self._rounds.tell("units", Met(best.plan, best.bounding, best.objective, bound))
        return True
