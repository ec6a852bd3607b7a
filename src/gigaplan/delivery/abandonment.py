"""Projects that are given up: a hazard of its own, which those that were finished do not show.

A project's fate is one activity: the wait until it is given up, exponential from some month on.
All its work names that wait as `Activity.given_up_at`, so it is given up as a whole: what has
ended by then stays, what is under way never ends, and what has not begun never does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

from gigaplan.core.errors import require
from gigaplan.core.timeline import MONTHS_PER_YEAR
from gigaplan.delivery.durations import Exponential
from gigaplan.delivery.model import Activity


def abandonment(
    name: str,
    per_year: float,
    *,
    from_month: float | None = None,
    loadings: Mapping[str, float] | None = None,
    project: str = "",
) -> Activity:
    """Return the wait until a project is given up.

    Parameters
    ----------
    name : str
        Its id, which work names as `given_up_at`.
    per_year : float
        Hazard: the chance in a short time, over that time, of those not yet given up. The share
        still there after t years is ``exp(-per_year t)``.
    from_month : float, optional
        When the hazard begins; the schedule's start if left out.
    loadings : mapping of factor to float, optional
        As of an `Activity`: in a draw in which the cause makes work long, it is given up sooner.
    project : str
        What it belongs to.

    Raises
    ------
    InputError
        If the hazard is not above 0: leave the wait out then.
    """
    require(
        math.isfinite(per_year) and per_year > 0,
        f"'{name}' comes {per_year:g} times a year; a hazard above 0 is allowed.",
    )
    return Activity(
        name,
        Exponential(MONTHS_PER_YEAR / per_year),
        earliest_month=from_month,
        # a high score is a long wait, which is good
        loadings={cause: -value for cause, value in (loadings or {}).items()},
        project=project,
    )
