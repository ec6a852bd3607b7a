"""A site in a period as the fast oracle's site-year, and when that is possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.hourly_block import EMERGENCY_USD_PER_MWH
from gigaplan.expansion.decomposition.market import MarketZone
from gigaplan.expansion.decomposition.settled import Settled
from gigaplan.expansion.model import ExpansionProblem, Site, Zone
from gigaplan.expansion.operation import MILLION, can_stand, demand_per_it_mw, variable_cost
from gigaplan.expansion.options import FloatArray, PowerPurchase, Storage, Supply
from gigaplan.expansion.oracle import SiteYear, Source
from gigaplan.expansion.oracle.results import SiteYearHours, SiteYearOperation

THOUSAND = 1e3
CONNECTION = "grid connection"


def fits_fast(
    problem: ExpansionProblem,
    assets: Assets,
    markets: dict[tuple[str, int], MarketZone],
    site: Site,
    y: int,
) -> bool:
    """Return whether the fast oracle knows everything that a site has in a period.

    It knows one storage without standing loss, chains of equal weights, and a zone that is a
    price: no depth, and no projects but in a market of one price.
    """
    stores = standing_stores(problem, assets, site, y)
    if len(stores) > 1 or not _equal_weights(problem):
        return False
    for store in stores:
        wear = problem.by_hour(store.variable_usd_per_mwh)[y]
        if store.standing_loss_fraction_per_hour > 0 or np.ptp(wear) > 0:
            return False
    if site.zone is None:
        return True
    zone = next(zone for zone in problem.zones if zone.name == site.zone)
    projects = any(
        o.route == "zone" and o.zone == zone.name and can_stand(assets.supply[o.name], y)
        for o in problem.supplies
    )
    return zone.max_import_mw is None and (not projects or (zone.name, y) in markets)


def standing_stores(problem: ExpansionProblem, assets: Assets, site: Site, y: int) -> list[Storage]:
    """Return the storage options of a site that have or may have capacity in a period."""
    return [
        o
        for o in problem.storages
        if o.site == site.name
        and can_stand(assets.power[o.name], y)
        and (o.name not in assets.energy or can_stand(assets.energy[o.name], y))
    ]


def _equal_weights(problem: ExpansionProblem) -> bool:
    hours = problem.hours
    first = np.cumsum([0, *hours.chain_lengths[:-1]])
    spread = np.maximum.reduceat(hours.weights, first) - np.minimum.reduceat(hours.weights, first)
    return bool((spread <= 1e-12 * hours.weights.max()).all())


@dataclass(frozen=True)
class SiteOracle:
    """Operates a site-year.

    Parameters
    ----------
    site : str
    year : SiteYear
    amounts : tuple of str
        Names of its quantities.
    load_shape : array [hour]
        Facility MW per IT MW.
    store : Storage, optional
    tiers : sequence of (load fraction, USD per MWh)
        Of load that may go unserved.
    weights : array [hour]
    line_usd_per_mwh, export_usd_per_mwh : array [hour]
        Paid for what is drawn, earned for what is sold, through the connection.
    in_market : bool
        Whether what is drawn is settled by its zone's market.
    """

    site: str
    year: SiteYear
    amounts: tuple[str, ...]
    load_shape: FloatArray
    store: Storage | None
    tiers: tuple[tuple[float, float], ...]
    weights: FloatArray
    line_usd_per_mwh: FloatArray
    export_usd_per_mwh: FloatArray
    in_market: bool

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost dispatch and its cut."""
        found = self._operate(inputs, prices, hourly=False)
        count = len(inputs) - 1
        return Answer(
            value_usd=float(found.cost_usd),
            slopes=np.append(found.per_capacity[:count], found.per_load_mw),
            cost_usd=float(found.unpriced_cost_usd),
            amounts=np.array([found.quantities.get(name, 0.0) for name in self.amounts]),
            used=np.append(np.minimum(found.used[:count], inputs[:-1]), inputs[-1]),
        )

    def _operate(
        self, inputs: FloatArray, prices: FloatArray, *, hourly: bool
    ) -> SiteYearOperation:
        capacities = inputs[:-1]
        if self.store is None:
            capacities = np.append(capacities, [0.0, 0.0])
        priced = dict(zip(self.amounts, prices.tolist(), strict=True))
        return self.year.operate(capacities, float(inputs[-1]), priced, hourly=hourly)

    def settle(self, inputs: FloatArray, prices: FloatArray) -> Settled:
        """Return what the dispatch at some inputs and prices comes to in the year."""
        run = self._operate(inputs, prices, hourly=True)
        hours = run.hours
        assert hours is not None
        weights, load = self.weights, self.load_shape * float(inputs[-1])
        nothing = np.zeros(len(weights))
        drawn = hours.output_mw.get(CONNECTION, nothing)
        sold = hours.sold_mw.get(CONNECTION, nothing)
        unserved = self._unserved_usd(run.unserved_mwh)
        market = float((weights * drawn) @ self.line_usd_per_mwh)
        market -= float((weights * sold) @ self.export_usd_per_mwh)
        found = Settled(
            amounts=np.array([run.quantities.get(name, 0.0) for name in self.amounts]),
            residual=self._residual(hours, load, float(inputs[:-1].max(initial=1.0))),
        )
        found.cost_usd.update(
            market=market, unserved=unserved, energy=run.unpriced_cost_usd - market - unserved
        )
        for name, mwh in run.energy_mwh.items():
            if name != CONNECTION:
                found.energy_mwh[self.site, name] = mwh
        found.energy_mwh[self.site, "unserved"] = float(run.unserved_mwh.sum())
        if self.in_market:
            found.drawn_mwh[self.site] = weights * drawn
        else:
            found.energy_mwh[self.site, "grid"] = float(weights @ drawn)
        if self.tiers[-1][1] >= EMERGENCY_USD_PER_MWH:
            found.unserved_emergency_mwh = float(run.unserved_mwh[-1])
        price, energy = hours.price_usd_per_mwh, weights * load
        total = float(energy.sum())
        found.power_usd_per_mwh[self.site] = (
            float(price @ energy) / total if total > 0 else float(price.mean())
        )
        if CONNECTION in self.year.names:
            place = self.year.names.index(CONNECTION)
            found.connection_usd_per_mw_year[self.site] = -float(run.per_capacity[place])
        return found

    def _unserved_usd(self, unserved_mwh: FloatArray) -> float:
        return float(sum(usd * mwh for (_, usd), mwh in zip(self.tiers, unserved_mwh, strict=True)))

    def _residual(self, hours: SiteYearHours, load: FloatArray, size: float) -> float:
        """Return the worst hour's power that goes nowhere, over the size of the site."""
        power = hours.unserved_mw.sum(axis=0) + hours.discharge_mw - hours.charge_mw - load
        for output in hours.output_mw.values():
            power = power + output
        for sold in hours.sold_mw.values():
            power = power - sold
        return float(np.abs(power).max()) / (1.0 + max(size, float(load.max())))


def fast_site(
    problem: ExpansionProblem,
    assets: Assets,
    site: Site,
    here: list[Supply],
    y: int,
    amounts: list[Key],
    market: MarketZone | None,
) -> SiteOracle:
    """Return the oracle of a site in a period."""
    names = tuple("/".join(map(str, key)) for key in amounts)

    def counted(what: Supply | Zone, sign: float = 1.0) -> dict[str, FloatArray | float]:
        return {
            name: sign * _per_mwh(problem, what, y, key)
            for name, key in zip(names, amounts, strict=True)
        }

    sources = [
        Source(
            o.name,
            variable_cost(problem, o, y),
            problem.by_hour(o.availability)[y],
            counted(o),
            must_run_fraction=o.must_run_fraction,
        )
        for o in here
    ]
    line = earned = np.zeros(len(problem.hours))
    if site.zone is not None:
        zone = next(zone for zone in problem.zones if zone.name == site.zone)
        line = _line(problem, site, zone, y, market)
        sources.append(Source(CONNECTION, line, 1.0, counted(zone)))
        if site.export_price_fraction is not None:
            earned = site.export_price_fraction * problem.by_hour(zone.price_usd_per_mwh)[y]
            annual = problem.limits.clean_matching == "annual"
            given = {
                name: -value
                for name, value in counted(zone).items()
                if name.startswith("clean") and annual
            }
            sources.append(Source(CONNECTION, earned, 1.0, given, sale=True))
    stores = standing_stores(problem, assets, site, y)
    store = stores[0] if stores else None
    tiers = [(t.load_fraction, t.usd_per_mwh) for t in site.shed if t.load_fraction > 0]
    covered = sum(share for share, _ in tiers)
    if covered < 1 - 1e-12:
        tiers.append((1 - covered, EMERGENCY_USD_PER_MWH))
    shape = demand_per_it_mw(problem, site, y)
    year = SiteYear(
        shape,
        sources,
        tiers,
        charge_efficiency_fraction=store.charge_efficiency_fraction if store else 1.0,
        discharge_efficiency_fraction=store.discharge_efficiency_fraction if store else 1.0,
        wear_usd_per_mwh=(
            float(problem.by_hour(store.variable_usd_per_mwh)[y, 0]) if store else 0.0
        ),
        chain_lengths=problem.hours.chain_lengths,
        weights=problem.hours.weights,
        step_hours=problem.hours.step_hours,
    )
    return SiteOracle(
        site=site.name,
        year=year,
        amounts=names,
        load_shape=shape,
        store=store,
        tiers=tuple(tiers),
        weights=problem.hours.weights,
        line_usd_per_mwh=line,
        export_usd_per_mwh=earned,
        in_market=market is not None,
    )


def _line(
    problem: ExpansionProblem,
    site: Site,
    zone: Zone,
    y: int,
    market: MarketZone | None,
) -> FloatArray:
    """Return what a MWh drawn through a site's connection costs, [hour]."""
    carried = problem.by_hour(site.delivery_usd_per_mwh)[y]
    if market is not None:
        price = market.site_usd_per_mwh
    else:
        price = problem.by_hour(zone.price_usd_per_mwh)[y]
        carbon = float(problem.by_period(problem.limits.carbon_usd_per_t)[y])
        if carbon:
            price = price + carbon * problem.by_hour(zone.co2_t_per_mwh)[y]
    return np.asarray(price + carried)


def _per_mwh(
    problem: ExpansionProblem, what: Supply | Zone, y: int, key: Key
) -> FloatArray | float:
    """Return what a MWh adds to a row of the master, in the row's unit."""
    bought = isinstance(what, Zone)
    dirty = problem.by_hour(what.dirty_fraction)[y] if bought else what.dirty_fraction
    if key[0] == "clean":
        hourly = problem.limits.clean_matching == "hourly"
        return (-dirty if hourly else 1 - dirty) / THOUSAND
    if key[0] == "carbon":
        carbon = problem.by_hour(what.co2_t_per_mwh)[y] if bought else what.co2_t_per_mwh
        return carbon / THOUSAND
    if isinstance(what, Zone):
        return 0.0
    if key[0] == "water":
        return what.water_m3_per_mwh / THOUSAND
    if what.name == key[1] and isinstance(what.contract, PowerPurchase):
        return np.asarray(-problem.by_hour(what.contract.price_usd_per_mwh)[y] / MILLION)
    return 0.0
