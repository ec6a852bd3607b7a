"""When bridge power is ordered: once the forecast of a site falls short by so much.

The forecast of a month is made of what is there in that month and of the plan, and of nothing
that comes later: of power, and of halls with their chips, what is overdue is taken to need as
long again, and the rest to come as planned. Where halls are forecast to wait for power of at
least the rule's MW by the time that an order would come, it is ordered, once. It comes after its
lead and leaves at the end of its term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.bridges._kernels import order_months, planned_capacity
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.parallel import over_draws
from gigaplan.delivery.programme_sites import ProgrammeSite
from gigaplan.delivery.programme_units import Delivered, StagePart, cause_loading, quantiles
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.programme.trajectories import Entity

Floats = NDArray[np.float64]


def bridge_unit(programme: ResolvedProgramme, project: SupplyFigures) -> tuple[Activity, Delivered]:
    """Return the lead of a bridge project as an activity, and what it delivers.

    It is planned for no month of the timeline: whether it comes is the rule's to say.
    """
    assert project.bridge is not None
    never = programme.timeline.last + 1
    name = f"{project.name}-1"
    lead = Activity(
        f"unit {name}.lead",
        quantiles(project.bridge.lead_months),
        loadings=cause_loading(programme, "supply_chain"),
        project=project.name,
        unit=name,
    )
    entity = Entity("unit", project.name, name, project.site or "", project.max_mw, never)
    part = StagePart(lead.id, "construct", 1.0, project.bridge.lead_months.p50)
    return lead, Delivered(entity, lead.id, (part,))


@dataclass(frozen=True)
class BridgeRule:
    """The rule of one bridge project at its site.

    Parameters
    ----------
    project : str
    row : int
        Of its lead among the activities.
    site : ProgrammeSite
    first_month, last_month : int
        Absolute months in which it may be ordered.
    ahead_months : int
        How far the forecast looks: its median lead.
    short_it_mw : float
    planned_ready, planned_power : ndarray, shape [month]
        IT MW of the plan.
    """

    project: str
    row: int
    site: ProgrammeSite
    first_month: int
    last_month: int
    ahead_months: int
    short_it_mw: float
    planned_ready: Floats
    planned_power: Floats

    def apply(
        self, result: SimulationResult, threads: int = 1, memory: OrderMemory | None = None
    ) -> None:
        """Set the months of the lead in a result whose other work is known, in place.

        The lead must begin at the schedule's start, as it does before a rule is applied. What
        `memory` knows of the same steps is taken over.
        """
        lead = result.finish_months[self.row] - self.site.layout.first_month
        memory = memory or OrderMemory()
        ordered = memory.orders(self, self.steps(result), threads)
        result.finish_months[self.row] = ordered + lead
        if len(result.start_months):
            result.start_months[self.row] = ordered

    def orders(
        self, result: SimulationResult, short_it_mw: float | None = None, *, threads: int = 1
    ) -> Floats:
        """Return the absolute month in which it is ordered in each draw, infinity where never.

        Parameters
        ----------
        result : SimulationResult
            What the lead has in it does not matter.
        short_it_mw : float, optional
            Another threshold than the rule's.
        threads : int
            Threads that share the draws.
        """
        threshold = self.short_it_mw if short_it_mw is None else short_it_mw
        return self.ordered(self.steps(result), threshold, threads)

    def steps(self, result: SimulationResult) -> Floats:
        """Return when each step of the site comes, [step, draw], the bridge's own never."""
        lead = result.finish_months[self.row].copy()
        result.finish_months[self.row] = np.inf
        when = self.site.months(result.finish_months)
        result.finish_months[self.row] = lead
        return when

    def ordered(self, when: Floats, short_it_mw: float, threads: int) -> Floats:
        """Return the absolute month of the order in each draw of the site's steps."""
        layout, draws = self.site.layout, when.shape[1]
        out = np.empty(draws)
        over_draws(
            lambda at, to: order_months(
                layout.kind,
                layout.mw,
                when,
                layout.campuses,
                layout.pue,
                layout.first_month,
                self.planned_ready,
                self.planned_power,
                self.first_month - layout.first_month,
                self.last_month - layout.first_month,
                self.ahead_months,
                short_it_mw,
                at,
                to,
                out,
            ),
            draws,
            threads,
        )
        return out + layout.first_month

    def looks_at_the_same(self, other: BridgeRule) -> bool:
        """Return whether another rule orders in the same months if the steps are the same."""
        ours, theirs = self.site.layout, other.site.layout
        return (
            (self.first_month, self.last_month, self.ahead_months, self.short_it_mw)
            == (other.first_month, other.last_month, other.ahead_months, other.short_it_mw)
            and (ours.campuses, ours.pue, ours.first_month)
            == (theirs.campuses, theirs.pue, theirs.first_month)
            and np.array_equal(ours.kind, theirs.kind)
            and np.array_equal(ours.mw, theirs.mw)
            and np.array_equal(self.planned_ready, other.planned_ready)
            and np.array_equal(self.planned_power, other.planned_power)
        )


class OrderMemory:
    """The last orders of every bridge project, for steps that have not moved to be taken over."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[BridgeRule, Floats, Floats]] = {}

    def orders(self, rule: BridgeRule, when: Floats, threads: int) -> Floats:
        """Return the months in which a rule orders, of steps [step, draw]."""
        known = self._known.get(rule.project)
        if known is not None:
            last, steps, ordered = known
            if rule.looks_at_the_same(last) and np.array_equal(steps, when):
                return ordered
        ordered = rule.ordered(when, rule.short_it_mw, threads)
        self._known[rule.project] = (rule, when, ordered)
        return ordered


def bridge_rules(
    programme: ResolvedProgramme, sites: Sequence[ProgrammeSite], row: Mapping[str, int]
) -> list[BridgeRule]:
    """Return the rule of every bridge project whose site has a campus."""
    by_name = {site.layout.name: site for site in sites}
    timeline, out = programme.timeline, []
    for project in programme.power.values():
        site = by_name.get(project.site or "")
        if project.bridge is None or site is None:
            continue
        planned = np.empty((2, len(timeline)))
        layout = site.layout
        planned_capacity(
            layout.kind,
            layout.mw,
            np.ascontiguousarray(layout.planned_months[:, None]),
            layout.campuses,
            layout.pue,
            layout.first_month,
            planned[0],
            planned[1],
        )
        out.append(
            BridgeRule(
                project=project.name,
                row=row[f"unit {project.name}-1.lead"],
                site=site,
                first_month=max(project.month, timeline.first),
                last_month=min(
                    MONTHS_PER_YEAR * programme.years[-1] + MONTHS_PER_YEAR - 1, timeline.last
                ),
                ahead_months=round(project.bridge.lead_months.p50),
                short_it_mw=project.bridge.short_it_mw,
                planned_ready=planned[0],
                planned_power=planned[1],
            )
        )
    return out
