"""What a USD of capital spent in each month comes to: cost less residual, tax relief, property tax.

See `programme_metrics` for what they are used in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.finance._kernels import straight_line, tax_write_off
from gigaplan.finance.amounts import Array, month_factors
from gigaplan.finance.depreciation import blended
from gigaplan.finance.flows import AssetClass, Terms
from gigaplan.finance.property_tax import property_tax

Residual = Literal["annuity", "book", "none"]


@dataclass(frozen=True)
class Weights:
    """Monthly factors: nominal prices, discount, and both over the level at the start."""

    index: Array
    discount: Array
    priced: Array
    start_level: float
    capital: Mapping[str, Array]
    relief: Mapping[str, Array]
    property_tax: Mapping[str, Array]
    residual: Mapping[str, Array]

    @classmethod
    def of(
        cls,
        assets: Mapping[str, AssetClass],
        first_month: int,
        months: int,
        base_year: int,
        terms: Terms,
        hurdle: float,
        residual: Residual = "annuity",
    ) -> Weights:
        """Return what a USD of capital spent in each month comes to, by asset class.

        Write-offs are linear in capital, so that one pass over unit spending in each month
        gives weights, and a draw costs one product per class.
        """
        # One month more than there is: what is left is sold in the middle of it.
        through = month_factors(terms.price_index, base_year, first_month, months + 1)
        index, end_level, level = through[:-1], float(through[-1]), float(through[0])
        discount = (1 + hurdle) ** -((np.arange(months) + 0.5) / MONTHS_PER_YEAR)
        end = float((1 + hurdle) ** -((months + 0.5) / MONTHS_PER_YEAR))
        priced = index * discount / level
        real_rate = (1 + hurdle) * (level / end_level) ** (MONTHS_PER_YEAR / months) - 1
        capital, relief, on_property, left = {}, {}, {}, {}
        for name, asset in assets.items():
            service = np.eye(months, k=-asset.service_lag_months)
            off = tax_write_off(service, first_month, tax_schedule(asset))
            written = straight_line(service, asset.book_life_months)
            book = np.cumsum(service - written, axis=0)
            in_work = np.arange(months) + asset.service_lag_months
            remaining = np.minimum(
                asset.book_life_months - (months - in_work), asset.book_life_months
            )
            worth = _residual_share(residual, asset, remaining, real_rate) * (end_level / index)
            if residual == "book":
                worth = np.where(in_work < months, book[-1], 1.0)
            basis_left = 1 - off.sum(axis=0)
            capital[name] = (discount - worth * end) * index / level
            relief[name] = (discount @ off + (basis_left - worth) * end) * index / level
            due = property_tax(service, asset.book_life_months, asset.property_tax)
            on_property[name] = (discount @ due) * index / level
            left[name] = worth * index
        return cls(index, discount, priced, level, capital, relief, on_property, left)


def tax_schedule(asset: AssetClass) -> Array:
    """Return the share of a USD written off for tax in each year of service."""
    schedule = blended(asset.tax_classes, 41, bonus_fraction=asset.bonus_fraction)
    return schedule[: int(np.max(np.flatnonzero(schedule), initial=0)) + 1]


def _residual_share(
    residual: Residual, asset: AssetClass, remaining_months: Array, real_rate: float
) -> Array:
    """Return what is left at the end of a USD of real capital, by month of spending."""
    years_left = np.clip(remaining_months, 0, None) / MONTHS_PER_YEAR
    if residual == "none":
        return np.zeros_like(years_left)
    life = asset.book_life_months / MONTHS_PER_YEAR
    if abs(real_rate) < 1e-9:
        return years_left / life
    share: Array = np.expm1(-years_left * np.log1p(real_rate)) / np.expm1(
        -life * np.log1p(real_rate)
    )
    return share
