"""The compiled dispatch against a plain Python twin, hour by hour, on random small systems."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.operations.random_cases import HOURS, Case, available_by_unit, random_case

from gigaplan.operations import FuelSupply, Grid, Storage


@dataclass
class Offer:
    """Something that can give MW this hour."""

    name: str
    cost: float
    mw: float
    clean: float
    through_connection: bool = False
    order: int = 0
    used: float = 0.0


@dataclass
class Twin:
    """The same rules, written plainly; its own state between hours."""

    case: Case
    up: dict[str, NDArray[np.float64]]
    state: dict[str, float] = field(default_factory=dict)
    clean_state: dict[str, float] = field(default_factory=dict)
    backlog: dict[str, float] = field(default_factory=dict)
    burnt: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for store in self.case.storage:
            self.state[store.name] = store.initial_fraction * store.energy_mwh
            self.clean_state[store.name] = 0.0
        self.backlog = {tier.name: 0.0 for tier in self.case.tiers}
        self.burnt = {fuel.name: 0.0 for fuel in self.case.fuels}

    def hour(self, h: int) -> dict[str, Any]:
        case = self.case
        load, pue = float(case.load_mw[h]), float(case.pue[h])
        offers, must, connection, price = self.offers(h)
        surplus = sum(offer.mw for offer in must)
        must_clean = sum(o.mw * o.clean for o in must) / surplus if surplus else 0.0
        self.free_connection = connection
        slope = case.grid.price_response_usd_per_mwh_per_mw if case.grid else 0.0
        bought = next((o for o in offers if o.name == "grid"), Offer("", 0, 0, 0))

        def take(amount: float, ceiling: float) -> float:
            nonlocal surplus
            got = min(amount, surplus)
            surplus -= got
            for offer in offers:
                if slope > 0:
                    got += rising(amount - got, min(offer.cost, ceiling))
                    if offer is bought:
                        continue
                if offer.cost > ceiling or got >= amount:
                    continue
                more = min(amount - got, offer.mw - offer.used)
                if offer.through_connection:
                    more = min(more, self.free_connection)
                    self.free_connection -= more
                offer.used += more
                got += more
            return got + (rising(amount - got, ceiling) if slope > 0 else 0.0)

        def rising(amount: float, dearest: float) -> float:
            """Import MW by MW until the next would cost too much: bisected on its price."""
            low, high = 0.0, max(min(amount, self.free_connection), 0.0)
            for _ in range(80):
                middle = (low + high) / 2
                q = bought.used + middle
                cheap = price + slope * q + slope * q <= dearest
                low, high = (middle, high) if cheap else (low, middle)
            bought.used += high
            self.free_connection -= high
            return high

        left, given = load, dict.fromkeys(self.state, 0.0)
        clean_given = 0.0
        stores = sorted(case.storage, key=lambda s: s.discharge_above_usd_per_mwh)
        for store in stores:
            left -= take(left, store.discharge_above_usd_per_mwh)
            wanted = left if left > 1e-8 else 0.0  # what is less is rounding
            mw, clean = self.discharge(store, wanted, store.power_mw, store.reserve_fraction)
            given[store.name] += mw
            clean_given += clean
            left -= mw
        left -= take(left, math.inf)
        for store in stores:
            if left > 1e-7:
                rest = store.power_mw - given[store.name]
                mw, clean = self.discharge(store, left, rest, 0.0)
                given[store.name] += mw
                clean_given += clean
                left -= mw
        short = left if left > 1e-7 else 0.0
        shed = self.shed(short, load, pue)
        made_up = 0.0
        for tier in sorted(case.tiers, key=lambda t: -t.lost_usd_per_mwh):
            if short == 0.0 and self.backlog[tier.name] > 0:
                want = min(
                    self.backlog[tier.name] * pue,
                    tier.catch_up_fraction * tier.share_fraction * load,
                )
                mw = take(want, tier.lost_usd_per_mwh)
                self.backlog[tier.name] -= mw / pue
                made_up += mw
            if h % 24 == 23:
                self.backlog[tier.name] = 0.0
        served = load - short + made_up
        charged = 0.0
        for store in stores:
            if given[store.name] == 0.0 and short == 0.0:
                gain = store.charge_efficiency
                free = (store.energy_mwh - self.state[store.name]) / gain
                mw = take(min(store.power_mw, free), store.charge_below_usd_per_mwh)
                clean = sum(o.used * o.clean for o in offers) - surplus * must_clean
                clean += sum(o.mw * o.clean for o in must)
                spare = max(clean + clean_given - served - charged, 0.0)
                self.clean_state[store.name] += min(mw, spare) * gain
                self.state[store.name] += mw * gain
                charged += mw
        export = 0.0
        limit = case.grid.export_limit_mw if case.grid else 0.0
        idle = connection - self.free_connection < 1e-7
        if idle and connection > 0 and price >= 0 and limit > 0:
            self.free_connection = 0.0
            ceiling = np.nextafter(price, -math.inf)
            if slope > 0:  # as much as pays, a further MW earning price - 2 slope x: bisected
                low, high = 0.0, limit
                for _ in range(80):
                    x = (low + high) / 2
                    worth = price - 2 * slope * x
                    spare = surplus if worth >= 0 else 0.0
                    spare += sum(
                        o.mw - o.used for o in offers if o.cost < worth and not o.through_connection
                    )
                    low, high = (x, high) if spare >= x else (low, x)
                limit = low
            export = take(limit, ceiling)
        clean = sum(o.used * o.clean for o in offers) - surplus * must_clean
        clean += sum(o.mw * o.clean for o in must)
        for fuel in case.fuels:
            for name, rate in fuel.heat_rate_mmbtu_per_mwh.items():
                self.burnt[fuel.name] += rate * sum(o.used for o in offers if o.name == name)
                self.burnt[fuel.name] += rate * sum(o.mw for o in must if o.name == name)
        return {
            "shed_mw": short,
            "tier_shed": shed,
            "made_up_mw": made_up,
            "import_mw": sum(o.used for o in offers if o.name == "grid"),
            "export_mw": export,
            "charge_mw": charged,
            "discharge_mw": sum(given.values()),
            "spill_mw": surplus,
            "clean_mw": min(served, clean + clean_given),
            "state": dict(self.state),
            "source": {o.name: o.used for o in offers if o.name != "grid"}
            | {o.name: o.mw for o in must},
        }

    def offers(self, h: int) -> tuple[list[Offer], list[Offer], float, float]:
        must: list[Offer] = []
        offers: list[Offer] = []
        for unit in self.case.units:
            offer = Offer(
                unit.name,
                unit.variable_usd_per_mwh,
                float(self.up[unit.name][h]),
                float(unit.clean),
                unit.remote,
            )
            (must if unit.must_run and not unit.remote else offers).append(offer)
        connection, price = 0.0, 0.0
        grid = self.case.grid
        if grid is not None:
            connection = float(self.up["grid"][h])
            price = float(np.broadcast_to(grid.price_usd_per_mwh, HOURS)[h])
            share = float(np.broadcast_to(grid.clean_share_fraction, HOURS)[h])
            offers.append(Offer("grid", price, math.inf, share, True, order=1))
        offers.sort(key=lambda o: (o.cost, o.order, o.name))
        must.sort(key=lambda o: (o.cost, o.name))
        for fuel in self.case.fuels:
            flow = float(np.broadcast_to(fuel.most_mmbtu_per_hour, HOURS)[h])
            left = max(min(flow, fuel.most_mmbtu_per_year - self.burnt[fuel.name]), 0.0)
            for offer in must + offers:
                rate = fuel.heat_rate_mmbtu_per_mwh.get(offer.name)
                if rate is not None:
                    offer.mw = min(offer.mw, left / rate)
                    left -= rate * offer.mw
        return offers, must, connection, price

    def discharge(
        self, store: Storage, amount: float, power: float, reserve: float
    ) -> tuple[float, float]:
        have = self.state[store.name]
        usable = max(have - reserve * store.energy_mwh, 0.0) * store.discharge_efficiency
        mw = max(min(amount, power, usable), 0.0)
        if mw == 0.0:
            return 0.0, 0.0
        share = self.clean_state[store.name] / have
        self.state[store.name] -= mw / store.discharge_efficiency
        self.clean_state[store.name] -= share * mw / store.discharge_efficiency
        return mw, mw * share

    def shed(self, short: float, load: float, pue: float) -> dict[str, float]:
        out = {}
        for tier in sorted(self.case.tiers, key=lambda t: t.lost_usd_per_mwh):
            cut = min(short, tier.share_fraction * load)
            short -= cut
            out[tier.name] = cut
            if tier.catch_up_fraction > 0:
                self.backlog[tier.name] += cut / pue
        return out


@pytest.mark.parametrize("number", range(100))
def test_the_compiled_dispatch_equals_the_plain_one(number: int) -> None:
    _equals_the_plain_one(random_case(number))


@pytest.mark.parametrize("number", range(100, 160))
def test_so_it_does_where_imports_lift_their_price(number: int) -> None:
    case = random_case(number)
    slope = float(np.random.default_rng(number).uniform(0.1, 4))
    grid = case.grid or Grid(np.full(HOURS, 20.0), 15.0, export_limit_mw=10.0)
    _equals_the_plain_one(
        replace(case, grid=replace(grid, price_response_usd_per_mwh_per_mw=slope))
    )


@pytest.mark.parametrize("number", range(160, 240))
def test_so_it_does_where_fuel_runs_short(number: int) -> None:
    case, random = random_case(number), np.random.default_rng(number)
    burners = [unit for unit in case.units if not unit.remote]
    fuels = []
    for f, group in enumerate((burners[::2], burners[1::2])):
        if group:
            rates = {unit.name: float(random.uniform(5, 12)) for unit in group}
            most = sum(float(unit.capacity_mw) * rates[unit.name] for unit in group)
            flow = most * (random.uniform(0.2, 1, HOURS) if random.random() < 0.6 else np.inf)
            budget = most * HOURS * float(random.uniform(0.05, 0.6))
            fuels.append(FuelSupply(f"fuel {f}", rates, flow, budget))
    _equals_the_plain_one(replace(case, fuels=fuels))


def _equals_the_plain_one(case: Case) -> None:
    found = case.run()
    twin = Twin(case, available_by_unit(case))
    for h in range(HOURS):
        expected = twin.hour(h)
        for name, value in expected.items():
            if name == "tier_shed":
                got: Any = {key: found.tier_shed_mw[key][h] for key in value}
            elif name == "state":
                got = {key: found.charge_state_mwh[key][h] for key in value}
            elif name == "source":
                got = {key: found.source_mw[key][h] for key in value}
            else:
                got = getattr(found, name)[h]
            assert got == pytest.approx(value, abs=1e-6), f"hour {h}: {name}"
