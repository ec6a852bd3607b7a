"""Checks a schedule's structure: everything that is wrong with it at once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.delivery.durations import fixed_months
from gigaplan.delivery.model import Activity, Approval, Holds, Slots

_MOST_SLOTS = 10_000


def check(
    activities: Sequence[Activity], slots: Mapping[str, Slots], holds: Mapping[str, Holds]
) -> None:
    """Raise `InputError` with everything that is wrong with a schedule's structure."""
    require(bool(activities), "there is no activity; a schedule needs at least one.")
    problems: list[Problem] = []
    ids = {activity.id for activity in activities}
    seen: set[str] = set()
    for activity in activities:
        if activity.id in seen:
            problems.append(Problem(f"two activities have the id '{activity.id}'."))
        seen.add(activity.id)
        problems += _wrong_names(activity, ids, slots, holds)
        problems += _wrong_numbers(activity)
    for name, kind in slots.items():
        if not 1 <= kind.count <= _MOST_SLOTS:
            problems.append(
                Problem(f"'{name}' has {kind.count} slots; 1 to {_MOST_SLOTS} are allowed.")
            )
    for design, hold in holds.items():
        if not (math.isfinite(hold.per_year) and hold.per_year >= 0):
            problems.append(
                Problem(f"holds of '{design}' come {hold.per_year:g} times a year; 0 or more.")
            )
    if problems:
        raise InputError(problems)


def check_numbers(activities: Sequence[Activity]) -> None:
    """Raise `InputError` with every wrong number of some activities."""
    problems = [problem for activity in activities for problem in _wrong_numbers(activity)]
    if problems:
        raise InputError(problems)


def unknown_predecessors(activity: Activity, ids: set[str]) -> list[Problem]:
    """Return a problem for each predecessor of an activity that is none of `ids`."""
    return [
        Problem(
            f"'{activity.id}' follows '{link.activity}', which is no activity.",
            hint=nearest(link.activity, ids),
        )
        for link in activity.links
        if link.activity not in ids
    ]


def _wrong_names(
    activity: Activity,
    ids: set[str],
    slots: Mapping[str, Slots],
    holds: Mapping[str, Holds],
) -> list[Problem]:
    who = f"'{activity.id}'"
    out = unknown_predecessors(activity, ids)
    if activity.given_up_at is not None and activity.given_up_at not in ids:
        hint = nearest(activity.given_up_at, ids)
        out.append(
            Problem(
                f"{who} is given up at the end of '{activity.given_up_at}', which is no activity.",
                hint=hint,
            )
        )
    if activity.slots is not None and activity.slots not in slots:
        hint = nearest(activity.slots, slots)
        out.append(
            Problem(f"{who} needs slots of '{activity.slots}', which is no class.", hint=hint)
        )
    if activity.design is not None and holds and activity.design not in holds:
        hint = nearest(activity.design, holds)
        out.append(
            Problem(f"{who} is of design '{activity.design}', which has no holds.", hint=hint)
        )
    return out


def _wrong_numbers(activity: Activity) -> list[Problem]:
    who = f"'{activity.id}'"
    out = []
    try:
        fixed_months(activity.duration)
    except InputError as error:
        out += [Problem(p.message, field=who) for p in error.problems]
    for name, value in (
        ("earliest_month", activity.earliest_month),
        ("priority", activity.priority),
    ):
        if value is not None and not math.isfinite(value):
            out.append(Problem(f"{who} has {name} {value}; a number is allowed."))
    approval = activity.approval
    if approval is not None:
        out += _wrong_approval(who, approval)
    return out


def _wrong_approval(who: str, approval: Approval) -> list[Problem]:
    out = [
        Problem(f"{who} succeeds with probability {chance:g}; 0 to 1 is allowed.")
        for chance in (approval.success_probability, approval.retry_success_probability)
        if chance is not None and not 0 <= chance <= 1
    ]
    if not 1 <= approval.attempts <= 100:
        out.append(Problem(f"{who} has {approval.attempts} attempts; 1 to 100 are allowed."))
    return out
