"""What each site of a programme has by month and draw: permission, halls, chips and power."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.model import SimulationResult
from gigaplan.delivery.online import CampusCapacity, Capacity, SiteCapacity
from gigaplan.delivery.programme_units import Delivered
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import CampusFigures, ResolvedProgramme, SupplyFigures

Floats = NDArray[np.float64]


class _Steps:
    """Gathers steps of one capacity."""

    def __init__(self, draws: int) -> None:
        self.draws = draws
        self.mw: list[float] = []
        self.months: list[Floats] = []
        self.planned: list[float] = []

    def add(self, mw: float, months: Floats | float, planned: float) -> None:
        self.mw.append(mw)
        self.months.append(np.broadcast_to(np.asarray(months, np.float64), (self.draws,)))
        self.planned.append(planned)

    def capacity(self) -> Capacity:
        months = np.array(self.months) if self.months else np.zeros((0, self.draws))
        return Capacity(np.array(self.mw, np.float64), months, np.array(self.planned, np.float64))


def site_capacities(
    programme: ResolvedProgramme,
    plan: Plan,
    delivered: Sequence[Delivered],
    result: SimulationResult,
    online_month: Floats,
) -> list[SiteCapacity]:
    """Return the capacities of every site that has a campus, in the programme's order."""
    out = []
    place = {name: i for i, name in enumerate(result.ids)}
    for site in programme.sites.values():
        campuses = [c for c in programme.campuses.values() if c.site == site.name]
        if not campuses:
            continue
        connection, generation = _Steps(result.draws), _Steps(result.draws)
        for i, item in enumerate(delivered):
            entity = item.entity
            if entity.kind == "connection" and entity.owner == site.name:
                connection.add(entity.mw, online_month[i], entity.planned_month)
            elif entity.kind == "unit" and entity.site == site.name:
                _add_unit(generation, programme.power[entity.owner], item, online_month[i])
        out.append(
            SiteCapacity(
                site.name,
                [_campus(programme, c, delivered, result, place, online_month) for c in campuses],
                connection.capacity(),
                generation.capacity(),
                site.design_pue,
            )
        )
    return out


def _add_unit(steps: _Steps, project: SupplyFigures, item: Delivered, online: Floats) -> None:
    """Add a unit behind the meter, and its leaving at the end of its life or contract."""
    share = 1.0 if project.resource == "firm" else project.capacity_credit_fraction
    mw, planned = item.entity.mw * share, float(item.entity.planned_month)
    years = project.life_years
    if project.contract.kind != "own":
        years = project.contract.term_years
    steps.add(mw, online, planned)
    steps.add(-mw, online + MONTHS_PER_YEAR * years, planned + MONTHS_PER_YEAR * years)


def _campus(
    programme: ResolvedProgramme,
    campus: CampusFigures,
    delivered: Sequence[Delivered],
    result: SimulationResult,
    place: Mapping[str, int],
    online_month: Floats,
) -> CampusCapacity:
    permission, hall, chips = (_Steps(result.draws) for _ in range(3))
    for i, item in enumerate(delivered):
        entity = item.entity
        if entity.owner != campus.name:
            continue
        if entity.kind == "phase":
            granted = place[item.permission]
            permission.add(entity.mw, result.finish_months[granted], entity.planned_month)
            hall.add(entity.mw, online_month[i], entity.planned_month)
        elif entity.kind == "accelerator":
            chip = programme.accelerators[entity.name.rpartition("-")[0]]
            planned = np.array([float(entity.planned_month)])
            chips.add(entity.mw, online_month[i], planned[0])
            leaving = _replaced(programme, chip.life_years, online_month[i])
            chips.add(-entity.mw, leaving, _replaced(programme, chip.life_years, planned)[0])
    _add_standing_chips(programme, campus, chips)
    return CampusCapacity(campus.name, permission.capacity(), hall.capacity(), chips.capacity())


def _replaced(programme: ResolvedProgramme, life_years: float, online: Floats) -> Floats:
    """Return the month in which chips leave: December of the year that follows their life.

    A plan counts chips at each year's end while they are younger than their life, so that is
    the year whose plan replaces them. After the planning years nothing is planned: chips are
    then taken as replaced when they wear out, and finance buys them again.
    """
    year = np.floor(online / MONTHS_PER_YEAR) + np.ceil(life_years - 1e-9)
    december = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
    return np.where(year > programme.years[-1], np.inf, december)


def _add_standing_chips(programme: ResolvedProgramme, campus: CampusFigures, chips: _Steps) -> None:
    """Add the chips of halls that operate at the start, evenly aged, leaving each December."""
    standing = sum(phase.it_mw for phase in campus.phases if phase.status == "operating")
    if standing <= 0 or not campus.accelerators:
        return
    first = programme.timeline.first
    life = programme.accelerators[campus.accelerators[0]].life_years
    chips.add(standing, float(first), float(first))
    left, year = 1.0, programme.years[0]
    while left > 1e-9 and year < programme.years[-1]:
        year += 1
        after = max(0.0, 1 - (year - programme.years[0]) / life)
        month = float(MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1)
        chips.add(-standing * (left - after), month, month)
        left = after
