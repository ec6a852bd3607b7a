"""Settles what bounds alone decide: such columns and rows leave no room inside for the iteration.

Over and over: a row with one open column is a bound on it; a row that its columns can only just
meet holds all of them at their ends; a column whose bounds meet is fixed. At last, columns that
meet no row go where they cost least. Each row taken out gets a dual afterwards, in
reverse order: of a bound, the column's reduced cost if that bound is the tight one; of a row that
holds columns, the least dual that gives every reduced cost its sign.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from gigaplan.expansion.arrow.rows import _kernels
from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.options import FloatArray

Verdict = Literal["open", "infeasible", "unbounded"]
Flags = NDArray[np.bool_]
Pair = tuple[FloatArray, FloatArray]

INFINITE = 1e20
ROUNDING = 1e-12
VIOLATION = 1e-8
PASSES = 10_000


@dataclass(frozen=True)
class Settled:
    """What is decided, and the order in which rows were taken out.

    Parameters
    ----------
    lower, upper : array [column]
        Bounds with those of single rows.
    fixed : array of bool [column]
    values : array [column]
        Of the fixed columns.
    open_rows : array of bool [row]
        Rows left.
    taken, kind : array
        Rows taken out for a reason, and which: 0, a bound on a column; 1, the row holds its columns
        at its upper side; -1, at its lower side.
    holder : array [column]
        Row that holds a column, -1 if none.
    verdict : {"open", "infeasible", "unbounded"}
    """

    lower: FloatArray
    upper: FloatArray
    fixed: Flags
    values: FloatArray
    open_rows: Flags
    taken: IntArray
    kind: IntArray
    of_column: IntArray
    low_here: Flags
    high_here: Flags
    holder: IntArray
    verdict: Verdict

    def completed(self, matrix: csr_matrix, cost: FloatArray, duals: FloatArray) -> FloatArray:
        """Return row duals with those of the rows taken out."""
        out = duals.copy()
        reduced = cost - matrix.T @ out
        _kernels.complete_duals(
            matrix.indptr.astype(np.int64),
            matrix.indices.astype(np.int64),
            matrix.data,
            self.taken,
            self.kind,
            self.of_column,
            self.low_here,
            self.high_here,
            self.holder,
            reduced,
            out,
        )
        return out


def open_ended(edge: FloatArray) -> FloatArray:
    """Return bounds with everything beyond 1e20 made infinite."""
    return np.where(np.abs(edge) >= INFINITE, np.copysign(np.inf, edge), edge)


def settle(matrix: csr_matrix, cost: FloatArray, bounds: Pair, sides: Pair) -> Settled:
    """Return what the bounds of columns and the sides of rows decide alone."""
    lower, upper = bounds[0].copy(), bounds[1].copy()
    row_low, row_high = sides
    rows, columns = matrix.shape
    row_of = np.repeat(np.arange(rows), np.diff(matrix.indptr))
    column_of, value = matrix.indices.astype(np.int64), matrix.data
    left = np.isfinite(row_low) | np.isfinite(row_high)
    holder = np.full(columns, -1)
    taken: list[tuple[IntArray, ...]] = []
    wrong = bool((row_low > row_high).any())
    for _ in range(PASSES):
        wrong |= bool((lower - upper > VIOLATION * (1 + np.abs(lower))).any())
        upper = np.maximum(lower, upper)
        if wrong:
            break
        fixed = lower == upper
        # entries of rows left, and of them the open columns
        live = left[row_of]
        row_of, column_of, value = row_of[live], column_of[live], value[live]
        free = ~fixed[column_of]
        most = np.where(value > 0, upper[column_of], lower[column_of]) * value
        least = np.where(value > 0, lower[column_of], upper[column_of]) * value
        count = np.bincount(row_of[free], minlength=rows)
        top, bottom = np.bincount(row_of, most, rows), np.bincount(row_of, least, rows)
        size = np.abs(np.where(np.isfinite(most), most, 0.0))
        size += np.abs(np.where(np.isfinite(least), least, 0.0))
        scale = np.bincount(row_of, size, rows) + 1e-300
        wrong = bool((left & (bottom - row_high > VIOLATION * (1 + scale))).any())
        wrong |= bool((left & (row_low - top > VIOLATION * (1 + scale))).any())
        if wrong:
            break
        done = left & (count == 0)
        single = left & (count == 1)
        # a row of one open column: a bound
        pick = free & single[row_of]
        r, c, a = row_of[pick], column_of[pick], value[pick]
        held = np.bincount(row_of[~free], most[~free], rows)[r]
        one, two = (row_low[r] - held) / a, (row_high[r] - held) / a
        low, high = np.where(a > 0, one, two), np.where(a > 0, two, one)
        before = lower.copy(), upper.copy()
        np.maximum.at(lower, c, low)
        np.minimum.at(upper, c, high)
        near = (upper < lower) & (lower - upper <= VIOLATION * (1 + np.abs(lower)))
        upper[near] = lower[near]
        low_here, high_here = (low >= lower[c]) & (low > before[0][c]), high <= upper[c]
        high_here &= high < before[1][c]
        taken.append((r, np.zeros(len(r), dtype=np.int64), c, low_here, high_here))
        # a row that can only just be met
        many = left & (count > 1)
        tight = many & (bottom >= row_high - ROUNDING * scale)
        loose = many & ~tight & (top <= row_low + ROUNDING * scale)
        for which, sign in ((tight, 1), (loose, -1)):
            pick = free & which[row_of]
            r, c, a = row_of[pick], column_of[pick], value[pick]
            at_low = (a > 0) == (sign > 0)
            mine = holder[c] < 0
            for at, edge, other in ((at_low, lower, upper), (~at_low, upper, lower)):
                spot = c[at & mine]
                other[spot] = edge[spot]
            holder[c[mine]] = r[mine]
            own = np.flatnonzero(which)
            none = np.zeros(len(own), dtype=bool)
            taken.append((own, np.full(len(own), sign), np.full(len(own), -1), none, none))
        out = done | single | tight | loose
        left &= ~out
        if not out.any():
            break
    fixed = lower == upper
    met = np.zeros(columns, dtype=bool)
    met[column_of[left[row_of]]] = True
    idle = ~met & ~fixed
    rest = np.clip(0.0, lower, upper)
    best = np.where(cost > 0, lower, np.where(cost < 0, upper, rest))
    endless = bool((~np.isfinite(best[idle])).any())
    values = np.where(fixed, lower, np.where(np.isfinite(best), best, rest))
    joined = [np.concatenate([t[i] for t in taken]) if taken else np.empty(0) for i in range(5)]
    return Settled(
        lower=lower,
        upper=upper,
        fixed=fixed | idle,
        values=values,
        open_rows=left,
        taken=joined[0].astype(np.int64),
        kind=joined[1].astype(np.int64),
        of_column=joined[2].astype(np.int64),
        low_here=joined[3].astype(bool),
        high_here=joined[4].astype(bool),
        holder=holder,
        verdict="infeasible" if wrong else "unbounded" if endless else "open",
    )
