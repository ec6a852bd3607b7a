"""Supply technologies: what a unit costs, how it runs, how long it takes to build."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Literal

from gigaplan.catalogue.entry import Maybe, Needed, TypedEntry
from gigaplan.catalogue.figures import Figure, read_rows
from gigaplan.core.errors import InputError, Problem

STAGES: tuple[str, ...] = ("licence", "site", "long_lead", "construct", "fuel", "commission")
"""The stages a unit passes; a technology has those that apply to it."""

Basis = Literal["estimate", "market", "outturn", "contract"]


@dataclass(frozen=True)
class Technology(TypedEntry):
    """A supply technology.

    ``overnight_usd_per_kw`` holds neither interest during construction nor, for
    ``overnight_basis`` estimate, the overrun of the reference class: apply it
    once. ``market`` is a price paid today, ``outturn`` a cost after overrun,
    ``contract`` means that the supplier carries the capital. For a battery it
    is the power part; ``energy_usd_per_kwh`` is the energy part.
    ``learning_rate_fraction`` is per doubling of the programme's own units of a
    design; ``world_learning_rate_fraction`` per doubling of the world's.

    Parameters
    ----------
    fuel : str
        Entry of the kind fuel; empty if none is burnt.
    clean : bool
        Whether its energy counts as clean.
    reference_class : str
        Entry of the kind reference_class.
    credit : str
        Entry of the kind tax; empty if none.
    overnight_basis : {'estimate', 'market', 'outturn', 'contract'}
        What kind of number the overnight cost is.
    """

    of_kind: ClassVar[str] = "technology"

    fuel: str
    clean: bool
    reference_class: str
    credit: str
    overnight_basis: Basis

    overnight_usd_per_kw = Needed()
    fixed_om_usd_per_kw_year = Needed()
    variable_om_usd_per_mwh = Needed()
    heat_rate_mmbtu_per_mwh = Needed()
    co2_kg_per_mwh = Needed()
    water_m3_per_mwh = Needed()
    life_years = Needed()
    forced_outage_fraction = Needed()
    mttr_hours = Needed()
    planned_outage_fraction = Needed()
    capacity_credit_fraction = Needed()
    learning_rate_fraction = Needed()
    macrs_years = Needed()
    ramp_fraction_per_minute = Needed()
    min_load_fraction = Needed()
    unit_mw = Maybe()
    nth_overnight_usd_per_kw = Maybe()
    energy_usd_per_kwh = Maybe()
    nth_energy_usd_per_kwh = Maybe()
    grid_link_usd_per_kw = Maybe()
    ppa_usd_per_mwh = Maybe()
    rent_term_years = Maybe()
    world_learning_rate_fraction = Maybe()
    storage_hours = Maybe()
    round_trip_efficiency_fraction = Maybe()
    boost_mw = Maybe()
    boost_hours = Maybe()
    refuelling_cycle_months = Maybe()
    refuelling_days = Maybe()
    licence_fail_probability = Maybe()
    abandoned_per_year = Maybe()

    @property
    def stages(self) -> Mapping[str, Figure]:
        """The months of each stage it passes: low, value, high are P10, P50, P90."""
        return {s: self.figure(f"{s}_months") for s in STAGES if f"{s}_months" in self.by_field}

    @property
    def spend_fractions(self) -> Mapping[str, float]:
        """The share of overnight cost spent in each stage; adds up to one."""
        return {
            s: self.value(f"{s}_spend_fraction")
            for s in STAGES
            if f"{s}_spend_fraction" in self.by_field
        }


@cache
def technology(name: str) -> Technology:
    """Return a supply technology.

    Raises
    ------
    InputError
        If there is none of this name; the hint names the nearest.
    """
    terms = _terms().get(name)
    if terms is None:
        return Technology.named(name, **dict.fromkeys(_TERM_NAMES, ""))  # raises
    basis = terms["overnight_basis"]
    if basis not in ("estimate", "market", "outturn", "contract"):
        raise InputError(Problem(f"overnight_basis '{basis}' is not allowed.", field=name))
    return Technology.named(
        name,
        fuel=terms["fuel"],
        clean=terms["clean"] == "yes",
        reference_class=terms["reference_class"],
        credit=terms["credit"],
        overnight_basis=basis,
    )


_TERM_NAMES = ("fuel", "clean", "reference_class", "credit", "overnight_basis")


@cache
def _terms() -> Mapping[str, dict[str, str]]:
    return {row["entry"]: row for row in read_rows("technology_terms.csv")}
