"""Why a programme's compute comes when it does: explaining, joined to a plan's delivery."""

from gigaplan.delivery.why.conditions import Headline, headline, must_go_right
from gigaplan.delivery.why.earlier import Earlier, month_earlier, months_earlier
from gigaplan.delivery.why.reasons import Reasons, reasons_for
from gigaplan.delivery.why.relief import Relief, bottleneck_relief
from gigaplan.delivery.why.site_dates import SiteDate, site_dates
from gigaplan.delivery.why.spread import Spread, spread_of

__all__ = [
    "Earlier",
    "Headline",
    "Reasons",
    "Relief",
    "SiteDate",
    "Spread",
    "bottleneck_relief",
    "headline",
    "month_earlier",
    "months_earlier",
    "must_go_right",
    "reasons_for",
    "site_dates",
    "spread_of",
]
