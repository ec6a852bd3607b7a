"""Compiled loops over the entities and months of worlds."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.core.references import uncounted


@uncounted(inline="always")
def _leaves(online: float, stay_months: float, last_month: int) -> int:
    """Return the month number in which a unit leaves; one beyond `last_month` if it stays."""
    # operations counts from the first whole month of service too
    end = math.ceil(online - 1e-9) + stay_months
    return math.ceil(end) if end < last_month else 1 << 60


@uncounted()
def in_service(
    online: NDArray[np.float64],
    mw: NDArray[np.float64],
    stay_months: NDArray[np.float64],
    first_month: int,
    last_month: int,
    total: NDArray[np.float64],
) -> None:
    """Fill total[month, draw] with the MW of entities [entity, draw] in service, net of who left.

    Each serves from its first whole month. One whose stay [entity] ends before month number
    `last_month` leaves; others are taken as renewed. `first_month` is the number of row 0.
    """
    months, draws = total.shape
    total[:] = 0.0
    for i in range(mw.size):
        for d in range(draws):
            since = math.ceil(online[i, d]) - first_month if online[i, d] < 1e9 else months
            if since < months:
                total[max(since, 0), d] += mw[i]
                end = _leaves(online[i, d], stay_months[i], last_month) - first_month
                if end < months:
                    total[max(end, 0), d] -= mw[i]
    for d in range(draws):
        total[0, d] = max(total[0, d], 0.0)
    for m in range(1, months):
        for d in range(draws):  # below nought is rounding
            total[m, d] = max(total[m - 1, d] + total[m, d], 0.0)


@uncounted()
def add_ready(
    halls: NDArray[np.float64],
    chips: NDArray[np.float64],
    gone: NDArray[np.float64],
    stood: NDArray[np.float64],
    ready: NDArray[np.float64],
) -> None:
    """Add to ready[month, draw] what has a hall and chips: less those `gone` [draw], with others.

    `stood` [month] stood before and still stands.
    """
    for m in range(halls.shape[0]):
        for d in range(halls.shape[1]):
            ready[m, d] += min(halls[m, d], max(chips[m, d] - gone[d], 0.0) + stood[m])


@uncounted()
def add_powered(
    ready: NDArray[np.float64], power: NDArray[np.float64], pue: float, total: NDArray[np.float64]
) -> None:
    """Add to total[month, draw] the IT MW that are ready and have power."""
    for m in range(ready.shape[0]):
        for d in range(ready.shape[1]):
            total[m, d] += min(ready[m, d], power[m, d] / pue)


@uncounted()
def divide_compute(
    it_mw: NDArray[np.float64],
    planned: NDArray[np.float64],
    chips_per_it_mw: NDArray[np.float64],
    flops_per_it_mw: NDArray[np.float64],
    online: NDArray[np.float64],
    chips: NDArray[np.float64],
    peak: NDArray[np.float64],
) -> None:
    """Turn online[generation, month, draw] from what is in service into what is online of it.

    Compute is divided as what is in service, or as `planned` [generation] where nothing is; also
    fill chips and their peak [month, draw].
    """
    for m in range(it_mw.shape[0]):
        for d in range(it_mw.shape[1]):
            total, count, flops = 0.0, 0.0, 0.0
            for g in range(planned.size):
                total += online[g, m, d]
            for g in range(planned.size):
                share = online[g, m, d] / total if total > 0.0 else planned[g]
                mw = it_mw[m, d] * share
                online[g, m, d] = mw
                count += mw * chips_per_it_mw[g]
                flops += mw * flops_per_it_mw[g]
            chips[m, d], peak[m, d] = count, flops


@uncounted()
def mean_in_service(
    online: NDArray[np.float64],
    mw: NDArray[np.float64],
    stay_months: float,
    last_month: int,
    begin: NDArray[np.int64],
    end: NDArray[np.int64],
    mean: NDArray[np.float64],
) -> None:
    """Fill mean[year, draw] with the mean of what `in_service` fills, over months begin to end."""
    mean[:] = 0.0
    for i in range(mw.size):
        for y in range(begin.size):
            months = end[y] - begin[y]
            for d in range(mean.shape[1]):
                if online[i, d] < 1e9 and months > 0:
                    since = max(math.ceil(online[i, d]), begin[y])
                    until = min(_leaves(online[i, d], stay_months, last_month), end[y])
                    mean[y, d] += mw[i] * max(until - since, 0) / months


@nb.njit(cache=True, nogil=True)
def share_of_spending(
    online: NDArray[np.float64],
    planned: NDArray[np.float64],
    length: NDArray[np.int64],
    capital: NDArray[np.float64],
    chosen: NDArray[np.bool_],
    first_month: int,
    share: NDArray[np.float64],
) -> None:
    """Fill share[month, draw] with what some entities [entity, draw] spend of all in a month.

    Each spends its capital evenly over its months of construction before service, or before the
    month planned [entity] if it never serves. `first_month` is the number of row 0.
    """
    months, draws = share.shape
    theirs, all_of_it = np.zeros((months + 1, draws)), np.zeros((months + 1, draws))
    for i in range(length.size):
        for d in range(draws):
            when = online[i, d] if online[i, d] < 1e9 else planned[i]
            last = min(max(math.ceil(when - first_month), 1), months)
            begin = min(max(last - length[i], 0), months - 1)
            rate = capital[i, d] / max(last - begin, 1)
            all_of_it[begin, d] += rate
            all_of_it[last, d] -= rate
            if chosen[i]:
                theirs[begin, d] += rate
                theirs[last, d] -= rate
    for m in range(months):
        for d in range(draws):
            if m > 0:
                theirs[m, d] += theirs[m - 1, d]
                all_of_it[m, d] += all_of_it[m - 1, d]
            part, whole = max(theirs[m, d], 0.0), max(all_of_it[m, d], 0.0)
            share[m, d] = min(part / whole, 1.0) if whole > 0.0 else 0.0


@uncounted()
def months_of_years(
    place: NDArray[np.int64],
    of_its_own: NDArray[np.bool_],
    it_mw: NDArray[np.float64],
    mean_it_mw: NDArray[np.float64],
    yearly: NDArray[np.float64],
    per_it_mw: NDArray[np.float64],
    out: NDArray[np.float64],
) -> None:
    """Fill out[month, draw] with what a year's amount [year, draw] comes to in each month.

    Months of a planned year share it as online compute does; others have a twelfth of that of the
    year at `place`, and for compute beyond its mean what such a MW has there, [year].
    """
    for m in range(out.shape[0]):
        y = place[m]
        for d in range(out.shape[1]):
            mean = mean_it_mw[y, d]
            if of_its_own[m] and mean > 0.0:
                out[m, d] = yearly[y, d] * (it_mw[m, d] / mean / 12)
            else:
                out[m, d] = (yearly[y, d] + per_it_mw[y] * (it_mw[m, d] - mean)) / 12


@uncounted()
def carry_energy(
    like: NDArray[np.int64],
    serving: NDArray[np.float64],
    serving_there: NDArray[np.float64],
    energy_there: NDArray[np.float64],
    variable_there: NDArray[np.float64],
    per_mw: NDArray[np.float64],
    per_mwh: NDArray[np.float64],
    energy: NDArray[np.float64],
    variable: NDArray[np.float64],
    more: NDArray[np.float64],
) -> None:
    """Fill energy and variable cost [project, year, draw] from those of the worlds `like` [draw].

    MW in service beyond theirs make per_mw[project, year] each, at per_mwh[project, year];
    more[year, draw] is the energy made beyond theirs, of all projects.
    """
    more[:] = 0.0
    for p in range(serving.shape[0]):
        for y in range(serving.shape[1]):
            for d in range(serving.shape[2]):
                there = like[d]
                before = energy_there[p, y, there]
                beyond = per_mw[p, y] * (serving[p, y, d] - serving_there[p, y, there])
                made = max(before + beyond, 0.0)
                energy[p, y, d] = made
                cost = variable_there[p, y, there] + per_mwh[p, y] * (made - before)
                variable[p, y, d] = max(cost, 0.0)
                more[y, d] += made - before
