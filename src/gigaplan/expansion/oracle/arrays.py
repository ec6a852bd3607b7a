"""What the compiled loops read: the sorted stack of a site-year and the law of its storage."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Stack(NamedTuple):
    """Segments of supply of each hour in order of cost, and the parts of demand.

    A segment's size is its factor times the capacity its key points at; so is a demand's.
    """

    cost: NDArray[np.float64]
    """[hour, segment], USD/MWh, ascending in each hour."""
    factor: NDArray[np.float64]
    """[hour, segment], MW per unit of capacity."""
    key: NDArray[np.int64]
    """[hour, segment], place in the vector of capacities."""
    source: NDArray[np.int64]
    """[hour, segment], which segment it was before sorting."""
    demand_factor: NDArray[np.float64]
    """[hour, part], MW per unit of capacity."""
    demand_key: NDArray[np.int64]
    """[part], place in the vector of capacities."""


class StorageLaw(NamedTuple):
    """Efficiencies and wear of the storage, and from which price on it burns energy."""

    power_key: int
    energy_key: int
    charge: float
    discharge: float
    wear: float
    """USD per MWh discharged."""
    burn_price: float
    """Below this price it charges and discharges at once; minus infinity for a lossless one."""
    burn_value: float
    """The water value that belongs to it."""
