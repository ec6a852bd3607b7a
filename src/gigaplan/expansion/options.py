"""Options that a plan can build or contract: power, storage, connection, halls, chips.

Shapes and units are those of `gigaplan.expansion.model`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

FloatArray: TypeAlias = NDArray[np.float64]
PerPeriod: TypeAlias = float | Sequence[float] | FloatArray
PerHour: TypeAlias = float | FloatArray

NO_LIMIT_MW = 1e6
"""Most MW (a tenth of the most MWh) of an option whose writer names no limit: a terawatt."""


@dataclass(frozen=True)
class Ownership:
    """Bought and owned: capital, fixed and variable cost are the owner's."""


@dataclass(frozen=True)
class PowerPurchase:
    """Energy bought from another's plant.

    Parameters
    ----------
    price_usd_per_mwh : by hour
        Price of energy.
    take_or_pay_fraction : float
        Share of the energy the contracted capacity could make that is paid for, used or not;
        0: as used. Energy within it costs nothing more when it is used.
    """

    price_usd_per_mwh: PerHour
    take_or_pay_fraction: float = 0.0


@dataclass(frozen=True)
class Prepayment:
    """`prepaid_usd_per_mw` paid like capital when contracted, then a price per MWh used."""

    prepaid_usd_per_mw: PerPeriod
    price_usd_per_mwh: PerHour


Contract: TypeAlias = Ownership | PowerPurchase | Prepayment


@dataclass(frozen=True, kw_only=True)
class Investment:
    """What every option that can be built or contracted has in common.

    Parameters
    ----------
    capex_usd_per_mw : by period
        Overnight capital, by the period it enters service in.
    fixed_usd_per_mw_year : by period
        Fixed cost of all standing capacity, existing too.
    life_years : float
        Years it serves, or the term of its contract; then it is gone.
    earliest_year, latest_year : int, optional
        First and last year in which new capacity may enter service.
    existing_mw : by period
        Capacity already there, as it ages: state what still stands in each period.
    unit_mw : float, optional
        Size of a unit. Given: only whole units are built.
    max_mw : by period
        Most capacity that may stand, existing included.
    max_build_mw : by period, optional
        Most that may enter service in a period.
    min_mw : by period
        Least capacity that stands: what is committed.
    spend_fractions : tuple of float
        Share of capital spent in the period of entry into service, the one before it, and so on.
    sunk_before_start : bool
        Whether the shares that fall before the first period are spent already and count in no
        budget; otherwise they are counted in the first period.
    slot_class : str, optional
        Scarce thing it needs (a turbine, a vendor's reactors), see `Limits.slots`.
    slots_per_mw : float
        How many slots a MW takes.
    acres_per_mw : float
        Land it takes at its site.
    capital_rate_fraction : float, optional
        Rate of its annuity; the problem's if None.
    """

    name: str
    capex_usd_per_mw: PerPeriod = 0.0
    fixed_usd_per_mw_year: PerPeriod = 0.0
    life_years: float = 30.0
    earliest_year: int | None = None
    latest_year: int | None = None
    existing_mw: PerPeriod = 0.0
    unit_mw: float | None = None
    max_mw: PerPeriod = NO_LIMIT_MW
    max_build_mw: PerPeriod | None = None
    min_mw: PerPeriod = 0.0
    spend_fractions: tuple[float, ...] = (1.0,)
    sunk_before_start: bool = False
    slot_class: str | None = None
    slots_per_mw: float = 1.0
    acres_per_mw: float = 0.0
    capital_rate_fraction: float | None = None


@dataclass(frozen=True, kw_only=True)
class Supply(Investment):
    """A power project.

    Parameters
    ----------
    site : str, optional
        Site it stands at, behind the meter.
    zone : str, optional
        Zone it stands in.
    route : {"behind_meter", "zone", "virtual"}
        How its energy counts: at its site; to any site of its zone within that site's
        connection; or sold at the zone's price (a virtual contract: settles in money and
        counts for an annual clean share, serves no load).
    availability : by hour
        Most output over capacity.
    variable_usd_per_mwh : by hour
        Fuel and variable cost; the contract's price comes on top.
    must_run_fraction : float
        Least output over available capacity; behind the meter, what of it finds no use is
        spilled.
    dirty_fraction : float
        Share of its energy that is not clean.
    co2_t_per_mwh, water_m3_per_mwh : float
        Carbon and water of its energy.
    capacity_credit_fraction : float
        Accredited share of its capacity in a site's reserve margin.
    contract : Contract
        Commercial form.
    """

    site: str | None = None
    zone: str | None = None
    route: Literal["behind_meter", "zone", "virtual"] = "behind_meter"
    availability: PerHour = 1.0
    variable_usd_per_mwh: PerHour = 0.0
    must_run_fraction: float = 0.0
    dirty_fraction: float = 0.0
    co2_t_per_mwh: float = 0.0
    water_m3_per_mwh: float = 0.0
    capacity_credit_fraction: float = 0.0
    contract: Contract = field(default_factory=Ownership)


@dataclass(frozen=True, kw_only=True)
class Storage(Investment):
    """Storage behind a site's meter; MW is the rating at the bus, both ways.

    Parameters
    ----------
    duration_hours : float, optional
        MWh per MW. None: energy is chosen apart from power.
    capex_usd_per_mwh, fixed_usd_per_mwh_year : by period
        Cost of the energy part.
    existing_mwh : by period
        Energy already there; with `duration_hours` it follows from the power.
    max_mwh : float
        Most energy that may stand.
    charge_efficiency_fraction, discharge_efficiency_fraction : float
        Bus to store, and store to bus.
    standing_loss_fraction_per_hour : float
        Share of the charge lost in an hour.
    variable_usd_per_mwh : by hour
        Cost of each MWh discharged.
    capacity_credit_fraction : float
        Accredited share of its power.
    """

    site: str
    duration_hours: float | None = None
    capex_usd_per_mwh: PerPeriod = 0.0
    fixed_usd_per_mwh_year: PerPeriod = 0.0
    existing_mwh: PerPeriod = 0.0
    max_mwh: float = 10 * NO_LIMIT_MW
    charge_efficiency_fraction: float = 0.94
    discharge_efficiency_fraction: float = 0.94
    standing_loss_fraction_per_hour: float = 0.0
    variable_usd_per_mwh: PerHour = 0.0
    capacity_credit_fraction: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Connection(Investment):
    """Grid connection that may be added at a site (`Site.connection_mw` is what is in hand)."""

    site: str
    life_years: float = 40.0


@dataclass(frozen=True, kw_only=True)
class Phase:
    """IT capacity of a campus that is built as one.

    Parameters
    ----------
    it_mw : float
        IT MW.
    earliest_year, latest_year : int, optional
        When it may enter service.
    committed_year : int, optional
        It stands from this year on; what was spent on it before the first period is sunk.
    whole : bool
        Built whole or not at all; False: any part of it may be built.
    capex_usd_per_it_mw : by period, optional
        Shell, electrical and cooling; the campus's if None.
    """

    name: str
    it_mw: float
    earliest_year: int | None = None
    latest_year: int | None = None
    committed_year: int | None = None
    whole: bool = True
    capex_usd_per_it_mw: PerPeriod | None = None


@dataclass(frozen=True, kw_only=True)
class Campus:
    """IT capacity at a site, built in phases, filled with accelerators.

    Parameters
    ----------
    existing_it_mw : by period
        Halls already there.
    accelerators : tuple of str
        Generations that may fill it; empty: halls need no chips.
    existing_chip_mw : mapping of str to by period
        IT MW of chips already there, by generation, as they age.
    sequential : bool
        Phases are built in their order.
    """

    name: str
    site: str
    phases: tuple[Phase, ...] = ()
    existing_it_mw: PerPeriod = 0.0
    capex_usd_per_it_mw: PerPeriod = 0.0
    fixed_usd_per_it_mw_year: PerPeriod = 0.0
    life_years: float = 40.0
    accelerators: tuple[str, ...] = ()
    existing_chip_mw: Mapping[str, PerPeriod] = field(default_factory=dict)
    spend_fractions: tuple[float, ...] = (1.0,)
    slot_class: str | None = None
    slots_per_mw: float = 1.0
    acres_per_it_mw: float = 0.0
    sequential: bool = True


@dataclass(frozen=True, kw_only=True)
class Accelerator:
    """A generation of chips, counted in the IT MW it draws.

    Parameters
    ----------
    capex_usd_per_it_mw : by period
        Servers and network.
    exaflops_per_it_mw : float
        Dense EFLOP/s.
    life_years : float
        Years until it is replaced.
    available_from_year, available_until_year : int, optional
        When it can be bought.
    max_it_mw : by period, optional
        Most that can be had in a period, all campuses together; infinity where free.
    """

    name: str
    capex_usd_per_it_mw: PerPeriod
    exaflops_per_it_mw: float = 0.0
    fixed_usd_per_it_mw_year: PerPeriod = 0.0
    life_years: float = 5.0
    available_from_year: int | None = None
    available_until_year: int | None = None
    max_it_mw: PerPeriod | None = None
    spend_fractions: tuple[float, ...] = (1.0,)
    slot_class: str | None = None
    slots_per_mw: float = 1.0
