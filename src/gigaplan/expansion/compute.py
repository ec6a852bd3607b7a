"""Compute: halls, chips, online IT MW, and the goal they serve.

    run[c, g, y] <= chips of generation g at campus c
    sum over g of run <= halls of campus c
    online[s, y] = sum over the site's campuses of run
    sum over s of online[s, y] + shortfall[y] >= target[y]

A campus that names no accelerators needs no chips. Without a goal each hall that stands
is run. Phases of a sequential campus stand in their order.
"""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assembly import Assembly
from gigaplan.expansion.assets import Assets
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import Campus

NO_CHIPS = ""


def add_compute(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Add online IT MW, by campus and generation, and the target."""
    for site in problem.sites:
        for y in range(len(problem.periods)):
            rows = assembly.add_rows(("online", site.name, y), 1, lower=0.0, upper=0.0)
            assembly.add_entries(rows, assembly.columns["online", site.name, y], 1.0)
    for campus in problem.campuses:
        _add_campus(assembly, problem, assets, campus)
        if campus.sequential:
            _add_sequence(assembly, problem, assets, campus)
    _add_deliveries(assembly, problem, assets)
    _add_target(assembly, problem)


def generations(campus: Campus) -> tuple[str, ...]:
    """Return the chips that may fill a campus; one of no name where it needs none."""
    return campus.accelerators or (NO_CHIPS,)


def _add_campus(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, campus: Campus
) -> None:
    exaflops = {g.name: g.exaflops_per_it_mw for g in problem.accelerators}
    worth = np.zeros(len(problem.periods))
    by_flops = np.zeros(len(problem.periods))
    if problem.goal is not None:
        worth = problem.by_period(problem.goal.value_usd_per_it_mw_year)
        by_flops = problem.by_period(problem.goal.value_usd_per_exaflops_year)
    existing = problem.by_period(campus.existing_it_mw)
    for y, period in enumerate(problem.periods):
        least = existing[y] if problem.goal is None else -np.inf
        halls = assembly.add_rows(("halls", campus.name, y), 1, lower=least, upper=existing[y])
        for part in campus.phases:
            stands = assets.phase[campus.name, part.name].capacity[y]
            assembly.add_entries(halls, stands, -1.0)
        for name in generations(campus):
            value = worth[y] + by_flops[y] * exaflops.get(name, 0.0)
            run = assembly.add_columns(
                ("run", campus.name, name, y), 1, cost=-period.weight * value
            )
            assembly.add_entries(halls, run, 1.0)
            assembly.add_entries(assembly.rows["online", campus.site, y], run, -1.0)
            if name != NO_CHIPS:
                rows = assembly.add_rows(("chips", campus.name, name, y), 1, upper=0.0)
                assembly.add_entries(rows, run, 1.0)
                assembly.add_entries(rows, assets.chip[campus.name, name].capacity[y], -1.0)


def _add_sequence(
    assembly: Assembly, problem: ExpansionProblem, assets: Assets, campus: Campus
) -> None:
    """Let no phase be further built than the one before it."""
    for before, after in zip(campus.phases[:-1], campus.phases[1:], strict=True):
        count = len(problem.periods)
        rows = assembly.add_rows(("sequence", campus.name, after.name), count, upper=0.0)
        later = assets.phase[campus.name, after.name].capacity
        sooner = assets.phase[campus.name, before.name].capacity
        assembly.add_entries(rows, later, 1.0 / after.it_mw)
        assembly.add_entries(rows, sooner, -1.0 / before.it_mw)


def _add_deliveries(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Hold the chips bought in a period to what can be had of their generation."""
    for generation in problem.accelerators:
        if generation.max_it_mw is None:
            continue
        most = problem.by_period(generation.max_it_mw)
        rows = assembly.add_rows(("deliveries", generation.name), len(most), upper=most)
        for (_, name), asset in assets.chip.items():
            if name == generation.name:
                assembly.add_entries(rows[asset.build_period], asset.build, asset.unit)


def _add_target(assembly: Assembly, problem: ExpansionProblem) -> None:
    goal = problem.goal
    if goal is None or goal.target_it_mw is None:
        return
    target = problem.by_period(goal.target_it_mw)
    for y, period in enumerate(problem.periods):
        rows = assembly.add_rows(("target", y), 1, lower=target[y])
        for site in problem.sites:
            assembly.add_entries(rows, assembly.columns["online", site.name, y], 1.0)
        if goal.shortfall_usd_per_it_mw_year is not None:
            penalty = problem.by_period(goal.shortfall_usd_per_it_mw_year)[y]
            short = assembly.add_columns(
                ("shortfall", y), 1, cost=period.weight * penalty, upper=target[y]
            )
            assembly.add_entries(rows, short, 1.0)
