"""Compiled loops: random numbers of outages, and units that fail at a constant rate.

The first pairs of exponentials of all units are drawn together, and what units of constant rates
make of them is worked out row by row, several units at a time. As many rows are drawn as most
units need in a year; later pairs come unit by unit. Pair i of a unit and sample
takes half of the Philox4x32 counter (sample, i div 2, 1), however many are drawn at once.
Exponentials are of single precision: off by some 1e-7.
"""

from __future__ import annotations

import math

import numba as nb
import numpy as np

from gigaplan.core._kernels import exponentials
from gigaplan.core.random_streams import philox4x32
from gigaplan.core.references import uncounted
from gigaplan.operations.arrays import Array, Scratch, UnitArrays
from gigaplan.operations.outage_model import MOST_EVENTS

LATER = 8
"""Pairs that are drawn at once for a unit that needs more than the first."""
_FEWEST, _MOST = 4, 32
GROUP_BITS = 3
"""Hours of a group, as a power of two; a group that no unit's change touches is not summed up."""

_MASK, _32 = np.uint64(0xFFFFFFFF), np.uint64(32)


@uncounted()
def _words(key: Array, sample: int, index: int, out: Array) -> None:
    """Fill out[4 units] with the words of one counter of every unit."""
    low, high = np.uint64(sample) & _MASK, np.uint64(sample) >> _32
    n = key.size
    for u in range(n):
        a, b, c, d = philox4x32(
            low, high, np.uint64(index), np.uint64(1), key[u] & _MASK, key[u] >> _32
        )
        out[u] = np.int32(a)
        out[n + u] = np.int32(b)
        out[2 * n + u] = np.int32(c)
        out[3 * n + u] = np.int32(d)


@uncounted()
def draw(units: UnitArrays, sample: int, scratch: Scratch) -> None:
    """Fill scratch.pairs with the first pairs of every unit, and what constant rates make of them.

    Row 2 i is the first of pair i, row 2 i + 1 the second.
    """
    word, n = scratch.word.reshape(-1), units.key.size
    for j in range(scratch.begin.shape[0] // 2):
        _words(units.key, sample, j, word[4 * j * n : 4 * (j + 1) * n])
    exponentials(word, scratch.near.reshape(-1), scratch.pairs.reshape(-1))
    _times(
        scratch.down_above,
        scratch.life_hours,
        scratch.repair_hours,
        scratch.begins,
        scratch.hours,
        scratch.pairs,
        scratch.time,
        scratch.late,
        scratch.begin,
        scratch.end,
    )


@uncounted()
def _times(
    down_above: Array,
    life_hours: Array,
    repair_hours: Array,
    begins: Array,
    hours: float,
    pairs: Array,
    time: Array,
    late: Array,
    begin: Array,
    end: Array,
) -> None:
    """Fill begin and end [pair, unit] with the hours of units' lives, time with the last end.

    Plain arrays: handing on tuples of arrays costs more than the work. `late` is scratch.
    """
    for u in range(time.size):
        down = pairs[0, u] > down_above[u]
        time[u] = begins[u] + (repair_hours[u] if down else life_hours[u]) * pairs[1, u]
        late[u] = 0.0 if down else repair_hours[u]
        begin[0, u] = 0
        end[0, u] = 0 if down else np.int32(math.ceil(min(time[u], hours)))
    for i in range(1, begin.shape[0]):
        for u in range(time.size):
            up = time[u] + late[u] * pairs[2 * i, u]
            time[u] = up + life_hours[u] * pairs[2 * i + 1, u]
            begin[i, u] = np.int32(math.ceil(min(up, hours)))
            end[i, u] = np.int32(math.ceil(min(time[u], hours)))
        if i == 1:  # a unit that was down first had waited for its repair already
            for u in range(time.size):
                late[u] = repair_hours[u]


@uncounted()
def later_pairs(
    key: np.uint64, sample: int, first: int, word: Array, near: Array, out: Array
) -> None:
    """Fill out[2 LATER] with the pairs of a unit from pair `first` on, which is even."""
    low, high = np.uint64(sample) & _MASK, np.uint64(sample) >> _32
    for j in range(LATER // 2):
        index = np.uint64(first // 2 + j)
        a, b, c, d = philox4x32(low, high, index, np.uint64(1), key & _MASK, key >> _32)
        word[4 * j], word[4 * j + 1] = np.int32(a), np.int32(b)
        word[4 * j + 2], word[4 * j + 3] = np.int32(c), np.int32(d)
    exponentials(word, near, out)


@uncounted(inline="always")
def between(row: Array, mark: Array, mw: float, first: int, end: int) -> None:
    """Add MW from first to end."""
    row[first] += mw
    row[end] -= mw
    mark[first >> GROUP_BITS] = 1
    mark[end >> GROUP_BITS] = 1


@uncounted()
def add_simple(
    first: int,
    last: int,
    simple: Array,
    key: Array,
    capacity_mw: Array,
    life_hours: Array,
    repair_hours: Array,
    sample: int,
    time: Array,
    begin: Array,
    end: Array,
    word: Array,
    near: Array,
    pairs: Array,
    row: Array,
    mark: Array,
) -> None:
    """Add simple units among `first` to `last` - 1 to a row of differences [hour + 1].

    `word`, `near` and `pairs` are scratch for later pairs.
    """
    for i in range(begin.shape[0]):
        for u in range(first, last):
            if begin[i, u] < end[i, u] and simple[u]:
                between(row, mark, capacity_mw[u], begin[i, u], end[i, u])
    hours = float(row.size - 1)
    for u in range(first, last):
        i, now = begin.shape[0], time[u]
        while now < hours and simple[u]:
            k = 2 * ((i - begin.shape[0]) % LATER)
            if k == 0:
                later_pairs(key[u], sample, i, word, near, pairs)
            up = now + repair_hours[u] * pairs[k]
            now = up + life_hours[u] * pairs[k + 1]
            a, b = math.ceil(min(up, hours)), math.ceil(min(now, hours))
            if a < b:
                between(row, mark, capacity_mw[u], a, b)
            i += 1


@nb.njit(cache=True, nogil=True, error_model="numpy")
def _rows(lives: Array) -> int:
    """Return how many pairs to draw at once, even, from the lives that units have in a year.

    Three quarters of the units need no more in five years of six.
    """
    if lives.size == 0:
        return _FEWEST
    usual = np.quantile(lives, 0.75)
    return int(min(max(2 * math.ceil((usual + math.sqrt(usual) + 1.0) / 2), _FEWEST), _MOST))


@nb.njit(cache=True, nogil=True, error_model="numpy")
def make_scratch(units: UnitArrays, hours: int) -> Scratch:
    """Return room to sample any unit in."""
    most, n = 0, units.key.size
    for u in range(n):
        count = units.window_offset[u + 1] - units.window_offset[u]
        if units.cycle_hours[u] > 0:
            count += int(hours / units.cycle_hours[u]) + 2
        count += MOST_EVENTS * (units.cause_offset[u + 1] - units.cause_offset[u])
        most = max(most, count)
    above, begins = np.full(n, -1.0), np.full(n, 2.0 * hours)
    life, repair = np.zeros(n), np.zeros(n)
    for u in range(n):
        if units.constant[u]:
            life[u], repair[u], begins[u] = units.mttf_hours[u], units.mttr_hours[u], 0.0
            # an exponential exceeds -ln p with the chance p
            above[u] = -math.log(repair[u] / (life[u] + repair[u]))
    cycle = (life + repair)[units.constant]
    rows = _rows(hours / cycle)
    shape = (2 * rows, n)
    return Scratch(
        np.empty(shape, np.int32),
        np.empty(shape, np.float32),
        np.empty(shape, np.float32),
        np.empty(2 * LATER, np.int32),
        np.empty(2 * LATER, np.float32),
        np.empty(2 * LATER, np.float32),
        above,
        life,
        repair,
        begins,
        float(hours),
        np.empty(n),
        np.empty(n),
        np.empty((rows, n), np.int32),
        np.empty((rows, n), np.int32),
        np.empty(most + 1, np.int64),
        np.empty(most + 1, np.int64),
        np.zeros(units.cause_key.size, np.int64),
        np.zeros((units.cause_key.size, MOST_EVENTS), np.int64),
        np.zeros((units.cause_key.size, MOST_EVENTS), np.int64),
    )


@nb.njit(cache=True, nogil=True, error_model="numpy")
def make_changes(rows: int, hours: int) -> tuple[Array, Array]:
    """Return changes of MW [row, hour + 1] and marks [row, group], all nought."""
    return np.zeros((rows, hours + 1)), np.zeros((rows, (hours >> GROUP_BITS) + 1), np.uint8)
