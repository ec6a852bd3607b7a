"""Rounds of bound and plan until they meet.

Each round solves the outer program (a bound, and where it would build) and the inner one (a
plan), and operates every block halfway between the two, at prices halfway between theirs: the
cuts and dispatches found there tighten both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from scipy.sparse import csr_matrix, vstack

from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.master import CoupledBlocks
from gigaplan.expansion.decomposition.pools import PENALTY, Pools
from gigaplan.expansion.decomposition.programs import (
    SMALL_COLUMNS,
    Infeasible,
    Sites,
    solve_corner,
    solve_round,
)
from gigaplan.expansion.decomposition.workers import Asked, Task, Workers
from gigaplan.expansion.highs import Point
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Progress, relative_gap

Held = tuple[IntArray, FloatArray]
"""Columns of the master and the values they are held at."""

MOST_ROUNDS = 300
FIRST_GAP = 0.1
DEAR_USD = 1e6
"""Price of a unit of an amount (GWh, kt, thousand m3, million USD) in its first cuts."""
FAR, NEAR = 0.5, 0.1
"""Gaps from which on, and up to which in small programs, blocks are operated where the bound is
as well: there a plan may be quite different, or nearly there."""
FINE_GAP = 1e-4
FINAL_GAP = 1e-6
LEAST_WORTH = 1e-4
"""What a million USD more brings an aim counts at least as so much, relative: where cost does not
bind, amounts are worth much money but not all of it."""
LEAST_CHANCE = 1e-3
"""What a USD of a scenario counts at least as, where only the bad tail counts."""
CORNER_COLUMNS = 12_000
"""Up to so many columns the plan is made a corner, where fewer things are built, at the end."""

MISSED = 1e-6
"""Part of a row's size by which a plan misses it, beyond rounding."""


@dataclass(frozen=True)
class Aim:
    """Something else to make small than cost, by plans that cost no more than so much.

    Such plans miss no row and leave no load unserved that must be served: the pools must hold
    one already, as they do once a plan of least cost was found.

    Parameters
    ----------
    weights : array [column of the master]
    most : float
        Million USD.
    size : float
        What the gap is relative to where the aim is smaller than that.
    """

    weights: FloatArray
    most: float
    size: float


@dataclass(frozen=True)
class Met:
    """Where the rounds ended.

    Parameters
    ----------
    plan, bounding : Point
        Best inner point and last outer one; objectives in million USD.
    objective, bound : float
        Million USD, or in the unit of an aim.
    size : float
        As of an aim.
    """

    plan: Point
    bounding: Point
    objective: float
    bound: float
    size: float = 0.0

    @property
    def gap(self) -> float:
        """Return how far the plan may be from the best, relative."""
        if abs(self.objective) < self.size:
            return max(self.objective - self.bound, 0.0) / self.size
        return relative_gap(self.objective, self.bound)


@dataclass(frozen=True)
class Margins:
    """Prices at which everything that is done pays, and nothing that is not.

    Parameters
    ----------
    duals : array [row of the master]
        Million USD per unit of a row's side.
    reduced : array [column of the master]
        Million USD by which a unit of it is too dear.
    slopes : array [input]
        USD of a block's year per unit of an input, all blocks' inputs in a row.
    """

    duals: FloatArray
    reduced: FloatArray
    slopes: FloatArray


Coupled = TypeVar("Coupled", bound=CoupledBlocks)


class Rounds(Generic[Coupled]):
    """The pools of a master, and the rounds that fill them.

    Parameters
    ----------
    master : Master, or other coupled blocks
    sites : Sites
        Of the master's columns and blocks.
    workers : Workers
        Who operate the blocks.
    threads : int
        Threads that solve the programs; the result does not depend on it.

    Attributes
    ----------
    interrupted : bool
        Whether the user asked to stop; a plan found by then was returned.
    """

    def __init__(
        self,
        master: Coupled,
        sites: Sites,
        workers: Workers,
        *,
        threads: int = 1,
    ) -> None:
        self.master = master
        self.pools = Pools(master)
        self.count = 0
        self.seconds = {"blocks": 0.0, "outer": 0.0, "inner": 0.0}
        self._sites = sites
        self._workers = workers
        self._threads = threads
        self.expect(np.inf, None)

    def expect(self, ends_at: float, progress: Callable[[Progress], None] | None) -> None:
        """Set when to stop, as a time of `time.perf_counter`, and whom to tell of each round."""
        self.interrupted = False
        self._ends_at = ends_at
        self._progress = progress
        self._began = time.perf_counter()

    def expect_no_more(self) -> None:
        """Tell nobody of rounds any more, and begin none that need not be."""
        self._progress = None
        self._ends_at = -np.inf

    @property
    def seconds_left(self) -> float:
        """Return the seconds of the time allowed that are left."""
        return self._ends_at - time.perf_counter()

    @property
    def late(self) -> bool:
        """Return whether the time allowed is over, or the user asked to stop."""
        return self.seconds_left < 0 or self.interrupted

    def start(self) -> None:
        """Fill the pools with first dispatches of every block."""
        self._operate([(b, self.starts(b)) for b in range(len(self.master.blocks))])

    def starts(self, b: int) -> list[Asked]:
        """Return where a block is operated first.

        Besides its own points without prices, one with each of its amounts dear: without a price
        anywhere the outer program could have any amount for nothing.
        """
        block = self.master.blocks[b]
        found = [(z, np.zeros(len(block.amount_rows))) for z in block.starts]
        rows, signs = self.pools.missable
        one = np.array([entry.constant or 1.0 for entry in block.inputs])
        for place, row in enumerate(block.amount_rows):
            for sign in signs[rows == row]:
                prices = np.zeros(len(block.amount_rows))
                prices[place] = -sign * DEAR_USD
                found.append((one, prices))
        return found

    def converge(self, gap: float, held: Held | None = None, aim: Aim | None = None) -> Met:
        """Go on until plan and bound, with some columns held, are within `gap`.

        If the user interrupts, what was found by then is returned and `interrupted` is set.

        Raises
        ------
        Infeasible
            If the master's rows leave no plan, whatever operation costs.
        SolverError
            If a program of a round has no optimum.
        """
        met: Met | None = None
        try:
            for _ in range(MOST_ROUNDS):
                met = self._round(met, held, aim)
                self.tell("rounds" if aim is None else "aims", met)
                if met.gap <= gap or self.late:
                    break
                self._operate_between(met, aim)
        except KeyboardInterrupt:
            self.pools.trim()
            if met is None:
                raise
            self.interrupted = True
        assert met is not None
        return met

    def _round(self, met: Met | None, held: Held | None, aim: Aim | None) -> Met:
        """Solve both programs once more."""
        left = FIRST_GAP if met is None else met.gap
        outer = self._solve("outer", left, held, aim)
        inner = self._solve("inner", left, held, aim)
        self.count += 1
        bound = outer.bound
        if met is not None:
            bound = max(bound, met.bound)
            inner = min(inner, met.plan, key=lambda point: point.objective)
        size = 0.0 if aim is None else aim.size
        return Met(inner, outer, inner.objective, min(bound, inner.objective), size)

    def tell(self, stage: str, met: Met) -> None:
        """Report where the rounds are."""
        if self._progress is not None:
            seconds = time.perf_counter() - self._began
            unit = MILLION if met.size == 0 else 1.0  # an aim is in its own unit
            usd, least = met.objective * unit, met.bound * unit
            self._progress(Progress(stage, usd, least, met.gap, seconds))

    def bounded(self) -> Point:
        """Return the optimum of the outer program as it stands."""
        return self._solve("outer", FINE_GAP)

    def margins(self, held: Held | None = None) -> Margins:
        """Return what the outer program says of the margin at its optimum."""
        program = self.program("outer", held)
        point = solve_round(program, self._site("outer"), gap=FINE_GAP, threads=self._threads)
        height, width = self.master.program.matrix.shape
        reduced = program.cost - program.matrix.T @ point.row_duals
        start = self.master.links.start
        slopes = np.zeros(int(start[-1]))
        for j, (b, dual) in enumerate(zip(self.pools.block, point.row_duals[height:], strict=True)):
            if dual > 0:
                share = dual / self.worth_of(b, point.row_duals)
                slopes[start[b] : start[b + 1]] += share * self.pools.slopes[j]
        return Margins(point.row_duals[:height], reduced[:width], slopes * MILLION)

    def _operate_between(self, met: Met, aim: Aim | None) -> None:
        """Operate every block between plan and bound and keep what is found."""
        width = self.master.program.matrix.shape[1]
        values = 0.5 * (met.bounding.values[:width] + met.plan.values[:width])
        ends = self._duals(met.bounding, aim), self._duals(met.plan, aim)
        self.operate_at(values, 0.5 * (ends[0] + ends[1]))
        if met.gap > FAR or (width <= SMALL_COLUMNS and (met.gap < NEAR or self.count % 2)):
            self.operate_at(met.bounding.values[:width], ends[0])

    def _duals(self, point: Point, aim: Aim | None) -> FloatArray:
        """Return duals of the master's rows, million USD per unit."""
        duals = point.row_duals[: self.master.program.matrix.shape[0]]
        if aim is None:
            return duals
        per_usd = -float(point.row_duals[-1])  # what a million USD more would bring the aim
        least = LEAST_WORTH * aim.size / max(abs(aim.most), 1.0)
        return np.clip(duals / max(per_usd, least), -PENALTY, PENALTY)

    def operate_at(self, values: FloatArray, duals: FloatArray) -> None:
        """Operate every block at a point of the master and keep what is found."""
        every = range(len(self.master.blocks))
        self._operate([(b, [self.point_of(b, values, duals)]) for b in every])

    def point_of(self, b: int, values: FloatArray, duals: FloatArray) -> Asked:
        """Return a block's inputs, and USD per unit of its amounts, at a point of the master."""
        block = self.master.blocks[b]
        prices = -duals[list(block.amount_rows)] * (MILLION / self.worth_of(b, duals))
        return block.inputs_at(values), prices

    def worth_of(self, b: int, duals: FloatArray) -> float:
        """Return what a million USD of a block's year costs the objective."""
        worth = float(self.master.weight[b])
        if self.master.money_row is not None:
            worth *= max(float(duals[self.master.money_row[b]]), LEAST_CHANCE)
        return worth

    def _operate(self, tasks: list[Task]) -> None:
        """Operate blocks at inputs and prices, all at once, and keep what is found in order."""
        began = time.perf_counter()
        for (b, points), found in zip(tasks, self._workers.answers(tasks), strict=True):
            for (z, prices), answer in zip(points, found, strict=True):
                self.pools.add(b, z, prices, answer)
        self.seconds["blocks"] += time.perf_counter() - began

    def _solve(
        self, which: str, gap: float, held: Held | None = None, aim: Aim | None = None
    ) -> Point:
        began = time.perf_counter()
        point = self._solved(which, self.program(which, held, aim), gap)
        if which == "inner":
            point = replace(point, values=self.pools.with_amounts(point.values))
        self.seconds[which] += time.perf_counter() - began
        return point

    def _solved(self, which: str, program: LinearProgram, gap: float) -> Point:
        """Return an optimum of the outer or inner program, as exact as the gap asks for."""
        return solve_round(program, self._site(which), gap=gap, threads=self._threads)

    def _site(self, which: str) -> IntArray:
        """Return the site of each column of a program."""
        block = self._sites.block
        if which == "outer":
            return np.concatenate([self._sites.column, block])
        missable = np.full(len(self.pools.missable[0]), -1)
        return np.concatenate([self._sites.column, missable, block[self.pools.block]])

    def program(
        self, which: str, held: Held | None = None, aim: Aim | None = None
    ) -> LinearProgram:
        """Return the outer or the inner program, with some columns held and perhaps an aim."""
        program = self.pools.outer() if which == "outer" else self.pools.inner()
        if held is not None:
            columns, values = held
            lower, upper = program.lower.copy(), program.upper.copy()
            lower[columns] = upper[columns] = values
            program = replace(program, lower=lower, upper=upper)
        if aim is None:
            return program
        return _aimed(self._strict(program) if which == "inner" else program, aim)

    def _strict(self, program: LinearProgram) -> LinearProgram:
        """Return the inner program without what only a high price keeps out of a plan.

        An aim does not pay for missing a row, nor for load left unserved in emergency.
        """
        upper = program.upper.copy()
        width, first = self.master.program.matrix.shape[1], self.pools.first
        upper[width:first] = 0.0
        upper[first:][np.asarray(self.pools.emergency, dtype=bool)] = 0.0
        return replace(program, upper=upper)

    def settled(self, met: Met, held: Held | None = None) -> Met:
        """Return what the rounds met at with a plan that is fit to be carried out.

        It misses no row. If the inner program is small it is a corner of it: plans of an interior
        method build a little of everything.
        """
        program = self.program("inner", held)
        width = self.master.program.matrix.shape[1]
        program.upper[width : self.pools.first] = 0.0
        try:
            if program.matrix.shape[1] > CORNER_COLUMNS:
                point = solve_round(
                    program, self._site("inner"), gap=FINAL_GAP, threads=self._threads
                )
            else:
                point = solve_corner(program)
        except Infeasible:
            return met  # `missed` says what it misses
        point = replace(point, values=self.pools.with_amounts(point.values))
        bound = min(met.bound, point.objective)
        return replace(met, plan=point, objective=point.objective, bound=bound)

    def missed(self, met: Met) -> list[tuple[int, float]]:
        """Return the master's rows that a plan misses, and by how much."""
        width = self.master.program.matrix.shape[1]
        amounts = met.plan.values[width : self.pools.first]
        rows, sign = self.pools.missable
        size = abs(self.master.program.matrix) @ np.abs(met.plan.values[:width])
        return [
            (int(row), float(s * amount))
            for row, s, amount in zip(rows, sign, amounts, strict=True)
            if amount > MISSED * max(1.0, float(size[row]))
        ]


def _aimed(program: LinearProgram, aim: Aim) -> LinearProgram:
    """Return a program that seeks an aim, and holds cost to the most allowed in its last row."""
    cost = np.zeros(len(program.cost))
    cost[: len(aim.weights)] = aim.weights
    return replace(
        program,
        matrix=csr_matrix(vstack([program.matrix, csr_matrix(program.cost)])),
        cost=cost,
        row_lower=np.append(program.row_lower, -np.inf),
        row_upper=np.append(program.row_upper, aim.most),
    )
