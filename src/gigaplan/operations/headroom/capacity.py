"""How much new load an area can take that is curtailed for so little of its energy.

The question of T. Norris, T. Profeta, D. Patino-Echeverri and A. Cowie-Haskell, "Rethinking Load
Growth" (Duke University, 2025): a new load of constant MW is curtailed in every hour in which
demand with it would pass the area's own peak of the season, by as much as it would pass it. What
it may take is the MW at which a given share of its energy is curtailed.

Only demand is looked at: whether energy, fuel and wires suffice below the peak is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.operations.headroom import _kernels as kernels
from gigaplan.operations.headroom.demand import AreaDemand

Floats = NDArray[np.float64]
RATES = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05)
"""Shares of energy curtailed that are looked at unless others are asked for."""
SEASONS = ("winter", "summer")
"""October to March, and April to September: each has a peak of its own."""
_SEASON_OF_MONTH = np.array([0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0])
_MOST_RATE = 0.5


@dataclass(frozen=True)
class Headroom:
    """What one area can take at one share of curtailment.

    Parameters
    ----------
    area : str
    rate_fraction : float
        Share of the new load's energy that is curtailed.
    headroom_mw : float
        MW of new load; nought where the hours at the peak alone are a greater share.
    error_mw : float
        Its standard error by the jackknife over years; infinite with one year.
    peak_mw : dict of season to float
        Greatest demand of all years.
    load_factor : float
        Mean demand over the greatest.
    hours_per_year, most_hours_in_year : float
        Hours curtailed: mean over years, and in the worst.
    curtailments_per_year : float
        Runs of hours.
    mean_hours, longest_hours : float
        Their length.
    mean_depth_fraction : float
        Share of the load curtailed in a curtailed hour.
    half_kept_fraction : float
        Share of curtailed hours in which at least half of the load is kept.
    by_season_fraction : dict of season to float
        Where the curtailed hours lie.
    by_year_fraction : dict of year to float
        Share of the load's energy curtailed in each year.
    """

    area: str
    rate_fraction: float
    headroom_mw: float
    error_mw: float
    peak_mw: dict[str, float]
    load_factor: float
    hours_per_year: float
    most_hours_in_year: float
    curtailments_per_year: float
    mean_hours: float
    longest_hours: int
    mean_depth_fraction: float
    half_kept_fraction: float
    by_season_fraction: dict[str, float]
    by_year_fraction: dict[int, float]


def headroom(area: AreaDemand, rates: Sequence[float] = RATES) -> list[Headroom]:
    """Return what an area can take at each share of curtailment.

    Parameters
    ----------
    area : AreaDemand
    rates : sequence of float
        Shares of the new load's energy, above 0 and at most a half.

    Raises
    ------
    InputError
        If a share is out of range, or the area's demand is the same in every hour of a season.
    """
    for rate in rates:
        require(
            0 < rate <= _MOST_RATE,
            f"found {rate:g}; a share above 0 and at most {_MOST_RATE:g} is needed.",
            field="rate",
        )
    season = _SEASON_OF_MONTH[area.month - 1]
    years, year = np.unique(area.year, return_inverse=True)
    margin = _margins(area.demand_mw, season)
    require(
        bool(margin.max() > 0),
        "demand is the same in every hour of each season; nothing is below its peak.",
        field=area.name,
    )
    ladder = _Ladder(margin)
    others = [
        _Ladder(_margins(area.demand_mw[year != y], season[year != y]))
        for y in range(len(years))
        if len(years) > 1
    ]
    out = []
    for rate in rates:
        load = ladder.load(rate)
        error = _jackknife(np.array([other.load(rate) for other in others]))
        out.append(_counted(area, rate, load, error, margin, season, years, year))
    return out


def curtailment(area: AreaDemand, load_mw: float) -> Headroom:
    """Return how a new load of given MW would be curtailed.

    Parameters
    ----------
    area : AreaDemand
    load_mw : float
        Above 0.

    Raises
    ------
    InputError
        As for `headroom`.
    """
    require(
        0 < load_mw < np.inf, f"found {load_mw:g} MW; a load above 0 is needed.", field="load_mw"
    )
    season = _SEASON_OF_MONTH[area.month - 1]
    margin = _margins(area.demand_mw, season)
    years, year = np.unique(area.year, return_inverse=True)
    rate = float(np.maximum(load_mw - margin, 0.0).sum() / (load_mw * len(margin)))
    return _counted(area, rate, load_mw, 0.0, margin, season, years, year)


class _Ladder:
    """Margins in rising order with their running sums."""

    def __init__(self, margin: Floats) -> None:
        self.ordered = np.sort(margin)
        self.total = np.cumsum(self.ordered)

    def load(self, rate: float) -> float:
        return float(kernels.load_at_rate(self.ordered, self.total, rate))


def _margins(demand_mw: Floats, season: NDArray[np.int64]) -> Floats:
    """Return MW between demand and the peak of its season, [hour]."""
    out = np.empty(len(demand_mw))
    for s in range(len(SEASONS)):
        inside = season == s
        if inside.any():
            out[inside] = demand_mw[inside].max() - demand_mw[inside]
    return out


def _share(part: float, whole: float) -> float:
    """Return part over whole, nought if there is no whole."""
    return float(part / whole) if whole > 0 else 0.0


def _jackknife(left_out: Floats) -> float:
    """Return the standard error from the figures with one year left out each."""
    n = left_out.size
    if n < 2:
        return float("inf")
    return float(np.sqrt((n - 1) / n * np.sum((left_out - left_out.mean()) ** 2)))


def _counted(
    area: AreaDemand,
    rate: float,
    load: float,
    error: float,
    margin: Floats,
    season: NDArray[np.int64],
    years: NDArray[np.int64],
    year: NDArray[np.int64],
) -> Headroom:
    by_year = np.zeros((kernels.ROWS, len(years)))
    by_season = np.zeros(len(SEASONS))
    longest = kernels.count_curtailments(margin, year, season, load, by_year, by_season)
    hours, energy, events, severe = by_year.sum(axis=1)
    of_year = np.bincount(year, minlength=len(years))
    # a part of a year counts as what it is
    length = len(margin) / 8766.0
    return Headroom(
        area=area.name,
        rate_fraction=rate,
        headroom_mw=load,
        error_mw=error,
        peak_mw={
            name: float(area.demand_mw[season == s].max())
            for s, name in enumerate(SEASONS)
            if (season == s).any()
        },
        load_factor=float(area.demand_mw.mean() / area.demand_mw.max()),
        hours_per_year=float(hours / length),
        most_hours_in_year=float(by_year[kernels.HOURS].max()),
        curtailments_per_year=float(events / length),
        mean_hours=_share(hours, events),
        longest_hours=int(longest),
        mean_depth_fraction=_share(energy, hours * load),
        half_kept_fraction=1 - _share(severe, hours),
        by_season_fraction={name: _share(by_season[s], hours) for s, name in enumerate(SEASONS)},
        by_year_fraction={
            int(y): _share(by_year[kernels.ENERGY, i], load * of_year[i])
            for i, y in enumerate(years)
        },
    )
