"""Lets what is ordered for a period enter service later, without a column more.

In the program of a scenario with delays a build column is an order. Its cost and what it takes
of budgets, slots and deliveries stay those of the period ordered for. Only the rows that say
what stands differ: with y the year ordered for, d the delay, and P the first period that begins
in or after y + d,

    capacity[p] = existing[p] + sum of unit * order[y] over P <= p and year[p] < y + d + life

(and p = P in any case). What `min_mw` commits is committed as ordered:

    existing[p] + sum over orders alive in p as if on time >= min[p]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.assembly import Assembly, Key, LinearProgram
from gigaplan.expansion.assets import Asset, Assets, add_assets, alive
from gigaplan.expansion.formulation import Formulation, formulate
from gigaplan.expansion.model import ExpansionProblem, Period
from gigaplan.expansion.stochastic.model import Scenario


def serves(periods: tuple[Period, ...], life_years: float, delay_years: float) -> NDArray[np.bool_]:
    """Return whether an order for one period stands in another, [period ordered for, period]."""
    year = np.array([period.year for period in periods], dtype=np.float64)
    arrives = year[:, None] + delay_years
    here = year[None, :] >= arrives - 1e-9
    arrival = here & (np.cumsum(here, axis=1) == 1)
    return np.asarray(here & ((year[None, :] < arrives + life_years - 1e-9) | arrival))


def asset_life_years(problem: ExpansionProblem, key: Key) -> float:
    """Return the life of the option behind an asset's key."""
    kind, name = str(key[0]), str(key[1])
    if kind == "phase":
        return next(campus.life_years for campus in problem.campuses if campus.name == name)
    if kind == "chip":
        return next(g.life_years for g in problem.accelerators if g.name == key[2])
    options = (*problem.supplies, *problem.storages, *problem.connections)
    return next(option.life_years for option in options if option.name == name)


def with_room_for_delay(
    problem: ExpansionProblem, delay_years: Mapping[str, float]
) -> ExpansionProblem:
    """Return `problem` with hours and rows wherever a late order could stand.

    Delayed options lose their latest year and `max_build_mw`; `delayed_program` gives both back.
    """
    late = {name for name, years in delay_years.items() if years > 0}
    if not late:
        return problem
    return replace(
        problem,
        supplies=tuple(
            replace(o, latest_year=None, max_build_mw=None) if o.name in late else o
            for o in problem.supplies
        ),
        storages=tuple(
            replace(o, latest_year=None, max_build_mw=None) if o.name in late else o
            for o in problem.storages
        ),
        connections=tuple(
            replace(o, latest_year=None, max_build_mw=None) if o.name in late else o
            for o in problem.connections
        ),
        campuses=tuple(
            replace(c, phases=tuple(replace(part, latest_year=None) for part in c.phases))
            if c.name in late
            else c
            for c in problem.campuses
        ),
        accelerators=tuple(
            replace(g, available_until_year=None) if g.name in late else g
            for g in problem.accelerators
        ),
    )


def delayed_program(
    assembly: Assembly,
    assets: Assets,
    problem: ExpansionProblem,
    delay_years: Mapping[str, float],
) -> LinearProgram:
    """Turn the builds of late assets into orders and return the assembly's program.

    Parameters
    ----------
    assembly, assets
        Of ``with_room_for_delay(problem, delay_years)``: the whole reference form, or any other
        that has the assets' own columns and rows.
    problem : ExpansionProblem
        As its writer stated it.
    """
    delayed = [asset for asset in assets.all() if delay_years.get(asset.owner, 0.0) > 0]
    if not delayed:
        return assembly.program()
    plain = Assembly()
    stated = {asset.key: asset for asset in add_assets(plain, problem).all()}
    bounds = plain.program()
    lower: dict[int, float] = {}
    upper: dict[int, float] = {}
    for asset in delayed:
        life = asset_life_years(problem, asset.key)
        on_time = alive(problem.periods, life)
        late = serves(problem.periods, life, float(delay_years[asset.owner]))
        moved = on_time.astype(np.float64) - late
        rows = assembly.rows["capacity", *asset.key]
        assembly.add_entries(
            rows[None, :], asset.build[:, None], asset.unit * moved[asset.build_period]
        )
        own = stated[asset.key]
        most = dict(zip(own.build_period, bounds.upper[own.build], strict=True))
        for column, y in zip(asset.build, asset.build_period, strict=True):
            upper[int(column)] = float(most.get(y, 0.0))
        least = bounds.lower[own.capacity]
        for column, mw in zip(asset.capacity, np.minimum(least, asset.existing), strict=True):
            lower[int(column)] = float(mw)
        _commit(assembly, asset, on_time, least - asset.existing)
    program = assembly.program()
    low, high = program.lower.copy(), program.upper.copy()
    low[list(lower)], high[list(upper)] = list(lower.values()), list(upper.values())
    return replace(program, lower=low, upper=high)


def _commit(
    assembly: Assembly, asset: Asset, on_time: NDArray[np.bool_], least: NDArray[np.float64]
) -> None:
    """Have the least capacity ordered, whenever it comes."""
    asked = np.flatnonzero(least > 0)
    if len(asked):
        rows = assembly.add_rows(("ordered", *asset.key), len(asked), lower=least[asked])
        standing = on_time[asset.build_period][:, asked]
        assembly.add_entries(rows[None, :], asset.build[:, None], asset.unit * standing)


def formulate_scenario(scenario: Scenario) -> Formulation:
    """Return the program of a scenario, in which build columns are orders."""
    problem, delay_years = scenario.problem, scenario.delay_years
    wide = with_room_for_delay(problem, delay_years)
    form = formulate(wide)
    if wide is problem:
        return form
    program = delayed_program(form.assembly, form.assets, problem, delay_years)
    return Formulation(problem, form.assembly, form.assets, program)
