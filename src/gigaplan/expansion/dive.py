"""Finds a plan with whole units by rounding a few at a time.

Each round fixes, at the nearest whole number, the quarter of the columns that is nearest to
one among those that are not whole yet, together with those that are whole and above zero;
what is zero stays free, so that later rounds can make good what was rounded down. The next
program is solved from the last basis by the dual simplex, so a round costs little. A round
that leaves no plan is rounded up instead; if that fails too the dive ends without a plan.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.highs import Point, Session
from gigaplan.expansion.options import FloatArray

_WHOLE = 1e-6
_SHARE = 0.25


def dive(session: Session, relaxed: Point, left: Callable[[], float | None]) -> Point | None:
    """Return a point with whole units, or None; `session` keeps the bounds it was left with."""
    program = session.program
    free = np.flatnonzero(program.whole)
    point = relaxed
    while True:
        seconds = left()
        if seconds is not None and seconds <= 0:
            return None
        at = point.values[free]
        away = np.abs(at - np.round(at))
        broken = np.flatnonzero(away > _WHOLE)
        if not len(broken):
            return point
        count = int(np.ceil(_SHARE * len(broken)))
        nearest = broken[np.argsort(away[broken], kind="stable")[:count]]
        settled = np.flatnonzero((away <= _WHOLE) & (at > 0.5))
        for goal in (np.round, np.ceil):
            chosen = np.concatenate([nearest, settled])
            held = np.concatenate([goal(at[nearest]), np.round(at[settled])])
            found = _hold(session, free[chosen], held, seconds)
            if found is not None:
                break
            # let what was settled go, so that rounding up may displace it
            session.set_bounds(
                free[chosen], program.lower[free[chosen]], program.upper[free[chosen]]
            )
            settled = settled[:0]
        if found is None:
            return None
        point = found
        free = np.delete(free, chosen)


def _hold(
    session: Session, columns: IntArray, values: FloatArray, seconds: float | None
) -> Point | None:
    session.set_bounds(columns, values, values)
    point = session.solve_linear(time_limit_s=seconds)
    return point if point.status == "optimal" else None
