"""What an option and the time to decide on it are worth, by rounds: differences of two optima.

Both optima are taken with commitments in parts of units, whose bounds are close, so that what a
small option is worth does not drown in how whole units round.
"""

from __future__ import annotations

from dataclasses import dataclass

from gigaplan.expansion.stochastic.by_rounds.planner import ScenarioPlanner
from gigaplan.expansion.stochastic.by_rounds.result import Committed
from gigaplan.expansion.stochastic.last_orders import now_or_never, without_new
from gigaplan.expansion.stochastic.model import TwoStage


@dataclass(frozen=True)
class Difference:
    """A difference between two objectives, and the interval that both gaps leave."""

    usd: float
    low_usd: float
    high_usd: float


@dataclass(frozen=True)
class OptionWorth:
    """What an option is worth at its stated costs.

    Parameters
    ----------
    name : str
    having : Difference
        Against nothing new of it: the most to pay for the right to it.
    waiting : Difference
        Against now or never: what it is worth that it may be decided later.
    """

    name: str
    having: Difference
    waiting: Difference


def difference(better: Committed, worse: Committed) -> Difference:
    """Return by how much one objective is lower."""
    return Difference(
        usd=worse.parts_usd - better.parts_usd,
        low_usd=worse.bound_usd - better.parts_usd,
        high_usd=worse.parts_usd - better.bound_usd,
    )


def worth_of_option(
    planner: ScenarioPlanner, two_stage: TwoStage, name: str, base: Committed | None = None
) -> OptionWorth:
    """Return what it is worth that an option can be ordered, and that it can be ordered later.

    Parameters
    ----------
    planner : ScenarioPlanner
        Its gap is that of each optimum.
    two_stage : TwoStage
    name : str
        Option, campus or generation of chips.
    base : Committed, optional
        The plan with it, if it is known.
    """
    base = base or planner.commit(two_stage)
    without = planner.commit(without_new(two_stage, name))
    never_later = planner.commit(now_or_never(two_stage, name))
    return OptionWorth(name, difference(base, without), difference(base, never_later))
