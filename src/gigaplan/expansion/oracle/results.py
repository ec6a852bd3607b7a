"""What a site-year answers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.options import FloatArray


@dataclass(frozen=True)
class SiteYearValue:
    """Least operating cost at each vector of capacities, and its slopes: a cut each.

    For any other capacities and load, the cost is at least
    ``per_capacity @ capacities + per_load_mw * load_mw``.
    """

    cost_usd: FloatArray
    """[point], USD, with the prices of quantities."""
    per_capacity: FloatArray
    """[point, capacity], USD per MW; per MWh for the energy of the storage."""
    per_load_mw: FloatArray
    """[point], USD per MW of load."""
    searched: NDArray[np.bool_]
    """[point], whether the storage was too long for laps to settle (slower, as exact)."""


@dataclass(frozen=True)
class SiteYearHours:
    """An optimal dispatch, hour by hour."""

    output_mw: dict[str, FloatArray]
    """[hour] by the name of a source, what is used of it; sources of one name are added up."""
    sold_mw: dict[str, FloatArray]
    """[hour] by the name of a sale."""
    unserved_mw: FloatArray
    """[tier, hour]"""
    charge_mw: FloatArray
    """[hour]"""
    discharge_mw: FloatArray
    """[hour]"""
    state_mwh: FloatArray
    """[hour], before the hour; the state after the last of a chain is that before its first."""
    price_usd_per_mwh: FloatArray
    """[hour], what one MWh more of demand costs."""
    water_value_usd_per_mwh: FloatArray
    """[hour], what one MWh more in store after the hour saves."""


@dataclass(frozen=True)
class SiteYearOperation:
    """Least operating cost at one vector of capacities, its slopes, and a dispatch that has it."""

    cost_usd: float
    """With the prices of quantities."""
    per_capacity: FloatArray
    """[capacity], USD per MW; per MWh for the energy of the storage."""
    per_load_mw: float
    """USD per MW of load."""
    searched: bool
    """Whether the storage was too long for laps to settle (slower, as exact)."""
    unpriced_cost_usd: float
    """Cost of the dispatch without the prices of quantities."""
    quantities: dict[str, float]
    """Amount by the name of a quantity."""
    energy_mwh: dict[str, float]
    """By the name of a source, what is used of it; sources of one name are added up."""
    sold_mwh: dict[str, float]
    """By the name of a sale."""
    unserved_mwh: FloatArray
    """[tier]"""
    used: FloatArray
    """[capacity], the least capacities at which this very dispatch is still possible."""
    hours: SiteYearHours | None
    """The dispatch hour by hour, if it was asked for."""


__all__ = ["SiteYearHours", "SiteYearOperation", "SiteYearValue"]
