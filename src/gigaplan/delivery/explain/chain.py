"""Why this date: the chain of activities that set it, draw by draw.

In each draw the activity that set the date could not begin before one it follows had ended; that
one not before another; and so on back to one that nothing before it held: its milestone or the
schedule's start set its start, or the wait for a slot or the end of a hold. One chain per draw:
where several predecessors bind, it goes through the one that ends last, then the lowest id. So

    date = month the chain began + months of each activity on it + lags between them

holds in every draw, holds of the design that fall in the work counted as its months.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem, require
from gigaplan.delivery.checking import unknown_predecessors
from gigaplan.delivery.explain._kernels import TOLERANCE_MONTHS, walk_chains
from gigaplan.delivery.explain.chain_parts import Array, Chain, Rows, Steps, added_up
from gigaplan.delivery.model import Activity, SimulationResult
from gigaplan.delivery.network import working_order


def trace_chain(
    activities: Sequence[Activity],
    result: SimulationResult,
    last: str | NDArray[Any],
    *,
    reference_months: NDArray[Any] | None = None,
    start_month: float | None = None,
) -> Chain:
    """Return the chains that set a date.

    Parameters
    ----------
    activities : sequence of Activity
        The schedule that was simulated.
    result : SimulationResult
        Of all these activities, with ``outcome="start_and_finish"``.
    last : str or ndarray of int, shape [draw]
        The activity whose end is the date; or, where it differs by draw, its row in
        `result.ids`, and -1 where the date never comes.
    reference_months : ndarray, shape [activity], optional
        Planned or median months of each activity, as in `result.ids`, to say how much longer
        it takes when it is on the chain.
    start_month : float, optional
        The schedule's start, as it was given to `simulate`; if left out, the first start of
        any activity in any draw.

    Raises
    ------
    InputError
        If the result does not hold starts and ends of just these activities, `last` names
        one that is not there or that never ends, or shapes differ.
    """
    _check_result(activities, result)
    rows = _last_rows(result, last)
    link_at, link_from, link_lag = _links(activities, result.ids)
    start = np.ascontiguousarray(result.start_months)
    finish = np.ascontiguousarray(result.finish_months)
    length = np.zeros(result.draws, np.int64)
    step_row, months, step_wait = walk_chains(
        rows, link_at, link_from, link_lag, start, finish, length
    )
    step_at = np.concatenate([[0], np.cumsum(length)])
    step_draw = np.repeat(np.arange(result.draws), length)
    reference = _reference(reference_months, len(result.ids))
    later = np.zeros_like(months) if reference is None else months - reference[step_row]
    dated = rows >= 0
    first = np.full(result.draws, -1)
    first[dated] = step_row[step_at[1:][dated] - 1]
    began = np.full(result.draws, np.inf)
    began[dated] = start[first[dated], np.flatnonzero(dated)]
    earliest = _earliest(activities, result, start_month)
    return added_up(
        result.ids,
        Steps(step_draw, step_row, months, later, step_wait),
        first,
        began,
        dated & (began <= earliest[first] + TOLERANCE_MONTHS),
    )


def _check_result(activities: Sequence[Activity], result: SimulationResult) -> None:
    require(
        result.start_months.shape == result.finish_months.shape,
        "the result does not hold starts; simulate with outcome='start_and_finish'.",
    )
    ids, kept = {activity.id for activity in activities}, set(result.ids)
    require(bool(activities), "there is no activity; a chain needs at least one.")
    require(len(ids) == len(activities), "two activities have the same id.")
    problems = [
        Problem(f"'{name}' is not in the result; keep all activities to trace a chain.")
        for name in sorted(ids - kept)[:5]
    ]
    problems += [
        Problem(f"'{name}' is in the result, but not among the activities.")
        for name in sorted(kept - ids)[:5]
    ]
    for activity in activities:
        problems += unknown_predecessors(activity, ids)
    if problems:
        raise InputError(problems)
    working_order(activities)  # refuses circles, in which a chain would never begin


def _last_rows(result: SimulationResult, last: str | NDArray[Any]) -> Rows:
    """Return by draw the row of the activity that set the date, -1 where none did."""
    if isinstance(last, str):
        finish = result.finish(last)
        return np.where(np.isfinite(finish), result.position(last), -1)
    rows = np.asarray(last)
    count = len(result.ids)
    require(
        rows.shape == (result.draws,) and rows.dtype.kind in "iu",
        f"the last activities are {rows.dtype} of shape {rows.shape}; a row of the result for "
        f"each of {result.draws} draws is allowed.",
    )
    rows = rows.astype(np.int64)
    wrong = rows[(rows < -1) | (rows >= count)]
    require(
        wrong.size == 0,
        f"row {wrong[0] if wrong.size else 0} is no row of the result; -1 to {count - 1} are "
        "allowed.",
    )
    never = np.flatnonzero(
        (rows >= 0) & ~np.isfinite(result.finish_months.T[np.arange(len(rows)), rows])
    )
    if never.size:
        raise InputError(
            f"'{result.ids[rows[never[0]]]}' is to have set the date of draw {never[0]}, but it "
            "never ends there; use -1 where the date never comes."
        )
    return rows


def _links(activities: Sequence[Activity], ids: tuple[str, ...]) -> tuple[Rows, Rows, Array]:
    """Return links as ranges, predecessors and lags, rows as in the result, each by lowest id."""
    row = {name: i for i, name in enumerate(ids)}
    links = {a.id: sorted(a.links, key=lambda link: link.activity) for a in activities}
    counts = [len(links[name]) for name in ids]
    flat = [link for name in ids for link in links[name]]
    return (
        np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64),
        np.array([row[link.activity] for link in flat], np.int64),
        np.array([link.lag_months for link in flat], np.float64),
    )


def _earliest(
    activities: Sequence[Activity], result: SimulationResult, start_month: float | None
) -> Array:
    """Return the earliest month of each activity, rows as in the result."""
    begins = float(result.start_months.min()) if start_month is None else start_month
    milestone = {a.id: a.earliest_month for a in activities}
    months = [milestone[name] for name in result.ids]
    return np.array([begins if month is None else max(begins, month) for month in months])


def _reference(reference_months: NDArray[Any] | None, activities: int) -> Array | None:
    if reference_months is None:
        return None
    reference = np.asarray(reference_months, np.float64)
    require(
        reference.shape == (activities,) and bool(np.isfinite(reference).all()),
        f"reference months have shape {reference.shape}; a number for each of {activities} "
        "activities is allowed.",
    )
    return reference
