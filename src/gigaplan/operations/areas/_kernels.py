"""Compiled loop over the hours of two joined areas."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.operations._kernels import column_of, fill_demand
from gigaplan.operations.arrays import Array, BucketArrays, LoadArrays, UnitArrays
from gigaplan.operations.outages._kernels import fill_available, make_scratch

# Rows of a block's table: both areas, then the first, then the second.
LOLH, EUE, LOAD = 0, 3, 6
FLOW, USED = 9, 10
ROWS = 11


@nb.njit(cache=True, nogil=True)
def pair_block(
    units: tuple[UnitArrays, UnitArrays, UnitArrays],
    buckets: tuple[BucketArrays, BucketArrays, BucketArrays],
    loads: tuple[LoadArrays, LoadArrays, LoadArrays],
    first_sample: int,
    table: Array,
) -> None:
    """Share surplus over the line, for one block of samples.

    Entries stand for the first area, the second area and the line. In each hour
    ``flow = min(surplus of one, shortage of the other, line)``, which leaves the
    least shortage of both together.
    """
    hours = loads[0].load_mw.shape[1]
    margin, line = np.empty((2, hours)), np.empty(hours)
    available, demand = np.empty((1, hours)), np.empty(hours)
    peak_hour, row = np.empty((hours + 23) // 24, np.int64), np.zeros(hours + 1)
    scratch = (
        make_scratch(units[0], hours),
        make_scratch(units[1], hours),
        make_scratch(units[2], hours),
    )
    for s in range(table.shape[1]):
        sample = first_sample + s
        for part in range(3):
            weather = sample % loads[part].load_mw.shape[0]
            fill_available(
                units[part],
                buckets[part],
                loads[part],
                sample,
                weather,
                row,
                scratch[part],
                available,
            )
            if part == 2:
                line[:] = available[0]
            else:
                column = column_of(loads[part].load_scale, sample)
                fill_demand(loads[part], weather, column, demand, peak_hour)
                margin[part] = available[0] - demand
                table[LOAD + 1 + part, s] = demand.sum()
        table[LOAD, s] = table[LOAD + 1, s] + table[LOAD + 2, s]
        _share(margin, line, loads[0].tolerance_mw + loads[1].tolerance_mw, table[:, s])


@nb.njit(cache=True, nogil=True)
def _share(margin: Array, line: Array, tolerance: float, year: Array) -> None:
    """Add up one sample: hours short, MWh short, net flow from the first area, line use."""
    year[LOLH : LOLH + 3] = 0.0
    year[EUE : EUE + 3] = 0.0
    year[FLOW : USED + 1] = 0.0
    for h in range(line.size):
        a, b = margin[0, h], margin[1, h]
        flow = 0.0
        if a < 0.0 < b:
            flow = -min(-a, min(b, line[h]))
        elif b < 0.0 < a:
            flow = min(-b, min(a, line[h]))
        year[FLOW] += flow
        year[USED] += abs(flow) / line[h] if line[h] > 0.0 else 1.0
        a, b = a - flow, b + flow
        short = 0.0
        if -a > tolerance:
            year[LOLH + 1] += 1.0
            year[EUE + 1] -= a
            short -= a
        if -b > tolerance:
            year[LOLH + 2] += 1.0
            year[EUE + 2] -= b
            short -= b
        if short > 0.0:
            year[LOLH] += 1.0
            year[EUE] += short
