"""Quantiles of many rows of draws in memory that does not grow with the draws.

A pilot sets the range of each row, which is cut into cells of one width, of the value or, where
that is the better, nearly of its logarithm; its ends, and infinity, have cells of their own. A
cell counts its values and keeps the least and the most of them, so a value that has its cell to
itself (a step of capacity, say) is exact, and others are spread evenly between the two. The value
that the pilot met most often in a cell is counted apart. Nothing depends on the order of the
draws. Values are kept in single precision.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gigaplan.core._kernels import cell_quantiles, count_in_cells, fullest_cell, met_often
from gigaplan.core.errors import require

CELLS = 2048
"""Cells of one width in a row's range."""

_TAIL = 0.001


class QuantileSketch:
    """Counts of rows of draws, in cells whose range a pilot set.

    A quantile is off in rank by less than the share of draws in its cell that differ from the
    value met often there, and in value by less than the cell's width. Beyond the middle 99.8% of
    the pilot it is only somewhere between its end and the most extreme draw.

    Parameters
    ----------
    pilot : ndarray, shape [row, draw]
        Draws that set the range; they are not counted. Infinity is allowed, for never.
    cells : int
        Cells of one width per row.

    Raises
    ------
    InputError
        If the pilot has no draw, or one that is not a number.
    """

    def __init__(self, pilot: NDArray[np.floating], cells: int = CELLS) -> None:
        require(pilot.ndim == 2 and pilot.shape[1] > 0, "a pilot needs at least one draw.")
        require(not np.isnan(pilot).any(), "a pilot has draws that are not numbers.")
        ordered = np.sort(np.asarray(pilot, np.float32), axis=1)
        scales = [_scale(row, cells) for row in ordered]
        self._low = np.array([scale.low for scale in scales], np.float32)
        self._high = np.array([scale.high for scale in scales], np.float32)
        self._begin = np.array([scale.begin for scale in scales], np.float64)
        self._per_unit = np.array([scale.per_unit for scale in scales], np.float64)
        self._ordinal = np.array([scale.ordinal for scale in scales], np.bool_)
        self.counts = np.zeros((len(pilot), cells + 5), np.int32)
        self._least = np.full(self.counts.shape, np.inf, np.float32)
        self._most = np.full(self.counts.shape, -np.inf, np.float32)
        self._hits = np.zeros(self.counts.shape, np.int32)
        self._often = np.full(self.counts.shape, np.nan, np.float32)
        scale = self._low, self._high, self._begin, self._per_unit, self._ordinal
        met_often(ordered, *scale, self._often)

    def count(self, values: NDArray[np.floating], first_row: int = 0) -> None:
        """Count values, shape [row, draw], of rows from `first_row` on.

        Releases the interpreter's lock; different rows may be counted at the same time.
        """
        to = first_row + len(values)
        count_in_cells(
            values,
            self._low[first_row:to],
            self._high[first_row:to],
            self._begin[first_row:to],
            self._per_unit[first_row:to],
            self._ordinal[first_row:to],
            self._often[first_row:to],
            self.counts[first_row:to],
            self._hits[first_row:to],
            self._least[first_row:to],
            self._most[first_row:to],
        )

    @property
    def infinite(self) -> NDArray[np.int64]:
        """Return how many of each row's draws were infinite, shape [row]."""
        return self.counts[:, -1].astype(np.int64)

    def quantiles(
        self, shares: NDArray[np.float64] | list[float], rows: slice = slice(None)
    ) -> NDArray[np.float64]:
        """Return the values, shape [share, row], that these shares of counted draws lie below."""
        counts = self.counts[rows]
        require(
            bool(counts.any(axis=1).all()),
            "no draw was counted; count some before asking for quantiles.",
        )
        found = np.empty((len(shares), len(counts)))
        cells = counts, self._hits[rows], self._often[rows], self._least[rows], self._most[rows]
        cell_quantiles(np.asarray(shares, np.float64), *cells, found)
        return found


class _Scale(NamedTuple):
    """Where a row's cells begin and end; `begin` and `per_unit` in the value or its ordinal."""

    low: np.float32
    high: np.float32
    begin: float
    per_unit: float
    ordinal: bool


def _scale(ordered: NDArray[np.float32], cells: int) -> _Scale:
    """Return the scale of a pilot's row on which its fullest cell is the emptier."""
    finite = ordered[np.searchsorted(ordered, -np.inf, "right") : np.searchsorted(ordered, np.inf)]
    if finite.size == 0:
        return _Scale(np.float32(0), np.float32(0), 0.0, 0.0, False)
    tail = int(_TAIL * finite.size)
    low, high = finite[tail], finite[-1 - tail]
    if low == high:
        return _Scale(low, high, 0.0, 0.0, False)
    plain = finite.astype(np.float64)
    begin, end = float(low), float(high)
    places = _ordinals(finite)
    first, last = float(places[tail]), float(places[-1 - tail])
    ordinal = fullest_cell(places, first, last, cells) < fullest_cell(plain, begin, end, cells)
    if ordinal:
        begin, end = first, last
    return _Scale(low, high, begin, cells / (end - begin), ordinal)


def _ordinals(values: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the place of each value among all numbers of single precision."""
    bits = values.view(np.int32)
    return (bits ^ ((bits >> 31) & 0x7FFFFFFF)).astype(np.float64)
