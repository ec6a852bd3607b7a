"""Sources of money, each with its own terms and accounting, in a file of its own.

Bonds, revolver and equity are drawn when cash runs short, in the order they are listed (see
`waterfall`). The flows of all others are known before the cash is balanced: each says what it
does as `Effects`, which waterfall and statements add up without knowing its kind.
"""

from gigaplan.finance.instruments.amortising import LoanFlows
from gigaplan.finance.instruments.bond import Bond
from gigaplan.finance.instruments.co_investment import CoInvestment
from gigaplan.finance.instruments.construction_loan import ConstructionLoan
from gigaplan.finance.instruments.credit_transfer import CreditTransfer
from gigaplan.finance.instruments.customer_prepayment import CustomerPrepayment
from gigaplan.finance.instruments.effects import (
    CREDIT_LINE,
    EBITDA_LINES,
    OTHER_LINES,
    Effects,
    Scheduled,
)
from gigaplan.finance.instruments.equity import Equity
from gigaplan.finance.instruments.joint_venture import JointVenture, VentureFlows
from gigaplan.finance.instruments.lease import Lease
from gigaplan.finance.instruments.power_prepayment import PowerPrepayment
from gigaplan.finance.instruments.project_debt import ProjectDebt
from gigaplan.finance.instruments.revolver import Revolver
from gigaplan.finance.instruments.sculpted_loan import SculptedLoan
from gigaplan.finance.instruments.tax_equity import TaxEquity
from gigaplan.finance.instruments.terms import check_instruments
from gigaplan.finance.instruments.vendor_finance import VendorFinance

OnDemand = Bond | Revolver | Equity
Instrument = OnDemand | Scheduled

__all__ = [
    "CREDIT_LINE",
    "EBITDA_LINES",
    "OTHER_LINES",
    "Bond",
    "CoInvestment",
    "ConstructionLoan",
    "CreditTransfer",
    "CustomerPrepayment",
    "Effects",
    "Equity",
    "Instrument",
    "JointVenture",
    "Lease",
    "LoanFlows",
    "OnDemand",
    "PowerPrepayment",
    "ProjectDebt",
    "Revolver",
    "Scheduled",
    "SculptedLoan",
    "TaxEquity",
    "VendorFinance",
    "VentureFlows",
    "check_instruments",
]
