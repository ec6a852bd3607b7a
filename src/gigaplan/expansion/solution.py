"""What a solve returns: decisions, capacity, dispatch, prices, and how far to trust them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from gigaplan.expansion.options import FloatArray
from gigaplan.programme.reasons import Worth

Kind: TypeAlias = Literal["supply", "storage", "storage energy", "connection", "phase", "chip"]
Route: TypeAlias = Literal[
    "linear",
    "whole by earlier plan",
    "whole by dive",
    "whole by branch and bound",
    "rounds",
    "rounds, whole by dive",
    "rounds, whole by branch and bound",
]

Status: TypeAlias = Literal["optimal", "time limit", "interrupted", "gap left"]


@dataclass(frozen=True)
class Build:
    """One thing that enters service.

    Parameters
    ----------
    kind : str
        What it is; "storage energy" counts MWh, "phase" and "chip" IT MW.
    name : str
        The option, or the campus of a phase or chip.
    part : str
        The phase or the accelerator generation; empty otherwise.
    year : int
        First year of the period it enters service in.
    mw : float
        Capacity.
    units : int
        Whole units, 0 where the option has none.
    capex_usd : float
        Undiscounted capital.
    """

    kind: Kind
    name: str
    part: str
    year: int
    mw: float
    units: int
    capex_usd: float


@dataclass(frozen=True)
class Capacity:
    """What stands, by name, each an array [period].

    `supply_mw`, `storage_mw`, `storage_mwh` by option; `connection_mw` by site, what is in
    hand included; `hall_it_mw` by campus; `phase_it_mw` by (campus, phase); `chip_it_mw` by
    (campus, generation).
    """

    supply_mw: Mapping[str, FloatArray]
    storage_mw: Mapping[str, FloatArray]
    storage_mwh: Mapping[str, FloatArray]
    connection_mw: Mapping[str, FloatArray]
    hall_it_mw: Mapping[str, FloatArray]
    phase_it_mw: Mapping[tuple[str, str], FloatArray]
    chip_it_mw: Mapping[tuple[str, str], FloatArray]


@dataclass(frozen=True)
class Dispatch:
    """What runs, MW, each an array [period, hour]; empty where the hours were not kept.

    `load_mw` (facility), `import_mw`, `flow_mw` (zone projects), `export_mw` by site;
    `shed_mw` by (site, tier); `output_mw` by supply; `charge_mw`, `discharge_mw` and
    `state_mwh` by storage; `sale_mw` by zone.
    """

    load_mw: Mapping[str, FloatArray]
    import_mw: Mapping[str, FloatArray]
    flow_mw: Mapping[str, FloatArray]
    export_mw: Mapping[str, FloatArray]
    shed_mw: Mapping[tuple[str, str], FloatArray]
    output_mw: Mapping[str, FloatArray]
    charge_mw: Mapping[str, FloatArray]
    discharge_mw: Mapping[str, FloatArray]
    state_mwh: Mapping[str, FloatArray]
    sale_mw: Mapping[str, FloatArray]


@dataclass(frozen=True)
class Prices:
    """Shadow prices in the planner's terms, in money of the year they fall in (not discounted).

    Parameters
    ----------
    power_usd_per_mwh : mapping of site to array [period]
        Cost of one more MWh of facility load, mean over the load.
    hourly_power_usd_per_mwh : mapping of site to array [period, hour]
        The same by hour; empty where the hours were not kept.
    connection_usd_per_mw_year : mapping of site to array [period]
        What one more MW of grid connection saves in a year.
    target_usd_per_it_mw_year : array [period]
        What one more IT MW of target costs in a year.
    budget_usd_per_usd : array [period]
        Saved, present value, per USD by which the period's budget grows.
    total_budget_usd_per_usd : array [cumulative limit]
        The same of each cumulative budget.
    slot_usd : mapping of slot class to array [period]
        Saved, present value, per slot.
    clean_usd_per_mwh : array [period]
        Cost of one more MWh that must be clean.
    carbon_usd_per_t : array [period]
        Saved per tonne by which the cap grows; a carbon price paid comes on top.
    water_usd_per_m3, reserve_usd_per_mw_year, land_usd_per_acre_year : mapping of site to array
        Saved per unit by which the site's limit grows.
    delivery_usd_per_it_mw : mapping of generation to array [period]
        Saved, present value, per IT MW more of it that can be had; of those with a limit.
    fund_usd_per_usd, fund_total_usd_per_usd : mapping of fund to array [period], to float
        Saved, present value, per USD more that a fund gives in a period, or in all.
    market_depth_usd_per_mw_year : mapping of zone to array [period]
        What one more MW that may be bought saves in a year; empty where the hours were not kept.
    """

    power_usd_per_mwh: Mapping[str, FloatArray]
    hourly_power_usd_per_mwh: Mapping[str, FloatArray]
    connection_usd_per_mw_year: Mapping[str, FloatArray]
    target_usd_per_it_mw_year: FloatArray
    budget_usd_per_usd: FloatArray
    total_budget_usd_per_usd: FloatArray
    slot_usd: Mapping[str, FloatArray]
    clean_usd_per_mwh: FloatArray
    carbon_usd_per_t: FloatArray
    water_usd_per_m3: Mapping[str, FloatArray]
    reserve_usd_per_mw_year: Mapping[str, FloatArray]
    land_usd_per_acre_year: Mapping[str, FloatArray]
    delivery_usd_per_it_mw: Mapping[str, FloatArray] = field(default_factory=dict)
    fund_usd_per_usd: Mapping[str, FloatArray] = field(default_factory=dict)
    fund_total_usd_per_usd: Mapping[str, float] = field(default_factory=dict)
    market_depth_usd_per_mw_year: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Costs:
    """Parts of the objective, present value in USD; they sum to it.

    `capital` is the annuities inside the horizon, `energy` fuel, variable cost, contracts and
    carbon of own supply, `market` what is bought less what is sold, `unserved` shed load,
    `shortfall` the missed target, `value` the worth of compute (counted below zero).
    """

    capital: float
    fixed: float
    energy: float
    market: float
    unserved: float
    shortfall: float
    value: float

    def total(self) -> float:
        """Return their sum, the objective."""
        return (
            self.capital
            + self.fixed
            + self.energy
            + self.market
            + self.unserved
            + self.shortfall
            + self.value
        )


@dataclass(frozen=True)
class Unchosen:
    """An option of which nothing is built.

    Parameters
    ----------
    kind : {"supply", "storage", "connection", "phase"}
    name, part : str
        `part` is the phase of a campus.
    year : int
        Year of service in which it is nearest to being chosen.
    capex_usd_per_mw : float
        By how much its capital must fall, undiscounted; 0 for a contract.
    capex_fraction : float
        The same over its capital.
    usd_per_mwh : float
        By how much a contract's price must fall; 0 where there is capital.
    """

    kind: str
    name: str
    part: str
    year: int
    capex_usd_per_mw: float
    capex_fraction: float
    usd_per_mwh: float


@dataclass(frozen=True)
class Solution:
    """A plan with its proof.

    Parameters
    ----------
    status : {"optimal", "time limit", "interrupted", "gap left"}
        "optimal": the gap asked for is met. Else the best plan found by then; "gap left": the
        method had no more to try.
    objective_usd : float
        Present value of cost less value of compute.
    bound_usd : float
        No plan costs less than this.
    gap : float
        ``(objective - bound) / |objective|``.
    route : str
        How it was found; prices of a whole-unit plan hold those units fixed.
    method : str
        Linear method of HiGHS.
    builds : tuple of Build
        In order of year.
    online_it_mw : mapping of site to array [period]
    run_it_mw : mapping of (campus, generation) to array [period]
    shortfall_it_mw : array [period]
    capex_usd : array [period]
        Undiscounted capital by the period it is spent in.
    largest_residual : float
        Worst violation of any row or bound, over ``1 + |bound|``.
    whole : mapping of tuple to array
        Whole numbers by block of columns: what another solve may start from.
    rows, columns : int
        Size of the program.
    seconds : float
        Wall time.
    energy_mwh : mapping of site to mapping of source to array [period]
        MWh of a year by what serves a site: its supplies, its zone's projects, "grid" and
        "unserved".
    rounds : int
        Rounds of bound and plan; 0 where one program was solved.
    fund_usd : mapping of str to array [period]
        Undiscounted USD drawn from each fund.
    unchosen : tuple of Unchosen
        Options of which nothing is built, nearest to being chosen first.
    operated_by : mapping of str to int
        How many blocks (a site in a period) each way of operating them served.
    worth : tuple of Worth
        What binds, that which costs most first: see `gigaplan.programme.reasons`.
    """

    status: Status
    objective_usd: float
    bound_usd: float
    gap: float
    route: Route
    method: str
    builds: tuple[Build, ...]
    capacity: Capacity
    online_it_mw: Mapping[str, FloatArray]
    run_it_mw: Mapping[tuple[str, str], FloatArray]
    shortfall_it_mw: FloatArray
    capex_usd: FloatArray
    costs: Costs
    dispatch: Dispatch
    prices: Prices
    largest_residual: float
    whole: Mapping[tuple[str | int, ...], FloatArray]
    rows: int
    columns: int
    seconds: float
    energy_mwh: Mapping[str, Mapping[str, FloatArray]] = field(default_factory=dict)
    rounds: int = 0
    operated_by: Mapping[str, int] = field(default_factory=dict)
    fund_usd: Mapping[str, FloatArray] = field(default_factory=dict)
    unchosen: tuple[Unchosen, ...] = ()
    worth: tuple[Worth, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far a solve has come; `gap` is infinite until a plan is known."""

    stage: str
    objective_usd: float
    bound_usd: float
    gap: float
    seconds: float


def relative_gap(objective: float, bound: float) -> float:
    """Return ``(objective - bound) / |objective|``, at least 0; infinite if either is."""
    if objective - bound <= 0:
        return 0.0
    if abs(objective) == float("inf") or abs(bound) == float("inf"):
        return float("inf")
    return (objective - bound) / max(abs(objective), 1e-9)
