"""Compiled loops: one chain back through a schedule, per draw."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array

TOLERANCE_MONTHS = 1e-6
"""Months that differ by less are equal: adding the schedule's first month rounds them."""


@nb.njit(cache=True, nogil=True, error_model="numpy")
def binding(
    row: int,
    draw: int,
    link_at: Array,
    link_from: Array,
    link_lag: Array,
    start: Array,
    finish: Array,
) -> int:
    """Return the link that holds an activity's start back in a draw, or -1 if none does.

    Of several the one whose predecessor ends last, then the first in the order of links.
    """
    found, last = -1, 0.0
    for n in range(link_at[row], link_at[row + 1]):
        end = finish[link_from[n], draw]
        binds = end + link_lag[n] >= start[row, draw] - TOLERANCE_MONTHS
        if binds and (found < 0 or end > last + TOLERANCE_MONTHS):
            found, last = n, end
    return found


@nb.njit(cache=True, nogil=True, error_model="numpy")
def longer(values: Array) -> Array:
    """Return an array twice as long that begins with these values."""
    out = np.empty(2 * values.size, values.dtype)
    out[: values.size] = values
    return out


@nb.njit(cache=True, nogil=True, error_model="numpy")
def walk_chains(
    last: Array,
    link_at: Array,
    link_from: Array,
    link_lag: Array,
    start: Array,
    finish: Array,
    length: Array,
) -> tuple[Array, Array, Array]:
    """Return the steps of each draw's chain, from the last activity back to the first.

    They are the activities, their months, and the lags between each and the one before it, zero
    for the first; draw by draw, none where last is -1. Fills length[draw] with how many.
    """
    row, months, wait = np.empty(1024, np.int64), np.empty(1024), np.empty(1024)
    n = 0
    for d in range(last.size):
        here, first = last[d], n
        while here >= 0:
            if n == row.size:
                row, months, wait = longer(row), longer(months), longer(wait)
            link = binding(here, d, link_at, link_from, link_lag, start, finish)
            row[n], months[n] = here, finish[here, d] - start[here, d]
            wait[n] = link_lag[link] if link >= 0 else 0.0
            here = link_from[link] if link >= 0 else -1
            n += 1
        length[d] = n - first
    return row[:n].copy(), months[:n].copy(), wait[:n].copy()
