"""A programme with nothing left out: every figure a plain number in base-year USD.

Engines read this form. `resolve.resolve` makes it from what the user wrote and
the catalogue, and lists each figure with its source in `figures`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import Timeline
from gigaplan.programme.funding import Company
from gigaplan.programme.instruments import Instrument
from gigaplan.programme.model import Rule
from gigaplan.programme.places import SeriesFile, WeatherFile
from gigaplan.programme.reliability import CampusEvent, Feeds, GasSupply
from gigaplan.programme.site_taxes import SiteTaxFigures
from gigaplan.programme.supply import Contract


@dataclass(frozen=True, slots=True)
class FigureUse:
    """One figure a run rests on, and where it is from.

    ``origin`` is programme or catalogue; ``field`` the place it was used at.
    """

    field: str
    value: float
    unit: str
    origin: Literal["programme", "catalogue"]
    mark: str
    source_title: str
    source_url: str
    low: float | None = None
    high: float | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class MonthsRange:
    """P10, P50 and P90 of a duration in months."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class StageFigures:
    """A stage of a unit: it begins when the stages named in `after` have ended."""

    name: str
    months: MonthsRange
    after: tuple[str, ...]
    cause: str
    spend_fraction: float


@dataclass(frozen=True, slots=True)
class ReferenceClassFigures:
    """Cost overrun of past projects of a class: lognormal body, Pareto tail if `alpha` is given.

    ``mu`` and ``sigma`` describe the logarithm of final over estimated cost;
    above `threshold` the tail has exponent `alpha`. ``schedule_mean`` is the
    mean of final over estimated duration. ``past_projects`` is a file of the user's own, from
    which the class of cost is fitted in place of all that.
    """

    name: str
    mu: float
    sigma: float
    threshold: float | None
    alpha: float | None
    mean: float
    schedule_mean: float
    weight_fraction: float
    past_projects: Path | None = None


@dataclass(frozen=True, slots=True)
class ZoneFigures:
    """A zone; yearly figures are along the programme's planning years."""

    name: str
    title: str
    market: str
    power_price_usd_per_mwh: float
    gas_price_usd_per_mmbtu: tuple[float, ...]
    carbon_kg_per_mwh: float
    clean_share_fraction: float
    price_response_usd_per_mwh_per_gw: float
    price_file: SeriesFile | None
    carbon_file: SeriesFile | None


@dataclass(frozen=True, slots=True)
class ConnectionFigures:
    """A step of announced grid connection, and what it adds.

    ``name`` is the month it was announced for: what is drawn of it stays the same if it moves.
    """

    name: str
    month: int
    total_mw: float
    added_mw: float
    firm: bool


@dataclass(frozen=True, slots=True)
class SiteFigures:
    """A site."""

    name: str
    title: str
    zone: str
    state: str
    latitude: float
    longitude: float
    cooling: str
    design_pue: float
    connection: tuple[ConnectionFigures, ...]
    connection_delay_months: MonthsRange
    connection_withdrawn_fraction: float
    reinforcement_max_mw: float
    reinforcement_usd_per_kw: float
    reinforcement_month: int
    land_acres: float | None
    water_m3_per_year_max: float | None
    block_probability_fraction: float
    community_delay_months: MonthsRange | None
    weather_file: WeatherFile | None
    connection_feeds: Feeds | None
    gas_supply: GasSupply | None
    campus_events: tuple[CampusEvent, ...]
    taxes: SiteTaxFigures


@dataclass(frozen=True, slots=True)
class PhaseFigures:
    """A phase of a campus."""

    name: str
    it_mw: float
    month: int
    status: str
    construct_months: MonthsRange


@dataclass(frozen=True, slots=True)
class CampusFigures:
    """A campus; hall cost is per IT kW and holds shell, electrical and cooling, not servers.

    ``outside_view_applied`` is true of the catalogue's hall cost, which is a price that markets
    paid, overruns and all: its class then gives it spread, and no uplift of its mean.
    """

    name: str
    title: str
    site: str
    hall: str
    phases: tuple[PhaseFigures, ...]
    hall_usd_per_it_kw: float
    hall_life_years: float
    load_factor_fraction: float
    firm_inference_fraction: float
    deferrable_batch_fraction: float
    accelerators: tuple[str, ...]
    reference_class: ReferenceClassFigures
    outside_view_applied: bool

    @property
    def pausable_training_fraction(self) -> float:
        """Share of the IT load that may pause."""
        return 1.0 - self.firm_inference_fraction - self.deferrable_batch_fraction


@dataclass(frozen=True, slots=True)
class AcceleratorFigures:
    """A chip system; figures per IT MW hold servers and network. FLOP/s are dense.

    ``cost_low_ratio`` and ``cost_high_ratio`` are the low and the high of its cost over the value;
    ``stop_per_year`` is the chance in a year that a stop of all its deliveries begins.
    """

    name: str
    system: str
    cost_usd_per_it_mw: float
    price_change_fraction: float
    available_month: int
    last_month: int | None
    life_years: float
    chips_per_it_mw: float
    bf16_flops_per_it_mw: float
    delivery_months: MonthsRange
    cost_low_ratio: float
    cost_high_ratio: float
    stop_per_year: float
    stop_months: MonthsRange
    max_it_mw_by_year: Mapping[int, float]

    def cost_in(self, year: int) -> float:
        """Return USD per IT MW when bought in `year`, base-year USD."""
        years = max(0.0, year + 0.5 - self.available_month / 12)
        return float(self.cost_usd_per_it_mw * (1 + self.price_change_fraction) ** years)


@dataclass(frozen=True, slots=True)
class BridgeFigures:
    """The rule that orders bridge power, and its lead."""

    short_it_mw: float
    lead_months: MonthsRange


@dataclass(frozen=True, slots=True)
class SupplyFigures:
    """A power project.

    ``units`` is None for what is not built in whole units. ``site`` is None
    for a project in a zone. ``announced_months`` holds the announced month of
    each unit; ``capacity_credit_fraction`` is its firm share in the reserve
    margin; ``clean`` says whether its energy counts as clean. Storage figures
    are zero where there is none; ``boost_mw`` is the extra output per unit
    that built-in storage allows. ``alternative_usd_per_mwh`` is the low, the value and the high
    of what an option's energy costs from elsewhere, None if the project is no option.
    """

    name: str
    title: str
    technology: str
    design: str
    site: str | None
    zone: str
    status: str
    month: int
    unit_mw: float
    units: int | None
    max_mw: float
    announced_months: tuple[int, ...]
    unit_interval_months: float
    max_units_per_year: Mapping[int, int]
    contract: Contract
    exercise_by: int | None
    exercise_usd: float
    alternative_usd_per_mwh: tuple[float, float, float] | None
    bridge: BridgeFigures | None
    overnight_usd_per_kw: float
    fixed_om_usd_per_kw_year: float
    variable_om_usd_per_mwh: float
    heat_rate_mmbtu_per_mwh: float
    fuel: str
    fuel_usd_per_mmbtu: tuple[float, ...]
    co2_kg_per_mwh: float
    water_m3_per_mwh: float
    life_years: float
    forced_outage_fraction: float
    repair_hours: float
    planned_outage_fraction: float
    refuelling_cycle_months: float
    refuelling_days: float
    capacity_credit_fraction: float
    clean: bool
    resource: Literal["firm", "solar", "wind", "storage"]
    storage_hours: float
    storage_round_trip_fraction: float
    storage_energy_usd_per_kwh: float
    boost_mw: float
    licence_fail_probability: float
    abandoned_per_year: float
    licence_months_done: float
    stages: tuple[StageFigures, ...]
    reference_class: ReferenceClassFigures
    outside_view_applied: bool
    learning_rate_fraction: float
    forgetting_per_year: float
    macrs_years: int
    credit: str

    def variable_usd_per_mwh(self, period: int) -> float:
        """Return fuel and variable O&M in a planning period (its position), base-year USD."""
        fuel = self.fuel_usd_per_mmbtu[period] if self.fuel_usd_per_mmbtu else 0.0
        return self.variable_om_usd_per_mwh + self.heat_rate_mmbtu_per_mwh * fuel


@dataclass(frozen=True, slots=True)
class SlotFigures:
    """A scarce thing; MW that can begin service, along the planning years."""

    name: str
    title: str
    technologies: tuple[str, ...]
    mw_by_year: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class TeamFigures:
    """Who works on a stage of a few projects at a time."""

    name: str
    title: str
    technologies: tuple[str, ...]
    stage: str
    at_once: int


@dataclass(frozen=True, slots=True)
class RevenueFigures:
    """What compute earns; ``kind`` is capacity (per IT MW-year), gpu_hour or tokens (a million).

    ``change_spread`` is the standard deviation of the price's change per year over worlds.
    """

    kind: str
    price_usd: float
    change_fraction: float = 0.0
    change_spread: float = 0.0
    sold_fraction: float = 1.0
    ramp_months: float = 0.0


@dataclass(frozen=True, slots=True)
class FinanceFigures:
    """How the programme is judged and taxed; rates nominal unless named real."""

    hurdle_fraction: float
    inflation_fraction: float
    tax_rate_fraction: float
    bonus_depreciation_fraction: float
    opex_usd_per_it_kw_year: float
    property_tax_fraction: float | None
    server_macrs_years: int
    hall_tax_life_years: float
    book_life_servers_years: float
    book_life_halls_years: float
    revenue: RevenueFigures | None
    training_flop_utilisation_fraction: float
    inference_flop_utilisation_fraction: float
    active_billion_parameters: float


@dataclass(frozen=True)
class ResolvedProgramme:
    """Everything the engines need; yearly tuples are along `years`.

    ``target_low_it_mw`` and ``target_high_it_mw`` are what may be wanted instead, one chance in ten
    beyond each; the target itself where the programme names none.
    """

    name: str
    title: str
    base_year: int
    seed: int
    timeline: Timeline
    years: tuple[int, ...]
    discount_fraction: float
    representative_days: int | None
    reserve_margin_fraction: float
    integer_units: bool
    target_it_mw: tuple[float, ...]
    target_low_it_mw: tuple[float, ...]
    target_high_it_mw: tuple[float, ...]
    shortfall_usd_per_it_mw_year: float
    capex_limit_usd: tuple[float | None, ...]
    cumulative_limit_usd: Mapping[int, float]
    clean_share_fraction: tuple[float, ...]
    carbon_usd_per_tonne: float
    shared_cause_share: Mapping[str, float]
    design_hold_per_year: float
    design_hold_months: MonthsRange
    tail_degrees_of_freedom: float | None
    tariff_per_year: float
    tariff_rise_fraction: float
    zones: Mapping[str, ZoneFigures]
    sites: Mapping[str, SiteFigures]
    campuses: Mapping[str, CampusFigures]
    accelerators: Mapping[str, AcceleratorFigures]
    power: Mapping[str, SupplyFigures]
    slots: Mapping[str, SlotFigures]
    teams: Mapping[str, TeamFigures]
    rules: tuple[Rule, ...]
    company: Company | None
    instruments: Mapping[str, Instrument]
    finance: FinanceFigures
    price_index: PriceIndex
    folder: Path
    figures: tuple[FigureUse, ...]

    def to_plan(self) -> ResolvedProgramme:
        """Return the programme with what a plan may decide on: without bridge power."""
        kept = {name: project for name, project in self.power.items() if project.bridge is None}
        return self if len(kept) == len(self.power) else replace(self, power=kept)
