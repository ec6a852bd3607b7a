"""Is the power there, hour by hour: outages, storage, grid, load tiers, energy, carbon, water."""

from gigaplan.operations.assessment import assess, trace
from gigaplan.operations.fuels import FuelSupply
from gigaplan.operations.model import (
    ByDraw,
    Grid,
    Storage,
    Tier,
    Unit,
)
from gigaplan.operations.operate import operate
from gigaplan.operations.outage_model import (
    CommonCause,
    Derating,
    Empirical,
    LoadOutage,
    Refuelling,
    TemperatureOutages,
    Weibull,
)
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
    "CommonCause",
    "Derating",
    "Empirical",
    "Energy",
    "Event",
    "FuelSupply",
    "Grid",
    "LoadOutage",
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
    "Weibull",
    "assess",
    "events",
    "operate",
    "stagger",
    "trace",
    "worst_event",
]
