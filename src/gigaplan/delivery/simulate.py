"""Simulates a schedule: when each activity begins and ends, in every draw.

Work begins when all predecessors have ended and their lags have passed, its milestone is
reached, and a slot is free; it takes its drawn duration, longer where holds of its design
stand in the way; a refusal at its end costs another application, or ends the chain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from gigaplan.core.errors import InputError, Problem, nearest, require
from gigaplan.delivery._kernels import simulate_blocks
from gigaplan.delivery.factors import Factors, usable_correlation
from gigaplan.delivery.model import Activity, Holds, Outcome, SimulationResult, Slots
from gigaplan.delivery.network import Layout, check, lay_out
from gigaplan.delivery.scores._kernels import BLOCK

DEFAULT_HORIZON_MONTHS = 480.0
_MOST_DRAWS = 50_000_000


def simulate(
    activities: Sequence[Activity],
    *,
    factors: Factors | Sequence[str] = (),
    draws: int = 4096,
    seed: int = 0,
    threads: int = 1,
    start_month: float = 0.0,
    slots: Mapping[str, Slots] | None = None,
    holds: Mapping[str, Holds] | None = None,
    keep: Sequence[str] | None = None,
    outcome: Outcome = "finish",
    critical: bool = True,
    horizon_months: float = DEFAULT_HORIZON_MONTHS,
) -> SimulationResult:
    """Simulate a schedule.

    Parameters
    ----------
    activities : sequence of Activity
        The work; their order does not matter.
    factors : Factors or sequence of str
        Shared causes; names alone are independent causes.
    draws : int
        How many worlds. A draw's numbers do not depend on how many there are.
    seed : int
        Where the worlds come from.
    threads : int
        Threads that share the draws; results do not depend on it, to the last bit.
    start_month : float
        Absolute month before which no work begins.
    slots : mapping of class to Slots
        Scarce resources.
    holds : mapping of design to Holds
        Common-cause stops.
    keep : sequence of str, optional
        Ids of activities whose months are kept; all if left out. Memory grows with kept
        activities times draws, and with nothing else.
    outcome : {'finish', 'start_and_finish'}
        Whether starts are kept too.
    critical : bool
        Whether critical shares are counted; they are zero if not.
    horizon_months : float
        Months from the start in which holds are drawn.

    Returns
    -------
    SimulationResult
        Months [activity, draw] of the activities kept.

    Raises
    ------
    InputError
        If activities follow each other in a circle or unknown ones, durations are negative,
        quantiles out of order, correlations outside -1 to 1, or slots fewer than one.
    """
    slots, holds = dict(slots or {}), dict(holds or {})
    shared = factors if isinstance(factors, Factors) else Factors(tuple(factors))
    require(1 <= draws <= _MOST_DRAWS, f"{draws} draws were asked for; 1 to {_MOST_DRAWS} can be.")
    require(threads >= 1, f"{threads} threads were asked for; 1 or more can be.")
    check(activities, slots, holds)
    kept = tuple(a.id for a in activities) if keep is None else tuple(keep)
    _check_kept(kept, activities)
    correlation, messages = usable_correlation(shared)
    layout = lay_out(
        activities,
        factors=shared,
        correlation=correlation,
        slots=slots,
        holds=holds,
        seed=seed,
        start_month=start_month,
        keep=kept,
        horizon_months=horizon_months,
    )
    keep_start = outcome == "start_and_finish"
    finish = np.empty((len(kept), draws))
    start = np.empty((len(kept) if keep_start else 0, draws))
    counts = _run(layout, draws, threads, start_month, keep_start, start, finish, critical)
    share = dict(zip(layout.order, counts / draws, strict=True))
    return SimulationResult(
        ids=kept,
        start_months=start,
        finish_months=finish,
        failed=np.isinf(finish),
        critical_share=np.array([share[name] for name in kept]),
        draws=draws,
        seed=seed,
        messages=messages,
    )


def _check_kept(kept: tuple[str, ...], activities: Sequence[Activity]) -> None:
    ids = {activity.id for activity in activities}
    problems = [
        Problem(f"'{name}' is to be kept, but is no activity.", hint=nearest(name, ids))
        for name in kept
        if name not in ids
    ]
    if len(set(kept)) != len(kept):
        problems.append(Problem("an activity is named twice in what is to be kept."))
    if problems:
        raise InputError(problems)


def _run(
    layout: Layout,
    draws: int,
    threads: int,
    origin: float,
    keep_start: bool,
    start: np.ndarray,
    finish: np.ndarray,
    critical: bool,
) -> np.ndarray:
    """Fill start and finish [row, draw]; return the draws with each activity critical."""
    blocks = -(-draws // BLOCK)
    workers = min(threads, blocks)
    edges = np.linspace(0, blocks, workers + 1).astype(int)
    counts = np.zeros((workers, len(layout.order)), np.int64)
    flag = np.array([critical])

    def work(w: int) -> None:
        simulate_blocks(
            layout.network,
            layout.approvals,
            layout.shared,
            int(edges[w]),
            int(edges[w + 1]),
            draws,
            float(origin),
            keep_start,
            start,
            finish,
            flag,
            counts[w],
        )

    if workers == 1:
        work(0)
    else:
        with ThreadPoolExecutor(workers) as pool:
            list(pool.map(work, range(workers)))
    total: np.ndarray = counts.sum(axis=0)
    return total
