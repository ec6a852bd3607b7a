"""Compiled loops of finance: rates of return."""

from __future__ import annotations

import math

import numba as nb
import numpy as np
from numpy.typing import NDArray

_BLOCK = 64
_ROUNDS = 60
# Newton's error squares at each step: after a step this small what is left is rounding.
_STEP = 1e-8
_LOG_SPAN = 600.0  # exp(600) still fits a double


@nb.njit(cache=True, nogil=True)
def present_value_at(
    flows: NDArray[np.float64], log_rates: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the present value of `flows` at each ``ln(1 + r)``, scaled to stay finite."""
    last = flows.shape[0] - 1
    out = np.empty(log_rates.shape[0])
    for i in range(log_rates.shape[0]):
        u = -log_rates[i]
        total = 0.0
        # Divide by the largest power, so that no term overflows.
        top = u * last if u > 0 else 0.0
        for t in range(last + 1):
            total += flows[t] * math.exp(u * t - top)
        out[i] = total
    return out


@nb.njit(cache=True, nogil=True)
def present_values(flows: NDArray[np.float64], factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the sum over periods of factor times flow, shape [draw].

    Summed in the order of the periods, whatever the width: a matrix product's last bits
    depend on it, and with it on how draws are divided into blocks.
    """
    out = np.zeros(flows.shape[1])
    for t in range(flows.shape[0]):
        for d in range(flows.shape[1]):
            out[d] += factors[t] * flows[t, d]
    return out


@nb.njit(cache=True, nogil=True, fastmath={"contract", "nsz"})
def _parts(
    flows: NDArray[np.float64],
    width: int,
    x: NDArray[np.float64],
    p: NDArray[np.float64],
    dp: NDArray[np.float64],
    n: NDArray[np.float64],
    dn: NDArray[np.float64],
) -> None:
    """Fill P, dP/dx, N, dN/dx at `x` for a block of draws, by Horner's rule."""
    last = flows.shape[0] - 1
    for d in range(width):
        c = flows[last, d]
        p[d] = max(c, 0.0)
        n[d] = max(-c, 0.0)
        dp[d] = 0.0
        dn[d] = 0.0
    for t in range(last - 1, -1, -1):
        for d in range(width):
            c = flows[t, d]
            xd = x[d]
            dp[d] = dp[d] * xd + p[d]
            p[d] = p[d] * xd + max(c, 0.0)
            dn[d] = dn[d] * xd + n[d]
            n[d] = n[d] * xd + max(-c, 0.0)


@nb.njit(cache=True, nogil=True)
def _changes(
    flows: NDArray[np.float64],
    width: int,
    sign: NDArray[np.float64],
    count: NDArray[np.int64],
    opening: NDArray[np.float64],
) -> None:
    """Fill the number of sign changes and the first sign of each draw of a block."""
    for d in range(width):
        sign[d] = 0.0
        count[d] = 0
        opening[d] = 0.0
    for t in range(flows.shape[0]):
        for d in range(width):
            c = flows[t, d]
            s = 1.0 if c > 0 else (-1.0 if c < 0 else 0.0)
            changed = s * sign[d] < 0
            count[d] += 1 if changed else 0
            sign[d] = s if s != 0 else sign[d]
            opening[d] = s if opening[d] == 0 else opening[d]


@nb.njit(cache=True, nogil=True)
def irr_block(
    flows: NDArray[np.float64], rates: NDArray[np.float64], status: NDArray[np.int64]
) -> None:
    """Fill the rate of each draw of `flows` [period, draw].

    `status` is 1 where the one root was found, 0 where the flows never change sign or
    the root is out of reach, 2 where they change sign more than once (rate not set).
    """
    periods, draws = flows.shape
    reach = min(_LOG_SPAN / periods, 6.0)
    block = np.empty((periods, _BLOCK))
    x = np.empty(_BLOCK)
    u = np.empty(_BLOCK)
    low = np.empty(_BLOCK)
    high = np.empty(_BLOCK)
    p = np.empty(_BLOCK)
    dp = np.empty(_BLOCK)
    n = np.empty(_BLOCK)
    dn = np.empty(_BLOCK)
    sign = np.empty(_BLOCK)
    opening = np.empty(_BLOCK)
    count = np.empty(_BLOCK, dtype=np.int64)
    done = np.empty(_BLOCK, dtype=np.bool_)
    for first in range(0, draws, _BLOCK):
        width = min(_BLOCK, draws - first)
        # A copy of the block stays in the first cache; the rows of `flows` lie far apart.
        for t in range(periods):
            for d in range(width):
                block[t, d] = flows[t, first + d]
        _changes(block, width, sign, count, opening)
        waiting = 0
        for d in range(width):
            done[d] = count[d] != 1
            status[first + d] = min(count[d], 2)
            rates[first + d] = 0.0
            waiting += 0 if done[d] else 1
            low[d] = -reach
            high[d] = reach
            u[d] = 0.0
            x[d] = 1.0
        for _ in range(_ROUNDS):
            if waiting == 0:
                break
            _parts(block, width, x, p, dp, n, dn)
            for d in range(width):
                if done[d]:
                    continue
                # phi rises in u when outlays come first, falls when receipts do.
                phi = math.log(p[d] / n[d])
                slope = x[d] * (dp[d] / p[d] - dn[d] / n[d])
                if (phi < 0) == (opening[d] < 0):
                    low[d] = u[d]
                else:
                    high[d] = u[d]
                step = u[d] - phi / slope
                if not low[d] <= step <= high[d]:
                    step = 0.5 * (low[d] + high[d])
                if abs(step - u[d]) < _STEP * (1.0 + abs(u[d])) or phi == 0.0:
                    done[d] = True
                    waiting -= 1
                    if abs(u[d]) >= 0.999 * reach:
                        status[first + d] = 0
                    else:
                        rates[first + d] = math.expm1(-step) if phi != 0.0 else math.expm1(-u[d])
                u[d] = step
                x[d] = math.exp(step)
        for d in range(width):
            if not done[d]:
                # The bracket is down to rounding, or the root lies at its end.
                if abs(u[d]) >= 0.999 * reach:
                    status[first + d] = 0
                else:
                    rates[first + d] = math.expm1(-u[d])
