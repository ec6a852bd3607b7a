"""From the first of a kind to the nth: cost falls with a design's own completed units.

By Wright's law each doubling of completed units lowers cost by the rate r: a unit that
begins when n of its design are complete in that draw costs ``max(floor, (n + 1)^b)`` of
the first, ``b = log2(1 - r)``. A unit counts once it has ended; so where deliveries slip,
so does what is learnt from them. Durations do not learn here.

T. P. Wright, "Factors affecting the cost of airplanes", J. Aeronautical Sciences 3 (1936).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require

Floats = NDArray[np.float64]


def completed_before(begin_months: Floats, finish_months: Floats) -> NDArray[np.int64]:
    """Return how many units of a design have ended when each begins.

    Parameters
    ----------
    begin_months, finish_months : ndarray, shape [unit, draw]
        When each unit's cost is set (its construction begins) and when it has ended;
        infinity where never.

    Returns
    -------
    ndarray of int, shape [unit, draw]
    """
    require(
        begin_months.shape == finish_months.shape,
        "beginnings and ends of a design's units have different shapes.",
    )
    out = np.zeros(begin_months.shape, np.int64)
    for unit in range(len(begin_months)):
        out[unit] = (finish_months <= begin_months[unit]).sum(axis=0)
    return np.where(np.isinf(begin_months), 0, out)


def learned_cost(
    completed: NDArray[np.int64], rate_fraction: float, floor_fraction: float = 0.0
) -> Floats:
    """Return cost over that of a design's first unit.

    Parameters
    ----------
    completed : ndarray of int
        Units of the design completed before.
    rate_fraction : float
        Fall of cost per doubling, below 1; negative where cost rose.
    floor_fraction : float
        Least cost over the first unit's, 0 to 1.
    """
    require(rate_fraction < 1, f"a learning rate of {rate_fraction:g} per doubling; below 1.")
    require(0 <= floor_fraction <= 1, f"a learning floor of {floor_fraction:g}; 0 to 1.")
    exponent = math.log2(1 - rate_fraction)
    result: Floats = np.maximum((completed + 1.0) ** exponent, floor_fraction)
    return result
