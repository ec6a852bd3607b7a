"""The outside view: what past projects of a kind cost, over what was planned.

Final over estimated cost X has, for share s of projects at or above a threshold t,
a Pareto tail ``P(X > x | X >= t) = (t / x)^alpha``, whose mean is
``t alpha / (alpha - 1)``. The others follow a lognormal held below t. Published are
the mean of all, s, and the mean of the tail; so

* ``alpha = tail_mean / (tail_mean - t)``,
* the body's mean is ``(mean - s tail_mean) / (1 - s)``,
* sigma of the body is that of the one lognormal with this mean and this share beyond t,
  ``sigma = q -+ sqrt(q^2 - 2 ln(t / mean))`` with ``Phi(q) = 1 - s``,
* mu of the body is solved so that its mean holds.

So mean, share and tail mean hold exactly, which no single lognormal does.

Published figures: B. Flyvbjerg and D. Gardner, How Big Things Get Done (2023).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from gigaplan.core.errors import require
from gigaplan.delivery.durations import Array, Duration, fixed_months


@dataclass(frozen=True, slots=True)
class ReferenceClass:
    """Final over estimated cost of past projects: lognormal body, Pareto tail.

    Parameters
    ----------
    mu, sigma : float
        Mean and deviation of the logarithm of the body, before it is held below the threshold.
    threshold : float
        Ratio where the tail begins; infinity for a lognormal without a tail of its own.
    tail_share : float
        Share of projects at or above the threshold.
    alpha : float
        Exponent of the tail, above 1.
    """

    mu: float
    sigma: float
    threshold: float = math.inf
    tail_share: float = 0.0
    alpha: float = math.inf

    def __post_init__(self) -> None:
        require(self.sigma >= 0, f"sigma of a reference class is {self.sigma:g}; 0 or more.")
        require(
            0 <= self.tail_share < 1,
            f"the tail of a reference class holds {self.tail_share:g}; 0 to below 1 is allowed.",
        )
        require(
            self.alpha > 1,
            f"the tail exponent is {self.alpha:g}; above 1 is allowed, or the mean is infinite.",
        )

    @property
    def mean(self) -> float:
        """Mean of final over estimated cost."""
        body = _held_mean(self.mu, self.sigma, self.threshold)
        if self.tail_share == 0:
            return body
        tail = self.threshold * (self.alpha / (self.alpha - 1) if self.alpha < math.inf else 1.0)
        return (1 - self.tail_share) * body + self.tail_share * tail

    def at_scores(self, z: Array) -> Array:
        """Return the cost ratio at normal scores."""
        from scipy.special import ndtr, ndtri

        if self.threshold == math.inf:
            return np.asarray(np.exp(self.mu + self.sigma * z))
        if self.sigma == 0:
            body = np.full(z.shape, math.exp(self.mu))
        else:
            below = ndtr((math.log(self.threshold) - self.mu) / self.sigma)
            inside = np.clip(ndtr(z) / (1 - self.tail_share), 1e-300, 1.0) * below
            body = np.minimum(np.exp(self.mu + self.sigma * ndtri(inside)), self.threshold)
        if self.tail_share == 0:
            return np.asarray(body)
        beyond = np.clip(ndtr(-z) / self.tail_share, 1e-300, 1.0)
        tail = self.threshold * beyond ** (-1 / self.alpha)
        return np.where(ndtr(-z) > self.tail_share, body, tail)


def lognormal_fit(mean: float, tail_share: float, threshold: float = 1.5) -> tuple[float, float]:
    """Return mu and sigma of the lognormal of this mean and this share at or above a threshold.

    Of two that fit, the one of less spread.

    Raises
    ------
    InputError
        If none fits.
    """
    from scipy.special import ndtri

    require(
        mean > 0 and threshold > 0 and 0 < tail_share < 1,
        f"no lognormal has the mean {mean:g} and the share {tail_share:g} above {threshold:g}.",
    )
    q = float(ndtri(1 - tail_share))
    inside = q * q - 2 * math.log(threshold / mean)
    require(
        inside >= 0,
        f"no lognormal of mean {mean:g} has as much as {tail_share:.0%} above {threshold:g}.",
    )
    roots = [s for s in (q - math.sqrt(inside), q + math.sqrt(inside)) if s > 0]
    require(bool(roots), f"no lognormal of mean {mean:g} has {tail_share:.0%} above {threshold:g}.")
    sigma = min(roots)
    return math.log(mean) - sigma * sigma / 2, sigma


def from_published(
    mean: float, tail_share: float, tail_mean: float | None = None, threshold: float = 1.5
) -> ReferenceClass:
    """Return the class with a published mean, share beyond a threshold, and mean of those beyond.

    Parameters
    ----------
    mean : float
        Mean final over estimated cost: 2.2 for a mean overrun of 120%.
    tail_share : float
        Share of projects at or above the threshold.
    tail_mean : float, optional
        Their mean. Left out, or no more than the threshold: one lognormal without a tail.
    threshold : float
        Where the tail begins.

    Raises
    ------
    InputError
        If the figures contradict each other.
    """
    mu, sigma = lognormal_fit(mean, tail_share, threshold)
    if tail_mean is None or tail_mean <= threshold:
        return ReferenceClass(mu, sigma)
    body_mean = (mean - tail_share * tail_mean) / (1 - tail_share)
    require(
        0 < body_mean < threshold,
        f"a mean of {mean:g} with {tail_share:.0%} at {tail_mean:g} leaves {body_mean:.3g} for the "
        f"rest, which must lie between 0 and {threshold:g}.",
    )
    alpha = tail_mean / (tail_mean - threshold)
    body_mu = _mu_for(body_mean, sigma, threshold)
    return ReferenceClass(body_mu, sigma, threshold, tail_share, alpha)


def _held_mean(mu: float, sigma: float, threshold: float) -> float:
    """Return the mean of a lognormal held below a threshold."""
    from scipy.special import log_ndtr

    if threshold == math.inf or sigma == 0:
        return math.exp(mu + sigma * sigma / 2)
    edge = (math.log(threshold) - mu) / sigma
    return float(math.exp(mu + sigma * sigma / 2 + log_ndtr(edge - sigma) - log_ndtr(edge)))


def _mu_for(mean: float, sigma: float, threshold: float) -> float:
    """Return mu for which a lognormal held below a threshold has this mean."""
    from scipy.optimize import brentq

    low, high = math.log(mean) - sigma * sigma - 5 * sigma, math.log(threshold)
    while _held_mean(high, sigma, threshold) < mean:
        high += 5 * sigma
        require(high < 50 * (1 + sigma), f"no body of mean {mean:g} fits below {threshold:g}.")
    return float(brentq(lambda mu: _held_mean(mu, sigma, threshold) - mean, low, high, xtol=1e-13))


class OutsideView(Protocol):
    """What past projects of a kind came to, over what was planned: published or fitted."""

    @property
    def mean(self) -> float:
        """Mean ratio; finite, above zero."""
        ...

    def at_scores(self, z: Array) -> Array:
        """Return the ratio at normal scores `z`, not falling in z."""
        ...


@dataclass(frozen=True)
class CostRatio:
    """Final over estimated cost: the inside view blended with the outside view.

    At equal normal score, ``(1 - w) inside(z) + w outside(z)``: quantiles are averaged, so one
    score moves both views. An estimate that already holds the overrun of its class is not
    uplifted again: the class then gives its spread only, ``outside(z) / mean``.

    Parameters
    ----------
    outside : ReferenceClass or FittedClass
        Past projects of the kind, published or fitted to a user's own (`fitting`).
    inside : Duration or float
        The project's own view of final over estimated cost, 1 for an estimate taken as it is.
        Any distribution of this room will do.
    outside_weight : float
        Weight w of the outside view, 0 to 1.
    already_adjusted : bool
        True if the estimate holds the overrun of its class.
    """

    outside: OutsideView
    inside: Duration | float = 1.0
    outside_weight: float = 0.5
    already_adjusted: bool = False

    def __post_init__(self) -> None:
        require(
            0 <= self.outside_weight <= 1,
            f"the weight of the outside view is {self.outside_weight:g}; 0 to 1 is allowed.",
        )

    def at_scores(self, z: Array) -> Array:
        """Return the cost ratio at normal scores."""
        outside = self.outside.at_scores(z)
        if self.already_adjusted:
            outside = outside / self.outside.mean
        if isinstance(self.inside, int | float):
            known = fixed_months(self.inside)
            inside = np.full(z.shape, known)
        else:
            inside = self.inside.at_scores(z)
        return np.asarray((1 - self.outside_weight) * inside + self.outside_weight * outside)
