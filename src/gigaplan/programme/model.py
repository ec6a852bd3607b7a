"""The programme: one YAML file that says what is wanted and what could be used.

Reading the file is in `reading`; what the catalogue adds is in `resolve`.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gigaplan.core.errors import nearest
from gigaplan.core.timeline import month_index
from gigaplan.programme.base import Month, Name, Quantiles, Strict, Text, Year, by_year, wrong
from gigaplan.programme.compute import Accelerator, Campus, ComputeTarget, SpendLimit
from gigaplan.programme.funding import Company, FinanceTerms, Instrument, JointVenture, ProjectDebt
from gigaplan.programme.places import Site, Zone
from gigaplan.programme.quantities import Fraction, Mw, UsdPerTonne
from gigaplan.programme.supply import PowerProject

SCHEMA_VERSION = 1


class Planning(Strict):
    """When investment is decided and how it is weighed."""

    first_year: Year = Field(description="First year of decisions.")
    last_year: Year = Field(description="Last year of decisions.")
    discount_fraction: Fraction = Field(description="Real discount rate.")
    representative_days: int = Field(
        8, strict=True, ge=1, le=365, description="Days of a year that dispatch is planned on."
    )
    reserve_margin_fraction: Fraction = Field(
        0.0, description="Firm supply beyond the peak facility load of each site."
    )
    integer_units: bool = Field(True, description="Whole units and phases.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_year < self.first_year:
            raise wrong(f"last_year {self.last_year} is before first_year {self.first_year}.")
        if self.last_year - self.first_year >= 40:
            raise wrong("at most 40 years of decisions are allowed.")
        return self


class Uncertainty(Strict):
    """Shared causes that tie the draws of different projects together."""

    correlation_fraction: dict[
        Literal["licensing", "supply_chain", "labour", "grid", "chips"], Fraction
    ] = Field(
        default_factory=dict,
        description="Share of a stage's variance that its shared cause explains; "
        "catalogue for those left out.",
    )
    design_hold_per_year: Fraction | None = Field(
        None, description="Chance per year of a hold on all units of a new reactor design."
    )
    design_hold_months: Quantiles | None = Field(None, description="Length of such a hold.")


class Policy(Strict):
    """Clean energy, carbon and lost load."""

    clean_share_fraction: by_year(Fraction) | None = Field(  # type: ignore[valid-type]
        None, description="Least clean share of the year's energy; years between hold the last."
    )
    carbon_usd_per_tonne: UsdPerTonne = Field(0.0, description="Price put on carbon.")


class Slots(Strict):
    """A scarce thing that several projects need."""

    title: Text = Field(description="Name for people.")
    technologies: list[Name] = Field(min_length=1, description="Technologies that need it.")
    mw_by_year: by_year(Mw) = Field(  # type: ignore[valid-type]
        description="Most MW that can begin service in a year; the last holds after."
    )


class Rule(Strict):
    """A condition between projects and campuses."""

    kind: Literal["requires", "either_or"] = Field(
        description="requires: the first is built only with the second; "
        "either_or: at most one is built."
    )
    first: Name = Field(description="Power project.")
    second: Name = Field(description="Power project.")


class Programme(Strict):
    """What the user writes."""

    gigaplan: Literal[1] = Field(description="Version of this file's form.")
    name: Name = Field(description="Short name.")
    title: Text = Field(description="Name for people.")
    description: Text | None = Field(None, description="What this programme is.")
    base_year: Year = Field(description="Year of all USD in this file.")
    start: Month = Field(description="First month of delivery and cash flow.")
    seed: int = Field(1, strict=True, ge=0, le=2**32 - 1, description="Seed of all draws.")
    planning: Planning
    target: ComputeTarget
    spend_limit: SpendLimit = Field(default_factory=SpendLimit, description="Capital.")
    policy: Policy = Field(default_factory=Policy, description="Clean energy and carbon.")
    uncertainty: Uncertainty = Field(default_factory=Uncertainty, description="Shared causes.")
    zones: dict[Name, Zone] = Field(min_length=1, description="Power market areas.")
    sites: dict[Name, Site] = Field(min_length=1, description="Places.")
    campuses: dict[Name, Campus] = Field(min_length=1, description="IT capacity.")
    accelerators: dict[Name, Accelerator] = Field(min_length=1, description="Chip systems.")
    power: dict[Name, PowerProject] = Field(default_factory=dict, description="Supply options.")
    slots: dict[Name, Slots] = Field(default_factory=dict, description="Scarce things.")
    rules: list[Rule] = Field(default_factory=list, description="Conditions between projects.")
    company: Company | None = Field(None, description="The parent, if its cash pays.")
    instruments: dict[Name, Instrument] = Field(
        default_factory=dict, description="Sources of money."
    )
    finance: FinanceTerms

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        problems = [*self._unknown_names(), *self._wrong_dates(), *self._wrong_targets()]
        if problems:
            path, message = problems[0]
            raise PydanticCustomError(
                "programme", "{message}", {"message": message, "path": path, "all": problems}
            )
        return self

    def _unknown_names(self) -> list[tuple[tuple[str | int, ...], str]]:
        found: list[tuple[tuple[str | int, ...], str]] = []

        def refer(path: tuple[str | int, ...], name: str, group: str) -> None:
            allowed = getattr(self, group)
            if name not in allowed:
                hint = nearest(name, allowed) or f"There are: {', '.join(allowed) or 'none'}."
                found.append((path, f"'{name}' is not one of the file's {group}. {hint}"))

        for key, site in self.sites.items():
            refer(("sites", key, "zone"), site.zone, "zones")
        for key, campus in self.campuses.items():
            refer(("campuses", key, "site"), campus.site, "sites")
            for i, name in enumerate(campus.accelerators):
                refer(("campuses", key, "accelerators", i), name, "accelerators")
        for key, project in self.power.items():
            if project.site is not None:
                refer(("power", key, "site"), project.site, "sites")
            if project.zone is not None:
                refer(("power", key, "zone"), project.zone, "zones")
        for i, rule in enumerate(self.rules):
            refer(("rules", i, "first"), rule.first, "power")
            refer(("rules", i, "second"), rule.second, "power")
        for key, instrument in self.instruments.items():
            if isinstance(instrument, JointVenture):
                refer(("instruments", key, "campus"), instrument.campus, "campuses")
            if isinstance(instrument, ProjectDebt):
                for i, name in enumerate(instrument.projects):
                    refer(("instruments", key, "projects", i), name, "power")
        return found

    def _wrong_dates(self) -> list[tuple[tuple[str | int, ...], str]]:
        found: list[tuple[tuple[str | int, ...], str]] = []
        start = month_index(self.start)
        if start // 12 > self.planning.first_year:
            found.append(
                (
                    ("start",),
                    f"{self.start} is after the first planning year "
                    f"{self.planning.first_year}; start in or before it.",
                )
            )
        last = month_index(self.finance.last)
        if last // 12 < self.planning.last_year:
            found.append(
                (
                    ("finance", "last"),
                    f"{self.finance.last} is before the last planning year "
                    f"{self.planning.last_year}; cash flows must cover it.",
                )
            )
        for key, project in self.power.items():
            option = project.option
            if option is not None and month_index(option.exercise_by) < start:
                found.append(
                    (
                        ("power", key, "option", "exercise_by"),
                        f"{option.exercise_by} is before "
                        f"the programme's start {self.start}; this option can never be exercised.",
                    )
                )
        return found

    def _wrong_targets(self) -> list[tuple[tuple[str | int, ...], str]]:
        """Return targets that no set of the file's campuses can reach, whatever is spent."""
        most = sum(p.it_mw for campus in self.campuses.values() for p in campus.phases)
        return [
            (
                ("target", "it_mw_by_year", year),
                f"{wanted:g} IT MW is more than all phases of all "
                f"campuses together ({most:g} IT MW); add phases or lower the target.",
            )
            for year, wanted in self.target.it_mw_by_year.items()
            if wanted > most * (1 + 1e-9)
        ]
