"""What a run is worth more than another on the same draws, and how that moves with a deal's terms.

Compute is counted at what it must earn in the run without the deal, unless a revenue is stated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq

from gigaplan.core.errors import InfeasibleError, InputError
from gigaplan.core.statistics import Estimate, estimate
from gigaplan.finance import DrawOutcomes
from gigaplan.programme.resolved import ResolvedProgramme
from gigaplan.study.pipeline import Progress, Results, Settings, whole_run

Floats = NDArray[np.float64]
TIMES = (0.8, 0.9, 1.1, 1.25)
"""What a term is multiplied by to tell how worth moves with it."""


@dataclass(frozen=True)
class Worth:
    """What one run is worth more than another; base-year USD at the programme's start, after tax.

    Parameters
    ----------
    usd : Estimate
        Of it all.
    p10_usd, p90_usd, loses_fraction : float
        Over draws; the last is the share of draws in which it is less than nothing.
    money_usd, compute_usd : Estimate
        The parts that are money and compute.
    usd_per_gw_year : float
        What a GW-year of compute is counted at; nought if a revenue counts it as money.
    funding_gap_usd : Estimate
        Greatest funding gap, nominal, with it less without.
    """

    usd: Estimate
    p10_usd: float
    p90_usd: float
    loses_fraction: float
    money_usd: Estimate
    compute_usd: Estimate
    usd_per_gw_year: float
    funding_gap_usd: Estimate

    @classmethod
    def of(cls, money: Floats, compute: Floats, usd_per_gw_year: float, gap: Floats) -> Worth:
        """Return it from its parts in each draw."""
        total = money + compute
        low, high = np.quantile(total, (0.1, 0.9))
        return cls(
            estimate(total),
            float(low),
            float(high),
            float((total < 0).mean()),
            estimate(money),
            estimate(compute),
            usd_per_gw_year,
            estimate(gap),
        )


@dataclass(frozen=True)
class AtTerm:
    """What a deal is worth at another value of a term."""

    value: float
    usd: float


@dataclass(frozen=True)
class Term:
    """A term of a deal, and how its worth moves with it.

    Parameters
    ----------
    name, unit : str
        As the programme's file has it.
    value : float
    most : float or None
        Where the deal is worth nothing: the most to pay. None if the deal is worth nothing as it
        is, or no value that is looked at makes it so.
    others : tuple of AtTerm
        All else as it is.
    """

    name: str
    unit: str
    value: float
    most: float | None
    others: tuple[AtTerm, ...]


def compute_price(programme: ResolvedProgramme, other: DrawOutcomes) -> float:
    """Return what a GW-year of compute is counted at: what it must earn in the other run.

    Nought if a revenue is stated: net present values then hold it.
    """
    if programme.finance.revenue is not None:
        return 0.0
    everything = float(gw_years(other).sum())
    return -float(other.npv_usd.sum()) / everything if everything > 0 else 0.0


def gw_years(outcomes: DrawOutcomes) -> Floats:
    """Return the present value of GW-years of compute by draw, in what pays for them after tax.

    The required revenue is what each must earn for the net present value to be nought.
    """
    required = outcomes.required_revenue_usd_per_gw_year
    return np.divide(
        -outcomes.npv_usd, required, out=np.zeros_like(required), where=outcomes.defined
    )


def between(
    programme: ResolvedProgramme, held: DrawOutcomes, other: DrawOutcomes
) -> tuple[Worth, Floats]:
    """Return what a run is worth more than another, and that of each draw."""
    money = held.npv_usd - other.npv_usd
    price, gained = compute_price(programme, other), np.zeros_like(money)
    if price:
        gained = price * (gw_years(held) - gw_years(other))
    gap = held.funding_gap_usd - other.funding_gap_usd
    return Worth.of(money, gained, price, gap), money + gained


def term_by_asking(name: str, unit: str, value: float, worth: Callable[[float], float]) -> Term:
    """Return a term from what the deal is worth at any value of it, found anew for each."""
    others = tuple(AtTerm(value * times, worth(value * times)) for times in TIMES)
    return Term(name, unit, value, _nought(value, worth), others)


def _nought(value: float, worth: Callable[[float], float]) -> float | None:
    """Return the value of a term at which the deal is worth nothing, near it or not."""
    here = worth(value)
    if here == 0:
        return None
    for low, high in ((value, 4 * value), (0.0, value)):
        ends = (here, worth(high)) if low == value else (worth(low), here)
        if ends[0] * ends[1] < 0:
            return float(brentq(worth, low, high, xtol=1e-6 * value, rtol=1e-9))
    return None


def run_without(
    programme: ResolvedProgramme, deal: str, settings: Settings, progress: Progress
) -> Results:
    """Return the results of a programme from which a deal is gone."""
    try:
        return whole_run(programme, settings, progress, "without: ")
    except InfeasibleError as error:
        raise InputError(f"there is no plan without '{deal}': {error}") from error


def plan_gap_usd(*runs: Results) -> float:
    """Return by how much the plans may miss the best, summed: worth within it says nothing."""
    plans = [run.plan for run in runs if run.plan is not None]
    return sum(abs(plan.objective_usd) * plan.gap for plan in plans)
