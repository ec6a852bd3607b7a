"""What the master knows of a block: its inputs, its amounts, and an oracle that operates it.

A block is what one period's operation leaves coupled (a site; a zone's sites where they
share more than prices; a project that only sells). With x the master's columns and y a
block's period,

    z = constants + links @ x            [inputs: capacities, online load]
    cost(z, price) = min over dispatches of  operating cost + price . amount

where an amount is what the dispatch adds to the left side of a row of the master (clean energy,
carbon, water, energy to be paid). The cost is convex and homogeneous of degree one in z, so the
oracle's slopes are a cut without a constant, and its dispatches can be scaled and mixed:

    cut:       theta >= slopes . z - price . amount      for every z and amount
    dispatch:  sum_j w_j used_j <= z (= for load),  sum_j w_j amount_j = amount,
               theta <= sum_j w_j cost_j
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from gigaplan.expansion.assembly import IntArray, Key
from gigaplan.expansion.decomposition.settled import Settled
from gigaplan.expansion.options import FloatArray

DUST = 1e-8
"""Part of a block's largest input below which another is what rounding left of none."""


@dataclass(frozen=True)
class Input:
    """One entry of z: ``constant + factors @ x[columns]``, MW (MWh for energy)."""

    name: str
    columns: tuple[int, ...] = ()
    factors: tuple[float, ...] = ()
    constant: float = 0.0
    exact: bool = False
    """Whether a dispatch must use all of it, as it must serve all of the load."""
    site: str | None = None
    """The site whose load it is, or whose connection alone."""


@dataclass(frozen=True)
class Answer:
    """What an oracle found at one z and one price of its amounts, USD of the block's year.

    Parameters
    ----------
    value_usd : float
        Least operating cost and priced amounts together.
    slopes : array [input]
        USD per unit: ``slopes . z`` equals the value here and is no more than it anywhere.
    cost_usd : float
        Operating cost of the dispatch that was found.
    amounts : array [amount]
        What that dispatch adds to the master's rows, in their units.
    used : array [input]
        The least z that allows this dispatch.
    emergency_mwh : float
        Load it leaves unserved that no tier allows: paid at a prohibitive price, and no plan.
    """

    value_usd: float
    slopes: FloatArray
    cost_usd: float
    amounts: FloatArray
    used: FloatArray
    emergency_mwh: float = 0.0


class Oracle(Protocol):
    """Operates a block at given inputs and prices; may be called from any thread."""

    def operate(self, inputs: FloatArray, prices: FloatArray) -> Answer:
        """Return the least-cost dispatch and its cut; `prices` in USD per unit of amount."""
        ...

    def settle(self, inputs: FloatArray, prices: FloatArray) -> Settled:
        """Return what the same dispatch comes to in the year."""
        ...


@dataclass(frozen=True)
class Block:
    """A block as the master sees it.

    Parameters
    ----------
    key : tuple
        ``(kind, name, period)``.
    period : int
    inputs : tuple of Input
    amount_rows : tuple of int
        Row of the master that each amount counts in.
    oracle : Oracle
    route : str
        How the oracle works, for the result.
    site : str, optional
        Site it belongs to; None where it has several or none.
    starts : tuple of array [input]
        Inputs at which to operate it first: without them nothing is known of it.
    """

    key: Key
    period: int
    inputs: tuple[Input, ...]
    amount_rows: tuple[int, ...]
    oracle: Oracle
    route: str
    site: str | None = None
    starts: tuple[FloatArray, ...] = ()

    def inputs_at(self, values: FloatArray) -> FloatArray:
        """Return z at the master's column values, never below zero; what is dust is nothing."""
        found = np.array([i.constant for i in self.inputs])
        for place, entry in enumerate(self.inputs):
            for column, factor in zip(entry.columns, entry.factors, strict=True):
                found[place] += factor * values[column]
        return np.asarray(np.where(found > DUST * found.max(initial=0.0), found, 0.0))


@dataclass(frozen=True)
class Links:
    """The inputs of all blocks as one sparse map of the master's columns.

    `start[b]` is where block b's inputs begin; entries are (input, column, factor).
    """

    start: IntArray
    constant: FloatArray
    exact: NDArray[np.bool_]
    entry_input: IntArray
    entry_column: IntArray
    entry_factor: FloatArray

    @classmethod
    def of(cls, blocks: tuple[Block, ...]) -> Links:
        """Return the links of some blocks."""
        start = np.cumsum([0, *(len(block.inputs) for block in blocks)])
        every = [entry for block in blocks for entry in block.inputs]
        return cls(
            start=start,
            constant=np.array([entry.constant for entry in every]),
            exact=np.array([entry.exact for entry in every], dtype=bool),
            entry_input=np.repeat(np.arange(len(every)), [len(e.columns) for e in every]),
            entry_column=np.array([c for e in every for c in e.columns], dtype=np.int64),
            entry_factor=np.array([f for e in every for f in e.factors], dtype=np.float64),
        )
