"""A plan that builds all that a programme announces, in the announced years."""

from __future__ import annotations

from collections import Counter

from gigaplan.programme.bundled import locate
from gigaplan.programme.plan import (
    AcceleratorPurchase,
    ConnectionBuild,
    PhaseBuild,
    Plan,
    UnitBuild,
)
from gigaplan.programme.reading import read_programme
from gigaplan.programme.resolve import resolve
from gigaplan.programme.resolved import CampusFigures, ResolvedProgramme, SupplyFigures


def bundled(name: str) -> ResolvedProgramme:
    return resolve(read_programme(locate(name)))


def announced_plan(programme: ResolvedProgramme) -> Plan:
    return Plan(
        programme=programme.name,
        years=programme.years,
        units=tuple(build for p in programme.to_plan().power.values() for build in _units(p)),
        phases=tuple(
            PhaseBuild(campus.name, phase.name, phase.month // 12, phase.it_mw, 0.0)
            for campus in programme.campuses.values()
            for phase in campus.phases
        ),
        accelerators=tuple(
            buy for campus in programme.campuses.values() for buy in _chips(programme, campus)
        ),
        connections=tuple(
            ConnectionBuild(s.name, s.reinforcement_month // 12, 300.0, 5e7)
            for s in programme.sites.values()
            if s.reinforcement_max_mw > 0
        ),
        objective_usd=0.0,
        bound_usd=0.0,
        gap=0.0,
        status="announced",
        it_mw_by_year=(),
        target_shortfall_it_mw=(),
        capex_usd_by_year=(),
    )


def _units(project: SupplyFigures) -> list[UnitBuild]:
    kind = project.contract.kind
    if project.units is None:
        units = project.max_mw / project.unit_mw
        return [UnitBuild(project.name, project.month // 12, units, project.max_mw, kind, 0.0)]
    by_year = Counter(month // 12 for month in project.announced_months)
    return [
        UnitBuild(project.name, year, count, count * project.unit_mw, kind, 0.0)
        for year, count in sorted(by_year.items())
    ]


def _chips(programme: ResolvedProgramme, campus: CampusFigures) -> list[AcceleratorPurchase]:
    by_year: Counter[int] = Counter()
    for phase in campus.phases:
        if phase.status != "operating":
            by_year[phase.month // 12] += phase.it_mw  # type: ignore[assignment]
    out = []
    for year, mw in sorted(by_year.items()):
        shipped = [
            name
            for name in campus.accelerators
            if programme.accelerators[name].available_month // 12 <= year
        ]
        out.append(AcceleratorPurchase(campus.name, shipped[-1], year, float(mw), 0.0))
    return out
