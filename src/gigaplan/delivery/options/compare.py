"""Policies of exercise side by side, on the same draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gigaplan.core.statistics import Estimate, estimate
from gigaplan.delivery.options.least_squares import least_squares_value
from gigaplan.delivery.options.model import Floats, OptionValue, checked
from gigaplan.delivery.options.rules import best_threshold


@dataclass(frozen=True, slots=True)
class PolicyWorth:
    """What a policy is worth, and how far it is from the best that regression finds (paired)."""

    policy: str
    value: Estimate
    less_than_best: Estimate
    exercised_share: float


def compare_policies(
    state: Floats,
    payoff_usd: Floats,
    discount: Floats,
    *,
    above: bool = True,
    degree: int = 4,
) -> list[PolicyWorth]:
    """Return what an option is worth by several policies, from the least to the most foresight.

    Parameters
    ----------
    state, payoff_usd, discount : ndarray
        As for `least_squares_value`, with one state.
    above : bool
        Whether a high state speaks for exercise.
    degree : int
        Of the regression.
    """
    _, payoff, factor = checked(state, payoff_usd, discount)
    present = payoff * factor[:, None]
    best = least_squares_value(state, payoff_usd, discount, degree=degree)
    threshold = best_threshold(state, payoff_usd, discount, above=above).value
    first, last = (np.where(np.isfinite(x), x, 0.0) for x in (present[0], present[-1]))
    known = [
        ("exercise at once", first, np.isfinite(present[0])),
        ("wait for the last step", np.maximum(last, 0.0), last > 0),
        _row("threshold rule", threshold),
        _row("least squares", best),
        ("with foresight", np.maximum(present.max(axis=0), 0.0), present.max(axis=0) > 0),
    ]
    return [
        PolicyWorth(
            policy, estimate(brings), estimate(best.brings_usd - brings), float(np.mean(used))
        )
        for policy, brings, used in known
    ]


def _row(policy: str, found: OptionValue) -> tuple[str, Floats, object]:
    return policy, found.brings_usd, found.exercise_step >= 0
