"""A smallest set of statements that cannot all hold: without any one of them, the others can.

An elastic filter, then a deletion filter. First every statement may give way; those that do in the
least change are held, and again, until what is held leaves no plan. Then each of these in turn is
let go; if the rest still leaves no plan it was not needed.

Reference: Chinneck, J. W. (2008). Feasibility and Infeasibility in Optimization. Springer, ch. 6.
"""

from __future__ import annotations

import time

import numpy as np

from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.highs import Session
from gigaplan.expansion.options import FloatArray


def smallest_conflict(
    elastic: LinearProgram,
    slack: IntArray,
    size: FloatArray,
    *,
    threads: int | None,
    ends_at: float,
) -> list[int]:
    """Return positions of statements that conflict, none of which can be left out.

    Parameters
    ----------
    elastic : LinearProgram
        With a column for each statement by which it gives way.
    slack : array [statement]
        These columns.
    size : array [statement]
        Size of each statement.
    threads : int, optional
        Threads of the solver.
    ends_at : float
        Time of `time.perf_counter` at which to give up.

    Returns
    -------
    list of int
        Empty if time is up, or if it is only whole units that leave no plan.
    """
    session = Session(elastic, threads=threads)
    held: list[int] = []
    while True:
        point = session.solve_linear()
        if point.status == "infeasible":
            break
        if point.status != "optimal" or time.perf_counter() > ends_at:
            return []
        gives = np.flatnonzero(point.values[slack] > 1e-7 * size)
        new = [int(i) for i in gives if i not in held]
        if not new:
            return []
        held += new
        session.set_bounds(slack[new], np.zeros(len(new)), np.zeros(len(new)))
    needed = list(held)
    for one in held:
        if time.perf_counter() > ends_at:
            return []
        place = slack[[one]]
        session.set_bounds(place, np.zeros(1), np.full(1, np.inf))
        if session.solve_linear().status == "infeasible":
            needed.remove(one)
        else:
            session.set_bounds(place, np.zeros(1), np.zeros(1))
    return sorted(needed)
