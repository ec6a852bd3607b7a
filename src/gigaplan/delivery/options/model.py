"""What an option is on draws, and what its value comes with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.random_streams import uniforms
from gigaplan.core.statistics import Estimate, estimate

Floats = NDArray[np.float64]
NEVER = -1
"""Exercise step of a draw in which an option lapses."""


@dataclass(frozen=True, slots=True)
class Window:
    """When an option may be exercised, and what exercising costs.

    Parameters
    ----------
    first_month, last_month : int
        Absolute months, both included.
    price_usd : float
        Paid on exercise; 0 or more.
    """

    first_month: int
    last_month: int
    price_usd: float = 0.0

    def __post_init__(self) -> None:
        require(
            self.first_month <= self.last_month,
            f"the option may be exercised from month {self.first_month} to {self.last_month}: "
            "never. Its last month must not be before its first.",
        )
        require(
            0 <= self.price_usd < np.inf,
            f"the price of exercising is {self.price_usd:g} USD; 0 or more is allowed.",
        )

    def steps(self, months: Sequence[int]) -> NDArray[np.bool_]:
        """Return at which of the months the option may be exercised, shape [step].

        Raises
        ------
        InputError
            If at none.
        """
        when = np.asarray(months)
        inside = (when >= self.first_month) & (when <= self.last_month)
        require(
            bool(inside.any()),
            f"none of the {len(when)} steps is from month {self.first_month} to "
            f"{self.last_month}: the option can never be exercised.",
        )
        return np.asarray(inside)


@dataclass(frozen=True)
class OptionValue:
    """What an option is worth under a policy of exercise.

    Parameters
    ----------
    value : Estimate
        Mean over draws of what it brings, discounted, with its standard error.
    exercise_share : ndarray, shape [step]
        Share of draws that exercise at each step.
    exercise_error : ndarray, shape [step]
        Its standard error.
    never_share : float
        Share in which it lapses.
    exercise_step : ndarray of int, shape [draw]
        Step of exercise, `NEVER` where it lapses.
    brings_usd : ndarray, shape [draw]
        What it brings in each draw, discounted; zero where it lapses.
    boundary : tuple of float or None, by step
        State that parts the draws that exercise from those that wait: the one that misplaces
        fewest. None where all of those that could gain do the same, or there are several states.
    """

    value: Estimate
    exercise_share: Floats
    exercise_error: Floats
    never_share: float
    exercise_step: NDArray[np.int64]
    brings_usd: Floats
    boundary: tuple[float | None, ...] = ()


def checked(state: Floats, payoff_usd: Floats, discount: Floats) -> tuple[Floats, Floats, Floats]:
    """Return state [step, draw, feature], payoff [step, draw] and discount factors [step].

    Raises
    ------
    InputError
        If their shapes differ, there are fewer than 2 draws, a number is missing, or the option
        pays nothing in any draw at any step.
    """
    state, payoff = np.asarray(state, np.float64), np.asarray(payoff_usd, np.float64)
    factor = np.asarray(discount, np.float64)
    if state.ndim == 2:
        state = state[:, :, None]
    require(
        state.ndim == 3 and payoff.shape == state.shape[:2] and factor.shape == payoff.shape[:1],
        f"states are of shape {state.shape[:2]}, payoffs of {payoff.shape}, discount factors of "
        f"{factor.shape}; give [step, draw], [step, draw] and [step].",
    )
    require(payoff.shape[1] >= 2, f"{payoff.shape[1]} draws were given; 2 or more are needed.")
    require(
        bool(np.isfinite(state).all() and np.isfinite(factor).all() and (factor > 0).all()),
        "a state or discount factor is not a number, or a factor is not above 0.",
    )
    require(
        not np.isnan(payoff).any() and not np.isposinf(payoff).any(),
        "a payoff is not a number; give minus infinity where exercise is not possible.",
    )
    require(bool(np.isfinite(payoff).any()), "the option can be exercised in no draw at any step.")
    return state, payoff, factor


def valued(
    exercise_step: NDArray[np.int64],
    payoff_usd: Floats,
    discount: Floats,
    *,
    boundary: tuple[float | None, ...] = (),
    antithetic: bool = False,
) -> OptionValue:
    """Return the value of exercising at the given step of each draw."""
    steps, draws = payoff_usd.shape
    used = exercise_step >= 0
    at = np.where(used, exercise_step, 0)
    brings = np.where(used, payoff_usd[at, np.arange(draws)] * discount[at], 0.0)
    counts = np.bincount(exercise_step[used], minlength=steps)
    share = counts / draws
    return OptionValue(
        value=mean_of(brings, antithetic),
        exercise_share=share,
        exercise_error=np.sqrt(share * (1 - share) / draws),
        never_share=float(1 - used.mean()),
        exercise_step=exercise_step,
        brings_usd=brings,
        boundary=boundary,
    )


def mean_of(values: Floats, antithetic: bool = False) -> Estimate:
    """Return the mean of draws; where the second half mirrors the first, of their pairs."""
    if antithetic:
        half = len(values) // 2
        values = (values[:half] + values[half:]) / 2
    return estimate(values)


def parting_state(state: Floats, exercises: NDArray[np.bool_]) -> float | None:
    """Return the state that parts those that exercise from the others, misplacing fewest."""
    if state.size == 0 or exercises.all() or not exercises.any():
        return None
    order = np.argsort(state, kind="stable")
    ordered, does = state[order], exercises[order]
    # exercised among the first i, and waiting among the rest, for i from 0 to all
    low = np.concatenate([[0], np.cumsum(does)])
    high = np.concatenate([[0], np.cumsum(~does)])
    above = low + (high[-1] - high)  # misplaced if those above exercise
    below = high + (low[-1] - low)
    wrong = above if above.min() <= below.min() else below
    i = int(np.argmin(wrong))
    if i in (0, state.size):
        return None
    return float((ordered[i - 1] + ordered[i]) / 2)


def halves(draws: int, antithetic: bool = False) -> NDArray[np.bool_]:
    """Return which draws are the first half, by lot; the two of a pair are together.

    By lot, and not every other one: draws that were listed by a pattern would be parted by it.
    """
    units = draws // 2 if antithetic else draws
    lot = uniforms(0, "options.halves", "", 1, units)[0]
    first = np.zeros(units, np.bool_)
    first[np.argsort(lot, kind="stable")[: units // 2]] = True
    return np.concatenate([first, first]) if antithetic else first
