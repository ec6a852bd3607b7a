"""Durations, as tables of months over the normal score.

Every distribution becomes one table of Q(Phi(z)): months at the normal score z,
for z from -6.5 to 6.5 in steps of 1/128, straight between. So one compiled loop
draws from any distribution, and a correlated normal score needs no way back to a
probability. Scores beyond +-6.5 (one draw in 10^10) are held at the ends. The
table's error is at most f''(z) / (8 x 128^2); for a lognormal of sigma 0.5 that
is 2e-6 of the duration.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol, TypeAlias, TypeGuard, cast

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require

Z_MAX = 6.5
KNOTS_PER_UNIT = 128
KNOTS = int(2 * Z_MAX * KNOTS_PER_UNIT) + 1
Z90 = 1.2815515655446004
"""Normal score of 90%."""

_MOST_FOLD = 10.0
_SCORES = np.linspace(-Z_MAX, Z_MAX, KNOTS)
_KEPT = 4096  # durations whose tables are kept: 27 MB at most
Array: TypeAlias = NDArray[np.float64]


class Duration(Protocol):
    """Any distribution of months, given as its value at each normal score."""

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores `z`, not falling in z and not below zero."""
        ...


@dataclass(frozen=True, slots=True)
class Fixed:
    """A duration that is known."""

    months: float

    def __post_init__(self) -> None:
        _at_least_zero("a fixed duration", self.months)

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        return np.full(z.shape, self.months)


@dataclass(frozen=True, slots=True)
class Quantiles:
    """A duration by its P10, P50 and P90.

    Below and above the median the logarithm of the duration is straight in the normal score:
    two lognormal halves that meet at P50 and pass through P10 and P90. The tails go on so:
    P99 is ``p50 * (p90 / p50) ** 1.815``, P1 ``p50 * (p10 / p50) ** 1.815``. A half whose ends
    are more than tenfold apart (a P10 or a median of zero, say) is straight in the score itself,
    and held at zero: a logarithm would give it a tail that no quantile speaks for.
    """

    p10: float
    p50: float
    p90: float

    def __post_init__(self) -> None:
        _at_least_zero("P10 of a duration", self.p10)
        require(
            math.isfinite(self.p90) and self.p10 <= self.p50 <= self.p90,
            f"P10 {self.p10:g}, P50 {self.p50:g}, P90 {self.p90:g} months are out of order; "
            "each must be at least the one before.",
        )

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        return np.where(z < 0, self._half(z, self.p10, -1.0), self._half(z, self.p90, 1.0))

    def _half(self, z: Array, end: float, sign: float) -> Array:
        share = np.abs(z) / Z90
        if 0 < max(end, self.p50) <= _MOST_FOLD * min(end, self.p50):
            inside = np.where(z * sign > 0, share, 0.0)
            return np.asarray(self.p50 * (end / self.p50) ** inside)
        return np.maximum(self.p50 + (end - self.p50) * share, 0.0)


@dataclass(frozen=True, slots=True)
class Triangular:
    """A duration between two bounds with a mode."""

    low: float
    mode: float
    high: float

    def __post_init__(self) -> None:
        _at_least_zero("the low end of a triangular duration", self.low)
        require(
            math.isfinite(self.high) and self.low <= self.mode <= self.high,
            f"low {self.low:g}, mode {self.mode:g}, high {self.high:g} months are out of order; "
            "each must be at least the one before.",
        )

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        from scipy.special import ndtr

        width = self.high - self.low
        if width == 0:
            return np.full(z.shape, self.low)
        below = self.low + np.sqrt(ndtr(z) * width * (self.mode - self.low))
        above = self.high - np.sqrt(ndtr(-z) * width * (self.high - self.mode))
        return np.where(ndtr(z) * width < self.mode - self.low, below, above)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """A duration whose logarithm is normal, by its median and that logarithm's deviation."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        _at_least_zero("the median of a lognormal duration", self.median)
        _at_least_zero("sigma of a lognormal duration", self.sigma)

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        return np.asarray(self.median * np.exp(self.sigma * z))


@dataclass(frozen=True, slots=True)
class Normal:
    """A normal duration; what would be below zero is held at zero."""

    mean: float
    standard_deviation: float

    def __post_init__(self) -> None:
        _at_least_zero("the mean of a normal duration", self.mean)
        _at_least_zero("the deviation of a normal duration", self.standard_deviation)

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        return np.maximum(self.mean + self.standard_deviation * z, 0.0)


@dataclass(frozen=True)
class QuantileTable:
    """A duration by its quantiles: straight in the probability between them, held beyond.

    Parameters
    ----------
    probabilities : sequence of float
        From 0 to 1, rising.
    months : sequence of float
        Duration at each, not falling.
    """

    probabilities: Sequence[float]
    months: Sequence[float]

    def __post_init__(self) -> None:
        p, m = np.asarray(self.probabilities, float), np.asarray(self.months, float)
        require(
            p.ndim == 1 and p.shape == m.shape and p.size >= 2,
            f"a quantile table has {p.size} probabilities and {m.size} durations; "
            "give two or more of each, as many of one as of the other.",
        )
        require(
            bool(np.all(np.isfinite(p)) and p[0] >= 0 and p[-1] <= 1 and np.all(np.diff(p) > 0)),
            "the probabilities of a quantile table must rise, from 0 to 1.",
        )
        require(
            bool(np.all(np.isfinite(m)) and np.all(np.diff(m) >= 0)),
            "the durations of a quantile table are out of order; each must be at least the "
            "one before.",
        )
        _at_least_zero("the shortest duration of a quantile table", float(m[0]))

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        from scipy.special import ndtr

        p, m = np.asarray(self.probabilities, float), np.asarray(self.months, float)
        return np.asarray(np.interp(ndtr(z), p, m))


@dataclass(frozen=True)
class Scaled:
    """Another duration times a factor, less months already behind; held at zero.

    Parameters
    ----------
    duration : Duration
    factor : float
        What each of its values is multiplied by.
    done_months : float
        Months of work already done, taken off after that.
    """

    duration: Duration
    factor: float = 1.0
    done_months: float = 0.0

    def __post_init__(self) -> None:
        _at_least_zero("the factor of a duration", self.factor)
        _at_least_zero("the part of a duration already done", self.done_months)

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        return np.maximum(self.duration.at_scores(z) * self.factor - self.done_months, 0.0)


@dataclass(frozen=True, slots=True)
class Exponential:
    """A wait that is as likely to end in any month as in any other.

    Parameters
    ----------
    mean_months : float
        Above zero.
    """

    mean_months: float

    def __post_init__(self) -> None:
        require(
            0 < self.mean_months < math.inf,
            f"the mean of an exponential wait is {self.mean_months:g} months; it must be above 0.",
        )

    def at_scores(self, z: Array) -> Array:
        """Return months at normal scores."""
        from scipy.special import log_ndtr

        return np.asarray(-self.mean_months * log_ndtr(-z))


def fixed_months(duration: Duration | float) -> float | None:
    """Return the months of a duration that has no spread, None for any other."""
    if isinstance(duration, int | float):
        _at_least_zero("a duration", float(duration))
        return float(duration)
    if isinstance(duration, Fixed):
        return float(duration.months)
    ends = _ends(duration) if _hashable(duration) else _ends.__wrapped__(duration)
    return ends[0] if ends[0] == ends[1] else None


def median_months(duration: Duration | float) -> float:
    """Return the median of a duration."""
    known = fixed_months(duration)
    if known is not None or isinstance(duration, int | float):
        return float(known or 0.0)
    return float(duration.at_scores(np.zeros(1))[0])


def scores_of_knots() -> Array:
    """Return the normal score of every knot of a table, shape [knot]."""
    return _SCORES.copy()


def score_table(duration: Duration) -> NDArray[np.float32]:
    """Return months at every knot of the normal score, shape [knot]; not to be written to."""
    return _table(duration) if _hashable(duration) else _table.__wrapped__(duration)


@lru_cache(_KEPT)
def _ends(duration: Hashable) -> tuple[float, float]:
    low, high = cast(Duration, duration).at_scores(np.array([-Z_MAX, Z_MAX]))
    return float(low), float(high)


@lru_cache(_KEPT)
def _table(duration: Hashable) -> NDArray[np.float32]:
    table = cast(Duration, duration).at_scores(_SCORES).astype(np.float32)
    table.flags.writeable = False
    return table


def _hashable(duration: Duration) -> TypeGuard[Hashable]:
    try:
        hash(duration)
    except TypeError:
        return False
    return True


def _at_least_zero(what: str, months: float) -> None:
    require(
        math.isfinite(months) and months >= 0,
        f"{what} is {months:g} months; a number of 0 or more is allowed.",
    )
