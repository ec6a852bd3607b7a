"""Compiled loops: rates of return of many draws, a block at a time."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

from gigaplan.core.references import borrowed, uncounted

_BLOCK = 64
_ROUNDS = 60
# Newton's error squares at each step, and its function is nearly straight: after a step this small
# what is left is rounding.
_STEP = 1e-7
_LOG_SPAN = 600.0  # exp(600) still fits a double


@nb.njit(cache=True, nogil=True)
def present_value_at(
    flows: NDArray[np.float64], log_rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the present value of `flows` at each ``ln(1 + r)``, scaled to stay finite.

    Below a rate of zero it is divided by the largest power, so that no term overflows;
    the sign is that of the present value.
    """
    last = flows.shape[0] - 1
    out = np.empty(log_rates.shape[0])
    for i in range(log_rates.shape[0]):
        total = 0.0
        if log_rates[i] >= 0:
            x = math.exp(-log_rates[i])
            for t in range(last, -1, -1):
                total = total * x + flows[t]
        else:
            x = math.exp(log_rates[i])
            for t in range(last + 1):
                total = total * x + flows[t]
        out[i] = total
    return out


@uncounted(fastmath={"contract", "nsz"})
def _parts(
    flows: NDArray[np.float64],
    later: NDArray[np.float64],
    split: int,
    x: NDArray[np.float64],
    s: NDArray[np.float64],
    ds: NDArray[np.float64],
    f: NDArray[np.float64],
    df: NDArray[np.float64],
) -> None:
    """Fill flows of the later sign S and all flows F, with slopes, at `x`, by Horner's rule.

    In rows after `split` all flows are of the later sign, and both are one.
    """
    last, width = flows.shape[0] - 1, flows.shape[1]
    for d in range(width):
        s[d] = 0.0
        ds[d] = 0.0
    t = last
    # Eight periods at a time: the sums stay in registers instead of going to memory each period.
    while t - 7 > split:
        for d in range(width):
            at, a, da = x[d], s[d], ds[d]
            da = da * at + a
            a = a * at + flows[t, d]
            da = da * at + a
            a = a * at + flows[t - 1, d]
            da = da * at + a
            a = a * at + flows[t - 2, d]
            da = da * at + a
            a = a * at + flows[t - 3, d]
            da = da * at + a
            a = a * at + flows[t - 4, d]
            da = da * at + a
            a = a * at + flows[t - 5, d]
            da = da * at + a
            a = a * at + flows[t - 6, d]
            ds[d] = da * at + a
            s[d] = a * at + flows[t - 7, d]
        t -= 8
    while t > split:
        for d in range(width):
            ds[d] = ds[d] * x[d] + s[d]
            s[d] = s[d] * x[d] + flows[t, d]
        t -= 1
    for d in range(width):
        f[d] = s[d]
        df[d] = ds[d]
    while t >= 0:
        for d in range(width):
            ds[d] = ds[d] * x[d] + s[d]
            s[d] = s[d] * x[d] + later[t, d]
            df[d] = df[d] * x[d] + f[d]
            f[d] = f[d] * x[d] + flows[t, d]
        t -= 1


@uncounted(fastmath={"contract", "nsz"})
def _improve(
    x: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    opening: NDArray[np.float64],
    s: NDArray[np.float64],
    ds: NDArray[np.float64],
    f: NDArray[np.float64],
    df: NDArray[np.float64],
    new: NDArray[np.float64],
) -> None:
    """Fill `new` with each `x` moved by a step of Newton's method on ``ln S - ln (S - F)``.

    S are the flows after the change of sign, F all: where receipts come later, S are the receipts
    and S - F the outlays; where they come first both logarithms change sign, and the step is the
    same. The difference is ``2 atanh(F / (2 S - F))``, cut after three terms,
    and the exponential of the step is its first Padé form: both are exact where they
    meet, at the root, so the steps end on it and still square their error. A step that leaves the
    bracket halves it. Loops touch few arrays each: else they are not run several draws at a time.
    """
    for d in range(x.shape[0]):
        z = f[d] / (2.0 * s[d] - f[d])
        zz = z * z
        phi = 2.0 * z * (1.0 + zz * (1.0 / 3.0 + 0.2 * zz))
        slope = x[d] * (ds[d] / s[d] - (ds[d] - df[d]) / (s[d] - f[d]))
        step = min(max(phi / slope, -1.0), 1.0)
        new[d] = x[d] * (2.0 - step) / (2.0 + step)
    for d in range(x.shape[0]):
        below = f[d] * opening[d] > 0.0
        low[d] = x[d] if below else low[d]
        high[d] = high[d] if below else x[d]
    for d in range(x.shape[0]):
        inside = (new[d] >= low[d]) & (new[d] <= high[d])
        new[d] = new[d] if inside else math.sqrt(low[d] * high[d])


@uncounted(fastmath={"reassoc", "nsz"})
def _settle(x: NDArray[np.float64], new: NDArray[np.float64], moving: NDArray[np.float64]) -> float:
    """Move those that still move to their new `x`; return how many go on."""
    left = 0.0
    for d in range(x.shape[0]):
        still = moving[d]
        goes = still if abs(new[d] - x[d]) > _STEP * new[d] else 0.0
        x[d] = new[d] if still > 0.0 else x[d]
        moving[d] = goes
        left += goes
    return left


@uncounted()
def _changes(
    flows: NDArray[np.float64],
    width: int,
    sign: NDArray[np.float64],
    count: NDArray[np.float64],
    opening: NDArray[np.float64],
    early: NDArray[np.float64],
) -> None:
    """Fill, by draw of a block, sign changes, the first sign and its last row."""
    for d in range(width):
        sign[d] = 0.0
        count[d] = 0.0
        opening[d] = 0.0
        early[d] = 0.0
    for t in range(flows.shape[0]):
        row = float(t)
        for d in range(width):
            c = flows[t, d]
            s = 1.0 if c > 0 else (-1.0 if c < 0 else 0.0)
            count[d] += 1.0 if s * sign[d] < 0 else 0.0
            sign[d] = s if s != 0 else sign[d]
            opening[d] = s if opening[d] == 0 else opening[d]
            early[d] = row if s * opening[d] > 0 else early[d]


@uncounted()
def _copy(row: NDArray[np.float64], out: NDArray[np.float64], nought: NDArray[np.float64]) -> None:
    """Copy a row; `nought` is no nought any more where something is not finite."""
    for d in range(row.shape[0]):
        out[d] = row[d]
        nought[d] += row[d] * 0.0


@nb.njit(cache=True, nogil=True)
def irr_block(
    flows: NDArray[np.float64], rates: NDArray[np.float64], status: NDArray[np.int64]
) -> None:
    """Fill the rate of each draw of `flows` [period, draw].

    `status` is 1 where the one root was found, 0 where the flows never change sign or
    the root is out of reach, 2 where they change sign more than once (rate not set), -1 where
    a flow is not a finite number.
    """
    flows, rates, status = borrowed(flows), borrowed(rates), borrowed(status)
    periods, draws = flows.shape
    reach = math.exp(min(_LOG_SPAN / periods, 6.0))
    own_blocks, own_rows = np.zeros((2, periods, _BLOCK)), np.zeros((14, _BLOCK))
    blocks, rows = borrowed(own_blocks), borrowed(own_rows)
    block, later = blocks[0], blocks[1]
    x, low, high, moving, new = rows[0], rows[1], rows[2], rows[3], rows[4]
    s, ds, f, df = rows[5], rows[6], rows[7], rows[8]
    sign, count, opening, early, nought = rows[9], rows[10], rows[11], rows[12], rows[13]
    for first in range(0, draws, _BLOCK):
        width = min(_BLOCK, draws - first)
        # A copy of the block stays in the nearest cache; the rows of `flows` lie far apart.
        for t in range(periods):
            _copy(flows[t, first : first + width], block[t], nought)
        _changes(block, width, sign, count, opening, early)
        left, split = 0.0, 0
        for d in range(_BLOCK):
            moving[d] = 1.0 if d < width and count[d] == 1.0 else 0.0
            left += moving[d]
            low[d], high[d], x[d] = 1.0 / reach, reach, 1.0
            split = max(split, int(early[d] * moving[d]))
        for t in range(split + 1):
            for d in range(width):
                later[t, d] = block[t, d] if block[t, d] * opening[d] < 0.0 else 0.0
        for _ in range(_ROUNDS):
            if left == 0.0:
                break
            _parts(block, later, split, x, s, ds, f, df)
            _improve(x, low, high, opening, s, ds, f, df, new)
            left = _settle(x, new, moving)
        for d in range(width):
            status[first + d] = min(int(count[d]), 2)
            rates[first + d] = 0.0
            if count[d] == 1:
                if 1.001 / reach < x[d] < reach / 1.001:
                    rates[first + d] = 1.0 / x[d] - 1.0
                else:
                    status[first + d] = 0
            if nought[d] != 0.0:
                status[first + d] = -1
                nought[d] = 0.0
    own_blocks[0, 0, 0] = own_rows[0, 0]  # what is borrowed is kept until here
