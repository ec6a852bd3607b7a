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


class PlannedDates:
    """The planned months of one plan.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
    """

    def __init__(self, programme: ResolvedProgramme, plan: Plan) -> None:
        self.phases = _planned_phases(programme, plan)
        """Every planned phase with its planned month."""
        self._campuses_of: dict[str | None, list[str]] = {}
        for campus in programme.campuses.values():
            self._campuses_of.setdefault(campus.site, []).append(campus.name)
        self._opening: dict[tuple[str, int], int] = {}
        for campus, phase, entity in self.phases:
            if phase.status != "operating":
                key = campus.name, entity.planned_month // MONTHS_PER_YEAR
                before = self._opening.get(key, entity.planned_month)
                self._opening[key] = min(before, entity.planned_month)

    def needed_month(self, campuses: Collection[str], year: int) -> int:
        """Return the month of a year in which the first phase of some campuses comes, or July."""
        opening = [m for c in campuses if (m := self._opening.get((c, year))) is not None]
        return min(opening, default=MONTHS_PER_YEAR * year + _JULY)

    def chosen_month(self, site: str | None, announced: int, year: int) -> int:
        """Return the announced month, or when it is needed in a later planned year."""
        if announced // MONTHS_PER_YEAR >= year:
            return announced
        return self.needed_month(self._campuses_of.get(site, ()), year)


def _planned_phases(
    programme: ResolvedProgramme, plan: Plan
) -> list[tuple[CampusFigures, PhaseFigures, Entity]]:
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
