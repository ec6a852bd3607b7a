"""Power projects and their contracts."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from gigaplan.core.timeline import month_index
from gigaplan.programme.base import (
    Count,
    Month,
    Name,
    Quantiles,
    Strict,
    Text,
    by_year,
    first_fall,
    wrong,
)
from gigaplan.programme.compute import Status
from gigaplan.programme.quantities import (
    Fraction,
    Hours,
    KgPerMwh,
    M3PerMwh,
    MmbtuPerMwh,
    Months,
    Mw,
    Rate,
    Usd,
    UsdPerKw,
    UsdPerKwh,
    UsdPerKwYear,
    UsdPerMwh,
    Years,
)

Stage = Literal["licence", "site", "long_lead", "construct", "fuel", "commission"]


class Own(Strict):
    """The project is built and owned: its capital and running cost are the programme's."""

    kind: Literal["own"] = "own"


class Ppa(Strict):
    """Energy is bought at a price; the seller pays for the plant."""

    kind: Literal["ppa"] = "ppa"
    price_usd_per_mwh: UsdPerMwh = Field(description="Price in the base year's USD.")
    escalation_fraction: Rate = Field(
        0.0, description="Real change of the price per year after the start."
    )
    term_years: Years = Field(gt=0, description="Length of the contract from first delivery.")
    take: Literal["unit_contingent", "take_or_pay"] = Field(
        "unit_contingent",
        description="unit_contingent: pay for what the unit makes; take_or_pay: pay for the "
        "expected output whether used or not.",
    )


class Prepaid(Strict):
    """Energy is bought with money paid before the plant runs, and a lower price after."""

    kind: Literal["prepayment"] = "prepayment"
    prepaid_usd_per_kw: UsdPerKw = Field(description="Paid ahead, spread over construction.")
    price_usd_per_mwh: UsdPerMwh = Field(description="Price of energy after that.")
    term_years: Years = Field(gt=0, description="Length of the contract from first delivery.")


class Tolling(Strict):
    """The plant's capacity is rented; fuel is the programme's own."""

    kind: Literal["tolling"] = "tolling"
    capacity_usd_per_kw_year: UsdPerKwYear = Field(description="Rent of the capacity.")
    term_years: Years = Field(gt=0, description="Length of the contract from first delivery.")


Contract = Annotated[Own | Ppa | Prepaid | Tolling, Field(discriminator="kind")]


class PurchaseOption(Strict):
    """A right, never an obligation: it is no capacity until exercised."""

    exercise_by: Month = Field(description="Last month it may be exercised.")
    price_usd: Usd = Field(0.0, description="Paid to exercise it.")
    alternative_usd_per_mwh: UsdPerMwh | None = Field(
        None,
        description="What such energy costs from elsewhere, as a price that is agreed for the "
        "whole term; low and high: one chance in ten beyond each by exercise_by. The zone's "
        "power price and its range if left out.",
    )


class Bridge(Strict):
    """A rule that orders power for a site that waits for it."""

    short_it_mw: Mw = Field(
        gt=0,
        description="It is ordered, once, when halls with chips are forecast to lack power for so "
        "many IT MW by the time that it would come.",
    )
    lead_months: Quantiles = Field(description="Months from the order until it serves.")


class StorageTerms(Strict):
    """Storage built into a project or the energy part of a battery."""

    energy_hours: Hours = Field(gt=0, description="Energy capacity over rated power.")
    energy_usd_per_kwh: UsdPerKwh | None = Field(
        None, description="Cost of the energy part; catalogue if left out."
    )


class Estimate(Strict):
    """What kind of number the project's own cost and dates are."""

    outside_view_applied: bool = Field(
        False,
        description="True if the estimate already holds the overrun of its reference class; "
        "then it is not uplifted again.",
    )
    outside_view_weight_fraction: Fraction = Field(
        0.5, description="Weight of the reference class against the project's own estimate."
    )
    past_projects_file: Text | None = Field(
        None,
        description="Path, from the programme's folder, of a CSV file of your own past projects; "
        "their final over estimated cost is then the reference class.",
    )


class PowerProject(Strict):
    """A supply option: units of a technology, behind the meter or in the zone.

    Figures left out come from the catalogue's technology.
    """

    title: Text = Field(description="Name for people.")
    technology: Name = Field(description="Catalogue technology.")
    site: Name | None = Field(None, description="Site it serves behind the meter.")
    zone: Name | None = Field(None, description="Zone it stands in, if not behind the meter.")
    status: Status = Field("announced", description="As for campus phases.")
    earliest: Month = Field(description="Month the first unit is announced for ('as early as').")
    unit_mw: Mw | None = Field(None, gt=0, description="Net MW of a unit; catalogue if left out.")
    units: Count | None = Field(
        None, description="Most units; left out: any number up to max_mw (continuous)."
    )
    max_mw: Mw | None = Field(None, description="Most MW, for what is not built in units.")
    units_by_month: dict[Month, Count] | None = Field(
        None, description="Units in total that are announced by each month, rising."
    )
    unit_interval_months: Months = Field(
        0.0, description="Months between the starts of one unit and the next."
    )
    design: Name | None = Field(
        None,
        description="Units of one design learn from and are held by each other; "
        "the technology if left out.",
    )
    contract: Contract = Field(default_factory=Own, description="Commercial form.")
    option: PurchaseOption | None = Field(None, description="Given if the project is a right.")
    bridge: Bridge | None = Field(
        None,
        description="Given if the project is no part of the plan but is ordered by a rule when "
        "power runs late; earliest is then the first month it may be ordered.",
    )
    estimate: Estimate = Field(default_factory=Estimate, description="Kind of the estimate.")
    overnight_usd_per_kw: UsdPerKw | None = Field(None, description="Capital without interest.")
    fixed_om_usd_per_kw_year: UsdPerKwYear | None = Field(None, description="Fixed O&M.")
    variable_om_usd_per_mwh: UsdPerMwh | None = Field(None, description="Variable O&M.")
    heat_rate_mmbtu_per_mwh: MmbtuPerMwh | None = Field(None, description="Fuel per MWh.")
    co2_kg_per_mwh: KgPerMwh | None = Field(None, description="Carbon at the stack.")
    water_m3_per_mwh: M3PerMwh | None = Field(None, description="Water consumed.")
    life_years: Years | None = Field(None, gt=0, description="Operating life.")
    forced_outage_fraction: Fraction | None = Field(None, description="Forced outage rate.")
    learning_rate_fraction: Rate | None = Field(
        None, lt=1, description="Fall of cost with each doubling of the design's completed units."
    )
    forgetting_per_year: Fraction = Field(
        0.0, description="Share of a completed unit's experience that is lost in each year since."
    )
    licence_fail_probability: Fraction | None = Field(
        None, description="Chance that the licence is refused at the first try."
    )
    abandoned_per_year: Fraction | None = Field(
        None,
        lt=1,
        description="Chance in a year that the project is given up while it is not finished; "
        "units that run by then stay.",
    )
    stage_months: dict[Stage, Quantiles] | None = Field(
        None, description="Durations by stage; catalogue for those left out."
    )
    licence_months_done: Months = Field(
        0.0, description="Months of the licence stage already behind at the programme's start."
    )
    storage: StorageTerms | None = Field(None, description="Storage that comes with it.")
    credit: Literal["48e", "45y", "45u", "45j", "none"] | None = Field(
        None, description="Federal tax credit of an owned plant; the technology's if left out."
    )
    max_units_per_year: by_year(Count) | None = Field(  # type: ignore[valid-type]
        None, description="Most units that can begin service in a year."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.site is None and self.zone is None:
            raise wrong("is missing; give site (behind the meter) or zone.", "site")
        if self.site is not None and self.zone is not None:
            raise wrong("stands beside site; give site (behind the meter) or zone.", "zone")
        if self.units is None and self.max_mw is None:
            raise wrong("is missing; give units (whole units) or max_mw (any amount).", "max_mw")
        if self.units is not None and self.max_mw is not None:
            raise wrong(
                "stands beside units; give units (whole units) or max_mw (any amount).", "max_mw"
            )
        if self.option is not None and self.status != "optional":
            raise wrong(
                f"found '{self.status}'; a project with an option is a right only, so its status "
                "is optional.",
                "status",
            )
        if self.bridge is not None:
            self._check_bridge()
        if self.units_by_month is not None:
            self._check_announced(self.units_by_month)
        return self

    def _check_bridge(self) -> None:
        if self.site is None:
            raise wrong("is missing; bridge power serves one site, behind the meter.", "site")
        if self.status != "optional":
            raise wrong(
                f"found '{self.status}'; whether bridge power comes is its rule's to say, so its "
                "status is optional.",
                "status",
            )
        if self.max_mw is None:
            raise wrong("is missing; bridge power is ordered as one amount.", "max_mw")
        if self.contract.kind not in ("own", "tolling"):
            raise wrong(
                f"found {self.contract.kind}; bridge power is owned or rented (own, tolling).",
                "contract",
            )
        if self.option is not None:
            raise wrong("stands beside bridge; a rule orders it, no option is exercised.", "option")

    def _check_announced(self, announced: dict[str, int]) -> None:
        at = "units_by_month"
        months, counts = list(announced), list(announced.values())
        late = first_fall([month_index(month) for month in months])
        if late is not None:
            raise wrong(
                f"{months[late]} stands after {months[late - 1]}; write the months rising.",
                *(at, months[late]),
            )
        less = first_fall(counts)
        if less is not None:
            raise wrong(
                f"found {counts[less]} after {counts[less - 1]}; each is the number of units in "
                "total by then.",
                *(at, months[less]),
            )
        if self.units is None:
            raise wrong("needs units: how many units there are at most.", at)
        if months and counts[-1] > self.units:
            raise wrong(
                f"reaches {counts[-1]} units; units allows {self.units}.", *(at, months[-1])
            )
        if months and month_index(months[0]) < month_index(self.earliest):
            raise wrong(f"{months[0]} is before earliest {self.earliest}.", *(at, months[0]))
