"""A lower bound on the optimum from any row duals, by weak duality.

``bound = sum of y+ L + y- U over rows + sum over columns of min(d l, d u)``, ``d = cost - y A``.
Where a column has no bound on the side that its reduced cost asks for, one that the rows imply
takes its place. Where there is none either, the bound would be minus infinity; only what
rounding explains is let pass, and charged. Give a column bounds if its bound must hold to the last
digit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from gigaplan.expansion.arrow.rows import _kernels
from gigaplan.expansion.options import FloatArray

TIGHTENINGS = 3
ROUNDING = 1e-7
NEGLIGIBLE = 1e-9
REACH = 100.0


@dataclass(frozen=True)
class Sides:
    """A program's matrix, sides and bounds, with what the rows imply where a bound is open."""

    matrix: csr_matrix
    row_lower: FloatArray
    row_upper: FloatArray
    lower: FloatArray
    upper: FloatArray

    def tightened(self) -> Sides:
        """Return the same with open bounds replaced by implied ones."""
        lower, upper = self.lower.copy(), self.upper.copy()
        for _ in range(TIGHTENINGS):
            _kernels.tighten(
                self.matrix.indptr.astype(np.int64),
                self.matrix.indices.astype(np.int64),
                self.matrix.data,
                self.row_lower,
                self.row_upper,
                lower,
                upper,
            )
        return Sides(self.matrix, self.row_lower, self.row_upper, lower, upper)

    def signed(self, duals: FloatArray) -> FloatArray:
        """Return duals without those on a side that has no bound."""
        y = np.where((duals > 0) & ~np.isfinite(self.row_lower), 0.0, duals)
        return np.where((y < 0) & ~np.isfinite(self.row_upper), 0.0, y)

    def endless(self, reduced: FloatArray) -> FloatArray:
        """Return the reduced costs that ask for a bound which is not there, else zero."""
        wrong = (reduced > 0) & ~np.isfinite(self.lower)
        wrong |= (reduced < 0) & ~np.isfinite(self.upper)
        return np.where(wrong, reduced, 0.0)


def weak_bound(sides: Sides, cost: FloatArray, duals: FloatArray, values: FloatArray) -> float:
    """Return the bound that `duals` prove; minus infinity if they prove none.

    A reduced cost that asks for a bound which is not there, but is only `ROUNDING` of its terms
    or costs next to nothing, is charged as if the column could go `REACH` times as far as in
    `values`.
    """
    y = sides.signed(duals)
    rows = y != 0
    edge = np.where(y > 0, sides.row_lower, sides.row_upper)
    reduced = cost - sides.matrix.T @ y
    endless = np.abs(sides.endless(reduced))
    charge = 0.0
    if endless.any():
        size = np.abs(cost) + abs(sides.matrix).T @ np.abs(y)
        charges = endless * (REACH * (1 + np.abs(values)))
        slight = charges <= NEGLIGIBLE * max(float(np.abs(cost) @ np.abs(values)), 1.0)
        if ((endless > ROUNDING * size) & ~slight).any():
            return -np.inf
        charge = float(charges.sum())
    best = np.where(reduced > 0, sides.lower, sides.upper)
    columns = (reduced != 0) & (endless == 0)
    return float(y[rows] @ edge[rows] + reduced[columns] @ best[columns]) - charge


def violation(sides: Sides, values: FloatArray) -> float:
    """Return the worst violation of a row, over one plus its largest term or side."""
    matrix = sides.matrix
    activity = matrix @ values
    terms = abs(matrix).multiply(np.abs(values)).max(axis=1).toarray().ravel()
    worst = 0.0
    for gap, edge in (
        (sides.row_lower - activity, sides.row_lower),
        (activity - sides.row_upper, sides.row_upper),
    ):
        finite = np.isfinite(edge)
        if finite.any():
            scale = 1 + np.maximum(np.abs(edge[finite]), terms[finite])
            worst = max(worst, float((gap[finite] / scale).max()))
    return worst
