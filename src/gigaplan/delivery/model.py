"""What a schedule is made of, and what its simulation returns.

Months are fractional: 24.5 is the middle of the month that begins 24 months
after month 0. Absolute months count from January of year 0, see
`gigaplan.core.timeline`; a schedule on its own may start at month 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import require
from gigaplan.core.statistics import Estimate
from gigaplan.delivery.durations import Duration


@dataclass(frozen=True, slots=True)
class Link:
    """A finish-start link: work begins at least `lag_months` after `activity` has ended.

    Parameters
    ----------
    activity : str
        Id of the predecessor.
    lag_months : float
        Wait between the two; not negative.
    """

    activity: str
    lag_months: float = 0.0

    def __post_init__(self) -> None:
        require(
            math.isfinite(self.lag_months) and self.lag_months >= 0,
            f"the lag after '{self.activity}' is {self.lag_months:g} months; 0 or more is allowed.",
        )


@lru_cache(65536)
def _link_to(activity: str) -> Link:
    return Link(activity)


@dataclass(frozen=True, slots=True)
class Approval:
    """A licence or permit that may be refused at the end of its activity.

    Parameters
    ----------
    success_probability : float
        Chance that an application is granted.
    attempts : int
        Applications in all; after the last refusal the activity never ends.
    reapply_months : Duration or float
        Delay that each refusal adds; drawn once per draw, the same for each of its refusals.
    retry_success_probability : float, optional
        Chance of each later application; that of the first if left out.
    loadings : mapping of factor to float
        How strongly shared causes move the outcome, as `Activity.loadings`: in a draw with
        long durations refusals are then more likely.
    """

    success_probability: float
    attempts: int = 1
    reapply_months: Duration | float = 0.0
    retry_success_probability: float | None = None
    loadings: Mapping[str, float] = field(default_factory=dict)

    def thresholds(self) -> tuple[float, ...]:
        """Return the chance of being granted by each attempt, rising."""
        retry = self.retry_success_probability
        retry = self.success_probability if retry is None else retry
        refused, out = 1.0, []
        for attempt in range(self.attempts):
            refused *= 1.0 - (retry if attempt else self.success_probability)
            out.append(1.0 - refused)
        return tuple(out)


@dataclass(frozen=True, slots=True)
class Activity:
    """A stage of a unit: a piece of work with an uncertain duration.

    Parameters
    ----------
    id : str
        Name, unique in the schedule. It also names the activity's random numbers, so an
        activity keeps its draws whatever else the schedule holds.
    duration : Duration or float
        Months of work; a number is a fixed duration.
    predecessors : sequence of str or Link
        Activities that must have ended before.
    earliest_month : float, optional
        Milestone before which work does not begin; the schedule's start if left out.
    loadings : mapping of factor to float
        Correlation of the duration's normal score with each shared cause. The square of a
        loading is the share of variance that the cause explains, if causes are independent.
    approval : Approval, optional
        Given if the activity may end in a refusal.
    slots : str, optional
        Class of the scarce resource that the work needs.
    priority : float
        Rank in the queue for slots, lowest first; ties go by id.
    design : str, optional
        Design whose holds stop this work.
    given_up_at : str, optional
        Activity at whose end this work is given up: what is then under way never ends, what has
        not begun never does. See `abandonment`.
    entity, project, unit : str
        Name that keys the random numbers (the id if left out), and what the activity belongs
        to. The critical share is that of the chain to the last end of its project.
    """

    id: str
    duration: Duration | float
    predecessors: Sequence[str | Link] = ()
    earliest_month: float | None = None
    loadings: Mapping[str, float] = field(default_factory=dict)
    approval: Approval | None = None
    slots: str | None = None
    priority: float = 0.0
    design: str | None = None
    given_up_at: str | None = None
    entity: str = ""
    project: str = ""
    unit: str = ""

    @property
    def links(self) -> tuple[Link, ...]:
        """The predecessors, each as a `Link`."""
        return tuple([p if isinstance(p, Link) else _link_to(p) for p in self.predecessors])

    @property
    def needed(self) -> list[str]:
        """The activities that must be known before this one."""
        out = [link.activity for link in self.links]
        return out if self.given_up_at is None else [*out, self.given_up_at]


@dataclass(frozen=True, slots=True)
class Slots:
    """A scarce resource: crews, cranes, review teams, factory positions.

    Each piece of work takes one slot, in the order of `Activity.priority`, and no work
    overtakes another of its class. For that rule it is a theorem (the recursion of Kiefer and
    Wolfowitz, 1955, is monotone) that shorter work, more slots, or fewer projects never delay
    anyone.

    Parameters
    ----------
    count : int
        Pieces of work at the same time; or starts per year.
    per_year : bool
        True: at most `count` starts in any twelve months; False: `count` at the same time.
    """

    count: int
    per_year: bool = False


@dataclass(frozen=True, slots=True)
class Holds:
    """Common-cause stops of one design: all its units' work stands still while one lasts.

    Holds follow each other: the wait for the next is exponential and begins when the last
    has ended. Counted from the schedule's start.

    Parameters
    ----------
    per_year : float
        Rate of holds.
    duration : Duration or float
        Months that a hold lasts.
    """

    per_year: float
    duration: Duration | float


@dataclass(frozen=True)
class SimulationResult:
    """What a simulated schedule gives; arrays are [activity, draw], activities as in `ids`.

    Parameters
    ----------
    ids : tuple of str
        Activities kept, in the order they were given.
    start_months, finish_months : ndarray of float64, shape [activity, draw]
        Absolute months when work begins and has ended; infinity where it never does.
        `start_months` has no rows if it was not asked for.
    failed : ndarray of bool, shape [activity, draw]
        Where the activity never ends, because it or one before it was refused.
    critical_share : ndarray, shape [activity]
        Share of draws in which the activity lies on a chain, without slack, that sets the
        last end of its project. A chain stops where a milestone, slot or hold set the start.
    draws, seed : int
        How many worlds, and the seed they come from.
    messages : tuple of str
        What was repaired on the way.
    """

    ids: tuple[str, ...]
    start_months: NDArray[np.float64]
    finish_months: NDArray[np.float64]
    failed: NDArray[np.bool_]
    critical_share: NDArray[np.float64]
    draws: int
    seed: int
    messages: tuple[str, ...] = ()

    def position(self, activity: str) -> int:
        """Return the row of an activity."""
        require(activity in self.ids, f"'{activity}' is not among the activities kept.")
        return self.ids.index(activity)

    def finish(self, activity: str) -> NDArray[np.float64]:
        """Return one activity's end by draw, absolute months, infinity where it never ends."""
        row: NDArray[np.float64] = self.finish_months[self.position(activity)]
        return row

    def probability_by(self, activity: str, month: float) -> Estimate:
        """Return the chance that an activity has ended by a month, with its standard error."""
        share = float(np.mean(self.finish(activity) <= month))
        return Estimate(share, math.sqrt(share * (1 - share) / self.draws))


Outcome = Literal["finish", "start_and_finish"]
