"""Money: project pro formas, programme waterfalls, statements and metrics."""

from gigaplan.finance.debt import capital_recovery
from gigaplan.finance.irr import Irr, IrrDraws, irr, irr_draws, mirr
from gigaplan.finance.model import (
    InvestmentCredit,
    LevelDebt,
    OperatingCosts,
    ProductionCredit,
    Project,
    ProjectDraws,
    ProjectResult,
    Reserves,
    SculptedDebt,
)
from gigaplan.finance.pro_forma import evaluate, evaluate_draws, lcoe_fixed_charge

__all__ = [
    "InvestmentCredit",
    "Irr",
    "IrrDraws",
    "LevelDebt",
    "OperatingCosts",
    "ProductionCredit",
    "Project",
    "ProjectDraws",
    "ProjectResult",
    "Reserves",
    "SculptedDebt",
    "capital_recovery",
    "evaluate",
    "evaluate_draws",
    "irr",
    "irr_draws",
    "lcoe_fixed_charge",
    "mirr",
]
