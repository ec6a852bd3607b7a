"""Real options on simulated draws: the right, not the duty, to act in a window at a price."""

from gigaplan.delivery.options.compare import PolicyWorth, compare_policies
from gigaplan.delivery.options.least_squares import least_squares_value
from gigaplan.delivery.options.model import OptionValue, Window
from gigaplan.delivery.options.rules import (
    BestRule,
    ThresholdRule,
    best_threshold,
    value_of_rule,
)
from gigaplan.delivery.options.trigger import InvestmentTrigger, investment_trigger

__all__ = [
    "BestRule",
    "InvestmentTrigger",
    "OptionValue",
    "PolicyWorth",
    "ThresholdRule",
    "Window",
    "best_threshold",
    "compare_policies",
    "investment_trigger",
    "least_squares_value",
    "value_of_rule",
]
