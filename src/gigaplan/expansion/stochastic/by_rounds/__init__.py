"""Two stages by rounds of bound and plan: every hour of every scenario."""

from gigaplan.expansion.stochastic.by_rounds.planner import ScenarioPlanner
from gigaplan.expansion.stochastic.by_rounds.result import Committed, Recourse
from gigaplan.expansion.stochastic.by_rounds.worth import (
    Difference,
    OptionWorth,
    worth_of_option,
)

__all__ = [
    "Committed",
    "Difference",
    "OptionWorth",
    "Recourse",
    "ScenarioPlanner",
    "worth_of_option",
]
