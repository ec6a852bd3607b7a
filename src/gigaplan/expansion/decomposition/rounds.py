"""Rounds of bound and plan until they meet.

Each round solves the outer program (a bound, and where it would build) and the inner one (a
plan), and operates every block halfway between the two, at prices halfway between theirs: the
cuts and dispatches found there tighten both.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.pools import Pools
from gigaplan.expansion.decomposition.programs import Sites, solve_corner, solve_round
from gigaplan.expansion.highs import Point
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Progress, relative_gap

Held = tuple[IntArray, FloatArray]
"""Columns of the master and the values they are held at."""

Asked = tuple[FloatArray, FloatArray]
"""Inputs of a block, and USD per unit of each of its amounts."""

MOST_ROUNDS = 300
FIRST_GAP = 0.1
FINE_GAP = 1e-4
CORNER_COLUMNS = 12_000
"""Up to so many columns the plan is made a corner, where fewer things are built, at the end."""

MISSED = 1e-6
"""Part of a row's size by which a plan misses it, beyond rounding."""


@dataclass(frozen=True)
class Met:
    """Where the rounds ended.

    Parameters
    ----------
    plan, bounding : Point
        Best inner point and last outer one; objectives in million USD.
    objective, bound : float
        Million USD.
    """

    plan: Point
    bounding: Point
    objective: float
    bound: float

    @property
    def gap(self) -> float:
        """Return how far the plan may be from the best, relative."""
        return relative_gap(self.objective, self.bound)


class Rounds:
    """The pools of a master, and the rounds that fill them.

    Parameters
    ----------
    master : Master
    threads : int
        Threads that operate blocks.
    ends_at : float
        Time of `time.perf_counter` after which no further round begins.
    progress : callable, optional
        Called with a `Progress` after each round.

    Attributes
    ----------
    interrupted : bool
        Whether the user asked to stop; a plan found by then was returned.
    """

    def __init__(
        self,
        master: Master,
        *,
        threads: int = 1,
        ends_at: float = np.inf,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        self.master = master
        self.pools = Pools(master)
        self.count = 0
        self.interrupted = False
        self.seconds = {"blocks": 0.0, "outer": 0.0, "inner": 0.0}
        self._sites = Sites.of(master)
        self._threads = threads
        self._ends_at = ends_at
        self._progress = progress
        self._began = time.perf_counter()

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
        blocks = self.master.blocks
        self._operate(
            [
                (b, z, np.zeros(len(block.amount_rows)))
                for b, block in enumerate(blocks)
                for z in block.starts
            ]
        )

    def converge(self, gap: float, held: Held | None = None) -> Met:
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
                met = self._round(met, held)
                self.tell("rounds", met)
                if met.gap <= gap or self.late:
                    break
                self._operate_between(met)
        except KeyboardInterrupt:
            if met is None:
                raise
            self.interrupted = True
        assert met is not None
        return met

    def _round(self, met: Met | None, held: Held | None) -> Met:
        """Solve both programs once more."""
        left = FIRST_GAP if met is None else met.gap
        outer = self._solve("outer", left, held)
        inner = self._solve("inner", left, held)
        self.count += 1
        bound = outer.bound
        if met is not None:
            bound = max(bound, met.bound)
            inner = min(inner, met.plan, key=lambda point: point.objective)
        return Met(inner, outer, inner.objective, min(bound, inner.objective))

    def tell(self, stage: str, met: Met) -> None:
        """Report where the rounds are."""
        if self._progress is not None:
            seconds = time.perf_counter() - self._began
            usd, least = met.objective * MILLION, met.bound * MILLION
            self._progress(Progress(stage, usd, least, met.gap, seconds))

    def bounded(self) -> Point:
        """Return the optimum of the outer program as it stands."""
        return self._solve("outer", FINE_GAP, None)

    def _operate_between(self, met: Met) -> None:
        """Operate every block between plan and bound and keep what is found."""
        height, width = self.master.program.matrix.shape
        values = 0.5 * (met.bounding.values[:width] + met.plan.values[:width])
        duals = 0.5 * (met.bounding.row_duals[:height] + met.plan.row_duals[:height])
        self.operate_at(values, duals)

    def operate_at(self, values: FloatArray, duals: FloatArray) -> None:
        """Operate every block at a point of the master and keep what is found."""
        every = range(len(self.master.blocks))
        self._operate([(b, *self.point_of(b, values, duals)) for b in every])

    def point_of(self, b: int, values: FloatArray, duals: FloatArray) -> Asked:
        """Return a block's inputs, and USD per unit of its amounts, at a point of the master."""
        block = self.master.blocks[b]
        prices = -duals[list(block.amount_rows)] * (MILLION / self.master.weight[b])
        return block.inputs_at(values), prices

    def _operate(self, asked: list[tuple[int, FloatArray, FloatArray]]) -> None:
        """Operate blocks at inputs and prices, all at once, and keep what is found in order."""
        began = time.perf_counter()

        def answer(entry: tuple[int, FloatArray, FloatArray]) -> Answer:
            b, z, prices = entry
            return self.master.blocks[b].oracle.operate(z, prices)

        with ThreadPoolExecutor(self._threads) as pool:
            answers = list(pool.map(answer, asked))
        for (b, z, prices), found in zip(asked, answers, strict=True):
            self.pools.add(b, z, prices, found)
        self.seconds["blocks"] += time.perf_counter() - began

    def _solve(self, which: str, gap: float, held: Held | None) -> Point:
        began = time.perf_counter()
        program = self.program(which, held)
        point = solve_round(program, self._site(which), gap=gap, threads=self._threads)
        if which == "inner":
            point = replace(point, values=self.pools.with_amounts(point.values))
        self.seconds[which] += time.perf_counter() - began
        return point

    def _site(self, which: str) -> IntArray:
        """Return the site of each column of a program."""
        block = self._sites.block
        if which == "outer":
            return np.concatenate([self._sites.column, block])
        missable = np.full(len(self.pools.missable[0]), -1)
        return np.concatenate([self._sites.column, missable, block[self.pools.block]])

    def program(self, which: str, held: Held | None = None) -> LinearProgram:
        """Return the outer or the inner program, with some columns held."""
        program = self.pools.outer() if which == "outer" else self.pools.inner()
        if held is None:
            return program
        columns, values = held
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[columns] = upper[columns] = values
        return replace(program, lower=lower, upper=upper)

    def cornered(self, met: Met, held: Held | None = None) -> Met:
        """Return what the rounds met at, its plan a corner of the inner program if that is small.

        Plans of an interior method build a little of everything.
        """
        program = self.program("inner", held)
        if program.matrix.shape[1] > CORNER_COLUMNS:
            return met
        point = solve_corner(program)
        point = replace(point, values=self.pools.with_amounts(point.values))
        return replace(met, plan=point, objective=point.objective)

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
