"""Rules that a board can follow: exercise once what is observed passes a threshold.

The best threshold is found on one half of the draws and valued on the other, and the other way
about, all candidates on the same draws (common random numbers), so that it is not flattered by
the draws it was chosen on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.delivery.options._kernels import first_beyond
from gigaplan.delivery.options.model import NEVER, Floats, OptionValue, checked, halves, valued

_SLOPES = 9
_ROUNDS = 3


@dataclass(frozen=True, slots=True)
class ThresholdRule:
    """Exercise at the first step at which the state is at or beyond a threshold.

    Parameters
    ----------
    threshold : float
        State at the last step.
    above : bool
        True to exercise at or above it, False at or below.
    slope_per_step : float
        What the threshold is higher by for each step before the last.
    """

    threshold: float
    above: bool = True
    slope_per_step: float = 0.0

    def by_step(self, steps: int) -> Floats:
        """Return the threshold at each step, shape [step]."""
        ahead = np.arange(steps - 1, -1, -1)
        return np.asarray(self.threshold + self.slope_per_step * ahead, np.float64)


@dataclass(frozen=True)
class BestRule:
    """The best threshold rule found.

    Parameters
    ----------
    rule : ThresholdRule
        That of all draws: the one to follow.
    learnt : tuple of two ThresholdRule
        Those of either half; how far they are apart says how well the draws tell.
    value : OptionValue
        Of each half under the rule that the other half found.
    """

    rule: ThresholdRule
    learnt: tuple[ThresholdRule, ThresholdRule]
    value: OptionValue


def value_of_rule(
    rule: ThresholdRule, state: Floats, payoff_usd: Floats, discount: Floats
) -> OptionValue:
    """Return what an option is worth if exercised by a rule.

    Parameters
    ----------
    rule : ThresholdRule
    state : ndarray, shape [step, draw]
        What the rule looks at.
    payoff_usd : ndarray, shape [step, draw]
        What exercise brings at each step, minus infinity where it is not possible. A rule
        exercises whether it pays or not: that is what makes one rule worse than another.
    discount : ndarray, shape [step]
        Present value of a dollar of each step.
    """
    states, payoff, factor = checked(state, payoff_usd, discount)
    step = _steps(rule, _only(states), payoff)
    boundary = tuple(float(x) for x in rule.by_step(len(payoff)))
    return valued(step, payoff, factor, boundary=boundary)


def best_threshold(
    state: Floats,
    payoff_usd: Floats,
    discount: Floats,
    *,
    above: bool = True,
    sloped: bool = False,
) -> BestRule:
    """Return the threshold, and its slope if asked for, that brings most.

    Parameters
    ----------
    state, payoff_usd, discount : ndarray
        As for `value_of_rule`.
    above : bool
        Whether to exercise at or above the threshold, or at or below.
    sloped : bool
        Whether the threshold may change along a straight line from step to step.
    """
    states, payoff, factor = checked(state, payoff_usd, discount)
    seen = _only(states)
    half = halves(payoff.shape[1])
    step = np.full(payoff.shape[1], NEVER, np.int64)
    learnt = []
    for train in (half, ~half):
        rule = _searched(seen[:, train], payoff[:, train], factor, above, sloped)
        step[~train] = _steps(rule, seen[:, ~train], payoff[:, ~train])
        learnt.append(rule)
    rule = _searched(seen, payoff, factor, above, sloped)
    boundary = tuple(float(x) for x in rule.by_step(len(payoff)))
    value = valued(step, payoff, factor, boundary=boundary)
    return BestRule(rule, (learnt[0], learnt[1]), value)


def _only(state: Floats) -> Floats:
    require(
        state.shape[2] == 1,
        f"a threshold looks at one state; {state.shape[2]} were given.",
    )
    return np.ascontiguousarray(state[:, :, 0])


def _steps(rule: ThresholdRule, state: Floats, payoff: Floats) -> NDArray[np.int64]:
    out = np.empty(state.shape[1], np.int64)
    sign = 1.0 if rule.above else -1.0
    first_beyond(state, np.ascontiguousarray(payoff), rule.by_step(len(state)), sign, out)
    return out


def _searched(
    state: Floats, payoff: Floats, factor: Floats, above: bool, sloped: bool
) -> ThresholdRule:
    """Return the best rule on some draws: for each slope tried, the best of all thresholds."""
    sign = 1.0 if above else -1.0
    possible = np.isfinite(payoff)
    present = np.where(possible, payoff, 0.0) * factor[:, None]
    ahead = np.arange(len(state) - 1, -1, -1.0)[:, None]
    each = float(np.ptp(state)) / len(state)
    slopes = np.linspace(-each, each, _SLOPES) if sloped and len(state) > 1 else np.zeros(1)
    best, most = ThresholdRule(sign * np.inf, above), 0.0
    for _ in range(_ROUNDS if len(slopes) > 1 else 1):
        for slope in slopes:
            seen = np.where(possible, sign * (state - slope * ahead), -np.inf)
            threshold, value = _best_of_all(seen, present)
            if value > most:
                best, most = ThresholdRule(sign * threshold, above, float(slope)), value
        width = (slopes[-1] - slopes[0]) / max(1, len(slopes) - 1)
        slopes = best.slope_per_step + width * np.linspace(-1, 1, _SLOPES)
    return best


def _best_of_all(seen: Floats, present: Floats) -> tuple[float, float]:
    """Return the threshold to be at or above that brings most, and its mean over draws.

    A draw exercises at a step for the thresholds above what it has reached before and up to what
    it reaches there. So what a threshold brings changes only at such records: sorted, they give
    the best of all thresholds at once. Infinity, with nothing, where none brings anything.
    """
    reached = np.maximum.accumulate(seen, axis=0)
    before = np.concatenate([np.full((1, seen.shape[1]), -np.inf), reached[:-1]])
    record = reached > before
    at = np.concatenate([reached[record], before[record]])
    change = np.concatenate([present[record], -present[record]])
    order = np.argsort(-at, kind="stable")
    at, total = at[order], np.cumsum(change[order])
    last = np.append(at[1:] != at[:-1], True) & np.isfinite(at)
    if not last.any() or total[last].max() <= 0:
        return np.inf, 0.0
    i = int(np.flatnonzero(last)[np.argmax(total[last])])
    return float(at[i]), float(total[i]) / seen.shape[1]
