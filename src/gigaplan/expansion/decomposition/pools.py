"""The cuts and dispatches found so far, and the two programs made of them.

Outer (a bound):    min  c x + sum w theta     s.t.  master rows,  every cut
Inner (a plan):     min  c x + sum w cost_j m_j  s.t.  master rows,  for each block
                    sum_j m_j used_j <= z (= for load),  sum_j m_j amount_j = amount

Costs are million USD; weights w turn the money of a block's year into present value.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.sparse import csr_matrix

from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray


@dataclass
class Pools:
    """Cuts and dispatches, in the order in which they were found."""

    master: Master
    block: list[int] = field(default_factory=list)
    slopes: list[FloatArray] = field(default_factory=list)
    prices: list[FloatArray] = field(default_factory=list)
    cost: list[float] = field(default_factory=list)
    amounts: list[FloatArray] = field(default_factory=list)
    used: list[FloatArray] = field(default_factory=list)
    asked: list[FloatArray] = field(default_factory=list)

    def add(self, block: int, asked: FloatArray, prices: FloatArray, answer: Answer) -> None:
        """Keep the cut and dispatch that answer some inputs and prices."""
        self.block.append(block)
        self.slopes.append(answer.slopes / MILLION)
        self.prices.append(prices / MILLION)
        self.cost.append(answer.cost_usd / MILLION)
        self.amounts.append(answer.amounts)
        self.used.append(answer.used)
        self.asked.append(asked)

    def outer(self) -> LinearProgram:
        """Return the outer program; theta of block b is column ``columns + b``."""
        master, links = self.master, self.master.links
        base = master.program
        count = base.matrix.shape[1]
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
        return _extended(
            base,
            extra_cost=master.weight,
            extra_lower=np.full(len(master.blocks), -np.inf),
            rows=np.concatenate(rows),
            columns=np.concatenate(columns),
            values=np.concatenate(values),
            row_lower=constant,
            row_upper=np.full(len(block), np.inf),
        )

    def inner(self) -> LinearProgram:
        """Return the inner program; dispatch j is column ``columns + j``."""
        master, links = self.master, self.master.links
        base = master.program
        count = base.matrix.shape[1]
        block = np.asarray(self.block, dtype=np.int64)
        index = np.arange(len(block))
        sizes = np.diff(links.start)[block]
        amounts = np.diff(master.amount_start)[block]
        inputs = len(links.constant)
        rows = [
            _ranges(links.start[block], sizes),
            links.entry_input,
            inputs + _ranges(master.amount_start[block], amounts),
            inputs + np.arange(len(master.amount_columns)),
        ]
        columns = [
            count + np.repeat(index, sizes),
            links.entry_column,
            count + np.repeat(index, amounts),
            master.amount_columns,
        ]
        values = [
            np.concatenate(self.used),
            -links.entry_factor,
            np.concatenate(self.amounts),
            -np.ones(len(master.amount_columns)),
        ]
        nothing = np.zeros(len(master.amount_columns))
        return _extended(
            base,
            extra_cost=np.asarray(self.cost) * master.weight[block],
            extra_lower=np.zeros(len(block)),
            rows=np.concatenate(rows),
            columns=np.concatenate(columns),
            values=np.concatenate(values),
            row_lower=np.concatenate([np.where(links.exact, links.constant, -np.inf), nothing]),
            row_upper=np.concatenate([links.constant, nothing]),
        )


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
    """Return a program with more columns and, below its own, more rows."""
    height, width = base.matrix.shape
    old = base.matrix.tocoo()
    matrix = csr_matrix(
        (
            np.concatenate([old.data, values]),
            (np.concatenate([old.row, height + rows]), np.concatenate([old.col, columns])),
        ),
        shape=(height + len(row_lower), width + len(extra_cost)),
    )
    return LinearProgram(
        matrix=matrix,
        cost=np.append(base.cost, extra_cost),
        lower=np.append(base.lower, extra_lower),
        upper=np.append(base.upper, np.full(len(extra_cost), np.inf)),
        row_lower=np.append(base.row_lower, row_lower),
        row_upper=np.append(base.row_upper, row_upper),
        whole=np.append(base.whole, np.zeros(len(extra_cost), dtype=bool)),
    )
