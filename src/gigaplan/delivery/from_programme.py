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

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import Normal
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.online import chance_of
from gigaplan.delivery.prepared import PreparedDelivery, shared_causes
from gigaplan.delivery.programme_estimates import read_named_past
from gigaplan.delivery.programme_units import fate_id
from gigaplan.delivery.simulate import simulate
from gigaplan.delivery.spend_curve import monthly
from gigaplan.programme.plan import Plan
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.programme.trajectories import CAPEX_GROUPS, TargetChance, Trajectories


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
    work = PreparedDelivery(programme, plan, seed=seed)
    found = delivered_worlds(work, draws, threads=threads)
    return replace(
        found,
        targets=_targets(found, programme),
        notes=(*delivery_notes(work, draws), *found.notes),
    )


def delivered_worlds(
    work: PreparedDelivery,
    draws: int,
    *,
    first_draw: int = 0,
    threads: int = 1,
    name_bottlenecks: bool = True,
) -> Trajectories:
    """Return worlds of a prepared delivery from `first_draw` on; see `deliver`.

    They have no chances of targets, which are over all draws. Where bottlenecks are not named,
    ``bottleneck`` has no month.
    """
    result = work.draw(draws, first_draw=first_draw, threads=threads)
    money = work.capital(result, first_draw=first_draw, threads=threads)
    online, bottleneck = _online(work, result, threads, name_bottlenecks)
    return Trajectories(
        timeline=work.programme.timeline,
        draws=draws,
        seed=work.seed,
        entities=tuple(item.entity for item in work.delivered),
        online_month=result.finish_months[work.last],
        cost_multiplier=money.cost_multiplier,
        sites=tuple(site.layout.name for site in work.sites),
        site_online_it_mw=online,
        bottleneck=bottleneck,
        capex_usd={g: monthly(c) for g, c in zip(CAPEX_GROUPS, money.change_usd, strict=True)},
        entity_capex_usd=money.by_entity_usd,
        targets=(),
        notes=result.messages,
    )


def planned_online_it_mw(
    programme: ResolvedProgramme, plan: Plan
) -> tuple[tuple[str, ...], NDArray[np.float64]]:
    """Return sites, and the IT MW online at each if all comes when planned, [site, month]."""
    layouts = [site.layout for site in PreparedDelivery(programme, plan).sites]
    planned = np.zeros((len(layouts), len(programme.timeline)))
    for row, layout in zip(planned, layouts, strict=True):
        row[:] = layout.plan[0]
    return tuple(layout.name for layout in layouts), planned


def _online(
    work: PreparedDelivery, result: SimulationResult, threads: int, named: bool
) -> tuple[NDArray[np.float32], NDArray[np.int8]]:
    """Return online compute and what holds it back, [site, month, draw]."""
    shape = len(work.sites), len(work.programme.timeline), result.draws
    online = np.empty(shape, np.float32)
    bottleneck = np.empty(shape if named else (shape[0], 0, shape[2]), np.int8)
    for i, site in enumerate(work.sites):
        when = site.months(result.finish_months)
        site.layout.fill(when, online[i], bottleneck[i], threads)
    return online, bottleneck


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


def _targets(found: Trajectories, programme: ResolvedProgramme) -> tuple[TargetChance, ...]:
    out, first = [], programme.timeline.first
    for year, target in zip(programme.years, programme.target_it_mw, strict=True):
        month = MONTHS_PER_YEAR * year + MONTHS_PER_YEAR - 1
        if first <= month <= programme.timeline.last:
            chance = chance_of(found.site_online_it_mw[:, month - first], target)
            out.append(TargetChance(year, target, chance.mean, chance.standard_error))
    return tuple(out)


def delivery_notes(work: PreparedDelivery, draws: int) -> tuple[str, ...]:
    """Return how the draws were made, in words."""
    programme = work.programme
    causes = ", ".join(
        f"{cause.replace('_', ' ')} {share:.0%}"
        for cause, share in programme.shared_cause_share.items()
    )
    notes = [
        f"{draws:,} draws of {len(work.activities):,} activities that deliver "
        f"{len(work.delivered):,} things; nothing comes before its planned month.",
        f"Shared causes and the share of a stage's variance that each explains: {causes}.",
        "A project that is refused a licence applies once more, for as long and with the same "
        "chance; what was spent before a refusal is lost.",
        "Stage durations are ranges of past builds and are not uplifted again; cost is uplifted "
        "by its reference class at the weight given, once.",
    ]
    if work.holds:
        notes.append(
            f"A design-wide hold comes with {programme.design_hold_per_year:.1%} a year and "
            f"stops all construction and commissioning of that reactor design."
        )
    notes += [
        f"{programme.power[rule.project].title} is ordered once halls are forecast to lack power "
        f"for {rule.short_it_mw:,.0f} MW of IT {rule.ahead_months} months later."
        for rule in work.bridges
    ]
    for name, found in read_named_past(programme).items():
        project = programme.power[name]
        file = str(project.reference_class.past_projects.name)  # type: ignore[union-attr]
        notes.append(
            f"{project.title}: cost ends {found.quantile(0.1):.2f}, {found.quantile(0.5):.2f}, "
            f"{found.quantile(0.9):.2f} of estimate (P10, P50, P90) in the class of {file}, of "
            f"{found.finished} finished projects. " + " ".join(found.messages)
        )
    given_up = {p.title: p.abandoned_per_year for p in _at_risk(work)}
    if given_up:
        shares = ", ".join(f"{title} {chance:.1%}" for title, chance in given_up.items())
        notes.append(f"Chance in a year that a project is given up before it is done: {shares}.")
    return tuple(notes)


def _at_risk(work: PreparedDelivery) -> list[SupplyFigures]:
    """Return the projects of the plan that may be given up."""
    fates = {activity.id for activity in work.activities}
    return [p for p in work.programme.power.values() if fate_id(p.name) in fates]
