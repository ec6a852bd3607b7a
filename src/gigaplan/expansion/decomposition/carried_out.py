"""Operates every block of a plan once more, so that the yearly limits hold.

A dispatch at the plan's capacities and prices is the cheapest, but where a limit binds it is one
of several that cost the same at these prices, and as a rule on one side of the limit. So blocks
are operated on the other side too, at prices of the limits a little different, and the two
dispatches are blended: which keeps the limits and stays within the capacities. If that keeps not
every limit, or costs more than what the plan counted on, dispatches are mixed as the plan mixed
them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.decomposition.settled import Settled, mixed
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray

MOVES = (1e-3, 1e-2, 0.1, 1.0)
"""Parts by which a price is moved to get to the other side of its limit, tried in turn."""

LEAST_PRICE = 1e-3
"""What a price is moved by at least, as part of the largest price."""

DEARER = 1e-9
"""Part of a plan's cost by which a blend may cost more than the plan counted on: rounding."""

ROOM = 1e-9
_LEAST_WEIGHT = 1e-9


def carry_out(rounds: Rounds[Master], met: Met, threads: int) -> tuple[Settled, ...]:
    """Return what each block does in its year under a plan."""
    blocks = rounds.master.blocks
    with ThreadPoolExecutor(threads) as pool:

        def every(one: Callable[[int], Settled]) -> list[Settled]:
            return list(pool.map(one, range(len(blocks))))

        duals = met.plan.row_duals
        near = every(lambda b: _at(rounds, met, duals, b))
        limits = _Limits(rounds, met)
        if limits.kept(near) and limits.as_cheap(near):
            return tuple(near)
        step = np.zeros(limits.count, dtype=np.int64)
        for _ in MOVES:
            moved = limits.moved(near, duals, step)
            far = every(lambda b, moved=moved: _at(rounds, met, moved, b))  # type: ignore[misc]
            step = limits.further(near, far, step)
            blend = limits.blended(near, far)
            if limits.kept(blend) and limits.as_cheap(blend):
                return tuple(blend)
        weights = met.plan.values[rounds.pools.first :]
        chosen: dict[int, list[int]] = {}
        for j, b in enumerate(rounds.pools.block[: len(weights)]):
            if weights[j] > _LEAST_WEIGHT:
                chosen.setdefault(b, []).append(j)
        return tuple(every(lambda b: _as_planned(rounds, weights, chosen.get(b, []), b, near[b])))


def _at(rounds: Rounds[Master], met: Met, duals: FloatArray, b: int) -> Settled:
    inputs, prices = rounds.point_of(b, met.plan.values, duals)
    return rounds.master.blocks[b].oracle.settle(inputs, prices)


def _as_planned(
    rounds: Rounds[Master], weights: FloatArray, chosen: list[int], b: int, otherwise: Settled
) -> Settled:
    """Return a block's dispatches mixed as the plan mixed them."""
    block, pools = rounds.master.blocks[b], rounds.pools
    if not block.amount_rows or not chosen:
        return otherwise
    return mixed(
        [
            (float(weights[j]), block.oracle.settle(pools.asked[j], pools.prices[j] * MILLION))
            for j in chosen
        ]
    )


class _Limits:
    """The rows in which amounts count, beside what else a plan has in them.

    The room of a row is how far its sum is on the right side of its limit; below zero it is
    missed.
    """

    def __init__(self, rounds: Rounds[Master], met: Met) -> None:
        master = rounds.master
        self._weight = master.weight
        self._start = master.amount_start
        rows, self._place = np.unique(rounds.pools.amount_rows, return_inverse=True)
        self._rows = rows
        program = master.program
        values = met.plan.values[: program.matrix.shape[1]].copy()
        self._size = 1.0 + abs(program.matrix)[rows] @ np.abs(values)
        values[master.amount_columns] = 0.0
        rest = program.matrix[rows] @ values
        low, high = program.row_lower[rows], program.row_upper[rows]
        self._sign = np.where(np.isfinite(low), 1.0, -1.0)
        self._edge = np.where(np.isfinite(low), low - rest, rest - high)
        self._objective = abs(met.objective)
        self._planned = self._cost_of_plan(rounds, met)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return len(self._rows)

    def _cost_of_plan(self, rounds: Rounds[Master], met: Met) -> float:
        """Return what operation costs in the plan, million USD."""
        pools = rounds.pools
        weights = met.plan.values[pools.first :]
        block = np.asarray(pools.block[: len(weights)], dtype=np.int64)
        return float((self._weight[block] * np.asarray(pools.cost[: len(weights)])) @ weights)

    def room(self, parts: Sequence[Settled]) -> FloatArray:
        """Return the room of each row, over the row's size."""
        total = np.zeros(self.count)
        if self.count:
            np.add.at(total, self._place, np.concatenate([part.amounts for part in parts]))
        return np.asarray((self._sign * total - self._edge) / self._size)

    def kept(self, parts: Sequence[Settled]) -> bool:
        """Return whether every row is kept."""
        return bool((self.room(parts) >= -ROOM).all())

    def moved(self, near: Sequence[Settled], duals: FloatArray, step: IntArray) -> FloatArray:
        """Return duals with those of missed rows raised, and those of rows with room lowered."""
        found, at = duals.copy(), self._sign * duals[self._rows]
        by = np.array(MOVES)[step]
        change = by * np.abs(at) + by * LEAST_PRICE * np.abs(at).max(initial=0.0)
        change = np.where(self.room(near) < -ROOM, change, np.where(at > 0, -change, 0.0))
        found[self._rows] = self._sign * np.maximum(at + change, 0.0)
        return found

    def further(self, near: Sequence[Settled], far: Sequence[Settled], step: IntArray) -> IntArray:
        """Return the next step of rows that both dispatches leave on one side."""
        same = (self.room(near) < -ROOM) == (self.room(far) < -ROOM)
        return np.where(same, np.minimum(step + 1, len(MOVES) - 1), step)

    def blended(self, near: Sequence[Settled], far: Sequence[Settled]) -> list[Settled]:
        """Return each block's blend: so much of `far` that its rows are just kept."""
        one, other = self.room(near), self.room(far)
        apart = np.where(one == other, 1.0, one - other)
        share = np.clip(np.where((one < 0) == (other < 0), other >= 0, one / apart), 0.0, 1.0)
        missed = one < -ROOM
        found = []
        for b, (first, second) in enumerate(zip(near, far, strict=True)):
            mine = self._place[self._start[b] : self._start[b + 1]]
            must = mine[missed[mine]]
            part = share[must].max() if len(must) else share[mine].min(initial=1.0)
            found.append(mixed([(1.0 - float(part), first), (float(part), second)]))
        return found

    def as_cheap(self, parts: Sequence[Settled]) -> bool:
        """Return whether operation costs no more than the plan counted on."""
        usd = sum(
            weight * sum(part.cost_usd.values())
            for weight, part in zip(self._weight, parts, strict=True)
        )
        return bool(usd / MILLION <= self._planned + DEARER * self._objective)
