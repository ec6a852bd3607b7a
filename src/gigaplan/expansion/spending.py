"""Capital by the period it is spent in, and the budgets that hold it."""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assembly import Assembly
from gigaplan.expansion.assets import Asset, Assets
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray


def spend_by_build(asset: Asset, period_count: int) -> FloatArray:
    """Return million USD spent in each period per unit of each build, [build, period]."""
    spend = np.zeros((len(asset.build), period_count))
    place = np.arange(len(asset.build))
    whole = asset.unit * asset.capex[asset.build_period] / MILLION
    for lag, share in enumerate(asset.spend_fractions):
        when = asset.build_period - lag
        counted = (when >= 0) | (not asset.sunk_before_start)
        np.add.at(spend, (place, np.maximum(when, 0)), share * whole * counted)
    return spend


def add_budgets(assembly: Assembly, problem: ExpansionProblem, assets: Assets) -> None:
    """Hold capital, counted when it is spent, to the budgets."""
    limits = problem.limits
    count = len(problem.periods)
    year = np.array([period.year for period in problem.periods])
    spends = [(asset, spend_by_build(asset, count)) for asset in assets.all() if len(asset.build)]
    if limits.capex_usd is not None:
        most = problem.by_period(limits.capex_usd) / MILLION
        rows = assembly.add_rows(("budget",), count, upper=most)
        for asset, spend in spends:
            assembly.add_entries(rows[None, :], asset.build[:, None], spend)
    for position, total in enumerate(limits.cumulative_capex):
        rows = assembly.add_rows(("total budget", position), 1, upper=total.usd / MILLION)
        for asset, spend in spends:
            counted = spend[:, year <= total.through_year].sum(axis=1)
            assembly.add_entries(rows, asset.build, counted)
