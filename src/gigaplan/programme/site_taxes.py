"""Sales and property tax at a site, and what they come to in a level year."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteTaxFigures:
    """Sales tax on servers, and yearly property tax on book value, some of it abated for years."""

    sales_tax_fraction: float = 0.0
    sales_exempt_fraction: float = 0.0
    hall_property_tax_fraction: float = 0.0
    server_property_tax_fraction: float = 0.0
    halls_abated_fraction: float = 0.0
    halls_years: float = 0.0
    servers_abated_fraction: float = 0.0
    servers_years: float = 0.0

    @property
    def sales_fraction(self) -> float:
        """Return what sales tax adds to the price of servers."""
        return self.sales_tax_fraction * (1 - self.sales_exempt_fraction)

    def level_of_halls(self, life_years: float, rate_fraction: float) -> float:
        """Return halls' property tax as a level yearly share of cost, real."""
        return level_property_tax(
            self.hall_property_tax_fraction,
            self.halls_abated_fraction,
            self.halls_years,
            life_years,
            rate_fraction,
        )

    def level_of_servers(self, life_years: float, rate_fraction: float) -> float:
        """Return servers' sales and property tax as a level yearly share of price, real."""
        property_tax = level_property_tax(
            self.server_property_tax_fraction,
            self.servers_abated_fraction,
            self.servers_years,
            life_years,
            rate_fraction,
        )
        return property_tax + self.sales_fraction / _level_years(life_years, rate_fraction)


def level_property_tax(
    tax_fraction: float,
    abated_fraction: float,
    abated_years: float,
    life_years: float,
    rate_fraction: float,
) -> float:
    """Return a property tax on straight-line book value as a level yearly share of cost.

    The present value of what each year's middle value pays, over that of one a year for the life.
    """
    paid = 0.0
    for year in range(math.ceil(life_years)):
        part = min(1.0, life_years - year)
        abated = abated_fraction * min(max(abated_years - year, 0.0), part)
        value = 1 - (year + part / 2) / life_years
        paid += tax_fraction * value * (part - abated) * (1 + rate_fraction) ** -(year + part / 2)
    return paid / _level_years(life_years, rate_fraction)


def _level_years(life_years: float, rate_fraction: float) -> float:
    """Return the present value of one a year for a life, paid in the middle of years."""
    total = 0.0
    for year in range(math.ceil(life_years)):
        part = min(1.0, life_years - year)
        total += part * (1 + rate_fraction) ** -(year + part / 2)
    return total
