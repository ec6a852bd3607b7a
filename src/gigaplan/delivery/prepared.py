"""A plan's delivery laid out once, to be drawn as often as asked, any draws of it.

See `from_programme` for what is modelled.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import replace
from functools import cached_property

import numpy as np

from gigaplan.delivery.bridges.rule import BridgeRule, OrderMemory, bridge_rules, bridge_unit
from gigaplan.delivery.factors import Factors
from gigaplan.delivery.model import Activity, Holds, SimulationResult, Slots
from gigaplan.delivery.plan_check import fitting_plan
from gigaplan.delivery.programme_capital import Capital, CapitalLayout
from gigaplan.delivery.programme_compute import (
    accelerator_activities,
    chip_design,
    connection_activities,
    consent_factor,
    phase_activities,
    tariff_activities,
    withdrawal_factor,
)
from gigaplan.delivery.programme_dates import PlannedDates
from gigaplan.delivery.programme_sites import ProgrammeSite, programme_sites
from gigaplan.delivery.programme_units import Delivered, UnitMemory, quantiles, unit_activities
from gigaplan.delivery.simulate import Schedule
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme


class PreparedDelivery:
    """A programme's plan, ready to be drawn.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
        What is built, and in which year.
    seed : int, optional
        Where the worlds come from; the programme's own if left out.
    compute_only : bool
        True keeps what online compute needs, and no money can be asked for.
    like : PreparedDelivery, optional
        One of another programme or plan. Where only lengths and milestones of work differ, its
        schedule is taken over with those changed, and so is what nothing has changed of units and
        of the last orders of bridge power, which is quicker; results are the same.

    Raises
    ------
    InputError
        If the plan builds what the programme does not have.
    """

    def __init__(
        self,
        programme: ResolvedProgramme,
        plan: Plan,
        *,
        seed: int | None = None,
        compute_only: bool = False,
        like: PreparedDelivery | None = None,
    ) -> None:
        self.programme, self.plan = programme, fitting_plan(programme, plan)
        self.seed = programme.seed if seed is None else seed
        self.factors = shared_causes(programme)
        self._units: UnitMemory = UnitMemory() if like is None else like._units
        self._orders: OrderMemory = OrderMemory() if like is None else like._orders
        self.activities, self.delivered, self.slots = _work(programme, self.plan, self._units)
        self.holds = design_holds(programme, self.activities)
        self._keep = _needed(self.delivered) if compute_only else None
        self.schedule = self._taken_over(like) or self._laid_out()
        self._row = {name: i for i, name in enumerate(self.schedule.ids)}
        self.last = np.array([self._row[item.last] for item in self.delivered], np.int64)
        self._capital: CapitalLayout | None = None

    def _taken_over(self, like: PreparedDelivery | None) -> Schedule | None:
        """Return the schedule of another delivery with its lengths changed, if no more differs."""
        if like is None or self._frame() != like._frame():
            return None
        changed = []
        for ours, theirs in zip(self.activities, like.activities, strict=True):
            if ours == theirs:
                continue
            changed.append(ours)
            same = replace(ours, duration=theirs.duration, earliest_month=theirs.earliest_month)
            if same != theirs:
                return None
        return like.schedule.with_lengths(changed)

    def _frame(self) -> tuple[object, ...]:
        """Return all that a schedule is laid out from but its activities, and how many they are."""
        timeline = self.programme.timeline
        return (
            len(self.activities),
            self.factors,
            self.seed,
            self.slots,
            self.holds,
            self._keep,
            timeline,
        )

    def _laid_out(self) -> Schedule:
        return Schedule(
            self.activities,
            factors=self.factors,
            seed=self.seed,
            start_month=float(self.programme.timeline.first),
            slots=self.slots,
            holds=self.holds,
            keep=self._keep,
            outcome="start_and_finish" if self._keep is None else "finish",
            critical=False,
            horizon_months=float(len(self.programme.timeline)),
        )

    def with_activities(self, change: Callable[[Activity], Activity]) -> PreparedDelivery:
        """Return the same with some activities changed; their ids must stay, and so do draws."""
        out = copy(self)
        out.activities = [change(activity) for activity in self.activities]
        out.schedule = out._laid_out()
        return out

    @cached_property
    def sites(self) -> list[ProgrammeSite]:
        """The sites that have a campus, laid out, in the programme's order."""
        return programme_sites(self.programme, self.plan, self.delivered, self._row)

    def redrawn(self, names: Collection[str]) -> PreparedDelivery:
        """Return the same with the random numbers of some names drawn anew; see `Schedule`."""
        out = copy(self)
        out.schedule = self.schedule.redrawn(names)
        out._capital = self._capital_layout().redrawn(names)
        return out

    def draw(
        self, draws: int, *, first_draw: int = 0, threads: int = 1, leave_out: str = ""
    ) -> SimulationResult:
        """Return begin and end of every activity; see `Schedule.simulate`.

        Bridge power is ordered by its rule, that of the project `leave_out` excepted: its lead is
        left to begin at the start.
        """
        result = self.schedule.simulate(draws, first_draw=first_draw, threads=threads)
        for rule in self.bridges:
            if rule.project != leave_out:
                rule.apply(result, threads, self._orders)
        return result

    @cached_property
    def bridges(self) -> list[BridgeRule]:
        """The rules that order bridge power, in the programme's order."""
        return bridge_rules(self.programme, self.sites, self._row)

    def capital(
        self, result: SimulationResult, *, first_draw: int = 0, threads: int = 1
    ) -> Capital:
        """Return what everything costs in the draws of a result of `draw`."""
        return self._capital_layout().draw(result, first_draw=first_draw, threads=threads)

    def _capital_layout(self) -> CapitalLayout:
        if self._capital is None:
            self._capital = CapitalLayout(
                self.programme, self.plan, self.delivered, self._row, self.factors, self.seed
            )
        return self._capital


def _work(
    programme: ResolvedProgramme, plan: Plan, memory: UnitMemory
) -> tuple[list[Activity], list[Delivered], dict[str, Slots]]:
    """Return the activities of a plan, what they deliver, and the slots they queue for."""
    dates = PlannedDates(programme, plan)
    units, unit_entities, slots = unit_activities(programme, plan, dates, memory)
    phases, phase_entities = phase_activities(programme, dates)
    chips, chip_entities = accelerator_activities(programme, plan, dates, phase_entities)
    steps, step_entities = connection_activities(programme, plan, dates)
    delivered = [*unit_entities, *phase_entities, *chip_entities, *step_entities]
    tariff = tariff_activities(programme) if chips else []
    places = {campus.site for campus in programme.campuses.values()}
    bridged = (p for p in programme.power.values() if p.bridge is not None and p.site in places)
    bridges = [bridge_unit(programme, project) for project in bridged]
    delivered += [item for _, item in bridges]
    leads = [activity for activity, _ in bridges]
    return [*units, *phases, *chips, *steps, *tariff, *leads], delivered, slots


def _needed(delivered: Sequence[Delivered]) -> list[str]:
    """Return the activities at whose ends capacity comes."""
    ends = (name for item in delivered for name in (item.last, item.permission) if name)
    return list(dict.fromkeys(ends))


def shared_causes(programme: ResolvedProgramme) -> Factors:
    """Return the causes that tie draws together: the programme's own, and those of each site."""
    own = [cause for cause, share in programme.shared_cause_share.items() if share > 0]
    own += [consent_factor(site) for site in programme.sites]
    own += [
        withdrawal_factor(name)
        for name, site in programme.sites.items()
        if site.connection_withdrawn_fraction > 0
    ]
    return Factors(tuple(own), degrees_of_freedom=programme.tail_degrees_of_freedom)


def design_holds(programme: ResolvedProgramme, activities: Sequence[Activity]) -> dict[str, Holds]:
    """Return the holds of every design whose work can be stopped, and of every chip system."""
    chips = {chip_design(chip): chip for chip in programme.accelerators.values()}
    out = {}
    for design in dict.fromkeys(a.design for a in activities if a.design is not None):
        chip = chips.get(design)
        chance = programme.design_hold_per_year if chip is None else chip.stop_per_year
        length = programme.design_hold_months if chip is None else chip.stop_months
        # a chance p per year of at least one hold is a rate of -ln(1 - p)
        rate = float(-np.log1p(-min(chance, 0.999)))
        out[design] = Holds(rate, quantiles(length))
    return out
