"""The whole of an expansion problem as one sparse program, the reference form."""

from __future__ import annotations

from dataclasses import dataclass

from gigaplan.expansion.assembly import Assembly, LinearProgram
from gigaplan.expansion.assets import Assets, add_assets
from gigaplan.expansion.compute import add_compute
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import add_operation, add_yearly
from gigaplan.expansion.shared_limits import add_shared_limits


@dataclass(frozen=True)
class Formulation:
    """A problem, its program, and where each thing stands in it."""

    problem: ExpansionProblem
    assembly: Assembly
    assets: Assets
    program: LinearProgram


def formulate(problem: ExpansionProblem) -> Formulation:
    """Return the program of `problem`: costs in USD, power in MW."""
    assembly = Assembly()
    assets = add_assets(assembly, problem)
    add_yearly(assembly, problem, assets)
    add_operation(assembly, problem, assets)
    add_compute(assembly, problem, assets)
    add_shared_limits(assembly, problem, assets)
    return Formulation(problem, assembly, assets, assembly.program())
