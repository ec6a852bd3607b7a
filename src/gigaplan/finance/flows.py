"""What a programme's waterfall is made from: the programme, the company, tax and prices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gigaplan.core.errors import require
from gigaplan.core.money import PriceIndex
from gigaplan.finance.amounts import Array, RealUsd
from gigaplan.finance.property_tax import PropertyTax


@dataclass(frozen=True, slots=True)
class AssetClass:
    """How capital of one kind is written off.

    Parameters
    ----------
    book_life_months : int
        Straight-line life, also the service life that residual value rests on.
    tax_classes : mapping of str to float
        Tax depreciation class (see `depreciation.CLASSES`) to its share.
    bonus_fraction : float
        Share written off at once for tax.
    service_lag_months : int
        Months from spending to service, on average.
    property_tax : tuple of PropertyTax
        By place or agreement; none if left out.
    """

    book_life_months: int
    tax_classes: Mapping[str, float]
    bonus_fraction: float = 0.0
    service_lag_months: int = 0
    property_tax: tuple[PropertyTax, ...] = ()


@dataclass(frozen=True)
class ProgrammeFlows:
    """What a programme spends and earns, real, [month, draw].

    Parameters
    ----------
    first_month : int
        Month number of row 0 (see `core.timeline`).
    capex_usd : mapping of str to RealUsd
        Capital by asset class.
    assets : mapping of str to AssetClass
        One for each class of capital.
    revenue_usd : RealUsd or None
        What compute earns; None if that is the question.
    running_usd, energy_usd : RealUsd or None
        Running cost without energy, and energy with every contract's payments.
    credits_usd : array or None
        Tax credits received, nominal.
    """

    first_month: int
    capex_usd: Mapping[str, RealUsd]
    assets: Mapping[str, AssetClass]
    revenue_usd: RealUsd | None = None
    running_usd: RealUsd | None = None
    energy_usd: RealUsd | None = None
    credits_usd: Array | None = None


@dataclass(frozen=True)
class CompanyFlows:
    """The parent without the programme; nominal USD, monthly flows [month].

    Parameters
    ----------
    cash_usd, minimum_cash_usd : float
        Cash at the start, and what is kept.
    operating_cash_usd, reallocated_usd, other_capex_usd, shareholder_usd : array
        Cash from operations (after its own interest and tax), money moved from other
        activities, capital outside the programme, dividends and buybacks.
    depreciation_usd, taxable_usd, ebitda_usd : array
        Of the business without the programme.
    plant_usd, debt_usd : float
        Net plant and debt at the start; the debt is rolled over, its interest is in the
        operating cash flow.
    interest_usd : array
        That interest, for cover ratios.
    """

    cash_usd: float
    minimum_cash_usd: float
    operating_cash_usd: Array
    reallocated_usd: Array
    other_capex_usd: Array
    shareholder_usd: Array
    depreciation_usd: Array
    taxable_usd: Array
    ebitda_usd: Array
    interest_usd: Array
    plant_usd: float = 0.0
    debt_usd: float = 0.0

    @classmethod
    def none(cls, months: int, *, cash_usd: float = 0.0) -> CompanyFlows:
        """Return a company that has nothing but `cash_usd`: the programme stands alone."""
        zero = np.zeros(months)
        return cls(cash_usd, 0.0, zero, zero, zero, zero, zero, zero, zero, zero)


@dataclass(frozen=True, slots=True)
class Terms:
    """How money is taxed and priced.

    Parameters
    ----------
    price_index : PriceIndex
        Turns real money nominal.
    tax_fraction : float
        Federal and state tax on the programme's income.
    cash_interest_fraction : float
        Earned on cash, yearly.
    loss_limit_fraction : float
        Share of income that losses brought forward may offset.
    """

    price_index: PriceIndex
    tax_fraction: float = 0.21
    cash_interest_fraction: float = 0.0
    loss_limit_fraction: float = 0.8


def checked_shape(flows: ProgrammeFlows, company: CompanyFlows, terms: Terms) -> tuple[int, int]:
    """Return months and draws, or raise `InputError` saying what does not fit."""
    require(bool(flows.capex_usd), "a programme needs at least one kind of capital.")
    require(
        set(flows.capex_usd) == set(flows.assets),
        f"capital is given for {sorted(flows.capex_usd)}, "
        f"asset classes for {sorted(flows.assets)}.",
    )
    given: dict[str, RealUsd | None] = {f"capex.{k}": v for k, v in flows.capex_usd.items()}
    given |= {
        "revenue_usd": flows.revenue_usd,
        "running_usd": flows.running_usd,
        "energy_usd": flows.energy_usd,
    }
    first = next(iter(flows.capex_usd.values()))
    require(first.values.ndim == 2, "capital is [month, draw].")
    for name, money in given.items():
        if money is None:
            continue
        require(money.values.shape == first.values.shape, "has another shape.", field=name)
        require(money.base_year == first.base_year, "is of another base year.", field=name)
        require(bool(np.isfinite(money.values).all()), "holds a number not finite.", field=name)
    if flows.credits_usd is not None:
        good = (
            flows.credits_usd.shape == first.values.shape and np.isfinite(flows.credits_usd).all()
        )
        require(bool(good), "is no finite [month, draw] like capital.", field="credits_usd")
    months, draws = first.values.shape
    for name in (
        "operating_cash_usd",
        "reallocated_usd",
        "other_capex_usd",
        "shareholder_usd",
        "depreciation_usd",
        "taxable_usd",
        "ebitda_usd",
        "interest_usd",
    ):
        values = getattr(company, name)
        require(values.shape[0] == months, f"has {len(values)} months, not {months}.", field=name)
        require(bool(np.isfinite(values).all()), "holds a number not finite.", field=name)
    require(bool((company.taxable_usd >= 0).all()), "is below 0.", field="taxable_usd")
    require(0 <= terms.tax_fraction < 1, "is a share below 1.", field="tax_fraction")
    return months, draws
