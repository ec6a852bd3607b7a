"""Ranks of draws, ties included, and the rank correlation of two things.

Standard errors come from influence functions: how much a figure moves if one draw counts a
little more. Their mean square over the draws is the figure's variance times the draws, whatever
the distributions and however many draws tie. For Spearman's correlation this is W. Hoeffding,
"A class of statistics with asymptotically normal distribution", Ann. Math. Stat. 19 (1948)
293-325, with ties as half above and half below.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.statistics import Estimate

Array: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True)
class Ranking:
    """Draws in the order of a value; arrays are [value], of those that occur, or [draw].

    Parameters
    ----------
    values : ndarray, shape [value]
        Those that occur, rising.
    count : ndarray, shape [value]
        Draws that have each.
    which : ndarray, shape [draw]
        Row of `values` of each draw.
    """

    values: Array
    count: NDArray[np.int64]
    which: NDArray[np.int64]

    @property
    def place(self) -> Array:
        """Share of draws below each draw, ties by half, less one half: from -1/2 to 1/2."""
        draws = len(self.which)
        return np.asarray(((np.cumsum(self.count) - self.count / 2) / draws - 0.5)[self.which])

    def sum_above(self, weight: Array) -> Array:
        """Return by draw the sum of the weights of all draws above, ties by half."""
        own = np.bincount(self.which, weight, len(self.values))
        return np.asarray((own.sum() - np.cumsum(own) + own / 2)[self.which])

    def lowest(self, share: float) -> Array:
        """Return by draw the part of it that lies in the lowest share of draws.

        Draws tied at the boundary count by equal parts, so their order does not matter.
        """
        before = np.cumsum(self.count) - self.count
        part = (share * len(self.which) - before) / self.count
        return np.asarray(np.clip(part, 0.0, 1.0)[self.which])

    def between(self, first: int, last: int) -> NDArray[np.bool_]:
        """Return by draw whether its value is one that the ranks from first to last have."""
        end = np.cumsum(self.count)
        low, high = np.searchsorted(end, (first, last), side="right")
        return np.asarray((self.which >= low) & (self.which <= high))

    def at(self, rank: int) -> float:
        """Return the value of the draw of a rank, counted from 0."""
        return float(self.values[np.searchsorted(np.cumsum(self.count), rank, side="right")])


def ranking(values: Array) -> Ranking:
    """Return the ranking of values by draw, shape [draw]; infinities rank as they should."""
    found, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return Ranking(found, count.astype(np.int64), which.astype(np.int64))


def from_influence(figure: float, influence: Array) -> Estimate:
    """Return a figure with the standard error that its influence by draw implies."""
    draws = len(influence)
    return Estimate(figure, math.sqrt(float(np.mean(np.square(influence))) / (draws - 1)))


def rank_correlation(first: Ranking, second: Ranking) -> Estimate:
    """Return Spearman's correlation, ties at their mean rank; zero where one is constant."""
    if len(first.values) == 1 or len(second.values) == 1:
        return Estimate(0.0, 0.0)
    draws = len(first.which)
    u, v = first.place, second.place
    together = float(np.mean(u * v))
    spread_u, own_u = _spread(first)
    spread_v, own_v = _spread(second)
    scale = math.sqrt(spread_u * spread_v)
    figure = together / scale
    moves = u * v + (first.sum_above(v) + second.sum_above(u)) / draws - 3 * together
    influence = moves / scale - figure / 2 * (own_u / spread_u + own_v / spread_v)
    return from_influence(figure, influence)


def _spread(ranked: Ranking) -> tuple[float, Array]:
    """Return the variance of `place`, and its influence by draw: both know only of ties."""
    tied = ranked.count / len(ranked.which)
    cubes = float(np.sum(tied**3))
    return (1 - cubes) / 12, (cubes - np.square(tied))[ranked.which] / 4
