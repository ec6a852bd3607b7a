"""One period of a problem, as a problem of its own: series and figures of that period alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

from gigaplan.expansion.model import ExpansionProblem, Period

T = TypeVar("T")


def one_period(problem: ExpansionProblem, y: int, sites: Collection[str]) -> ExpansionProblem:
    """Return period `y` of some sites, their zones and what stands there; no halls, no limits.

    Series are views of the problem's own.
    """
    zones = {site.zone for site in problem.sites if site.name in sites}
    return replace(
        problem,
        periods=(Period(problem.periods[y].year),),
        sites=tuple(_cut(problem, s, y) for s in problem.sites if s.name in sites),
        zones=tuple(_cut(problem, z, y) for z in problem.zones if z.name in zones),
        supplies=tuple(
            _cut(problem, option, y)
            for option in problem.supplies
            if option.site in sites or (option.route == "zone" and option.zone in zones)
        ),
        storages=tuple(_cut(problem, o, y) for o in problem.storages if o.site in sites),
        connections=tuple(_cut(problem, o, y) for o in problem.connections if o.site in sites),
        campuses=(),
        accelerators=(),
        goal=None,
        rules=(),
        limits=replace(
            _cut(problem, problem.limits, y),
            capex_usd=None,
            cumulative_capex=(),
            funds=(),
            slots={},
        ),
    )


def _cut(problem: ExpansionProblem, item: T, y: int) -> T:
    """Return a dataclass with every value by period or by hour cut to one period."""
    changed: dict[str, Any] = {}
    for entry in fields(cast(Any, item)):
        value = getattr(item, entry.name)
        kind = str(entry.type)
        if value is None:
            continue
        if kind.startswith("PerHour"):
            changed[entry.name] = problem.by_hour(value)[y : y + 1]
        elif kind.startswith("PerPeriod"):
            changed[entry.name] = float(problem.by_period(value)[y])
        elif is_dataclass(value):
            changed[entry.name] = _cut(problem, value, y)
    return cast(T, replace(cast(Any, item), **changed))
