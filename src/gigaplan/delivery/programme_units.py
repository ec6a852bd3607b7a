"""A programme's power units as entities and activities.

Conventions, the same for all that is delivered:

* Nothing begins service before the month it is planned for (see `programme_dates`).
* Work begins so early that with median stages it ends when planned, or at the programme's
  start if that is later: a unit announced for sooner than its median stages allow is late.
* What is building is licensed, and the share of each stage still ahead is what is left to
  the planned date over the median of all its stages.
* All units of a project have one licence, since it is one docket: it is refused or granted to
  all. A refusal is followed by one further application of the same length and chance.
* A project that may be given up has one such fate for all its units, see `abandonment`; what
  makes cost high makes it likelier.
* Stage durations are taken as they are. The catalogue's are ranges of past builds, so the
  reference class's overrun in time is not put on top of them; its overrun in cost is.
* A team serves the units, or the licences of projects, that need it in the order of their planned
  months, so many at a time.
* A slot for a scarce thing belongs to its unit, in the order of the plan: a unit is not
  commissioned before the year in which the amounts allowed so far cover it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.abandonment import abandonment
from gigaplan.delivery.durations import Duration, Quantiles, Scaled
from gigaplan.delivery.model import Activity, Approval, Link, Slots
from gigaplan.delivery.programme_dates import PlannedDates
from gigaplan.programme.plan import Plan, UnitBuild
from gigaplan.programme.resolved import (
    MonthsRange,
    ResolvedProgramme,
    StageFigures,
    SupplyFigures,
)
from gigaplan.programme.trajectories import Entity

LICENCE_ATTEMPTS = 2
COST_CAUSES = ("labour", "supply_chain")
"""Shared causes that move what is built costs."""

HELD_STAGES = ("construct", "commission")
"""Stages that stand still in a design-wide hold."""

_WORTH_COUNTING_MW = 1e-6


@dataclass(frozen=True)
class StagePart:
    """A stage of an entity: its activity, its share of the capital, and its median months."""

    activity: str
    stage: str
    spend_fraction: float
    median_months: float


@dataclass(frozen=True)
class Delivered:
    """Something delivered: the entity, its last activity, and the parts that cost money.

    ``capital_fraction`` is the share of its capital still to be spent; ``permission`` the
    activity at whose end a phase is permitted.
    """

    entity: Entity
    last: str
    parts: tuple[StagePart, ...] = ()
    capital_fraction: float = 1.0
    permission: str = ""


def quantiles(months: MonthsRange) -> Quantiles:
    """Return a range of months as a duration."""
    return Quantiles(months.p10, months.p50, months.p90)


def fate_id(project: str) -> str:
    """Return the id of the activity at whose end a project is given up."""
    return f"fate of {project}"


def licence_id(project: str) -> str:
    """Return the id of the activity that is a project's licence."""
    return f"licence of {project}"


def cause_loading(programme: ResolvedProgramme, cause: str) -> dict[str, float]:
    """Return the loading on a shared cause: the root of the variance that it explains."""
    share = programme.shared_cause_share.get(cause, 0.0)
    return {cause: float(np.sqrt(share))} if share > 0 else {}


def cost_loading(programme: ResolvedProgramme) -> dict[str, float]:
    """Return the loadings of what it costs to build."""
    return half_loading(programme, *COST_CAUSES)


def half_loading(programme: ResolvedProgramme, *causes: str) -> dict[str, float]:
    """Return loadings on causes, each with half of the variance that it explains of a stage."""
    shares = {cause: programme.shared_cause_share.get(cause, 0.0) for cause in causes}
    return {cause: math.sqrt(share / 2) for cause, share in shares.items() if share > 0}


def units_of(
    programme: ResolvedProgramme, plan: Plan, dates: PlannedDates
) -> list[tuple[SupplyFigures, Entity]]:
    """Return every planned unit with its planned month, in the order they are planned."""
    out: list[tuple[SupplyFigures, Entity]] = []
    counted: dict[str, int] = {}
    for build in sorted(plan.units, key=lambda b: (b.year, b.project)):
        project = programme.power[build.project]
        for mw in _sizes(project, build):
            n = counted.get(project.name, 0)
            counted[project.name] = n + 1
            announced = project.announced_months[min(n, len(project.announced_months) - 1)]
            out.append(
                (
                    project,
                    Entity(
                        "unit",
                        project.name,
                        f"{project.name}-{n + 1}",
                        project.site or "",
                        mw,
                        dates.chosen_month(project.site, announced, build.year),
                    ),
                )
            )
    return out


def _sizes(project: SupplyFigures, build: UnitBuild) -> list[float]:
    """Return MW of each unit of a build: whole units, and what is left over."""
    if build.mw <= _WORTH_COUNTING_MW:
        return []
    if project.units is None or project.unit_mw <= 0:
        return [build.mw]
    whole = int(build.mw / project.unit_mw + 1e-6)
    left = build.mw - whole * project.unit_mw
    return [project.unit_mw] * whole + ([left] if left > 1e-6 * project.unit_mw else [])


@dataclass(frozen=True)
class _UnitWork:
    """What one unit comes to, with all that it was made from."""

    made_from: tuple[object, ...]
    licence: Activity | None
    activities: list[Activity]
    delivered: Delivered


class UnitMemory:
    """Units' work as it was last made, for a unit that nothing has changed to be taken over."""

    def __init__(self) -> None:
        self._known: dict[str, _UnitWork] = {}

    def work(
        self,
        programme: ResolvedProgramme,
        project: SupplyFigures,
        entity: Entity,
        commission_from: int | None,
        queued: bool,
    ) -> _UnitWork:
        """Return a unit's work, made anew only if anything differs that it is made from."""
        shared = programme.shared_cause_share, programme.teams, programme.timeline
        made_from = (project, entity, commission_from, queued, *shared)
        known = self._known.get(entity.name)
        if known is None or known.made_from != made_from:
            chain = _UnitChain(programme, project, entity, commission_from)
            known = _UnitWork(
                made_from,
                None if chain.licence is None else chain.licence_activity(),
                chain.activities(queued),
                chain.delivered(),
            )
            self._known[entity.name] = known
        return known


def unit_activities(
    programme: ResolvedProgramme, plan: Plan, dates: PlannedDates, memory: UnitMemory | None = None
) -> tuple[list[Activity], list[Delivered], dict[str, Slots]]:
    """Return activities and deliveries of all planned units, and the slots they queue for.

    What `memory` knows of a unit that nothing has changed is taken over.
    """
    memory = memory or UnitMemory()
    units = units_of(programme, plan, dates)
    commission_from = _slot_months(programme, units)
    activities: list[Activity] = []
    delivered: list[Delivered] = []
    slots = {f"team {team.name}": Slots(team.at_once) for team in programme.teams.values()}
    licensed: set[str] = set()
    for project, entity in units:
        if project.max_units_per_year and project.status != "operating":
            count = max(project.max_units_per_year.values())
            if count > 0:
                slots[f"{project.name} starts"] = Slots(count, per_year=True)
        fate = fate_id(project.name)
        if _may_be_given_up(project) and fate not in licensed:
            licensed.add(fate)
            activities.append(_fate(programme, project))
        queued = f"{project.name} starts" in slots
        unit = memory.work(programme, project, entity, commission_from.get(entity.name), queued)
        if unit.licence is not None and project.name not in licensed:
            licensed.add(project.name)
            activities.append(unit.licence)
        activities += unit.activities
        delivered.append(unit.delivered)
    return activities, delivered, slots


def _may_be_given_up(project: SupplyFigures) -> bool:
    return project.abandoned_per_year > 0 and project.status != "operating"


def _fate(programme: ResolvedProgramme, project: SupplyFigures) -> Activity:
    """Return the wait until a project is given up."""
    return abandonment(
        fate_id(project.name),
        -math.log1p(-project.abandoned_per_year),
        from_month=float(programme.timeline.first),
        loadings=cost_loading(programme),
    )


class _UnitChain:
    """The stages of one unit, with the months from which they may begin."""

    def __init__(
        self,
        programme: ResolvedProgramme,
        project: SupplyFigures,
        entity: Entity,
        commission_from: int | None,
    ) -> None:
        self.programme, self.project, self.entity = programme, project, entity
        self.commission_from = commission_from
        self.start = programme.timeline.first
        operating = project.status == "operating"
        building = project.status == "building"
        stages = () if operating else project.stages
        self.licence = next((s for s in stages if s.name == "licence" and not building), None)
        self.stages = tuple(s for s in stages if s.name != "licence")
        self.ends = _median_ends(stages if not building else self.stages)
        self.median = max(self.ends.values(), default=0.0)
        ahead = max(0.0, entity.planned_month - self.start)
        self.share = min(1.0, ahead / self.median) if building and self.median > 0 else 1.0
        self.fate = fate_id(project.name) if _may_be_given_up(project) else None

    def from_month(self, stage: StageFigures) -> float:
        """Return the month in which a stage begins if all medians hold and none waits."""
        before = self.median - self.ends[stage.name] + stage.months.p50
        return max(float(self.start), self.entity.planned_month - before * self.share)

    def licence_activity(self) -> Activity:
        """Return the licence of the project, which all its units share."""
        assert self.licence is not None
        project = self.project
        length = quantiles(self.licence.months)
        cause = cause_loading(self.programme, self.licence.cause)
        chance = project.licence_fail_probability
        return Activity(
            licence_id(project.name),
            Scaled(length, done_months=project.licence_months_done),
            earliest_month=self.from_month(self.licence),
            loadings=cause,
            approval=Approval(
                1 - chance, attempts=LICENCE_ATTEMPTS, reapply_months=length, loadings=cause
            )
            if chance > 0
            else None,
            slots=_team_of(self.programme, project, "licence"),
            priority=float(self.entity.planned_month),
            given_up_at=self.fate,
            project=project.name,
        )

    def activities(self, queued: bool) -> list[Activity]:
        """Return the unit's own stages and its service."""
        project, name = self.project, self.entity.name
        out = [self._stage(stage, queued) for stage in self.stages]
        followed = {before for stage in self.stages for before in stage.after}
        last = [f"unit {name}.{s.name}" for s in self.stages if s.name not in followed]
        if self.licence is not None and not self.stages:
            last = [licence_id(project.name)]
        out.append(
            Activity(
                f"unit {name}.service",
                0.0,
                last,
                earliest_month=max(self.entity.planned_month, self.start),
                given_up_at=self.fate,
                project=project.name,
                unit=name,
            )
        )
        return out

    def _stage(self, stage: StageFigures, queued: bool) -> Activity:
        project, name = self.project, self.entity.name
        before: list[str | Link] = [
            licence_id(project.name) if other == "licence" else f"unit {name}.{other}"
            for other in stage.after
            if other != "licence" or self.licence is not None
        ]
        earliest = self.from_month(stage)
        if stage.name == self.stages[-1].name and self.commission_from is not None:
            earliest = max(earliest, float(self.commission_from))
        length: Duration = quantiles(stage.months)
        holds = project.reference_class.name == "nuclear" and stage.name in HELD_STAGES
        return Activity(
            f"unit {name}.{stage.name}",
            length if self.share == 1.0 else Scaled(length, factor=self.share),
            before,
            earliest_month=earliest,
            loadings=cause_loading(self.programme, stage.cause),
            slots=f"{project.name} starts"
            if queued and stage.name == "construct"
            else _team_of(self.programme, project, stage.name),
            priority=float(self.entity.planned_month),
            design=project.design if holds else None,
            given_up_at=self.fate,
            project=project.name,
            unit=name,
        )

    def delivered(self) -> Delivered:
        """Return the unit as something delivered."""
        parts = [
            StagePart(
                f"unit {self.entity.name}.{s.name}",
                s.name,
                s.spend_fraction,
                s.months.p50 * self.share,
            )
            for s in self.stages
        ]
        if self.licence is not None:
            parts.insert(
                0,
                StagePart(
                    licence_id(self.project.name),
                    "licence",
                    self.licence.spend_fraction,
                    self.licence.months.p50,
                ),
            )
        return Delivered(self.entity, f"unit {self.entity.name}.service", tuple(parts), self.share)


def _median_ends(stages: Sequence[StageFigures]) -> dict[str, float]:
    """Return the months from the first stage's beginning to each one's end, if medians hold."""
    out: dict[str, float] = {}
    for stage in stages:
        begin = max((out[name] for name in stage.after if name in out), default=0.0)
        out[stage.name] = begin + stage.months.p50
    return out


def _team_of(programme: ResolvedProgramme, project: SupplyFigures, stage: str) -> str | None:
    """Return the slot class of the team that works on a stage of a project, if one does."""
    for team in programme.teams.values():
        if team.stage == stage and project.technology in team.technologies:
            return f"team {team.name}"
    return None


def _slot_months(
    programme: ResolvedProgramme, units: Sequence[tuple[SupplyFigures, Entity]]
) -> Mapping[str, int]:
    """Return the month from which slots cover each unit that needs one."""
    out: dict[str, int] = {}
    for slot in programme.slots.values():
        allowed = np.cumsum(slot.mw_by_year)
        used = 0.0
        waiting = [
            entity
            for project, entity in units
            if project.technology in slot.technologies and project.status != "operating"
        ]
        for entity in sorted(waiting, key=lambda e: (e.planned_month, e.name)):
            used += entity.mw
            year = int(np.searchsorted(allowed, used - 1e-6))
            # beyond the last planning year its yearly amount goes on
            if year >= len(allowed):
                missing = used - allowed[-1]
                each = slot.mw_by_year[-1]
                year = len(allowed) - 1 + (int(np.ceil(missing / each)) if each > 0 else 1000)
            month = MONTHS_PER_YEAR * (programme.years[0] + year)
            out[entity.name] = max(out.get(entity.name, 0), month)
    return out
