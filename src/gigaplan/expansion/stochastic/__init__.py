"""Commits before the future is known and decides the rest after: two stages, weighed by risk."""

from gigaplan.expansion.stochastic.commitments import (
    Commitments,
    commitments,
    first_stage_of,
    hold,
)
from gigaplan.expansion.stochastic.delay import (
    delayed_program,
    formulate_scenario,
    with_room_for_delay,
)
from gigaplan.expansion.stochastic.mean_problem import mean_scenario
from gigaplan.expansion.stochastic.model import Scenario, TwoStage
from gigaplan.expansion.stochastic.reduce_scenarios import ScenarioReduction, reduce_scenarios
from gigaplan.expansion.stochastic.risk import Risk
from gigaplan.expansion.stochastic.solution import (
    Order,
    ScenarioOrder,
    ScenarioOutcome,
    TwoStageSolution,
    Worth,
)
from gigaplan.expansion.stochastic.solve import (
    InfeasibleScenarioError,
    evaluate_first_stage,
    solve_two_stage,
    wait_and_see,
)
from gigaplan.expansion.stochastic.stacking import (
    ScenarioProgram,
    Share,
    Stacked,
    share_blocks,
    stack,
)
from gigaplan.expansion.stochastic.value import (
    value_of_decision_year,
    value_of_option,
    value_of_perfect_information,
    value_of_stochastic_solution,
    value_of_waiting,
    worth,
)

__all__ = [
    "Commitments",
    "InfeasibleScenarioError",
    "Order",
    "Risk",
    "Scenario",
    "ScenarioOrder",
    "ScenarioOutcome",
    "ScenarioProgram",
    "ScenarioReduction",
    "Share",
    "Stacked",
    "TwoStage",
    "TwoStageSolution",
    "Worth",
    "commitments",
    "delayed_program",
    "evaluate_first_stage",
    "first_stage_of",
    "formulate_scenario",
    "hold",
    "mean_scenario",
    "reduce_scenarios",
    "share_blocks",
    "solve_two_stage",
    "stack",
    "value_of_decision_year",
    "value_of_option",
    "value_of_perfect_information",
    "value_of_stochastic_solution",
    "value_of_waiting",
    "wait_and_see",
    "with_room_for_delay",
    "worth",
]
