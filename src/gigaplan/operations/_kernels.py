"""Compiled loops that several parts of operations share: steps, days, counting losses."""

from __future__ import annotations

import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import (
    DAYS_SHORT,
    EUE,
    EVENTS,
    LOLE_DAYS,
    LOLH,
    PEAK,
    Array,
)

DAY = 24
_GLANCE = 16
"""Flags that are looked at together."""


@uncounted(inline="always")
def column_of(array: Array, sample: int) -> int:
    """Return the column of a sample in what differs by draw: columns repeat."""
    return int(sample % array.shape[-1])


@uncounted()
def next_flagged(flags: Array, watched: int, first: int, end: int) -> int:
    """Return the first place from `first` on, before `end`, with a flag among those watched.

    `end` if there is none. A function of its own: in a loop over hours the compiler would count
    references to arrays in each.
    """
    place, found = first, 0
    while place + _GLANCE <= end and not found & watched:
        for j in range(_GLANCE):
            found |= flags[place + j]
        place += _GLANCE
    for i in range(place - _GLANCE if found & watched else place, end):
        if flags[i] & watched:
            return i
    return end


@uncounted(inline="always")
def _one_step(steps: Array) -> bool:
    """Return whether hours are all of one step."""
    same = 0
    for i in range(steps.size):
        same += steps[i] == steps[0]
    return bool(same == steps.size)


@uncounted()
def scale_by_step(values: Array, steps: Array, scale: Array, column: int, out: Array) -> None:
    """Fill out[hour] with values times what differs by step and draw."""
    if _one_step(steps):
        factor = scale[steps[0], column]
        for i in range(values.size):
            out[i] = values[i] * factor
    else:
        for i in range(values.size):
            out[i] = values[i] * scale[steps[i], column]


@uncounted()
def is_day_peak(demand: Array, i: int) -> bool:
    """Return whether an hour is the first of its day's greatest load; demand begins with a day."""
    first = DAY * (i // DAY)
    for h in range(first, min(first + DAY, demand.size)):
        if demand[h] > demand[i] or (demand[h] == demand[i] and h < i):
            return False
    return True


@uncounted()
def most_by_day(net: Array, most: Array) -> None:
    """Fill most[day] with the day's greatest net load."""
    for day in range(most.size):
        top = -np.inf
        for h in range(DAY * day, DAY * day + DAY):
            top = max(top, net[h])
        most[day] = top


@uncounted(fastmath={"reassoc", "nsz"})
def changes(row: Array, total: Array, falls: Array) -> None:
    """Fill total[day] with the sum of a day's changes, and falls[day] with those below nought."""
    for day in range(total.size):
        first, up, down = DAY * day, 0.0, 0.0
        for i in range(DAY):
            x = row[first + i]
            up += x
            down += min(x, 0.0)
        total[day], falls[day] = up, down


@uncounted()
def count_loss(year: Array, h: int, last: int, short: float, at_peak: bool, hour: Array) -> None:
    """Count one hour of loss in a year's figures; `last` is the hour of loss before it."""
    day = h // DAY
    year[LOLH] += 1.0
    year[EUE] += short
    if last != h - 1:
        year[EVENTS] += 1.0
    if last < DAY * day:
        year[DAYS_SHORT] += 1.0
    if at_peak:
        year[LOLE_DAYS] += 1.0
    year[PEAK] = max(year[PEAK], short)
    hour[0, h] += 1.0
    hour[1, h] += short
