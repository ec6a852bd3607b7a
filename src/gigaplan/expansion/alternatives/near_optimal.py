"""Modelling to generate alternatives: how little and how much of a thing still costs nearly least.

With f* the least cost, C = (1 + slack) f*, and w the columns that a group adds up:

    least = min w x   s.t.  x is a plan and costs at most C,       most = max of the same

by rounds over the cuts and dispatches that the plan of least cost left, and that each of these
finds in turn. A plan of the inner program shows that so little is enough or so much possible; the
bound of the outer one, that less or more is not. Whole units are left out of account: a plan of
whole units is a plan without regard to them, so the bounds hold for it too.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
from scipy.sparse import csr_matrix, vstack

from gigaplan.core.errors import SolverError, require
from gigaplan.expansion.alternatives.groups import Group, chosen_groups
from gigaplan.expansion.alternatives.result import Alternative, NearOptimal, Range, Verdict
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.planner import Planner
from gigaplan.expansion.decomposition.programs import solve_corner
from gigaplan.expansion.decomposition.rounds import CORNER_COLUMNS, Aim, Met, Rounds
from gigaplan.expansion.model import ExpansionProblem
from gigaplan.expansion.operation import MILLION
from gigaplan.expansion.options import FloatArray
from gigaplan.expansion.read_back import read_builds, read_capacity
from gigaplan.expansion.solution import Progress, Solution

PART_OF_SLACK = 0.05
"""Part of the slack that the plan of least cost may be above its bound."""
SMALL_PART = 0.1
"""A group smaller than this part of the largest is known as exactly as one of that size."""
ROUNDING = 1e-7


def near_optimal(
    problem: ExpansionProblem | Planner,
    *,
    slack_fraction: float = 0.02,
    gap: float = 0.01,
    groups: Mapping[str, Iterable[str]] | Iterable[Group] | None = None,
    year: int | None = None,
    plan: Solution | None = None,
    time_limit_s: float | None = None,
    threads: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> NearOptimal:
    """Return the least and the most of each group in plans within `slack_fraction` of least cost.

    Parameters
    ----------
    problem : ExpansionProblem or Planner
        A planner keeps what it found for further questions.
    slack_fraction : float
        How much more than the plan of least cost a plan may cost.
    gap : float
        How far an end of a range may be from its bound, relative to the end, or to a tenth of
        the largest group if that is more.
    groups : mapping of str to names, or iterable of Group, optional
        Options whose capacity is added up, by the group's name; see `default_groups` if None.
    year : int, optional
        Beginning of the period whose standing capacity counts, existing capacity left out; the
        last period if None.
    plan : Solution, optional
        What the planner's `plan` returned; found first if None.
    time_limit_s : float, optional
        Wall seconds after which ranges stay as wide as they are known to be.
    threads : int, optional
        Threads that operate blocks; all cores if None.
    progress : callable, optional
        Called with a `Progress` after each round, its figures in the group's unit.

    Raises
    ------
    InputError
        If the slack is not above 0, a group names what there is not, or the year is no period's.
    InfeasibleError
        If there is no plan at all.
    SolverError
        If a result does not pass our checks.
    """
    require(slack_fraction > 0, "must be above 0.", field="slack_fraction")
    require(gap >= 0, "must be 0 or more.", field="gap")
    began = time.perf_counter()
    ends_at = np.inf if time_limit_s is None else began + time_limit_s
    opened = (
        nullcontext(problem) if isinstance(problem, Planner) else Planner(problem, threads=threads)
    )
    with opened as planner:
        form = planner.rounds.master.form
        asked = chosen_groups(form.problem, form.assets, groups)
        y = _period(form.problem, year)
        if plan is None:
            plan = planner.plan(
                gap=PART_OF_SLACK * slack_fraction,
                time_limit_s=time_limit_s,
                progress=progress,
            )
        search = _Search(planner, plan, asked, y, slack_fraction, gap)
        planner.rounds.expect(ends_at, progress)
        return search.run()


def _period(problem: ExpansionProblem, year: int | None) -> int:
    years = [period.year for period in problem.periods]
    if year is None:
        return len(years) - 1
    require(year in years, f"found {year}; one of {years} is needed.", field="year")
    return years.index(year)


class _Search:
    """One call of `near_optimal`, once the plan of least cost is known."""

    def __init__(
        self,
        planner: Planner,
        plan: Solution,
        groups: tuple[Group, ...],
        y: int,
        slack: float,
        gap: float,
    ) -> None:
        self._rounds: Rounds[Master] = planner.rounds
        self._form = planner.rounds.master.form
        self._plan = plan
        self._groups = groups
        self._y = y
        self._gap = gap
        self._most = (plan.objective_usd + slack * abs(plan.objective_usd)) / MILLION
        self._weights = {group.name: self._columns(group) for group in groups}
        self._planned = self._new(planner.met.plan.values)
        self._met = True

    def run(self) -> NearOptimal:
        """Return the range of every group."""
        began, before = time.perf_counter(), self._rounds.count
        ranges = tuple(self._range(group) for group in self._groups)
        return NearOptimal(
            cost_usd=self._plan.objective_usd,
            bound_usd=self._plan.bound_usd,
            most_usd=self._most * MILLION,
            year=self._form.problem.periods[self._y].year,
            whole_units=bool(self._form.program.whole.any()),
            ranges=ranges,
            complete=self._met,
            rounds=self._rounds.count - before,
            seconds=time.perf_counter() - began,
        )

    def _assets(self, group: Group) -> list[int]:
        """Return the capacity columns of a group."""
        at = {asset.key: asset for asset in self._form.assets.all()}
        return [int(at[key].capacity[self._y]) for key in group.assets]

    def _columns(self, group: Group) -> FloatArray:
        weights = np.zeros(len(self._form.program.cost))
        np.add.at(weights, self._assets(group), 1.0)
        return weights

    def _existing(self, group: Group) -> float:
        at = {asset.key: asset for asset in self._form.assets.all()}
        return float(sum(at[key].existing[self._y] for key in group.assets))

    def _new(self, values: FloatArray) -> dict[str, float]:
        """Return what is new of each group, in a plan."""
        return {
            g.name: max(float(w @ values[: len(w)]) - self._existing(g), 0.0)
            for g, w in ((g, self._weights[g.name]) for g in self._groups)
        }

    def _range(self, group: Group) -> Range:
        here = [self._planned[g.name] for g in self._groups if g.unit == group.unit]
        size = max(SMALL_PART * max(here), self._planned[group.name], 1.0)
        existing = self._existing(group)
        weights = self._weights[group.name]
        ends = {}
        for name, sign in (("least", 1.0), ("most", -1.0)):
            aim = Aim(sign * weights, self._most, size)
            met = self._rounds.converge(self._gap, aim=aim)
            self._met &= met.gap <= self._gap
            plan = self._cheapest(f"{name} {group.name}", aim, met)
            ends[name] = (sign * met.objective - existing, sign * met.bound - existing, plan)
        least, low, least_plan = ends["least"]
        most, high, most_plan = ends["most"]
        matters = max(self._gap * size, ROUNDING * size)
        verdict: Verdict = "optional"
        if low > matters:
            verdict = "must"
        elif high <= matters:
            verdict = "never"
        return Range(
            group=group,
            planned=self._planned[group.name],
            least=max(least, 0.0),
            least_bound=max(low, 0.0),
            most=max(most, 0.0),
            most_bound=max(high, 0.0),
            verdict=verdict,
            least_plan=least_plan,
            most_plan=most_plan,
        )

    def _cheapest(self, name: str, aim: Aim, met: Met) -> Alternative:
        """Return the cheapest known plan that is as good for an aim as the one found.

        An aim says nothing of what else is built; left alone, the plan would waste the slack.
        """
        rounds, width = self._rounds, len(aim.weights)
        program = rounds.program("inner", None, aim)
        cost = rounds.program("inner").cost
        values = met.plan.values[: len(cost)]
        if len(cost) <= CORNER_COLUMNS:
            row = np.zeros(len(cost))
            row[:width] = aim.weights
            edge = met.objective + ROUNDING * max(abs(met.objective), aim.size)
            held = replace(
                program,
                matrix=csr_matrix(vstack([program.matrix, csr_matrix(row)])),
                cost=cost,
                row_lower=np.append(program.row_lower, -np.inf),
                row_upper=np.append(program.row_upper, edge),
            )
            try:
                values = solve_corner(held).values
            except SolverError:  # rounding left nothing as good: the aim's own plan stands
                values = met.plan.values
        usd = float(cost[: len(values)] @ values[: len(cost)]) * MILLION
        found = values[:width]
        return Alternative(
            name=name,
            cost_usd=usd,
            builds=read_builds(self._form, found),
            capacity=read_capacity(self._form, found),
            new=self._new(found),
        )
