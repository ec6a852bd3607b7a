"""When it will really be online, and what it will really cost: by month and draw."""

from gigaplan.delivery.durations import (
    Duration,
    Fixed,
    Lognormal,
    Normal,
    Quantiles,
    QuantileTable,
    Scaled,
    Triangular,
)
from gigaplan.delivery.factors import (
    Factors,
    from_kendall,
    from_rank_correlation,
    nearest_correlation,
)
from gigaplan.delivery.from_programme import (
    deliver,
    planned_online_it_mw,
    shared_cause_scores,
)
from gigaplan.delivery.learning import completed_before, experience_before, learned_cost
from gigaplan.delivery.model import (
    Activity,
    Approval,
    Holds,
    Link,
    SimulationResult,
    Slots,
)
from gigaplan.delivery.online import (
    CampusCapacity,
    Capacity,
    OnlineCompute,
    SiteCapacity,
    online_compute,
)
from gigaplan.delivery.reference_class import (
    CostRatio,
    ReferenceClass,
    from_published,
    lognormal_fit,
)
from gigaplan.delivery.simulate import simulate
from gigaplan.delivery.spend_curve import spend_by_month

__all__ = [
    "Activity",
    "Approval",
    "CampusCapacity",
    "Capacity",
    "CostRatio",
    "Duration",
    "Factors",
    "Fixed",
    "Holds",
    "Link",
    "Lognormal",
    "Normal",
    "OnlineCompute",
    "QuantileTable",
    "Quantiles",
    "ReferenceClass",
    "Scaled",
    "SimulationResult",
    "SiteCapacity",
    "Slots",
    "Triangular",
    "completed_before",
    "deliver",
    "experience_before",
    "from_kendall",
    "from_published",
    "from_rank_correlation",
    "learned_cost",
    "lognormal_fit",
    "nearest_correlation",
    "online_compute",
    "planned_online_it_mw",
    "shared_cause_scores",
    "simulate",
    "spend_by_month",
]
