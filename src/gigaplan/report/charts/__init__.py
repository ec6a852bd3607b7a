"""The charts of a report, as Vega-Lite specifications."""

from gigaplan.report.charts.accounts import account_chart, fleet_chart, stated_chart
from gigaplan.report.charts.cash import cash_chart
from gigaplan.report.charts.chart import Chart, Choice
from gigaplan.report.charts.compute import bottleneck_chart, online_chart
from gigaplan.report.charts.earn import earn_chart
from gigaplan.report.charts.money import (
    capex_chart,
    cost_chart,
    driver_chart,
    gap_chart,
    spend_limits,
)
from gigaplan.report.charts.months import month_charts
from gigaplan.report.charts.options import option_charts
from gigaplan.report.charts.place import map_chart, site_rows
from gigaplan.report.charts.power import dispatch_chart, mix_chart, reliability_charts
from gigaplan.report.charts.rating import rating_chart
from gigaplan.report.charts.why import why_charts

__all__ = [
    "Chart",
    "Choice",
    "account_chart",
    "bottleneck_chart",
    "capex_chart",
    "cash_chart",
    "cost_chart",
    "dispatch_chart",
    "driver_chart",
    "earn_chart",
    "fleet_chart",
    "gap_chart",
    "map_chart",
    "mix_chart",
    "month_charts",
    "online_chart",
    "option_charts",
    "rating_chart",
    "reliability_charts",
    "site_rows",
    "spend_limits",
    "stated_chart",
    "why_charts",
]
