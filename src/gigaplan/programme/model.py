"""The programme: one YAML file that says what is wanted and what could be used.

Reading the file is in `reading`; what the catalogue adds is in `resolve`.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from gigaplan.core.errors import nearest
from gigaplan.core.timeline import month_index
from gigaplan.programme.base import (
    Count,
    Month,
    Name,
    Names,
    Quantiles,
    Strict,
    Text,
    Year,
    by_year,
    wrong,
)
from gigaplan.programme.compute import Accelerator, Campus, ComputeTarget, SpendLimit
from gigaplan.programme.funding import Company, FinanceTerms
from gigaplan.programme.instruments import (
    ConstructionLoan,
    CreditTransfer,
    Instrument,
    JointVenture,
    TaxEquity,
    pays_for,
    projects_of,
)
from gigaplan.programme.places import Site, Zone
from gigaplan.programme.quantities import Fraction, Mw, Rate, UsdPerTonne
from gigaplan.programme.supply import PowerProject, Stage

SCHEMA_VERSION = 1
_MOST_YEARS = 40
_MOST_LEAD_YEARS = 10
_MOST_YEARS_AFTER = 60
_WORDS = {"power": "power projects"}

_Found = tuple[tuple[str | int, ...], str]


class Planning(Strict):
    """When investment is decided and how it is weighed."""

    first_year: Year = Field(description="First year of decisions.")
    last_year: Year = Field(description="Last year of decisions.")
    discount_fraction: Fraction = Field(description="Real discount rate.")
    representative_days: int | None = Field(
        None,
        strict=True,
        ge=1,
        le=365,
        description="Days that dispatch is planned on; every hour of every weather year if left "
        "out.",
    )
    reserve_margin_fraction: Fraction = Field(
        0.0, description="Firm supply beyond the facility power that all IT MW of a site can draw."
    )
    integer_units: bool = Field(True, description="Whole units and phases.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last_year < self.first_year:
            raise wrong(f"{self.last_year} is before first_year {self.first_year}.", "last_year")
        if self.last_year - self.first_year >= _MOST_YEARS:
            raise wrong(
                f"{self.last_year} is more than {_MOST_YEARS} years from first_year "
                f"{self.first_year}; at most {_MOST_YEARS} years of decisions are allowed.",
                "last_year",
            )
        return self


class Tariff(Strict):
    """A levy on chips that may come, and then stays."""

    per_year: Fraction = Field(lt=1, description="Chance in a year that it comes.")
    rise_fraction: Rate = Field(ge=0, description="What it adds to the price from then on.")


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
    tail_degrees_of_freedom: Annotated[int, Field(strict=True, ge=1, le=1000)] | None = Field(
        None,
        description="Given if all that is drawn for delivery is jointly t: the fewer, the more "
        "often very late comes with very late. Normal if left out.",
    )
    chip_tariff: Tariff | None = Field(None, description="A levy on chips that may come.")


class Policy(Strict):
    """Clean energy, carbon and lost load."""

    clean_share_fraction: by_year(Fraction) | None = Field(  # type: ignore[valid-type]
        None, description="Least clean share of the year's energy; years between hold the last."
    )
    carbon_usd_per_tonne: UsdPerTonne = Field(0.0, description="Price put on carbon.")


class Slots(Strict):
    """A scarce thing that several projects need."""

    title: Text = Field(description="Name for people.")
    technologies: Names = Field(description="Technologies that need it.")
    mw_by_year: by_year(Mw) = Field(  # type: ignore[valid-type]
        description="Most MW that can begin service in a year; the last holds after."
    )


class Team(Strict):
    """Crews, cranes, reviewers: they work on a stage of a few projects at a time."""

    title: Text = Field(description="Name for people.")
    technologies: Names = Field(description="Technologies that need it.")
    stage: Stage = Field(description="Stage that it works on.")
    at_once: Annotated[Count, Field(ge=1)] = Field(description="How many it works on at a time.")


class Rule(Strict):
    """A condition between projects and campuses."""

    kind: Literal["requires", "either_or"] = Field(
        description="requires: the first is built only with the second; "
        "either_or: at most one is built."
    )
    first: Name = Field(description="Power project.")
    second: Name = Field(description="Power project.")

    @model_validator(mode="after")
    def _of_two(self) -> Self:
        if self.first == self.second:
            raise wrong(f"'{self.second}' is the first too; a rule is between two.", "second")
        return self


class Programme(Strict):
    """What the user writes."""

    gigaplan: Literal[1] = Field(description="Version of this file's form.")
    name: Name = Field(description="Short name.")
    title: Text = Field(description="Name for people.")
    description: Text | None = Field(None, description="What this programme is.")
    base_year: Year = Field(description="Year of all USD in this file.")
    start: Month = Field(description="First month of delivery and cash flow.")
    seed: int = Field(1, strict=True, ge=0, le=2**32 - 1, description="Seed of all draws.")
    planning: Planning = Field(description="When investment is decided and how it is weighed.")
    target: ComputeTarget = Field(description="The compute that is wanted.")
    spend_limit: SpendLimit = Field(
        default_factory=SpendLimit, description="Capital that may be spent."
    )
    policy: Policy = Field(default_factory=Policy, description="Clean energy and carbon.")
    uncertainty: Uncertainty = Field(default_factory=Uncertainty, description="Shared causes.")
    zones: dict[Name, Zone] = Field(min_length=1, description="Power market areas, by name.")
    sites: dict[Name, Site] = Field(min_length=1, description="Places, by name.")
    campuses: dict[Name, Campus] = Field(min_length=1, description="IT capacity, by name.")
    accelerators: dict[Name, Accelerator] = Field(
        min_length=1, description="Chip systems, by name."
    )
    power: dict[Name, PowerProject] = Field(
        default_factory=dict, description="Supply options, by name."
    )
    slots: dict[Name, Slots] = Field(default_factory=dict, description="Scarce things, by name.")
    teams: dict[Name, Team] = Field(
        default_factory=dict,
        description="Who serves one after another, by name: in delivery work waits for them.",
    )
    rules: list[Rule] = Field(default_factory=list, description="Conditions between projects.")
    company: Company | None = Field(None, description="The parent, if its cash pays.")
    instruments: dict[Name, Instrument] = Field(
        default_factory=dict, description="Sources of money, by name."
    )
    finance: FinanceTerms = Field(description="How the programme is judged and taxed.")

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        problems = self._unknown_names()
        if not problems:
            problems = [
                *self._wrong_dates(),
                *self._teams_in_each_others_way(),
                *self._wrong_rules(),
                *self._wrong_instruments(),
                *self._wrong_targets(),
            ]
        if problems:
            raise PydanticCustomError("programme", "{count} problems", {"all": problems})
        return self

    def _unknown_names(self) -> list[_Found]:
        found: list[_Found] = []

        def refer(path: tuple[str | int, ...], name: str, group: str) -> None:
            allowed = getattr(self, group)
            if name not in allowed:
                hint = nearest(name, allowed) or f"There are: {', '.join(allowed) or 'none'}."
                what = _WORDS.get(group, group)
                found.append((path, f"'{name}' is not one of the file's {what}. {hint}"))

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
            if (halls := getattr(instrument, "campus", None)) is not None:
                refer(("instruments", key, "campus"), halls, "campuses")
            for i, name in enumerate(projects_of(instrument)):
                refer(("instruments", key, "projects", i), name, "power")
        return found

    def _teams_in_each_others_way(self) -> list[_Found]:
        """Return a problem for each team whose stage already waits for something else."""
        found: list[_Found] = []
        taken: dict[tuple[str, str], str] = {}
        for key, project in self.power.items():
            if project.max_units_per_year is not None:
                taken[project.technology, "construct"] = f"power.{key}.max_units_per_year"
        for key, team in self.teams.items():
            for i, technology in enumerate(team.technologies):
                other = taken.setdefault((technology, team.stage), f"teams.{key}")
                if other != f"teams.{key}":
                    found.append(
                        (
                            ("teams", key, "technologies", i),
                            f"{technology} waits for {other} at the stage {team.stage} already; "
                            "work can wait for one thing at a time.",
                        )
                    )
        return found

    def _wrong_dates(self) -> list[_Found]:
        found: list[_Found] = []
        start, last = month_index(self.start), month_index(self.finance.last)
        first_year, last_year = self.planning.first_year, self.planning.last_year
        if start // 12 > first_year:
            found.append(
                (
                    ("start",),
                    f"{self.start} is after the first planning year {first_year}; "
                    "start in or before it.",
                )
            )
        if start // 12 < first_year - _MOST_LEAD_YEARS:
            found.append(
                (
                    ("start",),
                    f"{self.start} is more than {_MOST_LEAD_YEARS} years before the first "
                    f"planning year {first_year}; start later.",
                )
            )
        if last // 12 < last_year:
            found.append(
                (
                    ("finance", "last"),
                    f"{self.finance.last} is before the last planning year {last_year}; "
                    "cash flows must cover it.",
                )
            )
        if last // 12 > last_year + _MOST_YEARS_AFTER:
            found.append(
                (
                    ("finance", "last"),
                    f"{self.finance.last} is more than {_MOST_YEARS_AFTER} years after the last "
                    f"planning year {last_year}; end earlier.",
                )
            )
        through = self.spend_limit.through
        if through is not None and through < first_year:
            found.append(
                (
                    ("spend_limit", "through"),
                    f"{through} is before the first planning year {first_year}; "
                    "the total would cover nothing.",
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

    def _wrong_rules(self) -> list[_Found]:
        """Return rules that together forbid a project whatever else is built."""
        either = {frozenset((r.first, r.second)) for r in self.rules if r.kind == "either_or"}
        return [
            (
                ("rules", i, "kind"),
                f"'{rule.first}' requires '{rule.second}' here, and another rule lets only one of "
                "the two be built; remove one of the rules.",
            )
            for i, rule in enumerate(self.rules)
            if rule.kind == "requires" and frozenset((rule.first, rule.second)) in either
        ]

    def _wrong_instruments(self) -> list[_Found]:
        found: list[_Found] = []
        venture_of: dict[str, str] = {}
        credits_of: dict[str, str] = {}
        paid: dict[str, float] = {}
        for key, instrument in self.instruments.items():
            for where, what in pays_for(instrument):
                total = paid.get(what, 0.0) + getattr(instrument, "share_of_cost_fraction", 1.0)
                paid[what] = total
                if total > 1 + 1e-9:
                    found.append(
                        (
                            ("instruments", key, where),
                            f"with the instruments before it {total:.0%} of the capital of "
                            f"{what} is paid; 100% is all there is.",
                        )
                    )
            found += [
                (
                    ("instruments", key, "projects", i),
                    f"'{name}' is bought by a contract of kind "
                    f"{self.power[name].contract.kind}; instruments pay for owned projects only.",
                )
                for i, name in enumerate(projects_of(instrument))
                if self.power[name].contract.kind != "own"
            ]
            found += self._credits_claimed_twice(key, instrument, credits_of)
            if isinstance(instrument, JointVenture):
                other = venture_of.setdefault(instrument.campus, key)
                if other != key:
                    found.append(
                        (
                            ("instruments", key, "campus"),
                            f"'{instrument.campus}' is the campus of '{other}' already; "
                            "one venture pays for a campus.",
                        )
                    )
        for key, instrument in self.instruments.items():
            if isinstance(instrument, ConstructionLoan) and instrument.campus in venture_of:
                found.append(
                    (
                        ("instruments", key, "campus"),
                        f"'{venture_of[instrument.campus]}' pays for the halls of "
                        f"'{instrument.campus}' already; write one of the two.",
                    )
                )
        return found

    @staticmethod
    def _credits_claimed_twice(
        key: str, instrument: Instrument, credits_of: dict[str, str]
    ) -> list[_Found]:
        """Return projects whose credits an instrument before has already; note those it has."""
        if not isinstance(instrument, TaxEquity | CreditTransfer):
            return []
        found: list[_Found] = []
        for i, name in enumerate(instrument.projects):
            other = credits_of.setdefault(name, key)
            if other != key:
                found.append(
                    (
                        ("instruments", key, "projects", i),
                        f"the credits of '{name}' go to '{other}' already; a credit is claimed "
                        "once.",
                    )
                )
        return found

    def _wrong_targets(self) -> list[_Found]:
        """Return targets that no set of the file's campuses can reach, whatever is spent."""
        most = sum(p.it_mw for campus in self.campuses.values() for p in campus.phases)
        return [
            (
                ("target", "it_mw_by_year", year),
                f"{wanted:,.15g} IT MW is more than all phases of all campuses together "
                f"({most:,.15g} IT MW); add phases or lower the target.",
            )
            for year, wanted in self.target.it_mw_by_year.items()
            if wanted > most * (1 + 1e-9)
        ]
