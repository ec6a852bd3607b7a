"""Compiled loop of threshold rules."""

from __future__ import annotations

import numba as nb
import numpy as np

from gigaplan.delivery.arrays import Array


@nb.njit(cache=True, nogil=True, error_model="numpy")
def first_beyond(state: Array, payoff: Array, threshold: Array, sign: float, out: Array) -> None:
    """Fill out[draw] with the first step at which state[step, draw] is beyond its threshold.

    Beyond is at or above for a sign of 1, at or below for -1; -1 where it never is, or payoff
    says that it may not be exercised then.
    """
    out[:] = -1
    for t in range(state.shape[0] - 1, -1, -1):
        row, pays, limit = state[t], payoff[t], sign * threshold[t]
        for d in range(out.size):
            if sign * row[d] >= limit and pays[d] != -np.inf:
                out[d] = t
