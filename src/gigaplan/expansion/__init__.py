"""Decides what to build, contract and option: series and options in, a plan with its bound out."""

from gigaplan.expansion.decomposition import Planner, decompose
from gigaplan.expansion.from_programme import (
    PlannedProgramme,
    plan,
    plan_in_full,
    problem_from_programme,
)
from gigaplan.expansion.infeasible import InfeasiblePlanError, Relaxation
from gigaplan.expansion.model import (
    CumulativeCapex,
    EitherOr,
    ExpansionProblem,
    Fund,
    Goal,
    Hours,
    Limits,
    Period,
    Prerequisite,
    ShedTier,
    Site,
    Zone,
)
from gigaplan.expansion.options import (
    Accelerator,
    Campus,
    Connection,
    Ownership,
    Phase,
    PowerPurchase,
    Prepayment,
    Storage,
    Supply,
)
from gigaplan.expansion.redispatch import FullYear, redispatch
from gigaplan.expansion.representative import RepresentativeDays, choose_days
from gigaplan.expansion.solution import Build, Progress, Solution
from gigaplan.expansion.solve import solve

__all__ = [
    "Accelerator",
    "Build",
    "Campus",
    "Connection",
    "CumulativeCapex",
    "EitherOr",
    "ExpansionProblem",
    "FullYear",
    "Fund",
    "Goal",
    "Hours",
    "InfeasiblePlanError",
    "Limits",
    "Ownership",
    "Period",
    "Phase",
    "PlannedProgramme",
    "Planner",
    "PowerPurchase",
    "Prepayment",
    "Prerequisite",
    "Progress",
    "Relaxation",
    "RepresentativeDays",
    "ShedTier",
    "Site",
    "Solution",
    "Storage",
    "Supply",
    "Zone",
    "choose_days",
    "decompose",
    "plan",
    "plan_in_full",
    "problem_from_programme",
    "redispatch",
    "solve",
]
