"""A programme's halls, chips and connections as entities and activities.

Conventions as in `programme_units`, and:

* Local consent of a site is one event: it stops all phases not yet begun, or delays them all
  by the same months. A phase is begun if it is operating or building.
* Chips bought in a year are ordered so that with the median lead they come with the first
  phase of their campus planned in that year, or in July if there is none; never before their
  generation ships, nor before the halls they are meant for are handed over: servers are not
  paid for while there is nowhere to put them. They leave in December of the year that follows
  their life, in which a plan replaces them; after the planning years they are taken as replaced.
* Halls that operate at the start are full of evenly aged chips of the campus's first
  generation, which leave by a like amount each December.
* A connection that is not firm comes with the site's delay behind its announced month, and
  no step before an earlier step of its site. If the steps of a site are withdrawn, none comes.
* A stop of a chip system's deliveries stops all of them while it lasts. A tariff may come once,
  and then stays.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.abandonment import abandonment
from gigaplan.delivery.durations import Duration, Scaled
from gigaplan.delivery.model import Activity, Approval
from gigaplan.delivery.programme_dates import PlannedDates
from gigaplan.delivery.programme_units import (
    Delivered,
    StagePart,
    cause_loading,
    quantiles,
)
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import (
    AcceleratorFigures,
    CampusFigures,
    PhaseFigures,
    ResolvedProgramme,
    SiteFigures,
)
from gigaplan.programme.trajectories import Entity

TARIFF = "tariff on chips"


def consent_factor(site: str) -> str:
    """Return the name of the shared cause that is a site's local consent."""
    return f"consent of {site}"


def withdrawal_factor(site: str) -> str:
    """Return the name of the shared cause that is the withdrawal of a site's connection."""
    return f"withdrawal at {site}"


def chip_design(chip: AcceleratorFigures) -> str:
    """Return the name by which a stop holds all deliveries of a chip system."""
    return f"chip {chip.name}"


def tariff_activities(programme: ResolvedProgramme) -> list[Activity]:
    """Return the wait for a tariff on chips, if one may come."""
    if programme.tariff_per_year <= 0:
        return []
    rate = -math.log1p(-programme.tariff_per_year)
    return [abandonment(TARIFF, rate, from_month=float(programme.timeline.first))]


def phase_activities(
    programme: ResolvedProgramme, dates: PlannedDates
) -> tuple[list[Activity], list[Delivered]]:
    """Return permission, construction and handover of all planned phases."""
    activities: list[Activity] = []
    delivered: list[Delivered] = []
    planned = dates.phases
    builds = Counter((campus.name, phase.name) for campus, phase, _ in planned)
    for campus, phase, entity in planned:
        name = f"phase {campus.name}.{phase.name}"
        if builds[campus.name, phase.name] > 1:
            # a plan without whole phases may build one over several years
            name += f" of {entity.planned_month // MONTHS_PER_YEAR}"
        made, parts, share = _phase(programme, name, campus, phase, entity)
        activities += made
        delivered.append(Delivered(entity, made[-1].id, parts, share, made[0].id))
    return activities, delivered


def _phase(
    programme: ResolvedProgramme,
    name: str,
    campus: CampusFigures,
    phase: PhaseFigures,
    entity: Entity,
) -> tuple[list[Activity], tuple[StagePart, ...], float]:
    start = programme.timeline.first
    permission, construct = f"{name}.permission", f"{name}.construct"
    handover = Activity(
        f"{name}.service",
        0.0,
        [permission if phase.status == "operating" else construct],
        earliest_month=max(entity.planned_month, start),
        project=campus.name,
    )
    begun = phase.status in ("operating", "building")
    site = programme.sites[campus.site]
    median = phase.construct_months.p50
    ahead = max(0.0, float(entity.planned_month - start))
    share = min(1.0, ahead / median) if phase.status == "building" and median > 0 else 1.0
    begin = max(float(start), entity.planned_month - median * share)
    consent = (
        Activity(permission, 0.0, earliest_month=float(start), project=campus.name)
        if begun
        else _consent(site, permission, begin, campus.name)
    )
    if phase.status == "operating":
        return [consent, handover], (), 1.0
    length: Duration = quantiles(phase.construct_months)
    building = Activity(
        construct,
        length if share == 1.0 else Scaled(length, factor=share),
        [permission],
        earliest_month=begin,
        loadings=cause_loading(programme, "labour"),
        project=campus.name,
        unit=phase.name,
    )
    parts = (StagePart(construct, "construct", 1.0, median * share),)
    return [consent, building, handover], parts, share


def _consent(site: SiteFigures, name: str, begin: float, project: str) -> Activity:
    """Return local consent to a phase: one event for all phases of a site in a draw."""
    delay = site.community_delay_months
    blocked = site.block_probability_fraction
    shared = {consent_factor(site.name): 1.0}
    return Activity(
        name,
        quantiles(delay) if delay is not None else 0.0,
        earliest_month=begin,
        loadings=shared,
        approval=Approval(1 - blocked, loadings=shared) if blocked > 0 else None,
        project=project,
    )


def accelerator_activities(
    programme: ResolvedProgramme, plan: Plan, dates: PlannedDates, halls: Sequence[Delivered]
) -> tuple[list[Activity], list[Delivered]]:
    """Return orders and deliveries of all planned chips, which wait for their `halls`."""
    activities: list[Activity] = []
    delivered: list[Delivered] = []
    start = programme.timeline.first
    for buy in sorted(plan.accelerators, key=lambda b: (b.year, b.campus, b.accelerator)):
        chip = programme.accelerators[buy.accelerator]
        planned = dates.needed_month((buy.campus,), buy.year)
        planned = max(planned, chip.available_month, start)
        site = programme.campuses[buy.campus].site
        name = f"{buy.accelerator}-{buy.year}"
        entity = Entity("accelerator", buy.campus, name, site, buy.it_mw, planned)
        order = f"chips {buy.campus}.{name}.delivery"
        lead = chip.delivery_months
        activities.append(
            Activity(
                order,
                quantiles(lead),
                earliest_month=max(float(start), planned - lead.p50),
                loadings=cause_loading(programme, "chips"),
                design=chip_design(chip) if chip.stop_per_year > 0 else None,
                project=buy.campus,
            )
        )
        last = f"chips {buy.campus}.{name}.service"
        opening = _halls_opening(halls, buy.campus, buy.year)
        activities.append(
            Activity(last, 0.0, [order, *opening], earliest_month=planned, project=buy.campus)
        )
        delivered.append(Delivered(entity, last, (StagePart(last, "delivery", 1.0, 0.0),)))
    return activities, delivered


def _halls_opening(halls: Sequence[Delivered], campus: str, year: int) -> list[str]:
    """Return the handovers of the halls that chips bought in a year are meant for."""
    return [
        item.last
        for item in halls
        if item.entity.owner == campus and item.entity.planned_month // MONTHS_PER_YEAR == year
    ]


def connection_activities(
    programme: ResolvedProgramme, plan: Plan, dates: PlannedDates
) -> tuple[list[Activity], list[Delivered]]:
    """Return announced steps of connection, and those that the plan adds."""
    activities: list[Activity] = []
    delivered: list[Delivered] = []
    grid = cause_loading(programme, "grid")
    for site in programme.sites.values():
        before: list[str] = []
        for step in site.connection:
            name = f"{site.name}-{step.name}"
            entity = Entity("connection", site.name, name, site.name, step.added_mw, step.month)
            made = _connection(site, entity, before, grid, firm=step.firm)
            activities += made
            before = [made[-1].id]
            delivered.append(Delivered(entity, made[-1].id))
    for build in sorted(plan.connections, key=lambda b: (b.year, b.site)):
        site = programme.sites[build.site]
        month = dates.chosen_month(site.name, site.reinforcement_month, build.year)
        name = f"{site.name}-reinforcement-{build.year}"
        entity = Entity("connection", site.name, name, site.name, build.mw, month)
        made = _connection(site, entity, [], grid, firm=False)
        activities += made
        delivered.append(
            Delivered(entity, made[-1].id, (StagePart(made[-1].id, "connect", 1.0, 0.0),))
        )
    return activities, delivered


def _connection(
    site: SiteFigures,
    entity: Entity,
    before: list[str],
    grid: dict[str, float],
    *,
    firm: bool,
) -> list[Activity]:
    """Return delay and energising of a step; `before` are earlier steps of an announced row."""
    delay = f"connection {entity.name}.delay"
    service = f"connection {entity.name}.service"
    withdrawn = 0.0 if firm else site.connection_withdrawn_fraction
    shared = {withdrawal_factor(site.name): 1.0}
    late = Activity(
        delay,
        0.0 if firm else quantiles(site.connection_delay_months),
        earliest_month=float(entity.planned_month),
        loadings={} if firm else grid,
        approval=Approval(1 - withdrawn, loadings=shared) if withdrawn > 0 else None,
        project=site.name,
    )
    return [late, Activity(service, 0.0, [delay, *before], project=site.name)]
