"""Solves a linear program of block-arrow shape to a centred, checked point."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.arrow.bound import Sides, violation, weak_bound
from gigaplan.expansion.arrow.factor import ArrowFactor
from gigaplan.expansion.arrow.interior import Interior, Iterate
from gigaplan.expansion.arrow.reduce import Reduced, reduce_program
from gigaplan.expansion.arrow.settle import open_ended
from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.options import FloatArray

Status = Literal["optimal", "stalled", "infeasible", "unbounded"]

RESIDUAL_TOLERANCE = 1e-8
PATIENCE = 25
REPAIRS = 6
EXACT = 1e-14
CERTAIN = 1e-6


@dataclass(frozen=True)
class ArrowPoint:
    """What the solver returns, in the program's own units.

    Parameters
    ----------
    status : {"optimal", "stalled", "infeasible", "unbounded"}
        "optimal": `bound` and `primal_residual` are within tolerance, whatever the iteration
        thought. "stalled": they are not, and the point is no plan.
        "infeasible": shown by bounds alone or by a ray of duals.
    values : array [column]
        Within their bounds.
    row_duals : array [row]
        Change of the objective per unit of a row's bound.
    objective : float
        Cost of `values`; infinite if infeasible.
    bound : float
        Lower bound on the optimum by weak duality of `row_duals`; may be minus infinity.
    primal_residual : float
        Worst violation of a row, over one plus its side or largest term.
    iterations : int
    seconds : float
    """

    status: Status
    values: FloatArray
    row_duals: FloatArray
    objective: float
    bound: float
    primal_residual: float
    iterations: int
    seconds: float

    @property
    def gap(self) -> float:
        """Objective above bound, over the size of the objective (at least one)."""
        return (self.objective - self.bound) / max(abs(self.objective), 1.0)


class _Judge:
    """Turns iterates into points of the program and measures them there."""

    def __init__(self, program: LinearProgram, reduced: Reduced) -> None:
        self.program, self.reduced = program, reduced
        self.low, self.high = open_ended(program.lower), open_ended(program.upper)
        sides = (open_ended(program.row_lower), open_ended(program.row_upper))
        self.sides = Sides(reduced.whole_matrix, *sides, self.low, self.high).tightened()
        lower, upper = self.sides.lower[reduced.columns], self.sides.upper[reduced.columns]
        rows = (reduced.row_lower, reduced.row_upper)
        lower, upper = np.maximum(lower, reduced.lower), np.minimum(upper, reduced.upper)
        self._size = abs(reduced.matrix).T.tocsr()
        self.inner = Sides(reduced.matrix, *rows, lower, upper)

    def repaired(self, at: Iterate, interior: Interior) -> FloatArray:
        """Return scaled row duals whose reduced costs of unbounded columns have their sign.

        What is wrong is taken out by the cheapest change of duals in the metric of the iteration.
        """
        n, cost = interior.n, self.reduced.cost
        y = self.inner.signed(at.y)
        nothing = np.zeros(len(y))
        spare = np.where(interior.has_low[:n], at.zp[:n], 0.0)
        spare -= np.where(interior.has_high[:n], at.zq[:n], 0.0)
        for _ in range(REPAIRS):
            wrong = self.inner.endless(cost - interior.transposed @ y)
            size = np.abs(cost) + self._size @ np.abs(y)
            if (np.abs(wrong) <= EXACT * size).all():
                break
            f = np.where(wrong != 0, wrong - spare, 0.0)
            _, dy = interior.factor.solve(f, nothing, accuracy=1e-15)
            y = self.inner.signed(y + dy)
        return y

    def point(self, x: FloatArray, y: FloatArray) -> ArrowPoint:
        """Return what a scaled point and scaled duals are worth in the program."""
        values = np.clip(self.reduced.values(x), self.low, self.high)
        duals = self.sides.signed(self.reduced.row_duals(y))
        return ArrowPoint(
            status="stalled",
            values=values,
            row_duals=duals,
            objective=float(self.program.cost @ values),
            bound=weak_bound(self.sides, self.program.cost, duals, values),
            primal_residual=violation(self.sides, values),
            iterations=0,
            seconds=0.0,
        )

    def impossible(self, y: FloatArray) -> bool:
        """Say whether duals, as a ray, prove that no point meets the rows."""
        duals = self.sides.signed(self.reduced.row_duals(y))
        none = np.zeros(len(self.program.cost))
        proof = weak_bound(self.sides, none, duals, none)
        finite = np.isfinite(self.sides.row_lower), np.isfinite(self.sides.row_upper)
        edge = np.maximum(
            np.where(finite[0], np.abs(self.sides.row_lower), 0.0),
            np.where(finite[1], np.abs(self.sides.row_upper), 0.0),
        )
        return bool(proof > CERTAIN * (np.abs(duals) @ edge + 1e-300))


def solve_arrow(
    program: LinearProgram,
    block: NDArray[np.int64],
    *,
    tolerance: float = 1e-8,
    max_iterations: int = 100,
    threads: int = 1,
    start: ArrowPoint | None = None,
) -> ArrowPoint:
    """Return a centred optimum of a program whose blocks are coupled by few rows and columns.

    Parameters
    ----------
    program : LinearProgram
        `whole` is ignored.
    block : array of int [column]
        Block of each column, -1 if shared. Rows that meet columns of one block alone are the
        block's; all others link.
    tolerance : float
        Most relative gap between objective and bound of an optimal point. Its worst violation is
        at most this, and at most 1e-8.
    max_iterations : int
    threads : int
        Threads over blocks. The result does not depend on it.
    start : ArrowPoint, optional
        A point to begin near; NaN where nothing is known.
    """
    began = time.perf_counter()
    reduced = reduce_program(program)
    judge = _Judge(program, reduced)

    def ended(point: ArrowPoint, status: Status, iterations: int) -> ArrowPoint:
        seconds = time.perf_counter() - began
        return replace(point, status=status, iterations=iterations, seconds=seconds)

    def good(point: ArrowPoint) -> bool:
        violation = min(tolerance, RESIDUAL_TOLERANCE)
        return abs(point.gap) <= tolerance and point.primal_residual <= violation

    verdict = reduced.settled.verdict
    if verdict != "open" or not len(reduced.columns):
        x = np.clip(0.0, reduced.lower, reduced.upper)
        point = judge.point(x, np.zeros(len(reduced.rows)))
        if verdict == "infeasible":
            return ended(replace(point, objective=np.inf), "infeasible", 0)
        if verdict == "unbounded":
            return ended(replace(point, bound=-np.inf), "unbounded", 0)
        return ended(point, "optimal" if good(point) else "stalled", 0)
    free = ~np.isfinite(reduced.lower) & ~np.isfinite(reduced.upper)
    equal = reduced.row_lower == reduced.row_upper
    factor = ArrowFactor(reduced.matrix, block[reduced.columns], free, equal, threads)
    try:
        parts = reduced, factor, judge, tolerance, max_iterations
        point = _iterate(*parts, start, good, ended)
        if start is None or point.status != "stalled":
            return point
        spent = point.iterations
        point = _iterate(*parts, None, good, ended)  # the start was a bad one
        return replace(point, iterations=spent + point.iterations)
    finally:
        factor.close()


def _iterate(
    reduced: Reduced,
    factor: ArrowFactor,
    judge: _Judge,
    tolerance: float,
    max_iterations: int,
    start: ArrowPoint | None,
    good: Callable[[ArrowPoint], bool],
    ended: Callable[[ArrowPoint, Status, int], ArrowPoint],
) -> ArrowPoint:
    """Iterate until a point is good, or nothing moves."""
    settled = np.where(reduced.settled.fixed, reduced.settled.values, 0.0)
    offset = float(reduced.whole_cost @ settled) * reduced.cost_scale * reduced.side_scale
    interior = Interior(reduced, factor, offset)
    if start is None:
        at = interior.begin()
    else:
        x, y = reduced.scaled_values(start.values), reduced.scaled_duals(start.row_duals)
        at = interior.begin_near(x, y)
    best, best_worst, best_at, since = at, np.inf, 0, 0
    asked = tolerance
    iteration = 0
    for iteration in range(max_iterations + 1):
        left = interior.residuals(at)
        if not at.finite() or not np.isfinite(left.worst):
            break
        if left.worst < best_worst:
            if left.worst < 0.9 * best_worst:
                since = iteration
            best, best_worst, best_at = at, left.worst, iteration
        if left.worst <= asked:
            interior.prepare(at)
            at = interior.mended(at, left)
            point = judge.point(at.v[: interior.n], judge.repaired(at, interior))
            if good(point):
                return ended(point, "optimal", iteration)
            asked = max(0.3 * left.worst, 1e-15)
        if iteration == max_iterations or iteration - since > PATIENCE:
            break
        interior.prepare(at)
        found, primal, dual = interior.step(at, left)
        at = at.moved(found, primal, dual)
    if judge.impossible(at.y) or judge.impossible(judge.repaired(at, interior)):
        point = judge.point(at.v[: interior.n], at.y)
        return ended(replace(point, objective=np.inf), "infeasible", iteration)
    interior.prepare(best)
    best = interior.mended(best, interior.residuals(best))
    point = judge.point(best.v[: interior.n], judge.repaired(best, interior))
    return ended(point, "optimal" if good(point) else "stalled", max(iteration, best_at))
