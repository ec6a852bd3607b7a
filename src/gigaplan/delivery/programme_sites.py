"""The steps of capacity of a programme's sites: permission, halls, chips and power.

A step comes with the end of an activity, or some months after it, or in a month that is known.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.months._kernels import date_steps, replaced_month
from gigaplan.delivery.programme_units import Delivered
from gigaplan.delivery.site_layout import SiteLayout, lay_out_site
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import CampusFigures, ResolvedProgramme, SupplyFigures

Floats = NDArray[np.float64]
_KNOWN = -1


@dataclass(frozen=True)
class ProgrammeSite:
    """A site's layout, and how the month of each step follows from the ends of activities.

    Parameters
    ----------
    layout : SiteLayout
    source : ndarray of int, shape [step]
        Row of the activity at whose end a step comes, -1 where its month is known.
    shift_months : ndarray, shape [step]
        Months after that end; the month itself where it is known.
    life_years : ndarray, shape [step]
        Where above zero, the step is the leaving of chips that live so long.
    last_year : int
        Last planning year: chips that leave later are taken as replaced.
    """

    layout: SiteLayout
    source: NDArray[np.int64]
    shift_months: Floats
    life_years: Floats
    last_year: int

    def months(self, finish_months: Floats) -> Floats:
        """Return the month of each step, [step, draw], from ends of activities [row, draw]."""
        out = np.empty((len(self.source), finish_months.shape[1]))
        date_steps(
            finish_months, self.source, self.shift_months, self.life_years, self.last_year, out
        )
        return out


class _Steps:
    """Gathers steps of one row of capacity."""

    def __init__(self) -> None:
        self.mw: list[float] = []
        self.planned: list[float] = []
        self.source: list[int] = []
        self.shift: list[float] = []
        self.life: list[float] = []

    def add(
        self, mw: float, planned: float, source: int, shift: float = 0.0, life_years: float = 0.0
    ) -> None:
        self.mw.append(mw)
        self.planned.append(planned)
        self.source.append(source)
        self.shift.append(shift)
        self.life.append(life_years)

    def add_known(self, mw: float, month: float) -> None:
        self.add(mw, month, _KNOWN, month)


def programme_sites(
    programme: ResolvedProgramme,
    plan: Plan,
    delivered: Sequence[Delivered],
    row: Mapping[str, int],
) -> list[ProgrammeSite]:
    """Return every site that has a campus, in the programme's order; `row` is of each activity."""
    by_owner: dict[tuple[str, str], list[Delivered]] = {}
    by_site: dict[str, list[Delivered]] = {}
    for item in delivered:
        by_owner.setdefault((item.entity.kind, item.entity.owner), []).append(item)
        if item.entity.kind == "unit":
            by_site.setdefault(item.entity.site, []).append(item)
    out = []
    for site in programme.sites.values():
        campuses = [c for c in programme.campuses.values() if c.site == site.name]
        if not campuses:
            continue
        connection, generation = _Steps(), _Steps()
        for item in by_owner.get(("connection", site.name), ()):
            connection.add(item.entity.mw, item.entity.planned_month, row[item.last])
        for item in by_site.get(site.name, ()):
            _add_unit(generation, programme.power[item.entity.owner], item, row)
        steps = [s for c in campuses for s in _campus(programme, c, by_owner, row)]
        steps += [connection, generation]
        layout = lay_out_site(
            site.name,
            [(s.mw, s.planned) for s in steps],
            campuses=len(campuses),
            pue=site.design_pue,
            first_month=programme.timeline.first,
            months=len(programme.timeline),
        )
        out.append(
            ProgrammeSite(
                layout,
                np.array([i for s in steps for i in s.source], np.int64),
                np.array([m for s in steps for m in s.shift], np.float64),
                np.array([y for s in steps for y in s.life], np.float64),
                programme.years[-1],
            )
        )
    return out


def _add_unit(
    steps: _Steps, project: SupplyFigures, item: Delivered, row: Mapping[str, int]
) -> None:
    """Add a unit behind the meter, and its leaving at the end of its life or contract."""
    share = 1.0 if project.resource == "firm" else project.capacity_credit_fraction
    mw, planned = item.entity.mw * share, float(item.entity.planned_month)
    years = project.life_years
    if project.contract.kind != "own":
        years = project.contract.term_years
    steps.add(mw, planned, row[item.last])
    life = MONTHS_PER_YEAR * years
    steps.add(-mw, planned + life, row[item.last], shift=life)


def _campus(
    programme: ResolvedProgramme,
    campus: CampusFigures,
    by_owner: Mapping[tuple[str, str], Sequence[Delivered]],
    row: Mapping[str, int],
) -> tuple[_Steps, _Steps, _Steps]:
    permission, hall, chips = _Steps(), _Steps(), _Steps()
    for item in by_owner.get(("phase", campus.name), ()):
        entity = item.entity
        permission.add(entity.mw, entity.planned_month, row[item.permission])
        hall.add(entity.mw, entity.planned_month, row[item.last])
    for item in by_owner.get(("accelerator", campus.name), ()):
        entity = item.entity
        life = programme.accelerators[entity.name.rpartition("-")[0]].life_years
        planned = float(entity.planned_month)
        chips.add(entity.mw, planned, row[item.last])
        leaving = replaced_month(planned, life, programme.years[-1])
        chips.add(-entity.mw, leaving, row[item.last], life_years=life)
    _add_standing_chips(programme, campus, chips)
    return permission, hall, chips


def _add_standing_chips(programme: ResolvedProgramme, campus: CampusFigures, chips: _Steps) -> None:
    """Add the chips of halls that operate at the start, evenly aged, leaving each December."""
    standing = sum(phase.it_mw for phase in campus.phases if phase.status == "operating")
    if standing <= 0 or not campus.accelerators:
        return
    life = programme.accelerators[campus.accelerators[0]].life_years
    chips.add_known(standing, float(programme.timeline.first))
    left, year = 1.0, programme.years[0]
    while left > 1e-9 and year < programme.years[-1]:
        year += 1
        after = max(0.0, 1 - (year - programme.years[0]) / life)
        month = float(MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1)
        chips.add_known(-standing * (left - after), month)
        left = after
