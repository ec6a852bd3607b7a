"""Compiled loop: the schedule in every draw where slots go to whoever is ready first.

The order in which slots are taken then differs from draw to draw, so each draw is worked through
event by event. Work that takes no slot is dated as soon as all it follows is; of work that waits
for a slot and is dated, that which is ready first is served next. What is not dated yet follows
something that is served later, so it is ready later, too.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.references import uncounted
from gigaplan.delivery._kernels import (
    _count_critical,
    _hold_windows,
    _mixed,
    _refusals,
    _stretched,
    factor_scores,
)
from gigaplan.delivery.arrays import ApprovalArrays, Array, NetworkArrays, SharedArrays
from gigaplan.delivery.scores._kernels import BLOCK, look_up, scores, words

_NEVER = np.inf


@uncounted()
def _before(key: Array, a: int, b: int) -> bool:
    """Return whether activity a is served before b: ready sooner, or listed before."""
    return bool(key[a] < key[b] or (key[a] == key[b] and a < b))


@uncounted()
def _push(heap: Array, size: int, key: Array, a: int) -> None:
    at = size
    while at > 0:
        parent = (at - 1) // 2
        if not _before(key, a, heap[parent]):
            break
        heap[at] = heap[parent]
        at = parent
    heap[at] = a


@uncounted()
def _pop(heap: Array, size: int, key: Array) -> int:
    """Take the first from a heap of `size`, and leave a heap of one less."""
    first, last = heap[0], heap[size - 1]
    at, to = 0, size - 1
    while 2 * at + 1 < to:
        child = 2 * at + 1
        if child + 1 < to and _before(key, heap[child + 1], heap[child]):
            child += 1
        if not _before(key, heap[child], last):
            break
        heap[at] = heap[child]
        at = child
    heap[at] = last
    return int(first)


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _lengths(
    network: NetworkArrays,
    approvals: ApprovalArrays,
    shared: SharedArrays,
    block: int,
    factor: Array,
    word: Array,
    near: Array,
    z: Array,
    knot: Array,
    stretch: Array,
    months: Array,
    refused: Array,
) -> None:
    """Fill months and refused [activity, 256] with lengths, refusals' delays added."""
    delay, back = np.empty(BLOCK), shared.tail_back
    if back.size > 0:
        words(shared.tail_key[0], block, word)
        scores(word, near, z)
        look_up(z, knot, shared.tail_table, stretch)
    for a in range(network.key.size):
        if network.table[a] >= 0:
            words(network.key[a], block, word)
            scores(word, near, z)
            i, j = network.load_at[a], network.load_at[a + 1]
            if j > i:
                _mixed(z, network.own[a], factor, network.load_factor[i:j], network.load_value[i:j])
            if back.size > 0:
                _stretched(z, stretch, back, knot)
            look_up(z, knot, network.tables[network.table[a]], near)
            for d in range(BLOCK):
                months[a, d] = near[d]
        else:
            months[a] = network.fixed[a]
        row = network.approval[a]
        refused[a] = False
        if row >= 0:
            _refusals(
                network,
                approvals,
                row,
                block,
                factor,
                stretch,
                back,
                word,
                near,
                z,
                knot,
                delay,
                refused[a],
            )
            months[a] += delay


@uncounted()
def _through_holds(
    begin: Array, end: Array, d: int, start: float, finish: float
) -> tuple[float, float]:
    """Return start and finish moved by the holds [event, draw] that they meet."""
    for n in range(begin.shape[0]):
        if start < end[n, d] and finish > begin[n, d]:
            wait = end[n, d] - max(begin[n, d], start)
            finish += wait
            if start >= begin[n, d]:
                start += wait
    return start, finish


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _serve(
    network: NetworkArrays,
    shared: SharedArrays,
    after_at: Array,
    after: Array,
    d: int,
    months: Array,
    refused: Array,
    begin: Array,
    end: Array,
    scratch: Array,
    starts: Array,
    finishes: Array,
) -> None:
    """Fill starts and finishes [activity] of draw d from its months and refusals [activity].

    scratch[3, activity] of int64 holds how many each waits for, what can be dated, and who queues.
    """
    count = network.key.size
    waiting, dated, queue = scratch[0], scratch[1], scratch[2]
    ready, free = network.earliest.copy(), np.zeros(shared.slot_at[-1])
    waits, known = 0, 0
    for a in range(count):
        waiting[a] = network.link_at[a + 1] - network.link_at[a]
        if waiting[a] == 0:
            if network.slots[a] >= 0:
                _push(queue, waits, ready, a)
                waits += 1
            else:
                dated[known] = a
                known += 1
    while known > 0 or waits > 0:
        if known > 0:
            known -= 1
            a = dated[known]
        else:
            a = _pop(queue, waits, ready)
            waits -= 1
        start, g, place = ready[a], network.slots[a], -1
        if g >= 0:
            first, last = shared.slot_at[g], shared.slot_at[g + 1]
            place = first + int(np.argmin(free[first:last]))
            start = max(start, free[place])
        finish = start + months[a]
        h = network.design[a]
        if h >= 0:
            start, finish = _through_holds(begin[h], end[h], d, start, finish)
        until, stop = finish, network.stop[a]
        if stop >= 0:
            given_up = finishes[stop]
            if start >= given_up:
                start = finish = until = _NEVER
            elif finish > given_up:
                finish, until = _NEVER, given_up
        if place >= 0 and start != _NEVER:
            hold = shared.slot_hold[g]
            free[place] = until if hold < 0 else start + hold
        if refused[a]:
            finish = _NEVER
        starts[a], finishes[a] = start, finish
        for n in range(after_at[a], after_at[a + 1]):
            b, lag = after[n, 0], network.link_lag[after[n, 1]]
            if lag != -_NEVER:
                ready[b] = max(ready[b], finish + lag)
            waiting[b] -= 1
            if waiting[b] > 0:
                continue
            if network.slots[b] >= 0:
                _push(queue, waits, ready, b)
                waits += 1
            else:
                dated[known] = b
                known += 1


@nb.njit(cache=True, nogil=True, error_model="numpy")
def first_ready_blocks(
    network: NetworkArrays,
    approvals: ApprovalArrays,
    shared: SharedArrays,
    after_at: Array,
    after: Array,
    first_block: int,
    last_block: int,
    first_draw: int,
    draws: int,
    origin: float,
    keep_start: bool,
    start_out: Array,
    finish_out: Array,
    critical: Array,
    counts: Array,
) -> None:
    """Simulate blocks as `simulate_blocks` does, slots going to whoever is ready first.

    after[after_at[a]:after_at[a + 1]] are the activities that need a, and by which link.
    """
    count, events = network.key.size, shared.hold_events
    word, knot = np.empty(BLOCK, np.int32), np.empty(BLOCK, np.uint32)
    near, z = np.empty(BLOCK, np.float32), np.empty(BLOCK, np.float32)
    stretch = np.empty(BLOCK, np.float32)
    factor = np.empty((shared.factor_key.size, BLOCK), np.float32)
    months, refused = np.empty((count, BLOCK)), np.empty((count, BLOCK), np.bool_)
    # a draw's own lie together while it is worked through
    starts, finishes = np.empty((BLOCK, count)), np.empty((BLOCK, count))
    scratch = np.empty((3, count), np.int64)
    begin = np.empty((shared.hold_key.size, events, BLOCK))
    end = np.empty((shared.hold_key.size, events, BLOCK))
    for block in range(first_block, last_block):
        factor_scores(shared, block, word, near, factor)
        _hold_windows(network, shared, block, word, near, z, knot, begin, end)
        _lengths(
            network, approvals, shared, block, factor, word, near, z, knot, stretch, months, refused
        )
        at = block * BLOCK - first_draw
        used = min(BLOCK, draws - at)
        own_months, own_refused = months.T.copy(), refused.T.copy()
        for d in range(used):
            _serve(
                network,
                shared,
                after_at,
                after,
                d,
                own_months[d],
                own_refused[d],
                begin,
                end,
                scratch,
                starts[d],
                finishes[d],
            )
        by_activity = finishes.T.copy()
        for a in range(count):
            out = network.out_row[a]
            if out >= 0:
                finish_out[out, at : at + used] = by_activity[a, :used] + origin
                if keep_start:
                    start_out[out, at : at + used] = starts[:used, a] + origin
        if critical[0]:
            _count_critical(network, starts.T.copy(), by_activity, used, counts)
