"""Compiled loops: random normals, duration look-up and the schedule itself, 256 draws at a time.

Random numbers. A stream is a key; draw d takes word ``(d mod 256) div 64`` of the
Philox4x32 counter ``64 (d div 256) + d mod 64``, so a number depends on its key and
draw alone. A word w, read as signed, is the uniform ``(w + 1/2) / 2^32 + 1/2``: 32 bits.

Normals. M. J. Wichura, "Algorithm AS 241: the percentage points of the normal
distribution", Applied Statistics 37 (1988) 477-484, the form for single
precision, with its logarithm by ``ln m = 2 artanh((m - 1) / (m + 1))``. The error
against double precision is below 2e-6 in the score everywhere.
"""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.core.random_streams import philox4x32
from gigaplan.delivery.arrays import ApprovalArrays, Array, NetworkArrays, SharedArrays
from gigaplan.delivery.durations import KNOTS, KNOTS_PER_UNIT, Z_MAX

BLOCK = 256
_WORD = 64
_MASK = np.uint64(0xFFFFFFFF)
_32 = np.uint64(32)
_ZERO = np.uint64(0)
_FAST = {"contract", "nsz"}  # products and sums may fuse; infinities keep their meaning

_f = np.float32
_A = (_f(3.3871327179), _f(50.434271938), _f(159.29113202), _f(59.109374720))
_B = (_f(17.895169469), _f(78.757757664), _f(67.187563600))
_C = (_f(1.4234372777), _f(2.7568153900), _f(1.3067284816), _f(0.17023821103))
_D = (_f(0.73700164250), _f(0.12021132975))
_ONE, _TWO, _HALF = _f(1.0), _f(2.0), _f(0.5)
_THIRD, _FIFTH, _SEVENTH = _f(1 / 3), _f(1 / 5), _f(1 / 7)
_LN2, _SCALE, _CENTRAL, _SPLIT = _f(0.6931471805599453), _f(2.0**-32), _f(0.180625), _f(1.6)
_BITS = _f(32.0)
_ROOT_HALF_BITS = np.int32(0x3F3504F3)
_Z_MAX, _PER_UNIT, _TOP = _f(Z_MAX), _f(KNOTS_PER_UNIT), _f(KNOTS - 2)
_NEVER = np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def words(key: np.uint64, block: int, out: Array) -> None:
    """Fill out[256] with the block's random words of a stream, as signed integers."""
    low, high = key & _MASK, key >> _32
    first = np.uint64(block) * np.uint64(_WORD)
    for j in range(_WORD):
        counter = first + np.uint64(j)
        a, b, c, d = philox4x32(counter & _MASK, counter >> _32, _ZERO, _ZERO, low, high)
        out[j] = np.int32(a)
        out[j + _WORD] = np.int32(b)
        out[j + 2 * _WORD] = np.int32(c)
        out[j + 3 * _WORD] = np.int32(d)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def scores(word: Array, near: Array, out: Array) -> None:
    """Turn random words into standard normals; `near` is scratch, all of shape [256]."""
    bits = near.view(np.int32)
    for d in range(BLOCK):
        folded = word[d] ^ (word[d] >> np.int32(31))
        near[d] = np.float32(np.int32(2147483647) - folded) + _HALF
    for d in range(BLOCK):
        power = np.int32((bits[d] - _ROOT_HALF_BITS) >> np.int32(23))
        bits[d] = np.int32(bits[d] - np.int32(power << np.int32(23)))
        out[d] = np.float32(power)
    for d in range(BLOCK):
        s = (near[d] - _ONE) / (near[d] + _ONE)
        s2 = s * s
        log = _TWO * s * (_ONE + s2 * (_THIRD + s2 * (_FIFTH + s2 * _SEVENTH)))
        r = np.sqrt(-(log + (out[d] - _BITS) * _LN2)) - _SPLIT
        tail = (((_C[3] * r + _C[2]) * r + _C[1]) * r + _C[0]) / ((_D[1] * r + _D[0]) * r + _ONE)
        q = np.float32(word[d]) * _SCALE
        r = _CENTRAL - q * q
        top = ((_A[3] * r + _A[2]) * r + _A[1]) * r + _A[0]
        centre = q * top / (((_B[2] * r + _B[1]) * r + _B[0]) * r + _ONE)
        outside = tail if q > 0 else -tail
        out[d] = centre if r >= 0 else outside


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
def look_up(z: Array, table: Array, out: Array) -> None:
    """Fill out[256] with months at normal scores; a score beyond the table is held at its end."""
    for d in range(BLOCK):
        x = (z[d] + _Z_MAX) * _PER_UNIT
        x = x if x > 0 else _f(0.0)
        x = x if x < _TOP else _TOP
        i = np.int32(x)
        low = table[i]
        out[d] = low + (x - np.float32(i)) * (table[i + 1] - low)


@nb.njit(cache=True, nogil=True, error_model="numpy", fastmath=_FAST)
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
        out[k] = _f(0.0)
        for j in range(k + 1):
            if root[k, j] != 0:
                for d in range(BLOCK):
                    out[k, d] += root[k, j] * own[j, d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _hold_windows(
    network: NetworkArrays,
    shared: SharedArrays,
    block: int,
    word: Array,
    near: Array,
    z: Array,
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
                look_up(z, network.tables[shared.hold_table[g]], months)
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
    word: Array,
    near: Array,
    z: Array,
    delay: Array,
    refused: Array,
) -> None:
    """Fill delay[256] with months that refusals add, and refused[256] with final refusals."""
    words(approvals.key[row], block, word)
    scores(word, near, z)
    at, to = approvals.load_at[row], approvals.load_at[row + 1]
    load, value = approvals.load_factor[at:to], approvals.load_value[at:to]
    _mixed(z, approvals.own[row], factor, load, value)
    limit = approvals.score[approvals.score_at[row] : approvals.score_at[row + 1]]
    times = np.zeros(BLOCK, np.int64)
    for n in range(limit.size):
        for d in range(BLOCK):
            if z[d] > limit[n]:
                times[d] += 1
    if approvals.delay_table[row] >= 0:
        words(approvals.delay_key[row], block, word)
        scores(word, near, z)
        look_up(z, network.tables[approvals.delay_table[row]], near)
    else:
        near[:] = np.float32(approvals.delay_fixed[row])
    for d in range(BLOCK):
        refused[d] = times[d] == limit.size
        # the last refusal is not followed by another application
        delay[d] = min(times[d], limit.size - 1) * near[d]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _wait_for_slot(free: Array, start: Array, place: Array) -> None:
    """Move start[256] to when a place of free[place, 256] is first free, and say which it is."""
    for d in range(BLOCK):
        best = 0
        for n in range(1, free.shape[0]):
            if free[n, d] < free[best, d]:
                best = n
        place[d] = best
        start[d] = max(start[d], free[best, d])


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _hold_slot(free: Array, hold: float, start: Array, finish: Array, place: Array) -> None:
    """Keep the places taken until the work ends, or for `hold` months from its start."""
    for d in range(BLOCK):
        if start[d] != _NEVER:
            free[place[d], d] = finish[d] if hold < 0 else start[d] + hold


@nb.njit(cache=True, nogil=True, error_model="numpy")
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
def _ready(network: NetworkArrays, a: int, finish: Array, out: Array) -> None:
    earliest = network.earliest[a]
    for d in range(BLOCK):
        out[d] = earliest
    for n in range(network.link_at[a], network.link_at[a + 1]):
        before, lag = finish[network.link_from[n]], network.link_lag[n]
        for d in range(BLOCK):
            t = before[d] + lag
            out[d] = t if t > out[d] else out[d]


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


@nb.njit(cache=True, nogil=True, error_model="numpy")
def simulate_blocks(
    network: NetworkArrays,
    approvals: ApprovalArrays,
    shared: SharedArrays,
    first_block: int,
    last_block: int,
    draws: int,
    origin: float,
    keep_start: bool,
    start_out: Array,
    finish_out: Array,
    critical: Array,
    counts: Array,
) -> None:
    """Simulate blocks first_block to last_block - 1 of all draws.

    Writes months since year 0 to start_out and finish_out [row, draw], and adds the draws
    with each activity critical to counts[activity] where critical[0].
    """
    activities = network.key.size
    word = np.empty(BLOCK, np.int32)
    near = np.empty(BLOCK, np.float32)
    z = np.empty(BLOCK, np.float32)
    months32 = np.empty(BLOCK, np.float32)
    months = np.empty(BLOCK)
    delay = np.empty(BLOCK)
    refused = np.empty(BLOCK, np.bool_)
    place = np.empty(BLOCK, np.int64)
    factor = np.empty((shared.factor_key.size, BLOCK), np.float32)
    start = np.empty((activities, BLOCK))
    finish = np.empty((activities, BLOCK))
    free = np.empty((shared.slot_at[-1], BLOCK))
    events = shared.hold_events
    begin = np.empty((shared.hold_key.size, events, BLOCK))
    end = np.empty((shared.hold_key.size, events, BLOCK))
    for block in range(first_block, last_block):
        factor_scores(shared, block, word, near, factor)
        _hold_windows(network, shared, block, word, near, z, begin, end)
        free[:] = 0.0
        at, used = block * BLOCK, min(BLOCK, draws - block * BLOCK)
        for a in range(activities):
            _ready(network, a, finish, start[a])
            if network.table[a] >= 0:
                words(network.key[a], block, word)
                scores(word, near, z)
                i, j = network.load_at[a], network.load_at[a + 1]
                if j > i:
                    load, value = network.load_factor[i:j], network.load_value[i:j]
                    _mixed(z, network.own[a], factor, load, value)
                look_up(z, network.tables[network.table[a]], months32)
                for d in range(BLOCK):
                    months[d] = months32[d]
            else:
                months[:] = network.fixed[a]
            row = network.approval[a]
            if row >= 0:
                _refusals(network, approvals, row, block, factor, word, near, z, delay, refused)
                for d in range(BLOCK):
                    months[d] += delay[d]
            if network.slots[a] >= 0:
                g = network.slots[a]
                places = free[shared.slot_at[g] : shared.slot_at[g + 1]]
                _wait_for_slot(places, start[a], place)
            for d in range(BLOCK):
                finish[a, d] = start[a, d] + months[d]
            if network.design[a] >= 0:
                g = network.design[a]
                _stand_still(begin[g], end[g], start[a], finish[a])
            if network.slots[a] >= 0:
                g = network.slots[a]
                places = free[shared.slot_at[g] : shared.slot_at[g + 1]]
                _hold_slot(places, shared.slot_hold[g], start[a], finish[a], place)
            if row >= 0:
                for d in range(BLOCK):
                    if refused[d]:
                        finish[a, d] = _NEVER
            out = network.out_row[a]
            if out >= 0:
                for d in range(used):
                    finish_out[out, at + d] = finish[a, d] + origin
                if keep_start:
                    for d in range(used):
                        start_out[out, at + d] = start[a, d] + origin
        if critical[0]:
            _count_critical(network, start, finish, used, counts)
