"""A site in a period as the fast oracle's site-year, and when that is possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.decomposition.block import Answer
from gigaplan.expansion.decomposition.hourly_block import EMERGENCY_USD_PER_MWH
from gigaplan.expansion.decomposition.market import MarketZone
from gigaplan.expansion.model import ExpansionProblem, Site, Zone
from gigaplan.expansion.operation import MILLION, can_stand, demand_per_it_mw, variable_cost
from gigaplan.expansion.options import FloatArray, PowerPurchase, Storage, Supply
from gigaplan.expansion.oracle import SiteYear, Source

THOUSAND = 1e3


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


def standing_stores(
    problem: ExpansionProblem, assets: Assets, site: Site, y: int
) -> list[Storage]:
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
    year : SiteYear
    amounts : tuple of str
        Names of its quantities.
    stored : bool
        Whether the last inputs before load are a storage's.
    """

    year: SiteYear
    amounts: tuple[str, ...]
    stored: bool

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost dispatch and its cut."""
        capacities, load = inputs[:-1], float(inputs[-1])
        if not self.stored:
            capacities = np.append(capacities, [0.0, 0.0])
        found = self.year.operate(
            capacities, load, dict(zip(self.amounts, prices.tolist(), strict=True))
        )
        count = len(inputs) - 1
        return Answer(
            value_usd=float(found.cost_usd),
            slopes=np.append(found.per_capacity[:count], found.per_load_mw),
            cost_usd=float(found.unpriced_cost_usd),
            amounts=np.array([found.quantities[name] for name in self.amounts]),
            used=np.append(found.used[:count], load),
        )


def fast_site(
    problem: ExpansionProblem,
    assets: Assets,
    site: Site,
    here: list[Supply],
    y: int,
    amounts: list[Key],
    market: MarketZone | None,
) -> tuple[SiteOracle, Storage | None]:
    """Return the oracle of a site in a period, and its storage."""
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
    if site.zone is not None:
        zone = next(zone for zone in problem.zones if zone.name == site.zone)
        sources += _line(problem, site, zone, y, counted(zone), market)
        if site.export_price_fraction is not None:
            earned = site.export_price_fraction * problem.by_hour(zone.price_usd_per_mwh)[y]
            annual = problem.limits.clean_matching == "annual"
            given = {
                name: -value
                for name, value in counted(zone).items()
                if name.startswith("clean") and annual
            }
            sources.append(Source("connection", earned, 1.0, given, sale=True))
    stores = standing_stores(problem, assets, site, y)
    store = stores[0] if stores else None
    tiers = [(t.load_fraction, t.usd_per_mwh) for t in site.shed if t.load_fraction > 0]
    covered = sum(share for share, _ in tiers)
    if covered < 1 - 1e-12:
        tiers.append((1 - covered, EMERGENCY_USD_PER_MWH))
    year = SiteYear(
        demand_per_it_mw(problem, site, y),
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
    return SiteOracle(year, names, store is not None), store


def _line(
    problem: ExpansionProblem,
    site: Site,
    zone: Zone,
    y: int,
    counted: dict[str, FloatArray | float],
    market: MarketZone | None,
) -> list[Source]:
    """Return what a site draws through its connection."""
    carried = problem.by_hour(site.delivery_usd_per_mwh)[y]
    if market is not None:
        price = market.site_usd_per_mwh
    else:
        price = problem.by_hour(zone.price_usd_per_mwh)[y]
        carbon = float(problem.by_period(problem.limits.carbon_usd_per_t)[y])
        if carbon:
            price = price + carbon * problem.by_hour(zone.co2_t_per_mwh)[y]
    return [Source("connection", price + carried, 1.0, counted)]


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
