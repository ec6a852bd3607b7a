"""Zones whose market takes and gives at nearly one price, so that their sites stand alone.

Energy of a zone's projects either flows to a site of the zone or is sold; a site draws from
projects or buys. With price u of project energy in an hour (the dual of the zone's balance),

    sell <= u <= buy,    a project earns u,    a site pays min(u, buy) for what it draws,

and sites no longer share hours. Any such u bounds the plan's cost from below. The plan itself
pays for what its hours net out to,

    loss[h] = (buy - u) * (drawn - made)+  +  (u - sell) * (made - drawn)+

more than that, which is counted in its objective. With u halfway this is at most half the spread
on what is traded: used where the spread is small (`LARGEST_SPREAD`); elsewhere the zone's sites
are one hourly program. Where energy costs money to be rid of (sell > buy) projects sell and
sites buy, and nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.decomposition.merchant import Merchant
from gigaplan.expansion.model import ExpansionProblem, Zone
from gigaplan.expansion.operation import MILLION, can_stand, variable_cost
from gigaplan.expansion.options import FloatArray, PowerPurchase, Supply

THOUSAND = 1e3
SMALL_SITE_HOURS = 2_000
"""Site-hours of a period up to which a zone is one hourly program, which loses nothing."""

LARGEST_SPREAD = 0.02
"""Most that buying may cost above selling, over the mean price, for sites to stand alone."""


@dataclass(frozen=True)
class MarketZone:
    """Prices of a zone in a period, USD/MWh, [hour].

    `buy_usd_per_mwh` and `sell_usd_per_mwh` are the market's; a site pays `site_usd_per_mwh`
    for what it draws, a project earns `project_usd_per_mwh`.
    """

    name: str
    buy_usd_per_mwh: FloatArray
    sell_usd_per_mwh: FloatArray
    site_usd_per_mwh: FloatArray
    project_usd_per_mwh: FloatArray

    def loss_usd(self, drawn_mwh: FloatArray, made_mwh: FloatArray) -> float:
        """Return what netting in each hour costs above the prices that sites and projects see."""
        alone = drawn_mwh @ self.site_usd_per_mwh - made_mwh @ self.project_usd_per_mwh
        net = made_mwh - drawn_mwh
        joined = np.where(net > 0, -self.sell_usd_per_mwh * net, -self.buy_usd_per_mwh * net)
        # where selling costs more than buying, energy is not netted
        apart = self.buy_usd_per_mwh * drawn_mwh - self.sell_usd_per_mwh * made_mwh
        return float(np.minimum(joined, apart).sum() - alone)


def market_zones(problem: ExpansionProblem, assets: Assets) -> dict[tuple[str, int], MarketZone]:
    """Return the zones and periods with projects whose sites may stand alone."""
    found = {}
    for zone in problem.zones:
        projects = [o for o in problem.supplies if o.route == "zone" and o.zone == zone.name]
        sites = sum(site.zone == zone.name for site in problem.sites)
        if sites and sites * len(problem.hours) <= SMALL_SITE_HOURS:
            continue
        for y in range(len(problem.periods)):
            stands = any(can_stand(assets.supply[o.name], y) for o in projects)
            if stands and not sites:
                found[zone.name, y] = _sold_only(problem, zone, y)
            elif stands and _only_prices(problem, zone, y):
                market = _market(problem, zone, y)
                if market is not None:
                    found[zone.name, y] = market
    return found


def _only_prices(problem: ExpansionProblem, zone: Zone, y: int) -> bool:
    """Return whether nothing but price tells bought energy from that of projects."""
    limits = problem.limits
    share = limits.clean_share_fraction
    hourly = (
        share is not None
        and limits.clean_matching == "hourly"
        and float(problem.by_period(share)[y]) > 0
    )
    return (
        zone.max_import_mw is None
        and zone.sale_price_fraction > 0
        and limits.carbon_t is None
        and not hourly
    )


def _market(problem: ExpansionProblem, zone: Zone, y: int) -> MarketZone | None:
    price = problem.by_hour(zone.price_usd_per_mwh)[y]
    carbon = float(problem.by_period(problem.limits.carbon_usd_per_t)[y])
    buy = price + carbon * problem.by_hour(zone.co2_t_per_mwh)[y] if carbon else price
    sell = zone.sale_price_fraction * price
    spread = np.maximum(buy - sell, 0.0)
    if spread.mean() > LARGEST_SPREAD * max(float(np.abs(price).mean()), 1e-9):
        return None
    middle = 0.5 * (buy + sell)
    return MarketZone(
        name=zone.name,
        buy_usd_per_mwh=buy,
        sell_usd_per_mwh=sell,
        site_usd_per_mwh=np.minimum(middle, buy),
        project_usd_per_mwh=np.maximum(middle, sell),
    )


def _sold_only(problem: ExpansionProblem, zone: Zone, y: int) -> MarketZone:
    """Return the market of a zone without sites, where all that projects make is sold."""
    price = problem.by_hour(zone.price_usd_per_mwh)[y]
    sell = np.asarray(zone.sale_price_fraction * price)
    return MarketZone(zone.name, price, sell, price, sell)


def merchant(
    problem: ExpansionProblem,
    option: Supply,
    y: int,
    amounts: list[Key],
    market: MarketZone | None,
) -> Merchant:
    """Return the oracle of a virtual contract, or of a zone's project in its market."""
    cost = variable_cost(problem, option, y)
    if market is not None:
        cost = cost - market.project_usd_per_mwh
    share = problem.by_hour(option.availability)[y]
    return Merchant(
        energy_mwh=np.asarray(share * problem.hours.weights),
        usd_per_mwh=cost,
        amounts_per_mwh=np.array(
            [_amount(problem, option, y, key, market is not None) for key in amounts]
        ).reshape(len(amounts), len(cost)),
        must_run_fraction=option.must_run_fraction,
        name=option.name,
    )


def _amount(
    problem: ExpansionProblem, option: Supply, y: int, key: Key, in_market: bool
) -> FloatArray:
    """Return what a MWh of a project adds to a row of the master, [hour]."""
    hours = len(problem.hours)
    if key[0] == "clean":
        hourly = problem.limits.clean_matching == "hourly"
        counted = np.full(hours, 0.0 if hourly else (1 - option.dirty_fraction) / THOUSAND)
        if in_market and not hourly:
            # sold in its zone, where what is bought brings the grid's clean part back
            zone = next(z for z in problem.zones if z.name == option.zone)
            counted = counted - (1 - problem.by_hour(zone.dirty_fraction)[y]) / THOUSAND
        return counted
    if key[0] == "paid energy" and isinstance(option.contract, PowerPurchase):
        return np.asarray(-problem.by_hour(option.contract.price_usd_per_mwh)[y] / MILLION)
    return np.zeros(hours)
