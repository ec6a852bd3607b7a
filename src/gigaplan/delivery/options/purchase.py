"""What a programme's options on power are worth, and when they should be exercised.

An option is decided on once a year up to its last month. What is then known is what such energy
costs from elsewhere, and how late the units of its design run that are under way. Exercise
brings the energy of the contract's term at that price, less what the programme pays for it:
capital in each draw, the option's price, energy, rent, fuel and running cost. On site it brings
the compute, too, that would else be without power, at what the programme says a missing MW costs.
Units are begun when the option is exercised, so waiting delays them.

The price from elsewhere is one agreed for the whole term, so it follows a martingale: geometric
Brownian motion, whose low and high are a tenth and nine tenths quantile in the last month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from scipy.special import ndtri

from gigaplan.core.random_streams import normals
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import median_months
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.options.compare import PolicyWorth, compare_policies
from gigaplan.delivery.options.least_squares import least_squares_value
from gigaplan.delivery.options.model import Floats, Window
from gigaplan.delivery.options.rules import BestRule, best_threshold
from gigaplan.delivery.options.term_margin import TermMargin
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_units import fate_id
from gigaplan.programme.plan import Plan, UnitBuild
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures

_TENTH = float(-ndtri(0.1))
_DECEMBER = 11
_DEGREE = 3
_WITH_LATENESS = "least squares, on price and lateness"


@dataclass(frozen=True)
class PurchaseWorth:
    """What an option on a power project is worth.

    Parameters
    ----------
    project : str
    months : tuple of int
        Absolute months in which it is decided on.
    policies : list of PolicyWorth
        From the least to the most foresight, present value in base-year USD.
    rule : BestRule
        The threshold on the price, along a line in time, that is worth most.
    at_once : tuple of Estimate
        What exercise in each month brings, whatever the price: its worth as a duty.
    price_usd_per_mwh : ndarray, shape [month, draw]
        What such energy costs from elsewhere.
    """

    project: str
    months: tuple[int, ...]
    policies: list[PolicyWorth]
    rule: BestRule
    at_once: tuple[Estimate, ...]
    price_usd_per_mwh: Floats

    @property
    def worth(self) -> PolicyWorth:
        """Return its worth under the best policy that looks at nothing but what is known."""
        return next(p for p in self.policies if p.policy == "least squares")


def open_options(programme: ResolvedProgramme) -> list[SupplyFigures]:
    """Return the projects that are options, can still be exercised, and give firm power."""
    first = programme.timeline.first
    return [
        project
        for project in programme.power.values()
        if project.exercise_by is not None
        and project.exercise_by >= first
        and project.resource == "firm"
        and project.unit_mw > 0
    ]


def purchase_worth(
    programme: ResolvedProgramme,
    plan: Plan,
    project: SupplyFigures,
    *,
    draws: int,
    seed: int | None = None,
    threads: int = 1,
) -> PurchaseWorth:
    """Return what the option on a project is worth beside a plan.

    Parameters
    ----------
    programme : ResolvedProgramme
    plan : Plan
        What else is built; what it has of the project itself is left out.
    project : SupplyFigures
        One of `open_options`.
    draws : int
        Worlds.
    seed, threads : int
        As for `deliver`.
    """
    assert project.exercise_by is not None
    months = decision_months(programme, project)
    window = Window(months[0], project.exercise_by, project.exercise_usd)
    assert window.steps(months).all()
    others = replace(plan, units=tuple(u for u in plan.units if u.project != project.name))
    # its price is paid when it is exercised, not when a plan would pay it
    free = replace(project, exercise_usd=0.0)
    unpaid = replace(programme, power={**programme.power, project.name: free})
    base = PreparedDelivery(unpaid, others, seed=seed)
    work = PreparedDelivery(unpaid, _exercised(others, project), seed=seed)
    price = _prices(project, months, draws, work.seed, programme.timeline.first)
    drawn = base.draw(draws, threads=threads)
    margin = TermMargin(unpaid, free, base, drawn, threads)
    payoff = np.array(
        [
            margin.brings(work.with_activities(partial(_begun, project.name, m)), m, price[i])
            - project.exercise_usd
            for i, m in enumerate(months)
        ]
    )
    late = np.array([_months_late(base, drawn, project, month) for month in months])
    years = np.array(months) / MONTHS_PER_YEAR - programme.base_year
    discount = (1 + programme.discount_fraction) ** -years
    return _valued(project.name, months, price, late, payoff, discount)


def _valued(
    project: str,
    months: Sequence[int],
    price: Floats,
    late: Floats,
    payoff: Floats,
    discount: Floats,
) -> PurchaseWorth:
    policies = compare_policies(price, payoff, discount, degree=_DEGREE)
    if np.ptp(late) > 0:
        both = np.stack([price, late], axis=2)
        best = least_squares_value(both, payoff, discount, degree=_DEGREE)
        least = next(p for p in policies if p.policy == "least squares")
        gap = estimate(least.less_than_best.mean + np.zeros(2))
        policies.insert(-1, PolicyWorth(_WITH_LATENESS, best.value, gap, 1 - best.never_share))
    rule = best_threshold(price, payoff, discount, sloped=True)
    at_once = tuple(estimate(row * d) for row, d in zip(payoff, discount, strict=True))
    return PurchaseWorth(project, tuple(months), policies, rule, at_once, price)


def decision_months(programme: ResolvedProgramme, project: SupplyFigures) -> list[int]:
    """Return the months in which an option is decided on: each December, and the last month."""
    assert project.exercise_by is not None
    first, last = programme.timeline.first, project.exercise_by
    decembers = [m for m in range(first, last + 1) if m % MONTHS_PER_YEAR == _DECEMBER]
    return sorted({*decembers, last})


def _exercised(plan: Plan, project: SupplyFigures) -> Plan:
    """Return the plan with all of a project's units, each in the year it is announced for."""
    if project.units is None:
        years = [(project.month // MONTHS_PER_YEAR, project.max_mw)]
    else:
        last = len(project.announced_months) - 1
        months = [project.announced_months[min(i, last)] for i in range(project.units)]
        years = [(month // MONTHS_PER_YEAR, project.unit_mw) for month in months]
    built: dict[int, list[float]] = {}
    for year, mw in years:
        built.setdefault(year, []).append(mw)
    units = tuple(
        UnitBuild(project.name, year, len(sizes), sum(sizes), project.contract.kind, 0.0)
        for year, sizes in sorted(built.items())
    )
    return replace(plan, units=(*plan.units, *units))


def _begun(project: str, month: int, activity: Activity) -> Activity:
    """Return an activity that is not begun before its project's option is exercised."""
    if activity.project != project and activity.id != fate_id(project):
        return activity
    return replace(activity, earliest_month=max(activity.earliest_month or 0.0, float(month)))


def _prices(
    project: SupplyFigures, months: Sequence[int], draws: int, seed: int, first: int
) -> Floats:
    """Return what such energy costs from elsewhere, shape [month, draw]."""
    assert project.alternative_usd_per_mwh is not None
    low, value, high = project.alternative_usd_per_mwh
    years = (np.array(months) - first + 1) / MONTHS_PER_YEAR
    if not 0 < low < high:
        return np.full((len(months), draws), value)
    variance = (np.log(high / low) / (2 * _TENTH)) ** 2 / years[-1]
    step = np.sqrt(variance * np.diff(years, prepend=0.0))
    scores = normals(seed, "price", f"energy for {project.zone}", len(months), draws)
    moved = np.cumsum(step[:, None] * scores, axis=0)
    prices: Floats = value * np.exp(moved - 0.5 * variance * years[:, None])
    return prices


def _months_late(
    work: PreparedDelivery, drawn: SimulationResult, project: SupplyFigures, month: int
) -> Floats:
    """Return how late the work on a design is known to run in a month, the mean, shape [draw].

    Work that has ended shows how late it was; work that is overdue, by how much it is by now.
    """
    late = []
    for row, activity in enumerate(work.activities):
        if _design_of(work, activity) != project.design or activity.earliest_month is None:
            continue
        planned = activity.earliest_month + median_months(activity.duration)
        if planned < month:
            late.append(np.maximum(np.minimum(drawn.finish_months[row], month) - planned, 0.0))
    return np.mean(late, axis=0) if late else np.zeros(drawn.draws)


def _design_of(work: PreparedDelivery, activity: Activity) -> str | None:
    project = work.programme.power.get(activity.project)
    return None if project is None else project.design
