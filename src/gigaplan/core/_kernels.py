"""Compiled loops of the core."""

from __future__ import annotations

from typing import Any

import numba as nb
import numpy as np

from gigaplan.core.references import uncounted

Array = Any  # numba infers the element types

_ALL_BUT_SIGN = np.int32(0x7FFFFFFF)


@uncounted()
def _single(values: Array, out: Array) -> bool:
    """Fill out[draw] in single precision; return whether all values are one."""
    first, same = np.float32(values[0]), 0
    for d in range(values.size):
        x = np.float32(values[d])
        out[d] = x
        same += x == first
    return bool(same == values.size)


@uncounted(fastmath={"contract"})
def _cells(
    x: Array, low: Any, high: Any, begin: float, per_unit: float, ordinal: bool, out: Array
) -> None:
    """Fill out[draw] with each value's cell among those between `low` and `high`, from 0 on.

    Cells have one width in the value or, where `ordinal`, in its place among all numbers of
    single precision, which is close to its logarithm.
    """
    if ordinal:
        bits = x.view(np.int32)
        for d in range(x.size):
            place = bits[d] ^ ((bits[d] >> np.int32(31)) & _ALL_BUT_SIGN)
            out[d] = np.int32(max((np.float64(place) - begin) * per_unit, 0.0))
    else:
        for d in range(x.size):
            inside = min(max(x[d], low), high)
            out[d] = np.int32((np.float64(inside) - begin) * per_unit)


@uncounted()
def _ends(x: Array, low: Any, high: Any, inner: int, out: Array) -> None:
    """Turn cells between the ends into cells of the whole row.

    Cell 0 lies below `low`, 1 is `low` itself, then come the `inner` ones, `high` itself, what
    is above it, and infinity.
    """
    last = np.int32(inner - 1)
    for d in range(x.size):
        above = np.int32(inner + 2) + np.int32(x[d] > high) + np.int32(x[d] == np.inf)
        cell = np.int32(2) + min(out[d], last)
        cell = above if x[d] >= high else cell
        out[d] = np.int32(1) - np.int32(x[d] < low) if x[d] <= low else cell


@nb.njit(cache=True, nogil=True, error_model="numpy")
def count_in_cells(
    values: Array,
    low: Array,
    high: Array,
    begin: Array,
    per_unit: Array,
    ordinal: Array,
    often: Array,
    counts: Array,
    hits: Array,
    least: Array,
    most: Array,
) -> None:
    """Count values[row, draw] in the cells of their row, and widen what each cell has met.

    hits[row, cell] counts those that are the value that the cell's pilot met often.
    """
    draws = values.shape[1]
    x = np.empty(draws, np.float32)
    cell = np.empty(draws, np.int32)
    inner = counts.shape[1] - 5
    for r in range(values.shape[0]):
        count, hit, same, lower, upper = counts[r], hits[r], often[r], least[r], most[r]
        alike = _single(values[r], x)
        some = x[:1] if alike else x
        _cells(some, low[r], high[r], begin[r], per_unit[r], ordinal[r], cell)
        _ends(some, low[r], high[r], inner, cell)
        weight = draws if alike else 1
        for d in range(some.size):
            i, value = np.uint32(cell[d]), x[d]
            count[i] += weight
            hit[i] += weight * (value == same[i])
            # seldom true: not to store is quicker than to store what is there
            if value < lower[i]:
                lower[i] = value
            if value > upper[i]:
                upper[i] = value


@nb.njit(cache=True, nogil=True, error_model="numpy")
def met_often(
    ordered: Array,
    low: Array,
    high: Array,
    begin: Array,
    per_unit: Array,
    ordinal: Array,
    often: Array,
) -> None:
    """Set often[row, cell] to the value that a pilot, in rising order, met most, if met twice."""
    cell = np.empty(ordered.shape[1], np.int32)
    inner = often.shape[1] - 5
    times = np.empty(often.shape[1], np.int32)
    for r in range(ordered.shape[0]):
        x = ordered[r]
        _cells(x, low[r], high[r], begin[r], per_unit[r], ordinal[r], cell)
        _ends(x, low[r], high[r], inner, cell)
        times[:] = 1
        run = 0
        for d in range(x.size):
            run = run + 1 if d > 0 and x[d] == x[d - 1] else 1
            if run > times[cell[d]]:
                times[cell[d]], often[r, cell[d]] = run, x[d]


@uncounted()
def fullest_cell(ordered: Array, low: float, high: float, cells: int) -> int:
    """Return how many values, of those between the ends, are in the fullest cell of two or more.

    `ordered` rises; a cell whose values are all one is exact, whatever it holds.
    """
    most, held, several, last = 0, 0, False, -1
    for n in range(ordered.size):
        if not low < ordered[n] < high:
            continue
        cell = int((ordered[n] - low) * (cells / (high - low)))
        if cell != last:
            held, several, last = 0, False, cell
        several |= held > 0 and ordered[n] != ordered[n - 1]
        held += 1
        if several and held > most:
            most = held
    return most


@uncounted()
def _in_cell(place: float, count: int, hits: int, often: float, least: float, most: float) -> float:
    """Return the value at a place among a cell's values, from 0 to count - 1.

    Values other than the one met often are spread evenly between the least and the most.
    """
    if not most > least:  # also where both are infinite
        return least
    if hits == 0:
        return least + min(place / max(count - 1, 1), 1.0) * (most - least)
    below = np.round((count - hits) * (often - least) / (most - least))
    above = count - hits - below
    if place < below:
        return float(least + place / below * (often - least))
    if place > below + hits - 1 and above > 0:
        return float(often + min((place - below - hits + 1) / above, 1.0) * (most - often))
    return often


@nb.njit(cache=True, nogil=True, error_model="numpy")
def cell_quantiles(
    shares: Array, counts: Array, hits: Array, often: Array, least: Array, most: Array, out: Array
) -> None:
    """Fill out[share, row] with quantiles of the values counted in cells."""
    upto = np.empty(counts.shape[1], np.int64)
    for r in range(counts.shape[0]):
        total = 0
        for i in range(upto.size):
            total += counts[r, i]
            upto[i] = total
        for k in range(shares.size):
            rank = shares[k] * (total - 1)
            i = np.searchsorted(upto, rank, side="right")
            place = rank - (upto[i] - counts[r, i])
            out[k, r] = _in_cell(
                place,
                counts[r, i],
                hits[r, i],
                np.float64(often[r, i]),
                np.float64(least[r, i]),
                np.float64(most[r, i]),
            )


_f = np.float32
# coefficients of ln(1 + t) / t's remainder, from S. L. Moshier's Cephes library
_LOG = tuple(
    _f(c)
    for c in (
        7.0376836292e-2,
        -1.1514610310e-1,
        1.1676998740e-1,
        -1.2420140846e-1,
        1.4249322787e-1,
        -1.6668057665e-1,
        2.0000714765e-1,
        -2.4999993993e-1,
        3.3333331174e-1,
    )
)
_HALF, _ONE, _BITS, _LN2, _NONE = _f(0.5), _f(1.0), _f(31.0), _f(0.6931471805599453), _f(0.0)
_ROOT_HALF_BITS = np.int32(0x3F3504F3)


@uncounted(inline="always")
def log_near_one(t: Any) -> Any:
    """Return ln(1 + t) in single precision, t from -0.3 to 0.42."""
    p = (((_LOG[0] * t + _LOG[1]) * t + _LOG[2]) * t + _LOG[3]) * t + _LOG[4]
    p = (((p * t + _LOG[5]) * t + _LOG[6]) * t + _LOG[7]) * t + _LOG[8]
    return t - t * t * (_HALF - p * t)


@uncounted()
def split(near: Array, bits: Array, power: Array, count: int) -> None:
    """Turn the first `count` of near into numbers from 0.7 to 1.42, and power into their exponents.

    ``near = new near times 2^power``. `bits` is near seen as int32.
    """
    for d in range(count):
        whole = np.int32((bits[d] - _ROOT_HALF_BITS) >> np.int32(23))
        bits[d] = np.int32(bits[d] - np.int32(whole << np.int32(23)))
        power[d] = np.float32(whole)


@uncounted(fastmath={"contract", "nsz"})
def exponentials(word: Array, near: Array, out: Array) -> None:
    """Turn random words [n] of int32 into standard exponentials [n] of float32.

    A word w gives ``-ln((w mod 2^31 + 1/2) / 2^31)``, which is at most 22.2. `near` is scratch.
    """
    for d in range(word.size):
        near[d] = np.float32(word[d] & np.int32(0x7FFFFFFF)) + _HALF
    split(near, near.view(np.int32), out, word.size)
    for d in range(word.size):
        log = log_near_one(near[d] - _ONE) + (out[d] - _BITS) * _LN2
        out[d] = max(-log, _NONE)


@uncounted()
def add_forward(values: Array) -> None:
    """Turn values [month, draw] into their sums up to each month; NumPy goes draw by draw."""
    for m in range(1, values.shape[0]):
        for d in range(values.shape[1]):
            values[m, d] += values[m - 1, d]
