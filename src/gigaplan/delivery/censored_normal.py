"""A normal distribution fitted to values of which some are lower bounds only.

The most likely mean and deviation: in ``h = 1 / sigma, g = mu / sigma`` the log-likelihood

    ``n ln h - 1/2 sum (h x_i - g)^2 + sum ln Q(h c_j - g)``

of n values x and of bounds c is concave (R. J. Olsen, "Note on the uniqueness of the maximum
likelihood estimator for the Tobit model", Econometrica 46 (1978) 1211-1215), so Newton's method
with halved steps finds its one summit.

What a further value will be, with mean and deviation uncertain: their posterior under the
reference prior ``1 / sigma``, summed over a grid of both. Without bounds that is Student's t of
n - 1 degrees about the sample mean, of scale ``s sqrt(1 + 1/n)``. The posterior is proper as soon
as two values differ, whatever the bounds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gigaplan.delivery.durations import Array

_MOST_STEPS = 200
_SIGMAS, _MEANS, _MOST_MEANS = 361, 81, 801
_MEANS_REACH = 8.0


@dataclass(frozen=True, slots=True)
class NormalFit:
    """Most likely mean and deviation, with their standard errors and the log-likelihood."""

    mu: float
    sigma: float
    mu_error: float
    sigma_error: float
    log_likelihood: float


def fit_normal(values: Array, bounds: Array) -> NormalFit:
    """Return the normal most likely to give `values`, and more than `bounds`.

    At least two values must differ.
    """
    centre, scale = float(values.mean()), float(values.std())
    x, c = (values - centre) / scale, (bounds - centre) / scale
    at = np.array([0.0, 1.0])  # g, h
    best = _log_likelihood(at, x, c)
    for _ in range(_MOST_STEPS):
        slope, curvature = _derivatives(at, x, c)
        step = np.linalg.solve(curvature, slope)
        found = -math.inf
        for _ in range(60):
            trial = at + step
            if trial[1] > 0:
                found = _log_likelihood(trial, x, c)
                if found >= best:
                    break
            step = step / 2
        if found < best or np.abs(step).max() < 1e-12:
            break
        at, best = trial, found
    return _in_given_units(at, best, x, c, centre, scale)


def _in_given_units(
    at: Array, best: float, x: Array, c: Array, centre: float, scale: float
) -> NormalFit:
    g, h = float(at[0]), float(at[1])
    covariance = np.linalg.inv(_derivatives(at, x, c)[1])
    of_mu, of_sigma = np.array([1 / h, -g / h**2]), np.array([0.0, -1 / h**2])
    return NormalFit(
        centre + scale * g / h,
        scale / h,
        scale * math.sqrt(of_mu @ covariance @ of_mu),
        scale * math.sqrt(of_sigma @ covariance @ of_sigma),
        best - len(x) * math.log(scale),
    )


def _log_likelihood(at: Array, x: Array, c: Array) -> float:
    from scipy.special import log_ndtr

    g, h = at
    inside = len(x) * (math.log(h) - 0.5 * math.log(2 * math.pi)) - 0.5 * ((h * x - g) ** 2).sum()
    return float(inside + log_ndtr(g - h * c).sum())


def _derivatives(at: Array, x: Array, c: Array) -> tuple[Array, Array]:
    """Return the slope of the log-likelihood and minus its curvature, in g and h."""
    g, h = at
    hazard = _hazard(h * c - g)
    bend = hazard * (hazard - (h * c - g))
    rest = h * x - g
    slope = np.array([rest.sum() + hazard.sum(), len(x) / h - (rest @ x) - hazard @ c])
    cross = -x.sum() - bend @ c
    curvature = np.array(
        [[len(x) + bend.sum(), cross], [cross, len(x) / h**2 + x @ x + bend @ c**2]]
    )
    return slope, curvature


def _hazard(r: Array) -> Array:
    """Return the normal density over the chance of more."""
    from scipy.special import log_ndtr

    return np.asarray(np.exp(-0.5 * r * r - 0.5 * math.log(2 * math.pi) - log_ndtr(-r)))


@dataclass(frozen=True)
class Posterior:
    """Mean and deviation of a normal as a table of pairs, each with its weight."""

    mu: Array
    sigma: Array
    weight: Array

    def quantile(self, probability: float) -> float:
        """Return the value that a further one stays below with this probability."""
        from scipy.optimize import brentq
        from scipy.special import ndtr

        def beyond(value: float) -> float:
            return float(self.weight @ ndtr((value - self.mu) / self.sigma)) - probability

        low, high = float(self.mu.min()), float(self.mu.max())
        reach = float(self.sigma.max())
        while beyond(low) > 0:
            low -= reach
        while beyond(high) < 0:
            high += reach
        return float(brentq(beyond, low, high, xtol=1e-12, rtol=1e-13))


def posterior(values: Array, bounds: Array, fit: NormalFit) -> Posterior:
    """Return the posterior of mean and deviation under the reference prior.

    The grid is even in ln sigma, and at each in the mean about its most likely value there, so
    that the sum of the smooth integrand is close to exact.
    """
    from scipy.special import log_ndtr, logsumexp

    n = len(values)
    wide = 8 / math.sqrt(2 * (n - 1))
    steps = np.linspace(-min(wide, 4.0), wide + 14 / (n - 1), _SIGMAS)
    sigma = fit.sigma * np.exp(steps)[:, None]
    mode = _likeliest_mean(values, bounds, sigma[:, 0])[:, None]
    means = min(int(_MEANS * math.sqrt(1 + len(bounds) / n)), _MOST_MEANS)
    mu = mode + sigma / math.sqrt(n) * np.linspace(-_MEANS_REACH, _MEANS_REACH, means)
    centre, squares = values.mean(), ((values - values.mean()) ** 2).sum()
    log_weight = -n * np.log(sigma) - (squares + n * (mu - centre) ** 2) / (2 * sigma**2)
    for bound in bounds:
        log_weight = log_weight + log_ndtr((mu - bound) / sigma)
    # the prior is even in mu and ln sigma; the step in mu is as wide as sigma
    log_weight = log_weight + np.log(sigma)
    weight = np.exp(log_weight - logsumexp(log_weight))
    kept = weight > 1e-16 * weight.max()
    return Posterior(mu[kept], np.broadcast_to(sigma, mu.shape)[kept], weight[kept])


def _likeliest_mean(values: Array, bounds: Array, sigma: Array) -> Array:
    """Return the most likely mean at each deviation: a concave climb, by bisection of its slope.

    The slope, times sigma, is ``n (centre - mu) / sigma + sum hazard((c - mu) / sigma)``. The
    hazard is at most ``1 + max(0, r)``, which bounds the mean from above.
    """
    centre, n = float(values.mean()), len(values)
    low = np.full(sigma.shape, centre)
    if not len(bounds):
        return low
    top = max(centre, float(bounds.max()))
    high = top + sigma * len(bounds) / n
    for _ in range(60):
        middle = (low + high) / 2
        rises = n * (centre - middle) / sigma
        for bound in bounds:
            rises = rises + _hazard((bound - middle) / sigma)
        low, high = np.where(rises > 0, middle, low), np.where(rises > 0, high, middle)
    return (low + high) / 2
