"""Plans by rounds of bound and plan: full chronology, many sites and years, a proven gap.

Without whole units the rounds end at the gap. With them:

1. rounds without whole units give a bound and good cuts and dispatches;
2. a dive over the inner program rounds them, and rounds with those units held price the plan;
3. while the gap is above what was asked, branch and bound over the outer program (units and
   cuts, never hours) gives a higher bound and other units to try.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable
from typing import Literal

import numpy as np

from gigaplan.core.errors import require
from gigaplan.expansion.decomposition.master import formulate_master
from gigaplan.expansion.decomposition.pools import Pools
from gigaplan.expansion.decomposition.programs import Infeasible
from gigaplan.expansion.decomposition.result import Operated, operate_plan, read_master_prices
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.decomposition.unkept import cannot_keep, cannot_serve, unserved
from gigaplan.expansion.decomposition.whole import WholeSearch
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.read_back import (
    read_builds,
    read_capacity,
    read_capex,
    read_online,
    read_run,
    read_shortfall,
    read_whole,
)
from gigaplan.expansion.solution import Dispatch, Progress, Route, Solution, relative_gap

LINEAR_SHARE = 0.2
"""Share of the gap asked for that the rounds before whole units may leave."""

EMERGENCY_USD_PER_MWH = (1e6, 1e9)
"""Prices tried of load that must be served, until no plan leaves it unserved."""


def decompose(
    problem: ExpansionProblem,
    *,
    gap: float = 1e-3,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    fast: bool = True,
) -> Solution:
    """Return the least-cost plan of `problem`, found block by block.

    Parameters
    ----------
    problem : ExpansionProblem
    gap : float
        Relative gap between the plan and its bound at which to stop.
    time_limit_s : float, optional
        Wall seconds after which the best plan found is returned.
    threads : int, optional
        Threads that operate blocks; all cores if None. The plan does not depend on it.
    progress : callable, optional
        Called with a `Progress` after each round. If it, or the user, raises `KeyboardInterrupt`,
        the best plan found is returned.
    fast : bool
        Whether site-years may be operated by their storage's value; False: each is an hourly
        program (for comparison).

    Raises
    ------
    InfeasibleError
        If no plan meets the problem's own statements.
    SolverError
        If a result does not pass our checks.
    """
    require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
    began = time.perf_counter()
    workers = threads or os.cpu_count() or 1
    ends_at = np.inf if time_limit_s is None else began + time_limit_s
    pools: Pools | None = None
    for usd_per_mwh in EMERGENCY_USD_PER_MWH:
        master = formulate_master(problem, emergency_usd_per_mwh=usd_per_mwh, fast=fast)
        rounds = Rounds(master, threads=workers, ends_at=ends_at, progress=progress)
        if pools is None:
            rounds.start()
        else:
            rounds.pools.carry(pools)
        met, route = _searched(rounds, gap, threads)
        operated = operate_plan(rounds, met, workers)
        if not unserved(operated):
            break
        pools = rounds.pools
    else:
        raise cannot_serve(master, operated)
    return _solution(rounds, met, operated, route, gap, time.perf_counter() - began)


def _searched(rounds: Rounds, gap: float, threads: int | None) -> tuple[Met, Route]:
    """Return the best plan of some rounds, whole units among them."""
    form = rounds.master.form
    whole = bool(rounds.master.program.whole.any())
    try:
        met = rounds.converge(LINEAR_SHARE * gap if whole else gap)
    except Infeasible:
        raise explain_infeasible(form, threads=threads) from None
    if not rounds.late and (missed := rounds.missed(met)):
        raise cannot_keep(rounds.master, missed)
    if whole:
        return WholeSearch(rounds, gap, threads).run(met)
    return rounds.cornered(met), "rounds"


def _solution(
    rounds: Rounds, met: Met, operated: Operated, route: Route, gap: float, seconds: float
) -> Solution:
    """Return the plan that rounds ended at."""
    form = rounds.master.form
    height, width = rounds.master.program.matrix.shape
    values = met.plan.values[:width]
    duals = 0.5 * (met.plan.row_duals[:height] + met.bounding.row_duals[:height])
    objective, bound = operated.costs.total(), met.bound * MILLION
    apart = relative_gap(objective, bound)
    status: Literal["optimal", "time limit", "interrupted"] = "time limit"
    if apart <= max(gap, 1e-6):
        status = "optimal"
    elif rounds.interrupted:
        status = "interrupted"
    return Solution(
        status=status,
        objective_usd=objective,
        bound_usd=min(bound, objective),
        gap=apart,
        route=route,
        method="rounds",
        builds=read_builds(form, values),
        capacity=read_capacity(form, values),
        online_it_mw=read_online(form, values),
        run_it_mw=read_run(form, values),
        shortfall_it_mw=read_shortfall(form, values),
        capex_usd=read_capex(form, values),
        costs=operated.costs,
        dispatch=Dispatch({}, {}, {}, {}, {}, {}, {}, {}, {}, {}),
        prices=read_master_prices(rounds, operated, duals),
        largest_residual=operated.residual,
        whole=read_whole(form, values),
        rows=form.program.matrix.shape[0],
        columns=form.program.matrix.shape[1],
        seconds=seconds,
        energy_mwh=operated.energy_mwh,
        rounds=rounds.count,
        operated_by=dict(Counter(block.route for block in rounds.master.blocks)),
    )
