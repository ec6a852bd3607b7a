"""Solves a two-stage problem: commitments from the stacked program, recourse scenario by scenario.

The stacked program gives the commitments and the bound. With them held, each scenario is solved
once more alone for its least cost. That changes no optimum, since neither the mean nor the CVaR
rises when a scenario's cost falls; and it makes every scenario's plan its own best one, where a
program that weighs the tail alone leaves scenarios outside the tail as dear as it likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from gigaplan.core.errors import InfeasibleError, SolverError, require
from gigaplan.expansion.assembly import Key, LinearProgram
from gigaplan.expansion.infeasible import explain_infeasible
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.solution import Build, Progress, Route, relative_gap
from gigaplan.expansion.stochastic.commitments import (
    Commitments,
    FirstStage,
    commitments,
    first_stage_of,
    hold,
)
from gigaplan.expansion.stochastic.delay import formulate_scenario
from gigaplan.expansion.stochastic.model import TwoStage
from gigaplan.expansion.stochastic.read_outcome import read_first_stage, read_outcome
from gigaplan.expansion.stochastic.solution import (
    Order,
    ScenarioOutcome,
    TwoStageSolution,
)
from gigaplan.expansion.stochastic.solve_program import Clock, Found, solve_program
from gigaplan.expansion.stochastic.stacking import SHARED, ScenarioProgram, Stacked, stack

_ROUNDING = 1e-6
_GUESS_GAP = 1e-2
_GUESS_SHARE = 0.4


class InfeasibleScenarioError(InfeasibleError):
    """Some scenarios have no plan.

    Parameters
    ----------
    reasons : mapping of str to str
        By scenario, why it has none.
    """

    def __init__(self, what: str, reasons: dict[str, str]) -> None:
        self.reasons = reasons
        lines = [f"{what} in {_counted(list(reasons))}:"]
        lines += [f"scenario '{name}': {reason}" for name, reason in reasons.items()]
        super().__init__("\n".join(lines))


def _counted(names: list[str]) -> str:
    quoted = [f"'{name}'" for name in names]
    return f"scenario {quoted[0]}" if len(quoted) == 1 else f"scenarios {', '.join(quoted)}"


def solve_two_stage(
    two_stage: TwoStage,
    *,
    gap: float = 1e-4,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TwoStageSolution:
    """Return the commitments and recourse of least objective.

    Parameters
    ----------
    two_stage : TwoStage
    gap : float
        Relative gap that is good enough where there are whole units.
    time_limit_s : float, optional
        Wall seconds for the search; the linear programs of its best plan may go beyond.
    threads : int, optional
        Most threads; the solver's choice if None.
    progress : callable, optional
        Called with a `Progress` after each stage.

    Raises
    ------
    InfeasibleScenarioError
        If a scenario has no plan even alone.
    InfeasibleError
        If each has one, but no commitments suit them all.
    SolverError
        If the solver ended with no result that passes our checks.
    """
    run = _Run(two_stage, gap, time_limit_s, threads, progress)
    return run.solve()


def evaluate_first_stage(
    two_stage: TwoStage,
    first_stage: Iterable[Build | Order],
    *,
    gap: float = 1e-4,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TwoStageSolution:
    """Return what given commitments come to in every scenario, each with its best recourse.

    Parameters
    ----------
    first_stage : iterable of Build or Order
        A plan, by the year ordered for: another solution's `first_stage`, or the builds of a
        deterministic plan, of which those ordered before the decision date are held. What is
        not named is not ordered.

    Raises
    ------
    InfeasibleScenarioError
        If some scenarios have no plan with these commitments; says which, and why.
    """
    run = _Run(two_stage, gap, time_limit_s, threads, progress)
    held = first_stage_of(two_stage, run.shared, first_stage)
    return run.evaluate(held, "given", bound_usd=None, starts=None)


def wait_and_see(
    two_stage: TwoStage,
    *,
    gap: float = 1e-4,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> TwoStageSolution:
    """Return what the scenarios would come to if each were known before anything is ordered."""
    known = replace(two_stage, decision_year=-np.inf)
    run = _Run(known, gap, time_limit_s, threads, progress)
    return run.evaluate({}, "none", bound_usd=None, starts=None)


def _rounded(stacked: Stacked, values: FloatArray) -> dict[Key, FloatArray]:
    """Return the shared part of a point, whole where it is whole."""
    return {
        key: np.where(stacked.program.whole[columns], np.round(values[columns]), values[columns])
        for key, columns in stacked.shared.items()
    }


@dataclass(frozen=True)
class _Best:
    """What the stacked program gave."""

    first_stage: dict[Key, FloatArray]
    starts: list[FloatArray]
    bound_usd: float
    route: Route


class _Run:
    """One call: the scenarios' programs, their shared orders, and the limits."""

    def __init__(
        self,
        two_stage: TwoStage,
        gap: float,
        time_limit_s: float | None,
        threads: int | None,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        require(gap >= 0, f"gap is {gap:g}; it must be 0 or more.", field="gap")
        self._two_stage = two_stage
        self._gap = gap
        self._clock = Clock(time_limit_s)
        self._threads = threads
        self._progress = progress
        self._forms = [formulate_scenario(scenario) for scenario in two_stage.scenarios]
        self.shared: Commitments = commitments(two_stage, [form.assets for form in self._forms])
        self._size = (
            max(form.program.matrix.shape[0] for form in self._forms),
            max(form.program.matrix.shape[1] for form in self._forms),
        )
        self._report("built", np.inf, -np.inf)

    def solve(self) -> TwoStageSolution:
        """Return the plan."""
        if not self.shared.shares:
            return self.evaluate({}, "none", bound_usd=None, starts=None)
        stacked = stack(
            [
                ScenarioProgram(
                    scenario.name, scenario.probability, form.program, form.assembly.columns
                )
                for scenario, form in zip(self._two_stage.scenarios, self._forms, strict=True)
            ],
            self.shared.shares,
            self._two_stage.risk,
        )
        self._size = stacked.program.matrix.shape
        best = self._commit(stacked)
        return self.evaluate(
            best.first_stage, best.route, bound_usd=best.bound_usd, starts=best.starts
        )

    def _commit(self, stacked: Stacked) -> _Best:
        """Return the commitments of the stacked program."""
        try:
            found = solve_program(
                stacked.program,
                gap=self._gap,
                clock=self._clock,
                threads=self._threads,
                start=self._guess(stacked),
                report=self._report,
            )
        except InfeasibleError as error:
            raise self._explained() from error
        return _Best(
            first_stage=_rounded(stacked, found.values),
            starts=[stacked.scenario_values(found.values, s) for s in range(len(self._forms))],
            bound_usd=found.bound,
            route=found.route,
        )

    def _guess(self, stacked: Stacked) -> FloatArray | None:
        """Return a point whose whole columns leave a plan, if one is quickly found.

        Whole units of recourse are let go at first; then, with the commitments that this gives
        held, each scenario is a small program of its own. The stacked program alone may take
        long to find any point with so many whole columns.
        """
        recourse = stacked.program.whole & (stacked.column_block != SHARED)
        if not recourse.any():
            return None
        loose = replace(stacked.program, whole=stacked.program.whole & ~recourse)
        try:
            found = solve_program(
                loose,
                gap=max(self._gap, _GUESS_GAP),
                clock=self._clock.part(_GUESS_SHARE),
                threads=self._threads,
            )
            first_stage = _rounded(stacked, found.values)
            point = found.values.copy()
            for s, form in enumerate(self._forms):
                program, _ = hold(form.program, self.shared, first_stage, s)
                best = solve_program(
                    program,
                    gap=max(self._gap, _GUESS_GAP),
                    clock=self._clock.part(_GUESS_SHARE / (len(self._forms) - s)),
                    threads=self._threads,
                )
                start = int(stacked.column_offset[s])
                point[start : start + len(best.values)] = best.values
        except (InfeasibleError, SolverError):
            return None
        for key, columns in stacked.shared.items():
            point[columns] = first_stage[key]
        self._report("commitments tried", np.inf, found.bound)
        return point

    def evaluate(
        self,
        first_stage: FirstStage,
        route: Route | str,
        *,
        bound_usd: float | None,
        starts: list[FloatArray] | None,
    ) -> TwoStageSolution:
        """Return the best recourse to commitments, bounded by its own bounds if none is given."""
        outcomes: list[ScenarioOutcome] = []
        reasons: dict[str, str] = {}
        for s, scenario in enumerate(self._two_stage.scenarios):
            form = self._forms[s]
            program, outside = hold(form.program, self.shared, first_stage, s)
            reason = self._why_outside(outside) if outside else ""
            start = None if starts is None else starts[s]
            clock = self._clock if start is None else self._share_of_time(s)
            found = None if reason else self._recourse(program, start, clock)
            if found is None and not reason:  # it may fail by the rounding of the orders alone
                loose, _ = hold(form.program, self.shared, first_stage, s, slack_fraction=_ROUNDING)
                found = self._recourse(loose, start, clock)
            if found is None:
                held = replace(form, program=program)
                reasons[scenario.name] = reason or str(
                    explain_infeasible(held, threads=self._threads)
                )
                continue
            outcomes.append(
                read_outcome(
                    self._two_stage,
                    scenario,
                    form,
                    found,
                    gap=self._gap,
                    seconds=self._clock.seconds(),
                )
            )
            self._report(f"scenario {scenario.name}", np.inf, -np.inf)
        if reasons:
            what = "These commitments leave no plan" if first_stage else "There is no plan"
            raise InfeasibleScenarioError(what, reasons)
        return self._gathered(tuple(outcomes), first_stage, route, bound_usd)

    def _share_of_time(self, scenario: int) -> Clock:
        """Return an equal share of what is left for each scenario still to come."""
        return self._clock.part(1 / (len(self._forms) - scenario))

    def _recourse(
        self, program: LinearProgram, start: FloatArray | None, clock: Clock
    ) -> Found | None:
        """Return the least cost of a scenario whose commitments are held; None if it has none."""
        try:
            return solve_program(
                program,
                gap=self._gap,
                clock=clock,
                threads=self._threads,
                start=start,
            )
        except InfeasibleError:
            return None

    def _gathered(
        self,
        outcomes: tuple[ScenarioOutcome, ...],
        first_stage: FirstStage,
        route: Route | str,
        bound_usd: float | None,
    ) -> TwoStageSolution:
        risk, chance = self._two_stage.risk, self._two_stage.probabilities
        costs = np.array([outcome.cost_usd for outcome in outcomes])
        objective = risk.objective_usd(costs, chance)
        if bound_usd is None:
            bound_usd = risk.objective_usd([outcome.bound_usd for outcome in outcomes], chance)
        bound = min(bound_usd, objective)
        apart = relative_gap(objective, bound)
        self._report("done", objective, bound)
        whole = {
            share.key: any(
                bool(form.program.whole[columns[columns >= 0]].any())
                for form, columns in zip(self._forms, share.columns, strict=True)
            )
            for share in self.shared.shares
        }
        return TwoStageSolution(
            status="optimal" if apart <= max(self._gap, 1e-6) else "time limit",
            objective_usd=objective,
            bound_usd=bound,
            gap=apart,
            expected_cost_usd=float(costs @ chance),
            cvar_usd=risk.tail_mean_usd(costs, chance),
            route=route,  # type: ignore[arg-type]
            first_stage=read_first_stage(self._two_stage, self.shared, first_stage, whole),
            scenarios=outcomes,
            largest_residual=max(outcome.solution.largest_residual for outcome in outcomes),
            rows=self._size[0],
            columns=self._size[1],
            seconds=self._clock.seconds(),
        )

    def _why_outside(self, outside: list[tuple[Key, int, float]]) -> str:
        years = [period.year for period in self._two_stage.scenarios[0].problem.periods]
        parts = [
            f"{' '.join(str(part) for part in key)} for {years[y]}: "
            f"{value * self.shared.unit_mw[key]:,.4g} MW"
            for key, y, value in outside
        ]
        return f"it does not offer what is ordered: {'; '.join(parts)}."

    def _explained(self) -> InfeasibleError:
        """Return the error that says which scenario has no plan, or that they conflict."""
        reasons: dict[str, str] = {}
        for scenario, form in zip(self._two_stage.scenarios, self._forms, strict=True):
            try:
                solve_program(form.program, gap=np.inf, clock=Clock(None), threads=self._threads)
            except InfeasibleError:
                reasons[scenario.name] = str(explain_infeasible(form, threads=self._threads))
            except SolverError as error:
                return InfeasibleError(f"scenario '{scenario.name}': {error}")
        if reasons:
            return InfeasibleScenarioError("There is no plan", reasons)
        return InfeasibleError(
            "Each scenario has a plan, but no orders placed before the decision date "
            f"{self._two_stage.decision_year:g} suit them all. What one scenario must order "
            "another does not offer or cannot pay for: decide earlier, shorten lead_years, or "
            "give the target a shortfall price."
        )

    def _report(self, stage: str, objective: float, bound: float) -> None:
        if self._progress is not None:
            apart = relative_gap(objective, bound)
            self._progress(Progress(stage, objective, bound, apart, self._clock.seconds()))
