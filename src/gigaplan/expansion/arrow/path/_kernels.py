"""Compiled passes over the vectors of the iteration; the algebra stands in `interior`.

Where a bound is missing, the distance is one and its dual and steps are zero.
"""

from __future__ import annotations

import numba as nb
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@nb.njit(cache=True, nogil=True, error_model="numpy")
def reach(at: Floats, step: Floats, extra: Floats, share: float) -> float:
    """Return how far ``at + length * (step + share * extra)`` stays positive."""
    worst = 0.0
    for j in range(at.shape[0]):
        fall = -(step[j] + share * extra[j])
        if fall > worst * at[j]:
            worst = fall / at[j]
    return 1.0 / worst if worst > 0.0 else np.inf


@nb.njit(cache=True, nogil=True, error_model="numpy")
def plus(at: Floats, length: float, step: Floats) -> Floats:
    """Return ``at + length * step``."""
    out = np.empty_like(at)
    for j in range(at.shape[0]):
        out[j] = at[j] + length * step[j]
    return out


@nb.njit(cache=True, nogil=True, error_model="numpy")
def product_ahead(
    p: Floats, z: Floats, p_step: Floats, z_step: Floats, primal: float, dual: float
) -> float:
    """Return the sum of products after a step."""
    total = 0.0
    for j in range(p.shape[0]):
        total += (p[j] + primal * p_step[j]) * (z[j] + dual * z_step[j])
    return total


@nb.njit(cache=True, nogil=True, error_model="numpy")
def second_order(has: Flags, p_step: Floats, z_step: Floats, mu: float) -> Floats:
    """Return the change of products that Mehrotra's corrector asks for."""
    out = np.zeros_like(p_step)
    for j in range(out.shape[0]):
        if has[j]:
            out[j] = mu - p_step[j] * z_step[j]
    return out


@nb.njit(cache=True, nogil=True, error_model="numpy")
def towards_path(
    has: Flags,
    p: Floats,
    z: Floats,
    p_step: Floats,
    z_step: Floats,
    primal: float,
    dual: float,
    mu: float,
    spread: float,
) -> Floats:
    """Return the change that brings products after a step within `spread` times of `mu`.

    It takes no product down by more than ``spread * mu``.
    """
    out = np.zeros_like(p)
    for j in range(out.shape[0]):
        if has[j]:
            product = (p[j] + primal * p_step[j]) * (z[j] + dual * z_step[j])
            back = min(max(product, mu / spread), mu * spread) - product
            out[j] = max(back, -mu * spread)
    return out


@nb.njit(cache=True, nogil=True, error_model="numpy")
def right_side(
    p: Floats,
    q: Floats,
    zp: Floats,
    zq: Floats,
    to_p: Floats,
    to_q: Floats,
    low: Floats,
    high: Floats,
    dual: Floats,
) -> Floats:
    """Return the right side of the dual rows once distances and their duals are eliminated."""
    out = np.empty_like(p)
    for j in range(out.shape[0]):
        out[j] = dual[j] + (to_q[j] - zq[j] * high[j]) / q[j] - (to_p[j] - zp[j] * low[j]) / p[j]
    return out


@nb.njit(cache=True, nogil=True, error_model="numpy")
def dual_step(has: Flags, p: Floats, z: Floats, to: Floats, p_step: Floats) -> Floats:
    """Return the step of a distance's dual; steps of missing distances are made zero."""
    out = np.zeros_like(p)
    for j in range(out.shape[0]):
        if has[j]:
            out[j] = (to[j] - z[j] * p_step[j]) / p[j]
        else:
            p_step[j] = 0.0
    return out
