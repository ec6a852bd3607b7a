"""Compiled loops over months: spending, and online compute."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array
from gigaplan.delivery.scores._kernels import BLOCK

DUST = 1e-12
"""Share of its greatest change below which a month's money is the dust of what cancels."""

_NEVER = np.inf
_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning


@nb.njit(cache=True, nogil=True, error_model="numpy")
def replaced_month(online: float, life_years: float, last_year: int) -> float:
    """Return the month in which chips leave: December of the year that follows their life.

    A plan counts chips at each year's end while they are younger than their life, so that is
    the year whose plan replaces them. After the planning years nothing is planned: chips are
    then taken as replaced when they wear out, and finance buys them again.
    """
    year = np.floor(online / 12.0) + np.ceil(life_years - 1e-9)
    return _NEVER if year > last_year else 12.0 * year + 11.0


@nb.njit(cache=True, nogil=True, error_model="numpy")
def date_steps(
    finish: Array, source: Array, shift: Array, life_years: Array, last_year: int, out: Array
) -> None:
    """Fill out[step, draw] with the month of each step of capacity.

    It comes `shift` months after finish[source, draw], or in month `shift` where the source is
    below zero; where life_years is above zero it is the leaving of chips that came then.
    """
    for n in range(source.size):
        if source[n] < 0:
            out[n] = shift[n]
            continue
        row = finish[source[n]]
        if life_years[n] > 0:
            for d in range(row.size):
                out[n, d] = replaced_month(row[d], life_years[n], last_year)
        else:
            for d in range(row.size):
                out[n, d] = row[d] + shift[n]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_spend(
    begin: Array,
    end: Array,
    begin_row: Array,
    end_row: Array,
    usd: Array,
    factor: Array,
    factor_row: Array,
    refused_after: Array,
    stop_row: Array,
    group: Array,
    entity: Array,
    first_month: float,
    at: int,
    to: int,
    change: Array,
    by_entity: Array,
) -> None:
    """Add to change[group, month, draw] the changes of monthly spending, for draws at to `to` - 1.

    Stage i costs usd[i] times factor[factor_row[i], draw] from begin[begin_row[i], draw] to
    end[end_row[i], draw], and no longer than to end[stop_row[i], draw] where that is a row; what
    it spends is added to by_entity[entity[i], draw]. Money spent
    evenly from s to f spends `rate` times the overlap of each month; the running sum of four
    changes gives that: two where it begins, two where it ends.
    """
    months = change.shape[1] - 2
    for i in range(usd.size):
        starts, ends, times = begin[begin_row[i]], end[end_row[i]], factor[factor_row[i]]
        delta, spent = change[group[i]], by_entity[entity[i]]
        for d in range(at, to):
            money = usd[i] * times[d]
            s, f = starts[d] - first_month, ends[d] - first_month
            if money == 0 or s == _NEVER:
                continue
            f = s + refused_after[i] if f == _NEVER else f
            if f - s < 1e-6:
                month = int(np.floor(s))
                if 0 <= month < months:
                    delta[month, d] += money
                    delta[month + 1, d] -= money
                    spent[d] += money
                continue
            rate = money / (f - s)
            if stop_row[i] >= 0:
                f = min(f, end[stop_row[i], d] - first_month)
            s, f = max(s, 0.0), min(f, float(months))
            if f <= s:
                continue
            spent[d] += rate * (f - s)
            i0, i1 = int(np.floor(s)), int(np.floor(f))
            delta[i0, d] += rate * (i0 + 1 - s)
            delta[i0 + 1, d] += rate * (s - i0)
            delta[i1, d] -= rate * (i1 + 1 - f)
            delta[i1 + 1, d] -= rate * (f - i1)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _online(now: Array, campuses: int, it_per_facility: float, sums: Array, online: Array) -> None:
    """Fill online[draw] from the capacity there is now[row, draw]; ready and power in sums."""
    ready, power = sums[0], sums[1]
    for d in range(online.size):
        ready[d] = 0.0
    for c in range(campuses):
        permitted, hall, chips = now[3 * c], now[3 * c + 1], now[3 * c + 2]
        for d in range(online.size):
            ready[d] += max(0.0, min(permitted[d], min(hall[d], chips[d])))
    connected, made = now[3 * campuses], now[3 * campuses + 1]
    for d in range(online.size):
        power[d] = max(0.0, connected[d] + made[d]) * it_per_facility
        online[d] = np.float32(min(ready[d], power[d]))


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _name_bottleneck(now: Array, campuses: int, sums: Array, plan: Array, code: Array) -> None:
    """Fill code[draw], given ready and power in sums and the month's plan[3]."""
    ready, power, permitted, halls, chips = sums[0], sums[1], sums[2], sums[3], sums[4]
    for r in range(3):
        row = sums[2 + r]
        for d in range(code.size):
            row[d] = 0.0
        for c in range(campuses):
            more = now[3 * c + r]
            for d in range(code.size):
                row[d] += more[d]
    connected, made = now[3 * campuses], now[3 * campuses + 1]
    enough = plan[0] - 1e-3
    for d in range(code.size):
        late = plan[1] - connected[d]
        grid = np.int8(4) if (late > 1e-6) & (late >= plan[2] - made[d]) else np.int8(5)
        build = np.int8(2) if halls[d] <= chips[d] else np.int8(3)
        first = (permitted[d] <= halls[d]) & (permitted[d] <= chips[d])
        least = grid if power[d] <= ready[d] else (np.int8(1) if first else build)
        code[d] = least if min(ready[d], power[d]) < enough else np.int8(0)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _gather(
    row: Array, mw: Array, when: Array, first_month: int, change: Array, touched: Array
) -> None:
    """Add steps of capacity to change[month, row, draw], zeroed where first touched."""
    months, width = change.shape[0], when.shape[1]
    month = np.empty(width, np.int64)
    for n in range(row.size):
        r = row[n]
        for d in range(width):
            since = np.ceil(when[n, d] - 1e-9) - first_month
            month[d] = np.int64(min(max(since, 0.0), float(months)))
        for d in range(width):
            m = month[d]
            if m < months:
                if not touched[m, r]:
                    touched[m, r] = True
                    change[m, r] = 0.0
                change[m, r, d] += mw[n]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_up_site(
    row: Array,
    mw: Array,
    when: Array,
    campuses: int,
    facility_per_it: float,
    first_month: int,
    plan: Array,
    at: int,
    to: int,
    online: Array,
    bottleneck: Array,
    counts: Array,
) -> None:
    """Fill online and bottleneck [month, draw] of a site, for draws at to `to` - 1.

    Rows of capacity: permission, hall, chips of each campus, then connection and generation.
    plan[3, month] holds planned IT MW, connection and generation; where no IT MW is planned, no
    bottleneck is named. A month in which nothing of the site moves is copied from the one before.
    Where bottleneck has no month, they are only added to counts[month, code].
    """
    months, rows = online.shape[0], 3 * campuses + 2
    touched = np.empty((months, rows), np.bool_)
    kept = bottleneck.shape[0] > 0
    most = min(BLOCK, to - at)
    change, now, sums = np.empty((months, rows, most)), np.empty((rows, most)), np.empty((5, most))
    code = np.empty(most, np.int8)
    for first in range(at, to, BLOCK):
        last = min(first + BLOCK, to)
        if last - first < most:
            # arrays that are not whole would cost the loops their vector instructions
            most = last - first
            change = np.empty((months, rows, most))
            now, sums = np.empty((rows, most)), np.empty((5, most))
            code = np.empty(most, np.int8)
        touched[:] = False
        now[:] = 0.0
        _gather(row, mw, when[:, first:last], first_month, change, touched)
        for m in range(months):
            moved = m == 0
            for r in range(rows):
                if touched[m, r]:
                    moved = True
                    for d in range(most):
                        now[r, d] += change[m, r, d]
            if moved:
                _online(now, campuses, 1.0 / facility_per_it, sums, online[m, first:last])
            else:
                online[m, first:last] = online[m - 1, first:last]
            if plan[0, m] <= 0:
                code[:] = 0
            elif moved or np.any(plan[:, m] != plan[:, m - 1]):
                _name_bottleneck(now, campuses, sums, plan[:, m], code)
            if kept:
                bottleneck[m, first:last] = code
            else:
                _count_codes(code, counts[m])


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _count_codes(code: Array, count: Array) -> None:
    """Add code[draw] to count[code]."""
    for k in range(count.size):
        found = 0
        for d in range(code.size):
            found += code[d] == k
        count[k] += found


@nb.njit(cache=True, nogil=True, error_model="numpy")
def yearly_spend(change: Array, year: Array, out: Array) -> None:
    """Fill out[group, year, draw] with money by year, from its changes by month."""
    running, dust = np.empty(change.shape[2]), np.empty(change.shape[2])
    out[:] = 0.0
    for g in range(change.shape[0]):
        running[:] = 0.0
        dust[:] = 0.0
        for m in range(year.size):
            for d in range(dust.size):
                least = DUST * abs(change[g, m, d])
                # the zero keeps all of it stored: to store only what moves takes a mask
                dust[d] = (least if least > dust[d] else dust[d]) + 0.0
        for m in range(year.size):
            row, total = change[g, m], out[g, year[m]]
            for d in range(running.size):
                running[d] += row[d]
                total[d] += running[d] if running[d] > dust[d] else 0.0
