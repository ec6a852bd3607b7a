"""Compiled loops of the arrow factorisation; the algebra stands in `factor`.

A block is kept in one run of `store`: the columns of its sparse pivots, each its diagonal and then
its entries below, and after them the dense front: a square, row after row, of which the upper
half is used. Rows of the front hold ``D L'``, not ``L'``.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Shorts = NDArray[np.int32]
Flags = NDArray[np.bool_]

PANEL = 8
DEPENDENT = 1e40
ROUNDING = 1e-15
_FAST = {"reassoc", "contract", "nsz", "arcp"}


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def _axpy_panel(front: Floats, base: int, size: int, p: int, e: int, scaled: Floats) -> None:
    """Take the panel of pivots p..e from all rows of the front after it."""
    for i in range(e, size):
        row = front[base + i * size + i : base + (i + 1) * size]
        n = size - i
        k = p
        while k + 8 <= e:
            at = base + k * size + i
            r0 = front[at : at + n]
            r1 = front[at + size : at + size + n]
            r2 = front[at + 2 * size : at + 2 * size + n]
            r3 = front[at + 3 * size : at + 3 * size + n]
            r4 = front[at + 4 * size : at + 4 * size + n]
            r5 = front[at + 5 * size : at + 5 * size + n]
            r6 = front[at + 6 * size : at + 6 * size + n]
            r7 = front[at + 7 * size : at + 7 * size + n]
            a0, a1 = scaled[k - p] * r0[0], scaled[k - p + 1] * r1[0]
            a2, a3 = scaled[k - p + 2] * r2[0], scaled[k - p + 3] * r3[0]
            a4, a5 = scaled[k - p + 4] * r4[0], scaled[k - p + 5] * r5[0]
            a6, a7 = scaled[k - p + 6] * r6[0], scaled[k - p + 7] * r7[0]
            for j in range(n):
                row[j] -= (
                    a0 * r0[j]
                    + a1 * r1[j]
                    + a2 * r2[j]
                    + a3 * r3[j]
                    + a4 * r4[j]
                    + a5 * r5[j]
                    + a6 * r6[j]
                    + a7 * r7[j]
                )
            k += 8
        while k < e:
            at = base + k * size + i
            r0 = front[at : at + n]
            a0 = scaled[k - p] * r0[0]
            for j in range(n):
                row[j] -= a0 * r0[j]
            k += 1


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def factor_front(
    front: Floats, base: int, size: int, pivots: int, sign: Floats, least: float
) -> None:
    """Factor the first `pivots` rows of the front at `base`; the rest becomes what is left.

    A pivot of the wrong sign, smaller than `least` or than what rounding leaves of its diagonal
    is taken as dependent on those before it, and made so large that its unknown stays at zero.
    """
    scaled = np.empty(PANEL)
    noise = np.empty(pivots)
    for k in range(pivots):
        noise[k] = max(least, ROUNDING * abs(front[base + k * size + k]))
    p = 0
    while p < pivots:
        e = min(p + PANEL, pivots)
        for c in range(p, e):
            row = front[base + c * size + c : base + (c + 1) * size]
            n = size - c
            for k in range(p, c):
                at = base + k * size + c
                above = front[at : at + n]
                a = scaled[k - p] * above[0]
                for j in range(n):
                    row[j] -= a * above[j]
            if row[0] * sign[c] < noise[c]:
                row[0] = sign[c] * DEPENDENT
            scaled[c - p] = 1.0 / row[0]
        _axpy_panel(front, base, size, p, e, scaled)
        p = e


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def factor_blocks(
    first: int,
    last: int,
    store: Floats,
    store_start: Ints,
    values: Floats,
    value_start: Ints,
    value_place: Ints,
    column_start: Ints,
    pivot_start: Ints,
    below_start: Ints,
    targets: Shorts,
    target_start: Ints,
    node_start: Ints,
    border_start: Ints,
    sign: Floats,
    least: float,
) -> None:
    """Fill and factor blocks `first` to `last` (not included).

    `values` are all entries of the blocks' matrices, diagonals among them, and `value_place` where
    they go in the store of their block.
    """
    widest = 0
    for b in range(first, last):
        for c in range(pivot_start[b], pivot_start[b + 1]):
            widest = max(widest, below_start[c + 1] - below_start[c])
    ratio = np.empty(widest + 1)
    for b in range(first, last):
        base = store_start[b]
        store[base : store_start[b + 1]] = 0.0
        for e in range(value_start[b], value_start[b + 1]):
            store[base + value_place[e]] += values[e]
        pivots = pivot_start[b + 1] - pivot_start[b]
        own = node_start[b]
        for k in range(pivots):
            c = pivot_start[b] + k
            at = base + column_start[c + b]
            d = below_start[c + 1] - below_start[c]
            if store[at] * sign[own + k] < least:
                store[at] = sign[own + k] * DEPENDENT
            column = store[at + 1 : at + 1 + d]
            inverse = 1.0 / store[at]
            for i in range(d):
                ratio[i] = column[i] * inverse
            t = target_start[c]
            for i in range(d):
                a = ratio[i]
                for j in range(i + 1):
                    store[base + targets[t + j]] -= a * column[j]
                t += i + 1
            for i in range(d):
                column[i] = ratio[i]
        inner = node_start[b + 1] - own
        size = inner - pivots + border_start[b + 1] - border_start[b]
        front = base + column_start[pivot_start[b] + b + pivots]
        factor_front(store, front, size, inner - pivots, sign[own + pivots : own + inner], least)


@nb.njit(cache=True, nogil=True)
def add_borders(
    store: Floats,
    store_start: Ints,
    column_start: Ints,
    pivot_start: Ints,
    node_start: Ints,
    border_start: Ints,
    border_node: Ints,
    matrix: Floats,
) -> None:
    """Add what each block leaves on the border to the upper half of `matrix`, in block order."""
    for b in range(pivot_start.shape[0] - 1):
        pivots = pivot_start[b + 1] - pivot_start[b]
        tail = node_start[b + 1] - node_start[b] - pivots
        q = border_start[b + 1] - border_start[b]
        size = tail + q
        front = store_start[b] + column_start[pivot_start[b] + b + pivots]
        nodes = border_node[border_start[b] : border_start[b + 1]]
        for i in range(q):
            row = front + (tail + i) * size + tail
            for j in range(i, q):
                matrix[nodes[i], nodes[j]] += store[row + j]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def front_forward(front: Floats, base: int, size: int, pivots: int, x: Floats) -> None:
    """Take the pivots' part out of the rest of `x`, and divide it by their diagonal."""
    for k in range(pivots):
        at = base + k * size + k
        n = size - k
        row = front[at : at + n]
        y = x[k] / row[0]
        x[k] = y
        rest = x[k : k + n]
        for j in range(1, n):
            rest[j] -= y * row[j]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def front_backward(front: Floats, base: int, size: int, pivots: int, x: Floats) -> None:
    """Turn the divided pivots' part of `x` into the solution, given the rest."""
    for k in range(pivots - 1, -1, -1):
        at = base + k * size + k
        n = size - k
        row = front[at : at + n]
        rest = x[k : k + n]
        total = 0.0
        for j in range(1, n):
            total += row[j] * rest[j]
        x[k] -= total / row[0]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def forward_blocks(
    first: int,
    last: int,
    store: Floats,
    store_start: Ints,
    column_start: Ints,
    pivot_start: Ints,
    below_start: Ints,
    below: Shorts,
    node_start: Ints,
    border_start: Ints,
    x: Floats,
    left: Floats,
) -> None:
    """Eliminate the blocks from `x`; `left` is what they add to the border."""
    widest = 0
    for b in range(first, last):
        n = node_start[b + 1] - node_start[b] + border_start[b + 1] - border_start[b]
        widest = max(widest, n)
    work = np.empty(widest)
    for b in range(first, last):
        base, own = store_start[b], node_start[b]
        inner = node_start[b + 1] - own
        q = border_start[b + 1] - border_start[b]
        pivots = pivot_start[b + 1] - pivot_start[b]
        work[:inner] = x[own : own + inner]
        work[inner : inner + q] = 0.0
        for k in range(pivots):
            c = pivot_start[b] + k
            at = base + column_start[c + b]
            y = work[k]
            o = below_start[c]
            for e in range(below_start[c + 1] - o):
                work[below[o + e]] -= store[at + 1 + e] * y
            work[k] = y / store[at]
        front = base + column_start[pivot_start[b] + b + pivots]
        front_forward(store, front, inner - pivots + q, inner - pivots, work[pivots : inner + q])
        x[own : own + inner] = work[:inner]
        left[border_start[b] : border_start[b + 1]] = work[inner : inner + q]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def backward_blocks(
    first: int,
    last: int,
    store: Floats,
    store_start: Ints,
    column_start: Ints,
    pivot_start: Ints,
    below_start: Ints,
    below: Shorts,
    node_start: Ints,
    border_start: Ints,
    border_node: Ints,
    x: Floats,
    border: Floats,
) -> None:
    """Complete `x` from what `forward_blocks` left in it and the border's solution."""
    widest = 0
    for b in range(first, last):
        n = node_start[b + 1] - node_start[b] + border_start[b + 1] - border_start[b]
        widest = max(widest, n)
    work = np.empty(widest)
    for b in range(first, last):
        base, own = store_start[b], node_start[b]
        inner = node_start[b + 1] - own
        q = border_start[b + 1] - border_start[b]
        pivots = pivot_start[b + 1] - pivot_start[b]
        work[:inner] = x[own : own + inner]
        for i in range(q):
            work[inner + i] = border[border_node[border_start[b] + i]]
        front = base + column_start[pivot_start[b] + b + pivots]
        front_backward(store, front, inner - pivots + q, inner - pivots, work[pivots : inner + q])
        for k in range(pivots - 1, -1, -1):
            c = pivot_start[b] + k
            at = base + column_start[c + b]
            o = below_start[c]
            total = 0.0
            for e in range(below_start[c + 1] - o):
                total += store[at + 1 + e] * work[below[o + e]]
            work[k] -= total
        x[own : own + inner] = work[:inner]
