"""Compiled loops that order a block's elimination and lay out its factor.

A block is kept in one run of numbers: the columns of its sparse pivots, each its diagonal and then
its entries below, and after them the dense front, a square of what is left.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]


@nb.njit(cache=True, nogil=True)
def elimination_order(
    first: Ints, second: Ints, inner: int, nodes: int, soft: Flags
) -> tuple[Ints, Ints, Ints]:
    """Return the order in which a block's nodes go, and what each meets when it goes.

    Always the node with fewest neighbours left goes next; nodes from `inner` on (the border) stay.
    A soft node (no diagonal of its own) waits until its firm neighbours have gone, and at
    least one neighbour. Ties are pairs of an inner node (`first`) and any (`second`).

    Returns
    -------
    order : array [inner]
    met_start : array [inner + 1]
    met : array
        Nodes left that each of `order` is tied to as it goes.
    """
    tied = np.zeros((nodes, nodes), dtype=np.bool_)
    degree = np.zeros(nodes, dtype=np.int64)
    firm = np.zeros(nodes, dtype=np.int64)
    touched = np.zeros(nodes, dtype=np.bool_)
    gone = np.zeros(inner, dtype=np.bool_)
    for e in range(first.shape[0]):
        i, j = first[e], second[e]
        if not tied[i, j]:
            tied[i, j] = True
            tied[j, i] = True
            degree[i] += 1
            degree[j] += 1
            if j < inner:
                firm[i] += not soft[j]
                firm[j] += not soft[i]
    order = np.empty(inner, dtype=np.int64)
    met_start = np.zeros(inner + 1, dtype=np.int64)
    met = np.empty(1024, dtype=np.int64)
    original = tied[:inner, :inner].copy()
    left = np.empty(nodes, dtype=np.int64)
    for step in range(inner):
        best, least, rank = -1, nodes + 1, 3
        for i in range(inner):
            if gone[i]:
                continue
            late = 0
            if soft[i]:
                late = 0 if firm[i] == 0 and touched[i] else (1 if touched[i] else 2)
            if late < rank or (late == rank and degree[i] < least):
                best, least, rank = i, degree[i], late
        p = best
        gone[p] = True
        order[step] = p
        count = 0
        for j in range(nodes):
            if tied[p, j] and not (j < inner and gone[j]):
                left[count] = j
                count += 1
        at = met_start[step]
        if at + count > met.shape[0]:
            more = np.empty(2 * met.shape[0] + count, dtype=np.int64)
            more[:at] = met[:at]
            met = more
        met[at : at + count] = left[:count]
        met_start[step + 1] = at + count
        for a in range(count):
            i = left[a]
            degree[i] -= 1
            touched[i] = True
            if i < inner and original[p, i] and not soft[p]:
                firm[i] -= 1
            for b in range(a):
                j = left[b]
                if not tied[i, j]:
                    tied[i, j] = True
                    tied[j, i] = True
                    degree[i] += 1
                    degree[j] += 1
    return order, met_start, met[: met_start[inner]].copy()


@nb.njit(cache=True, nogil=True)
def sparse_pivots(met_start: Ints, nodes: int, sparse_cost: float, pivot_cost: float) -> int:
    """Return how many pivots to take sparsely so that all of them cost least.

    A sparse update costs `sparse_cost` of a dense one, a sparse pivot `pivot_cost` besides.
    """
    inner = met_start.shape[0] - 1
    best, least, spent = 0, np.inf, 0.0
    for k in range(inner + 1):
        size = nodes - k
        border = nodes - inner
        dense = (size**3 - border**3) / 6.0 + 4.0 * size**2
        if spent + dense < least:
            best, least = k, spent + dense
        if k < inner:
            d = met_start[k + 1] - met_start[k]
            spent += sparse_cost * d * (d + 1) / 2 + pivot_cost
    return best


@nb.njit(cache=True, nogil=True)
def block_layout(
    order: Ints, met_start: Ints, met: Ints, pivots: int, nodes: int
) -> tuple[Ints, Shorts, Shorts, Shorts, Ints]:
    """Return where a block's entries lie.

    Returns
    -------
    column_start : array [pivots + 1]
        Where each sparse column begins in the block's store; at the end, the front.
    below : array
        Place in elimination of each entry below a sparse diagonal, columns one after another.
    targets : array
        Where each update of each pivot goes, pair (i, j <= i) after pair.
    target_start : array [pivots + 1]
    place : array [nodes]
        Place of each node in the order of elimination; the border keeps its own.
    """
    inner = order.shape[0]
    place = np.arange(nodes)
    for k in range(inner):
        place[order[k]] = k
    column_start = np.zeros(pivots + 1, dtype=np.int64)
    target_start = np.zeros(pivots + 1, dtype=np.int64)
    for k in range(pivots):
        d = met_start[k + 1] - met_start[k]
        column_start[k + 1] = column_start[k] + d + 1
        target_start[k + 1] = target_start[k] + d * (d + 1) // 2
    front = column_start[pivots]
    size = nodes - pivots
    below = np.empty(met_start[pivots], dtype=np.int32)
    where = np.zeros((pivots, nodes), dtype=np.int32)
    for k in range(pivots):
        a, b = met_start[k], met_start[k + 1]
        rows = np.sort(place[met[a:b]])
        for e in range(b - a):
            below[a + e] = rows[e]
            where[k, rows[e]] = column_start[k] + 1 + e
    targets = np.empty(target_start[pivots], dtype=np.int32)
    t = 0
    for k in range(pivots):
        for e in range(met_start[k], met_start[k + 1]):
            i = below[e]
            for f in range(met_start[k], e + 1):
                j = below[f]
                if j >= pivots:
                    targets[t] = front + (j - pivots) * size + (i - pivots)
                elif i == j:
                    targets[t] = column_start[j]
                else:
                    targets[t] = where[j, i]
                t += 1
    return column_start, below, targets, place.astype(np.int32), target_start


@nb.njit(cache=True, nogil=True)
def entry_places(
    first: Ints,
    second: Ints,
    column_start: Ints,
    below_start: Ints,
    below: Shorts,
    place: Shorts,
    pivots: int,
    nodes: int,
    out: Ints,
) -> None:
    """Write where each tie (first, second) of a block's nodes lies in its store."""
    front, size = column_start[pivots], nodes - pivots
    for e in range(first.shape[0]):
        i, j = place[first[e]], place[second[e]]
        if i < j:
            i, j = j, i
        if j >= pivots:
            out[e] = front + (j - pivots) * size + (i - pivots)
        elif i == j:
            out[e] = column_start[j]
        else:
            a, b = below_start[j], below_start[j + 1]
            out[e] = column_start[j] + 1 + np.searchsorted(below[a:b], i)
