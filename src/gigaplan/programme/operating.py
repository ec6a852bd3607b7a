"""What operations finds by planning year and draw, as finance needs it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class OperatingSummary:
    """Yearly energy and its cost; arrays are [year, draw], money real base-year USD.

    Parameters
    ----------
    years : tuple of int
        Planning years, the first axis. Finance holds the last year's figures after it.
    project_energy_mwh : mapping of project to ndarray
        Energy each power project made for the programme's load (net of its own charging).
    project_variable_usd : mapping of project to ndarray
        Fuel and variable O&M of that energy; zero for what a contract prices.
    grid_energy_mwh, grid_cost_usd : ndarray
        Energy bought in the market at the hour's price, and its cost.
    export_usd : ndarray
        What exported energy earned.
    load_mwh : ndarray
        Facility energy wanted.
    wanted_it_mwh, served_it_mwh : ndarray
        IT energy of online compute that was wanted, and what was served.
    co2_t : ndarray
        Carbon of all energy used.
    """

    years: tuple[int, ...]
    project_energy_mwh: Mapping[str, Floats]
    project_variable_usd: Mapping[str, Floats]
    grid_energy_mwh: Floats
    grid_cost_usd: Floats
    export_usd: Floats
    load_mwh: Floats
    wanted_it_mwh: Floats
    served_it_mwh: Floats
    co2_t: Floats
