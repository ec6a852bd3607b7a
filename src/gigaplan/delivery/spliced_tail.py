"""A Pareto tail on a lognormal body, where past projects speak for one.

In logarithms y of the ratio, with threshold t, share s, exponent alpha: below t a normal held
below t, at or above it ``s alpha exp(-alpha (y - t))``. For each candidate threshold the most
likely mu, sigma and s are sought together (a project not finished below t may end on either
side); alpha has its own closed form, the projects that finished beyond t over the sum of ``y - t``
of all that reached it.

A tail is taken if all of these hold:

* at least ten finished projects lie beyond the threshold, and ten below it;
* the projects beyond, by the product-limit estimate, pass the Kolmogorov-Smirnov test of an
  exponential excess with its mean fitted, at 1% (M. A. Stephens, J. American Statistical
  Association 69 (1974) 730-737), so that a heap of equal ratios is no tail;
* at the best such threshold twice the gain of log-likelihood over one lognormal is above 16.
  Chosen among many, the threshold leaves no chi-squared law; so the limit was found by
  simulation: of a thousand sets each of 40, 100 and 400 lognormal projects, 4, 8 and 7 took a
  tail. By AIC, a gain of 6, it would be 337, 385 and 355.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gigaplan.delivery.censored_normal import NormalFit
from gigaplan.delivery.durations import Array

FEWEST_BEYOND = 10
LEAST_GAIN = 16.0
_MOST_DISTANCE = 1.308
_MOST_CANDIDATES = 16
_PASSES = 2


@dataclass(frozen=True, slots=True)
class Tail:
    """A body held below a threshold and a tail beyond it, all in logarithms.

    Parameters
    ----------
    mu, sigma : float
        Of the body, before it is held below the threshold.
    threshold : float
    share : float
        At or above the threshold.
    beyond : int
        Finished projects at or above it.
    excess : float
        Sum of what all projects that reached it are beyond it.
    log_likelihood : float
    """

    mu: float
    sigma: float
    threshold: float
    share: float
    beyond: int
    excess: float
    log_likelihood: float

    @property
    def alpha(self) -> float:
        """Most likely exponent of the tail."""
        return self.beyond / self.excess


def find_tail(values: Array, bounds: Array, single: NormalFit) -> Tail | None:
    """Return the most likely body and tail, or None where one lognormal does as well.

    Parameters
    ----------
    values, bounds : ndarray
        Logarithms of the ratios of finished projects, and of the lower bounds of others.
    single : NormalFit
        One lognormal's fit to them.
    """
    thresholds = _candidates(values)
    fits: dict[int, Tail] = {}
    first, last = 0, len(thresholds) - 1
    for _ in range(_PASSES):  # all, coarsely, then between the neighbours of the best
        for i in _spread(first, last):
            found = _fit_at(thresholds[i], values, bounds, single) if i not in fits else None
            if found is not None and _is_pareto(found, values, bounds):
                fits[i] = found
        if not fits:
            return None
        best = max(fits, key=lambda i: fits[i].log_likelihood)
        first = max((i for i in fits if i < best), default=best)
        last = min((i for i in fits if i > best), default=best)
    if 2 * (fits[best].log_likelihood - single.log_likelihood) <= LEAST_GAIN:
        return None
    return fits[best]


def _candidates(values: Array) -> list[float]:
    """Return values that leave enough finished projects on either side."""
    ordered = np.sort(values)
    return [
        float(t)
        for t in np.unique(ordered)
        if FEWEST_BEYOND <= np.searchsorted(ordered, t) <= len(ordered) - FEWEST_BEYOND
    ]


def _spread(first: int, last: int) -> list[int]:
    """Return at most sixteen whole numbers from first to last, evenly."""
    count = min(last - first + 1, _MOST_CANDIDATES)
    return [round(i) for i in np.linspace(first, last, max(count, 0))]


def _fit_at(threshold: float, values: Array, bounds: Array, single: NormalFit) -> Tail | None:
    from scipy.optimize import minimize

    below, above = values[values < threshold], values[values >= threshold]
    low_bounds, high_bounds = bounds[bounds < threshold], bounds[bounds >= threshold]
    excess = float((above - threshold).sum() + (high_bounds - threshold).sum())
    if excess <= 0:
        return None
    alpha = len(above) / excess
    of_tail = len(above) * math.log(alpha) - alpha * excess
    reached = len(above) + len(high_bounds)

    def cost(at: Array) -> float:
        return -_body(at, threshold, below, low_bounds, reached) - of_tail

    share = reached / (len(values) + len(bounds))
    spread = math.log(max(float(below.std()), 0.1 * single.sigma))
    start = np.array([float(np.median(below)), spread, math.log(share / (1 - share))])
    limits = [
        (float(below.min()), threshold),
        (math.log(0.05 * single.sigma), math.log(3 * single.sigma)),
        (-9.0, 9.0),
    ]
    found = minimize(cost, start, method="L-BFGS-B", bounds=limits)
    mu, log_sigma, odds = (float(v) for v in found.x)
    return Tail(
        mu,
        math.exp(log_sigma),
        threshold,
        1 / (1 + math.exp(-odds)),
        len(above),
        excess,
        -float(found.fun),
    )


def _is_pareto(tail: Tail, values: Array, bounds: Array) -> bool:
    """Tell whether what lies beyond a threshold may be exponential in its logarithm."""
    excess = np.concatenate((values, bounds)) - tail.threshold
    ended = np.concatenate((np.ones(len(values), bool), np.zeros(len(bounds), bool)))
    ended, excess = ended[excess >= 0], excess[excess >= 0]
    at, ends = np.unique(excess[ended], return_counts=True)
    left = len(excess) - np.searchsorted(np.sort(excess), at)
    after = np.cumprod(1 - ends / left)
    before = np.concatenate(([1.0], after[:-1]))
    expected = np.exp(-tail.alpha * at)
    distance = float(np.maximum(np.abs(expected - after), np.abs(expected - before)).max())
    root = math.sqrt(tail.beyond)
    return (distance - 0.2 / tail.beyond) * (root + 0.26 + 0.5 / root) <= _MOST_DISTANCE


def _body(at: Array, threshold: float, below: Array, low_bounds: Array, reached: int) -> float:
    """Return the log-likelihood of what lies below the threshold, and of how many reached it."""
    from scipy.special import log_ndtr, ndtr

    mu, sigma, odds = float(at[0]), math.exp(at[1]), float(at[2])
    log_share, log_rest = -math.log1p(math.exp(-odds)), -math.log1p(math.exp(odds))
    edge = (threshold - mu) / sigma
    scores = (below - mu) / sigma
    out = reached * log_share
    out += len(below) * (log_rest - at[1] - 0.5 * math.log(2 * math.pi) - float(log_ndtr(edge)))
    out -= 0.5 * float(scores @ scores)
    if len(low_bounds):
        held = 1 - ndtr((low_bounds - mu) / sigma) / ndtr(edge)
        chance = math.exp(log_rest) * np.maximum(held, 0.0) + math.exp(log_share)
        out += float(np.log(chance).sum())
    return float(out)
