"""Some days of a problem, as a problem of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar, cast

import numpy as np

from gigaplan.expansion.assembly import IntArray
from gigaplan.expansion.model import ExpansionProblem, Hours

T = TypeVar("T")

DAY_STEPS = 24


def windows(problem: ExpansionProblem, steps: Sequence[int]) -> ExpansionProblem:
    """Return the problem on the days, each a chain of its own, in which some steps lie.

    Limits on a year's energy are left out: on some of its days they would say something else.
    """
    starts = np.cumsum([0, *problem.hours.chain_lengths])
    found: dict[int, int] = {}
    for step in steps:
        chain = int(np.searchsorted(starts, step, side="right")) - 1
        first = starts[chain] + (step - starts[chain]) // DAY_STEPS * DAY_STEPS
        found[int(first)] = int(min(first + DAY_STEPS, starts[chain + 1]))
    days = sorted(found.items())
    index = np.concatenate([np.arange(first, end) for first, end in days])
    hours = Hours(
        problem.hours.weights[index],
        tuple(end - first for first, end in days),
        problem.hours.step_hours,
    )
    return replace(
        problem,
        hours=hours,
        zones=_each(problem, problem.zones, index),
        sites=tuple(
            replace(site, max_water_m3=None) for site in _each(problem, problem.sites, index)
        ),
        supplies=_each(problem, problem.supplies, index),
        storages=_each(problem, problem.storages, index),
        limits=replace(problem.limits, clean_share_fraction=None, carbon_t=None),
    )


def _each(problem: ExpansionProblem, items: tuple[T, ...], index: IntArray) -> tuple[T, ...]:
    return tuple(_cut(problem, item, index) for item in items)


def _cut(problem: ExpansionProblem, item: T, index: IntArray) -> T:
    """Return a dataclass with every value by hour cut to some hours."""
    changed: dict[str, Any] = {}
    for entry in fields(cast(Any, item)):
        value = getattr(item, entry.name)
        if value is None:
            continue
        if str(entry.type).startswith("PerHour"):
            if np.ndim(value) > 0:
                changed[entry.name] = problem.by_hour(value)[:, index]
        elif is_dataclass(value):
            changed[entry.name] = _cut(problem, value, index)
    return cast(T, replace(cast(Any, item), **changed))
