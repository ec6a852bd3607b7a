"""The company, what compute earns, and how the programme is judged and taxed."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from gigaplan.core.timeline import month_index
from gigaplan.programme.base import Month, Name, Strict, Text, Year, by_year, wrong
from gigaplan.programme.quantities import (
    BillionParameters,
    Fraction,
    Months,
    Rate,
    SignedUsd,
    Times,
    Usd,
    UsdPerGpuHour,
    UsdPerItMwYear,
    UsdPerKwYear,
    UsdPerMillionTokens,
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


class RatingLimits(Strict):
    """What lenders and rating agencies look at, and the company means to keep to.

    What no instrument covers counts as debt.
    """

    debt_to_ebitda_max: Times | None = Field(
        None, description="Most debt, over the year's earnings before interest, tax and write-offs."
    )
    economic_debt_to_ebitda_max: Times | None = Field(
        None, description="The same with what is owed and not reported as debt."
    )
    ebitda_to_interest_min: Times | None = Field(
        None, description="Least of those earnings over the year's interest."
    )


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
    rating: RatingLimits | None = Field(None, description="Ratios that it means to keep to.")
    stated_capital: dict[Name, StatedCapital] = Field(
        default_factory=dict, description="What the company said it will spend, by name."
    )


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
    property_tax_fraction: Fraction | None = Field(
        None,
        description="Yearly property tax on the book value of all capital, wherever it stands; of "
        "halls and servers by their sites if left out.",
    )
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
