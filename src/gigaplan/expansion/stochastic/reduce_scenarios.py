"""Chooses a few scenarios that stand for many: fast forward selection (Heitsch, Roemisch 2003).

The measure kept is the one nearest to all in the Kantorovich distance: each scenario left out
gives its probability to the nearest one kept, and the distance is

    D(kept) = sum over k of p_k * min over kept j of ||x_k - x_j||

Scenarios are chosen one at a time, each the one that leaves the least distance. That is not
always the best set of its size, which only trying all of them finds.

Reference: H. Heitsch, W. Roemisch, Scenario reduction algorithms in stochastic programming,
Computational Optimization and Applications 24 (2003), 187-206.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import require
from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.options import FloatArray


class ScenarioReduction(NamedTuple):
    """The scenarios kept.

    Parameters
    ----------
    chosen : array of int [kept]
        Their positions, in the order chosen.
    probabilities : array [kept]
        Their new probabilities.
    error_fraction : float
        Distance left, over the distance that the best single scenario leaves: 1 with one kept,
        0 with all.
    """

    chosen: IntArray
    probabilities: FloatArray
    error_fraction: float


def reduce_scenarios(values: ArrayLike, probabilities: ArrayLike, count: int) -> ScenarioReduction:
    """Return `count` scenarios that stand for all.

    Parameters
    ----------
    values : array [scenario, feature]
        What tells scenarios apart, in units that make one of each feature alike in weight.
    probabilities : array [scenario]
    count : int
        How many to keep. Of scenarios that do equally well the first is chosen.
    """
    points = np.asarray(values, dtype=np.float64)
    chance = np.asarray(probabilities, dtype=np.float64)
    require(points.ndim == 2, f"has shape {points.shape}; [scenario, feature].", field="values")
    require(bool(np.isfinite(points).all()), "holds what is not a number.", field="values")
    check_probabilities(chance, len(points))
    require(
        1 <= count <= len(points),
        f"found {count}; a number from 1 to {len(points)} is needed.",
        field="count",
    )
    apart = np.stack([np.sqrt(((points - point) ** 2).sum(axis=1)) for point in points])
    nearest = np.full(len(points), np.inf)
    chosen: list[int] = []
    left: list[float] = []
    for _ in range(count):
        # distance left if u came too, for every u
        then = chance @ np.minimum(apart, nearest[:, None])
        then[chosen] = np.inf
        best = int(np.argmin(then))
        chosen.append(best)
        left.append(float(then[best]))
        nearest = np.minimum(nearest, apart[:, best])
    kept = np.array(chosen, dtype=np.int64)
    nearest_kept = np.argmin(apart[:, kept], axis=1)
    nearest_kept[kept] = np.arange(count)
    return ScenarioReduction(
        chosen=kept,
        probabilities=np.bincount(nearest_kept, chance, count).astype(np.float64),
        error_fraction=left[-1] / left[0] if left[0] > 0 else 0.0,
    )


def check_probabilities(probabilities: FloatArray, count: int) -> None:
    """Raise `InputError` unless there are `count` probabilities above zero of sum one."""
    require(
        probabilities.shape == (count,),
        f"has shape {probabilities.shape}; one for each of {count} scenarios is needed.",
        field="probabilities",
    )
    require(
        bool((np.isfinite(probabilities) & (probabilities > 0)).all()),
        "must all be above 0.",
        field="probabilities",
    )
    total = float(probabilities.sum())
    require(
        abs(total - 1) <= 1e-9, f"sum to {total:.10g}; they must sum to 1.", field="probabilities"
    )
