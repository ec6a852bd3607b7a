"""Property tax on the book value of what is in service, some of it abated for the first years."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gigaplan.finance._kernels import property_tax_due
from gigaplan.finance.amounts import Array


@dataclass(frozen=True, slots=True)
class PropertyTax:
    """A tax on a class of capital, or on the part of it that stands in one place.

    Parameters
    ----------
    rate_fraction : float
        Yearly, of book value; that of the place times its share of the class.
    abated_fraction : float
        Share of it that is not paid.
    abated_months : int
        Months of that from service.
    """

    rate_fraction: float
    abated_fraction: float = 0.0
    abated_months: int = 0


def property_tax(service: Array, life_months: int, taxes: Sequence[PropertyTax]) -> Array:
    """Return the tax of each month, on values at the end of the month before, [month, draw].

    Parameters
    ----------
    service : ndarray, shape [month, draw]
        Capital by the month it begins service.
    life_months : int
        Of its straight line.
    taxes : sequence of PropertyTax
    """
    due = np.zeros_like(service)
    if taxes:
        rates, abated = np.array([(t.rate_fraction, t.abated_fraction) for t in taxes]).T
        months = np.array([t.abated_months for t in taxes])
        property_tax_due(service, life_months, rates.copy(), abated.copy(), months, due)
    return due
