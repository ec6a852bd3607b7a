"""Yearly depreciation: straight line and MACRS, each with the half-year convention.

The MACRS percentages are the half-year tables of IRS Publication 946, appendix A,
table A-1 (property placed in service in any month counts from the middle of its year).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, nearest, require

MacrsClass = Literal["macrs_3", "macrs_5", "macrs_7", "macrs_10", "macrs_15", "macrs_20"]
StraightClass = Literal["straight_5", "straight_15", "straight_20", "straight_39"]
DepreciationClass = MacrsClass | StraightClass

_MACRS_PERCENT: Mapping[str, tuple[float, ...]] = MappingProxyType(
    {
        "macrs_3": (33.33, 44.45, 14.81, 7.41),
        "macrs_5": (20.0, 32.0, 19.2, 11.52, 11.52, 5.76),
        "macrs_7": (14.29, 24.49, 17.49, 12.49, 8.93, 8.92, 8.93, 4.46),
        "macrs_10": (10.0, 18.0, 14.4, 11.52, 9.22, 7.37, 6.55, 6.55, 6.56, 6.55, 3.28),
        "macrs_15": (5.0, 9.5, 8.55, 7.7, 6.93, 6.23, *(5.9, 5.9, 5.91), *(5.9, 5.91) * 3, 2.95),
        "macrs_20": (
            *(3.75, 7.219, 6.677, 6.177, 5.713, 5.285, 4.888, 4.522),
            *(4.462, 4.461) * 6,
            2.231,
        ),
    }
)
_STRAIGHT = re.compile(r"^straight_([1-9]\d?)$")
CLASSES: tuple[str, ...] = tuple(
    name for group in get_args(DepreciationClass) for name in get_args(group)
)


def schedule(name: str) -> NDArray[np.float64]:
    """Return the share of the basis written off in each year from the year of service.

    Parameters
    ----------
    name : str
        One of `CLASSES`, such as ``"macrs_5"``, or ``"straight_N"`` for a life of N years.

    Returns
    -------
    array, shape [year]
        Shares that add up to one.

    Raises
    ------
    InputError
        If there is no such class.
    """
    if name in _MACRS_PERCENT:
        return np.array(_MACRS_PERCENT[name]) / 100
    straight = _STRAIGHT.match(name)
    if straight is None:
        raise InputError(
            f"there is no depreciation class '{name}'; allowed are {', '.join(CLASSES)} "
            f"and straight_N for any life of N years. {nearest(name, CLASSES)}"
        )
    life = int(straight[1])
    shares = np.full(life + 1, 1 / life)
    shares[[0, -1]] /= 2
    return shares


def blended(
    shares: Mapping[str, float], years: int, *, bonus_fraction: float = 0.0
) -> NDArray[np.float64]:
    """Return yearly write-offs per USD of basis for a mix of classes, shape [year].

    Parameters
    ----------
    shares : mapping of str to float
        Class to its share of the basis; at most one in total.
    years : int
        Years to return, from the year of service; what falls after them is cut.
    bonus_fraction : float
        Share written off at once in the first year, before the schedule.
    """
    require(0 <= bonus_fraction <= 1, "bonus depreciation is a share between 0 and 1.")
    require(
        all(share >= 0 for share in shares.values()) and sum(shares.values()) <= 1 + 1e-9,
        "the depreciation classes' shares must be at least 0 and add up to at most 1; "
        f"they add up to {sum(shares.values()):g}.",
    )
    out = np.zeros(years)
    for name, share in shares.items():
        yearly = schedule(name) * (1 - bonus_fraction)
        yearly[0] += bonus_fraction
        length = min(years, len(yearly))
        out[:length] += share * yearly[:length]
    return out
