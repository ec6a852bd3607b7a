"""Compiled loops: fuel that a pipeline limits by the hour, and a budget by the year.

What a source can give is cut to what its fuel allows, the cheaper source first: in merit order a
dearer one gives nothing before the cheaper gave all, so the cut changes no hour in which the fuel
lasts. A part of the year that burns more than there is left is cut from the hour in which it runs
out, and run again from its start; the hours before are then the same.
"""

from __future__ import annotations

import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import TRACE_SCALARS, Array, FuelArrays

_ROUNDING = 1e-9


@uncounted()
def limit_hours(fuels: FuelArrays, weather: int, first: int, count: int, available: Array) -> None:
    """Cut available[source, hour] to what the pipelines carry in each hour from `first` on."""
    for f in range(fuels.budget.size):
        if fuels.limits_hours[f]:
            for i in range(count):
                _cut(fuels.rate[f], fuels.most_by_hour[f, weather, first + i], i, available)


@uncounted()
def _cut(rate: Array, mmbtu: float, i: int, available: Array) -> None:
    """Cut what sources can give in an hour to what an amount of fuel allows."""
    left = mmbtu
    for g in range(rate.size):
        if rate[g] > 0.0:
            available[g, i] = min(available[g, i], left / rate[g])
            left = max(left - rate[g] * available[g, i], 0.0)


@uncounted()
def cut_budget(
    fuels: FuelArrays, part: int, count: int, used: Array, hourly: Array, available: Array
) -> bool:
    """Cut a part from the hour in which a budget runs out; return whether one did.

    used[fuel] are the MMBtu burnt before the part.
    """
    for f in range(fuels.budget.size):
        if not np.isfinite(fuels.budget[f]):
            continue
        rate, left = fuels.rate[f], fuels.budget[f] * fuels.released[part] - used[f]
        for i in range(count):
            burnt = _burnt(rate, i, hourly)
            if burnt > left + _ROUNDING * fuels.budget[f]:
                _cut(rate, max(left, 0.0), i, available)
                for h in range(i + 1, count):
                    _cut(rate, 0.0, h, available)
                return True
            left -= burnt
    return False


@uncounted()
def _burnt(rate: Array, i: int, hourly: Array) -> float:
    """Return the MMBtu burnt in an hour."""
    total = 0.0
    for g in range(rate.size):
        total += rate[g] * hourly[TRACE_SCALARS + g, i]
    return total


@uncounted()
def burn(fuels: FuelArrays, count: int, hourly: Array, used: Array) -> None:
    """Add what a part burnt to used[fuel]."""
    for f in range(fuels.budget.size):
        for i in range(count):
            used[f] += _burnt(fuels.rate[f], i, hourly)
