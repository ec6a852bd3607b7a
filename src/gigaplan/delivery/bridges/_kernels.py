"""Compiled loops of bridge power: what a site has, and when its rule orders."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array

_NEVER = np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def site_capacity(
    kind: Array,
    mw: Array,
    when: Array,
    campuses: int,
    facility_per_it: float,
    first_month: int,
    ready: Array,
    power: Array,
) -> None:
    """Fill ready and power [month, draw], IT MW, from the month of each step [step, draw].

    Rows of capacity as in `add_up_site`; ready is halls with chips and permission.
    """
    months, draws = ready.shape
    rows = 3 * campuses + 2
    change, now = np.empty((months, rows)), np.empty(rows)
    for d in range(draws):
        change[:] = 0.0
        for n in range(kind.size):
            since = np.ceil(when[n, d] - 1e-9) - first_month
            if since < months:
                change[int(max(since, 0.0)), kind[n]] += mw[n]
        now[:] = 0.0
        for m in range(months):
            now += change[m]
            total = 0.0
            for c in range(campuses):
                total += max(0.0, min(now[3 * c], now[3 * c + 1], now[3 * c + 2]))
            ready[m, d] = total
            power[m, d] = max(0.0, now[rows - 2] + now[rows - 1]) / facility_per_it


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
    ready: Array,
    power: Array,
    planned_ready: Array,
    planned_power: Array,
    first: int,
    last: int,
    ahead: int,
    short_it_mw: float,
    out: Array,
) -> None:
    """Fill out[draw] with the month, from the first on, in which bridge power is ordered.

    It is ordered once, in the first month from `first` to `last` in which the forecast for
    `ahead` months later falls short by `short_it_mw`; infinity where it never is.
    """
    for d in range(out.size):
        out[d] = _NEVER
        for m in range(first, last + 1):
            wanted = _forecast(planned_ready, m, m + ahead, ready[m, d])
            there = _forecast(planned_power, m, m + ahead, power[m, d])
            if wanted - there >= short_it_mw:
                out[d] = m
                break
