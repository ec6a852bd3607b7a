"""Two stages by rounds of bound and plan: every hour of every scenario."""

from gigaplan.expansion.stochastic.by_rounds.planner import ScenarioPlanner
from gigaplan.expansion.stochastic.by_rounds.result import Committed, Recourse

__all__ = ["Committed", "Recourse", "ScenarioPlanner"]
