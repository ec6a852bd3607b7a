"""Real and nominal money as different types, and the one place where they meet.

`RealUsd` is USD of a base year; `NominalUsd` is USD of the month it is paid in. Sums
within a type work; a sum across types or base years is refused. The factor of a month
is the price index at the month's middle over the index of the base year (the level of
a calendar year stands at that year's middle).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core._kernels import add_forward
from gigaplan.core.errors import InputError, require
from gigaplan.core.money import PriceIndex
from gigaplan.core.timeline import MONTHS_PER_YEAR

Array = NDArray[np.float64]
_NEAR = 1 << 18
"""Bytes of a piece of an array that is worked on at once."""


@dataclass(frozen=True, eq=False)
class RealUsd:
    """USD of `base_year`, month first: [month] or [month, draw]."""

    values: Array
    base_year: int

    def __add__(self, other: RealUsd) -> RealUsd:
        _same_kind(self, other)
        require(
            self.base_year == other.base_year,
            f"USD of {self.base_year} and USD of {other.base_year} cannot be added; "
            "convert one with the price index.",
        )
        return RealUsd(self.values + other.values, self.base_year)

    def to_nominal(self, factors: Array) -> NominalUsd:
        """Return nominal money, given nominal USD per real USD by month (see `month_factors`)."""
        return NominalUsd(self.values * _by_month(factors, self.values))


@dataclass(frozen=True, eq=False)
class NominalUsd:
    """USD of the month it is paid in, month first: [month] or [month, draw]."""

    values: Array

    def __add__(self, other: NominalUsd) -> NominalUsd:
        _same_kind(self, other)
        return NominalUsd(self.values + other.values)

    def to_real(self, factors: Array, base_year: int) -> RealUsd:
        """Return USD of `base_year`, given nominal USD per real USD by month."""
        return RealUsd(self.values / _by_month(factors, self.values), base_year)


def month_factors(index: PriceIndex, base_year: int, first_month: int, months: int) -> Array:
    """Return nominal USD per USD of `base_year` for each month, shape [month]."""
    middles = (first_month + np.arange(months) + 0.5) / MONTHS_PER_YEAR - 0.5
    return index.nominal_factors(base_year, middles)


def _same_kind(one: object, other: object) -> None:
    if type(one) is not type(other):
        raise InputError(
            f"{type(one).__name__} and {type(other).__name__} cannot be added; "
            "convert one with to_nominal or to_real."
        )


def _by_month(factors: Array, values: Array) -> Array:
    require(
        factors.shape == values.shape[:1],
        f"{len(factors)} index factors for {values.shape[0]} months.",
    )
    return factors.reshape(-1, *[1] * (values.ndim - 1))


def lagged(spent: Array, months: int) -> Array:
    """Return money some months later than it is spent; what falls past the end is left out."""
    if months == 0:
        return spent
    out = np.empty_like(spent)
    out[:months] = 0.0
    out[months:] = spent[:-months]
    return out


def total(parts: Sequence[Array], like: Array, less: Sequence[Array] = ()) -> Array:
    """Return the sum of `parts` less that of `less`, noughts in the shape of `like` if none."""
    out = np.zeros(like.shape)
    # Some rows at a time, so that what is added to stays near the processor.
    rows = max(1, _NEAR // max(1, out[:1].nbytes))
    for first in range(0, len(out), rows):
        piece = slice(first, first + rows)
        for part in parts:
            out[piece] += part[piece]
        for part in less:
            out[piece] -= part[piece]
    return out


def to_date(flow: Array) -> Array:
    """Return the sums up to each month, [month, draw]."""
    out: Array = np.array(flow, np.float64, order="C")
    add_forward(out)
    return out


def spread(values: Array, shape: tuple[int, ...]) -> Array:
    """Return a monthly series [month] as [month, draw], the same in every draw."""
    return np.broadcast_to(values[:, None] if values.ndim == 1 else values, shape)
