"""The cuts and dispatches found so far, and the two programs made of them.

Outer (a bound):    min  c x + sum w theta     s.t.  master rows,  every cut
Inner (a plan):     min  c x + sum w cost_j m_j + penalty e  s.t.  master rows,  for each block
                    sum_j m_j used_j <= z (= for load),  amount = sum_j m_j amount_j

Costs are million USD; weights w turn the money of a block's year into present value. In the inner
program a row in which amounts count may be missed by e: the first dispatches may not meet it. A
plan that still misses a row when plan and bound have met shows that no plan keeps it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.sparse import csr_matrix

from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.master import CoupledBlocks
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray

DUST = 1e-11
"""Relative size below which an entry of a cut or dispatch is rounding."""

PENALTY = 100.0
"""Million USD per unit (GWh, kt, thousand m3, million USD) by which a row may be missed."""

CARRIED = ("block", "slopes", "prices", "amounts", "used", "asked", "emergency")


@dataclass
class Pools:
    """Cuts and dispatches, in the order in which they were found.

    Dispatches are kept at size one: the largest of what they were asked for and use.
    """

    master: CoupledBlocks
    block: list[int] = field(default_factory=list)
    slopes: list[FloatArray] = field(default_factory=list)
    prices: list[FloatArray] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    amounts: list[FloatArray] = field(default_factory=list)
    used: list[FloatArray] = field(default_factory=list)
    asked: list[FloatArray] = field(default_factory=list)
    emergency: list[bool] = field(default_factory=list)

    def add(self, block: int, asked: FloatArray, prices: FloatArray, answer: Answer) -> None:
        """Keep the cut and dispatch that answer some inputs and prices."""
        size = max(float(answer.used.max(initial=0.0)), float(asked.max(initial=0.0)))
        size = size if size > 0 else 1.0
        cost = answer.cost_usd / MILLION / size
        self.block.append(block)
        self.slopes.append(_clean(answer.slopes / MILLION))
        self.prices.append(_clean(prices / MILLION))
        self.cost.append(cost if abs(cost) > DUST else 0.0)
        self.amounts.append(_clean(answer.amounts / size))
        self.used.append(_clean(answer.used / size))
        self.asked.append(asked / size)
        self.emergency.append(answer.emergency_mwh > 0)

    def trim(self) -> None:
        """Drop what an interruption left half added."""
        lists = [getattr(self, name) for name in (*CARRIED, "cost")]
        count = min(len(entries) for entries in lists)
        for entries in lists:
            del entries[count:]

    def carry(self, other: Pools) -> None:
        """Take over cuts and dispatches of a problem with a lower price of emergency.

        Its cuts hold here too; so do its dispatches that leave nothing unserved in emergency.
        Others stay as cuts only: their cost is set so high that no plan takes them.
        """
        never = max(other.cost, default=0.0) * 1e3
        for name in CARRIED:
            getattr(self, name).extend(getattr(other, name))
        pairs = zip(other.cost, other.emergency, strict=True)
        self.cost.extend(never if emergency else cost for cost, emergency in pairs)

    @cached_property
    def amount_rows(self) -> IntArray:
        """Return the master's row of each amount."""
        return np.array([r for b in self.master.blocks for r in b.amount_rows], dtype=np.int64)

    @cached_property
    def missable(self) -> tuple[IntArray, FloatArray]:
        """Return row and sign of each way in which a row of amounts may be missed."""
        rows = np.unique(self.amount_rows)
        low = rows[np.isfinite(self.master.program.row_lower[rows])]
        high = rows[np.isfinite(self.master.program.row_upper[rows])]
        return np.append(low, high), np.append(np.ones(len(low)), -np.ones(len(high)))

    @property
    def first(self) -> int:
        """Column of the inner program at which dispatches begin."""
        return int(self.master.program.matrix.shape[1]) + len(self.missable[0])

    def outer(self) -> LinearProgram:
        """Return the outer program; theta of block b is column ``columns + b``."""
        master, links = self.master, self.master.links
        base = master.program
        height, count = base.matrix.shape
        block = np.asarray(self.block, dtype=np.int64)
        sizes = np.diff(links.start)[block]
        cut = np.repeat(np.arange(len(block)), sizes)
        slope = np.concatenate(self.slopes)
        place = _ranges(links.start[block], sizes)
        constant = np.zeros(len(block))
        np.add.at(constant, cut, slope * links.constant[place])
        # a cut's entry for each entry of the links of its inputs
        order = np.argsort(links.entry_input, kind="stable")
        first = np.searchsorted(links.entry_input[order], np.arange(len(links.constant) + 1))
        many = (first[1:] - first[:-1])[place]
        entry = order[_ranges(first[:-1][place], many)]
        rows = [np.repeat(cut, many), np.arange(len(block))]
        columns = [links.entry_column[entry], count + block]
        values = [-np.repeat(slope, many) * links.entry_factor[entry], np.ones(len(block))]
        amounts = np.diff(master.amount_start)[block]
        rows.append(np.repeat(np.arange(len(block)), amounts))
        columns.append(master.amount_columns[_ranges(master.amount_start[block], amounts)])
        values.append(np.concatenate(self.prices))
        cost = master.weight
        if master.money_row is not None:
            rows.append(master.money_row - height)
            columns.append(count + np.arange(len(cost)))
            values.append(-cost)
            cost = np.zeros(len(cost))
        return _extended(
            base,
            extra_cost=cost,
            extra_lower=np.full(len(master.blocks), -np.inf),
            rows=height + np.concatenate(rows),
            columns=np.concatenate(columns),
            values=np.concatenate(values),
            row_lower=constant,
            row_upper=np.full(len(block), np.inf),
        )

    def inner(self) -> LinearProgram:
        """Return the inner program; dispatch j is column ``first + j``.

        Amounts are no columns of it: `with_amounts` fills them in.
        """
        master, links = self.master, self.master.links
        base = master.program
        height, count = base.matrix.shape
        block = np.asarray(self.block, dtype=np.int64)
        index = np.arange(len(block))
        sizes = np.diff(links.start)[block]
        amounts = np.diff(master.amount_start)[block]
        missed, sign = self.missable
        rows = [
            height + _ranges(links.start[block], sizes),
            height + links.entry_input,
            self.amount_rows[_ranges(master.amount_start[block], amounts)],
            missed,
        ]
        columns = [
            self.first + np.repeat(index, sizes),
            links.entry_column,
            self.first + np.repeat(index, amounts),
            count + np.arange(len(missed)),
        ]
        values = [
            np.concatenate(self.used),
            -links.entry_factor,
            np.concatenate(self.amounts),
            sign,
        ]
        cost = np.asarray(self.cost) * master.weight[block]
        if master.money_row is not None:
            rows.append(master.money_row[block])
            columns.append(self.first + index)
            values.append(-cost)
            cost = np.zeros(len(cost))
        program = _extended(
            base,
            extra_cost=np.append(np.full(len(missed), PENALTY), cost),
            extra_lower=np.zeros(len(missed) + len(block)),
            rows=np.concatenate(rows),
            columns=np.concatenate(columns),
            values=np.concatenate(values),
            row_lower=np.where(links.exact, links.constant, -np.inf),
            row_upper=links.constant,
        )
        program.lower[master.amount_columns] = program.upper[master.amount_columns] = 0.0
        return program

    def with_amounts(self, values: FloatArray) -> FloatArray:
        """Return the inner program's values with the amounts of its dispatches filled in."""
        master = self.master
        weights = values[self.first :]
        block = np.asarray(self.block[: len(weights)], dtype=np.int64)
        amounts = np.diff(master.amount_start)[block]
        found = values.copy()
        if not len(master.amount_columns):
            return found
        place = master.amount_columns[_ranges(master.amount_start[block], amounts)]
        found[master.amount_columns] = 0.0
        shares = np.repeat(weights, amounts) * np.concatenate(self.amounts[: len(block)])
        np.add.at(found, place, shares)
        return found


def _clean(values: FloatArray) -> FloatArray:
    """Return values without those that are rounding of the others: programs suffer from them."""
    if not len(values):
        return values
    return np.where(np.abs(values) > DUST * max(np.abs(values).max(), 1.0), values, 0.0)


def _ranges(first: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return ``first[i], first[i] + 1, ...`` of each size, one after another."""
    ends = np.cumsum(sizes)
    return np.repeat(first - (ends - sizes), sizes) + np.arange(int(ends[-1]) if len(ends) else 0)


def _extended(
    base: LinearProgram,
    *,
    extra_cost: FloatArray,
    extra_lower: FloatArray,
    rows: np.ndarray,
    columns: np.ndarray,
    values: FloatArray,
    row_lower: FloatArray,
    row_upper: FloatArray,
) -> LinearProgram:
    """Return a program with more columns and, below its own, more rows; entries in any row."""
    height, width = base.matrix.shape
    old = base.matrix.tocoo()
    matrix = csr_matrix(
        (
            np.concatenate([old.data, values]),
            (np.concatenate([old.row, rows]), np.concatenate([old.col, columns])),
        ),
        shape=(height + len(row_lower), width + len(extra_cost)),
    )
    matrix.eliminate_zeros()
    return LinearProgram(
        matrix=matrix,
        cost=np.append(base.cost, extra_cost),
        lower=np.append(base.lower, extra_lower),
        upper=np.append(base.upper, np.full(len(extra_cost), np.inf)),
        row_lower=np.append(base.row_lower, row_lower),
        row_upper=np.append(base.row_upper, row_upper),
        whole=np.append(base.whole, np.zeros(len(extra_cost), dtype=bool)),
    )
