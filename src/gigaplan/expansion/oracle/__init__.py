"""The operating cost of a site-year at given capacities, exactly and fast, with its slopes."""

from gigaplan.expansion.oracle.results import SiteYearHours, SiteYearOperation, SiteYearValue
from gigaplan.expansion.oracle.site_year import SiteYear
from gigaplan.expansion.oracle.source import Source

__all__ = ["SiteYear", "SiteYearHours", "SiteYearOperation", "SiteYearValue", "Source"]
