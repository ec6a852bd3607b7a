"""Solves the programs of the rounds: small ones by simplex, others by blocks of sites.

A program of the rounds is that of the sites, coupled by few rows. `solve_arrow` uses that, and
ends in the middle of what is optimal rather than in a corner, which is where new cuts and
dispatches are worth most. How exactly a round's program is solved follows the gap that is left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import SolverError
from gigaplan.expansion.arrow import solve_arrow
from gigaplan.expansion.assembly import IntArray, LinearProgram
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.highs import Point, Session

SMALL_COLUMNS = 700
"""Up to so many columns the simplex method is quicker."""

LARGE_BLOCK = 3_000
"""Columns of one site from which on its block is too dense for elimination."""
SOUND_RESIDUAL = 1e-6
COARSEST, FINEST = 1e-2, 1e-8
PART_OF_GAP = 0.1


class Infeasible(SolverError):
    """A program of a round has no point."""


@dataclass(frozen=True)
class Sites:
    """Which site each column of the master, and each block, belongs to; -1 if to none alone."""

    column: IntArray
    block: IntArray

    @classmethod
    def of(cls, master: Master) -> Sites:
        """Return the sites of a master's columns and blocks.

        Inputs and amounts of a site's blocks are its own; so is what shares a row with columns
        of one site only.
        """
        number = {site.name: n for n, site in enumerate(master.problem.sites)}
        block = np.array([number.get(str(b.site), -1) for b in master.blocks], dtype=np.int64)
        height, width = master.program.matrix.shape
        column = np.full(width, -1, dtype=np.int64)
        column[master.amount_columns] = np.repeat(block, np.diff(master.amount_start))
        per_input = np.repeat(block, np.diff(master.links.start))
        column[master.links.entry_column] = per_input[master.links.entry_input]
        entries = master.program.matrix.tocoo()
        while True:
            least, most = _ends(entries.row, column[entries.col], height)
            single = (least == most) & (least >= 0)
            passed = single[entries.row]
            where, site = entries.col[passed], least[entries.row[passed]]
            least, most = _ends(where, site, width)
            found = (column < 0) & (least == most) & (least >= 0)
            if not found.any():
                return cls(column, block)
            column[found] = least[found]


def _ends(group: NDArray[np.integer], site: IntArray, count: int) -> tuple[IntArray, IntArray]:
    """Return the first and last site of each group, (-1, -1) of one without any."""
    known = site >= 0
    least, most = np.full(count, np.iinfo(np.int64).max), np.full(count, -1, dtype=np.int64)
    np.minimum.at(least, group[known], site[known])
    np.maximum.at(most, group[known], site[known])
    return np.where(most < 0, -1, least), most


def solve_round(program: LinearProgram, site: IntArray, *, gap: float, threads: int) -> Point:
    """Return an optimum of a program of the rounds; its bound holds whatever its quality.

    Parameters
    ----------
    program : LinearProgram
    site : array [column]
    gap : float
        Relative gap of the rounds so far.
    threads : int
        The point does not depend on it.

    Raises
    ------
    Infeasible
        If it has no point.
    SolverError
        If no optimum was found.
    """
    largest = int(np.bincount(site[site >= 0], minlength=1).max())
    if program.matrix.shape[1] > SMALL_COLUMNS and largest <= LARGE_BLOCK:
        tolerance = min(max(PART_OF_GAP * gap, FINEST), COARSEST)
        found = solve_arrow(program, site, tolerance=tolerance, threads=threads)
        sound = found.primal_residual <= SOUND_RESIDUAL and abs(found.gap) <= 3 * tolerance
        if found.status == "optimal" or (found.status == "stalled" and sound):
            return Point("optimal", found.values, found.row_duals, found.objective, found.bound)
    return solve_corner(program)


def solve_corner(program: LinearProgram) -> Point:
    """Return an optimal corner of a program, by the simplex method.

    Raises
    ------
    Infeasible, SolverError
        As `solve_round`.
    """
    session = Session(program, threads=1)
    point = session.solve_linear()
    if point.status == "failed":
        point = session.solve_linear("ipx")
    if point.status == "infeasible":
        raise Infeasible("a program of the rounds has no point.")
    if point.status != "optimal":
        raise SolverError(f"a program of the rounds ended with '{point.status}'.")
    return Point("optimal", point.values, point.row_duals, point.objective, point.objective)
