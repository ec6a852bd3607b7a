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
from gigaplan.delivery.explorer import Explorer, Look
from gigaplan.delivery.factors import (
    Factors,
    from_kendall,
    from_rank_correlation,
    nearest_correlation,
)
from gigaplan.delivery.fitting import FittedClass, fit_cost, fit_months, fit_ratios
from gigaplan.delivery.from_programme import (
    deliver,
    delivered_worlds,
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
from gigaplan.delivery.outlook import Outlook, outlook
from gigaplan.delivery.past_projects import (
    PastProject,
    Ratios,
    cost_ratios,
    month_ratios,
    read_past_projects,
)
from gigaplan.delivery.prepared import PreparedDelivery
from gigaplan.delivery.programme_estimates import read_named_past
from gigaplan.delivery.reference_class import (
    CostRatio,
    OutsideView,
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
    "Explorer",
    "Factors",
    "FittedClass",
    "Fixed",
    "Holds",
    "Link",
    "Lognormal",
    "Look",
    "Normal",
    "OnlineCompute",
    "Outlook",
    "OutsideView",
    "PastProject",
    "PreparedDelivery",
    "QuantileTable",
    "Quantiles",
    "Ratios",
    "ReferenceClass",
    "Scaled",
    "SimulationResult",
    "SiteCapacity",
    "Slots",
    "Triangular",
    "completed_before",
    "cost_ratios",
    "deliver",
    "delivered_worlds",
    "experience_before",
    "fit_cost",
    "fit_months",
    "fit_ratios",
    "from_kendall",
    "from_published",
    "from_rank_correlation",
    "learned_cost",
    "lognormal_fit",
    "month_ratios",
    "nearest_correlation",
    "online_compute",
    "outlook",
    "planned_online_it_mw",
    "read_named_past",
    "read_past_projects",
    "shared_cause_scores",
    "simulate",
    "spend_by_month",
]
