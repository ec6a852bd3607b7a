"""Dispatch with foresight: no rule beats it; it equals programs written apart, and closed forms."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import linprog
from tests.operations.random_cases import Case, available_by_unit, random_case

from gigaplan.operations import Grid, Storage, Tier, Unit
from gigaplan.operations.foresight import Foresight, foresee

Floats = NDArray[np.float64]


def of(case: Case) -> Foresight:
    return foresee(
        case.units,
        case.load_mw,
        storage=case.storage,
        tiers=case.tiers,
        grid=case.grid,
        pue=case.pue,
    )


class PlainProgram:
    """The same year as a linear program written unit by unit and hour by hour."""

    def __init__(self) -> None:
        self.cost: list[float] = []
        self.bounds: list[tuple[float, float | None]] = []
        self.equal: list[tuple[dict[int, float], float]] = []
        self.below: list[tuple[dict[int, float], float]] = []

    def flow(self, most: float | None, cost: float = 0.0, least: float = 0.0) -> int:
        self.cost.append(cost)
        self.bounds.append((least, most))
        return len(self.cost) - 1

    def solve(self) -> float:
        def dense(rows: list[tuple[dict[int, float], float]]) -> tuple[Any, Any]:
            if not rows:
                return None, None
            matrix = np.zeros((len(rows), len(self.cost)))
            for i, (terms, _) in enumerate(rows):
                for column, value in terms.items():
                    matrix[i, column] += value
            return matrix, np.array([side for _, side in rows])

        (a, b), (c, d) = dense(self.equal), dense(self.below)
        found = linprog(self.cost, A_ub=c, b_ub=d, A_eq=a, b_eq=b, bounds=self.bounds)
        assert found.status == 0
        return float(found.fun or 0.0)


def plain_optimum(case: Case, hours: int, least_end: dict[str, float]) -> float:
    up = available_by_unit(case)
    lp = PlainProgram()
    inside: dict[str, int | None] = {store.name: None for store in case.storage}
    backlog: dict[str, int | None] = {}
    for h in range(hours):
        balance: dict[int, float] = {}
        through: dict[int, float] = {}
        price = 0.0 if case.grid is None else float(np.asarray(case.grid.price_usd_per_mwh)[h])
        connection = 0.0 if case.grid is None else float(up["grid"][h])
        for unit in case.units:
            mw, cost = float(up[unit.name][h]), unit.variable_usd_per_mwh
            if unit.remote:
                sent, sold = lp.flow(None, cost), lp.flow(None, cost - price)
                lp.below.append(({sent: 1.0, sold: 1.0}, mw))
                balance[sent] = through[sent] = 1.0
            else:
                made = lp.flow(mw, cost, mw if unit.must_run else 0.0)
                balance[made] = 1.0
        if any(unit.must_run and not unit.remote for unit in case.units):
            most = sum(up[u.name][h] for u in case.units if u.must_run and not u.remote)
            balance[lp.flow(float(most))] = -1.0
        if case.grid is not None:
            bought = lp.flow(None, price)
            balance[bought] = through[bought] = 1.0
            lp.below.append((through, connection))
            if price >= 0 and connection > 0:
                balance[lp.flow(case.grid.export_limit_mw, -price)] = -1.0
        for store in case.storage:
            into, out = lp.flow(store.power_mw), lp.flow(store.power_mw)
            end = least_end[store.name] if h == hours - 1 else 0.0
            now = lp.flow(store.energy_mwh, 0.0, min(end, store.energy_mwh))
            state = {now: 1.0, into: -store.charge_efficiency, out: 1 / store.discharge_efficiency}
            before = inside[store.name]
            start = 0.0
            if before is None:
                start = store.initial_fraction * store.energy_mwh
            else:
                state[before] = -1.0
            lp.equal.append((state, start))
            inside[store.name] = now
            balance[into], balance[out] = -1.0, 1.0
        for tier in case.tiers:
            own = tier.share_fraction * float(case.load_mw[h])
            cut = lp.flow(own, tier.lost_usd_per_mwh)
            balance[cut] = 1.0
            if tier.catch_up_fraction > 0:
                made_up = lp.flow(tier.catch_up_fraction * own, -tier.lost_usd_per_mwh)
                balance[made_up] = -1.0
                waiting = lp.flow(None)
                pue = float(case.pue[h])
                state = {waiting: 1.0, cut: -1 / pue, made_up: 1 / pue}
                kept = backlog.get(tier.name)
                if kept is not None and h % 24:
                    state[kept] = -1.0
                lp.equal.append((state, 0.0))
                backlog[tier.name] = waiting
        lp.equal.append((balance, float(case.load_mw[h])))
    return lp.solve()


@pytest.mark.parametrize("number", range(20))
def test_it_costs_what_a_program_written_hour_by_hour_costs(number: int) -> None:
    case = random_case(number)
    found = of(case)
    ends = {name: float(state[-1]) for name, state in found.rule.charge_state_mwh.items()}
    exact = plain_optimum(case, len(case.load_mw), ends)
    assert found.best_usd == pytest.approx(exact, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("number", range(100))
def test_the_rule_never_beats_it(number: int) -> None:
    found = of(random_case(number))
    assert found.best_usd <= found.rule_usd + 1e-6 * max(abs(found.rule_usd), 1.0)


@pytest.mark.parametrize("number", range(10))
def test_its_hours_balance_and_its_storage_conserves(number: int) -> None:
    case = random_case(number)
    found = of(case)
    given = sum(found.source_mw.values()) + found.import_mw + found.discharge_mw
    given += sum(found.tier_shed_mw.values())
    taken = case.load_mw + found.made_up_mw + found.charge_mw + found.export_mw + found.spill_mw
    np.testing.assert_allclose(given, taken, atol=1e-6)
    for store in case.storage:
        state = found.charge_state_mwh[store.name]
        assert state.min() >= -1e-6
        assert state.max() <= store.energy_mwh + 1e-6
        assert state[-1] >= found.rule.charge_state_mwh[store.name][-1] - 1e-6


def idle_battery(power_mw: float, energy_mwh: float) -> Storage:
    """Return a lossless battery, empty at the start, whose rule never charges it."""
    never = -np.inf
    return Storage(
        "battery",
        power_mw,
        energy_mwh,
        1.0,
        1.0,
        charge_below_usd_per_mwh=never,
        initial_fraction=0.0,
    )


def test_a_battery_moves_cheap_hours_to_dear_ones() -> None:
    """Two hours, a lossless battery of 1 MWh: it saves the difference of prices."""
    grid = Grid(100.0, np.array([10.0, 90.0]))
    battery = idle_battery(1.0, 1.0)
    found = foresee([], np.array([10.0, 10.0]), storage=[battery], grid=grid)
    assert found.best_usd == pytest.approx(10 * 10 + 90 * 10 - 80)
    assert found.worth_usd == pytest.approx(80)
    assert found.price_usd_per_mwh[1] == pytest.approx(90.0)


def best_by_stages(price: Floats, levels: int, power: int) -> float:
    """Return the most a lossless battery of whole MWh earns, by dynamic programming."""
    worth = np.full(levels + 1, -np.inf)
    worth[0] = 0.0  # starts empty
    for p in price:
        after = np.full(levels + 1, -np.inf)
        for at in range(levels + 1):
            for to in range(max(at - power, 0), min(at + power, levels) + 1):
                after[to] = max(after[to], worth[at] + (at - to) * p)
        worth = after
    return float(worth.max())


@pytest.mark.parametrize("number", range(10))
def test_it_earns_what_dynamic_programming_earns(number: int) -> None:
    random = np.random.default_rng(number)
    price = random.uniform(0, 100, 72)
    battery = idle_battery(2.0, 5.0)
    found = foresee([], np.full(72, 50.0), storage=[battery], grid=Grid(1000.0, price))
    assert 50 * price.sum() - found.best_usd == pytest.approx(best_by_stages(price, 5, 2))


def test_work_that_can_wait_moves_to_the_day_s_cheap_hours() -> None:
    price = np.where(np.arange(48) % 24 < 12, 80.0, 20.0)
    tiers = [Tier("batch", 0.5, 50.0, catch_up_fraction=1.0), Tier("firm", 0.5, 5000.0)]
    found = foresee([], np.full(48, 10.0), tiers=tiers, grid=Grid(100.0, price))
    # in dear hours half the load waits, and as much again is done in the cheap ones
    assert found.tier_shed_mw["batch"][:12] == pytest.approx(5.0)
    assert found.made_up_mw[12:24] == pytest.approx(5.0)
    assert found.best_usd == pytest.approx(2 * 12 * (5 * 80 + 15 * 20))


def test_what_foresight_is_worth_shows_beside_a_unit_that_fails() -> None:
    units = [Unit("gas", 100.0, forced_outage_fraction=0.1, mttr_hours=20, variable_usd_per_mwh=30)]
    battery = Storage(
        "battery", 50.0, 200.0, discharge_above_usd_per_mwh=35.0, charge_below_usd_per_mwh=25.0
    )
    price = 40 + 30 * np.sin(np.arange(500) / 3)
    found = foresee(units, np.full(500, 120.0), storage=[battery], grid=Grid(90.0, price))
    assert 0 < found.worth_usd < 0.5 * found.rule_usd
