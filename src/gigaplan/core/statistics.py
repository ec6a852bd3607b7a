"""Estimates from draws, each with its standard error."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean over draws and the standard error of that mean."""

    mean: float
    standard_error: float

    def __str__(self) -> str:
        return f"{self.mean:.6g} ± {self.standard_error:.2g}"

    def scaled(self, factor: float) -> Estimate:
        """Return the estimate in another unit, or of a fixed share of it."""
        return Estimate(self.mean * factor, self.standard_error * abs(factor))


def estimate(samples: NDArray[Any]) -> Estimate:
    """Return mean and standard error of one row of samples, shape [draw].

    Raises
    ------
    InputError
        If there is no sample, or one that is not a number.
    """
    require(samples.size > 0, "an estimate needs at least one sample.")
    unknown = int(np.isnan(samples).sum())
    require(unknown == 0, f"{unknown} of {samples.size} samples are not numbers.")
    return Estimate(float(np.mean(samples)), float(standard_error(samples)))


def standard_error(samples: NDArray[Any], axis: int = -1) -> NDArray[np.float64]:
    """Return the standard error of the mean along `axis`; infinite for a single sample."""
    n = samples.shape[axis]
    if n < 2:
        return np.full(np.delete(samples.shape, axis), math.inf)
    result: NDArray[np.float64] = np.std(samples, axis=axis, ddof=1) / math.sqrt(n)
    return result


def tail_mean(samples: NDArray[Any], share: float) -> Estimate:
    """Return the mean of the greatest `share` of samples (conditional value at risk).

    Its standard error is that of ``q + mean(max(x - q, 0)) / share`` with the threshold q as it
    is found (R. T. Rockafellar and S. Uryasev, Journal of Risk 2 (2000) 21-41).

    Raises
    ------
    InputError
        If the share is not above 0 and at most 1, or as `estimate`.
    """
    require(0.0 < share <= 1.0, f"found {share:g}; a share above 0 and at most 1 is needed.")
    kept = max(int(np.ceil(share * samples.size - 1e-9)), 1)
    threshold = np.partition(samples, samples.size - kept)[samples.size - kept]
    above = estimate(np.maximum(samples - threshold, 0.0))
    return Estimate(float(threshold) + above.mean / share, above.standard_error / share)


@dataclass(frozen=True, slots=True)
class Percentiles:
    """P10, P50 and P90 of a sampled quantity, with its mean and the mean's standard error."""

    p10: float
    p50: float
    p90: float
    mean: float
    standard_error: float


def percentiles(samples: NDArray[Any]) -> Percentiles:
    """Return `Percentiles` of one row of samples, shape [draw]; see `estimate` for errors."""
    centre = estimate(samples)
    low, middle, high = np.quantile(samples, (0.1, 0.5, 0.9))
    return Percentiles(float(low), float(middle), float(high), centre.mean, centre.standard_error)
