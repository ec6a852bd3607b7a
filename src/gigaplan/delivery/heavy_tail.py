"""Scores that are jointly t: in a bad draw many things are bad at once.

All normal scores of a draw are stretched by one number, the root of ``nu / W`` with W chi-squared
of nu degrees of freedom: together they are then multivariate t (see A. J. McNeil, R. Frey and
P. Embrechts, Quantitative Risk Management, Princeton 2015, section 7.3). Each is made normal again
by ``Phi^-1(T_nu(x))``, so every single distribution stays as it is; only how they go together
changes. Kendall's rank correlations stay, too; what grows is the chance of extremes in company.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.delivery.durations import Z_MAX, scores_of_knots

TAIL_SCALE = 4.0
_KNOTS = 8193
_LEAST_DEGREES, _MOST_DEGREES = 1.0, 1000.0
Table = NDArray[np.float32]


def check_degrees(degrees: float) -> None:
    """Raise `InputError` if a t distribution of so many degrees of freedom is not to be had."""
    require(
        math.isfinite(degrees) and _LEAST_DEGREES <= degrees <= _MOST_DEGREES,
        f"the joint distribution of the causes has {degrees:g} degrees of freedom; "
        f"{_LEAST_DEGREES:g} to {_MOST_DEGREES:g} are allowed, or none for a normal one.",
    )


@lru_cache(8)
def stretch_table(degrees: float) -> Table:
    """Return the root of nu over chi-squared at every knot of the normal score, rising."""
    from scipy.special import chdtri, ndtr

    # the upper tail of W for a low score: chdtri takes the chance of more
    out = np.sqrt(degrees / chdtri(degrees, ndtr(scores_of_knots())))
    return np.asarray(out, np.float32)


@lru_cache(8)
def normal_again(degrees: float) -> Table:
    """Return the normal score of a t score, at knots even in ``x / sqrt(TAIL_SCALE + x^2)``.

    Between knots it is straight: off by less than 5e-5 up to a t score of 10. A normal score is
    held at twice the greatest that tables of durations know.
    """
    from scipy.special import ndtri, stdtr

    u = np.linspace(0.0, 1.0, _KNOTS // 2 + 1)[:-1]
    x = u * math.sqrt(TAIL_SCALE) / np.sqrt(1 - u * u)
    score = np.minimum(-ndtri(stdtr(degrees, -x)), 2 * Z_MAX)
    # at the end the t score is infinite; a straight line on from the last two knots stands for it
    score = np.append(score, 2 * score[-1] - score[-2])
    return np.concatenate([-score[:0:-1], score]).astype(np.float32)
