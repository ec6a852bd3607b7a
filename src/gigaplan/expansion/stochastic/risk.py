"""What a spread of costs counts for: its mean, its bad tail, and a mix of the two.

    objective = (1 - w) * E[cost] + w * CVaR_a[cost]
    CVaR_a[cost] = mean of the dearest (1 - a) of probability

The tail is cut through a scenario where its edge falls inside one, so that it holds exactly
1 - a. Both parts never fall when the cost of a scenario rises.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from gigaplan.core.errors import require


@dataclass(frozen=True)
class Risk:
    """How costs that differ by scenario are weighed.

    Parameters
    ----------
    cvar_level : float
        Probability left outside the bad tail, from 0 to below 1; 0.9: the worst tenth.
    cvar_weight : float
        Weight of the tail's mean against the mean of all, from 0 to 1.
    """

    cvar_level: float = 0.9
    cvar_weight: float = 0.0

    def __post_init__(self) -> None:
        require(
            0 <= self.cvar_level < 1,
            f"found {self.cvar_level:g}; a number from 0 to below 1 is needed.",
            field="cvar_level",
        )
        require(
            0 <= self.cvar_weight <= 1,
            f"found {self.cvar_weight:g}; a number from 0 to 1 is needed.",
            field="cvar_weight",
        )

    def tail_mean_usd(self, costs_usd: ArrayLike, probabilities: ArrayLike) -> float:
        """Return the mean cost of the dearest ``1 - cvar_level`` of probability."""
        costs = np.asarray(costs_usd, dtype=np.float64)
        chance = np.asarray(probabilities, dtype=np.float64)
        dearest = np.argsort(-costs, kind="stable")
        costs, chance = costs[dearest], chance[dearest]
        tail = 1.0 - self.cvar_level
        before = np.cumsum(chance) - chance
        inside = np.clip(tail - before, 0.0, chance)
        return float(costs @ inside / inside.sum())

    def objective_usd(self, costs_usd: ArrayLike, probabilities: ArrayLike) -> float:
        """Return what the costs count for."""
        mean = float(np.asarray(costs_usd, dtype=np.float64) @ np.asarray(probabilities))
        if self.cvar_weight == 0:
            return mean
        tail = self.tail_mean_usd(costs_usd, probabilities)
        return (1 - self.cvar_weight) * mean + self.cvar_weight * tail
