"""Reads a scenario's outcome out of a point of its program."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gigaplan.expansion.assembly import Key
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.read_back import (
    read_builds,
    read_capacity,
    read_capex,
    read_costs,
    read_dispatch,
    read_energy,
    read_online,
    read_prices,
    read_run,
    read_shortfall,
    read_whole,
)
from gigaplan.expansion.solution import Solution, relative_gap
from gigaplan.expansion.stochastic.commitments import Commitments, FirstStage
from gigaplan.expansion.stochastic.delay import asset_life_years, serves
from gigaplan.expansion.stochastic.model import Scenario, TwoStage
from gigaplan.expansion.stochastic.solution import Order, ScenarioOrder, ScenarioOutcome
from gigaplan.expansion.stochastic.solve_program import Found

_DUST_MW = 1e-6


def read_first_stage(
    two_stage: TwoStage, shared: Commitments, first_stage: FirstStage, whole: dict[Key, bool]
) -> tuple[Order, ...]:
    """Return the commitments, by the year ordered for."""
    years = [period.year for period in two_stage.scenarios[0].problem.periods]
    found = [
        Order(
            kind=str(key[0]),  # type: ignore[arg-type]
            name=str(key[1]),
            part=str(key[2]) if len(key) > 2 else "",
            year=years[y],
            mw=float(value) * shared.unit_mw[key],
            units=round(float(value)) if whole[key] else 0,
            shared=True,
        )
        for key, values in first_stage.items()
        for y, value in zip(shared.periods[key], values, strict=True)
        if value * shared.unit_mw[key] > _DUST_MW
    ]
    return tuple(sorted(found, key=lambda order: order.year))


def read_outcome(
    two_stage: TwoStage,
    scenario: Scenario,
    form: Formulation,
    found: Found,
    *,
    gap: float,
    seconds: float,
) -> ScenarioOutcome:
    """Return what a scenario comes to at a point of its own program."""
    orders = _read_orders(two_stage, scenario, form, found)
    return ScenarioOutcome(
        name=scenario.name,
        probability=scenario.probability,
        cost_usd=found.objective,
        bound_usd=found.bound,
        orders=orders,
        solution=_read_solution(form, found, orders, gap, seconds),
    )


def _read_orders(
    two_stage: TwoStage, scenario: Scenario, form: Formulation, found: Found
) -> tuple[ScenarioOrder, ...]:
    problem = form.problem
    years = [period.year for period in problem.periods]
    orders = []
    for build in read_builds(form, found.values):
        key: Key = (build.kind, build.name) + ((build.part,) if build.part else ())
        owner = build.part if build.kind == "chip" else build.name
        life = asset_life_years(problem, key)
        delay = float(scenario.delay_years.get(owner, 0.0))
        stands = np.flatnonzero(serves(problem.periods, life, delay)[years.index(build.year)])
        orders.append(
            ScenarioOrder(
                kind=build.kind,
                name=build.name,
                part=build.part,
                year=build.year,
                mw=build.mw,
                units=build.units,
                shared=two_stage.is_shared(owner, build.year),
                serves_from_year=years[stands[0]] if len(stands) else None,
                capex_usd=build.capex_usd,
            )
        )
    return tuple(orders)


def _read_solution(
    form: Formulation,
    found: Found,
    orders: tuple[ScenarioOrder, ...],
    gap: float,
    seconds: float,
) -> Solution:
    values = found.values
    apart = relative_gap(found.objective, found.bound)
    dispatch = read_dispatch(form, values)
    served = [
        replace(build, year=order.serves_from_year)
        for build, order in zip(read_builds(form, values), orders, strict=True)
        if order.serves_from_year is not None
    ]
    return Solution(
        status="optimal" if apart <= max(gap, 1e-6) else "time limit",
        objective_usd=found.objective,
        bound_usd=found.bound,
        gap=apart,
        route=found.route,
        method=found.method,
        builds=tuple(sorted(served, key=lambda build: build.year)),
        capacity=read_capacity(form, values),
        online_it_mw=read_online(form, values),
        run_it_mw=read_run(form, values),
        shortfall_it_mw=read_shortfall(form, values),
        capex_usd=read_capex(form, values),
        costs=read_costs(form, values),
        dispatch=dispatch,
        prices=read_prices(form, found.row_duals, dict(dispatch.load_mw)),
        largest_residual=found.residual,
        whole=read_whole(form, values),
        rows=form.program.matrix.shape[0],
        columns=form.program.matrix.shape[1],
        seconds=seconds,
        energy_mwh=read_energy(form, dispatch),
    )
