"""Commitments and recourse by rounds: every hour of every scenario, a proven gap.

1. Each scenario alone, by rounds: what it would cost if it were known, and the cuts and dispatches
   that matter to it. One scenario begins with what others found of the blocks they share.
2. All scenarios as one program with shared commitments, by rounds, until plan and bound meet.
3. Commitments to the nearest whole units, held; then each scenario's best recourse to them, by
   rounds. Recourse may be in parts of units: it is years away, and its cost is what matters now.

The bound is that of step 2, where commitments too may be parts of units.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import InfeasibleError, SolverError, require
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.programs import Infeasible, Sites
from gigaplan.expansion.decomposition.rounds import Met, Rounds
from gigaplan.expansion.decomposition.workers import ThreadWorkers
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.read_back import read_builds, read_capex, read_online, read_shortfall
from gigaplan.expansion.resolve.memory import Entry, Memory, mattered, needed_starts
from gigaplan.expansion.solution import Build, Progress, relative_gap
from gigaplan.expansion.stochastic.by_rounds.corner_rounds import CornerRounds
from gigaplan.expansion.stochastic.by_rounds.joined import JoinedRounds, join
from gigaplan.expansion.stochastic.by_rounds.result import Committed, Recourse
from gigaplan.expansion.stochastic.by_rounds.scenario_blocks import (
    SharedOracles,
    scenario_master,
)
from gigaplan.expansion.stochastic.by_rounds.whole_orders import nearest_whole
from gigaplan.expansion.stochastic.commitments import (
    Commitments,
    FirstStage,
    commitments,
    first_stage_of,
    hold,
)
from gigaplan.expansion.stochastic.model import Scenario, TwoStage
from gigaplan.expansion.stochastic.read_outcome import read_first_stage
from gigaplan.expansion.stochastic.solution import Order
from gigaplan.expansion.stochastic.solve import InfeasibleScenarioError

ALONE_SHARE = 0.5
JOINED_SHARE = 0.5
"""Shares of the gap asked for that scenarios alone, and all of them together, may leave."""

LEAST_EMERGENCY = 1e-6
ROUNDING = 1e-6


@dataclass(frozen=True)
class _One:
    """A scenario, its master, and rounds that hold what is known of its blocks."""

    scenario: Scenario
    master: Master
    rounds: Rounds[Master]


@dataclass(frozen=True)
class _Alone(_One):
    """A scenario on its own, and where its rounds met."""

    met: Met


class ScenarioPlanner:
    """Plans scenarios one after another and all together; remembers what it finds.

    Parameters
    ----------
    gap : float
        Relative gap at which a plan stops; of a two-stage plan that of its objective.
    threads : int, optional
        Threads that operate blocks; all cores if None. Plans do not depend on it.
    progress : callable, optional
        Called with a `Progress` after each stage and each round over all scenarios.
    """

    def __init__(
        self,
        *,
        gap: float = 5e-3,
        threads: int | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> None:
        require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
        self._gap = gap
        self._threads = threads or os.cpu_count() or 1
        self._progress = progress
        self._memory = Memory()
        self._oracles = SharedOracles()
        self._began = time.perf_counter()

    def commit(self, two_stage: TwoStage, *, time_limit_s: float | None = None) -> Committed:
        """Return the commitments of least objective, and each scenario's recourse to them.

        Raises
        ------
        InfeasibleScenarioError
            If a scenario has no plan even alone, or none with the commitments found.
        InfeasibleError
            If each has one, but no commitments suit them all.
        """
        self._began = began = time.perf_counter()
        ends_at = np.inf if time_limit_s is None else began + time_limit_s
        alone = self._each_alone(two_stage)
        shared = commitments(two_stage, [one.master.form.assets for one in alone])
        joined = join(
            [one.master for one in alone],
            [scenario.name for scenario in two_stage.scenarios],
            two_stage.probabilities,
            shared,
            two_stage.risk,
        )
        with ThreadWorkers(joined.blocks.blocks, self._threads) as workers:
            rounds = JoinedRounds(joined, workers, threads=self._threads)
            for s, one in enumerate(alone):
                _pass_on(one, rounds, int(joined.first_block[s]))
            rounds.expect(ends_at, self._progress)
            try:
                met = rounds.converge(JOINED_SHARE * self._gap)
            except Infeasible as error:
                raise InfeasibleError(
                    "Each scenario has a plan, but no commitments suit them all."
                ) from error
            size = rounds.pools.inner().matrix.shape
        wanted = {
            key: np.maximum(values, 0.0)
            for key, values in joined.stacked.shared_values(met.plan.values).items()
        }
        firm = nearest_whole(alone[0].master, shared, wanted, 0)
        outcomes = []
        for s, one in enumerate(alone):
            outcomes.append(self._held(one, shared, firm, s, ALONE_SHARE * self._gap))
            self._tell(f"scenario {one.scenario.name}")
        return self._gathered(two_stage, alone, shared, firm, outcomes, met, rounds, size)

    def recourse(
        self, two_stage: TwoStage, *plans: Iterable[Build | Order], gap: float | None = None
    ) -> list[list[Recourse]]:
        """Return what given commitments come to in every scenario, [plan][scenario].

        Parameters
        ----------
        two_stage : TwoStage
            Any scenarios, new ones too.
        *plans : iterable of Build or Order
            By the year ordered for; those placed before the decision year are held. What is not
            named is not ordered.
        gap : float, optional
            Relative gap of each cost; that of the planner if None.

        Raises
        ------
        InfeasibleScenarioError
            If commitments leave no plan in a scenario.
        """
        gap = self._gap if gap is None else gap
        orders = [tuple(plan) for plan in plans]
        found: list[list[Recourse]] = [[] for _ in orders]
        for scenario in two_stage.scenarios:
            master = self._prepared(scenario)
            only = replace(two_stage, scenarios=(replace(scenario, probability=1.0),))
            shared = commitments(only, [master.form.assets])
            with ThreadWorkers(master.blocks, self._threads) as workers:
                known = Rounds(master, Sites.of(master), workers, threads=self._threads)
                self._memory.fill(known, self._threads)
            for number, builds in enumerate(orders):
                firm = first_stage_of(only, shared, builds)
                one = _One(scenario, master, known)
                found[number].append(self._held(one, shared, firm, 0, gap))
            self._tell(f"scenario {scenario.name}")
        return found

    def _prepared(self, scenario: Scenario) -> Master:
        return self._oracles.given(scenario_master(scenario))

    def _each_alone(self, two_stage: TwoStage) -> list[_Alone]:
        """Return every scenario planned as if it were known."""
        found, reasons = [], {}
        for scenario in two_stage.scenarios:
            master = self._prepared(scenario)
            with ThreadWorkers(master.blocks, self._threads) as workers:
                rounds = CornerRounds(master, Sites.of(master), workers, threads=self._threads)
                self._memory.fill(rounds, self._threads)
                try:
                    met = rounds.converge(ALONE_SHARE * self._gap)
                except Infeasible:
                    reasons[scenario.name] = "its limits leave no plan."
                    continue
                if reason := _why_not(rounds, met):
                    reasons[scenario.name] = reason
                    continue
            self._memory.learn(rounds, met)
            found.append(_Alone(scenario, master, rounds, met))
            self._tell(f"scenario {scenario.name} alone", met)
        if reasons:
            raise InfeasibleScenarioError("There is no plan", reasons)
        return found

    def _held(
        self, one: _One, shared: Commitments, firm: FirstStage, s: int, gap: float
    ) -> Recourse:
        """Return a scenario's best recourse to commitments."""
        master, name = one.master, one.scenario.name
        reason = "these orders leave no plan within its limits."
        for slack in (0.0, ROUNDING):
            program, outside = hold(master.program, shared, firm, s, slack_fraction=slack)
            if outside:
                reason = "it does not offer what is ordered."
                break
            held = replace(master, program=program)
            with ThreadWorkers(held.blocks, self._threads) as workers:
                rounds = CornerRounds(held, Sites.of(held), workers, threads=self._threads)
                rounds.pools.carry(one.rounds.pools)
                try:
                    met = rounds.converge(gap)
                except Infeasible:
                    continue
            reason = _why_not(rounds, met)
            if not reason:
                self._memory.learn(rounds, met)
                return _read(one, met)
        raise InfeasibleScenarioError("These commitments leave no plan", {name: reason})

    def _gathered(
        self,
        two_stage: TwoStage,
        alone: list[_Alone],
        shared: Commitments,
        firm: FirstStage,
        outcomes: list[Recourse],
        met: Met,
        rounds: JoinedRounds,
        size: tuple[int, int],
    ) -> Committed:
        risk, chance = two_stage.risk, two_stage.probabilities
        costs = [outcome.cost_usd for outcome in outcomes]
        objective = risk.objective_usd(costs, chance)
        bound = min(met.bound * MILLION, objective)
        apart = relative_gap(objective, bound)
        whole = {
            share.key: any(
                bool(one.master.form.program.whole[columns[columns >= 0]].any())
                for one, columns in zip(alone, share.columns, strict=True)
            )
            for share in shared.shares
        }
        known = [min(one.met.bound * MILLION, one.met.objective * MILLION) for one in alone]
        return Committed(
            status="optimal"
            if apart <= self._gap
            else ("time limit" if rounds.late else "gap left"),
            objective_usd=objective,
            bound_usd=bound,
            gap=apart,
            parts_usd=met.objective * MILLION,
            expected_cost_usd=float(np.asarray(costs) @ chance),
            cvar_usd=risk.tail_mean_usd(costs, chance),
            perfect_information_usd=risk.objective_usd(known, chance),
            first_stage=read_first_stage(two_stage, shared, firm, whole),
            scenarios=tuple(outcomes),
            rounds=rounds.count,
            rows=size[0],
            columns=size[1],
            seconds=time.perf_counter() - self._began,
        )

    def _tell(self, stage: str, met: Met | None = None) -> None:
        if self._progress is not None:
            usd = (
                (np.inf, -np.inf) if met is None else (met.objective * MILLION, met.bound * MILLION)
            )
            seconds = time.perf_counter() - self._began
            self._progress(Progress(stage, *usd, relative_gap(*usd), seconds))


def _pass_on(one: _Alone, joined: JoinedRounds, first: int) -> None:
    """Give a scenario's blocks among all what mattered to it alone; the rest is known of them."""
    pools = one.rounds.pools
    matters = mattered(one.rounds, one.met)
    for b, block in enumerate(one.master.blocks):
        places = [j for j, at in enumerate(pools.block) if at == b]
        needed = places[: needed_starts(block)]
        entries = {j: Entry.of(pools, j) for j in places}
        chosen = [j for j in places if matters[j] or j in needed]
        joined.take(
            first + b,
            [entries[j] for j in chosen],
            others=[entries[j] for j in places if j not in chosen],
        )


def _why_not(rounds: Rounds[Master], met: Met) -> str:
    """Return why a plan is none: it misses a limit, or leaves load that must be served."""
    if rounds.missed(met):
        return "its yearly limits cannot be kept."
    weights = met.plan.values[rounds.pools.first :]
    unserved = np.asarray(rounds.pools.emergency[: len(weights)], dtype=bool)
    if float(weights[unserved].sum()) > LEAST_EMERGENCY:
        return "load that must be served cannot be."
    return ""


def _read(one: _One, met: Met) -> Recourse:
    form = one.master.form
    values = met.plan.values[: form.program.matrix.shape[1]]
    if not np.isfinite(met.objective):
        raise SolverError(f"scenario '{one.scenario.name}' has no cost.")
    online = np.sum(list(read_online(form, values).values()), axis=0)
    return Recourse(
        name=one.scenario.name,
        probability=one.scenario.probability,
        cost_usd=met.objective * MILLION,
        bound_usd=met.bound * MILLION,
        orders=read_builds(form, values),
        online_it_mw=np.asarray(online),
        shortfall_it_mw=read_shortfall(form, values),
        capex_usd=read_capex(form, values),
    )
