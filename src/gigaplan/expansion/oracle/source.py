"""What makes, buys or sells power at a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Source:
    """Power that can be made, bought or sold at the site.

    Parameters
    ----------
    name : str
        The name of its capacity; sources of one name draw on one capacity each for itself,
        as purchase and sale do on a connection.
    usd_per_mwh : float or array [hour]
        Cost of a MWh made or bought, or what a MWh sold earns; it may be negative.
    availability : float or array [hour]
        MW per MW of capacity, 0 or more.
    quantities : mapping of str to float or array [hour]
        What a MWh made, bought or sold adds to a quantity that may have a price: clean energy,
        carbon, water; it may be negative. Must-run output adds to it whether spilled or not.
    must_run_fraction : float
        Share of what is available that is always made and paid for; it may be spilled.
    sale : bool
        Whether power leaves the site.
    """

    name: str
    usd_per_mwh: ArrayLike
    availability: ArrayLike = 1.0
    quantities: Mapping[str, ArrayLike] = field(default_factory=dict)
    must_run_fraction: float = 0.0
    sale: bool = False


__all__ = ["Source"]
