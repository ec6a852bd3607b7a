"""What a system is made of: units, storage, grid, load tiers, and what differs by draw.

Every class is frozen and checks itself; `systems.build` turns them into the
arrays of the compiled loops.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.operations.outage_model import (
    Derating,
    Durations,
    Refuelling,
    TemperatureOutages,
    check_at_least,
    check_fraction,
)

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Hourly = float | Floats
"""A constant, or an array of shape [hour] or [hour, weather]."""

_DAYS = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
MONTH_START_HOUR = np.concatenate([[0], np.cumsum(24 * _DAYS)])
"""First hours of the months of a year without leap day, and the hour past its end."""
MONTH_OF_HOUR = np.repeat(np.arange(12), 24 * _DAYS)
"""Month of each hour of such a year, from 0."""


@dataclass(frozen=True, slots=True)
class Unit:
    """One generating unit, or one renewable plant.

    Parameters
    ----------
    name : str
        Unique in the system; its outages depend on it and the seed alone.
    capacity_mw : float or ndarray [hour] or [hour, weather]
        Net MW when up.
    mttf_hours, mttr_hours : float
        Mean time to failure and to repair, both exponential. Never fails if the
        first is infinite.
    forced_outage_fraction : float, optional
        In place of `mttf_hours`: the long-run fraction of time out.
    time_to_failure, time_to_repair : Weibull or Empirical, optional
        In place of `mttf_hours` and `mttr_hours`: hours that are not exponential.
    start_failure_fraction : float
        Chance that a start after a repair fails, which takes another repair.
    derating : Derating, optional
        Failures that leave it running at less.
    source : str
        Label its energy is summed under; `name` if empty.
    variable_usd_per_mwh : float
        Fuel, variable operation and carbon cost; orders the dispatch.
    co2_kg_per_mwh, water_m3_per_mwh : float
        Emitted and consumed per MWh generated.
    clean : bool
        Counts towards the clean share.
    must_run : bool
        Gives all it can, needed or not.
    remote : bool
        Stands elsewhere in the market: it reaches the load through the grid
        connection, within its limit beside imports, and what the load does not take
        is sold in the hours whose price is at least its variable cost. `must_run`
        says nothing more of such a unit.
    availability_fraction : ndarray [hour] or [hour, weather], optional
        Renewable output or temperature derate, over `capacity_mw`.
    refuelling : Refuelling, optional
        Planned outages that return.
    planned_hours : tuple of (int, int)
        Planned outages at fixed hours: first, and first after.
    temperature_outages : TemperatureOutages, optional
        In place of `mttf_hours` and `forced_outage_fraction`.
    first_hour, end_hour : int or ndarray [draw]
        The unit exists from the first hour and before the end hour; `end_hour`
        None is the end of the series.
    """

    name: str
    capacity_mw: Hourly
    mttf_hours: float | None = None
    mttr_hours: float | None = None
    forced_outage_fraction: float | None = None
    time_to_failure: Durations | None = None
    time_to_repair: Durations | None = None
    start_failure_fraction: float = 0.0
    derating: Derating | None = None
    source: str = ""
    variable_usd_per_mwh: float = 0.0
    co2_kg_per_mwh: float = 0.0
    water_m3_per_mwh: float = 0.0
    clean: bool = False
    must_run: bool = False
    remote: bool = False
    availability_fraction: Floats | None = None
    refuelling: Refuelling | None = None
    planned_hours: tuple[tuple[int, int], ...] = ()
    temperature_outages: TemperatureOutages | None = None
    first_hour: int | Ints = 0
    end_hour: int | Ints | None = None

    def __post_init__(self) -> None:
        name = self.name or "unit"
        require(bool(self.name), "a unit needs a name.", field="unit.name")
        for key in ("variable_usd_per_mwh", "co2_kg_per_mwh", "water_m3_per_mwh"):
            require(
                math.isfinite(getattr(self, key)),
                f"found {getattr(self, key)}; a finite number is needed.",
                field=f"{name}.{key}",
            )
        self._check_outages(name)
        for first, end in self.planned_hours:
            require(
                0 <= first < end,
                f"found {first} to {end}; the end must come after the first hour.",
                field=f"{name}.planned_hours",
            )

    def _check_outages(self, name: str) -> None:
        stated = [
            key
            for key in (
                "mttf_hours",
                "forced_outage_fraction",
                "temperature_outages",
                "time_to_failure",
            )
            if getattr(self, key) is not None
        ]
        require(
            len(stated) <= 1,
            f"found {' and '.join(stated)}; give one of them.",
            field=name,
        )
        if not stated:
            return
        share = self.forced_outage_fraction
        if share is not None:
            check_fraction(share, name, "forced_outage_fraction")
            require(
                share < 1.0,
                "found 1: the unit never runs. Leave it out, or give a fraction below 1.",
                field=f"{name}.forced_outage_fraction",
            )
        if self.mttf_hours is not None:
            require(
                self.mttf_hours > 0,
                f"found {self.mttf_hours:g}; hours above 0 are needed.",
                field=f"{name}.mttf_hours",
            )
        if share == 0.0 or (self.mttf_hours is not None and math.isinf(self.mttf_hours)):
            return
        self._check_repair(name)

    def _check_repair(self, name: str) -> None:
        plain = self.time_to_repair is None
        require(
            plain or self.mttr_hours is None,
            "found mttr_hours and time_to_repair; give one of them.",
            field=name,
        )
        require(
            not plain or (self.mttr_hours is not None and 0 < self.mttr_hours < math.inf),
            f"found {self.mttr_hours}; a unit that fails needs hours to repair above 0.",
            field=f"{name}.mttr_hours",
        )
        p = self.start_failure_fraction
        require(
            0 <= p < 1,
            f"found {p:g}; a fraction from 0 and below 1 is needed.",
            field=f"{name}.start_failure_fraction",
        )
        require(
            p == 0 or plain,
            "starts fail beside exponential repairs only; let time_to_repair hold the failed ones.",
            field=f"{name}.start_failure_fraction",
        )
        special = self.derating is not None or not plain
        require(
            self.temperature_outages is None or not special,
            "outages by temperature have exponential repairs and no derating.",
            field=f"{name}.temperature_outages",
        )
        require(
            self.forced_outage_fraction is None or self.derating is None,
            "with a derating, give mttf_hours or time_to_failure.",
            field=f"{name}.forced_outage_fraction",
        )

    @property
    def mean_repair_hours(self) -> float:
        """Mean hours of a full outage, starts that fail included; 0 if it never fails.

        Exponential repairs that are repeated with a chance p last as one exponential repair
        does whose mean is 1 / (1 - p) times as long.
        """
        if self.time_to_repair is not None:
            return self.time_to_repair.mean_hours
        return float(self.mttr_hours or 0.0) / (1 - self.start_failure_fraction)

    @property
    def mean_up_hours(self) -> float:
        """Mean time to failure, infinite if it never fails (or fails by temperature)."""
        if self.mttf_hours is not None:
            return float(self.mttf_hours)
        if self.time_to_failure is not None:
            return self.time_to_failure.mean_hours
        if self.forced_outage_fraction:
            fraction = self.forced_outage_fraction
            return self.mean_repair_hours * (1 - fraction) / fraction
        return math.inf


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage with one non-anticipative rule.

    It discharges when the load would be short otherwise, and, down to its
    reserve, in place of sources dearer than `discharge_above_usd_per_mwh`. It
    charges in hours in which it did not discharge, from spare output (grid
    import included) that costs at most `charge_below_usd_per_mwh`. With the
    default prices it is kept full and used only against shortage.

    Parameters
    ----------
    name : str
        Unique among the storages.
    power_mw : float
        Most MW in and out, at the busbar.
    energy_mwh : float
        Most MWh inside.
    charge_efficiency, discharge_efficiency : float
        MWh inside per MWh in, and MWh out per MWh inside.
    charge_below_usd_per_mwh, discharge_above_usd_per_mwh : float
        Prices of the rule; the first at most the second.
    reserve_fraction : float
        Share of the energy kept for hours that would be short.
    initial_fraction : float
        Share of the energy inside at the start of every sample; counted as not clean.
    """

    name: str
    power_mw: float
    energy_mwh: float
    charge_efficiency: float = 0.92
    discharge_efficiency: float = 0.92
    charge_below_usd_per_mwh: float = math.inf
    discharge_above_usd_per_mwh: float = math.inf
    reserve_fraction: float = 0.0
    initial_fraction: float = 0.5

    def __post_init__(self) -> None:
        name = self.name or "storage"
        require(bool(self.name), "a storage needs a name.", field="storage.name")
        check_at_least(self.power_mw, 0.0, name, "power_mw", " MW")
        check_at_least(self.energy_mwh, 0.0, name, "energy_mwh", " MWh")
        for key in ("charge_efficiency", "discharge_efficiency"):
            value = getattr(self, key)
            require(
                0.0 < value <= 1.0,
                f"found {value:g}; an efficiency is above 0 and at most 1.",
                field=f"{name}.{key}",
            )
        check_fraction(self.reserve_fraction, name, "reserve_fraction")
        check_fraction(self.initial_fraction, name, "initial_fraction")
        require(
            self.charge_below_usd_per_mwh <= self.discharge_above_usd_per_mwh,
            f"it would charge below {self.charge_below_usd_per_mwh:g} and discharge above "
            f"{self.discharge_above_usd_per_mwh:g} USD/MWh; the first must be at most the second.",
            field=f"{name}.charge_below_usd_per_mwh",
        )


@dataclass(frozen=True, slots=True)
class Grid:
    """A grid connection.

    Parameters
    ----------
    limit_mw : float or ndarray [hour] or [hour, weather]
        Most import.
    price_usd_per_mwh, co2_kg_per_mwh, clean_share_fraction : float or ndarray
        Of imported energy, by hour.
    mttf_hours, mttr_hours : float, optional
        Outages of the connection; never fails if left out.
    feeds : int
        Circuits that fail each on its own.
    feed_fraction : float
        Part of the limit that one feed can carry: 1 with two feeds is N-1.
    export_limit_mw : float
        Most export, in hours in which the connection is up; 0 for none.
    price_response_usd_per_mwh_per_mw : float
        By how much each MW of import lifts the price of all import in that hour, and each
        MW of export lowers that of all export. What remote units sell is paid the price as
        it stands.
    """

    limit_mw: Hourly
    price_usd_per_mwh: Hourly = 0.0
    co2_kg_per_mwh: Hourly = 0.0
    clean_share_fraction: Hourly = 0.0
    mttf_hours: float | None = None
    mttr_hours: float | None = None
    export_limit_mw: float = 0.0
    name: str = "grid"
    feeds: int = 1
    feed_fraction: float = 1.0
    price_response_usd_per_mwh_per_mw: float = 0.0

    def __post_init__(self) -> None:
        require(
            self.feeds >= 1,
            f"found {self.feeds}; at least one feed is needed.",
            field=f"{self.name}.feeds",
        )
        require(
            0 < self.feed_fraction <= 1 and self.feeds * self.feed_fraction >= 1 - 1e-9,
            f"found {self.feeds} feeds of {self.feed_fraction:g} of the limit; together they "
            "carry at least all of it, each at most all.",
            field=f"{self.name}.feed_fraction",
        )
        check_at_least(self.export_limit_mw, 0.0, self.name, "export_limit_mw", " MW")
        response = "price_response_usd_per_mwh_per_mw"
        check_at_least(getattr(self, response), 0.0, self.name, response)


@dataclass(frozen=True, slots=True)
class Tier:
    """A part of the load; the tier of least value is shed first.

    Parameters
    ----------
    name : str
        Unique among the tiers.
    share_fraction : float
        Its part of the load in every hour; the tiers' shares add up to 1.
    lost_usd_per_mwh : float
        What a facility MWh not served costs.
    catch_up_fraction : float
        Above 0: work shed is made up later in the same UTC day from spare supply
        that costs less than its value, at up to this fraction of the tier's own load.
    restart_hours : float
        Work lost for each MW when it stops, in hours of that MW.
    """

    name: str
    share_fraction: float
    lost_usd_per_mwh: float
    catch_up_fraction: float = 0.0
    restart_hours: float = 0.0

    def __post_init__(self) -> None:
        check_fraction(self.share_fraction, self.name, "share_fraction")
        check_at_least(self.lost_usd_per_mwh, 0.0, self.name, "lost_usd_per_mwh", " USD/MWh")
        check_at_least(self.catch_up_fraction, 0.0, self.name, "catch_up_fraction")
        check_at_least(self.restart_hours, 0.0, self.name, "restart_hours", " hours")


ONE_TIER = (Tier("load", 1.0, 10_000.0),)
"""The whole load as one tier, for reliability studies without workloads."""


@dataclass(frozen=True, slots=True)
class ByDraw:
    """What differs by draw within the year, in steps such as months.

    Sample s is of draw s modulo the number of draws (the last axis).

    Parameters
    ----------
    step_of_hour : ndarray [hour]
        Step of each hour, from 0.
    load_scale : ndarray [step, draw], optional
        Factor on the load.
    grid_limit_scale : ndarray [step, draw], optional
        Factor on the grid's limit.
    storage_scale : mapping of str to ndarray [step, draw]
        Factor on a storage's MW and MWh, by its name; must not fall within a year.
    """

    step_of_hour: Ints
    load_scale: Floats | None = None
    grid_limit_scale: Floats | None = None
    storage_scale: Mapping[str, Floats] = field(default_factory=dict)
