"""The masters of all scenarios as one program, and the rounds that solve it.

With scenario masters ``min c_s x_s + sum_b w_b theta_b`` of probability p_s, shared orders z, level
a and weight k of the tail, all in million USD:

    min  (1 - k) sum p_s cost_s + k (eta + sum p_s u_s / (1 - a))
    cost_s = c_s x_s + operation_s,  operation_s >= sum_b w_b theta_b
    x_s[shared] = z,   eta + u_s >= cost_s,  u_s >= 0

Without weight on the tail there is no column `operation`: each block's cost counts, times p_s,
in the objective.

Blocks that do the same in several scenarios share what is found of them: after each round a
scenario takes over those cuts of others that its bound violates and those dispatches that would
better its plan.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import csr_matrix, hstack, vstack

from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.block import Block, Links
from gigaplan.expansion.decomposition.master import CoupledBlocks, Master
from gigaplan.expansion.decomposition.programs import Sites
from gigaplan.expansion.decomposition.rounds import Aim, Met
from gigaplan.expansion.decomposition.workers import Task, Workers
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.resolve.memory import Entry
from gigaplan.expansion.stochastic.by_rounds.corner_rounds import CornerRounds
from gigaplan.expansion.stochastic.commitments import Commitments
from gigaplan.expansion.stochastic.risk import Risk
from gigaplan.expansion.stochastic.stacking import ScenarioProgram, Stacked, stack

MOST_COST = 1e8
"""Million USD beyond what any scenario costs, or earns."""

TAKEN_A_ROUND = 2
"""Cuts and dispatches, each, that a block takes over from other scenarios after a round."""

WORTH_TAKING = 1e-7
"""Part of the objective by which a cut must be violated, or a dispatch better the plan."""


@dataclass(frozen=True)
class Joined:
    """The scenarios' masters as one.

    Parameters
    ----------
    blocks : CoupledBlocks
        All blocks, those of the first scenario first.
    stacked : Stacked
        Where each scenario's columns are, and the shared ones.
    first_block : array of int [scenario + 1]
        Where each scenario's blocks begin.
    """

    blocks: CoupledBlocks
    stacked: Stacked
    first_block: IntArray

    @property
    def sites(self) -> Sites:
        """Return the scenario of every column and block, as what stands apart from the rest."""
        number = np.arange(len(self.first_block) - 1)
        return Sites(
            self.stacked.column_block, np.repeat(number, np.diff(self.first_block)).astype(np.int64)
        )


def join(
    masters: Sequence[Master],
    names: Sequence[str],
    chances: FloatArray,
    shared: Commitments,
    risk: Risk,
) -> Joined:
    """Return the one program of all scenarios' masters, and their blocks."""
    tail = risk.cvar_weight > 0
    programs = [_with_operation(m.program) if tail else m.program for m in masters]
    parts = [
        ScenarioProgram(name, float(chance), program, cost_range=(-MOST_COST, MOST_COST))
        for name, chance, program in zip(names, chances, programs, strict=True)
    ]
    stacked = stack(parts, shared.shares, risk, tail_unit=1.0)
    blocks = tuple(
        _moved(block, s, int(stacked.column_offset[s]), int(stacked.row_offset[s]))
        for s, master in enumerate(masters)
        for block in master.blocks
    )
    counts = [len(master.blocks) for master in masters]
    rows = [int(stacked.row_offset[s]) + m.program.matrix.shape[0] for s, m in enumerate(masters)]
    weight = [m.weight * (1.0 if tail else p) for m, p in zip(masters, chances, strict=True)]
    amounts = [m.amount_columns + stacked.column_offset[s] for s, m in enumerate(masters)]
    sizes = [np.diff(m.amount_start) for m in masters]
    return Joined(
        CoupledBlocks(
            program=stacked.program,
            blocks=blocks,
            links=Links.of(blocks),
            weight=np.concatenate(weight),
            amount_columns=np.concatenate(amounts),
            amount_start=np.concatenate([[0], np.cumsum(np.concatenate(sizes))]),
            money_row=np.repeat(rows, counts) if tail else None,
        ),
        stacked,
        np.concatenate([[0], np.cumsum(counts)]),
    )


def _with_operation(program: LinearProgram) -> LinearProgram:
    """Return a master's program with the cost of its blocks as a column, held by a last row."""
    height, width = program.matrix.shape
    corner = csr_matrix(([1.0], ([0], [0])), shape=(1, 1))
    top = hstack([program.matrix, csr_matrix((height, 1))])
    bottom = hstack([csr_matrix((1, width)), corner])
    return LinearProgram(
        matrix=csr_matrix(vstack([top, bottom])),
        cost=np.append(program.cost, 1.0),
        lower=np.append(program.lower, -MOST_COST),
        upper=np.append(program.upper, MOST_COST),
        row_lower=np.append(program.row_lower, 0.0),
        row_upper=np.append(program.row_upper, np.inf),
        whole=np.append(program.whole, False),
    )


def _moved(block: Block, scenario: int, column: int, row: int) -> Block:
    """Return a block whose columns and rows are those of the joined program."""
    return replace(
        block,
        key=(scenario, *block.key),
        inputs=tuple(
            replace(entry, columns=tuple(c + column for c in entry.columns))
            for entry in block.inputs
        ),
        amount_rows=tuple(r + row for r in block.amount_rows),
    )


class JoinedRounds(CornerRounds[CoupledBlocks]):
    """Rounds over all scenarios at once.

    Parameters
    ----------
    joined : Joined
    workers : Workers
        Who operate the blocks, in the order of ``joined.blocks.blocks``.
    threads : int
    """

    def __init__(self, joined: Joined, workers: Workers, *, threads: int) -> None:
        super().__init__(joined.blocks, joined.sites, workers, threads=threads)
        self._group = _numbered([id(block.oracle) for block in joined.blocks.blocks])
        self._entries: list[list[Entry]] = [[] for _ in range(int(self._group.max()) + 1)]
        self._has: list[set[int]] = [set() for _ in joined.blocks.blocks]

    def take(self, b: int, entries: Sequence[Entry], *, others: Sequence[Entry] = ()) -> None:
        """Fill a block's pool; `others` are known of it too, to be taken over when they matter."""
        group = self._entries[self._group[b]]
        place = {id(entry.slopes): n for n, entry in enumerate(group)}
        for entry in (*entries, *others):
            if id(entry.slopes) not in place:
                place[id(entry.slopes)] = len(group)
                group.append(entry)
        for entry in entries:
            entry.put(self.pools, b)
            self._has[b].add(place[id(entry.slopes)])

    def _operate(self, tasks: list[Task]) -> None:
        before = len(self.pools.block)
        super()._operate(tasks)
        for j in range(before, len(self.pools.block)):
            b = self.pools.block[j]
            group = self._entries[self._group[b]]
            self._has[b].add(len(group))
            group.append(Entry.of(self.pools, j))

    def _operate_between(self, met: Met, aim: Aim | None) -> None:
        super()._operate_between(met, aim)
        self._take_over(met)

    def _take_over(self, met: Met) -> None:
        """Have each block take what others found that cuts off its bound or betters its plan."""
        least = WORTH_TAKING * max(abs(met.objective), 1.0)
        for g, entries in enumerate(self._entries):
            members = np.flatnonzero(self._group == g)
            if len(members) < 2 or not entries:
                continue
            known = _Known.of(entries)
            for b in members:
                for n in self._wanted(int(b), met, known, least):
                    entries[n].put(self.pools, int(b))
                    self._has[b].add(n)

    def _wanted(self, b: int, met: Met, known: _Known, least: float) -> list[int]:
        master, links = self.master, self.master.links
        height, width = master.program.matrix.shape
        block = master.blocks[b]
        first = int(master.amount_start[b])
        bound, duals = met.bounding.values, met.plan.row_duals
        worth = self.worth_of(b, duals)
        z = block.inputs_at(bound)
        amounts = bound[master.amount_columns[first : first + len(block.amount_rows)]]
        above = known.slopes @ z - known.prices @ amounts - bound[width + b]
        inputs = duals[height + int(links.start[b]) : height + int(links.start[b + 1])]
        gain = known.used @ inputs + known.amounts @ duals[list(block.amount_rows)]
        gain -= worth * known.cost
        has = list(self._has[b])
        found: list[int] = []
        for better in (worth * above, gain):
            better[has] = -np.inf
            best = np.argsort(-better, kind="stable")[:TAKEN_A_ROUND]
            found += [int(n) for n in best if better[n] > least and int(n) not in found]
        return found


@dataclass(frozen=True)
class _Known:
    """What is known of one block in all scenarios that share it, one row an entry."""

    slopes: FloatArray
    prices: FloatArray
    cost: FloatArray
    amounts: FloatArray
    used: FloatArray

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> _Known:
        return cls(
            np.array([entry.slopes for entry in entries]),
            np.array([entry.prices for entry in entries]),
            np.array([entry.cost for entry in entries]),
            np.array([entry.amounts for entry in entries]),
            np.array([entry.used for entry in entries]),
        )


def _numbered(labels: Sequence[int]) -> IntArray:
    """Return labels as numbers from 0 in the order in which they first appear."""
    number: dict[int, int] = {}
    return np.array([number.setdefault(label, len(number)) for label in labels], dtype=np.int64)
