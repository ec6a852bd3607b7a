"""HiGHS at arm's length: a program goes in, and only a result that passes our own checks comes out.

HiGHS may say "ok" of a point that is not optimal, so nothing here trusts a status alone.
Every point is held against the program's own rows and bounds (`largest_residual`), and
every linear optimum against a lower bound formed from its duals by weak duality
(`dual_bound`), which holds whatever the duals are.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.options import FloatArray

Method: TypeAlias = Literal["simplex", "ipx", "hipo"]
Status: TypeAlias = Literal["optimal", "time limit", "infeasible", "unbounded", "failed"]

FEASIBILITY_TOLERANCE = 1e-6
BOUND_TOLERANCE = 1e-6


@dataclass(frozen=True)
class Point:
    """What a solve returned, in the program's own units.

    Parameters
    ----------
    values : array [column]
    row_duals : array [row]
        Change of the objective per unit of a row's bound; empty for whole-number solves.
    bound : float
        Lower bound on the objective.
    """

    status: Status
    values: FloatArray
    row_duals: FloatArray
    objective: float
    bound: float


def largest_residual(program: LinearProgram, values: FloatArray) -> float:
    """Return the worst violation of a row or bound, over ``1 + |bound|``."""
    activity = program.matrix @ values
    worst = 0.0
    for at, low, high in (
        (activity, program.row_lower, program.row_upper),
        (values, program.lower, program.upper),
    ):
        for gap, edge in ((low - at, low), (at - high, high)):
            finite = np.isfinite(edge)
            if finite.any():
                scaled = gap[finite] / (1 + np.abs(edge[finite]))
                worst = max(worst, float(scaled.max()))
    return worst


def implied_upper(program: LinearProgram, passes: int = 5) -> FloatArray:
    """Return upper bounds that every feasible point keeps, tightened from the rows.

    Each row bounds each of its columns once the others are at the end that leaves most room.
    """
    matrix = program.matrix
    row = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    column, value = matrix.indices, matrix.data
    lower, upper = program.lower, program.upper.copy()
    for _ in range(passes):
        # a column with a positive entry is bounded above by the row's upper side, one with a
        # negative entry by its lower side
        for sign, edge in ((1.0, program.row_upper), (-1.0, -program.row_lower)):
            entry = sign * value
            least = np.where(entry > 0, entry * lower[column], entry * upper[column])
            open_ended = ~np.isfinite(least)
            total = np.bincount(row, np.where(open_ended, 0.0, least), len(edge))
            holes = np.bincount(row, open_ended, len(edge))
            usable = (entry > 0) & (holes[row] == 0) & np.isfinite(edge[row])
            spare = edge[row[usable]] - total[row[usable]] + least[usable]
            np.minimum.at(upper, column[usable], spare / entry[usable])
        upper = np.maximum(upper, lower)
    return np.asarray(upper)


def dual_bound(
    program: LinearProgram,
    row_duals: FloatArray,
    upper: FloatArray,
    lower: FloatArray | None = None,
) -> float:
    """Return a lower bound on the linear optimum from any row duals, by weak duality.

    ``bound = sum of y+ L + y- U over rows + sum of min(d l, d u) over columns``, where
    ``d = cost - y A``. A dual on a side that has no bound is dropped first.
    """
    y = row_duals.copy()
    y[(y > 0) & ~np.isfinite(program.row_lower)] = 0.0
    y[(y < 0) & ~np.isfinite(program.row_upper)] = 0.0
    edge = np.where(y > 0, program.row_lower, program.row_upper)
    rows = y != 0
    reduced = program.cost - program.matrix.T @ y
    best = np.where(reduced >= 0, program.lower if lower is None else lower, upper)
    columns = reduced != 0
    return float(y[rows] @ edge[rows] + reduced[columns] @ best[columns])


def cost_scale(cost: FloatArray) -> float:
    """Return the power of two that brings the middle of the costs near one."""
    size = np.abs(cost[cost != 0])
    if not len(size):
        return 1.0
    return float(2.0 ** -np.round(np.mean(np.log2(size))))


class Session:
    """One program inside HiGHS, re-solved as bounds change.

    Parameters
    ----------
    program : LinearProgram
    threads : int, optional
        Most threads HiGHS may use; its own choice if None.
    """

    def __init__(self, program: LinearProgram, *, threads: int | None = None) -> None:
        import highspy

        self.program = program
        self._upper = implied_upper(program)
        self._scale = cost_scale(program.cost)
        self._highs: Any = highspy.Highs()
        self._api: Any = highspy
        self._option("output_flag", False)
        if threads is not None:
            self._highs.resetGlobalScheduler(True)
            self._option("threads", threads)
        matrix = program.matrix
        rows, columns = matrix.shape
        status = self._highs.passModel(
            columns,
            rows,
            matrix.nnz,
            int(highspy.MatrixFormat.kRowwise),
            int(highspy.ObjSense.kMinimize),
            0.0,
            program.cost * self._scale,
            program.lower,
            program.upper,
            program.row_lower,
            program.row_upper,
            matrix.indptr.astype(np.int32),
            matrix.indices.astype(np.int32),
            matrix.data,
            np.zeros(columns, dtype=np.int32),
        )
        if status == highspy.HighsStatus.kError:
            raise SolverError("HiGHS refused the program.")

    def _option(self, name: str, value: object) -> None:
        if self._highs.setOptionValue(name, value) != self._api.HighsStatus.kOk:
            raise SolverError(f"HiGHS refused the option {name} = {value}.")

    def _limit_time(self, seconds: float | None) -> None:
        used = self._highs.getRunTime()
        self._option("time_limit", np.inf if seconds is None else used + max(seconds, 0.1))

    def set_bounds(self, columns: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Replace the bounds of some columns in the solver only; `program` keeps its own."""
        self._highs.changeColsBounds(
            len(columns), columns.astype(np.int32), np.asarray(lower), np.asarray(upper)
        )

    def set_costs(self, cost: FloatArray) -> None:
        """Replace the cost of every column, in the program too."""
        self.program = replace(self.program, cost=cost)
        columns = np.arange(len(cost), dtype=np.int32)
        self._highs.changeColsCost(len(cost), columns, cost * self._scale)

    def release(self) -> None:
        """Give every column the program's own bounds back."""
        columns = np.arange(len(self.program.cost))
        self.set_bounds(columns, self.program.lower, self.program.upper)

    def fix(
        self,
        columns: IntArray,
        values: FloatArray,
        method: Method = "simplex",
        *,
        time_limit_s: float | None = None,
    ) -> Point:
        """Return the linear optimum with some columns held at whole values."""
        held = np.round(values)
        self.set_bounds(columns, held, held)
        lower, upper = self.program.lower.copy(), self._upper.copy()
        lower[columns], upper[columns] = held, held
        point = self.solve_linear(method, time_limit_s=time_limit_s)
        if not len(point.row_duals):
            return point
        return replace(point, bound=dual_bound(self.program, point.row_duals, upper, lower))

    def solve_linear(
        self, method: Method = "simplex", *, time_limit_s: float | None = None
    ) -> Point:
        """Return the linear optimum under the bounds now set, with its duals.

        An interior method always crosses over to a vertex: without that HiPO has called points
        optimal that violate rows by 1e-5 and more.
        """
        self._option("solver", method)
        self._option("run_crossover", "on")
        self._limit_time(time_limit_s)
        self._highs.run()
        status = self._status()
        solution = self._highs.getSolution()
        if not solution.value_valid:
            empty = np.empty(0)
            return Point(status, empty, empty, np.inf, -np.inf)
        values = np.asarray(solution.col_value)
        duals = np.asarray(solution.row_dual) / self._scale
        bound = -np.inf
        if solution.dual_valid and len(duals):
            bound = dual_bound(self.program, duals, self._upper)
        return Point(status, values, duals, float(self.program.cost @ values), bound)

    def solve_whole(
        self, *, gap: float, time_limit_s: float | None, start: FloatArray | None = None
    ) -> Point:
        """Return the best whole-number point that branch and bound finds, with its bound."""
        columns = np.flatnonzero(self.program.whole).astype(np.int32)
        kind = np.full(len(columns), int(self._api.HighsVarType.kInteger), dtype=np.uint8)
        self._highs.changeColsIntegrality(len(columns), columns, kind)
        self._option("solver", "choose")
        self._option("mip_rel_gap", gap)
        self._limit_time(time_limit_s)
        if start is not None:
            guess = self._api.HighsSolution()
            guess.col_value = start.tolist()
            self._highs.setSolution(guess)
        self._highs.run()
        status = self._status()
        solution, info = self._highs.getSolution(), self._highs.getInfo()
        kind[:] = int(self._api.HighsVarType.kContinuous)
        bound = float(info.mip_dual_bound) / self._scale
        values = np.asarray(solution.col_value)
        self._highs.changeColsIntegrality(len(columns), columns, kind)
        if not solution.value_valid or abs(info.objective_function_value) > 1e29:
            return Point(status, np.empty(0), np.empty(0), np.inf, bound)
        return Point(status, values, np.empty(0), float(self.program.cost @ values), bound)

    def _status(self) -> Status:
        found = self._highs.getModelStatus()
        names = self._api.HighsModelStatus
        known: dict[Any, Status] = {
            names.kOptimal: "optimal",
            names.kTimeLimit: "time limit",
            names.kInfeasible: "infeasible",
            names.kUnboundedOrInfeasible: "infeasible",
            names.kUnbounded: "unbounded",
        }
        return known.get(found, "failed")


def check_point(program: LinearProgram, point: Point) -> float:
    """Return the worst residual of a point; raise if it or the bound does not hold.

    Raises
    ------
    SolverError
        If a row is violated beyond 1e-6 (relative), or the point is further from the bound that
        its own duals give than 1e-6 of all that is paid and earned.
    """
    worst = largest_residual(program, point.values)
    if worst > FEASIBILITY_TOLERANCE:
        raise SolverError(f"the solver's point violates a row by {worst:.2g} of its bound.")
    turnover = float(np.abs(program.cost) @ np.abs(point.values))
    apart = abs(point.objective - point.bound) / max(turnover, 1.0)
    if not apart <= BOUND_TOLERANCE:
        raise SolverError(
            f"the solver called a point optimal whose duals leave a gap of {apart:.2g}."
        )
    return worst
