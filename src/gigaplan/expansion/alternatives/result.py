"""What near-optimal plans have in common and where they differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from gigaplan.expansion.alternatives.groups import Group
from gigaplan.expansion.solution import Build, Capacity

Verdict: TypeAlias = Literal["must", "optional", "never"]


@dataclass(frozen=True)
class Alternative:
    """A plan within the cost that is allowed; whole units may be built in part.

    Parameters
    ----------
    name : str
        What it has least or most of.
    cost_usd : float
        Present value, as the rounds count it (see `decomposition.market` for zones with
        projects). The cheapest plan with that least or most that is known.
    builds : tuple of Build
    capacity : Capacity
    new : mapping of group name to float
        New capacity of every group, in its unit.
    """

    name: str
    cost_usd: float
    builds: tuple[Build, ...]
    capacity: Capacity
    new: Mapping[str, float]


@dataclass(frozen=True)
class Range:
    """The least and the most of a group that plans within the allowed cost have.

    New capacity that stands in the year asked about, in the group's unit.

    Parameters
    ----------
    group : Group
    planned : float
        In the plan of least cost.
    least, most : float
        In the alternatives found, without regard to whole units: so little is enough, so much
        is possible.
    least_bound, most_bound : float
        Proven: no plan within the allowed cost has less or more, with whole units or without.
    verdict : {"must", "optional", "never"}
        "must": some of it is in all such plans. "never": in none. By the bounds, except for
        what is too little to matter.
    least_plan, most_plan : Alternative
    """

    group: Group
    planned: float
    least: float
    least_bound: float
    most: float
    most_bound: float
    verdict: Verdict
    least_plan: Alternative
    most_plan: Alternative


@dataclass(frozen=True)
class NearOptimal:
    """Near-optimal plans of a problem.

    Parameters
    ----------
    cost_usd, bound_usd : float
        Of the plan of least cost.
    most_usd : float
        Cost that plans here may have.
    year : int
        Capacity is counted as it stands in the period that begins in it.
    whole_units : bool
        Whether the problem has whole units. Then the bounds hold for them too, while plans of
        the alternatives may hold parts of units.
    ranges : tuple of Range
        In the order of the groups.
    complete : bool
        Whether every range met the gap asked for; else some are wider than need be, not wrong.
    rounds : int
    seconds : float
        Wall time, without that of the plan of least cost.
    """

    cost_usd: float
    bound_usd: float
    most_usd: float
    year: int
    whole_units: bool
    ranges: tuple[Range, ...]
    complete: bool
    rounds: int
    seconds: float

    @property
    def must(self) -> tuple[str, ...]:
        """Return the groups that all near-optimal plans have some of."""
        return self._by("must")

    @property
    def optional(self) -> tuple[str, ...]:
        """Return the groups that some near-optimal plans have and others have not."""
        return self._by("optional")

    @property
    def never(self) -> tuple[str, ...]:
        """Return the groups that no near-optimal plan has."""
        return self._by("never")

    def _by(self, verdict: Verdict) -> tuple[str, ...]:
        return tuple(r.group.name for r in self.ranges if r.verdict == verdict)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """Return every alternative plan, two to a group."""
        return tuple(plan for r in self.ranges for plan in (r.least_plan, r.most_plan))
