"""Lays a checked schedule out for the compiled loops.

The working order is the one order in which every activity follows its predecessors and, of
those that could come next, the lowest (rank, id) does; the rank is the least priority of an
activity and all that follow it. So an activity takes its slot before any of higher priority
number, and the order in which activities were written does not matter.
"""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gigaplan.core.errors import InputError, Problem
from gigaplan.core.random_streams import stream_key
from gigaplan.delivery.arrays import ApprovalArrays, NetworkArrays, SharedArrays
from gigaplan.delivery.durations import Duration, fixed_months, score_table
from gigaplan.delivery.factors import Factors, lower_root, own_weight
from gigaplan.delivery.heavy_tail import normal_again, stretch_table
from gigaplan.delivery.model import Activity, Holds, Slots

_MOST_EVENTS = 64
_DURATION, _FACTOR, _HOLD = "delivery.duration", "delivery.factor", "delivery.hold"
_APPROVAL, _REAPPLY = "delivery.approval", "delivery.reapply"
_TAIL = "delivery.tail"
_NO_WAIT = -np.inf
"""Lag behind an activity that is needed in memory, and that the work does not wait for."""


@dataclass(frozen=True)
class Layout:
    """A schedule laid out: arrays, and the activities in working order."""

    network: NetworkArrays
    approvals: ApprovalArrays
    shared: SharedArrays
    order: tuple[str, ...]
    streams: Streams
    lengths: Tables
    start_month: float

    def with_lengths(self, changed: Sequence[Activity]) -> Layout:
        """Return the layout with the lengths and milestones of some activities changed."""
        place = {name: i for i, name in enumerate(self.order)}
        network, lengths = self.network, self.lengths.copied()
        fixed, table, earliest = network.fixed.copy(), network.table.copy(), network.earliest.copy()
        for activity in changed:
            i = place[activity.id]
            fixed[i], table[i] = lengths.place(activity.duration)
            earliest[i] = _earliest(activity, self.start_month)
        network = network._replace(
            fixed=fixed, table=table, earliest=earliest, tables=lengths.stacked()
        )
        return replace(self, network=network, lengths=lengths)

    def redrawn(self, names: Collection[str], seed: int) -> Layout:
        """Return the layout with the streams of some names drawn from another seed."""
        own, approving = self.streams.activities, self.streams.approvals
        fresh = np.array([name in names for name in self.order])
        approved = np.array([name in names for name in self.streams.approved], np.bool_)
        factor = np.array([name in names for name in self.streams.factors], np.bool_)
        hold = np.array([name in names for name in self.streams.holds], np.bool_)
        factor_key = np.where(
            factor, _keys(seed, _FACTOR, self.streams.factors), self.shared.factor_key
        )
        hold_key = np.where(hold, _keys(seed, _HOLD, self.streams.holds), self.shared.hold_key)
        key = np.where(fresh, _keys(seed, _DURATION, own), self.network.key)
        outcome = np.where(approved, _keys(seed, _APPROVAL, approving), self.approvals.key)
        delay = np.where(approved, _keys(seed, _REAPPLY, approving), self.approvals.delay_key)
        return replace(
            self,
            network=self.network._replace(key=key),
            approvals=self.approvals._replace(key=outcome, delay_key=delay),
            shared=self.shared._replace(factor_key=factor_key, hold_key=hold_key),
        )


@dataclass(frozen=True)
class Streams:
    """Names that random numbers hang on: of activities and approvals in their order, and so on."""

    activities: tuple[str, ...]
    approved: tuple[str, ...]
    approvals: tuple[str, ...]
    factors: tuple[str, ...]
    holds: tuple[str, ...]


class Tables:
    """Score tables of the durations met, each kept once."""

    def __init__(self) -> None:
        self._row: dict[Duration, int] = {}
        self._tables: list[NDArray[np.float32]] = []

    def copied(self) -> Tables:
        """Return the same tables, to which more can be added."""
        out = Tables()
        out._row, out._tables = dict(self._row), list(self._tables)
        return out

    def place(self, duration: Duration | float) -> tuple[float, int]:
        """Return a duration's fixed months, and its table's row or -1 if it is fixed."""
        known = fixed_months(duration)
        if known is not None:
            return known, -1
        assert not isinstance(duration, int | float)
        key = duration if _hashable(duration) else None
        if key is not None and key in self._row:
            return 0.0, self._row[key]
        self._tables.append(score_table(duration))
        if key is not None:
            self._row[key] = len(self._tables) - 1
        return 0.0, len(self._tables) - 1

    def stacked(self) -> NDArray[np.float32]:
        """Return all tables, shape [table, knot]."""
        return np.array(self._tables) if self._tables else np.zeros((1, 2), np.float32)


def _hashable(duration: Duration) -> bool:
    try:
        hash(duration)
    except TypeError:
        return False
    return True


def working_order(activities: Sequence[Activity]) -> list[int]:
    """Return positions of activities in working order.

    Raises
    ------
    InputError
        If activities follow each other in a circle; names it.
    """
    place = {activity.id: i for i, activity in enumerate(activities)}
    after: list[list[int]] = [[] for _ in activities]
    waiting = [0] * len(activities)
    for i, activity in enumerate(activities):
        for before in activity.needed:
            after[place[before]].append(i)
            waiting[i] += 1
    plain = _topological(after, list(waiting))
    if len(plain) < len(activities):
        raise InputError(_circle(activities, place, set(range(len(activities))) - set(plain)))
    rank = [activity.priority for activity in activities]
    for i in reversed(plain):
        rank[i] = min([rank[i], *(rank[j] for j in after[i])])
    heap = [(rank[i], activities[i].id, i) for i, n in enumerate(waiting) if n == 0]
    heapq.heapify(heap)
    out = []
    while heap:
        _, _, i = heapq.heappop(heap)
        out.append(i)
        for j in after[i]:
            waiting[j] -= 1
            if waiting[j] == 0:
                heapq.heappush(heap, (rank[j], activities[j].id, j))
    return out


def _topological(after: list[list[int]], waiting: list[int]) -> list[int]:
    out = [i for i, n in enumerate(waiting) if n == 0]
    for i in out:
        for j in after[i]:
            waiting[j] -= 1
            if waiting[j] == 0:
                out.append(j)
    return out


def _circle(activities: Sequence[Activity], place: Mapping[str, int], left: set[int]) -> str:
    """Return a message that names one circle among the activities `left` over."""
    path, i = [], min(left)
    while i not in path:
        path.append(i)
        i = next(p for before in activities[i].needed if (p := place[before]) in left)
    circle = [*path[path.index(i) :], i][::-1]
    chain = " -> ".join(f"'{activities[j].id}'" for j in circle[:12])
    return f"activities follow each other in a circle: {chain}. Leave out one of these links."


def lay_out(
    activities: Sequence[Activity],
    *,
    factors: Factors,
    correlation: NDArray[np.float64],
    slots: Mapping[str, Slots],
    holds: Mapping[str, Holds],
    seed: int,
    start_month: float,
    keep: Sequence[str],
    horizon_months: float,
    own_rows: bool,
) -> Layout:
    """Return a checked schedule as arrays; see `simulate` for the parameters.

    `own_rows` gives each activity memory of its own, which counting critical chains needs.
    """
    order = working_order(activities)
    working = [activities[i] for i in order]
    place = {activity.id: i for i, activity in enumerate(working)}
    tables = Tables()
    durations = [tables.place(activity.duration) for activity in working]
    class_row = {name: i for i, name in enumerate(slots)}
    live = {name: hold for name, hold in holds.items() if hold.per_year > 0}
    hold_row = {name: i for i, name in enumerate(live)}
    kept = {name: i for i, name in enumerate(keep)}
    project_row: dict[str, int] = {}
    for activity in working:
        project_row.setdefault(activity.project, len(project_row))
    approving = [i for i, activity in enumerate(working) if activity.approval is not None]
    approval_row = {i: row for row, i in enumerate(approving)}
    own, load_at, load_factor, load_value = _loadings(
        [(a.loadings, f"'{a.id}'") for a in working], factors, correlation
    )
    links = [[(place[link.activity], link.lag_months) for link in a.links] for a in working]
    for before, a in zip(links, working, strict=True):
        if a.given_up_at is not None:
            before.append((place[a.given_up_at], _NO_WAIT))
    followed = {
        b
        for i, rows in enumerate(links)
        for b, _ in rows
        if working[b].project == working[i].project
    }
    rows = np.arange(len(working)) if own_rows else _shared_rows(links)
    approvals = _approvals([working[i] for i in approving], factors, correlation, tables, seed)
    shared = _shared(factors, correlation, slots, live, tables, seed, horizon_months)
    network = NetworkArrays(
        key=_keys(seed, _DURATION, [_stream(a) for a in working]),
        fixed=np.array([months for months, _ in durations]),
        table=np.array([row for _, row in durations], np.int64),
        tables=tables.stacked(),
        own=own,
        load_at=load_at,
        load_factor=load_factor,
        load_value=load_value,
        link_at=_ranges([len(rows) for rows in links]),
        link_from=np.array([b for rows in links for b, _ in rows], np.int64),
        link_lag=np.array([lag for rows in links for _, lag in rows]),
        earliest=np.array([_earliest(a, start_month) for a in working]),
        out_row=np.array([kept.get(a.id, -1) for a in working], np.int64),
        row=rows,
        rows=int(rows.max()) + 1,
        approval=np.array([approval_row.get(i, -1) for i in range(len(working))], np.int64),
        slots=np.array([class_row.get(a.slots or "", -1) if a.slots else -1 for a in working]),
        design=np.array([hold_row.get(a.design or "", -1) if a.design else -1 for a in working]),
        stop=np.array([-1 if a.given_up_at is None else place[a.given_up_at] for a in working]),
        is_last=np.array([i not in followed for i in range(len(working))]),
        project=np.array([project_row[a.project] for a in working], np.int64),
        projects=len(project_row),
    )
    streams = Streams(
        activities=tuple(_stream(a) for a in working),
        approved=tuple(working[i].id for i in approving),
        approvals=tuple(_stream(working[i]) for i in approving),
        factors=tuple(factors.names),
        holds=tuple(live),
    )
    order_of_ids = tuple(a.id for a in working)
    return Layout(network, approvals, shared, order_of_ids, streams, tables, start_month)


def _earliest(activity: Activity, start_month: float) -> float:
    """Return the months from the start of the schedule to an activity's milestone."""
    month = activity.earliest_month
    return 0.0 if month is None else max(0.0, month - start_month)


def followers(network: NetworkArrays) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return by ranges the activities that need each, and by which link: [activity + 1], [n, 2]."""
    to = np.repeat(np.arange(len(network.key)), np.diff(network.link_at))
    order = np.argsort(network.link_from, kind="stable")
    counts = np.bincount(network.link_from, minlength=len(network.key))
    return _ranges(counts.tolist()), np.stack([to[order], order], axis=1).astype(np.int64)


def _shared_rows(links: Sequence[Sequence[tuple[int, float]]]) -> NDArray[np.int64]:
    """Return a row of memory for each activity's end, used again once nothing needs it."""
    last = list(range(len(links)))
    for i, rows in enumerate(links):
        for b, _ in rows:
            last[b] = max(last[b], i)
    ending: list[list[int]] = [[] for _ in links]
    for b, i in enumerate(last):
        ending[i].append(b)
    out, free, used = np.empty(len(links), np.int64), [], 0
    for i in range(len(links)):
        # ends are read before the activity's own is written
        free += [int(out[b]) for b in ending[i] if b != i]
        if not free:
            free, used = [used], used + 1
        out[i] = free.pop()
        if last[i] == i:
            free.append(int(out[i]))
    return out


def _stream(activity: Activity) -> str:
    return f"{activity.entity}\x1f{activity.id}" if activity.entity else activity.id


def _keys(seed: int, purpose: str, names: Sequence[str]) -> NDArray[np.uint64]:
    return np.array([stream_key(seed, purpose, name) for name in names], np.uint64)


def _ranges(counts: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(np.array(counts, np.int64))]).astype(np.int64)


def _loadings(
    found: Sequence[tuple[Mapping[str, float], str]],
    factors: Factors,
    correlation: NDArray[np.float64],
) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    row = {name: i for i, name in enumerate(factors.names)}
    problems: list[Problem] = []
    known: dict[tuple[tuple[str, float], ...], float] = {}  # many have the same loadings
    own = []
    for loadings, whose in found:
        key = tuple(loadings.items())
        try:
            if key not in known:
                known[key] = own_weight(loadings, factors, correlation, whose)
            own.append(known[key])
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    used = [{name: v for name, v in loadings.items() if v != 0} for loadings, _ in found]
    return (
        np.array(own, np.float32),
        _ranges([len(loadings) for loadings in used]),
        np.array([row[name] for loadings in used for name in loadings], np.int64),
        np.array([v for loadings in used for v in loadings.values()], np.float32),
    )


def _approvals(
    activities: Sequence[Activity],
    factors: Factors,
    correlation: NDArray[np.float64],
    tables: Tables,
    seed: int,
) -> ApprovalArrays:
    from scipy.special import ndtri

    found = [a.approval for a in activities if a.approval is not None]
    own, load_at, load_factor, load_value = _loadings(
        [(p.loadings, f"the approval of '{a.id}'") for a, p in zip(activities, found, strict=True)],
        factors,
        correlation,
    )
    delays = [tables.place(approval.reapply_months) for approval in found]
    limits = [approval.thresholds() for approval in found]
    streams = [_stream(a) for a in activities]
    return ApprovalArrays(
        key=_keys(seed, _APPROVAL, streams),
        own=own,
        load_at=load_at,
        load_factor=load_factor,
        load_value=load_value,
        score_at=_ranges([len(limit) for limit in limits]),
        score=ndtri(np.array([chance for limit in limits for chance in limit], np.float64)),
        delay_key=_keys(seed, _REAPPLY, streams),
        delay_fixed=np.array([months for months, _ in delays], np.float64),
        delay_table=np.array([row for _, row in delays], np.int64),
    )


def _shared(
    factors: Factors,
    correlation: NDArray[np.float64],
    slots: Mapping[str, Slots],
    holds: Mapping[str, Holds],
    tables: Tables,
    seed: int,
    horizon_months: float,
) -> SharedArrays:
    durations = [tables.place(hold.duration) for hold in holds.values()]
    degrees, none = factors.degrees_of_freedom, np.zeros(0, np.float32)
    rates = np.array([hold.per_year / 12 for hold in holds.values()])
    return SharedArrays(
        factor_key=_keys(seed, _FACTOR, list(factors.names)),
        factor_root=lower_root(correlation).astype(np.float32),
        tail_key=_keys(seed, _TAIL, [""] if degrees is not None else []),
        tail_table=none if degrees is None else stretch_table(degrees),
        tail_back=none if degrees is None else normal_again(degrees),
        slot_at=_ranges([kind.count for kind in slots.values()]),
        slot_hold=np.array([12.0 if kind.per_year else -1.0 for kind in slots.values()]),
        hold_key=_keys(seed, _HOLD, list(holds)),
        hold_rate=rates,
        hold_fixed=np.array([months for months, _ in durations]),
        hold_table=np.array([row for _, row in durations], np.int64),
        hold_events=_most_events(float(rates.max()) * horizon_months) if len(rates) else 0,
    )


def _most_events(expected: float) -> int:
    """Return how many holds to draw so that more are met in at most one draw in 10^6."""
    from scipy.special import pdtrc

    events = 1
    while events < _MOST_EVENTS and pdtrc(events, expected) > 1e-6:
        events += 1
    return events
