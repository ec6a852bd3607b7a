"""A reference class fitted to past projects: how wide few of them leave it, and its tail.

The logarithms of the ratios are taken as normal, projects not finished as lower bounds, and what
is handed on is what a further project will do, mean and spread being uncertain themselves
(`censored_normal`): for n finished projects Student's t of n - 1 degrees. A lognormal with a t's
tails has no mean, and of three projects its 99th percentile says more of the prior than of them.
So the class holds the predictive P10, P50 and P90 exactly, and between and beyond them its
logarithm is straight in the normal score on either side of P50: one lognormal where no project is
open, two halves where some are. Its mean then exists and follows from what the projects do say;
beyond P90 it is thinner than the t.

Where the projects speak for a Pareto tail (`spliced_tail`), the body is the most likely one, and
the tail what a further project does there, its exponent uncertain too: of k finished projects
beyond threshold t with logarithms that exceed it by S in sum, ``P(X > x) = (1 + ln(x / t) / S)^-k``
(prior ``1 / alpha``), close to ``(t / x)^(k / S)`` near t. That has no mean either, nor has a
Pareto of an exponent below one. So ratios are held at a stated most, `most_ratio`, in both
directions; a class tells what share of its mean is held so.

A lower bound is right only if when a project was looked at, or given up, does not depend on what
it would have come to. Projects given up because they went badly would have ended further above
their bound than this takes: a class of many abandoned ones is too low, if anything.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, require
from gigaplan.core.money import PriceIndex
from gigaplan.delivery.censored_normal import NormalFit, fit_normal, posterior
from gigaplan.delivery.durations import Z90, Array
from gigaplan.delivery.past_projects import PastProject, Ratios, cost_ratios, month_ratios
from gigaplan.delivery.reference_class import ReferenceClass
from gigaplan.delivery.spliced_tail import FEWEST_BEYOND, Tail, find_tail

MOST_RATIO = 100.0
"""Assumed: well above the twentyfold that is told of the Suez Canal, the most in the literature
(and that over an estimate of fifty years before its work began)."""

Bools = NDArray[np.bool_]
_LEAST_SPREAD = 1e-3
_REACH, _STEPS = 8.5, 32_769
_CAP_SHARE_TOLD = 0.01
_FEWEST_FOR_TAIL = 2 * FEWEST_BEYOND


@dataclass(frozen=True)
class FittedClass:
    """Final over planned, of cost or of months, as past projects say; an outside view.

    Made by `fit_ratios`, `fit_cost` or `fit_months`.

    Parameters
    ----------
    log_p50, low_sigma, high_sigma : float
        Logarithm of the median, and what it falls or rises by per unit of normal score; of a
        class with a tail, those of its body before it is held below the tail.
    finished, unfinished : int
        Projects it was fitted to; those not finished give lower bounds.
    single : NormalFit
        The most likely lognormal, in logarithms, with its standard errors.
    tail : Tail, optional
        Given where the projects speak for one.
    most_ratio : float
        No ratio is above this, or below one over it.
    messages : tuple of str
        What the reader must know about the class.
    """

    log_p50: float
    low_sigma: float
    high_sigma: float
    finished: int
    unfinished: int
    single: NormalFit
    tail: Tail | None = None
    most_ratio: float = MOST_RATIO
    messages: tuple[str, ...] = ()

    def at_scores(self, z: Array) -> Array:
        """Return the ratio at normal scores."""
        score = np.asarray(z, np.float64)
        limit = math.log(self.most_ratio)
        if self.tail is None:
            found = self.log_p50 + np.where(score < 0, self.low_sigma, self.high_sigma) * score
        else:
            found = _log_with_tail(self.tail, score)
        return np.asarray(np.exp(np.clip(found, -limit, limit)))

    def quantile(self, probability: float) -> float:
        """Return the ratio that a further project stays below with this probability."""
        from scipy.special import ndtri

        require(0 < probability < 1, f"a probability of {probability:g}; between 0 and 1.")
        return float(self.at_scores(np.array([ndtri(probability)]))[0])

    @property
    def mean(self) -> float:
        """Mean ratio, that of ratios held at `most_ratio` included."""
        return self._means[0]

    @property
    def held_share_of_mean(self) -> float:
        """Share of the mean that ratios held at `most_ratio` give: what that limit decides."""
        return self._means[1] / self._means[0]

    @cached_property
    def _means(self) -> tuple[float, float]:
        """Return the mean, and the part of it that is held at the limit."""
        z = np.linspace(-_REACH, _REACH, _STEPS)
        weight = np.exp(-0.5 * z * z)
        weight /= weight.sum()
        ratio = self.at_scores(z)
        held = ratio >= self.most_ratio * (1 - 1e-12)
        return float(weight @ ratio), float(weight[held] @ ratio[held])


def fit_ratios(
    ratios: Sequence[float] | Array,
    censored: Sequence[bool] | Bools | None = None,
    *,
    most_ratio: float = MOST_RATIO,
    projects: Sequence[PastProject] = (),
) -> FittedClass:
    """Return the reference class of past projects, by their final over planned cost or months.

    Parameters
    ----------
    ratios : sequence of float
        Final over planned of each project.
    censored : sequence of bool, optional
        True where a project is not finished, its ratio a lower bound; none if left out.
    most_ratio : float
        Most that a ratio can be, above 1.
    projects : sequence of PastProject
        Whose they are, for messages.

    Raises
    ------
    InputError
        If a ratio is out of range, or fewer than two finished projects differ.
    """
    value = np.asarray(ratios, np.float64)
    bound = np.zeros(value.shape, bool) if censored is None else np.asarray(censored, bool)
    _check(value, bound, most_ratio, projects)
    silent = bound & (value == 0)
    values, bounds = np.log(value[~bound]), np.log(value[bound & ~silent])
    single = fit_normal(values, bounds)
    tail = find_tail(values, bounds, single)
    if tail is None:
        further = posterior(values, bounds, single)
        p10, p50, p90 = (further.quantile(p) for p in (0.1, 0.5, 0.9))
        shape = (p50, (p50 - p10) / Z90, (p90 - p50) / Z90)
    else:
        shape = (tail.mu, tail.sigma, tail.sigma)
    found = FittedClass(*shape, len(values), len(bounds), single, tail, most_ratio)
    return replace(found, messages=_messages(found, int(silent.sum())))


def fit_cost(
    projects: Sequence[PastProject],
    *,
    deflator: PriceIndex | None = None,
    most_ratio: float = MOST_RATIO,
) -> FittedClass:
    """Return the class of final over estimated cost; see `fit_ratios` and `cost_ratios`."""
    return _fitted(cost_ratios(projects, deflator=deflator), most_ratio)


def fit_months(projects: Sequence[PastProject], *, most_ratio: float = MOST_RATIO) -> FittedClass:
    """Return the class of actual over planned months; see `fit_ratios`."""
    return _fitted(month_ratios(projects), most_ratio)


def _fitted(ratios: Ratios, most_ratio: float) -> FittedClass:
    found = fit_ratios(
        ratios.values, ratios.censored, most_ratio=most_ratio, projects=ratios.projects
    )
    return replace(found, messages=(*found.messages, *ratios.messages))


def _log_with_tail(tail: Tail, z: Array) -> Array:
    """Return the logarithm of the ratio where a tail was fitted."""
    from scipy.special import ndtr

    # a tail of exponent infinity stays at the threshold: what is beyond it is added here
    body = ReferenceClass(tail.mu, tail.sigma, math.exp(tail.threshold), tail.share)
    beyond = np.clip(ndtr(-z) / tail.share, 1e-300, 1.0)
    return np.asarray(np.log(body.at_scores(z)) + tail.excess * (beyond ** (-1 / tail.beyond) - 1))


def _check(value: Array, bound: Bools, most_ratio: float, projects: Sequence[PastProject]) -> None:
    require(
        math.isfinite(most_ratio) and most_ratio > 1,
        f"the most that a ratio can be is {most_ratio:g}; above 1 is allowed.",
    )
    require(
        value.ndim == 1 and value.shape == bound.shape,
        f"{value.size} ratios of past projects, but {bound.size} marks of which are lower bounds; "
        "give as many of one as of the other.",
    )
    problems = [
        _out_of_range(i, float(value[i]), bool(bound[i]), most_ratio, projects)
        for i in range(len(value))
        if not (0 if bound[i] else 1 / most_ratio) <= value[i] <= most_ratio
    ]
    if problems:
        raise InputError(problems)
    finished = value[~bound]
    require(value.size > 0, "no past project has both planned and final known.")
    require(
        len(finished) >= 2,
        f"{len(finished) or 'none'} of {len(value)} past projects "
        f"{'are' if not len(finished) else 'is'} finished with both planned and final known; "
        "a reference class needs two or more.",
        hint="With fewer, take a published class.",
    )
    spread = float(np.ptp(np.log(finished)))
    require(
        spread >= _LEAST_SPREAD,
        f"the {len(finished)} finished past projects have the same ratio, {finished[0]:g}; "
        "a spread is fitted only to ratios that differ by 0.1% or more.",
        hint="Check that the final figures are not the planned ones, or take a published class.",
    )


def _out_of_range(
    i: int, ratio: float, bound: bool, most_ratio: float, projects: Sequence[PastProject]
) -> Problem:
    whose = f"'{projects[i].project}'" if projects else f"past project {i + 1}"
    least = "0" if bound else f"{1 / most_ratio:g}"
    return Problem(
        f"final over planned of {whose} is {ratio:g}; {least} to {most_ratio:g} is allowed.",
        file=projects[i].file if projects else "",
        line=projects[i].line if projects else 0,
        hint="Check the units of both, or raise most_ratio.",
    )


def _messages(found: FittedClass, silent: int) -> tuple[str, ...]:
    out = [_band(found), _about_tail(found)]
    if found.unfinished:
        out.append(
            f"not finished: {found.unfinished} of {found.finished + found.unfinished} past "
            "projects; ratios so far are taken as lower bounds."
        )
    if silent:
        out.append(f"left out, as nothing has come of them yet: {silent} past projects.")
    if found.held_share_of_mean > _CAP_SHARE_TOLD:
        out.append(
            f"ratios are held at {found.most_ratio:g}; those held are "
            f"{found.held_share_of_mean:.0%} of the mean, {found.mean:.3g}: another limit would "
            "give another mean."
        )
    return tuple(out)


def _band(found: FittedClass) -> str:
    """Return the band of a further project, and what of it comes of fitting so few."""
    low, middle, high = (found.quantile(p) for p in (0.1, 0.5, 0.9))
    text = (
        f"{found.finished + found.unfinished} past projects: P10 to P90 is {_short(low)} to "
        f"{_short(high)}, median {_short(middle)}, mean {found.mean:.3g}"
    )
    if found.tail is not None:
        return text + "."
    n = found.finished
    own = math.exp(2 * Z90 * found.single.sigma * math.sqrt(n / (n - 1)))
    whole = high / low
    return (
        f"{text}. That band is a factor of {_short(whole)}: {_short(own)} by the projects' "
        f"own spread, times {_short(whole / own)} by the error of fitting {n} finished ones."
    )


def _short(value: float) -> str:
    return f"{value:.2g}" if value < 99.5 else f"{value:,.0f}"


def _about_tail(found: FittedClass) -> str:
    tail = found.tail
    if tail is not None:
        alpha = tail.alpha
        return (
            f"a Pareto tail holds {tail.share:.0%} of projects from {math.exp(tail.threshold):.3g} "
            f"on, of exponent {_short(alpha)} ± {_short(alpha / math.sqrt(tail.beyond))}, from "
            f"{tail.beyond} finished ones."
        )
    if found.finished < _FEWEST_FOR_TAIL:
        return (
            f"{found.finished} finished past projects are too few to tell a Pareto tail "
            f"({_FEWEST_FOR_TAIL} are needed); one lognormal is taken."
        )
    return "one lognormal fits the past projects about as well as a Pareto tail; it is taken."
