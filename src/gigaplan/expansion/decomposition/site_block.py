"""A site in a period as the fast oracle's site-year, and when that is possible."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.kept import Kept
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
    """Operates a site in a period; its hours are made when they are needed.

    Parameters
    ----------
    problem : ExpansionProblem
    site : Site
    here : tuple of Supply
        What may stand at the site in the period.
    y : int
        The period.
    amounts : tuple of key
        Rows of the master in which its energy counts.
    market : MarketZone, optional
        Which settles what it draws by the hour.
    store : Storage, optional
    emergency_usd_per_mwh : float
        Price of unserved load that no tier allows.
    kept : Kept
        Where its hours may stay.
    """

    problem: ExpansionProblem
    site: Site
    here: tuple[Supply, ...]
    y: int
    amounts: tuple[Key, ...]
    market: MarketZone | None
    store: Storage | None
    emergency_usd_per_mwh: float
    kept: Kept

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the amounts' names as quantities."""
        return tuple("/".join(map(str, key)) for key in self.amounts)

    @cached_property
    def tiers(self) -> tuple[tuple[float, float], ...]:
        """Return (load fraction, USD/MWh) of what may go unserved, all of the load together."""
        tiers = [(t.load_fraction, t.usd_per_mwh) for t in self.site.shed if t.load_fraction > 0]
        if self._must_serve:
            covered = sum(share for share, _ in tiers)
            tiers.append((1 - covered, self.emergency_usd_per_mwh))
        return tuple(tiers)

    @property
    def _must_serve(self) -> bool:
        """Return whether the site's own tiers leave load that must be served."""
        return sum(t.load_fraction for t in self.site.shed) < 1 - 1e-12

    @property
    def year(self) -> SiteYear:
        """Return its hours."""
        return self.kept.get((self.site.name, self.y), self._year)

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost dispatch and its cut."""
        found = self._operate(self.year, inputs, prices, hourly=False)
        count = len(inputs) - 1
        return Answer(
            value_usd=float(found.cost_usd),
            slopes=np.append(found.per_capacity[:count], found.per_load_mw),
            cost_usd=float(found.unpriced_cost_usd),
            amounts=np.array([found.quantities.get(name, 0.0) for name in self.names]),
            used=np.append(self._used(found.used[:count], inputs[:-1]), inputs[-1]),
            emergency_mwh=float(found.unserved_mwh[-1]) if self._must_serve else 0.0,
        )

    def _used(self, used: FloatArray, inputs: FloatArray) -> FloatArray:
        """Return the least capacities that a dispatch needs; what must run is there in full."""
        found = np.minimum(used, inputs)
        for place, option in enumerate(self.here):
            if option.must_run_fraction > 0:
                found[place] = inputs[place]
        return found

    def _operate(
        self, year: SiteYear, inputs: FloatArray, prices: FloatArray, *, hourly: bool
    ) -> SiteYearOperation:
        capacities = inputs[:-1]
        if self.store is None:
            capacities = np.append(capacities, [0.0, 0.0])
        priced = dict(zip(self.names, prices.tolist(), strict=True))
        return year.operate(capacities, float(inputs[-1]), priced, hourly=hourly)

    def settle(self, inputs: FloatArray, prices: FloatArray) -> Settled:
        """Return what the dispatch at some inputs and prices comes to in the year."""
        year, site = self.year, self.site.name
        run = self._operate(year, inputs, prices, hourly=True)
        hours = run.hours
        assert hours is not None
        weights = self.problem.hours.weights
        load = demand_per_it_mw(self.problem, self.site, self.y) * float(inputs[-1])
        nothing = np.zeros(len(weights))
        drawn = hours.output_mw.get(CONNECTION, nothing)
        sold = hours.sold_mw.get(CONNECTION, nothing)
        unserved = self._unserved_usd(run.unserved_mwh)
        market = float((weights * drawn) @ self._line()) if drawn is not nothing else 0.0
        market -= float((weights * sold) @ self._earned()) if sold is not nothing else 0.0
        found = Settled(
            amounts=np.array([run.quantities.get(name, 0.0) for name in self.names]),
            residual=_residual(hours, load, float(inputs[:-1].max(initial=1.0))),
        )
        found.cost_usd.update(
            market=market, unserved=unserved, energy=run.unpriced_cost_usd - market - unserved
        )
        for name, mwh in run.energy_mwh.items():
            if name != CONNECTION:
                found.energy_mwh[site, name] = mwh
        found.energy_mwh[site, "unserved"] = float(run.unserved_mwh.sum())
        if self.market is not None:
            found.drawn_mwh[site] = weights * drawn
        else:
            found.energy_mwh[site, "grid"] = float(weights @ drawn)
        if self._must_serve and run.unserved_mwh[-1] > 0:
            found.emergency_mw[site] = hours.unserved_mw[-1]
        return found

    def _unserved_usd(self, unserved_mwh: FloatArray) -> float:
        return float(sum(usd * mwh for (_, usd), mwh in zip(self.tiers, unserved_mwh, strict=True)))

    def _zone(self) -> Zone:
        return next(zone for zone in self.problem.zones if zone.name == self.site.zone)

    def _line(self) -> FloatArray:
        """Return what a MWh drawn through the connection costs, [hour]."""
        problem, y, zone = self.problem, self.y, self._zone()
        carried = problem.by_hour(self.site.delivery_usd_per_mwh)[y]
        if self.market is not None:
            return np.asarray(self.market.site_usd_per_mwh + carried)
        price = problem.by_hour(zone.price_usd_per_mwh)[y]
        carbon = float(problem.by_period(problem.limits.carbon_usd_per_t)[y])
        if carbon:
            price = price + carbon * problem.by_hour(zone.co2_t_per_mwh)[y]
        return np.asarray(price + carried)

    def _earned(self) -> FloatArray:
        """Return what a MWh sold through the connection earns, [hour]."""
        assert self.site.export_price_fraction is not None
        price = self.problem.by_hour(self._zone().price_usd_per_mwh)[self.y]
        return np.asarray(self.site.export_price_fraction * price)

    def _counted(self, what: Supply | Zone) -> dict[str, FloatArray | float]:
        """Return what a MWh adds to each amount."""
        return {
            name: _per_mwh(self.problem, what, self.y, key)
            for name, key in zip(self.names, self.amounts, strict=True)
        }

    def _sources(self) -> list[Source]:
        problem, y = self.problem, self.y
        sources = [
            Source(
                o.name,
                variable_cost(problem, o, y),
                problem.by_hour(o.availability)[y],
                self._counted(o),
                must_run_fraction=o.must_run_fraction,
            )
            for o in self.here
        ]
        if self.site.zone is None:
            return sources
        bought = self._counted(self._zone())
        sources.append(Source(CONNECTION, self._line(), 1.0, bought))
        if self.site.export_price_fraction is not None:
            annual = problem.limits.clean_matching == "annual"
            given = {
                name: -value
                for (name, value), key in zip(bought.items(), self.amounts, strict=True)
                if key[0] == "clean" and annual
            }
            sources.append(Source(CONNECTION, self._earned(), 1.0, given, sale=True))
        return sources

    def _year(self) -> SiteYear:
        problem, store, hours = self.problem, self.store, self.problem.hours
        wear = float(problem.by_hour(store.variable_usd_per_mwh)[self.y, 0]) if store else 0.0
        return SiteYear(
            demand_per_it_mw(problem, self.site, self.y),
            self._sources(),
            self.tiers,
            charge_efficiency_fraction=store.charge_efficiency_fraction if store else 1.0,
            discharge_efficiency_fraction=store.discharge_efficiency_fraction if store else 1.0,
            wear_usd_per_mwh=wear,
            chain_lengths=hours.chain_lengths,
            weights=hours.weights,
            step_hours=hours.step_hours,
        )


def _residual(hours: SiteYearHours, load: FloatArray, size: float) -> float:
    """Return the worst hour's power that goes nowhere, over the size of the site."""
    power = hours.unserved_mw.sum(axis=0) + hours.discharge_mw - hours.charge_mw - load
    for output in hours.output_mw.values():
        power = power + output
    for sold in hours.sold_mw.values():
        power = power - sold
    return float(np.abs(power).max()) / (1.0 + max(size, float(load.max())))


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
