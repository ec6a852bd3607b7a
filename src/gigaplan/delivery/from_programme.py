"""Delivers a programme's plan: dates, cost and online compute of everything, in every draw.

Cost. The capital that the programme pays is spent stage by stage (`spend_curve`). A project
that it owns costs its estimate times one cost ratio per project and draw (inside and outside
view blended, see `reference_class`) times what its design has learnt by its own completions
in that draw (`learning`); so units of one project overrun together. The cost ratio's normal
score has loadings on the causes that move construction (labour and supply chain, each half
of the variance that it explains of a stage), so what is late is dear. A seller bears the
overrun of a purchase, prepayment or tolled plant: its prepayment is spread over construction,
and an option's price is paid when the work begins, or at the last month it may be exercised.

Power. A site has its connection, and its units behind the meter: all of a firm unit, and
the firm share of sun, wind and storage. An IT MW counts as online when there is power for
all of it at the design PUE, as a plan counts it. Projects in a zone reach a site
through its connection; they change its energy, not its room for compute.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import Normal, Quantiles
from gigaplan.delivery.factors import Factors
from gigaplan.delivery.model import Activity, Holds, SimulationResult
from gigaplan.delivery.online import OnlineCompute, online_compute
from gigaplan.delivery.plan_check import fitting_plan
from gigaplan.delivery.programme_capital import capital
from gigaplan.delivery.programme_compute import (
    accelerator_activities,
    connection_activities,
    consent_factor,
    phase_activities,
)
from gigaplan.delivery.programme_sites import site_capacities
from gigaplan.delivery.programme_units import Delivered, unit_activities
from gigaplan.delivery.simulate import simulate
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.programme.trajectories import TargetChance, Trajectories


def deliver(
    programme: ResolvedProgramme,
    plan: Plan,
    *,
    draws: int = 1000,
    seed: int | None = None,
    threads: int = 1,
) -> Trajectories:
    """Return when everything in a plan is delivered, what it costs, and what is online.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
        What is built, and in which year.
    draws : int
        Worlds; draw d is the same world in every engine and for every number of draws.
    seed : int, optional
        Where the worlds come from; the programme's own if left out.
    threads : int
        Threads that share the draws; results do not depend on it, to the last bit.

    Returns
    -------
    Trajectories
        Dates [entity, draw], online IT MW and bottleneck [site, month, draw], capital
        [month, draw] by group.

    Raises
    ------
    InputError
        If the plan builds what the programme does not have.
    """
    plan = fitting_plan(programme, plan)
    seed = programme.seed if seed is None else seed
    factors = shared_causes(programme)
    work = _scheduled(programme, plan, factors, draws, seed, threads)
    delivered, result, online_month = work.delivered, work.result, work.online_month
    money = capital(programme, plan, delivered, result, online_month, factors, threads)
    online = _online(programme, plan, work, threads)
    return Trajectories(
        timeline=programme.timeline,
        draws=draws,
        seed=seed,
        entities=tuple(item.entity for item in delivered),
        online_month=online_month,
        cost_multiplier=money.cost_multiplier,
        sites=online.sites,
        site_online_it_mw=online.online_it_mw,
        bottleneck=online.bottleneck,
        capex_usd=money.by_group,
        entity_capex_usd=money.by_entity,
        targets=_targets(programme, online),
        notes=(
            *_notes(programme, draws, len(result.ids), delivered, work.held),
            *result.messages,
        ),
    )


def planned_online_it_mw(
    programme: ResolvedProgramme, plan: Plan
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return sites, and the IT MW online at each if all comes when planned, [site, month]."""
    plan = fitting_plan(programme, plan)
    work = _scheduled(programme, plan, shared_causes(programme), 1, programme.seed, 1)
    online = _online(programme, plan, work, 1)
    return online.sites, online.planned_it_mw


@dataclass(frozen=True)
class _Work:
    """A plan's activities in every draw; months are [entity, draw]."""

    delivered: list[Delivered]
    result: SimulationResult
    online_month: NDArray[np.float64]
    held: bool


def _scheduled(
    programme: ResolvedProgramme, plan: Plan, factors: Factors, draws: int, seed: int, threads: int
) -> _Work:
    units, unit_entities, slots = unit_activities(programme, plan)
    phases, phase_entities = phase_activities(programme, plan)
    chips, chip_entities = accelerator_activities(programme, plan, phase_entities)
    steps, step_entities = connection_activities(programme, plan)
    delivered = [*unit_entities, *phase_entities, *chip_entities, *step_entities]
    activities = [*units, *phases, *chips, *steps]
    holds = design_holds(programme, activities)
    result = simulate(
        activities,
        factors=factors,
        draws=draws,
        seed=seed,
        threads=threads,
        start_month=float(programme.timeline.first),
        slots=slots,
        holds=holds,
        outcome="start_and_finish",
        critical=False,
        horizon_months=float(len(programme.timeline)),
    )
    return _Work(delivered, result, _rows(result, [item.last for item in delivered]), bool(holds))


def _online(programme: ResolvedProgramme, plan: Plan, work: _Work, threads: int) -> OnlineCompute:
    return online_compute(
        site_capacities(programme, plan, work.delivered, work.result, work.online_month),
        first_month=programme.timeline.first,
        months=len(programme.timeline),
        draws=work.result.draws,
        threads=threads,
    )


def shared_causes(programme: ResolvedProgramme) -> Factors:
    """Return the causes that tie draws together: the programme's own, and each site's consent."""
    own = [cause for cause, share in programme.shared_cause_share.items() if share > 0]
    return Factors((*own, *(consent_factor(site) for site in programme.sites)))


def shared_cause_scores(
    programme: ResolvedProgramme, *, draws: int, seed: int | None = None
) -> dict[str, NDArray[np.float64]]:
    """Return the normal score of each of the programme's shared causes in each draw.

    They are those that `deliver` draws: a higher score is what makes things late and dear.
    """
    factors = shared_causes(programme)
    own = [cause for cause, share in programme.shared_cause_share.items() if share > 0]
    if not own:
        return {}
    # far enough above zero that no length is cut off
    middle = 100.0
    found = simulate(
        [Activity(cause, Normal(middle, 1.0), loadings={cause: 1.0}) for cause in own],
        factors=factors,
        draws=draws,
        seed=programme.seed if seed is None else seed,
        critical=False,
    )
    return {c: np.asarray(found.finish_months[found.position(c)] - middle) for c in own}


def design_holds(programme: ResolvedProgramme, activities: list[Activity]) -> dict[str, Holds]:
    """Return the holds of every design whose work can be stopped."""
    chance, length = programme.design_hold_per_year, programme.design_hold_months
    designs = dict.fromkeys(a.design for a in activities if a.design is not None)
    # a chance p per year of at least one hold is a rate of -ln(1 - p)
    rate = float(-np.log1p(-min(chance, 0.999)))
    duration = Quantiles(length.p10, length.p50, length.p90)
    return {design: Holds(rate, duration) for design in designs}


def _rows(result: SimulationResult, names: list[str]) -> NDArray[np.float64]:
    place = {name: i for i, name in enumerate(result.ids)}
    rows: NDArray[np.float64] = result.finish_months[[place[name] for name in names]]
    return rows


def _targets(programme: ResolvedProgramme, online: OnlineCompute) -> tuple[TargetChance, ...]:
    out = []
    for year, target in zip(programme.years, programme.target_it_mw, strict=True):
        month = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
        if programme.timeline.first <= month <= programme.timeline.last:
            chance = online.target_probability(month, target)
            out.append(TargetChance(year, target, chance.mean, chance.standard_error))
    return tuple(out)


def _notes(
    programme: ResolvedProgramme,
    draws: int,
    activities: int,
    delivered: list[Delivered],
    held: bool,
) -> tuple[str, ...]:
    causes = ", ".join(
        f"{cause.replace('_', ' ')} {share:.0%}"
        for cause, share in programme.shared_cause_share.items()
    )
    notes = [
        f"{draws:,} draws of {activities:,} activities that deliver {len(delivered):,} things; "
        "nothing comes before its planned month.",
        f"Shared causes and the share of a stage's variance that each explains: {causes}.",
        "A project that is refused a licence applies once more, for as long and with the same "
        "chance; what was spent before a refusal is lost.",
        "Stage durations are ranges of past builds and are not uplifted again; cost is uplifted "
        "by its reference class at the weight given, once.",
    ]
    if held:
        notes.append(
            f"A design-wide hold comes with {programme.design_hold_per_year:.1%} a year and "
            f"stops all construction and commissioning of that reactor design."
        )
    return tuple(notes)
