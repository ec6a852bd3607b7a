"""Money: project pro formas, programme waterfalls, statements and metrics."""

from gigaplan.finance.amounts import NominalUsd, RealUsd, month_factors
from gigaplan.finance.capital_weights import Residual
from gigaplan.finance.credits import CreditLaw
from gigaplan.finance.debt import capital_recovery
from gigaplan.finance.flows import AssetClass, CompanyFlows, ProgrammeFlows, Terms
from gigaplan.finance.funding import fund
from gigaplan.finance.instrument_cash import InstrumentCash, instrument_cash
from gigaplan.finance.instruments import (
    Bond,
    CoInvestment,
    ConstructionLoan,
    CreditTransfer,
    CustomerPrepayment,
    Effects,
    Equity,
    Instrument,
    JointVenture,
    Lease,
    LoanFlows,
    PowerPrepayment,
    ProjectDebt,
    Revolver,
    Scheduled,
    SculptedLoan,
    TaxEquity,
    VendorFinance,
    VentureFlows,
)
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
from gigaplan.finance.one_world import OneWorld, one_world
from gigaplan.finance.outlook import money_outlook
from gigaplan.finance.pro_forma import evaluate, evaluate_draws, lcoe_fixed_charge
from gigaplan.finance.programme_metrics import (
    Compute,
    ProgrammeMetrics,
    programme_metrics,
)
from gigaplan.finance.results import DrawOutcomes, FinanceResult, Line, Metric, Stated
from gigaplan.finance.statements import Statements, statements
from gigaplan.finance.waterfall import Waterfall, waterfall

__all__ = [
    "AssetClass",
    "Bond",
    "CoInvestment",
    "CompanyFlows",
    "Compute",
    "ConstructionLoan",
    "CreditLaw",
    "CreditTransfer",
    "CustomerPrepayment",
    "DrawOutcomes",
    "Effects",
    "Equity",
    "FinanceResult",
    "Instrument",
    "InstrumentCash",
    "InvestmentCredit",
    "Irr",
    "IrrDraws",
    "JointVenture",
    "Lease",
    "LevelDebt",
    "Line",
    "LoanFlows",
    "Metric",
    "NominalUsd",
    "OneWorld",
    "OperatingCosts",
    "PowerPrepayment",
    "ProductionCredit",
    "ProgrammeFlows",
    "ProgrammeMetrics",
    "Project",
    "ProjectDebt",
    "ProjectDraws",
    "ProjectResult",
    "RealUsd",
    "Reserves",
    "Residual",
    "Revolver",
    "Scheduled",
    "SculptedDebt",
    "SculptedLoan",
    "Stated",
    "Statements",
    "TaxEquity",
    "Terms",
    "VendorFinance",
    "VentureFlows",
    "Waterfall",
    "capital_recovery",
    "evaluate",
    "evaluate_draws",
    "fund",
    "instrument_cash",
    "irr",
    "irr_draws",
    "lcoe_fixed_charge",
    "mirr",
    "money_outlook",
    "month_factors",
    "one_world",
    "programme_metrics",
    "statements",
    "waterfall",
]
