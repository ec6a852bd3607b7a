"""Compiled loops of the sizing sweep: a design's year, hour by hour.

A battery sets its power anew every minute. While its own limit is above what is asked, a minute
is like the one before; from then on what is left to full (or what is inside) shrinks by one factor
a minute. Both parts of an hour have a closed form, so an hour costs a few operations.
"""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from gigaplan.core.references import uncounted

Array = Any  # numba infers the element types

MINUTES = 60
# Rows of the results, one column per design.
SHORT_MWH, SPILL_MWH, PEAK_SHORT_MW, CHARGED_MWH, GIVEN_MWH, MOVED_MWH, SHORT_KG, PEAK_LOAD_MW = (
    range(8)
)
RESULTS = 8
# Columns of the battery: MWh inside per MWh in and per MWh out, tapers, most MW per MWh of
# capacity at the busbar, what is inside at first.
PER_IN, PER_OUT, TAPER_IN, TAPER_OUT, MOST_IN, MOST_OUT, FIRST = range(7)


@uncounted(inline="always")
def _run_down(
    room: float, asked: float, most: float, per_mw: float, taper: float, power: Array
) -> float:
    """Return MWh of `room` used up in an hour, when `asked` MW is drawn on it minute by minute.

    `per_mw` MWh of room go per MWh drawn; `room` may end no lower than `taper` times the power.
    power[n] is the factor to which room shrinks in n minutes at its limit.
    """
    step = per_mw / MINUTES
    mw = min(asked, most)
    if mw <= 0.0 or room <= 0.0:
        return 0.0
    # minutes in which the limit, room / (taper + step), is not below mw
    free = (room - mw * (taper + step)) / (mw * step)
    whole = 0 if free < 0.0 else int(min(free, MINUTES - 1.0)) + 1
    after = room - whole * mw * step
    return float(room - after * power[MINUTES - whole])


@uncounted()
def _powers(taper: float, step: float, out: Array) -> None:
    """Fill out[n] with the factor to which room shrinks in n minutes at its limit."""
    factor = taper / (taper + step)
    out[0] = 1.0
    for n in range(1, out.size):
        out[n] = out[n - 1] * factor


@uncounted()
def _move_work(
    load: Array, wind: Array, solar: Array, wind_mw: float, solar_mw: float, flexible: float,
    most_mw: float, out: Array,
) -> float:  # fmt: skip
    """Fill out[hour] with the load after moving work within each day; return MWh moved.

    Each short hour can give up to `flexible` of its load and no more than it is short; each hour
    with surplus can take as much as that, up to most_mw in all. The lesser of both sums moves, in
    proportion to what each hour can give or take.
    """
    total = 0.0
    for first in range(0, load.size, 24):
        last = min(first + 24, load.size)
        give, take = 0.0, 0.0
        for h in range(first, last):
            gap = load[h] - wind_mw * wind[h] - solar_mw * solar[h]
            give += min(max(gap, 0.0), flexible * load[h])
            take += min(max(-gap, 0.0), max(most_mw - load[h], 0.0))
        moved = min(give, take)
        given = moved / give if give > 0.0 else 0.0
        taken = moved / take if take > 0.0 else 0.0
        for h in range(first, last):
            gap = load[h] - wind_mw * wind[h] - solar_mw * solar[h]
            out[h] = (
                load[h]
                - given * min(max(gap, 0.0), flexible * load[h])
                + taken * min(max(-gap, 0.0), max(most_mw - load[h], 0.0))
            )
        total += moved
    return total


@nb.njit(cache=True, nogil=True, error_model="numpy")
def sweep_designs(
    load: Array,
    wind: Array,
    solar: Array,
    kg_per_mwh: Array,
    design: Array,
    battery: Array,
    flexible: float,
    most_mw: float,
    first: int,
    last: int,
    out: Array,
) -> None:
    """Fill out[RESULTS, design] for designs `first` to `last` - 1.

    load, wind, solar and kg_per_mwh are [hour]; design[design] holds wind MW, solar MW and
    battery MWh.
    """
    moved_load = np.empty(load.size)
    into, outof = np.empty(MINUTES + 1), np.empty(MINUTES + 1)
    _powers(battery[TAPER_IN], battery[PER_IN] / MINUTES, into)
    _powers(battery[TAPER_OUT], battery[PER_OUT] / MINUTES, outof)
    for i in range(first, last):
        wind_mw, solar_mw, capacity = design[i, 0], design[i, 1], design[i, 2]
        moved = 0.0
        if flexible > 0.0:
            moved = _move_work(load, wind, solar, wind_mw, solar_mw, flexible, most_mw, moved_load)
        else:
            moved_load[:] = load
        inside = battery[FIRST] * capacity
        most_in, most_out = battery[MOST_IN] * capacity, battery[MOST_OUT] * capacity
        short, spill, peak, charged, given, kg, top = 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0
        for h in range(load.size):
            gap = moved_load[h] - wind_mw * wind[h] - solar_mw * solar[h]
            top = max(top, moved_load[h])
            if gap > 0.0:
                used = _run_down(inside, gap, most_out, battery[PER_OUT], battery[TAPER_OUT], outof)
                inside -= used
                mwh = used / battery[PER_OUT]
                given += mwh
                left = max(gap - mwh, 0.0)
                short += left
                kg += left * kg_per_mwh[h]
                peak = max(peak, left)
            else:
                used = _run_down(
                    capacity - inside, -gap, most_in, battery[PER_IN], battery[TAPER_IN], into
                )
                inside += used
                mwh = used / battery[PER_IN]
                charged += mwh
                spill += max(-gap - mwh, 0.0)
        out[SHORT_MWH, i], out[SPILL_MWH, i], out[PEAK_SHORT_MW, i] = short, spill, peak
        out[CHARGED_MWH, i], out[GIVEN_MWH, i], out[MOVED_MWH, i] = charged, given, moved
        out[SHORT_KG, i], out[PEAK_LOAD_MW, i] = kg, top
