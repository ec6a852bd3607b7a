"""From the first of a kind to the nth: cost falls with a design's own completed units.

By Wright's law each doubling of completed units lowers cost by the rate r: a unit that
begins when n of its design are complete in that draw costs ``max(floor, (n + 1)^b)`` of
the first, ``b = log2(1 - r)``. A unit counts once it has ended; so where deliveries slip,
so does what is learnt from them. Durations do not learn here.

What is learnt can be forgotten: of the experience that a completed unit gave, a share f is lost
in each year since, so n is the sum of ``(1 - f)^years`` over the units completed.

T. P. Wright, "Factors affecting the cost of airplanes", J. Aeronautical Sciences 3 (1936).
L. Argote, S. L. Beckman and D. Epple, "The persistence and transfer of learning in industrial
settings", Management Science 36 (1990) 140-154.
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


def experience_before(
    begin_months: Floats, finish_months: Floats, forgetting_per_year: float = 0.0
) -> Floats:
    """Return the experience left of the units of a design that have ended when each begins.

    Parameters
    ----------
    begin_months, finish_months : ndarray, shape [unit, draw]
        As for `completed_before`.
    forgetting_per_year : float
        Share of a unit's experience lost in each year since it ended, 0 to 1: 0.067 halves it in
        ten years, 0 keeps it, and 1 keeps only that of a unit that ends as the next begins.

    Returns
    -------
    ndarray, shape [unit, draw]
        Units, as `learned_cost` takes them; without forgetting, those of `completed_before`.
    """
    require(
        0 <= forgetting_per_year <= 1,
        f"{forgetting_per_year:g} of what is learnt is forgotten in a year; 0 to 1 is allowed.",
    )
    if forgetting_per_year == 0:
        return completed_before(begin_months, finish_months).astype(np.float64)
    require(
        begin_months.shape == finish_months.shape,
        "beginnings and ends of a design's units have different shapes.",
    )
    begins = np.isfinite(begin_months)
    out = np.zeros(begin_months.shape)
    for unit in range(len(begin_months)):
        ended = (finish_months <= begin_months[unit]) & begins[unit]
        years = np.zeros(finish_months.shape)
        np.subtract(begin_months[unit], finish_months, out=years, where=ended)
        left = (1.0 - forgetting_per_year) ** (years / 12.0)
        out[unit] = np.where(ended, left, 0.0).sum(axis=0)
    return out


def learned_cost(
    completed: NDArray[np.int64] | Floats, rate_fraction: float, floor_fraction: float = 0.0
) -> Floats:
    """Return cost over that of a design's first unit.

    Parameters
    ----------
    completed : ndarray
        Units of the design completed before, or the experience left of them.
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
