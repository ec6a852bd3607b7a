"""Is the power there, hour by hour: outages, storage, grid, load tiers, energy, carbon, water."""

from gigaplan.operations.assessment import assess, trace
from gigaplan.operations.model import (
    ByDraw,
    Grid,
    Refuelling,
    Storage,
    TemperatureOutages,
    Tier,
    Unit,
)
from gigaplan.operations.results import (
    Adequacy,
    Energy,
    Event,
    Samples,
    SourceResult,
    StorageResult,
    TierResult,
    Trace,
)
from gigaplan.operations.staggering import stagger
from gigaplan.operations.traces import events, worst_event

__all__ = [
    "Adequacy",
    "ByDraw",
    "Energy",
    "Event",
    "Grid",
    "Refuelling",
    "Samples",
    "SourceResult",
    "Storage",
    "StorageResult",
    "TemperatureOutages",
    "Tier",
    "TierResult",
    "Trace",
    "Unit",
    "assess",
    "events",
    "stagger",
    "trace",
    "worst_event",
]
