"""Chooses a few days that stand for one or more weather years, and says how well they do.

Days are vectors of all series (each less its mean, over its standard deviation). Ward's
hierarchical clustering groups them [1]_; each group is shown by its medoid, the real day
nearest to all others of the group, so that what happens together stays together. Days of
extremes (the coldest, the stillest, the dearest) are kept besides, each as its own group.
Group sizes give each day its weight; the weights are then moved as little as needed to bring
the yearly means of the series near the truth, and sum to a year.

References
----------
.. [1] Ward (1963), Hierarchical grouping to optimize an objective function, Journal of the
   American Statistical Association 58.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from gigaplan.core.errors import require
from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.model import Hours
from gigaplan.expansion.options import FloatArray

Extreme: TypeAlias = tuple[str, Literal["highest", "lowest"]]

_HOURS = 24
_KEEP_WEIGHT = 0.05
_LEAST_SHARE = 1 / 3
_DAYS_A_YEAR = 365.0


@dataclass(frozen=True)
class SeriesError:
    """How far a series on the chosen days is from the whole.

    Parameters
    ----------
    mean_fraction : float
        Error of the mean, over the true mean's size.
    duration_curve_fraction : float
        Root mean square distance of the duration curves, over the true range.
    """

    mean_fraction: float
    duration_curve_fraction: float


@dataclass(frozen=True)
class RepresentativeDays:
    """Chosen days, their weights, and the error of each series on them.

    Parameters
    ----------
    days : array [day]
        Position of each in the days of all weather years, one after the other.
    weight_days : array [day]
        Days of a year each stands for; they sum to 365.
    step_hours : int
        Hours that are averaged into one step.
    errors : mapping of str to SeriesError
        By series name.
    """

    days: IntArray
    weight_days: FloatArray
    step_hours: int
    errors: Mapping[str, SeriesError]

    @property
    def hours(self) -> Hours:
        """The steps, each day a chain in which storage ends as full as it began."""
        steps = _HOURS // self.step_hours
        weights = np.repeat(self.weight_days * self.step_hours, steps)
        return Hours(weights, (steps,) * len(self.days), float(self.step_hours))

    def take(self, series: FloatArray, *, keep_mean: bool = False) -> FloatArray:
        """Return an hourly series ([hour] or [weather year, hour]) on the chosen days' steps.

        With `keep_mean` it is scaled to the mean of the whole series.
        """
        steps = _HOURS // self.step_hours
        by_day = np.asarray(series, dtype=np.float64).reshape(-1, steps, self.step_hours)
        shown = np.asarray(by_day.mean(axis=2)[self.days].ravel())
        mean = float(np.average(shown, weights=self.hours.weights))
        if keep_mean and mean > 0:
            shown = shown * (float(by_day.mean()) / mean)
        return shown

    @property
    def worst_mean_fraction(self) -> float:
        """Largest error of a mean."""
        return max((abs(error.mean_fraction) for error in self.errors.values()), default=0.0)

    @property
    def worst_duration_curve_fraction(self) -> float:
        """Largest distance of duration curves."""
        return max((error.duration_curve_fraction for error in self.errors.values()), default=0.0)


def choose_days(
    series: Mapping[str, FloatArray],
    count: int,
    *,
    extremes: Sequence[Extreme] = (),
    step_hours: int = 1,
) -> RepresentativeDays:
    """Return `count` days that stand for the weather years in `series`.

    Parameters
    ----------
    series : mapping of str to array [hour] or [weather year, hour]
        Hourly series of equal length, whole days.
    count : int
        How many days in all, those of `extremes` among them.
    extremes : sequence of (name, "highest" or "lowest")
        Days to keep: that of the highest or lowest daily mean of a series.
    step_hours : int
        Hours to average into one step; divides 24.

    Raises
    ------
    InputError
        If series differ in length or are no whole days, or `count` is too small or too large.
    """
    require(bool(series), "no series to choose days from.")
    require(
        step_hours >= 1 and _HOURS % step_hours == 0, f"{step_hours} hours do not divide a day."
    )
    flat = {name: np.asarray(values, dtype=np.float64).ravel() for name, values in series.items()}
    lengths = {len(values) for values in flat.values()}
    require(len(lengths) == 1, f"series have different lengths: {sorted(lengths)}.")
    length = lengths.pop()
    require(length % _HOURS == 0, f"{length} hours are no whole days.")
    total = length // _HOURS
    require(1 <= count <= total, f"{count} days asked of {total}.")
    for name, values in flat.items():
        require(bool(np.isfinite(values).all()), f"series '{name}' has a value that is no number.")
    daily = {name: values.reshape(total, _HOURS) for name, values in flat.items()}
    kept = _extreme_days(daily, extremes)[:count]
    days, sizes = _medoids(daily, count - len(kept), kept)
    weights = _match_means(daily, days, sizes * (_DAYS_A_YEAR / total))
    errors = {
        name: _error(values, values[days].ravel(), np.repeat(weights, _HOURS))
        for name, values in daily.items()
    }
    return RepresentativeDays(days, weights, step_hours, errors)


def _extreme_days(daily: Mapping[str, FloatArray], extremes: Sequence[Extreme]) -> list[int]:
    found: list[int] = []
    for name, end in extremes:
        require(name in daily, f"no series '{name}' to take the {end} day of.")
        means = daily[name].mean(axis=1)
        day = int(means.argmax() if end == "highest" else means.argmin())
        if day not in found:
            found.append(day)
    return found


def _medoids(
    daily: Mapping[str, FloatArray], count: int, kept: list[int]
) -> tuple[IntArray, FloatArray]:
    """Return the medoid of each of `count` groups, then `kept`, and the days each stands for."""
    from scipy.cluster.hierarchy import fcluster, linkage

    total = len(next(iter(daily.values())))
    rest = np.setdiff1d(np.arange(total), kept)
    count = min(count, len(rest))
    days, sizes = [], []
    if count > 0:
        parts = []
        for values in daily.values():
            spread = float(values.std())
            if spread > 0:
                parts.append((values[rest] - values.mean()) / spread)
        vectors = np.concatenate(parts, axis=1) if parts else np.zeros((len(rest), 1))
        if count == len(rest):
            group = np.arange(count)
        elif count == 1:
            group = np.zeros(len(rest), dtype=np.int64)
        else:
            tree = linkage(vectors, method="ward")
            group = np.asarray(fcluster(tree, count, criterion="maxclust"), dtype=np.int64)
        for label in np.unique(group):
            members = np.flatnonzero(group == label)
            centre = vectors[members].mean(axis=0)
            # the member nearest to the centre has the least summed squared distance to the others
            away = ((vectors[members] - centre) ** 2).sum(axis=1)
            days.append(int(rest[members[away.argmin()]]))
            sizes.append(float(len(members)))
    days += kept
    sizes += [1.0] * len(kept)
    scale = total / sum(sizes)
    return np.asarray(days, dtype=np.int64), np.asarray(sizes) * scale


def _match_means(
    daily: Mapping[str, FloatArray], days: IntArray, weights: FloatArray
) -> FloatArray:
    """Return weights near `weights`, at least a third of each, that bring the means right."""
    from scipy.optimize import nnls

    rows, goals = [], []
    for values in daily.values():
        spread = float(values.mean(axis=1).std())
        if spread > 0:
            mean = values.mean()
            rows.append((values[days].mean(axis=1) - mean) / spread * weights / _DAYS_A_YEAR)
            goals.append(0.0)
    # unknown: each weight over its group's; close to one, sum kept strictly
    keep = _KEEP_WEIGHT * np.sqrt(weights / _DAYS_A_YEAR)
    matrix = np.vstack([*rows, np.diag(keep), 1e3 * weights[None, :] / _DAYS_A_YEAR])
    goal = np.concatenate([goals, keep, [1e3]]) - matrix @ np.full(len(days), _LEAST_SHARE)
    found, _ = nnls(matrix, goal)
    moved = (found + _LEAST_SHARE) * weights
    return np.asarray(moved * (_DAYS_A_YEAR / moved.sum()))


def _error(true: FloatArray, shown: FloatArray, weights: FloatArray) -> SeriesError:
    mean = float(true.mean())
    about = abs(float(np.average(shown, weights=weights)) - mean)
    size = max(abs(mean), 1e-12)
    order = np.argsort(shown)
    place = np.cumsum(weights[order]) / weights.sum()
    at = (np.arange(true.size) + 0.5) / true.size
    curve = shown[order][np.minimum(np.searchsorted(place, at), len(order) - 1)]
    actual = np.sort(true, axis=None)
    spread = max(float(actual[-1] - actual[0]), 1e-12)
    distance = float(np.sqrt(np.mean((curve - actual) ** 2)))
    return SeriesError(about / size, distance / spread)
