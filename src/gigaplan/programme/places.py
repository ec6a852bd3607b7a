"""Zones and sites: where things are."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gigaplan.core.errors import InputError
from gigaplan.core.time_zones import parse_zone
from gigaplan.core.timeline import month_index
from gigaplan.programme.base import (
    Month,
    Name,
    Quantiles,
    Strict,
    Text,
    by_year,
    first_fall,
    wrong,
)
from gigaplan.programme.quantities import (
    Acres,
    CubicMetres,
    Fraction,
    KgPerMwh,
    Latitude,
    Longitude,
    Mw,
    UsdPerKw,
    UsdPerMmbtu,
    UsdPerMwh,
    UsdPerMwhPerGw,
    Years,
)
from gigaplan.programme.reliability import CampusEvent, Feeds, GasSupply


def _time_zone(found: str) -> str:
    try:
        parse_zone(found)
    except InputError as error:
        raise wrong(str(error)) from None
    return found


TimeZone = Annotated[Text, AfterValidator(_time_zone)]
PRICE_UNITS = ("usd_per_mwh", "usd_per_kwh")
CARBON_UNITS = ("kg_per_mwh", "g_per_kwh", "t_per_mwh", "lb_per_mwh")


class SeriesFile(Strict):
    """One column of an hourly CSV file."""

    path: Text = Field(description="Path, from the programme's folder.")
    column: Text = Field(description="The column's header.")
    unit: Text = Field(description="The column's unit, such as usd_per_mwh or kg_per_mwh.")
    time_zone: TimeZone = Field(
        "UTC", description="Time zone of the time stamps, such as Etc/GMT+6."
    )
    hour_label: Literal["beginning", "ending"] = Field(
        "beginning", description="Whether a stamp names the hour's beginning or its end."
    )


class WeatherFile(Strict):
    """A real weather file for a site."""

    path: Text = Field(description="Path, from the programme's folder.")
    format: Literal["epw", "nsrdb", "srw", "csv"] = Field(description="The file's format.")


class Zone(Strict):
    """A power market area: prices, carbon, market depth."""

    title: Text = Field(description="Name for people.")
    market: Name = Field(description="Catalogue market whose figures fill what is left out.")
    power_price_usd_per_mwh: UsdPerMwh | None = Field(
        None, description="Mean wholesale price in the base year; catalogue if left out."
    )
    gas_price_usd_per_mmbtu: by_year(UsdPerMmbtu) | None = Field(  # type: ignore[valid-type]
        None, description="Delivered gas price by year, base-year USD; catalogue if left out."
    )
    carbon_kg_per_mwh: KgPerMwh | None = Field(
        None, description="Mean carbon of grid energy; catalogue if left out."
    )
    clean_share_fraction: Fraction | None = Field(
        None, description="Mean clean share of grid energy; catalogue if left out."
    )
    price_response_usd_per_mwh_per_gw: UsdPerMwhPerGw = Field(
        0.0,
        description="What each GW that a site imports adds to the price of all it imports then.",
    )
    price_file: SeriesFile | None = Field(None, description="Hourly prices from a file.")
    carbon_file: SeriesFile | None = Field(None, description="Hourly carbon from a file.")

    @model_validator(mode="after")
    def _units_fit(self) -> Self:
        for name, allowed in (("price_file", PRICE_UNITS), ("carbon_file", CARBON_UNITS)):
            file: SeriesFile | None = getattr(self, name)
            if file is not None and file.unit not in allowed:
                raise wrong(
                    f"found '{file.unit}'; allowed here: {', '.join(allowed)}.", name, "unit"
                )
        return self


class ConnectionStep(Strict):
    """Grid connection that is promised from a month on."""

    start: Month = Field(description="Month from which the announced connection carries power.")
    mw: Mw = Field(description="Facility MW of connection in total from then on.")
    firm: bool = Field(
        False, description="True if energised already; otherwise its date is drawn in delivery."
    )


class Reinforcement(Strict):
    """Connection that may be bought beyond what is promised."""

    max_mw: Mw = Field(description="Most that can be added.")
    cost_usd_per_kw: UsdPerKw | None = Field(
        None, description="Cost per kW of connection; catalogue if left out."
    )
    earliest: Month = Field(description="First month it could carry power.")


class Community(Strict):
    """Local consent."""

    block_probability_fraction: Fraction = Field(
        description="Chance that opposition stops phases not yet begun."
    )
    delay_months: Quantiles | None = Field(
        None, description="Delay of phases not yet begun that opposition causes if it does not."
    )


class TaxAgreement(Strict):
    """What a site's owner agreed on with those who tax property."""

    halls_abated_fraction: Fraction = Field(0.0, description="Share of halls' tax not paid.")
    halls_years: Years = Field(0.0, description="Years of that from service.")
    servers_abated_fraction: Fraction = Field(0.0, description="Share of servers' tax not paid.")
    servers_years: Years = Field(0.0, description="Years of that from service.")


class SiteTaxes(Strict):
    """Sales and property tax at a site; the catalogue's of its state where left out."""

    sales_tax_fraction: Fraction | None = Field(
        None, description="State and local sales tax on servers."
    )
    sales_exempt_fraction: Fraction | None = Field(
        None, description="Share of servers that are exempt from it."
    )
    hall_property_tax_fraction: Fraction | None = Field(
        None, description="Yearly, on halls' book value."
    )
    server_property_tax_fraction: Fraction | None = Field(
        None, description="Yearly, on servers' book value."
    )
    agreement: TaxAgreement | None = Field(None, description="What need not be paid of it.")


class Site(Strict):
    """A place: coordinates, weather, grid connection by date, land, water, community."""

    title: Text = Field(description="Name for people.")
    zone: Name = Field(description="Zone it draws grid power from.")
    state: Text = Field(description="State or country, for tax and maps, such as OH.")
    latitude: Latitude = Field(description="Degrees north.")
    longitude: Longitude = Field(description="Degrees east; west is negative.")
    cooling: Name = Field(description="Catalogue cooling design.")
    connection: list[ConnectionStep] = Field(
        default_factory=list, description="Announced grid connection, months rising."
    )
    connection_delay_months: Quantiles | None = Field(
        None, description="Delay of connections not yet firm; catalogue queue if left out."
    )
    reinforcement: Reinforcement | None = Field(None, description="Connection that may be added.")
    land_acres: Acres | None = Field(None, description="Land in hand.")
    water_m3_per_year_max: CubicMetres | None = Field(None, description="Most water in a year.")
    connection_withdrawn_fraction: Fraction = Field(
        0.0,
        description="Chance that the steps of connection that are not firm never come: the "
        "utility or the queue withdraws them.",
    )
    community: Community | None = Field(None, description="Local consent.")
    weather_file: WeatherFile | None = Field(None, description="Real weather instead of generated.")
    connection_feeds: Feeds | None = Field(
        None, description="Feeds of the connection that fail apart; one if left out."
    )
    gas_supply: GasSupply | None = Field(
        None, description="Limits of the gas that projects at the site burn; none if left out."
    )
    taxes: SiteTaxes | None = Field(
        None, description="Sales and property tax; by state if left out."
    )
    campus_events: list[CampusEvent] = Field(
        default_factory=list, description="Events of the campus that stop part of its load."
    )

    @model_validator(mode="after")
    def _names_differ(self) -> Self:
        names = [event.name for event in self.campus_events]
        for i, name in enumerate(names):
            if name in names[:i]:
                raise wrong(
                    f"two events are named '{name}'; each needs its own name.",
                    *("campus_events", i, "name"),
                )
        return self

    @model_validator(mode="after")
    def _steps_rise(self) -> Self:
        steps = self.connection
        late = first_fall([month_index(step.start) for step in steps], strictly=True)
        if late is not None:
            raise wrong(
                f"{steps[late].start} is not after the step before it "
                f"({steps[late - 1].start}); write the months rising.",
                *("connection", late, "start"),
            )
        less = first_fall([step.mw for step in steps])
        if less is not None:
            raise wrong(
                f"{steps[less].mw:g} MW is less than the step before it ({steps[less - 1].mw:g} "
                "MW); each step is the connection in total from then on.",
                *("connection", less, "mw"),
            )
        return self
