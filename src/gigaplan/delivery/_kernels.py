"""Compiled loops: the schedule in every draw, 256 draws at a time."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.references import borrowed, uncounted
from gigaplan.delivery.arrays import ApprovalArrays, Array, NetworkArrays, SharedArrays, Work
from gigaplan.delivery.heavy_tail import TAIL_SCALE
from gigaplan.delivery.scores._kernels import BLOCK, look_up, scores, words

_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning
_ZERO, _ONE = np.float32(0.0), np.float32(1.0)
_TAIL_SCALE = np.float32(TAIL_SCALE)
_NEVER = np.inf


@uncounted()
def _after(before: Array, lag: float, start: Array) -> None:
    """Move start[256] behind the end of a predecessor and its lag.

    The zero keeps all of start stored: to store only what moves takes a mask, which is slow.
    """
    for d in range(BLOCK):
        x = before[d] + lag
        start[d] = (x if x > start[d] else start[d]) + 0.0


@uncounted()
def _after_first(before: Array, lag: float, earliest: float, start: Array) -> None:
    """Fill start[256] with the end of a predecessor and its lag, or the milestone."""
    for d in range(BLOCK):
        x = before[d] + lag
        start[d] = x if x > earliest else earliest


@uncounted(fastmath=_FAST)
def _mixed(z: Array, own: float, factor: Array, load: Array, value: Array) -> None:
    """Add shared causes to an activity's own normals, in place."""
    for d in range(BLOCK):
        z[d] *= own
    for n in range(load.size):
        row, weight = factor[load[n]], value[n]
        for d in range(BLOCK):
            z[d] += weight * row[d]


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def factor_scores(shared: SharedArrays, block: int, word: Array, near: Array, out: Array) -> None:
    """Fill out[factor, 256] with the shared causes of a block of draws."""
    root = shared.factor_root
    count = shared.factor_key.size
    own = np.empty((count, BLOCK), np.float32)
    for k in range(count):
        words(shared.factor_key[k], block, word)
        scores(word, near, own[k])
        out[k] = _ZERO
        for j in range(k + 1):
            if root[k, j] != 0:
                for d in range(BLOCK):
                    out[k, d] += root[k, j] * own[j, d]


@uncounted(fastmath=_FAST)
def _stretched(z: Array, stretch: Array, back: Array, knot: Array) -> None:
    """Stretch normals of a draw by its common number, and make them normal again, in place.

    ``x / sqrt(TAIL_SCALE + x^2)`` lies from -1 to 1: knots even in it are dense in the middle.
    knot[256] of uint32 is scratch; the first loop has no look-up and runs on whole vectors.
    """
    half, top = np.float32(0.5 * (back.size - 1)), np.float32(back.size - 2)
    whole = knot.view(np.int32)
    for d in range(BLOCK):
        x = z[d] * stretch[d]
        at = (x / np.sqrt(_TAIL_SCALE + x * x) + _ONE) * half
        whole[d] = np.int32(min(at, top))
        z[d] = at - np.float32(whole[d])
    for d in range(BLOCK):
        low = back[knot[d]]
        z[d] = low + z[d] * (back[knot[d] + np.uint32(1)] - low)


@uncounted()
def _give_up(stop: Array, start: Array, finish: Array, gone: Array) -> None:
    """End work[256] that is under way at `stop`, and say which; keep later work from beginning."""
    for d in range(BLOCK):
        gone[d] = finish[d] > stop[d]
        if start[d] >= stop[d]:
            start[d] = _NEVER
            finish[d] = _NEVER
        elif gone[d]:
            finish[d] = stop[d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _hold_windows(
    network: NetworkArrays,
    shared: SharedArrays,
    block: int,
    word: Array,
    near: Array,
    z: Array,
    knot: Array,
    begin: Array,
    end: Array,
) -> None:
    """Fill begin and end [design, event, 256] with the months of each design's holds."""
    months = np.empty(BLOCK, np.float32)
    for g in range(shared.hold_key.size):
        for n in range(shared.hold_events):
            words(shared.hold_key[g] + np.uint64(2 * n), block, word)
            for d in range(BLOCK):
                share = (np.float64(word[d]) + 0.5) * 2.0**-32 + 0.5
                wait = -np.log(share) / shared.hold_rate[g]
                begin[g, n, d] = wait + (end[g, n - 1, d] if n > 0 else 0.0)
            if shared.hold_table[g] >= 0:
                words(shared.hold_key[g] + np.uint64(2 * n + 1), block, word)
                scores(word, near, z)
                look_up(z, knot, network.tables[shared.hold_table[g]], months)
            else:
                months[:] = np.float32(shared.hold_fixed[g])
            for d in range(BLOCK):
                end[g, n, d] = begin[g, n, d] + months[d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _refusals(
    network: NetworkArrays,
    approvals: ApprovalArrays,
    row: int,
    block: int,
    factor: Array,
    stretch: Array,
    back: Array,
    word: Array,
    near: Array,
    z: Array,
    knot: Array,
    delay: Array,
    refused: Array,
) -> None:
    """Fill delay[256] with months that refusals add, and refused[256] with final refusals."""
    words(approvals.key[row], block, word)
    scores(word, near, z)
    at, to = approvals.load_at[row], approvals.load_at[row + 1]
    load, value = approvals.load_factor[at:to], approvals.load_value[at:to]
    _mixed(z, approvals.own[row], factor, load, value)
    if back.size > 0:
        _stretched(z, stretch, back, knot)
    limit = approvals.score[approvals.score_at[row] : approvals.score_at[row + 1]]
    times = np.zeros(BLOCK, np.int64)
    for n in range(limit.size):
        for d in range(BLOCK):
            if z[d] > limit[n]:
                times[d] += 1
    if approvals.delay_table[row] >= 0:
        words(approvals.delay_key[row], block, word)
        scores(word, near, z)
        look_up(z, knot, network.tables[approvals.delay_table[row]], near)
    else:
        near[:] = np.float32(approvals.delay_fixed[row])
    for d in range(BLOCK):
        refused[d] = times[d] == limit.size
        # the last refusal is not followed by another application
        delay[d] = min(times[d], limit.size - 1) * near[d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _wait_for_slot(free: Array, start: Array, first: Array, place: Array) -> None:
    """Move start[256] to when a place of free[place, 256] is first free, and say which it is.

    The least is found first and its place after that: each loop then works on numbers of one
    kind, so on whole vectors. The zeros are those of `_after`.
    """
    first[:] = free[0]
    place[:] = 0.0
    for n in range(1, free.shape[0]):
        row = free[n]
        for d in range(BLOCK):
            first[d] = (row[d] if row[d] < first[d] else first[d]) + 0.0
    for n in range(1, free.shape[0]):
        row, number = free[n], np.float64(n)
        for d in range(BLOCK):
            place[d] = (number if row[d] == first[d] else place[d]) + 0.0
    _after(first, 0.0, start)


@uncounted()
def _hold_slot(free: Array, hold: float, start: Array, finish: Array, place: Array) -> None:
    """Keep the places taken until the work ends, or for `hold` months from its start."""
    for d in range(BLOCK):
        if start[d] != _NEVER:
            free[np.int64(place[d]), d] = finish[d] if hold < 0 else start[d] + hold


@uncounted()
def _stand_still(begin: Array, end: Array, start: Array, finish: Array) -> None:
    """Move start[256] out of holds [event, 256], and finish by the holds met on the way."""
    for n in range(begin.shape[0]):
        for d in range(BLOCK):
            if start[d] < end[n, d] and finish[d] > begin[n, d]:
                wait = end[n, d] - max(begin[n, d], start[d])
                finish[d] += wait
                if start[d] >= begin[n, d]:
                    start[d] += wait


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _count_critical(
    network: NetworkArrays, start: Array, finish: Array, draws: int, counts: Array
) -> None:
    """Add to counts[activity] the draws in which each lies on a chain that sets its project."""
    last = np.zeros((network.projects, BLOCK))
    critical = np.zeros((finish.shape[0], BLOCK), np.bool_)
    for a in range(finish.shape[0]):
        if network.is_last[a]:
            row = last[network.project[a]]
            for d in range(BLOCK):
                row[d] = max(row[d], finish[a, d])
    for a in range(finish.shape[0] - 1, -1, -1):
        row, own = last[network.project[a]], critical[a]
        if network.is_last[a]:
            for d in range(BLOCK):
                own[d] |= (finish[a, d] == row[d]) and finish[a, d] != _NEVER
        for n in range(network.link_at[a], network.link_at[a + 1]):
            b, lag = network.link_from[n], network.link_lag[n]
            for d in range(BLOCK):
                critical[b, d] |= own[d] and finish[b, d] + lag >= start[a, d]
        total = 0
        for d in range(draws):
            total += own[d]
        counts[a] += total


@uncounted()
def _later(start: Array, months: Array, finish: Array) -> None:
    for d in range(BLOCK):
        finish[d] = start[d] + months[d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _make_work(network: NetworkArrays, shared: SharedArrays, keep_starts: bool) -> Work:
    """Return room to simulate blocks in, one by one."""
    holds = (shared.hold_key.size, shared.hold_events, BLOCK)
    return Work(
        np.empty(BLOCK, np.int32),
        np.empty(BLOCK, np.float32),
        np.empty(BLOCK, np.float32),
        np.empty(BLOCK, np.uint32),
        np.empty(BLOCK),
        np.empty(BLOCK, np.bool_),
        np.empty(BLOCK, np.bool_),
        np.empty(BLOCK, np.float32),
        np.empty(BLOCK),
        np.empty(BLOCK),
        np.empty((shared.factor_key.size, BLOCK), np.float32),
        np.empty((network.key.size if keep_starts else 1, BLOCK)),
        np.empty((network.rows, BLOCK)),
        np.empty((shared.slot_at[-1], BLOCK)),
        np.empty(holds),
        np.empty(holds),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def simulate_blocks(
    network: NetworkArrays,
    approvals: ApprovalArrays,
    shared: SharedArrays,
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
    """Simulate blocks first_block to last_block - 1 of all draws.

    What is done for every activity takes single arrays: handing on a tuple of arrays costs as
    much as working on them.

    Writes months since year 0 of draws first_draw to first_draw + draws - 1 to start_out and
    finish_out [row, draw], and adds the draws with each activity critical to counts[activity]
    where critical[0]; then `network.row` must give each activity a row of its own.
    """
    own = _make_work(network, shared, critical[0])
    network, approvals, shared = borrowed(network), borrowed(approvals), borrowed(shared)
    start_out, finish_out = borrowed(start_out), borrowed(finish_out)
    critical, counts, work = borrowed(critical), borrowed(counts), borrowed(own)
    activities, back = network.key.size, shared.tail_back
    word, near, z, knot, stretch = work.word, work.near, work.z, work.knot, work.stretch
    delay, refused, gone, first, place = work.delay, work.refused, work.gone, work.first, work.place
    factor, starts, finishes, free = work.factor, work.start, work.finish, work.free
    begin, end = work.begin, work.end
    for block in range(first_block, last_block):
        factor_scores(shared, block, word, near, factor)
        _hold_windows(network, shared, block, word, near, z, knot, begin, end)
        if back.size > 0:
            words(shared.tail_key[0], block, word)
            scores(word, near, z)
            look_up(z, knot, shared.tail_table, stretch)
        free[:] = 0.0
        at = block * BLOCK - first_draw
        used = min(BLOCK, draws - at)
        for a in range(activities):
            start = starts[a if critical[0] else 0]
            finish = finishes[network.row[a]]
            g, row = network.slots[a], network.approval[a]
            n, to = network.link_at[a], network.link_at[a + 1]
            if n < to:
                before = finishes[network.row[network.link_from[n]]]
                _after_first(before, network.link_lag[n], network.earliest[a], start)
            else:
                start[:] = network.earliest[a]
            for n in range(network.link_at[a] + 1, to):
                _after(finishes[network.row[network.link_from[n]]], network.link_lag[n], start)
            if g >= 0:
                _wait_for_slot(free[shared.slot_at[g] : shared.slot_at[g + 1]], start, first, place)
            if network.table[a] >= 0:
                words(network.key[a], block, word)
                scores(word, near, z)
                i, j = network.load_at[a], network.load_at[a + 1]
                if j > i:
                    load, value = network.load_factor[i:j], network.load_value[i:j]
                    _mixed(z, network.own[a], factor, load, value)
                if back.size > 0:
                    _stretched(z, stretch, back, knot)
                look_up(z, knot, network.tables[network.table[a]], near)
                _later(start, near, finish)
            else:
                for d in range(BLOCK):
                    finish[d] = start[d] + network.fixed[a]
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
                    refused,
                )
                for d in range(BLOCK):
                    finish[d] += delay[d]
            if network.design[a] >= 0:
                h = network.design[a]
                _stand_still(begin[h], end[h], start, finish)
            stop = network.stop[a]
            if stop >= 0:
                _give_up(finishes[network.row[stop]], start, finish, gone)
            if g >= 0:
                places = free[shared.slot_at[g] : shared.slot_at[g + 1]]
                _hold_slot(places, shared.slot_hold[g], start, finish, place)
            if row >= 0:
                for d in range(BLOCK):
                    if refused[d]:
                        finish[d] = _NEVER
            if stop >= 0:
                for d in range(BLOCK):
                    if gone[d]:
                        finish[d] = _NEVER
            out = network.out_row[a]
            if out >= 0:
                for d in range(used):
                    finish_out[out, at + d] = finish[d] + origin
                if keep_start:
                    for d in range(used):
                        start_out[out, at + d] = start[d] + origin
        if critical[0]:
            _count_critical(network, starts, finishes, used, counts)
    own.delay[:] = 0.0  # what is borrowed is kept until here
