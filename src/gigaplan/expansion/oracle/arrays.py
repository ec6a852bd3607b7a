"""What the compiled loops read and write: the parts of a site-year, an hour's stack, storage."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]


class Parts(NamedTuple):
    """Segments of supply in the order they were given, demand, and the chains of hours.

    A part's size is its factor times the capacity its key points at; so is a demand's.
    """

    cost: NDArray[np.float64]
    """[part, hour], USD/MWh, without prices of quantities."""
    factor: NDArray[np.float64]
    """[part, hour], MW per unit of capacity."""
    key: NDArray[np.int64]
    """[part], place in the vector of capacities."""
    order: NDArray[np.int16]
    """[hour, part], parts by ascending cost: where sorting starts from."""
    demand_factor: NDArray[np.float64]
    """[demand, hour], MW per unit of capacity."""
    demand_key: NDArray[np.int64]
    """[demand], place in the vector of capacities."""
    chain_end: NDArray[np.int64]
    """[chain], one past its last hour."""
    chain_weight: NDArray[np.float64]
    """[chain], hours that each of its steps stands for."""


class Terms(NamedTuple):
    """What a MWh of a part adds to a quantity."""

    part: NDArray[np.int64]
    """[term]"""
    quantity: NDArray[np.int64]
    """[term], place in the vector of prices."""
    amount: NDArray[np.float64]
    """[term, hour], units per MWh."""


class Rows(NamedTuple):
    """Each hour's stack at one vector of capacities, for one chain: parts above zero, by cost."""

    cost: NDArray[np.float64]
    """[hour, place], USD/MWh, ascending."""
    end: NDArray[np.float64]
    """[hour, place], MW made up to and with this place."""
    part: NDArray[np.int16]
    """[hour, place]"""
    filled: NDArray[np.int64]
    """[hour], places that are filled."""
    at: NDArray[np.int64]
    """[hour], the first place whose end is above demand."""
    demand: NDArray[np.float64]
    """[hour], MW that the stack must meet when storage rests."""


class StorageLaw(NamedTuple):
    """Efficiencies and wear of the storage, and from which price on it burns energy."""

    power_key: int
    energy_key: int
    charge: float
    discharge: float
    per_charge: float
    """1 / charge."""
    per_discharge: float
    """1 / discharge."""
    wear: float
    """USD per MWh discharged."""
    burn_price: float
    """Below this price it charges and discharges at once; minus infinity for a lossless one."""
    burn_value: float
    """The water value that belongs to it."""
    step_hours: float
    """Hours of power that a step adds to the state."""


class Sums(NamedTuple):
    """What an operation adds up to; each array is written by the compiled loop."""

    energy_mwh: NDArray[np.float64]
    """[part], weighted."""
    cost_usd: NDArray[np.float64]
    """[1], weighted; what is run and worn, without prices of quantities."""
    amount: NDArray[np.float64]
    """[quantity], weighted."""
    used: NDArray[np.float64]
    """[capacity]"""
