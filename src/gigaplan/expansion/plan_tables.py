"""Writes a solution as the Plan that the other engines carry out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TypedDict

import numpy as np

from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.programme_options import year_of
from gigaplan.expansion.solution import Build, Solution, relative_gap
from gigaplan.expansion.stochastic.by_rounds.result import Recourse
from gigaplan.programme.plan import (
    AcceleratorPurchase,
    ConnectionBuild,
    PhaseBuild,
    Plan,
    ShadowPrice,
    UnchosenOption,
    UnitBuild,
)
from gigaplan.programme.reasons import Worth
from gigaplan.programme.resolved import ResolvedProgramme

_DUST_MW = 1e-3


def plan_of(
    programme: ResolvedProgramme,
    problem: ExpansionProblem,
    solution: Solution,
    notes: tuple[str, ...],
) -> Plan:
    """Return `solution` as a Plan; what operates already is listed with no capital."""
    online = np.sum(list(solution.online_it_mw.values()), axis=0)
    return Plan(
        programme=programme.name,
        years=programme.years,
        **_decided(programme, problem, solution.builds),
        objective_usd=solution.objective_usd,
        bound_usd=solution.bound_usd,
        gap=solution.gap,
        status=solution.status,
        it_mw_by_year=tuple(float(mw) for mw in online),
        target_shortfall_it_mw=tuple(float(mw) for mw in solution.shortfall_it_mw),
        capex_usd_by_year=tuple(float(usd) for usd in solution.capex_usd),
        shadow_prices=_shadow_prices(problem, solution),
        energy_mwh=_energy(solution),
        notes=notes,
        unchosen=_unchosen(problem, solution),
        worth=_worth(solution),
    )


def plan_of_orders(
    programme: ResolvedProgramme,
    problem: ExpansionProblem,
    recourse: Recourse,
    notes: tuple[str, ...],
) -> Plan:
    """Return commitments and the recourse to them in one future as a Plan, without prices."""
    return Plan(
        programme=programme.name,
        years=programme.years,
        **_decided(programme, problem, recourse.orders),
        objective_usd=recourse.cost_usd,
        bound_usd=recourse.bound_usd,
        gap=relative_gap(recourse.cost_usd, recourse.bound_usd),
        status="optimal",
        it_mw_by_year=tuple(float(mw) for mw in recourse.online_it_mw),
        target_shortfall_it_mw=tuple(float(mw) for mw in recourse.shortfall_it_mw),
        capex_usd_by_year=tuple(float(usd) for usd in recourse.capex_usd),
        notes=notes,
    )


class _Decided(TypedDict):
    units: tuple[UnitBuild, ...]
    phases: tuple[PhaseBuild, ...]
    accelerators: tuple[AcceleratorPurchase, ...]
    connections: tuple[ConnectionBuild, ...]


def _decided(
    programme: ResolvedProgramme, problem: ExpansionProblem, builds: Iterable[Build]
) -> _Decided:
    """Return what is built, by the tables of a Plan."""
    built = [build for build in builds if build.mw > _DUST_MW]
    return _Decided(
        units=_units(programme, built),
        phases=_phases(programme, built),
        accelerators=tuple(
            AcceleratorPurchase(b.name, b.part, b.year, b.mw, b.capex_usd)
            for b in built
            if b.kind == "chip"
        ),
        connections=_connections(problem, built),
    )


def _units(programme: ResolvedProgramme, builds: list[Build]) -> tuple[UnitBuild, ...]:
    found = []
    for project in programme.power.values():
        if project.status == "operating" and project.max_mw > 0:
            units = project.units or project.max_mw / project.unit_mw
            found.append(
                UnitBuild(
                    project.name,
                    year_of(project.month),
                    float(units),
                    project.max_mw,
                    project.contract.kind,
                    0.0,
                )
            )
    for build in builds:
        if build.kind in ("supply", "storage"):
            project = programme.power[build.name]
            units = float(build.units or build.mw / project.unit_mw)
            found.append(
                UnitBuild(
                    build.name, build.year, units, build.mw, project.contract.kind, build.capex_usd
                )
            )
    return tuple(sorted(found, key=lambda unit: unit.year))


def _phases(programme: ResolvedProgramme, builds: list[Build]) -> tuple[PhaseBuild, ...]:
    found = [
        PhaseBuild(campus.name, phase.name, year_of(phase.month), phase.it_mw, 0.0)
        for campus in programme.campuses.values()
        for phase in campus.phases
        if phase.status == "operating"
    ]
    found += [
        PhaseBuild(b.name, b.part, b.year, b.mw, b.capex_usd) for b in builds if b.kind == "phase"
    ]
    return tuple(sorted(found, key=lambda phase: phase.year))


def _connections(problem: ExpansionProblem, builds: list[Build]) -> tuple[ConnectionBuild, ...]:
    site = {connection.name: connection.site for connection in problem.connections}
    return tuple(
        ConnectionBuild(site[b.name], b.year, b.mw, b.capex_usd)
        for b in builds
        if b.kind == "connection"
    )


def _shadow_prices(problem: ExpansionProblem, solution: Solution) -> tuple[ShadowPrice, ...]:
    prices = solution.prices
    years = [period.year for period in problem.periods]
    weight = np.array([period.weight for period in problem.periods])
    found: list[ShadowPrice] = []

    def add(kind: str, entity: str, values: FloatArray, unit: str) -> None:
        # a site without compute yet has no price: its duals rest on limits of no consequence
        loaded = solution.online_it_mw.get(entity, np.ones(len(years)))
        found.extend(
            ShadowPrice(kind, entity, year, float(value), unit)  # type: ignore[arg-type]
            for year, value, online in zip(years, values, loaded, strict=True)
            if online > _DUST_MW
        )

    for name, values in prices.power_usd_per_mwh.items():
        add("power_price", name, values, "usd_per_mwh")
    for name, values in prices.connection_usd_per_mw_year.items():
        add("connection", name, values, "usd_per_mw_year")
    add("target", "programme", prices.target_usd_per_it_mw_year, "usd_per_it_mw_year")
    add("spend_limit", "programme", prices.budget_usd_per_usd / weight, "usd_per_usd")
    for name, values in prices.slot_usd.items():
        add("slots", name, values / weight, "usd_per_mw")
    add("clean_share", "programme", prices.clean_usd_per_mwh, "usd_per_mwh")
    for name, values in prices.reserve_usd_per_mw_year.items():
        if values.any():
            add("reserve", name, values, "usd_per_mw_year")
    return tuple(found)


def _unchosen(problem: ExpansionProblem, solution: Solution) -> tuple[UnchosenOption, ...]:
    site = {connection.name: connection.site for connection in problem.connections}
    found = []
    for one in solution.unchosen:
        if one.kind == "phase":
            name, kind = f"{one.name}/{one.part}", "phase"
        elif one.kind == "connection":
            name, kind = site[one.name], "connection"
        else:
            name, kind = one.name, "unit"
        found.append(
            UnchosenOption(
                kind,  # type: ignore[arg-type]
                name,
                one.year,
                one.capex_usd_per_mw,
                one.capex_fraction,
                one.usd_per_mwh,
            )
        )
    return tuple(found)


def _worth(solution: Solution) -> tuple[Worth, ...]:
    """Return what binds; a programme counts slots in MW."""
    return tuple(
        replace(worth, unit="usd_per_mw") if worth.kind == "slots" else worth
        for worth in solution.worth
    )


def _energy(solution: Solution) -> dict[str, dict[str, tuple[float, ...]]]:
    """Return energy by site and source, without what is next to nothing."""
    return {
        site: {
            source: tuple(float(mwh) for mwh in years)
            for source, years in sources.items()
            if (years > 0.5).any()
        }
        for site, sources in solution.energy_mwh.items()
    }
