"""Compiled loop: when a new load is curtailed, how deep and for how long."""

from __future__ import annotations

from typing import Any

from gigaplan.core.references import uncounted

Array = Any  # numba infers the element types

# Rows of what is counted by year, and of what is counted in all.
HOURS, ENERGY, EVENTS, SEVERE = range(4)
ROWS = 4


@uncounted()
def count_curtailments(
    margin: Array, year: Array, season: Array, load: float, by_year: Array, by_season: Array
) -> int:
    """Count the curtailments of a load of `load` MW; return the hours of the longest.

    margin[hour] is MW between demand and the peak of its season. by_year[ROWS, year] takes hours
    curtailed, MWh curtailed, curtailments begun, and hours in which more than half is curtailed;
    by_season[season] takes hours. A curtailment is a run of hours.
    """
    run, longest = 0, 0
    for h in range(margin.size):
        cut = load - margin[h]
        if cut <= 0.0:
            run = 0
            continue
        cut = min(cut, load)
        y = year[h]
        by_year[HOURS, y] += 1.0
        by_year[ENERGY, y] += cut
        by_season[season[h]] += 1.0
        if cut > 0.5 * load:
            by_year[SEVERE, y] += 1.0
        if run == 0:
            by_year[EVENTS, y] += 1.0
        run += 1
        longest = max(longest, run)
    return longest


@uncounted()
def load_at_rate(ordered: Array, total: Array, rate: float) -> float:
    """Return the MW of a load of which a share `rate` of its energy is curtailed.

    ordered[hour] are margins in rising order and total[hour] their running sums. With the k least
    margins passed, ``k L - total_k = rate L hours``: L rises in k, and the share in L.
    """
    hours = ordered.size
    low, high = 1, hours
    # the first k at which the load that goes with it does not reach the next margin
    while low < high:
        k = (low + high) // 2
        if k - rate * hours > 0.0 and total[k - 1] / (k - rate * hours) <= ordered[k]:
            high = k
        else:
            low = k + 1
    return float(total[low - 1] / (low - rate * hours))
