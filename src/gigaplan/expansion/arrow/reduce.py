"""From a linear program to the scaled one that the iteration works on, and back.

What bounds alone decide is settled first (`settle`). What is left is scaled by powers of two, so
that scaling rounds nothing: ``scaled matrix = diag(row_scale) A diag(column_scale)``, with one more
factor for all costs and one for all right-hand sides.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gigaplan.expansion.arrow.settle import Settled, open_ended, settle
from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.options import FloatArray


@dataclass(frozen=True)
class Reduced:
    """The scaled program and how to leave it.

    Parameters
    ----------
    matrix : csr_matrix [row, column]
        Scaled, of the rows and columns kept.
    cost, lower, upper : array [column kept]
    row_lower, row_upper : array [row kept]
        Scaled; infinities allowed.
    columns, rows : array
        Which of the program's columns and rows are kept.
    column_scale, row_scale : array
        Program's value over scaled value, for columns; scaled over program's activity, for rows.
    cost_scale, side_scale : float
        Scaled over program's, of all costs and of all right-hand sides.
    settled : Settled
        The columns not kept, and how to give the rows not kept their duals.
    whole_matrix : csr_matrix
        The program's own, tidied.
    whole_cost : array
    """

    matrix: csr_matrix
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    columns: IntArray
    rows: IntArray
    column_scale: FloatArray
    row_scale: FloatArray
    cost_scale: float
    side_scale: float
    settled: Settled
    whole_matrix: csr_matrix
    whole_cost: FloatArray

    def values(self, x: FloatArray) -> FloatArray:
        """Return the program's column values of a scaled point."""
        values = self.settled.values.copy()
        values[self.columns] = x * self.column_scale / self.side_scale
        return values

    def row_duals(self, y: FloatArray) -> FloatArray:
        """Return the program's row duals of scaled ones."""
        duals = np.zeros(self.whole_matrix.shape[0])
        duals[self.rows] = y * self.row_scale / self.cost_scale
        return self.settled.completed(self.whole_matrix, self.whole_cost, duals)

    def scaled_values(self, values: FloatArray) -> FloatArray:
        """Return the scaled point of the program's column values."""
        return np.asarray(values[self.columns] / self.column_scale * self.side_scale)

    def scaled_duals(self, duals: FloatArray) -> FloatArray:
        """Return scaled row duals of the program's."""
        return np.asarray(duals[self.rows] / self.row_scale * self.cost_scale)


def _power_of_two(size: FloatArray) -> FloatArray:
    safe = np.where((size > 0) & np.isfinite(size), size, 1.0)
    return np.asarray(2.0 ** np.round(np.log2(safe)))


def _ends(matrix: csr_matrix) -> tuple[FloatArray, FloatArray]:
    """Return smallest and largest size of entry of each row (none of them empty)."""
    if not matrix.nnz:
        return np.ones(matrix.shape[0]), np.ones(matrix.shape[0])
    size = np.abs(matrix.data)
    starts = matrix.indptr[:-1]
    return np.minimum.reduceat(size, starts), np.maximum.reduceat(size, starts)


def equilibrate(matrix: csr_matrix, passes: int = 4) -> tuple[FloatArray, FloatArray]:
    """Return powers of two for rows and columns that bring entries near one.

    Geometric means of smallest and largest entry first, largest entries at last.
    """
    rows = np.ones(matrix.shape[0])
    columns = np.ones(matrix.shape[1])
    by_row = matrix.copy()
    by_column = matrix.T.tocsr()
    row_of = np.repeat(np.arange(len(rows)), np.diff(by_row.indptr))
    column_of = np.repeat(np.arange(len(columns)), np.diff(by_column.indptr))
    for turn in range(passes):
        last = turn == passes - 1
        small, large = _ends(by_row)
        step = 1 / np.sqrt(large if last else np.sqrt(small * large))
        rows *= step
        by_row.data *= step[row_of]
        by_column.data *= step[by_column.indices]
        small, large = _ends(by_column)
        step = 1 / np.sqrt(large if last else np.sqrt(small * large))
        if last:
            step = 1 / large
        columns *= step
        by_column.data *= step[column_of]
        by_row.data *= step[by_row.indices]
    return _power_of_two(rows), _power_of_two(columns)


def _middle(size: FloatArray) -> float:
    size = np.abs(size[np.isfinite(size) & (size != 0)])
    if not len(size):
        return 1.0
    return float(2.0 ** np.round(np.mean(np.log2(size))))


def reduce_program(program: LinearProgram) -> Reduced:
    """Return the scaled program of what is not settled at once."""
    matrix = csr_matrix(program.matrix, copy=True)
    matrix.sum_duplicates()
    matrix.eliminate_zeros()
    settled = settle(
        matrix,
        program.cost,
        (open_ended(program.lower), open_ended(program.upper)),
        (open_ended(program.row_lower), open_ended(program.row_upper)),
    )
    lower, upper = settled.lower, settled.upper
    columns, rows = np.flatnonzero(~settled.fixed), np.flatnonzero(settled.open_rows)
    if settled.verdict != "open":  # nothing is iterated on
        columns = rows = np.empty(0, dtype=np.int64)
    moved = matrix @ np.where(settled.fixed, settled.values, 0.0)
    kept = matrix[rows][:, columns]
    row_scale, column_scale = equilibrate(kept)
    row_of = np.repeat(np.arange(len(rows)), np.diff(kept.indptr))
    kept.data *= row_scale[row_of] * column_scale[kept.indices]
    cost = program.cost[columns] * column_scale
    low, high = lower[columns] / column_scale, upper[columns] / column_scale
    row_low = (open_ended(program.row_lower)[rows] - moved[rows]) * row_scale
    row_high = (open_ended(program.row_upper)[rows] - moved[rows]) * row_scale
    cost_scale = 1 / _middle(cost)
    side_scale = 1 / _middle(np.concatenate([low, high, row_low, row_high]))
    return Reduced(
        matrix=kept,
        cost=cost * cost_scale,
        lower=low * side_scale,
        upper=high * side_scale,
        row_lower=row_low * side_scale,
        row_upper=row_high * side_scale,
        columns=columns,
        rows=rows,
        column_scale=column_scale,
        row_scale=row_scale,
        cost_scale=cost_scale,
        side_scale=side_scale,
        settled=settled,
        whole_matrix=matrix,
        whole_cost=program.cost,
    )


def blocks_of_rows(matrix: csr_matrix, block: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the block of each row (none empty), -1 if it links blocks or meets a shared column."""
    owner = block[matrix.indices]
    if not len(owner):
        return np.full(matrix.shape[0], -1)
    low = np.minimum.reduceat(owner, matrix.indptr[:-1])
    high = np.maximum.reduceat(owner, matrix.indptr[:-1])
    return np.where(low == high, low, -1)
