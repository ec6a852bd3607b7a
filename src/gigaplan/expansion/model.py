"""What an expansion problem is made of: plain frozen dataclasses over numbers and arrays.

Shapes. A value *by period* is a number (the same in every period) or an array of
shape [period]. A value *by hour* is a number, an array of shape [hour] (the same
year in every period), or of shape [period, hour]; [period, 1] gives one number a
period. An "hour" is one step of `Hours`: an hour of a full year or of a
representative period.

Money is real USD of one base year. Years are calendar years; what is available
from a year on may serve from the first period that begins in or after that year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

import numpy as np

from gigaplan.expansion.options import (
    Accelerator,
    Campus,
    Connection,
    FloatArray,
    PerHour,
    PerPeriod,
    Storage,
    Supply,
)


@dataclass(frozen=True)
class Period:
    """An investment period; decisions take effect at its beginning.

    Parameters
    ----------
    year : int
        Calendar year it begins in.
    years : float
        How many years it lasts.
    discount_factor : float
        Present value of one USD paid in one of its years (the mean over them).
    """

    year: int
    years: float = 1.0
    discount_factor: float = 1.0

    @property
    def weight(self) -> float:
        """Present value of one USD a year through the whole period."""
        return self.years * self.discount_factor


@dataclass(frozen=True)
class Hours:
    """The steps of operation that stand for a year.

    Parameters
    ----------
    weights : array [hour]
        Hours of the year that each step stands for; they sum to 8,760 for a whole year.
    chain_lengths : tuple of int
        How many consecutive steps each chain has (a representative day, a week, or the
        whole year). Storage ends each chain as full as it began it.
    step_hours : float
        Length of a step in hours; state of charge moves by it.
    """

    weights: FloatArray
    chain_lengths: tuple[int, ...]
    step_hours: float = 1.0

    @classmethod
    def chronology(cls, count: int = 8760) -> Hours:
        """Return `count` consecutive hours of weight one in one chain."""
        return cls(np.ones(count), (count,))

    def __len__(self) -> int:
        return len(self.weights)


@dataclass(frozen=True, kw_only=True)
class Zone:
    """A power market area that sites draw grid energy from.

    Parameters
    ----------
    price_usd_per_mwh : by hour
        Market price.
    dirty_fraction : by hour
        Share of market energy that is not clean.
    co2_t_per_mwh : by hour
        Carbon of market energy.
    sale_price_fraction : float
        Share of the market price that surplus of zone projects earns; 0: no surplus is sold.
    max_import_mw : by period, optional
        Depth of the market: most that all its sites together may buy in an hour.
    """

    name: str
    price_usd_per_mwh: PerHour
    dirty_fraction: PerHour = 0.0
    co2_t_per_mwh: PerHour = 0.0
    sale_price_fraction: float = 0.0
    max_import_mw: PerPeriod | None = None


@dataclass(frozen=True, kw_only=True)
class ShedTier:
    """Load that may go unserved: `load_fraction` of the site's load at `usd_per_mwh`."""

    name: str
    load_fraction: float
    usd_per_mwh: float


@dataclass(frozen=True, kw_only=True)
class Site:
    """A place where IT load stands.

    Parameters
    ----------
    zone : str, optional
        Zone it imports from; None: no grid.
    it_load_fraction : by hour
        IT load over online IT MW.
    pue : by hour
        Facility MW per MW of IT load.
    connection_mw : by period
        Facility MW of grid connection in hand.
    delivery_usd_per_mwh : by hour
        Paid on each MWh through the connection, above the energy's price.
    shed : tuple of ShedTier
        Load that may go unserved, cheapest first; empty: all load is served.
    export_price_fraction : float, optional
        Share of the zone's price that exported energy earns; None: no export.
    reserve_margin_fraction : float, optional
        Accredited capacity over peak facility load, less one; None: not asked.
    reserve_mw_per_it_mw : float, optional
        Facility MW that an online IT MW counts for in the reserve margin; None: what it
        draws in its highest hour.
    connection_credit_fraction : float
        Accredited share of the connection.
    water_m3_per_it_mwh : by hour
        Water that cooling uses.
    max_water_m3 : by period, optional
        Most water in a year, cooling and behind-the-meter supply together.
    land_acres : float, optional
        Land in hand.
    """

    name: str
    zone: str | None = None
    it_load_fraction: PerHour = 1.0
    pue: PerHour = 1.0
    connection_mw: PerPeriod = 0.0
    delivery_usd_per_mwh: PerHour = 0.0
    shed: tuple[ShedTier, ...] = ()
    export_price_fraction: float | None = None
    reserve_margin_fraction: float | None = None
    reserve_mw_per_it_mw: float | None = None
    connection_credit_fraction: float = 1.0
    water_m3_per_it_mwh: PerHour = 0.0
    max_water_m3: PerPeriod | None = None
    land_acres: float | None = None


@dataclass(frozen=True, kw_only=True)
class Goal:
    """The compute that is wanted, as a target, a value, or both.

    Parameters
    ----------
    target_it_mw : by period, optional
        IT MW online in all.
    shortfall_usd_per_it_mw_year : by period, optional
        What a missing IT MW costs a year; None: the target is met.
    value_usd_per_it_mw_year, value_usd_per_exaflops_year : by period
        Worth of a year of online compute; counted against cost.
    """

    target_it_mw: PerPeriod | None = None
    shortfall_usd_per_it_mw_year: PerPeriod | None = None
    value_usd_per_it_mw_year: PerPeriod = 0.0
    value_usd_per_exaflops_year: PerPeriod = 0.0


@dataclass(frozen=True, kw_only=True)
class CumulativeCapex:
    """Most capital spent from the first period through the one that holds `through_year`."""

    through_year: int
    usd: float


@dataclass(frozen=True, kw_only=True)
class Fund:
    """A source of capital: an instrument with limits of its own.

    Parameters
    ----------
    usd : by period
        Most that it gives in a period; infinity where free.
    total_usd : float
        Most that it gives in all.
    pays_for : tuple of str, optional
        Names of the options and campuses whose capital it may pay; None: all.
    share_fraction : float
        Most of their capital in a period that it may pay.
    cost_fraction : by period
        What a USD of it costs in fees, and in interest above the rate at which capital is spread,
        in present value of the period it is drawn in.
    """

    name: str
    usd: PerPeriod = np.inf
    total_usd: float = np.inf
    pays_for: tuple[str, ...] | None = None
    share_fraction: float = 1.0
    cost_fraction: PerPeriod = 0.0


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What all sites share.

    Parameters
    ----------
    capex_usd : by period, optional
        Most capital spent in a period, undiscounted; infinity where free.
    cumulative_capex : tuple of CumulativeCapex
        Most capital in total.
    funds : tuple of Fund
        Where capital comes from; with any, all of it must come from these.
    slots : mapping of str to by period
        Slots of each class that can be had in a period.
    clean_share_fraction : by period, optional
        Least clean share of facility energy, all sites together.
    clean_matching : {"annual", "hourly"}
        "annual": clean energy made in the year, sold or used, is at least the share of demand.
        "hourly": energy that is not clean, in the hour it is drawn, adds up to at most the
        rest of demand; a clean surplus of another hour does not count, stored energy does.
    carbon_t : by period, optional
        Most carbon in a year.
    carbon_usd_per_t : by period
        Price of carbon.
    """

    capex_usd: PerPeriod | None = None
    cumulative_capex: tuple[CumulativeCapex, ...] = ()
    funds: tuple[Fund, ...] = ()
    slots: Mapping[str, PerPeriod] = field(default_factory=dict)
    clean_share_fraction: PerPeriod | None = None
    clean_matching: Literal["annual", "hourly"] = "annual"
    carbon_t: PerPeriod | None = None
    carbon_usd_per_t: PerPeriod = 0.0


@dataclass(frozen=True)
class EitherOr:
    """At most `at_most` of the named options or campuses are built."""

    names: tuple[str, ...]
    at_most: int = 1


@dataclass(frozen=True)
class Prerequisite:
    """`name` is built only once `required_mw` of `requires` stand."""

    name: str
    requires: str
    required_mw: float


Rule: TypeAlias = EitherOr | Prerequisite


@dataclass(frozen=True, kw_only=True)
class ExpansionProblem:
    """Everything `solve` needs; checked when made.

    Parameters
    ----------
    capital_rate_fraction : float
        Rate at which capital is spread into equal yearly payments over an option's life.
    goal : Goal, optional
        Compute wanted; None: every hall that stands is run.

    Raises
    ------
    InputError
        With every problem found.
    """

    periods: tuple[Period, ...]
    hours: Hours
    sites: tuple[Site, ...]
    zones: tuple[Zone, ...] = ()
    supplies: tuple[Supply, ...] = ()
    storages: tuple[Storage, ...] = ()
    connections: tuple[Connection, ...] = ()
    campuses: tuple[Campus, ...] = ()
    accelerators: tuple[Accelerator, ...] = ()
    goal: Goal | None = None
    limits: Limits = field(default_factory=Limits)
    rules: tuple[Rule, ...] = ()
    capital_rate_fraction: float = 0.08

    def __post_init__(self) -> None:
        from gigaplan.expansion.check import check_problem

        check_problem(self)

    def by_period(self, value: PerPeriod) -> FloatArray:
        """Return a value by period as an array [period]."""
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (len(self.periods),))

    def by_hour(self, value: PerHour) -> FloatArray:
        """Return a value by hour as an array [period, hour]."""
        shape = (len(self.periods), len(self.hours))
        return np.broadcast_to(np.asarray(value, dtype=np.float64), shape)
