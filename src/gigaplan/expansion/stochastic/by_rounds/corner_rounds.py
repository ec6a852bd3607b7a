"""Rounds whose programs are solved to a corner by a sparse interior method.

The blocks of sites that `solve_arrow` eliminates are dense where pools hold what many scenarios
found; the programs here are long, sparse and solved few times each, which crossing over suits.
"""

from __future__ import annotations

from gigaplan.core.errors import SolverError
from gigaplan.expansion.assembly import LinearProgram
from gigaplan.expansion.decomposition.programs import Infeasible
from gigaplan.expansion.decomposition.rounds import Coupled, Rounds
from gigaplan.expansion.highs import Point, Session


class CornerRounds(Rounds[Coupled]):
    """Rounds that solve their programs whole."""

    def _solved(self, which: str, program: LinearProgram, gap: float) -> Point:
        """Return an optimal corner of the outer or inner program."""
        session = Session(program, threads=self._threads)
        point = session.solve_linear("ipx")
        if point.status not in ("optimal", "infeasible"):
            point = session.solve_linear("hipo")
        if point.status == "infeasible":
            raise Infeasible("a program of the rounds has no point.")
        if point.status != "optimal":
            raise SolverError(f"a program of the rounds ended with '{point.status}'.")
        return Point("optimal", point.values, point.row_duals, point.objective, point.objective)
