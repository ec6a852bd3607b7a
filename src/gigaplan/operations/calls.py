"""Calls by the grid to stand back: hours in which a connection gives less."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import require
from gigaplan.operations.model import Floats, Grid
from gigaplan.operations.series import hourly


@dataclass(frozen=True, slots=True)
class Calls:
    """When and how far a grid operator may call on a load to stand back.

    The grid calls in the hours that are tightest for it. Work that can wait is made up as its
    tier says (`catch_up_fraction`): that is the payback. A battery that is kept for shortage
    answers first.

    Parameters
    ----------
    hours_per_year : int
        Most hours of calls in a year of 8,760.
    left_fraction : float
        Part of the connection that stays.
    longest_hours : int
        Most hours of calls in a row.
    rest_hours : int
        Hours between two calls, at least.
    """

    hours_per_year: int
    left_fraction: float
    longest_hours: int = 24
    rest_hours: int = 0

    def __post_init__(self) -> None:
        require(
            0 <= self.hours_per_year <= 8760,
            f"found {self.hours_per_year}; 0 to 8,760 are allowed.",
            field="calls.hours_per_year",
        )
        require(
            0 <= self.left_fraction <= 1,
            f"found {self.left_fraction:g}; a fraction from 0 to 1 is needed.",
            field="calls.left_fraction",
        )
        require(
            self.longest_hours >= 1 and self.rest_hours >= 0,
            f"found {self.longest_hours} and {self.rest_hours}; at least 1 hour in a row, and at "
            "least 0 between, are needed.",
            field="calls.longest_hours",
        )


def called_hours(calls: Calls, tightness: Floats) -> Floats:
    """Return 1 in the hours of a call [hour] or [hour, weather], 0 in others.

    Parameters
    ----------
    calls : Calls
    tightness : ndarray [hour] or [hour, weather]
        Price, or demand less what is available: the grid calls where it is highest. Hours are
        chosen from the tightest down, as far as length and rest allow; equal ones by time.
    """
    series = hourly(tightness, np.shape(tightness)[0], "tightness")
    out = np.zeros(series.shape)
    for year, own in zip(out, series, strict=True):
        _call(calls, own, year)
    return out.T if np.ndim(tightness) == 2 else out[0]


def _call(calls: Calls, tightness: Floats, called: Floats) -> None:
    most = int(calls.hours_per_year * tightness.size / 8760)
    for hour in np.argsort(-tightness, kind="stable"):
        if most == 0:
            return
        if _may_call(calls, called, int(hour)):
            called[hour] = 1.0
            most -= 1


def _may_call(calls: Calls, called: Floats, hour: int) -> bool:
    """Return whether a call in an hour keeps every stretch short enough, and far enough apart."""
    first, end = hour, hour + 1
    while first > 0 and called[first - 1]:
        first -= 1
    while end < called.size and called[end]:
        end += 1
    near = called[max(first - calls.rest_hours, 0) : end + calls.rest_hours].sum()
    return end - first <= calls.longest_hours and near == end - first - 1


def with_calls(grid: Grid, calls: Calls, tightness: Floats | None = None) -> Grid:
    """Return a connection that gives less in the hours of calls.

    Parameters
    ----------
    grid : Grid
    calls : Calls
    tightness : ndarray [hour] or [hour, weather], optional
        The grid's own prices if left out.
    """
    tight = np.asarray(grid.price_usd_per_mwh if tightness is None else tightness, np.float64)
    require(
        tight.ndim > 0,
        "one price for all hours does not tell when the grid would call; give tightness.",
        field="tightness",
    )
    left = 1.0 - called_hours(calls, tight) * (1.0 - calls.left_fraction)
    limit = np.asarray(grid.limit_mw, np.float64)
    if limit.ndim == 1 and left.ndim == 2:
        limit = limit[:, None]
    elif limit.ndim == 2 and left.ndim == 1:
        left = left[:, None]
    return replace(grid, limit_mw=limit * left)
