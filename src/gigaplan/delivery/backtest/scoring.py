"""Scores of forecasts against what came.

A forecast is an ensemble of draws, shape [case, draw], or a table of quantiles. Each score is
lower for a better forecast and cannot be bettered by saying other than what one believes:

* CRPS, ``E|X - y| - E|X - X'| / 2``, is the absolute error of a forecast that is one number, so
  a distribution and a date "as announced" are scored in the same unit.
* The pinball loss at p is ``(y - q)(p - 1{y < q})``; twice its mean over all p is the CRPS.
* PIT is the forecast's own probability of no more than the outcome: evenly spread from 0 to 1 if
  the forecast is calibrated. Where the forecast has a lump, the outcome's PIT is the whole
  stretch from P(X < y) to P(X <= y), with its mass spread evenly over it; nothing is drawn
  (Czado, Gneiting and Held, Biometrics 2009).

**Not finished yet.** Of such a case only a lower bound is known. Its PIT is the stretch from
P(X <= bound) to 1. Its CRPS is that of ``min(X, bound)`` at the bound: it blames a forecast for
what it said would have come already, and for nothing after. It is never left out: the unfinished
are the late ones, so leaving them out makes a forecast of delay look too gloomy.

References
----------
T. Gneiting and A. E. Raftery, Strictly proper scoring rules, JASA 2007.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require

Array: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]

BINS = 10


def crps(draws: Array, outcome: Array) -> Array:
    """Return the CRPS of each case, exact for its ensemble.

    Parameters
    ----------
    draws : array
        Shape [case, draw]; each draw weighs the same.
    outcome : array
        Shape [case].
    """
    _same_cases(draws, outcome)
    n = draws.shape[1]
    rank_weight = 2 * np.arange(1, n + 1) - n - 1
    half_spread = np.sort(draws, axis=1) @ rank_weight / n**2
    return np.asarray(np.abs(draws - outcome[:, None]).mean(axis=1) - half_spread)


def crps_of_quantiles(probabilities: Array, quantiles: Array, outcome: Array) -> Array:
    """Return the CRPS of each case, exact for quantiles straight between, held beyond.

    Parameters
    ----------
    probabilities : array
        Shape [probability], rising, within 0 to 1.
    quantiles : array
        Shape [case, probability], not falling.
    outcome : array
        Shape [case].
    """
    _same_cases(quantiles, outcome)
    _are_probabilities(probabilities, quantiles.shape[1])
    p = np.concatenate(([0.0], probabilities, [1.0]))
    q = np.concatenate((quantiles[:, :1], quantiles, quantiles[:, -1:]), axis=1)
    y = outcome[:, None]
    rise = np.diff(q, axis=1)
    with np.errstate(over="ignore"):  # a rise of almost nothing: all of it is passed
        passed = (y - q[:, :-1]) / np.where(rise > 0, rise, 1.0)
    share = np.where(rise > 0, passed, q[:, :-1] < y)
    share = np.clip(share, 0.0, 1.0)
    cut = p[:-1] + share * np.diff(p)
    at_cut = q[:, :-1] + share * rise
    below = _simpson(p[:-1], cut, y - q[:, :-1], y - at_cut, falling=False)
    above = _simpson(cut, p[1:], at_cut - y, q[:, 1:] - y, falling=True)
    return np.asarray(2 * (below + above).sum(axis=1))


def _simpson(start: Array, end: Array, first: Array, last: Array, *, falling: bool) -> Array:
    """Integrate p, or 1 - p, times a straight line, from `start` to `end`."""
    weight_first, weight_last = (1 - start, 1 - end) if falling else (start, end)
    middle = (weight_first + weight_last) * (first + last)
    return np.asarray(
        (end - start) / 6 * (weight_first * first + middle + weight_last * last),
    )


def pinball(quantile: Array, probability: float | Array, outcome: Array) -> Array:
    """Return the pinball loss of a quantile at its probability."""
    miss = outcome - quantile
    return np.asarray(np.where(miss >= 0, probability * miss, (probability - 1) * miss))


def pit_stretch(draws: Array, outcome: Array, unfinished: Flags) -> tuple[Array, Array]:
    """Return the ends of each case's PIT, equal where forecast and outcome are clear-cut.

    An ensemble of n draws and the outcome make n + 1 ranks, so an outcome between two draws has
    a stretch of ``1 / (n + 1)``: an even PIT stays even however few the draws.
    """
    _same_cases(draws, outcome)
    n = draws.shape[1]
    low = (draws < outcome[:, None]).sum(axis=1) / (n + 1)
    high = ((draws <= outcome[:, None]).sum(axis=1) + 1) / (n + 1)
    low = np.where(unfinished, (draws <= outcome[:, None]).sum(axis=1) / (n + 1), low)
    return np.asarray(low), np.where(unfinished, 1.0, high)


def share_within(low: Array, high: Array, start: float, end: float) -> Array:
    """Return the share of each PIT stretch that lies from `start` to `end`."""
    inside = np.minimum(high, end) - np.maximum(low, start)
    return np.asarray(np.maximum(inside, 0.0) / (high - low))


def pit_histogram(low: Array, high: Array, bins: int = BINS) -> Array:
    """Return the share of PIT mass in each of equal bins; each is 1 / bins if calibrated."""
    edges = np.linspace(0.0, 1.0, bins + 1)
    shares = [share_within(low, high, a, b).mean() for a, b in pairwise(edges.tolist())]
    return np.asarray(shares)


def capped(values: Array, outcome: Array, unfinished: Flags) -> Array:
    """Return forecasts held at the bound of cases not finished; shape [case] or [case, draw]."""
    bound = np.where(unfinished, outcome, np.inf)
    return np.minimum(values, bound if values.ndim == 1 else bound[:, None])


def _same_cases(forecast: Array, outcome: Array) -> None:
    require(
        forecast.ndim == 2 and outcome.shape == forecast.shape[:1] and forecast.shape[1] > 0,
        f"forecasts of shape {forecast.shape} do not fit outcomes of shape {outcome.shape}; "
        "[case, draw] and [case] are allowed.",
    )
    for what, values in (("forecasts", forecast), ("outcomes", outcome)):
        wrong = int((~np.isfinite(values)).sum())
        require(wrong == 0, f"{wrong} of the {what} to score are not finite numbers.")


def _are_probabilities(p: Array, columns: int) -> None:
    require(
        p.shape == (columns,) and bool(np.all((p >= 0) & (p <= 1)) and np.all(np.diff(p) > 0)),
        f"a table of {columns} quantiles needs as many probabilities, rising from 0 to 1.",
    )
