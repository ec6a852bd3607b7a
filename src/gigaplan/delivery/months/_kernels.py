"""Compiled loops over months: spending, and online compute."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.delivery.arrays import Array
from gigaplan.delivery.scores._kernels import BLOCK

DUST = 1e-12
"""Share of its greatest change below which a month's money is the dust of what cancels."""

_NEVER = np.inf
_DIGIT = 512  # more than a block's draws
_CODE = np.arange(6.0)  # bottleneck by its number
_TALLY = np.array([0.0, *(float(_DIGIT) ** k for k in range(5))])  # as a digit of a number
_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning


@uncounted()
def replaced_month(online: float, life_years: float, last_year: int) -> float:
    """Return the month in which chips leave: December of the year that follows their life.

    A plan counts chips at each year's end while they are younger than their life, so that is
    the year whose plan replaces them. After the planning years nothing is planned: chips are
    then taken as replaced when they wear out, and finance buys them again.
    """
    year = np.floor(online / 12.0) + np.ceil(life_years - 1e-9)
    return _NEVER if year > last_year else 12.0 * year + 11.0


@uncounted()
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


@uncounted()
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


@uncounted(fastmath=_FAST)
def _online(
    now: Array, campuses: int, it_per_facility: float, sums: Array, online: Array, m: int, at: int
) -> None:
    """Fill online[m, at + draw] from the capacity there is now[row, draw]; ready, power in sums.

    Whole arrays are handed in and no rows of them: each row costs a count of who holds it.
    """
    width, grid, made = now.shape[1], 3 * campuses, 3 * campuses + 1
    for d in range(width):
        sums[0, d] = max(0.0, min(now[0, d], min(now[1, d], now[2, d])))
    for c in range(3, 3 * campuses, 3):
        for d in range(width):
            sums[0, d] += max(0.0, min(now[c, d], min(now[c + 1, d], now[c + 2, d])))
    for d in range(width):
        sums[1, d] = max(0.0, now[grid, d] + now[made, d]) * it_per_facility
        online[m, at + d] = np.float32(min(sums[0, d], sums[1, d]))


@uncounted(fastmath=_FAST)
def _name_bottleneck(
    now: Array, campuses: int, sums: Array, plan: Array, m: int, value: Array
) -> None:
    """Fill sums[5, draw] with value[bottleneck], given ready and power in sums and plan[3, m]."""
    if plan[0, m] <= 0:
        for d in range(now.shape[1]):
            sums[5, d] = value[0]
    elif campuses == 1:
        _least(now, 0, now, 3, sums, plan, m, value)
    else:
        for r in range(3):
            for d in range(now.shape[1]):
                sums[2 + r, d] = now[r, d]
            for c in range(1, campuses):
                for d in range(now.shape[1]):
                    sums[2 + r, d] += now[3 * c + r, d]
        _least(sums, 2, now, 3 * campuses, sums, plan, m, value)


@uncounted(fastmath=_FAST)
def _least(
    total: Array, first: int, now: Array, grid: int, sums: Array, plan: Array, m: int, value: Array
) -> None:
    """Do so where total[first:first + 3] are permission, halls and chips of the site.

    Values are numbers of the kind that is compared, so that whole vectors are picked from.
    """
    hall, chip, made = first + 1, first + 2, grid + 1
    enough, connected, generated = plan[0, m] - 1e-3, plan[1, m], plan[2, m]
    nothing, by_permit, by_hall = value[0], value[1], value[2]
    by_chip, by_grid, by_generation = value[3], value[4], value[5]
    for d in range(now.shape[1]):
        late = connected - now[grid, d]
        to_grid = (late > 1e-6) & (late >= generated - now[made, d])
        power = by_grid if to_grid else by_generation
        build = by_hall if total[hall, d] <= total[chip, d] else by_chip
        permit = (total[first, d] <= total[hall, d]) & (total[first, d] <= total[chip, d])
        least = power if sums[1, d] <= sums[0, d] else (by_permit if permit else build)
        sums[5, d] = least if min(sums[0, d], sums[1, d]) < enough else nothing


@uncounted()
def _keep_codes(sums: Array, bottleneck: Array, m: int, at: int) -> None:
    """Fill bottleneck[m, at + draw] from sums[5, draw]."""
    for d in range(sums.shape[1]):
        bottleneck[m, at + d] = np.int8(np.int32(sums[5, d]))


@uncounted(fastmath={"reassoc"})
def _add_codes(sums: Array, counts: Array, m: int) -> None:
    """Add to counts[m, bottleneck] how often sums[5, draw] is its `_TALLY`.

    The sum is a whole number below 2^45, so it is exact in any order, and its digits to the base
    of `_DIGIT` are the counts: one addition counts a draw.
    """
    total = 0.0
    for d in range(sums.shape[1]):
        total += sums[5, d]
    left, others = np.int64(total), np.int64(0)
    for k in range(1, counts.shape[1]):
        counts[m, k] += left % _DIGIT
        others += left % _DIGIT
        left //= _DIGIT
    counts[m, 0] += sums.shape[1] - others


@uncounted()
def _move(change: Array, touched: Array, m: int, now: Array) -> bool:
    """Add change[m, row] to now[row] where it is touched; return whether any is."""
    moved = False
    for r in range(now.shape[0]):
        if touched[m, r]:
            moved = True
            for d in range(now.shape[1]):
                now[r, d] += change[m, r, d]
    return moved


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
    Where bottleneck has no month, they are only added to counts[month, code], and where that has
    none either, they are not named.
    """
    months, rows = online.shape[0], 3 * campuses + 2
    touched = np.empty((months, rows), np.bool_)
    kept, told = bottleneck.shape[0] > 0, counts.shape[0] > 0
    most = min(BLOCK, to - at)
    change, now, sums = np.empty((months, rows, most)), np.empty((rows, most)), np.empty((6, most))
    value = _CODE if kept else _TALLY
    for first in range(at, to, BLOCK):
        last = min(first + BLOCK, to)
        if last - first < most:
            # arrays that are not whole would cost the loops their vector instructions
            most = last - first
            change = np.empty((months, rows, most))
            now, sums = np.empty((rows, most)), np.empty((6, most))
        touched[:] = False
        now[:] = 0.0
        _gather(row, mw, when[:, first:last], first_month, change, touched)
        for m in range(months):
            moved = _move(change, touched, m, now) or m == 0
            if moved:
                _online(now, campuses, 1.0 / facility_per_it, sums, online, m, first)
            else:
                _copy_month(online, m, first, last)
            if not (kept or told):
                continue
            if moved or _differs(plan, m):
                _name_bottleneck(now, campuses, sums, plan, m, value)
            if kept:
                _keep_codes(sums, bottleneck, m, first)
            else:
                _add_codes(sums, counts, m)


@uncounted()
def _copy_month(online: Array, m: int, first: int, last: int) -> None:
    """Copy online[m - 1] to online[m], for draws first to `last` - 1."""
    for d in range(first, last):
        online[m, d] = online[m - 1, d]


@uncounted()
def _differs(plan: Array, m: int) -> bool:
    """Return whether plan[3, m] is another than that of the month before."""
    return bool(
        plan[0, m] != plan[0, m - 1] or plan[1, m] != plan[1, m - 1] or plan[2, m] != plan[2, m - 1]
    )


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
