"""A small programme with a bit of everything, ways to change it, and a check of its plans.

Three periods, two sites each in a zone of its own, 24 steps in two chains of equal weight.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from gigaplan.expansion import (
    Campus,
    Connection,
    ExpansionProblem,
    Goal,
    Hours,
    Period,
    Phase,
    ShedTier,
    Site,
    Solution,
    Storage,
    Supply,
    Zone,
)
from gigaplan.expansion.formulation import formulate
from gigaplan.expansion.highs import Session

STEPS = 24
YEARS = (2030, 2032, 2034)
ROOM_MW = 1e-4
"""By how much a build that is held may differ from the plan's: plans leave out what is dust."""

PARTS = ("zones", "sites", "supplies", "storages", "connections", "campuses", "accelerators")


def programme(seed: int = 12) -> ExpansionProblem:
    """Return the programme; its figures by the hour are drawn from a seed."""
    rng = np.random.default_rng(seed)
    hour = np.arange(STEPS)
    sun = np.clip(np.sin((hour % 12 - 2) / 6 * np.pi), 0.0, 1.0)
    supplies: list[Supply] = []
    for name, fuel in (("a", 42.0), ("b", 51.0)):
        supplies += [
            Supply(
                name=f"gas {name}",
                site=name,
                capex_usd_per_mw=1.1e6,
                fixed_usd_per_mw_year=2e4,
                variable_usd_per_mwh=fuel,
                dirty_fraction=1.0,
                co2_t_per_mwh=0.4,
                water_m3_per_mwh=0.8,
                capacity_credit_fraction=0.9,
                max_mw=400.0,
                slot_class="turbines",
                acres_per_mw=0.3,
            ),
            Supply(
                name=f"sun {name}",
                site=name,
                capex_usd_per_mw=[1.5e6, 1.3e6, 1.1e6],
                availability=sun * rng.uniform(0.6, 1.0, STEPS),
                max_mw=600.0,
                acres_per_mw=6.0,
            ),
        ]
    supplies.append(
        Supply(
            name="reactor",
            site="a",
            capex_usd_per_mw=4.2e6,
            variable_usd_per_mwh=9.0,
            availability=0.93,
            earliest_year=2032,
            max_mw=300.0,
            life_years=60.0,
            capacity_credit_fraction=0.95,
        )
    )
    return ExpansionProblem(
        periods=tuple(Period(year, 2.0, 0.93 ** (year - 2030)) for year in YEARS),
        hours=Hours(np.full(STEPS, 365.0), (12, 12)),
        zones=tuple(
            Zone(
                name=f"z{name}",
                price_usd_per_mwh=rng.uniform(30.0, 150.0, STEPS),
                dirty_fraction=rng.uniform(0.4, 0.9, STEPS),
                co2_t_per_mwh=rng.uniform(0.2, 0.5, STEPS),
            )
            for name in ("a", "b")
        ),
        sites=tuple(
            Site(
                name=name,
                zone=f"z{name}",
                it_load_fraction=rng.uniform(0.7, 1.0, STEPS),
                pue=rng.uniform(1.05, 1.3, STEPS),
                connection_mw=90.0,
                shed=(
                    ShedTier(name="batch", load_fraction=0.3, usd_per_mwh=600.0),
                    ShedTier(name="firm", load_fraction=0.7, usd_per_mwh=6000.0),
                ),
                water_m3_per_it_mwh=0.4,
            )
            for name in ("a", "b")
        ),
        supplies=tuple(supplies),
        storages=(
            Storage(
                name="battery",
                site="a",
                capex_usd_per_mw=2e5,
                capex_usd_per_mwh=2e5,
                life_years=15.0,
                max_mw=300.0,
                max_mwh=1500.0,
            ),
            Storage(name="block", site="b", duration_hours=4.0, capex_usd_per_mw=1e6, max_mw=200.0),
        ),
        connections=tuple(
            Connection(name=f"line {name}", site=name, capex_usd_per_mw=2e5, max_mw=150.0)
            for name in ("a", "b")
        ),
        campuses=tuple(
            Campus(
                name=f"it {name}",
                site=name,
                existing_it_mw=60.0,
                phases=(
                    Phase(name="one", it_mw=80.0, whole=False),
                    Phase(name="two", it_mw=80.0, whole=False),
                ),
                capex_usd_per_it_mw=capex,
            )
            for name, capex in (("a", 3e6), ("b", 3.2e6))
        ),
        goal=Goal(target_it_mw=[140.0, 220.0, 260.0]),
        capital_rate_fraction=0.07,
    )


def changed(problem: ExpansionProblem, name: str, **values: Any) -> ExpansionProblem:
    """Return the problem with some figures of the part of a name changed.

    Raises
    ------
    LookupError
        If nothing has the name.
    """
    for part in PARTS:
        items = getattr(problem, part)
        if any(item.name == name for item in items):
            found = tuple(replace(i, **values) if i.name == name else i for i in items)
            parts: dict[str, Any] = {part: found}
            return replace(problem, **parts)
    raise LookupError(name)


def limited(problem: ExpansionProblem, **values: Any) -> ExpansionProblem:
    """Return the problem with some shared limits changed."""
    return replace(problem, limits=replace(problem.limits, **values))


def least_cost_of_plan(problem: ExpansionProblem, found: Solution) -> float:
    """Return the least cost in USD at which one program, every hour in it, operates what is built.

    Raises
    ------
    AssertionError
        If no operation keeps every limit: the plan is none.
    """
    form = formulate(problem)
    program = form.program
    built = np.zeros(program.matrix.shape[1])
    columns: list[int] = []
    for asset in form.assets.all():
        kind, name, *part = (str(entry) for entry in asset.key)
        for column, y in zip(asset.build, asset.build_period, strict=True):
            columns.append(int(column))
            for build in found.builds:
                key = (build.kind, build.name, build.part, build.year)
                if key == (kind, name, "".join(part), problem.periods[y].year):
                    built[column] += build.mw / asset.unit
    here = np.array(columns, dtype=np.int64)
    room = ROOM_MW + 1e-6 * built[here]
    lower, upper = program.lower.copy(), program.upper.copy()
    lower[here] = np.maximum(lower[here], built[here] - room)
    upper[here] = np.minimum(upper[here], built[here] + room)
    session = Session(replace(program, lower=lower, upper=upper), threads=1)
    point = session.solve_linear()
    assert point.status == "optimal", f"what is built cannot be operated: {point.status}"
    return float(point.objective)
