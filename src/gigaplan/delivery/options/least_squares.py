"""The value of an option by least-squares Monte Carlo, without look-ahead.

What waiting is worth is regressed, backwards from the last step, on polynomials of the state
among draws that exercise would pay in; a draw exercises where that is worth more than waiting.

The regression of one half of the draws decides for the other half and the other way about
(cross-fitting), so every draw is used and none decides on its own future. The value is that of
a policy which can be carried out: it is at most the true value, and falls short of it by what
the polynomials miss.

F. A. Longstaff and E. S. Schwartz, "Valuing American options by simulation: a simple
least-squares approach", Review of Financial Studies 14 (2001) 113-147.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.options.model import (
    NEVER,
    Floats,
    OptionValue,
    checked,
    halves,
    mean_of,
    parting_state,
    valued,
)

_MOST_TERMS = 200
_DRAWS_PER_TERM = 5


def least_squares_value(
    state: Floats,
    payoff_usd: Floats,
    discount: Floats,
    *,
    degree: int = 4,
    antithetic: bool = False,
    control: tuple[Floats, float] | None = None,
) -> OptionValue:
    """Return what an option is worth if exercised by the best rule that regression finds.

    Parameters
    ----------
    state : ndarray, shape [step, draw] or [step, draw, feature]
        What is known when it is decided.
    payoff_usd : ndarray, shape [step, draw]
        What exercise brings at each step, in money of that step; minus infinity where it may not
        be exercised (outside its window, or a licence refused).
    discount : ndarray, shape [step]
        Present value of a dollar of each step.
    degree : int
        Highest total power of the features.
    antithetic : bool
        True if draw d + n/2 mirrors draw d: pairs are then kept in one half, and the standard
        error is that of pairs.
    control : (ndarray of shape [step, draw], float), optional
        Present value at each step of something that is traded fairly (a martingale), and what it
        is worth now. Its value where a draw exercises, or at the last step, takes variance away.
        N. S. Rasmussen, "Control variates for Monte Carlo valuation of American options",
        J. Computational Finance 9 (2005).

    Returns
    -------
    OptionValue

    Raises
    ------
    InputError
        If shapes differ, numbers are missing, or the option can never be exercised.
    """
    state, payoff, factor = checked(state, payoff_usd, discount)
    require(0 <= degree <= 12, f"a degree of {degree} was asked for; 0 to 12 can be.")
    require(
        not antithetic or payoff.shape[1] % 4 == 0,
        f"{payoff.shape[1]} antithetic draws were given; a multiple of 4 is needed.",
    )
    terms = _terms(state.shape[2], degree)
    present = payoff * factor[:, None]
    half = halves(payoff.shape[1], antithetic)
    step = np.full(payoff.shape[1], NEVER, np.int64)
    for train in (half, ~half):
        rules = _fitted(state[:, train], present[:, train], terms)
        step[~train] = _followed(rules, state[:, ~train], present[:, ~train])
    alone = state.shape[2] == 1
    boundary = _boundary(state[:, :, 0], present, step) if alone else ()
    found = valued(step, payoff, factor, boundary=boundary, antithetic=antithetic)
    if control is None:
        return found
    fair = np.asarray(control[0], np.float64)
    require(
        fair.shape == payoff.shape and bool(np.isfinite(fair).all()),
        f"the control has shape {fair.shape}; {payoff.shape} numbers are needed.",
    )
    taken = fair[np.where(step == NEVER, len(fair) - 1, step), np.arange(len(step))]
    return replace(found, value=_controlled(found.brings_usd, taken - control[1], antithetic))


def _terms(features: int, degree: int) -> list[tuple[int, ...]]:
    """Return the features multiplied in each term, up to a total degree."""
    out = [t for k in range(degree + 1) for t in combinations_with_replacement(range(features), k)]
    require(
        len(out) <= _MOST_TERMS,
        f"{features} features to degree {degree} make {len(out)} terms; at most {_MOST_TERMS} "
        "are allowed. Lower the degree.",
    )
    return out


class _Rule:
    """What waiting is worth at a step, as polynomials of the scaled state."""

    def __init__(self, state: Floats, worth: Floats, terms: list[tuple[int, ...]]) -> None:
        self._low, self._high = state.min(axis=0), state.max(axis=0)
        # terms are in order of their degree: fewer draws bear fewer of them
        self._terms = terms[: max(1, len(state) // _DRAWS_PER_TERM)]
        basis = self._basis(state)
        gram = basis.T @ basis / len(state)
        self._weights = np.linalg.lstsq(gram, basis.T @ worth / len(state), rcond=1e-12)[0]

    def _basis(self, state: Floats) -> Floats:
        """Return the value of each term, [draw, term]: products of Legendre polynomials."""
        width = np.where(self._high > self._low, self._high - self._low, 1.0)
        scaled = np.clip(2 * (state - self._low) / width - 1, -1.0, 1.0)
        power = max((len(term) for term in self._terms), default=0)
        legendre = np.polynomial.legendre.legvander(scaled, power)
        out = np.ones((len(state), len(self._terms)))
        for k, term in enumerate(self._terms):
            for feature in set(term):
                out[:, k] *= legendre[:, feature, term.count(feature)]
        return out

    def waiting(self, state: Floats) -> Floats:
        """Return what waiting is worth, present USD, shape [draw]."""
        worth: Floats = self._basis(state) @ self._weights
        return worth


def _fitted(state: Floats, present: Floats, terms: list[tuple[int, ...]]) -> list[_Rule | None]:
    """Return the rule of each step, None where no draw could gain, by going backwards."""
    rules: list[_Rule | None] = [None] * len(state)
    brings = np.maximum(present[-1], 0.0)
    for t in range(len(state) - 2, -1, -1):
        gains = present[t] > 0
        if not gains.any():
            continue
        rule = _Rule(state[t, gains], brings[gains], terms)
        rules[t] = rule
        does = present[t, gains] > np.maximum(rule.waiting(state[t, gains]), 0.0)
        brings[np.flatnonzero(gains)[does]] = present[t, gains][does]
    return rules


def _followed(rules: list[_Rule | None], state: Floats, present: Floats) -> NDArray[np.int64]:
    """Return the step at which each draw exercises by the rules."""
    out = np.full(present.shape[1], NEVER, np.int64)
    last = len(rules) - 1
    for t in range(len(rules)):
        rule = rules[t]
        open_ = np.flatnonzero((out == NEVER) & (present[t] > 0))
        if rule is not None and t < last:
            waiting = np.maximum(rule.waiting(state[t, open_]), 0.0)
            open_ = open_[present[t, open_] > waiting]
        elif t < last:
            continue  # no draw that the rules were learnt from could gain here
        out[open_] = t
    return out


def _boundary(state: Floats, present: Floats, step: NDArray[np.int64]) -> tuple[float | None, ...]:
    out = []
    for t in range(len(state)):
        could = (present[t] > 0) & ((step == NEVER) | (step >= t))
        out.append(parting_state(state[t, could], step[could] == t))
    return tuple(out)


def _controlled(brings: Floats, control: Floats, antithetic: bool) -> Estimate:
    """Return the mean, less what a control of mean zero explains of it."""
    if antithetic:
        n = len(brings) // 2
        brings, control = (brings[:n] + brings[n:]) / 2, (control[:n] + control[n:]) / 2
    spread = float(np.var(control))
    slope = float(np.cov(brings, control)[0, 1]) / spread if spread > 0 else 0.0
    return mean_of(brings - slope * control)
