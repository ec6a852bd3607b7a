"""Compiled hour of joined areas: surplus helps shortage over limited lines, then storage does."""

from __future__ import annotations

from gigaplan.core.references import uncounted
from gigaplan.operations.areas.arrays import Graph, NetworkArrays
from gigaplan.operations.arrays import ENERGY, GAIN, POWER, YIELD, Array

_UNSEEN, _SHORT = -1, -2


@uncounted()
def share(
    margin: Array, room: Array, graph: Graph, queue: Array, via: Array, tolerance: float
) -> bool:
    """Send surplus to shortage along shortest paths until no more gets through.

    Returns whether any area is still short. `margin` [area] is surplus, or shortage below nought,
    and is changed; so is `room` [edge], MW that each edge can still carry. The total sent is the
    most there is (Ford and Fulkerson 1956; shortest paths after Edmonds and Karp 1972), hence the
    shortage of all areas the least. Which area is helped first is a rule: the one fewest lines
    away from a surplus, then by the order of the areas.
    """
    while True:
        first, last, found = 0, 0, -1
        for a in range(margin.size):
            via[a] = _UNSEEN
            if margin[a] < -tolerance:
                queue[last] = a
                via[a] = _SHORT
                last += 1
        if last == 0:
            return False
        while first < last and found < 0:
            a = queue[first]
            first += 1
            for i in range(graph.offset[a], graph.offset[a + 1]):
                edge = graph.leaving[i] ^ 1  # the one that leads here
                b = graph.tail[edge]
                if via[b] == _UNSEEN and room[edge] > tolerance:
                    via[b] = edge
                    if margin[b] > tolerance:
                        found = b
                        break
                    queue[last] = b
                    last += 1
        if found < 0:
            return True
        _send(found, margin, room, graph, via)


@uncounted(inline="always")
def _send(found: int, margin: Array, room: Array, graph: Graph, via: Array) -> None:
    """Send what is possible along the path that leads from an area with surplus."""
    mw, a = margin[found], found
    while via[a] != _SHORT:
        mw = min(mw, room[via[a]])
        a = graph.head[via[a]]
    mw = min(mw, -margin[a])
    margin[a] += mw
    margin[found] -= mw
    a = found
    while via[a] != _SHORT:
        room[via[a]] -= mw
        room[via[a] ^ 1] += mw
        a = graph.head[via[a]]


@uncounted()
def _give(n: NetworkArrays, charge: Array, most: Array, used: Array) -> None:
    """Discharge used[area] MW from each area's storages, in their order."""
    for k in range(charge.size):
        a = n.store_area[k]
        mw = min(used[a], most[k])
        if mw > 0.0:
            used[a] -= mw
            charge[k] = max(charge[k] - mw / n.stores[k, YIELD], 0.0)


@uncounted()
def discharge(
    n: NetworkArrays,
    charge: Array,
    margin: Array,
    room: Array,
    queue: Array,
    via: Array,
    most: Array,
    extra: Array,
) -> bool:
    """Meet what is short from storage, the own area's first; return whether any stays short."""
    extra[:] = 0.0
    for k in range(charge.size):
        most[k] = min(n.stores[k, POWER], charge[k] * n.stores[k, YIELD])
        extra[n.store_area[k]] += most[k]
    margin += extra
    short = share(margin, room, n.graph, queue, via, n.tolerance_mw)
    for a in range(margin.size):
        kept = min(extra[a], max(margin[a], 0.0))
        margin[a] -= kept
        extra[a] -= kept
    _give(n, charge, most, extra)
    return bool(short)


@uncounted()
def charge_all(
    n: NetworkArrays,
    charge: Array,
    margin: Array,
    room: Array,
    queue: Array,
    via: Array,
    most: Array,
    wanted: Array,
    missing: Array,
) -> bool:
    """Charge from what all areas have left over; return whether every storage is full."""
    wanted[:] = 0.0
    missing[:] = 0.0
    for k in range(charge.size):
        left = (n.stores[k, ENERGY] - charge[k]) / n.stores[k, GAIN]
        most[k] = max(min(n.stores[k, POWER], left), 0.0)
        wanted[n.store_area[k]] += most[k]
    for a in range(margin.size):
        if margin[a] < 0.0:  # short already: it stays so, and charges nothing
            missing[a], wanted[a], margin[a] = margin[a], 0.0, 0.0
        margin[a] -= wanted[a]
    share(margin, room, n.graph, queue, via, n.tolerance_mw)
    full = True
    for a in range(margin.size):
        wanted[a] += min(margin[a], 0.0)
        margin[a] = max(margin[a], 0.0) + missing[a]
    for k in range(charge.size):
        a = n.store_area[k]
        mw = min(wanted[a], most[k])
        if mw > 0.0:
            wanted[a] -= mw
            charge[k] = min(charge[k] + mw * n.stores[k, GAIN], n.stores[k, ENERGY])
        # what a rounding leaves out is full: else every hour would be gone through again
        full = full and charge[k] >= n.stores[k, ENERGY] * (1.0 - 1e-12)
    return full
