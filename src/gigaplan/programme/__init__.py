"""What the user writes, read and checked, and the types that pass between the engines."""

from gigaplan.programme.model import Programme
from gigaplan.programme.operating import OperatingSummary
from gigaplan.programme.plan import (
    AcceleratorPurchase,
    ConnectionBuild,
    PhaseBuild,
    Plan,
    ShadowPrice,
    UnchosenOption,
    UnitBuild,
)
from gigaplan.programme.reading import ProgrammeFile, read_programme
from gigaplan.programme.reasons import Worth, worth_in_words
from gigaplan.programme.trajectories import (
    BOTTLENECKS,
    CAPEX_GROUPS,
    Entity,
    TargetChance,
    Trajectories,
    headline_year,
)

__all__ = [
    "BOTTLENECKS",
    "CAPEX_GROUPS",
    "AcceleratorPurchase",
    "ConnectionBuild",
    "Entity",
    "OperatingSummary",
    "PhaseBuild",
    "Plan",
    "Programme",
    "ProgrammeFile",
    "ShadowPrice",
    "TargetChance",
    "Trajectories",
    "UnchosenOption",
    "UnitBuild",
    "Worth",
    "headline_year",
    "read_programme",
    "worth_in_words",
]
