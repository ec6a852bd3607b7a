"""Builds one sparse matrix out of named blocks of columns and rows.

A block is a run of equal things, one per hour or one alone; entries are added as whole
arrays, so no Python loop runs over hours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_matrix

from gigaplan.expansion.options import FloatArray

IntArray: TypeAlias = NDArray[np.int64]
Key: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True)
class LinearProgram:
    """Minimise ``cost @ x`` with ``row_lower <= matrix @ x <= row_upper``, bounds, whole columns.

    Parameters
    ----------
    matrix : csr_matrix [row, column]
    cost, lower, upper : array [column]
    row_lower, row_upper : array [row]
    whole : array of bool [column]
        Columns that take whole values.
    """

    matrix: csr_matrix
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    whole: NDArray[np.bool_]


class Assembly:
    """Collects blocks; `program` turns them into a `LinearProgram`.

    `columns` and `rows` map the key of each block to its indices.
    """

    def __init__(self) -> None:
        self.columns: dict[Key, IntArray] = {}
        self.rows: dict[Key, IntArray] = {}
        self._column_parts: list[tuple[FloatArray, FloatArray, FloatArray, NDArray[np.bool_]]] = []
        self._row_parts: list[tuple[FloatArray, FloatArray]] = []
        self._entries: list[tuple[IntArray, IntArray, FloatArray]] = []
        self.column_count = 0
        self.row_count = 0

    def add_columns(
        self,
        key: Key,
        count: int,
        *,
        cost: ArrayLike = 0.0,
        lower: ArrayLike = 0.0,
        upper: ArrayLike = np.inf,
        whole: bool = False,
    ) -> IntArray:
        """Add `count` columns under `key` and return their indices."""
        indices = np.arange(self.column_count, self.column_count + count)
        self.column_count += count
        self.columns[key] = indices
        spread = [_spread(value, count) for value in (cost, lower, upper)]
        self._column_parts.append((spread[0], spread[1], spread[2], np.full(count, whole)))
        return indices

    def add_rows(
        self, key: Key, count: int, *, lower: ArrayLike = -np.inf, upper: ArrayLike = np.inf
    ) -> IntArray:
        """Add `count` rows under `key` and return their indices."""
        indices = np.arange(self.row_count, self.row_count + count)
        self.row_count += count
        self.rows[key] = indices
        self._row_parts.append((_spread(lower, count), _spread(upper, count)))
        return indices

    def add_entries(self, rows: ArrayLike, columns: ArrayLike, values: ArrayLike) -> None:
        """Add ``matrix[rows, columns] += values``; the three broadcast together."""
        row, column, value = np.broadcast_arrays(
            np.asarray(rows, dtype=np.int64),
            np.asarray(columns, dtype=np.int64),
            np.asarray(values, dtype=np.float64),
        )
        self._entries.append((row.ravel(), column.ravel(), value.ravel()))

    def program(self) -> LinearProgram:
        """Return what was collected as one program."""
        row, column, value = (
            np.concatenate([part[i] for part in self._entries])
            if self._entries
            else np.empty(0, dtype=np.int64 if i < 2 else np.float64)
            for i in range(3)
        )
        keep = value != 0
        matrix = csr_matrix(
            (value[keep], (row[keep], column[keep])), shape=(self.row_count, self.column_count)
        )
        matrix.sum_duplicates()
        matrix.eliminate_zeros()  # entries that cancel, as in a chain of one hour
        columns = [np.concatenate([part[i] for part in self._column_parts]) for i in range(4)]
        rows = [np.concatenate([part[i] for part in self._row_parts]) for i in range(2)]
        return LinearProgram(
            matrix=matrix,
            cost=columns[0],
            lower=columns[1],
            upper=columns[2],
            whole=columns[3].astype(bool),
            row_lower=rows[0],
            row_upper=rows[1],
        )


def _spread(value: ArrayLike, count: int) -> FloatArray:
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,))
