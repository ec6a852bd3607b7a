"""Compiled loops: one chain back through a schedule, per draw."""

from __future__ import annotations

import numba as nb

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
def chain_lengths(
    last: Array,
    link_at: Array,
    link_from: Array,
    link_lag: Array,
    start: Array,
    finish: Array,
    length: Array,
) -> None:
    """Fill length[draw] with the activities on each draw's chain; none where last is -1."""
    for d in range(last.size):
        row, count = last[d], 0
        while row >= 0:
            count += 1
            link = binding(row, d, link_at, link_from, link_lag, start, finish)
            row = link_from[link] if link >= 0 else -1
        length[d] = count


@nb.njit(cache=True, nogil=True, error_model="numpy")
def walk_chains(
    last: Array,
    link_at: Array,
    link_from: Array,
    link_lag: Array,
    start: Array,
    finish: Array,
    step_at: Array,
    step_row: Array,
    step_wait: Array,
) -> None:
    """Fill the steps of each draw's chain, from the last activity back to the first.

    Writes to positions step_at[draw] to step_at[draw + 1] - 1: the activity, and the lag
    between it and the one before it, zero for the first.
    """
    for d in range(last.size):
        row = last[d]
        for n in range(step_at[d], step_at[d + 1]):
            link = binding(row, d, link_at, link_from, link_lag, start, finish)
            step_row[n] = row
            step_wait[n] = link_lag[link] if link >= 0 else 0.0
            row = link_from[link] if link >= 0 else -1
