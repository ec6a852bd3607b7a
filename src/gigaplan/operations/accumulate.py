"""Keeps means, standard errors and the worst samples of a stream of blocks.

A block is a table [row, sample] of yearly figures. What is kept does not grow with samples but for
one number each, the energy not served: the mean of every row, the matrix of central cross-products
(so that any sum or ratio of rows has its standard error), the hours short by hour of year, and the
k worst samples' numbers. Blocks merge by the update of Chan,
Golub and LeVeque, in the order of their numbers, whatever thread made them.
"""

from __future__ import annotations

import heapq
import math

import numpy as np

from gigaplan.core.statistics import Estimate
from gigaplan.operations import arrays
from gigaplan.operations.model import Floats


class Moments:
    """Means and central cross-products of rows over samples."""

    def __init__(self, rows: int) -> None:
        self.count = 0
        self.mean = np.zeros(rows)
        self.cross = np.zeros((rows, rows))

    def record(self, table: Floats) -> None:
        """Take in a block [row, sample]."""
        count = table.shape[1]
        mean = table.mean(axis=1)
        centred = table - mean[:, None]
        cross = centred @ centred.T
        total = self.count + count
        shift = mean - self.mean
        self.cross += cross + np.outer(shift, shift) * (self.count * count / total)
        self.mean += shift * (count / total)
        self.count = total

    def linear(self, weights: Floats) -> Estimate:
        """Return the estimate of a weighted sum of rows."""
        mean = float(weights @ self.mean)
        return Estimate(mean, self._error(weights))

    def row(self, row: int, factor: float = 1.0) -> Estimate:
        """Return the estimate of one row times a factor."""
        weights = np.zeros(self.mean.size)
        weights[row] = factor
        return self.linear(weights)

    def ratio(self, above: Floats, below: Floats) -> Estimate:
        """Return a ratio of means, its error by the delta method; 0 over 0 is 0."""
        bottom = float(below @ self.mean)
        if bottom == 0.0:
            return Estimate(0.0, 0.0)
        value = float(above @ self.mean) / bottom
        return Estimate(value, self._error((above - value * below) / bottom))

    def _error(self, weights: Floats) -> float:
        if self.count < 2:
            return math.inf
        variance = max(float(weights @ self.cross @ weights), 0.0) / (self.count - 1)
        return math.sqrt(variance / self.count)


class Accumulator:
    """Everything that is kept of a stream of blocks."""

    def __init__(self, rows: int, hours: int, keep_worst: int, keep_samples: bool) -> None:
        self.moments = Moments(rows)
        self.by_hour = np.zeros((2, hours))
        self.peak_short_mw = 0.0
        self.first_block: Floats | None = None
        self.tables: list[Floats] = []
        self.eue_mwh: list[Floats] = []
        self._keep_samples = keep_samples
        self._keep_worst = keep_worst
        self._worst: list[tuple[float, int]] = []

    def record(self, first_sample: int, table: Floats, by_hour: Floats) -> None:
        """Take in the block whose first sample is `first_sample`."""
        self.moments.record(table)
        self.by_hour += by_hour
        self.peak_short_mw = max(self.peak_short_mw, float(table[arrays.PEAK].max()))
        if self.first_block is None:
            self.first_block = table
        self.eue_mwh.append(table[arrays.EUE].copy())
        if self._keep_samples:
            self.tables.append(table)
        for i in np.flatnonzero(table[arrays.EUE] > 0):
            # The earlier sample wins a tie, so that the choice does not depend on blocks.
            item = (float(table[arrays.EUE, i]), -(first_sample + int(i)))
            if len(self._worst) < self._keep_worst:
                heapq.heappush(self._worst, item)
            elif self._keep_worst and item > self._worst[0]:
                heapq.heapreplace(self._worst, item)

    def worst_samples(self) -> list[int]:
        """Return the numbers of the worst samples, worst first."""
        return [-number for _, number in sorted(self._worst, reverse=True)]

    def typical_sample(self, rows: slice) -> int:
        """Return the sample of the first block nearest the mean in the given rows."""
        assert self.first_block is not None
        mean = self.moments.mean[rows]
        scale = np.abs(mean).sum() or 1.0
        distance = (np.abs(self.first_block[rows] - mean[:, None]) / scale).sum(axis=0)
        return int(distance.argmin())
