"""What was not chosen, and how much cheaper it must be to be chosen.

With r the reduced cost of each column (its cost, less what its entries are worth at the shadow
prices of the rows), a MW of an option that enters service in period b and stands in the periods S
changes the cost of the plan by

    r[build b] + sum over y in S of r[capacity y]                       per MW

at the margin. Where nothing is built that is not below zero: it is how much too dear the option
is. Its best period is where that is the least part of its capital (or of the energy it can make,
for a contract without capital). Of a plan by rounds with whole units the prices are those without
regard to whole units; of one program, those with its units held.
"""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.assets import Asset
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.options import FloatArray, Supply
from gigaplan.expansion.solution import Unchosen

LEAST_MW = 1e-3


def reduced_costs(form: Formulation, row_duals: FloatArray) -> FloatArray:
    """Return reduced costs of a whole program's columns, with no more rent than power is worth.

    An hour in which an option does not run gives its capacity no rent, but a solver may give it
    one and make up for it in the output's own reduced cost; that is taken back.
    """
    matrix = form.program.matrix
    reduced = np.asarray(form.program.cost - matrix.T @ row_duals)
    for asset in form.assets.supply.values():
        for y, capacity in enumerate(asset.capacity):
            key = ("output", asset.owner, y)
            if key not in form.assembly.rows:  # what stands as it is has bounds, not rows
                continue
            rows, output = form.assembly.rows[key], form.assembly.columns[key]
            spare = np.minimum(np.maximum(reduced[output], 0.0), -row_duals[rows])
            share = -matrix[rows][:, [capacity]].toarray().ravel()
            reduced[capacity] += share @ spare
    return reduced


def find_unchosen(
    form: Formulation, values: FloatArray, reduced: FloatArray
) -> tuple[Unchosen, ...]:
    """Return the options of which nothing is built, nearest to being chosen first.

    Parameters
    ----------
    values, reduced : array [column]
        Of the plan; reduced costs in USD, present value.
    """
    sized = {("storage", name) for name in form.assets.energy}
    options = {option.name: option for option in form.problem.supplies}
    found = []
    for asset in form.assets.all():
        if asset.key[0] in ("chip", "storage energy") or asset.key in sized:
            continue  # chips and the parts of storage enter together with something else
        built = float(values[asset.build].sum()) * asset.unit
        open_to = form.program.upper[asset.build] > 0
        if len(asset.build) and built <= LEAST_MW and open_to.any():
            option = options.get(asset.owner) if asset.key[0] == "supply" else None
            one = _nearest(form, asset, option, reduced, open_to)
            if one is not None:
                found.append(one)
    return tuple(sorted(found, key=lambda one: (one.usd_per_mwh > 0, one.capex_fraction)))


def _nearest(
    form: Formulation,
    asset: Asset,
    option: Supply | None,
    reduced: FloatArray,
    open_to: np.ndarray,
) -> Unchosen | None:
    """Return in which period an asset is nearest to being chosen, and by how much it fails."""
    program, periods = form.program, form.problem.periods
    stands = _stands(form, asset)
    too_dear = reduced[asset.build] / asset.unit + stands @ reduced[asset.capacity]
    too_dear = np.maximum(too_dear, 0.0)
    capital = program.cost[asset.build] / asset.unit
    energy = stands @ _energy_mwh(form, option)
    base = capital if (capital > 0).all() else energy
    if not (base > 0).any():
        return None
    part = np.where(open_to & (base > 0), too_dear / np.where(base > 0, base, 1.0), np.inf)
    best = int(np.argmin(part))
    period = int(asset.build_period[best])
    by_capital = base is capital
    return Unchosen(
        kind=str(asset.key[0]),
        name=str(asset.key[1]),
        part=str(asset.key[2]) if len(asset.key) > 2 else "",
        year=periods[period].year,
        capex_usd_per_mw=float(part[best] * asset.capex[period]) if by_capital else 0.0,
        capex_fraction=float(part[best]) if by_capital else 0.0,
        usd_per_mwh=0.0 if by_capital else float(part[best]),
    )


def _stands(form: Formulation, asset: Asset) -> FloatArray:
    """Return whether each build stands in each period, [build, period]."""
    rows = form.assembly.rows["capacity", *asset.key]
    entries = form.program.matrix[rows][:, asset.build]
    return np.asarray((entries.toarray() != 0).T, dtype=np.float64)


def _energy_mwh(form: Formulation, option: Supply | None) -> FloatArray:
    """Return MWh, discounted, that a MW could make in each period; 0 for what makes none."""
    problem = form.problem
    weight = np.array([period.weight for period in problem.periods])
    if option is None:
        return np.zeros(len(weight))
    return np.asarray(weight * (problem.by_hour(option.availability) @ problem.hours.weights))
