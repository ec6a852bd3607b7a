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
from contextlib import ExitStack
from types import TracebackType

import numpy as np

from gigaplan.core.errors import SolverError, require
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.programs import Infeasible, Sites
from gigaplan.expansion.decomposition.result import Operated, operate_plan, read_master_prices
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.decomposition.unkept import cannot_keep, cannot_serve, unserved
from gigaplan.expansion.decomposition.whole import WholeSearch
from gigaplan.expansion.decomposition.workers import Executor, Recipe, Threads
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.read_back import (
    read_builds,
    read_capacity,
    read_capex,
    read_draws,
    read_online,
    read_run,
    read_shortfall,
    read_whole,
)
from gigaplan.expansion.solution import (
    Dispatch,
    Progress,
    Route,
    Solution,
    Status,
    relative_gap,
)
from gigaplan.expansion.unchosen import find_unchosen
from gigaplan.expansion.why import find_worth

LINEAR_SHARE = 0.2
"""Share of the gap asked for that the rounds before whole units may leave."""

EMERGENCY_USD_PER_MWH = (1e6, 1e9)
"""Prices tried of load that must be served, until no plan leaves it unserved."""


class Planner:
    """Plans a problem, and keeps what it found of it for further questions.

    A context manager: workers are open inside it.

    Parameters
    ----------
    problem : ExpansionProblem
    threads : int, optional
        Threads that operate blocks; all cores if None. Plans do not depend on it.
    fast : bool
        Whether site-years may be operated by their storage's value; False: each is an hourly
        program (for comparison).
    executor : Executor, optional
        Who operates the blocks; threads of this process if None.

    Attributes
    ----------
    rounds : Rounds[Master]
        Cuts and dispatches found so far.
    met : Met
        Where the last `plan` ended.
    """

    def __init__(
        self,
        problem: ExpansionProblem,
        *,
        threads: int | None = None,
        fast: bool = True,
        executor: Executor | None = None,
    ) -> None:
        self.problem = problem
        self.threads = threads
        self.met: Met
        self._count = threads or os.cpu_count() or 1
        self._fast = fast
        self._executor = executor or Threads(self._count)
        self._open = ExitStack()
        self._prices = iter(EMERGENCY_USD_PER_MWH)
        self.rounds = self._prepared(next(self._prices))

    def __enter__(self) -> Planner:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._open.close()

    def _prepared(self, emergency_usd_per_mwh: float) -> Rounds[Master]:
        """Return rounds that have not begun, with workers of their own."""
        self._open.close()
        recipe = Recipe(self.problem, emergency_usd_per_mwh, self._fast)
        master = recipe.master()
        workers = self._open.enter_context(self._executor.open(recipe, master))
        return Rounds(master, Sites.of(master), workers, threads=self._count)

    def plan(
        self,
        *,
        gap: float = 1e-3,
        time_limit_s: float | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Solution:
        """Return the least-cost plan; parameters and errors as `decompose`."""
        require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
        began = time.perf_counter()
        ends_at = np.inf if time_limit_s is None else began + time_limit_s
        while True:
            self.rounds.expect(ends_at, progress)
            if not self.rounds.pools.block:
                self.rounds.start()
            self.met, route = self._searched(gap)
            operated = operate_plan(self.rounds, self.met, self._count)
            if not unserved(operated, self.problem.hours.weights):
                seconds = time.perf_counter() - began
                return _solution(self.rounds, self.met, operated, route, gap, seconds)
            if self.rounds.late:
                raise SolverError(
                    "no plan that serves all load that must be served was found in the time "
                    "allowed."
                )
            higher = next(self._prices, None)
            if higher is None:
                raise cannot_serve(self.rounds.master, operated, self.threads)
            pools = self.rounds.pools
            self.rounds = self._prepared(higher)
            self.rounds.pools.carry(pools)

    def _searched(self, gap: float) -> tuple[Met, Route]:
        """Return the best plan of the rounds, whole units among them."""
        rounds = self.rounds
        whole = bool(rounds.master.program.whole.any())
        try:
            met = rounds.converge(LINEAR_SHARE * gap if whole else gap)
        except Infeasible:
            raise explain_infeasible(rounds.master.form, threads=self.threads) from None
        if not rounds.late and (missed := rounds.missed(met)):
            raise cannot_keep(rounds.master, missed)
        if whole:
            return WholeSearch(rounds, gap, self.threads).run(met)
        return rounds.settled(met), "rounds"


def _solution(
    rounds: Rounds[Master], met: Met, operated: Operated, route: Route, gap: float, seconds: float
) -> Solution:
    """Return the plan that rounds ended at."""
    form = rounds.master.form
    width = rounds.master.program.matrix.shape[1]
    values = met.plan.values[:width]
    whole = np.flatnonzero(rounds.master.program.whole)
    margins = relaxed = rounds.margins()
    if len(whole):
        margins = rounds.margins((whole, np.round(values[whole])))
    prices = read_master_prices(rounds, operated, margins)
    objective, bound = operated.costs.total(), met.bound * MILLION
    apart = relative_gap(objective, bound)
    if apart <= max(gap, 1e-6):
        status: Status = "optimal"
    elif rounds.interrupted:
        status = "interrupted"
    else:
        status = "time limit" if rounds.late else "gap left"
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
        fund_usd=read_draws(form, values),
        unchosen=find_unchosen(form, values, relaxed.reduced * MILLION),
        worth=find_worth(
            form,
            values,
            duals=margins.duals * MILLION,
            reduced=margins.reduced * MILLION,
            prices=prices,
        ),
        costs=operated.costs,
        dispatch=Dispatch({}, {}, {}, {}, {}, {}, {}, {}, {}, {}),
        prices=prices,
        largest_residual=operated.residual,
        whole=read_whole(form, values),
        rows=form.program.matrix.shape[0],
        columns=form.program.matrix.shape[1],
        seconds=seconds,
        energy_mwh=operated.energy_mwh,
        rounds=rounds.count,
        operated_by=dict(Counter(block.route for block in rounds.master.blocks)),
    )
