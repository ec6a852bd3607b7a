"""Compiled loops of bridge power: what a site has, and when its rule orders."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array

_NEVER = np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _gather(kind: Array, mw: Array, when: Array, d: int, first_month: int, change: Array) -> None:
    """Fill change[month, row] with what a draw's steps add in each month."""
    change[:] = 0.0
    for n in range(kind.size):
        since = np.ceil(when[n, d] - 1e-9) - first_month
        if since < change.shape[0]:
            change[int(max(since, 0.0)), kind[n]] += mw[n]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _ready(now: Array, campuses: int) -> float:
    """Return IT MW of halls with chips and permission, from the capacity of each row."""
    total = 0.0
    for c in range(campuses):
        total += max(0.0, min(now[3 * c], now[3 * c + 1], now[3 * c + 2]))
    return total


@nb.njit(cache=True, nogil=True, error_model="numpy")
def planned_capacity(
    kind: Array,
    mw: Array,
    when: Array,
    campuses: int,
    facility_per_it: float,
    first_month: int,
    ready: Array,
    power: Array,
) -> None:
    """Fill ready and power [month], IT MW, from the planned month of each step, when[step, 1].

    Rows of capacity as in `add_up_site`.
    """
    rows = 3 * campuses + 2
    change, now = np.empty((ready.size, rows)), np.zeros(rows)
    _gather(kind, mw, when, 0, first_month, change)
    for m in range(ready.size):
        now += change[m]
        ready[m] = _ready(now, campuses)
        power[m] = max(0.0, now[rows - 2] + now[rows - 1]) / facility_per_it


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _forecast(plan: Array, now: int, then: int, have: float) -> float:
    """Return what is forecast of a capacity that now is `have`.

    What is overdue is taken to need as long again as it has been; the rest comes as planned.
    """
    on_plan = now
    while on_plan > 0 and plan[on_plan] > have + 1e-6:
        on_plan -= 1
    late = 2 * (now - on_plan)
    more = max(0.0, have - plan[now])
    forecast: float = max(plan[max(min(then - late, plan.size - 1), on_plan)], 0.0) + more
    return forecast


@nb.njit(cache=True, nogil=True, error_model="numpy")
def order_months(
    kind: Array,
    mw: Array,
    when: Array,
    campuses: int,
    facility_per_it: float,
    first_month: int,
    planned_ready: Array,
    planned_power: Array,
    first: int,
    last: int,
    ahead: int,
    short_it_mw: float,
    at: int,
    to: int,
    out: Array,
) -> None:
    """Fill out[draw], of draws at to `to` - 1, with the month in which bridge power is ordered.

    It is ordered once, in the first month from `first` to `last` in which the forecast for
    `ahead` months later falls short by `short_it_mw`; infinity where it never is. Months count
    from first_month.
    """
    rows = 3 * campuses + 2
    change, now = np.empty((last + 1, rows)), np.empty(rows)
    for d in range(at, to):
        out[d] = _NEVER
        _gather(kind, mw, when, d, first_month, change)
        now[:] = 0.0
        for m in range(last + 1):
            now += change[m]
            if m < first:
                continue
            power = max(0.0, now[rows - 2] + now[rows - 1]) / facility_per_it
            there = _forecast(planned_power, m, m + ahead, power)
            wanted = _forecast(planned_ready, m, m + ahead, _ready(now, campuses))
            if wanted - there >= short_it_mw:
                out[d] = m
                break
