"""One site in one planning year as units, storage, grid and tiers.

Conventions. What delivery brings online serves from the first whole month
after; its life, or its contract's term, ends its service. A zone's projects are
shared by the zone's sites in proportion to their online compute of the year,
and reach them through their connections. What a contract makes us take (clean
energy under a purchase agreement or prepayment, and take-or-pay) runs before
everything else; the rest runs by fuel, variable O&M and carbon.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan import catalogue
from gigaplan.core.random_streams import uniforms
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.operations.fuels import FuelSupply
from gigaplan.operations.model import (
    MONTH_START_HOUR,
    Floats,
    Grid,
    Storage,
    Tier,
    Unit,
)
from gigaplan.operations.outage_model import (
    CommonCause,
    LoadOutage,
    Refuelling,
    TemperatureOutages,
)
from gigaplan.operations.site_events import campus_outages, gas_stops, gas_supplies
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.programme.trajectories import Trajectories
from gigaplan.weather.model import Series

FIRM_MULTIPLE = 10.0
"""Unserved firm inference costs this many times what unserved training does. Assumed."""
BATCH_MULTIPLE = 2.0
"""Unserved batch costs this many times what unserved training does. Assumed."""
RESTART_HOURS = 0.5
"""Work that training loses when it stops: half a checkpoint interval and the restart. Assumed."""
BLOCKS = 10
"""Parts that fail on their own in a project with no unit size. Assumed."""
MOST_BLOCKS = 40
TEMPERATURE_TABLES = {"ccgt": "combined_cycle", "simple_cycle": "combustion_turbine"}
"""Catalogue tables of outages by temperature that technologies on site follow in shape."""
_GOLDEN = 0.6180339887498949
_MONTH_DAYS = 365.0 / 12


@dataclass(frozen=True)
class SiteSystem:
    """What `gigaplan.operations.assess` needs of a site and year.

    Parameters
    ----------
    it_mw : ndarray [month, draw]
        Online compute.
    grid_mw : ndarray [month, draw]
        Connection.
    contract_usd_per_mwh, variable_usd_per_mwh : mapping of str to float
        By project: what its contract charges, and what its fuel and O&M cost us.
    """

    units: tuple[Unit, ...]
    storage: tuple[Storage, ...]
    storage_scale: dict[str, Floats]
    grid: Grid
    tiers: tuple[Tier, ...]
    it_mw: Floats
    grid_mw: Floats
    load_per_it_mw: Floats
    pue: Floats
    water_m3_per_it_mwh: Floats
    temperature_celsius: Floats
    fuels: tuple[FuelSupply, ...]
    common_causes: tuple[CommonCause, ...]
    load_outages: tuple[LoadOutage, ...]
    contract_usd_per_mwh: dict[str, float]
    variable_usd_per_mwh: dict[str, float]


def month_hours(months: Floats, year: int) -> NDArray[np.int64]:
    """Return the hour of `year` at which whole months begin, within 0 and 8,760."""
    position = np.clip(np.nan_to_num(months, posinf=1e9) - MONTHS_PER_YEAR * year, 0, 12)
    return MONTH_START_HOUR[position.astype(np.int64)]


def site_it_mw(trajectories: Trajectories, site: str, year: int) -> Floats:
    """Return online compute of a site in a year, [month, draw]; nought outside the timeline."""
    out = np.zeros((12, trajectories.draws))
    if site not in trajectories.sites:
        return out
    online = trajectories.site_online_it_mw[trajectories.sites.index(site)]
    for month in range(12):
        position = trajectories.timeline.position(MONTHS_PER_YEAR * year + month)
        if 0 <= position < len(trajectories.timeline):
            out[month] = online[position]
    return out


def _service(
    project: SupplyFigures, trajectories: Trajectories, entity: int, year: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return first and end hour of an entity in a year, [draw]."""
    online = np.ceil(trajectories.online_month[entity] - 1e-9)
    contract = project.contract
    years = project.life_years if contract.kind == "own" else contract.term_years
    return month_hours(online, year), month_hours(online + MONTHS_PER_YEAR * years, year)


def _takes_all(project: SupplyFigures) -> bool:
    """Return whether what the units can make is taken, needed or not."""
    contract = project.contract
    if contract.kind == "ppa":
        return project.clean or contract.take == "take_or_pay"
    if contract.kind == "prepayment":
        return project.clean
    return project.clean and project.resource == "firm"


def contract_price(project: SupplyFigures, year: int) -> float:
    """Return what the project's contract charges per MWh in a year, base-year USD."""
    contract = project.contract
    if contract.kind == "ppa":
        age = max(year - project.month // MONTHS_PER_YEAR, 0)
        return float(contract.price_usd_per_mwh * (1 + contract.escalation_fraction) ** age)
    return contract.price_usd_per_mwh if contract.kind == "prepayment" else 0.0


def own_variable(project: SupplyFigures, period: int) -> float:
    """Return fuel and variable O&M that the programme pays itself, USD per MWh."""
    ours = project.contract.kind in ("own", "tolling")
    return project.variable_usd_per_mwh(period) if ours else 0.0


def _block_count(project: SupplyFigures, mw: float) -> int:
    if project.resource != "firm" or project.units is not None:
        return 1
    if 0 < project.unit_mw < mw:
        return min(max(round(mw / project.unit_mw), 1), MOST_BLOCKS)
    return BLOCKS


class SiteSystems:
    """Makes the system of any site and year of a delivered programme.

    Parameters
    ----------
    programme : ResolvedProgramme
    trajectories : Trajectories
    series : Series
    """

    def __init__(
        self, programme: ResolvedProgramme, trajectories: Trajectories, series: Series
    ) -> None:
        self.programme, self.trajectories, self.series = programme, trajectories, series
        self._units = self._entities("unit")
        self._connections = self._entities("connection")
        self._phase_of = self._spread_phases()

    def _entities(self, kind: str) -> list[int]:
        return [i for i, e in enumerate(self.trajectories.entities) if e.kind == kind]

    def _spread_phases(self) -> dict[int, float]:
        """Return where each unit's first block stands in its outage cycle.

        A project begins anywhere, by its name, and its blocks follow in steps of the golden
        section, which keep any number of neighbours apart: no project moves another.
        """
        phases: dict[int, float] = {}
        place: dict[str, int] = {}
        for i in self._units:
            entity = self.trajectories.entities[i]
            first = place.get(entity.owner, 0)
            start = float(uniforms(0, "operations.refuelling start", entity.owner, 1, 1)[0, 0])
            phases[i] = (start + first * _GOLDEN) % 1.0
            blocks = _block_count(self.programme.power[entity.owner], entity.mw)
            place[entity.owner] = first + blocks
        return phases

    def zone_share(self, site: str, year: int) -> float:
        """Return a site's share of its zone's projects in a year."""
        zone = self.programme.sites[site].zone
        sizes = {
            name: float(site_it_mw(self.trajectories, name, year).mean())
            for name, figures in self.programme.sites.items()
            if figures.zone == zone
        }
        everything = sum(sizes.values())
        return sizes[site] / everything if everything > 0 else 1 / len(sizes)

    def at(self, site: str, year: int) -> SiteSystem | None:
        """Return the system of a site in a year; None if it has neither load nor energy."""
        programme, period = self.programme, self.programme.years.index(year)
        it_mw = site_it_mw(self.trajectories, site, year)
        units: list[Unit] = []
        contract: dict[str, float] = {}
        variable: dict[str, float] = {}
        share = self.zone_share(site, year)
        for i in self._units:
            entity = self.trajectories.entities[i]
            project = programme.power[entity.owner]
            remote = project.site is None
            if (project.zone if remote else project.site) != (
                programme.sites[site].zone if remote else site
            ):
                continue
            if project.resource == "storage":
                continue
            first, end = _service(project, self.trajectories, i, year)
            if (first >= end).all() or (remote and share <= 0):
                continue
            contract[project.name] = contract_price(project, year)
            variable[project.name] = own_variable(project, period)
            units += self._blocks(i, project, site, year, share if remote else 1.0, first, end)
        if not it_mw.any() and not any(unit.remote for unit in units):
            return None
        storage, scale = self._storage(site, year)
        found = self.series.sites[site]
        load_factor, tiers = self._tiers(site, float(found.pue.mean()))
        return SiteSystem(
            units=tuple(units),
            storage=storage,
            storage_scale=scale,
            grid=self._grid(site, year),
            tiers=tiers,
            it_mw=it_mw,
            grid_mw=self._connection(site, year),
            load_per_it_mw=load_factor * found.pue.T,
            pue=found.pue.T,
            water_m3_per_it_mwh=found.water_l_per_kwh_it.T,
            temperature_celsius=found.temp_c.T,
            fuels=gas_supplies(programme, site, units),
            common_causes=gas_stops(programme, site, year, units),
            load_outages=campus_outages(programme, site, year),
            contract_usd_per_mwh=contract,
            variable_usd_per_mwh=variable,
        )

    def _blocks(
        self,
        i: int,
        project: SupplyFigures,
        site: str,
        year: int,
        share: float,
        first: NDArray[np.int64],
        end: NDArray[np.int64],
    ) -> list[Unit]:
        """Return the parts of an entity that fail on their own."""
        entity = self.trajectories.entities[i]
        carbon = self.programme.carbon_usd_per_tonne * project.co2_kg_per_mwh / 1000
        period = self.programme.years.index(year)
        takes_all = _takes_all(project)
        cost = 0.0 if takes_all else own_variable(project, period) + contract_price(project, year)
        fails = project.resource == "firm" and project.repair_hours > 0
        mw = entity.mw * share
        if not fails:
            mw *= 1 - project.forced_outage_fraction
        refuelling = _planned(project)
        if project.refuelling_cycle_months > 0 or refuelling is None:
            mw *= 1 - project.planned_outage_fraction
        table = self._temperature_outages(project, site) if fails else None
        steady_fraction = project.forced_outage_fraction if fails and table is None else None
        count = _block_count(project, entity.mw)
        same_for_all = bool((first == first[0]).all() and (end == end[0]).all())
        units = []
        for block in range(count):
            turned = refuelling
            if turned is not None:
                gone = MONTHS_PER_YEAR * (year - self.programme.years[0]) / turned.cycle_months
                phase = (self._phase_of[i] + block * _GOLDEN + gone) % 1.0
                turned = Refuelling(turned.cycle_months, turned.length_days, phase)
            units.append(
                Unit(
                    f"{entity.owner}/{entity.name}.{block} in {year}",
                    mw / count,
                    forced_outage_fraction=steady_fraction,
                    temperature_outages=table,
                    mttr_hours=project.repair_hours if fails else None,
                    source=project.name,
                    variable_usd_per_mwh=cost + carbon,
                    co2_kg_per_mwh=project.co2_kg_per_mwh,
                    water_m3_per_mwh=project.water_m3_per_mwh,
                    clean=project.clean,
                    must_run=takes_all,
                    remote=project.site is None,
                    availability_fraction=self._availability(project, site),
                    refuelling=turned,
                    first_hour=int(first[0]) if same_for_all else first,
                    end_hour=int(end[0]) if same_for_all else end,
                )
            )
        return units

    def _temperature_outages(self, project: SupplyFigures, site: str) -> TemperatureOutages | None:
        """Return a unit's outages by the site's temperature, their mean its own fraction."""
        name = TEMPERATURE_TABLES.get(project.technology)
        if name is None or project.site is None or project.forced_outage_fraction <= 0:
            return None
        celsius, fraction = catalogue.forced_outage_by_temperature(name)
        mean = float(np.interp(self.series.sites[site].temp_c, celsius, fraction).mean())
        scaled = np.minimum(np.array(fraction) * project.forced_outage_fraction / mean, 0.95)
        return TemperatureOutages(tuple(celsius), tuple(scaled.tolist()))

    def _availability(self, project: SupplyFigures, site: str) -> Floats | None:
        if project.resource not in ("solar", "wind"):
            return None
        names = [site]
        if project.site is None:
            inside = [n for n, s in self.programme.sites.items() if s.zone == project.zone]
            names = inside or [site]
        key = "solar_cf" if project.resource == "solar" else "wind_cf"
        found = [getattr(self.series.sites[name], key) for name in names]
        mean: Floats = np.clip(np.mean(found, axis=0), 0, None).T
        return mean

    def _online_mw(self, entities: Sequence[int], year: int, project: SupplyFigures) -> Floats:
        """Return MW of some entities in service, [month, draw]; never less within the year."""
        out = np.zeros((12, self.trajectories.draws))
        begins = MONTH_START_HOUR[:12, None]
        for i in entities:
            first, end = _service(project, self.trajectories, i, year)
            serves = (begins >= first) & (begins < end)
            out += serves * self.trajectories.entities[i].mw
        return np.maximum.accumulate(out, axis=0)

    def _storage(self, site: str, year: int) -> tuple[tuple[Storage, ...], dict[str, Floats]]:
        """Return the storages of a site at their largest, and their size over it by month."""
        price = self.series.zones[self.programme.sites[site].zone].price_usd_per_mwh
        low, high = np.quantile(price, (0.25, 0.75))
        stores: list[Storage] = []
        scale: dict[str, Floats] = {}
        for project in self.programme.power.values():
            if project.site != site or project.storage_hours <= 0:
                continue
            battery = project.resource == "storage"
            if not battery and project.boost_mw <= 0:
                continue
            members = [
                i for i in self._units if self.trajectories.entities[i].owner == project.name
            ]
            online = self._online_mw(members, year, project)
            size = 1.0 if battery else project.boost_mw / project.unit_mw
            most = float(online.max())
            if most <= 0:
                continue
            one_way = float(np.sqrt(project.storage_round_trip_fraction))
            up = 1 - project.forced_outage_fraction
            stores.append(
                Storage(
                    project.name,
                    most * size * up,
                    most * size * up * (project.storage_hours or 4.0),
                    charge_efficiency=one_way,
                    discharge_efficiency=one_way,
                    charge_below_usd_per_mwh=float(low),
                    discharge_above_usd_per_mwh=float(high),
                    reserve_fraction=0.5,
                )
            )
            scale[project.name] = online / most
        return tuple(stores), scale

    def _grid(self, site: str, year: int) -> Grid:
        name, feeds = self.programme.sites[site].zone, self.programme.sites[site].connection_feeds
        zone, response = self.series.zones[name], self.programme.zones[name]
        carbon = self.programme.carbon_usd_per_tonne / 1000
        out = catalogue.figure("technology.grid.forced_outage_fraction").value
        repair = catalogue.figure("technology.grid.mttr_hours").value
        return Grid(
            1.0,
            mttf_hours=repair * (1 - out) / out if out > 0 else None,
            mttr_hours=repair,
            price_usd_per_mwh=(zone.price_usd_per_mwh + carbon * zone.carbon_kg_per_mwh).T,
            co2_kg_per_mwh=zone.carbon_kg_per_mwh.T,
            clean_share_fraction=np.clip(zone.clean_share_fraction, 0, 1).T,
            # outages are drawn by name: each site's connection, and each year, has its own
            name=f"connection of {site} in {year}",
            feeds=feeds.count if feeds else 1,
            feed_fraction=feeds.each_fraction if feeds else 1.0,
            price_response_usd_per_mwh_per_mw=response.price_response_usd_per_mwh_per_gw / 1000,
        )

    def _connection(self, site: str, year: int) -> Floats:
        """Return MW of connection, [month, draw]."""
        out = np.zeros((12, self.trajectories.draws))
        for i in self._connections:
            entity = self.trajectories.entities[i]
            if entity.owner == site:
                first = month_hours(np.ceil(self.trajectories.online_month[i] - 1e-9), year)
                out += (MONTH_START_HOUR[:12, None] >= first) * entity.mw
        return out

    def _tiers(self, site: str, mean_pue: float) -> tuple[float, tuple[Tier, ...]]:
        """Return the load factor and tiers of a site, the mean of its campuses by size."""
        campuses = [c for c in self.programme.campuses.values() if c.site == site]
        sizes = np.array([sum(phase.it_mw for phase in c.phases) for c in campuses])
        if not campuses or sizes.sum() <= 0:
            return 1.0, (Tier("firm inference", 1.0, 10_000.0),)
        weight = sizes / sizes.sum()
        load = float(weight @ [c.load_factor_fraction for c in campuses])
        firm = float(weight @ [c.firm_inference_fraction for c in campuses])
        batch = float(weight @ [c.deferrable_batch_fraction for c in campuses])
        worth = self.programme.shortfall_usd_per_it_mw_year / (8760 * load * mean_pue)
        # Batch catches up within the IT capacity that the mean load leaves free.
        free = max(1 / load - 1, 0.0) / batch if batch > 0 else 0.0
        return load, (
            Tier("pausable training", 1 - firm - batch, worth, restart_hours=RESTART_HOURS),
            Tier("deferrable batch", batch, worth * BATCH_MULTIPLE, catch_up_fraction=free),
            Tier("firm inference", firm, worth * FIRM_MULTIPLE),
        )


def _planned(project: SupplyFigures) -> Refuelling | None:
    """Return the outages that return: refuelling, or yearly maintenance of a firm unit."""
    if project.refuelling_cycle_months > 0 and project.refuelling_days > 0:
        return Refuelling(project.refuelling_cycle_months, project.refuelling_days)
    if project.resource == "firm" and 0 < project.planned_outage_fraction < 1:
        return Refuelling(12.0, 365 * project.planned_outage_fraction)
    return None
