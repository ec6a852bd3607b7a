"""Why this plan: the statements that bind, what each is worth, that which costs most first.

What a limit is worth is its shadow price: what the plan would save if the limit gave way by one
unit. Times the size of the limit, as present value, it ranks one against another. The most that
may be built of an option is worth what a MW more of it would save, its reduced cost in the period
where that is most. What holds for a small change need not for a large one.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gigaplan.expansion.assets import Asset
from gigaplan.expansion.binding import DUST_MW, Binding
from gigaplan.expansion.earlier import worth_of_earlier
from gigaplan.expansion.formulation import Formulation
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Prices
from gigaplan.programme.reasons import Worth

LEAST_PART = 1e-6
"""Part of the plan's cost below which a statement is not said to bind."""
LEAST_CAPITAL = 1e-3
"""Part of a MW's cost that a MW more must save, for a limit on an option to bind."""


def find_worth(
    form: Formulation,
    values: FloatArray,
    *,
    duals: FloatArray,
    reduced: FloatArray,
    prices: Prices,
    threads: int | None = None,
) -> tuple[Worth, ...]:
    """Return what binds in a plan, that which costs most first.

    Parameters
    ----------
    form : Formulation
        The whole program, or that of its years alone.
    values, reduced : array [column]
        The plan, and reduced costs in USD, present value.
    duals : array [row]
        USD, present value, per unit of a row's side.
    prices : Prices
        The same in a planner's terms.
    threads : int, optional
        Threads that operate places.
    """
    found = [
        *Binding(form, values, prices).worths(),
        *_of_maxima(form, values, reduced),
        *worth_of_earlier(form, values, duals, threads=threads),
    ]
    least = LEAST_PART * float(np.abs(form.program.cost) @ np.abs(values))
    found = [worth for worth in found if worth.total_usd > least]
    return tuple(sorted(found, key=lambda worth: -worth.total_usd))


def _of_maxima(form: Formulation, values: FloatArray, reduced: FloatArray) -> Iterator[Worth]:
    """Yield the options of which more would pay than may be built."""
    limited = ("supply", "storage", "connection")
    assets = [a for a in form.assets.all() if a.key[0] in limited and len(a.build)]
    saved = -_through_life(form, assets, reduced)
    cost = _through_life(form, assets, form.program.cost + _owed(form, assets))
    at_most = _through_life(form, assets, _full(form, values, assets)) > 0.5
    for asset in assets:
        built = float(values[asset.build].sum()) * asset.unit
        pays = saved[asset.build] > LEAST_CAPITAL * np.abs(cost[asset.build])
        pays &= at_most[asset.build]
        if built > DUST_MW and pays.any():
            best = int(np.argmax(np.where(pays, saved[asset.build], -np.inf)))
            year = form.problem.periods[int(asset.build_period[best])].year
            usd = float(saved[asset.build[best]])
            yield Worth("maximum", str(asset.key[1]), year, usd, "usd_per_mw", built, usd * built)


def _through_life(form: Formulation, assets: list[Asset], amounts: FloatArray) -> FloatArray:
    """Return the sum of amounts over the columns that a MW adds to, [column], at its build.

    A build has an entry of minus its unit in the row of each period it stands in.
    """
    program, rows = form.program, form.assembly.rows
    standing = np.zeros(program.matrix.shape[0])
    unit = np.ones(program.matrix.shape[1])
    for asset in assets:
        standing[rows["capacity", *asset.key]] = amounts[asset.capacity]
        unit[asset.build] = asset.unit
    return np.asarray((amounts - program.matrix.T @ standing) / unit)


def _owed(form: Formulation, assets: list[Asset]) -> FloatArray:
    """Return what a MW owes for energy taken or not, present value, [column]."""
    owed = np.zeros(len(form.program.cost))
    columns = {asset.key[1]: asset.capacity for asset in assets if asset.key[0] == "supply"}
    for key, rows in form.assembly.rows.items():
        if key[0] == "take or pay" and key[1] in columns:
            y = int(key[2])
            column = int(columns[key[1]][y])
            taken = -float(form.program.matrix[int(rows[0]), column])
            owed[column] = taken * form.problem.periods[y].weight * MILLION
    return owed


def _full(form: Formulation, values: FloatArray, assets: list[Asset]) -> FloatArray:
    """Return 1 for each capacity at its most, or less than a whole unit below, [column].

    Builds at the most of their period count as much, by the MW.
    """
    program = form.program
    full, spare = np.zeros(len(values)), program.upper - values
    for asset in assets:
        whole = bool(program.whole[asset.build].any())
        near = asset.unit * (1 - 1e-6) if whole else 1e-6 * max(float(asset.maximum.max()), 1.0)
        full[asset.capacity] = spare[asset.capacity] < near
        full[asset.build] = asset.unit * (spare[asset.build] * asset.unit < near)
    return full
