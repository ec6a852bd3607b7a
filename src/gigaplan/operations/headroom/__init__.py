"""How many GW of new load an area can take if it is curtailed when demand is near its peak."""

from gigaplan.operations.headroom.capacity import RATES, SEASONS, Headroom, curtailment, headroom
from gigaplan.operations.headroom.demand import AreaDemand, read_demand
from gigaplan.operations.headroom.telling import as_json, as_text

__all__ = [
    "RATES",
    "SEASONS",
    "AreaDemand",
    "Headroom",
    "as_json",
    "as_text",
    "curtailment",
    "headroom",
    "read_demand",
]
