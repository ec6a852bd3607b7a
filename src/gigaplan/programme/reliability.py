"""What stops a site's power or its campus, and how much gas it may burn."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from gigaplan.programme.base import Strict, Text, wrong
from gigaplan.programme.quantities import (
    Celsius,
    EventsPerYear,
    Fraction,
    Hours,
    Mmbtu,
    MmbtuPerHour,
)


class GasSupply(Strict):
    """Gas at a site: what its pipeline carries, a year's budget, and how often it stops."""

    pipeline_mmbtu_per_hour: MmbtuPerHour | None = Field(
        None, description="Most gas that the pipeline carries; no limit if left out."
    )
    budget_mmbtu_per_year: Mmbtu | None = Field(
        None,
        description="Most gas in a calendar year, released by month; no limit if left out.",
    )
    stops_per_year: EventsPerYear = Field(
        0.0, description="Events a year in which no gas comes, in the mean over weather years."
    )
    stop_hours: Hours = Field(24.0, description="Mean length of such an event.")
    stops_below_celsius: Celsius | None = Field(
        None, description="Events begin only in hours colder than this; in any if left out."
    )

    @model_validator(mode="after")
    def _stops_last(self) -> Self:
        if self.stops_per_year > 0 and self.stop_hours <= 0:
            raise wrong("found 0 hours; an event lasts longer than that.", "stop_hours")
        return self


class CampusEvent(Strict):
    """Events of the campus itself that stop part of its load, such as those of its cooling."""

    name: Text = Field(description="Name for people, unique at the site.")
    mttf_hours: Hours = Field(description="Mean hours between events.")
    mttr_hours: Hours = Field(description="Mean hours that an event lasts.")
    lost_fraction: Fraction = Field(1.0, description="Part of the load that stands still.")

    @model_validator(mode="after")
    def _hours_are_some(self) -> Self:
        for name in ("mttf_hours", "mttr_hours"):
            if getattr(self, name) <= 0:
                raise wrong("found 0 hours; more are needed.", name)
        return self


class Feeds(Strict):
    """Lines of a grid connection that fail apart: two that can each carry all are N-1."""

    count: Annotated[int, Field(ge=1, le=8)] = Field(description="Number of feeds.")
    each_fraction: Fraction = Field(
        1.0, description="Part of the connection's MW that one feed can carry."
    )

    @model_validator(mode="after")
    def _carry_all(self) -> Self:
        if self.count * self.each_fraction < 1 - 1e-9:
            raise wrong(
                f"{self.count} feeds of {self.each_fraction:g} carry less than the connection; "
                "their fractions must add up to 1 or more.",
                "each_fraction",
            )
        return self
