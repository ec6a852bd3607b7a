"""The stacked program on the farmer's problem, whose answers are published."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from gigaplan.expansion.assembly import Assembly
from gigaplan.expansion.highs import Session, check_point, implied_upper
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.stochastic import Risk, ScenarioProgram, Stacked, share_blocks, stack
from gigaplan.expansion.stochastic.solve_program import Clock, Found, solve_program

# Birge and Louveaux, Introduction to Stochastic Programming, 1.1: 500 acres of wheat, corn and
# sugar beets; yields of 2.5, 3 and 20 t an acre, or a fifth more or less
YIELD = np.array([2.5, 3.0, 20.0])
YEARS = {"below": 0.8, "average": 1.0, "above": 1.2}
LAND = ("land",)
NEUTRAL = Risk()


def farm(factor: float, land: FloatArray | None = None) -> Assembly:
    """Return the farmer's year; cost is what is spent less what is earned, USD."""
    farmer = Assembly()
    low, high = (0.0, 500.0) if land is None else (land, land)
    acres = farmer.add_columns(LAND, 3, cost=[150.0, 230.0, 260.0], lower=low, upper=high)
    bought = farmer.add_columns(("bought",), 2, cost=[238.0, 210.0], upper=1000.0)
    sold = farmer.add_columns(("sold",), 2, cost=[-170.0, -150.0])
    quota = farmer.add_columns(("beets in quota",), 1, cost=-36.0, upper=6000.0)
    beyond = farmer.add_columns(("beets beyond",), 1, cost=-10.0)
    farmer.add_entries(farmer.add_rows(("acres",), 1, upper=500.0), acres, 1.0)
    feed = farmer.add_rows(("feed",), 2, lower=[200.0, 240.0])
    farmer.add_entries(feed, acres[:2], factor * YIELD[:2])
    farmer.add_entries(feed, bought, 1.0)
    farmer.add_entries(feed, sold, -1.0)
    beets = farmer.add_rows(("beets",), 1, lower=0.0)
    farmer.add_entries(beets, acres[2], factor * YIELD[2])
    farmer.add_entries(beets, quota, -1.0)
    farmer.add_entries(beets, beyond, -1.0)
    return farmer


def farms(
    land: FloatArray | None = None, years: Mapping[str, float] = YEARS
) -> list[ScenarioProgram]:
    built = {name: farm(factor, land) for name, factor in years.items()}
    return [
        ScenarioProgram(name, 1 / len(built), farmer.program(), farmer.columns)
        for name, farmer in built.items()
    ]


def stacked_farms(risk: Risk = NEUTRAL, land: FloatArray | None = None) -> Stacked:
    parts = farms(land)
    return stack(parts, share_blocks(parts, [LAND]), risk)


def solved(stacked: Stacked) -> Found:
    return solve_program(stacked.program, gap=0.0, clock=Clock(None))


def test_the_farmer_earns_the_published_108390_on_the_published_acres() -> None:
    stacked = stacked_farms()
    found = solved(stacked)
    assert -found.objective == pytest.approx(108_390)
    assert stacked.shared_values(found.values)[LAND] == pytest.approx([170, 80, 250])


def test_knowing_the_weather_is_worth_the_published_7016() -> None:
    alone = [Session(part.program).solve_linear().objective for part in farms()]
    assert solved(stacked_farms()).objective - np.mean(alone) == pytest.approx(7_016, abs=0.5)


def test_planning_on_scenarios_is_worth_the_published_1150() -> None:
    mean = farms(years={"mean": 1.0})[0]
    land = Session(mean.program).solve_linear().values[mean.columns[LAND]]
    assert land == pytest.approx([120, 80, 300])
    of_the_mean = solved(stacked_farms(land=land)).objective
    assert -of_the_mean == pytest.approx(107_240)
    assert of_the_mean - solved(stacked_farms()).objective == pytest.approx(1_150)


def test_shared_columns_are_equal_in_every_scenario() -> None:
    stacked = stacked_farms()
    values = solved(stacked).values
    for s in range(3):
        assert stacked.scenario_values(values, s)[:3] == pytest.approx([170, 80, 250])


@pytest.mark.parametrize("weight", [0.3, 1.0])
@pytest.mark.parametrize("level", [0.0, 0.5, 0.9])
def test_the_tail_is_that_of_a_program_written_another_way(level: float, weight: float) -> None:
    # CVaR is the greatest mean over probabilities q_s <= p_s / (1 - level) of sum 1. Its vertices
    # are few: one row "t >= q . cost" each, and no value at risk anywhere.
    parts = farms()
    cap = min(1.0, (1 / 3) / (1 - level))
    corners = set()
    for order in ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)):
        q, rest = [0.0] * 3, 1.0
        for s in order:
            q[s] = min(cap, rest)
            rest -= q[s]
        corners.add(tuple(q))
    n = len(parts[0].program.cost)
    size = 3 * n + 1
    above: list[FloatArray] = []
    edge: list[float] = []
    bounds: list[tuple[float | None, float | None]] = []
    for s, part in enumerate(parts):
        dense = part.program.matrix.toarray()
        for sign, side in ((1.0, part.program.row_upper), (-1.0, -part.program.row_lower)):
            for row, limit in zip(sign * dense, side, strict=True):
                if np.isfinite(limit):
                    whole = np.zeros(size)
                    whole[s * n : (s + 1) * n] = row
                    above.append(whole)
                    edge.append(float(limit))
        bounds += list(zip(part.program.lower, part.program.upper, strict=True))
    for corner in corners:
        row = np.zeros(size)
        for s, part in enumerate(parts):
            row[s * n : (s + 1) * n] = corner[s] * part.program.cost
        row[-1] = -1.0
        above.append(row)
        edge.append(0.0)
    same = np.zeros((6, size))
    for i in range(3):
        for s in (1, 2):
            same[2 * i + s - 1, [i, s * n + i]] = 1.0, -1.0
    cost = np.concatenate([(1 - weight) / 3 * part.program.cost for part in parts] + [[weight]])
    told = linprog(
        cost,
        A_ub=np.array(above),
        b_ub=edge,
        A_eq=same,
        b_eq=np.zeros(6),
        bounds=[*bounds, (None, None)],
    )
    found = solved(stacked_farms(Risk(level, weight)))
    assert found.objective == pytest.approx(told.fun, rel=1e-7)


def test_risk_is_the_mean_of_the_dearest_part_of_probability() -> None:
    # the dearest 0.3: all of 0.2 at 100, and 0.1 of the 0.5 at 40
    assert Risk(0.7).tail_mean_usd([40, 10, 100], [0.5, 0.3, 0.2]) == pytest.approx(80.0)
    assert Risk(0.0).tail_mean_usd([40, 10, 100], [0.5, 0.3, 0.2]) == pytest.approx(43.0)
    assert Risk(0.7, 0.25).objective_usd([40, 10, 100], [0.5, 0.3, 0.2]) == pytest.approx(
        0.75 * 43 + 0.25 * 80
    )


def test_every_column_keeps_a_finite_implied_bound_and_the_duals_close() -> None:
    stacked = stacked_farms(Risk(0.9, 0.5))
    assert np.isfinite(implied_upper(stacked.program)).all()
    assert np.isfinite(stacked.program.lower).all()
    point = Session(stacked.program).solve_linear()
    assert check_point(stacked.program, point) < 1e-6


def test_costs_may_be_counted_in_millions_and_their_range_given() -> None:
    risk = Risk(0.5, 0.5)
    in_millions = [
        replace(
            part,
            program=replace(part.program, cost=part.program.cost / 1e6),
            cost_range=(-0.5, 0.5),
        )
        for part in farms()
    ]
    stacked = stack(in_millions, share_blocks(in_millions, [LAND]), risk, tail_unit=1.0)
    assert stacked.program.lower[stacked.value_at_risk] == -0.5
    assert stacked.program.upper[stacked.excess].tolist() == [1.0] * 3
    assert solved(stacked).objective * 1e6 == pytest.approx(solved(stacked_farms(risk)).objective)


def test_blocks_say_whose_each_column_and_row_is() -> None:
    parts = farms()
    stacked = stack(parts, share_blocks(parts, [LAND]), Risk(0.9, 0.5))
    n, m = len(parts[0].program.cost), parts[0].program.matrix.shape[0]
    assert stacked.column_block.tolist() == [
        *np.repeat([0, 1, 2], n), -1, -1, -1, -1, 0, 1, 2
    ]  # fmt: skip
    assert stacked.row_block.tolist() == [*np.repeat([0, 1, 2], m), *[-1] * (9 + 3)]
    assert stacked.column_offset.tolist() == [0, n, 2 * n]
    assert stacked.row_offset.tolist() == [0, m, 2 * m]
    dense = stacked.program.matrix.toarray()
    for s, part in enumerate(parts):
        own = dense[np.ix_(stacked.row_block == s, stacked.column_block == s)]
        np.testing.assert_array_equal(own[:, :n], part.program.matrix.toarray())
        others = dense[np.ix_(stacked.row_block == s, stacked.column_block != s)]
        assert not others.any()


def test_a_whole_column_that_is_shared_is_whole_once() -> None:
    parts = [
        replace(part, program=replace(part.program, whole=np.arange(9) < 3)) for part in farms()
    ]
    stacked = stack(parts, share_blocks(parts, [LAND]), NEUTRAL)
    assert np.flatnonzero(stacked.program.whole).tolist() == stacked.shared[LAND].tolist()
    found = solve_program(stacked.program, gap=0.0, clock=Clock(None))
    assert stacked.shared_values(found.values)[LAND] == pytest.approx([170, 80, 250])


def test_what_one_scenario_does_not_offer_is_held_at_zero_in_all() -> None:
    parts = farms()
    share = share_blocks(parts, [LAND])[0]
    columns = share.columns.copy()
    columns[1, 2] = -1  # the second has no beets to share
    stacked = stack(parts, [replace(share, columns=columns)], NEUTRAL)
    assert stacked.shared_values(solved(stacked).values)[LAND][2] == 0.0
