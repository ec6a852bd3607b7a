"""Sources of money of a programme, each with its own terms and accounting.

Bonds, revolver and equity are drawn when cash runs short, in the order they are listed
(see `waterfall`). Project debt and a joint venture follow the capital they pay for:
their flows are known before the cash is balanced, and are made here.

Interest is reckoned by the month, a twelfth of the yearly rate (30/360), on the balance
at the month's start.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.finance._kernels import vintage_loan

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Bond:
    """Bonds issued when cash runs short, repaid in one sum.

    Accounting: a liability at face value; the fee is an expense of the month of issue.
    `first_month` counts from the start of the cash flows.
    """

    name: str
    rate_fraction: float
    tenor_months: int
    max_usd_total: float
    max_usd_per_year: float = np.inf
    fee_fraction: float = 0.0
    first_month: int = 0


@dataclass(frozen=True, slots=True)
class Revolver:
    """A credit line: drawn last, repaid first from surplus.

    `fee_fraction` is paid yearly on what is not drawn. Accounting: a liability;
    interest and fee are expenses.
    """

    name: str
    rate_fraction: float
    max_usd: float
    fee_fraction: float = 0.0
    first_month: int = 0


@dataclass(frozen=True, slots=True)
class Equity:
    """Shares sold when cash runs short; never repaid. Accounting: paid-in capital."""

    name: str
    max_usd_total: float
    max_usd_per_year: float = np.inf
    fee_fraction: float = 0.0
    first_month: int = 0


@dataclass(frozen=True)
class ProjectDebt:
    """A loan that pays a share of some capital and is repaid level after service.

    Interest before service is added to the loan and to the asset's book value
    (interest during construction). What is drawn after service begins is levelled over
    a tenor of its own.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital it lends to.
    service_month : ndarray, shape [draw]
        Month of service, from the start of the cash flows; past the end if never.
    asset : str
        Asset class whose book value takes the interest during construction.
    """

    name: str
    capital_usd: Array
    service_month: NDArray[np.int64]
    share_fraction: float
    rate_fraction: float
    tenor_months: int
    asset: str
    max_usd: float = np.inf


@dataclass(frozen=True)
class JointVenture:
    """A vehicle that pays for halls with bonds and equity and leases them to the company.

    The rent is level: it repays the vehicle's bonds at `debt_rate_fraction` and its
    equity at `equity_return_fraction` by the end of the lease, counted from
    `lease_start_month` or the month the halls begin service if that is later. Capital
    spent after the lease has begun raises the rent for the months left. Until then
    interest and return are added to what is owed.

    Accounting: rent is an operating lease expense; the halls and the bonds are not on
    the company's balance sheet. Its share of the equity is an investment by the equity
    method: contributions and its share of the return, less distributions. What the
    bonds and the partner are still owed is counted in economic leverage.

    If the company leaves at `exit_month`, rent ends, and while the residual-value
    guarantee runs it pays what the halls' value falls short of what is owed.

    Parameters
    ----------
    capital_usd : ndarray, shape [month, draw]
        Nominal capital of the halls it may pay for; it pays up to `max_usd`.
    service_month : ndarray, shape [draw]
        Month the halls begin service.
    asset : str
        Asset class of the halls.
    upfront_distribution_usd, closing_month
        Paid by the vehicle to the company for assets it brings, in that month.
    residual_guarantee_months : int
        Months of the lease in which the guarantee runs.
    exit_month, exit_value_fraction
        Month the company leaves, and the halls' value then over their cost.
    """

    name: str
    capital_usd: Array
    service_month: NDArray[np.int64]
    max_usd: float
    company_share_fraction: float
    equity_fraction: float
    debt_rate_fraction: float
    equity_return_fraction: float
    lease_start_month: int
    lease_months: int
    asset: str
    residual_guarantee_months: int = 0
    upfront_distribution_usd: float = 0.0
    closing_month: int = 0
    exit_month: int | None = None
    exit_value_fraction: float = 0.0


Instrument = Bond | Revolver | Equity | ProjectDebt | JointVenture


@dataclass(frozen=True)
class LoanFlows:
    """Project debt by month: drawn, interest, of it capitalised, paid, owed; [month, draw]."""

    drawn_usd: Array
    interest_usd: Array
    capitalised_usd: Array
    payment_usd: Array
    balance_usd: Array


@dataclass(frozen=True)
class VentureFlows:
    """A joint venture by month, [month, draw].

    ``funded_usd`` is capital it pays; ``stake_usd`` the company's investment;
    ``economic_debt_usd`` what the bonds and the partner are owed;
    ``guarantee_exposure_usd`` the most the guarantee could cost at the month's end.
    """

    funded_usd: Array
    rent_usd: Array
    contribution_usd: Array
    distribution_usd: Array
    income_usd: Array
    stake_usd: Array
    closing_usd: Array
    guarantee_usd: Array
    economic_debt_usd: Array
    guarantee_exposure_usd: Array
    bond_balance_usd: Array
    bond_payment_usd: Array


def check_instruments(
    instruments: tuple[Instrument, ...], assets: Collection[str], shape: tuple[int, int]
) -> None:
    """Raise `InputError` with every term of every instrument that cannot be.

    Parameters
    ----------
    instruments : tuple of Instrument
        What is checked.
    assets : collection of str
        Asset classes there are.
    shape : tuple of int
        Months and draws.
    """
    problems: list[Problem] = []
    names = [instrument.name for instrument in instruments]
    problems += [
        Problem(f"two instruments are named '{name}'.", field=name)
        for name in sorted({name for name in names if names.count(name) > 1})
    ]
    for item in instruments:
        if isinstance(item, ProjectDebt | JointVenture):
            problems += _unlike(item, assets, shape)
        for name, low, high in _LIMITS:
            if not hasattr(item, name):
                continue
            value = getattr(item, name)
            if not low <= value <= high:
                allowed = f"{low:g} to {high:g}" if np.isfinite(high) else f"at least {low:g}"
                message = f"found {value:g}; allowed is {allowed}."
                problems.append(Problem(message, field=f"{item.name}.{name}"))
    if problems:
        raise InputError(problems)


def _unlike(
    item: ProjectDebt | JointVenture, assets: Collection[str], shape: tuple[int, int]
) -> list[Problem]:
    """Return what of an instrument's capital does not fit the programme's."""
    found: list[Problem] = []
    if item.asset not in assets:
        message = f"there is no capital of class '{item.asset}'; there is {', '.join(assets)}."
        found.append(Problem(message, field=f"{item.name}.asset"))
    if item.capital_usd.shape != shape or item.service_month.shape != shape[1:]:
        message = (
            f"capital is {item.capital_usd.shape} and service {item.service_month.shape}; "
            f"they must be [month, draw] {shape} and [draw] {shape[1:]}."
        )
        found.append(Problem(message, field=f"{item.name}.capital_usd"))
    elif not np.isfinite(item.capital_usd).all() or (item.capital_usd < 0).any():
        message = "holds a number that is not finite or below 0."
        found.append(Problem(message, field=f"{item.name}.capital_usd"))
    return found


_LIMITS = (
    ("rate_fraction", 0.0, 1.0),
    ("debt_rate_fraction", 0.0, 1.0),
    ("equity_return_fraction", 0.0, 1.0),
    ("tenor_months", 1, 1200),
    ("lease_months", 1, 1200),
    ("max_usd_total", 0.0, np.inf),
    ("max_usd_per_year", 0.0, np.inf),
    ("max_usd", 0.0, np.inf),
    ("fee_fraction", 0.0, 0.99),
    ("share_fraction", 0.0, 1.0),
    ("equity_fraction", 0.0, 1.0),
    ("company_share_fraction", 0.0, 1.0),
    ("exit_value_fraction", 0.0, np.inf),
    ("upfront_distribution_usd", 0.0, np.inf),
    ("closing_month", 0, np.inf),
    ("first_month", 0, np.inf),
    ("lease_start_month", 0, np.inf),
    ("residual_guarantee_months", 0, np.inf),
)


def capped(flow: Array, limit: float) -> Array:
    """Return a flow [month, draw] cut where its running sum passes `limit`."""
    total = np.minimum(np.cumsum(flow, axis=0), limit)
    result: Array = np.diff(total, axis=0, prepend=0.0)
    return result


def loan_flows(debt: ProjectDebt) -> LoanFlows:
    """Return the monthly flows of project debt."""
    drawn = capped(debt.share_fraction * debt.capital_usd, debt.max_usd)
    balance, interest, payment = _vintages(
        drawn, debt.service_month, debt.tenor_months, False, debt.rate_fraction
    )
    before = np.arange(len(drawn))[:, None] <= debt.service_month
    return LoanFlows(drawn, interest, np.where(before, interest, 0.0), payment, balance)


def venture_flows(venture: JointVenture) -> VentureFlows:
    """Return the monthly flows of a joint venture, seen from the company."""
    funded = capped(venture.capital_usd, venture.max_usd)
    months = len(funded)
    if venture.exit_month is not None:
        funded[venture.exit_month + 1 :] = 0.0
    closing = np.zeros_like(funded)
    if venture.closing_month < months:
        closing[venture.closing_month] = venture.upfront_distribution_usd
    raised = funded + closing
    start = np.maximum(venture.service_month, venture.lease_start_month)
    lent, equity = (1 - venture.equity_fraction) * raised, venture.equity_fraction * raised
    owed, bond_interest, bond_paid = _vintages(
        lent, start, venture.lease_months, True, venture.debt_rate_fraction
    )
    worth, gain, equity_paid = _vintages(
        equity, start, venture.lease_months, True, venture.equity_return_fraction
    )
    rent, guarantee = bond_paid + equity_paid, np.zeros_like(funded)
    share, last = venture.company_share_fraction, venture.exit_month
    if last is not None and last < months - 1:
        covered = (last <= start + venture.residual_guarantee_months) & (last > start)
        value = venture.exit_value_fraction * raised[: last + 1].sum(axis=0)
        total_owed = owed[last] + worth[last]
        guarantee[last] = np.where(covered, np.maximum(total_owed - value, 0.0), 0.0)
        # The halls are sold: bonds first, then equity, from their value and the guarantee.
        realised = np.minimum(value + guarantee[last], total_owed)
        to_equity = np.maximum(realised - owed[last], 0.0)
        loss = worth[last] - to_equity
        equity_paid[last] += to_equity
        gain[last] -= loss
        for flow in (rent, bond_paid, equity_paid, gain, owed, worth, bond_interest, equity):
            flow[last + 1 :] = 0.0
        owed[last] = 0.0
        worth[last] = 0.0
    exposed = np.arange(months)[:, None] <= start + venture.residual_guarantee_months
    return VentureFlows(
        funded_usd=funded,
        rent_usd=rent,
        contribution_usd=share * equity,
        distribution_usd=share * equity_paid,
        income_usd=share * gain,
        stake_usd=share * worth,
        closing_usd=closing,
        guarantee_usd=guarantee,
        economic_debt_usd=owed + (1 - share) * worth,
        guarantee_exposure_usd=np.where(exposed, owed + worth, 0.0),
        bond_balance_usd=owed,
        bond_payment_usd=bond_paid,
    )


def _vintages(
    lent: Array, start: NDArray[np.int64], tenor: int, common_end: bool, rate: float
) -> tuple[Array, Array, Array]:
    balance, interest, payment = np.empty((3, *lent.shape))
    vintage_loan(
        np.ascontiguousarray(lent),
        np.ascontiguousarray(start, dtype=np.int64),
        tenor,
        common_end,
        rate / 12,
        balance,
        interest,
        payment,
    )
    # loans that end leave rounding dust in the running sum of payments, of either sign
    np.maximum(payment, 0.0, out=payment)
    return balance, interest, payment
