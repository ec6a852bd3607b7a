"""What is kept of draws: every draw's lines, or counts that do not grow with the draws.

An outcome is lines by table and name, [period, draw]. What a draw does not have (a ratio whose
denominator is nought, a rate of return that is not unique) is infinity, and stands in no
percentile.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from gigaplan.core.quantile_sketch import QuantileSketch
from gigaplan.core.statistics import Percentiles
from gigaplan.finance._kernels import moments
from gigaplan.finance.amounts import Array

Outcome = Mapping[str, Mapping[str, Array]]
_SHARES = (0.1, 0.5, 0.9)
_CELLS = 1024


class Told(NamedTuple):
    """A figure over the draws that have it, and their share of all."""

    value: Percentiles | None
    defined_fraction: float


class Draws(Protocol):
    """Lines of draws, told in percentiles."""

    @property
    def count(self) -> int:
        """Number of draws."""

    def names(self, table: str) -> list[str]:
        """Return the lines of a table, in their order."""

    def told(self, table: str, name: str) -> list[Told]:
        """Return a line's periods."""


@dataclass(frozen=True)
class Kept:
    """Every draw's lines; draw last."""

    tables: dict[str, dict[str, Array]]

    @classmethod
    def laid_out(cls, outcome: Outcome, part: slice, draws: int) -> Kept:
        """Return room for all draws in the shape of one block's outcome, that block written."""
        kept = cls(
            {
                table: {name: np.empty((*v.shape[:-1], draws)) for name, v in lines.items()}
                for table, lines in outcome.items()
            }
        )
        kept.write(outcome, part)
        return kept

    def write(self, outcome: Outcome, part: slice) -> None:
        """Write one block's outcome to its draws."""
        for table, lines in outcome.items():
            for name, values in lines.items():
                self.tables[table][name][..., part] = values

    @property
    def count(self) -> int:
        """Number of draws."""
        return int(next(iter(self.tables["single"].values())).shape[-1])

    def names(self, table: str) -> list[str]:
        """Return the lines of a table, in their order."""
        return list(self.tables[table])

    def told(self, table: str, name: str) -> list[Told]:
        """Return a line's periods."""
        values = self.tables[table][name]
        if np.isfinite(values).all():  # one sort for all
            return [Told(row, 1.0) for row in _rows(values)]
        return [_told(row) for row in values]


def _told(row: Array) -> Told:
    there = row[np.isfinite(row)]
    share = there.size / row.size
    return Told(_rows(there[None])[0] if there.size else None, share)


def _rows(values: Array) -> list[Percentiles]:
    draws = values.shape[1]
    quantiles = np.quantile(values, _SHARES, axis=1)
    error = (
        values.std(axis=1, ddof=1) / np.sqrt(draws) if draws > 1 else np.full(len(values), np.inf)
    )
    return _percentiles(quantiles, values.mean(axis=1), error)


def _percentiles(quantiles: Array, mean: Array, error: Array) -> list[Percentiles]:
    return [
        Percentiles(float(a), float(b), float(c), float(m), float(e))
        for a, b, c, m, e in zip(*quantiles, mean, error, strict=True)
    ]


@dataclass(frozen=True)
class Sums:
    """Count, mean and squared distance from it of the draws that have a figure, [row]."""

    count: Array
    mean: Array
    square: Array

    @classmethod
    def of(cls, rows: Array) -> Sums:
        """Return the sums of [row, draw]."""
        count, mean, square = np.empty((3, len(rows)))
        moments(rows, count, mean, square)
        return cls(count, mean, square)

    def with_more(self, other: Sums) -> Sums:
        """Return the sums of both (Chan, Golub and LeVeque)."""
        count = self.count + other.count
        apart = other.mean - self.mean
        share = other.count / np.maximum(count, 1.0)
        return Sums(
            count,
            self.mean + apart * share,
            self.square + other.square + apart**2 * self.count * share,
        )


class Counted:
    """Counts of every line: memory does not grow with the draws.

    Parameters
    ----------
    pilot : outcome
        Draws that set the ranges; they are not counted.
    """

    def __init__(self, pilot: Outcome) -> None:
        self._at: dict[tuple[str, str], slice] = {}
        first = 0
        for table, name, values in _lines(pilot):
            self._at[table, name] = slice(first, first + len(values))
            first += len(values)
        self._sketch = QuantileSketch(stacked(pilot), _CELLS)
        self._sums: Sums | None = None

    def count_rows(self, rows: Array) -> None:
        """Count a block's draws, `stacked`; blocks may come in any order, one at a time."""
        self._sketch.count(rows)

    def add(self, sums: Sums) -> None:
        """Add a block's sums; the result depends on the order of the blocks."""
        self._sums = sums if self._sums is None else self._sums.with_more(sums)

    @property
    def count(self) -> int:
        """Number of draws."""
        assert self._sums is not None
        return int(self._sums.count.max())

    def names(self, table: str) -> list[str]:
        """Return the lines of a table, in their order."""
        return [name for (t, name) in self._at if t == table]

    def told(self, table: str, name: str) -> list[Told]:
        """Return a line's periods."""
        at, sums = self._at[table, name], self._sums
        assert sums is not None
        share = sums.count[at] / self.count
        few = np.maximum(sums.count[at], 1)
        error = np.sqrt(sums.square[at] / np.maximum(few - 1, 1) / few)
        out: list[Told] = []
        for i, part in enumerate(share):
            if part == 0:
                out.append(Told(None, 0.0))
                continue
            one, row = slice(i, i + 1), slice(at.start + i, at.start + i + 1)
            found = self._sketch.quantiles([s * part for s in _SHARES], row)
            out.append(Told(_percentiles(found, sums.mean[at][one], error[one])[0], float(part)))
        return out


def stacked(outcome: Outcome) -> Array:
    """Return all lines of a block one below the other, [row, draw]."""
    return np.concatenate([values for _, _, values in _lines(outcome)])


def _lines(outcome: Outcome) -> Iterator[tuple[str, str, Array]]:
    for table, lines in outcome.items():
        for name, values in lines.items():
            yield table, name, values
