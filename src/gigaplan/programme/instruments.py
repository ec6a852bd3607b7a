"""Sources of money a programme may name."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gigaplan.core.timeline import month_index
from gigaplan.programme.base import Month, Name, Names, Strict, Text, Year, by_year, wrong
from gigaplan.programme.quantities import Cover, Fraction, Months, Mw, Usd, UsdPerMwh, Years


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
    it_mw: Mw = Field(
        gt=0, description="IT MW that it buys for these years; they earn nothing else then."
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


class SculptedLoan(Strict):
    """A loan to owned power projects, sized and repaid by the cash that they earn."""

    kind: Literal["sculpted_loan"] = "sculpted_loan"
    title: Text = Field(description="Name for people.")
    projects: Names = Field(description="Owned power projects it lends to.")
    price_usd_per_mwh: UsdPerMwh = Field(
        description="What the lender counts on for their energy, base-year USD; it pays for "
        "running cost and fuel, then for the loan."
    )
    dscr: Cover = Field(description="Cash over debt service, in every month.")
    rate_fraction: Fraction = Field(description="Interest, nominal.")
    tenor_years: Years = Field(gt=0, description="Years of payments after service.")
    share_of_cost_fraction: Fraction = Field(description="Most it pays of their capital.")
    reserve_months: Months = Field(6.0, le=24, description="Payments held in reserve.")


class CoInvestment(Strict):
    """A partner, such as a sovereign fund, who pays for projects and has a share of their cash."""

    kind: Literal["co_investment"] = "co_investment"
    title: Text = Field(description="Name for people.")
    projects: Names = Field(description="Owned power projects it pays for.")
    price_usd_per_mwh: UsdPerMwh = Field(
        description="What the company pays the projects for energy, base-year USD; what running "
        "cost and fuel leave of it is shared."
    )
    share_of_cost_fraction: Fraction = Field(
        description="Share of their capital it pays, and of their cash it has."
    )
    equity_return_fraction: Fraction = Field(description="Return that comes first, nominal.")
    promote_fraction: Fraction = Field(
        0.0, description="Part of its share that the company keeps once that return is paid."
    )
    max_usd: Usd = Field(description="Most it pays.")


class TaxEquity(Strict):
    """An investor who pays for credits and write-offs of projects until he has his return."""

    kind: Literal["tax_equity"] = "tax_equity"
    title: Text = Field(description="Name for people.")
    projects: Names = Field(description="Owned power projects whose tax he has.")
    price_usd_per_mwh: UsdPerMwh = Field(
        description="What the company pays the projects for energy, base-year USD."
    )
    share_of_cost_fraction: Fraction = Field(
        description="Share of their capital that he pays, at service."
    )
    rate_fraction: Fraction = Field(description="Return after tax at which it flips, nominal.")
    before_fraction: Fraction = Field(
        0.99, description="His share of credits and taxable income before the flip."
    )
    cash_fraction: Fraction = Field(0.2, description="His share of cash before the flip.")
    after_fraction: Fraction = Field(0.05, description="His share of all three after it.")
    investor_tax_fraction: Fraction = Field(0.21, description="His rate of tax.")


class CreditTransfer(Strict):
    """Tax credits of projects, sold to another taxpayer."""

    kind: Literal["credit_transfer"] = "credit_transfer"
    title: Text = Field(description="Name for people.")
    projects: Names = Field(description="Owned power projects whose credits are sold.")
    discount_fraction: Fraction = Field(lt=1, description="What the buyer keeps.")
    lag_months: Months = Field(0.0, le=60, description="Months from earning to cash.")


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
    | SculptedLoan
    | CoInvestment
    | TaxEquity
    | CreditTransfer
    | Revolver,
    Field(discriminator="kind"),
]


def pays_for(instrument: Instrument) -> list[tuple[str, str]]:
    """Return what capital an instrument pays a share of, each with the key that says so."""
    key = "share_of_cost_fraction"
    if isinstance(instrument, VendorFinance | Lease):
        return [(key, "the servers")]
    if isinstance(instrument, ConstructionLoan) and instrument.campus is not None:
        return [(key, f"campus '{instrument.campus}'")]
    if hasattr(instrument, key):
        return [(key, f"project '{name}'") for name in projects_of(instrument)]
    return []


def projects_of(instrument: Instrument) -> tuple[str, ...]:
    """Return the power projects it names."""
    return tuple(getattr(instrument, "projects", None) or ())
