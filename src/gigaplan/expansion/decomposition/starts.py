"""Where a block is operated first, so that the first programs know what each thing is worth.

A block's cost is homogeneous of degree one, so only the proportions of its inputs matter: here
all are per MW of IT load.
"""

from __future__ import annotations

import numpy as np

from gigaplan.expansion.decomposition.block import Input
from gigaplan.expansion.options import FloatArray, Supply

STEADY = 0.6
"""Mean availability from which on a source can carry a load by itself."""

MOST_ALONE = 8
"""Sources of a site that are tried alone; more say little more."""


def plain_starts(inputs: tuple[Input, ...]) -> tuple[FloatArray, ...]:
    """Return each load alone with nothing standing, and one MW of everything."""
    constant = np.array([entry.constant for entry in inputs])
    found = []
    for place, entry in enumerate(inputs):
        if entry.exact:
            bare = np.zeros(len(inputs))
            bare[place] = 1.0
            found.append(bare)
    found.append(np.where(constant > 0, constant, 1.0))
    return tuple(found)


def site_starts(
    inputs: tuple[Input, ...], supplies: list[Supply], peak_mw: float
) -> tuple[FloatArray, ...]:
    """Return proportions that sites are built in: one source alone, and sources that share.

    Parameters
    ----------
    inputs : tuple of Input
        Supplies in their order, connection if any, storage if any, load.
    supplies : list of Supply
    peak_mw : float
        Most facility MW per IT MW.
    """
    names = [entry.name for entry in inputs]
    count = len(inputs)
    steady = np.zeros(count, dtype=bool)
    varying = np.zeros(count, dtype=bool)
    for place, option in enumerate(supplies):
        varying[place] = float(np.mean(option.availability)) < STEADY
        steady[place] = not varying[place]
    if "connection" in names:
        steady[names.index("connection")] = True

    def point(
        mw: FloatArray | float, storage_mw: float = 0.0, storage_hours: float = 0.0
    ) -> FloatArray:
        found = np.where(steady | varying, mw, 0.0) * peak_mw
        if "storage power" in names:
            found[names.index("storage power")] = storage_mw * peak_mw
            found[names.index("storage energy")] = storage_mw * storage_hours * peak_mw
        found[-1] = 1.0
        return found

    carrying = np.flatnonzero(steady)
    carrying = carrying[:: -(-len(carrying) // MOST_ALONE) or 1]
    alone = [point(np.where(np.arange(count) == k, 1.2, 0.0)) for k in carrying]
    green = [
        point(np.where(np.arange(count) == k, 0.9, np.where(varying, 1.0, 0.0)), 0.3, 4.0)
        for k in carrying
    ]
    return (*plain_starts(inputs), *alone, point(0.3, 0.5, 8.0), *green)
