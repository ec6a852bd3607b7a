"""Rounds of bound and plan until they meet.

Each round solves the outer program (a bound, and where it would build) and the inner one (a
plan), and operates every block between the two, at prices between theirs: the cuts and
dispatches found there tighten both. While they are far apart the point is nearer to the outer
one, since the first plans are poor.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.block import Answer, Block
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.pools import Pools
from gigaplan.expansion.highs import Point, Session
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Progress, relative_gap

Held = tuple[IntArray, FloatArray]
"""Columns of the master and the values they are held at."""

MOST_ROUNDS = 200
FAR, NEAR = 0.3, 0.03


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
        self.seconds = {"blocks": 0.0, "outer": 0.0, "inner": 0.0}
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
        """Return whether the time allowed is over."""
        return self.seconds_left < 0

    def stated_infeasible(self) -> bool:
        """Return whether the master's own rows leave no plan, whatever operation costs."""
        program = replace(self.master.program, cost=np.zeros(len(self.master.program.cost)))
        return Session(program, threads=1).solve_linear().status == "infeasible"

    def start(self) -> None:
        """Fill the pools with first dispatches of every block."""
        self._operate(lambda b: _first_points(self.master.blocks[b]))

    def converge(self, gap: float, held: Held | None = None) -> Met:
        """Go on until plan and bound, with some columns held, are within `gap`.

        Raises
        ------
        SolverError
            If a program of a round has no optimum.
        """
        best: Point | None = None
        bounding: Point | None = None
        bound = -np.inf
        for _ in range(MOST_ROUNDS):
            outer, inner = self._solve("outer", held), self._solve("inner", held)
            self.count += 1
            if best is None or inner.objective < best.objective:
                best = inner
            if bounding is None or outer.objective >= bound:
                bounding, bound = outer, outer.objective
            met = Met(best, bounding, best.objective, min(bound, best.objective))
            self.tell("rounds", met)
            if met.gap <= gap or self.late:
                break
            self.operate_between(outer, best, met.gap)
        return met

    def tell(self, stage: str, met: Met) -> None:
        """Report where the rounds are."""
        if self._progress is not None:
            seconds = time.perf_counter() - self._began
            usd, least = met.objective * MILLION, met.bound * MILLION
            self._progress(Progress(stage, usd, least, met.gap, seconds))

    def operate_between(self, outer: Point, inner: Point, gap: float) -> None:
        """Operate every block between two points of the programs and keep what is found."""
        share = 0.1 if gap > FAR else 0.3 if gap > NEAR else 0.5
        height, width = self.master.program.matrix.shape
        values = (1 - share) * outer.values[:width] + share * inner.values[:width]
        duals = (1 - share) * outer.row_duals[:height] + share * inner.row_duals[:height]
        self._operate(lambda b: [self.point_of(b, values, duals)])

    def point_of(
        self, b: int, values: FloatArray, duals: FloatArray
    ) -> tuple[FloatArray, FloatArray]:
        """Return a block's inputs, and USD per unit of its amounts, at a point of the master."""
        block = self.master.blocks[b]
        prices = -duals[list(block.amount_rows)] * (MILLION / self.master.weight[b])
        return block.inputs_at(values), prices

    def _operate(self, points: Callable[[int], Iterable[tuple[FloatArray, FloatArray]]]) -> None:
        began = time.perf_counter()

        def ask(b: int) -> list[tuple[FloatArray, FloatArray, Answer]]:
            oracle = self.master.blocks[b].oracle
            return [(z, prices, oracle.operate(z, prices)) for z, prices in points(b)]

        every = range(len(self.master.blocks))
        with ThreadPoolExecutor(self._threads) as pool:
            for b, answers in enumerate(pool.map(ask, every)):
                for z, prices, answer in answers:
                    self.pools.add(b, z, prices, answer)
        self.seconds["blocks"] += time.perf_counter() - began

    def _solve(self, which: str, held: Held | None) -> Point:
        began = time.perf_counter()
        program = self.program(which, held)
        point = Session(program, threads=1).solve_linear()
        self.seconds[which] += time.perf_counter() - began
        if point.status != "optimal":
            raise SolverError(f"the {which} program of a round ended with '{point.status}'.")
        return point

    def program(self, which: str, held: Held | None = None) -> LinearProgram:
        """Return the outer or the inner program, with some columns held."""
        program = self.pools.outer() if which == "outer" else self.pools.inner()
        if held is None:
            return program
        columns, values = held
        lower, upper = program.lower.copy(), program.upper.copy()
        lower[columns] = upper[columns] = values
        return replace(program, lower=lower, upper=upper)


def _first_points(block: Block) -> list[tuple[FloatArray, FloatArray]]:
    """Return each load alone with nothing standing, and one MW of everything."""
    free = np.zeros(len(block.amount_rows))
    constant = np.array([entry.constant for entry in block.inputs])
    points = []
    for place, entry in enumerate(block.inputs):
        if entry.exact:
            bare = np.zeros(len(block.inputs))
            bare[place] = 1.0
            points.append((bare, free))
    points.append((np.where(constant > 0, constant, 1.0), free))
    return points
