"""Fuel that runs short: years solved by hand, balances, and what a better rule could do."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from tests.operations.random_cases import HOURS, random_case

from gigaplan.core.errors import InputError
from gigaplan.operations import FuelSupply, Grid, Unit, assess, foresight, trace
from gigaplan.operations.model import MONTH_START_HOUR

YEAR = 8760
TURBINE = Unit("turbine", 100.0, variable_usd_per_mwh=40.0)
ENGINE = Unit("engine", 100.0, variable_usd_per_mwh=60.0)
BURNERS = [n for n in range(40) if any(not unit.remote for unit in random_case(n).units)]
RATES = {"turbine": 10.0, "engine": 8.0}


def test_a_pipeline_serves_the_cheaper_unit_first() -> None:
    # 900 MMBtu carry 90 MW of the turbine; nothing is left for the engine, 30 MW stay short.
    fuel = FuelSupply("pipeline", RATES, most_mmbtu_per_hour=900.0)
    found = trace([TURBINE, ENGINE], np.full(48, 120.0), 0, fuels=[fuel])
    assert found.source_mw["turbine"] == pytest.approx(np.full(48, 90.0))
    assert found.source_mw["engine"] == pytest.approx(np.zeros(48))
    assert found.shed_mw == pytest.approx(np.full(48, 30.0))


def test_a_pipeline_that_carries_less_in_some_hours_limits_those() -> None:
    most = np.where(np.arange(48) < 12, 600.0, 5000.0)
    fuel = FuelSupply("pipeline", RATES, most_mmbtu_per_hour=most)
    found = trace([TURBINE, ENGINE], np.full(48, 120.0), 0, fuels=[fuel])
    assert found.shed_mw == pytest.approx(np.where(np.arange(48) < 12, 60.0, 0.0))


def test_a_budget_is_released_by_month_and_kept_for_the_next() -> None:
    # January and February ask for nothing: March may burn the fuel of three months.
    load = np.full(YEAR, 100.0)
    load[: MONTH_START_HOUR[2]] = 0.0
    budget = 10.0 * 100.0 * YEAR / 2  # fuel for half the hours
    fuel = FuelSupply("permit", {"turbine": 10.0}, most_mmbtu_per_year=budget)
    found = trace([TURBINE], load, 0, fuels=[fuel])
    made = [found.source_mw["turbine"][a:b].sum() for a, b in pairwise(MONTH_START_HOUR)]
    days = np.diff(MONTH_START_HOUR) / 24
    assert made[:2] == [0.0, 0.0]
    assert made[2] == pytest.approx(2400 * min(31, (31 + 28 + 31) / 2))
    carried = (31 + 28 + 31) / 2 - 31
    april = min(30, 15 + carried)
    assert made[3] == pytest.approx(2400 * april)
    assert made[5] == pytest.approx(2400 * (days[5] / 2))
    assert sum(made) * 10 == pytest.approx(budget)
    # Within a month the fuel is burnt by whoever comes first.
    june = slice(MONTH_START_HOUR[5], MONTH_START_HOUR[6])
    assert found.source_mw["turbine"][june] == pytest.approx(np.repeat([100.0, 0.0], 360))


def test_what_is_burnt_is_reported_and_never_more_than_there_is() -> None:
    fuels = [
        FuelSupply("gas", {"turbine": 10.0}, most_mmbtu_per_hour=800.0),
        FuelSupply("diesel", {"engine": 8.0}, most_mmbtu_per_year=1e6),
    ]
    found = assess([TURBINE, ENGINE], np.full(YEAR, 150.0), fuels=fuels, samples=2)
    assert found.energy is not None
    burnt = found.energy.fuel_mmbtu
    assert burnt["gas"].mean == pytest.approx(800.0 * YEAR)
    # The turbine gives 80 MW: 70 are asked of the engine, 560 MMBtu in each of 8,760 hours.
    assert burnt["diesel"].mean == pytest.approx(1e6)
    assert found.eue_mwh.mean == pytest.approx(70 * YEAR - 1e6 / 8)


@pytest.mark.parametrize("number", BURNERS[:12])
def test_more_fuel_never_leaves_more_load_unserved_nor_changes_what_came_before(
    number: int,
) -> None:
    case = random_case(number)
    names = [unit.name for unit in case.units if not unit.remote]
    rates = dict.fromkeys(names, 9.0)

    def short(budget: float) -> np.ndarray:
        fuel = FuelSupply("gas", rates, most_mmbtu_per_year=budget)
        plain = replace(case, storage=[], fuels=[fuel])
        return plain.run().shed_mw

    most = sum(float(unit.capacity_mw) for unit in case.units) * 9.0 * HOURS
    less, more = short(0.2 * most), short(0.3 * most)
    assert more.sum() <= less.sum() + 1e-6
    first = np.flatnonzero(np.abs(less - more) > 1e-6)
    if first.size:  # they part only where the smaller budget has run out
        assert (more[first] <= less[first] + 1e-6).all()


def test_foresight_keeps_the_fuel_for_the_dear_hours() -> None:
    price = np.where(np.arange(48) < 24, 50.0, 90.0)
    grid = Grid(100.0, price)
    fuel = FuelSupply("gas", {"turbine": 10.0}, most_mmbtu_per_year=24 * 1000.0)
    found = foresight.foresee([TURBINE], np.full(48, 100.0), grid=grid, fuels=[fuel])
    # The rule burns it on the first day, at 40 beside 50; the best on the second, beside 90.
    assert found.rule_usd == pytest.approx(2400 * (40 + 90))
    assert found.best_usd == pytest.approx(2400 * (50 + 40))


@pytest.mark.parametrize("number", BURNERS[12:30])
def test_no_rule_beats_foresight_where_fuel_runs_short(number: int) -> None:
    case = random_case(number)
    units = [replace(unit, must_run=False) for unit in case.units]
    rates = {u.name: 6.0 + i for i, u in enumerate(units) if not u.remote}
    most = sum(float(u.capacity_mw) * rates.get(u.name, 0.0) for u in units)
    fuel = FuelSupply("gas", rates, 0.7 * most, 0.3 * most * HOURS)
    found = foresight.foresee(
        units,
        case.load_mw,
        storage=case.storage,
        tiers=case.tiers,
        grid=case.grid,
        pue=case.pue,
        fuels=[fuel],
    )
    assert found.best_usd <= found.rule_usd + 1e-6 * abs(found.rule_usd)
    burnt = np.sum([rates[name] * found.source_mw[name] for name in rates], axis=0)
    assert burnt.max() <= 0.7 * most + 1e-6
    assert burnt.sum() <= 0.3 * most * HOURS + 1e-3


BAD = [
    (lambda: FuelSupply("gas", {}), "gas.heat_rate_mmbtu_per_mwh: found no source"),
    (lambda: FuelSupply("gas", {"turbine": 0.0}), "found 0; a finite number above 0"),
    (lambda: FuelSupply("gas", {"turbine": 9.0}, -1.0), "gas.most_mmbtu_per_hour: found -1"),
    (lambda: FuelSupply("gas", {"turbine": 9.0}, 1.0, -5.0), "gas.most_mmbtu_per_year: found -5"),
    (
        lambda: trace([TURBINE], np.ones(24), 0, fuels=[FuelSupply("gas", {"boiler": 9.0})]),
        "no source is named 'boiler'; there are: turbine",
    ),
    (
        lambda: trace(
            [replace(TURBINE, remote=True)],
            np.ones(24),
            0,
            grid=Grid(9.0),
            fuels=[FuelSupply("gas", {"turbine": 9.0})],
        ),
        "'turbine' stands elsewhere in the market",
    ),
    (
        lambda: trace(
            [TURBINE],
            np.ones(24),
            0,
            fuels=[FuelSupply("gas", {"turbine": 9.0}), FuelSupply("oil", {"turbine": 9.0})],
        ),
        "'turbine' burns 'gas' already",
    ),
    (
        lambda: assess(
            [TURBINE], np.ones(24), dispatch=False, fuels=[FuelSupply("gas", {"turbine": 9.0})]
        ),
        "fuel supplies need the hourly dispatch",
    ),
]


@pytest.mark.parametrize(("call", "message"), BAD)
def test_wrong_fuel_is_refused_in_its_writers_words(call: object, message: str) -> None:
    with pytest.raises(InputError) as caught:
        call()  # type: ignore[operator]
    assert message in str(caught.value)
