"""Campuses, phases, accelerators and the compute that is wanted."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from gigaplan.core.timeline import month_index
from gigaplan.programme.base import (
    Month,
    Name,
    Names,
    Quantiles,
    Strict,
    Text,
    Year,
    by_year,
    first_fall,
    repeated,
    wrong,
)
from gigaplan.programme.quantities import (
    Fraction,
    Mw,
    Rate,
    Usd,
    UsdPerItMw,
    UsdPerItMwYear,
    UsdPerKw,
    Years,
)

Status = Literal["operating", "building", "announced", "optional"]


class Phase(Strict):
    """IT capacity of a campus that is built as one."""

    name: Name = Field(description="Name, unique in the campus.")
    it_mw: Mw = Field(gt=0, description="IT MW of the phase (not facility MW).")
    earliest: Month = Field(description="Month it is announced for; never read as a promise kept.")
    status: Status = Field(
        "announced",
        description="operating: online; building and announced: will be built; "
        "optional: the plan decides.",
    )
    construct_months: Quantiles | None = Field(
        None, description="Ground-break to handover; the hall type's if left out."
    )


class Tiers(Strict):
    """How a campus's IT load divides by workload; the rest is pausable training."""

    firm_inference_fraction: Fraction = Field(description="Must be served in its hour.")
    deferrable_batch_fraction: Fraction = Field(description="May wait within the day.")

    @model_validator(mode="after")
    def _at_most_one(self) -> Self:
        if self.firm_inference_fraction + self.deferrable_batch_fraction > 1 + 1e-9:
            total = self.firm_inference_fraction + self.deferrable_batch_fraction
            raise wrong(f"the tiers add up to {total:.0%}; at most 100% is allowed.")
        return self


class Campus(Strict):
    """IT capacity at a site, built in phases."""

    title: Text = Field(description="Name for people.")
    site: Name = Field(description="Site it stands on.")
    hall: Name = Field(description="Catalogue hall type.")
    phases: list[Phase] = Field(min_length=1, description="Phases in the order they are built.")
    hall_usd_per_it_kw: UsdPerKw | None = Field(
        None, description="Shell, electrical and cooling per IT kW; catalogue if left out."
    )
    load_factor_fraction: Fraction | None = Field(
        None, description="Mean IT load over IT MW; catalogue if left out."
    )
    tiers: Tiers | None = Field(None, description="Workloads; catalogue if left out.")
    accelerators: Names = Field(description="Generations that may fill it.")

    @model_validator(mode="after")
    def _phases_differ(self) -> Self:
        again = repeated([phase.name for phase in self.phases])
        if again is not None:
            raise wrong(
                f"'{self.phases[again].name}' is the name of an earlier phase; "
                "each phase of a campus needs its own.",
                *("phases", again, "name"),
            )
        fall = first_fall([month_index(phase.earliest) for phase in self.phases])
        if fall is not None:
            raise wrong(
                f"{self.phases[fall].earliest} is before the phase above it "
                f"({self.phases[fall - 1].earliest}); write the phases in the order of their "
                "months.",
                *("phases", fall, "earliest"),
            )
        return self


class SupplyStop(Strict):
    """A stop of all deliveries of a chip system: an export control, a recall, a lost plant."""

    per_year: Fraction = Field(lt=1, description="Chance in a year that one begins.")
    months: Quantiles = Field(description="How long it lasts.")


class Accelerator(Strict):
    """A chip system that may fill halls; what is left out comes from the catalogue."""

    system: Name = Field(description="Catalogue accelerator.")
    cost_usd_per_it_mw: UsdPerItMw | None = Field(
        None, description="Servers and network per IT MW at first shipment."
    )
    price_change_fraction: Rate | None = Field(
        None, description="Real price change per year after first shipment."
    )
    available_from: Month | None = Field(None, description="First month of volume shipment.")
    available_until: Month | None = Field(None, description="Last month it can be bought.")
    life_years: Years | None = Field(None, gt=0, description="Years until it is replaced.")
    supply_stop: SupplyStop | None = Field(
        None, description="A stop of all its deliveries that may come."
    )
    max_it_mw_by_year: by_year(Mw) | None = Field(  # type: ignore[valid-type]
        None, description="Most IT MW that can be delivered in a year."
    )

    @model_validator(mode="after")
    def _sold_before_it_ends(self) -> Self:
        first, last = self.available_from, self.available_until
        if first is not None and last is not None and month_index(last) < month_index(first):
            raise wrong(
                f"{last} is before available_from {first}; it could never be bought.",
                "available_until",
            )
        return self


class ComputeTarget(Strict):
    """The compute that is wanted, by year end."""

    it_mw_by_year: by_year(Mw) = Field(  # type: ignore[valid-type]
        description="IT MW online at each year's end; years between are interpolated."
    )
    low_it_mw_by_year: by_year(Mw) | None = Field(  # type: ignore[valid-type]
        None,
        description="What may be wanted instead: the low end, of which one chance in ten is that "
        "still less will be; interpolated likewise. Counts in two-stage planning.",
    )
    high_it_mw_by_year: by_year(Mw) | None = Field(  # type: ignore[valid-type]
        None,
        description="The high end, of which one chance in ten is that still more will be.",
    )
    shortfall_usd_per_it_mw_year: UsdPerItMwYear = Field(
        description="What a missing IT MW costs per year; a target beyond reach is missed at "
        "this price, never silently."
    )


class SpendLimit(Strict):
    """Capital that may be spent."""

    capex_usd_by_year: by_year(Usd) | None = Field(  # type: ignore[valid-type]
        None, description="Most capital in each year, base-year USD; years left out are free."
    )
    cumulative_usd: Usd | None = Field(None, description="Most capital in total.")
    through: Year | None = Field(None, description="Last year that the total covers.")
    cumulative_usd_by_year: dict[Year, Usd] | None = Field(
        None, description="Most capital from the start through each of some years."
    )

    @model_validator(mode="after")
    def _total_has_a_year(self) -> Self:
        if (self.cumulative_usd is None) != (self.through is None):
            missing = "through" if self.through is None else "cumulative_usd"
            raise wrong("is missing; cumulative_usd and through go together.", missing)
        return self
