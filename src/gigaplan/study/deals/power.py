"""What a deal on power is worth: the programme with it and without, on the same draws.

Both are planned anew, since a plan without the deal does something else instead. Delivery,
operations and finance of both meet the same worlds: draw d is the same in both. A deal changes
what is paid, and when compute comes online.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import numpy as np

from gigaplan.core.statistics import Estimate
from gigaplan.delivery import deliver
from gigaplan.finance import fund
from gigaplan.programme.instruments import Instrument, projects_of
from gigaplan.programme.resolved import ResolvedProgramme, SupplyFigures
from gigaplan.study.deals.worth import (
    TIMES,
    AtTerm,
    Floats,
    Term,
    Worth,
    between,
    plan_gap_usd,
    run_without,
)
from gigaplan.study.drivers import ranks_of
from gigaplan.study.pipeline import Progress, Results, Settings, whole_run

PRICED = {
    "ppa": (("price_usd_per_mwh", "USD/MWh"),),
    "prepayment": (("price_usd_per_mwh", "USD/MWh"), ("prepaid_usd_per_kw", "USD/kW")),
    "tolling": (("capacity_usd_per_kw_year", "USD/kW-year"),),
}
"""The terms of each kind of contract that are prices, so that worth falls evenly with them."""
BEARS = {
    "own": "you bear its cost, its date, its outages and its fuel",
    "ppa": "the seller bears cost, outages and fuel; you bear what the price is beside the market",
    "prepayment": "you bear cost and date up to what you pay ahead, and that it is never built",
    "tolling": "you bear fuel and the market; the owner bears cost and outages",
}
TAKES = {"take_or_pay": "; you pay for the expected output, needed or not"}


@dataclass(frozen=True)
class AsOption:
    """A right on power by itself: exercised when it pays, whatever the plan does.

    Parameters
    ----------
    usd : Estimate
        What the right is worth, and so the most to pay for it beside the exercise price.
    duty_usd : Estimate
        The same project as a duty, taken in the first month in which it can be.
    exercised_fraction : float
        Share of draws in which it is exercised.
    from_usd_per_mwh : float
        Exercise in its last month from this price of such energy elsewhere on.
    """

    usd: Estimate
    duty_usd: Estimate
    exercised_fraction: float
    from_usd_per_mwh: float


@dataclass(frozen=True)
class PowerDeal:
    """What a deal on power is worth.

    Parameters
    ----------
    deal, title, contract : str
    taken : bool
        Whether the plan takes it; what is not taken is worth nothing.
    worth : Worth
        With it less without.
    plan_gap_usd : float
        By how much both plans may miss the best, discounted: less than that says nothing.
    terms : tuple of Term
        Its prices; the plan, dates and every hour as they are.
    option : AsOption or None
        Given of a right that is still open.
    late_correlation : float
        Rank correlation, over draws, of its worth with the month its first unit comes online.
    bears : str
        Who bears which risk, by the kind of contract.
    """

    deal: str
    title: str
    contract: str
    taken: bool
    worth: Worth
    plan_gap_usd: float
    terms: tuple[Term, ...]
    option: AsOption | None
    late_correlation: float
    bears: str


def value_power(
    programme: ResolvedProgramme, deal: str, settings: Settings, progress: Progress
) -> PowerDeal:
    """Return what a power project or contract is worth to a programme."""
    held = whole_run(programme, settings, progress, "with it: ")
    other = held
    if takes(held, deal):  # else the best plan with it is the best without it
        other = run_without(without(programme, deal), deal, settings, progress)
    return compare(programme, deal, held, other, settings)


def takes(held: Results, deal: str) -> bool:
    """Return whether the plan takes a power project."""
    assert held.plan is not None
    return any(build.project == deal for build in held.plan.units)


def without(programme: ResolvedProgramme, deal: str) -> ResolvedProgramme:
    """Return the programme without a power project, and without what names it."""
    instruments: dict[str, Instrument] = {}
    for name, item in programme.instruments.items():
        kept = item
        if deal in projects_of(item):
            left = [project for project in projects_of(item) if project != deal]
            if not left:
                continue
            kept = item.model_copy(update={"projects": left})
        instruments[name] = kept
    return dataclasses.replace(
        programme,
        power={name: figures for name, figures in programme.power.items() if name != deal},
        rules=tuple(rule for rule in programme.rules if deal not in (rule.first, rule.second)),
        instruments=instruments,
    )


def compare(
    programme: ResolvedProgramme, deal: str, held: Results, other: Results, settings: Settings
) -> PowerDeal:
    """Return what a deal is worth from the run with it and the run without."""
    assert held.finance is not None
    assert other.finance is not None
    worth, in_draws = between(programme, held.finance.outcomes, other.finance.outcomes)
    project = programme.power[deal]
    contract = project.contract
    return PowerDeal(
        deal=deal,
        title=project.title,
        contract=contract.kind,
        taken=takes(held, deal),
        worth=worth,
        plan_gap_usd=plan_gap_usd(held, other),
        terms=tuple(_terms(programme, deal, held, worth.usd.mean, settings)),
        option=_as_option(project, held),
        late_correlation=_with_date(held, deal, in_draws),
        bears=BEARS[contract.kind] + TAKES.get(getattr(contract, "take", ""), ""),
    )


def _terms(
    programme: ResolvedProgramme, deal: str, held: Results, worth_usd: float, settings: Settings
) -> list[Term]:
    """Return the deal's prices; the net present value falls evenly with each."""
    project, found = programme.power[deal], []
    for name, unit in PRICED.get(project.contract.kind, ()):
        price = float(getattr(project.contract, name))
        contract = project.contract.model_copy(update={name: price + 1.0})
        dearer = dataclasses.replace(project, contract=contract)
        slope = _slope(programme, dearer, held, settings)
        others = tuple(
            AtTerm(price * times, worth_usd + slope * price * (times - 1)) for times in TIMES
        )
        most = price - worth_usd / slope if slope < 0 else None
        found.append(Term(name, unit, price, most, others if slope else ()))
    return found


def _slope(
    programme: ResolvedProgramme, dearer: SupplyFigures, held: Results, settings: Settings
) -> float:
    """Return what a project that is one unit dearer adds to the net present value.

    Plan and every hour stay as they are: delivery and finance are run again.
    """
    assert held.plan is not None
    assert held.finance is not None
    assert held.operations is not None
    changed = dataclasses.replace(programme, power={**programme.power, dearer.name: dearer})
    moves = deliver(
        changed,
        held.plan,
        draws=settings.draws,
        seed=programme.seed,
        threads=settings.workers,
    )
    again = fund(changed, held.plan, moves, held.operations.summary, threads=settings.workers)
    return float((again.outcomes.npv_usd - held.finance.outcomes.npv_usd).mean())


def _as_option(project: SupplyFigures, held: Results) -> AsOption | None:
    found = next((one for one in held.purchases if one.project == project.name), None)
    if found is None:
        return None
    best = found.worth
    return AsOption(
        best.value, found.at_once[0], best.exercised_share, float(found.rule.rule.threshold)
    )


def _with_date(held: Results, deal: str, worth: Floats) -> float:
    """Return the rank correlation of worth with the month the deal's first unit comes online."""
    moves = held.trajectories
    assert moves is not None
    units = [i for i, e in enumerate(moves.entities) if e.kind == "unit" and e.owner == deal]
    if not units:
        return 0.0
    online = moves.online_month[units].min(axis=0)
    if np.unique(online).size < 2 or np.unique(worth).size < 2:
        return 0.0
    return float(np.corrcoef(ranks_of(online), ranks_of(worth))[0, 1])
