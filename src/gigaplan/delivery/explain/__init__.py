"""Why this date, what drives the spread, and what must go right.

Arrays and callables in, small results out; nothing here knows what a programme is.
"""

from gigaplan.delivery.explain.chain import trace_chain
from gigaplan.delivery.explain.chain_parts import Chain, ChainPart, Steps, aggregate
from gigaplan.delivery.explain.contrast import (
    Condition,
    EnoughTogether,
    MustGoRight,
    what_must_go_right,
)
from gigaplan.delivery.explain.shares import GroupShare, VarianceShares, variance_shares
from gigaplan.delivery.explain.tornado import Bar, tornado

__all__ = [
    "Bar",
    "Chain",
    "ChainPart",
    "Condition",
    "EnoughTogether",
    "GroupShare",
    "MustGoRight",
    "Steps",
    "VarianceShares",
    "aggregate",
    "tornado",
    "trace_chain",
    "variance_shares",
    "what_must_go_right",
]
