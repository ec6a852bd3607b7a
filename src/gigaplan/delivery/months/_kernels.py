"""Compiled loops over months: spending, and online compute."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array

_NEVER = np.inf
_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_spend(
    begin: Array,
    end: Array,
    amount: Array,
    refused_after: Array,
    first_month: float,
    at: int,
    to: int,
    change: Array,
    by_stage: Array,
) -> None:
    """Add to change[month, draw] the changes of monthly spending, for draws at to `to` - 1.

    Money spent evenly from s to f spends `rate` times the overlap of each month; the running
    sum of four changes gives that: two where it begins, two where it ends.
    """
    months = change.shape[0] - 2
    for i in range(begin.shape[0]):
        for d in range(at, to):
            usd = amount[i, d]
            s, f = begin[i, d] - first_month, end[i, d] - first_month
            if usd == 0 or s == _NEVER:
                continue
            f = s + refused_after[i] if f == _NEVER else f
            if f - s < 1e-6:
                month = int(np.floor(s))
                if 0 <= month < months:
                    change[month, d] += usd
                    change[month + 1, d] -= usd
                    by_stage[i, d] = usd
                continue
            rate = usd / (f - s)
            s, f = max(s, 0.0), min(f, float(months))
            if f <= s:
                continue
            by_stage[i, d] = rate * (f - s)
            i0, i1 = int(np.floor(s)), int(np.floor(f))
            change[i0, d] += rate * (i0 + 1 - s)
            change[i0 + 1, d] += rate * (s - i0)
            change[i1, d] -= rate * (i1 + 1 - f)
            change[i1 + 1, d] -= rate * (f - i1)


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
) -> None:
    """Fill online and bottleneck [month, draw] of a site, for draws at to `to` - 1.

    Rows of capacity: permission, hall, chips of each campus, then connection and generation.
    plan[3, month] holds planned IT MW, connection and generation; where no IT MW is planned, no
    bottleneck is named. A month in which nothing of the site moves is copied from the one before.
    """
    months, width, rows = online.shape[0], to - at, 3 * campuses + 2
    change = np.empty((months, rows, width))
    touched = np.zeros((months, rows), np.bool_)
    _gather(row, mw, when[:, at:to], first_month, change, touched)
    now = np.zeros((rows, width))
    sums = np.empty((5, width))
    for m in range(months):
        moved = m == 0
        for r in range(rows):
            if touched[m, r]:
                moved = True
                for d in range(width):
                    now[r, d] += change[m, r, d]
        if moved:
            _online(now, campuses, 1.0 / facility_per_it, sums, online[m, at:to])
        else:
            online[m, at:to] = online[m - 1, at:to]
        code = bottleneck[m, at:to]
        if plan[0, m] <= 0:
            code[:] = 0
        elif moved or np.any(plan[:, m] != plan[:, m - 1]):
            _name_bottleneck(now, campuses, sums, plan[:, m], code)
        else:
            code[:] = bottleneck[m - 1, at:to]
