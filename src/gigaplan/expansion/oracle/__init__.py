"""The operating cost of a site-year at given capacities, exactly and fast, with its slopes."""

from gigaplan.expansion.oracle.site_year import SiteYear, SiteYearValue, Source

__all__ = ["SiteYear", "SiteYearValue", "Source"]
