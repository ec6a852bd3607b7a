"""Compiled loops over months: spending, and online compute."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array

_NEVER = np.inf


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


@nb.njit(cache=True, nogil=True, error_model="numpy")
def add_up_site(
    row: Array,
    mw: Array,
    when: Array,
    campuses: int,
    facility_per_it: float,
    first_month: int,
    plan: Array,
    name_it: bool,
    at: int,
    to: int,
    online: Array,
    bottleneck: Array,
) -> None:
    """Fill online and bottleneck [month, draw] of a site, for draws at to `to` - 1.

    Rows of capacity: permission, hall, chips of each campus, then connection and generation.
    plan[3, month] holds planned IT MW, connection and generation.
    """
    months, width, rows = online.shape[0], to - at, 3 * campuses + 2
    change = np.zeros((rows, months + 1, width))
    for n in range(row.size):
        for d in range(width):
            month = np.ceil(when[n, at + d] - 1e-9) - first_month
            if month < months:
                change[row[n], max(int(month), 0), d] += mw[n]
    now = np.zeros((rows, width))
    for m in range(months):
        for r in range(rows):
            for d in range(width):
                now[r, d] += change[r, m, d]
        for d in range(width):
            ready = permitted = halls = chips = 0.0
            for c in range(campuses):
                p, h, k = now[3 * c, d], now[3 * c + 1, d], now[3 * c + 2, d]
                ready += max(0.0, min(p, min(h, k)))
                permitted += p
                halls += h
                chips += k
            connected, made = now[rows - 2, d], now[rows - 1, d]
            power = max(0.0, connected + made) / facility_per_it
            mw_now = min(ready, power)
            online[m, at + d] = mw_now
            code = 0
            if name_it and mw_now < plan[0, m] - 1e-3:
                if power <= ready:
                    late = plan[1, m] - connected
                    code = 4 if late > 1e-6 and late >= plan[2, m] - made else 5
                elif permitted <= halls and permitted <= chips:
                    code = 1
                else:
                    code = 2 if halls <= chips else 3
            bottleneck[m, at + d] = code
