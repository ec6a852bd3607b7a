"""Capital paid by stated sources of money, each with its limits, its price and what it may pay.

With any fund stated, every USD of capital is drawn from one in the period it is spent. Things that
the same funds may pay form a group g; in million USD,

    sum over funds f that may pay g of draw[f, g, y] = spent on g in y
    draw[f, g, y] <= share[f] * spent on g in y
    sum over g of draw[f, g, y] <= most[f, y],    sum over g and y of draw[f, g, y] <= total[f]

A draw costs ``cost_fraction`` of it in the period: fees, and what the money costs beyond
`capital_rate_fraction`, at which capital is spread, in present value of the draw.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from gigaplan.expansion.assembly import Assembly
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.model import ExpansionProblem, Fund
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.spending import spend_by_build


def payers(problem: ExpansionProblem, assets: Assets) -> dict[tuple[int, ...], list[Asset]]:
    """Return the groups of what is built, by the funds that may pay for it."""
    groups: dict[tuple[int, ...], list[Asset]] = defaultdict(list)
    for asset in assets.all():
        if len(asset.build):
            may = tuple(i for i, fund in enumerate(problem.limits.funds) if _pays(fund, asset))
            groups[may].append(asset)
    return dict(groups)


def _pays(fund: Fund, asset: Asset) -> bool:
    return fund.pays_for is None or asset.owner in fund.pays_for


def add_funds(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Add the draws of every fund and the rows that hold them."""
    funds = problem.limits.funds
    if not funds:
        return
    count = len(problem.periods)
    weight = np.array([period.weight for period in problem.periods])
    most = [
        assembly.add_rows(("fund", f.name), count, upper=problem.by_period(f.usd) / MILLION)
        for f in funds
    ]
    totals = [
        assembly.add_rows(("fund total", f.name), 1, upper=f.total_usd / MILLION) for f in funds
    ]
    for group, (may, built) in enumerate(payers(problem, assets).items()):
        paid = assembly.add_rows(("paid for", group), count, lower=0.0, upper=0.0)
        shares = {
            i: assembly.add_rows(("fund share", funds[i].name, group), count, upper=0.0)
            for i in may
            if funds[i].share_fraction < 1
        }
        for asset in built:
            spend = spend_by_build(asset, count)
            assembly.add_entries(paid[None, :], asset.build[:, None], -spend)
            for i, rows in shares.items():
                share = funds[i].share_fraction
                assembly.add_entries(rows[None, :], asset.build[:, None], -share * spend)
        for i in may:
            cost = weight * problem.by_period(funds[i].cost_fraction) * MILLION
            draw = assembly.add_columns(("draw", funds[i].name, group), count, cost=cost)
            assembly.add_entries(paid, draw, 1.0)
            assembly.add_entries(most[i], draw, 1.0)
            assembly.add_entries(np.repeat(totals[i], count), draw, 1.0)
            if i in shares:
                assembly.add_entries(shares[i], draw, 1.0)
