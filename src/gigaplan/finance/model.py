"""What a stand-alone project pro forma is given, and what it returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from math import isfinite
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.finance.irr import Irr, IrrDraws


@dataclass(frozen=True, slots=True)
class OperatingCosts:
    """Running costs in USD of year 1; each grows by inflation plus its own real escalation.

    Parameters
    ----------
    fixed_usd_per_year : float
        Lump per year.
    capacity_usd_per_kw_year : float
        Per kW of capacity and year.
    production_usd_per_mwh : float
        Per MWh produced.
    fuel_usd_per_mmbtu, heat_rate_mmbtu_per_mwh : float
        Fuel price and heat burnt per MWh.
    fixed_escalation_fraction, capacity_escalation_fraction, production_escalation_fraction,
    fuel_escalation_fraction : float
        Real growth per year above inflation.
    """

    fixed_usd_per_year: float = 0.0
    capacity_usd_per_kw_year: float = 0.0
    production_usd_per_mwh: float = 0.0
    fuel_usd_per_mmbtu: float = 0.0
    heat_rate_mmbtu_per_mwh: float = 0.0
    fixed_escalation_fraction: float = 0.0
    capacity_escalation_fraction: float = 0.0
    production_escalation_fraction: float = 0.0
    fuel_escalation_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class Reserves:
    """Cash that is set aside and earns interest.

    Parameters
    ----------
    working_months : float
        Months of next year's running cost held as working capital.
    debt_service_months : float
        Months of next year's debt service held for the lenders.
    interest_fraction : float
        Interest earned on both, on the balance at the start of the year.
    """

    working_months: float = 0.0
    debt_service_months: float = 0.0
    interest_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class LevelDebt:
    """A loan of a share of total cost, repaid in equal yearly payments.

    Parameters
    ----------
    share_fraction : float
        Share of cost lent. The fee is reckoned on the loan before the fee itself is
        financed, as NREL's Single Owner does, so the loan is a little below this share
        of the final total.
    rate_fraction, tenor_years
        Nominal interest and years of payments.
    fee_fraction, closing_usd : float
        Upfront fee on the loan, and a lump at closing.
    """

    share_fraction: float
    rate_fraction: float
    tenor_years: int
    fee_fraction: float = 0.0
    closing_usd: float = 0.0


@dataclass(frozen=True, slots=True)
class SculptedDebt:
    """A loan sized and repaid so that cash for debt service covers it `dscr` times each year.

    Parameters
    ----------
    dscr : float
        Debt service cover, above zero.
    rate_fraction, tenor_years, fee_fraction, closing_usd
        As for `LevelDebt`.
    maximum_fraction : float or None
        Cap on debt over total cost; the payments are scaled down to it. Without a cap
        a loan at or above total cost is refused.
    """

    dscr: float
    rate_fraction: float
    tenor_years: int
    fee_fraction: float = 0.0
    closing_usd: float = 0.0
    maximum_fraction: float | None = None


@dataclass(frozen=True, slots=True)
class InvestmentCredit:
    """An investment tax credit such as 48E, taken in year 1.

    Half the credit is taken off the depreciable basis (26 USC 50(c)(3)).
    `transfer_discount_fraction` is what a buyer of the credit keeps.
    """

    share_fraction: float
    qualifying_fraction: float = 1.0
    basis_reduction_fraction: float = 0.5
    transfer_discount_fraction: float = 0.0


@dataclass(frozen=True, slots=True)
class ProductionCredit:
    """A production tax credit such as 45Y, per MWh, growing with its index.

    `rounding_usd_per_mwh` rounds each year's rate to a multiple, as the notices do; 0 for none.
    """

    usd_per_mwh: float
    years: int = 10
    escalation_fraction: float = 0.0
    rounding_usd_per_mwh: float = 1.0
    transfer_discount_fraction: float = 0.0


@dataclass(frozen=True)
class Project:
    """A project on its own: built at year 0, running for `life_years` whole years.

    Parameters
    ----------
    capacity_mw : float
        Capacity that cost by capacity is reckoned on.
    installed_cost_usd : float
        Cost before financing, spent at year 0.
    first_year_energy_mwh : float
        Energy sold in year 1; falls by `degradation_fraction` each year after.
    life_years : int
        Years of operation.
    price_usd_per_mwh, price_escalation_fraction : float
        Price of year 1 and its nominal growth.
    operating : OperatingCosts
    insurance_fraction : float
        Share of installed cost per year; grows with inflation.
    property_tax_fraction, assessed_fraction, assessed_decline_fraction : float
        Rate on the assessed value; the value's share of installed cost; the share of it
        that it loses each year.
    inflation_fraction, real_discount_fraction : float
        Their product is the nominal discount rate.
    federal_tax_fraction, state_tax_fraction : float
        State tax is deducted from federal income. A loss is worth its tax at once.
    depreciation : mapping of str to float
        Class (see `depreciation.CLASSES`) to share of installed cost.
    bonus_fraction : float
        Federal bonus depreciation; states are taken not to follow it.
    credits : tuple of InvestmentCredit or ProductionCredit
        At most one: the law gives 45Y or 48E on a plant, not both.
    debt : LevelDebt, SculptedDebt or None
    reserves : Reserves
    other_financing_usd : float
        Financing cost at year 0 that is not depreciated.
    salvage_fraction : float
        Share of installed cost received in the last year, taxed as income.
    """

    capacity_mw: float
    installed_cost_usd: float
    first_year_energy_mwh: float
    life_years: int
    price_usd_per_mwh: float
    price_escalation_fraction: float = 0.0
    degradation_fraction: float = 0.0
    operating: OperatingCosts = OperatingCosts()
    insurance_fraction: float = 0.0
    property_tax_fraction: float = 0.0
    assessed_fraction: float = 1.0
    assessed_decline_fraction: float = 0.0
    inflation_fraction: float = 0.025
    real_discount_fraction: float = 0.064
    federal_tax_fraction: float = 0.21
    state_tax_fraction: float = 0.0
    depreciation: Mapping[str, float] = field(
        default_factory=lambda: MappingProxyType({"macrs_5": 1.0})
    )
    bonus_fraction: float = 0.0
    credits: tuple[InvestmentCredit | ProductionCredit, ...] = ()
    debt: LevelDebt | SculptedDebt | None = None
    reserves: Reserves = Reserves()
    other_financing_usd: float = 0.0
    salvage_fraction: float = 0.0

    @property
    def nominal_discount_fraction(self) -> float:
        """Nominal discount rate that real rate and inflation make."""
        return (1 + self.real_discount_fraction) * (1 + self.inflation_fraction) - 1

    @property
    def effective_tax_fraction(self) -> float:
        """Federal and state rate together, state tax deducted federally."""
        return self.state_tax_fraction + self.federal_tax_fraction * (1 - self.state_tax_fraction)

    def __post_init__(self) -> None:
        problems = list(_project_problems(self))
        if problems:
            raise InputError(problems)


def _not_finite(owner: object, prefix: str = "") -> Iterator[str]:
    """Yield the dotted names of fields that hold no finite number."""
    for part in fields(owner):  # type: ignore[arg-type]
        value = getattr(owner, part.name)
        name = prefix + part.name
        if is_dataclass(value):
            yield from _not_finite(value, name + ".")
        elif isinstance(value, tuple):
            for i, item in enumerate(value):
                yield from _not_finite(item, f"{name}[{i}].")
        elif isinstance(value, Mapping):
            yield from (f"{name}.{key}" for key, item in value.items() if not isfinite(item))
        elif value is not None and not isfinite(value):
            yield name


def _project_problems(project: Project) -> list[Problem]:
    problems = [Problem("is not a finite number.", field=name) for name in _not_finite(project)]
    if problems:
        return problems
    if len(project.credits) > 1:
        problems.append(
            Problem(
                f"{len(project.credits)} credits are claimed on one project; the law allows "
                "one of the investment credit (48E) and the production credit (45Y).",
                field="credits",
            )
        )

    def check(good: bool, name: str, allowed: str, owner: object = project) -> None:
        if not good:
            found = getattr(owner, name.split(".")[-1])
            problems.append(Problem(f"found {found:g}; allowed is {allowed}.", field=name))

    check(project.capacity_mw > 0, "capacity_mw", "above 0 MW")
    check(project.installed_cost_usd > 0, "installed_cost_usd", "above 0 USD")
    check(project.first_year_energy_mwh > 0, "first_year_energy_mwh", "above 0 MWh")
    check(1 <= project.life_years <= 100, "life_years", "1 to 100 years")
    for name in ("federal_tax_fraction", "state_tax_fraction", "salvage_fraction"):
        check(0 <= getattr(project, name) < 1, name, "at least 0 and below 1")
    for name in ("insurance_fraction", "property_tax_fraction", "assessed_fraction"):
        check(getattr(project, name) >= 0, name, "at least 0")
    for name in ("inflation_fraction", "real_discount_fraction", "price_escalation_fraction"):
        check(getattr(project, name) > -1, name, "above -1")
    check(0 <= project.degradation_fraction < 1, "degradation_fraction", "at least 0 and below 1")
    for name in ("working_months", "debt_service_months"):
        reserves = project.reserves
        check(0 <= getattr(reserves, name) <= 12, f"reserves.{name}", "0 to 12 months", reserves)
    debt = project.debt
    if debt is not None:
        tenor = f"1 to the project's {project.life_years} years"
        check(1 <= debt.tenor_years <= project.life_years, "debt.tenor_years", tenor, debt)
        check(debt.rate_fraction >= 0, "debt.rate_fraction", "at least 0", debt)
        check(0 <= debt.fee_fraction < 1, "debt.fee_fraction", "at least 0 and below 1", debt)
        check(debt.closing_usd >= 0, "debt.closing_usd", "at least 0 USD", debt)
    if isinstance(debt, LevelDebt):
        allowed = "at least 0 and below 1: debt cannot pay for all of a project"
        check(0 <= debt.share_fraction < 1, "debt.share_fraction", allowed, debt)
    if isinstance(debt, SculptedDebt):
        check(debt.dscr > 0, "debt.dscr", "above 0", debt)
        cap = debt.maximum_fraction
        good = cap is None or 0 < cap < 1
        check(good, "debt.maximum_fraction", "above 0 and below 1, or none", debt)
    return problems


@dataclass(frozen=True)
class ProjectResult:
    """A project's yearly lines and what they come to.

    Parameters
    ----------
    lines : mapping of str to array, shape [year]
        Every line by name, year 0 first; money in nominal USD, energy in MWh.
    installed_cost_usd, total_cost_usd : float
        Before and after financing cost and opening reserves.
    debt_usd, equity_usd, debt_fraction : float
    npv_usd : float
        After-tax flows of the owner at the nominal discount rate.
    irr, pretax_irr : Irr
        With root count; absent with its reason.
    lcoe_nominal_usd_per_mwh, lcoe_real_usd_per_mwh : float
        Levelised after-tax cost of energy.
    lppa_nominal_usd_per_mwh, lppa_real_usd_per_mwh : float
        Levelised price received.
    min_dscr : float or None
        Lowest cover of debt service; None without debt.
    wacc_fraction : float or None
        After-tax cost of debt and the owner's IRR, by their shares; None without an IRR.
    """

    lines: Mapping[str, NDArray[np.float64]]
    installed_cost_usd: float
    total_cost_usd: float
    debt_usd: float
    equity_usd: float
    npv_usd: float
    irr: Irr
    pretax_irr: Irr
    lcoe_nominal_usd_per_mwh: float
    lcoe_real_usd_per_mwh: float
    lppa_nominal_usd_per_mwh: float
    lppa_real_usd_per_mwh: float
    min_dscr: float | None
    wacc_fraction: float | None

    @property
    def debt_fraction(self) -> float:
        """Debt over total cost."""
        return self.debt_usd / self.total_cost_usd

    def line(self, name: str) -> NDArray[np.float64]:
        """Return one yearly line; names the allowed ones if there is none of that name."""
        if name not in self.lines:
            raise InputError(f"no line '{name}'; there are {', '.join(sorted(self.lines))}.")
        return self.lines[name]


@dataclass(frozen=True)
class ProjectDraws:
    """What a project comes to in each draw.

    Parameters
    ----------
    npv_usd, lcoe_real_usd_per_mwh, lcoe_nominal_usd_per_mwh, debt_usd, equity_usd
        Shape [draw].
    irr : IrrDraws
        Masked where a draw has no or no single rate.
    """

    npv_usd: NDArray[np.float64]
    irr: IrrDraws
    lcoe_nominal_usd_per_mwh: NDArray[np.float64]
    lcoe_real_usd_per_mwh: NDArray[np.float64]
    debt_usd: NDArray[np.float64]
    equity_usd: NDArray[np.float64]
