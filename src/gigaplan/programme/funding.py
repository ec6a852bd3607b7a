"""The company and its instruments: where money comes from."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gigaplan.core.timeline import month_index
from gigaplan.programme.base import Month, Name, Names, Strict, Text, Year, by_year, wrong
from gigaplan.programme.quantities import (
    BillionParameters,
    Fraction,
    Months,
    Rate,
    SignedUsd,
    Usd,
    UsdPerGpuHour,
    UsdPerItMwYear,
    UsdPerKwYear,
    UsdPerMillionTokens,
    Years,
)


class StatedCapital(Strict):
    """Capital that the company said it will spend, to hold the programme against."""

    title: Text = Field(description="What was said, for people.")
    first_year: Year = Field(description="First calendar year it is of.")
    last_year: Year = Field(description="Last calendar year it is of.")
    low_usd: Usd = Field(description="The least that was said, nominal.")
    high_usd: Usd = Field(description="The most that was said, nominal.")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.last_year < self.first_year:
            raise wrong(f"{self.last_year} is before first_year {self.first_year}.", "last_year")
        if self.high_usd < self.low_usd:
            raise wrong(
                f"{self.high_usd:g} USD is less than low_usd, {self.low_usd:g} USD.", "high_usd"
            )
        return self


class Company(Strict):
    """The parent: what it has and earns without the programme, base-year USD."""

    title: Text = Field(description="Name for people.")
    cash_usd: Usd = Field(description="Cash and securities at the programme's start.")
    minimum_cash_usd: Usd = Field(description="Cash that is kept.")
    long_term_debt_usd: Usd = Field(description="Debt at the programme's start.")
    debt_rate_fraction: Fraction = Field(description="Interest on that debt.")
    operating_cash_flow_usd: Usd = Field(
        description="Cash from operations in the base year, before the programme."
    )
    operating_cash_flow_growth_fraction: by_year(Rate) = Field(  # type: ignore[valid-type]
        description="Real growth of it by year; the last holds after."
    )
    operating_income_usd: SignedUsd = Field(description="Operating income in the base year.")
    depreciation_usd: Usd = Field(description="Depreciation and amortisation in the base year.")
    property_plant_equipment_usd: Usd = Field(description="Net, at the programme's start.")
    other_capex_usd_by_year: by_year(Usd) = Field(  # type: ignore[valid-type]
        description="Capital spending outside the programme; the last holds after."
    )
    shareholder_payments_usd_by_year: by_year(Usd) = Field(  # type: ignore[valid-type]
        description="Dividends and buybacks; the last holds after."
    )
    cash_tax_rate_fraction: Fraction = Field(description="Tax paid over taxable income.")
    stated_capital: dict[Name, StatedCapital] = Field(
        default_factory=dict, description="What the company said it will spend, by name."
    )


class Reallocation(Strict):
    """Money moved from another activity of the company."""

    kind: Literal["reallocation"] = "reallocation"
    title: Text = Field(description="Name for people.")
    usd_by_year: by_year(Usd) = Field(  # type: ignore[valid-type]
        description="Cash freed in each year; the last holds after."
    )


class Bond(Strict):
    """Corporate bonds, issued when cash runs short."""

    kind: Literal["bond"] = "bond"
    title: Text = Field(description="Name for people.")
    max_usd_per_year: Usd = Field(description="Most that is issued in a year.")
    max_usd_total: Usd = Field(description="Most that is outstanding.")
    rate_fraction: Fraction = Field(description="Coupon, nominal.")
    tenor_years: Years = Field(gt=0, description="Years to repayment in one sum.")
    fee_fraction: Fraction = Field(0.0, description="Fee on issue.")
    first: Month = Field(description="First month it may be issued.")


class ProjectDebt(Strict):
    """A loan to owned power projects, drawn with their capital, repaid level after service."""

    kind: Literal["project_debt"] = "project_debt"
    title: Text = Field(description="Name for people.")
    projects: Names = Field(description="Owned power projects it lends to.")
    share_of_cost_fraction: Fraction = Field(description="Share of their capital it pays.")
    rate_fraction: Fraction = Field(description="Interest, nominal.")
    tenor_years: Years = Field(gt=0, description="Years of level payments after service.")
    max_usd: Usd = Field(description="Most it lends.")
    fee_fraction: Fraction = Field(
        0.0, description="Fee on what is drawn, a government's credit subsidy cost among it."
    )


class ConstructionLoan(Strict):
    """A loan for the time of construction, repaid in one sum after service."""

    kind: Literal["construction_loan"] = "construction_loan"
    title: Text = Field(description="Name for people.")
    projects: Names | None = Field(None, description="Owned power projects it lends to.")
    campus: Name | None = Field(None, description="Campus whose halls it lends to.")
    share_of_cost_fraction: Fraction = Field(description="Share of their capital it pays.")
    rate_fraction: Fraction = Field(description="Interest, nominal.")
    fee_fraction: Fraction = Field(0.0, description="Yearly fee on what is not drawn.")
    max_usd: Usd = Field(description="Size of the loan.")

    @model_validator(mode="after")
    def _one_borrower(self) -> Self:
        if (self.projects is None) == (self.campus is None):
            raise wrong("write either 'projects' or 'campus': what it lends to.", "campus")
        return self


class VendorFinance(Strict):
    """What a vendor of servers lends for them, each month's purchases repaid level."""

    kind: Literal["vendor_finance"] = "vendor_finance"
    title: Text = Field(description="Name for people.")
    share_of_cost_fraction: Fraction = Field(description="Share of server capital it pays.")
    rate_fraction: Fraction = Field(description="Interest, nominal.")
    tenor_years: Years = Field(gt=0, description="Years of level payments.")
    max_usd: Usd = Field(description="Most it lends in all.")


class Lease(Strict):
    """Servers that a lessor buys and leases to the company."""

    kind: Literal["lease"] = "lease"
    title: Text = Field(description="Name for people.")
    accounting: Literal["operating", "finance"] = Field(description="As ASC 842 has it.")
    share_of_cost_fraction: Fraction = Field(description="Share of server capital it pays.")
    rate_fraction: Fraction = Field(description="The lessor's return, nominal.")
    lease_years: Years = Field(gt=0, description="Years of level payments.")
    residual_fraction: Fraction = Field(
        0.0, description="What the lessor counts on at the end, over cost."
    )
    guaranteed_fraction: Fraction = Field(
        0.0, description="The part of it that the company guarantees, over cost."
    )
    end_value_fraction: Fraction = Field(
        0.0, description="What the servers are worth at the end, over cost."
    )
    max_usd: Usd = Field(description="Most it pays in all.")

    @model_validator(mode="after")
    def _guarantees_what_is_counted_on(self) -> Self:
        if self.guaranteed_fraction > self.residual_fraction:
            raise wrong(
                f"{self.guaranteed_fraction:g} is more than the residual_fraction "
                f"{self.residual_fraction:g}, of which it is a part.",
                "guaranteed_fraction",
            )
        return self


class CustomerPrepayment(Strict):
    """Money a customer pays for compute before it is there."""

    kind: Literal["customer_prepayment"] = "customer_prepayment"
    title: Text = Field(description="Name for people.")
    campus: Name = Field(description="Campus whose compute it buys.")
    usd_by_year: dict[Year, Usd] = Field(
        min_length=1, description="Nominal money received, evenly over each year."
    )
    delivery_years: Years = Field(gt=0, description="Years of delivery after service.")


class JointVenture(Strict):
    """A vehicle that pays for a campus's halls and leases them back."""

    kind: Literal["joint_venture"] = "joint_venture"
    title: Text = Field(description="Name for people.")
    campus: Name = Field(description="Campus whose halls it pays for.")
    max_usd: Usd = Field(description="Most it pays for halls.")
    company_share_fraction: Fraction = Field(description="The company's share of its equity.")
    equity_fraction: Fraction = Field(description="Equity over total funds of the vehicle.")
    debt_rate_fraction: Fraction = Field(description="Coupon of its bonds, nominal.")
    equity_return_fraction: Fraction = Field(description="Return the lease pays on equity.")
    lease_start: Month = Field(description="First month of rent; later if the halls are later.")
    lease_years: Years = Field(gt=0, description="Full term with all renewals.")
    initial_lease_years: Years = Field(gt=0, description="Term before the first renewal.")
    residual_guarantee_years: Years = Field(
        description="Years in which the company makes good a fall of the halls' value."
    )
    upfront_distribution_usd: Usd = Field(0.0, description="Paid to the company at closing.")
    closing: Month = Field(description="Month of closing.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if month_index(self.lease_start) < month_index(self.closing):
            raise wrong(
                f"{self.lease_start} is before closing {self.closing}; nothing is leased before.",
                "lease_start",
            )
        if self.initial_lease_years > self.lease_years:
            raise wrong(
                f"{self.initial_lease_years:g} years is more than lease_years "
                f"{self.lease_years:g}, which counts all renewals.",
                "initial_lease_years",
            )
        return self


class Revolver(Strict):
    """A credit line drawn last and repaid first."""

    kind: Literal["revolver"] = "revolver"
    title: Text = Field(description="Name for people.")
    max_usd: Usd = Field(description="Size of the line.")
    rate_fraction: Fraction = Field(description="Interest on what is drawn, nominal.")
    fee_fraction: Fraction = Field(0.0, description="Yearly fee on what is not drawn.")


Instrument = Annotated[
    Reallocation
    | Bond
    | ProjectDebt
    | ConstructionLoan
    | VendorFinance
    | Lease
    | CustomerPrepayment
    | JointVenture
    | Revolver,
    Field(discriminator="kind"),
]


def pays_for(instrument: Instrument) -> list[tuple[str, str]]:
    """Return what capital an instrument pays a share of, each with the key that says so."""
    key = "share_of_cost_fraction"
    if isinstance(instrument, ProjectDebt | ConstructionLoan) and instrument.projects is not None:
        return [(key, f"project '{name}'") for name in instrument.projects]
    if isinstance(instrument, ConstructionLoan) and instrument.campus is not None:
        return [(key, f"campus '{instrument.campus}'")]
    if isinstance(instrument, VendorFinance | Lease):
        return [(key, "the servers")]
    return []


class Revenue(Strict):
    """What compute earns, at one kind of price; left out, the required revenue is the answer."""

    usd_per_it_mw_year: UsdPerItMwYear | None = Field(
        None, description="Capacity, take or pay: per online IT MW and year, used or not."
    )
    usd_per_gpu_hour: UsdPerGpuHour | None = Field(
        None, description="Per hour of a chip that is sold and has power."
    )
    usd_per_million_tokens: UsdPerMillionTokens | None = Field(
        None, description="Per million tokens served by chips that are sold and have power."
    )
    change_fraction: Rate = Field(0.0, description="Real change of the price per year.")
    change_low_fraction: Rate | None = Field(
        None, description="P10 of that change, over worlds; none if left out."
    )
    change_high_fraction: Rate | None = Field(None, description="P90 of it.")
    sold_fraction: Fraction = Field(
        1.0, description="Share of compute that is sold, of prices by the hour or token."
    )
    ramp_months: Months = Field(
        0.0, le=120, description="Months in which new compute comes to be sold, evenly."
    )

    @model_validator(mode="after")
    def _one_price(self) -> Self:
        prices = ("usd_per_it_mw_year", "usd_per_gpu_hour", "usd_per_million_tokens")
        given = [name for name in prices if getattr(self, name) is not None]
        if len(given) != 1:
            found = " and ".join(given) if given else "none"
            at = given[-1] if given else prices[0]
            raise wrong(f"found {found}; write one price: {', '.join(prices)}.", at)
        return self

    @model_validator(mode="after")
    def _rising(self) -> Self:
        change, low, high = (
            self.change_fraction,
            self.change_low_fraction,
            self.change_high_fraction,
        )
        if (low is None) != (high is None):
            missing = "change_low_fraction" if low is None else "change_high_fraction"
            raise wrong("is missing; a range has two ends.", missing)
        if low is not None and high is not None and not low <= change <= high:
            raise wrong(f"{change:g} is not from {low:g} to {high:g}.", "change_fraction")
        return self


class FinanceTerms(Strict):
    """How the programme is judged and taxed."""

    hurdle_fraction: Fraction = Field(description="Nominal after-tax return that is required.")
    last: Month = Field(description="Last month of the cash flows.")
    inflation_fraction: Rate | None = Field(None, description="Inflation; catalogue if left out.")
    tax_rate_fraction: Fraction | None = Field(
        None, description="Federal and state tax on income; catalogue if left out."
    )
    bonus_depreciation_fraction: Fraction | None = Field(
        None, description="Share written off at once for tax; catalogue if left out."
    )
    opex_usd_per_it_kw_year: UsdPerKwYear | None = Field(
        None, description="Running cost without energy per IT kW; catalogue if left out."
    )
    property_tax_fraction: Fraction = Field(0.0, description="Yearly property tax on book value.")
    training_flop_utilisation_fraction: Fraction | None = Field(
        None, gt=0, description="Share of dense BF16 peak that training uses; catalogue."
    )
    inference_flop_utilisation_fraction: Fraction | None = Field(
        None, gt=0, description="Share of that peak that serving uses; catalogue."
    )
    active_billion_parameters: BillionParameters | None = Field(
        None, description="Parameters that a token of the served model uses; catalogue."
    )
    revenue: Revenue | None = Field(None, description="What compute earns, if stated.")

    @model_validator(mode="after")
    def _last_is_a_december(self) -> Self:
        if month_index(self.last) % 12 != 11:
            raise wrong(
                f"'{self.last}' is not a December; cash flows end with a year: {self.last[:4]}-12.",
                "last",
            )
        return self
