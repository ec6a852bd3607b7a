"""When each thing of a plan is planned for: a month, where a plan gives a year.

A thing planned for the year it is announced for has its announced month. A phase built in a
later year has the same month of that year. Anything else built in a later year (units that the
plan chose, connection, chips) is planned for when it is needed: with the first phase of its
site planned in that year, or in July if there is none.
"""

from __future__ import annotations

from collections.abc import Collection

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import CampusFigures, PhaseFigures, ResolvedProgramme
from gigaplan.programme.trajectories import Entity

_JULY = 6


def shifted_month(announced: int, year: int) -> int:
    """Return the announced month, or the same calendar month of a later planned year."""
    if announced // MONTHS_PER_YEAR >= year:
        return announced
    return MONTHS_PER_YEAR * year + announced % MONTHS_PER_YEAR


def planned_phases(
    programme: ResolvedProgramme, plan: Plan
) -> list[tuple[CampusFigures, PhaseFigures, Entity]]:
    """Return every planned phase with its planned month."""
    out = []
    for build in sorted(plan.phases, key=lambda b: (b.year, b.campus, b.phase)):
        campus = programme.campuses[build.campus]
        phase = next(p for p in campus.phases if p.name == build.phase)
        month = (
            phase.month if phase.status == "operating" else shifted_month(phase.month, build.year)
        )
        entity = Entity("phase", campus.name, phase.name, campus.site, build.it_mw, month)
        out.append((campus, phase, entity))
    return out


def needed_month(
    programme: ResolvedProgramme, plan: Plan, campuses: Collection[str], year: int
) -> int:
    """Return the month of a year in which the first phase of some campuses is planned, or July."""
    opening = [
        entity.planned_month
        for campus, phase, entity in planned_phases(programme, plan)
        if campus.name in campuses
        and phase.status != "operating"
        and entity.planned_month // MONTHS_PER_YEAR == year
    ]
    return min(opening, default=MONTHS_PER_YEAR * year + _JULY)


def chosen_month(
    programme: ResolvedProgramme, plan: Plan, site: str | None, announced: int, year: int
) -> int:
    """Return the announced month, or when it is needed in a later planned year."""
    if announced // MONTHS_PER_YEAR >= year:
        return announced
    campuses = [c.name for c in programme.campuses.values() if c.site == site]
    return needed_month(programme, plan, campuses, year)
