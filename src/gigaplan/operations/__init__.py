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
from gigaplan.operations.operate import operate
from gigaplan.operations.programme_results import (
    OperationsResult,
    PeriodResult,
    SiteDisplay,
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
    "OperationsResult",
    "PeriodResult",
    "Refuelling",
    "Samples",
    "SiteDisplay",
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
    "operate",
    "stagger",
    "trace",
    "worst_event",
]
