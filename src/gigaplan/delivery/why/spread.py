"""Which causes the spread of online compute and of capital comes from: shares of variance.

Every random number belongs to one group. A cause that many share goes with the own course of
what it is about: the licensing regime with the licences, the grid's with the connections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.delivery.explain import VarianceShares, variance_shares
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_capital import cost_stream
from gigaplan.delivery.programme_compute import consent_factor, withdrawal_factor
from gigaplan.delivery.programme_estimates import ratio_owner
from gigaplan.delivery.why.relief import online_in, stage_of

_OWN = "own course"
_WITH_CAUSE = {"licence": "licensing", "delay": "grid", "delivery": "chips"}


@dataclass(frozen=True)
class Spread:
    """Shares of the variance of some outputs.

    Parameters
    ----------
    outputs : tuple of str
        ``online_it_mw_YEAR`` for each year asked for, and ``capex_usd``.
    shares : VarianceShares
    """

    outputs: tuple[str, ...]
    shares: VarianceShares


def groups_of(work: PreparedDelivery) -> dict[str, set[str]]:
    """Return the names whose random numbers each group holds; together they hold all."""
    out: dict[str, set[str]] = {}
    for cause in work.factors.names:
        out.setdefault(cause, set()).add(cause)
    neighbours = {consent_factor(site) for site in work.programme.sites} & set(out)
    for name in neighbours:
        del out[name]
    if neighbours:
        out["neighbours"] = neighbours
    for activity in work.activities:
        group = _WITH_CAUSE.get(stage_of(activity), _OWN)
        if stage_of(activity) == "permission":
            group = "neighbours"
        out.setdefault(group, set()).add(activity.id)
    for kind, owner in {ratio_owner(item) for item in work.delivered}:
        group = "chips" if kind == "accelerator" else _OWN
        out.setdefault(group, set()).add(cost_stream(kind, owner))
    withdrawn = {withdrawal_factor(site) for site in work.programme.sites} & set(out)
    for name in withdrawn:
        del out[name]
        out.setdefault("grid", set()).add(name)
    if work.holds:
        out["design holds"] = set(work.holds)
    return out


def spread_of(work: PreparedDelivery, years: list[int], *, draws: int = 1024) -> Spread:
    """Return the shares of variance of online compute at years' ends, and of all capital.

    Parameters
    ----------
    work : PreparedDelivery
    years : list of int
        Years within the timeline.
    draws : int
        Worlds of each of some 200 evaluations.
    """
    groups = groups_of(work)
    months = [12 * year + 11 for year in years]

    def evaluate(resampled: frozenset[str]) -> NDArray[np.float64]:
        names = set().union(*(groups[name] for name in resampled))
        drawn = work.redrawn(names)
        result = drawn.draw(draws)
        when = [site.months(result.finish_months) for site in drawn.sites]
        online = [online_in(drawn, when, month) for month in months]
        return np.array([*online, drawn.capital(result).by_entity_usd.sum(axis=0)])

    shares = variance_shares(evaluate, tuple(groups))
    return Spread((*(f"online_it_mw_{year}" for year in years), "capex_usd"), shares)
