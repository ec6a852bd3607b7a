"""What each limit of a problem that binds is worth, and how much of it there is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.assets import Asset
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.model import Site
from gigaplan.expansion.options import FloatArray, PerPeriod
from gigaplan.expansion.shared_limits import THOUSAND
from gigaplan.expansion.solution import Prices
from gigaplan.programme.reasons import Worth, WorthKind

MONTHS = 12
DUST_MW = 1e-6


class Binding:
    """The limits of a plan that bind, as worths.

    Parameters
    ----------
    form : Formulation
        The whole program, or that of its years alone.
    values : array [column]
        The plan.
    prices : Prices
        What its limits are worth.
    """

    def __init__(self, form: Formulation, values: FloatArray, prices: Prices) -> None:
        self._form = form
        self._values = values
        self._prices = prices
        self._problem = form.problem
        self._years = [period.year for period in self._problem.periods]
        self._weight = np.array([period.weight for period in self._problem.periods])
        self._once = np.ones(len(self._years))
        self._lines: dict[str, list[Asset]] = defaultdict(list)
        for asset in form.assets.connection.values():
            self._lines[str(asset.site)].append(asset)
        self._online = np.zeros(form.assembly.column_count)
        for key, columns in form.assembly.columns.items():
            if key[0] == "online":
                self._online[columns] = values[columns]

    def worths(self) -> Iterator[Worth]:
        """Yield every limit that binds, in no order of its worth."""
        yield from self._of_compute()
        yield from self._of_money()
        yield from self._of_scarce_things()
        yield from self._of_energy()
        for site in self._problem.sites:
            yield from self._of_site(site)

    def _each(
        self,
        kind: WorthKind,
        place: str,
        values: FloatArray,
        unit: str,
        size: PerPeriod,
        weight: FloatArray,
    ) -> Iterator[Worth]:
        """Yield a limit in the periods in which it is worth anything; `weight` makes it present."""
        sizes = self._problem.by_period(size)
        for y, value in enumerate(values):
            total = float(value * weight[y]) * float(sizes[y]) if value > 0 else 0.0
            if total > 0 and np.isfinite(total):
                year, amount = self._years[y], float(sizes[y])
                yield Worth(kind, place, year, float(value), unit, amount, total)

    def _of_compute(self) -> Iterator[Worth]:
        goal = self._problem.goal
        if goal is None or goal.target_it_mw is None:
            return
        target = self._problem.by_period(goal.target_it_mw)
        short = self._short_it_mw()
        worth = self._prices.target_usd_per_it_mw_year
        unit = "usd_per_it_mw_year"
        met = np.where(short > DUST_MW * np.maximum(target, 1.0), 0.0, 1.0)
        yield from self._each("target", "", worth * met, unit, target, self._weight)
        yield from self._each("target missed", "", worth * (1 - met), unit, short, self._weight)

    def _short_it_mw(self) -> FloatArray:
        columns = self._form.assembly.columns
        return np.array(
            [
                float(self._values[columns["shortfall", y]][0])
                if ("shortfall", y) in columns
                else 0.0
                for y in range(len(self._years))
            ]
        )

    def _of_money(self) -> Iterator[Worth]:
        limits, prices, unit = self._problem.limits, self._prices, "usd_per_usd"
        if limits.capex_usd is not None:
            worth = prices.budget_usd_per_usd
            yield from self._each("budget", "", worth, unit, limits.capex_usd, self._once)
        for total, usd in zip(
            limits.cumulative_capex, prices.total_budget_usd_per_usd, strict=True
        ):
            if usd > 0:
                size, year = total.usd, total.through_year
                yield Worth("total budget", "", year, float(usd), unit, size, float(usd) * size)
        for fund in limits.funds:
            worth = prices.fund_usd_per_usd[fund.name]
            yield from self._each("fund", fund.name, worth, unit, fund.usd, self._once)
            usd = prices.fund_total_usd_per_usd[fund.name]
            if usd > 0 and np.isfinite(fund.total_usd):
                size, year = fund.total_usd, self._years[-1]
                yield Worth("fund in all", fund.name, year, usd, unit, size, usd * size)

    def _of_scarce_things(self) -> Iterator[Worth]:
        limits, prices = self._problem.limits, self._prices
        for name, offered in limits.slots.items():
            worth = prices.slot_usd[name]
            yield from self._each("slots", name, worth, "usd_per_slot", offered, self._once)
        for generation in self._problem.accelerators:
            if generation.max_it_mw is not None:
                name, most = generation.name, generation.max_it_mw
                worth = prices.delivery_usd_per_it_mw[name]
                yield from self._each("deliveries", name, worth, "usd_per_it_mw", most, self._once)
        for zone in self._problem.zones:
            worth = prices.market_depth_usd_per_mw_year.get(zone.name, self._once * 0)
            if zone.max_import_mw is not None:
                yield from self._each(
                    "market depth",
                    zone.name,
                    worth,
                    "usd_per_mw_year",
                    zone.max_import_mw,
                    self._weight,
                )

    def _of_energy(self) -> Iterator[Worth]:
        limits, prices = self._problem.limits, self._prices
        if limits.clean_share_fraction is not None:
            keys: list[Key] = [("clean", y) for y in range(len(self._years))]
            size = np.array([self._asked_by_load(key, 0) for key in keys]) * THOUSAND
            worth = prices.clean_usd_per_mwh
            yield from self._each("clean share", "", worth, "usd_per_mwh", size, self._weight)
        if limits.carbon_t is not None:
            worth = prices.carbon_usd_per_t
            yield from self._each(
                "carbon cap", "", worth, "usd_per_t", limits.carbon_t, self._weight
            )

    def _asked_by_load(self, key: Key, place: int) -> float:
        """Return what online compute asks of a row, in the row's unit."""
        form = self._form
        rows = form.assembly.rows.get(key)
        if rows is None:
            return 0.0
        return float(np.abs(form.program.matrix[int(rows[place])] @ self._online)[0])

    def _of_site(self, site: Site) -> Iterator[Worth]:
        """Yield a site's limits where it has compute: elsewhere its prices rest on nothing."""
        problem, prices, name = self._problem, self._prices, site.name
        columns = self._form.assembly.columns
        periods = range(len(self._years))
        online = [float(self._values[columns["online", name, y]][0]) for y in periods]
        live = np.array([1.0 if mw > DUST_MW else 0.0 for mw in online])
        stands = self._connection_mw(site)
        worth = prices.connection_usd_per_mw_year[name] * live
        unit = "usd_per_mw_year"
        yield from self._each("connection", name, worth, unit, stands, self._weight)
        in_hand = problem.by_period(site.connection_mw)
        for y in periods[1:]:
            due = float(in_hand[y] - in_hand[y - 1])
            a_year = float(worth[y - 1] * self._weight[y - 1]) * due
            if due > 0 and a_year > 0:
                month = a_year / MONTHS
                yield Worth(
                    "connection earlier", name, self._years[y], month, "usd_per_month", due, a_year
                )
        if site.max_water_m3 is not None:
            water = prices.water_usd_per_m3[name] * live
            yield from self._each(
                "water", name, water, "usd_per_m3", site.max_water_m3, self._weight
            )
        if site.land_acres is not None:
            land = prices.land_usd_per_acre_year[name] * live
            yield from self._each(
                "land", name, land, "usd_per_acre_year", site.land_acres, self._weight
            )
        if site.reserve_margin_fraction is not None:
            asked = np.array([self._asked_by_load(("reserve", name), y) for y in periods])
            reserve = prices.reserve_usd_per_mw_year[name] * live
            yield from self._each("reserve margin", name, reserve, unit, asked, self._weight)

    def _connection_mw(self, site: Site) -> FloatArray:
        """Return MW of grid connection that stand, in hand or bought."""
        mw = np.array(self._problem.by_period(site.connection_mw))
        for asset in self._lines[site.name]:
            mw += self._values[asset.capacity]
        return mw
